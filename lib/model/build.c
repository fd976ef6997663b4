/* build.c: carries out a tree of statements: values get numbers, layers become nodes, names are
 * found and blocks unrolled. */
#include "base/memory.h"
#include "base/option_value.h"
#include "model/tree.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* One block being carried out. */
typedef struct build_scope {
    const struct build_scope *outer;
    gan__index names; /* values by name; the keys belong to the statements */
    int32_t current;  /* the value `.`; -1: none yet */
    int32_t ordinal;  /* of the next layer in this block */
    size_t prefix;    /* how much of the path in `build` is that of the block; 0 at the top */
} build_scope;

/* Blocks in blocks are carried out by recursion, so what is large is here and not in frames: a path
 * begins with those of the blocks around it. */
typedef struct build {
    gan_model *model;
    gan_context *context;
    size_t *budget;
    char path[GAN__MAX_PATH + 1]; /* of the statement being carried out */
    char part[GAN__MAX_PATH + 1]; /* of a part's layer: its name is in front, not the block's */
} build;

/* The values that a statement takes or gives. */
typedef struct build_values {
    int32_t *items;
    size_t count;
} build_values;

static gan_status build_block(build *b, build_scope *scope, const gan__block *block);

/* The path, one of the two, becomes its first `prefix` bytes and the label; *length is how long it
 * is then. */
static gan_status build_join(build *b, char path[GAN__MAX_PATH + 1], size_t prefix,
                             const char *label, size_t *length)
{
    const size_t room = GAN__MAX_PATH + 1 - prefix;
    int more = snprintf(path + prefix, room, "%s%s", prefix > 0 ? "." : "", label);
    *length = prefix + (size_t)more;
    if (more > 0 && (size_t)more < room) return GAN_OK;
    return gan__fail(b->context, GAN_E_TEXT,
                     "model: the path of layer '%s' is longer than %d bytes", label, GAN__MAX_PATH);
}

/* The statement's path: its result name or its ordinal behind the block's prefix. */
GAN__NOINLINE
static gan_status build_label(build *b, const build_scope *scope, const gan__statement *s,
                              size_t *length)
{
    char ordinal[16];
    snprintf(ordinal, sizeof ordinal, "%" PRId32, scope->ordinal);
    return build_join(b, b->path, scope->prefix,
                      s->names.count == 1 ? s->names.items[0].text : ordinal, length);
}

GAN__NOINLINE
static gan_status build_spend(build *b, const gan__place *place)
{
    char where[48];
    if (*b->budget > 0) {
        (*b->budget)--;
        return GAN_OK;
    }
    return gan__fail(b->context, GAN_E_TEXT, "model: too many layers%s",
                     gan__place_print(*place, where));
}

/* ---- names ---- */

static const char *build_nearest(const build_scope *scope, const char *name)
{
    const char *nearest = NULL;
    size_t distance = SIZE_MAX;
    for (; scope; scope = scope->outer) {
        for (size_t i = 0; i < scope->names.capacity; i++) {
            const char *known = scope->names.slots[i].key;
            if (known && gan__text_nearer(name, strlen(name), known, &distance)) nearest = known;
        }
    }
    return nearest;
}

GAN__NOINLINE
static gan_status build_find(build *b, const build_scope *scope, const gan__word *word,
                             int32_t *out)
{
    char where[48];
    size_t length = strlen(word->text);
    *out = scope->current;
    if (strcmp(word->text, ".") == 0) return GAN_OK;
    for (const build_scope *at = scope; at; at = at->outer) {
        *out = gan__index_find(&at->names, word->text, length);
        if (*out >= 0) return GAN_OK;
    }
    const char *near = build_nearest(scope, word->text);
    return gan__fail(b->context, GAN_E_TEXT, "model: there is no value '%s'%s%s%s%s", word->text,
                     near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "",
                     gan__place_print(word->place, where));
}

static gan_status build_name(build *b, build_scope *scope, const gan__word *word, int32_t value)
{
    char where[48];
    size_t length = strlen(word->text);
    if (gan__index_find(&scope->names, word->text, length) >= 0) {
        return gan__fail(b->context, GAN_E_TEXT, "model: '%s' is set twice in its block%s",
                         word->text, gan__place_print(word->place, where));
    }
    return gan__index_put(b->context, &scope->names, word->text, length, value);
}

