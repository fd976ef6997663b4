/* test_fed.c: what goes into a step: batches that stay until they were used, and no gradients but
 * its own. */
#include "fault.h"
#include "test.h"

#include <gan/gan.h>

#include <math.h>

enum { BATCH = 4, PIXELS = 12 };

typedef struct game {
    fault_host fault;
    gan_context *context;
    gan_model *g, *d;
    gan_trainer *trainer;
    gan_tensor *real;
} game;

static gan_tensor *make_tensor(gan_context *context, int32_t dtype, int32_t rank,
                               const int64_t *shape)
{
    gan_tensor *tensor = NULL;
    CHECK_OK(gan_tensor_create(&tensor, context, dtype, rank, shape));
    return tensor;
}

static void open_game(game *t, const char *spec)
{
    memset(t, 0, sizeof *t);
    gan_host host = fault_make(&t->fault);
    CHECK_OK(gan_context_create(&t->context, "threads=1 seed=3", &host, NULL, 0));
    CHECK_OK(gan_model_parse(&t->g, t->context, "input 8; dense 16; relu; dense 12; tanh"));
    CHECK_OK(gan_model_parse(&t->d, t->context, "input 12; dense 16; leaky_relu 0.2; dense 1"));
    CHECK_OK(gan_trainer_create(&t->trainer, t->context, spec));
    CHECK_OK(gan_trainer_set_model(t->trainer, "generator", t->g));
    CHECK_OK(gan_trainer_set_model(t->trainer, "discriminator", t->d));
    CHECK_OK(gan_trainer_set_optimizer(t->trainer, "discriminator", "sgd lr=0.1"));
    t->real = make_tensor(t->context, GAN_FLOAT32, 4, (const int64_t[]){BATCH, 1, 1, PIXELS});
    float *x = gan_tensor_data(t->real);
    for (int i = 0; i < BATCH * PIXELS; i++) x[i] = (float)(i * 7919 % 201) / 100.0f - 1.0f;
}

static void close_game(game *t)
{
    gan_trainer_release(t->trainer);
    gan_model_release(t->g);
    gan_model_release(t->d);
    gan_tensor_release(t->real);
    gan_context_release(t->context);
    CHECK_INT(t->fault.live, 0);
}

static gan_status feed_and_step(game *t)
{
    CHECK_OK(gan_trainer_feed(t->trainer, "real", t->real));
    return gan_trainer_step(t->trainer);
}

static double value_of(game *t, const char *name)
{
    double value = NAN;
    CHECK_OK(gan_trainer_value(t->trainer, name, &value));
    return value;
}

/* A gradient that somebody wanted to look at. */
static void look_at_gradients(game *t)
{
    gan_model *const models[2] = {t->g, t->d};
    gan_tape *tape;
    gan_value z, x, score, loss;
    CHECK_OK(gan_tape_create(&tape, t->context));
    CHECK_OK(gan_tape_normal(tape, 2, (const int64_t[]){BATCH, 8}, &z));
    CHECK_OK(gan_tape_apply(tape, t->g, "evaluation", &z, 1, &x, 1));
    CHECK_OK(gan_tape_apply(tape, t->d, "evaluation", &x, 1, &score, 1));
    CHECK_OK(gan_tape_loss(tape, "mean", &score, 1, &loss));
    CHECK_OK(gan_tape_backward(tape, &loss, NULL, 1, models, 2));
    gan_tape_release(tape);
}

TEST(a_step_has_no_gradients_but_its_own)
{
    double norms[2][2];
    for (int i = 0; i < 2; i++) {
        game t;
        open_game(&t, "gan batch=4");
        for (int step = 0; step < 2; step++) {
            CHECK_OK(feed_and_step(&t));
            if (i == 1) look_at_gradients(&t);
        }
        CHECK_OK(feed_and_step(&t));
        norms[i][0] = value_of(&t, "gradient.discriminator");
        norms[i][1] = value_of(&t, "gradient.generator");
        close_game(&t);
    }
    for (int j = 0; j < 2; j++) CHECK_NEAR(norms[0][j], norms[1][j], 0);
}

