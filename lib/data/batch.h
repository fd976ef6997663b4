/* batch.h: shuffled batches of a data set, made ahead by a side thread.
 *
 * The examples of a stream are counted from 0: position p is place gan__random_permute(p mod count)
 * of epoch p / count, so any position is found at once and a checkpoint stores one number. A batch
 * that crosses the end of an epoch goes on with the next epoch's order. The bits do not depend on
 * whether the thread runs. */
#ifndef GAN__BATCH_H
#define GAN__BATCH_H

#include "data/data.h"

typedef struct gan__batcher gan__batcher;

typedef struct gan__batch_plan {
    const char *const *fields; /* wanted, in this order */
    int32_t field_count;
    int64_t batch; /* examples in a batch, >= 1; may exceed the data set's count */
    uint64_t seed;
    uint32_t stream; /* below 256: batchers with other numbers draw in other orders */
    bool ahead;      /* false: no side thread, each batch is made by the call that returns it */
} gan__batch_plan;

/* Retains the data set and allocates all that is ever needed. GAN_E_ARGUMENT names a field that the
 * data set lacks. Without memory for a thread, or in a forked child, it works without one. */
gan_status gan__batcher_create(gan__batcher **out, gan_context *context, gan_dataset *dataset,
                               const gan__batch_plan *plan);
void gan__batcher_free(gan__batcher *batcher); /* NULL is allowed; waits for the side thread */

/* The next batch: *out has one float32 tensor for each wanted field, (N, H, W, C) with pictures in
 * [-1, 1], (N, C), or (N) for labels. Borrowed, and valid until the next call but one.
 * GAN_E_CANCELLED if the data set's callback stopped: the position has not moved, and the next call
 * tries again. */
gan_status gan__batcher_next(gan__batcher *batcher, gan_tensor *const **out);

/* What the next call will return, of the same shapes; the numbers in it mean nothing yet. */
gan_tensor *const *gan__batcher_blank(const gan__batcher *batcher);

int64_t gan__batcher_memory(const gan__batcher *batcher); /* bytes of its batches */

/* The position of the first example that the next call delivers; what a checkpoint stores. */
int64_t gan__batcher_position(const gan__batcher *batcher);

/* From 0 to the end: a stream has 2^40 epochs, after which it is GAN_E_STATE. */
gan_status gan__batcher_seek(gan__batcher *batcher, int64_t position);

#endif
