/* jpeg_pixels.h: from the samples of the components to pixels. */
#ifndef GAN__JPEG_PIXELS_H
#define GAN__JPEG_PIXELS_H

#include "files/jpeg_file.h"

/* Fills the picture, which has its memory, with the components' samples: those of colours brought
 * to full size, YCbCr made RGB. */
gan_status gan__jpeg_pixels(const gan__jpeg_file *file, const gan__picture *out);

#endif
