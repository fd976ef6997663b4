/* Layers applied to values: what they compute, what passes back through them, what they draw and
 * refuse; gradients as values; and what is built of them: reparametrised samples, Langevin steps.
 */
#include <gan/gan.h>

#include "fault.h"
#include "model/model.h"
#include "tape/record.h"
#include "test.h"

#include <math.h>

static gan_context *make_context(const char *spec, const gan_host *host)
{
    gan_context *context = NULL;
    CHECK_OK(gan_context_create(&context, spec, host, NULL, 0));
    return context;
}

static gan_tape *make_tape(gan_context *context)
{
    gan_tape *tape = NULL;
    CHECK_OK(gan_tape_create(&tape, context));
    return tape;
}

static bool says(const gan_tape *tape, const char *text)
{
    const char *message = gan_context_message(tape->object.context);
    bool found = strstr(message, text) != NULL;
    if (!CHECK(found)) printf("    \"%s\" in: %s\n", text, message);
    return found;
}

static gan_tensor *make_tensor(gan_context *context, int32_t dtype, int64_t n, int64_t h, int64_t w,
                               int64_t c)
{
    gan_tensor *tensor = NULL;
    CHECK_OK(gan_tensor_create(&tensor, context, dtype, 4, (const int64_t[]){n, h, w, c}));
    return tensor;
}

/* An input of numbers about 0, which wants a gradient. */
static gan_value make_input(gan_tape *tape, int64_t n, int64_t h, int64_t w, int64_t c)
{
    gan_tensor *tensor = make_tensor(tape->object.context, GAN_FLOAT32, n, h, w, c);
    gan_value value = -1;
    float *x = gan_tensor_data(tensor);
    for (int64_t i = 0; i < n * h * w * c; i++)
        x[i] = (float)((i * 37 + n * 11 + c * 5) % 41 - 20) / 16.0f;
    CHECK_OK(gan_tape_input(tape, tensor, GAN_INPUT_GRADIENT, &value));
    gan_tensor_release(tensor);
    return value;
}

static gan_value layer_of(gan_tape *tape, const char *statement, gan_value a, gan_value b)
{
    gan_value out = -1;
    if (!CHECK_OK(gan_tape_layer(tape, statement, (const gan_value[]){a, b}, b < 0 ? 1 : 2, &out)))
        printf("    %s: %s\n", statement, gan_context_message(tape->object.context));
    return out;
}

static const float *data_of(const gan_tape *tape, gan_value value)
{
    return gan__tape_at(tape, (int32_t)(value & UINT32_MAX))->data;
}

static const float *gradient_of(const gan_tape *tape, gan_value value)
{
    return gan__tape_at(tape, (int32_t)(value & UINT32_MAX))->gradient;
}

static int64_t count_of(gan_tape *tape, gan_value value)
{
    int64_t s[4] = {0};
    CHECK_OK(gan_tape_shape(tape, value, s));
    return s[0] * s[1] * s[2] * s[3];
}

/* ---- as in a model ---- */

typedef struct same_case {
    const char *statement, *model; /* the model that does the same */
    int64_t a[4], b[4];
} same_case;

static const same_case same_cases[] = {
    {"tanh", "input 3 2 4; tanh", {5, 3, 2, 4}, {0}},
    {"softplus", "input 3 2 4; softplus", {5, 3, 2, 4}, {0}},
    {"exp", "input 3 2 4; exp", {5, 3, 2, 4}, {0}},
    {"clamp -0.5 1", "input 3 2 4; clamp -0.5 1", {5, 3, 2, 4}, {0}},
    {"affine 3 1", "input 3 2 4; affine scale=3 shift=1", {5, 3, 2, 4}, {0}},
    {"add", "input a 3 2 4; input b 3 2 4; add from a b", {5, 3, 2, 4}, {5, 3, 2, 4}},
    {"multiply", "input a 3 2 4; input b 1; multiply from a b", {5, 3, 2, 4}, {5, 1, 1, 1}},
    {"multiply", "input a 1; input b 3 2 4; multiply from a b", {5, 1, 1, 1}, {5, 3, 2, 4}},
    {"concat", "input a 3 2 4; input b 7; concat from a b", {5, 3, 2, 4}, {5, 1, 1, 7}},
    {"dropout 0.4", "input 3 2 4; dropout 0.4", {5, 3, 2, 4}, {0}},
    {"noise 0.5", "input 3 2 4; noise 0.5", {5, 3, 2, 4}, {0}},
    {"upsample 2", "input 3 2 4; upsample 2", {5, 3, 2, 4}, {0}},
    {"reshape 4 6 1", "input 3 2 4; reshape 4 6 1", {5, 3, 2, 4}, {0}},
    {"flatten", "input 3 2 4; flatten", {5, 3, 2, 4}, {0}},
    {"softmax", "input 9; softmax", {5, 1, 1, 9}, {0}},
    {"layernorm affine=no", "input 3 2 4; layernorm affine=no", {5, 3, 2, 4}, {0}},
    {"minibatch_stddev", "input 3 2 4; minibatch_stddev", {4, 3, 2, 4}, {0}},
};

