/* images.h: what the tests of folders of pictures have in common: a context whose files are in
 * memory, and folders in them. */
#ifndef IMAGES_H
#define IMAGES_H

#include <gan/data.h>

#include "data/batch.h"
#include "data/data.h"
#include "picture_files.h"
#include "test.h"

static gan_context *context;
static fault_host fault;

TEST_UNUSED static gan_dataset *open_data(const char *spec)
{
    gan_dataset *dataset = NULL;
    if (!CHECK_OK(gan_dataset_open(&dataset, context, spec)))
        printf("%s: %s\n", spec, gan_context_message(context));
    return dataset;
}

TEST_UNUSED static void check_refused(const char *spec, gan_status status, const char *message)
{
    gan_dataset *dataset = (gan_dataset *)&fault;
    const long long live = fault.live;
    CHECK_STATUS(gan_dataset_open(&dataset, context, spec), status);
    CHECK(!dataset);
    CHECK_TEXT(gan_context_message(context), message);
    CHECK_INT(fault.live, live);
    CHECK(fault_file_count(&fault) >= 0);
}

TEST_UNUSED static void forget_files(void)
{
    CHECK(fault_file_count(&fault) >= 0);
    fault_free_files(&fault);
}

static const int small[3] = {3, 4, 1};

/* Put in another order than that of their names. */
TEST_UNUSED static void put_classes(const char *folder)
{
    static const char *const names[] = {"%s/dog/b.png", "%s/Cat/z.pgm", "%s/dog/B.PNG",
                                        "%s/Cat/a.Pam", "%s/dog-1/x.pnm"};
    for (int i = 0; i < 5; i++) {
        char path[64];
        snprintf(path, sizeof path, names[i], folder);
        put_picture(context, &fault, path, i, small, 8);
    }
}

/* All bytes of example `index`. */
TEST_UNUSED static void read_bytes(gan_dataset *dataset, int64_t index, const int64_t shape[4],
                                   uint8_t *out)
{
    gan_tensor *tensor;
    CHECK_OK(gan_tensor_wrap(&tensor, context, GAN_UINT8, 4, shape, NULL, out, NULL, NULL));
    if (!CHECK_OK(gan_dataset_read(dataset, "image", &index, tensor)))
        printf("%s\n", gan_context_message(context));
    gan_tensor_release(tensor);
}

TEST_UNUSED static void check_is_picture(gan_dataset *dataset, int64_t index, int seed)
{
    uint8_t bytes[12];
    read_bytes(dataset, index, (const int64_t[]){1, 3, 4, 1}, bytes);
    for (int i = 0; i < 12; i++) CHECK_INT(bytes[i], picture_value(seed, i));
}

TEST_UNUSED static void begin_images(void (*log)(void *user, int32_t level, const char *line))
{
    gan_host host = fault_make(&fault);
    host.log = log;
    CHECK_OK(gan_context_create(&context, "threads=1 log=info", &host, NULL, 0));
}

TEST_UNUSED static int end_images(void)
{
    gan_context_release(context);
    CHECK_INT(fault.live, 0);
    fault_free_files(&fault);
    return test_report();
}

#endif
