/* conv_dense.c: backward_data of dense: x[n][c] = sum over k of y[n][k] * w[c][k].
 *
 * Packing w for this would cost as much as a small batch's product. So w is the broadcast side, as
 * it lies: x^T = w * y^T with y^T packed, and each block is transposed as it is stored. */
#include "compute/conv_plan.h"

#include "base/parallel.h"

enum { TRANSPOSED_ROWS = 48 }; /* of c in a task */

typedef struct transposed_job {
    gan_context *context;
    const gan__kernels *kernels;
    int64_t n, c, k, row_blocks;
    const float *y, *w;
    float *packed; /* [panel of images][k][images of the panel] */
    const gan__tail *tail;
    float *x;
} transposed_job;

size_t gan__dense_scratch(void)
{
    return TRANSPOSED_ROWS * GAN__TILE_COLUMNS * sizeof(float);
}

size_t gan__dense_workspace(const gan__conv *conv)
{
    return (size_t)(conv->n * conv->k) * sizeof(float);
}

/* Task: 256 steps of one panel. */
enum { TRANSPOSED_PACK_STEPS = 256 };
static void transposed_pack(void *argument, int64_t index, int32_t worker)
{
    (void)worker;
    const transposed_job *job = argument;
    int64_t parts = gan__quotient_up(job->k, TRANSPOSED_PACK_STEPS);
    int64_t image = index / parts * job->kernels->product->columns;
    int64_t images = gan__least(job->kernels->product->columns, job->n - image);
    int64_t step = index % parts * TRANSPOSED_PACK_STEPS;
    job->kernels->product->transpose(images, gan__least(TRANSPOSED_PACK_STEPS, job->k - step),
                                     job->y + image * job->k + step, job->k,
                                     job->packed + image * job->k + step * images, images);
}

/* One tile of rows of w, one block of steps. */
static void transposed_multiply(const transposed_job *job, int64_t row, int64_t rows, int64_t image,
                                int64_t step, float *block)
{
    const gan__product_kernels *product = job->kernels->product;
    const float *a[GAN__TILE_ROWS];
    float *c[GAN__TILE_ROWS];
    const int64_t line = 0;
    gan__tile call = {.rows = rows, .lines = 1, .a = a, .b_line = &line, .c = c};
    call.columns = gan__least(product->columns, job->n - image);
    call.steps = gan__least(GAN__CONV_STEPS, job->k - step);
    call.b = job->packed + image * job->k + step * call.columns;
    call.b_step = call.columns;
    call.accumulate = step > 0;
    for (int64_t i = 0; i < rows; i++) {
        a[i] = job->w + (row + i) * job->k + step;
        c[i] = block + i * call.columns;
    }
    product->gather(&call);
}

/* Task: a block of c by a panel of images. */
static void transposed_task(void *argument, int64_t index, int32_t worker)
{
    const transposed_job *job = argument;
    const gan__product_kernels *product = job->kernels->product;
    float *block = gan__scratch_of(job->context, worker);
    int64_t image = index / job->row_blocks * product->columns;
    int64_t images = gan__least(product->columns, job->n - image);
    int64_t first = index % job->row_blocks * TRANSPOSED_ROWS;
    int64_t rows = gan__least(TRANSPOSED_ROWS, job->c - first);
    for (int64_t step = 0; step < job->k; step += GAN__CONV_STEPS) {
        for (int64_t i = 0; i < rows; i += product->rows) {
            transposed_multiply(job, first + i, gan__least(product->rows, rows - i), image, step,
                                block + i * images);
        }
    }
    float *x = job->x + image * job->c + first;
    product->transpose(rows, images, block, images, x, job->c);
    if (gan__tail_is_empty(job->tail)) return;
    for (int64_t i = 0; i < images; i++)
        gan__tail_apply(job->kernels, job->tail, first, rows, x + i * job->c);
}

void gan__dense_run(gan_context *context, const gan__conv_run *run)
{
    const gan__conv *conv = run->conv;
    transposed_job job = {.context = context,
                          .kernels = gan__kernels_of(context),
                          .n = conv->n,
                          .c = conv->c,
                          .k = conv->k,
                          .row_blocks = gan__quotient_up(conv->c, TRANSPOSED_ROWS),
                          .y = run->in,
                          .w = run->panel,
                          .packed = run->workspace,
                          .tail = run->tail,
                          .x = run->out};
    int64_t panels = gan__quotient_up(job.n, job.kernels->product->columns);
    gan__parallel_for(context, panels * gan__quotient_up(job.k, TRANSPOSED_PACK_STEPS),
                      transposed_pack, &job);
    gan__parallel_for(context, panels * job.row_blocks, transposed_task, &job);
}
