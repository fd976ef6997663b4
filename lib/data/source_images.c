/* source_images.c: the pictures of a folder, each read when it is drawn. When the folder is opened
 * only the beginning of each file is read: it tells the size of the picture and, with the files'
 * names and sizes, one data set from another. */
#include "base/memory.h"
#include "base/stream.h"
#include "data/folder.h"
#include "data/source.h"
#include "files/checksum.h"
#include "files/picture_file.h"

#include <inttypes.h>
#include <string.h>

/* What the checksum has of a file. */
enum { IMAGES_HEAD = 4096 };

typedef struct source_images_options {
    gan__data_options common;
    char *path;
    int32_t check;
} source_images_options;

static const gan__option source_images_table[] = {
    {"path", GAN__OPTION_PATH, GAN__REQUIRED, NULL, 0, 0, NULL,
     offsetof(source_images_options, path),
     "the folder: .png .jpg .pnm .pgm .ppm .pam in it, or in sub-folders, one for each class"},
    {"check", GAN__OPTION_BOOLEAN, GAN__IDLE, "no", 0, 0, NULL,
     offsetof(source_images_options, check),
     "yes: reads every picture at the start, to find a broken one then, and not when it is drawn"},
};

static const gan__option_block source_images_blocks[] = {
    GAN__BLOCK(source_images_table),
    GAN__BLOCK_IN(gan__data_common_options, source_images_options, common, NULL),
};

/* ---- reading one ---- */

typedef struct images_source {
    gan__pictures pictures;
    char *path; /* of the folder */
    gan__folder folder;
} images_source;

static gan_status images_decode(gan_context *context, const char *path, gan__picture *out)
{
    uint8_t *bytes;
    size_t size;
    GAN__TRY(gan__file_read(context, path, &bytes, &size));
    gan__bytes in = {context, path, bytes, size, 0};
    gan_status status = gan__picture_read(&in, out);
    gan__free(context, bytes);
    return status;
}

static gan_status images_read(const gan__pictures *self, gan_context *context, int64_t index,
                              gan__picture *out)
{
    const images_source *source = (const images_source *)self;
    char *path;
    GAN__TRY(gan__folder_join(context, source->path, source->folder.files[index], &path));
    gan_status status = images_decode(context, path, out);
    gan__free(context, path);
    return status;
}

static gan_status images_blame(const gan__pictures *self, gan_context *context, int64_t index,
                               gan_status status)
{
    const images_source *source = (const images_source *)self;
    return gan__fail_in(context, status, "%s/%s", source->path, source->folder.files[index]);
}

static void images_keep(gan__pictures *self, const int64_t *indices, int64_t count)
{
    images_source *source = (images_source *)self;
    for (int64_t i = 0; i < count; i++) source->folder.files[i] = source->folder.files[indices[i]];
    source->folder.count = count;
}

static void images_free(gan__pictures *self, gan_context *context)
{
    images_source *source = (images_source *)self;
    gan__folder_free(context, &source->folder);
    gan__free(context, source->path);
    gan__free(context, source);
}

/* ---- looking at all ---- */

/* What the files are found to be, one after the other. */
typedef struct images_look {
    images_source *source;
    const source_images_options *options;
    gan_context *context; /* a branch: what a file's beginning warns of would come at every start */
    gan__picture first;   /* sizes and channels, of the first one */
    uint32_t checksum;
} images_look;

/* Reads on until the sizes are known, or there is no more. */
static gan_status images_peek(gan__reader *reader, gan__picture *out)
{
    for (size_t size = IMAGES_HEAD;; size *= 2) {
        GAN__TRY(gan__reader_fill(reader, size));
        gan__bytes in = {reader->context, reader->path, reader->bytes, reader->size, 0};
        gan_status status = gan__picture_peek(&in, out);
        if (status != GAN_E_FORMAT || reader->size < size || size > SIZE_MAX / 2) return status;
    }
}

