/* What a tape accepts, refuses, keeps and counts. */
#include <gan/optimizer.h>
#include <gan/tape.h>

#include "model/model.h"
#include "tape/record.h"
#include "test.h"

#include <math.h>

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

static gan_tape *make_tape(gan_context *context)
{
    gan_tape *tape = NULL;
    CHECK_OK(gan_tape_create(&tape, context));
    return tape;
}

static gan_tensor *make_tensor(gan_context *context, int32_t dtype, int32_t rank, int64_t n,
                               int64_t h, int64_t w, int64_t c)
{
    gan_tensor *tensor = NULL;
    const int64_t shape[4] = {n, rank == 2 ? c : h, w, c};
    CHECK_OK(gan_tensor_create(&tensor, context, dtype, rank, shape));
    return tensor;
}

static float *floats(gan_tensor *tensor)
{
    return gan_tensor_data(tensor);
}

TEST(inputs)
{
    gan_context *context = make_context("");
    gan_tape *tape = make_tape(context);
    gan_tensor *bytes = make_tensor(context, GAN_UINT8, 4, 1, 2, 2, 1), *copy, *view;
    gan_tensor *nchw = make_tensor(context, GAN_FLOAT32, 4, 1, 3, 1, 2), *labels, *nothing;
    int64_t shape[4] = {0};
    gan_value value;
    memcpy(gan_tensor_data(bytes), (uint8_t[]){0, 51, 102, 255}, 4);
    CHECK_OK(gan_tape_input(tape, bytes, 0, &value));
    copy = make_tensor(context, GAN_FLOAT32, 4, 1, 2, 2, 1);
    CHECK_OK(gan_tape_value(tape, value, copy));
    CHECK_NEAR(floats(copy)[0], -1, 0);
    CHECK_NEAR(floats(copy)[2], -0.2, 1e-7);
    memset(gan_tensor_data(bytes), 7, 4);
    CHECK_OK(gan_tape_value(tape, value, bytes));
    CHECK_INT(((uint8_t *)gan_tensor_data(bytes))[1], 51);
    gan_tensor_release(copy);

    for (int i = 0; i < 6; i++) floats(nchw)[i] = (float)i;
    CHECK_OK(gan_tensor_permute(&view, nchw, (const int32_t[]){0, 2, 3, 1}));
    CHECK_OK(gan_tape_input(tape, view, 0, &value));
    CHECK_OK(gan_tape_shape(tape, value, shape));
    CHECK(shape[0] == 1 && shape[1] == 1 && shape[2] == 2 && shape[3] == 3);
    copy = make_tensor(context, GAN_FLOAT32, 4, 1, 1, 2, 3);
    CHECK_OK(gan_tape_value(tape, value, copy));
    CHECK_NEAR(floats(copy)[1], 2, 0);
    CHECK_NEAR(floats(copy)[3], 1, 0);

    /* Used where it is: a change shows, and the tensor stays alive with the tape. */
    CHECK_OK(gan_tape_input(tape, copy, 0, &value));
    floats(copy)[4] = 99;
    float *data = floats(copy);
    CHECK(gan__tape_at(tape, (int32_t)(value & UINT32_MAX))->data == data);
    gan_tensor_release(copy);
    CHECK_NEAR(data[4], 99, 0);
    CHECK_OK(gan_tape_reset(tape));

    labels = make_tensor(context, GAN_INT64, 2, 3, 0, 0, 1);
    ((int64_t *)gan_tensor_data(labels))[2] = 7;
    CHECK_OK(gan_tape_input(tape, labels, 0, &value));
    copy = make_tensor(context, GAN_FLOAT32, 2, 3, 0, 0, 1);
    CHECK_OK(gan_tape_value(tape, value, copy));
    CHECK_NEAR(floats(copy)[2], 7, 0);
    CHECK_STATUS(gan_tape_value(tape, value, labels), GAN_E_SHAPE);
    nothing = make_tensor(context, GAN_FLOAT32, 2, 0, 0, 0, 3);
    CHECK_STATUS(gan_tape_input(tape, nothing, 0, &value), GAN_E_SHAPE);
    CHECK_STATUS(gan_tape_input(tape, NULL, 0, &value), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_tape_input(tape, labels, 0, NULL), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_tape_input(NULL, labels, 0, &value), GAN_E_ARGUMENT);
    gan_tensor *const all[] = {bytes, nchw, view, labels, copy, nothing};
    for (int i = 0; i < 6; i++) gan_tensor_release(all[i]);
    gan_tape_release(tape);
    gan_context_release(context);
}

