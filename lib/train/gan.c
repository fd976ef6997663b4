/* gan.c: generative adversarial training (Goodfellow et al., "Generative adversarial nets", 2014,
 * algorithm 1).
 *
 *     repeat d_steps times:
 *         draw m real samples x and m noise vectors z
 *         D climbs   mean log D(x) + mean log(1 - D(G(z)))
 *     draw m noise vectors z (or keep the last ones)
 *     G climbs       mean log D(G(z))
 *
 * That is loss=non_saturating; minimax has G descend mean log(1 - D(G(z))) instead. The others
 * replace the three terms: lsgan (Mao et al. 2017, eq. 9), hinge (Lim and Ye 2017), wgan (Arjovsky
 * et al. 2017, algorithm 1: D's weights are clamped after each of its updates). D ends in logits,
 * one or a map of them; a loss is what descends, the objective's negative. */
#include "train/trainer.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"

enum { GAN_G, GAN_D };                     /* roles and groups */
enum { GAN_REAL, GAN_NOISE, GAN_NOISE_G }; /* feeds */
enum {
    GAN_LOSS_D,
    GAN_LOSS_G,
    GAN_ACCURACY_REAL,
    GAN_ACCURACY_FAKE,
    GAN_SCORE_REAL,
    GAN_SCORE_FAKE,
    GAN_GRADIENT_D,
    GAN_GRADIENT_G,
    GAN_RATE_D,
    GAN_RATE_G
};
enum { GAN_MINIMAX, GAN_NON_SATURATING, GAN_LSGAN, GAN_HINGE, GAN_WGAN };

typedef struct gan_game {
    gan__trainer_common common;
    int32_t loss;
    int64_t d_steps;
    int32_t reuse;
    int32_t noise;
    double smoothing, clip;
    double instance_noise, instance_decay;
    char real_loss[64]; /* the real term's spec, smoothing included: written by game_check */
    bool apart;         /* real and fake go through D one after the other */
} gan_game;

static const gan__option game_options[] = {
    {"loss", GAN__OPTION_CHOICE, 0, "non_saturating", 0, 0,
     "minimax|non_saturating|lsgan|hinge|wgan", offsetof(gan_game, loss),
     "the objective of the game"},
    {"d_steps", GAN__OPTION_INTEGER, 0, "0", 0, 1000, NULL, offsetof(gan_game, d_steps),
     "updates of the discriminator for one of the generator; 0: 5 with loss=wgan, else 1"},
    {"reuse", GAN__OPTION_BOOLEAN, 0, "no", 0, 0, NULL, offsetof(gan_game, reuse),
     "the generator climbs on the discriminator's last fakes, not on fresh noise"},
    {"noise", GAN__OPTION_CHOICE, 0, "normal", 0, 0, "normal|uniform", offsetof(gan_game, noise),
     "distribution of z: N(0, 1), or uniform in [-1, 1)"},
    {"smoothing", GAN__OPTION_REAL, 0, "0", 0, 0.5, NULL, offsetof(gan_game, smoothing),
     "one-sided label smoothing: real samples have the label 1 - smoothing"},
    {"clip", GAN__OPTION_REAL, 0, "0", 0, 1e6, NULL, offsetof(gan_game, clip),
     "loss=wgan: the discriminator's parameters stay in [-clip, clip]; 0: 0.01"},
    {"instance_noise", GAN__OPTION_REAL, 0, "0", 0, 100, NULL, offsetof(gan_game, instance_noise),
     "deviation of normal noise added to all that the discriminator sees; 0: none"},
    {"instance_decay", GAN__OPTION_REAL, 0, "1", 0, 1, NULL, offsetof(gan_game, instance_decay),
     "factor on instance_noise after each step"},
};

static const gan__option_block game_blocks[] = {
    GAN__BLOCK(game_options),
    GAN__BLOCK_IN(gan__trainer_common_options, gan_game, common, NULL),
};

