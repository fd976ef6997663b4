/* optimizer_step.c: an optimiser's step: the norm of the gradient, the trial, the update, and the
 * way back. Stores that no gradient has reached are left out of all of it. */
#include "optim/optimizer.h"

#include "base/memory.h"
#include "base/watch.h"
#include "compute/pointwise.h"
#include "compute/reduce.h"

#include <math.h>

/* ---- the gradient ---- */

/* Within a store that was reached, what was not has a gradient of zero, which is written now. So
 * what is still empty afterwards is not part of the step. */
static double optimizer_square(const gan_optimizer *optimizer)
{
    double square = 0;
    for (size_t i = 0; i < optimizer->state_count; i++)
        if (gan__store_is_reached(optimizer->states[i].store))
            gan__store_write_zeros(optimizer->states[i].store);
    for (size_t i = 0; i < optimizer->span_count; i++) {
        const gan__store *store = optimizer->spans[i].store;
        const gan__segment *segment = &store->segments[optimizer->spans[i].segment];
        if (!segment->empty)
            square += gan__sum_squares(optimizer->object.context, segment->count,
                                       store->gradients + segment->offset);
    }
    return square;
}

static gan_status optimizer_measure(gan_optimizer *optimizer)
{
    gan__watch watch;
    gan__watch_begin(optimizer->object.context, &watch, optimizer->kind->kind.name, "norm");
    double square = optimizer_square(optimizer);
    gan__watch_end(optimizer->object.context, &watch);
    optimizer->norm = sqrt(square);
    optimizer->overflowed = false;
    /* A double holds the square of every float32, so this is a gradient that is not finite itself.
     */
    if (isfinite(square)) return GAN_OK;
    return gan__fail(optimizer->object.context, GAN_E_DIVERGED, "%s: the gradient is not finite",
                     optimizer->kind->kind.name);
}

/* torch.nn.utils.clip_grad_norm_, 1e-6 included. */
static double optimizer_scale(const gan_optimizer *optimizer)
{
    double clip = gan__optimizer_options(optimizer)->clip;
    return clip > 0 && clip < optimizer->norm + 1e-6 ? clip / (optimizer->norm + 1e-6) : 1;
}

static double optimizer_rate(const gan_optimizer *optimizer)
{
    return gan__optimizer_options(optimizer)->lr *
           gan__schedule_factor(&optimizer->schedule, optimizer->steps);
}

/* ---- steps ---- */

static gan_status optimizer_overflow(gan_optimizer *optimizer)
{
    optimizer->overflowed = true;
    return gan__fail(optimizer->object.context, GAN_E_DIVERGED,
                     "%s: a new weight or moment is not finite", optimizer->kind->kind.name);
}

/* Whether all new weights and moments would be finite. */
static bool optimizer_trial(gan_optimizer *optimizer)
{
    const gan__optimizer_call call = {
        .rate = optimizer_rate(optimizer), .scale = optimizer_scale(optimizer), .trial = true};
    bool finite = true;
    gan__watch watch;
    gan__watch_begin(optimizer->object.context, &watch, optimizer->kind->kind.name, "trial");
    for (size_t i = 0; i < optimizer->state_count && finite; i++) {
        gan__optimizer_state *state = &optimizer->states[i];
        finite = !gan__store_is_reached(state->store) ||
                 gan__bounds_prove(optimizer, state, &call) ||
                 optimizer->kind->update(optimizer, state, &call);
    }
    gan__watch_end(optimizer->object.context, &watch);
    return finite;
}

gan_status gan__optimizer_try(gan_optimizer *optimizer)
{
    GAN__TRY(optimizer_measure(optimizer));
    return optimizer_trial(optimizer) ? GAN_OK : optimizer_overflow(optimizer);
}

/* What undoing puts back of a store is in state->undo. */
static void optimizer_set_kept(gan__optimizer_state *state)
{
    state->kept_steps = state->steps;
    state->kept = true;
}

/* Where `undoable`, the first update of a store since the last undo or forget keeps what it
 * overwrites. Returns whether all new weights and moments are finite. */
