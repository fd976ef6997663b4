/* Several batches in one application against several applications, where layers keep state. */
#include <gan/gan.h>

#include "model/model.h"
#include "test.h"

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

static gan_tensor *tensor_of(int64_t n, int64_t h, int64_t w, int64_t c, const float *values)
{
    gan_tensor *tensor = NULL;
    CHECK_OK(gan_tensor_create(&tensor, context, GAN_FLOAT32, 4, (const int64_t[]){n, h, w, c}));
    memcpy(gan_tensor_data(tensor), values, (size_t)(n * h * w * c) * sizeof *values);
    return tensor;
}

static void write(gan_model *model, const char *name, int64_t count, const float *values)
{
    gan_tensor *tensor;
    CHECK_OK(gan_tensor_create(&tensor, context, GAN_FLOAT32, 1, &count));
    memcpy(gan_tensor_data(tensor), values, (size_t)count * sizeof *values);
    CHECK_OK(gan_model_write(model, name, tensor));
    gan_tensor_release(tensor);
}

static void expect(gan_model *model, const char *name, double a, double b)
{
    gan_tensor *tensor;
    const int64_t count = 2;
    CHECK_OK(gan_tensor_create(&tensor, context, GAN_FLOAT32, 1, &count));
    CHECK_OK(gan_model_read(model, name, GAN_VALUE, tensor));
    CHECK_NEAR(((float *)gan_tensor_data(tensor))[0], a, 1e-6);
    CHECK_NEAR(((float *)gan_tensor_data(tensor))[1], b, 1e-6);
    gan_tensor_release(tensor);
}

/* default_rng(0).standard_normal((1, 2, 2, 2)), twice: N H W C. */
static const float x1[8] = {0.125730217f,  -0.132104859f, 0.640422642f, 0.104900114f,
                            -0.535669386f, 0.361595064f,  1.30400002f,  0.947080970f};
static const float x2[8] = {-0.703735232f, -1.26542151f,  -0.623274446f, 0.0413259789f,
                            -2.32503080f,  -0.218791664f, -1.24591100f,  -0.732267380f};

static gan_value put(gan_tape *tape, gan_tensor *tensor)
{
    gan_value value = -1;
    CHECK_OK(gan_tape_input(tape, tensor, 0, &value));
    return value;
}

static uint64_t buffers_of(const gan_model *model)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t s = 0; s < model->store_count; s++) {
        for (int64_t i = 0; i < model->stores[s]->buffer_count; i++) {
            uint32_t bits;
            memcpy(&bits, model->stores[s]->buffers + i, sizeof bits);
            hash = (hash ^ bits) * UINT64_C(1099511628211);
        }
    }
    return hash;
}

/* The groups of a layer that stands twice are refused; two applications do what PyTorch does. */
TEST(running_statistics_twice)
{
    gan_model *model = parse("define P { input 2 2 2; batchnorm }; input 2 2 2; part P; part P");
    gan_tensor *a = tensor_of(1, 2, 2, 2, x1), *b = tensor_of(1, 2, 2, 2, x2);
    gan_tape *tape;
    gan_value y[2];
    CHECK_OK(gan_tape_create(&tape, context));
    write(model, "P.0.weight", 2, (const float[]){1.3f, 0.7f});
    write(model, "P.0.bias", 2, (const float[]){0.5f, -0.4f});
    const gan_value x[2] = {put(tape, a), put(tape, b)};
    const uint64_t before = buffers_of(model);
    CHECK_STATUS(gan_tape_apply(tape, model, "training groups=2", x, 2, y, 2), GAN_E_UNSUPPORTED);
    CHECK(strstr(gan_context_message(context), "layer P.0: batchnorm ") != NULL);
    CHECK_STATUS(gan_tape_apply(tape, model, "training frozen groups=2", x, 2, y, 2),
                 GAN_E_UNSUPPORTED);
    CHECK(buffers_of(model) == before && gan_tape_draws(tape) == 0);
    CHECK_OK(gan_tape_apply(tape, model, "evaluation groups=2", x, 2, y, 2));
    CHECK(buffers_of(model) == before);
    CHECK_OK(gan_tape_apply(tape, model, "training", &x[0], 1, &y[0], 1));
    CHECK_OK(gan_tape_apply(tape, model, "training", &x[1], 1, &y[1], 1));
    expect(model, "P.0.running_mean", 0.00826205, -0.09798616);
    expect(model, "P.0.running_var", 1.1636122, 0.82016397);
    gan_tape_release(tape);
    gan_tensor_release(a);
    gan_tensor_release(b);
    gan_model_release(model);
}

