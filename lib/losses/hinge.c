/* hinge.c: mean of max(0, 1 - sign * x) (Lim and Ye, "Geometric GAN", 2017, eq. 20). */
#include "losses/elementwise.h"

typedef struct hinge_options {
    int64_t sign;
} hinge_options;

static const gan__option hinge_table[] = {
    {"sign", GAN__OPTION_INTEGER, 0, "1", -1, 1, NULL, offsetof(hinge_options, sign),
     "the side on which x should be: 1 (real) or -1 (fake)"},
};

static float hinge_sign(const gan__loss *loss)
{
    return (float)((const hinge_options *)loss->options)->sign;
}

static gan_status hinge_check(const gan__loss *loss)
{
    if (hinge_sign(loss) != 0.0f) return GAN_OK;
    return gan__fail(loss->context, GAN_E_TEXT, "hinge: sign=0 is neither 1 nor -1");
}

/* Comparisons are put so that NaN stays. */
static void hinge_terms(const gan__loss *loss, int64_t count, const float *x, const float *t,
                        float *out)
{
    float sign = hinge_sign(loss);
    (void)t;
    for (int64_t i = 0; i < count; i++) {
        float margin = 1.0f - sign * x[i];
        out[i] = margin <= 0.0f ? 0.0f : margin;
    }
}

static void hinge_slopes(const gan__loss *loss, int64_t count, const float *x, const float *t,
                         float *dx, float *dt)
{
    float sign = hinge_sign(loss);
    (void)t;
    (void)dt;
    for (int64_t i = 0; i < count; i++) {
        float margin = 1.0f - sign * x[i];
        dx[i] = margin > 0.0f ? -sign : margin <= 0.0f ? 0.0f : margin;
    }
}

static double hinge_value(const gan__loss *loss)
{
    return gan__loss_mean(loss, hinge_terms, 0);
}

static void hinge_gradient(const gan__loss *loss, float seed, float *const dx[2])
{
    gan__loss_mean_gradient(loss, hinge_slopes, 0, seed, dx);
}

const gan__loss_kind gan__loss_hinge = {
    .kind = {.name = "hinge",
             .help = "mean of max(0, 1 - sign * x)",
             GAN__OPTIONS(hinge_table),
             .size = sizeof(hinge_options)},
    .least_inputs = 1,
    .most_inputs = 1,
    .check = hinge_check,
    .value = hinge_value,
    .gradient = hinge_gradient,
};
