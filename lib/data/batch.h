/* batch.h: shuffled batches of a data set, made ahead by a side thread; beside each example, where
 * it is wanted, another one of an unlike condition.
 *
 * The examples of a stream are counted from 0: position p is place gan__random_permute(p mod count)
 * of epoch p / count, so any position is found at once and a checkpoint stores one number. A batch
 * that crosses the end of an epoch goes on with the next epoch's order. The bits do not depend on
 * whether the thread runs.
 *
 * The unlike partner of an example is another real example whose condition, a label or a vector,
 * differs from its own in value: number by number as the batch has them, so that another example
 * of the same class or with an equal vector is none (0 and -0 are equal, and so is NaN to NaN). It
 * is drawn anew for each position, every unlike example of the data set with the same probability,
 * and is a function of (seed, stream, position) alone.
 *   In tensors it is found in an order of the examples by value, made at creation (16 bytes for
 *   each example and 8 for each value, which batchers do not share).
 *   A callback is asked for other examples in a random order, none twice, until one is unlike: for
 *   at most GAN__UNLIKE_TRIES of them, so that a condition that all but one example in a hundred
 *   have is missed once in 30,000 draws. `read` is called for each of them. */
#ifndef GAN__BATCH_H
#define GAN__BATCH_H

#include "data/unlike.h"

typedef struct gan__batcher gan__batcher;

typedef struct gan__batch_plan {
    const char *const *fields; /* wanted of each example, in this order */
    int32_t field_count;
    int64_t batch; /* examples in a batch, >= 1; may exceed the data set's count */
    uint64_t seed;
    uint32_t stream;   /* any: batchers with other numbers draw in other orders */
    bool ahead;        /* false: no side thread, each batch is made by the call that returns it */
    int32_t in_flight; /* so many delivered batches stay valid at a time, >= 1 */

    /* Unlike partners: NULL and 0 where none are wanted. */
    const char *condition;       /* "label" or "vector": it need not be among the fields */
    const char *const *partners; /* fields wanted of the partner */
    int32_t partner_count;
} gan__batch_plan;

/* Retains the data set and allocates all that is ever needed: in_flight + 1 batches, one of which
 * is being made. GAN_E_ARGUMENT names a field that the data set lacks, or a condition that all
 * examples of its tensors have in common. Without memory for a thread, or in a forked child, it
 * works without one. */
gan_status gan__batcher_create(gan__batcher **out, gan_context *context, gan_dataset *dataset,
                               const gan__batch_plan *plan);
void gan__batcher_free(gan__batcher *batcher); /* NULL is allowed; waits for the side thread */

/* The next batch: *out has one float32 tensor for each wanted field, then one for each field wanted
 * of the partners: (N, H, W, C) with pictures in [-1, 1], (N, C), or (N) for labels. Row i of
 * out[field_count + j] is field partners[j] of the partner of row i. Borrowed, and valid until
 * in_flight more batches are delivered, whatever is sought or fails in between.
 *   GAN_E_CANCELLED if the data set's callback stopped; GAN_E_STATE, with the field and the
 * example, if it gave no unlike partner; what a file fails with that is read for it. The position
 * has not moved, and the next call tries again. */
gan_status gan__batcher_next(gan__batcher *batcher, gan_tensor *const **out);

/* What the next call will return, of the same shapes; the numbers in it mean nothing yet. */
gan_tensor *const *gan__batcher_blank(const gan__batcher *batcher);

/* Bytes of its batches, and of the order by value in which it finds partners. */
int64_t gan__batcher_memory(const gan__batcher *batcher);

/* The position of the first example that the next call delivers; what a checkpoint stores. */
int64_t gan__batcher_position(const gan__batcher *batcher);

/* From 0 to the end: a stream has 2^40 epochs, after which it is GAN_E_STATE. */
gan_status gan__batcher_seek(gan__batcher *batcher, int64_t position);

#endif
