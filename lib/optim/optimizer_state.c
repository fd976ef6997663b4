/* optimizer_state.c: what an optimiser carries from step to step, told and set from outside: its
 * rate, its counts and its moments. */
#include "optim/optimizer.h"

#include "base/memory.h"
#include "base/number.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define STATE_MOST_STEPS ((int64_t)1 << 48)

/* ---- the rate ---- */

static gan_status state_set_rate(gan_optimizer *optimizer, double rate)
{
    gan_context *context = optimizer->object.context;
    const gan__option *option = &gan__optimizer_common_options[0]; /* lr */
    gan__optimizer_common *common = optimizer->options;
    const double before = common->lr;
    char given[GAN__NUMBER_SIZE], least[GAN__NUMBER_SIZE], most[GAN__NUMBER_SIZE], *text;
    if (!(rate >= option->least && rate <= option->most))
        return gan__fail(context, GAN_E_ARGUMENT,
                         "gan_optimizer_set_rate: rate is %s, not from %s to %s",
                         gan__number_print(rate, given), gan__number_print(option->least, least),
                         gan__number_print(option->most, most));
    common->lr = rate;
    gan_status status = gan__optimizer_spell(optimizer, &text);
    if (status == GAN_OK) {
        gan__free(context, optimizer->text);
        optimizer->text = text;
    } else {
        gan__free(context, text);
        common->lr = before;
    }
    return status;
}

gan_status gan_optimizer_set_rate(gan_optimizer *optimizer, double rate)
{
    GAN__TRY(
        gan__object_check(NULL, optimizer, GAN__OPTIMIZER, "gan_optimizer_set_rate", "optimizer"));
    GAN__RETURN_ENTERED(optimizer->object.context, state_set_rate(optimizer, rate));
}

/* ---- one parameter's place ---- */

/* Which parameter of which model a call is about. */
typedef struct state_name {
    const char *function;
    const gan_optimizer *optimizer;
    const gan_model *model;
    const char *name;
} state_name;

typedef struct state_place {
    gan__optimizer_state *state;
    const gan__parameter *parameter;
} state_place;

static gan_status state_check(const state_name *of)
{
    GAN__TRY(gan__object_check(NULL, of->optimizer, GAN__OPTIMIZER, of->function, "optimizer"));
    gan_context *context = of->optimizer->object.context;
    GAN__TRY(gan__object_check(context, of->model, GAN__MODEL, of->function, "model"));
    if (!of->name) return gan__fail(context, GAN_E_ARGUMENT, "%s: name is NULL", of->function);
    if (of->model->object.context == context) return GAN_OK;
    return gan__fail(context, GAN_E_ARGUMENT, "%s: the model belongs to another context",
                     of->function);
}

static gan_status state_find(const state_name *of, state_place *out)
{
    const gan__named_parameter *entry;
    gan_context *context = of->optimizer->object.context;
    GAN__TRY(gan__model_find(of->model, of->name, of->function, &entry));
    out->parameter = &entry->layer->parameters[entry->index];
    if (!out->parameter->trained)
        return gan__fail(context, GAN_E_ARGUMENT, "%s: %s is a buffer, which nothing trains",
                         of->function, of->name);
    for (size_t i = 0; i < of->optimizer->state_count; i++) {
        out->state = &of->optimizer->states[i];
        if (out->state->store == entry->layer->store) return GAN_OK;
    }
    return gan__fail(context, GAN_E_ARGUMENT,
                     "%s: the optimizer does not train %s of this model: it was not added",
                     of->function, of->name);
}

/* ---- counts ---- */

static gan_status state_check_steps(gan_context *context, const char *function, int64_t steps)
{
    if (steps >= 0 && steps <= STATE_MOST_STEPS) return GAN_OK;
    return gan__fail(context, GAN_E_ARGUMENT, "%s: steps is %" PRId64 ", not from 0 to 2^48",
                     function, steps);
}

int64_t gan_optimizer_steps(const gan_optimizer *optimizer)
{
    return gan__object_is(optimizer, GAN__OPTIMIZER) ? optimizer->steps : 0;
}

static gan_status state_set_steps(gan_optimizer *optimizer, int64_t steps)
{
    GAN__TRY(state_check_steps(optimizer->object.context, "gan_optimizer_set_steps", steps));
    optimizer->steps = steps;
    for (size_t i = 0; i < optimizer->state_count; i++) optimizer->states[i].steps = steps;
    return GAN_OK;
}

gan_status gan_optimizer_set_steps(gan_optimizer *optimizer, int64_t steps)
{
    GAN__TRY(
        gan__object_check(NULL, optimizer, GAN__OPTIMIZER, "gan_optimizer_set_steps", "optimizer"));
    GAN__RETURN_ENTERED(optimizer->object.context, state_set_steps(optimizer, steps));
}

static gan_status state_parameter_steps(const state_name *of, int64_t *out)
{
    state_place place;
    GAN__TRY(state_find(of, &place));
    *out = place.state->steps;
    return GAN_OK;
}

