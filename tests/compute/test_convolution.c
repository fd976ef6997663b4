/* test_convolution.c: convolution and its gradients against a naive sum in double.
 *
 * Inputs are small integers, so that every sum is exact in float32 and results must be equal bit
 * for bit, on every tier and for every number of threads. With random reals the tiers and thread
 * counts must agree with each other. Every buffer ends at canaries, and starts behind some. */
#include "conv_problem.h"

#include <math.h>

static double tail_of(const gan__tail *tail, double sum, int64_t channel)
{
    if (tail->bias) sum += tail->bias[channel];
    if (tail->activation == GAN__RELU) return sum < 0 ? 0 : sum;
    if (tail->activation == GAN__LEAKY_RELU) return sum > 0 ? sum : sum * tail->parameter;
    return sum;
}

/* The naive sums, nine tenths of a run where every read is watched, and one thread's own:
 * sanitizers watch the rest. */
#if defined(__GNUC__)
#define UNWATCHED __attribute__((no_sanitize("thread", "address", "undefined")))
#else
#define UNWATCHED
#endif

/* All channels of one tap of one pixel; offsets of the pixels and of the tap. */
UNWATCHED
static void naive_tap(const problem *p, gan__pass pass, int64_t x, int64_t y, int64_t w,
                      double *out)
{
    const gan__conv *v = &p->conv;
    int64_t gc = v->c / v->groups, gk = v->k / v->groups;
    for (int64_t c = 0; c < v->c; c++) {
        const int64_t first = c / gc * gk;
        const float *weights = p->w + w + c % gc * v->k + first, *dy = p->y + y + first;
        const double one = (double)p->x[x + c];
        double *dw = out + w + c % gc * v->k + first, sum = 0;
        if (pass == GAN__FORWARD)
            for (int64_t k = 0; k < gk; k++) out[y + first + k] += one * (double)weights[k];
        if (pass == GAN__BACKWARD_DATA) {
            for (int64_t k = 0; k < gk; k++) sum += (double)dy[k] * (double)weights[k];
            out[x + c] += sum;
        }
        if (pass == GAN__BACKWARD_WEIGHTS)
            for (int64_t k = 0; k < gk; k++) dw[k] += one * (double)dy[k];
    }
}

UNWATCHED
static void naive(const problem *p, gan__pass pass, double *out)
{
    const gan__conv *v = &p->conv;
    int64_t pixels = v->n * v->oh * v->ow, taps = v->r * v->s;
    for (int64_t i = 0; i < pixels * taps; i++) {
        int64_t pixel = i / taps, tap = i % taps, image = pixel / (v->oh * v->ow);
        int64_t h = pixel / v->ow % v->oh * v->stride_h - v->pad_top + tap / v->s * v->dilation_h;
        int64_t w = pixel % v->ow * v->stride_w - v->pad_left + tap % v->s * v->dilation_w;
        const int64_t times = v->doubled ? 2 : 1;
        if (h < 0 || h >= v->h * times || w < 0 || w >= v->w * times) continue;
        naive_tap(p, pass, ((image * v->h + h / times) * v->w + w / times) * v->c, pixel * v->k,
                  tap * (v->c / v->groups) * v->k, out);
    }
    int64_t count = pass == GAN__FORWARD ? p->y_count : p->x_count;
    int64_t channels = pass == GAN__FORWARD ? v->k : v->c;
    if (pass == GAN__BACKWARD_WEIGHTS) return;
    for (int64_t i = 0; i < count; i++) out[i] = tail_of(&p->tail, out[i], i % channels);
}

/* Whether sums of these inputs, of at most 3 each, are exact when F(2x2, 3x3) makes them: it adds
 * up to four pixels, quarters of up to nine taps, or all of what it then sums. Of doubled pixels
 * it is four times whole ones. */
static bool is_exact(const gan__conv *v, gan__pass pass)
{
    int64_t tiles = v->n * ((v->oh + 1) / 2) * ((v->ow + 1) / 2);
    if (v->r != 3 || v->s != 3 || v->doubled) return true;
    if (pass == GAN__BACKWARD_WEIGHTS) return tiles * 3 * 3 <= 65536;
    return (pass == GAN__FORWARD ? v->c : v->k) * 3 * 3 <= 51781;
}

