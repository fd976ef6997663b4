/* test_warnings.c: each warning of a training that goes wrong, provoked by a training that does,
 * and silence over those that do not. */
#include "test.h"

#include <gan/gan.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "train/change.h"
#include "train/warnings.h"

/* ---- a training ---- */

enum { ROLES = 5, GROUPS = 2, FEEDS = 2 };

/* Names and descriptions, one after the other. */
typedef struct scene {
    const char *trainer;
    const char *models[2 * ROLES], *data[2 * FEEDS], *optimizers[2 * GROUPS];
} scene;

typedef struct heard {
    int lines;
    char first[512];
} heard;

static gan_context *context;

static void must(gan_status status)
{
    if (CHECK_OK(status)) return;
    puts(gan_context_message(context));
    exit(1);
}

static void on_log(void *user, int32_t level, const char *line)
{
    heard *h = user;
    if (level != GAN_LOG_WARNING) return;
    if (h->lines++ == 0) snprintf(h->first, sizeof h->first, "%s", line);
}

static void open_context(heard *h, int seed, int threads)
{
    const gan_host host = {.size = sizeof host, .user = h, .log = on_log};
    char spec[64];
    memset(h, 0, sizeof *h);
    snprintf(spec, sizeof spec, "seed=%d threads=%d", seed, threads);
    CHECK_OK(gan_context_create(&context, spec, &host, NULL, 0));
}

static void set_data(gan_trainer *t, const scene *s)
{
    for (int i = 0; i < 2 * FEEDS && s->data[i]; i += 2) {
        gan_dataset *data;
        must(gan_dataset_open(&data, context, s->data[i + 1]));
        must(gan_trainer_set_data(t, s->data[i], data));
        gan_dataset_release(data);
    }
}

static gan_trainer *make(const scene *s)
{
    gan_trainer *t;
    must(gan_trainer_create(&t, context, s->trainer));
    for (int i = 0; i < 2 * ROLES && s->models[i]; i += 2) {
        gan_model *model;
        must(gan_model_parse(&model, context, s->models[i + 1]));
        must(gan_trainer_set_model(t, s->models[i], model));
        gan_model_release(model);
    }
    for (int i = 0; i < 2 * GROUPS && s->optimizers[i]; i += 2)
        must(gan_trainer_set_optimizer(t, s->optimizers[i], s->optimizers[i + 1]));
    set_data(t, s);
    return t;
}

/* Whether the warning stands. */
static bool stands(const gan_trainer *t, const char *name)
{
    for (int32_t i = 0; i < gan_trainer_warning_count(t); i++)
        if (!strcmp(gan_trainer_warning(t, i, "name"), name)) return true;
    return false;
}

/* Steps until it stands, at most so many; -1: it never does. What it says is in *text. */
static int64_t steps_until(const scene *s, int seed, const char *name, int64_t most, char text[512])
{
    heard h;
    int64_t found = -1;
    open_context(&h, seed, 1);
    gan_trainer *t = make(s);
    for (int64_t i = 0; i < most && found < 0; i++) {
        must(gan_trainer_step(t));
        if (stands(t, name)) found = gan_trainer_steps(t);
    }
    for (int32_t i = 0; i < gan_trainer_warning_count(t); i++)
        if (!strcmp(gan_trainer_warning(t, i, "name"), name))
            snprintf(text, 512, "%s", gan_trainer_warning(t, i, "text"));
    if (found > 0 && h.lines == 1) CHECK_TEXT(h.first, text);
    if (found > 0) printf("    %s\n", text);
    gan_trainer_release(t);
    gan_context_release(context);
    return found;
}

/* That nothing is said in so many steps, whatever the seed. */
static void silent(const char *what, const scene *s, int64_t steps)
{
    for (int seed = 1; seed <= 2; seed++) {
        heard h;
        open_context(&h, seed, 1);
        gan_trainer *t = make(s);
        must(gan_trainer_run(t, steps, NULL, NULL));
        if (!CHECK_INT(h.lines, 0)) printf("    %s, seed %d: %s\n", what, seed, h.first);
        CHECK_INT(gan_trainer_warning_count(t), 0);
        gan_trainer_release(t);
        gan_context_release(context);
    }
}

/* ---- what goes wrong ---- */

