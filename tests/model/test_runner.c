/* Runners: batches, conversions, refusals, no allocation, several threads on one model. */
#include <gan/runner.h>

#include "fault.h"
#include "base/random.h"
#include "model/model.h"
#include "test.h"

#include <math.h>
#include <pthread.h>

static const char *const generator_text =
    "input 16; dense 3*3*8 bias=no; reshape 3 3 8; batchnorm; relu;"
    "conv_transpose2d 6 kernel=4 stride=2 pad=1 bias=no; batchnorm; leaky_relu 0.2;"
    "residual { conv2d 6 kernel=3 pad=reflect:1; instancenorm; silu; dropout };"
    "upsample 2; conv2d 3 kernel=3 pad=1; tanh";

enum { Z = 16, PIXELS = 12 * 12 * 3, BATCH = 64 };

static gan_context *make_context(const char *spec)
{
    gan_context *context;
    char message[200] = "";
    gan_context_create(&context, spec, NULL, message, sizeof message);
    if (!context) printf("%s\n", message);
    return context;
}

static gan_model *make_model(gan_context *context, const char *text)
{
    gan_model *model = NULL;
    if (!CHECK_OK(gan_model_parse(&model, context, text)))
        printf("%s\n", gan_context_message(context));
    return model;
}

static gan_runner *make_runner(gan_context *context, gan_model *model, const char *spec)
{
    gan_runner *runner = NULL;
    if (!CHECK_OK(gan_runner_create(&runner, context, model, spec)))
        printf("%s\n", gan_context_message(context));
    return runner;
}

static gan_tensor *make_tensor(gan_context *context, int32_t dtype, int32_t rank, int64_t n,
                               int64_t h, int64_t w, int64_t c)
{
    gan_tensor *tensor = NULL;
    const int64_t shape[4] = {n, rank == 2 ? c : h, w, c};
    CHECK_OK(gan_tensor_create(&tensor, context, dtype, rank, shape));
    return tensor;
}

static void draw(float *out, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        uint32_t words[4];
        gan__random_block(&(gan__draw){11, GAN__DRAW_LATENT, 0}, (uint64_t)i, words);
        out[i] = (float)((int32_t)(words[0] >> 8) - (1 << 23)) / (float)(1 << 22);
    }
}

static gan_status run1(gan_runner *runner, gan_tensor *x, gan_tensor *y)
{
    return gan_runner_run(runner, &x, 1, &y, 1);
}

/* A picture's bits do not depend on the batch around it, nor on the batch= of the runner. */
TEST(batch_invariance)
{
    gan_context *context = make_context("threads=2 seed=1");
    gan_model *model = make_model(context, generator_text);
    gan_runner *one = make_runner(context, model, ""),
               *many = make_runner(context, model, "batch=64");
    gan_tensor *x = make_tensor(context, GAN_FLOAT32, 2, BATCH, 0, 0, Z);
    gan_tensor *y = make_tensor(context, GAN_FLOAT32, 4, BATCH, 12, 12, 3);
    draw(gan_tensor_data(x), BATCH * Z);
    CHECK_OK(run1(many, x, y));
    for (int64_t i = 0; i < BATCH; i++) {
        for (int64_t n = 1; n <= 5 && i + n <= BATCH; n += 2) {
            gan_tensor *slice = NULL, *xi, *yi = make_tensor(context, GAN_FLOAT32, 4, n, 12, 12, 3);
            /* A copy: what lies behind its end may not be read. */
            CHECK_OK(gan_tensor_slice(&slice, x, 0, i, n));
            xi = make_tensor(context, GAN_FLOAT32, 2, n, 0, 0, Z);
            CHECK_OK(gan_tensor_copy(xi, slice));
            gan_tensor_release(slice);
            CHECK_OK(run1(n == 1 ? one : many, xi, yi));
            CHECK(memcmp(gan_tensor_data(yi), (float *)gan_tensor_data(y) + i * PIXELS,
                         (size_t)(n * PIXELS) * sizeof(float)) == 0);
            gan_tensor_release(xi);
            gan_tensor_release(yi);
        }
    }
    gan_runner_release(one);
    gan_runner_release(many);
    gan_tensor_release(x);
    gan_tensor_release(y);
    gan_model_release(model);
    gan_context_release(context);
}

