/* os_posix.c: threads, memory, files, the environment and the working folder of POSIX systems. */
#if !defined(_WIN32)
#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE 1 /* madvise */
#endif

#include "base/os.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* The structs are one system object each, so that they can be made without an allocator of ours. */
struct gan__thread {
    pthread_t handle;
    void (*run)(void *argument);
    void *argument;
};

struct gan__mutex {
    pthread_mutex_t handle;
};

struct gan__condition {
    pthread_cond_t handle;
};

static void *posix_thread_main(void *argument)
{
    gan__thread *thread = argument;
    thread->run(thread->argument);
    return NULL;
}

/* A new thread inherits the mask of the one that makes it. */
gan__thread *gan__thread_start(void (*run)(void *argument), void *argument)
{
    sigset_t all, before;
    gan__thread *thread = malloc(sizeof *thread);
    if (!thread) return NULL;
    thread->run = run;
    thread->argument = argument;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&thread->handle, NULL, posix_thread_main, thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!failed) return thread;
    free(thread);
    return NULL;
}

void gan__thread_join(gan__thread *thread)
{
    if (!thread) return;
    pthread_join(thread->handle, NULL);
    free(thread);
}

gan__mutex *gan__mutex_create(void)
{
    gan__mutex *mutex = malloc(sizeof *mutex);
    if (!mutex) return NULL;
    if (pthread_mutex_init(&mutex->handle, NULL) == 0) return mutex;
    free(mutex);
    return NULL;
}

void gan__mutex_destroy(gan__mutex *mutex)
{
    if (!mutex) return;
    pthread_mutex_destroy(&mutex->handle);
    free(mutex);
}

void gan__mutex_lock(gan__mutex *mutex)
{
    pthread_mutex_lock(&mutex->handle);
}

void gan__mutex_unlock(gan__mutex *mutex)
{
    pthread_mutex_unlock(&mutex->handle);
}

gan__condition *gan__condition_create(void)
{
    gan__condition *condition = malloc(sizeof *condition);
    if (!condition) return NULL;
    if (pthread_cond_init(&condition->handle, NULL) == 0) return condition;
    free(condition);
    return NULL;
}

void gan__condition_destroy(gan__condition *condition)
{
    if (!condition) return;
    pthread_cond_destroy(&condition->handle);
    free(condition);
}

void gan__condition_wait(gan__condition *condition, gan__mutex *mutex)
{
    pthread_cond_wait(&condition->handle, &mutex->handle);
}

void gan__condition_broadcast(gan__condition *condition)
{
    pthread_cond_broadcast(&condition->handle);
}

uint64_t gan__os_thread_id(void)
{
    return (uint64_t)(uintptr_t)pthread_self();
}

uint64_t gan__os_process_id(void)
{
    return (uint64_t)getpid();
}

void gan__os_yield(void)
{
    sched_yield();
}

double gan__os_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

const char *gan__os_environment(const char *name)
{
    return getenv(name);
}

#if !defined(__linux__) /* os_linux.c has it there */

int32_t gan__os_processor_count(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count < 1 ? 1 : (int32_t)count;
}

#endif

void *gan__os_allocate(size_t size, size_t alignment)
{
    const size_t huge = (size_t)2 << 20;
    void *memory = NULL;
    if (alignment < sizeof(void *)) alignment = sizeof(void *);
    if (size >= huge && alignment < huge) alignment = huge;
    if (posix_memalign(&memory, alignment, size) != 0) return NULL;
#if defined(MADV_HUGEPAGE)
    /* Advice only; whole pages, so that the neighbour of a block is not touched. */
    if (size >= huge) (void)madvise(memory, size & ~(huge - 1), MADV_HUGEPAGE);
#endif
    return memory;
}

void gan__os_deallocate(void *memory)
{
    free(memory);
}

/* A file handle is its descriptor plus one: no memory is needed, and none of them is NULL. */
static int posix_descriptor(void *file)
{
    return (int)((intptr_t)file - 1);
}

/* A file never takes the place of a closed standard stream: what the program prints there would end
 * up in it. */
