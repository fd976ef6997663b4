/* turns.c: so many updates of the discriminator for one of the maker. With loss=wgan the settings
 * are those of Arjovsky et al. 2017, algorithm 1: five, and weights that stay in [-0.01, 0.01]. */
#include "train/turns.h"

#include "base/number.h"

const gan__option gan__turns_options[3] = {
    {"d_steps", GAN__OPTION_INTEGER, 0, "0", 0, 1000, NULL, offsetof(gan__turns, d_steps),
     "updates of the discriminator for one of the generator; 0: 5 with loss=wgan, else 1"},
    {"reuse", GAN__OPTION_BOOLEAN, 0, "no", 0, 0, NULL, offsetof(gan__turns, reuse),
     "the generator climbs on the discriminator's last fakes, not on fresh noise"},
    {"clip", GAN__OPTION_REAL, 0, "0", 0, 1e6, NULL, offsetof(gan__turns, clip),
     "loss=wgan: the discriminator's parameters stay in [-clip, clip]; 0: 0.01"},
};

void gan__turns_settle(gan__turns *turns, const gan__objective *o)
{
    const bool wasserstein = o->loss == GAN__LOSS_WGAN;
    if (turns->d_steps == 0) turns->d_steps = wasserstein ? 5 : 1;
    if (wasserstein && turns->clip == 0) turns->clip = 0.01;
}

gan_status gan__turns_check(gan_context *context, const gan__turns *turns, const gan__objective *o)
{
    char value[GAN__NUMBER_SIZE];
    if (turns->clip == 0 || o->loss == GAN__LOSS_WGAN) return GAN_OK;
    return gan__fail(context, GAN_E_TEXT,
                     "clip=%s with loss=%s: only loss=wgan cuts the discriminator's parameters",
                     gan__number_print(turns->clip, value), gan__objective_name(o));
}

const char *gan__turns_reference(const gan__objective *o)
{
    return o->loss == GAN__LOSS_WGAN ? "rmsprop lr=5e-5" : "adam lr=2e-4 beta1=0.5";
}

gan_status gan__turns_update(gan_trainer *t, const gan__turns *turns, const gan__objective *o,
                             int32_t role)
{
    GAN__TRY(gan__trainer_update(t, t->cast->roles[role].group));
    return o->loss == GAN__LOSS_WGAN ? gan__trainer_clamp(t, role, turns->clip) : GAN_OK;
}
