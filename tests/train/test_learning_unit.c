/* test_learning_unit.c: short trainings of unit and combogan on bars and on negatives of bars, no
 * pairs: what a code of the one domain is decoded to in the other has its bar in the same place,
 * and comes back to it. Without the common parts it comes back from another place; without the
 * cycle it does not come back. */
#include "bars.h"

enum { STEPS = 800 };

#define UNIT "unit batch=32 "
#define COMBO "combogan batch=32 identity=10 pool=0 "

static const char *const names[] = {"inwards", "outwards"};
static const char *const parts[] = {"input 8 8 4; dense 32; leaky_relu 0.2; dense 6",
                                    "input 6; dense 32; leaky_relu 0.2; dense 128; reshape 8 8 2"};
static const char *const networks[] = {
    "encoder",
    "input 8 8 1; conv2d 4 kernel=1; leaky_relu 0.2; part inwards",
    "decoder",
    "input 6; part outwards; conv2d 1 kernel=1; tanh",
    "discriminator",
    "input 8 8 1; dense 48; leaky_relu 0.2; dense 1",
    NULL};

typedef struct outcome {
    double agreement;  /* of the worse way: share of translations whose bar stays in its place */
    double back;       /* that come back to it, likewise */
    double unlikeness; /* mean |d| between a translation and a bar of its domain, likewise */
} outcome;

/* The way from one domain, and from there back again. */
static outcome look(gan_trainer *t, int domain)
{
    const char *const ways[2][2] = {{"x > code > y", "x > code > y > code > x"},
                                    {"y > code > x", "y > code > x > code > y"}};
    outcome out = {0, 0, 0};
    int64_t places[HELD_OUT];
    double off;
    gan_tensor *x = bars_make(HELD_OUT, domain == 1, places);
    gan_tensor *there = bars_run(t, ways[domain][0], x, 0);
    gan_tensor *back = bars_run(t, ways[domain][1], x, 0);
    for (int i = 0; i < HELD_OUT; i++) {
        const float *picture = (const float *)gan_tensor_data(there) + i * PIXELS;
        out.agreement += bars_place(picture, domain == 0, &off) == places[i] ? 1.0 / HELD_OUT : 0;
        out.unlikeness += off / HELD_OUT;
        picture = (const float *)gan_tensor_data(back) + i * PIXELS;
        out.back += bars_place(picture, domain == 1, &off) == places[i] ? 1.0 / HELD_OUT : 0;
    }
    gan_tensor_release(x);
    gan_tensor_release(there);
    gan_tensor_release(back);
    return out;
}

static outcome train(const char *spec, bool common)
{
    gan_trainer *t;
    bars_state = 1;
    must(gan_context_create(&bars_context, "threads=1 seed=7", NULL, NULL, 0));
    must(gan_trainer_create(&t, bars_context, spec));
    bars_networks(t, networks, names, parts, 2, common);
    bars_feed(t);
    must(gan_trainer_set_optimizer(t, "generators", "adam lr=4e-3 beta1=0.5"));
    must(gan_trainer_set_optimizer(t, "discriminators", "adam lr=4e-3 beta1=0.5"));
    must(gan_trainer_run(t, STEPS, NULL, NULL));
    const outcome one = look(t, 0), other = look(t, 1);
    const outcome worse = {fmin(one.agreement, other.agreement), fmin(one.back, other.back),
                           fmax(one.unlikeness, other.unlikeness)};
    printf("    %s, %s: in its place %.2f, comes back %.2f, unlike by %.2f\n", spec,
           common ? "parts in common" : "nothing in common", worse.agreement, worse.back,
           worse.unlikeness);
    gan_trainer_release(t);
    gan_context_release(bars_context);
    return worse;
}

TEST(unit_keeps_the_place)
{
    const outcome out = train(UNIT "cycle=10", true);
    CHECK(out.agreement > 0.9 && out.back > 0.95 && out.unlikeness < 0.1);
}

/* The cycle is happy with any place that leads back. */
TEST(unit_needs_common_parts)
{
    const outcome out = train(UNIT "cycle=10", false);
    CHECK(out.agreement < 0.4 && out.back > 0.95);
}

TEST(unit_needs_the_cycle)
{
    const outcome out = train(UNIT "cycle=0 kl_cycle=0", false);
    CHECK(out.back < 0.85);
}

TEST(combogan_keeps_the_place)
{
    const outcome out = train(COMBO "cycle=10", true);
    CHECK(out.agreement > 0.9 && out.back > 0.95 && out.unlikeness < 0.1);
}

TEST(combogan_needs_common_parts)
{
    const outcome out = train(COMBO "cycle=10", false);
    CHECK(out.agreement < 0.4 && out.back > 0.95);
}

TEST(combogan_needs_the_cycle)
{
    const outcome out = train(COMBO "cycle=0", true);
    CHECK(out.agreement < 0.4 && out.back < 0.6);
}

int main(void)
{
    RUN(unit_keeps_the_place);
    RUN(unit_needs_common_parts);
    RUN(unit_needs_the_cycle);
    RUN(combogan_keeps_the_place);
    RUN(combogan_needs_common_parts);
    RUN(combogan_needs_the_cycle);
    return test_report();
}
