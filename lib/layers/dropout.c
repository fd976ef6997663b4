/* dropout: y = x * mask / (1 - p) in training, mask 0 with probability p, else 1 (Srivastava et al.
 * 2014); y = x in evaluation. NaN times 0 is NaN, as in PyTorch. */
#include "layers/kinds.h"

#include "compute/draw.h"

typedef struct dropout_values {
    double p;
} dropout_values;

static const gan__option dropout_options[] = {
    {"p", GAN__OPTION_REAL, GAN__POSITIONAL, "0.5", 0, 1, NULL, offsetof(dropout_values, p),
     "probability that a number becomes 0"},
};

/* The state: mask / (1 - p). */
static gan_status dropout_plan(gan__op *op)
{
    if (op->training) op->state_size = gan__op_bytes(gan__shape_count(op->out));
    return GAN_OK;
}

static void dropout_forward(gan__op *op)
{
    const double p = ((const dropout_values *)op->layer->options)->p;
    const int64_t count = gan__shape_count(op->out);
    if (!op->training) {
        gan__copy(op->context, count, op->x[0], op->y);
        return;
    }
    const gan__draw draw = {op->seed, GAN__DRAW_LAYER, op->draw};
    float *mask = op->state;
    const float scale = p < 1.0 ? (float)(1.0 / (1.0 - p)) : 0.0f;
    gan__draw_bernoulli(op->context, &draw, op->ordinal << 40, count, (float)(1.0 - p), mask);
    gan__combine(op->context, count, scale, mask, 0.0f, mask);
    gan__multiply(op->context, count, op->x[0], mask, op->y);
}

static void dropout_backward(gan__op *op)
{
    const int64_t count = gan__shape_count(op->out);
    if (!op->dx[0]) return;
    if (op->training)
        gan__multiply(op->context, count, op->dy, op->state, op->dx[0]);
    else
        gan__copy(op->context, count, op->dy, op->dx[0]);
}

const gan__layer_kind gan__layer_dropout = {
    .kind = {.name = "dropout",
             .help = "in training sets numbers to 0 by chance",
             GAN__OPTIONS(dropout_options),
             .size = sizeof(dropout_values)},
    .operands = 1,
    .draws = true,
    .shape = gan__shape_same,
    .plan = dropout_plan,
    .forward = dropout_forward,
    .backward = dropout_backward,
    .tangent_form = GAN__TANGENT_SYMMETRIC,
};
