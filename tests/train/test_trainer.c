/* test_trainer.c: what every trainer promises, shown on the gan trainer: equal bits for any number
 * of threads, tier and interruption; a step that fails changes nothing; no allocation after the
 * first step; clear errors. */
#include "test.h"

#include <gan/gan.h>

#include "base/memory.h"
#include "base/stream.h"
#include "train/trainer.h"

#include <math.h>
#include <stdlib.h>

enum { BATCH = 8 };

/* A sanitizer makes the generic tier some ten times slower, and looks for other things than bits.
 */
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
enum { TIER_STEPS = 3, FAULT_STRIDE = 97 };
#else
enum { TIER_STEPS = 50, FAULT_STRIDE = 7 };
#endif

/* A small net of either side with most kinds of state: running statistics, u and v, dropout, noise.
 */
static const char g_text[] = "default conv_transpose2d kernel=4 stride=2 pad=1\n"
                             "input 12; dense 3*3*16; reshape 3 3 16; batchnorm; relu\n"
                             "conv_transpose2d 8 bias=no; batchnorm; prelu\n"
                             "residual { conv2d 8 pad=reflect:1; instancenorm affine=yes; silu; "
                             "conv2d 8 pad=1; groupnorm 2 }\n"
                             "upsample 2; conv2d 6 pad=1; layernorm; gelu; conv2d 2 pad=1; tanh";
static const char d_text[] =
    "input 12 12 2; noise 0.05; conv2d 8 kernel=4 stride=2 pad=1; leaky_relu 0.2\n"
    "conv2d 12 kernel=3 stride=2 pad=1; batchnorm; leaky_relu 0.2; dropout 0.2\n"
    "minibatch_stddev; flatten; dense 8; elu; dense 1";
static const char spectral_text[] =
    "input 12 12 2; conv2d 8 kernel=4 stride=2 pad=1 spectral=yes; leaky_relu 0.2\n"
    "maxpool 2; pixel_shuffle 2; avgpool 2; global_avgpool; dense 1 spectral=yes";

typedef struct fixture {
    gan_context *context;
    gan_model *g, *d;
    gan_dataset *data;
    gan_trainer *trainer;
    long allocations, fail_at; /* counted from 1; 0: none fails */
} fixture;

static void *count_allocate(void *user, size_t size, size_t alignment)
{
    fixture *f = user;
    if (++f->allocations == f->fail_at) return NULL;
    return aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}

static void count_free(void *user, void *memory)
{
    (void)user;
    free(memory);
}

static gan_dataset *make_data(gan_context *context)
{
    const int64_t shape[4] = {50, 12, 12, 2};
    const char *field = "image";
    gan_tensor *pictures;
    gan_dataset *data;
    float *p;
    CHECK_OK(gan_tensor_create(&pictures, context, GAN_FLOAT32, 4, shape));
    p = gan_tensor_data(pictures);
    for (int i = 0; i < 50 * 288; i++) p[i] = (float)((i * 7919) % 201) / 100.0F - 1;
    CHECK_OK(gan_dataset_from_tensors(&data, context, &field, &pictures, 1));
    gan_tensor_release(pictures);
    return data;
}

static void open_context(fixture *f, int threads)
{
    gan_host host = {
        .size = sizeof host, .user = f, .allocate = count_allocate, .deallocate = count_free};
    char spec[64], message[256];
    snprintf(spec, sizeof spec, "threads=%d seed=11", threads);
    CHECK_OK(gan_context_create(&f->context, spec, &host, message, sizeof message));
}

static void open_fixture(fixture *f, const char *spec, const char *d, int threads)
{
    memset(f, 0, sizeof *f);
    open_context(f, threads);
    if (!CHECK_OK(gan_model_parse(&f->g, f->context, g_text)) ||
        !CHECK_OK(gan_model_parse(&f->d, f->context, d))) {
        puts(gan_context_message(f->context));
        exit(1);
    }
    f->data = make_data(f->context);
    CHECK_OK(gan_trainer_create(&f->trainer, f->context, spec));
    CHECK_OK(gan_trainer_set_model(f->trainer, "generator", f->g));
    CHECK_OK(gan_trainer_set_model(f->trainer, "discriminator", f->d));
    CHECK_OK(gan_trainer_set_data(f->trainer, "real", f->data));
}

