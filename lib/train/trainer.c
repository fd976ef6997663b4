/* trainer.c: a trainer's life: made from a description, given models, data and optimisers. */
#include "train/trainer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "optim/optimizer.h"
#include "train/averages.h"
#include "train/chains.h"
#include "train/feeds.h"
#include "train/pools.h"
#include "train/rehearsal.h"
#include "train/sharing.h"
#include "train/spaces.h"
#include "train/undo.h"
#include "train/warnings.h"

/* ---- made and gone ---- */

static void trainer_free_players(gan_trainer *t)
{
    for (int32_t i = 0; t->players && i < t->cast->role_count; i++) {
        gan__player *player = &t->players[i];
        gan__average_destroy(player->average);
        gan_model_release(player->model);
        gan__free(t->object.context, player->inputs);
        gan__free(t->object.context, player->outputs);
    }
    gan__free(t->object.context, t->players);
}

static void trainer_free_groups(gan_trainer *t)
{
    for (int32_t i = 0; t->optimizers && i < t->cast->group_count; i++)
        gan_optimizer_release(t->optimizers[i]);
    for (int32_t i = 0; t->specs && i < t->cast->group_count; i++)
        gan__free(t->object.context, t->specs[i]);
    gan__free(t->object.context, t->optimizers);
    gan__free(t->object.context, t->specs);
}

static void trainer_destroy(void *self)
{
    gan_trainer *t = self;
    gan_context *context = t->object.context;
    gan_tape_release(t->tape);
    gan_model_release(t->together);
    trainer_free_players(t);
    trainer_free_groups(t);
    gan__feeds_free(t);
    gan__pools_free(t);
    gan__undo_free(t);
    gan__cast_free(t->cast);
    if (t->kind && t->options) gan__options_free(context, &t->kind->kind, t->options);
    gan__free(context, t->options);
    gan__free(context, t->text);
    gan__free(context, t->precision);
    gan__free(context, t->filter);
    gan__free(context, t->values);
    gan__free(context, t->reported);
    gan__free(context, t->flat);
    gan__warnings_free(t);
    gan__chains_free(t);
    gan__free(context, t->shapes);
    gan__free(context, t->ports);
    gan__free(context, t->scratch);
}

/* The state behind the lists of the cast. */
static gan_status trainer_make_lists(gan_trainer *t)
{
    gan_context *context = t->object.context;
    const gan__cast *cast = t->cast;
    const size_t roles = (size_t)cast->role_count, groups = (size_t)cast->group_count;
    const size_t values = (size_t)cast->value_count;
    GAN__TRY(gan__allocate(context, &t->players, roles, sizeof *t->players));
    GAN__TRY(gan__allocate(context, &t->scratch, roles, sizeof *t->scratch));
    GAN__TRY(gan__allocate(context, &t->optimizers, groups, sizeof *t->optimizers));
    GAN__TRY(gan__allocate(context, &t->specs, groups, sizeof *t->specs));
    GAN__TRY(gan__allocate(context, &t->pools, (size_t)cast->pool_count, sizeof *t->pools));
    GAN__TRY(gan__allocate(context, &t->shapes, (size_t)cast->space_count, sizeof *t->shapes));
    GAN__TRY(gan__allocate(context, &t->values, values, sizeof *t->values));
    GAN__TRY(gan__allocate(context, &t->reported, values, sizeof *t->reported));
    GAN__TRY(gan__allocate(context, &t->flat, values, sizeof *t->flat));
    GAN__TRY(gan__warnings_create(t));
    for (size_t i = 0; i < values; i++) t->values[i] = t->reported[i] = NAN;
    GAN__TRY(gan__undo_create(t));
    return gan__feeds_create(t);
}

/* The kind and the options of a description, and the lists that they make. */
static gan_status trainer_describe(gan_trainer *t, const char *spec)
{
    gan_context *context = t->object.context;
    const gan__kind *const *kinds, *kind;
    size_t count;
    gan__text text = {.context = context};
    gan__trainer_kinds_of(context, &kinds, &count);
    GAN__TRY(gan__describe(context, "trainer", kinds, count, spec, &kind, &t->options));
    t->kind = (const gan__trainer_kind *)kind;
    gan__text_print(&text, "%s", kind->name);
    gan__options_print(&text, kind, t->options);
    t->text = text.bytes;
    GAN__TRY(text.status);
    GAN__TRY(gan__cast_create(&t->cast, context, t->kind, t->options));
    return trainer_make_lists(t);
}

