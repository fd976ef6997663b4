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

/* f'' t = -y' / 2y^2 = -2 y' / (2y)^2 */
static void sqrt_bend(gan__op *op)
{
    const int64_t count = gan__shape_count(op->out);
    float *dx = op->dx[0];
    if (!dx) return;
    gan__sqrt_backward(op->context, count, op->y, op->tangent.dy, dx);
    gan__sqrt_backward(op->context, count, op->y, dx, dx);
    gan__multiply(op->context, count, op->tangent.y, dx, dx);
    gan__combine(op->context, count, -2.0f, dx, 0.0f, dx);
}

const gan__layer_kind gan__layer_sqrt = {
    .kind = {.name = "sqrt", .help = "the square root; its gradient at 0 is infinite"},
    .operands = 1,
    .shape = gan__shape_same,
    .forward = sqrt_forward,
    .backward = sqrt_backward,
    .tangent_form = GAN__TANGENT_SYMMETRIC,
    .bend = sqrt_bend,
};