TEST(stale_and_wrong_values)
{
    gan_context *context = make_context(""), *foreign = make_context("");
    gan_tape *tape = make_tape(context), *other = make_tape(context), *far = make_tape(foreign);
    gan_value value, later, out;
    double number;
    CHECK_OK(gan_tape_normal(tape, 2, (const int64_t[]){2, 3}, &value));
    CHECK_OK(gan_tape_normal(far, 2, (const int64_t[]){2, 3}, &out));
    CHECK_STATUS(gan_tape_detach(far, value, &later), GAN_E_ARGUMENT);
    gan_tape_release(far);
    gan_context_release(foreign);
    CHECK_OK(gan_tape_reset(tape));
    CHECK_OK(gan_tape_normal(tape, 2, (const int64_t[]){2, 3}, &value));
    CHECK_OK(gan_tape_reset(tape));
    CHECK_STATUS(gan_tape_detach(tape, value, &out), GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(context),
               "gan_tape_detach: value 0 is from before the tape's last reset");
    CHECK_OK(gan_tape_normal(tape, 2, (const int64_t[]){2, 3}, &later));
    CHECK(later != value);
    CHECK_STATUS(gan_tape_detach(tape, value, &out), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_tape_detach(tape, later + 1, &out), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_tape_detach(tape, -1, &out), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_tape_detach(tape, 0, &out), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_tape_detach(other, later, &out), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_tape_scalar(tape, later, &number), GAN_E_SHAPE);
    CHECK_STATUS(gan_tape_combine(tape, &later, (double[]){1}, 0, &out), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_tape_normal(tape, 3, (const int64_t[]){2, 3, 4}, &out), GAN_E_SHAPE);
    CHECK_STATUS(gan_tape_normal(tape, 2, (const int64_t[]){2, -3}, &out), GAN_E_SHAPE);
    CHECK_STATUS(gan_tape_normal(tape, 2, (const int64_t[]){1LL << 40, 1LL << 40}, &out),
                 GAN_E_SHAPE);
    CHECK_OK(gan_tape_detach(tape, later, &out));
    gan_tape_release(tape);
    gan_tape_release(other);
    gan_context_release(context);
}

TEST(modes)
{
    static const struct {
        const char *mode, *message;
    } bad[] = {
        {"trainning", "tape: unknown mode 'trainning', did you mean 'training'?"},
        {"training frosen", "tape: unknown mode 'frosen', did you mean 'frozen'?"},
        {"", "tape: the mode '' is neither training nor evaluation"},
        {"frozen", "tape: the mode 'frozen' is neither training nor evaluation"},
        {"training evaluation",
         "tape: the mode 'training evaluation' is both training and evaluation"},
        {"training groups", "tape: groups= needs one number from 1 on"},
        {"training groups=0", "tape: groups= needs one number from 1 on"},
        {"training groups=2 groups=2", "tape: groups= needs one number from 1 on"},
        {"training groups=x", "tape: groups= needs one number from 1 on"},
        {"training; evaluation", "tape: unknown mode ';'"},
    };
    gan_context *context = make_context(""), *foreign = make_context("");
    gan_model *model = make_model(context, "input 3; dense 2"),
              *stranger = make_model(foreign, "input 3; dense 2");
    gan_tape *tape = make_tape(context);
    gan_value x[2], y[2];
    CHECK_OK(gan_tape_normal(tape, 2, (const int64_t[]){2, 3}, &x[0]));
    CHECK_OK(gan_tape_normal(tape, 2, (const int64_t[]){3, 3}, &x[1]));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_STATUS(gan_tape_apply(tape, model, bad[i].mode, x, 1, y, 1), GAN_E_TEXT);
        CHECK_TEXT(gan_context_message(context), bad[i].message);
    }
    CHECK_STATUS(gan_tape_apply(tape, model, NULL, x, 1, y, 1), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_tape_apply(tape, NULL, "training", x, 1, y, 1), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_tape_apply(tape, stranger, "training", x, 1, y, 1), GAN_E_ARGUMENT);
    CHECK_OK(gan_tape_apply(tape, model, "training groups=2", x, 2, y, 2));
    CHECK_OK(gan_tape_apply(tape, model, "frozen training groups=1", x, 1, y, 1));
    CHECK_OK(gan_tape_apply(tape, model, "evaluation", &x[1], 1, y, 1));
    CHECK_STATUS(gan_tape_apply(tape, model, "training", y, 1, y, 1), GAN_E_SHAPE);
    gan_tape_release(tape);
    gan_model_release(model);
    gan_model_release(stranger);
    gan_context_release(context);
    gan_context_release(foreign);
}

