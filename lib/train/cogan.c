/* cogan.c: coupled generative adversarial networks (Liu and Tuzel, "Coupled generative adversarial
 * networks", 2016, equation 1 and section 4; weights as the authors' program has them).
 *
 *     draw m real samples x_i of each domain i, no pairs, and m noise vectors z
 *     the discriminators descend
 *         mean over i of real(D_i(x_i)) + fake(D_i(G_i(z)))
 *         + feature_weight * sum over i > 0 of |f_i(G_i(z)) - f_i-1(G_i-1(z))|^2
 *         + class_weight * sum over labelled i of cross_entropy(c_i(x_i), label of x_i)
 *     draw m noise vectors z
 *     the generators descend
 *         mean over i of maker(D_i(G_i(z)))
 *
 * all of them means over the samples. One z makes a sample of each domain; that these are of one
 * thing is due to the layers that the networks share, as parts: the generators' first, by which a z
 * means the same in all domains, and the discriminators' last. Without them this is so many GANs
 * side by side; what generators begin with in common is computed once. f are what the
 * discriminators say besides, their features, and c their outputs `classes`, trained where
 * labelled= names the domain: what a discriminator of another domain says there are the classes of
 * samples that had no labels. */
#include "train/adaptation.h"
#include "train/latent.h"
#include "train/together.h"
#include "train/warnings.h"

enum { COGAN_GENERATOR, COGAN_DISCRIMINATOR };     /* roles, and their groups */
enum { COGAN_NOISE };                              /* spaces */
enum { COGAN_X, COGAN_LABEL, COGAN_Z, COGAN_Z_G }; /* rows of feeds; the first two are one */
enum { COGAN_REAL, COGAN_FAKE, COGAN_SIDES };      /* what it sees */
enum {                                             /* values; the first are the groups' losses */
       COGAN_TOLD = 2,
       COGAN_ACCURACY = 4,
       COGAN_CLASSIFIED = 6,
       COGAN_APART
};

typedef struct cogan_options {
    gan__trainer_common common;
    gan__objective objective;
    gan__latent latent;
    gan__adaptation adaptation;
    char *domains;
} cogan_options;

static const gan__option cogan_own[] = {
    {"domains", GAN__OPTION_TEXT, 0, "x,y", 0, 0, NULL, offsetof(cogan_options, domains),
     "their names"},
};

static const gan__option_block cogan_blocks[] = {
    GAN__BLOCK(cogan_own),
    GAN__BLOCK_IN(gan__objective_options, cogan_options, objective, NULL),
    GAN__BLOCK_IN(gan__adaptation_options, cogan_options, adaptation, NULL),
    GAN__BLOCK_IN(gan__latent_options, cogan_options, latent, NULL),
    GAN__BLOCK_IN(gan__trainer_common_options, cogan_options, common, NULL),
};

static gan_status cogan_check(gan_context *context, const void *options)
{
    const cogan_options *o = options;
    GAN__TRY(gan__adaptation_check(context, &o->adaptation, o->domains));
    return gan__objective_check_bounded(context, &o->objective);
}

static const char *cogan_domains(const void *options)
{
    return ((const cogan_options *)options)->domains;
}

static bool cogan_has_classes(const void *options)
{
    return ((const cogan_options *)options)->adaptation.labelled != NULL;
}

static const char *cogan_reference(const void *options, const char *group)
{
    (void)options;
    (void)group;
    return "adam lr=2e-4 beta1=0.5 weight_decay=5e-4";
}

static gan__prior cogan_prior(const void *options)
{
    return gan__latent_prior(&((const cogan_options *)options)->latent);
}

static int32_t cogan_judge(const gan_trainer *t, int32_t domain)
{
    return gan__cast_role_at(t->cast, COGAN_DISCRIMINATOR) + domain;
}

static gan_status cogan_prepare(gan_trainer *t)
{
    const cogan_options *o = t->options;
    GAN__TRY(gan__together_prepare(t, COGAN_GENERATOR));
    return gan__adaptation_prepare(t, &o->adaptation, COGAN_DISCRIMINATOR);
}

/* ---- the step: of N samples H x W x C of each domain, whose sizes may be unlike ---- */

/* How well a domain's discriminator tells its samples, real ones and fakes. */
static gan_status cogan_measure(gan_trainer *t, int32_t domain, gan_value real, gan_value fake)
{
    const gan__objective *o = &((const cogan_options *)t->options)->objective;
    for (int32_t i = 0; i < COGAN_SIDES; i++)
        GAN__TRY(gan__objective_tell(t, o, i == COGAN_REAL ? real : fake,
                                     i == COGAN_REAL ? fake : real, i == COGAN_REAL,
                                     gan__cast_value_at(t->cast, COGAN_TOLD + i) + domain,
                                     gan__cast_value_at(t->cast, COGAN_ACCURACY + i) + domain));
    return GAN_OK;
}

