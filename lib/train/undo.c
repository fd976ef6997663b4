/* undo.c: what a step may change besides weights: kept when it begins, put back when it fails. */
#include "train/undo.h"

#include "base/memory.h"
#include "optim/optimizer.h"
#include "train/pools.h"

gan_status gan__undo_create(gan_trainer *t)
{
    gan_context *context = t->object.context;
    const size_t feeds = (size_t)t->cast->feed_count;
    gan__undo_log *undo = &t->undo;
    GAN__TRY(gan__allocate(context, &undo->before.positions, feeds, sizeof(int64_t)));
    return gan__allocate(context, &undo->after.positions, feeds, sizeof(int64_t));
}

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
    for (int32_t r = 0; r < t->cast->role_count; r++) {
        const gan_model *model = t->players[r].model;
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
    gan_context *context = t->object.context;
    gan__free(context, t->undo.kept);
    gan__free(context, t->undo.stores);
    gan__free(context, t->undo.before.positions);
    gan__free(context, t->undo.after.positions);
}

static void undo_note(const gan_trainer *t, gan__counters *counters)
{
    counters->draws = gan_tape_draws(t->tape);
    for (int32_t i = 0; i < t->cast->feed_count; i++)
        if (t->feeds[i].batcher)
            counters->positions[i] = gan__batcher_position(t->feeds[i].batcher);
}

static gan_status undo_seek(gan_trainer *t, const gan__counters *counters)
{
    GAN__TRY(gan_tape_seek(t->tape, counters->draws));
    for (int32_t i = 0; i < t->cast->feed_count; i++)
        if (t->feeds[i].batcher)
            GAN__TRY(gan__batcher_seek(t->feeds[i].batcher, counters->positions[i]));
    return GAN_OK;
}

void gan__undo_begin(gan_trainer *t)
{
    gan__stores_keep(t->undo.stores, t->undo.store_count, t->undo.kept);
    undo_note(t, &t->undo.before);
    for (int32_t i = 0; i < t->cast->group_count; i++) {
        gan__optimizer_forget(t->optimizers[i]);
        (void)gan_optimizer_zero(t->optimizers[i]); /* gradients of others are no part of a step */
    }
}

void gan__undo(gan_trainer *t)
{
    undo_note(t, &t->undo.after);
    for (int32_t i = 0; i < t->cast->group_count; i++) {
        gan__optimizer_undo(t->optimizers[i]);
        (void)gan_optimizer_zero(t->optimizers[i]);
    }
    gan__pools_undo(t);
    gan__stores_put_back(t->undo.stores, t->undo.store_count, t->undo.kept);
    (void)undo_seek(t, &t->undo.before); /* positions that were reached before cannot fail */
}

gan_status gan__undo_skip(gan_trainer *t)
{
    return undo_seek(t, &t->undo.after);
}
