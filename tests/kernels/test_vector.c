/* Every vector kernel of every tier against the generic one: the same bits on odd lengths,
 * unaligned pointers and special values, and nothing touched outside. */
#include "test.h"

#include "base/cpu.h"
#include "kernels/kernels.h"

#include <math.h>
#include <stdlib.h>

enum { LONGEST = 5000, GUARD = 32, SIZE = LONGEST + 2 * GUARD + 16 };
static const uint32_t guard = 0x7fa5a5a5; /* a NaN: reading it shows, too */

static uint64_t state = 1;
static uint32_t random_word(void)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(state >> 32);
}

static float random_float(void)
{
    return (float)((double)(int32_t)random_word() * 0x1p-30);
}

/* Mostly about 1, now and then something special. */
static float random_value(void)
{
    static const float special[] = {0.0f,      -0.0f,     1.0f,      -1.0f,      INFINITY,
                                    -INFINITY, NAN,       0x1p-149f, -0x1p-130f, 0x1p-126f,
                                    0x1p127f,  -0x1p127f, 88.7f,     -104.0f};
    uint32_t word = random_word();
    if (word % 16 == 0) return special[word / 16 % (sizeof special / sizeof *special)];
    return random_float() * (word % 16 == 1 ? 50.0f : 1.0f);
}

/* Two outputs, one for each tier, at the same odd place between guards; and inputs. */
typedef struct buffers {
    float in[4][SIZE], out[4][SIZE], expected[4][SIZE];
    double sums[2][GAN__COLUMNS + 16], expected_sums[2][GAN__COLUMNS + 16];
} buffers;
static buffers b;
static float *in[4], *out[4], *expected[4];

static void prepare(int64_t count, int plain)
{
    for (int k = 0; k < 4; k++) {
        int shift = (int)(random_word() % 16);
        in[k] = b.in[k] + GUARD + random_word() % 16;
        out[k] = b.out[k] + GUARD + shift;
        expected[k] = b.expected[k] + GUARD + shift;
        for (int i = 0; i < SIZE; i++) {
            memcpy(&b.in[k][i], &guard, sizeof guard);
            memcpy(&b.out[k][i], &guard, sizeof guard);
        }
        memcpy(b.expected[k], b.out[k], sizeof b.out[k]);
        for (int64_t i = 0; i < count; i++) {
            in[k][i] = plain ? random_float() : random_value();
            out[k][i] = expected[k][i] = plain ? fabsf(random_float()) : random_value();
        }
    }
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < GAN__COLUMNS + 16; i++)
            b.sums[k][i] = b.expected_sums[k][i] = (double)random_float();
}

/* All bits, guards included; any NaN is as good as another. */
static void compare(const char *what, int64_t count)
{
    for (int k = 0; k < 4; k++) {
        for (int i = 0; i < SIZE; i++) {
            int inside = i >= out[k] - b.out[k] && i < out[k] - b.out[k] + count;
            if (inside && isnan(b.out[k][i]) && isnan(b.expected[k][i])) continue;
            if (memcmp(&b.out[k][i], &b.expected[k][i], sizeof(float)) == 0) continue;
            printf("%s: length %" PRId64 ", element %d: %a, generic %a\n", what, count,
                   i - (int)(out[k] - b.out[k]), (double)b.out[k][i], (double)b.expected[k][i]);
            CHECK(0);
            return;
        }
    }
    for (int k = 0; k < 2; k++) {
        for (int i = 0; i < GAN__COLUMNS + 16; i++) {
            double x = b.sums[k][i], y = b.expected_sums[k][i];
            if (x == y || (isnan(x) && isnan(y))) continue;
            printf("%s: length %" PRId64 ", sum %d: %a, generic %a\n", what, count, i, x, y);
            CHECK(0);
            return;
        }
    }
}

static int64_t length_of(int round)
{
    if (round <= 200) return round;
    return random_word() % LONGEST;
}

enum { ROUNDS = 210 };
static const gan__vector_kernels *const generic = &gan__vector_kernels_generic;

