#include <gan/image.h>

#include "base/memory.h"
#include "data_files.h"
#include "files/bytes.h"
#include "files/deflate.h"
#include "test.h"

#include <stdbool.h>

static gan_context *context;
static fault_host fault;

static gan_tensor *make_picture(int32_t dtype, int32_t rank, const int64_t *shape)
{
    gan_tensor *t = NULL;
    CHECK_OK(gan_tensor_create(&t, context, dtype, rank, shape));
    for (int64_t i = 0; i < gan_tensor_count(t); i++) {
        uint8_t value = (uint8_t)(i * 37 + i / 7);
        if (dtype == GAN_UINT8) ((uint8_t *)gan_tensor_data(t))[i] = value;
        if (dtype == GAN_FLOAT32) ((float *)gan_tensor_data(t))[i] = (float)value / 127.5f - 1;
    }
    return t;
}

static void check_same(const gan_tensor *back, const gan_tensor *like, int64_t channels)
{
    const int64_t *shape = gan_tensor_shape(back);
    CHECK_INT(gan_tensor_rank(back), 3);
    CHECK_INT(shape[0], gan_tensor_shape(like)[0]);
    CHECK_INT(shape[1], gan_tensor_shape(like)[1]);
    CHECK_INT(shape[2], channels);
    CHECK_INT(gan_tensor_count(back), gan_tensor_count(like));
    for (int64_t i = 0; i < gan_tensor_count(back); i++)
        CHECK_INT(((uint8_t *)gan_tensor_data(back))[i], (uint8_t)(i * 37 + i / 7));
}

static void check_loaded(const char *path, const gan_tensor *like, int64_t channels)
{
    gan_tensor *back;
    if (!CHECK_OK(gan_image_load(&back, context, path))) {
        printf("%s\n", gan_context_message(context));
        return;
    }
    check_same(back, like, channels);
    gan_tensor_release(back);
}

static size_t put_chunk(uint8_t *file, size_t at, const char *type, const void *data, size_t size)
{
    gan__store_u32be(file + at, (uint32_t)size);
    memcpy(file + at + 4, type, 4);
    memcpy(file + at + 8, data, size);
    gan__store_u32be(file + at + 8 + size, gan__crc32(0, file + at + 4, size + 4));
    return at + size + 12;
}

TEST(saved_pictures_load_as_they_were)
{
    for (int32_t dtype = GAN_FLOAT32; dtype <= GAN_UINT8; dtype++) {
        for (int64_t c = 1; c <= 4; c++) {
            const int64_t shape[3] = {5, 7, c};
            gan_tensor *t = make_picture(dtype, 3, shape);
            CHECK_OK(gan_image_save(t, "a.png"));
            check_loaded("a.png", t, c);
            CHECK_OK(gan_image_save(t, "a.pam"));
            check_loaded("a.pam", t, c);
            if (c == 1 || c == 3) {
                const char *path = c == 1 ? "a.pgm" : "a.ppm";
                CHECK_OK(gan_image_save(t, path));
                check_loaded(path, t, c);
            }
            gan_tensor_release(t);
        }
    }
    const int64_t flat[2] = {6, 4};
    gan_tensor *t = make_picture(GAN_FLOAT32, 2, flat);
    CHECK_OK(gan_image_save(t, "a.png"));
    check_loaded("a.png", t, 1);
    gan_tensor_release(t);
}

TEST(a_permuted_picture)
{
    const int64_t shape[3] = {5, 7, 3};
    const int32_t to_chw[3] = {2, 0, 1}, to_hwc[3] = {1, 2, 0};
    gan_tensor *t = make_picture(GAN_UINT8, 3, shape), *chw, *copy, *view;
    CHECK_OK(gan_tensor_permute(&chw, t, to_chw));
    CHECK_OK(gan_tensor_create(&copy, context, GAN_UINT8, 3, gan_tensor_shape(chw)));
    CHECK_OK(gan_tensor_copy(copy, chw));
    CHECK_OK(gan_tensor_permute(&view, copy, to_hwc));
    CHECK_OK(gan_image_save(view, "a.png"));
    check_loaded("a.png", t, 3);
    gan_tensor_release(view);
    gan_tensor_release(copy);
    gan_tensor_release(chw);
    gan_tensor_release(t);
}

