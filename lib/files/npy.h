/* npy.h: NumPy's array files. gan_tensor_load and gan_tensor_save stand on these. */
#ifndef GAN__NPY_H
#define GAN__NPY_H

#include "base/text.h"
#include "files/array.h"

/* Reads the header (versions 1, 2 and 3) and finds the elements, which `out` borrows from `in`. The
 * file must end with them. Object, structured, complex and text types are GAN_E_UNSUPPORTED. */
gan_status gan__npy_read(gan__bytes *in, gan__array *out);
gan_status gan__npy_header(gan__bytes *in, gan__array *out); /* the header alone */

/* Appends the header of a row-major array: version 1.0, 64 bytes or a multiple of it. */
void gan__npy_write_header(gan__text *text, int32_t dtype, int32_t rank, const int64_t *shape);

#endif
