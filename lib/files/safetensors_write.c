/* safetensors_write.c: the header and the tensors in the order of the format's own writer (largest
 * elements first, then by name), each with a checksum. */
#include "base/memory.h"
#include "base/stream.h"
#include "files/checksum.h"
#include "files/json.h"
#include "files/safetensors.h"
#include "files/sort.h"
#include "files/utf8.h"

#include <inttypes.h>

enum { SAFETENSORS_ALIGNMENT = 8 };

/* A tensor in the file's order, measured. */
typedef struct safetensors_item {
    const gan__safetensors_tensor *tensor;
    size_t size; /* in bytes */
    uint32_t sum;
} safetensors_item;

static int safetensors_by_alignment(const void *a, const void *b)
{
    const gan__safetensors_tensor *x = ((const safetensors_item *)a)->tensor;
    const gan__safetensors_tensor *y = ((const safetensors_item *)b)->tensor;
    size_t i = gan__element_size(x->element), k = gan__element_size(y->element);
    if (i != k) return i > k ? -1 : 1;
    return strcmp(x->name, y->name);
}

static int safetensors_item_by_name(const void *a, const void *b)
{
    return strcmp(((const safetensors_item *)a)->tensor->name,
                  ((const safetensors_item *)b)->tensor->name);
}

/* JSON holds nothing else: what it would show instead has another checksum and another name. */
static gan_status safetensors_check_text(gan_context *context, const char *path, const char *what,
                                         const char *name, const char *text)
{
    if (gan__utf8_is_valid(text, strlen(text))) return GAN_OK;
    return gan__fail(context, GAN_E_ARGUMENT, "%s: %s '%.200s' is not UTF-8", path, what, name);
}

static gan_status safetensors_measure(gan_context *context, const char *path,
                                      const gan__safetensors_tensor *t, size_t *size)
{
    int64_t count = 1, bytes;
    for (int32_t i = 0; i < t->rank; i++) {
        if (t->shape[i] >= 0) continue;
        return gan__fail(context, GAN_E_ARGUMENT, "%s: tensor '%.200s': dimension %d is %" PRId64,
                         path, t->name, (int)i, t->shape[i]);
    }
    if (t->rank < 0 || t->rank > GAN_MAX_RANK || !gan__product_count(t->shape, t->rank, &count) ||
        !gan__multiply_count(count, (int64_t)gan__element_size(t->element), &bytes)) {
        return gan__fail(context, GAN_E_ARGUMENT, "%s: tensor '%.200s': %d dimensions are too much",
                         path, t->name, (int)t->rank);
    }
    *size = (size_t)bytes;
    return GAN_OK;
}

/* Fills `items` in the file's order; names must differ. */
static gan_status safetensors_order(gan_context *context, const char *path,
                                    const gan__safetensors_tensor *tensors, size_t count,
                                    safetensors_item *items)
{
    for (size_t i = 0; i < count; i++) {
        const char *name = tensors[i].name;
        items[i].tensor = &tensors[i];
        GAN__TRY(safetensors_check_text(context, path, "the name of tensor", name, name));
        GAN__TRY(safetensors_measure(context, path, &tensors[i], &items[i].size));
    }
    gan__sort(items, count, sizeof *items, safetensors_item_by_name);
    for (size_t i = 0; i < count; i++) {
        const char *name = items[i].tensor->name;
        bool is_twice = i > 0 && strcmp(name, items[i - 1].tensor->name) == 0;
        if (!is_twice && strcmp(name, "__metadata__") != 0) continue;
        return gan__fail(context, GAN_E_ARGUMENT, "%s: a tensor cannot be named '%.200s'%s", path,
                         name, is_twice ? " twice" : "");
    }
    gan__sort(items, count, sizeof *items, safetensors_by_alignment);
    return GAN_OK;
}

/* The checksums, with memory for the largest of those that are made. */
static gan_status safetensors_sum(gan_context *context, safetensors_item *items, size_t count)
{
    size_t most = 0;
    void *made = NULL;
    for (size_t i = 0; i < count; i++)
        if (items[i].tensor->make && items[i].size > most) most = items[i].size;
    if (most > 0) GAN__TRY(gan__allocate_raw(context, &made, most, 1));
    for (size_t i = 0; i < count; i++) {
        const gan__safetensors_tensor *t = items[i].tensor;
        const bool is_made = t->make && items[i].size > 0;
        if (is_made) t->make(t->data, made);
        items[i].sum = gan__crc32(0, is_made ? made : t->data, items[i].size);
    }
    gan__free(context, made);
    return GAN_OK;
}

static gan_status safetensors_check_pairs(gan_context *context, const char *path,
                                          const gan__safetensors_pair *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *key = pairs[i].key;
        GAN__TRY(safetensors_check_text(context, path, "key", key, key));
        GAN__TRY(safetensors_check_text(context, path, "the value of key", key, pairs[i].value));
        for (size_t k = 0; k < i; k++) {
            if (strcmp(key, pairs[k].key) != 0) continue;
            return gan__fail(context, GAN_E_ARGUMENT, "%s: key '%.200s' is given twice", path, key);
        }
    }
    return GAN_OK;
}

