/* tape_source.c: values that come from outside: data, and random numbers. */
#include "tape/record.h"

#include "base/memory.h"
#include "compute/draw.h"

#include <inttypes.h>

static gan_status source_check(const gan_tape *tape, const char *function, gan__shape shape)
{
    const int64_t factors[5] = {shape.n, shape.h, shape.w, shape.c, sizeof(float)};
    int64_t bytes;
    if (shape.n > 0 && shape.h > 0 && shape.w > 0 && shape.c > 0 &&
        gan__product_count(factors, 5, &bytes))
        return GAN_OK;
    return gan__fail(tape->object.context, GAN_E_SHAPE,
                     "%s: %" PRId64 " x %" PRId64 " x %" PRId64 " x %" PRId64
                     " is empty or too large",
                     function, shape.n, shape.h, shape.w, shape.c);
}

static gan_status source_input(gan_tape *tape, gan_tensor *tensor, int32_t flags, gan_value *out)
{
    gan_context *context = tape->object.context;
    gan__record *record;
    gan__shape shape;
    bool picture = gan__tensor_is_picture(tensor) && !(flags & GAN_INPUT_NUMBERS);
    bool direct = tensor->dtype == GAN_FLOAT32 && gan__tensor_is_contiguous(tensor);
    if (gan__tensor_shape(tensor, &shape) != GAN_OK)
        return gan__fail(context, GAN_E_SHAPE,
                         "gan_tape_input: the tensor has rank %d, not 1, 2 or 4", tensor->rank);
    GAN__TRY(source_check(tape, "gan_tape_input", shape));
    GAN__TRY(gan__tape_take(tape, GAN__RECORD_INPUT, 0, NULL, NULL, &record));
    GAN__TRY(gan__record_values(tape, record, 1));
    if (!direct)
        GAN__TRY(gan__block_reserve(context, &record->data, (size_t)gan__shape_count(shape)));
    record->operand_count = 0;
    record->values[0] = (gan__tape_value){
        .shape = shape, .data = tensor->data, .wanted = (flags & GAN_INPUT_GRADIENT) != 0};
    if (direct) {
        gan__object_retain(tensor);
        record->tensor = tensor;
    } else {
        if (!tape->rehearses) gan__tensor_read(tensor, picture, record->data.memory);
        record->values[0].data = record->data.memory;
    }
    gan__tape_commit(tape, record, out);
    return GAN_OK;
}

gan_status gan_tape_input(gan_tape *tape, gan_tensor *tensor, int32_t flags, gan_value *out)
{
    GAN__TRY(gan__object_check(NULL, tape, GAN__TAPE, "gan_tape_input", "tape"));
    gan_context *context = tape->object.context;
    if (!out) return gan__fail(context, GAN_E_ARGUMENT, "gan_tape_input: out is NULL");
    *out = -1;
    GAN__TRY(gan__object_check(context, tensor, GAN__TENSOR, "gan_tape_input", "tensor"));
    if (flags & ~(GAN_INPUT_GRADIENT | GAN_INPUT_NUMBERS))
        return gan__fail(context, GAN_E_ARGUMENT,
                         "gan_tape_input: flags is %" PRId32
                         ", with more than GAN_INPUT_GRADIENT and GAN_INPUT_NUMBERS",
                         flags);
    GAN__RETURN_ENTERED(context, source_input(tape, tensor, flags, out));
}

static gan_status source_shape(const gan_tape *tape, const char *function, int32_t rank,
                               const int64_t *shape, gan__shape *out)
{
    if (rank != 2 && rank != 4)
        return gan__fail(tape->object.context, GAN_E_SHAPE, "%s: rank %d is neither 2 nor 4",
                         function, rank);
    *out = (gan__shape){shape[0], 1, 1, shape[rank - 1]};
    if (rank == 4) {
        out->h = shape[1];
        out->w = shape[2];
    }
    return source_check(tape, function, *out);
}

static gan_status source_draw(gan_tape *tape, const char *function, int32_t rank,
                              const int64_t *sizes, bool normal, gan_value *out)
{
    gan_context *context = tape->object.context;
    gan__record *record;
    gan__shape shape;
    GAN__TRY(source_shape(tape, function, rank, sizes, &shape));
    GAN__TRY(gan__tape_may_draw(tape, function));
    GAN__TRY(gan__tape_take(tape, GAN__RECORD_DRAW, 0, NULL, NULL, &record));
    GAN__TRY(gan__record_values(tape, record, 1));
    int64_t count = gan__shape_count(shape);
    GAN__TRY(gan__block_reserve(context, &record->data, (size_t)count));
    const gan__draw draw = {tape->seed, GAN__DRAW_LATENT, tape->draws++};
    gan__watch watch;
    gan__watch_begin(context, &watch, normal ? "normal" : "uniform", "forward");
    if (normal && !tape->rehearses)
        gan__draw_normal(context, &draw, 0, count, 0.0f, 1.0f, record->data.memory);
    if (!normal && !tape->rehearses)
        gan__draw_uniform(context, &draw, 0, count, -1.0f, 1.0f, record->data.memory);
    gan__watch_end(context, &watch);
    record->operand_count = 0;
    record->values[0] = (gan__tape_value){.shape = shape, .data = record->data.memory};
    gan__tape_commit(tape, record, out);
    return GAN_OK;
}

static gan_status source_call(gan_tape *tape, const char *function, int32_t rank,
                              const int64_t *shape, bool normal, gan_value *out)
{
    GAN__TRY(gan__object_check(NULL, tape, GAN__TAPE, function, "tape"));
    gan_context *context = tape->object.context;
    if (out) *out = -1;
    if (!out || !shape)
        return gan__fail(context, GAN_E_ARGUMENT, "%s: %s is NULL", function,
                         out ? "shape" : "out");
    GAN__RETURN_ENTERED(context, source_draw(tape, function, rank, shape, normal, out));
}

gan_status gan_tape_normal(gan_tape *tape, int32_t rank, const int64_t *shape, gan_value *out)
{
    return source_call(tape, "gan_tape_normal", rank, shape, true, out);
}

gan_status gan_tape_uniform(gan_tape *tape, int32_t rank, const int64_t *shape, gan_value *out)
{
    return source_call(tape, "gan_tape_uniform", rank, shape, false, out);
}
