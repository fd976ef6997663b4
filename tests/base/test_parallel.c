#if !defined(_WIN32)
#define _POSIX_C_SOURCE 200809L
#endif
#include "base/os.h"
#include "base/parallel.h"
#include "fault.h"

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif
#if !defined(_WIN32)
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

enum { TASKS = 500, MOST_WORKERS = 16 };

typedef struct tally {
    atomic_int done[TASKS];
    atomic_int busy[MOST_WORKERS]; /* tasks that run as this worker just now */
    atomic_int errors;
    int32_t workers;
    unsigned int float_mode;
    int slow;
} tally;

static void tally_task(void *argument, int64_t index, int32_t worker)
{
    tally *t = argument;
    if (worker < 0 || worker >= t->workers || index < 0 || index >= TASKS) {
        atomic_fetch_add(&t->errors, 1);
        return;
    }
    if (atomic_fetch_add(&t->busy[worker], 1) != 0) atomic_fetch_add(&t->errors, 1);
#if defined(__SSE2__)
    if ((_mm_getcsr() & 0xFFC0) != 0x1F80) atomic_fetch_add(&t->errors, 1);
#endif
    for (volatile int i = 0; i < t->slow; i = i + 1) {}
    atomic_fetch_add(&t->done[index], 1);
    atomic_fetch_sub(&t->busy[worker], 1);
}

static int tally_run(gan_context *context, int64_t count, int slow)
{
    static tally t;
    gan__entry entry;
    memset(&t, 0, sizeof t);
    t.workers = context->threads;
    t.slow = slow;
    if (gan__enter(context, &entry) != GAN_OK) return 0;
    gan__parallel_for(context, count, tally_task, &t);
    gan__leave(context, &entry);
    int right = atomic_load(&t.errors) == 0;
    for (int64_t i = 0; i < TASKS; i++) right = right && atomic_load(&t.done[i]) == (i < count);
    return right;
}

static gan_context *context_with(const char *spec, const gan_host *host)
{
    gan_context *context = NULL;
    CHECK_OK(gan_context_create(&context, spec, host, NULL, 0));
    return context;
}

TEST(every_task_once)
{
    static const char *const specs[] = {"threads=1", "threads=2", "threads=3", "threads=7",
                                        "threads=16"};
    for (int i = 0; i < 5; i++) {
        gan_context *context = context_with(specs[i], NULL);
        for (int64_t count = 0; count < 40; count++) CHECK(tally_run(context, count, 100));
        CHECK(tally_run(context, TASKS, 0));
        CHECK(tally_run(context, TASKS, 3000));
        gan_context_release(context);
    }
}

/* Many short loops, some back to back and some with pauses in which the team falls asleep. */
TEST(again_and_again)
{
    gan_context *context = context_with("threads=3", NULL);
    int wrong = 0;
    for (int i = 0; i < 4000; i++) {
        wrong += !tally_run(context, i % 7, i % 50);
        if (i % 100 == 0) {
            for (volatile int pause = 0; pause < 1000000; pause = pause + 1) {}
        }
    }
    CHECK_INT(wrong, 0);
    gan_context_release(context);
}

static void pause_until_asleep(void)
{
    for (int i = 0; i < 20000; i++) gan__os_yield();
}

/* Tasks that wait, up to a limit, until two workers are there; only a test may do so. */
typedef struct meeting {
    atomic_int workers;
    atomic_int wrong_modes;
} meeting;

static void meeting_task(void *argument, int64_t index, int32_t worker)
{
    meeting *m = argument;
    (void)index;
#if defined(__SSE2__)
    if (worker > 0 && (_mm_getcsr() & 0xFFC0) != 0x1F80) atomic_fetch_add(&m->wrong_modes, 1);
#endif
    (void)worker;
    atomic_fetch_add(&m->workers, 1);
    for (int i = 0; i < 5000000 && atomic_load(&m->workers) < 2; i++) gan__os_yield();
    if (worker > 0) pause_until_asleep(); /* the caller is done long before */
}

/* Work is shared out, also after the team fell asleep, and whatever the mode of the thread that
 * started it. */
TEST(workers_come)
{
    gan_context *context = context_with("threads=2", NULL);
#if defined(__SSE2__)
    unsigned int before = _mm_getcsr();
    _mm_setcsr(before | 0x8040);
#endif
    for (int i = 0; i < 20; i++) {
        meeting m = {0};
        gan__parallel_for(context, 2, meeting_task, &m);
        CHECK_INT(m.workers, 2);
        CHECK_INT(m.wrong_modes, 0);
        pause_until_asleep();
    }
#if defined(__SSE2__)
    _mm_setcsr(before);
#endif
    gan_context_release(context);
}

TEST(teams_come_and_go)
{
    for (int i = 0; i < 100; i++) {
        gan_context *context = context_with("threads=4", NULL);
        if (i % 2) CHECK(tally_run(context, 5, 10));
        gan_context_release(context);
    }
}

