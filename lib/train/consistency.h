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

/* Adds to terms -log of a normal density of `wanted` around what is made, without its constant: the
 * sum of squares over a sample's elements, by 2 * deviation^2, a mean over the samples. */
gan_status gan__likelihood(gan_trainer *trainer, gan_value made, gan_value wanted, double deviation,
                           gan__terms *terms);

/* gan__consistency of what a frozen network says of both, its features: mean squares. */
gan_status gan__perceptual(gan_trainer *trainer, int32_t role, gan_value made, gan_value wanted,
                           double weight, int32_t value, gan__terms *terms);

/* semantic=, of kinds that translate through codes. */
typedef struct gan__semantic {
    double weight;
} gan__semantic;
extern const gan__option gan__semantic_options[1];

/* Whether "a,b" names several domains. */
bool gan__domains_several(const char *domains);

/* GAN_E_TEXT where it is asked for with one domain: nothing is translated then. */
gan_status gan__semantic_check(gan_context *context, const gan__semantic *semantic,
                               const char *domains);

/* Adds, with the option's weight, that the code of a translation is the code of its source: the
 * mean square between them (Taigman, Polyak and Wolf, "Unsupervised cross-domain image generation",
 * 2017, equation 5; Royer et al., "XGAN", 2017, section 3). Both have a gradient. */
gan_status gan__semantic_add(gan_trainer *trainer, const gan__semantic *semantic, gan_value source,
                             gan_value translation, int32_t value, gan__terms *terms);

/* GAN_E_SHAPE, with both sizes, for values of two spaces that go through each other's networks and
 * have unlike sizes; `option` is what asks for that, and does not at 0. */
gan_status gan__same_shape(const gan_trainer *trainer, const char *option,
                           const gan_value values[2], int32_t first, int32_t second);

#endif
