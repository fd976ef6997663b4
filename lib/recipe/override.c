/* override.c: options of a recipe that are given otherwise than in its file. */
#include "base/memory.h"
#include "recipe/recipe.h"
#include "train/trainer.h"

#include <string.h>

/* ---- sections that come into being ---- */

/* An optimiser that the recipe leaves out is the reference setting, for trainer options such as
 * `values`: written down, to be changed. */
static gan_status override_add_optimizer(gan_recipe *recipe, const void *values, const char *group,
                                         size_t length, gan__section **out)
{
    gan__section made;
    GAN__TRY(gan__recipe_reference(recipe, values, group, length, &made));
    gan_status status = gan__recipe_add(recipe, GAN__SECTION_OPTIMIZER, group, length, out);
    if (status != GAN_OK) {
        gan__section_free(recipe->object.context, &made);
        return status;
    }
    (*out)->kind = made.kind;
    (*out)->given = made.given;
    (*out)->values = made.values;
    (*out)->text = "";
    return GAN_OK;
}

/* A role whose network is the one of the file that it will be loaded from. */
static gan_status override_add_model(gan_recipe *recipe, const char *role, size_t length,
                                     gan__section **out)
{
    gan_context *context = recipe->object.context;
    void *given;
    GAN__TRY(gan__allocate(context, &given, 1, gan__weights_kind.size));
    gan_status status = gan__recipe_add(recipe, GAN__SECTION_MODEL, role, length, out);
    if (status != GAN_OK) {
        gan__free(context, given);
        return status;
    }
    (*out)->kind = &gan__weights_kind;
    (*out)->given = given;
    (*out)->text = "";
    return GAN_OK;
}

static bool override_is(const char *name, const char *word)
{
    return strncmp(name, word, strlen(word)) == 0;
}

/* The section to change, which may come into being for that. */
static gan_status override_section(gan_recipe *recipe, const char *name, size_t length,
                                   gan__section **out)
{
    const size_t optimizer = strlen("optimizer."), model = strlen("model.");
    const gan__section *trainer = gan__recipe_find(recipe, GAN__SECTION_TRAINER, "", 0);
    GAN__TRY(gan__recipe_lookup(recipe, name, length, out));
    if (*out) return GAN_OK;
    if (override_is(name, "optimizer."))
        return override_add_optimizer(recipe, trainer->values, name + optimizer, length - optimizer,
                                      out);
    if (override_is(name, "model."))
        return override_add_model(recipe, name + model, length - model, out);
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
    char *folder;
    GAN__TRY(gan__recipe_check_key(recipe, section, key));
    GAN__TRY(gan__options_set(context, section->kind, section->given, &name, &word));
    GAN__TRY(gan__path_here(context, &folder));
    gan_status status = gan__section_paths(context, section->kind, section->given, folder);
    gan__free(context, folder);
    return status;
}

/* ---- a whole section ---- */

/* Whether the path names data or an optimiser as a whole: *name is what stands behind the dot. */
static bool override_is_whole(const gan_recipe *recipe, const char *path, gan__section_type *type,
                              const char **name)
{
    *type = override_is(path, "data.") ? GAN__SECTION_DATA : GAN__SECTION_OPTIMIZER;
    if (*type == GAN__SECTION_OPTIMIZER && !override_is(path, "optimizer.")) return false;
    *name = strchr(path, '.') + 1;
    return gan__recipe_knows(recipe, *type, *name, strlen(*name));
}

/* "KIND {value} {key=value}": what it leaves out stays, as far as the kind has it. A section that
 * is not there comes into being. */
static gan_status override_replace(gan_recipe *recipe, gan__section_type type, const char *name,
                                   const char *value, gan__section **out)
{
    gan_context *context = recipe->object.context;
    const gan__passage text = {value, 1};
    gan__description given;
    char *folder = NULL;
    *out = gan__recipe_find(recipe, type, name, strlen(name));
    const gan__section none = {.type = type};
    if (!*out && type == GAN__SECTION_OPTIMIZER)
        GAN__TRY(override_add_optimizer(recipe, gan__recipe_trainer(recipe)->values, name,
                                        strlen(name), out));
    GAN__TRY(gan__section_describe(context, *out ? *out : &none, &text, &given));
    gan_status status = gan__path_here(context, &folder);
    if (status == GAN_OK) status = gan__section_paths(context, given.kind, given.values, folder);
    gan__free(context, folder);
    if (status == GAN_OK && !*out) {
        status = gan__recipe_add(recipe, type, name, strlen(name), out);
        if (status == GAN_OK) (*out)->text = "";
    }
    if (status != GAN_OK) {
        gan__description_drop(context, &given);
        return status;
    }
    gan__section_drop(context, *out);
    (*out)->kind = given.kind;
    (*out)->given = given.values;
    return gan__section_settle(recipe, *out);
}

/* A path that leads to a folder asks for a kind of data that reads one. */
static gan_status override_follow_path(gan_recipe *recipe, gan__section *section, const char *path)
{
    const gan__data_kind *kind = gan__data_kind_at(recipe->object.context, path);
    if (!kind || ((const gan__data_kind *)section->kind)->takes_folder) return GAN_OK;
    return override_replace(recipe, GAN__SECTION_DATA, section->name, kind->kind.name, &section);
}

