/* test_learning_cogan.c: a short training of coupled generators on bars and on negatives of bars,
 * no pairs: what one noise makes in both has its bar in one place, and classes that were learnt of
 * the bars alone tell the negatives. Without the common parts the same training does neither. */
#include "bars.h"

enum { STEPS = 1000 };

static const char *const names[] = {"trunk", "tail", "judge", "classifier"};
static const char *const parts[] = {"input 8; dense 32; leaky_relu 0.2; dense 128; reshape 8 8 2",
                                    "input 8 8 8; dense 48; leaky_relu 0.2", "input 48; dense 1",
                                    "input 48; dense 8"};
static const char *const networks[] = {
    "generator", "input 8; part trunk; conv2d 1 kernel=1; tanh", "discriminator",
    "input 8 8 1; conv2d 8 kernel=1; leaky_relu 0.2; f = part tail; score = part judge from f"
    "\nclasses = part classifier from f; output score classes f",
    NULL};

typedef struct outcome {
    double agreement;  /* share of pairs whose bars are in one place */
    double unlikeness; /* of the worse domain: mean |d| between what is made and a bar */
    int places;        /* where bars are made, in the domain that has fewer */
    double told;       /* share of negatives whose place the classes tell */
} outcome;

static void look_at_pairs(gan_trainer *t, outcome *out)
{
    bool seen[2][SIDE] = {{false}};
    double off, sums[2] = {0, 0};
    gan_tensor *z, *made[2];
    must(gan_tensor_create(&z, bars_context, GAN_FLOAT32, 4, (const int64_t[]){HELD_OUT, 1, 1, 8}));
    for (int i = 0; i < HELD_OUT * 8; i++) {
        const double radius = sqrt(-2 * log(bars_uniform() + 1e-9));
        ((float *)gan_tensor_data(z))[i] = (float)(radius * cos(6.283185307 * bars_uniform()));
    }
    for (int d = 0; d < 2; d++) made[d] = bars_run(t, d ? "noise > y" : "noise > x", z, 0);
    for (int i = 0; i < HELD_OUT; i++) {
        int places[2];
        for (int d = 0; d < 2; d++) {
            const float *picture = (const float *)gan_tensor_data(made[d]) + i * PIXELS;
            places[d] = bars_place(picture, d == 1, &off);
            seen[d][places[d]] = true;
            sums[d] += off / HELD_OUT;
        }
        out->agreement += places[0] == places[1] ? 1.0 / HELD_OUT : 0;
    }
    out->unlikeness = fmax(sums[0], sums[1]);
    out->places = SIDE;
    for (int d = 0; d < 2; d++) {
        int count = 0;
        for (int x = 0; x < SIDE; x++) count += seen[d][x];
        if (count < out->places) out->places = count;
        gan_tensor_release(made[d]);
    }
    gan_tensor_release(z);
}

static void look_at_classes(gan_trainer *t, outcome *out)
{
    int64_t places[HELD_OUT];
    gan_tensor *y = bars_make(HELD_OUT, true, places), *classes = bars_run(t, "y > score", y, 1);
    const float *row = gan_tensor_data(classes);
    for (int i = 0; i < HELD_OUT; i++, row += SIDE) {
        int best = 0;
        for (int c = 1; c < SIDE; c++)
            if (row[c] > row[best]) best = c;
        out->told += best == places[i] ? 1.0 / HELD_OUT : 0;
    }
    gan_tensor_release(y);
    gan_tensor_release(classes);
}

static outcome train(const char *spec, bool common, int64_t steps)
{
    outcome out = {.agreement = 0};
    gan_trainer *t;
    bars_state = 1;
    must(gan_context_create(&bars_context, "threads=1 seed=7", NULL, NULL, 0));
    must(gan_trainer_create(&t, bars_context, spec));
    bars_networks(t, networks, names, parts, 4, common);
    bars_feed(t);
    must(gan_trainer_set_optimizer(t, "generators", "adam lr=1e-3 beta1=0.5"));
    must(gan_trainer_set_optimizer(t, "discriminators", "adam lr=1e-3 beta1=0.5"));
    must(gan_trainer_run(t, steps, NULL, NULL));
    look_at_pairs(t, &out);
    look_at_classes(t, &out);
    printf("    pairs agree %.2f, unlike by %.2f, %d places; classes of y %.2f\n", out.agreement,
           out.unlikeness, out.places, out.told);
    gan_trainer_release(t);
    gan_context_release(bars_context);
    return out;
}

TEST(pairs_are_of_one_thing)
{
    const outcome out = train("cogan batch=32 labelled=x", true, STEPS);
    CHECK(out.agreement > 0.9 && out.unlikeness < 0.3 && out.places >= 6);
    CHECK(out.told > 0.8);
}

/* They make bars, which have nothing in common. */
TEST(without_common_parts_they_are_not)
{
    const outcome out = train("cogan batch=32 labelled=x", false, STEPS);
    CHECK(out.agreement < 0.4 && out.unlikeness < 0.6);
    CHECK(out.told < 0.4);
}

TEST(untrained_is_bad)
{
    const outcome out = train("cogan batch=32 labelled=x", true, 1);
    CHECK(out.unlikeness > 0.3 && out.told < 0.4);
}

int main(void)
{
    RUN(pairs_are_of_one_thing);
    RUN(without_common_parts_they_are_not);
    RUN(untrained_is_bad);
    return test_report();
}
