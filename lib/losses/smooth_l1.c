/* smooth_l1.c: with d = x - t, the mean of
 *
 *     d^2 / (2 beta)     where |d| < beta
 *     |d| - beta / 2     elsewhere                (Girshick, "Fast R-CNN", 2015, eq. 3) */
#include "losses/elementwise.h"

#include <math.h>

typedef struct smooth_l1_options {
    double target, beta;
} smooth_l1_options;

static const gan__option smooth_l1_table[] = {
    {"target", GAN__OPTION_REAL, 0, "0", 0, 0, NULL, offsetof(smooth_l1_options, target),
     "what every element is compared with, where no second value is given"},
    {"beta", GAN__OPTION_REAL, 0, "1", 0, 1e30, NULL, offsetof(smooth_l1_options, beta),
     "the difference from which on the loss is linear"},
};

static float smooth_l1_beta(const gan__loss *loss)
{
    return (float)((const smooth_l1_options *)loss->options)->beta;
}

static void smooth_l1_terms(const gan__loss *loss, int64_t count, const float *x, const float *t,
                            float *out)
{
    float beta = smooth_l1_beta(loss);
    for (int64_t i = 0; i < count; i++) {
        float d = fabsf(x[i] - t[i]);
        out[i] = d < beta ? 0.5f * d * d / beta : d - 0.5f * beta;
    }
}

static void smooth_l1_slopes(const gan__loss *loss, int64_t count, const float *x, const float *t,
                             float *dx, float *dt)
{
    float beta = smooth_l1_beta(loss);
    for (int64_t i = 0; i < count; i++) {
        float d = x[i] - t[i];
        float sign = d > 0.0f ? 1.0f : d < 0.0f ? -1.0f : d;
        dx[i] = fabsf(d) < beta ? d / beta : sign;
        dt[i] = -dx[i];
    }
}

static double smooth_l1_value(const gan__loss *loss)
{
    const smooth_l1_options *options = loss->options;
    return gan__loss_mean(loss, smooth_l1_terms, options->target);
}

static void smooth_l1_gradient(const gan__loss *loss, float seed, float *const dx[2])
{
    const smooth_l1_options *options = loss->options;
    gan__loss_mean_gradient(loss, smooth_l1_slopes, options->target, seed, dx);
}

const gan__loss_kind gan__loss_smooth_l1 = {
    .kind = {.name = "smooth_l1",
             .help = "squared for small differences, absolute for large ones",
             GAN__OPTIONS(smooth_l1_table),
             .size = sizeof(smooth_l1_options)},
    .least_inputs = 1,
    .most_inputs = 2,
    .check = gan__loss_check_shapes,
    .value = smooth_l1_value,
    .gradient = smooth_l1_gradient,
};
