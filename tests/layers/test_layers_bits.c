/* What must be equal bit for bit: over threads and CPU tiers, a tail and a separate activation, a
 * batch and its parts; and the corners: NaN, denormals, large means, a batch of one. */
#include "harness.h"

#include "base/cpu.h"
#include "compute/pointwise.h"

typedef struct bit_case {
    const char *statement;
    gan__shape in[2];
    int32_t groups; /* 1, 2 equal ones, or 3: of 2 samples, 1, and the others */
} bit_case;

static const bit_case bit_cases[] = {
    {"dense 37", {{9, 3, 3, 11}}, 1},
    {"dense 16 spectral=yes", {{9, 3, 3, 11}}, 1},
    {"conv2d 19 kernel=4 stride=2 pad=1", {{3, 13, 12, 7}}, 1},
    {"conv2d 8 pad=reflect:1 groups=2 spectral=yes", {{2, 9, 9, 6}}, 1},
    {"conv_transpose2d 21 kernel=4 stride=2 pad=1", {{3, 7, 6, 13}}, 1},
    {"conv_transpose2d 3 kernel=4 stride=2 pad=1 spectral=yes", {{2, 7, 6, 13}}, 1},
    {"batchnorm", {{6, 7, 9, 21}}, 2},
    {"batchnorm", {{9, 47, 39, 21}}, 3},
    {"instancenorm affine=yes", {{3, 12, 11, 19}}, 1},
    {"groupnorm 3", {{3, 9, 8, 21}}, 1},
    {"layernorm", {{5, 6, 7, 13}}, 1},
    {"relu", {{3, 7, 9, 21}}, 1},
    {"leaky_relu 0.2", {{3, 7, 9, 21}}, 1},
    {"elu", {{3, 7, 9, 21}}, 1},
    {"silu", {{3, 7, 9, 21}}, 1},
    {"gelu", {{3, 7, 9, 21}}, 1},
    {"tanh", {{3, 7, 9, 21}}, 1},
    {"sigmoid", {{3, 7, 9, 21}}, 1},
    {"exp", {{3, 17, 19, 21}}, 1},
    {"softplus", {{3, 17, 19, 21}}, 1},
    {"square", {{3, 17, 19, 21}}, 1},
    {"sqrt", {{3, 17, 19, 21}}, 1},
    {"clamp -0.5 0.25", {{3, 17, 19, 21}}, 1},
    {"affine 0.3 0.7", {{3, 17, 19, 21}}, 1},
    {"prelu", {{3, 17, 19, 21}}, 1},
    {"prelu per_channel=yes", {{3, 17, 19, 21}}, 1},
    {"softmax", {{3, 7, 9, 21}}, 1},
    {"dropout 0.3", {{3, 17, 19, 21}}, 1},
    {"noise 0.5", {{3, 17, 19, 21}}, 1},
    {"pad reflect:3", {{3, 7, 9, 5}}, 1},
    {"upsample 2", {{3, 7, 9, 5}}, 1},
    {"upsample 2x3 mode=bilinear", {{3, 7, 9, 5}}, 1},
    {"avgpool 3 stride=2 pad=1", {{3, 8, 9, 5}}, 1},
    {"maxpool 3 stride=2 pad=1", {{3, 8, 9, 5}}, 1},
    {"global_avgpool", {{3, 20, 19, 21}}, 1},
    {"embedding 5 7", {{30, 1, 1, 1}}, 1},
    {"onehot 7", {{3, 20, 17, 1}}, 1},
    {"flatten", {{3, 8, 9, 21}}, 1},
    {"reshape 3 8 63", {{3, 8, 9, 21}}, 1},
    {"concat", {{3, 18, 19, 21}, {3, 1, 1, 37}}, 1},
    {"add", {{3, 18, 19, 21}, {3, 1, 1, 21}}, 1},
    {"multiply", {{3, 18, 19, 21}, {3, 1, 1, 21}}, 1},
    {"multiply", {{3, 48, 49, 21}, {3, 1, 1, 1}}, 1},
    {"multiply", {{3, 48, 49, 1}, {3, 48, 49, 21}}, 1},
    {"add", {{3, 48, 49, 21}, {3, 1, 1, 1}}, 1},
    {"add", {{700, 1, 1, 1}, {700, 1, 1, 67}}, 1},
    {"minibatch_stddev", {{8, 5, 4, 9}}, 1},
    {"minibatch_stddev", {{11, 5, 4, 9}}, 3},
    {"pixel_shuffle 2", {{3, 8, 9, 20}}, 1},
};
enum { BIT_CASES = sizeof bit_cases / sizeof bit_cases[0] };

