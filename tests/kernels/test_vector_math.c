/* exp, log and their kin: at most 2 units in the last place, the same bits on every tier. */
#include "kernels/math_check.h"

static void math_report(void)
{
    for (int f = 0; f < MATH_COUNT; f++) {
        printf("%-9s at most %.3f units in the last place, at %a\n", math_names[f], math_worst[f],
               (double)math_worst_at[f]);
        CHECK(math_worst[f] <= math_limits[f]);
    }
}

TEST(dense)
{
    const uint32_t step = 9973 * 3; /* odd: a different low part in every binade */
    const gan__tier tier = gan__cpu_tier();
    const gan__vector_kernels *kernels = gan__kernels_of_tier(tier)->vector;
    for (int f = 0; f < MATH_COUNT; f++)
        for (uint64_t bits = 0; bits < UINT64_C(1) << 32; bits += (uint64_t)step * MATH_BLOCK)
            math_block(kernels, f, (uint32_t)bits, step, MATH_BLOCK, 1);
}

/* 4096 floats around each place where something happens, both signs. */
TEST(places)
{
    static const float place[] = {
        0x1p-149f,  0x1p-126f, 0x1p-24f,    0.125f,     0.25f,       0.375f,      0.34657359f,
        0.4142135f, 0.5f,      0.70710678f, 0.75f,      0.88137359f, 0.95f,       1.0f,
        1.4142135f, 2.0f,      4.0f,        9.02f,      16.0f,       17.0f,       20.0f,
        87.336544f, 88.0f,     88.376f,     88.722839f, 89.0f,       103.278929f, 103.972076f,
        104.0f,     0x1p+23f,  0x1p+31f,    0x1p+64f,   INFINITY,    0.0f};
    for (int tier = 0; tier <= (int)gan__cpu_tier(); tier++) {
        const gan__vector_kernels *kernels = gan__kernels_of_tier((gan__tier)tier)->vector;
        for (size_t p = 0; p < sizeof place / sizeof *place; p++) {
            uint32_t bits;
            memcpy(&bits, &place[p], sizeof bits);
            for (int f = 0; f < MATH_COUNT; f++) {
                math_block(kernels, f, bits - 2048, 1, MATH_BLOCK, 1);
                math_block(kernels, f, (bits ^ UINT32_C(0x80000000)) - 2048, 1, MATH_BLOCK, 1);
            }
        }
    }
    math_report();
}

TEST(exact_values)
{
    const gan__vector_kernels *kernels = gan__kernels_of_tier(gan__cpu_tier())->vector;
    static const struct {
        int function;
        float x, y;
    } value[] = {{GAN__EXP, 0, 1},
                 {GAN__EXP, -INFINITY, 0},
                 {GAN__EXP, INFINITY, INFINITY},
                 {GAN__EXPM1, 0, 0},
                 {GAN__EXPM1, -INFINITY, -1},
                 {GAN__LOG, 1, 0},
                 {GAN__LOG, 0, -INFINITY},
                 {GAN__LOG, INFINITY, INFINITY},
                 {GAN__SOFTPLUS, -INFINITY, 0},
                 {GAN__SOFTPLUS, INFINITY, INFINITY},
                 {GAN__ERF, INFINITY, 1},
                 {GAN__ERF, -INFINITY, -1},
                 {GAN__SQRT, 0, 0},
                 {GAN__SQRT, 2.25f, 1.5f},
                 {GAN__SQRT, INFINITY, INFINITY},
                 {GAN__SINE, 0.25f, 1},
                 {GAN__SINE, 0.5f, 0},
                 {GAN__COSINE, 0.25f, 0},
                 {GAN__COSINE, 0.5f, -1},
                 {GAN__FUNCTION_COUNT, INFINITY, 1},
                 {GAN__FUNCTION_COUNT, -INFINITY, -1},
                 {GAN__FUNCTION_COUNT + 1, 0, 0.5f},
                 {GAN__FUNCTION_COUNT + 1, -INFINITY, 0},
                 {GAN__FUNCTION_COUNT + 1, INFINITY, 1}};
    for (size_t i = 0; i < sizeof value / sizeof *value; i++) {
        float y;
        math_kernel(kernels, value[i].function)(1, &value[i].x, 0, &y);
        if (!CHECK(y == value[i].y))
            printf("%s(%a)\n", math_names[value[i].function], (double)value[i].x);
    }
    for (int f = 0; f < MATH_COUNT; f++) {
        float x = NAN, y = 0;
        math_kernel(kernels, f)(1, &x, 0, &y);
        CHECK(isnan(y));
    }
}

int main(void)
{
    RUN(dense);
    RUN(places);
    RUN(exact_values);
    return test_report();
}
