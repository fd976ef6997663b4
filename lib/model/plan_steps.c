/* plan_steps.c: which steps a plan makes of a model's nodes: one of each, but that
 *
 * - an activation is done by the layer before it, in its store;
 * - pixels that a layer only repeats, for one reader, are repeated by that reader, where it can (a
 *   convolution of doubled pixels), or after it, where it works on each pixel alone. */
#include "model/plan_inside.h"

/* The step whose numbers this one gives on, each as often as it repeats pixels, where the two were
 * exchanged; else the step itself. */
static gan__plan_step *plan_maker(const gan__plan *plan, gan__plan_step *step)
{
    if (!step->op.layer->kind->repeats) return step;
    const gan__plan_value *value = &plan->values[step->operands[0]];
    return value->repeated == step->node ? &plan->steps[value->producer] : step;
}

/* Whether this node is an activation that the step which makes its operand can do in its store:
 * nobody else may need the result before the activation, neither forwards nor backwards. */
static bool plan_fuse(gan__plan *plan, const gan__node *node)
{
    gan__tail tail = {0};
    if (!node->layer->kind->activation || node->operand_count != 1) return false;
    node->layer->kind->activation(node->layer, &tail);
    if (!gan__activation_fuses(tail.activation, tail.parameter, plan->mode.backward)) return false;
    gan__plan_value *value = &plan->values[node->operands[0]];
    if (value->producer < 0 || value->readers != 1 || value->outputs != 0) return false;
    gan__plan_step *step = &plan->steps[value->producer], *maker = plan_maker(plan, step);
    if (!maker->op.layer->kind->takes_tail || maker->op.tail.activation != GAN__LINEAR)
        return false;
    plan->values[node->result].producer = value->producer;
    value->producer = -1;
    value->bytes = 0;
    maker->op.tail = tail;
    step->result = node->result;
    return true;
}

/* The step of a node; `first` in the pools are its operands. */
static gan__plan_step *plan_add_step(gan__plan *plan, size_t index, size_t first)
{
    const gan__node *node = &plan->model->nodes[index];
    int32_t number = (int32_t)plan->step_count++;
    gan__plan_step *step = &plan->steps[number];
    *step = (gan__plan_step){.node = (int32_t)index,
                             .result = node->result,
                             .operands = plan->operands + first,
                             .in = plan->in + first,
                             .x = plan->x + first,
                             .dx = plan->dx + first,
                             .spare_offsets = plan->spare_offsets + first};
    for (int32_t j = 0; j < node->operand_count; j++) {
        step->operands[j] = node->operands[j];
        step->in[j] = plan->values[node->operands[j]].shape;
        plan->values[node->operands[j]].last_reader = number;
    }
    plan->values[node->result].producer = number;
    step->op = (gan__op){.context = plan->context,
                         .layer = node->layer,
                         .training = plan->mode.training,
                         .backward = plan->mode.backward,
                         .groups = plan->mode.groups,
                         .starts = plan->starts,
                         .input_count = node->operand_count,
                         .in = step->in,
                         .out = plan->values[node->result].shape,
                         .most = plan->batch,
                         .ordinal = index};
    return step;
}

/* ---- pixels that are repeated ---- */

static const gan__node *plan_only_reader(const gan__plan *plan, int32_t value)
{
    if (plan->values[value].readers != 1 || plan->values[value].outputs != 0) return NULL;
    for (size_t i = 0; i < plan->node_count; i++)
        for (int32_t j = 0; j < plan->model->nodes[i].operand_count; j++)
            if (plan->model->nodes[i].operands[j] == value) return &plan->model->nodes[i];
    return NULL;
}

static bool plan_doubles(const gan__plan *plan, const gan__node *repeating, const gan__node *reader)
{
    int64_t scale[2];
    repeating->layer->kind->repeats(repeating->layer, scale);
    const gan__op op = {.context = plan->context,
                        .layer = reader->layer,
                        .in = &plan->values[repeating->operands[0]].shape,
                        .out = plan->values[reader->result].shape,
                        .doubled = true};
    const gan__layer_kind *kind = reader->layer->kind;
    return kind->doubles && scale[0] == 2 && scale[1] == 2 && kind->doubles(&op);
}

/* Whether this node repeats pixels for a single reader that does so by itself, or that can as well
 * go before it. */
static bool plan_defer(gan__plan *plan, size_t index)
{
    const gan__node *node = &plan->model->nodes[index];
    int64_t scale[2];
    if (!node->layer->kind->repeats || !node->layer->kind->repeats(node->layer, scale))
        return false;
    const gan__node *reader = plan_only_reader(plan, node->result);
    if (!reader || reader->operand_count != 1) return false;
    const gan__layer_kind *kind = reader->layer->kind;
    const bool pixelwise = kind->is_pixelwise && kind->is_pixelwise(reader->layer);
    if (!pixelwise && !plan_doubles(plan, node, reader)) return false;
    plan->values[node->result].repeated = (int32_t)index;
    return true;
}

static size_t plan_first_operand(const gan__plan *plan, size_t index)
{
    size_t first = 0;
    for (size_t i = 0; i < index; i++) first += (size_t)plan->model->nodes[i].operand_count;
    return first;
}

static void plan_set_operand(gan__plan *plan, gan__plan_step *step, int32_t value)
{
    step->operands[0] = value;
    step->in[0] = plan->values[value].shape;
    plan->values[value].last_reader = (int32_t)(step - plan->steps);
}

/* `step` reads single pixels, and makes such: the ones that are then repeated, behind it. */
static gan_status plan_exchange(gan__plan *plan, gan__plan_step *step, const gan__node *node)
{
    gan__plan_value *between = &plan->values[node->operands[0]];
    const size_t repeating = (size_t)between->repeated;
    between->shape = step->in[0];
    between->shape.c = step->op.out.c;
    step->result = node->operands[0];
    step->op.out = between->shape;
    gan__plan_step *behind = plan_add_step(plan, repeating, plan_first_operand(plan, repeating));
    plan_set_operand(plan, step, step->operands[0]);
    plan_set_operand(plan, behind, node->operands[0]);
    between->producer = (int32_t)(step - plan->steps);
    behind->result = node->result;
    behind->op.out = plan->values[node->result].shape;
    plan->values[node->result].producer = (int32_t)(behind - plan->steps);
    return gan__plan_bytes(plan->context, &between->shape, &between->bytes);
}

/* The reader of what was to be repeated, and what repeats it in or behind it. */
static gan_status plan_add_deferred(gan__plan *plan, size_t index, size_t first)
{
    const gan__node *node = &plan->model->nodes[index];
    gan__plan_value *between = &plan->values[node->operands[0]];
    const gan__node *repeating = &plan->model->nodes[between->repeated];
    gan__plan_step *step = plan_add_step(plan, index, first);
    between->last_reader = -1;
    plan_set_operand(plan, step, repeating->operands[0]);
    step->op.doubled = plan_doubles(plan, repeating, node);
    if (!step->op.doubled) return plan_exchange(plan, step, node);
    between->bytes = 0;
    return GAN_OK;
}

gan_status gan__plan_make_steps(gan__plan *plan)
{
    size_t first = 0;
    for (size_t i = 0; i < plan->node_count; i++) {
        const gan__node *node = &plan->model->nodes[i];
        const int32_t count = node->operand_count;
        if (count == 1 && plan->values[node->operands[0]].repeated >= 0)
            GAN__TRY(plan_add_deferred(plan, i, first));
        else if (!plan_fuse(plan, node) && !plan_defer(plan, i))
            plan_add_step(plan, i, first);
        first += (size_t)count;
    }
    return GAN_OK;
}