TEST(losses_and_seeds)
{
    gan_context *context = make_context("");
    gan_model *model = make_model(context, "input 3; dense 2");
    gan_tape *tape = make_tape(context);
    gan_tensor *seed = make_tensor(context, GAN_FLOAT32, 2, 2, 0, 0, 3);
    gan_tensor *bytes = make_tensor(context, GAN_UINT8, 2, 2, 0, 0, 2);
    gan_value x, y, loss;
    CHECK_OK(gan_tape_normal(tape, 2, (const int64_t[]){2, 3}, &x));
    CHECK_OK(gan_tape_apply(tape, model, "training", &x, 1, &y, 1));
    CHECK_STATUS(gan_tape_loss(tape, "msr", &y, 1, &loss), GAN_E_TEXT);
    CHECK_STATUS(gan_tape_loss(tape, "mse targt=1", &y, 1, &loss), GAN_E_TEXT);
    CHECK_STATUS(gan_tape_loss(tape, "mse", &y, 3, &loss), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_tape_loss(tape, "mse", &y, 0, &loss), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_tape_loss(tape, "mse", (gan_value[]){x, y}, 2, &loss), GAN_E_SHAPE);
    CHECK_STATUS(gan_tape_loss(tape, NULL, &y, 1, &loss), GAN_E_ARGUMENT);
    CHECK_OK(gan_tape_loss(tape, "mse", &y, 1, &loss));
    CHECK_STATUS(gan_tape_combine(tape, (gan_value[]){x, y}, (double[]){1, 1}, 2, &loss),
                 GAN_E_SHAPE);
    CHECK_STATUS(gan_tape_backward(tape, &y, &seed, 1, &model, 1), GAN_E_SHAPE);
    CHECK_STATUS(gan_tape_backward(tape, &y, &bytes, 1, &model, 1), GAN_E_SHAPE);
    CHECK_STATUS(gan_tape_backward(tape, &y, NULL, 0, &model, 1), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_tape_backward(tape, &y, NULL, 1, NULL, 1), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_tape_backward(tape, NULL, NULL, 1, &model, 1), GAN_E_ARGUMENT);
    CHECK_OK(gan_tape_backward(tape, &y, NULL, 1, &model, 1));
    gan_tensor_release(seed);
    gan_tensor_release(bytes);
    gan_tape_release(tape);
    gan_model_release(model);
    gan_context_release(context);
}

/* Scalars are kept in double. */
TEST(scalars)
{
    gan_context *context = make_context("");
    gan_tape *tape = make_tape(context);
    gan_tensor *x = make_tensor(context, GAN_FLOAT32, 2, 3, 0, 0, 1), *out = NULL;
    gan_value value, mean, sum;
    double number = 0;
    for (int i = 0; i < 3; i++) floats(x)[i] = i == 0 ? 1 : 0;
    CHECK_OK(gan_tape_input(tape, x, 0, &value));
    CHECK_OK(gan_tape_loss(tape, "mean", &value, 1, &mean));
    CHECK_OK(gan_tape_scalar(tape, mean, &number));
    CHECK_NEAR(number, 1.0 / 3, 1e-16);
    CHECK_OK(gan_tape_combine(tape, (gan_value[]){mean, mean}, (double[]){0.1, 2}, 2, &sum));
    CHECK_OK(gan_tape_scalar(tape, sum, &number));
    CHECK_NEAR(number, 2.1 / 3, 2e-16);
    CHECK_OK(gan_tensor_create(&out, context, GAN_FLOAT32, 0, NULL));
    CHECK_OK(gan_tape_value(tape, sum, out));
    CHECK_NEAR(floats(out)[0], 0.7, 1e-7);
    gan_tensor_release(out);
    gan_tensor_release(x);
    gan_tape_release(tape);
    gan_context_release(context);
}