/* Runs `call` once with the tier's table and outputs, once with the generic ones. */
#define BOTH(what, count, call)                 \
    do {                                        \
        const gan__vector_kernels *k = tier;    \
        float **o = out;                        \
        double(*s)[GAN__COLUMNS + 16] = b.sums; \
        call;                                   \
        k = generic;                            \
        o = expected;                           \
        s = b.expected_sums;                    \
        call;                                   \
        (void)o, (void)s;                       \
        compare(what, count);                   \
    } while (0)

static void check_maps(const gan__vector_kernels *tier, int64_t n)
{
    char name[32];
    float parameter = random_float();
    for (int f = 0; f < GAN__FUNCTION_COUNT; f++) {
        snprintf(name, sizeof name, "function %d", f);
        prepare(n, 0);
        BOTH(name, n, k->function[f](n, in[0], 0, o[0]));
    }
    for (int f = 0; f < GAN__ACTIVATION_COUNT; f++) {
        snprintf(name, sizeof name, "activation %d", f);
        prepare(n, 0);
        BOTH(name, n, k->activate[f](n, in[0], parameter, o[0]));
        BOTH(name, n, k->activate[f](n, o[1], parameter, o[1]));
        if (tier->slope_output[f])
            BOTH(name, n, k->slope_output[f](n, in[0], in[1], parameter, o[2]));
        if (tier->slope_input[f]) BOTH(name, n, k->slope_input[f](n, in[0], o[3], parameter, o[3]));
        if (tier->bend[f]) {
            BOTH(name, n, k->bend[f](n, in[0], in[1], in[2], parameter, true, o[2]));
            BOTH(name, n, k->bend[f](n, in[0], o[3], in[2], parameter, false, o[3]));
        }
        CHECK((tier->bend[f] != NULL) == (generic->bend[f] != NULL));
        CHECK((tier->slope_output[f] != NULL) == (generic->slope_output[f] != NULL));
        CHECK((tier->slope_input[f] != NULL) == (generic->slope_input[f] != NULL));
    }
}

static void check_pointwise(const gan__vector_kernels *tier, int64_t n)
{
    float alpha = random_float(), beta = random_float();
    prepare(n, 0);
    BOTH("fill", n, k->fill(n, alpha, o[0]));
    BOTH("add", n, k->add(n, in[0], in[1], o[0]));
    BOTH("multiply", n, k->multiply(n, in[0], o[1], o[1]));
    BOTH("combine", n, k->combine(n, alpha, in[0], beta, o[2]));
    BOTH("combine 0", n, k->combine(n, alpha, in[0], 0, o[3]));
    BOTH("clamp", n, k->clamp(n, in[2], -0.5f, 0.25f, o[2]));
    BOTH("clamp in place", n, k->clamp(n, o[0], -0.5f, 0.25f, o[0]));
    BOTH("clamp slope", n, k->clamp_slope(n, in[0], in[1], -0.5f, 0.25f, o[3]));
    prepare(n, 0);
    BOTH("affine", n, k->affine(n, in[0], alpha, beta, o[0]));
    BOTH("affine in place", n, k->affine(n, o[1], alpha, beta, o[1]));
    BOTH("square slope", n, k->square_slope(n, in[0], in[1], 0, o[2]));
    BOTH("square slope in place", n, k->square_slope(n, in[0], o[2], 0, o[2]));
    BOTH("sqrt slope", n, k->sqrt_slope(n, in[0], in[1], 0, o[3]));
    BOTH("sum", n, k->sum(n, in[0], s[0]));
    BOTH("dot", n, k->dot(n, in[0], in[1], s[1]));
    prepare(n, n % 2 == 0);
    if (n > 0) {
        BOTH("softmax", n, k->softmax(n, in[0], o[0]));
        BOTH("softmax in place", n, k->softmax(n, o[2], o[2]));
        BOTH("softmax backward", n, k->softmax_backward(n, in[1], in[2], o[1]));
        BOTH("softmax bend", n, k->softmax_bend(n, in[1], in[2], in[3], o[3]));
    }
}

