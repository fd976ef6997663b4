/* Groups of unlike size against applications of their own: the same bits of every output, of every
 * gradient to an input and of all running statistics; gradients of parameters are the sums. */
#include <gan/tape.h>

#include "base/cpu.h"
#include "model/model.h"
#include "test.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_GROUPS = 4, SIDE = 6, CHANNELS = 3, SAMPLE = SIDE * SIDE * CHANNELS };

typedef struct net {
    const char *text;
    int inputs, outputs;
    int least; /* samples that a group needs */
} net;

static const net nets[] = {
    {"input 6 6 3; conv2d 8 kernel=3 pad=1; batchnorm; leaky_relu 0.2; conv2d 2 kernel=4 stride=2;"
     "batchnorm affine=no; relu; dense 3",
     1, 1, 1},
    {"input 6 6 3; conv_transpose2d 5 kernel=4 stride=2 pad=1; batchnorm; tanh; minibatch_stddev "
     "group=2; conv2d 2 kernel=3; minibatch_stddev group=64; instancenorm affine=yes; dense 4",
     1, 1, 1},
    {"input 6 6 3; dense 7; batchnorm momentum=0.3; elu; dense 5", 1, 1, 2},
    {"input x 6 6 3; input y 6 6 3; a = concat from x y; b = conv2d 4 kernel=3; groupnorm 2; silu;"
     "c = batchnorm; d = global_avgpool; output d c",
     2, 2, 1},
    {"input 6 6 3; layernorm; prelu; maxpool 2; upsample 2 mode=bilinear; avgpool 3; softmax;"
     "batchnorm; conv2d 3 kernel=1",
     1, 1, 1},
};
enum { NETS = sizeof nets / sizeof nets[0] };

static const int64_t sizes[][MOST_GROUPS + 1] = {/* how many, then each */
                                                 {2, 3, 2},       {2, 2, 6},    {3, 2, 1, 8},
                                                 {4, 1, 1, 3, 2}, {3, 5, 2, 2}, {1, 3}};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

static gan_context *open_context(int threads, int tier)
{
    gan_context *context = NULL;
    char spec[40];
    snprintf(spec, sizeof spec, "threads=%d seed=4", threads);
    CHECK_OK(gan_context_create(&context, spec, NULL, NULL, 0));
    context->tier = (gan__tier)tier;
    return context;
}

static gan_model *parse(gan_context *context, const char *text)
{
    gan_model *model = NULL;
    if (!CHECK_OK(gan_model_parse(&model, context, text))) {
        printf("%s\n", gan_context_message(context));
        exit(1);
    }
    return model;
}

static gan_tensor *tensor_of(gan_context *context, const int64_t shape[4], int stream)
{
    gan_tensor *tensor = NULL;
    CHECK_OK(gan_tensor_create(&tensor, context, GAN_FLOAT32, 4, shape));
    float *x = gan_tensor_data(tensor);
    for (int64_t i = 0; i < gan_tensor_count(tensor); i++)
        x[i] = (float)((i * 31 + stream * 17 + i * i % 13) % 101) / 50.0f - 1;
    return tensor;
}

static uint64_t hash_of(uint64_t hash, const void *memory, size_t size)
{
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ ((const unsigned char *)memory)[i]) * UINT64_C(1099511628211);
    return hash;
}

/* A value, or the gradient to it, without its shape; 0 where it has none. */
static uint64_t bits_of(gan_tape *tape, gan_value value, int32_t what)
{
    gan_tensor *tensor = NULL;
    if (gan_tape_tensor(&tensor, tape, value, what) != GAN_OK) return 0;
    uint64_t hash =
        hash_of(1, gan_tensor_data(tensor), (size_t)gan_tensor_count(tensor) * sizeof(float));
    gan_tensor_release(tensor);
    return hash;
}

typedef struct side {
    gan_model *model;
    gan_tape *tape;
    gan_value x[2 * MOST_GROUPS], y[2 * MOST_GROUPS];
} side;

