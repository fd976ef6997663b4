/* source_npz.c: pictures, labels and vectors as arrays of one file that numpy.savez or
 * numpy.savez_compressed wrote, by their names in it. */
#include "base/memory.h"
#include "base/stream.h"
#include "data/source.h"
#include "files/npy.h"

#include <inttypes.h>

/* In the order of the data set's fields. */
enum { NPZ_IMAGE, NPZ_LABEL, NPZ_VECTOR, NPZ_FIELDS };

typedef struct source_npz_options {
    gan__data_options common;
    char *path, *arrays[NPZ_FIELDS], *names;
} source_npz_options;

static const gan__option source_npz_table[] = {
    {"path", GAN__OPTION_PATH, GAN__REQUIRED, NULL, 0, 0, NULL, offsetof(source_npz_options, path),
     "the .npz file"},
    {"image", GAN__OPTION_TEXT, 0, NULL, 0, 0, NULL,
     offsetof(source_npz_options, arrays[NPZ_IMAGE]),
     "the array of pictures: N x H x W or N x H x W x C, uint8, bool, or float in [-1, 1]"},
    {"label", GAN__OPTION_TEXT, 0, NULL, 0, 0, NULL,
     offsetof(source_npz_options, arrays[NPZ_LABEL]), "the array of labels: N or N x 1 integers"},
    {"vector", GAN__OPTION_TEXT, 0, NULL, 0, 0, NULL,
     offsetof(source_npz_options, arrays[NPZ_VECTOR]),
     "the array of vectors: N x C, floating-point"},
    {"names", GAN__OPTION_PATH, 0, NULL, 0, 0, NULL, offsetof(source_npz_options, names),
     "the file of the classes' names, one in each line"},
};

static const gan__option_block source_npz_blocks[] = {
    GAN__BLOCK(source_npz_table),
    GAN__BLOCK_IN(gan__data_common_options, source_npz_options, common, NULL),
};

static gan_status source_npz_check(gan_context *context, const void *values)
{
    const source_npz_options *options = values;
    return gan__source_check_names(context, "label", options->arrays[NPZ_LABEL], options->names);
}

/* Whether the member is the array: NumPy puts .npy behind the name. */
static bool npz_is(const gan__zip_member *member, const char *array)
{
    const size_t length = strlen(array);
    if (member->name_length < length || memcmp(member->name, array, length) != 0) return false;
    const size_t rest = member->name_length - length;
    return rest == 0 || (rest == 4 && memcmp(member->name + length, ".npy", 4) == 0);
}

static void npz_list(gan__text *text, const gan__zip_member *member)
{
    size_t length = member->name_length;
    if (length > 4 && memcmp(member->name + length - 4, ".npy", 4) == 0) length -= 4;
    gan__text_print(text, "%s%.*s", text->length > 0 ? ", " : "", (int)length, member->name);
}

/* The array is not there, or NULL: none is asked for. The message names those that are. */
static gan_status npz_fail(const gan__bytes *in, gan__bytes directory, const char *array)
{
    gan__text text = {.context = in->context};
    gan__zip_member member;
    while (gan__bytes_left(&directory) > 0 && text.length < 500) {
        if (gan__zip_next(&directory, &member) != GAN_OK) break;
        npz_list(&text, &member);
    }
    gan_status status = text.status;
    const char *names = text.bytes ? text.bytes : "none";
    if (status == GAN_OK && array)
        status = gan__fail(in->context, GAN_E_FORMAT, "%s: no array '%.200s'; there is %.500s",
                           in->name, array, names);
    else if (status == GAN_OK)
        status = gan__fail(in->context, GAN_E_TEXT,
                           "%s: image=, label= or vector= says which array; there is %.500s",
                           in->name, names);
    gan__text_free(&text);
    return status;
}

/* Of several members of one name the last counts, as it does for NumPy. */
static gan_status npz_find(gan__bytes *in, const gan__bytes *directory, const char *array,
                           gan__zip_member *out)
{
    gan__bytes entries = *directory;
    gan__zip_member member;
    bool found = false;
    while (gan__bytes_left(&entries) > 0) {
        GAN__TRY(gan__zip_next(&entries, &member));
        if (!npz_is(&member, array)) continue;
        *out = member;
        found = true;
    }
    return found ? gan__zip_find(in, out) : npz_fail(in, *directory, array);
}

static gan_status npz_add(gan_dataset *dataset, gan__bytes *in, const gan__bytes *directory,
                          const char *field, const char *array, int64_t count)
{
    gan__text source = {.context = in->context};
    gan__zip_member member;
    gan__unpack input;
    if (!array) return GAN_OK;
    GAN__TRY(npz_find(in, directory, array, &member));
    gan__text_print(&source, "%s: %s", in->name, array);
    gan_status status = source.status;
    if (status == GAN_OK) {
        gan__unpack_open_member(&input, in->context, source.bytes, &member);
        status =
            gan__source_add_input(dataset, field, source.bytes, count, gan__npy_header, &input);
        gan__unpack_close(&input);
    }
    gan__text_free(&source);
    return status;
}

static gan_status npz_add_all(gan_dataset *dataset, gan__bytes *in,
                              const source_npz_options *options)
{
    static const char *const fields[NPZ_FIELDS] = {"image", "label", "vector"};
    gan__bytes directory;
    GAN__TRY(gan__zip_open(in, &directory));
    bool any = false;
    for (int i = 0; i < NPZ_FIELDS; i++) {
        any = any || options->arrays[i];
        GAN__TRY(
            npz_add(dataset, in, &directory, fields[i], options->arrays[i], options->common.count));
    }
    return any ? GAN_OK : npz_fail(in, directory, NULL);
}

static gan_status source_npz_open(gan_dataset *dataset, const void *values)
{
    const source_npz_options *options = values;
    gan_context *context = dataset->object.context;
    uint8_t *bytes;
    size_t size;
    GAN__TRY(gan__classes_read(dataset, options->names));
    GAN__TRY(gan__file_read(context, options->path, &bytes, &size));
    gan__bytes in = {context, options->path, bytes, size, 0};
    const gan_status status = npz_add_all(dataset, &in, options);
    gan__free(context, bytes);
    return status;
}

const gan__data_kind gan__source_npz = {
    {.name = "npz",
     .help = "pictures, labels and vectors as arrays of one .npz file of NumPy, by their names",
     GAN__BLOCKS(source_npz_blocks),
     .size = sizeof(source_npz_options),
     .check = source_npz_check},
    .open = source_npz_open};
