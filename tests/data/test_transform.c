#include "test.h"

#include "base/memory.h"
#include "data/transform.h"
#include "data_files.h"

#include <math.h>

static gan_context *context;

/* Resampling by the definition, in double: every input pixel, weighted by a triangle. */
static double naive_pixel(const float *in, gan__extent e, double y, double x, double sy, double sx,
                          int64_t c)
{
    double sum = 0, weights = 0, wide_y = sy > 1 ? sy : 1, wide_x = sx > 1 ? sx : 1;
    for (int64_t i = 0; i < e.h; i++) {
        for (int64_t j = 0; j < e.w; j++) {
            double a = 1 - fabs((double)i + 0.5 - y) / wide_y;
            double b = 1 - fabs((double)j + 0.5 - x) / wide_x;
            if (a <= 0 || b <= 0) continue;
            weights += a * b;
            sum += a * b * (double)in[(i * e.w + j) * e.c + c];
        }
    }
    return sum / weights;
}

/* The scaled size h x w of the whole picture, placed or cut in the middle of out. */
static double naive_at(const float *in, gan__extent e, gan__extent out, int64_t h, int64_t w,
                       const int64_t at[3])
{
    int64_t top = h > out.h ? -((h - out.h) / 2) : (out.h - h) / 2;
    int64_t left = w > out.w ? -((w - out.w) / 2) : (out.w - w) / 2;
    int64_t y = at[0] - top, x = at[1] - left;
    double sy = (double)e.h / (double)h, sx = (double)e.w / (double)w;
    if (y < 0 || y >= h || x < 0 || x >= w) return -1;
    return naive_pixel(in, e, ((double)y + 0.5) * sy, ((double)x + 0.5) * sx, sy, sx,
                       e.c == 1 ? 0 : at[2]);
}

static void naive_size(gan__extent e, gan__extent out, gan__fit fit, int64_t *h, int64_t *w)
{
    double by_h = (double)out.h / (double)e.h, by_w = (double)out.w / (double)e.w;
    double s = fit == GAN__FIT_PAD ? fmin(by_h, by_w) : fmax(by_h, by_w);
    *h = out.h;
    *w = out.w;
    if (fit == GAN__FIT_STRETCH) return;
    if (fit == GAN__FIT_PAD && s > 1) s = 1;
    *h = (int64_t)fmax(1, floor((double)e.h * s + 0.5));
    *w = (int64_t)fmax(1, floor((double)e.w * s + 0.5));
}

static gan_status make(gan__transform *t, gan__extent in, const int64_t size[2], gan__fit fit,
                       int64_t channels)
{
    const gan__transform_options options = {
        .size = {size[0], size[1]}, .fit = (int32_t)fit, .channels = channels};
    return gan__transform_create(t, context, in, false, &options);
}

static void compare(gan__extent in, const int64_t size[2], gan__fit fit, int64_t channels)
{
    gan__transform t;
    uint64_t state = (uint64_t)(in.h * 100 + in.w);
    float pixels[20 * 20 * 3], out[25 * 25 * 3], scratch[5000];
    int64_t h, w;
    double worst = 0;
    for (int i = 0; i < 20 * 20 * 3; i++)
        pixels[i] = (float)(next_random(&state) % 256) / 127.5f - 1;
    if (!CHECK_OK(make(&t, in, size, fit, channels))) return;
    CHECK(gan__transform_scratch(&t, GAN__PIXELS_FLOAT) <= 5000);
    const gan__pixels from = {pixels, GAN__PIXELS_FLOAT, (int32_t)in.c};
    gan__transform_apply(&t, &from, 0, out, scratch);
    naive_size(in, t.out, fit, &h, &w);
    for (int64_t i = 0; i < t.out.h * t.out.w * t.out.c; i++) {
        const int64_t at[3] = {i / t.out.c / t.out.w, i / t.out.c % t.out.w, i % t.out.c};
        double error = fabs((double)out[i] - naive_at(pixels, in, t.out, h, w, at));
        if (!(error <= worst)) worst = error;
    }
    if (!CHECK(worst < 1e-6)) {
        printf("%dx%dx%d to %dx%d, fit %d: off by %g\n", (int)in.h, (int)in.w, (int)in.c,
               (int)size[0], (int)size[1], (int)fit, worst);
    }
    gan__transform_free(context, &t);
}

TEST(equals_the_definition)
{
    uint64_t state = 1;
    for (int i = 0; i < 400; i++) {
        gan__extent in = {1 + next_random(&state) % 20, 1 + next_random(&state) % 20,
                          next_random(&state) % 2 ? 3 : 1};
        const int64_t size[2] = {1 + next_random(&state) % 25, 1 + next_random(&state) % 25};
        compare(in, size, (gan__fit)(i % 3), in.c == 1 && i % 2 ? 3 : 0);
    }
}

TEST(identity_is_known)
{
    gan__transform t;
    const gan__extent in = {5, 7, 2};
    const int64_t as_is[2] = {0, 0}, same[2] = {5, 7}, other[2] = {5, 8};
    CHECK_OK(make(&t, in, as_is, GAN__FIT_CROP, 0));
    CHECK(t.identity);
    CHECK_OK(make(&t, in, same, GAN__FIT_STRETCH, 2));
    CHECK(t.identity);
    CHECK_OK(make(&t, in, other, GAN__FIT_PAD, 0));
    CHECK(!t.identity);
    gan__transform_free(context, &t);
}

TEST(padding_keeps_every_bit)
{
    gan__transform t;
    const gan__extent in = {28, 28, 1};
    const int64_t size[2] = {32, 33};
    float pixels[28 * 28], out[32 * 33];
    for (int i = 0; i < 28 * 28; i++) pixels[i] = (float)i / 1000.0f;
    CHECK_OK(make(&t, in, size, GAN__FIT_PAD, 0));
    CHECK_INT(gan__transform_scratch(&t, GAN__PIXELS_FLOAT), 0);
    const gan__pixels from = {pixels, GAN__PIXELS_FLOAT, 1};
    gan__transform_apply(&t, &from, 0, out, NULL);
    for (int y = 0; y < 32; y++) {
        for (int x = 0; x < 33; x++) {
            bool inside = y >= 2 && y < 30 && x >= 2 && x < 30;
            CHECK(out[y * 33 + x] == (inside ? pixels[(y - 2) * 28 + x - 2] : -1.0f));
        }
    }
    gan__transform_free(context, &t);
}

TEST(refuses_what_cannot_be)
{
    gan__transform t;
    const int64_t size[2] = {65536, 65536};
    const gan__extent colour = {4, 4, 3}, empty = {0, 4, 1}, vast = {INT32_MAX, 1, INT32_MAX};
    CHECK_STATUS(make(&t, colour, size, GAN__FIT_PAD, 1), GAN_E_SHAPE);
    CHECK_TEXT(gan_context_message(context),
               "data: channels=1 from pictures of 3 channels: only grey ones can be repeated");
    CHECK_STATUS(make(&t, empty, size, GAN__FIT_PAD, 0), GAN_E_SHAPE);
    CHECK_TEXT(gan_context_message(context), "data: pictures of 0x4x1");
    CHECK_STATUS(make(&t, vast, size, GAN__FIT_CROP, 0), GAN_E_MEMORY);
}

int main(void)
{
    CHECK_OK(gan_context_create(&context, "threads=1", NULL, NULL, 0));
    RUN(equals_the_definition);
    RUN(identity_is_known);
    RUN(padding_keeps_every_bit);
    RUN(refuses_what_cannot_be);
    gan_context_release(context);
    return test_report();
}