#define RING "mixture ring=8 radius=1 deviation=0.02"
#define MAKER "input 8; dense 64; relu; dense 64; relu; dense 2"
#define CRITIC "input 2; dense 64; relu; dense 64; relu; dense 1"

#define ADAMS "generator", "adam lr=1e-3 beta1=0.5", "discriminator", "adam lr=1e-3 beta1=0.5"

/* The plain GAN on a ring is the example of the literature. */
static const scene collapsing = {
    "gan batch=64", {"generator", MAKER, "discriminator", CRITIC}, {"real", RING}, {ADAMS}};

TEST(modes_that_collapse)
{
    char text[512];
    for (int seed = 1; seed <= 3; seed++)
        CHECK(steps_until(&collapsing, seed, "collapse.generator", 3000, text) > 0);
}

/* A generator that stands still. */
static const scene won = {
    "gan batch=32",
    {"generator", MAKER, "discriminator", CRITIC},
    {"real", RING},
    {"generator", "adam lr=1e-6 beta1=0.5", "discriminator", "adam lr=1e-3 beta1=0.5"}};

TEST(a_discriminator_that_wins)
{
    char text[512];
    CHECK(steps_until(&won, 1, "victory.discriminator", 2000, text) > 0);
    CHECK(strstr(text, "'discriminator' wins outright: for 1000 steps it has told 100 % of the "
                       "data and 100 % of the fakes; try") != NULL);
}

/* What new options do not want is not said any more, what they want is said. */
TEST(options_that_change)
{
    static const char *const critic = "gan batch=32 loss=wgan d_steps=1 clip=1";
    for (int back = 0; back < 2; back++) {
        heard h;
        open_context(&h, 1, 1);
        gan_trainer *t = make(&won);
        if (back) must(gan__trainer_change(t, critic));
        must(gan_trainer_run(t, back ? 5 : 1210, NULL, NULL));
        CHECK_INT(gan_trainer_warning_count(t), !back);
        must(gan__trainer_change(t, back ? "gan batch=32" : critic));
        CHECK_INT(gan_trainer_warning_count(t), 0);
        must(gan_trainer_run(t, back ? 1210 : 100, NULL, NULL));
        CHECK_INT(gan_trainer_warning_count(t), back);
        CHECK_INT(h.lines, 1);
        gan_trainer_release(t);
        gan_context_release(context);
    }
}

/* All outputs are where tanh has no slope. */
static const scene starved = {"gan batch=32",
                              {"generator",
                               "input 8; dense 32; relu; dense 2 init=constant:1e6; tanh",
                               "discriminator", CRITIC},
                              {"real", RING},
                              {NULL}};

TEST(a_generator_without_gradient)
{
    char text[512];
    CHECK_INT(steps_until(&starved, 1, "gradient.generator", 300, text), 200);
    CHECK(strstr(text, "'generator' gets no gradient: the longest of 200 steps was 0, beside") !=
          NULL);
}

/* Points between -1 and 1. */
#define INSIDE "mixture ring=8 radius=0.7 deviation=0.05"
static const scene saturated = {"gan batch=32",
                                {"generator",
                                 "input 8; dense 32; relu; dense 2 init=normal:100; tanh",
                                 "discriminator", CRITIC},
                                {"real", INSIDE},
                                {NULL}};

TEST(outputs_that_are_saturated)
{
    char text[512];
    CHECK_INT(steps_until(&saturated, 1, "saturation.generator", 1000, text), 400);
}

static const scene swinging = {
    "gan batch=64",
    {"generator", MAKER, "discriminator", CRITIC},
    {"real", RING},
    {"generator", "adam lr=1e-3 beta1=0.5", "discriminator", "adam lr=1 beta1=0.5"}};

TEST(a_loss_that_swings)
{
    char text[512];
    for (int seed = 1; seed <= 3; seed++)
        CHECK(steps_until(&swinging, seed, "swing.discriminator", 1000, text) > 0);
}

/* ---- normalisation ---- */

#define NORMED(batchnorm)                                                                    \
    "input 8; dense 4*4*4; reshape 4 4 4; " batchnorm "; relu; conv_transpose2d 1 kernel=4 " \
    "stride=2 pad=1; tanh"
#define SEES "input 8 8 1; conv2d 8 kernel=4 stride=2 pad=1; leaky_relu 0.2; dense 1"
#define CLOTHES "idx path=" GAN_SOURCE_FOLDER "/examples/data/fashion-images.gz size=8"

