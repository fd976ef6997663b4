/* parse_define.c: what a block declares: defaults, parts and other names for them; and how a name
 * is looked for, from the inner block outwards. */
#include "base/memory.h"
#include "model/parse.h"

#include <string.h>

/* ---- default ---- */

static const gan__default *parse_find_default(const gan__scope *scope, const gan__kind *kind)
{
    for (; scope; scope = scope->outer) {
        for (size_t i = 0; i < scope->default_count; i++)
            if (scope->defaults[i].kind == kind) return &scope->defaults[i];
    }
    return NULL;
}

/* The kind's options as they stand before a statement gives its own; freed as a statement's
 * values. */
gan_status gan__parse_start(gan__parser *p, const gan__scope *scope, const gan__kind *kind,
                            void **out)
{
    const gan__default *start = parse_find_default(scope, kind);
    void *values;
    GAN__TRY(gan__allocate(p->context, &values, 1, kind->size > 0 ? kind->size : 1));
    gan_status status = start ? gan__options_copy(p->context, kind, values, start->values)
                              : gan__options_init(p->context, kind, values);
    if (status != GAN_OK) {
        gan__free(p->context, values);
        return status;
    }
    *out = values;
    return GAN_OK;
}

/* key=value; commas in the value join its words: 1,2,1,2. */
static gan_status parse_default_option(gan__parser *p, const gan__kind *kind, void *values)
{
    gan__token name = p->token;
    GAN__TRY(gan__parse_take(p, GAN__TOKEN_WORD, "an option"));
    GAN__TRY(gan__parse_take(p, GAN__TOKEN_EQUALS, "'=' (a default is written key=value)"));
    gan__token value = p->token;
    GAN__TRY(gan__parse_take(p, GAN__TOKEN_WORD, "a value"));
    while (p->token.kind == GAN__TOKEN_COMMA && !value.quoted) {
        GAN__TRY(gan__parse_next(p));
        if (p->token.kind != GAN__TOKEN_WORD || p->token.quoted)
            return gan__parse_expected(p, "a value after ','");
        value.length = (size_t)(p->token.text + p->token.length - value.text);
        GAN__TRY(gan__parse_next(p));
    }
    return gan__options_set(p->context, kind, values, &name, &value);
}

static gan_status parse_keep_default(gan__parser *p, gan__scope *scope, const gan__kind *kind,
                                     void *values)
{
    for (size_t i = 0; i < scope->default_count; i++) {
        gan__default *old = &scope->defaults[i];
        if (old->kind != kind) continue;
        gan__options_free(p->context, kind, old->values);
        gan__free(p->context, old->values);
        old->values = values;
        return GAN_OK;
    }
    GAN__TRY(gan__grow(p->context, &scope->defaults, &scope->default_capacity,
                       scope->default_count + 1, sizeof *scope->defaults));
    scope->defaults[scope->default_count++] = (gan__default){kind, values};
    return GAN_OK;
}

gan_status gan__parse_default(gan__parser *p, gan__scope *scope)
{
    const gan__kind *kind;
    const gan__layer_kind *layer;
    void *values;
    GAN__TRY(gan__parse_kind(p, &kind, &layer));
    GAN__TRY(gan__parse_next(p));
    GAN__TRY(gan__parse_start(p, scope, kind, &values));
    gan_status status;
    do {
        status = parse_default_option(p, kind, values);
    } while (status == GAN_OK && p->token.kind == GAN__TOKEN_WORD);
    if (status == GAN_OK) status = parse_keep_default(p, scope, kind, values);
    if (status != GAN_OK) {
        gan__options_free(p->context, kind, values);
        gan__free(p->context, values);
    }
    return status;
}

/* ---- parts and definitions ---- */

static gan_model *parse_scope_part(const gan__scope *scope, const gan__token *name)
{
    for (size_t i = 0; i < scope->part_count; i++)
        if (gan__token_is(name, scope->parts[i].name)) return scope->parts[i].model;
    return NULL;
}

static gan_model *parse_given_part(const gan__parser *p, const gan__token *name)
{
    for (size_t i = 0; i < p->given->count; i++)
        if (gan__token_is(name, p->given->names[i])) return p->given->parts[i];
    return NULL;
}

gan_model *gan__parse_part(const gan__parser *p, const gan__scope *scope, const gan__token *name)
{
    for (; scope; scope = scope->outer) {
        gan_model *part = parse_scope_part(scope, name);
        if (part) return part;
    }
    return parse_given_part(p, name);
}

gan_status gan__parse_no_part(const gan__parser *p, const gan__scope *scope, const gan__token *name)
{
    const char *nearest = NULL;
    size_t distance = SIZE_MAX;
    for (; scope; scope = scope->outer) {
        for (size_t i = 0; i < scope->part_count; i++) {
            const char *known = scope->parts[i].name;
            if (gan__text_nearer(name->text, name->length, known, &distance)) nearest = known;
        }
    }
    for (size_t i = 0; i < p->given->count; i++) {
        const char *known = p->given->names[i];
        if (gan__text_nearer(name->text, name->length, known, &distance)) nearest = known;
    }
    return gan__parse_unknown(p, name, "there is no part", nearest);
}

