/* tape_loss.c: losses, weighted sums, detached values, copies, gradients as values. */
#include "tape/record.h"

#include "base/memory.h"
#include "compute/pointwise.h"

#include <string.h>

/* ---- losses ---- */

static bool loss_fits(const gan__record *record, const void *wanted)
{
    return !record->spec || strcmp(record->spec, wanted) == 0;
}

/* Reads the description, once. */
static gan_status loss_describe(gan_context *context, gan__record *record, const char *spec)
{
    const gan__kind *kind;
    void *options;
    if (record->spec) return GAN_OK;
    GAN__TRY(gan__describe(context, "loss", (const gan__kind *const *)(const void *)gan__loss_kinds,
                           (size_t)gan__loss_kind_count, spec, &kind, &options));
    gan_status status = gan__copy_text(context, &record->spec, spec, strlen(spec));
    if (status != GAN_OK) {
        gan__options_free(context, kind, options);
        gan__free(context, options);
        return status;
    }
    record->loss = (gan__loss){
        .context = context, .kind = (const gan__loss_kind *)(const void *)kind, .options = options};
    return GAN_OK;
}

static gan_status loss_values(gan_tape *tape, gan__record *record, const gan_value *values,
                              int32_t count)
{
    gan_context *context = tape->object.context;
    gan__loss *loss = &record->loss;
    if (count < loss->kind->least_inputs || count > loss->kind->most_inputs)
        return gan__fail(context, GAN_E_ARGUMENT, "%s: takes %d to %d values, not %d",
                         loss->kind->kind.name, loss->kind->least_inputs, loss->kind->most_inputs,
                         count);
    GAN__TRY(gan__record_operands(tape, record, values, (size_t)count, "gan_tape_loss"));
    loss->input_count = count;
    for (int32_t i = 0; i < count; i++) {
        loss->in[i] = gan__tape_at(tape, record->operands[i])->shape;
        loss->x[i] = gan__tape_at(tape, record->operands[i])->data;
    }
    return loss->kind->check ? loss->kind->check(loss) : GAN_OK;
}

static const gan__shape loss_scalar = {1, 1, 1, 1};

/* A scalar value in double, and in float32 for those who take any value. */
static void loss_set(gan__record *record, double number)
{
    record->data.memory[0] = (float)number;
    record->values[0] = (gan__tape_value){
        .shape = loss_scalar, .data = record->data.memory, .scalar = true, .number = number};
}

gan_status gan__tape_loss(gan_tape *tape, const char *spec, const gan_value *values, int32_t count,
                          gan_value *out)
{
    gan_context *context = tape->object.context;
    gan__record *record;
    uint64_t key = 0;
    for (const char *at = spec; *at; at++) key = gan__key(key, (unsigned char)*at);
    GAN__TRY(gan__tape_take(tape, GAN__RECORD_LOSS, key, loss_fits, spec, &record));
    GAN__TRY(loss_describe(context, record, spec));
    GAN__TRY(loss_values(tape, record, values, count));
    GAN__TRY(gan__record_values(tape, record, 1));
    GAN__TRY(gan__block_reserve(context, &record->data, 1));
    gan__watch watch;
    gan__watch_begin(context, &watch, record->loss.kind->kind.name, "forward");
    loss_set(record, tape->rehearses ? 0 : record->loss.kind->value(&record->loss));
    gan__watch_end(context, &watch);
    gan__tape_commit(tape, record, out);
    return GAN_OK;
}

gan_status gan_tape_loss(gan_tape *tape, const char *spec, const gan_value *values, int32_t count,
                         gan_value *out)
{
    GAN__TRY(gan__object_check(NULL, tape, GAN__TAPE, "gan_tape_loss", "tape"));
    gan_context *context = tape->object.context;
    if (!out) return gan__fail(context, GAN_E_ARGUMENT, "gan_tape_loss: out is NULL");
    if (!spec || !values)
        return gan__fail(context, GAN_E_ARGUMENT, "gan_tape_loss: %s is NULL",
                         spec ? "values" : "spec");
    GAN__RETURN_ENTERED(context, gan__tape_loss(tape, spec, values, count, out));
}

