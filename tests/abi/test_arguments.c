/* Every public function refuses wrong arguments: here those of contexts, data, pictures and
 * layers; test_arguments_models.c has the others. A function that is added to cmake/symbols.txt
 * and has no row in either makes one of them fail. */
#include "arguments.h"

static int32_t read_nothing(void *user, int64_t index, void *const *data)
{
    (void)user;
    (void)index;
    (void)data;
    return 1;
}

/* ---- context.h, status.h ---- */

static void refuse_context(world *w)
{
    char message[64] = "x";
    void *bad;
    NOT_MADE(gan_context, GAN_E_TEXT, NULL, gan_context_create, "thread=1", NULL, NULL, 0);
    NOT_MADE(gan_context, GAN_E_TEXT, NULL, gan_context_create, "threads=-1", NULL, NULL, 7);
    NOT_MADE(gan_context, GAN_E_TEXT, NULL, gan_context_create, "threads=99999999999999999999",
             NULL, message, 0);
    CHECK_TEXT(message, "x");
    NOT_MADE(gan_context, GAN_E_TEXT, NULL, gan_context_create, "seed=", NULL, message, 1);
    CHECK_TEXT(message, "");
    NOT_MADE(gan_context, GAN_E_TEXT, NULL, gan_context_create, "{", NULL, message, sizeof message);
    CHECK(strstr(message, "unexpected '{'") != NULL);
    for (size_t size = 0; size < 1 << 20; size = size * 5 + 1) {
        gan_host host = {.size = size};
        if (size >= sizeof(size_t) && size <= sizeof host) continue;
        if (size > sizeof host && size <= 4096) continue; /* reads as many bytes */
        NOT_MADE(gan_context, GAN_E_UNSUPPORTED, NULL, gan_context_create, "", &host, message,
                 sizeof message);
        CHECK(strstr(message, "gan_host") != NULL);
    }
    REFUSED(GAN_E_ARGUMENT, NULL, gan_context_create, NULL, "", NULL, message, sizeof message);
    CHECK_TEXT(message, "gan_context_create: out is NULL");

    EACH_WRONG(CONTEXT, bad) IGNORED(gan_context_retain, bad);
    EACH_WRONG(CONTEXT, bad) IGNORED(gan_context_release, bad);
    EACH_WRONG(CONTEXT, bad) NOTHING_FROM(*gan_context_message, bad);
    EACH_WRONG(CONTEXT, bad) NOTHING_FROM(*gan_context_text, bad);
    EACH_WRONG(CONTEXT, bad) NOTHING_FROM(*gan_context_cpu, bad);

    begin_row(w, "gan_status_name");
    CHECK_TEXT(gan_status_name(1), "unknown status");
    CHECK_TEXT(gan_status_name(GAN_E_INTERNAL - 1), "unknown status");
    CHECK_TEXT(gan_status_name(INT32_MIN), "unknown status");
    CHECK_TEXT(gan_status_name(INT32_MAX), "unknown status");
    begin_row(w, "gan_version");
    CHECK_TEXT(gan_version(), GAN_VERSION);
}

/* ---- data.h ---- */

