/* Arrays that are lent and borrowed by DLPack: what is shared, what is copied and what it becomes,
 * what is refused. Whose memory ends when is in test_dlpack_ends.c. */
#include "base/context.h"
#include "base/random.h"
#include "stranger.h"

#include <math.h>
#include <stdlib.h>

static gan_context *shared;
static const dl_type float32 = {DL_FLOAT, 32, 1};

/* A borrowed array of which the deleter has been called `deleted` times. */
static gan_tensor *borrowed(stranger *s, int32_t flags, int deleted)
{
    gan_tensor *tensor = NULL;
    s->watched = &shared->owner;
    if (!CHECK_OK(stranger_give(&tensor, shared, s, flags))) puts(gan_context_message(shared));
    CHECK_INT(s->deleted, deleted);
    return tensor;
}

TEST(layout)
{
    if (sizeof(void *) != 8) return;
    CHECK_INT(sizeof(dl_array), 48);
    CHECK_INT(offsetof(dl_array, type), 20);
    CHECK_INT(offsetof(dl_array, byte_offset), 40);
    CHECK_INT(sizeof(dl_legacy), 64);
    CHECK_INT(offsetof(dl_versioned, deleter), 16);
    CHECK_INT(offsetof(dl_versioned, flags), 24);
    CHECK_INT(offsetof(dl_versioned, array), 32);
    CHECK_INT(sizeof(dl_versioned), 80);
}

/* ---- lending ---- */

static void check_lent(gan_tensor *tensor, int32_t flags, dl_type type)
{
    void *managed = NULL;
    const size_t bytes = (size_t)gan_tensor_rank(tensor) * sizeof(int64_t);
    if (!CHECK_OK(gan_tensor_to_dlpack(&managed, tensor, flags))) return;
    const dl_array *array = stranger_look(managed, flags);
    CHECK(array->device.type == 1 && array->device.id == 0 && array->byte_offset == 0);
    CHECK(array->type.code == type.code && array->type.bits == type.bits && array->type.lanes == 1);
    CHECK_INT(array->ndim, gan_tensor_rank(tensor));
    CHECK(memcmp(array->shape, gan_tensor_shape(tensor), bytes) == 0);
    if (!(flags & GAN_DLPACK_LEGACY)) {
        const dl_versioned *versioned = managed;
        CHECK(versioned->major == 1 && versioned->minor == 1);
        CHECK_INT(versioned->flags, flags & GAN_DLPACK_COPY ? DL_IS_COPIED : 0);
    }
    if (gan_tensor_count(tensor) == 0) CHECK(array->data == NULL);
    if (gan_tensor_count(tensor) > 0)
        CHECK((array->data == gan_tensor_data(tensor)) == !(flags & GAN_DLPACK_COPY));
    if (!(flags & GAN_DLPACK_COPY))
        CHECK(memcmp(array->strides, gan_tensor_strides(tensor), bytes) == 0);
    stranger_delete(managed, flags);
}

static void check_all_lent(gan_tensor *tensor, dl_type type)
{
    check_lent(tensor, 0, type);
    check_lent(tensor, GAN_DLPACK_SHARE, type);
    check_lent(tensor, GAN_DLPACK_COPY, type);
    check_lent(tensor, GAN_DLPACK_LEGACY, type);
    check_lent(tensor, GAN_DLPACK_LEGACY | GAN_DLPACK_COPY, type);
}

TEST(lending)
{
    static const struct {
        int32_t dtype;
        dl_type type;
    } types[] = {{GAN_FLOAT32, {DL_FLOAT, 32, 1}},
                 {GAN_UINT8, {DL_UINT, 8, 1}},
                 {GAN_INT32, {DL_INT, 32, 1}},
                 {GAN_INT64, {DL_INT, 64, 1}}};
    static const int64_t shape[8] = {2, 3, 1, 1, 2, 1, 1, 2}, empty[3] = {2, 0, 3};
    static const int32_t order[3] = {2, 0, 1};
    for (int i = 0; i < 4; i++) {
        gan_tensor *tensor, *view;
        for (int32_t rank = 0; rank <= 8; rank++) {
            CHECK_OK(gan_tensor_create(&tensor, shared, types[i].dtype, rank, shape));
            check_all_lent(tensor, types[i].type);
            gan_tensor_release(tensor);
        }
        CHECK_OK(gan_tensor_create(&tensor, shared, types[i].dtype, 3, empty));
        check_all_lent(tensor, types[i].type);
        gan_tensor_release(tensor);
        CHECK_OK(gan_tensor_create(&tensor, shared, types[i].dtype, 3, shape));
        CHECK_OK(gan_tensor_permute(&view, tensor, order));
        check_all_lent(view, types[i].type);
        gan_tensor_release(view);
        gan_tensor_release(tensor);
    }
}