/* Operands of the statement, to be freed; the current value where it names none. */
static gan_status build_operands(build *b, const build_scope *scope, const gan__statement *s,
                                 build_values *out)
{
    size_t count = s->from.count > 0 ? s->from.count : 1;
    GAN__TRY(gan__allocate(b->context, &out->items, count, sizeof *out->items));
    out->count = count;
    out->items[0] = scope->current;
    gan_status status = GAN_OK;
    for (size_t i = 0; i < s->from.count && status == GAN_OK; i++)
        status = build_find(b, scope, &s->from.items[i], &out->items[i]);
    if (status != GAN_OK) gan__free(b->context, out->items);
    return status;
}

/* The one operand of a statement with a block. */
GAN__NOINLINE
static gan_status build_operand(build *b, const build_scope *scope, const gan__statement *s,
                                int32_t *out)
{
    char where[48];
    *out = scope->current;
    if (s->from.count == 0) return GAN_OK;
    if (s->from.count == 1) return build_find(b, scope, &s->from.items[0], out);
    return gan__fail(b->context, GAN_E_TEXT, "model: %s takes one operand, not %zu%s",
                     s->kind->name, s->from.count, gan__place_print(s->place, where));
}

static gan_status build_results(build *b, build_scope *scope, const gan__statement *s,
                                const build_values *results)
{
    char where[48];
    if (s->names.count > 0 && s->names.count != results->count) {
        const gan__part_options *part = s->form == GAN__FORM_PART ? s->values : NULL;
        return gan__fail(b->context, GAN_E_TEXT, "model: %s%s%s has %zu result%s, not %zu%s",
                         s->kind->name, part ? " " : "", part ? part->name : "", results->count,
                         results->count == 1 ? "" : "s", s->names.count,
                         gan__place_print(s->place, where));
    }
    for (size_t i = 0; i < s->names.count; i++)
        GAN__TRY(build_name(b, scope, &s->names.items[i], results->items[i]));
    scope->current = results->items[0];
    return GAN_OK;
}

GAN__NOINLINE
static gan_status build_result(build *b, build_scope *scope, const gan__statement *s, int32_t value)
{
    const build_values results = {&value, 1};
    return build_results(b, scope, s, &results);
}

/* ---- one statement each ---- */

/* A layer made as the statement says; a hand-made one is itself. The caller releases it. */
static gan_status build_make_layer(build *b, const gan__statement *s, gan_layer **out)
{
    if (s->layer) {
        gan__object_retain(s->layer);
        *out = s->layer;
        return GAN_OK;
    }
    gan_layer *layer;
    GAN__TRY(gan__layer_new(&layer, b->context, s->layer_kind));
    gan__options_free(b->context, s->kind, layer->options);
    gan_status status = gan__options_copy(b->context, s->kind, layer->options, s->values);
    if (status != GAN_OK) {
        gan__object_release(layer);
        return status;
    }
    *out = layer;
    return GAN_OK;
}

static gan_status build_input(build *b, build_scope *scope, const gan__statement *s)
{
    gan_model *model = b->model;
    gan_layer *layer;
    gan__shape shape;
    char unnamed[1] = "";
    gan__port port = {s->names.count ? s->names.items[0].text : unnamed, 0};
    char where[48];
    GAN__TRY(build_make_layer(b, s, &layer));
    gan_status status = gan__layer_place(layer, NULL, 0, &shape);
    gan__object_release(layer);
    if (status != GAN_OK)
        return gan__fail_in(b->context, status, "model%s", gan__place_print(s->place, where));
    GAN__TRY(gan__model_add_value(model, shape, &port.value));
    GAN__TRY(gan__model_add_port(b->context, &model->inputs, &model->input_count,
                                 &model->input_capacity, &port));
    if (model->input_count == 1) scope->current = port.value;
    return s->names.count ? build_name(b, scope, &s->names.items[0], port.value) : GAN_OK;
}

static gan_status build_port(build *b, const char *name, int32_t value)
{
    gan_model *model = b->model;
    const gan__port port = {(char *)(uintptr_t)name, value};
    return gan__model_add_port(b->context, &model->outputs, &model->output_count,
                               &model->output_capacity, &port);
}

