/* CIFAR-10 and CIFAR-100 in binary form. */
#include <gan/data.h>

#include "data/data.h"
#include "data_files.h"
#include "test.h"

#include <stdbool.h>

enum { PICTURE = 3 * 32 * 32 };

static gan_context *context;
static fault_host fault;

static uint8_t value_of(int seed, int y, int x, int c)
{
    return (uint8_t)(seed * 37 + y * 5 + x * 3 + c * 89);
}

/* `count` records with numbers from `seed` on; the fine label, or the only one, is the number
 * modulo its classes, the coarse one half of it modulo 20. */
static size_t make_records(uint8_t *out, int seed, int count, bool hundred)
{
    uint8_t *at = out;
    for (int n = seed; n < seed + count; n++) {
        if (hundred) *at++ = (uint8_t)(n / 2 % 20);
        *at++ = (uint8_t)(n % (hundred ? 100 : 10));
        for (int i = 0; i < PICTURE; i++) /* all of a colour, row by row */
            *at++ = value_of(n, i / 32 % 32, i % 32, i / 1024);
    }
    return (size_t)(at - out);
}

static void put_records(const char *path, int seed, int count, bool hundred)
{
    static uint8_t bytes[40 * (PICTURE + 2)];
    put_file(&fault, path, bytes, make_records(bytes, seed, count, hundred));
}

static gan_dataset *open_data(const char *spec)
{
    gan_dataset *dataset = NULL;
    if (!CHECK_OK(gan_dataset_open(&dataset, context, spec)))
        printf("%s: %s\n", spec, gan_context_message(context));
    return dataset;
}

static void check_examples(gan_dataset *dataset, int seed, int count, int classes)
{
    static uint8_t values[PICTURE];
    CHECK_INT(gan_dataset_count(dataset), count);
    CHECK_INT(gan_dataset_class_count(dataset), classes); /* whether all occur or not */
    for (int64_t i = 0; i < count; i++) {
        const int64_t shape[4] = {1, 32, 32, 3}, one = 1;
        const int n = seed + (int)i, label = classes == 20 ? n / 2 % 20 : n % classes;
        int wrong = 0;
        int32_t number = -1;
        gan_tensor *tensor;
        CHECK_OK(gan_tensor_wrap(&tensor, context, GAN_UINT8, 4, shape, NULL, values, NULL, NULL));
        CHECK_OK(gan_dataset_read(dataset, "image", &i, tensor));
        gan_tensor_release(tensor);
        for (int k = 0; k < PICTURE; k++)
            wrong += values[k] != value_of(n, k / 96, k / 3 % 32, k % 3);
        CHECK_INT(wrong, 0);
        CHECK_OK(gan_tensor_wrap(&tensor, context, GAN_INT32, 1, &one, NULL, &number, NULL, NULL));
        CHECK_OK(gan_dataset_read(dataset, "label", &i, tensor));
        gan_tensor_release(tensor);
        CHECK_INT(number, label);
    }
    gan_dataset_release(dataset);
}

TEST(one_file)
{
    static uint8_t gzip[2 * (PICTURE + 2) + 100], plain[2 * (PICTURE + 2)];
    put_records("ten.bin", 3, 12, false);
    put_records("hundred.bin", 3, 12, true);
    check_examples(open_data("cifar path=ten.bin"), 3, 12, 10);
    check_examples(open_data("cifar path=ten.bin set=10 test=yes count=5"), 3, 5, 10);
    check_examples(open_data("cifar path=hundred.bin"), 3, 12, 100);
    check_examples(open_data("cifar path=hundred.bin label=coarse"), 3, 12, 20);
    check_examples(open_data("cifar path=hundred.bin label=fine set=100 count=1"), 3, 1, 100);
    const size_t size = make_records(plain, 8, 2, true);
    put_file(&fault, "h.bin.gz", gzip, make_gzip(gzip, plain, size));
    check_examples(open_data("cifar path=h.bin.gz"), 8, 2, 100);
    fault_free_files(&fault);
}

/* Training files in the order of their names; count= ends in the midst of one. */
TEST(a_folder)
{
    static const char names[] = "plane\ncar\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n";
    put_records("c/data_batch_3.bin", 27, 5, false);
    put_records("c/data_batch_1.bin", 10, 8, false);
    put_records("c/test_batch.bin", 90, 4, false);
    put_records("c/data_batch_2.bin", 18, 9, false);
    put_file(&fault, "c/batches.meta.txt", names, sizeof names - 1);
    put_file(&fault, "c/readme.html", "<p>", 3);
    check_examples(open_data("cifar path=c"), 10, 22, 10);
    check_examples(open_data("cifar path=c count=8"), 10, 8, 10);
    check_examples(open_data("cifar path=c count=11"), 10, 11, 10);
    check_examples(open_data("cifar path=c test=yes"), 90, 4, 10);
    gan_dataset *dataset = open_data("cifar path=c names=c/batches.meta.txt count=2");
    CHECK_INT(gan_dataset_class_count(dataset), 10);
    CHECK_TEXT(gan_dataset_class_name(dataset, 9), "truck");
    CHECK(
        strstr(dataset->text, "cifar path=c names=batches.meta.txt test=no set=auto label=fine") ==
        dataset->text);
    gan_dataset_release(dataset);
    fault_free_files(&fault);
}

