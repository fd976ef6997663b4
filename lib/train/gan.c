/* gan.c: generative adversarial training (Goodfellow et al., "Generative adversarial nets", 2014,
 * algorithm 1).
 *
 *     repeat d_steps times:
 *         draw m real samples x and m noise vectors z
 *         D climbs   mean log D(x) + mean log(1 - D(G(z))) - penalty
 *     draw m noise vectors z (or keep the last ones)
 *     G climbs       mean log D(G(z))
 *
 * That is loss=non_saturating; objective.c has the others, penalty.c the penalties (none unless
 * asked for). With relativistic=yes G is given real samples too, whose scores it wants to be lower
 * than those of its own. With pack=k a sample of D is k of those that are drawn, side by side. */
#include "train/game.h"

enum { GAME_NOISE, GAME_IMAGE }; /* spaces */
enum { GAME_G, GAME_D };         /* roles, and their groups */
enum { GAME_FEED_REAL, GAME_FEED_NOISE, GAME_FEED_NOISE_G, GAME_FEED_EPSILON }; /* feeds */
enum {                                                                          /* values */
       GAME_LOSS_D,
       GAME_LOSS_G,
       GAME_JUDGEMENTS,
       GAME_PENALTY = GAME_JUDGEMENTS + GAN__JUDGEMENTS
};

static const gan__option_block game_blocks[] = {
    GAN__BLOCK_IN(gan__objective_options, gan__game, objective, NULL),
    GAN__BLOCK_IN(gan__turns_options, gan__game, turns, NULL),
    GAN__BLOCK_IN(gan__latent_options, gan__game, latent, NULL),
    GAN__BLOCK_IN(gan__penalty_options, gan__game, penalty, NULL),
    GAN__BLOCK_IN(gan__relativistic_options, gan__game, objective, NULL),
    GAN__BLOCK_IN(gan__packing_options, gan__game, packing, NULL),
    GAN__BLOCK_IN(gan__trainer_common_options, gan__game, common, NULL),
};

/* ---- the step: of N samples H x W x C, n = N / pack of them for D ---- */

static const gan__penalised game_penalty = {GAME_D, GAME_FEED_EPSILON, GAME_PENALTY, 1};

/* D climbs once. x are the real samples and what G made for it, (N, H, W, C). */
static gan_status game_discriminator(gan_trainer *t, gan_value x[2])
{
    const gan__game *game = gan__game_options(t);
    const gan__objective *o = &game->objective;
    const char *mode = game->turns.reuse ? "training" : "training frozen";
    gan_value z;         /* (N, h, w, c), as G takes it */
    gan_value made;      /* x[1], without a way back to G */
    gan_value seen[2];   /* of both, (n, H, W, pack * C) */
    gan_value scores[2]; /* of both, (n, h, w, 1): a number or a map of them */
    gan_value told[2];   /* the same, or what they are above each other */
    gan_value loss;      /* a number */
    gan__terms terms = {.count = 0};

    GAN__TRY(gan__trainer_batch(t, GAME_FEED_REAL, &x[0]));
    GAN__TRY(gan__latent_noise(t, GAME_NOISE, GAME_FEED_NOISE, &z));
    GAN__TRY(gan__trainer_apply(t, GAME_G, mode, &z, &x[1]));
    GAN__TRY(gan_tape_detach(t->tape, x[1], &made));
    GAN__TRY(gan__game_show(t, x[0], &seen[0]));
    GAN__TRY(gan__game_show(t, made, &seen[1]));
    GAN__TRY(gan__objective_judge(t, GAME_D, seen, scores));

    GAN__TRY(gan__objective_relate(t, o, scores, told));
    GAN__TRY(gan__objective_real(t, o, told[0], 1, &terms));
    GAN__TRY(gan__objective_fake(t, o, told[1], 1, &terms));
    GAN__TRY(gan__penalise(t, &game_penalty, &x[0], &made, &terms));
    GAN__TRY(gan__trainer_sum(t, &terms, GAME_LOSS_D, &loss));
    GAN__TRY(gan__objective_measure(t, o, scores[0], scores[1], GAME_JUDGEMENTS));

    GAN__TRY(gan__trainer_backward(t, loss, GAME_D));
    return gan__game_update(t, GAME_D);
}

/* What D, which stays as it is, says of samples: *score, (n, h, w, 1). */
static gan_status game_judgement(gan_trainer *t, gan_value x, gan_value *score)
{
    gan_value seen; /* (n, H, W, pack * C) */
    GAN__TRY(gan__game_show(t, x, &seen));
    return gan__trainer_apply(t, GAME_D, "training frozen", &seen, score);
}