static void check_sheet(int64_t n, int64_t columns, int64_t rows_then, int64_t columns_then)
{
    const int64_t shape[4] = {n, 2, 3, 1};
    gan_tensor *t = make_picture(GAN_FLOAT32, 4, shape), *sheet;
    CHECK_OK(gan_image_sheet(t, columns, "s.png"));
    if (!CHECK_OK(gan_image_load(&sheet, context, "s.png"))) return;
    CHECK_INT(gan_tensor_shape(sheet)[0], rows_then * 3 - 1);
    CHECK_INT(gan_tensor_shape(sheet)[1], columns_then * 4 - 1);
    const uint8_t *pixels = gan_tensor_data(sheet);
    for (int64_t i = 0; i < gan_tensor_count(sheet); i++) {
        int64_t y = i / (columns_then * 4 - 1), x = i % (columns_then * 4 - 1);
        int64_t picture = y / 3 * columns_then + x / 4, at = picture * 6 + y % 3 * 3 + x % 4;
        bool inside = y % 3 < 2 && x % 4 < 3 && picture < n;
        CHECK_INT(pixels[i], inside ? (uint8_t)(at * 37 + at / 7) : 0);
    }
    gan_tensor_release(sheet);
    gan_tensor_release(t);
}

TEST(sheets)
{
    check_sheet(1, 0, 1, 1);
    check_sheet(2, 0, 1, 2);
    check_sheet(5, 0, 2, 3);
    check_sheet(16, 0, 4, 4);
    check_sheet(7, 3, 3, 3);
    check_sheet(2, 5, 1, 2);
}

static void check_save_fails(int32_t dtype, int32_t rank, const int64_t *shape, const char *path,
                             const char *message)
{
    gan_tensor *t = make_picture(dtype, rank, shape);
    CHECK(gan_image_save(t, path) != GAN_OK);
    CHECK_TEXT(gan_context_message(context), message);
    gan_tensor_release(t);
}

TEST(messages)
{
    const int64_t shape[5] = {2, 3, 3, 1, 1}, none[2] = {0, 3}, many[3] = {2, 3, 5};
    check_save_fails(GAN_UINT8, 3, shape, "a.jpg", "a.jpg: not .png, .pgm, .ppm or .pam");
    check_save_fails(GAN_UINT8, 3, shape, ".png", ".png: not .png, .pgm, .ppm or .pam");
    check_save_fails(GAN_UINT8, 3, shape, "a.pgm", "a.pgm: has 1 channel, the picture 3");
    check_save_fails(GAN_UINT8, 2, shape, "a.ppm", "a.ppm: has 3 channels, the picture 1");
    check_save_fails(GAN_INT32, 2, shape, "a.png",
                     "gan_image_save: pictures are float32 or uint8, not int32");
    check_save_fails(GAN_UINT8, 4, shape, "a.png",
                     "gan_image_save: a picture is H x W or H x W x C, not of 4 dimensions");
    check_save_fails(GAN_UINT8, 2, none, "a.png",
                     "gan_image_save: 1 pictures of 0x3x1: not a picture of 1 to 4 channels");
    check_save_fails(GAN_UINT8, 3, many, "a.png",
                     "gan_image_save: 1 pictures of 2x3x5: not a picture of 1 to 4 channels");
    gan_tensor *t = make_picture(GAN_UINT8, 3, shape);
    CHECK_STATUS(gan_image_sheet(t, 0, "a.png"), GAN_E_SHAPE);
    CHECK_STATUS(gan_image_sheet(t, 0, NULL), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_image_sheet(NULL, 0, "a.png"), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_image_save(NULL, "a.png"), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_image_save(t, NULL), GAN_E_ARGUMENT);
    gan_tensor_release(t);
    CHECK_STATUS(gan_image_load(NULL, context, "a.png"), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_image_load(&t, NULL, "a.png"), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_image_load(&t, context, NULL), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_image_load(&t, context, "none.png"), GAN_E_FILE);
    CHECK(t == NULL);
    void *file = fault_open(&fault, "text", 1);
    fault_write(&fault, file, "P8 no", 5);
    fault_close(&fault, file);
    CHECK_STATUS(gan_image_load(&t, context, "text"), GAN_E_FORMAT);
    CHECK_TEXT(gan_context_message(context), "text: neither PNG nor JPEG nor PNM nor PAM");
}

