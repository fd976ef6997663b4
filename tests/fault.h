/* fault.h: a host that counts, and fails when told to.
 *
 *     fault_host fault = {0};
 *     gan_host host = fault_make(&fault);
 *     fault.fail_at = 3;         the third allocation from now on fails (0: none does),
 *     fault.and_after = 1;       and so do all that follow
 *     fault.file_fail_at = 2;    likewise for file operations
 *
 * `peak_bytes` is the most that `live_bytes` was. After everything is released `live` is 0. The
 * files are memory: at most FAULT_FILES of them. */
#ifndef FAULT_H
#define FAULT_H

#include <gan/context.h>

#include "test.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { FAULT_FILES = 24 };

typedef struct fault_file {
    char path[256];
    unsigned char *bytes;
    size_t size, position;
    int open, flushed;
} fault_file;

typedef struct fault_host {
    atomic_llong live, live_bytes, peak_bytes, allocations, file_operations;
    long long fail_at, file_fail_at; /* counted from 1; compare with the two counters above */
    int and_after;
    fault_file files[FAULT_FILES];
} fault_host;

TEST_UNUSED static int fault_due(long long at, long long now, int and_after)
{
    return at > 0 && (now == at || (and_after && now > at));
}

/* The size is kept in front, in a whole alignment. */
TEST_UNUSED static void *fault_allocate(void *user, size_t size, size_t alignment)
{
    fault_host *fault = user;
    long long now = atomic_fetch_add(&fault->allocations, 1) + 1;
    if (fault_due(fault->fail_at, now, fault->and_after)) return NULL;
    size_t whole = (alignment + size + alignment - 1) / alignment * alignment;
    char *memory = aligned_alloc(alignment, whole);
    if (!memory) return NULL;
    memset(memory, 0xA5, whole); /* what is not written must not be read */
    memcpy(memory, &size, sizeof size);
    memory += alignment;
    atomic_fetch_add(&fault->live, 1);
    long long bytes = atomic_fetch_add(&fault->live_bytes, (long long)size) + (long long)size;
    long long peak = atomic_load(&fault->peak_bytes);
    while (bytes > peak && !atomic_compare_exchange_weak(&fault->peak_bytes, &peak, bytes)) {}
    return memory;
}

TEST_UNUSED static void fault_deallocate(void *user, void *memory)
{
    fault_host *fault = user;
    size_t size, alignment = 64; /* the only one that the library asks for */
    char *start = (char *)memory - alignment;
    memcpy(&size, start, sizeof size);
    atomic_fetch_sub(&fault->live, 1);
    atomic_fetch_sub(&fault->live_bytes, (long long)size);
    free(start);
}

TEST_UNUSED static int fault_file_due(fault_host *fault)
{
    long long now = atomic_fetch_add(&fault->file_operations, 1) + 1;
    return fault_due(fault->file_fail_at, now, fault->and_after);
}

TEST_UNUSED static fault_file *fault_find(fault_host *fault, const char *path)
{
    for (int i = 0; i < FAULT_FILES; i++)
        if (strcmp(fault->files[i].path, path) == 0) return &fault->files[i];
    return NULL;
}

TEST_UNUSED static void *fault_open(void *user, const char *path, int32_t mode)
{
    fault_host *fault = user;
    fault_file *file = fault_find(fault, path);
    if (fault_file_due(fault)) return NULL;
    if (!file && mode == GAN_FILE_WRITE) file = fault_find(fault, "");
    if (!file || strlen(path) >= sizeof file->path) return NULL;
    strcpy(file->path, path);
    file->position = 0;
    file->open++;
    if (mode == GAN_FILE_WRITE) file->size = 0;
    return file;
}

TEST_UNUSED static int64_t fault_read(void *user, void *handle, void *bytes, size_t count)
{
    fault_file *file = handle;
    size_t left = file->size - file->position;
    if (fault_file_due(user)) return -1;
    if (count > left) count = left;
    if (count > 1000) count = 1000; /* short reads are allowed */
    if (count > 0) memcpy(bytes, file->bytes + file->position, count);
    file->position += count;
    return (int64_t)count;
}

