/* test_failed_steps.c: a step that fails was never made, whatever made it fail: a statistic that is
 * not finite, a shape, a value, a callback, memory. */
#include "fault.h"
#include "test.h"

#include <gan/gan.h>

#include "base/context.h"

#include <math.h>

enum { BATCH = 4, WIDTH = 6, EXAMPLES = 10 };

typedef struct game {
    fault_host fault;
    gan_context *context;
    gan_dataset *data;
    atomic_int stops; /* the data set's callback */
    gan_model *g, *d;
    gan_trainer *trainer;
} game;

static const char g_text[] = "input 6; dense 8; batchnorm; relu; dense 6; tanh";
static const char d_text[] = "input 6; dense 8 spectral=yes; leaky_relu 0.2; dense 8; batchnorm;"
                             "leaky_relu 0.2; dropout 0.2; dense 1";

static int32_t read_example(void *user, int64_t index, void *const *data)
{
    game *t = user;
    for (int i = 0; i < WIDTH; i++)
        ((float *)data[0])[i] = (float)((index * WIDTH + i) * 37 % 101) / 50.5f - 1;
    return atomic_load(&t->stops);
}

static void open_game(game *t, const char *spec)
{
    static const int64_t shape[3] = {1, 1, WIDTH};
    static const gan_dataset_field field = {sizeof field, "image", GAN_FLOAT32, 3, shape};
    memset(t, 0, sizeof *t);
    gan_host host = fault_make(&t->fault);
    CHECK_OK(gan_context_create(&t->context, "threads=2 seed=3", &host, NULL, 0));
    CHECK_OK(gan_dataset_from_callback(&t->data, t->context, &field, 1, EXAMPLES, read_example,
                                       NULL, t));
    CHECK_OK(gan_model_parse(&t->g, t->context, g_text));
    CHECK_OK(gan_model_parse(&t->d, t->context, d_text));
    CHECK_OK(gan_trainer_create(&t->trainer, t->context, spec));
    CHECK_OK(gan_trainer_set_model(t->trainer, "generator", t->g));
    CHECK_OK(gan_trainer_set_model(t->trainer, "discriminator", t->d));
    CHECK_OK(gan_trainer_set_data(t->trainer, "real", t->data));
}

static void close_game(game *t)
{
    gan_trainer_release(t->trainer);
    gan_model_release(t->g);
    gan_model_release(t->d);
    gan_dataset_release(t->data);
    gan_context_release(t->context);
    CHECK_INT(t->fault.live, 0);
    fault_free_files(&t->fault);
}

/* All elements of a parameter. */
static void write_all(const game *t, gan_model *model, const char *name, float value)
{
    int32_t rank;
    int64_t shape[4];
    gan_tensor *tensor;
    CHECK_OK(gan_model_parameter_shape(model, name, &rank, shape));
    CHECK_OK(gan_tensor_create(&tensor, t->context, GAN_FLOAT32, rank, shape));
    for (int64_t i = 0; i < gan_tensor_count(tensor); i++)
        ((float *)gan_tensor_data(tensor))[i] = i % 2 ? value : -value;
    CHECK_OK(gan_model_write(model, name, tensor));
    gan_tensor_release(tensor);
}

static float first_of(const game *t, gan_model *model, const char *name)
{
    int32_t rank;
    int64_t shape[4];
    gan_tensor *tensor;
    CHECK_OK(gan_model_parameter_shape(model, name, &rank, shape));
    CHECK_OK(gan_tensor_create(&tensor, t->context, GAN_FLOAT32, rank, shape));
    CHECK_OK(gan_model_read(model, name, GAN_VALUE, tensor));
    float value = *(float *)gan_tensor_data(tensor);
    gan_tensor_release(tensor);
    return value;
}

/* Noise up to `value` for a feed, other in each sample. */
static void feed_noise(const game *t, const char *feed, int64_t batch, float value)
{
    const int64_t shape[2] = {batch, WIDTH};
    gan_tensor *noise;
    CHECK_OK(gan_tensor_create(&noise, t->context, GAN_FLOAT32, 2, shape));
    for (int64_t i = 0; i < batch * WIDTH; i++)
        ((float *)gan_tensor_data(noise))[i] = value * (float)(i * 7 % 11 - 5) / 5;
    CHECK_OK(gan_trainer_feed(t->trainer, feed, noise));
    gan_tensor_release(noise);
}

/* A checkpoint as it is now, kept as a file of the game. */
static void save(game *t, const char *path)
{
    if (!CHECK_OK(gan_trainer_save(t->trainer, path))) puts(gan_context_message(t->context));
}

static bool same_files(game *a, const char *a_path, game *b, const char *b_path)
{
    const fault_file *x = fault_find(&a->fault, a_path), *y = fault_find(&b->fault, b_path);
    return x && y && x->size == y->size && memcmp(x->bytes, y->bytes, x->size) == 0;
}

