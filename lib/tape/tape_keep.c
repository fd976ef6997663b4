/* tape_keep.c: which records a tape keeps from round to round, and where their numbers lie. */
#include "tape/record.h"

#include "base/memory.h"

#include <string.h>

/* ---- one record ---- */

static void record_destroy(gan_context *context, gan__record *record)
{
    gan__free(context, record->operands);
    gan__free(context, record->values);
    gan__free(context, record->data.memory);
    gan__free(context, record->outputs.memory);
    gan__free(context, record->gradient.memory);
    gan__object_release(record->tensor);
    gan__plan_destroy(record->plan);
    gan__free(context, record->x);
    gan__free(context, record->dy);
    gan__free(context, record->dx);
    gan__free(context, record->versions);
    gan__record_free_tangent(context, record);
    if (record->loss.options)
        gan__options_free(context, &record->loss.kind->kind, record->loss.options);
    gan__free(context, record->loss.options);
    gan__free(context, record->spec);
    gan__free(context, record->weights);
    gan__free(context, record);
}

/* Bytes that it keeps between rounds. */
static size_t record_size(const gan__record *record)
{
    const gan_model *model = record->model;
    size_t size = sizeof *record + record->operand_capacity * sizeof *record->operands +
                  record->value_capacity * sizeof *record->values +
                  record->weight_capacity * sizeof *record->weights;
    if (record->spec) size += strlen(record->spec) + 1;
    if (record->loss.kind) size += record->loss.kind->kind.size;
    if (record->kind == GAN__RECORD_TANGENT) {
        const gan__record_tangent *t = &record->tangent;
        size += t->path_count * sizeof *t->paths + t->output_count * sizeof *t->asked +
                (3 * t->input_count + t->output_count) * sizeof(float *);
    }
    if (!record->plan) return size;
    return size + gan__plan_memory(record->plan) + record->store_count * sizeof *record->versions +
           (2 * model->input_count + model->output_count) * sizeof *record->x;
}

/* ---- models ---- */

gan_status gan__tape_reserve_model(gan_tape *tape)
{
    return gan__grow(tape->object.context, &tape->models, &tape->model_capacity,
                     tape->model_count + 1, sizeof *tape->models);
}

static gan__tape_model *keep_find(const gan_tape *tape, const gan_model *model)
{
    for (size_t i = 0; i < tape->model_count; i++)
        if (tape->models[i].model == model) return &tape->models[i];
    return NULL;
}

void gan__tape_count_model(gan_tape *tape, const gan__record *record)
{
    gan__tape_model *held = keep_find(tape, record->model);
    if (!held) {
        held = &tape->models[tape->model_count++];
        *held = (gan__tape_model){.model = record->model};
    }
    held->plans++;
}

/* Before its plan goes, and perhaps the model with it. */
static void keep_discount(gan_tape *tape, const gan__record *record)
{
    gan__tape_model *held = record->plan ? keep_find(tape, record->model) : NULL;
    if (held && --held->plans == 0) *held = tape->models[--tape->model_count];
}

/* ---- all records ---- */

/* Moves the record at `from` to `to` <= from; those between go one up. */
static void keep_move(gan_tape *tape, size_t from, size_t to)
{
    gan__record *record = tape->records[from];
    uint64_t key = tape->keys[from];
    memmove(tape->records + to + 1, tape->records + to, (from - to) * sizeof *tape->records);
    memmove(tape->keys + to + 1, tape->keys + to, (from - to) * sizeof *tape->keys);
    tape->records[to] = record;
    tape->keys[to] = key;
}

/* Gives up a record that is not in the round. */
static void keep_drop(gan_tape *tape, size_t index)
{
    gan__record *record = tape->records[index];
    size_t after = --tape->record_count - index;
    memmove(tape->records + index, tape->records + index + 1, after * sizeof *tape->records);
    memmove(tape->keys + index, tape->keys + index + 1, after * sizeof *tape->keys);
    gan__tape_take_back(tape, record);
    keep_discount(tape, record);
    tape->bytes -= record->size;
    record_destroy(tape->object.context, record);
}

/* The blocks go back to their place. */
static void keep_return(gan_tape *tape, size_t place)
{
    gan__record *record = tape->records[place];
    tape->blocks[place] = (gan__blocks){record->data, record->outputs, record->gradient};
    record->data = record->outputs = record->gradient = (gan__floats){0};
}

/* Sizes change while a record is in use. */
static void keep_measure(gan_tape *tape, gan__record *record)
{
    size_t size = record_size(record);
    tape->bytes += size - record->size;
    record->size = size;
}

static void keep_bound(gan_tape *tape)
{
    size_t most = tape->round_bytes > tape->most_bytes ? tape->round_bytes : tape->most_bytes;
    tape->most_bytes = most;
    while (tape->record_count > tape->used &&
           tape->bytes > GAN__KEPT_ROUNDS * most + GAN__KEPT_BYTES)
        keep_drop(tape, tape->record_count - 1);
}

/* The record that a call took which then failed is kept for the next such call. */
static void keep_untake(gan_tape *tape)
{
    if (!tape->taken) return;
    tape->taken = false;
    keep_return(tape, tape->used);
    keep_measure(tape, tape->records[tape->used]);
    keep_bound(tape);
}

