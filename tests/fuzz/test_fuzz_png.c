#include "fuzz_png.c"

#include "replay.h"

typedef struct png_fault {
    const char *name;
    const uint8_t *bytes;
    size_t size;
    int width, height, channels;
    uint32_t crc;
    const char *word;
} png_fault;

#include "../files/pngfaults.h"

static void png_replay(const char *name, size_t most)
{
    uint8_t seed[1024];
    char path[300];
    snprintf(path, sizeof path, "%s/tests/files/data/pngsuite/%s.png", GAN_SOURCE_FOLDER, name);
    FILE *file = fopen(path, "rb");
    if (!CHECK(file != NULL)) return;
    size_t size = fread(seed, 1, sizeof seed, file);
    fclose(file);
    /* Below four bytes the target takes nothing; with a wrong signature it takes the other way.
     * A file that lacks IEND alone, or a part of it, is a picture. */
    if (CHECK(size > 0 && size <= most)) replay(seed, size, 12);
}

TEST(files)
{
    png_replay("basn3p01", 200);
    png_replay("basi0g01", 300);
    png_replay("tbbn0g04", 500);
}

/* Files of one fault, on which others are heaped. */
TEST(faults)
{
    for (size_t i = 0; i < sizeof png_faults / sizeof *png_faults; i += 7) {
        const png_fault *fault = &png_faults[i];
        if (!fault->width) continue;
        replay(fault->bytes, fault->size, replay_prefixes(fault->bytes, fault->size));
    }
}

/* Width, height, kind (the logarithm of the bits, 8 times the colour type, 64 if interlaced),
 * transparency, then filtered rows. */
static void png_rows(uint8_t kind, uint8_t transparency, size_t row)
{
    uint8_t seed[4 + 6 * 41] = {5, 6, kind, transparency};
    size_t size = 4 + 6 * (row + 1);
    for (size_t i = 4; i < size; i++) seed[i] = (uint8_t)(i * 37 & 0x11);
    for (size_t y = 0; y < 6; y++) seed[4 + y * (row + 1)] = (uint8_t)(y % 5);
    replay(seed, size, 0);
}

TEST(grey_bits)
{
    png_rows(0, 1, 1);
}
TEST(grey_16)
{
    png_rows(4, 1, 10);
}
TEST(rgb)
{
    png_rows(3 + 8 * 2, 1, 15);
}
TEST(palette)
{
    png_rows(2 + 8 * 3, 1, 3);
}
TEST(grey_alpha)
{
    png_rows(3 + 8 * 4, 0, 10);
}
TEST(rgb_alpha_16)
{
    png_rows(4 + 8 * 6, 0, 40);
}

/* Two passes of a 1 x 2 picture, and nothing of the other five. */
TEST(interlaced)
{
    const uint8_t seed[] = {1, 2, 3 + 64, 0, 0, 10, 1, 20};
    replay(seed, sizeof seed, 0);
}

TEST(end)
{
    replay_close();
}

int main(void)
{
    RUN(files);
    RUN(faults);
    RUN(grey_bits);
    RUN(grey_16);
    RUN(rgb);
    RUN(palette);
    RUN(grey_alpha);
    RUN(rgb_alpha_16);
    RUN(interlaced);
    RUN(end);
    return test_report();
}
