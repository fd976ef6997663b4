/* rehearsal.h: a step that computes nothing: it finds what the first one would refuse, and makes
 * all the memory that steps need. */
#ifndef GAN__REHEARSAL_H
#define GAN__REHEARSAL_H

#include "train/trainer.h"

/* The trainer is ready. Nothing that a training depends on changes: weights, moments, buffers,
 * gradients, draws, positions, measured values. */
gan_status gan__rehearse(gan_trainer *trainer);

/* After it: bytes that the trainer and what it has been given hold, and, for a moment, a save. */
gan_status gan__rehearsed_memory(gan_trainer *trainer, int64_t *bytes);

#endif
