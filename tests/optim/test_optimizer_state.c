/* What an optimiser carries from step to step, read and written through the public functions: a
 * copy of it goes on with the same bits. */
#include <gan/optimizer.h>
#include <gan/tape.h>

#include "test.h"

#include <math.h>
#include <stdlib.h>

/* A convolution, a transposed one, a dense layer behind a picture and a buffer: every order of
 * elements in memory. The part is added on its own. */
#define PART "input 2 2 3; conv2d 4 kernel=2 stride=1 pad=1; batchnorm; leaky_relu 0.2"
#define WHOLE "input 2 2 3; part head; conv_transpose2d 2 kernel=3; leaky_relu 0.2; dense 5"

typedef struct game {
    gan_context *context;
    gan_tape *tape;
    gan_model *head, *model;
    gan_optimizer *optimizer;
} game;

static void game_open(game *g, const char *spec)
{
    static const char *const name = "head";
    CHECK_OK(gan_context_create(&g->context, "threads=1 seed=5", NULL, NULL, 0));
    CHECK_OK(gan_tape_create(&g->tape, g->context));
    CHECK_OK(gan_model_parse(&g->head, g->context, PART));
    CHECK_OK(gan_model_parse_parts(&g->model, g->context, WHOLE, &name, &g->head, 1));
    CHECK_OK(gan_optimizer_create(&g->optimizer, g->context, spec));
}

static void game_close(game *g)
{
    gan_optimizer_release(g->optimizer);
    gan_model_release(g->model);
    gan_model_release(g->head);
    gan_tape_release(g->tape);
    gan_context_release(g->context);
}

static void game_step(game *g)
{
    static const int64_t shape[4] = {3, 2, 2, 3};
    gan_value x, y, loss;
    CHECK_OK(gan_tape_reset(g->tape));
    CHECK_OK(gan_tape_normal(g->tape, 4, shape, &x));
    CHECK_OK(gan_tape_apply(g->tape, g->model, "training", &x, 1, &y, 1));
    CHECK_OK(gan_tape_loss(g->tape, "mse target=0.3", &y, 1, &loss));
    CHECK_OK(gan_model_zero_gradients(g->model));
    CHECK_OK(gan_tape_backward(g->tape, &loss, NULL, 1, &g->model, 1));
    CHECK_OK(gan_optimizer_step(g->optimizer));
}

/* A tensor as large as a parameter. */
static gan_tensor *like(const game *g, const char *name)
{
    gan_tensor *tensor = NULL;
    int64_t shape[4];
    int32_t rank;
    CHECK_OK(gan_model_parameter_shape(g->model, name, &rank, shape));
    CHECK_OK(gan_tensor_create(&tensor, g->context, GAN_FLOAT32, rank, shape));
    return tensor;
}

static int is_trained(const game *g, const char *name)
{
    int32_t flags = 0;
    CHECK_OK(gan_model_parameter_flags(g->model, name, &flags));
    return (flags & GAN_PARAMETER_TRAINED) != 0;
}

/* Weights, buffers, moments, counts and draws of `from` to `to`, of another context, through the
 * public functions alone. */
static void copy_moments(const game *from, const game *to, const char *name, gan_tensor *tensor)
{
    gan_tensor *copy = like(to, name);
    for (int32_t i = 0; i < gan_optimizer_moment_count(from->optimizer); i++) {
        const char *moment = gan_optimizer_moment_name(from->optimizer, i);
        CHECK_OK(gan_optimizer_read(from->optimizer, from->model, name, moment, tensor));
        memcpy(gan_tensor_data(copy), gan_tensor_data(tensor),
               (size_t)gan_tensor_count(tensor) * sizeof(float));
        CHECK_OK(gan_optimizer_write(to->optimizer, to->model, name, moment, copy));
    }
    gan_tensor_release(copy);
}

