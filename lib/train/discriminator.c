/* discriminator.c: structured learning without a generator: a discriminator is its own (Du and
 * Mordatch, "Implicit generation and modeling with energy-based models", 2019, algorithm 1; Xie et
 * al., "A theory of generative ConvNet", 2016).
 *
 *     draw the first negatives at random
 *     repeat:
 *         draw m positives x+ from the data
 *         make m negatives x-, but for the first ones: begin at random or where earlier chains have
 *         ended, then repeat `steps` times, with D as it is:
 *             x- = x- + noise * N(0, 1)
 *             x- climbs   D(x-), by `step` times its gradient, and stays in the data's range
 *         D descends      mean E(x+) - mean E(x-) + l2 * (mean E(x+)^2 + mean E(x-)^2),  E = -D
 *         keep the x- in the replay buffer
 *
 * It ends when the negatives, those of earlier steps too, lie on the data: see coincidence.h. That
 * is loss=energy; objective.c has the others. Chains use D as samples are made with it, in
 * evaluation mode. */
#include "tape/record.h"
#include "train/chains.h"
#include "train/coincidence.h"
#include "train/objective.h"
#include "train/pools.h"
#include "train/warnings.h"

enum { ENERGY_IMAGE };     /* spaces */
enum { ENERGY_D };         /* roles, and their groups */
enum { ENERGY_REAL };      /* feeds */
enum { ENERGY_NEGATIVES }; /* pools */
enum {                     /* values */
       ENERGY_LOSS,
       ENERGY_POSITIVE,
       ENERGY_NEGATIVE,
       ENERGY_GAP,
       ENERGY_PAIRS,
       ENERGY_DISTANCE
};

typedef struct energy_options {
    gan__trainer_common common;
    gan__langevin langevin;
    gan__objective objective; /* its loss follows from the next */
    int32_t loss;             /* energy, non_saturating, lsgan, hinge */
    double l2;
} energy_options;

static const gan__option energy_table[] = {
    {"loss", GAN__OPTION_CHOICE, 0, "energy", 0, 0, "energy|non_saturating|lsgan|hinge",
     offsetof(energy_options, loss), "objective of the discriminator"},
    {"l2", GAN__OPTION_REAL, 0, "-1", -1, 1e6, NULL, offsetof(energy_options, l2),
     "weight of the squares of all scores; -1: 1 with loss=energy, else 0"},
};

static const gan__option_block energy_blocks[] = {
    GAN__BLOCK(energy_table),
    {gan__objective_options + 1, 3, offsetof(energy_options, objective), NULL}, /* without loss= */
    GAN__BLOCK_IN(gan__langevin_options, energy_options, langevin, NULL),
    GAN__BLOCK_IN(gan__trainer_common_options, energy_options, common, NULL),
};

static void energy_settle(void *values)
{
    static const int32_t losses[] = {GAN__LOSS_ENERGY, GAN__LOSS_NON_SATURATING, GAN__LOSS_LSGAN,
                                     GAN__LOSS_HINGE};
    energy_options *o = values;
    o->objective.loss = losses[o->loss];
    if (o->l2 < 0) o->l2 = o->objective.loss == GAN__LOSS_ENERGY ? 1 : 0;
}

static gan_status energy_check(gan_context *context, const void *values)
{
    const energy_options *o = values;
    GAN__TRY(gan__objective_check(context, &o->objective));
    return gan__langevin_check(context, &o->langevin);
}

static int64_t energy_buffer(const void *options)
{
    return ((const energy_options *)options)->langevin.buffer;
}

/* Without a buffer there are no earlier negatives to compare the data with. */
static bool energy_keeps(const void *options)
{
    return energy_buffer(options) > 0;
}

static const char *energy_reference(const void *options, const char *group)
{
    (void)options;
    (void)group;
    return "adam lr=3e-4 beta1=0";
}

/* The first step has no chains. */
static int64_t energy_rounds(const gan_trainer *t)
{
    (void)t;
    return 2;
}

/* ---- the step: of N samples H x W x C ---- */