static size_t keep_search(const gan_tape *tape, gan__record_kind kind, uint64_t key,
                          gan__record_fits *fits, const void *wanted)
{
    for (size_t i = tape->used; i < tape->record_count; i++) {
        if (tape->keys[i] != key) continue;
        const gan__record *record = tape->records[i];
        if (record->kind == kind && (!fits || fits(record, wanted))) return i;
    }
    return tape->record_count;
}

static gan_status keep_add(gan_tape *tape, gan__record_kind kind, uint64_t key)
{
    gan_context *context = tape->object.context;
    const size_t count = tape->record_count + 1;
    gan__record *record;
    GAN__TRY(
        gan__grow(context, &tape->records, &tape->record_capacity, count, sizeof *tape->records));
    GAN__TRY(gan__grow(context, &tape->keys, &tape->key_capacity, count, sizeof *tape->keys));
    GAN__TRY(gan__allocate(context, &record, 1, sizeof *record));
    record->kind = kind;
    tape->records[tape->record_count] = record;
    tape->keys[tape->record_count++] = key;
    return GAN_OK;
}

gan_status gan__tape_take(gan_tape *tape, gan__record_kind kind, uint64_t key,
                          gan__record_fits *fits, const void *wanted, gan__record **out)
{
    keep_untake(tape);
    key = gan__key(key, (uint64_t)kind);
    const size_t index = keep_search(tape, kind, key, fits, wanted);
    GAN__TRY(gan__grow(tape->object.context, &tape->blocks, &tape->block_capacity, tape->used + 1,
                       sizeof *tape->blocks));
    if (index == tape->record_count) GAN__TRY(keep_add(tape, kind, key));
    keep_move(tape, index, tape->used);
    gan__record *record = tape->records[tape->used];
    gan__blocks *blocks = &tape->blocks[tape->used];
    record->data = blocks->data;
    record->outputs = blocks->outputs;
    record->gradient = blocks->gradient;
    *blocks = (gan__blocks){0};
    tape->taken = true;
    *out = record;
    return GAN_OK;
}

void gan__tape_keep(gan_tape *tape, gan__record *record)
{
    keep_measure(tape, record);
    tape->round_bytes += record->size;
    tape->used++;
    tape->taken = false;
}

void gan__tape_measure(gan_tape *tape, gan__record *record)
{
    const size_t before = record->size;
    keep_measure(tape, record);
    tape->round_bytes += record->size - before;
}

void gan__tape_rewind(gan_tape *tape, size_t used, size_t value_count)
{
    keep_untake(tape);
    tape->value_count = value_count;
    while (tape->used > used) {
        gan__record *record = tape->records[--tape->used];
        keep_return(tape, tape->used);
        tape->round_bytes -= record->size;
        record->round = 0;
    }
}

/* Plans of models that only this tape still holds, but for layers that it made models of. */
static void keep_drop_orphans(gan_tape *tape)
{
    for (size_t m = tape->model_count; m-- > 0;) {
        const gan__tape_model held = tape->models[m];
        if (atomic_load_explicit(&held.model->object.references, memory_order_acquire) !=
            held.plans)
            continue;
        for (size_t i = tape->record_count; i-- > 0;)
            if (tape->records[i]->plan && tape->records[i]->model == held.model &&
                !tape->records[i]->spec)
                keep_drop(tape, i);
    }
}

void gan__tape_end_round(gan_tape *tape)
{
    keep_untake(tape);
    for (size_t i = 0; i < tape->used; i++) {
        keep_return(tape, i);
        gan__object_release(tape->records[i]->tensor);
        tape->records[i]->tensor = NULL;
    }
    tape->used = 0;
    keep_drop_orphans(tape);
    keep_bound(tape);
    tape->round_bytes = 0;
}

void gan__tape_free_records(gan_tape *tape)
{
    gan_context *context = tape->object.context;
    for (size_t i = 0; i < tape->record_count; i++) record_destroy(context, tape->records[i]);
    for (size_t i = 0; i < tape->block_capacity; i++) {
        gan__free(context, tape->blocks[i].data.memory);
        gan__free(context, tape->blocks[i].outputs.memory);
        gan__free(context, tape->blocks[i].gradient.memory);
    }
    gan__free(context, tape->records);
    gan__free(context, tape->keys);
    gan__free(context, tape->blocks);
    gan__free(context, tape->models);
}

int64_t gan__tape_memory(const gan_tape *tape)
{
    size_t floats = tape->spare.count, bytes = tape->transient_size + tape->bytes;
    for (size_t i = 0; i < tape->arena_count; i++) bytes += tape->arenas[i].size;
    for (size_t i = 0; i < tape->block_capacity; i++) {
        const gan__blocks *blocks = &tape->blocks[i];
        floats += blocks->data.count + blocks->outputs.count + blocks->gradient.count;
    }
    for (size_t i = 0; i < tape->used + tape->taken; i++) {
        const gan__record *record = tape->records[i];
        floats += record->data.count + record->outputs.count + record->gradient.count;
    }
    return (int64_t)(bytes + floats * sizeof(float)) + gan__panel_cache_memory(&tape->cache);
}
