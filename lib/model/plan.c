/* plan.c: makes a model ready to execute, and executes it forwards. */
#include "model/plan_inside.h"

#include "base/memory.h"
#include "base/parallel.h"

#include <inttypes.h>
#include <string.h>

/* ---- values and their readers ---- */

static gan_status plan_make_values(gan__plan *plan)
{
    const gan_model *model = plan->model;
    gan__shape *shapes = NULL;
    GAN__TRY(gan__allocate(plan->context, &plan->values, plan->value_count, sizeof *plan->values));
    GAN__TRY(gan__allocate(plan->context, &shapes, plan->value_count, sizeof *shapes));
    gan_status status = gan__model_shapes(model, plan->inputs, shapes);
    if (status != GAN_OK && model->object.context != plan->context)
        gan__fail(plan->context, status, "%s", gan_context_message(model->object.context));
    for (size_t i = 0; status == GAN_OK && i < plan->value_count; i++) {
        gan__plan_value *value = &plan->values[i];
        value->shape = shapes[i];
        value->producer = value->last_reader = value->repeated = -1;
        status = gan__plan_bytes(plan->context, &shapes[i], &value->bytes);
    }
    gan__free(plan->context, shapes);
    return status;
}

static void plan_count_readers(gan__plan *plan)
{
    const gan_model *model = plan->model;
    for (size_t i = 0; i < model->node_count; i++)
        for (int32_t j = 0; j < model->nodes[i].operand_count; j++)
            plan->values[model->nodes[i].operands[j]].readers++;
    for (size_t i = 0; i < plan->output_count; i++) plan->values[plan->output_values[i]].outputs++;
}

static gan_status plan_make_ports(gan__plan *plan, const gan__shape *inputs)
{
    const gan_model *model = plan->model;
    gan_context *context = plan->context;
    GAN__TRY(gan__allocate(context, &plan->inputs, plan->input_count, sizeof *plan->inputs));
    GAN__TRY(gan__allocate(context, &plan->input_values, plan->input_count, sizeof(int32_t)));
    GAN__TRY(gan__allocate(context, &plan->output_values, plan->output_count, sizeof(int32_t)));
    for (size_t i = 0; i < plan->input_count; i++) {
        plan->inputs[i] = inputs[i];
        plan->input_values[i] = model->inputs[i].value;
        if (inputs[i].n != inputs[0].n)
            return gan__fail(context, GAN_E_SHAPE,
                             "plan: input %zu has %" PRId64 " samples, input 0 has %" PRId64, i,
                             inputs[i].n, inputs[0].n);
    }
    for (size_t i = 0; i < plan->output_count; i++)
        plan->output_values[i] = model->outputs[i].value;
    return GAN_OK;
}

/* ---- steps ---- */

static gan_status plan_make_pools(gan__plan *plan)
{
    gan_context *context = plan->context;
    size_t total = 0;
    for (size_t i = 0; i < plan->node_count; i++)
        total += (size_t)plan->model->nodes[i].operand_count;
    plan->operand_count = total;
    GAN__TRY(gan__allocate(context, &plan->steps, plan->node_count, sizeof *plan->steps));
    GAN__TRY(gan__allocate(context, &plan->operands, total, sizeof *plan->operands));
    GAN__TRY(gan__allocate(context, &plan->in, total, sizeof *plan->in));
    GAN__TRY(gan__allocate(context, &plan->x, total, sizeof *plan->x));
    GAN__TRY(gan__allocate(context, &plan->dx, total, sizeof *plan->dx));
    return gan__allocate(context, &plan->spare_offsets, total, sizeof *plan->spare_offsets);
}

/* Lets each layer ask for its memory and panels. */
static gan_status plan_ask_layers(gan__plan *plan, gan__panel_cache *cache)
{
    size_t scratch = 0;
    for (size_t i = 0; i < plan->step_count; i++) {
        gan__op *op = &plan->steps[i].op;
        op->cache = cache;
        op->dy_is_free = gan__plan_has_gradient(&plan->values[plan->steps[i].result]);
        if (op->layer->kind->plan) {
            gan_status status = op->layer->kind->plan(op);
            if (status != GAN_OK)
                return gan__fail_in(plan->context, status, "layer %s",
                                    plan->model->nodes[plan->steps[i].node].path);
        }
        if (op->scratch_size > scratch) scratch = op->scratch_size;
    }
    return scratch ? gan__scratch_reserve(plan->context, scratch) : GAN_OK;
}

static bool plan_may_refuse(const gan__plan *plan)
{
    for (size_t i = 0; i < plan->step_count; i++)
        if (plan->steps[i].op.layer->kind->admit) return true;
    return false;
}

/* A layer that may refuse a value comes when others have changed their running state. */
static gan_status plan_make_before(gan__plan *plan)
{
    const gan_model *model = plan->model;
    if (!plan->mode.training || !plan_may_refuse(plan)) return GAN_OK;
    plan->before_size = gan__stores_kept_size(model->stores, model->store_count);
    return gan__allocate_raw(plan->context, &plan->before, plan->before_size, 1);
}