/* Pixels side by side or apart, of any number of channels. */
static void check_taps(const gan__vector_kernels *tier, int64_t n)
{
    const float *from[7];
    const int64_t channels = 1 + n % 21, out_step = channels + random_word() % 3;
    gan__tap_sums sums = {.channels = channels, .taps = random_word() % 8, .from = from};
    sums.from_step = channels + random_word() % 30;
    sums.count = 1 + random_word() % 40;
    sums.out_step = out_step;
    prepare(LONGEST, random_word() % 4 != 0);
    sums.bias = random_word() % 2 ? in[3] : NULL;
    for (int t = 0; t < 7; t++) from[t] = in[t % 3] + random_word() % 64;
    BOTH("tap sums", LONGEST, (sums.out = o[0], k->tap_sums(&sums)));
    for (int64_t i = 0; i < sums.count; i++) {
        for (int64_t c = 0; c < channels; c++) {
            float sum = 0;
            for (int64_t t = 0; t < sums.taps; t++) sum += from[t][i * sums.from_step + c];
            if (sums.bias) sum += sums.bias[c];
            CHECK(out[0][i * out_step + c] == sum || isnan(sum));
        }
    }
}

static void check_columns(const gan__vector_kernels *tier, int64_t n)
{
    int64_t columns = n < GAN__COLUMNS ? n : GAN__COLUMNS;
    int64_t stride = columns + random_word() % 3;
    int64_t rows = stride ? (LONGEST - columns) / stride : 3;
    rows = random_word() % (rows < 140 ? rows + 1 : 140);
    prepare(LONGEST, random_word() % 4 != 0);
    BOTH("column sum", LONGEST, k->column_sum(rows, columns, stride, in[0], s[0]));
    BOTH("column dot", LONGEST, k->column_dot(rows, columns, stride, in[0], in[1], s[1]));
    BOTH("moments", LONGEST, k->column_moments(rows, columns, stride, in[0], in[2], s[0], s[1]));
    for (int f = 0; f < GAN__FUSED_COUNT; f++) {
        gan__norm_block block = {.rows = rows, .columns = columns, .stride = stride, .x = in[0]};
        block.y = f == GAN__LINEAR ? NULL : in[1];
        block.dy = in[2];
        block.mean = in[3];
        block.parameter = 0.2f;
        const float *scale = in[1] + 1, *offset = in[2] + 2;
        prepare(LONGEST, 1);
        if (f == GAN__ELU) /* any with a y */
            BOTH("norm bend", LONGEST,
                 k->norm_bend(&block, scale, offset, in[0] + 3, in[1] + 5, o[2]));
        BOTH("norm forward", LONGEST, k->norm_forward[f](&block, scale, offset, o[0]));
        if (f >= GAN__FUSED_BACKWARD_COUNT) continue;
        BOTH("norm sums", LONGEST, k->norm_sums[f](&block, NULL, s[0], s[1]));
        BOTH("norm sums gamma", LONGEST, k->norm_sums[f](&block, in[3], s[0], s[1]));
        BOTH("norm input", LONGEST, k->norm_input[f](&block, scale, offset, in[0], o[1]));
    }
}

static void check_draws(const gan__vector_kernels *tier, int64_t n)
{
    static uint32_t words[4 * 1024];
    static float made[2][4 * 1024];
    const uint32_t key[2] = {random_word(), random_word()};
    const uint32_t stream[2] = {random_word(), random_word()};
    uint64_t first = random_word() % 2 ? random_word() : UINT64_C(0x5fffffff0) + random_word() % 16;
    n %= 1024;
    prepare(n, 0);
    tier->random(key, stream, first, n, words);
    memcpy(made[0], words, (size_t)n * 16);
    generic->random(key, stream, first, n, words);
    CHECK(memcmp(made[0], words, (size_t)n * 16) == 0);
    BOTH("uniform", n, k->uniform(n, words, -1, 3, 1.75f, o[0]));
    BOTH("normal", n, k->normal(n, words, words + n, 0.5f, 2, o[1], o[2]));
    BOTH("bernoulli", n, k->bernoulli(n, words, UINT32_C(5592406), o[3]));
}

static bool all_finite[2]; /* what the tier told, and the generic one */