/* Draws positives, t->chains.positives, and makes negatives, t->chains.ends. */
static gan_status energy_draw(gan_trainer *t)
{
    const energy_options *o = t->options;
    gan_value x; /* (N, H, W, C) */
    GAN__TRY(gan_tape_reset(t->tape));
    GAN__TRY(gan__trainer_batch(t, ENERGY_REAL, &x));
    return gan__chains_run(t, ENERGY_D, ENERGY_NEGATIVES, &o->langevin, x);
}

/* N positives and N negatives, (N, H, W, C). */
static gan_status energy_samples(gan_trainer *t, gan_value x[2])
{
    const energy_options *o = t->options;
    GAN__TRY(gan_tape_reset(t->tape));
    GAN__TRY(gan_tape_input(t->tape, t->chains.positives, 0, &x[0]));
    GAN__TRY(gan_tape_input(t->tape, t->chains.ends, 0, &x[1]));
    GAN__TRY(gan__objective_perturb(t, &o->objective, &x[0]));
    return gan__objective_perturb(t, &o->objective, &x[1]);
}

/* What D descends: a number. */
static gan_status energy_loss(gan_trainer *t, const gan_value scores[2], gan_value *loss)
{
    const energy_options *o = t->options;
    gan_value square; /* a number */
    gan__terms terms = {.count = 0};
    GAN__TRY(gan__objective_real(t, &o->objective, scores[0], 1, &terms));
    GAN__TRY(gan__objective_fake(t, &o->objective, scores[1], 1, &terms));
    for (int32_t i = 0; i < 2 && o->l2 > 0; i++) {
        GAN__TRY(gan_tape_loss(t->tape, "mse target=0", &scores[i], 1, &square));
        gan__terms_add(&terms, square, o->l2);
    }
    return gan__trainer_sum(t, &terms, ENERGY_LOSS, loss);
}

/* The share of pairs whose first score is above the second. */
static gan_status energy_above(gan_trainer *t, gan_value a, gan_value b, double *share)
{
    gan_value difference; /* (N, h, w, 1) */
    GAN__TRY(gan_tape_combine(t->tape, (gan_value[]){a, b}, (double[]){1, -1}, 2, &difference));
    GAN__TRY(gan_tape_loss(t->tape, "above 0", &difference, 1, &difference));
    return gan_tape_scalar(t->tape, difference, share);
}

/* How unlike D's scores are of the step's positives and of negatives that the buffer has kept; 0 if
 * it has none. In a round of its own, in the spare memory of the chains. */
static gan_status energy_compare(gan_trainer *t)
{
    gan__chains *c = &t->chains;
    const int64_t n = t->batch < GAN__COINCIDENCE_SCORES ? t->batch : GAN__COINCIDENCE_SCORES;
    gan_tensor *const made[2] = {c->positives, c->spare};
    gan_value x, scores[2]; /* (n, H, W, C); (n, h, w, 1), of which the means are (n, 1, 1, 1) */
    int32_t at[2];          /* on the tape */
    if (!energy_keeps(t->options)) return GAN_OK;
    t->values[ENERGY_DISTANCE] = 0;
    if (!gan__replay_look(t, ENERGY_NEGATIVES, c->spare) && !t->rehearsing) return GAN_OK;
    GAN__TRY(gan_tape_reset(t->tape));
    for (int32_t i = 0; i < 2; i++) {
        GAN__TRY(gan_tape_input(t->tape, made[i], 0, &x));
        GAN__TRY(gan_tape_slice(t->tape, x, 0, n, &x));
        GAN__TRY(gan__trainer_apply(t, ENERGY_D, "evaluation frozen", &x, &scores[i]));
        GAN__TRY(gan_tape_layer(t->tape, "global_avgpool", &scores[i], 1, &scores[i]));
        GAN__TRY(gan__tape_find(t->tape, "energy_compare", scores[i], &at[i]));
    }
    if (!t->rehearsing)
        t->values[ENERGY_DISTANCE] = gan__coincidence_distance(
            gan__tape_at(t->tape, at[0])->data, gan__tape_at(t->tape, at[1])->data, n);
    return GAN_OK;
}