static const scene single = {"gan batch=1",
                             {"generator", NORMED("batchnorm"), "discriminator", SEES},
                             {"real", CLOTHES},
                             {NULL}};
static const scene stale = {"gan batch=4",
                            {"generator", NORMED("batchnorm momentum=0"), "discriminator", SEES},
                            {"real", CLOTHES},
                            {NULL}};
static const scene frozen = {"cyclegan batch=2 perceptual=1",
                             {"xy", "input 8 8 1; conv2d 1 kernel=3 pad=1; tanh", "yx",
                              "input 8 8 1; conv2d 1 kernel=3 pad=1; tanh", "discriminator_x", SEES,
                              "discriminator_y", SEES, "features",
                              "input 8 8 1; conv2d 4 kernel=3; batchnorm; relu"},
                             {"x", CLOTHES, "y", CLOTHES " transform=edges"},
                             {NULL}};

TEST(a_normalisation_in_the_wrong_mode)
{
    char text[512];
    CHECK_INT(steps_until(&single, 1, "normalisation.generator", 300, text), 1);
    CHECK_TEXT(text, "gan: step 1: batchnorm '2' of 'generator' normalises batches of one sample: "
                     "each picture by itself in training, but by running statistics where samples "
                     "are made; try instancenorm or groupnorm, or a larger batch");
    CHECK_INT(steps_until(&stale, 1, "normalisation.generator", 300, text), 200);
    CHECK_INT(steps_until(&frozen, 1, "normalisation.features", 300, text), 1);
}

/* An average has statistics of its own; a discriminator makes nothing; of a pack of two there are
 * two samples. */
static const scene averaged = {"gan batch=4 average=0.9",
                               {"generator", NORMED("batchnorm momentum=0"), "discriminator", SEES},
                               {"real", CLOTHES},
                               {NULL}};
static const scene packed = {
    "gan batch=1 pack=2",
    {"generator", NORMED("batchnorm"), "discriminator",
     "input 8 8 2; conv2d 8 kernel=4 stride=2 pad=1; batchnorm; leaky_relu 0.2; dense 1"},
    {"real", CLOTHES},
    {NULL}};

TEST(a_normalisation_in_the_right_mode)
{
    silent("averaged", &averaged, 210);
    silent("packed", &packed, 210);
}

/* ---- noise without effect ---- */

/* A generator that does nothing with its noise. */
static const scene deaf = {
    "cgan batch=16 mismatch=0",
    {"generator",
     "input noise 4; input condition 10; n = affine 0 0 from noise; concat from n condition; dense "
     "32; relu; dense 64; tanh; reshape 8 8 1",
     "discriminator",
     "input image 8 8 1; input condition 10; f = flatten from image; concat from f condition; "
     "dense 32; leaky_relu 0.2; dense 1"},
    {"real", CLOTHES " labels=" GAN_SOURCE_FOLDER "/examples/data/fashion-labels.gz"},
    {ADAMS}};

TEST(noise_without_effect)
{
    char text[512];
    CHECK(steps_until(&deaf, 1, "collapse.generator", 2400, text) > 0);
    CHECK(strstr(text, "are alike in 100 % of their pairs") != NULL);
}

/* ---- once, and again ---- */

static void set_weights(gan_trainer *t, const float *from, float factor)
{
    gan__store *store = gan_trainer_model(t, "discriminator", 0)->stores[0];
    for (int64_t i = 0; i < store->weight_count; i++) store->weights[i] = factor * from[i];
    store->version++;
}

static const scene still = {"gan batch=4",
                            {"generator", "input 2; dense 2", "discriminator", CRITIC},
                            {"real", RING},
                            {"generator", "sgd lr=0", "discriminator", "sgd lr=0"}};

