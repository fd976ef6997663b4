/* resume.c: a checkpoint under a recipe: what may change (steps, learning rates, ...) is changed
 * where it was asked for, all else must be as it was, and the message says where it is not. */
#include "base/memory.h"
#include "base/option_value.h"
#include "data/data.h"
#include "optim/optimizer.h"
#include "recipe/recipe.h"
#include "train/change.h"
#include "train/feeds.h"
#include "train/trainer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What can be asked for, and what cannot, with a reason. */
#define RESUME_ASK \
    "; set it back, start a new run, or ask for the change: --change %s=%s (gan_recipe_change)"
#define RESUME_FIXED ", which cannot change: %s; set it back, or start a new run"

typedef struct resume_state {
    gan_context *context;
    const gan_recipe *recipe;
    const char *checkpoint;
    gan_trainer *trainer;
} resume_state;

static gan_status resume_fixed(const resume_state *r, const char *what, const char *saved,
                               const char *wanted, const char *reason)
{
    return gan__fail(
        r->context, GAN_E_ARGUMENT,
        "%s: resume: %s is '%.200s' in the checkpoint, '%.200s' in the recipe" RESUME_FIXED,
        r->checkpoint, what, saved, wanted, reason);
}

/* `option` is the one that asks for it, and what it is to be. */
static gan_status resume_differs(const resume_state *r, const char *what, const char *option,
                                 const char *saved, const char *wanted, const char *value)
{
    return gan__fail(
        r->context, GAN_E_ARGUMENT,
        "%s: resume: %s is '%.200s' in the checkpoint, '%.200s' in the recipe" RESUME_ASK,
        r->checkpoint, what, saved, wanted, option, value);
}

/* Whether it was asked that the option may differ; a section that is not there asks for nothing. */
static bool resume_is_asked(const gan__section *section, const char *name)
{
    int32_t index = section ? gan__kind_find(section->kind, name, strlen(name)) : -1;
    return index >= 0 && gan__option_set_has(&section->changed, index);
}

/* ---- options ---- */

/* The values of one option in two structs. */
typedef struct resume_pair {
    gan__text saved, wanted;
    bool same;
} resume_pair;

static gan_status resume_print(const resume_state *r, const gan__option *option, const void *saved,
                               const void *wanted, resume_pair *out)
{
    *out = (resume_pair){.saved = {.context = r->context}, .wanted = {.context = r->context}};
    gan__option_print(&out->saved, option, (const char *)saved + option->offset);
    gan__option_print(&out->wanted, option, (const char *)wanted + option->offset);
    gan_status status = out->saved.status != GAN_OK ? out->saved.status : out->wanted.status;
    out->same = status == GAN_OK && strcmp(out->saved.bytes, out->wanted.bytes) == 0;
    return status;
}

static void resume_forget(resume_pair *pair)
{
    gan__text_free(&pair->saved);
    gan__text_free(&pair->wanted);
}

/* One option of two structs of the same kind; `label` is the section that it is asked for in. */
static gan_status resume_option(const resume_state *r, const char *section, const char *label,
                                const gan__option *option, const void *saved, const void *wanted)
{
    resume_pair pair;
    gan__text what = {.context = r->context}, path = what;
    gan_status status = resume_print(r, option, saved, wanted, &pair);
    gan__text_print(&what, "%s.%s", section, option->name);
    gan__text_print(&path, "%s.%s", label, option->name);
    if (status == GAN_OK) status = what.status != GAN_OK ? what.status : path.status;
    if (status == GAN_OK && !pair.same) {
        status = resume_differs(r, what.bytes, path.bytes, pair.saved.bytes, pair.wanted.bytes,
                                pair.wanted.bytes);
    }
    gan__text_free(&what);
    gan__text_free(&path);
    resume_forget(&pair);
    return status;
}

/* Whether the option is a text that is left out in both, or in neither. */
static bool resume_absent(const gan__option *option, const void *a, const void *b)
{
    return gan__option_is_text(option) && !gan__option_text_of(option, a) &&
           !gan__option_text_of(option, b);
}

