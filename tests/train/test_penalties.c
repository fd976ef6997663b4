/* test_penalties.c: penalties, relative scores, packs and augmented samples: the same bits for any
 * number of threads, on any tier, interrupted or not, and after steps that failed; what is refused.
 */
#include "bits.h"
#include "fault.h"

#include "train/trainer.h"

#include <math.h>

enum { EXAMPLES = 23, SIDE = 6, CHANNELS = 3 };

static const char g_text[] = "input 5; dense 6*6*3; tanh; reshape 6 6 3";
#define D(channels, norm)                                                   \
    "input 6 6 " channels "; conv2d 4 kernel=4 stride=2 pad=1; silu; " norm \
    "; conv2d 6 kernel=3; tanh; dropout 0.2; dense 1"

static const struct {
    const char *spec, *d;
} runs[] = {
    {"gan batch=4 loss=wgan_gp d_steps=2", D("3", "instancenorm")},
    {"gan batch=3 penalty=dragan penalty_every=2 average=0.9", D("3", "groupnorm 2")},
    {"gan batch=4 penalty=r1 reuse=yes instance_noise=0.1", "input 6 6 3; dense 8 spectral=yes;"
                                                            "silu; dense 1 spectral=yes"},
    {"gan batch=2 penalty=r2 pack=2 augment=flip,translate,colour,cutout", D("6", "groupnorm 4")},
    {"gan batch=4 relativistic=yes augment=colour,cutout", D("3", "batchnorm")},
    {"gan batch=2 pack=3 loss=hinge relativistic=yes", D("9", "batchnorm")},
};
enum { RUNS = sizeof runs / sizeof runs[0] };

static int run; /* of them, which is made */

static void set_data(gan_trainer *t)
{
    const char *const name = "image";
    gan_tensor *x;
    gan_dataset *data;
    must(gan_tensor_create(&x, context, GAN_FLOAT32, 4,
                           (const int64_t[]){EXAMPLES, SIDE, SIDE, CHANNELS}));
    for (int64_t i = 0; i < gan_tensor_count(x); i++)
        ((float *)gan_tensor_data(x))[i] = (float)(i * i % 113) / 56.5f - 1;
    must(gan_dataset_from_tensors(&data, context, &name, &x, 1));
    must(gan_trainer_set_data(t, "real", data));
    gan_dataset_release(data);
    gan_tensor_release(x);
}

static gan_trainer *make_with(const char *spec, const char *d_text)
{
    gan_model *g, *d;
    must(gan_model_parse(&g, context, g_text));
    must(gan_model_parse(&d, context, d_text));
    gan_trainer *t = make_trainer(spec, g, d);
    gan_model_release(g);
    gan_model_release(d);
    set_data(t);
    return t;
}

static gan_trainer *make(const char *spec)
{
    return make_with(spec, runs[run].d);
}

static const bits_training training = {make, set_data, 4};

TEST(interrupted_anywhere)
{
    for (run = 0; run < RUNS; run++) bits_resumed(&training, runs[run].spec);
}

TEST(threads_and_tiers)
{
    for (run = 0; run < RUNS; run++) bits_everywhere(&training, runs[run].spec);
}

/* ---- steps that fail ---- */

static gan_tensor *bytes_of(gan_trainer *t)
{
    return bits_after(t, gan_trainer_steps(t));
}

static void check_same(gan_tensor *a, gan_tensor *b)
{
    CHECK(bits_equal(a, b));
    gan_tensor_release(a);
    gan_tensor_release(b);
}

/* Each allocation of a first step fails once; later steps make none. */
TEST(without_memory)
{
    gan_context *const own = context;
    for (run = 0; run < RUNS; run++) {
        fault_host fault = {0};
        const gan_host host = fault_make(&fault);
        gan_status status = GAN_E_MEMORY;
        must(gan_context_create(&context, "threads=1 seed=4", &host, NULL, 0));
        gan_trainer *broken = make(runs[run].spec);
        for (long long n = 1; status == GAN_E_MEMORY && n < 10000; n++) {
            fault.fail_at = fault.allocations + n;
            status = gan_trainer_step(broken);
            fault.fail_at = 0;
        }
        must(status);
        must(gan_trainer_step(broken));
        const long long before = fault.allocations;
        must(gan_trainer_run(broken, 3, NULL, NULL));
        if (!CHECK_INT(fault.allocations, before)) printf("    %s\n", runs[run].spec);
        gan_trainer_release(broken);
        gan_context_release(context);
        CHECK_INT(fault.live, 0);
    }
    context = own;
}

