#include "fuzz_npy.c"

#include "replay.h"

#include "files/vectors.h"

TEST(f4)
{
    replay(vector_npy_f4, sizeof vector_npy_f4, 0);
}
TEST(f8_fortran)
{
    replay(vector_npy_f8_fortran, sizeof vector_npy_f8_fortran, 0);
}
TEST(f2)
{
    replay(vector_npy_f2, sizeof vector_npy_f2, 0);
}
TEST(u1)
{
    replay(vector_npy_u1, sizeof vector_npy_u1, 0);
}
TEST(i4_big)
{
    replay(vector_npy_i4_big, sizeof vector_npy_i4_big, 0);
}
TEST(bool)
{
    replay(vector_npy_bool, sizeof vector_npy_bool, 0);
}
TEST(u2)
{
    replay(vector_npy_u2, sizeof vector_npy_u2, 0);
}
TEST(i8_v2)
{
    replay(vector_npy_i8_v2, sizeof vector_npy_i8_v2, 0);
}
TEST(scalar_v3)
{
    replay(vector_npy_scalar_v3, sizeof vector_npy_scalar_v3, 0);
}
TEST(empty)
{
    replay(vector_npy_empty, sizeof vector_npy_empty, 0);
}

TEST(end)
{
    replay_close();
}

int main(void)
{
    RUN(f4);
    RUN(f8_fortran);
    RUN(f2);
    RUN(u1);
    RUN(i4_big);
    RUN(bool);
    RUN(u2);
    RUN(i8_v2);
    RUN(scalar_v3);
    RUN(empty);
    RUN(end);
    return test_report();
}
