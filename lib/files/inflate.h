/* inflate.h: decompression of DEFLATE data (RFC 1951), bare or as zlib (RFC 1950) or gzip (RFC
 * 1952). */
#ifndef GAN__INFLATE_H
#define GAN__INFLATE_H

#include "files/bytes.h"

typedef enum gan__inflate_format {
    GAN__INFLATE_RAW,
    GAN__INFLATE_ZLIB, /* header and Adler-32 are checked */
    GAN__INFLATE_GZIP  /* all members to the end of the input; CRC-32 and lengths are checked */
} gan__inflate_format;

/* Decompresses what begins at in->at, which then stands behind it. *out (gan__free) has *size
 * bytes. More than `limit` bytes are GAN_E_FORMAT. Memory grows by doubling with what is really
 * produced, so it stays below 3 * 1032 times the input (DEFLATE expands to at most 1032 times)
 * whatever the limit. */
gan_status gan__inflate(gan__bytes *in, gan__inflate_format format, size_t limit, uint8_t **out,
                        size_t *size);

/* The same, but what is more than `limit` bytes is left away, undecoded and unchecked: *more. */
gan_status gan__inflate_first(gan__bytes *in, gan__inflate_format format, size_t limit,
                              uint8_t **out, size_t *size, bool *more);

#endif
