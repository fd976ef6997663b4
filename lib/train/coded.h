/* coded.h: an encoder, a decoder and a discriminator of each domain, and codes that all of them
 * have in common: what steps of such kinds do, and the rows that stand once for each domain. */
#ifndef GAN__CODED_H
#define GAN__CODED_H

#include "train/objective.h"

/* The first rows of a kind's tables. */
enum { GAN__CODED_PICTURES, GAN__CODED_CODE };                             /* spaces; feeds: one */
enum { GAN__CODED_ENCODER, GAN__CODED_DECODER, GAN__CODED_DISCRIMINATOR }; /* roles */
enum { GAN__CODED_GENERATORS, GAN__CODED_DISCRIMINATORS }; /* groups, their losses */

#define GAN__CODED_SPACES(prior)                                                             \
    [GAN__CODED_PICTURES] = {"*", GAN__SPACE_PICTURE, NULL},                                 \
    [GAN__CODED_CODE] = {"code", GAN__SPACE_CODE, prior}, {"score", GAN__SPACE_SCORE, NULL}, \
    {                                                                                        \
        "features", GAN__SPACE_SCORE, NULL                                                   \
    }

/* `codes` is what an encoder makes, `says` what a discriminator says. */
#define GAN__CODED_ROLES(codes, says)                                                             \
    [GAN__CODED_ENCODER] = {"encoder_*", "generators", "* > " codes,                              \
                            0,           NULL,         "makes codes of the domain's samples"},    \
    [GAN__CODED_DECODER] = {"decoder_*", "generators", "code > *",                                \
                            0,           NULL,         "makes samples of the domain from codes"}, \
    [GAN__CODED_DISCRIMINATOR] = {"discriminator_*",                                              \
                                  "discriminators",                                               \
                                  "* > " says,                                                    \
                                  0,                                                              \
                                  NULL,                                                           \
                                  "scores samples of the domain: real ones higher"}

/* The values begin with the losses of both groups. */
#define GAN__CODED_LOSSES                                                                      \
    [GAN__CODED_GENERATORS] = {"loss.generators", NULL, "what encoders and decoders descend"}, \
    [GAN__CODED_DISCRIMINATORS] = {"loss.discriminators", NULL, "what discriminators descend"}

/* Applies the domain's network of a row. */
gan_status gan__coded_apply(gan_trainer *trainer, int32_t row, int32_t domain, const char *mode,
                            const gan_value *inputs, gan_value *outputs);

/* Samples of a domain from two batches of codes, in one pass where that is the same as two. */
gan_status gan__coded_decode(gan_trainer *trainer, int32_t domain, const gan_value codes[2],
                             gan_value made[2]);

/* What an encoder makes of samples, and a code that is drawn around it: (N, h, w, c), all three. */
typedef struct gan__coded_code {
    gan_value mean, log_variance; /* log_variance -1: it is 0 everywhere */
    gan_value z;
} gan__coded_code;

/* Of encoders of "mean:code [log_variance:code]". Noise is drawn in the mean's shape, so that sizes
 * may be open, or it was fed to the domain's member of that row. */
gan_status gan__coded_encode(gan_trainer *trainer, int32_t domain, const char *mode, gan_value x,
                             int32_t feed, gan__coded_code *code);

/* Adds weight * the mean over all elements of mean^2 + variance - log variance - 1, twice their
 * divergence from N(0, 1), to the terms; measured in the row's member. */
gan_status gan__coded_divergence(gan_trainer *trainer, int32_t row, int32_t domain,
                                 const gan__coded_code *code, double weight, gan__terms *terms);

/* Adds weight * mean |made - wanted| of a domain to the terms; measured in the row's member. */
gan_status gan__coded_consistency(gan_trainer *trainer, int32_t row, int32_t domain, gan_value made,
                                  gan_value wanted, double weight, gan__terms *terms);

/* What a fake of the domain is worth to who made it, as a term. Weights are those of the bare term:
 * see gan__objective_unit. */
gan_status gan__coded_persuade(gan_trainer *trainer, const gan__objective *objective, double weight,
                               int32_t domain, gan_value fake, gan__terms *terms);

/* How a discriminator counts: its weight, and the row of values where its judgements begin. */
typedef struct gan__coded_judge_plan {
    const gan__objective *objective;
    double weight;
    int32_t value;
} gan__coded_judge_plan;

/* The domain's discriminator on real samples and on fakes, as two terms; how well it tells them is
 * measured. `said` is all that it says of the first, then of the second. */
gan_status gan__coded_judge(gan_trainer *trainer, const gan__coded_judge_plan *plan, int32_t domain,
                            const gan_value x[2], gan_value said[2 * GAN__MOST_OUTPUTS],
                            gan__terms *terms);

/* What each domain is warned of; `judgements` is the row of values where these begin. */
#define GAN__CODED_WARNINGS(judgements)                                                     \
    {&gan__warning_collapse, GAN__CODED_DECODER, {0, 0}, NULL},                             \
        {&gan__warning_saturation, GAN__CODED_DECODER, {0, 0}, NULL},                       \
        {&gan__warning_victory,                                                             \
         GAN__CODED_DISCRIMINATOR,                                                          \
         {(judgements) + GAN__ACCURACY_REAL, (judgements) + GAN__ACCURACY_FAKE},            \
         NULL},                                                                             \
    {                                                                                       \
        &gan__warning_swing, GAN__CODED_DISCRIMINATOR, {GAN__CODED_DISCRIMINATORS, 0}, NULL \
    }

#endif
