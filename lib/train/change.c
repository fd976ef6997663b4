#include "train/change.h"

#include <string.h>

#include "base/memory.h"
#include "compute/pointwise.h"
#include "optim/optimizer.h"
#include "train/averages.h"

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

static gan_status change_averages(gan_trainer *t)
{
    const double decay = gan__trainer_options(t)->average;
    for (int32_t i = 0; i < GAN__MAX_ROLES; i++) {
        if (t->averages[i]) t->averages[i]->decay = decay;
        if (decay > 0) continue;
        gan__average_destroy(t->averages[i]);
        t->averages[i] = NULL;
    }
    return gan__averages_prepare(t);
}

gan_status gan__trainer_change(gan_trainer *t, const char *spec)
{
    gan_context *context = t->object.context;
    const gan__kind *own = &t->kind->kind, *kind;
    void *options;
    char *text;
    GAN__TRY(gan__describe(context, "trainer", &own, 1, spec, &kind, &options));
    gan_status status = change_text(t, options, &text);
    if (status == GAN_OK) { /* the new ones are kept, the others dropped below */
        void *old = t->options;
        gan__free(context, t->text);
        t->options = options;
        t->text = text;
        t->ready = false;
        options = old;
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
                           t->kind->kind.name, t->kind->groups[group], old->kind->kind.name,
                           t->optimizers[group]->kind->kind.name);
    if (status == GAN_OK) change_keep(old, t->optimizers[group]);
    gan_optimizer_release(old);
    return status;
}
