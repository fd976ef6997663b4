/* option.c: the options of a kind: set to their defaults, read from a statement, got and set by
 * name, copied, printed; and descriptions that begin with the name of a kind. */
#include "base/memory.h"
#include "base/option_value.h"

#include <string.h>

static void *option_slot(const gan__option *option, void *values)
{
    return (char *)values + option->offset;
}

static const void *option_slot_of(const gan__option *option, const void *values)
{
    return (const char *)values + option->offset;
}

static char **option_text_slot(const gan__option *option, void *values)
{
    return option_slot(option, values);
}

gan_status gan__options_init(gan_context *context, const gan__kind *kind, void *values)
{
    memset(values, 0, kind->size);
    for (int32_t i = 0; i < kind->option_count; i++) {
        const gan__option *option = &kind->options[i];
        if (!option->initial) continue;
        gan__token token = {
            .kind = GAN__TOKEN_WORD, .text = option->initial, .length = strlen(option->initial)};
        gan__reading reading = {context, kind, option, &token};
        gan_status status = gan__option_parse(&reading, option_slot(option, values), false);
        if (status != GAN_OK) {
            gan__options_free(context, kind, values);
            return status;
        }
    }
    return GAN_OK;
}

void gan__options_free(gan_context *context, const gan__kind *kind, void *values)
{
    for (int32_t i = 0; i < kind->option_count; i++) {
        if (kind->options[i].type != GAN__OPTION_TEXT) continue;
        char **text = option_text_slot(&kind->options[i], values);
        gan__free(context, *text);
        *text = NULL;
    }
}

gan_status gan__options_copy(gan_context *context, const gan__kind *kind, void *to,
                             const void *from)
{
    memcpy(to, from, kind->size);
    for (int32_t i = 0; i < kind->option_count; i++)
        if (kind->options[i].type == GAN__OPTION_TEXT)
            *option_text_slot(&kind->options[i], to) = NULL;
    for (int32_t i = 0; i < kind->option_count; i++) {
        const gan__option *option = &kind->options[i];
        if (option->type != GAN__OPTION_TEXT) continue;
        const char *const *text = option_slot_of(option, from);
        if (!*text) continue;
        gan_status status =
            gan__copy_text(context, option_text_slot(option, to), *text, strlen(*text));
        if (status != GAN_OK) {
            gan__options_free(context, kind, to);
            return status;
        }
    }
    return GAN_OK;
}

/* ---- setting ---- */

/* "KIND: unknown option 'strid', did you mean 'stride'?" and the like. */
static gan_status option_unknown(gan_context *context, const char *prefix, const char *what,
                                 const gan__token *name, const char *nearest)
{
    char place[48];
    return gan__fail(context, GAN_E_TEXT, "%s: %s '%.*s'%s%s%s%s", prefix, what,
                     name->length > 200 ? 200 : (int)name->length, name->text,
                     nearest ? ", did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "",
                     gan__place_print(name->place, place));
}

static gan_status option_find(gan_context *context, const gan__kind *kind, const gan__token *name,
                              int32_t *index)
{
    const char *nearest = NULL;
    size_t distance = SIZE_MAX;
    if (name->quoted) {
        return option_unknown(context, kind->name, "the name of an option is not quoted:", name,
                              NULL);
    }
    for (*index = 0; *index < kind->option_count; (*index)++) {
        const char *known = kind->options[*index].name;
        if (strlen(known) == name->length && memcmp(known, name->text, name->length) == 0)
            return GAN_OK;
        if (gan__text_nearer(name->text, name->length, known, &distance)) nearest = known;
    }
    return option_unknown(context, kind->name, "unknown option", name, nearest);
}

gan_status gan__options_set(gan_context *context, const gan__kind *kind, void *values,
                            const gan__token *name, const gan__token *value)
{
    int32_t index;
    GAN__TRY(option_find(context, kind, name, &index));
    gan__reading reading = {context, kind, &kind->options[index], value};
    return gan__option_parse(&reading, option_slot(reading.option, values), false);
}

gan_status gan__options_get(gan_context *context, const gan__kind *kind, const void *values,
                            const gan__token *name, gan__text *out)
{
    int32_t index;
    GAN__TRY(option_find(context, kind, name, &index));
    const gan__option *option = &kind->options[index];
    const void *slot = option_slot_of(option, values);
    if (option->type == GAN__OPTION_TEXT) {
        const char *text = *(const char *const *)slot; /* unquoted */
        gan__text_append(out, text ? text : "", text ? strlen(text) : 0);
    } else {
        gan__option_print(out, option, slot);
    }
    return out->status;
}

/* ---- reading a statement ---- */

