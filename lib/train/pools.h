/* pools.h: the pools of a trainer, and what steps do with them. */
#ifndef GAN__POOLS_H
#define GAN__POOLS_H

#include "train/trainer.h"

/* Makes the pools whose pictures' sizes are known; one of other sizes begins empty, with a warning
 * if that loses pictures. */
gan_status gan__pools_prepare(gan_trainer *trainer);
void gan__pools_free(gan_trainer *trainer);

/* Of all: with the step. */
void gan__pools_commit(gan_trainer *trainer);
void gan__pools_undo(gan_trainer *trainer);

int64_t gan__pools_memory(const gan_trainer *trainer); /* bytes */

/* Passes pictures of the tape through a pool's history: *out are as many, new and older ones,
 * through which no gradient passes; of a pool without capacity the same ones, which may be of any
 * size. What the pool takes up is of the step, and undone with it. */
gan_status gan__history(gan_trainer *trainer, int32_t pool, gan_value pictures, gan_value *out);

/* Of a pool that keeps one picture: what it has kept takes the place of this one, (1, H, W, C), as
 * *out, if *has: it had one, and of this size; and this one is kept, if it has that size or is the
 * first. Without capacity it has none. */
gan_status gan__exchange(gan_trainer *trainer, int32_t pool, gan_value picture, gan_value *out,
                         bool *has);

/* A replay buffer's part in chains that are as many as pictures in `starts`, (N, H, W, C) float32
 * without gaps: some begin where a picture of the pool lies, which is put into its row of `starts`,
 * and places[i] says where; else it is -1. What the chains end with is stored: while the pool has
 * room beside what it has, and then in the places where they began. */
gan_status gan__replay_draw(gan_trainer *trainer, int32_t pool, double probability,
                            gan_tensor *starts, int64_t *places);
gan_status gan__replay_store(gan_trainer *trainer, int32_t pool, const gan_tensor *ends,
                             const int64_t *places);

/* As many pictures as `out` has rows, of those that the pool had before this step, every one as
 * likely: nothing of the pool moves. false: it had none, or not of this size. */
bool gan__replay_look(const gan_trainer *trainer, int32_t pool, gan_tensor *out);

#endif