static void check_whole(const problem *p, gan__pass pass)
{
    CHECK(is_exact(&p->conv, pass));
    int64_t count = out_count(p, pass);
    double *expected = calloc((size_t)count, sizeof *expected);
    naive(p, pass, expected);
    int team = (int)pick(0, TEAMS - 1);
    const bool quick = best_tier > GAN__GENERIC && pick(0, 2); /* generic is the slowest by far */
    for (int tier = GAN__GENERIC + quick; tier <= (int)best_tier; tier++) {
        team = (team + 1) % TEAMS;
        bool add = pass == GAN__BACKWARD_WEIGHTS && pick(0, 1);
        teams[team]->tier = (gan__tier)tier;
        float *out = run(teams[team], p, pass, add);
        int64_t wrong = 0;
        for (int64_t i = 0; i < count; i++) wrong += (double)out[i] != expected[i] + (add ? 1 : 0);
        if (!CHECK_INT(wrong, 0)) describe(&p->conv, pass, tier, thread_counts[team]);
        drop(out);
    }
    free(expected);
}

static void check_real(const problem *p, gan__pass pass)
{
    int64_t count = out_count(p, pass);
    float *first = NULL;
    for (int tier = GAN__GENERIC; tier <= (int)best_tier; tier++) {
        for (int team = 0; team < TEAMS; team++) {
            if (tier == GAN__GENERIC && team) continue;
            teams[team]->tier = (gan__tier)tier;
            float *out = run(teams[team], p, pass, false);
            bool same = !first || !memcmp(first, out, (size_t)count * sizeof *out);
            if (!CHECK(same)) describe(&p->conv, pass, tier, thread_counts[team]);
            if (first)
                drop(out);
            else
                first = out;
        }
    }
    drop(first);
}

/* Output size for a total padding of `pad`; 0 if the window does not fit. */
static int64_t size_of(int64_t in, int64_t window, int64_t stride, int64_t dilation, int64_t pad)
{
    int64_t room = in + pad - (window - 1) * dilation - 1;
    return room < 0 ? 0 : room / stride + 1;
}

/* Small products only: `most` bounds the multiply-adds. */
static gan__conv random_conv(int64_t most)
{
    for (;;) {
        gan__conv v = {.n = pick(1, 5),
                       .h = pick(1, 20),
                       .w = pick(1, 20),
                       .r = pick(1, 5),
                       .s = pick(1, 5),
                       .stride_h = pick(1, 3),
                       .stride_w = pick(1, 3)};
        v.dilation_h = pick(0, 3) ? 1 : pick(1, 3), v.dilation_w = pick(0, 3) ? 1 : pick(1, 3);
        v.groups = pick(0, 4) ? 1 : pick(2, 4);
        static const int64_t limits[] = {4, 20, 70, 135};
        v.c = v.groups * pick(1, limits[pick(0, 3)] / v.groups);
        v.k = v.groups * pick(1, limits[pick(0, 3)] / v.groups);
        if (pick(0, 9) == 0) v.c = v.k = v.groups = pick(2, limits[pick(0, 3)]); /* depthwise */
        v.pad_top = pick(0, v.r), v.pad_left = pick(0, v.s);
        if (pick(0, 9) == 0) v.h = v.w = v.r = v.s = 1, v.pad_top = v.pad_left = 0;
        v.oh = size_of(v.h, v.r, v.stride_h, v.dilation_h, v.pad_top + pick(0, v.r));
        v.ow = size_of(v.w, v.s, v.stride_w, v.dilation_w, v.pad_left + pick(0, v.s));
        if (v.r == 1 && v.h == 1) v.oh = v.ow = 1;
        int64_t work = v.n * v.oh * v.ow * v.r * v.s * v.c / v.groups * v.k;
        if (work > 0 && work < most) return v;
    }
}

/* A sanitizer is some ten times slower, and finds in a fifth of the shapes what it looks for. */
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
enum { WHOLE = 100, BITS = 24, FILTERED = 24, LARGE = 6 };
#else
enum { WHOLE = 500, BITS = 120, FILTERED = 96, LARGE = 30 };
#endif

TEST(whole_numbers)
{
    for (int i = 0; i < WHOLE; i++) {
        problem p = problem_of(random_conv(i % 10 == 0 ? 8000000 : 600000), true);
        for (int pass = 0; pass < 3; pass++) check_whole(&p, (gan__pass)pass);
        problem_free(&p);
    }
}

