/* averages.h: moving averages of the weights of roles, for sampling. See optim/average.h. */
#ifndef GAN__AVERAGES_H
#define GAN__AVERAGES_H

#include "train/trainer.h"

/* Makes the averages that the option average= asks for and that are not there yet; those without
 * an update so far take over what their models are now. */
gan_status gan__averages_prepare(gan_trainer *trainer);
void gan__averages_free(gan_trainer *trainer);

/* After a step that succeeded. */
void gan__averages_update(gan_trainer *trainer);

/* Estimates the batch statistics of the averaged weights afresh: what stands in their buffers are
 * the trained model's. */
gan_status gan__averages_refresh(gan_trainer *trainer);

#endif