static void copy_game(const game *from, const game *to)
{
    CHECK_OK(gan_tape_seek(to->tape, gan_tape_draws(from->tape)));
    CHECK_OK(gan_optimizer_set_steps(to->optimizer, gan_optimizer_steps(from->optimizer)));
    for (int64_t i = 0; i < gan_model_parameter_count(from->model); i++) {
        const char *name = gan_model_parameter_name(from->model, i);
        gan_tensor *tensor = like(from, name);
        int64_t steps = -1;
        CHECK_OK(gan_model_read(from->model, name, GAN_VALUE, tensor));
        CHECK_OK(gan_model_write(to->model, name, tensor));
        if (is_trained(from, name)) {
            copy_moments(from, to, name, tensor);
            CHECK_OK(gan_optimizer_parameter_steps(from->optimizer, from->model, name, &steps));
            CHECK_OK(gan_optimizer_set_parameter_steps(to->optimizer, to->model, name, steps));
        }
        gan_tensor_release(tensor);
    }
}

static int64_t steps_of(const game *g, const char *name)
{
    int64_t steps = -1;
    CHECK_OK(gan_optimizer_parameter_steps(g->optimizer, g->model, name, &steps));
    return steps;
}

static void check_same(const game *a, const game *b, const char *spec)
{
    for (int64_t i = 0; i < gan_model_parameter_count(a->model); i++) {
        const char *name = gan_model_parameter_name(a->model, i);
        gan_tensor *x = like(a, name), *y = like(b, name);
        CHECK_OK(gan_model_read(a->model, name, GAN_VALUE, x));
        CHECK_OK(gan_model_read(b->model, name, GAN_VALUE, y));
        size_t size = (size_t)gan_tensor_count(x) * sizeof(float);
        if (!CHECK(memcmp(gan_tensor_data(x), gan_tensor_data(y), size) == 0))
            printf("    %s under %s\n", name, spec);
        gan_tensor_release(x);
        gan_tensor_release(y);
    }
}

TEST(a_copy_goes_on_with_the_same_bits)
{
    static const char *const specs[] = {"adam lr=0.01 schedule=cosine:9", "adamw lr=0.02 clip=0.1",
                                        "rmsprop momentum=0.5 centered=yes",
                                        "sgd lr=0.1 momentum=0.9 dampening=0.5 schedule=step:4,0.5",
                                        "sgd lr=0.1"};
    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
        game one, other;
        game_open(&one, specs[i]);
        game_open(&other, specs[i]);
        CHECK_OK(gan_optimizer_add(one.optimizer, one.head));
        for (int t = 0; t < 2; t++) game_step(&one);
        CHECK_OK(gan_optimizer_add(one.optimizer, one.model)); /* what is not the head's: later */
        for (int t = 0; t < 3; t++) game_step(&one);
        CHECK_OK(gan_optimizer_add(other.optimizer, other.model));
        copy_game(&one, &other);
        CHECK_INT(gan_optimizer_steps(other.optimizer), 5);
        CHECK_INT(steps_of(&other, "head.0.weight"), 5);
        CHECK_INT(steps_of(&other, "3.bias"), 3);
        for (int t = 0; t < 3; t++) {
            game_step(&one);
            game_step(&other);
        }
        check_same(&one, &other, specs[i]);
        game_close(&one);
        game_close(&other);
    }
}

/* After one step m = (1 - beta1) g, element by element in PyTorch's layout. */
TEST(moments_lie_as_gradients_do)
{
    game g;
    game_open(&g, "adam beta1=0.5");
    CHECK_OK(gan_optimizer_add(g.optimizer, g.model));
    CHECK_INT(gan_optimizer_moment_count(g.optimizer), 2);
    CHECK_TEXT(gan_optimizer_moment_name(g.optimizer, 0), "exp_avg");
    CHECK_TEXT(gan_optimizer_moment_name(g.optimizer, 1), "exp_avg_sq");
    game_step(&g);
    for (int64_t i = 0; i < gan_model_parameter_count(g.model); i++) {
        const char *name = gan_model_parameter_name(g.model, i);
        if (!is_trained(&g, name)) continue;
        gan_tensor *gradient = like(&g, name), *moment = like(&g, name);
        CHECK_OK(gan_model_read(g.model, name, GAN_GRADIENT, gradient));
        CHECK_OK(gan_optimizer_read(g.optimizer, g.model, name, "exp_avg", moment));
        const float *a = gan_tensor_data(gradient), *b = gan_tensor_data(moment);
        for (int64_t k = 0; k < gan_tensor_count(moment); k++) CHECK_NEAR(b[k], 0.5F * a[k], 0);
        gan_tensor_release(gradient);
        gan_tensor_release(moment);
    }
    game_close(&g);
}

