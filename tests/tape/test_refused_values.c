/* Values that a layer cannot work on: an error that names layer, value and limit, after which all
 * is as it was before the call. */
#include <gan/gan.h>

#include "model/model.h"
#include "tape/record.h"
#include "test.h"

#include <math.h>
#include <stdlib.h>

static gan_context *context;

static gan_model *parse(const char *text)
{
    gan_model *model = NULL;
    if (!CHECK_OK(gan_model_parse(&model, context, text))) {
        printf("%s\n", gan_context_message(context));
        exit(1);
    }
    return model;
}

static gan_tensor *column(int64_t n, int64_t c, const float *values)
{
    gan_tensor *tensor = NULL;
    CHECK_OK(gan_tensor_create(&tensor, context, GAN_FLOAT32, 2, (const int64_t[]){n, c}));
    if (values) memcpy(gan_tensor_data(tensor), values, (size_t)(n * c) * sizeof *values);
    return tensor;
}

static bool says(const char *text)
{
    bool found = strstr(gan_context_message(context), text) != NULL;
    if (!CHECK(found)) printf("    \"%s\" in: %s\n", text, gan_context_message(context));
    return found;
}

/* ---- tapes ---- */

TEST(indices)
{
    static const struct {
        float x;
        const char *text;
    } bad[] = {{3, "index 3 "},
               {-1, "index -1 "},
               {0.5f, "index 0.5 "},
               {NAN, "index nan "},
               {INFINITY, "index inf "},
               {-INFINITY, "index -inf "},
               {1e30f, "index 1.00000001"},
               {-1e-9f, "index -"},
               {2.0000002f, "index 2.0000"},
               {16777216, "index 16777216 "}};
    static const char *const modes[] = {"training", "evaluation", "training frozen groups=2"};
    gan_model *model = parse("input 1; label = embedding 3 2");
    gan_tape *tape;
    CHECK_OK(gan_tape_create(&tape, context));
    for (size_t i = 0; i < 3 * sizeof bad / sizeof bad[0]; i++) {
        gan_value value[2], y[2] = {-7, -7};
        gan_tensor *x = column(4, 1, (const float[]){0, 2, bad[i / 3].x, 1});
        CHECK_OK(gan_tape_input(tape, x, 0, &value[0]));
        value[1] = value[0];
        const int32_t groups = i % 3 == 2 ? 2 : 1;
        CHECK_STATUS(gan_tape_apply(tape, model, modes[i % 3], value, groups, y, groups),
                     GAN_E_ARGUMENT);
        CHECK(y[0] == -7 && y[1] == -7);
        says(bad[i / 3].text);
        says("layer label: embedding: ");
        says(" of sample 2 ");
        says("from 0 to 2");
        CHECK_INT(gan_tape_draws(tape), 0);
        ((float *)gan_tensor_data(x))[2] = -0.0f; /* that is row 0 */
        CHECK_OK(gan_tape_apply(tape, model, "evaluation", value, 1, y, 1));
        gan_tensor_release(x);
        CHECK_OK(gan_tape_reset(tape));
    }
    gan_tape_release(tape);
    gan_model_release(model);
}

static uint64_t hash_of(const float *x, int64_t count)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (int64_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, x + i, sizeof bits);
        hash = (hash ^ bits) * UINT64_C(1099511628211);
    }
    return hash;
}

/* Of buffers, counts, weights and versions. */
static uint64_t state_of(const gan_model *model)
{
    uint64_t state = 0;
    for (size_t i = 0; i < model->store_count; i++) {
        const gan__store *store = model->stores[i];
        state = state * 31 + hash_of(store->buffers, store->buffer_count);
        for (int64_t j = 0; j < store->integer_count; j++)
            state = state * 31 + (uint64_t)store->integers[j];
        state = state * 31 + hash_of(store->weights, store->weight_count);
        state = state * 31 + store->version;
    }
    return state;
}

/* The index is made inside the model, behind layers that keep state, dropout among them. */
static const char inside_text[] =
    "define part { input 3; dense 3 spectral=yes; batchnorm };"
    "input data 3; input shift 1; part part; noise; dropout; d = dense 2 spectral=yes;"
    "b = batchnorm; index = multiply from shift shift; e = embedding 5 2 from index;"
    "add from e b; batchnorm";

static gan_status apply(gan_tape *tape, gan_model *model, float shift, float *y)
{
    gan_value value[2], out;
    gan_tensor *x = column(4, 3, (const float[]){0.1f, 3, -1, 2, 5, 1, -2, 2, 2, 1, 0, -3});
    gan_tensor *s = column(4, 1, (const float[]){1, 2, 0, shift}), *made = column(4, 2, NULL);
    CHECK_OK(gan_tape_input(tape, x, 0, &value[0]));
    CHECK_OK(gan_tape_input(tape, s, 0, &value[1]));
    gan_status status = gan_tape_apply(tape, model, "training", value, 2, &out, 1);
    if (status == GAN_OK) CHECK_OK(gan_tape_value(tape, out, made));
    memcpy(y, gan_tensor_data(made), 8 * sizeof *y);
    gan_tensor_release(x);
    gan_tensor_release(s);
    gan_tensor_release(made);
    return status;
}

