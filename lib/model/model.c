/* model.c: the public face of a model: made from a text, copied, described, its shapes for given
 * inputs, its parameters by name. */
#include "base/memory.h"
#include "compute/reduce.h"
#include "model/tree.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static bool model_is(const gan_model *model)
{
    return gan__object_is(model, GAN__MODEL);
}

/* ---- from text ---- */

/* Parses, makes parameters and lets go of everything if either fails: the next model then gets the
 * random numbers that this one would have had. */
static gan_status model_from_text(gan_model **out, gan_context *context, const char *text,
                                  const gan__given *given, bool initial)
{
    gan__entry entry;
    GAN__TRY(gan__enter(context, &entry));
    const gan__counts before = context->counts;
    gan_status status = gan__model_parse(out, context, text, given, GAN__MAX_PLACED);
    if (status == GAN_OK) status = gan__model_allocate(*out, initial);
    if (status != GAN_OK) {
        gan__object_release(*out);
        *out = NULL;
        context->counts = before;
    }
    gan__leave(context, &entry);
    return status;
}

gan_status gan_model_parse(gan_model **out, gan_context *context, const char *text)
{
    return gan_model_parse_parts(out, context, text, NULL, NULL, 0);
}

gan_status gan__given_check(gan_context *context, const char *function, const char *const *names,
                            gan_model *const *parts, int32_t count)
{
    if (count < 0 || count > GAN__MAX_PARTS) {
        return gan__fail(context, GAN_E_ARGUMENT, "%s: count is %" PRId32 ", not in [0, %d]",
                         function, count, GAN__MAX_PARTS);
    }
    if (count > 0 && (!names || !parts)) {
        return gan__fail(context, GAN_E_ARGUMENT, "%s: %s is NULL", function,
                         names ? "parts" : "names");
    }
    for (int32_t i = 0; i < count; i++) {
        GAN__TRY(gan__object_check(context, parts[i], GAN__MODEL, function, "a part"));
        if (!names[i] || !gan__name_is_valid(names[i], strlen(names[i]), true)) {
            return gan__fail(context, GAN_E_ARGUMENT, "%s: names[%" PRId32 "] is no name: '%.64s'",
                             function, i, names[i] ? names[i] : "NULL");
        }
        if (parts[i]->object.context != context) {
            return gan__fail(context, GAN_E_ARGUMENT, "%s: part '%s' lives in another context",
                             function, names[i]);
        }
        if (parts[i]->input_count == 0)
            return gan__fail(context, GAN_E_STATE, "%s: part '%s' is empty", function, names[i]);
        for (int32_t k = 0; k < i; k++) {
            if (strcmp(names[i], names[k]) != 0) continue;
            return gan__fail(context, GAN_E_ARGUMENT, "%s: two parts are called '%s'", function,
                             names[i]);
        }
    }
    return GAN_OK;
}

gan_status gan_model_parse_parts(gan_model **out, gan_context *context, const char *text,
                                 const char *const *names, gan_model *const *parts, int32_t count)
{
    if (out) *out = NULL;
    if (!context) return GAN_E_ARGUMENT;
    if (!out || !text) {
        return gan__fail(context, GAN_E_ARGUMENT, "gan_model_parse: %s is NULL",
                         out ? "text" : "out");
    }
    GAN__TRY(gan__given_check(context, "gan_model_parse_parts", names, parts, count));
    const gan__given given = {names, parts, (size_t)count};
    return model_from_text(out, context, text, &given, true);
}

static gan_status model_unsaid(const gan_model *model)
{
    return gan__fail(
        model->object.context, GAN_E_STATE,
        "model: a layer is shared by several parts, or by a part and the rest, without "
        "being a part of its own: no text can say that");
}

/* What the text says has more parameters than there are, if the text loses a sharing. */
gan_status gan__model_check_text(const gan_model *model)
{
    const char *text = gan_model_text(model);
    const gan__given none = {0};
    gan_model *said = NULL;
    if (!text) return GAN_E_MEMORY;
    if (model->input_count == 0) return GAN_OK;
    gan_status status =
        gan__model_parse(&said, model->object.context, text, &none, GAN__MAX_PLACED);
    if (status == GAN_OK && said->parameter_count != model->parameter_count)
        status = model_unsaid(model);
    gan__object_release(said);
    return status;
}