TEST(same_bits)
{
    for (int i = 0; i < BITS; i++) {
        problem p = problem_of(random_conv(i % 10 == 0 ? 4000000 : 300000), false);
        for (int pass = 0; pass < 3; pass++) check_real(&p, (gan__pass)pass);
        problem_free(&p);
    }
}

/* The layers of real networks, at small batches. */
TEST(real_layers)
{
    static const gan__conv layers[] = {
        {2, 64, 64, 3, 32, 32,    64,    4, 4,     2,  2,
         1, 1,  1,  1, 1,  false, false, 0, false, {0}}, /* the first of D, the last of G */
        {2, 8, 8, 64, 4, 4,     128,   4, 4,     2,  2,
         1, 1, 1, 1,  1, false, false, 0, false, {0}}, /* the middle */
        {2, 8, 8, 160, 4, 4,     40,    4, 4,     2,  2,
         1, 1, 1, 1,   1, false, false, 0, false, {0}}, /* more than one block of steps */
        {7, 4, 4, 512, 1, 1,     1,     4, 4,     1,  1,
         1, 1, 0, 0,   1, false, false, 0, false, {0}}, /* the last of D */
        {7, 4, 4, 512, 1, 1,     100,   4, 4,     1,  1,
         1, 1, 0, 0,   1, false, false, 0, false, {0}}, /* the first of G */
        {3, 28, 28, 1, 14, 14,    64,    4, 4,     2,  2,
         1, 1,  1,  1, 1,  false, false, 0, false, {0}}, /* 28x28 */
        {1, 20, 22, 3, 20, 22,    64,    7, 7,     1,  1,
         1, 1,  3,  3, 1,  false, false, 0, false, {0}}, /* CycleGAN's ends */
        {1, 20, 22, 64, 20, 22, 3, 7, 7, 1, 1, 1, 1, 3, 3, 1, false, false, 0, false, {0}},
        {1, 8, 8, 256, 8, 8,     256,   3, 3,     1,  1,
         1, 1, 1, 1,   1, false, false, 0, false, {0}}, /* its residual blocks */
        {1, 7, 7, 512, 6, 6,     1,     4, 4,     1,  1,
         1, 1, 1, 1,   1, false, false, 0, false, {0}}, /* patches */
        {70, 1, 1, 300, 1, 1,     1100,  1, 1,     1,  1,
         1,  1, 0, 0,   1, false, false, 0, false, {0}}, /* dense */
        {1, 1, 1, 1100, 1, 1, 300, 1, 1, 1, 1, 1, 1, 0, 0, 1, false, false, 0, false, {0}},
        {520, 1, 1, 70, 1, 1, 150, 1, 1, 1, 1, 1, 1, 0, 0, 1, false, false, 0, false, {0}},
        {5, 100, 70, 8, 100, 70,    24,    1, 1,     1,  1,
         1, 1,   0,  0, 1,   false, false, 0, false, {0}}, /* sliced sums */
        {3, 90, 80, 3, 90, 80, 5, 3, 3, 1, 1, 1, 1, 1, 1, 1, false, false, 0, false, {0}},
        {1, 45, 50, 33, 45, 50, 34, 3, 3, 1, 1, 1, 1, 1, 1, 1, false, false, 0, false, {0}},
        {2, 33, 31, 130, 17,  16,    130,   3, 3,     2,  2,
         1, 1,  1,  1,   130, false, false, 0, false, {0}}, /* depthwise */
        {3, 40, 30, 24, 40, 30, 24, 5, 5, 1, 1, 1, 1, 2, 2, 24, false, false, 0, false, {0}},
        {2, 30, 62, 3, 30, 62,    70,    3, 3,     1,  1,
         1, 1,  1,  1, 1,  false, false, 0, false, {0}}, /* strips */
        {2, 9, 57, 96, 9, 57, 192, 3, 3, 1, 1, 1, 1, 1, 1, 32, false, false, 0, false, {0}},
        {2, 9, 60, 40, 5, 30, 20, 3, 2, 2, 2, 1, 1, 1, 0, 4, false, false, 0, false, {0}},
        {1, 1, 300, 8, 1, 300, 24, 1, 5, 1, 1, 1, 1, 0, 2, 1, false, false, 0, false, {0}},
        {12, 1, 1, 260, 1, 1,     1030,  1, 1,     1,  1,
         1,  1, 0, 0,   1, false, false, 0, false, {0}}, /* few */
    };
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
        problem p = problem_of(layers[i], true);
        for (int pass = 0; pass < 3; pass++) check_whole(&p, (gan__pass)pass);
        problem_free(&p);
    }
}

