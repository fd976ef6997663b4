/* objective.h: what a discriminator and the maker of its negatives descend.
 *
 *     D   real_weight * real(D(x)) + fake_weight * fake(D(made))
 *     G   maker_weight * maker(D(made))
 *
 * A discriminator ends in logits, one or a map of them; a loss is what descends, the objective's
 * negative. */
#ifndef GAN__OBJECTIVE_H
#define GAN__OBJECTIVE_H

#include "train/trainer.h"

enum {
    GAN__LOSS_MINIMAX,
    GAN__LOSS_NON_SATURATING,
    GAN__LOSS_LSGAN,
    GAN__LOSS_HINGE,
    GAN__LOSS_WGAN,
    GAN__LOSS_WGAN_GP,
    GAN__LOSS_ENERGY /* of a discriminator alone; no word of loss= */
};

/* loss= smoothing= instance_noise= instance_decay= augment=, and, of kinds that have it,
 * relativistic=. */
typedef struct gan__objective {
    int32_t loss, relativistic;
    double smoothing, instance_noise, instance_decay;
    char *augment; /* see augmentation.h */
} gan__objective;
extern const gan__option gan__objective_options[5];
extern const gan__option gan__relativistic_options[1];

/* Of its loss, as the option has it. */
const char *gan__objective_name(const gan__objective *objective);

/* Whether scores have no limit between real and fake (loss=wgan and wgan_gp): they are those of a
 * critic, whose slope something else must bound. */
bool gan__objective_is_critic(const gan__objective *objective);

/* What the terms of its equation are multiplied with: 1/2 with lsgan, else 1. Where a sum has other
 * terms too, a weight divided by it is that of the bare term. */
double gan__objective_unit(const gan__objective *objective);

/* Options without effect are refused: who gives one expects it. The second refuses the losses of
 * critics as well, for kinds that do not bound their slope. */
gan_status gan__objective_check(gan_context *context, const gan__objective *objective);
gan_status gan__objective_check_bounded(gan_context *context, const gan__objective *objective);

/* Samples as a discriminator sees them: augmented, then + deviation * N(0, 1), the deviation
 * falling from step to step. */
gan_status gan__objective_perturb(gan_trainer *trainer, const gan__objective *objective,
                                  gan_value *x);

/* What a discriminator says, in training, of real and of fake samples: in one pass with
 * separate statistics where that is the same as two. Both have all inputs of its role, and `scores`
 * has room for all of its outputs, twice. */
gan_status gan__objective_judge(gan_trainer *trainer, int32_t role, const gan_value *inputs,
                                gan_value *scores);

/* Outputs of a discriminator that may have any number of features; GAN_E_SHAPE for more. */
enum { GAN__MOST_OUTPUTS = 16 };
gan_status gan__objective_check_outputs(const gan_trainer *trainer, int32_t role);

/* Adds a term of D's loss, or that of the maker, to those of a sum. */
gan_status gan__objective_real(gan_trainer *trainer, const gan__objective *objective,
                               gan_value score, double weight, gan__terms *terms);
gan_status gan__objective_fake(gan_trainer *trainer, const gan__objective *objective,
                               gan_value score, double weight, gan__terms *terms);
gan_status gan__objective_maker(gan_trainer *trainer, const gan__objective *objective,
                                gan_value score, double weight, gan__terms *terms);

/* With relativistic=yes scores of real and fake samples are judged by how far they are above the
 * mean of the others (Jolicoeur-Martineau 2019, eq. 8 and 9): `out` is that, else the scores. */
gan_status gan__objective_relate(gan_trainer *trainer, const gan__objective *objective,
                                 const gan_value scores[2], gan_value out[2]);

/* What the maker descends then has a term of real samples too. */
gan_status gan__objective_maker_real(gan_trainer *trainer, const gan__objective *objective,
                                     gan_value score, double weight, gan__terms *terms);

/* How D tells samples of one kind, as two values: their mean score, and the share of them on the
 * right side, `real` ones above, of the limit between real and fake. Where there is no limit it is
 * the share of pairs with the real one above, of the other side's samples in `other`; where those
 * are not as many, of samples on that side of the others' mean. */
gan_status gan__objective_tell(gan_trainer *trainer, const gan__objective *objective, gan_value own,
                               gan_value other, bool real, int32_t score, int32_t accuracy);

/* How well D tells real from fake, as four values from `value` on; the rows are in this order, and
 * begin at `[value] =`. `of` ends their names: ".x", say; `wanted` is the rows' function. */
enum { GAN__SCORE_REAL, GAN__SCORE_FAKE, GAN__ACCURACY_REAL, GAN__ACCURACY_FAKE, GAN__JUDGEMENTS };
#define GAN__JUDGEMENT_ROWS_IF(of, wanted)                                           \
    {"score.real" of, wanted, "mean score of real samples"},                         \
        {"score.fake" of, wanted, "mean score of fakes"},                            \
        {"accuracy.real" of, wanted, "share of real samples that are told as such"}, \
    {                                                                                \
        "accuracy.fake" of, wanted, "share of fakes that are told as such"           \
    }
#define GAN__JUDGEMENT_ROWS_OF(of) GAN__JUDGEMENT_ROWS_IF(of, NULL)
#define GAN__JUDGEMENT_ROWS GAN__JUDGEMENT_ROWS_OF("")
gan_status gan__objective_measure(gan_trainer *trainer, const gan__objective *objective,
                                  gan_value real, gan_value fake, int32_t value);

#endif
