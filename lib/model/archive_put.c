/* archive_put.c: puts arrays and whole models into a safetensors file, parameters in PyTorch's
 * layout. */
#include "base/memory.h"
#include "compute/reduce.h"
#include "model/archive.h"

#include <math.h>
#include <string.h>

static gan_status put_copy(gan__archive_out *archive, const char **out, const char *text)
{
    char *copy;
    GAN__TRY(gan__copy_text(archive->context, &copy, text, strlen(text)));
    *out = copy;
    return GAN_OK;
}

gan_status gan__archive_put_pair(gan__archive_out *archive, const char *key, const char *value)
{
    GAN__TRY(gan__grow(archive->context, &archive->pairs, &archive->pair_capacity,
                       archive->pair_count + 1, sizeof *archive->pairs));
    gan__safetensors_pair *pair = &archive->pairs[archive->pair_count++];
    *pair = (gan__safetensors_pair){NULL, NULL};
    GAN__TRY(put_copy(archive, &pair->key, key));
    return put_copy(archive, &pair->value, value);
}

gan_status gan__archive_begin(gan__archive_out *archive, const char *kind)
{
    GAN__TRY(gan__archive_put_pair(archive, "gan.format", "1.0"));
    GAN__TRY(gan__archive_put_pair(archive, "gan.kind", kind));
    return gan__archive_put_pair(archive, "gan.version", gan_version());
}

/* A tensor whose name and shape are its own; of no data yet, which will be its own too. */
typedef struct put_slot {
    gan__safetensors_tensor *tensor;
    int64_t *shape;
    int64_t count;
} put_slot;

static gan_status put_add(gan__archive_out *archive, const gan__safetensors_tensor *like,
                          put_slot *slot)
{
    if (!gan__product_count(like->shape, like->rank, &slot->count))
        return gan__fail(archive->context, GAN_E_MEMORY, "%s: too large", like->name);
    GAN__TRY(gan__grow(archive->context, &archive->tensors, &archive->tensor_capacity,
                       archive->tensor_count + 1, sizeof *archive->tensors));
    GAN__TRY(gan__grow(archive->context, &archive->lent, &archive->lent_capacity,
                       archive->tensor_count + 1, sizeof *archive->lent));
    slot->tensor = &archive->tensors[archive->tensor_count++];
    archive->lent[archive->tensor_count - 1] = false;
    *slot->tensor = (gan__safetensors_tensor){.element = like->element, .rank = like->rank};
    GAN__TRY(put_copy(archive, &slot->tensor->name, like->name));
    GAN__TRY(gan__allocate(archive->context, &slot->shape, (size_t)like->rank, sizeof(int64_t)));
    slot->tensor->shape = slot->shape;
    if (like->rank > 0) memcpy(slot->shape, like->shape, (size_t)like->rank * sizeof(int64_t));
    return GAN_OK;
}

gan_status gan__archive_lend_tensor(gan__archive_out *archive,
                                    const gan__safetensors_tensor *tensor)
{
    put_slot slot;
    GAN__TRY(put_add(archive, tensor, &slot));
    slot.tensor->data = tensor->data;
    archive->lent[archive->tensor_count - 1] = true;
    return GAN_OK;
}

gan_status gan__archive_put_tensor(gan__archive_out *archive, const gan__safetensors_tensor *tensor)
{
    put_slot slot;
    void *data;
    GAN__TRY(put_add(archive, tensor, &slot));
    const size_t each = gan__element_size(tensor->element), count = (size_t)slot.count;
    GAN__TRY(gan__allocate_raw(archive->context, &data, count, each));
    slot.tensor->data = data;
    if (count > 0) memcpy(data, tensor->data, count * each);
    return GAN_OK;
}

/* A parameter's numbers where they lie. */
typedef struct put_numbers {
    const gan__parameter *p;
    const void *memory;
} put_numbers;