static void close_fixture(fixture *f)
{
    gan_trainer_release(f->trainer);
    gan_dataset_release(f->data);
    gan_model_release(f->g);
    gan_model_release(f->d);
    gan_context_release(f->context);
}

static void run_steps(fixture *f, int64_t steps)
{
    if (!CHECK_OK(gan_trainer_run(f->trainer, steps, NULL, NULL)))
        puts(gan_context_message(f->context));
}

/* The bytes of a checkpoint: malloced. */
static uint8_t *checkpoint(fixture *f, size_t *size)
{
    uint8_t *bytes = NULL, *copy;
    if (!CHECK_OK(gan_trainer_save(f->trainer, "checkpoint.tmp")) ||
        !CHECK_OK(gan__file_read(f->context, "checkpoint.tmp", &bytes, size))) {
        puts(gan_context_message(f->context));
        exit(1);
    }
    copy = malloc(*size);
    memcpy(copy, bytes, *size);
    gan__free(f->context, bytes);
    remove("checkpoint.tmp");
    return copy;
}

static void check_same(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size)
{
    CHECK_INT(a_size, b_size);
    CHECK(a_size == b_size && !memcmp(a, b, a_size));
}

static const char *const specs[] = {
    "gan batch=8",
    "gan batch=8 average=0.9 reuse=yes smoothing=0.1 instance_noise=0.1 instance_decay=0.9",
    "gan batch=8 loss=minimax noise=uniform",
    "gan batch=8 loss=lsgan d_steps=2",
    "gan batch=8 loss=hinge",
    "gan batch=8 loss=wgan d_steps=3"};
enum { SPEC_COUNT = sizeof specs / sizeof specs[0] };

TEST(resume_has_the_same_bits)
{
    for (int i = 0; i < SPEC_COUNT; i++)
        for (int n = 0; n < 4; n++) {
            fixture whole, part;
            size_t sizes[2];
            uint8_t *bytes[2];
            const char *d = i % 2 ? spectral_text : d_text;
            open_fixture(&whole, specs[i], d, 2);
            run_steps(&whole, 4 + n);
            bytes[0] = checkpoint(&whole, &sizes[0]);
            close_fixture(&whole);

            open_fixture(&part, specs[i], d, 1);
            run_steps(&part, n);
            CHECK_OK(gan_trainer_save(part.trainer, "resume.tmp"));
            close_fixture(&part);

            memset(&part, 0, sizeof part);
            open_context(&part, 3);
            if (!CHECK_OK(gan_trainer_load(&part.trainer, part.context, "resume.tmp"))) {
                puts(gan_context_message(part.context));
                exit(1);
            }
            CHECK_INT(gan_trainer_steps(part.trainer), n);
            part.data = make_data(part.context);
            CHECK_OK(gan_trainer_set_data(part.trainer, "real", part.data));
            run_steps(&part, 4);
            bytes[1] = checkpoint(&part, &sizes[1]);
            check_same(bytes[0], sizes[0], bytes[1], sizes[1]);
            close_fixture(&part);
            free(bytes[0]);
            free(bytes[1]);
        }
    remove("resume.tmp");
}

TEST(threads_and_tiers_have_the_same_bits)
{
    uint8_t *first = NULL;
    size_t first_size = 0;
    gan__tier best = gan__cpu_tier();
    for (int tier = (int)best; tier >= 0; tier--)
        for (int threads = 1; threads <= 3; threads++) {
            fixture f;
            size_t size;
            uint8_t *bytes;
            open_fixture(&f, specs[1], d_text, threads);
            f.context->tier = (gan__tier)tier;
            run_steps(&f, TIER_STEPS);
            bytes = checkpoint(&f, &size);
            if (first) check_same(first, first_size, bytes, size);
            if (!first) {
                first = bytes;
                first_size = size;
            } else
                free(bytes);
            close_fixture(&f);
        }
    free(first);
}

