#include "files_test.h"

#include "files/deflate.h"
#include "files/inflate.h"
#include "files/vectors.h"

static void inflate_check(gan__inflate_format format, const unsigned char *data, size_t size,
                          size_t expected)
{
    uint8_t *out;
    size_t length;
    gan__bytes in = files_bytes(data, size);
    if (!CHECK_OK(gan__inflate(&in, format, expected, &out, &length))) return;
    CHECK_INT(length, expected);
    CHECK_INT(in.at, size);
    CHECK(memcmp(out, vector_plain, expected) == 0);
    gan__free(files_context, out);
}

TEST(vectors)
{
    size_t all = sizeof vector_plain;
    inflate_check(GAN__INFLATE_ZLIB, vector_zlib_dynamic, sizeof vector_zlib_dynamic, all);
    inflate_check(GAN__INFLATE_ZLIB, vector_zlib_fixed, sizeof vector_zlib_fixed, all);
    inflate_check(GAN__INFLATE_ZLIB, vector_zlib_stored, sizeof vector_zlib_stored, 100);
    inflate_check(GAN__INFLATE_ZLIB, vector_zlib_huffman, sizeof vector_zlib_huffman, all);
    inflate_check(GAN__INFLATE_ZLIB, vector_zlib_blocks, sizeof vector_zlib_blocks, all);
    inflate_check(GAN__INFLATE_GZIP, vector_gzip_flags, sizeof vector_gzip_flags, all);
    inflate_check(GAN__INFLATE_GZIP, vector_gzip_members, sizeof vector_gzip_members, all);
}

/* One byte more than the limit is too much, for every way of producing bytes. */
TEST(limit)
{
    uint8_t *out;
    size_t length;
    gan__bytes in = files_bytes(vector_zlib_dynamic, sizeof vector_zlib_dynamic);
    CHECK_STATUS(gan__inflate(&in, GAN__INFLATE_ZLIB, sizeof vector_plain - 1, &out, &length),
                 GAN_E_FORMAT);
    CHECK(out == NULL && length == 0);
    files_message("file: byte 144: the data expands to more than 1512 bytes");
    in = files_bytes(vector_zlib_stored, sizeof vector_zlib_stored);
    CHECK_STATUS(gan__inflate(&in, GAN__INFLATE_ZLIB, 99, &out, &length), GAN_E_FORMAT);
    in = files_bytes(vector_zlib_huffman, sizeof vector_zlib_huffman);
    CHECK_STATUS(gan__inflate(&in, GAN__INFLATE_ZLIB, 0, &out, &length), GAN_E_FORMAT);
}

/* What is more than asked for is left away, wherever the cut falls; nothing behind it matters. */
TEST(first)
{
    unsigned char bytes[sizeof vector_zlib_dynamic];
    memcpy(bytes, vector_zlib_dynamic, sizeof bytes);
    bytes[sizeof bytes - 1] ^= 1; /* the checksum */
    for (size_t wanted = 0; wanted <= sizeof vector_plain; wanted++) {
        uint8_t *out;
        size_t length;
        bool more;
        gan__bytes in = files_bytes(bytes, sizeof bytes);
        gan_status status =
            gan__inflate_first(&in, GAN__INFLATE_ZLIB, wanted, &out, &length, &more);
        if (wanted == sizeof vector_plain) {
            CHECK_STATUS(status, GAN_E_FORMAT);
            CHECK(!more);
            continue;
        }
        CHECK_OK(status);
        CHECK(more && length == wanted && memcmp(out, vector_plain, wanted) == 0);
        gan__free(files_context, out);
    }
    CHECK(strstr(gan_context_message(files_context), "the Adler-32 is 0x") != NULL);
}

/* What stands behind a zlib stream is left alone. */
TEST(position)
{
    unsigned char bytes[sizeof vector_zlib_fixed + 20];
    uint8_t *out;
    size_t length;
    memset(bytes, 0xff, sizeof bytes);
    memcpy(bytes + 3, vector_zlib_fixed, sizeof vector_zlib_fixed);
    gan__bytes in = files_bytes(bytes, sizeof bytes);
    in.at = 3;
    CHECK_OK(gan__inflate(&in, GAN__INFLATE_ZLIB, SIZE_MAX, &out, &length));
    CHECK_INT(in.at, 3 + sizeof vector_zlib_fixed);
    gan__free(files_context, out);
}

typedef struct inflate_bad {
    const char *bytes;
    size_t size;
    const char *message;
} inflate_bad;

#define BAD(bytes, message)                             \
    {                                                   \
        bytes, sizeof(bytes) - 1, "file: byte " message \
    }

