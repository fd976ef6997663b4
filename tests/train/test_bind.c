/* test_bind.c: which ports of a network are those of its role: by name where it has several, the
 * rest by position; and how it is told what is missing or too much. */
#include "rig.h"

#include "base/context.h"
#include "train/trainer.h"

static gan_status binder_step(gan_trainer *t)
{
    return gan__trainer_update_last(t, NULL, 0);
}

static const gan__space_row binder_spaces[] = {
    {"image", GAN__SPACE_PICTURE, NULL}, {"condition", GAN__SPACE_CONDITION, NULL},
    {"code", GAN__SPACE_CODE, NULL},     {"sketch", GAN__SPACE_PICTURE, NULL},
    {"idea", GAN__SPACE_CODE, NULL},     {"score", GAN__SPACE_SCORE, NULL},
    {"features", GAN__SPACE_SCORE, NULL}};

enum { ENCODER, JUDGE, TEACHER, LOOKER, PAINTER, TINTER };
static const gan__role_row binder_roles[] = {
    [ENCODER] = {"encoder", NULL, "image > mean:code log_variance:code", GAN__ROLE_OPTIONAL, NULL,
                 ""},
    [JUDGE] = {"judge", NULL, "image condition > realness:score [match:score]", GAN__ROLE_OPTIONAL,
               NULL, ""},
    [TEACHER] = {"teacher", NULL, "image > score [features...]", GAN__ROLE_OPTIONAL, NULL, ""},
    [LOOKER] = {"looker", NULL, "sketch [condition] > idea", GAN__ROLE_OPTIONAL, NULL, ""},
    [PAINTER] = {"painter", NULL, "idea [condition] > sketch", GAN__ROLE_OPTIONAL, NULL, ""},
    [TINTER] = {"tinter", NULL, "sketch condition > image", GAN__ROLE_OPTIONAL, NULL, ""}};

static const gan__feed_row binder_feeds[] = {
    {"real", "image", "sketch", GAN__FEED_OPTIONAL, "", 0, NULL},
    {"real", "vector", "condition", GAN__FEED_OPTIONAL, "", 0, NULL}};

static const gan__value_row binder_values[] = {{"nothing", NULL, "is measured"}};

static const gan__trainer_kind binder_kind = {
    .kind = {.name = "binder",
             .help = "",
             GAN__OPTIONS(gan__trainer_common_options),
             .size = sizeof(gan__trainer_common)},
    GAN__ROWS(space, binder_spaces),
    GAN__ROWS(role, binder_roles),
    GAN__ROWS(feed, binder_feeds),
    GAN__ROWS(value, binder_values),
    .step = binder_step,
};

static gan_trainer *bind_role(const char *role, const char *text, gan_status *status)
{
    gan_trainer *t;
    gan_model *model;
    must(gan_trainer_create(&t, context, "binder batch=4"));
    must(gan_model_parse(&model, context, text));
    must(gan_trainer_set_model(t, role, model));
    gan_model_release(model);
    *status = gan_trainer_check(t);
    return t;
}

