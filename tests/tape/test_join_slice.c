/* Values side by side along the batch, and parts of them. */
#include <gan/tape.h>

#include "fault.h"
#include "tape/tape.h"
#include "test.h"

#include <stdlib.h>

static gan_context *context;

static gan_tensor *tensor_of(const int64_t shape[4], int first, int step)
{
    gan_tensor *tensor = NULL;
    CHECK_OK(gan_tensor_create(&tensor, context, GAN_FLOAT32, 4, shape));
    float *x = gan_tensor_data(tensor);
    for (int64_t i = 0; i < gan_tensor_count(tensor); i++) x[i] = (float)(first + step * i);
    return tensor;
}

static gan_value put(gan_tape *tape, int64_t n, int64_t c, int first)
{
    gan_tensor *tensor = tensor_of((const int64_t[]){n, 1, 2, c}, first, 1);
    gan_value value = -1;
    CHECK_OK(gan_tape_input(tape, tensor, GAN_INPUT_GRADIENT, &value));
    gan_tensor_release(tensor);
    return value;
}

/* Whether all `count` numbers of a value, or of the gradient to it, are these. */
static void expect(gan_tape *tape, gan_value value, int32_t what, const float *numbers, int count)
{
    gan_tensor *tensor = NULL;
    if (!CHECK_OK(gan_tape_tensor(&tensor, tape, value, what))) return;
    const float *x = gan_tensor_data(tensor);
    CHECK_INT(gan_tensor_count(tensor), count);
    for (int i = 0; i < count && i < gan_tensor_count(tensor); i++)
        if (!CHECK_NEAR(x[i], numbers[i], 0)) break;
    gan_tensor_release(tensor);
}

static void seeded(gan_tape *tape, gan_value value, int first, int step)
{
    int64_t shape[4];
    CHECK_OK(gan_tape_shape(tape, value, shape));
    gan_tensor *seed = tensor_of(shape, first, step);
    CHECK_OK(gan_tape_backward(tape, &value, &seed, 1, NULL, 0));
    gan_tensor_release(seed);
}

static gan_tape *make_tape(void)
{
    gan_tape *tape = NULL;
    CHECK_OK(gan_tape_create(&tape, context));
    return tape;
}

TEST(join)
{
    gan_tape *tape = make_tape();
    const gan_value a = put(tape, 1, 1, 1), b = put(tape, 2, 1, 10);
    gan_value whole, nested;
    int64_t shape[4];
    CHECK_OK(gan_tape_join(tape, (gan_value[]){a, b, a}, 3, &whole));
    CHECK_OK(gan_tape_shape(tape, whole, shape));
    CHECK(shape[0] == 4 && shape[1] == 1 && shape[2] == 2 && shape[3] == 1);
    expect(tape, whole, GAN_VALUE, (const float[]){1, 2, 10, 11, 12, 13, 1, 2}, 8);
    gan_value parts[2] = {whole, b}; /* the result may take the place of one of them */
    CHECK_OK(gan_tape_join(tape, parts, 2, &parts[0]));
    nested = parts[0];
    expect(tape, nested, GAN_VALUE, (const float[]){1, 2, 10, 11, 12, 13, 1, 2, 10, 11, 12, 13},
           12);
    seeded(tape, nested, 1, 1);
    expect(tape, whole, GAN_GRADIENT, (const float[]){1, 2, 3, 4, 5, 6, 7, 8}, 8);
    expect(tape, a, GAN_GRADIENT, (const float[]){1 + 7, 2 + 8}, 2);
    expect(tape, b, GAN_GRADIENT, (const float[]){3 + 9, 4 + 10, 5 + 11, 6 + 12}, 4);
    gan_tape_release(tape);
}

TEST(slices)
{
    gan_tape *tape = make_tape();
    const gan_value x = put(tape, 4, 1, 0);
    gan_value s[4], sum, unread;
    CHECK_OK(gan_tape_slice(tape, x, 1, 2, &s[0]));
    CHECK_OK(gan_tape_slice(tape, x, 2, 2, &s[1]));
    CHECK_OK(gan_tape_slice(tape, x, 0, 4, &unread));
    expect(tape, s[0], GAN_VALUE, (const float[]){2, 3, 4, 5}, 4);
    expect(tape, s[1], GAN_VALUE, (const float[]){4, 5, 6, 7}, 4);
    /* one slice alone: the rest is zero, what lay there in memory is not seen */
    seeded(tape, unread, 77, 0);
    seeded(tape, s[0], 5, 1);
    expect(tape, x, GAN_GRADIENT, (const float[]){0, 0, 5, 6, 7, 8, 0, 0}, 8);
    CHECK_OK(gan_tape_combine(tape, s, (const double[]){1, 10}, 2, &sum));
    seeded(tape, sum, 1, 1);
    expect(tape, x, GAN_GRADIENT, (const float[]){0, 0, 1, 2, 3 + 10, 4 + 20, 30, 40}, 8);
    /* a slice of a slice */
    CHECK_OK(gan_tape_slice(tape, s[1], 1, 1, &s[2]));
    expect(tape, s[2], GAN_VALUE, (const float[]){6, 7}, 2);
    seeded(tape, s[2], 3, 0);
    expect(tape, x, GAN_GRADIENT, (const float[]){0, 0, 0, 0, 0, 0, 3, 3}, 8);
    /* and one through which nothing passes */
    CHECK_OK(gan_tape_detach(tape, s[2], &s[3]));
    CHECK_OK(gan_tape_join(tape, (gan_value[]){s[3], s[2]}, 2, &sum));
    seeded(tape, sum, 1, 1);
    expect(tape, x, GAN_GRADIENT, (const float[]){0, 0, 0, 0, 0, 0, 3, 4}, 8);
    gan_tape_release(tape);
}

