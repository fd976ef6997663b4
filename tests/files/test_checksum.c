#include "test.h"

#include "files/checksum.h"

/* "123456789" is the check value of both definitions. */
TEST(known)
{
    CHECK_INT(gan__crc32(0, "123456789", 9), 0xcbf43926u);
    CHECK_INT(gan__crc32(0, "", 0), 0);
    CHECK_INT(gan__crc32(0, "a", 1), 0xe8b7be43u);
    CHECK_INT(gan__adler32(1, "Wikipedia", 9), 0x11e60398u);
    CHECK_INT(gan__adler32(1, "", 0), 1);
}

/* The tables against the definition, bit by bit, at all lengths and alignments; in one piece and
 * two. */
TEST(definition)
{
    unsigned char bytes[64];
    for (unsigned i = 0; i < sizeof bytes; i++) bytes[i] = (unsigned char)(i * i * 31 + i);
    for (size_t start = 0; start < 8; start++) {
        for (size_t size = 0; start + size <= sizeof bytes; size++) {
            uint32_t crc = 0xffffffffu, half = gan__crc32(0, bytes + start, size / 3);
            for (size_t i = 0; i < size; i++) {
                crc ^= bytes[start + i];
                for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
            }
            CHECK_INT(gan__crc32(0, bytes + start, size), ~crc);
            CHECK_INT(gan__crc32(half, bytes + start + size / 3, size - size / 3), ~crc);
        }
    }
}

/* Long enough for sums that would not fit in 32 bits. */
TEST(adler_long)
{
    static unsigned char bytes[100000];
    uint64_t a = 1, b = 0;
    memset(bytes, 0xff, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++) {
        a = (a + bytes[i]) % 65521;
        b = (b + a) % 65521;
    }
    CHECK_INT(gan__adler32(1, bytes, sizeof bytes), b << 16 | a);
    CHECK_INT(gan__adler32(gan__adler32(1, bytes, 12345), bytes, sizeof bytes - 12345),
              b << 16 | a);
}

int main(void)
{
    RUN(known);
    RUN(definition);
    RUN(adler_long);
    return test_report();
}
