/* dense: y[k] = sum over c, h, w of W[k][c][h][w] * x[h][w][c] + b[k]
 *
 * A picture is flattened in PyTorch's order C, H, W by the order of the weights: nothing moves. */
#include "layers/filter.h"

#include <inttypes.h>

typedef struct dense_values {
    int64_t features;
    gan__filter_values filter;
} dense_values;

static const gan__option dense_options[] = {
    {"features", GAN__OPTION_INTEGER, GAN__POSITIONAL | GAN__REQUIRED, NULL, 1, GAN__MOST_CHANNELS,
     NULL, offsetof(dense_values, features), "how many numbers come out"},
    GAN__FILTER_OPTIONS(dense_values),
};

static gan_status dense_shape(const gan_layer *layer, const gan__shape *in, int32_t count,
                              gan__shape *out)
{
    const dense_values *values = layer->options;
    (void)count;
    if (in[0].h < 0 || in[0].w < 0) {
        return gan__fail(layer->object.context, GAN_E_SHAPE,
                         "dense: needs a picture of known size, got any x any x %" PRId64, in[0].c);
    }
    *out = (gan__shape){in[0].n, 1, 1, values->features};
    return GAN_OK;
}

static gan_status dense_declare(gan_layer *layer, const gan__shape *in, int32_t count)
{
    const dense_values *values = layer->options;
    const int64_t k = values->features;
    (void)count;
    const gan__filter_weights weights = {.rank = 2,
                                         .shape = {k, in[0].c * in[0].h * in[0].w},
                                         .order = {k, in[0].c, in[0].h, in[0].w},
                                         .outputs = k};
    return gan__filter_declare(layer, &values->filter, &weights);
}

static gan__filter dense_filter(const gan__op *op)
{
    const dense_values *values = op->layer->options;
    gan__filter filter = {0};
    gan__filter_find(op->layer, &values->filter, &filter);
    const gan__shape in = op->in[0];
    filter.conv = gan__filter_product(in.n, in.h * in.w * in.c, values->features);
    filter.conv.most = op->most;
    return filter;
}

static gan_status dense_plan(gan__op *op)
{
    const gan__filter filter = dense_filter(op);
    return gan__filter_plan(op, &filter);
}

static void dense_forward(gan__op *op)
{
    const gan__filter filter = dense_filter(op);
    gan__filter_forward(op, &filter);
}

static void dense_backward(gan__op *op)
{
    const gan__filter filter = dense_filter(op);
    gan__filter_backward(op, &filter);
}

const gan__layer_kind gan__layer_dense = {
    .kind = {.name = "dense",
             .help = "every output is a weighted sum of all inputs",
             GAN__OPTIONS(dense_options),
             .size = sizeof(dense_values)},
    .operands = 1,
    .takes_tail = true,
    .shape = dense_shape,
    .declare = dense_declare,
    .plan = dense_plan,
    .forward = dense_forward,
    .backward = dense_backward,
    .tangent_form = GAN__TANGENT_LINEAR,
};