static void host_serial(void *user, int64_t count, void (*task)(void *argument, int64_t index),
                        void *argument)
{
    (*(int *)user)++;
    for (int64_t i = 0; i < count; i++) task(argument, i);
}

static void host_backwards(void *user, int64_t count, void (*task)(void *argument, int64_t index),
                           void *argument)
{
    (*(int *)user)++;
    for (int64_t i = count - 1; i >= 0; i--) task(argument, i);
}

typedef struct host_job {
    void (*task)(void *argument, int64_t index);
    void *argument;
    int64_t index;
} host_job;

static atomic_int host_modes_lost;

static void host_job_run(void *argument)
{
    host_job *job = argument;
#if defined(__SSE2__)
    _mm_setcsr(0x9FC0); /* the host's threads flush to zero */
#endif
    job->task(job->argument, job->index);
#if defined(__SSE2__)
    if ((_mm_getcsr() & 0xFFC0) != 0x9FC0) atomic_fetch_add(&host_modes_lost, 1);
#endif
}

static void host_threads(void *user, int64_t count, void (*task)(void *argument, int64_t index),
                         void *argument)
{
    gan__thread *threads[MOST_WORKERS];
    host_job jobs[MOST_WORKERS];
    (*(int *)user)++;
    for (int64_t i = 0; i < count; i++) {
        jobs[i] = (host_job){task, argument, i};
        threads[i] = gan__thread_start(host_job_run, &jobs[i]);
    }
    for (int64_t i = 0; i < count; i++) gan__thread_join(threads[i]);
}

TEST(host_runners)
{
    int calls = 0;
    gan_host host = {.size = sizeof host, .user = &calls, .parallel = host_serial};
    for (int kind = 0; kind < 3; kind++) {
        host.parallel = kind == 0 ? host_serial : kind == 1 ? host_backwards : host_threads;
        gan_context *context = context_with("threads=5", &host);
        calls = 0;
        for (int64_t count = 0; count < 20; count++) CHECK(tally_run(context, count, 50));
        CHECK(tally_run(context, TASKS, 50));
        CHECK_INT(calls, 19); /* a single task runs on the caller */
        CHECK_INT(host_modes_lost, 0);
        gan_context_release(context);
    }
}

#if !defined(_WIN32)
TEST(fork_after_threads)
{
    gan_context *context = context_with("threads=3", NULL);
    CHECK(tally_run(context, 50, 100));
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        alarm(20); /* a child that waits for threads it does not have */
        int right = tally_run(context, 50, 100);
        gan_context_release(context);
        _exit(right ? 0 : 1);
    }
    int status = -1;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK(tally_run(context, 50, 100));
    gan_context_release(context);
}

#if !defined(GAN_OPENMP)
static atomic_int signals_taken;

static void on_signal(int number)
{
    (void)number;
    atomic_fetch_add(&signals_taken, 1);
}

/* A signal to the process that the host's thread does not take just now waits for it: no worker
 * takes it. OpenMP's threads are not ours to say so of. */
TEST(signals)
{
    gan_context *context = context_with("threads=4", NULL);
    struct sigaction action = {.sa_handler = on_signal}, before;
    sigset_t set, mask;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaction(SIGUSR1, &action, &before);
    CHECK(tally_run(context, 50, 100));
    pthread_sigmask(SIG_BLOCK, &set, &mask);
    kill(getpid(), SIGUSR1);
    for (int i = 0; i < 50; i++) CHECK(tally_run(context, 50, 1000));
    CHECK_INT(signals_taken, 0);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    CHECK_INT(signals_taken, 1);
    sigaction(SIGUSR1, &before, NULL);
    gan_context_release(context);
}
#endif
#endif

TEST(scratch)
{
    fault_host fault = {0};
    gan_host host = fault_make(&fault);
    gan_context *context = context_with("threads=3", &host);
    CHECK_OK(gan__scratch_reserve(context, 1000));
    for (int32_t i = 0; i < 3; i++) memset(gan__scratch_of(context, i), i, 1000);
    CHECK(gan__scratch_of(context, 0) != gan__scratch_of(context, 1));
    CHECK((uintptr_t)gan__scratch_of(context, 2) % 64 == 0);
    long long before = fault.allocations;
    CHECK_OK(gan__scratch_reserve(context, 900));
    CHECK_INT(fault.allocations, before);
    fault.fail_at = before + 2;
    CHECK_STATUS(gan__scratch_reserve(context, 2000), GAN_E_MEMORY);
    CHECK_OK(gan__scratch_reserve(context, 2000));
    gan_context_release(context);
    CHECK_INT(fault.live, 0);
}

int main(void)
{
    RUN(every_task_once);
    RUN(again_and_again);
    RUN(workers_come);
    RUN(teams_come_and_go);
    RUN(host_runners);
#if !defined(_WIN32)
    RUN(fork_after_threads);
#if !defined(GAN_OPENMP)
    RUN(signals);
#endif
#endif
    RUN(scratch);
    return test_report();
}
