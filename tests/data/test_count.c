/* count=N: how much of a file is read and kept. Pictures whose range is likely to be wrong. */
#include <gan/data.h>

#include "base/memory.h"
#include "data/data.h"
#include "data_files.h"
#include "files/deflate.h"
#include "test.h"

#include <math.h>

static gan_context *context;
static fault_host fault;

enum { MANY = 40000, SIDE = 8, BYTES = MANY * SIDE * SIDE };

static uint32_t part_sum(const char *spec, int32_t count)
{
    gan_dataset *dataset;
    if (!CHECK_OK(gan_dataset_open(&dataset, context, spec))) {
        printf("%s: %s\n", spec, gan_context_message(context));
        return 0;
    }
    CHECK_INT(gan_dataset_count(dataset), count);
    CHECK_INT(gan_tensor_count(dataset->fields[0].tensor), count * SIDE * SIDE);
    uint32_t sum = dataset->fields[0].checksum;
    gan_dataset_release(dataset);
    return sum;
}

/* Ten of 40,000 pictures cost no more than ten, of a file that may end behind them; all of them
 * have the sum that they always had. */
static void check_part(const char *path, const char *kind, const uint8_t *values, size_t header)
{
    char spec[64];
    snprintf(spec, sizeof spec, "%s path=%s", kind, path);
    CHECK_INT(part_sum(spec, MANY), gan__crc32(0, values, BYTES));
    fault_file *file = fault_find(&fault, path);
    long long before = fault.live_bytes;
    fault.peak_bytes = before;
    snprintf(spec, sizeof spec, "%s path=%s count=10", kind, path);
    CHECK_INT(part_sum(spec, 10), gan__crc32(0, values, 10 * SIDE * SIDE));
    CHECK(fault.peak_bytes - before < 400000);
    CHECK(file->position <= 131072);
    CHECK_INT(fault.live_bytes, before);
    snprintf(spec, sizeof spec, "%s path=%s count=39999", kind, path);
    CHECK_INT(part_sum(spec, MANY - 1), gan__crc32(0, values, BYTES - SIDE * SIDE));
    snprintf(spec, sizeof spec, "%s path=%s count=2000", kind, path);
    if (header > 0) file->size = header + 2000 * SIDE * SIDE;
    CHECK_INT(part_sum(spec, 2000), gan__crc32(0, values, 2000 * SIDE * SIDE));
    gan_dataset *dataset;
    if (header > 0) file->size--;
    if (header > 0) CHECK_STATUS(gan_dataset_open(&dataset, context, spec), GAN_E_FORMAT);
    fault_remove(&fault, path);
}

TEST(count_takes_no_more)
{
    uint8_t *values, *file, *packed;
    size_t size;
    CHECK_OK(gan__allocate(context, &values, BYTES, 1));
    CHECK_OK(gan__allocate(context, &file, BYTES + 200, 1));
    for (size_t i = 0; i < BYTES; i++) values[i] = (uint8_t)((uint32_t)i * 2654435761u >> 13);
    put_file(&fault, "m.idx", file, make_idx(file, 3, (const int[3]){MANY, SIDE, SIDE}, values));
    size = 16 + BYTES;
    CHECK_OK(gan__zlib_compress(context, file, size, &packed, &size));
    uint32_t tail[2] = {gan__crc32(0, file, 16 + BYTES), 16 + BYTES};
    memcpy(file, "\x1f\x8b\x08\0\0\0\0\0\0\3", 10);
    memcpy(file + 10, packed + 2, size - 6);
    memcpy(file + size + 4, tail, 8);
    put_file(&fault, "m.gz", file, size + 12);
    gan__free(context, packed);
    put_file(&fault, "m.npy", file, make_npy(file, "|u1", "(40000, 8, 8)", values, BYTES));
    check_part("m.idx", "idx", values, 16);
    check_part("m.gz", "idx", values, 0);
    check_part("m.npy", "npy", values, 128);
    gan__free(context, file);
    gan__free(context, values);
}

