/* names.c: parameters by their full names: a hash table, and the list of a model in the order of
 * its nodes. */
#include "base/memory.h"
#include "base/option_value.h"
#include "model/tree.h"

#include <inttypes.h>
#include <string.h>

/* ---- the index: open addressing, at most half full ---- */

/* FNV-1a. */
static uint64_t names_hash(const void *key, size_t length)
{
    const unsigned char *bytes = key;
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < length; i++) hash = (hash ^ bytes[i]) * 1099511628211u;
    return hash ^ hash >> 32;
}

/* The slot that has the key, or the free one where it belongs; capacity is a power of two. */
static gan__index_slot *names_slot(const gan__index *index, const void *key, size_t length)
{
    size_t mask = index->capacity - 1, i = (size_t)names_hash(key, length) & mask;
    for (;; i = (i + 1) & mask) {
        gan__index_slot *slot = &index->slots[i];
        if (!slot->key) return slot;
        if (slot->length == length && memcmp(slot->key, key, length) == 0) return slot;
    }
}

int32_t gan__index_find(const gan__index *index, const void *key, size_t length)
{
    if (index->capacity == 0) return -1;
    const gan__index_slot *slot = names_slot(index, key, length);
    return slot->key ? slot->value : -1;
}

static gan_status names_widen(gan_context *context, gan__index *index)
{
    gan__index wider = {.capacity = index->capacity ? index->capacity * 2 : 16};
    GAN__TRY(gan__allocate(context, &wider.slots, wider.capacity, sizeof *wider.slots));
    for (size_t i = 0; i < index->capacity; i++) {
        const gan__index_slot *slot = &index->slots[i];
        if (slot->key) *names_slot(&wider, slot->key, slot->length) = *slot;
    }
    wider.count = index->count;
    gan__free(context, index->slots);
    *index = wider;
    return GAN_OK;
}

gan_status gan__index_put(gan_context *context, gan__index *index, const void *key, size_t length,
                          int32_t value)
{
    if (2 * (index->count + 1) > index->capacity) GAN__TRY(names_widen(context, index));
    gan__index_slot *slot = names_slot(index, key, length);
    if (!slot->key) index->count++;
    *slot = (gan__index_slot){key, length, value};
    return GAN_OK;
}

void gan__index_free(gan_context *context, gan__index *index)
{
    gan__free(context, index->slots);
    memset(index, 0, sizeof *index);
}

/* ---- the full names of a model's parameters ---- */

typedef struct names_list {
    gan_context *context;
    gan__named_parameter *parameters;
    size_t count, capacity;
    gan__index names;  /* of the parameters */
    gan__index layers; /* the node that each is called after; the keys lie in the nodes */
} names_list;

static void names_free(gan_context *context, gan__named_parameter *parameters, size_t count,
                       gan__index *names)
{
    for (size_t i = 0; i < count; i++) gan__free(context, parameters[i].name);
    gan__free(context, parameters);
    gan__index_free(context, names);
}

static gan_status names_add(names_list *list, const gan__node *node, int32_t index)
{
    gan__text name = {.context = list->context};
    GAN__TRY(gan__grow(list->context, &list->parameters, &list->capacity, list->count + 1,
                       sizeof *list->parameters));
    gan__text_print(&name, "%s.%s", node->path, node->layer->parameters[index].name);
    if (name.status == GAN_OK && gan__index_find(&list->names, name.bytes, name.length) >= 0) {
        char where[48];
        name.status =
            gan__fail(list->context, GAN_E_TEXT, "model: two parameters are called '%s'%s",
                      name.bytes, gan__place_print(node->place, where));
    }
    if (name.status != GAN_OK) {
        gan__text_free(&name);
        return name.status;
    }
    gan__named_parameter *entry = &list->parameters[list->count++];
    *entry = (gan__named_parameter){name.bytes, node->layer, index};
    return gan__index_put(list->context, &list->names, entry->name, name.length,
                          (int32_t)list->count - 1);
}

static int32_t names_dots(const char *path)
{
    int32_t count = 0;
    for (; *path; path++) count += *path == '.';
    return count;
}

/* The node after which a layer is called: the least deep, then the first. So a part that is placed
 * both directly and in another part has its own name in front. */
static gan_status names_choose(names_list *list, const gan_model *model)
{
    for (size_t i = 0; i < model->node_count; i++) {
        const gan__node *node = &model->nodes[i];
        int32_t known = gan__index_find(&list->layers, &node->layer, sizeof node->layer);
        if (known >= 0 && names_dots(model->nodes[known].path) <= names_dots(node->path)) continue;
        GAN__TRY(gan__index_put(list->context, &list->layers, &node->layer, sizeof node->layer,
                                (int32_t)i));
    }
    return GAN_OK;
}

static gan_status names_collect(names_list *list, const gan_model *model)
{
    GAN__TRY(names_choose(list, model));
    for (size_t i = 0; i < model->node_count; i++) {
        const gan__node *node = &model->nodes[i];
        int32_t named = gan__index_find(&list->layers, &node->layer, sizeof node->layer);
        for (int32_t p = 0; (size_t)named == i && p < node->layer->parameter_count; p++)
            GAN__TRY(names_add(list, node, p));
    }
    return GAN_OK;
}

gan_status gan__model_list(gan_model *model)
{
    names_list list = {.context = model->object.context};
    gan_status status = names_collect(&list, model);
    gan__index_free(list.context, &list.layers);
    if (status != GAN_OK) {
        names_free(list.context, list.parameters, list.count, &list.names);
        return status;
    }
    gan__model_unlist(model);
    model->parameters = list.parameters;
    model->parameter_count = list.count;
    model->parameter_capacity = list.capacity;
    model->names = list.names;
    return GAN_OK;
}

void gan__model_unlist(gan_model *model)
{
    names_free(model->object.context, model->parameters, model->parameter_count, &model->names);
    model->parameters = NULL;
    model->parameter_count = model->parameter_capacity = 0;
}

const gan__named_parameter *gan__model_parameter(const gan_model *model, const char *name)
{
    int32_t i = gan__index_find(&model->names, name, strlen(name));
    return i < 0 ? NULL : &model->parameters[i];
}
