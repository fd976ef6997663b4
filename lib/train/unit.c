/* unit.c: translation between two domains through a code that both have in common (Liu, Breuel and
 * Kautz, "Unsupervised image-to-image translation networks", 2017; terms, weights and order as the
 * authors' later program has them, that of Huang et al., "Multimodal unsupervised image-to-image
 * translation", 2018).
 *
 *     draw real samples x and y
 *     D_x and D_y descend, with y(x) = decoder_y(code_x(x)), code_x(x) ~ N(encoder_x(x)), and so
 * on, gan * ((D_x(x) - 1)^2 + D_x(x(y))^2 + (D_y(y) - 1)^2 + D_y(y(x))^2) draw the codes once more:
 * encoders and decoders descend gan * ((D_y(y(x)) - 1)^2 + (D_x(x(y)) - 1)^2)
 *         + recon * (|x(x) - x| + |y(y) - y|)
 *         + kl * (KL(encoder_x(x)) + KL(encoder_y(y)))
 *         + cycle * (|x(y(x)) - x| + |y(x(y)) - y|)
 *         + kl_cycle * (KL(encoder_y(y(x))) + KL(encoder_x(x(y))))
 *         + semantic * (|encoder_y(y(x)) - encoder_x(x)| + |encoder_x(x(y)) - encoder_y(y)|)
 *
 * all of them means over all elements; that is loss=lsgan, objective.c has the others. KL is mean^2
 * + variance - log variance - 1, twice the divergence from N(0, 1); of an encoder that makes the
 * mean alone the variance is 1. Semantic compares means, and that of the source is constant.
 *
 * No term says that a code means the same in both domains. The networks do: encoders end, decoders
 * begin with a part that both have. */
#include "train/coded.h"

#include "train/latent.h"
#include "train/warnings.h"

enum { UNIT_NOISE = 1, UNIT_NOISE_G, UNIT_NOISE_CYCLE }; /* further rows of feeds */
enum {                                                   /* further rows of values */
       UNIT_RECON = 2,
       UNIT_KL,
       UNIT_CYCLE,
       UNIT_KL_CYCLE,
       UNIT_SEMANTIC,
       UNIT_JUDGEMENTS
};

typedef struct unit_options {
    gan__trainer_common common;
    gan__objective objective;
    double gan, recon, kl, cycle, kl_cycle, semantic;
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
    {"semantic", GAN__OPTION_REAL, 0, "0", 0, 1e6, NULL, offsetof(unit_options, semantic),
     "a translation has the code of what it was made of, with this weight; 0: nothing is asked"},
};

static const gan__option_default unit_objective[] = {{"loss", "lsgan"}, {NULL, NULL}};
static const gan__option_default unit_common[] = {{"batch", "1"}, {NULL, NULL}};

static const gan__option_block unit_blocks[] = {
    GAN__BLOCK(unit_own),
    GAN__BLOCK_IN(gan__objective_options, unit_options, objective, unit_objective),
    GAN__BLOCK_IN(gan__trainer_common_options, unit_options, common, unit_common),
};

static gan_status unit_check(gan_context *context, const void *options)
{
    return gan__coded_check(context, &((const unit_options *)options)->objective);
}

static const char *unit_domains(const void *options)
{
    (void)options;
    return "x,y";
}

static const char *unit_reference(const void *options, const char *group)
{
    (void)options;
    (void)group;
    return "adam lr=1e-4 beta1=0.5 weight_decay=1e-4 schedule=step:100000,0.5";
}

static gan__prior unit_prior(const void *options)
{
    (void)options;
    return GAN__PRIOR_NORMAL;
}

static bool unit_has_semantic(const void *options)
{
    return ((const unit_options *)options)->semantic > 0;
}

static bool unit_returns(const void *options)
{
    const unit_options *unit = options;
    return unit->cycle > 0 || unit->kl_cycle > 0 || unit->semantic > 0;
}

/* ---- the step: of samples x, (N, H, W, C), and y, which may have other sizes ---- */

/* What an encoder makes of samples, and a code that is drawn around it: (N, h, w, c), all three. */
typedef struct unit_code {
    gan_value mean, log_variance; /* log_variance -1: 0 everywhere */
    gan_value z;
} unit_code;

/* Noise is drawn in the mean's shape, so that sizes may be open; or it was fed in that row. */
static gan_status unit_encode(gan_trainer *t, int32_t domain, const char *mode, gan_value x,
                              int32_t feed, unit_code *code)
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

static gan_status unit_discriminators(gan_trainer *t, const gan_value x[2])
{
    const unit_options *unit = t->options;
    unit_code codes[2];
    gan_value loss; /* a number */
    gan__terms terms = {.count = 0};
    for (int32_t d = 0; d < 2; d++)
        GAN__TRY(unit_encode(t, d, "training frozen", x[d], UNIT_NOISE, &codes[d]));
    for (int32_t d = 0; d < 2; d++) {
        gan_value seen[2] = {x[d], -1}; /* and fakes, (N, H, W, C) */
        GAN__TRY(gan__coded_apply(t, GAN__CODED_DECODER, d, "training frozen", &codes[1 - d].z,
                                   &seen[1]));
        GAN__TRY(gan_tape_detach(t->tape, seen[1], &seen[1]));
        GAN__TRY(gan__warnings_take(t, gan__cast_role_at(t->cast, GAN__CODED_DECODER) + d, seen[1],
                                    x[d], -1));
        GAN__TRY(
            gan__coded_judge(t, &unit->objective, unit->gan, d, UNIT_JUDGEMENTS, seen, &terms));
    }
    GAN__TRY(gan__trainer_sum(t, &terms, GAN__CODED_DISCRIMINATORS, &loss));
    GAN__TRY(gan__trainer_backward(t, loss, GAN__CODED_DISCRIMINATORS));
    return gan__trainer_update(t, GAN__CODED_DISCRIMINATORS);
}

