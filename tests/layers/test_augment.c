/* The layer `augment` against its steps one after the other, in double, with the same draws. */
#include "harness.h"

#include "compute/draw.h"
#include "layers/tangent.h"

enum { MOST = 4096, DRAWS = 8 };

typedef struct asked {
    const char *statement;
    bool flip, colour;
    double translate, cutout;
} asked;

static const asked all[] = {
    {"augment", false, false, 0, 0},
    {"augment flip=yes", true, false, 0, 0},
    {"augment translate=0.125", false, false, 0.125, 0},
    {"augment colour=yes", false, true, 0, 0},
    {"augment cutout=0.5", false, false, 0, 0.5},
    {"augment flip=yes translate=0.4 colour=yes cutout=0.3", true, true, 0.4, 0.3},
};
enum { ALL = sizeof all / sizeof all[0] };

static double mean_of(const double *x, int64_t count)
{
    double sum = 0;
    for (int64_t i = 0; i < count; i++) sum += x[i];
    return sum / (double)count;
}

/* x away from its mean, times k. */
static void spread(double *x, int64_t count, double k)
{
    const double mean = mean_of(x, count);
    for (int64_t i = 0; i < count; i++) x[i] = mean + k * (x[i] - mean);
}

static void naive_colour(double *x, gan__shape s, const float *u)
{
    for (int64_t i = 0; i < s.h * s.w * s.c; i++) x[i] += (double)u[3] - 0.5;
    for (int64_t p = 0; p < s.h * s.w; p++) spread(x + p * s.c, s.c, 2 * (double)u[4]);
    spread(x, s.h * s.w * s.c, (double)u[5] + 0.5);
}

static int64_t rounded(int64_t size, double share)
{
    return (int64_t)floor((double)size * share + 0.5);
}

static bool is_cut(int64_t i, int64_t size, double share, float u)
{
    const int64_t length = rounded(size, share);
    const int64_t middle = (int64_t)floor((double)u * (double)(size + 1 - length % 2));
    const int64_t first = middle - length / 2;
    return i >= first && i < first + length;
}

static void naive_sample(const asked *a, gan__shape s, const float *u, const double *from,
                         double *y)
{
    static double x[MOST];
    const int64_t most[2] = {rounded(s.h, a->translate), rounded(s.w, a->translate)};
    const int64_t down = (int64_t)floor((double)u[1] * (double)(2 * most[0] + 1)) - most[0];
    const int64_t right = (int64_t)floor((double)u[2] * (double)(2 * most[1] + 1)) - most[1];
    memcpy(x, from, (size_t)(s.h * s.w * s.c) * sizeof *x);
    if (a->colour) naive_colour(x, s, u);
    for (int64_t i = 0; i < s.h; i++)
        for (int64_t j = 0; j < s.w; j++)
            for (int64_t c = 0; c < s.c; c++) {
                const int64_t row = i - down;
                int64_t column = j - right;
                const bool inside = row >= 0 && row < s.h && column >= 0 && column < s.w;
                if (a->flip && u[0] < 0.5f) column = s.w - 1 - column;
                const bool cut = a->cutout > 0 && is_cut(i, s.h, a->cutout, u[6]) &&
                                 is_cut(j, s.w, a->cutout, u[7]);
                y[(i * s.w + j) * s.c + c] = inside && !cut ? x[(row * s.w + column) * s.c + c] : 0;
            }
}

static void naive(const fixture *f, const asked *a, const double *x, double *y)
{
    const gan__draw draw = {f->op.seed, GAN__DRAW_LAYER, f->op.draw};
    const gan__shape s = f->out;
    for (int64_t n = 0; n < s.n; n++) {
        float u[DRAWS];
        gan__draw_uniform(f->context, &draw, (f->op.ordinal << 40) + (uint64_t)(n * DRAWS), DRAWS,
                          0, 1, u);
        naive_sample(a, s, u, x + n * s.h * s.w * s.c, y + n * s.h * s.w * s.c);
    }
}

static void check_all(const fixture *f, const char *what, const float *got, const double *expected)
{
    double worst = 0;
    for (int64_t i = 0; i < gan__shape_count(f->out); i++)
        worst = fmax(worst, fabs((double)got[i] - expected[i]));
    if (!CHECK(worst < 2e-6)) printf("    %s: %g\n", what, worst);
}

