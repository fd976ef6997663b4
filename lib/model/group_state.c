/* group_state.c: whether several batches in one pass in training leave a model as several passes
 * do.
 *
 * Layers run one after the other, each on all groups of the batch. A layer that keeps state from
 * pass to pass (running statistics, u and v) and stands in a model twice so meets the groups in
 * another order: place 1 group 1, place 1 group 2, place 2 group 1, place 2 group 2. */
#include "model/model.h"
#include "model/tree.h"

static bool group_state_kept(const gan_layer *layer)
{
    for (int32_t i = 0; i < layer->parameter_count; i++)
        if (!layer->parameters[i].trained) return true;
    return false;
}

static gan_status group_state_find(const gan_model *model, bool iterated, gan__index *seen,
                                   const gan__node **out)
{
    for (size_t i = 0; i < model->node_count && !*out; i++) {
        const gan__node *node = &model->nodes[i];
        if (!group_state_kept(node->layer)) continue;
        if ((iterated && node->layer->iterates) ||
            gan__index_find(seen, &node->layer, sizeof node->layer) >= 0)
            *out = node;
        else
            GAN__TRY(gan__index_put(model->object.context, seen, &node->layer, sizeof node->layer,
                                    (int32_t)i));
    }
    return GAN_OK;
}

gan_status gan__model_group_state(const gan_model *model, bool iterated, const gan__node **out)
{
    gan__index seen = {0};
    *out = NULL;
    gan_status status = group_state_find(model, iterated, &seen, out);
    gan__index_free(model->object.context, &seen);
    return status;
}