gan_status gan__trainer_create(gan_trainer **out, gan_context *context, const char *spec,
                               uint64_t seed, uint64_t root)
{
    gan_trainer *t;
    gan_status status;
    GAN__TRY(gan__object_create(&t, context, sizeof *t, GAN__TRAINER, trainer_destroy));
    t->seed = seed;
    t->root = root;
    status = trainer_describe(t, spec);
    if (status == GAN_OK) status = gan__tape_create(&t->tape, context, seed);
    if (status == GAN_OK)
        *out = t;
    else
        gan__object_release(t);
    return status;
}

/* The first has the context's own seed, so that a run is known by one number. */
static gan_status trainer_create(gan_trainer **out, gan_context *context, const char *spec)
{
    uint64_t seed = context->seed;
    if (context->counts.trainers > 0)
        seed = gan__random_seed(seed, GAN__DRAW_TRAINER, context->counts.trainers);
    GAN__TRY(gan__trainer_create(out, context, spec, seed, context->seed));
    context->counts.trainers++;
    return GAN_OK;
}

gan_status gan_trainer_create(gan_trainer **out, gan_context *context, const char *spec)
{
    if (out) *out = NULL;
    if (!out || !context || !spec)
        return gan__fail(context, GAN_E_ARGUMENT, "gan_trainer_create: %s is NULL",
                         !out       ? "out"
                         : !context ? "context"
                                    : "spec");
    GAN__RETURN_ENTERED(context, trainer_create(out, context, spec));
}

void gan_trainer_retain(gan_trainer *trainer)
{
    if (gan__object_is(trainer, GAN__TRAINER)) gan__object_retain(trainer);
}
void gan_trainer_release(gan_trainer *trainer)
{
    if (gan__object_is(trainer, GAN__TRAINER)) gan__object_release(trainer);
}

/* ---- names ---- */

/* "gan: there is no role 'critic'; there are: generator, discriminator". */
static gan_status trainer_unknown(const gan_trainer *t, const char *type, const char *name)
{
    gan_context *context = t->object.context;
    gan__text list = {.context = context};
    gan__member member;
    for (int32_t i = 0; gan__cast_member(t->cast, i, &member); i++)
        if (!strcmp(member.type, type))
            gan__text_print(&list, "%s%s", list.length ? ", " : "", member.name);
    gan_status status = list.status;
    if (status == GAN_OK)
        status = gan__fail(context, GAN_E_ARGUMENT, "%s: there is no %s '%s'; there are: %s",
                           t->kind->kind.name, type, name, list.bytes ? list.bytes : "none");
    gan__text_free(&list);
    return status;
}

/* What every setter's arguments begin with: a live trainer and a name. */
static gan_status trainer_named(const gan_trainer *t, const char *function, const char *name)
{
    GAN__TRY(gan__object_check(NULL, t, GAN__TRAINER, function, "trainer"));
    if (name) return GAN_OK;
    return gan__fail(t->object.context, GAN_E_ARGUMENT, "%s: the name is NULL", function);
}

/* And what it does first, once it has entered: not in the middle of a step. */
gan_status gan__trainer_settable(const gan_trainer *t, const char *function)
{
    if (!t->stepping) return GAN_OK;
    return gan__fail(t->object.context, GAN_E_STATE, "%s: the trainer is in the middle of a step",
                     function);
}

/* ---- setting ---- */

