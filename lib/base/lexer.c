/* lexer.c: a description's text as words and signs, each with its line and column; and back: a
 * value in quotes where it could not be read without. */
#include "base/text.h"

#include <string.h>

void gan__lexer_init(gan__lexer *lexer, gan_context *context, const char *text, size_t length)
{
    lexer->context = context;
    lexer->cursor = lexer->line_start = text;
    lexer->end = text + length;
    lexer->line = 1;
}

void gan__lexer_start(gan__lexer *lexer, gan_context *context, const gan__passage *passage)
{
    gan__lexer_init(lexer, context, passage->text, strlen(passage->text));
    lexer->line = passage->line;
}

static bool lexer_is_control(char c)
{
    unsigned char byte = (unsigned char)c;
    return (byte < 0x20 && byte != '\t' && byte != '\r' && byte != '\n') || byte == 0x7F;
}

static bool lexer_is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Bytes of UTF-8 above 0x7F are letters. */
static bool lexer_in_word(char c)
{
    return !lexer_is_control(c) && !lexer_is_space(c) && !memchr("\n;{}=,#\"", c, 8);
}

static gan_status lexer_fail(const gan__lexer *lexer, const gan__token *token, const char *what)
{
    return gan__fail(lexer->context, GAN_E_TEXT, "%s (line %d, column %d)", what,
                     (int)token->place.line, (int)token->place.column);
}

static gan__place lexer_place(const gan__lexer *lexer)
{
    ptrdiff_t column = lexer->cursor - lexer->line_start + 1;
    gan__place place = {lexer->line, column > INT32_MAX ? INT32_MAX : (int32_t)column};
    return place;
}

static gan_status lexer_quoted(gan__lexer *lexer, gan__token *out)
{
    out->kind = GAN__TOKEN_WORD;
    out->quoted = true;
    out->text = ++lexer->cursor;
    while (lexer->cursor < lexer->end && *lexer->cursor != '"') {
        if (*lexer->cursor == '\n') break;
        if (lexer_is_control(*lexer->cursor)) {
            out->place = lexer_place(lexer);
            return lexer_fail(lexer, out, "a control character");
        }
        bool escape = *lexer->cursor == '\\' && lexer->end - lexer->cursor > 1 &&
                      (lexer->cursor[1] == '"' || lexer->cursor[1] == '\\');
        lexer->cursor += escape ? 2 : 1;
    }
    if (lexer->cursor == lexer->end || *lexer->cursor == '\n')
        return lexer_fail(lexer, out, "a quote without its end");
    out->length = (size_t)(lexer->cursor - out->text);
    lexer->cursor++;
    return GAN_OK;
}

static gan__token_kind lexer_sign(char c)
{
    switch (c) {
    case '=': return GAN__TOKEN_EQUALS;
    case ',': return GAN__TOKEN_COMMA;
    case '{': return GAN__TOKEN_OPEN;
    case '}': return GAN__TOKEN_CLOSE;
    default: return GAN__TOKEN_BREAK;
    }
}

gan_status gan__lexer_next(gan__lexer *lexer, gan__token *out)
{
    while (lexer->cursor < lexer->end && lexer_is_space(*lexer->cursor)) lexer->cursor++;
    if (lexer->cursor < lexer->end && *lexer->cursor == '#')
        while (lexer->cursor < lexer->end && *lexer->cursor != '\n') lexer->cursor++;
    memset(out, 0, sizeof *out);
    out->kind = GAN__TOKEN_END;
    out->place = lexer_place(lexer);
    out->text = lexer->cursor;
    if (lexer->cursor == lexer->end) return GAN_OK;

    char first = *lexer->cursor;
    if (first == '"') return lexer_quoted(lexer, out);
    if (lexer_is_control(first)) return lexer_fail(lexer, out, "a control character");
    if (lexer_in_word(first)) {
        while (lexer->cursor < lexer->end && lexer_in_word(*lexer->cursor)) lexer->cursor++;
        out->kind = GAN__TOKEN_WORD;
        out->length = (size_t)(lexer->cursor - out->text);
        return GAN_OK;
    }
    out->kind = lexer_sign(first);
    out->length = 1;
    lexer->cursor++;
    if (first == '\n') {
        lexer->line++;
        lexer->line_start = lexer->cursor;
    }
    return GAN_OK;
}

bool gan__token_is(const gan__token *token, const char *word)
{
    return token->kind == GAN__TOKEN_WORD && !token->quoted && strlen(word) == token->length &&
           memcmp(token->text, word, token->length) == 0;
}

void gan__text_value(gan__text *text, const char *value, size_t length)
{
    bool bare = length > 0;
    for (size_t i = 0; i < length; i++) bare = bare && lexer_in_word(value[i]);
    if (bare) {
        gan__text_append(text, value, length);
        return;
    }
    gan__text_append(text, "\"", 1);
    for (size_t i = 0; i < length; i++) {
        if (value[i] == '"' || value[i] == '\\') gan__text_append(text, "\\", 1);
        gan__text_append(text, value + i, 1);
    }
    gan__text_append(text, "\"", 1);
}
