/* trainers.c: all kinds of trainers, and what their options have in common. */
#include "train/trainer.h"

#define TRAINERS_AT(field) offsetof(gan__trainer_common, field)
const gan__option gan__trainer_common_options[3] = {
    {"batch", GAN__OPTION_INTEGER, 0, "64", 1, 1 << 20, NULL, TRAINERS_AT(batch),
     "samples in a step"},
    {"average", GAN__OPTION_REAL, 0, "0", 0, 0.999999, NULL, TRAINERS_AT(average),
     "decay of a moving average of the weights, kept beside them for sampling; 0: none"},
    {"on_divergence", GAN__OPTION_CHOICE, 0, "stop", 0, 0, "stop|skip", TRAINERS_AT(on_divergence),
     "a loss or gradient that is not finite: stop with an error, or skip the step"},
};

extern const gan__trainer_kind gan__trainer_gan, gan__trainer_cgan, gan__trainer_vae,
    gan__trainer_autoencoder, gan__trainer_cyclegan, gan__trainer_discriminator,
    gan__trainer_translate, gan__trainer_discogan, gan__trainer_dualgan, gan__trainer_vaegan,
    gan__trainer_cogan, gan__trainer_unit, gan__trainer_combogan;

const gan__trainer_kind *const gan__trainer_kinds[] = {
    &gan__trainer_gan,         &gan__trainer_cgan,     &gan__trainer_vae,
    &gan__trainer_autoencoder, &gan__trainer_cyclegan, &gan__trainer_discriminator,
    &gan__trainer_translate,   &gan__trainer_discogan, &gan__trainer_dualgan,
    &gan__trainer_vaegan,      &gan__trainer_cogan,    &gan__trainer_unit,
    &gan__trainer_combogan,
};
const int32_t gan__trainer_kind_count = sizeof gan__trainer_kinds / sizeof gan__trainer_kinds[0];

void gan__trainer_kinds_of(const gan_context *context, const gan__kind *const **kinds,
                           size_t *count)
{
    *kinds = context->trainer_kinds;
    *count = context->trainer_kind_count;
    if (*kinds) return;
    *kinds = (const gan__kind *const *)gan__trainer_kinds;
    *count = (size_t)gan__trainer_kind_count;
}