/* A tensor over one value, with all strides 0: a picture of any size that takes no memory. */
static gan_tensor *make_flat(int32_t rank, const int64_t *shape)
{
    static const uint8_t grey = 7;
    static const int64_t strides[4] = {0};
    gan_tensor *t = NULL;
    CHECK_OK(gan_tensor_wrap(&t, context, GAN_UINT8, rank, shape, strides, (void *)(uintptr_t)&grey,
                             NULL, NULL));
    return t;
}

static void check_too_large(const char *path, const int64_t shape[3], const char *message)
{
    gan_tensor *t = make_flat(3, shape);
    long long allocations = fault.allocations, operations = fault.file_operations;
    CHECK_STATUS(gan_image_save(t, path), GAN_E_UNSUPPORTED);
    CHECK_TEXT(gan_context_message(context), message);
    CHECK_INT(fault.allocations, allocations);
    CHECK_INT(fault.file_operations, operations);
    gan_tensor *out = t;
    CHECK_STATUS(gan_image_save_memory(&out, t, path + 2), GAN_E_UNSUPPORTED);
    CHECK(out == NULL);
    CHECK_INT(fault.allocations, allocations);
    gan_tensor_release(t);
}

/* What could not be read back costs nothing. */
TEST(too_large_a_picture_is_refused_early)
{
    const int64_t limit[3] = {16385, 16384, 1}, colour[3] = {9460, 9460, 3};
    const int64_t tall[3] = {INT32_MAX, 1, 3}, least[3] = {16384, 16384, 1};
    const int64_t many[4] = {22000, 64, 64, 3}, row[4] = {INT32_MAX / 4, 1, 4, 1};
    check_too_large(
        "a.png", limit,
        "a.png: a picture of height 16385, width 16384 and 1 channels could not be read "
        "back; a side has at most 2147483647, png 268435456 values");
    check_too_large("a.PNG", colour,
                    "a.PNG: a picture of height 9460, width 9460 and 3 channels could not be read "
                    "back; a side has at most 2147483647, png 268435456 values");
    check_too_large("a.png", tall,
                    "a.png: a picture of height 2147483647, width 1 and 3 channels could not be "
                    "read back; a side has at most 2147483647, png 268435456 values");
    gan_tensor *t = make_flat(4, many), *out = t;
    long long allocations = fault.allocations;
    CHECK_STATUS(gan_image_sheet(t, 0, "s.png"), GAN_E_UNSUPPORTED);
    CHECK_TEXT(gan_context_message(context),
               "s.png: a picture of height 9619, width 9684 and 3 channels could not be read back; "
               "a side has at most 2147483647, png 268435456 values");
    gan_tensor_release(t);
    t = make_flat(4, row); /* a row of them */
    CHECK_STATUS(gan_image_sheet(t, INT64_MAX, "s.pgm"), GAN_E_UNSUPPORTED);
    CHECK_TEXT(gan_context_message(context),
               "s.pgm: 536870911 pictures of 1x4 in 536870911 columns are more than 2147483647 "
               "pixels high or wide");
    CHECK_STATUS(gan_image_arrange(&out, t, INT64_MAX), GAN_E_UNSUPPORTED);
    CHECK(out == NULL);
    CHECK_INT(fault.allocations - allocations, 1); /* the tensor itself */
    gan_tensor_release(t);
    CHECK(16384 * 16384 == GAN_IMAGE_VALUES);
    t = make_flat(3, least); /* goes as far as memory goes */
    fault.fail_at = fault.allocations + 1;
    CHECK_STATUS(gan_image_save(t, "a.png"), GAN_E_MEMORY);
    fault.fail_at = 0;
    gan_tensor_release(t);
    CHECK_STATUS(gan_image_save(NULL, "a.png"), GAN_E_ARGUMENT);
}

/* The name is looked at before the pictures are. */
TEST(a_wrong_name_is_refused_early)
{
    const int64_t shape[4] = {4, 9, 9, 3};
    gan_tensor *t = make_picture(GAN_FLOAT32, 4, shape);
    long long allocations = fault.allocations;
    CHECK_STATUS(gan_image_sheet(t, 0, "a.jpg"), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_image_sheet(t, 0, "a.pgm"), GAN_E_SHAPE);
    CHECK_INT(fault.allocations, allocations);
    gan_tensor_release(t);
}