TEST(lending_a_copy)
{
    static const int64_t shape[2] = {2, 3}, strides[2] = {-1, -2};
    float data[6] = {0, 1, 2, 3, 4, 5};
    gan_tensor *tensor;
    void *managed;
    CHECK_OK(
        gan_tensor_wrap(&tensor, shared, GAN_FLOAT32, 2, shape, strides, data + 5, NULL, NULL));
    CHECK_OK(gan_tensor_to_dlpack(&managed, tensor, GAN_DLPACK_COPY));
    const dl_array *array = stranger_look(managed, 0);
    float *values = array->data;
    CHECK(array->strides[0] == 3 && array->strides[1] == 1);
    for (int i = 0; i < 6; i++) CHECK_NEAR(values[i], 5 - i % 3 * 2 - i / 3, 0);
    values[0] = 9;
    CHECK_NEAR(data[5], 5, 0);
    stranger_delete(managed, 0);
    CHECK_OK(gan_tensor_to_dlpack(&managed, tensor, 0));
    array = stranger_look(managed, 0);
    *((float *)array->data + array->strides[0]) = 7;
    CHECK_NEAR(data[4], 7, 0);
    stranger_delete(managed, 0);
    gan_tensor_release(tensor);
}

/* ---- borrowing ---- */

static void check_shared(dl_type type, int32_t dtype, int32_t flags)
{
    static const int64_t shape[4] = {2, 1, 3, 1}, strides[4] = {3, 99, 1, -7};
    int64_t memory[7] = {0};
    for (int i = 0; i < 3; i++) {
        stranger s;
        stranger_lend(&s, type, memory, i < 2 ? 4 : 0, shape, i == 1 ? strides : NULL);
        s.legacy.array.byte_offset = s.versioned.array.byte_offset = sizeof memory[0];
        gan_tensor *tensor = borrowed(&s, flags, 0);
        CHECK(gan_tensor_data(tensor) == memory + 1 && !gan_tensor_read_only(tensor));
        CHECK_INT(gan_tensor_dtype(tensor), dtype);
        CHECK_INT(gan_tensor_count(tensor), i < 2 ? 6 : 1);
        CHECK_INT(gan_tensor_rank(tensor), i < 2 ? 4 : 0);
        if (i < 2) CHECK(memcmp(gan_tensor_shape(tensor), shape, sizeof shape) == 0);
        if (i == 1) CHECK(memcmp(gan_tensor_strides(tensor), strides, sizeof strides) == 0);
        gan_tensor_release(tensor);
        CHECK_INT(s.deleted, 1);
    }
}

TEST(sharing)
{
    static const dl_type types[] = {
        {DL_FLOAT, 32, 1}, {DL_UINT, 8, 1}, {DL_INT, 32, 1}, {DL_INT, 64, 1}};
    static const int32_t dtypes[] = {GAN_FLOAT32, GAN_UINT8, GAN_INT32, GAN_INT64};
    static const int32_t devices[] = {1, 3, 11};
    for (int i = 0; i < 8; i++) {
        check_shared(types[i % 4], dtypes[i % 4], i / 4 * GAN_DLPACK_LEGACY);
        check_shared(types[i % 4], dtypes[i % 4], i / 4 * GAN_DLPACK_LEGACY | GAN_DLPACK_SHARE);
    }
    float data[2] = {1, 2};
    for (int i = 0; i < 3; i++) {
        stranger s;
        stranger_lend(&s, float32, data, 1, (int64_t[]){2}, NULL);
        s.versioned.array.device.type = devices[i];
        s.versioned.array.device.id = i;
        s.versioned.minor = 99; /* adds what is not used here */
        s.versioned.flags = DL_IS_COPIED | 4;
        gan_tensor_release(borrowed(&s, 0, 0));
        CHECK_INT(s.deleted, 1);
        stranger_lend(&s, float32, data, 1, (int64_t[]){2}, NULL);
        gan_tensor *tensor = borrowed(&s, GAN_DLPACK_COPY, 1);
        CHECK(gan_tensor_data(tensor) != data);
        CHECK_NEAR(((float *)gan_tensor_data(tensor))[1], 2, 0);
        gan_tensor_release(tensor);
    }
}

