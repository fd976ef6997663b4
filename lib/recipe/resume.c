#include "base/memory.h"
#include "base/option_value.h"
#include "data/data.h"
#include "optim/optimizer.h"
#include "recipe/recipe.h"
#include "train/trainer.h"

#include <inttypes.h>
#include <string.h>

#define RESUME_HINT "; set it back, or start a new run"

typedef struct resume_state {
    gan_context *context;
    const gan_recipe *recipe;
    const char *checkpoint;
    const gan_trainer *trainer;
} resume_state;

static gan_status resume_differs(const resume_state *r, const char *what, const char *saved,
                                 const char *wanted)
{
    return gan__fail(
        r->context, GAN_E_ARGUMENT,
        "%s: resume: %s is '%.200s' in the checkpoint, '%.200s' in the recipe" RESUME_HINT,
        r->checkpoint, what, saved, wanted);
}

/* One option of two structs of the same kind. */
static gan_status resume_option(const resume_state *r, const char *section,
                                const gan__option *option, const void *saved, const void *wanted)
{
    gan__text a = {.context = r->context}, b = a, name = a;
    const char *slot_a = (const char *)saved + option->offset;
    const char *slot_b = (const char *)wanted + option->offset;
    gan__option_print(&a, option, slot_a);
    gan__option_print(&b, option, slot_b);
    gan__text_print(&name, "%s.%s", section, option->name);
    gan_status status = a.status != GAN_OK ? a.status : b.status != GAN_OK ? b.status : name.status;
    if (status == GAN_OK && strcmp(a.bytes, b.bytes) != 0) {
        status = resume_differs(r, name.bytes, a.bytes, b.bytes);
    }
    gan__text_free(&a);
    gan__text_free(&b);
    gan__text_free(&name);
    return status;
}

/* Whether the option is a text that is left out in both, or in neither. */
static bool resume_absent(const gan__option *option, const void *a, const void *b)
{
    char *text_a, *text_b;
    if (option->type != GAN__OPTION_TEXT) return false;
    memcpy(&text_a, (const char *)a + option->offset, sizeof text_a);
    memcpy(&text_b, (const char *)b + option->offset, sizeof text_b);
    return !text_a && !text_b;
}

static gan_status resume_options(const resume_state *r, const char *section, const gan__kind *kind,
                                 const void *saved, const void *wanted)
{
    for (int32_t i = 0; i < kind->option_count; i++) {
        const gan__option *option = &kind->options[i];
        if (resume_absent(option, saved, wanted)) continue;
        GAN__TRY(resume_option(r, section, option, saved, wanted));
    }
    return GAN_OK;
}

static gan_status resume_precision(const resume_state *r)
{
    const char *saved = r->trainer->precision;
    const char *wanted = gan__precision_name(r->context->precision);
    if (strcmp(saved, wanted) == 0) return GAN_OK;
    return resume_differs(r, "context.precision", saved, wanted);
}

static gan_status resume_seed(const resume_state *r)
{
    gan__text a = {.context = r->context}, b = a;
    if (r->trainer->root == r->context->seed) return GAN_OK;
    gan__text_print(&a, "%" PRIu64, r->trainer->root);
    gan__text_print(&b, "%" PRIu64, r->context->seed);
    gan_status status = a.status != GAN_OK ? a.status : b.status;
    if (status == GAN_OK) status = resume_differs(r, "context.seed", a.bytes, b.bytes);
    gan__text_free(&a);
    gan__text_free(&b);
    return status;
}

/* The trainer's batch is the one of [run]. */
static gan_status resume_trainer(const resume_state *r)
{
    const gan__section *section = gan__recipe_find(r->recipe, GAN__SECTION_TRAINER, "", 0);
    const gan__section *run = gan__recipe_find(r->recipe, GAN__SECTION_RUN, "", 0);
    const gan__kind *kind = &r->trainer->kind->kind;
    void *wanted;
    if (kind != section->kind) {
        return resume_differs(r, "the trainer", kind->name, section->kind->name);
    }
    GAN__TRY(gan__allocate(r->context, &wanted, 1, kind->size));
    gan_status status = gan__options_copy(r->context, kind, wanted, section->values);
    if (status == GAN_OK) {
        ((gan__trainer_common *)wanted)->batch = ((const gan__run_options *)run->values)->batch;
        r->trainer->kind->settle(wanted);
        status = resume_options(r, "trainer", kind, r->trainer->options, wanted);
    }
    gan__options_free(r->context, kind, wanted);
    gan__free(r->context, wanted);
    return status;
}

/* What a description says, against a section or, without one, another description. */
static gan_status resume_describe(const resume_state *r, const char *spec, const gan__kind **kind,
                                  void **values)
{
    return gan__describe(r->context, "optimizer", (const gan__kind *const *)gan__optimizer_kinds,
                         (size_t)gan__optimizer_kind_count, spec, kind, values);
}

static void resume_drop(const resume_state *r, const gan__kind *kind, void *values)
{
    if (values) gan__options_free(r->context, kind, values);
    gan__free(r->context, values);
}

