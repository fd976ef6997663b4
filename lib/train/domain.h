/* domain.h: a discriminator on codes, which guesses the domain that a code is of; the encoders
 * learn to fool it, so that the codes of all domains have one distribution.
 *
 *     D     descends  mean over the domains of cross_entropy(D(codes of domain i), i)
 *     encoders descend besides, with domain_weight=,
 *         alternating   mean cross_entropy(D(code), every domain alike), by D after its updates,
 *                       domain_steps= of them on the same codes
 *                       (Tzeng et al., "Simultaneous deep transfer across domains and tasks", 2015,
 *                       equation 4)
 *         reversal      D's own loss, negative, of the same pass (Ganin et al., "Domain-adversarial
 *                       training of neural networks", 2016, section 4.2)
 *
 * The codes of all domains are one batch to it: in batches of their own its normalisations would
 * know them apart. A kind takes it by a block of options, a row of its roles, the rows of its
 * values, gan__domain_check, and two calls in its step. */
#ifndef GAN__DOMAIN_H
#define GAN__DOMAIN_H

#include "train/trainer.h"

enum { GAN__FOOLING_ALTERNATING, GAN__FOOLING_REVERSAL };

/* domain_discriminator= domain_weight= domain_fooling= domain_steps=. */
typedef struct gan__domain {
    int32_t discriminator, fooling;
    int64_t steps;
    double weight;
} gan__domain;
extern const gan__option gan__domain_options[4];

/* GAN_E_TEXT for options without effect: with one domain there is nothing to guess. */
gan_status gan__domain_check(gan_context *context, const gan__domain *domain, const char *domains);

/* The role, with a group of its own: one score for each domain; of two it may be one, above 0 for
 * the second. The kind has the spaces "code" and "score". */
#define GAN__DOMAIN_ROLE(wanted)                                                                   \
    {                                                                                              \
        "discriminator_code", "discriminator_code", "code > domain:score", 0, wanted,              \
            "scores codes by domain, one score for each; of two domains one, above 0 for the last" \
    }

/* Two values; the rows begin at `[value] =`. */
enum { GAN__DOMAIN_LOSS, GAN__DOMAIN_ACCURACY, GAN__DOMAIN_VALUES };
#define GAN__DOMAIN_ROWS(wanted)                                                     \
    {"loss.discriminator_code", wanted, "what the discriminator of codes descends"}, \
    {                                                                                \
        "accuracy.discriminator_code", wanted,                                       \
            "share of codes whose domain it tells; chance: one"                      \
            " in as many as there are domains"                                       \
    }

/* Where they stand in the kind's tables. */
typedef struct gan__domain_place {
    int32_t role, value;
} gan__domain_place;

/* Adds what the encoders descend to fool it, and has it learn from the same codes: `codes` are
 * those of each domain of the cast, (N, h, w, c), on the way back to their encoders; -1: this step
 * has none of that domain. Its gradient is there then, and its update, if the encoders are fooled
 * alternating, is made. Nothing happens without domain_discriminator=yes. */
gan_status gan__domain_confuse(gan_trainer *trainer, const gan__domain *domain,
                               const gan__domain_place *place, const gan_value *codes,
                               gan__terms *terms);

/* The groups of a step's last update, and, if that is still to be updated, its own: how many. */
int32_t gan__domain_groups(const gan_trainer *trainer, const gan__domain *domain,
                           const gan__domain_place *place, int32_t *groups, int32_t count);

#endif
