/* All 2^32 inputs of each function, on the best tier: the figures that vector.h promises.
 * Arguments: the functions' names; none means all. About a minute for each. */
#include "kernels/math_check.h"

static int32_t slow_only;
static char **slow_names;

static int slow_wanted(const char *name)
{
    for (int32_t i = 0; i < slow_only; i++)
        if (strcmp(slow_names[i], name) == 0) return 1;
    return slow_only == 0;
}

TEST(all_inputs)
{
    const gan__vector_kernels *kernels = gan__kernels_of_tier(gan__cpu_tier())->vector;
    for (int f = 0; f < MATH_COUNT; f++) {
        if (!slow_wanted(math_names[f])) continue;
        for (uint64_t bits = 0; bits < UINT64_C(1) << 32; bits += MATH_BLOCK)
            math_block(kernels, f, (uint32_t)bits, 1, MATH_BLOCK, 0);
        printf("%-9s at most %.4f units in the last place, at %a\n", math_names[f], math_worst[f],
               (double)math_worst_at[f]);
        fflush(stdout);
        CHECK(math_worst[f] <= math_limits[f]);
    }
}

int main(int argc, char **argv)
{
    slow_only = argc - 1;
    slow_names = argv + 1;
    RUN(all_inputs);
    return test_report();
}
