#include "base/memory.h"
#include "model/tree.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

gan_status gan_model_create(gan_model **out, gan_context *context)
{
    if (out) *out = NULL;
    if (!context) return GAN_E_ARGUMENT;
    if (!out) return gan__fail(context, GAN_E_ARGUMENT, "gan_model_create: out is NULL");
    GAN__RETURN_ENTERED(context, gan__model_new(out, context));
}

/* ---- a layer with several places becomes a part of one statement ---- */

/* The chain's last value; -1 in an empty model. */
static int32_t hand_last(const gan_model *model)
{
    return model->output_count > 0 ? model->outputs[0].value : -1;
}

static int32_t hand_ordinal(const gan_model *model)
{
    int32_t ordinal = 0;
    for (size_t i = 0; i < model->block->count; i++) {
        ordinal += gan__statement_is_layer(&model->block->statements[i]);
    }
    return ordinal;
}

/* "input H W C" as a statement; -1 is written `any`. */
static gan_status hand_input(gan_context *context, gan__shape shape, gan__statement *s)
{
    gan__text text = {.context = context};
    const int64_t sides[3] = {shape.h, shape.w, shape.c};
    for (int32_t i = 0; i < 3; i++) {
        if (sides[i] < 0) {
            gan__text_print(&text, " any");
        } else {
            gan__text_print(&text, " %" PRId64, sides[i]);
        }
    }
    gan__lexer lexer;
    gan__token token;
    gan_status status = text.status;
    s->form = GAN__FORM_INPUT;
    s->layer_kind = gan__layer_kind_find("input", 5);
    s->kind = &s->layer_kind->kind;
    if (status == GAN_OK) status = gan__allocate(context, &s->values, 1, s->kind->size);
    if (status == GAN_OK) status = gan__options_init(context, s->kind, s->values);
    if (status == GAN_OK) {
        gan__lexer_init(&lexer, context, text.bytes, text.length);
        status = gan__lexer_next(&lexer, &token);
    }
    if (status == GAN_OK) {
        status = gan__options_read(context, s->kind, s->values, &lexer, &token);
    }
    gan__text_free(&text);
    return status;
}

static gan_status hand_wrap_as(gan_model *wrap, gan_layer *layer, gan__shape shape)
{
    gan_context *context = wrap->object.context;
    gan__statement s = {.form = GAN__FORM_INPUT};
    gan_status status = hand_input(context, shape, &s);
    if (status == GAN_OK) status = gan__model_append(wrap, &s);
    if (status == GAN_OK) {
        s = (gan__statement){.form = GAN__FORM_LAYER, .layer = layer};
        gan__object_retain(layer);
        status = gan__model_append(wrap, &s);
    }
    gan__statement_free(context, &s);
    return status;
}

/* {input; layer} with the picture's size open if the layer allows that, else as it is here. */
static gan_status hand_wrap(gan_model **out, gan_layer *layer, gan__shape shape)
{
    gan_context *context = layer->object.context;
    gan__shape open = {-1, -1, -1, shape.c};
    if (shape.h != 1 || shape.w != 1) {
        GAN__TRY(gan__model_new(out, context));
        if (hand_wrap_as(*out, layer, open) == GAN_OK) return GAN_OK;
        gan__object_release(*out);
    }
    GAN__TRY(gan__model_new(out, context));
    gan_status status = hand_wrap_as(*out, layer, shape);
    if (status == GAN_OK) return GAN_OK;
    gan__object_release(*out);
    *out = NULL;
    return status;
}

/* The name that the model has for the part; else a new one: the ordinal that it will have. */
static gan_status hand_part_name(const gan_model *model, const gan_model *part, int32_t ordinal,
                                 char **out)
{
    gan_context *context = model->object.context;
    char name[GAN__MAX_NAME + 1];
    bool taken = true;
    for (size_t i = 0; i < model->part_count; i++) {
        const gan__part *known = &model->parts[i];
        if (known->model == part)
            return gan__copy_text(context, out, known->name, strlen(known->name));
    }
    snprintf(name, sizeof name, "%" PRId32, ordinal);
    while (taken) {
        taken = false;
        for (size_t i = 0; i < model->part_count && !taken; i++) {
            taken = strcmp(model->parts[i].name, name) == 0;
        }
        if (taken) snprintf(name + strlen(name), sizeof name - strlen(name), "_");
    }
    return gan__copy_text(context, out, name, strlen(name));
}

