/* combogan.c: translation between any number of domains, each with an encoder and a decoder of its
 * own (Anoosheh, Agustsson, Timofte and Van Gool, "ComboGAN: unrestrained scalability for image
 * domain translation", 2018, section 3; order, identity and history as the authors' program has
 * them).
 *
 *     draw a pair of domains, and real samples of both, x and y
 *     the encoders and decoders of both descend, with y(x) = decoder_y(encoder_x(x)) and so on,
 *         (D_y(y(x)) - 1)^2 + (D_x(x(y)) - 1)^2
 *         + cycle * (|x(y(x)) - x| + |y(x(y)) - y|)
 *         + identity * (|x(x) - x| + |y(y) - y|)
 *         + semantic * (|encoder_y(y(x)) - encoder_x(x)|^2 + (likewise of y))
 *     the discriminators of both descend, on the fakes of before that update and on older ones,
 *         ((D_x(x) - 1)^2 + D_x(history(x(y)))^2) / 2 + (likewise of y) / 2
 *
 * all of them means; that is loss=lsgan, objective.c has the others, domain.c what a discriminator
 * of codes does. With n domains each of the n (n - 1) / 2 pairs comes once in as many steps, always
 * in another order. What belongs to no domain of the pair stays as it is, moments and counts of
 * updates included, while a schedule counts steps. */
#include "train/coded.h"

#include "base/random.h"
#include "train/consistency.h"
#include "train/domain.h"
#include "train/pools.h"
#include "train/warnings.h"

enum { COMBO_CODES = 3 }; /* further roles */
enum {                    /* further values */
       COMBO_CYCLE = 2,
       COMBO_IDENTITY,
       COMBO_SEMANTIC,
       COMBO_JUDGEMENTS,
       COMBO_DOMAIN = COMBO_JUDGEMENTS + GAN__JUDGEMENTS
};
static const gan__domain_place combo_place = {COMBO_CODES, COMBO_DOMAIN};

typedef struct combo_options {
    gan__trainer_common common;
    gan__objective objective;
    gan__semantic semantic;
    gan__domain domain;
    double cycle, identity;
    int64_t pool;
    char *domains;
} combo_options;

static const gan__option combo_own[] = {
    {"domains", GAN__OPTION_TEXT, 0, "x,y", 0, 0, NULL, offsetof(combo_options, domains),
     "their names, two or more; roles, feeds and routes have them"},
    {"cycle", GAN__OPTION_REAL, 0, "10", 0, 1e6, NULL, offsetof(combo_options, cycle),
     "weight of the way to the other domain and back, which ends where it began"},
    {"identity", GAN__OPTION_REAL, 0, "0", 0, 1e6, NULL, offsetof(combo_options, identity),
     "weight of the way through the code alone, which ends where it began; 0: it is not gone"},
    {"pool", GAN__OPTION_INTEGER, 0, "50", 0, 1 << 20, NULL, offsetof(combo_options, pool),
     "fakes kept of each domain, to be shown to its discriminator again; 0: none"},
};

static const gan__option_default combo_objective[] = {{"loss", "lsgan"}, {NULL, NULL}};
static const gan__option_default combo_common[] = {{"batch", "1"}, {NULL, NULL}};

static const gan__option_block combo_blocks[] = {
    GAN__BLOCK(combo_own),
    GAN__BLOCK_IN(gan__objective_options, combo_options, objective, combo_objective),
    GAN__BLOCK_IN(gan__semantic_options, combo_options, semantic, NULL),
    GAN__BLOCK_IN(gan__domain_options, combo_options, domain, NULL),
    GAN__BLOCK_IN(gan__trainer_common_options, combo_options, common, combo_common),
};

static gan_status combo_check(gan_context *context, const void *options)
{
    const combo_options *combo = options;
    GAN__TRY(gan__objective_check_bounded(context, &combo->objective));
    if (gan__domains_several(combo->domains))
        return gan__domain_check(context, &combo->domain, combo->domains);
    return gan__fail(context, GAN_E_TEXT,
                     "domains=%s: a translation is between two domains at least", combo->domains);
}

static int64_t combo_capacity(const void *options)
{
    return ((const combo_options *)options)->pool;
}

static const char *combo_domains(const void *options)
{
    return ((const combo_options *)options)->domains;
}

static bool combo_has_semantic(const void *options)
{
    return ((const combo_options *)options)->semantic.weight > 0;
}

static const char *combo_reference(const void *options, const char *group)
{
    (void)options;
    (void)group;
    return "adam lr=2e-4 beta1=0.5";
}

static bool combo_has_domain(const void *options)
{
    return ((const combo_options *)options)->domain.discriminator;
}