/* Permuted arrays, uint8 and open sizes. */
TEST(conversions)
{
    gan_context *context = make_context("threads=1");
    gan_model *model = make_model(context, "input any any 3; avgpool 1");
    gan_runner *runner = make_runner(context, model, "batch=2 height=5 width=4");
    gan_tensor *x = make_tensor(context, GAN_FLOAT32, 4, 2, 5, 4, 3), *y = NULL, *nchw, *bytes,
               *view;
    float *values = gan_tensor_data(x);
    for (int i = 0; i < 120; i++) values[i] = (float)(i - 60) / 64.0f;
    nchw = make_tensor(context, GAN_FLOAT32, 4, 2, 3, 5, 4);
    CHECK_OK(gan_tensor_permute(&view, nchw, (const int32_t[]){0, 2, 3, 1}));
    CHECK_OK(gan_tensor_copy(view, x));
    y = make_tensor(context, GAN_FLOAT32, 4, 2, 5, 4, 3);
    CHECK_OK(run1(runner, view, y));
    CHECK(memcmp(gan_tensor_data(y), values, 120 * sizeof *values) == 0);
    memset(gan_tensor_data(nchw), 0, 120 * sizeof(float));
    CHECK_OK(run1(runner, x, view));
    CHECK_OK(gan_tensor_copy(y, view));
    CHECK(memcmp(gan_tensor_data(y), values, 120 * sizeof *values) == 0);
    bytes = make_tensor(context, GAN_UINT8, 4, 2, 5, 4, 3);
    for (int i = 0; i < 120; i++) ((uint8_t *)gan_tensor_data(bytes))[i] = (uint8_t)(2 * i);
    CHECK_OK(run1(runner, bytes, y));
    CHECK_NEAR(((float *)gan_tensor_data(y))[100], 200 / 127.5 - 1, 1e-6);
    memset(gan_tensor_data(bytes), 9, 120);
    CHECK_OK(run1(runner, y, bytes));
    for (int i = 0; i < 120; i++) CHECK_INT(((uint8_t *)gan_tensor_data(bytes))[i], 2 * i);
    gan_tensor_release(view);
    gan_tensor_release(nchw);
    gan_tensor_release(bytes);
    gan_tensor_release(x);
    gan_tensor_release(y);
    gan_runner_release(runner);
    gan_model_release(model);
    gan_context_release(context);
}

/* Where the model leaves sizes open, the runner knows them. */
TEST(shapes)
{
    gan_context *context = make_context("threads=1");
    gan_model *model =
        make_model(context, "input a any any 3; input b 2; c = conv2d 2 kernel=4 stride=2 pad=1 "
                            "from a; d = dense 1 from b; output c d");
    gan_runner *runner = make_runner(context, model, "batch=2 height=8 width=6");
    int64_t shape[3];
    CHECK_OK(gan_model_output_shape(model, 0, shape));
    CHECK_INT(shape[0], -1);
    static const int64_t expected[2][2][3] = {{{8, 6, 3}, {1, 1, 2}}, {{4, 3, 2}, {1, 1, 1}}};
    for (int32_t i = 0; i < 2; i++) {
        CHECK_OK(gan_runner_input_shape(runner, i, shape));
        CHECK(memcmp(shape, expected[0][i], sizeof shape) == 0);
        CHECK_OK(gan_runner_output_shape(runner, i, shape));
        CHECK(memcmp(shape, expected[1][i], sizeof shape) == 0);
    }
    CHECK_STATUS(gan_runner_output_shape(runner, 2, shape), GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(context), "gan_runner_output_shape: index 2 of 2 outputs");
    gan_runner_release(runner);
    gan_model_release(model);
    gan_context_release(context);
}

