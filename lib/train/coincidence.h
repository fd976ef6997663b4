/* coincidence.h: whether negatives lie on the data: a discriminator that learns all the time cannot
 * tell them apart any more.
 *
 * A step says which share of N pairs has the positive above the negative. By chance alone it would
 * be 1/2 + e_t with errors e_t of 1/(2 sqrt N), since all positives and most negatives of a step
 * are others than those of the step before; what D can really tell of it is d_t, whatever its sign.
 * A mean share of 1/2 is not enough: chains that overshoot swing around the data, and D with them.
 * So the mean of (share_t - 1/2) * (share_t-1 - 1/2) is looked at: the errors of two steps are
 * independent, so it estimates the mean of d_t^2 without the square of the error, for any N.
 *
 * That D has found no difference does not show that there is none. They coincide where the upper
 * bound of that mean, 99 % of the time above it, is below 0.03^2; they do not where its lower bound
 * is above. Until one of the two is so, the look goes on, by blocks of 200 steps. A step without a
 * pair that differs says nothing, and the look begins anew: a discriminator that gives all the same
 * score is dead, not convinced. */
#ifndef GAN__COINCIDENCE_H
#define GAN__COINCIDENCE_H

#include "train/warnings.h"

/* Takes the share of pairs with the positive above, and that of pairs with it below, of a step of
 * the role's that is all but made. */
void gan__coincidence_take(gan_trainer *trainer, int32_t role, double above, double below);

#endif
