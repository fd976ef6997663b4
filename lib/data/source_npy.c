/* source_npy.c: pictures, labels and vectors as arrays that NumPy saved: uint8 pictures, bool ones
 * (black and white), or floating-point in [-1, 1]. */
#include "data/source.h"
#include "files/npy.h"

typedef struct source_npy_options {
    gan__data_options common;
    char *path, *labels, *names, *vectors;
} source_npy_options;

static const gan__option source_npy_table[] = {
    {"path", GAN__OPTION_PATH, 0, NULL, 0, 0, NULL, offsetof(source_npy_options, path),
     "the file of pictures: N x H x W or N x H x W x C, uint8, bool, or float in [-1, 1]"},
    {"labels", GAN__OPTION_PATH, 0, NULL, 0, 0, NULL, offsetof(source_npy_options, labels),
     "the file of labels: N integers"},
    {"names", GAN__OPTION_PATH, 0, NULL, 0, 0, NULL, offsetof(source_npy_options, names),
     "the file of the classes' names, one in each line"},
    {"vectors", GAN__OPTION_PATH, 0, NULL, 0, 0, NULL, offsetof(source_npy_options, vectors),
     "the file of vectors: N x C, floating-point"},
};

static const gan__option_block source_npy_blocks[] = {
    GAN__BLOCK(source_npy_table),
    GAN__BLOCK_IN(gan__data_common_options, source_npy_options, common, NULL),
};

static gan_status source_npy_check(gan_context *context, const void *values)
{
    const source_npy_options *options = values;
    return gan__source_check_names(context, "labels", options->labels, options->names);
}

static gan_status source_npy_open(gan_dataset *dataset, const void *values)
{
    const source_npy_options *options = values;
    const int64_t count = options->common.count;
    GAN__TRY(gan__classes_read(dataset, options->names));
    GAN__TRY(gan__source_add(dataset, "image", options->path, count, gan__npy_header));
    GAN__TRY(gan__source_add(dataset, "label", options->labels, count, gan__npy_header));
    return gan__source_add(dataset, "vector", options->vectors, count, gan__npy_header);
}

const gan__data_kind gan__source_npy = {{.name = "npy",
                                         .help = "pictures, labels and vectors as arrays of NumPy",
                                         GAN__BLOCKS(source_npy_blocks),
                                         .size = sizeof(source_npy_options),
                                         .check = source_npy_check},
                                        .open = source_npy_open};
