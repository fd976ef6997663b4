/* pooling.c: the shape rule of avgpool and maxpool, and the window of an output pixel, cut at the
 * picture's border. */
#include "layers/pooling.h"
#include "layers/padding.h"

#include <inttypes.h>

static int64_t pooling_stride(const gan__pooling_values *values, int32_t axis)
{
    return values->stride[axis] > 0 ? values->stride[axis] : values->kernel[axis];
}

gan_status gan__pooling_check(gan_context *context, const void *options)
{
    const gan__pooling_values *v = options;
    const int64_t rows = v->kernel[0] / 2, columns = v->kernel[1] / 2;
    if (v->pad.mode != GAN__PAD_ZERO)
        return gan__fail(context, GAN_E_TEXT, "pad has no mode but zero");
    if (v->pad.top <= rows && v->pad.bottom <= rows && v->pad.left <= columns &&
        v->pad.right <= columns)
        return GAN_OK;
    return gan__fail(context, GAN_E_TEXT, "pad is more than half the window");
}

gan_status gan__pooling_shape(const gan_layer *layer, const gan__shape *in, int32_t count,
                              gan__shape *out)
{
    const gan__pooling_values *v = layer->options;
    const gan__shape padded = gan__padding_shape(&v->pad, in[0]);
    (void)count;
    if ((padded.h >= 0 && padded.h < v->kernel[0]) || (padded.w >= 0 && padded.w < v->kernel[1])) {
        return gan__fail(layer->object.context, GAN_E_SHAPE,
                         "%s: kernel %" PRId64 "x%" PRId64
                         " does not fit a padded picture of %" PRId64 "x%" PRId64,
                         layer->kind->kind.name, v->kernel[0], v->kernel[1], padded.h, padded.w);
    }
    *out = in[0];
    if (padded.h >= 0) out->h = (padded.h - v->kernel[0]) / pooling_stride(v, 0) + 1;
    if (padded.w >= 0) out->w = (padded.w - v->kernel[1]) / pooling_stride(v, 1) + 1;
    return GAN_OK;
}

gan__window gan__pooling_window(const gan__pooling_values *values, gan__shape in, int64_t i,
                                int64_t j)
{
    gan__window window;
    window.top = i * pooling_stride(values, 0) - values->pad.top;
    window.left = j * pooling_stride(values, 1) - values->pad.left;
    window.bottom = window.top + values->kernel[0];
    window.right = window.left + values->kernel[1];
    if (window.top < 0) window.top = 0;
    if (window.left < 0) window.left = 0;
    if (window.bottom > in.h) window.bottom = in.h;
    if (window.right > in.w) window.right = in.w;
    return window;
}