TEST(nobody_to_tell)
{
    float data[2] = {1, 2};
    for (int32_t flags = 0; flags < 2; flags++) {
        stranger s;
        gan_tensor *tensor;
        stranger_lend(&s, float32, data, 1, (int64_t[]){2}, NULL);
        s.legacy.deleter = NULL;
        s.versioned.deleter = NULL;
        CHECK_OK(stranger_give(&tensor, shared, &s, flags));
        CHECK(gan_tensor_data(tensor) == data);
        gan_tensor_release(tensor);
        CHECK_OK(stranger_give(&tensor, shared, &s, flags | GAN_DLPACK_COPY));
        gan_tensor_release(tensor);
        CHECK_STATUS(stranger_give(NULL, shared, &s, flags), GAN_E_ARGUMENT);
    }
}

/* With or without data, what holds nothing shares nothing. */
TEST(nothing)
{
    static const int64_t shape[3] = {2, 0, 3};
    static const int64_t strides[3] = {-5, 0, INT64_MAX / 16};
    float data[1];
    for (int32_t i = 0; i < 8; i++) {
        stranger s;
        stranger_lend(&s, float32, i & 1 ? data : NULL, 3, shape, i & 2 ? strides : NULL);
        gan_tensor *tensor = borrowed(&s, i & 4 ? GAN_DLPACK_SHARE : 0, 1);
        CHECK_INT(gan_tensor_count(tensor), 0);
        CHECK_INT(gan_tensor_strides(tensor)[0], 3);
        CHECK(memcmp(gan_tensor_shape(tensor), shape, sizeof shape) == 0);
        gan_tensor_release(tensor);
    }
}

/* ---- any strides and types, against an index computed for each element ---- */

enum { SPACE = 4096 };

typedef struct random_array {
    int64_t shape[8], strides[8], count, first;
    int32_t rank;
} random_array;

static uint32_t draw_below(uint32_t limit)
{
    static uint64_t index = 0;
    gan__draw draw = {11, GAN__DRAW_LATENT, 0};
    uint32_t word[4];
    gan__random_block(&draw, index++, word);
    return word[0] % limit;
}

/* Strides from -9 to 9 or dense ones in some order; every element lies in [0, SPACE / 2). */
static void draw_array(random_array *a)
{
    int64_t low = 0, dense = 1;
    a->rank = (int32_t)draw_below(9);
    a->count = 1;
    for (int32_t i = a->rank - 1; i >= 0; i--) {
        a->shape[i] = 1 + draw_below(a->rank > 4 ? 2 : 5);
        a->strides[i] = draw_below(3) ? dense : (int64_t)draw_below(19) - 9;
        if (draw_below(4) == 0) a->strides[i] = -a->strides[i];
        dense *= a->shape[i];
        a->count *= a->shape[i];
        if (a->strides[i] < 0) low += (a->shape[i] - 1) * a->strides[i];
    }
    a->first = -low;
}

static int64_t element_place(const random_array *a, int64_t i)
{
    int64_t place = a->first;
    for (int32_t d = a->rank - 1; d >= 0; d--) {
        place += i % a->shape[d] * a->strides[d];
        i /= a->shape[d];
    }
    return place;
}

/* The number that an element's bytes mean. */
static double element_value(dl_type type, const void *at)
{
    int64_t i64 = 0;
    uint32_t u32 = 0;
    float f32;
    double f64;
    if (type.code == DL_FLOAT && type.bits == 64) return memcpy(&f64, at, 8), f64;
    if (type.code == DL_FLOAT && type.bits == 32) return memcpy(&f32, at, 4), (double)f32;
    if (type.code == DL_INT && type.bits == 64) return memcpy(&i64, at, 8), (double)i64;
    memcpy(&u32, at, type.bits / 8);
    if (type.code == DL_FLOAT) { /* 16 */
        int exponent = u32 >> 10 & 31, fraction = u32 & 1023, sign = u32 >> 15 ? -1 : 1;
        if (exponent == 31) return fraction ? (double)NAN : (double)sign * (double)INFINITY;
        return sign * ldexp(exponent ? fraction + 1024 : fraction, (exponent ? exponent : 1) - 25);
    }
    if (type.code == DL_BFLOAT) return u32 <<= 16, memcpy(&f32, &u32, 4), (double)f32;
    if (type.code == DL_BOOL) return u32 != 0;
    if (type.code == DL_INT)
        return (double)(int32_t)(u32 << (32 - type.bits)) / (1u << (32 - type.bits));
    return u32;
}

