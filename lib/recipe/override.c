/* override.c: options of a recipe that are given otherwise than in its file. */
#include "base/memory.h"
#include "recipe/recipe.h"
#include "train/trainer.h"

#include <string.h>

/* ---- sections that come into being ---- */

/* An optimiser that the recipe leaves out is the trainer's reference setting: written down, to be
 * changed. */
static gan_status override_add_optimizer(gan_recipe *recipe, const char *group, size_t length,
                                         gan__section **out)
{
    gan__section made = {.type = GAN__SECTION_OPTIMIZER};
    GAN__TRY(gan__recipe_reference(recipe, group, length, &made.kind, &made.values));
    gan_status status = gan__recipe_add(recipe, GAN__SECTION_OPTIMIZER, group, length, out);
    if (status != GAN_OK) {
        gan__section_free(recipe->object.context, &made);
        return status;
    }
    (*out)->kind = made.kind;
    (*out)->values = made.values;
    (*out)->text = "";
    return GAN_OK;
}

/* A role whose network is the one of the file that it will be loaded from. */
static gan_status override_add_model(gan_recipe *recipe, const char *role, size_t length,
                                     gan__section **out)
{
    gan_context *context = recipe->object.context;
    void *values;
    GAN__TRY(gan__allocate(context, &values, 1, gan__weights_kind.size));
    gan_status status = gan__recipe_add(recipe, GAN__SECTION_MODEL, role, length, out);
    if (status != GAN_OK) {
        gan__free(context, values);
        return status;
    }
    (*out)->kind = &gan__weights_kind;
    (*out)->values = values;
    (*out)->text = "";
    return GAN_OK;
}

static bool override_is(const char *name, const char *word)
{
    return strncmp(name, word, strlen(word)) == 0;
}

/* The section to change; *added if it was made for this. */
static gan_status override_section(gan_recipe *recipe, const char *name, size_t length, bool *added,
                                   gan__section **out)
{
    const size_t optimizer = strlen("optimizer."), model = strlen("model.");
    *added = false;
    GAN__TRY(gan__recipe_lookup(recipe, name, length, out));
    if (*out) return GAN_OK;
    *added = true;
    if (override_is(name, "optimizer."))
        return override_add_optimizer(recipe, name + optimizer, length - optimizer, out);
    if (override_is(name, "model."))
        return override_add_model(recipe, name + model, length - model, out);
    *added = false;
    return gan__fail(recipe->object.context, GAN_E_ARGUMENT,
                     "%s: there is no section [%.*s] to change", recipe->path, (int)length, name);
}

/* ---- one option ---- */

static gan_status override_assign(gan_recipe *recipe, gan__section *section, const char *key,
                                  const char *value)
{
    gan_context *context = recipe->object.context;
    const gan__token name = {.kind = GAN__TOKEN_WORD, .text = key, .length = strlen(key)};
    const gan__token word = {.kind = GAN__TOKEN_WORD, .text = value, .length = strlen(value)};
    const bool network = section->kind == &gan__weights_kind;
    char *folder;
    GAN__TRY(gan__recipe_check_key(recipe, section, key));
    GAN__TRY(gan__options_set(context, section->kind, section->values, &name, &word));
    if (section->type != GAN__SECTION_DATA && !network) return GAN_OK;
    GAN__TRY(gan__path_here(context, &folder));
    gan_status status = network
                            ? gan__section_finish_network(context, section, folder)
                            : gan__section_paths(context, section->kind, section->values, folder);
    gan__free(context, folder);
    return status;
}

/* All or nothing: on failure the section has its old values, or is gone again. */
static gan_status override_set(gan_recipe *recipe, const char *path, const char *value,
                               gan__section **out)
{
    gan_context *context = recipe->object.context;
    gan__section *section = NULL;
    void *old = NULL;
    size_t length = 0;
    bool added;
    GAN__TRY(gan__recipe_split_path(recipe, path, &length));
    GAN__TRY(override_section(recipe, path, length, &added, &section));
    gan_status status = gan__allocate(context, &old, 1, section->kind->size);
    if (status == GAN_OK) status = gan__options_copy(context, section->kind, old, section->values);
    if (status == GAN_OK) {
        status = override_assign(recipe, section, path + length + 1, value);
        if (status == GAN_OK) status = gan__recipe_print(recipe);
        if (status != GAN_OK) { /* the old ones are kept, the others dropped below */
            void *changed = section->values;
            section->values = old;
            old = changed;
        }
    }
    if (old) gan__options_free(context, section->kind, old);
    gan__free(context, old);
    if (status != GAN_OK && added) gan__section_free(context, &recipe->sections[--recipe->count]);
    *out = section;
    return status;
}

static gan_status override_plainly(gan_recipe *recipe, const char *path, const char *value)
{
    gan__section *section;
    return override_set(recipe, path, value, &section);
}

