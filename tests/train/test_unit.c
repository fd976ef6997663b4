/* test_unit.c: translation through a common code: what it is made of, what it refuses, what it
 * measures, the part that both domains have, routes, what is shown, that a step that fails leaves
 * no trace, and its bits. The golden traces say that a step is right. */
#include "common_space.h"

static const domain_list both = {2, {"x", "y"}};

/* Encoders that make a log-variance too. */
static const char *const variances[2] = {
    "input 4 6 1; conv2d 4 kernel=4 stride=2 pad=1; leaky_relu 0.2; h = part inwards\n"
    "mean = conv2d 3 kernel=1; log_variance = conv2d 3 kernel=1 from h; output mean log_variance",
    "input 8 12 3; conv2d 4 kernel=6 stride=4 pad=1; leaky_relu 0.2; h = part inwards\n"
    "mean = conv2d 3 kernel=1; log_variance = conv2d 3 kernel=1 from h; output mean log_variance"};

static gan_trainer *make(const char *spec)
{
    gan_trainer *t = make_but(spec, &both, NULL, NULL);
    set_data_of(t, &both);
    return t;
}

static void set_data(gan_trainer *t)
{
    set_data_of(t, &both);
}

/* y alone has a log-variance. */
static gan_trainer *make_mixed(const char *spec)
{
    gan_trainer *t = make_but(spec, &both, "encoder_y", variances[1]);
    set_data(t);
    return t;
}

static const bits_training training = {make, set_data, 7}, mixed = {make_mixed, set_data, 5};

/* ---- what it is made of ---- */

TEST(members)
{
    check_members(
        "unit",
        "role encoder_x, role encoder_y, role decoder_x, role decoder_y, role discriminator_x, "
        "role discriminator_y, feed x, feed y, feed noise.x, feed noise.y, "
        "feed noise.generators.x, feed noise.generators.y, feed noise.cycle.x, feed noise.cycle.y, "
        "group generators, group discriminators, "
        "product encoder_x, product encoder_y, product decoder_x, product decoder_y, "
        "route x > code > x, route x > code > y, route x > code, route y > code > x, "
        "route y > code > y, route y > code, route code > x, route code > y, "
        "route code > x > code, score x > score, score y > score, sheet code, sheet x, sheet y, ");
}

TEST(options)
{
    static const option_case cases[] = {
        {"unit gan=0 recon=0 kl=0 cycle=0 kl_cycle=0", NULL},
        {"unit kl=-1", "unit: 'kl' must be in [0, 1000000], not '-1' (line 1, column 9)"},
        {"unit loss=wgan_gp",
         "unit: loss=wgan_gp asks for discriminators whose slope is bounded, as the trainer 'gan' "
         "does and this one does not"},
    };
    check_options(cases, sizeof cases / sizeof cases[0]);
}

static bool is_measured(const char *spec, const char *value)
{
    gan_trainer *t;
    must(gan_trainer_create(&t, context, spec));
    const bool there = gan__cast_value(t->cast, value, strlen(value)) >= 0;
    gan_trainer_release(t);
    return there;
}

TEST(values)
{
    CHECK(is_measured("unit", "loss.kl_cycle.y") && is_measured("unit", "accuracy.fake.x"));
    CHECK(!is_measured("unit", "loss.semantic.x"));
    CHECK(is_measured("unit semantic=1 cycle=0 kl_cycle=0", "loss.cycle.x"));
    CHECK(!is_measured("unit cycle=0 kl_cycle=0", "loss.cycle.x"));
}

TEST(the_reference_setting)
{
    gan_trainer *t = make("unit");
    must(gan_trainer_run(t, 1, NULL, NULL));
    gan_optimizer *wanted;
    must(gan_optimizer_create(&wanted, context,
                              "adam lr=1e-4 beta1=0.5 weight_decay=1e-4 schedule=step:100000,0.5"));
    for (int g = 0; g < 2; g++)
        CHECK_TEXT(gan_optimizer_text(t->optimizers[g]), gan_optimizer_text(wanted));
    gan_optimizer_release(wanted);
    gan_trainer_release(t);
}

