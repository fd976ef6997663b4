/* test_cgan_bits.c: conditional trainings have the same bits for any number of threads, on any
 * tier, interrupted or not, and after steps that failed. */
#include "cgan_game.h"

#include "base/cpu.h"

#include <stdlib.h>

/* ---- the same bits ---- */

static gan_tensor *saved(const game *t)
{
    gan_tensor *bytes;
    CHECK_OK(gan_trainer_save_memory(&bytes, t->trainer));
    return bytes;
}

static int same(gan_tensor *a, gan_tensor *b)
{
    const int equal = gan_tensor_count(a) == gan_tensor_count(b) &&
                      !memcmp(gan_tensor_data(a), gan_tensor_data(b), (size_t)gan_tensor_count(a));
    gan_tensor_release(b);
    return equal;
}

static const struct {
    const char *spec, *d;
} runs[] = {
    {"cgan batch=4 average=0.9 d_steps=2 instance_noise=0.1", D("3")},
    {"cgan batch=4 loss=hinge",
     "input image 2 3 2; input condition 3; f = flatten from image; d = dropout 0.2;"
     "realness = dense 1; concat from d condition; match = dense 1; output realness match"},
    {"cgan batch=4 reuse=yes mismatch=0.5 fake=0.5",
     "input image 2 3 2; input condition 3; f = dense 8 spectral=yes from image; c = leaky_relu;"
     "concat from c condition; dense 1 spectral=yes"},
};
enum { RUNS = sizeof runs / sizeof runs[0], STEPS = 5 };

/* Interrupted after every step. */
TEST(a_resume_is_no_interruption)
{
    for (int i = 0; i < RUNS; i++) {
        game whole;
        gan_tensor *at[STEPS + 1];
        open_game(&whole, "threads=2 seed=4", runs[i].spec, G("3"), runs[i].d);
        set_tensors(&whole, 0);
        for (int k = 0; k <= STEPS; k++) {
            at[k] = saved(&whole);
            if (k < STEPS) steps(&whole, 1);
        }
        for (int k = 0; k < STEPS; k++) {
            game part = {.context = whole.context};
            CHECK_OK(gan_trainer_load_memory(&part.trainer, whole.context, gan_tensor_data(at[k]),
                                             (size_t)gan_tensor_count(at[k])));
            set_tensors(&part, 0);
            steps(&part, STEPS - k);
            CHECK(same(at[STEPS], saved(&part)));
            gan_trainer_release(part.trainer);
        }
        for (int k = 0; k <= STEPS; k++) gan_tensor_release(at[k]);
        close_game(&whole);
    }
}

TEST(threads_and_tiers)
{
    for (int i = 0; i < RUNS; i++) {
        gan_tensor *first = NULL;
        gan_context *keeper;
        CHECK_OK(gan_context_create(&keeper, NULL, NULL, NULL, 0));
        for (int tier = 0; tier <= (int)gan__cpu_tier(); tier++) {
            game t;
            char context[32];
            setenv("GAN_CPU", gan__tier_name((gan__tier)tier), 1);
            snprintf(context, sizeof context, "threads=%d seed=4", tier + 1);
            open_game(&t, context, runs[i].spec, G("3"), runs[i].d);
            unsetenv("GAN_CPU");
            set_callback(&t);
            steps(&t, STEPS);
            gan_tensor *bytes = saved(&t);
            if (!first) {
                CHECK_OK(gan_tensor_create(&first, keeper, GAN_UINT8, 1,
                                           (const int64_t[]){gan_tensor_count(bytes)}));
                memcpy(gan_tensor_data(first), gan_tensor_data(bytes),
                       (size_t)gan_tensor_count(bytes));
            }
            CHECK(same(first, bytes));
            close_game(&t);
        }
        gan_tensor_release(first);
        gan_context_release(keeper);
    }
}

/* ---- steps that fail ---- */

static void feed_pairs(const game *t, int64_t channels)
{
    feed(t, "real.image", images(t, BATCH, 2));
    feed(t, channels ? "real.vector" : "real.label", conditions(t, BATCH, channels, 2));
    feed(t, "mismatched.image", images(t, BATCH, 3));
}

/* Twice, and nothing is to be seen of it. */
static void fail(const game *t, gan_status status, const char *message)
{
    gan_tensor *before = saved(t);
    for (int i = 0; i < 2; i++) {
        CHECK_STATUS(gan_trainer_step(t->trainer), status);
        if (message) CHECK_TEXT(gan_context_message(t->context), message);
    }
    CHECK(same(before, saved(t)));
    gan_tensor_release(before);
}

static void fail_in_all_ways(game *t)
{
    feed_pairs(t, 0);
    ((float *)gan_tensor_data(t->trainer->feeds[1].fields[0].fed))[5] = NAN;
    fail(t, GAN_E_DIVERGED, NULL);
    feed_pairs(t, 0);
    ((int64_t *)gan_tensor_data(t->trainer->feeds[0].fields[1].fed))[1] = 3;
    fail(t, GAN_E_ARGUMENT, NULL);
    feed_pairs(t, 0);
    feed(t, "mismatched", images(t, 3, 0));
    fail(t, GAN_E_SHAPE, "cgan: 'mismatched' was fed 3 samples, the step has 4");
    feed(t, "mismatched", images(t, BATCH, 3));
    feed(t, "condition.generator", conditions(t, BATCH - 1, 0, 3));
    fail(t, GAN_E_SHAPE, "cgan: 'condition.generator' was fed 3 samples, the step has 4");
    feed(t, "condition.generator", conditions(t, BATCH, 2, 3));
    fail(t, GAN_E_SHAPE,
         "cgan: 'condition.generator' was fed 1x1x2, its networks have conditions of 1x1x3");
    static const char *const names[] = {"real.image", "real.label", "mismatched",
                                        "condition.generator"};
    for (int i = 0; i < 4; i++) CHECK_OK(gan_trainer_feed(t->trainer, names[i], NULL));
    atomic_store(&t->stops, 1);
    while (gan_trainer_step(t->trainer) == GAN_OK) {}
    fail(t, GAN_E_CANCELLED, NULL);
    atomic_store(&t->stops, 0);
}

TEST(a_failed_step_was_never_made)
{
    for (int i = 0; i < RUNS - 1; i++) { /* the last does not draw conditions twice */
        game whole, broken;
        open_game(&whole, "threads=1 seed=4", runs[i].spec, G("3"), runs[i].d);
        open_game(&broken, "threads=1 seed=4", runs[i].spec, G("3"), runs[i].d);
        set_callback(&whole);
        set_callback(&broken);
        for (int k = 0; k < 2; k++) {
            fail_in_all_ways(&broken);
            steps(&broken, 1);
            steps(&whole,
                  (int)(gan_trainer_steps(broken.trainer) - gan_trainer_steps(whole.trainer)));
            gan_tensor *bytes = saved(&whole);
            CHECK(same(bytes, saved(&broken)));
            gan_tensor_release(bytes);
        }
        close_game(&whole);
        close_game(&broken);
    }
}

int main(void)
{
    RUN(a_resume_is_no_interruption);
    RUN(threads_and_tiers);
    RUN(a_failed_step_was_never_made);
    return test_report();
}
