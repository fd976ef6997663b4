/* text.h: a growing string, and the words of a description. */
#ifndef GAN__TEXT_H
#define GAN__TEXT_H

#include "base/context.h"

/* A growing string. Zero-initialise; the first failure is kept and later appends do nothing, so a
 * writer checks once at the end. */
typedef struct gan__text {
    gan_context *context;
    char *bytes; /* always terminated once something was appended */
    size_t length, capacity;
    gan_status status;
} gan__text;

void gan__text_append(gan__text *text, const char *bytes, size_t length);
GAN__PRINTF(2, 3)
void gan__text_print(gan__text *text, const char *format, ...); /* no %g: see number.h */
void gan__text_number(gan__text *text, double value);
void gan__text_free(gan__text *text);

/* A place in a source text, for messages: "line 3, column 14". */
typedef struct gan__place {
    int32_t line, column; /* from 1 */
} gan__place;

/* One token. Words are separated by spaces; `;` and line ends, `{`, `}`, `=` and `,` are tokens of
 * their own; `#` starts a comment; "..." quotes a value, with \" and \\ inside. Names with dots,
 * numbers, paths and things like 7*7*128, 3x3, reflect:3 are single words. */
typedef enum gan__token_kind {
    GAN__TOKEN_END,    /* end of the text */
    GAN__TOKEN_WORD,   /* bare or quoted */
    GAN__TOKEN_EQUALS, /* = */
    GAN__TOKEN_COMMA,
    GAN__TOKEN_OPEN,
    GAN__TOKEN_CLOSE,
    GAN__TOKEN_BREAK /* ; or a line end */
} gan__token_kind;

typedef struct gan__token {
    gan__token_kind kind;
    bool quoted;
    const char
        *text; /* into the source; for a quoted word between the quotes, escapes not undone */
    size_t length;
    gan__place place;
} gan__token;

typedef struct gan__lexer {
    gan_context *context;
    const char *cursor, *end, *line_start;
    int32_t line;
} gan__lexer;

void gan__lexer_init(gan__lexer *lexer, gan_context *context, const char *text, size_t length);

/* A text out of a larger one, for readers whose messages name places in that. */
typedef struct gan__passage {
    const char *text;
    int32_t line; /* of its first character, which begins it */
} gan__passage;

void gan__lexer_start(gan__lexer *lexer, gan_context *context, const gan__passage *passage);

/* The next token. GAN_E_TEXT for a quote without an end or a control character. */
gan_status gan__lexer_next(gan__lexer *lexer, gan__token *out);

bool gan__token_is(const gan__token *token, const char *word);

/* Writes a value so that the lexer reads it back: bare if it can be, else quoted. */
void gan__text_value(gan__text *text, const char *value, size_t length);

/* What stands behind the next separator of a list, "a,b"; NULL: nothing does. */
const char *gan__list_next(const char *at, char separator);

/* The candidate nearest to text[0..length) by edit distance, for "did you mean"; NULL if none is
 * near. */
const char *gan__nearest(const char *text, size_t length, const char *const *candidates,
                         size_t count);

/* The same, one candidate after the other: true if this one is near and nearer than *distance,
 * which starts as SIZE_MAX and is then lowered. */
bool gan__text_nearer(const char *text, size_t length, const char *candidate, size_t *distance);

#endif
