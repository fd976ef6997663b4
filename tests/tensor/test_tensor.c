#include "base/random.h"
#include "fault.h"
#include "tensor/tensor.h"

static gan_context *shared;

static gan_tensor *wrapped(int32_t dtype, int32_t rank, const int64_t *shape,
                           const int64_t *strides, void *data)
{
    gan_tensor *tensor = NULL;
    CHECK_OK(gan_tensor_wrap(&tensor, shared, dtype, rank, shape, strides, data, NULL, NULL));
    return tensor;
}

static uint32_t random_word(uint64_t index)
{
    gan__draw draw = {3, GAN__DRAW_LATENT, 0};
    uint32_t word[4];
    gan__random_block(&draw, index, word);
    return word[0];
}

TEST(creating)
{
    const int64_t shape[] = {2, 3, 4};
    gan_tensor *tensor;
    CHECK_OK(gan_tensor_create(&tensor, shared, GAN_FLOAT32, 3, shape));
    CHECK_INT(gan_tensor_dtype(tensor), GAN_FLOAT32);
    CHECK_INT(gan_tensor_rank(tensor), 3);
    CHECK_INT(gan_tensor_count(tensor), 24);
    CHECK(memcmp(gan_tensor_shape(tensor), shape, sizeof shape) == 0);
    CHECK_INT(gan_tensor_strides(tensor)[0], 12);
    CHECK_INT(gan_tensor_strides(tensor)[1], 4);
    CHECK_INT(gan_tensor_strides(tensor)[2], 1);
    const float *data = gan_tensor_data(tensor);
    for (int i = 0; i < 24; i++) CHECK(data[i] == 0.0f);
    CHECK((uintptr_t)data % 64 == 0);
    CHECK(gan__tensor_is_contiguous(tensor));
    gan_tensor_retain(tensor);
    gan_tensor_release(tensor);
    CHECK_INT(gan_tensor_rank(tensor), 3);
    gan_tensor_release(tensor);

    CHECK_OK(gan_tensor_create(&tensor, shared, GAN_INT64, 0, NULL));
    CHECK_INT(gan_tensor_count(tensor), 1);
    CHECK_INT(*(int64_t *)gan_tensor_data(tensor), 0);
    gan_tensor_release(tensor);
    const int64_t empty[] = {3, 0, 5};
    CHECK_OK(gan_tensor_create(&tensor, shared, GAN_UINT8, 3, empty));
    CHECK_INT(gan_tensor_count(tensor), 0);
    CHECK(gan_tensor_data(tensor) != NULL);
    gan_tensor_release(tensor);
}

static void check_create_fails(int32_t dtype, int32_t rank, const int64_t *shape, gan_status status,
                               const char *message)
{
    gan_tensor *tensor = (gan_tensor *)&tensor;
    CHECK_STATUS(gan_tensor_create(&tensor, shared, dtype, rank, shape), status);
    CHECK(tensor == NULL);
    CHECK_TEXT(gan_context_message(shared), message);
}

TEST(wrong_arguments)
{
    const int64_t shape[] = {2, -1}, large[] = {INT64_MAX, 2}, over[] = {0, INT64_MAX, 2};
    const int64_t bytes[] = {INT64_MAX / 4};
    float data[8];
    gan_tensor *tensor;
    check_create_fails(9, 1, shape, GAN_E_ARGUMENT, "gan_tensor_create: dtype 9 is none");
    check_create_fails(GAN_UINT8, -1, shape, GAN_E_ARGUMENT,
                       "gan_tensor_create: rank -1 is not in [0, 8]");
    check_create_fails(GAN_UINT8, 9, shape, GAN_E_ARGUMENT,
                       "gan_tensor_create: rank 9 is not in [0, 8]");
    check_create_fails(GAN_UINT8, 2, NULL, GAN_E_ARGUMENT, "gan_tensor_create: shape is NULL");
    check_create_fails(GAN_UINT8, 2, shape, GAN_E_ARGUMENT, "gan_tensor_create: shape[1] is -1");
    check_create_fails(GAN_UINT8, 2, large, GAN_E_MEMORY,
                       "gan_tensor_create: the shape has too many elements");
    check_create_fails(GAN_UINT8, 3, over, GAN_E_MEMORY,
                       "gan_tensor_create: the shape has too many elements");
    check_create_fails(GAN_INT64, 1, bytes, GAN_E_MEMORY,
                       "gan_tensor_create: the shape has too many elements");
    check_create_fails(GAN_FLOAT32, 1, bytes, GAN_E_MEMORY,
                       "out of memory: 9223372036854775804 bytes");
    CHECK_STATUS(gan_tensor_create(NULL, shared, GAN_UINT8, 0, NULL), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_tensor_create(&tensor, NULL, GAN_UINT8, 0, NULL), GAN_E_ARGUMENT);
    CHECK(tensor == NULL);

    const int64_t four[] = {2, 4};
    CHECK_STATUS(gan_tensor_wrap(&tensor, shared, GAN_FLOAT32, 2, four, NULL, NULL, NULL, NULL),
                 GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(shared), "gan_tensor_wrap: data is NULL");
    CHECK_STATUS(
        gan_tensor_wrap(&tensor, shared, GAN_FLOAT32, 2, four, NULL, (char *)data + 1, NULL, NULL),
        GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(shared),
               "gan_tensor_wrap: data is not aligned to its 4-byte elements");
    static const int64_t wild[][2] = {{INT64_MAX, 1},
                                      {INT64_MIN, 1},
                                      {1, INT64_MAX / 3},
                                      {INT64_MAX / 8, INT64_MAX / 8},
                                      {-1, INT64_MIN}};
    for (int i = 0; i < 5; i++) {
        CHECK_STATUS(
            gan_tensor_wrap(&tensor, shared, GAN_FLOAT32, 2, four, wild[i], data, NULL, NULL),
            GAN_E_ARGUMENT);
        CHECK(tensor == NULL && strstr(gan_context_message(shared), "address space") != NULL);
    }
}