/* ---- structs of options ---- */

/* What the recipe wants of a thing that the checkpoint has, too. */
typedef struct resume_wish {
    const char *label; /* "trainer", "optimizer.GROUP", "data.FEED" */
    const gan__kind *kind;
    void *given;           /* not settled */
    gan__option_set asked; /* may differ */
} resume_wish;

/* The recipe's options without what was asked for, where they are as they were saved: then options
 * that were left open are what follows from the saved ones. */
static gan_status resume_unasked(const resume_state *r, const resume_wish *wish, const void *saved,
                                 void *out)
{
    GAN__TRY(gan__options_copy(r->context, wish->kind, out, wish->given));
    for (int32_t i = 0, count = gan__kind_option_count(wish->kind); i < count; i++) {
        const gan__option option = gan__kind_option(wish->kind, i);
        if (!gan__option_set_has(&wish->asked, i)) continue;
        gan_status status = gan__option_copy(r->context, &option, out, saved);
        if (status == GAN_OK) continue;
        gan__options_free(r->context, wish->kind, out);
        return status;
    }
    gan__options_settle(wish->kind, out);
    return GAN_OK;
}

/* Paths are no part of it, see resume_examples, nor is what changes nothing. The trainer's batch is
 * asked for in [run]. */
static gan_status resume_compare_each(const resume_state *r, const resume_wish *wish,
                                      const void *saved, const void *wanted)
{
    const bool trainer = strcmp(wish->label, "trainer") == 0;
    for (int32_t i = 0, count = gan__kind_option_count(wish->kind); i < count; i++) {
        const gan__option option = gan__kind_option(wish->kind, i);
        const char *place = trainer && strcmp(option.name, "batch") == 0 ? "run" : wish->label;
        if (option.type == GAN__OPTION_PATH || (option.flags & GAN__IDLE)) continue;
        if (gan__option_set_has(&wish->asked, i)) continue;
        if (resume_absent(&option, saved, wanted)) continue;
        GAN__TRY(resume_option(r, wish->label, place, &option, saved, wanted));
    }
    return GAN_OK;
}

static gan_status resume_compare_options(const resume_state *r, const resume_wish *wish,
                                         const void *saved)
{
    void *wanted;
    GAN__TRY(gan__allocate(r->context, &wanted, 1, wish->kind->size));
    gan_status status = resume_unasked(r, wish, saved, wanted);
    if (status == GAN_OK) {
        status = resume_compare_each(r, wish, saved, wanted);
        gan__options_free(r->context, wish->kind, wanted);
    }
    gan__free(r->context, wanted);
    return status;
}

/* ---- the context ---- */

/* How numbers are made: precision and filter. */
static gan_status resume_arithmetic(const resume_state *r, const char *name, const char *saved,
                                    const char *wanted)
{
    const gan__section *section = gan__recipe_find(r->recipe, GAN__SECTION_CONTEXT, "", 0);
    char option[32];
    if (strcmp(saved, wanted) == 0 || resume_is_asked(section, name)) return GAN_OK;
    snprintf(option, sizeof option, "context.%s", name);
    return resume_differs(r, option, option, saved, wanted, wanted);
}

static gan_status resume_seed(const resume_state *r)
{
    gan__text a = {.context = r->context}, b = a;
    if (r->trainer->root == r->context->seed) return GAN_OK;
    gan__text_print(&a, "%" PRIu64, r->trainer->root);
    gan__text_print(&b, "%" PRIu64, r->context->seed);
    gan_status status = a.status != GAN_OK ? a.status : b.status;
    if (status == GAN_OK) {
        status =
            resume_fixed(r, "context.seed", a.bytes, b.bytes, "all that is drawn follows from it");
    }
    gan__text_free(&a);
    gan__text_free(&b);
    return status;
}

/* ---- the trainer ---- */

static gan_status resume_change_trainer(const resume_state *r, const gan__section *section)
{
    gan__text spec = {.context = r->context};
    gan__section_print(&spec, section);
    gan_status status = spec.status;
    if (status == GAN_OK) status = gan__trainer_change(r->trainer, spec.bytes);
    gan__text_free(&spec);
    return status;
}

