/* vaegan_domain.c: one domain of a vaegan in a step, from its samples to what each of its three
 * networks descends: N samples H x W x C. */
#include "train/vaegan.h"

#include "train/warnings.h"

/* What a domain has on the tape. */
typedef struct vaegan_pass {
    gan_value code[2];                                  /* mean, log_variance: (N, h, w, c) */
    gan_value z;                                        /* drawn around the mean, the same */
    gan_value seen[VAEGAN_BATCHES];                     /* x, x' and x", (N, H, W, C) each */
    gan_value said[VAEGAN_BATCHES * GAN__MOST_OUTPUTS]; /* of each a score, (N, h, w, 1), and its
                                                           features */
} vaegan_pass;

static gan_status vaegan_apply(gan_trainer *t, int32_t row, int32_t domain, gan_value in,
                               gan_value *out)
{
    return gan__trainer_apply(t, gan__cast_role_at(t->cast, row) + domain, "training", &in, out);
}

static int32_t vaegan_value(const gan_trainer *t, int32_t row, int32_t domain)
{
    return gan__cast_value_at(t->cast, row) + domain;
}

/* D sees each batch for itself: the ways back of encoder and decoder go through some of them. */
static gan_status vaegan_forward(gan_trainer *t, int32_t d, vaegan_pass *p)
{
    const gan__objective *o = &((const vaegan_options *)t->options)->objective;
    const int32_t judge = gan__cast_role_at(t->cast, VAEGAN_DISCRIMINATOR) + d;
    const int32_t outputs = t->players[judge].output_count;
    const int32_t code = gan__cast_space(t->cast, "code", 4);
    gan_value z; /* of the prior, (N, h, w, c) */
    GAN__TRY(gan__trainer_batch(t, gan__cast_feed_at(t->cast, VAEGAN_REAL) + d, &p->seen[0]));
    GAN__TRY(gan__latent_encode(t, gan__cast_role_at(t->cast, VAEGAN_ENCODER) + d,
                                gan__cast_feed_at(t->cast, VAEGAN_EPSILON) + d, p->seen[VAEGAN_X],
                                p->code, &p->z));
    GAN__TRY(gan__latent_noise(t, code, gan__cast_feed_at(t->cast, VAEGAN_PRIOR) + d, &z));
    GAN__TRY(vaegan_apply(t, VAEGAN_DECODER, d, p->z, &p->seen[VAEGAN_RECONSTRUCTED]));
    GAN__TRY(vaegan_apply(t, VAEGAN_DECODER, d, z, &p->seen[VAEGAN_DRAWN]));
    GAN__TRY(gan__warnings_take(t, gan__cast_role_at(t->cast, VAEGAN_DECODER) + d,
                                p->seen[VAEGAN_DRAWN], p->seen[VAEGAN_X], -1));
    for (int32_t i = 0; i < VAEGAN_BATCHES; i++) {
        gan_value shown = p->seen[i]; /* as D sees it */
        GAN__TRY(gan__objective_perturb(t, o, &shown));
        GAN__TRY(vaegan_apply(t, VAEGAN_DISCRIMINATOR, d, shown, p->said + i * outputs));
    }
    return GAN_OK;
}

/* L, a number. */
static gan_status vaegan_reconstruction(gan_trainer *t, int32_t d, const vaegan_pass *p,
                                        gan_value *out)
{
    const vaegan_options *o = t->options;
    const int32_t judge = gan__cast_role_at(t->cast, VAEGAN_DISCRIMINATOR) + d;
    const int32_t outputs = t->players[judge].output_count;
    const gan_value *of_x = p->said, *of_made = p->said + outputs;
    gan__terms terms = {.count = 0};
    if (o->reconstruction == VAEGAN_PIXELS)
        GAN__TRY(gan__likelihood(t, p->seen[VAEGAN_RECONSTRUCTED], p->seen[VAEGAN_X], o->deviation,
                                 &terms));
    for (int32_t i = 1; i < outputs && o->reconstruction == VAEGAN_FEATURES; i++)
        GAN__TRY(gan__likelihood(t, of_made[i], of_x[i], o->deviation, &terms));
    return gan__trainer_sum(t, &terms, vaegan_value(t, VAEGAN_RECONSTRUCTION, d), out);
}

