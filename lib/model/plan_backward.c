/* plan_backward.c: executes a plan backwards.
 *
 * A step runs if a gradient has arrived at its result and if something that is wanted, a store or
 * an input, lies at it or upstream of it. Where a value is read several times its gradients are
 * added in the order of the steps, the last one first. */
#include "model/plan_inside.h"

#include "compute/pointwise.h"

typedef struct plan_call {
    const float *const *dy;
    float *const *dx;
    gan__store *const *stores;
    size_t store_count;
    unsigned char *transient;
} plan_call;

bool gan__plan_wants_weights(const gan_layer *layer, gan__store *const *stores, size_t count)
{
    if (!layer->store) return false;
    for (size_t i = 0; i < count; i++) {
        if (stores[i] != layer->store) continue;
        for (int32_t j = 0; j < layer->parameter_count; j++)
            if (layer->parameters[j].trained) return true;
        return false;
    }
    return false;
}

static void plan_mark_needed(gan__plan *plan, const plan_call *call)
{
    for (size_t i = 0; i < plan->value_count; i++) {
        gan__plan_value *value = &plan->values[i];
        value->needed = value->ready = false;
        value->gradient = NULL;
        value->buffer = NULL;
        if (gan__plan_has_gradient(value))
            value->buffer = (float *)(void *)(call->transient + value->gradient_offset);
    }
    for (size_t i = 0; i < plan->input_count; i++) {
        gan__plan_value *value = &plan->values[plan->input_values[i]];
        value->needed = call->dx[i] != NULL;
        value->buffer = call->dx[i];
    }
    for (size_t i = 0; i < plan->step_count; i++) {
        gan__plan_step *step = &plan->steps[i];
        step->op.want_weights =
            gan__plan_wants_weights(step->op.layer, call->stores, call->store_count);
        step->needed = step->op.want_weights;
        for (int32_t j = 0; j < step->op.input_count; j++)
            step->needed |= plan->values[step->operands[j]].needed;
        plan->values[step->result].needed = step->needed;
    }
}

/* The gradients that the caller brings to the outputs. */
static void plan_take_outputs(gan__plan *plan, const plan_call *call)
{
    for (size_t i = 0; i < plan->output_count; i++) {
        gan__plan_value *value = &plan->values[plan->output_values[i]];
        int64_t count = gan__shape_count(value->shape);
        if (!call->dy[i] || !value->needed) continue;
        if (!value->buffer) {
            value->gradient = call->dy[i];
        } else if (!value->gradient) {
            gan__copy(plan->context, count, call->dy[i], value->buffer);
            value->gradient = value->buffer;
        } else {
            gan__add(plan->context, count, value->buffer, call->dy[i], value->buffer);
        }
    }
}

/* Before the first step of this call that reads it. */
static void plan_make_again(gan__plan *plan, gan__plan_value *value, const plan_call *call)
{
    gan__plan_step *step = &plan->steps[value->producer];
    gan__op *op = &step->op;
    for (int32_t j = 0; j < op->input_count; j++) step->x[j] = plan->values[step->operands[j]].data;
    op->x = step->x;
    op->y = (float *)(void *)(call->transient + value->again_offset);
    gan__watch watch;
    gan__plan_watch_begin(plan, step, &watch, "again");
    op->layer->kind->again(op);
    gan__watch_end(plan->context, &watch);
    value->data = op->y;
    value->ready = true;
}

static void plan_step_backward(gan__plan *plan, gan__plan_step *step, const plan_call *call)
{
    gan__op *op = &step->op;
    gan__watch watch;
    gan__plan_watch_begin(plan, step, &watch, "backward");
    for (int32_t j = 0; j < op->input_count; j++) {
        gan__plan_value *value = &plan->values[step->operands[j]];
        if (value->again && !value->ready) plan_make_again(plan, value, call);
        step->x[j] = value->data;
        step->dx[j] = NULL;
        if (!value->needed) continue;
        step->dx[j] = value->buffer;
        if (value->gradient)
            step->dx[j] = (float *)(void *)(call->transient + step->spare_offsets[j]);
        value->gradient = value->buffer;
    }
    op->x = step->x;
    op->dx = step->dx;
    op->dy = plan->values[step->result].gradient;
    op->workspace = call->transient + step->workspace_offset[1];
    op->layer->kind->backward(op);
    for (int32_t j = 0; j < op->input_count; j++) {
        gan__plan_value *value = &plan->values[step->operands[j]];
        if (step->dx[j] && step->dx[j] != value->buffer)
            gan__add(plan->context, gan__shape_count(value->shape), value->buffer, step->dx[j],
                     value->buffer);
    }
    gan__watch_end(plan->context, &watch);
}

void gan__plan_backward(gan__plan *plan, const float *const *dy, float *const *dx,
                        gan__store *const *stores, size_t store_count, void *transient)
{
    plan_call call = {dy, dx, stores, store_count, transient};
    plan_mark_needed(plan, &call);
    plan_take_outputs(plan, &call);
    for (size_t i = plan->step_count; i-- > 0;) {
        gan__plan_step *step = &plan->steps[i];
        if (step->needed && plan->values[step->result].gradient)
            plan_step_backward(plan, step, &call);
    }
    for (size_t i = 0; i < plan->input_count; i++) {
        const gan__plan_value *value = &plan->values[plan->input_values[i]];
        if (dx[i] && !value->gradient)
            gan__fill(plan->context, gan__shape_count(value->shape), 0.0f, dx[i]);
    }
}
