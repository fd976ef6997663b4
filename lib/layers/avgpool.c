/* avgpool: y[i][j] = the mean over r, s of x[i*stride - top + r][j*stride - left + s]; with
 * count_pad the zeros around the picture count as well. */
#include "layers/pooling.h"

#include "base/parallel.h"

#include <string.h>

static const gan__option avgpool_options[] = {
    GAN__POOL_OPTIONS,
    {"count_pad", GAN__OPTION_BOOLEAN, 0, "yes", 0, 0, NULL,
     offsetof(gan__pooling_values, count_pad), "whether the mean counts the padding's zeros"},
};

typedef struct avgpool_job {
    const gan__pooling_values *values;
    gan__shape in, out;
    const float *from;
    float *to;
} avgpool_job;

static float avgpool_share(const avgpool_job *job, const gan__window *window)
{
    int64_t all = job->values->kernel[0] * job->values->kernel[1];
    int64_t inside = (window->bottom - window->top) * (window->right - window->left);
    return 1.0f / (float)(job->values->count_pad ? all : inside);
}

/* One row of y. */
static void avgpool_row(void *argument, int64_t index, int32_t worker)
{
    const avgpool_job *job = argument;
    const int64_t c = job->in.c, n = index / job->out.h, i = index % job->out.h;
    float *y = job->to + index * job->out.w * c;
    (void)worker;
    for (int64_t j = 0; j < job->out.w; j++, y += c) {
        const gan__window window = gan__pooling_window(job->values, job->in, i, j);
        const float share = avgpool_share(job, &window);
        for (int64_t k = 0; k < c; k++) y[k] = 0.0f;
        for (int64_t p = window.top; p < window.bottom; p++) {
            const float *x = job->from + ((n * job->in.h + p) * job->in.w + window.left) * c;
            for (int64_t q = window.left; q < window.right; q++, x += c)
                for (int64_t k = 0; k < c; k++) y[k] += x[k];
        }
        for (int64_t k = 0; k < c; k++) y[k] *= share;
    }
}

/* One row of dx: gathers from the windows that reach it, in their order. */
static void avgpool_row_backward(void *argument, int64_t index, int32_t worker)
{
    const avgpool_job *job = argument;
    const int64_t c = job->in.c, n = index / job->in.h, row = index % job->in.h;
    float *dx = job->to + index * job->in.w * c;
    (void)worker;
    memset(dx, 0, (size_t)(job->in.w * c) * sizeof *dx);
    for (int64_t i = 0; i < job->out.h; i++) {
        const float *dy = job->from + (n * job->out.h + i) * job->out.w * c;
        for (int64_t j = 0; j < job->out.w; j++, dy += c) {
            const gan__window window = gan__pooling_window(job->values, job->in, i, j);
            if (row < window.top || row >= window.bottom) break;
            const float share = avgpool_share(job, &window);
            for (int64_t q = window.left * c; q < window.right * c; q += c)
                for (int64_t k = 0; k < c; k++) dx[q + k] += share * dy[k];
        }
    }
}

static void avgpool_forward(gan__op *op)
{
    avgpool_job job = {op->layer->options, op->in[0], op->out, op->x[0], op->y};
    gan__parallel_for(op->context, op->out.n * op->out.h, avgpool_row, &job);
}

static void avgpool_backward(gan__op *op)
{
    if (!op->dx[0]) return;
    avgpool_job job = {op->layer->options, op->in[0], op->out, op->dy, op->dx[0]};
    gan__parallel_for(op->context, op->in[0].n * op->in[0].h, avgpool_row_backward, &job);
}

const gan__layer_kind gan__layer_avgpool = {
    .kind = {.name = "avgpool",
             .help = "the mean over a window",
             GAN__OPTIONS(avgpool_options),
             .size = sizeof(gan__pooling_values),
             .check = gan__pooling_check},
    .operands = 1,
    .shape = gan__pooling_shape,
    .forward = avgpool_forward,
    .backward = avgpool_backward,
    .tangent_form = GAN__TANGENT_LINEAR,
};