static gan__update_arrays update_arrays(float **o, int moments, int undo)
{
    static float *undos[4];
    static float space[2][4][SIZE];
    bool *told = &all_finite[o == out];
    gan__update_arrays arrays = {.gradient = in[0], .weight = o[0], .finite = told};
    *told = true;
    for (int i = 0; i < 3; i++)
        if (moments >> i & 1) arrays.moment[i] = o[i + 1];
    if (!undo) return arrays;
    for (int i = 0; i < 4; i++) undos[i] = space[o == out][i] + 3;
    arrays.undo_weight = undos[0];
    for (int i = 0; i < 3; i++) arrays.undo_moment[i] = undos[i + 1];
    return arrays;
}

static void check_updates(const gan__vector_kernels *tier, int64_t n)
{
    gan__sgd_rule sgd = {.scale = 0.7f, .momentum = 0.9f, .fresh = 0.9f, .rate = 0.1f};
    gan__rmsprop_rule rms = {
        .scale = 1, .alpha = 0.99f, .fresh = 0.01f, .eps = 1e-8f, .momentum = 0.9f, .rate = 0.01f};
    gan__adam_rule adam = {.scale = 1,
                           .shrink = 0.999f,
                           .fresh1 = 0.5f,
                           .beta2 = 0.999f,
                           .fresh2 = 0.001f,
                           .root = 0.03f,
                           .eps = 1e-8f,
                           .rate = 1e-3f};
    int undo = (int)(n % 2);
    sgd.decay = rms.decay = adam.decay = n % 3 ? 0.01f : 0;
    sgd.nesterov = n % 5 == 0;
    sgd.first = n % 7 == 0;
    if (n % 4 == 0) adam.fresh1 = 0.1f;
    for (int moments = 0; moments < 8; moments++) {
        prepare(n, n % 3 == 0);
        gan__update_arrays arrays;
        if (moments < 2)
            BOTH("sgd", n, (arrays = update_arrays(o, moments, undo), k->sgd(&sgd, n, &arrays)));
        if (moments & 1)
            BOTH("rmsprop", n,
                 (arrays = update_arrays(o, moments, undo), k->rmsprop(&rms, n, &arrays)));
        if (moments == 3)
            BOTH("adam", n, (arrays = update_arrays(o, 3, undo), k->adam(&adam, n, &arrays)));
        CHECK(all_finite[0] == all_finite[1]);
    }
}

static void check_tier(int tier)
{
    if (tier > (int)gan__cpu_tier()) return;
    const gan__vector_kernels *kernels = gan__kernels_of_tier((gan__tier)tier)->vector;
    for (int round = 0; round < ROUNDS; round++) {
        int64_t n = length_of(round);
        check_maps(kernels, n);
        check_pointwise(kernels, n);
        check_columns(kernels, n);
        check_taps(kernels, n);
        check_draws(kernels, n);
        check_updates(kernels, n);
    }
}

TEST(avx2)
{
    check_tier(GAN__AVX2);
}

TEST(avx512)
{
    check_tier(GAN__AVX512);
}

/* The old values, before anything is overwritten. */
TEST(undo)
{
    gan__adam_rule rule = {.scale = 1,
                           .shrink = 1,
                           .fresh1 = 0.5f,
                           .beta2 = 0.9f,
                           .fresh2 = 0.1f,
                           .root = 1,
                           .eps = 1e-8f,
                           .rate = 1};
    for (int tier = 0; tier <= (int)gan__cpu_tier(); tier++) {
        float g[5] = {1, 2, 3, 4, 5}, w[5] = {1, 1, 1, 1, 1}, m[5] = {2, 2, 2, 2, 2};
        float v[5] = {3, 3, 3, 3, 3}, old[3][5];
        bool told = true;
        gan__update_arrays arrays = {.gradient = g, .weight = w, .moment = {m, v}, .finite = &told};
        arrays.undo_weight = old[0];
        arrays.undo_moment[0] = old[1];
        arrays.undo_moment[1] = old[2];
        gan__kernels_of_tier((gan__tier)tier)->vector->adam(&rule, 5, &arrays);
        for (int i = 0; i < 5; i++) {
            CHECK(old[0][i] == 1 && old[1][i] == 2 && old[2][i] == 3);
            CHECK(w[i] != 1 && v[i] != 3);
        }
    }
}

int main(void)
{
    RUN(avx2);
    RUN(avx512);
    RUN(undo);
    return test_report();
}
