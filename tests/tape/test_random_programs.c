/* Random programs on a tape that lives on from round to round, against the same program on a fresh
 * tape over equal models: every value, every gradient, every parameter has the same bits. What a
 * tape keeps (plans, arenas, panels, W / sigma) must never show. */
#include <gan/optimizer.h>
#include <gan/tape.h>

#include "tape/tape.h"
#include "test.h"

#include <stdbool.h>

/* A sanitizer looks for other things than bits. */
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
enum { ROUNDS = 20 };
#else
enum { ROUNDS = 1000 };
#endif

enum { MODELS = 8, STEPS = 12, MOST_VALUES = 96, SEED = 11 };

/* Models 6 and 7 share their part. Number 2 has two outputs, number 4 two inputs. */
static const char *const texts[MODELS] = {
    "input 6 6 3; conv2d 8 kernel=3 pad=1; batchnorm; leaky_relu 0.2; dropout 0.2;"
    "conv2d 3 kernel=3 pad=1; tanh",
    "input 6 6 3; conv2d 5 kernel=3 pad=reflect:1 spectral=yes; relu;"
    "conv_transpose2d 3 kernel=3 pad=1 spectral=yes; tanh",
    "input 6 6 3; a = conv2d 3 kernel=1; instancenorm; relu; b = conv2d 3 kernel=3 pad=1;"
    "add from a b; residual { conv2d 3 kernel=3 pad=1; layernorm; gelu }; output . a",
    "input 6 6 3; avgpool 2; upsample 2 mode=bilinear; prelu; noise 0.1; groupnorm 3; silu;"
    "residual join=concat { conv2d 2 kernel=3 pad=1 spectral=yes; elu }; conv2d 3 kernel=1",
    "input x 6 6 3; input y 6 6 3; concat from x y; conv2d 3 kernel=5 pad=2; batchnorm; sigmoid;"
    "multiply from . x; minibatch_stddev group=2; conv2d 3 kernel=1",
    "input 6 6 3; maxpool 2; conv_transpose2d 3 kernel=4 stride=2 pad=1 spectral=yes; batchnorm;"
    "relu",
    "input 6 6 3; conv2d 3 kernel=1; part trunk",
    "input 6 6 3; part trunk; conv2d 3 kernel=3 pad=1; tanh"};
static const char *const trunk_text =
    "input 6 6 3; conv2d 4 kernel=3 pad=1 spectral=yes; relu; conv2d 3 kernel=3 pad=1; batchnorm";

/* Side 0 has the tape that lives on, side 1 a fresh one in each round. */
typedef struct side {
    gan_model *models[MODELS];
    gan_optimizer *optimizers[MODELS];
    gan_tape *tape;
    gan_value values[MOST_VALUES];
} side;

static gan_context *context;
static side sides[2];
static int value_count, round_number, differences;
static int64_t batches[MOST_VALUES]; /* samples of each value */
static uint32_t state = 12345;

static int pick(int count)
{
    state = state * 1664525u + 1013904223u;
    return (int)((state >> 10) % (uint32_t)count);
}

static void note(const char *what, int number)
{
    if (differences++ < 5) printf("round %d: %s %d differs\n", round_number, what, number);
}

static gan_tensor *make_like(const int64_t shape[4])
{
    gan_tensor *tensor = NULL;
    CHECK_OK(gan_tensor_create(&tensor, context, GAN_FLOAT32, 4, shape));
    return tensor;
}

/* A value, or the gradient to one; both sides have it or neither has. */
static void compare(int number, bool gradient)
{
    int64_t shape[4];
    gan_tensor *read[2];
    gan_status status[2];
    for (int k = 0; k < 2; k++) {
        gan_value value = sides[k].values[number];
        CHECK_OK(gan_tape_shape(sides[k].tape, value, shape));
        read[k] = make_like(shape);
        status[k] = gradient ? gan_tape_gradient(sides[k].tape, value, read[k])
                             : gan_tape_value(sides[k].tape, value, read[k]);
    }
    const float *a = gan_tensor_data(read[0]), *b = gan_tensor_data(read[1]);
    size_t size = (size_t)gan_tensor_count(read[0]) * sizeof *a;
    if (status[0] != status[1] || (status[0] == GAN_OK && memcmp(a, b, size) != 0))
        note(gradient ? "the gradient to value" : "value", number);
    for (int k = 0; k < 2; k++) gan_tensor_release(read[k]);
}

static void add_input(int64_t n)
{
    const int64_t shape[4] = {n, 6, 6, 3};
    gan_tensor *tensor = make_like(shape);
    float *x = gan_tensor_data(tensor);
    const int32_t flags = pick(2) ? GAN_INPUT_GRADIENT : 0;
    for (int64_t i = 0; i < n * 108; i++) x[i] = (float)(pick(2001) - 1000) / 1000.0f;
    for (int k = 0; k < 2; k++)
        CHECK_OK(gan_tape_input(sides[k].tape, tensor, flags, &sides[k].values[value_count]));
    batches[value_count++] = n;
    gan_tensor_release(tensor);
}

