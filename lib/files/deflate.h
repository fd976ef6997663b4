/* deflate.h: compression to the zlib format (RFC 1950 and 1951). */
#ifndef GAN__DEFLATE_H
#define GAN__DEFLATE_H

#include "base/context.h"

/* Compresses bytes[0..size) to *out (gan__free), *out_size bytes. About as small as zlib at level
 * 6; never more than 5 bytes in 16 KiB larger than the input. The same bytes on every machine. */
gan_status gan__zlib_compress(gan_context *context, const uint8_t *bytes, size_t size,
                              uint8_t **out, size_t *out_size);

#endif
