/* A loss's scalar among the tensors of a weighted sum: values, gradients and tangents, by formula.
 */
#include "test.h"

#include <gan/gan.h>

#include <math.h>

enum { N = 2, C = 3, COUNT = N * C };

static const float numbers[COUNT] = {0.5f, -1.25f, 2, 0.75f, -0.5f, 1.5f};
static const float moves[COUNT] = {1, 0.5f, -2, 0.25f, 3, -0.75f};

typedef struct sums {
    gan_context *context;
    gan_tape *tape;
    gan_value x, along; /* (N, 1, 1, C) */
} sums;

static gan_value put(const sums *s, const float *from)
{
    gan_tensor *tensor;
    gan_value value;
    CHECK_OK(gan_tensor_create(&tensor, s->context, GAN_FLOAT32, 4, (const int64_t[]){N, 1, 1, C}));
    memcpy(gan_tensor_data(tensor), from, COUNT * sizeof *from);
    CHECK_OK(gan_tape_input(s->tape, tensor, GAN_INPUT_GRADIENT, &value));
    gan_tensor_release(tensor);
    return value;
}

static void check(const sums *s, gan_value value, int32_t what, const double expected[COUNT])
{
    gan_tensor *tensor;
    if (!CHECK_OK(gan_tape_tensor(&tensor, s->tape, value, what))) return;
    for (int i = 0; i < COUNT; i++)
        CHECK_NEAR(((float *)gan_tensor_data(tensor))[i], expected[i], 1e-6);
    gan_tensor_release(tensor);
}

static double mean_of(const float *x)
{
    double sum = 0;
    for (int i = 0; i < COUNT; i++) sum += (double)x[i];
    return sum / COUNT;
}

static void sums_open(sums *s)
{
    CHECK_OK(gan_context_create(&s->context, "threads=1", NULL, NULL, 0));
    CHECK_OK(gan_tape_create(&s->tape, s->context));
    s->x = put(s, numbers);
    s->along = put(s, moves);
}

static void sums_close(const sums *s)
{
    gan_tape_release(s->tape);
    gan_context_release(s->context);
}

/* y = 2 x - 3 mean(x), in either order, and what comes back of mean(y^2). */
TEST(relative_to_the_mean)
{
    for (int first = 0; first < 2; first++) {
        sums s;
        gan_value values[2], y, loss, moved;
        double weights[2], expected[COUNT], sum = 0;
        sums_open(&s);
        values[first] = s.x;
        weights[first] = 2;
        weights[1 - first] = -3;
        CHECK_OK(gan_tape_loss(s.tape, "mean", &s.x, 1, &values[1 - first]));
        CHECK_OK(gan_tape_combine(s.tape, values, weights, 2, &y));
        for (int i = 0; i < COUNT; i++) expected[i] = 2 * (double)numbers[i] - 3 * mean_of(numbers);
        check(&s, y, GAN_VALUE, expected);

        CHECK_OK(gan_tape_loss(s.tape, "mse", &y, 1, &loss));
        CHECK_OK(gan_tape_backward(s.tape, &loss, NULL, 1, NULL, 0));
        for (int i = 0; i < COUNT; i++) expected[i] *= 2.0 / COUNT, sum += expected[i];
        for (int i = 0; i < COUNT; i++) expected[i] = 2 * expected[i] - 3 * sum / COUNT;
        check(&s, s.x, GAN_GRADIENT, expected);

        CHECK_OK(gan_tape_tangent(s.tape, y, s.x, s.along, &moved));
        for (int i = 0; i < COUNT; i++) expected[i] = 2 * (double)moves[i] - 3 * mean_of(moves);
        check(&s, moved, GAN_VALUE, expected);
        sums_close(&s);
    }
}

/* Only the scalar moves: all elements do as it does. */
TEST(scalars_alone_move)
{
    sums s;
    gan_value values[3], y, moved, total;
    double expected[COUNT];
    sums_open(&s);
    CHECK_OK(gan_tape_detach(s.tape, s.x, &values[0]));
    CHECK_OK(gan_tape_loss(s.tape, "mean", &s.x, 1, &values[1]));
    CHECK_OK(gan_tape_loss(s.tape, "sum", &s.x, 1, &values[2]));
    CHECK_OK(gan_tape_combine(s.tape, values, (const double[]){1, 4, 0.5}, 3, &y));
    CHECK_OK(gan_tape_tangent(s.tape, y, s.x, s.along, &moved));
    for (int i = 0; i < COUNT; i++) expected[i] = (4 + 0.5 * COUNT) * mean_of(moves);
    check(&s, moved, GAN_VALUE, expected);
    CHECK_OK(gan_tape_loss(s.tape, "sum", &y, 1, &total));
    CHECK_OK(gan_tape_backward(s.tape, &total, NULL, 1, NULL, 0));
    for (int i = 0; i < COUNT; i++) expected[i] = COUNT * (4.0 / COUNT + 0.5);
    check(&s, s.x, GAN_GRADIENT, expected);
    sums_close(&s);
}

int main(void)
{
    RUN(relative_to_the_mean);
    RUN(scalars_alone_move);
    return test_report();
}