/* ---- weighted sums ---- */

/* The first tensor among the operands, whose shape all of them have; if there is none, 0. */
static size_t combine_first(const gan_tape *tape, const gan__record *record)
{
    for (size_t i = 0; i < record->operand_count; i++)
        if (!gan__tape_at(tape, record->operands[i])->scalar) return i;
    return 0;
}

static gan_status combine_check(const gan_tape *tape, const gan__record *record, size_t first)
{
    gan__shape a = gan__tape_at(tape, record->operands[first])->shape;
    char one[88], other[88];
    for (size_t i = 0; i < record->operand_count; i++) {
        const gan__tape_value *value = gan__tape_at(tape, record->operands[i]);
        gan__shape b = value->shape;
        if (!value->scalar && (a.n != b.n || a.h != b.h || a.w != b.w || a.c != b.c))
            return gan__fail(tape->object.context, GAN_E_SHAPE,
                             "gan_tape_combine: value %zu is %s, value %zu is %s", first,
                             gan__shape_print(a, one), i, gan__shape_print(b, other));
    }
    return GAN_OK;
}

/* y (+)= weight * value, which is a tensor of its shape, or a scalar. */
static void combine_add(const gan_tape *tape, const gan__tape_value *value, double weight, bool add,
                        int64_t count, float *y)
{
    gan_context *context = tape->object.context;
    const float number = (float)(weight * value->number);
    if (!value->scalar)
        gan__combine(context, count, (float)weight, value->data, add ? 1.0f : 0.0f, y);
    else if (add)
        gan__affine(context, count, y, 1.0f, number, y);
    else
        gan__fill(context, count, number, y);
}

static void combine_compute(gan_tape *tape, gan__record *record, size_t first)
{
    const gan__tape_value *like = gan__tape_at(tape, record->operands[first]);
    double sum = 0;
    for (size_t i = 0; i < record->operand_count; i++) {
        const gan__tape_value *value = gan__tape_at(tape, record->operands[i]);
        if (like->scalar)
            sum += record->weights[i] * value->number;
        else if (!tape->rehearses)
            combine_add(tape, value, record->weights[i], i > 0, gan__shape_count(like->shape),
                        record->data.memory);
    }
    if (like->scalar)
        loss_set(record, sum);
    else
        record->values[0] = (gan__tape_value){.shape = like->shape, .data = record->data.memory};
}

gan_status gan__tape_combine(gan_tape *tape, const gan_value *values, const double *weights,
                             size_t count, gan_value *out)
{
    gan_context *context = tape->object.context;
    gan__record *record;
    GAN__TRY(gan__tape_take(tape, GAN__RECORD_COMBINE, 0, NULL, NULL, &record));
    GAN__TRY(gan__record_operands(tape, record, values, count, "gan_tape_combine"));
    const size_t first = combine_first(tape, record);
    GAN__TRY(combine_check(tape, record, first));
    GAN__TRY(gan__grow(context, &record->weights, &record->weight_capacity, count, sizeof(double)));
    GAN__TRY(gan__record_values(tape, record, 1));
    gan__shape shape = gan__tape_at(tape, record->operands[first])->shape;
    GAN__TRY(gan__block_reserve(context, &record->data, (size_t)gan__shape_count(shape)));
    memcpy(record->weights, weights, count * sizeof(double));
    gan__watch watch;
    gan__watch_begin(context, &watch, "combine", "forward");
    combine_compute(tape, record, first);
    gan__watch_end(context, &watch);
    gan__tape_commit(tape, record, out);
    return GAN_OK;
}

gan_status gan_tape_combine(gan_tape *tape, const gan_value *values, const double *weights,
                            int32_t count, gan_value *out)
{
    GAN__TRY(gan__object_check(NULL, tape, GAN__TAPE, "gan_tape_combine", "tape"));
    gan_context *context = tape->object.context;
    if (!values || !weights || !out)
        return gan__fail(context, GAN_E_ARGUMENT, "gan_tape_combine: %s is NULL",
                         !values    ? "values"
                         : !weights ? "weights"
                                    : "out");
    if (count < 1) return gan__fail(context, GAN_E_ARGUMENT, "gan_tape_combine: %d values", count);
    GAN__RETURN_ENTERED(context, gan__tape_combine(tape, values, weights, (size_t)count, out));
}

