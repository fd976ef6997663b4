#include "files_test.h"

#include "files/deflate.h"
#include "files/huffman.h"
#include "files/inflate.h"
#include "files/sort.h"
#include "files/vectors.h"

static uint32_t deflate_state_of_draws = 1;

static uint32_t deflate_draw(void)
{
    deflate_state_of_draws = deflate_state_of_draws * 1664525u + 1013904223u;
    return deflate_state_of_draws >> 8;
}

/* The compressed size, after a round trip. */
static size_t deflate_round(const uint8_t *bytes, size_t size)
{
    uint8_t *packed, *out;
    size_t packed_size = 0, length;
    if (!CHECK_OK(gan__zlib_compress(files_context, bytes, size, &packed, &packed_size))) return 0;
    gan__bytes in = files_bytes(packed, packed_size);
    if (CHECK_OK(gan__inflate(&in, GAN__INFLATE_ZLIB, size, &out, &length))) {
        CHECK_INT(length, size);
        CHECK_INT(in.at, packed_size);
        CHECK(size == 0 || memcmp(out, bytes, size) == 0);
        gan__free(files_context, out);
    }
    gan__free(files_context, packed);
    return packed_size;
}

/* zlib at level 6 makes 8, 9, 28 and 148 bytes of these. */
TEST(small)
{
    uint8_t zeros[5000] = {0};
    CHECK_INT(deflate_round(zeros, 0), 8);
    CHECK_INT(deflate_round((const uint8_t *)"x", 1), 9);
    CHECK(deflate_round(zeros, sizeof zeros) <= 29);
    CHECK(deflate_round(vector_plain, sizeof vector_plain) <= 155);
}

/* Steps of a random walk in two dimensions, as in filtered rows of a picture: several blocks. zlib
 * at level 6 makes 206,188 bytes of 300,000 such bytes. */
TEST(walk)
{
    enum { SIZE = 300000 };
    uint8_t *bytes;
    CHECK_OK(gan__allocate(files_context, &bytes, SIZE, 1));
    for (size_t i = 1; i < SIZE; i++) bytes[i] = (uint8_t)(bytes[i - 1] + deflate_draw() % 7 - 3);
    size_t size = deflate_round(bytes, SIZE);
    CHECK(size < 212000 && size > 100000);
    gan__free(files_context, bytes);
}

/* Lines of a log. zlib at level 6 makes 8,077 bytes of these; without waiting for longer matches
 * there are 8,981. */
TEST(lazy)
{
    enum { LINES = 1500, LINE = 40 };
    char *text;
    size_t length = 0;
    CHECK_OK(gan__allocate(files_context, &text, LINES * LINE, 1));
    for (int i = 0; i < LINES; i++) {
        length += (size_t)snprintf(text + length, LINE, "{\"step\":%d,\"loss\":%d.%d}\n", i,
                                   i * 7919 % 13, i * i % 1009);
    }
    CHECK(deflate_round((const uint8_t *)text, length) <= 8150);
    gan__free(files_context, text);
}

/* Noise is stored: 5 bytes a block. */
TEST(noise)
{
    enum { SIZE = 200000 };
    uint8_t *bytes;
    CHECK_OK(gan__allocate(files_context, &bytes, SIZE, 1));
    for (size_t i = 0; i < SIZE; i++) bytes[i] = (uint8_t)(deflate_draw() >> 4);
    size_t size = deflate_round(bytes, SIZE);
    CHECK(size <= SIZE + 6 + 5 * (SIZE / 16384 + 1));
    gan__free(files_context, bytes);
}

/* A copy from as far as the window reaches is found, one from further away is not. */
TEST(window)
{
    enum { COPY = 300, SIZE = 32768 + 2 * COPY };
    uint8_t *bytes;
    CHECK_OK(gan__allocate(files_context, &bytes, SIZE, 1));
    for (size_t i = 0; i < SIZE; i++) bytes[i] = (uint8_t)(deflate_draw() >> 4);
    memcpy(bytes + 32768, bytes, COPY);
    size_t near = deflate_round(bytes, SIZE);
    memmove(bytes + 32769, bytes, COPY);
    size_t far = deflate_round(bytes, SIZE);
    CHECK(near + 250 < far);
    gan__free(files_context, bytes);
}

/* Mixtures of runs, copies and noise of every size up to some thousand. */
TEST(mixtures)
{
    uint8_t bytes[6000];
    for (int round = 0; round < 300; round++) {
        size_t size = deflate_draw() % sizeof bytes, at = 0;
        uint32_t letters = 1 + deflate_draw() % 255;
        while (at < size) {
            size_t count = 1 + deflate_draw() % 300, from = at > 0 ? deflate_draw() % at : 0;
            uint32_t kind = deflate_draw() % 3;
            for (; count > 0 && at < size; count--, at++, from++)
                if (kind == 0)
                    bytes[at] = (uint8_t)(deflate_draw() % letters);
                else
                    bytes[at] = kind == 1 && at > 0 ? bytes[from] : (uint8_t)round;
        }
        deflate_round(bytes, size);
    }
}

/* Lengths make a complete code within the limit; Fibonacci counts would need more. */
TEST(huffman)
{
    uint32_t count[30] = {0};
    uint8_t length[30];
    for (uint32_t limit = 5; limit <= 15; limit++) {
        for (uint32_t symbols = 2; symbols <= 30; symbols++) {
            uint32_t room = 0;
            for (uint32_t i = 0; i < symbols; i++)
                count[i] = i < 2 ? 1 : count[i - 1] + count[i - 2];
            gan__huffman_lengths(count, symbols, limit, length);
            for (uint32_t i = 0; i < symbols; i++) {
                CHECK(length[i] >= 1 && length[i] <= limit);
                CHECK(i == 0 || length[i] <= length[i - 1]);
                room += 1u << (limit - length[i]);
            }
            CHECK_INT(room, 1u << limit);
        }
    }
}

static int deflate_compare(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

TEST(sort)
{
    int items[200];
    for (size_t count = 0; count <= 200; count += 1 + count / 7) {
        long sum = 0, sorted = 0;
        for (size_t i = 0; i < count; i++) sum += items[i] = (int)(deflate_draw() % 50);
        gan__sort(items, count, sizeof *items, deflate_compare);
        for (size_t i = 0; i < count; i++) {
            sorted += items[i];
            CHECK(i == 0 || items[i - 1] <= items[i]);
        }
        CHECK_INT(sorted, sum);
    }
}

int main(void)
{
    files_open();
    RUN(small);
    RUN(walk);
    RUN(lazy);
    RUN(noise);
    RUN(window);
    RUN(mixtures);
    RUN(huffman);
    RUN(sort);
    files_close();
    return test_report();
}
