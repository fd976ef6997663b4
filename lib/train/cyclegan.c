/* cyclegan.c: translation between two domains without pairs (Zhu, Park, Isola and Efros, "Unpaired
 * image-to-image translation using cycle-consistent adversarial networks", 2017, sections 3 and 4;
 * order, identity and history as the authors' program has them).
 *
 *     draw real samples x and y
 *     xy and yx descend
 *         (D_y(xy(x)) - 1)^2 + (D_x(yx(y)) - 1)^2
 *         + cycle * (|yx(xy(x)) - x| + |xy(yx(y)) - y|)
 *         + cycle * identity * (|yx(x) - x| + |xy(y) - y|)
 *     D_x and D_y descend, on the fakes of before that update and on older ones,
 *         ((D_x(x) - 1)^2 + D_x(history(yx(y)))^2) / 2 + (likewise of y) / 2
 *
 * all of them means. That is loss=lsgan; objective.c has the others. With a frozen encoder as the
 * role `features`, xy and yx descend besides
 *         perceptual * (|features(xy(x)) - features(x)|^2 + likewise of y)
 *
 * A generator that ignores what it is given makes a good fake of nothing: loss.cycle.* and
 * loss.identity.* show it, where the scores do not. */
#include "train/consistency.h"
#include "train/objective.h"
#include "train/pools.h"
#include "train/warnings.h"

enum { CYCLE_X, CYCLE_Y }; /* spaces, feeds and pools: the domains; the other one is 1 - domain */
enum { CYCLE_XY, CYCLE_DISCRIMINATOR = 2, CYCLE_FEATURES = 4 }; /* roles; the first two by domain */
enum { CYCLE_GENERATORS, CYCLE_DISCRIMINATORS };                /* groups, and their losses */
enum {                                                          /* further values, by domain */
       CYCLE_BACK = 2,
       CYCLE_SAME = 4,
       CYCLE_PERCEPTUAL = 6,
       CYCLE_JUDGEMENTS = 8
};

typedef struct cycle_options {
    gan__trainer_common common;
    gan__objective objective;
    double cycle, identity, perceptual;
    int64_t pool;
} cycle_options;

static const gan__option cycle_own[] = {
    {"cycle", GAN__OPTION_REAL, 0, "10", 0, 1e6, NULL, offsetof(cycle_options, cycle),
     "weight of the way there and back, which ends where it began"},
    {"identity", GAN__OPTION_REAL, 0, "0.5", 0, 1e6, NULL, offsetof(cycle_options, identity),
     "what is of a generator's target already stays as it is, with the weight identity * cycle; "
     "0: nothing is asked, and x and y may have unlike shapes"},
    {"pool", GAN__OPTION_INTEGER, 0, "50", 0, 1 << 20, NULL, offsetof(cycle_options, pool),
     "fakes kept of each domain, to be shown to its discriminator again; 0: none"},
    {"perceptual", GAN__OPTION_REAL, 0, "0", 0, 1e6, NULL, offsetof(cycle_options, perceptual),
     "what a sample is made into has its features, with this weight; 0: the role has no part"},
};

static const gan__option_default cycle_objective[] = {{"loss", "lsgan"}, {NULL, NULL}};
static const gan__option_default cycle_common[] = {{"batch", "1"}, {NULL, NULL}};

static const gan__option_block cycle_blocks[] = {
    GAN__BLOCK(cycle_own),
    GAN__BLOCK_IN(gan__objective_options, cycle_options, objective, cycle_objective),
    GAN__BLOCK_IN(gan__trainer_common_options, cycle_options, common, cycle_common),
};

static gan_status cycle_check(gan_context *context, const void *options)
{
    const cycle_options *cycle = options;
    GAN__TRY(gan__objective_check(context, &cycle->objective));
    if (!gan__objective_is_critic(&cycle->objective)) return GAN_OK;
    return gan__fail(context, GAN_E_TEXT,
                     "loss=%s asks for discriminators whose slope is bounded, as the trainer 'gan' "
                     "does and this one does not",
                     gan__objective_name(&cycle->objective));
}

static const char *cycle_reference(const void *options, const char *group)
{
    (void)options;
    (void)group;
    return "adam lr=2e-4 beta1=0.5";
}

static int64_t cycle_capacity(const void *options)
{
    return ((const cycle_options *)options)->pool;
}

/* Also with cycle=0, where it is measured only. */
static bool cycle_has_identity(const void *options)
{
    return ((const cycle_options *)options)->identity > 0;
}

static bool cycle_has_features(const void *options)
{
    return ((const cycle_options *)options)->perceptual > 0;
}

/* ---- the step: of samples x, (N, H, W, C), and y, which may have other sizes ---- */

/* The one that makes samples of the other domain from those of this one; and its way back. */
static gan_status cycle_translate(gan_trainer *t, int32_t from, gan_value x, gan_value *made)
{
    return gan__trainer_apply(t, CYCLE_XY + from, "training", &x, made);
}

