/* softplus.c: mean of log(1 + exp(sign * x)): on logits, sign=-1 is the cross-entropy with real,
 * sign=1 with fake. */
#include "losses/elementwise.h"

typedef struct softplus_options {
    int64_t sign;
} softplus_options;

static const gan__option softplus_table[] = {
    {"sign", GAN__OPTION_INTEGER, 0, "1", -1, 1, NULL, offsetof(softplus_options, sign),
     "of x: 1 or -1"},
};

static float softplus_sign(const gan__loss *loss)
{
    return (float)((const softplus_options *)loss->options)->sign;
}

static gan_status softplus_check(const gan__loss *loss)
{
    if (softplus_sign(loss) != 0.0f) return GAN_OK;
    return gan__fail(loss->context, GAN_E_TEXT, "softplus: sign=0 is neither 1 nor -1");
}

static void softplus_terms(const gan__loss *loss, int64_t count, const float *x, const float *t,
                           float *out)
{
    float sign = softplus_sign(loss);
    (void)t;
    for (int64_t i = 0; i < count; i++) out[i] = sign * x[i];
    gan__loss_vector(loss)->function[GAN__SOFTPLUS](count, out, 0.0f, out);
}

static void softplus_slopes(const gan__loss *loss, int64_t count, const float *x, const float *t,
                            float *dx, float *dt)
{
    float sign = softplus_sign(loss);
    (void)t;
    (void)dt;
    for (int64_t i = 0; i < count; i++) dx[i] = sign * x[i];
    gan__loss_vector(loss)->activate[GAN__SIGMOID](count, dx, 0.0f, dx);
    for (int64_t i = 0; i < count; i++) dx[i] = sign * dx[i];
}

static double softplus_value(const gan__loss *loss)
{
    return gan__loss_mean(loss, softplus_terms, 0);
}

static void softplus_gradient(const gan__loss *loss, float seed, float *const dx[2])
{
    gan__loss_mean_gradient(loss, softplus_slopes, 0, seed, dx);
}

const gan__loss_kind gan__loss_softplus = {
    .kind = {.name = "softplus",
             .help = "mean of log(1 + exp(sign * x))",
             GAN__OPTIONS(softplus_table),
             .size = sizeof(softplus_options)},
    .least_inputs = 1,
    .most_inputs = 1,
    .check = softplus_check,
    .value = softplus_value,
    .gradient = softplus_gradient,
};
