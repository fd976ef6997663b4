/* test_scores.c: routes that end in what a discriminator says of pictures. */
#include <gan/gan.h>

#include "test.h"

#include <stdlib.h>

enum { SIDE = 6, N = 3 };

static gan_context *context;

static void must(gan_status status)
{
    if (CHECK_OK(status)) return;
    puts(gan_context_message(context));
    exit(1);
}

static void set_role(gan_trainer *t, const char *role, const char *text)
{
    gan_model *model;
    must(gan_model_parse(&model, context, text));
    must(gan_trainer_set_model(t, role, model));
    gan_model_release(model);
}

static gan_tensor *make_rows(int64_t channels, int64_t h, int64_t w)
{
    gan_tensor *rows;
    must(gan_tensor_create(&rows, context, GAN_FLOAT32, 4, (const int64_t[]){N, h, w, channels}));
    for (int64_t i = 0; i < gan_tensor_count(rows); i++)
        ((float *)gan_tensor_data(rows))[i] = (float)(i * 37 % 101) / 50.5F - 1;
    return rows;
}

/* What the model's first output is, in all: inputs of N rows each. */
static double sum_of(gan_model *model, gan_tensor *const *inputs, int32_t count)
{
    int64_t shape[4] = {N};
    double sum = 0;
    gan_runner *runner;
    gan_tensor *outputs[2] = {NULL};
    must(gan_runner_create(&runner, context, model, "batch=3"));
    for (int32_t i = 0; i < gan_model_output_count(model); i++) {
        must(gan_runner_output_shape(runner, i, shape + 1));
        must(gan_tensor_create(&outputs[i], context, GAN_FLOAT32, 4, shape));
    }
    must(gan_runner_run(runner, inputs, count, outputs, gan_model_output_count(model)));
    for (int64_t i = 0; i < gan_tensor_count(outputs[0]); i++)
        sum += (double)((float *)gan_tensor_data(outputs[0]))[i];
    for (int i = 0; i < 2; i++) gan_tensor_release(outputs[i]);
    gan_runner_release(runner);
    return sum;
}

static double route_sum(gan_trainer *t, const char *text, gan_tensor *const *inputs, int32_t count)
{
    gan_model *route;
    must(gan_trainer_route(&route, t, text, 0));
    const double sum = sum_of(route, inputs, count);
    gan_model_release(route);
    return sum;
}

static void check_members(const gan_trainer *t, const char *expected)
{
    char text[256] = "";
    for (int32_t m = 0; m < gan_trainer_member_count(t); m++)
        if (!strcmp(gan_trainer_member(t, m, "type"), "score"))
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s of %s, ",
                     gan_trainer_member(t, m, "name"), gan_trainer_member(t, m, "help"));
    CHECK_TEXT(text, expected);
}