static double tensor_value(const gan_tensor *tensor, int64_t place)
{
    const void *data = gan_tensor_data(tensor);
    switch (gan_tensor_dtype(tensor)) {
    case GAN_FLOAT32: return (double)((const float *)data)[place];
    case GAN_UINT8: return ((const uint8_t *)data)[place];
    case GAN_INT32: return ((const int32_t *)data)[place];
    default: return (double)((const int64_t *)data)[place];
    }
}

static void check_elements(const random_array *a, dl_type type, const char *memory, int32_t dtype,
                           gan_tensor *tensor)
{
    CHECK_INT(gan_tensor_dtype(tensor), dtype);
    CHECK_INT(gan_tensor_count(tensor), a->count);
    for (int64_t i = 0; i < a->count; i++) {
        double value = element_value(type, memory + element_place(a, i) * (type.bits / 8));
        double got = tensor_value(tensor, i);
        if (dtype == GAN_FLOAT32) value = (double)(float)value;
        if (value != value ? got == got : got != value) {
            CHECK_NEAR(got, value, 0);
            return;
        }
    }
}

TEST(any_strides_and_types)
{
    static const struct {
        dl_type type;
        int32_t dtype;
        bool kept;
    } types[] = {{{DL_FLOAT, 32, 1}, GAN_FLOAT32, true}, {{DL_UINT, 8, 1}, GAN_UINT8, true},
                 {{DL_INT, 32, 1}, GAN_INT32, true},     {{DL_INT, 64, 1}, GAN_INT64, true},
                 {{DL_FLOAT, 64, 1}, GAN_FLOAT32, 0},    {{DL_FLOAT, 16, 1}, GAN_FLOAT32, 0},
                 {{DL_BFLOAT, 16, 1}, GAN_FLOAT32, 0},   {{DL_BOOL, 8, 1}, GAN_UINT8, 0},
                 {{DL_INT, 8, 1}, GAN_INT32, 0},         {{DL_INT, 16, 1}, GAN_INT32, 0},
                 {{DL_UINT, 16, 1}, GAN_INT32, 0},       {{DL_UINT, 32, 1}, GAN_INT64, 0}};
    static uint64_t space[SPACE];
    char *memory = (char *)space;
    for (size_t i = 0; i < sizeof space; i++) memory[i] = (char)draw_below(256);
    for (int round = 0; round < 1200; round++) {
        const dl_type type = types[round % 12].type;
        const int32_t flags = (int32_t)draw_below(2), odd = draw_below(4) == 0;
        random_array a;
        stranger s;
        draw_array(&a);
        stranger_lend(&s, type, memory + odd, a.rank, a.shape, a.strides);
        s.legacy.array.byte_offset = s.versioned.array.byte_offset =
            (uint64_t)(a.first * type.bits / 8);
        gan_tensor *tensor = NULL;
        CHECK_OK(stranger_give(&tensor, shared, &s, flags));
        bool same = (char *)gan_tensor_data(tensor) == memory + odd + a.first * type.bits / 8;
        CHECK_INT(s.deleted, !same);
        if (same) CHECK(types[round % 12].kept && (!odd || type.bits == 8));
        check_elements(&a, type, memory + odd, types[round % 12].dtype, tensor);
        gan_tensor_release(tensor);
        CHECK_INT(s.deleted, 1);
    }
}

/* A tensor as others see it: written through either side. */
TEST(sharing_strides)
{
    static const int64_t shape[2] = {3, 2}, strides[2] = {-1, 3};
    float data[6] = {0, 1, 2, 3, 4, 5}, ones[6] = {6, 7, 8, 9, 10, 11};
    gan_tensor *tensor, *from;
    stranger s;
    stranger_lend(&s, float32, data + 2, 2, shape, strides);
    tensor = borrowed(&s, GAN_DLPACK_SHARE, 0);
    CHECK(memcmp(gan_tensor_strides(tensor), strides, sizeof strides) == 0);
    CHECK_OK(gan_tensor_wrap(&from, shared, GAN_FLOAT32, 2, shape, NULL, ones, NULL, NULL));
    CHECK_OK(gan_tensor_copy(tensor, from));
    CHECK(data[2] == 6 && data[5] == 7 && data[1] == 8 && data[0] == 10 && data[3] == 11);
    gan_tensor_release(tensor);
    CHECK_INT(s.deleted, 1);
    data[2] = 42;
    stranger_lend(&s, float32, data + 2, 2, shape, (int64_t[]){0, 0});
    tensor = borrowed(&s, 0, 1);
    for (int i = 0; i < 6; i++) CHECK_NEAR(((float *)gan_tensor_data(tensor))[i], 42, 0);
    gan_tensor_release(tensor);
    gan_tensor_release(from);
}