/* `part NAME`; the part is retained. */
static gan_status hand_part(const gan_model *model, gan_model *part, int32_t ordinal,
                            gan__statement *s)
{
    gan_context *context = model->object.context;
    gan__part_options *options;
    *s = (gan__statement){.form = GAN__FORM_PART, .kind = &gan__part_kind};
    GAN__TRY(gan__allocate(context, &options, 1, sizeof *options));
    s->values = options;
    GAN__TRY(hand_part_name(model, part, ordinal, &options->name));
    gan__object_retain(part);
    s->part = part;
    return GAN_OK;
}

static gan_status hand_append_part(gan_model *model, gan_model *part, int32_t ordinal)
{
    gan__statement s;
    gan_status status = hand_part(model, part, ordinal, &s);
    if (status == GAN_OK) status = gan__model_append(model, &s);
    gan__statement_free(model->object.context, &s);
    return status;
}

/* Where a layer has its first and only place in the chain itself. */
typedef struct hand_place {
    gan__statement *statement;
    gan__node *node;
    int32_t ordinal;
} hand_place;

static bool hand_find(const gan_model *model, const gan_layer *layer, hand_place *out)
{
    out->ordinal = 0;
    out->node = NULL;
    for (size_t i = 0; i < model->block->count; i++) {
        out->statement = &model->block->statements[i];
        if (out->statement->layer == layer) break;
        out->ordinal += gan__statement_is_layer(out->statement);
        if (i + 1 == model->block->count) return false;
    }
    for (size_t i = 0; i < model->node_count && !out->node; i++) {
        if (model->nodes[i].layer == layer) out->node = &model->nodes[i];
    }
    return out->node != NULL;
}

static void hand_swap(hand_place *place, gan__statement *statement, char **path)
{
    gan__statement s = *place->statement;
    char *old = place->node->path;
    *place->statement = *statement;
    *statement = s;
    place->node->path = *path;
    *path = old;
}

/* The layer's first place turns into a part, and the part has a second one. */
static gan_status hand_append_again(gan_model *model, gan_model *wrap, const hand_place *first)
{
    gan_context *context = model->object.context;
    gan__statement s;
    gan__text path = {.context = context};
    hand_place place = *first;
    size_t statement = (size_t)(place.statement - model->block->statements);
    size_t node = (size_t)(place.node - model->nodes);
    gan_status status = hand_part(model, wrap, place.ordinal, &s);
    if (status == GAN_OK) {
        gan__text_print(&path, "%s.0", ((gan__part_options *)s.values)->name);
        status = path.status;
    }
    if (status == GAN_OK) {
        hand_swap(&place, &s, &path.bytes);
        status = hand_append_part(model, wrap, place.ordinal);
        place.statement = &model->block->statements[statement]; /* appending moves both arrays */
        place.node = &model->nodes[node];
        if (status != GAN_OK) hand_swap(&place, &s, &path.bytes);
    }
    gan__statement_free(context, &s);
    gan__text_free(&path);
    return status;
}

/* The part, or part of a part, that the layer alone is. */
static gan_model *hand_wrapped(const gan_model *model, const gan_layer *layer)
{
    gan_model *found = NULL;
    for (size_t i = 0; i < model->part_count && !found; i++) {
        gan_model *part = model->parts[i].model;
        bool alone = part->node_count == 1 && part->nodes[0].layer == layer;
        found = alone ? part : hand_wrapped(part, layer);
    }
    return found;
}

/* A layer that a part's text spells out cannot be said to be the same outside of it. */
static gan_status hand_check_outside(const gan_model *model, const gan_layer *layer)
{
    for (size_t i = 0; i < model->node_count; i++) {
        if (model->nodes[i].layer != layer) continue;
        return gan__fail(model->object.context, GAN_E_STATE,
                         "gan_model_add: the layer stands in a part already, as '%s': to be shared "
                         "it must be a part of its own there",
                         model->nodes[i].path);
    }
    return GAN_OK;
}

