/* padding.h: rows and columns around a picture: zeros, its reflection, or its border repeated. */
#ifndef GAN__PADDING_H
#define GAN__PADDING_H

#include "layers/layer.h"

/* Open sides stay open. */
gan__shape gan__padding_shape(const gan__padding *padding, gan__shape in);

/* GAN_E_SHAPE if a reflection is not smaller than the side that it reflects. */
gan_status gan__padding_check(const gan_layer *layer, const gan__padding *padding, gan__shape in);

/* y has the padded shape. */
void gan__padding_forward(gan_context *context, const gan__padding *padding, gan__shape in,
                          const float *x, float *y);

/* dx: each pixel's sum over all places that show it, in row order. */
void gan__padding_backward(gan_context *context, const gan__padding *padding, gan__shape in,
                           const float *dy, float *dx);

#endif