/* ".PNG" is ".png". */
TEST(names_in_large_letters)
{
    static const char *const paths[] = {"a.PNG", "b.Png", "c.pAm", "d.PPM"};
    const int64_t shape[3] = {5, 7, 3}, flat[2] = {5, 7};
    gan_tensor *t = make_picture(GAN_UINT8, 3, shape), *grey = make_picture(GAN_UINT8, 2, flat);
    for (int i = 0; i < 4; i++) {
        CHECK_OK(gan_image_save(t, paths[i]));
        check_loaded(paths[i], t, 3);
        fault_remove(&fault, paths[i]);
    }
    CHECK_OK(gan_image_save(grey, "e.PGM"));
    check_loaded("e.PGM", grey, 1);
    fault_remove(&fault, "e.PGM");
    CHECK_STATUS(gan_image_save(t, "PNG"), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_image_save(t, ".PNG"), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_image_save(t, "aPNG"), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_image_save(t, "a.\x10\x0e\x07"), GAN_E_ARGUMENT); /* letters less a bit */
    gan_tensor_release(t);
    gan_tensor_release(grey);
}

/* In memory as in a file, byte for byte, and back. */
TEST(memory_is_a_file)
{
    static const char *const formats[] = {"png", "PAM", "ppm", "pgm"};
    const int64_t shape[3] = {5, 7, 3};
    for (int i = 0; i < 4; i++) {
        gan_tensor *t = make_picture(i % 2 ? GAN_FLOAT32 : GAN_UINT8, i == 3 ? 2 : 3, shape);
        gan_tensor *bytes, *back;
        char path[10] = "m.";
        strcat(path, formats[i]);
        CHECK_OK(gan_image_save(t, path));
        const fault_file *file = fault_find(&fault, path);
        if (!CHECK_OK(gan_image_save_memory(&bytes, t, formats[i]))) continue;
        size_t size = (size_t)gan_tensor_count(bytes);
        CHECK(gan_tensor_dtype(bytes) == GAN_UINT8 && gan_tensor_rank(bytes) == 1);
        CHECK(size == file->size && memcmp(gan_tensor_data(bytes), file->bytes, size) == 0);
        CHECK_OK(gan_image_load_memory(&back, context, gan_tensor_data(bytes), size));
        check_same(back, t, i == 3 ? 1 : 3);
        gan_tensor_release(back);
        CHECK_STATUS(gan_image_load_memory(&back, context, gan_tensor_data(bytes), 20),
                     GAN_E_FORMAT);
        CHECK(strncmp(gan_context_message(context), "memory: byte ", 13) == 0);
        gan_tensor_release(bytes);
        gan_tensor_release(t);
        fault_remove(&fault, path);
    }
    CHECK_STATUS(gan_image_load_memory(&(gan_tensor *){NULL}, context, "P8", 2), GAN_E_FORMAT);
}

TEST(an_arrangement_is_a_sheet)
{
    const int64_t shape[4] = {5, 2, 3, 3};
    gan_tensor *t = make_picture(GAN_FLOAT32, 4, shape), *arranged, *bytes;
    CHECK_OK(gan_image_arrange(&arranged, t, 2));
    const int64_t *sides = gan_tensor_shape(arranged);
    CHECK(gan_tensor_rank(arranged) == 3 && sides[0] == 8 && sides[1] == 7 && sides[2] == 3);
    CHECK_INT(gan_tensor_dtype(arranged), GAN_UINT8);
    CHECK_OK(gan_image_sheet(t, 2, "s.png"));
    CHECK_OK(gan_image_save_memory(&bytes, arranged, "png"));
    const fault_file *file = fault_find(&fault, "s.png");
    CHECK_INT(gan_tensor_count(bytes), file->size);
    CHECK(memcmp(gan_tensor_data(bytes), file->bytes, file->size) == 0);
    gan_tensor_release(bytes);
    gan_tensor_release(arranged);
    gan_tensor_release(t);
}

/* The log of the host hears of it. */
static char logged[300];

static void note(void *user, int32_t level, const char *line)
{
    (void)user;
    CHECK_INT(level, GAN_LOG_WARNING);
    snprintf(logged, sizeof logged, "%s", line);
}

TEST(a_picture_with_a_fault)
{
    const int64_t shape[3] = {5, 7, 3};
    gan_tensor *t = make_picture(GAN_UINT8, 3, shape);
    CHECK_OK(gan_image_save(t, "a.png"));
    fault_find(&fault, "a.png")->size -= 12; /* IEND */
    context->host.log = note;
    check_loaded("a.png", t, 3);
    CHECK(strncmp(logged, "a.png: byte ", 12) == 0);
    CHECK(strstr(logged, "the file ends without chunk IEND") != NULL);
    gan_tensor_release(t);
}

