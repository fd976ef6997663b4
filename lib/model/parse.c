/* parse.c: the grammar of a model's text: blocks and statements, one word ahead. */
#include "base/memory.h"
#include "model/parse.h"

#include <string.h>

static gan_status parse_options(gan__parser *p, const gan__scope *scope, const gan__kind *kind,
                                gan__statement *s)
{
    s->kind = kind;
    GAN__TRY(gan__parse_start(p, scope, kind, &s->values));
    GAN__TRY(gan__options_read(p->context, kind, s->values, &p->lexer, &p->token));
    gan__options_settle(kind, s->values);
    return GAN_OK;
}

static gan_status parse_skip_breaks(gan__parser *p)
{
    while (p->token.kind == GAN__TOKEN_BREAK) GAN__TRY(gan__parse_next(p));
    return GAN_OK;
}

/* name{,name} = : only if that is what comes. */
static gan_status parse_names(gan__parser *p, gan__statement *s)
{
    gan__lexer ahead = p->lexer;
    gan__token after;
    GAN__TRY(gan__lexer_next(&ahead, &after));
    if (after.kind != GAN__TOKEN_COMMA && after.kind != GAN__TOKEN_EQUALS) return GAN_OK;
    for (;;) {
        GAN__TRY(gan__parse_name(p, false));
        GAN__TRY(gan__words_add(p->context, &s->names, &p->token));
        GAN__TRY(gan__parse_next(p));
        if (p->token.kind == GAN__TOKEN_EQUALS) return gan__parse_next(p);
        GAN__TRY(gan__parse_take(p, GAN__TOKEN_COMMA, "',' or '='"));
    }
}

/* Names of values, at least one. */
static gan_status parse_values(gan__parser *p, gan__words *words)
{
    do {
        if (!gan__token_is(&p->token, ".")) GAN__TRY(gan__parse_name(p, false));
        GAN__TRY(gan__words_add(p->context, words, &p->token));
        GAN__TRY(gan__parse_next(p));
    } while (p->token.kind == GAN__TOKEN_WORD);
    return GAN_OK;
}

static gan_status parse_from(gan__parser *p, gan__statement *s)
{
    if (!gan__token_is(&p->token, "from")) return GAN_OK;
    GAN__TRY(gan__parse_next(p));
    GAN__TRY(parse_values(p, &s->from));
    if (s->from.count == 1 && strcmp(s->from.items[0].text, ".") == 0) {
        gan__free(p->context, s->from.items[0].text);
        s->from.count = 0;
    }
    return GAN_OK;
}

static gan_status parse_inner(gan__parser *p, const gan__scope *outer, gan__block **out)
{
    gan__scope scope = {.outer = outer};
    if (p->token.kind != GAN__TOKEN_OPEN) return gan__parse_expected(p, "'{'");
    GAN__TRY(gan__parse_open(p));
    GAN__TRY(gan__block_create(p->context, out));
    gan_status status = gan__parse_block(p, &scope, GAN__TOKEN_CLOSE, *out);
    gan__parse_scope_free(p, &scope);
    if (status == GAN_OK && (*out)->count == 0)
        status = gan__parse_expected(p, "a layer in the block");
    p->depth--;
    return status == GAN_OK ? gan__parse_next(p) : status;
}

static gan_status parse_input(gan__parser *p, const gan__scope *scope, const gan__layer_kind *kind,
                              gan__statement *s)
{
    s->form = GAN__FORM_INPUT;
    s->layer_kind = kind;
    GAN__TRY(parse_options(p, scope, &kind->kind, s));
    return gan__statement_name_input(p->context, s);
}

static gan_status parse_part(gan__parser *p, const gan__scope *scope, gan__statement *s)
{
    gan__token name = p->token;
    s->form = GAN__FORM_PART;
    GAN__TRY(parse_options(p, scope, &gan__part_kind, s));
    const gan__part_options *options = s->values;
    name.text = options->name;
    name.length = strlen(options->name);
    name.quoted = false;
    gan_model *part = gan__parse_part(p, scope, &name);
    if (!part) return gan__parse_no_part(p, scope, &name);
    gan__object_retain(part);
    s->part = part;
    return GAN_OK;
}

static gan_status parse_layer(gan__parser *p, const gan__scope *scope, gan__statement *s)
{
    const gan__kind *kind;
    GAN__TRY(gan__parse_kind(p, &kind, &s->layer_kind));
    gan__token word = p->token;
    GAN__TRY(gan__parse_next(p));
    if (gan__token_is(&word, "input")) return parse_input(p, scope, s->layer_kind, s);
    if (kind == &gan__part_kind) {
        GAN__TRY(parse_part(p, scope, s));
        return parse_from(p, s);
    }
    s->form = GAN__FORM_LAYER;
    GAN__TRY(parse_options(p, scope, kind, s));
    if (kind == &gan__residual_kind || kind == &gan__repeat_kind) {
        s->form = kind == &gan__residual_kind ? GAN__FORM_RESIDUAL : GAN__FORM_REPEAT;
        GAN__TRY(parse_inner(p, scope, &s->body));
    }
    if (s->form == GAN__FORM_RESIDUAL && p->token.kind == GAN__TOKEN_OPEN)
        GAN__TRY(parse_inner(p, scope, &s->shortcut));
    return parse_from(p, s);
}

