/* optimizer.c: an optimiser is made from its description and takes the parameters of models. */
#include "optim/optimizer.h"

#include "base/memory.h"

const gan__optimizer_kind *const gan__optimizer_kinds[] = {
    &gan__optimizer_sgd,
    &gan__optimizer_rmsprop,
    &gan__optimizer_adam,
    &gan__optimizer_adamw,
};
const int32_t gan__optimizer_kind_count =
    sizeof gan__optimizer_kinds / sizeof gan__optimizer_kinds[0];

/* ---- options ---- */

#define OPTIMIZER_AT(field) offsetof(gan__optimizer_common, field)
const gan__option gan__optimizer_common_options[4] = {
    {"lr", GAN__OPTION_REAL, 0, "0.001", 0, 1e6, NULL, OPTIMIZER_AT(lr), "learning rate"},
    {"weight_decay", GAN__OPTION_REAL, 0, "0", 0, 1e6, NULL, OPTIMIZER_AT(weight_decay),
     "pull of every weight towards 0"},
    {"clip", GAN__OPTION_REAL, 0, "0", 0, 1e30, NULL, OPTIMIZER_AT(clip),
     "largest norm of the whole gradient, which is scaled down to it; 0: none"},
    {"schedule", GAN__OPTION_TEXT, 0, "constant", 0, 0, NULL, OPTIMIZER_AT(schedule),
     "factor on lr: constant, linear:END, step:EVERY,FACTOR, cosine:TOTAL, "
     "cyclegan:CONSTANT,DECAY, in updates"},
};

gan_status gan__optimizer_check(gan_context *context, const void *options)
{
    gan__schedule schedule;
    return gan__schedule_parse(context, ((const gan__optimizer_common *)options)->schedule,
                               &schedule);
}

/* ---- creation ---- */

static void optimizer_free_state(gan_context *context, gan__optimizer_state *state)
{
    for (int i = 0; i < GAN__MAX_MOMENTS; i++) gan__free(context, state->moments[i]);
    gan__free(context, state->undo);
    gan__store_release(state->store);
}

static void optimizer_destroy(void *self)
{
    gan_optimizer *optimizer = self;
    gan_context *context = optimizer->object.context;
    for (size_t i = 0; i < optimizer->state_count; i++)
        optimizer_free_state(context, &optimizer->states[i]);
    gan__free(context, optimizer->states);
    gan__free(context, optimizer->spans);
    if (optimizer->options) gan__options_free(context, &optimizer->kind->kind, optimizer->options);
    gan__free(context, optimizer->options);
    gan__free(context, optimizer->text);
}

gan_status gan__optimizer_spell(const gan_optimizer *optimizer, char **out)
{
    const gan__kind *kind = &optimizer->kind->kind;
    gan__text text = {.context = optimizer->object.context};
    gan__text_print(&text, "%s", kind->name);
    gan__options_print(&text, kind, optimizer->options);
    *out = text.bytes;
    return text.status;
}

static gan_status optimizer_read(gan_optimizer *optimizer, const char *spec)
{
    gan_context *context = optimizer->object.context;
    const gan__kind *kind;
    GAN__TRY(gan__describe(context, "optimizer",
                           (const gan__kind *const *)(const void *)gan__optimizer_kinds,
                           (size_t)gan__optimizer_kind_count, spec, &kind, &optimizer->options));
    optimizer->kind = (const gan__optimizer_kind *)(const void *)kind;
    GAN__TRY(gan__schedule_parse(context, gan__optimizer_options(optimizer)->schedule,
                                 &optimizer->schedule));
    optimizer->moment_count = optimizer->kind->moments(optimizer->options, optimizer->moment_names);
    return gan__optimizer_spell(optimizer, &optimizer->text);
}

static gan_status optimizer_create(gan_optimizer **out, gan_context *context, const char *spec)
{
    gan_optimizer *optimizer;
    GAN__TRY(gan__object_create(&optimizer, context, sizeof *optimizer, GAN__OPTIMIZER,
                                optimizer_destroy));
    gan_status status = optimizer_read(optimizer, spec);
    if (status == GAN_OK)
        *out = optimizer;
    else
        gan__object_release(optimizer);
    return status;
}

gan_status gan_optimizer_create(gan_optimizer **out, gan_context *context, const char *spec)
{
    if (!out) return gan__fail(context, GAN_E_ARGUMENT, "gan_optimizer_create: out is NULL");
    *out = NULL;
    if (!context) return GAN_E_ARGUMENT;
    if (!spec) return gan__fail(context, GAN_E_ARGUMENT, "gan_optimizer_create: spec is NULL");
    GAN__RETURN_ENTERED(context, optimizer_create(out, context, spec));
}

