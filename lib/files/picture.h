/* picture.h: a picture in memory, as the PNG and PNM readers give it and the writers take it. */
#ifndef GAN__PICTURE_H
#define GAN__PICTURE_H

#include "base/context.h"

typedef struct gan__picture {
    int64_t width, height; /* positive */
    int32_t channels;      /* 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha */
    int32_t depth;         /* bits of a value: 8 (uint8_t) or 16 (uint16_t) */
    void *pixels;          /* height x width x channels values, rows from the top */
} gan__picture;

/* Allocates the pixels, unset, for the sizes that `picture` has. A picture that does not fit in
 * memory is GAN_E_MEMORY. */
gan_status gan__picture_allocate(gan_context *context, gan__picture *picture);
void gan__picture_free(gan_context *context, gan__picture *picture); /* zeroes it; safe twice */

/* GAN_E_ARGUMENT, saying `what`, for sizes, channels or a depth that no picture has. */
gan_status gan__picture_check(gan_context *context, const gan__picture *picture, const char *what);

/* Bytes of one row of pixels; fits whenever the picture was allocated. */
static inline size_t gan__picture_row(const gan__picture *picture)
{
    return (size_t)picture->width * (size_t)picture->channels * (size_t)(picture->depth / 8);
}

#endif
