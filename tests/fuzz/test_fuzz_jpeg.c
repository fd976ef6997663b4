#include "fuzz_jpeg.c"

#define REPLAY_ROUNDS 1000

#include "replay.h"

/* A file that lacks the end's marker, or half of it, is a picture. */
static void jpeg_replay(const char *name)
{
    uint8_t seed[2048];
    char path[300];
    snprintf(path, sizeof path, "%s/tests/files/data/jpeg/%s.jpg", GAN_SOURCE_FOLDER, name);
    FILE *file = fopen(path, "rb");
    if (!CHECK(file != NULL)) return;
    const size_t size = fread(seed, 1, sizeof seed, file);
    fclose(file);
    if (CHECK(size > 0 && size < sizeof seed)) replay(seed, size, 2);
}

TEST(sequential)
{
    jpeg_replay("size-3x5-22");
    jpeg_replay("size-1x40-21");
    jpeg_replay("restart-41");
}

TEST(progressive)
{
    jpeg_replay("progressive-11-22-22");
    jpeg_replay("grey-progressive");
}

TEST(inks)
{
    jpeg_replay("ycck");
}

TEST(several_scans)
{
    jpeg_replay("parts");
}

TEST(end)
{
    replay_close();
}

int main(void)
{
    RUN(sequential);
    RUN(progressive);
    RUN(inks);
    RUN(several_scans);
    RUN(end);
    return test_report();
}
