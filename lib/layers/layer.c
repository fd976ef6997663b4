/* layer.c: a layer by itself: made from its statement, placed once its operands' shapes are known,
 * its parameters read and written by name. */
#include "layers/layer.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const gan__layer_kind *gan__layer_kind_find(const char *name, size_t length)
{
    for (int32_t i = 0; i < gan__layer_kind_count; i++) {
        const char *candidate = gan__layer_kinds[i]->kind.name;
        if (strlen(candidate) == length && memcmp(candidate, name, length) == 0)
            return gan__layer_kinds[i];
    }
    return NULL;
}

static void layer_destroy(void *self)
{
    gan_layer *layer = self;
    gan_context *context = layer->object.context;
    if (layer->options) gan__options_free(context, &layer->kind->kind, layer->options);
    gan__free(context, layer->options);
    gan__free(context, layer->text);
    gan__store_release(layer->store);
}

gan_status gan__layer_new(gan_layer **out, gan_context *context, const gan__layer_kind *kind)
{
    gan_layer *layer;
    gan_status status;
    *out = NULL;
    GAN__TRY(gan__object_create(&layer, context, sizeof *layer, GAN__LAYER, layer_destroy));
    layer->kind = kind;
    /* Kinds without options have a struct too, so that `options` is never NULL. */
    size_t size = kind->kind.size > 0 ? kind->kind.size : 1;
    status = gan__allocate(context, &layer->options, 1, size);
    if (status == GAN_OK) status = gan__options_init(context, &kind->kind, layer->options);
    if (status != GAN_OK) {
        gan__object_release(layer);
        return status;
    }
    *out = layer;
    return GAN_OK;
}

static gan_status layer_unknown(gan_context *context, const gan__token *name)
{
    enum { MOST = 128 };
    const char *names[MOST];
    size_t count = 0;
    for (int32_t i = 0; i < gan__layer_kind_count && count < MOST; i++)
        names[count++] = gan__layer_kinds[i]->kind.name;
    const char *near = gan__nearest(name->text, name->length, names, count);
    return gan__fail(context, GAN_E_TEXT, "unknown layer '%.*s'%s%s%s (line %d, column %d)",
                     (int)(name->length < 64 ? name->length : 64), name->text,
                     near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "",
                     name->place.line, name->place.column);
}

static gan_status layer_read(gan_layer **out, gan_context *context, gan__lexer *lexer)
{
    gan__token token;
    GAN__TRY(gan__lexer_next(lexer, &token));
    if (token.kind != GAN__TOKEN_WORD)
        return gan__fail(context, GAN_E_TEXT, "layer: the statement names no layer");
    const gan__layer_kind *kind = gan__layer_kind_find(token.text, token.length);
    if (!kind) return layer_unknown(context, &token);

    GAN__TRY(gan__layer_new(out, context, kind));
    GAN__TRY(gan__lexer_next(lexer, &token));
    GAN__TRY(gan__options_read(context, &kind->kind, (*out)->options, lexer, &token));
    while (token.kind == GAN__TOKEN_BREAK) GAN__TRY(gan__lexer_next(lexer, &token));
    if (token.kind != GAN__TOKEN_END) {
        return gan__fail(context, GAN_E_TEXT,
                         "%s: a layer is one statement, but there is more (line %d, column %d)",
                         kind->kind.name, token.place.line, token.place.column);
    }
    gan__options_settle(&kind->kind, (*out)->options);
    return gan__options_check(context, &kind->kind, (*out)->options);
}

gan_status gan_layer_create(gan_layer **out, gan_context *context, const char *statement)
{
    if (!out) return gan__fail(context, GAN_E_ARGUMENT, "gan_layer_create: out is NULL");
    *out = NULL;
    if (!context) return GAN_E_ARGUMENT;
    if (!statement)
        return gan__fail(context, GAN_E_ARGUMENT, "gan_layer_create: statement is NULL");
    gan__entry entry;
    GAN__TRY(gan__enter(context, &entry));
    gan__lexer lexer;
    gan__lexer_init(&lexer, context, statement, strlen(statement));
    gan_status status = layer_read(out, context, &lexer);
    if (status != GAN_OK) {
        gan__object_release(*out);
        *out = NULL;
    }
    gan__leave(context, &entry);
    return status;
}

void gan_layer_retain(gan_layer *layer)
{
    if (gan__object_is(layer, GAN__LAYER)) gan__object_retain(layer);
}

void gan_layer_release(gan_layer *layer)
{
    if (gan__object_is(layer, GAN__LAYER)) gan__object_release(layer);
}

const char *gan_layer_kind(const gan_layer *layer)
{
    return gan__object_is(layer, GAN__LAYER) ? layer->kind->kind.name : NULL;
}

static const char *layer_text(const gan_layer *layer)
{
    if (layer->text) return layer->text;
    gan__text text = {.context = layer->object.context};
    gan__text_print(&text, "%s", layer->kind->kind.name);
    gan__options_print(&text, &layer->kind->kind, layer->options);
    if (text.status != GAN_OK) {
        gan__text_free(&text);
        return NULL;
    }
    /* Made on first use: options never change once they were read. */
    ((gan_layer *)(uintptr_t)layer)->text = text.bytes;
    return layer->text;
}

