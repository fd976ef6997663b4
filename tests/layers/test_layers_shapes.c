/* Shape rules, open sides, what is refused and how it is said, and the canonical text. */
#include "harness.h"

static gan_context *context;

typedef struct shape_case {
    const char *statement;
    gan__shape in, out;
} shape_case;

static const shape_case shape_cases[] = {
    {"dense 10", {-1, 7, 7, 3}, {-1, 1, 1, 10}},
    {"conv2d 8", {-1, 5, 9, 3}, {-1, 3, 7, 8}},
    {"conv2d 8 kernel=4 stride=2 pad=1", {-1, 64, 33, 3}, {-1, 32, 16, 8}},
    {"conv2d 8 kernel=4 stride=2 pad=1", {-1, -1, -1, 3}, {-1, -1, -1, 8}},
    {"conv2d 8 kernel=3x5 dilation=2 pad=1,2,3,4", {2, 5, -1, 3}, {2, 5, -1, 8}},
    {"conv2d 8 kernel=7 pad=reflect:3", {-1, 32, 32, 3}, {-1, 32, 32, 8}},
    {"conv2d 8 kernel=7 pad=reflect:3", {-1, -1, -1, 3}, {-1, -1, -1, 8}},
    {"conv_transpose2d 6 kernel=4 stride=2 pad=1", {-1, 16, 5, 3}, {-1, 32, 10, 6}},
    {"conv_transpose2d 6 kernel=4", {-1, 1, 1, 100}, {-1, 4, 4, 6}},
    {"conv_transpose2d 6 stride=2 pad=1 output_pad=1", {-1, 7, -1, 3}, {-1, 14, -1, 6}},
    {"pad 1,2,3,4", {-1, 5, 6, 2}, {-1, 9, 12, 2}},
    {"pad reflect:1", {-1, -1, 6, 2}, {-1, -1, 8, 2}},
    {"upsample 2x3", {-1, 5, -1, 2}, {-1, 10, -1, 2}},
    {"avgpool 2", {-1, 5, 4, 2}, {-1, 2, 2, 2}},
    {"maxpool 3 stride=2 pad=1", {-1, 5, -1, 2}, {-1, 3, -1, 2}},
    {"global_avgpool", {-1, -1, -1, 9}, {-1, 1, 1, 9}},
    {"batchnorm", {-1, -1, -1, 9}, {-1, -1, -1, 9}},
    {"instancenorm", {-1, -1, -1, 9}, {-1, -1, -1, 9}},
    {"groupnorm 3", {-1, -1, 4, 9}, {-1, -1, 4, 9}},
    {"groupnorm 6", {-1, -1, 1, 6}, {-1, -1, 1, 6}},
    {"groupnorm 6", {-1, 1, 2, 6}, {-1, 1, 2, 6}},
    {"groupnorm 3", {-1, 1, 1, 6}, {-1, 1, 1, 6}},
    {"layernorm", {-1, 1, 1, 1}, {-1, 1, 1, 1}}, /* always its bias, as in PyTorch */
    {"layernorm", {-1, 3, 4, 9}, {-1, 3, 4, 9}},
    {"layernorm affine=no", {-1, -1, -1, 9}, {-1, -1, -1, 9}},
    {"embedding 10 32", {-1, 1, 1, 1}, {-1, 1, 1, 32}},
    {"onehot 10", {-1, 1, 1, 1}, {-1, 1, 1, 10}},
    {"onehot 3", {-1, -1, 5, 1}, {-1, -1, 5, 3}},
    {"flatten", {-1, 3, 4, 5}, {-1, 1, 1, 60}},
    {"reshape 7 7 128", {-1, 1, 1, 7 * 7 * 128}, {-1, 7, 7, 128}},
    {"reshape any 7 128", {-1, 1, 1, 7 * 7 * 128}, {-1, 7, 7, 128}},
    {"reshape 60", {-1, 3, 4, 5}, {-1, 1, 1, 60}},
    {"minibatch_stddev", {-1, -1, 4, 5}, {-1, -1, 4, 6}},
    {"pixel_shuffle 2", {-1, -1, 4, 8}, {-1, -1, 8, 2}},
    {"tanh", {-1, -1, 4, 8}, {-1, -1, 4, 8}},
    {"clamp", {-1, -1, 4, 8}, {-1, -1, 4, 8}},
};

static gan_status place(const char *statement, const gan__shape *in, int32_t count, gan__shape *out)
{
    gan_layer *layer;
    gan_status status = gan_layer_create(&layer, context, statement);
    if (status != GAN_OK) return status;
    status = gan__layer_place(layer, in, count, out);
    gan_layer_release(layer);
    return status;
}