enum { VALUES = 10 };

static void read_values(const game *t, double values[VALUES])
{
    CHECK_INT(gan_trainer_value_count(t->trainer), VALUES);
    for (int i = 0; i < VALUES; i++) {
        const char *name = gan_trainer_value_name(t->trainer, i);
        CHECK_OK(gan_trainer_value(t->trainer, name, &values[i]));
    }
}

/* The step fails so, twice; nothing is to be seen of it. */
static void fail_step(game *t, gan_status status, const char *message)
{
    double before[VALUES], after[VALUES];
    const int64_t steps = gan_trainer_steps(t->trainer);
    read_values(t, before);
    save(t, "before");
    for (int i = 0; i < 2; i++) {
        CHECK_STATUS(gan_trainer_step(t->trainer), status);
        if (message) CHECK_TEXT(gan_context_message(t->context), message);
    }
    read_values(t, after);
    CHECK(memcmp(before, after, sizeof before) == 0);
    CHECK_INT(gan_trainer_steps(t->trainer), steps);
    save(t, "after");
    CHECK(same_files(t, "before", t, "after"));
}

/* ---- statistics that are not finite ---- */

static const char *const specs[] = {"gan batch=4", "gan batch=4 average=0.9 d_steps=3",
                                    "gan batch=4 loss=lsgan instance_noise=0.1",
                                    "gan batch=4 reuse=yes loss=wgan clip=1e6"};
enum { SPECS = sizeof specs / sizeof specs[0] };

/* The variance of a batch overflows, and batch norm makes zeros of it: the losses are finite. */
TEST(in_the_discriminators_part)
{
    for (int i = 0; i < SPECS; i++) {
        game t;
        open_game(&t, specs[i]);
        CHECK_OK(gan_trainer_run(t.trainer, 2, NULL, NULL));
        const float weight = first_of(&t, t.d, "2.weight");
        write_all(&t, t.d, "2.weight", 1e30f);
        fail_step(&t, GAN_E_DIVERGED, "gan: discriminator 3.running_var is not finite in step 3");
        write_all(&t, t.d, "2.weight", weight);
        CHECK_OK(gan_trainer_step(t.trainer));
        save(&t, "after");
        close_game(&t);
    }
}

/* The last pass of all. */
TEST(in_the_generators_part)
{
    for (int i = 0; i < SPECS - 1; i++) { /* with reuse=yes the last pass is the discriminator's */
        game t;
        open_game(&t, specs[i]);
        CHECK_OK(gan_trainer_run(t.trainer, 2, NULL, NULL));
        feed_noise(&t, "noise.generator", BATCH, 1e30f);
        fail_step(&t, GAN_E_DIVERGED, "gan: generator 1.running_var is not finite in step 3");
        CHECK_OK(gan_trainer_feed(t.trainer, "noise.generator", NULL));
        CHECK_OK(gan_trainer_step(t.trainer));
        save(&t, "after");
        close_game(&t);
    }
}

static char logged[512];

static void log_line(void *user, int32_t level, const char *line)
{
    (void)user;
    (void)level;
    snprintf(logged, sizeof logged, "%s", line);
}

/* Counters go on, all else stays. */
TEST(skipped)
{
    game t;
    double before[VALUES], after[VALUES];
    open_game(&t, "gan batch=4 average=0.9 on_divergence=skip");
    t.context->host.log = log_line;
    CHECK_OK(gan_trainer_run(t.trainer, 2, NULL, NULL));
    read_values(&t, before);
    const float weight = first_of(&t, t.g, "0.weight");
    const float average = first_of(&t, gan_trainer_model(t.trainer, "generator", 1), "0.weight");
    feed_noise(&t, "noise.generator", BATCH, 1e30f);
    CHECK_OK(gan_trainer_step(t.trainer));
    CHECK_TEXT(logged,
               "gan: generator 1.running_var is not finite in step 3; the step was skipped");
    CHECK_INT(gan_trainer_steps(t.trainer), 3);
    read_values(&t, after); /* what the last step that was made measured */
    CHECK(memcmp(before, after, sizeof before) == 0);
    CHECK(first_of(&t, t.g, "0.weight") == weight);
    CHECK(first_of(&t, gan_trainer_model(t.trainer, "generator", 1), "0.weight") == average);
    save(&t, "after");
    CHECK_OK(gan_trainer_step(t.trainer));
    read_values(&t, after);
    CHECK(memcmp(before, after, sizeof before) != 0);
    close_game(&t);
}

