/* context.h: the inside of a context, and the two ends of every public call. */
#ifndef GAN__CONTEXT_H
#define GAN__CONTEXT_H

#include <gan/context.h>

#include "base/cpu.h"
#include "base/exact.h"

#include <stdatomic.h>
#include <stdbool.h>

/* Lets the compiler compare a format with its arguments. MinGW is made to use C's own formats: see
 * cmake/GanFlags.cmake. */
#if defined(__MINGW32__)
#define GAN__PRINTF(text, first) __attribute__((format(gnu_printf, text, first)))
#elif defined(__GNUC__)
#define GAN__PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define GAN__PRINTF(text, first)
#endif

/* Keeps a function's frame out of that of its caller: for what a recursion calls at its end, or to
 * fail, so that many levels fit on a small stack. */
#if defined(__GNUC__)
#define GAN__NOINLINE __attribute__((noinline))
#else
#define GAN__NOINLINE
#endif

enum { GAN__MESSAGE_SIZE = 1024 };

typedef enum gan__precision { GAN__FP32, GAN__SPLIT, GAN__BF16 } gan__precision;

/* Tiles of minimal filtering: F(2x2, 3x3), or F(4x4, 3x3) too. */
typedef enum gan__tiles { GAN__TILES_SMALL, GAN__TILES_LARGE } gan__tiles;

/* As the options' texts. */
const char *gan__precision_name(gan__precision precision);
const char *gan__tiles_name(gan__tiles tiles);

struct gan__team;
struct gan__watch;
struct gan__share;

typedef struct gan__scratch {
    void *memory;
    size_t size;
} gan__scratch;

/* What random numbers of later objects follow from. A call that makes some and fails puts them back
 * as they were (counts = before), so that it leaves no trace in what comes after it. */
typedef struct gan__counts {
    uint64_t draws; /* how many parameter tensors were initialised: a key of random numbers */
    uint64_t tapes, trainers; /* how many were made: their seeds follow from it */
} gan__counts;

/* What a context begins with, and no other handle: see object.h. */
#define GAN__CONTEXT_TAG UINT32_C(0x67616e00)

struct gan_context {
    uint32_t tag;
    atomic_int references;
    gan_host host; /* every field set: the defaults are filled in */
    uint64_t seed;
    int32_t threads;
    gan__precision precision;
    gan__tiles tiles;
    int32_t log_level;
    gan__tier tier; /* which kernels serve */
    struct gan__team *team;
    struct gan__share *shares; /* of the loop that runs, one for each worker */
    gan__scratch *scratch;     /* the same */
    gan__counts counts;
    const struct gan__kind *const *trainer_kinds; /* NULL: those of the library */
    size_t trainer_kind_count;
    atomic_uint_least64_t owner;   /* thread id of the call in progress, 0 if none */
    atomic_uint_least64_t refused; /* thread id of the last call that found another owner */
    int32_t depth;
    struct gan__watch *watch; /* of the innermost piece of work; NULL: nobody asks */
    char *text;
    char message[GAN__MESSAGE_SIZE];
};

/* A context for a thread that works beside the calls: with the host's functions, a message of its
 * own and a log of errors alone. It has no threads, and only reads files and allocates; it ends
 * (gan_context_release) before the one that it is made from. */
gan_status gan__context_branch(gan_context **out, gan_context *from);

/* Whether this is a live context. NULL and handles of another kind are not. */
static inline bool gan__context_is(const gan_context *context)
{
    return context && context->tag == GAN__CONTEXT_TAG;
}

/* Every public function that computes or changes something is bracketed by these two.
 * Enter claims the context for this thread (GAN_E_BUSY if another one has it; GAN_E_ARGUMENT if it
 * is no context) and puts the floating-point unit into its default mode: round to nearest,
 * denormals kept, no traps. It nests. Leave undoes both. `mode` is the caller's own storage. */
typedef struct gan__entry {
    uint64_t mode;
} gan__entry;

gan_status gan__enter(gan_context *context, gan__entry *entry);
void gan__leave(gan_context *context, const gan__entry *entry);

/* The floating-point mode alone, for worker threads. */
uint64_t gan__float_mode_default(void); /* returns the mode that was set before */
void gan__float_mode_restore(uint64_t mode);

/* Makes `wanted` the tier whose kernels serve; GAN_E_UNSUPPORTED, with what there is, where the
 * processor's `best` is less. */
gan_status gan__context_choose_tier(gan_context *context, gan__tier wanted, gan__tier best);

/* Writes the context's message and returns `status`, so that a failing function ends with
 *     return gan__fail(context, GAN_E_SHAPE, "dense: %s has %" PRId64 " features", ...);
 * Only %s %d %u %zu %c and PRId64 and friends: floating-point values go through gan__number_print,
 * since printf's depend on the locale. NULL and what is no context are allowed: nothing is kept.
 *
 * It may stand in front of gan__enter, for arguments: the message is written by the context's owner
 * alone, which a thread becomes for as long as it writes. While another thread is the owner nothing
 * is written, and gan_context_message tells this thread so. */
GAN__PRINTF(3, 4)
gan_status gan__fail(gan_context *context, gan_status status, const char *format, ...);

/* Puts "PREFIX: " in front of the message that a deeper function left; returns `status`. */
GAN__PRINTF(3, 4)
gan_status gan__fail_in(gan_context *context, gan_status status, const char *format, ...);

/* One finished line to the host's log, if `level` is severe enough. */
GAN__PRINTF(3, 4)
void gan__log(gan_context *context, int32_t level, const char *format, ...);

/* Returns from the calling function when `expression` fails. */
#define GAN__TRY(expression)                             \
    do {                                                 \
        gan_status gan__status_ = (expression);          \
        if (gan__status_ != GAN_OK) return gan__status_; \
    } while (0)

/* The end of a public function: returns `expression`, computed between enter and leave. */
#define GAN__RETURN_ENTERED(context_, expression)                     \
    do {                                                              \
        gan__entry gan__entry_;                                       \
        gan_status gan__result_ = gan__enter(context_, &gan__entry_); \
        if (gan__result_ != GAN_OK) return gan__result_;              \
        gan__result_ = (expression);                                  \
        gan__leave(context_, &gan__entry_);                           \
        return gan__result_;                                          \
    } while (0)

#endif
