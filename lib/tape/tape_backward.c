/* tape_backward.c: from values back to parameters and inputs.
 *
 * Three walks over the records. Forwards: which values have something wanted upstream. Backwards:
 * which of those a gradient will reach; what can fail, stale models and memory, fails here.
 * Backwards again: the gradients, which nothing can stop. A value that several records read gets
 * the sum, in the order of the records, last one first. */
#include "tape/record.h"

#include "base/memory.h"
#include "compute/pointwise.h"
#include "compute/reduce.h"

typedef struct backward_call {
    const gan_value *values;
    gan_tensor *const *seeds;
    size_t count;
    gan_model *const *models;
    size_t model_count;
} backward_call;

/* ---- what is wanted ---- */

static bool backward_wants(const gan_tape *tape, const gan__store *store)
{
    for (size_t i = 0; i < tape->store_count; i++)
        if (tape->stores[i] == store) return true;
    return false;
}

static gan_status backward_stores(gan_tape *tape, const backward_call *call)
{
    gan_context *context = tape->object.context;
    tape->store_count = 0;
    for (size_t i = 0; i < call->model_count; i++) {
        const gan_model *model = call->models[i];
        GAN__TRY(gan__object_check(context, model, GAN__MODEL, "gan_tape_backward", "model"));
        if (model->object.context != context)
            return gan__fail(context, GAN_E_ARGUMENT,
                             "gan_tape_backward: model %zu belongs to another context", i);
        for (size_t j = 0; j < model->store_count; j++) {
            if (backward_wants(tape, model->stores[j])) continue;
            GAN__TRY(gan__grow(context, &tape->stores, &tape->store_capacity, tape->store_count + 1,
                               sizeof *tape->stores));
            tape->stores[tape->store_count++] = model->stores[j];
        }
    }
    return GAN_OK;
}

static bool backward_needs(const gan_tape *tape, const gan__record *record)
{
    const gan__record *applied = gan__record_application(record);
    if (record->kind == GAN__RECORD_DETACH) return false;
    if (applied && !applied->frozen)
        for (size_t i = 0; i < applied->store_count; i++)
            if (backward_wants(tape, applied->model->stores[i])) return true;
    for (size_t i = 0; i < record->operand_count; i++)
        if (gan__tape_at(tape, record->operands[i])->needed) return true;
    return false;
}

static void backward_mark_needed(gan_tape *tape)
{
    for (size_t i = 0; i < tape->used; i++) {
        gan__record *record = tape->records[i];
        bool needed = backward_needs(tape, record);
        for (size_t j = 0; j < record->value_count; j++) {
            record->values[j].needed = needed || record->values[j].wanted;
            record->values[j].reached = false;
        }
    }
}

/* ---- what will be reached, and what that takes ---- */

static gan_status backward_check_seeds(gan_tape *tape, const backward_call *call, size_t *spare)
{
    for (size_t i = 0; i < call->count; i++) {
        const gan_tensor *seed = call->seeds ? call->seeds[i] : NULL;
        int32_t index;
        GAN__TRY(gan__tape_find(tape, "gan_tape_backward", call->values[i], &index));
        gan__tape_value *value = gan__tape_at(tape, index);
        size_t count = (size_t)gan__shape_count(value->shape);
        value->reached = value->needed;
        if (count > *spare) *spare = count;
        if (!seed) continue;
        GAN__TRY(gan__tape_check_tensor(tape, "gan_tape_backward", value->shape, seed));
        if (seed->dtype != GAN_FLOAT32)
            return gan__fail(tape->object.context, GAN_E_SHAPE,
                             "gan_tape_backward: seed %zu is %s, not float32", i,
                             gan__dtype_name(seed->dtype));
    }
    return GAN_OK;
}

/* The parameters that the record's plan would use must be those that it was applied with. */
static gan_status backward_check_model(gan_tape *tape, size_t number, const gan__record *record)
{
    int32_t value = 0;
    if (!gan__record_is_stale(record)) return GAN_OK;
    for (size_t i = 0; i < number; i++) value += (int32_t)tape->records[i]->value_count;
    return gan__fail(tape->object.context, GAN_E_STATE,
                     "tape: the model of value %d was changed since it was applied%s", value,
                     record->spent == record->round ? ", or has run backwards for good" : "");
}

/* An application's outputs lie group beside group, so that a plan can read them as one. */
static void backward_place(gan__record *record)
{
    size_t groups = gan__record_application(record) ? (size_t)record->groups : 1;
    size_t outputs = record->value_count / groups;
    float *at = record->gradient.memory;
    for (size_t i = 0; i < outputs; i++)
        for (size_t g = 0; g < groups; g++) {
            gan__tape_value *value = &record->values[g * outputs + i];
            value->gradient = at;
            at += gan__shape_count(value->shape);
        }
}

