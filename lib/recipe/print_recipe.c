/* print_recipe.c: a recipe as text, spelled out: every option with the value that holds, every
 * group's optimiser, every layer's options. A default that changes one day changes no recipe that
 * was printed before. */
#include "base/memory.h"
#include "base/option_value.h"
#include "model/tree.h"
#include "recipe/recipe.h"

#include <string.h>

void gan__section_print(gan__text *text, const gan__section *section)
{
    gan__text_print(text, "%s", section->kind->name);
    gan__options_print(text, section->kind, section->values);
}

/* The trainer's batch stands in [run]. */
static void print_description(gan__text *text, const gan__section *section)
{
    const bool trainer = section->type == GAN__SECTION_TRAINER;
    gan__text_print(text, "%s", section->kind->name);
    gan__options_print_but(text, section->kind, section->values, trainer ? "batch" : NULL);
    gan__text_append(text, "\n", 1);
}

/* Texts that were left out are left out. */
static void print_settings(gan__text *text, const gan__section *section, const char *between)
{
    for (int32_t i = 0, count = gan__kind_option_count(section->kind); i < count; i++) {
        const gan__option option = gan__kind_option(section->kind, i);
        if (gan__option_is_text(&option) && !gan__option_text_of(&option, section->values))
            continue;
        gan__text_print(text, "%s%s=", i > 0 ? between : "", option.name);
        gan__option_print(text, &option, (const char *)section->values + option.offset);
    }
}

/* "load=FILE map=...", where there is a file. */
static void print_load(gan__text *text, const gan__section *section)
{
    const gan__weights_options *options = gan__section_weights(section);
    if (!options->load) return;
    gan__text_print(text, "load=");
    gan__text_value(text, options->load, strlen(options->load));
    if (options->map) {
        gan__text_print(text, " map=");
        gan__text_value(text, options->map, strlen(options->map));
    }
    gan__text_append(text, "\n", 1);
}

/* Parts that are sections stay `part NAME`. */
static gan_status print_network(gan__text *text, const gan_recipe *recipe,
                                const gan__section *section)
{
    gan__section_parts parts;
    if (!section->model) return GAN_OK;
    GAN__TRY(gan__section_find_parts(recipe, section, &parts));
    const gan__given given = {parts.names, parts.models, parts.count};
    gan_status status = gan__model_print(section->model, &given, text);
    gan__free(recipe->object.context, parts.names);
    gan__free(recipe->object.context, parts.models);
    return status;
}

static void print_header(gan__text *text, gan__section_type type, const char *name)
{
    gan__text_print(text, "%s[%s%s%s]\n", text->length > 0 ? "\n" : "", gan__section_word(type),
                    name[0] ? "." : "", name);
}

static gan_status print_section(gan__text *text, const gan_recipe *recipe,
                                const gan__section *section)
{
    print_header(text, section->type, section->name);
    switch (section->type) {
    case GAN__SECTION_CONTEXT:
    case GAN__SECTION_RUN:
        print_settings(text, section, "\n");
        gan__text_append(text, "\n", 1);
        return GAN_OK;
    case GAN__SECTION_PART:
    case GAN__SECTION_MODEL: print_load(text, section); return print_network(text, recipe, section);
    default: print_description(text, section); return GAN_OK;
    }
}

/* The groups that have no section: their reference settings. */
static gan_status print_references(gan__text *text, const gan_recipe *recipe)
{
    const gan__section_type type = GAN__SECTION_OPTIMIZER;
    const gan__section *trainer = gan__recipe_find(recipe, GAN__SECTION_TRAINER, "", 0);
    const char *group;
    for (int32_t i = 0; (group = gan__recipe_known(recipe, type, i)) != NULL; i++) {
        gan__section reference;
        if (gan__recipe_find(recipe, type, group, strlen(group))) continue;
        GAN__TRY(gan__recipe_reference(recipe, trainer->values, group, strlen(group), &reference));
        print_header(text, type, group);
        print_description(text, &reference);
        gan__section_free(recipe->object.context, &reference);
    }
    return GAN_OK;
}

static gan_status print_all(gan__text *text, const gan_recipe *recipe)
{
    for (int32_t type = 0; type < GAN__SECTION_TYPES; type++) {
        for (size_t i = 0; i < recipe->count; i++) {
            if ((int32_t)recipe->sections[i].type != type) continue;
            GAN__TRY(print_section(text, recipe, &recipe->sections[i]));
        }
        if (type == GAN__SECTION_OPTIMIZER) GAN__TRY(print_references(text, recipe));
    }
    GAN__TRY(text->status);
    if (text->length <= GAN__RECIPE_LIMIT) return GAN_OK;
    return gan__fail(recipe->object.context, GAN_E_FORMAT,
                     "%s: more than %d bytes, with all options spelled out", recipe->path,
                     (int)GAN__RECIPE_LIMIT);
}

gan_status gan__recipe_print(gan_recipe *recipe)
{
    gan_context *context = recipe->object.context;
    gan__text text = {.context = context}, settings = {.context = context};
    gan_status status = print_all(&text, recipe);
    print_settings(&settings, gan__recipe_find(recipe, GAN__SECTION_CONTEXT, "", 0), " ");
    if (status == GAN_OK) status = settings.status;
    if (status != GAN_OK) {
        gan__text_free(&text);
        gan__text_free(&settings);
        return status;
    }
    gan__free(context, recipe->text);
    gan__free(context, recipe->context_text);
    recipe->text = text.bytes;
    recipe->context_text = settings.bytes;
    return GAN_OK;
}