/* The first dimension varies fastest: the examples lie all over the file. */
TEST(count_of_fortran_order)
{
    uint8_t file[512], values[24], back[12];
    const int64_t indices[2] = {0, 1}, shape[4] = {2, 2, 3, 1};
    gan_dataset *dataset;
    for (int i = 0; i < 24; i++) values[i] = (uint8_t)(i * 9);
    size_t size = make_npy(file, "|u1", "(4, 2, 3)", values, sizeof values);
    char *order = strstr((char *)file + 10, "False");
    memcpy(order, "True ", 5);
    put_file(&fault, "f.npy", file, size);
    CHECK_OK(gan_dataset_open(&dataset, context, "npy path=f.npy count=2"));
    gan_tensor *tensor;
    CHECK_OK(gan_tensor_create(&tensor, context, GAN_UINT8, 4, shape));
    CHECK_OK(gan_dataset_read(dataset, "image", indices, tensor));
    memcpy(back, gan_tensor_data(tensor), sizeof back);
    for (int i = 0; i < 12; i++) {
        int n = i / 6, y = i / 3 % 2, x = i % 3;
        CHECK_INT(back[i], values[n + 4 * (y + 2 * x)]);
    }
    CHECK_INT(dataset->fields[0].checksum, gan__crc32(0, back, sizeof back));
    CHECK_INT(gan_tensor_count(dataset->fields[0].tensor), 12);
    gan_tensor_release(tensor);
    gan_dataset_release(dataset);
    fault_remove(&fault, "f.npy");
}

/* ---- the range ---- */

static char logged[300];
static int lines;

static void note(void *user, int32_t level, const char *line)
{
    (void)user;
    CHECK_INT(level, GAN_LOG_WARNING);
    snprintf(logged, sizeof logged, "%s", line);
    lines++;
}

/* Both ways of opening pictures; the line, without the source's name, or NULL. */
static void check_range(const char *type, const void *values, size_t size, const char *line)
{
    uint8_t file[512];
    const int64_t shape[3] = {3, 2, 1};
    const char *const name = "image";
    gan_dataset *dataset;
    gan_tensor *tensor;
    char expected[300];
    put_file(&fault, "r.npy", file, make_npy(file, type, "(3, 2, 1)", values, size));
    lines = 0;
    CHECK_OK(gan_dataset_open(&dataset, context, "npy path=r.npy"));
    gan_dataset_release(dataset);
    CHECK_INT(lines, line != NULL);
    snprintf(expected, sizeof expected, "r.npy: %s", line);
    if (line && lines) CHECK_TEXT(logged, expected);
    if (type[1] == 'b') return;
    lines = 0;
    CHECK_OK(gan_tensor_create(&tensor, context, size == 6 ? GAN_UINT8 : GAN_FLOAT32, 3, shape));
    memcpy(gan_tensor_data(tensor), values, size);
    CHECK_OK(gan_dataset_from_tensors(&dataset, context, &name, &tensor, 1));
    CHECK_INT(lines, line != NULL);
    snprintf(expected, sizeof expected, "dataset: %s", line);
    if (line && lines) CHECK_TEXT(logged, expected);
    gan_dataset_release(dataset);
    gan_tensor_release(tensor);
}

TEST(ranges)
{
    static const char unit[] = "all values of image lie in [0, 1]; libgan takes floating-point "
                               "pictures in [-1, 1]";
    static const char bits[] = "all values of image are 0 or 1; libgan takes uint8 pictures in "
                               "[0, 255]";
    static const float floats[7][6] = {
        {0, 1, 0.5f, 0, 1, 0.25f}, {-0.0f, 1, 0, 1, 1, 0},  {0.5f, 1.0005f, 1, 1, 1, 1},
        {1, 1, 1, 1, 1, 1},        {0, 1, 1, 1, 1, -0.01f}, {0, 0, 0, 0, 0, 0},
        {-1, -1, -1, -1, -1, -1},
    };
    static const uint8_t bytes[6][6] = {
        {0, 1, 1, 0, 0, 1}, {0, 0, 0, 0, 0, 1},   {0, 0, 0, 0, 0, 0},
        {1, 1, 1, 1, 1, 1}, {0, 255, 0, 0, 0, 0}, {0, 1, 0, 0, 0, 2},
    };
    for (int i = 0; i < 7; i++)
        check_range("<f4", floats[i], sizeof floats[i], i < 3 ? unit : NULL);
    for (int i = 0; i < 6; i++) check_range("|u1", bytes[i], 6, i < 2 ? bits : NULL);
    check_range("|b1", bytes[0], 6, NULL);
}