static void safetensors_print_metadata(gan__text *text, const gan__safetensors_pair *pairs,
                                       size_t pair_count, const safetensors_item *items,
                                       size_t item_count)
{
    uint32_t sum;
    gan__json_write_key(text, "__metadata__");
    gan__text_append(text, "{", 1);
    for (size_t i = 0; i < pair_count; i++) {
        gan__json_write_key(text, pairs[i].key);
        gan__json_write_string(text, pairs[i].value);
    }
    if (gan__safetensors_sum(pairs, pair_count, &sum)) {
        gan__json_write_key(text, "gan.crc32");
        gan__text_print(text, "\"%08" PRIx32 "\"", sum);
    }
    for (size_t i = 0; i < item_count; i++) {
        gan__text key = {.context = text->context};
        gan__text_print(&key, "gan.crc32.%s", items[i].tensor->name);
        if (key.status == GAN_OK) gan__json_write_key(text, key.bytes);
        if (text->status == GAN_OK) text->status = key.status;
        gan__text_print(text, "\"%08" PRIx32 "\"", items[i].sum);
        gan__text_free(&key);
    }
    gan__text_append(text, "}", 1);
}

/* The length and the header, padded so that the data begins at a multiple of 8. */
static void safetensors_print(gan__text *text, const gan__safetensors_pair *pairs,
                              size_t pair_count, const safetensors_item *items, size_t item_count)
{
    size_t offset = 0;
    gan__text_append(text, "\0\0\0\0\0\0\0\0{", 9);
    safetensors_print_metadata(text, pairs, pair_count, items, item_count);
    for (size_t i = 0; i < item_count; i++) {
        const gan__safetensors_tensor *t = items[i].tensor;
        gan__json_write_key(text, t->name);
        gan__text_print(text, "{\"dtype\":\"%s\",\"shape\":[", gan__element_name(t->element));
        for (int32_t k = 0; k < t->rank; k++)
            gan__text_print(text, "%s%" PRId64, k > 0 ? "," : "", t->shape[k]);
        gan__text_print(text, "],\"data_offsets\":[%zu,%zu]}", offset, offset + items[i].size);
        offset += items[i].size;
    }
    gan__text_append(text, "}", 1);
    while (text->status == GAN_OK && text->length % SAFETENSORS_ALIGNMENT != 0)
        gan__text_append(text, " ", 1);
    if (text->status == GAN_OK)
        gan__store_u64le((uint8_t *)text->bytes, text->length - sizeof(uint64_t));
}

/* Where the bytes go: to the file `path`, or to a tensor. */
typedef struct safetensors_target {
    const char *path; /* also for messages */
    gan_tensor **out; /* NULL: the file */
} safetensors_target;

static gan_status safetensors_gather(gan_context *context, gan_tensor **out,
                                     const gan__piece *pieces, size_t count)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++)
        if (!gan__add_size(size, pieces[i].size, &size) || size > (size_t)INT64_MAX)
            return gan__fail(context, GAN_E_MEMORY, "memory: too large");
    const int64_t shape = (int64_t)size;
    GAN__TRY(gan_tensor_create(out, context, GAN_UINT8, 1, &shape));
    uint8_t *to = gan_tensor_data(*out);
    for (size_t i = 0; i < count; i++) {
        if (pieces[i].make && pieces[i].size > 0)
            pieces[i].make(pieces[i].bytes, to);
        else if (pieces[i].size > 0)
            memcpy(to, pieces[i].bytes, pieces[i].size);
        to += pieces[i].size;
    }
    return GAN_OK;
}

static gan_status safetensors_write_pieces(gan_context *context, const safetensors_target *target,
                                           const gan__text *header, const safetensors_item *items,
                                           size_t count)
{
    gan__piece *pieces;
    GAN__TRY(gan__allocate(context, &pieces, count + 1, sizeof *pieces));
    pieces[0] = (gan__piece){header->bytes, header->length, NULL};
    for (size_t i = 0; i < count; i++)
        pieces[i + 1] = (gan__piece){items[i].tensor->data, items[i].size, items[i].tensor->make};
    gan_status status = target->out ? safetensors_gather(context, target->out, pieces, count + 1)
                                    : gan__file_replace(context, target->path, pieces, count + 1);
    gan__free(context, pieces);
    return status;
}

static gan_status safetensors_write(gan_context *context, const safetensors_target *target,
                                    const gan__safetensors_tensor *tensors, size_t tensor_count,
                                    const gan__safetensors_pair *pairs, size_t pair_count)
{
    gan__text header = {.context = context};
    safetensors_item *items;
    const char *path = target->path;
    GAN__TRY(safetensors_check_pairs(context, path, pairs, pair_count));
    GAN__TRY(gan__allocate(context, &items, tensor_count, sizeof *items));
    gan_status status = safetensors_order(context, path, tensors, tensor_count, items);
    if (status == GAN_OK) status = safetensors_sum(context, items, tensor_count);
    if (status == GAN_OK) {
        safetensors_print(&header, pairs, pair_count, items, tensor_count);
        status = header.status;
    }
    if (status == GAN_OK)
        status = safetensors_write_pieces(context, target, &header, items, tensor_count);
    gan__text_free(&header);
    gan__free(context, items);
    return status;
}

gan_status gan__safetensors_write(gan_context *context, const char *path,
                                  const gan__safetensors_tensor *tensors, size_t tensor_count,
                                  const gan__safetensors_pair *pairs, size_t pair_count)
{
    const safetensors_target target = {path, NULL};
    return safetensors_write(context, &target, tensors, tensor_count, pairs, pair_count);
}

gan_status gan__safetensors_write_memory(gan_tensor **out, gan_context *context,
                                         const gan__safetensors_tensor *tensors,
                                         size_t tensor_count, const gan__safetensors_pair *pairs,
                                         size_t pair_count)
{
    const safetensors_target target = {"memory", out};
    return safetensors_write(context, &target, tensors, tensor_count, pairs, pair_count);
}
