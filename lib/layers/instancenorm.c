/* instancenorm: y = (x - mean) / sqrt(variance + eps) * gamma + beta, for each channel of each
 * sample (Ulyanov et al. 2016). As PyTorch's default: no gamma and beta, no running statistics. */
#include "layers/sample_norm.h"

typedef struct instancenorm_values {
    double eps;
    int32_t affine;
} instancenorm_values;

static const gan__option instancenorm_options[] = {
    {"eps", GAN__OPTION_REAL, 0, "1e-5", 0, 1, NULL, offsetof(instancenorm_values, eps),
     "added to the variance"},
    {"affine", GAN__OPTION_BOOLEAN, 0, "no", 0, 0, NULL, offsetof(instancenorm_values, affine),
     "a trained factor and summand for each channel"},
};

static gan_status instancenorm_shape(const gan_layer *layer, const gan__shape *in, int32_t count,
                                     gan__shape *out)
{
    (void)count;
    *out = in[0];
    if (in[0].h != 1 || in[0].w != 1) return GAN_OK;
    return gan__fail(layer->object.context, GAN_E_SHAPE,
                     "instancenorm: needs more than one pixel, got a picture of 1x1");
}

static gan_status instancenorm_declare(gan_layer *layer, const gan__shape *in, int32_t count)
{
    const instancenorm_values *values = layer->options;
    const int64_t order[4] = {in[0].c, 1, 1, 1};
    (void)count;
    return values->affine ? gan__affine_declare(layer, 1, &in[0].c, order) : GAN_OK;
}

static gan__norm instancenorm_norm(const gan__op *op)
{
    const instancenorm_values *values = op->layer->options;
    return gan__sample_norm(op, op->in[0].c, values->eps);
}

static gan_status instancenorm_plan(gan__op *op)
{
    const gan__norm norm = instancenorm_norm(op);
    return gan__sample_norm_plan(op, &norm);
}

static void instancenorm_forward(gan__op *op)
{
    const gan__norm norm = instancenorm_norm(op);
    gan__sample_norm_forward(op, &norm);
}

static void instancenorm_again(gan__op *op)
{
    const gan__norm norm = instancenorm_norm(op);
    gan__sample_norm_again(op, &norm);
}

static void instancenorm_backward(gan__op *op)
{
    const gan__norm norm = instancenorm_norm(op);
    gan__sample_norm_backward(op, &norm, false);
}

static void instancenorm_tangent(gan__op *op)
{
    const gan__norm norm = instancenorm_norm(op);
    gan__sample_norm_tangent(op, &norm);
}

static void instancenorm_bend(gan__op *op)
{
    const gan__norm norm = instancenorm_norm(op);
    gan__sample_norm_bend(op, &norm);
}

const gan__layer_kind gan__layer_instancenorm = {
    .kind = {.name = "instancenorm",
             .help = "each channel of each sample gets mean 0 and variance 1",
             GAN__OPTIONS(instancenorm_options),
             .size = sizeof(instancenorm_values)},
    .operands = 1,
    .takes_tail = true,
    .shape = instancenorm_shape,
    .declare = instancenorm_declare,
    .plan = instancenorm_plan,
    .forward = instancenorm_forward,
    .again = instancenorm_again,
    .backward = instancenorm_backward,
    .tangent_form = GAN__TANGENT_OWN,
    .tangent = instancenorm_tangent,
    .bend = instancenorm_bend,
};
