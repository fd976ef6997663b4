/* scatter.h: points of two numbers as a picture. */
#ifndef GAN__SCATTER_H
#define GAN__SCATTER_H

#include "tensor/tensor.h"

/* Dots of each set of points, (N, 1, 1, 2) float32, in a colour of its own, over those of the sets
 * before it, as bytes: SIDE x SIDE x 3. The picture reaches a little beyond the points of the first
 * set, x to the right and y upwards; what lies farther out is at its edge, what is no number is
 * left out. */
enum { GAN__SCATTER_SIDE = 256 };
void gan__scatter_draw(uint8_t *picture, gan_tensor *const *sets, int64_t count);

#endif