TEST(no_allocation_after_the_first_step)
{
    for (int i = 0; i < SPEC_COUNT; i++) {
        fixture f;
        long before;
        open_fixture(&f, specs[i], i % 2 ? spectral_text : d_text, 2);
        run_steps(&f, 1);
        before = f.allocations;
        run_steps(&f, 3);
        CHECK_INT(f.allocations - before, 0);
        close_fixture(&f);
    }
}

/* Feeds noise with a NaN in it: in D's part of the step, or only in G's, when D has been updated
 * already. */
static gan_status poisoned_step(fixture *f, const char *feed)
{
    const int64_t shape[2] = {BATCH, 12};
    gan_tensor *z;
    gan_status status;
    CHECK_OK(gan_tensor_create(&z, f->context, GAN_FLOAT32, 2, shape));
    ((float *)gan_tensor_data(z))[5] = NAN;
    CHECK_OK(gan_trainer_feed(f->trainer, feed, z));
    gan_tensor_release(z);
    status = gan_trainer_step(f->trainer);
    CHECK_OK(gan_trainer_feed(f->trainer, feed, NULL));
    return status;
}

TEST(a_step_that_diverges_changes_nothing)
{
    static const char *const feeds[] = {"noise", "noise.generator"};
    static const char *const named[] = {"loss.discriminator", "loss.generator"};
    for (int spec = 0; spec < SPEC_COUNT; spec++)
        for (int i = 0; i < 2; i++) {
            fixture f;
            uint8_t *before, *after;
            size_t sizes[2];
            if (i == 1 && spec == 1) continue; /* reuse=yes: G draws no noise of its own */
            open_fixture(&f, specs[spec], spec % 2 ? spectral_text : d_text, 2);
            run_steps(&f, 2);
            before = checkpoint(&f, &sizes[0]);
            CHECK_STATUS(poisoned_step(&f, feeds[i]), GAN_E_DIVERGED);
            CHECK(strstr(gan_context_message(f.context), named[i]) != NULL);
            CHECK(strstr(gan_context_message(f.context), "step 3") != NULL);
            after = checkpoint(&f, &sizes[1]);
            check_same(before, sizes[0], after, sizes[1]);
            run_steps(&f, 1);
            CHECK_INT(gan_trainer_steps(f.trainer), 3);
            free(before);
            free(after);
            close_fixture(&f);
        }
}

TEST(a_skipped_step_moves_on)
{
    fixture f;
    float before[6], after[6];
    gan_tensor *bias;
    const int64_t shape[1] = {8};
    open_fixture(&f, "gan batch=8 on_divergence=skip", d_text, 1);
    run_steps(&f, 1);
    CHECK_OK(gan_tensor_create(&bias, f.context, GAN_FLOAT32, 1, shape));
    CHECK_OK(gan_model_read(f.d, "1.bias", GAN_VALUE, bias));
    memcpy(before, gan_tensor_data(bias), sizeof before);
    CHECK_OK(poisoned_step(&f, "noise.generator"));
    CHECK_INT(gan_trainer_steps(f.trainer), 2);
    CHECK_OK(gan_model_read(f.d, "1.bias", GAN_VALUE, bias));
    memcpy(after, gan_tensor_data(bias), sizeof after);
    CHECK(!memcmp(before, after, sizeof before));
    run_steps(&f, 1);
    gan_tensor_release(bias);
    close_fixture(&f);
}

