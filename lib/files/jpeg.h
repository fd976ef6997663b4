/* jpeg.h: JPEG pictures (ITU-T T.81, with the markers of JFIF and Adobe). */
#ifndef GAN__JPEG_H
#define GAN__JPEG_H

#include "files/bytes.h"
#include "files/picture.h"

/* Reads the JPEG file that is in `in`: baseline, extended sequential and progressive, with Huffman
 * codes and samples of 8 bits, of 1 component (grey), 3 (YCbCr, or RGB by Adobe's marker or the
 * components' names), or 4 (CMYK or YCCK, inverted, as Adobe writes them: they become RGB, a colour
 * c with the black k being c * k / 255). Any sampling factors. *out has 8 bits and 1 or 3 channels
 * and is freed with gan__picture_free; on failure it is empty.
 *
 * Samples are those of libjpeg's accurate integer decoder: the inverse transform of Loeffler,
 * Ligtenberg and Moschytz in integers; colours at half the width, the height or both are
 * interpolated by a triangle, those of other factors repeated.
 *
 * Profiles, thumbnails and the orientation of a camera are not applied, nor looked into; what
 * stands behind the end of the picture is passed over. Arithmetic codes, 12 bits, lossless and
 * hierarchical files, a height that comes behind the picture (DNL) and other numbers of components
 * are GAN_E_UNSUPPORTED. A picture that is not whole is GAN_E_FORMAT; stray bytes between segments
 * and a missing end of a picture that is whole are a warning in the log, at most five a file.
 *
 * Each block of a component takes a bit of the file, or two where it is not progressive: what
 * cannot be there is refused before memory is taken for it. Height x width x channels, and the
 * samples of all components, are at most 2^28, else GAN_E_UNSUPPORTED. At most 3 bytes for each
 * value of the picture are held at a time, of sides rounded up to multiples of 8 times the
 * sampling factors. There are at most 500 scans. */
gan_status gan__jpeg_read(gan__bytes *in, gan__picture *out);

/* The same of the header alone: sizes, channels and depth, no pixels. */
gan_status gan__jpeg_peek(gan__bytes *in, gan__picture *out);

#endif