typedef struct option_reader {
    gan_context *context;
    const gan__kind *kind;
    void *values;
    gan__lexer *lexer;
    gan__token *next;
    uint64_t given;     /* a bit for each option that was */
    int32_t positional; /* the option that the next bare word belongs to */
    bool named;         /* a key=value was there: bare words are over */
} option_reader;

static gan_status option_fail(const option_reader *reader, const gan__token *at, const char *what,
                              const char *text, size_t length)
{
    char place[48];
    return gan__fail(reader->context, GAN_E_TEXT, "%s: %s '%.*s'%s", reader->kind->name, what,
                     length > 200 ? 200 : (int)length, text, gan__place_print(at->place, place));
}

/* Advances past `value`, and joins to it what follows after commas without a space: 1,2,1,2. */
static gan_status option_join(option_reader *reader, gan__token *value)
{
    for (;;) {
        gan__token *next = reader->next;
        GAN__TRY(gan__lexer_next(reader->lexer, next));
        if (value->quoted || next->kind != GAN__TOKEN_COMMA) return GAN_OK;
        if (next->text != value->text + value->length) return GAN_OK;
        const char *after = next->text + 1;
        GAN__TRY(gan__lexer_next(reader->lexer, next));
        if (next->kind != GAN__TOKEN_WORD || next->quoted || next->text != after) {
            return option_fail(reader, next, "a value is missing after", value->text,
                               (size_t)(after - value->text));
        }
        value->length = (size_t)(next->text + next->length - value->text);
    }
}

static gan_status option_take(option_reader *reader, int32_t index, const gan__token *value)
{
    const gan__option *option = &reader->kind->options[index];
    const uint64_t bit = (uint64_t)1 << index;
    gan__reading reading = {reader->context, reader->kind, option, value};
    bool append = (reader->given & bit) != 0;
    reader->given |= bit;
    return gan__option_parse(&reading, option_slot(option, reader->values), append);
}

/* Whether a word reads like an element of a tuple: a number, a product, `any`. */
static bool option_is_element(const gan__token *word)
{
    bool digit = word->length > 0 && word->text[0] >= '0' && word->text[0] <= '9';
    return !word->quoted && (digit || gan__token_is(word, "any"));
}

/* The option that a bare word is for, or option_count. A tuple takes all the words that it can; a
 * text in front of it that may be left out does not take a number: "input image 64 64 3", "input
 * 100". */
static int32_t option_positional(option_reader *reader, const gan__token *word)
{
    const gan__kind *kind = reader->kind;
    int32_t *i = &reader->positional;
    for (; *i < kind->option_count; (*i)++) {
        const gan__option *option = &kind->options[*i], *after = option + 1;
        if (!(option->flags & GAN__POSITIONAL)) continue;
        bool given = (reader->given >> *i & 1) != 0;
        if (given && option->type != GAN__OPTION_TUPLE) continue;
        bool before_tuple = *i + 1 < kind->option_count && after->type == GAN__OPTION_TUPLE &&
                            (after->flags & GAN__POSITIONAL);
        bool skipped = option->type == GAN__OPTION_TEXT && !(option->flags & GAN__REQUIRED) &&
                       before_tuple && option_is_element(word);
        if (!skipped) return *i;
    }
    return *i;
}

static gan_status option_read_named(option_reader *reader, gan__token *name)
{
    int32_t index;
    gan__token value;
    GAN__TRY(option_find(reader->context, reader->kind, name, &index));
    if (reader->given >> index & 1)
        return option_fail(reader, name, "given twice: option", name->text, name->length);
    GAN__TRY(gan__lexer_next(reader->lexer, &value));
    if (value.kind != GAN__TOKEN_WORD)
        return option_fail(reader, &value, "no value for option", name->text, name->length);
    GAN__TRY(option_join(reader, &value));
    reader->named = true;
    return option_take(reader, index, &value);
}

/* One word and what belongs to it; the word is in *next. */
static gan_status option_read_word(option_reader *reader)
{
    gan__token word = *reader->next;
    GAN__TRY(option_join(reader, &word));
    if (reader->next->kind == GAN__TOKEN_EQUALS) return option_read_named(reader, &word);
    int32_t index = option_positional(reader, &word);
    if (reader->named || index == reader->kind->option_count)
        return option_fail(reader, &word, "unexpected", word.text, word.length);
    return option_take(reader, index, &word);
}

static gan_status option_check_required(const option_reader *reader)
{
    const gan__kind *kind = reader->kind;
    static const char zeros[sizeof(gan__tuple)] = {0};
    for (int32_t i = 0; i < kind->option_count; i++) {
        const gan__option *option = &kind->options[i];
        if (!(option->flags & GAN__REQUIRED) || (reader->given >> i & 1)) continue;
        /* Every type begins with a number or a pointer that only a missing value leaves 0. */
        size_t size = option->type == GAN__OPTION_BOOLEAN || option->type == GAN__OPTION_CHOICE
                          ? sizeof(int32_t)
                          : sizeof(int64_t);
        if (memcmp(option_slot_of(option, reader->values), zeros, size) != 0) continue;
        return option_fail(reader, reader->next, "missing: option", option->name,
                           strlen(option->name));
    }
    return GAN_OK;
}

