/* plan_tangent_backward.c: from gradients over tangents of outputs back to the tangents of inputs,
 * to the inputs themselves and to parameters.
 *
 * The gradient over a tangent goes back from step to step as that over a value does. At each step
 * it leaves something at the step's operands, where the step bends, and at its parameters; from
 * there on the way is the ordinary one. Both are walked together, the last step first. */
#include "model/plan_inside.h"

#include "compute/pointwise.h"
#include "layers/tangent.h"

typedef struct plan_tangent_call {
    const gan__plan_tangents *of;
    gan__store *const *stores;
    size_t store_count;
    unsigned char *transient;
} plan_tangent_call;

/* ---- what is needed ---- */

static void plan_tangent_clear(gan__plan *plan, const plan_tangent_call *call)
{
    for (size_t i = 0; i < plan->value_count; i++) {
        gan__plan_value *value = &plan->values[i];
        gan__tangent_value *tangent = &plan->tangent->values[i];
        value->needed = tangent->needed = false;
        value->gradient = tangent->gradient = NULL;
        value->buffer = tangent->buffer = NULL;
        if (value->producer < 0) continue;
        value->buffer = (float *)(void *)(call->transient + tangent->gradient_offset);
        tangent->buffer = (float *)(void *)(call->transient + tangent->tangent_gradient_offset);
    }
    for (size_t i = 0; i < plan->input_count; i++) {
        gan__plan_value *value = &plan->values[plan->input_values[i]];
        gan__tangent_value *tangent = gan__tangent_value_of(plan, value);
        value->buffer = call->of->dx[i];
        value->needed = call->of->dx[i] != NULL;
        tangent->buffer = call->of->tangent_dx[i];
        tangent->needed = tangent->active && call->of->tangent_dx[i];
    }
}

/* The gradient over a tangent serves those over earlier tangents, and whatever lies upstream of the
 * value itself. */
static void plan_tangent_mark_needed(gan__plan *plan, const plan_tangent_call *call)
{
    plan_tangent_clear(plan, call);
    for (size_t i = 0; i < plan->step_count; i++) {
        gan__plan_step *step = &plan->steps[i];
        gan__tangent_value *result = &plan->tangent->values[step->result];
        step->op.want_weights =
            gan__plan_wants_weights(step->op.layer, call->stores, call->store_count);
        step->needed = step->op.want_weights;
        bool needed = false;
        for (int32_t j = 0; j < step->op.input_count; j++) {
            step->needed |= plan->values[step->operands[j]].needed;
            needed |= plan->tangent->values[step->operands[j]].needed;
        }
        plan->values[step->result].needed = step->needed;
        result->needed = result->active && (needed || step->needed);
    }
}

static void plan_tangent_take_outputs(gan__plan *plan, const plan_tangent_call *call)
{
    for (size_t i = 0; i < plan->output_count; i++) {
        const gan__plan_value *value = &plan->values[plan->output_values[i]];
        gan__tangent_value *tangent = gan__tangent_value_of(plan, value);
        const int64_t count = gan__shape_count(value->shape);
        if (!call->of->dy[i] || !tangent->needed) continue;
        if (tangent->gradient)
            gan__add(plan->context, count, tangent->buffer, call->of->dy[i], tangent->buffer);
        else
            gan__copy(plan->context, count, call->of->dy[i], tangent->buffer);
        tangent->gradient = tangent->buffer;
    }
}

/* ---- one step ---- */

/* Where gradients over its operands, or over their tangents, are to be written: in their places, or
 * beside those that have one. Returns whether there is any. */
static bool plan_tangent_aim(gan__plan *plan, gan__plan_step *step, const plan_tangent_call *call,
                             bool tangents)
{
    gan__tangent_step *of = gan__tangent_step_of(plan, step);
    float **dx = tangents ? of->dx : step->dx;
    bool any = false;
    for (int32_t j = 0; j < step->op.input_count; j++) {
        gan__plan_value *value = &plan->values[step->operands[j]];
        gan__tangent_value *tangent = gan__tangent_value_of(plan, value);
        const float **gradient = tangents ? &tangent->gradient : &value->gradient;
        float *buffer = tangents ? tangent->buffer : value->buffer;
        dx[j] = NULL;
        if (!(tangents ? tangent->needed : value->needed)) continue;
        dx[j] = *gradient ? (float *)(void *)(call->transient + of->spare_offsets[j]) : buffer;
        *gradient = buffer;
        any = true;
    }
    step->op.dx = step->dx;
    step->op.tangent.dx = of->dx;
    return any;
}