/* How D tells them apart. */
static gan_status energy_measure(gan_trainer *t, const gan_value scores[2])
{
    double shares[2];
    for (int32_t i = 0; i < 2; i++) {
        gan_value mean; /* a number */
        GAN__TRY(gan_tape_loss(t->tape, "mean", &scores[i], 1, &mean));
        GAN__TRY(gan__trainer_measure(t, ENERGY_POSITIVE + i, mean));
        GAN__TRY(energy_above(t, scores[i], scores[1 - i], &shares[i]));
    }
    t->values[ENERGY_GAP] = t->values[ENERGY_POSITIVE] - t->values[ENERGY_NEGATIVE];
    t->values[ENERGY_PAIRS] = 0.5 * (1 + shares[0] - shares[1]);
    return GAN_OK;
}

static gan_status energy_step(gan_trainer *t)
{
    const int32_t group = ENERGY_D;
    gan_value x[2];      /* positives and negatives, (N, H, W, C) */
    gan_value scores[2]; /* of the two, (N, h, w, 1): a number or a map of them */
    gan_value loss;      /* a number */

    GAN__TRY(energy_draw(t));
    GAN__TRY(energy_compare(t));
    GAN__TRY(energy_samples(t, x));
    GAN__TRY(gan__objective_judge(t, ENERGY_D, x, scores));
    GAN__TRY(energy_loss(t, scores, &loss));
    GAN__TRY(energy_measure(t, scores));

    GAN__TRY(gan__trainer_backward(t, loss, ENERGY_D));
    return gan__trainer_update_last(t, &group, 1);
}

static gan_status energy_sample(gan_trainer *t, const gan__sampling *wanted, gan_tensor **out)
{
    const energy_options *o = t->options;
    return gan__chains_sample(t, ENERGY_D, ENERGY_IMAGE, ENERGY_NEGATIVES, &o->langevin, wanted,
                              out);
}

/* ---- the table ---- */

static const gan__space_row energy_spaces[] = {
    [ENERGY_IMAGE] = {"image", GAN__SPACE_PICTURE, NULL},
    {"score", GAN__SPACE_SCORE, NULL},
};

static const gan__role_row energy_roles[] = {
    [ENERGY_D] = {"discriminator", "discriminator", "image > score", 0, NULL,
                  "scores samples, the data's above others; chains climb its score"},
};

static const gan__feed_row energy_feeds[] = {
    [ENERGY_REAL] = {"real", "image", "image", 0, "positives", 0, NULL},
};

static const gan__pool_row energy_pools[] = {
    [ENERGY_NEGATIVES] = {"negatives", "image", energy_buffer},
};

static const gan__value_row energy_values[] = {
    [ENERGY_LOSS] = {"loss.discriminator", NULL, "what the discriminator descends"},
    [ENERGY_POSITIVE] = {"score.positive", NULL, "mean score of positives"},
    [ENERGY_NEGATIVE] = {"score.negative", NULL, "mean score of negatives"},
    [ENERGY_GAP] = {"score.gap", NULL, "how far the first is above the second"},
    [ENERGY_PAIRS] = {"accuracy.pairs", NULL,
                      "share of pairs whose positive has the higher score; 1/2: by chance"},
    [ENERGY_DISTANCE] = {"score.distance", energy_keeps,
                         "how unlike the scores of positives and earlier negatives are: 0, the "
                         "same; 1, all apart"},
};

static const gan__warning_row energy_warnings[] = {
    {&gan__warning_coincidence, ENERGY_D, {ENERGY_DISTANCE, 0}, energy_keeps},
    {&gan__warning_swing, ENERGY_D, {ENERGY_LOSS, 0}, NULL},
};

extern const gan__trainer_kind gan__trainer_discriminator;
const gan__trainer_kind gan__trainer_discriminator = {
    .kind = {.name = "discriminator",
             .help = "a discriminator alone, which makes its own negatives",
             GAN__BLOCKS(energy_blocks),
             .size = sizeof(energy_options),
             .settle = energy_settle,
             .check = energy_check},
    .sees = GAN__SEES_POOLS,
    GAN__ROWS(space, energy_spaces),
    GAN__ROWS(role, energy_roles),
    GAN__ROWS(feed, energy_feeds),
    GAN__ROWS(pool, energy_pools),
    GAN__ROWS(value, energy_values),
    GAN__ROWS(warning, energy_warnings),
    .reference = energy_reference,
    .rounds = energy_rounds,
    .step = energy_step,
    .samples = "image",
    .sample = energy_sample,
};