static gan_status plan_make_groups(gan__plan *plan, const gan__plan_mode *mode, int64_t n)
{
    const int32_t groups = mode->groups;
    GAN__TRY(gan__allocate(plan->context, &plan->starts, (size_t)groups + 1, sizeof(int64_t)));
    if (mode->starts)
        memcpy(plan->starts, mode->starts, ((size_t)groups + 1) * sizeof(int64_t));
    else
        plan->starts[groups] = n;
    plan->mode.starts = plan->starts;
    bool whole = n > 0 && plan->starts[0] == 0 && plan->starts[groups] == n;
    for (int32_t g = 0; g < groups; g++) whole &= plan->starts[g] < plan->starts[g + 1];
    if (whole) return GAN_OK;
    return gan__fail(plan->context, GAN_E_SHAPE,
                     "plan: a batch of %" PRId64 " does not make these %" PRId32 " groups", n,
                     groups);
}

static gan_status plan_check_groups(const gan__plan *plan)
{
    const gan__node *node = NULL;
    if (plan->mode.groups == 1 || !plan->mode.training) return GAN_OK;
    GAN__TRY(gan__model_group_state(plan->model, false, &node));
    if (!node) return GAN_OK;
    return gan__fail(
        plan->context, GAN_E_UNSUPPORTED,
        "layer %s: %s keeps state and stands in the model more than once: groups=%d in "
        "training would not leave it as %d applications do",
        node->path, node->layer->kind->kind.name, plan->mode.groups, plan->mode.groups);
}

/* ---- the whole ---- */

static gan_status plan_build(gan__plan *plan, const gan__shape *inputs, const gan__plan_mode *mode,
                             gan__panel_cache *cache)
{
    if (plan->input_count == 0 || plan->output_count == 0)
        return gan__fail(plan->context, GAN_E_STATE, "plan: the model has no input");
    GAN__TRY(plan_make_groups(plan, mode, inputs[0].n));
    GAN__TRY(plan_check_groups(plan));
    GAN__TRY(plan_make_ports(plan, inputs));
    GAN__TRY(plan_make_values(plan));
    plan_count_readers(plan);
    GAN__TRY(plan_make_pools(plan));
    GAN__TRY(gan__plan_make_steps(plan));
    GAN__TRY(plan_ask_layers(plan, cache));
    GAN__TRY(plan_make_before(plan));
    return gan__plan_place(plan);
}

gan_status gan__plan_create(gan__plan **out, gan_context *context, gan_model *model,
                            const gan__shape *inputs, const gan__plan_mode *mode,
                            gan__panel_cache *cache)
{
    gan__plan *plan = NULL;
    *out = NULL;
    GAN__TRY(gan__allocate(context, &plan, 1, sizeof *plan));
    plan->context = context;
    plan->model = model;
    gan__object_retain(model);
    plan->mode = *mode;
    plan->node_count = model->node_count;
    plan->value_count = model->value_count;
    plan->input_count = model->input_count;
    plan->output_count = model->output_count;
    plan->batch = model->input_count > 0 ? inputs[0].n : 0;
    gan_status status = plan_build(plan, inputs, mode, cache);
    if (status != GAN_OK) {
        gan__plan_destroy(plan);
        return status;
    }
    *out = plan;
    return GAN_OK;
}

void gan__plan_destroy(gan__plan *plan)
{
    if (!plan) return;
    gan_context *context = plan->context;
    for (size_t i = 0; i < plan->step_count; i++)
        for (int pass = 0; pass < 2; pass++)
            gan__panel_release(plan->steps[i].op.cache, plan->steps[i].op.panels[pass]);
    gan__free(context, plan->values);
    gan__free(context, plan->steps);
    gan__free(context, plan->inputs);
    gan__free(context, plan->input_values);
    gan__free(context, plan->output_values);
    gan__free(context, plan->operands);
    gan__free(context, plan->in);
    gan__free(context, plan->x);
    gan__free(context, plan->dx);
    gan__free(context, plan->spare_offsets);
    gan__free(context, plan->before);
    gan__plan_tangent_destroy(plan);
    gan__free(context, plan->starts);
    gan__object_release(plan->model);
    gan__free(context, plan);
}

bool gan__plan_fits(const gan__plan *plan, const gan_model *model, const gan__shape *inputs,
                    const gan__plan_mode *mode)
{
    /* Models only grow, so an equal number of nodes means the same nodes. */
    if (plan->model != model || plan->node_count != model->node_count ||
        plan->output_count != model->output_count || plan->mode.training != mode->training ||
        plan->mode.backward != mode->backward || plan->mode.groups != mode->groups)
        return false;
    for (int32_t g = 1; mode->starts && g < mode->groups; g++)
        if (plan->starts[g] != mode->starts[g]) return false;
    for (size_t i = 0; i < plan->output_count; i++)
        if (plan->output_values[i] != model->outputs[i].value) return false;
    for (size_t i = 0; i < plan->input_count; i++) {
        gan__shape a = plan->inputs[i], b = inputs[i];
        if (a.n != b.n || a.h != b.h || a.w != b.w || a.c != b.c) return false;
    }
    return true;
}