/* Its numbers, its gradients and, where it draws, its draw are those of the model. */
static void check_same(const same_case *c)
{
    gan_context *context = make_context("threads=2 seed=4", NULL);
    gan_tape *tape = make_tape(context);
    gan_model *model;
    const int32_t count = c->b[0] ? 2 : 1;
    const uint64_t draws =
        !strncmp(c->statement, "dropout", 7) || !strncmp(c->statement, "noise", 5);
    gan_value in[2] = {make_input(tape, c->a[0], c->a[1], c->a[2], c->a[3]), -1}, y[2];
    float *kept[2] = {NULL, NULL};
    int before = test_errors;
    CHECK_OK(gan_model_parse(&model, context, c->model));
    if (count == 2) in[1] = make_input(tape, c->b[0], c->b[1], c->b[2], c->b[3]);
    CHECK_OK(gan_tape_seek(tape, 7));
    y[0] = layer_of(tape, c->statement, in[0], in[1]);
    CHECK_INT(gan_tape_draws(tape), 7 + draws);
    CHECK_OK(gan_tape_seek(tape, 7));
    CHECK_OK(gan_tape_apply(tape, model, "training frozen", in, count, &y[1], 1));
    CHECK_INT(gan_tape_draws(tape), 8);
    CHECK_INT(count_of(tape, y[0]), count_of(tape, y[1]));
    const size_t size = (size_t)count_of(tape, y[0]) * sizeof(float);
    CHECK(memcmp(data_of(tape, y[0]), data_of(tape, y[1]), size) == 0);
    for (int k = 0; k < 2; k++) {
        CHECK_OK(gan_tape_backward(tape, &y[k], NULL, 1, NULL, 0));
        for (int32_t i = 0; i < count; i++) {
            const size_t bytes = (size_t)count_of(tape, in[i]) * sizeof(float);
            if (k == 0) kept[i] = malloc(bytes);
            if (k == 0) memcpy(kept[i], gradient_of(tape, in[i]), bytes);
            if (k == 1) CHECK(memcmp(kept[i], gradient_of(tape, in[i]), bytes) == 0);
        }
    }
    if (test_errors != before) printf("    in: %s\n", c->statement);
    free(kept[0]);
    free(kept[1]);
    gan_model_release(model);
    gan_tape_release(tape);
    gan_context_release(context);
}

TEST(as_in_a_model)
{
    for (size_t i = 0; i < sizeof same_cases / sizeof same_cases[0]; i++)
        check_same(&same_cases[i]);
}

/* The result may take the place of an operand. */
TEST(in_place)
{
    gan_context *context = make_context("threads=1", NULL);
    gan_tape *tape = make_tape(context);
    gan_value pair[2] = {make_input(tape, 2, 1, 1, 3), make_input(tape, 2, 2, 2, 3)};
    const float a = data_of(tape, pair[0])[5], b = data_of(tape, pair[1])[14];
    CHECK_OK(gan_tape_layer(tape, "add", pair, 2, &pair[0]));
    CHECK(data_of(tape, pair[0])[14] == (a + b));
    gan_tape_release(tape);
    gan_context_release(context);
}

/* ---- what is refused ---- */

