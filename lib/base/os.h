/* os.h: the only calls to the operating system. os_posix.c, os_linux.c and os_win32.c serve it. */
#ifndef GAN__OS_H
#define GAN__OS_H

#include <stddef.h>
#include <stdint.h>

typedef struct gan__thread gan__thread;
typedef struct gan__mutex gan__mutex;
typedef struct gan__condition gan__condition;

/* Memory for these three is plain malloc: they are made once per context, before its allocator's
 * guarantees begin, and their sizes belong to the system. NULL: out of memory or threads. */
gan__thread *gan__thread_start(void (*run)(void *argument),
                               void *argument); /* all signals blocked */
void gan__thread_join(gan__thread *thread);     /* waits, then frees */
gan__mutex *gan__mutex_create(void);
void gan__mutex_destroy(gan__mutex *mutex);
void gan__mutex_lock(gan__mutex *mutex);
void gan__mutex_unlock(gan__mutex *mutex);
gan__condition *gan__condition_create(void);
void gan__condition_destroy(gan__condition *condition);
void gan__condition_wait(gan__condition *condition, gan__mutex *mutex);
void gan__condition_broadcast(gan__condition *condition);

uint64_t gan__os_thread_id(void);  /* never 0 */
uint64_t gan__os_process_id(void); /* differs in a forked child */
void gan__os_yield(void);
double gan__os_seconds(void);          /* of a clock that is never set back; from any moment on */
int32_t gan__os_processor_count(void); /* affinity and control groups respected; >= 1 */
/* Linux: how many processors the control groups (versions 1 and 2) of this process and all around
 * them grant, `limit` at most. `root` stands in front of every file's name: "" but in tests. */
long gan__os_group_limit(const char *root, long limit);
const char *gan__os_environment(const char *name); /* NULL if unset */

/* Aligned memory; whole huge pages are asked for from 2 MiB on. NULL on failure. */
void *gan__os_allocate(size_t size, size_t alignment);
void gan__os_deallocate(void *memory);

/* Files, with the meaning of the callbacks in gan_host. */
void *gan__os_open(const char *path, int32_t write);
int64_t gan__os_read(void *file, void *bytes, size_t count);
int64_t gan__os_write(void *file, const void *bytes, size_t count);
int32_t gan__os_flush(void *file);
int32_t gan__os_close(void *file);
int32_t gan__os_remove(const char *path);

/* Links are followed; what is neither file nor folder is left out. What cannot be looked at, such
 * as a link to nothing, is a file of no bytes. */
int32_t gan__os_list(const char *path,
                     int32_t (*entry)(void *argument, const char *name, int64_t size),
                     void *argument);

/* The folder is flushed too. 1: `to` is replaced, but that could not be made durable. */
int32_t gan__os_rename(const char *from, const char *to);

/* What the callbacks cannot say about replacing a file (see stream.c).
 * - is_special: something is there that is written to rather than replaced: a device, a pipe, a
 *   folder (which then refuses).
 * - follow: the name that `path` leads to through links, there or not, into out[0..size); 0 is
 *   success. Windows replaces the link itself.
 * - create: opens a new file for writing, never an old one and never through a link, with the
 *   permissions of the file `model` if that is there. On failure *taken says whether the name was
 *   in use. */
int32_t gan__os_is_special(const char *path);
int32_t gan__os_follow(const char *path, char *out, size_t size);
void *gan__os_create(const char *path, const char *model, int32_t *taken);

/* The working folder, absolute, into out[0..size); 0 is success. */
int32_t gan__os_folder(char *out, size_t size);

/* Why the last of these failed on this thread, in a few words: "no such file or folder". */
const char *gan__os_reason(void);

#endif
