/* sort.h: sorting without an allocation, in n log n steps whatever the order: the C library's qsort
 * promises neither. */
#ifndef GAN__SORT_H
#define GAN__SORT_H

#include <stddef.h>

/* Sorts items[0..count) of `size` bytes each by `compare`, which is negative, 0 or positive. Equal
 * items end in any order, but in the same one every time. */
void gan__sort(void *items, size_t count, size_t size,
               int (*compare)(const void *a, const void *b));

#endif