/* `output .` has no name. */
static gan_status build_output(build *b, build_scope *scope, const gan__statement *s)
{
    gan__index seen = {0};
    gan_status status = GAN_OK;
    char where[48];
    for (size_t i = 0; i < s->names.count && status == GAN_OK; i++) {
        const gan__word *word = &s->names.items[i];
        size_t length = strlen(word->text);
        int32_t value;
        status = build_find(b, scope, word, &value);
        if (status == GAN_OK && gan__index_find(&seen, word->text, length) >= 0) {
            status = gan__fail(b->context, GAN_E_TEXT, "model: '%s' is an output twice%s",
                               word->text, gan__place_print(word->place, where));
        }
        if (status == GAN_OK) status = gan__index_put(b->context, &seen, word->text, length, 0);
        if (status == GAN_OK)
            status = build_port(b, strcmp(word->text, ".") == 0 ? "" : word->text, value);
    }
    gan__index_free(b->context, &seen);
    return status;
}

static gan_status build_layer(build *b, build_scope *scope, const gan__statement *s)
{
    gan_layer *layer;
    build_values operands;
    int32_t result = -1;
    GAN__TRY(build_operands(b, scope, s, &operands));
    gan_status status = build_make_layer(b, s, &layer);
    if (status == GAN_OK) {
        const gan__node node = {
            .operands = operands.items, .operand_count = (int32_t)operands.count, .path = b->path};
        status = gan__model_add_node(b->model, layer, &node, &s->place, &result);
        gan__object_release(layer);
    }
    gan__free(b->context, operands.items);
    return status == GAN_OK ? build_result(b, scope, s, result) : status;
}

/* ---- parts ---- */

/* "any x any x 3" */
static const char *build_shape_print(gan__shape shape, char text[88])
{
    const int64_t sides[3] = {shape.h, shape.w, shape.c};
    size_t length = 0;
    for (int32_t i = 0; i < 3; i++) {
        char side[24] = "any";
        if (sides[i] >= 0) snprintf(side, sizeof side, "%" PRId64, sides[i]);
        length += (size_t)snprintf(text + length, 88 - length, "%s%s", i ? " x " : "", side);
    }
    return text;
}

static bool build_dimension_fits(int64_t wanted, int64_t given)
{
    return wanted < 0 || wanted == given;
}

static gan_status build_part_input(build *b, const gan__statement *s, int32_t index, int32_t value)
{
    const gan_model *part = s->part;
    const gan__part_options *options = s->values;
    gan__shape wanted = part->shapes[part->inputs[index].value], given = b->model->shapes[value];
    if (build_dimension_fits(wanted.h, given.h) && build_dimension_fits(wanted.w, given.w) &&
        wanted.c == given.c)
        return GAN_OK;
    char where[48], wanted_text[88], given_text[88];
    return gan__fail(b->context, GAN_E_SHAPE,
                     "model: part '%s': input %" PRId32 " takes %s, not %s%s", options->name, index,
                     build_shape_print(wanted, wanted_text), build_shape_print(given, given_text),
                     gan__place_print(s->place, where));
}

/* The part's nodes on the values in `map`, which is by the part's own values. */
static gan_status build_part_nodes(build *b, const gan__statement *s, int32_t *map)
{
    const gan__part_options *options = s->values;
    for (size_t i = 0; i < s->part->node_count; i++) {
        const gan__node *from = &s->part->nodes[i];
        build_values operands;
        size_t length;
        GAN__TRY(build_spend(b, &s->place));
        GAN__TRY(build_join(b, b->part, 0, options->name, &length));
        GAN__TRY(build_join(b, b->part, length, from->path, &length));
        operands.count = (size_t)from->operand_count;
        GAN__TRY(gan__allocate(b->context, &operands.items, operands.count, sizeof(int32_t)));
        for (size_t k = 0; k < operands.count; k++) operands.items[k] = map[from->operands[k]];
        const gan__node node = {
            .operands = operands.items, .operand_count = from->operand_count, .path = b->part};
        gan_status status =
            gan__model_add_node(b->model, from->layer, &node, &s->place, &map[from->result]);
        gan__free(b->context, operands.items);
        if (status != GAN_OK) return status;
    }
    return GAN_OK;
}