/* A slice of a scalar keeps it in double; joined losses are float32. */
TEST(scalars)
{
    gan_tape *tape = make_tape();
    const gan_value x = put(tape, 3, 1, 0);
    gan_value loss, third, same, both;
    double a, b;
    CHECK_OK(gan_tape_loss(tape, "mean", &x, 1, &loss));
    CHECK_OK(gan_tape_combine(tape, &loss, (const double[]){1 / 3.0}, 1, &third));
    CHECK_OK(gan_tape_slice(tape, third, 0, 1, &same));
    CHECK_OK(gan_tape_scalar(tape, third, &a));
    CHECK_OK(gan_tape_scalar(tape, same, &b));
    CHECK(a == 2.5 * (1 / 3.0) && a == b);
    CHECK_OK(gan_tape_join(tape, (gan_value[]){third, loss}, 2, &both));
    expect(tape, both, GAN_VALUE, (const float[]){(float)(2.5 / 3), 2.5f}, 2);
    CHECK_STATUS(gan_tape_scalar(tape, both, &a), GAN_E_SHAPE);
    seeded(tape, both, 6, 0);
    expect(tape, x, GAN_GRADIENT,
           (const float[]){1 + 1 / 3.0f, 1 + 1 / 3.0f, 1 + 1 / 3.0f, 1 + 1 / 3.0f, 1 + 1 / 3.0f,
                           1 + 1 / 3.0f},
           6);
    gan_tape_release(tape);
}

/* Reals and mismatched reals as one group, fakes another: as if they had come like that. */
TEST(groups_of_joined_values)
{
    gan_model *model = NULL, *other = NULL;
    gan_tape *tape = make_tape();
    const gan_value a = put(tape, 2, 3, 0), b = put(tape, 3, 3, -4), c = put(tape, 4, 3, 2);
    gan_value both, y[2], part, z[2];
    CHECK_OK(gan_model_parse(&model, context, "input 1 2 3; dense 4; batchnorm; tanh; dense 1"));
    CHECK_OK(gan_model_copy(&other, model));
    CHECK_OK(gan_tape_join(tape, (gan_value[]){a, b}, 2, &both));
    CHECK_OK(gan_tape_apply(tape, model, "training groups=2", (gan_value[]){both, c}, 2, y, 2));
    CHECK_OK(gan_tape_slice(tape, y[0], 2, 3, &part));
    gan_tensor *input = tensor_of((const int64_t[]){5, 1, 2, 3}, 0, 1), *read[2] = {NULL, NULL};
    for (int i = 0; i < 18; i++) ((float *)gan_tensor_data(input))[12 + i] = (float)(i - 4);
    CHECK_OK(gan_tape_input(tape, input, 0, &z[0]));
    CHECK_OK(gan_tape_apply(tape, other, "training", z, 1, &z[1], 1));
    CHECK_OK(gan_tape_tensor(&read[0], tape, part, GAN_VALUE));
    CHECK_OK(gan_tape_tensor(&read[1], tape, z[1], GAN_VALUE));
    CHECK(memcmp(gan_tensor_data(read[0]), (float *)gan_tensor_data(read[1]) + 2,
                 3 * sizeof(float)) == 0);
    for (int i = 0; i < 2; i++) gan_tensor_release(read[i]);
    gan_tensor_release(input);
    gan_tape_release(tape);
    gan_model_release(model);
    gan_model_release(other);
}

