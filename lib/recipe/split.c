/* split.c: cuts the file into sections: [type.name], the body behind it, comments left in. */
#include "base/memory.h"
#include "base/option_value.h"
#include "model/tree.h"
#include "recipe/recipe.h"

#include <string.h>

static const struct {
    const char *word;
    bool named;
} split_types[GAN__SECTION_TYPES] = {
    {"context", false}, {"part", true},      {"model", true}, {"data", true},
    {"trainer", false}, {"optimizer", true}, {"run", false},
};

const char *gan__section_word(gan__section_type type)
{
    return split_types[type].word;
}

bool gan__section_is_named(gan__section_type type)
{
    return split_types[type].named;
}

gan__section *gan__recipe_find(const gan_recipe *recipe, gan__section_type type, const char *name,
                               size_t length)
{
    for (size_t i = 0; i < recipe->count; i++) {
        gan__section *section = &recipe->sections[i];
        if (section->type == type && strlen(section->name) == length &&
            memcmp(section->name, name, length) == 0)
            return section;
    }
    return NULL;
}

gan_status gan__recipe_add(gan_recipe *recipe, gan__section_type type, const char *name,
                           size_t length, gan__section **out)
{
    gan_context *context = recipe->object.context;
    GAN__TRY(gan__grow(context, &recipe->sections, &recipe->capacity, recipe->count + 1,
                       sizeof *recipe->sections));
    gan__section *section = &recipe->sections[recipe->count];
    memset(section, 0, sizeof *section);
    section->type = type;
    GAN__TRY(gan__copy_text(context, &section->name, name, length));
    recipe->count++;
    *out = section;
    return GAN_OK;
}

/* ---- the lines of the file ---- */

typedef struct split_reader {
    gan_recipe *recipe;
    const char *cursor, *end; /* of the text */
    const char *start;        /* of the line that is read */
    int32_t line;
    size_t first; /* of the sections that the last header opened */
    bool opened;
} split_reader;

static gan__place split_place(const split_reader *r, const char *at)
{
    gan__place place = {r->line, (int32_t)(at - r->start) + 1};
    return place;
}

static gan_status split_fail(const split_reader *r, const char *at, const char *what)
{
    char place[48];
    return gan__fail(r->recipe->object.context, GAN_E_TEXT, "%s: %s%s", r->recipe->path, what,
                     gan__place_print(split_place(r, at), place));
}

static bool split_is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static void split_skip(split_reader *r)
{
    while (r->cursor < r->end && split_is_space(*r->cursor)) r->cursor++;
}

/* The type that a name begins with, and what follows its dot. */
static gan_status split_type(const split_reader *r, const char *name, size_t length,
                             gan__section_type *type, size_t *prefix)
{
    char place[48];
    const gan__place at = split_place(r, name);
    const char *dot = memchr(name, '.', length);
    size_t word = dot ? (size_t)(dot - name) : length;
    for (int32_t i = 0; i < GAN__SECTION_TYPES; i++) {
        if (strlen(split_types[i].word) != word || memcmp(name, split_types[i].word, word) != 0)
            continue;
        *type = (gan__section_type)i;
        *prefix = dot ? word + 1 : word;
        bool valid = gan__name_is_valid(name + *prefix, length - *prefix, true);
        if (split_types[i].named ? dot && valid : !dot) return GAN_OK;
        return gan__fail(r->recipe->object.context, GAN_E_TEXT, "%s: section '%.*s' %s%s",
                         r->recipe->path, length > 200 ? 200 : (int)length, name,
                         split_types[i].named ? "needs a name after a dot, of letters, digits and _"
                                              : "has no name",
                         gan__place_print(at, place));
    }
    return gan__recipe_unknown(r->recipe, name, word, &at);
}