static void refuse_dataset_tensors(world *w)
{
    static const char *const image[] = {"image", "image"}, *const unknown[] = {"picture"};
    static const char *const none[] = {NULL}, *const label[] = {"label"};
    gan_tensor *const pictures[] = {w->pictures, w->pictures};
    gan_context *c = w->context;
    gan_tensor *scalar = make_tensor(c, 0, NULL), *flat = make_tensor(c, 1, (int64_t[]){4});
    gan_tensor *empty = make_tensor(c, 4, (int64_t[]){0, 4, 4, 1});
    gan_tensor *tall = make_tensor(c, 4, (int64_t[]){2, 0, 4, 1});
    void *bad;
#define FROM_TENSORS(expected, words, ...) \
    NOT_MADE(gan_dataset, expected, words, gan_dataset_from_tensors, __VA_ARGS__)
    EACH_WRONG(CONTEXT, bad) FROM_TENSORS(GAN_E_ARGUMENT, NULL, bad, image, pictures, 1);
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_dataset_from_tensors, NULL, c, image, pictures, 1);
    FROM_TENSORS(GAN_E_ARGUMENT, "fields is NULL", c, NULL, pictures, 1);
    FROM_TENSORS(GAN_E_ARGUMENT, "tensors is NULL", c, image, NULL, 1);
    FROM_TENSORS(GAN_E_ARGUMENT, "count is 0", c, image, pictures, 0);
    FROM_TENSORS(GAN_E_ARGUMENT, "count is -1", c, image, pictures, -1);
    FROM_TENSORS(GAN_E_ARGUMENT, "count is -2147483648", c, image, pictures, INT32_MIN);
    FROM_TENSORS(GAN_E_ARGUMENT, "'image' is given twice", c, image, pictures, 2);
    FROM_TENSORS(GAN_E_ARGUMENT, "no field 'picture'", c, unknown, pictures, 1);
    FROM_TENSORS(GAN_E_ARGUMENT, "(NULL)", c, none, pictures, 1);
    EACH_WRONG(TENSOR, bad)
    FROM_TENSORS(GAN_E_ARGUMENT, "tensors[i]", c, image, (gan_tensor *[]){bad}, 1);
    FROM_TENSORS(GAN_E_SHAPE, "single number", c, image, &scalar, 1);
    FROM_TENSORS(GAN_E_SHAPE, "image is float32 with 0", c, image, &flat, 1);
    FROM_TENSORS(GAN_E_SHAPE, "label is float32", c, label, &flat, 1);
    FROM_TENSORS(GAN_E_ARGUMENT, "no examples", c, image, &empty, 1);
    FROM_TENSORS(GAN_E_SHAPE, "0", c, image, &tall, 1);
    gan_tensor_release(scalar);
    gan_tensor_release(flat);
    gan_tensor_release(empty);
    gan_tensor_release(tall);
}

/* A data set that is not made releases nothing. */
static void never(void *user)
{
    (void)user;
    CHECK(false);
}

static void refuse_dataset_callback(world *w)
{
    static const int64_t shape[3] = {2, 2, 1}, below[3] = {2, -2, 1};
    static const int64_t huge[3] = {1LL << 31, 1LL << 31, 1LL << 31}, wide[3] = {1, 1, 1LL << 40};
    enum { FIELD = sizeof(gan_dataset_field) };
    static const gan_dataset_field good = {sizeof good, "image", GAN_UINT8, 3, shape};
    static const struct {
        gan_dataset_field field;
        gan_status status;
        const char *words;
    } fields[] = {{{FIELD, NULL, GAN_UINT8, 3, shape}, GAN_E_ARGUMENT, "(NULL)"},
                  {{FIELD, "", GAN_UINT8, 3, shape}, GAN_E_ARGUMENT, "no field ''"},
                  {{FIELD, "image", 0, 3, shape}, GAN_E_ARGUMENT, "type 0"},
                  {{FIELD, "image", INT32_MAX, 3, shape}, GAN_E_ARGUMENT, "type 2147483647"},
                  {{FIELD, "image", GAN_INT64, 3, shape}, GAN_E_SHAPE, "int64"},
                  {{FIELD, "image", GAN_UINT8, -1, shape}, GAN_E_ARGUMENT, "rank -1"},
                  {{FIELD, "image", GAN_UINT8, 9, shape}, GAN_E_SHAPE, "9 dimensions"},
                  {{FIELD, "image", GAN_UINT8, 3, NULL}, GAN_E_ARGUMENT, "rank 3"},
                  {{FIELD, "image", GAN_UINT8, 3, below}, GAN_E_SHAPE, "-2"},
                  {{FIELD, "image", GAN_UINT8, 3, huge}, GAN_E_SHAPE, "2147483648"},
                  {{FIELD, "image", GAN_UINT8, 3, wide}, GAN_E_SHAPE, "1099511627776"},
                  {{FIELD, "vector", GAN_FLOAT32, 1, below + 1}, GAN_E_SHAPE, "vector"},
                  {{FIELD, "vector", GAN_FLOAT32, 0, NULL}, GAN_E_SHAPE, "vector"},
                  {{FIELD, "label", GAN_INT32, 1, shape}, GAN_E_SHAPE, "label"},
                  {{0, "image", GAN_UINT8, 3, shape}, GAN_E_UNSUPPORTED, "of 0 bytes"},
                  {{FIELD - 1, "image", GAN_UINT8, 3, shape}, GAN_E_UNSUPPORTED, "bytes"},
                  {{SIZE_MAX, "image", GAN_UINT8, 3, shape}, GAN_E_UNSUPPORTED, "bytes"}};
    gan_context *c = w->context;
    void *bad;
#define FROM_CALLBACK(expected, words, ...) \
    NOT_MADE(gan_dataset, expected, words, gan_dataset_from_callback, __VA_ARGS__)
    EACH_WRONG(CONTEXT, bad)
    FROM_CALLBACK(GAN_E_ARGUMENT, NULL, bad, &good, 1, 5, read_nothing, never, NULL);
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_dataset_from_callback, NULL, c, &good, 1, 5,
            read_nothing, never, NULL);
    FROM_CALLBACK(GAN_E_ARGUMENT, "fields is NULL", c, NULL, 1, 5, read_nothing, never, NULL);
    FROM_CALLBACK(GAN_E_ARGUMENT, "read is NULL", c, &good, 1, 5, NULL, never, NULL);
    FROM_CALLBACK(GAN_E_ARGUMENT, "field_count is 0", c, &good, 0, 5, read_nothing, never, NULL);
    FROM_CALLBACK(GAN_E_ARGUMENT, "field_count is -3", c, &good, -3, 5, read_nothing, never, NULL);
    FROM_CALLBACK(GAN_E_ARGUMENT, "no examples", c, &good, 1, 0, read_nothing, never, NULL);
    FROM_CALLBACK(GAN_E_ARGUMENT, "no examples", c, &good, 1, INT64_MIN, read_nothing, never, NULL);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        FROM_CALLBACK(fields[i].status, fields[i].words, c, &fields[i].field, 1, 5, read_nothing,
                      never, NULL);
    }
}

