/* graph.c: the flat graph: nodes, values, ports and parts as they are added, cut off again after a
 * failure, and the stores of their layers. */
#include "base/memory.h"
#include "base/option_value.h"
#include "model/tree.h"

#include <string.h>

/* ---- the end of things ---- */

void gan__node_free(gan_model *model, gan__node *node)
{
    gan_context *context = model->object.context;
    if (node->layer) gan__weak_move(&node->layer->home, model, NULL);
    gan__object_release(node->layer);
    gan__free(context, node->operands);
    gan__free(context, node->path);
    memset(node, 0, sizeof *node);
}

static void graph_cut_ports(gan_context *context, gan__port *ports, size_t *count, size_t keep)
{
    while (*count > keep) gan__free(context, ports[--*count].name);
}

gan__model_mark gan__model_mark_of(const gan_model *model)
{
    return (gan__model_mark){model->node_count,   model->value_count, model->input_count,
                             model->output_count, model->part_count,  model->store_count};
}

void gan__model_cut(gan_model *model, const gan__model_mark *mark)
{
    gan_context *context = model->object.context;
    while (model->node_count > mark->nodes)
        gan__node_free(model, &model->nodes[--model->node_count]);
    model->value_count = mark->values;
    graph_cut_ports(context, model->inputs, &model->input_count, mark->inputs);
    graph_cut_ports(context, model->outputs, &model->output_count, mark->outputs);
    while (model->part_count > mark->parts) {
        gan__part *part = &model->parts[--model->part_count];
        gan__object_release(part->model);
        gan__free(context, part->name);
    }
    while (model->store_count > mark->stores)
        gan__store_release(model->stores[--model->store_count]);
}

static void graph_destroy(void *self)
{
    gan_model *model = self;
    gan_context *context = model->object.context;
    const gan__model_mark nothing = {0};
    gan__model_unlist(model);
    /* While the list of parts holds them: no part ends within the recursion over blocks. */
    gan__block_destroy(context, model->block);
    gan__model_cut(model, &nothing);
    gan__free(context, model->nodes);
    gan__free(context, model->shapes);
    gan__free(context, model->inputs);
    gan__free(context, model->outputs);
    gan__free(context, model->parts);
    gan__free(context, model->stores);
    gan__model_free_notes(model);
    gan__free(context, model->text);
}

gan_status gan__model_new(gan_model **out, gan_context *context)
{
    gan_model *model;
    *out = NULL;
    GAN__TRY(gan__object_create(&model, context, sizeof *model, GAN__MODEL, graph_destroy));
    model->nesting = 1;
    gan_status status = gan__block_create(context, &model->block);
    if (status != GAN_OK) {
        gan__object_release(model);
        return status;
    }
    *out = model;
    return GAN_OK;
}

/* ---- growth ---- */

gan_status gan__model_add_value(gan_model *model, gan__shape shape, int32_t *out)
{
    GAN__TRY(gan__grow(model->object.context, &model->shapes, &model->value_capacity,
                       model->value_count + 1, sizeof *model->shapes));
    shape.n = -1;
    *out = (int32_t)model->value_count;
    model->shapes[model->value_count++] = shape;
    return GAN_OK;
}

gan_status gan__model_add_port(gan_context *context, gan__port **ports, size_t *count,
                               size_t *capacity, const gan__port *port)
{
    char *name;
    GAN__TRY(gan__grow(context, ports, capacity, *count + 1, sizeof **ports));
    GAN__TRY(gan__copy_text(context, &name, port->name, strlen(port->name)));
    (*ports)[(*count)++] = (gan__port){name, port->value};
    return GAN_OK;
}

gan_status gan__model_add_part(gan_model *model, const char *name, gan_model *part)
{
    gan_context *context = model->object.context;
    for (size_t i = 0; i < model->part_count; i++) {
        if (strcmp(model->parts[i].name, name) != 0) continue;
        if (model->parts[i].model == part) return GAN_OK;
        return gan__fail(context, GAN_E_TEXT, "model: two parts are called '%s'", name);
    }
    if (model->part_count == GAN__MAX_PARTS)
        return gan__fail(context, GAN_E_TEXT, "model: more than %d parts", GAN__MAX_PARTS);
    if (part->nesting >= GAN__MAX_NESTING) {
        return gan__fail(context, GAN_E_TEXT, "model: parts nested more than %d deep (part '%s')",
                         GAN__MAX_NESTING, name);
    }
    char *copy;
    GAN__TRY(gan__grow(context, &model->parts, &model->part_capacity, model->part_count + 1,
                       sizeof *model->parts));
    GAN__TRY(gan__copy_text(context, &copy, name, strlen(name)));
    gan__object_retain(part);
    model->parts[model->part_count++] = (gan__part){copy, part};
    if (model->nesting <= part->nesting) model->nesting = part->nesting + 1;
    return GAN_OK;
}

