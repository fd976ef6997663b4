#include "fuzz_inflate.c"

#include "replay.h"

#include "files/vectors.h"

/* The target's first byte is the format. */
static void inflate_replay(gan__inflate_format format, const unsigned char *data, size_t size,
                           int prefixes)
{
    uint8_t seed[1024];
    if (!CHECK(size < sizeof seed)) return;
    seed[0] = (uint8_t)format;
    memcpy(seed + 1, data, size);
    replay(seed, size + 1, prefixes);
}

#define ZLIB(name) \
    inflate_replay(GAN__INFLATE_ZLIB, vector_zlib_##name, sizeof vector_zlib_##name, 1)
#define RAW(name) \
    inflate_replay(GAN__INFLATE_RAW, vector_zlib_##name + 2, sizeof vector_zlib_##name - 6, 1)

TEST(dynamic)
{
    ZLIB(dynamic);
    RAW(dynamic);
}

TEST(fixed)
{
    RAW(fixed);
}
TEST(stored)
{
    RAW(stored);
}
TEST(huffman)
{
    RAW(huffman);
}
TEST(blocks)
{
    RAW(blocks);
}

/* A file of several members may be cut between them, and in the zeros behind the last. */
TEST(gzip)
{
    inflate_replay(GAN__INFLATE_GZIP, vector_gzip_flags, sizeof vector_gzip_flags, 1);
    inflate_replay(GAN__INFLATE_GZIP, vector_gzip_members, sizeof vector_gzip_members, 1 + 2 + 5);
}

TEST(end)
{
    replay_close();
}

int main(void)
{
    RUN(dynamic);
    RUN(fixed);
    RUN(stored);
    RUN(huffman);
    RUN(blocks);
    RUN(gzip);
    RUN(end);
    return test_report();
}
