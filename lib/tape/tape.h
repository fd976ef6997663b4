/* tape.h: a tape for those who keep a seed of their own: trainers. */
#ifndef GAN__TAPE_H
#define GAN__TAPE_H

#include <gan/tape.h>

#include <stdbool.h>
#include <stdint.h>

/* Draws from `seed`, and is not counted among the context's tapes, whose seeds follow from their
 * number. Inside an entered call. */
gan_status gan__tape_create(gan_tape **out, gan_context *context, uint64_t seed);

/* While a tape rehearses, calls check, plan and reserve memory as ever, but nothing is computed,
 * drawn or read: values have shapes, a scalar is 0, parameters get no gradient. So the calls of a
 * training step, rehearsed, find what the step would refuse, and leave the tape with all the memory
 * that it needs. Ends with a reset. */
void gan__tape_rehearse(gan_tape *tape, bool rehearse);

/* What the last backward call has gone through is not gone through again in this round: what layers
 * keep for it serves the applications to come. Values stay. */
void gan__tape_settle(gan_tape *tape);

/* The same numbers in memory of their own, through which no gradient passes. *numbers may be
 * written until the value is used; while the tape rehearses there are none in it. */
gan_status gan__tape_copy(gan_tape *tape, gan_value value, gan_value *out, float **numbers);

/* Bytes that the tape holds: activations, gradients between layers, packed weights. */
int64_t gan__tape_memory(const gan_tape *tape);

#endif