/* A picture that is none, and what the penalty draws where it is fed in another shape. */
TEST(a_failed_step_was_never_made)
{
    const int64_t picture[4] = {4, SIDE, SIDE, CHANNELS}, wrong[2] = {4, 2}, few[2] = {3, 1};
    run = 0;
    gan_trainer *whole = make(runs[run].spec), *broken = make(runs[run].spec);
    /* The second trainer of a context has another seed: it is the first one's, made again. */
    gan_tensor *start = bytes_of(whole), *x, *e;
    gan_trainer_release(broken);
    must(gan_trainer_load_memory(&broken, context, gan_tensor_data(start),
                                 (size_t)gan_tensor_count(start)));
    set_data(broken);
    must(gan_tensor_create(&x, context, GAN_FLOAT32, 4, picture));
    for (int64_t i = 0; i < gan_tensor_count(x); i++) ((float *)gan_tensor_data(x))[i] = 0.5f;
    ((float *)gan_tensor_data(x))[7] = INFINITY;
    must(gan_trainer_feed(broken, "real", x));
    CHECK_STATUS(gan_trainer_step(broken), GAN_E_DIVERGED);
    must(gan_trainer_feed(broken, "real", NULL));
    must(gan_tensor_create(&e, context, GAN_FLOAT32, 2, wrong));
    must(gan_trainer_feed(broken, "epsilon", e));
    CHECK_STATUS(gan_trainer_step(broken), GAN_E_SHAPE);
    CHECK_TEXT(gan_context_message(context), "gan: 'epsilon' was fed 1x1x2, the penalty has 1x1x1");
    gan_tensor_release(e);
    must(gan_tensor_create(&e, context, GAN_FLOAT32, 2, few));
    must(gan_trainer_feed(broken, "epsilon", e));
    CHECK_STATUS(gan_trainer_step(broken), GAN_E_SHAPE);
    CHECK_TEXT(gan_context_message(context), "gan: 'epsilon' was fed 3 samples, the step has 4");
    must(gan_trainer_feed(broken, "epsilon", NULL));
    check_same(start, bytes_of(broken));
    must(gan_trainer_run(whole, 2, NULL, NULL));
    must(gan_trainer_run(broken, 2, NULL, NULL));
    check_same(bytes_of(whole), bytes_of(broken));
    gan_tensor_release(x);
    gan_tensor_release(e);
    gan_trainer_release(whole);
    gan_trainer_release(broken);
}

/* ---- what is refused ---- */

/* Before the first step, and as long as it is asked for a penalty. */
TEST(layers_that_couple_samples)
{
    static const char *const names[] = {"batchnorm", "minibatch_stddev"};
    static const char *const why[] = {
        "gan: penalty=r1: the discriminator: gan_tape_tangent: layer 2 (batchnorm) has no tangent: "
        "it couples the samples of a batch; use instancenorm, groupnorm or layernorm",
        "minibatch_stddev has no tangent: it couples the samples of a batch"};
    for (int i = 0; i < 2; i++) {
        char d[256];
        snprintf(d, sizeof d, "input 6 6 3; conv2d 4 kernel=4 stride=2 pad=1; silu; %s; dense 1",
                 names[i]);
        gan_trainer *t = make_with("gan batch=4 penalty=r1", d);
        CHECK_STATUS(gan_trainer_check(t), GAN_E_UNSUPPORTED);
        const char *message = gan_context_message(context);
        if (!CHECK(strstr(message, names[i]) && strstr(message, "couples the samples") &&
                   strstr(message, "gan: penalty=r1: the discriminator")))
            printf("    %s\n    %s\n", message, why[i]);
        CHECK_STATUS(gan_trainer_step(t), GAN_E_UNSUPPORTED);
        gan_trainer_release(t);
        t = make_with("gan batch=4", d);
        must(gan_trainer_check(t));
        gan_trainer_release(t);
    }
}

