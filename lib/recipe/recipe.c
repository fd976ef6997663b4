#include "recipe/recipe.h"
#include "base/memory.h"
#include "base/stream.h"
#include "optim/optimizer.h"
#include "train/trainer.h"

#include <string.h>

/* ---- loading ---- */

static void recipe_free_section(gan_context *context, gan__section *section)
{
    if (section->kind && section->values) {
        gan__options_free(context, section->kind, section->values);
    }
    gan__free(context, section->values);
    gan__free(context, section->name);
    gan_model_release(section->model);
}

static void recipe_destroy(void *self)
{
    gan_recipe *recipe = self;
    gan_context *context = recipe->object.context;
    for (size_t i = 0; i < recipe->count; i++) recipe_free_section(context, &recipe->sections[i]);
    gan__free(context, recipe->sections);
    gan__free(context, recipe->path);
    gan__free(context, recipe->folder);
    gan__free(context, recipe->source);
    gan__free(context, recipe->text);
    gan__free(context, recipe->context_text);
}

static gan_status recipe_fill(gan_recipe *recipe, const char *path)
{
    gan_context *context = recipe->object.context;
    uint8_t *bytes;
    size_t size;
    GAN__TRY(gan__copy_text(context, &recipe->path, path, strlen(path)));
    GAN__TRY(gan__path_folder(context, path, &recipe->folder));
    GAN__TRY(gan__file_read_most(context, path, GAN__RECIPE_LIMIT, &bytes, &size));
    recipe->source = (char *)bytes;
    GAN__TRY(gan__recipe_split(recipe, size));
    GAN__TRY(gan__recipe_read(recipe));
    return gan__recipe_print(recipe);
}