/* What descends: for D  real_weight * real(D(x)) + fake_weight * fake(D(G(z))), for G
 * generator_weight * generator(D(G(z))). */
typedef struct game_objective {
    const char *name; /* as the option has it */
    const char *real, *fake, *generator;
    double real_weight, fake_weight, generator_weight;
    bool labels;       /* the real term has a target, which smoothing moves */
    const char *above; /* the accuracy's limit between fake and real; NULL: real above its fake */
} game_objective;

static const game_objective game_objectives[] = {
    [GAN_MINIMAX] = {"minimax", "bce_logits", "bce_logits target=0", "bce_logits target=0", 1, 1,
                     -1, true, "above 0"},
    [GAN_NON_SATURATING] = {"non_saturating", "bce_logits", "bce_logits target=0",
                            "bce_logits target=1", 1, 1, 1, true, "above 0"},
    [GAN_LSGAN] = {"lsgan", "mse", "mse target=0", "mse target=1", 0.5, 0.5, 0.5, true,
                   "above 0.5"},
    [GAN_HINGE] = {"hinge", "hinge sign=1", "hinge sign=-1", "mean", 1, 1, -1, false, "above 0"},
    [GAN_WGAN] = {"wgan", "mean", "mean", "mean", -1, 1, -1, false, NULL},
};

/* The settings of the first Wasserstein GAN for what is left open. */
static void game_settle(void *options)
{
    gan_game *game = options;
    bool wasserstein = game->loss == GAN_WGAN;
    if (game->d_steps == 0) game->d_steps = wasserstein ? 5 : 1;
    if (wasserstein && game->clip == 0) game->clip = 0.01;
}

static gan_status game_noise(gan_trainer *t, int32_t feed, gan_value *z)
{
    const gan_game *game = t->options;
    int64_t shape[4] = {t->batch};
    GAN__TRY(gan__trainer_batch(t, feed, z));
    if (*z >= 0) return GAN_OK;
    GAN__TRY(gan_model_input_shape(t->models[GAN_G], 0, shape + 1));
    if (shape[1] < 0 || shape[2] < 0)
        return gan__fail(t->object.context, GAN_E_SHAPE,
                         "gan: the size of the generator's input is open, so noise cannot be drawn "
                         "for it: give its height and width, or feed '%s'",
                         t->kind->feeds[feed].name);
    if (game->noise == 1) return gan_tape_uniform(t->tape, 4, shape, z);
    return gan_tape_normal(t->tape, 4, shape, z);
}

/* x + deviation * N(0, 1), the deviation falling from step to step. */
static gan_status game_perturb(gan_trainer *t, gan_value *x)
{
    const gan_game *game = t->options;
    double deviation = game->instance_noise;
    int64_t shape[4];
    gan_value noise;
    if (deviation == 0) return GAN_OK;
    deviation *= gan__power(game->instance_decay, t->steps);
    GAN__TRY(gan_tape_shape(t->tape, *x, shape));
    GAN__TRY(gan_tape_normal(t->tape, 4, shape, &noise));
    return gan_tape_combine(t->tape, (gan_value[]){*x, noise}, (double[]){1, deviation}, 2, x);
}

/* D's logits on real and on fake samples: in one pass with separate statistics where that is the
 * same as two. */
static gan_status game_discriminate(gan_trainer *t, gan_value real, gan_value fake,
                                    gan_value scores[2])
{
    const gan_game *game = t->options;
    if (!game->apart)
        return gan__trainer_apply(t, GAN_D, "training groups=2", (gan_value[]){real, fake}, 2,
                                  scores, 2);
    GAN__TRY(gan__trainer_apply(t, GAN_D, "training", &real, 1, &scores[0], 1));
    return gan__trainer_apply(t, GAN_D, "training", &fake, 1, &scores[1], 1);
}

