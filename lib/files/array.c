/* array.c: elements of any type, byte order and order of dimensions as a tensor of the library's
 * few types. */
#include "files/array.h"

#include "base/memory.h"

#include <inttypes.h>
#include <math.h>

typedef struct array_element {
    const char *name;
    uint8_t size, dtype;
} array_element;

static const array_element array_elements[GAN__ELEMENT_COUNT] = {
    [GAN__ELEMENT_F32] = {"F32", 4, GAN_FLOAT32}, [GAN__ELEMENT_F64] = {"F64", 8, GAN_FLOAT32},
    [GAN__ELEMENT_F16] = {"F16", 2, GAN_FLOAT32}, [GAN__ELEMENT_BF16] = {"BF16", 2, GAN_FLOAT32},
    [GAN__ELEMENT_BOOL] = {"BOOL", 1, GAN_UINT8}, [GAN__ELEMENT_U8] = {"U8", 1, GAN_UINT8},
    [GAN__ELEMENT_I8] = {"I8", 1, GAN_INT32},     [GAN__ELEMENT_U16] = {"U16", 2, GAN_INT32},
    [GAN__ELEMENT_I16] = {"I16", 2, GAN_INT32},   [GAN__ELEMENT_U32] = {"U32", 4, GAN_INT64},
    [GAN__ELEMENT_I32] = {"I32", 4, GAN_INT32},   [GAN__ELEMENT_U64] = {"U64", 8, 0},
    [GAN__ELEMENT_I64] = {"I64", 8, GAN_INT64},
};

size_t gan__element_size(gan__element element)
{
    return array_elements[element].size;
}

const char *gan__element_name(gan__element element)
{
    return array_elements[element].name;
}

int32_t gan__element_dtype(gan__element element)
{
    return array_elements[element].dtype;
}

gan_status gan__array_measure(const gan__bytes *in, gan__array *array, uint64_t *size)
{
    for (int32_t i = 0; i < array->rank; i++) {
        if (array->shape[i] >= 0) continue;
        return gan__bytes_fail(in, "dimension %d is %" PRId64, (int)i, array->shape[i]);
    }
    int64_t bytes = 0;
    if (!gan__product_count(array->shape, array->rank, &array->count) ||
        !gan__multiply_count(array->count, (int64_t)gan__element_size(array->element), &bytes)) {
        return gan__bytes_fail(in, "the product of the %d dimensions does not fit in 64 bits",
                               (int)array->rank);
    }
    *size = (uint64_t)bytes;
    return GAN_OK;
}

gan_status gan__array_find(gan__bytes *in, gan__array *array)
{
    uint64_t size;
    GAN__TRY(gan__array_measure(in, array, &size));
    if (size != gan__bytes_left(in)) {
        return gan__bytes_fail(in, "the %" PRId64 " elements have %" PRIu64 " bytes, %zu remain",
                               array->count, size, gan__bytes_left(in));
    }
    return gan__bytes_take(in, size, "the elements", &array->data);
}

gan_status gan__array_cut(const gan__bytes *in, gan__array *array, int64_t rows, uint64_t *size)
{
    GAN__TRY(gan__array_measure(in, array, size)); /* of the whole: it must fit too */
    array->shape[0] = rows;
    return gan__array_measure(in, array, size);
}

static uint64_t array_reverse(uint64_t bits, size_t size)
{
    uint64_t reversed = 0;
    for (size_t i = 0; i < size; i++, bits >>= 8) reversed = reversed << 8 | (bits & 255);
    return reversed;
}

/* Element i, its bits in the low end. */
static inline uint64_t array_bits(const gan__array *array, size_t size, int64_t i)
{
    const uint8_t *p = array->data + (size_t)i * size;
    uint64_t bits = 0;
    switch (size) {
    case 1: return *p;
    case 2: bits = gan__load_u16le(p); break;
    case 4: bits = gan__load_u32le(p); break;
    default: bits = gan__load_u64le(p); break;
    }
    return array->big_endian ? array_reverse(bits, size) : bits;
}

static float array_from_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* IEEE 754 binary16; subnormals are multiples of 2^-24, which float32 has exactly. */
static float array_from_half(uint32_t bits)
{
    uint32_t sign = (bits & 0x8000) << 16, exponent = bits >> 10 & 31, fraction = bits & 0x3ff;
    if (exponent == 31) return array_from_bits(sign | 0x7f800000u | fraction << 13);
    if (exponent > 0) return array_from_bits(sign | (exponent + 112) << 23 | fraction << 13);
    float value = (float)fraction * 0x1p-24f;
    return sign ? -value : value;
}

