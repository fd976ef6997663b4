/* clamp.c: weights cut to an interval, as for a critic (Arjovsky et al., "Wasserstein GAN", 2017,
 * algorithm 1). */
#include "compute/pointwise.h"
#include "model/model.h"

static gan_status clamp_stores(gan_model *model, float least, float most)
{
    for (size_t i = 0; i < model->store_count; i++) {
        gan__store *store = model->stores[i];
        gan__clamp(model->object.context, store->weight_count, store->weights, least, most,
                   store->weights);
        store->version++;
    }
    return GAN_OK;
}

gan_status gan_model_clamp(gan_model *model, double least, double most)
{
    GAN__TRY(gan__object_check(NULL, model, GAN__MODEL, "gan_model_clamp", "model"));
    if (!(least <= most))
        return gan__fail(model->object.context, GAN_E_ARGUMENT,
                         "gan_model_clamp: least is above most, or one is not a number");
    GAN__RETURN_ENTERED(model->object.context, clamp_stores(model, (float)least, (float)most));
}