static gan_status graph_place(gan_model *model, gan_layer *layer, const gan__node *node,
                              gan__shape *out)
{
    gan_context *context = model->object.context;
    gan__shape *in;
    GAN__TRY(gan__allocate(context, &in, (size_t)node->operand_count, sizeof *in));
    for (int32_t i = 0; i < node->operand_count; i++) in[i] = model->shapes[node->operands[i]];
    gan_status status = gan__layer_place(layer, in, node->operand_count, out);
    gan__free(context, in);
    return status;
}

gan_status gan__model_add_node(gan_model *model, gan_layer *layer, const gan__node *node,
                               const gan__place *place, int32_t *result)
{
    gan_context *context = model->object.context;
    gan__shape shape;
    char where[48];
    gan_status status = graph_place(model, layer, node, &shape);
    if (status != GAN_OK) {
        return gan__fail_in(context, status, "model: layer %s%s", node->path,
                            gan__place_print(*place, where));
    }
    GAN__TRY(gan__grow(context, &model->nodes, &model->node_capacity, model->node_count + 1,
                       sizeof *model->nodes));
    gan__node *added = &model->nodes[model->node_count];
    size_t count = (size_t)node->operand_count;
    GAN__TRY(gan__allocate(context, &added->operands, count, sizeof *added->operands));
    status = gan__copy_text(context, &added->path, node->path, strlen(node->path));
    if (status == GAN_OK) status = gan__model_add_value(model, shape, result);
    if (status != GAN_OK) {
        gan__node_free(model, added);
        return status;
    }
    if (count > 0) memcpy(added->operands, node->operands, count * sizeof *added->operands);
    added->operand_count = node->operand_count;
    added->result = *result;
    added->layer = layer;
    added->place = *place;
    gan__object_retain(layer);
    if (layer->parameter_count > 0) gan__weak_move(&layer->home, NULL, model);
    model->node_count++;
    return GAN_OK;
}

/* ---- stores ---- */

static gan_status graph_add_store(gan_model *model, gan__store *store)
{
    for (size_t i = model->store_count; i-- > 0;)
        if (model->stores[i] == store) return GAN_OK;
    GAN__TRY(gan__grow(model->object.context, &model->stores, &model->store_capacity,
                       model->store_count + 1, sizeof *model->stores));
    gan__store_retain(store);
    model->stores[model->store_count++] = store;
    return GAN_OK;
}

/* The stores that there are, then one for the `fresh` layers: its creation is the last that can
 * fail. */
static gan_status graph_make_stores(gan_model *model, gan_layer **fresh, bool initial)
{
    gan_context *context = model->object.context;
    int32_t count = 0;
    for (size_t i = 0; i < model->node_count; i++) {
        gan_layer *layer = model->nodes[i].layer;
        if (layer->store)
            GAN__TRY(graph_add_store(model, layer->store));
        else if (layer->parameter_count > 0)
            fresh[count++] = layer;
    }
    if (count == 0) return GAN_OK;
    GAN__TRY(gan__grow(context, &model->stores, &model->store_capacity, model->store_count + 1,
                       sizeof *model->stores));
    for (int32_t i = 0; i < count && !initial; i++)
        for (int32_t p = 0; p < fresh[i]->parameter_count; p++)
            fresh[i]->parameters[p].initial = (gan__initial){.mode = GAN__INIT_CONSTANT};
    const gan__counts before = context->counts;
    gan_status status = gan__store_create(context, fresh, count);
    if (!initial) context->counts = before;
    return status == GAN_OK ? graph_add_store(model, fresh[0]->store) : status;
}

gan_status gan__model_allocate(gan_model *model, bool initial)
{
    gan_layer **fresh;
    for (size_t i = 0; i < model->part_count; i++)
        GAN__TRY(gan__model_allocate(model->parts[i].model, initial));
    GAN__TRY(gan__allocate(model->object.context, &fresh, model->node_count, sizeof *fresh));
    gan_status status = graph_make_stores(model, fresh, initial);
    gan__free(model->object.context, fresh);
    return status;
}
