/* option.c: the options of a kind: set to their defaults, read from a statement, got and set by
 * name, copied, printed; and descriptions that begin with the name of a kind. */
#include "base/memory.h"
#include "base/option_value.h"

#include <string.h>

/* ---- blocks ---- */

int32_t gan__kind_option_count(const gan__kind *kind)
{
    int32_t count = 0;
    for (int32_t i = 0; i < kind->block_count; i++) count += kind->blocks[i].option_count;
    return count;
}

gan__option gan__kind_option(const gan__kind *kind, int32_t index)
{
    const gan__option_block *block = kind->blocks;
    for (; index >= block->option_count; block++) index -= block->option_count;
    gan__option option = block->options[index];
    option.offset += block->offset;
    for (const gan__option_default *other = block->defaults; other && other->name; other++)
        if (strcmp(other->name, option.name) == 0) option.initial = other->initial;
    return option;
}

int32_t gan__kind_find(const gan__kind *kind, const char *name, size_t length)
{
    for (int32_t i = 0, count = gan__kind_option_count(kind); i < count; i++) {
        const char *known = gan__kind_option(kind, i).name;
        if (strlen(known) == length && memcmp(known, name, length) == 0) return i;
    }
    return -1;
}

/* ---- structs of values ---- */

static void *option_slot(const gan__option *option, void *values)
{
    return (char *)values + option->offset;
}

static const void *option_slot_of(const gan__option *option, const void *values)
{
    return (const char *)values + option->offset;
}

char **gan__option_text(const gan__option *option, void *values)
{
    return option_slot(option, values);
}

const char *gan__option_text_of(const gan__option *option, const void *values)
{
    return *(const char *const *)option_slot_of(option, values);
}

static size_t option_size(const gan__option *option)
{
    switch (option->type) {
    case GAN__OPTION_INTEGER: return sizeof(int64_t);
    case GAN__OPTION_REAL: return sizeof(double);
    case GAN__OPTION_BOOLEAN:
    case GAN__OPTION_CHOICE: return sizeof(int32_t);
    case GAN__OPTION_TEXT:
    case GAN__OPTION_PATH: return sizeof(char *);
    case GAN__OPTION_PAIR: return 2 * sizeof(int64_t);
    case GAN__OPTION_PADDING: return sizeof(gan__padding);
    case GAN__OPTION_TUPLE: return sizeof(gan__tuple);
    case GAN__OPTION_INITIAL: return sizeof(gan__initial);
    }
    return 0;
}

gan_status gan__options_init(gan_context *context, const gan__kind *kind, void *values)
{
    memset(values, 0, kind->size);
    for (int32_t i = 0, count = gan__kind_option_count(kind); i < count; i++) {
        const gan__option option = gan__kind_option(kind, i);
        if (!option.initial) continue;
        gan__token token = {
            .kind = GAN__TOKEN_WORD, .text = option.initial, .length = strlen(option.initial)};
        gan__reading reading = {context, kind, &option, &token};
        gan_status status = gan__option_parse(&reading, option_slot(&option, values), false);
        if (status != GAN_OK) {
            gan__options_free(context, kind, values);
            return status;
        }
    }
    return GAN_OK;
}

void gan__options_free(gan_context *context, const gan__kind *kind, void *values)
{
    for (int32_t i = 0, count = gan__kind_option_count(kind); i < count; i++) {
        const gan__option option = gan__kind_option(kind, i);
        if (!gan__option_is_text(&option)) continue;
        char **text = gan__option_text(&option, values);
        gan__free(context, *text);
        *text = NULL;
    }
}

gan_status gan__option_copy(gan_context *context, const gan__option *option, void *to,
                            const void *from)
{
    if (!gan__option_is_text(option)) {
        memcpy(option_slot(option, to), option_slot_of(option, from), option_size(option));
        return GAN_OK;
    }
    const char *text = gan__option_text_of(option, from);
    char *copy = NULL;
    if (text) GAN__TRY(gan__copy_text(context, &copy, text, strlen(text)));
    gan__free(context, *gan__option_text(option, to));
    *gan__option_text(option, to) = copy;
    return GAN_OK;
}

