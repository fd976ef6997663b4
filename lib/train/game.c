/* game.c: so many updates of the discriminator for one of the maker. With loss=wgan the settings
 * are those of Arjovsky et al. 2017, algorithm 1: five, and weights that stay in [-0.01, 0.01]. */
#include "train/game.h"

#include "base/number.h"

const gan__option gan__turns_options[3] = {
    {"d_steps", GAN__OPTION_INTEGER, 0, "0", 0, 1000, NULL, offsetof(gan__turns, d_steps),
     "updates of the discriminator for one of the generator; 0: 5 with loss=wgan, else 1"},
    {"reuse", GAN__OPTION_BOOLEAN, 0, "no", 0, 0, NULL, offsetof(gan__turns, reuse),
     "the generator climbs on the discriminator's last fakes, not on fresh noise"},
    {"clip", GAN__OPTION_REAL, 0, "0", 0, 1e6, NULL, offsetof(gan__turns, clip),
     "loss=wgan: the discriminator's parameters stay in [-clip, clip]; 0: 0.01"},
};

static bool game_is_wasserstein(const gan__game *game)
{
    return game->objective.loss == GAN__LOSS_WGAN;
}

void gan__game_settle(void *options)
{
    gan__game *game = options;
    if (game->turns.d_steps == 0) game->turns.d_steps = game_is_wasserstein(game) ? 5 : 1;
    if (game_is_wasserstein(game) && game->turns.clip == 0) game->turns.clip = 0.01;
}

gan_status gan__game_check(gan_context *context, const void *options)
{
    const gan__game *game = options;
    char value[GAN__NUMBER_SIZE];
    GAN__TRY(gan__objective_check(context, &game->objective));
    if (game->turns.clip == 0 || game_is_wasserstein(game)) return GAN_OK;
    return gan__fail(context, GAN_E_TEXT,
                     "clip=%s with loss=%s: only loss=wgan cuts the discriminator's parameters",
                     gan__number_print(game->turns.clip, value),
                     gan__objective_name(&game->objective));
}

const char *gan__game_reference(const void *options, const char *group)
{
    (void)group;
    return game_is_wasserstein(options) ? "rmsprop lr=5e-5" : "adam lr=2e-4 beta1=0.5";
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
    return game_is_wasserstein(game) ? gan__trainer_clamp(t, role, game->turns.clip) : GAN_OK;
}