/* Shapes that minimal filtering serves, odd ones among them. */
enum { DOUBLED = 3, FILTERED_KINDS };

/* The same of pixels that lie there twice; without its first rows, or with some in front. */
static gan__conv doubled_conv(gan__conv v)
{
    v.h = pick(1, 11), v.w = pick(1, 11);
    v.pad_top = 2 * pick(-1, 1) + 1, v.pad_left = 2 * pick(-1, 1) + 1;
    v.oh = size_of(2 * v.h, 3, 1, 1, v.pad_top + pick(0, 3));
    v.ow = size_of(2 * v.w, 3, 1, 1, v.pad_left + pick(0, 3));
    return v.oh > 0 && v.ow > 0 ? v : doubled_conv(v);
}

static gan__conv filtered_conv(void)
{
    gan__conv v = filtered_window();
    if (v.doubled) return doubled_conv(v);
    v.pad_top = pick(0, 3), v.pad_left = pick(0, 3);
    v.oh = size_of(v.h, v.r, v.stride_h, 1, v.pad_top + pick(0, 3));
    v.ow = size_of(v.w, v.r, v.stride_h, 1, v.pad_left + pick(0, 3));
    return v;
}

static int64_t filtered_kind(const gan__conv *v)
{
    return v->doubled ? DOUBLED : v->stride_h + v->r - 4;
}

TEST(filtered)
{
    static const gan__conv sliced = {2, 45, 50, 17, 45, 50,    48,    3, 3,     1,  1,
                                     1, 1,  1,  1,  1,  false, false, 0, false, {0}};
    int64_t served[FILTERED_KINDS] = {0};
    for (int i = 0; i < FILTERED; i++) {
        problem p = problem_of(i ? filtered_conv() : sliced, i % 4 != 0);
        for (int pass = 0; pass < 3; pass++) {
            bool filtered = gan__conv_choose(&p.conv, (gan__pass)pass) == GAN__CONV_FILTER;
            served[filtered_kind(&p.conv)] += filtered;
            (i % 4 != 0 ? check_whole : check_real)(&p, (gan__pass)pass);
        }
        problem_free(&p);
    }
    for (int i = 0; i < FILTERED_KINDS; i++) CHECK(served[i] >= FILTERED / 4);
}

/* Products that only lead to rows or columns outside are not made, and not counted, but of weights:
 * 7x7 of 14x14 pixels are filtered therefore. */
TEST(counted_products)
{
    static const gan__conv odd = {1, 14, 14, 64, 7, 7,     128,   4, 4,     2,  2,
                                  1, 1,  1,  1,  1, false, false, 0, false, {0}};
    CHECK_INT(gan__filter_products(&odd, GAN__FORWARD), 4 * 11 * 11);
    CHECK_INT(gan__filter_products(&odd, GAN__BACKWARD_DATA), 4 * 11 * 11);
    CHECK_INT(gan__filter_products(&odd, GAN__BACKWARD_WEIGHTS), 4 * 12 * 12);
    CHECK(gan__conv_choose(&odd, GAN__FORWARD) == GAN__CONV_FILTER);
    CHECK(gan__conv_choose(&odd, GAN__BACKWARD_DATA) == GAN__CONV_FILTER);
    CHECK(gan__conv_choose(&odd, GAN__BACKWARD_WEIGHTS) == GAN__CONV_GATHER);
}

/* What a direct convolution gives in float32: one chain an output, over taps, then channels;
 * gradients of weights over pixels. */
