/* Folders of pictures of every format, as the data set draws them: all colour types and depths of
 * PNG, all kinds of JPEG. */
#include "images.h"

#include <gan/image.h>

#include "files/checksum.h"

typedef struct drawn_expected {
    const char *name;
    int channels;
    uint32_t crc[5]; /* with channels=0, 1, 2, 3, 4 */
} drawn_expected;

#include "drawn.h"

typedef struct jpeg_expected {
    const char *name;
    int width, height, channels;
    uint32_t crc;
} jpeg_expected;

typedef struct jpeg_fault {
    const char *name;
    gan_status status;
    const char *word;
} jpeg_fault;

#include "../files/jpegs.h"

/* A file of tests/files/data as a file of the folder; its size. */
static size_t put_source(const char *path, const char *folder, const char *name, const char *end)
{
    static uint8_t bytes[20000];
    char from[400];
    snprintf(from, sizeof from, "%s/tests/files/data/%s/%s%s", GAN_SOURCE_FOLDER, folder, name,
             end);
    FILE *file = fopen(from, "rb");
    if (!CHECK(file != NULL)) return 0;
    const size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    put_file(&fault, path, bytes, size);
    return size;
}

/* The CRC-32 of the one picture of a folder, as bytes. */
static uint32_t drawn_crc(const char *spec, int64_t shape[4])
{
    static uint8_t values[64 * 64 * 4];
    int32_t rank;
    gan_dataset *dataset = open_data(spec);
    if (!dataset) return 0;
    CHECK_OK(gan_dataset_field_shape(dataset, "image", &rank, shape + 1, NULL));
    shape[0] = 1;
    const size_t count = (size_t)(shape[1] * shape[2] * shape[3]);
    if (CHECK(count <= sizeof values)) read_bytes(dataset, 0, shape, values);
    gan_dataset_release(dataset);
    return gan__crc32(0, values, count);
}

TEST(every_png)
{
    for (size_t i = 0; i < sizeof drawn_table / sizeof *drawn_table; i++) {
        const drawn_expected *expected = &drawn_table[i];
        put_source("f/a.png", "pngsuite", expected->name, ".png");
        for (int channels = 0; channels <= 4; channels++) {
            int64_t shape[4];
            char spec[60];
            snprintf(spec, sizeof spec, "images path=f channels=%d", channels);
            if (!CHECK_INT(drawn_crc(spec, shape), expected->crc[channels]))
                printf("%s: %d channels\n", expected->name, channels);
            CHECK_INT(shape[3], channels ? channels : expected->channels);
        }
    }
    forget_files();
}

TEST(every_jpeg)
{
    static const char *const ends[] = {"jpg", "JPG", "jpeg", "Jpe", "jfif"};
    for (size_t i = 0; i < sizeof jpeg_table / sizeof *jpeg_table; i++) {
        const jpeg_expected *expected = &jpeg_table[i];
        int64_t shape[4];
        char path[20];
        snprintf(path, sizeof path, "f/a.%s", ends[i % 5]);
        put_source(path, "jpeg", expected->name, ".jpg");
        if (!CHECK_INT(drawn_crc("images path=f check=yes", shape), expected->crc))
            printf("%s\n", expected->name);
        CHECK_INT(shape[1], expected->height);
        CHECK_INT(shape[2], expected->width);
        CHECK_INT(shape[3], expected->channels);
        forget_files();
    }
}

TEST(formats_are_mixed)
{
    int64_t shape[4];
    put_picture(context, &fault, "f/dog/a.png", 1, small, 8);
    put_source("f/cat/b.jpg", "jpeg", "base-22", ".jpg");
    put_source("f/cat/c.JPEG", "jpeg", "grey", ".jpg");
    put_picture(context, &fault, "f/dog/d.ppm", 2, (const int[3]){9, 5, 3}, 8);
    drawn_crc("images path=f size=16 channels=3", shape);
    gan_dataset *dataset = open_data("images path=f size=16 channels=1 check=yes");
    CHECK_INT(gan_dataset_count(dataset), 4);
    CHECK_TEXT(gan_dataset_class_name(dataset, 0), "cat");
    gan_dataset_release(dataset);
    forget_files();
}

