/* memory.h: memory from the context's allocator, and sizes that cannot wrap around. */
#ifndef GAN__MEMORY_H
#define GAN__MEMORY_H

#include "base/context.h"

enum { GAN__ALIGNMENT = 64 };

/* `count * size` bytes, aligned to 64, zeroed, as *out. GAN_E_MEMORY (with a message that has the
 * size) if that overflows or the allocator refuses; *out is then NULL. A count of 0 gives NULL and
 * GAN_OK. */
gan_status gan__allocate(gan_context *context, void *out, size_t count, size_t size);

/* The same, not zeroed: for large arrays that are written before they are read. */
gan_status gan__allocate_raw(gan_context *context, void *out, size_t count, size_t size);

/* Grows an array to hold at least `count` elements, doubling; keeps the old contents, zeroes the
 * rest. *array and *capacity change together, or not at all. */
gan_status gan__grow(gan_context *context, void *array, size_t *capacity, size_t count,
                     size_t size);

/* The same, the rest not zeroed. */
gan_status gan__grow_raw(gan_context *context, void *array, size_t *capacity, size_t count,
                         size_t size);

void gan__free(gan_context *context, void *memory); /* NULL is allowed */

/* A copy of text[0..length), terminated. */
gan_status gan__copy_text(gan_context *context, char **out, const char *text, size_t length);

/* Checked arithmetic on sizes and counts: false if the result does not fit (nothing is written) or
 * an operand is negative. */
bool gan__multiply_size(size_t a, size_t b, size_t *out);
bool gan__add_size(size_t a, size_t b, size_t *out);
bool gan__multiply_count(int64_t a, int64_t b, int64_t *out);
bool gan__add_count(int64_t a, int64_t b, int64_t *out);
bool gan__product_count(const int64_t *factors, int32_t count, int64_t *out);

#endif
