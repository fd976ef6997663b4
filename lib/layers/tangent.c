/* tangent.c: runs the forms of tangents. */
#include "layers/tangent.h"

#include "compute/pointwise.h"

gan_status gan__tangent_check(const gan__op *op)
{
    const gan__layer_kind *kind = op->layer->kind;
    const bool coupled = kind->couples && op->training;
    if (kind->tangent_form != GAN__TANGENT_NONE && !coupled) return GAN_OK;
    return gan__fail(op->context, GAN_E_UNSUPPORTED, "%s has no tangent: %s", kind->kind.name,
                     kind->no_tangent);
}

size_t gan__tangent_workspace(const gan__op *op)
{
    return op->tangent_size > op->workspace_size ? op->tangent_size : op->workspace_size;
}

bool gan__tangent_reads_x(const gan__op *op)
{
    return op->layer->kind->tangent_form != GAN__TANGENT_LINEAR;
}

bool gan__tangent_reads_y(const gan__op *op)
{
    return op->tail.activation != GAN__LINEAR ||
           (gan__tangent_reads_x(op) && !op->layer->kind->again);
}

/* Tangents change places with x, y, dy and dx. */
static void tangent_exchange(gan__op *op)
{
    const gan__op kept = *op;
    op->x = kept.tangent.x;
    op->y = kept.tangent.y;
    op->dy = kept.tangent.dy;
    op->dx = kept.tangent.dx;
    op->tangent.x = kept.x;
    op->tangent.y = kept.y;
    op->tangent.dy = kept.dy;
    op->tangent.dx = kept.dx;
    op->on_tangents = !kept.on_tangents;
}

/* dx = J^T dy */
static void tangent_transpose(gan__op *op, const float *dy, float *const *dx)
{
    const gan__op kept = *op;
    op->dy = dy;
    op->dx = dx;
    op->want_weights = false;
    op->layer->kind->backward(op);
    op->dy = kept.dy;
    op->dx = kept.dx;
    op->want_weights = kept.want_weights;
}

static void tangent_run(gan__op *op)
{
    const gan__layer_kind *kind = op->layer->kind;
    float *const y[1] = {op->tangent.y};
    if (kind->tangent_form == GAN__TANGENT_OWN) {
        kind->tangent(op);
    } else if (kind->tangent_form == GAN__TANGENT_SYMMETRIC) {
        tangent_transpose(op, op->tangent.x[0], y);
    } else {
        tangent_exchange(op);
        kind->forward(op);
        tangent_exchange(op);
    }
}

void gan__tangent_forward(gan__op *op)
{
    const gan__tail tail = op->tail;
    op->tail = (gan__tail){.activation = GAN__LINEAR};
    tangent_run(op);
    op->tail = tail;
    if (tail.activation != GAN__LINEAR)
        gan__activate_backward(op->context, tail.activation, tail.parameter,
                               gan__shape_count(op->out), op->y, op->tangent.y, op->tangent.y);
}

bool gan__tangent_through_tail(const gan__op *op, bool arrived, float *dy, float *tangent_dy)
{
    const gan__activation f = op->tail.activation;
    const float parameter = op->tail.parameter;
    const int64_t count = gan__shape_count(op->out);
    if (f == GAN__LINEAR) return arrived;
    if (arrived) gan__activate_backward(op->context, f, parameter, count, op->y, dy, dy);
    const bool bent = !gan__activation_is_straight(op->context, f);
    if (bent)
        gan__activate_bend(op->context, f, parameter, count,
                           &(gan__bend){op->y, op->tangent.y, tangent_dy, dy, arrived});
    gan__activate_backward(op->context, f, parameter, count, op->y, tangent_dy, tangent_dy);
    return arrived || bent;
}

void gan__tangent_backward(gan__op *op)
{
    if (op->layer->kind->tangent_form != GAN__TANGENT_LINEAR) {
        tangent_transpose(op, op->tangent.dy, op->tangent.dx);
        return;
    }
    tangent_exchange(op);
    op->layer->kind->backward(op);
    tangent_exchange(op);
}

bool gan__tangent_bends(const gan__op *op)
{
    return op->layer->kind->bend && !op->layer->kind->straight;
}

bool gan__tangent_weighs(const gan__op *op)
{
    return op->layer->kind->bend && op->want_weights;
}

void gan__tangent_bend(gan__op *op)
{
    op->layer->kind->bend(op);
}
