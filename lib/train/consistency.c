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
