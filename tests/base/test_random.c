#include "base/random.h"
#include "test.h"

#include <stdlib.h>

/* From kat_vectors, which Random123 ships beside the paper. */
TEST(known_answers)
{
    static const struct {
        uint32_t counter[4], key[2], out[4];
    } cases[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t out[4];
        gan__philox(cases[i].counter, cases[i].key, out);
        CHECK(memcmp(out, cases[i].out, sizeof out) == 0);
    }
}

TEST(block_layout)
{
    const gan__draw draw = {0x299f31d0a4093822u, (gan__purpose)0x7344, 0x037013198a2eu};
    const uint32_t expected[4] = {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1};
    uint32_t out[4];
    gan__random_block(&draw, 0x85a308d3243f6a88u, out);
    CHECK(((uint64_t)0x0370 << 16 | 0x7344) == 0x03707344);
    CHECK(memcmp(out, expected, sizeof out) == 0);
}

static int permutation_is_one(uint64_t count, uint64_t step)
{
    gan__draw draw = {7, GAN__DRAW_SHUFFLE, step};
    unsigned char *seen = calloc((size_t)count + 1, 1);
    int right = seen != NULL;
    for (uint64_t i = 0; right && i < count; i++) {
        uint64_t place = gan__random_permute(&draw, count, i);
        right = place < count && !seen[place]++;
    }
    free(seen);
    return right;
}

TEST(permutation_is_a_bijection)
{
    for (uint64_t count = 0; count < 300; count++) CHECK(permutation_is_one(count, count));
    CHECK(permutation_is_one(4096, 1));
    CHECK(permutation_is_one(4097, 1));
    CHECK(permutation_is_one(60000, 2));
}

/* Each of the orders of three comes up about equally often over the epochs, and neighbours do not
 * stay neighbours. */
TEST(permutation_is_fair)
{
    int first[3] = {0};
    for (uint64_t step = 0; step < 3000; step++) {
        gan__draw draw = {1, GAN__DRAW_SHUFFLE, step};
        first[gan__random_permute(&draw, 3, 0)]++;
    }
    for (int i = 0; i < 3; i++) CHECK_NEAR(first[i], 1000, 130);

    gan__draw draw = {1, GAN__DRAW_SHUFFLE, 5};
    int neighbours = 0;
    for (uint64_t i = 0; i + 1 < 10000; i++) {
        uint64_t a = gan__random_permute(&draw, 10000, i);
        uint64_t b = gan__random_permute(&draw, 10000, i + 1);
        neighbours += a + 1 == b;
    }
    CHECK(neighbours < 10);
}

/* The number of the order among all count! of them. */
static int order_number(uint64_t count, uint64_t step)
{
    gan__draw draw = {3, GAN__DRAW_SHUFFLE, step};
    int number = 0;
    for (uint64_t i = 0; i < count; i++) {
        int below = 0;
        for (uint64_t j = i + 1; j < count; j++)
            below += gan__random_permute(&draw, count, j) < gan__random_permute(&draw, count, i);
        number = number * (int)(count - i) + below;
    }
    return number;
}

/* All orders of a few come up equally often: chi squared over them has the mean count! - 1 and the
 * deviation sqrt(2 (count! - 1)); the bounds are seven deviations. */
TEST(orders_of_a_few_are_equally_frequent)
{
    static const int orders[] = {1, 1, 2, 6, 24, 120};
    static const double bounds[] = {0, 0, 11, 28, 71, 228};
    for (int count = 2; count <= 5; count++) {
        int seen[120] = {0}, steps = orders[count] * 100;
        double chi = 0;
        for (int step = 0; step < steps; step++)
            seen[order_number((uint64_t)count, (uint64_t)step)]++;
        for (int i = 0; i < orders[count]; i++)
            chi += (double)(seen[i] - 100) * (seen[i] - 100) / 100;
        CHECK(chi < bounds[count]);
    }
    /* Of 16, each goes everywhere, and what stands behind it too: 16 x 15 pairs of places. */
    int pairs[256] = {0};
    double chi = 0;
    for (uint64_t step = 0; step < 24000; step++) {
        gan__draw draw = {4, GAN__DRAW_SHUFFLE, step};
        pairs[16 * gan__random_permute(&draw, 16, 5) + gan__random_permute(&draw, 16, 6)]++;
    }
    for (int i = 0; i < 256; i++) {
        if (i % 17 == 0) CHECK_INT(pairs[i], 0);
        if (i % 17 != 0) chi += (double)(pairs[i] - 100) * (pairs[i] - 100) / 100;
    }
    CHECK(chi < 239 + 7 * 22);
}

/* Saved runs depend on them. */
TEST(orders_of_more_stay_as_they_are)
{
    gan__draw draw = {42, GAN__DRAW_SHUFFLE, 3};
    uint64_t sum = 0;
    for (uint64_t i = 0; i < 17; i++) sum = sum * 31 + gan__random_permute(&draw, 17, i);
    for (uint64_t i = 0; i < 1000; i++) sum = sum * 31 + gan__random_permute(&draw, 60000, i);
    CHECK(sum == 0x30172ece0137f90au);
}

TEST(permutation_of_the_largest_counts)
{
    gan__draw draw = {9, GAN__DRAW_SHUFFLE, 0};
    CHECK(gan__random_permute(&draw, UINT64_MAX, UINT64_MAX - 1) < UINT64_MAX);
    CHECK(gan__random_permute(&draw, (uint64_t)1 << 62, 12345) < (uint64_t)1 << 62);
    CHECK_INT(gan__random_permute(&draw, 1, 0), 0);
}

int main(void)
{
    RUN(known_answers);
    RUN(block_layout);
    RUN(permutation_is_a_bijection);
    RUN(permutation_is_fair);
    RUN(orders_of_a_few_are_equally_frequent);
    RUN(orders_of_more_stay_as_they_are);
    RUN(permutation_of_the_largest_counts);
    return test_report();
}
