/* layernorm: y = (x - mean) / sqrt(variance + eps) * gamma[c][h][w] + beta[c][h][w], over all of a
 * sample (Ba et al. 2016); torch.nn.LayerNorm([C, H, W]), of a vector LayerNorm(C). */
#include "layers/sample_norm.h"

#include <inttypes.h>

typedef struct layernorm_values {
    double eps;
    int32_t affine;
} layernorm_values;

static const gan__option layernorm_options[] = {
    {"eps", GAN__OPTION_REAL, 0, "1e-5", 0, 1, NULL, offsetof(layernorm_values, eps),
     "added to the variance"},
    {"affine", GAN__OPTION_BOOLEAN, 0, "yes", 0, 0, NULL, offsetof(layernorm_values, affine),
     "a trained factor and summand for each number of a sample"},
};

static gan_status layernorm_shape(const gan_layer *layer, const gan__shape *in, int32_t count,
                                  gan__shape *out)
{
    const layernorm_values *values = layer->options;
    (void)count;
    *out = in[0];
    if (!values->affine || (in[0].h >= 0 && in[0].w >= 0)) return GAN_OK;
    return gan__fail(layer->object.context, GAN_E_SHAPE,
                     "layernorm: needs a picture of known size, got any x any x %" PRId64, in[0].c);
}

static gan_status layernorm_declare(gan_layer *layer, const gan__shape *in, int32_t count)
{
    const layernorm_values *values = layer->options;
    const int64_t shape[3] = {in[0].c, in[0].h, in[0].w};
    const int64_t order[4] = {1, in[0].c, in[0].h, in[0].w};
    const bool vector = in[0].h == 1 && in[0].w == 1;
    (void)count;
    return values->affine ? gan__affine_declare(layer, vector ? 1 : 3, shape, order) : GAN_OK;
}

static gan__norm layernorm_norm(const gan__op *op)
{
    const layernorm_values *values = op->layer->options;
    gan__norm norm = gan__sample_norm(op, 1, values->eps);
    norm.positions = true;
    return norm;
}

static gan_status layernorm_plan(gan__op *op)
{
    const gan__norm norm = layernorm_norm(op);
    return gan__sample_norm_plan(op, &norm);
}

static void layernorm_forward(gan__op *op)
{
    const gan__norm norm = layernorm_norm(op);
    gan__sample_norm_forward(op, &norm);
}

static void layernorm_again(gan__op *op)
{
    const gan__norm norm = layernorm_norm(op);
    gan__sample_norm_again(op, &norm);
}

static void layernorm_backward(gan__op *op)
{
    const gan__norm norm = layernorm_norm(op);
    gan__sample_norm_backward(op, &norm, false);
}

static void layernorm_tangent(gan__op *op)
{
    const gan__norm norm = layernorm_norm(op);
    gan__sample_norm_tangent(op, &norm);
}

static void layernorm_bend(gan__op *op)
{
    const gan__norm norm = layernorm_norm(op);
    gan__sample_norm_bend(op, &norm);
}

const gan__layer_kind gan__layer_layernorm = {
    .kind = {.name = "layernorm",
             .help = "each sample gets mean 0 and variance 1",
             GAN__OPTIONS(layernorm_options),
             .size = sizeof(layernorm_values)},
    .operands = 1,
    .takes_tail = true,
    .shape = layernorm_shape,
    .declare = layernorm_declare,
    .plan = layernorm_plan,
    .forward = layernorm_forward,
    .again = layernorm_again,
    .backward = layernorm_backward,
    .tangent_form = GAN__TANGENT_OWN,
    .tangent = layernorm_tangent,
    .bend = layernorm_bend,
};
