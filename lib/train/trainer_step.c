/* trainer_step.c: what a step is made of, and the step itself: made as a whole, or not at all. */
#include "train/trainer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/watch.h"
#include "optim/optimizer.h"
#include "train/averages.h"
#include "train/feeds.h"
#include "train/pools.h"
#include "train/spaces.h"
#include "train/undo.h"
#include "train/warnings.h"

/* ---- batches ---- */

gan_status gan__trainer_put(const gan_trainer *t, gan_tape *tape, const gan__feed_field *field,
                            gan_tensor *tensor, gan_value *out)
{
    const gan__cast *cast = t->cast;
    const bool picture = field->row->field && !strcmp(field->row->field, "image");
    char statement[48];
    int64_t shape[4];
    GAN__TRY(gan_tape_input(tape, tensor, picture ? 0 : GAN_INPUT_NUMBERS, out));
    if (field->space < 0 || cast->spaces[field->space].row->type != GAN__SPACE_CONDITION)
        return GAN_OK;
    GAN__TRY(gan_tape_shape(tape, *out, shape));
    const int64_t channels = t->shapes[field->space].c;
    if (channels == 1 || shape[3] != 1) return GAN_OK;
    snprintf(statement, sizeof statement, "onehot %lld", (long long)channels);
    return gan_tape_layer(tape, statement, out, 1, out);
}

/* The samples of a step are as many as the last data feed brought. */
static gan_status step_count(gan_trainer *t, int32_t feed, int32_t field, const gan_tensor *tensor,
                             bool first)
{
    const gan__feed *kind = &t->cast->feeds[feed];
    const bool several = kind->field_count > 1;
    gan__shape shape;
    GAN__TRY(gan__tensor_shape(tensor, &shape));
    if (first && !(kind->flags & GAN__FEED_BY_HAND) && kind->like < 0) t->batch = shape.n;
    if (shape.n == t->batch) return GAN_OK;
    return gan__fail(t->object.context, GAN_E_SHAPE,
                     "%s: '%s%s%s' was fed %lld samples, the step has %lld", t->kind->kind.name,
                     kind->name, several ? "." : "", several ? kind->fields[field].row->field : "",
                     (long long)shape.n, (long long)t->batch);
}

/* What is fed has the size of its space, where that is settled: layers that go on with it may tile
 * a smaller one. */
static gan_status step_size(const gan_trainer *t, int32_t feed, int32_t field, gan_value value)
{
    const gan__feed *kind = &t->cast->feeds[feed];
    const int32_t space = kind->fields[field].space;
    int64_t shape[4];
    char size[88];
    gan__space_text text;
    GAN__TRY(gan_tape_shape(t->tape, value, shape));
    const gan__shape *wanted = space < 0 ? NULL : &t->shapes[space];
    if (!wanted || wanted->h < 0 || wanted->w < 0) return GAN_OK;
    if (shape[1] == wanted->h && shape[2] == wanted->w && shape[3] == wanted->c) return GAN_OK;
    return gan__fail(t->object.context, GAN_E_SHAPE, "%s: '%s' was fed %s, its networks have %s",
                     t->kind->kind.name, kind->name,
                     gan__picture_print((gan__shape){1, shape[1], shape[2], shape[3]}, size),
                     gan__space_print(&t->cast->spaces[space], *wanted, &text));
}

static gan_status step_batch(gan_trainer *t, int32_t feed, gan_value *fields)
{
    const gan__feed *kind = &t->cast->feeds[feed];
    gan_tensor *tensors[GAN__MAX_FIELDS] = {NULL};
    bool first = true;
    GAN__TRY(gan__feed_tensors(t, feed, tensors));
    for (int32_t f = 0; f < kind->field_count; f++) {
        fields[f] = -1;
        if (!tensors[f]) continue;
        GAN__TRY(step_count(t, feed, f, tensors[f], first));
        GAN__TRY(gan__trainer_put(t, t->tape, &kind->fields[f], tensors[f], &fields[f]));
        GAN__TRY(step_size(t, feed, f, fields[f]));
        first = false;
    }
    return GAN_OK;
}

gan_status gan__trainer_batch(gan_trainer *t, int32_t feed, gan_value *fields)
{
    gan__watch watch;
    gan__watch_begin(t->object.context, &watch, "batch", "read");
    gan_status status = step_batch(t, feed, fields);
    gan__watch_end(t->object.context, &watch);
    return status;
}

/* ---- networks ---- */