/* The n-th allocation of a step fails: the same step can be tried again as it is. */
TEST(a_failed_step_keeps_its_batches)
{
    gan_status status = GAN_E_MEMORY;
    for (long long n = 1; status == GAN_E_MEMORY && n < 10000; n++) {
        game t;
        open_game(&t, "gan batch=4");
        CHECK_OK(gan_trainer_feed(t.trainer, "real", t.real));
        t.fault.fail_at = t.fault.allocations + n;
        status = gan_trainer_step(t.trainer);
        t.fault.fail_at = 0;
        if (status != GAN_OK && !CHECK_OK(gan_trainer_step(t.trainer))) n = 10000;
        CHECK_STATUS(gan_trainer_step(t.trainer), GAN_E_STATE); /* now it is used up */
        close_game(&t);
    }
    CHECK_OK(status);
}

TEST(batches_that_cannot_be_used_are_replaced)
{
    game t;
    open_game(&t, "gan batch=4");
    gan_tensor *wrong =
        make_tensor(t.context, GAN_FLOAT32, 4, (const int64_t[]){BATCH, 1, 1, PIXELS - 1});
    gan_tensor *nan = make_tensor(t.context, GAN_FLOAT32, 2, (const int64_t[]){BATCH, 8});
    for (int i = 0; i < 2; i++) CHECK_STATUS(gan_trainer_step(t.trainer), GAN_E_STATE);
    CHECK_OK(gan_trainer_feed(t.trainer, "real", wrong));
    for (int i = 0; i < 2; i++) CHECK_STATUS(gan_trainer_step(t.trainer), GAN_E_SHAPE);
    CHECK_OK(gan_trainer_feed(t.trainer, "real", t.real));
    *(float *)gan_tensor_data(nan) = NAN;
    CHECK_OK(gan_trainer_feed(t.trainer, "noise", nan));
    for (int i = 0; i < 2; i++) CHECK_STATUS(gan_trainer_step(t.trainer), GAN_E_DIVERGED);
    CHECK_OK(gan_trainer_feed(t.trainer, "noise", NULL));
    CHECK_OK(gan_trainer_step(t.trainer));
    CHECK_INT(gan_trainer_steps(t.trainer), 1);
    gan_tensor_release(wrong);
    gan_tensor_release(nan);
    close_game(&t);
}

TEST(a_skipped_step_uses_its_batches_up)
{
    game t;
    open_game(&t, "gan batch=4 on_divergence=skip");
    *(float *)gan_tensor_data(t.real) = NAN;
    CHECK_OK(feed_and_step(&t));
    CHECK_INT(gan_trainer_steps(t.trainer), 1);
    CHECK_STATUS(gan_trainer_step(t.trainer), GAN_E_STATE);
    close_game(&t);
}

/* Bytes of rank 1 are the numbers that they are: D, whose weight is 1, scores them so. */
TEST(class_numbers_can_be_fed_in_bytes)
{
    const int64_t count = BATCH;
    game t;
    open_game(&t, "gan batch=4 loss=lsgan");
    gan_model_release(t.g);
    gan_model_release(t.d);
    CHECK_OK(gan_model_parse(&t.g, t.context, "input 8; dense 1"));
    CHECK_OK(gan_model_parse(&t.d, t.context, "input 1; dense 1 bias=no"));
    CHECK_OK(gan_trainer_set_model(t.trainer, "generator", t.g));
    CHECK_OK(gan_trainer_set_model(t.trainer, "discriminator", t.d));
    gan_tensor *one = make_tensor(t.context, GAN_FLOAT32, 2, (const int64_t[]){1, 1});
    gan_tensor *labels = make_tensor(t.context, GAN_UINT8, 1, &count);
    *(float *)gan_tensor_data(one) = 1;
    CHECK_OK(gan_model_write(t.d, "0.weight", one));
    memcpy(gan_tensor_data(labels), (uint8_t[]){2, 0, 3, 255}, BATCH);
    CHECK_OK(gan_trainer_feed(t.trainer, "real", labels));
    CHECK_OK(gan_trainer_step(t.trainer));
    CHECK_NEAR(value_of(&t, "score.real"), 65, 0);
    gan_tensor_release(one);
    gan_tensor_release(labels);
    close_game(&t);
}

int main(void)
{
    RUN(a_step_has_no_gradients_but_its_own);
    RUN(a_failed_step_keeps_its_batches);
    RUN(batches_that_cannot_be_used_are_replaced);
    RUN(a_skipped_step_uses_its_batches_up);
    RUN(class_numbers_can_be_fed_in_bytes);
    return test_report();
}