/* A value with as many samples as number `like`. */
static int pick_like(int like)
{
    int value = pick(value_count);
    while (batches[value] != batches[like]) value = (value + 1) % value_count;
    return value;
}

static void apply(void)
{
    static const char *const modes[] = {"training",
                                        "training frozen",
                                        "evaluation",
                                        "evaluation frozen",
                                        "training groups=2",
                                        "evaluation groups=2",
                                        "training frozen groups=2",
                                        "training groups=3"};
    const int number = pick(MODELS), mode = pick(8), groups = mode < 4 ? 1 : mode < 7 ? 2 : 3;
    const int each = gan_model_input_count(sides[0].models[number]);
    const int inputs = each * groups;
    const int outputs = gan_model_output_count(sides[0].models[number]) * groups;
    gan_status status[2];
    int chosen[6];
    for (int i = 0; i < inputs; i++)
        chosen[i] = i % each ? pick_like(chosen[i - 1]) : pick(value_count);
    for (int k = 0; k < 2; k++) {
        gan_value in[6];
        for (int i = 0; i < inputs; i++) in[i] = sides[k].values[chosen[i]];
        status[k] = gan_tape_apply(sides[k].tape, sides[k].models[number], modes[mode], in, inputs,
                                   sides[k].values + value_count, outputs);
    }
    if (status[0] != status[1]) note("an application of model", number);
    /* minibatch_stddev takes not every batch */
    if (status[0] != GAN_OK && !CHECK_STATUS(status[0], GAN_E_SHAPE)) differences++;
    for (int i = 0; status[0] == GAN_OK && i < outputs; i++) {
        const int out = gan_model_output_count(sides[0].models[number]);
        batches[value_count] = batches[chosen[i / out * each]];
        compare(value_count++, false);
    }
}

static void join_or_slice(void)
{
    const int a = pick(value_count), b = pick(value_count), join = pick(2) && batches[a] < 8;
    const int64_t first = pick((int)batches[a]), count = 1 + pick((int)(batches[a] - first));
    for (int k = 0; k < 2; k++) {
        side *s = &sides[k];
        gan_value *out = &s->values[value_count];
        if (join)
            CHECK_OK(gan_tape_join(s->tape, (gan_value[]){s->values[a], s->values[b]}, 2, out));
        else
            CHECK_OK(gan_tape_slice(s->tape, s->values[a], first, count, out));
    }
    batches[value_count] = join ? batches[a] + batches[b] : count;
    compare(value_count++, false);
}

static void combine_or_detach(void)
{
    const int a = pick(value_count), b = pick_like(a), detach = pick(2);
    for (int k = 0; k < 2; k++) {
        side *s = &sides[k];
        gan_value *out = &s->values[value_count];
        if (detach)
            CHECK_OK(gan_tape_detach(s->tape, s->values[a], out));
        else
            CHECK_OK(gan_tape_combine(s->tape, (gan_value[]){s->values[a], s->values[b]},
                                      (double[]){0.5, 1.5}, 2, out));
    }
    batches[value_count++] = batches[a];
}

static void apply_layer(void)
{
    static const char *const statements[] = {"multiply", "add",       "dropout 0.3",   "noise 0.2",
                                             "tanh",     "clamp",     "affine 0.5 .1", "softplus",
                                             "square",   "upsample 1"};
    const int which = pick(10), a = pick(value_count), other = pick(value_count);
    const int b = batches[other] == batches[a] ? other : a;
    for (int k = 0; k < 2; k++) {
        side *s = &sides[k];
        const gan_value in[2] = {s->values[a], s->values[b]};
        CHECK_OK(gan_tape_layer(s->tape, statements[which], in, which < 2 ? 2 : 1,
                                &s->values[value_count]));
    }
    batches[value_count] = batches[a];
    compare(value_count++, false);
}

/* Both sides have the gradient or neither has. */
static void take_gradient(void)
{
    const int number = pick(value_count);
    gan_status status[2];
    for (int k = 0; k < 2; k++)
        status[k] = gan_tape_take_gradient(sides[k].tape, sides[k].values[number],
                                           &sides[k].values[value_count]);
    if (status[0] != status[1]) note("a gradient taken of value", number);
    batches[value_count] = batches[number];
    if (status[0] == GAN_OK && status[1] == GAN_OK) compare(value_count++, false);
}

/* A loss, backwards to two models, and perhaps an update of one: some ways then lead through a
 * model that was changed, and are refused on both sides. */