static gan_status resume_optimizer(const resume_state *r, int32_t group)
{
    const gan_trainer *t = r->trainer;
    const char *name = t->kind->groups[group];
    const gan__section *section =
        gan__recipe_find(r->recipe, GAN__SECTION_OPTIMIZER, name, strlen(name));
    const char *reference = t->kind->reference(t, group);
    const char *spec = t->optimizers[group] ? gan_optimizer_text(t->optimizers[group])
                       : t->specs[group]    ? t->specs[group]
                                            : reference;
    const gan__kind *saved_kind, *wanted_kind = NULL;
    void *saved, *wanted = NULL;
    gan__text label = {.context = r->context};
    GAN__TRY(resume_describe(r, spec, &saved_kind, &saved));
    gan_status status = section ? GAN_OK : resume_describe(r, reference, &wanted_kind, &wanted);
    gan__text_print(&label, "optimizer.%s", name);
    if (status == GAN_OK) status = label.status;
    if (status == GAN_OK) {
        const gan__kind *kind = section ? section->kind : wanted_kind;
        status = kind != saved_kind ? resume_differs(r, label.bytes, saved_kind->name, kind->name)
                                    : resume_options(r, label.bytes, kind, saved,
                                                     section ? section->values : wanted);
    }
    gan__text_free(&label);
    resume_drop(r, wanted_kind, wanted);
    resume_drop(r, saved_kind, saved);
    return status;
}

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
        "%s: resume: model.%s has '%.*s' in the checkpoint, '%.*s' in the recipe" RESUME_HINT,
        r->checkpoint, section->name, resume_cut(a.length), a.text, resume_cut(b.length), b.text);
}

static gan_status resume_compare(const resume_state *r)
{
    GAN__TRY(resume_seed(r));
    GAN__TRY(resume_precision(r));
    GAN__TRY(resume_trainer(r));
    for (int32_t i = 0; i < r->trainer->kind->group_count; i++) GAN__TRY(resume_optimizer(r, i));
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

/* Paths are no part of the comparison, the examples behind them are: data may be moved, renamed or
 * packed between two calls, but not exchanged. The first path stands for them in the message. */
static gan_status resume_examples(const resume_state *r, const char *label, const gan__kind *kind,
                                  const void *saved, const void *wanted)
{
    for (int32_t i = 0; i < kind->option_count; i++) {
        const gan__option *option = &kind->options[i];
        char *was = NULL, *is = NULL;
        if (option->type != GAN__OPTION_TEXT || resume_absent(option, saved, wanted)) continue;
        memcpy(&was, (const char *)saved + option->offset, sizeof was);
        memcpy(&is, (const char *)wanted + option->offset, sizeof is);
        return gan__fail(r->context, GAN_E_ARGUMENT,
                         "%s: resume: %s.%s is '%.200s' in the checkpoint, '%.200s' in the recipe, "
                         "with other examples" RESUME_HINT,
                         r->checkpoint, label, option->name, was ? was : "", is ? is : "");
    }
    return gan__fail(r->context, GAN_E_ARGUMENT,
                     "%s: resume: %s has other examples than the checkpoint's" RESUME_HINT,
                     r->checkpoint, label);
}

static gan_status resume_compare_data(const resume_state *r, const gan__section *section,
                                      const gan__feed_state *feed, const char *field,
                                      const char *label)
{
    const gan__kind *kind;
    void *saved;
    gan_status status =
        gan__describe(r->context, "data set", (const gan__kind *const *)gan__data_kinds,
                      (size_t)gan__data_kind_count, feed->text, &kind, &saved);
    if (status != GAN_OK) return gan__fail_in(r->context, status, "%s: %s", r->checkpoint, label);
    if (kind != section->kind) status = resume_differs(r, label, kind->name, section->kind->name);
    for (int32_t i = 0; status == GAN_OK && i < kind->option_count; i++) {
        if (kind->options[i].type == GAN__OPTION_TEXT) continue;
        status = resume_option(r, label, &kind->options[i], saved, section->values);
    }
    int32_t index = gan__dataset_field(feed->dataset, field);
    if (status == GAN_OK && index >= 0 && feed->dataset->fields[index].checksum != feed->checksum) {
        status = resume_examples(r, label, kind, saved, section->values);
    }
    resume_drop(r, kind, saved);
    return status;
}

/* Of data that the run was fed otherwise nothing is known. */
static gan_status resume_section(const resume_state *r, const gan__section *section)
{
    gan__text label = {.context = r->context};
    gan_status status;
    int32_t i = 0;
    while (strcmp(r->trainer->kind->feeds[i].name, section->name) != 0) i++;
    const gan__feed_state *feed = &r->trainer->feeds[i];
    if (!*feed->text) return GAN_OK;
    gan__text_print(&label, "data.%s", section->name);
    status = label.status;
    if (status == GAN_OK) {
        const char *field = r->trainer->kind->feeds[i].field;
        status = resume_compare_data(r, section, feed, field, label.bytes);
    }
    gan__text_free(&label);
    return status;
}

gan_status gan__recipe_resume_data(const gan_trainer *trainer, const gan_recipe *recipe,
                                   const char *checkpoint)
{
    const resume_state r = {trainer->object.context, recipe, checkpoint, trainer};
    for (size_t i = 0; i < recipe->count; i++) {
        const gan__section *section = &recipe->sections[i];
        if (section->type == GAN__SECTION_DATA) GAN__TRY(resume_section(&r, section));
    }
    return GAN_OK;
}
