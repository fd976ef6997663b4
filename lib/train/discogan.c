/* discogan.c: translation between two domains without pairs (Kim, Cha, Kim, Lee and Kim, "Learning
 * to discover cross-domain relations with generative adversarial networks", 2017, section 3;
 * feature matching, rate and turns as the authors' program has them).
 *
 *     draw real samples x and y
 *     every third step, the first one among them:
 *         D_x and D_y descend
 *             (bce(D_x(x), 1) + bce(D_x(yx(y)), 0)) / 2 + (likewise of y) / 2
 *     in the others:
 *         xy and yx descend, with the rate r of now,
 *             (1 - r) * (adversarial * bce(D_y(xy(x)), 1) + matching * F_y(y, xy(x)))
 *             + r * |yx(xy(x)) - x|^2
 *             + (likewise from y)
 *
 * all of them means. F is summed over the further outputs of a discriminator, features of its inner
 * layers: how far their means over the real samples and over the fakes are apart, squared. The rate
 * is small at first: the generators learn what their targets look like, then to come back.
 *
 * That is loss=non_saturating; objective.c has the others. With identity= and perceptual= xy and yx
 * descend besides what cyclegan's do. With directions=1 only the way from x is judged. */
#include "train/direct.h"

enum { DISCO_MATCHING = GAN__DIRECT_CYCLE_VALUES }; /* values, by domain */

typedef struct disco_options {
    gan__direct direct;
    double adversarial, matching, rate, first_rate;
    int64_t curriculum, d_every;
} disco_options;

static const gan__option disco_own[] = {
    {"rate", GAN__OPTION_REAL, 0, "0.5", 0, 1, NULL, offsetof(disco_options, rate),
     "weight of the way there and back, which ends where it began; all else that has to do with "
     "discriminators has 1 - rate"},
    {"first_rate", GAN__OPTION_REAL, 0, "0.01", 0, 1, NULL, offsetof(disco_options, first_rate),
     "the rate of the first steps"},
    {"curriculum", GAN__OPTION_INTEGER, 0, "10000", 0, (double)((int64_t)1 << 40), NULL,
     offsetof(disco_options, curriculum),
     "so many first steps have first_rate; for a run of less than 50,000 a fifth of it will do"},
    {"adversarial", GAN__OPTION_REAL, 0, "0.1", 0, 1e6, NULL, offsetof(disco_options, adversarial),
     "weight of what a discriminator says of fakes, times 1 - rate"},
    {"matching", GAN__OPTION_REAL, 0, "0.9", 0, 1e6, NULL, offsetof(disco_options, matching),
     "weight of the match of a discriminator's features, times 1 - rate; 0: it needs none"},
    {"d_every", GAN__OPTION_INTEGER, 0, "3", 2, 1000, NULL, offsetof(disco_options, d_every),
     "every so many steps the discriminators descend, in the others the generators"},
    {"identity", GAN__OPTION_REAL, 0, "0", 0, 1e6, NULL, offsetof(disco_options, direct.identity),
     "what is of a generator's target already stays as it is, with this weight; 0: nothing is "
     "asked, and x and y may have unlike shapes"},
};

static const gan__option_block disco_blocks[] = {
    GAN__BLOCK(disco_own),
    GAN__BLOCK(gan__direct_options),
    GAN__BLOCK_IN(gan__objective_options, disco_options, direct.game.objective, NULL),
    GAN__BLOCK_IN(gan__trainer_common_options, disco_options, direct.game.common, NULL),
};

static const char *disco_reference(const void *options, const char *group)
{
    (void)options;
    (void)group;
    return "adam lr=2e-4 beta1=0.5 weight_decay=1e-5";
}

static bool disco_matches(const void *options)
{
    return ((const disco_options *)options)->matching > 0;
}

static bool disco_matches_both(const void *options)
{
    return disco_matches(options) && gan__direct_has_both(options);
}

static gan_status disco_prepare(gan_trainer *t)
{
    for (int32_t d = 2 - gan__direct_ways(t); d < 2; d++) {
        const int32_t role = GAN__DIRECT_DISCRIMINATOR + d;
        GAN__TRY(gan__objective_check_outputs(t, role));
        if (t->players[role].output_count > 1 || !disco_matches(t->options)) continue;
        return gan__fail(t->object.context, GAN_E_SHAPE,
                         "%s: the %s has no output but its score: matching= needs features of its "
                         "inner layers, named behind it ('output score h1 h2'); matching=0 does "
                         "without",
                         t->kind->kind.name, t->cast->roles[role].name);
    }
    return GAN_OK;
}

/* ---- the step: of samples x, (N, H, W, C), and y, which may have other sizes ---- */

/* How far the features of real samples and of fakes are apart, on average: a discriminator's
 * outputs behind its score. */
static gan_status disco_match(gan_trainer *t, int32_t domain, double weight, const gan_value *real,
                              const gan_value *fake, gan__terms *terms)
{
    const int32_t outputs = t->players[GAN__DIRECT_DISCRIMINATOR + domain].output_count;
    gan_value apart[GAN__MOST_OUTPUTS], sum; /* numbers */
    double ones[GAN__MOST_OUTPUTS];
    for (int32_t i = 1; i < outputs; i++) {
        ones[i] = 1;
        GAN__TRY(
            gan_tape_loss(t->tape, "mse_of_means", (gan_value[]){fake[i], real[i]}, 2, &apart[i]));
    }
    GAN__TRY(gan_tape_combine(t->tape, apart + 1, ones + 1, outputs - 1, &sum));
    GAN__TRY(gan__trainer_measure(t, DISCO_MATCHING + domain, sum));
    gan__terms_add(terms, sum, weight);
    return GAN_OK;
}

