/* affine: y = scale * x + shift, rounded once; dx = scale * dy. */
#include "layers/kinds.h"

typedef struct affine_values {
    double scale, shift;
} affine_values;

static const gan__option affine_options[] = {
    {"scale", GAN__OPTION_REAL, GAN__POSITIONAL, "1", -GAN__MOST_REAL, GAN__MOST_REAL, NULL,
     offsetof(affine_values, scale), "what x is multiplied by"},
    {"shift", GAN__OPTION_REAL, GAN__POSITIONAL, "0", -GAN__MOST_REAL, GAN__MOST_REAL, NULL,
     offsetof(affine_values, shift), "what is added then"},
};

static void affine_forward(gan__op *op)
{
    const affine_values *values = op->layer->options;
    gan__affine(op->context, gan__shape_count(op->out), op->x[0], (float)values->scale,
                (float)values->shift, op->y);
}

static void affine_backward(gan__op *op)
{
    const affine_values *values = op->layer->options;
    if (op->dx[0])
        gan__combine(op->context, gan__shape_count(op->out), (float)values->scale, op->dy, 0.0f,
                     op->dx[0]);
}

const gan__layer_kind gan__layer_affine = {
    .kind = {.name = "affine",
             .help = "scale * x + shift, the same for all numbers",
             GAN__OPTIONS(affine_options),
             .size = sizeof(affine_values)},
    .operands = 1,
    .shape = gan__shape_same,
    .forward = affine_forward,
    .backward = affine_backward,
    .tangent_form = GAN__TANGENT_SYMMETRIC,
};
