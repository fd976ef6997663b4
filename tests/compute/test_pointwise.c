/* Activations and their slopes against double precision, softmax, the simple functions. */
#include "compute/contexts.h"

#include "compute/pointwise.h"

#include <math.h>

static gan_context *context;

static double activation_of(gan__activation f, double a, double x)
{
    switch (f) {
    case GAN__RELU: return x > 0 ? x : 0;
    case GAN__LEAKY_RELU: return x > 0 ? x : a * x;
    case GAN__TANH: return tanh(x);
    case GAN__SIGMOID: return 1 / (1 + exp(-x));
    case GAN__ELU: return x > 0 ? x : a * expm1(x);
    case GAN__SILU: return x / (1 + exp(-x));
    case GAN__GELU: return x * 0.5 * (1 + erf(x * sqrt(0.5)));
    default: return x;
    }
}

TEST(activations)
{
    enum { COUNT = 40001 };
    static const float parameters[] = {0.2f, 1, 0, -0.5f};
    float *x = contexts_array(COUNT), *dy = contexts_array(COUNT);
    float *y = contexts_array(COUNT), *dx = contexts_array(COUNT);
    for (int i = 0; i < COUNT; i++) x[i] = x[i] * 6 + (x[i] < 0 ? -1e-3f : 1e-3f);
    for (int k = 0; k < GAN__ACTIVATION_COUNT * 4; k++) {
        gan__activation f = (gan__activation)(k / 4);
        float a = parameters[k % 4];
        gan__activate(context, f, a, COUNT, x, y);
        gan__activate_backward(context, f, a, COUNT, gan__activation_uses_output(f, a) ? y : x, dy,
                               dx);
        for (int i = 0; i < COUNT; i++) {
            double at = (double)x[i], parameter = (double)a, step = 1e-5;
            double slope =
                (activation_of(f, parameter, at + step) - activation_of(f, parameter, at - step)) /
                (2 * step);
            CHECK_NEAR(y[i], activation_of(f, parameter, at), 2e-7 + 1.2e-7 * fabs(at));
            CHECK_NEAR(dx[i], slope * (double)dy[i], 1e-6);
        }
    }
    free(x);
    free(dy);
    free(y);
    free(dx);
}

/* The slope of ELU for all kinds of x, within some units in the last place: far in the tail too,
 * where the output is -alpha. */
TEST(elu_slope)
{
    enum { COUNT = 4096 };
    static float x[COUNT], y[COUNT], one[COUNT], dx[COUNT];
    static const float alphas[] = {1, 0.3f, 2.5f};
    const gan__tier best = context->tier;
    for (int tier = (int)best; tier >= 0; tier--) {
        context->tier = (gan__tier)tier;
        for (int k = 0; k < 3; k++) {
            double worst = 0;
            for (int i = 0; i < COUNT; i++) x[i] = -90.0f * (float)i / COUNT - (i % 2 ? 1e-7f : 0);
            for (int i = 0; i < COUNT; i++) one[i] = 1;
            gan__activate(context, GAN__ELU, alphas[k], COUNT, x, y);
            bool output = gan__activation_uses_output(GAN__ELU, alphas[k]);
            gan__activate_backward(context, GAN__ELU, alphas[k], COUNT, output ? y : x, one, dx);
            for (int i = 0; i < COUNT; i++) {
                double exact = (double)alphas[k] * exp((double)x[i]);
                double unit = exact > 0x1p-126 ? exact * 0x1p-24 : 0x1p-149;
                double error = fabs((double)dx[i] - exact) / unit;
                if (error > worst) worst = error;
            }
            if (!CHECK(worst <= 5)) printf("    alpha %g: %g\n", (double)alphas[k], worst);
        }
    }
    context->tier = best;
}

/* As PyTorch at the kink; NaN and infinity go through. */
TEST(special_values)
{
    float x[4] = {0, -0.0f, NAN, INFINITY}, one[4] = {1, 1, 1, 1}, y[4], dx[4];
    gan__activate_backward(context, GAN__RELU, 0, 4, x, one, dx);
    CHECK(dx[0] == 0 && dx[1] == 0 && dx[3] == 1);
    gan__activate_backward(context, GAN__LEAKY_RELU, 0.25f, 4, x, one, dx);
    CHECK(dx[0] == 0.25f && dx[1] == 0.25f && dx[3] == 1);
    for (int f = 0; f < GAN__ACTIVATION_COUNT; f++) {
        gan__activate(context, (gan__activation)f, 0.2f, 4, x, y);
        CHECK(isnan(y[2]));
        CHECK(f == GAN__TANH || f == GAN__SIGMOID ? y[3] == 1 : isinf(y[3]));
        CHECK(y[0] == (f == GAN__SIGMOID ? 0.5f : 0));
    }
    gan__clamp(context, 4, x, -1, 1, x);
    CHECK(isnan(x[2]) && x[3] == 1 && x[0] == 0);
    CHECK(gan__activation_uses_output(GAN__LEAKY_RELU, 0));
    CHECK(!gan__activation_uses_output(GAN__LEAKY_RELU, -0.1f));
    CHECK(!gan__activation_uses_output(GAN__ELU, 1));
    CHECK(gan__activation_fuses(GAN__ELU, 1, false) && !gan__activation_fuses(GAN__ELU, 1, true));
    CHECK(gan__activation_fuses(GAN__TANH, 0, true) && !gan__activation_fuses(GAN__SILU, 0, false));
    CHECK(!gan__activation_uses_output(GAN__SILU, 0));
}

