#include <gan/data.h>

#include "base/memory.h"
#include "base/stream.h"
#include "data/data.h"
#include "data_files.h"
#include "files/safetensors.h"
#include "test.h"

#include <math.h>

static gan_context *context;
static fault_host fault;

static void check_open_fails(const char *spec, gan_status status, const char *message)
{
    gan_dataset *dataset = (gan_dataset *)&dataset;
    CHECK_STATUS(gan_dataset_open(&dataset, context, spec), status);
    CHECK(dataset == NULL);
    CHECK_TEXT(gan_context_message(context), message);
}

static gan_tensor *make_tensor(int32_t dtype, int32_t rank, const int64_t *shape)
{
    gan_tensor *tensor = NULL;
    CHECK_OK(gan_tensor_create(&tensor, context, dtype, rank, shape));
    return tensor;
}

/* Reads examples as float32; returns the numbers of the tensor, which the caller releases. */
static const float *read_as_float(gan_tensor **out, gan_dataset *dataset, const char *field,
                                  const int64_t *indices, int64_t n)
{
    int32_t rank;
    int64_t shape[4];
    CHECK_OK(gan_dataset_field_shape(dataset, field, &rank, shape + 1, NULL));
    shape[0] = n;
    *out = make_tensor(GAN_FLOAT32, rank + 1, shape);
    CHECK_OK(gan_dataset_read(dataset, field, indices, *out));
    return gan_tensor_data(*out);
}

/* ---- tensors ---- */

TEST(tensors_in_any_layout)
{
    const int64_t shape[4] = {3, 2, 2, 2}, strides[4] = {8, 2, 1, 4}, one = 3, two[2] = {3, 5};
    float nchw[24], vectors[15];
    int64_t labels[3] = {4, 0, 2};
    for (int i = 0; i < 24; i++) nchw[i] = (float)i / 24.0f;
    for (int i = 0; i < 15; i++) vectors[i] = (float)i;
    gan_tensor *t[3], *back;
    const char *const names[3] = {"vector", "image", "label"};
    CHECK_OK(gan_tensor_wrap(&t[0], context, GAN_FLOAT32, 2, two, NULL, vectors, NULL, NULL));
    CHECK_OK(gan_tensor_wrap(&t[1], context, GAN_FLOAT32, 4, shape, strides, nchw, NULL, NULL));
    CHECK_OK(gan_tensor_wrap(&t[2], context, GAN_INT64, 1, &one, NULL, labels, NULL, NULL));
    gan_dataset *dataset;
    CHECK_OK(gan_dataset_from_tensors(&dataset, context, names, t, 3));
    for (int i = 0; i < 3; i++) gan_tensor_release(t[i]);
    CHECK_INT(gan_dataset_count(dataset), 3);
    CHECK_INT(gan_dataset_field_count(dataset), 3);
    CHECK_TEXT(gan_dataset_field_name(dataset, 1), "image");
    CHECK(gan_dataset_field_name(dataset, 3) == NULL);

    const int64_t indices[2] = {2, 0};
    const float *x = read_as_float(&back, dataset, "image", indices, 2);
    for (int i = 0; i < 16; i++) {
        int n = i / 8 ? 0 : 2, h = i / 4 % 2, w = i / 2 % 2, c = i % 2;
        CHECK(x[i] == nchw[n * 8 + c * 4 + h * 2 + w]);
    }
    gan_tensor_release(back);
    x = read_as_float(&back, dataset, "vector", indices, 2);
    for (int i = 0; i < 10; i++) CHECK(x[i] == vectors[(i < 5 ? 10 : -5) + i]);
    gan_tensor_release(back);

    int32_t rank;
    int64_t extent[3], classes;
    CHECK_OK(gan_dataset_field_shape(dataset, "label", &rank, extent, &classes));
    CHECK_INT(rank, 0);
    CHECK_INT(classes, 5);
    const int64_t count = 2;
    back = make_tensor(GAN_INT64, 1, &count);
    CHECK_OK(gan_dataset_read(dataset, "label", indices, back));
    CHECK_INT(((int64_t *)gan_tensor_data(back))[0], 2);
    CHECK_INT(((int64_t *)gan_tensor_data(back))[1], 4);
    gan_tensor_release(back);
    gan_dataset_release(dataset);
}