TEST(shapes)
{
    for (size_t i = 0; i < sizeof shape_cases / sizeof shape_cases[0]; i++) {
        const shape_case *c = &shape_cases[i];
        gan__shape out = {0, 0, 0, 0};
        CHECK_OK(place(c->statement, &c->in, 1, &out));
        bool same =
            out.n == c->out.n && out.h == c->out.h && out.w == c->out.w && out.c == c->out.c;
        if (!CHECK(same)) printf("    in: %s\n", c->statement);
    }
}

TEST(input)
{
    gan__shape out;
    CHECK_OK(place("input 64 32 3", NULL, 0, &out));
    CHECK(out.n == -1 && out.h == 64 && out.w == 32 && out.c == 3);
    CHECK_OK(place("input z 100", NULL, 0, &out));
    CHECK(out.n == -1 && out.h == 1 && out.w == 1 && out.c == 100);
    CHECK_OK(place("input any any 3", NULL, 0, &out));
    CHECK(out.h == -1 && out.w == -1 && out.c == 3);
    CHECK_STATUS(place("input 64 64", NULL, 0, &out), GAN_E_TEXT);
    CHECK_STATUS(place("input 64 64 any", NULL, 0, &out), GAN_E_TEXT);
}

typedef struct join_case {
    const char *statement;
    gan__shape in[3];
    gan__shape out; /* c = 0: refused */
} join_case;

static const join_case join_cases[] = {
    {"concat", {{-1, 4, 4, 3}, {-1, 4, 4, 5}}, {-1, 4, 4, 8}},
    {"concat", {{-1, 1, 1, 3}, {-1, 4, 5, 5}, {-1, 1, 1, 1}}, {-1, 4, 5, 9}},
    {"concat", {{2, -1, -1, 3}, {-1, 4, 5, 5}}, {2, 4, 5, 8}},
    {"concat", {{-1, -1, -1, 3}, {-1, 1, 1, 5}}, {-1, -1, -1, 8}},
    {"concat", {{-1, 4, 4, 3}, {-1, 4, 5, 5}}, {0, 0, 0, 0}},
    {"concat", {{2, 4, 4, 3}, {3, 4, 4, 5}}, {0, 0, 0, 0}},
    {"concat", {{2, 1, 1, 3}, {3, 1, 1, 5}}, {0, 0, 0, 0}},
    {"add", {{-1, 4, 4, 3}, {-1, 4, 4, 3}}, {-1, 4, 4, 3}},
    {"add", {{-1, 1, 1, 3}, {-1, 4, 4, 3}}, {-1, 4, 4, 3}},
    {"add", {{-1, 4, 4, 3}, {-1, 4, 4, 4}}, {0, 0, 0, 0}},
    {"multiply", {{-1, 4, 4, 3}, {-1, 2, 4, 3}}, {0, 0, 0, 0}},
    {"multiply", {{-1, 4, 4, 3}, {-1, 1, 1, 3}}, {-1, 4, 4, 3}},
    {"multiply", {{-1, 4, 4, 3}, {-1, 1, 1, 1}}, {-1, 4, 4, 3}},
    {"multiply", {{-1, 1, 1, 1}, {-1, -1, 4, 3}}, {-1, -1, 4, 3}},
    {"multiply", {{-1, 4, 4, 1}, {-1, 1, 1, 3}, {-1, 4, 4, 1}}, {-1, 4, 4, 3}},
    {"multiply", {{-1, 4, 4, 1}, {-1, 4, 4, 2}, {-1, 4, 4, 3}}, {0, 0, 0, 0}},
    {"add", {{-1, 4, 4, 1}, {-1, 4, 5, 3}}, {0, 0, 0, 0}},
    {"add", {{-1, -1, -1, 3}, {-1, 4, 5, 1}}, {-1, 4, 5, 3}},
};

TEST(joins)
{
    for (size_t i = 0; i < sizeof join_cases / sizeof join_cases[0]; i++) {
        const join_case *c = &join_cases[i];
        gan__shape out = {0, 0, 0, 0};
        gan_status status = place(c->statement, c->in, c->in[2].c ? 3 : 2, &out);
        CHECK_STATUS(status, c->out.c ? GAN_OK : GAN_E_SHAPE);
        bool same =
            out.n == c->out.n && out.h == c->out.h && out.w == c->out.w && out.c == c->out.c;
        if (c->out.c) CHECK(same);
    }
}

typedef struct refusal {
    const char *statement;
    gan__shape in;
    gan_status status;
    const char *message;
} refusal;

