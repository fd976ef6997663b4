/* add: y = x0 + x1 + ... A 1x1 picture is tiled over the others' pixels; its gradient is the sum
 * over them. */
#include "layers/kinds.h"
#include "layers/tile.h"

static gan__channels add_channels(gan__shape s)
{
    return (gan__channels){.n = s.n, .pixels = s.h * s.w, .c = s.c, .stride = s.c};
}

static gan_status add_plan(gan__op *op)
{
    bool tiled = false;
    for (int32_t i = 0; i < op->input_count; i++) tiled |= gan__is_tiled(op->in[i], op->out);
    if (tiled) op->workspace_size = gan__op_bytes(gan__shape_count(op->out));
    return GAN_OK;
}

static void add_forward(gan__op *op)
{
    const gan__channels channels = add_channels(op->out);
    const int64_t count = gan__shape_count(op->out);
    for (int32_t i = 0; i < op->input_count; i++) {
        const float *x = op->x[i];
        if (gan__is_tiled(op->in[i], op->out)) {
            gan__channels_put(op->context, &channels, true, x, op->workspace);
            x = op->workspace;
        }
        if (i == 0)
            gan__copy(op->context, count, x, op->y);
        else
            gan__add(op->context, count, op->y, x, op->y);
    }
}

static void add_backward(gan__op *op)
{
    const gan__channels channels = add_channels(op->out);
    for (int32_t i = 0; i < op->input_count; i++) {
        if (!op->dx[i]) continue;
        gan__channels_get(op->context, &channels, gan__is_tiled(op->in[i], op->out), 1.0f, op->dy,
                          op->dx[i]);
    }
}

const gan__layer_kind gan__layer_add = {
    .kind = {.name = "add", .help = "the sum of all operands"},
    .operands = -1,
    .shape = gan__tile_shape_equal,
    .plan = add_plan,
    .forward = add_forward,
    .backward = add_backward,
};
