/* tape.c: a tape's records and values, and how they are read. */
#include "tape/record.h"

#include "base/memory.h"
#include "base/random.h"

#include <inttypes.h>
#include <string.h>

/* ---- records ---- */

gan_status gan__record_values(gan_tape *tape, gan__record *record, size_t count)
{
    gan_context *context = tape->object.context;
    GAN__TRY(gan__grow(context, &record->values, &record->value_capacity, count,
                       sizeof *record->values));
    GAN__TRY(gan__grow(context, &tape->places, &tape->value_capacity, tape->value_count + count,
                       sizeof *tape->places));
    if (tape->value_count + count > INT32_MAX)
        return gan__fail(context, GAN_E_MEMORY, "tape: too many values; gan_tape_reset is needed");
    memset(record->values, 0, count * sizeof *record->values);
    record->value_count = count;
    return GAN_OK;
}

gan_status gan__record_operands(gan_tape *tape, gan__record *record, const gan_value *values,
                                size_t count, const char *function)
{
    GAN__TRY(gan__grow(tape->object.context, &record->operands, &record->operand_capacity, count,
                       sizeof *record->operands));
    record->operand_count = count;
    for (size_t i = 0; i < count; i++)
        GAN__TRY(gan__tape_find(tape, function, values[i], &record->operands[i]));
    return GAN_OK;
}

gan_status gan__block_reserve(gan_context *context, gan__floats *block, size_t count)
{
    if (count <= block->count) return GAN_OK;
    gan__free(context, block->memory);
    *block = (gan__floats){0};
    GAN__TRY(gan__allocate_raw(context, &block->memory, count, sizeof(float)));
    block->count = count;
    return GAN_OK;
}

gan_status gan__tape_reserve_transient(gan_tape *tape, size_t size)
{
    gan_context *context = tape->object.context;
    unsigned char *larger;
    if (size <= tape->transient_size) return GAN_OK;
    /* The records of this round rely on what there is: it goes only when there is more. */
    GAN__TRY(gan__allocate_raw(context, &larger, size, 1));
    gan__free(context, tape->transient);
    tape->transient = larger;
    tape->transient_size = size;
    return GAN_OK;
}

/* Whether its values can have gradients to pass on. */
static bool tape_traces(const gan_tape *tape, const gan__record *record)
{
    if (record->kind == GAN__RECORD_DETACH) return false;
    if (gan__record_application(record) && !record->frozen) return true;
    for (size_t i = 0; i < record->operand_count; i++)
        if (gan__tape_at(tape, record->operands[i])->traced) return true;
    return false;
}

void gan__tape_commit(gan_tape *tape, gan__record *record, gan_value *out)
{
    bool traced = tape_traces(tape, record);
    for (size_t i = 0; i < record->value_count; i++) {
        record->values[i].traced = traced || record->values[i].wanted;
        tape->places[tape->value_count] = (gan__tape_place){record, (int32_t)i};
        out[i] = gan__tape_handle(tape, (int32_t)tape->value_count);
        tape->value_count++;
    }
    record->round = tape->generation;
    gan__tape_keep(tape, record);
}

gan_status gan__tape_find(const gan_tape *tape, const char *function, gan_value value, int32_t *out)
{
    uint64_t generation = (uint64_t)value >> 32, index = (uint64_t)value & UINT32_MAX;
    if (value >= 0 && generation == (tape->generation & INT32_MAX) && index < tape->value_count) {
        *out = (int32_t)index;
        return GAN_OK;
    }
    if (value >= 0 && generation >= tape->first && generation < tape->generation)
        return gan__fail(tape->object.context, GAN_E_ARGUMENT,
                         "%s: value %" PRIu64 " is from before the tape's last reset", function,
                         index);
    return gan__fail(tape->object.context, GAN_E_ARGUMENT,
                     "%s: %" PRId64 " is no value of this tape", function, value);
}

/* ---- the tape ---- */

static void tape_destroy(void *self)
{
    gan_tape *tape = self;
    gan_context *context = tape->object.context;
    gan__tape_free_records(tape);
    gan__free(context, tape->places);
    gan__panel_cache_free(&tape->cache);
    gan__tape_free_arenas(tape);
    gan__free(context, tape->transient);
    gan__free(context, tape->spare.memory);
    gan__free(context, tape->shapes);
    gan__free(context, tape->starts);
    gan__free(context, tape->tangents);
    gan__free(context, tape->listed);
    gan__free(context, tape->factors);
    gan__free(context, tape->stores);
}

/* Tapes begin far from each other, so that a value of another tape is refused, whatever its
 * context. The address tells apart those that live at one time, the number those that follow each
 * other. */
static uint64_t tape_first_generation(const gan_tape *tape)
{
    const uint64_t address = (uint64_t)(uintptr_t)tape, number = tape->object.context->counts.tapes;
    const uint32_t counter[4] = {(uint32_t)address, (uint32_t)(address >> 32), (uint32_t)number,
                                 (uint32_t)(number >> 32)};
    uint32_t word[4];
    gan__philox(counter, (const uint32_t[2]){0, 0}, word);
    return 1 + word[0] % (INT32_MAX - 1);
}

