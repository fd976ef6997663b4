/* conv_slices.c: the slices of a weight gradient, each summed for itself, added up. */
#include "compute/conv_plan.h"

#include "base/parallel.h"

#include <string.h>

enum { SLICES_CHUNK = 4096 }; /* floats that a task adds */

typedef struct slices_job {
    const gan__kernels *kernels;
    int64_t slices, count;
    const float *partial; /* [slices][count] */
    bool add;
    float *dw;
} slices_job;

/* Task: a chunk of all partial results, in order of the slices. */
static void slices_sum(void *argument, int64_t index, int32_t worker)
{
    (void)worker;
    const slices_job *job = argument;
    int64_t start = index * SLICES_CHUNK, count = gan__least(SLICES_CHUNK, job->count - start);
    const float *partial = job->partial + start;
    float *dw = job->dw + start;
    for (int64_t i = 0; i < job->slices; i++, partial += job->count)
        if (i > 0 || job->add)
            job->kernels->vector->add(count, dw, partial, dw);
        else
            memcpy(dw, partial, (size_t)count * sizeof *dw);
}

void gan__weights_sum(gan_context *context, int64_t slices, int64_t count, const float *partial,
                      bool add, float *dw)
{
    slices_job job = {gan__kernels_of(context), slices, count, partial, add, dw};
    gan__parallel_for(context, gan__quotient_up(count, SLICES_CHUNK), slices_sum, &job);
}