/* ---- what is refused ---- */

static const struct {
    const char *role, *text; /* NULL: none */
    gan_status status;
    const char *message;
} wrongs[] = {
    {"decoder_y", NULL, GAN_E_STATE, "unit: the role 'decoder_y' has no model"},
    {"encoder_y", "input 8 12 3; conv2d 3 kernel=4 stride=2 pad=1", GAN_E_SHAPE,
     "unit: the encoder_x's mean has codes of 2x3x3, the encoder_y's mean has 4x6x3"},
    {"decoder_y", "input 2 3 3; part outwards; conv_transpose2d 3 kernel=4 stride=2 pad=1",
     GAN_E_SHAPE, "unit: the decoder_y makes pictures of 4x6x3, the encoder_y takes 8x12x3"},
    {"discriminator_x", "input 4 6 1; conv2d 4 kernel=4 stride=2 pad=1; part inwards", GAN_E_STATE,
     "unit: 'inwards.0.weight' is in the encoder_x and in the discriminator_x, which the groups "
     "generators and discriminators would both train"},
};

TEST(roles_and_shapes_that_do_not_go_together)
{
    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
        gan_trainer *t = make_but("unit", &both, wrongs[i].role, wrongs[i].text);
        set_data(t);
        CHECK_STATUS(gan_trainer_check(t), wrongs[i].status);
        CHECK_TEXT(gan_context_message(context), wrongs[i].message);
        CHECK_STATUS(gan_trainer_step(t), wrongs[i].status);
        gan_trainer_release(t);
    }
}

static void check_fed(const char *feed, gan_tensor *tensor, gan_status status, const char *message)
{
    gan_trainer *t = make("unit batch=2");
    must(gan_trainer_feed(t, feed, tensor));
    CHECK_STATUS(gan_trainer_step(t), status);
    if (message) CHECK_TEXT(gan_context_message(context), message);
    gan_tensor_release(tensor);
    gan_trainer_release(t);
}

TEST(what_is_fed_must_fit)
{
    check_fed("noise.cycle.y", make_pictures(2, 2, 3, 3), GAN_OK, NULL);
    check_fed("noise.x", make_pictures(2, 1, 1, 3), GAN_E_SHAPE,
              "unit: 'noise.x' was fed 1x1x3, its networks have codes of 2x3x3");
    check_fed("noise.generators.y", make_pictures(3, 2, 3, 3), GAN_E_SHAPE,
              "unit: 'noise.generators.y' was fed 3 samples, the step has 2");
    check_fed("x", make_pictures(2, 4, 6, 3), GAN_E_SHAPE,
              "unit: 'x' was fed 4x6x3, its networks have pictures of 4x6x1");
}

/* ---- what it measures ---- */

/* A mean of 2 everywhere diverges by 4; with a variance of e^1, by 4 + e - 1 - 1. */
TEST(divergence)
{
    static const char *const texts[2] = {
        "input 4 6 1; conv2d 3 kernel=4 stride=2 pad=1 bias=no init=zeros; affine 1 2",
        "input 4 6 1; conv2d 3 kernel=4 stride=2 pad=1 bias=no init=zeros; h = affine 1 1\n"
        "mean = affine 1 1; log_variance = affine 1 0 from h; output mean log_variance"};
    static const double wanted[2] = {4, 4 + 2.718281828459045 - 2};
    for (int i = 0; i < 2; i++) {
        gan_trainer *t = make_but("unit batch=3", &both, "encoder_x", texts[i]);
        set_data(t);
        must(gan_trainer_step(t));
        CHECK_NEAR(value_of(t, "loss.kl.x"), wanted[i], 1e-5);
        CHECK_NEAR(value_of(t, "loss.kl_cycle.y"), wanted[i], 1e-5);
        CHECK(fabs(value_of(t, "loss.kl.y") - wanted[i]) > 0.1);
        gan_trainer_release(t);
    }
}