static const refusal refusals[] = {
    {"conv2d 8 kernel=5 pad=1",
     {-1, 2, 2, 3},
     GAN_E_SHAPE,
     "conv2d: kernel 5x5 does not fit a padded picture of 4x4"},
    {"conv2d 8 kernel=3 dilation=3",
     {-1, 6, 9, 3},
     GAN_E_SHAPE,
     "conv2d: kernel 7x7 does not fit a padded picture of 6x9"},
    {"conv2d 8 groups=2", {-1, 6, 9, 3}, GAN_E_SHAPE, "conv2d: 3 channels do not make 2 groups"},
    {"conv2d 7 groups=2", {-1, 6, 9, 4}, GAN_E_TEXT, "conv2d: 7 filters do not make 2 groups"},
    {"conv2d 7 pad=reflect:3",
     {-1, 3, 9, 4},
     GAN_E_SHAPE,
     "conv2d: a picture of 3x9 cannot be reflected by 3x3"},
    {"conv_transpose2d 7 pad=reflect:3",
     {-1, 3, 9, 4},
     GAN_E_TEXT,
     "conv_transpose2d: pad cuts pixels off and has no mode but zero"},
    {"conv_transpose2d 7 output_pad=1",
     {-1, 3, 9, 4},
     GAN_E_TEXT,
     "conv_transpose2d: output_pad 1 is not below the stride or the dilation"},
    {"conv_transpose2d 7 pad=3",
     {-1, 2, 9, 4},
     GAN_E_SHAPE,
     "conv_transpose2d: pad cuts everything off: a side of 2 would become -2"},
    {"dense 5",
     {-1, -1, 9, 4},
     GAN_E_SHAPE,
     "dense: needs a picture of known size, got any x any x 4"},
    {"flatten",
     {-1, -1, 9, 4},
     GAN_E_SHAPE,
     "flatten: needs a picture of known size, got any x any x 4"},
    {"reshape 7 7 3", {-1, 1, 1, 148}, GAN_E_SHAPE, "reshape: 1x1x148 has 148 numbers, not 147"},
    {"reshape 7 7",
     {-1, 1, 1, 49},
     GAN_E_TEXT,
     "reshape: needs 1 or 3 numbers, of which one may be `any`"},
    {"maxpool 4 pad=3", {-1, 8, 8, 1}, GAN_E_TEXT, "maxpool: pad is more than half the window"},
    {"maxpool 4",
     {-1, 3, 8, 1},
     GAN_E_SHAPE,
     "maxpool: kernel 4x4 does not fit a padded picture of 3x8"},
    {"groupnorm 4", {-1, 3, 8, 6}, GAN_E_SHAPE, "groupnorm: 6 channels do not make 4 groups"},
    {"instancenorm",
     {-1, 1, 1, 6},
     GAN_E_SHAPE,
     "instancenorm: needs more than one pixel, got a picture of 1x1"},
    {"groupnorm 6",
     {-1, 1, 1, 6},
     GAN_E_SHAPE,
     "groupnorm: needs more than one number in each group, got 6 groups of 1x1x6"},
    {"groupnorm 1",
     {4, 1, 1, 1},
     GAN_E_SHAPE,
     "groupnorm: needs more than one number in each group, got 1 group of 1x1x1"},
    {"batchnorm eps=0", {-1, 3, 8, 6}, GAN_E_TEXT, "batchnorm: eps=0 is not above 0"},
    {"embedding 4 5",
     {-1, 1, 1, 6},
     GAN_E_SHAPE,
     "embedding: needs one number for each sample or pixel, got 6 channels"},
    {"onehot 4",
     {-1, 1, 1, 6},
     GAN_E_SHAPE,
     "onehot: needs one number for each sample or pixel, got 6 channels"},
    {"onehot 0", {-1, 1, 1, 1}, GAN_E_TEXT, NULL},
    {"clamp 1 0.5", {-1, 1, 1, 6}, GAN_E_TEXT, "clamp: least=1 is above most=0.5"},
    {"clamp 2", {-1, 1, 1, 6}, GAN_E_TEXT, "clamp: least=2 is above most=1"},
    {"affine 1e39", {-1, 1, 1, 6}, GAN_E_TEXT, NULL},
    {"pixel_shuffle 2",
     {-1, 1, 1, 6},
     GAN_E_SHAPE,
     "pixel_shuffle: 6 channels are no multiple of 4"},
    {"add", {-1, 0, 0, 0}, GAN_E_SHAPE, "add: needs 1 operand or more, got 0"},
    {"dense 16000000",
     {-1, 1000000, 1000000, 1000000},
     GAN_E_MEMORY,
     "dense: the parameter weight is too large"},
    {"upsample 4096", {-1, 1000000000, 1000000000, 3}, GAN_E_SHAPE, NULL},
};

TEST(refused)
{
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        const refusal *r = &refusals[i];
        gan__shape out;
        CHECK_STATUS(place(r->statement, &r->in, r->in.c ? 1 : 0, &out), r->status);
        if (r->message) CHECK_TEXT(gan_context_message(context), r->message);
    }
}