static int32_t inputs_of(const bit_case *c)
{
    return c->in[1].n > 0 ? 2 : 1;
}

static uint64_t hash(uint64_t h, const float *x, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &x[i], sizeof bits);
        h = (h ^ bits) * 0x100000001B3u;
    }
    return h;
}

/* Two steps' results, gradients and buffers. */
static uint64_t digest(gan_context *context, const bit_case *c, float scale)
{
    fixture f;
    uint64_t h = 1469598103934665603u;
    setting s = {.training = true, .groups = c->groups};
    if (c->groups == 3) s = (setting){true, 3, {0}, {2, 1, c->in[0].n - 3}};
    CHECK_OK(fixture_open(&f, context, c->statement, c->in, inputs_of(c), s));
    for (int64_t i = 0; !f.layer->kind->admit && i < gan__shape_count(f.in[0]); i++)
        f.x[0][i] *= scale;
    for (int32_t step = 0; step < 2; step++) {
        fixture_run(&f);
        h = hash(h, f.y, gan__shape_count(f.out));
        for (int32_t i = 0; i < f.count; i++) h = hash(h, f.dx[i], gan__shape_count(f.in[i]));
    }
    if (f.layer->store) {
        h = hash(h, f.layer->store->gradients, f.layer->store->weight_count);
        h = hash(h, f.layer->store->buffers, f.layer->store->buffer_count);
    }
    CHECK(fixture_guarded(&f));
    fixture_close(&f);
    return h;
}

/* Every context draws the same weights: its first parameters. */
static void same_bits(float scale)
{
    uint64_t expected[BIT_CASES];
    for (int32_t threads = 1; threads <= 3; threads++) {
        for (int32_t tier = 0; tier <= (int32_t)gan__cpu_tier(); tier++) {
            char spec[32];
            snprintf(spec, sizeof spec, "threads=%d seed=11", threads);
            gan_context *context = test_context(spec);
            context->tier = (gan__tier)tier;
            for (int32_t i = 0; i < BIT_CASES; i++) {
                context->counts.draws = 0;
                uint64_t found = digest(context, &bit_cases[i], scale);
                if (threads == 1 && tier == 0) expected[i] = found;
                if (CHECK(found == expected[i])) continue;
                printf("    %s: %d threads, %s\n", bit_cases[i].statement, threads,
                       gan__tier_name((gan__tier)tier));
            }
            gan_context_release(context);
        }
    }
}

TEST(threads_and_tiers)
{
    same_bits(1.0f);
}
TEST(denormals)
{
    same_bits(1e-39f);
}

/* ---- tails ---- */

static bool equal(const float *a, const float *b, int64_t count)
{
    return count == 0 || memcmp(a, b, (size_t)count * sizeof *a) == 0;
}

/* The same layer with the tail and with the activation done by hand. */
static void check_tail(gan_context *context, const char *statement, gan__shape in, gan__tail tail,
                       bool training)
{
    fixture f, g;
    const gan__tail none = {0};
    context->counts.draws = 0;
    CHECK_OK(fixture_open(&f, context, statement, &in, 1, (setting){training, 1, tail, {0}}));
    context->counts.draws = 0;
    CHECK_OK(fixture_open(&g, context, statement, &in, 1, (setting){training, 1, none, {0}}));
    const int64_t count = gan__shape_count(f.out),
                  weights = f.layer->store ? f.layer->store->weight_count : 0;
    fixture_run(&f);
    g.layer->kind->forward(&g.op);
    float *y = fixture_array(count), *dy = fixture_array(count);
    gan__activate(context, tail.activation, tail.parameter, count, g.y, y);
    CHECK(equal(f.y, y, count));
    gan__activate_backward(context, tail.activation, tail.parameter, count, y, f.dy, dy);
    g.op.dy = dy;
    g.layer->kind->backward(&g.op);
    bool same = equal(f.dx[0], g.dx[0], gan__shape_count(in));
    if (weights) same &= equal(f.layer->store->gradients, g.layer->store->gradients, weights);
    if (!CHECK(same)) printf("    in: %s, activation %d\n", statement, (int)tail.activation);
    fixture_release_array(y);
    fixture_release_array(dy);
    fixture_close(&f);
    fixture_close(&g);
}