static gan_status build_part_results(build *b, build_scope *scope, const gan__statement *s,
                                     const int32_t *map)
{
    build_values results = {NULL, s->part->output_count};
    GAN__TRY(gan__allocate(b->context, &results.items, results.count, sizeof *results.items));
    for (size_t i = 0; i < results.count; i++) results.items[i] = map[s->part->outputs[i].value];
    gan_status status = build_results(b, scope, s, &results);
    gan__free(b->context, results.items);
    return status;
}

static gan_status build_part_on(build *b, build_scope *scope, const gan__statement *s,
                                const build_values *operands)
{
    const gan_model *part = s->part;
    const gan__part_options *options = s->values;
    int32_t *map;
    char where[48];
    if (operands->count != part->input_count) {
        return gan__fail(b->context, GAN_E_TEXT, "model: part '%s' takes %zu input%s, not %zu%s",
                         options->name, part->input_count, part->input_count == 1 ? "" : "s",
                         operands->count, gan__place_print(s->place, where));
    }
    GAN__TRY(gan__allocate(b->context, &map, part->value_count, sizeof *map));
    gan_status status = GAN_OK;
    for (size_t i = 0; i < operands->count && status == GAN_OK; i++) {
        map[part->inputs[i].value] = operands->items[i];
        status = build_part_input(b, s, (int32_t)i, operands->items[i]);
    }
    if (status == GAN_OK) status = build_part_nodes(b, s, map);
    if (status == GAN_OK) status = build_part_results(b, scope, s, map);
    gan__free(b->context, map);
    return status;
}

static gan_status build_part(build *b, build_scope *scope, const gan__statement *s)
{
    const gan__part_options *options = s->values;
    build_values operands;
    GAN__TRY(gan__model_add_part(b->model, options->name, s->part));
    GAN__TRY(build_operands(b, scope, s, &operands));
    gan_status status = build_part_on(b, scope, s, &operands);
    gan__free(b->context, operands.items);
    return status;
}

/* ---- blocks ---- */

/* *value goes in and what the block makes of it comes out. */
static gan_status build_inner(build *b, const build_scope *outer, const gan__block *block,
                              size_t prefix, int32_t *value)
{
    build_scope scope = {.outer = outer, .current = *value, .prefix = prefix};
    gan_status status = build_block(b, &scope, block);
    gan__index_free(b->context, &scope.names);
    *value = scope.current;
    return status;
}

/* The joint of both branches, whose values are `operands`. */
GAN__NOINLINE
static gan_status build_joint(build *b, build_scope *scope, const gan__statement *s,
                              const char *join, int32_t operands[2])
{
    gan_layer *layer;
    int32_t result;
    GAN__TRY(gan__layer_new(&layer, b->context, gan__layer_kind_find(join, strlen(join))));
    const gan__node node = {.operands = operands, .operand_count = 2, .path = b->path};
    gan_status status = gan__model_add_node(b->model, layer, &node, &s->place, &result);
    gan__object_release(layer);
    return status == GAN_OK ? build_result(b, scope, s, result) : status;
}

static gan_status build_residual(build *b, build_scope *scope, const gan__statement *s, size_t path)
{
    const gan__residual_options *options = s->values;
    int32_t operands[2]; /* shortcut, body */
    size_t inner;
    GAN__TRY(build_operand(b, scope, s, &operands[0]));
    operands[1] = operands[0];
    GAN__TRY(build_inner(b, scope, s->body, path, &operands[1]));
    if (s->shortcut) {
        GAN__TRY(build_join(b, b->path, path, "shortcut", &inner));
        GAN__TRY(build_inner(b, scope, s->shortcut, inner, &operands[0]));
    }
    GAN__TRY(build_join(b, b->path, path, "join", &inner));
    return build_joint(b, scope, s, options->join == GAN__JOIN_ADD ? "add" : "concat", operands);
}

static gan_status build_repeat(build *b, build_scope *scope, const gan__statement *s, size_t path)
{
    const gan__repeat_options *options = s->values;
    int32_t value;
    size_t inner;
    char iteration[24];
    GAN__TRY(build_operand(b, scope, s, &value));
    for (int64_t i = 0; i < options->count; i++) {
        snprintf(iteration, sizeof iteration, "%" PRId64, i);
        GAN__TRY(build_join(b, b->path, path, iteration, &inner));
        GAN__TRY(build_inner(b, scope, s->body, inner, &value));
    }
    return build_result(b, scope, s, value);
}

