/* game.h: a discriminator and the maker of its negatives take turns: the options that their kinds
 * have in common, and what follows from these. */
#ifndef GAN__GAME_H
#define GAN__GAME_H

#include "train/latent.h"
#include "train/objective.h"
#include "train/penalty.h"

/* d_steps= reuse= clip=. */
typedef struct gan__turns {
    int64_t d_steps;
    int32_t reuse;
    double clip;
} gan__turns;
extern const gan__option gan__turns_options[3];

/* pack=, of kinds that have it; 0: one. */
typedef struct gan__packing {
    int64_t pack;
} gan__packing;
extern const gan__option gan__packing_options[1];
enum { GAN__MOST_PACK = 64 };

/* What the options of such a kind begin with. */
typedef struct gan__game {
    gan__trainer_common common;
    gan__objective objective;
    gan__turns turns;
    gan__latent latent;
    gan__penalty penalty;
    gan__packing packing;
} gan__game;

static inline const gan__game *gan__game_options(const gan_trainer *trainer)
{
    return trainer->options;
}

/* Functions of the kind, and of its rows: the settings of the objective's paper for what is left
 * open; options without effect are refused; the reference setting of both optimisers; what noise is
 * drawn from; whether the maker climbs on something else than the last fakes; whether there is a
 * penalty, and one that draws; samples for each one of batch=; steps that are unlike. */
void gan__game_settle(void *options);
gan_status gan__game_check(gan_context *context, const void *options);
const char *gan__game_reference(const void *options, const char *group);
gan__prior gan__game_prior(const void *options);
bool gan__game_draws_twice(const void *options);
bool gan__game_has_penalty(const void *options);
bool gan__game_penalty_draws(const void *options);
int64_t gan__game_samples(const void *options);
int64_t gan__game_rounds(const gan_trainer *trainer);

/* What the discriminator sees of samples, (N, H, W, C): augmented, with instance noise, and side by
 * side, (N / pack, H, W, pack * C): of all that are drawn together the first, then the second, ...
 */
gan_status gan__game_show(gan_trainer *trainer, gan_value x, gan_value *seen);
gan_status gan__game_pack(gan_trainer *trainer, gan_value x, gan_value *packed);

/* Ends a turn of a discriminator: the update of its group, and what its weights are cut to. */
gan_status gan__game_update(gan_trainer *trainer, int32_t role);

#endif
