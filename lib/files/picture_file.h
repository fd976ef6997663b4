/* picture_file.h: pictures of any format that can be read, told apart by their first bytes. */
#ifndef GAN__PICTURE_FILE_H
#define GAN__PICTURE_FILE_H

#include "files/bytes.h"
#include "files/picture.h"

/* GAN_E_FORMAT for what is no picture; as gan__png_read and gan__pnm_read, for the rest. */
gan_status gan__picture_read(gan__bytes *in, gan__picture *out);

/* Sizes, channels and depth, from as many of the first bytes as in->data has: GAN_E_FORMAT may mean
 * that there are more to be read. */
gan_status gan__picture_peek(gan__bytes *in, gan__picture *out);

#endif