gan_status gan__options_copy(gan_context *context, const gan__kind *kind, void *to,
                             const void *from)
{
    const int32_t count = gan__kind_option_count(kind);
    memcpy(to, from, kind->size);
    for (int32_t i = 0; i < count; i++) {
        const gan__option option = gan__kind_option(kind, i);
        if (gan__option_is_text(&option)) *gan__option_text(&option, to) = NULL;
    }
    for (int32_t i = 0; i < count; i++) {
        const gan__option option = gan__kind_option(kind, i);
        if (!gan__option_is_text(&option)) continue;
        gan_status status = gan__option_copy(context, &option, to, from);
        if (status != GAN_OK) {
            gan__options_free(context, kind, to);
            return status;
        }
    }
    return GAN_OK;
}

void gan__options_settle(const gan__kind *kind, void *values)
{
    if (kind->settle) kind->settle(values);
}

gan_status gan__options_check(gan_context *context, const gan__kind *kind, const void *values)
{
    gan_status status = kind->check ? kind->check(context, values) : GAN_OK;
    return status == GAN_OK ? GAN_OK : gan__fail_in(context, status, "%s", kind->name);
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
    *index = gan__kind_find(kind, name->text, name->length);
    if (*index >= 0) return GAN_OK;
    for (int32_t i = 0, count = gan__kind_option_count(kind); i < count; i++) {
        const char *known = gan__kind_option(kind, i).name;
        if (gan__text_nearer(name->text, name->length, known, &distance)) nearest = known;
    }
    return option_unknown(context, kind->name, "unknown option", name, nearest);
}

gan_status gan__options_set(gan_context *context, const gan__kind *kind, void *values,
                            const gan__token *name, const gan__token *value)
{
    int32_t index = 0;
    GAN__TRY(option_find(context, kind, name, &index));
    const gan__option option = gan__kind_option(kind, index);
    gan__reading reading = {context, kind, &option, value};
    return gan__option_parse(&reading, option_slot(&option, values), false);
}