UNWATCHED
static void naive_float(const problem *p, gan__pass pass, float *out)
{
    const gan__conv *v = &p->conv;
    for (int64_t i = 0; i < out_count(p, pass); i++) out[i] = 0;
    for (int64_t tap = 0; tap < v->r * v->s; tap++) {
        for (int64_t pixel = 0; pixel < v->n * v->oh * v->ow; pixel++) {
            int64_t image = pixel / (v->oh * v->ow), row = pixel / v->ow % v->oh;
            int64_t h = row * v->stride_h - v->pad_top + tap / v->s;
            int64_t w = pixel % v->ow * v->stride_w - v->pad_left + tap % v->s;
            const int64_t times = v->doubled ? 2 : 1;
            if (h < 0 || h >= v->h * times || w < 0 || w >= v->w * times) continue;
            const float *x = p->x + ((image * v->h + h / times) * v->w + w / times) * v->c,
                        *y = p->y + pixel * v->k;
            const float *weights = p->w + tap * v->c * v->k;
            for (int64_t j = 0; j < v->c * v->k; j++) {
                int64_t c = j / v->k, k = j % v->k;
                float *to = pass == GAN__FORWARD         ? out + (y - p->y) + k
                            : pass == GAN__BACKWARD_DATA ? out + (x - p->x) + c
                                                         : out + tap * v->c * v->k + j;
                float a = pass == GAN__BACKWARD_DATA ? y[k] : x[c];
                *to = fmaf(a, pass == GAN__BACKWARD_WEIGHTS ? y[k] : weights[j], *to);
            }
        }
    }
}

static double largest_error(const float *made, const double *expected, int64_t count)
{
    double most = 0, error = 0;
    for (int64_t i = 0; i < count; i++) {
        most = fmax(most, fabs(expected[i]));
        error = fmax(error, fabs((double)made[i] - expected[i]));
    }
    return error / most;
}

/* Of all outputs: unlike that of the worst one it hardly depends on the numbers. */
static double mean_error(const float *made, const double *expected, int64_t count)
{
    double most = 0, squares = 0;
    for (int64_t i = 0; i < count; i++) {
        most = fmax(most, fabs(expected[i]));
        squares += ((double)made[i] - expected[i]) * ((double)made[i] - expected[i]);
    }
    return sqrt(squares / (double)count) / most;
}

/* Filtering rounds less than summing directly does, or about as much where parts of a 4x4 window
 * are summed; in large tiles more, but not much. */
TEST(errors)
{
    static const gan__conv layers[] = {
        {2, 16, 16, 96, 8, 8, 64, 4, 4, 2, 2, 1, 1, 1, 1, 1, false, false, 0, false, {0}},
        {2, 12, 12, 96, 12, 12, 64, 3, 3, 1, 1, 1, 1, 1, 1, 1, false, false, 0, false, {0}},
        {2, 12, 12, 96, 12, 12, 64, 3, 3, 1, 1, 1, 1, 1, 1, 1, true, false, 0, false, {0}},
        {2, 6, 6, 96, 12, 12, 64, 3, 3, 1, 1, 1, 1, 1, 1, 1, false, true, 0, false, {0}},
        {2, 12, 12, 96, 11, 11, 64, 4, 4, 1, 1, 1, 1, 1, 1, 1, false, false, 0, false, {0}}};
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
        problem p = problem_of(layers[i], false);
        p.tail.bias = NULL, p.tail.activation = GAN__LINEAR;
        teams[0]->tier = best_tier;
        for (int pass = 0; pass < 3; pass++) {
            int64_t count = out_count(&p, (gan__pass)pass);
            double *expected = calloc((size_t)count, sizeof *expected), direct, filtered;
            float *sums = malloc((size_t)count * sizeof *sums);
            float *made = run(teams[0], &p, (gan__pass)pass, false);
            naive(&p, (gan__pass)pass, expected);
            naive_float(&p, (gan__pass)pass, sums);
            direct = mean_error(sums, expected, count);
            filtered = mean_error(made, expected, count);
            CHECK(gan__conv_choose(&p.conv, (gan__pass)pass) == GAN__CONV_FILTER);
            if (!CHECK(filtered < direct * (p.conv.large ? 2.5 : p.conv.r == 4 ? 1.25 : 1)))
                describe(&p.conv, (gan__pass)pass, (int)best_tier, 1);
            printf("    window %d, stride %d, %s, pass %d: error %.1e, of a direct sum %.1e\n",
                   (int)p.conv.r, (int)p.conv.stride_h,
                   p.conv.large     ? "large"
                   : p.conv.doubled ? "doubled"
                                    : "small",
                   pass, filtered, direct);
            free(expected), free(sums), drop(made);
        }
        problem_free(&p);
    }
}

