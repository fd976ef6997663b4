/* precision_recall.c: whose balls lie where: a row's ball reaches to its k-th nearest neighbour in
 * its own set. Distances are squared, |x|^2 + |y|^2 - 2 x.y in double of float32 rows: those of
 * equal rows are 0 exactly. */
#include "metrics/metric.h"

#include "base/memory.h"
#include "metrics/products.h"

#include <math.h>
#include <string.h>

enum { PRECISION_MOST = 100 };

typedef struct precision_options {
    int64_t k;
} precision_options;

static const gan__option precision_table[] = {
    {"k", GAN__OPTION_INTEGER, 0, "3", 1, PRECISION_MOST, NULL, offsetof(precision_options, k),
     "which nearest neighbour a row's ball reaches to"},
};

typedef struct precision_side {
    const float *rows;
    int64_t count;
    double *squares, *radii; /* of each row, squared */
} precision_side;

typedef struct precision_work {
    int64_t k, width;
    precision_side sides[2]; /* real, fake */
    const precision_side *own;
    double *nearest;       /* `own` x k, ascending */
    atomic_int *balls;     /* of each fake row: real balls that it is in */
    int32_t *fakes, *near; /* of each real row: fake rows in its ball; fake balls that it is in */
} precision_work;

static double precision_distance(double a, double b, double product)
{
    const double x = a + b - 2.0 * product;
    return x > 0.0 ? x : 0.0;
}

/* Puts a distance among the k smallest. */
static void precision_insert(double *nearest, int64_t k, double x)
{
    int64_t at = k - 1;
    if (x >= nearest[at]) return;
    for (; at > 0 && nearest[at - 1] > x; at--) nearest[at] = nearest[at - 1];
    nearest[at] = x;
}

static void precision_visit_own(void *argument, const gan__product_tile *t)
{
    const precision_work *w = argument;
    for (int64_t i = 0; i < t->rows; i++)
        for (int64_t j = 0; j < t->columns; j++) {
            const int64_t row = t->row + i, other = t->column + j;
            const double product = t->values[i * t->stride + j];
            if (row == other) continue;
            precision_insert(
                w->nearest + row * w->k, w->k,
                precision_distance(w->own->squares[row], w->own->squares[other], product));
        }
}

static void precision_visit_cross(void *argument, const gan__product_tile *t)
{
    const precision_work *w = argument;
    const precision_side *real = &w->sides[0], *fake = &w->sides[1];
    for (int64_t i = 0; i < t->rows; i++)
        for (int64_t j = 0; j < t->columns; j++) {
            const int64_t row = t->row + i, other = t->column + j;
            const double x = precision_distance(real->squares[row], fake->squares[other],
                                                t->values[i * t->stride + j]);
            if (x <= real->radii[row]) {
                w->fakes[row]++;
                atomic_fetch_add_explicit(&w->balls[other], 1, memory_order_relaxed);
            }
            w->near[row] += x <= fake->radii[other];
        }
}

static gan_status precision_run(gan_context *context, precision_work *w, const precision_side *a,
                                const precision_side *b,
                                void (*visit)(void *, const gan__product_tile *))
{
    gan__products products = {.rows = a->count, .columns = b->count, .depth = w->width};
    products.a = (gan__operand){.floats = a->rows, .row = w->width, .step = 1};
    products.b = (gan__operand){.floats = b->rows, .row = w->width, .step = 1};
    products.visit = visit;
    products.argument = w;
    return gan__products_run(context, &products);
}

static gan_status precision_radii(gan_context *context, precision_work *w, precision_side *side)
{
    const int64_t k = w->k;
    GAN__TRY(gan__allocate(context, &side->squares, (size_t)side->count, sizeof(double)));
    GAN__TRY(gan__allocate(context, &side->radii, (size_t)side->count, sizeof(double)));
    GAN__TRY(gan__allocate(context, &w->nearest, (size_t)side->count, (size_t)k * sizeof(double)));
    gan__row_squares(side->rows, side->count, w->width, side->squares);
    for (int64_t i = 0; i < side->count * k; i++) w->nearest[i] = HUGE_VAL;
    w->own = side;
    GAN__TRY(precision_run(context, w, side, side, precision_visit_own));
    for (int64_t i = 0; i < side->count; i++) side->radii[i] = w->nearest[i * k + k - 1];
    gan__free(context, w->nearest);
    w->nearest = NULL;
    return GAN_OK;
}

static gan_status precision_count(gan_context *context, precision_work *w)
{
    const size_t real = (size_t)w->sides[0].count, fake = (size_t)w->sides[1].count;
    for (int i = 0; i < 2; i++) GAN__TRY(precision_radii(context, w, &w->sides[i]));
    GAN__TRY(gan__allocate(context, &w->fakes, real, sizeof *w->fakes));
    GAN__TRY(gan__allocate(context, &w->near, real, sizeof *w->near));
    GAN__TRY(gan__allocate(context, &w->balls, fake, sizeof *w->balls));
    for (size_t i = 0; i < fake; i++) atomic_init(&w->balls[i], 0);
    return precision_run(context, w, &w->sides[0], &w->sides[1], precision_visit_cross);
}

static void precision_values(const precision_work *w, double *values)
{
    const int64_t real = w->sides[0].count, fake = w->sides[1].count;
    int64_t inside = 0, balls = 0, found = 0, covered = 0;
    for (int64_t j = 0; j < fake; j++) {
        const int count = atomic_load_explicit(&w->balls[j], memory_order_relaxed);
        inside += count > 0;
        balls += count;
    }
    for (int64_t i = 0; i < real; i++) {
        found += w->near[i] > 0;
        covered += w->fakes[i] > 0;
    }
    values[0] = (double)inside / (double)fake;
    values[1] = (double)found / (double)real;
    values[2] = (double)balls / ((double)w->k * (double)fake);
    values[3] = (double)covered / (double)real;
}

static gan_status precision_compute(const gan_metric *metric, double *values)
{
    gan_context *context = metric->object.context;
    precision_work w = {.k = ((const precision_options *)metric->options)->k,
                        .width = metric->sets[0].width};
    for (int i = 0; i < 2; i++)
        w.sides[i] = (precision_side){.rows = metric->sets[i].rows, .count = metric->sets[i].count};
    gan_status status = precision_count(context, &w);
    if (status == GAN_OK) precision_values(&w, values);
    for (int i = 0; i < 2; i++) {
        gan__free(context, w.sides[i].squares);
        gan__free(context, w.sides[i].radii);
    }
    gan__free(context, w.nearest);
    gan__free(context, w.fakes);
    gan__free(context, w.near);
    gan__free(context, w.balls);
    return status;
}

static int64_t precision_needed(const void *options, int32_t set)
{
    (void)set;
    return ((const precision_options *)options)->k + 1;
}

const gan__metric_kind gan__metric_precision_recall = {
    .kind = {.name = "precision_recall",
             .help = "precision, recall, density and coverage by nearest neighbours",
             GAN__OPTIONS(precision_table),
             .size = sizeof(precision_options)},
    .sets = {"real", "fake"},
    .values = {"precision", "recall", "density", "coverage"},
    .one_width = true,
    .needed = precision_needed,
    .compute = precision_compute};
