/* huffman.c: Huffman's algorithm with two queues; lengths beyond the limit are mended by Kraft's
 * sum, then codes are numbered as RFC 1951 (3.2.2) has them. */
#include "files/huffman.h"

#include "files/sort.h"

#include <string.h>

typedef struct huffman_leaf {
    uint32_t count, symbol;
} huffman_leaf;

static int huffman_compare(const void *a, const void *b)
{
    const huffman_leaf *x = a, *y = b;
    if (x->count != y->count) return x->count < y->count ? -1 : 1;
    return x->symbol < y->symbol ? -1 : x->symbol > y->symbol;
}

static uint32_t huffman_collect(const uint32_t *count, uint32_t symbols, huffman_leaf *leaves)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < symbols; i++)
        if (count[i] > 0) leaves[n++] = (huffman_leaf){count[i], i};
    for (uint32_t i = 0; n < 2; i++)
        if (count[i] == 0) leaves[n++] = (huffman_leaf){1, i};
    return n;
}

/* Depths of the optimal tree over n >= 2 leaves sorted by count: the two lightest nodes are joined
 * until one is left. Joined nodes come out in order of weight, so two queues are enough. depths[d]
 * counts the leaves at depth d, those below `longest` at `longest`. */
static void huffman_depths(const huffman_leaf *leaves, uint32_t n, uint32_t longest,
                           uint32_t *depths)
{
    uint32_t weight[2 * GAN__HUFFMAN_MOST], parent[2 * GAN__HUFFMAN_MOST];
    uint32_t leaf = 0, joined = n, end = n;
    for (uint32_t i = 0; i < n; i++) weight[i] = leaves[i].count;
    for (; end < 2 * n - 1; end++) {
        weight[end] = 0;
        for (int k = 0; k < 2; k++) {
            uint32_t least =
                leaf < n && (joined == end || weight[leaf] <= weight[joined]) ? leaf++ : joined++;
            weight[end] += weight[least];
            parent[least] = end;
        }
    }
    uint32_t *depth = weight; /* a parent comes after its children: depths from the root down */
    depth[end - 1] = 0;
    for (uint32_t i = end - 1; i-- > 0;) {
        depth[i] = depth[parent[i]] + 1;
        if (i < n) depths[depth[i] < longest ? depth[i] : longest]++;
    }
}

void gan__huffman_lengths(const uint32_t *count, uint32_t symbols, uint32_t longest,
                          uint8_t *length)
{
    huffman_leaf leaves[GAN__HUFFMAN_MOST];
    uint32_t depths[16] = {0}, n = huffman_collect(count, symbols, leaves);
    gan__sort(leaves, n, sizeof *leaves, huffman_compare);
    huffman_depths(leaves, n, longest, depths);

    /* Leaves that were raised to `longest` take more room than there is (Kraft's sum, in units of
     * 2^-longest). Each step gives a unit back: the deepest leaf above the bottom goes down one and
     * one from the bottom becomes its sibling. */
    uint32_t room = 0;
    for (uint32_t i = 1; i <= longest; i++) room += depths[i] << (longest - i);
    for (; room > 1u << longest; room--) {
        uint32_t above = longest - 1;
        while (depths[above] == 0) above--;
        depths[above]--;
        depths[above + 1] += 2;
        depths[longest]--;
    }
    memset(length, 0, symbols);
    for (uint32_t i = longest, leaf = 0; i >= 1; i--)
        for (; depths[i] > 0; depths[i]--) length[leaves[leaf++].symbol] = (uint8_t)i;
}

void gan__huffman_codes(const uint8_t *length, uint32_t symbols, uint16_t *code)
{
    uint32_t count[16] = {0}, next[17] = {0};
    for (uint32_t i = 0; i < symbols; i++) count[length[i]]++;
    count[0] = 0;
    for (uint32_t i = 1; i <= 15; i++) next[i + 1] = (next[i] + count[i]) << 1;
    for (uint32_t i = 0; i < symbols; i++) {
        uint32_t value = next[length[i]]++, reversed = 0;
        for (uint32_t k = 0; k < length[i]; k++, value >>= 1)
            reversed = reversed << 1 | (value & 1);
        code[i] = (uint16_t)reversed;
    }
}