static gan_status trainer_set_model(gan_trainer *t, int32_t role, gan_model *model)
{
    gan__player *player = &t->players[role];
    const int32_t group = t->cast->roles[role].group;
    GAN__TRY(gan__trainer_settable(t, "gan_trainer_set_model"));
    if (model->object.context != t->object.context)
        return gan__fail(t->object.context, GAN_E_ARGUMENT,
                         "gan_trainer_set_model: the model belongs to another context");
    gan_model *old = player->model;
    GAN__TRY(gan__averages_set_model(t, role, model));
    gan_model_retain(model);
    gan_model_release(old);
    model->placed = true; /* optimisers, the average and the undo log know its layers */
    t->ready = false;
    if (group >= 0) { /* its moments were another model's */
        gan_optimizer_release(t->optimizers[group]);
        t->optimizers[group] = NULL;
    }
    return GAN_OK;
}

gan_status gan_trainer_set_model(gan_trainer *t, const char *role, gan_model *model)
{
    int32_t i;
    GAN__TRY(trainer_named(t, "gan_trainer_set_model", role));
    GAN__TRY(
        gan__object_check(t->object.context, model, GAN__MODEL, "gan_trainer_set_model", "model"));
    i = gan__cast_role(t->cast, role, strlen(role));
    if (i < 0) return trainer_unknown(t, "role", role);
    GAN__RETURN_ENTERED(t->object.context, trainer_set_model(t, i, model));
}

gan_status gan_trainer_set_data(gan_trainer *t, const char *feed, gan_dataset *data)
{
    int32_t i;
    GAN__TRY(trainer_named(t, "gan_trainer_set_data", feed));
    GAN__TRY(
        gan__object_check(t->object.context, data, GAN__DATASET, "gan_trainer_set_data", "data"));
    i = gan__cast_feed(t->cast, feed, strlen(feed), NULL);
    if (i < 0) return trainer_unknown(t, "feed", feed);
    GAN__RETURN_ENTERED(t->object.context, gan__feed_set_data(t, i, data));
}

gan_status gan__trainer_set_optimizer(gan_trainer *t, int32_t group, const char *spec)
{
    gan_context *context = t->object.context;
    gan_optimizer *probe; /* the description is checked now, not at the first step */
    char *copy;
    GAN__TRY(gan__trainer_settable(t, "gan_trainer_set_optimizer"));
    GAN__TRY(gan_optimizer_create(&probe, context, spec));
    gan_optimizer_release(probe);
    GAN__TRY(gan__copy_text(context, &copy, spec, strlen(spec)));
    gan__free(context, t->specs[group]);
    t->specs[group] = copy;
    gan_optimizer_release(t->optimizers[group]);
    t->optimizers[group] = NULL;
    t->ready = false;
    return GAN_OK;
}

gan_status gan_trainer_set_optimizer(gan_trainer *t, const char *group, const char *spec)
{
    int32_t i;
    GAN__TRY(trainer_named(t, "gan_trainer_set_optimizer", group));
    if (!spec)
        return gan__fail(t->object.context, GAN_E_ARGUMENT,
                         "gan_trainer_set_optimizer: spec is NULL");
    i = gan__cast_group(t->cast, group, strlen(group));
    if (i < 0) return trainer_unknown(t, "group", group);
    GAN__RETURN_ENTERED(t->object.context, gan__trainer_set_optimizer(t, i, spec));
}

gan_status gan_trainer_feed(gan_trainer *t, const char *feed, gan_tensor *batch)
{
    int32_t i, field;
    GAN__TRY(trainer_named(t, "gan_trainer_feed", feed));
    if (batch)
        GAN__TRY(
            gan__object_check(t->object.context, batch, GAN__TENSOR, "gan_trainer_feed", "batch"));
    i = gan__cast_feed(t->cast, feed, strlen(feed), &field);
    if (i < 0) return trainer_unknown(t, "feed", feed);
    GAN__RETURN_ENTERED(t->object.context, gan__feed_take(t, i, field, batch));
}

gan_model *gan_trainer_model(const gan_trainer *t, const char *role, int32_t flags)
{
    int32_t i;
    if (!gan__object_is(t, GAN__TRAINER) || !role || (flags & ~GAN_MODEL_AVERAGED)) return NULL;
    i = gan__cast_role(t->cast, role, strlen(role));
    if (i < 0) return NULL;
    const gan__player *player = &t->players[i];
    if (flags & GAN_MODEL_AVERAGED) return player->average ? player->average->model : NULL;
    return player->model;
}

