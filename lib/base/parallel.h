/* parallel.h: one loop over independent tasks, on the context's team of threads.
 *
 * Results never depend on the number of threads: a task is a function of its index alone, and
 * `worker` only selects scratch memory. */
#ifndef GAN__PARALLEL_H
#define GAN__PARALLEL_H

#include "base/context.h"

/* `worker` is in [0, context->threads); no two tasks that run at one time share it. */
typedef void gan__task(void *argument, int64_t index, int32_t worker);

/* Runs task(argument, i, worker) for every i in [0, count) and returns when all are done. Each
 * worker has a share, tasks side by side that it takes in order, and then helps others with theirs.
 * The shares of loops with as many tasks are the same, so that a worker mostly finds in its cache
 * what it has read and written before. A single task, or a team of one, runs on the caller. */
void gan__parallel_for(gan_context *context, int64_t count, gan__task *task, void *argument);

/* Sees to it that every worker has at least `size` bytes of scratch. Called when a plan is made,
 * never inside a task. The memory is 64-byte aligned and its contents are not kept. */
gan_status gan__scratch_reserve(gan_context *context, size_t size);
int64_t gan__scratch_memory(const gan_context *context); /* bytes of all workers together */
static inline void *gan__scratch_of(const gan_context *context, int32_t worker)
{
    return context->scratch[worker].memory;
}

/* Inside: the team, made with the context. Threads start with the first parallel_for that needs
 * them; in a forked child the team is empty and work runs on the caller. */
gan_status gan__team_create(gan_context *context);
void gan__team_destroy(gan_context *context);

#endif