static bool parse_ports_agree(const gan_model *a, const gan__port *a_ports, const gan_model *b,
                              const gan__port *b_ports, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        gan__shape x = a->shapes[a_ports[i].value], y = b->shapes[b_ports[i].value];
        if (x.h != y.h || x.w != y.w || x.c != y.c) return false;
    }
    return true;
}

/* Whether one model can stand for the other: inputs, outputs and parameters agree. */
static bool parse_models_agree(const gan_model *a, const gan_model *b)
{
    if (a->input_count != b->input_count || a->output_count != b->output_count ||
        a->parameter_count != b->parameter_count ||
        !parse_ports_agree(a, a->inputs, b, b->inputs, a->input_count) ||
        !parse_ports_agree(a, a->outputs, b, b->outputs, a->output_count))
        return false;
    for (size_t i = 0; i < a->parameter_count; i++) {
        const gan__named_parameter *x = &a->parameters[i], *y = &b->parameters[i];
        const gan__parameter *xp = &x->layer->parameters[x->index];
        const gan__parameter *yp = &y->layer->parameters[y->index];
        if (strcmp(x->name, y->name) != 0 || xp->rank != yp->rank ||
            memcmp(xp->shape, yp->shape, sizeof xp->shape) != 0)
            return false;
    }
    return true;
}

/* `part` is retained. */
static gan_status parse_keep_part(gan__parser *p, gan__scope *scope, const gan__token *name,
                                  gan_model *part)
{
    char *copy;
    if (scope->part_count == GAN__MAX_PARTS)
        return gan__parse_refuse(p, name, "is one definition too many");
    GAN__TRY(gan__grow(p->context, &scope->parts, &scope->part_capacity, scope->part_count + 1,
                       sizeof *scope->parts));
    GAN__TRY(gan__copy_text(p->context, &copy, name->text, name->length));
    gan__object_retain(part);
    scope->parts[scope->part_count++] = (gan__part){copy, part};
    return GAN_OK;
}

/* NAME from OTHER: another name. OTHER is looked for around the block first, so that a block may
 * give two outer parts each other's names. */
static gan_status parse_alias(gan__parser *p, gan__scope *scope, const gan__token *name)
{
    GAN__TRY(gan__parse_next(p));
    GAN__TRY(gan__parse_name(p, true));
    gan_model *part = gan__parse_part(p, scope->outer, &p->token);
    if (!part) part = parse_scope_part(scope, &p->token);
    if (!part) return gan__parse_no_part(p, scope, &p->token);
    GAN__TRY(parse_keep_part(p, scope, name, part));
    return gan__parse_next(p);
}

void gan__parse_scope_free(gan__parser *p, gan__scope *scope)
{
    for (size_t i = 0; i < scope->default_count; i++) {
        gan__options_free(p->context, scope->defaults[i].kind, scope->defaults[i].values);
        gan__free(p->context, scope->defaults[i].values);
    }
    for (size_t i = 0; i < scope->part_count; i++) {
        gan__object_release(scope->parts[i].model);
        gan__free(p->context, scope->parts[i].name);
    }
    gan__free(p->context, scope->defaults);
    gan__free(p->context, scope->parts);
}

static gan_status parse_definition(gan__parser *p, gan__scope *scope, const gan__token *name)
{
    gan_model *part, *given = scope->outer ? NULL : parse_given_part(p, name);
    GAN__TRY(gan__parse_open(p));
    GAN__TRY(gan__parse_whole(p, scope, GAN__TOKEN_CLOSE, &part));
    gan_status status = GAN_OK;
    p->depth--;
    if (given && !parse_models_agree(part, given)) {
        status = gan__parse_refuse(p, name,
                                   "is defined with other inputs, outputs or parameters than "
                                   "the part that was given");
    }
    if (status == GAN_OK) status = parse_keep_part(p, scope, name, given ? given : part);
    gan__object_release(part);
    return status == GAN_OK ? gan__parse_next(p) : status;
}

gan_status gan__parse_define(gan__parser *p, gan__scope *scope)
{
    gan__token name = p->token;
    GAN__TRY(gan__parse_name(p, true));
    if (parse_scope_part(scope, &name)) return gan__parse_refuse(p, &name, "is defined twice");
    GAN__TRY(gan__parse_next(p));
    if (gan__token_is(&p->token, "from")) return parse_alias(p, scope, &name);
    if (p->token.kind != GAN__TOKEN_OPEN) return gan__parse_expected(p, "'{'");
    return parse_definition(p, scope, &name);
}
