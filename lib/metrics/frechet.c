/* frechet.c: the distance of two normal distributions,
 *
 *     |m - m'|^2 + tr C + tr C' - 2 tr (C C')^(1/2).
 *
 * With C = F F^T and C' = G G^T the last trace is the sum of the singular values of F^T G: the
 * eigenvalues of C C' are the squares of those. So no root is taken of what rounding leaves of an
 * eigenvalue that is 0, which costs others half of their digits. */
#include "metrics/metric.h"

#include "base/memory.h"
#include "metrics/products.h"
#include "metrics/spectrum.h"

#include <float.h>
#include <math.h>

/* A covariance as F F^T. */
typedef struct frechet_side {
    double *factor;
    int64_t rank;
    double trace;
} frechet_side;

static gan_status frechet_square(gan_context *context, double **out, int64_t n)
{
    size_t row;
    if (!gan__multiply_size((size_t)n, sizeof(double), &row)) row = SIZE_MAX;
    return gan__allocate(context, out, (size_t)n, row);
}

static gan_status frechet_prepare(gan_context *context, const gan__metric_set *set,
                                  frechet_side *out)
{
    const int64_t n = set->width;
    /* What sums over so many rows, and factors of so many columns, may be wrong by. */
    const double tolerance = 4.0 * DBL_EPSILON * ((double)n + sqrt((double)set->count));
    GAN__TRY(frechet_square(context, &out->factor, n));
    gan__moments_covariance(&set->moments, set->count, n, out->factor);
    for (int64_t i = 0; i < n; i++) out->trace += out->factor[i * n + i];
    return gan__factor(context, out->factor, n, tolerance, &out->rank);
}

/* The sum of the singular values of F^T G. */
static gan_status frechet_cross(gan_context *context, int64_t n, const frechet_side *one,
                                const frechet_side *other, double *out)
{
    const bool swap = one->rank < other->rank;
    const frechet_side *tall = swap ? other : one, *wide = swap ? one : other;
    double *cross;
    gan__products products = {.rows = tall->rank, .columns = wide->rank, .depth = n};
    products.a = (gan__operand){.doubles = tall->factor, .row = 1, .step = n};
    products.b = (gan__operand){.doubles = wide->factor, .row = 1, .step = n};
    products.into_stride = wide->rank;
    GAN__TRY(frechet_square(context, &cross, n));
    products.into = cross;
    gan_status status = gan__products_run(context, &products);
    if (status == GAN_OK) status = gan__singular_sum(context, cross, tall->rank, wide->rank, out);
    gan__free(context, cross);
    return status;
}

static double frechet_mean(const gan_metric *metric)
{
    const gan__metric_set *a = &metric->sets[0], *b = &metric->sets[1];
    double sum = 0;
    for (int64_t i = 0; i < a->width; i++) {
        const double x = gan__moments_mean(&a->moments, a->count, i) -
                         gan__moments_mean(&b->moments, b->count, i);
        sum += x * x;
    }
    return sum;
}

static gan_status frechet_compute(const gan_metric *metric, double *values)
{
    gan_context *context = metric->object.context;
    frechet_side sides[2] = {{0}};
    double cross = 0;
    gan_status status = frechet_prepare(context, &metric->sets[0], &sides[0]);
    if (status == GAN_OK) status = frechet_prepare(context, &metric->sets[1], &sides[1]);
    if (status == GAN_OK)
        status = frechet_cross(context, metric->sets[0].width, &sides[0], &sides[1], &cross);
    for (int i = 0; i < 2; i++) gan__free(context, sides[i].factor);
    GAN__TRY(status);
    values[1] = frechet_mean(metric);
    values[2] = sides[0].trace + sides[1].trace - 2.0 * cross;
    if (values[2] < 0.0) values[2] = 0.0; /* rounding */
    values[0] = values[1] + values[2];
    return GAN_OK;
}

const gan__metric_kind gan__metric_frechet = {
    .kind = {.name = "frechet", .help = "Frechet distance of features, as normal distributions"},
    .sets = {"real", "fake"},
    .least = {2, 2},
    .values = {"distance", "mean", "covariance"},
    .moments = true,
    .one_width = true,
    .compute = frechet_compute};