static void refuse_dataset(world *w)
{
    static const int64_t indices[][2] = {{0, 6}, {-1, 0}, {INT64_MAX, 0}, {0, INT64_MIN}};
    int32_t rank;
    int64_t shape[3];
    void *bad;
    EACH_WRONG(CONTEXT, bad)
    NOT_MADE(gan_dataset, GAN_E_ARGUMENT, NULL, gan_dataset_open, bad, "npy path=pictures.npy");
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_dataset_open, NULL, w->context, "npy path=a");
    NOT_MADE(gan_dataset, GAN_E_ARGUMENT, "spec is NULL", gan_dataset_open, w->context, NULL);
    NOT_MADE(gan_dataset, GAN_E_ARGUMENT, "count=7", gan_dataset_open, w->context,
             "npy path=pictures.npy count=7");
    NOT_MADE(gan_dataset, GAN_E_TEXT, "'count'", gan_dataset_open, w->context,
             "npy path=pictures.npy count=-7");
    NOT_MADE(gan_dataset, GAN_E_TEXT, "'size'", gan_dataset_open, w->context,
             "npy path=pictures.npy size=99999999999999999999x2");
    EACH_WRONG(DATASET, bad) IGNORED(gan_dataset_retain, bad);
    EACH_WRONG(DATASET, bad) IGNORED(gan_dataset_release, bad);
    EACH_WRONG(DATASET, bad) NOTHING_FROM(gan_dataset_count, bad);
    EACH_WRONG(DATASET, bad) NOTHING_FROM(gan_dataset_class_count, bad);
    EACH_WRONG(DATASET, bad) NOTHING_FROM(gan_dataset_class_name, bad, 0);
    NOTHING_FROM(gan_dataset_class_count, w->dataset);
    NOTHING_FROM(gan_dataset_class_name, w->dataset, 0);
    NOTHING_FROM(gan_dataset_class_name, w->dataset, -1);
    NOTHING_FROM(gan_dataset_class_name, w->dataset, INT64_MAX);
    double deviation;
    EACH_WRONG(DATASET, bad)
    NOT_MADE(gan_tensor, GAN_E_ARGUMENT, NULL, gan_dataset_mixture, &deviation, bad);
    NOT_MADE(gan_tensor, GAN_E_ARGUMENT, "deviation is NULL", gan_dataset_mixture, NULL,
             w->dataset);
    NOT_MADE(gan_tensor, GAN_E_UNSUPPORTED, "no mixture", gan_dataset_mixture, &deviation,
             w->dataset);
    REFUSED(GAN_E_ARGUMENT, "centres is NULL", gan_dataset_mixture, NULL, &deviation, w->dataset);
    EACH_WRONG(DATASET, bad) NOTHING_FROM(gan_dataset_field_count, bad);
    EACH_WRONG(DATASET, bad) NOTHING_FROM(gan_dataset_field_name, bad, 0);
    NOTHING_FROM(gan_dataset_field_name, w->dataset, -1);
    NOTHING_FROM(gan_dataset_field_name, w->dataset, 1);
    NOTHING_FROM(gan_dataset_field_name, w->dataset, INT32_MIN);
    EACH_WRONG(DATASET, bad)
    REFUSED(GAN_E_ARGUMENT, NULL, gan_dataset_field_shape, bad, "image", &rank, shape, NULL);
    REFUSED(GAN_E_ARGUMENT, "(NULL)", gan_dataset_field_shape, w->dataset, NULL, &rank, shape,
            NULL);
    REFUSED(GAN_E_ARGUMENT, "'label'", gan_dataset_field_shape, w->dataset, "label", &rank, shape,
            NULL);
    REFUSED(GAN_E_ARGUMENT, "rank is NULL", gan_dataset_field_shape, w->dataset, "image", NULL,
            shape, NULL);
    REFUSED(GAN_E_ARGUMENT, "shape is NULL", gan_dataset_field_shape, w->dataset, "image", &rank,
            NULL, NULL);
    EACH_WRONG(DATASET, bad)
    REFUSED(GAN_E_ARGUMENT, NULL, gan_dataset_read, bad, "image", (int64_t[]){0, 1}, w->made);
    EACH_WRONG(TENSOR, bad)
    REFUSED(GAN_E_ARGUMENT, "tensor", gan_dataset_read, w->dataset, "image", (int64_t[]){0, 1},
            bad);
    REFUSED(GAN_E_ARGUMENT, "(NULL)", gan_dataset_read, w->dataset, NULL, indices[0], w->made);
    REFUSED(GAN_E_ARGUMENT, "'vector'", gan_dataset_read, w->dataset, "vector", indices[0],
            w->made);
    REFUSED(GAN_E_ARGUMENT, "indices is NULL", gan_dataset_read, w->dataset, "image", NULL,
            w->made);
    REFUSED(GAN_E_SHAPE, "N x 4 x 4 x 1", gan_dataset_read, w->dataset, "image", indices[0],
            w->latent);
    for (int i = 0; i < 4; i++) {
        REFUSED(GAN_E_ARGUMENT, "indices[", gan_dataset_read, w->dataset, "image", indices[i],
                w->made);
    }
}