TEST(tails)
{
    static const char *const statements[] = {
        "dense 13",
        "conv2d 7 pad=reflect:1",
        "conv2d 20 kernel=4 stride=2 pad=1",
        "conv_transpose2d 9 kernel=4 stride=2 pad=1 spectral=yes",
        "batchnorm",
        "instancenorm",
        "groupnorm 2",
        "layernorm"};
    static const gan__tail tails[] = {{NULL, GAN__RELU, 0},
                                      {NULL, GAN__LEAKY_RELU, 0.2f},
                                      {NULL, GAN__TANH, 0},
                                      {NULL, GAN__SIGMOID, 0},
                                      {NULL, GAN__LEAKY_RELU, 0.0f}};
    gan_context *context = test_context("threads=2 seed=3");
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++) {
        const gan__shape in = {4, 6, 5, 18};
        for (size_t j = 0; j < sizeof tails / sizeof tails[0]; j++) {
            CHECK(gan__layer_kind_find(statements[i], strcspn(statements[i], " "))->takes_tail);
            check_tail(context, statements[i], in, tails[j], true);
            check_tail(context, statements[i], in, tails[j], false);
        }
    }
    gan_context_release(context);
}

/* ---- batches side by side ---- */

/* `to` begins with the state that `from` has left. */
static void go_on(const gan__store *from, gan__store *to)
{
    for (int64_t i = 0; i < to->buffer_count; i++) to->buffers[i] = from->buffers[i];
    for (int64_t i = 0; i < to->integer_count; i++) to->integers[i] = from->integers[i];
}

/* A pass of several groups against one pass for each, one after the other. */
static void check_groups(gan_context *context, const char *statement, gan__shape shape,
                         const setting *s)
{
    fixture all, one[MOST_GROUPS];
    int64_t x = 0, y = 0;
    for (int32_t g = 0; g < s->groups; g++) x += s->sizes[g];
    shape.n = x;
    context->counts.draws = 0;
    CHECK_OK(fixture_open(&all, context, statement, &shape, 1, *s));
    fixture_run(&all);
    x = 0;
    for (int32_t g = 0; g < s->groups; g++) {
        shape.n = s->sizes[g];
        context->counts.draws = 0;
        CHECK_OK(fixture_open(&one[g], context, statement, &shape, 1, (setting){.training = true}));
        const int64_t in = gan__shape_count(shape), out = gan__shape_count(one[g].out);
        memcpy(one[g].x[0], all.x[0] + x, (size_t)in * sizeof(float));
        memcpy(one[g].dy, all.dy + y, (size_t)out * sizeof(float));
        if (g > 0 && all.layer->store) go_on(one[g - 1].layer->store, one[g].layer->store);
        fixture_run(&one[g]);
        if (!CHECK(equal(one[g].y, all.y + y, out)) ||
            !CHECK(equal(one[g].dx[0], all.dx[0] + x, in)))
            printf("    group %d of %s\n", g, statement);
        x += in;
        y += out;
    }
    const gan__store *a = all.layer->store, *b = one[s->groups - 1].layer->store;
    if (a) {
        CHECK(equal(a->buffers, b->buffers, a->buffer_count));
        for (int64_t i = 0; i < a->integer_count; i++) CHECK_INT(a->integers[i], b->integers[i]);
    }
    for (int64_t i = 0; a && i < a->weight_count; i++) {
        double sum = 0;
        for (int32_t g = 0; g < s->groups; g++) sum += (double)one[g].layer->store->gradients[i];
        CHECK_NEAR(a->gradients[i], sum, 2e-5);
    }
    CHECK(fixture_guarded(&all));
    fixture_close(&all);
    for (int32_t g = 0; g < s->groups; g++) fixture_close(&one[g]);
}