static gan_status split_open(split_reader *r, const char *name, size_t length)
{
    gan__section *section;
    gan__section_type type = GAN__SECTION_CONTEXT;
    size_t prefix = 0;
    char place[48];
    gan_recipe *recipe = r->recipe;
    GAN__TRY(split_type(r, name, length, &type, &prefix));
    const gan__section *old = gan__recipe_find(recipe, type, name + prefix, length - prefix);
    if (old) {
        return gan__fail(recipe->object.context, GAN_E_TEXT,
                         "%s: section '%.*s' is given twice, first in line %d%s", recipe->path,
                         (int)length, name, old->place.line,
                         gan__place_print(split_place(r, name), place));
    }
    bool model = type == GAN__SECTION_MODEL;
    if (recipe->count > r->first && (!model || recipe->sections[r->first].type != type))
        return split_fail(r, name, "only models may share a section");
    if (recipe->count >= GAN__MAX_PARTS) return split_fail(r, name, "too many sections");
    GAN__TRY(gan__recipe_add(recipe, type, name + prefix, length - prefix, &section));
    section->place = split_place(r, name);
    return GAN_OK;
}

/* "[model.xy, model.yx]  # comment", from the bracket to the line's end. */
static gan_status split_header(split_reader *r)
{
    r->first = r->recipe->count;
    r->opened = true;
    do {
        r->cursor++;
        split_skip(r);
        const char *name = r->cursor;
        while (r->cursor < r->end && !split_is_space(*r->cursor) && *r->cursor != ',' &&
               *r->cursor != ']' && *r->cursor != '#' && *r->cursor != '\n')
            r->cursor++;
        if (r->cursor == name) return split_fail(r, name, "the name of a section is missing");
        GAN__TRY(split_open(r, name, (size_t)(r->cursor - name)));
        split_skip(r);
    } while (r->cursor < r->end && *r->cursor == ',');
    if (r->cursor == r->end || *r->cursor != ']') return split_fail(r, r->cursor, "']' is missing");
    r->cursor++;
    split_skip(r);
    if (r->cursor == r->end || *r->cursor == '\n' || *r->cursor == '#') return GAN_OK;
    return split_fail(r, r->cursor, "a section begins on the line after its name");
}

/* The sections that are open get the body from `start` up to here. */
static void split_close(const split_reader *r, const char *start, int32_t line, const char *end)
{
    for (size_t i = r->first; i < r->recipe->count; i++) {
        gan__section *section = &r->recipe->sections[i];
        section->text = start;
        section->length = (size_t)(end - start);
        section->line = line;
    }
}

/* A zero byte would end the texts that later readers take. */
static gan_status split_next_line(split_reader *r)
{
    const char *newline = memchr(r->cursor, '\n', (size_t)(r->end - r->cursor));
    const char *next = newline ? newline + 1 : r->end;
    const char *zero = memchr(r->start, '\0', (size_t)(next - r->start));
    if (zero) return split_fail(r, zero, "a zero byte");
    r->cursor = r->start = next;
    r->line++;
    return GAN_OK;
}

gan_status gan__recipe_split(gan_recipe *recipe, size_t length)
{
    split_reader r = {.recipe = recipe,
                      .cursor = recipe->source,
                      .start = recipe->source,
                      .end = recipe->source + length,
                      .line = 1};
    static const char mark[] = "\xEF\xBB\xBF"; /* of UTF-8, as some editors write it */
    if (length >= 3 && memcmp(r.cursor, mark, 3) == 0) r.cursor = r.start = r.cursor + 3;
    const char *body = r.cursor;
    int32_t line = 1;
    while (r.cursor < r.end) {
        split_skip(&r);
        if (r.cursor < r.end && *r.cursor == '[') {
            split_close(&r, body, line, r.start);
            GAN__TRY(split_header(&r));
            GAN__TRY(split_next_line(&r));
            body = r.cursor;
            line = r.line;
            continue;
        }
        bool empty = r.cursor == r.end || *r.cursor == '\n' || *r.cursor == '#';
        if (!empty && !r.opened)
            return split_fail(&r, r.cursor, "text in front of the first section");
        GAN__TRY(split_next_line(&r));
    }
    split_close(&r, body, line, r.end);
    return GAN_OK;
}
