/* checkpoint.h: what the files share that write a training down and read it again. */
#ifndef GAN__CHECKPOINT_H
#define GAN__CHECKPOINT_H

#include "model/archive.h"
#include "train/trainer.h"

/* One walk over all that a training has, in either direction: one of `to` and `from` is NULL. */
typedef struct gan__checkpoint {
    gan_trainer *trainer;
    gan__archive_out *to;
    const gan__archive_in *from;
} gan__checkpoint;

/* Roles, groups, feeds and parts have bounded names. */
typedef struct gan__checkpoint_key {
    char text[320];
} gan__checkpoint_key;

/* "a.b.c"; c may be "". Borrowed from `key`. */
const char *gan__checkpoint_join(gan__checkpoint_key *key, const char *a, const char *b,
                                 const char *c);

/* A count is never negative, and below what a stream has of steps, so far from an overflow that
 * nothing else has to look. */
bool gan__checkpoint_may_count(int64_t value);
gan_status gan__checkpoint_count(const gan__checkpoint *checkpoint, const char *key,
                                 int64_t *value);

/* checkpoint_moments.c: the optimiser of a group, whose networks are there. */
gan_status gan__checkpoint_optimizer(const gan__checkpoint *checkpoint, int32_t group);

/* checkpoint_models.c: the networks, and what they share. Sharing has been checked, or is restored.
 */
gan_status gan__checkpoint_models(const gan__checkpoint *checkpoint);

#endif
