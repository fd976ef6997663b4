/* bce_logits.c: binary cross-entropy of sigmoid(x) with the target t, from logits x:
 *
 *     mean of  -t log s(x) - (1 - t) log(1 - s(x))  =  max(x, 0) - x t + log(1 + exp(-|x|))
 *
 * which neither overflows nor loses digits where t is 0 or 1. The slope s(x) - t is computed as
 * (1 - t) s(x) - t s(-x), exact for confident logits too. */
#include "losses/elementwise.h"

#include <math.h>

static const gan__option bce_options[] = {
    {"target", GAN__OPTION_REAL, 0, "1", 0, 1, NULL, offsetof(gan__target, target),
     "the target of every logit, where no second value is given"},
};

static void bce_terms(const gan__loss *loss, int64_t count, const float *x, const float *t,
                      float *out)
{
    const gan__vector_kernels *vector = gan__loss_vector(loss);
    for (int64_t i = 0; i < count; i++) out[i] = -fabsf(x[i]);
    vector->function[GAN__SOFTPLUS](count, out, 0.0f, out);
    for (int64_t i = 0; i < count; i++) {
        float above = x[i] > 0.0f ? x[i] : 0.0f;
        out[i] = above - x[i] * t[i] + out[i];
    }
}

static void bce_slopes(const gan__loss *loss, int64_t count, const float *x, const float *t,
                       float *dx, float *dt)
{
    const gan__vector_kernels *vector = gan__loss_vector(loss);
    float negative[GAN__LOSS_BLOCK];
    for (int64_t i = 0; i < count; i++) dt[i] = -x[i];
    vector->activate[GAN__SIGMOID](count, dt, 0.0f, negative);
    vector->activate[GAN__SIGMOID](count, x, 0.0f, dx);
    for (int64_t i = 0; i < count; i++) dx[i] = (1.0f - t[i]) * dx[i] - t[i] * negative[i];
}

static double bce_value(const gan__loss *loss)
{
    const gan__target *options = loss->options;
    return gan__loss_mean(loss, bce_terms, options->target);
}

static void bce_gradient(const gan__loss *loss, float seed, float *const dx[2])
{
    const gan__target *options = loss->options;
    gan__loss_mean_gradient(loss, bce_slopes, options->target, seed, dx);
}

const gan__loss_kind gan__loss_bce_logits = {
    .kind = {.name = "bce_logits",
             .help = "binary cross-entropy on logits: real against fake",
             GAN__OPTIONS(bce_options),
             .size = sizeof(gan__target)},
    .least_inputs = 1,
    .most_inputs = 2,
    .check = gan__loss_check_shapes,
    .value = bce_value,
    .gradient = bce_gradient,
};