/* KL as it stands above, as a term. */
static gan_status unit_divergence(gan_trainer *t, int32_t row, int32_t domain,
                                  const unit_code *code, double weight, gan__terms *terms)
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

/* The way back of the fake that was made of x. */
static gan_status unit_return(gan_trainer *t, int32_t domain, gan_value x, gan_value fake,
                              const unit_code *code, gan__terms *terms)
{
    const unit_options *unit = t->options;
    unit_code again;
    gan_value back, wanted; /* (N, H, W, C); (N, h, w, c) */
    GAN__TRY(unit_encode(t, 1 - domain, "training", fake, UNIT_NOISE_CYCLE, &again));
    GAN__TRY(gan__coded_apply(t, GAN__CODED_DECODER, domain, "training", &again.z, &back));
    GAN__TRY(gan__coded_consistency(t, UNIT_CYCLE, domain, back, x, unit->cycle, terms));
    GAN__TRY(unit_divergence(t, UNIT_KL_CYCLE, domain, &again, unit->kl_cycle, terms));
    if (!unit_has_semantic(unit)) return GAN_OK;
    GAN__TRY(gan_tape_detach(t->tape, code->mean, &wanted));
    return gan__coded_consistency(t, UNIT_SEMANTIC, domain, again.mean, wanted, unit->semantic,
                                   terms);
}

static gan_status unit_generators(gan_trainer *t, const gan_value x[2])
{
    const unit_options *unit = t->options;
    const int32_t group = GAN__CODED_GENERATORS;
    unit_code codes[2];
    gan_value made[2]; /* (N, H, W, C): of a domain's own code, and of the other's */
    gan_value fakes[2];
    gan_value loss; /* a number */
    gan__terms terms = {.count = 0};
    for (int32_t d = 0; d < 2; d++) {
        GAN__TRY(unit_encode(t, d, "training", x[d], UNIT_NOISE_G, &codes[d]));
        GAN__TRY(unit_divergence(t, UNIT_KL, d, &codes[d], unit->kl, &terms));
    }
    for (int32_t d = 0; d < 2; d++) {
        GAN__TRY(gan__coded_decode(t, d, (gan_value[]){codes[d].z, codes[1 - d].z}, made));
        GAN__TRY(gan__coded_consistency(t, UNIT_RECON, d, made[0], x[d], unit->recon, &terms));
        fakes[d] = made[1];
    }
    for (int32_t d = 0; d < 2 && unit_returns(unit); d++)
        GAN__TRY(unit_return(t, d, x[d], fakes[1 - d], &codes[d], &terms));
    for (int32_t d = 0; d < 2; d++)
        GAN__TRY(gan__coded_persuade(t, &unit->objective, unit->gan, d, fakes[d], &terms));
    GAN__TRY(gan__trainer_sum(t, &terms, GAN__CODED_GENERATORS, &loss));
    GAN__TRY(gan__trainer_backward(t, loss, GAN__CODED_GENERATORS));
    return gan__trainer_update_last(t, &group, 1);
}

static gan_status unit_step(gan_trainer *t)
{
    gan_value x[2]; /* by domain */
    GAN__TRY(gan_tape_reset(t->tape));
    for (int32_t d = 0; d < 2; d++) GAN__TRY(gan__trainer_batch(t, d, &x[d]));
    GAN__TRY(unit_discriminators(t, x));
    return unit_generators(t, x);
}

/* ---- the table ---- */

static const gan__space_row unit_spaces[] = {GAN__CODED_SPACES(unit_prior)};

static const gan__role_row unit_roles[] = {GAN__CODED_ROLES("mean:code [log_variance:code]")};

static const gan__feed_row unit_feeds[] = {
    {"*", "image", "*", 0, "real samples of the domain, no pairs", 0, NULL},
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
                       "mean |code of x - that of its translation|"},
    [UNIT_JUDGEMENTS] = GAN__JUDGEMENT_ROWS_OF(".*"),
};

static const gan__warning_row unit_warnings[] = {GAN__CODED_WARNINGS(UNIT_JUDGEMENTS)};

extern const gan__trainer_kind gan__trainer_unit;
const gan__trainer_kind gan__trainer_unit = {
    .kind = {.name = "unit",
             .help = "translation between two domains through a common code, without pairs",
             GAN__BLOCKS(unit_blocks),
             .size = sizeof(unit_options),
             .check = unit_check},
    GAN__ROWS(space, unit_spaces),
    GAN__ROWS(role, unit_roles),
    GAN__ROWS(feed, unit_feeds),
    GAN__ROWS(value, unit_values),
    GAN__ROWS(warning, unit_warnings),
    .domains = unit_domains,
    .reference = unit_reference,
    .step = unit_step,
};
