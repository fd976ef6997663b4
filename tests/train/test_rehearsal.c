/* What gan_trainer_check finds before the first step, and the memory that it makes for it. */
#include "fault.h"
#include "test.h"

#include <gan/gan.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { BATCH = 16, SIDE = 16, EXAMPLES = 40 };

typedef struct stage {
    fault_host fault;
    gan_host host;
    gan_context *context;
    gan_model *g, *d;
    gan_dataset *data;
    gan_trainer *trainer;
    int64_t reads;
} stage;

static int32_t read_picture(void *user, int64_t index, void *const *data)
{
    float *picture = data[0];
    ((stage *)user)->reads++;
    for (int i = 0; i < SIDE * SIDE * 3; i++)
        picture[i] = (float)((index * 31 + i * 7) % 64) / 32.0F - 1;
    *(int32_t *)data[1] = (int32_t)(index % 5);
    return 0;
}

static void open_stage(stage *s, const char *spec, const char *g, const char *d)
{
    const int64_t shape[3] = {SIDE, SIDE, 3};
    const gan_dataset_field fields[2] = {{sizeof *fields, "image", GAN_FLOAT32, 3, shape},
                                         {sizeof *fields, "label", GAN_INT32, 0, NULL}};
    memset(s, 0, sizeof *s);
    s->host = fault_make(&s->fault);
    CHECK_OK(gan_context_create(&s->context, "threads=2 seed=5", &s->host, NULL, 0));
    CHECK_OK(gan_model_parse(&s->g, s->context, g));
    CHECK_OK(gan_model_parse(&s->d, s->context, d));
    CHECK_OK(gan_dataset_from_callback(&s->data, s->context, fields, 2, EXAMPLES, read_picture,
                                       NULL, s));
    CHECK_OK(gan_trainer_create(&s->trainer, s->context, spec));
    CHECK_OK(gan_trainer_set_model(s->trainer, "generator", s->g));
    CHECK_OK(gan_trainer_set_model(s->trainer, "discriminator", s->d));
    CHECK_OK(gan_trainer_set_data(s->trainer, "real", s->data));
}

static void close_stage(stage *s)
{
    gan_trainer_release(s->trainer);
    gan_dataset_release(s->data);
    gan_model_release(s->g);
    gan_model_release(s->d);
    gan_context_release(s->context);
    CHECK_INT(atomic_load(&s->fault.live), 0);
    fault_free_files(&s->fault);
}

static const char g_text[] = "input 64; dense 4*4*64 bias=no; reshape 4 4 64; batchnorm; relu;"
                             "conv_transpose2d 64 kernel=4 stride=2 pad=1; batchnorm; relu;"
                             "conv_transpose2d 3 kernel=4 stride=2 pad=1; tanh";
static const char d_text[] = "input 16 16 3; conv2d 32 kernel=4 stride=2 pad=1; leaky_relu 0.2;"
                             "conv2d 64 kernel=4 stride=2 pad=1; batchnorm; leaky_relu 0.2;"
                             "dense 512; leaky_relu 0.2; dense 1";
static const char spectral_text[] = "input any any 3; default conv2d spectral=yes;"
                                    "conv2d 64 kernel=3 pad=1; leaky_relu 0.1; residual {"
                                    " conv2d 64 kernel=3 pad=1; relu }; dropout 0.3; avgpool 2;"
                                    "conv2d 64 kernel=3 pad=1; relu; global_avgpool; dense 1";

static const char told_g_text[] = "input noise 64; input condition 5; concat from noise condition;"
                                  "dense 4*4*64; reshape 4 4 64; relu; conv_transpose2d 64 "
                                  "kernel=4 stride=2 pad=1; batchnorm; relu;"
                                  "conv_transpose2d 3 kernel=4 stride=2 pad=1; tanh";
static const char told_d_text[] = "input image 16 16 3; input condition 5; conv2d 64 kernel=4 "
                                  "stride=2 pad=1 from image; t = leaky_relu 0.2; dense 1;"
                                  "realness = affine; concat from t condition; conv2d 64 kernel=3;"
                                  "leaky_relu 0.2; match = dense 1; output realness match";