/* Name, size and the first 4 KiB; a file that is shorter than it was listed with is cut off. */
static void images_sum(images_look *look, int64_t index, const gan__reader *reader)
{
    const gan__folder *folder = &look->source->folder;
    const size_t head = reader->size < IMAGES_HEAD ? reader->size : IMAGES_HEAD;
    uint8_t size[8];
    gan__store_u64le(size, (uint64_t)folder->sizes[index]);
    const char *name = folder->files[index];
    look->checksum = gan__crc32(look->checksum, name, strlen(name) + 1);
    look->checksum = gan__crc32(look->checksum, size, sizeof size);
    look->checksum = gan__crc32(look->checksum, reader->bytes, head);
}

/* What size= leaves as it is must be alike in all of them, or long enough for crop=. */
static gan_status images_compare_sizes(const images_look *look, const char *path,
                                       const gan__picture *found)
{
    const gan__transform_options *wanted = &look->options->common.picture;
    const gan__picture *first = &look->first;
    const int64_t firsts[2] = {first->height, first->width}, own[2] = {found->height, found->width};
    for (int32_t i = 0; i < 2; i++) {
        if (wanted->size[i] || (wanted->crop[i] && wanted->crop[i] <= own[i])) continue;
        if (wanted->crop[i]) {
            return gan__fail(look->context, GAN_E_SHAPE,
                             "%s: %" PRId64 "x%" PRId64 " pixels, of which crop=%" PRId64
                             "x%" PRId64 " cannot be cut: size= makes them larger",
                             path, own[0], own[1], wanted->crop[0], wanted->crop[1]);
        }
        if (own[i] == firsts[i]) continue;
        return gan__fail(look->context, GAN_E_SHAPE,
                         "%s/%s has %" PRId64 "x%" PRId64 " pixels, %s %" PRId64 "x%" PRId64
                         ": size=HxW makes them alike",
                         look->source->path, look->source->folder.files[0], firsts[0], firsts[1],
                         path, own[0], own[1]);
    }
    return GAN_OK;
}

static gan_status images_compare(const images_look *look, const char *path,
                                 const gan__picture *found)
{
    const gan__picture *first = &look->first;
    GAN__TRY(images_compare_sizes(look, path, found));
    if (look->options->common.picture.channels || found->channels == first->channels) return GAN_OK;
    return gan__fail(look->context, GAN_E_SHAPE,
                     "%s/%s has %d channels, %s %d: channels=1 (grey), 3 (colour) or 4 (with "
                     "alpha) makes them alike",
                     look->source->path, look->source->folder.files[0], (int)first->channels, path,
                     (int)found->channels);
}

static gan_status images_look_at(images_look *look, int64_t index, const char *path)
{
    gan__reader reader;
    gan__picture found;
    GAN__TRY(gan__reader_open(&reader, look->context, path));
    gan_status status = images_peek(&reader, &found);
    images_sum(look, index, &reader);
    gan__reader_close(&reader);
    GAN__TRY(status);
    if (index == 0) look->first = found;
    return images_compare(look, path, &found);
}

/* check=yes: warnings are told, as this is the one time that the user looks for them. */
static gan_status images_check(gan_context *context, const char *path)
{
    gan__picture picture = {0};
    gan_status status = images_decode(context, path, &picture);
    gan__picture_free(context, &picture);
    return status;
}

static gan_status images_look_at_all(images_look *look, gan_context *context, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        char *path;
        GAN__TRY(
            gan__folder_join(context, look->source->path, look->source->folder.files[i], &path));
        gan_status status = images_look_at(look, i, path);
        if (status != GAN_OK)
            gan__fail(context, status, "%s", look->context->message);
        else if (look->options->check)
            status = images_check(context, path);
        gan__free(context, path);
        GAN__TRY(status);
    }
    return GAN_OK;
}

/* ---- opening ---- */

