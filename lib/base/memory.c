/* memory.c: sizes that cannot wrap around, and the only way to the host's allocator. GAN_E_MEMORY
 * says how much was asked for. */
#include "base/memory.h"

#include <string.h>

/* Also what keeps every pointer difference inside one block representable. */
static const size_t memory_limit = SIZE_MAX / 2;

bool gan__multiply_size(size_t a, size_t b, size_t *out)
{
    if (b != 0 && a > SIZE_MAX / b) return false;
    *out = a * b;
    return true;
}

bool gan__add_size(size_t a, size_t b, size_t *out)
{
    if (a > SIZE_MAX - b) return false;
    *out = a + b;
    return true;
}

bool gan__multiply_count(int64_t a, int64_t b, int64_t *out)
{
    if (a < 0 || b < 0 || (b != 0 && a > INT64_MAX / b)) return false;
    *out = a * b;
    return true;
}

bool gan__add_count(int64_t a, int64_t b, int64_t *out)
{
    if (a < 0 || b < 0 || a > INT64_MAX - b) return false;
    *out = a + b;
    return true;
}

/* A factor of 0 does not excuse the others: 0 times too much is refused as well, since views of
 * such a shape would compute with the partial products. */
bool gan__product_count(const int64_t *factors, int32_t count, int64_t *out)
{
    int64_t product = 1;
    bool empty = false;
    for (int32_t i = 0; i < count; i++)
        if (factors[i] == 0)
            empty = true;
        else if (!gan__multiply_count(product, factors[i], &product))
            return false;
    *out = empty ? 0 : product;
    return true;
}

gan_status gan__allocate_raw(gan_context *context, void *out, size_t count, size_t size)
{
    void *memory = NULL;
    size_t bytes;
    memcpy(out, &memory, sizeof memory);
    if (!gan__multiply_size(count, size, &bytes) || bytes > memory_limit) {
        return gan__fail(context, GAN_E_MEMORY, "out of memory: %zu elements of %zu bytes", count,
                         size);
    }
    if (bytes == 0) return GAN_OK;
    memory = context->host.allocate(context->host.user, bytes, GAN__ALIGNMENT);
    if (!memory) return gan__fail(context, GAN_E_MEMORY, "out of memory: %zu bytes", bytes);
    memcpy(out, &memory, sizeof memory);
    return GAN_OK;
}

gan_status gan__allocate(gan_context *context, void *out, size_t count, size_t size)
{
    void *memory;
    GAN__TRY(gan__allocate_raw(context, out, count, size));
    memcpy(&memory, out, sizeof memory);
    if (memory) memset(memory, 0, count * size);
    return GAN_OK;
}

gan_status gan__grow_raw(gan_context *context, void *array, size_t *capacity, size_t count,
                         size_t size)
{
    if (count <= *capacity) return GAN_OK;
    size_t wanted = *capacity > SIZE_MAX / 2 ? count : *capacity * 2;
    if (wanted < count) wanted = count;
    if (wanted < 8) wanted = 8;

    void *old, *grown;
    memcpy(&old, array, sizeof old);
    GAN__TRY(gan__allocate_raw(context, &grown, wanted, size));
    size_t kept = *capacity * size;
    if (kept > 0) memcpy(grown, old, kept);
    gan__free(context, old);
    memcpy(array, &grown, sizeof grown);
    *capacity = wanted;
    return GAN_OK;
}

gan_status gan__grow(gan_context *context, void *array, size_t *capacity, size_t count, size_t size)
{
    size_t before = *capacity;
    void *grown;
    GAN__TRY(gan__grow_raw(context, array, capacity, count, size));
    memcpy(&grown, array, sizeof grown);
    if (*capacity > before) memset((char *)grown + before * size, 0, (*capacity - before) * size);
    return GAN_OK;
}

void gan__free(gan_context *context, void *memory)
{
    if (memory) context->host.deallocate(context->host.user, memory);
}

gan_status gan__copy_text(gan_context *context, char **out, const char *text, size_t length)
{
    size_t size;
    *out = NULL;
    if (!gan__add_size(length, 1, &size))
        return gan__fail(context, GAN_E_MEMORY, "out of memory: %zu bytes", length);
    GAN__TRY(gan__allocate_raw(context, out, size, 1));
    memcpy(*out, text, length);
    (*out)[length] = '\0';
    return GAN_OK;
}