/* Backward needs the parameters that were applied; values after the change are fine. */
TEST(changed_models)
{
    gan_context *context = make_context("");
    gan_model *g = make_model(context, "input 3; dense 4; tanh"),
              *d = make_model(context, "input 4; dense 1");
    gan_tape *tape = make_tape(context);
    gan_optimizer *optimizer = NULL;
    gan_value z, x, real, fake, loss;
    CHECK_OK(gan_optimizer_create(&optimizer, context, "adam"));
    CHECK_OK(gan_optimizer_add(optimizer, d));
    CHECK_OK(gan_tape_normal(tape, 2, (const int64_t[]){2, 3}, &z));
    CHECK_OK(gan_tape_apply(tape, g, "training", &z, 1, &x, 1));
    CHECK_OK(gan_tape_apply(tape, d, "training", &x, 1, &real, 1));
    CHECK_OK(gan_tape_loss(tape, "bce_logits", &real, 1, &loss));
    CHECK_OK(gan_tape_backward(tape, &loss, NULL, 1, &d, 1));
    CHECK_OK(gan_optimizer_step(optimizer));
    CHECK_STATUS(gan_tape_backward(tape, &loss, NULL, 1, &g, 1), GAN_E_STATE);
    CHECK_TEXT(gan_context_message(context),
               "tape: the model of value 2 was changed since it was applied");
    CHECK_OK(gan_tape_apply(tape, d, "training frozen", &x, 1, &fake, 1));
    CHECK_OK(gan_tape_loss(tape, "bce_logits", &fake, 1, &loss));
    CHECK_OK(gan_tape_backward(tape, &loss, NULL, 1, &g, 1));
    gan_optimizer_release(optimizer);
    gan_tape_release(tape);
    gan_model_release(g);
    gan_model_release(d);
    gan_context_release(context);
}

/* One of the context's seed, whichever number it is. */
static gan_tape *make_seeded_tape(gan_context *context, uint64_t seed)
{
    gan_tape *tape = NULL;
    CHECK_OK(gan__tape_create(&tape, context, seed));
    return tape;
}

