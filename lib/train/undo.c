/* undo.c: counters and buffers kept at each step's beginning, optimisers taken back in the reverse
 * order. */
#include "train/undo.h"

#include "base/memory.h"
#include "optim/optimizer.h"

static bool undo_has_store(const gan__undo_log *undo, const gan__store *store)
{
    for (size_t i = 0; i < undo->store_count; i++)
        if (undo->stores[i] == store) return true;
    return false;
}

gan_status gan__undo_prepare(gan_trainer *t)
{
    gan__undo_log *undo = &t->undo;
    gan_context *context = t->object.context;
    gan__free(context, undo->kept);
    undo->kept = NULL;
    undo->store_count = 0;
    for (int32_t r = 0; r < t->kind->role_count; r++) {
        const gan_model *model = t->models[r];
        for (size_t i = 0; model && i < model->store_count; i++) {
            if (undo_has_store(undo, model->stores[i])) continue;
            GAN__TRY(gan__grow(context, &undo->stores, &undo->store_capacity, undo->store_count + 1,
                               sizeof *undo->stores));
            undo->stores[undo->store_count++] = model->stores[i];
        }
    }
    return gan__allocate_raw(context, &undo->kept,
                             gan__stores_kept_size(undo->stores, undo->store_count), 1);
}

void gan__undo_free(gan_trainer *t)
{
    gan__free(t->object.context, t->undo.kept);
    gan__free(t->object.context, t->undo.stores);
}

static gan__counters undo_counters(const gan_trainer *t)
{
    gan__counters counters = {.draws = gan_tape_draws(t->tape)};
    for (int32_t i = 0; i < t->kind->feed_count; i++)
        if (t->feeds[i].batcher) counters.positions[i] = gan__batcher_position(t->feeds[i].batcher);
    return counters;
}

static gan_status undo_seek(gan_trainer *t, const gan__counters *counters)
{
    GAN__TRY(gan_tape_seek(t->tape, counters->draws));
    for (int32_t i = 0; i < t->kind->feed_count; i++)
        if (t->feeds[i].batcher)
            GAN__TRY(gan__batcher_seek(t->feeds[i].batcher, counters->positions[i]));
    return GAN_OK;
}

void gan__undo_begin(gan_trainer *t)
{
    gan__stores_keep(t->undo.stores, t->undo.store_count, t->undo.kept);
    t->undo.before = undo_counters(t);
    t->undo.group_count = 0;
    for (int32_t i = 0; i < t->kind->group_count; i++) {
        gan__optimizer_mark(t->optimizers[i]);
        (void)gan_optimizer_zero(t->optimizers[i]); /* gradients of others are no part of a step */
    }
}

void gan__undo(gan_trainer *t)
{
    t->undo.after = undo_counters(t);
    /* Backwards: what two groups train was first kept by the first that updated it. */
    while (t->undo.group_count > 0)
        gan__optimizer_undo(t->optimizers[t->undo.groups[--t->undo.group_count]]);
    for (int32_t i = 0; i < t->kind->group_count; i++) (void)gan_optimizer_zero(t->optimizers[i]);
    gan__stores_put_back(t->undo.stores, t->undo.store_count, t->undo.kept);
    (void)undo_seek(t, &t->undo.before); /* positions that were reached before cannot fail */
}

gan_status gan__undo_skip(gan_trainer *t)
{
    return undo_seek(t, &t->undo.after);
}