TEST(no_tensor)
{
    CHECK_INT(gan_tensor_dtype(NULL), 0);
    CHECK_INT(gan_tensor_rank(NULL), 0);
    CHECK_INT(gan_tensor_count(NULL), 0);
    CHECK(!gan_tensor_shape(NULL) && !gan_tensor_strides(NULL) && !gan_tensor_data(NULL));
    gan_tensor_retain(NULL);
    gan_tensor_release(NULL);
    int64_t other[40] = {GAN__MODEL};
    gan_tensor *wrong = (gan_tensor *)other, *out = NULL;
    CHECK_INT(gan_tensor_rank(wrong), 0);
    CHECK_STATUS(gan_tensor_slice(&out, wrong, 0, 0, 1), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_tensor_permute(&out, NULL, NULL), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_tensor_copy(NULL, NULL), GAN_E_ARGUMENT);
}

static void count_release(void *user, void *data)
{
    CHECK(data != NULL);
    (*(int *)user)++;
}

TEST(wrapping_and_views)
{
    float data[24];
    int released = 0;
    const int64_t shape[] = {2, 3, 4};
    const int32_t order[] = {2, 0, 1};
    gan_tensor *tensor, *slice, *turned;
    for (int i = 0; i < 24; i++) data[i] = (float)i;
    CHECK_OK(gan_tensor_wrap(&tensor, shared, GAN_FLOAT32, 3, shape, NULL, data, count_release,
                             &released));
    CHECK(gan_tensor_data(tensor) == data);
    CHECK_OK(gan_tensor_slice(&slice, tensor, 1, 1, 2));
    CHECK_OK(gan_tensor_permute(&turned, slice, order));
    CHECK(!gan__tensor_is_contiguous(slice));
    CHECK(gan_tensor_data(slice) == data + 4);
    CHECK_INT(gan_tensor_count(slice), 16);
    CHECK_INT(gan_tensor_shape(turned)[0], 4);
    CHECK_INT(gan_tensor_strides(turned)[0], 1);
    CHECK_INT(gan_tensor_strides(turned)[1], 12);
    CHECK_INT(gan_tensor_strides(turned)[2], 4);
    gan_tensor_release(tensor);
    gan_tensor_release(slice);
    CHECK_INT(released, 0);
    CHECK(((const float *)gan_tensor_data(turned))[0] == 4.0f);

    CHECK_STATUS(gan_tensor_slice(&slice, turned, 3, 0, 1), GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(shared), "gan_tensor_slice: dim 3 of a tensor of rank 3");
    CHECK_STATUS(gan_tensor_slice(&slice, turned, 0, 2, 3), GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(shared),
               "gan_tensor_slice: start 2 and length 3 of a dimension of 4");
    CHECK_STATUS(gan_tensor_slice(&slice, turned, 0, INT64_MAX, INT64_MAX), GAN_E_ARGUMENT);
    const int32_t twice[] = {0, 1, 1};
    CHECK_STATUS(gan_tensor_permute(&slice, turned, twice), GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(shared),
               "gan_tensor_permute: order[2] is 1: not a permutation of 3 dimensions");
    CHECK_OK(gan_tensor_slice(&slice, turned, 0, 4, 0));
    CHECK_INT(gan_tensor_count(slice), 0);
    gan_tensor_release(slice);
    gan_tensor_release(turned);
    CHECK_INT(released, 1);

    const int64_t bad[] = {-1};
    CHECK_STATUS(
        gan_tensor_wrap(&tensor, shared, GAN_FLOAT32, 1, bad, NULL, data, count_release, &released),
        GAN_E_ARGUMENT);
    CHECK_INT(released, 1);
}

