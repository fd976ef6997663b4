/* multiply: y = x0 * x1 * ...;  dx_i = dy times all the others. A 1x1 picture is tiled over the
 * others' pixels, a single channel over their channels (so one number scales a sample); its
 * gradient is the sum over them. */
#include "layers/kinds.h"
#include "layers/tile.h"

/* The workspace: a repeated operand, and a product on its way. */
static gan_status multiply_plan(gan__op *op)
{
    op->workspace_size = 2 * gan__op_bytes(gan__shape_count(op->out));
    return GAN_OK;
}

static void multiply_forward(gan__op *op)
{
    const int64_t count = gan__shape_count(op->out);
    const float *product = gan__operand_whole(op, 0, op->y);
    for (int32_t i = 1; i < op->input_count; i++, product = op->y)
        gan__multiply(op->context, count, product, gan__operand_whole(op, i, op->workspace), op->y);
    gan__copy(op->context, count, product, op->y);
}

static void multiply_backward(gan__op *op)
{
    const int64_t count = gan__shape_count(op->out);
    void *memory = op->workspace;
    float *spread = gan__op_take(&memory, count), *product = gan__op_take(&memory, count);
    for (int32_t i = 0; i < op->input_count; i++) {
        if (!op->dx[i]) continue;
        const bool sum = gan__is_spread(op->in[i], op->out);
        float *to = sum ? product : op->dx[i];
        const float *from = op->dy;
        for (int32_t j = 0; j < op->input_count; j++) {
            if (j == i) continue;
            gan__multiply(op->context, count, from, gan__operand_whole(op, j, spread), to);
            from = to;
        }
        if (sum || from == op->dy)
            gan__spread_sum(op->context, op->in[i], op->out, from, op->dx[i]);
    }
}

const gan__layer_kind gan__layer_multiply = {
    .kind = {.name = "multiply", .help = "the product of all operands, element by element"},
    .operands = -1,
    .shape = gan__tile_shape_channels,
    .plan = multiply_plan,
    .forward = multiply_forward,
    .backward = multiply_backward,
};