/* How well D tells them apart: the share of real samples above the limit, and of fakes below it. */
static gan_status game_accuracy(gan_trainer *t, const game_objective *o, const gan_value scores[2])
{
    gan_value mean, share, difference;
    for (int32_t i = 0; i < 2; i++) {
        GAN__TRY(gan_tape_loss(t->tape, "mean", &scores[i], 1, &mean));
        GAN__TRY(gan__trainer_measure(t, GAN_SCORE_REAL + i, mean));
    }
    if (o->above) {
        GAN__TRY(gan_tape_loss(t->tape, o->above, &scores[0], 1, &share));
        GAN__TRY(gan__trainer_measure(t, GAN_ACCURACY_REAL, share));
        GAN__TRY(gan_tape_loss(t->tape, o->above, &scores[1], 1, &share));
        GAN__TRY(gan__trainer_measure(t, GAN_ACCURACY_FAKE, share));
        t->values[GAN_ACCURACY_FAKE] = 1 - t->values[GAN_ACCURACY_FAKE];
        return GAN_OK;
    }
    GAN__TRY(gan_tape_combine(t->tape, scores, (double[]){1, -1}, 2, &difference));
    GAN__TRY(gan_tape_loss(t->tape, "above 0", &difference, 1, &share));
    GAN__TRY(gan__trainer_measure(t, GAN_ACCURACY_REAL, share));
    t->values[GAN_ACCURACY_FAKE] = t->values[GAN_ACCURACY_REAL];
    return GAN_OK;
}

/* D climbs once. *fake is what G made for it. */
static gan_status game_discriminator(gan_trainer *t, gan_value *fake)
{
    gan_game *game = t->options;
    const game_objective *o = &game_objectives[game->loss];
    gan_model *d = t->models[GAN_D];
    gan_value real, z, negative, scores[2], terms[2], loss;

    GAN__TRY(gan__trainer_batch(t, GAN_REAL, &real));
    GAN__TRY(game_noise(t, GAN_NOISE, &z));
    GAN__TRY(
        gan__trainer_apply(t, GAN_G, game->reuse ? "training" : "training frozen", &z, 1, fake, 1));
    GAN__TRY(gan_tape_detach(t->tape, *fake, &negative));
    GAN__TRY(game_perturb(t, &real));
    GAN__TRY(game_perturb(t, &negative));
    GAN__TRY(game_discriminate(t, real, negative, scores));

    GAN__TRY(gan_tape_loss(t->tape, game->real_loss, &scores[0], 1, &terms[0]));
    GAN__TRY(gan_tape_loss(t->tape, o->fake, &scores[1], 1, &terms[1]));
    GAN__TRY(
        gan_tape_combine(t->tape, terms, (double[]){o->real_weight, o->fake_weight}, 2, &loss));
    GAN__TRY(gan__trainer_measure(t, GAN_LOSS_D, loss));
    GAN__TRY(game_accuracy(t, o, scores));

    GAN__TRY(gan_tape_backward(t->tape, &loss, NULL, 1, &d, 1));
    GAN__TRY(gan__trainer_update(t, GAN_D, GAN_GRADIENT_D));
    return game->loss == GAN_WGAN ? gan__trainer_clamp(t, GAN_D, game->clip) : GAN_OK;
}

/* G climbs once, on fresh noise or on `fake`. */
static gan_status game_generator(gan_trainer *t, gan_value fake)
{
    const gan_game *game = t->options;
    const game_objective *o = &game_objectives[game->loss];
    gan_model *g = t->models[GAN_G];
    gan_value z, score, term, loss;

    if (!game->reuse) {
        GAN__TRY(gan_tape_reset(t->tape));
        GAN__TRY(game_noise(t, GAN_NOISE_G, &z));
        GAN__TRY(gan__trainer_apply(t, GAN_G, "training", &z, 1, &fake, 1));
    }
    GAN__TRY(game_perturb(t, &fake));
    GAN__TRY(gan__trainer_apply(t, GAN_D, "training frozen", &fake, 1, &score, 1));
    GAN__TRY(gan_tape_loss(t->tape, o->generator, &score, 1, &term));
    GAN__TRY(gan_tape_combine(t->tape, &term, &o->generator_weight, 1, &loss));
    GAN__TRY(gan__trainer_measure(t, GAN_LOSS_G, loss));

    GAN__TRY(gan_tape_backward(t->tape, &loss, NULL, 1, &g, 1));
    return gan__trainer_update_last(t, GAN_G, GAN_GRADIENT_G);
}