static bool combo_has_identity(const void *options)
{
    return ((const combo_options *)options)->identity > 0;
}

/* ---- the pair ---- */

static int64_t combo_pairs(const gan_trainer *t)
{
    const int64_t n = t->cast->domain_count;
    return n * (n - 1) / 2;
}

/* The step's: pairs are numbered 0-1, 0-2, ..., 1-2, ... */
static void combo_pair(const gan_trainer *t, int32_t pair[2])
{
    const uint64_t pairs = (uint64_t)combo_pairs(t), step = (uint64_t)t->steps;
    const gan__draw draw = {t->seed, GAN__DRAW_PAIR, step / pairs};
    int64_t number = (int64_t)gan__random_permute(&draw, pairs, step % pairs);
    int32_t first = 0, partners = t->cast->domain_count - 1; /* of the first, behind it */
    for (; number >= partners; first++) number -= partners--;
    pair[0] = first;
    pair[1] = first + 1 + (int32_t)number;
}

/* ---- the step: of samples x[0] and x[1] of the pair, (N, H, W, C), of unlike sizes perhaps ----
 */

/* Fakes of both domains, each from the other's code, and, as far as that is asked for, the samples
 * that are made of their own. */
static gan_status combo_translate(gan_trainer *t, const int32_t pair[2], const gan_value codes[2],
                                  const gan_value x[2], gan_value fakes[2], gan__terms *terms)
{
    const combo_options *combo = t->options;
    gan_value made[2]; /* (N, H, W, C): of its own code, of the other's */
    for (int32_t i = 0; i < 2; i++) {
        const gan_value from[2] = {codes[i], codes[1 - i]};
        if (combo_has_identity(combo)) {
            GAN__TRY(gan__coded_decode(t, pair[i], from, made));
            GAN__TRY(gan__coded_consistency(t, COMBO_IDENTITY, pair[i], made[0], x[i],
                                            combo->identity, terms));
        } else {
            GAN__TRY(
                gan__coded_apply(t, GAN__CODED_DECODER, pair[i], "training", &from[1], &made[1]));
        }
        fakes[i] = made[1];
    }
    return GAN_OK;
}

/* The way back of what was made of x[i]. */
static gan_status combo_return(gan_trainer *t, const int32_t pair[2], int32_t i, gan_value code,
                               gan_value x, gan_value fake, gan__terms *terms)
{
    const combo_options *combo = t->options;
    gan_value again, back; /* the fake's code, as `code`; (N, H, W, C) */
    GAN__TRY(gan__coded_apply(t, GAN__CODED_ENCODER, pair[1 - i], "training", &fake, &again));
    GAN__TRY(gan__coded_apply(t, GAN__CODED_DECODER, pair[i], "training", &again, &back));
    GAN__TRY(gan__coded_consistency(t, COMBO_CYCLE, pair[i], back, x, combo->cycle, terms));
    if (!combo_has_semantic(combo)) return GAN_OK;
    return gan__semantic_add(t, &combo->semantic, code, again,
                             gan__cast_value_at(t->cast, COMBO_SEMANTIC) + pair[i], terms);
}

/* Codes of the pair, as those of all domains. */
static gan_status combo_confuse(gan_trainer *t, const int32_t pair[2], const gan_value codes[2],
                                gan__terms *terms)
{
    const combo_options *combo = t->options;
    gan_value all[GAN__MAX_DOMAINS]; /* -1: it is not of the pair */
    for (int32_t d = 0; d < t->cast->domain_count; d++) all[d] = -1;
    for (int32_t i = 0; i < 2; i++) all[pair[i]] = codes[i];
    return gan__domain_confuse(t, &combo->domain, &combo_place, all, terms);
}

/* The way down of the encoders and decoders; fakes[i] is of domain pair[i]. */
static gan_status combo_generators(gan_trainer *t, const int32_t pair[2], const gan_value x[2],
                                   gan_value fakes[2])
{
    const combo_options *combo = t->options;
    gan_value codes[2]; /* (N, h, w, c), as the networks have codes */
    gan_value loss;     /* a number */
    gan__terms terms = {.count = 0};
    for (int32_t i = 0; i < 2; i++)
        GAN__TRY(gan__coded_apply(t, GAN__CODED_ENCODER, pair[i], "training", &x[i], &codes[i]));
    GAN__TRY(combo_confuse(t, pair, codes, &terms));
    GAN__TRY(combo_translate(t, pair, codes, x, fakes, &terms));
    for (int32_t i = 0; i < 2; i++)
        GAN__TRY(combo_return(t, pair, i, codes[i], x[i], fakes[1 - i], &terms));
    for (int32_t i = 0; i < 2; i++)
        GAN__TRY(gan__coded_persuade(t, &combo->objective, 1, pair[i], fakes[i], &terms));
    GAN__TRY(gan__trainer_sum(t, &terms, GAN__CODED_GENERATORS, &loss));
    return gan__trainer_backward(t, loss, GAN__CODED_GENERATORS);
}

