/* groupnorm: y = (x - mean) / sqrt(variance + eps) * gamma[c] + beta[c], over all pixels of
 * channels / groups channels of each sample (Wu and He 2018). */
#include "layers/sample_norm.h"

#include <inttypes.h>

typedef struct groupnorm_values {
    int64_t groups;
    double eps;
    int32_t affine;
} groupnorm_values;

static const gan__option groupnorm_options[] = {
    {"groups", GAN__OPTION_INTEGER, GAN__POSITIONAL | GAN__REQUIRED, NULL, 1, GAN__MOST_CHANNELS,
     NULL, offsetof(groupnorm_values, groups), "the channels are cut into so many groups"},
    {"eps", GAN__OPTION_REAL, 0, "1e-5", 0, 1, NULL, offsetof(groupnorm_values, eps),
     "added to the variance"},
    {"affine", GAN__OPTION_BOOLEAN, 0, "yes", 0, 0, NULL, offsetof(groupnorm_values, affine),
     "a trained factor and summand for each channel"},
};

static gan_status groupnorm_shape(const gan_layer *layer, const gan__shape *in, int32_t count,
                                  gan__shape *out)
{
    const groupnorm_values *values = layer->options;
    (void)count;
    *out = in[0];
    if (in[0].c % values->groups != 0) {
        return gan__fail(layer->object.context, GAN_E_SHAPE,
                         "groupnorm: %" PRId64 " channels do not make %" PRId64 " groups", in[0].c,
                         values->groups);
    }
    if (in[0].h != 1 || in[0].w != 1 || in[0].c > values->groups) return GAN_OK;
    return gan__fail(layer->object.context, GAN_E_SHAPE,
                     "groupnorm: needs more than one number in each group, got %" PRId64
                     " group%s of 1x1x%" PRId64,
                     values->groups, values->groups > 1 ? "s" : "", in[0].c);
}

static gan_status groupnorm_declare(gan_layer *layer, const gan__shape *in, int32_t count)
{
    const groupnorm_values *values = layer->options;
    const int64_t order[4] = {in[0].c, 1, 1, 1};
    (void)count;
    return values->affine ? gan__affine_declare(layer, 1, &in[0].c, order) : GAN_OK;
}

static gan__norm groupnorm_norm(const gan__op *op)
{
    const groupnorm_values *values = op->layer->options;
    return gan__sample_norm(op, values->groups, values->eps);
}

static gan_status groupnorm_plan(gan__op *op)
{
    const gan__norm norm = groupnorm_norm(op);
    return gan__sample_norm_plan(op, &norm);
}

static void groupnorm_forward(gan__op *op)
{
    const gan__norm norm = groupnorm_norm(op);
    gan__sample_norm_forward(op, &norm);
}

static void groupnorm_again(gan__op *op)
{
    const gan__norm norm = groupnorm_norm(op);
    gan__sample_norm_again(op, &norm);
}

static void groupnorm_backward(gan__op *op)
{
    const gan__norm norm = groupnorm_norm(op);
    gan__sample_norm_backward(op, &norm, false);
}

static void groupnorm_tangent(gan__op *op)
{
    const gan__norm norm = groupnorm_norm(op);
    gan__sample_norm_tangent(op, &norm);
}

static void groupnorm_bend(gan__op *op)
{
    const gan__norm norm = groupnorm_norm(op);
    gan__sample_norm_bend(op, &norm);
}

const gan__layer_kind gan__layer_groupnorm = {
    .kind = {.name = "groupnorm",
             .help = "each group of channels of each sample gets mean 0 and variance 1",
             GAN__OPTIONS(groupnorm_options),
             .size = sizeof(groupnorm_values)},
    .operands = 1,
    .takes_tail = true,
    .shape = groupnorm_shape,
    .declare = groupnorm_declare,
    .plan = groupnorm_plan,
    .forward = groupnorm_forward,
    .again = groupnorm_again,
    .backward = groupnorm_backward,
    .tangent_form = GAN__TANGENT_OWN,
    .tangent = groupnorm_tangent,
    .bend = groupnorm_bend,
};
