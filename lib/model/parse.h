/* parse.h: what the files of the parser share: where it stands, and the steps that several take. */
#ifndef GAN__PARSE_H
#define GAN__PARSE_H

#include "model/tree.h"

/* `default KIND ...`: what statements of the kind start from. */
typedef struct gan__default {
    const gan__kind *kind;
    void *values;
} gan__default;

typedef struct gan__scope {
    const struct gan__scope *outer;
    gan__default *defaults;
    gan__part *parts; /* definitions */
    size_t default_count, default_capacity, part_count, part_capacity;
    bool whole;   /* a model's own block: it has inputs, outputs and definitions */
    bool started; /* a statement that is no definition was there */
    bool layered; /* a layer was there: no more inputs */
    bool ended;   /* `output` was there: nothing follows */
} gan__scope;

typedef struct gan__parser {
    gan_context *context;
    gan__lexer lexer;
    gan__token token; /* the next one, not yet taken */
    const gan__given *given;
    size_t budget; /* statements and layers that may still be placed, definitions included */
    int32_t depth;
} gan__parser;

/* parse.c. Statements up to the token `end`, which stays the current one. */
gan_status gan__parse_block(gan__parser *p, gan__scope *scope, gan__token_kind end,
                            gan__block *block);
/* The text of a whole model up to `end`. */
gan_status gan__parse_whole(gan__parser *p, const gan__scope *outer, gan__token_kind end,
                            gan_model **out);

/* parse_token.c. GAN_E_TEXT with the place: "expected WHAT, found 'x'", "'x' WHY", "WHAT 'x', did
 * you mean 'near'?". */
gan_status gan__parse_expected(const gan__parser *p, const char *what);
gan_status gan__parse_refuse(const gan__parser *p, const gan__token *token, const char *why);
gan_status gan__parse_unknown(const gan__parser *p, const gan__token *token, const char *what,
                              const char *near);

gan_status gan__parse_next(gan__parser *p);
gan_status gan__parse_take(gan__parser *p, gan__token_kind kind, const char *what);
/* '{', one block deeper. The caller counts p->depth down at its end. */
gan_status gan__parse_open(gan__parser *p);
/* Checks the current token: a name of a part (which may begin with a digit) or of a value. */
gan_status gan__parse_name(const gan__parser *p, bool part);
/* The kind whose options the current token names, and its layer kind if it is a layer. */
gan_status gan__parse_kind(const gan__parser *p, const gan__kind **kind,
                           const gan__layer_kind **layer);

/* parse_define.c: what `default` and `define` leave in a scope. */
gan_status gan__parse_default(gan__parser *p, gan__scope *scope);
gan_status gan__parse_define(gan__parser *p, gan__scope *scope);
void gan__parse_scope_free(gan__parser *p, gan__scope *scope);

/* The kind's options as they stand before a statement gives its own; freed as a statement's
 * values. */
gan_status gan__parse_start(gan__parser *p, const gan__scope *scope, const gan__kind *kind,
                            void **out);
gan_model *gan__parse_part(const gan__parser *p, const gan__scope *scope, const gan__token *name);
gan_status gan__parse_no_part(const gan__parser *p, const gan__scope *scope,
                              const gan__token *name);

#endif
