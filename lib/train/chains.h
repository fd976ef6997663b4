/* chains.h: Langevin chains of a trainer: the negatives of a step, and samples. */
#ifndef GAN__CHAINS_H
#define GAN__CHAINS_H

#include "train/langevin.h"

/* The negatives of a step, as many as positives, (N, H, W, C): t->chains.ends, beside
 * t->chains.positives, a copy of those. The tape is reset in between: no value outlives it.
 *
 * Of the first step they are noise, since D has learned nothing yet. Later ones are the ends of
 * chains, `langevin->replay` of which begin in the pool. What they are is staged in the pool: it
 * lasts with the step. */
gan_status gan__chains_run(gan_trainer *trainer, int32_t role, int32_t pool,
                           const gan__langevin *langevin, gan_value positives);

/* A kind's `sample`: chains from noise, of pictures of a space. wanted->steps 0: as many as a chain
 * of the training has made, from its start and through the pool, at the end of its life. The first
 * chains of many are those of few, whatever else is asked for. */
gan_status gan__chains_sample(gan_trainer *trainer, int32_t role, int32_t space, int32_t pool,
                              const gan__langevin *langevin, const gan__sampling *wanted,
                              gan_tensor **out);

void gan__chains_free(gan_trainer *trainer);
int64_t gan__chains_memory(const gan_trainer *trainer); /* bytes */

#endif