TEST(groups)
{
    static const char *const statements[] = {"dense 13",
                                             "conv2d 7 kernel=4 stride=2 pad=1",
                                             "conv_transpose2d 5",
                                             "batchnorm",
                                             "instancenorm",
                                             "groupnorm 2",
                                             "layernorm",
                                             "minibatch_stddev group=3",
                                             "prelu",
                                             "softmax"};
    static const setting settings[] = {{true, 2, {0}, {6, 6}},
                                       {true, 2, {0}, {6, 3}},
                                       {true, 3, {0}, {1, 9, 2}},
                                       {true, 4, {0}, {3, 1, 1, 6}}};
    gan_context *context = test_context("threads=2 seed=3");
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++)
        for (size_t k = 0; k < sizeof settings / sizeof settings[0]; k++)
            check_groups(context, statements[i], (gan__shape){0, 5, 7, 6}, &settings[k]);
    /* Blocks of several slabs, the last ones of some groups without rows. */
    check_groups(context, "batchnorm", (gan__shape){0, 50, 41, 70}, &settings[2]);
    gan_context_release(context);
}

/* ---- corners ---- */

static bool has_nan(const float *x, int64_t count)
{
    bool found = false;
    for (int64_t i = 0; i < count; i++) found |= isnan(x[i]);
    return found;
}

enum { NAN_PLACES = 100 };

TEST(nan_passes)
{
    for (int32_t tier = 0; tier <= (int32_t)gan__cpu_tier(); tier++) {
        gan_context *context = test_context("threads=2 seed=3");
        context->tier = (gan__tier)tier;
        for (int32_t i = 0; i < BIT_CASES; i++) {
            const bit_case *c = &bit_cases[i];
            const setting s = {.training = true, .groups = c->groups};
            fixture f;
            CHECK_OK(fixture_open(&f, context, c->statement, c->in, inputs_of(c), s));
            const int64_t count = gan__shape_count(f.in[0]), apart = 61 + count / NAN_PLACES;
            bool forward = true, backward = true;
            for (int64_t place = 0; place < count; place += apart) {
                float kept = f.x[0][place];
                f.x[0][place] = NAN;
                if (f.layer->kind->admit) {
                    forward &= f.layer->kind->admit(&f.op) == GAN_E_ARGUMENT;
                } else {
                    f.layer->kind->forward(&f.op);
                    forward &= has_nan(f.y, gan__shape_count(f.out));
                }
                f.x[0][place] = kept;
            }
            /* All of dy: relu and maxpool pass a single one on to where it belongs, or nowhere. */
            for (int64_t j = 0; j < gan__shape_count(f.out); j++) f.dy[j] = NAN;
            fixture_run(&f);
            backward = has_nan(f.dx[0], count);
            if (f.layer->store && f.layer->store->weight_count)
                backward |= has_nan(f.layer->store->gradients, f.layer->store->weight_count);
            /* Numbers that were looked up have no gradient. */
            if (f.layer->kind->admit && !f.layer->store) backward = !backward;
            if (!CHECK(backward) || !CHECK(forward)) printf("    in: %s\n", c->statement);
            fixture_close(&f);
        }
        gan_context_release(context);
    }
}

/* Some windows have a NaN, some a tie, some nothing but minus infinity. */
TEST(maxpool_order)
{
    gan_context *context = test_context("threads=1");
    fixture f;
    const gan__shape in = {1, 2, 8, 1};
    static const float x[16] = {1, 2, NAN, 5, -INFINITY, -INFINITY, 3, 3,
                                2, 1, 4,   6, -INFINITY, -INFINITY, 3, 3};
    CHECK_OK(fixture_open(&f, context, "maxpool 2", &in, 1, (setting){.training = true}));
    memcpy(f.x[0], x, sizeof x);
    for (int32_t i = 0; i < 4; i++) f.dy[i] = (float)(i + 1);
    fixture_run(&f);
    CHECK(f.y[0] == 2.0f && isnan(f.y[1]) && f.y[2] == -INFINITY && f.y[3] == 3.0f);
    static const float dx[16] = {0, 1, 2, 0, 3, 0, 4, 0};
    CHECK(equal(f.dx[0], dx, 16));
    fixture_close(&f);
    gan_context_release(context);
}

