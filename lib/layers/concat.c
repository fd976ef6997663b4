/* concat: y[first_i + c] = x_i[c], first_i channels in the operands before i. A 1x1 picture is
 * tiled over the others' pixels; its gradient is the sum over them. */
#include "layers/kinds.h"
#include "layers/tile.h"

static gan_status concat_shape(const gan_layer *layer, const gan__shape *in, int32_t count,
                               gan__shape *out)
{
    GAN__TRY(gan__tile_shape(layer, in, count, out));
    out->c = 0;
    for (int32_t i = 0; i < count; i++) out->c += in[i].c;
    return GAN_OK;
}

static void concat_forward(gan__op *op)
{
    gan__channels channels = {.n = op->out.n, .pixels = op->out.h * op->out.w, .stride = op->out.c};
    for (int32_t i = 0; i < op->input_count; i++) {
        channels.c = op->in[i].c;
        gan__channels_put(op->context, &channels, gan__is_tiled(op->in[i], op->out), op->x[i],
                          op->y);
        channels.first += channels.c;
    }
}

static void concat_backward(gan__op *op)
{
    gan__channels channels = {.n = op->out.n, .pixels = op->out.h * op->out.w, .stride = op->out.c};
    for (int32_t i = 0; i < op->input_count; i++) {
        channels.c = op->in[i].c;
        if (op->dx[i]) {
            gan__channels_get(op->context, &channels, gan__is_tiled(op->in[i], op->out), 1.0f,
                              op->dy, op->dx[i]);
        }
        channels.first += channels.c;
    }
}

const gan__layer_kind gan__layer_concat = {
    .kind = {.name = "concat", .help = "the channels of all operands, one after the other"},
    .operands = -1,
    .shape = concat_shape,
    .forward = concat_forward,
    .backward = concat_backward,
    .tangent_form = GAN__TANGENT_LINEAR,
};
