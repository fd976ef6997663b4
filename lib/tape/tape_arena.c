/* tape_arena.c: the memory of activations, shared by the applications of a tape. */
#include "tape/record.h"

#include "base/memory.h"

bool gan__record_is_stale(const gan__record *record)
{
    if (record->store_count != record->model->store_count) return true;
    for (size_t i = 0; i < record->store_count; i++)
        if (record->versions[i] != record->model->stores[i]->version) return true;
    return false;
}

static bool arena_is_free(const gan_tape *tape, const gan__tape_arena *arena)
{
    const gan__record *owner = arena->owner;
    return !owner || owner->round != tape->generation || gan__record_is_stale(owner);
}

/* The record's last arena; else the smallest that is free and large enough; else the largest that
 * is free, to be enlarged; -1 if none is free. */
static int32_t arena_choose(const gan_tape *tape, const gan__record *record, size_t size)
{
    int32_t fitting = -1, largest = -1;
    for (int32_t i = 0; i < (int32_t)tape->arena_count; i++) {
        const gan__tape_arena *arena = &tape->arenas[i];
        if (!arena_is_free(tape, arena)) continue;
        if (arena->size >= size && i == record->arena) return i;
        if (arena->size >= size && (fitting < 0 || arena->size < tape->arenas[fitting].size))
            fitting = i;
        if (largest < 0 || arena->size > tape->arenas[largest].size) largest = i;
    }
    return fitting >= 0 ? fitting : largest;
}

static gan_status arena_reserve(gan_context *context, gan__tape_arena *arena, size_t size)
{
    if (arena->size >= size) return GAN_OK;
    gan__free(context, arena->memory);
    *arena = (gan__tape_arena){0};
    GAN__TRY(gan__allocate_raw(context, &arena->memory, size, 1));
    arena->size = size;
    return GAN_OK;
}

gan_status gan__tape_lend(gan_tape *tape, gan__record *record)
{
    gan_context *context = tape->object.context;
    size_t size = gan__plan_arena(record->plan);
    if (size == 0) { /* a single layer: any arena would be kept from those who need it */
        gan__plan_bind(record->plan, NULL);
        return GAN_OK;
    }
    int32_t index = arena_choose(tape, record, size);
    if (index < 0) {
        GAN__TRY(gan__grow(context, &tape->arenas, &tape->arena_capacity, tape->arena_count + 1,
                           sizeof *tape->arenas));
        index = (int32_t)tape->arena_count++;
    }
    gan__tape_arena *arena = &tape->arenas[index];
    GAN__TRY(arena_reserve(context, arena, size));
    arena->owner = record;
    record->arena = index;
    gan__plan_bind(record->plan, arena->memory);
    return GAN_OK;
}

void gan__tape_take_back(gan_tape *tape, const gan__record *record)
{
    for (size_t i = 0; i < tape->arena_count; i++)
        if (tape->arenas[i].owner == record) tape->arenas[i].owner = NULL;
}

int64_t gan__tape_memory(const gan_tape *tape)
{
    size_t bytes = tape->transient_size + tape->spare.count * sizeof(float);
    for (size_t i = 0; i < tape->arena_count; i++) bytes += tape->arenas[i].size;
    for (size_t i = 0; i < tape->record_count; i++) {
        const gan__record *record = tape->records[i];
        bytes += (record->data.count + record->gradient.count) * sizeof(float);
        if (record->plan) bytes += gan__plan_kept(record->plan);
    }
    return (int64_t)bytes + gan__panel_cache_memory(&tape->cache);
}

void gan__tape_free_arenas(gan_tape *tape)
{
    for (size_t i = 0; i < tape->arena_count; i++)
        gan__free(tape->object.context, tape->arenas[i].memory);
    gan__free(tape->object.context, tape->arenas);
}