/* ---- copying ---- */

static int64_t offset_of(const gan_tensor *tensor, int64_t index)
{
    int64_t offset = 0;
    for (int32_t i = gan_tensor_rank(tensor) - 1; i >= 0; i--) {
        offset += index % gan_tensor_shape(tensor)[i] * gan_tensor_strides(tensor)[i];
        index /= gan_tensor_shape(tensor)[i];
    }
    return offset;
}

/* Random shapes, every layout: a permutation of a row-major block with gaps, some dimensions run
 * backwards. Guards around it stay. */
static int one_random_copy(uint64_t seed)
{
    enum { ROOM = 60000 };
    static int32_t memory[2][ROOM];
    gan_tensor *side[2];
    int64_t shape[5];
    int32_t rank = (int32_t)(random_word(seed) % 6), right = 1;
    for (int32_t i = 0; i < rank; i++) {
        int64_t most = random_word(seed + 10 + (uint64_t)i) % 3 ? 5 : 40;
        if (rank > 3) most = 7;
        shape[i] = 1 + random_word(seed + 20 + (uint64_t)i) % most;
    }
    for (int s = 0; s < 2; s++) {
        gan__draw draw = {seed + (uint64_t)s, GAN__DRAW_SHUFFLE, 0};
        int64_t strides[5], step = 1, start = 100;
        for (int32_t k = 0; k < rank; k++) {
            int32_t i = (int32_t)gan__random_permute(&draw, (uint64_t)rank, (uint64_t)k);
            uint32_t word = random_word(seed * 3 + 30 + (uint64_t)(s * 8 + k));
            strides[i] = step;
            step *= shape[i] + (word % 4 == 0);
            if (word % 5 == 0) {
                start += strides[i] * (shape[i] - 1);
                strides[i] = -strides[i];
            }
        }
        if (step > ROOM - 200 || start + step > ROOM) return 1; /* too large: another time */
        for (int i = 0; i < ROOM; i++) memory[s][i] = s ? -7 : i;
        side[s] = wrapped(GAN_INT32, rank, shape, strides, memory[s] + start);
    }
    CHECK_OK(gan_tensor_copy(side[1], side[0]));
    int64_t count = gan_tensor_count(side[0]);
    for (int64_t i = 0; i < count; i++) {
        int32_t *to = (int32_t *)gan_tensor_data(side[1]) + offset_of(side[1], i);
        const int32_t *from = (const int32_t *)gan_tensor_data(side[0]) + offset_of(side[0], i);
        right = right && *to == *from;
        *to = -7;
    }
    for (int i = 0; i < ROOM; i++) right = right && memory[1][i] == -7;
    gan_tensor_release(side[0]);
    gan_tensor_release(side[1]);
    return right;
}

TEST(random_copies)
{
    int wrong = 0;
    for (uint64_t seed = 0; seed < 1500; seed++) wrong += !one_random_copy(seed * 100);
    CHECK_INT(wrong, 0);
}

static void convert_to(int32_t to_dtype, void *to, int32_t from_dtype, void *from, int64_t count)
{
    gan_tensor *a = wrapped(to_dtype, 1, &count, NULL, to);
    gan_tensor *b = wrapped(from_dtype, 1, &count, NULL, from);
    CHECK_OK(gan_tensor_copy(a, b));
    gan_tensor_release(a);
    gan_tensor_release(b);
}

