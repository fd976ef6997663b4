/* consistency.c: one value compared with another, as a term of a loss. */
#include "train/consistency.h"

#include <string.h>

#include "base/number.h"
#include "model/tree.h"

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

gan_status gan__likelihood(gan_trainer *t, gan_value made, gan_value wanted, double deviation,
                           gan__terms *terms)
{
    int64_t shape[4];
    gan_value square; /* a number */
    GAN__TRY(gan_tape_shape(t->tape, wanted, shape));
    GAN__TRY(gan_tape_loss(t->tape, "mse", (gan_value[]){made, wanted}, 2, &square));
    const double elements = (double)(shape[1] * shape[2] * shape[3]);
    gan__terms_add(terms, square, elements / (2 * deviation * deviation));
    return GAN_OK;
}

gan_status gan__perceptual(gan_trainer *t, int32_t role, gan_value made, gan_value wanted,
                           double weight, int32_t value, gan__terms *terms)
{
    GAN__TRY(gan__trainer_apply(t, role, "evaluation frozen", &wanted, &wanted));
    GAN__TRY(gan__trainer_apply(t, role, "evaluation frozen", &made, &made));
    return gan__consistency(t, "mse", made, wanted, weight, value, terms);
}

const gan__option gan__semantic_options[1] = {
    {"semantic", GAN__OPTION_REAL, 0, "0", 0, 1e6, NULL, offsetof(gan__semantic, weight),
     "weight of the code of a translation being the code of its source; 0: nothing is asked"},
};

bool gan__domains_several(const char *domains)
{
    return strchr(domains, ',') != NULL;
}

gan_status gan__semantic_check(gan_context *context, const gan__semantic *semantic,
                               const char *domains)
{
    char weight[GAN__NUMBER_SIZE];
    if (semantic->weight == 0 || gan__domains_several(domains)) return GAN_OK;
    return gan__fail(context, GAN_E_TEXT,
                     "semantic=%s with the one domain '%s': nothing is translated",
                     gan__number_print(semantic->weight, weight), domains);
}

gan_status gan__semantic_add(gan_trainer *t, const gan__semantic *semantic, gan_value source,
                             gan_value translation, int32_t value, gan__terms *terms)
{
    return gan__consistency(t, "mse", translation, source, semantic->weight, value, terms);
}

gan_status gan__same_shape(const gan_trainer *t, const char *option, const gan_value values[2],
                           int32_t first, int32_t second)
{
    const char *names[2] = {t->cast->spaces[first].name, t->cast->spaces[second].name};
    int64_t shapes[2][4];
    char sizes[2][88];
    for (int32_t i = 0; i < 2; i++) {
        GAN__TRY(gan_tape_shape(t->tape, values[i], shapes[i]));
        gan__picture_print((gan__shape){1, shapes[i][1], shapes[i][2], shapes[i][3]}, sizes[i]);
    }
    if (!memcmp(shapes[0] + 1, shapes[1] + 1, 3 * sizeof **shapes)) return GAN_OK;
    return gan__fail(t->object.context, GAN_E_SHAPE,
                     "%s: %s= needs pictures of one size and as many channels in '%s' and '%s', "
                     "which have %s and %s; %s=0 does without",
                     t->kind->kind.name, option, names[0], names[1], sizes[0], sizes[1], option);
}
