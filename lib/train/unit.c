/* unit.c: translation between two domains through a code that both have in common (Liu, Breuel and
 * Kautz, "Unsupervised image-to-image translation networks", 2017; terms, weights and order are
 * those of the program of Huang et al., "Multimodal unsupervised image-to-image translation",
 * 2018).
 *
 *     draw real samples x and y
 *     D_x and D_y descend, with y(x) = decoder_y(a code drawn around encoder_x(x)) and so on,
 *         gan * ((D_x(x) - 1)^2 + D_x(x(y))^2 + (likewise of y))
 *     draw the codes once more; encoders and decoders descend
 *         gan * ((D_y(y(x)) - 1)^2 + (D_x(x(y)) - 1)^2)
 *         + recon * (|x(x) - x| + |y(y) - y|)
 *         + kl * (KL(encoder_x(x)) + KL(encoder_y(y)))
 *         + cycle * (|x(y(x)) - x| + |y(x(y)) - y|)
 *         + kl_cycle * (KL(encoder_y(y(x))) + KL(encoder_x(x(y))))
 *         + semantic * (|encoder_y(y(x)) - encoder_x(x)|^2 + (likewise of y))
 *
 * all of them means over all elements; that is loss=lsgan, objective.c has the others. KL is mean^2
 * + variance - log variance - 1, twice the divergence from N(0, 1); of an encoder that makes the
 * mean alone the variance is 1. Semantic compares means. For domain adaptation the discriminators
 * learn classes besides, and that x and y(x), y and x(y) have the same features (adaptation.c);
 * domain.c says what a discriminator of codes does.
 *
 * That a code means the same in both domains is due to parts that their networks share. */
#include "train/coded.h"

#include "train/adaptation.h"
#include "train/consistency.h"
#include "train/domain.h"
#include "train/warnings.h"

enum { UNIT_CODES = 3 }; /* further rows of roles, feeds and values */
enum { UNIT_LABEL = 1, UNIT_NOISE, UNIT_NOISE_G, UNIT_NOISE_CYCLE };
enum {
    UNIT_RECON = 2,
    UNIT_KL,
    UNIT_CYCLE,
    UNIT_KL_CYCLE,
    UNIT_SEMANTIC,
    UNIT_CLASSES,
    UNIT_FEATURES,
    UNIT_JUDGEMENTS,
    UNIT_DOMAIN = UNIT_JUDGEMENTS + GAN__JUDGEMENTS
};
static const gan__domain_place unit_place = {UNIT_CODES, UNIT_DOMAIN};

typedef struct unit_options {
    gan__trainer_common common;
    gan__objective objective;
    gan__semantic semantic;
    gan__domain domain;
    gan__adaptation adaptation;
    double gan, recon, kl, cycle, kl_cycle;
} unit_options;

static const gan__option unit_own[] = {
    {"gan", GAN__OPTION_REAL, 0, "1", 0, 1e6, NULL, offsetof(unit_options, gan),
     "weight of what discriminators say, on both sides"},
    {"recon", GAN__OPTION_REAL, 0, "10", 0, 1e6, NULL, offsetof(unit_options, recon),
     "weight of the way through the code alone, which ends where it began"},
    {"kl", GAN__OPTION_REAL, 0, "0.01", 0, 1e6, NULL, offsetof(unit_options, kl),
     "weight of the codes' divergence from N(0, 1), a mean over their elements"},
    {"cycle", GAN__OPTION_REAL, 0, "10", 0, 1e6, NULL, offsetof(unit_options, cycle),
     "weight of the way to the other domain and back, which ends where it began"},
    {"kl_cycle", GAN__OPTION_REAL, 0, "0.01", 0, 1e6, NULL, offsetof(unit_options, kl_cycle),
     "as kl, of the codes of translations; with cycle=0 and semantic=0 too there is no way back"},
};

static const gan__option_default unit_objective[] = {{"loss", "lsgan"}, {NULL, NULL}};
static const gan__option_default unit_adaptation[] = {{"feature_weight", "1e-4"}, {NULL, NULL}};
static const gan__option_default unit_common[] = {{"batch", "1"}, {NULL, NULL}};