/* A write that fails has written half of it. */
TEST_UNUSED static int64_t fault_write(void *user, void *handle, const void *bytes, size_t count)
{
    fault_file *file = handle;
    int fails = fault_file_due(user);
    if (fails) count /= 2;
    unsigned char *grown = realloc(file->bytes, file->size + count + 1);
    if (!grown) return -1;
    file->bytes = grown;
    if (count > 0) memcpy(file->bytes + file->size, bytes, count);
    file->size += count;
    file->flushed = 0;
    return fails ? -1 : (int64_t)count;
}

TEST_UNUSED static int32_t fault_flush(void *user, void *handle)
{
    fault_file *file = handle;
    if (fault_file_due(user)) return -1;
    file->flushed = 1;
    return 0;
}

TEST_UNUSED static int32_t fault_close(void *user, void *handle)
{
    fault_file *file = handle;
    file->open--;
    return fault_file_due(user) ? -1 : 0;
}

TEST_UNUSED static int32_t fault_remove(void *user, const char *path)
{
    fault_file *file = fault_find(user, path);
    if (fault_file_due(user) || !file) return -1;
    free(file->bytes);
    memset(file, 0, sizeof *file);
    return 0;
}

TEST_UNUSED static int32_t fault_rename(void *user, const char *from, const char *to)
{
    fault_host *fault = user;
    fault_file *file = fault_find(fault, from), *old = fault_find(fault, to);
    if (fault_file_due(fault) || !file) return -1;
    if (old) {
        free(old->bytes);
        memset(old, 0, sizeof *old);
    }
    strcpy(file->path, to);
    return 0;
}

TEST_UNUSED static int32_t fault_list(void *user, const char *path,
                                      int32_t (*entry)(void *argument, const char *name,
                                                       int64_t size),
                                      void *argument)
{
    fault_host *fault = user;
    const size_t length = strlen(path);
    int found = 0;
    for (int i = FAULT_FILES - 1; i >= 0; i--) { /* in no good order */
        char name[256];
        const fault_file *file = &fault->files[i];
        if (strncmp(file->path, path, length) != 0 || file->path[length] != '/') continue;
        if (fault_file_due(fault)) return -1;
        strcpy(name, file->path + length + 1);
        char *slash = strchr(name, '/');
        if (slash) *slash = '\0';
        int twice = 0; /* a folder is there for each of its files */
        for (int j = i + 1; slash && j < FAULT_FILES; j++)
            twice |= strncmp(fault->files[j].path, file->path, length + 2 + strlen(name)) == 0;
        found = 1;
        int32_t result = twice ? 0 : entry(argument, name, slash ? -1 : (int64_t)file->size);
        if (result != 0) return result;
    }
    return found ? 0 : -1;
}

TEST_UNUSED static gan_host fault_make(fault_host *fault)
{
    gan_host host = {.size = sizeof host,
                     .user = fault,
                     .allocate = fault_allocate,
                     .deallocate = fault_deallocate,
                     .open = fault_open,
                     .read = fault_read,
                     .write = fault_write,
                     .flush = fault_flush,
                     .close = fault_close,
                     .rename = fault_rename,
                     .remove = fault_remove,
                     .list = fault_list};
    return host;
}

/* How many files there are; -1 if one is still open. */
TEST_UNUSED static int fault_file_count(const fault_host *fault)
{
    int count = 0;
    for (int i = 0; i < FAULT_FILES; i++) {
        if (fault->files[i].open) return -1;
        count += fault->files[i].path[0] != '\0';
    }
    return count;
}

TEST_UNUSED static void fault_free_files(fault_host *fault)
{
    for (int i = 0; i < FAULT_FILES; i++) free(fault->files[i].bytes);
    memset(fault->files, 0, sizeof fault->files);
}

#endif
