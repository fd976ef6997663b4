/* unpack.h: a file, or a member of a ZIP file, of which no more is read than is needed; what is
 * compressed comes out decompressed. */
#ifndef GAN__UNPACK_H
#define GAN__UNPACK_H

#include "base/stream.h"
#include "files/bytes.h"
#include "files/zip.h"

typedef struct gan__unpack {
    gan__reader reader;
    uint8_t *plain; /* what was decompressed */
    size_t plain_size;
    bool gzip, whole;              /* whole: it was read to its end, and that was right */
    const gan__zip_member *member; /* borrowed; NULL: a file */
} gan__unpack;

/* A gzip file is known by its first bytes, whatever its name. `input` can be closed whatever
 * happened. */
gan_status gan__unpack_open(gan__unpack *input, gan_context *context, const char *path);

/* A member that was found (gan__zip_find); `name` is what messages begin with. Both outlive the
 * input. */
void gan__unpack_open_member(gan__unpack *input, gan_context *context, const char *name,
                             const gan__zip_member *member);

/* The first `count` bytes, or all there are: in->data and in->size; in->at is left as it is, and
 * what `in` had before is gone. SIZE_MAX: the whole file, whose checksums are then right. Of a gzip
 * file it reads at most twice as much as it needs, or 128 KiB. Memory is bounded by what was read,
 * as gan__inflate says. */
gan_status gan__unpack_need(gan__unpack *input, size_t count, gan__bytes *in);
void gan__unpack_close(gan__unpack *input);

#endif