/* Adds what was written beside. */
static void plan_tangent_settle(gan__plan *plan, gan__plan_step *step, bool tangents)
{
    float *const *dx = tangents ? gan__tangent_step_of(plan, step)->dx : step->dx;
    for (int32_t j = 0; j < step->op.input_count; j++) {
        gan__plan_value *value = &plan->values[step->operands[j]];
        float *to = tangents ? gan__tangent_value_of(plan, value)->buffer : value->buffer;
        if (dx[j] && dx[j] != to)
            gan__add(plan->context, gan__shape_count(value->shape), to, dx[j], to);
    }
}

static void plan_tangent_make_operands(gan__plan *plan, gan__plan_step *step,
                                       const plan_tangent_call *call)
{
    for (int32_t j = 0; j < step->op.input_count; j++) {
        gan__plan_value *value = &plan->values[step->operands[j]];
        gan__plan_tangent_again(plan, value, 1, call->transient);
        step->x[j] = value->data;
    }
    step->op.x = step->x;
}

/* The gradient over the values alone. */
static void plan_tangent_plain_backward(gan__plan *plan, gan__plan_step *step,
                                        const plan_tangent_call *call)
{
    if (!step->needed) return;
    plan_tangent_make_operands(plan, step, call);
    plan_tangent_aim(plan, step, call, false);
    step->op.dy = plan->values[step->result].gradient;
    step->op.layer->kind->backward(&step->op);
    plan_tangent_settle(plan, step, false);
}

/* Over the tangents of the operands, and what they leave at the operands themselves. */
static void plan_tangent_leave(gan__plan *plan, gan__plan_step *step, const plan_tangent_call *call)
{
    gan__op *op = &step->op;
    if (gan__tangent_reads_x(op)) plan_tangent_make_operands(plan, step, call);
    gan__plan_tangent_operands(plan, step, 1, call->transient);
    if (plan_tangent_aim(plan, step, call, true) || op->want_weights) gan__tangent_backward(op);
    plan_tangent_settle(plan, step, true);
    if (gan__tangent_bends(op) && step->needed) {
        plan_tangent_aim(plan, step, call, false);
        gan__tangent_bend(op);
        plan_tangent_settle(plan, step, false);
    } else if (gan__tangent_weighs(op)) {
        gan__tangent_bend(op);
    }
}

static void plan_tangent_step_backward(gan__plan *plan, gan__plan_step *step,
                                       const plan_tangent_call *call)
{
    gan__op *op = &step->op;
    gan__plan_value *value = &plan->values[step->result];
    gan__tangent_value *tangent = &plan->tangent->values[step->result];
    const gan__tail tail = op->tail;
    gan__watch watch;
    gan__plan_watch_begin(plan, step, &watch, "tangent.backward");
    op->workspace = call->transient + gan__tangent_step_of(plan, step)->workspace_offset[1];
    if (tangent->gradient) {
        if (gan__tangent_reads_y(op)) gan__plan_tangent_again(plan, value, 1, call->transient);
        op->tangent.dy = tangent->buffer;
        op->tangent.y = (float *)(uintptr_t)tangent->data;
        if (gan__tangent_through_tail(op, value->gradient != NULL, value->buffer, tangent->buffer))
            value->gradient = value->buffer;
        op->tail = (gan__tail){.activation = GAN__LINEAR};
        plan_tangent_leave(plan, step, call);
    }
    if (value->gradient) plan_tangent_plain_backward(plan, step, call);
    op->tail = tail;
    gan__watch_end(plan->context, &watch);
}

void gan__plan_tangent_backward(gan__plan *plan, const gan__plan_tangents *of,
                                gan__store *const *stores, size_t store_count, void *transient)
{
    const plan_tangent_call call = {of, stores, store_count, transient};
    gan__plan_tangent_begin(plan, of);
    plan_tangent_mark_needed(plan, &call);
    plan_tangent_take_outputs(plan, &call);
    for (size_t i = plan->step_count; i-- > 0;) {
        gan__plan_step *step = &plan->steps[i];
        const int32_t result = step->result;
        if (plan->values[result].gradient || plan->tangent->values[result].gradient)
            plan_tangent_step_backward(plan, step, &call);
    }
    for (size_t i = 0; i < plan->input_count; i++) {
        const gan__plan_value *value = &plan->values[plan->input_values[i]];
        const int64_t count = gan__shape_count(value->shape);
        if (of->dx[i] && !value->gradient) gan__fill(plan->context, count, 0.0f, of->dx[i]);
        if (of->tangent_dx[i] && !gan__tangent_value_of(plan, value)->gradient)
            gan__fill(plan->context, count, 0.0f, of->tangent_dx[i]);
    }
}