gan_status gan__tape_create(gan_tape **out, gan_context *context, uint64_t seed)
{
    GAN__TRY(gan__object_create(out, context, sizeof **out, GAN__TAPE, tape_destroy));
    (*out)->cache.context = context;
    (*out)->seed = seed;
    (*out)->first = (*out)->generation = tape_first_generation(*out);
    return GAN_OK;
}

static gan_status tape_create(gan_tape **out, gan_context *context)
{
    uint64_t seed = gan__random_seed(context->seed, GAN__DRAW_TAPE, context->counts.tapes);
    GAN__TRY(gan__tape_create(out, context, seed));
    context->counts.tapes++;
    return GAN_OK;
}

gan_status gan_tape_create(gan_tape **out, gan_context *context)
{
    if (!out) return gan__fail(context, GAN_E_ARGUMENT, "gan_tape_create: out is NULL");
    *out = NULL;
    if (!context) return GAN_E_ARGUMENT;
    GAN__RETURN_ENTERED(context, tape_create(out, context));
}

void gan_tape_retain(gan_tape *tape)
{
    if (gan__object_is(tape, GAN__TAPE)) gan__object_retain(tape);
}

void gan_tape_release(gan_tape *tape)
{
    if (gan__object_is(tape, GAN__TAPE)) gan__object_release(tape);
}

static gan_status tape_reset(gan_tape *tape)
{
    gan__tape_end_round(tape);
    tape->value_count = 0;
    /* A value's generation has 31 bits and is never 0. */
    tape->generation++;
    if ((tape->generation & INT32_MAX) == 0) tape->generation++;
    return GAN_OK;
}

gan_status gan_tape_reset(gan_tape *tape)
{
    GAN__TRY(gan__object_check(NULL, tape, GAN__TAPE, "gan_tape_reset", "tape"));
    GAN__RETURN_ENTERED(tape->object.context, tape_reset(tape));
}

void gan__tape_rehearse(gan_tape *tape, bool rehearse)
{
    tape->rehearses = rehearse;
    if (!rehearse) (void)tape_reset(tape);
}

uint64_t gan_tape_draws(const gan_tape *tape)
{
    return gan__object_is(tape, GAN__TAPE) ? tape->draws : 0;
}

gan_status gan__tape_may_draw(const gan_tape *tape, const char *function)
{
    if (tape->draws < GAN__DRAW_STEPS - 1) return GAN_OK;
    return gan__fail(tape->object.context, GAN_E_STATE,
                     "%s: the tape has made all of its 2^48 - 1 draws", function);
}

static gan_status tape_seek(gan_tape *tape, uint64_t draws)
{
    if (draws >= GAN__DRAW_STEPS)
        return gan__fail(tape->object.context, GAN_E_ARGUMENT,
                         "gan_tape_seek: %" PRIu64 " draws, not below 2^48", draws);
    tape->draws = draws;
    return GAN_OK;
}

gan_status gan_tape_seek(gan_tape *tape, uint64_t draws)
{
    GAN__TRY(gan__object_check(NULL, tape, GAN__TAPE, "gan_tape_seek", "tape"));
    GAN__RETURN_ENTERED(tape->object.context, tape_seek(tape, draws));
}

/* ---- reading values ---- */

gan_status gan__tape_check_tensor(const gan_tape *tape, const char *function, gan__shape shape,
                                  const gan_tensor *tensor)
{
    gan_context *context = tape->object.context;
    gan__shape s = {1, 1, 1, 1};
    char needed[88], got[88];
    GAN__TRY(gan__object_check(context, tensor, GAN__TENSOR, function, "tensor"));
    if (tensor->rank > 0 && gan__tensor_shape(tensor, &s) != GAN_OK)
        return gan__fail(context, GAN_E_SHAPE, "%s: the tensor has rank %d, the value is %s",
                         function, tensor->rank, gan__shape_print(shape, needed));
    if (s.n == shape.n && s.h == shape.h && s.w == shape.w && s.c == shape.c) return GAN_OK;
    return gan__fail(context, GAN_E_SHAPE, "%s: the tensor is %s, the value %s", function,
                     gan__shape_print(s, got), gan__shape_print(shape, needed));
}

static gan_status tape_write(const gan_tape *tape, const char *function, gan__shape shape,
                             const float *data, gan_tensor *tensor)
{
    GAN__TRY(gan__tape_check_tensor(tape, function, shape, tensor));
    GAN__TRY(gan__tensor_check_writable(tape->object.context, function, tensor));
    if (tensor->dtype != GAN_FLOAT32 && tensor->dtype != GAN_UINT8)
        return gan__fail(tape->object.context, GAN_E_SHAPE,
                         "%s: the tensor is %s, neither float32 nor uint8", function,
                         gan__dtype_name(tensor->dtype));
    if (!tape->rehearses) gan__tensor_write(tensor, gan__tensor_is_picture(tensor), data);
    return GAN_OK;
}

