/* vaegan.c: a variational auto-encoder whose decoder is the generator of a GAN (Larsen, Sonderby,
 * Larochelle and Winther, "Autoencoding beyond pixels using a learned similarity metric", 2016,
 * algorithm 1).
 *
 *     draw m real samples x
 *     mean, log_variance = encoder(x)
 *     x' = decoder(mean + exp(log_variance / 2) * epsilon), x" = decoder(z), epsilon, z ~ N(0, 1)
 *     L = |features(x) - features(x')|^2 / (2 * deviation^2)
 *     the encoder descends          L + beta * KL(N(mean, exp(log_variance)) | N(0, 1))
 *     the decoder                   gamma * L + maker(D(x')) + maker(D(x"))
 *     the discriminator             real(D(x)) + fake(D(x')) + fake(D(x"))
 *
 * L and KL summed over a sample's elements, in nats, all averaged over the samples. Each has its
 * own way back through the one pass of all, and all are updated together. The features are what the
 * discriminator's further outputs say; with reconstruction=pixels L compares the pictures.
 * non_saturating is the default for what the decoder wants of D, objective.c has the others.
 *
 * With domains=a,b there is one of them for each domain, side by side: apart, unless their networks
 * have parts in common, or an option ties the codes: domain.h, or semantic=, by which the code of a
 * sample is that of its translation, decoder_b(mean of encoder_a(x)), too. Each domain is
 * translated to the next one. */
#include "train/vaegan.h"

#include "train/warnings.h"

static const gan__option vaegan_own[] = {
    {"domains", GAN__OPTION_TEXT, 0, "image", 0, 0, NULL, offsetof(vaegan_options, domains),
     "their names, \"a,b\"; of one domain roles, feeds and values are called without it"},
    {"reconstruction", GAN__OPTION_CHOICE, 0, "features", 0, 0, "features|pixels",
     offsetof(vaegan_options, reconstruction),
     "what a sample and its reconstruction are compared by: the discriminator's further outputs, "
     "or themselves"},
    {"deviation", GAN__OPTION_REAL, 0, "1", 1e-3, 1e3, NULL, offsetof(vaegan_options, deviation),
     "of each of these elements around what is reconstructed"},
    {"beta", GAN__OPTION_REAL, 0, "1", 0, 1e6, NULL, offsetof(vaegan_options, beta),
     "weight of the codes' divergence from N(0, 1)"},
    {"gamma", GAN__OPTION_REAL, 0, "0.01", 0, 1e6, NULL, offsetof(vaegan_options, gamma),
     "weight of the reconstruction for the decoder, beside what the discriminator says"},
};

static const gan__option_block vaegan_blocks[] = {
    GAN__BLOCK(vaegan_own),
    GAN__BLOCK_IN(gan__objective_options, vaegan_options, objective, NULL),
    GAN__BLOCK_IN(gan__semantic_options, vaegan_options, semantic, NULL),
    GAN__BLOCK_IN(gan__domain_options, vaegan_options, domain, NULL),
    GAN__BLOCK_IN(gan__trainer_common_options, vaegan_options, common, NULL),
};

/* What is changed by chance has other features. */
static gan_status vaegan_check(gan_context *context, const void *options)
{
    const vaegan_options *o = options;
    const bool changed = o->objective.augment || o->objective.instance_noise > 0;
    GAN__TRY(gan__objective_check_bounded(context, &o->objective));
    GAN__TRY(gan__semantic_check(context, &o->semantic, o->domains));
    GAN__TRY(gan__domain_check(context, &o->domain, o->domains));
    if (!changed || o->reconstruction == VAEGAN_PIXELS) return GAN_OK;
    return gan__fail(context, GAN_E_TEXT,
                     "%s= changes what the discriminator sees by chance, and so its features, "
                     "which reconstruction=features compares; reconstruction=pixels does not",
                     o->objective.augment ? "augment" : "instance_noise");
}

static const char *vaegan_domains(const void *options)
{
    return ((const vaegan_options *)options)->domains;
}

static const char *vaegan_reference(const void *options, const char *group)
{
    (void)options;
    (void)group;
    return "rmsprop lr=3e-4";
}

static gan__prior vaegan_prior(const void *options)
{
    (void)options;
    return GAN__PRIOR_NORMAL;
}

static bool vaegan_has_domain(const void *options)
{
    return ((const vaegan_options *)options)->domain.discriminator;
}

static bool vaegan_has_semantic(const void *options)
{
    return ((const vaegan_options *)options)->semantic.weight > 0;
}

static gan_status vaegan_prepare(gan_trainer *t)
{
    const vaegan_options *o = t->options;
    const int32_t first = gan__cast_role_at(t->cast, VAEGAN_DISCRIMINATOR);
    for (int32_t d = 0; d < t->cast->domain_count; d++) {
        GAN__TRY(gan__objective_check_outputs(t, first + d));
        if (o->reconstruction == VAEGAN_PIXELS || t->players[first + d].output_count > 1) continue;
        return gan__fail(t->object.context, GAN_E_SHAPE,
                         "%s: reconstruction=features compares further outputs of the %s, which "
                         "has none; reconstruction=pixels does without",
                         t->kind->kind.name, t->cast->roles[first + d].name);
    }
    return GAN_OK;
}

/* ---- the step ---- */

