/* spread.c: steps of a golden part of the whole, around and around: the first of them lie nearly
 * evenly, however many are taken, and miss no class of those that come in turn. */
#include "spread.h"

static int64_t common_divisor(int64_t a, int64_t b)
{
    while (b != 0) {
        const int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

int64_t spread_index(int64_t i, int64_t count, int64_t total)
{
    if (count >= total) return i;
    int64_t step = (int64_t)((double)total * 0.6180339887498949);
    if (step < 1) step = 1;
    while (common_divisor(step, total) != 1) step++; /* so that each is met once */
    return (int64_t)((uint64_t)i * (uint64_t)step % (uint64_t)total);
}
