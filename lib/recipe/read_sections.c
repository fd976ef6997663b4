/* read_sections.c: gives each section its kind and options, trainer first: it knows which models,
 * data and optimisers there can be. */
#include "base/memory.h"
#include "base/option_value.h"
#include "data/data.h"
#include "model/tree.h"
#include "optim/optimizer.h"
#include "recipe/recipe.h"
#include "train/trainer.h"

#include <stdio.h>
#include <string.h>

static const gan__option run_table[] = {
    {"steps", GAN__OPTION_INTEGER, 0, "1000", 1, 9e15, NULL, offsetof(gan__run_options, steps),
     "steps of the whole training"},
    {"batch", GAN__OPTION_INTEGER, 0, "0", 0, 1 << 20, NULL, offsetof(gan__run_options, batch),
     "samples in a step; 0: as many as the trainer has by itself"},
    {"sample_every", GAN__OPTION_INTEGER, 0, "500", 0, 9e15, NULL,
     offsetof(gan__run_options, sample_every), "steps between two sheets of samples; 0: none"},
    {"save_every", GAN__OPTION_INTEGER, 0, "500", 0, 9e15, NULL,
     offsetof(gan__run_options, save_every), "steps between two checkpoints; 0: only at the end"},
    {"log_every", GAN__OPTION_INTEGER, 0, "50", 0, 9e15, NULL,
     offsetof(gan__run_options, log_every), "steps between two lines of the log; 0: none"},
    {"samples", GAN__OPTION_INTEGER, 0, "64", 1, 65536, NULL, offsetof(gan__run_options, samples),
     "pictures on a sheet"},
    {"keep", GAN__OPTION_INTEGER, 0, "0", 0, 1 << 20, NULL, offsetof(gan__run_options, keep),
     "older checkpoints and networks that are kept beside the newest, by their step; 0: none"},
    {"eval_every", GAN__OPTION_INTEGER, 0, "0", 0, 9e15, NULL,
     offsetof(gan__run_options, eval_every),
     "steps between two measurements of samples, as gan eval makes them; 0: none"},
    {"eval_samples", GAN__OPTION_INTEGER, 0, "0", 0, 1 << 24, NULL,
     offsetof(gan__run_options, eval_samples),
     "how many are measured; 0: as many as are held out, of a mixture 2500"},
    {"eval_route", GAN__OPTION_TEXT, 0, NULL, 0, 0, NULL, offsetof(gan__run_options, eval_route),
     "the way that is measured, of several that make pictures: \"x > y\""},
    {"best", GAN__OPTION_CHOICE, 0, "auto", 0, 0,
     "auto|frechet|kid|precision|recall|density|coverage|score|agreement|diversity|modes|good",
     offsetof(gan__run_options, best),
     "the figure of the best checkpoint, which is kept; auto: frechet, of a mixture modes"},
    {"judge", GAN__OPTION_PATH, 0, NULL, 0, 0, NULL, offsetof(gan__run_options, judge),
     "a judge's file, by whose features samples are measured; else one of the run's own labels"},
};

const gan__kind gan__run_kind = {.name = "run",
                                 .help = "how long a recipe trains, and what it leaves behind",
                                 GAN__OPTIONS(run_table),
                                 .size = sizeof(gan__run_options)};

/* ---- names ---- */

gan__section *gan__recipe_trainer(const gan_recipe *recipe)
{
    return gan__recipe_find(recipe, GAN__SECTION_TRAINER, "", 0);
}

/* NULL: the trainer is not known yet. */
static const gan__cast *read_cast(const gan_recipe *recipe)
{
    const gan__section *section = gan__recipe_trainer(recipe);
    return section ? section->cast : NULL;
}

static const char *read_role(const gan__cast *cast, int32_t index)
{
    for (int32_t i = 0; i < cast->role_count; i++)
        if (cast->roles[i].wanted && index-- == 0) return cast->roles[i].name;
    return NULL;
}

/* Of the feeds that a data set can serve. */
static const char *read_feed(const gan__cast *cast, int32_t index)
{
    for (int32_t i = 0; i < cast->feed_count; i++)
        if (gan__feed_takes_data(&cast->feeds[i]) && index-- == 0) return cast->feeds[i].name;
    return NULL;
}

const char *gan__recipe_known(const gan_recipe *recipe, gan__section_type type, int32_t index)
{
    const gan__cast *cast = read_cast(recipe);
    if (!cast) return NULL;
    switch (type) {
    case GAN__SECTION_MODEL: return read_role(cast, index);
    case GAN__SECTION_DATA: return read_feed(cast, index);
    case GAN__SECTION_OPTIMIZER: return index < cast->group_count ? cast->groups[index].name : NULL;
    default: return NULL;
    }
}

bool gan__recipe_knows(const gan_recipe *recipe, gan__section_type type, const char *name,
                       size_t length)
{
    const char *known;
    for (int32_t i = 0; (known = gan__recipe_known(recipe, type, i)) != NULL; i++)
        if (strlen(known) == length && memcmp(known, name, length) == 0) return true;
    return false;
}