/* Networks that leave sizes open are fed samples of any size: noise has the size of their codes. */
TEST(open_sizes)
{
    static const char *const texts[ROWS] = {
        "input any any 1; conv2d 3 kernel=4 stride=2 pad=1",
        "input any any 3; conv_transpose2d 1 kernel=4 stride=2 pad=1; tanh",
        "input any any 1; conv2d 1 kernel=4 stride=2 pad=1"};
    gan_trainer *t;
    must(gan_trainer_create(&t, context, "unit"));
    for (int row = 0; row < ROWS; row++)
        for (int d = 0; d < 2; d++) {
            gan_model *model;
            must(gan_model_parse(&model, context, texts[row]));
            must(gan_trainer_set_model(t, role_name(row, both.names[d]), model));
            gan_model_release(model);
        }
    for (int k = 0; k < 2; k++)
        for (int d = 0; d < 2; d++) {
            gan_tensor *x = make_pictures(1 + d, 8 + 4 * k, 6, 1);
            must(gan_trainer_feed(t, both.names[d], x));
            gan_tensor_release(x);
            if (d == 1) must(gan_trainer_step(t));
        }
    gan_trainer_release(t);
}

/* ---- the common part ---- */

static size_t count_shared(const gan_trainer *t, const char *first, const char *second)
{
    const gan_model *a = gan_trainer_model(t, first, 0), *b = gan_trainer_model(t, second, 0);
    size_t shared = 0;
    for (size_t i = 0; i < a->store_count; i++)
        for (size_t k = 0; k < b->store_count; k++) {
            if (a->stores[i] != b->stores[k]) continue;
            const gan__optimizer_state *state = state_of_role(t, first, i);
            CHECK(state && state == state_of_role(t, second, k));
            if (state) CHECK_INT(state->steps, t->steps);
            shared++;
        }
    return shared;
}

/* One set of weights and of moments, counted once a step, also in a training that was loaded, and
 * one average. */
TEST(a_part_of_both_domains_is_one)
{
    gan_trainer *t = make("unit average=0.9"), *loaded;
    gan_tensor *bytes = bits_after(t, 4);
    must(gan_trainer_load_memory(&loaded, context, gan_tensor_data(bytes),
                                 (size_t)gan_tensor_count(bytes)));
    set_data(loaded);
    must(gan_trainer_run(loaded, 2, NULL, NULL));
    for (int i = 0; i < 2; i++) {
        gan_trainer *of = i ? loaded : t;
        CHECK_INT(count_shared(of, "encoder_x", "encoder_y"), 1);
        CHECK_INT(count_shared(of, "decoder_x", "decoder_y"), 1);
        const gan_model *x = gan_trainer_model(of, "decoder_x", GAN_MODEL_AVERAGED),
                        *y = gan_trainer_model(of, "decoder_y", GAN_MODEL_AVERAGED);
        size_t same = 0;
        for (size_t a = 0; a < x->store_count; a++)
            for (size_t b = 0; b < y->store_count; b++) same += x->stores[a] == y->stores[b];
        CHECK_INT(same, 1);
    }
    gan_tensor_release(bytes);
    gan_trainer_release(t);
    gan_trainer_release(loaded);
}

/* ---- routes, and what is shown ---- */

TEST(routes)
{
    static const struct {
        const char *text, *inputs, *feed;
    } cases[] = {{"x > code", "picture", NULL},
                 {"x > code > y", "picture", "y"},
                 {"y > code > x > code > y", "picture", "y"},
                 {"code > y", "normal", "y"}};
    gan_trainer *t = make_mixed("unit average=0.9");
    gan_model *route;
    must(gan_trainer_run(t, 2, NULL, NULL));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        must(gan_trainer_route(&route, t, cases[i].text, GAN_MODEL_AVERAGED));
        CHECK_TEXT(gan_model_note(route, "inputs"), cases[i].inputs);
        if (cases[i].feed) CHECK_TEXT(gan_model_note(route, "feed"), cases[i].feed);
        gan_model_release(route);
    }
    CHECK_STATUS(gan_trainer_route(&route, t, "x > y", 0), GAN_E_ARGUMENT);
    gan_trainer_release(t);
}

