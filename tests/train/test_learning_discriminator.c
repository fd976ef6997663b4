/* test_learning_discriminator.c: a short training of a discriminator alone on a ring of Gaussians
 * reaches a stated share of samples near the ring's points, and the same training with broken
 * chains or a turned loss does not.
 *
 * The mutant is the real source of the trainer and of its chains, compiled once more with the
 * chains' moves and the terms of the loss bent on their way to the tape. */
#include "test.h"

#include <gan/gan.h>

#include <math.h>
#include <stdlib.h>

#include "train/langevin.h"
#include "train/objective.h"

enum { NO_FLAW, FLAW_NO_GRADIENT, FLAW_GRADIENT_TURNED, FLAW_LOSS_TURNED, FLAW_NO_NEGATIVES };
static int flaw;

static gan_status mutant_move(gan_trainer *t, int32_t role, const gan__langevin *langevin,
                              const gan__application *d, gan_tensor *from, gan_tensor *out)
{
    gan__langevin bent = *langevin;
    if (flaw == FLAW_NO_GRADIENT) bent.step = 0;
    if (flaw == FLAW_GRADIENT_TURNED) bent.step = -bent.step;
    return gan__langevin_move(t, role, &bent, d, from, out);
}

static gan_status mutant_real(gan_trainer *t, const gan__objective *o, gan_value score,
                              double weight, gan__terms *terms)
{
    return gan__objective_real(t, o, score, flaw == FLAW_LOSS_TURNED ? -weight : weight, terms);
}

static gan_status mutant_fake(gan_trainer *t, const gan__objective *o, gan_value score,
                              double weight, gan__terms *terms)
{
    if (flaw == FLAW_NO_NEGATIVES) return GAN_OK;
    return gan__objective_fake(t, o, score, flaw == FLAW_LOSS_TURNED ? -weight : weight, terms);
}

#define gan__trainer_discriminator mutant_kind
#define gan__chains_run mutant_chains_run
#define gan__chains_sample mutant_chains_sample
#define gan__chains_free mutant_chains_free
#define gan__chains_memory mutant_chains_memory
#define gan__langevin_move mutant_move
#define gan__objective_real mutant_real
#define gan__objective_fake mutant_fake
#include "train/chains.c"
#include "train/discriminator.c"