/* The values of one model into another of the same text. */
static void model_copy_values(gan_model *to, const gan_model *from)
{
    for (size_t i = 0; i < from->parameter_count; i++) {
        const gan__named_parameter *a = &from->parameters[i], *b = &to->parameters[i];
        gan__parameter_copy(a->layer, &a->layer->parameters[a->index], b->layer,
                            &b->layer->parameters[b->index]);
    }
    for (size_t i = 0; i < to->store_count; i++) to->stores[i]->version++;
}

gan_status gan__model_copy(gan_model **out, const gan_model *model, const gan__given *given)
{
    gan_context *context = model->object.context;
    const char *text = gan_model_text(model);
    if (!text) return gan__fail(context, GAN_E_MEMORY, "gan_model_copy: no memory for the text");
    if (model->input_count == 0) return gan_model_create(out, context);
    GAN__TRY(model_from_text(out, context, text, given, false));
    if ((*out)->parameter_count != model->parameter_count) {
        gan_model_release(*out);
        *out = NULL;
        return model_unsaid(model);
    }
    model_copy_values(*out, model);
    gan_status status = gan__model_copy_notes(*out, model);
    if (status == GAN_OK) return GAN_OK;
    gan_model_release(*out);
    *out = NULL;
    return status;
}

gan_status gan_model_copy(gan_model **out, const gan_model *model)
{
    if (out) *out = NULL;
    if (!model_is(model)) return GAN_E_ARGUMENT;
    gan_context *context = model->object.context;
    if (!out) return gan__fail(context, GAN_E_ARGUMENT, "gan_model_copy: out is NULL");
    const gan__given none = {0};
    GAN__RETURN_ENTERED(context, gan__model_copy(out, model, &none));
}

/* The layers of `from` take the places of those that the text has made; it may have more. */
static gan_status model_take_layers(gan_model *model, const gan_model *from)
{
    for (size_t i = 0; i < from->node_count; i++) {
        gan_layer **layer = &model->nodes[i].layer;
        gan__object_retain(from->nodes[i].layer);
        gan__object_release(*layer);
        *layer = from->nodes[i].layer;
    }
    GAN__TRY(gan__model_list(model));
    return gan__model_allocate(model, false);
}

/* The text's length without its `output` statement, the last line where there is one. */
static size_t model_inner_length(const gan_model *model, const char *text)
{
    const gan__block *block = model->block;
    size_t length = strlen(text);
    if (block->count == 0 || block->statements[block->count - 1].form != GAN__FORM_OUTPUT)
        return length;
    while (--length > 0 && text[length - 1] != '\n') {}
    return length;
}

static gan_status model_share(gan_model **out, const gan_model *model, const char *end,
                              const gan__given *given)
{
    gan_context *context = model->object.context;
    const char *text = gan_model_text(model);
    gan__text whole = {.context = context};
    if (!text) return GAN_E_MEMORY;
    gan__text_append(&whole, text, model_inner_length(model, text));
    gan__text_print(&whole, "%s", end);
    gan_status status = whole.status;
    if (status == GAN_OK)
        status = gan__model_parse(out, context, whole.bytes, given, GAN__MAX_PLACED);
    gan__text_free(&whole);
    GAN__TRY(status);
    status = model_take_layers(*out, model);
    if (status == GAN_OK) status = gan__model_copy_notes(*out, model);
    if (status == GAN_OK) return GAN_OK;
    gan__object_release(*out);
    *out = NULL;
    return status;
}

gan_status gan__model_share(gan_model **out, const gan_model *model, const char *end)
{
    gan_context *context = model->object.context;
    gan__definitions parts;
    gan__given given = {0};
    const char **names = NULL;
    gan_model **models = NULL;
    *out = NULL;
    GAN__TRY(gan__model_definitions(model, &parts));
    gan_status status = gan__allocate(context, &names, parts.count, sizeof *names);
    if (status == GAN_OK) status = gan__allocate(context, &models, parts.count, sizeof *models);
    for (; status == GAN_OK && given.count < parts.count; given.count++) {
        names[given.count] = parts.items[given.count].name;
        models[given.count] = parts.items[given.count].model;
    }
    given.names = names;
    given.parts = models;
    if (status == GAN_OK) status = model_share(out, model, end, &given);
    gan__free(context, names);
    gan__free(context, models);
    gan__definitions_free(&parts);
    return status;
}

void gan_model_retain(gan_model *model)
{
    if (model_is(model)) gan__object_retain(model);
}

void gan_model_release(gan_model *model)
{
    if (model_is(model)) gan__object_release(model);
}