gan_status gan__tape_source(const gan_tape *tape, const char *function, gan_value value,
                            int32_t what, gan__shape *shape, const float **data)
{
    int32_t index;
    GAN__TRY(gan__tape_find(tape, function, value, &index));
    const gan__tape_value *v = gan__tape_at(tape, index);
    if (what == GAN_GRADIENT && (v->pass == 0 || v->pass != tape->pass))
        return gan__fail(tape->object.context, GAN_E_STATE,
                         "%s: value %d has no gradient from the last backward", function, index);
    *shape = v->shape;
    *data = what == GAN_GRADIENT ? v->gradient : v->data;
    return GAN_OK;
}

static gan_status tape_read(gan_tape *tape, const char *function, gan_value value, int32_t what,
                            gan_tensor *tensor)
{
    gan__shape shape;
    const float *data;
    GAN__TRY(gan__tape_source(tape, function, value, what, &shape, &data));
    return tape_write(tape, function, shape, data, tensor);
}

gan_status gan_tape_value(gan_tape *tape, gan_value value, gan_tensor *tensor)
{
    GAN__TRY(gan__object_check(NULL, tape, GAN__TAPE, "gan_tape_value", "tape"));
    GAN__RETURN_ENTERED(tape->object.context,
                        tape_read(tape, "gan_tape_value", value, GAN_VALUE, tensor));
}

gan_status gan_tape_gradient(gan_tape *tape, gan_value value, gan_tensor *tensor)
{
    GAN__TRY(gan__object_check(NULL, tape, GAN__TAPE, "gan_tape_gradient", "tape"));
    GAN__RETURN_ENTERED(tape->object.context,
                        tape_read(tape, "gan_tape_gradient", value, GAN_GRADIENT, tensor));
}

static gan_status tape_tensor(gan_tensor **out, gan_tape *tape, gan_value value, int32_t what)
{
    gan__shape s;
    const float *data;
    GAN__TRY(gan__tape_source(tape, "gan_tape_tensor", value, what, &s, &data));
    const int64_t shape[4] = {s.n, s.h, s.w, s.c};
    GAN__TRY(gan_tensor_create(out, tape->object.context, GAN_FLOAT32, 4, shape));
    gan__tensor_write(*out, false, data);
    return GAN_OK;
}

gan_status gan_tape_tensor(gan_tensor **out, gan_tape *tape, gan_value value, int32_t what)
{
    if (out) *out = NULL;
    GAN__TRY(gan__object_check(NULL, tape, GAN__TAPE, "gan_tape_tensor", "tape"));
    gan_context *context = tape->object.context;
    if (!out) return gan__fail(context, GAN_E_ARGUMENT, "gan_tape_tensor: out is NULL");
    if (what != GAN_VALUE && what != GAN_GRADIENT)
        return gan__fail(context, GAN_E_ARGUMENT,
                         "gan_tape_tensor: what is %d, neither GAN_VALUE nor GAN_GRADIENT", what);
    GAN__RETURN_ENTERED(context, tape_tensor(out, tape, value, what));
}

static gan_status tape_shape(const gan_tape *tape, gan_value value, int64_t shape[4])
{
    int32_t index;
    GAN__TRY(gan__tape_find(tape, "gan_tape_shape", value, &index));
    const gan__shape *s = &gan__tape_at(tape, index)->shape;
    shape[0] = s->n;
    shape[1] = s->h;
    shape[2] = s->w;
    shape[3] = s->c;
    return GAN_OK;
}

gan_status gan_tape_shape(const gan_tape *tape, gan_value value, int64_t shape[4])
{
    GAN__TRY(gan__object_check(NULL, tape, GAN__TAPE, "gan_tape_shape", "tape"));
    gan_context *context = tape->object.context;
    if (!shape) return gan__fail(context, GAN_E_ARGUMENT, "gan_tape_shape: shape is NULL");
    GAN__RETURN_ENTERED(context, tape_shape(tape, value, shape));
}

static gan_status tape_scalar(gan_tape *tape, gan_value value, double *out)
{
    int32_t index;
    char text[88];
    GAN__TRY(gan__tape_find(tape, "gan_tape_scalar", value, &index));
    const gan__tape_value *v = gan__tape_at(tape, index);
    if (gan__shape_count(v->shape) != 1)
        return gan__fail(tape->object.context, GAN_E_SHAPE,
                         "gan_tape_scalar: value %d is %s, no single number", index,
                         gan__shape_print(v->shape, text));
    *out = v->scalar ? v->number : tape->rehearses ? 0 : (double)v->data[0];
    return GAN_OK;
}

gan_status gan_tape_scalar(gan_tape *tape, gan_value value, double *out)
{
    GAN__TRY(gan__object_check(NULL, tape, GAN__TAPE, "gan_tape_scalar", "tape"));
    gan_context *context = tape->object.context;
    if (!out) return gan__fail(context, GAN_E_ARGUMENT, "gan_tape_scalar: out is NULL");
    GAN__RETURN_ENTERED(context, tape_scalar(tape, value, out));
}