TEST(bytes_come_back_as_they_were)
{
    const int64_t shape[3] = {16, 4, 4};
    gan_tensor *t = make_tensor(GAN_UINT8, 3, shape), *back;
    uint8_t *bytes = gan_tensor_data(t);
    for (int i = 0; i < 256; i++) bytes[i] = (uint8_t)i;
    const char *name = "image";
    gan_dataset *dataset;
    CHECK_OK(gan_dataset_from_tensors(&dataset, context, &name, &t, 1));
    int64_t indices[16], out_shape[4] = {16, 4, 4, 1};
    for (int i = 0; i < 16; i++) indices[i] = i;
    back = make_tensor(GAN_UINT8, 4, out_shape);
    CHECK_OK(gan_dataset_read(dataset, "image", indices, back));
    CHECK(memcmp(gan_tensor_data(back), bytes, 256) == 0);
    gan_tensor_release(back);
    const float *x = read_as_float(&back, dataset, "image", indices, 16);
    CHECK(x[0] == -1.0f && x[255] == 1.0f);
    for (int i = 1; i < 256; i++) CHECK_NEAR(x[i] - x[i - 1], 2.0 / 255, 1e-6);
    gan_tensor_release(back);
    gan_tensor_release(t);
    gan_dataset_release(dataset);
}

static void check_tensors_fail(const char *field, gan_tensor *tensor, gan_status status,
                               const char *message)
{
    gan_dataset *dataset = (gan_dataset *)&dataset;
    CHECK_STATUS(gan_dataset_from_tensors(&dataset, context, &field, &tensor, 1), status);
    CHECK(dataset == NULL);
    CHECK_TEXT(gan_context_message(context), message);
    gan_tensor_release(tensor);
}

TEST(wrong_tensors)
{
    const int64_t shape[5] = {3, 4, 4, 1, 1}, none[3] = {0, 4, 4};
    check_tensors_fail("images", make_tensor(GAN_UINT8, 3, shape), GAN_E_ARGUMENT,
                       "dataset: no field 'images': there are image, label, vector");
    check_tensors_fail("image", make_tensor(GAN_UINT8, 5, shape), GAN_E_SHAPE,
                       "dataset: image is uint8 with 4 dimensions an example; it must be uint8 or "
                       "float32, H x W or H x W x C");
    check_tensors_fail("image", make_tensor(GAN_INT32, 3, shape), GAN_E_SHAPE,
                       "dataset: image is int32 with 2 dimensions an example; it must be uint8 or "
                       "float32, H x W or H x W x C");
    check_tensors_fail("label", make_tensor(GAN_FLOAT32, 1, shape), GAN_E_SHAPE,
                       "dataset: label is float32 with 0 dimensions an example; it must be one "
                       "integer");
    check_tensors_fail("vector", make_tensor(GAN_FLOAT32, 1, shape), GAN_E_SHAPE,
                       "dataset: vector is float32 with 0 dimensions an example; it must be "
                       "float32, C");
    check_tensors_fail("label", make_tensor(GAN_INT32, 0, NULL), GAN_E_SHAPE,
                       "dataset: label is a single number, not a row of examples");
    check_tensors_fail("image", make_tensor(GAN_UINT8, 3, none), GAN_E_ARGUMENT,
                       "dataset: no examples");
    gan_tensor *labels = make_tensor(GAN_INT32, 1, shape);
    ((int32_t *)gan_tensor_data(labels))[2] = -1;
    check_tensors_fail("label", labels, GAN_E_FORMAT,
                       "dataset: label -1 of example 2 is not in [0, 16777215]");

    const int64_t four = 4;
    gan_tensor *t[2] = {make_tensor(GAN_UINT8, 3, shape), make_tensor(GAN_INT32, 1, &four)};
    const char *const names[2] = {"image", "label"}, *const twice[2] = {"image", "image"};
    gan_dataset *dataset;
    CHECK_STATUS(gan_dataset_from_tensors(&dataset, context, names, t, 2), GAN_E_SHAPE);
    CHECK_TEXT(gan_context_message(context), "dataset: 4 examples of label, but 3 of image");
    gan_tensor_release(t[1]);
    t[1] = t[0];
    CHECK_STATUS(gan_dataset_from_tensors(&dataset, context, twice, t, 2), GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(context), "dataset: field 'image' is given twice");
    gan_tensor_release(t[0]);
}

