/* plan_regions.c: memory that several things share, each needed from one step to another. */
#include "model/plan_inside.h"

#include "base/memory.h"

gan_status gan__plan_region_add(gan_context *context, gan__plan_regions *regions,
                                gan__plan_region region)
{
    if (region.size == 0) return GAN_OK;
    GAN__TRY(gan__grow(context, &regions->array, &regions->capacity, regions->count + 1,
                       sizeof *regions->array));
    regions->array[regions->count++] = region;
    return GAN_OK;
}

/* Largest first; equal ones stay in order. */
static void regions_sort(gan__plan_regions *regions)
{
    for (size_t i = 1; i < regions->count; i++) {
        gan__plan_region moving = regions->array[i];
        size_t j = i;
        for (; j > 0 && regions->array[j - 1].size < moving.size; j--)
            regions->array[j] = regions->array[j - 1];
        regions->array[j] = moving;
    }
}

/* The lowest offset at which array[index] meets none of those placed before it. */
static size_t regions_find(const gan__plan_regions *regions, size_t index)
{
    const gan__plan_region *region = &regions->array[index];
    size_t offset = 0;
    bool moved = true;
    while (moved) {
        moved = false;
        for (size_t i = 0; i < index; i++) {
            const gan__plan_region *other = &regions->array[i];
            bool meet = other->first <= region->last && region->first <= other->last;
            if (meet && other->offset < offset + region->size &&
                offset < other->offset + other->size) {
                offset = other->offset + other->size;
                moved = true;
            }
        }
    }
    return offset;
}

gan_status gan__plan_regions_place(gan_context *context, gan__plan_regions *regions)
{
    regions_sort(regions);
    for (size_t i = 0; i < regions->count; i++) {
        gan__plan_region *region = &regions->array[i];
        region->offset = regions_find(regions, i);
        size_t end;
        if (!gan__add_size(region->offset, region->size, &end))
            return gan__fail(context, GAN_E_MEMORY, "plan: the values do not fit into memory");
        if (end > regions->total) regions->total = end;
        *region->target = region->offset;
    }
    return GAN_OK;
}