/* ---- refusals ---- */

static void check_refused(stranger *s, int32_t flags, gan_status status, const char *words)
{
    gan_tensor *tensor = (gan_tensor *)(void *)s;
    s->watched = &shared->owner;
    CHECK_STATUS(stranger_give(&tensor, shared, s, flags), status);
    CHECK(tensor == NULL);
    CHECK_INT(s->deleted, 1);
    if (strstr(gan_context_message(shared), words)) return;
    CHECK_TEXT(gan_context_message(shared), words);
}

/* For both structs. */
static void check_malformed(dl_array array, gan_status status, const char *words)
{
    for (int32_t flags = 0; flags < 2; flags++) {
        stranger s;
        stranger_lend(&s, array.type, array.data, 0, NULL, NULL);
        s.legacy.array = s.versioned.array = array;
        check_refused(&s, flags, status, words);
        stranger_lend(&s, array.type, array.data, 0, NULL, NULL);
        s.legacy.array = s.versioned.array = array;
        check_refused(&s, flags | GAN_DLPACK_COPY, status, words);
    }
}

TEST(malformed)
{
    float data[6] = {0};
    int64_t shape[9] = {2, 3, 1, 1, 1, 1, 1, 1, 1}, below[2] = {2, -1};
    int64_t wraps[2] = {INT64_MAX, 2}, wraps_to_0[3] = {1LL << 32, 1LL << 32, 0};
    int64_t bytes[1] = {INT64_MAX / 8 + 2}, far[2] = {INT64_MAX / 4 + 1, 1},
            farther[2] = {1, INT64_MIN};
    const dl_array good = {data, {1, 0}, 2, {DL_FLOAT, 32, 1}, shape, NULL, 0};
    dl_array a;
    check_malformed((a = good, a.ndim = -1, a), GAN_E_ARGUMENT, "rank -1 is not in [0, 8]");
    check_malformed((a = good, a.ndim = 9, a), GAN_E_ARGUMENT, "rank 9 is not in [0, 8]");
    check_malformed((a = good, a.ndim = INT32_MIN, a), GAN_E_ARGUMENT, "rank -2147483648");
    check_malformed((a = good, a.shape = NULL, a), GAN_E_ARGUMENT, "shape is NULL");
    check_malformed((a = good, a.shape = below, a), GAN_E_ARGUMENT, "shape[1] is -1");
    check_malformed((a = good, a.shape = wraps, a), GAN_E_MEMORY, "too many elements");
    check_malformed((a = good, a.ndim = 3, a.shape = wraps_to_0, a), GAN_E_MEMORY, "too many");
    check_malformed((a = good, a.data = NULL, a), GAN_E_ARGUMENT,
                    "gan_tensor_from_dlpack: data is NULL");
    check_malformed((a = good, a.data = NULL, a.byte_offset = 64, a), GAN_E_ARGUMENT, "is NULL");
    check_malformed((a = good, a.byte_offset = UINT64_MAX, a), GAN_E_ARGUMENT,
                    "byte_offset is 18446744073709551615: out of the address space");
    check_malformed((a = good, a.strides = far, a), GAN_E_ARGUMENT,
                    "strides[0] is 2305843009213693952");
    check_malformed((a = good, a.strides = farther, a), GAN_E_ARGUMENT,
                    "strides[1] is -9223372036854775808: out of the address space");
    check_malformed((a = good, a.ndim = 1, a.shape = bytes, a.type.bits = 64, a), GAN_E_ARGUMENT,
                    "strides[0] is 1: out of the address space");
}