/* The first pictures are those of the first classes: not what count= is likely to be meant for. */
static void images_tell_missing(gan_context *context, const images_source *source, int64_t count)
{
    const gan__folder *folder = &source->folder;
    const int64_t seen = folder->classes[count - 1] + 1;
    if (seen == folder->class_count) return;
    gan__log(context, GAN_LOG_WARNING,
             "%s: count=%" PRId64
             " takes the first pictures by class and name: none of '%s', %" PRId64 " of %" PRId64
             " classes",
             source->path, count, folder->class_names[seen], folder->class_count - seen,
             folder->class_count);
}

/* The sub-folders are the classes. */
static gan_status images_labels(gan_dataset *dataset, const images_source *source, int64_t count)
{
    gan_context *context = dataset->object.context;
    const gan__folder *folder = &source->folder;
    gan__classes *classes = &dataset->classes;
    gan_tensor *labels;
    if (folder->class_count == 0) return GAN_OK;
    GAN__TRY(gan__allocate_raw(context, &classes->names, (size_t)folder->class_count,
                               sizeof *classes->names));
    memcpy(classes->names, folder->class_names,
           (size_t)folder->class_count * sizeof *classes->names);
    classes->count = folder->class_count;
    GAN__TRY(gan__classes_check(context, source->path, classes));
    images_tell_missing(context, source, count);
    GAN__TRY(gan_tensor_create(&labels, context, GAN_INT32, 1, &count));
    memcpy(labels->data, folder->classes, (size_t)count * sizeof *folder->classes);
    gan_status status = gan__dataset_add(dataset, source->path, "label", labels, folder->count);
    gan_tensor_release(labels);
    return status;
}

static gan_status images_add(gan_dataset *dataset, const images_look *look, int64_t count)
{
    const images_source *source = look->source;
    const int64_t channels = look->options->common.picture.channels;
    const gan__extent stored = {look->first.height, look->first.width,
                                channels ? channels : look->first.channels};
    dataset->count = count;
    dataset->total = source->folder.count;
    gan__dataset_add_pictures(dataset, stored, look->checksum);
    return images_labels(dataset, source, count);
}

static gan_status images_find(gan_dataset *dataset, images_source *source,
                              const source_images_options *options)
{
    gan_context *context = dataset->object.context;
    const int64_t wanted = options->common.count;
    images_look look = {.source = source, .options = options};
    GAN__TRY(gan__folder_find(&source->folder, context, source->path));
    const int64_t all = source->folder.count, count = wanted > 0 && wanted < all ? wanted : all;
    GAN__TRY(gan__context_branch(&look.context, context));
    gan_status status = images_look_at_all(&look, context, count);
    gan_context_release(look.context);
    if (status == GAN_OK) status = images_add(dataset, &look, count);
    gan__folder_forget(context, &source->folder);
    return status;
}

static gan_status source_images_open(gan_dataset *dataset, const void *values)
{
    gan_context *context = dataset->object.context;
    const source_images_options *options = values;
    images_source *source;
    if (options->common.picture.channels > 4) {
        return gan__fail(context, GAN_E_SHAPE, "channels=%" PRId64 ": pictures have 1 to 4",
                         options->common.picture.channels);
    }
    GAN__TRY(gan__allocate(context, &source, 1, sizeof *source));
    source->pictures = (gan__pictures){images_read, images_blame, images_keep, images_free};
    dataset->pictures = &source->pictures;
    size_t length = strlen(options->path);
    while (length > 1 && options->path[length - 1] == '/') length--;
    GAN__TRY(gan__copy_text(context, &source->path, options->path, length));
    return images_find(dataset, source, options);
}

const gan__data_kind gan__source_images = {
    {.name = "images",
     .help = "the pictures of a folder, in sub-folders for each class or without classes",
     GAN__BLOCKS(source_images_blocks),
     .size = sizeof(source_images_options)},
    .open = source_images_open,
    .takes_folder = true};