TEST(simple)
{
    enum { COUNT = 33333 };
    float *a = contexts_array(COUNT), *b = contexts_array(COUNT), *y = contexts_array(COUNT);
    gan__add(context, COUNT, a, b, y);
    for (int i = 0; i < COUNT; i++) CHECK(y[i] == a[i] + b[i]);
    gan__multiply(context, COUNT, a, b, y);
    for (int i = 0; i < COUNT; i++) CHECK(y[i] == a[i] * b[i]);
    gan__copy(context, COUNT, a, y);
    CHECK(memcmp(a, y, COUNT * sizeof *a) == 0);
    gan__combine(context, COUNT, 2, b, -3, y);
    for (int i = 0; i < COUNT; i++) CHECK(y[i] == fmaf(2, b[i], -3 * a[i]));
    gan__fill(context, COUNT, NAN, y);
    gan__combine(context, COUNT, 2, b, 0, y);
    for (int i = 0; i < COUNT; i++) CHECK(y[i] == 2 * b[i]);
    gan__affine(context, COUNT, a, 2.5f, -0.3f, y);
    for (int i = 0; i < COUNT; i++) CHECK(y[i] == fmaf(2.5f, a[i], -0.3f));
    gan__clamp(context, COUNT, a, -0.5f, 0.25f, y);
    for (int i = 0; i < COUNT; i++) CHECK(y[i] == fminf(0.25f, fmaxf(-0.5f, a[i])));
    gan__clamp_backward(context, COUNT, a, b, -0.5f, 0.25f, y);
    for (int i = 0; i < COUNT; i++) CHECK(y[i] == (a[i] < -0.5f || a[i] > 0.25f ? 0 : b[i]));
    gan__square_backward(context, COUNT, a, b, y);
    for (int i = 0; i < COUNT; i++) CHECK(y[i] == b[i] * (a[i] + a[i]));
    gan__map(context, GAN__EXP, COUNT, a, y);
    for (int i = 0; i < COUNT; i++) CHECK_NEAR(y[i], exp((double)a[i]), 3e-7);
    gan__map(context, GAN__SQRT, COUNT, y, a);
    for (int i = 0; i < COUNT; i++) CHECK(a[i] == sqrtf(y[i]));
    gan__sqrt_backward(context, COUNT, a, b, y);
    for (int i = 0; i < COUNT; i++) CHECK(y[i] == b[i] / (a[i] + a[i]));
    free(a);
    free(b);
    free(y);
}

TEST(softmax)
{
    static const int64_t shapes[][2] = {{1, 1},  {300, 10}, {7, 1000}, {2, 40000},
                                        {5, 16}, {0, 3},    {3, 0}};
    for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++) {
        int64_t rows = shapes[k][0], columns = shapes[k][1], count = rows * columns;
        float *x = contexts_array(count), *dy = contexts_array(count);
        float *y = contexts_array(count), *dx = contexts_array(count);
        for (int64_t i = 0; i < count; i++) x[i] = 1000 + 20 * x[i];
        gan__softmax(context, rows, columns, x, y);
        gan__softmax_backward(context, rows, columns, y, dy, dx);
        for (int64_t r = 0; r < rows; r++) {
            double sum = 0, dot = 0;
            for (int64_t i = r * columns; i < (r + 1) * columns; i++)
                sum += exp((double)x[i] - 1000);
            for (int64_t i = r * columns; i < (r + 1) * columns; i++) {
                double exact = exp((double)x[i] - 1000) / sum;
                CHECK_NEAR(y[i], exact, 1e-9 + 4e-7 * exact);
                dot += exact * (double)dy[i];
            }
            for (int64_t i = r * columns; i < (r + 1) * columns; i++) {
                double exact = exp((double)x[i] - 1000) / sum;
                CHECK_NEAR(dx[i], exact * ((double)dy[i] - dot), 1e-6 * exact + 1e-9);
            }
        }
        if (count > 0) {
            x[count - 1] = NAN;
            gan__softmax(context, rows, columns, x, y);
            CHECK(isnan(y[count - 1]) && isnan(y[count - columns]));
        }
        free(x);
        free(dy);
        free(y);
        free(dx);
    }
}

enum { MANY = 40007 };
static float *values;

static void pointwise_all(gan_context *on, void *argument, float *result)
{
    (void)argument;
    for (int f = 0; f < GAN__ACTIVATION_COUNT; f++) {
        float *y = result + 2 * f * MANY;
        gan__activate(on, (gan__activation)f, 0.3f, MANY, values, y);
        gan__activate_backward(on, (gan__activation)f, 0.3f, MANY, y, values, y + MANY);
    }
    gan__combine(on, MANY, 0.3f, values, 0.7f, result);
    gan__softmax(on, 401, 99, values, result);
    gan__softmax_backward(on, 401, 99, result, values, result);
}

TEST(same_bits)
{
    const int64_t count = 2 * GAN__ACTIVATION_COUNT * MANY;
    float *result = malloc((size_t)count * sizeof *result);
    values = contexts_array(MANY);
    for (int i = 0; i < MANY; i++) values[i] *= 10;
    contexts_run(pointwise_all, NULL, count, result);
    free(values);
    free(result);
}

int main(void)
{
    CHECK_OK(gan_context_create(&context, "threads=2", NULL, NULL, 0));
    RUN(activations);
    RUN(elu_slope);
    RUN(special_values);
    RUN(simple);
    RUN(softmax);
    RUN(same_bits);
    gan_context_release(context);
    return test_report();
}
