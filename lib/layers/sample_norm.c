/* sample_norm.c: y = (x - mean) / sqrt(variance + eps) * gamma + beta over sets within each sample,
 * forwards and backwards; the kinds say what a set is. */
#include "layers/sample_norm.h"

gan_status gan__affine_declare(gan_layer *layer, int32_t rank, const int64_t *shape,
                               const int64_t *order)
{
    static const char *const names[2] = {"weight", "bias"};
    for (int32_t i = 0; i < 2; i++) {
        gan__parameter *p = gan__layer_declare(layer, names[i], true, rank, shape);
        if (!p) return GAN_E_MEMORY;
        for (int32_t j = 0; j < 4; j++) p->order[j] = order[j];
        p->least = p->most = i == 0 ? 1.0f : 0.0f;
    }
    return GAN_OK;
}

gan__norm gan__sample_norm(const gan__op *op, int64_t sets, double eps)
{
    const gan__shape in = op->in[0];
    return (gan__norm){.outer = in.n,
                       .rows = in.h * in.w,
                       .channels = in.c,
                       .sets = sets,
                       .eps = eps,
                       .activation = op->tail.activation,
                       .parameter = op->tail.parameter};
}

/* The state: means, then variances. */
gan_status gan__sample_norm_plan(gan__op *op, const gan__norm *norm)
{
    op->state_size = 2 * gan__op_bytes(norm->outer * norm->sets);
    op->workspace_size = gan__op_bytes(gan__norm_workspace(norm));
    if (op->backward) op->tangent_size = gan__op_bytes(gan__norm_bend_workspace(norm));
    return GAN_OK;
}

static gan__norm_terms norm_terms(const gan__op *op, const gan__norm *norm)
{
    const gan_layer *layer = op->layer;
    const gan__parameter *gamma = gan__layer_parameter(layer, "weight");
    void *state = op->state;
    gan__norm_terms terms = {0};
    terms.mean = gan__op_take(&state, norm->outer * norm->sets);
    terms.variance = gan__op_take(&state, norm->outer * norm->sets);
    if (!gamma) return terms;
    terms.gamma = gan__parameter_value(layer, gamma);
    terms.beta = gan__parameter_value(layer, gan__layer_parameter(layer, "bias"));
    return terms;
}

void gan__sample_norm_forward(gan__op *op, const gan__norm *norm)
{
    void *state = op->state;
    float *mean = gan__op_take(&state, norm->outer * norm->sets);
    float *variance = gan__op_take(&state, norm->outer * norm->sets);
    gan__norm_statistics(op->context, norm, op->x[0], op->workspace, mean, variance);
    gan__sample_norm_again(op, norm);
}

void gan__sample_norm_again(gan__op *op, const gan__norm *norm)
{
    const gan__norm_terms terms = norm_terms(op, norm);
    gan__norm_forward(op->context, norm, &terms, op->x[0], op->y);
}

void gan__sample_norm_backward(gan__op *op, const gan__norm *norm, bool fixed)
{
    const gan__norm_terms terms = norm_terms(op, norm);
    gan__norm_gradients gradients = {.x = op->x[0],
                                     .y = op->y,
                                     .dy = op->dy,
                                     .workspace = op->workspace,
                                     .dx = op->dx[0],
                                     .fixed = fixed};
    if (terms.gamma && op->want_weights) {
        gradients.dgamma = gan__gradient_add(op->layer, gan__layer_parameter(op->layer, "weight"));
        gradients.dbeta = gan__gradient_add(op->layer, gan__layer_parameter(op->layer, "bias"));
    }
    gan__norm_backward(op->context, norm, &terms, &gradients);
}

void gan__sample_norm_tangent(gan__op *op, const gan__norm *norm)
{
    const gan__norm_terms terms = norm_terms(op, norm);
    const gan__norm_gradients tangent = {.x = op->x[0],
                                         .dy = op->tangent.x[0],
                                         .workspace = op->workspace,
                                         .dx = op->tangent.y,
                                         .tangent = true};
    gan__norm_backward(op->context, norm, &terms, &tangent);
}

void gan__sample_norm_bend(gan__op *op, const gan__norm *norm)
{
    const gan__norm_terms terms = norm_terms(op, norm);
    gan__norm_bends bends = {.x = op->x[0],
                             .t = op->tangent.x[0],
                             .dy = op->tangent.dy,
                             .workspace = op->workspace,
                             .dx = op->dx[0]};
    if (terms.gamma && op->want_weights)
        bends.dgamma = gan__gradient_add(op->layer, gan__layer_parameter(op->layer, "weight"));
    gan__norm_bend(op->context, norm, &terms, &bends);
}
