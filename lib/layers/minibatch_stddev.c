/* minibatch_stddev: one more channel that tells how much samples differ (Karras et al. 2018,
 * section 3).
 *
 * The batch of n is cut into m = n / group sets; set j has the samples j, j + m, j + 2m, ... With
 * mean and variance (biased) over a set, for each number of a sample,
 *
 *   s_j = the mean over all numbers of sqrt(variance + 1e-8): the new channel of set j's samples
 *
 *   ds_j / dx = (x - mean) / (group * sqrt(variance + 1e-8) * numbers)
 *
 * A batch that is no multiple of the group is refused in training; in evaluation the largest
 * smaller group serves that divides it. */
#include "layers/kinds.h"
#include "layers/tile.h"

#include "base/parallel.h"

#include <inttypes.h>
#include <math.h>

typedef struct minibatch_stddev_values {
    int64_t group;
} minibatch_stddev_values;

static const gan__option minibatch_stddev_options[] = {
    {"group", GAN__OPTION_INTEGER, 0, "4", 1, GAN__MOST_CHANNELS, NULL,
     offsetof(minibatch_stddev_values, group), "samples that are compared; at most the batch"},
};

static gan_status minibatch_stddev_shape(const gan_layer *layer, const gan__shape *in,
                                         int32_t count, gan__shape *out)
{
    (void)layer;
    (void)count;
    *out = in[0];
    out->c++;
    return GAN_OK;
}

typedef struct minibatch_stddev_job {
    const gan__op *op;
    int64_t start, batch; /* of one of the op's groups: its first sample, and how many it has */
    int64_t group;        /* samples of a set */
    int64_t sets;         /* of the batch: the distance of a set's samples */
    int64_t numbers;      /* of a sample of x */
    float *values;        /* for each sample: s, or its gradient */
} minibatch_stddev_job;

static minibatch_stddev_job minibatch_stddev_begin(const gan__op *op, int32_t index)
{
    const gan__shape in = op->in[0];
    minibatch_stddev_job job = {.op = op,
                                .start = op->starts[index],
                                .batch = op->starts[index + 1] - op->starts[index],
                                .numbers = in.h * in.w * in.c,
                                .values = op->workspace};
    const int64_t group = ((const minibatch_stddev_values *)op->layer->options)->group;
    job.group = group < job.batch ? group : job.batch;
    while (job.batch % job.group != 0) job.group--;
    job.sets = job.batch / job.group;
    return job;
}

/* Task by task the sets of every group. */
static void minibatch_stddev_each(const gan__op *op,
                                  void (*task)(void *job, int64_t set, int32_t worker))
{
    for (int32_t i = 0; i < op->groups; i++) {
        minibatch_stddev_job job = minibatch_stddev_begin(op, i);
        gan__parallel_for(op->context, job.sets, task, &job);
    }
}

/* The workspace: one number for each sample. */
static gan_status minibatch_stddev_plan(gan__op *op)
{
    const int64_t group = ((const minibatch_stddev_values *)op->layer->options)->group;
    for (int32_t i = 0; op->training && i < op->groups; i++) {
        const minibatch_stddev_job job = minibatch_stddev_begin(op, i);
        if (group >= job.batch || group == job.group) continue;
        return gan__fail(op->context, GAN_E_SHAPE,
                         "minibatch_stddev: a batch of %" PRId64 " does not make sets of %" PRId64,
                         job.batch, group);
    }
    op->workspace_size = gan__op_bytes(op->in[0].n);
    return GAN_OK;
}

/* Of number i of a set whose first sample is at x: the mean, and the root of the variance. */
static float minibatch_stddev_root(const minibatch_stddev_job *job, const float *x, double *mean)
{
    const int64_t step = job->sets * job->numbers;
    double sum = 0.0, squares = 0.0;
    for (int64_t g = 0; g < job->group; g++) sum += (double)x[g * step];
    *mean = sum / (double)job->group;
    for (int64_t g = 0; g < job->group; g++) {
        double difference = (double)x[g * step] - *mean;
        squares += difference * difference;
    }
    return (float)sqrt(squares / (double)job->group + 1e-8);
}

static void minibatch_stddev_set(void *argument, int64_t set, int32_t worker)
{
    const minibatch_stddev_job *job = argument;
    const int64_t first = job->start + set;
    const float *x = job->op->x[0] + first * job->numbers;
    double sum = 0.0, mean;
    (void)worker;
    for (int64_t i = 0; i < job->numbers; i++)
        sum += (double)minibatch_stddev_root(job, x + i, &mean);
    for (int64_t g = 0; g < job->group; g++)
        job->values[first + g * job->sets] = (float)(sum / (double)job->numbers);
}

static void minibatch_stddev_forward(gan__op *op)
{
    const gan__shape out = op->out;
    gan__channels channels = {.n = out.n, .pixels = out.h * out.w, .c = out.c - 1, .stride = out.c};
    minibatch_stddev_each(op, minibatch_stddev_set);
    gan__channels_put(op->context, &channels, false, op->x[0], op->y);
    channels.first = out.c - 1;
    channels.c = 1;
    gan__channels_put(op->context, &channels, true, op->workspace, op->y);
}

static void minibatch_stddev_set_backward(void *argument, int64_t set, int32_t worker)
{
    const minibatch_stddev_job *job = argument;
    const int64_t first = job->start + set, step = job->sets * job->numbers;
    const float *x = job->op->x[0] + first * job->numbers;
    float *dx = job->op->dx[0] + first * job->numbers;
    double sum = 0.0, mean;
    (void)worker;
    for (int64_t g = 0; g < job->group; g++) sum += (double)job->values[first + g * job->sets];
    sum /= (double)job->group * (double)job->numbers;
    for (int64_t i = 0; i < job->numbers; i++) {
        double factor = sum / (double)minibatch_stddev_root(job, x + i, &mean);
        for (int64_t g = 0; g < job->group; g++)
            dx[i + g * step] += (float)(factor * ((double)x[i + g * step] - mean));
    }
}

static void minibatch_stddev_backward(gan__op *op)
{
    const gan__shape out = op->out;
    gan__channels channels = {.n = out.n, .pixels = out.h * out.w, .c = out.c - 1, .stride = out.c};
    if (!op->dx[0]) return;
    gan__channels_get(op->context, &channels, false, 1.0f, op->dy, op->dx[0]);
    channels.first = out.c - 1;
    channels.c = 1;
    gan__channels_get(op->context, &channels, true, 1.0f, op->dy, op->workspace);
    minibatch_stddev_each(op, minibatch_stddev_set_backward);
}

const gan__layer_kind gan__layer_minibatch_stddev = {
    .kind = {.name = "minibatch_stddev",
             .help = "one more channel: how much the batch's samples differ",
             GAN__OPTIONS(minibatch_stddev_options),
             .size = sizeof(minibatch_stddev_values)},
    .operands = 1,
    .couples = true,
    .shape = minibatch_stddev_shape,
    .plan = minibatch_stddev_plan,
    .forward = minibatch_stddev_forward,
    .backward = minibatch_stddev_backward,
    .tangent_form = GAN__TANGENT_NONE,
    .no_tangent = "it couples the samples of a batch",
};
