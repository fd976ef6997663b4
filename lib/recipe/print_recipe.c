/* print_recipe.c: canonical text of a recipe: sections in the order of their types, every option
 * with its value. */
#include "base/memory.h"
#include "base/option_value.h"
#include "recipe/recipe.h"

#include <inttypes.h>
#include <string.h>

void gan__section_print(gan__text *text, const gan__section *section, int64_t batch)
{
    const gan__kind *kind = section->kind;
    gan__text_print(text, "%s", kind->name);
    for (int32_t positional = GAN__POSITIONAL; positional >= 0; positional--) {
        for (int32_t i = 0; i < kind->option_count; i++) {
            const gan__option *option = &kind->options[i];
            const gan__kind alone = {kind->name, kind->help, option, 1, kind->size};
            if ((option->flags & GAN__POSITIONAL) != positional) continue;
            if (section->type != GAN__SECTION_TRAINER || strcmp(option->name, "batch") != 0)
                gan__options_print(text, &alone, section->values);
            else if (batch >= 0)
                gan__text_print(text, " batch=%" PRId64, batch);
        }
    }
}

static void print_settings(gan__text *text, const gan__section *section, const char *between)
{
    const gan__kind *kind = section->kind;
    for (int32_t i = 0; i < kind->option_count; i++) {
        const gan__option *option = &kind->options[i];
        gan__text_print(text, "%s%s=", i > 0 ? between : "", option->name);
        gan__option_print(text, option, (const char *)section->values + option->offset);
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
    if (gan__section_is_written(section)) gan__text_append(text, "\n", 1);
}

/* As it was written, without what is empty before and behind. */
static void print_network(gan__text *text, const gan__section *section)
{
    const char *start = section->text + section->skip, *end = section->text + section->length;
    for (const char *at = start; at < end && strchr(" \t\r\n", *at); at++)
        if (*at == '\n') start = at + 1;
    while (end > start && strchr(" \t\r\n", end[-1])) end--;
    gan__text_append(text, start, (size_t)(end - start));
}

static void print_section(gan__text *text, const gan__section *section)
{
    gan__text_print(text, "%s[%s%s%s]\n", text->length > 0 ? "\n" : "",
                    gan__section_word(section->type), section->name[0] ? "." : "", section->name);
    switch (section->type) {
    case GAN__SECTION_CONTEXT:
    case GAN__SECTION_RUN: print_settings(text, section, "\n"); break;
    case GAN__SECTION_PART:
    case GAN__SECTION_MODEL:
        print_load(text, section);
        print_network(text, section);
        break;
    default: gan__section_print(text, section, -1); break;
    }
    gan__text_append(text, "\n", 1);
}

gan_status gan__recipe_print(gan_recipe *recipe)
{
    gan_context *context = recipe->object.context;
    gan__text text = {.context = context}, settings = {.context = context};
    for (int32_t type = 0; type < GAN__SECTION_TYPES; type++) {
        for (size_t i = 0; i < recipe->count; i++) {
            if ((int32_t)recipe->sections[i].type != type) continue;
            print_section(&text, &recipe->sections[i]);
        }
    }
    print_settings(&settings, gan__recipe_find(recipe, GAN__SECTION_CONTEXT, "", 0), " ");
    if (text.status != GAN_OK || settings.status != GAN_OK) {
        gan__text_free(&text);
        gan__text_free(&settings);
        return text.status != GAN_OK ? text.status : settings.status;
    }
    gan__free(context, recipe->text);
    gan__free(context, recipe->context_text);
    recipe->text = text.bytes;
    recipe->context_text = settings.bytes;
    return GAN_OK;
}
