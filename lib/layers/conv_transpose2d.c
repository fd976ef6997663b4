/* conv_transpose2d: the gradient of conv2d over its input, as a layer: every input pixel adds its
 * window to y,
 *
 *   y[i*stride - top + r*dilation][...][k] += W[c][k][r][s] * x[i][j][c],  then + b[k]
 *
 * y's sides (size - 1) * stride - pads + dilation * (window - 1) + output_pad + 1. */
#include "layers/filter.h"

#include <inttypes.h>

typedef struct conv_transpose2d_values {
    int64_t filters;
    int64_t kernel[2], stride[2], output_pad[2], dilation[2], groups;
    gan__padding pad;
    gan__filter_values filter;
} conv_transpose2d_values;

static const gan__option conv_transpose2d_options[] = {
    {"filters", GAN__OPTION_INTEGER, GAN__POSITIONAL | GAN__REQUIRED, NULL, 1, GAN__MOST_CHANNELS,
     NULL, offsetof(conv_transpose2d_values, filters), "channels that come out"},
    {"kernel", GAN__OPTION_PAIR, 0, "3", 1, GAN__MOST_WINDOW, NULL,
     offsetof(conv_transpose2d_values, kernel), "the window: 3, or height x width as in 3x5"},
    {"stride", GAN__OPTION_PAIR, 0, "1", 1, GAN__MOST_WINDOW, NULL,
     offsetof(conv_transpose2d_values, stride), "output pixels from one window to the next"},
    {"pad", GAN__OPTION_PADDING, 0, "0", 0, GAN__MOST_WINDOW, NULL,
     offsetof(conv_transpose2d_values, pad),
     "pixels cut off around the output: 1, or top,left,bottom,right"},
    {"output_pad", GAN__OPTION_PAIR, 0, "0", 0, GAN__MOST_WINDOW, NULL,
     offsetof(conv_transpose2d_values, output_pad), "rows and columns added at bottom and right"},
    {"dilation", GAN__OPTION_PAIR, 0, "1", 1, GAN__MOST_WINDOW, NULL,
     offsetof(conv_transpose2d_values, dilation), "pixels from one tap of the window to the next"},
    {"groups", GAN__OPTION_INTEGER, 0, "1", 1, GAN__MOST_CHANNELS, NULL,
     offsetof(conv_transpose2d_values, groups),
     "channels in and out are cut into so many separate groups"},
    GAN__FILTER_OPTIONS(conv_transpose2d_values),
};

static gan_status conv_transpose2d_check(gan_context *context, const void *options)
{
    const conv_transpose2d_values *v = options;
    if (v->filters % v->groups != 0) {
        return gan__fail(context, GAN_E_TEXT, "%" PRId64 " filters do not make %" PRId64 " groups",
                         v->filters, v->groups);
    }
    if (v->pad.mode != GAN__PAD_ZERO)
        return gan__fail(context, GAN_E_TEXT, "pad cuts pixels off and has no mode but zero");
    for (int32_t i = 0; i < 2; i++) {
        int64_t most = v->stride[i] > v->dilation[i] ? v->stride[i] : v->dilation[i];
        if (v->output_pad[i] < most) continue;
        return gan__fail(context, GAN_E_TEXT,
                         "output_pad %" PRId64 " is not below the stride or the dilation",
                         v->output_pad[i]);
    }
    return GAN_OK;
}

static gan_status conv_transpose2d_shape(const gan_layer *layer, const gan__shape *in,
                                         int32_t count, gan__shape *out)
{
    const conv_transpose2d_values *v = layer->options;
    gan_context *context = layer->object.context;
    const int64_t sides[2] = {in[0].h, in[0].w};
    const int64_t pads[2] = {v->pad.top + v->pad.bottom, v->pad.left + v->pad.right};
    int64_t result[2];
    (void)count;
    if (in[0].c % v->groups != 0) {
        return gan__fail(context, GAN_E_SHAPE,
                         "conv_transpose2d: %" PRId64 " channels do not make %" PRId64 " groups",
                         in[0].c, v->groups);
    }
    for (int32_t i = 0; i < 2; i++) {
        int64_t fixed = v->dilation[i] * (v->kernel[i] - 1) + v->output_pad[i] + 1 - pads[i];
        result[i] = sides[i] < 0 ? -1 : (sides[i] - 1) * v->stride[i] + fixed;
        if (sides[i] < 0 || result[i] > 0) continue;
        return gan__fail(context, GAN_E_SHAPE,
                         "conv_transpose2d: pad cuts everything off: a side of %" PRId64
                         " would become %" PRId64,
                         sides[i], result[i]);
    }
    *out = (gan__shape){in[0].n, result[0], result[1], v->filters};
    return GAN_OK;
}

static gan_status conv_transpose2d_declare(gan_layer *layer, const gan__shape *in, int32_t count)
{
    const conv_transpose2d_values *v = layer->options;
    const int64_t k = in[0].c, c = v->filters / v->groups, r = v->kernel[0], s = v->kernel[1];
    (void)count;
    const gan__filter_weights weights = {.rank = 4,
                                         .shape = {k, c, r, s},
                                         .order = {k, c, r, s},
                                         .outputs = v->filters,
                                         .transposed = true};
    return gan__filter_declare(layer, &v->filter, &weights);
}

static gan__filter conv_transpose2d_filter(const gan__op *op)
{
    const conv_transpose2d_values *v = op->layer->options;
    gan__filter filter = {.transposed = true};
    gan__filter_find(op->layer, &v->filter, &filter);
    filter.conv = (gan__conv){.n = op->in[0].n,
                              .h = op->out.h,
                              .w = op->out.w,
                              .c = v->filters,
                              .oh = op->in[0].h,
                              .ow = op->in[0].w,
                              .k = op->in[0].c,
                              .r = v->kernel[0],
                              .s = v->kernel[1],
                              .stride_h = v->stride[0],
                              .stride_w = v->stride[1],
                              .dilation_h = v->dilation[0],
                              .dilation_w = v->dilation[1],
                              .pad_top = v->pad.top,
                              .pad_left = v->pad.left,
                              .groups = v->groups,
                              .changing = op->training,
                              .large = op->context->tiles == GAN__TILES_LARGE};
    return filter;
}

static gan_status conv_transpose2d_plan(gan__op *op)
{
    const gan__filter filter = conv_transpose2d_filter(op);
    return gan__filter_plan(op, &filter);
}

static void conv_transpose2d_forward(gan__op *op)
{
    const gan__filter filter = conv_transpose2d_filter(op);
    gan__filter_forward(op, &filter);
}

static void conv_transpose2d_backward(gan__op *op)
{
    const gan__filter filter = conv_transpose2d_filter(op);
    gan__filter_backward(op, &filter);
}

const gan__layer_kind gan__layer_conv_transpose2d = {
    .kind = {.name = "conv_transpose2d",
             .help = "transposed convolution: every pixel spreads a window of weights",
             GAN__OPTIONS(conv_transpose2d_options),
             .size = sizeof(conv_transpose2d_values),
             .check = conv_transpose2d_check},
    .operands = 1,
    .takes_tail = true,
    .shape = conv_transpose2d_shape,
    .declare = conv_transpose2d_declare,
    .plan = conv_transpose2d_plan,
    .forward = conv_transpose2d_forward,
    .backward = conv_transpose2d_backward,
    .tangent_form = GAN__TANGENT_LINEAR,
};
