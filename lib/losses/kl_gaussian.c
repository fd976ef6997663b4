/* kl_gaussian.c: the divergence of N(mean, exp(log_variance)) from N(0, 1), summed over the
 * elements of a sample, averaged over the batch (Kingma and Welling, "Auto-encoding variational
 * Bayes", 2014, app. B):
 *
 *     1/N sum of  (mean^2 + exp(log_variance) - 1 - log_variance) / 2 */
#include "losses/elementwise.h"

static void kl_terms(const gan__loss *loss, int64_t count, const float *x, const float *t,
                     float *out)
{
    gan__loss_vector(loss)->function[GAN__EXPM1](count, t, 0.0f, out);
    for (int64_t i = 0; i < count; i++) out[i] = 0.5f * (x[i] * x[i] + (out[i] - t[i]));
}

static void kl_slopes(const gan__loss *loss, int64_t count, const float *x, const float *t,
                      float *dx, float *dt)
{
    gan__loss_vector(loss)->function[GAN__EXPM1](count, t, 0.0f, dt);
    for (int64_t i = 0; i < count; i++) {
        dx[i] = x[i];
        dt[i] = 0.5f * dt[i];
    }
}

/* The mean over elements becomes one over samples. */
static double kl_elements(const gan__loss *loss)
{
    return (double)(loss->in[0].h * loss->in[0].w * loss->in[0].c);
}

static double kl_value(const gan__loss *loss)
{
    return gan__loss_mean(loss, kl_terms, 0) * kl_elements(loss);
}

static void kl_gradient(const gan__loss *loss, float seed, float *const dx[2])
{
    gan__loss_mean_gradient(loss, kl_slopes, 0, (float)((double)seed * kl_elements(loss)), dx);
}

const gan__loss_kind gan__loss_kl_gaussian = {
    .kind = {.name = "kl_gaussian",
             .help = "divergence of N(mean, exp(log_variance)) from N(0, 1), for a sample"},
    .least_inputs = 2,
    .most_inputs = 2,
    .check = gan__loss_check_shapes,
    .value = kl_value,
    .gradient = kl_gradient,
};
