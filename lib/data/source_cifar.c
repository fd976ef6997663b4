/* source_cifar.c: CIFAR-10 and CIFAR-100 in their binary form: records of a label, of CIFAR-100
 * two, coarse and fine, and 32 x 32 pictures, all red values before the green and the blue ones. */
#include "base/memory.h"
#include "data/folder.h"
#include "data/source.h"

#include <inttypes.h>

typedef enum cifar_set { CIFAR_AUTO, CIFAR_10, CIFAR_100 } cifar_set;

enum { CIFAR_SIDE = 32, CIFAR_PIXELS = CIFAR_SIDE * CIFAR_SIDE, CIFAR_PICTURE = 3 * CIFAR_PIXELS };

typedef struct source_cifar_options {
    gan__data_options common;
    char *path, *names;
    int32_t set, test, coarse;
} source_cifar_options;

static const gan__option source_cifar_table[] = {
    {"path", GAN__OPTION_PATH, GAN__REQUIRED, NULL, 0, 0, NULL,
     offsetof(source_cifar_options, path),
     "a .bin file, plain or .gz, or the folder of all: its training files, or its test file"},
    {"names", GAN__OPTION_PATH, 0, NULL, 0, 0, NULL, offsetof(source_cifar_options, names),
     "the file of the classes' names, one in each line"},
    {"test", GAN__OPTION_BOOLEAN, 0, "no", 0, 0, NULL, offsetof(source_cifar_options, test),
     "yes: of a folder the file whose name begins with test; no: all the others"},
    {"set", GAN__OPTION_CHOICE, 0, "auto", 0, 0, "auto|10|100", offsetof(source_cifar_options, set),
     "CIFAR-10 or CIFAR-100; auto: by the size of the file"},
    {"label", GAN__OPTION_CHOICE, 0, "fine", 0, 0, "fine|coarse",
     offsetof(source_cifar_options, coarse), "of CIFAR-100: of the 100 classes, or of the 20"},
};

static const gan__option_block source_cifar_blocks[] = {
    GAN__BLOCK(source_cifar_table),
    GAN__BLOCK_IN(gan__data_common_options, source_cifar_options, common, NULL),
};

/* What was read, file by file. */
typedef struct cifar_state {
    gan_context *context;
    const source_cifar_options *options;
    int64_t record;             /* bytes of one; 0: not known yet */
    uint8_t *pictures, *labels; /* of `count` examples, H W C */
    size_t picture_capacity, label_capacity;
    int64_t count, total;
} cifar_state;

/* Which of the two sets it is. */
static gan_status cifar_measure(cifar_state *s, const gan__bytes *in)
{
    const int64_t size = (int64_t)in->size;
    cifar_set set = (cifar_set)s->options->set;
    const bool ten = size % (CIFAR_PICTURE + 1) == 0, hundred = size % (CIFAR_PICTURE + 2) == 0;
    if (size == 0) return gan__bytes_fail(in, "there are no records");
    if (set == CIFAR_AUTO && s->record == 0 && ten && hundred)
        return gan__bytes_fail(in, "%zu bytes are records of either CIFAR: set= says of which",
                               in->size);
    if (set == CIFAR_AUTO) set = hundred ? CIFAR_100 : CIFAR_10;
    if (s->record == 0) s->record = CIFAR_PICTURE + (set == CIFAR_100 ? 2 : 1);
    if (s->options->coarse && s->record == CIFAR_PICTURE + 1)
        return gan__fail(s->context, GAN_E_TEXT, "%s: label=coarse is of CIFAR-100 alone",
                         in->name);
    if (size % s->record == 0) return GAN_OK;
    return gan__bytes_fail(in, "%zu bytes are no whole number of records of %" PRId64, in->size,
                           s->record);
}

static uint32_t cifar_classes(const cifar_state *s)
{
    if (s->record == CIFAR_PICTURE + 1) return 10;
    return s->options->coarse ? 20 : 100;
}

/* Takes a record's label and picture as example number s->count. */
static gan_status cifar_take(cifar_state *s, gan__bytes *in)
{
    const bool hundred = s->record == CIFAR_PICTURE + 2, coarse = s->options->coarse != 0;
    const uint32_t classes = cifar_classes(s);
    const uint8_t *record, *planes;
    GAN__TRY(gan__bytes_take(in, (uint64_t)s->record, "a record", &record));
    planes = record + (hundred ? 2 : 1);
    const uint8_t label = record[hundred && !coarse];
    if (label >= classes) {
        in->at -= (size_t)s->record;
        return gan__bytes_fail(in, "a record of class %u of CIFAR-%d, which has %u", label,
                               hundred ? 100 : 10, classes);
    }
    uint8_t *out = s->pictures + s->count * CIFAR_PICTURE;
    for (int i = 0; i < CIFAR_PIXELS; i++)
        for (int c = 0; c < 3; c++) out[3 * i + c] = planes[c * CIFAR_PIXELS + i];
    s->labels[s->count++] = label;
    return GAN_OK;
}

