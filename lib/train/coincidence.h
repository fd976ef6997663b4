/* coincidence.h: whether negatives lie on the data: a discriminator that learns all the time cannot
 * tell them apart any more.
 *
 * It is asked about negatives of earlier steps. Those of this step have climbed it as it is now, so
 * it likes them as well as the data long before they are like it; the others have not, and it has
 * learned from them since. Nor is it enough that it likes both as well on average: while it learns,
 * negatives have better scores than the data, and worse ones. So the distributions of the scores
 * are compared, by what their energy distance (Szekely and Rizzo, "Energy statistics", 2013) is of
 * its first term,
 *
 *     1 - (E |a - a'| + E |b - b'|) / (2 E |a - b|)
 *
 * over scores a of positives and b of negatives, without pairs of a number with itself: its mean is
 * all but 0 where both have one distribution, for any number of them, and above 0 everywhere else.
 * Two normal distributions that are a tenth of their deviation apart have 0.0025.
 *
 * That D has found no difference does not show that there is none. They coincide where the mean of
 * that over steps, with its upper bound of 99 %, is below 0.003; they do not where its lower bound
 * is above. Until one of the two is so, the look goes on, by blocks of 200 steps. Where all scores
 * are equal nothing is said, and the look begins anew: such a discriminator is dead, not convinced.
 */
#ifndef GAN__COINCIDENCE_H
#define GAN__COINCIDENCE_H

#include <stdint.h>

enum { GAN__COINCIDENCE_SCORES = 256 }; /* are enough of a step: time grows with their square */

/* That number of n scores of each side; below 0, too, by chance. 0 where all scores are equal, or
 * there is only one. A step measures it as the value that gan__warning_coincidence looks at. */
double gan__coincidence_distance(const float *a, const float *b, int64_t n);

#endif