TEST(options_that_do_not_go_together)
{
    static const char *const cases[][2] = {
        {"gan penalty_weight=3", "gan: penalty_weight=3 without a penalty"},
        {"gan penalty_every=4", "gan: penalty_every=4 without a penalty"},
        {"gan loss=wgan_gp penalty=r1",
         "gan: penalty=r1 with loss=wgan_gp, which is loss=wgan penalty=wgan_gp: loss=wgan goes "
         "with any penalty"},
        {"gan loss=wgan_gp penalty=none",
         "gan: penalty=none with loss=wgan_gp, which is loss=wgan penalty=wgan_gp: loss=wgan goes "
         "with any penalty"},
        {"gan loss=wgan_gp clip=1", "gan: clip=1 with loss=wgan_gp: only loss=wgan cuts the "
                                    "discriminator's parameters"},
        {"gan loss=wgan relativistic=yes",
         "gan: relativistic=yes with loss=wgan: it goes with loss=non_saturating, lsgan or hinge"},
        {"gan loss=minimax relativistic=yes",
         "gan: relativistic=yes with loss=minimax: it goes with loss=non_saturating, lsgan or "
         "hinge"},
        {"gan augment=flip,rotate", "gan: augment=flip,rotate: 'rotate' is not another one of "
                                    "flip, translate, colour and cutout"},
        {"gan augment=flip,flip", "gan: augment=flip,flip: 'flip' is not another one of flip, "
                                  "translate, colour and cutout"},
        {"cyclegan loss=wgan_gp", "cyclegan: loss=wgan_gp asks for discriminators whose slope is "
                                  "bounded, as the trainer 'gan' does and this one does not"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        gan_trainer *t;
        CHECK_STATUS(gan_trainer_create(&t, context, cases[i][0]), GAN_E_TEXT);
        CHECK_TEXT(gan_context_message(context), cases[i][1]);
    }
}

TEST(packs_are_whole)
{
    const int64_t shape[4] = {5, SIDE, SIDE, CHANNELS};
    gan_trainer *t = make_with("gan batch=2 pack=3", D("9", "batchnorm"));
    gan_tensor *x;
    must(gan_tensor_create(&x, context, GAN_FLOAT32, 4, shape));
    memset(gan_tensor_data(x), 0, (size_t)gan_tensor_count(x) * sizeof(float));
    must(gan_trainer_feed(t, "real", x));
    CHECK_STATUS(gan_trainer_step(t), GAN_E_SHAPE);
    CHECK_TEXT(gan_context_message(context),
               "gan: 5 samples with pack=3: they are no whole number of packs");
    gan_tensor_release(x);
    gan_trainer_release(t);
    t = make_with("gan batch=2 pack=2", D("9", "batchnorm"));
    CHECK_STATUS(gan_trainer_step(t), GAN_E_SHAPE);
    CHECK_TEXT(gan_context_message(context),
               "gan: the discriminator takes 2 pictures side by side, so its channels, 9, must be "
               "a multiple of that");
    gan_trainer_release(t);
}

/* ---- what is told ---- */

static double value_or_nan(const gan_trainer *t, const char *name)
{
    double value = NAN;
    (void)gan_trainer_value(t, name, &value);
    return value;
}

/* In steps without one it is what it was. */
TEST(only_every_so_many_steps)
{
    gan_trainer *t = make_with("gan batch=3 penalty=r1 penalty_every=3", D("3", "groupnorm 2"));
    double told[7], norms[7];
    for (int i = 0; i < 7; i++) {
        must(gan_trainer_step(t));
        told[i] = value_or_nan(t, "penalty");
        norms[i] = value_or_nan(t, "penalty.norm");
    }
    for (int i = 1; i < 7; i++) CHECK((told[i] == told[i - 1]) == (i % 3 != 0));
    for (int i = 0; i < 7; i++) CHECK(norms[i] > 0 && norms[i] * norms[i] <= told[i] * 1.0001);
    gan_trainer_release(t);
    t = make_with("gan batch=3", D("3", "groupnorm 2"));
    CHECK(isnan(value_or_nan(t, "penalty")));
    gan_trainer_release(t);
}

/* Epsilon is of the real samples of its own domain, however many the other one has. */
TEST(epsilon_of_unlike_batches)
{
    static const char *const roles[4] = {"xy", "yx", "discriminator_x", "discriminator_y"};
    static const char *const feeds[4] = {"x", "y", "epsilon.x", "epsilon.y"};
    static const int64_t counts[4] = {3, 5, 3, 5};
    gan_trainer *t;
    must(gan_trainer_create(&t, context, "dualgan loss=wgan penalty=dragan d_steps=1"));
    for (int i = 0; i < 4; i++) {
        gan_model *model;
        gan_tensor *fed;
        must(gan_model_parse(&model, context,
                             i < 2 ? "input 4 4 1; conv2d 1 kernel=1; tanh"
                                   : "input 4 4 1; conv2d 4 kernel=2 stride=2; silu; dense 1"));
        must(gan_trainer_set_model(t, roles[i], model));
        gan_model_release(model);
        must(gan_tensor_create(&fed, context, GAN_FLOAT32, 4, (int64_t[]){counts[i], 4, 4, 1}));
        for (int64_t k = 0; k < 16 * counts[i]; k++)
            ((float *)gan_tensor_data(fed))[k] = (float)(k * 7 % 11) / 11;
        must(gan_trainer_feed(t, feeds[i], fed));
        gan_tensor_release(fed);
    }
    must(gan_trainer_step(t));
    gan_trainer_release(t);
}

int main(void)
{
    rig_open(4, "penalties.safetensors");
    RUN(interrupted_anywhere);
    RUN(threads_and_tiers);
    RUN(without_memory);
    RUN(a_failed_step_was_never_made);
    RUN(layers_that_couple_samples);
    RUN(options_that_do_not_go_together);
    RUN(packs_are_whole);
    RUN(only_every_so_many_steps);
    RUN(epsilon_of_unlike_batches);
    return rig_close();
}
