/* recipe.c: recipes from files and texts, and the public questions about them. */
#include "recipe/recipe.h"
#include "base/memory.h"
#include "base/stream.h"
#include "optim/optimizer.h"
#include "train/trainer.h"

#include <string.h>

/* ---- loading ---- */

void gan__section_drop(gan_context *context, gan__section *section)
{
    if (section->given) gan__options_free(context, section->kind, section->given);
    if (section->values) gan__options_free(context, section->kind, section->values);
    gan__free(context, section->given);
    gan__free(context, section->values);
    section->given = section->values = NULL;
}

void gan__section_free(gan_context *context, gan__section *section)
{
    gan__section_drop(context, section);
    gan__cast_free(section->cast);
    gan__free(context, section->name);
    gan_model_release(section->model);
}

static void recipe_destroy(void *self)
{
    gan_recipe *recipe = self;
    gan_context *context = recipe->object.context;
    for (size_t i = 0; i < recipe->count; i++) gan__section_free(context, &recipe->sections[i]);
    gan__free(context, recipe->sections);
    gan__free(context, recipe->path);
    gan__free(context, recipe->folder);
    gan__free(context, recipe->source);
    gan__free(context, recipe->text);
    gan__free(context, recipe->context_text);
}

/* Where a recipe comes from: the file `path`, or a text, whose paths are below `folder`. */
typedef struct recipe_origin {
    const char *path, *text, *folder;
} recipe_origin;

static gan_status recipe_open_file(gan_recipe *recipe, const char *path, size_t *size)
{
    gan_context *context = recipe->object.context;
    uint8_t *bytes;
    GAN__TRY(gan__path_folder(context, path, &recipe->folder));
    GAN__TRY(gan__file_read_most(context, path, GAN__RECIPE_LIMIT, &bytes, size));
    recipe->source = (char *)bytes;
    return GAN_OK;
}

static gan_status recipe_open_text(gan_recipe *recipe, const recipe_origin *origin, size_t *size)
{
    gan_context *context = recipe->object.context;
    char *here;
    *size = strlen(origin->text);
    if (*size > GAN__RECIPE_LIMIT) {
        return gan__fail(context, GAN_E_FORMAT, "%s: more than %d bytes", recipe->path,
                         (int)GAN__RECIPE_LIMIT);
    }
    GAN__TRY(gan__path_here(context, &here));
    gan_status status =
        gan__path_join(context, here, origin->folder ? origin->folder : "", &recipe->folder);
    gan__free(context, here);
    if (status != GAN_OK) return status;
    return gan__copy_text(context, &recipe->source, origin->text, *size);
}

static gan_status recipe_fill(gan_recipe *recipe, const recipe_origin *origin)
{
    gan_context *context = recipe->object.context;
    const char *name = origin->text ? "recipe" : origin->path;
    size_t size;
    GAN__TRY(gan__copy_text(context, &recipe->path, name, strlen(name)));
    GAN__TRY(origin->text ? recipe_open_text(recipe, origin, &size)
                          : recipe_open_file(recipe, origin->path, &size));
    GAN__TRY(gan__recipe_split(recipe, size));
    GAN__TRY(gan__recipe_read(recipe));
    return gan__recipe_print(recipe);
}

static gan_status recipe_make(gan_recipe **out, gan_context *context, const recipe_origin *origin)
{
    gan_recipe *recipe;
    GAN__TRY(gan__object_create(&recipe, context, sizeof *recipe, GAN__RECIPE, recipe_destroy));
    gan_status status = recipe_fill(recipe, origin);
    if (status == GAN_OK)
        *out = recipe;
    else
        gan__object_release(recipe);
    return status;
}

gan_status gan_recipe_load(gan_recipe **out, gan_context *context, const char *path)
{
    if (out) *out = NULL;
    if (!out || !context || !path) {
        return gan__fail(context, GAN_E_ARGUMENT, "gan_recipe_load: %s is NULL",
                         !out       ? "out"
                         : !context ? "context"
                                    : "path");
    }
    const recipe_origin origin = {.path = path};
    GAN__RETURN_ENTERED(context, recipe_make(out, context, &origin));
}

gan_status gan_recipe_parse(gan_recipe **out, gan_context *context, const char *text,
                            const char *folder)
{
    if (out) *out = NULL;
    if (!out || !context || !text) {
        return gan__fail(context, GAN_E_ARGUMENT, "gan_recipe_parse: %s is NULL",
                         !out       ? "out"
                         : !context ? "context"
                                    : "text");
    }
    const recipe_origin origin = {.text = text, .folder = folder};
    GAN__RETURN_ENTERED(context, recipe_make(out, context, &origin));
}

void gan_recipe_retain(gan_recipe *recipe)
{
    if (gan__object_is(recipe, GAN__RECIPE)) gan__object_retain(recipe);
}

void gan_recipe_release(gan_recipe *recipe)
{
    if (gan__object_is(recipe, GAN__RECIPE)) gan__object_release(recipe);
}

/* ---- questions ---- */

const char *gan_recipe_text(const gan_recipe *recipe)
{
    return gan__object_is(recipe, GAN__RECIPE) ? recipe->text : NULL;
}

const char *gan_recipe_context(const gan_recipe *recipe)
{
    return gan__object_is(recipe, GAN__RECIPE) ? recipe->context_text : NULL;
}

