/* conv2d: y[i][j][k] = b[k] + sum over r, s, c of
 *
 *   W[k][c][r][s] * x[i*stride - top + r*dilation][j*stride - left + s*dilation][c]
 *
 * (cross-correlation, as PyTorch's). y's sides are, rounded down,
 *
 *   (size + pads - dilation * (window - 1) - 1) / stride + 1 */
#include "layers/filter.h"
#include "layers/padding.h"

#include <inttypes.h>

typedef struct conv2d_values {
    int64_t filters;
    int64_t kernel[2], stride[2], dilation[2], groups;
    gan__padding pad;
    gan__filter_values filter;
} conv2d_values;

static const gan__option conv2d_options[] = {
    {"filters", GAN__OPTION_INTEGER, GAN__POSITIONAL | GAN__REQUIRED, NULL, 1, GAN__MOST_CHANNELS,
     NULL, offsetof(conv2d_values, filters), "channels that come out"},
    {"kernel", GAN__OPTION_PAIR, 0, "3", 1, GAN__MOST_WINDOW, NULL, offsetof(conv2d_values, kernel),
     "the window: 3, or height x width as in 3x5"},
    {"stride", GAN__OPTION_PAIR, 0, "1", 1, GAN__MOST_WINDOW, NULL, offsetof(conv2d_values, stride),
     "pixels from one window to the next"},
    {"pad", GAN__OPTION_PADDING, 0, "0", 0, GAN__MOST_WINDOW, NULL, offsetof(conv2d_values, pad),
     "pixels around the picture: 1, or top,left,bottom,right; reflect:1, replicate:1"},
    {"dilation", GAN__OPTION_PAIR, 0, "1", 1, GAN__MOST_WINDOW, NULL,
     offsetof(conv2d_values, dilation), "pixels from one tap of the window to the next"},
    {"groups", GAN__OPTION_INTEGER, 0, "1", 1, GAN__MOST_CHANNELS, NULL,
     offsetof(conv2d_values, groups), "channels in and out are cut into so many separate groups"},
    GAN__FILTER_OPTIONS(conv2d_values),
};

static gan_status conv2d_check(gan_context *context, const void *options)
{
    const conv2d_values *values = options;
    if (values->filters % values->groups == 0) return GAN_OK;
    return gan__fail(context, GAN_E_TEXT, "%" PRId64 " filters do not make %" PRId64 " groups",
                     values->filters, values->groups);
}

/* The side that comes out; 0 if the window does not fit, -1 stays. */
static int64_t conv2d_side(int64_t padded, int64_t window, int64_t stride, int64_t dilation)
{
    int64_t spare = padded - dilation * (window - 1) - 1;
    if (padded < 0) return -1;
    return spare < 0 ? 0 : spare / stride + 1;
}

static gan_status conv2d_shape(const gan_layer *layer, const gan__shape *in, int32_t count,
                               gan__shape *out)
{
    const conv2d_values *v = layer->options;
    gan_context *context = layer->object.context;
    (void)count;
    if (in[0].c % v->groups != 0) {
        return gan__fail(context, GAN_E_SHAPE,
                         "conv2d: %" PRId64 " channels do not make %" PRId64 " groups", in[0].c,
                         v->groups);
    }
    GAN__TRY(gan__padding_check(layer, &v->pad, in[0]));
    const gan__shape padded = gan__padding_shape(&v->pad, in[0]);
    out->n = in[0].n;
    out->h = conv2d_side(padded.h, v->kernel[0], v->stride[0], v->dilation[0]);
    out->w = conv2d_side(padded.w, v->kernel[1], v->stride[1], v->dilation[1]);
    out->c = v->filters;
    if (out->h != 0 && out->w != 0) return GAN_OK;
    return gan__fail(context, GAN_E_SHAPE,
                     "conv2d: kernel %" PRId64 "x%" PRId64
                     " does not fit a padded picture of %" PRId64 "x%" PRId64,
                     v->dilation[0] * (v->kernel[0] - 1) + 1,
                     v->dilation[1] * (v->kernel[1] - 1) + 1, padded.h, padded.w);
}