static void put_make(const void *from, void *data)
{
    const put_numbers *numbers = from;
    if (numbers->p->integer)
        memcpy(data, numbers->memory, (size_t)numbers->p->count * sizeof(int64_t));
    else
        gan__parameter_export(numbers->p, numbers->memory, data);
}

static gan_status put_export(gan__archive_out *archive, const char *name, const gan__parameter *p,
                             const void *memory)
{
    const gan__safetensors_tensor like = {.name = name,
                                          .element =
                                              p->integer ? GAN__ELEMENT_I64 : GAN__ELEMENT_F32,
                                          .rank = p->rank,
                                          .shape = p->shape};
    put_slot slot;
    put_numbers *numbers;
    GAN__TRY(put_add(archive, &like, &slot));
    GAN__TRY(gan__allocate(archive->context, &numbers, 1, sizeof *numbers));
    *numbers = (put_numbers){p, memory};
    slot.tensor->data = numbers;
    slot.tensor->make = put_make;
    return GAN_OK;
}

gan_status gan__archive_put_values(gan__archive_out *archive, const gan__archived_name *name,
                                   const gan__parameter *p, const void *memory)
{
    gan__text full = {.context = archive->context};
    gan__text_print(&full, "%s%s%s", name->prefix, name->name, name->suffix);
    gan_status status = full.status;
    if (status == GAN_OK && archive->finite && !p->integer &&
        !isfinite(gan__sum_squares(archive->context, p->count, memory)))
        status = gan__fail(archive->context, GAN_E_DIVERGED,
                           "'%s' is not finite: nothing was written", full.bytes);
    if (status == GAN_OK) status = put_export(archive, full.bytes, p, memory);
    gan__text_free(&full);
    return status;
}

bool gan__store_listed(const gan__store_list *list, const gan__store *store)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->stores[i] == store) return true;
    return false;
}

gan_status gan__archive_put_model(gan__archive_out *archive, const char *prefix,
                                  const gan_model *model, const gan__store_list *skip)
{
    for (size_t i = 0; i < model->parameter_count; i++) {
        const gan__named_parameter *entry = &model->parameters[i];
        const gan__parameter *p = &entry->layer->parameters[entry->index];
        const gan__archived_name name = {prefix, entry->name, ""};
        if (gan__store_listed(skip, entry->layer->store)) continue;
        const void *memory = p->integer ? (void *)gan__parameter_integers(entry->layer, p)
                                        : gan__parameter_value(entry->layer, p);
        GAN__TRY(gan__archive_put_values(archive, &name, p, memory));
    }
    return GAN_OK;
}

gan_status gan__archive_write(gan__archive_out *archive, const char *path)
{
    return gan__safetensors_write(archive->context, path, archive->tensors, archive->tensor_count,
                                  archive->pairs, archive->pair_count);
}

gan_status gan__archive_write_memory(gan__archive_out *archive, gan_tensor **out)
{
    return gan__safetensors_write_memory(out, archive->context, archive->tensors,
                                         archive->tensor_count, archive->pairs,
                                         archive->pair_count);
}

static void put_drop(gan__archive_out *archive, const void *owned)
{
    gan__free(archive->context, (void *)(uintptr_t)owned);
}

void gan__archive_free(gan__archive_out *archive)
{
    for (size_t i = 0; i < archive->tensor_count; i++) {
        put_drop(archive, archive->tensors[i].name);
        put_drop(archive, archive->tensors[i].shape);
        if (!archive->lent[i]) put_drop(archive, archive->tensors[i].data);
    }
    for (size_t i = 0; i < archive->pair_count; i++) {
        put_drop(archive, archive->pairs[i].key);
        put_drop(archive, archive->pairs[i].value);
    }
    put_drop(archive, archive->tensors);
    put_drop(archive, archive->lent);
    put_drop(archive, archive->pairs);
    memset(archive, 0, sizeof *archive);
}