gan_status gan__recipe_lookup(const gan_recipe *recipe, const char *name, size_t length,
                              gan__section **out)
{
    const char *dot = memchr(name, '.', length), *after = dot ? dot + 1 : "";
    size_t word = dot ? (size_t)(dot - name) : length, rest = dot ? length - word - 1 : 0;
    for (int32_t i = 0; i < GAN__SECTION_TYPES; i++) {
        gan__section_type type = (gan__section_type)i;
        const char *known = gan__section_word(type);
        if (strlen(known) != word || memcmp(known, name, word) != 0) continue;
        if (gan__section_is_named(type) != (dot != NULL)) break;
        *out = gan__recipe_find(recipe, type, after, rest);
        if (*out || gan__recipe_knows(recipe, type, after, rest)) return GAN_OK;
    }
    return gan__recipe_unknown(recipe, name, length, NULL);
}

gan_status gan__recipe_split_path(const gan_recipe *recipe, const char *path, size_t *length)
{
    const char *dot = strrchr(path, '.');
    if (dot) {
        *length = (size_t)(dot - path);
        return GAN_OK;
    }
    return gan__fail(recipe->object.context, GAN_E_TEXT, "%s: '%.200s' is not SECTION.KEY",
                     recipe->path, path);
}

gan_status gan__recipe_check_key(const gan_recipe *recipe, const gan__section *section,
                                 const char *key)
{
    gan_context *context = recipe->object.context;
    if (section->kind == &gan__weights_kind && strcmp(key, "load") != 0 &&
        strcmp(key, "map") != 0) {
        return gan__fail(context, GAN_E_ARGUMENT,
                         "%s: [%s.%s] is a network: all but its options load and map is changed "
                         "in the file",
                         recipe->path, gan__section_word(section->type), section->name);
    }
    if (section->type == GAN__SECTION_TRAINER && strcmp(key, "batch") == 0)
        return gan__fail(context, GAN_E_TEXT, "trainer: option 'batch' belongs to [run]");
    return GAN_OK;
}

gan_status gan__recipe_reference(const gan_recipe *recipe, const void *values, const char *group,
                                 size_t length, gan__section *out)
{
    gan_context *context = recipe->object.context;
    const gan__cast *cast = gan__recipe_trainer(recipe)->cast;
    const int32_t index = gan__cast_group(cast, group, length);
    *out = (gan__section){.type = GAN__SECTION_OPTIMIZER};
    if (index < 0) return GAN_OK;
    const gan__passage text = {cast->kind->reference(values, cast->groups[index].name), 1};
    gan__description reference;
    GAN__TRY(gan__section_describe(context, out, &text, &reference));
    out->kind = reference.kind;
    out->given = reference.values;
    gan_status status = gan__section_settle(recipe, out);
    if (status != GAN_OK) gan__section_free(context, out);
    return status;
}

/* The section whose options say what is asked for. An optimiser that the recipe leaves out is the
 * trainer's reference setting, as *own. */
static gan_status recipe_find_section(const gan_recipe *recipe, const char *path, size_t length,
                                      gan__section *own, gan__section **out)
{
    const size_t word = sizeof "optimizer";
    *out = NULL;
    GAN__TRY(gan__recipe_lookup(recipe, path, length, out));
    if (*out) return gan__recipe_check_key(recipe, *out, path + length + 1);
    if (strncmp(path, "optimizer.", word) == 0) {
        const gan__section *trainer = gan__recipe_find(recipe, GAN__SECTION_TRAINER, "", 0);
        GAN__TRY(gan__recipe_reference(recipe, trainer->values, path + word, length - word, own));
        if (own->kind) *out = own;
    }
    if (*out) return GAN_OK;
    return gan__fail(recipe->object.context, GAN_E_ARGUMENT, "%s: there is no section [%.*s]",
                     recipe->path, (int)length, path);
}

static gan_status recipe_print_option(const gan_recipe *recipe, const char *path, gan__text *text)
{
    gan_context *context = recipe->object.context;
    gan__section own = {.kind = NULL}, *section = NULL;
    size_t length = 0;
    GAN__TRY(gan__recipe_split_path(recipe, path, &length));
    GAN__TRY(recipe_find_section(recipe, path, length, &own, &section));
    const gan__token key = {
        .kind = GAN__TOKEN_WORD, .text = path + length + 1, .length = strlen(path + length + 1)};
    gan_status status = gan__options_get(context, section->kind, section->values, &key, text);
    gan__section_free(context, &own);
    return status;
}

static gan_status recipe_option(const gan_recipe *recipe, const char *path, char *value,
                                size_t size)
{
    gan_context *context = recipe->object.context;
    gan__text text = {.context = context};
    gan_status status = recipe_print_option(recipe, path, &text);
    if (status == GAN_OK && text.length >= size) {
        status = gan__fail(context, GAN_E_ARGUMENT,
                           "gan_recipe_option: '%.200s' needs %zu bytes, there are %zu", path,
                           text.length + 1, size);
    }
    if (status == GAN_OK) memcpy(value, text.bytes ? text.bytes : "", text.length + 1);
    gan__text_free(&text);
    return status;
}

gan_status gan_recipe_option(const gan_recipe *recipe, const char *path, char *value, size_t size)
{
    if (value && size > 0) *value = '\0';
    GAN__TRY(gan__object_check(NULL, recipe, GAN__RECIPE, "gan_recipe_option", "recipe"));
    gan_context *context = recipe->object.context;
    if (!path || !value) {
        return gan__fail(context, GAN_E_ARGUMENT, "gan_recipe_option: %s is NULL",
                         path ? "value" : "path");
    }
    GAN__RETURN_ENTERED(context, recipe_option(recipe, path, value, size));
}