static const char *model_text(const gan_model *model)
{
    if (model->text) return model->text;
    gan__text text = {.context = model->object.context};
    gan__text_append(&text, "", 0);
    if (gan__model_print(model, NULL, &text) != GAN_OK) {
        gan__text_free(&text);
        return NULL;
    }
    /* Made on first use: it is dropped when the model changes. */
    ((gan_model *)(uintptr_t)model)->text = text.bytes;
    return model->text;
}

const char *gan_model_text(const gan_model *model)
{
    gan__entry entry;
    if (!model_is(model) || gan__enter(model->object.context, &entry) != GAN_OK) return NULL;
    const char *text = model_text(model);
    gan__leave(model->object.context, &entry);
    return text;
}

/* ---- shapes ---- */

static bool model_side_fits(int64_t declared, int64_t given)
{
    return declared < 0 || declared == given;
}

static gan_status model_check_input(const gan_model *model, size_t index, gan__shape first,
                                    gan__shape given)
{
    gan__shape declared = model->shapes[model->inputs[index].value];
    char a[88], b[88];
    if (given.n < 1 || given.h < 1 || given.w < 1 || given.n != first.n ||
        !model_side_fits(declared.h, given.h) || !model_side_fits(declared.w, given.w) ||
        declared.c != given.c) {
        declared.n = index > 0 ? first.n : -1;
        return gan__fail(model->object.context, GAN_E_SHAPE,
                         "model: input %zu%s%s takes %s, not %s", index,
                         model->inputs[index].name[0] ? " " : "", model->inputs[index].name,
                         gan__shape_print(declared, a), gan__shape_print(given, b));
    }
    return GAN_OK;
}

/* The shape rule alone, not gan__layer_place: runners in other contexts may be asking at the same
 * time. The bound leaves room for sizes in bytes. */
static gan_status model_node_shape(const gan_model *model, const gan__node *node, gan__shape *out)
{
    gan_context *context = model->object.context;
    const gan_layer *layer = node->layer;
    gan__shape *in, *result = &out[node->result];
    GAN__TRY(gan__allocate(context, &in, (size_t)node->operand_count, sizeof *in));
    for (int32_t i = 0; i < node->operand_count; i++) in[i] = out[node->operands[i]];
    gan_status status = layer->kind->shape(layer, in, node->operand_count, result);
    gan__free(context, in);
    if (status != GAN_OK) return gan__fail_in(context, status, "model: layer %s", node->path);

    const int64_t sides[4] = {result->n, result->h, result->w, result->c};
    int64_t count;
    if (gan__product_count(sides, 4, &count) && count <= INT64_MAX / 1024) return GAN_OK;
    char text[88];
    return gan__fail(context, GAN_E_SHAPE, "model: layer %s: a result of %s is too large",
                     node->path, gan__shape_print(*result, text));
}

gan_status gan__model_shapes(const gan_model *model, const gan__shape *inputs, gan__shape *out)
{
    for (size_t i = 0; i < model->input_count; i++) {
        GAN__TRY(model_check_input(model, i, inputs[0], inputs[i]));
        out[model->inputs[i].value] = inputs[i];
    }
    for (size_t i = 0; i < model->node_count; i++)
        GAN__TRY(model_node_shape(model, &model->nodes[i], out));
    return GAN_OK;
}

/* ---- parameters ---- */

gan_layer *gan_model_layer(const gan_model *model, const char *name)
{
    if (!model_is(model) || !name) return NULL;
    for (size_t i = 0; i < model->node_count; i++)
        if (strcmp(model->nodes[i].path, name) == 0) return model->nodes[i].layer;
    return NULL;
}

int64_t gan_model_parameter_count(const gan_model *model)
{
    return model_is(model) ? (int64_t)model->parameter_count : 0;
}

const char *gan_model_parameter_name(const gan_model *model, int64_t index)
{
    if (!model_is(model) || index < 0 || (size_t)index >= model->parameter_count) return NULL;
    return model->parameters[index].name;
}

int64_t gan_model_weight_count(const gan_model *model)
{
    int64_t count = 0;
    if (!model_is(model)) return 0;
    for (size_t i = 0; i < model->parameter_count; i++) {
        const gan__parameter *p =
            &model->parameters[i].layer->parameters[model->parameters[i].index];
        if (p->trained) count += p->count;
    }
    return count;
}

const gan__named_parameter *gan__model_diverged(const gan_model *model)
{
    for (size_t i = 0; i < model->parameter_count; i++) {
        const gan__named_parameter *entry = &model->parameters[i];
        const gan__parameter *p = &entry->layer->parameters[entry->index];
        if (p->trained || p->integer) continue;
        const float *values = gan__parameter_value(entry->layer, p);
        if (!isfinite(gan__sum_squares(model->object.context, p->count, values))) return entry;
    }
    return NULL;
}

