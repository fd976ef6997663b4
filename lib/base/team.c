/* team.c: the library's threads. They wait awake between the loops of a step and asleep between
 * steps; a job costs the caller two changes of one word. */
#include "base/team.h"
#include "base/memory.h"
#include "base/os.h"

#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#define TEAM_PAUSE() _mm_pause()
#elif defined(__aarch64__) && defined(__GNUC__)
#define TEAM_PAUSE() __asm__ volatile("yield")
#else
#define TEAM_PAUSE() ((void)0)
#endif

/* The gate is the whole protocol: the job's number, whether it is open, and how many workers are
 * inside. A worker comes in by adding one to an open gate; so one that wakes late finds it closed
 * and is not waited for. The caller opens, works, closes, and waits until nobody is inside. */
static const uint64_t team_open_bit = (uint64_t)1 << 15;
static const uint64_t team_inside = ((uint64_t)1 << 15) - 1;
static const uint64_t team_next_job = (uint64_t)1 << 16;

/* Between two loops of a training step lie some microseconds: so long it pays to stay awake. */
enum { TEAM_SPINS = 2000, TEAM_SPINS_TO_YIELD = 50 };

typedef struct team_member {
    struct gan__team *team;
    gan__thread *thread;
    int32_t worker;
} team_member;

struct gan__team {
    _Alignas(64) atomic_uint_least64_t gate;
    gan__job *job;                    /* written while the gate is closed and empty */
    _Alignas(64) atomic_int sleepers; /* threads that wait for a job */
    atomic_int waiting;               /* whether the caller sleeps until the last one is out */
    atomic_bool stop;
    bool started;
    int32_t size; /* of members */
    team_member *members;
    uint64_t process; /* that made the team */
    gan__mutex *mutex;
    gan__condition *wake, *done;
};

static uint64_t team_gate(gan__team *team)
{
    return atomic_load_explicit(&team->gate, memory_order_seq_cst);
}

/* Something for a worker that has seen the job numbered as in `last`. */
static bool team_has_work(gan__team *team, uint64_t last)
{
    uint64_t gate = team_gate(team);
    return atomic_load_explicit(&team->stop, memory_order_relaxed) ||
           ((gate & team_open_bit) && gate / team_next_job != last);
}

static bool team_is_empty(gan__team *team)
{
    return (team_gate(team) & team_inside) == 0;
}

static void team_relax(int32_t spin)
{
    if (spin % TEAM_SPINS_TO_YIELD == TEAM_SPINS_TO_YIELD - 1)
        gan__os_yield();
    else
        TEAM_PAUSE();
}

/* Who goes to sleep says so before looking a last time; who has news tells before looking for
 * sleepers. Both are sequentially consistent, so one of them sees the other. */
static void team_await_work(gan__team *team, uint64_t last)
{
    for (int32_t i = 0; i < TEAM_SPINS; i++) {
        if (team_has_work(team, last)) return;
        team_relax(i);
    }
    gan__mutex_lock(team->mutex);
    atomic_fetch_add(&team->sleepers, 1);
    while (!team_has_work(team, last)) gan__condition_wait(team->wake, team->mutex);
    atomic_fetch_sub(&team->sleepers, 1);
    gan__mutex_unlock(team->mutex);
}

static void team_await_empty(gan__team *team)
{
    for (int32_t i = 0; i < TEAM_SPINS; i++) {
        if (team_is_empty(team)) return;
        team_relax(i);
    }
    gan__mutex_lock(team->mutex);
    atomic_store(&team->waiting, 1);
    while (!team_is_empty(team)) gan__condition_wait(team->done, team->mutex);
    atomic_store(&team->waiting, 0);
    gan__mutex_unlock(team->mutex);
}

static void team_tell(gan__team *team, gan__condition *condition)
{
    gan__mutex_lock(team->mutex);
    gan__condition_broadcast(condition);
    gan__mutex_unlock(team->mutex);
}

static void team_main(void *argument)
{
    team_member *self = argument;
    gan__team *team = self->team;
    uint64_t last = 0; /* jobs are numbered from 1 */
    gan__float_mode_default();
    for (;;) {
        team_await_work(team, last);
        if (atomic_load_explicit(&team->stop, memory_order_relaxed)) return;
        uint64_t gate = team_gate(team);
        if (!(gate & team_open_bit) ||
            !atomic_compare_exchange_strong(&team->gate, &gate, gate + 1))
            continue;
        last = gate / team_next_job;
        gan__job_work(team->job, self->worker);
        /* The last one out; the job, on the caller's stack, is not touched after this. */
        if ((atomic_fetch_sub(&team->gate, 1) & team_inside) == 1 && atomic_load(&team->waiting))
            team_tell(team, team->done);
    }
}

/* A thread that the system refuses is done without. */
static void team_start(gan__team *team)
{
    team->started = true;
    for (int32_t i = 0; i < team->size; i++) {
        team_member *member = &team->members[i];
        member->team = team;
        member->worker = i + 1;
        member->thread = gan__thread_start(team_main, member);
    }
}

void gan__team_run(gan__team *team, gan__job *job)
{
    if (!team->started) team_start(team);
    uint64_t gate = team_gate(team);
    team->job = job;
    atomic_store(&team->gate, (gate / team_next_job + 1) * team_next_job | team_open_bit);
    if (atomic_load(&team->sleepers) > 0) team_tell(team, team->wake);
    gan__job_work(job, 0);
    atomic_fetch_and(&team->gate, ~team_open_bit);
    team_await_empty(team);
}

bool gan__team_is_here(const gan__team *team)
{
    return team->process == gan__os_process_id();
}

gan_status gan__team_open(gan_context *context, gan__team **out)
{
    gan__team *team;
    GAN__TRY(gan__allocate(context, &team, 1, sizeof *team));
    *out = team;
    atomic_init(&team->gate, 0);
    team->process = gan__os_process_id();
    if (context->threads == 1 || context->host.parallel) return GAN_OK;
    GAN__TRY(gan__allocate(context, &team->members, (size_t)context->threads - 1,
                           sizeof *team->members));
    team->size = context->threads - 1;
    team->mutex = gan__mutex_create();
    team->wake = gan__condition_create();
    team->done = gan__condition_create();
    if (team->mutex && team->wake && team->done) return GAN_OK;
    return gan__fail(context, GAN_E_MEMORY, "context: the system gives no mutex");
}

/* In a forked child the mutex may be held, and the conditions waited on, by threads that are not
 * there: they are left alone. */
void gan__team_close(gan_context *context, gan__team *team)
{
    if (!team) return;
    if (gan__team_is_here(team)) {
        atomic_store(&team->stop, true);
        if (team->started) team_tell(team, team->wake);
        for (int32_t i = 0; team->started && i < team->size; i++)
            gan__thread_join(team->members[i].thread);
        gan__condition_destroy(team->done);
        gan__condition_destroy(team->wake);
        gan__mutex_destroy(team->mutex);
    }
    gan__free(context, team->members);
    gan__free(context, team);
}