static gan_status vaegan_step(gan_trainer *t)
{
    const vaegan_options *o = t->options;
    const gan__domain_place place = {VAEGAN_CODES, VAEGAN_DOMAIN};
    int32_t groups[VAEGAN_GROUPS + 1] = {VAEGAN_ENCODER, VAEGAN_DECODER, VAEGAN_DISCRIMINATOR};
    gan_value z[GAN__MAX_DOMAINS]; /* of each domain, (N, h, w, c) */
    gan_value loss;                /* a number */
    gan__terms terms[VAEGAN_GROUPS] = {{.count = 0}, {.count = 0}, {.count = 0}};
    GAN__TRY(gan_tape_reset(t->tape));
    for (int32_t d = 0; d < t->cast->domain_count; d++)
        GAN__TRY(gan__vaegan_play(t, d, &z[d], terms));
    GAN__TRY(gan__domain_confuse(t, &o->domain, &place, z, &terms[VAEGAN_ENCODER]));
    for (int32_t g = 0; g < VAEGAN_GROUPS; g++) {
        GAN__TRY(gan__trainer_sum(t, &terms[g], gan__cast_value_at(t->cast, g), &loss));
        GAN__TRY(gan__trainer_gradients(t, loss, g));
    }
    return gan__trainer_update_last(
        t, groups, gan__domain_groups(t, &o->domain, &place, groups, VAEGAN_GROUPS));
}

/* ---- the table ---- */

static const gan__space_row vaegan_spaces[] = {
    [VAEGAN_PICTURE] = {"*", GAN__SPACE_PICTURE, NULL},
    [VAEGAN_CODE] = {"code", GAN__SPACE_CODE, vaegan_prior},
    {"score", GAN__SPACE_SCORE, NULL},
    {"features", GAN__SPACE_SCORE, NULL},
};

static const gan__role_row vaegan_roles[] = {
    [VAEGAN_ENCODER] = {"encoder|encoder_*", "encoder", "* > mean:code log_variance:code", 0, NULL,
                        "makes the mean of a sample's code, and the log of its variance"},
    [VAEGAN_DECODER] = {"decoder|decoder_*", "decoder", "code > *", 0, NULL,
                        "makes samples from codes"},
    [VAEGAN_DISCRIMINATOR] = {"discriminator|discriminator_*", "discriminator",
                              "* > score [features...]", 0, NULL,
                              "scores samples with logits: real above 0; says their features"},
    [VAEGAN_CODES] = GAN__DOMAIN_ROLE(vaegan_has_domain),
};

static const gan__feed_row vaegan_feeds[] = {
    [VAEGAN_REAL] = {"real|*", "image", "*", 0, "real samples", 0, NULL},
    [VAEGAN_EPSILON] = {"noise|noise.*", NULL, "code", GAN__FEED_BY_HAND,
                        "epsilon, where it is not to be drawn", 0, NULL},
    [VAEGAN_PRIOR] = {"noise.prior|noise.prior.*", NULL, "code", GAN__FEED_BY_HAND, "z, likewise",
                      0, NULL},
};

static const gan__value_row vaegan_values[] = {
    [VAEGAN_ENCODER] = {"loss.encoder", NULL, "what encoders descend"},
    [VAEGAN_DECODER] = {"loss.decoder", NULL, "what decoders descend"},
    [VAEGAN_DISCRIMINATOR] = {"loss.discriminator", NULL, "what discriminators descend"},
    [VAEGAN_RECONSTRUCTION] = {"loss.reconstruction|loss.reconstruction.*", NULL,
                               "L, nats in a sample"},
    [VAEGAN_KL] = {"loss.kl|loss.kl.*", NULL, "divergence of the codes from N(0, 1), likewise"},
    [VAEGAN_SCORE] = {"score.real|score.real.*", NULL, "mean score of real samples"},
    {"score.reconstruction|score.reconstruction.*", NULL, "mean score of reconstructions"},
    {"score.sample|score.sample.*", NULL, "mean score of samples of the prior"},
    [VAEGAN_ACCURACY] = {"accuracy.real|accuracy.real.*", NULL, "share of them told as such"},
    {"accuracy.reconstruction|accuracy.reconstruction.*", NULL, "share of them told as fakes"},
    {"accuracy.sample|accuracy.sample.*", NULL, "likewise"},
    [VAEGAN_SEMANTIC] = {"loss.semantic.*", vaegan_has_semantic,
                         "mean square between a sample's code and that of its translation"},
    [VAEGAN_DOMAIN] = GAN__DOMAIN_ROWS(vaegan_has_domain),
};

static const gan__warning_row vaegan_warnings[] = {
    {&gan__warning_collapse, VAEGAN_DECODER, {0, 0}, NULL},
    {&gan__warning_saturation, VAEGAN_DECODER, {0, 0}, NULL},
    {&gan__warning_victory,
     VAEGAN_DISCRIMINATOR,
     {VAEGAN_ACCURACY + VAEGAN_X, VAEGAN_ACCURACY + VAEGAN_DRAWN},
     NULL},
    {&gan__warning_swing, VAEGAN_DISCRIMINATOR, {VAEGAN_DISCRIMINATOR, 0}, NULL},
};

extern const gan__trainer_kind gan__trainer_vaegan;
const gan__trainer_kind gan__trainer_vaegan = {
    .kind = {.name = "vaegan",
             .help =
                 "variational auto-encoder whose decoder has a discriminator; of one domain, or "
                 "of several side by side",
             GAN__BLOCKS(vaegan_blocks),
             .size = sizeof(vaegan_options),
             .check = vaegan_check},
    .sees = GAN__SEES_PRIOR,
    GAN__ROWS(space, vaegan_spaces),
    GAN__ROWS(role, vaegan_roles),
    GAN__ROWS(feed, vaegan_feeds),
    GAN__ROWS(value, vaegan_values),
    GAN__ROWS(warning, vaegan_warnings),
    .domains = vaegan_domains,
    .reference = vaegan_reference,
    .prepare = vaegan_prepare,
    .step = vaegan_step,
};
