/* l1.c: mean of |x - t|, as torch.nn.L1Loss. Its slope where x = t is 0. */
#include "losses/elementwise.h"

#include <math.h>

static const gan__option l1_options[] = {
    {"target", GAN__OPTION_REAL, 0, "0", 0, 0, NULL, offsetof(gan__target, target),
     "what every element is compared with, where no second value is given"},
};

static void l1_terms(const gan__loss *loss, int64_t count, const float *x, const float *t,
                     float *out)
{
    (void)loss;
    for (int64_t i = 0; i < count; i++) out[i] = fabsf(x[i] - t[i]);
}

static void l1_slopes(const gan__loss *loss, int64_t count, const float *x, const float *t,
                      float *dx, float *dt)
{
    (void)loss;
    for (int64_t i = 0; i < count; i++) {
        float d = x[i] - t[i];
        dx[i] = d > 0.0f ? 1.0f : d < 0.0f ? -1.0f : d; /* d is 0, or NaN, which stays */
        dt[i] = -dx[i];
    }
}

static double l1_value(const gan__loss *loss)
{
    const gan__target *options = loss->options;
    return gan__loss_mean(loss, l1_terms, options->target);
}

static void l1_gradient(const gan__loss *loss, float seed, float *const dx[2])
{
    const gan__target *options = loss->options;
    gan__loss_mean_gradient(loss, l1_slopes, options->target, seed, dx);
}

const gan__loss_kind gan__loss_l1 = {
    .kind = {.name = "l1",
             .help = "mean absolute difference",
             GAN__OPTIONS(l1_options),
             .size = sizeof(gan__target)},
    .least_inputs = 1,
    .most_inputs = 2,
    .check = gan__loss_check_shapes,
    .value = l1_value,
    .gradient = l1_gradient,
};