gan_status gan__options_read(gan_context *context, const gan__kind *kind, void *values,
                             gan__lexer *lexer, gan__token *next)
{
    option_reader reader = {context, kind, values, lexer, next, 0, 0, false};
    if (kind->option_count > 64)
        return gan__fail(context, GAN_E_INTERNAL, "%s: more than 64 options", kind->name);
    while (next->kind == GAN__TOKEN_WORD && !gan__token_is(next, "from"))
        GAN__TRY(option_read_word(&reader));
    return option_check_required(&reader);
}

gan_status gan__options_read_all(gan_context *context, const gan__kind *kind, void *values,
                                 gan__lexer *lexer, gan__token *next)
{
    option_reader reader = {.context = context, .kind = kind};
    GAN__TRY(gan__options_read(context, kind, values, lexer, next));
    while (next->kind == GAN__TOKEN_BREAK) GAN__TRY(gan__lexer_next(lexer, next));
    if (next->kind == GAN__TOKEN_END) return GAN_OK;
    return option_fail(&reader, next, "unexpected", next->text, next->length);
}

/* ---- printing ---- */

static void option_print_each(gan__text *text, const gan__kind *kind, const void *values,
                              int32_t positional)
{
    for (int32_t i = 0; i < kind->option_count; i++) {
        const gan__option *option = &kind->options[i];
        const void *slot = option_slot_of(option, values);
        if ((option->flags & GAN__POSITIONAL) != positional) continue;
        if (option->type == GAN__OPTION_TEXT && !*(const char *const *)slot) continue;
        if (option->type == GAN__OPTION_TUPLE && ((const gan__tuple *)slot)->count == 0) continue;
        gan__text_append(text, " ", 1);
        if (!positional) gan__text_print(text, "%s=", option->name);
        gan__option_print(text, option, slot);
    }
}

void gan__options_print(gan__text *text, const gan__kind *kind, const void *values)
{
    option_print_each(text, kind, values, GAN__POSITIONAL);
    option_print_each(text, kind, values, 0);
}

/* ---- one-line descriptions ---- */

static gan_status describe_kind(gan_context *context, const char *what,
                                const gan__kind *const *kinds, size_t count, const gan__token *name,
                                const gan__kind **out)
{
    const char *nearest = NULL;
    size_t distance = SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        if (gan__token_is(name, kinds[i]->name)) {
            *out = kinds[i];
            return GAN_OK;
        }
        if (gan__text_nearer(name->text, name->length, kinds[i]->name, &distance))
            nearest = kinds[i]->name;
    }
    return option_unknown(context, what, "unknown kind", name, nearest);
}

gan_status gan__describe(gan_context *context, const char *what, const gan__kind *const *kinds,
                         size_t count, const char *spec, const gan__kind **kind, void **values)
{
    const gan__passage passage = {spec, 1};
    *kind = NULL;
    *values = NULL;
    if (!spec) return gan__fail(context, GAN_E_ARGUMENT, "%s: the description is NULL", what);
    return gan__describe_passage(context, what, kinds, count, &passage, kind, values);
}

gan_status gan__describe_passage(gan_context *context, const char *what,
                                 const gan__kind *const *kinds, size_t count,
                                 const gan__passage *spec, const gan__kind **kind, void **values)
{
    gan__lexer lexer;
    gan__token next;
    *kind = NULL;
    *values = NULL;
    gan__lexer_start(&lexer, context, spec);
    do {
        GAN__TRY(gan__lexer_next(&lexer, &next));
    } while (next.kind == GAN__TOKEN_BREAK);
    if (next.kind != GAN__TOKEN_WORD) {
        return gan__fail(context, GAN_E_TEXT, "%s: the description does not begin with a kind",
                         what);
    }
    const gan__kind *found = NULL;
    GAN__TRY(describe_kind(context, what, kinds, count, &next, &found));
    GAN__TRY(gan__allocate(context, values, 1, found->size > 0 ? found->size : 1));
    gan_status status = gan__options_init(context, found, *values);
    if (status == GAN_OK) status = gan__lexer_next(&lexer, &next);
    if (status == GAN_OK) status = gan__options_read_all(context, found, *values, &lexer, &next);
    if (status == GAN_OK) {
        *kind = found;
        return GAN_OK;
    }
    gan__options_free(context, found, *values);
    gan__free(context, *values);
    *values = NULL;
    return status;
}