gan_status gan_optimizer_parameter_steps(const gan_optimizer *optimizer, const gan_model *model,
                                         const char *name, int64_t *out)
{
    const state_name of = {"gan_optimizer_parameter_steps", optimizer, model, name};
    GAN__TRY(state_check(&of));
    gan_context *context = optimizer->object.context;
    if (!out) return gan__fail(context, GAN_E_ARGUMENT, "%s: out is NULL", of.function);
    GAN__RETURN_ENTERED(context, state_parameter_steps(&of, out));
}

static gan_status state_set_parameter_steps(const state_name *of, int64_t steps)
{
    state_place place;
    GAN__TRY(state_find(of, &place));
    GAN__TRY(state_check_steps(of->optimizer->object.context, of->function, steps));
    place.state->steps = steps;
    return GAN_OK;
}

gan_status gan_optimizer_set_parameter_steps(gan_optimizer *optimizer, const gan_model *model,
                                             const char *name, int64_t steps)
{
    const state_name of = {"gan_optimizer_set_parameter_steps", optimizer, model, name};
    GAN__TRY(state_check(&of));
    GAN__RETURN_ENTERED(optimizer->object.context, state_set_parameter_steps(&of, steps));
}

/* ---- moments ---- */

int32_t gan_optimizer_moment_count(const gan_optimizer *optimizer)
{
    return gan__object_is(optimizer, GAN__OPTIMIZER) ? optimizer->moment_count : 0;
}

const char *gan_optimizer_moment_name(const gan_optimizer *optimizer, int32_t index)
{
    if (index < 0 || index >= gan_optimizer_moment_count(optimizer)) return NULL;
    return optimizer->moment_names[index];
}

static gan_status state_moment(const state_name *of, const char *moment, state_place *place,
                               float **out)
{
    const gan_optimizer *optimizer = of->optimizer;
    GAN__TRY(state_find(of, place));
    for (int32_t i = 0; i < optimizer->moment_count; i++) {
        if (strcmp(optimizer->moment_names[i], moment) != 0) continue;
        *out = place->state->moments[i] + place->parameter->offset;
        return GAN_OK;
    }
    const char *near = gan__nearest(moment, strlen(moment), optimizer->moment_names,
                                    (size_t)optimizer->moment_count);
    return gan__fail(optimizer->object.context, GAN_E_ARGUMENT,
                     "%s: %s has no moment '%.64s'%s%s%s", of->function, optimizer->kind->kind.name,
                     moment, near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* What both directions check before the context is entered. */
static gan_status state_check_tensor(const state_name *of, const char *moment,
                                     const gan_tensor *tensor)
{
    GAN__TRY(state_check(of));
    gan_context *context = of->optimizer->object.context;
    if (!moment) return gan__fail(context, GAN_E_ARGUMENT, "%s: moment is NULL", of->function);
    return gan__object_check(context, tensor, GAN__TENSOR, of->function, "tensor");
}

static gan_status state_read(const state_name *of, const char *moment, gan_tensor *tensor)
{
    state_place place;
    float *memory;
    GAN__TRY(state_moment(of, moment, &place, &memory));
    return gan__parameter_export_tensor(of->optimizer->object.context, place.parameter, of->name,
                                        memory, tensor);
}

gan_status gan_optimizer_read(const gan_optimizer *optimizer, const gan_model *model,
                              const char *name, const char *moment, gan_tensor *tensor)
{
    const state_name of = {"gan_optimizer_read", optimizer, model, name};
    GAN__TRY(state_check_tensor(&of, moment, tensor));
    GAN__RETURN_ENTERED(optimizer->object.context, state_read(&of, moment, tensor));
}

static bool state_is_finite(const float *values, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        if (!isfinite(values[i])) return false;
    return true;
}

static gan_status state_write(const state_name *of, const char *moment, const gan_tensor *tensor)
{
    gan_context *context = of->optimizer->object.context;
    state_place place;
    float *memory, *values;
    GAN__TRY(state_moment(of, moment, &place, &memory));
    const size_t count = (size_t)place.parameter->count;
    GAN__TRY(gan__allocate_raw(context, &values, count, sizeof *values));
    gan_status status =
        gan__parameter_import_tensor(context, place.parameter, of->name, tensor, values);
    if (status == GAN_OK && !state_is_finite(values, place.parameter->count))
        status = gan__fail(context, GAN_E_ARGUMENT, "%s: a number for %s of %s is not finite",
                           of->function, moment, of->name);
    if (status == GAN_OK) memcpy(memory, values, count * sizeof *values);
    place.state->bounded = false;
    gan__free(context, values);
    return status;
}

gan_status gan_optimizer_write(gan_optimizer *optimizer, const gan_model *model, const char *name,
                               const char *moment, const gan_tensor *tensor)
{
    const state_name of = {"gan_optimizer_write", optimizer, model, name};
    GAN__TRY(state_check_tensor(&of, moment, tensor));
    GAN__RETURN_ENTERED(optimizer->object.context, state_write(&of, moment, tensor));
}
