#include "train/trainer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "base/random.h"
#include "optim/optimizer.h"
#include "train/averages.h"
#include "train/rehearsal.h"
#include "train/undo.h"

static void trainer_destroy(void *self)
{
    gan_trainer *t = self;
    gan_context *context = t->object.context;
    for (int32_t i = 0; i < GAN__MAX_FEEDS; i++) {
        gan__batcher_free(t->feeds[i].batcher);
        gan_dataset_release(t->feeds[i].dataset);
        gan_tensor_release(t->feeds[i].fed);
        gan__free(context, t->feeds[i].text);
    }
    gan__free(context, t->precision);
    gan_tape_release(t->tape);
    gan__averages_free(t);
    for (int32_t i = 0; i < GAN__MAX_ROLES; i++) {
        gan_optimizer_release(t->optimizers[i]);
        gan_model_release(t->models[i]);
        gan__free(context, t->specs[i]);
    }
    gan__undo_free(t);
    if (t->kind && t->options) gan__options_free(context, &t->kind->kind, t->options);
    gan__free(context, t->options);
    gan__free(context, t->text);
}

/* The kind and the options of a description. */
static gan_status trainer_describe(gan_trainer *t, const char *spec)
{
    gan_context *context = t->object.context;
    const gan__kind *kind;
    gan__text text = {.context = context};
    GAN__TRY(gan__describe(context, "trainer", (const gan__kind *const *)gan__trainer_kinds,
                           (size_t)gan__trainer_kind_count, spec, &kind, &t->options));
    t->kind = (const gan__trainer_kind *)kind;
    gan__text_print(&text, "%s", kind->name);
    gan__options_print(&text, kind, t->options);
    t->text = text.bytes;
    return text.status;
}

