/* exp: y = exp(x); dx = dy * y. Above 88.7 y is infinite, below -104 it is 0. */
#include "layers/kinds.h"

static void exp_forward(gan__op *op)
{
    gan__map(op->context, GAN__EXP, gan__shape_count(op->out), op->x[0], op->y);
}

static void exp_backward(gan__op *op)
{
    const int64_t count = gan__shape_count(op->out);
    if (op->dx[0]) gan__multiply(op->context, count, op->dy, op->y, op->dx[0]);
}

/* f'' t = y' */
static void exp_bend(gan__op *op)
{
    const int64_t count = gan__shape_count(op->out);
    if (op->dx[0]) gan__multiply(op->context, count, op->tangent.dy, op->tangent.y, op->dx[0]);
}

const gan__layer_kind gan__layer_exp = {
    .kind = {.name = "exp", .help = "exp(x)"},
    .operands = 1,
    .shape = gan__shape_same,
    .forward = exp_forward,
    .backward = exp_backward,
    .tangent_form = GAN__TANGENT_SYMMETRIC,
    .bend = exp_bend,
};
