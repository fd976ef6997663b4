/* team.h: the library's own threads, which parallel.c hands its jobs to. */
#ifndef GAN__TEAM_H
#define GAN__TEAM_H

#include "base/parallel.h"

/* Tasks [next, end) are still to be taken. */
struct gan__share {
    _Alignas(64) atomic_int_least64_t next; /* a line of the cache for itself */
    int64_t end;
};

typedef struct gan__job {
    struct gan__share *shares; /* of all tasks, one for each worker */
    int32_t workers;
    gan__task *task;
    void *argument;
} gan__job;

void gan__job_work(gan__job *job, int32_t worker);

typedef struct gan__team gan__team;

gan_status gan__team_open(gan_context *context, gan__team **out);
void gan__team_close(gan_context *context, gan__team *team); /* NULL is allowed */

/* False in a forked child, where the threads are not. */
bool gan__team_is_here(const gan__team *team);

/* Runs the job on the caller, worker 0, and on every thread that comes in time. */
void gan__team_run(gan__team *team, gan__job *job);

#endif
