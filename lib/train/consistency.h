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

/* How pictures are compared with those that were to be made: the mean over all elements of |d|, of
 * d^2, or of the cross-entropy: what is made are logits of (wanted + 1) / 2 then. */
enum { GAN__LIKENESS_L1, GAN__LIKENESS_L2, GAN__LIKENESS_BCE };

gan_status gan__reconstruction(gan_trainer *trainer, int32_t likeness, gan_value made,
                               gan_value wanted, double weight, int32_t value, gan__terms *terms);

/* Statements that make pictures in [-1, 1] of what is compared so; NULL: they are pictures. */
const char *gan__likeness_finish(int32_t likeness);

/* The same of what a frozen network says of both, its features: mean squares. */
gan_status gan__perceptual(gan_trainer *trainer, int32_t role, gan_value made, gan_value wanted,
                           double weight, int32_t value, gan__terms *terms);

/* GAN_E_SHAPE, with both sizes, for values of two spaces that go through each other's networks and
 * have unlike sizes; `option` is what asks for that, and does not at 0. */
gan_status gan__same_shape(const gan_trainer *trainer, const char *option,
                           const gan_value values[2], int32_t first, int32_t second);

#endif
