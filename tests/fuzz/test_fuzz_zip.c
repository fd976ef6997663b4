#include "fuzz_zip.c"

#define REPLAY_ROUNDS 1000

#include "replay.h"

static void zip_replay(const char *name)
{
    uint8_t seed[2048];
    char path[300];
    snprintf(path, sizeof path, "%s/tests/files/data/npz/%s.npz", GAN_SOURCE_FOLDER, name);
    FILE *file = fopen(path, "rb");
    if (!CHECK(file != NULL)) return;
    const size_t size = fread(seed, 1, sizeof seed, file);
    fclose(file);
    if (CHECK(size > 0 && size < sizeof seed)) replay(seed, size, 0);
}

TEST(stored)
{
    zip_replay("stored");
}

TEST(deflated)
{
    zip_replay("deflated");
    zip_replay("commented");
}

TEST(long_numbers)
{
    zip_replay("long");
}

TEST(end)
{
    replay_close();
}

int main(void)
{
    RUN(stored);
    RUN(deflated);
    RUN(long_numbers);
    RUN(end);
    return test_report();
}
