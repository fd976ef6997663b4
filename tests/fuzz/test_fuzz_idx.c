#include "fuzz_idx.c"

#include "replay.h"

#include "files/vectors.h"

TEST(u8)
{
    replay(vector_idx_u8, sizeof vector_idx_u8, 0);
}
TEST(i16)
{
    replay(vector_idx_i16, sizeof vector_idx_i16, 0);
}
TEST(f32)
{
    replay(vector_idx_f32, sizeof vector_idx_f32, 0);
}
TEST(f64)
{
    replay(vector_idx_f64, sizeof vector_idx_f64, 0);
}

TEST(end)
{
    replay_close();
}

int main(void)
{
    RUN(u8);
    RUN(i16);
    RUN(f32);
    RUN(f64);
    RUN(end);
    return test_report();
}