/* The next name that a section of type *type can have, as out[0..size); false past the last. Until
 * the trainer is known, only the word in front of the dot. */
static bool read_candidate(const gan_recipe *recipe, int32_t *type, int32_t *index, char *out,
                           size_t size)
{
    const bool trainer = read_cast(recipe) != NULL;
    for (; *type < GAN__SECTION_TYPES; (*type)++, *index = 0) {
        gan__section_type t = (gan__section_type)*type;
        bool listed = trainer && gan__section_is_named(t) && t != GAN__SECTION_PART;
        const char *word = gan__section_word(t);
        const char *known = listed ? gan__recipe_known(recipe, t, *index) : *index == 0 ? "" : NULL;
        (*index)++;
        if (!known) continue;
        snprintf(out, size, "%s%s%s", word, listed ? "." : "", known);
        return true;
    }
    return false;
}

gan_status gan__recipe_unknown(const gan_recipe *recipe, const char *name, size_t length,
                               const gan__place *place)
{
    gan_context *context = recipe->object.context;
    char candidate[128], best[128] = "", where[48] = "";
    gan__text list = {.context = context};
    size_t distance = SIZE_MAX;
    int32_t type = 0, index = 0;
    while (read_candidate(recipe, &type, &index, candidate, sizeof candidate)) {
        gan__text_print(&list, "%s%s", list.length > 0 ? ", " : "", candidate);
        if (gan__text_nearer(name, length, candidate, &distance)) strcpy(best, candidate);
    }
    if (place) gan__place_print(*place, where);
    gan_status status = list.status;
    if (status == GAN_OK) {
        status = gan__fail(context, GAN_E_TEXT, "%s: unknown section '%.*s', %s%s%s%s",
                           recipe->path, length > 200 ? 200 : (int)length, name,
                           best[0] ? "did you mean '" : "there are: ", best[0] ? best : list.bytes,
                           best[0] ? "'?" : "", where);
    }
    gan__text_free(&list);
    return status;
}

/* ---- options ---- */

gan_status gan__section_text(gan_context *context, const gan__section *section, char **out)
{
    GAN__TRY(gan__copy_text(context, out, section->text, section->length));
    for (size_t i = 0; i < section->skip; i++)
        if ((*out)[i] != '\n') (*out)[i] = ' '; /* what follows keeps its place */
    return GAN_OK;
}

static gan_status read_fail(gan_context *context, const gan__kind *kind, const char *what,
                            const gan__token *at)
{
    char place[48];
    return gan__fail(context, GAN_E_TEXT, "%s: %s '%.*s'%s", kind->name, what,
                     at->length > 200 ? 200 : (int)at->length, at->text,
                     gan__place_print(at->place, place));
}

/* Lines of key=value, for [context] and [run]: every option at most once. */
static gan_status read_lines(gan_context *context, const gan__kind *kind, void *values,
                             const gan__passage *text)
{
    gan__lexer lexer;
    gan__token name, sign, value;
    gan__option_set given = {{0}};
    gan__lexer_start(&lexer, context, text);
    for (;;) {
        GAN__TRY(gan__lexer_next(&lexer, &name));
        if (name.kind == GAN__TOKEN_BREAK) continue;
        if (name.kind == GAN__TOKEN_END) return GAN_OK;
        if (name.kind != GAN__TOKEN_WORD) return read_fail(context, kind, "unexpected", &name);
        GAN__TRY(gan__lexer_next(&lexer, &sign));
        if (sign.kind != GAN__TOKEN_EQUALS)
            return read_fail(context, kind, "no '=' behind option", &name);
        GAN__TRY(gan__lexer_next(&lexer, &value));
        if (value.kind != GAN__TOKEN_WORD)
            return read_fail(context, kind, "no value for option", &name);
        GAN__TRY(gan__options_set(context, kind, values, &name, &value));
        const int32_t index = gan__kind_find(kind, name.text, name.length);
        if (gan__option_set_has(&given, index))
            return read_fail(context, kind, "given twice: option", &name);
        gan__option_set_add(&given, index);
    }
}

static gan_status read_settings(gan_context *context, gan__section *section, const gan__kind *kind,
                                const gan__passage *text)
{
    GAN__TRY(gan__allocate(context, &section->given, 1, kind->size));
    section->kind = kind;
    GAN__TRY(gan__options_init(context, kind, section->given));
    return read_lines(context, kind, section->given, text);
}

/* The batch is an option of every trainer, but a recipe has one place for it. */
static gan_status read_no_batch(gan_context *context, const gan__passage *text)
{
    gan__lexer lexer;
    gan__token token, before = {0};
    char place[48];
    gan__lexer_start(&lexer, context, text);
    do {
        GAN__TRY(gan__lexer_next(&lexer, &token));
        if (token.kind == GAN__TOKEN_EQUALS && gan__token_is(&before, "batch")) {
            return gan__fail(context, GAN_E_TEXT, "trainer: option 'batch' belongs to [run]%s",
                             gan__place_print(before.place, place));
        }
        before = token;
    } while (token.kind != GAN__TOKEN_END);
    return GAN_OK;
}

