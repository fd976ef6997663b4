/* sources.c: the list of the kinds of data sets, and what they share: a file's array as a field, of
 * which no more is read than count=N asks for. */
#include "base/memory.h"
#include "data/source.h"

#include <string.h>

const gan__data_kind *const gan__data_kinds[] = {&gan__source_idx,    &gan__source_npy,
                                                 &gan__source_npz,    &gan__source_cifar,
                                                 &gan__source_images, &gan__source_mixture};
const int32_t gan__data_kind_count = sizeof gan__data_kinds / sizeof gan__data_kinds[0];

#define SOURCE_AT(field) offsetof(gan__data_options, field)
const gan__option gan__data_common_options[12] = {
    {"size", GAN__OPTION_PAIR, 0, "0", 0, 65536, NULL, SOURCE_AT(picture.size),
     "height and width of pictures as they are drawn, 64 or 48x64; 0: as they are"},
    {"fit", GAN__OPTION_CHOICE, 0, "pad", 0, 0, "pad|stretch|crop", SOURCE_AT(picture.fit),
     "pad: black around, shrunk first if too large; stretch: scaled to size; crop: scaled to cover "
     "size, the middle kept"},
    {"channels", GAN__OPTION_INTEGER, 0, "0", 0, 4096, NULL, SOURCE_AT(picture.channels),
     "repeats a grey picture so often; of images 1 grey, 3 colour, 2 and 4 with alpha; 0: as they "
     "are"},
    {"crop", GAN__OPTION_PAIR, 0, "0", 0, 65536, NULL, SOURCE_AT(picture.crop),
     "height and width of the part that is drawn of that, at a place of chance; 0: the whole"},
    {"flip", GAN__OPTION_BOOLEAN, 0, "no", 0, 0, NULL, SOURCE_AT(picture.flip),
     "yes: every other picture, by chance, is drawn as in a mirror"},
    {"count", GAN__OPTION_INTEGER, 0, "0", 0, 9e15, NULL, SOURCE_AT(count),
     "takes the first so many examples; 0: all"},
    {"only", GAN__OPTION_TEXT, 0, NULL, 0, 0, NULL, SOURCE_AT(only),
     "takes of these only the examples of some classes, by name or number: Dress or Coat,4"},
    {"heldout", GAN__OPTION_REAL, 0, "0", 0, 1, NULL, SOURCE_AT(heldout),
     "share of the examples that is held out: the same ones whatever the seed"},
    {"part", GAN__OPTION_CHOICE, 0, "train", 0, 0, "train|heldout|all", SOURCE_AT(part),
     "train: without those that are held out; heldout: those alone"},
    {"transform", GAN__OPTION_CHOICE, 0, "none", 0, 0, "none|edges|negative|colours",
     SOURCE_AT(picture.derive),
     "edges: a map of the picture's edges, 1 on ground of -1; negative: black for white; colours: "
     "of grey, from blue for black over cyan and yellow to red for white"},
    {"resize", GAN__OPTION_CHOICE, 0, "bilinear", 0, 0, "bilinear|area", SOURCE_AT(picture.resize),
     "how size= makes pictures smaller: bilinear: by a triangle as wide as the step; area: the "
     "mean "
     "of the pixels that lie there. Larger: bilinear"},
    {"hint", GAN__OPTION_TEXT, GAN__IDLE, NULL, 0, 0, NULL, SOURCE_AT(hint),
     "how files that cannot be read are come by: said where they are missed"},
};

gan_status gan__source_check_names(gan_context *context, const char *option, const char *labels,
                                   const char *names)
{
    if (labels || !names) return GAN_OK;
    return gan__fail(context, GAN_E_TEXT, "names=%.200s, but no %s=", names, option);
}

enum { SOURCE_HEADER = 65536 + 10 }; /* an NPY file's of version 1; 12 of other files */

/* Of two values, as a program's masks are: black and white. */
static void source_widen(gan_tensor *tensor)
{
    uint8_t *values = tensor->data;
    for (int64_t i = 0; i < tensor->count; i++) values[i] = values[i] ? 255 : 0;
}

