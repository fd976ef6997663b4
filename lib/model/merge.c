/* merge.c: of nodes that compute the same of the same values the first alone stays. */
#include "base/memory.h"
#include "model/tree.h"

#include <string.h>

/* What draws, draws something else at each place. */
static bool merge_fits(const gan__node *a, const gan__node *b)
{
    return a->layer == b->layer && !a->layer->kind->draws && a->operand_count == b->operand_count &&
           !memcmp(a->operands, b->operands, (size_t)a->operand_count * sizeof *a->operands);
}

static const gan__node *merge_find(const gan_model *model, size_t count, const gan__node *node)
{
    for (size_t i = 0; i < count; i++)
        if (merge_fits(&model->nodes[i], node)) return &model->nodes[i];
    return NULL;
}

static void merge_operands(gan__node *node, const int32_t *values)
{
    for (int32_t i = 0; i < node->operand_count; i++) node->operands[i] = values[node->operands[i]];
}

/* values[v] becomes the value that v is the same as, v itself if it stays. */
static void merge_nodes(gan_model *model, int32_t *values)
{
    size_t kept = 0;
    for (size_t i = 0; i < model->node_count; i++) {
        gan__node *node = &model->nodes[i];
        merge_operands(node, values);
        const gan__node *same = merge_find(model, kept, node);
        if (same) {
            values[node->result] = same->result;
            gan__node_free(model, node);
        } else {
            model->nodes[kept++] = *node;
        }
    }
    model->node_count = kept;
}

/* Values that stay get numbers without gaps; what another one is the same as stands before it. */
static void merge_values(gan_model *model, int32_t *values)
{
    int32_t count = 0;
    for (size_t v = 0; v < model->value_count; v++) {
        const bool stays = values[v] == (int32_t)v;
        if (stays) model->shapes[count] = model->shapes[v];
        values[v] = stays ? count++ : values[values[v]];
    }
    model->value_count = (size_t)count;
    for (size_t i = 0; i < model->node_count; i++) {
        merge_operands(&model->nodes[i], values);
        model->nodes[i].result = values[model->nodes[i].result];
    }
    for (size_t i = 0; i < model->input_count; i++)
        model->inputs[i].value = values[model->inputs[i].value];
    for (size_t i = 0; i < model->output_count; i++)
        model->outputs[i].value = values[model->outputs[i].value];
}

gan_status gan__model_merge(gan_model *model)
{
    gan_context *context = model->object.context;
    int32_t *values;
    GAN__TRY(gan__allocate(context, &values, model->value_count, sizeof *values));
    for (size_t v = 0; v < model->value_count; v++) values[v] = (int32_t)v;
    merge_nodes(model, values);
    merge_values(model, values);
    gan__free(context, values);
    return GAN_OK;
}