void gan_optimizer_retain(gan_optimizer *optimizer)
{
    if (gan__object_is(optimizer, GAN__OPTIMIZER)) gan__object_retain(optimizer);
}

void gan_optimizer_release(gan_optimizer *optimizer)
{
    if (gan__object_is(optimizer, GAN__OPTIMIZER)) gan__object_release(optimizer);
}

const char *gan_optimizer_text(const gan_optimizer *optimizer)
{
    return gan__object_is(optimizer, GAN__OPTIMIZER) ? optimizer->text : NULL;
}

/* ---- stores ---- */

/* Whether one of the first `count` states is the store's. */
static bool optimizer_has(const gan_optimizer *optimizer, const gan__store *store, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (optimizer->states[i].store == store) return true;
    return false;
}

static bool optimizer_has_span(const gan_optimizer *optimizer, const gan__store *store,
                               int32_t segment)
{
    for (size_t i = 0; i < optimizer->span_count; i++)
        if (optimizer->spans[i].store == store && optimizer->spans[i].segment == segment)
            return true;
    return false;
}

/* The spans of a model's parameters, but for those that are there: only the first `before` states
 * can have some. */
static gan_status optimizer_add_spans(gan_optimizer *optimizer, const gan_model *model,
                                      size_t before)
{
    for (size_t i = 0; i < model->parameter_count; i++) {
        const gan_layer *layer = model->parameters[i].layer;
        const gan__parameter *p = &layer->parameters[model->parameters[i].index];
        if (!p->trained || (optimizer_has(optimizer, layer->store, before) &&
                            optimizer_has_span(optimizer, layer->store, p->segment)))
            continue;
        GAN__TRY(gan__grow(optimizer->object.context, &optimizer->spans, &optimizer->span_capacity,
                           optimizer->span_count + 1, sizeof *optimizer->spans));
        optimizer->spans[optimizer->span_count++] = (gan__optimizer_span){layer->store, p->segment};
    }
    return GAN_OK;
}

static gan_status optimizer_add_store(gan_optimizer *optimizer, gan__store *store)
{
    gan_context *context = optimizer->object.context;
    size_t count = (size_t)store->weight_count;
    GAN__TRY(gan__grow(context, &optimizer->states, &optimizer->state_capacity,
                       optimizer->state_count + 1, sizeof *optimizer->states));
    GAN__TRY(gan__store_need_gradients(store));
    gan__optimizer_state *state = &optimizer->states[optimizer->state_count++];
    *state = (gan__optimizer_state){.store = store};
    gan__store_retain(store);
    for (int32_t i = 0; i < optimizer->moment_count; i++)
        GAN__TRY(gan__allocate(context, &state->moments[i], count, sizeof(float)));
    return GAN_OK;
}

static gan_status optimizer_add(gan_optimizer *optimizer, gan_model *model)
{
    gan_context *context = optimizer->object.context;
    size_t before = optimizer->state_count, spans = optimizer->span_count;
    gan_status status = GAN_OK;
    if (model->object.context != context)
        return gan__fail(context, GAN_E_ARGUMENT,
                         "gan_optimizer_add: the model belongs to another context");
    for (size_t i = 0; status == GAN_OK && i < model->store_count; i++)
        if (model->stores[i]->weight_count > 0 &&
            !optimizer_has(optimizer, model->stores[i], optimizer->state_count))
            status = optimizer_add_store(optimizer, model->stores[i]);
    if (status == GAN_OK) status = optimizer_add_spans(optimizer, model, before);
    if (status == GAN_OK) return GAN_OK;
    optimizer->span_count = spans;
    while (optimizer->state_count > before)
        optimizer_free_state(context, &optimizer->states[--optimizer->state_count]);
    return status;
}

gan_status gan_optimizer_add(gan_optimizer *optimizer, gan_model *model)
{
    GAN__TRY(gan__object_check(NULL, optimizer, GAN__OPTIMIZER, "gan_optimizer_add", "optimizer"));
    gan_context *context = optimizer->object.context;
    GAN__TRY(gan__object_check(context, model, GAN__MODEL, "gan_optimizer_add", "model"));
    GAN__RETURN_ENTERED(context, optimizer_add(optimizer, model));
}