static const struct {
    const char *statement;
    int32_t count;
    gan_status status;
    const char *text;
} refusals[] = {
    {"dense 5", 1, GAN_E_ARGUMENT, "gan_tape_layer: dense has parameters or buffers (weight)"},
    {"conv2d 5 kernel=1", 1, GAN_E_ARGUMENT, "gan_tape_layer: conv2d has parameters"},
    {"batchnorm", 1, GAN_E_ARGUMENT, "gan_tape_layer: batchnorm has parameters"},
    {"batchnorm affine=no", 1, GAN_E_ARGUMENT, "(running_mean)"},
    {"prelu", 1, GAN_E_ARGUMENT, "gan_tape_layer: prelu has parameters"},
    {"dense 16777216", 1, GAN_E_ARGUMENT, "gan_tape_layer: dense has parameters"},
    {"input 3", 1, GAN_E_ARGUMENT, "gan_tape_layer: input takes no values"},
    {"tanhh", 1, GAN_E_TEXT, "unknown layer 'tanhh', did you mean 'tanh'?"},
    {"", 1, GAN_E_TEXT, "names no layer"},
    {"tanh; tanh", 1, GAN_E_TEXT, "tanh: a layer is one statement"},
    {"tanh from x", 1, GAN_E_TEXT, "tanh: a layer is one statement"},
    {"residual { tanh }", 1, GAN_E_TEXT, "unknown layer 'residual'"},
    {"affine scale=2 slope=1", 1, GAN_E_TEXT, "affine: unknown option 'slope'"},
    {"clamp 1 -1", 1, GAN_E_TEXT, "clamp: least=1 is above most=-1"},
    {"tanh", 2, GAN_E_SHAPE, "tanh: needs 1 operand, got 2"},
    {"multiply", 2, GAN_E_SHAPE, "multiply: 4 channels do not go with 3"},
    {"concat", 3, GAN_E_SHAPE, "gan_tape_layer: concat: value 0 has 4 samples, value 2 has 1"},
    {"reshape 5", 1, GAN_E_SHAPE, "reshape: 4x2x2x3 has 12 numbers, not 5"},
    {"minibatch_stddev group=3", 1, GAN_E_SHAPE, "minibatch_stddev"},
    {"onehot 4", 1, GAN_E_SHAPE, "onehot: needs one number for each sample or pixel, got 3"},
};

TEST(refused)
{
    fault_host fault = {0};
    gan_host host = fault_make(&fault);
    gan_context *context = make_context("threads=1", &host);
    gan_tape *tape = make_tape(context);
    gan_value in[3] = {make_input(tape, 4, 2, 2, 3), make_input(tape, 4, 2, 2, 4)}, out = -7;
    CHECK_OK(gan_tape_loss(tape, "mean", in, 1, &in[2]));
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        CHECK_STATUS(gan_tape_layer(tape, refusals[i].statement, in, refusals[i].count, &out),
                     refusals[i].status);
        says(tape, refusals[i].text);
        CHECK(out == -7);
    }
    CHECK_INT(gan_tape_draws(tape), 0);
    CHECK(atomic_load(&fault.peak_bytes) < 1 << 20); /* no weights were made to be refused */
    CHECK_OK(gan_tape_layer(tape, "exp", &in[2], 1, &out));
    double mean, number;
    CHECK_OK(gan_tape_scalar(tape, in[2], &mean));
    CHECK_OK(gan_tape_scalar(tape, out, &number));
    CHECK_NEAR(number, exp(mean), 1e-6);
    gan_tape_release(tape);
    gan_context_release(context);
    CHECK_INT(atomic_load(&fault.live), 0);
}

TEST(numbers_refused)
{
    static const float bad[] = {4, -1, 0.5f, NAN, INFINITY, 1e30f, -1e-9f};
    gan_context *context = make_context("threads=1", NULL);
    gan_tape *tape = make_tape(context);
    gan_tensor *tensor = make_tensor(context, GAN_FLOAT32, 3, 1, 2, 1);
    float *x = gan_tensor_data(tensor);
    gan_value in, out = -7;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        memcpy(x, (const float[]){0, 3, 1, bad[i], 2, -0.0f}, 6 * sizeof *x);
        out = -7;
        CHECK_OK(gan_tape_reset(tape));
        CHECK_OK(gan_tape_input(tape, tensor, 0, &in));
        CHECK_STATUS(gan_tape_layer(tape, "onehot 4", &in, 1, &out), GAN_E_ARGUMENT);
        says(tape, "onehot: index ");
        says(tape, " of sample 1 is no whole number from 0 to 3");
        CHECK(out == -7);
        x[3] = 3;
        CHECK_OK(gan_tape_layer(tape, "onehot 4", &in, 1, &out));
        for (int j = 0; j < 24; j++)
            CHECK(data_of(tape, out)[j] == (j % 4 == (int)x[j / 4] ? 1.0f : 0.0f));
    }
    gan_tensor_release(tensor);
    gan_tape_release(tape);
    gan_context_release(context);
}

