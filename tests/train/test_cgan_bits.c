/* test_cgan_bits.c: conditional trainings have the same bits for any number of threads, on any
 * tier, interrupted or not, and after steps that failed. */
#include "bits.h"
#include "cgan_game.h"

/* ---- the same bits ---- */

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
enum { RUNS = sizeof runs / sizeof runs[0] };

static int run; /* of them, which is made */

static void set_data(gan_trainer *trainer)
{
    const game t = {.context = context, .trainer = trainer};
    set_tensors(&t, 0);
}

static gan_trainer *make(const char *spec)
{
    game t = {.context = context};
    must(gan_trainer_create(&t.trainer, context, spec));
    set_models(&t, G("3"), runs[run].d);
    set_data(t.trainer);
    return t.trainer;
}

static const bits_training training = {make, set_data, 5};

TEST(interrupted_anywhere)
{
    for (run = 0; run < RUNS; run++) bits_resumed(&training, runs[run].spec);
}

TEST(threads_and_tiers)
{
    for (run = 0; run < RUNS; run++) bits_everywhere(&training, runs[run].spec);
}

/* ---- steps that fail ---- */

static gan_tensor *bytes_of(const game *t)
{
    return bits_after(t->trainer, gan_trainer_steps(t->trainer));
}

static void check_same(gan_tensor *a, gan_tensor *b)
{
    CHECK(bits_equal(a, b));
    gan_tensor_release(a);
    gan_tensor_release(b);
}

static void feed_pairs(const game *t, int64_t channels)
{
    feed(t, "real.image", images(t, BATCH, 2));
    feed(t, channels ? "real.vector" : "real.label", conditions(t, BATCH, channels, 2));
    feed(t, "mismatched.image", images(t, BATCH, 3));
}

/* Twice, and nothing is to be seen of it. */
static void fail(const game *t, gan_status status, const char *message)
{
    gan_tensor *before = bytes_of(t);
    for (int i = 0; i < 2; i++) {
        CHECK_STATUS(gan_trainer_step(t->trainer), status);
        if (message) CHECK_TEXT(gan_context_message(t->context), message);
    }
    check_same(before, bytes_of(t));
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
            check_same(bytes_of(&whole), bytes_of(&broken));
        }
        close_game(&whole);
        close_game(&broken);
    }
}

/* Each allocation of a first step, and of a sheet with a row for each class. */
TEST(without_memory)
{
    game whole, broken;
    gan_status status = GAN_E_MEMORY;
    gan_tensor *sheet = NULL;
    open_game(&whole, "threads=1 seed=4", runs[0].spec, G("3"), runs[0].d);
    open_game(&broken, "threads=1 seed=4", runs[0].spec, G("3"), runs[0].d);
    set_tensors(&whole, 0);
    set_tensors(&broken, 0);
    for (long long n = 1; status == GAN_E_MEMORY && n < 10000; n++) {
        broken.fault.fail_at = broken.fault.allocations + n;
        status = gan_trainer_step(broken.trainer);
        broken.fault.fail_at = 0;
    }
    CHECK_OK(status);
    steps(&whole, 1);
    check_same(bytes_of(&whole), bytes_of(&broken));
    status = GAN_E_MEMORY;
    for (long long n = 1; status == GAN_E_MEMORY && n < 10000; n++) {
        broken.fault.fail_at = broken.fault.allocations + n;
        status = gan_trainer_show(&sheet, NULL, broken.trainer, "noise", 7, GAN_MODEL_AVERAGED);
        broken.fault.fail_at = 0;
    }
    CHECK_OK(status);
    gan_tensor_release(sheet);
    check_same(bytes_of(&whole), bytes_of(&broken));
    close_game(&whole);
    close_game(&broken);
}

int main(void)
{
    rig_open(1, "cgan_bits");
    RUN(interrupted_anywhere);
    RUN(threads_and_tiers);
    RUN(a_failed_step_was_never_made);
    RUN(without_memory);
    return rig_close();
}
