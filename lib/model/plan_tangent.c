/* plan_tangent.c: the tangents of a plan's outputs along tangents of its inputs: the steps once
 * more, of which only those run that lie between the two. */
#include "model/plan_inside.h"

#include "compute/pointwise.h"
#include "layers/tangent.h"

/* ---- what runs ---- */

static bool plan_tangent_moves(const gan__plan *plan, const gan__plan_step *step)
{
    bool moves = false;
    for (int32_t j = 0; j < step->op.input_count; j++)
        moves |= plan->tangent->values[step->operands[j]].active;
    return moves;
}

/* First what moves with the inputs, then of that what moves the outputs. `needed` says the latter
 * until a backward call says something else. */
static void plan_tangent_mark(gan__plan *plan, const gan__plan_tangents *call)
{
    gan__tangent_value *values = plan->tangent->values;
    for (size_t i = 0; i < plan->value_count; i++) values[i].active = values[i].needed = false;
    for (size_t i = 0; i < plan->input_count; i++)
        values[plan->input_values[i]].active = call->inputs[i] != NULL;
    for (size_t i = 0; i < plan->step_count; i++)
        values[plan->steps[i].result].active = plan_tangent_moves(plan, &plan->steps[i]);
    for (size_t i = 0; i < plan->output_count; i++)
        values[plan->output_values[i]].needed |= call->asked[i];
    for (size_t i = plan->step_count; i-- > 0;) {
        const gan__plan_step *step = &plan->steps[i];
        for (int32_t j = 0; j < step->op.input_count && values[step->result].needed; j++)
            values[step->operands[j]].needed = true;
    }
    for (size_t i = 0; i < plan->value_count; i++) values[i].active &= values[i].needed;
}

void gan__plan_tangent_begin(gan__plan *plan, const gan__plan_tangents *call)
{
    plan_tangent_mark(plan, call);
    for (size_t i = 0; i < plan->value_count; i++) {
        const gan__plan_value *value = &plan->values[i];
        gan__tangent_value *tangent = &plan->tangent->values[i];
        void *memory = value->outputs > 0 ? call->outputs : call->arena;
        plan->values[i].ready = false;
        tangent->data = NULL;
        if (value->producer >= 0)
            tangent->data = (const float *)(void *)((unsigned char *)memory + tangent->offset);
    }
    for (size_t i = 0; i < plan->input_count; i++)
        plan->tangent->values[plan->input_values[i]].data = call->inputs[i];
}

gan_status gan__plan_tangent_check(gan__plan *plan, const gan__plan_tangents *call)
{
    plan_tangent_mark(plan, call);
    for (size_t i = 0; i < plan->step_count; i++) {
        const gan__plan_step *step = &plan->steps[i];
        if (!plan->tangent->values[step->result].active) continue;
        gan_status status = gan__tangent_check(&step->op);
        if (status != GAN_OK)
            return gan__fail_in(plan->context, status, "layer %s",
                                plan->model->nodes[step->node].path);
    }
    return GAN_OK;
}

/* ---- what a step reads ---- */

void gan__plan_tangent_again(gan__plan *plan, gan__plan_value *value, int direction,
                             unsigned char *transient)
{
    if (!value->again || value->ready) return;
    gan__plan_step *step = &plan->steps[value->producer];
    gan__op *op = &step->op;
    for (int32_t j = 0; j < op->input_count; j++) step->x[j] = plan->values[step->operands[j]].data;
    op->x = step->x;
    op->y =
        (float *)(void *)(transient + gan__tangent_value_of(plan, value)->again_offset[direction]);
    gan__watch watch;
    gan__plan_watch_begin(plan, step, &watch, "again");
    op->layer->kind->again(op);
    gan__watch_end(plan->context, &watch);
    value->data = op->y;
    value->ready = true;
}

void gan__plan_tangent_operands(gan__plan *plan, gan__plan_step *step, int direction,
                                unsigned char *transient)
{
    gan__tangent_step *tangent = gan__tangent_step_of(plan, step);
    for (int32_t j = 0; j < step->op.input_count; j++) {
        const gan__tangent_value *operand = &plan->tangent->values[step->operands[j]];
        tangent->x[j] = operand->data;
        if (operand->active) continue;
        float *zeros = (float *)(void *)(transient + tangent->zero_offsets[direction][j]);
        gan__fill(plan->context, gan__shape_count(step->in[j]), 0.0f, zeros);
        tangent->x[j] = zeros;
    }
    step->op.tangent.x = tangent->x;
    step->op.tangent.y = (float *)(uintptr_t)plan->tangent->values[step->result].data;
}

/* ---- the pass ---- */

static void plan_tangent_step_forward(gan__plan *plan, gan__plan_step *step,
                                      unsigned char *transient)
{
    gan__op *op = &step->op;
    gan__watch watch;
    gan__plan_watch_begin(plan, step, &watch, "tangent");
    for (int32_t j = 0; j < op->input_count; j++) {
        gan__plan_value *value = &plan->values[step->operands[j]];
        if (gan__tangent_reads_x(op)) gan__plan_tangent_again(plan, value, 0, transient);
        step->x[j] = value->data;
    }
    if (gan__tangent_reads_y(op))
        gan__plan_tangent_again(plan, &plan->values[step->result], 0, transient);
    op->x = step->x;
    gan__plan_tangent_operands(plan, step, 0, transient);
    op->workspace = transient + gan__tangent_step_of(plan, step)->workspace_offset[0];
    gan__tangent_forward(op);
    gan__watch_end(plan->context, &watch);
}

const float *gan__plan_tangent_output(const gan__plan *plan, const gan__plan_tangents *call,
                                      int32_t index)
{
    const size_t offset = plan->tangent->values[plan->output_values[index]].offset;
    return (const float *)(void *)((unsigned char *)call->outputs + offset);
}

void gan__plan_tangent_forward(gan__plan *plan, const gan__plan_tangents *call, void *transient)
{
    gan__plan_tangent_begin(plan, call);
    for (size_t i = 0; i < plan->step_count; i++)
        if (plan->tangent->values[plan->steps[i].result].active)
            plan_tangent_step_forward(plan, &plan->steps[i], transient);
    for (size_t i = 0; i < plan->output_count; i++) {
        const gan__plan_value *value = &plan->values[plan->output_values[i]];
        const gan__tangent_value *tangent = gan__tangent_value_of(plan, value);
        const int64_t count = gan__shape_count(value->shape);
        float *to = (float *)(uintptr_t)gan__plan_tangent_output(plan, call, (int32_t)i);
        if (!tangent->active)
            gan__fill(plan->context, count, 0.0f, to);
        else if (value->producer < 0)
            gan__copy(plan->context, count, tangent->data, to);
    }
}