/* What only a plan knows: the batch. */
TEST(refused_by_plan)
{
    fixture f;
    const gan__shape one = {1, 1, 1, 5}, two = {2, 1, 1, 5}, five = {5, 2, 2, 3};
    CHECK_STATUS(fixture_open(&f, context, "batchnorm", &one, 1, (setting){.training = true}),
                 GAN_E_SHAPE);
    CHECK_TEXT(gan_context_message(context),
               "batchnorm: training needs more than one value for each channel in each group, got "
               "1x1x1x5 in group 0 of 1");
    fixture_close(&f);
    CHECK_STATUS(
        fixture_open(&f, context, "batchnorm", &two, 1, (setting){.training = true, .groups = 2}),
        GAN_E_SHAPE);
    fixture_close(&f);
    const setting unlike = {true, 3, {0}, {3, 1, 4}};
    const gan__shape eight = {8, 1, 1, 5};
    CHECK_STATUS(fixture_open(&f, context, "batchnorm", &eight, 1, unlike), GAN_E_SHAPE);
    CHECK(strstr(gan_context_message(context), "1x1x1x5 in group 1 of 3") != NULL);
    fixture_close(&f);
    CHECK_STATUS(fixture_open(&f, context, "minibatch_stddev group=3", &eight, 1, unlike),
                 GAN_E_SHAPE);
    CHECK_TEXT(gan_context_message(context),
               "minibatch_stddev: a batch of 4 does not make sets of 3");
    fixture_close(&f);
    CHECK_OK(fixture_open(&f, context, "batchnorm", &one, 1, (setting){.training = false}));
    fixture_close(&f);
    CHECK_STATUS(
        fixture_open(&f, context, "minibatch_stddev", &five, 1, (setting){.training = true}),
        GAN_E_SHAPE);
    fixture_close(&f);
    CHECK_OK(fixture_open(&f, context, "minibatch_stddev", &five, 1, (setting){.training = false}));
    fixture_run(&f);
    fixture_close(&f);
}

TEST(statements)
{
    static const char *const pairs[][2] = {
        {"dense 64", "dense 64 bias=yes init=default bias_init=default spectral=no"},
        {"dense features=7*7*2 bias=no init=normal:0.02",
         "dense 98 bias=no init=normal:0.02 bias_init=default spectral=no"},
        {"conv2d 8 kernel=3x5 pad=reflect:2",
         "conv2d 8 kernel=3x5 stride=1 pad=reflect:2 dilation=1 groups=1 bias=yes init=default "
         "bias_init=default spectral=no"},
        {"leaky_relu 0.2", "leaky_relu 0.2"},
        {"batchnorm init=normal:1,0.02", "batchnorm eps=1e-05 momentum=0.1 affine=yes "
                                         "init=normal:1,0.02"},
        {"tanh", "tanh"},
        {"clamp -0.5", "clamp -0.5 1"},
        {"affine shift=2", "affine 1 2"},
        {"reshape 7 7 128", "reshape 7 7 128"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        gan_layer *layer, *again;
        CHECK_OK(gan_layer_create(&layer, context, pairs[i][0]));
        CHECK_TEXT(gan_layer_text(layer), pairs[i][1]);
        CHECK_OK(gan_layer_create(&again, context, gan_layer_text(layer)));
        CHECK_TEXT(gan_layer_text(again), pairs[i][1]);
        gan_layer_release(layer);
        gan_layer_release(again);
    }
}

TEST(bad_statements)
{
    static const char *const statements[] = {
        "",         "conv3d 8",    "dense",           "dense 8; relu", "dense 0", "dense 8 strid=2",
        "relu 0.2", "dropout 1.5", "dense 8 { relu }"};
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++) {
        gan_layer *layer = (gan_layer *)1;
        CHECK_STATUS(gan_layer_create(&layer, context, statements[i]), GAN_E_TEXT);
        CHECK(layer == NULL);
    }
    gan_layer *layer;
    CHECK_STATUS(gan_layer_create(&layer, context, "convv2d 8"), GAN_E_TEXT);
    CHECK_TEXT(gan_context_message(context),
               "unknown layer 'convv2d', did you mean 'conv2d'? (line 1, column 1)");
    CHECK_STATUS(gan_layer_create(NULL, context, "relu"), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_layer_create(&layer, NULL, "relu"), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_layer_create(&layer, context, NULL), GAN_E_ARGUMENT);
    CHECK(gan_layer_kind(NULL) == NULL && gan_layer_text(NULL) == NULL);
    gan_layer_release(NULL);
    gan_layer_retain(NULL);
}

int main(void)
{
    context = test_context("threads=1");
    RUN(shapes);
    RUN(input);
    RUN(joins);
    RUN(refused);
    RUN(refused_by_plan);
    RUN(statements);
    RUN(bad_statements);
    gan_context_release(context);
    return test_report();
}