static gan_status backward_reserve(gan_tape *tape, gan__record *record, size_t *spare)
{
    gan_context *context = tape->object.context;
    size_t own = 0, brought = 0;
    for (size_t i = 0; i < record->value_count; i++)
        own += (size_t)gan__shape_count(record->values[i].shape);
    for (size_t i = 0; i < record->operand_count; i++)
        brought += (size_t)gan__shape_count(gan__tape_at(tape, record->operands[i])->shape);
    /* Groups without tangent lie beside those that have one. */
    for (size_t i = 0; i < record->tangent.path_count; i++)
        brought += (size_t)gan__shape_count(gan__tape_at(tape, record->operands[i])->shape);
    if (brought > *spare) *spare = brought;
    GAN__TRY(gan__block_reserve(context, &record->gradient, own));
    backward_place(record);
    const gan__record *applied = gan__record_application(record);
    if (!applied || applied->frozen) return GAN_OK;
    for (size_t i = 0; i < applied->store_count; i++)
        if (backward_wants(tape, applied->model->stores[i]))
            GAN__TRY(gan__store_need_gradients(applied->model->stores[i]));
    return GAN_OK;
}

static bool backward_is_reached(const gan__record *record)
{
    for (size_t i = 0; i < record->value_count; i++)
        if (record->values[i].reached) return true;
    return false;
}

static gan_status backward_mark_reached(gan_tape *tape, size_t *spare)
{
    for (size_t i = tape->used; i-- > 0;) {
        gan__record *record = tape->records[i];
        if (!backward_is_reached(record)) continue;
        if (gan__record_application(record)) GAN__TRY(backward_check_model(tape, i, record));
        GAN__TRY(backward_reserve(tape, record, spare));
        if (record->kind == GAN__RECORD_DETACH) continue; /* a leaf: nothing passes */
        for (size_t j = 0; j < record->operand_count; j++) {
            gan__tape_value *value = gan__tape_at(tape, record->operands[j]);
            value->reached |= value->needed;
        }
    }
    return GAN_OK;
}

/* ---- the gradients ---- */

/* Where the next gradient of a value is to be written: its own place if it is the first, else
 * *spare, which moves on. NULL where it is not wanted. */
static float *backward_target(const gan_tape *tape, gan__tape_value *value, float **spare)
{
    if (!value->needed) return NULL;
    float *target = value->gradient;
    if (value->pass == tape->pass) {
        target = *spare;
        *spare += gan__shape_count(value->shape);
    }
    value->pass = tape->pass;
    return target;
}

static void backward_add(const gan_tape *tape, gan__tape_value *value, const float *written)
{
    if (written && written != value->gradient)
        gan__add(tape->object.context, gan__shape_count(value->shape), value->gradient, written,
                 value->gradient);
}

/* Takes a gradient that lies elsewhere to its value, if it is wanted. */
static void backward_bring(const gan_tape *tape, gan__tape_value *value, const float *from)
{
    if (!value->needed) return;
    if (value->pass == tape->pass)
        backward_add(tape, value, from);
    else
        gan__copy(tape->object.context, gan__shape_count(value->shape), from, value->gradient);
    value->pass = tape->pass;
}

static void backward_seed(gan_tape *tape, const backward_call *call)
{
    for (size_t i = 0; i < call->count; i++) {
        gan__tape_value *value = gan__tape_at(tape, (int32_t)(call->values[i] & UINT32_MAX));
        float *spare = tape->spare.memory, *target = backward_target(tape, value, &spare);
        if (!target) continue;
        if (call->seeds && call->seeds[i])
            gan__tensor_read(call->seeds[i], false, target);
        else
            gan__fill(tape->object.context, gan__shape_count(value->shape), 1.0f, target);
        backward_add(tape, value, target);
    }
}

static void backward_loss(gan_tape *tape, gan__record *record)
{
    float *spare = tape->spare.memory, *dx[2] = {NULL, NULL};
    for (size_t i = 0; i < record->operand_count; i++)
        dx[i] = backward_target(tape, gan__tape_at(tape, record->operands[i]), &spare);
    record->loss.kind->gradient(&record->loss, record->values[0].gradient[0], dx);
    for (size_t i = 0; i < record->operand_count; i++)
        backward_add(tape, gan__tape_at(tape, record->operands[i]), dx[i]);
}