/* The option has its value, and what was left open follows; whether all go together is asked when
 * all are set. */
static gan_status override_set(gan_recipe *recipe, const char *path, const char *value,
                               gan__section **out)
{
    size_t length = 0;
    gan__section_type type;
    const char *name;
    if (override_is_whole(recipe, path, &type, &name))
        return override_replace(recipe, type, name, value, out);
    if (override_is(path, "data.") && !strchr(path + strlen("data."), '.'))
        return gan__recipe_unknown(recipe, path, strlen(path), NULL);
    GAN__TRY(gan__recipe_split_path(recipe, path, &length));
    GAN__TRY(override_section(recipe, path, length, out));
    if ((*out)->type == GAN__SECTION_DATA && strcmp(path + length, ".path") == 0)
        GAN__TRY(override_follow_path(recipe, *out, value));
    GAN__TRY(override_assign(recipe, *out, path + length + 1, value));
    GAN__TRY(gan__section_settle(recipe, *out));
    if ((*out)->type != GAN__SECTION_RUN) return GAN_OK;
    return gan__section_settle(recipe, gan__recipe_find(recipe, GAN__SECTION_TRAINER, "", 0));
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

/* Adds a section for every group whose reference setting is another than with the trainer options
 * `before`: an optimiser of which nothing was asked stays what it is. */
static gan_status override_pin(gan_recipe *recipe, const void *before)
{
    const gan__section *section = gan__recipe_find(recipe, GAN__SECTION_TRAINER, "", 0);
    const gan__trainer_kind *kind = (const gan__trainer_kind *)section->kind;
    const char *group;
    for (int32_t i = 0; (group = gan__recipe_known(recipe, GAN__SECTION_OPTIMIZER, i)); i++) {
        gan__section *added;
        if (strcmp(kind->reference(before, group),
                   kind->reference(gan__recipe_trainer(recipe)->values, group)) == 0)
            continue;
        if (gan__recipe_find(recipe, GAN__SECTION_OPTIMIZER, group, strlen(group))) continue;
        GAN__TRY(override_add_optimizer(recipe, before, group, strlen(group), &added));
    }
    return GAN_OK;
}

/* `before`: the trainer's options as they were. */
static gan_status override_change(gan_recipe *recipe, const char *path, const char *value,
                                  const void *before)
{
    gan__section *section = NULL;
    gan__section_type type;
    const char *dot = strrchr(path, '.'), *name;
    GAN__TRY(override_refuse_fixed(recipe, path));
    GAN__TRY(override_set(recipe, path, value, &section));
    const int32_t option = gan__kind_find(section->kind, dot + 1, strlen(dot + 1));
    for (int32_t i = 0, count = gan__kind_option_count(section->kind); i < count; i++)
        if (i == option || override_is_whole(recipe, path, &type, &name))
            gan__option_set_add(&section->changed, i);
    return section->type == GAN__SECTION_TRAINER ? override_pin(recipe, before) : GAN_OK;
}

/* ---- several options ---- */

typedef struct override_list {
    const char *const *paths, *const *values;
    int32_t count;
    bool changes; /* gan_recipe_change, not _set */
} override_list;

static gan_status override_copy(gan_context *context, const gan__kind *kind, const void *from,
                                void **out)
{
    GAN__TRY(gan__allocate(context, out, 1, kind->size));
    gan_status status = gan__options_copy(context, kind, *out, from);
    if (status == GAN_OK) return GAN_OK;
    gan__free(context, *out);
    *out = NULL;
    return status;
}

/* Copies of the options of all sections; of the first ones, if that fails. */
static gan_status override_keep(const gan_recipe *recipe, gan__section *kept)
{
    gan_context *context = recipe->object.context;
    for (size_t i = 0; i < recipe->count; i++) {
        const gan__section *section = &recipe->sections[i];
        kept[i].kind = section->kind;
        kept[i].changed = section->changed;
        GAN__TRY(override_copy(context, section->kind, section->given, &kept[i].given));
        GAN__TRY(override_copy(context, section->kind, section->values, &kept[i].values));
        if (section->cast)
            GAN__TRY(
                gan__cast_create(&kept[i].cast, context, section->cast->kind, section->values));
    }
    return GAN_OK;
}

/* What is kept afterwards is to be dropped. */
static void override_put_back(gan_recipe *recipe, gan__section *kept, size_t count)
{
    while (recipe->count > count)
        gan__section_free(recipe->object.context, &recipe->sections[--recipe->count]);
    for (size_t i = 0; i < count; i++) {
        gan__section *section = &recipe->sections[i];
        const gan__section tried = *section;
        section->kind = kept[i].kind;
        section->given = kept[i].given;
        section->values = kept[i].values;
        section->cast = kept[i].cast;
        section->changed = kept[i].changed;
        kept[i].kind = tried.kind;
        kept[i].given = tried.given;
        kept[i].cast = tried.cast;
        kept[i].values = tried.values;
    }
}

/* Whether `first` decides which options the section of `path` has: "data.real" and
 * "data.real.path", which may be a folder's, of "data.real.size". */
static bool override_decides(const char *first, const char *path)
{
    static const char end[] = ".path";
    size_t length = strlen(first);
    if (strcmp(first, path) == 0) return false;
    if (length >= sizeof end && strcmp(first + length + 1 - sizeof end, end) == 0)
        length -= sizeof end - 1;
    return strncmp(path, first, length) == 0 && path[length] == '.';
}

/* Whether what stands behind option `index` decides which options its section has. */
static bool override_waits(const override_list *list, int32_t index)
{
    for (int32_t i = index + 1; i < list->count; i++)
        if (override_decides(list->paths[i], list->paths[index])) return true;
    return false;
}

static gan_status override_one(gan_recipe *recipe, const override_list *list, int32_t index,
                               const void *before)
{
    gan__section *section;
    const char *path = list->paths[index], *value = list->values[index];
    return list->changes ? override_change(recipe, path, value, before)
                         : override_set(recipe, path, value, &section);
}

/* Options can take away what a section is of: its text would not be read again. */
static gan_status override_check_names(const gan_recipe *recipe)
{
    for (size_t i = 0; i < recipe->count; i++) {
        const gan__section *s = &recipe->sections[i];
        if (!gan__section_is_named(s->type) || s->type == GAN__SECTION_PART ||
            gan__recipe_knows(recipe, s->type, s->name, strlen(s->name)))
            continue;
        return gan__fail(recipe->object.context, GAN_E_ARGUMENT,
                         "%s: a training with these options has no [%s.%s], which is there",
                         recipe->path, gan__section_word(s->type), s->name);
    }
    return GAN_OK;
}

static gan_status override_each(gan_recipe *recipe, const override_list *list,
                                const gan__section *kept)
{
    const gan__section *trainer = gan__recipe_find(recipe, GAN__SECTION_TRAINER, "", 0);
    const void *before = kept[trainer - recipe->sections].values;
    for (int32_t late = 0; late < 2; late++)
        for (int32_t i = 0; i < list->count; i++)
            if (override_waits(list, i) == (late == 1))
                GAN__TRY(override_one(recipe, list, i, before));
    GAN__TRY(override_check_names(recipe));
    GAN__TRY(gan__recipe_check(recipe));
    return gan__recipe_print(recipe);
}

/* All or nothing. */
static gan_status override_all(gan_recipe *recipe, const override_list *list)
{
    gan_context *context = recipe->object.context;
    const size_t count = recipe->count;
    gan__section *kept;
    GAN__TRY(gan__allocate(context, &kept, count, sizeof *kept));
    gan_status status = override_keep(recipe, kept);
    if (status == GAN_OK) {
        status = override_each(recipe, list, kept);
        if (status != GAN_OK) override_put_back(recipe, kept, count);
    }
    for (size_t i = 0; i < count; i++) gan__section_free(context, &kept[i]);
    gan__free(context, kept);
    return status;
}

/* What every override's arguments are checked for. */
static gan_status override_check(const gan_recipe *recipe, const char *function,
                                 const override_list *list)
{
    GAN__TRY(gan__object_check(NULL, recipe, GAN__RECIPE, function, "recipe"));
    gan_context *context = recipe->object.context;
    if (list->count < 0)
        return gan__fail(context, GAN_E_ARGUMENT, "%s: count is %d", function, list->count);
    if (list->count > 0 && (!list->paths || !list->values)) {
        return gan__fail(context, GAN_E_ARGUMENT, "%s: %s is NULL", function,
                         list->paths ? "values" : "paths");
    }
    for (int32_t i = 0; i < list->count; i++) {
        if (list->paths[i] && list->values[i]) continue;
        return gan__fail(context, GAN_E_ARGUMENT, "%s: %s is NULL", function,
                         list->paths[i] ? "value" : "path");
    }
    return GAN_OK;
}

gan_status gan_recipe_set(gan_recipe *recipe, const char *path, const char *value)
{
    const override_list list = {&path, &value, 1, false};
    GAN__TRY(override_check(recipe, "gan_recipe_set", &list));
    GAN__RETURN_ENTERED(recipe->object.context, override_all(recipe, &list));
}

gan_status gan_recipe_change(gan_recipe *recipe, const char *path, const char *value)
{
    const override_list list = {&path, &value, 1, true};
    GAN__TRY(override_check(recipe, "gan_recipe_change", &list));
    GAN__RETURN_ENTERED(recipe->object.context, override_all(recipe, &list));
}

gan_status gan_recipe_set_all(gan_recipe *recipe, const char *const *paths,
                              const char *const *values, int32_t count, int32_t flags)
{
    const override_list list = {paths, values, count, flags == GAN_RECIPE_CHANGE};
    GAN__TRY(override_check(recipe, "gan_recipe_set_all", &list));
    if (flags & ~GAN_RECIPE_CHANGE) {
        return gan__fail(recipe->object.context, GAN_E_ARGUMENT, "gan_recipe_set_all: flags is %d",
                         flags);
    }
    GAN__RETURN_ENTERED(recipe->object.context, override_all(recipe, &list));
}