/* What the fakes of a domain are worth to who made them; `weight` is what the rate leaves. */
static gan_status disco_persuade(gan_trainer *t, int32_t domain, double weight, gan_value real,
                                 gan_value fake, gan__terms *terms)
{
    const disco_options *disco = t->options;
    gan_value of_real[GAN__MOST_OUTPUTS], of_fake[GAN__MOST_OUTPUTS]; /* a score, features */
    if (disco_matches(disco)) GAN__TRY(gan__direct_ask(t, domain, real, of_real));
    GAN__TRY(gan__direct_ask(t, domain, fake, of_fake));
    GAN__TRY(gan__direct_persuade(t, weight * disco->adversarial, of_fake[0], terms));
    if (!disco_matches(disco)) return GAN_OK;
    return disco_match(t, domain, weight * disco->matching, of_real, of_fake, terms);
}

static gan_status disco_generators(gan_trainer *t, const gan_value x[2])
{
    const disco_options *disco = t->options;
    const double rate = t->steps < disco->curriculum ? disco->first_rate : disco->rate;
    const int32_t group = GAN__DIRECT_GENERATORS, ways = gan__direct_ways(t);
    gan_value fakes[2] = {-1, -1}; /* by domain */
    gan__terms terms = {.count = 0};
    for (int32_t d = 0; d < ways; d++) {
        GAN__TRY(gan__direct_translate(t, d, "training", x[d], &fakes[1 - d]));
        GAN__TRY(gan__direct_return(t, d, "mse", rate, x[d], fakes[1 - d], &terms));
    }
    GAN__TRY(gan__direct_keep(t, disco->direct.identity, x, &terms));
    GAN__TRY(gan__direct_resemble(t, x, fakes, &terms));
    for (int32_t d = 0; d < ways; d++)
        GAN__TRY(disco_persuade(t, 1 - d, 1 - rate, x[1 - d], fakes[1 - d], &terms));
    GAN__TRY(gan__direct_descend(t, GAN__DIRECT_GENERATORS, &terms));
    GAN__TRY(gan__direct_look(t, x, fakes));
    return gan__trainer_update_last(t, &group, 1);
}

static gan_status disco_discriminators(gan_trainer *t, const gan_value x[2])
{
    const int32_t group = GAN__DIRECT_DISCRIMINATORS, ways = gan__direct_ways(t);
    gan_value fakes[2] = {-1, -1}; /* by domain */
    gan__terms terms = {.count = 0};
    for (int32_t d = 0; d < ways; d++)
        GAN__TRY(gan__direct_translate(t, d, "training frozen", x[d], &fakes[1 - d]));
    for (int32_t d = 2 - ways; d < 2; d++)
        GAN__TRY(gan__direct_judge(t, d, 0.5, x[d], fakes[d], &terms));
    GAN__TRY(gan__direct_descend(t, GAN__DIRECT_DISCRIMINATORS, &terms));
    GAN__TRY(gan__direct_look(t, x, fakes));
    return gan__trainer_update_last(t, &group, 1);
}

static gan_status disco_step(gan_trainer *t)
{
    const disco_options *disco = t->options;
    gan_value x[2]; /* by domain */
    GAN__TRY(gan__direct_draw(t, x));
    return t->steps % disco->d_every == 0 ? disco_discriminators(t, x) : disco_generators(t, x);
}

/* ---- the table ---- */

static const gan__role_row disco_roles[] = {GAN__DIRECT_ROLES("score [features...]", NULL)};

static const gan__value_row disco_values[] = {
    [GAN__DIRECT_GENERATORS] = {"loss.generators", NULL, "what xy and yx descend"},
    [GAN__DIRECT_DISCRIMINATORS] = {"loss.discriminators", NULL,
                                    "what both discriminators "
                                    "descend"},
    GAN__DIRECT_MEASURES,
    GAN__DIRECT_BACK_ROWS("square of ", ""),
    [DISCO_MATCHING] = {"loss.matching.x", disco_matches_both,
                        "mean square of what lies between mean features of x and of its fakes"},
    {"loss.matching.y", disco_matches, "the same of y"},
};

static const gan__warning_row disco_warnings[] = {GAN__DIRECT_WARNINGS(NULL)};

extern const gan__trainer_kind gan__trainer_discogan;
const gan__trainer_kind gan__trainer_discogan = {
    .kind = {.name = "discogan",
             .help = "translation between two domains by reconstruction and matched features",
             GAN__BLOCKS(disco_blocks),
             .size = sizeof(disco_options),
             .check = gan__direct_check},
    GAN__ROWS(space, gan__direct_spaces),
    GAN__ROWS(role, disco_roles),
    GAN__ROWS(feed, gan__direct_feeds),
    GAN__ROWS(pool, gan__direct_pools),
    GAN__ROWS(value, disco_values),
    GAN__ROWS(warning, disco_warnings),
    .reference = disco_reference,
    .prepare = disco_prepare,
    .rounds = gan__direct_rounds,
    .step = disco_step,
};
