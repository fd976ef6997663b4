/* augmentation.h: all that a discriminator sees is changed by chance, real and fake samples alike
 * (Zhao et al., "Differentiable augmentation for data-efficient GAN training", 2020). */
#ifndef GAN__AUGMENTATION_H
#define GAN__AUGMENTATION_H

#include "train/trainer.h"

/* `what` is "flip,translate", say; NULL: nothing. GAN_E_TEXT for a word that is none. */
gan_status gan__augment_check(gan_context *context, const char *what);

/* *x as it is shown, each sample with draws of its own; gradients pass through. */
gan_status gan__augment_show(gan_trainer *trainer, const char *what, gan_value *x);

#endif