/* ---- gradients as values ---- */

TEST(taken_gradients)
{
    gan_context *context = make_context("threads=1", NULL);
    gan_tape *tape = make_tape(context);
    gan_value x = make_input(tape, 2, 1, 1, 3), z = make_input(tape, 2, 1, 1, 3);
    gan_value square = layer_of(tape, "square", x, -1),
              cube = layer_of(tape, "multiply", square, x);
    gan_value loss, first, inner, of_loss, penalty, out = -7;
    double number, expected = 0;
    CHECK_OK(gan_tape_loss(tape, "sum", &cube, 1, &loss));
    CHECK_STATUS(gan_tape_take_gradient(tape, x, &out), GAN_E_STATE);
    says(tape, "gan_tape_take_gradient: value 0 has no gradient from the last backward");
    CHECK_OK(gan_tape_backward(tape, &loss, NULL, 1, NULL, 0));
    CHECK_OK(gan_tape_take_gradient(tape, x, &first));
    CHECK_OK(gan_tape_take_gradient(tape, square, &inner));
    CHECK_OK(gan_tape_take_gradient(tape, loss, &of_loss));
    CHECK_STATUS(gan_tape_take_gradient(tape, z, &out), GAN_E_STATE);
    CHECK_STATUS(gan_tape_take_gradient(tape, first, &out), GAN_E_STATE);
    CHECK_STATUS(gan_tape_take_gradient(tape, 12345, &out), GAN_E_ARGUMENT);
    CHECK(out == -7);
    CHECK_INT(count_of(tape, first), 6);
    CHECK_OK(gan_tape_scalar(tape, of_loss, &number));
    CHECK(number == 1);

    /* It stays through another backward, and computes on: nothing passes back through it. */
    CHECK_OK(gan_tape_loss(tape, "mse", (const gan_value[]){first, z}, 2, &penalty));
    CHECK_OK(gan_tape_backward(tape, (const gan_value[]){penalty, square}, NULL, 2, NULL, 0));
    for (int i = 0; i < 6; i++) {
        const double at = (double)data_of(tape, x)[i], to = (double)data_of(tape, z)[i];
        CHECK_NEAR(data_of(tape, first)[i], 3 * at * at, 1e-5);
        CHECK_NEAR(data_of(tape, inner)[i], at, 0);
        CHECK_NEAR(gradient_of(tape, x)[i], 2 * at, 1e-6);
        CHECK_NEAR(gradient_of(tape, z)[i], (to - 3 * at * at) / 3, 1e-5);
        expected += (3 * at * at - to) * (3 * at * at - to) / 6;
    }
    CHECK_OK(gan_tape_scalar(tape, penalty, &number));
    CHECK_NEAR(number, expected, 1e-5);
    gan_tape_release(tape);
    gan_context_release(context);
}

/* ---- numbers that are no picture ---- */

TEST(byte_numbers)
{
    gan_context *context = make_context("threads=1", NULL);
    gan_tape *tape = make_tape(context);
    gan_tensor *bytes = make_tensor(context, GAN_UINT8, 3, 1, 2, 1), *flat, *floats;
    gan_value value, hot;
    CHECK_OK(gan_tensor_create(&flat, context, GAN_UINT8, 2, (const int64_t[]){3, 2}));
    floats = make_tensor(context, GAN_FLOAT32, 3, 1, 2, 1);
    memcpy(gan_tensor_data(bytes), (const uint8_t[]){0, 1, 2, 3, 4, 255}, 6);
    memcpy(gan_tensor_data(flat), (const uint8_t[]){0, 1, 2, 3, 4, 255}, 6);
    memcpy(gan_tensor_data(floats), (const float[]){0, 1, 2, 3, 4, 255}, 6 * sizeof(float));
    gan_tensor *const all[] = {bytes, flat, floats};
    for (int k = 0; k < 3; k++) {
        CHECK_OK(gan_tape_input(tape, all[k], GAN_INPUT_NUMBERS, &value));
        for (int i = 0; i < 6; i++)
            CHECK(data_of(tape, value)[i] == ((float *)gan_tensor_data(floats))[i]);
    }
    CHECK_OK(gan_tape_input(tape, bytes, 0, &value));
    CHECK(data_of(tape, value)[0] == -1 && data_of(tape, value)[5] == 1);
    CHECK_OK(gan_tape_input(tape, bytes, GAN_INPUT_NUMBERS | GAN_INPUT_GRADIENT, &value));
    CHECK_OK(gan_tape_layer(tape, "onehot 256", &value, 1, &hot));
    CHECK_OK(gan_tape_backward(tape, &hot, NULL, 1, NULL, 0));
    for (int i = 0; i < 6; i++) CHECK(gradient_of(tape, value)[i] == 0);
    for (int i = 0; i < 3; i++) gan_tensor_release(all[i]);
    gan_tape_release(tape);
    gan_context_release(context);
}

