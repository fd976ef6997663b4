/* draw.c: uniform, normal and Bernoulli numbers in blocks of four words, each task its own blocks;
 * a part of a draw has the numbers that the whole one has there. */
#include "compute/draw.h"

#include "base/parallel.h"
#include "kernels/kernels.h"

#include <math.h>

/* Blocks of four words that a task makes at once, on its stack; and how often. */
enum { DRAW_BLOCKS = 256, DRAW_ROUNDS = 16 };

typedef enum draw_kind { DRAW_UNIFORM, DRAW_NORMAL, DRAW_BERNOULLI } draw_kind;

typedef struct draw_job {
    const gan__vector_kernels *kernels;
    draw_kind kind;
    uint32_t key[2], stream[2];
    uint64_t start, end; /* elements, counted from the draw's own 0 */
    uint64_t first;      /* the block of element `start` */
    float a, b, most;    /* low and width; mean and deviation */
    uint32_t threshold;
    float *out;
} draw_job;

/* Elements of `count` blocks from `block` on, word j of block i at value[j * count + i]. */
static void draw_blocks(const draw_job *job, uint64_t block, int64_t count, float *value)
{
    uint32_t word[4 * DRAW_BLOCKS];
    const gan__vector_kernels *kernels = job->kernels;
    kernels->random(job->key, job->stream, block, count, word);
    switch (job->kind) {
    case DRAW_UNIFORM: kernels->uniform(4 * count, word, job->a, job->b, job->most, value); break;
    case DRAW_BERNOULLI: kernels->bernoulli(4 * count, word, job->threshold, value); break;
    case DRAW_NORMAL:
        for (int64_t pair = 0; pair < 4; pair += 2) {
            int64_t first = pair * count, second = first + count;
            kernels->normal(count, word + first, word + second, job->a, job->b, value + first,
                            value + second);
        }
        break;
    }
}

/* Only the elements in [start, end) of the blocks are wanted. */
static void draw_store(const draw_job *job, uint64_t block, int64_t count, const float *value)
{
    uint64_t element = 4 * block;
    for (int64_t i = 0; i < count; i++, element += 4) {
        if (element >= job->start && element + 4 <= job->end) {
            float *to = job->out + (element - job->start);
            for (int64_t j = 0; j < 4; j++) to[j] = value[j * count + i];
            continue;
        }
        for (uint64_t j = 0; j < 4; j++) {
            if (element + j < job->start || element + j >= job->end) continue;
            job->out[element + j - job->start] = value[(int64_t)j * count + i];
        }
    }
}

static void draw_task(void *argument, int64_t index, int32_t worker)
{
    const draw_job *job = argument;
    float value[4 * DRAW_BLOCKS];
    uint64_t block = job->first + (uint64_t)index * DRAW_BLOCKS * DRAW_ROUNDS;
    uint64_t last = (job->end - 1) / 4;
    (void)worker;
    for (int round = 0; round < DRAW_ROUNDS && block <= last; round++, block += DRAW_BLOCKS) {
        uint64_t left = last - block + 1;
        int64_t count = left < DRAW_BLOCKS ? (int64_t)left : DRAW_BLOCKS;
        draw_blocks(job, block, count, value);
        draw_store(job, block, count, value);
    }
}

static void draw_run(gan_context *context, const gan__draw *draw, int64_t count, draw_job *job)
{
    if (count == 0) return;
    job->kernels = gan__kernels_of(context)->vector;
    job->key[0] = (uint32_t)draw->seed;
    job->key[1] = (uint32_t)(draw->seed >> 32);
    job->stream[0] = (uint32_t)draw->step;
    job->stream[1] = ((uint32_t)(draw->step >> 32) & 0xffff) << 16 | (uint32_t)draw->purpose;
    job->end = job->start + (uint64_t)count;
    job->first = job->start / 4;
    uint64_t blocks = (job->end - 1) / 4 - job->first + 1;
    uint64_t tasks = (blocks + DRAW_BLOCKS * DRAW_ROUNDS - 1) / (DRAW_BLOCKS * DRAW_ROUNDS);
    gan__parallel_for(context, (int64_t)tasks, draw_task, job);
}

void gan__draw_uniform(gan_context *context, const gan__draw *draw, uint64_t start, int64_t count,
                       float low, float high, float *out)
{
    float most = low < high ? nextafterf(high, low) : low;
    draw_job job = {.kind = DRAW_UNIFORM, .start = start, .a = low, .b = high - low, .most = most};
    job.out = out;
    draw_run(context, draw, count, &job);
}

void gan__draw_normal(gan_context *context, const gan__draw *draw, uint64_t start, int64_t count,
                      float mean, float deviation, float *out)
{
    draw_job job = {.kind = DRAW_NORMAL, .start = start, .a = mean, .b = deviation};
    job.out = out;
    draw_run(context, draw, count, &job);
}

void gan__draw_bernoulli(gan_context *context, const gan__draw *draw, uint64_t start, int64_t count,
                         float p, float *out)
{
    draw_job job = {.kind = DRAW_BERNOULLI, .start = start};
    double share = p > 0 ? (p < 1 ? (double)p : 1.0) : 0.0;
    job.threshold = (uint32_t)ceil(share * 0x1p+24);
    job.out = out;
    draw_run(context, draw, count, &job);
}
