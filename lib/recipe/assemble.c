/* assemble.c: makes a trainer of a recipe that was read: parts, models, data, optimisers; new, or
 * as a checkpoint left it. */
#include "base/memory.h"
#include "recipe/recipe.h"
#include "train/trainer.h"

#include <string.h>

/* Models that are being made: the parts, by name, which models after them place. */
typedef struct assemble_state {
    gan_context *context;
    const gan_recipe *recipe;
    gan_trainer *trainer;
    const char **names;
    gan_model **parts;
    int32_t count;
} assemble_state;

static gan_status assemble_fail(const assemble_state *a, const gan__section *section,
                                gan_status status)
{
    return gan__fail_in(a->context, status, "%s: [%s%s%s]", a->recipe->path,
                        gan__section_word(section->type), section->name[0] ? "." : "",
                        section->name);
}

static gan_status assemble_written(assemble_state *a, const gan__section *section, gan_model **out)
{
    char *text;
    GAN__TRY(gan__section_text(a->context, section, &text));
    gan_status status = gan_model_parse_parts(out, a->context, text, a->names, a->parts, a->count);
    gan__free(a->context, text);
    return status;
}

/* Where the section says what is loaded, for messages. */
static gan_status assemble_load_fail(const assemble_state *a, const gan__section *section,
                                     gan_status status)
{
    if (section->load_line == 0) return gan__fail_in(a->context, status, "load");
    return gan__fail_in(a->context, status, "load in line %d", (int)section->load_line);
}

/* First weights that a file replaces are drawn all the same: other networks keep theirs. */
static gan_status assemble_network(assemble_state *a, const gan__section *section, gan_model **out)
{
    const gan__weights_options *from = gan__section_weights(section);
    gan_status status;
    *out = NULL;
    if (!gan__section_is_written(section)) {
        status = gan_model_load(out, a->context, from->load);
        return status == GAN_OK ? GAN_OK : assemble_load_fail(a, section, status);
    }
    GAN__TRY(assemble_written(a, section, out));
    if (!from->load) return GAN_OK;
    status = gan_model_load_weights(*out, from->load, from->map);
    if (status == GAN_OK) return GAN_OK;
    gan_model_release(*out);
    *out = NULL;
    return assemble_load_fail(a, section, status);
}

static gan_status assemble_model(assemble_state *a, const gan__section *section)
{
    gan_model *model;
    GAN__TRY(assemble_network(a, section, &model));
    gan_status status = gan_trainer_set_model(a->trainer, section->name, model);
    gan_model_release(model);
    return status;
}

static gan_status assemble_dataset(gan_context *context, const gan__section *section,
                                   gan_dataset **out)
{
    gan__text spec = {.context = context};
    gan__section_print(&spec, section);
    gan_status status = spec.status;
    if (status == GAN_OK) status = gan_dataset_open(out, context, spec.bytes);
    gan__text_free(&spec);
    return status;
}

static gan_status assemble_data(assemble_state *a, const gan__section *section)
{
    gan_dataset *dataset = NULL;
    gan_status status = assemble_dataset(a->context, section, &dataset);
    if (status == GAN_OK) status = gan_trainer_set_data(a->trainer, section->name, dataset);
    gan_dataset_release(dataset);
    return status;
}

static gan_status assemble_optimizer(assemble_state *a, const gan__section *section)
{
    gan__text spec = {.context = a->context};
    gan__section_print(&spec, section);
    gan_status status = spec.status;
    if (status == GAN_OK) status = gan_trainer_set_optimizer(a->trainer, section->name, spec.bytes);
    gan__text_free(&spec);
    return status;
}

static gan_status assemble_trainer(assemble_state *a, const gan__section *section)
{
    gan__text spec = {.context = a->context};
    gan__section_print(&spec, section);
    gan_status status = spec.status;
    if (status == GAN_OK) status = gan_trainer_create(&a->trainer, a->context, spec.bytes);
    gan__text_free(&spec);
    return status;
}

