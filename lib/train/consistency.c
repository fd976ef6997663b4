/* consistency.c: one value compared with another, as a term of a loss. */
#include "train/consistency.h"

gan_status gan__consistency(gan_trainer *t, const char *loss, gan_value made, gan_value wanted,
                            double weight, int32_t value, gan__terms *terms)
{
    gan_value term;
    GAN__TRY(gan_tape_loss(t->tape, loss, (gan_value[]){made, wanted}, 2, &term));
    GAN__TRY(gan__trainer_measure(t, value, term));
    gan__terms_add(terms, term, weight);
    return GAN_OK;
}

static const char *const likeness_losses[] = {
    [GAN__LIKENESS_L1] = "l1", [GAN__LIKENESS_L2] = "mse", [GAN__LIKENESS_BCE] = "bce_logits"};

gan_status gan__reconstruction(gan_trainer *t, int32_t likeness, gan_value made, gan_value wanted,
                               double weight, int32_t value, gan__terms *terms)
{
    if (likeness == GAN__LIKENESS_BCE)
        GAN__TRY(gan_tape_layer(t->tape, "affine 0.5 0.5", &wanted, 1, &wanted));
    return gan__consistency(t, likeness_losses[likeness], made, wanted, weight, value, terms);
}

const char *gan__likeness_finish(int32_t likeness)
{
    return likeness == GAN__LIKENESS_BCE ? "sigmoid; affine 2 -1" : NULL;
}