/* ---- image.h ---- */

static void refuse_image(world *w)
{
    gan_tensor *wide = make_tensor(w->context, 3, (int64_t[]){2, 2, 5}), *whole;
    gan_tensor *empty = make_tensor(w->context, 4, (int64_t[]){0, 2, 2, 1});
    void *bad;
    CHECK_OK(gan_tensor_create(&whole, w->context, GAN_INT32, 2, (int64_t[]){2, 2}));
    EACH_WRONG(CONTEXT, bad) NOT_MADE(gan_tensor, GAN_E_ARGUMENT, NULL, gan_image_load, bad, "a");
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_image_load, NULL, w->context, "a");
    NOT_MADE(gan_tensor, GAN_E_ARGUMENT, "path is NULL", gan_image_load, w->context, NULL);
    NOT_MADE(gan_tensor, GAN_E_FORMAT, "pictures.npy", gan_image_load, w->context, "pictures.npy");
    EACH_WRONG(CONTEXT, bad)
    NOT_MADE(gan_tensor, GAN_E_ARGUMENT, NULL, gan_image_load_memory, bad, "P5 1 1 255 x", 12);
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_image_load_memory, NULL, w->context, "P5", 2);
    NOT_MADE(gan_tensor, GAN_E_ARGUMENT, "bytes is NULL", gan_image_load_memory, w->context, NULL,
             0);
    NOT_MADE(gan_tensor, GAN_E_FORMAT, "memory", gan_image_load_memory, w->context, "P5", 2);
    NOT_MADE(gan_tensor, GAN_E_FORMAT, "memory", gan_image_load_memory, w->context, "", 0);
    EACH_WRONG(TENSOR, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_image_save, bad, "a.png");
    REFUSED(GAN_E_ARGUMENT, "path is NULL", gan_image_save, w->made, NULL);
    REFUSED(GAN_E_SHAPE, "4 dimensions", gan_image_save, w->made, "a.png");
    REFUSED(GAN_E_SHAPE, "1 to 4 channels", gan_image_save, wide, "a.png");
    REFUSED(GAN_E_SHAPE, "int32", gan_image_save, whole, "a.png");
    REFUSED(GAN_E_ARGUMENT, "a.jpeg", gan_image_save, w->latent, "a.jpeg");
    REFUSED(GAN_E_ARGUMENT, "not .png", gan_image_save, w->latent, "");
    EACH_WRONG(TENSOR, bad)
    NOT_MADE(gan_tensor, GAN_E_ARGUMENT, NULL, gan_image_save_memory, bad, "png");
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_image_save_memory, NULL, w->latent, "png");
    NOT_MADE(gan_tensor, GAN_E_ARGUMENT, "format is NULL", gan_image_save_memory, w->latent, NULL);
    NOT_MADE(gan_tensor, GAN_E_ARGUMENT, "'jpg'", gan_image_save_memory, w->latent, "jpg");
    NOT_MADE(gan_tensor, GAN_E_ARGUMENT, "'.png'", gan_image_save_memory, w->latent, ".png");
    NOT_MADE(gan_tensor, GAN_E_ARGUMENT, "''", gan_image_save_memory, w->latent, "");
    NOT_MADE(gan_tensor, GAN_E_SHAPE, "4 dimensions", gan_image_save_memory, w->made, "png");
    NOT_MADE(gan_tensor, GAN_E_SHAPE, "1 to 4 channels", gan_image_save_memory, wide, "png");
    NOT_MADE(gan_tensor, GAN_E_SHAPE, "int32", gan_image_save_memory, whole, "png");
    NOT_MADE(gan_tensor, GAN_E_SHAPE, "has 3 channels", gan_image_save_memory, w->latent, "ppm");
    EACH_WRONG(TENSOR, bad)
    NOT_MADE(gan_tensor, GAN_E_ARGUMENT, NULL, gan_image_fit, bad, 4, 4, 1, "pad");
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_image_fit, NULL, w->latent, 4, 4, 0, "pad");
    NOT_MADE(gan_tensor, GAN_E_ARGUMENT, "'fill'", gan_image_fit, w->latent, 4, 4, 0, "fill");
    NOT_MADE(gan_tensor, GAN_E_ARGUMENT, "height -1", gan_image_fit, w->latent, -1, 4, 0, NULL);
    NOT_MADE(gan_tensor, GAN_E_ARGUMENT, "width 65537", gan_image_fit, w->latent, 4, 65537, 0,
             NULL);
    NOT_MADE(gan_tensor, GAN_E_ARGUMENT, "channels is -1", gan_image_fit, w->latent, 4, 4, -1,
             NULL);
    NOT_MADE(gan_tensor, GAN_E_SHAPE, "1 channels cannot be made of 5", gan_image_fit, wide, 0, 0,
             1, NULL);
    NOT_MADE(gan_tensor, GAN_E_SHAPE, "4 dimensions", gan_image_fit, w->made, 4, 4, 0, NULL);
    NOT_MADE(gan_tensor, GAN_E_SHAPE, "int32", gan_image_fit, whole, 4, 4, 0, NULL);
    EACH_WRONG(TENSOR, bad) NOT_MADE(gan_tensor, GAN_E_ARGUMENT, NULL, gan_image_arrange, bad, 0);
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_image_arrange, NULL, w->made, 0);
    NOT_MADE(gan_tensor, GAN_E_ARGUMENT, "-1 columns", gan_image_arrange, w->made, -1);
    NOT_MADE(gan_tensor, GAN_E_SHAPE, "2 dimensions", gan_image_arrange, w->latent, 0);
    NOT_MADE(gan_tensor, GAN_E_SHAPE, "0 pictures", gan_image_arrange, empty, 0);
    EACH_WRONG(TENSOR, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_image_sheet, bad, 0, "a.png");
    REFUSED(GAN_E_ARGUMENT, "path is NULL", gan_image_sheet, w->made, 0, NULL);
    REFUSED(GAN_E_ARGUMENT, "-1 columns", gan_image_sheet, w->made, -1, "a.png");
    REFUSED(GAN_E_ARGUMENT, "-9223372036854775808", gan_image_sheet, w->made, INT64_MIN, "a.png");
    REFUSED(GAN_E_SHAPE, "2 dimensions", gan_image_sheet, w->latent, 0, "a.png");
    REFUSED(GAN_E_SHAPE, "0 pictures", gan_image_sheet, empty, 0, "a.png");
    gan_tensor_release(wide);
    gan_tensor_release(whole);
    gan_tensor_release(empty);
}