gan_status gan__player_apply(gan_trainer *t, int32_t role, const gan__application *call,
                             const gan_value *inputs, gan_value *outputs)
{
    const gan__player *player = &t->players[role];
    const int32_t groups = call->groups, in = (int32_t)call->model->input_count,
                  out = (int32_t)call->model->output_count;
    GAN__TRY(gan__grow(t->object.context, &t->ports, &t->port_capacity,
                       (size_t)groups * (size_t)(in + out), sizeof *t->ports));
    gan_value *to = t->ports, *from = t->ports + groups * in;
    for (int32_t g = 0; g < groups; g++)
        for (int32_t i = 0; i < player->input_count; i++)
            if (player->inputs[i] >= 0)
                to[g * in + player->inputs[i]] = inputs[g * player->input_count + i];
    GAN__TRY(
        gan_tape_apply(call->tape, call->model, call->mode, to, groups * in, from, groups * out));
    for (int32_t g = 0; g < groups; g++)
        for (int32_t i = 0; i < player->output_count; i++)
            outputs[g * player->output_count + i] =
                player->outputs[i] < 0 ? -1 : from[g * out + player->outputs[i]];
    return GAN_OK;
}

gan_status gan__trainer_apply_groups(gan_trainer *t, int32_t role, const char *mode, int32_t groups,
                                     const gan_value *inputs, gan_value *outputs)
{
    char words[64];
    snprintf(words, sizeof words, "%s groups=%d", mode, (int)groups);
    const gan__application call = {t->tape, t->players[role].model, words, groups};
    gan_status status = gan__player_apply(t, role, &call, inputs, outputs);
    if (status == GAN_OK) return GAN_OK;
    return gan__fail_in(t->object.context, status, "%s: the %s", t->kind->kind.name,
                        t->cast->roles[role].name);
}

gan_status gan__trainer_apply(gan_trainer *t, int32_t role, const char *mode,
                              const gan_value *inputs, gan_value *outputs)
{
    return gan__trainer_apply_groups(t, role, mode, 1, inputs, outputs);
}

/* ---- losses ---- */

gan_status gan__trainer_measure(gan_trainer *t, int32_t value, gan_value scalar)
{
    GAN__TRY(gan_tape_scalar(t->tape, scalar, &t->values[value]));
    if (isfinite(t->values[value])) return GAN_OK;
    return gan__fail(t->object.context, GAN_E_DIVERGED, "%s: %s is not finite in step %lld",
                     t->kind->kind.name, t->cast->values[value].name, (long long)t->steps + 1);
}

gan_status gan__trainer_fold(gan_trainer *t, const gan__terms *own, gan__terms *all)
{
    gan_value sum;
    GAN__TRY(gan_tape_combine(t->tape, own->values, own->weights, own->count, &sum));
    gan__terms_add(all, sum, 1);
    all->flat += own->flat;
    return GAN_OK;
}

gan_status gan__trainer_sum(gan_trainer *t, const gan__terms *terms, int32_t value, gan_value *out)
{
    if (terms->count > GAN__MOST_TERMS)
        return gan__fail(t->object.context, GAN_E_INTERNAL, "%s: %s has more than %d terms",
                         t->kind->kind.name, t->cast->values[value].name, GAN__MOST_TERMS);
    GAN__TRY(gan_tape_combine(t->tape, terms->values, terms->weights, terms->count, out));
    t->flat[value] = terms->flat;
    return gan__trainer_measure(t, value, *out);
}

gan_status gan__trainer_gradients(gan_trainer *t, gan_value loss, int32_t group)
{
    int32_t count = 0;
    for (int32_t i = 0; i < t->cast->role_count; i++)
        if (t->players[i].model && t->cast->roles[i].group == group)
            t->scratch[count++] = t->players[i].model;
    return gan_tape_backward(t->tape, &loss, NULL, 1, t->scratch, count);
}

gan_status gan__trainer_backward(gan_trainer *t, gan_value loss, int32_t group)
{
    GAN__TRY(gan__trainer_gradients(t, loss, group));
    gan__tape_settle(t->tape);
    return GAN_OK;
}

/* ---- updates ---- */

/* What an update that failed is told as. */
static gan_status step_explain(gan_trainer *t, int32_t group, gan_status status)
{
    gan_context *context = t->object.context;
    const char *kind = t->kind->kind.name;
    if (status != GAN_E_DIVERGED) return status;
    if (t->optimizers[group]->overflowed)
        return gan__fail(context, status,
                         "%s: optimizer.%s: a new weight or moment is not finite in step %lld",
                         kind, t->cast->groups[group].name, (long long)t->steps + 1);
    return gan__fail(context, status, "%s: %s is not finite in step %lld", kind,
                     t->cast->values[gan__cast_gradient(t->cast, group)].name,
                     (long long)t->steps + 1);
}