static gan_status resume_trainer(const resume_state *r)
{
    const gan__section *section = gan__recipe_find(r->recipe, GAN__SECTION_TRAINER, "", 0);
    const gan__section *run = gan__recipe_find(r->recipe, GAN__SECTION_RUN, "", 0);
    const gan__kind *kind = &r->trainer->kind->kind;
    resume_wish wish = {.label = "trainer", .kind = kind, .asked = section->changed};
    if (kind != section->kind) {
        return resume_fixed(r, "the trainer", kind->name, section->kind->name,
                            "another kind is another training");
    }
    if (resume_is_asked(run, "batch"))
        gan__option_set_add(&wish.asked, gan__kind_find(kind, "batch", strlen("batch")));
    GAN__TRY(gan__allocate(r->context, &wish.given, 1, kind->size));
    gan_status status = gan__options_copy(r->context, kind, wish.given, section->given);
    if (status == GAN_OK) {
        ((gan__trainer_common *)wish.given)->batch = ((const gan__run_options *)run->values)->batch;
        status = resume_compare_options(r, &wish, r->trainer->options);
        gan__options_free(r->context, kind, wish.given);
    }
    gan__free(r->context, wish.given);
    if (status != GAN_OK || gan__option_set_is_empty(&wish.asked)) return status;
    return resume_change_trainer(r, section);
}

/* ---- optimisers ---- */

static void resume_drop(const resume_state *r, const gan__kind *kind, void *values)
{
    if (values) gan__options_free(r->context, kind, values);
    gan__free(r->context, values);
}

static gan_status resume_describe(const resume_state *r, const char *spec, const gan__kind **kind,
                                  void **values)
{
    return gan__describe(r->context, "optimizer", (const gan__kind *const *)gan__optimizer_kinds,
                         (size_t)gan__optimizer_kind_count, spec, kind, values);
}

static gan_status resume_compare_optimizer(const resume_state *r, const resume_wish *wish,
                                           const gan__kind *kind, const void *saved)
{
    if (kind == wish->kind) return resume_compare_options(r, wish, saved);
    return resume_fixed(r, wish->label, kind->name, wish->kind->name,
                        "the moments are of that kind");
}

static gan_status resume_change_optimizer(const resume_state *r, int32_t group,
                                          const gan__section *section)
{
    gan__text spec = {.context = r->context};
    gan__section_print(&spec, section);
    gan_status status = spec.status;
    if (status == GAN_OK) status = gan__trainer_change_optimizer(r->trainer, group, spec.bytes);
    gan__text_free(&spec);
    return status;
}

/* What the recipe wants of a group: its section says, or, without one, the reference setting, which
 * is *own. */
static gan_status resume_wanted(const resume_state *r, const gan__section *section, int32_t group,
                                resume_wish *wish, void **own)
{
    *own = NULL;
    if (!section) {
        const char *reference =
            r->trainer->kind->reference(r->trainer->options, r->trainer->cast->groups[group].name);
        GAN__TRY(resume_describe(r, reference, &wish->kind, own));
        wish->given = *own;
        return GAN_OK;
    }
    wish->kind = section->kind;
    wish->given = section->given;
    wish->asked = section->changed;
    return GAN_OK;
}

static gan_status resume_optimizer(const resume_state *r, int32_t group)
{
    const gan_trainer *t = r->trainer;
    const char *name = t->cast->groups[group].name;
    const gan__section *section =
        gan__recipe_find(r->recipe, GAN__SECTION_OPTIMIZER, name, strlen(name));
    const char *spec = t->optimizers[group] ? gan_optimizer_text(t->optimizers[group])
                       : t->specs[group]    ? t->specs[group]
                                            : t->kind->reference(t->options, name);
    resume_wish wish = {.given = NULL};
    const gan__kind *saved_kind;
    void *saved, *own;
    gan__text label = {.context = r->context};
    GAN__TRY(resume_describe(r, spec, &saved_kind, &saved));
    gan_status status = resume_wanted(r, section, group, &wish, &own);
    gan__text_print(&label, "optimizer.%s", name);
    if (status == GAN_OK) status = label.status;
    if (status == GAN_OK) {
        wish.label = label.bytes;
        status = resume_compare_optimizer(r, &wish, saved_kind, saved);
    }
    gan__text_free(&label);
    resume_drop(r, wish.kind, own);
    resume_drop(r, saved_kind, saved);
    if (status != GAN_OK || gan__option_set_is_empty(&wish.asked)) return status;
    return resume_change_optimizer(r, group, section);
}

