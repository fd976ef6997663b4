/* pnm.h: the binary Netpbm formats: P5 (grey), P6 (RGB), P7 (PAM: 1 to 4 channels). */
#ifndef GAN__PNM_H
#define GAN__PNM_H

#include "files/bytes.h"
#include "files/picture.h"

/* Reads the picture that begins at in->at, which then stands behind it. Values of a MAXVAL other
 * than 255 and 65535 are scaled to 8 or 16 bits, rounded. *out is freed with gan__picture_free; on
 * failure it is empty. The plain formats P1, P2, P3 and bitmaps (P4) are GAN_E_UNSUPPORTED. */
gan_status gan__pnm_read(gan__bytes *in, gan__picture *out);

/* The same of the header alone: sizes, channels and depth, no pixels. */
gan_status gan__pnm_peek(gan__bytes *in, gan__picture *out);

/* Writes P5 for one channel, P6 for three, P7 for two and four: *out (gan__free), *size bytes. */
gan_status gan__pnm_write(gan_context *context, const gan__picture *picture, uint8_t **out,
                          size_t *size);

#endif