/* There and back: *fake, of the other domain, is a like of x. */
static gan_status cycle_around(gan_trainer *t, int32_t from, gan_value x, gan_value *fake,
                               gan__terms *terms)
{
    const cycle_options *cycle = t->options;
    gan_value back; /* of the domain that x is of, (N, H, W, C) */
    GAN__TRY(cycle_translate(t, from, x, fake));
    GAN__TRY(cycle_translate(t, 1 - from, *fake, &back));
    return gan__consistency(t, "l1", back, x, cycle->cycle, CYCLE_BACK + from, terms);
}

/* What makes samples of this domain is given one. */
static gan_status cycle_keep(gan_trainer *t, int32_t domain, gan_value x, gan__terms *terms)
{
    const cycle_options *cycle = t->options;
    gan_value same; /* (N, H, W, C) */
    GAN__TRY(cycle_translate(t, 1 - domain, x, &same));
    return gan__consistency(t, "l1", same, x, cycle->cycle * cycle->identity, CYCLE_SAME + domain,
                            terms);
}

/* What the fakes of a domain are worth to who made them. */
static gan_status cycle_persuade(gan_trainer *t, int32_t domain, gan_value fake, gan__terms *terms)
{
    const gan__objective *o = &((const cycle_options *)t->options)->objective;
    gan_value score; /* (N, h, w, 1) */
    GAN__TRY(gan__objective_perturb(t, o, &fake));
    GAN__TRY(gan__trainer_apply(t, CYCLE_DISCRIMINATOR + domain, "training frozen", &fake, &score));
    return gan__objective_maker(t, o, score, 1 / gan__objective_unit(o), terms);
}

/* The way down of both generators; fakes[d] is of domain d. */
static gan_status cycle_generators(gan_trainer *t, const gan_value x[2], gan_value fakes[2])
{
    const cycle_options *cycle = t->options;
    gan_value loss; /* a number */
    gan__terms terms = {.count = 0};
    for (int32_t d = 0; d < 2; d++) GAN__TRY(cycle_around(t, d, x[d], &fakes[1 - d], &terms));
    for (int32_t d = 0; d < 2 && cycle_has_identity(cycle); d++)
        GAN__TRY(cycle_keep(t, 1 - d, x[1 - d], &terms));
    for (int32_t d = 0; d < 2 && cycle_has_features(cycle); d++)
        GAN__TRY(gan__perceptual(t, CYCLE_FEATURES, fakes[1 - d], x[d], cycle->perceptual,
                                 CYCLE_PERCEPTUAL + d, &terms));
    for (int32_t d = 0; d < 2; d++) GAN__TRY(cycle_persuade(t, 1 - d, fakes[1 - d], &terms));
    GAN__TRY(gan__trainer_sum(t, &terms, CYCLE_GENERATORS, &loss));
    return gan__trainer_backward(t, loss, CYCLE_GENERATORS);
}

/* A domain's discriminator, on real samples and on fakes of now and before. */
static gan_status cycle_judge(gan_trainer *t, int32_t domain, gan_value real, gan_value fake,
                              gan__terms *terms)
{
    const gan__objective *o = &((const cycle_options *)t->options)->objective;
    const double half = 0.5 / gan__objective_unit(o);
    gan_value x[2] = {real, -1}; /* and fakes, of one shape */
    gan_value scores[2];         /* of the two, (N, h, w, 1) */
    GAN__TRY(gan__history(t, domain, fake, &x[1]));
    GAN__TRY(gan__objective_perturb(t, o, &x[0]));
    GAN__TRY(gan__objective_perturb(t, o, &x[1]));
    GAN__TRY(gan__objective_judge(t, CYCLE_DISCRIMINATOR + domain, x, scores));
    GAN__TRY(gan__objective_real(t, o, scores[0], half, terms));
    GAN__TRY(gan__objective_fake(t, o, scores[1], half, terms));
    return gan__objective_measure(t, o, scores[0], scores[1],
                                  CYCLE_JUDGEMENTS + domain * GAN__JUDGEMENTS);
}

static gan_status cycle_discriminators(gan_trainer *t, const gan_value x[2],
                                       const gan_value fakes[2])
{
    gan_value loss; /* a number */
    gan__terms terms = {.count = 0};
    for (int32_t d = 0; d < 2; d++) GAN__TRY(cycle_judge(t, d, x[d], fakes[d], &terms));
    GAN__TRY(gan__trainer_sum(t, &terms, CYCLE_DISCRIMINATORS, &loss));
    return gan__trainer_backward(t, loss, CYCLE_DISCRIMINATORS);
}

static gan_status cycle_step(gan_trainer *t)
{
    static const int32_t groups[] = {CYCLE_GENERATORS, CYCLE_DISCRIMINATORS};
    /* The discriminators see nothing of the generators' update, which may then wait for theirs. */
    const bool apart = !gan__trainer_shares(t, groups[0], groups[1]);
    gan_value x[2], fakes[2]; /* by domain */
    GAN__TRY(gan_tape_reset(t->tape));
    for (int32_t d = 0; d < 2; d++) GAN__TRY(gan__trainer_batch(t, d, &x[d]));
    if (cycle_has_identity(t->options))
        GAN__TRY(gan__same_shape(t, "identity", x, CYCLE_X, CYCLE_Y));
    GAN__TRY(cycle_generators(t, x, fakes));
    if (!apart) GAN__TRY(gan__trainer_update(t, CYCLE_GENERATORS));
    for (int32_t d = 0; d < 2; d++)
        GAN__TRY(gan__warnings_take(t, CYCLE_XY + 1 - d, fakes[d], x[d], -1));
    GAN__TRY(cycle_discriminators(t, x, fakes));
    return gan__trainer_update_last(t, apart ? groups : groups + 1, apart ? 2 : 1);
}