TEST(the_rate)
{
    game g;
    double rate = 0;
    game_open(&g, "sgd lr=1 schedule=linear:4");
    CHECK_OK(gan_optimizer_add(g.optimizer, g.model));
    game_step(&g);
    CHECK_OK(gan_optimizer_set_rate(g.optimizer, 0.5));
    CHECK_OK(gan_optimizer_rate(g.optimizer, &rate));
    CHECK_NEAR(rate, 0.375, 0);
    CHECK_TEXT(
        gan_optimizer_text(g.optimizer),
        "sgd lr=0.5 weight_decay=0 clip=0 schedule=linear:4 momentum=0 dampening=0 nesterov=no");
    CHECK_OK(gan_optimizer_set_steps(g.optimizer, 2));
    CHECK_OK(gan_optimizer_rate(g.optimizer, &rate));
    CHECK_NEAR(rate, 0.25, 0);
    const double bad[] = {-1e-9, 1000001, NAN, INFINITY, -INFINITY};
    for (int i = 0; i < 5; i++) {
        CHECK_STATUS(gan_optimizer_set_rate(g.optimizer, bad[i]), GAN_E_ARGUMENT);
        CHECK_OK(gan_optimizer_rate(g.optimizer, &rate));
        CHECK_NEAR(rate, 0.25, 0);
    }
    CHECK_STATUS(gan_optimizer_set_rate(g.optimizer, 2e6), GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(g.context),
               "gan_optimizer_set_rate: rate is 2000000, not from 0 to 1000000");
    game_close(&g);
}

TEST(refusals)
{
    game g;
    int64_t steps = 7;
    game_open(&g, "adam");
    CHECK_OK(gan_optimizer_add(g.optimizer, g.head));
    gan_tensor *weight = like(&g, "head.0.weight"), *mean = like(&g, "head.1.running_mean");
    gan_tensor *later = like(&g, "3.weight");
#define READ(name, moment, tensor) gan_optimizer_read(g.optimizer, g.model, name, moment, tensor)
    CHECK_OK(READ("head.0.weight", "exp_avg", weight));
    CHECK_STATUS(READ("head.1.running_mean", "exp_avg", mean), GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(g.context),
               "gan_optimizer_read: head.1.running_mean is a buffer, which nothing trains");
    CHECK_STATUS(READ("3.weight", "exp_avg", later), GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(g.context), "gan_optimizer_read: the optimizer does not train "
                                               "3.weight of this model: it was not added");
    CHECK_STATUS(READ("head.0.weihgt", "exp_avg", weight), GAN_E_ARGUMENT);
    CHECK_STATUS(READ("head.0.weight", "exp_avg_sqr", weight), GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(g.context), "gan_optimizer_read: adam has no moment "
                                               "'exp_avg_sqr', did you mean 'exp_avg_sq'?");
    CHECK_STATUS(READ("head.0.weight", "exp_avg", mean), GAN_E_SHAPE);
    ((float *)gan_tensor_data(weight))[5] = NAN;
    CHECK_STATUS(gan_optimizer_write(g.optimizer, g.model, "head.0.weight", "exp_avg", weight),
                 GAN_E_ARGUMENT);
    CHECK_OK(READ("head.0.weight", "exp_avg", weight));
    CHECK_NEAR(((float *)gan_tensor_data(weight))[5], 0, 0);
    CHECK_STATUS(gan_optimizer_set_steps(g.optimizer, -1), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_optimizer_set_steps(g.optimizer, ((int64_t)1 << 48) + 1), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_optimizer_set_parameter_steps(g.optimizer, g.model, "head.0.bias", -1),
                 GAN_E_ARGUMENT);
    CHECK_STATUS(gan_optimizer_parameter_steps(g.optimizer, g.model, "3.bias", &steps),
                 GAN_E_ARGUMENT);
    CHECK_INT(steps, 7);
    CHECK_INT(gan_optimizer_steps(g.optimizer), 0);
    gan_tensor_release(weight);
    gan_tensor_release(mean);
    gan_tensor_release(later);
    game_close(&g);
}

int main(void)
{
    RUN(a_copy_goes_on_with_the_same_bits);
    RUN(moments_lie_as_gradients_do);
    RUN(the_rate);
    RUN(refusals);
    return test_report();
}