static gan_status game_step(gan_trainer *t)
{
    const gan_game *game = t->options;
    gan_value fake = -1;
    if (game->reuse && t->feeds[GAN_NOISE_G].fed)
        return gan__fail(t->object.context, GAN_E_ARGUMENT,
                         "gan: 'noise.generator' was fed, but with reuse=yes the generator climbs "
                         "on the discriminator's last fakes");
    GAN__TRY(gan_optimizer_rate(t->optimizers[GAN_D], &t->values[GAN_RATE_D]));
    GAN__TRY(gan_optimizer_rate(t->optimizers[GAN_G], &t->values[GAN_RATE_G]));
    for (int64_t i = 0; i < game->d_steps; i++) {
        GAN__TRY(gan_tape_reset(t->tape));
        GAN__TRY(game_discriminator(t, &fake));
    }
    return game_generator(t, fake);
}

static const char *game_reference(const gan_trainer *t, int32_t group)
{
    const gan_game *game = t->options;
    (void)group;
    return game->loss == GAN_WGAN ? "rmsprop lr=5e-5" : "adam lr=2e-4 beta1=0.5";
}

/* Whether two sizes, -1 where one is open, can be the same picture's. */
static bool game_fits(gan__shape a, gan__shape b)
{
    return (a.h < 0 || b.h < 0 || a.h == b.h) && (a.w < 0 || b.w < 0 || a.w == b.w) && a.c == b.c;
}

/* What the generator makes and what the feed `real` brings must be what the discriminator takes. */
static gan_status game_check_shapes(const gan_trainer *t)
{
    gan_context *context = t->object.context;
    const gan_model *g = t->models[GAN_G], *d = t->models[GAN_D];
    const gan_dataset *data = t->feeds[GAN_REAL].dataset;
    gan__shape made, seen, real = {-1, 1, 1, 1};
    int64_t shape[3] = {1, 1, 1};
    int32_t rank;
    char a[88], b[88];
    if (g->input_count != 1 || g->output_count != 1 || d->input_count != 1 || d->output_count != 1)
        return gan__fail(
            context, GAN_E_SHAPE,
            "gan: generator and discriminator must have one input and one output each");
    made = g->shapes[g->outputs[0].value];
    seen = d->shapes[d->inputs[0].value];
    if (!game_fits(made, seen))
        return gan__fail(context, GAN_E_SHAPE,
                         "gan: the generator makes pictures of %s, the discriminator takes %s",
                         gan__picture_print(made, a), gan__picture_print(seen, b));
    if (!data) return GAN_OK;
    GAN__TRY(gan_dataset_field_shape(data, "image", &rank, shape, NULL));
    real.h = shape[0], real.w = shape[1], real.c = shape[2];
    if (!game_fits(real, seen))
        return gan__fail(context, GAN_E_SHAPE,
                         "gan: the feed 'real' has pictures of %s, the discriminator takes %s",
                         gan__picture_print(real, a), gan__picture_print(seen, b));
    return GAN_OK;
}

/* An option that would be without effect is refused: who gives it expects one. */
static gan_status game_check_options(gan_context *context, const void *options)
{
    const gan_game *game = options;
    const game_objective *o = &game_objectives[game->loss];
    char value[GAN__NUMBER_SIZE];
    if (game->smoothing > 0 && !o->labels)
        return gan__fail(context, GAN_E_TEXT,
                         "smoothing=%s with loss=%s, whose real samples have no label to move",
                         gan__number_print(game->smoothing, value), o->name);
    if (game->clip > 0 && game->loss != GAN_WGAN)
        return gan__fail(context, GAN_E_TEXT,
                         "clip=%s with loss=%s: only loss=wgan cuts the discriminator's "
                         "parameters",
                         gan__number_print(game->clip, value), o->name);
    if (game->instance_decay < 1 && game->instance_noise == 0)
        return gan__fail(context, GAN_E_TEXT,
                         "instance_decay=%s without instance_noise: nothing decays",
                         gan__number_print(game->instance_decay, value));
    return GAN_OK;
}