static gan_status combo_discriminators(gan_trainer *t, const int32_t pair[2], const gan_value x[2],
                                       const gan_value fakes[2])
{
    const combo_options *combo = t->options;
    const int32_t pools = gan__cast_pool_at(t->cast, 0);
    const gan__coded_judge_plan plan = {&combo->objective, 0.5, COMBO_JUDGEMENTS};
    gan_value said[2 * GAN__MOST_OUTPUTS]; /* scores of both, (N, h, w, 1) */
    gan_value loss;                        /* a number */
    gan__terms terms = {.count = 0};
    for (int32_t i = 0; i < 2; i++) {
        gan_value seen[2] = {x[i], -1}; /* and fakes of now and before, (N, H, W, C) */
        GAN__TRY(gan__history(t, pools + pair[i], fakes[i], &seen[1]));
        GAN__TRY(gan__coded_judge(t, &plan, pair[i], seen, said, &terms));
    }
    GAN__TRY(gan__trainer_sum(t, &terms, GAN__CODED_DISCRIMINATORS, &loss));
    return gan__trainer_backward(t, loss, GAN__CODED_DISCRIMINATORS);
}

/* The discriminators see nothing of the other update, so both are made at the end. */
static gan_status combo_step(gan_trainer *t)
{
    const combo_options *combo = t->options;
    int32_t groups[3] = {GAN__CODED_GENERATORS, GAN__CODED_DISCRIMINATORS};
    const int32_t decoders = gan__cast_role_at(t->cast, GAN__CODED_DECODER);
    gan_value x[2], fakes[2];
    int32_t pair[2];
    combo_pair(t, pair);
    GAN__TRY(gan_tape_reset(t->tape));
    for (int32_t i = 0; i < 2; i++) GAN__TRY(gan__trainer_batch(t, pair[i], &x[i]));
    GAN__TRY(combo_generators(t, pair, x, fakes));
    for (int32_t i = 0; i < 2; i++)
        GAN__TRY(gan__warnings_take(t, decoders + pair[i], fakes[i], x[i], -1));
    GAN__TRY(combo_discriminators(t, pair, x, fakes));
    return gan__trainer_update_last(t, groups,
                                    gan__domain_groups(t, &combo->domain, &combo_place, groups, 2));
}

/* ---- the table ---- */

static const gan__space_row combo_spaces[] = {GAN__CODED_SPACES(NULL)};

static const gan__role_row combo_roles[] = {
    GAN__CODED_ROLES("code", "score"),
    [COMBO_CODES] = GAN__DOMAIN_ROLE(combo_has_domain),
};

static const gan__feed_row combo_feeds[] = {
    {"*", "image", "*", 0, "real samples of the domain, no pairs", 0, NULL},
};

static const gan__pool_row combo_pools[] = {{"*", "*", combo_capacity}};

static const gan__value_row combo_values[] = {
    GAN__CODED_LOSSES,
    [COMBO_CYCLE] = {"loss.cycle.*", NULL, "mean |x - what it is on the way there and back|"},
    [COMBO_IDENTITY] = {"loss.identity.*", combo_has_identity,
                        "mean |x - what it is on the way through its code|"},
    [COMBO_SEMANTIC] = {"loss.semantic.*", combo_has_semantic,
                        "mean square of code of x - that of its translation"},
    [COMBO_JUDGEMENTS] = GAN__JUDGEMENT_ROWS_OF(".*"),
    [COMBO_DOMAIN] = GAN__DOMAIN_ROWS(combo_has_domain),
};

static const gan__warning_row combo_warnings[] = {GAN__CODED_WARNINGS(COMBO_JUDGEMENTS)};

extern const gan__trainer_kind gan__trainer_combogan;
const gan__trainer_kind gan__trainer_combogan = {
    .kind = {.name = "combogan",
             .help = "translation between any number of domains, through a code, without pairs",
             GAN__BLOCKS(combo_blocks),
             .size = sizeof(combo_options),
             .check = combo_check},
    .sees = GAN__SEES_OTHERS,
    GAN__ROWS(space, combo_spaces),
    GAN__ROWS(role, combo_roles),
    GAN__ROWS(feed, combo_feeds),
    GAN__ROWS(pool, combo_pools),
    GAN__ROWS(value, combo_values),
    GAN__ROWS(warning, combo_warnings),
    .domains = combo_domains,
    .reference = combo_reference,
    .rounds = combo_pairs,
    .step = combo_step,
};
