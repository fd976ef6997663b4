/* Draws: the blocks of base/random.h, any cut into pieces, distributions. */
#include "compute/contexts.h"

#include "compute/draw.h"

#include <math.h>

static const gan__draw draw = {.seed = UINT64_C(0x123456789abcdef0),
                               .purpose = GAN__DRAW_LATENT,
                               .step = UINT64_C(0x123456789)};
static gan_context *context;

static uint32_t word_of(uint64_t element)
{
    uint32_t word[4];
    gan__random_block(&draw, element / 4, word);
    return word[element % 4];
}

TEST(uniform_words)
{
    static const uint64_t starts[] = {0, 1, 2, 3, 5, UINT64_C(0x3fffffffd)};
    enum { COUNT = 9000 };
    float *x = malloc(COUNT * sizeof *x);
    for (int s = 0; s < 6; s++) {
        gan__draw_uniform(context, &draw, starts[s], COUNT, 0, 1, x);
        int wrong = 0;
        for (uint64_t i = 0; i < COUNT; i++)
            wrong += x[i] != (float)(word_of(starts[s] + i) >> 8) * 0x1p-24f;
        CHECK_INT(wrong, 0);
    }
    free(x);
}

/* Box-Muller in double on the same words. */
TEST(normal_values)
{
    enum { COUNT = 5001 };
    const uint64_t start = 7;
    float x[COUNT];
    gan__draw_normal(context, &draw, start, COUNT, 3, 0.5f, x);
    for (uint64_t i = 0; i < COUNT; i++) {
        uint64_t pair = (start + i) / 2 * 2;
        double u = ((double)word_of(pair) + 1) * 0x1p-32;
        double angle = (double)(word_of(pair + 1) >> 8) * 0x1p-24 * 6.283185307179586;
        double radius = sqrt(-2 * log(u));
        double exact = 3 + 0.5 * radius * ((start + i) % 2 ? sin(angle) : cos(angle));
        CHECK_NEAR(x[i], exact, 2e-6);
    }
}

/* Element i depends on nothing but its place. */
TEST(pieces)
{
    enum { COUNT = 20000 };
    float *whole = malloc(COUNT * sizeof *whole), *part = malloc(COUNT * sizeof *part);
    gan__draw_normal(context, &draw, 0, COUNT, 0, 1, whole);
    for (int64_t from = 0, length = 1; from < COUNT; from += length, length = length * 2 + 1) {
        if (from + length > COUNT) length = COUNT - from;
        gan__draw_normal(context, &draw, (uint64_t)from, length, 0, 1, part + from);
    }
    CHECK(memcmp(whole, part, COUNT * sizeof *whole) == 0);
    free(whole);
    free(part);
}

TEST(moments)
{
    enum { COUNT = 1 << 20 };
    float *x = malloc(COUNT * sizeof *x);
    gan__draw_normal(context, &draw, 0, COUNT, 0, 1, x);
    double sum[5] = {0};
    float least = 0, most = 0;
    for (int i = 0; i < COUNT; i++) {
        double power = 1;
        for (int k = 1; k < 5; k++) sum[k] += (power *= (double)x[i]) / COUNT;
        least = fminf(least, x[i]);
        most = fmaxf(most, x[i]);
    }
    CHECK_NEAR(sum[1], 0, 0.004);
    CHECK_NEAR(sum[2], 1, 0.006);
    CHECK_NEAR(sum[3], 0, 0.015);
    CHECK_NEAR(sum[4], 3, 0.05);
    CHECK(least < -4.3f && most > 4.3f && least > -7 && most < 7);
    gan__draw_bernoulli(context, &draw, 0, COUNT, 0.3f, x);
    double ones = 0;
    for (int i = 0; i < COUNT; i++)
        if (x[i] != 0) ones += CHECK(x[i] == 1);
    CHECK_NEAR(ones / COUNT, 0.3, 0.002);
    gan__draw_bernoulli(context, &draw, 0, 1000, 1, x);
    for (int i = 0; i < 1000; i++) CHECK(x[i] == 1);
    gan__draw_bernoulli(context, &draw, 0, 1000, 0, x);
    for (int i = 0; i < 1000; i++) CHECK(x[i] == 0);
    free(x);
}

/* The upper end is never reached, even where the sum would round up to it. */
TEST(half_open)
{
    enum { COUNT = 200000 };
    float *x = malloc(COUNT * sizeof *x);
    float end = nextafterf(1000, 2000);
    gan__draw_uniform(context, &draw, 0, COUNT, 1000, end, x);
    for (int i = 0; i < COUNT; i++) CHECK(x[i] == 1000);
    gan__draw_uniform(context, &draw, 0, 10, 2, 2, x);
    for (int i = 0; i < 10; i++) CHECK(x[i] == 2);
    free(x);
}

enum { MANY = 30003 };
static void draw_all(gan_context *on, void *argument, float *result)
{
    (void)argument;
    gan__draw_uniform(on, &draw, 3, MANY, -1, 1, result);
    gan__draw_normal(on, &draw, 5, MANY, 0, 1, result + MANY);
    gan__draw_bernoulli(on, &draw, 1, MANY, 0.9f, result + 2 * MANY);
}

TEST(same_bits)
{
    float *result = malloc(3 * MANY * sizeof *result);
    contexts_run(draw_all, NULL, 3 * MANY, result);
    free(result);
}

int main(void)
{
    CHECK_OK(gan_context_create(&context, "threads=2", NULL, NULL, 0));
    RUN(uniform_words);
    RUN(normal_values);
    RUN(pieces);
    RUN(moments);
    RUN(half_open);
    RUN(same_bits);
    gan_context_release(context);
    return test_report();
}