/* As many of the file's records as are wanted. */
static gan_status cifar_read(cifar_state *s, gan__bytes *in)
{
    GAN__TRY(cifar_measure(s, in));
    const int64_t all = (int64_t)in->size / s->record, wanted = s->options->common.count;
    const int64_t left = wanted > 0 ? wanted - s->count : all, taken = left < all ? left : all;
    const size_t count = (size_t)(s->count + taken);
    GAN__TRY(
        gan__grow_raw(s->context, &s->pictures, &s->picture_capacity, count * CIFAR_PICTURE, 1));
    GAN__TRY(gan__grow_raw(s->context, &s->labels, &s->label_capacity, count, 1));
    for (int64_t i = 0; i < taken; i++) GAN__TRY(cifar_take(s, in));
    s->total += all;
    return GAN_OK;
}

static gan_status cifar_file(cifar_state *s, const char *path)
{
    gan__unpack input;
    gan__bytes in = {.at = 0};
    gan_status status = gan__unpack_open(&input, s->context, path);
    if (status == GAN_OK) status = gan__unpack_need(&input, SIZE_MAX, &in);
    if (status == GAN_OK) status = cifar_read(s, &in);
    gan__unpack_close(&input);
    return status;
}

/* The training files in the order of their names, or the test file. */
static gan_status cifar_folder(cifar_state *s, const char *path)
{
    static const char *const ends[] = {"bin", NULL};
    const int64_t wanted = s->options->common.count;
    gan__folder folder;
    gan_status status = gan__folder_files(&folder, s->context, path, ends);
    for (int64_t i = 0; status == GAN_OK && i < folder.count; i++) {
        const bool is_test = strncmp(folder.files[i], "test", 4) == 0;
        char *joined;
        if (is_test != (s->options->test != 0) || (wanted > 0 && s->count >= wanted)) continue;
        status = gan__folder_join(s->context, path, folder.files[i], &joined);
        if (status == GAN_OK) status = cifar_file(s, joined);
        gan__free(s->context, joined);
    }
    gan__folder_free(s->context, &folder);
    if (status != GAN_OK || s->total > 0) return status;
    return gan__fail(s->context, GAN_E_FORMAT, "%s: no .bin file whose name %s with test", path,
                     s->options->test ? "begins" : "does not begin");
}

/* A copy of just the size, as there was room for more files; the bytes are freed. */
static gan_status cifar_add(gan_dataset *dataset, const cifar_state *s, const char *field,
                            int32_t rank, uint8_t **bytes)
{
    const int64_t shape[4] = {s->count, CIFAR_SIDE, CIFAR_SIDE, 3};
    gan_tensor *tensor;
    GAN__TRY(gan_tensor_create(&tensor, s->context, GAN_UINT8, rank, shape));
    memcpy(tensor->data, *bytes, (size_t)tensor->count);
    gan__free(s->context, *bytes);
    *bytes = NULL;
    const gan_status status = gan__dataset_add(dataset, s->options->path, field, tensor, s->total);
    gan_tensor_release(tensor);
    return status;
}

static gan_status source_cifar_open(gan_dataset *dataset, const void *values)
{
    const source_cifar_options *options = values;
    gan_context *context = dataset->object.context;
    cifar_state s = {.context = context, .options = options};
    GAN__TRY(gan__classes_read(dataset, options->names));
    gan_status status = gan__source_is_folder(context, options->path)
                            ? cifar_folder(&s, options->path)
                            : cifar_file(&s, options->path);
    if (status == GAN_OK) status = cifar_add(dataset, &s, "image", 4, &s.pictures);
    if (status == GAN_OK) status = cifar_add(dataset, &s, "label", 1, &s.labels);
    if (status == GAN_OK) dataset->class_count = cifar_classes(&s);
    gan__free(context, s.pictures);
    gan__free(context, s.labels);
    return status;
}

const gan__data_kind gan__source_cifar = {
    {.name = "cifar",
     .help = "CIFAR-10 or CIFAR-100 in binary form, pictures and labels",
     GAN__BLOCKS(source_cifar_blocks),
     .size = sizeof(source_cifar_options)},
    .open = source_cifar_open,
    .takes_folder = true};
