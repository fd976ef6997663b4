/* source.h: the kinds of data sets that are opened from files, one file each: source_NAME.c. */
#ifndef GAN__SOURCE_H
#define GAN__SOURCE_H

#include "data/data.h"
#include "files/array.h"

extern const gan__data_kind gan__source_idx;
extern const gan__data_kind gan__source_npy;

/* Adds a field with what `read` finds in the file `path`, which may be compressed by gzip. NULL for
 * a path that was left out: nothing is added. */
gan_status gan__source_add(gan_dataset *dataset, const char *field, const char *path,
                           gan_status (*read)(gan__bytes *in, gan__array *out));

#endif