/* Its tangent is what it does to differences; the way back is the transpose of that. */
static void check_linear(fixture *f, const asked *a, const double *at_zero)
{
    static double x[MOST], y[MOST], back[MOST];
    const int64_t count = gan__shape_count(f->out);
    float *t = fixture_array(count), *moved = fixture_array(count), *dt = fixture_array(count);
    const float *inputs[1] = {t};
    float *outputs[1] = {dt};
    fill_mixed(t, count, 60);
    f->op.tangent.x = inputs;
    f->op.tangent.y = moved;
    f->op.tangent.dy = f->dy;
    f->op.tangent.dx = outputs;
    gan__tangent_forward(&f->op);
    gan__tangent_backward(&f->op);
    f->layer->kind->backward(&f->op);
    for (int64_t i = 0; i < count; i++) x[i] = (double)t[i];
    naive(f, a, x, y);
    for (int64_t i = 0; i < count; i++) y[i] -= at_zero[i];
    check_all(f, "tangent", moved, y);
    for (int64_t k = 0; k < count; k++) {
        memset(x, 0, sizeof x);
        x[k] = 1;
        naive(f, a, x, y);
        back[k] = 0;
        for (int64_t i = 0; i < count; i++) back[k] += (y[i] - at_zero[i]) * (double)f->dy[i];
    }
    check_all(f, "dx", f->dx[0], back);
    check_all(f, "dx of a tangent", dt, back);
    fixture_release_array(t);
    fixture_release_array(moved);
    fixture_release_array(dt);
}

static void check_shape(gan_context *context, const asked *a, gan__shape in)
{
    static double x[MOST], y[MOST];
    fixture f;
    CHECK_OK(fixture_open(&f, context, a->statement, &in, 1, (setting){.training = true}));
    f.layer->kind->forward(&f.op);
    for (int64_t i = 0; i < gan__shape_count(in); i++) x[i] = (double)f.x[0][i];
    naive(&f, a, x, y);
    check_all(&f, a->statement, f.y, y);
    CHECK(fixture_intact(f.y, gan__shape_count(in)));
    memset(x, 0, sizeof x);
    naive(&f, a, x, y);
    check_linear(&f, a, y);
    fixture_close(&f);
}

TEST(step_by_step)
{
    static const gan__shape shapes[] = {{6, 5, 8, 3}, {3, 7, 4, 1}, {2, 1, 2, 5}, {1, 6, 6, 2}};
    gan_context *context = test_context("threads=2 seed=11");
    for (int i = 0; i < ALL; i++)
        for (int k = 0; k < 4; k++) check_shape(context, &all[i], shapes[k]);
    gan_context_release(context);
}

TEST(nothing_in_evaluation)
{
    const gan__shape in = {2, 4, 5, 3};
    gan_context *context = test_context("threads=1 seed=11");
    fixture f;
    CHECK_OK(
        fixture_open(&f, context, all[ALL - 1].statement, &in, 1, (setting){.training = false}));
    f.layer->kind->forward(&f.op);
    f.layer->kind->backward(&f.op);
    for (int64_t i = 0; i < gan__shape_count(in); i++) {
        CHECK(f.y[i] == f.x[0][i]);
        CHECK(f.dx[0][i] == f.dy[i]);
    }
    fixture_close(&f);
    gan_context_release(context);
}

/* Each place is as likely as any other: of many samples of ones, how many are left at a pixel. */
TEST(everywhere)
{
    const gan__shape in = {4000, 8, 8, 1};
    gan_context *context = test_context("threads=2 seed=11");
    fixture f;
    int64_t mirrored = 0, moved[17] = {0};
    CHECK_OK(fixture_open(&f, context, "augment flip=yes translate=0.25", &in, 1,
                          (setting){.training = true}));
    for (int64_t i = 0; i < gan__shape_count(in); i++) f.x[0][i] = (float)(1 + i % 64);
    f.layer->kind->forward(&f.op);
    for (int64_t n = 0; n < in.n; n++) { /* the pixel that stays inside wherever it goes */
        const float *y = f.y + n * 64;
        int64_t at = 0, flipped = 0;
        while (at < 64 && y[at] != 1 + 3 * 8 + 3 && y[at] != 1 + 3 * 8 + 4) at++;
        if (!CHECK(at < 64)) break;
        flipped = at + 1 < 64 && at % 8 < 7 && y[at + 1] < y[at] && y[at + 1] > 0;
        mirrored += flipped;
        moved[at / 8 - 1]++;
    }
    CHECK(mirrored > in.n * 45 / 100 && mirrored < in.n * 55 / 100);
    for (int i = 0; i < 5; i++) CHECK(moved[i] > in.n * 17 / 100 && moved[i] < in.n * 23 / 100);
    fixture_close(&f);
    gan_context_release(context);
}

int main(void)
{
    RUN(step_by_step);
    RUN(nothing_in_evaluation);
    RUN(everywhere);
    return test_report();
}
