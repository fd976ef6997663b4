/* pointwise.c: cuts arrays into chunks and calls the tier's kernel for each. */
#include "compute/pointwise.h"

#include "base/parallel.h"
#include "kernels/kernels.h"

#include <string.h>

/* Elements of one task: below this an array stays on one thread. */
enum { POINTWISE_CHUNK = 16384 };

/* One call, cut into chunks of `length` elements (of whole rows for softmax). Each task uses the
 * fields that its operation has. */
typedef struct pointwise_job {
    const gan__vector_kernels *kernels;
    gan__map_kernel *map;
    gan__slope_kernel *slope;
    gan__bend_kernel *bend;
    gan__binary_kernel *binary;
    gan__two_kernel *two;
    const float *a, *b, *t;
    float *y;
    int64_t count, length, columns;
    float alpha, beta;
    bool add;
} pointwise_job;

static void pointwise_run(gan_context *context, gan__task *task, pointwise_job *job)
{
    job->kernels = gan__kernels_of(context)->vector;
    if (job->length == 0) job->length = POINTWISE_CHUNK;
    gan__parallel_for(context, (job->count + job->length - 1) / job->length, task, job);
}

static int64_t pointwise_length(const pointwise_job *job, int64_t start)
{
    int64_t left = job->count - start;
    return left < job->length ? left : job->length;
}

static void pointwise_map_task(void *argument, int64_t index, int32_t worker)
{
    const pointwise_job *job = argument;
    const int64_t at = index * job->length;
    (void)worker;
    job->map(pointwise_length(job, at), job->a + at, job->alpha, job->y + at);
}

static void pointwise_slope_task(void *argument, int64_t index, int32_t worker)
{
    const pointwise_job *job = argument;
    const int64_t at = index * job->length;
    (void)worker;
    job->slope(pointwise_length(job, at), job->a + at, job->b + at, job->alpha, job->y + at);
}

static void pointwise_bend_task(void *argument, int64_t index, int32_t worker)
{
    const pointwise_job *job = argument;
    const int64_t at = index * job->length;
    (void)worker;
    job->bend(pointwise_length(job, at), job->a + at, job->t + at, job->b + at, job->alpha,
              job->add, job->y + at);
}

static void pointwise_binary_task(void *argument, int64_t index, int32_t worker)
{
    const pointwise_job *job = argument;
    const int64_t at = index * job->length;
    (void)worker;
    job->binary(pointwise_length(job, at), job->a + at, job->b + at, job->y + at);
}

static void pointwise_fill_task(void *argument, int64_t index, int32_t worker)
{
    const pointwise_job *job = argument;
    const int64_t at = index * job->length;
    (void)worker;
    job->kernels->fill(pointwise_length(job, at), job->alpha, job->y + at);
}

static void pointwise_copy_task(void *argument, int64_t index, int32_t worker)
{
    const pointwise_job *job = argument;
    const int64_t at = index * job->length;
    (void)worker;
    memcpy(job->y + at, job->a + at, (size_t)pointwise_length(job, at) * sizeof *job->y);
}

static void pointwise_combine_task(void *argument, int64_t index, int32_t worker)
{
    const pointwise_job *job = argument;
    const int64_t at = index * job->length;
    (void)worker;
    job->kernels->combine(pointwise_length(job, at), job->alpha, job->a + at, job->beta,
                          job->y + at);
}

static void pointwise_two_task(void *argument, int64_t index, int32_t worker)
{
    const pointwise_job *job = argument;
    const int64_t at = index * job->length;
    (void)worker;
    job->two(pointwise_length(job, at), job->a + at, job->alpha, job->beta, job->y + at);
}

static void pointwise_clamp_slope_task(void *argument, int64_t index, int32_t worker)
{
    const pointwise_job *job = argument;
    const int64_t at = index * job->length;
    (void)worker;
    job->kernels->clamp_slope(pointwise_length(job, at), job->a + at, job->b + at, job->alpha,
                              job->beta, job->y + at);
}

bool gan__activation_uses_output(gan__activation activation, float parameter)
{
    switch (activation) {
    case GAN__LEAKY_RELU: return parameter >= 0;
    case GAN__ELU:
    case GAN__SILU:
    case GAN__GELU: return false;
    default: return true;
    }
}

bool gan__activation_fuses(gan__activation activation, float parameter, bool backward)
{
    if (backward) return gan__activation_uses_output(activation, parameter);
    return activation <= GAN__ELU;
}

void gan__activate(gan_context *context, gan__activation activation, float parameter, int64_t count,
                   const float *x, float *y)
{
    pointwise_job job = {.a = x, .y = y, .count = count, .alpha = parameter};
    if (activation == GAN__LINEAR && x == y) return;
    job.map = gan__kernels_of(context)->vector->activate[activation];
    pointwise_run(context, pointwise_map_task, &job);
}

void gan__activate_backward(gan_context *context, gan__activation activation, float parameter,
                            int64_t count, const float *v, const float *dy, float *dx)
{
    pointwise_job job = {.a = v, .b = dy, .y = dx, .count = count, .alpha = parameter};
    const gan__vector_kernels *kernels = gan__kernels_of(context)->vector;
    bool output = gan__activation_uses_output(activation, parameter);
    job.slope = output ? kernels->slope_output[activation] : kernels->slope_input[activation];
    pointwise_run(context, pointwise_slope_task, &job);
}

bool gan__activation_is_straight(gan_context *context, gan__activation activation)
{
    return !gan__kernels_of(context)->vector->bend[activation];
}