/* Of many samples the weights of a dense layer are packed, of few they are not. */
TEST(few_of_many)
{
    enum { MANY = 600, FEATURES = 100 };
    gan_context *context = make_context("threads=2 seed=1");
    gan_model *model = make_model(context, "input 16; dense 100; dense 100 spectral=yes");
    gan_runner *many = make_runner(context, model, "batch=600");
    gan_runner *few = make_runner(context, model, "batch=4");
    gan_tensor *x = make_tensor(context, GAN_FLOAT32, 2, MANY, 0, 0, Z);
    gan_tensor *y = make_tensor(context, GAN_FLOAT32, 2, MANY, 0, 0, FEATURES);
    gan_tensor *x_few, *y_few, *y_other = make_tensor(context, GAN_FLOAT32, 2, 4, 0, 0, FEATURES);
    draw(gan_tensor_data(x), MANY * Z);
    CHECK_OK(gan_tensor_slice(&x_few, x, 0, 8, 4));
    CHECK_OK(gan_tensor_slice(&y_few, y, 0, 8, 4));
    CHECK_OK(run1(few, x_few, y_other));
    for (int i = 0; i < 3; i++) {
        CHECK_OK(i == 1 ? run1(many, x, y) : run1(many, x_few, y_few));
        CHECK(!memcmp(gan_tensor_data(y_few), gan_tensor_data(y_other),
                      4 * FEATURES * sizeof(float)));
    }
    gan_tensor_release(x_few);
    gan_tensor_release(y_few);
    gan_tensor_release(y_other);
    gan_tensor_release(x);
    gan_tensor_release(y);
    gan_runner_release(many);
    gan_runner_release(few);
    gan_model_release(model);
    gan_context_release(context);
}

static gan_tensor *make_view(gan_context *context, gan_tensor *base, int64_t first, int64_t c)
{
    gan_tensor *view = NULL;
    const int64_t shape[4] = {1, 4, 4, c};
    CHECK_OK(gan_tensor_wrap(&view, context, GAN_FLOAT32, 4, shape, NULL,
                             (float *)gan_tensor_data(base) + first, NULL, NULL));
    return view;
}

/* Outputs that lie on inputs or on each other are what they are elsewhere. */
TEST(outputs_in_place)
{
    enum { C = 3, SIZE = 16 * C };
    gan_context *context = make_context("threads=2 seed=1");
    gan_model *model = make_model(context, "input x 4 4 3; a = conv2d 3 kernel=3 pad=1; b = tanh\n"
                                           "c = conv2d 3 kernel=3 pad=1; output a c b x");
    gan_runner *runner = make_runner(context, model, "");
    gan_tensor *memory = make_tensor(context, GAN_FLOAT32, 2, 1, 0, 0, 10 * SIZE);
    gan_tensor *x = make_view(context, memory, 0, C), *all[4], *same[4];
    float values[SIZE], wanted[4][SIZE];
    draw(values, SIZE);
    memcpy(gan_tensor_data(x), values, sizeof values);
    for (int i = 0; i < 4; i++) all[i] = make_view(context, memory, (2 * i + 2) * SIZE, C);
    CHECK_OK(gan_runner_run(runner, &x, 1, all, 4));
    for (int i = 0; i < 4; i++) memcpy(wanted[i], gan_tensor_data(all[i]), sizeof wanted[i]);
    CHECK(!memcmp(wanted[3], values, sizeof values));
    CHECK(memcmp(wanted[0], wanted[1], sizeof wanted[0]) != 0);
    for (int on = 0; on < 4; on++) { /* one of them over the input, or an element beside it */
        for (int shift = 0; shift < 2; shift++) {
            memcpy(gan_tensor_data(x), values, sizeof values);
            for (int i = 0; i < 4; i++) same[i] = all[i];
            same[on] = make_view(context, memory, shift, C);
            CHECK_OK(gan_runner_run(runner, &x, 1, same, 4));
            for (int i = 0; i < 4; i++)
                CHECK(!memcmp(wanted[i], gan_tensor_data(same[i]), sizeof wanted[i]));
            gan_tensor_release(same[on]);
        }
    }
    /* Two that overlap: the later one is whole. */
    memcpy(gan_tensor_data(x), values, sizeof values);
    for (int i = 0; i < 4; i++) same[i] = all[i];
    same[2] = make_view(context, memory, 2 * SIZE + 1, C);
    CHECK_OK(gan_runner_run(runner, &x, 1, same, 4));
    for (int i = 1; i < 4; i++)
        CHECK(!memcmp(wanted[i], gan_tensor_data(same[i]), sizeof wanted[i]));
    CHECK(((float *)gan_tensor_data(same[0]))[0] == wanted[0][0]);
    gan_tensor_release(same[2]);
    for (int i = 0; i < 4; i++) gan_tensor_release(all[i]);
    gan_tensor_release(x);
    gan_tensor_release(memory);
    gan_runner_release(runner);
    gan_model_release(model);
    gan_context_release(context);
}

