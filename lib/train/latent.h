/* latent.h: codes that are drawn. */
#ifndef GAN__LATENT_H
#define GAN__LATENT_H

#include "train/trainer.h"

/* noise=. */
typedef struct gan__latent {
    int32_t noise; /* normal, uniform */
} gan__latent;
extern const gan__option gan__latent_options[1];
gan__prior gan__latent_prior(const gan__latent *latent);

/* n codes of this shape from a prior: z, (n, H, W, C). */
gan_status gan__latent_draw(gan_tape *tape, gan__prior prior, gan__shape shape, int64_t n,
                            gan_value *z);

/* The codes of a step: those that were fed, or drawn from the space's prior. */
gan_status gan__latent_noise(gan_trainer *trainer, int32_t space, int32_t feed, gan_value *z);

/* z = mean + exp(log_variance / 2) * epsilon (Kingma and Welling, "Auto-encoding variational
 * Bayes", 2014, section 2.4), all of one shape. */
gan_status gan__latent_sample(gan_tape *tape, gan_value mean, gan_value log_variance,
                              gan_value epsilon, gan_value *z);

/* What a role whose first two outputs are a mean and a log_variance makes of x, in training, and a
 * code drawn around the mean; epsilon is drawn before, or fed. */
gan_status gan__latent_encode(gan_trainer *trainer, int32_t role, int32_t feed, gan_value x,
                              gan_value code[2], gan_value *z);

#endif
