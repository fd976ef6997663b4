/* tape_tangent.c: the tangent of a value along a direction at an earlier one.
 *
 * The records between the two are walked in their order. Each that a tangent reaches, and that
 * leads to the output, makes tangents of its own values: applications by their plan, the linear
 * ones by doing once more to tangents what they did to values. */
#include "tape/record.h"

#include "base/memory.h"
#include "compute/pointwise.h"

#include <inttypes.h>

/* What tape->tangents says of a value: the number of its tangent, or */
enum { TANGENT_ZERO = -1, TANGENT_ASIDE = -2 }; /* the output does not follow from it */

/* Of a record of the round: its number, and that of its first value. */
typedef struct tape_tangent_at {
    gan__record *record;
    int32_t first;
} tape_tangent_at;

/* ---- through an application ---- */

void gan__record_free_tangent(gan_context *context, gan__record *record)
{
    gan__free(context, record->tangent.paths);
    gan__free(context, record->tangent.inputs);
    gan__free(context, record->tangent.dx);
    gan__free(context, record->tangent.asked);
    record->tangent = (gan__record_tangent){0};
}

static bool tape_tangent_fits(const gan__record *record, const void *wanted)
{
    const gan__record *applied = wanted;
    const gan__record_tangent *tangent = &record->tangent;
    return !tangent->paths || (tangent->path_count == applied->operand_count &&
                               tangent->input_count == applied->model->input_count &&
                               tangent->output_count == applied->model->output_count);
}

/* The arrays, made once. */
static gan_status tape_tangent_prepare(gan_context *context, gan__record *record,
                                       const gan__record *applied)
{
    const size_t inputs = applied->model->input_count, outputs = applied->model->output_count;
    gan__record_tangent *tangent = &record->tangent;
    if (tangent->paths) return GAN_OK;
    gan__record_free_tangent(context, record);
    gan__free(context, record->dx);
    gan__free(context, record->dy);
    record->dx = NULL;
    record->dy = NULL;
    GAN__TRY(gan__allocate(context, &record->dx, inputs, sizeof *record->dx));
    GAN__TRY(gan__allocate(context, &record->dy, outputs, sizeof *record->dy));
    GAN__TRY(gan__allocate(context, &tangent->inputs, inputs, sizeof *tangent->inputs));
    GAN__TRY(gan__allocate(context, &tangent->dx, inputs, sizeof *tangent->dx));
    GAN__TRY(gan__allocate(context, &tangent->asked, outputs, sizeof *tangent->asked));
    GAN__TRY(
        gan__allocate(context, &tangent->paths, applied->operand_count, sizeof *tangent->paths));
    tangent->path_count = applied->operand_count;
    tangent->input_count = inputs;
    tangent->output_count = outputs;
    return GAN_OK;
}

static gan_status tape_tangent_may(const gan_tape *tape, const tape_tangent_at *at)
{
    gan_context *context = tape->object.context;
    if (gan__record_is_stale(at->record))
        return gan__fail(context, GAN_E_STATE,
                         "gan_tape_tangent: the model of value %" PRId32
                         " was changed since it was applied",
                         at->first);
    if (gan__plan_keeps(at->record->plan)) return GAN_OK;
    return gan__fail(context, GAN_E_STATE,
                     "gan_tape_tangent: value %" PRId32
                     " was made frozen, of values without gradient, and nothing was kept for it: "
                     "gan_tape_leaf, or GAN_INPUT_GRADIENT, makes values that have one",
                     at->first);
}

static gan_status tape_tangent_operands(gan_tape *tape, gan__record *record,
                                        const tape_tangent_at *at)
{
    const gan__record *applied = at->record;
    const size_t count = applied->operand_count;
    GAN__TRY(gan__grow(tape->object.context, &record->operands, &record->operand_capacity,
                       2 * count, sizeof *record->operands));
    record->operand_count = count;
    for (size_t i = 0; i < count; i++) {
        const int32_t tangent = tape->tangents[applied->operands[i]];
        record->operands[i] = applied->operands[i];
        record->tangent.paths[i] = tangent < 0 ? -1 : (int32_t)record->operand_count;
        if (tangent >= 0) record->operands[record->operand_count++] = tangent;
    }
    for (size_t i = 0; i < record->tangent.output_count; i++) {
        record->tangent.asked[i] = false;
        for (size_t v = i; v < applied->value_count; v += record->tangent.output_count)
            record->tangent.asked[i] |= tape->tangents[at->first + (int32_t)v] != TANGENT_ASIDE;
    }
    return GAN_OK;
}