/* ---- reparametrisation ---- */

enum { CODES = 12 };

/* Half the squared distance of tanh(mean + exp(log_variance / 2) * eps) from 0.3, and KL. */
static double sampled(const double *mean, const double *log_variance, const float *eps)
{
    double sum = 0;
    for (int i = 0; i < CODES; i++) {
        const double z = mean[i] + exp(log_variance[i] / 2) * (double)eps[i], d = tanh(z) - 0.3;
        sum += d * d / CODES;
        sum += (exp(log_variance[i]) + mean[i] * mean[i] - 1 - log_variance[i]) / 2 / 3;
    }
    return sum;
}

TEST(reparametrisation)
{
    gan_context *context = make_context("threads=1 seed=9", NULL);
    gan_tape *tape = make_tape(context);
    gan_value port[2] = {make_input(tape, 3, 1, 1, 4), make_input(tape, 3, 1, 1, 4)}, eps, terms[2],
              loss;
    double at[2][CODES], number;
    gan_tensor *target = make_tensor(context, GAN_FLOAT32, 3, 1, 1, 4);
    for (int i = 0; i < CODES; i++) ((float *)gan_tensor_data(target))[i] = 0.3f;
    port[1] = layer_of(tape, "affine 0.7 -0.2", port[1], -1);
    CHECK_OK(gan_tape_normal(tape, 4, (const int64_t[]){3, 1, 1, 4}, &eps));
    gan_value deviation = layer_of(tape, "exp", layer_of(tape, "affine 0.5", port[1], -1), -1);
    gan_value z = layer_of(tape, "add", port[0], layer_of(tape, "multiply", deviation, eps));
    gan_value pair[2] = {layer_of(tape, "tanh", z, -1), -1};
    CHECK_OK(gan_tape_input(tape, target, 0, &pair[1]));
    CHECK_OK(gan_tape_loss(tape, "mse", pair, 2, &terms[0]));
    CHECK_OK(gan_tape_loss(tape, "kl_gaussian", port, 2, &terms[1]));
    CHECK_OK(gan_tape_combine(tape, terms, (const double[]){1, 1}, 2, &loss));
    CHECK_OK(gan_tape_scalar(tape, loss, &number));
    CHECK_OK(gan_tape_backward(tape, &loss, NULL, 1, NULL, 0));
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < CODES; i++) at[k][i] = (double)data_of(tape, port[k])[i];
    CHECK_NEAR(number, sampled(at[0], at[1], data_of(tape, eps)), 1e-6);
    for (int k = 0; k < 2 * CODES; k++) {
        double *p = &at[k / CODES][k % CODES];
        const double kept = *p;
        *p = kept + 1e-5;
        double up = sampled(at[0], at[1], data_of(tape, eps));
        *p = kept - 1e-5;
        double down = sampled(at[0], at[1], data_of(tape, eps));
        *p = kept;
        CHECK_NEAR(gradient_of(tape, port[k / CODES])[k % CODES], (up - down) / 2e-5, 2e-6);
    }
    gan_tensor_release(target);
    gan_tape_release(tape);
    gan_context_release(context);
}

/* ---- Langevin ---- */

enum { SAMPLES = 6, SIDE = 8, PIXELS = SAMPLES * SIDE * SIDE * 2 };

typedef struct chain {
    gan_context *context;
    gan_tape *tape;
    gan_model *energy;
    gan_tensor *x, *rates; /* a rate for each sample */
} chain;