/* What files may not have, tensors may: their values can still change. */
TEST(range_of_tensors)
{
    const int64_t shape[3] = {2, 1, 2}, strides[3] = {1, 1, 2};
    float values[4] = {0, 255, 7, 0.5f};
    const char *const name = "image";
    gan_tensor *tensor;
    gan_dataset *dataset;
    CHECK_OK(gan_tensor_wrap(&tensor, context, GAN_FLOAT32, 3, shape, strides, values, NULL, NULL));
    lines = 0;
    CHECK_OK(gan_dataset_from_tensors(&dataset, context, &name, &tensor, 1));
    CHECK_INT(lines, 1);
    CHECK_TEXT(logged, "dataset: the values of image go from 0 to 255; libgan takes floating-point "
                       "pictures in [-1, 1]");
    gan_dataset_release(dataset);
    values[0] = NAN; /* not the log's matter */
    values[1] = values[2] = values[3] = 0;
    lines = 0;
    CHECK_OK(gan_dataset_from_tensors(&dataset, context, &name, &tensor, 1));
    CHECK_INT(lines, 0);
    gan_dataset_release(dataset);
    gan_tensor_release(tensor);
}

/* Of the examples that are taken. */
TEST(range_of_a_part)
{
    uint8_t file[512], values[6] = {0, 1, 1, 0, 0, 9};
    gan_dataset *dataset;
    put_file(&fault, "r.npy", file, make_npy(file, "|u1", "(3, 2, 1)", values, 6));
    lines = 0;
    CHECK_OK(gan_dataset_open(&dataset, context, "npy path=r.npy count=2"));
    CHECK_INT(lines, 1);
    gan_dataset_release(dataset);
}

TEST(pictures_of_two_values)
{
    uint8_t file[512], truth[6] = {0, 1, 1, 0, 0, 1}, back[6] = {0};
    const int64_t indices[3] = {0, 1, 2}, shape[4] = {3, 2, 1, 1};
    gan_dataset *dataset;
    put_file(&fault, "b.npy", file, make_npy(file, "|b1", "(3, 2, 1)", truth, sizeof truth));
    CHECK_OK(gan_dataset_open(&dataset, context, "npy path=b.npy"));
    gan_tensor *tensor;
    CHECK_OK(gan_tensor_create(&tensor, context, GAN_UINT8, 4, shape));
    CHECK_OK(gan_dataset_read(dataset, "image", indices, tensor));
    memcpy(back, gan_tensor_data(tensor), sizeof back);
    for (int i = 0; i < 6; i++) CHECK_INT(back[i], truth[i] * 255);
    gan_tensor_release(tensor);
    gan_dataset_release(dataset);
    fault_remove(&fault, "b.npy");
}

TEST(nothing_is_left)
{
    gan_context_release(context);
    fault_free_files(&fault);
    CHECK_INT(fault.live, 0);
}

int main(void)
{
    gan_host host = fault_make(&fault);
    host.log = note;
    CHECK_OK(gan_context_create(&context, "threads=1", &host, NULL, 0));
    RUN(count_takes_no_more);
    RUN(count_of_fortran_order);
    RUN(ranges);
    RUN(range_of_tensors);
    RUN(range_of_a_part);
    RUN(pictures_of_two_values);
    RUN(nothing_is_left);
    return test_report();
}