gan_status gan__trainer_update(gan_trainer *t, int32_t group)
{
    gan_optimizer *optimizer = t->optimizers[group];
    if (t->rehearsing) return gan__optimizer_rehearse(optimizer, true);
    gan_status status = gan__optimizer_step_undoable(optimizer);
    t->values[gan__cast_gradient(t->cast, group)] = optimizer->norm;
    if (status != GAN_OK) return step_explain(t, group, status);
    return gan_optimizer_zero(optimizer);
}

/* What the step's passes have changed, and no update checks. */
static gan_status step_check_statistics(const gan_trainer *t)
{
    for (int32_t i = 0; i < t->cast->role_count; i++) {
        const gan_model *model = t->players[i].model;
        const gan__named_parameter *found = model ? gan__model_diverged(model) : NULL;
        if (found)
            return gan__fail(t->object.context, GAN_E_DIVERGED,
                             "%s: %s %s is not finite in step %lld", t->kind->kind.name,
                             t->cast->roles[i].name, found->name, (long long)t->steps + 1);
    }
    return GAN_OK;
}

/* All are tried before the first is made. */
static gan_status step_try(gan_trainer *t, const int32_t *groups, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        gan_optimizer *optimizer = t->optimizers[groups[i]];
        gan_status status = t->rehearsing ? gan__optimizer_rehearse(optimizer, false)
                                          : gan__optimizer_try(optimizer);
        if (!t->rehearsing) t->values[gan__cast_gradient(t->cast, groups[i])] = optimizer->norm;
        if (status != GAN_OK) return step_explain(t, groups[i], status);
    }
    return GAN_OK;
}

gan_status gan__trainer_update_last(gan_trainer *t, const int32_t *groups, int32_t count)
{
    if (!t->rehearsing) GAN__TRY(step_check_statistics(t));
    GAN__TRY(step_try(t, groups, count));
    for (int32_t i = 0; i < count && !t->rehearsing; i++) {
        gan__optimizer_apply(t->optimizers[groups[i]]);
        (void)gan_optimizer_zero(t->optimizers[groups[i]]);
    }
    return GAN_OK;
}

/* Stores that no update has reached are clamped as well, so they are kept now. */
gan_status gan__trainer_clamp(gan_trainer *t, int32_t role, double limit)
{
    const int32_t group = t->cast->roles[role].group;
    if (t->rehearsing) return GAN_OK;
    GAN__TRY(gan__optimizer_keep(t->optimizers[group]));
    return gan_model_clamp(t->players[role].model, -limit, limit);
}

/* ---- the step ---- */

static gan_status step_begin(gan_trainer *t)
{
    gan__undo_begin(t);
    for (int32_t i = 0; i < t->cast->value_count; i++) t->values[i] = NAN; /* not measured yet */
    memcpy(t->memory, t->kept, (size_t)gan__warnings_memory(t) * sizeof *t->memory);
    for (int32_t i = 0; i < t->cast->group_count; i++)
        GAN__TRY(gan_optimizer_rate(t->optimizers[i], &t->values[gan__cast_rate(t->cast, i)]));
    return GAN_OK;
}

/* The step was made: nothing here can fail. */
static void step_commit(gan_trainer *t)
{
    gan__averages_update(t);
    gan__pools_commit(t);
    for (int32_t i = 0; i < t->cast->value_count; i++)
        if (!isnan(t->values[i])) t->reported[i] = t->values[i];
    gan__warnings_look(t);
    memcpy(t->kept, t->memory, (size_t)gan__warnings_memory(t) * sizeof *t->kept);
}

/* One step, undone as a whole if it fails. */
static gan_status step_make(gan_trainer *t)
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
    status = step_begin(t);
    if (status == GAN_OK) status = t->kind->step(t);
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
    if (status == GAN_OK) {
        t->steps++;
        gan__feeds_drop(t);
    }
    t->stepping = false;
    return status;
}

static gan_status trainer_step(gan_trainer *t)
{
    gan__watch watch;
    gan__watch_begin(t->object.context, &watch, t->kind->kind.name, "step");
    gan_status status = step_make(t);
    gan__watch_end(t->object.context, &watch);
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