TEST(refused)
{
    gan_tape *tape = make_tape();
    gan_value x = put(tape, 3, 1, 0), y = put(tape, 2, 2, 0), out = 5;
    static const int64_t ranges[][2] = {{-1, 1}, {0, 0},          {0, 4},
                                        {3, 1},  {1, INT64_MAX},  {INT64_MAX, 1},
                                        {2, 2},  {INT64_MIN, -1}, {0, -1}};
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        char message[120];
        snprintf(message, sizeof message,
                 "gan_tape_slice: %lld samples from %lld on: value 0 has 3",
                 (long long)ranges[i][1], (long long)ranges[i][0]);
        CHECK_STATUS(gan_tape_slice(tape, x, ranges[i][0], ranges[i][1], &out), GAN_E_SHAPE);
        CHECK_TEXT(gan_context_message(context), message);
        CHECK_INT(out, -1);
    }
    CHECK_STATUS(gan_tape_join(tape, (gan_value[]){x, x, y}, 3, &out), GAN_E_SHAPE);
    CHECK_TEXT(gan_context_message(context), "gan_tape_join: value 0 is 3x1x2x1, value 2 is "
                                             "2x1x2x2: only the samples may differ in number");
    CHECK_INT(out, -1);
    CHECK_STATUS(gan_tape_join(tape, &x, 0, &out), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_tape_join(tape, &x, -3, &out), GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(context), "gan_tape_join: -3 values");
    CHECK_OK(gan_tape_slice(tape, x, 2, 1, &out));
    CHECK_OK(gan_tape_reset(tape));
    CHECK_STATUS(gan_tape_slice(tape, x, 0, 1, &out), GAN_E_ARGUMENT);
    CHECK(strstr(gan_context_message(context), "before the tape's last reset") != NULL);
    CHECK_STATUS(gan_tape_join(tape, &x, 1, &out), GAN_E_ARGUMENT);
    gan_tape_release(tape);
}

static void round_of(gan_tape *tape, gan_tensor *seed)
{
    gan_value x[2], y[3], out;
    CHECK_OK(gan_tape_reset(tape));
    for (int i = 0; i < 2; i++)
        CHECK_OK(gan_tape_normal(tape, 2, (const int64_t[]){3 - i, 2}, &x[i]));
    CHECK_OK(gan_tape_join(tape, x, 2, &y[0]));
    CHECK_OK(gan_tape_slice(tape, y[0], 1, 3, &y[1]));
    CHECK_OK(gan_tape_slice(tape, y[0], 2, 3, &y[2]));
    CHECK_OK(gan_tape_combine(tape, y + 1, (const double[]){1, 2}, 2, &out));
    CHECK_OK(gan_tape_backward(tape, &out, &seed, 1, NULL, 0));
    CHECK_STATUS(gan_tape_join(tape, (gan_value[]){x[0], seed ? x[1] + 99 : 0}, 2, &out),
                 GAN_E_ARGUMENT);
}

/* A rehearsal makes all memory; any allocation may fail. */
TEST(memory)
{
    fault_host fault = {0};
    gan_host host = fault_make(&fault);
    gan_context *before = context;
    CHECK_OK(gan_context_create(&context, "threads=1", &host, NULL, 0));
    gan_tensor *seed = NULL;
    CHECK_OK(gan_tensor_create(&seed, context, GAN_FLOAT32, 2, (const int64_t[]){3, 2}));
    memset(gan_tensor_data(seed), 0, 6 * sizeof(float));
    gan_tape *tape = make_tape();
    gan__tape_rehearse(tape, true);
    round_of(tape, seed);
    gan__tape_rehearse(tape, false);
    const long long allocations = fault.allocations;
    for (int i = 0; i < 3; i++) round_of(tape, seed);
    CHECK_INT(fault.allocations, allocations);
    gan_tape_release(tape);
    for (int n = 1; n < 100; n++) {
        gan_value x, out[2];
        tape = make_tape();
        CHECK_OK(gan_tape_normal(tape, 2, (const int64_t[]){3, 2}, &x));
        fault.fail_at = fault.allocations + n;
        gan_status status = gan_tape_join(tape, (gan_value[]){x, x}, 2, &out[0]);
        if (status == GAN_OK) status = gan_tape_slice(tape, out[0], 2, 2, &out[1]);
        fault.fail_at = 0;
        if (status != GAN_OK) CHECK_STATUS(status, GAN_E_MEMORY);
        CHECK_OK(gan_tape_join(tape, (gan_value[]){x, x}, 2, &out[0]));
        CHECK_OK(gan_tape_slice(tape, out[0], 2, 2, &out[1]));
        gan_tape_release(tape);
        if (status == GAN_OK) break;
    }
    gan_tensor_release(seed);
    gan_context_release(context);
    CHECK_INT(fault.live, 0);
    context = before;
}

int main(void)
{
    CHECK_OK(gan_context_create(&context, "threads=2 seed=5", NULL, NULL, 0));
    RUN(join);
    RUN(slices);
    RUN(scalars);
    RUN(groups_of_joined_values);
    RUN(refused);
    RUN(memory);
    gan_context_release(context);
    return test_report();
}
