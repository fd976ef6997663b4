/* derive.h: another domain made of pictures, whose truth is known: edges, negatives. */
#ifndef GAN__DERIVE_H
#define GAN__DERIVE_H

#include "data/pixels.h"

/* NEGATIVE: -v for every value v, of all channels.
 *
 * EDGES: in the manner of CoGAN's edge pictures. Values are rounded to bytes, 0 to 255. A pixel is
 * on an edge if, in any channel, one of its up to eight neighbours is darker by GAN__DERIVE_EDGE or
 * more: a line of one pixel, the outermost of what is bright. All channels are 1 there and -1
 * elsewhere. So the edges of an edge map are itself, where no pixel of it has eight bright
 * neighbours: what makes edges of pictures can leave edge maps as they are. */
typedef enum gan__derive { GAN__DERIVE_NONE, GAN__DERIVE_EDGES, GAN__DERIVE_NEGATIVE } gan__derive;

enum { GAN__DERIVE_EDGE = 64 };

/* Floats of scratch that it needs. */
int64_t gan__derive_scratch(gan__derive derive, gan__extent extent);

/* Changes a picture, H x W x C float32 in [-1, 1], in its place. */
void gan__derive_apply(gan__derive derive, gan__extent extent, float *picture, float *scratch);

#endif
