#include "optim/optimizer.h"

#include "base/memory.h"
#include "compute/pointwise.h"
#include "compute/reduce.h"

#include <math.h>

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
                               int64_t offset)
{
    for (size_t i = 0; i < optimizer->span_count; i++)
        if (optimizer->spans[i].store == store && optimizer->spans[i].offset == offset) return true;
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
                            optimizer_has_span(optimizer, layer->store, p->offset)))
            continue;
        GAN__TRY(gan__grow(optimizer->object.context, &optimizer->spans, &optimizer->span_capacity,
                           optimizer->span_count + 1, sizeof *optimizer->spans));
        optimizer->spans[optimizer->span_count++] =
            (gan__optimizer_span){layer->store, p->offset, p->count};
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

/* ---- steps ---- */

static double optimizer_square(gan_optimizer *optimizer)
{
    double square = 0;
    for (size_t i = 0; i < optimizer->state_count; i++)
        gan__store_write_zeros(optimizer->states[i].store);
    for (size_t i = 0; i < optimizer->span_count; i++) {
        const gan__optimizer_span *span = &optimizer->spans[i];
        square += gan__sum_squares(optimizer->object.context, span->count,
                                   span->store->gradients + span->offset);
    }
    return square;
}

/* Where the old weights and moments go: only the first step after a mark keeps them. */
static gan_status optimizer_reserve_undo(gan_optimizer *optimizer)
{
    for (size_t i = 0; optimizer->marked && i < optimizer->state_count; i++) {
        gan__optimizer_state *state = &optimizer->states[i];
        size_t count;
        if (state->undo) continue;
        if (!gan__multiply_size((size_t)state->store->weight_count,
                                (size_t)optimizer->moment_count + 1, &count))
            return gan__fail(optimizer->object.context, GAN_E_MEMORY, "%s: too many weights",
                             optimizer->kind->kind.name);
        GAN__TRY(gan__allocate_raw(optimizer->object.context, &state->undo, count, sizeof(float)));
    }
    return GAN_OK;
}

static double optimizer_rate(const gan_optimizer *optimizer)
{
    return gan__optimizer_options(optimizer)->lr *
           gan__schedule_factor(&optimizer->schedule, optimizer->steps);
}

/* Whether all new weights and moments would be finite. */
static bool optimizer_try(const gan_optimizer *optimizer, double scale)
{
    const gan__optimizer_call call = {optimizer_rate(optimizer), scale, NULL, true};
    bool finite = true;
    for (size_t i = 0; i < optimizer->state_count && finite; i++)
        finite = optimizer->kind->update(optimizer, &optimizer->states[i], &call);
    return finite;
}

/* Returns whether all new weights and moments are finite. */
static bool optimizer_update(gan_optimizer *optimizer, double scale)
{
    gan__optimizer_call call = {.rate = optimizer_rate(optimizer), .scale = scale};
    bool finite = true;
    for (size_t i = 0; i < optimizer->state_count; i++) {
        gan__optimizer_state *state = &optimizer->states[i];
        if (optimizer->marked) {
            state->marked_steps = state->steps;
            call.undo = state->undo;
        }
        finite &= optimizer->kind->update(optimizer, state, &call);
        state->steps++;
        state->store->version++;
    }
    if (optimizer->marked) {
        optimizer->marked_steps = optimizer->steps;
        optimizer->undo_count = optimizer->state_count;
        optimizer->marked = false;
    }
    optimizer->steps++;
    return finite;
}

static gan_status optimizer_step(gan_optimizer *optimizer)
{
    double square = optimizer_square(optimizer), clip = gan__optimizer_options(optimizer)->clip;
    double scale = 1;
    optimizer->norm = sqrt(square);
    optimizer->overflowed = false;
    /* A double holds the square of every float32, so this is a gradient that is not finite itself.
     */
    if (!isfinite(square))
        return gan__fail(optimizer->object.context, GAN_E_DIVERGED,
                         "%s: the gradient is not finite", optimizer->kind->kind.name);
    GAN__TRY(optimizer_reserve_undo(optimizer));
    /* torch.nn.utils.clip_grad_norm_, 1e-6 included. */
    if (clip > 0 && clip < optimizer->norm + 1e-6) scale = clip / (optimizer->norm + 1e-6);
    bool fits = optimizer->held || optimizer_try(optimizer, scale);
    if (fits && optimizer_update(optimizer, scale)) return GAN_OK;
    optimizer->overflowed = true;
    return gan__fail(optimizer->object.context, GAN_E_DIVERGED,
                     "%s: a new weight or moment is not finite", optimizer->kind->kind.name);
}