/* What D says of the three, and how well it tells them. */
static gan_status vaegan_judge(gan_trainer *t, int32_t d, const vaegan_pass *p,
                               gan__terms terms[VAEGAN_GROUPS])
{
    const gan__objective *o = &((const vaegan_options *)t->options)->objective;
    const int32_t judge = gan__cast_role_at(t->cast, VAEGAN_DISCRIMINATOR) + d;
    const int32_t outputs = t->players[judge].output_count;
    for (int32_t i = 0; i < VAEGAN_BATCHES; i++) {
        const gan_value score = p->said[i * outputs]; /* (N, h, w, 1) */
        const gan_value other = p->said[i == VAEGAN_X ? outputs : 0];
        GAN__TRY(gan__objective_tell(t, o, score, other, i == VAEGAN_X,
                                     vaegan_value(t, VAEGAN_SCORE + i, d),
                                     vaegan_value(t, VAEGAN_ACCURACY + i, d)));
        if (i == VAEGAN_X) {
            GAN__TRY(gan__objective_real(t, o, score, 1, &terms[VAEGAN_DISCRIMINATOR]));
            continue;
        }
        GAN__TRY(gan__objective_fake(t, o, score, 1, &terms[VAEGAN_DISCRIMINATOR]));
        GAN__TRY(gan__objective_maker(t, o, score, 1, &terms[VAEGAN_DECODER]));
    }
    return GAN_OK;
}

/* The code of the translation to the next domain. */
static gan_status vaegan_semantic(gan_trainer *t, int32_t d, const vaegan_pass *p,
                                  gan__terms terms[VAEGAN_GROUPS])
{
    const vaegan_options *o = t->options;
    const int32_t next = (d + 1) % t->cast->domain_count;
    gan_value translation, code[2]; /* of the next domain; (N, h, w, c) */
    if (o->semantic.weight == 0) return GAN_OK;
    GAN__TRY(vaegan_apply(t, VAEGAN_DECODER, next, p->code[0], &translation));
    GAN__TRY(vaegan_apply(t, VAEGAN_ENCODER, next, translation, code));
    for (int32_t g = VAEGAN_ENCODER; g <= VAEGAN_DECODER; g++)
        GAN__TRY(gan__semantic_add(t, &o->semantic, p->code[0], code[0],
                                   vaegan_value(t, VAEGAN_SEMANTIC, d), &terms[g]));
    return GAN_OK;
}

gan_status gan__vaegan_play(gan_trainer *t, int32_t d, gan_value *z,
                            gan__terms terms[VAEGAN_GROUPS])
{
    const vaegan_options *o = t->options;
    gan__terms own[VAEGAN_GROUPS] = {{.count = 0}, {.count = 0}, {.count = 0}};
    gan_value l, kl; /* numbers */
    vaegan_pass p;
    GAN__TRY(vaegan_forward(t, d, &p));
    GAN__TRY(vaegan_reconstruction(t, d, &p, &l));
    GAN__TRY(gan_tape_loss(t->tape, "kl_gaussian", p.code, 2, &kl));
    GAN__TRY(gan__trainer_measure(t, vaegan_value(t, VAEGAN_KL, d), kl));
    gan__terms_add(&own[VAEGAN_ENCODER], l, 1);
    gan__terms_add(&own[VAEGAN_ENCODER], kl, o->beta);
    gan__terms_add(&own[VAEGAN_DECODER], l, o->gamma);
    GAN__TRY(vaegan_judge(t, d, &p, own));
    GAN__TRY(vaegan_semantic(t, d, &p, own));
    for (int32_t g = 0; g < VAEGAN_GROUPS; g++) GAN__TRY(gan__trainer_fold(t, &own[g], &terms[g]));
    *z = p.z;
    return GAN_OK;
}
