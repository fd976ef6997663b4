/* turns.h: how a discriminator and the maker of its negatives take turns. */
#ifndef GAN__TURNS_H
#define GAN__TURNS_H

#include "train/objective.h"

/* d_steps= reuse= clip=. */
typedef struct gan__turns {
    int64_t d_steps;
    int32_t reuse;
    double clip;
} gan__turns;
extern const gan__option gan__turns_options[3];

/* The settings of the objective's paper for what is left open. */
void gan__turns_settle(gan__turns *turns, const gan__objective *objective);

/* Options without effect are refused. */
gan_status gan__turns_check(gan_context *context, const gan__turns *turns,
                            const gan__objective *objective);

/* The reference setting of both optimisers. */
const char *gan__turns_reference(const gan__objective *objective);

/* Ends a turn of a discriminator: its group's update, and what its weights are cut to. */
gan_status gan__turns_update(gan_trainer *trainer, const gan__turns *turns,
                             const gan__objective *objective, int32_t role);

#endif