/* Each domain has its own; a way may end there behind other roles. */
TEST(of_two_domains)
{
    gan_trainer *t;
    gan_model *route;
    must(gan_trainer_create(&t, context, "cyclegan batch=1 perceptual=1"));
    set_role(t, "xy", "input any any 1; conv2d 1 kernel=3 pad=1; tanh");
    set_role(t, "yx", "input any any 1; conv2d 1 kernel=3 pad=1; tanh");
    set_role(t, "discriminator_x", "input 6 6 1; conv2d 2 kernel=3 pad=0; conv2d 1 kernel=3 pad=0");
    set_role(t, "discriminator_y", "input 6 6 1; dense 1");
    set_role(t, "features", "input any any 1; conv2d 2 kernel=3 pad=1");
    check_members(t, "x > score of discriminator_x, y > score of discriminator_y, ");
    gan_tensor *x = make_rows(1, SIDE, SIDE), *made = make_rows(1, SIDE, SIDE);
    gan_model *const d[2] = {gan_trainer_model(t, "discriminator_x", 0),
                             gan_trainer_model(t, "discriminator_y", 0)};
    CHECK(route_sum(t, "x > score", &x, 1) == sum_of(d[0], &x, 1));
    CHECK(route_sum(t, "y > score", &x, 1) == sum_of(d[1], &x, 1));
    CHECK(sum_of(d[0], &x, 1) != sum_of(d[1], &x, 1));
    must(gan_trainer_route(&route, t, "x > y", 0));
    gan_runner *runner;
    must(gan_runner_create(&runner, context, route, "batch=3 height=6 width=6"));
    must(gan_runner_run(runner, &x, 1, &made, 1));
    CHECK(sum_of(d[1], &made, 1) != sum_of(d[1], &x, 1));
    gan_runner_release(runner);
    gan_model_release(route);
    must(gan_trainer_route(&route, t, "x > score", 0));
    CHECK_TEXT(gan_model_note(route, "source"), "x");
    CHECK_TEXT(gan_model_note(route, "inputs"), "picture");
    CHECK(gan_model_note(route, "range") == NULL && gan_model_note(route, "feed") == NULL);
    gan_model_release(route);
    CHECK_STATUS(gan_trainer_route(&route, t, "x > score > x", 0), GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(context), "cyclegan: no role goes from 'score' to 'x'");
    gan_tensor_release(x);
    gan_tensor_release(made);
    gan_trainer_release(t);
}

/* With a condition, and two heads: all outputs are there, realness first. */
TEST(of_a_condition)
{
    gan_trainer *t;
    gan_model *route;
    must(gan_trainer_create(&t, context, "cgan"));
    check_members(t, "image > score of discriminator, ");
    CHECK_STATUS(gan_trainer_route(&route, t, "image > score", 0), GAN_E_STATE);
    set_role(t, "generator",
             "input noise 4; input condition 2; concat from noise condition; dense 36; tanh; "
             "reshape 6 6 1");
    set_role(t, "discriminator",
             "input condition 2; input image 6 6 1; h = dense 8 from image; "
             "concat from h condition; match = dense 1; realness = dense 1 from h; "
             "output match realness");
    gan_tensor *const inputs[2] = {make_rows(2, 1, 1), make_rows(1, SIDE, SIDE)};
    must(gan_trainer_route(&route, t, "image > score", 0));
    CHECK_TEXT(gan_model_note(route, "inputs"), "condition picture");
    CHECK_TEXT(gan_model_output_name(route, 0), "realness");
    CHECK_TEXT(gan_model_output_name(route, 1), "match");
    CHECK(sum_of(route, inputs, 2) != 0);
    gan_model_release(route);
    for (int i = 0; i < 2; i++) gan_tensor_release(inputs[i]);
    gan_trainer_release(t);
}

/* A chain to a score is that of what is made on the way. */
TEST(of_what_is_made)
{
    gan_trainer *t;
    gan_model *route;
    must(gan_trainer_create(&t, context, "gan"));
    set_role(t, "generator", "input 4; dense 36; tanh; reshape 6 6 1");
    set_role(t, "discriminator", "input 6 6 1; dense 5; tanh; dense 1");
    check_members(t, "image > score of discriminator, ");
    gan_tensor *noise = make_rows(4, 1, 1), *made = make_rows(1, SIDE, SIDE);
    gan_runner *runner;
    must(gan_trainer_route(&route, t, "noise > image", 0));
    must(gan_runner_create(&runner, context, route, "batch=3"));
    must(gan_runner_run(runner, &noise, 1, &made, 1));
    CHECK(route_sum(t, "noise > image > score", &noise, 1) ==
          route_sum(t, "image > score", &made, 1));
    gan_runner_release(runner);
    gan_model_release(route);
    gan_tensor_release(noise);
    gan_tensor_release(made);
    gan_trainer_release(t);
}

int main(void)
{
    CHECK_OK(gan_context_create(&context, "threads=1 seed=3", NULL, NULL, 0));
    RUN(of_two_domains);
    RUN(of_a_condition);
    RUN(of_what_is_made);
    gan_context_release(context);
    return test_report();
}
