/* average.h: a moving average of a model's weights, for sampling.
 *
 *     a += (1 - d) * (w - a),  d = min(decay, (1 + t) / (10 + t)),  t updates made before
 *
 * It is computed as fma(1 - d, w, d * a). Of finite numbers that is finite, so that no step fails
 * for it: the two factors, rounded to float32, add up to at most 1 + 2^-25, d * a is rounded down
 * where a is the largest number, and 1 + 2^-25 times that one rounds to it.
 *
 * The averaged model's buffers (running statistics, u and v) are copied from the trained model at
 * each update, so that it can be used at any time. Batch statistics of the averaged weights differ
 * from those: to estimate them afresh, apply the averaged model on a tape with the mode "training"
 * to some batches of noise, its layers estimating (layer->estimates), before it is saved or
 * measured. */
#ifndef GAN__AVERAGE_H
#define GAN__AVERAGE_H

#include "model/tree.h"

typedef struct gan__average {
    gan_context *context;
    gan_model *source, *model; /* the trained one, retained; the averaged one, owned */
    double decay;
    int64_t updates; /* a checkpoint stores it beside the averaged model's values */
} gan__average;

/* Starts as a copy of the model; parts that are given are placed in it, not copied. *out is NULL on
 * failure. */
gan_status gan__average_create(gan__average **out, gan_model *source, double decay,
                               const gan__given *given);
void gan__average_destroy(gan__average *average); /* NULL is allowed */

/* Weights and buffers become the source's. Nothing is allocated. */
void gan__average_copy(gan__average *average);

/* After an update of the source. Nothing is allocated. What the `count` models in `done` have too
 * was averaged with them. */
void gan__average_update(gan__average *average, gan_model *const *done, int32_t count);

/* Only the buffers, from the source: where estimating statistics afresh begins, so that doing it
 * twice gives the same. */
void gan__average_copy_buffers(gan__average *average);

#endif
