/* plan_tangent_memory.c: where tangents of a plan lie, and what their passes need. */
#include "model/plan_inside.h"

#include "base/memory.h"
#include "layers/tangent.h"

void gan__plan_tangent_destroy(gan__plan *plan)
{
    gan__tangent_layout *layout = plan->tangent;
    if (!layout) return;
    gan__free(plan->context, layout->values);
    gan__free(plan->context, layout->steps);
    gan__free(plan->context, layout->x);
    gan__free(plan->context, layout->dx);
    gan__free(plan->context, layout->offsets);
    gan__free(plan->context, layout);
    plan->tangent = NULL;
}

size_t gan__plan_tangent_memory(const gan__plan *plan)
{
    const gan__tangent_layout *layout = plan->tangent;
    if (!layout) return 0;
    return sizeof *layout + plan->value_count * sizeof *layout->values +
           plan->step_count * sizeof *layout->steps +
           plan->operand_count *
               (sizeof *layout->x + sizeof *layout->dx + 3 * sizeof *layout->offsets);
}

/* The arrays, and each step's part of the pools. */
static gan_status plan_tangent_allocate(gan__plan *plan)
{
    gan_context *context = plan->context;
    gan__tangent_layout *layout = plan->tangent;
    const size_t count = plan->operand_count;
    GAN__TRY(gan__allocate(context, &layout->values, plan->value_count, sizeof *layout->values));
    GAN__TRY(gan__allocate(context, &layout->steps, plan->step_count, sizeof *layout->steps));
    GAN__TRY(gan__allocate(context, &layout->x, count, sizeof *layout->x));
    GAN__TRY(gan__allocate(context, &layout->dx, count, sizeof *layout->dx));
    GAN__TRY(gan__allocate(context, &layout->offsets, 3 * count, sizeof *layout->offsets));
    for (size_t i = 0; i < plan->step_count; i++) {
        const size_t first = (size_t)(plan->steps[i].operands - plan->operands);
        gan__tangent_step *step = &layout->steps[i];
        step->x = layout->x + first;
        step->dx = layout->dx + first;
        step->zero_offsets[0] = layout->offsets + first;
        step->zero_offsets[1] = layout->offsets + count + first;
        step->spare_offsets = layout->offsets + 2 * count + first;
    }
    return GAN_OK;
}

/* All are kept: for the way back. */
static gan_status plan_tangent_place_values(gan__plan *plan)
{
    gan__tangent_layout *layout = plan->tangent;
    for (size_t i = 0; i < plan->value_count; i++) {
        const gan__plan_value *value = &plan->values[i];
        size_t *total = value->outputs > 0 ? &layout->outputs_size : &layout->arena_size;
        if (value->outputs == 0 && value->producer < 0) continue;
        layout->values[i].offset = *total;
        if (!gan__add_size(*total, value->bytes, total))
            return gan__fail(plan->context, GAN_E_MEMORY,
                             "plan: the tangents do not fit into memory");
    }
    return GAN_OK;
}

static gan_status plan_tangent_step_regions(gan__plan *plan, gan__plan_regions *regions,
                                            size_t index, int direction)
{
    gan__plan_step *step = &plan->steps[index];
    gan__tangent_step *tangent = &plan->tangent->steps[index];
    gan__plan_region region = {.size = gan__plan_lines(gan__tangent_workspace(&step->op)),
                               .first = (int32_t)index,
                               .last = (int32_t)index,
                               .target = &tangent->workspace_offset[direction]};
    GAN__TRY(gan__plan_region_add(plan->context, regions, region));
    for (int32_t j = 0; j < step->op.input_count; j++) {
        region.size = plan->values[step->operands[j]].bytes;
        region.target = &tangent->zero_offsets[direction][j];
        if (step->op.input_count > 1)
            GAN__TRY(gan__plan_region_add(plan->context, regions, region));
        region.target = &tangent->spare_offsets[j];
        if (direction == 1) GAN__TRY(gan__plan_region_add(plan->context, regions, region));
    }
    return GAN_OK;
}

/* Gradients live as those of plan_memory.c; every value has both. */
static gan_status plan_tangent_value_regions(gan__plan *plan, gan__plan_regions *regions,
                                             size_t index, int direction)
{
    const gan__plan_value *value = &plan->values[index];
    gan__tangent_value *tangent = &plan->tangent->values[index];
    const int32_t first = value->producer;
    gan__plan_region region = {.size = value->again ? value->bytes : 0,
                               .first = first,
                               .last = value->last_reader < first ? first : value->last_reader,
                               .target = &tangent->again_offset[direction]};
    if (first < 0) return GAN_OK;
    GAN__TRY(gan__plan_region_add(plan->context, regions, region));
    if (direction == 0) return GAN_OK;
    region.size = value->bytes;
    if (value->outputs > 0) region.last = (int32_t)plan->step_count;
    region.target = &tangent->gradient_offset;
    GAN__TRY(gan__plan_region_add(plan->context, regions, region));
    region.target = &tangent->tangent_gradient_offset;
    return gan__plan_region_add(plan->context, regions, region);
}

static gan_status plan_tangent_place_transient(gan__plan *plan, gan__plan_regions *regions,
                                               int direction)
{
    gan__tangent_layout *layout = plan->tangent;
    regions->count = 0;
    regions->total = 0;
    for (size_t i = 0; i < plan->step_count; i++)
        GAN__TRY(plan_tangent_step_regions(plan, regions, i, direction));
    for (size_t i = 0; i < plan->value_count; i++)
        GAN__TRY(plan_tangent_value_regions(plan, regions, i, direction));
    GAN__TRY(gan__plan_regions_place(plan->context, regions));
    if (regions->total > layout->transient_size) layout->transient_size = regions->total;
    return GAN_OK;
}

static gan_status plan_tangent_build(gan__plan *plan)
{
    gan__plan_regions regions = {0};
    GAN__TRY(plan_tangent_allocate(plan));
    GAN__TRY(plan_tangent_place_values(plan));
    plan->tangent->transient_size = GAN__LINE; /* never 0, as the plan's own */
    gan_status status = plan_tangent_place_transient(plan, &regions, 0);
    if (status == GAN_OK) status = plan_tangent_place_transient(plan, &regions, 1);
    gan__free(plan->context, regions.array);
    return status;
}

bool gan__plan_keeps(const gan__plan *plan)
{
    return plan->mode.backward;
}

gan_status gan__plan_tangent_prepare(gan__plan *plan)
{
    if (plan->tangent) return GAN_OK;
    GAN__TRY(gan__allocate(plan->context, &plan->tangent, 1, sizeof *plan->tangent));
    gan_status status = plan_tangent_build(plan);
    if (status != GAN_OK) gan__plan_tangent_destroy(plan);
    return status;
}

size_t gan__plan_tangent_arena(const gan__plan *plan)
{
    return plan->tangent->arena_size;
}

size_t gan__plan_tangent_outputs(const gan__plan *plan)
{
    return plan->tangent->outputs_size;
}

size_t gan__plan_tangent_transient(const gan__plan *plan)
{
    return plan->tangent->transient_size;
}
