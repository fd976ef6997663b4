/* penalty.h: what a discriminator descends besides, so that its slope over samples stays bounded:
 *
 *     wgan_gp   weight * mean (|grad D(x^)| - 1)^2,  x^ = e x + (1 - e) G(z), e uniform in [0, 1)
 *     dragan    the same at  x^ = x + std(x) / 2 * u,  u uniform in [0, 1) for each number
 *     r1        weight / 2 * mean |grad D(x)|^2
 *     r2        weight / 2 * mean |grad D(G(z))|^2
 *
 * The gradient is that of a sample's logits, summed, over what D sees of it before augment= and
 * instance noise, which are part of D here; everything else that goes into D is held constant. */
#ifndef GAN__PENALTY_H
#define GAN__PENALTY_H

#include "train/objective.h"

/* Inputs or outputs of a role that has one. */
enum { GAN__PENALTY_PORTS = 4 };

enum {
    GAN__PENALTY_AUTO, /* until it is settled */
    GAN__PENALTY_NONE,
    GAN__PENALTY_WGAN_GP,
    GAN__PENALTY_DRAGAN,
    GAN__PENALTY_R1,
    GAN__PENALTY_R2
};

/* penalty= penalty_weight= penalty_every=. */
typedef struct gan__penalty {
    int32_t kind;
    double weight;
    int64_t every;
} gan__penalty;
extern const gan__option gan__penalty_options[3];

/* Settled for a loss: wgan_gp names its penalty. */
void gan__penalty_settle(gan__penalty *penalty, const gan__objective *objective);
gan_status gan__penalty_check(gan_context *context, const gan__penalty *penalty,
                              const gan__objective *objective);

static inline bool gan__penalty_is_there(const gan__penalty *penalty)
{
    return penalty->kind > GAN__PENALTY_NONE;
}

/* Whether it draws where it is taken. */
static inline bool gan__penalty_draws(const gan__penalty *penalty)
{
    return penalty->kind == GAN__PENALTY_WGAN_GP || penalty->kind == GAN__PENALTY_DRAGAN;
}

/* Where it belongs in a kind: the role, whose first input is the picture; the feed of what it
 * draws; the first of two values, whose rows are below; the outputs whose sum it takes. */
typedef struct gan__penalised {
    int32_t role, feed, value, outputs;
} gan__penalised;
#define GAN__PENALTY_ROWS(wanted) GAN__PENALTY_ROWS_OF("", wanted)
#define GAN__PENALTY_ROWS_OF(of, wanted)                                            \
    {"penalty" of, wanted, "the penalty on the discriminator's slope, unweighted"}, \
    {                                                                               \
        "penalty.norm" of, wanted, "mean length of that slope"                      \
    }
#define GAN__PENALTY_FEED(wanted) GAN__PENALTY_FEED_OF("", wanted)
#define GAN__PENALTY_FEED_OF(of, wanted)                                          \
    {                                                                             \
        "epsilon" of, NULL, NULL, GAN__FEED_BY_HAND,                              \
            "what the penalty draws, in [0, 1]: one number a sample for wgan_gp," \
            " one for each of its numbers for dragan",                            \
            0, wanted                                                             \
    }

/* Adds the penalty, if this step has one, to what the role descends. `real` and `fake` are all
 * inputs of the role, of as many samples, the pictures as they are before they are shown; the other
 * inputs are those of `real`, or for r2 of `fake`. The kind's options begin with gan__game. */
gan_status gan__penalise(gan_trainer *trainer, const gan__penalised *place, const gan_value *real,
                         const gan_value *fake, gan__terms *terms);

#endif
