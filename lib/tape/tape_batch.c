/* tape_batch.c: values put side by side along the batch, and parts of them. */
#include "tape/record.h"

#include "base/memory.h"
#include "compute/pointwise.h"

#include <inttypes.h>

/* ---- side by side ---- */

/* The shape of the whole. */
static gan_status join_shape(const gan_tape *tape, const gan__record *record, gan__shape *out)
{
    gan_context *context = tape->object.context;
    const gan__shape first = gan__tape_at(tape, record->operands[0])->shape;
    char a[88], b[88];
    *out = first;
    for (size_t i = 1; i < record->operand_count; i++) {
        const gan__shape s = gan__tape_at(tape, record->operands[i])->shape;
        if (s.h != first.h || s.w != first.w || s.c != first.c)
            return gan__fail(context, GAN_E_SHAPE,
                             "gan_tape_join: value 0 is %s, value %zu is %s: only the samples may "
                             "differ in number",
                             gan__shape_print(first, a), i, gan__shape_print(s, b));
        if (!gan__add_count(out->n, s.n, &out->n))
            return gan__fail(context, GAN_E_MEMORY, "gan_tape_join: the values are too large");
    }
    const int64_t factors[5] = {out->n, out->h, out->w, out->c, sizeof(float)};
    int64_t bytes;
    if (gan__product_count(factors, 5, &bytes)) return GAN_OK;
    return gan__fail(context, GAN_E_MEMORY, "gan_tape_join: %s is too large",
                     gan__shape_print(*out, a));
}

gan_status gan__tape_join(gan_tape *tape, const gan_value *values, size_t count, gan_value *out)
{
    gan_context *context = tape->object.context;
    gan__record *record;
    gan__shape shape;
    GAN__TRY(gan__tape_take(tape, GAN__RECORD_JOIN, 0, NULL, NULL, &record));
    GAN__TRY(gan__record_operands(tape, record, values, count, "gan_tape_join"));
    GAN__TRY(join_shape(tape, record, &shape));
    GAN__TRY(gan__record_values(tape, record, 1));
    GAN__TRY(gan__block_reserve(context, &record->data, (size_t)gan__shape_count(shape)));
    float *to = record->data.memory;
    gan__watch watch;
    gan__watch_begin(context, &watch, "join", "forward");
    for (size_t i = 0; i < count && !tape->rehearses; i++) {
        const gan__tape_value *value = gan__tape_at(tape, record->operands[i]);
        gan__copy(context, gan__shape_count(value->shape), value->data, to);
        to += gan__shape_count(value->shape);
    }
    gan__watch_end(context, &watch);
    record->values[0] = (gan__tape_value){.shape = shape, .data = record->data.memory};
    gan__tape_commit(tape, record, out);
    return GAN_OK;
}

/* *out may be one of the values. */
static gan_status join_all(gan_tape *tape, const gan_value *values, size_t count, gan_value *out)
{
    gan_value joined = -1;
    gan_status status = gan__tape_join(tape, values, count, &joined);
    *out = joined;
    return status;
}

gan_status gan_tape_join(gan_tape *tape, const gan_value *values, int32_t count, gan_value *out)
{
    GAN__TRY(gan__object_check(NULL, tape, GAN__TAPE, "gan_tape_join", "tape"));
    gan_context *context = tape->object.context;
    if (out && (!values || count < 1)) *out = -1;
    if (!values || !out)
        return gan__fail(context, GAN_E_ARGUMENT, "gan_tape_join: %s is NULL",
                         values ? "out" : "values");
    if (count < 1)
        return gan__fail(context, GAN_E_ARGUMENT, "gan_tape_join: %" PRId32 " values", count);
    GAN__RETURN_ENTERED(context, join_all(tape, values, (size_t)count, out));
}

/* ---- parts ---- */

/* Nothing is copied: what is read lies in the operand. */
gan_status gan__tape_slice(gan_tape *tape, gan_value value, int64_t first, int64_t count,
                           gan_value *out)
{
    gan__record *record;
    GAN__TRY(gan__tape_take(tape, GAN__RECORD_SLICE, 0, NULL, NULL, &record));
    GAN__TRY(gan__record_operands(tape, record, &value, 1, "gan_tape_slice"));
    GAN__TRY(gan__record_values(tape, record, 1));
    const gan__tape_value *from = gan__tape_at(tape, record->operands[0]);
    gan__shape shape = from->shape;
    if (first < 0 || count < 1 || count > shape.n || first > shape.n - count)
        return gan__fail(tape->object.context, GAN_E_SHAPE,
                         "gan_tape_slice: %" PRId64 " samples from %" PRId64 " on: value %" PRId32
                         " has %" PRId64,
                         count, first, record->operands[0], shape.n);
    record->first = first * (gan__shape_count(shape) / shape.n);
    shape.n = count;
    record->values[0] = (gan__tape_value){.shape = shape,
                                          .data = from->data + record->first,
                                          .scalar = from->scalar,
                                          .number = from->number};
    gan__tape_commit(tape, record, out);
    return GAN_OK;
}

gan_status gan_tape_slice(gan_tape *tape, gan_value value, int64_t first, int64_t count,
                          gan_value *out)
{
    GAN__TRY(gan__object_check(NULL, tape, GAN__TAPE, "gan_tape_slice", "tape"));
    gan_context *context = tape->object.context;
    if (!out) return gan__fail(context, GAN_E_ARGUMENT, "gan_tape_slice: out is NULL");
    *out = -1;
    GAN__RETURN_ENTERED(context, gan__tape_slice(tape, value, first, count, out));
}