void gan__activate_bend(gan_context *context, gan__activation activation, float parameter,
                        int64_t count, const gan__bend *of)
{
    pointwise_job job = {.a = of->v,
                         .b = of->dy,
                         .t = of->t,
                         .y = of->dx,
                         .count = count,
                         .alpha = parameter,
                         .add = of->add};
    job.bend = gan__kernels_of(context)->vector->bend[activation];
    pointwise_run(context, pointwise_bend_task, &job);
}

void gan__fill(gan_context *context, int64_t count, float value, float *y)
{
    pointwise_job job = {.y = y, .count = count, .alpha = value};
    pointwise_run(context, pointwise_fill_task, &job);
}

void gan__copy(gan_context *context, int64_t count, const float *x, float *y)
{
    pointwise_job job = {.a = x, .y = y, .count = count};
    if (x != y) pointwise_run(context, pointwise_copy_task, &job);
}

void gan__add(gan_context *context, int64_t count, const float *a, const float *b, float *y)
{
    pointwise_job job = {.a = a, .b = b, .y = y, .count = count};
    job.binary = gan__kernels_of(context)->vector->add;
    pointwise_run(context, pointwise_binary_task, &job);
}

void gan__multiply(gan_context *context, int64_t count, const float *a, const float *b, float *y)
{
    pointwise_job job = {.a = a, .b = b, .y = y, .count = count};
    job.binary = gan__kernels_of(context)->vector->multiply;
    pointwise_run(context, pointwise_binary_task, &job);
}

void gan__combine(gan_context *context, int64_t count, float alpha, const float *x, float beta,
                  float *y)
{
    pointwise_job job = {.a = x, .y = y, .count = count, .alpha = alpha, .beta = beta};
    pointwise_run(context, pointwise_combine_task, &job);
}

void gan__affine(gan_context *context, int64_t count, const float *x, float scale, float shift,
                 float *y)
{
    pointwise_job job = {.a = x, .y = y, .count = count, .alpha = scale, .beta = shift};
    job.two = gan__kernels_of(context)->vector->affine;
    pointwise_run(context, pointwise_two_task, &job);
}

void gan__clamp(gan_context *context, int64_t count, const float *x, float least, float most,
                float *y)
{
    pointwise_job job = {.a = x, .y = y, .count = count, .alpha = least, .beta = most};
    job.two = gan__kernels_of(context)->vector->clamp;
    pointwise_run(context, pointwise_two_task, &job);
}

void gan__clamp_backward(gan_context *context, int64_t count, const float *x, const float *dy,
                         float least, float most, float *dx)
{
    pointwise_job job = {.a = x, .b = dy, .y = dx, .count = count, .alpha = least, .beta = most};
    pointwise_run(context, pointwise_clamp_slope_task, &job);
}

void gan__map(gan_context *context, gan__function function, int64_t count, const float *x, float *y)
{
    pointwise_job job = {.a = x, .y = y, .count = count};
    job.map = gan__kernels_of(context)->vector->function[function];
    pointwise_run(context, pointwise_map_task, &job);
}

void gan__square_backward(gan_context *context, int64_t count, const float *x, const float *dy,
                          float *dx)
{
    pointwise_job job = {.a = x, .b = dy, .y = dx, .count = count};
    job.slope = gan__kernels_of(context)->vector->square_slope;
    pointwise_run(context, pointwise_slope_task, &job);
}

void gan__sqrt_backward(gan_context *context, int64_t count, const float *y, const float *dy,
                        float *dx)
{
    pointwise_job job = {.a = y, .b = dy, .y = dx, .count = count};
    job.slope = gan__kernels_of(context)->vector->sqrt_slope;
    pointwise_run(context, pointwise_slope_task, &job);
}

static void pointwise_softmax_task(void *argument, int64_t index, int32_t worker)
{
    const pointwise_job *job = argument;
    const int64_t start = index * job->length;
    const int64_t end = start + pointwise_length(job, start);
    (void)worker;
    for (int64_t row = start; row < end; row++) {
        const int64_t at = row * job->columns;
        if (job->t)
            job->kernels->softmax_bend(job->columns, job->a + at, job->t + at, job->b + at,
                                       job->y + at);
        else if (job->b)
            job->kernels->softmax_backward(job->columns, job->a + at, job->b + at, job->y + at);
        else
            job->kernels->softmax(job->columns, job->a + at, job->y + at);
    }
}

static void pointwise_softmax(gan_context *context, pointwise_job *job)
{
    if (job->columns == 0) return;
    job->length = (POINTWISE_CHUNK + job->columns - 1) / job->columns;
    pointwise_run(context, pointwise_softmax_task, job);
}

void gan__softmax(gan_context *context, int64_t rows, int64_t columns, const float *x, float *y)
{
    pointwise_job job = {.a = x, .y = y, .count = rows, .columns = columns};
    pointwise_softmax(context, &job);
}

void gan__softmax_backward(gan_context *context, int64_t rows, int64_t columns, const float *y,
                           const float *dy, float *dx)
{
    pointwise_job job = {.a = y, .b = dy, .y = dx, .count = rows, .columns = columns};
    pointwise_softmax(context, &job);
}

void gan__softmax_bend(gan_context *context, int64_t rows, int64_t columns, const float *y,
                       const float *t, const float *dy, float *dx)
{
    pointwise_job job = {.a = y, .b = dy, .t = t, .y = dx, .count = rows, .columns = columns};
    pointwise_softmax(context, &job);
}
