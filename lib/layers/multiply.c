/* multiply: y = x0 * x1 * ...;  dx_i = dy times all the others. A 1x1 picture is tiled over the
 * others' pixels; its gradient is the sum over them. */
#include "layers/kinds.h"
#include "layers/tile.h"

static gan__channels multiply_channels(gan__shape s)
{
    return (gan__channels){.n = s.n, .pixels = s.h * s.w, .c = s.c, .stride = s.c};
}

/* The workspace: a tiled operand, and a product on its way. */
static gan_status multiply_plan(gan__op *op)
{
    op->workspace_size = 2 * gan__op_bytes(gan__shape_count(op->out));
    return GAN_OK;
}

/* Operand i over the whole picture. */
static const float *multiply_operand(gan__op *op, int32_t i, float *tiled)
{
    const gan__channels channels = multiply_channels(op->out);
    if (!gan__is_tiled(op->in[i], op->out)) return op->x[i];
    gan__channels_put(op->context, &channels, true, op->x[i], tiled);
    return tiled;
}

static void multiply_forward(gan__op *op)
{
    const int64_t count = gan__shape_count(op->out);
    gan__copy(op->context, count, multiply_operand(op, 0, op->workspace), op->y);
    for (int32_t i = 1; i < op->input_count; i++)
        gan__multiply(op->context, count, op->y, multiply_operand(op, i, op->workspace), op->y);
}

static void multiply_backward(gan__op *op)
{
    const gan__channels channels = multiply_channels(op->out);
    const int64_t count = gan__shape_count(op->out);
    void *memory = op->workspace;
    float *tiled = gan__op_take(&memory, count), *product = gan__op_take(&memory, count);
    for (int32_t i = 0; i < op->input_count; i++) {
        if (!op->dx[i]) continue;
        const bool sum = gan__is_tiled(op->in[i], op->out);
        float *to = sum ? product : op->dx[i];
        const float *from = op->dy;
        for (int32_t j = 0; j < op->input_count; j++) {
            if (j == i) continue;
            gan__multiply(op->context, count, from, multiply_operand(op, j, tiled), to);
            from = to;
        }
        if (sum || from == op->dy)
            gan__channels_get(op->context, &channels, sum, 1.0f, from, op->dx[i]);
    }
}

const gan__layer_kind gan__layer_multiply = {
    .kind = {.name = "multiply", .help = "the product of all operands, element by element"},
    .operands = -1,
    .shape = gan__tile_shape_equal,
    .plan = multiply_plan,
    .forward = multiply_forward,
    .backward = multiply_backward,
};