static gan_status game_check(gan_trainer *t)
{
    gan_game *game = t->options;
    const game_objective *o = &game_objectives[game->loss];
    char target[GAN__NUMBER_SIZE];
    GAN__TRY(game_check_shapes(t));
    if (o->labels)
        snprintf(game->real_loss, sizeof game->real_loss, "%s target=%s", o->real,
                 gan__number_print(1 - game->smoothing, target));
    else
        snprintf(game->real_loss, sizeof game->real_loss, "%s", o->real);
    const gan__node *node;
    GAN__TRY(gan__model_group_state(t->models[GAN_D], true, &node));
    game->apart = node != NULL;
    return GAN_OK;
}

/* Batches whose mean statistics are the averaged generator's. */
enum { GAN_REFRESH_BATCHES = 20 };

static gan_status game_refresh(gan_trainer *t, gan_tape *tape, int32_t role, gan_model *generator)
{
    const gan_game *game = t->options;
    int64_t shape[4] = {game->common.batch};
    gan_value z, made;
    (void)role;
    GAN__TRY(gan_model_input_shape(generator, 0, shape + 1));
    for (int i = 0; i < GAN_REFRESH_BATCHES; i++) {
        GAN__TRY(gan_tape_reset(tape));
        if (game->noise == 1)
            GAN__TRY(gan_tape_uniform(tape, 4, shape, &z));
        else
            GAN__TRY(gan_tape_normal(tape, 4, shape, &z));
        GAN__TRY(gan_tape_apply(tape, generator, "training frozen", &z, 1, &made, 1));
    }
    return GAN_OK;
}

static const gan__role_kind game_roles[] = {
    [GAN_G] = {"generator", "generator", true, "makes samples from noise"},
    [GAN_D] = {"discriminator", "discriminator", false, "scores samples with logits: real above 0"},
};

static const gan__feed_kind game_feeds[] = {
    [GAN_REAL] = {"real", "image", "real samples"},
    [GAN_NOISE] = {"noise", NULL, "z, where it is not to be drawn"},
    [GAN_NOISE_G] = {"noise.generator", NULL, "z of the generator's climb, likewise"},
};

static const char *const game_groups[] = {[GAN_G] = "generator", [GAN_D] = "discriminator"};

static const char *const game_values[] = {
    [GAN_LOSS_D] = "loss.discriminator",
    [GAN_LOSS_G] = "loss.generator",
    [GAN_ACCURACY_REAL] = "accuracy.real",
    [GAN_ACCURACY_FAKE] = "accuracy.fake",
    [GAN_SCORE_REAL] = "score.real",
    [GAN_SCORE_FAKE] = "score.fake",
    [GAN_GRADIENT_D] = "gradient.discriminator",
    [GAN_GRADIENT_G] = "gradient.generator",
    [GAN_RATE_D] = "rate.discriminator",
    [GAN_RATE_G] = "rate.generator",
};

extern const gan__trainer_kind gan__trainer_gan;
const gan__trainer_kind gan__trainer_gan = {
    .kind = {.name = "gan",
             .help = "generator against discriminator, from noise",
             GAN__BLOCKS(game_blocks),
             .size = sizeof(gan_game),
             .settle = game_settle,
             .check = game_check_options},
    .roles = game_roles,
    .role_count = 2,
    .feeds = game_feeds,
    .feed_count = 3,
    .groups = game_groups,
    .group_count = 2,
    .values = game_values,
    .value_count = sizeof game_values / sizeof game_values[0],
    .reference = game_reference,
    .check = game_check,
    .step = game_step,
    .refresh = game_refresh,
};
