/* above.c: mean of (x > limit): the share of elements above a limit, for accuracies. Its gradient
 * is 0. */
#include "losses/elementwise.h"

#include "compute/pointwise.h"

typedef struct above_options {
    double limit;
} above_options;

static const gan__option above_table[] = {
    {"limit", GAN__OPTION_REAL, GAN__POSITIONAL, "0", 0, 0, NULL, offsetof(above_options, limit),
     "what an element must exceed to count"},
};

/* NaN is not above anything, but an accuracy made of it should be none. */
static void above_terms(const gan__loss *loss, int64_t count, const float *x, const float *t,
                        float *out)
{
    (void)loss;
    for (int64_t i = 0; i < count; i++) out[i] = x[i] > t[i] ? 1.0f : x[i] <= t[i] ? 0.0f : x[i];
}

static double above_value(const gan__loss *loss)
{
    return gan__loss_mean(loss, above_terms, ((const above_options *)loss->options)->limit);
}

static void above_gradient(const gan__loss *loss, float seed, float *const dx[2])
{
    (void)seed;
    if (dx[0]) gan__fill(loss->context, gan__shape_count(loss->in[0]), 0.0f, dx[0]);
}

const gan__loss_kind gan__loss_above = {
    .kind = {.name = "above",
             .help = "share of elements above a limit; no gradient",
             GAN__OPTIONS(above_table),
             .size = sizeof(above_options)},
    .least_inputs = 1,
    .most_inputs = 1,
    .value = above_value,
    .gradient = above_gradient,
};