/* A camera's notes and thumbnail stand in front of the header. */
TEST(long_jpeg_headers_are_read_on)
{
    static uint8_t bytes[4 * 65535 + 20000] = {0xff, 0xd8};
    int64_t shape[4];
    size_t size = put_source("f/a.jpg", "jpeg", "base-22", ".jpg"), at = 2;
    const fault_file *file = fault_find(&fault, "f/a.jpg");
    for (int i = 0; i < 4; i++, at += 65535 + 2) {
        memcpy(bytes + at, "\xff\xe1\xff\xff", 4);
        memset(bytes + at + 4, 0xd9, 65533);
    }
    memcpy(bytes + at, file->bytes + 2, size - 2);
    const uint32_t crc = drawn_crc("images path=f", shape);
    put_file(&fault, "f/a.jpg", bytes, at + size - 2);
    CHECK_INT(drawn_crc("images path=f", shape), crc);
    put_file(&fault, "f/a.jpg", bytes, 200000);
    check_refused("images path=f", GAN_E_FORMAT,
                  "f/a.jpg: byte 196617: a segment needs 65533 bytes, 3383 remain");
    forget_files();
}

TEST(broken_jpegs_are_named)
{
    const size_t size = put_source("f/a.jpg", "jpeg", "base-22", ".jpg");
    const int64_t index = 0;
    float values[37 * 43 * 3];
    char message[200];
    gan_tensor *tensor;
    fault_find(&fault, "f/a.jpg")->size = size - 100;
    gan_dataset *dataset = open_data("images path=f");
    CHECK_OK(gan_tensor_wrap(&tensor, context, GAN_FLOAT32, 4, (const int64_t[]){1, 37, 43, 3},
                             NULL, values, NULL, NULL));
    CHECK_STATUS(gan_dataset_read(dataset, "image", &index, tensor), GAN_E_FORMAT);
    snprintf(message, sizeof message,
             "data: example 0: f/a.jpg: byte %zu: the file ends in the middle of the picture",
             size - 100);
    CHECK_TEXT(gan_context_message(context), message);
    check_refused("images path=f check=yes", GAN_E_FORMAT, message + strlen("data: example 0: "));
    gan_tensor_release(tensor);
    gan_dataset_release(dataset);
    put_source("f/a.jpg", "jpeg", "base-22", ".jpg");
    memcpy(fault_find(&fault, "f/a.jpg")->bytes + 2, "\xff\xc9\0\x0b", 4);
    check_refused("images path=f", GAN_E_UNSUPPORTED,
                  "f/a.jpg: byte 6: a file with arithmetic codes: it is not served");
    forget_files();
}

TEST(jpegs_are_loaded)
{
    gan_tensor *tensor, *again;
    put_source("a.jpg", "jpeg", "base-22", ".jpg");
    const fault_file *file = fault_find(&fault, "a.jpg");
    CHECK_OK(gan_image_load(&tensor, context, "a.jpg"));
    CHECK_OK(gan_image_load_memory(&again, context, file->bytes, file->size));
    CHECK_INT(tensor->count, 37 * 43 * 3);
    CHECK_INT(gan__crc32(0, tensor->data, 37 * 43 * 3), gan__crc32(0, again->data, 37 * 43 * 3));
    gan_tensor_release(tensor);
    gan_tensor_release(again);
    forget_files();
}

int main(void)
{
    begin_images(NULL);
    CHECK(sizeof jpeg_faults > 0);
    RUN(every_png);
    RUN(every_jpeg);
    RUN(formats_are_mixed);
    RUN(long_jpeg_headers_are_read_on);
    RUN(broken_jpegs_are_named);
    RUN(jpegs_are_loaded);
    return end_images();
}
