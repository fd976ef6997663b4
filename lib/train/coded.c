/* coded.c: steps of trainers that have an encoder, a decoder and a discriminator of each domain. */
#include "train/coded.h"

#include "train/consistency.h"
#include "train/latent.h"

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

gan_status gan__coded_encode(gan_trainer *t, int32_t domain, const char *mode, gan_value x,
                             int32_t feed, gan__coded_code *code)
{
    const int32_t number = gan__cast_feed_at(t->cast, feed) + domain;
    gan_value said[2], epsilon; /* the outputs, (N, h, w, c), as is the noise */
    int64_t shape[4];
    GAN__TRY(gan__coded_apply(t, GAN__CODED_ENCODER, domain, mode, &x, said));
    code->mean = said[0];
    code->log_variance = said[1];
    GAN__TRY(gan_tape_shape(t->tape, code->mean, shape));
    t->batch = shape[0];
    GAN__TRY(gan__trainer_batch(t, number, &epsilon));
    if (epsilon < 0) GAN__TRY(gan_tape_normal(t->tape, 4, shape, &epsilon));
    if (code->log_variance >= 0)
        return gan__latent_sample(t->tape, code->mean, code->log_variance, epsilon, &code->z);
    return gan_tape_combine(t->tape, (gan_value[]){code->mean, epsilon}, (double[]){1, 1}, 2,
                            &code->z);
}

gan_status gan__coded_divergence(gan_trainer *t, int32_t row, int32_t domain,
                                 const gan__coded_code *code, double weight, gan__terms *terms)
{
    gan_value kl; /* a number */
    int64_t shape[4];
    GAN__TRY(gan_tape_shape(t->tape, code->mean, shape));
    if (code->log_variance < 0) {
        GAN__TRY(gan_tape_loss(t->tape, "mse", &code->mean, 1, &kl));
    } else {
        const double each = 2 / (double)(shape[1] * shape[2] * shape[3]);
        const gan_value said[2] = {code->mean, code->log_variance};
        GAN__TRY(gan_tape_loss(t->tape, "kl_gaussian", said, 2, &kl));
        GAN__TRY(gan_tape_combine(t->tape, &kl, &each, 1, &kl));
    }
    GAN__TRY(gan__trainer_measure(t, gan__cast_value_at(t->cast, row) + domain, kl));
    gan__terms_add(terms, kl, weight);
    return GAN_OK;
}

gan_status gan__coded_consistency(gan_trainer *t, int32_t row, int32_t domain, gan_value made,
                                  gan_value wanted, double weight, gan__terms *terms)
{
    return gan__consistency(t, "l1", made, wanted, weight,
                            gan__cast_value_at(t->cast, row) + domain, terms);
}

gan_status gan__coded_persuade(gan_trainer *t, const gan__objective *o, double weight,
                               int32_t domain, gan_value fake, gan__terms *terms)
{
    gan_value said[GAN__MOST_OUTPUTS]; /* a score, (N, h, w, 1), and whatever else */
    GAN__TRY(gan__objective_perturb(t, o, &fake));
    GAN__TRY(gan__coded_apply(t, GAN__CODED_DISCRIMINATOR, domain, "training frozen", &fake, said));
    return gan__objective_maker(t, o, said[0], weight / gan__objective_unit(o), terms);
}

gan_status gan__coded_judge(gan_trainer *t, const gan__coded_judge_plan *plan, int32_t domain,
                            const gan_value x[2], gan_value said[2 * GAN__MOST_OUTPUTS],
                            gan__terms *terms)
{
    const gan__objective *o = plan->objective;
    const int32_t role = gan__cast_role_at(t->cast, GAN__CODED_DISCRIMINATOR) + domain;
    const double each = plan->weight / gan__objective_unit(o);
    const gan_value *scores[2] = {said, said + t->players[role].output_count}; /* (N, h, w, 1) */
    gan_value seen[2] = {x[0], x[1]}; /* real samples and fakes, (N, H, W, C) */
    int32_t told[GAN__JUDGEMENTS];
    for (int32_t i = 0; i < 2; i++) GAN__TRY(gan__objective_perturb(t, o, &seen[i]));
    GAN__TRY(gan__objective_judge(t, role, seen, said));
    GAN__TRY(gan__objective_real(t, o, *scores[0], each, terms));
    GAN__TRY(gan__objective_fake(t, o, *scores[1], each, terms));
    for (int32_t i = 0; i < GAN__JUDGEMENTS; i++)
        told[i] = gan__cast_value_at(t->cast, plan->value + i) + domain;
    GAN__TRY(gan__objective_tell(t, o, *scores[0], *scores[1], true, told[GAN__SCORE_REAL],
                                 told[GAN__ACCURACY_REAL]));
    return gan__objective_tell(t, o, *scores[1], *scores[0], false, told[GAN__SCORE_FAKE],
                               told[GAN__ACCURACY_FAKE]);
}
