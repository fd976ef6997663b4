/* softplus: y = log(1 + exp(x)); dx = dy * sigmoid(x). */
#include "layers/kinds.h"

static void softplus_layer_forward(gan__op *op)
{
    gan__map(op->context, GAN__SOFTPLUS, gan__shape_count(op->out), op->x[0], op->y);
}

static void softplus_layer_backward(gan__op *op)
{
    const int64_t count = gan__shape_count(op->out);
    if (!op->dx[0]) return;
    gan__activate(op->context, GAN__SIGMOID, 0.0f, count, op->x[0], op->dx[0]);
    gan__multiply(op->context, count, op->dy, op->dx[0], op->dx[0]);
}

/* f'' = s (1 - s), s = sigmoid(x). The workspace: t dy. */
static void softplus_layer_bend(gan__op *op)
{
    const int64_t count = gan__shape_count(op->out);
    if (!op->dx[0]) return;
    gan__multiply(op->context, count, op->tangent.x[0], op->tangent.dy, op->workspace);
    gan__activate(op->context, GAN__SIGMOID, 0.0f, count, op->x[0], op->dx[0]);
    gan__activate_backward(op->context, GAN__SIGMOID, 0.0f, count, op->dx[0], op->workspace,
                           op->dx[0]);
}

static gan_status softplus_layer_plan(gan__op *op)
{
    if (op->backward) op->tangent_size = gan__op_bytes(gan__shape_count(op->out));
    return GAN_OK;
}

const gan__layer_kind gan__layer_softplus = {
    .kind = {.name = "softplus", .help = "log(1 + exp(x)): above 0, a smooth relu"},
    .operands = 1,
    .shape = gan__shape_same,
    .plan = softplus_layer_plan,
    .forward = softplus_layer_forward,
    .backward = softplus_layer_backward,
    .tangent_form = GAN__TANGENT_SYMMETRIC,
    .bend = softplus_layer_bend,
};
