/* jpeg_huffman.c: makes the tables of a code, and reads bits where bytes of 0xff are near. */
#include "files/jpeg_huffman.h"

bool gan__jpeg_code_make(gan__jpeg_code *out, const uint8_t counts[16], const uint8_t *symbols)
{
    uint32_t code = 0;
    int32_t at = 0;
    memset(out, 0, sizeof *out);
    for (int32_t length = 1; length <= 16; length++, code <<= 1) {
        const int32_t spare = GAN__JPEG_QUICK - length;
        out->first[length] = at - (int32_t)code;
        if (code + counts[length - 1] > 1u << length) return false;
        for (int32_t i = 0; i < counts[length - 1]; i++, at++, code++) {
            out->symbols[at] = symbols[at];
            for (uint32_t k = 0; spare >= 0 && k < 1u << spare; k++)
                out->quick[(code << spare) + k] = (uint16_t)(length << 8 | symbols[at]);
        }
        out->limit[length] = code << (16 - length);
    }
    out->there = true;
    return true;
}

/* Numbers of codes of each length, and the first symbols; the others of an AC code ascend. */
typedef struct jpeg_usual {
    uint8_t counts[16];
    const char *symbols;
    int32_t given;
} jpeg_usual;

#define JPEG_GIVEN(text) text, sizeof(text) - 1

static const jpeg_usual jpeg_usuals[2][2] = {
    {{{0, 1, 5, 1, 1, 1, 1, 1, 1}, JPEG_GIVEN("\0\1\2\3\4\5\6\7\x08\x09\x0a\x0b")},
     {{0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1}, JPEG_GIVEN("\0\1\2\3\4\5\6\7\x08\x09\x0a\x0b")}},
    {{{0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125},
      JPEG_GIVEN("\x01\x02\x03\x00\x04\x11\x05\x12\x21\x31\x41\x06\x13\x51\x61\x07\x22\x71\x14\x32"
                 "\x81\x91\xa1\x08\x23\x42\xb1\xc1\x15\x52\xd1\xf0\x24\x33\x62\x72\x82")},
     {{0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 119},
      JPEG_GIVEN("\x00\x01\x02\x03\x11\x04\x05\x21\x31\x06\x12\x41\x51\x07\x61\x71\x13\x22\x32\x81"
                 "\x08\x14\x42\x91\xa1\xb1\xc1\x09\x23\x33\x52\xf0\x15\x62\x72\xd1\x0a\x16\x24\x34"
                 "\xe1\x25\xf1")}},
};

void gan__jpeg_code_usual(gan__jpeg_code *out, bool is_ac, uint32_t place)
{
    const jpeg_usual *usual = &jpeg_usuals[is_ac][place];
    uint8_t symbols[256];
    int32_t count = usual->given;
    memcpy(symbols, usual->symbols, (size_t)count);
    for (int32_t symbol = 1; is_ac && symbol < 256; symbol++) {
        const bool is_used = (symbol & 15) >= 1 && (symbol & 15) <= 10;
        if (is_used && !memchr(symbols, symbol, (size_t)count)) symbols[count++] = (uint8_t)symbol;
    }
    gan__jpeg_code_make(out, usual->counts, symbols);
}

/* The next byte; false at a marker or the file's end, which then is the end. A byte of 0xff is
 * followed by 0, and may be repeated. */
static bool jpeg_next_byte(gan__jpeg_bits *b, uint8_t *out)
{
    const uint8_t *next = b->next;
    if (next == b->end) return false;
    *out = *next++;
    if (*out == 0xff) {
        while (next < b->end && *next == 0xff) next++;
        if (next == b->end || *next != 0) {
            b->end = b->next;
            return false;
        }
        next++;
    }
    b->next = next;
    return true;
}

void gan__jpeg_refill(gan__jpeg_bits *b)
{
    uint8_t byte = 0;
    while (b->count <= 56) {
        if (jpeg_next_byte(b, &byte))
            b->buffer |= (uint64_t)byte << (56 - b->count);
        else
            b->beyond += 8;
        b->count += 8;
    }
}