static gan_status recipe_load(gan_recipe **out, gan_context *context, const char *path)
{
    gan_recipe *recipe;
    GAN__TRY(gan__object_create(&recipe, context, sizeof *recipe, GAN__RECIPE, recipe_destroy));
    gan_status status = recipe_fill(recipe, path);
    if (status == GAN_OK) {
        *out = recipe;
    } else {
        gan__object_release(recipe);
    }
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
    GAN__RETURN_ENTERED(context, recipe_load(out, context, path));
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

/* The section that "optimizer.generator" names; NULL if the recipe could have it and has not. */
static gan_status recipe_lookup(const gan_recipe *recipe, const char *name, size_t length,
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

/* "SECTION.KEY": the length of the section's name. */
static gan_status recipe_split_path(const gan_recipe *recipe, const char *path, size_t *length)
{
    const char *dot = strrchr(path, '.');
    if (dot) {
        *length = (size_t)(dot - path);
        return GAN_OK;
    }
    return gan__fail(recipe->object.context, GAN_E_TEXT, "%s: '%.200s' is not SECTION.KEY",
                     recipe->path, path);
}

/* Whether a section has options, and this key is one of its own. */
static gan_status recipe_check_key(const gan_recipe *recipe, const gan__section *section,
                                   const char *key)
{
    gan_context *context = recipe->object.context;
    if (!section->kind) {
        return gan__fail(context, GAN_E_ARGUMENT,
                         "%s: [%s.%s] is a network: it is changed in the file", recipe->path,
                         gan__section_word(section->type), section->name);
    }
    if (section->type == GAN__SECTION_TRAINER && strcmp(key, "batch") == 0) {
        return gan__fail(context, GAN_E_TEXT, "trainer: option 'batch' belongs to [run]");
    }
    return GAN_OK;
}

static gan_status recipe_option(const gan_recipe *recipe, const char *path, char *value,
                                size_t size)
{
    gan_context *context = recipe->object.context;
    gan__section *section = NULL;
    gan__text text = {.context = context};
    size_t length = 0;
    GAN__TRY(recipe_split_path(recipe, path, &length));
    GAN__TRY(recipe_lookup(recipe, path, length, &section));
    if (!section) {
        return gan__fail(context, GAN_E_ARGUMENT, "%s: there is no section [%.*s]", recipe->path,
                         (int)length, path);
    }
    const gan__token key = {
        .kind = GAN__TOKEN_WORD, .text = path + length + 1, .length = strlen(path + length + 1)};
    GAN__TRY(recipe_check_key(recipe, section, key.text));
    gan_status status = gan__options_get(context, section->kind, section->values, &key, &text);
    if (status == GAN_OK && text.length >= size) {
        status = gan__fail(context, GAN_E_ARGUMENT,
                           "gan_recipe_option: '%.200s' needs %zu bytes, there are %zu", path,
                           text.length + 1, size);
    }
    if (status == GAN_OK) {
        memcpy(value, text.bytes ? text.bytes : "", text.length + 1);
    }
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

/* ---- overriding ---- */

/* An optimiser that the recipe leaves out is the trainer's reference setting: written down, to be
 * changed. */
static gan_status recipe_add_reference(gan_recipe *recipe, const char *group, size_t length,
                                       gan__section **out)
{
    gan_context *context = recipe->object.context;
    const gan__section *section = gan__recipe_find(recipe, GAN__SECTION_TRAINER, "", 0);
    const gan_trainer trainer = {.kind = (const gan__trainer_kind *)section->kind,
                                 .options = section->values};
    gan__section made = {.type = GAN__SECTION_OPTIMIZER};
    for (int32_t i = 0; i < trainer.kind->group_count; i++) {
        const char *name = trainer.kind->groups[i];
        if (strlen(name) != length || memcmp(name, group, length) != 0) continue;
        GAN__TRY(gan__describe(context, "optimizer", (const gan__kind *const *)gan__optimizer_kinds,
                               (size_t)gan__optimizer_kind_count,
                               trainer.kind->reference(&trainer, i), &made.kind, &made.values));
    }
    gan_status status = gan__recipe_add(recipe, GAN__SECTION_OPTIMIZER, group, length, out);
    if (status != GAN_OK) {
        recipe_free_section(context, &made);
        return status;
    }
    (*out)->kind = made.kind;
    (*out)->values = made.values;
    (*out)->text = "";
    return GAN_OK;
}

/* The section to change; *added if it was made for this. */
static gan_status recipe_section(gan_recipe *recipe, const char *name, size_t length, bool *added,
                                 gan__section **out)
{
    const size_t word = sizeof "optimizer";
    *added = false;
    GAN__TRY(recipe_lookup(recipe, name, length, out));
    if (*out) return GAN_OK;
    if (strncmp(name, "optimizer.", word) == 0) {
        *added = true;
        return recipe_add_reference(recipe, name + word, length - word, out);
    }
    return gan__fail(recipe->object.context, GAN_E_ARGUMENT,
                     "%s: there is no section [%.*s] to change", recipe->path, (int)length, name);
}

static gan_status recipe_assign(gan_recipe *recipe, gan__section *section, const char *key,
                                const char *value)
{
    gan_context *context = recipe->object.context;
    const gan__token name = {.kind = GAN__TOKEN_WORD, .text = key, .length = strlen(key)};
    const gan__token word = {.kind = GAN__TOKEN_WORD, .text = value, .length = strlen(value)};
    char *folder;
    GAN__TRY(recipe_check_key(recipe, section, key));
    GAN__TRY(gan__options_set(context, section->kind, section->values, &name, &word));
    if (section->type != GAN__SECTION_DATA) return GAN_OK;
    GAN__TRY(gan__path_here(context, &folder));
    gan_status status = gan__section_paths(context, section->kind, section->values, folder);
    gan__free(context, folder);
    return status;
}

/* All or nothing: on failure the section has its old values, or is gone again. */
static gan_status recipe_set(gan_recipe *recipe, const char *path, const char *value)
{
    gan_context *context = recipe->object.context;
    gan__section *section = NULL;
    void *old = NULL;
    size_t length = 0;
    bool added;
    GAN__TRY(recipe_split_path(recipe, path, &length));
    GAN__TRY(recipe_section(recipe, path, length, &added, &section));
    gan_status status = GAN_OK;
    if (section->kind) status = gan__allocate(context, &old, 1, section->kind->size);
    if (old) status = gan__options_copy(context, section->kind, old, section->values);
    if (status == GAN_OK) {
        status = recipe_assign(recipe, section, path + length + 1, value);
        if (status == GAN_OK) status = gan__recipe_print(recipe);
        if (status != GAN_OK && old) { /* the old ones are kept, the others dropped below */
            void *changed = section->values;
            section->values = old;
            old = changed;
        }
    }
    if (old) gan__options_free(context, section->kind, old);
    gan__free(context, old);
    if (status != GAN_OK && added) recipe_free_section(context, &recipe->sections[--recipe->count]);
    return status;
}

gan_status gan_recipe_set(gan_recipe *recipe, const char *path, const char *value)
{
    GAN__TRY(gan__object_check(NULL, recipe, GAN__RECIPE, "gan_recipe_set", "recipe"));
    gan_context *context = recipe->object.context;
    if (!path || !value) {
        return gan__fail(context, GAN_E_ARGUMENT, "gan_recipe_set: %s is NULL",
                         path ? "value" : "path");
    }
    GAN__RETURN_ENTERED(context, recipe_set(recipe, path, value));
}

/* STUB, to be replaced in merging. */
gan_status gan_recipe_change(gan_recipe *recipe, const char *path, const char *value)
{
    return gan_recipe_set(recipe, path, value);
}