/* A layer that comes after the output is made may still refuse. */
TEST(refused_half_way)
{
    gan_context *context = make_context("threads=1");
    gan_model *model = make_model(context, "input x 2; input class 1; a = dense 2 from x\n"
                                           "b = embedding 3 2 from class; output a b");
    gan_runner *runner = make_runner(context, model, "");
    gan_tensor *inputs[2], *outputs[2];
    for (int i = 0; i < 2; i++) {
        inputs[i] = make_tensor(context, GAN_FLOAT32, 2, 1, 0, 0, 2 - i);
        outputs[i] = make_tensor(context, GAN_FLOAT32, 2, 1, 0, 0, 2);
        for (int j = 0; j < 2; j++) ((float *)gan_tensor_data(outputs[i]))[j] = 77;
    }
    *(float *)gan_tensor_data(inputs[1]) = 3;
    CHECK_INT(gan_runner_run(runner, inputs, 2, outputs, 2), GAN_E_ARGUMENT);
    for (int i = 0; i < 4; i++) CHECK(((float *)gan_tensor_data(outputs[i / 2]))[i % 2] == 77);
    *(float *)gan_tensor_data(inputs[1]) = 2;
    CHECK_OK(gan_runner_run(runner, inputs, 2, outputs, 2));
    for (int i = 0; i < 2; i++) {
        gan_tensor_release(inputs[i]);
        gan_tensor_release(outputs[i]);
    }
    gan_runner_release(runner);
    gan_model_release(model);
    gan_context_release(context);
}

TEST(refusals)
{
    gan_context *context = make_context("threads=1");
    gan_model *model =
        make_model(context, "input a any any 3; input b 2; c = conv2d 2 kernel=1 from a;"
                            "d = dense 1 from b; output c d");
    gan_runner *runner = NULL;
    CHECK_STATUS(gan_runner_create(&runner, context, model, ""), GAN_E_ARGUMENT);
    CHECK(runner == NULL);
    CHECK_TEXT(gan_context_message(context),
               "runner: the size of input 0 'a' is open: height= and width= are needed");
    CHECK_STATUS(gan_runner_create(&runner, context, model, "batch=0"), GAN_E_TEXT);
    CHECK_STATUS(gan_runner_create(&runner, context, model, "bath=2"), GAN_E_TEXT);
    CHECK_STATUS(gan_runner_create(&runner, context, NULL, ""), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_runner_create(NULL, context, model, ""), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_runner_create(&runner, NULL, model, ""), GAN_E_ARGUMENT);
    runner = make_runner(context, model, "batch=2 height=1 width=1");
    gan_tensor *a = make_tensor(context, GAN_FLOAT32, 4, 2, 1, 1, 3);
    gan_tensor *b = make_tensor(context, GAN_FLOAT32, 2, 2, 0, 0, 2);
    gan_tensor *c = make_tensor(context, GAN_FLOAT32, 2, 2, 0, 0, 2);
    gan_tensor *d = make_tensor(context, GAN_FLOAT32, 2, 2, 0, 0, 1);
    gan_tensor *three = make_tensor(context, GAN_FLOAT32, 2, 3, 0, 0, 3);
    gan_tensor *whole = make_tensor(context, GAN_INT32, 2, 2, 0, 0, 1);
    gan_tensor *in[2] = {a, b};
    gan_tensor *out[2] = {c, d};
    CHECK_OK(gan_runner_run(runner, in, 2, out, 2));
    CHECK_STATUS(gan_runner_run(runner, NULL, 2, out, 2), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_runner_run(NULL, in, 2, out, 2), GAN_E_ARGUMENT);
    in[0] = three;
    CHECK_STATUS(gan_runner_run(runner, in, 2, out, 2), GAN_E_SHAPE);
    CHECK_TEXT(gan_context_message(context), "runner: input 0 has 3 samples, not 1 to batch=2");
    in[0] = NULL;
    CHECK_STATUS(gan_runner_run(runner, in, 2, out, 2), GAN_E_ARGUMENT);
    in[0] = b;
    CHECK_STATUS(gan_runner_run(runner, in, 2, out, 2), GAN_E_SHAPE);
    in[0] = a;
    out[0] = d;
    CHECK_STATUS(gan_runner_run(runner, in, 2, out, 2), GAN_E_SHAPE);
    out[0] = c;
    out[1] = whole;
    CHECK_STATUS(gan_runner_run(runner, in, 2, out, 2), GAN_E_SHAPE);
    gan_tensor *all[] = {a, b, c, d, three, whole};
    for (int i = 0; i < 6; i++) gan_tensor_release(all[i]);
    gan_runner_release(runner);
    gan_model_release(model);
    gan_context_release(context);
}

