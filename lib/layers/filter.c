/* filter.c:  y = f(W x + b),  W x a convolution, transposed or not. Backwards, with g = dy * f'(y):
 * dW += the convolution's weight gradient of (x, g), db += sums of g, dx = W^T g. */
#include "layers/filter.h"
#include "base/watch.h"
#include "compute/reduce.h"
#include "layers/padding.h"
#include "layers/spectral.h"

#include <math.h>

gan_status gan__filter_declare(gan_layer *layer, const gan__filter_values *values,
                               const gan__filter_weights *weights)
{
    int64_t window = weights->order[2] * weights->order[3];
    gan__parameter *weight = gan__layer_declare(layer, values->spectral ? "weight_orig" : "weight",
                                                true, weights->rank, weights->shape);
    if (!weight) return GAN_E_MEMORY;
    for (int32_t i = 0; i < 4; i++) weight->order[i] = weights->order[i];
    weight->initial = values->initial;
    weight->fan_in = weights->order[1] * window;
    weight->fan_out = weights->order[0] * window;
    /* A dense layer's window is the picture, and is part of its inputs only. */
    if (weights->rank == 2) weight->fan_out = weights->order[0];
    weight->most = (float)(1.0 / sqrt((double)weight->fan_in));
    weight->least = -weight->most;

    if (values->bias) {
        gan__parameter *bias = gan__layer_declare(layer, "bias", true, 1, &weights->outputs);
        if (!bias) return GAN_E_MEMORY;
        bias->initial = values->bias_initial;
        bias->fan_in = weight->fan_in;
        bias->fan_out = weights->outputs;
        bias->least = weight->least;
        bias->most = weight->most;
    }
    return values->spectral ? gan__spectral_declare(layer, weights) : GAN_OK;
}

gan__conv gan__filter_product(int64_t n, int64_t c, int64_t k)
{
    return (gan__conv){.n = n,
                       .h = 1,
                       .w = 1,
                       .c = c,
                       .oh = 1,
                       .ow = 1,
                       .k = k,
                       .r = 1,
                       .s = 1,
                       .stride_h = 1,
                       .stride_w = 1,
                       .dilation_h = 1,
                       .dilation_w = 1,
                       .groups = 1};
}

void gan__filter_find(const gan_layer *layer, const gan__filter_values *values, gan__filter *filter)
{
    filter->spectral = values->spectral != 0;
    filter->weight = &layer->parameters[0];
    filter->bias = values->bias ? &layer->parameters[1] : NULL;
}

static gan__pass filter_forward_pass(const gan__filter *filter)
{
    return filter->transposed ? GAN__BACKWARD_DATA : GAN__FORWARD;
}

static gan__pass filter_backward_pass(const gan__filter *filter)
{
    return filter->transposed ? GAN__FORWARD : GAN__BACKWARD_DATA;
}

/* Whether the pass reads the input with its padding from memory of its own: the gradient that goes
 * to it always does. */
static bool filter_pads(const gan__filter *filter, gan__pass pass)
{
    return filter->padding && !gan__conv_frames(&filter->conv, pass);
}

/* Floats of that. */
static int64_t filter_padded_count(const gan__filter *filter)
{
    const gan__conv *conv = &filter->conv;
    return conv->n * conv->h * conv->w * conv->c;
}

/* The convolution of a pass: what is not padded beforehand has a frame. */
static gan__conv filter_conv(const gan__op *op, const gan__filter *filter, gan__pass pass)
{
    const gan__padding *padding = filter->padding;
    gan__conv conv = filter->conv;
    if (padding && !filter_pads(filter, pass))
        conv.frame = (gan__frame){.top = padding->top,
                                  .left = padding->left,
                                  .h = op->in[0].h,
                                  .w = op->in[0].w,
                                  .mirrored = padding->mode == GAN__PAD_REFLECT};
    return conv;
}

static gan_status filter_ask(gan__op *op, const gan__filter *filter, gan__pass pass)
{
    const gan__conv *conv = &filter->conv;
    op->scratch_size = gan__larger(op->scratch_size, gan__conv_scratch(op->context, conv, pass));
    if (pass == GAN__BACKWARD_WEIGHTS || filter->spectral) return GAN_OK;
    return gan__panel_get(op->cache, op->layer, filter->weight, conv, pass, &op->panels[pass]);
}

gan_status gan__filter_plan(gan__op *op, const gan__filter *filter)
{
    const gan__conv *conv = &filter->conv;
    gan__pass forward = filter_forward_pass(filter), backward = filter_backward_pass(filter);
    size_t workspace = gan__conv_workspace(op->context, conv, forward), spectral = 0;
    GAN__TRY(filter_ask(op, filter, forward));
    if (op->backward) {
        GAN__TRY(filter_ask(op, filter, backward));
        GAN__TRY(filter_ask(op, filter, GAN__BACKWARD_WEIGHTS));
        workspace = gan__larger(workspace, gan__conv_workspace(op->context, conv, backward));
        workspace =
            gan__larger(workspace, gan__conv_workspace(op->context, conv, GAN__BACKWARD_WEIGHTS));
    }
    if (filter->spectral) {
        gan__spectral_plan(op, filter);
        spectral = gan__spectral_workspace(op, filter);
    }
    op->workspace_size = gan__larger(workspace, spectral);
    if (filter_pads(filter, op->backward ? GAN__BACKWARD_DATA : forward))
        op->workspace_size += gan__op_bytes(filter_padded_count(filter));
    if (op->backward) {
        if (op->tail.activation != GAN__LINEAR && !op->dy_is_free)
            op->workspace_size += gan__op_bytes(gan__shape_count(op->out));
        if (filter->spectral) op->workspace_size += gan__op_bytes(filter->weight->count);
    }
    return GAN_OK;
}