/* A scalar that was added to all elements gets what comes to them all. */
static void backward_combine(gan_tape *tape, gan__record *record)
{
    gan_context *context = tape->object.context;
    const gan__tape_value *whole = &record->values[0];
    const int64_t count = gan__shape_count(whole->shape);
    for (size_t i = 0; i < record->operand_count; i++) {
        gan__tape_value *value = gan__tape_at(tape, record->operands[i]);
        const double weight = record->weights[i];
        const bool add = value->pass == tape->pass;
        if (!value->needed) continue;
        if (value->scalar && !whole->scalar)
            value->gradient[0] = (add ? value->gradient[0] : 0.0f) +
                                 (float)(weight * gan__sum(context, count, whole->gradient));
        else
            gan__combine(context, count, (float)weight, whole->gradient, add ? 1.0f : 0.0f,
                         value->gradient);
        value->pass = tape->pass;
    }
}

static void backward_join(gan_tape *tape, gan__record *record)
{
    const float *from = record->values[0].gradient;
    for (size_t i = 0; i < record->operand_count; i++) {
        gan__tape_value *value = gan__tape_at(tape, record->operands[i]);
        backward_bring(tape, value, from);
        from += gan__shape_count(value->shape);
    }
}

/* The rest of the gradient is zero. */
static void backward_slice(gan_tape *tape, gan__record *record)
{
    gan_context *context = tape->object.context;
    gan__tape_value *value = gan__tape_at(tape, record->operands[0]);
    const float *from = record->values[0].gradient;
    const int64_t count = gan__shape_count(record->values[0].shape), end = record->first + count;
    float *to = value->gradient + record->first;
    if (!value->needed) return;
    if (value->pass == tape->pass) {
        gan__add(context, count, to, from, to);
        return;
    }
    gan__fill(context, record->first, 0.0f, value->gradient);
    gan__copy(context, count, from, to);
    gan__fill(context, gan__shape_count(value->shape) - end, 0.0f, value->gradient + end);
    value->pass = tape->pass;
}

/* The gradients of each output, all groups as one array: zeros for a group that has none. */
static void backward_outputs(gan_tape *tape, gan__record *record)
{
    size_t groups = (size_t)record->groups, outputs = record->value_count / groups;
    for (size_t i = 0; i < outputs; i++) {
        record->dy[i] = NULL;
        for (size_t g = 0; g < groups; g++)
            if (record->values[g * outputs + i].pass == tape->pass)
                record->dy[i] = record->values[i].gradient;
        for (size_t g = 0; record->dy[i] && g < groups; g++) {
            gan__tape_value *value = &record->values[g * outputs + i];
            if (value->pass == tape->pass) continue;
            gan__fill(tape->object.context, gan__shape_count(value->shape), 0.0f, value->gradient);
            value->pass = tape->pass;
        }
    }
}

/* The value that goes into an application at this place, or its tangent; NULL: it has none. */
static gan__tape_value *backward_operand(const gan_tape *tape, const gan__record *record,
                                         bool tangents, size_t place)
{
    const int32_t path = tangents ? record->tangent.paths[place] : (int32_t)place;
    return path < 0 ? NULL : gan__tape_at(tape, record->operands[path]);
}

static size_t backward_input_count(const gan__record *record)
{
    return gan__record_application(record)->operand_count / (size_t)record->groups;
}

/* Where the plan writes the gradient of each input, or of its tangent: several groups beside each
 * other. Returns what is left of the spare memory. */
static float *backward_inputs(gan_tape *tape, gan__record *record, bool tangents, float **dx,
                              float *spare)
{
    const gan__record *applied = gan__record_application(record);
    const size_t groups = (size_t)record->groups, inputs = backward_input_count(record);
    for (size_t i = 0; i < inputs; i++) {
        int64_t count = 0;
        bool needed = false;
        for (size_t g = 0; g < groups; g++) {
            const size_t place = g * inputs + i;
            const gan__tape_value *value = backward_operand(tape, record, tangents, place);
            needed |= value && value->needed;
            count += gan__shape_count(gan__tape_at(tape, applied->operands[place])->shape);
        }
        dx[i] = NULL;
        if (!needed) continue;
        if (groups == 1) {
            dx[i] = backward_target(tape, backward_operand(tape, record, tangents, i), &spare);
        } else {
            dx[i] = spare;
            spare += count;
        }
    }
    return spare;
}

/* Takes the gradients, or those of the groups, to their values. */
static void backward_outgoing(gan_tape *tape, gan__record *record, bool tangents, float *const *dx)
{
    const gan__record *applied = gan__record_application(record);
    const size_t groups = (size_t)record->groups, inputs = backward_input_count(record);
    for (size_t i = 0; i < inputs; i++) {
        const float *from = dx[i];
        for (size_t g = 0; from && g < groups; g++) {
            const size_t place = g * inputs + i;
            gan__tape_value *value = backward_operand(tape, record, tangents, place);
            if (groups == 1)
                backward_add(tape, value, from);
            else if (value)
                backward_bring(tape, value, from);
            from += gan__shape_count(gan__tape_at(tape, applied->operands[place])->shape);
        }
    }
}