gan_status gan__trainer_create(gan_trainer **out, gan_context *context, const char *spec,
                               uint64_t seed, uint64_t root)
{
    gan_trainer *t;
    gan_status status;
    GAN__TRY(gan__object_create(&t, context, sizeof *t, GAN__TRAINER, trainer_destroy));
    t->seed = seed;
    t->root = root;
    for (int32_t i = 0; i < GAN__MAX_VALUES; i++) t->values[i] = t->reported[i] = NAN;
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
    if (context->trainers > 0) seed = gan__random_seed(seed, GAN__DRAW_TRAINER, context->trainers);
    GAN__TRY(gan__trainer_create(out, context, spec, seed, context->seed));
    context->trainers++;
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

int32_t gan__trainer_role(const gan_trainer *t, const char *name)
{
    for (int32_t i = 0; i < t->kind->role_count; i++)
        if (!strcmp(t->kind->roles[i].name, name)) return i;
    return -1;
}

int32_t gan__trainer_group(const gan_trainer *t, const char *name)
{
    for (int32_t i = 0; i < t->kind->group_count; i++)
        if (!strcmp(t->kind->groups[i], name)) return i;
    return -1;
}

static int32_t trainer_feed(const gan_trainer *t, const char *name)
{
    for (int32_t i = 0; i < t->kind->feed_count; i++)
        if (!strcmp(t->kind->feeds[i].name, name)) return i;
    return -1;
}

/* "gan: there is no role 'critic'; there are: generator, discriminator". */
static gan_status trainer_unknown(const gan_trainer *t, const char *what, const char *name)
{
    char list[256] = "";
    size_t used = 0;
    bool roles = !strcmp(what, "role"), feeds = !strcmp(what, "feed");
    int32_t count = roles   ? t->kind->role_count
                    : feeds ? t->kind->feed_count
                            : t->kind->group_count;
    for (int32_t i = 0; i < count && used < sizeof list; i++) {
        const char *one = roles   ? t->kind->roles[i].name
                          : feeds ? t->kind->feeds[i].name
                                  : t->kind->groups[i];
        int n = snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", one);
        used += n > 0 ? (size_t)n : 0;
    }
    return gan__fail(t->object.context, GAN_E_ARGUMENT, "%s: there is no %s '%s'; there are: %s",
                     t->kind->kind.name, what, name, list);
}

/* What every setter's arguments begin with: a live trainer and a name. */
static gan_status trainer_named(const gan_trainer *t, const char *function, const char *name)
{
    GAN__TRY(gan__object_check(NULL, t, GAN__TRAINER, function, "trainer"));
    if (name) return GAN_OK;
    return gan__fail(t->object.context, GAN_E_ARGUMENT, "%s: the name is NULL", function);
}

/* And what it does first, once it has entered: not in the middle of a step. */
static gan_status trainer_settable(const gan_trainer *t, const char *function)
{
    if (!t->stepping) return GAN_OK;
    return gan__fail(t->object.context, GAN_E_STATE, "%s: the trainer is in the middle of a step",
                     function);
}

static gan_status trainer_set_model(gan_trainer *t, int32_t role, gan_model *model)
{
    const gan__role_kind *kind = &t->kind->roles[role];
    int32_t group = gan__trainer_group(t, kind->group);
    double decay = gan__trainer_options(t)->average;
    gan__average *average = NULL;
    GAN__TRY(trainer_settable(t, "gan_trainer_set_model"));
    if (model->object.context != t->object.context)
        return gan__fail(t->object.context, GAN_E_ARGUMENT,
                         "gan_trainer_set_model: the model belongs to another context");
    if (kind->averaged && decay > 0) GAN__TRY(gan__average_create(&average, model, decay));
    gan_model_retain(model);
    gan_model_release(t->models[role]);
    t->models[role] = model;
    model->placed = true; /* optimisers, the average and the undo log know its layers */
    gan__average_destroy(t->averages[role]);
    t->averages[role] = average;
    gan_optimizer_release(t->optimizers[group]); /* its moments were another model's */
    t->optimizers[group] = NULL;
    t->ready = false;
    return GAN_OK;
}

gan_status gan_trainer_set_model(gan_trainer *t, const char *role, gan_model *model)
{
    int32_t i;
    GAN__TRY(trainer_named(t, "gan_trainer_set_model", role));
    GAN__TRY(
        gan__object_check(t->object.context, model, GAN__MODEL, "gan_trainer_set_model", "model"));
    i = gan__trainer_role(t, role);
    if (i < 0) return trainer_unknown(t, "role", role);
    GAN__RETURN_ENTERED(t->object.context, trainer_set_model(t, i, model));
}

static gan_status trainer_set_data(gan_trainer *t, int32_t feed, gan_dataset *data)
{
    gan__feed_state *state = &t->feeds[feed];
    GAN__TRY(trainer_settable(t, "gan_trainer_set_data"));
    if (!t->kind->feeds[feed].field)
        return gan__fail(t->object.context, GAN_E_ARGUMENT,
                         "%s: the feed '%s' takes batches (gan_trainer_feed), not a data set",
                         t->kind->kind.name, t->kind->feeds[feed].name);
    if (data->object.context != t->object.context)
        return gan__fail(t->object.context, GAN_E_ARGUMENT,
                         "gan_trainer_set_data: the data set for '%s' belongs to another context",
                         t->kind->feeds[feed].name);
    gan_dataset_retain(data);
    gan_dataset_release(state->dataset);
    gan__batcher_free(state->batcher);
    state->dataset = data;
    state->batcher = NULL;
    t->ready = false;
    return GAN_OK;
}

gan_status gan_trainer_set_data(gan_trainer *t, const char *feed, gan_dataset *data)
{
    int32_t i;
    GAN__TRY(trainer_named(t, "gan_trainer_set_data", feed));
    GAN__TRY(
        gan__object_check(t->object.context, data, GAN__DATASET, "gan_trainer_set_data", "data"));
    i = trainer_feed(t, feed);
    if (i < 0) return trainer_unknown(t, "feed", feed);
    GAN__RETURN_ENTERED(t->object.context, trainer_set_data(t, i, data));
}

gan_status gan__trainer_set_optimizer(gan_trainer *t, int32_t group, const char *spec)
{
    gan_context *context = t->object.context;
    gan_optimizer *probe; /* the description is checked now, not at the first step */
    char *copy;
    GAN__TRY(trainer_settable(t, "gan_trainer_set_optimizer"));
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
    i = gan__trainer_group(t, group);
    if (i < 0) return trainer_unknown(t, "group", group);
    GAN__RETURN_ENTERED(t->object.context, gan__trainer_set_optimizer(t, i, spec));
}

static gan_status trainer_take(gan_trainer *t, int32_t feed, gan_tensor *batch)
{
    gan__shape shape;
    GAN__TRY(trainer_settable(t, "gan_trainer_feed"));
    if (batch && gan__tensor_shape(batch, &shape) != GAN_OK)
        return gan__fail(t->object.context, GAN_E_SHAPE,
                         "gan_trainer_feed: the batch has rank %d, not 1, 2 or 4", batch->rank);
    gan_tensor_retain(batch);
    gan_tensor_release(t->feeds[feed].fed);
    t->feeds[feed].fed = batch;
    return GAN_OK;
}

gan_status gan_trainer_feed(gan_trainer *t, const char *feed, gan_tensor *batch)
{
    int32_t i;
    GAN__TRY(trainer_named(t, "gan_trainer_feed", feed));
    if (batch)
        GAN__TRY(
            gan__object_check(t->object.context, batch, GAN__TENSOR, "gan_trainer_feed", "batch"));
    i = trainer_feed(t, feed);
    if (i < 0) return trainer_unknown(t, "feed", feed);
    GAN__RETURN_ENTERED(t->object.context, trainer_take(t, i, batch));
}

gan_model *gan_trainer_model(const gan_trainer *t, const char *role, int32_t flags)
{
    int32_t i;
    if (!gan__object_is(t, GAN__TRAINER) || !role || (flags & ~GAN_MODEL_AVERAGED)) return NULL;
    i = gan__trainer_role(t, role);
    if (i < 0) return NULL;
    if (flags & GAN_MODEL_AVERAGED) return t->averages[i] ? t->averages[i]->model : NULL;
    return t->models[i];
}

/* The optimiser of a group, over the models whose roles belong to it. */
static gan_status trainer_make_optimizer(gan_trainer *t, int32_t group)
{
    const char *spec = t->specs[group] ? t->specs[group] : t->kind->reference(t, group);
    gan_optimizer *optimizer;
    gan_status status;
    if (t->optimizers[group]) return GAN_OK;
    GAN__TRY(gan_optimizer_create(&optimizer, t->object.context, spec));
    status = GAN_OK;
    for (int32_t i = 0; i < t->kind->role_count && status == GAN_OK; i++)
        if (t->models[i] && !strcmp(t->kind->roles[i].group, t->kind->groups[group]))
            status = gan_optimizer_add(optimizer, t->models[i]);
    if (status == GAN_OK)
        t->optimizers[group] = optimizer;
    else
        gan_optimizer_release(optimizer);
    return status;
}

static gan_status trainer_check_roles(const gan_trainer *t)
{
    for (int32_t i = 0; i < t->kind->role_count; i++)
        if (!t->models[i])
            return gan__fail(t->object.context, GAN_E_STATE, "%s: the role '%s' has no model",
                             t->kind->kind.name, t->kind->roles[i].name);
    return GAN_OK;
}

gan_status gan__trainer_make_optimizers(gan_trainer *t)
{
    GAN__TRY(trainer_check_roles(t));
    for (int32_t i = 0; i < t->kind->group_count; i++) GAN__TRY(trainer_make_optimizer(t, i));
    return GAN_OK;
}

static gan_status trainer_make_batcher(gan_trainer *t, int32_t feed)
{
    gan__feed_state *state = &t->feeds[feed];
    gan__batch_plan plan = {.fields = &t->kind->feeds[feed].field,
                            .field_count = 1,
                            .batch = gan__trainer_options(t)->batch,
                            .seed = t->seed,
                            .stream = (uint32_t)feed,
                            .ahead = true};
    if (!state->dataset || state->batcher) return GAN_OK;
    GAN__TRY(gan__batcher_create(&state->batcher, t->object.context, state->dataset, &plan));
    return gan__batcher_seek(state->batcher, state->position);
}

gan_status gan__trainer_ready(gan_trainer *t)
{
    gan_context *context = t->object.context;
    const gan__trainer_kind *kind = t->kind;
    GAN__TRY(trainer_check_roles(t));
    for (int32_t i = 0; i < kind->feed_count; i++)
        if (kind->feeds[i].field && !t->feeds[i].dataset && !t->feeds[i].fed)
            return gan__fail(context, GAN_E_STATE, "%s: the feed '%s' has no data", kind->kind.name,
                             kind->feeds[i].name);
    GAN__TRY(gan__averages_prepare(t)); /* weights may have been written since the last time */
    if (t->ready) return GAN_OK;
    GAN__TRY(gan__trainer_check_sharing(t));
    GAN__TRY(gan__trainer_make_optimizers(t));
    for (int32_t i = 0; i < kind->feed_count; i++) GAN__TRY(trainer_make_batcher(t, i));
    GAN__TRY(gan__undo_prepare(t));
    GAN__TRY(kind->check(t));
    t->ready = true;
    return GAN_OK;
}

static gan_status trainer_check(gan_trainer *t, const char *function)
{
    GAN__TRY(trainer_settable(t, function));
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
    *bytes = gan__rehearsed_memory(t);
    return GAN_OK;
}

gan_status gan_trainer_memory(gan_trainer *t, int64_t *bytes)
{
    GAN__TRY(gan__object_check(NULL, t, GAN__TRAINER, "gan_trainer_memory", "trainer"));
    if (!bytes)
        return gan__fail(t->object.context, GAN_E_ARGUMENT, "gan_trainer_memory: bytes is NULL");
    *bytes = 0;
    GAN__RETURN_ENTERED(t->object.context, trainer_memory(t, bytes));
}

int64_t gan_trainer_steps(const gan_trainer *t)
{
    return gan__object_is(t, GAN__TRAINER) ? t->steps : 0;
}

int32_t gan_trainer_value_count(const gan_trainer *t)
{
    return gan__object_is(t, GAN__TRAINER) ? t->kind->value_count : 0;
}

const char *gan_trainer_value_name(const gan_trainer *t, int32_t index)
{
    if (index < 0 || index >= gan_trainer_value_count(t)) return NULL;
    return t->kind->values[index];
}

gan_status gan_trainer_value(const gan_trainer *t, const char *name, double *out)
{
    GAN__TRY(gan__object_check(NULL, t, GAN__TRAINER, "gan_trainer_value", "trainer"));
    if (!name || !out)
        return gan__fail(t->object.context, GAN_E_ARGUMENT, "gan_trainer_value: %s is NULL",
                         name ? "out" : "name");
    for (int32_t i = 0; i < t->kind->value_count; i++)
        if (!strcmp(t->kind->values[i], name)) {
            *out = t->reported[i];
            return GAN_OK;
        }
    return gan__fail(t->object.context, GAN_E_ARGUMENT,
                     "%s: nothing called '%s' is measured; see gan_trainer_value_name",
                     t->kind->kind.name, name);
}

static gan_status trainer_values(const gan_trainer *t, double *values)
{
    for (int32_t i = 0; i < t->kind->value_count; i++) values[i] = t->values[i];
    return GAN_OK;
}

gan_status gan_trainer_values(const gan_trainer *t, double *values, int32_t count)
{
    GAN__TRY(gan__object_check(NULL, t, GAN__TRAINER, "gan_trainer_values", "trainer"));
    gan_context *context = t->object.context;
    if (!values) return gan__fail(context, GAN_E_ARGUMENT, "gan_trainer_values: values is NULL");
    if (count != t->kind->value_count)
        return gan__fail(context, GAN_E_ARGUMENT,
                         "gan_trainer_values: count is %d, but %s measures %d values", count,
                         t->kind->kind.name, t->kind->value_count);
    GAN__RETURN_ENTERED(context, trainer_values(t, values));
}

const char *gan_trainer_text(const gan_trainer *t)
{
    return gan__object_is(t, GAN__TRAINER) ? t->text : NULL;
}