/* Inputs, then outputs, of the role: which port of the network each is. */
TEST(ports_are_found)
{
    static const struct {
        int32_t role;
        const char *text;
        int32_t inputs[2], outputs[3], output_count;
    } cases[] = {
        {TEACHER, "input 4 4 1; dense 1", {0}, {0}, 1},
        {ENCODER,
         "image = input 4 4 1; log_variance = dense 3 from image;"
         "mean = dense 3 from image; output log_variance mean",
         {0},
         {1, 0},
         2},
        {JUDGE,
         "condition = input 1 1 4; image = input 4 4 1; f = dense 4 from image;"
         "both = concat from f condition; r = dense 1 from both; output r",
         {1, 0},
         {0, -1},
         2},
        {JUDGE,
         "image = input 4 4 1; condition = input 1 1 4; f = dense 4 from image;"
         "both = concat from f condition; match = dense 1 from both;"
         "realness = dense 1 from both; output match realness",
         {0, 1},
         {1, 0},
         2},
        {TEACHER,
         "x = input 4 4 1; a = dense 3 from x; score = dense 1 from a; b = dense 2 from x;"
         "output a score b",
         {0},
         {1, 0, 2},
         3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        gan_status status;
        gan_trainer *t = bind_role(binder_roles[cases[i].role].name, cases[i].text, &status);
        const gan__player *player = &t->players[cases[i].role];
        if (!CHECK_OK(status)) printf("    %d: %s\n", (int)i, gan_context_message(context));
        CHECK_INT(player->output_count, cases[i].output_count);
        for (int32_t k = 0; k < player->input_count; k++)
            CHECK_INT(player->inputs[k], cases[i].inputs[k]);
        for (int32_t k = 0; k < player->output_count; k++)
            CHECK_INT(player->outputs[k], cases[i].outputs[k]);
        gan_trainer_release(t);
    }
}

TEST(what_is_missing_or_too_much_is_named)
{
    static const char *const cases[][3] = {
        {"encoder", "input 4 4 1; dense 3",
         "binder: the encoder has 1 output (unnamed), its role has 2 (mean, log_variance): "
         "'log_variance' is missing"},
        {"encoder",
         "x = input 4 4 1; mean = dense 3 from x; deviation = dense 3 from x; output mean "
         "deviation",
         "binder: the encoder has 2 outputs (mean, deviation), its role has 2 (mean, "
         "log_variance): 'log_variance' is missing"},
        {"judge", "input 4 4 1; dense 1",
         "binder: the judge has 1 input (unnamed), its role has 2 (image, condition): 'condition' "
         "is missing"},
        {"judge",
         "image = input 4 4 1; condition = input 1 1 4; f = dense 4 from image; both = concat from "
         "f condition; match = dense 1 from both; score = dense 1 from both; output match score",
         "binder: the judge has 2 outputs (match, score), its role has 2 (realness, [match]): "
         "'realness' is missing"},
        {"judge",
         "image = input 4 4 1; condition = input 1 1 4; f = dense 4 from image; both = concat from "
         "f condition; match = dense 1 from both; realness = dense 1 from both; more = dense 1 "
         "from both; output match realness more",
         "binder: the judge has 3 outputs (match, realness, more), its role has 2 (realness, "
         "[match]): 'more' is not one of them"},
        {"judge",
         "image = input 4 4 1; condition = input 1 1 4; f = dense 4 from image; both = concat from "
         "f condition; match = dense 1 from both; output match",
         "binder: the judge has 1 output (match), its role has 2 (realness, [match]): 'realness' "
         "is missing"},
        {"teacher", "x = input 4 4 1; a = dense 3 from x; b = dense 2 from x; output a b",
         "binder: the teacher has 2 outputs (a, b), its role has 1 (score, and more): 'score' is "
         "missing"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        gan_status status;
        gan_trainer *t = bind_role(cases[i][0], cases[i][1], &status);
        CHECK_STATUS(status, GAN_E_SHAPE);
        CHECK_TEXT(gan_context_message(context), cases[i][2]);
        CHECK_STATUS(gan_trainer_step(t), GAN_E_SHAPE);
        CHECK_INT(gan_trainer_steps(t), 0);
        gan_trainer_release(t);
    }
}

/* ---- conditions of a route ---- */

static void set_role(gan_trainer *t, const char *role, const char *text)
{
    gan_model *model;
    must(gan_model_parse(&model, context, text));
    must(gan_trainer_set_model(t, role, model));
    gan_model_release(model);
}

/* Two of 5 x 4, each with a condition of three numbers. */
static gan_dataset *open_sketches(void)
{
    const char *const names[2] = {"image", "vector"};
    gan_tensor *fields[2];
    gan_dataset *data;
    must(gan_tensor_create(&fields[0], context, GAN_FLOAT32, 4, (const int64_t[]){2, 5, 4, 1}));
    must(gan_tensor_create(&fields[1], context, GAN_FLOAT32, 2, (const int64_t[]){2, 3}));
    for (int i = 0; i < 2; i++)
        for (int64_t k = 0; k < gan_tensor_count(fields[i]); k++)
            ((float *)gan_tensor_data(fields[i]))[k] = (float)(k % 7) / 8;
    must(gan_dataset_from_tensors(&data, context, names, fields, 2));
    for (int i = 0; i < 2; i++) gan_tensor_release(fields[i]);
    return data;
}

/* The first network of a way has no port for the condition, the second has. */
TEST(a_condition_that_some_networks_of_a_way_take)
{
    gan_trainer *t;
    gan_model *route;
    must(gan_trainer_create(&t, context, "binder batch=2"));
    set_role(t, "looker", "input any any 1; conv2d 2 kernel=1");
    set_role(t, "painter",
             "condition = input 3; idea = input any any 2; concat from idea condition;"
             "conv2d 1 kernel=1");
    if (!CHECK_OK(gan_trainer_route(&route, t, "sketch > idea > sketch", 0)))
        puts(gan_context_message(context));
    CHECK_INT(gan_model_input_count(route), 2);
    CHECK_TEXT(gan_model_input_name(route, 0), "sketch");
    CHECK_TEXT(gan_model_input_name(route, 1), "condition");
    gan_model_release(route);
    gan_trainer_release(t);
}

/* An open size is that of the pictures, whatever the place of the condition among the inputs. */
TEST(open_pictures_with_conditions_are_shown)
{
    gan_dataset *data = open_sketches();
    gan_tensor *sheet;
    int64_t columns;
    gan_trainer *t;
    must(gan_trainer_create(&t, context, "binder batch=2"));
    set_role(t, "tinter",
             "condition = input 3; sketch = input any any 1; concat from sketch condition;"
             "conv2d 1 kernel=1");
    must(gan_trainer_set_data(t, "real", data));
    if (!CHECK_OK(gan_trainer_show(&sheet, &columns, t, "sketch", 2, 0)))
        puts(gan_context_message(context));
    CHECK_INT(columns, 2);
    gan_tensor_release(sheet);
    set_role(t, "tinter", "sketch = input 5 4 1; output sketch");
    CHECK_STATUS(gan_trainer_show(&sheet, &columns, t, "sketch", 2, 0), GAN_E_SHAPE);
    CHECK(!sheet);
    CHECK_INT(columns, 0);
    gan_dataset_release(data);
    gan_trainer_release(t);
}

/* ---- a trainer of the library ---- */
TEST(a_generator_with_two_outputs)
{
    gan_model *g, *d;
    must(gan_model_parse(&g, context,
                         "z = input 8; a = dense 12 from z; b = dense 12 from z; output a b"));
    must(gan_model_parse(&d, context, "input 12; dense 1"));
    gan_trainer *t = make_trainer("gan batch=4", g, d);
    CHECK_STATUS(step(t), GAN_E_SHAPE);
    CHECK_TEXT(gan_context_message(context),
               "gan: the generator has 2 outputs (a, b), its role has 1 (image): 'image' is "
               "missing");
    gan_trainer_release(t);
    gan_model_release(g);
    gan_model_release(d);
}

int main(void)
{
    static const gan__kind *kinds[2];
    rig_open(4, "bind.tmp");
    kinds[0] = &gan__trainer_kinds[0]->kind;
    kinds[1] = &binder_kind.kind;
    context->trainer_kinds = kinds;
    context->trainer_kind_count = 2;
    RUN(ports_are_found);
    RUN(what_is_missing_or_too_much_is_named);
    RUN(a_condition_that_some_networks_of_a_way_take);
    RUN(open_pictures_with_conditions_are_shown);
    RUN(a_generator_with_two_outputs);
    return rig_close();
}
