/* plan_memory.c: where the values and gradients of a plan lie. */
#include "model/plan_inside.h"

#include "base/memory.h"

gan_status gan__plan_bytes(gan_context *context, const gan__shape *shape, size_t *out)
{
    const int64_t factors[5] = {shape->n, shape->h, shape->w, shape->c, sizeof(float)};
    int64_t bytes;
    char text[88];
    if (!gan__product_count(factors, 5, &bytes) || bytes > INT64_MAX - GAN__LINE)
        return gan__fail(context, GAN_E_MEMORY, "plan: a value of %s does not fit into memory",
                         gan__shape_print(*shape, text));
    *out = ((size_t)bytes + GAN__LINE - 1) / GAN__LINE * GAN__LINE;
    return GAN_OK;
}

/* What the model gives out, one after the other. */
static gan_status plan_place_outputs(gan__plan *plan)
{
    for (size_t i = 0; i < plan->step_count; i++) {
        gan__plan_value *value = &plan->values[plan->steps[i].result];
        if (value->outputs == 0) continue;
        value->offset = plan->outputs_size;
        if (!gan__add_size(plan->outputs_size, value->bytes, &plan->outputs_size))
            return gan__fail(plan->context, GAN_E_MEMORY,
                             "plan: the outputs do not fit into memory");
    }
    if (plan->outputs_size == 0) plan->outputs_size = GAN__LINE;
    return GAN_OK;
}

/* What is made again must be made from what is kept. */
static void plan_mark_again(gan__plan *plan)
{
    for (size_t i = 0; plan->mode.backward && i < plan->step_count; i++) {
        const gan__plan_step *step = &plan->steps[i];
        gan__plan_value *value = &plan->values[step->result];
        value->again = step->op.layer->kind->again && value->outputs == 0 && value->readers > 0;
        for (int32_t j = 0; j < step->op.input_count; j++)
            if (plan->values[step->operands[j]].again) value->again = false;
    }
}

/* A plan that may run backwards keeps every other value; another one keeps a value until its last
 * reader. States stay in either. */
static gan_status plan_place_values(gan__plan *plan, gan__plan_regions *regions)
{
    int32_t end = (int32_t)plan->step_count;
    for (size_t i = 0; i < plan->step_count; i++) {
        gan__plan_step *step = &plan->steps[i];
        gan__plan_value *value = &plan->values[step->result];
        int32_t now = (int32_t)i, last = value->last_reader < now ? now : value->last_reader;
        gan__plan_region region = {.size = value->outputs > 0 || value->again ? 0 : value->bytes,
                                   .first = now,
                                   .last = plan->mode.backward ? end : last,
                                   .target = &value->offset};
        GAN__TRY(gan__plan_region_add(plan->context, regions, region));
        region = (gan__plan_region){.size = gan__plan_lines(step->op.state_size),
                                    .first = 0,
                                    .last = end,
                                    .target = &step->state_offset};
        GAN__TRY(gan__plan_region_add(plan->context, regions, region));
    }
    GAN__TRY(gan__plan_regions_place(plan->context, regions));
    plan->arena_size = regions->total; /* 0: no step's result or state lies there */
    return GAN_OK;
}

/* Backwards, time runs from the last step to step 0. A gradient lives from the latest reader of its
 * value (from the very beginning, if the model gives the value out as well) until the step that
 * made the value has used it. */
static gan_status plan_gradient_regions(gan__plan *plan, gan__plan_regions *regions)
{
    for (size_t i = 0; i < plan->value_count; i++) {
        gan__plan_value *value = &plan->values[i];
        if (!gan__plan_has_gradient(value)) continue;
        gan__plan_region region = {.size = value->bytes,
                                   .first = value->producer,
                                   .last = value->last_reader,
                                   .target = &value->gradient_offset};
        if (value->outputs > 0) region.last = (int32_t)plan->step_count;
        GAN__TRY(gan__plan_region_add(plan->context, regions, region));
    }
    return GAN_OK;
}

/* A step that is not the first to bring a gradient to its operand writes it beside and adds. The
 * operand that is the latest read of a value that is not given out is always the first. */
static gan_status plan_spare_regions(gan__plan *plan, gan__plan_regions *regions)
{
    for (size_t i = 0; i < plan->step_count; i++) {
        gan__plan_step *step = &plan->steps[i];
        for (int32_t j = 0; j < step->op.input_count; j++) {
            const gan__plan_value *value = &plan->values[step->operands[j]];
            bool again = false;
            for (int32_t k = 0; k < j; k++) again |= step->operands[k] == step->operands[j];
            if (value->outputs == 0 && value->last_reader == (int32_t)i && !again) continue;
            gan__plan_region region = {.size = value->bytes,
                                       .first = (int32_t)i,
                                       .last = (int32_t)i,
                                       .target = &step->spare_offsets[j]};
            GAN__TRY(gan__plan_region_add(plan->context, regions, region));
        }
    }
    return GAN_OK;
}

/* Workspaces, and values that are made in either direction, whose times are the same in both. */
static gan_status plan_either_regions(gan__plan *plan, gan__plan_regions *regions, bool backward)
{
    for (size_t i = 0; i < plan->step_count; i++) {
        gan__plan_step *step = &plan->steps[i];
        gan__plan_value *value = &plan->values[step->result];
        gan__plan_region region = {.size = gan__plan_lines(step->op.workspace_size),
                                   .first = (int32_t)i,
                                   .last = (int32_t)i,
                                   .target = &step->workspace_offset[backward]};
        GAN__TRY(gan__plan_region_add(plan->context, regions, region));
        region = (gan__plan_region){.size = value->again ? value->bytes : 0,
                                    .first = (int32_t)i,
                                    .last = value->last_reader,
                                    .target = backward ? &value->again_offset : &value->offset};
        GAN__TRY(gan__plan_region_add(plan->context, regions, region));
    }
    return GAN_OK;
}

static gan_status plan_place_transient(gan__plan *plan, gan__plan_regions *regions, bool backward)
{
    regions->count = 0;
    regions->total = 0;
    GAN__TRY(plan_either_regions(plan, regions, backward));
    if (backward) {
        GAN__TRY(plan_gradient_regions(plan, regions));
        GAN__TRY(plan_spare_regions(plan, regions));
    }
    GAN__TRY(gan__plan_regions_place(plan->context, regions));
    if (regions->total > plan->transient_size) plan->transient_size = regions->total;
    return GAN_OK;
}

gan_status gan__plan_place(gan__plan *plan)
{
    gan__plan_regions regions = {0};
    plan->transient_size = GAN__LINE; /* never 0, so that no address is made from NULL */
    plan_mark_again(plan);
    gan_status status = plan_place_outputs(plan);
    if (status == GAN_OK) status = plan_place_values(plan, &regions);
    if (status == GAN_OK) status = plan_place_transient(plan, &regions, false);
    if (status == GAN_OK && plan->mode.backward)
        status = plan_place_transient(plan, &regions, true);
    gan__free(plan->context, regions.array);
    return status;
}
