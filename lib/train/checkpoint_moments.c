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

/* ---- counts ---- */

/* What is counted by itself: what a part has beside its own parts, or the network beside all parts.
 * That is one store where the network was read from its text; where it was made by hand, each layer
 * has one. */
typedef struct moments_unit {
    const gan_trainer *trainer;
    int32_t role;
    const gan__definitions *parts; /* of the role's network */
    size_t number;                 /* among the parts; their count: the network's own */
} moments_unit;

/* Parts stand before those that place them. */
static bool moments_is_of(const moments_unit *unit, const gan__store *store)
{
    size_t number = 0;
    for (; number < unit->parts->count; number++) {
        const gan_model *part = unit->parts->items[number].model;
        const gan__store_list list = {part->stores, part->store_count};
        if (gan__store_listed(&list, store)) break;
    }
    return number == unit->number;
}

/* The unit's next state, of the stores from *at on; NULL: that was the last. */
static gan__optimizer_state *moments_next(const moments_unit *unit, size_t *at)
{
    const gan_model *model = unit->trainer->players[unit->role].model;
    while (*at < model->store_count) {
        const gan__store *store = model->stores[(*at)++];
        gan__optimizer_state *state = moments_state(unit->trainer, unit->role, store);
        if (state && moments_is_of(unit, store)) return state;
    }
    return NULL;
}

static gan_status moments_put_unit(const moments_unit *unit, gan__text *list)
{
    const gan_trainer *t = unit->trainer;
    size_t at = 0;
    const gan__optimizer_state *first = moments_next(unit, &at), *other = first;
    while (other && other->steps == first->steps) other = moments_next(unit, &at);
    if (other)
        return gan__fail(t->object.context, GAN_E_STATE,
                         "%s: layers of the %s that no part has were left out of some steps, and "
                         "others not: no checkpoint can say that; make them parts",
                         t->kind->kind.name, t->cast->roles[unit->role].name);
    if (first) gan__text_print(list, "%s%" PRId64, list->length ? "," : "", first->steps);
    return list->status;
}

/* *text moves past what was read; NULL if that is no count. */
static void moments_get_unit(const moments_unit *unit, const char **text)
{
    const size_t length = strcspn(*text, ",");
    size_t at = 0;
    int64_t steps;
    gan__optimizer_state *state = moments_next(unit, &at);
    if (!state) return;
    const bool good = gan__integer_parse(*text, length, &steps) && gan__checkpoint_may_count(steps);
    for (; good && state; state = moments_next(unit, &at)) state->steps = steps;
    *text = good ? *text + length + ((*text)[length] == ',') : NULL;
}

static gan_status moments_put_steps(const gan__checkpoint *c, moments_unit *unit, const char *key)
{
    gan__text list = {.context = c->trainer->object.context};
    gan_status status = GAN_OK;
    for (; status == GAN_OK && unit->number <= unit->parts->count; unit->number++)
        status = moments_put_unit(unit, &list);
    if (status == GAN_OK) status = gan__archive_put_pair(c->to, key, list.bytes ? list.bytes : "");
    gan__text_free(&list);
    return status;
}

static gan_status moments_get_steps(const gan__checkpoint *c, moments_unit *unit, const char *key)
{
    const char *list, *at;
    GAN__TRY(gan__archive_get_pair(c->from, key, &list));
    at = list;
    for (; at && unit->number <= unit->parts->count; unit->number++) moments_get_unit(unit, &at);
    if (at && !*at) return GAN_OK;
    return gan__fail(c->from->context, GAN_E_FORMAT,
                     "%s: '%s' is '%.64s', not the steps of its parts", c->from->name, key, list);
}

static gan_status moments_steps(const gan__checkpoint *c, int32_t role, const char *key)
{
    gan__definitions parts;
    GAN__TRY(gan__model_definitions(c->trainer->players[role].model, &parts));
    moments_unit unit = {c->trainer, role, &parts, 0};
    gan_status status = c->to ? moments_put_steps(c, &unit, key) : moments_get_steps(c, &unit, key);
    gan__definitions_free(&parts);
    return status;
}

/* ---- all of it ---- */

static gan_status moments_role(const gan__checkpoint *c, int32_t role)
{
    const gan__cast *cast = c->trainer->cast;
    const gan_model *model = c->trainer->players[role].model;
    gan__checkpoint_key key, prefix;
    const char *group = cast->groups[cast->roles[role].group].name, *name = cast->roles[role].name;
    snprintf(prefix.text, sizeof prefix.text, "optimizer.%s.%s.", group, name);
    snprintf(key.text, sizeof key.text, "gan.optimizer.%s.%s.steps", group, name);
    GAN__TRY(moments_steps(c, role, key.text));
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
