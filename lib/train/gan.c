/* gan.c: generative adversarial training (Goodfellow et al., "Generative adversarial nets", 2014,
 * algorithm 1).
 *
 *     repeat d_steps times:
 *         draw m real samples x and m noise vectors z
 *         D climbs   mean log D(x) + mean log(1 - D(G(z)))
 *     draw m noise vectors z (or keep the last ones)
 *     G climbs       mean log D(G(z))
 *
 * That is loss=non_saturating; objective.c has the others. */
#include "train/game.h"

enum { GAME_NOISE, GAME_IMAGE };                             /* spaces */
enum { GAME_G, GAME_D };                                     /* roles, and their groups */
enum { GAME_FEED_REAL, GAME_FEED_NOISE, GAME_FEED_NOISE_G }; /* feeds */
enum { GAME_LOSS_D, GAME_LOSS_G, GAME_JUDGEMENTS };          /* values */

static const gan__option_block game_blocks[] = {
    GAN__BLOCK_IN(gan__objective_options, gan__game, objective, NULL),
    GAN__BLOCK_IN(gan__turns_options, gan__game, turns, NULL),
    GAN__BLOCK_IN(gan__latent_options, gan__game, latent, NULL),
    GAN__BLOCK_IN(gan__trainer_common_options, gan__game, common, NULL),
};

/* ---- the step: of N samples H x W x C ---- */

/* D climbs once. *fake, (N, H, W, C), is what G made for it. */
static gan_status game_discriminator(gan_trainer *t, gan_value *fake)
{
    const gan__game *game = gan__game_options(t);
    const gan__objective *o = &game->objective;
    const char *mode = game->turns.reuse ? "training" : "training frozen";
    gan_value x[2];      /* real and fake samples, (N, H, W, C) */
    gan_value z;         /* (N, h, w, c), as G takes it */
    gan_value scores[2]; /* of the two, (N, h, w, 1): a number or a map of them */
    gan_value loss;      /* a number */
    gan__terms terms = {.count = 0};

    GAN__TRY(gan__trainer_batch(t, GAME_FEED_REAL, &x[0]));
    GAN__TRY(gan__latent_noise(t, GAME_NOISE, GAME_FEED_NOISE, &z));
    GAN__TRY(gan__trainer_apply(t, GAME_G, mode, &z, fake));
    GAN__TRY(gan_tape_detach(t->tape, *fake, &x[1]));
    GAN__TRY(gan__objective_perturb(t, o, &x[0]));
    GAN__TRY(gan__objective_perturb(t, o, &x[1]));
    GAN__TRY(gan__objective_judge(t, GAME_D, x, scores));

    GAN__TRY(gan__objective_real(t, o, scores[0], 1, &terms));
    GAN__TRY(gan__objective_fake(t, o, scores[1], 1, &terms));
    GAN__TRY(gan__trainer_sum(t, &terms, GAME_LOSS_D, &loss));
    GAN__TRY(gan__objective_measure(t, o, scores[0], scores[1], GAME_JUDGEMENTS));

    GAN__TRY(gan__trainer_backward(t, loss, GAME_D));
    return gan__game_update(t, GAME_D);
}

/* G climbs once, on fresh noise or on `fake`. */
static gan_status game_generator(gan_trainer *t, gan_value fake)
{
    const gan__game *game = gan__game_options(t);
    const gan__objective *o = &game->objective;
    const int32_t group = GAME_G;
    gan_value z;     /* (N, h, w, c) */
    gan_value score; /* of the fakes, (N, h, w, 1) */
    gan_value loss;  /* a number */
    gan__terms terms = {.count = 0};

    if (!game->turns.reuse) {
        GAN__TRY(gan_tape_reset(t->tape));
        GAN__TRY(gan__latent_noise(t, GAME_NOISE, GAME_FEED_NOISE_G, &z));
        GAN__TRY(gan__trainer_apply(t, GAME_G, "training", &z, &fake));
    }
    GAN__TRY(gan__objective_perturb(t, o, &fake));
    GAN__TRY(gan__trainer_apply(t, GAME_D, "training frozen", &fake, &score));
    GAN__TRY(gan__objective_maker(t, o, score, 1, &terms));
    GAN__TRY(gan__trainer_sum(t, &terms, GAME_LOSS_G, &loss));

    GAN__TRY(gan__trainer_backward(t, loss, GAME_G));
    return gan__trainer_update_last(t, &group, 1);
}

static gan_status game_step(gan_trainer *t)
{
    const gan__game *game = gan__game_options(t);
    gan_value fake = -1;
    for (int64_t i = 0; i < game->turns.d_steps; i++) {
        GAN__TRY(gan_tape_reset(t->tape));
        GAN__TRY(game_discriminator(t, &fake));
    }
    return game_generator(t, fake);
}

/* ---- the table ---- */

static const gan__space_row game_spaces[] = {
    [GAME_NOISE] = {"noise", GAN__SPACE_NOISE, gan__game_prior},
    [GAME_IMAGE] = {"image", GAN__SPACE_PICTURE, NULL},
    {"score", GAN__SPACE_SCORE, NULL},
};

static const gan__role_row game_roles[] = {
    [GAME_G] = {"generator", "generator", "noise > image", 0, NULL, "makes samples from noise"},
    [GAME_D] = {"discriminator", "discriminator", "image > score", 0, NULL,
                "scores samples with logits: real above 0"},
};

static const gan__feed_row game_feeds[] = {
    [GAME_FEED_REAL] = {"real", "image", "image", 0, "real samples", 0, NULL},
    [GAME_FEED_NOISE] = {"noise", NULL, "noise", GAN__FEED_BY_HAND,
                         "z, where it is not to be drawn", 0, NULL},
    [GAME_FEED_NOISE_G] = {"noise.generator", NULL, "noise", GAN__FEED_BY_HAND,
                           "z of the generator's climb, likewise", 0, gan__game_draws_twice},
};

static const gan__value_row game_values[] = {
    [GAME_LOSS_D] = {"loss.discriminator", NULL, "what the discriminator descends"},
    [GAME_LOSS_G] = {"loss.generator", NULL, "what the generator descends"},
    [GAME_JUDGEMENTS] = GAN__JUDGEMENT_ROWS,
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
    .step = game_step,
};