TEST(nothing_was_done)
{
    gan_model *model = parse(inside_text), *twin = NULL;
    gan_tape *tape, *other;
    float y[8], z[8];
    CHECK_OK(gan_model_copy(&twin, model));
    CHECK_OK(gan_tape_create(&tape, context));
    CHECK_OK(gan__tape_create(&other, context, tape->seed));
    for (int round = 0; round < 3; round++) {
        const uint64_t before = state_of(model), draws = gan_tape_draws(tape);
        const size_t records = tape->used, values = tape->value_count + 2;
        CHECK_STATUS(apply(tape, model, 3, y), GAN_E_ARGUMENT);
        says("layer e: embedding: index 9 of sample 3 ");
        CHECK(state_of(model) == before);
        CHECK(gan_tape_draws(tape) == draws);
        CHECK(tape->used == records + 2 && tape->value_count == values); /* the two inputs */
        CHECK_OK(apply(tape, model, 2, y));
        CHECK_OK(apply(other, twin, 2, z));
        CHECK(memcmp(y, z, sizeof y) == 0);
        CHECK(state_of(model) != before);
        if (round == 1) CHECK_OK(gan_tape_reset(tape));
    }
    gan_tape_release(tape);
    gan_tape_release(other);
    gan_model_release(model);
    gan_model_release(twin);
}

/* ---- runners, trainers, losses ---- */

TEST(runner)
{
    gan_model *model = parse("input 1; e = embedding 3 2");
    gan_runner *runner;
    gan_tensor *x = column(2, 1, (const float[]){1, -1}), *y = column(2, 2, NULL);
    CHECK_OK(gan_runner_create(&runner, context, model, "batch=4"));
    float *made = gan_tensor_data(y);
    for (int i = 0; i < 4; i++) made[i] = 12345;
    CHECK_STATUS(gan_runner_run(runner, &x, 1, &y, 1), GAN_E_ARGUMENT);
    says("layer e: embedding: index -1 of sample 1 ");
    for (int i = 0; i < 4; i++) CHECK(made[i] == 12345);
    ((float *)gan_tensor_data(x))[1] = 2;
    CHECK_OK(gan_runner_run(runner, &x, 1, &y, 1));
    for (int i = 0; i < 4; i++) CHECK(isfinite(made[i]) && made[i] != 12345);
    gan_runner_release(runner);
    gan_tensor_release(x);
    gan_tensor_release(y);
    gan_model_release(model);
}

TEST(trainer)
{
    gan_model *g = parse("input 4; dense 3; batchnorm; sigmoid");
    gan_model *d = parse("input 3; batchnorm momentum=0.5; leaky_relu 0; reshape 1 3 1;"
                         "e = embedding 4 2; flatten; dense 1");
    gan_trainer *t;
    gan_tensor *real = column(4, 3, NULL);
    CHECK_OK(gan_trainer_create(&t, context, "gan batch=4"));
    CHECK_OK(gan_trainer_set_model(t, "generator", g));
    CHECK_OK(gan_trainer_set_model(t, "discriminator", d));
    for (int i = 0; i < 12; i++) ((float *)gan_tensor_data(real))[i] = (float)(i % 5);
    for (int i = 0; i < 2; i++) {
        CHECK_OK(gan_trainer_feed(t, "real", real));
        const uint64_t before = hash_of(d->stores[0]->buffers, d->stores[0]->buffer_count);
        CHECK_STATUS(gan_trainer_step(t), GAN_E_ARGUMENT);
        says("layer e: embedding: index ");
        CHECK(hash_of(d->stores[0]->buffers, d->stores[0]->buffer_count) == before);
        CHECK_INT(gan_trainer_steps(t), 0);
    }
    gan_trainer_release(t);
    gan_tensor_release(real);
    gan_model_release(g);
    gan_model_release(d);
}

TEST(classes)
{
    static const float bad[] = {-1, 3, 1.5f, NAN, INFINITY, -INFINITY, 1e30f, -1e-30f};
    gan_tape *tape;
    CHECK_OK(gan_tape_create(&tape, context));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        gan_value values[2], out = -7;
        gan_tensor *x = column(2, 3, (const float[]){1, 2, 3, 4, 5, 6});
        gan_tensor *labels = column(2, 1, (const float[]){2, bad[i]});
        CHECK_OK(gan_tape_input(tape, x, 0, &values[0]));
        CHECK_OK(gan_tape_input(tape, labels, 0, &values[1]));
        CHECK_STATUS(gan_tape_loss(tape, "cross_entropy", values, 2, &out), GAN_E_ARGUMENT);
        says("cross_entropy: label ");
        CHECK(out == -7);
        gan_tensor_release(x);
        gan_tensor_release(labels);
    }
    gan_tape_release(tape);
}

int main(void)
{
    CHECK_OK(gan_context_create(&context, "threads=2 seed=5", NULL, NULL, 0));
    RUN(indices);
    RUN(nothing_was_done);
    RUN(runner);
    RUN(trainer);
    RUN(classes);
    gan_context_release(context);
    return test_report();
}
