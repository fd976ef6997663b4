/* parallel.c: hands the tasks of one loop to the host's runner, to OpenMP or to the library's own
 * team; and the scratch memory of each worker. */
#include "base/parallel.h"
#include "base/memory.h"
#include "base/os.h"
#include "base/team.h"

#if defined(GAN_OPENMP)
#include <omp.h>
#endif

static bool share_take(struct gan__share *share, int64_t *index)
{
    if (atomic_load_explicit(&share->next, memory_order_relaxed) >= share->end) return false;
    *index = atomic_fetch_add_explicit(&share->next, 1, memory_order_relaxed);
    return *index < share->end;
}

void gan__job_work(gan__job *job, int32_t worker)
{
    for (int32_t i = 0; i < job->workers; i++) {
        int64_t index;
        while (share_take(&job->shares[(worker + i) % job->workers], &index))
            job->task(job->argument, index, worker);
    }
}

static void parallel_share_out(struct gan__share *shares, int64_t count, int32_t workers)
{
    int64_t each = count / workers, more = count % workers, next = 0;
    for (int32_t i = 0; i < workers; i++) {
        atomic_store_explicit(&shares[i].next, next, memory_order_relaxed);
        next += each + (i < more);
        shares[i].end = next;
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
    int32_t workers = count < context->threads ? (int32_t)count : context->threads;
    bool alone = workers <= 1 || (!context->host.parallel && !gan__team_is_here(context->team));
    gan__job job = {
        .shares = context->shares, .workers = workers, .task = task, .argument = argument};
    if (alone) {
        for (int64_t i = 0; i < count; i++) task(argument, i, 0);
        return;
    }
    parallel_share_out(job.shares, count, workers);
    if (context->host.parallel) {
        context->host.parallel(context->host.user, workers, parallel_host_task, &job);
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
    const size_t threads = (size_t)context->threads;
    GAN__TRY(gan__allocate(context, &context->shares, threads, sizeof *context->shares));
    GAN__TRY(gan__allocate(context, &context->scratch, threads, sizeof *context->scratch));
    return gan__team_open(context, &context->team);
}

void gan__team_destroy(gan_context *context)
{
    gan__team_close(context, context->team);
    for (int32_t i = 0; context->scratch && i < context->threads; i++)
        gan__free(context, context->scratch[i].memory);
    gan__free(context, context->scratch);
    gan__free(context, context->shares);
}