const char *gan_layer_text(const gan_layer *layer)
{
    gan__entry entry;
    if (!gan__object_is(layer, GAN__LAYER)) return NULL;
    if (gan__enter(layer->object.context, &entry) != GAN_OK) return NULL;
    const char *text = layer_text(layer);
    gan__leave(layer->object.context, &entry);
    return text;
}

gan__parameter *gan__layer_declare(gan_layer *layer, const char *name, bool trained, int32_t rank,
                                   const int64_t *shape)
{
    gan_context *context = layer->object.context;
    int64_t count = 1;
    if (layer->parameter_count >= GAN__MAX_PARAMETERS) {
        gan__fail(context, GAN_E_INTERNAL, "%s: more than %d parameters", layer->kind->kind.name,
                  (int)GAN__MAX_PARAMETERS);
        return NULL;
    }
    if (!gan__product_count(shape, rank, &count) || count > INT64_MAX / 64) {
        gan__fail(context, GAN_E_MEMORY, "%s: the parameter %s is too large",
                  layer->kind->kind.name, name);
        return NULL;
    }
    gan__parameter *p = &layer->parameters[layer->parameter_count++];
    *p = (gan__parameter){.name = name, .trained = trained, .rank = rank, .count = count};
    for (int32_t i = 0; i < rank; i++) p->shape[i] = shape[i];
    p->order[0] = count;
    p->order[1] = p->order[2] = p->order[3] = 1;
    p->fan_in = p->fan_out = 1;
    return p;
}

gan__parameter *gan__layer_parameter(const gan_layer *layer, const char *name)
{
    for (int32_t i = 0; i < layer->parameter_count; i++) {
        const gan__parameter *p = &layer->parameters[i];
        if (strcmp(p->name, name) == 0) return (gan__parameter *)(uintptr_t)p;
    }
    return NULL;
}

static const char *layer_shape_text(const gan__parameter *p, char text[96])
{
    size_t length = 0;
    text[length++] = '[';
    for (int32_t i = 0; i < p->rank; i++) {
        int written =
            snprintf(text + length, 96 - length, "%s%" PRId64, i ? ", " : "", p->shape[i]);
        length += (size_t)written;
    }
    text[length++] = ']';
    text[length] = '\0';
    return text;
}

/* Declares into the same layer once more, to compare, and puts the first declaration back. */
static gan_status layer_compare(gan_layer *layer, const gan__shape *in, int32_t count)
{
    gan__parameter first[GAN__MAX_PARAMETERS];
    int32_t first_count = layer->parameter_count;
    memcpy(first, layer->parameters, sizeof first);
    layer->parameter_count = 0;
    gan_status status = layer->kind->declare(layer, in, count);
    for (int32_t i = 0; i < first_count && status == GAN_OK; i++) {
        const gan__parameter *a = &first[i], *b = &layer->parameters[i];
        bool same = i < layer->parameter_count && a->rank == b->rank &&
                    memcmp(a->shape, b->shape, sizeof a->shape) == 0 &&
                    memcmp(a->order, b->order, sizeof a->order) == 0;
        if (same) continue;
        char had[96], needs[96];
        status = gan__fail(layer->object.context, GAN_E_SHAPE,
                           "%s: %s has the shape %s from its first place, here it would be %s",
                           layer->kind->kind.name, a->name, layer_shape_text(a, had),
                           layer_shape_text(b, needs));
    }
    memcpy(layer->parameters, first, sizeof first);
    layer->parameter_count = first_count;
    return status;
}

static gan_status layer_declare(gan_layer *layer, const gan__shape *in, int32_t count)
{
    if (layer->placed) return layer->kind->declare ? layer_compare(layer, in, count) : GAN_OK;
    if (layer->kind->declare) {
        layer->parameter_count = 0;
        GAN__TRY(layer->kind->declare(layer, in, count));
    }
    layer->placed = true;
    return GAN_OK;
}

/* Open dimensions count as 1. The bound leaves room for sizes in bytes of a few such values. */
static gan_status layer_bound(const gan_layer *layer, gan__shape s)
{
    const int64_t sides[4] = {s.n < 0 ? 1 : s.n, s.h < 0 ? 1 : s.h, s.w < 0 ? 1 : s.w, s.c};
    int64_t product;
    if (gan__product_count(sides, 4, &product) && product <= INT64_MAX / 1024) return GAN_OK;
    char text[88];
    return gan__fail(layer->object.context, GAN_E_SHAPE, "%s: a result of %s is too large",
                     layer->kind->kind.name, gan__shape_print(s, text));
}

