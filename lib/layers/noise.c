/* noise: y = x + deviation * normal in training, y = x in evaluation. */
#include "layers/kinds.h"

#include "compute/draw.h"

typedef struct noise_values {
    double deviation;
} noise_values;

static const gan__option noise_options[] = {
    {"deviation", GAN__OPTION_REAL, GAN__POSITIONAL, "0.1", 0, 1e6, NULL,
     offsetof(noise_values, deviation), "standard deviation of the noise"},
};

static void noise_forward(gan__op *op)
{
    const noise_values *values = op->layer->options;
    const int64_t count = gan__shape_count(op->out);
    if (!op->training) {
        gan__copy(op->context, count, op->x[0], op->y);
        return;
    }
    const gan__draw draw = {op->seed, GAN__DRAW_LAYER, op->draw};
    gan__draw_normal(op->context, &draw, op->ordinal << 40, count, 0.0f, (float)values->deviation,
                     op->y);
    gan__add(op->context, count, op->x[0], op->y, op->y);
}

static void noise_backward(gan__op *op)
{
    if (op->dx[0]) gan__copy(op->context, gan__shape_count(op->out), op->dy, op->dx[0]);
}

const gan__layer_kind gan__layer_noise = {
    .kind = {.name = "noise",
             .help = "in training adds normal noise",
             GAN__OPTIONS(noise_options),
             .size = sizeof(noise_values)},
    .operands = 1,
    .draws = true,
    .shape = gan__shape_same,
    .forward = noise_forward,
    .backward = noise_backward,
    .tangent_form = GAN__TANGENT_SYMMETRIC,
};