static const gan__option_block unit_blocks[] = {
    GAN__BLOCK(unit_own),
    GAN__BLOCK_IN(gan__objective_options, unit_options, objective, unit_objective),
    GAN__BLOCK_IN(gan__semantic_options, unit_options, semantic, NULL),
    GAN__BLOCK_IN(gan__domain_options, unit_options, domain, NULL),
    GAN__BLOCK_IN(gan__adaptation_options, unit_options, adaptation, unit_adaptation),
    GAN__BLOCK_IN(gan__trainer_common_options, unit_options, common, unit_common),
};

static gan__prior unit_prior(const void *options)
{
    (void)options;
    return GAN__PRIOR_NORMAL;
}

static const char *unit_domains(const void *options)
{
    (void)options;
    return "x,y";
}

static gan_status unit_check(gan_context *context, const void *options)
{
    const unit_options *unit = options;
    GAN__TRY(gan__objective_check_bounded(context, &unit->objective));
    GAN__TRY(gan__domain_check(context, &unit->domain, unit_domains(options)));
    return gan__adaptation_check(context, &unit->adaptation, unit_domains(options));
}

static const char *unit_reference(const void *options, const char *group)
{
    (void)options;
    (void)group;
    return "adam lr=1e-4 beta1=0.5 weight_decay=1e-4 schedule=step:100000,0.5";
}

static bool unit_has_semantic(const void *options)
{
    return ((const unit_options *)options)->semantic.weight > 0;
}

static bool unit_has_domain(const void *options)
{
    return ((const unit_options *)options)->domain.discriminator;
}

static bool unit_has_classes(const void *options)
{
    return ((const unit_options *)options)->adaptation.labelled != NULL;
}

static bool unit_returns(const void *options)
{
    const unit_options *o = options;
    return o->cycle > 0 || o->kl_cycle > 0 || o->semantic.weight > 0;
}

/* ---- the step: of samples x, (N, H, W, C), and y, which may have other sizes ---- */

static gan_status unit_prepare(gan_trainer *t)
{
    return gan__adaptation_prepare(t, &((const unit_options *)t->options)->adaptation,
                                   GAN__CODED_DISCRIMINATOR);
}

/* What a domain's discriminator says of its samples, and of what the other's code makes. */
static gan_status unit_judge(gan_trainer *t, int32_t d, const gan_value x[2],
                             const gan__coded_code *other, gan_value said[2 * GAN__MOST_OUTPUTS],
                             gan__terms *terms)
{
    const unit_options *unit = t->options;
    const gan__coded_judge_plan plan = {&unit->objective, unit->gan, UNIT_JUDGEMENTS};
    gan_value seen[2] = {x[0], -1}; /* and fakes, (N, H, W, C) */
    GAN__TRY(gan__coded_apply(t, GAN__CODED_DECODER, d, "training frozen", &other->z, &seen[1]));
    GAN__TRY(gan_tape_detach(t->tape, seen[1], &seen[1]));
    GAN__TRY(gan__warnings_take(t, gan__cast_role_at(t->cast, GAN__CODED_DECODER) + d, seen[1],
                                x[0], -1));
    GAN__TRY(gan__coded_judge(t, &plan, d, seen, said, terms));
    return gan__adaptation_classify(t, &unit->adaptation, d, said[GAN__SAYS_CLASSES], x[1],
                                    gan__cast_value_at(t->cast, UNIT_CLASSES) + d, terms);
}

/* How far the features of samples are from those of their translations. */
static gan_status unit_tie(gan_trainer *t, gan_value said[2][2 * GAN__MOST_OUTPUTS],
                           gan__terms *terms)
{
    const unit_options *unit = t->options;
    const int32_t first = gan__cast_role_at(t->cast, GAN__CODED_DISCRIMINATOR);
    const int32_t outputs = t->players[first].output_count;
    gan_value sum; /* a number */
    gan__terms apart = {.count = 0};
    for (int32_t d = 0; d < 2; d++)
        GAN__TRY(gan__adaptation_compare(t, said[d], said[1 - d] + outputs, outputs, &apart));
    if (apart.count == 0) return GAN_OK;
    GAN__TRY(gan__trainer_sum(t, &apart, gan__cast_value_at(t->cast, UNIT_FEATURES), &sum));
    gan__terms_add(terms, sum, unit->adaptation.feature_weight);
    return GAN_OK;
}