static double array_double(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static float array_float(gan__element element, uint64_t bits);

static int64_t array_round(double value)
{
    if (value != value) return 0;
    if (value >= 0x1p63) return INT64_MAX;
    if (value < -0x1p63) return INT64_MIN;
    return (int64_t)nearbyint(value);
}

static int64_t array_integer(gan__element element, uint64_t bits)
{
    switch (element) {
    case GAN__ELEMENT_F64: return array_round(array_double(bits));
    case GAN__ELEMENT_F32:
    case GAN__ELEMENT_F16:
    case GAN__ELEMENT_BF16: return array_round((double)array_float(element, bits));
    case GAN__ELEMENT_U64: return bits > INT64_MAX ? INT64_MAX : (int64_t)bits;
    case GAN__ELEMENT_BOOL: return bits != 0;
    case GAN__ELEMENT_I8: return (int8_t)bits;
    case GAN__ELEMENT_I16: return (int16_t)bits;
    case GAN__ELEMENT_I32: return (int32_t)bits;
    default: return (int64_t)bits;
    }
}

static float array_float(gan__element element, uint64_t bits)
{
    switch (element) {
    case GAN__ELEMENT_F32: return array_from_bits((uint32_t)bits);
    case GAN__ELEMENT_BF16: return array_from_bits((uint32_t)bits << 16);
    case GAN__ELEMENT_F16: return array_from_half((uint32_t)bits);
    case GAN__ELEMENT_F64: return (float)array_double(bits);
    case GAN__ELEMENT_U64: return (float)bits;
    default: return (float)array_integer(element, bits);
    }
}

/* Whether the file's bytes are the tensor's. */
static bool array_is_plain(const gan__array *array, int32_t dtype)
{
    switch (array->element) {
    case GAN__ELEMENT_U8: return dtype == GAN_UINT8;
    case GAN__ELEMENT_F32: return dtype == GAN_FLOAT32 && !array->big_endian;
    case GAN__ELEMENT_I32: return dtype == GAN_INT32 && !array->big_endian;
    case GAN__ELEMENT_I64: return dtype == GAN_INT64 && !array->big_endian;
    default: return false;
    }
}

/* In a loop for each type that arrays of floats have: `element` is known where it is compiled. */
static inline void array_floats(const gan__array *array, gan__element element, float *out)
{
    const size_t size = gan__element_size(element);
    for (int64_t i = 0; i < array->count; i++)
        out[i] = array_float(element, array_bits(array, size, i));
}

static void array_decode_floats(const gan__array *array, float *out)
{
    switch (array->element) {
    case GAN__ELEMENT_F64: array_floats(array, GAN__ELEMENT_F64, out); break;
    case GAN__ELEMENT_F16: array_floats(array, GAN__ELEMENT_F16, out); break;
    default: array_floats(array, array->element, out); break;
    }
}

void gan__array_decode(const gan__array *array, int32_t dtype, void *out)
{
    gan__element element = array->element;
    size_t size = gan__element_size(element);
    if (array->count == 0) return;
    if (array_is_plain(array, dtype)) {
        memcpy(out, array->data, (size_t)array->count * size);
        return;
    }
    if (dtype == GAN_FLOAT32) {
        array_decode_floats(array, out);
        return;
    }
    for (int64_t i = 0; i < array->count; i++) {
        uint64_t bits = array_bits(array, size, i);
        switch (dtype) {
        case GAN_UINT8: ((uint8_t *)out)[i] = (uint8_t)array_integer(element, bits); break;
        case GAN_INT32: ((int32_t *)out)[i] = (int32_t)array_integer(element, bits); break;
        default: ((int64_t *)out)[i] = array_integer(element, bits); break;
        }
    }
}

/* Fortran order is row-major order of the reversed dimensions. */
static gan_status array_transpose(gan_context *context, const gan__array *array,
                                  gan_tensor *reversed, gan_tensor **out)
{
    int32_t order[GAN_MAX_RANK];
    gan_tensor *view;
    for (int32_t i = 0; i < array->rank; i++) order[i] = array->rank - 1 - i;
    GAN__TRY(gan_tensor_permute(&view, reversed, order));
    gan_status status = gan_tensor_create(out, context, gan__element_dtype(array->element),
                                          array->rank, array->shape);
    if (status == GAN_OK) status = gan_tensor_copy(*out, view);
    if (status != GAN_OK) {
        gan_tensor_release(*out);
        *out = NULL;
    }
    gan_tensor_release(view);
    return status;
}

gan_status gan__array_tensor(const gan__bytes *in, const gan__array *array, gan_tensor **out)
{
    int32_t dtype = gan__element_dtype(array->element), rank = array->rank;
    bool reverse = array->fortran && rank > 1;
    int64_t shape[GAN_MAX_RANK];
    gan_tensor *tensor;
    *out = NULL;
    if (dtype == 0) {
        return gan__bytes_fail_as(in, GAN_E_UNSUPPORTED, "%s elements have no tensor type",
                                  gan__element_name(array->element));
    }
    for (int32_t i = 0; i < rank; i++) shape[i] = array->shape[reverse ? rank - 1 - i : i];
    GAN__TRY(gan_tensor_create(&tensor, in->context, dtype, rank, shape));
    gan__array_decode(array, dtype, gan_tensor_data(tensor));
    if (!reverse) {
        *out = tensor;
        return GAN_OK;
    }
    gan_status status = array_transpose(in->context, array, tensor, out);
    gan_tensor_release(tensor);
    return status;
}