static gan_status conv2d_declare(gan_layer *layer, const gan__shape *in, int32_t count)
{
    const conv2d_values *v = layer->options;
    const int64_t k = v->filters, c = in[0].c / v->groups, r = v->kernel[0], s = v->kernel[1];
    (void)count;
    const gan__filter_weights weights = {
        .rank = 4, .shape = {k, c, r, s}, .order = {k, c, r, s}, .outputs = k};
    return gan__filter_declare(layer, &v->filter, &weights);
}

/* Of doubled pixels the first and the last, shown once more, are the pixel that was doubled. */
static const gan__padding conv2d_once_more = {GAN__PAD_REPLICATE, 1, 1, 1, 1};

static const gan__padding *conv2d_padding(const gan__op *op)
{
    const conv2d_values *v = op->layer->options;
    if (v->pad.mode == GAN__PAD_ZERO) return NULL;
    return op->doubled ? &conv2d_once_more : &v->pad;
}

static gan__filter conv2d_filter(const gan__op *op)
{
    const conv2d_values *v = op->layer->options;
    const gan__padding *before = conv2d_padding(op);
    const gan__shape x = before ? gan__padding_shape(before, op->in[0]) : op->in[0];
    const int64_t padded = op->doubled ? -1 : 0; /* two rows were put before it, for one */
    gan__filter filter = {0};
    gan__filter_find(op->layer, &v->filter, &filter);
    filter.padding = before;
    filter.conv = (gan__conv){.n = x.n,
                              .h = x.h,
                              .w = x.w,
                              .c = x.c,
                              .oh = op->out.h,
                              .ow = op->out.w,
                              .k = v->filters,
                              .r = v->kernel[0],
                              .s = v->kernel[1],
                              .stride_h = v->stride[0],
                              .stride_w = v->stride[1],
                              .dilation_h = v->dilation[0],
                              .dilation_w = v->dilation[1],
                              .pad_top = before ? padded : v->pad.top,
                              .pad_left = before ? padded : v->pad.left,
                              .groups = v->groups,
                              .changing = op->training,
                              .large = op->context->tiles == GAN__TILES_LARGE,
                              .doubled = op->doubled};
    return filter;
}

static bool conv2d_doubles(const gan__op *op)
{
    const gan__padding *pad = &((const conv2d_values *)op->layer->options)->pad;
    const bool once = pad->top == 1 && pad->left == 1 && pad->bottom == 1 && pad->right == 1;
    const gan__filter filter = conv2d_filter(op);
    return (pad->mode == GAN__PAD_ZERO || once) && gan__conv_doubles(&filter.conv);
}

static bool conv2d_is_pixelwise(const gan_layer *layer)
{
    const conv2d_values *v = layer->options;
    const gan__padding *pad = &v->pad;
    return v->kernel[0] == 1 && v->kernel[1] == 1 && v->stride[0] == 1 && v->stride[1] == 1 &&
           pad->top + pad->left + pad->bottom + pad->right == 0;
}

static gan_status conv2d_plan(gan__op *op)
{
    const gan__filter filter = conv2d_filter(op);
    return gan__filter_plan(op, &filter);
}

static void conv2d_forward(gan__op *op)
{
    const gan__filter filter = conv2d_filter(op);
    gan__filter_forward(op, &filter);
}

static void conv2d_backward(gan__op *op)
{
    const gan__filter filter = conv2d_filter(op);
    gan__filter_backward(op, &filter);
}

const gan__layer_kind gan__layer_conv2d = {
    .kind = {.name = "conv2d",
             .help = "convolution: one window of weights, slid over the picture",
             GAN__OPTIONS(conv2d_options),
             .size = sizeof(conv2d_values),
             .check = conv2d_check},
    .operands = 1,
    .takes_tail = true,
    .doubles = conv2d_doubles,
    .is_pixelwise = conv2d_is_pixelwise,
    .shape = conv2d_shape,
    .declare = conv2d_declare,
    .plan = conv2d_plan,
    .forward = conv2d_forward,
    .backward = conv2d_backward,
    .tangent_form = GAN__TANGENT_LINEAR,
};
