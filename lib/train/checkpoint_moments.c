/* checkpoint_moments.c: what optimisers know of each parameter, in a checkpoint.
 *
 * Metadata: gan.optimizer.GROUP, its description; gan.optimizer.GROUP.steps, the schedule's time;
 *           gan.optimizer.GROUP.ROLE.steps "12,7", the updates of each part of the role's network
 *           that no earlier one of the group has, and of what is its own
 * Tensors:  optimizer.GROUP.ROLE.NAME.MOMENT, in PyTorch's names and layouts */
#include "train/checkpoint.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "optim/optimizer.h"

/* The optimiser's state of a store that no earlier role of the group has; NULL: it is elsewhere, or
 * the optimiser does not train it. */
static gan__optimizer_state *moments_state(const gan_trainer *t, int32_t role,
                                           const gan__store *store)
{
    const gan_optimizer *optimizer = t->optimizers[t->cast->roles[role].group];
    for (int32_t r = 0; r < role; r++) {
        const gan_model *model = t->players[r].model;
        if (!model || t->cast->roles[r].group != t->cast->roles[role].group) continue;
        const gan__store_list list = {model->stores, model->store_count};
        if (gan__store_listed(&list, store)) return NULL;
    }
    for (size_t i = 0; i < optimizer->state_count; i++)
        if (optimizer->states[i].store == store) return &optimizer->states[i];
    return NULL;
}

static gan_status moments_parameter(const gan__checkpoint *c, int32_t role,
                                    const gan__named_parameter *named, const char *prefix)
{
    const gan_trainer *t = c->trainer;
    const gan_optimizer *optimizer = t->optimizers[t->cast->roles[role].group];
    const gan__parameter *p = &named->layer->parameters[named->index];
    const gan__optimizer_state *state = moments_state(t, role, named->layer->store);
    gan__checkpoint_key suffix;
    if (!p->trained || !state) return GAN_OK;
    for (int32_t i = 0; i < optimizer->moment_count; i++) {
        float *moment = state->moments[i] + p->offset;
        snprintf(suffix.text, sizeof suffix.text, ".%s", optimizer->moment_names[i]);
        const gan__archived_name name = {prefix, named->name, suffix.text};
        GAN__TRY(c->to ? gan__archive_put_values(c->to, &name, p, moment)
                       : gan__archive_get_values(c->from, &name, p, moment));
    }
    return GAN_OK;
}

static gan_status moments_put_steps(const gan__checkpoint *c, int32_t role, const char *key)
{
    const gan_model *model = c->trainer->players[role].model;
    gan__text list = {.context = c->trainer->object.context};
    for (size_t i = 0; i < model->store_count; i++) {
        const gan__optimizer_state *state = moments_state(c->trainer, role, model->stores[i]);
        if (state) gan__text_print(&list, "%s%" PRId64, list.length ? "," : "", state->steps);
    }
    gan_status status = list.status;
    if (status == GAN_OK) status = gan__archive_put_pair(c->to, key, list.bytes ? list.bytes : "");
    gan__text_free(&list);
    return status;
}

static gan_status moments_get_steps(const gan__checkpoint *c, int32_t role, const char *key)
{
    const gan_model *model = c->trainer->players[role].model;
    const char *list, *at;
    GAN__TRY(gan__archive_get_pair(c->from, key, &list));
    at = list;
    for (size_t i = 0; i < model->store_count && at; i++) {
        gan__optimizer_state *state = moments_state(c->trainer, role, model->stores[i]);
        const size_t length = strcspn(at, ",");
        if (!state) continue;
        if (!gan__integer_parse(at, length, &state->steps) ||
            !gan__checkpoint_may_count(state->steps))
            at = NULL;
        else
            at += length + (at[length] == ',');
    }
    if (at && !*at) return GAN_OK;
    return gan__fail(c->from->context, GAN_E_FORMAT,
                     "%s: '%s' is '%.64s', not the steps of its parts", c->from->name, key, list);
}

static gan_status moments_role(const gan__checkpoint *c, int32_t role)
{
    const gan__cast *cast = c->trainer->cast;
    const gan_model *model = c->trainer->players[role].model;
    gan__checkpoint_key key, prefix;
    const char *group = cast->groups[cast->roles[role].group].name, *name = cast->roles[role].name;
    snprintf(prefix.text, sizeof prefix.text, "optimizer.%s.%s.", group, name);
    snprintf(key.text, sizeof key.text, "gan.optimizer.%s.%s.steps", group, name);
    GAN__TRY(c->to ? moments_put_steps(c, role, key.text) : moments_get_steps(c, role, key.text));
    for (size_t i = 0; i < model->parameter_count; i++)
        GAN__TRY(moments_parameter(c, role, &model->parameters[i], prefix.text));
    return GAN_OK;
}

gan_status gan__checkpoint_optimizer(const gan__checkpoint *c, int32_t group)
{
    gan_trainer *t = c->trainer;
    const char *name = t->cast->groups[group].name, *spec;
    gan__checkpoint_key key;
    gan__checkpoint_join(&key, "gan.optimizer", name, "");
    if (c->to) {
        GAN__TRY(gan__archive_put_pair(c->to, key.text, gan_optimizer_text(t->optimizers[group])));
    } else {
        GAN__TRY(gan__archive_get_pair(c->from, key.text, &spec));
        GAN__TRY(gan__trainer_set_optimizer(t, group, spec));
        GAN__TRY(gan__trainer_make_optimizers(t));
    }
    GAN__TRY(gan__checkpoint_count(c, gan__checkpoint_join(&key, "gan.optimizer", name, "steps"),
                                   &t->optimizers[group]->steps));
    for (int32_t r = 0; r < t->cast->role_count; r++)
        if (t->players[r].model && t->cast->roles[r].group == group) GAN__TRY(moments_role(c, r));
    return GAN_OK;
}
