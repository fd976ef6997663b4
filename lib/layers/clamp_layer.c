/* clamp: y = min(most, max(least, x)); dx = dy where least <= x <= most, else 0. NaN stays NaN, its
 * gradient is 0: all as PyTorch. */
#include "layers/kinds.h"

#include "base/number.h"

typedef struct clamp_limits {
    double least, most;
} clamp_limits;

static const gan__option clamp_options[] = {
    {"least", GAN__OPTION_REAL, GAN__POSITIONAL, "-1", -GAN__MOST_REAL, GAN__MOST_REAL, NULL,
     offsetof(clamp_limits, least), "what is below becomes this"},
    {"most", GAN__OPTION_REAL, GAN__POSITIONAL, "1", -GAN__MOST_REAL, GAN__MOST_REAL, NULL,
     offsetof(clamp_limits, most), "what is above becomes this"},
};

static gan_status clamp_layer_check(gan_context *context, const void *options)
{
    const clamp_limits *values = options;
    char least[GAN__NUMBER_SIZE], most[GAN__NUMBER_SIZE];
    if (values->least <= values->most) return GAN_OK;
    return gan__fail(context, GAN_E_TEXT, "least=%s is above most=%s",
                     gan__number_print(values->least, least),
                     gan__number_print(values->most, most));
}

static void clamp_layer_forward(gan__op *op)
{
    const clamp_limits *values = op->layer->options;
    gan__clamp(op->context, gan__shape_count(op->out), op->x[0], (float)values->least,
               (float)values->most, op->y);
}

static void clamp_layer_backward(gan__op *op)
{
    const clamp_limits *values = op->layer->options;
    if (op->dx[0])
        gan__clamp_backward(op->context, gan__shape_count(op->out), op->x[0], op->dy,
                            (float)values->least, (float)values->most, op->dx[0]);
}

const gan__layer_kind gan__layer_clamp = {
    .kind = {.name = "clamp",
             .help = "x, kept between two limits",
             GAN__OPTIONS(clamp_options),
             .size = sizeof(clamp_limits),
             .check = clamp_layer_check},
    .operands = 1,
    .shape = gan__shape_same,
    .forward = clamp_layer_forward,
    .backward = clamp_layer_backward,
    .tangent_form = GAN__TANGENT_SYMMETRIC,
};