/* ---- made ready ---- */

/* The optimiser of a group, over the models whose roles belong to it. */
static gan_status trainer_make_optimizer(gan_trainer *t, int32_t group)
{
    const char *name = t->cast->groups[group].name;
    const char *spec = t->specs[group] ? t->specs[group] : t->kind->reference(t->options, name);
    gan_optimizer *optimizer;
    gan_status status = GAN_OK;
    if (t->optimizers[group]) return GAN_OK;
    GAN__TRY(gan_optimizer_create(&optimizer, t->object.context, spec));
    for (int32_t i = 0; i < t->cast->role_count && status == GAN_OK; i++)
        if (t->players[i].model && t->cast->roles[i].group == group)
            status = gan_optimizer_add(optimizer, t->players[i].model);
    if (status == GAN_OK)
        t->optimizers[group] = optimizer;
    else
        gan_optimizer_release(optimizer);
    return status;
}

static gan_status trainer_check_roles(const gan_trainer *t)
{
    for (int32_t i = 0; i < t->cast->role_count; i++) {
        const gan__role *role = &t->cast->roles[i];
        if (!t->players[i].model && role->wanted && !(role->row->flags & GAN__ROLE_OPTIONAL))
            return gan__fail(t->object.context, GAN_E_STATE, "%s: the role '%s' has no model",
                             t->kind->kind.name, role->name);
    }
    return GAN_OK;
}

gan_status gan__trainer_make_optimizers(gan_trainer *t)
{
    GAN__TRY(trainer_check_roles(t));
    for (int32_t i = 0; i < t->cast->group_count; i++) GAN__TRY(trainer_make_optimizer(t, i));
    return GAN_OK;
}

/* What a trainer that is ready steps with is left alone: a failure half way would spoil it. */
gan_status gan__trainer_bind(gan_trainer *t)
{
    if (t->ready) return GAN_OK;
    for (int32_t i = 0; i < t->cast->role_count; i++)
        if (t->players[i].model) GAN__TRY(gan__player_bind(t, i));
    return gan__trainer_check_spaces(t);
}

gan_status gan__trainer_ready(gan_trainer *t)
{
    t->batch = gan__trainer_samples(t);
    GAN__TRY(trainer_check_roles(t));
    GAN__TRY(gan__feeds_check(t));
    GAN__TRY(gan__averages_prepare(t)); /* weights may have been written since the last time */
    if (t->ready) return GAN_OK;
    GAN__TRY(gan__trainer_check_sharing(t));
    GAN__TRY(gan__trainer_bind(t));
    GAN__TRY(gan__trainer_make_optimizers(t));
    GAN__TRY(gan__feeds_prepare(t));
    GAN__TRY(gan__pools_prepare(t));
    GAN__TRY(gan__undo_prepare(t));
    if (t->kind->prepare) GAN__TRY(t->kind->prepare(t));
    t->ready = true;
    return GAN_OK;
}

static gan_status trainer_check(gan_trainer *t, const char *function)
{
    GAN__TRY(gan__trainer_settable(t, function));
    GAN__TRY(gan__trainer_ready(t));
    return gan__rehearse(t);
}

gan_status gan_trainer_check(gan_trainer *t)
{
    GAN__TRY(gan__object_check(NULL, t, GAN__TRAINER, "gan_trainer_check", "trainer"));
    GAN__RETURN_ENTERED(t->object.context, trainer_check(t, "gan_trainer_check"));
}

static gan_status trainer_memory(gan_trainer *t, int64_t *bytes)
{
    GAN__TRY(trainer_check(t, "gan_trainer_memory"));
    return gan__rehearsed_memory(t, bytes);
}

gan_status gan_trainer_memory(gan_trainer *t, int64_t *bytes)
{
    GAN__TRY(gan__object_check(NULL, t, GAN__TRAINER, "gan_trainer_memory", "trainer"));
    if (!bytes)
        return gan__fail(t->object.context, GAN_E_ARGUMENT, "gan_trainer_memory: bytes is NULL");
    *bytes = 0;
    GAN__RETURN_ENTERED(t->object.context, trainer_memory(t, bytes));
}
