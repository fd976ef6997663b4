/* adaptation.h: what discriminators of several domains learn besides, so that what is known of the
 * samples of one domain can be asked of those of another: classes, from the labels of some domains
 * alone, and features that are alike for the same thing in all (Liu and Tuzel, "Coupled generative
 * adversarial networks", 2016, section 4).
 *
 *     class_weight * cross_entropy(c_i(x_i), label of x_i)      of each labelled domain i
 *     feature_weight * |f_i(y_i) - f_i-1(y_i-1)|^2              of each domain but the first
 *
 * y_i and y_i-1 the same thing in two domains, squares summed over a sample's features, all means
 * over the samples. */
#ifndef GAN__ADAPTATION_H
#define GAN__ADAPTATION_H

#include "train/objective.h"

/* What such a discriminator says: "* > score [classes:score] [features...]". */
enum { GAN__SAYS_SCORE, GAN__SAYS_CLASSES, GAN__SAYS_FEATURES };

/* labelled= class_weight= feature_weight=. */
typedef struct gan__adaptation {
    char *labelled;
    double class_weight, feature_weight;
} gan__adaptation;
extern const gan__option gan__adaptation_options[3];

/* GAN_E_TEXT for labelled= with what is none of the domains, "a,b", and without effect. */
gan_status gan__adaptation_check(gan_context *context, const gan__adaptation *adaptation,
                                 const char *domains);

/* Before the first step: GAN_E_SHAPE for discriminators, those of a row of roles, with unlike
 * numbers of features, and without the classes that are asked for. */
gan_status gan__adaptation_prepare(const gan_trainer *trainer, const gan__adaptation *adaptation,
                                   int32_t row);

/* Adds the classes' term, if the domain's labels count, and measures it, unweighted, as `value`:
 * what its discriminator says of N samples, (N, 1, 1, K), and their labels, (N); -1: there are
 * none. */
gan_status gan__adaptation_classify(gan_trainer *trainer, const gan__adaptation *adaptation,
                                    int32_t domain, gan_value classes, gan_value label,
                                    int32_t value, gan__terms *terms);

/* Adds the squares of the features, if there are some, as one term: what two discriminators of
 * `outputs` outputs each say of the same things. */
gan_status gan__adaptation_compare(gan_trainer *trainer, const gan_value *one,
                                   const gan_value *other, int32_t outputs, gan__terms *terms);

#endif