/* One domain's discriminator, on real samples and their labels, and on what z makes. What it says,
 * of real samples and then of fakes: scores, (N, h, w, 1), classes, (N, 1, 1, K), and features. */
static gan_status cogan_tell(gan_trainer *t, int32_t domain, const gan_value x[2], gan_value made,
                             gan_value said[2 * GAN__MOST_OUTPUTS], gan__terms *all)
{
    const cogan_options *options = t->options;
    const gan__objective *o = &options->objective;
    const int32_t judge = cogan_judge(t, domain);
    const double share = 1.0 / t->cast->domain_count;
    gan_value seen[COGAN_SIDES] = {x[0], -1}; /* real, fake: (N, H, W, C) */
    gan_value *of_fakes = said + t->players[judge].output_count;
    gan__terms terms = {.count = 0};
    GAN__TRY(gan_tape_detach(t->tape, made, &seen[COGAN_FAKE]));
    GAN__TRY(gan__warnings_take(t, gan__cast_role_at(t->cast, COGAN_GENERATOR) + domain,
                                seen[COGAN_FAKE], x[0], -1));
    for (int32_t i = 0; i < COGAN_SIDES; i++) GAN__TRY(gan__objective_perturb(t, o, &seen[i]));
    GAN__TRY(gan__objective_judge(t, judge, seen, said));
    GAN__TRY(gan__objective_real(t, o, said[GAN__SAYS_SCORE], share, &terms));
    GAN__TRY(gan__objective_fake(t, o, of_fakes[GAN__SAYS_SCORE], share, &terms));
    GAN__TRY(gan__adaptation_classify(t, &options->adaptation, domain, said[GAN__SAYS_CLASSES],
                                      x[1], gan__cast_value_at(t->cast, COGAN_CLASSIFIED) + domain,
                                      &terms));
    GAN__TRY(cogan_measure(t, domain, said[GAN__SAYS_SCORE], of_fakes[GAN__SAYS_SCORE]));
    return gan__trainer_fold(t, &terms, all);
}

/* How far the features of what z makes are apart, in all pairs of domains that follow each other.
 */
static gan_status cogan_tie(gan_trainer *t, const gan__terms *apart, gan__terms *terms)
{
    const cogan_options *o = t->options;
    gan_value sum; /* a number */
    if (apart->count == 0) return GAN_OK;
    GAN__TRY(gan__trainer_sum(t, apart, gan__cast_value_at(t->cast, COGAN_APART), &sum));
    gan__terms_add(terms, sum, o->adaptation.feature_weight);
    return GAN_OK;
}

static gan_status cogan_discriminators(gan_trainer *t)
{
    const int32_t outputs = t->players[cogan_judge(t, 0)].output_count;
    gan_value x[GAN__MAX_DOMAINS][2];         /* samples, (N, H, W, C), and labels, (N); -1 */
    gan_value z;                              /* (N, h, w, c), as the generators take it */
    gan_value made[GAN__MAX_DOMAINS];         /* of it, (N, H, W, C) */
    gan_value said[2][2 * GAN__MOST_OUTPUTS]; /* of this domain and of the one before */
    gan_value loss;                           /* a number */
    gan__terms terms = {.count = 0}, apart = {.count = 0};
    for (int32_t d = 0; d < t->cast->domain_count; d++)
        GAN__TRY(gan__trainer_batch(t, gan__cast_feed_at(t->cast, COGAN_X) + d, x[d]));
    GAN__TRY(gan__latent_noise(t, COGAN_NOISE, gan__cast_feed_at(t->cast, COGAN_Z), &z));
    GAN__TRY(gan__together_apply(t, COGAN_GENERATOR, "training frozen", z, made));
    for (int32_t d = 0; d < t->cast->domain_count; d++) {
        GAN__TRY(cogan_tell(t, d, x[d], made[d], said[d % 2], &terms));
        if (d > 0)
            GAN__TRY(
                gan__adaptation_compare(t, said[0] + outputs, said[1] + outputs, outputs, &apart));
    }
    GAN__TRY(cogan_tie(t, &apart, &terms));
    GAN__TRY(gan__trainer_sum(t, &terms, COGAN_DISCRIMINATOR, &loss));
    GAN__TRY(gan__trainer_backward(t, loss, COGAN_DISCRIMINATOR));
    return gan__trainer_update(t, COGAN_DISCRIMINATOR);
}

