#include "base/memory.h"
#include "compute/reduce.h"
#include "model/persist.h"

#include <math.h>
#include <string.h>

static gan_status bundle_copy(gan__bundle *bundle, const char **out, const char *text)
{
    char *copy;
    GAN__TRY(gan__copy_text(bundle->context, &copy, text, strlen(text)));
    *out = copy;
    return GAN_OK;
}

gan_status gan__bundle_pair(gan__bundle *bundle, const char *key, const char *value)
{
    GAN__TRY(gan__grow(bundle->context, &bundle->pairs, &bundle->pair_capacity,
                       bundle->pair_count + 1, sizeof *bundle->pairs));
    gan__safetensors_pair *pair = &bundle->pairs[bundle->pair_count++];
    *pair = (gan__safetensors_pair){NULL, NULL};
    GAN__TRY(bundle_copy(bundle, &pair->key, key));
    return bundle_copy(bundle, &pair->value, value);
}

gan_status gan__bundle_begin(gan__bundle *bundle, const char *kind)
{
    GAN__TRY(gan__bundle_pair(bundle, "gan.format", "1.0"));
    GAN__TRY(gan__bundle_pair(bundle, "gan.kind", kind));
    return gan__bundle_pair(bundle, "gan.version", gan_version());
}

/* A tensor whose data and shape are its own. */
typedef struct bundle_slot {
    gan__safetensors_tensor *tensor;
    void *data;
    int64_t *shape;
    int64_t count;
} bundle_slot;

static gan_status bundle_add(gan__bundle *bundle, const gan__safetensors_tensor *like,
                             bundle_slot *slot)
{
    if (!gan__product_count(like->shape, like->rank, &slot->count)) {
        return gan__fail(bundle->context, GAN_E_MEMORY, "%s: too large", like->name);
    }
    GAN__TRY(gan__grow(bundle->context, &bundle->tensors, &bundle->tensor_capacity,
                       bundle->tensor_count + 1, sizeof *bundle->tensors));
    slot->tensor = &bundle->tensors[bundle->tensor_count++];
    *slot->tensor = (gan__safetensors_tensor){.element = like->element, .rank = like->rank};
    GAN__TRY(bundle_copy(bundle, &slot->tensor->name, like->name));
    GAN__TRY(gan__allocate(bundle->context, &slot->shape, (size_t)like->rank, sizeof(int64_t)));
    slot->tensor->shape = slot->shape;
    if (like->rank > 0) memcpy(slot->shape, like->shape, (size_t)like->rank * sizeof(int64_t));
    GAN__TRY(gan__allocate_raw(bundle->context, &slot->data, (size_t)slot->count,
                               gan__element_size(like->element)));
    slot->tensor->data = slot->data;
    return GAN_OK;
}

gan_status gan__bundle_tensor(gan__bundle *bundle, const gan__safetensors_tensor *tensor)
{
    bundle_slot slot;
    GAN__TRY(bundle_add(bundle, tensor, &slot));
    size_t size = (size_t)slot.count * gan__element_size(tensor->element);
    if (size > 0) memcpy(slot.data, tensor->data, size);
    return GAN_OK;
}

static gan_status bundle_export(gan__bundle *bundle, const char *name, const gan__parameter *p,
                                const void *memory)
{
    const gan__safetensors_tensor like = {.name = name,
                                          .element =
                                              p->integer ? GAN__ELEMENT_I64 : GAN__ELEMENT_F32,
                                          .rank = p->rank,
                                          .shape = p->shape};
    bundle_slot slot;
    GAN__TRY(bundle_add(bundle, &like, &slot));
    if (p->integer)
        memcpy(slot.data, memory, (size_t)p->count * sizeof(int64_t));
    else
        gan__parameter_export(p, memory, slot.data);
    return GAN_OK;
}

gan_status gan__bundle_values(gan__bundle *bundle, const gan__bundle_name *name,
                              const gan__parameter *p, const void *memory)
{
    gan__text full = {.context = bundle->context};
    gan__text_print(&full, "%s%s%s", name->prefix, name->name, name->suffix);
    gan_status status = full.status;
    if (status == GAN_OK && bundle->finite && !p->integer &&
        !isfinite(gan__sum_squares(bundle->context, p->count, memory)))
        status = gan__fail(bundle->context, GAN_E_DIVERGED,
                           "'%s' is not finite: nothing was written", full.bytes);
    if (status == GAN_OK) status = bundle_export(bundle, full.bytes, p, memory);
    gan__text_free(&full);
    return status;
}

bool gan__store_listed(const gan__store_list *list, const gan__store *store)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->stores[i] == store) return true;
    }
    return false;
}

gan_status gan__bundle_model(gan__bundle *bundle, const char *prefix, const gan_model *model,
                             const gan__store_list *skip)
{
    for (size_t i = 0; i < model->entry_count; i++) {
        const gan__entry_name *entry = &model->entries[i];
        const gan__parameter *p = &entry->layer->parameters[entry->index];
        const gan__bundle_name name = {prefix, entry->name, ""};
        if (gan__store_listed(skip, entry->layer->store)) continue;
        const void *memory = p->integer ? (void *)gan__parameter_integers(entry->layer, p)
                                        : gan__parameter_value(entry->layer, p);
        GAN__TRY(gan__bundle_values(bundle, &name, p, memory));
    }
    return GAN_OK;
}

gan_status gan__bundle_write(gan__bundle *bundle, const char *path)
{
    return gan__safetensors_write(bundle->context, path, bundle->tensors, bundle->tensor_count,
                                  bundle->pairs, bundle->pair_count);
}

gan_status gan__bundle_write_memory(gan__bundle *bundle, gan_tensor **out)
{
    return gan__safetensors_write_memory(out, bundle->context, bundle->tensors,
                                         bundle->tensor_count, bundle->pairs, bundle->pair_count);
}

static void bundle_drop(gan__bundle *bundle, const void *owned)
{
    gan__free(bundle->context, (void *)(uintptr_t)owned);
}

void gan__bundle_free(gan__bundle *bundle)
{
    for (size_t i = 0; i < bundle->tensor_count; i++) {
        bundle_drop(bundle, bundle->tensors[i].name);
        bundle_drop(bundle, bundle->tensors[i].shape);
        bundle_drop(bundle, bundle->tensors[i].data);
    }
    for (size_t i = 0; i < bundle->pair_count; i++) {
        bundle_drop(bundle, bundle->pairs[i].key);
        bundle_drop(bundle, bundle->pairs[i].value);
    }
    bundle_drop(bundle, bundle->tensors);
    bundle_drop(bundle, bundle->pairs);
    memset(bundle, 0, sizeof *bundle);
}