void gan__plan_set_batch(gan__plan *plan, int64_t n)
{
    if (plan->values[plan->input_values[0]].shape.n == n) return;
    plan->starts[1] = n;
    for (size_t i = 0; i < plan->value_count; i++) plan->values[i].shape.n = n;
    for (size_t i = 0; i < plan->step_count; i++) {
        gan__plan_step *step = &plan->steps[i];
        for (int32_t j = 0; j < step->op.input_count; j++) step->in[j].n = n;
        step->op.out.n = n;
    }
}

size_t gan__plan_memory(const gan__plan *plan)
{
    size_t ports = plan->input_count * (sizeof *plan->inputs + sizeof *plan->input_values) +
                   plan->output_count * sizeof *plan->output_values;
    size_t operand = sizeof *plan->operands + sizeof *plan->in + sizeof *plan->x +
                     sizeof *plan->dx + sizeof *plan->spare_offsets;
    return sizeof *plan + ((size_t)plan->mode.groups + 1) * sizeof *plan->starts +
           plan->value_count * sizeof *plan->values + plan->node_count * sizeof *plan->steps +
           ports + plan->operand_count * operand + plan->before_size +
           gan__plan_tangent_memory(plan);
}

size_t gan__plan_outputs(const gan__plan *plan)
{
    return plan->outputs_size;
}

size_t gan__plan_arena(const gan__plan *plan)
{
    return plan->arena_size;
}

size_t gan__plan_transient(const gan__plan *plan)
{
    return plan->transient_size;
}

void gan__plan_bind(gan__plan *plan, void *arena, void *outputs)
{
    plan->arena = arena;
    plan->outputs = outputs;
    for (size_t i = 0; i < plan->step_count; i++) {
        gan__plan_step *step = &plan->steps[i];
        gan__plan_value *value = &plan->values[step->result];
        unsigned char *memory = value->outputs > 0 ? plan->outputs : plan->arena;
        step->op.version = 0;
        step->op.state = step->op.state_size ? plan->arena + step->state_offset : NULL;
        if (value->again) continue;
        step->op.y = (float *)(void *)(memory + value->offset);
        value->data = step->op.y;
    }
}

gan__shape gan__plan_output_shape(const gan__plan *plan, int32_t index)
{
    return plan->values[plan->output_values[index]].shape;
}

bool gan__plan_makes(const gan__plan *plan, int32_t index)
{
    return plan->values[plan->output_values[index]].producer >= 0;
}

bool gan__plan_can_divert(const gan__plan *plan, int32_t index)
{
    return gan__plan_makes(plan, index) && !plan_may_refuse(plan);
}

void gan__plan_divert(gan__plan *plan, int32_t index, float *memory)
{
    gan__plan_value *value = &plan->values[plan->output_values[index]];
    float *own = (float *)(void *)(plan->outputs + value->offset);
    plan->steps[value->producer].op.y = memory ? memory : own;
}

static gan_status plan_step_forward(gan__plan *plan, gan__plan_step *step,
                                    const gan__plan_draw *draw, void *transient)
{
    gan__op *op = &step->op;
    for (int32_t j = 0; j < op->input_count; j++) step->x[j] = plan->values[step->operands[j]].data;
    op->x = step->x;
    op->seed = draw->seed;
    op->draw = draw->step;
    op->workspace = (unsigned char *)transient + step->workspace_offset[0];
    gan__plan_value *result = &plan->values[step->result];
    if (result->again) op->y = (float *)(void *)((unsigned char *)transient + result->offset);
    result->data = op->y;
    if (op->layer->kind->admit) GAN__TRY(op->layer->kind->admit(op));
    gan__watch watch;
    gan__plan_watch_begin(plan, step, &watch, "forward");
    op->layer->kind->forward(op);
    gan__watch_end(plan->context, &watch);
    return GAN_OK;
}

gan_status gan__plan_forward(gan__plan *plan, const float *const *x, const gan__plan_draw *draw,
                             void *transient)
{
    for (size_t i = 0; i < plan->input_count; i++) plan->values[plan->input_values[i]].data = x[i];
    const gan_model *model = plan->model;
    if (plan->before) gan__stores_keep(model->stores, model->store_count, plan->before);
    for (size_t i = 0; i < plan->step_count; i++) {
        gan_status status = plan_step_forward(plan, &plan->steps[i], draw, transient);
        if (status == GAN_OK) continue;
        if (plan->before) gan__stores_restore(model->stores, model->store_count, plan->before);
        return gan__fail_in(plan->context, status, "layer %s",
                            model->nodes[plan->steps[i].node].path);
    }
    return GAN_OK;
}

const float *gan__plan_output(const gan__plan *plan, int32_t index)
{
    return plan->values[plan->output_values[index]].data;
}
