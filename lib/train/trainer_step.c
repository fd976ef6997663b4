/* trainer_step.c: what a step is made of, and the step itself: made as a whole, or not at all. */
#include "train/trainer.h"

#include <math.h>
#include <string.h>

#include "optim/optimizer.h"
#include "train/averages.h"
#include "train/undo.h"

gan_status gan__trainer_batch(gan_trainer *t, int32_t feed, gan_value *out)
{
    gan__feed_state *state = &t->feeds[feed];
    gan_tensor *const *batch = &state->fed;
    gan__shape shape;
    *out = -1;
    if (!state->fed) {
        if (!state->batcher) return GAN_OK;
        if (t->rehearsing)
            batch = gan__batcher_blank(state->batcher);
        else
            GAN__TRY(gan__batcher_next(state->batcher, &batch));
    }
    GAN__TRY(gan__tensor_shape(*batch, &shape));
    if (t->kind->feeds[feed].field)
        t->batch = shape.n;
    else if (shape.n != t->batch)
        return gan__fail(t->object.context, GAN_E_SHAPE,
                         "%s: '%s' was fed %lld samples, the step has %lld", t->kind->kind.name,
                         t->kind->feeds[feed].name, (long long)shape.n, (long long)t->batch);
    return gan_tape_input(t->tape, *batch, 0, out);
}

gan_status gan__trainer_apply(gan_trainer *t, int32_t role, const char *mode,
                              const gan_value *inputs, int32_t input_count, gan_value *outputs,
                              int32_t output_count)
{
    gan_status status =
        gan_tape_apply(t->tape, t->models[role], mode, inputs, input_count, outputs, output_count);
    if (status == GAN_OK) return GAN_OK;
    return gan__fail_in(t->object.context, status, "%s: the %s", t->kind->kind.name,
                        t->kind->roles[role].name);
}

gan_status gan__trainer_measure(gan_trainer *t, int32_t value, gan_value scalar)
{
    GAN__TRY(gan_tape_scalar(t->tape, scalar, &t->values[value]));
    if (isfinite(t->values[value])) return GAN_OK;
    return gan__fail(t->object.context, GAN_E_DIVERGED, "%s: %s is not finite in step %lld",
                     t->kind->kind.name, t->kind->values[value], (long long)t->steps + 1);
}

static gan_status step_update(gan_trainer *t, int32_t group, int32_t norm_value, bool undoable)
{
    gan_optimizer *optimizer = t->optimizers[group];
    gan_status status;
    if (t->rehearsing) return gan__optimizer_rehearse(optimizer, undoable);
    if (undoable && !optimizer->kept) t->undo.groups[t->undo.group_count++] = group;
    status = undoable ? gan__optimizer_step_undoable(optimizer) : gan_optimizer_step(optimizer);
    GAN__TRY(gan_optimizer_norm(optimizer, &t->values[norm_value]));
    if (status == GAN_E_DIVERGED && optimizer->overflowed)
        return gan__fail(t->object.context, status,
                         "%s: optimizer.%s: a new weight or moment is not finite in step %lld",
                         t->kind->kind.name, t->kind->groups[group], (long long)t->steps + 1);
    if (status == GAN_E_DIVERGED)
        return gan__fail(t->object.context, status, "%s: %s is not finite in step %lld",
                         t->kind->kind.name, t->kind->values[norm_value], (long long)t->steps + 1);
    return status == GAN_OK ? gan_optimizer_zero(optimizer) : status;
}

gan_status gan__trainer_update(gan_trainer *t, int32_t group, int32_t norm_value)
{
    return step_update(t, group, norm_value, true);
}

/* What the step's passes have changed, and no update checks. */
static gan_status step_check_statistics(const gan_trainer *t)
{
    for (int32_t i = 0; i < t->kind->role_count; i++) {
        const gan__named_parameter *entry = gan__model_diverged(t->models[i]);
        if (entry)
            return gan__fail(t->object.context, GAN_E_DIVERGED,
                             "%s: %s %s is not finite in step %lld", t->kind->kind.name,
                             t->kind->roles[i].name, entry->name, (long long)t->steps + 1);
    }
    return GAN_OK;
}

