/* dependence.h: whether what is made of a picture depends on it: a figure of every translation, and
 * a warning.
 *
 * What a generator makes may be as good as the discriminator can ask for, and still say nothing of
 * what it was made of. So its outputs for two pictures are compared, by how far they are apart,
 * with two pictures of the domain that they should be of:
 *
 *     sqrt(mean |G(a) - G(b)|^2 / mean |y - y'|^2)
 *
 * 0: every input is made into one picture; 1: outputs are as unlike each other as the domain's
 * pictures are. Every so many steps a few pictures of the batch are translated once more for it, in
 * evaluation, where dropout and a batch's statistics add no difference of their own, and nothing is
 * drawn or updated; a batch of one is compared with the picture that a pool has of an earlier
 * step. What the last looks found counts less the older it is. */
#ifndef GAN__DEPENDENCE_H
#define GAN__DEPENDENCE_H

#include "train/warnings.h"

/* Steps from one look to the next, and pictures of one at the most. */
enum { GAN__DEPENDENCE_EVERY = 20, GAN__DEPENDENCE_PICTURES = 8 };

#define GAN__DEPENDENCE_ROW(role, wanted)                                                          \
    {                                                                                              \
        "dependence." role, wanted,                                                                \
            "how far outputs of " role " are apart, against pictures of its target; 0: it ignores" \
            " its input"                                                                           \
    }

/* Pictures that such a pool keeps: of a row's function, where options begin with
 * gan__trainer_common. */
int64_t gan__dependence_earlier(const void *options);

/* Whether the step looks: last of all that it puts on its tape, so that one that does not is the
 * same round, but shorter. Of steps that are unlike there is one of each kind that looks among the
 * first GAN__DEPENDENCE_EVERY + 1, if there is one at all. */
bool gan__dependence_is_due(const gan_trainer *trainer);

/* A few pictures of a batch, two or more, (n, H, W, C). Not *known: it has one, the pool had none
 * of its size, and they are two of one. */
gan_status gan__dependence_take(gan_trainer *trainer, int32_t pool, gan_value batch, gan_value *few,
                                bool *known);

/* What a role has made of two pictures or more, one after the other, and as many or others of its
 * target, (n, H, W, C). The trainer has gan__warning_ignored of the role. */
gan_status gan__dependence_compare(gan_trainer *trainer, int32_t role, gan_value made,
                                   gan_value real);

/* The figure, as a value; nothing where none was found yet. */
void gan__dependence_measure(gan_trainer *trainer, int32_t role, int32_t value);

#endif
