/* idx.h: IDX files, the format of MNIST and its relatives: 0x0000TTDD, DD dimensions, the elements,
 * all big-endian. */
#ifndef GAN__IDX_H
#define GAN__IDX_H

#include "files/array.h"

/* Reads the header and finds the elements, which `out` borrows from `in`. The file must have
 * exactly the length that its header demands. A file from disk comes from gan__unpack_need, which
 * also decompresses it. */
gan_status gan__idx_read(gan__bytes *in, gan__array *out);
gan_status gan__idx_header(gan__bytes *in, gan__array *out); /* the header alone */

#endif
