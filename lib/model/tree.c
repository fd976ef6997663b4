/* tree.c: the nodes of the tree, and the kinds of statement that hold a block or place a part. */
#include "model/tree.h"
#include "base/memory.h"
#include "base/option_value.h"

#include <string.h>

static const gan__option tree_residual_options[] = {
    {"join", GAN__OPTION_CHOICE, 0, "add", 0, 0, "add|concat",
     offsetof(gan__residual_options, join),
     "add: shortcut plus body; concat: the shortcut's channels, then the body's"},
};

const gan__kind gan__residual_kind = {
    .name = "residual",
    .help = "joins the value of a block with what went into it, or with a second block's value",
    GAN__OPTIONS(tree_residual_options),
    .size = sizeof(gan__residual_options)};

static const gan__option tree_repeat_options[] = {
    {"count", GAN__OPTION_INTEGER, GAN__POSITIONAL | GAN__REQUIRED, NULL, 1, GAN__MAX_PLACED, NULL,
     offsetof(gan__repeat_options, count), "how many times, each with parameters of its own"},
};

const gan__kind gan__repeat_kind = {.name = "repeat",
                                    .help = "a block several times in a row",
                                    GAN__OPTIONS(tree_repeat_options),
                                    .size = sizeof(gan__repeat_options)};

static const gan__option tree_part_options[] = {
    {"name", GAN__OPTION_TEXT, GAN__POSITIONAL | GAN__REQUIRED, NULL, 0, 0, NULL,
     offsetof(gan__part_options, name), "of a definition, or of a model that was handed over"},
};

const gan__kind gan__part_kind = {
    .name = "part",
    .help = "another model, whose parameters are shared by all its places",
    GAN__OPTIONS(tree_part_options),
    .size = sizeof(gan__part_options)};

const gan__kind *const gan__block_kinds[] = {&gan__residual_kind, &gan__repeat_kind,
                                             &gan__part_kind};
const int32_t gan__block_kind_count = sizeof gan__block_kinds / sizeof gan__block_kinds[0];

bool gan__name_is_valid(const char *text, size_t length, bool digit_first)
{
    if (length == 0 || length > GAN__MAX_NAME) return false;
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        bool digit = c >= '0' && c <= '9';
        if (!letter && !(digit && (i > 0 || digit_first))) return false;
    }
    return true;
}

gan_status gan__words_add(gan_context *context, gan__words *words, const gan__token *token)
{
    GAN__TRY(gan__grow(context, &words->items, &words->capacity, words->count + 1,
                       sizeof *words->items));
    gan__word *word = &words->items[words->count];
    GAN__TRY(gan__copy_text(context, &word->text, token->text, token->length));
    word->place = token->place;
    words->count++;
    return GAN_OK;
}

static void tree_words_free(gan_context *context, gan__words *words)
{
    for (size_t i = 0; i < words->count; i++) gan__free(context, words->items[i].text);
    gan__free(context, words->items);
}

void gan__statement_free(gan_context *context, gan__statement *s)
{
    tree_words_free(context, &s->names);
    tree_words_free(context, &s->from);
    if (s->values) gan__options_free(context, s->kind, s->values);
    gan__free(context, s->values);
    gan__object_release(s->layer);
    gan__object_release(s->part);
    gan__block_destroy(context, s->body);
    gan__block_destroy(context, s->shortcut);
    memset(s, 0, sizeof *s);
}

/* The `name` of an input's options. */
static char **tree_input_name(const gan__statement *s)
{
    void *values = s->layer ? s->layer->options : s->values;
    const gan__kind *kind = &s->layer_kind->kind;
    const gan__option option = gan__kind_option(kind, gan__kind_find(kind, "name", 4));
    return gan__option_text(&option, values);
}

gan_status gan__statement_name_input(gan_context *context, gan__statement *s)
{
    char where[48], **slot = tree_input_name(s);
    gan__token token = {.kind = GAN__TOKEN_WORD, .place = s->place};
    if (!*slot && s->names.count == 0) return GAN_OK;
    if (s->names.count > (*slot ? 0 : 1)) {
        return gan__fail(context, GAN_E_TEXT, "model: an input has one name%s",
                         gan__place_print(s->place, where));
    }
    if (!*slot) {
        const char *name = s->names.items[0].text;
        return gan__copy_text(context, slot, name, strlen(name));
    }
    token.text = *slot;
    token.length = strlen(*slot);
    if (gan__name_is_valid(token.text, token.length, false))
        return gan__words_add(context, &s->names, &token);
    return gan__fail(context, GAN_E_TEXT, "model: '%.64s' is no name for an input%s", *slot,
                     gan__place_print(s->place, where));
}

gan_status gan__block_create(gan_context *context, gan__block **out)
{
    return gan__allocate(context, out, 1, sizeof **out);
}

gan_status gan__block_add(gan_context *context, gan__block *block, gan__statement *statement)
{
    GAN__TRY(gan__grow(context, &block->statements, &block->capacity, block->count + 1,
                       sizeof *block->statements));
    block->statements[block->count++] = *statement;
    memset(statement, 0, sizeof *statement);
    return GAN_OK;
}

void gan__block_destroy(gan_context *context, gan__block *block)
{
    if (!block) return;
    for (size_t i = 0; i < block->count; i++) gan__statement_free(context, &block->statements[i]);
    gan__free(context, block->statements);
    gan__free(context, block);
}