/* The groups of an input side by side, zeros for those without tangent. */
static void tape_tangent_gather(gan_tape *tape, const gan__record *record, size_t input, float *to)
{
    gan_context *context = tape->object.context;
    const size_t inputs = record->tangent.input_count;
    for (size_t i = input; i < record->tangent.path_count; i += inputs) {
        const int32_t path = record->tangent.paths[i];
        const int64_t count = gan__shape_count(gan__tape_at(tape, record->operands[i])->shape);
        if (path >= 0)
            gan__copy(context, count, gan__tape_at(tape, record->operands[path])->data, to);
        else
            gan__fill(context, count, 0.0f, to);
        to += count;
    }
}

/* Several groups are put side by side; a single one is read where it is. */
static gan_status tape_tangent_inputs(gan_tape *tape, gan__record *record)
{
    gan__record_tangent *tangent = &record->tangent;
    const size_t inputs = tangent->input_count;
    size_t total = 0;
    for (size_t i = 0; record->groups > 1 && i < tangent->path_count; i++)
        total += (size_t)gan__shape_count(gan__tape_at(tape, record->operands[i])->shape);
    GAN__TRY(gan__block_reserve(tape->object.context, &record->data, total));
    float *to = record->data.memory;
    for (size_t i = 0; i < inputs; i++) {
        bool any = false;
        for (size_t p = i; p < tangent->path_count; p += inputs) any |= tangent->paths[p] >= 0;
        tangent->inputs[i] = NULL;
        if (any && record->groups == 1)
            tangent->inputs[i] = gan__tape_at(tape, record->operands[tangent->paths[i]])->data;
        if (!any || record->groups == 1) continue;
        tangent->inputs[i] = to;
        if (!tape->rehearses) tape_tangent_gather(tape, record, i, to);
        for (size_t p = i; p < tangent->path_count; p += inputs)
            to += gan__shape_count(gan__tape_at(tape, record->operands[p])->shape);
    }
    return GAN_OK;
}

static void tape_tangent_values(const gan__plan_tangents *pass, gan__record *record)
{
    const gan__record *applied = record->tangent.of;
    const size_t outputs = record->tangent.output_count;
    for (size_t i = 0; i < outputs; i++) {
        const float *data = gan__plan_tangent_output(applied->plan, pass, (int32_t)i);
        for (size_t v = i; v < applied->value_count; v += outputs) {
            const gan__shape shape = applied->values[v].shape;
            record->values[v] = (gan__tape_value){.shape = shape, .data = data};
            data += gan__shape_count(shape);
        }
    }
}

static gan_status tape_tangent_apply(gan_tape *tape, const tape_tangent_at *at)
{
    gan_context *context = tape->object.context;
    gan__record *applied = at->record, *record;
    gan__plan *plan = applied->plan;
    const size_t count = applied->value_count;
    uint64_t key = gan__key(applied->operand_count, applied->model->input_count);
    GAN__TRY(tape_tangent_may(tape, at));
    GAN__TRY(gan__plan_tangent_prepare(plan));
    gan__tape_measure(tape, applied);
    GAN__TRY(gan__tape_take(tape, GAN__RECORD_TANGENT, gan__key(key, applied->model->output_count),
                            tape_tangent_fits, applied, &record));
    GAN__TRY(tape_tangent_prepare(context, record, applied));
    record->tangent.of = applied;
    record->groups = applied->groups;
    record->frozen = applied->frozen;
    GAN__TRY(tape_tangent_operands(tape, record, at));
    GAN__TRY(gan__record_values(tape, record, count));
    GAN__TRY(
        gan__grow(context, &tape->listed, &tape->listed_capacity, count, sizeof *tape->listed));
    GAN__TRY(gan__tape_reserve_transient(tape, gan__plan_tangent_transient(plan)));
    GAN__TRY(tape_tangent_inputs(tape, record));
    GAN__TRY(gan__tape_lend(tape, record, gan__plan_tangent_arena(plan),
                            gan__plan_tangent_outputs(plan), &record->tangent.arena));
    const gan__plan_tangents pass = {.inputs = record->tangent.inputs,
                                     .asked = record->tangent.asked,
                                     .arena = record->tangent.arena,
                                     .outputs = record->outputs.memory};
    GAN__TRY(gan__plan_tangent_check(plan, &pass));
    if (!tape->rehearses) gan__plan_tangent_forward(plan, &pass, tape->transient);
    tape_tangent_values(&pass, record);
    gan__tape_commit(tape, record, tape->listed);
    return GAN_OK;
}

/* ---- through what is linear ---- */

