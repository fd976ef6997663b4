/* Arrays of an .npz file as a data set. */
#include <gan/data.h>

#include "data/data.h"
#include "data_files.h"
#include "test.h"

#include <math.h>
#include <stdbool.h>

static gan_context *context;
static fault_host fault;

static void put_npz(const char *name)
{
    static uint8_t bytes[4096];
    char path[400];
    snprintf(path, sizeof path, "%s/tests/files/data/npz/%s.npz", GAN_SOURCE_FOLDER, name);
    FILE *file = fopen(path, "rb");
    if (!CHECK(file != NULL)) return;
    put_file(&fault, "f.npz", bytes, fread(bytes, 1, sizeof bytes, file));
    fclose(file);
}

static gan_dataset *open_data(const char *spec)
{
    gan_dataset *dataset = NULL;
    if (!CHECK_OK(gan_dataset_open(&dataset, context, spec)))
        printf("%s: %s\n", spec, gan_context_message(context));
    return dataset;
}

/* Example `index` of a field as float32. */
static void read_one(gan_dataset *dataset, const char *field, int64_t index, float *out)
{
    int32_t rank;
    int64_t shape[4] = {1};
    gan_tensor *tensor;
    CHECK_OK(gan_dataset_field_shape(dataset, field, &rank, shape + 1, NULL));
    CHECK_OK(
        gan_tensor_wrap(&tensor, context, GAN_FLOAT32, rank + 1, shape, NULL, out, NULL, NULL));
    CHECK_OK(gan_dataset_read(dataset, field, &index, tensor));
    gan_tensor_release(tensor);
}

static void check_arrays(gan_dataset *dataset, int64_t count)
{
    static const float labels[4] = {2, 0, 1, 2};
    CHECK_INT(gan_dataset_count(dataset), count);
    CHECK_INT(gan_dataset_field_count(dataset), 3);
    for (int64_t i = 0; i < count; i++) {
        float values[6];
        read_one(dataset, "image", i, values);
        for (int k = 0; k < 6; k++)
            CHECK(fabsf((values[k] + 1) * 127.5f - 10 * (float)(6 * i + k)) < 1e-3f);
        read_one(dataset, "label", i, values);
        CHECK(values[0] == labels[i]);
        read_one(dataset, "vector", i, values);
        for (int k = 0; k < 2; k++) CHECK(values[k] == (float)(2 * i + k) / 4);
    }
}

TEST(arrays_by_name)
{
    static const char *const names[] = {"stored", "deflated",  "streamed",
                                        "long",   "commented", "twice"};
    for (int n = 0; n < 6; n++) {
        put_npz(names[n]);
        gan_dataset *dataset = open_data("npz path=f.npz image=image label=label vector=vector");
        check_arrays(dataset, 4);
        CHECK_INT(gan_dataset_class_count(dataset), 3);
        CHECK(strstr(dataset->text, "npz path=f.npz image=image label=label vector=vector size=") ==
              dataset->text);
        gan_dataset_release(dataset);
        dataset = open_data("npz path=f.npz vector=vector.npy image=image.npy label=label count=3");
        check_arrays(dataset, 3);
        gan_dataset_release(dataset);
    }
}

/* What npy files can be, arrays can: columns first, bool; and count= of them. */
TEST(arrays_of_other_kinds)
{
    float values[6];
    put_npz("deflated");
    for (int part = 0; part < 2; part++) {
        gan_dataset *dataset = open_data(part ? "npz path=f.npz image=fortran count=2"
                                              : "npz path=f.npz image=fortran");
        read_one(dataset, "image", 1, values);
        for (int k = 0; k < 6; k++) CHECK(values[k] == (float)(6 + k) / 32 - 0.5f);
        gan_dataset_release(dataset);
        dataset =
            open_data(part ? "npz path=f.npz image=mask count=3" : "npz path=f.npz image=mask");
        for (int i = 0; i < 3; i++) {
            read_one(dataset, "image", i, values);
            CHECK(values[0] == (i > 0 ? 1 : -1));
        }
        gan_dataset_release(dataset);
    }
}

