/* add: y = x0 + x1 + ... A 1x1 picture is tiled over the others' pixels, a single channel over
 * their channels; its gradient is the sum over them. */
#include "layers/kinds.h"
#include "layers/tile.h"

static gan_status add_plan(gan__op *op)
{
    bool spread = false;
    for (int32_t i = 0; i < op->input_count; i++) spread |= gan__is_spread(op->in[i], op->out);
    if (spread) op->workspace_size = gan__op_bytes(gan__shape_count(op->out));
    return GAN_OK;
}

static void add_forward(gan__op *op)
{
    const int64_t count = gan__shape_count(op->out);
    const float *sum = gan__operand_whole(op, 0, op->y);
    for (int32_t i = 1; i < op->input_count; i++, sum = op->y)
        gan__add(op->context, count, sum, gan__operand_whole(op, i, op->workspace), op->y);
    gan__copy(op->context, count, sum, op->y);
}

static void add_backward(gan__op *op)
{
    for (int32_t i = 0; i < op->input_count; i++)
        if (op->dx[i]) gan__spread_sum(op->context, op->in[i], op->out, op->dy, op->dx[i]);
}

const gan__layer_kind gan__layer_add = {
    .kind = {.name = "add", .help = "the sum of all operands"},
    .operands = -1,
    .shape = gan__tile_shape_channels,
    .plan = add_plan,
    .forward = add_forward,
    .backward = add_backward,
    .tangent_form = GAN__TANGENT_LINEAR,
};
