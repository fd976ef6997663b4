/* tape_arena.c: the memory of activations, shared by the applications of a tape. */
#include "tape/record.h"

#include "base/memory.h"

bool gan__record_is_stale(const gan__record *record)
{
    if (record->spent == record->round) return true;
    record = gan__record_application(record);
    if (record->spent == record->round) return true;
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

static gan_status arena_reserve(gan_context *context, gan__tape_arena *arena, size_t size)
{
    if (arena->size >= size) return GAN_OK;
    gan__free(context, arena->memory);
    *arena = (gan__tape_arena){0};
    GAN__TRY(gan__allocate_raw(context, &arena->memory, size, 1));
    arena->size = size;
    return GAN_OK;
}

void gan__tape_take_back(gan_tape *tape, const gan__record *record)
{
    for (size_t i = 0; i < tape->arena_count; i++)
        if (tape->arenas[i].owner == record) tape->arenas[i].owner = NULL;
}

gan_status gan__tape_lend(gan_tape *tape, gan__record *record, size_t size, size_t outputs,
                          void **arena)
{
    gan_context *context = tape->object.context;
    size_t index = 0;
    *arena = NULL;
    GAN__TRY(gan__block_reserve(context, &record->outputs, outputs / sizeof(float)));
    gan__tape_take_back(tape, record); /* the one that it had in an earlier round */
    /* A single layer needs none: any would be kept from those who do. */
    if (size == 0) return GAN_OK;
    /* Not the one that fits best: which it is must depend on this round alone. */
    while (index < tape->arena_count && !arena_is_free(tape, &tape->arenas[index])) index++;
    if (index == tape->arena_count) {
        GAN__TRY(gan__grow(context, &tape->arenas, &tape->arena_capacity, tape->arena_count + 1,
                           sizeof *tape->arenas));
        tape->arena_count++;
    }
    GAN__TRY(arena_reserve(context, &tape->arenas[index], size));
    tape->arenas[index].owner = record;
    *arena = tape->arenas[index].memory;
    return GAN_OK;
}

void gan__tape_free_arenas(gan_tape *tape)
{
    for (size_t i = 0; i < tape->arena_count; i++)
        gan__free(tape->object.context, tape->arenas[i].memory);
    gan__free(tape->object.context, tape->arenas);
}
