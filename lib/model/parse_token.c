/* parse_token.c: the parser's steps from word to word, and its messages, with place and nearest
 * name. */
#include "base/option_value.h"
#include "model/parse.h"

#include <string.h>

/* ---- messages ---- */

static int parse_cut(size_t length)
{
    return length > 64 ? 64 : (int)length;
}

gan_status gan__parse_expected(const gan__parser *p, const char *what)
{
    const gan__token *token = &p->token;
    char where[48];
    gan__place_print(token->place, where);
    if (token->kind == GAN__TOKEN_END) {
        return gan__fail(p->context, GAN_E_TEXT, "model: expected %s, found the end of the text%s",
                         what, where);
    }
    if (token->kind == GAN__TOKEN_BREAK) {
        return gan__fail(p->context, GAN_E_TEXT,
                         "model: expected %s, found the end of the statement%s", what, where);
    }
    return gan__fail(p->context, GAN_E_TEXT, "model: expected %s, found '%.*s'%s", what,
                     parse_cut(token->length), token->text, where);
}

gan_status gan__parse_refuse(const gan__parser *p, const gan__token *token, const char *why)
{
    char where[48];
    return gan__fail(p->context, GAN_E_TEXT, "model: '%.*s' %s%s", parse_cut(token->length),
                     token->text, why, gan__place_print(token->place, where));
}

gan_status gan__parse_unknown(const gan__parser *p, const gan__token *token, const char *what,
                              const char *near)
{
    char where[48];
    return gan__fail(p->context, GAN_E_TEXT, "model: %s '%.*s'%s%s%s%s", what,
                     parse_cut(token->length), token->text, near ? ", did you mean '" : "",
                     near ? near : "", near ? "'?" : "", gan__place_print(token->place, where));
}

/* ---- tokens ---- */

gan_status gan__parse_next(gan__parser *p)
{
    return gan__lexer_next(&p->lexer, &p->token);
}

gan_status gan__parse_take(gan__parser *p, gan__token_kind kind, const char *what)
{
    if (p->token.kind != kind) return gan__parse_expected(p, what);
    return gan__parse_next(p);
}

/* A name as the current token: of a part (which may begin with a digit) or of a value. */
gan_status gan__parse_name(const gan__parser *p, bool part)
{
    const gan__token *token = &p->token;
    if (token->kind != GAN__TOKEN_WORD || token->quoted) return gan__parse_expected(p, "a name");
    if (gan__name_is_valid(token->text, token->length, part)) return GAN_OK;
    return gan__parse_refuse(p, token,
                             part
                                 ? "is no name: letters, digits and _, at most 63"
                                 : "is no name: letters, digits and _, at most 63, a letter first");
}

gan_status gan__parse_open(gan__parser *p)
{
    if (p->depth == GAN__MAX_NESTING)
        return gan__parse_refuse(p, &p->token, "opens a block nested more than 64 deep");
    p->depth++;
    return gan__parse_take(p, GAN__TOKEN_OPEN, "'{'");
}

/* ---- kinds ---- */

static const char *const parse_words[] = {"output", "default", "define"};
enum { PARSE_WORD_COUNT = 3 };

static const char *parse_nearest_kind(const gan__token *token)
{
    const char *nearest = NULL;
    size_t distance = SIZE_MAX;
    for (int32_t i = 0; i < gan__layer_kind_count + gan__block_kind_count + PARSE_WORD_COUNT; i++) {
        int32_t kind = i - gan__layer_kind_count, word = kind - gan__block_kind_count;
        const char *name = kind < 0   ? gan__layer_kinds[i]->kind.name
                           : word < 0 ? gan__block_kinds[kind]->name
                                      : parse_words[word];
        if (gan__text_nearer(token->text, token->length, name, &distance)) nearest = name;
    }
    return nearest;
}

/* The kind whose options the current token names, and its layer kind if it is a layer. */
gan_status gan__parse_kind(const gan__parser *p, const gan__kind **kind,
                           const gan__layer_kind **layer)
{
    const gan__token *token = &p->token;
    if (token->kind != GAN__TOKEN_WORD || token->quoted)
        return gan__parse_expected(p, "a statement");
    *layer = gan__layer_kind_find(token->text, token->length);
    *kind = *layer ? &(*layer)->kind : NULL;
    for (int32_t i = 0; i < gan__block_kind_count && !*kind; i++)
        if (gan__token_is(token, gan__block_kinds[i]->name)) *kind = gan__block_kinds[i];
    if (*kind) return GAN_OK;
    return gan__parse_unknown(p, token, "unknown layer", parse_nearest_kind(token));
}