static void backward_apply(gan_tape *tape, gan__record *record)
{
    backward_outputs(tape, record);
    backward_inputs(tape, record, false, record->dx, tape->spare.memory);
    gan__plan_backward(record->plan, record->dy, record->dx, tape->stores,
                       record->frozen ? 0 : tape->store_count, tape->transient);
    backward_outgoing(tape, record, false, record->dx);
}

static void backward_tangent(gan_tape *tape, gan__record *record)
{
    const gan__record_tangent *tangent = &record->tangent;
    const gan__plan_tangents pass = {.inputs = tangent->inputs,
                                     .asked = tangent->asked,
                                     .arena = tangent->arena,
                                     .outputs = record->outputs.memory,
                                     .dy = record->dy,
                                     .dx = record->dx,
                                     .tangent_dx = tangent->dx};
    backward_outputs(tape, record);
    float *spare = backward_inputs(tape, record, false, record->dx, tape->spare.memory);
    backward_inputs(tape, record, true, tangent->dx, spare);
    gan__plan_tangent_backward(tangent->of->plan, &pass, tape->stores,
                               record->frozen ? 0 : tape->store_count, tape->transient);
    backward_outgoing(tape, record, false, record->dx);
    backward_outgoing(tape, record, true, tangent->dx);
}

/* As the host is told of it. */
static const char *backward_name(const gan__record *record)
{
    switch (record->kind) {
    case GAN__RECORD_LOSS: return record->loss.kind->kind.name;
    case GAN__RECORD_COMBINE: return "combine";
    case GAN__RECORD_JOIN: return "join";
    case GAN__RECORD_SLICE: return "slice";
    default: return "apply";
    }
}

static void backward_record(gan_tape *tape, gan__record *record)
{
    switch (record->kind) {
    case GAN__RECORD_APPLY: backward_apply(tape, record); break;
    case GAN__RECORD_TANGENT: backward_tangent(tape, record); break;
    case GAN__RECORD_LOSS: backward_loss(tape, record); break;
    case GAN__RECORD_COMBINE: backward_combine(tape, record); break;
    case GAN__RECORD_JOIN: backward_join(tape, record); break;
    case GAN__RECORD_SLICE: backward_slice(tape, record); break;
    default: break;
    }
}

static void backward_execute(gan_tape *tape, const backward_call *call)
{
    tape->pass++;
    backward_seed(tape, call);
    for (size_t i = tape->used; i-- > 0;) {
        gan__watch watch;
        if (!backward_is_reached(tape->records[i])) continue;
        gan__watch_begin(tape->object.context, &watch, backward_name(tape->records[i]), "backward");
        backward_record(tape, tape->records[i]);
        gan__watch_end(tape->object.context, &watch);
    }
}

/* The values that would have got a gradient count as having one. */
static void backward_rehearse(gan_tape *tape)
{
    tape->pass++;
    for (size_t i = 0; i < tape->used; i++)
        for (size_t j = 0; j < tape->records[i]->value_count; j++) {
            gan__tape_value *value = &tape->records[i]->values[j];
            if (value->reached) value->pass = tape->pass;
        }
}

static gan_status backward_run(gan_tape *tape, const backward_call *call)
{
    size_t spare = 0;
    GAN__TRY(backward_stores(tape, call));
    backward_mark_needed(tape);
    GAN__TRY(backward_check_seeds(tape, call, &spare));
    GAN__TRY(backward_mark_reached(tape, &spare));
    GAN__TRY(gan__block_reserve(tape->object.context, &tape->spare, spare));
    if (tape->rehearses)
        backward_rehearse(tape);
    else
        backward_execute(tape, call);
    return GAN_OK;
}

void gan__tape_settle(gan_tape *tape)
{
    for (size_t i = 0; i < tape->used; i++)
        if (backward_is_reached(tape->records[i])) tape->records[i]->spent = tape->generation;
}

gan_status gan_tape_backward(gan_tape *tape, const gan_value *values, gan_tensor *const *seeds,
                             int32_t count, gan_model *const *models, int32_t model_count)
{
    GAN__TRY(gan__object_check(NULL, tape, GAN__TAPE, "gan_tape_backward", "tape"));
    gan_context *context = tape->object.context;
    if (!values || (!models && model_count != 0))
        return gan__fail(context, GAN_E_ARGUMENT, "gan_tape_backward: %s is NULL",
                         values ? "models" : "values");
    if (count < 1 || model_count < 0)
        return gan__fail(context, GAN_E_ARGUMENT, "gan_tape_backward: %d values, %d models", count,
                         model_count);
    const backward_call call = {values, seeds, (size_t)count, models, (size_t)model_count};
    GAN__RETURN_ENTERED(context, backward_run(tape, &call));
}