/* What every override's arguments are checked for. */
static gan_status override_check(const gan_recipe *recipe, const char *function, const char *path,
                                 const char *value)
{
    GAN__TRY(gan__object_check(NULL, recipe, GAN__RECIPE, function, "recipe"));
    if (path && value) return GAN_OK;
    return gan__fail(recipe->object.context, GAN_E_ARGUMENT, "%s: %s is NULL", function,
                     path ? "value" : "path");
}

gan_status gan_recipe_set(gan_recipe *recipe, const char *path, const char *value)
{
    GAN__TRY(override_check(recipe, "gan_recipe_set", path, value));
    GAN__RETURN_ENTERED(recipe->object.context, override_plainly(recipe, path, value));
}

/* ---- changes of a training under way ---- */

/* What can never differ from the checkpoint, with the reason. */
static gan_status override_refuse_fixed(const gan_recipe *recipe, const char *path)
{
    gan_context *context = recipe->object.context;
    if (strcmp(path, "context.seed") == 0) {
        return gan__fail(context, GAN_E_ARGUMENT,
                         "%s: context.seed cannot change in a training: all that it draws follows "
                         "from it",
                         recipe->path);
    }
    if (override_is(path, "model.") || override_is(path, "part.")) {
        return gan__fail(context, GAN_E_ARGUMENT,
                         "%s: '%.200s' cannot change in a training: its networks and weights are "
                         "those of the checkpoint",
                         recipe->path, path);
    }
    return GAN_OK;
}

/* Adds a section for every group whose reference setting would be another with the changed option:
 * an optimiser of which nothing was asked stays what it is. */
static gan_status override_pin(gan_recipe *recipe, const gan_trainer *changed)
{
    const gan__section *section = gan__recipe_find(recipe, GAN__SECTION_TRAINER, "", 0);
    const gan_trainer present = {.kind = changed->kind, .options = section->values};
    for (int32_t i = 0; i < present.kind->group_count; i++) {
        const char *group = present.kind->groups[i];
        const char *before = present.kind->reference(&present, i);
        gan__section *added;
        if (strcmp(before, present.kind->reference(changed, i)) == 0) continue;
        if (gan__recipe_find(recipe, GAN__SECTION_OPTIMIZER, group, strlen(group))) continue;
        GAN__TRY(override_add_optimizer(recipe, group, strlen(group), &added));
    }
    return GAN_OK;
}

static gan_status override_pin_for(gan_recipe *recipe, const char *key, const char *value)
{
    gan_context *context = recipe->object.context;
    const gan__section *section = gan__recipe_find(recipe, GAN__SECTION_TRAINER, "", 0);
    const gan__token name = {.kind = GAN__TOKEN_WORD, .text = key, .length = strlen(key)};
    const gan__token word = {.kind = GAN__TOKEN_WORD, .text = value, .length = strlen(value)};
    const gan__kind *kind = section->kind; /* new sections move this one */
    gan_trainer changed = {.kind = (const gan__trainer_kind *)kind};
    GAN__TRY(gan__allocate(context, &changed.options, 1, kind->size));
    gan_status status = gan__options_copy(context, kind, changed.options, section->values);
    if (status == GAN_OK) {
        status = gan__options_set(context, kind, changed.options, &name, &word);
        if (status == GAN_OK) status = override_pin(recipe, &changed);
        gan__options_free(context, kind, changed.options);
    }
    gan__free(context, changed.options);
    return status;
}

static void override_note(gan__section *section, const char *key)
{
    for (int32_t i = 0; i < section->kind->option_count; i++)
        if (strcmp(section->kind->options[i].name, key) == 0) section->changed |= (uint64_t)1 << i;
}

static gan_status override_change(gan_recipe *recipe, const char *path, const char *value)
{
    static const char trainer[] = "trainer.";
    const size_t count = recipe->count;
    gan__section *section = NULL;
    gan_status status = GAN_OK;
    GAN__TRY(override_refuse_fixed(recipe, path));
    if (override_is(path, trainer) && strcmp(path, "trainer.batch") != 0)
        status = override_pin_for(recipe, path + strlen(trainer), value);
    if (status == GAN_OK) status = override_set(recipe, path, value, &section);
    if (status == GAN_OK) {
        override_note(section, strrchr(path, '.') + 1);
        return GAN_OK;
    }
    while (recipe->count > count)
        gan__section_free(recipe->object.context, &recipe->sections[--recipe->count]);
    return status;
}

gan_status gan_recipe_change(gan_recipe *recipe, const char *path, const char *value)
{
    GAN__TRY(override_check(recipe, "gan_recipe_change", path, value));
    GAN__RETURN_ENTERED(recipe->object.context, override_change(recipe, path, value));
}