TEST(values_in_one_call)
{
    fixture f;
    double all[64], one;
    open_fixture(&f, "gan batch=8", d_text, 1);
    int32_t count = gan_trainer_value_count(f.trainer);
    CHECK(count > 4 && count < 64);
    CHECK_OK(gan_trainer_values(f.trainer, all, count));
    for (int32_t i = 0; i < count; i++) CHECK(isnan(all[i]));
    run_steps(&f, 1);
    all[count] = -77;
    CHECK_OK(gan_trainer_values(f.trainer, all, count));
    for (int32_t i = 0; i < count; i++) {
        CHECK_OK(gan_trainer_value(f.trainer, gan_trainer_value_name(f.trainer, i), &one));
        CHECK_NEAR(all[i], one, 0);
    }
    CHECK_NEAR(all[count], -77, 0);
    CHECK_STATUS(gan_trainer_values(f.trainer, all, count + 1), GAN_E_ARGUMENT);
    close_fixture(&f);
}

/* A step that fails in G's part, or is skipped there, has measured D's: nobody sees it, alone or
 * with the others. */
TEST(values_are_of_the_last_step_that_was_made)
{
    static const char *const kinds[] = {"gan batch=8", "gan batch=8 on_divergence=skip"};
    for (int skip = 0; skip < 2; skip++) {
        fixture f;
        double before[64], after[64], one;
        open_fixture(&f, kinds[skip], d_text, 1);
        const int32_t count = gan_trainer_value_count(f.trainer);
        CHECK_STATUS(poisoned_step(&f, "noise.generator"), skip ? GAN_OK : GAN_E_DIVERGED);
        CHECK_OK(gan_trainer_values(f.trainer, after, count));
        for (int32_t i = 0; i < count; i++) CHECK(isnan(after[i]));
        run_steps(&f, 2);
        CHECK_OK(gan_trainer_values(f.trainer, before, count));
        CHECK_STATUS(poisoned_step(&f, "noise.generator"), skip ? GAN_OK : GAN_E_DIVERGED);
        CHECK_OK(gan_trainer_values(f.trainer, after, count));
        for (int32_t i = 0; i < count; i++) {
            CHECK_NEAR(after[i], before[i], 0);
            CHECK_OK(gan_trainer_value(f.trainer, gan_trainer_value_name(f.trainer, i), &one));
            CHECK_NEAR(one, before[i], 0);
        }
        run_steps(&f, 1);
        CHECK_OK(gan_trainer_value(f.trainer, "score.real", &one));
        CHECK(isfinite(one));
        close_fixture(&f);
    }
}

TEST(errors_name_the_thing)
{
    fixture f;
    double value;
    gan_model *wrong;
    open_fixture(&f, "gan batch=8", d_text, 1);
    CHECK_STATUS(gan_trainer_set_model(f.trainer, "critic", f.d), GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(f.context),
               "gan: there is no role 'critic'; there are: generator, discriminator");
    CHECK_STATUS(gan_trainer_set_data(f.trainer, "fake", f.data), GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(f.context),
               "gan: there is no feed 'fake'; there are: real, noise, noise.generator");
    CHECK_STATUS(gan_trainer_set_data(f.trainer, "noise", f.data), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_trainer_set_optimizer(f.trainer, "both", "adam"), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_trainer_set_optimizer(f.trainer, "generator", "adam rate=1"), GAN_E_TEXT);
    CHECK_STATUS(gan_trainer_value(f.trainer, "loss", &value), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_trainer_set_model(NULL, "generator", f.g), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_trainer_set_model(f.trainer, "generator", NULL), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_trainer_set_model(f.trainer, "generator", (gan_model *)f.data),
                 GAN_E_ARGUMENT);
    CHECK_STATUS(gan_trainer_step((gan_trainer *)f.g), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_trainer_run(f.trainer, -1, NULL, NULL), GAN_E_ARGUMENT);
    CHECK_OK(gan_model_parse(&wrong, f.context, "input 12; dense 10; tanh"));
    CHECK_OK(gan_trainer_check(f.trainer));
    CHECK_OK(gan_trainer_set_model(f.trainer, "generator", wrong));
    CHECK_STATUS(gan_trainer_step(f.trainer), GAN_E_SHAPE);
    CHECK_STATUS(gan_trainer_check(f.trainer), GAN_E_SHAPE);
    CHECK_TEXT(gan_context_message(f.context),
               "gan: the generator makes pictures of 1x1x10, the discriminator takes 12x12x2");
    gan_model_release(wrong);
    close_fixture(&f);
}