TEST(not_served)
{
    static const struct {
        dl_type type;
        const char *words;
    } types[] = {{{DL_UINT, 64, 1}, "the elements are uint64, none of float32 "},
                 {{DL_COMPLEX, 128, 1}, "complex128, none"},
                 {{DL_FLOAT, 32, 2}, "float32 in 2 lanes"},
                 {{DL_FLOAT, 32, 0}, "float32 in 0 lanes"},
                 {{DL_BOOL, 32, 1}, "bool32, none"},
                 {{DL_INT, 4, 1}, "int4, none"},
                 {{DL_HANDLE, 64, 1}, "handle64, none"},
                 {{10, 8, 1}, "type code 10 of 8 bits, none"},
                 {{255, 255, 65535}, "type code 255 of 255 bits in 65535"}};
    static const struct {
        int32_t type;
        const char *words;
    } devices[] = {{2, "device type 2 (CUDA), not the host's"},
                   {13, "13 (CUDA managed)"},
                   {18, "18 (Trainium)"},
                   {0, "0 (unknown)"},
                   {5, "5 (unknown)"},
                   {19, "19 (unknown)"},
                   {-1, "-1 (unknown)"},
                   {INT32_MIN, "(unknown)"}};
    double data[4] = {0};
    int64_t shape[1] = {2};
    const dl_array good = {data, {1, 0}, 1, {DL_FLOAT, 32, 1}, shape, NULL, 0};
    dl_array a;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        check_malformed((a = good, a.type = types[i].type, a), GAN_E_UNSUPPORTED, types[i].words);
    for (size_t i = 0; i < sizeof devices / sizeof devices[0]; i++)
        check_malformed((a = good, a.device.type = devices[i].type, a), GAN_E_UNSUPPORTED,
                        devices[i].words);
}

TEST(versions_and_flags)
{
    static const uint32_t majors[] = {0, 2, UINT32_MAX};
    static const int32_t wrong[] = {8, -1, INT32_MIN, INT32_MAX};
    double data[4] = {0};
    int64_t shape[1] = {2};
    stranger s;
    for (int i = 0; i < 3; i++) {
        stranger_lend(&s, float32, data, 1, shape, NULL);
        s.versioned.major = majors[i];
        /* What lies behind the deleter is not known then. */
        memset(&s.versioned.flags, 0xA5, sizeof s.versioned - offsetof(dl_versioned, flags));
        check_refused(&s, 0, GAN_E_UNSUPPORTED, ".1, not 1.x");
    }
    for (int i = 0; i < 4; i++) {
        stranger_lend(&s, float32, data, 1, shape, NULL);
        check_refused(&s, wrong[i], GAN_E_ARGUMENT, "flags is ");
    }
    const int32_t both = GAN_DLPACK_COPY | GAN_DLPACK_SHARE;
    stranger_lend(&s, float32, data, 1, shape, NULL);
    check_refused(&s, both, GAN_E_ARGUMENT, "has both GAN_DLPACK_COPY and GAN_DLPACK_SHARE");
    stranger_lend(&s, (dl_type){DL_FLOAT, 64, 1}, data, 1, shape, NULL);
    check_refused(&s, GAN_DLPACK_SHARE, GAN_E_UNSUPPORTED, "F64 elements would become float32");
    stranger_lend(&s, float32, (char *)data + 2, 1, shape, NULL);
    check_refused(&s, GAN_DLPACK_SHARE, GAN_E_UNSUPPORTED, "is not aligned to its 4-byte elements");
    stranger_lend(&s, float32, data, 1, shape, NULL);
    CHECK_STATUS(stranger_give(NULL, shared, &s, 0), GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(shared), "gan_tensor_from_dlpack: out is NULL");
    CHECK_INT(s.deleted, 1);
    gan_tensor *out = (gan_tensor *)&s;
    stranger_lend(&s, float32, data, 1, shape, NULL);
    CHECK_STATUS(stranger_give(&out, NULL, &s, GAN_DLPACK_LEGACY), GAN_E_ARGUMENT);
    CHECK(!out && s.deleted == 1);
    CHECK_STATUS(gan_tensor_from_dlpack(&out, shared, NULL, 0), GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(shared), "gan_tensor_from_dlpack: managed is NULL");
}

int main(void)
{
    if (gan_context_create(&shared, "threads=1", NULL, NULL, 0) != GAN_OK) return 1;
    RUN(layout);
    RUN(lending);
    RUN(lending_a_copy);
    RUN(sharing);
    RUN(nobody_to_tell);
    RUN(nothing);
    RUN(any_strides_and_types);
    RUN(sharing_strides);
    RUN(malformed);
    RUN(not_served);
    RUN(versions_and_flags);
    gan_context_release(shared);
    return test_report();
}
