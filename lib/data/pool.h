/* pool.h: pictures kept from step to step: a history of what a generator made, or the starts of
 * Langevin chains.
 *
 * A history (Shrivastava et al., "Learning from simulated and unsupervised images through
 * adversarial training", 2017; ImagePool in the code of CycleGAN) shows a discriminator older fakes
 * among the new ones: gan__pool_query. A replay buffer (Du and Mordatch, "Implicit generation and
 * modeling with energy-based models", 2019) starts most chains where earlier ones ended:
 * gan__pool_draw, and gan__pool_write when they have ended.
 *
 * Every coin and every place is drawn by counter, from (seed, number of the pool, count of pictures
 * handled so far), so neither the order of work nor a resume changes them. Each picture sees what
 * those before it in the same step have written.
 *
 * What query and write put into the pool is staged: gan__pool_commit makes it last, with the step;
 * gan__pool_undo drops it, and the pool is as it was at the last commit, its counter included. */
#ifndef GAN__POOL_H
#define GAN__POOL_H

#include "base/context.h"

typedef struct gan__pool gan__pool;

typedef struct gan__pool_plan {
    int64_t capacity; /* places, >= 0 */
    int64_t shape[3]; /* H W C of each picture, all >= 1 */
    uint64_t seed;
    uint32_t number; /* any: pools with other numbers draw otherwise */
} gan__pool_plan;

/* Memory for the places comes with the first of query, write and reserve: a pool that a checkpoint
 * only speaks of costs as much as it has pictures. Later they allocate where a step (all that lies
 * between two commits) handles more pictures than any before it, and never more than `capacity` of
 * them. GAN_E_ARGUMENT for what cannot be, GAN_E_MEMORY for what memory cannot count. */
gan_status gan__pool_create(gan__pool **out, gan_context *context, const gan__pool_plan *plan);
void gan__pool_free(gan__pool *pool); /* NULL is allowed */

/* Passes n pictures through the history, (n, H, W, C) float32 without holes. Until the pool is full
 * each one is stored and returned; afterwards one with probability 1/2 takes the place of a stored
 * one, every place as likely, and that one is returned in its stead; else it is returned itself and
 * not stored. Without capacity all are returned. `returned` has room for n pictures and may be
 * `pictures` itself. GAN_E_MEMORY or GAN_E_ARGUMENT: nothing has changed. */
gan_status gan__pool_query(gan__pool *pool, int64_t n, const float *pictures, float *returned);

/* Makes the room that n more pictures of this step will need, as if they had been passed through;
 * none is. GAN_E_MEMORY or GAN_E_ARGUMENT. */
gan_status gan__pool_reserve(gan__pool *pool, int64_t n);

/* Draws the starts of n chains: each one with `probability`, once the pool holds any picture, is a
 * copy of a stored one, every one as likely, and places[i] says which; else places[i] is -1 and the
 * caller makes a new one: row i of `starts` is then left alone. Two chains may start from one
 * place. Stores nothing, but moves the counter. GAN_E_ARGUMENT for a probability outside [0, 1]. */
gan_status gan__pool_draw(gan__pool *pool, int64_t n, double probability, float *starts,
                          int64_t *places);

/* Stores n pictures, in order: at places[i], which must be filled; where that is -1, or `places` is
 * NULL, at the next empty place or, in a full pool, at one drawn, every place as likely. With the
 * places of gan__pool_draw a chain goes on where it began. Without capacity nothing is stored.
 * GAN_E_ARGUMENT names a wrong place; GAN_E_MEMORY; nothing has changed then. */
gan_status gan__pool_write(gan__pool *pool, int64_t n, const int64_t *places,
                           const float *pictures);

/* Neither can fail, and both are idle where nothing was done since the last. */
void gan__pool_commit(gan__pool *pool);
void gan__pool_undo(gan__pool *pool);

const int64_t *gan__pool_shape(const gan__pool *pool); /* H W C of its pictures */
int64_t gan__pool_memory(const gan__pool *pool);       /* bytes, what is staged included */
bool gan__pool_is_new(const gan__pool *pool); /* it has seen no picture, staged ones included */

/* What a checkpoint keeps, as of the last commit: `filled` pictures (filled, H, W, C), borrowed and
 * valid until the pool is used again (may be NULL where none is), and the counter. */
typedef struct gan__pool_state {
    const float *pictures;
    int64_t filled;  /* <= capacity */
    int64_t counter; /* pictures handled; >= filled */
} gan__pool_state;

gan__pool_state gan__pool_read(const gan__pool *pool);

/* Makes it the pool's, as if committed; the pictures are copied. What was staged is dropped. The
 * shape of the pictures is the caller's to compare. GAN_E_FORMAT for a count or a counter that
 * cannot be and for a number that is not finite, named; GAN_E_MEMORY; nothing has changed then. */
gan_status gan__pool_restore(gan__pool *pool, const gan__pool_state *state);

#endif