static gan_status tape_tangent_zeros(gan_tape *tape, gan__shape shape, gan_value *out)
{
    gan__record *record;
    const int64_t count = gan__shape_count(shape);
    GAN__TRY(gan__tape_take(tape, GAN__RECORD_COPY, 0, NULL, NULL, &record));
    GAN__TRY(gan__record_values(tape, record, 1));
    GAN__TRY(gan__block_reserve(tape->object.context, &record->data, (size_t)count));
    if (!tape->rehearses) gan__fill(tape->object.context, count, 0.0f, record->data.memory);
    record->values[0] = (gan__tape_value){.shape = shape, .data = record->data.memory};
    gan__tape_commit(tape, record, out);
    return GAN_OK;
}

static gan_status tape_tangent_join(gan_tape *tape, const gan__record *record, gan_value *out)
{
    const size_t count = record->operand_count;
    for (size_t i = 0; i < count; i++) {
        const int32_t tangent = tape->tangents[record->operands[i]];
        if (tangent >= 0)
            tape->listed[i] = gan__tape_handle(tape, tangent);
        else
            GAN__TRY(tape_tangent_zeros(tape, gan__tape_at(tape, record->operands[i])->shape,
                                        &tape->listed[i]));
    }
    return gan__tape_join(tape, tape->listed, count, out);
}

/* Where scalars alone have tangents, zeros give the sum its shape. */
static gan_status tape_tangent_combine(gan_tape *tape, const gan__record *record, gan_value *out)
{
    bool shaped = record->values[0].scalar;
    size_t count = 0;
    for (size_t i = 0; i < record->operand_count; i++) {
        const int32_t tangent = tape->tangents[record->operands[i]];
        if (tangent < 0) continue;
        shaped |= !gan__tape_at(tape, tangent)->scalar;
        tape->listed[count] = gan__tape_handle(tape, tangent);
        tape->factors[count++] = record->weights[i];
    }
    if (!shaped) {
        GAN__TRY(tape_tangent_zeros(tape, record->values[0].shape, &tape->listed[count]));
        tape->factors[count++] = 1;
    }
    return gan__tape_combine(tape, tape->listed, tape->factors, count, out);
}

static gan_status tape_tangent_slice(gan_tape *tape, const gan__record *record, gan_value *out)
{
    const gan__shape from = gan__tape_at(tape, record->operands[0])->shape;
    const int64_t first = record->first / (gan__shape_count(from) / from.n);
    const gan_value tangent = gan__tape_handle(tape, tape->tangents[record->operands[0]]);
    return gan__tape_slice(tape, tangent, first, record->values[0].shape.n, out);
}

static gan_status tape_tangent_loss(gan_tape *tape, const gan__record *record, gan_value *out)
{
    if (!record->loss.kind->linear)
        return gan__fail(tape->object.context, GAN_E_UNSUPPORTED,
                         "gan_tape_tangent: the loss %s has no tangent; mean and sum have one",
                         record->loss.kind->kind.name);
    const gan_value tangent = gan__tape_handle(tape, tape->tangents[record->operands[0]]);
    return gan__tape_loss(tape, record->spec, &tangent, 1, out);
}

/* ---- all records ---- */

static bool tape_tangent_leads(const gan_tape *tape, const tape_tangent_at *at)
{
    for (size_t i = 0; i < at->record->value_count; i++)
        if (tape->tangents[at->first + (int32_t)i] != TANGENT_ASIDE) return true;
    return false;
}

/* No tangent goes through what no gradient passes. */
static bool tape_tangent_reaches(const gan_tape *tape, const gan__record *record)
{
    if (record->kind == GAN__RECORD_DETACH) return false;
    for (size_t i = 0; i < record->operand_count; i++)
        if (tape->tangents[record->operands[i]] >= 0) return true;
    return false;
}

static gan_status tape_tangent_record(gan_tape *tape, const tape_tangent_at *at)
{
    gan_context *context = tape->object.context;
    const gan__record *record = at->record;
    const size_t count = record->operand_count;
    gan_status status = GAN_OK;
    gan_value made;
    GAN__TRY(gan__grow(context, &tape->listed, &tape->listed_capacity, count, sizeof made));
    GAN__TRY(gan__grow(context, &tape->factors, &tape->factor_capacity, count, sizeof(double)));
    switch (record->kind) {
    case GAN__RECORD_APPLY: status = tape_tangent_apply(tape, at); break;
    case GAN__RECORD_JOIN: status = tape_tangent_join(tape, record, &made); break;
    case GAN__RECORD_COMBINE: status = tape_tangent_combine(tape, record, &made); break;
    case GAN__RECORD_SLICE: status = tape_tangent_slice(tape, record, &made); break;
    case GAN__RECORD_LOSS: status = tape_tangent_loss(tape, record, &made); break;
    default:
        return gan__fail(context, GAN_E_UNSUPPORTED,
                         "gan_tape_tangent: value %" PRId32 " is a tangent, which has none itself",
                         at->first);
    }
    GAN__TRY(status);
    const int32_t end = (int32_t)tape->value_count;
    for (int32_t i = 0; i < (int32_t)record->value_count; i++)
        if (tape->tangents[at->first + i] != TANGENT_ASIDE)
            tape->tangents[at->first + i] = end - (int32_t)record->value_count + i;
    return GAN_OK;
}

