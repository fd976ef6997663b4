/* read_network.c: the sections of parts and models: a network, and where its first weights are
 * from.
 *
 *     load=FILE {key=value}     a first statement, which may be all there is
 *     input ...; ...            the network */
#include "base/memory.h"
#include "base/option_value.h"
#include "model/name_map.h"
#include "model/tree.h"
#include "recipe/recipe.h"

#include <string.h>

static const gan__option weights_table[] = {
    {"load", GAN__OPTION_PATH, 0, NULL, 0, 0, NULL, offsetof(gan__weights_options, load),
     "file of the first weights: a model's, or a state dict of PyTorch's"},
    {"map", GAN__OPTION_TEXT, 0, NULL, 0, 0, NULL, offsetof(gan__weights_options, map),
     "other names for the file's tensors: strip PREFIX; rename PATTERN NAME; drop PATTERN"},
};

static gan_status weights_check(gan_context *context, const void *values)
{
    const gan__weights_options *options = values;
    gan__name_map map;
    GAN__TRY(gan__name_map_parse(context, options->map, &map));
    gan__name_map_free(&map);
    if (!options->map || options->load) return GAN_OK;
    return gan__fail(context, GAN_E_TEXT, "'map' without 'load'");
}

const gan__kind gan__weights_kind = {.name = "model",
                                     .help = "how a recipe's network begins",
                                     GAN__OPTIONS(weights_table),
                                     .size = sizeof(gan__weights_options),
                                     .check = weights_check};

static gan_status network_fail(gan_context *context, const gan__token *at, const char *what)
{
    char place[48];
    return gan__fail(context, GAN_E_TEXT, "model: %s%s", what, gan__place_print(at->place, place));
}

/* Whether the statement that begins with *first is `load=FILE`; "load = input 64 64 3" is a
 * network whose input has that name. */
static gan_status network_is_load(const gan__lexer *lexer, const gan__token *first, bool *out)
{
    gan__lexer ahead = *lexer;
    gan__token sign, value, after;
    *out = false;
    if (!gan__token_is(first, "load")) return GAN_OK;
    GAN__TRY(gan__lexer_next(&ahead, &sign));
    if (sign.kind != GAN__TOKEN_EQUALS) return GAN_OK;
    GAN__TRY(gan__lexer_next(&ahead, &value));
    GAN__TRY(gan__lexer_next(&ahead, &after));
    bool alone = after.kind == GAN__TOKEN_BREAK || after.kind == GAN__TOKEN_END;
    *out = !gan__token_is(&value, "input") || alone;
    return GAN_OK;
}

static gan_status network_read_load(gan_context *context, gan__section *section,
                                    const gan__passage *text)
{
    gan__lexer lexer;
    gan__token token, first;
    bool loads;
    gan__lexer_start(&lexer, context, text);
    do {
        GAN__TRY(gan__lexer_next(&lexer, &token));
    } while (token.kind == GAN__TOKEN_BREAK);
    GAN__TRY(network_is_load(&lexer, &token, &loads));
    if (!loads) return GAN_OK;
    section->load_line = token.place.line;
    first = token;
    GAN__TRY(gan__options_read(context, section->kind, section->given, &lexer, &token));
    if (token.kind != GAN__TOKEN_BREAK && token.kind != GAN__TOKEN_END)
        return network_fail(context, &token, "the network begins on the line after load=FILE");
    section->skip = (size_t)(lexer.cursor - text->text);
    if (gan__section_weights(section)->load) return GAN_OK;
    return network_fail(context, &first, "load= names no file");
}

bool gan__section_is_written(const gan__section *section)
{
    const char *at = section->text + section->skip, *end = section->text + section->length;
    bool comment = false;
    for (; at < end; at++) {
        comment = *at != '\n' && (comment || *at == '#');
        if (!comment && !strchr(" \t\r\n;", *at)) return true;
    }
    return false;
}

gan_status gan__section_find_parts(const gan_recipe *recipe, const gan__section *section,
                                   gan__section_parts *out)
{
    gan_context *context = recipe->object.context;
    *out = (gan__section_parts){.count = 0};
    GAN__TRY(gan__allocate(context, &out->names, recipe->count, sizeof *out->names));
    gan_status status = gan__allocate(context, &out->models, recipe->count, sizeof *out->models);
    if (status != GAN_OK) gan__free(context, out->names);
    for (size_t i = 0; status == GAN_OK && i < recipe->count; i++) {
        const gan__section *part = &recipe->sections[i];
        if (part == section && part->type == GAN__SECTION_PART) break;
        if (part->type != GAN__SECTION_PART) continue;
        out->names[out->count] = part->name;
        out->models[out->count++] = part->model;
    }
    return status;
}

/* What one model may place is the limit for all of a recipe, so that a small file cannot become
 * many large ones. */
static gan_status network_parse(const gan_recipe *recipe, gan__section *section,
                                const gan__passage *text)
{
    gan_context *context = recipe->object.context;
    gan__section_parts parts;
    size_t placed = 0;
    for (size_t i = 0; i < recipe->count; i++)
        if (recipe->sections[i].model) placed += recipe->sections[i].model->node_count;
    GAN__TRY(gan__section_find_parts(recipe, section, &parts));
    const gan__given given = {parts.names, parts.models, parts.count};
    size_t budget = placed < GAN__MAX_PLACED ? GAN__MAX_PLACED - placed : 0;
    gan_status status = gan__model_parse_passage(&section->model, context, text, &given, budget);
    gan__free(context, parts.names);
    gan__free(context, parts.models);
    return status;
}

gan_status gan__section_check_network(gan_context *context, const gan__section *section)
{
    const gan__weights_options *options = gan__section_weights(section);
    if (gan__section_is_written(section)) return GAN_OK;
    if (!options->load)
        return gan__fail(context, GAN_E_TEXT, "model: there is neither a network nor load=FILE");
    if (options->map) {
        return gan__fail(context, GAN_E_TEXT,
                         "model: 'map' needs a network below it, whose names are known");
    }
    if (section->type == GAN__SECTION_MODEL) return GAN_OK;
    return gan__fail(context, GAN_E_TEXT,
                     "model: a part with load=FILE needs its network below it, for the models "
                     "that place it");
}

gan_status gan__section_read_network(const gan_recipe *recipe, gan__section *section,
                                     const gan__passage *text)
{
    gan_context *context = recipe->object.context;
    section->kind = &gan__weights_kind;
    GAN__TRY(gan__allocate(context, &section->given, 1, section->kind->size));
    GAN__TRY(gan__options_init(context, section->kind, section->given));
    GAN__TRY(network_read_load(context, section, text));
    if (section->skip == 0) return network_parse(recipe, section, text);
    GAN__TRY(gan__section_paths(context, section->kind, section->given, recipe->folder));
    GAN__TRY(gan__section_check_network(context, section));
    if (!gan__section_is_written(section)) return GAN_OK;
    char *rest;
    GAN__TRY(gan__section_text(context, section, &rest));
    const gan__passage passage = {rest, text->line};
    gan_status status = network_parse(recipe, section, &passage);
    gan__free(context, rest);
    return status;
}
