/* test_conv_frame.c: a frame that is read from the picture is as good as one that was made: the
 * same bits, by all that is filtered, on every tier. */
#include "conv_problem.h"

enum { FRAMED = 48 };

static gan__conv framed_conv(void)
{
    gan__conv v = filtered_window();
    v.large = pick(0, 1);
    if (v.doubled) v.pad_top = v.pad_left = -1;
    const int64_t times = v.doubled ? 2 : 1, pads = v.doubled ? -2 : 0;
    v.oh = (v.h * times + pads - v.r) / v.stride_h + 1;
    v.ow = (v.w * times + pads - v.s) / v.stride_w + 1;
    return v;
}

/* What the frame of a convolution shows, made: x of a picture within. */
static void make_framed(const gan__conv *v, const gan__frame *frame, const float *picture, float *x)
{
    const size_t pixel = (size_t)v->c * sizeof *x;
    for (int64_t i = 0; i < v->n * v->h * v->w; i++) {
        int64_t row = i / v->w % v->h - frame->top, column = i % v->w - frame->left;
        const int64_t low = frame->h - 1, right = frame->w - 1;
        if (frame->mirrored) {
            row = row < 0 ? -row : row > low ? 2 * low - row : row;
            column = column < 0 ? -column : column > right ? 2 * right - column : column;
        }
        row = row < 0 ? 0 : row > low ? low : row;
        column = column < 0 ? 0 : column > right ? right : column;
        memcpy(x + i * v->c,
               picture + ((i / v->w / v->h * frame->h + row) * frame->w + column) * v->c, pixel);
    }
}

/* Of both sides of x, less than the picture is where it is mirrored. */
static void random_sides(int64_t all, bool mirrored, int64_t *before, int64_t *inside)
{
    do {
        *inside = pick(1, all);
        *before = pick(0, all - *inside);
    } while (mirrored && (*before >= *inside || all - *inside - *before >= *inside));
}

static void check_framed(problem *p, gan__pass pass, gan__frame frame)
{
    const int64_t count = out_count(p, pass), x_count = p->x_count;
    float *all = p->x, *inside = guarded(p->conv.n * frame.h * frame.w * p->conv.c);
    fill(inside, p->conv.n * frame.h * frame.w * p->conv.c, false);
    make_framed(&p->conv, &frame, inside, all);
    for (int tier = GAN__GENERIC; tier <= (int)best_tier; tier++) {
        gan_context *team = teams[pick(0, TEAMS - 1)];
        team->tier = (gan__tier)tier;
        float *made = run(team, p, pass, false);
        p->x = inside, p->conv.frame = frame;
        float *read = run(team, p, pass, false);
        p->x = all, p->conv.frame = (gan__frame){0};
        if (!CHECK(!memcmp(made, read, (size_t)count * sizeof *made)))
            describe(&p->conv, pass, tier, team->threads);
        drop(made), drop(read);
    }
    CHECK(is_intact(all, x_count));
    drop(inside);
}

/* A frame that is read from the picture is as good as one that was made. */
TEST(framed)
{
    int64_t served = 0;
    for (int i = 0; i < FRAMED; i++) {
        problem p = problem_of(framed_conv(), false);
        gan__frame frame = {.mirrored = i % 2 == 0};
        random_sides(p.conv.h, frame.mirrored, &frame.top, &frame.h);
        random_sides(p.conv.w, frame.mirrored, &frame.left, &frame.w);
        for (int pass = 0; pass < 3; pass++) {
            if (!gan__conv_frames(&p.conv, (gan__pass)pass)) continue;
            check_framed(&p, (gan__pass)pass, frame);
            served++;
        }
        problem_free(&p);
    }
    CHECK(served >= FRAMED);
}

int main(void)
{
    open_teams();
    RUN(framed);
    close_teams();
    return test_report();
}
