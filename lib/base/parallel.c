/* parallel.c: hands the tasks of one loop to the host's runner, to OpenMP or to the library's own
 * team; and the scratch memory of each worker. */
#include "base/parallel.h"
#include "base/memory.h"
#include "base/os.h"
#include "base/team.h"

#if defined(GAN_OPENMP)
#include <omp.h>
#endif

/* One worker's share: tasks are taken in order, one at a time, until none is left. */
void gan__job_work(gan__job *job, int32_t worker)
{
    for (;;) {
        int64_t index = atomic_fetch_add_explicit(&job->next, 1, memory_order_relaxed);
        if (index >= job->count) return;
        job->task(job->argument, index, worker);
    }
}

/* On a host's thread, whose floating-point mode is the host's. The host's runner calls this once
 * for each worker, in any order and also one after the other: the first then does all. */
static void parallel_host_task(void *argument, int64_t index)
{
    uint64_t mode = gan__float_mode_default();
    gan__job_work(argument, (int32_t)index);
    gan__float_mode_restore(mode);
}

#if defined(GAN_OPENMP)
static void parallel_openmp(gan__job *job, int32_t threads)
{
#pragma omp parallel num_threads(threads)
    {
        uint64_t mode = gan__float_mode_default();
        gan__job_work(job, omp_get_thread_num());
        gan__float_mode_restore(mode);
    }
}
#endif

void gan__parallel_for(gan_context *context, int64_t count, gan__task *task, void *argument)
{
    gan__job job = {.count = count, .task = task, .argument = argument};
    atomic_init(&job.next, 0);
    int32_t workers = count < context->threads ? (int32_t)count : context->threads;
    if (workers <= 1) {
        gan__job_work(&job, 0);
    } else if (context->host.parallel) {
        context->host.parallel(context->host.user, workers, parallel_host_task, &job);
    } else if (!gan__team_is_here(context->team)) {
        gan__job_work(&job, 0);
    } else {
#if defined(GAN_OPENMP)
        parallel_openmp(&job, workers);
#else
        gan__team_run(context->team, &job);
#endif
    }
}

gan_status gan__scratch_reserve(gan_context *context, size_t size)
{
    for (int32_t i = 0; i < context->threads; i++) {
        gan__scratch *scratch = &context->scratch[i], larger = {.size = size};
        if (scratch->size >= size) continue;
        /* Plans that were made before rely on what there is: it goes only when there is more. */
        GAN__TRY(gan__allocate_raw(context, &larger.memory, size, 1));
        gan__free(context, scratch->memory);
        *scratch = larger;
    }
    return GAN_OK;
}

int64_t gan__scratch_memory(const gan_context *context)
{
    size_t bytes = 0;
    for (int32_t i = 0; i < context->threads; i++) bytes += context->scratch[i].size;
    return (int64_t)bytes;
}

gan_status gan__team_create(gan_context *context)
{
    GAN__TRY(gan__allocate(context, &context->scratch, (size_t)context->threads,
                           sizeof *context->scratch));
    return gan__team_open(context, &context->team);
}

void gan__team_destroy(gan_context *context)
{
    gan__team_close(context, context->team);
    for (int32_t i = 0; context->scratch && i < context->threads; i++)
        gan__free(context, context->scratch[i].memory);
    gan__free(context, context->scratch);
}