/* G climbs once, on fresh samples or on those of D's last climb. */
static gan_status game_generator(gan_trainer *t, gan_value x[2])
{
    const gan__game *game = gan__game_options(t);
    const gan__objective *o = &game->objective;
    const int32_t group = GAME_G;
    gan_value z;         /* (N, h, w, c) */
    gan_value scores[2]; /* of real samples, if they count, and of fakes, (n, h, w, 1) */
    gan_value loss;      /* a number */
    gan__terms terms = {.count = 0};

    if (!game->turns.reuse) {
        GAN__TRY(gan_tape_reset(t->tape));
        if (o->relativistic) GAN__TRY(gan__trainer_batch(t, GAME_FEED_REAL, &x[0]));
        GAN__TRY(gan__latent_noise(t, GAME_NOISE, GAME_FEED_NOISE_G, &z));
        GAN__TRY(gan__trainer_apply(t, GAME_G, "training", &z, &x[1]));
    }
    if (o->relativistic) GAN__TRY(game_judgement(t, x[0], &scores[0]));
    GAN__TRY(game_judgement(t, x[1], &scores[1]));
    if (o->relativistic) GAN__TRY(gan__objective_relate(t, o, scores, scores));
    if (o->relativistic) GAN__TRY(gan__objective_maker_real(t, o, scores[0], 1, &terms));
    GAN__TRY(gan__objective_maker(t, o, scores[1], 1, &terms));
    GAN__TRY(gan__trainer_sum(t, &terms, GAME_LOSS_G, &loss));

    GAN__TRY(gan__trainer_backward(t, loss, GAME_G));
    return gan__trainer_update_last(t, &group, 1);
}

static gan_status game_step(gan_trainer *t)
{
    const gan__game *game = gan__game_options(t);
    gan_value x[2] = {-1, -1}; /* real, fake: (N, H, W, C) */
    for (int64_t i = 0; i < game->turns.d_steps; i++) {
        GAN__TRY(gan_tape_reset(t->tape));
        GAN__TRY(game_discriminator(t, x));
    }
    return game_generator(t, x);
}

/* ---- the table ---- */

static const gan__space_row game_spaces[] = {
    [GAME_NOISE] = {"noise", GAN__SPACE_NOISE, gan__game_prior},
    [GAME_IMAGE] = {"image", GAN__SPACE_PICTURE, NULL},
    {"score", GAN__SPACE_SCORE, NULL},
};

static const gan__role_row game_roles[] = {
    [GAME_G] = {"generator", "generator", "noise > image", 0, NULL, "makes samples from noise"},
    [GAME_D] = {"discriminator", "discriminator", "image(pack) > score", 0, NULL,
                "scores samples with logits: real above 0"},
};

static const gan__feed_row game_feeds[] = {
    [GAME_FEED_REAL] = {"real", "image", "image", 0, "real samples", 0, NULL},
    [GAME_FEED_NOISE] = {"noise", NULL, "noise", GAN__FEED_BY_HAND,
                         "z, where it is not to be drawn", 0, NULL},
    [GAME_FEED_NOISE_G] = {"noise.generator", NULL, "noise", GAN__FEED_BY_HAND,
                           "z of the generator's climb, likewise", 0, gan__game_draws_twice},
    [GAME_FEED_EPSILON] = GAN__PENALTY_FEED(gan__game_penalty_draws),
};

static const gan__value_row game_values[] = {
    [GAME_LOSS_D] = {"loss.discriminator", NULL, "what the discriminator descends"},
    [GAME_LOSS_G] = {"loss.generator", NULL, "what the generator descends"},
    [GAME_JUDGEMENTS] = GAN__JUDGEMENT_ROWS,
    [GAME_PENALTY] = GAN__PENALTY_ROWS(gan__game_has_penalty),
};

extern const gan__trainer_kind gan__trainer_gan;
const gan__trainer_kind gan__trainer_gan = {
    .kind = {.name = "gan",
             .help = "generator against discriminator, from noise",
             GAN__BLOCKS(game_blocks),
             .size = sizeof(gan__game),
             .settle = gan__game_settle,
             .check = gan__game_check},
    GAN__ROWS(space, game_spaces),
    GAN__ROWS(role, game_roles),
    GAN__ROWS(feed, game_feeds),
    GAN__ROWS(value, game_values),
    .reference = gan__game_reference,
    .samples_each = gan__game_samples,
    .rounds = gan__game_rounds,
    .step = game_step,
};
