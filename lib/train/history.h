/* history.h: what a discriminator is shown of a generator: older pictures among the new ones, out
 * of a pool that the kind names. */
#ifndef GAN__HISTORY_H
#define GAN__HISTORY_H

#include "train/trainer.h"

/* Passes pictures of the tape through a pool: *out are as many, new and older ones, through which
 * no gradient passes. What the pool takes up is of the step, and undone with it. */
gan_status gan__history(gan_trainer *trainer, int32_t pool, gan_value pictures, gan_value *out);

#endif