/* ---- detached values ---- */

static gan_status detach_run(gan_tape *tape, gan_value value, bool wanted, gan_value *out)
{
    gan__record *record;
    GAN__TRY(gan__tape_take(tape, GAN__RECORD_DETACH, 0, NULL, NULL, &record));
    GAN__TRY(gan__record_operands(tape, record, &value, 1,
                                  wanted ? "gan_tape_leaf" : "gan_tape_detach"));
    GAN__TRY(gan__record_values(tape, record, 1));
    const gan__tape_value *from = gan__tape_at(tape, record->operands[0]);
    record->values[0] = (gan__tape_value){.shape = from->shape,
                                          .data = from->data,
                                          .scalar = from->scalar,
                                          .number = from->number,
                                          .wanted = wanted};
    gan__tape_commit(tape, record, out);
    return GAN_OK;
}

static gan_status detach_call(gan_tape *tape, const char *function, gan_value value, bool wanted,
                              gan_value *out)
{
    GAN__TRY(gan__object_check(NULL, tape, GAN__TAPE, function, "tape"));
    gan_context *context = tape->object.context;
    if (!out) return gan__fail(context, GAN_E_ARGUMENT, "%s: out is NULL", function);
    GAN__RETURN_ENTERED(context, detach_run(tape, value, wanted, out));
}

gan_status gan_tape_detach(gan_tape *tape, gan_value value, gan_value *out)
{
    return detach_call(tape, "gan_tape_detach", value, false, out);
}

gan_status gan_tape_leaf(gan_tape *tape, gan_value value, gan_value *out)
{
    return detach_call(tape, "gan_tape_leaf", value, true, out);
}

/* ---- copies: of values, and of gradients as values ---- */

static gan_status duplicate_run(gan_tape *tape, const char *function, gan_value value, int32_t what,
                                gan_value *out)
{
    gan_context *context = tape->object.context;
    gan__record *record;
    gan__shape shape;
    const float *data;
    int32_t index;
    GAN__TRY(gan__tape_source(tape, function, value, what, &shape, &data));
    GAN__TRY(gan__tape_find(tape, function, value, &index));
    const gan__tape_value from = *gan__tape_at(tape, index);
    GAN__TRY(gan__tape_take(tape, GAN__RECORD_COPY, 0, NULL, NULL, &record));
    GAN__TRY(gan__record_values(tape, record, 1));
    GAN__TRY(gan__block_reserve(context, &record->data, (size_t)gan__shape_count(shape)));
    gan__watch watch;
    gan__watch_begin(context, &watch, "copy", "forward");
    if (!tape->rehearses) gan__copy(context, gan__shape_count(shape), data, record->data.memory);
    gan__watch_end(context, &watch);
    record->values[0] = (gan__tape_value){
        .shape = shape, .data = record->data.memory, .scalar = from.scalar, .number = from.number};
    if (what == GAN_GRADIENT) record->values[0].number = tape->rehearses ? 0 : (double)data[0];
    gan__tape_commit(tape, record, out);
    return GAN_OK;
}

gan_status gan__tape_copy(gan_tape *tape, gan_value value, gan_value *out, float **numbers)
{
    GAN__TRY(duplicate_run(tape, "gan__tape_copy", value, GAN_VALUE, out));
    *numbers = tape->records[tape->used - 1]->data.memory;
    return GAN_OK;
}

gan_status gan_tape_take_gradient(gan_tape *tape, gan_value value, gan_value *out)
{
    GAN__TRY(gan__object_check(NULL, tape, GAN__TAPE, "gan_tape_take_gradient", "tape"));
    gan_context *context = tape->object.context;
    if (!out) return gan__fail(context, GAN_E_ARGUMENT, "gan_tape_take_gradient: out is NULL");
    GAN__RETURN_ENTERED(context,
                        duplicate_run(tape, "gan_tape_take_gradient", value, GAN_GRADIENT, out));
}