/* A whole data set knows another again by its content alone, however it is packed. */
TEST(packing_is_no_content)
{
    uint32_t sums[2][3];
    for (int n = 0; n < 2; n++) {
        put_npz(n ? "deflated" : "stored");
        gan_dataset *dataset = open_data("npz path=f.npz image=image label=label vector=vector");
        for (int i = 0; i < 3; i++) sums[n][i] = dataset->fields[i].checksum;
        gan_dataset_release(dataset);
    }
    CHECK(memcmp(sums[0], sums[1], sizeof sums[0]) == 0);
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
    put_npz("deflated");
    check_refused("npz path=f.npz", GAN_E_TEXT,
                  "f.npz: image=, label= or vector= says which array; there is image, label, "
                  "vector, fortran, mask");
    check_refused("npz path=f.npz image=x_train", GAN_E_FORMAT,
                  "f.npz: no array 'x_train'; there is image, label, vector, fortran, mask");
    check_refused("npz path=f.npz image=label", GAN_E_SHAPE,
                  "f.npz: label: image is int64 with 1 dimensions an example; it must be uint8 or "
                  "float32, H x W or H x W x C");
    check_refused("npz path=f.npz image=image names=n.txt", GAN_E_TEXT,
                  "npz: names=n.txt, but no label=");
    check_refused("npz path=f.npz image=image count=5", GAN_E_ARGUMENT,
                  "npz: count=5, but there are 4 examples; count=0 takes all");
    check_refused("npz path=g.npz image=image", GAN_E_FILE, "g.npz: cannot be opened");
    put_npz("bzip2");
    check_refused("npz path=f.npz image=image", GAN_E_UNSUPPORTED,
                  "f.npz: byte 0: a member of the method 12, 0 (stored) and 8 (deflated) are "
                  "served");
    put_npz("twice");
    check_refused("npz path=f.npz image=notes/read", GAN_E_FORMAT,
                  "f.npz: no array 'notes/read'; there is image, image, label, vector, fortran, "
                  "mask, notes/read me.txt");
    check_refused("npz path=f.npz image=\"notes/read me.txt\"", GAN_E_FORMAT,
                  "f.npz: notes/read me.txt: byte 0: the magic number and version needs 8 bytes, 5 "
                  "remain");
    put_file(&fault, "f.npz", "\x93NUMPY", 6);
    check_refused("npz path=f.npz image=image", GAN_E_FORMAT, "f.npz: byte 0: this is no ZIP file");
    put_npz("deflated");
    fault_file *file = fault_find(&fault, "f.npz");
    file->bytes[120] ^= 1;
    gan_dataset *dataset;
    CHECK_STATUS(gan_dataset_open(&dataset, context, "npz path=f.npz image=image"), GAN_E_FORMAT);
    CHECK(strncmp(gan_context_message(context), "f.npz: image: byte ", 19) == 0);
}

TEST(failures_leave_nothing)
{
    const char *spec = "npz path=f.npz image=image label=label vector=vector names=n.txt count=3";
    put_npz("deflated");
    put_file(&fault, "n.txt", "a\nb\nc\n", 6);
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
            CHECK(fault_file_count(&fault) == 2);
        }
    }
}

int main(void)
{
    gan_host host = fault_make(&fault);
    CHECK_OK(gan_context_create(&context, "threads=1", &host, NULL, 0));
    RUN(arrays_by_name);
    RUN(arrays_of_other_kinds);
    RUN(packing_is_no_content);
    RUN(what_is_wrong_is_named);
    RUN(failures_leave_nothing);
    gan_context_release(context);
    CHECK_INT(fault.live, 0);
    fault_free_files(&fault);
    return test_report();
}
