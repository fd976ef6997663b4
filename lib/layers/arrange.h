/* arrange.h: the same numbers in another shape. PyTorch counts C, H, W; in memory lies H, W, C. */
#ifndef GAN__ARRANGE_H
#define GAN__ARRANGE_H

#include "layers/layer.h"

/* Copies x of one shape to y of another with the same n and count for each sample. */
void gan__arrange(gan_context *context, gan__shape from, const float *x, gan__shape to, float *y);

#endif