/* Multiply-adds of one pass, whichever it is, as the direct sum has them. */
static double filter_products(const gan__filter *filter)
{
    const gan__conv *conv = &filter->conv;
    return (double)conv->n * (double)(conv->oh * conv->ow) * (double)(conv->r * conv->s) *
           (double)conv->c * (double)(conv->k / conv->groups);
}

static void filter_run(gan__op *op, const gan__filter *filter, gan__pass pass, const float *from,
                       const gan__tail *tail, void *workspace, float *to)
{
    const float *panel = filter->spectral ? gan__spectral_panel(op, filter, pass)
                                          : gan__panel_ready(op->context, op->panels[pass]);
    const gan__conv conv = filter_conv(op, filter, pass);
    gan__watch_count(op->context, filter_products(filter));
    if (pass == GAN__FORWARD)
        gan__conv_forward(op->context, &conv, from, panel, tail, workspace, to);
    else
        gan__conv_backward_data(op->context, &conv, from, panel, tail, workspace, to);
}

/* The input as the pass sees it. */
static const float *filter_input(gan__op *op, const gan__filter *filter, gan__pass pass,
                                 void **memory)
{
    if (!filter_pads(filter, pass)) return op->x[0];
    float *padded = gan__op_take(memory, filter_padded_count(filter));
    gan__padding_forward(op->context, filter->padding, op->in[0], op->x[0], padded);
    return padded;
}

void gan__filter_forward(gan__op *op, const gan__filter *filter)
{
    void *memory = op->workspace;
    gan__tail tail = op->tail;
    if (filter->bias && !op->on_tangents) tail.bias = gan__parameter_value(op->layer, filter->bias);
    const float *x = filter_input(op, filter, filter_forward_pass(filter), &memory);
    if (filter->spectral && !op->on_tangents) gan__spectral_forward(op, filter, memory);
    filter_run(op, filter, filter_forward_pass(filter), x, &tail, memory, op->y);
}

static void filter_backward_weights(gan__op *op, const gan__filter *filter, const float *dy,
                                    void *memory)
{
    gan__shape out = op->out;
    bool add = false;
    if (filter->bias && !op->on_tangents) {
        float *bias = gan__gradient_write(op->layer, filter->bias, &add);
        gan__column_sum(op->context, out.n * out.h * out.w, out.c, dy, add, bias);
    }
    float *weight = filter->spectral ? gan__op_take(&memory, filter->weight->count)
                                     : gan__gradient_write(op->layer, filter->weight, &add);
    const gan__conv conv = filter_conv(op, filter, GAN__BACKWARD_WEIGHTS);
    const float *x = filter_input(op, filter, GAN__BACKWARD_WEIGHTS, &memory);
    gan__watch_count(op->context, filter_products(filter));
    gan__conv_backward_weights(op->context, &conv, filter->transposed ? dy : x,
                               filter->transposed ? x : dy, !filter->spectral && add, memory,
                               weight);
    if (filter->spectral) gan__spectral_backward(op, filter, weight, memory);
}

static void filter_backward_data(gan__op *op, const gan__filter *filter, const float *dy,
                                 void *memory)
{
    const gan__tail linear = {.activation = GAN__LINEAR};
    gan__pass pass = filter_backward_pass(filter);
    float *dx = op->dx[0];
    if (filter->padding) dx = gan__op_take(&memory, filter_padded_count(filter));
    filter_run(op, filter, pass, dy, &linear, memory, dx);
    if (filter->padding)
        gan__padding_backward(op->context, filter->padding, op->in[0], dx, op->dx[0]);
}

void gan__filter_backward(gan__op *op, const gan__filter *filter)
{
    void *memory = op->workspace;
    const float *dy = op->dy;
    if (op->tail.activation != GAN__LINEAR) {
        int64_t count = gan__shape_count(op->out);
        float *inner = op->dy_is_free ? (float *)(uintptr_t)dy : gan__op_take(&memory, count);
        gan__activate_backward(op->context, op->tail.activation, op->tail.parameter, count, op->y,
                               dy, inner);
        dy = inner;
    }
    if (op->want_weights) {
        gan__watch watch;
        gan__watch_begin(op->context, &watch, op->layer->kind->kind.name, "weights");
        filter_backward_weights(op, filter, dy, memory);
        gan__watch_end(op->context, &watch);
    }
    if (op->dx[0]) filter_backward_data(op, filter, dy, memory);
}