static gan_status unit_discriminators(gan_trainer *t, gan_value x[2][2])
{
    gan__coded_code codes[2];
    gan_value said[2][2 * GAN__MOST_OUTPUTS]; /* scores, classes, features: of x, and of fakes */
    gan_value loss;                           /* a number */
    gan__terms terms = {.count = 0};
    for (int32_t d = 0; d < 2; d++)
        GAN__TRY(gan__coded_encode(t, d, "training frozen", x[d][0], UNIT_NOISE, &codes[d]));
    for (int32_t d = 0; d < 2; d++)
        GAN__TRY(unit_judge(t, d, x[d], &codes[1 - d], said[d], &terms));
    GAN__TRY(unit_tie(t, said, &terms));
    GAN__TRY(gan__trainer_sum(t, &terms, GAN__CODED_DISCRIMINATORS, &loss));
    GAN__TRY(gan__trainer_backward(t, loss, GAN__CODED_DISCRIMINATORS));
    return gan__trainer_update(t, GAN__CODED_DISCRIMINATORS);
}

/* The way back of the fake that was made of x. */
static gan_status unit_return(gan_trainer *t, int32_t domain, gan_value x, gan_value fake,
                              const gan__coded_code *code, gan__terms *terms)
{
    const unit_options *unit = t->options;
    gan__coded_code again;
    gan_value back; /* (N, H, W, C) */
    GAN__TRY(gan__coded_encode(t, 1 - domain, "training", fake, UNIT_NOISE_CYCLE, &again));
    GAN__TRY(gan__coded_apply(t, GAN__CODED_DECODER, domain, "training", &again.z, &back));
    GAN__TRY(gan__coded_consistency(t, UNIT_CYCLE, domain, back, x, unit->cycle, terms));
    GAN__TRY(gan__coded_divergence(t, UNIT_KL_CYCLE, domain, &again, unit->kl_cycle, terms));
    if (!unit_has_semantic(unit)) return GAN_OK;
    return gan__semantic_add(t, &unit->semantic, code->mean, again.mean,
                             gan__cast_value_at(t->cast, UNIT_SEMANTIC) + domain, terms);
}

static gan_status unit_generators(gan_trainer *t, gan_value x[2][2])
{
    const unit_options *unit = t->options;
    int32_t groups[2] = {GAN__CODED_GENERATORS};
    gan__coded_code codes[2];
    gan_value made[2], fakes[2]; /* (N, H, W, C): of its own code, of the other's; by domain */
    gan_value loss;              /* a number */
    gan__terms terms = {.count = 0};
    for (int32_t d = 0; d < 2; d++) {
        GAN__TRY(gan__coded_encode(t, d, "training", x[d][0], UNIT_NOISE_G, &codes[d]));
        GAN__TRY(gan__coded_divergence(t, UNIT_KL, d, &codes[d], unit->kl, &terms));
    }
    GAN__TRY(gan__domain_confuse(t, &unit->domain, &unit_place,
                                 (gan_value[]){codes[0].z, codes[1].z}, &terms));
    for (int32_t d = 0; d < 2; d++) {
        GAN__TRY(gan__coded_decode(t, d, (gan_value[]){codes[d].z, codes[1 - d].z}, made));
        GAN__TRY(gan__coded_consistency(t, UNIT_RECON, d, made[0], x[d][0], unit->recon, &terms));
        fakes[d] = made[1];
    }
    for (int32_t d = 0; d < 2 && unit_returns(unit); d++)
        GAN__TRY(unit_return(t, d, x[d][0], fakes[1 - d], &codes[d], &terms));
    for (int32_t d = 0; d < 2; d++)
        GAN__TRY(gan__coded_persuade(t, &unit->objective, unit->gan, d, fakes[d], &terms));
    GAN__TRY(gan__trainer_sum(t, &terms, GAN__CODED_GENERATORS, &loss));
    GAN__TRY(gan__trainer_backward(t, loss, GAN__CODED_GENERATORS));
    return gan__trainer_update_last(t, groups,
                                    gan__domain_groups(t, &unit->domain, &unit_place, groups, 1));
}

