/* conv_few.c: forward of dense with a few pictures: y[n][k] = sum over c of x[n][c] * w[c][k].
 *
 * Hardly anything is computed with a weight, so that the time is that of reading w. Tiles would
 * read it in narrow columns; here rows of it are read as they lie, some at a time, and added to
 * rows of y that stay near. The sums are the chains of conv_gather.c. */
#include "compute/conv_plan.h"

#include "base/parallel.h"

enum {
    FEW_ROWS = 4, /* pictures, at most */
    FEW_COLUMNS =
        1024, /* of a task, at most: w's rows of one pass are a fraction of a level-2 cache */
    FEW_LEAST = 64
};

typedef struct few_job {
    const gan__kernels *kernels;
    int64_t n, c, k, task_columns;
    const float *x, *w;
    const gan__tail *tail;
    float *y;
} few_job;

bool gan__conv_is_few(const gan__conv *conv, gan__pass pass)
{
    return pass == GAN__FORWARD && gan__conv_is_dense(conv) && gan__conv_is_direct(conv, pass) &&
           conv->n <= FEW_ROWS;
}

/* Task: some columns. */
static void few_task(void *argument, int64_t index, int32_t worker)
{
    (void)worker;
    const few_job *job = argument;
    const gan__vector_kernels *vector = job->kernels->vector;
    const int64_t first = index * job->task_columns, k = job->k;
    const int64_t count = gan__least(job->task_columns, k - first);
    for (int64_t i = 0; i < job->n; i++) vector->fill(count, 0, job->y + i * k + first);
    for (int64_t c = 0; c < job->c; c += GAN__ROW_STEPS) {
        const int64_t steps = gan__least(GAN__ROW_STEPS, job->c - c);
        const float *w = job->w + c * k + first;
        for (int64_t i = 0; i < job->n; i++)
            vector->add_rows(steps, count, job->x + i * job->c + c, w, k, job->y + i * k + first);
    }
    if (gan__tail_is_empty(job->tail)) return;
    for (int64_t i = 0; i < job->n; i++)
        gan__tail_apply(job->kernels, job->tail, first, count, job->y + i * k + first);
}

void gan__few_run(gan_context *context, const gan__conv_run *run)
{
    const gan__conv *conv = run->conv;
    few_job job = {.kernels = gan__kernels_of(context),
                   .n = conv->n,
                   .c = conv->c,
                   .k = conv->k,
                   .x = run->in,
                   .w = run->panel,
                   .tail = run->tail,
                   .y = run->out};
    const int64_t wanted = context->threads > 1 ? 4 * context->threads : 1;
    const int64_t share = gan__quotient_up(gan__quotient_up(job.k, wanted), FEW_LEAST) * FEW_LEAST;
    job.task_columns = gan__least(FEW_COLUMNS, share);
    gan__parallel_for(context, gan__quotient_up(job.k, job.task_columns), few_task, &job);
}
