/* diversity.c: how far from each other samples of one class are: 0 where all are alike. */
#include "metrics/metric.h"

#include "base/memory.h"
#include "metrics/products.h"

#include <math.h>
#include <string.h>

/* The rows of one class. */
typedef struct diversity_work {
    int64_t width, count;
    float *rows;
    double *squares, *sums; /* of each row: its square, its distances to rows behind it */
} diversity_work;

static void diversity_visit(void *argument, const gan__product_tile *t)
{
    const diversity_work *w = argument;
    for (int64_t i = 0; i < t->rows; i++) {
        const int64_t row = t->row + i;
        for (int64_t j = row + 1 > t->column ? row + 1 - t->column : 0; j < t->columns; j++) {
            const double x =
                w->squares[row] + w->squares[t->column + j] - 2.0 * t->values[i * t->stride + j];
            w->sums[row] += x > 0.0 ? sqrt(x) : 0.0;
        }
    }
}

/* The mean distance of two of the rows. */
static gan_status diversity_of(gan_context *context, diversity_work *w, double *out)
{
    const double n = (double)w->count;
    gan__products products = {.rows = w->count, .columns = w->count, .depth = w->width};
    products.a = products.b = (gan__operand){.floats = w->rows, .row = w->width, .step = 1};
    products.upper = true;
    products.visit = diversity_visit;
    products.argument = w;
    gan__row_squares(w->rows, w->count, w->width, w->squares);
    memset(w->sums, 0, (size_t)w->count * sizeof *w->sums);
    GAN__TRY(gan__products_run(context, &products));
    *out = 0;
    for (int64_t i = 0; i < w->count; i++) *out += w->sums[i];
    *out /= n * (n - 1) / 2.0;
    return GAN_OK;
}

/* Without labels all rows are of class 0. */
static int64_t diversity_label(const gan_metric *metric, int64_t row)
{
    return metric->sets[1].count > 0 ? gan__metric_label(&metric->sets[1], row) : 0;
}

static void diversity_take(const gan_metric *metric, int64_t label, diversity_work *w)
{
    const size_t size = (size_t)w->width;
    w->count = 0;
    for (int64_t i = 0; i < metric->sets[0].count; i++)
        if (diversity_label(metric, i) == label)
            memcpy(w->rows + (size_t)w->count++ * size, metric->sets[0].rows + (size_t)i * size,
                   size * sizeof *w->rows);
}

/* Classes are many or few: each is found as the smallest label above the last one. */
static int64_t diversity_next(const gan_metric *metric, int64_t after)
{
    int64_t next = INT64_MAX;
    for (int64_t i = 0; i < metric->sets[0].count; i++) {
        const int64_t label = diversity_label(metric, i);
        if (label > after && label < next) next = label;
    }
    return next;
}

static gan_status diversity_classes(const gan_metric *metric, diversity_work *w, double *values)
{
    gan_context *context = metric->object.context;
    int64_t classes = 0;
    values[0] = 0;
    values[1] = HUGE_VAL;
    for (int64_t label = -1; (label = diversity_next(metric, label)) != INT64_MAX;) {
        double mean;
        diversity_take(metric, label, w);
        if (w->count < 2) continue;
        GAN__TRY(diversity_of(context, w, &mean));
        values[0] += mean;
        if (mean < values[1]) values[1] = mean;
        classes++;
    }
    if (classes == 0)
        return gan__fail(context, GAN_E_STATE, "diversity: no class has two rows of 'fake'");
    values[0] /= (double)classes;
    return GAN_OK;
}

static gan_status diversity_compute(const gan_metric *metric, double *values)
{
    gan_context *context = metric->object.context;
    const gan__metric_set *fake = &metric->sets[0];
    const size_t count = (size_t)fake->count;
    diversity_work w = {.width = fake->width};
    if (metric->sets[1].count > 0) GAN__TRY(gan__metric_check_pairs(metric));
    gan_status status =
        gan__allocate_raw(context, &w.rows, count, (size_t)fake->width * sizeof(float));
    if (status == GAN_OK) status = gan__allocate(context, &w.squares, count, sizeof(double));
    if (status == GAN_OK) status = gan__allocate(context, &w.sums, count, sizeof(double));
    if (status == GAN_OK) status = diversity_classes(metric, &w, values);
    gan__free(context, w.rows);
    gan__free(context, w.squares);
    gan__free(context, w.sums);
    return status;
}

const gan__metric_kind gan__metric_diversity = {
    .kind = {.name = "diversity", .help = "mean distance between rows of one class"},
    .sets = {"fake", "label"},
    .set_flags = {0, GAN__SET_LABELS | GAN__SET_OPTIONAL},
    .least = {2, 0},
    .values = {"diversity", "least"},
    .compute = diversity_compute};