static gan_status chain_open(chain *c, const char *spec, const gan_host *host)
{
    static const int64_t shape[4] = {SAMPLES, SIDE, SIDE, 2}, rates[2] = {SAMPLES, 1};
    memset(c, 0, sizeof *c);
    GAN__TRY(gan_context_create(&c->context, spec, host, NULL, 0));
    GAN__TRY(gan_model_parse(&c->energy, c->context,
                             "input 8 8 2; conv2d 5 kernel=3 pad=1; silu; dense 1"));
    GAN__TRY(gan_tape_create(&c->tape, c->context));
    GAN__TRY(gan_tensor_create(&c->x, c->context, GAN_FLOAT32, 4, shape));
    GAN__TRY(gan_tensor_create(&c->rates, c->context, GAN_FLOAT32, 2, rates));
    for (int i = 0; i < PIXELS; i++)
        ((float *)gan_tensor_data(c->x))[i] = (float)(i * 29 % 101 - 50) / 50.0f;
    for (int i = 0; i < SAMPLES; i++) ((float *)gan_tensor_data(c->rates))[i] = -0.1f * (float)i;
    return GAN_OK;
}

static void chain_close(chain *c)
{
    gan_tensor_release(c->x);
    gan_tensor_release(c->rates);
    gan_tape_release(c->tape);
    gan_model_release(c->energy);
    gan_context_release(c->context);
}

/* x <- clamp(x - rate * g + 0.005 * normal, -1, 1), g the gradient of the energy. */
static gan_status chain_step(chain *c)
{
    gan_tape *t = c->tape;
    gan_value x, e, g, rate, noise, term[3], next;
    GAN__TRY(gan_tape_reset(t));
    GAN__TRY(gan_tape_input(t, c->x, GAN_INPUT_GRADIENT, &x));
    GAN__TRY(gan_tape_input(t, c->rates, 0, &rate));
    GAN__TRY(gan_tape_apply(t, c->energy, "training frozen", &x, 1, &e, 1));
    GAN__TRY(gan_tape_backward(t, &e, NULL, 1, NULL, 0));
    GAN__TRY(gan_tape_take_gradient(t, x, &g));
    GAN__TRY(gan_tape_normal(t, 4, (const int64_t[]){SAMPLES, SIDE, SIDE, 2}, &noise));
    term[0] = x;
    GAN__TRY(gan_tape_layer(t, "multiply", (const gan_value[]){g, rate}, 2, &term[1]));
    GAN__TRY(gan_tape_layer(t, "affine 0.005", &noise, 1, &term[2]));
    GAN__TRY(gan_tape_layer(t, "add", term, 3, &next));
    GAN__TRY(gan_tape_layer(t, "clamp -1 1", &next, 1, &next));
    return gan_tape_value(t, next, c->x);
}

TEST(langevin)
{
    fault_host fault = {0};
    gan_host host = fault_make(&fault);
    chain c;
    CHECK_OK(chain_open(&c, "threads=2 seed=3", &host));
    float before[PIXELS], *x = gan_tensor_data(c.x);
    CHECK_OK(chain_step(&c));
    const long long allocations = fault.allocations;
    for (int k = 0; k < 5; k++) {
        memcpy(before, x, sizeof before);
        CHECK_OK(chain_step(&c));
        for (int i = 0; i < PIXELS; i++) {
            const gan__record *g = c.tape->records[4]; /* x, rate, energy, gradient, noise, ... */
            const float rate = ((float *)gan_tensor_data(c.rates))[i / (SIDE * SIDE * 2)];
            CHECK_INT(c.tape->records[3]->kind, GAN__RECORD_COPY);
            const double step = (double)rate * (double)c.tape->records[3]->data.memory[i] +
                                0.005 * (double)g->data.memory[i];
            CHECK_NEAR(x[i], fmin(1, fmax(-1, (double)before[i] + step)), 1e-6);
        }
    }
    CHECK_INT(fault.allocations, allocations);
    chain_close(&c);
    CHECK_INT(fault.live, 0);
}

TEST(same_bits)
{
    float expected[PIXELS];
    for (int tier = 0; tier <= (int)gan__cpu_tier(); tier++)
        for (int threads = 1; threads <= 3; threads++) {
            char spec[40];
            chain c;
            snprintf(spec, sizeof spec, "threads=%d seed=3", threads);
            CHECK_OK(chain_open(&c, spec, NULL));
            c.context->tier = (gan__tier)tier;
            for (int k = 0; k < 4; k++) CHECK_OK(chain_step(&c));
            if (tier == 0 && threads == 1) memcpy(expected, gan_tensor_data(c.x), sizeof expected);
            CHECK(memcmp(expected, gan_tensor_data(c.x), sizeof expected) == 0);
            chain_close(&c);
        }
}