/* Draws depend on the seed and on the count alone. */
TEST(draws)
{
    gan_context *context = make_context("seed=5");
    gan_model *model = make_model(context, "input 40; dropout");
    gan_tape *tape = make_seeded_tape(context, 5), *again = make_seeded_tape(context, 5);
    gan_tensor *a = make_tensor(context, GAN_FLOAT32, 2, 4, 0, 0, 40),
               *b = make_tensor(context, GAN_FLOAT32, 2, 4, 0, 0, 40);
    const int64_t shape[2] = {4, 40};
    gan_value x, y;
    double mean = 0, square = 0;
    CHECK_INT(gan_tape_draws(tape), 0);
    CHECK_OK(gan_tape_normal(tape, 2, shape, &x));
    CHECK_OK(gan_tape_uniform(tape, 2, shape, &x));
    CHECK_OK(gan_tape_value(tape, x, a));
    for (int i = 0; i < 160; i++) {
        CHECK(floats(a)[i] >= -1 && floats(a)[i] < 1);
        mean += (double)floats(a)[i] / 160;
        square += pow((double)floats(a)[i], 2) / 160;
    }
    CHECK_NEAR(mean, 0, 0.15);
    CHECK_NEAR(square, 1.0 / 3, 0.1);
    CHECK_OK(gan_tape_apply(tape, model, "evaluation", &x, 1, &y, 1));
    CHECK_INT(gan_tape_draws(tape), 2);
    CHECK_OK(gan_tape_apply(tape, model, "training", &x, 1, &y, 1));
    CHECK_INT(gan_tape_draws(tape), 3);
    CHECK_OK(gan_tape_value(tape, y, a));
    CHECK_OK(gan_tape_seek(again, 1));
    CHECK_OK(gan_tape_uniform(again, 2, shape, &x));
    CHECK_OK(gan_tape_apply(again, model, "training", &x, 1, &y, 1));
    CHECK_OK(gan_tape_value(again, y, b));
    CHECK(memcmp(floats(a), floats(b), 160 * sizeof(float)) == 0);
    CHECK_OK(gan_tape_apply(again, model, "training", &x, 1, &y, 1));
    CHECK_OK(gan_tape_value(again, y, b));
    CHECK(memcmp(floats(a), floats(b), 160 * sizeof(float)) != 0);
    CHECK_STATUS(gan_tape_seek(again, (uint64_t)1 << 48), GAN_E_ARGUMENT);
    CHECK_INT(gan_tape_draws(again), 4);

    /* Further on it would begin anew. */
    CHECK_OK(gan_tape_seek(again, ((uint64_t)1 << 48) - 2));
    CHECK_OK(gan_tape_normal(again, 2, shape, &x));
    CHECK_STATUS(gan_tape_normal(again, 2, shape, &y), GAN_E_STATE);
    CHECK_STATUS(gan_tape_uniform(again, 2, shape, &y), GAN_E_STATE);
    CHECK_STATUS(gan_tape_apply(again, model, "training", &x, 1, &y, 1), GAN_E_STATE);
    CHECK_OK(gan_tape_apply(again, model, "evaluation", &x, 1, &y, 1));
    CHECK_INT(gan_tape_draws(again), ((int64_t)1 << 48) - 1);
    CHECK_OK(gan_tape_seek(again, gan_tape_draws(again)));
    gan_tensor_release(a);
    gan_tensor_release(b);
    gan_tape_release(tape);
    gan_tape_release(again);
    gan_model_release(model);
    gan_context_release(context);
}

/* What a tape draws as noise, and what dropout makes of it. */
static void read_draws(gan_tape *tape, gan_model *model, gan_tensor *out[2])
{
    gan_value x, y;
    CHECK_OK(gan_tape_normal(tape, 2, (const int64_t[]){4, 40}, &x));
    CHECK_OK(gan_tape_value(tape, x, out[0]));
    for (int i = 0; i < 160; i++) floats(out[1])[i] = 1;
    CHECK_OK(gan_tape_input(tape, out[1], 0, &x));
    CHECK_OK(gan_tape_apply(tape, model, "training", &x, 1, &y, 1));
    CHECK_OK(gan_tape_value(tape, y, out[1]));
}

/* Two tapes of one context draw apart; the same two of another context with its seed draw the same.
 */
TEST(each_tape_has_a_seed)
{
    gan_tensor *drawn[4][2];
    for (int c = 0; c < 2; c++) {
        gan_context *context = make_context("seed=5");
        gan_model *model = make_model(context, "input 40; dropout");
        for (int i = 0; i < 2; i++) {
            gan_tape *tape = make_tape(context);
            for (int j = 0; j < 2; j++)
                drawn[2 * c + i][j] = make_tensor(context, GAN_FLOAT32, 2, 4, 0, 0, 40);
            read_draws(tape, model, drawn[2 * c + i]);
            gan_tape_release(tape);
        }
        gan_model_release(model);
        gan_context_release(context);
    }
    for (int j = 0; j < 2; j++) {
        const size_t size = 160 * sizeof(float);
        CHECK(memcmp(floats(drawn[0][j]), floats(drawn[1][j]), size) != 0);
        CHECK(memcmp(floats(drawn[0][j]), floats(drawn[2][j]), size) == 0);
        CHECK(memcmp(floats(drawn[1][j]), floats(drawn[3][j]), size) == 0);
    }
    for (int i = 0; i < 8; i++) gan_tensor_release(drawn[i / 2][i % 2]);
}