/* A discriminator without slope in the first, second and fourth block: neither gets a gradient. */
TEST(said_once_until_it_has_gone)
{
    static const int lines[] = {2, 2, 2, 4}, standing[] = {2, 2, 0, 2};
    heard h;
    open_context(&h, 1, 1);
    gan_trainer *t = make(&still);
    const gan__store *store = gan_trainer_model(t, "discriminator", 0)->stores[0];
    float *weights = malloc((size_t)store->weight_count * sizeof *weights);
    memcpy(weights, store->weights, (size_t)store->weight_count * sizeof *weights);
    for (int block = 0; block < 4; block++) {
        set_weights(t, weights, block == 2 ? 1.0F : 0.0F);
        must(gan_trainer_run(t, GAN__WARNING_BLOCK, NULL, NULL));
        CHECK_INT(h.lines, lines[block]);
        CHECK_INT(gan_trainer_warning_count(t), standing[block]);
    }
    CHECK_TEXT(gan_trainer_warning(t, 0, "name"), "gradient.generator");
    CHECK(!gan_trainer_warning(t, 0, "colour"));
    free(weights);
    gan_trainer_release(t);
    gan_context_release(context);
}

/* ---- the same, whatever happens in between ---- */

static bool same_memory(const gan_trainer *a, const gan_trainer *b)
{
    return !memcmp(a->kept, b->kept, (size_t)gan__warnings_memory(a) * sizeof *a->kept);
}

TEST(threads_say_the_same)
{
    heard one, three;
    open_context(&one, 1, 1);
    gan_trainer *a = make(&collapsing);
    must(gan_trainer_run(a, 1010, NULL, NULL));
    gan_context *first = context;
    open_context(&three, 1, 3);
    gan_trainer *b = make(&collapsing);
    must(gan_trainer_run(b, 1010, NULL, NULL));
    CHECK(same_memory(a, b));
    CHECK_INT(one.lines, 1);
    CHECK_TEXT(one.first, three.first);
    gan_trainer_release(a);
    gan_trainer_release(b);
    gan_context_release(first);
    gan_context_release(context);
}

/* Of a training that goes on after `at` steps. */
static void resumed(gan_trainer *whole, int64_t at)
{
    gan_tensor *bytes;
    gan_trainer *half = make(&collapsing), *rest;
    must(gan_trainer_run(half, at, NULL, NULL));
    must(gan_trainer_save_memory(&bytes, half));
    must(gan_trainer_load_memory(&rest, context, gan_tensor_data(bytes),
                                 (size_t)gan_tensor_count(bytes)));
    set_data(rest, &collapsing);
    CHECK(same_memory(half, rest));
    must(gan_trainer_run(rest, gan_trainer_steps(whole) - at, NULL, NULL));
    CHECK(same_memory(whole, rest));
    CHECK_INT(gan_trainer_warning_count(rest), 1);
    CHECK_TEXT(gan_trainer_warning(rest, 0, "text"), gan_trainer_warning(whole, 0, "text"));
    gan_tensor_release(bytes);
    gan_trainer_release(half);
    gan_trainer_release(rest);
}

TEST(resumed_trainings_say_the_same)
{
    heard h;
    for (int i = 0; i < 3; i++) {
        static const int64_t at[] = {7, 600, 1005};
        open_context(&h, 1, 1);
        gan_trainer *whole = make(&collapsing);
        must(gan_trainer_run(whole, 1010, NULL, NULL));
        gan_context *first = context;
        open_context(&h, 1, 1); /* where the trainer is the first, and draws the same */
        resumed(whole, at[i]);
        gan_trainer_release(whole);
        gan_context_release(first);
        gan_context_release(context);
    }
}

/* Samples that are not finite, in a step that looks at samples. */
TEST(failed_steps_leave_no_trace)
{
    const int64_t shape[4] = {64, 1, 1, 2};
    heard h;
    gan_tensor *bad;
    open_context(&h, 1, 1);
    gan_trainer *t = make(&collapsing);
    must(gan_tensor_create(&bad, context, GAN_FLOAT32, 4, shape));
    for (int i = 0; i < 128; i++) ((float *)gan_tensor_data(bad))[i] = NAN;
    must(gan_trainer_run(t, 210, NULL, NULL));
    const size_t size = (size_t)gan__warnings_memory(t) * sizeof *t->kept;
    double *before = malloc(size);
    memcpy(before, t->kept, size);
    must(gan_trainer_feed(t, "real", bad));
    CHECK_STATUS(gan_trainer_step(t), GAN_E_DIVERGED);
    CHECK(!memcmp(before, t->kept, size));
    must(gan_trainer_feed(t, "real", NULL));
    must(gan_trainer_run(t, 800, NULL, NULL));
    CHECK_INT(h.lines, 1);
    CHECK(strstr(h.first, "gan: step 1000: ") != NULL);
    free(before);
    gan_tensor_release(bad);
    gan_trainer_release(t);
    gan_context_release(context);
}

