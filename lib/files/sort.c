/* sort.c: heapsort (Williams 1964, Floyd's construction). */
#include "files/sort.h"

#include <stdint.h>
#include <string.h>

static void sort_swap(uint8_t *a, uint8_t *b, size_t size)
{
    uint8_t part[64];
    for (size_t i = 0; i < size; i += sizeof part) {
        size_t count = size - i < sizeof part ? size - i : sizeof part;
        memcpy(part, a + i, count);
        memcpy(a + i, b + i, count);
        memcpy(b + i, part, count);
    }
}

static void sort_sift(uint8_t *items, size_t at, size_t count, size_t size,
                      int (*compare)(const void *a, const void *b))
{
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && compare(items + child * size, items + (child + 1) * size) < 0)
            child++;
        if (compare(items + at * size, items + child * size) >= 0) return;
        sort_swap(items + at * size, items + child * size, size);
    }
}

void gan__sort(void *items, size_t count, size_t size, int (*compare)(const void *a, const void *b))
{
    uint8_t *bytes = items;
    for (size_t i = count / 2; i-- > 0;) sort_sift(bytes, i, count, size, compare);
    for (size_t i = count; i-- > 1;) {
        sort_swap(bytes, bytes + i * size, size);
        sort_sift(bytes, 0, i, size, compare);
    }
}
