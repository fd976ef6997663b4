/* derive.h: another domain made of pictures, whose truth is known: edges, negatives,
 * colours. */
#ifndef GAN__DERIVE_H
#define GAN__DERIVE_H

#include "data/pixels.h"

/* NEGATIVE: -v for every value v, of all channels.
 *
 * EDGES: in the manner of CoGAN's edge pictures. Values are rounded to bytes, 0 to 255. A pixel is
 * on an edge if, in any channel, one of its up to eight neighbours is darker by GAN__DERIVE_EDGE or
 * more: a line of one pixel, the outermost of what is bright. All channels are 1 there and -1
 * elsewhere. So the edges of an edge map are itself, where no pixel of it has eight bright
 * neighbours: what makes edges of pictures can leave edge maps as they are.
 *
 * COLOURS: of a grey value v the three channels 2 - |4 v - 2|, 2 - |4 v| and 2 - |4 v + 2|, each
 * held in [-1, 1]: the scale known as jet, dark blue, blue, cyan, yellow, red, dark red. No colour
 * is there twice, so that the grey can be found again. */
typedef enum gan__derive {
    GAN__DERIVE_NONE,
    GAN__DERIVE_EDGES,
    GAN__DERIVE_NEGATIVE,
    GAN__DERIVE_COLOURS
} gan__derive;

enum { GAN__DERIVE_EDGE = 64 };

/* Floats of scratch that it needs. */
int64_t gan__derive_scratch(gan__derive derive, gan__extent extent);

/* How many channels it makes of pictures of `c`; 0: it cannot. */
int64_t gan__derive_channels(gan__derive derive, int64_t c);

/* Changes a picture, H x W x C float32 in [-1, 1], in its place, which has room for the channels
 * that there will be. */
void gan__derive_apply(gan__derive derive, gan__extent extent, float *picture, float *scratch);

#endif
