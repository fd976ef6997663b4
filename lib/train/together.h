/* together.h: networks of several domains that take one input, applied as one. */
#ifndef GAN__TOGETHER_H
#define GAN__TOGETHER_H

#include "train/trainer.h"

/* Of the networks of the row's roles, each with one input and one output: one network with an
 * output of each. What they have in common, from the input on, is in it once. For `prepare`. */
gan_status gan__together_prepare(gan_trainer *trainer, int32_t row);

/* outputs[d] is of the domain d. */
gan_status gan__together_apply(gan_trainer *trainer, int32_t row, const char *mode, gan_value input,
                               gan_value *outputs);

#endif