/* ---- layer.h ---- */

static void refuse_layer(world *w)
{
    gan_layer *loose;
    int64_t shape[4];
    int32_t number;
    void *bad;
    CHECK_OK(gan_layer_create(&loose, w->context, "dense 3"));
    EACH_WRONG(CONTEXT, bad)
    NOT_MADE(gan_layer, GAN_E_ARGUMENT, NULL, gan_layer_create, bad, "tanh");
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_layer_create, NULL, w->context, "tanh");
    NOT_MADE(gan_layer, GAN_E_ARGUMENT, "statement is NULL", gan_layer_create, w->context, NULL);
    NOT_MADE(gan_layer, GAN_E_TEXT, "'kernel'", gan_layer_create, w->context, "conv2d 3 kernel=0");
    NOT_MADE(gan_layer, GAN_E_TEXT, "-3", gan_layer_create, w->context, "dense -3");
    EACH_WRONG(LAYER, bad) IGNORED(gan_layer_retain, bad);
    EACH_WRONG(LAYER, bad) IGNORED(gan_layer_release, bad);
    EACH_WRONG(LAYER, bad) NOTHING_FROM(gan_layer_kind, bad);
    EACH_WRONG(LAYER, bad) NOTHING_FROM(gan_layer_text, bad);
    EACH_WRONG(LAYER, bad) NOTHING_FROM(gan_layer_parameter_count, bad);
    EACH_WRONG(LAYER, bad) NOTHING_FROM(gan_layer_parameter_name, bad, 0);
    NOTHING_FROM(gan_layer_parameter_name, w->layer, -1);
    NOTHING_FROM(gan_layer_parameter_name, w->layer, INT64_MAX);