/* What the caller wrote is found as well, and whose it is. */
TEST(written_by_the_caller)
{
    static const float values[] = {INFINITY, -INFINITY, NAN};
    for (int i = 0; i < 3; i++) {
        game t;
        char message[128];
        open_game(&t, "gan batch=4");
        write_all(&t, t.g, "1.running_mean", values[i]);
        CHECK_STATUS(gan_trainer_step(t.trainer), GAN_E_DIVERGED);
        snprintf(message, sizeof message, "gan: generator 1.running_mean is not finite in step 1");
        CHECK_TEXT(gan_context_message(t.context), message);
        write_all(&t, t.g, "1.running_mean", 0);
        CHECK_OK(gan_trainer_step(t.trainer));
        close_game(&t);
    }
}

/* ---- averages ---- */

/* Averaged weights whose statistics overflow: no checkpoint, but all else goes on. */
TEST(estimates_of_an_average)
{
    game t;
    open_game(&t, "gan batch=4 average=0.9");
    CHECK_OK(gan_trainer_run(t.trainer, 2, NULL, NULL));
    gan_model *average = gan_trainer_model(t.trainer, "generator", 1);
    const float weight = first_of(&t, average, "0.weight");
    write_all(&t, average, "0.weight", 1e30f);
    write_all(&t, average, "1.running_mean", 17);
    write_all(&t, average, "1.running_var", 18);
    for (int i = 0; i < 2; i++) {
        CHECK_STATUS(gan_trainer_save(t.trainer, "never"), GAN_E_DIVERGED);
        CHECK_TEXT(gan_context_message(t.context),
                   "gan: the average of generator: 1.running_var is estimated to be not finite");
        CHECK(first_of(&t, average, "1.running_mean") == -17);
        CHECK(first_of(&t, average, "1.running_var") == -18);
    }
    CHECK(fault_find(&t.fault, "never") == NULL);
    CHECK_OK(gan_trainer_step(t.trainer));
    write_all(&t, average, "0.weight", weight);
    save(&t, "after");
    close_game(&t);
}

/* ---- every way to fail, before every step ---- */

static void fail_in_all_ways(game *t)
{
    feed_noise(t, "noise", BATCH + 1, 0.5f);
    fail_step(t, GAN_E_SHAPE, "gan: 'noise' was fed 5 samples, the step has 4");
    CHECK_OK(gan_trainer_feed(t->trainer, "noise", NULL));
    feed_noise(t, "noise.generator", BATCH - 1, 0.5f);
    fail_step(t, GAN_E_SHAPE, "gan: 'noise.generator' was fed 3 samples, the step has 4");
    feed_noise(t, "noise.generator", BATCH, NAN);
    fail_step(t, GAN_E_DIVERGED, NULL);
    feed_noise(t, "noise.generator", BATCH, 1e30f);
    fail_step(t, GAN_E_DIVERGED, NULL);
    CHECK_OK(gan_trainer_feed(t->trainer, "noise.generator", NULL));
    atomic_store(&t->stops, 1);
    while (gan_trainer_step(t->trainer) == GAN_OK) {}
    fail_step(t, GAN_E_CANCELLED, NULL);
    atomic_store(&t->stops, 0);
}

/* The data set stops once what was read ahead is used up: the undisturbed game then has made as
 * many steps. */
TEST(a_failed_step_was_never_made)
{
    game whole, broken;
    open_game(&whole, "gan batch=4 average=0.9 instance_noise=0.1");
    open_game(&broken, "gan batch=4 average=0.9 instance_noise=0.1");
    for (int i = 0; i < 4; i++) {
        fail_in_all_ways(&broken);
        CHECK_OK(gan_trainer_step(broken.trainer));
        while (gan_trainer_steps(whole.trainer) < gan_trainer_steps(broken.trainer))
            CHECK_OK(gan_trainer_step(whole.trainer));
        save(&whole, "whole");
        save(&broken, "broken");
        if (!CHECK(same_files(&whole, "whole", &broken, "broken"))) break;
    }
    close_game(&whole);
    close_game(&broken);
}

/* Each allocation of a first step. */
TEST(without_memory)
{
    game whole, broken;
    gan_status status = GAN_E_MEMORY;
    open_game(&whole, specs[1]);
    open_game(&broken, specs[1]);
    for (long long n = 1; status == GAN_E_MEMORY && n < 10000; n++) {
        broken.fault.fail_at = broken.fault.allocations + n;
        status = gan_trainer_step(broken.trainer);
        broken.fault.fail_at = 0;
    }
    CHECK_OK(status);
    CHECK_OK(gan_trainer_step(whole.trainer));
    save(&whole, "whole");
    save(&broken, "broken");
    CHECK(same_files(&whole, "whole", &broken, "broken"));
    close_game(&whole);
    close_game(&broken);
}

int main(void)
{
    RUN(in_the_discriminators_part);
    RUN(in_the_generators_part);
    RUN(skipped);
    RUN(written_by_the_caller);
    RUN(estimates_of_an_average);
    RUN(a_failed_step_was_never_made);
    RUN(without_memory);
    return test_report();
}