/* ---- a callback ---- */

typedef struct maker {
    int64_t stop_at;
    int64_t calls;
} maker;

static int32_t make_example(void *user, int64_t index, void *const *data)
{
    maker *m = user;
    m->calls++;
    if (index == m->stop_at) return 1;
    *(int32_t *)data[0] = (int32_t)index;
    for (int i = 0; i < 6; i++) ((uint8_t *)data[1])[i] = (uint8_t)(index * 6 + i);
    return 0;
}

TEST(examples_from_a_callback)
{
    maker m = {7, 0};
    const int64_t shape[2] = {2, 3}, indices[3] = {5, 7, 6}, three[4] = {3, 2, 3, 1};
    const gan_dataset_field fields[2] = {{sizeof fields[0], "label", GAN_INT32, 0, NULL},
                                         {sizeof fields[0], "image", GAN_UINT8, 2, shape}};
    gan_dataset *dataset;
    gan_tensor *back;
    CHECK_OK(gan_dataset_from_callback(&dataset, context, fields, 2, 10, make_example, NULL, &m));
    CHECK_INT(m.calls, 0);
    back = make_tensor(GAN_UINT8, 4, three);
    CHECK_STATUS(gan_dataset_read(dataset, "image", indices, back), GAN_E_CANCELLED);
    CHECK_TEXT(gan_context_message(context), "dataset: the callback stopped at example 7");
    m.stop_at = -1;
    CHECK_OK(gan_dataset_read(dataset, "image", indices, back));
    for (int i = 0; i < 18; i++)
        CHECK_INT(((uint8_t *)gan_tensor_data(back))[i], indices[i / 6] * 6 + i % 6);
    gan_tensor_release(back);
    const float *x = read_as_float(&back, dataset, "label", indices, 3);
    CHECK(x[0] == 5 && x[1] == 7 && x[2] == 6);
    gan_tensor_release(back);
    gan_dataset_release(dataset);

    CHECK_STATUS(gan_dataset_from_callback(&dataset, context, fields, 2, 0, make_example, NULL, &m),
                 GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(context), "dataset: no examples");
    const gan_dataset_field huge = {sizeof huge, "image", GAN_UINT8, 2,
                                    (const int64_t[2]){INT64_MAX, 2}};
    CHECK_STATUS(gan_dataset_from_callback(&dataset, context, &huge, 1, 5, make_example, NULL, &m),
                 GAN_E_SHAPE);
    const gan_dataset_field bare = {sizeof bare, "image", GAN_UINT8, 2, NULL};
    const gan_dataset_field odd = {sizeof odd, "image", 77, 2, shape};
    CHECK_STATUS(gan_dataset_from_callback(&dataset, context, &bare, 1, 5, make_example, NULL, &m),
                 GAN_E_ARGUMENT);
    CHECK_STATUS(gan_dataset_from_callback(&dataset, context, &odd, 1, 5, make_example, NULL, &m),
                 GAN_E_ARGUMENT);
}

/* Fields of a later header are longer: what is new in them must be zero. */
TEST(fields_have_a_size)
{
    struct longer {
        gan_dataset_field field;
        int64_t later;
    } fields[2] = {{{sizeof fields[0], "label", GAN_INT32, 0, NULL}, 0},
                   {{sizeof fields[0], "image", GAN_UINT8, 2, (const int64_t[]){2, 3}}, 0}};
    maker m = {-1, 0};
    const int64_t index = 4;
    gan_dataset *dataset;
    gan_tensor *back;
    CHECK_OK(gan_dataset_from_callback(&dataset, context, &fields[0].field, 2, 10, make_example,
                                       NULL, &m));
    CHECK_INT(gan_dataset_field_count(dataset), 2);
    const float *x = read_as_float(&back, dataset, "label", &index, 1);
    CHECK(x[0] == 4);
    gan_tensor_release(back);
    gan_dataset_release(dataset);
    fields[1].later = 1;
    CHECK_STATUS(gan_dataset_from_callback(&dataset, context, &fields[0].field, 2, 10, make_example,
                                           NULL, &m),
                 GAN_E_UNSUPPORTED);
    CHECK(strstr(gan_context_message(context), "bytes; this library knows") != NULL);
    fields[1].later = 0;
    fields[1].field.size = sizeof(gan_dataset_field); /* not the step to it */
    CHECK_STATUS(gan_dataset_from_callback(&dataset, context, &fields[0].field, 2, 10, make_example,
                                           NULL, &m),
                 GAN_E_UNSUPPORTED);
    fields[0].field.size = sizeof(gan_dataset_field) - 1;
    CHECK_STATUS(gan_dataset_from_callback(&dataset, context, &fields[0].field, 1, 10, make_example,
                                           NULL, &m),
                 GAN_E_UNSUPPORTED);
    CHECK(dataset == NULL);
}

