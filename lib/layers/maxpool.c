/* maxpool: y[i][j] = the largest over r, s of x[i*stride - top + r][j*stride - left + s] inside the
 * picture, the first one of equals; NaN is larger than all. */
#include "layers/pooling.h"

#include "base/parallel.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static const gan__option maxpool_options[] = {GAN__POOL_OPTIONS};

typedef struct maxpool_job {
    const gan__pooling_values *values;
    gan__shape in, out;
    const float *from;
    float *to;
    int32_t *place; /* the pixel of x that each element of y came from */
} maxpool_job;

static gan_status maxpool_plan(gan__op *op)
{
    const gan__shape in = op->in[0];
    if (in.h * in.w > INT32_MAX) {
        char text[88];
        return gan__fail(op->context, GAN_E_SHAPE, "maxpool: a picture of %s is too large",
                         gan__shape_print(in, text));
    }
    op->state_size = gan__op_bytes(gan__shape_count(op->out));
    return GAN_OK;
}

/* One output pixel; the window lies somewhere in the picture, since pads are at most half of it.
 * Without a branch and with `restrict`, so that compilers make vectors of it. */
static void maxpool_window(const maxpool_job *job, const float *picture, const gan__window *window,
                           float *restrict y, int32_t *restrict place)
{
    const int64_t c = job->in.c;
    for (int64_t k = 0; k < c; k++) {
        y[k] = -INFINITY;
        place[k] = (int32_t)(window->top * job->in.w + window->left);
    }
    for (int64_t p = window->top; p < window->bottom; p++) {
        for (int64_t q = window->left; q < window->right; q++) {
            const int64_t pixel = p * job->in.w + q;
            const float *x = picture + pixel * c;
            for (int64_t k = 0; k < c; k++) {
                const float value = x[k], old = y[k];
                const int take = (value > old) | (value != value);
                y[k] = take ? value : old;
                place[k] = take ? (int32_t)pixel : place[k];
            }
        }
    }
}

static void maxpool_row(void *argument, int64_t index, int32_t worker)
{
    const maxpool_job *job = argument;
    const int64_t c = job->in.c, n = index / job->out.h, i = index % job->out.h;
    const float *picture = job->from + n * job->in.h * job->in.w * c;
    (void)worker;
    for (int64_t j = 0; j < job->out.w; j++) {
        const gan__window window = gan__pooling_window(job->values, job->in, i, j);
        const int64_t first = (index * job->out.w + j) * c;
        maxpool_window(job, picture, &window, job->to + first, job->place + first);
    }
}

/* One sample. */
static void maxpool_scatter(void *argument, int64_t n, int32_t worker)
{
    const maxpool_job *job = argument;
    const int64_t c = job->in.c, pixels = job->out.h * job->out.w;
    const int64_t size = job->in.h * job->in.w * c;
    float *dx = job->to + n * size;
    (void)worker;
    memset(dx, 0, (size_t)size * sizeof *dx);
    for (int64_t p = n * pixels; p < (n + 1) * pixels; p++) {
        const float *dy = job->from + p * c;
        for (int64_t k = 0; k < c; k++) dx[job->place[p * c + k] * c + k] += dy[k];
    }
}

/* One sample of y': what t has where y was found in x. */
static void maxpool_gather(void *argument, int64_t n, int32_t worker)
{
    const maxpool_job *job = argument;
    const int64_t c = job->in.c, pixels = job->out.h * job->out.w;
    const float *t = job->from + n * job->in.h * job->in.w * c;
    (void)worker;
    for (int64_t p = n * pixels; p < (n + 1) * pixels; p++)
        for (int64_t k = p * c; k < (p + 1) * c; k++) job->to[k] = t[job->place[k] * c + k - p * c];
}

static void maxpool_forward(gan__op *op)
{
    maxpool_job job = {op->layer->options, op->in[0], op->out, op->x[0], op->y, op->state};
    gan__parallel_for(op->context, op->out.n * op->out.h, maxpool_row, &job);
}

static void maxpool_backward(gan__op *op)
{
    if (!op->dx[0]) return;
    maxpool_job job = {op->layer->options, op->in[0], op->out, op->dy, op->dx[0], op->state};
    gan__parallel_for(op->context, op->in[0].n, maxpool_scatter, &job);
}

static void maxpool_tangent(gan__op *op)
{
    maxpool_job job = {op->layer->options, op->in[0],     op->out,
                       op->tangent.x[0],   op->tangent.y, op->state};
    gan__parallel_for(op->context, op->in[0].n, maxpool_gather, &job);
}

const gan__layer_kind gan__layer_maxpool = {
    .kind = {.name = "maxpool",
             .help = "the largest number in a window",
             GAN__OPTIONS(maxpool_options),
             .size = sizeof(gan__pooling_values),
             .check = gan__pooling_check},
    .operands = 1,
    .shape = gan__pooling_shape,
    .plan = maxpool_plan,
    .forward = maxpool_forward,
    .backward = maxpool_backward,
    .tangent_form = GAN__TANGENT_OWN,
    .tangent = maxpool_tangent,
};
