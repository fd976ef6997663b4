/* png.h: PNG pictures (ISO/IEC 15948). */
#ifndef GAN__PNG_H
#define GAN__PNG_H

#include "files/bytes.h"
#include "files/picture.h"

/* Reads the PNG file that is in `in`: every colour type, 1 to 16 bits, interlaced or not,
 * checksums verified. A palette becomes RGB, transparent colours become an alpha channel, 1, 2 and
 * 4 bits are scaled to 8. Gamma and other ancillary information is not applied, nor looked into.
 * *out is freed with gan__picture_free; on failure it is empty. Before the pixels are allocated,
 * the compressed data was expanded and had the length that the header demands.
 *
 * What libpng reads with a warning is read, to the same pixels, and the log gets a warning; at most
 * five a file. These are: data behind the last row, behind the compressed data, or behind IEND; no
 * IEND; a wrong checksum of a chunk that the picture does not need; a chunk that stands twice, or
 * where it may not; a tRNS of the wrong length; a palette in a picture that has no use for it; an
 * index beyond the palette, which is opaque black.
 *
 * A few bytes can hold a large picture: 1,032 times their number, and four bytes for one bit of a
 * palette's. So height x width x channels is at most 2^28, else GAN_E_UNSUPPORTED; at most 5 bytes
 * for each value, and the file's size once more, are held at a time. */
gan_status gan__png_read(gan__bytes *in, gan__picture *out);

/* The same of what stands in front of the picture's data: sizes, channels and depth, no pixels. */
gan_status gan__png_peek(gan__bytes *in, gan__picture *out);

/* Writes a picture: *out (gan__free) has *size bytes. Each row has the filter whose result has the
 * smallest sum of absolute values. */
gan_status gan__png_write(gan_context *context, const gan__picture *picture, uint8_t **out,
                          size_t *size);

/* The predictor of filter 4: whichever of left, above and above-left is nearest to their plane. */
static inline uint8_t gan__png_paeth(uint8_t left, uint8_t above, uint8_t corner)
{
    int a = above - corner, b = left - corner, c = a + b;
    a = a < 0 ? -a : a;
    b = b < 0 ? -b : b;
    c = c < 0 ? -c : c;
    if (a <= b && a <= c) return left;
    return b <= c ? above : corner;
}

#endif