/* Mean 1e3 and deviation 1: the variance keeps its digits; one picture alone is enough. */
TEST(batchnorm_far_from_zero)
{
    gan_context *context = test_context("threads=2");
    fixture f;
    const gan__shape in = {1, 30, 30, 3};
    const int64_t count = gan__shape_count(in);
    CHECK_OK(
        fixture_open(&f, context, "batchnorm momentum=1", &in, 1, (setting){.training = true}));
    double sum[3] = {0}, squares[3] = {0};
    for (int64_t i = 0; i < count; i++) {
        f.x[0][i] = 1000.0f + 1.7320508f * f.x[0][i];
        sum[i % 3] += (double)f.x[0][i];
        squares[i % 3] += (double)f.x[0][i] * (double)f.x[0][i];
    }
    fixture_run(&f);
    const gan__parameter *mean = gan__layer_parameter(f.layer, "running_mean");
    const gan__parameter *variance = gan__layer_parameter(f.layer, "running_var");
    const gan__parameter *batches = gan__layer_parameter(f.layer, "num_batches_tracked");
    for (int32_t c = 0; c < 3; c++) {
        double m = sum[c] / 900, v = (squares[c] - 900 * m * m) / 899;
        CHECK_NEAR(gan__parameter_value(f.layer, mean)[c], m, 1e-4);
        CHECK_NEAR(gan__parameter_value(f.layer, variance)[c], v, 1e-4);
        CHECK_NEAR(f.y[c], ((double)f.x[0][c] - m) / sqrt(v * 899 / 900 + 1e-5), 1e-3);
    }
    CHECK(batches->integer);
    CHECK_INT(gan__parameter_integers(f.layer, batches)[0], 1);
    fixture_close(&f);
    gan_context_release(context);
}

/* One layer on a few numbers, dy = 1, on every tier, against what PyTorch gives; NaN is as good as
 * another, and zeros have their signs. */
typedef struct corner_case {
    const char *statement;
    int32_t count;
    float x[6], y[6], dx[6];
} corner_case;

static const corner_case corner_cases[] = {
    {"exp",
     6,
     {0, -0.0f, INFINITY, -INFINITY, NAN, -1000},
     {1, 1, INFINITY, 0, NAN, 0},
     {1, 1, INFINITY, 0, NAN, 0}},
    {"softplus",
     5,
     {0, -INFINITY, INFINITY, NAN, 100},
     {0x1.62e43p-1f, 0, INFINITY, NAN, 100},
     {0.5f, 0, 1, NAN, 1}},
    {"square",
     6,
     {-0.0f, 0x1p-80f, INFINITY, -INFINITY, NAN, -3},
     {0, 0, INFINITY, INFINITY, NAN, 9},
     {-0.0f, 0x1p-79f, INFINITY, -INFINITY, NAN, -6}},
    {"sqrt",
     6,
     {0, -0.0f, INFINITY, -1, NAN, 0x1p-148f},
     {0, -0.0f, INFINITY, NAN, NAN, 0x1p-74f},
     {INFINITY, -INFINITY, 0, NAN, NAN, 0x1p73f}},
    {"clamp",
     6,
     {-1, 1, NAN, INFINITY, -0.0f, -1.5f},
     {-1, 1, NAN, 1, -0.0f, -1},
     {1, 1, 0, 0, 1, 0}},
    {"clamp 0 0", 3, {-0.0f, 1, -1}, {-0.0f, 0, 0}, {1, 0, 0}},
    {"affine", 4, {-0.0f, NAN, INFINITY, 0x1p-149f}, {0, NAN, INFINITY, 0x1p-149f}, {1, 1, 1, 1}},
    {"affine -2 1", 3, {0.5f, -0.0f, -INFINITY}, {0, 1, INFINITY}, {-2, -2, -2}},
    {"affine 0", 2, {INFINITY, 3}, {NAN, 0}, {0, 0}},
};

static bool same_floats(const float *a, const float *b, int32_t count)
{
    bool same = true;
    for (int32_t i = 0; i < count; i++)
        same &= (isnan(a[i]) && isnan(b[i])) || (a[i] == b[i] && !signbit(a[i]) == !signbit(b[i]));
    return same;
}