static gan_status assemble_part(assemble_state *a, const gan__section *section)
{
    gan_model *part;
    GAN__TRY(assemble_network(a, section, &part));
    a->names[a->count] = section->name;
    a->parts[a->count++] = part;
    return GAN_OK;
}

static gan_status assemble_type(assemble_state *a, gan__section_type type,
                                gan_status (*make)(assemble_state *, const gan__section *))
{
    for (size_t i = 0; i < a->recipe->count; i++) {
        const gan__section *section = &a->recipe->sections[i];
        if (section->type != type) continue;
        gan_status status = make(a, section);
        if (status != GAN_OK) return assemble_fail(a, section, status);
    }
    return GAN_OK;
}

/* Networks in the file's order: their first weights are drawn in it. */
static gan_status assemble_new(assemble_state *a)
{
    gan_context *context = a->context;
    GAN__TRY(gan__allocate(context, &a->names, a->recipe->count, sizeof *a->names));
    GAN__TRY(gan__allocate(context, &a->parts, a->recipe->count, sizeof *a->parts));
    GAN__TRY(assemble_type(a, GAN__SECTION_TRAINER, assemble_trainer));
    GAN__TRY(assemble_type(a, GAN__SECTION_PART, assemble_part));
    GAN__TRY(assemble_type(a, GAN__SECTION_MODEL, assemble_model));
    return assemble_type(a, GAN__SECTION_OPTIMIZER, assemble_optimizer);
}

static gan_status assemble(gan_trainer **out, const gan_recipe *recipe, gan_context *context,
                           const char *checkpoint)
{
    assemble_state a = {.context = context, .recipe = recipe};
    const gan__counts before = context->counts;
    gan_status status =
        checkpoint ? gan__recipe_resume(&a.trainer, recipe, context, checkpoint) : assemble_new(&a);
    if (status == GAN_OK) status = assemble_type(&a, GAN__SECTION_DATA, assemble_data);
    if (status == GAN_OK && checkpoint)
        status = gan__recipe_resume_data(a.trainer, recipe, checkpoint);
    for (int32_t i = 0; i < a.count; i++) gan_model_release(a.parts[i]);
    gan__free(context, a.parts);
    gan__free(context, a.names);
    if (status == GAN_OK) {
        *out = a.trainer;
        return GAN_OK;
    }
    gan_trainer_release(a.trainer);
    context->counts = before;
    return status;
}

gan_status gan_recipe_trainer(gan_trainer **out, const gan_recipe *recipe, gan_context *context,
                              const char *checkpoint)
{
    if (out) *out = NULL;
    if (!out || !context) {
        return gan__fail(context, GAN_E_ARGUMENT, "gan_recipe_trainer: %s is NULL",
                         out ? "context" : "out");
    }
    GAN__TRY(gan__object_check(context, recipe, GAN__RECIPE, "gan_recipe_trainer", "recipe"));
    GAN__RETURN_ENTERED(context, assemble(out, recipe, context, checkpoint));
}

static gan_status assemble_one(gan_dataset **out, const gan_recipe *recipe, gan_context *context,
                               const char *feed)
{
    const assemble_state a = {.context = context, .recipe = recipe};
    const gan__section *section = gan__recipe_find(recipe, GAN__SECTION_DATA, feed, strlen(feed));
    if (!section)
        return gan__fail(context, GAN_E_ARGUMENT, "%s: there is no [data.%.100s]", recipe->path,
                         feed);
    gan_status status = assemble_dataset(context, section, out);
    return status == GAN_OK ? GAN_OK : assemble_fail(&a, section, status);
}

gan_status gan_recipe_dataset(gan_dataset **out, const gan_recipe *recipe, gan_context *context,
                              const char *feed)
{
    if (out) *out = NULL;
    if (!out || !context || !feed)
        return gan__fail(context, GAN_E_ARGUMENT, "gan_recipe_dataset: %s is NULL",
                         !out       ? "out"
                         : !context ? "context"
                                    : "feed");
    GAN__TRY(gan__object_check(context, recipe, GAN__RECIPE, "gan_recipe_dataset", "recipe"));
    GAN__RETURN_ENTERED(context, assemble_one(out, recipe, context, feed));
}
