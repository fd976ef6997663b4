/* flatten: y[(c*H + h)*W + w] = x[h][w][c]: a picture as a vector, in PyTorch's order C, H, W. */
#include "layers/arrange.h"
#include "layers/kinds.h"

#include <inttypes.h>

static gan_status flatten_shape(const gan_layer *layer, const gan__shape *in, int32_t count,
                                gan__shape *out)
{
    (void)count;
    if (in[0].h < 0 || in[0].w < 0) {
        return gan__fail(layer->object.context, GAN_E_SHAPE,
                         "flatten: needs a picture of known size, got any x any x %" PRId64,
                         in[0].c);
    }
    *out = (gan__shape){in[0].n, 1, 1, in[0].h * in[0].w * in[0].c};
    return GAN_OK;
}

static void flatten_forward(gan__op *op)
{
    gan__arrange(op->context, op->in[0], op->x[0], op->out, op->y);
}

static void flatten_backward(gan__op *op)
{
    if (op->dx[0]) gan__arrange(op->context, op->out, op->dy, op->in[0], op->dx[0]);
}

const gan__layer_kind gan__layer_flatten = {
    .kind = {.name = "flatten", .help = "a picture as a vector, in the order C, H, W"},
    .operands = 1,
    .shape = flatten_shape,
    .forward = flatten_forward,
    .backward = flatten_backward,
    .tangent_form = GAN__TANGENT_LINEAR,
};