static gan_status hand_append_shared(gan_model *model, gan_layer *layer)
{
    hand_place first;
    gan_model *wrap = hand_wrapped(model, layer);
    if (wrap) return hand_append_part(model, wrap, hand_ordinal(model));

    bool again = hand_find(model, layer, &first);
    if (!again) GAN__TRY(hand_check_outside(model, layer));
    int32_t value = again ? first.node->operands[0] : hand_last(model);
    GAN__TRY(hand_wrap(&wrap, layer, model->shapes[value]));
    gan_status status = again ? hand_append_again(model, wrap, &first)
                              : hand_append_part(model, wrap, hand_ordinal(model));
    gan__object_release(wrap);
    return status;
}

/* ---- adding ---- */

static gan_status hand_check(const gan_model *model, const gan__object *added, const char *function)
{
    gan_context *context = model->object.context;
    const gan__block *block = model->block;
    if (added->context != context) {
        return gan__fail(context, GAN_E_ARGUMENT, "%s: what is added lives in another context",
                         function);
    }
    if (model->placed) {
        return gan__fail(context, GAN_E_STATE,
                         "%s: the model is in another one, or in a trainer, and must not change",
                         function);
    }
    if (block->count > 0 && block->statements[block->count - 1].form == GAN__FORM_OUTPUT) {
        return gan__fail(context, GAN_E_STATE, "%s: the model's outputs are already named",
                         function);
    }
    return GAN_OK;
}

static gan_status hand_add(gan_model *model, gan_layer *layer)
{
    gan_context *context = model->object.context;
    bool input = layer->kind->operands == 0;
    GAN__TRY(hand_check(model, &layer->object, "gan_model_add"));
    if (input != (model->input_count == 0)) {
        return gan__fail(context, GAN_E_STATE, "gan_model_add: %s: %s", layer->kind->kind.name,
                         input ? "the model has its input" : "a model starts with an input");
    }
    if (layer->placed && layer->parameter_count > 0) return hand_append_shared(model, layer);
    gan__statement s = {.form = input ? GAN__FORM_INPUT : GAN__FORM_LAYER, .layer = layer};
    gan_status status = GAN_OK;
    gan__object_retain(layer);
    if (input) {
        s.layer_kind = layer->kind;
        status = gan__statement_name_input(context, &s);
    }
    if (status == GAN_OK) status = gan__model_append(model, &s);
    gan__statement_free(context, &s);
    return status;
}

gan_status gan_model_add(gan_model *model, gan_layer *layer)
{
    if (!gan__object_is(model, GAN__MODEL)) return GAN_E_ARGUMENT;
    gan_context *context = model->object.context;
    GAN__TRY(gan__object_check(context, layer, GAN__LAYER, "gan_model_add", "layer"));
    GAN__RETURN_ENTERED(context, hand_add(model, layer));
}

static gan_status hand_add_model(gan_model *model, gan_model *part)
{
    gan_context *context = model->object.context;
    GAN__TRY(hand_check(model, &part->object, "gan_model_add_model"));
    if (part == model) {
        return gan__fail(context, GAN_E_ARGUMENT, "gan_model_add_model: a model in itself");
    }
    if (model->input_count == 0 || part->input_count == 0) {
        return gan__fail(context, GAN_E_STATE, "gan_model_add_model: the %s has no input yet",
                         part->input_count == 0 ? "part" : "model");
    }
    return hand_append_part(model, part, hand_ordinal(model));
}

gan_status gan_model_add_model(gan_model *model, gan_model *part)
{
    if (!gan__object_is(model, GAN__MODEL)) return GAN_E_ARGUMENT;
    gan_context *context = model->object.context;
    GAN__TRY(gan__object_check(context, part, GAN__MODEL, "gan_model_add_model", "part"));
    GAN__RETURN_ENTERED(context, hand_add_model(model, part));
}
