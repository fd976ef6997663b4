/* averages.h: moving averages of the weights of all that a training is for, for sampling. Parts
 * that the networks share are shared by their averages. See optim/average.h. */
#ifndef GAN__AVERAGES_H
#define GAN__AVERAGES_H

#include "train/trainer.h"

/* Makes the averages that the option average= asks for and that are not there yet; those without
 * an update so far take over what their models are now. */
gan_status gan__averages_prepare(gan_trainer *trainer);

/* Puts another network into a role, without retaining it. The role's average begins anew, and so do
 * those of networks that share parts with the new one or with the one before it, directly or by
 * others. After a failure all is as it was. */
gan_status gan__averages_set_model(gan_trainer *trainer, int32_t role, gan_model *model);

/* After a step that succeeded. */
void gan__averages_update(gan_trainer *trainer);

#endif
