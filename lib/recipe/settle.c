/* settle.c: what holds in a recipe, from what was given in it: options that were left open take the
 * values that others ask for. */
#include "base/memory.h"
#include "recipe/recipe.h"
#include "train/trainer.h"

/* [run] has the batch, or leaves it to the trainer's kind: it holds for both. */
static void settle_batch(const gan_recipe *recipe, const gan__section *section, void *values)
{
    const bool is_run = section->type == GAN__SECTION_RUN;
    if (!is_run && section->type != GAN__SECTION_TRAINER) return;
    const gan__section *run = gan__recipe_find(recipe, GAN__SECTION_RUN, "", 0);
    const gan__section *trainer = gan__recipe_find(recipe, GAN__SECTION_TRAINER, "", 0);
    gan__run_options *settled = is_run ? values : run->values; /* not yet: NULL */
    int64_t batch = ((const gan__run_options *)run->given)->batch;
    if (batch == 0) batch = ((const gan__trainer_common *)trainer->given)->batch;
    if (!is_run) ((gan__trainer_common *)values)->batch = batch;
    if (settled) settled->batch = batch;
}

gan_status gan__section_settle(const gan_recipe *recipe, gan__section *section)
{
    gan_context *context = recipe->object.context;
    const gan__kind *kind = section->kind;
    void *values;
    GAN__TRY(gan__allocate(context, &values, 1, kind->size));
    gan_status status = gan__options_copy(context, kind, values, section->given);
    if (status != GAN_OK) {
        gan__free(context, values);
        return status;
    }
    settle_batch(recipe, section, values);
    gan__options_settle(kind, values);
    if (section->type == GAN__SECTION_TRAINER) {
        gan__cast *cast;
        status = gan__cast_create(&cast, context, (const gan__trainer_kind *)kind, values);
        if (status != GAN_OK) {
            gan__options_free(context, kind, values);
            gan__free(context, values);
            return status;
        }
        gan__cast_free(section->cast);
        section->cast = cast;
    }
    if (section->values) gan__options_free(context, kind, section->values);
    gan__free(context, section->values);
    section->values = values;
    return GAN_OK;
}

static gan_status settle_check(gan_context *context, const gan__section *section)
{
    GAN__TRY(gan__options_check(context, section->kind, section->values));
    if (section->kind != &gan__weights_kind) return GAN_OK;
    return gan__section_check_network(context, section);
}

gan_status gan__recipe_check(const gan_recipe *recipe)
{
    gan_context *context = recipe->object.context;
    for (size_t i = 0; i < recipe->count; i++) {
        const gan__section *section = &recipe->sections[i];
        gan_status status = settle_check(context, section);
        if (status == GAN_OK) continue;
        return gan__fail_in(context, status, "%s: [%s%s%s]", recipe->path,
                            gan__section_word(section->type), section->name[0] ? "." : "",
                            section->name);
    }
    return GAN_OK;
}
