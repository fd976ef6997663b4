/* print.c: canonical text of a model: its definitions, each before its first use, then its
 * statements. */
#include "base/memory.h"
#include "model/tree.h"

#include <stdio.h>
#include <string.h>

static void print_block(gan__text *text, const gan__block *block, int depth);

/* ---- statements ---- */

static void print_indent(gan__text *text, int depth)
{
    for (int i = 0; i < depth; i++) gan__text_append(text, "    ", 4);
}

static void print_words(gan__text *text, const gan__words *words, const char *between)
{
    for (size_t i = 0; i < words->count; i++)
        gan__text_print(text, "%s%s", i ? between : "", words->items[i].text);
}

static void print_inner(gan__text *text, const gan__block *block, int depth)
{
    gan__text_print(text, " {\n");
    print_block(text, block, depth + 1);
    print_indent(text, depth);
    gan__text_print(text, "}");
}

static void print_statement(gan__text *text, const gan__statement *s, int depth)
{
    print_indent(text, depth);
    if (s->form == GAN__FORM_OUTPUT) {
        gan__text_print(text, "output ");
        print_words(text, &s->names, " ");
        gan__text_print(text, "\n");
        return;
    }
    const char *kind = s->kind ? s->kind->name : s->layer->kind->kind.name;
    bool named =
        s->names.count > 0 && s->form != GAN__FORM_INPUT; /* an input's is in its options */
    if (named) print_words(text, &s->names, ",");
    gan__text_print(text, "%s%s", named ? " = " : "", kind);
    if (s->layer)
        gan__options_print(text, &s->layer->kind->kind, s->layer->options);
    else
        gan__options_print(text, s->kind, s->values);
    if (s->body) print_inner(text, s->body, depth);
    if (s->shortcut) print_inner(text, s->shortcut, depth);
    if (s->from.count) gan__text_print(text, " from ");
    print_words(text, &s->from, " ");
    gan__text_print(text, "\n");
}

static void print_block(gan__text *text, const gan__block *block, int depth)
{
    for (size_t i = 0; i < block->count; i++) print_statement(text, &block->statements[i], depth);
}

/* ---- definitions ---- */

/* The model of that name among the first `count`. */
static const gan_model *print_find(const gan__definitions *list, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list->items[i].name, name) == 0) return list->items[i].model;
    return NULL;
}

/* The model that the whole one itself knows by that name. */
static const gan_model *print_own(const gan__definitions *list, const char *name)
{
    for (size_t i = 0; i < list->whole->part_count; i++)
        if (strcmp(list->whole->parts[i].name, name) == 0) return list->whole->parts[i].model;
    return NULL;
}

static const char *print_name_of(const gan__definitions *list, const gan_model *model)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].model == model) return list->items[i].name;
    return NULL;
}

static gan_status print_add(gan__definitions *list, gan_model *model, const char *name)
{
    bool again = print_name_of(list, model) != NULL;
    GAN__TRY(gan__grow(list->whole->object.context, &list->items, &list->capacity, list->count + 1,
                       sizeof *list->items));
    gan__definition *item = &list->items[list->count++];
    item->model = model;
    item->again = again;
    snprintf(item->name, sizeof item->name, "%s", name);
    return GAN_OK;
}

/* A name for a part of a part: the one that its user has for it, unless that is taken. */
static void print_choose(const gan__definitions *list, const gan_model *model, const char *wish,
                         char name[GAN__MAX_NAME + 1])
{
    snprintf(name, GAN__MAX_NAME + 1, "%s", wish);
    for (int n = 2;; n++) {
        const gan_model *own = print_own(list, name);
        if ((!own || own == model) && !print_find(list, list->count, name)) return;
        snprintf(name, GAN__MAX_NAME + 1, "%.*s_%d", GAN__MAX_NAME - 12, wish, n);
    }
}

/* What is given needs no definition, nor does what is placed in it. */
static gan_status print_add_given(gan__definitions *list, const gan__given *given)
{
    for (size_t i = 0; given && i < given->count; i++)
        GAN__TRY(print_add(list, given->parts[i], given->names[i]));
    return GAN_OK;
}

static gan_status print_collect(gan__definitions *list, const gan_model *model);

/* A part that the whole model has another name for, which hides what is given under that name: it
 * is said last, when the definitions have used what is given. */
static gan_status print_add_hiding(gan__definitions *list, const gan__part *part)
{
    char name[GAN__MAX_NAME + 1];
    const gan_model *known = print_find(list, list->count, part->name);
    if (!known || known == part->model) return GAN_OK;
    if (!print_name_of(list, part->model)) {
        GAN__TRY(print_collect(list, part->model));
        print_choose(list, part->model, part->name, name);
        GAN__TRY(print_add(list, part->model, name));
    }
    return print_add(list, part->model, part->name);
}

static gan_status print_collect(gan__definitions *list, const gan_model *model)
{
    bool whole = model == list->whole;
    for (size_t i = 0; i < model->part_count; i++) {
        const gan__part *part = &model->parts[i];
        char name[GAN__MAX_NAME + 1];
        if (!print_name_of(list, part->model)) GAN__TRY(print_collect(list, part->model));
        if (whole) {
            if (!print_find(list, list->count, part->name))
                GAN__TRY(print_add(list, part->model, part->name));
        } else if (!print_name_of(list, part->model)) {
            print_choose(list, part->model, part->name, name);
            GAN__TRY(print_add(list, part->model, name));
        }
    }
    return GAN_OK;
}

/* Inside a definition only what has another name there, or gets its name further down, is said
 * again. */
static void print_definition(const gan__definitions *list, gan__text *text, size_t index)
{
    const gan__definition *item = &list->items[index];
    const gan_model *model = item->model;
    if (item->again) {
        gan__text_print(text, "define %s from %s\n", item->name, print_name_of(list, model));
        return;
    }
    gan__text_print(text, "define %s {\n", item->name);
    for (size_t i = 0; i < model->part_count; i++) {
        const gan__part *part = &model->parts[i];
        if (print_find(list, index, part->name) == part->model) continue;
        print_indent(text, 1);
        gan__text_print(text, "define %s from %s\n", part->name, print_name_of(list, part->model));
    }
    print_block(text, model->block, 1);
    gan__text_print(text, "}\n");
}

gan_status gan__model_definitions(const gan_model *model, gan__definitions *out)
{
    *out = (gan__definitions){.whole = model};
    gan_status status = print_collect(out, model);
    if (status != GAN_OK) gan__definitions_free(out);
    return status;
}

void gan__definitions_free(gan__definitions *definitions)
{
    gan__free(definitions->whole->object.context, definitions->items);
    definitions->items = NULL;
    definitions->count = definitions->capacity = 0;
}

gan_status gan__model_print(const gan_model *model, const gan__given *given, gan__text *text)
{
    gan__definitions list = {.whole = model};
    gan_status status = print_add_given(&list, given);
    if (status == GAN_OK) status = print_collect(&list, model);
    for (size_t i = 0; status == GAN_OK && i < model->part_count; i++)
        status = print_add_hiding(&list, &model->parts[i]);
    for (size_t i = given ? given->count : 0; status == GAN_OK && i < list.count; i++)
        print_definition(&list, text, i);
    if (status == GAN_OK) print_block(text, model->block, 0);
    gan__definitions_free(&list);
    return status == GAN_OK ? text->status : status;
}
