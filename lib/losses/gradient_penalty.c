/* gradient_penalty.c: of a gradient g of n samples, each of which has its length |g|:
 *
 *     1/n sum of (|g| - target)^2
 *
 * (Gulrajani et al. 2017, eq. 3; with target 0 Mescheder et al. 2018, eq. 9). Its gradient,
 * 2/n (1 - target / |g|) g, is 0 where |g| is. */
#include "losses/elementwise.h"

#include "base/parallel.h"
#include "compute/reduce.h"

#include <math.h>

static const gan__option penalty_options[] = {
    {"target", GAN__OPTION_REAL, 0, "1", 0, 1e6, NULL, offsetof(gan__target, target),
     "the length that each sample's gradient should have; 0: R1"},
};

/* The squared length of sample n. */
static double penalty_square(const gan__loss *loss, int64_t n)
{
    const int64_t count = gan__shape_count(loss->in[0]) / loss->in[0].n;
    const float *x = loss->x[0] + n * count;
    double sum = 0;
    for (int64_t i = 0; i < count; i += GAN__CHUNK) {
        double lanes[GAN__LANES] = {0};
        const int64_t left = count - i, length = left < GAN__CHUNK ? left : GAN__CHUNK;
        gan__loss_vector(loss)->dot(length, x + i, x + i, lanes);
        sum += gan__add_lanes(lanes);
    }
    return sum;
}

static double penalty_target(const gan__loss *loss)
{
    return ((const gan__target *)loss->options)->target;
}

static void penalty_terms(const void *argument, int64_t start, int64_t count, double lanes[16])
{
    const gan__loss *loss = argument;
    for (int64_t i = 0; i < count; i++) {
        const double off = sqrt(penalty_square(loss, start + i)) - penalty_target(loss);
        lanes[i % 16] += off * off;
    }
}

static double penalty_value(const gan__loss *loss)
{
    const int64_t n = loss->in[0].n;
    return gan__sum_terms(loss->context, n, penalty_terms, loss) / (double)n;
}

typedef struct penalty_call {
    const gan__loss *loss;
    double factor; /* 2 seed / n */
    float *dx;
} penalty_call;

static void penalty_sample(void *argument, int64_t n, int32_t worker)
{
    const penalty_call *call = argument;
    const gan__loss *loss = call->loss;
    const int64_t count = gan__shape_count(loss->in[0]) / loss->in[0].n;
    const double target = penalty_target(loss), square = penalty_square(loss, n);
    const float *x = loss->x[0] + n * count;
    float *dx = call->dx + n * count;
    double factor = call->factor;
    (void)worker;
    if (target > 0) factor = square == 0 ? 0 : factor * (1 - target / sqrt(square));
    /* In double: of a very short x the factor is no float32, though the product is one. */
    for (int64_t i = 0; i < count; i++) dx[i] = (float)(factor * (double)x[i]);
}

static void penalty_gradient(const gan__loss *loss, float seed, float *const dx[2])
{
    const int64_t n = loss->in[0].n;
    penalty_call call = {loss, 2 * (double)seed / (double)n, dx[0]};
    if (dx[0]) gan__parallel_for(loss->context, n, penalty_sample, &call);
}

const gan__loss_kind gan__loss_gradient_penalty = {
    .kind = {.name = "gradient_penalty",
             .help = "mean squared distance of each sample's length from a target",
             GAN__OPTIONS(penalty_options),
             .size = sizeof(gan__target)},
    .least_inputs = 1,
    .most_inputs = 1,
    .value = penalty_value,
    .gradient = penalty_gradient,
};
