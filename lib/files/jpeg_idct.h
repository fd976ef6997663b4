/* jpeg_idct.h: from the values of a block to its samples. */
#ifndef GAN__JPEG_IDCT_H
#define GAN__JPEG_IDCT_H

#include <stddef.h>
#include <stdint.h>

/* The order in which a file has the 64 values of a block: place of value i, row by row. */
extern const uint8_t gan__jpeg_order[64];

/* The inverse cosine transform of values[i] * steps[i], row by row, as eight rows of eight bytes at
 * `out`, `stride` apart. `last` is the last number, in the file's order, of a value that is not 0.
 * For any values whatever: those that no picture has give some samples. */
void gan__jpeg_inverse(const int16_t values[64], const uint16_t steps[64], uint32_t last,
                       uint8_t *out, size_t stride);

#endif