/* ---- files ---- */

static uint8_t pictures[3 * 4 * 5], kinds[3] = {1, 7, 0};

static void put_examples(void)
{
    uint8_t file[512], gz[512];
    for (size_t i = 0; i < sizeof pictures; i++) pictures[i] = (uint8_t)(i * 4);
    put_file(&fault, "p.idx", file, make_idx(file, 3, (const int[3]){3, 4, 5}, pictures));
    put_file(&fault, "p.gz", gz, make_gzip(gz, file, 16 + sizeof pictures));
    put_file(&fault, "l.idx", file, make_idx(file, 1, (const int[1]){3}, kinds));
    put_file(&fault, "p.npy", file, make_npy(file, "|u1", "(3, 4, 5)", pictures, sizeof pictures));
    const float v[6] = {1, 2, 3, 4, 5, 6};
    put_file(&fault, "v.npy", file, make_npy(file, "<f4", "(3, 2)", v, sizeof v));
}

TEST(files_of_every_kind)
{
    static const char *const specs[4] = {"idx path=p.idx labels=l.idx", "idx path=p.gz",
                                         "npy path=p.npy", "npy path=p.gz vectors=v.npy"};
    const int64_t indices[3] = {0, 1, 2}, shape[4] = {3, 4, 5, 1};
    put_examples();
    for (int i = 0; i < 3; i++) {
        gan_dataset *dataset;
        if (!CHECK_OK(gan_dataset_open(&dataset, context, specs[i]))) continue;
        gan_tensor *back = make_tensor(GAN_UINT8, 4, shape);
        CHECK_INT(gan_dataset_count(dataset), 3);
        CHECK_OK(gan_dataset_read(dataset, "image", indices, back));
        CHECK(memcmp(gan_tensor_data(back), pictures, sizeof pictures) == 0);
        gan_tensor_release(back);
        gan_dataset_release(dataset);
    }
    gan_dataset *dataset;
    CHECK_STATUS(gan_dataset_open(&dataset, context, specs[3]), GAN_E_FORMAT);
    CHECK_OK(gan_dataset_open(&dataset, context, "npy vectors=v.npy count=2"));
    CHECK_INT(gan_dataset_count(dataset), 2);
    gan_dataset_release(dataset);
}

/* A name that is not UTF-8 opens; what a checkpoint keeps of it must be. */
TEST(names_of_any_bytes)
{
    gan__safetensors_pair kept = {"gan.data.real", NULL};
    uint8_t file[512], *bytes;
    size_t size;
    gan_dataset *dataset;
    gan__safetensors back;
    put_file(&fault, "caf\xe9.idx", file, make_idx(file, 3, (const int[3]){3, 4, 5}, pictures));
    if (!CHECK_OK(gan_dataset_open(&dataset, context, "idx path=\"caf\xe9.idx\" count=2"))) return;
    kept.value = dataset->text;
    CHECK(strstr(kept.value, "caf?.idx") != NULL);
    CHECK_OK(gan__safetensors_write(context, "kept", NULL, 0, &kept, 1));
    CHECK_OK(gan__file_read(context, "kept", &bytes, &size));
    const gan__bytes in = {context, "kept", bytes, size, 0};
    if (CHECK_OK(gan__safetensors_read(&in, &back)))
        CHECK_TEXT(gan__safetensors_metadata(&back, "gan.data.real"), dataset->text);
    gan__safetensors_free(&back);
    gan__free(context, bytes);
    gan_dataset_release(dataset);
    fault_remove(&fault, "kept");
    fault_remove(&fault, "caf\xe9.idx");
}