/* Weights that are written are seen by the next run, with and without an update. */
TEST(update)
{
    gan_context *context = make_context("threads=1");
    gan_model *model = make_model(context, "input 2; dense 1");
    gan_runner *runner = make_runner(context, model, "");
    gan_tensor *x = make_tensor(context, GAN_FLOAT32, 2, 1, 0, 0, 2);
    gan_tensor *y = make_tensor(context, GAN_FLOAT32, 2, 1, 0, 0, 1);
    gan_tensor *bias = NULL;
    CHECK_OK(gan_tensor_create(&bias, context, GAN_FLOAT32, 1, (const int64_t[]){1}));
    for (int i = 0; i < 2; i++) {
        *(float *)gan_tensor_data(bias) = (float)(i + 3);
        CHECK_OK(gan_model_write(model, "0.bias", bias));
        if (i == 1) CHECK_OK(gan_runner_update(runner));
        CHECK_OK(run1(runner, x, y));
        CHECK_NEAR(*(float *)gan_tensor_data(y), i + 3, 0);
    }
    gan_tensor *const all[] = {x, y, bias};
    for (int i = 0; i < 3; i++) gan_tensor_release(all[i]);
    gan_runner_release(runner);
    gan_model_release(model);
    gan_context_release(context);
}

/* What is made of the weights is kept from run to run: a change that is not said does not show, in
 * plain layers as in W / sigma; and any batch size reads the same. */
TEST(kept_weights)
{
    gan_context *context = make_context("threads=1");
    gan_model *model = make_model(context, "input 4 4 3; conv2d 20 kernel=3 bias=no; relu;"
                                           "conv2d 20 kernel=1 bias=no spectral=yes");
    gan_runner *runner = make_runner(context, model, "batch=2");
    gan_tensor *x[2], *y[2];
    float first[2 * 20];
    for (int n = 1; n <= 2; n++) {
        x[n - 1] = make_tensor(context, GAN_FLOAT32, 4, n, 4, 4, 3);
        y[n - 1] = make_tensor(context, GAN_FLOAT32, 4, n, 2, 2, 20);
        draw(gan_tensor_data(x[n - 1]), n * 48);
    }
    CHECK_OK(run1(runner, x[0], y[0]));
    memcpy(first, gan_tensor_data(y[0]), sizeof first);
    gan__store *store = model->stores[0];
    for (int64_t i = 0; i < store->weight_count; i++) store->weights[i] *= 2;
    for (int n = 0; n < 2; n++) {
        CHECK_OK(run1(runner, x[n], y[n]));
        CHECK(memcmp(first, gan_tensor_data(y[n]), sizeof first) == 0);
    }
    store->version++;
    CHECK_OK(run1(runner, x[0], y[0]));
    CHECK(memcmp(first, gan_tensor_data(y[0]), sizeof first) != 0);
    for (int i = 0; i < 2; i++) {
        gan_tensor_release(x[i]);
        gan_tensor_release(y[i]);
    }
    gan_runner_release(runner);
    gan_model_release(model);
    gan_context_release(context);
}

