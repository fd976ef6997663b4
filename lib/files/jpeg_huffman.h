/* jpeg_huffman.h: the Huffman codes of JPEG, and the bits of a scan. */
#ifndef GAN__JPEG_HUFFMAN_H
#define GAN__JPEG_HUFFMAN_H

#include "files/bytes.h"

enum {
    GAN__JPEG_QUICK = 9,      /* bits that are looked up at once */
    GAN__JPEG_NO_SYMBOL = 256 /* of a code that is not in the table */
};

typedef struct gan__jpeg_code {
    uint16_t quick[1 << GAN__JPEG_QUICK]; /* length << 8 | symbol; 0: a longer code, or none */
    uint32_t limit[17]; /* codes of this length, 16 bits with what follows, are below */
    int32_t first[17];  /* what makes the place in `symbols` of such a code */
    uint8_t symbols[256];
    bool there;
} gan__jpeg_code;

/* From the number of codes of each length, 1 to 16, and their symbols, 256 at most in all. False if
 * there are more codes of a length than there can be. */
bool gan__jpeg_code_make(gan__jpeg_code *out, const uint8_t counts[16], const uint8_t *symbols);

/* The codes that T.81 proposes in its annex K, which moving pictures leave out: of brightness with
 * `place` 0, of colour with 1. */
void gan__jpeg_code_usual(gan__jpeg_code *out, bool is_ac, uint32_t place);

/* The bits of a segment of a scan, up to a marker or the file's end; zeros follow. */
typedef struct gan__jpeg_bits {
    uint64_t buffer; /* the next bits, highest first */
    int32_t count;   /* how many of them count */
    int32_t beyond;  /* how many of those at the buffer's end are not the file's */
    const uint8_t *next, *end;
} gan__jpeg_bits;

/* At least 33 bits, the slow way. */
void gan__jpeg_refill(gan__jpeg_bits *bits);

/* Whether bits were used that the file does not have. */
static inline bool gan__jpeg_is_beyond(const gan__jpeg_bits *b)
{
    return b->beyond > b->count;
}

/* Bits for a code and the number behind it. */
static inline void gan__jpeg_need(gan__jpeg_bits *b)
{
    if (b->count > 32) return;
    if (b->end - b->next >= 4) {
        const uint32_t word = gan__load_u32be(b->next);
        if (((~word - 0x01010101u) & word & 0x80808080u) == 0) { /* no byte is 0xff */
            b->buffer |= (uint64_t)word << (32 - b->count);
            b->count += 32;
            b->next += 4;
            return;
        }
    }
    gan__jpeg_refill(b);
}

static inline void gan__jpeg_drop(gan__jpeg_bits *b, int32_t count)
{
    b->buffer <<= count;
    b->count -= count;
}

/* The next `count` bits, 1 to 16. */
static inline uint32_t gan__jpeg_take(gan__jpeg_bits *b, int32_t count)
{
    const uint32_t value = (uint32_t)(b->buffer >> (64 - count));
    gan__jpeg_drop(b, count);
    return value;
}

/* A number of so many bits, 1 to 15: those without the highest bit are negative. */
static inline int32_t gan__jpeg_number(gan__jpeg_bits *b, int32_t count)
{
    const int32_t value = (int32_t)gan__jpeg_take(b, count);
    return value < 1 << (count - 1) ? value - (1 << count) + 1 : value;
}

/* The next symbol; GAN__JPEG_NO_SYMBOL for no code. */
static inline uint32_t gan__jpeg_symbol(gan__jpeg_bits *b, const gan__jpeg_code *code)
{
    const uint32_t entry = code->quick[b->buffer >> (64 - GAN__JPEG_QUICK)];
    if (entry) {
        gan__jpeg_drop(b, (int32_t)(entry >> 8));
        return entry & 255;
    }
    const uint32_t word = (uint32_t)(b->buffer >> 48);
    int32_t length = GAN__JPEG_QUICK + 1;
    while (length <= 16 && word >= code->limit[length]) length++;
    if (length > 16) return GAN__JPEG_NO_SYMBOL;
    gan__jpeg_drop(b, length);
    return code->symbols[(int32_t)(word >> (16 - length)) + code->first[length]];
}

#endif