static gan_status unit_step(gan_trainer *t)
{
    gan_value x[2][2]; /* of each domain: samples, and labels, (N); -1: there are none */
    GAN__TRY(gan_tape_reset(t->tape));
    for (int32_t d = 0; d < 2; d++) GAN__TRY(gan__trainer_batch(t, d, x[d]));
    GAN__TRY(unit_discriminators(t, x));
    return unit_generators(t, x);
}

/* ---- the table ---- */

static const gan__space_row unit_spaces[] = {GAN__CODED_SPACES(unit_prior)};

static const gan__role_row unit_roles[] = {
    GAN__CODED_ROLES("mean:code [log_variance:code]", "score [classes:score] [features...]"),
    [UNIT_CODES] = GAN__DOMAIN_ROLE(unit_has_domain),
};

static const gan__feed_row unit_feeds[] = {
    {"*", "image", "*", 0, "real samples of the domain, no pairs", 0, NULL},
    [UNIT_LABEL] = {"*", "label", NULL, GAN__FEED_OPTIONAL, "", 0, NULL},
    [UNIT_NOISE] = {"noise.*", NULL, "code", GAN__FEED_BY_HAND,
                    "epsilon of the fakes that discriminators see, where it is not to be drawn", 0,
                    NULL},
    [UNIT_NOISE_G] = {"noise.generators.*", NULL, "code", GAN__FEED_BY_HAND,
                      "epsilon of the code that encoders and decoders learn from, likewise", 0,
                      NULL},
    [UNIT_NOISE_CYCLE] = {"noise.cycle.*", NULL, "code", GAN__FEED_BY_HAND,
                          "epsilon of the code of fakes that the domain encodes, likewise", 0,
                          unit_returns},
};

static const gan__value_row unit_values[] = {
    GAN__CODED_LOSSES,
    [UNIT_RECON] = {"loss.recon.*", NULL, "mean |x - what it is on the way through its code|"},
    [UNIT_KL] = {"loss.kl.*", NULL, "mean^2 + variance - log variance - 1 of codes, on average"},
    [UNIT_CYCLE] = {"loss.cycle.*", unit_returns,
                    "mean |x - what it is on the way there and back|"},
    [UNIT_KL_CYCLE] = {"loss.kl_cycle.*", unit_returns, "as loss.kl, of its translation's code"},
    [UNIT_SEMANTIC] = {"loss.semantic.*", unit_has_semantic,
                       "mean square of code of x - that of its translation"},
    [UNIT_CLASSES] = {"loss.classes.*", unit_has_classes,
                      "of labelled domains: cross-entropy of classes and labels"},
    [UNIT_FEATURES] = {"loss.features", NULL,
                       "square of the distance of the features of samples and translations"},
    [UNIT_JUDGEMENTS] = GAN__JUDGEMENT_ROWS_OF(".*"),
    [UNIT_DOMAIN] = GAN__DOMAIN_ROWS(unit_has_domain),
};

static const gan__warning_row unit_warnings[] = {GAN__CODED_WARNINGS(UNIT_JUDGEMENTS)};

extern const gan__trainer_kind gan__trainer_unit;
const gan__trainer_kind gan__trainer_unit = {
    .kind = {.name = "unit",
             .help = "translation between two domains through a common code, without pairs",
             GAN__BLOCKS(unit_blocks),
             .size = sizeof(unit_options),
             .check = unit_check},
    .sees = GAN__SEES_OTHERS,
    GAN__ROWS(space, unit_spaces),
    GAN__ROWS(role, unit_roles),
    GAN__ROWS(feed, unit_feeds),
    GAN__ROWS(value, unit_values),
    GAN__ROWS(warning, unit_warnings),
    .domains = unit_domains,
    .reference = unit_reference,
    .prepare = unit_prepare,
    .step = unit_step,
};
