/* change.c: a loaded training takes other options, or an optimiser another description. */
#include "train/change.h"

#include <string.h>

#include "base/memory.h"
#include "compute/pointwise.h"
#include "optim/optimizer.h"
#include "train/averages.h"
#include "train/warnings.h"

/* ---- the trainer ---- */

static gan_status change_text(const gan_trainer *t, const void *options, char **out)
{
    gan__text text = {.context = t->object.context};
    gan__text_print(&text, "%s", t->kind->kind.name);
    gan__options_print(&text, &t->kind->kind, options);
    if (text.status != GAN_OK) gan__text_free(&text);
    *out = text.bytes;
    return text.status;
}

/* Whoever plays must stay: models, moments and data belong to them. */
static gan_status change_check_cast(const gan_trainer *t, const gan__cast *cast)
{
    const gan__cast *old = t->cast;
    bool same = cast->domain_count == old->domain_count;
    for (int32_t i = 0; same && i < cast->domain_count; i++)
        same = !strcmp(cast->domains[i], old->domains[i]);
    for (int32_t i = 0; same && i < cast->role_count; i++)
        same = cast->roles[i].wanted == old->roles[i].wanted;
    if (same) return GAN_OK;
    return gan__fail(t->object.context, GAN_E_ARGUMENT,
                     "%s: the options ask for other roles than the training has",
                     t->kind->kind.name);
}

/* A pool of another size begins empty. */
static void change_cast(gan_trainer *t, gan__cast *cast)
{
    for (int32_t i = 0; i < cast->pool_count; i++) {
        if (cast->pools[i].capacity == t->cast->pools[i].capacity) continue;
        gan__pool_free(t->pools[i]);
        t->pools[i] = NULL;
    }
    gan__cast_free(t->cast);
    t->cast = cast;
}

static gan_status change_averages(gan_trainer *t)
{
    const double decay = gan__trainer_options(t)->average;
    for (int32_t i = 0; i < t->cast->role_count; i++) {
        gan__player *player = &t->players[i];
        if (player->average) player->average->decay = decay;
        if (decay > 0) continue;
        gan__average_destroy(player->average);
        player->average = NULL;
    }
    return gan__averages_prepare(t);
}

gan_status gan__trainer_change(gan_trainer *t, const char *spec)
{
    gan_context *context = t->object.context;
    const gan__kind *own = &t->kind->kind, *kind;
    gan__cast *cast = NULL;
    void *options;
    char *text = NULL;
    GAN__TRY(gan__describe(context, "trainer", &own, 1, spec, &kind, &options));
    gan_status status = gan__cast_create(&cast, context, t->kind, options);
    if (status == GAN_OK) status = change_check_cast(t, cast);
    if (status == GAN_OK) status = change_text(t, options, &text);
    if (status == GAN_OK) { /* the new ones are kept, the others dropped below */
        void *old = t->options;
        gan__free(context, t->text);
        t->options = options;
        t->text = text;
        t->ready = false;
        options = old;
        change_cast(t, cast);
        gan__warnings_change(t);
    } else {
        gan__cast_free(cast);
    }
    gan__options_free(context, kind, options);
    gan__free(context, options);
    return status == GAN_OK ? change_averages(t) : status;
}

/* ---- optimisers ---- */

static void change_keep_moments(const gan_optimizer *from, const gan__optimizer_state *old,
                                const gan_optimizer *to, const gan__optimizer_state *state)
{
    for (int32_t i = 0; i < to->moment_count; i++)
        for (int32_t j = 0; j < from->moment_count; j++)
            if (!strcmp(to->moment_names[i], from->moment_names[j]))
                gan__copy(to->object.context, state->store->weight_count, old->moments[j],
                          state->moments[i]);
}

static void change_keep(const gan_optimizer *from, gan_optimizer *to)
{
    to->steps = from->steps;
    for (size_t i = 0; i < to->state_count; i++)
        for (size_t j = 0; j < from->state_count; j++) {
            if (to->states[i].store != from->states[j].store) continue;
            to->states[i].steps = from->states[j].steps;
            change_keep_moments(from, &from->states[j], to, &to->states[i]);
        }
}

gan_status gan__trainer_change_optimizer(gan_trainer *t, int32_t group, const char *spec)
{
    GAN__TRY(gan__trainer_make_optimizers(t));
    gan_optimizer *old = t->optimizers[group];
    gan_optimizer_retain(old);
    gan_status status = gan__trainer_set_optimizer(t, group, spec);
    if (status == GAN_OK) status = gan__trainer_make_optimizers(t);
    if (status == GAN_OK && t->optimizers[group]->kind != old->kind)
        status = gan__fail(t->object.context, GAN_E_ARGUMENT,
                           "%s: optimizer.%s: the moments of '%s' are of no use to '%s'",
                           t->kind->kind.name, t->cast->groups[group].name, old->kind->kind.name,
                           t->optimizers[group]->kind->kind.name);
    if (status == GAN_OK) change_keep(old, t->optimizers[group]);
    gan_optimizer_release(old);
    return status;
}
