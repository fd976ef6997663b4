/* source.h: the kinds of data sets that are opened from files, one file each: source_NAME.c. */
#ifndef GAN__SOURCE_H
#define GAN__SOURCE_H

#include "data/data.h"
#include "files/array.h"
#include "files/unpack.h"

extern const gan__data_kind gan__source_cifar;
extern const gan__data_kind gan__source_idx;
extern const gan__data_kind gan__source_images;
extern const gan__data_kind gan__source_mixture;
extern const gan__data_kind gan__source_npy;
extern const gan__data_kind gan__source_npz;

/* Adds a field with what the file `path` has, which may be compressed by gzip: all of it, or, if
 * `count` is above 0, no more than the first so many examples, which is then all that is read. NULL
 * for a path that was left out: nothing is added. */
gan_status gan__source_add(gan_dataset *dataset, const char *field, const char *path, int64_t count,
                           gan__array_header *header);

/* The same from an input that is open, and stays so; `source` is what messages begin with. */
gan_status gan__source_add_input(gan_dataset *dataset, const char *field, const char *source,
                                 int64_t count, gan__array_header *header, gan__unpack *input);

/* A kind's check of labels=, or what that option is called, and names=: names without labels are
 * GAN_E_TEXT. */
gan_status gan__source_check_names(gan_context *context, const char *option, const char *labels,
                                   const char *names);

/* Whether the path is that of a folder, as far as the host can tell. */
bool gan__source_is_folder(gan_context *context, const char *path);

#endif