static void check_floats(const char *field, const float values[6], const char *message)
{
    uint8_t file[512];
    const int image = strcmp(field, "path") == 0;
    char spec[64];
    put_file(&fault, "f.npy", file,
             make_npy(file, "<f4", image ? "(3, 2, 1)" : "(3, 2)", values, 6 * sizeof *values));
    snprintf(spec, sizeof spec, "npy %s=f.npy", field);
    if (message) {
        check_open_fails(spec, GAN_E_FORMAT, message);
    } else {
        gan_dataset *dataset;
        CHECK_OK(gan_dataset_open(&dataset, context, spec));
        gan_dataset_release(dataset);
    }
}

/* Pictures of another range would train, to nothing. */
TEST(values_of_files)
{
    check_floats("path", (const float[6]){-1, 1, 0, 1.0009f, -1.0009f, -0.0f}, NULL);
    check_floats("path", (const float[6]){0, 1, 0, 255, 7, 0},
                 "f.npy: image of example 1 has the value 255; floating-point pictures are in "
                 "[-1, 1], and others must be uint8");
    check_floats("path", (const float[6]){0, 1, 0, 1, -1.5f, 0},
                 "f.npy: image of example 2 has the value -1.5; floating-point pictures are in "
                 "[-1, 1], and others must be uint8");
    check_floats("path", (const float[6]){0, NAN, 0, 1, 0, 0},
                 "f.npy: image of example 0 has the value nan; floating-point pictures are in "
                 "[-1, 1], and others must be uint8");
    check_floats("vectors", (const float[6]){0, 1e30f, 0, -1e30f, 0, 0}, NULL);
    check_floats("vectors", (const float[6]){0, 1, 0, 1, 0, NAN},
                 "f.npy: vector of example 2 has the value nan; floating-point vectors have finite "
                 "numbers");
    check_floats("vectors", (const float[6]){0, 1, INFINITY, 1, 0, 0},
                 "f.npy: vector of example 1 has the value inf; floating-point vectors have finite "
                 "numbers");
    gan_dataset *dataset; /* what is not taken does not count */
    CHECK_OK(gan_dataset_open(&dataset, context, "npy vectors=f.npy count=1"));
    gan_dataset_release(dataset);
    fault_remove(&fault, "f.npy");
}

TEST(options_of_all_kinds)
{
    gan_dataset *dataset;
    int32_t rank;
    int64_t shape[3];
    put_examples();
    CHECK_OK(gan_dataset_open(&dataset, context,
                              "idx path=p.idx size=8x6 channels=3 fit=stretch count=1 "
                              "labels=l.idx"));
    int64_t classes;
    CHECK_OK(gan_dataset_field_shape(dataset, "image", &rank, shape, NULL));
    CHECK(rank == 3 && shape[0] == 8 && shape[1] == 6 && shape[2] == 3);
    CHECK_OK(gan_dataset_field_shape(dataset, "label", &rank, shape, &classes));
    CHECK_INT(classes, 2); /* of the examples that are taken */
    gan_tensor *back;
    const int64_t zero = 0;
    const float *x = read_as_float(&back, dataset, "image", &zero, 1);
    for (int i = 0; i < 8 * 6; i++) {
        CHECK(x[3 * i] == x[3 * i + 1] && x[3 * i] == x[3 * i + 2]);
        CHECK(x[3 * i] >= -1 && x[3 * i] <= 1);
    }
    CHECK(x[0] < x[3 * 47]);
    gan_tensor_release(back);
    gan_dataset_release(dataset);
}