static const char smooth_text[] = "input 16 16 3; conv2d 32 kernel=4 stride=2 pad=1; silu;"
                                  "conv2d 64 kernel=4 stride=2 pad=1; groupnorm 4; silu;"
                                  "dense 256; leaky_relu 0.2; dense 1";
static const char packed_text[] = "input 16 16 6; conv2d 32 kernel=4 stride=2 pad=1; silu;"
                                  "conv2d 64 kernel=4 stride=2 pad=1; layernorm; gelu; dense 1";

/* The trainings that the tests below go through: what a step is made of differs in each. */
static const struct {
    const char *spec, *g, *d;
} trainings[] = {
    {"gan batch=16", g_text, d_text},
    {"gan batch=16 reuse=yes average=0.9", g_text, d_text},
    {"gan batch=16 loss=wgan instance_noise=0.1", g_text, d_text},
    {"gan batch=16 loss=hinge noise=uniform average=0.5", g_text, spectral_text},
    {"cgan batch=16 average=0.9", told_g_text, told_d_text},
    {"gan batch=16 loss=wgan_gp", g_text, smooth_text},
    {"gan batch=8 penalty=r1 penalty_every=3 pack=2 augment=flip,colour", g_text, packed_text},
    {"gan batch=16 relativistic=yes augment=translate", g_text, d_text},
    {"cgan batch=16 penalty=dragan", told_g_text, told_d_text},
};
enum { TRAININGS = sizeof trainings / sizeof trainings[0] };

/* Whatever a step needs is there once it was rehearsed. */
TEST(the_first_step_allocates_nothing_after_a_check)
{
    for (int i = 0; i < TRAININGS; i++) {
        stage s;
        open_stage(&s, trainings[i].spec, trainings[i].g, trainings[i].d);
        CHECK_OK(gan_trainer_check(s.trainer));
        long long before = atomic_load(&s.fault.allocations);
        for (int k = 0; k < 3; k++) CHECK_OK(gan_trainer_step(s.trainer));
        CHECK_INT(atomic_load(&s.fault.allocations), before);
        close_stage(&s);
    }
}

static double relative(double told, double seen)
{
    return fabs(told / seen - 1);
}

/* Steps and a save stay within what was told, and come near it. The data is a callback's: models,
 * moments and activations are all there is. */
TEST(the_memory_is_told_beforehand)
{
    for (int i = 0; i < TRAININGS; i++) {
        stage s;
        int64_t told;
        open_stage(&s, trainings[i].spec, trainings[i].g, trainings[i].d);
        CHECK_OK(gan_trainer_memory(s.trainer, &told));
        for (int k = 0; k < 2; k++) CHECK_OK(gan_trainer_step(s.trainer));
        CHECK_OK(gan_trainer_save(s.trainer, "rehearsal.safetensors"));
        double seen = (double)atomic_load(&s.fault.peak_bytes);
        printf("%s: %.2f MB told, %.2f MB seen\n", trainings[i].spec, (double)told * 1e-6,
               seen * 1e-6);
        CHECK(relative((double)told, seen) < 0.03);
        close_stage(&s);
    }
}

static size_t checkpoint(stage *s, unsigned char **bytes)
{
    fault_file *file;
    CHECK_OK(gan_trainer_save(s->trainer, "run.safetensors"));
    file = fault_find(&s->fault, "run.safetensors");
    *bytes = malloc(file->size);
    memcpy(*bytes, file->bytes, file->size);
    return file->size;
}

