/* Which convolutions share a panel; and those with one and without have the same bits. */
#include "base/parallel.h"
#include "compute/convolution.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

static float *drawn(int64_t count)
{
    float *x = calloc((size_t)count + 1, sizeof *x);
    for (int64_t i = 0; i < count; i++) x[i] = (float)(rand() % 2001 - 1000) / 1024;
    return x;
}

typedef struct side {
    gan_context *context;
    bool changing; /* the weights, which are not packed then */
    float *out;
} side;

/* Whether a panel was packed. */
static bool run(side *s, gan__conv conv, gan__pass pass, const float *in, const float *w)
{
    const gan__tail tail = {.activation = GAN__LINEAR};
    conv.changing = s->changing;
    int64_t count = gan__conv_panel_count(s->context, &conv, pass);
    size_t bytes = gan__conv_workspace(s->context, &conv, pass);
    float *panel = calloc((size_t)count + 1, sizeof *panel);
    void *workspace = aligned_alloc(64, bytes / 64 * 64 + 64);
    const float *weights = count ? panel : w;
    CHECK_OK(gan__scratch_reserve(s->context, gan__conv_scratch(s->context, &conv, pass)));
    if (count) gan__conv_pack(s->context, &conv, pass, w, panel);
    if (pass == GAN__FORWARD)
        gan__conv_forward(s->context, &conv, in, weights, &tail, workspace, s->out);
    else
        gan__conv_backward_data(s->context, &conv, in, weights, &tail, workspace, s->out);
    free(panel);
    free(workspace);
    return count > 0;
}

/* Many weights for few pixels are transformed as they are multiplied. */
static int64_t unpacked(const gan__conv *conv, side sides[2])
{
    const int64_t x = conv->n * conv->h * conv->w * conv->c;
    const int64_t y = conv->n * conv->oh * conv->ow * conv->k, in = x > y ? x : y;
    float *from = drawn(in), *w = drawn(conv->r * conv->s * conv->c * conv->k);
    int64_t found = 0;
    for (int pass = 0; pass < 2; pass++) {
        gan__conv now = *conv, kept = *conv;
        now.changing = true;
        for (int i = 0; i < 2; i++) sides[i].out = calloc((size_t)in + 1, sizeof(float));
        bool packed = run(&sides[0], now, (gan__pass)pass, from, w);
        CHECK(run(&sides[1], kept, (gan__pass)pass, from, w));
        CHECK(gan__conv_panel_shared(&now, &kept, (gan__pass)pass) == packed);
        CHECK(!memcmp(sides[0].out, sides[1].out, (size_t)in * sizeof(float)));
        found += !packed;
        for (int i = 0; i < 2; i++) free(sides[i].out);
    }
    free(from);
    free(w);
    return found;
}

TEST(packed_or_not)
{
    static const gan__conv layers[] = {
        {1, 8, 8, 256, 4, 4, 512, 4, 4, 2, 2, 1, 1, 1, 1, 1, false, false, 0, false, {0}},
        {2, 5, 7, 520, 2, 3, 250, 4, 4, 2, 2, 1, 1, 1, 1, 1, false, false, 0, false, {0}},
        {1, 8, 8, 256, 7, 7, 300, 4, 4, 1, 1, 1, 1, 1, 1, 1, false, false, 0, false, {0}},
        {1, 7, 6, 300, 7, 6, 200, 3, 3, 1, 1, 1, 1, 1, 1, 1, false, false, 0, false, {0}},
        {1, 8, 8, 200, 8, 8, 300, 3, 3, 1, 1, 1, 1, 1, 1, 1, true, false, 0, false, {0}},
        {1, 4, 4, 300, 8, 8, 200, 3, 3, 1, 1, 1, 1, 1, 1, 1, false, true, 0, false, {0}}};
    side sides[2] = {{.changing = true}, {.changing = false}};
    int64_t found = 0;
    CHECK_OK(gan_context_create(&sides[0].context, "threads=3", NULL, NULL, 0));
    CHECK_OK(gan_context_create(&sides[1].context, "threads=1", NULL, NULL, 0));
    const gan__tier best = sides[0].context->tier;
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
        for (int tier = GAN__GENERIC; tier <= (int)best; tier++) {
            sides[0].context->tier = (gan__tier)tier;
            int64_t here = unpacked(&layers[i], sides);
            found += tier == (int)best ? here : 0;
        }
    }
    CHECK(found >= 8);
    gan_context_release(sides[0].context);
    gan_context_release(sides[1].context);
}

/* Pictures for which other tiles serve have other panels. */
TEST(panels_of_large_tiles)
{
    gan__conv a = {1, 32, 32, 64, 32, 32,   64,    3, 3,     1,  1,
                   1, 1,  1,  1,  1,  true, false, 0, false, {0}},
              b = a, c = a;
    b.h = b.w = b.oh = b.ow = 6;
    c.h = c.w = c.oh = c.ow = 20;
    for (int pass = 0; pass < 2; pass++) {
        CHECK(gan__conv_panel_shared(&a, &c, (gan__pass)pass));
        CHECK(!gan__conv_panel_shared(&a, &b, (gan__pass)pass));
    }
    gan__conv wide = {1, 32, 32, 64, 32, 32,   64,    7, 7,     1,  1,
                      1, 1,  3,  3,  1,  true, false, 0, false, {0}},
              small = wide;
    small.h = small.w = small.oh = small.ow = 6;
    CHECK(gan__conv_panel_shared(&wide, &small, GAN__FORWARD));
    a.large = b.large = false;
    CHECK(gan__conv_panel_shared(&a, &b, GAN__FORWARD));
    CHECK(!gan__conv_panel_shared(&a, &c, GAN__FORWARD));
}

int main(void)
{
    RUN(panels_of_large_tiles);
    RUN(packed_or_not);
    return test_report();
}