/* An option that would be without effect. */
TEST(idle_options_are_refused)
{
    static const char *const cases[][2] = {
        {"gan loss=hinge clip=0.01",
         "gan: clip=0.01 with loss=hinge: only loss=wgan cuts the discriminator's parameters"},
        {"gan clip=0.5", "gan: clip=0.5 with loss=non_saturating: only loss=wgan cuts the "
                         "discriminator's parameters"},
        {"gan loss=hinge smoothing=0.1",
         "gan: smoothing=0.1 with loss=hinge, whose real samples have no label to move"},
        {"gan loss=wgan smoothing=0.25",
         "gan: smoothing=0.25 with loss=wgan, whose real samples have no label to move"},
        {"gan instance_decay=0.9",
         "gan: instance_decay=0.9 without instance_noise: nothing decays"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        gan_context *context;
        gan_trainer *trainer = (gan_trainer *)&trainer;
        CHECK_OK(gan_context_create(&context, "threads=1", NULL, NULL, 0));
        CHECK_STATUS(gan_trainer_create(&trainer, context, cases[i][0]), GAN_E_TEXT);
        CHECK(trainer == NULL);
        CHECK_TEXT(gan_context_message(context), cases[i][1]);
        gan_context_release(context);
    }
}

/* What is left open is decided by the loss, and spelled out in the trainer's text. */
TEST(a_loss_settles_what_is_open)
{
    static const char *const cases[][3] = {
        {"gan", " d_steps=1 ", " clip=0 "},
        {"gan loss=wgan", " d_steps=5 ", " clip=0.01 "},
        {"gan loss=wgan d_steps=2 clip=1", " d_steps=2 ", " clip=1 "}};
    for (int i = 0; i < 3; i++) {
        fixture f;
        open_fixture(&f, cases[i][0], d_text, 1);
        CHECK(strstr(gan_trainer_text(f.trainer), cases[i][1]) != NULL);
        CHECK(strstr(gan_trainer_text(f.trainer), cases[i][2]) != NULL);
        close_fixture(&f);
    }
}

/* The critic's parameters are cut to the paper's bound, or to the given one. */
TEST(a_critic_is_clipped)
{
    static const char *const given[] = {"gan loss=wgan batch=8", "gan loss=wgan batch=8 clip=0.02"};
    const int64_t shape[2] = {1, 8};
    for (int i = 0; i < 2; i++) {
        fixture f;
        gan_tensor *weight;
        const float bound = i ? 0.02F : 0.01F;
        float largest = 0;
        open_fixture(&f, given[i], d_text, 1);
        run_steps(&f, 1);
        CHECK_OK(gan_tensor_create(&weight, f.context, GAN_FLOAT32, 2, shape));
        CHECK_OK(gan_model_read(f.d, "11.weight", GAN_VALUE, weight));
        for (int k = 0; k < 8; k++)
            largest = fmaxf(largest, fabsf(((float *)gan_tensor_data(weight))[k]));
        CHECK(largest == bound);
        gan_tensor_release(weight);
        close_fixture(&f);
    }
}

/* With reuse=yes the generator climbs on the discriminator's last fakes. */
TEST(noise_that_nobody_takes_is_no_feed)
{
    const int64_t shape[2] = {BATCH, 12};
    fixture f;
    gan_tensor *z;
    open_fixture(&f, "gan batch=8 reuse=yes", d_text, 1);
    CHECK_OK(gan_tensor_create(&z, f.context, GAN_FLOAT32, 2, shape));
    CHECK_STATUS(gan_trainer_feed(f.trainer, "noise.generator", z), GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(f.context),
               "gan: there is no feed 'noise.generator'; there are: real, noise");
    for (int32_t i = 0; i < gan_trainer_member_count(f.trainer); i++)
        CHECK(strcmp(gan_trainer_member(f.trainer, i, "name"), "noise.generator") != 0);
    run_steps(&f, 1);
    gan_tensor_release(z);
    close_fixture(&f);
}

TEST(data_must_fit_the_discriminator)
{
    fixture f;
    gan_model *wrong;
    open_fixture(&f, "gan batch=8", d_text, 1);
    CHECK_OK(gan_model_parse(&wrong, f.context, "input 12; dense 5*5*2; reshape 5 5 2; tanh"));
    CHECK_OK(gan_trainer_set_model(f.trainer, "generator", wrong));
    gan_model_release(wrong);
    CHECK_OK(gan_model_parse(&wrong, f.context, "input 5 5 2; dense 1"));
    CHECK_OK(gan_trainer_set_model(f.trainer, "discriminator", wrong));
    gan_model_release(wrong);
    CHECK_STATUS(gan_trainer_check(f.trainer), GAN_E_SHAPE);
    CHECK_TEXT(gan_context_message(f.context),
               "gan: the generator makes pictures of 5x5x2, the feed 'real' has 12x12x2");
    close_fixture(&f);
}

TEST(a_checkpoint_is_finite)
{
    const int64_t shape[1] = {8};
    fixture f;
    gan_tensor *bias;
    open_fixture(&f, "gan batch=8", d_text, 1);
    run_steps(&f, 1);
    CHECK_OK(gan_tensor_create(&bias, f.context, GAN_FLOAT32, 1, shape));
    ((float *)gan_tensor_data(bias))[3] = INFINITY;
    CHECK_OK(gan_model_write(f.d, "1.bias", bias));
    CHECK_STATUS(gan_trainer_save(f.trainer, "infinite.tmp"), GAN_E_DIVERGED);
    CHECK_TEXT(gan_context_message(f.context),
               "'model.discriminator.1.bias' is not finite: nothing was written");
    CHECK(fopen("infinite.tmp", "rb") == NULL);
    gan_tensor_release(bias);
    close_fixture(&f);
}

/* A loss that is finite, and a gradient that is not: what D is given is large, its first weight 0
 * and its second large. */
TEST(a_gradient_that_is_not_finite_is_named)
{
    fixture f;
    const int64_t shape[2] = {1, 2}, data_shape[4] = {BATCH, 1, 1, 1};
    gan_tensor *weight, *number, *real;
    open_context(memset(&f, 0, sizeof f), 1);
    CHECK_OK(gan_model_parse(&f.g, f.context, "input 2; dense 1"));
    CHECK_OK(gan_model_parse(&f.d, f.context, "input 1 1 1; dense 1 bias=no; dense 1 bias=no"));
    CHECK_OK(gan_trainer_create(&f.trainer, f.context, "gan loss=wgan batch=8"));
    CHECK_OK(gan_trainer_set_model(f.trainer, "generator", f.g));
    CHECK_OK(gan_trainer_set_model(f.trainer, "discriminator", f.d));
    CHECK_OK(gan_tensor_create(&weight, f.context, GAN_FLOAT32, 2, shape));
    CHECK_OK(gan_tensor_create(&real, f.context, GAN_FLOAT32, 4, data_shape));
    CHECK_OK(gan_tensor_create(&number, f.context, GAN_FLOAT32, 2, (const int64_t[]){1, 1}));
    for (int i = 0; i < 2; i++) ((float *)gan_tensor_data(weight))[i] = 1e32F;
    CHECK_OK(gan_model_write(f.g, "0.weight", weight));
    CHECK_OK(gan_model_write(f.d, "0.weight", number));
    ((float *)gan_tensor_data(number))[0] = 1e10F;
    CHECK_OK(gan_model_write(f.d, "1.weight", number));
    CHECK_OK(gan_trainer_feed(f.trainer, "real", real));
    CHECK_STATUS(gan_trainer_step(f.trainer), GAN_E_DIVERGED);
    CHECK_TEXT(gan_context_message(f.context),
               "gan: gradient.discriminator is not finite in step 1");
    gan_tensor_release(weight);
    gan_tensor_release(number);
    gan_tensor_release(real);
    close_fixture(&f);
}

/* The n-th allocation fails: an error comes back, and the same trainer then does what was asked. */
static gan_status train_and_save(fixture *f)
{
    gan_status status = gan_trainer_run(f->trainer, 1, NULL, NULL);
    return status == GAN_OK ? gan_trainer_save(f->trainer, "fault.tmp") : status;
}

TEST(a_trainer_survives_failing_allocations)
{
    bool failed = true;
    for (long n = 1; failed && n < 4000; n += n < 40 ? 1 : FAULT_STRIDE) {
        fixture f;
        open_fixture(&f, specs[1], spectral_text, 2);
        f.fail_at = f.allocations + n;
        gan_status status = train_and_save(&f);
        failed = status != GAN_OK;
        if (failed) CHECK_STATUS(status, GAN_E_MEMORY);
        f.fail_at = 0;
        CHECK_OK(train_and_save(&f));
        close_fixture(&f);
    }
    CHECK(!failed);
    remove("fault.tmp");
}

TEST(missing_roles_and_feeds_are_named)
{
    fixture f = {0};
    open_context(&f, 1);
    CHECK_OK(gan_trainer_create(&f.trainer, f.context, "gan"));
    CHECK_STATUS(gan_trainer_step(f.trainer), GAN_E_STATE);
    CHECK_TEXT(gan_context_message(f.context), "gan: the role 'generator' has no model");
    CHECK_OK(gan_model_parse(&f.g, f.context, g_text));
    CHECK_OK(gan_model_parse(&f.d, f.context, d_text));
    CHECK_OK(gan_trainer_set_model(f.trainer, "generator", f.g));
    CHECK_OK(gan_trainer_set_model(f.trainer, "discriminator", f.d));
    CHECK_STATUS(gan_trainer_step(f.trainer), GAN_E_STATE);
    CHECK_TEXT(gan_context_message(f.context), "gan: the feed 'real' has no data");
    close_fixture(&f);
}

static int32_t stop_at_two(void *user, gan_trainer *trainer)
{
    gan_trainer *other;
    CHECK_STATUS(gan_trainer_step(trainer), GAN_E_STATE);
    CHECK_OK(gan_trainer_save(trainer, "callback.tmp"));
    CHECK_OK(gan_trainer_load(&other, user, "callback.tmp"));
    gan_trainer_release(other);
    remove("callback.tmp");
    return gan_trainer_steps(trainer) == 2;
}

TEST(a_callback_stops_and_may_not_step)
{
    fixture f;
    open_fixture(&f, "gan batch=8", d_text, 1);
    CHECK_STATUS(gan_trainer_run(f.trainer, 10, stop_at_two, f.context), GAN_E_CANCELLED);
    CHECK_INT(gan_trainer_steps(f.trainer), 2);
    run_steps(&f, 1);
    close_fixture(&f);
}

int main(void)
{
    RUN(resume_has_the_same_bits);
    RUN(threads_and_tiers_have_the_same_bits);
    RUN(no_allocation_after_the_first_step);
    RUN(a_step_that_diverges_changes_nothing);
    RUN(a_skipped_step_moves_on);
    RUN(values_in_one_call);
    RUN(values_are_of_the_last_step_that_was_made);
    RUN(errors_name_the_thing);
    RUN(idle_options_are_refused);
    RUN(a_loss_settles_what_is_open);
    RUN(a_critic_is_clipped);
    RUN(noise_that_nobody_takes_is_no_feed);
    RUN(data_must_fit_the_discriminator);
    RUN(a_checkpoint_is_finite);
    RUN(a_gradient_that_is_not_finite_is_named);
    RUN(a_trainer_survives_failing_allocations);
    RUN(missing_roles_and_feeds_are_named);
    RUN(a_callback_stops_and_may_not_step);
    return test_report();
}