/* ---- the table ---- */

static const gan__space_row cycle_spaces[] = {
    [CYCLE_X] = {"x", GAN__SPACE_PICTURE, NULL},
    [CYCLE_Y] = {"y", GAN__SPACE_PICTURE, NULL},
    {"score", GAN__SPACE_SCORE, NULL},
    {"features", GAN__SPACE_SCORE, NULL},
};

static const gan__role_row cycle_roles[] = {
    [CYCLE_XY] = {"xy", "generators", "x > y", 0, NULL, "makes samples of y from those of x"},
    {"yx", "generators", "y > x", 0, NULL, "makes samples of x from those of y"},
    [CYCLE_DISCRIMINATOR] = {"discriminator_x", "discriminators", "x > score", 0, NULL,
                             "scores samples of x: real ones higher"},
    {"discriminator_y", "discriminators", "y > score", 0, NULL,
     "scores samples of y: real ones higher"},
    [CYCLE_FEATURES] = {"features", NULL, "x|y > features", 0, cycle_has_features,
                        "frozen: what a sample and what is made of it have in common"},
};

static const gan__feed_row cycle_feeds[] = {
    [CYCLE_X] = {"x", "image", "x", 0, "real samples of one domain", 0, NULL},
    [CYCLE_Y] = {"y", "image", "y", 0, "real samples of the other, no pairs", 0, NULL},
};

static const gan__pool_row cycle_pools[] = {
    [CYCLE_X] = {"x", "x", cycle_capacity},
    [CYCLE_Y] = {"y", "y", cycle_capacity},
};

static const gan__value_row cycle_values[] = {
    [CYCLE_GENERATORS] = {"loss.generators", NULL, "what xy and yx descend"},
    [CYCLE_DISCRIMINATORS] = {"loss.discriminators", NULL, "what both discriminators descend"},
    [CYCLE_BACK] = {"loss.cycle.x", NULL, "mean |yx(xy(x)) - x|"},
    {"loss.cycle.y", NULL, "mean |xy(yx(y)) - y|"},
    [CYCLE_SAME] = {"loss.identity.x", cycle_has_identity, "mean |yx(x) - x|"},
    {"loss.identity.y", cycle_has_identity, "mean |xy(y) - y|"},
    [CYCLE_PERCEPTUAL] = {"loss.perceptual.x", cycle_has_features,
                          "mean square of features(xy(x)) - features(x)"},
    {"loss.perceptual.y", cycle_has_features, "mean square of features(yx(y)) - features(y)"},
    [CYCLE_JUDGEMENTS] = GAN__JUDGEMENT_ROWS_OF(".x"),
    GAN__JUDGEMENT_ROWS_OF(".y"),
};

#define CYCLE_TOLD(d)                                                   \
    {                                                                   \
        CYCLE_JUDGEMENTS + (d)*GAN__JUDGEMENTS + GAN__ACCURACY_REAL,    \
            CYCLE_JUDGEMENTS + (d)*GAN__JUDGEMENTS + GAN__ACCURACY_FAKE \
    }
static const gan__warning_row cycle_warnings[] = {
    {&gan__warning_collapse, CYCLE_XY, {0, 0}, NULL},
    {&gan__warning_collapse, CYCLE_XY + 1, {0, 0}, NULL},
    {&gan__warning_saturation, CYCLE_XY, {0, 0}, NULL},
    {&gan__warning_saturation, CYCLE_XY + 1, {0, 0}, NULL},
    {&gan__warning_victory, CYCLE_DISCRIMINATOR, CYCLE_TOLD(0), NULL},
    {&gan__warning_victory, CYCLE_DISCRIMINATOR + 1, CYCLE_TOLD(1), NULL},
    {&gan__warning_swing, CYCLE_DISCRIMINATOR, {CYCLE_DISCRIMINATORS, 0}, NULL},
};

extern const gan__trainer_kind gan__trainer_cyclegan;
const gan__trainer_kind gan__trainer_cyclegan = {
    .kind = {.name = "cyclegan",
             .help = "translation between two domains, there and back, without pairs",
             GAN__BLOCKS(cycle_blocks),
             .size = sizeof(cycle_options),
             .check = cycle_check},
    GAN__ROWS(space, cycle_spaces),
    GAN__ROWS(role, cycle_roles),
    GAN__ROWS(feed, cycle_feeds),
    GAN__ROWS(pool, cycle_pools),
    GAN__ROWS(value, cycle_values),
    GAN__ROWS(warning, cycle_warnings),
    .reference = cycle_reference,
    .step = cycle_step,
};
