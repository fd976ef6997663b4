/* sqrt: y = the square root of x, NaN below 0; dx = dy / 2y, as PyTorch: at 0 it is infinite, or
 * NaN where dy is 0. */
#include "layers/kinds.h"

static void sqrt_forward(gan__op *op)
{
    gan__map(op->context, GAN__SQRT, gan__shape_count(op->out), op->x[0], op->y);
}

static void sqrt_backward(gan__op *op)
{
    const int64_t count = gan__shape_count(op->out);
    if (op->dx[0]) gan__sqrt_backward(op->context, count, op->y, op->dy, op->dx[0]);
}

const gan__layer_kind gan__layer_sqrt = {
    .kind = {.name = "sqrt", .help = "the square root; its gradient at 0 is infinite"},
    .operands = 1,
    .shape = gan__shape_same,
    .forward = sqrt_forward,
    .backward = sqrt_backward,
};
