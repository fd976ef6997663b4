/* kid.c: the unbiased squared maximum mean discrepancy of two sets,
 *
 *     mean of k(x, x'), x not x'  +  mean of k(y, y'), y not y'  -  2 mean of k(x, y),
 *
 * with k(x, y) = (x.y / W + 1)^degree. */
#include "metrics/metric.h"

#include "base/memory.h"
#include "base/random.h"
#include "metrics/products.h"

#include <math.h>
#include <string.h>

typedef struct kid_options {
    int64_t degree, subsets, size;
} kid_options;

static const gan__option kid_table[] = {
    {"degree", GAN__OPTION_INTEGER, 0, "3", 1, 3, NULL, offsetof(kid_options, degree),
     "of the polynomial"},
    {"subsets", GAN__OPTION_INTEGER, 0, "0", 0, 100000, NULL, offsetof(kid_options, subsets),
     "pairs of subsets to average over; 0: all rows"},
    {"size", GAN__OPTION_INTEGER, 0, "1000", 2, 1 << 20, NULL, offsetof(kid_options, size),
     "rows of a subset"},
};

/* Rows of one set, or of a subset. */
typedef struct kid_side {
    const float *rows;
    int64_t count;
} kid_side;

typedef struct kid_sum {
    int64_t degree, width;
    bool within; /* a set with itself: each pair of unlike rows once */
    double *sums;
} kid_sum;

static void kid_visit(void *argument, const gan__product_tile *t)
{
    const kid_sum *s = argument;
    for (int64_t i = 0; i < t->rows; i++) {
        const int64_t row = t->row + i;
        double sum = s->sums[row];
        int64_t j = s->within && row + 1 > t->column ? row + 1 - t->column : 0;
        for (; j < t->columns; j++) {
            const double x = t->values[i * t->stride + j] / (double)s->width + 1.0;
            sum += s->degree == 3 ? x * x * x : s->degree == 2 ? x * x : x;
        }
        s->sums[row] = sum;
    }
}

/* The sum of k over all pairs; of a set with itself, over half of them. */
static gan_status kid_pairs(gan_context *context, kid_sum *s, const kid_side *x, const kid_side *y,
                            double *out)
{
    gan__products products = {.rows = x->count, .columns = y->count, .depth = s->width};
    products.a = (gan__operand){.floats = x->rows, .row = s->width, .step = 1};
    products.b = (gan__operand){.floats = y->rows, .row = s->width, .step = 1};
    s->within = products.upper = x == y;
    products.visit = kid_visit;
    products.argument = s;
    memset(s->sums, 0, (size_t)x->count * sizeof *s->sums);
    GAN__TRY(gan__products_run(context, &products));
    *out = 0;
    for (int64_t i = 0; i < x->count; i++) *out += s->sums[i];
    return GAN_OK;
}

static gan_status kid_of(gan_context *context, kid_sum *s, const kid_side *x, const kid_side *y,
                         double *out)
{
    const double m = (double)x->count, n = (double)y->count;
    double real, fake, cross;
    GAN__TRY(kid_pairs(context, s, x, x, &real));
    GAN__TRY(kid_pairs(context, s, y, y, &fake));
    GAN__TRY(kid_pairs(context, s, x, y, &cross));
    *out = 2.0 * real / (m * (m - 1)) + 2.0 * fake / (n * (n - 1)) - 2.0 * cross / (m * n);
    return GAN_OK;
}

/* Subset `number` of a set: other rows for each set. */
static void kid_take(const gan__metric_set *set, int which, int64_t number, int64_t size, float *to)
{
    const gan__draw draw = {0, GAN__DRAW_METRIC, 2 * (uint64_t)number + (uint64_t)which};
    const size_t row = (size_t)set->width;
    for (int64_t i = 0; i < size; i++) {
        const uint64_t from = gan__random_permute(&draw, (uint64_t)set->count, (uint64_t)i);
        memcpy(to + (size_t)i * row, set->rows + (size_t)from * row, row * sizeof *to);
    }
}

/* Mean and deviation over subsets; `rows` has room for two. */
static gan_status kid_subsets(const gan_metric *metric, kid_sum *s, float *rows, double *values)
{
    const kid_options *o = metric->options;
    const kid_side x = {rows, o->size}, y = {rows + o->size * s->width, o->size};
    double sum = 0, squares = 0, first = 0;
    for (int64_t k = 0; k < o->subsets; k++) {
        double value;
        kid_take(&metric->sets[0], 0, k, o->size, rows);
        kid_take(&metric->sets[1], 1, k, o->size, rows + o->size * s->width);
        GAN__TRY(kid_of(metric->object.context, s, &x, &y, &value));
        if (k == 0) first = value;
        sum += value - first;
        squares += (value - first) * (value - first);
    }
    const double n = (double)o->subsets, mean = sum / n, variance = squares / n - mean * mean;
    values[0] = first + mean;
    values[1] = variance > 0 ? sqrt(variance) : 0.0;
    return GAN_OK;
}

static gan_status kid_compute(const gan_metric *metric, double *values)
{
    gan_context *context = metric->object.context;
    const kid_options *o = metric->options;
    const gan__metric_set *a = &metric->sets[0], *b = &metric->sets[1];
    const kid_side x = {a->rows, a->count}, y = {b->rows, b->count};
    const int64_t most = a->count > b->count ? a->count : b->count;
    kid_sum s = {.degree = o->degree, .width = a->width};
    float *rows = NULL;
    gan_status status = gan__allocate(context, &s.sums, (size_t)most, sizeof *s.sums);
    if (status == GAN_OK && o->subsets > 0)
        status =
            gan__allocate_raw(context, &rows, 2 * (size_t)o->size, (size_t)a->width * sizeof *rows);
    if (status == GAN_OK)
        status = o->subsets > 0 ? kid_subsets(metric, &s, rows, values)
                                : kid_of(context, &s, &x, &y, &values[0]);
    gan__free(context, rows);
    gan__free(context, s.sums);
    return status;
}

static int64_t kid_needed(const void *options, int32_t set)
{
    const kid_options *o = options;
    (void)set;
    return o->subsets > 0 ? o->size : 2;
}

const gan__metric_kind gan__metric_kid = {
    .kind = {.name = "kid",
             .help = "kernel distance of features: unbiased squared maximum mean discrepancy",
             GAN__OPTIONS(kid_table),
             .size = sizeof(kid_options)},
    .sets = {"real", "fake"},
    .values = {"kid", "deviation"},
    .one_width = true,
    .needed = kid_needed,
    .compute = kid_compute};