#define SHAPE(expected, words, ...) REFUSED(expected, words, gan_layer_parameter_shape, __VA_ARGS__)
#define FLAGS(expected, words, ...) REFUSED(expected, words, gan_layer_parameter_flags, __VA_ARGS__)
    EACH_WRONG(LAYER, bad) SHAPE(GAN_E_ARGUMENT, NULL, bad, "weight", &number, shape);
    SHAPE(GAN_E_ARGUMENT, "name is NULL", w->layer, NULL, &number, shape);
    SHAPE(GAN_E_ARGUMENT, "rank is NULL", w->layer, "weight", NULL, shape);
    SHAPE(GAN_E_ARGUMENT, "shape is NULL", w->layer, "weight", &number, NULL);
    SHAPE(GAN_E_ARGUMENT, "'wight'", w->layer, "wight", &number, shape);
    SHAPE(GAN_E_STATE, "dense", loose, "weight", &number, shape);
    EACH_WRONG(LAYER, bad) FLAGS(GAN_E_ARGUMENT, NULL, bad, "weight", &number);
    FLAGS(GAN_E_ARGUMENT, "name is NULL", w->layer, NULL, &number);
    FLAGS(GAN_E_ARGUMENT, "flags is NULL", w->layer, "weight", NULL);
    FLAGS(GAN_E_ARGUMENT, "'wight'", w->layer, "wight", &number);
    FLAGS(GAN_E_STATE, "dense", loose, "weight", &number);
    EACH_WRONG(LAYER, bad)
    REFUSED(GAN_E_ARGUMENT, NULL, gan_layer_read, bad, "weight", GAN_VALUE, w->made);
    EACH_WRONG(TENSOR, bad)
    REFUSED(GAN_E_ARGUMENT, "tensor", gan_layer_read, w->layer, "weight", GAN_VALUE, bad);
    REFUSED(GAN_E_ARGUMENT, "name is NULL", gan_layer_read, w->layer, NULL, GAN_VALUE, w->made);
    REFUSED(GAN_E_ARGUMENT, "'wight'", gan_layer_read, w->layer, "wight", GAN_VALUE, w->made);
    REFUSED(GAN_E_ARGUMENT, "what is 0", gan_layer_read, w->layer, "weight", 0, w->made);
    REFUSED(GAN_E_ARGUMENT, "what is 3", gan_layer_read, w->layer, "weight", 3, w->made);
    REFUSED(GAN_E_SHAPE, "[16, 3]", gan_layer_read, w->layer, "weight", GAN_VALUE, w->latent);
    REFUSED(GAN_E_STATE, "dense", gan_layer_read, loose, "weight", GAN_VALUE, w->latent);
    EACH_WRONG(LAYER, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_layer_write, bad, "weight", w->made);
    EACH_WRONG(TENSOR, bad)
    REFUSED(GAN_E_ARGUMENT, "tensor", gan_layer_write, w->layer, "weight", bad);
    REFUSED(GAN_E_ARGUMENT, "name is NULL", gan_layer_write, w->layer, NULL, w->made);
    REFUSED(GAN_E_ARGUMENT, "''", gan_layer_write, w->layer, "", w->made);
    REFUSED(GAN_E_SHAPE, "[16, 3]", gan_layer_write, w->layer, "weight", w->latent);
    REFUSED(GAN_E_STATE, "dense", gan_layer_write, loose, "weight", w->latent);
    gan_layer_release(loose);
}

