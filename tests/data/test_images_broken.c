/* Folders of pictures with broken files in them; memory and files that fail. */
#include "images.h"

/* ---- broken files ---- */

TEST(no_picture_is_found_at_once)
{
    put_picture(context, &fault, "f/a.png", 1, small, 8);
    put_file(&fault, "f/b.png", "GIF89a", 6);
    check_refused("images path=f", GAN_E_FORMAT, "f/b.png: neither PNG nor JPEG nor PNM nor PAM");
    put_file(&fault, "f/b.png", "", 0);
    check_refused("images path=f", GAN_E_FORMAT, "f/b.png: the file is empty");
    put_file(&fault, "f/b.png", "P2\n1 1\n255\n7", 12);
    check_refused("images path=f", GAN_E_UNSUPPORTED,
                  "f/b.png: byte 0: P2 is not served, P5, P6 and P7 are");
    forget_files();
}

/* The example and the file are named, whoever draws it; the data set goes on. */
static void check_broken(gan_dataset *dataset, const char *message, int ahead)
{
    const char *const fields[1] = {"image"};
    const gan__batch_plan plan = {
        .fields = fields, .field_count = 1, .batch = 3, .ahead = ahead, .in_flight = 1};
    gan__batcher *b;
    gan_tensor *const *out;
    if (!CHECK_OK(gan__batcher_create(&b, context, dataset, &plan))) return;
    for (int i = 0; i < 2; i++) {
        CHECK_STATUS(gan__batcher_next(b, &out), GAN_E_FORMAT);
        CHECK_TEXT(gan_context_message(context), message);
        CHECK_INT(gan__batcher_position(b), 0);
    }
    gan__batcher_free(b);
}

TEST(a_broken_file_is_named_when_it_is_drawn)
{
    static const char message[] =
        "data: example 1: f/b.pgm: byte 11: the picture needs 12 bytes, 10 remain";
    int64_t index = 1;
    float values[12];
    gan_tensor *tensor;
    for (int i = 0; i < 3; i++) {
        char path[16];
        snprintf(path, sizeof path, "f/%c.pgm", 'a' + i);
        put_picture(context, &fault, path, i, small, 8);
    }
    fault_find(&fault, "f/b.pgm")->size -= 2;
    gan_dataset *dataset = open_data("images path=f");
    CHECK_OK(gan_tensor_wrap(&tensor, context, GAN_FLOAT32, 4, (const int64_t[]){1, 3, 4, 1}, NULL,
                             values, NULL, NULL));
    CHECK_STATUS(gan_dataset_read(dataset, "image", &index, tensor), GAN_E_FORMAT);
    CHECK_TEXT(gan_context_message(context), message);
    check_is_picture(dataset, 0, 0);
    check_broken(dataset, message, false);
    check_broken(dataset, message, true);
    check_refused("images path=f check=yes", GAN_E_FORMAT, message + strlen("data: example 1: "));
    fault_find(&fault, "f/b.pgm")->size += 2;
    check_is_picture(dataset, 1, 1);
    fault_remove(&fault, "f/b.pgm");
    CHECK_STATUS(gan_dataset_read(dataset, "image", &index, tensor), GAN_E_FILE);
    CHECK_TEXT(gan_context_message(context), "data: example 1: f/b.pgm: cannot be opened");
    put_picture(context, &fault, "f/b.pgm", 1, (const int[3]){3, 5, 1}, 8);
    CHECK_STATUS(gan_dataset_read(dataset, "image", &index, tensor), GAN_E_SHAPE);
    CHECK_TEXT(gan_context_message(context),
               "data: example 1: f/b.pgm: 3x5 pixels, not 3x4 as when it was found");
    gan_tensor_release(tensor);
    gan_dataset_release(dataset);
    forget_files();
}

/* Whatever bytes are in a file, it is read or named, and nothing is lost. */
TEST(any_bytes_are_a_picture_or_an_error)
{
    uint64_t state = 5;
    static const int shape[3] = {9, 8, 3};
    gan_dataset *dataset;
    for (int i = 0; i < 400; i++) {
        static float values[9 * 8 * 3];
        const int64_t index = 1;
        gan_tensor *tensor;
        put_picture(context, &fault, "f/a.png", i, shape, 8);
        put_picture(context, &fault, i % 2 ? "f/b.png" : "f/b.ppm", i, shape, i % 4 ? 8 : 16);
        fault_file *file = fault_find(&fault, i % 2 ? "f/b.png" : "f/b.ppm");
        for (uint32_t k = next_random(&state) % 4; k > 0; k--)
            file->bytes[next_random(&state) % file->size] = (uint8_t)next_random(&state);
        if (next_random(&state) % 4 == 0) file->size = next_random(&state) % file->size;
        const long long live = fault.live;
        if (gan_dataset_open(&dataset, context, "images path=f size=9x8 channels=3") == GAN_OK) {
            CHECK_OK(gan_tensor_wrap(&tensor, context, GAN_FLOAT32, 4,
                                     (const int64_t[]){1, 9, 8, 3}, NULL, values, NULL, NULL));
            if (gan_dataset_read(dataset, "image", &index, tensor) != GAN_OK)
                CHECK(strstr(gan_context_message(context), "data: example 1: f/b.") != NULL);
            gan_tensor_release(tensor);
            gan_dataset_release(dataset);
        } else {
            CHECK(strstr(gan_context_message(context), "f/b.") != NULL);
        }
        CHECK_INT(fault.live, live);
        forget_files();
    }
}

/* ---- failures ---- */

/* Opens, draws and lets go, with the n-th allocation or file operation failing. */
static gan_status use_folder(void)
{
    const char *const fields[2] = {"image", "label"};
    const gan__batch_plan plan = {
        .fields = fields, .field_count = 2, .batch = 4, .ahead = false, .in_flight = 1};
    gan_dataset *dataset;
    gan__batcher *b = NULL;
    gan_tensor *const *out;
    gan_status status =
        gan_dataset_open(&dataset, context, "images path=f size=5 heldout=0.2 flip=yes check=yes");
    if (status == GAN_OK) status = gan__batcher_create(&b, context, dataset, &plan);
    if (status == GAN_OK) status = gan__batcher_next(b, &out);
    gan__batcher_free(b);
    gan_dataset_release(dataset);
    return status;
}

TEST(failures_leave_nothing)
{
    put_classes("f");
    const long long live = fault.live;
    for (int file = 0; file < 2; file++) {
        int refused = 0, n = 1;
        for (bool reached = true; reached && CHECK(n < 2000); n++) {
            fault.fail_at = file ? 0 : fault.allocations + n;
            fault.file_fail_at = file ? fault.file_operations + n : 0;
            gan_status status = use_folder();
            reached = file ? fault.file_operations >= fault.file_fail_at
                           : fault.allocations >= fault.fail_at;
            fault.fail_at = fault.file_fail_at = 0;
            refused += status != GAN_OK;
            /* to close what was only read may fail */
            if (status == GAN_OK)
                CHECK(file || !reached);
            else
                CHECK_STATUS(status, file ? GAN_E_FILE : GAN_E_MEMORY);
            CHECK_INT(fault.live, live);
            CHECK(fault_file_count(&fault) == 5);
        }
        CHECK(refused > 30);
    }
    CHECK_OK(use_folder());
    forget_files();
}

int main(void)
{
    begin_images(NULL);
    RUN(no_picture_is_found_at_once);
    RUN(a_broken_file_is_named_when_it_is_drawn);
    RUN(any_bytes_are_a_picture_or_an_error);
    RUN(failures_leave_nothing);
    return end_images();
}
