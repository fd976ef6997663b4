/* averages.h: moving averages of the weights of all that a training is for, for sampling. Parts
 * that the networks share are shared by their averages. See optim/average.h. */
#ifndef GAN__AVERAGES_H
#define GAN__AVERAGES_H

#include "train/trainer.h"

/* Makes the averages that the option average= asks for and that are not there yet; those without
 * an update so far take over what their models are now. */
gan_status gan__averages_prepare(gan_trainer *trainer);

/* Of a role whose network is about to be another, and of those that share parts with it. */
void gan__averages_drop(gan_trainer *trainer, int32_t role);

/* After a step that succeeded. */
void gan__averages_update(gan_trainer *trainer);

#endif
