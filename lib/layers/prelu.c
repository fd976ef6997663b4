/* prelu: y = x > 0 ? x : a * x, a trained: one for the layer, or one for each channel (He et al.
 * 2015). da = sum of dy * x over all x <= 0. */
#include "layers/kinds.h"

#include "base/parallel.h"
#include "compute/pointwise.h"
#include "compute/reduce.h"

typedef struct prelu_values {
    double slope;
    int32_t per_channel;
} prelu_values;

static const gan__option prelu_options[] = {
    {"slope", GAN__OPTION_REAL, GAN__POSITIONAL, "0.25", -1e6, 1e6, NULL,
     offsetof(prelu_values, slope), "of the line below 0, to start with"},
    {"per_channel", GAN__OPTION_BOOLEAN, 0, "no", 0, 0, NULL, offsetof(prelu_values, per_channel),
     "a slope for each channel"},
};

static gan_status prelu_declare(gan_layer *layer, const gan__shape *in, int32_t count)
{
    const prelu_values *values = layer->options;
    const int64_t slopes = values->per_channel ? in[0].c : 1;
    gan__parameter *weight = gan__layer_declare(layer, "weight", true, 1, &slopes);
    (void)count;
    if (!weight) return GAN_E_MEMORY;
    weight->least = weight->most = (float)values->slope;
    return GAN_OK;
}

/* The workspace: the terms of da. */
static gan_status prelu_plan(gan__op *op)
{
    if (op->backward) op->workspace_size = gan__op_bytes(gan__shape_count(op->out));
    return GAN_OK;
}

typedef struct prelu_job {
    const float *x, *slope, *dy; /* slope: of each channel */
    const float *from;           /* x; dy for dx; a tangent of x for the terms of its da */
    float *to;                   /* y, dx or the terms of da */
    int64_t c, count;
} prelu_job;

/* The end of the pixels of task `index`, and their first one. */
static int64_t prelu_part(const prelu_job *job, int64_t index, int64_t *first)
{
    const int64_t pixels = GAN__CHUNK / job->c + 1, all = job->count / job->c;
    *first = index * pixels;
    return *first + pixels < all ? *first + pixels : all;
}

/* The loops below have no branch, so that compilers make vectors of them. */
static void prelu_channels(void *argument, int64_t index, int32_t worker)
{
    const prelu_job *job = argument;
    const int64_t c = job->c;
    int64_t p, end = prelu_part(job, index, &p);
    (void)worker;
    for (; p < end; p++) {
        const float *x = job->x + p * c, *from = job->from + p * c, *slope = job->slope;
        float *restrict to = job->to + p * c;
        for (int64_t k = 0; k < c; k++) {
            const float below = slope[k] * from[k];
            to[k] = x[k] > 0.0f ? from[k] : below;
        }
    }
}

static void prelu_terms(void *argument, int64_t index, int32_t worker)
{
    const prelu_job *job = argument;
    int64_t first, end = prelu_part(job, index, &first) * job->c;
    float *restrict to = job->to;
    (void)worker;
    for (int64_t i = first * job->c; i < end; i++) {
        const float term = job->from[i] * job->dy[i];
        to[i] = job->x[i] > 0.0f ? 0.0f : term;
    }
}

static void prelu_run(gan__op *op, gan__task *task, const float *from, const float *dy, float *to)
{
    prelu_job job = {.x = op->x[0],
                     .slope = gan__parameter_value(op->layer, &op->layer->parameters[0]),
                     .dy = dy,
                     .from = from,
                     .to = to,
                     .c = op->out.c,
                     .count = gan__shape_count(op->out)};
    const int64_t pixels = GAN__CHUNK / job.c + 1, all = job.count / job.c;
    gan__parallel_for(op->context, (all + pixels - 1) / pixels, task, &job);
}

static bool prelu_per_channel(const gan__op *op)
{
    return ((const prelu_values *)op->layer->options)->per_channel;
}

static void prelu_forward(gan__op *op)
{
    const float *slope = gan__parameter_value(op->layer, &op->layer->parameters[0]);
    if (prelu_per_channel(op)) {
        prelu_run(op, prelu_channels, op->x[0], NULL, op->y);
    } else {
        gan__activate(op->context, GAN__LEAKY_RELU, *slope, gan__shape_count(op->out), op->x[0],
                      op->y);
    }
}

/* da = sum of dy * from over all x <= 0 */
static void prelu_weigh(gan__op *op, const float *from, const float *dy)
{
    const gan__parameter *weight = &op->layer->parameters[0];
    const int64_t count = gan__shape_count(op->out), c = op->out.c;
    prelu_run(op, prelu_terms, from, dy, op->workspace);
    if (prelu_per_channel(op)) {
        bool add;
        float *gradient = gan__gradient_write(op->layer, weight, &add);
        gan__column_sum(op->context, count / c, c, op->workspace, add, gradient);
    } else {
        *gan__gradient_add(op->layer, weight) += (float)gan__sum(op->context, count, op->workspace);
    }
}

static void prelu_backward(gan__op *op)
{
    const gan__parameter *weight = &op->layer->parameters[0];
    const float *slope = gan__parameter_value(op->layer, weight);
    const int64_t count = gan__shape_count(op->out);
    if (op->dx[0] && prelu_per_channel(op)) {
        prelu_run(op, prelu_channels, op->dy, NULL, op->dx[0]);
    } else if (op->dx[0]) {
        gan__activate_backward(op->context, GAN__LEAKY_RELU, *slope, count, op->x[0], op->dy,
                               op->dx[0]);
    }
    if (op->want_weights) prelu_weigh(op, op->x[0], op->dy);
}

static void prelu_bend(gan__op *op)
{
    if (op->want_weights) prelu_weigh(op, op->tangent.x[0], op->tangent.dy);
}

const gan__layer_kind gan__layer_prelu = {
    .kind = {.name = "prelu",
             .help = "x above 0, a trained slope times x below",
             GAN__OPTIONS(prelu_options),
             .size = sizeof(prelu_values)},
    .operands = 1,
    .shape = gan__shape_same,
    .declare = prelu_declare,
    .plan = prelu_plan,
    .forward = prelu_forward,
    .backward = prelu_backward,
    .tangent_form = GAN__TANGENT_SYMMETRIC,
    .bend = prelu_bend,
    .straight = true,
};
