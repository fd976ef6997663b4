/* pixels.h: pixels as they are stored, read row by row as float32. */
#ifndef GAN__PIXELS_H
#define GAN__PIXELS_H

#include "base/context.h"

typedef struct gan__extent {
    int64_t h, w, c;
} gan__extent;

/* The depth of float32 in [-1, 1]. */
enum { GAN__PIXELS_FLOAT = 32 };

/* Whether the last of so many channels of integers is alpha. */
static inline bool gan__pixels_alpha(int64_t channels)
{
    return channels == 2 || channels == 4;
}

typedef struct gan__pixels {
    const void *data; /* rows from the top, without gaps */
    int32_t depth;    /* 8: uint8, 16: uint16, both up to their largest number; or float32 */
    int32_t channels; /* 8 and 16: 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha */
} gan__pixels;

/* Row `y` of a picture of the size `e`: in `row`, which has room for e.w x e.c numbers, or, of
 * floats, where it is.
 *   With another number of channels (1 to 4) than they are stored with: a grey picture has three
 * equal colours; the grey of colours is .299 R + .587 G + .114 B, rounded to their depth; without
 * alpha a pixel is opaque; where alpha is not wanted the picture lies on black. */
const float *gan__pixels_row(const gan__pixels *pixels, gan__extent e, int64_t y, float *row);

#endif