/* Bits are written first bit lowest: 3 = a last block with the fixed codes. */
static const inflate_bad inflate_bads[] = {
    BAD("", "0: the compressed data ends too early"),
    BAD("\3", "1: the compressed data ends too early"),
    BAD("\7", "1: a block of the unknown type 3"),
    BAD("\1\5\0\5\0abcde", "5: a stored block's length 5 and its complement 5 disagree"),
    BAD("\1\5\0\xfa\xff"
        "abcd",
        "5: a stored block needs 5 bytes, 4 remain"),
    BAD("\1\5\0\xfa", "1: the length of a stored block needs 4 bytes, 3 remain"),
    /* length 3 (symbol 257, 0000001), distance 1 (00000): nothing stands before */
    BAD("\3\2\0\0\0", "2: a distance of 1 with only 0 bytes before it"),
    /* fixed literal symbol 286: 11000110 */
    BAD("\x1b\3\0\0\0", "2: a literal or length code that the block does not have"),
    /* HLIT 31: 288 codes */
    BAD("\xfd\0\0\0\0\0\0\0\0\0", "3: 288 literal codes, at most 286"),
    BAD("\5\x1f\0\0\0\0\0\0\0\0", "3: 32 distance codes, at most 30"),
    BAD("\5\0\0\0\0\0\0\0\0\0\0\0", "4: a code that is not in the table of code lengths"),
    /* two runs of 138 zero lengths; of 138 and 120 */
    BAD("\5\0\x80\xe4\xff\x1f\0\0", "6: code length 138 of 258 is repeated 138 times"),
    BAD("\5\0\x80\xe4\x7f\x1b\0\0", "3: the block's end has no code"),
};

TEST(bad)
{
    for (size_t i = 0; i < sizeof inflate_bads / sizeof *inflate_bads; i++) {
        const inflate_bad *bad = &inflate_bads[i];
        gan__bytes in = files_bytes(bad->bytes, bad->size);
        uint8_t *out;
        size_t length;
        CHECK_STATUS(gan__inflate(&in, GAN__INFLATE_RAW, SIZE_MAX, &out, &length), GAN_E_FORMAT);
        CHECK(out == NULL);
        files_message(bad->message);
    }
}

static void inflate_damage(gan__inflate_format format, const unsigned char *data, size_t size,
                           size_t at, const char *message)
{
    unsigned char bytes[1024];
    uint8_t *out;
    size_t length;
    memcpy(bytes, data, size);
    bytes[at] ^= 1;
    gan__bytes in = files_bytes(bytes, size);
    CHECK_STATUS(gan__inflate(&in, format, SIZE_MAX, &out, &length), GAN_E_FORMAT);
    CHECK(strstr(gan_context_message(files_context), message) != NULL);
}

TEST(checksums)
{
    size_t zlib = sizeof vector_zlib_fixed, gzip = sizeof vector_gzip_flags;
    inflate_damage(GAN__INFLATE_ZLIB, vector_zlib_fixed, zlib, zlib - 1, "the Adler-32 is 0x");
    inflate_damage(GAN__INFLATE_ZLIB, vector_zlib_fixed, zlib, 1, "is no zlib header");
    inflate_damage(GAN__INFLATE_GZIP, vector_gzip_flags, gzip, gzip - 5, "the CRC-32 is 0x");
    inflate_damage(GAN__INFLATE_GZIP, vector_gzip_flags, gzip, gzip - 4, "the length is 1512, the");
    inflate_damage(GAN__INFLATE_GZIP, vector_gzip_flags, gzip, 5, "the header's CRC is 0x");
    inflate_damage(GAN__INFLATE_GZIP, vector_gzip_flags, gzip, 0, "0x1e8b081e begins no gzip");
    inflate_damage(GAN__INFLATE_GZIP, vector_gzip_flags, gzip, 1, "0x1f8a081e begins no gzip");
    inflate_damage(GAN__INFLATE_GZIP, vector_gzip_flags, gzip, 2, "0x1f8b091e begins no gzip");
}

/* A megabyte from a kilobyte; half of that kilobyte is an error like any other. */
TEST(expansion)
{
    enum { ZEROS = 1 << 20 };
    uint8_t *zeros, *packed, *out;
    size_t packed_size, size;
    CHECK_OK(gan__allocate(files_context, &zeros, ZEROS, 1));
    CHECK_OK(gan__zlib_compress(files_context, zeros, ZEROS, &packed, &packed_size));
    CHECK(packed_size < 1060);
    gan__bytes in = files_bytes(packed, packed_size), half = files_bytes(packed, packed_size / 2);
    if (CHECK_OK(gan__inflate(&in, GAN__INFLATE_ZLIB, ZEROS, &out, &size))) {
        CHECK_INT(size, ZEROS);
        CHECK(memcmp(out, zeros, ZEROS) == 0);
        gan__free(files_context, out);
    }
    CHECK_STATUS(gan__inflate(&half, GAN__INFLATE_ZLIB, ZEROS, &out, &size), GAN_E_FORMAT);
    gan__free(files_context, packed);
    gan__free(files_context, zeros);
}

int main(void)
{
    files_open();
    RUN(vectors);
    RUN(limit);
    RUN(first);
    RUN(position);
    RUN(bad);
    RUN(checksums);
    RUN(expansion);
    files_close();
    return test_report();
}