TEST(failing_allocations)
{
    fault_host fault = {0};
    gan_host host = fault_make(&fault);
    long long n = 1, failures = 0;
    for (bool whole = false; !whole && n < 2000; n++) {
        chain c;
        const long long start = fault.allocations;
        fault.fail_at = start + n;
        gan_status status = chain_open(&c, "threads=1", &host);
        const bool open = status == GAN_OK;
        if (open) status = chain_step(&c);
        whole = fault.allocations - start < n;
        CHECK(status == GAN_OK ? whole : status == GAN_E_MEMORY);
        fault.fail_at = 0;
        failures += open && status != GAN_OK;
        if (open && !CHECK_OK(chain_step(&c))) printf("    after allocation %lld\n", n);
        chain_close(&c);
        CHECK_INT(fault.live, 0);
    }
    CHECK(failures > 40);
}

/* A rehearsed round leaves all the memory that the real one needs, and draws nothing. */
TEST(rehearsal)
{
    fault_host fault = {0};
    gan_host host = fault_make(&fault);
    chain c;
    CHECK_OK(chain_open(&c, "threads=2 seed=3", &host));
    float before[PIXELS];
    memcpy(before, gan_tensor_data(c.x), sizeof before);
    const uint64_t draws = gan_tape_draws(c.tape);
    gan__tape_rehearse(c.tape, true);
    CHECK_OK(chain_step(&c));
    gan__tape_rehearse(c.tape, false);
    CHECK_OK(gan_tape_seek(c.tape, draws));
    CHECK(memcmp(before, gan_tensor_data(c.x), sizeof before) == 0);
    const long long allocations = fault.allocations;
    CHECK_OK(chain_step(&c));
    CHECK_INT(fault.allocations, allocations);
    CHECK(memcmp(before, gan_tensor_data(c.x), sizeof before) != 0);
    chain_close(&c);
    CHECK_INT(fault.live, 0);
}

/* ---- what is kept ---- */

/* One model serves a statement, for values of those sides; other batches share it. */
TEST(kept_layers)
{
    gan_context *context = make_context("threads=1", NULL);
    gan_tape *tape = make_tape(context);
    gan_model *first = NULL;
    for (int round = 0; round < 3; round++) {
        CHECK_OK(gan_tape_reset(tape));
        gan_value x = make_input(tape, 2 + round, 3, 3, 2), w = make_input(tape, 2, 3, 2, 2), y, z;
        y = layer_of(tape, "square", layer_of(tape, "square", x, -1), -1);
        z = layer_of(tape, "square", w, -1);
        const gan_model *model = tape->places[y & UINT32_MAX].record->model;
        if (round == 0) first = tape->places[y & UINT32_MAX].record->model;
        CHECK(model == first && tape->places[z & UINT32_MAX].record->model != first);
        CHECK_INT(count_of(tape, z), 24);
    }
    CHECK_INT(tape->arena_count, 0);
    gan_tape_release(tape);
    gan_context_release(context);
}

/* Statements that change from round to round do not pile up. */
TEST(changing_statements)
{
    fault_host fault = {0};
    gan_host host = fault_make(&fault);
    gan_context *context = make_context("threads=1", &host);
    gan_tape *tape = make_tape(context);
    long long most = 0, early = 0;
    for (int i = 0; i < 3000; i++) {
        char statement[40];
        snprintf(statement, sizeof statement, "affine 0.%04d", 1000 + i);
        CHECK_OK(gan_tape_reset(tape));
        layer_of(tape, statement, make_input(tape, 2, 1, 1, 1), -1);
        if (fault.live > most) most = fault.live;
        if (i == 1999) early = most;
    }
    CHECK_INT(most, early);
    gan_tape_release(tape);
    gan_context_release(context);
    CHECK_INT(fault.live, 0);
}

int main(void)
{
    RUN(as_in_a_model);
    RUN(in_place);
    RUN(refused);
    RUN(numbers_refused);
    RUN(taken_gradients);
    RUN(byte_numbers);
    RUN(reparametrisation);
    RUN(langevin);
    RUN(same_bits);
    RUN(failing_allocations);
    RUN(rehearsal);
    RUN(kept_layers);
    RUN(changing_statements);
    return test_report();
}
