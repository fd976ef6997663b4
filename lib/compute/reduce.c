/* reduce.c: sums in chunks of fixed size and a fixed tree: of elements, of products, of terms that
 * a function gives, and of columns. */
#include "compute/reduce.h"

#include "base/parallel.h"
#include "kernels/kernels.h"

/* The last sums are held on the stack: at most this many tasks, whatever the threads. */
enum { REDUCE_TASKS = 128 };

typedef struct reduce_job {
    const gan__vector_kernels *kernels;
    const float *x, *y; /* y NULL: the plain sum */
    void (*term)(const void *argument, int64_t start, int64_t count, double lanes[16]);
    const void *argument;
    int64_t count, length; /* elements in all, and of one task: whole chunks */
    double partial[REDUCE_TASKS];
} reduce_job;

static void reduce_task(void *argument, int64_t index, int32_t worker)
{
    reduce_job *job = argument;
    int64_t start = index * job->length;
    int64_t end = start + job->length < job->count ? start + job->length : job->count;
    double sum = 0;
    (void)worker;
    for (; start < end; start += GAN__CHUNK) {
        double lanes[GAN__LANES] = {0};
        int64_t count = end - start < GAN__CHUNK ? end - start : GAN__CHUNK;
        if (job->term)
            job->term(job->argument, start, count, lanes);
        else if (job->y)
            job->kernels->dot(count, job->x + start, job->y + start, lanes);
        else
            job->kernels->sum(count, job->x + start, lanes);
        sum += gan__add_lanes(lanes);
    }
    job->partial[index] = sum;
}

/* In place: halves are added until one number is left. */
static double reduce_tree(int64_t count, double *sum)
{
    while (count > 1) {
        int64_t half = (count + 1) / 2;
        for (int64_t i = 0; i + half < count; i++) sum[i] += sum[i + half];
        count = half;
    }
    return sum[0];
}

static double reduce_run(gan_context *context, reduce_job *job)
{
    if (job->count == 0) return 0;
    int64_t chunks = (job->count + GAN__CHUNK - 1) / GAN__CHUNK;
    int64_t each = (chunks + REDUCE_TASKS - 1) / REDUCE_TASKS;
    if (each < 4) each = 4;
    job->kernels = gan__kernels_of(context)->vector;
    job->length = each * GAN__CHUNK;
    int64_t tasks = (chunks + each - 1) / each;
    gan__parallel_for(context, tasks, reduce_task, job);
    return reduce_tree(tasks, job->partial);
}

double gan__sum(gan_context *context, int64_t count, const float *x)
{
    reduce_job job = {.x = x, .count = count};
    return reduce_run(context, &job);
}

double gan__sum_squares(gan_context *context, int64_t count, const float *x)
{
    reduce_job job = {.x = x, .y = x, .count = count};
    return reduce_run(context, &job);
}

double gan__dot(gan_context *context, int64_t count, const float *x, const float *y)
{
    reduce_job job = {.x = x, .y = y, .count = count};
    return reduce_run(context, &job);
}

double gan__sum_terms(gan_context *context, int64_t count,
                      void (*term)(const void *argument, int64_t start, int64_t count,
                                   double lanes[16]),
                      const void *argument)
{
    reduce_job job = {.term = term, .argument = argument, .count = count};
    return reduce_run(context, &job);
}

/* Columns are summed in strips, the rows of a strip in at most 16 slabs: the sums fit on the stack.
 */
enum { REDUCE_STRIP = 256, REDUCE_SLABS = 16 };

typedef struct reduce_strip {
    const gan__vector_kernels *kernels;
    const float *x, *y;
    int64_t rows, slab, stride, width;
    double sum[REDUCE_SLABS][REDUCE_STRIP];
} reduce_strip;

static void reduce_slab_task(void *argument, int64_t index, int32_t worker)
{
    reduce_strip *strip = argument;
    double *sum = strip->sum[index];
    int64_t start = index * strip->slab, at = start * strip->stride;
    int64_t rows = strip->rows - start < strip->slab ? strip->rows - start : strip->slab;
    (void)worker;
    for (int64_t c = 0; c < strip->width; c++) sum[c] = 0;
    if (strip->y) {
        strip->kernels->column_dot(rows, strip->width, strip->stride, strip->x + at, strip->y + at,
                                   sum);
    } else {
        strip->kernels->column_sum(rows, strip->width, strip->stride, strip->x + at, sum);
    }
}

static void reduce_columns(gan_context *context, reduce_strip *strip, bool add, float *out)
{
    int64_t slabs = (strip->rows + strip->slab - 1) / strip->slab;
    gan__parallel_for(context, slabs, reduce_slab_task, strip);
    for (int64_t c = 0; c < strip->width; c++) {
        double sum[REDUCE_SLABS] = {0};
        for (int64_t i = 0; i < slabs; i++) sum[i] = strip->sum[i][c];
        double total = reduce_tree(REDUCE_SLABS, sum);
        out[c] = (float)(add ? (double)out[c] + total : total);
    }
}

void gan__column_dot(gan_context *context, int64_t rows, int64_t columns, const float *x,
                     const float *y, bool add, float *out)
{
    reduce_strip strip;
    int64_t slab = (rows + REDUCE_SLABS - 1) / REDUCE_SLABS;
    slab = (slab + GAN__ROW_BLOCK - 1) / GAN__ROW_BLOCK * GAN__ROW_BLOCK;
    strip.kernels = gan__kernels_of(context)->vector;
    strip.rows = rows;
    strip.stride = columns;
    strip.slab = slab > 0 ? slab : GAN__ROW_BLOCK;
    for (int64_t c = 0; c < columns; c += REDUCE_STRIP) {
        strip.x = x + c;
        strip.y = y ? y + c : NULL;
        strip.width = columns - c < REDUCE_STRIP ? columns - c : REDUCE_STRIP;
        reduce_columns(context, &strip, add, out + c);
    }
}

void gan__column_sum(gan_context *context, int64_t rows, int64_t columns, const float *x, bool add,
                     float *out)
{
    gan__column_dot(context, rows, columns, x, NULL, add, out);
}