TEST(messages)
{
    uint8_t file[64];
    put_examples();
    put_file(&fault, "l4.idx", file, make_idx(file, 1, (const int[1]){4}, pictures));
    check_open_fails("idx", GAN_E_TEXT, "idx: missing: option 'path' (line 1, column 4)");
    check_open_fails("idxx path=p.idx", GAN_E_TEXT,
                     "data set: unknown kind 'idxx', did you mean 'idx'? (line 1, column 1)");
    check_open_fails("idx pth=p.idx", GAN_E_TEXT,
                     "idx: unknown option 'pth', did you mean 'path'? (line 1, column 5)");
    check_open_fails("idx path=none.idx", GAN_E_FILE, "none.idx: cannot be opened");
    check_open_fails("idx path=none.idx hint=\"make it\"", GAN_E_FILE,
                     "none.idx: cannot be opened; make it");
    check_open_fails("idx path=p.idx labels=l4.idx", GAN_E_SHAPE,
                     "l4.idx: 4 examples of label, but 3 of image");
    check_open_fails("idx path=l.idx", GAN_E_SHAPE,
                     "l.idx: image is uint8 with 0 dimensions an example; it must be uint8 or "
                     "float32, H x W or H x W x C");
    check_open_fails("idx path=p.idx labels=p.idx", GAN_E_SHAPE,
                     "p.idx: label is uint8 with 2 dimensions an example; it must be one integer");
    check_open_fails("idx path=p.idx count=4", GAN_E_ARGUMENT,
                     "idx: count=4, but there are 3 examples; count=0 takes all");
    check_open_fails("idx path=p.idx labels=l4.idx count=2", GAN_E_SHAPE,
                     "l4.idx: 4 examples of label, but 3 of image");
    put_file(&fault, "l4.idx", file, make_idx(file, 1, (const int[1]){3}, pictures) + 1);
    check_open_fails("idx path=p.idx labels=l4.idx count=3", GAN_E_FORMAT,
                     "l4.idx: byte 8: the 3 elements have 3 bytes, 4 remain");
    check_open_fails("npy", GAN_E_ARGUMENT, "npy: no examples");
    fault_remove(&fault, "l4.idx");
}

TEST(wrong_calls)
{
    gan_dataset *dataset;
    gan_tensor *t;
    const int64_t bad = 3, shape[4] = {1, 4, 5, 1}, other[4] = {1, 5, 4, 1};
    put_examples();
    CHECK_STATUS(gan_dataset_open(NULL, context, "npy"), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_dataset_open(&dataset, NULL, "npy"), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_dataset_open(&dataset, context, NULL), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_dataset_from_tensors(&dataset, context, NULL, &t, 1), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_dataset_from_callback(&dataset, context, NULL, 1, 1, make_example, NULL, NULL),
                 GAN_E_ARGUMENT);
    CHECK_OK(gan_dataset_open(&dataset, context, "idx path=p.idx"));
    t = make_tensor(GAN_FLOAT32, 4, shape);
    CHECK_STATUS(gan_dataset_read(dataset, "image", &bad, t), GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(context),
               "gan_dataset_read: indices[0] is 3, the data set has 3 examples");
    CHECK_STATUS(gan_dataset_read(dataset, "label", &bad, t), GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(context), "dataset: no field 'label': there is image");
    CHECK_STATUS(gan_dataset_read(dataset, NULL, &bad, t), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_dataset_read(dataset, "image", NULL, t), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_dataset_read(dataset, "image", &bad, NULL), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_dataset_read(dataset, "image", &bad, (gan_tensor *)dataset), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_dataset_read(NULL, "image", &bad, t), GAN_E_ARGUMENT);
    gan_tensor_release(t);
    t = make_tensor(GAN_FLOAT32, 4, other);
    CHECK_STATUS(gan_dataset_read(dataset, "image", &bad, t), GAN_E_SHAPE);
    CHECK_TEXT(gan_context_message(context),
               "gan_dataset_read: image needs a tensor N x 4 x 5 x 1");
    gan_tensor_release(t);
    t = make_tensor(GAN_INT32, 4, shape);
    CHECK_STATUS(gan_dataset_read(dataset, "image", &bad, t), GAN_E_SHAPE);
    CHECK_TEXT(gan_context_message(context), "gan_dataset_read: image cannot be read as int32");
    gan_tensor_release(t);
    gan_dataset_release(dataset);
    CHECK_INT(gan_dataset_count(NULL), 0);
    CHECK_INT(gan_dataset_field_count(NULL), 0);
    gan_dataset_retain(NULL);
    gan_dataset_release(NULL);
}

static int keeps; /* whether the last picture may be missing */

/* Every prefix and every flipped bit: an error or a data set, and the memory is that of the file.
 */
