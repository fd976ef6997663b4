#include "files_test.h"

#include "files/checksum.h"
#include "files/deflate.h"
#include "files/unpack.h"
#include "files/vectors.h"

TEST(whole)
{
    static const struct {
        const char *path, *bytes;
        size_t size, expected;
    } files[] = {
        {"a", (const char *)vector_gzip_flags, sizeof vector_gzip_flags, sizeof vector_plain},
        {"m", (const char *)vector_gzip_members, sizeof vector_gzip_members, sizeof vector_plain},
        {"b.gz", "plain", 5, 5},
        {"c", "", 0, 0},
        {"d", "\x1f", 1, 1},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        gan__unpack input;
        gan__bytes in = {.at = 0};
        files_put(files[i].path, files[i].bytes, files[i].size);
        CHECK_OK(gan__unpack_open(&input, files_context, files[i].path));
        if (CHECK_OK(gan__unpack_need(&input, SIZE_MAX, &in))) {
            CHECK_INT(in.size, files[i].expected);
            CHECK(input.whole);
            if (i < 2) CHECK(memcmp(in.data, vector_plain, in.size) == 0);
            CHECK_TEXT(in.name, files[i].path);
        }
        CHECK_OK(gan__unpack_need(&input, 3, &in)); /* it is still there */
        CHECK_INT(in.size, files[i].expected);
        gan__unpack_close(&input);
        fault_remove(&files_fault, files[i].path);
    }
    gan__unpack none;
    CHECK_STATUS(gan__unpack_open(&none, files_context, "none"), GAN_E_FILE);
    gan__unpack_close(&none);
}

static uint8_t unpack_byte(size_t i)
{
    uint32_t mixed = ((uint32_t)i + 1) * 2654435761u;
    return (uint8_t)((mixed ^ mixed >> 15) * 2246822519u >> 24); /* hardly compressible */
}

/* A gzip file of one member; the caller frees it. */
static size_t unpack_gzip(const uint8_t *bytes, size_t size, uint8_t **out)
{
    uint8_t *zlib;
    size_t packed;
    uint32_t crc = gan__crc32(0, bytes, size), length = (uint32_t)size;
    CHECK_OK(gan__zlib_compress(files_context, bytes, size, &zlib, &packed));
    CHECK_OK(gan__allocate(files_context, out, packed + 12, 1));
    memcpy(*out, "\x1f\x8b\x08\0\0\0\0\0\0\3", 10);
    memcpy(*out + 10, zlib + 2, packed - 6);
    memcpy(*out + packed + 4, &crc, 4);
    memcpy(*out + packed + 8, &length, 4);
    gan__free(files_context, zlib);
    return packed + 12;
}

/* The first `count` bytes cost what they take, not what the file has; what comes behind them may be
 * anything. */
static void check_part(const char *path, size_t count, size_t most_read)
{
    gan__unpack input;
    gan__bytes in = {.at = 7};
    size_t wrong = 0;
    long long before = files_fault.live_bytes;
    files_fault.peak_bytes = before;
    CHECK_OK(gan__unpack_open(&input, files_context, path));
    if (CHECK_OK(gan__unpack_need(&input, count, &in))) {
        CHECK(in.at == 7 && in.size >= count);
        for (size_t i = 0; i < count; i++) wrong += in.data[i] != unpack_byte(i);
        CHECK_INT(wrong, 0);
    }
    CHECK(!input.whole);
    CHECK(fault_find(&files_fault, path)->position <= most_read);
    CHECK(files_fault.peak_bytes - before <= (long long)(4 * count + 4 * most_read + 131072));
    gan__unpack_close(&input);
    CHECK_INT(files_fault.live_bytes, before);
}

TEST(parts)
{
    enum { SIZE = 3000000 };
    uint8_t *bytes, *packed;
    CHECK_OK(gan__allocate(files_context, &bytes, SIZE, 1));
    for (size_t i = 0; i < SIZE; i++) bytes[i] = unpack_byte(i);
    size_t size = unpack_gzip(bytes, SIZE, &packed);
    files_put("plain", bytes, SIZE);
    files_put("packed", packed, size);
    packed[size - 5] ^= 1; /* the checksum */
    files_put("spoilt", packed, size);
    files_put("cut", packed, size / 2);
    gan__free(files_context, bytes);
    gan__free(files_context, packed);
    strcpy(files_context->message, "what failed before");
    for (size_t count = 1; count < SIZE / 3; count *= 7) {
        size_t share = count * size / SIZE;
        check_part("plain", count, count > 2 ? count : 2);
        check_part("packed", count, share < 65536 ? 131072 : 2 * share + 131072);
        check_part("spoilt", count, share < 65536 ? 131072 : 2 * share + 131072);
        check_part("cut", count, share < 65536 ? 131072 : 2 * share + 131072);
    }
    files_message("what failed before");

    gan__unpack input;
    gan__bytes in = {.at = 0};
    static const char *const bad[] = {"spoilt", "cut"};
    for (int i = 0; i < 2; i++) {
        CHECK_OK(gan__unpack_open(&input, files_context, bad[i]));
        CHECK_OK(gan__unpack_need(&input, 1000, &in));
        CHECK_STATUS(gan__unpack_need(&input, SIZE_MAX, &in), GAN_E_FORMAT);
        gan__unpack_close(&input);
    }
    CHECK_OK(gan__unpack_open(&input, files_context, "packed"));
    for (size_t count = 5; count < SIZE; count *= 90) {
        CHECK_OK(gan__unpack_need(&input, count, &in));
        CHECK(in.size >= count);
    }
    CHECK_OK(gan__unpack_need(&input, SIZE + 1, &in));
    CHECK(in.size == SIZE && input.whole && in.data[SIZE - 1] == unpack_byte(SIZE - 1));
    gan__unpack_close(&input);
}

int main(void)
{
    files_open();
    RUN(whole);
    RUN(parts);
    files_close();
    return test_report();
}