/* ---- all of them ---- */

TEST(wrong_arguments)
{
    world opened, *w = &opened;
    open_world(w, "threads=1");
    refuse_context(w);
    refuse_dataset_tensors(w);
    refuse_dataset_callback(w);
    refuse_dataset(w);
    refuse_image(w);
    refuse_layer(w);
    check_all_called(1);
    CHECK_OK(gan_trainer_step(w->trainer)); /* all is as it was */
    close_world(w);
}

/* ---- texts ---- */

/* None of these is anything, whoever reads it. */
static void make_absurd(char *text, size_t size, int which)
{
    static const char *const shorts[] = {
        "{",       "}",        "=",        "==",  "a=b=c",
        "%s%n%s",  "\xff\xfe", "\xc0\x80", "\"",  "'",
        "kind = ", "from",     "x from y", "\t,", "9999999999999999999999",
        "-1",      "NULL",     "../..",    "[a]", "repeat 1000000000 { tanh }"};
    enum { SHORTS = sizeof shorts / sizeof shorts[0] };
    if (which < SHORTS) {
        strcpy(text, shorts[which]);
        return;
    }
    memset(text, "{a=,'"[(which - SHORTS) % 5], size - 1);
    text[size - 1] = '\0';
}

enum { ABSURD = 25, ABSURD_SIZE = 100000 };

/* A refusal with a message of one line. */
static void check_absurd(world *w, const char *function, const char *text, gan_status status)
{
    const char *message = gan_context_message(w->context);
    int good = status < 0 && status != GAN_E_INTERNAL && status != GAN_E_MEMORY && message[0];
    for (const char *c = message; *c; c++) good &= (unsigned char)*c >= 0x20 && *c != 0x7f;
    if (!good) {
        test_errors++;
        printf("%s: %s(\"%.40s\") is %s: \"%s\"\n", test_name, function, text,
               gan_status_name(status), message);
    }
    w->context->message[0] = '\0';
}