/* Whatever fails, the old picture is there or the new one, whole. */
TEST(a_failing_save_leaves_the_old_picture)
{
    const int64_t old_shape[2] = {3, 3}, shape[4] = {4, 9, 9, 3};
    gan_tensor *old = make_picture(GAN_UINT8, 2, old_shape);
    gan_tensor *t = make_picture(GAN_FLOAT32, 4, shape);
    for (int files = 0; files < 2; files++) {
        gan_status status = GAN_E_FILE;
        int n = 1;
        for (; n < 60 && status != GAN_OK; n++) {
            CHECK_OK(gan_image_save(old, "a.png"));
            long long live = fault.live;
            if (files) fault.file_fail_at = fault.file_operations + n;
            if (!files) fault.fail_at = fault.allocations + n;
            status = gan_image_sheet(t, 0, "a.png");
            fault.fail_at = fault.file_fail_at = 0;
            CHECK_INT(fault.live, live);
            if (status != GAN_OK) check_loaded("a.png", old, 1);
        }
        CHECK_OK(status);
        CHECK(n > 4);
    }
    gan_tensor_release(t);
    gan_tensor_release(old);
}

/* Each bit of a palette's picture becomes four bytes. They are held once. */
TEST(memory_is_bounded)
{
    enum { WIDTH = 2048, HEIGHT = 1024, ROW = WIDTH / 8 + 1, VALUES = WIDTH * HEIGHT * 4 };
    static uint8_t rows[ROW * HEIGHT];
    uint8_t file[4096] = "\x89PNG\r\n\x1a\n", *data;
    size_t at = 8, size;
    gan_tensor *picture;
    CHECK_OK(gan__zlib_compress(context, rows, sizeof rows, &data, &size));
    at = put_chunk(file, at, "IHDR", "\0\0\x08\0\0\0\x04\0\1\3\0\0\0", 13);
    at = put_chunk(file, at, "PLTE", "abcdef", 6);
    at = put_chunk(file, at, "tRNS", "\7", 1);
    at = put_chunk(file, at, "IDAT", data, size);
    at = put_chunk(file, at, "IEND", "", 0);
    gan__free(context, data);
    put_file(&fault, "flat.png", file, at);
    long long before = fault.live_bytes;
    fault.peak_bytes = before;
    if (!CHECK_OK(gan_image_load(&picture, context, "flat.png"))) return;
    CHECK_INT(gan_tensor_count(picture), VALUES);
    CHECK(memcmp(gan_tensor_data(picture), "abc\7abc\7", 8) == 0);
    CHECK(fault.peak_bytes - before < VALUES + VALUES / 4);
    gan_tensor_release(picture);
    CHECK_INT(fault.live_bytes, before);
    fault_remove(&fault, "flat.png");

    /* As it is promised for 8 bits. */
    const int64_t shape[3] = {HEIGHT, HEIGHT, 4};
    CHECK_OK(gan_tensor_create(&picture, context, GAN_UINT8, 3, shape));
    CHECK_OK(gan_image_save(picture, "flat.png"));
    gan_tensor_release(picture);
    fault.peak_bytes = before;
    CHECK_OK(gan_image_load(&picture, context, "flat.png"));
    size = fault_find(&fault, "flat.png")->size;
    CHECK(fault.peak_bytes - before < 3 * HEIGHT * HEIGHT * 4 + 4 * (long long)size + (1 << 20));
    gan_tensor_release(picture);
    fault_remove(&fault, "flat.png");
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
    CHECK_OK(gan_context_create(&context, "threads=1", &host, NULL, 0));
    RUN(saved_pictures_load_as_they_were);
    RUN(a_permuted_picture);
    RUN(sheets);
    RUN(messages);
    RUN(too_large_a_picture_is_refused_early);
    RUN(a_wrong_name_is_refused_early);
    RUN(names_in_large_letters);
    RUN(memory_is_a_file);
    RUN(an_arrangement_is_a_sheet);
    RUN(a_picture_with_a_fault);
    RUN(a_failing_save_leaves_the_old_picture);
    RUN(memory_is_bounded);
    RUN(nothing_is_left);
    return test_report();
}