/* Which models take groups in training, and which layer is named where they do not. */
TEST(who_is_refused)
{
    static const char *const cases[][2] = {
        {"input 6; dense 6 spectral=yes; batchnorm; dense 3", NULL},
        {"define P { input 6; dense 6; tanh }; input 6; part P; part P; batchnorm", NULL},
        {"define P { input 6; layernorm }; input 6; part P; part P", NULL},
        {"define P { input 6; batchnorm affine=no }; define Q { input 6; dense 6 };"
         "input 6; part Q; part P; part Q; relu; part P",
         "layer P.0: batchnorm "},
        {"define P { input 6; tanh; s = dense 6 spectral=yes }; input 6; part P; batchnorm; part P",
         "layer P.s: dense "},
        {"define P { input 6; batchnorm }; define R { input 6; part P }; input 6; part P; part R",
         "layer "},
        {"define P { input 6; batchnorm }; input 6; repeat 3 { dense 6; part P }", "layer "}};
    float numbers[12];
    for (int i = 0; i < 12; i++) numbers[i] = (float)(i * 5 % 7) - 3;
    gan_tensor *a = tensor_of(2, 1, 1, 6, numbers);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        gan_model *model = parse(cases[i][0]);
        gan_tape *tape;
        gan_value y[2];
        CHECK_OK(gan_tape_create(&tape, context));
        const gan_value x[2] = {put(tape, a), put(tape, a)};
        gan_status status = gan_tape_apply(tape, model, "training groups=2", x, 2, y, 2);
        if (!CHECK_STATUS(status, cases[i][1] ? GAN_E_UNSUPPORTED : GAN_OK))
            printf("    %s\n", cases[i][0]);
        if (cases[i][1]) CHECK(strstr(gan_context_message(context), cases[i][1]) != NULL);
        CHECK_OK(gan_tape_apply(tape, model, "training groups=1", x, 1, y, 1));
        CHECK_OK(gan_tape_apply(tape, model, "evaluation groups=2", x, 2, y, 2));
        gan_tape_release(tape);
        gan_model_release(model);
    }
    gan_tensor_release(a);
}

/* ---- the trainer ---- */

enum { BATCH = 4 };

/* What a step of the trainer applies, by hand: D to real and to fake samples one after the other,
 * then to what G makes of other noise. */
static void by_hand(gan_model *g, gan_model *d, gan_tensor *real, gan_tensor *z, gan_tensor *z2)
{
    gan_tape *tape;
    gan_value fake, y;
    CHECK_OK(gan_tape_create(&tape, context));
    const gan_value x = put(tape, real), noise[2] = {put(tape, z), put(tape, z2)};
    CHECK_OK(gan_tape_apply(tape, g, "training", &noise[0], 1, &fake, 1));
    CHECK_OK(gan_tape_apply(tape, d, "training", &x, 1, &y, 1));
    CHECK_OK(gan_tape_apply(tape, d, "training", &fake, 1, &y, 1));
    CHECK_OK(gan_tape_apply(tape, g, "training", &noise[1], 1, &fake, 1));
    CHECK_OK(gan_tape_apply(tape, d, "training", &fake, 1, &y, 1));
    gan_tape_release(tape);
}

TEST(trainer)
{
    static const char *const texts[] = {
        "input 6; dense 6; batchnorm; tanh; dense 1",
        "input 6; dense 6 spectral=yes; tanh; dense 1 spectral=yes",
        "define P { input 6; dense 6; batchnorm }; input 6; part P; tanh; part P; tanh; dense 1",
        "define P { input 6; dense 6 spectral=yes }; input 6; part P; tanh; part P; tanh; dense 1"};
    float numbers[3][BATCH * 6];
    gan_tensor *in[3];
    for (int k = 0; k < 3; k++) {
        for (int i = 0; i < BATCH * 6; i++)
            numbers[k][i] = (float)((i + 3 * k) * 5 % 11) / 5.5f - 1;
        in[k] = tensor_of(BATCH, 1, 1, 6, numbers[k]);
    }
    for (int i = 0; i < 4; i++) {
        gan_model *g = parse("input 6; dense 6; tanh"), *d = parse(texts[i]), *g2, *d2;
        gan_trainer *t;
        CHECK_OK(gan_model_copy(&g2, g));
        CHECK_OK(gan_model_copy(&d2, d));
        CHECK_OK(gan_trainer_create(&t, context, "gan batch=4"));
        CHECK_OK(gan_trainer_set_model(t, "generator", g));
        CHECK_OK(gan_trainer_set_model(t, "discriminator", d));
        CHECK_OK(gan_trainer_set_optimizer(t, "generator", "sgd lr=0"));
        CHECK_OK(gan_trainer_set_optimizer(t, "discriminator", "sgd lr=0"));
        CHECK_OK(gan_trainer_feed(t, "real", in[0]));
        CHECK_OK(gan_trainer_feed(t, "noise", in[1]));
        CHECK_OK(gan_trainer_feed(t, "noise.generator", in[2]));
        if (!CHECK_OK(gan_trainer_step(t))) puts(gan_context_message(context));
        by_hand(g2, d2, in[0], in[1], in[2]);
        if (!CHECK(buffers_of(d) == buffers_of(d2))) printf("    %s\n", texts[i]);
        gan_trainer_release(t);
        gan_model *const all[] = {g, d, g2, d2};
        for (int k = 0; k < 4; k++) gan_model_release(all[k]);
    }
    for (int k = 0; k < 3; k++) gan_tensor_release(in[k]);
}

int main(void)
{
    CHECK_OK(gan_context_create(&context, "threads=2 seed=5", NULL, NULL, 0));
    RUN(running_statistics_twice);
    RUN(who_is_refused);
    RUN(trainer);
    gan_context_release(context);
    return test_report();
}
