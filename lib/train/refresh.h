/* refresh.h: batch statistics of averaged weights, which differ from those of the trained ones. */
#ifndef GAN__REFRESH_H
#define GAN__REFRESH_H

#include "train/trainer.h"

/* Estimates the batch statistics of all averages afresh: what stands in their buffers are the
 * trained models'. What they see is drawn from the priors and from the data, in orders of their
 * own: the training's draws and positions stay. Without the data that an average would be applied
 * to, its statistics stay those of the trained model, with one warning; so do those of all averages
 * where data cannot be read or applied, and the warning says why. */
gan_status gan__averages_refresh(gan_trainer *trainer);

/* How many bytes that takes meanwhile. Nothing is read or computed. */
gan_status gan__averages_refresh_memory(gan_trainer *trainer, int64_t *bytes);

#endif