gan_status gan__trainer_update_last(gan_trainer *t, int32_t group, int32_t norm_value)
{
    if (!t->rehearsing) GAN__TRY(step_check_statistics(t));
    return step_update(t, group, norm_value, false);
}

gan_status gan__trainer_clamp(gan_trainer *t, int32_t role, double limit)
{
    const int32_t group = gan__trainer_group(t, t->kind->roles[role].group);
    if (t->rehearsing) return GAN_OK;
    GAN__TRY(gan__optimizer_keep(t->optimizers[group])); /* of stores that were not updated */
    return gan_model_clamp(t->models[role], -limit, limit);
}

/* The step was made: nothing here can fail. */
static void step_commit(gan_trainer *t)
{
    gan__averages_update(t);
    memcpy(t->reported, t->values, sizeof t->reported);
}

/* A step was made or skipped: its batches are used up. */
static void step_complete(gan_trainer *t)
{
    t->steps++;
    for (int32_t i = 0; i < t->kind->feed_count; i++) {
        gan_tensor_release(t->feeds[i].fed);
        t->feeds[i].fed = NULL;
    }
}

/* One step, undone as a whole if it fails. */
static gan_status trainer_step(gan_trainer *t)
{
    gan_status status;
    if (t->stepping)
        return gan__fail(t->object.context, GAN_E_STATE, "%s: a step is already under way",
                         t->kind->kind.name);
    if (t->calling)
        return gan__fail(t->object.context, GAN_E_STATE,
                         "%s: the step callback of gan_trainer_run has not returned",
                         t->kind->kind.name);
    GAN__TRY(gan__trainer_ready(t));
    t->stepping = true;
    gan__undo_begin(t);
    status = t->kind->step(t);
    if (status == GAN_OK)
        step_commit(t);
    else
        gan__undo(t);
    if (status == GAN_E_DIVERGED &&
        gan__trainer_options(t)->on_divergence == GAN__ON_DIVERGENCE_SKIP) {
        gan__log(t->object.context, GAN_LOG_WARNING, "%s; the step was skipped",
                 gan_context_message(t->object.context));
        status = gan__undo_skip(t);
    }
    if (status == GAN_OK) step_complete(t);
    t->stepping = false;
    return status;
}

gan_status gan_trainer_step(gan_trainer *t)
{
    GAN__TRY(gan__object_check(NULL, t, GAN__TRAINER, "gan_trainer_step", "trainer"));
    GAN__RETURN_ENTERED(t->object.context, trainer_step(t));
}

/* The callback may do anything but step and run this trainer. It has the floating-point mode of the
 * caller, whom it belongs to, and who would be left with ours if it never returned. */
static int32_t step_report(gan_trainer *t, gan_trainer_function on_step, void *user, uint64_t mode)
{
    t->calling = true;
    gan__float_mode_restore(mode);
    int32_t stop = on_step(user, t);
    (void)gan__float_mode_default();
    t->calling = false;
    return stop;
}

static gan_status trainer_run(gan_trainer *t, int64_t steps, gan_trainer_function on_step,
                              void *user, uint64_t mode)
{
    for (int64_t i = 0; i < steps; i++) {
        GAN__TRY(trainer_step(t));
        if (on_step && step_report(t, on_step, user, mode))
            return gan__fail(t->object.context, GAN_E_CANCELLED,
                             "%s: stopped by the caller after step %lld", t->kind->kind.name,
                             (long long)t->steps);
    }
    return GAN_OK;
}

gan_status gan_trainer_run(gan_trainer *t, int64_t steps, gan_trainer_function on_step, void *user)
{
    GAN__TRY(gan__object_check(NULL, t, GAN__TRAINER, "gan_trainer_run", "trainer"));
    if (steps < 0)
        return gan__fail(t->object.context, GAN_E_ARGUMENT, "gan_trainer_run: steps is %lld",
                         (long long)steps);
    gan_context *context = t->object.context;
    gan__entry entry;
    GAN__TRY(gan__enter(context, &entry));
    gan_trainer_retain(t); /* the callback may drop the last reference but this one */
    gan_status status = trainer_run(t, steps, on_step, user, entry.mode);
    gan__leave(context, &entry);
    gan_trainer_release(t);
    return status;
}