static void *posix_open(const char *path, int flags, mode_t mode)
{
    int descriptor;
    do {
        descriptor = open(path, flags | O_CLOEXEC, mode);
    } while (descriptor < 0 && errno == EINTR);
    if (descriptor >= 0 && descriptor <= STDERR_FILENO) {
        int low = descriptor;
        descriptor = fcntl(low, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        int reason = errno;
        close(low);
        errno = reason;
    }
    return descriptor < 0 ? NULL : (void *)((intptr_t)descriptor + 1);
}

void *gan__os_open(const char *path, int32_t write)
{
    return posix_open(path, write ? O_WRONLY | O_CREAT | O_TRUNC : O_RDONLY, 0666);
}

int32_t gan__os_is_special(const char *path)
{
    struct stat found;
    return stat(path, &found) == 0 && !S_ISREG(found.st_mode);
}

int32_t gan__os_follow(const char *path, char *out, size_t size)
{
    char link[4096];
    size_t length = strlen(path), start = 0;
    const char *name = path;
    for (int links = 0; links <= 40; links++) {
        if (start + length >= size) {
            errno = ENAMETOOLONG;
            return -1;
        }
        memcpy(out + start, name, length);
        out[start + length] = '\0';
        ssize_t count = readlink(out, link, sizeof link);
        if (count < 0) return 0; /* no link; whether anything is there will be seen */
        const char *slash = strrchr(out, '/');
        name = link;
        length = (size_t)count;
        start = link[0] == '/' || !slash ? 0 : (size_t)(slash - out) + 1;
    }
    errno = ELOOP;
    return -1;
}

/* Private until it has the permissions of the old file, which may not be for everybody. Where they
 * cannot be set, it stays so. */
void *gan__os_create(const char *path, const char *model, int32_t *taken)
{
    struct stat old;
    bool is_new = stat(model, &old) != 0;
    void *file = posix_open(path, O_WRONLY | O_CREAT | O_EXCL, is_new ? 0666 : 0600);
    *taken = !file && errno == EEXIST;
    if (file && !is_new) (void)fchmod(posix_descriptor(file), old.st_mode & 0777);
    return file;
}

/* Both are restarted after a signal and cut into pieces that every system takes. */
static const size_t posix_piece = (size_t)1 << 30;

int64_t gan__os_read(void *file, void *bytes, size_t count)
{
    ssize_t got;
    do {
        got = read(posix_descriptor(file), bytes, count < posix_piece ? count : posix_piece);
    } while (got < 0 && errno == EINTR);
    return got;
}

int64_t gan__os_write(void *file, const void *bytes, size_t count)
{
    size_t done = 0;
    while (done < count) {
        size_t left = count - done;
        ssize_t put = write(posix_descriptor(file), (const char *)bytes + done,
                            left < posix_piece ? left : posix_piece);
        if (put > 0)
            done += (size_t)put;
        else if (put == 0 || errno != EINTR)
            return -1;
    }
    return (int64_t)count;
}

/* File systems and pipes that cannot promise durability say EINVAL: they have nothing to flush. */
static int32_t posix_sync(int descriptor)
{
    int failed;
    do {
        failed = fsync(descriptor);
    } while (failed && errno == EINTR);
    return failed && errno != EINVAL && errno != ENOTSUP ? -1 : 0;
}

int32_t gan__os_flush(void *file)
{
    return posix_sync(posix_descriptor(file));
}

int32_t gan__os_close(void *file)
{
    /* Linux and the BSDs have closed the descriptor even when a signal interrupts. */
    return close(posix_descriptor(file)) && errno != EINTR ? -1 : 0;
}

/* The new name is durable when its folder is. A folder that may be written but not read cannot be
 * opened for that; the file is in place nevertheless. */
int32_t gan__os_rename(const char *from, const char *to)
{
    if (rename(from, to) != 0) return -1;
    const char *slash = strrchr(to, '/');
    size_t length = slash ? (size_t)(slash - to) + 1 : 0;
    char *folder = malloc(length + 2);
    if (!folder) return 0;
    memcpy(folder, to, length);
    memcpy(folder + length, ".", 2);
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    if (descriptor < 0) return 0;
    int32_t failed = posix_sync(descriptor);
    close(descriptor);
    return failed ? 1 : 0;
}

int32_t gan__os_remove(const char *path)
{
    return unlink(path) == 0 ? 0 : -1;
}

/* -1: a folder; -2: neither file nor folder. */
static int64_t posix_size(DIR *folder, const char *name)
{
    struct stat found;
    if (fstatat(dirfd(folder), name, &found, 0) != 0) return 0;
    if (S_ISDIR(found.st_mode)) return -1;
    return S_ISREG(found.st_mode) ? (int64_t)found.st_size : -2;
}

int32_t gan__os_list(const char *path,
                     int32_t (*entry)(void *argument, const char *name, int64_t size),
                     void *argument)
{
    int32_t result = 0;
    DIR *folder = opendir(path);
    if (!folder) return -1;
    for (;;) {
        errno = 0;
        const struct dirent *found = readdir(folder);
        if (!found) break;
        const char *name = found->d_name;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) continue;
        int64_t size = posix_size(folder, name);
        if (size >= -1) result = entry(argument, name, size);
        if (result != 0) break;
    }
    int reason = result == 0 ? errno : 0;
    closedir(folder);
    errno = reason;
    return reason != 0 ? -1 : result;
}

int32_t gan__os_folder(char *out, size_t size)
{
    return getcwd(out, size) ? 0 : -1;
}

const char *gan__os_reason(void)
{
    switch (errno) {
    case ENOENT: return "no such file or folder";
    case ENOTDIR: return "a part of its path is not a folder";
    case EISDIR: return "it is a folder";
    case EACCES:
    case EPERM: return "permission denied";
    case EROFS: return "the file system is read-only";
    case ENOSPC:
    case EDQUOT: return "no space left";
    case EMFILE:
    case ENFILE: return "too many open files";
    case EFBIG: return "the file would be too large";
    case ENAMETOOLONG: return "the name is too long";
    case ELOOP: return "too many links";
    case EIO: return "the device reports an error";
    default: return "the system refuses";
    }
}

#else
typedef int gan__os_posix_is_idle; /* ISO C wants a file to have something */
#endif
