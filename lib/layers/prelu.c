/* prelu: y = x > 0 ? x : a * x, a trained: one for the layer, or one for each channel (He et al.
 * 2015). da = sum of dy * x over all x <= 0. */
#include "layers/kinds.h"

#include "base/parallel.h"
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
    const float *x, *slope, *dy; /* dy NULL: forward */
    float *to, *terms;           /* y or dx; terms of da; both NULL where not wanted */
    int64_t c, step, count;      /* step from channel to channel in slope: 0 or 1 */
} prelu_job;

/* One pixel. */
static void prelu_pixel(const prelu_job *job, int64_t first)
{
    const float *x = job->x + first;
    for (int64_t i = 0; i < job->c; i++) {
        float factor = x[i] > 0.0f ? 1.0f : job->slope[i * job->step];
        if (job->to) job->to[first + i] = factor * (job->dy ? job->dy[first + i] : x[i]);
        if (job->terms) job->terms[first + i] = x[i] > 0.0f ? 0.0f : x[i] * job->dy[first + i];
    }
}

static void prelu_chunk(void *argument, int64_t index, int32_t worker)
{
    const prelu_job *job = argument;
    const int64_t pixels = GAN__CHUNK / job->c + 1, first = index * pixels;
    const int64_t all = job->count / job->c, end = first + pixels < all ? first + pixels : all;
    (void)worker;
    for (int64_t p = first; p < end; p++) prelu_pixel(job, p * job->c);
}

static prelu_job prelu_begin(const gan__op *op)
{
    const prelu_values *values = op->layer->options;
    return (prelu_job){.x = op->x[0],
                       .slope = gan__parameter_value(op->layer, &op->layer->parameters[0]),
                       .c = op->out.c,
                       .step = values->per_channel ? 1 : 0,
                       .count = gan__shape_count(op->out)};
}

static void prelu_run(gan__op *op, prelu_job *job)
{
    const int64_t pixels = GAN__CHUNK / job->c + 1, all = job->count / job->c;
    gan__parallel_for(op->context, (all + pixels - 1) / pixels, prelu_chunk, job);
}

static void prelu_forward(gan__op *op)
{
    prelu_job job = prelu_begin(op);
    job.to = op->y;
    prelu_run(op, &job);
}

static void prelu_backward(gan__op *op)
{
    const gan__parameter *weight = &op->layer->parameters[0];
    prelu_job job = prelu_begin(op);
    job.dy = op->dy;
    job.to = op->dx[0];
    job.terms = op->want_weights ? op->workspace : NULL;
    prelu_run(op, &job);
    if (!op->want_weights) return;
    if (job.step == 1) {
        bool add;
        float *gradient = gan__gradient_write(op->layer, weight, &add);
        gan__column_sum(op->context, job.count / job.c, job.c, job.terms, add, gradient);
    } else {
        *gan__gradient_add(op->layer, weight) += (float)gan__sum(op->context, job.count, job.terms);
    }
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
};
