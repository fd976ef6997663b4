#include "fuzz_deflate.c"

#define REPLAY_ROUNDS 500
#include "replay.h"

#include "files/vectors.h"

TEST(text)
{
    replay(vector_plain, 120, 120);
}

TEST(repeats)
{
    uint8_t seed[150];
    for (size_t i = 0; i < sizeof seed; i++) seed[i] = (uint8_t)(i % 7 == 0 ? i / 50 : i % 3);
    replay(seed, sizeof seed, (int)sizeof seed);
}

TEST(end)
{
    replay_close();
}

int main(void)
{
    RUN(text);
    RUN(repeats);
    RUN(end);
    return test_report();
}
