/* zip.h: the members of a ZIP file, as .npz files are. */
#ifndef GAN__ZIP_H
#define GAN__ZIP_H

#include "files/bytes.h"

typedef struct gan__zip_member {
    const char *name; /* borrowed from the file's bytes; not terminated */
    size_t name_length;
    uint32_t flags, method, crc;
    uint64_t packed, size; /* bytes in the file; bytes of the member */
    uint64_t offset;       /* of its own header */
    const uint8_t *data;   /* once it was found: `packed` bytes */
} gan__zip_member;

enum { GAN__ZIP_STORED = 0, GAN__ZIP_DEFLATED = 8 };

/* Finds the directory of the file that is in `in`: *out begins at the first of its entries and ends
 * with the last. The long numbers of ZIP64 are read too. GAN_E_FORMAT for what is no ZIP file;
 * GAN_E_UNSUPPORTED for a part of one. */
gan_status gan__zip_open(gan__bytes *in, gan__bytes *out);

/* The entry at directory->at, which is then behind it. */
gan_status gan__zip_next(gan__bytes *directory, gan__zip_member *out);

/* Finds the data of a member, `in` being the whole file. GAN_E_UNSUPPORTED for one that is
 * encrypted or neither stored nor deflated. */
gan_status gan__zip_find(gan__bytes *in, gan__zip_member *member);

#endif
