/* square: y = x * x; dx = dy * 2x. */
#include "layers/kinds.h"

static void square_forward(gan__op *op)
{
    gan__multiply(op->context, gan__shape_count(op->out), op->x[0], op->x[0], op->y);
}

static void square_backward(gan__op *op)
{
    const int64_t count = gan__shape_count(op->out);
    if (op->dx[0]) gan__square_backward(op->context, count, op->x[0], op->dy, op->dx[0]);
}

/* f'' t = 2t */
static void square_bend(gan__op *op)
{
    const int64_t count = gan__shape_count(op->out);
    if (op->dx[0])
        gan__square_backward(op->context, count, op->tangent.x[0], op->tangent.dy, op->dx[0]);
}

const gan__layer_kind gan__layer_square = {
    .kind = {.name = "square", .help = "x * x"},
    .operands = 1,
    .shape = gan__shape_same,
    .forward = square_forward,
    .backward = square_backward,
    .tangent_form = GAN__TANGENT_SYMMETRIC,
    .bend = square_bend,
};
