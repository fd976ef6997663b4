/* softmax: y[c] = exp(x[c]) / sum over channels of exp(x), at each pixel. */
#include "layers/kinds.h"

static void softmax_forward(gan__op *op)
{
    const gan__shape s = op->out;
    gan__softmax(op->context, s.n * s.h * s.w, s.c, op->x[0], op->y);
}

static void softmax_backward(gan__op *op)
{
    const gan__shape s = op->out;
    if (!op->dx[0]) return;
    gan__softmax_backward(op->context, s.n * s.h * s.w, s.c, op->y, op->dy, op->dx[0]);
}

static void softmax_bend(gan__op *op)
{
    const gan__shape s = op->out;
    if (!op->dx[0]) return;
    gan__softmax_bend(op->context, s.n * s.h * s.w, s.c, op->y, op->tangent.x[0], op->tangent.dy,
                      op->dx[0]);
}

const gan__layer_kind gan__layer_softmax = {
    .kind = {.name = "softmax", .help = "channels as probabilities: positive, sum 1"},
    .operands = 1,
    .shape = gan__shape_same,
    .forward = softmax_forward,
    .backward = softmax_backward,
    .tangent_form = GAN__TANGENT_SYMMETRIC,
    .bend = softmax_bend,
};