gan_status gan__options_get(gan_context *context, const gan__kind *kind, const void *values,
                            const gan__token *name, gan__text *out)
{
    int32_t index = 0;
    GAN__TRY(option_find(context, kind, name, &index));
    const gan__option option = gan__kind_option(kind, index);
    if (gan__option_is_text(&option)) {
        const char *text = gan__option_text_of(&option, values); /* unquoted */
        gan__text_append(out, text ? text : "", text ? strlen(text) : 0);
    } else {
        gan__option_print(out, &option, option_slot_of(&option, values));
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
    int32_t count;         /* of the kind's options */
    int32_t positional;    /* the option that the next bare word belongs to */
    bool named;            /* a key=value was there: bare words are over */
    gan__option_set given; /* the options that were */
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
    const gan__option option = gan__kind_option(reader->kind, index);
    gan__reading reading = {reader->context, reader->kind, &option, value};
    bool append = gan__option_set_has(&reader->given, index);
    gan__option_set_add(&reader->given, index);
    return gan__option_parse(&reading, option_slot(&option, reader->values), append);
}

/* Whether a word reads like an element of a tuple: a number, a product, `any`. */
static bool option_is_element(const gan__token *word)
{
    bool digit = word->length > 0 && word->text[0] >= '0' && word->text[0] <= '9';
    return !word->quoted && (digit || gan__token_is(word, "any"));
}

/* Whether the option is a tuple that takes bare words. */
static bool option_takes_words(const option_reader *reader, int32_t index)
{
    if (index >= reader->count) return false;
    const gan__option option = gan__kind_option(reader->kind, index);
    return option.type == GAN__OPTION_TUPLE && (option.flags & GAN__POSITIONAL);
}

/* The option that a bare word is for, or reader->count. A tuple takes all the words that it can; a
 * text in front of it that may be left out does not take a number: "input image 64 64 3", "input
 * 100". */
static int32_t option_positional(option_reader *reader, const gan__token *word)
{
    int32_t *i = &reader->positional;
    for (; *i < reader->count; (*i)++) {
        const gan__option option = gan__kind_option(reader->kind, *i);
        if (!(option.flags & GAN__POSITIONAL)) continue;
        if (gan__option_set_has(&reader->given, *i) && option.type != GAN__OPTION_TUPLE) continue;
        bool skipped = gan__option_is_text(&option) && !(option.flags & GAN__REQUIRED) &&
                       option_takes_words(reader, *i + 1) && option_is_element(word);
        if (!skipped) return *i;
    }
    return *i;
}

static gan_status option_read_named(option_reader *reader, gan__token *name)
{
    int32_t index = 0;
    gan__token value;
    GAN__TRY(option_find(reader->context, reader->kind, name, &index));
    if (gan__option_set_has(&reader->given, index))
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
    if (reader->named || index == reader->count)
        return option_fail(reader, &word, "unexpected", word.text, word.length);
    return option_take(reader, index, &word);
}

static gan_status option_check_required(const option_reader *reader)
{
    static const char zeros[sizeof(gan__tuple)] = {0};
    for (int32_t i = 0; i < reader->count; i++) {
        const gan__option option = gan__kind_option(reader->kind, i);
        if (!(option.flags & GAN__REQUIRED) || gan__option_set_has(&reader->given, i)) continue;
        const void *slot = option_slot_of(&option, reader->values);
        if (memcmp(slot, zeros, option_size(&option)) != 0) continue;
        return option_fail(reader, reader->next, "missing: option", option.name,
                           strlen(option.name));
    }
    return GAN_OK;
}

gan_status gan__options_read(gan_context *context, const gan__kind *kind, void *values,
                             gan__lexer *lexer, gan__token *next)
{
    option_reader reader = {.context = context,
                            .kind = kind,
                            .values = values,
                            .lexer = lexer,
                            .next = next,
                            .count = gan__kind_option_count(kind)};
    if (reader.count > GAN__MAX_OPTIONS)
        return gan__fail(context, GAN_E_INTERNAL, "%s: more than %d options", kind->name,
                         GAN__MAX_OPTIONS);
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
                              const char *but, int32_t positional)
{
    for (int32_t i = 0, count = gan__kind_option_count(kind); i < count; i++) {
        const gan__option option = gan__kind_option(kind, i);
        const void *slot = option_slot_of(&option, values);
        if ((option.flags & GAN__POSITIONAL) != positional) continue;
        if (but && strcmp(option.name, but) == 0) continue;
        if (gan__option_is_text(&option) && !gan__option_text_of(&option, values)) continue;
        if (option.type == GAN__OPTION_TUPLE && ((const gan__tuple *)slot)->count == 0) continue;
        gan__text_append(text, " ", 1);
        if (!positional) gan__text_print(text, "%s=", option.name);
        gan__option_print(text, &option, slot);
    }
}

void gan__options_print_but(gan__text *text, const gan__kind *kind, const void *values,
                            const char *but)
{
    option_print_each(text, kind, values, but, GAN__POSITIONAL);
    option_print_each(text, kind, values, but, 0);
}

void gan__options_print(gan__text *text, const gan__kind *kind, const void *values)
{
    gan__options_print_but(text, kind, values, NULL);
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

/* One option's value from an option of another kind, by its text. */
static gan_status describe_take(gan_context *context, const gan__kind *kind, void *values,
                                const gan__kind *old, const void *old_values,
                                const gan__option *option)
{
    const gan__token name = {
        .kind = GAN__TOKEN_WORD, .text = option->name, .length = strlen(option->name)};
    gan__text text = {.context = context};
    gan_status status = gan__options_get(context, old, old_values, &name, &text);
    if (status == GAN_OK && text.length > 0) {
        const gan__token value = {
            .kind = GAN__TOKEN_WORD, .text = text.bytes, .length = text.length};
        status = gan__options_set(context, kind, values, &name, &value);
    }
    gan__text_free(&text);
    return status;
}

/* What both kinds have, with the same choices. */
static gan_status describe_take_all(gan_context *context, const gan__kind *kind, void *values,
                                    const gan__kind *old, const void *old_values)
{
    for (int32_t i = 0, count = gan__kind_option_count(kind); i < count; i++) {
        const gan__option option = gan__kind_option(kind, i);
        const int32_t other = gan__kind_find(old, option.name, strlen(option.name));
        if (other < 0) continue;
        const gan__option before = gan__kind_option(old, other);
        const bool choices = option.type == GAN__OPTION_CHOICE;
        if (option.type != before.type || (choices && strcmp(option.choices, before.choices) != 0))
            continue;
        GAN__TRY(describe_take(context, kind, values, old, old_values, &option));
    }
    return GAN_OK;
}

/* `old` may be NULL. */
static gan_status describe_read(gan_context *context, const gan__kind *kind, void *values,
                                const gan__description *old, gan__lexer *lexer)
{
    gan__token next;
    GAN__TRY(gan__options_init(context, kind, values));
    if (old) GAN__TRY(describe_take_all(context, kind, values, old->kind, old->values));
    GAN__TRY(gan__lexer_next(lexer, &next));
    return gan__options_read_all(context, kind, values, lexer, &next);
}

void gan__description_drop(gan_context *context, gan__description *description)
{
    gan__options_free(context, description->kind, description->values);
    gan__free(context, description->values);
    *description = (gan__description){0};
}

gan_status gan__describe_after(gan_context *context, const char *what,
                               const gan__kind *const *kinds, size_t count,
                               const gan__passage *spec, const gan__description *old,
                               gan__description *out)
{
    gan__lexer lexer;
    gan__token next;
    const gan__kind *found = NULL;
    *out = (gan__description){0};
    gan__lexer_start(&lexer, context, spec);
    do {
        GAN__TRY(gan__lexer_next(&lexer, &next));
    } while (next.kind == GAN__TOKEN_BREAK);
    if (next.kind != GAN__TOKEN_WORD) {
        return gan__fail(context, GAN_E_TEXT, "%s: the description does not begin with a kind",
                         what);
    }
    GAN__TRY(describe_kind(context, what, kinds, count, &next, &found));
    GAN__TRY(gan__allocate(context, &out->values, 1, found->size > 0 ? found->size : 1));
    out->kind = found;
    gan_status status = describe_read(context, found, out->values, old, &lexer);
    if (status != GAN_OK) gan__description_drop(context, out);
    return status;
}

gan_status gan__describe_alone(gan_context *context, const gan__kind *kind, const char *spec,
                               void *values)
{
    gan__lexer lexer;
    gan__lexer_init(&lexer, context, spec ? spec : "", spec ? strlen(spec) : 0);
    gan_status status = describe_read(context, kind, values, NULL, &lexer);
    if (status == GAN_OK) gan__options_settle(kind, values);
    if (status == GAN_OK) status = gan__options_check(context, kind, values);
    if (status != GAN_OK) gan__options_free(context, kind, values);
    return status;
}

gan_status gan__describe(gan_context *context, const char *what, const gan__kind *const *kinds,
                         size_t count, const char *spec, const gan__kind **kind, void **values)
{
    const gan__passage passage = {spec, 1};
    gan__description found;
    *kind = NULL;
    *values = NULL;
    if (!spec) return gan__fail(context, GAN_E_ARGUMENT, "%s: the description is NULL", what);
    GAN__TRY(gan__describe_after(context, what, kinds, count, &passage, NULL, &found));
    gan__options_settle(found.kind, found.values);
    gan_status status = gan__options_check(context, found.kind, found.values);
    if (status != GAN_OK) gan__description_drop(context, &found);
    *kind = found.kind;
    *values = found.values;
    return status;
}