static const scene bounded = {
    "gan batch=4",
    {"generator", "input 2; dense 2", "discriminator", "input 2; tanh; dense 1"},
    {"real", RING},
    {NULL}};

/* What is infinite does no harm to a network that bounds it, nor to the checkpoint. */
TEST(infinite_samples)
{
    const int64_t shape[4] = {4, 1, 1, 2};
    heard h;
    gan_tensor *far, *bytes;
    open_context(&h, 1, 1);
    gan_trainer *t = make(&bounded), *loaded;
    must(gan_tensor_create(&far, context, GAN_FLOAT32, 4, shape));
    for (int i = 0; i < 8; i++) ((float *)gan_tensor_data(far))[i] = i % 3 ? INFINITY : 1;
    must(gan_trainer_feed(t, "real", far));
    must(gan_trainer_step(t));
    must(gan_trainer_save_memory(&bytes, t));
    must(gan_trainer_load_memory(&loaded, context, gan_tensor_data(bytes),
                                 (size_t)gan_tensor_count(bytes)));
    gan_tensor_release(far);
    gan_tensor_release(bytes);
    gan_trainer_release(t);
    gan_trainer_release(loaded);
    gan_context_release(context);
}

/* ---- what does not ---- */

static const scene squares = {"gan batch=64 loss=lsgan",
                              {"generator", MAKER, "discriminator", CRITIC},
                              {"real", RING},
                              {ADAMS}};
static const scene critic = {"gan batch=64 loss=wgan_gp",
                             {"generator", MAKER, "discriminator", CRITIC},
                             {"real", RING},
                             {ADAMS}};
static const scene penalised = {"gan batch=64 penalty=r1",
                                {"generator", MAKER, "discriminator", CRITIC},
                                {"real", RING},
                                {ADAMS}};
static const scene tiny = {
    "gan batch=2 penalty=r1",
    {"generator", MAKER, "discriminator", CRITIC},
    {"real", RING},
    {"generator", "adam lr=3e-4 beta1=0.5", "discriminator", "adam lr=3e-4 beta1=0.5"}};
static const scene encoding = {
    "vae batch=32",
    {"encoder",
     "input 8 8 1; dense 32; h = relu; mean = dense 4; log_variance = dense 4 from h; "
     "output mean log_variance",
     "decoder", "input 4; dense 32; relu; dense 64; reshape 8 8 1"},
    {"real", CLOTHES},
    {NULL}};
static const scene repeating = {"autoencoder batch=32",
                                {"encoder", "input 8 8 1; dense 32; relu; dense 4", "decoder",
                                 "input 4; dense 32; relu; dense 64; reshape 8 8 1; tanh"},
                                {"real", CLOTHES},
                                {NULL}};
static const scene translating = {
    "cyclegan batch=4",
    {"xy", "input 8 8 1; conv2d 8 kernel=3 pad=1; relu; conv2d 1 kernel=3 pad=1; tanh", "yx",
     "input 8 8 1; conv2d 8 kernel=3 pad=1; relu; conv2d 1 kernel=3 pad=1; tanh", "discriminator_x",
     SEES, "discriminator_y", SEES},
    {"x", CLOTHES, "y", CLOTHES " transform=edges"},
    {NULL}};

TEST(healthy_trainings_are_silent)
{
    silent("least squares", &squares, 1500);
    silent("critic", &critic, 1200);
    silent("penalty", &penalised, 1500);
    silent("two samples", &tiny, 2000);
    silent("vae", &encoding, 600);
    silent("autoencoder", &repeating, 600);
    silent("cyclegan", &translating, 1200);
}

int main(void)
{
    RUN(modes_that_collapse);
    RUN(a_discriminator_that_wins);
    RUN(options_that_change);
    RUN(a_generator_without_gradient);
    RUN(outputs_that_are_saturated);
    RUN(a_loss_that_swings);
    RUN(a_normalisation_in_the_wrong_mode);
    RUN(a_normalisation_in_the_right_mode);
    RUN(noise_without_effect);
    RUN(said_once_until_it_has_gone);
    RUN(threads_say_the_same);
    RUN(resumed_trainings_say_the_same);
    RUN(failed_steps_leave_no_trace);
    RUN(infinite_samples);
    RUN(healthy_trainings_are_silent);
    return test_report();
}