/* ---- networks ---- */

/* The first line in which two texts differ, as *a and *b; false if they are equal. */
static bool resume_line(const char *a, const char *b, gan__token *left, gan__token *right)
{
    for (;;) {
        size_t n = strcspn(a, "\n"), m = strcspn(b, "\n");
        left->text = a;
        left->length = n;
        right->text = b;
        right->length = m;
        if (n != m || memcmp(a, b, n) != 0) return true;
        a += n;
        b += m;
        if (!*a || !*b) return *a != *b;
        a++;
        b++;
    }
}

static int resume_cut(size_t length)
{
    return length > 200 ? 200 : (int)length;
}

static gan_status resume_model(const resume_state *r, const gan__section *section)
{
    if (!section->model) return GAN_OK; /* the one of the file that the run began with */
    gan_model *model = gan_trainer_model(r->trainer, section->name, 0);
    const char *saved = gan_model_text(model), *wanted = gan_model_text(section->model);
    gan__token a, b;
    if (!saved || !wanted) {
        return gan__fail(r->context, GAN_E_MEMORY, "%s: [model.%s] cannot be compared",
                         r->checkpoint, section->name);
    }
    if (!resume_line(saved, wanted, &a, &b)) return GAN_OK;
    return gan__fail(
        r->context, GAN_E_ARGUMENT,
        "%s: resume: model.%s has '%.*s' in the checkpoint, '%.*s' in the recipe" RESUME_FIXED,
        r->checkpoint, section->name, resume_cut(a.length), a.text, resume_cut(b.length), b.text,
        "the weights are of that network");
}

/* What the recipe asks for is changed as soon as it is known to differ lawfully: a group's
 * reference setting is that of the trainer's new options. */
static gan_status resume_compare(const resume_state *r)
{
    GAN__TRY(resume_seed(r));
    GAN__TRY(resume_arithmetic(r, "precision", r->trainer->precision,
                               gan__precision_name(r->context->precision)));
    GAN__TRY(
        resume_arithmetic(r, "filter", r->trainer->filter, gan__tiles_name(r->context->tiles)));
    GAN__TRY(resume_trainer(r));
    for (int32_t i = 0; i < r->trainer->cast->group_count; i++) GAN__TRY(resume_optimizer(r, i));
    for (size_t i = 0; i < r->recipe->count; i++) {
        const gan__section *section = &r->recipe->sections[i];
        if (section->type == GAN__SECTION_MODEL) GAN__TRY(resume_model(r, section));
    }
    return GAN_OK;
}

gan_status gan__recipe_resume(gan_trainer **out, const gan_recipe *recipe, gan_context *context,
                              const char *checkpoint)
{
    gan_trainer *trainer;
    GAN__TRY(gan_trainer_load(&trainer, context, checkpoint));
    const resume_state r = {context, recipe, checkpoint, trainer};
    gan_status status = resume_compare(&r);
    if (status == GAN_OK) {
        *out = trainer;
        return GAN_OK;
    }
    gan_trainer_release(trainer);
    return status;
}

/* ---- data ---- */

/* The first path of a description, which stands for all of it in messages; false if there is none.
 */
static bool resume_path(const gan__kind *kind, const void *values, gan__option *option,
                        const char **out)
{
    for (int32_t i = 0, count = gan__kind_option_count(kind); i < count; i++) {
        *option = gan__kind_option(kind, i);
        if (option->type != GAN__OPTION_PATH) continue;
        *out = gan__option_text_of(option, values);
        if (*out) return true;
    }
    *out = "";
    return false;
}

