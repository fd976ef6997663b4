/* global_avgpool: y[c] = the mean of x[.][.][c] over all pixels. */
#include "layers/kinds.h"
#include "layers/tile.h"

#include "compute/pointwise.h"

static gan_status global_avgpool_shape(const gan_layer *layer, const gan__shape *in, int32_t count,
                                       gan__shape *out)
{
    (void)layer;
    (void)count;
    *out = (gan__shape){in[0].n, 1, 1, in[0].c};
    return GAN_OK;
}

static gan__channels global_avgpool_channels(const gan__op *op)
{
    const gan__shape in = op->in[0];
    return (gan__channels){.n = in.n, .pixels = in.h * in.w, .c = in.c, .stride = in.c};
}

static void global_avgpool_forward(gan__op *op)
{
    const gan__channels channels = global_avgpool_channels(op);
    gan__channels_get(op->context, &channels, true, 1.0f / (float)channels.pixels, op->x[0], op->y);
}

/* The workspace: dy / pixels. */
static gan_status global_avgpool_plan(gan__op *op)
{
    if (op->backward) op->workspace_size = gan__op_bytes(gan__shape_count(op->out));
    return GAN_OK;
}

static void global_avgpool_backward(gan__op *op)
{
    const gan__channels channels = global_avgpool_channels(op);
    if (!op->dx[0]) return;
    gan__combine(op->context, gan__shape_count(op->out), 1.0f / (float)channels.pixels, op->dy,
                 0.0f, op->workspace);
    gan__channels_put(op->context, &channels, true, op->workspace, op->dx[0]);
}

const gan__layer_kind gan__layer_global_avgpool = {
    .kind = {.name = "global_avgpool", .help = "the mean over all pixels"},
    .operands = 1,
    .shape = global_avgpool_shape,
    .plan = global_avgpool_plan,
    .forward = global_avgpool_forward,
    .backward = global_avgpool_backward,
    .tangent_form = GAN__TANGENT_LINEAR,
};
