/* change.h: a training that goes on with other options. */
#ifndef GAN__CHANGE_H
#define GAN__CHANGE_H

#include "train/trainer.h"

/* Of a trainer that was just loaded. It takes the options of another description of its kind; an
 * average that the old ones did not have begins with the weights of now, one that the new ones do
 * not have is dropped. After a failure the trainer can only be released. */
gan_status gan__trainer_change(gan_trainer *trainer, const char *spec);

/* The same for the optimiser of a group: steps and the moments that both descriptions have are
 * kept, a moment that is new begins with 0. GAN_E_ARGUMENT for another kind. */
gan_status gan__trainer_change_optimizer(gan_trainer *trainer, int32_t group, const char *spec);

#endif