/* Whatever the output follows from: marked TANGENT_ZERO. */
static gan_status tape_tangent_mark(gan_tape *tape, int32_t output)
{
    const size_t count = tape->value_count;
    tape_tangent_at at = {.first = (int32_t)count};
    GAN__TRY(gan__grow(tape->object.context, &tape->tangents, &tape->tangent_capacity, count,
                       sizeof *tape->tangents));
    for (size_t i = 0; i < count; i++) tape->tangents[i] = TANGENT_ASIDE;
    tape->tangents[output] = TANGENT_ZERO;
    for (size_t i = tape->used; i-- > 0;) {
        at.record = tape->records[i];
        at.first -= (int32_t)at.record->value_count;
        for (size_t j = 0; tape_tangent_leads(tape, &at) && j < at.record->operand_count; j++)
            tape->tangents[at.record->operands[j]] = TANGENT_ZERO;
    }
    return GAN_OK;
}

static gan_status tape_tangent_walk(gan_tape *tape, size_t used)
{
    tape_tangent_at at = {.first = 0};
    for (size_t i = 0; i < used; i++) {
        at.record = tape->records[i];
        if (tape_tangent_leads(tape, &at) && tape_tangent_reaches(tape, at.record))
            GAN__TRY(tape_tangent_record(tape, &at));
        at.first += (int32_t)at.record->value_count;
    }
    return GAN_OK;
}

static gan_status tape_tangent_make(gan_tape *tape, int32_t output, int32_t input,
                                    int32_t direction, gan_value *out)
{
    const double whole = 1;
    const gan_value along = gan__tape_handle(tape, direction);
    GAN__TRY(tape_tangent_mark(tape, output));
    const bool leads = tape->tangents[input] != TANGENT_ASIDE;
    tape->tangents[input] = direction;
    if (output == input) return gan__tape_combine(tape, &along, &whole, 1, out);
    if (leads) GAN__TRY(tape_tangent_walk(tape, tape->used));
    if (tape->tangents[output] < 0)
        return gan__fail(tape->object.context, GAN_E_ARGUMENT,
                         "gan_tape_tangent: value %" PRId32 " does not follow from value %" PRId32,
                         output, input);
    *out = gan__tape_handle(tape, tape->tangents[output]);
    return GAN_OK;
}

static gan_status tape_tangent_run(gan_tape *tape, gan_value output, gan_value input,
                                   gan_value direction, gan_value *out)
{
    gan_context *context = tape->object.context;
    const size_t used = tape->used, count = tape->value_count;
    const gan_value values[3] = {output, input, direction};
    int32_t index[3];
    char a[88], b[88];
    for (int i = 0; i < 3; i++)
        GAN__TRY(gan__tape_find(tape, "gan_tape_tangent", values[i], &index[i]));
    const gan__shape x = gan__tape_at(tape, index[1])->shape;
    const gan__shape t = gan__tape_at(tape, index[2])->shape;
    if (x.n != t.n || x.h != t.h || x.w != t.w || x.c != t.c)
        return gan__fail(context, GAN_E_SHAPE,
                         "gan_tape_tangent: the direction is %s, value %" PRId32 " is %s",
                         gan__shape_print(t, a), index[1], gan__shape_print(x, b));
    gan_status status = tape_tangent_make(tape, index[0], index[1], index[2], out);
    if (status != GAN_OK) gan__tape_rewind(tape, used, count);
    return status;
}

gan_status gan_tape_tangent(gan_tape *tape, gan_value output, gan_value input, gan_value direction,
                            gan_value *out)
{
    GAN__TRY(gan__object_check(NULL, tape, GAN__TAPE, "gan_tape_tangent", "tape"));
    gan_context *context = tape->object.context;
    if (!out) return gan__fail(context, GAN_E_ARGUMENT, "gan_tape_tangent: out is NULL");
    *out = -1;
    GAN__RETURN_ENTERED(context, tape_tangent_run(tape, output, input, direction, out));
}