/* Large tiles, where not even whole numbers are exact. */
TEST(large_tiles)
{
    int64_t served = 0;
    for (int i = 0; i < LARGE; i++) {
        gan__conv conv = filtered_conv();
        while (filtered_kind(&conv) != 0) conv = filtered_conv();
        conv.large = true;
        problem p = problem_of(conv, false);
        if (i % 2) p.tail = (gan__tail){.bias = NULL};
        for (int pass = 0; pass < 3; pass++) {
            int64_t count = out_count(&p, (gan__pass)pass);
            double *expected = calloc((size_t)count, sizeof *expected);
            served += gan__filtering_of(&conv, (gan__pass)pass).kind == GAN__FILTER_4_3;
            check_real(&p, (gan__pass)pass);
            if (i % 2) {
                teams[1]->tier = best_tier;
                float *made = run(teams[1], &p, (gan__pass)pass, false);
                naive(&p, (gan__pass)pass, expected);
                if (!CHECK(largest_error(made, expected, count) < 1e-5))
                    describe(&conv, (gan__pass)pass, (int)best_tier, 2);
                drop(made);
            }
            free(expected);
        }
        problem_free(&p);
    }
    CHECK(served >= LARGE / 2);
}

/* A picture's bits do not depend on the batch around it. */
TEST(batch_of_one)
{
    for (int i = 0; i < 40; i++) {
        gan__conv conv = i % 4 ? random_conv(400000) : filtered_conv();
        conv.large = i % 8 == 0;
        problem p = problem_of(conv, false), one = p;
        one.conv.n = 1;
        one.x_count /= conv.n, one.y_count /= conv.n;
        for (int pass = 0; pass < 2; pass++) {
            teams[0]->tier = best_tier;
            float *all = run(teams[0], &p, (gan__pass)pass, false);
            float *single = run(teams[0], &one, (gan__pass)pass, false);
            size_t size = (size_t)out_count(&one, (gan__pass)pass) * sizeof *single;
            if (!CHECK(!memcmp(all, single, size)))
                describe(&conv, (gan__pass)pass, (int)best_tier, 1);
            drop(all), drop(single);
        }
        problem_free(&p);
    }
}

/* One NaN in x or y reaches the results that it belongs to, and no other output. */
TEST(not_a_number)
{
    for (int i = 0; i < 30; i++) {
        problem p = problem_of(i % 3 ? random_conv(200000) : filtered_conv(), true);
        p.conv.large = i % 6 == 0;
        p.tail.activation = (gan__activation)(i % 8);
        for (int pass = 0; pass < 3; pass++) {
            for (int tier = GAN__GENERIC; tier <= (int)best_tier; tier++) {
                bool turned = pass == GAN__BACKWARD_DATA;
                float *in = turned ? p.y : p.x, kept;
                int64_t nans = 0, more = 0, count = out_count(&p, (gan__pass)pass);
                double *expected = calloc((size_t)count, sizeof *expected);
                in += pick(0, (turned ? p.y_count : p.x_count) - 1);
                kept = *in, *in = NAN;
                naive(&p, (gan__pass)pass, expected);
                teams[1]->tier = (gan__tier)tier;
                float *out = run(teams[1], &p, (gan__pass)pass, false);
                for (int64_t j = 0; j < count; j++) {
                    nans += isnan(expected[j]) && !isnan(out[j]);
                    more += !isnan(expected[j]) && isnan(out[j]);
                }
                if (!CHECK_INT(nans, 0)) describe(&p.conv, (gan__pass)pass, tier, 2);
                if (pass != GAN__BACKWARD_WEIGHTS && !p.conv.large && !CHECK_INT(more, 0))
                    describe(&p.conv, (gan__pass)pass, tier, 2);
                *in = kept;
                free(expected);
                drop(out);
            }
        }
        problem_free(&p);
    }
}

/* Pixels that lie farther away than a cache, which then are fetched. */
TEST(far_away)
{
    gan__conv far = {1, 250, 245, 6, 250, 245,   64,    1, 1,     1,  1,
                     1, 1,   0,   0, 1,   false, false, 0, false, {0}};
    problem p = problem_of(far, true);
    check_whole(&p, GAN__BACKWARD_WEIGHTS);
    problem_free(&p);
}

int main(void)
{
    open_teams();
    RUN(whole_numbers);
    RUN(same_bits);
    RUN(real_layers);
    RUN(filtered);
    RUN(counted_products);
    RUN(errors);
    RUN(large_tiles);
    RUN(batch_of_one);
    RUN(not_a_number);
    RUN(far_away);
    close_teams();
    return test_report();
}