TEST(conversions)
{
    volatile float zero = 0.0f;
    float reals[] = {0.5f,      1.5f,          2.5f,        -0.4f,      254.5f,      255.5f,
                     1e10f,     -1e10f,        1e20f,       -1e20f,     zero / zero, 1 / zero,
                     -1 / zero, 2147483520.0f, 0.49999997f, 16777216.0f};
    static const uint8_t u8[] = {0, 2, 2, 0, 254, 255, 255, 0, 255, 0, 0, 255, 0, 255, 0, 255};
    static const int32_t i32[] = {0,         2,          2,         0,         254, 256,
                                  INT32_MAX, INT32_MIN,  INT32_MAX, INT32_MIN, 0,   INT32_MAX,
                                  INT32_MIN, 2147483520, 0,         16777216};
    static const int64_t i64[] = {
        0,         2,         2, 0,         254,       256,        10000000000, -10000000000,
        INT64_MAX, INT64_MIN, 0, INT64_MAX, INT64_MIN, 2147483520, 0,           16777216};
    uint8_t bytes[16];
    int32_t words[16];
    int64_t longs[16] = {INT64_MAX, INT64_MIN, 255, 256, -1, 1 << 30, 16777217, 7};
    float floats[16];
    convert_to(GAN_UINT8, bytes, GAN_FLOAT32, reals, 16);
    CHECK(memcmp(bytes, u8, sizeof u8) == 0);
    convert_to(GAN_INT32, words, GAN_FLOAT32, reals, 16);
    CHECK(memcmp(words, i32, sizeof i32) == 0);
    convert_to(GAN_FLOAT32, floats, GAN_INT64, longs, 8);
    CHECK(floats[0] == 0x1p63f && floats[1] == -0x1p63f && floats[6] == 16777216.0f);
    convert_to(GAN_INT32, words, GAN_INT64, longs, 8);
    CHECK(words[0] == INT32_MAX && words[1] == INT32_MIN && words[6] == 16777217);
    convert_to(GAN_UINT8, bytes, GAN_INT64, longs, 8);
    CHECK(bytes[0] == 255 && bytes[1] == 0 && bytes[3] == 255 && bytes[4] == 0 && bytes[7] == 7);
    convert_to(GAN_INT64, longs, GAN_FLOAT32, reals, 16);
    CHECK(memcmp(longs, i64, sizeof i64) == 0);
    convert_to(GAN_INT64, longs, GAN_UINT8, bytes, 8);
    CHECK(longs[0] == 255 && longs[7] == 7);
    convert_to(GAN_FLOAT32, floats, GAN_UINT8, bytes, 8);
    CHECK(floats[0] == 255.0f && floats[7] == 7.0f);
    convert_to(GAN_FLOAT32, floats, GAN_INT32, words, 8);
    CHECK(floats[0] == 0x1p31f && floats[6] == 16777216.0f);
    convert_to(GAN_UINT8, bytes, GAN_INT32, words, 8);
    CHECK(bytes[0] == 255 && bytes[1] == 0 && bytes[7] == 7);
    convert_to(GAN_INT64, longs, GAN_INT32, words, 8);
    CHECK(longs[0] == INT32_MAX && longs[1] == INT32_MIN);
    for (int i = 0; i < 16; i++) longs[i] = INT64_MIN + i;
    int64_t odd[16] = {0};
    const int64_t shape = 8, strides = 2;
    gan_tensor *a = wrapped(GAN_INT64, 1, &shape, &strides, odd);
    gan_tensor *b = wrapped(GAN_INT64, 1, &shape, NULL, longs);
    CHECK_OK(gan_tensor_copy(a, b));
    for (int i = 0; i < 8; i++) CHECK_INT(odd[2 * i], INT64_MIN + i);
    gan_tensor_release(a);
    gan_tensor_release(b);
}

TEST(copies_that_fail)
{
    const int64_t a[] = {2, 3}, b[] = {3, 2};
    float data[6] = {0};
    gan_tensor *x = wrapped(GAN_FLOAT32, 2, a, NULL, data),
               *y = wrapped(GAN_FLOAT32, 2, b, NULL, data);
    gan_tensor *z = wrapped(GAN_FLOAT32, 0, NULL, NULL, data);
    CHECK_STATUS(gan_tensor_copy(x, y), GAN_E_SHAPE);
    CHECK_TEXT(gan_context_message(shared), "gan_tensor_copy: from shape [3, 2] to [2, 3]");
    CHECK_STATUS(gan_tensor_copy(x, z), GAN_E_SHAPE);
    CHECK_TEXT(gan_context_message(shared), "gan_tensor_copy: from shape [] to [2, 3]");
    CHECK_STATUS(gan_tensor_copy(x, NULL), GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(shared), "gan_tensor_copy: from is NULL");
    gan_tensor_release(x);
    gan_tensor_release(y);
    gan_tensor_release(z);
}

