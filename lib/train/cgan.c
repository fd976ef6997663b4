/* cgan.c: generative adversarial training with a condition (Mirza and Osindero, "Conditional
 * generative adversarial nets", 2014; mismatched pairs: Reed et al., "Generative adversarial text
 * to image synthesis", 2016, algorithm 1).
 *
 *     repeat d_steps times:
 *         draw m real samples x with their conditions c, for each of them another real sample x^
 *         whose condition is not c, and m noise vectors z
 *         D climbs   mean log D(c, x) + fake * mean log(1 - D(c, G(c, z)))
 *                    + mismatch * mean log(1 - D(c, x^))
 *     draw m conditions c of real samples and m noise vectors z (or keep the last ones)
 *     G climbs       mean log D(c, G(c, z))
 *
 * A discriminator of two heads, realness R and match M, answers its two questions apart:
 *
 *         D climbs   mean log R(c, x or x^) + fake * mean log(1 - R(c, G(c, z)))
 *                    + mean log M(c, x) + mismatch * mean log(1 - M(c, x^))
 *     G climbs       mean log R(c, G(c, z)) + mean log M(c, G(c, z))
 *
 * With mismatch=0 it is asked the first one alone: no x^ is drawn, and M has no part. That is
 * loss=non_saturating; objective.c has the others, penalty.c what D descends besides, if it is
 * asked for: on matched pairs and fakes, of the sum of what its heads say.
 *
 * x and x^ are one batch to D's normalisation, G(c, z) is another: in a batch of their own
 * mismatched samples would be known by its statistics. */
#include "train/questions.h"

enum { CGAN_NOISE, CGAN_IMAGE, CGAN_CONDITION }; /* spaces */
enum { CGAN_G, CGAN_D };                         /* roles, and their groups */
enum { CGAN_REAL, CGAN_MISMATCHED, CGAN_Z, CGAN_Z_G, CGAN_CONDITION_G, CGAN_EPSILON }; /* feeds */
enum { CGAN_ANSWERS, CGAN_LOSS_G = GAN__ANSWERS, CGAN_PENALTY };                       /* values */

typedef struct cgan_options {
    gan__game game;
    gan__questions questions;
} cgan_options;

static const gan__option_block cgan_blocks[] = {
    GAN__BLOCK_IN(gan__objective_options, cgan_options, game.objective, NULL),
    GAN__BLOCK_IN(gan__questions_options, cgan_options, questions, NULL),
    GAN__BLOCK_IN(gan__turns_options, cgan_options, game.turns, NULL),
    GAN__BLOCK_IN(gan__latent_options, cgan_options, game.latent, NULL),
    GAN__BLOCK_IN(gan__penalty_options, cgan_options, game.penalty, NULL),
    GAN__BLOCK_IN(gan__trainer_common_options, cgan_options, game.common, NULL),
};

/* A discriminator must be asked something. */
static gan_status cgan_check(gan_context *context, const void *options)
{
    const cgan_options *cgan = options;
    GAN__TRY(gan__game_check(context, options));
    if (cgan->questions.mismatch > 0 || cgan->questions.fake > 0) return GAN_OK;
    return gan__fail(context, GAN_E_TEXT,
                     "mismatch=0 fake=0: there is nothing to tell real pairs from");
}

/* ---- the step: of N samples H x W x C, and conditions h x w x K ---- */

/* N matched pairs, pictures and conditions; the same, and behind them as many mismatched ones of
 * the same conditions, if D is asked about them. */
static gan_status cgan_real(gan_trainer *t, gan_value matched[2], gan_value pairs[2])
{
    const cgan_options *cgan = t->options;
    gan_value x[2], c[2]; /* (N, H, W, C), (N, h, w, K): of the matched and of the mismatched */
    GAN__TRY(gan__trainer_batch(t, CGAN_REAL, matched));
    pairs[0] = x[0] = matched[0];
    pairs[1] = c[0] = c[1] = matched[1];
    if (!gan__questions_match(&cgan->questions)) return GAN_OK;
    GAN__TRY(gan__trainer_batch(t, CGAN_MISMATCHED, &x[1]));
    GAN__TRY(gan_tape_join(t->tape, x, 2, &pairs[0]));
    return gan_tape_join(t->tape, c, 2, &pairs[1]);
}