/* The kind of data, or its examples: asked for by the path to them. `note` ends what differs. */
static gan_status resume_data_differs(const resume_state *r, const gan__section *section,
                                      const char *saved, const char *wanted, const char *note)
{
    const char *path;
    gan__option option;
    const bool found = resume_path(section->kind, section->values, &option, &path);
    const char *dot = found ? "." : "", *name = found ? option.name : "";
    const bool whole = !*note; /* the description differs, not what the path leads to */
    return gan__fail(r->context, GAN_E_ARGUMENT,
                     "%s: resume: data.%s%s%s is '%.200s' in the checkpoint, '%.200s' in the "
                     "recipe%s; set it back, start a new run, or ask for the change: --change "
                     "data.%s%s%s=%.200s (gan_recipe_change)",
                     r->checkpoint, section->name, whole ? "" : dot, whole ? "" : name, saved,
                     wanted, note, section->name, dot, name, path);
}

/* Paths are no part of the comparison, the examples behind them are: data may be moved, renamed or
 * packed between two calls, but not exchanged. */
static gan_status resume_examples(const resume_state *r, const gan__section *section,
                                  const void *saved)
{
    const char *was, *is;
    gan__option option;
    resume_path(section->kind, saved, &option, &was);
    resume_path(section->kind, section->values, &option, &is);
    return resume_data_differs(r, section, was, is,
                               ", with other examples than those that the run began with");
}

/* Whether a field of the feed has other examples than the checkpoint knew. */
static bool resume_is_other(const gan_trainer *t, int32_t feed)
{
    for (int32_t f = 0; f < t->cast->feeds[feed].field_count; f++) {
        const gan__field *field = gan__feed_field_of(t, feed, f);
        if (field && field->checksum != t->feeds[feed].fields[f].checksum) return true;
    }
    return false;
}

static gan_status resume_compare_data(const resume_state *r, const gan__section *section,
                                      int32_t feed, const char *label)
{
    const gan__kind *kind;
    const bool changed = !gan__option_set_is_empty(&section->changed);
    void *saved;
    gan_status status =
        gan__describe(r->context, "data set", (const gan__kind *const *)gan__data_kinds,
                      (size_t)gan__data_kind_count, r->trainer->feeds[feed].text, &kind, &saved);
    if (status != GAN_OK) return gan__fail_in(r->context, status, "%s: %s", r->checkpoint, label);
    if (kind != section->kind) {
        if (!changed) status = resume_data_differs(r, section, kind->name, section->kind->name, "");
        resume_drop(r, kind, saved);
        return status;
    }
    const resume_wish wish = {label, kind, section->given, section->changed};
    status = resume_compare_options(r, &wish, saved);
    if (status == GAN_OK && !changed && resume_is_other(r->trainer, feed))
        status = resume_examples(r, section, saved);
    resume_drop(r, kind, saved);
    return status;
}

/* Of data that the run was fed otherwise nothing is known. */
static gan_status resume_section(const resume_state *r, const gan__section *section)
{
    gan__text label = {.context = r->context};
    gan_status status;
    const int32_t feed =
        gan__cast_feed(r->trainer->cast, section->name, strlen(section->name), NULL);
    if (!*r->trainer->feeds[feed].text) return GAN_OK;
    gan__text_print(&label, "data.%s", section->name);
    status = label.status;
    if (status == GAN_OK) status = resume_compare_data(r, section, feed, label.bytes);
    gan__text_free(&label);
    return status;
}

gan_status gan__recipe_resume_data(gan_trainer *trainer, const gan_recipe *recipe,
                                   const char *checkpoint)
{
    const resume_state r = {trainer->object.context, recipe, checkpoint, trainer};
    for (size_t i = 0; i < recipe->count; i++) {
        const gan__section *section = &recipe->sections[i];
        if (section->type == GAN__SECTION_DATA) GAN__TRY(resume_section(&r, section));
    }
    return GAN_OK;
}