gan_status gan_optimizer_step(gan_optimizer *optimizer)
{
    GAN__TRY(gan__object_check(NULL, optimizer, GAN__OPTIMIZER, "gan_optimizer_step", "optimizer"));
    GAN__RETURN_ENTERED(optimizer->object.context, optimizer_step(optimizer));
}

static gan_status optimizer_zero(gan_optimizer *optimizer)
{
    for (size_t i = 0; i < optimizer->state_count; i++)
        gan__store_clear_gradients(optimizer->states[i].store);
    return GAN_OK;
}

gan_status gan_optimizer_zero(gan_optimizer *optimizer)
{
    GAN__TRY(gan__object_check(NULL, optimizer, GAN__OPTIMIZER, "gan_optimizer_zero", "optimizer"));
    GAN__RETURN_ENTERED(optimizer->object.context, optimizer_zero(optimizer));
}

static gan_status optimizer_tell(double number, double *out)
{
    *out = number;
    return GAN_OK;
}

gan_status gan_optimizer_norm(gan_optimizer *optimizer, double *out)
{
    GAN__TRY(gan__object_check(NULL, optimizer, GAN__OPTIMIZER, "gan_optimizer_norm", "optimizer"));
    gan_context *context = optimizer->object.context;
    if (!out) return gan__fail(context, GAN_E_ARGUMENT, "gan_optimizer_norm: out is NULL");
    GAN__RETURN_ENTERED(context, optimizer_tell(optimizer->norm, out));
}

gan_status gan_optimizer_rate(gan_optimizer *optimizer, double *out)
{
    GAN__TRY(gan__object_check(NULL, optimizer, GAN__OPTIMIZER, "gan_optimizer_rate", "optimizer"));
    gan_context *context = optimizer->object.context;
    if (!out) return gan__fail(context, GAN_E_ARGUMENT, "gan_optimizer_rate: out is NULL");
    GAN__RETURN_ENTERED(context, optimizer_tell(optimizer_rate(optimizer), out));
}

/* ---- undoing ---- */

void gan__optimizer_mark(gan_optimizer *optimizer)
{
    optimizer->held = true;
    optimizer->marked = true;
    optimizer->undo_count = 0;
}

void gan__optimizer_let_go(gan_optimizer *optimizer)
{
    optimizer->held = false;
    optimizer->marked = false;
}

gan_status gan__optimizer_rehearse(gan_optimizer *optimizer)
{
    GAN__TRY(optimizer_reserve_undo(optimizer));
    optimizer->marked = false;
    for (size_t i = 0; i < optimizer->state_count; i++) optimizer->states[i].store->version++;
    return GAN_OK;
}

int64_t gan__optimizer_undo_count(const gan_optimizer *optimizer)
{
    int64_t count = 0;
    for (size_t i = 0; i < optimizer->state_count; i++)
        if (optimizer->states[i].undo)
            count += (optimizer->moment_count + 1) * optimizer->states[i].store->weight_count;
    return count;
}

void gan__optimizer_undo(gan_optimizer *optimizer)
{
    for (size_t i = 0; i < optimizer->undo_count; i++) {
        gan__optimizer_state *state = &optimizer->states[i];
        gan__store *store = state->store;
        gan__copy(store->context, store->weight_count, state->undo, store->weights);
        for (int32_t j = 0; j < optimizer->moment_count; j++)
            gan__copy(store->context, store->weight_count,
                      state->undo + (j + 1) * store->weight_count, state->moments[j]);
        state->steps = state->marked_steps;
        store->version++;
    }
    if (optimizer->undo_count) optimizer->steps = optimizer->marked_steps;
    optimizer->undo_count = 0;
}