static void run_backward(void)
{
    static const char *const losses[] = {"mse", "l1 target=0.3", "bce_logits target=0.2", "hinge",
                                         "softplus sign=-1"};
    const int value = pick(value_count), loss = pick(5), update = pick(2);
    const int first = pick(MODELS), second = pick(MODELS);
    gan_status status[2];
    for (int k = 0; k < 2; k++) {
        side *s = &sides[k];
        gan_model *const models[2] = {s->models[first], s->models[second]};
        gan_value number;
        CHECK_OK(gan_tape_loss(s->tape, losses[loss], &s->values[value], 1, &number));
        status[k] = gan_tape_backward(s->tape, &number, NULL, 1, models, 2);
    }
    if (status[0] != status[1]) note("a status after value", value);
    for (int i = 0; i < value_count; i++) compare(i, true);
    for (int k = 0; k < 2 && update; k++) {
        status[k] = gan_optimizer_step(sides[k].optimizers[first]); /* or it diverges */
        CHECK_OK(gan_optimizer_zero(sides[k].optimizers[first]));
    }
    if (status[0] != status[1]) note("an update of model", first);
}

static void compare_parameters(int number)
{
    gan_model *models[2] = {sides[0].models[number], sides[1].models[number]};
    for (int64_t i = 0; i < gan_model_parameter_count(models[0]); i++) {
        const char *name = gan_model_parameter_name(models[0], i);
        int64_t shape[4];
        int32_t rank;
        gan_tensor *read[2] = {NULL, NULL};
        CHECK_OK(gan_model_parameter_shape(models[0], name, &rank, shape));
        for (int k = 0; k < 2; k++) {
            CHECK_OK(gan_tensor_create(&read[k], context, GAN_FLOAT32, rank, shape));
            CHECK_OK(gan_model_read(models[k], name, GAN_VALUE, read[k]));
        }
        if (memcmp(gan_tensor_data(read[0]), gan_tensor_data(read[1]),
                   (size_t)gan_tensor_count(read[0]) * sizeof(float)) != 0)
            note(name, number);
        for (int k = 0; k < 2; k++) gan_tensor_release(read[k]);
    }
}

static void run_program(uint64_t draws)
{
    CHECK_OK(gan_tape_reset(sides[0].tape));
    CHECK_OK(gan__tape_create(&sides[1].tape, context, SEED));
    for (int k = 0; k < 2; k++) CHECK_OK(gan_tape_seek(sides[k].tape, draws));
    value_count = 0;
    for (int i = 0; i < 3; i++) add_input(1 + pick(5));
    for (int i = 0; i < STEPS; i++) {
        int kind = pick(16);
        if (kind < 6)
            apply();
        else if (kind < 8)
            combine_or_detach();
        else if (kind < 10)
            apply_layer();
        else if (kind < 12)
            take_gradient();
        else if (kind < 14)
            join_or_slice();
        else
            run_backward();
    }
    for (int i = 0; i < value_count; i++) compare(i, false);
    for (int i = 0; i < MODELS; i++) compare_parameters(i);
    CHECK_INT(gan_tape_draws(sides[0].tape), gan_tape_draws(sides[1].tape));
    gan_tape_release(sides[1].tape);
}

static void open_side(side *s, const side *other)
{
    static const char *const name = "trunk";
    gan_model *trunk;
    CHECK_OK(gan_model_parse(&trunk, context, trunk_text));
    for (int i = 0; i < MODELS; i++) {
        gan_model *part = trunk;
        CHECK_OK(
            gan_model_parse_parts(&s->models[i], context, texts[i], &name, &part, i < 6 ? 0 : 1));
        CHECK_OK(gan_optimizer_create(&s->optimizers[i], context, "adam lr=1e-3"));
        CHECK_OK(gan_optimizer_add(s->optimizers[i], s->models[i]));
        if (!other) continue;
        CHECK_OK(gan_model_save(other->models[i], "random_programs.tmp"));
        CHECK_OK(gan_model_load_weights(s->models[i], "random_programs.tmp", NULL));
    }
    remove("random_programs.tmp");
    gan_model_release(trunk);
}

TEST(a_tape_that_lives_on_gives_the_bits_of_a_fresh_one)
{
    uint64_t draws = 0;
    CHECK_OK(gan_context_create(&context, "threads=2 seed=3", NULL, NULL, 0));
    open_side(&sides[0], NULL);
    open_side(&sides[1], &sides[0]);
    CHECK_OK(gan__tape_create(&sides[0].tape, context, SEED));
    for (round_number = 0; round_number < ROUNDS && differences < 5; round_number++) {
        run_program(draws);
        draws = gan_tape_draws(sides[0].tape);
    }
    CHECK_INT(differences, 0);
    gan_tape_release(sides[0].tape);
    for (int i = 0; i < 2 * MODELS; i++) {
        gan_optimizer_release(sides[i / MODELS].optimizers[i % MODELS]);
        gan_model_release(sides[i / MODELS].models[i % MODELS]);
    }
    gan_context_release(context);
}

int main(void)
{
    RUN(a_tape_that_lives_on_gives_the_bits_of_a_fresh_one);
    return test_report();
}
