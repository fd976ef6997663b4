/* model_by_hand.c: models made by calls instead of a text. A layer that is added twice becomes a
 * part of one statement, so that the canonical text says what is shared. */
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

static int32_t hand_ordinal(const gan_model *model)
{
    int32_t ordinal = 0;
    for (size_t i = 0; i < model->block->count; i++)
        ordinal += gan__statement_is_layer(&model->block->statements[i]);
    return ordinal;
}

/* "input H W C" as a statement; -1 is written `any`. */
static gan_status hand_input(gan_context *context, gan__shape shape, gan__statement *s)
{
    gan__text text = {.context = context};
    const int64_t sides[3] = {shape.h, shape.w, shape.c};
    for (int32_t i = 0; i < 3; i++)
        if (sides[i] < 0)
            gan__text_print(&text, " any");
        else
            gan__text_print(&text, " %" PRId64, sides[i]);
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
    if (status == GAN_OK) status = gan__options_read(context, s->kind, s->values, &lexer, &token);
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
    const gan__shape shapes[2] = {{-1, -1, -1, shape.c}, shape};
    gan_status status = GAN_E_SHAPE;
    for (int32_t i = 0; i < 2 && status == GAN_E_SHAPE; i++) {
        GAN__TRY(gan__model_new(out, context));
        status = hand_wrap_as(*out, layer, shapes[i]);
        if (status == GAN_OK) return GAN_OK;
        gan__object_release(*out);
    }
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
        for (size_t i = 0; i < model->part_count && !taken; i++)
            taken = strcmp(model->parts[i].name, name) == 0;
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

/* Where a layer stands itself in a chain. */
typedef struct hand_place {
    size_t statement, node;
    int32_t ordinal;
} hand_place;

/* Refuses what cannot become a part any more. */
static gan_status hand_find(const gan_model *home, const gan_layer *layer, hand_place *out)
{
    const gan__block *block = home->block;
    *out = (hand_place){0};
    while (home->nodes[out->node].layer != layer) out->node++;
    while (out->statement < block->count && block->statements[out->statement].layer != layer)
        out->ordinal += gan__statement_is_layer(&block->statements[out->statement++]);
    const char *path = home->nodes[out->node].path;
    if (out->statement == block->count) {
        return gan__fail(layer->object.context, GAN_E_STATE,
                         "gan_model_add: the layer stands as '%s' in a model made from text: to "
                         "be shared it must be a part of that text, or the whole model is added, "
                         "by gan_model_add_model",
                         path);
    }
    if (!home->placed) return GAN_OK;
    return gan__fail(layer->object.context, GAN_E_STATE,
                     "gan_model_add: the layer stands as '%s' in a model that is in another one, "
                     "or in a trainer, and must not change: share the layer before that, or put "
                     "it into a model of its own and add this one, by gan_model_add_model",
                     path);
}

static void hand_swap(gan_model *home, const hand_place *place, gan__statement *statement,
                      char **path)
{
    gan__statement *at = &home->block->statements[place->statement], s = *at;
    gan__node *node = &home->nodes[place->node];
    char *old = node->path;
    *at = *statement;
    *statement = s;
    node->path = *path;
    *path = old;
}

/* Puts the parts into the order of their first places, as a text would have them. */
static void hand_sort(gan_model *model, const gan__block *block, size_t *sorted)
{
    for (size_t i = 0; block && i < block->count; i++) {
        const gan__statement *s = &block->statements[i];
        const gan__part_options *options = s->values;
        size_t k = *sorted;
        hand_sort(model, s->body, sorted);
        hand_sort(model, s->shortcut, sorted);
        if (s->form != GAN__FORM_PART) continue;
        while (k < model->part_count && strcmp(model->parts[k].name, options->name) != 0) k++;
        if (k == model->part_count) continue;
        const gan__part part = model->parts[k];
        gan__part *to = &model->parts[(*sorted)++];
        memmove(to + 1, to, (size_t)(&model->parts[k] - to) * sizeof *to);
        *to = part;
    }
}

/* `listed` has the names that the model has from now on. */
static void hand_renamed(gan_model *home, const gan_model *listed)
{
    size_t sorted = 0;
    gan__model_unlist(home);
    home->parameters = listed->parameters;
    home->parameter_count = listed->parameter_count;
    home->parameter_capacity = listed->parameter_capacity;
    home->names = listed->names;
    hand_sort(home, home->block, &sorted);
    gan__free(home->object.context, home->text);
    home->text = NULL;
}

/* The layer's place at home, which may be the same model, is the part's first one from now on. */
static gan_status hand_append_wrap(gan_model *model, gan_model *home, gan_model *wrap,
                                   const hand_place *place)
{
    gan_context *context = model->object.context;
    gan__weak *where = &wrap->nodes[0].layer->home;
    const gan__model_mark mark = gan__model_mark_of(home);
    const int32_t nesting = home->nesting;
    gan__statement s;
    gan__text path = {.context = context};
    gan_status status = hand_part(home, wrap, place->ordinal, &s);
    if (status == GAN_OK) {
        const char *name = ((gan__part_options *)s.values)->name;
        gan__text_print(&path, "%s.0", name);
        status = path.status;
        if (status == GAN_OK) status = gan__model_add_part(home, name, wrap);
    }
    if (status == GAN_OK) {
        gan_model listed = {
            .object = {.context = context}, .nodes = home->nodes, .node_count = home->node_count};
        hand_swap(home, place, &s, &path.bytes);
        gan__weak_move(where, home, wrap);
        status = gan__model_list(&listed);
        if (status == GAN_OK) status = hand_append_part(model, wrap, hand_ordinal(model));
        if (status == GAN_OK) {
            hand_renamed(home, &listed);
        } else {
            gan__model_unlist(&listed);
            gan__weak_move(where, wrap, home);
            hand_swap(home, place, &s, &path.bytes);
        }
    }
    if (status != GAN_OK) {
        gan__model_cut(home, &mark);
        home->nesting = nesting;
    }
    gan__statement_free(context, &s);
    gan__text_free(&path);
    return status;
}

/* Whether the model is a part that is the layer alone. */
static bool hand_is_wrap(const gan_model *home)
{
    return home->placed && home->node_count == 1 && home->output_count == 1 &&
           home->outputs[0].value == home->nodes[0].result;
}

static gan_status hand_append_shared(gan_model *model, gan_layer *layer, gan_model *home)
{
    hand_place place;
    gan_model *wrap;
    if (hand_is_wrap(home)) return hand_append_part(model, home, hand_ordinal(model));
    GAN__TRY(hand_find(home, layer, &place));
    GAN__TRY(hand_wrap(&wrap, layer, home->shapes[home->nodes[place.node].operands[0]]));
    gan_status status = hand_append_wrap(model, home, wrap, &place);
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

/* A layer that stands nowhere: new, or its models have ended. */
static gan_status hand_append_layer(gan_model *model, gan_layer *layer)
{
    gan_context *context = model->object.context;
    bool input = layer->kind->operands == 0;
    if (layer->store && layer->store->segment_count != layer->parameter_count) {
        return gan__fail(context, GAN_E_STATE,
                         "gan_model_add: %s: the parameters are one block with those of other "
                         "layers, from a text in which it should have been a part of its own",
                         layer->kind->kind.name);
    }
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

static gan_status hand_add(gan_model *model, gan_layer *layer)
{
    gan_context *context = model->object.context;
    bool input = layer->kind->operands == 0;
    GAN__TRY(hand_check(model, &layer->object, "gan_model_add"));
    if (input != (model->input_count == 0)) {
        return gan__fail(context, GAN_E_STATE, "gan_model_add: %s: %s", layer->kind->kind.name,
                         input ? "the model has its input" : "a model starts with an input");
    }
    gan_model *home = gan__weak_get(&layer->home);
    gan_status status =
        home ? hand_append_shared(model, layer, home) : hand_append_layer(model, layer);
    gan__object_release(home);
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
    if (part == model)
        return gan__fail(context, GAN_E_ARGUMENT, "gan_model_add_model: a model in itself");
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