static void open_side(side *s, gan_context *context, const net *n, const int64_t *size)
{
    context->counts.draws = 0; /* the same weights */
    s->model = parse(context, n->text);
    CHECK_OK(gan_tape_create(&s->tape, context));
    for (int i = 0; i < (int)size[0] * n->inputs; i++) {
        const int64_t shape[4] = {size[1 + i / n->inputs], SIDE, SIDE, CHANNELS};
        gan_tensor *tensor = tensor_of(context, shape, i);
        CHECK_OK(gan_tape_input(s->tape, tensor, GAN_INPUT_GRADIENT, &s->x[i]));
        gan_tensor_release(tensor);
    }
}

static void close_side(side *s)
{
    gan_tape_release(s->tape);
    gan_model_release(s->model);
}

/* Backwards from the outputs of the groups that `which` has a bit for. */
static void run_back(gan_context *context, side *s, int outputs, int groups, int which)
{
    gan_value from[2 * MOST_GROUPS] = {0};
    gan_tensor *seeds[2 * MOST_GROUPS] = {0};
    int count = 0;
    for (int g = 0; g < groups; g++)
        for (int i = 0; i < outputs && (which >> g & 1); i++) {
            int64_t shape[4];
            from[count] = s->y[g * outputs + i];
            CHECK_OK(gan_tape_shape(s->tape, from[count], shape));
            seeds[count++] = tensor_of(context, shape, 20 + g * outputs + i);
        }
    CHECK_OK(gan_tape_backward(s->tape, from, seeds, count, &s->model, 1));
    for (int i = 0; i < count; i++) gan_tensor_release(seeds[i]);
}

static void compare_models(const gan_model *a, const gan_model *b)
{
    gan__store *p = a->stores[0], *q = b->stores[0];
    CHECK(hash_of(1, p->buffers, (size_t)p->buffer_count * sizeof(float)) ==
          hash_of(1, q->buffers, (size_t)q->buffer_count * sizeof(float)));
    for (int64_t i = 0; i < p->integer_count; i++) CHECK_INT(p->integers[i], q->integers[i]);
    CHECK_INT(p->gradients != NULL, q->gradients != NULL);
    if (!p->gradients) return;
    gan__store_write_zeros(p);
    gan__store_write_zeros(q);
    double most = 0, largest = 0;
    for (int64_t i = 0; i < p->weight_count; i++) {
        most = fmax(most, fabs((double)p->gradients[i] - (double)q->gradients[i]));
        largest = fmax(largest, fabs((double)q->gradients[i]));
    }
    CHECK(largest > 0 && most <= 2e-5 * largest);
}

/* One net in one mode; returns a hash of the whole. `which`: groups with a gradient. */
static uint64_t run_case(gan_context *context, const net *n, const int64_t *size, const char *mode,
                         int which)
{
    const int groups = (int)size[0];
    uint64_t hash = 1;
    char with[60];
    side all, one;
    snprintf(with, sizeof with, "%s groups=%d", mode, groups);
    open_side(&all, context, n, size);
    open_side(&one, context, n, size);
    if (!CHECK_OK(gan_tape_apply(all.tape, all.model, with, all.x, groups * n->inputs, all.y,
                                 groups * n->outputs)))
        printf("    %s: %s\n", with, gan_context_message(context));
    for (int g = 0; g < groups; g++)
        CHECK_OK(gan_tape_apply(one.tape, one.model, mode, one.x + g * n->inputs, n->inputs,
                                one.y + g * n->outputs, n->outputs));
    run_back(context, &all, n->outputs, groups, which);
    run_back(context, &one, n->outputs, groups, which);
    for (int i = 0; i < groups * n->outputs; i++) {
        uint64_t bits = bits_of(all.tape, all.y[i], GAN_VALUE);
        CHECK(bits == bits_of(one.tape, one.y[i], GAN_VALUE));
        hash = hash_of(hash, &bits, sizeof bits);
    }
    for (int i = 0; i < groups * n->inputs; i++) {
        uint64_t bits = bits_of(all.tape, all.x[i], GAN_GRADIENT);
        if (which >> i / n->inputs & 1) CHECK(bits == bits_of(one.tape, one.x[i], GAN_GRADIENT));
        hash = hash_of(hash, &bits, sizeof bits);
    }
    compare_models(all.model, one.model);
    close_side(&all);
    close_side(&one);
    return hash;
}