/* N, C, H, W in memory, seen as N, H, W, C. */
TEST(reading_pictures)
{
    enum { N = 3, H = 17, W = 19, C = 3 };
    static float planes[N * C * H * W], out[N * H * W * C];
    static uint8_t bytes[N * C * H * W];
    const int64_t shape[] = {N, C, H, W};
    const int32_t order[] = {0, 2, 3, 1};
    for (int i = 0; i < N * C * H * W; i++) {
        planes[i] = (float)i;
        bytes[i] = (uint8_t)i;
    }
    gan_tensor *stored = wrapped(GAN_FLOAT32, 4, shape, NULL, planes), *seen;
    CHECK_OK(gan_tensor_permute(&seen, stored, order));
    gan__tensor_read(seen, true, out);
    int wrong = 0;
    for (int n = 0; n < N; n++) {
        for (int i = 0; i < H * W * C; i++) {
            int pixel = i / C, c = i % C;
            wrong += out[n * H * W * C + i] != planes[(n * C + c) * H * W + pixel];
        }
    }
    CHECK_INT(wrong, 0);
    memset(planes, 0, sizeof planes);
    gan__tensor_write(seen, false, out);
    for (int i = 0; i < N * C * H * W; i++) wrong += planes[i] != (float)i;
    CHECK_INT(wrong, 0);
    gan_tensor_release(seen);
    gan_tensor_release(stored);

    stored = wrapped(GAN_UINT8, 4, shape, NULL, bytes);
    CHECK_OK(gan_tensor_permute(&seen, stored, order));
    gan__tensor_read(seen, true, out);
    CHECK(out[0] == -1.0f);
    for (int i = 0; i < N * H * W * C; i++) wrong += out[i] < -1.0f || out[i] > 1.0f;
    memset(bytes, 1, sizeof bytes);
    gan__tensor_write(seen, true, out);
    for (int i = 0; i < N * C * H * W; i++) wrong += bytes[i] != (uint8_t)i;
    out[0] = 7;
    out[C] = -7;
    gan__tensor_write(seen, true, out);
    CHECK(bytes[0] == 255 && bytes[1] == 0);
    gan__tensor_read(seen, false, out);
    CHECK(out[0] == 255.0f);
    CHECK_INT(wrong, 0);
    gan_tensor_release(seen);
    gan_tensor_release(stored);
}

TEST(shapes)
{
    const int64_t numbers[] = {5, 6, 7, 8};
    float data[5 * 6 * 7 * 8];
    char text[88];
    gan__shape shape;
    for (int32_t rank = 0; rank <= 4; rank++) {
        gan_tensor *tensor = wrapped(GAN_FLOAT32, rank, numbers, NULL, data);
        gan_status expected = rank == 0 || rank == 3 ? GAN_E_SHAPE : GAN_OK;
        CHECK_STATUS(gan__tensor_shape(tensor, &shape), expected);
        if (rank == 1) CHECK_TEXT(gan__shape_print(shape, text), "5x1x1x1");
        if (rank == 2) CHECK_TEXT(gan__shape_print(shape, text), "5x1x1x6");
        if (rank == 4) CHECK_TEXT(gan__shape_print(shape, text), "5x6x7x8");
        gan_tensor_release(tensor);
    }
    CHECK_TEXT(gan__shape_print((gan__shape){-1, 6, -1, 8}, text), "6xanyx8");
    shape = (gan__shape){INT64_MAX, INT64_MIN, INT64_MIN, INT64_MIN}; /* the longest text */
    CHECK_INT(strlen(gan__shape_print(shape, text)), 82);
    CHECK_TEXT(gan__dtype_name(GAN_UINT8), "uint8");
    CHECK_INT(gan__dtype_size(5), 0);
}

TEST(allocation_failures)
{
    const int64_t shape[] = {4, 4};
    for (long long n = 1; n <= 4; n++) {
        fault_host fault = {0};
        gan_host host = fault_make(&fault);
        gan_context *context = NULL;
        gan_tensor *tensor = NULL, *view = NULL;
        CHECK_OK(gan_context_create(&context, "threads=1", &host, NULL, 0));
        fault.fail_at = atomic_load(&fault.allocations) + n;
        gan_status status = gan_tensor_create(&tensor, context, GAN_FLOAT32, 2, shape);
        CHECK_STATUS(status, n <= 2 ? GAN_E_MEMORY : GAN_OK);
        if (status == GAN_OK)
            CHECK_STATUS(gan_tensor_slice(&view, tensor, 0, 1, 1), n == 3 ? GAN_E_MEMORY : GAN_OK);
        gan_context_release(context);
        gan_tensor_release(tensor);
        gan_tensor_release(view);
        CHECK_INT(fault.live, 0);
    }
}

int main(void)
{
    CHECK_OK(gan_context_create(&shared, "threads=1", NULL, NULL, 0));
    RUN(creating);
    RUN(wrong_arguments);
    RUN(no_tensor);
    RUN(wrapping_and_views);
    RUN(random_copies);
    RUN(conversions);
    RUN(copies_that_fail);
    RUN(reading_pictures);
    RUN(shapes);
    RUN(allocation_failures);
    gan_context_release(shared);
    return test_report();
}