/* What stands where in a block. */
static gan_status parse_order(const gan__parser *p, gan__scope *scope, const gan__statement *s,
                              const gan__token *word)
{
    if (scope->ended)
        return gan__parse_refuse(p, word, "stands behind `output`, which is the last");
    if (s->form == GAN__FORM_INPUT && !scope->whole)
        return gan__parse_refuse(p, word, "stands in a block; inputs belong to the model");
    if (s->form == GAN__FORM_INPUT && scope->layered)
        return gan__parse_refuse(p, word, "stands behind a layer; inputs come first");
    if (s->form == GAN__FORM_OUTPUT && !scope->whole)
        return gan__parse_refuse(p, word, "stands in a block; outputs belong to the model");
    scope->started = true;
    scope->layered = scope->layered || s->form != GAN__FORM_INPUT;
    scope->ended = s->form == GAN__FORM_OUTPUT;
    return GAN_OK;
}

/* `default` and `define` leave nothing in the block. */
static gan_status parse_directive(gan__parser *p, gan__scope *scope, const gan__token *word)
{
    GAN__TRY(gan__parse_next(p));
    if (gan__token_is(word, "default")) return gan__parse_default(p, scope);
    if (!scope->whole || scope->started)
        return gan__parse_refuse(p, word, "belongs in front of the first `input`");
    return gan__parse_define(p, scope);
}

static gan_status parse_statement(gan__parser *p, gan__scope *scope, gan__block *block)
{
    gan__statement s = {.place = p->token.place};
    gan_status status = GAN_OK;
    gan__token word = p->token;
    if (word.kind != GAN__TOKEN_WORD) return gan__parse_expected(p, "a statement");
    if (gan__token_is(&word, "default") || gan__token_is(&word, "define"))
        return parse_directive(p, scope, &word);
    if (gan__token_is(&word, "output")) {
        s.form = GAN__FORM_OUTPUT;
        status = gan__parse_next(p);
        if (status == GAN_OK) status = parse_values(p, &s.names);
    } else {
        status = parse_names(p, &s);
        word = p->token;
        if (status == GAN_OK) status = parse_layer(p, scope, &s);
    }
    if (status == GAN_OK) status = parse_order(p, scope, &s, &word);
    if (status == GAN_OK) status = gan__block_add(p->context, block, &s);
    if (status != GAN_OK) gan__statement_free(p->context, &s);
    return status;
}

gan_status gan__parse_block(gan__parser *p, gan__scope *scope, gan__token_kind end,
                            gan__block *block)
{
    GAN__TRY(parse_skip_breaks(p));
    while (p->token.kind != end) {
        GAN__TRY(parse_statement(p, scope, block));
        if (p->token.kind != GAN__TOKEN_BREAK && p->token.kind != end)
            return gan__parse_expected(p, "';' or a line end");
        GAN__TRY(parse_skip_breaks(p));
    }
    return GAN_OK;
}

gan_status gan__parse_whole(gan__parser *p, const gan__scope *outer, gan__token_kind end,
                            gan_model **out)
{
    gan__scope scope = {.outer = outer, .whole = true};
    gan_model *model;
    *out = NULL;
    GAN__TRY(gan__model_new(&model, p->context));
    gan_status status = gan__parse_block(p, &scope, end, model->block);
    if (status == GAN_OK && !scope.started) status = gan__parse_expected(p, "`input`");
    if (status == GAN_OK) status = gan__model_build(model, &p->budget);
    /* Before the scope, whose definitions its statements may not be the last to hold. */
    if (status != GAN_OK) gan__object_release(model);
    gan__parse_scope_free(p, &scope);
    if (status == GAN_OK) *out = model;
    return status;
}

gan_status gan__model_parse(gan_model **out, gan_context *context, const char *text,
                            const gan__given *given, size_t budget)
{
    const gan__passage passage = {text, 1};
    return gan__model_parse_passage(out, context, &passage, given, budget);
}

gan_status gan__model_parse_passage(gan_model **out, gan_context *context, const gan__passage *text,
                                    const gan__given *given, size_t budget)
{
    gan__parser p = {.context = context, .given = given, .budget = budget};
    *out = NULL;
    gan__lexer_start(&p.lexer, context, text);
    GAN__TRY(gan__parse_next(&p));
    return gan__parse_whole(&p, NULL, GAN__TOKEN_END, out);
}