/* Every net, cut and mode. */
static uint64_t run_all(gan_context *context)
{
    static const char *const modes[] = {"training", "evaluation", "training frozen"};
    uint64_t hash = 1;
    for (int i = 0; i < NETS; i++)
        for (int j = 0; j < SIZES; j++) {
            bool fits = true, odd = false;
            for (int g = 1; g <= sizes[j][0]; g++) {
                fits &= sizes[j][g] >= nets[i].least;
                odd |= sizes[j][g] > 1 && sizes[j][g] % 2;
            }
            if (!fits) continue;
            int before = test_errors;
            /* in training minibatch_stddev takes only what its sets divide */
            odd &= strstr(nets[i].text, "group=2") != NULL;
            for (int m = odd ? 1 : 0; m < (odd ? 2 : 3); m++) {
                const int which = m ? (1 << sizes[j][0]) - 1 : j % 2 ? 1 : 3;
                uint64_t bits = run_case(context, &nets[i], sizes[j], modes[m], which);
                hash = hash_of(hash, &bits, sizeof bits);
            }
            if (test_errors != before) printf("    net %d, sizes %d\n", i, j);
        }
    return hash;
}

TEST(as_separate_applications)
{
    uint64_t expected = 0;
    for (int threads = 1; threads <= 3; threads++)
        for (int tier = 0; tier <= (int)gan__cpu_tier(); tier++) {
            gan_context *context = open_context(threads, tier);
            uint64_t found = run_all(context);
            if (expected == 0) expected = found;
            if (!CHECK(found == expected)) printf("    %d threads, tier %d\n", threads, tier);
            gan_context_release(context);
        }
}

/* What layers, values and models do not fit is refused with the numbers; nothing has changed. */
TEST(refused)
{
    gan_context *context = open_context(1, 0);
    gan_model *flat = parse(context, "input 4; dense 3; batchnorm"),
              *pair = parse(context, "input x 4; input y 2; concat from x y; dense 3"),
              *sets = parse(context, "input 4; minibatch_stddev group=2");
    gan_tape *tape;
    gan_value x[6], y[4];
    CHECK_OK(gan_tape_create(&tape, context));
    for (int i = 0; i < 6; i++)
        CHECK_OK(gan_tape_normal(tape, 2, (const int64_t[]){1 + i % 3, i < 3 ? 4 : 2}, &x[i]));
    CHECK_STATUS(
        gan_tape_apply(tape, flat, "training groups=3", (gan_value[]){x[1], x[2], x[0]}, 3, y, 3),
        GAN_E_SHAPE);
    CHECK(strstr(gan_context_message(context), "1: batchnorm: training needs more than one value "
                                               "for each channel in each group, got 1x1x1x3 in "
                                               "group 2 of 3") != NULL);
    CHECK_STATUS(
        gan_tape_apply(tape, sets, "training groups=2", (gan_value[]){x[1], x[2]}, 2, y, 2),
        GAN_E_SHAPE);
    CHECK(strstr(gan_context_message(context), "minibatch_stddev: a batch of 3 does not make sets "
                                               "of 2") != NULL);
    /* as many samples in all, but not in each group */
    CHECK_STATUS(gan_tape_apply(tape, pair, "training groups=2",
                                (gan_value[]){x[0], x[4], x[1], x[3]}, 4, y, 2),
                 GAN_E_SHAPE);
    CHECK_TEXT(gan_context_message(context),
               "gan_tape_apply: input 1 has 2 samples in group 0, input 0 has 1");
    CHECK_STATUS(
        gan_tape_apply(tape, flat, "training groups=2", (gan_value[]){x[1], x[3]}, 2, y, 2),
        GAN_E_SHAPE);
    CHECK_TEXT(gan_context_message(context), "gan_tape_apply: input 0 is 2x1x1x4 in group 0, but "
                                             "1x1x1x2 in group 1");
    CHECK_INT((long long)gan_tape_draws(tape), 6);
    CHECK_OK(gan_tape_apply(tape, pair, "training groups=2", (gan_value[]){x[0], x[3], x[2], x[5]},
                            4, y, 2));
    int64_t shape[4];
    CHECK_OK(gan_tape_shape(tape, y[1], shape));
    CHECK_INT(shape[0], 3);
    gan_tape_release(tape);
    gan_model *const all[] = {flat, pair, sets};
    for (int i = 0; i < 3; i++) gan_model_release(all[i]);
    gan_context_release(context);
}

int main(void)
{
    RUN(as_separate_applications);
    RUN(refused);
    return test_report();
}