TEST(corners)
{
    for (int32_t tier = 0; tier <= (int32_t)gan__cpu_tier(); tier++) {
        gan_context *context = test_context("threads=1");
        context->tier = (gan__tier)tier;
        for (size_t i = 0; i < sizeof corner_cases / sizeof corner_cases[0]; i++) {
            const corner_case *c = &corner_cases[i];
            const gan__shape in = {1, 1, 1, c->count};
            fixture f;
            CHECK_OK(fixture_open(&f, context, c->statement, &in, 1, (setting){.training = true}));
            memcpy(f.x[0], c->x, (size_t)c->count * sizeof(float));
            for (int32_t j = 0; j < c->count; j++) f.dy[j] = 1;
            fixture_run(&f);
            if (!CHECK(same_floats(f.y, c->y, c->count)) ||
                !CHECK(same_floats(f.dx[0], c->dx, c->count)))
                printf("    in: %s\n", c->statement);
            fixture_close(&f);
        }
        gan_context_release(context);
    }
}

/* ---- chance ---- */

TEST(dropout)
{
    gan_context *context = test_context("threads=2 seed=5");
    fixture f;
    const gan__shape in = {8, 16, 16, 16};
    const int64_t count = gan__shape_count(in);
    CHECK_OK(fixture_open(&f, context, "dropout 0.25", &in, 1, (setting){.training = true}));
    fixture_run(&f);
    int64_t zeros = 0, wrong = 0;
    for (int64_t i = 0; i < count; i++) {
        bool dropped = f.y[i] == 0.0f;
        zeros += dropped;
        wrong += !dropped && fabsf(f.y[i] - f.x[0][i] / 0.75f) > 1e-6f;
        wrong += fabsf(f.dx[0][i] - (dropped ? 0.0f : f.dy[i] / 0.75f)) > 1e-6f;
    }
    CHECK_NEAR((double)zeros / (double)count, 0.25, 0.01);
    CHECK_INT(wrong, 0);
    float *first = fixture_array(count);
    memcpy(first, f.y, (size_t)count * sizeof *first);
    f.layer->kind->forward(&f.op);
    CHECK(equal(first, f.y, count)); /* the same draw */
    f.op.draw++;
    f.layer->kind->forward(&f.op);
    CHECK(!equal(first, f.y, count));
    f.op.draw--;
    f.op.ordinal++;
    f.layer->kind->forward(&f.op);
    CHECK(!equal(first, f.y, count));
    fixture_release_array(first);
    fixture_close(&f);

    static const char *const statements[] = {"dropout", "noise 3", "dropout 1"};
    for (int32_t i = 0; i < 3; i++) {
        CHECK_OK(fixture_open(&f, context, statements[i], &in, 1, (setting){.training = false}));
        fixture_run(&f);
        CHECK(equal(f.x[0], f.y, count) && equal(f.dy, f.dx[0], count));
        fixture_close(&f);
    }
    CHECK_OK(fixture_open(&f, context, "dropout 1", &in, 1, (setting){.training = true}));
    fixture_run(&f);
    for (int64_t i = 0; i < count; i++) CHECK(f.y[i] == 0.0f && f.dx[0][i] == 0.0f);
    fixture_close(&f);
    gan_context_release(context);
}

TEST(noise)
{
    gan_context *context = test_context("threads=2 seed=5");
    fixture f;
    const gan__shape in = {8, 16, 16, 16};
    const int64_t count = gan__shape_count(in);
    double sum = 0, squares = 0;
    CHECK_OK(fixture_open(&f, context, "noise 0.5", &in, 1, (setting){.training = true}));
    fixture_run(&f);
    for (int64_t i = 0; i < count; i++) {
        double d = (double)f.y[i] - (double)f.x[0][i];
        sum += d;
        squares += d * d;
    }
    CHECK_NEAR(sum / (double)count, 0, 0.02);
    CHECK_NEAR(sqrt(squares / (double)count), 0.5, 0.01);
    CHECK(equal(f.dy, f.dx[0], count));
    fixture_close(&f);
    gan_context_release(context);
}

int main(void)
{
    RUN(threads_and_tiers);
    RUN(denormals);
    RUN(tails);
    RUN(groups);
    RUN(nan_passes);
    RUN(corners);
    RUN(maxpool_order);
    RUN(batchnorm_far_from_zero);
    RUN(dropout);
    RUN(noise);
    return test_report();
}