gan_status gan__section_describe(gan_context *context, const gan__section *section,
                                 const gan__passage *text, gan__description *out)
{
    const gan__description old = {section->kind, section->given};
    const gan__kind *const *kinds = (const gan__kind *const *)gan__optimizer_kinds;
    size_t count = (size_t)gan__optimizer_kind_count;
    const char *what = "optimizer";
    if (section->type == GAN__SECTION_TRAINER) {
        gan__trainer_kinds_of(context, &kinds, &count);
        what = "trainer";
    } else if (section->type == GAN__SECTION_DATA) {
        kinds = (const gan__kind *const *)gan__data_kinds;
        count = (size_t)gan__data_kind_count;
        what = "data set";
    }
    return gan__describe_after(context, what, kinds, count, text, old.kind ? &old : NULL, out);
}

static gan_status read_description(gan_context *context, gan__section *section,
                                   const gan__passage *text)
{
    if (section->type == GAN__SECTION_TRAINER) GAN__TRY(read_no_batch(context, text));
    gan__description given;
    GAN__TRY(gan__section_describe(context, section, text, &given));
    section->kind = given.kind;
    section->given = given.values;
    return GAN_OK;
}

/* ---- all sections ---- */

static gan_status read_body(const gan_recipe *recipe, gan__section *section,
                            const gan__passage *text)
{
    gan_context *context = recipe->object.context;
    switch (section->type) {
    case GAN__SECTION_CONTEXT: return read_settings(context, section, &gan__context_kind, text);
    case GAN__SECTION_RUN:
        GAN__TRY(read_settings(context, section, &gan__run_kind, text));
        return gan__section_paths(context, section->kind, section->given, recipe->folder);
    case GAN__SECTION_PART:
    case GAN__SECTION_MODEL: return gan__section_read_network(recipe, section, text);
    case GAN__SECTION_DATA:
        GAN__TRY(read_description(context, section, text));
        return gan__section_paths(context, section->kind, section->given, recipe->folder);
    default: return read_description(context, section, text);
    }
}

static gan_status read_section(const gan_recipe *recipe, gan__section *section)
{
    gan_context *context = recipe->object.context;
    char *text;
    bool listed = section->type == GAN__SECTION_MODEL || section->type == GAN__SECTION_DATA ||
                  section->type == GAN__SECTION_OPTIMIZER;
    if (listed && !gan__recipe_knows(recipe, section->type, section->name, strlen(section->name))) {
        char full[128];
        int length =
            snprintf(full, sizeof full, "%s.%s", gan__section_word(section->type), section->name);
        if (length >= (int)sizeof full) length = (int)sizeof full - 1;
        return gan__recipe_unknown(recipe, full, (size_t)length, &section->place);
    }
    GAN__TRY(gan__section_text(context, section, &text));
    const gan__passage passage = {text, section->line > 0 ? section->line : 1};
    gan_status status = read_body(recipe, section, &passage);
    gan__free(context, text);
    if (status == GAN_OK) return GAN_OK;
    return gan__fail_in(context, status, "%s: [%s%s%s]", recipe->path,
                        gan__section_word(section->type), section->name[0] ? "." : "",
                        section->name);
}

static gan_status read_type(const gan_recipe *recipe, gan__section_type type)
{
    for (size_t i = 0; i < recipe->count; i++) {
        if (recipe->sections[i].type != type) continue;
        GAN__TRY(read_section(recipe, &recipe->sections[i]));
    }
    return GAN_OK;
}

static gan_status read_defaults(gan_recipe *recipe, gan__section_type type)
{
    gan__section *section;
    if (gan__recipe_find(recipe, type, "", 0)) return GAN_OK;
    GAN__TRY(gan__recipe_add(recipe, type, "", 0, &section));
    section->text = "";
    return GAN_OK;
}

/* The trainer comes first: it knows the names of the others. Parts come before models. */
gan_status gan__recipe_read(gan_recipe *recipe)
{
    GAN__TRY(read_defaults(recipe, GAN__SECTION_CONTEXT));
    GAN__TRY(read_defaults(recipe, GAN__SECTION_RUN));
    if (!gan__recipe_find(recipe, GAN__SECTION_TRAINER, "", 0)) {
        return gan__fail(recipe->object.context, GAN_E_TEXT, "%s: there is no [trainer] section",
                         recipe->path);
    }
    GAN__TRY(read_type(recipe, GAN__SECTION_RUN)); /* has the trainer's batch */
    GAN__TRY(read_type(recipe, GAN__SECTION_TRAINER));
    GAN__TRY(gan__section_settle(recipe, gan__recipe_trainer(recipe)));
    for (int32_t type = 0; type < GAN__SECTION_TYPES; type++)
        if (type != GAN__SECTION_TRAINER && type != GAN__SECTION_RUN)
            GAN__TRY(read_type(recipe, (gan__section_type)type));
    for (size_t i = 0; i < recipe->count; i++)
        GAN__TRY(gan__section_settle(recipe, &recipe->sections[i]));
    return gan__recipe_check(recipe);
}