/* How far the sheet's picture k is from what the route makes of picture 0 of the sheet, in levels.
 */
static double shown_error(gan_trainer *t, gan_tensor *sheet, int k, const char *text)
{
    const int64_t size[4] = {1, 4, 6, 1}, *shape = gan_tensor_shape(sheet);
    const uint8_t *first = gan_tensor_data(sheet), *other = first + k * shape[1] * shape[2] * 3;
    gan_model *route;
    gan_runner *runner;
    gan_tensor *x, *made;
    double error = 0;
    must(gan_tensor_create(&x, context, GAN_FLOAT32, 4, size));
    for (int i = 0; i < 24; i++)
        ((float *)gan_tensor_data(x))[i] =
            (float)first[(i / 6 * shape[2] + i % 6) * 3] / 127.5f - 1;
    must(gan_trainer_route(&route, t, text, 0));
    must(gan_runner_create(&runner, context, route, ""));
    int64_t of[4] = {1};
    must(gan_runner_output_shape(runner, 0, of + 1));
    must(gan_tensor_create(&made, context, GAN_FLOAT32, 4, of));
    must(gan_runner_run(runner, &x, 1, &made, 1));
    for (int64_t i = 0; i < of[1] * of[2] * of[3]; i++) {
        const int64_t pixel = i / of[3], at = (pixel / of[2] * shape[2] + pixel % of[2]) * 3;
        const double level = (((float *)gan_tensor_data(made))[i] + 1) * 127.5;
        const double off = fabs(level - other[at + i % of[3]]);
        if (off > error) error = off;
    }
    gan_tensor_release(made);
    gan_tensor_release(x);
    gan_runner_release(runner);
    gan_model_release(route);
    return error;
}

TEST(a_sheet_has_the_way_back)
{
    static const char *const routes[] = {"x > code > x", "x > code > y", "x > code > y > code > x"};
    gan_trainer *t = make("unit");
    gan_tensor *sheet;
    int64_t columns;
    must(gan_trainer_run(t, 2, NULL, NULL));
    must(gan_trainer_show(&sheet, &columns, t, "x", 2, 0));
    CHECK_INT(columns, 4);
    for (int k = 0; k < 3; k++) {
        CHECK(shown_error(t, sheet, k + 1, routes[k]) < 1.5); /* bytes in, bytes out */
        if (k == 2) CHECK(shown_error(t, sheet, 1, routes[k]) > 1.5);
    }
    gan_tensor_release(sheet);
    gan_trainer_release(t);
}

/* ---- the same bits ---- */

TEST(resumed_at_every_step)
{
    bits_resumed(&training, "unit batch=2 average=0.9");
    bits_resumed(&mixed, "unit instance_noise=0.1 semantic=1 loss=non_saturating");
    bits_resumed(&mixed, "unit cycle=0 kl_cycle=0");
}

TEST(threads_and_tiers)
{
    bits_everywhere(&mixed, "unit batch=2 average=0.9 semantic=0.5");
}

TEST(a_failed_step_was_never_made)
{
    check_failed_steps(&mixed, "unit batch=2 average=0.9 semantic=1", &both);
}

TEST(steps_allocate_nothing_after_a_check)
{
    check_allocations(&mixed, "unit batch=2 average=0.9 semantic=1");
}

TEST(without_memory)
{
    check_without_memory(&mixed, "unit batch=2 average=0.9 semantic=1");
}

int main(void)
{
    rig_open(2, "unit.tmp");
    RUN(members);
    RUN(options);
    RUN(values);
    RUN(the_reference_setting);
    RUN(roles_and_shapes_that_do_not_go_together);
    RUN(what_is_fed_must_fit);
    RUN(divergence);
    RUN(open_sizes);
    RUN(a_part_of_both_domains_is_one);
    RUN(routes);
    RUN(a_sheet_has_the_way_back);
    RUN(resumed_at_every_step);
    RUN(threads_and_tiers);
    RUN(a_failed_step_was_never_made);
    RUN(steps_allocate_nothing_after_a_check);
    RUN(without_memory);
    return rig_close();
}