#define ABSURD_MADE(type, function, ...)                   \
    do {                                                   \
        type *out_ = (type *)(void *)w;                    \
        gan_status status_ = function(&out_, __VA_ARGS__); \
        check_absurd(w, #function, text, status_);         \
        check_nothing(#function, out_ == NULL);            \
    } while (0)
#define ABSURD_DONE(function, ...) check_absurd(w, #function, text, function(__VA_ARGS__))

static void absurd_descriptions(world *w, const char *text)
{
    gan_context *none = NULL;
    gan_value value;
    ABSURD_MADE(gan_dataset, gan_dataset_open, w->context, text);
    ABSURD_MADE(gan_layer, gan_layer_create, w->context, text);
    ABSURD_MADE(gan_model, gan_model_parse, w->context, text);
    ABSURD_MADE(gan_model, gan_model_parse_parts, w->context, "input 3; part a", &text,
                &w->generator, 1);
    ABSURD_MADE(gan_optimizer, gan_optimizer_create, w->context, text);
    ABSURD_MADE(gan_runner, gan_runner_create, w->context, w->generator, text);
    ABSURD_MADE(gan_trainer, gan_trainer_create, w->context, text);
    ABSURD_DONE(gan_tape_apply, w->tape, w->generator, text, &w->z, 1, &value, 1);
    ABSURD_DONE(gan_tape_loss, w->tape, text, &w->x, 1, &value);
    ABSURD_DONE(gan_trainer_set_optimizer, w->trainer, "generator", text);
    ABSURD_DONE(gan_recipe_set, w->recipe, text, "1");
    ABSURD_DONE(gan_recipe_change, w->recipe, text, "1");
    ABSURD_DONE(gan_recipe_set_all, w->recipe, &text, &text, 1, 0);
    ABSURD_MADE(gan_recipe, gan_recipe_parse, w->context, text, NULL);
    ABSURD_DONE(gan_model_load_weights, w->generator, "pictures.npy", text);
    CHECK(gan_context_create(&none, text, NULL, NULL, 0) < 0 && !none);
}

static void absurd_names(world *w, const char *text)
{
    int32_t rank;
    int64_t shape[4], first[2] = {0, 1};
    double number;
    char value[64];
    ABSURD_DONE(gan_dataset_field_shape, w->dataset, text, &rank, shape, NULL);
    ABSURD_DONE(gan_dataset_read, w->dataset, text, first, w->made);
    ABSURD_DONE(gan_layer_read, w->layer, text, GAN_VALUE, w->made);
    ABSURD_DONE(gan_layer_write, w->layer, text, w->made);
    ABSURD_DONE(gan_model_read, w->generator, text, GAN_VALUE, w->made);
    ABSURD_DONE(gan_model_write, w->generator, text, w->made);
    ABSURD_DONE(gan_model_parameter_shape, w->generator, text, &rank, shape);
    ABSURD_DONE(gan_model_parameter_flags, w->generator, text, &rank);
    ABSURD_DONE(gan_layer_parameter_shape, w->layer, text, &rank, shape);
    ABSURD_DONE(gan_layer_parameter_flags, w->layer, text, &rank);
    ABSURD_DONE(gan_optimizer_read, w->optimizer, w->generator, text, "exp_avg", w->made);
    ABSURD_DONE(gan_optimizer_write, w->optimizer, w->generator, "0.weight", text, w->made);
    ABSURD_DONE(gan_optimizer_parameter_steps, w->optimizer, w->generator, text, first);
    ABSURD_DONE(gan_optimizer_set_parameter_steps, w->optimizer, w->generator, text, 1);
    ABSURD_DONE(gan_recipe_option, w->recipe, text, value, sizeof value);
    ABSURD_DONE(gan_trainer_set_model, w->trainer, text, w->generator);
    ABSURD_DONE(gan_trainer_set_data, w->trainer, text, w->dataset);
    ABSURD_DONE(gan_trainer_set_optimizer, w->trainer, text, "adam");
    ABSURD_DONE(gan_trainer_feed, w->trainer, text, w->made);
    ABSURD_DONE(gan_trainer_value, w->trainer, text, &number);
    CHECK(!gan_trainer_model(w->trainer, text, 0) && !gan_model_layer(w->generator, text));
    CHECK(!gan_catalog_option(0, 0, 0, text));
}

static void absurd_paths(world *w, const char *text)
{
    ABSURD_MADE(gan_tensor, gan_tensor_load, w->context, text);
    ABSURD_MADE(gan_tensor, gan_image_load, w->context, text);
    ABSURD_MADE(gan_tensor, gan_image_save_memory, w->latent, text);
    ABSURD_MADE(gan_model, gan_model_load, w->context, text);
    ABSURD_MADE(gan_model, gan_model_load_parts, w->context, text, NULL, NULL, 0);
    ABSURD_MADE(gan_recipe, gan_recipe_load, w->context, text);
    ABSURD_MADE(gan_trainer, gan_trainer_load, w->context, text);
    ABSURD_MADE(gan_trainer, gan_recipe_trainer, w->recipe, w->context, text);
    ABSURD_DONE(gan_model_load_weights, w->generator, text, NULL);
    ABSURD_DONE(gan_image_save, w->latent, text);
    ABSURD_DONE(gan_image_sheet, w->made, 0, text);
}

TEST(absurd_texts)
{
    world opened, *w = &opened;
    char *text = malloc(ABSURD_SIZE);
    open_world(w, "threads=1");
    for (int i = 0; i <= ABSURD && CHECK(text != NULL); i++) {
        make_absurd(text, ABSURD_SIZE, i);
        absurd_descriptions(w, text);
        absurd_names(w, text);
        absurd_paths(w, text);
    }
    CHECK_OK(gan_trainer_step(w->trainer));
    close_world(w);
    free(text);
}

int main(void)
{
    RUN(wrong_arguments);
    RUN(absurd_texts);
    return test_report();
}
