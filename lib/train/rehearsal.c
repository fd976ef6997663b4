/* rehearsal.c: the step of a kind, gone through without computing. */
#include "train/rehearsal.h"

#include <string.h>

#include "base/memory.h"
#include "base/parallel.h"
#include "optim/optimizer.h"
#include "train/chains.h"
#include "train/pools.h"
#include "train/refresh.h"
#include "train/undo.h"

/* The first ones, of which no later step differs. */
static gan_status rehearse_steps(gan_trainer *t)
{
    const int64_t made = t->steps, kinds = t->kind->rounds ? t->kind->rounds(t) : 1;
    gan_status status = GAN_OK;
    for (t->steps = 0; t->steps < kinds && status == GAN_OK; t->steps++) {
        status = t->kind->step(t);
        gan__pools_undo(t);
    }
    t->steps = made;
    return status;
}

gan_status gan__rehearse(gan_trainer *t)
{
    const uint64_t draws = gan_tape_draws(t->tape);
    const size_t size = (size_t)t->cast->value_count * sizeof *t->values;
    double *values;
    GAN__TRY(gan__allocate_raw(t->object.context, &values, size, 1));
    memcpy(values, t->values, size);
    t->stepping = t->rehearsing = true;
    gan__tape_rehearse(t->tape, true);
    gan_status status = rehearse_steps(t);
    gan__tape_rehearse(t->tape, false);
    (void)gan_tape_seek(t->tape, draws); /* a count that was reached before cannot fail */
    t->stepping = t->rehearsing = false;
    memcpy(t->values, values, size);
    gan__free(t->object.context, values);
    return status;
}

static int64_t rehearsed_data(const gan_trainer *t)
{
    int64_t bytes = 0;
    for (int32_t i = 0; i < t->cast->feed_count; i++) {
        const gan_dataset *data = t->feeds[i].dataset;
        if (t->feeds[i].batcher) bytes += gan__batcher_memory(t->feeds[i].batcher);
        for (int32_t f = 0; data && f < data->field_count; f++) {
            const gan_tensor *tensor = data->fields[f].tensor;
            if (tensor) bytes += gan_tensor_count(tensor) * (int64_t)gan__dtype_size(tensor->dtype);
        }
    }
    return bytes;
}

/* Of a store; an integer counts twice. */
static int64_t rehearsed_store(const gan__store *store)
{
    return store->weight_count + store->buffer_count + 2 * store->integer_count;
}

/* Whether an average before this role's has the store too. */
static bool rehearsed_before(const gan_trainer *t, int32_t role, const gan__store *store)
{
    for (int32_t r = 0; r < role; r++) {
        const gan_model *model = t->players[r].average ? t->players[r].average->model : NULL;
        for (size_t i = 0; model && i < model->store_count; i++)
            if (model->stores[i] == store) return true;
    }
    return false;
}

/* Averages share their parts. */
static int64_t rehearsed_average(const gan_trainer *t, int32_t role)
{
    const gan_model *model = t->players[role].average ? t->players[role].average->model : NULL;
    int64_t count = 0;
    for (size_t i = 0; model && i < model->store_count; i++)
        if (!rehearsed_before(t, role, model->stores[i]))
            count += rehearsed_store(model->stores[i]);
    return count;
}

/* Of the largest parameter: a save lays out one at a time. */
static int64_t rehearsed_largest(const gan_trainer *t)
{
    int64_t most = 0;
    for (int32_t r = 0; r < t->cast->role_count; r++) {
        const gan_model *model = t->players[r].model;
        for (size_t i = 0; model && i < model->parameter_count; i++) {
            const gan__named_parameter *named = &model->parameters[i];
            const int64_t count = named->layer->parameters[named->index].count;
            if (count > most) most = count;
        }
    }
    return most;
}

/* Numbers that a training keeps. */
static int64_t rehearsed_state(const gan_trainer *t)
{
    int64_t count = 0;
    for (size_t i = 0; i < t->undo.store_count; i++) count += rehearsed_store(t->undo.stores[i]);
    for (int32_t r = 0; r < t->cast->role_count; r++) count += rehearsed_average(t, r);
    for (int32_t i = 0; i < t->cast->group_count; i++) {
        const gan_optimizer *optimizer = t->optimizers[i];
        for (size_t j = 0; j < optimizer->state_count; j++)
            count += optimizer->moment_count * optimizer->states[j].store->weight_count;
    }
    return count;
}

/* Before a save the averages' statistics are estimated; then come the parameters. */
static gan_status rehearsed_save(gan_trainer *t, int64_t *bytes)
{
    const int64_t largest = rehearsed_largest(t) * (int64_t)sizeof(float);
    GAN__TRY(gan__averages_refresh_memory(t, bytes));
    if (*bytes < largest) *bytes = largest;
    return GAN_OK;
}

gan_status gan__rehearsed_memory(gan_trainer *t, int64_t *bytes)
{
    int64_t count = rehearsed_state(t);
    for (size_t i = 0; i < t->undo.store_count; i++) {
        const gan__store *store = t->undo.stores[i];
        count += rehearsed_store(store) - (store->gradients ? 0 : store->weight_count);
    }
    for (int32_t i = 0; i < t->cast->group_count; i++)
        count += gan__optimizer_undo_count(t->optimizers[i]);
    GAN__TRY(rehearsed_save(t, bytes));
    *bytes += count * (int64_t)sizeof(float) + rehearsed_data(t) + gan__pools_memory(t) +
              gan__chains_memory(t) + gan__tape_memory(t->tape) +
              gan__scratch_memory(t->object.context);
    return GAN_OK;
}