gan_status gan__layer_place(gan_layer *layer, const gan__shape *in, int32_t count, gan__shape *out)
{
    const gan__layer_kind *kind = layer->kind;
    if (kind->operands >= 0 ? count != kind->operands : count < 1) {
        return gan__fail(layer->object.context, GAN_E_SHAPE, "%s: needs %d operand%s, got %d",
                         kind->kind.name, kind->operands < 0 ? 1 : kind->operands,
                         kind->operands < 0    ? " or more"
                         : kind->operands == 1 ? ""
                                               : "s",
                         count);
    }
    GAN__TRY(gan__options_check(layer->object.context, &kind->kind, layer->options));
    GAN__TRY(kind->shape(layer, in, count, out));
    GAN__TRY(layer_bound(layer, *out));
    return layer_declare(layer, in, count);
}

static gan_status layer_find(const gan_layer *layer, const char *name, const char *function,
                             const gan__parameter **out)
{
    gan_context *context = layer->object.context;
    if (!name) return gan__fail(context, GAN_E_ARGUMENT, "%s: name is NULL", function);
    if (!layer->placed) {
        return gan__fail(context, GAN_E_STATE,
                         "%s: %s has no parameters before it is placed in a model", function,
                         layer->kind->kind.name);
    }
    *out = gan__layer_parameter(layer, name);
    if (*out) return GAN_OK;
    const char *names[GAN__MAX_PARAMETERS];
    for (int32_t i = 0; i < layer->parameter_count; i++) names[i] = layer->parameters[i].name;
    const char *near = gan__nearest(name, strlen(name), names, (size_t)layer->parameter_count);
    return gan__fail(context, GAN_E_ARGUMENT, "%s: %s has no parameter '%.64s'%s%s%s", function,
                     layer->kind->kind.name, name, near ? ", did you mean '" : "", near ? near : "",
                     near ? "'?" : "");
}

int64_t gan_layer_parameter_count(const gan_layer *layer)
{
    return gan__object_is(layer, GAN__LAYER) && layer->placed ? layer->parameter_count : 0;
}

const char *gan_layer_parameter_name(const gan_layer *layer, int64_t index)
{
    if (index < 0 || index >= gan_layer_parameter_count(layer)) return NULL;
    return layer->parameters[index].name;
}

static gan_status layer_parameter_shape(const gan_layer *layer, const char *name, int32_t *rank,
                                        int64_t shape[4])
{
    const gan__parameter *p;
    GAN__TRY(layer_find(layer, name, "gan_layer_parameter_shape", &p));
    gan__parameter_shape(p, rank, shape);
    return GAN_OK;
}

gan_status gan_layer_parameter_shape(const gan_layer *layer, const char *name, int32_t *rank,
                                     int64_t shape[4])
{
    GAN__TRY(gan__object_check(NULL, layer, GAN__LAYER, "gan_layer_parameter_shape", "layer"));
    gan_context *context = layer->object.context;
    if (!rank || !shape) {
        return gan__fail(context, GAN_E_ARGUMENT, "gan_layer_parameter_shape: %s is NULL",
                         rank ? "shape" : "rank");
    }
    GAN__RETURN_ENTERED(context, layer_parameter_shape(layer, name, rank, shape));
}

static gan_status layer_parameter_flags(const gan_layer *layer, const char *name, int32_t *flags)
{
    const gan__parameter *p;
    GAN__TRY(layer_find(layer, name, "gan_layer_parameter_flags", &p));
    *flags = gan__parameter_flags(p);
    return GAN_OK;
}

gan_status gan_layer_parameter_flags(const gan_layer *layer, const char *name, int32_t *flags)
{
    GAN__TRY(gan__object_check(NULL, layer, GAN__LAYER, "gan_layer_parameter_flags", "layer"));
    gan_context *context = layer->object.context;
    if (!flags)
        return gan__fail(context, GAN_E_ARGUMENT, "gan_layer_parameter_flags: flags is NULL");
    GAN__RETURN_ENTERED(context, layer_parameter_flags(layer, name, flags));
}

gan_status gan_layer_read(gan_layer *layer, const char *name, int32_t what, gan_tensor *tensor)
{
    const gan__parameter *p;
    gan__entry entry;
    GAN__TRY(gan__object_check(NULL, layer, GAN__LAYER, "gan_layer_read", "layer"));
    gan_context *context = layer->object.context;
    GAN__TRY(gan__object_check(context, tensor, GAN__TENSOR, "gan_layer_read", "tensor"));
    GAN__TRY(gan__enter(context, &entry));
    gan_status status = layer_find(layer, name, "gan_layer_read", &p);
    if (status == GAN_OK) status = gan__parameter_read(layer, p, name, what, tensor);
    gan__leave(context, &entry);
    return status;
}

gan_status gan_layer_write(gan_layer *layer, const char *name, const gan_tensor *tensor)
{
    const gan__parameter *p;
    gan__entry entry;
    GAN__TRY(gan__object_check(NULL, layer, GAN__LAYER, "gan_layer_write", "layer"));
    gan_context *context = layer->object.context;
    GAN__TRY(gan__object_check(context, tensor, GAN__TENSOR, "gan_layer_write", "tensor"));
    GAN__TRY(gan__enter(context, &entry));
    gan_status status = layer_find(layer, name, "gan_layer_write", &p);
    if (status == GAN_OK) status = gan__parameter_write(layer, p, name, tensor);
    gan__leave(context, &entry);
    return status;
}
