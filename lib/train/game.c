/* game.c: so many updates of the discriminator for one of the maker. With loss=wgan the settings
 * are those of Arjovsky et al. 2017, algorithm 1: five, and weights that stay in [-0.01, 0.01];
 * with a penalty those of Gulrajani et al. 2017, algorithm 1. Packs are those of Lin et al.,
 * "PacGAN: the power of two samples in generative adversarial networks", 2018, section 3. */
#include "train/game.h"

#include "base/number.h"

const gan__option gan__turns_options[3] = {
    {"d_steps", GAN__OPTION_INTEGER, 0, "0", 0, 1000, NULL, offsetof(gan__turns, d_steps),
     "updates of the discriminator for one of the generator; 0: 5 with loss=wgan or wgan_gp, else "
     "1"},
    {"reuse", GAN__OPTION_BOOLEAN, 0, "no", 0, 0, NULL, offsetof(gan__turns, reuse),
     "the generator climbs on the discriminator's last fakes, not on fresh noise"},
    {"clip", GAN__OPTION_REAL, 0, "0", 0, 1e6, NULL, offsetof(gan__turns, clip),
     "loss=wgan: the discriminator's parameters stay in [-clip, clip]; 0: 0.01, with a penalty "
     "they are not cut"},
};

const gan__option gan__packing_options[1] = {
    {"pack", GAN__OPTION_INTEGER, 0, "1", 1, GAN__MOST_PACK, NULL, offsetof(gan__packing, pack),
     "samples that the discriminator sees side by side in channels; batch= counts such packs"},
};

static bool game_is_wasserstein(const gan__game *game)
{
    return gan__objective_is_critic(&game->objective);
}

static bool game_cuts(const gan__game *game)
{
    return game->objective.loss == GAN__LOSS_WGAN;
}

void gan__game_settle(void *options)
{
    gan__game *game = options;
    if (game->turns.d_steps == 0) game->turns.d_steps = game_is_wasserstein(game) ? 5 : 1;
    gan__penalty_settle(&game->penalty, &game->objective);
    if (game_cuts(game) && !gan__penalty_is_there(&game->penalty) && game->turns.clip == 0)
        game->turns.clip = 0.01;
}

gan_status gan__game_check(gan_context *context, const void *options)
{
    const gan__game *game = options;
    char value[GAN__NUMBER_SIZE];
    GAN__TRY(gan__objective_check(context, &game->objective));
    GAN__TRY(gan__penalty_check(context, &game->penalty, &game->objective));
    if (game->turns.clip == 0 || game_cuts(game)) return GAN_OK;
    return gan__fail(context, GAN_E_TEXT,
                     "clip=%s with loss=%s: only loss=wgan cuts the discriminator's parameters",
                     gan__number_print(game->turns.clip, value),
                     gan__objective_name(&game->objective));
}

const char *gan__game_reference(const void *options, const char *group)
{
    (void)group;
    if (!game_is_wasserstein(options)) return "adam lr=2e-4 beta1=0.5";
    return gan__game_has_penalty(options) ? "adam lr=1e-4 beta1=0 beta2=0.9" : "rmsprop lr=5e-5";
}

bool gan__game_has_penalty(const void *options)
{
    return gan__penalty_is_there(&((const gan__game *)options)->penalty);
}

bool gan__game_penalty_draws(const void *options)
{
    return gan__penalty_draws(&((const gan__game *)options)->penalty);
}

int64_t gan__game_samples(const void *options)
{
    const int64_t pack = ((const gan__game *)options)->packing.pack;
    return pack > 1 ? pack : 1;
}

/* The first one has the penalty. */
int64_t gan__game_rounds(const gan_trainer *t)
{
    return gan__game_options(t)->penalty.every > 1 ? 2 : 1;
}

gan__prior gan__game_prior(const void *options)
{
    return gan__latent_prior(&((const gan__game *)options)->latent);
}

bool gan__game_draws_twice(const void *options)
{
    return !((const gan__game *)options)->turns.reuse;
}

gan_status gan__game_update(gan_trainer *t, int32_t role)
{
    const gan__game *game = gan__game_options(t);
    GAN__TRY(gan__trainer_update(t, t->cast->roles[role].group));
    return game->turns.clip > 0 ? gan__trainer_clamp(t, role, game->turns.clip) : GAN_OK;
}

gan_status gan__game_pack(gan_trainer *t, gan_value x, gan_value *packed)
{
    const int64_t pack = gan__game_samples(t->options);
    gan_value parts[GAN__MOST_PACK]; /* (N / pack, H, W, C) each */
    int64_t shape[4];
    *packed = x;
    if (pack == 1) return GAN_OK;
    GAN__TRY(gan_tape_shape(t->tape, x, shape));
    if (shape[0] % pack != 0)
        return gan__fail(t->object.context, GAN_E_SHAPE,
                         "%s: %lld samples with pack=%lld: they are no whole number of packs",
                         t->kind->kind.name, (long long)shape[0], (long long)pack);
    for (int64_t i = 0; i < pack; i++)
        GAN__TRY(gan_tape_slice(t->tape, x, i * (shape[0] / pack), shape[0] / pack, &parts[i]));
    return gan_tape_layer(t->tape, "concat", parts, (int32_t)pack, packed);
}

gan_status gan__game_show(gan_trainer *t, gan_value x, gan_value *seen)
{
    const gan__game *game = gan__game_options(t);
    GAN__TRY(gan__objective_perturb(t, &game->objective, &x));
    return gan__game_pack(t, x, seen);
}
