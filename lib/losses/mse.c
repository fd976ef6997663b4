/* mse.c: mean of (x - t)^2, as torch.nn.MSELoss. */
#include "losses/elementwise.h"

static const gan__option mse_options[] = {
    {"target", GAN__OPTION_REAL, 0, "0", 0, 0, NULL, offsetof(gan__target, target),
     "what every element is compared with, where no second value is given"},
};

static void mse_terms(const gan__loss *loss, int64_t count, const float *x, const float *t,
                      float *out)
{
    (void)loss;
    for (int64_t i = 0; i < count; i++) {
        float difference = x[i] - t[i];
        out[i] = difference * difference;
    }
}

static void mse_slopes(const gan__loss *loss, int64_t count, const float *x, const float *t,
                       float *dx, float *dt)
{
    (void)loss;
    for (int64_t i = 0; i < count; i++) {
        float difference = x[i] - t[i];
        dx[i] = 2.0f * difference;
        dt[i] = -2.0f * difference;
    }
}

static double mse_value(const gan__loss *loss)
{
    const gan__target *options = loss->options;
    return gan__loss_mean(loss, mse_terms, options->target);
}

static void mse_gradient(const gan__loss *loss, float seed, float *const dx[2])
{
    const gan__target *options = loss->options;
    gan__loss_mean_gradient(loss, mse_slopes, options->target, seed, dx);
}

const gan__loss_kind gan__loss_mse = {
    .kind = {.name = "mse",
             .help = "mean squared difference",
             GAN__OPTIONS(mse_options),
             .size = sizeof(gan__target)},
    .least_inputs = 1,
    .most_inputs = 2,
    .check = gan__loss_check_shapes,
    .value = mse_value,
    .gradient = mse_gradient,
};