/* N pairs of what G makes, (N, H, W, C), and the conditions that it has made it for. */
static gan_status cgan_fake(gan_trainer *t, const char *mode, int32_t feed, gan_value condition,
                            gan_value pairs[2])
{
    gan_value in[2] = {-1, condition}; /* z, (N, h, w, c), as G takes it; (N, h, w, K) */
    GAN__TRY(gan__latent_noise(t, CGAN_NOISE, feed, &in[0]));
    GAN__TRY(gan__trainer_apply(t, CGAN_G, mode, in, &pairs[0]));
    pairs[1] = condition;
    return GAN_OK;
}

/* D climbs once. `fakes` are the pairs that G made for it. */
static gan_status cgan_discriminator(gan_trainer *t, gan_value fakes[2])
{
    const cgan_options *cgan = t->options;
    const gan__penalised penalty = {CGAN_D, CGAN_EPSILON, CGAN_PENALTY,
                                    gan__questions_heads(t, &cgan->questions, CGAN_D)};
    const char *mode = cgan->game.turns.reuse ? "training" : "training frozen";
    gan_value matched[2], made[2];    /* pairs of (N, H, W, C) and (N, h, w, K): real ones, fakes */
    gan_value pairs[4];               /* as D sees them: (2N, ...) or (N, ...); (N, ...) fakes */
    gan_value scores[2 * GAN__HEADS]; /* of the two, (2N or N, h, w, 1): numbers or maps of them */
    gan_value loss;                   /* a number */
    gan__terms terms = {.count = 0};

    GAN__TRY(cgan_real(t, matched, pairs));
    GAN__TRY(cgan_fake(t, mode, CGAN_Z, matched[1], fakes));
    GAN__TRY(gan_tape_detach(t->tape, fakes[0], &made[0]));
    made[1] = pairs[3] = matched[1];
    GAN__TRY(gan__warnings_take(t, CGAN_G, made[0], matched[0], made[1]));
    GAN__TRY(gan__game_show(t, pairs[0], &pairs[0]));
    GAN__TRY(gan__game_show(t, made[0], &pairs[2]));
    GAN__TRY(gan__objective_judge(t, CGAN_D, pairs, scores));

    GAN__TRY(gan__penalise(t, &penalty, matched, made, &terms));
    GAN__TRY(gan__questions_ask(t, &cgan->questions, CGAN_D, scores, &terms, CGAN_ANSWERS, &loss));
    GAN__TRY(gan__trainer_backward(t, loss, CGAN_D));
    return gan__game_update(t, CGAN_D);
}

/* Conditions of real samples, drawn again, or those that were fed: (N, h, w, K). */
static gan_status cgan_condition(gan_trainer *t, gan_value *condition)
{
    gan_value real[2];
    GAN__TRY(gan__trainer_batch(t, CGAN_CONDITION_G, condition));
    if (*condition >= 0) return GAN_OK;
    GAN__TRY(gan__trainer_batch(t, CGAN_REAL, real));
    *condition = real[1];
    return GAN_OK;
}

/* G climbs once, on fresh pairs or on `fakes`. */
static gan_status cgan_generator(gan_trainer *t, gan_value fakes[2])
{
    const cgan_options *cgan = t->options;
    const gan__objective *o = &cgan->game.objective;
    const int32_t group = CGAN_G, heads = gan__questions_heads(t, &cgan->questions, CGAN_D);
    gan_value condition;          /* (N, h, w, K) */
    gan_value scores[GAN__HEADS]; /* of the fakes, (N, h, w, 1) */
    gan_value loss;               /* a number */
    gan__terms terms = {.count = 0};

    if (!cgan->game.turns.reuse) {
        GAN__TRY(gan_tape_reset(t->tape));
        GAN__TRY(cgan_condition(t, &condition));
        GAN__TRY(cgan_fake(t, "training", CGAN_Z_G, condition, fakes));
    }
    GAN__TRY(gan__game_show(t, fakes[0], &fakes[0]));
    GAN__TRY(gan__trainer_apply(t, CGAN_D, "training frozen", fakes, scores));
    for (int32_t h = 0; h < heads; h++) GAN__TRY(gan__objective_maker(t, o, scores[h], 1, &terms));
    GAN__TRY(gan__trainer_sum(t, &terms, CGAN_LOSS_G, &loss));

    GAN__TRY(gan__trainer_backward(t, loss, CGAN_G));
    return gan__trainer_update_last(t, &group, 1);
}

