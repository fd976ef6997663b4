/* test_verdicts.c: what kinds of warnings say of samples and values that are made here. */
#include "test.h"

#include <math.h>

#include "train/warnings.h"

/* ---- what counts as alike ---- */

enum { SAMPLES = 16, PLACES = 8 };

static int draw(uint64_t *state, int below)
{
    *state = *state * 6364136223846793005U + 1442695040888963407U;
    return (int)((*state >> 33) % (uint64_t)below);
}

/* The verdict on samples at so many of the places that the data has, all as far from each other and
 * met equally often; `bound`: there are four conditions, which take turns, and of each is a place.
 */
static gan__verdict verdict_on(int places, int samples, bool bound, int64_t steps,
                               double figures[2])
{
    static const gan__warning warning = {.kind = &gan__warning_collapse};
    double known[GAN__WARNING_KNOWS] = {0};
    uint64_t state = 1;
    gan__verdict verdict = GAN__LOOKS;
    gan_trainer t = {.steps = 0};
    for (; t.steps < steps; t.steps++) {
        float made[SAMPLES][PLACES] = {{0}}, real[SAMPLES][PLACES] = {{0}}, condition[SAMPLES];
        for (int i = 0; i < samples; i++) {
            condition[i] = (float)(i % 4);
            real[i][draw(&state, PLACES)] = 1;
            made[i][bound ? i % 4 : draw(&state, places)] = 1;
        }
        const gan__specimens specimens = {samples, PLACES, bound, made[0], real[0], condition};
        if (t.steps % GAN__WARNING_SAMPLES == 0) gan__warning_collapse.take(known, &specimens);
        const gan__verdict now = gan__warning_collapse.look(&t, &warning, known, figures);
        if (now != GAN__LOOKS) verdict = now;
    }
    return verdict;
}

TEST(modes_are_counted)
{
    double figures[2];
    for (int places = 8; places > 2; places--) {
        CHECK_INT(verdict_on(places, SAMPLES, false, 1000, figures), GAN__GONE);
        CHECK(fabs(figures[0] - 1.0 / places) < 0.06 && fabs(figures[1] - 0.125) < 0.06);
    }
    CHECK_INT(verdict_on(1, SAMPLES, false, 1000, figures), GAN__UNCLEAR); /* it may just begin */
    CHECK_INT(verdict_on(1, SAMPLES, false, 5400, figures), GAN__SEEN);
    CHECK(figures[0] == 1);
}

/* Of one condition all are alike, though they differ on the whole. */
TEST(conditions_are_told_apart)
{
    double figures[2];
    CHECK_INT(verdict_on(8, SAMPLES, true, 1000, figures), GAN__SEEN);
    CHECK(figures[0] == 1 && figures[1] < 0.2);
}

TEST(few_samples)
{
    double figures[2];
    CHECK_INT(verdict_on(8, 1, false, 2000, figures), GAN__LOOKS); /* no pairs */
    CHECK_INT(verdict_on(8, 2, false, 400, figures), GAN__LOOKS);  /* not enough of them */
    CHECK_INT(verdict_on(8, 2, false, 600, figures), GAN__GONE);
}

/* The verdict at the end of blocks in each of which so large a share of samples is at one place. */
static gan__verdict verdict_after(double real_share, const double *made_shares, int blocks)
{
    static const gan__warning warning = {.kind = &gan__warning_collapse};
    double known[GAN__WARNING_KNOWS] = {0}, figures[2];
    uint64_t state = 1;
    gan__verdict verdict = GAN__LOOKS;
    gan_trainer t = {.steps = 10000};
    for (int step = 0; step < blocks * GAN__WARNING_BLOCK; step++, t.steps++) {
        float made[SAMPLES][PLACES] = {{0}}, real[SAMPLES][PLACES] = {{0}};
        const double share = made_shares[step / GAN__WARNING_BLOCK];
        for (int i = 0; i < SAMPLES; i++) {
            made[i][draw(&state, 1000) < 1000 * share ? 0 : 1 + draw(&state, PLACES - 1)] = 1;
            real[i][draw(&state, 1000) < 1000 * real_share ? 0 : 1 + draw(&state, PLACES - 1)] = 1;
        }
        const gan__specimens specimens = {SAMPLES, PLACES, 0, made[0], real[0], NULL};
        if (t.steps % GAN__WARNING_SAMPLES == 0) gan__warning_collapse.take(known, &specimens);
        const gan__verdict now = gan__warning_collapse.look(&t, &warning, known, figures);
        if (now != GAN__LOOKS) verdict = now;
    }
    return verdict;
}

/* Data that is alike itself is no measure; nor are samples that are less alike each time. */
TEST(alike_as_the_data_or_ever_less)
{
    static const double all[] = {1, 1, 1}, falling[] = {1, 0.92, 0.84};
    CHECK_INT(verdict_after(0, all, 3), GAN__SEEN);
    CHECK_INT(verdict_after(0.8, all, 3), GAN__UNCLEAR);
    CHECK_INT(verdict_after(0, falling, 3), GAN__UNCLEAR);
}

enum { ELEMENTS = 100 };

/* The verdict on samples of which so many elements have a value, else 0; of the data 1. */
static gan__verdict saturation_of(int made_count, float value, int real_count)
{
    double known[GAN__WARNING_KNOWS] = {0}, figures[2];
    float made[ELEMENTS] = {0}, real[ELEMENTS] = {0};
    gan__verdict verdict = GAN__LOOKS;
    for (int i = 0; i < made_count; i++) made[i] = value;
    for (int i = 0; i < real_count; i++) real[i] = 1;
    const gan__specimens specimens = {1, ELEMENTS, 0, made, real, NULL};
    for (int step = 0; step < GAN__WARNING_BLOCK; step++) {
        if (step % GAN__WARNING_SAMPLES == 0) gan__warning_saturation.take(known, &specimens);
        verdict = gan__warning_saturation.look(NULL, NULL, known, figures);
    }
    return verdict;
}

TEST(saturation_is_beside_the_data)
{
    CHECK_INT(saturation_of(98, 0.999F, 50), GAN__SEEN);
    CHECK_INT(saturation_of(98, 1.001F, 50), GAN__UNCLEAR); /* there is no limit */
    CHECK_INT(saturation_of(97, 0.999F, 95), GAN__GONE);    /* the data has such a ground */
    CHECK_INT(saturation_of(98, 0.98F, 50), GAN__GONE);
}

TEST(victory_is_over_both)
{
    static const gan__warning warning = {.kind = &gan__warning_victory, .values = {0, 1}};
    static const struct {
        double told[2];
        gan__verdict verdict;
    } cases[] = {{{1, 1}, GAN__SEEN},
                 {{1, 0.9}, GAN__GONE},
                 {{0.9, 1}, GAN__GONE},
                 {{1, 0.99}, GAN__UNCLEAR}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double known[GAN__WARNING_KNOWS] = {0}, figures[2], told[2];
        memcpy(told, cases[i].told, sizeof told);
        const gan_trainer t = {.values = told};
        gan__verdict verdict = GAN__LOOKS;
        for (int step = 0; step < GAN__WARNING_BLOCK; step++)
            verdict = gan__warning_victory.look(&t, &warning, known, figures);
        CHECK_INT(verdict, cases[i].verdict);
    }
}

int main(void)
{
    RUN(modes_are_counted);
    RUN(conditions_are_told_apart);
    RUN(few_samples);
    RUN(alike_as_the_data_or_ever_less);
    RUN(saturation_is_beside_the_data);
    RUN(victory_is_over_both);
    return test_report();
}