static void attack(const char *path, const char *spec)
{
    gan_dataset *dataset;
    uint8_t whole[512], bytes[512];
    fault_file *file = fault_find(&fault, path);
    size_t size = file->size;
    memcpy(whole, file->bytes, size);
    for (size_t i = 0; i < size; i++) {
        put_file(&fault, path, whole, i);
        gan_status status = gan_dataset_open(&dataset, context, spec);
        CHECK(status != GAN_OK || (keeps && i + 30 >= size)); /* the last of three pictures */
        gan_dataset_release(dataset);
    }
    for (size_t i = 0; i < size * 8; i++) {
        memcpy(bytes, whole, size);
        bytes[i / 8] ^= (uint8_t)(1 << i % 8);
        put_file(&fault, path, bytes, size);
        long long before = fault.live_bytes;
        gan_dataset_open(&dataset, context, spec);
        CHECK(fault.live_bytes - before < 10000);
        gan_dataset_release(dataset);
    }
    put_file(&fault, path, whole, size);
}

TEST(hostile_files)
{
    put_examples();
    attack("p.idx", "idx path=p.idx");
    attack("l.idx", "idx path=p.idx labels=l.idx");
    attack("p.gz", "idx path=p.gz");
    attack("p.npy", "npy path=p.npy size=8 fit=crop");
    attack("v.npy", "npy vectors=v.npy");
    keeps = 1;
    attack("p.idx", "idx path=p.idx count=2");
    attack("p.gz", "idx path=p.gz count=2");
    attack("p.npy", "npy path=p.npy count=2");
}

TEST(every_allocation_may_fail)
{
    put_examples();
    for (int and_after = 0; and_after < 2; and_after++) {
        gan_status status = GAN_E_MEMORY;
        for (int n = 1; n < 100 && status != GAN_OK; n++) {
            gan_dataset *dataset;
            long long live = fault.live;
            fault.and_after = and_after;
            fault.fail_at = fault.allocations + n;
            status =
                gan_dataset_open(&dataset, context, "idx path=p.gz labels=l.idx size=9 fit=crop");
            fault.fail_at = 0;
            if (status == GAN_OK) CHECK(n > 10);
            if (status != GAN_OK) CHECK_STATUS(status, GAN_E_MEMORY);
            gan_dataset_release(dataset);
            CHECK_INT(fault.live, live);
        }
        CHECK_OK(status);
    }
}

TEST(every_file_operation_may_fail)
{
    put_examples();
    gan_status status = GAN_E_FILE;
    int n = 1;
    for (; n < 100 && status != GAN_OK; n++) {
        gan_dataset *dataset;
        fault.file_fail_at = fault.file_operations + n;
        status = gan_dataset_open(&dataset, context, "idx path=p.gz labels=l.idx");
        if (status != GAN_OK) CHECK_STATUS(status, GAN_E_FILE);
        gan_dataset_release(dataset);
    }
    fault.file_fail_at = 0;
    CHECK_OK(status);
    CHECK(n > 4);
}

/* ---- the pictures that come with the library ---- */

TEST(bundled_pictures)
{
    gan_context *plain;
    gan_dataset *dataset;
    int32_t rank;
    int64_t shape[3], classes;
    CHECK_OK(gan_context_create(&plain, "threads=1", NULL, NULL, 0));
    gan_status status =
        gan_dataset_open(&dataset, plain,
                         "idx path=\"" GAN_SOURCE_FOLDER "/examples/data/fashion-images.gz\" "
                         "labels=\"" GAN_SOURCE_FOLDER "/examples/data/fashion-labels.gz\"");
    if (CHECK_OK(status)) {
        CHECK_INT(gan_dataset_count(dataset), 10000);
        CHECK_OK(gan_dataset_field_shape(dataset, "image", &rank, shape, NULL));
        CHECK(rank == 3 && shape[0] == 28 && shape[1] == 28 && shape[2] == 1);
        CHECK_OK(gan_dataset_field_shape(dataset, "label", &rank, shape, &classes));
        CHECK_INT(classes, 10);
    }
    gan_dataset_release(dataset);
    gan_context_release(plain);
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
    RUN(tensors_in_any_layout);
    RUN(bytes_come_back_as_they_were);
    RUN(wrong_tensors);
    RUN(examples_from_a_callback);
    RUN(fields_have_a_size);
    RUN(files_of_every_kind);
    RUN(names_of_any_bytes);
    RUN(values_of_files);
    RUN(options_of_all_kinds);
    RUN(messages);
    RUN(wrong_calls);
    RUN(hostile_files);
    RUN(every_allocation_may_fail);
    RUN(every_file_operation_may_fail);
    RUN(bundled_pictures);
    RUN(nothing_is_left);
    return test_report();
}
