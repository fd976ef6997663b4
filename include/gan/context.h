/* context.h: the context, in which everything else lives.
 *
 * A context holds what a program decides once: the allocator, the threads, the seed, the precision
 * of products, the log. It also keeps the message of the last failure. Two contexts share nothing.
 *
 * One context serves one thread at a time. A call that finds it in use on another thread does
 * nothing and returns GAN_E_BUSY, or GAN_E_ARGUMENT if its arguments are wrong anyway; one that
 * returns no status returns what it does for a failure. Inside a callback of libgan, calls on the
 * same thread are allowed unless the callback's description says otherwise. Callbacks, and the
 * functions of a gan_host, return: an exception or a longjmp must not leave them, since libgan is
 * in the middle of something. What the context and its objects do afterwards is not defined, but
 * for step callbacks: see gan_trainer_run. On a thread of libgan an exception ends the program.
 *
 * A call needs at most 64 KiB of its thread's stack, besides what the host's own functions and
 * callbacks take; so does each worker thread, whose stack has the system's default size, and each
 * task that a host's `parallel` runs. (Builds without optimisation or with sanitizers need more.)
 *
 * Handles (gan_context, gan_tensor, gan_model, ...) are reference-counted. Whoever creates one owns
 * one reference; `_retain` adds one and `_release` drops one, both on any thread and in any order.
 * A handle keeps its context alive, so releasing the context first is right. `_release(NULL)` does
 * nothing. */
#ifndef GAN_CONTEXT_H
#define GAN_CONTEXT_H

#include <gan/status.h>

GAN_BEGIN

typedef struct gan_context gan_context;
typedef struct gan_model gan_model; /* of model.h */

#define GAN_LOG_ERROR 0
#define GAN_LOG_WARNING 1
#define GAN_LOG_INFO 2
#define GAN_LOG_DEBUG 3

/* What gan_host's `open` is asked for. */
#define GAN_FILE_READ 0
#define GAN_FILE_WRITE 1

/* A piece of work that has ended, for gan_host's `span`: a layer's pass, a loss, an update, a
 * batch. Pieces lie in each other as their calls do, a layer's pass in a trainer's step, and each
 * has only the seconds and products that no piece inside it has: those of all add up to what was
 * worked.
 *
 *   pass        of
 *   forward     a layer, with an activation behind it that it makes in the same pass (which is not
 *               told then); a loss; what a tape draws, joins or adds up
 *   backward    the same on the way back; of a layer with a filter, to its input alone
 *   weights     a layer with a filter: to its weights
 *   again       a layer whose result was not kept, made once more on the way back
 *   pack        weights laid out for products, inside the pass that needs them first
 *   spectral    weights divided by their largest singular value, and the way back through that
 *   tangent     a layer's tangent; tangent.backward is the way back from it
 *   norm        an optimiser: of the gradient; trial: whether the update would stay finite
 *   step        an optimiser: the update; a trainer: all that no other piece has
 *   update      moving averages
 *   read        a batch: waiting for it, and its numbers brought to the tape
 *
 * Later versions may have more of them, and more fields at the end: `size` says which are there. */
typedef struct gan_span {
    size_t size;
    /* Whose layer it is, for comparison with handles of the host's own: one that it does not know
     * is a layer of gan_tape_layer, or an average. NULL: no layer. Borrowed, as are the texts. */
    const gan_model *model;
    const char *place; /* the layer's path in the model, as parameters' names begin; "": no layer */
    const char *kind;  /* "conv2d", "hinge", "adam", "gan", "batch", "normal" */
    const char *pass;
    double seconds;
    double products; /* multiply-adds of convolutions and dense layers, counted as for direct sums,
                        however they are made */
} gan_span;

/* What the host program takes over. Set `size` to sizeof(gan_host) and every field that is not
 * needed to NULL: the default then serves. The functions are called with `user`, from any thread
 * that uses the context and from its workers, so they must be thread-safe.
 *
 * - allocate returns `size` bytes aligned to `alignment` (a power of two, at most 4096), or NULL.
 * - deallocate takes back what allocate returned; never NULL. Both or neither must be given.
 * - log receives one finished line without a line end.
 * - parallel calls task(argument, i) once for each i in [0, count), on whatever threads it likes,
 *   and returns when all are done. Tasks never wait for each other: a plain loop is right.
 *
 * Files: all of the following, or none; flush and list may be NULL on their own.
 *
 * - open opens a file (UTF-8 path): GAN_FILE_READ an existing one, GAN_FILE_WRITE creates it or
 *   makes it empty. Returns a handle of the host, or NULL.
 * - read and write transfer up to / exactly `count` bytes; read returns the bytes read (0 at the
 *   end), write returns `count`; a negative number is a failure.
 * - flush makes what was written durable (fsync); 0 is success.
 * - close closes; 0 is success.
 * - rename replaces `to` by `from` in one step and makes that durable; 0 is success.
 * - remove deletes a file; 0 is success.
 * - list calls entry(argument, name, size) once for each file and folder in the folder `path`, in
 *   any order: its name alone, and its bytes, or -1 for a folder. If entry returns another number
 *   than 0 it stops and returns that; else 0 is success, a negative number a failure. NULL: data
 *   sets of folders are GAN_E_UNSUPPORTED.
 *
 * - span is told each piece of work that has ended, on the thread that made the call. Nothing that
 *   is computed depends on it. It must not call libgan, and what it takes is the host's affair: its
 *   time is in no span, but in the call's. NULL: no clock is read.
 *
 * The end: release, on its own or with the rest, is called once, on whatever thread let go last,
 * when the context and everything in it is gone and none of the other functions can be called any
 * more. If gan_context_create fails it is not called.
 *
 * Whatever libgan saves as PATH it writes to a new file PATH.XXXXXXXX.tmp, eight hexadecimal digits
 * that differ between processes and threads, which then replaces PATH; a program that is killed
 * meanwhile leaves it behind. Without a host's own functions, a file keeps its permissions, a
 * symbolic link its place, and a device or a pipe is written to as it is. */
