/* inflate_table.c: builds the tables, and refuses lengths that make no code. */
#include "files/inflate_table.h"

#include <string.h>

static const uint16_t inflate_length_base[29] = {3,  4,  5,  6,   7,   8,   9,   10,  11, 13,
                                                 15, 17, 19, 23,  27,  31,  35,  43,  51, 59,
                                                 67, 83, 99, 115, 131, 163, 195, 227, 258};
static const uint8_t inflate_length_extra[29] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                                 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
static const uint16_t inflate_distance_base[30] = {
    1,   2,   3,   4,   5,   7,    9,    13,   17,   25,   33,   49,   65,    97,    129,
    193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};

/* What symbol `symbol` of an alphabet means; the code's length is added by the builder. */
typedef uint32_t inflate_meaning(uint32_t symbol);

static uint32_t inflate_literal_meaning(uint32_t symbol)
{
    if (symbol < 256) return GAN__INFLATE_LITERAL | symbol << 16;
    if (symbol == 256) return GAN__INFLATE_END;
    if (symbol > 285) return GAN__INFLATE_BAD;
    return GAN__INFLATE_BASE | (uint32_t)inflate_length_extra[symbol - 257] << 8 |
           (uint32_t)inflate_length_base[symbol - 257] << 16;
}

static uint32_t inflate_distance_meaning(uint32_t symbol)
{
    if (symbol > 29) return GAN__INFLATE_BAD;
    uint32_t extra = symbol < 4 ? 0 : symbol / 2 - 1;
    return GAN__INFLATE_BASE | extra << 8 | (uint32_t)inflate_distance_base[symbol] << 16;
}

static uint32_t inflate_plain_meaning(uint32_t symbol)
{
    return GAN__INFLATE_BASE | symbol << 16;
}

typedef struct inflate_table {
    uint32_t *entries;
    uint32_t size, bits;
    inflate_meaning *meaning;
    uint32_t used;                /* entries so far, second tables included */
    uint32_t count[16];           /* codes of each length that are still to be placed */
    uint32_t prefix, base, width; /* the second table being filled: its bits, start, index bits */
} inflate_table;

static uint32_t inflate_reverse(uint32_t code, uint32_t length)
{
    uint32_t reversed = 0;
    for (; length > 0; length--, code >>= 1) reversed = reversed << 1 | (code & 1);
    return reversed;
}

/* Starts the second table for the codes that begin with `prefix`, the first of which has `length`
 * bits: wide enough for all codes that fit under this prefix, shortest first. */
static bool inflate_open_second(inflate_table *t, uint32_t prefix, uint32_t length)
{
    uint32_t width = length - t->bits, room = 1u << width;
    for (; width + t->bits < 15 && t->count[width + t->bits] < room; width++)
        room = (room - t->count[width + t->bits]) << 1;
    t->prefix = prefix;
    t->width = width;
    t->base = t->used;
    t->used += 1u << width;
    if (t->used > t->size) return false;
    t->entries[prefix] = GAN__INFLATE_SECOND | t->bits | width << 8 | t->base << 16;
    return true;
}

static bool inflate_place(inflate_table *t, uint32_t symbol, uint32_t code, uint32_t length)
{
    uint32_t reversed = inflate_reverse(code, length), meaning = t->meaning(symbol);
    uint32_t prefix = reversed & ((1u << t->bits) - 1);
    if (length <= t->bits) {
        for (uint32_t i = reversed; i < 1u << t->bits; i += 1u << length)
            t->entries[i] = meaning | length;
    } else {
        if (prefix != t->prefix && !inflate_open_second(t, prefix, length)) return false;
        uint32_t rest = length - t->bits;
        for (uint32_t i = reversed >> t->bits; i < 1u << t->width; i += 1u << rest)
            t->entries[t->base + i] = meaning | rest;
    }
    t->count[length]--;
    return true;
}

/* Whether the lengths make a code: none is assigned twice and none is left over. As everywhere, the
 * code of no symbol and that of one symbol with one bit may be incomplete. */
static bool inflate_is_code(const uint32_t count[16])
{
    uint32_t left = 1, longest = 0;
    for (uint32_t length = 1; length <= 15; length++) {
        left <<= 1;
        if (count[length] > left) return false;
        left -= count[length];
        if (count[length] > 0) longest = length;
    }
    return left == 0 || longest == 0 || (longest == 1 && count[1] == 1);
}

static bool inflate_build(inflate_table *t, const uint8_t *lengths, uint32_t symbols)
{
    uint32_t start[17] = {0};
    uint16_t sorted[288];
    memset(t->count, 0, sizeof t->count);
    for (uint32_t i = 0; i < symbols; i++) t->count[lengths[i]]++;
    if (!inflate_is_code(t->count)) return false;
    for (uint32_t i = 1; i < 16; i++) start[i + 1] = start[i] + t->count[i];
    uint32_t total = start[16];
    for (uint32_t i = 0; i < symbols; i++)
        if (lengths[i] > 0) sorted[start[lengths[i]]++] = (uint16_t)i;
    t->used = 1u << t->bits;
    t->prefix = UINT32_MAX;
    for (uint32_t i = 0; i < t->used; i++) t->entries[i] = GAN__INFLATE_BAD;
    for (uint32_t i = 0, code = 0, length = 1; i < total; i++, code++) {
        code <<= lengths[sorted[i]] - length;
        length = lengths[sorted[i]];
        if (!inflate_place(t, sorted[i], code, length)) return false;
    }
    return true;
}

bool gan__inflate_literals(uint32_t *entries, const uint8_t *lengths, uint32_t symbols)
{
    inflate_table table = {.entries = entries,
                           .size = GAN__INFLATE_LITERAL_SIZE,
                           .bits = GAN__INFLATE_LITERAL_BITS,
                           .meaning = inflate_literal_meaning};
    return inflate_build(&table, lengths, symbols);
}

bool gan__inflate_distances(uint32_t *entries, const uint8_t *lengths, uint32_t symbols)
{
    inflate_table table = {.entries = entries,
                           .size = GAN__INFLATE_DISTANCE_SIZE,
                           .bits = GAN__INFLATE_DISTANCE_BITS,
                           .meaning = inflate_distance_meaning};
    return inflate_build(&table, lengths, symbols);
}

bool gan__inflate_lengths(uint32_t *entries, const uint8_t *lengths, uint32_t symbols)
{
    inflate_table table = {.entries = entries,
                           .size = GAN__INFLATE_LENGTH_SIZE,
                           .bits = GAN__INFLATE_LENGTH_BITS,
                           .meaning = inflate_plain_meaning};
    return inflate_build(&table, lengths, symbols);
}
