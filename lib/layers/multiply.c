/* multiply: y = x0 * x1 * ...;  dx_i = dy times all the others. A 1x1 picture is tiled over the
 * others' pixels, a single channel over their channels (so one number scales a sample); its
 * gradient is the sum over them. */
#include "layers/kinds.h"
#include "layers/tile.h"

/* The workspace: a repeated operand, and a product on its way; for tangents a sum of products. */
static gan_status multiply_plan(gan__op *op)
{
    op->workspace_size = 2 * gan__op_bytes(gan__shape_count(op->out));
    if (op->backward) op->tangent_size = 3 * gan__op_bytes(gan__shape_count(op->out));
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

/* product = from * t_i * all the other operands but number `left` (-1: none); from NULL: 1. */
static void multiply_along(gan__op *op, const float *from, int32_t i, int32_t left, float *spread,
                           float *product)
{
    const int64_t count = gan__shape_count(op->out);
    gan__spread(op->context, op->in[i], op->out, op->tangent.x[i], product);
    if (from) gan__multiply(op->context, count, product, from, product);
    for (int32_t j = 0; j < op->input_count; j++)
        if (j != i && j != left)
            gan__multiply(op->context, count, product, gan__operand_whole(op, j, spread), product);
}

/* y' = sum over i of t_i times all the others */
static void multiply_tangent(gan__op *op)
{
    const int64_t count = gan__shape_count(op->out);
    void *memory = op->workspace;
    float *spread = gan__op_take(&memory, count), *product = gan__op_take(&memory, count);
    for (int32_t i = 0; i < op->input_count; i++) {
        multiply_along(op, NULL, i, -1, spread, i == 0 ? op->tangent.y : product);
        if (i > 0) gan__add(op->context, count, op->tangent.y, product, op->tangent.y);
    }
}

/* dx_i = sum over j of dy t_j times all but i and j */
static void multiply_bend(gan__op *op)
{
    const int64_t count = gan__shape_count(op->out);
    void *memory = op->workspace;
    float *spread = gan__op_take(&memory, count), *product = gan__op_take(&memory, count);
    float *sum = gan__op_take(&memory, count);
    for (int32_t i = 0; i < op->input_count; i++) {
        if (!op->dx[i]) continue;
        gan__fill(op->context, count, 0.0f, sum);
        for (int32_t j = 0; j < op->input_count; j++) {
            if (j == i) continue;
            multiply_along(op, op->tangent.dy, j, i, spread, product);
            gan__add(op->context, count, sum, product, sum);
        }
        gan__spread_sum(op->context, op->in[i], op->out, sum, op->dx[i]);
    }
}

const gan__layer_kind gan__layer_multiply = {
    .kind = {.name = "multiply", .help = "the product of all operands, element by element"},
    .operands = -1,
    .shape = gan__tile_shape_channels,
    .plan = multiply_plan,
    .forward = multiply_forward,
    .backward = multiply_backward,
    .tangent_form = GAN__TANGENT_OWN,
    .tangent = multiply_tangent,
    .bend = multiply_bend,
};