gan_status gan__model_find(const gan_model *model, const char *name, const char *function,
                           const gan__named_parameter **out)
{
    gan_context *context = model->object.context;
    const char *nearest = NULL;
    size_t distance = SIZE_MAX;
    if (!name) return gan__fail(context, GAN_E_ARGUMENT, "%s: name is NULL", function);
    *out = gan__model_parameter(model, name);
    if (*out) return GAN_OK;
    for (size_t i = 0; i < model->parameter_count; i++) {
        const char *known = model->parameters[i].name;
        if (gan__text_nearer(name, strlen(name), known, &distance)) nearest = known;
    }
    return gan__fail(context, GAN_E_ARGUMENT, "%s: the model has no parameter '%.255s'%s%s%s",
                     function, name, nearest ? ", did you mean '" : "", nearest ? nearest : "",
                     nearest ? "'?" : "");
}

static gan_status model_parameter_shape(const gan_model *model, const char *name, int32_t *rank,
                                        int64_t shape[4])
{
    const gan__named_parameter *found;
    GAN__TRY(gan__model_find(model, name, "gan_model_parameter_shape", &found));
    gan__parameter_shape(&found->layer->parameters[found->index], rank, shape);
    return GAN_OK;
}

gan_status gan_model_parameter_shape(const gan_model *model, const char *name, int32_t *rank,
                                     int64_t shape[4])
{
    if (!model_is(model)) return GAN_E_ARGUMENT;
    gan_context *context = model->object.context;
    if (!rank || !shape) {
        return gan__fail(context, GAN_E_ARGUMENT, "gan_model_parameter_shape: %s is NULL",
                         rank ? "shape" : "rank");
    }
    GAN__RETURN_ENTERED(context, model_parameter_shape(model, name, rank, shape));
}

static gan_status model_parameter_flags(const gan_model *model, const char *name, int32_t *flags)
{
    const gan__named_parameter *found;
    GAN__TRY(gan__model_find(model, name, "gan_model_parameter_flags", &found));
    *flags = gan__parameter_flags(&found->layer->parameters[found->index]);
    return GAN_OK;
}

gan_status gan_model_parameter_flags(const gan_model *model, const char *name, int32_t *flags)
{
    if (!model_is(model)) return GAN_E_ARGUMENT;
    gan_context *context = model->object.context;
    if (!flags)
        return gan__fail(context, GAN_E_ARGUMENT, "gan_model_parameter_flags: flags is NULL");
    GAN__RETURN_ENTERED(context, model_parameter_flags(model, name, flags));
}

static gan_status model_zero_gradients(const gan_model *model)
{
    for (size_t i = 0; i < model->store_count; i++) gan__store_clear_gradients(model->stores[i]);
    return GAN_OK;
}

gan_status gan_model_zero_gradients(gan_model *model)
{
    if (!model_is(model)) return GAN_E_ARGUMENT;
    GAN__RETURN_ENTERED(model->object.context, model_zero_gradients(model));
}

static gan_status model_read(const gan_model *model, const char *name, int32_t what,
                             gan_tensor *tensor)
{
    const gan__named_parameter *found;
    GAN__TRY(gan__model_find(model, name, "gan_model_read", &found));
    return gan__parameter_read(found->layer, &found->layer->parameters[found->index], found->name,
                               what, tensor);
}

gan_status gan_model_read(gan_model *model, const char *name, int32_t what, gan_tensor *tensor)
{
    if (!model_is(model)) return GAN_E_ARGUMENT;
    gan_context *context = model->object.context;
    GAN__TRY(gan__object_check(context, tensor, GAN__TENSOR, "gan_model_read", "tensor"));
    GAN__RETURN_ENTERED(context, model_read(model, name, what, tensor));
}

static gan_status model_write(gan_model *model, const char *name, const gan_tensor *tensor)
{
    const gan__named_parameter *found;
    GAN__TRY(gan__model_find(model, name, "gan_model_write", &found));
    return gan__parameter_write(found->layer, &found->layer->parameters[found->index], found->name,
                                tensor);
}

gan_status gan_model_write(gan_model *model, const char *name, const gan_tensor *tensor)
{
    if (!model_is(model)) return GAN_E_ARGUMENT;
    gan_context *context = model->object.context;
    GAN__TRY(gan__object_check(context, tensor, GAN__TENSOR, "gan_model_write", "tensor"));
    GAN__RETURN_ENTERED(context, model_write(model, name, tensor));
}
