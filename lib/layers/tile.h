/* tile.h: a 1x1 picture repeated over the pixels of another, and the sum that undoes it. */
#ifndef GAN__TILE_H
#define GAN__TILE_H

#include "layers/layer.h"

/* Whether this operand is tiled over a result of shape `out`. */
static inline bool gan__is_tiled(gan__shape in, gan__shape out)
{
    return in.h == 1 && in.w == 1 && (out.h != 1 || out.w != 1);
}

/* The sides of several pictures, of which those of 1x1 are tiled: n, h and w of *out. Open sides go
 * with known ones. GAN_E_SHAPE names the two that differ. */
gan_status gan__tile_shape(const gan_layer *layer, const gan__shape *in, int32_t count,
                           gan__shape *out);

/* The same where all must have the same channels: a shape rule. */
gan_status gan__tile_shape_equal(const gan_layer *layer, const gan__shape *in, int32_t count,
                                 gan__shape *out);

/* Channels [first, first + c) of pictures: n samples of `pixels`, `stride` channels in memory. */
typedef struct gan__channels {
    int64_t n, pixels, c, first, stride;
} gan__channels;

/* picture[.., first + i] = x[sample][pixel or 0][i]; x has c channels, if `tiled` one pixel. */
void gan__channels_put(gan_context *context, const gan__channels *channels, bool tiled,
                       const float *x, float *picture);

/* The reverse; if `tiled`, the sum over the pixels in their order (as column_sum of the kernels),
 * times `scale`. */
void gan__channels_get(gan_context *context, const gan__channels *channels, bool tiled, float scale,
                       const float *picture, float *x);

#endif
