/* tile.h: a 1x1 picture repeated over the pixels of another, a single channel over its channels,
 * and the sums that undo it. */
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

/* The same where all must have as many channels, or one, which is repeated over them: a shape
 * rule. */
gan_status gan__tile_shape_channels(const gan_layer *layer, const gan__shape *in, int32_t count,
                                    gan__shape *out);

/* Whether this operand of such a rule must be repeated to fill the result. */
static inline bool gan__is_spread(gan__shape in, gan__shape out)
{
    return gan__is_tiled(in, out) || in.c != out.c;
}

/* y: x over the whole result; a copy where the shapes are equal. */
void gan__spread(gan_context *context, gan__shape in, gan__shape out, const float *x, float *y);

/* Operand i of such a rule over the whole result: where it is, or repeated in `memory`. */
const float *gan__operand_whole(const gan__op *op, int32_t i, float *memory);

/* dx: the sum of dy over all that each number of x was repeated to: over pixels alone in their
 * order (as column_sum of the kernels), else over 16 lanes in double. */
void gan__spread_sum(gan_context *context, gan__shape in, gan__shape out, const float *dy,
                     float *dx);

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
