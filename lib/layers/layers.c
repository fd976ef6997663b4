/* layers.c: the list of all layer kinds. */
#include "layers/kinds.h"

const gan__layer_kind *const gan__layer_kinds[] = {
    &gan__layer_input,
    &gan__layer_dense,
    &gan__layer_conv2d,
    &gan__layer_conv_transpose2d,
    &gan__layer_pad,
    &gan__layer_upsample,
    &gan__layer_avgpool,
    &gan__layer_maxpool,
    &gan__layer_global_avgpool,
    &gan__layer_batchnorm,
    &gan__layer_instancenorm,
    &gan__layer_layernorm,
    &gan__layer_groupnorm,
    &gan__layer_relu,
    &gan__layer_leaky_relu,
    &gan__layer_prelu,
    &gan__layer_elu,
    &gan__layer_silu,
    &gan__layer_gelu,
    &gan__layer_tanh,
    &gan__layer_sigmoid,
    &gan__layer_softplus,
    &gan__layer_exp,
    &gan__layer_square,
    &gan__layer_sqrt,
    &gan__layer_clamp,
    &gan__layer_affine,
    &gan__layer_softmax,
    &gan__layer_dropout,
    &gan__layer_noise,
    &gan__layer_augment,
    &gan__layer_embedding,
    &gan__layer_onehot,
    &gan__layer_flatten,
    &gan__layer_reshape,
    &gan__layer_concat,
    &gan__layer_add,
    &gan__layer_multiply,
    &gan__layer_minibatch_stddev,
    &gan__layer_pixel_shuffle,
};
const int32_t gan__layer_kind_count = sizeof gan__layer_kinds / sizeof gan__layer_kinds[0];

gan_status gan__shape_same(const gan_layer *layer, const gan__shape *in, int32_t count,
                           gan__shape *out)
{
    (void)layer;
    (void)count;
    *out = in[0];
    return GAN_OK;
}
