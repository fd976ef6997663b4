/* source_idx.c: pictures and labels in the IDX format of MNIST: N x H x W or N x H x W x C; N
 * labels. */
#include "data/source.h"
#include "files/idx.h"

typedef struct source_idx_options {
    gan__data_options common;
    char *path, *labels, *names;
} source_idx_options;

static const gan__option source_idx_table[] = {
    {"path", GAN__OPTION_PATH, GAN__REQUIRED, NULL, 0, 0, NULL, offsetof(source_idx_options, path),
     "the file of pictures, plain or .gz"},
    {"labels", GAN__OPTION_PATH, 0, NULL, 0, 0, NULL, offsetof(source_idx_options, labels),
     "the file of labels, plain or .gz"},
    {"names", GAN__OPTION_PATH, 0, NULL, 0, 0, NULL, offsetof(source_idx_options, names),
     "the file of the classes' names, one in each line"},
};

static const gan__option_block source_idx_blocks[] = {
    GAN__BLOCK(source_idx_table),
    GAN__BLOCK_IN(gan__data_common_options, source_idx_options, common, NULL),
};

static gan_status source_idx_check(gan_context *context, const void *values)
{
    const source_idx_options *options = values;
    return gan__source_check_names(context, "labels", options->labels, options->names);
}

static gan_status source_idx_open(gan_dataset *dataset, const void *values)
{
    const source_idx_options *options = values;
    const int64_t count = options->common.count;
    GAN__TRY(gan__classes_read(dataset, options->names));
    GAN__TRY(gan__source_add(dataset, "image", options->path, count, gan__idx_header));
    return gan__source_add(dataset, "label", options->labels, count, gan__idx_header);
}

const gan__data_kind gan__source_idx = {
    {.name = "idx",
     .help = "pictures and labels as IDX files, such as MNIST's",
     GAN__BLOCKS(source_idx_blocks),
     .size = sizeof(source_idx_options),
     .check = source_idx_check},
    .open = source_idx_open};