static void check_refused(const char *spec, gan_status status, const char *message)
{
    const long long live = fault.live;
    gan_dataset *dataset = (gan_dataset *)&fault;
    CHECK_STATUS(gan_dataset_open(&dataset, context, spec), status);
    CHECK(!dataset);
    CHECK_TEXT(gan_context_message(context), message);
    CHECK_INT(fault.live, live);
}

TEST(what_is_wrong_is_named)
{
    put_records("c/a.bin", 0, 3, false);
    put_records("h.bin", 0, 30, true);
    check_refused("cifar path=c count=4", GAN_E_ARGUMENT,
                  "cifar: count=4, but there are 3 examples; count=0 takes all");
    check_refused("cifar path=c test=yes", GAN_E_FORMAT,
                  "c: no .bin file whose name begins with test");
    check_refused("cifar path=c set=100", GAN_E_FORMAT,
                  "c/a.bin: byte 0: 9219 bytes are no whole number of records of 3074");
    check_refused("cifar path=c label=coarse", GAN_E_TEXT,
                  "c/a.bin: label=coarse is of CIFAR-100 alone");
    check_refused("cifar path=h.bin set=10", GAN_E_FORMAT,
                  "h.bin: byte 0: 92220 bytes are no whole number of records of 3073");
    check_refused("cifar path=none.bin", GAN_E_FILE, "none.bin: cannot be opened");
    fault_find(&fault, "c/a.bin")->bytes[3073] = 10;
    check_refused("cifar path=c", GAN_E_FORMAT,
                  "c/a.bin: byte 3073: a record of class 10 of CIFAR-10, which has 10");
    fault_find(&fault, "h.bin")->bytes[1] = 100;
    check_refused("cifar path=h.bin", GAN_E_FORMAT,
                  "h.bin: byte 0: a record of class 100 of CIFAR-100, which has 100");
    fault_find(&fault, "h.bin")->bytes[0] = 20;
    check_refused("cifar path=h.bin label=coarse", GAN_E_FORMAT,
                  "h.bin: byte 0: a record of class 20 of CIFAR-100, which has 20");
    put_records("c/b.bin", 0, 3, true);
    fault_find(&fault, "c/a.bin")->bytes[3073] = 1;
    check_refused("cifar path=c", GAN_E_FORMAT,
                  "c/b.bin: byte 0: 9222 bytes are no whole number of records of 3073");
    fault_find(&fault, "c/a.bin")->size--;
    check_refused("cifar path=c", GAN_E_FORMAT,
                  "c/a.bin: byte 0: 9218 bytes are no whole number of records of 3073");
    fault_find(&fault, "c/a.bin")->size = 0;
    check_refused("cifar path=c/a.bin", GAN_E_FORMAT, "c/a.bin: byte 0: there are no records");
    fault_free_files(&fault);
}

/* A file that could be either. */
TEST(the_set_can_be_given)
{
    const size_t size = (size_t)(PICTURE + 1) * (PICTURE + 2);
    uint8_t *zeros = calloc(size, 1);
    if (!CHECK(zeros != NULL)) return;
    put_file(&fault, "z.bin", zeros, size);
    free(zeros);
    check_refused("cifar path=z.bin", GAN_E_FORMAT,
                  "z.bin: byte 0: 9446402 bytes are records of either CIFAR: set= says of which");
    gan_dataset *dataset = open_data("cifar path=z.bin set=10");
    CHECK_INT(gan_dataset_count(dataset), PICTURE + 2);
    gan_dataset_release(dataset);
    dataset = open_data("cifar path=z.bin set=100");
    CHECK_INT(gan_dataset_count(dataset), PICTURE + 1);
    gan_dataset_release(dataset);
    fault_free_files(&fault);
}

TEST(failures_leave_nothing)
{
    const char *spec = "cifar path=c names=n.txt";
    put_records("c/a.bin", 0, 3, false);
    put_records("c/b.bin", 3, 3, false);
    put_file(&fault, "n.txt", "0\n1\n2\n3\n4\n5\n", 12);
    const long long live = fault.live;
    for (int file = 0; file < 2; file++) {
        bool reached = true;
        for (int i = 1; reached && CHECK(i < 300); i++) {
            gan_dataset *dataset = NULL;
            fault.fail_at = file ? 0 : fault.allocations + i;
            fault.file_fail_at = file ? fault.file_operations + i : 0;
            gan_status status = gan_dataset_open(&dataset, context, spec);
            reached = file ? fault.file_operations >= fault.file_fail_at
                           : fault.allocations >= fault.fail_at;
            fault.fail_at = fault.file_fail_at = 0;
            if (status == GAN_OK)
                CHECK(file || !reached);
            else
                CHECK_STATUS(status, file ? GAN_E_FILE : GAN_E_MEMORY);
            gan_dataset_release(dataset);
            CHECK_INT(fault.live, live);
            CHECK(fault_file_count(&fault) == 3);
        }
    }
    fault_free_files(&fault);
}

int main(void)
{
    gan_host host = fault_make(&fault);
    CHECK_OK(gan_context_create(&context, "threads=1", &host, NULL, 0));
    RUN(one_file);
    RUN(a_folder);
    RUN(what_is_wrong_is_named);
    RUN(the_set_can_be_given);
    RUN(failures_leave_nothing);
    gan_context_release(context);
    CHECK_INT(fault.live, 0);
    fault_free_files(&fault);
    return test_report();
}