static bool optimizer_update(gan_optimizer *optimizer, bool undoable)
{
    gan__optimizer_call call = {.rate = optimizer_rate(optimizer),
                                .scale = optimizer_scale(optimizer)};
    bool finite = true;
    gan__watch watch;
    gan__watch_begin(optimizer->object.context, &watch, optimizer->kind->kind.name, "step");
    for (size_t i = 0; i < optimizer->state_count; i++) {
        gan__optimizer_state *state = &optimizer->states[i];
        if (!gan__store_is_reached(state->store)) continue;
        call.undo = undoable && !state->kept ? state->undo : NULL;
        finite &= optimizer->kind->update(optimizer, state, &call);
        if (call.undo) optimizer_set_kept(state);
        gan__bounds_follow(optimizer, state, &call);
        state->steps++;
        state->store->version++;
    }
    gan__watch_end(optimizer->object.context, &watch);
    if (undoable && !optimizer->kept) {
        optimizer->kept_steps = optimizer->steps;
        optimizer->kept = true;
    }
    optimizer->steps++;
    return finite;
}

void gan__optimizer_apply(gan_optimizer *optimizer)
{
    (void)optimizer_update(optimizer, false);
}

static gan_status optimizer_step(gan_optimizer *optimizer)
{
    GAN__TRY(gan__optimizer_try(optimizer));
    gan__optimizer_apply(optimizer);
    return GAN_OK;
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

/* Memory for what undoing needs of a store: its weights, then its moments. */
static gan_status optimizer_reserve(const gan_optimizer *optimizer, gan__optimizer_state *state)
{
    size_t count;
    if (state->undo) return GAN_OK;
    if (!gan__multiply_size((size_t)state->store->weight_count, (size_t)optimizer->moment_count + 1,
                            &count))
        return gan__fail(optimizer->object.context, GAN_E_MEMORY, "%s: too many weights",
                         optimizer->kind->kind.name);
    return gan__allocate_raw(optimizer->object.context, &state->undo, count, sizeof(float));
}

gan_status gan__optimizer_step_undoable(gan_optimizer *optimizer)
{
    GAN__TRY(optimizer_measure(optimizer));
    for (size_t i = 0; i < optimizer->state_count; i++)
        if (gan__store_is_reached(optimizer->states[i].store))
            GAN__TRY(optimizer_reserve(optimizer, &optimizer->states[i]));
    return optimizer_update(optimizer, true) ? GAN_OK : optimizer_overflow(optimizer);
}

/* The weights, then the moments, of a store and what is kept of them: from one to the other. */
static void optimizer_copy(const gan_optimizer *optimizer, const gan__optimizer_state *state,
                           bool back)
{
    gan_context *context = optimizer->object.context;
    const int64_t count = state->store->weight_count;
    for (int32_t i = 0; i <= optimizer->moment_count; i++) {
        float *now = i == 0 ? state->store->weights : state->moments[i - 1];
        float *kept = state->undo + i * count;
        gan__copy(context, count, back ? kept : now, back ? now : kept);
    }
}

gan_status gan__optimizer_keep(gan_optimizer *optimizer)
{
    for (size_t i = 0; i < optimizer->state_count; i++)
        GAN__TRY(optimizer_reserve(optimizer, &optimizer->states[i]));
    for (size_t i = 0; i < optimizer->state_count; i++) {
        gan__optimizer_state *state = &optimizer->states[i];
        if (state->kept) continue;
        optimizer_copy(optimizer, state, false);
        optimizer_set_kept(state);
    }
    return GAN_OK;
}

void gan__optimizer_undo(gan_optimizer *optimizer)
{
    for (size_t i = 0; i < optimizer->state_count; i++) {
        gan__optimizer_state *state = &optimizer->states[i];
        if (!state->kept) continue;
        optimizer_copy(optimizer, state, true);
        state->steps = state->kept_steps;
        state->store->version++;
    }
    if (optimizer->kept) optimizer->steps = optimizer->kept_steps;
    gan__optimizer_forget(optimizer);
}

void gan__optimizer_forget(gan_optimizer *optimizer)
{
    for (size_t i = 0; i < optimizer->state_count; i++) optimizer->states[i].kept = false;
    optimizer->kept = false;
}

gan_status gan__optimizer_rehearse(gan_optimizer *optimizer, bool undoable)
{
    for (size_t i = 0; undoable && i < optimizer->state_count; i++)
        GAN__TRY(optimizer_reserve(optimizer, &optimizer->states[i]));
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
