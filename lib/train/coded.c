/* coded.c: steps of trainers that have an encoder, a decoder and a discriminator of each domain.
 */
#include "train/coded.h"

#include "train/consistency.h"

gan_status gan__coded_check(gan_context *context, const gan__objective *o)
{
    GAN__TRY(gan__objective_check(context, o));
    if (!gan__objective_is_critic(o)) return GAN_OK;
    return gan__fail(context, GAN_E_TEXT,
                     "loss=%s asks for discriminators whose slope is bounded, as the trainer 'gan' "
                     "does and this one does not",
                     gan__objective_name(o));
}

gan_status gan__coded_apply(gan_trainer *t, int32_t row, int32_t domain, const char *mode,
                             const gan_value *inputs, gan_value *outputs)
{
    return gan__trainer_apply(t, gan__cast_role_at(t->cast, row) + domain, mode, inputs, outputs);
}

gan_status gan__coded_decode(gan_trainer *t, int32_t domain, const gan_value codes[2],
                              gan_value made[2])
{
    const int32_t role = gan__cast_role_at(t->cast, GAN__CODED_DECODER) + domain;
    if (!t->players[role].apart)
        return gan__trainer_apply_groups(t, role, "training", 2, codes, made);
    GAN__TRY(gan__trainer_apply(t, role, "training", &codes[0], &made[0]));
    return gan__trainer_apply(t, role, "training", &codes[1], &made[1]);
}

gan_status gan__coded_persuade(gan_trainer *t, const gan__objective *o, double weight,
                                int32_t domain, gan_value fake, gan__terms *terms)
{
    gan_value score; /* (N, h, w, 1) */
    GAN__TRY(gan__objective_perturb(t, o, &fake));
    GAN__TRY(
        gan__coded_apply(t, GAN__CODED_DISCRIMINATOR, domain, "training frozen", &fake, &score));
    return gan__objective_maker(t, o, score, weight / gan__objective_unit(o), terms);
}

gan_status gan__coded_judge(gan_trainer *t, const gan__objective *o, double weight, int32_t domain,
                             int32_t value, const gan_value x[2], gan__terms *terms)
{
    const int32_t role = gan__cast_role_at(t->cast, GAN__CODED_DISCRIMINATOR) + domain;
    const double each = weight / gan__objective_unit(o);
    gan_value seen[2] = {x[0], x[1]}; /* real samples and fakes, (N, H, W, C) */
    gan_value scores[2];              /* of the two, (N, h, w, 1) */
    int32_t told[GAN__JUDGEMENTS];
    for (int32_t i = 0; i < 2; i++) GAN__TRY(gan__objective_perturb(t, o, &seen[i]));
    GAN__TRY(gan__objective_judge(t, role, seen, scores));
    GAN__TRY(gan__objective_real(t, o, scores[0], each, terms));
    GAN__TRY(gan__objective_fake(t, o, scores[1], each, terms));
    for (int32_t i = 0; i < GAN__JUDGEMENTS; i++)
        told[i] = gan__cast_value_at(t->cast, value + i) + domain;
    GAN__TRY(gan__objective_tell(t, o, scores[0], scores[1], true, told[GAN__SCORE_REAL],
                                 told[GAN__ACCURACY_REAL]));
    return gan__objective_tell(t, o, scores[1], scores[0], false, told[GAN__SCORE_FAKE],
                               told[GAN__ACCURACY_FAKE]);
}

gan_status gan__coded_consistency(gan_trainer *t, int32_t row, int32_t domain, gan_value made,
                                   gan_value wanted, double weight, gan__terms *terms)
{
    return gan__consistency(t, "l1", made, wanted, weight,
                            gan__cast_value_at(t->cast, row) + domain, terms);
}