static gan_status cgan_step(gan_trainer *t)
{
    const cgan_options *cgan = t->options;
    gan_value fakes[2] = {-1, -1};
    for (int64_t i = 0; i < cgan->game.turns.d_steps; i++) {
        GAN__TRY(gan_tape_reset(t->tape));
        GAN__TRY(cgan_discriminator(t, fakes));
    }
    return cgan_generator(t, fakes);
}

/* ---- the table ---- */

static const gan__space_row cgan_spaces[] = {
    [CGAN_NOISE] = {"noise", GAN__SPACE_NOISE, gan__game_prior},
    [CGAN_IMAGE] = {"image", GAN__SPACE_PICTURE, NULL},
    [CGAN_CONDITION] = {"condition", GAN__SPACE_CONDITION, NULL},
    {"score", GAN__SPACE_SCORE, NULL},
};

static const gan__role_row cgan_roles[] = {
    [CGAN_G] = {"generator", "generator", "noise condition > image", 0, NULL,
                "makes samples of a condition from noise"},
    [CGAN_D] = {"discriminator", "discriminator", "image condition > realness:score [match:score]",
                0, NULL, "scores pairs with logits: real and matched ones above 0"},
};

static bool cgan_matches(const void *options)
{
    return gan__questions_match(&((const cgan_options *)options)->questions);
}

static const gan__feed_row cgan_feeds[] = {
    {"real", "image", "image", 0, "real samples and their conditions", 0, NULL},
    {"real", "label|vector", "condition", 0, "", 0, NULL},
    {"mismatched", "image", "image", GAN__FEED_UNLIKE, "x^, where real samples are fed", 0,
     cgan_matches},
    {"noise", NULL, "noise", GAN__FEED_BY_HAND, "z, where it is not to be drawn", 0, NULL},
    {"noise.generator", NULL, "noise", GAN__FEED_BY_HAND, "z of the generator's climb, likewise", 0,
     gan__game_draws_twice},
    {"condition.generator", NULL, "condition", GAN__FEED_BY_HAND,
     "c of the generator's climb, where it is not to be drawn", 0, gan__game_draws_twice},
    GAN__PENALTY_FEED(gan__game_penalty_draws),
};

static const gan__value_row cgan_values[] = {
    [CGAN_ANSWERS] = GAN__ANSWER_ROWS(cgan_matches),
    [CGAN_LOSS_G] = {"loss.generator", NULL, "what the generator descends"},
    [CGAN_PENALTY] = GAN__PENALTY_ROWS(gan__game_has_penalty),
};

static const gan__warning_row cgan_warnings[] = {
    {&gan__warning_collapse, CGAN_G, {0, 0}, NULL},
    {&gan__warning_saturation, CGAN_G, {0, 0}, NULL},
    {&gan__warning_victory,
     CGAN_D,
     {CGAN_ANSWERS + GAN__ANSWER_MATCHED, CGAN_ANSWERS + GAN__ANSWER_FAKE},
     gan__game_may_be_won},
    {&gan__warning_swing, CGAN_D, {CGAN_ANSWERS, 0}, NULL},
};

extern const gan__trainer_kind gan__trainer_cgan;
const gan__trainer_kind gan__trainer_cgan = {
    .kind = {.name = "cgan",
             .help = "generator against discriminator, from noise and a condition",
             GAN__BLOCKS(cgan_blocks),
             .size = sizeof(cgan_options),
             .settle = gan__game_settle,
             .check = cgan_check},
    GAN__ROWS(space, cgan_spaces),
    GAN__ROWS(role, cgan_roles),
    GAN__ROWS(feed, cgan_feeds),
    GAN__ROWS(value, cgan_values),
    GAN__ROWS(warning, cgan_warnings),
    .reference = gan__game_reference,
    .rounds = gan__game_rounds,
    .step = cgan_step,
};
