/* inflate_table.h: tables that decode DEFLATE's Huffman codes.
 *
 * The next GAN__INFLATE_..._BITS bits index an entry that holds the whole code, or leads to a
 * second table for longer codes. */
#ifndef GAN__INFLATE_TABLE_H
#define GAN__INFLATE_TABLE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    GAN__INFLATE_LITERAL_BITS = 11,
    GAN__INFLATE_DISTANCE_BITS = 8,
    GAN__INFLATE_LENGTH_BITS = 7,
    /* The most entries that complete codes of 286 symbols, 30 symbols, 19 symbols can need, second
     * tables included (zlib's examples/enough.c computes them). Building checks all the same. */
    GAN__INFLATE_LITERAL_SIZE = 2342,
    GAN__INFLATE_DISTANCE_SIZE = 402,
    GAN__INFLATE_LENGTH_SIZE = 128
};

/* An entry: bits 0-7 length of the code in bits, 8-11 number of extra bits (or of the bits that
 * index the second table), 12-15 kind, 16-31 literal, base, or start of the second table. */
enum {
    GAN__INFLATE_BASE = 0, /* of a length or a distance */
    GAN__INFLATE_LITERAL = 1 << 12,
    GAN__INFLATE_END = 2 << 12,
    GAN__INFLATE_SECOND = 4 << 12,
    GAN__INFLATE_BAD = 8 << 12,
    GAN__INFLATE_KIND = 15 << 12
};

/* Each fills a table of its size from the lengths of the codes of `symbols` symbols (0: no code).
 * False if these are no code: one is assigned twice, or one is left over where that is not allowed.
 *
 * literals   bytes, the block's end, lengths of matches
 * distances  of matches
 * lengths    the code lengths in a block's header; an entry's base is the symbol */
bool gan__inflate_literals(uint32_t *entries, const uint8_t *lengths, uint32_t symbols);
bool gan__inflate_distances(uint32_t *entries, const uint8_t *lengths, uint32_t symbols);
bool gan__inflate_lengths(uint32_t *entries, const uint8_t *lengths, uint32_t symbols);

#endif