/* Checks before and between the steps leave no trace, not even in what was measured. */
TEST(a_check_changes_no_bit)
{
    for (int i = 0; i < TRAININGS; i++) {
        stage plain, checked;
        unsigned char *a, *b;
        double loss[2];
        open_stage(&plain, trainings[i].spec, trainings[i].g, trainings[i].d);
        open_stage(&checked, trainings[i].spec, trainings[i].g, trainings[i].d);
        for (int k = 0; k < 3; k++) {
            CHECK_OK(gan_trainer_check(checked.trainer));
            CHECK_OK(gan_trainer_step(plain.trainer));
            CHECK_OK(gan_trainer_step(checked.trainer));
            CHECK_OK(gan_trainer_check(checked.trainer));
        }
        CHECK_OK(gan_trainer_value(plain.trainer, "loss.generator", &loss[0]));
        CHECK_OK(gan_trainer_value(checked.trainer, "loss.generator", &loss[1]));
        CHECK(loss[0] == loss[1]);
        size_t size = checkpoint(&plain, &a);
        CHECK_INT(checkpoint(&checked, &b), size);
        CHECK(!memcmp(a, b, size));
        free(a);
        free(b);
        close_stage(&plain);
        close_stage(&checked);
    }
}

/* The examples of a check are blank. */
TEST(a_check_reads_no_data)
{
    stage s;
    open_stage(&s, "gan batch=16", g_text, d_text);
    CHECK_OK(gan_trainer_check(s.trainer));
    CHECK_INT(s.reads, 0);
    close_stage(&s);
}

/* Each with the words of the step that would have failed. */
TEST(what_the_first_step_refuses_is_found)
{
    static const struct {
        const char *spec, *g, *d;
        gan_status status;
    } wrong[] = {
        {"gan batch=16", "input any any 8; conv2d 3 kernel=3 pad=1; tanh", d_text, GAN_E_SHAPE},
        {"gan batch=16", "input any 1 8; upsample 16; conv2d 3", "input any any 3; conv2d 1",
         GAN_E_SHAPE},
        {"gan batch=1", "input 64; dense 768; batchnorm; reshape 16 16 3", d_text, GAN_E_SHAPE},
        {"gan batch=4", g_text, "input 16 16 3; minibatch_stddev group=3; conv2d 8; dense 1",
         GAN_E_SHAPE},
        {"gan batch=16", g_text, "input any any 3; conv2d 8 kernel=17; global_avgpool; dense 1",
         GAN_E_SHAPE},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        stage s;
        char message[512];
        int64_t bytes;
        open_stage(&s, wrong[i].spec, wrong[i].g, wrong[i].d);
        CHECK_STATUS(gan_trainer_check(s.trainer), wrong[i].status);
        snprintf(message, sizeof message, "%s", gan_context_message(s.context));
        CHECK(strstr(message, "generator") || strstr(message, "discriminator")); /* whose fault */
        CHECK_STATUS(gan_trainer_memory(s.trainer, &bytes), wrong[i].status);
        CHECK_STATUS(gan_trainer_step(s.trainer), wrong[i].status);
        CHECK_TEXT(gan_context_message(s.context), message);
        close_stage(&s);
    }
}

/* Memory that cannot be had is an error of the check, whichever allocation it is, and the trainer
 * goes on when there is some. */
TEST(memory_that_cannot_be_had_is_found)
{
    for (long long n = 1;; n += 7) {
        stage s;
        open_stage(&s, trainings[1].spec, g_text, d_text);
        s.fault.fail_at = atomic_load(&s.fault.allocations) + n;
        s.fault.and_after = 1;
        gan_status status = gan_trainer_check(s.trainer);
        s.fault.fail_at = 0;
        if (status != GAN_OK) CHECK_STATUS(status, GAN_E_MEMORY);
        CHECK_OK(gan_trainer_step(s.trainer));
        close_stage(&s);
        if (status == GAN_OK) break;
    }
}

int main(void)
{
    RUN(the_first_step_allocates_nothing_after_a_check);
    RUN(the_memory_is_told_beforehand);
    RUN(a_check_changes_no_bit);
    RUN(a_check_reads_no_data);
    RUN(what_the_first_step_refuses_is_found);
    RUN(memory_that_cannot_be_had_is_found);
    return test_report();
}