/* Class numbers in bytes are no pictures. */
TEST(labels_in_bytes)
{
    gan_context *context = make_context("");
    gan_tape *tape = make_tape(context);
    const int64_t four = 4;
    const uint8_t classes[4] = {2, 0, 1, 2};
    gan_tensor *labels = NULL, *scores = make_tensor(context, GAN_FLOAT32, 2, 4, 0, 0, 3), *back;
    gan_value values[2], loss;
    double number;
    CHECK_OK(gan_tensor_create(&labels, context, GAN_UINT8, 1, &four));
    memcpy(gan_tensor_data(labels), classes, 4);
    for (int i = 0; i < 4; i++) floats(scores)[3 * i + classes[i]] = 50;
    CHECK_OK(gan_tape_input(tape, scores, 0, &values[0]));
    CHECK_OK(gan_tape_input(tape, labels, 0, &values[1]));
    CHECK_OK(gan_tape_loss(tape, "cross_entropy", values, 2, &loss));
    CHECK_OK(gan_tape_scalar(tape, loss, &number));
    CHECK_NEAR(number, 0, 1e-6);
    back = make_tensor(context, GAN_FLOAT32, 2, 4, 0, 0, 1);
    CHECK_OK(gan_tape_value(tape, values[1], back));
    for (int i = 0; i < 4; i++) CHECK_NEAR(floats(back)[i], classes[i], 0);
    memset(gan_tensor_data(labels), 9, 4);
    CHECK_OK(gan_tape_value(tape, values[1], labels));
    CHECK(memcmp(gan_tensor_data(labels), classes, 4) == 0);
    ((uint8_t *)gan_tensor_data(labels))[3] = 255;
    CHECK_OK(gan_tape_input(tape, labels, 0, &values[1]));
    CHECK(gan_tape_loss(tape, "cross_entropy", values, 2, &loss) != GAN_OK);
    CHECK(strstr(gan_context_message(context), "255") != NULL);
    gan_tensor_release(labels);
    gan_tensor_release(scores);
    gan_tensor_release(back);
    gan_tape_release(tape);
    gan_context_release(context);
}

TEST(values_as_new_tensors)
{
    gan_context *context = make_context("");
    gan_model *model = make_model(context, "input 3; dense 4; reshape 2 2 1");
    gan_tape *tape = make_tape(context);
    gan_tensor *x = make_tensor(context, GAN_FLOAT32, 2, 5, 0, 0, 3), *made = NULL;
    gan_tensor *y = make_tensor(context, GAN_FLOAT32, 4, 5, 2, 2, 1);
    gan_tensor *dx = make_tensor(context, GAN_FLOAT32, 2, 5, 0, 0, 3);
    gan_value values[3];
    for (int i = 0; i < 15; i++) floats(x)[i] = (float)(i % 7) - 3;
    CHECK_OK(gan_tape_input(tape, x, GAN_INPUT_GRADIENT, &values[0]));
    CHECK_OK(gan_tape_apply(tape, model, "training", &values[0], 1, &values[1], 1));
    CHECK_OK(gan_tape_loss(tape, "mse target=2", &values[1], 1, &values[2]));
    CHECK_OK(gan_tape_tensor(&made, tape, values[1], GAN_VALUE));
    CHECK_OK(gan_tape_value(tape, values[1], y));
    CHECK_INT(gan_tensor_dtype(made), GAN_FLOAT32);
    CHECK_INT(gan_tensor_rank(made), 4);
    CHECK(memcmp(gan_tensor_shape(made), (const int64_t[]){5, 2, 2, 1}, 32) == 0);
    CHECK(memcmp(floats(made), floats(y), 20 * sizeof(float)) == 0);
    gan_tensor_release(made);
    CHECK_STATUS(gan_tape_tensor(&made, tape, values[0], GAN_GRADIENT), GAN_E_STATE);
    CHECK(made == NULL);
    CHECK_OK(gan_tape_backward(tape, &values[2], NULL, 1, NULL, 0));
    CHECK_OK(gan_tape_tensor(&made, tape, values[0], GAN_GRADIENT));
    CHECK_OK(gan_tape_gradient(tape, values[0], dx));
    CHECK(memcmp(gan_tensor_shape(made), (const int64_t[]){5, 1, 1, 3}, 32) == 0);
    CHECK(memcmp(floats(made), floats(dx), 15 * sizeof(float)) == 0);
    CHECK(memcmp(floats(made), floats(x), 15 * sizeof(float)) != 0 && floats(dx)[4] != 0);
    gan_tensor_release(made);
    double number = 0;
    CHECK_OK(gan_tape_tensor(&made, tape, values[2], GAN_VALUE));
    CHECK_OK(gan_tape_scalar(tape, values[2], &number));
    CHECK_NEAR(floats(made)[0], (float)number, 0);
    CHECK_OK(gan_tape_reset(tape));
    CHECK_INT(gan_tensor_count(made), 1); /* it is the caller's */
    gan_tensor *const all[] = {x, y, dx, made};
    for (int i = 0; i < 4; i++) gan_tensor_release(all[i]);
    gan_tape_release(tape);
    gan_model_release(model);
    gan_context_release(context);
}

