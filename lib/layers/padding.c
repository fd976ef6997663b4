/* padding.c: rows and columns around a picture, y[i][j] = x[source(i)][source(j)], and the
 * gradient: each row adds to the row that it shows. */
#include "layers/padding.h"
#include "base/parallel.h"
#include "compute/convolution.h"
#include "kernels/kernels.h"

#include <inttypes.h>
#include <string.h>

gan__shape gan__padding_shape(const gan__padding *padding, gan__shape in)
{
    if (in.h >= 0) in.h += padding->top + padding->bottom;
    if (in.w >= 0) in.w += padding->left + padding->right;
    return in;
}

gan_status gan__padding_check(const gan_layer *layer, const gan__padding *padding, gan__shape in)
{
    if (padding->mode != GAN__PAD_REFLECT) return GAN_OK;
    int64_t rows = padding->top > padding->bottom ? padding->top : padding->bottom;
    int64_t columns = padding->left > padding->right ? padding->left : padding->right;
    if ((in.h < 0 || rows < in.h) && (in.w < 0 || columns < in.w)) return GAN_OK;
    return gan__fail(layer->object.context, GAN_E_SHAPE,
                     "%s: a picture of %" PRId64 "x%" PRId64 " cannot be reflected by %" PRId64
                     "x%" PRId64,
                     layer->kind->kind.name, in.h, in.w, rows, columns);
}

/* Which of `size` places the padded place `i` shows; -1: a zero. */
static int64_t padding_source(int32_t mode, int64_t i, int64_t before, int64_t size)
{
    int64_t place = i - before;
    if (place >= 0 && place < size) return place;
    if (mode == GAN__PAD_ZERO) return -1;
    return gan__frame_place(i, before, size, mode == GAN__PAD_REFLECT);
}

typedef struct padding_job {
    const gan__padding *padding;
    const gan__vector_kernels *kernels;
    gan__shape in, out;
    const float *from;
    float *to;
} padding_job;

/* Padded pixels [first, end) of a row. */
static void padding_pixels(const padding_job *job, const float *from, int64_t first, int64_t end,
                           float *to)
{
    const gan__padding *padding = job->padding;
    const int64_t c = job->in.c;
    const size_t pixel = (size_t)c * sizeof(float);
    for (int64_t j = first; j < end; j++) {
        int64_t column = padding_source(padding->mode, j, padding->left, job->in.w);
        if (column < 0)
            memset(to + j * c, 0, pixel);
        else
            memcpy(to + j * c, from + column * c, pixel);
    }
}

static void padding_row(void *argument, int64_t index, int32_t worker)
{
    const padding_job *job = argument;
    const gan__padding *padding = job->padding;
    const int64_t c = job->in.c, n = index / job->out.h, left = padding->left;
    int64_t row = padding_source(padding->mode, index % job->out.h, padding->top, job->in.h);
    float *to = job->to + index * job->out.w * c;
    (void)worker;
    if (row < 0) {
        memset(to, 0, (size_t)(job->out.w * c) * sizeof(float));
        return;
    }
    const float *from = job->from + (n * job->in.h + row) * job->in.w * c;
    padding_pixels(job, from, 0, left, to);
    memcpy(to + left * c, from, (size_t)(job->in.w * c) * sizeof(float));
    padding_pixels(job, from, left + job->in.w, job->out.w, to);
}

/* Adds padded pixels [first, end) of a row to those that they show. */
static void padding_fold_pixels(const padding_job *job, const float *from, int64_t first,
                                int64_t end, float *to)
{
    const gan__padding *padding = job->padding;
    const int64_t c = job->in.c;
    for (int64_t j = first; j < end; j++) {
        int64_t column = padding_source(padding->mode, j, padding->left, job->in.w);
        for (int64_t k = 0; k < c && column >= 0; k++) to[column * c + k] += from[j * c + k];
    }
}

/* Adds one padded row to the row that it shows. */
static void padding_fold(const padding_job *job, const float *from, float *to)
{
    const int64_t left = job->padding->left, inside = job->in.w * job->in.c;
    padding_fold_pixels(job, from, 0, left, to);
    job->kernels->add(inside, to, from + left * job->in.c, to);
    padding_fold_pixels(job, from, left + job->in.w, job->out.w, to);
}

static void padding_row_backward(void *argument, int64_t index, int32_t worker)
{
    const padding_job *job = argument;
    const gan__padding *padding = job->padding;
    const int64_t row = index % job->in.h, n = index / job->in.h;
    const int64_t line = job->out.w * job->in.c;
    float *to = job->to + index * job->in.w * job->in.c;
    (void)worker;
    memset(to, 0, (size_t)(job->in.w * job->in.c) * sizeof(float));
    for (int64_t i = 0; i < job->out.h; i++) {
        if (padding_source(padding->mode, i, padding->top, job->in.h) != row) continue;
        padding_fold(job, job->from + (n * job->out.h + i) * line, to);
    }
}

void gan__padding_forward(gan_context *context, const gan__padding *padding, gan__shape in,
                          const float *x, float *y)
{
    const gan__vector_kernels *kernels = gan__kernels_of(context)->vector;
    padding_job job = {padding, kernels, in, gan__padding_shape(padding, in), x, y};
    gan__parallel_for(context, job.out.n * job.out.h, padding_row, &job);
}

void gan__padding_backward(gan_context *context, const gan__padding *padding, gan__shape in,
                           const float *dy, float *dx)
{
    const gan__vector_kernels *kernels = gan__kernels_of(context)->vector;
    padding_job job = {padding, kernels, in, gan__padding_shape(padding, in), dy, dx};
    gan__parallel_for(context, in.n * in.h, padding_row_backward, &job);
}