/* Where the examples do not lie one after the other in the file they are cut afterwards. */
static gan_status source_cut(gan_tensor **tensor, int64_t count)
{
    gan_tensor *whole = *tensor, *view, *cut = NULL;
    GAN__TRY(gan_tensor_slice(&view, whole, 0, 0, count));
    gan_status status =
        gan_tensor_create(&cut, whole->object.context, whole->dtype, view->rank, view->shape);
    if (status == GAN_OK) status = gan_tensor_copy(cut, view);
    gan_tensor_release(view);
    if (status != GAN_OK) {
        gan_tensor_release(cut);
        return status;
    }
    gan_tensor_release(whole);
    *tensor = cut;
    return GAN_OK;
}

/* Up to the elements. To know how many bytes are wanted the beginning is read first: as much as any
 * header has that is of use. */
static gan_status source_header(gan__unpack *input, gan__array_header *header, bool all,
                                gan__bytes *in, gan__array *array)
{
    GAN__TRY(gan__unpack_need(input, all ? SIZE_MAX : SOURCE_HEADER, in));
    gan_status status = header(in, array);
    if (status != GAN_E_FORMAT || input->whole) return status;
    in->at = 0;
    GAN__TRY(gan__unpack_need(input, SIZE_MAX, in));
    return header(in, array);
}

/* *total: examples that the file has. */
static gan_status source_load(gan__unpack *input, int64_t count, gan__array_header *header,
                              gan__array *array, gan_tensor **out, int64_t *total)
{
    gan__bytes in = {.at = 0};
    uint64_t size;
    GAN__TRY(source_header(input, header, count == 0, &in, array));
    *total = array->rank > 0 ? array->shape[0] : 0;
    bool part = count > 0 && count < *total;
    if (part && !(array->fortran && array->rank > 1)) {
        GAN__TRY(gan__array_cut(&in, array, count, &size));
        if (size > SIZE_MAX - in.at) size = SIZE_MAX - in.at;
        GAN__TRY(gan__unpack_need(input, in.at + (size_t)size, &in));
        GAN__TRY(gan__bytes_take(&in, size, "the elements", &array->data));
        return gan__array_tensor(&in, array, out);
    }
    GAN__TRY(gan__unpack_need(input, SIZE_MAX, &in));
    GAN__TRY(gan__array_find(&in, array));
    GAN__TRY(gan__array_tensor(&in, array, out));
    return part ? source_cut(out, count) : GAN_OK;
}

static int32_t source_any_entry(void *argument, const char *name, int64_t size)
{
    (void)argument;
    (void)name;
    (void)size;
    return 1;
}

bool gan__source_is_folder(gan_context *context, const char *path)
{
    const gan_host *host = &context->host;
    return host->list && host->list(host->user, path, source_any_entry, NULL) >= 0;
}

const gan__data_kind *gan__data_kind_at(gan_context *context, const char *path)
{
    return gan__source_is_folder(context, path) ? &gan__source_images : NULL;
}

/* A folder in the place of a file: said with the kind that reads one. */
static gan_status source_fail(gan_context *context, const char *path, gan_status status)
{
    const gan__data_kind *other = gan__data_kind_at(context, path);
    if (status != GAN_E_FILE || !other) return status;
    return gan__fail(context, status, "%s: it is a folder; its pictures are those of '%s path=%s'",
                     path, other->kind.name, path);
}

gan_status gan__source_add_input(gan_dataset *dataset, const char *field, const char *source,
                                 int64_t count, gan__array_header *header, gan__unpack *input)
{
    const bool image = strcmp(field, "image") == 0, label = strcmp(field, "label") == 0;
    gan__array array;
    gan_tensor *tensor = NULL;
    int64_t total = 0;
    gan_status status = source_load(input, count, header, &array, &tensor, &total);
    if (status != GAN_OK) return status;
    if (image && array.element == GAN__ELEMENT_BOOL) source_widen(tensor);
    if (label && tensor->rank == 2 && tensor->shape[1] == 1) tensor->rank = 1; /* a column */
    status = gan__dataset_add(dataset, source, field, tensor, total);
    if (status == GAN_OK && image) status = gan__dataset_check_range(dataset, source, true);
    gan_tensor_release(tensor);
    return status;
}

gan_status gan__source_add(gan_dataset *dataset, const char *field, const char *path, int64_t count,
                           gan__array_header *header)
{
    gan_context *context = dataset->object.context;
    gan__unpack input;
    if (!path) return GAN_OK;
    gan_status status = gan__unpack_open(&input, context, path);
    if (status == GAN_OK)
        status = gan__source_add_input(dataset, field, path, count, header, &input);
    gan__unpack_close(&input);
    return status == GAN_OK ? GAN_OK : source_fail(context, path, status);
}
