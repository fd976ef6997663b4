/* consistency.h: what is made must be like what it was made from: reconstructions, cycles,
 * identities, features, codes. */
#ifndef GAN__CONSISTENCY_H
#define GAN__CONSISTENCY_H

#include "train/trainer.h"

/* Adds weight * loss(made, wanted) to the terms of a sum, and measures the loss, without its
 * weight. `loss` is a description such as "l1" or "mse"; no gradient goes to `wanted` if it is
 * detached. */
gan_status gan__consistency(gan_trainer *trainer, const char *loss, gan_value made,
                            gan_value wanted, double weight, int32_t value, gan__terms *terms);

#endif