/* A statement without a block. */
GAN__NOINLINE
static gan_status build_plain(build *b, build_scope *scope, const gan__statement *s)
{
    char where[48];
    if (s->form == GAN__FORM_INPUT) return build_input(b, scope, s);
    if (scope->current < 0) {
        return gan__fail(b->context, GAN_E_TEXT, "model: a model starts with `input`%s",
                         gan__place_print(s->place, where));
    }
    if (s->form == GAN__FORM_OUTPUT) return build_output(b, scope, s);
    if (s->form == GAN__FORM_PART) {
        GAN__TRY(build_part(b, scope, s));
        scope->ordinal++;
        return GAN_OK;
    }
    size_t length;
    GAN__TRY(build_label(b, scope, s, &length));
    scope->ordinal++;
    return build_layer(b, scope, s);
}

static gan_status build_statement(build *b, build_scope *scope, const gan__statement *s)
{
    size_t path;
    GAN__TRY(build_spend(b, &s->place));
    if (scope->current < 0 || !s->body) return build_plain(b, scope, s);
    GAN__TRY(build_label(b, scope, s, &path));
    scope->ordinal++;
    if (s->form == GAN__FORM_RESIDUAL) return build_residual(b, scope, s, path);
    return build_repeat(b, scope, s, path);
}

static gan_status build_block(build *b, build_scope *scope, const gan__block *block)
{
    for (size_t i = 0; i < block->count; i++)
        GAN__TRY(build_statement(b, scope, &block->statements[i]));
    return GAN_OK;
}

/* ---- whole models ---- */

static void build_seal_parts(gan_model *model)
{
    for (size_t i = 0; i < model->part_count; i++) model->parts[i].model->placed = true;
}

gan_status gan__model_build(gan_model *model, size_t *budget)
{
    build b = {.model = model, .context = model->object.context, .budget = budget};
    build_scope scope = {.current = -1};
    gan_status status = build_block(&b, &scope, model->block);
    gan__index_free(b.context, &scope.names);
    if (status != GAN_OK) return status;
    /* Without an `output` statement the last value is the output. */
    if (model->output_count == 0) GAN__TRY(build_port(&b, "", scope.current));
    GAN__TRY(gan__model_list(model));
    build_seal_parts(model);
    return GAN_OK;
}

static gan_status build_append(build *b, const gan__statement *s, build_scope *scope)
{
    gan_model *model = b->model;
    for (size_t i = 0; i < model->block->count; i++)
        scope->ordinal += gan__statement_is_layer(&model->block->statements[i]);
    GAN__TRY(gan__grow(b->context, &model->block->statements, &model->block->capacity,
                       model->block->count + 1, sizeof *model->block->statements));
    GAN__TRY(build_statement(b, scope, s));
    if (model->output_count == 0) GAN__TRY(build_port(b, "", scope->current));
    GAN__TRY(gan__model_allocate(model, true));
    return gan__model_list(model);
}

/* As if the layer had never been placed. */
static void build_unplace(gan_layer *layer)
{
    gan__store_release(layer->store);
    layer->store = NULL;
    layer->placed = false;
    layer->parameter_count = 0;
}

gan_status gan__model_append(gan_model *model, gan__statement *s)
{
    size_t budget = GAN__MAX_PLACED - model->node_count;
    build b = {.model = model, .context = model->object.context, .budget = &budget};
    build_scope scope = {.current = -1};
    const gan__model_mark mark = gan__model_mark_of(model);
    const int32_t nesting = model->nesting;
    const gan__counts before = b.context->counts;
    const bool fresh = s->layer && !s->layer->placed;
    if (model->output_count > 0) scope.current = model->outputs[0].value;
    gan_status status = build_append(&b, s, &scope);
    gan__index_free(b.context, &scope.names);
    if (status != GAN_OK) {
        gan__model_cut(model, &mark);
        model->nesting = nesting;
        b.context->counts = before;
        if (fresh) build_unplace(s->layer);
        return status;
    }
    model->outputs[0].value = scope.current;
    build_seal_parts(model);
    gan__free(b.context, model->text);
    model->text = NULL;
    return gan__block_add(b.context, model->block, s);
}
