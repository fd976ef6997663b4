/* averages.c: averages at each step, and their running statistics estimated anew before they are
 * used: those of the trained model belong to other weights. */
#include "train/averages.h"

#include "base/memory.h"
#include "base/random.h"
#include "layers/layer.h"

gan_status gan__averages_prepare(gan_trainer *t)
{
    double decay = gan__trainer_options(t)->average;
    for (int32_t i = 0; i < t->kind->role_count && decay > 0; i++) {
        if (!t->models[i] || !t->kind->roles[i].averaged) continue;
        if (!t->averages[i])
            GAN__TRY(gan__average_create(&t->averages[i], t->models[i], decay));
        else if (t->averages[i]->updates == 0)
            gan__average_copy(t->averages[i]);
    }
    return GAN_OK;
}

void gan__averages_free(gan_trainer *t)
{
    for (int32_t i = 0; i < GAN__MAX_ROLES; i++) gan__average_destroy(t->averages[i]);
}

void gan__averages_update(gan_trainer *t)
{
    for (int32_t i = 0; i < t->kind->role_count; i++)
        if (t->averages[i]) gan__average_update(t->averages[i]);
}

static bool averages_couple(const gan_model *model)
{
    for (size_t i = 0; i < model->node_count; i++)
        if (model->nodes[i].layer->kind->couples) return true;
    return false;
}

/* Begins or ends the estimation of the model's running statistics. */
static void averages_estimate(const gan_model *model, bool begin)
{
    for (size_t i = 0; i < model->node_count; i++) model->nodes[i].layer->estimates = begin;
}

static gan_status averages_check(const gan_trainer *t, int32_t role)
{
    const gan__named_parameter *entry = gan__model_diverged(t->averages[role]->model);
    if (!entry) return GAN_OK;
    return gan__fail(t->object.context, GAN_E_DIVERGED,
                     "%s: the average of %s: %s is estimated to be not finite", t->kind->kind.name,
                     t->kind->roles[role].name, entry->name);
}

static gan_status averages_estimate_role(gan_trainer *t, int32_t role)
{
    const uint64_t seed = gan__random_seed(t->seed, GAN__DRAW_REFRESH, (uint64_t)role);
    gan__average *average = t->averages[role];
    gan_tape *tape;
    GAN__TRY(gan__tape_create(&tape, t->object.context, seed));
    gan__average_copy_buffers(average);
    averages_estimate(average->model, true);
    gan_status status = t->kind->refresh(t, tape, role, average->model);
    averages_estimate(average->model, false);
    gan_tape_release(tape);
    return status == GAN_OK ? averages_check(t, role) : status;
}

/* What the average has before is kept until there is something better. */
static gan_status averages_refresh(gan_trainer *t, int32_t role)
{
    gan_context *context = t->object.context;
    const gan_model *model = t->averages[role]->model;
    unsigned char *kept;
    GAN__TRY(gan__allocate_raw(context, &kept,
                               gan__stores_kept_size(model->stores, model->store_count), 1));
    gan__stores_keep(model->stores, model->store_count, kept);
    gan_status status = averages_estimate_role(t, role);
    if (status != GAN_OK) gan__stores_put_back(model->stores, model->store_count, kept);
    gan__free(context, kept);
    return status;
}

gan_status gan__averages_refresh(gan_trainer *t)
{
    for (int32_t i = 0; i < t->kind->role_count; i++)
        if (t->averages[i] && t->kind->refresh && averages_couple(t->averages[i]->model))
            GAN__TRY(averages_refresh(t, i));
    return GAN_OK;
}

static gan_status averages_refresh_all(gan_trainer *t)
{
    if (t->stepping)
        return gan__fail(t->object.context, GAN_E_STATE,
                         "gan_trainer_refresh: the trainer is in the middle of a step");
    GAN__TRY(gan__averages_prepare(t));
    return gan__averages_refresh(t);
}

gan_status gan_trainer_refresh(gan_trainer *trainer)
{
    GAN__TRY(gan__object_check(NULL, trainer, GAN__TRAINER, "gan_trainer_refresh", "trainer"));
    GAN__RETURN_ENTERED(trainer->object.context, averages_refresh_all(trainer));
}
