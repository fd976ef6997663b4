/* checksum.c: CRC-32 (of gzip, PNG and libgan's own files; RFC 1952), eight bytes at a time, and
 * Adler-32 (of zlib; RFC 1950). */
#include "files/checksum.h"

#include "files/bytes.h"

/* Slicing by eight: crc_table[k][b] is the remainder of byte b followed by k zero bytes (polynomial
 * 0xEDB88320, reflected). The remainder is linear over exclusive or, so the 256 entries of a row
 * come from those of the eight single bits. */
#define CRC_BIT(i, bit, value) (((i) >> (bit)) & 1 ? (value) : 0u)
#define CRC_ENTRY(i, a, b, c, d, e, f, g, h)                                     \
    (CRC_BIT(i, 0, a) ^ CRC_BIT(i, 1, b) ^ CRC_BIT(i, 2, c) ^ CRC_BIT(i, 3, d) ^ \
     CRC_BIT(i, 4, e) ^ CRC_BIT(i, 5, f) ^ CRC_BIT(i, 6, g) ^ CRC_BIT(i, 7, h))
#define CRC_FOUR(i, ...)                                                                           \
    CRC_ENTRY((i), __VA_ARGS__), CRC_ENTRY((i) + 1, __VA_ARGS__), CRC_ENTRY((i) + 2, __VA_ARGS__), \
        CRC_ENTRY((i) + 3, __VA_ARGS__)
#define CRC_SIXTEEN(i, ...)                                                                     \
    CRC_FOUR((i), __VA_ARGS__), CRC_FOUR((i) + 4, __VA_ARGS__), CRC_FOUR((i) + 8, __VA_ARGS__), \
        CRC_FOUR((i) + 12, __VA_ARGS__)
#define CRC_SIXTY_FOUR(i, ...)                                         \
    CRC_SIXTEEN((i), __VA_ARGS__), CRC_SIXTEEN((i) + 16, __VA_ARGS__), \
        CRC_SIXTEEN((i) + 32, __VA_ARGS__), CRC_SIXTEEN((i) + 48, __VA_ARGS__)
#define CRC_ROW(...)                                                           \
    {                                                                          \
        CRC_SIXTY_FOUR(0, __VA_ARGS__), CRC_SIXTY_FOUR(64, __VA_ARGS__),       \
            CRC_SIXTY_FOUR(128, __VA_ARGS__), CRC_SIXTY_FOUR(192, __VA_ARGS__) \
    }

static const uint32_t crc_table[8][256] = {
    CRC_ROW(0x77073096u, 0xee0e612cu, 0x076dc419u, 0x0edb8832u, 0x1db71064u, 0x3b6e20c8u,
            0x76dc4190u, 0xedb88320u),
    CRC_ROW(0x191b3141u, 0x32366282u, 0x646cc504u, 0xc8d98a08u, 0x4ac21251u, 0x958424a2u,
            0xf0794f05u, 0x3b83984bu),
    CRC_ROW(0x01c26a37u, 0x0384d46eu, 0x0709a8dcu, 0x0e1351b8u, 0x1c26a370u, 0x384d46e0u,
            0x709a8dc0u, 0xe1351b80u),
    CRC_ROW(0xb8bc6765u, 0xaa09c88bu, 0x8f629757u, 0xc5b428efu, 0x5019579fu, 0xa032af3eu,
            0x9b14583du, 0xed59b63bu),
    CRC_ROW(0x3d6029b0u, 0x7ac05360u, 0xf580a6c0u, 0x30704bc1u, 0x60e09782u, 0xc1c12f04u,
            0x58f35849u, 0xb1e6b092u),
    CRC_ROW(0xcb5cd3a5u, 0x4dc8a10bu, 0x9b914216u, 0xec53826du, 0x03d6029bu, 0x07ac0536u,
            0x0f580a6cu, 0x1eb014d8u),
    CRC_ROW(0xa6770bb4u, 0x979f1129u, 0xf44f2413u, 0x33ef4e67u, 0x67de9cceu, 0xcfbd399cu,
            0x440b7579u, 0x8816eaf2u),
    CRC_ROW(0xccaa009eu, 0x4225077du, 0x844a0efau, 0xd3e51bb5u, 0x7cbb312bu, 0xf9766256u,
            0x299dc2edu, 0x533b85dau),
};

uint32_t gan__crc32(uint32_t crc, const void *bytes, size_t size)
{
    const uint8_t *p = bytes;
    crc = ~crc;
    for (; size >= 8; size -= 8, p += 8) {
        uint32_t low = gan__load_u32le(p) ^ crc, high = gan__load_u32le(p + 4);
        crc = crc_table[7][low & 255] ^ crc_table[6][low >> 8 & 255] ^
              crc_table[5][low >> 16 & 255] ^ crc_table[4][low >> 24] ^ crc_table[3][high & 255] ^
              crc_table[2][high >> 8 & 255] ^ crc_table[1][high >> 16 & 255] ^
              crc_table[0][high >> 24];
    }
    for (; size > 0; size--, p++) crc = crc >> 8 ^ crc_table[0][(crc ^ *p) & 255];
    return ~crc;
}

uint32_t gan__adler32(uint32_t adler, const void *bytes, size_t size)
{
    enum { MODULUS = 65521, BLOCK = 5552 }; /* the most bytes before 32-bit sums can wrap */
    const uint8_t *p = bytes;
    uint32_t a = adler & 0xffff, b = adler >> 16;
    while (size > 0) {
        size_t count = size < BLOCK ? size : BLOCK;
        size -= count;
        for (; count > 0; count--, p++) {
            a += *p;
            b += a;
        }
        a %= MODULUS;
        b %= MODULUS;
    }
    return b << 16 | a;
}
