/* vaegan.h: what the two files of the trainer vaegan have in common: its table, as numbers, its
 * options, and what one domain computes in a step. */
#ifndef GAN__VAEGAN_H
#define GAN__VAEGAN_H

#include "train/consistency.h"
#include "train/domain.h"
#include "train/latent.h"
#include "train/objective.h"

/* Roles. */
enum { VAEGAN_ENCODER, VAEGAN_DECODER, VAEGAN_DISCRIMINATOR, VAEGAN_CODES };
enum { VAEGAN_GROUPS = 3 };                         /* those of the first three, in their order */
enum { VAEGAN_PICTURE, VAEGAN_CODE };               /* spaces */
enum { VAEGAN_REAL, VAEGAN_EPSILON, VAEGAN_PRIOR }; /* feeds */
enum { VAEGAN_X, VAEGAN_RECONSTRUCTED, VAEGAN_DRAWN, VAEGAN_BATCHES }; /* what D sees */
enum { /* values; the first are the groups' losses */
       VAEGAN_RECONSTRUCTION = VAEGAN_GROUPS,
       VAEGAN_KL,
       VAEGAN_SCORE,
       VAEGAN_ACCURACY = VAEGAN_SCORE + VAEGAN_BATCHES,
       VAEGAN_SEMANTIC = VAEGAN_ACCURACY + VAEGAN_BATCHES,
       VAEGAN_DOMAIN
};
enum { VAEGAN_FEATURES, VAEGAN_PIXELS };

typedef struct vaegan_options {
    gan__trainer_common common;
    gan__objective objective;
    gan__semantic semantic;
    gan__domain domain;
    char *domains;
    int32_t reconstruction;
    double beta, gamma, deviation;
} vaegan_options;

/* Adds what each of a domain's three descends; *z is the code of its samples, (N, h, w, c). */
gan_status gan__vaegan_play(gan_trainer *trainer, int32_t domain, gan_value *z,
                            gan__terms terms[VAEGAN_GROUPS]);

#endif