typedef struct gan_host {
    size_t size;
    void *user;
    void *(*allocate)(void *user, size_t size, size_t alignment);
    void (*deallocate)(void *user, void *memory);
    void (*log)(void *user, int32_t level, const char *line);
    void (*parallel)(void *user, int64_t count, void (*task)(void *argument, int64_t index),
                     void *argument);
    void *(*open)(void *user, const char *path, int32_t mode);
    int64_t (*read)(void *user, void *file, void *bytes, size_t count);
    int64_t (*write)(void *user, void *file, const void *bytes, size_t count);
    int32_t (*flush)(void *user, void *file);
    int32_t (*close)(void *user, void *file);
    int32_t (*rename)(void *user, const char *from, const char *to);
    int32_t (*remove)(void *user, const char *path);
    void (*release)(void *user);
    int32_t (*list)(void *user, const char *path,
                    int32_t (*entry)(void *argument, const char *name, int64_t size),
                    void *argument);
    void (*span)(void *user, const gan_span *span);
} gan_host;

/* Creates a context from a description such as "threads=2 seed=7"; NULL or "" takes every default.
 *
 *   threads=0         worker threads; 0: one for each processor that this process may use: of its
 *                     affinity, and no more than the CPU quotas of its control groups come to
 *   seed=0            the root of every random number
 *   precision=fp32    how products are made: fp32 (split and bf16 are reserved)
 *   filter=small      tiles of minimal filtering, which makes 3x3 convolutions of stride 1 with
 *                     fewer multiplications: small ones of 2x2 outputs at less than a direct sum's
 *                     rounding error, or large ones of 4x4 where they save a fifth, at 1.5 to 2
 *                     times its error (1e-6 to 4e-6 of the largest output) and 1.2 to 1.7 times
 *                     the speed of small ones. In large ones whole numbers are not exact, and a
 *                     NaN spreads over its tile. Each has the same bits everywhere
 *   cpu=auto          whose kernels serve: generic avx2 avx512; one that this processor lacks is
 *                     GAN_E_UNSUPPORTED, and the message names what it has. auto: the best that it
 *                     has, or what the environment variable GAN_CPU allows, which counts for
 *                     nothing where cpu= names one. The bits of results are the same
 *   log=warning       the least severe level that reaches the log: error warning info debug
 *
 * `host` may be NULL. A gan_host whose size this library does not know is GAN_E_UNSUPPORTED.
 * On failure *out is NULL and one line that says why is in message[0..size), which may be NULL. */
GAN_API gan_status gan_context_create(gan_context **out, const char *spec, const gan_host *host,
                                      char *message, size_t size);
GAN_API void gan_context_retain(gan_context *context);
GAN_API void gan_context_release(gan_context *context);

/* One line about the last failure in this context: the layer, file, shapes and values that it was
 * about. "" if nothing failed yet. Borrowed; valid until the next failing call in this context.
 *
 * On a thread that is refused the message of another thread is not shown: while the context is in
 * use on another thread, and after GAN_E_BUSY until the next call of this thread that is served,
 * the line is "context: in use on another thread". Only the last thread that was refused is
 * remembered: of several, the others may see what failed elsewhere. */
GAN_API const char *gan_context_message(const gan_context *context);

/* The description spelled out, with what was decided: "threads=2 seed=7 precision=fp32
 * filter=small cpu=avx2 log=warning". Borrowed. */
GAN_API const char *gan_context_text(const gan_context *context);

/* The CPU tier whose kernels serve: "generic", "avx2", "avx512". Borrowed, static. Under cpu=auto
 * the environment variable GAN_CPU, read when the context is created, names the best tier that may
 * be chosen; what is none is ignored with a warning in the log. */
GAN_API const char *gan_context_cpu(const gan_context *context);

GAN_END

#endif