TEST(counts_of_ports)
{
    gan_context *context = make_context("");
    gan_model *model = make_model(context, "input image 3; input condition 2; a = dense 2; "
                                           "b = dense 3 from condition; output a b");
    gan_tape *tape = make_tape(context);
    gan_value x[4], y[4];
    for (int i = 0; i < 4; i++)
        CHECK_OK(gan_tape_normal(tape, 2, (const int64_t[]){2, 3 - i % 2}, &x[i]));
    CHECK_STATUS(gan_tape_apply(tape, model, "training", x, 1, y, 2), GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(context), "gan_tape_apply: input_count is 1, not 2: the model "
                                             "has 2 (image, condition)");
    CHECK_STATUS(gan_tape_apply(tape, model, "training groups=2", x, 4, y, 2), GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(context), "gan_tape_apply: output_count is 2, not 4: the model "
                                             "has 2 (a, b) for each of 2 groups");
    CHECK_STATUS(gan_tape_apply(tape, model, "training", x, 4, y, 4), GAN_E_ARGUMENT);
    CHECK_OK(gan_tape_apply(tape, model, "training", x, 2, y, 2));
    CHECK_OK(gan_tape_apply(tape, model, "training groups=2", x, 4, y, 4));
    gan_tape_release(tape);
    gan_model_release(model);
    gan_context_release(context);
}

/* Two groups are two batches to batch norm: the same bits as two applications, running statistics
 * too. */
TEST(groups_are_batches)
{
    gan_context *context = make_context("");
    gan_model *one = make_model(context, "input 4 4 3; conv2d 5 kernel=3; batchnorm; relu"),
              *two = NULL;
    gan_tape *tape = make_tape(context);
    gan_tensor *a = make_tensor(context, GAN_FLOAT32, 4, 6, 2, 2, 5),
               *b = make_tensor(context, GAN_FLOAT32, 4, 6, 2, 2, 5);
    const int64_t shape[4] = {6, 4, 4, 3};
    gan_value x[2], y[2], z[2];
    CHECK_OK(gan_model_copy(&two, one));
    for (int i = 0; i < 2; i++) CHECK_OK(gan_tape_normal(tape, 4, shape, &x[i]));
    CHECK_OK(gan_tape_apply(tape, one, "training groups=2", x, 2, y, 2));
    for (int i = 0; i < 2; i++) {
        CHECK_OK(gan_tape_apply(tape, two, "training", &x[i], 1, &z[i], 1));
        CHECK_OK(gan_tape_value(tape, y[i], a));
        CHECK_OK(gan_tape_value(tape, z[i], b));
        CHECK(memcmp(floats(a), floats(b), 120 * sizeof(float)) == 0);
    }
    CHECK(memcmp(one->stores[0]->buffers, two->stores[0]->buffers,
                 (size_t)one->stores[0]->buffer_count * sizeof(float)) == 0);
    gan_tensor_release(a);
    gan_tensor_release(b);
    gan_tape_release(tape);
    gan_model_release(one);
    gan_model_release(two);
    gan_context_release(context);
}

int main(void)
{
    RUN(inputs);
    RUN(stale_and_wrong_values);
    RUN(modes);
    RUN(losses_and_seeds);
    RUN(scalars);
    RUN(changed_models);
    RUN(draws);
    RUN(each_tape_has_a_seed);
    RUN(labels_in_bytes);
    RUN(values_as_new_tensors);
    RUN(counts_of_ports);
    RUN(groups_are_batches);
    return test_report();
}