static gan_status cogan_generators(gan_trainer *t)
{
    const gan__objective *o = &((const cogan_options *)t->options)->objective;
    const double share = 1.0 / t->cast->domain_count;
    const int32_t group = COGAN_GENERATOR;
    gan_value z;                       /* (N, h, w, c) */
    gan_value made[GAN__MAX_DOMAINS];  /* (N, H, W, C) */
    gan_value said[GAN__MOST_OUTPUTS]; /* of one of these, as above */
    gan_value loss;                    /* a number */
    gan__terms terms = {.count = 0};
    GAN__TRY(gan__latent_noise(t, COGAN_NOISE, gan__cast_feed_at(t->cast, COGAN_Z_G), &z));
    GAN__TRY(gan__together_apply(t, COGAN_GENERATOR, "training", z, made));
    for (int32_t d = 0; d < t->cast->domain_count; d++) {
        GAN__TRY(gan__objective_perturb(t, o, &made[d]));
        GAN__TRY(gan__trainer_apply(t, cogan_judge(t, d), "training frozen", &made[d], said));
        GAN__TRY(gan__objective_maker(t, o, said[GAN__SAYS_SCORE], share, &terms));
    }
    GAN__TRY(gan__trainer_sum(t, &terms, COGAN_GENERATOR, &loss));
    GAN__TRY(gan__trainer_backward(t, loss, COGAN_GENERATOR));
    return gan__trainer_update_last(t, &group, 1);
}

static gan_status cogan_step(gan_trainer *t)
{
    GAN__TRY(gan_tape_reset(t->tape));
    GAN__TRY(cogan_discriminators(t));
    GAN__TRY(gan_tape_reset(t->tape));
    return cogan_generators(t);
}

/* ---- the table ---- */

static const gan__space_row cogan_spaces[] = {
    [COGAN_NOISE] = {"noise", GAN__SPACE_NOISE, cogan_prior},
    {"*", GAN__SPACE_PICTURE, NULL},
    {"score", GAN__SPACE_SCORE, NULL},
    {"features", GAN__SPACE_SCORE, NULL},
};

static const gan__role_row cogan_roles[] = {
    [COGAN_GENERATOR] = {"generator_*", "generators", "noise > *", 0, NULL,
                         "makes samples of its domain from noise"},
    [COGAN_DISCRIMINATOR] = {"discriminator_*", "discriminators",
                             "* > score [classes:score] [features...]", 0, NULL,
                             "scores samples of its domain with logits: real above 0"},
};

static const gan__feed_row cogan_feeds[] = {
    [COGAN_X] = {"*", "image", "*", 0, "real samples of a domain, no pairs", 0, NULL},
    [COGAN_LABEL] = {"*", "label", NULL, GAN__FEED_OPTIONAL, "", 0, NULL},
    [COGAN_Z] = {"noise", NULL, "noise", GAN__FEED_BY_HAND, "z, where it is not to be drawn", 0,
                 NULL},
    [COGAN_Z_G] = {"noise.generators", NULL, "noise", GAN__FEED_BY_HAND,
                   "z of the generators' way down, likewise", 0, NULL},
};

static const gan__value_row cogan_values[] = {
    [COGAN_GENERATOR] = {"loss.generators", NULL, "what the generators descend"},
    [COGAN_DISCRIMINATOR] = {"loss.discriminators", NULL, "what the discriminators descend"},
    [COGAN_TOLD] = {"score.real.*", NULL, "mean score of real samples"},
    {"score.fake.*", NULL, "mean score of fakes"},
    [COGAN_ACCURACY] = {"accuracy.real.*", NULL, "share of real samples that are told as such"},
    {"accuracy.fake.*", NULL, "share of fakes that are told as such"},
    [COGAN_CLASSIFIED] = {"loss.classes.*", cogan_has_classes,
                          "of labelled domains: cross-entropy of classes and labels"},
    [COGAN_APART] = {"loss.features", NULL,
                     "square of the distance between the features of what one z makes"},
};

static const gan__warning_row cogan_warnings[] = {
    {&gan__warning_collapse, COGAN_GENERATOR, {0, 0}, NULL},
    {&gan__warning_saturation, COGAN_GENERATOR, {0, 0}, NULL},
    {&gan__warning_victory, COGAN_DISCRIMINATOR, {COGAN_ACCURACY, COGAN_ACCURACY + 1}, NULL},
};

extern const gan__trainer_kind gan__trainer_cogan;
const gan__trainer_kind gan__trainer_cogan = {
    .kind = {.name = "cogan",
             .help =
                 "generators of several domains that make one thing of one noise, without pairs",
             GAN__BLOCKS(cogan_blocks),
             .size = sizeof(cogan_options),
             .check = cogan_check},
    GAN__ROWS(space, cogan_spaces),
    GAN__ROWS(role, cogan_roles),
    GAN__ROWS(feed, cogan_feeds),
    GAN__ROWS(value, cogan_values),
    GAN__ROWS(warning, cogan_warnings),
    .domains = cogan_domains,
    .reference = cogan_reference,
    .prepare = cogan_prepare,
    .step = cogan_step,
};