/* Nothing is allocated after creation; any allocation may fail before. */
TEST(allocations)
{
    fault_host fault = {0};
    gan_host host = fault_make(&fault);
    gan_context *context;
    gan_runner *runner = NULL;
    CHECK_OK(gan_context_create(&context, "threads=2", &host, NULL, 0));
    gan_model *model = make_model(context, generator_text);
    gan_tensor *x = make_tensor(context, GAN_UINT8, 2, 7, 0, 0, Z), *part = NULL;
    gan_tensor *y = make_tensor(context, GAN_UINT8, 4, 7, 12, 12, 3), *to = NULL;
    CHECK_OK(gan_tensor_slice(&part, x, 0, 2, 3));
    CHECK_OK(gan_tensor_slice(&to, y, 0, 2, 3));
    int64_t n = 1;
    for (; n < 1000; n++) {
        fault.fail_at = fault.allocations + n;
        gan_status status = gan_runner_create(&runner, context, model, "batch=7");
        fault.fail_at = 0;
        if (status == GAN_OK) break;
        CHECK_STATUS(status, GAN_E_MEMORY);
        CHECK(runner == NULL);
    }
    CHECK(n > 20);
    long long before = fault.allocations;
    CHECK_OK(run1(runner, x, y));
    CHECK_OK(run1(runner, part, to));
    CHECK_OK(gan_runner_update(runner));
    CHECK_INT(fault.allocations, before);
    gan_tensor *const all[] = {x, y, part, to};
    for (int i = 0; i < 4; i++) gan_tensor_release(all[i]);
    gan_runner_release(runner);
    gan_model_release(model);
    gan_context_release(context);
    CHECK_INT(fault.live, 0);
}

typedef struct thread_job {
    gan_model *model;
    const char *spec;
    float y[4 * PIXELS];
    gan_status status;
} thread_job;

static void *thread_run(void *argument)
{
    thread_job *job = argument;
    gan_context *context = make_context(job->spec);
    gan_runner *runner = make_runner(context, job->model, "batch=4");
    gan_tensor *x = make_tensor(context, GAN_FLOAT32, 2, 4, 0, 0, Z);
    gan_tensor *y = make_tensor(context, GAN_FLOAT32, 4, 4, 12, 12, 3);
    draw(gan_tensor_data(x), 4 * Z);
    job->status = GAN_OK;
    for (int i = 0; i < 30 && job->status == GAN_OK; i++) job->status = run1(runner, x, y);
    memcpy(job->y, gan_tensor_data(y), sizeof job->y);
    gan_tensor_release(x);
    gan_tensor_release(y);
    gan_runner_release(runner);
    gan_context_release(context);
    return NULL;
}

TEST(several_threads)
{
    static thread_job jobs[3] = {
        {.spec = "threads=1"}, {.spec = "threads=2"}, {.spec = "threads=1"}};
    gan_context *context = make_context("threads=1 seed=3");
    gan_model *model = make_model(context, generator_text);
    pthread_t threads[3];
    for (int i = 0; i < 3; i++) {
        jobs[i].model = model;
        CHECK_INT(pthread_create(&threads[i], NULL, thread_run, &jobs[i]), 0);
    }
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
        CHECK_OK(jobs[i].status);
        CHECK(memcmp(jobs[i].y, jobs[0].y, sizeof jobs[i].y) == 0);
    }
    gan_model_release(model);
    gan_context_release(context);
}

int main(void)
{
    RUN(batch_invariance);
    RUN(conversions);
    RUN(shapes);
    RUN(few_of_many);
    RUN(outputs_in_place);
    RUN(refused_half_way);
    RUN(refusals);
    RUN(update);
    RUN(kept_weights);
    RUN(allocations);
    RUN(several_threads);
    return test_report();
}
