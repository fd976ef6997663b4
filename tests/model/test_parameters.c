/* What is known of parameters without reading them, and gradients set to zero. */
#include <gan/tape.h>

#include "test.h"

static gan_context *context;

static gan_model *make_model(const char *text, const char *name, gan_model *part)
{
    gan_model *model = NULL;
    if (!CHECK_OK(gan_model_parse_parts(&model, context, text, &name, &part, part ? 1 : 0)))
        puts(gan_context_message(context));
    return model;
}

TEST(flags_of_a_model)
{
    static const struct {
        const char *name;
        int32_t flags;
    } expected[] = {{"head.0.weight_orig", GAN_PARAMETER_TRAINED},
                    {"head.0.weight_u", 0},
                    {"head.0.weight_v", 0},
                    {"head.1.weight", GAN_PARAMETER_TRAINED},
                    {"head.1.bias", GAN_PARAMETER_TRAINED},
                    {"head.1.running_mean", 0},
                    {"head.1.running_var", 0},
                    {"head.1.num_batches_tracked", GAN_PARAMETER_INTEGER},
                    {"1.weight", GAN_PARAMETER_TRAINED}};
    gan_model *head =
        make_model("input 6 6 2; conv2d 3 kernel=3 bias=no spectral=yes; batchnorm", "", NULL);
    gan_model *model = make_model("input 6 6 2; part head; prelu", "head", head);
    CHECK_INT(gan_model_parameter_count(model), 9);
    for (int i = 0; i < 9; i++) {
        int32_t flags = -1;
        CHECK_OK(gan_model_parameter_flags(model, expected[i].name, &flags));
        if (!CHECK_INT(flags, expected[i].flags)) printf("    %s\n", expected[i].name);
    }
    int32_t flags = -1;
    CHECK_STATUS(gan_model_parameter_flags(model, "head.0.weight", &flags), GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(context),
               "gan_model_parameter_flags: the model has no parameter 'head.0.weight', did you "
               "mean 'head.1.weight'?");
    CHECK_INT(flags, -1);
    gan_model_release(head);
    gan_model_release(model);
}

/* The example of model.h. */
TEST(names_of_parts_in_parts)
{
    static const char *const tails[] = {"input 4; part outer; dense 2 bias=no",
                                        "input 4; part outer; part inner; dense 2 bias=no"};
    static const char *const expected[][4] = {
        {"outer.0.weight", "outer.inner.0.weight", "outer.2.weight", "1.weight"},
        {"outer.0.weight", "outer.2.weight", "inner.0.weight", "2.weight"}};
    for (int i = 0; i < 2; i++) {
        char text[400];
        snprintf(text, sizeof text,
                 "define inner { input 4; dense 4 bias=no }\n"
                 "define outer { input 4; dense 4 bias=no; x = part inner; dense 4 bias=no }\n%s",
                 tails[i]);
        gan_model *model = make_model(text, "", NULL);
        CHECK_INT(gan_model_parameter_count(model), 4);
        for (int k = 0; k < 4; k++) CHECK_TEXT(gan_model_parameter_name(model, k), expected[i][k]);
        gan_model_release(model);
    }
}

TEST(parameters_of_a_layer)
{
    static const char *const names[] = {"weight", "bias", "running_mean", "running_var",
                                        "num_batches_tracked"};
    gan_layer *norm = NULL, *input = NULL;
    gan_model *model = NULL;
    int64_t shape[4] = {-1, -1, -1, -1};
    int32_t rank = -1, flags = -1;
    CHECK_OK(gan_layer_create(&norm, context, "batchnorm"));
    CHECK_INT(gan_layer_parameter_count(norm), 0);
    CHECK(gan_layer_parameter_name(norm, 0) == NULL);
    CHECK_STATUS(gan_layer_parameter_shape(norm, "weight", &rank, shape), GAN_E_STATE);
    CHECK_STATUS(gan_layer_parameter_flags(norm, "weight", &flags), GAN_E_STATE);
    CHECK_OK(gan_layer_create(&input, context, "input 4 4 7"));
    CHECK_OK(gan_model_create(&model, context));
    CHECK_OK(gan_model_add(model, input));
    CHECK_OK(gan_model_add(model, norm));
    gan_model_release(model);
    CHECK_INT(gan_layer_parameter_count(norm), 5);
    for (int i = 0; i < 5; i++) {
        CHECK_TEXT(gan_layer_parameter_name(norm, i), names[i]);
        CHECK_OK(gan_layer_parameter_shape(norm, names[i], &rank, shape));
        CHECK_OK(gan_layer_parameter_flags(norm, names[i], &flags));
        CHECK_INT(rank, i < 4);
        CHECK_INT(shape[0], i < 4 ? 7 : 0);
        CHECK_INT(flags, i < 2 ? GAN_PARAMETER_TRAINED : i == 4 ? GAN_PARAMETER_INTEGER : 0);
    }
    CHECK(gan_layer_parameter_name(norm, 5) == NULL);
    CHECK_STATUS(gan_layer_parameter_flags(norm, "weigth", &flags), GAN_E_ARGUMENT);
    CHECK_INT(gan_layer_parameter_count(input), 0);
    gan_layer_release(norm);
    gan_layer_release(input);
}

/* The gradients of everything in the model of one backward pass, one after the other. */
static void backward(gan_tape *tape, gan_model *model)
{
    gan_value x, y;
    CHECK_OK(gan_tape_reset(tape));
    CHECK_OK(gan_tape_seek(tape, 0));
    CHECK_OK(gan_tape_normal(tape, 2, (const int64_t[]){4, 3}, &x));
    CHECK_OK(gan_tape_apply(tape, model, "training", &x, 1, &y, 1));
    CHECK_OK(gan_tape_backward(tape, &y, NULL, 1, &model, 1));
}

static void gradients(gan_model *model, float out[9])
{
    gan_tensor *weight = NULL, *bias = NULL;
    CHECK_OK(gan_tensor_create(&weight, context, GAN_FLOAT32, 2, (const int64_t[]){2, 3}));
    CHECK_OK(gan_tensor_create(&bias, context, GAN_FLOAT32, 1, (const int64_t[]){2}));
    CHECK_OK(gan_model_read(model, "head.0.weight", GAN_GRADIENT, weight));
    CHECK_OK(gan_model_read(model, "1.bias", GAN_GRADIENT, bias));
    memcpy(out, gan_tensor_data(weight), 6 * sizeof(float));
    memcpy(out + 6, gan_tensor_data(bias), 2 * sizeof(float));
    out[8] = 0;
    for (int i = 0; i < 8; i++) out[8] += out[i] * out[i];
    gan_tensor_release(weight);
    gan_tensor_release(bias);
}

TEST(gradients_to_zero)
{
    gan_model *head = make_model("input 3; dense 2", "", NULL);
    gan_model *model = make_model("input 3; part head; dense 2", "head", head);
    gan_tape *tape = NULL;
    float first[9], second[9];
    CHECK_OK(gan_tape_create(&tape, context));
    CHECK_OK(gan_model_zero_gradients(model)); /* which were never there */
    backward(tape, model);
    gradients(model, first);
    CHECK(first[8] > 0);
    backward(tape, model);
    gradients(model, second);
    CHECK_NEAR(second[8], 4 * first[8], 1e-5 * first[8]); /* they add up */
    CHECK_OK(gan_model_zero_gradients(model));
    gradients(model, second);
    CHECK_NEAR(second[8], 0, 0);
    backward(tape, model);
    gradients(model, second);
    CHECK(memcmp(first, second, sizeof first) == 0);
    CHECK_OK(gan_model_zero_gradients(head)); /* the part's alone */
    gradients(model, second);
    for (int i = 0; i < 8; i++) CHECK_NEAR(second[i], i < 6 ? 0 : first[i], 0);
    gan_tape_release(tape);
    gan_model_release(head);
    gan_model_release(model);
}

int main(void)
{
    CHECK_OK(gan_context_create(&context, "threads=1", NULL, NULL, 0));
    RUN(flags_of_a_model);
    RUN(names_of_parts_in_parts);
    RUN(parameters_of_a_layer);
    RUN(gradients_to_zero);
    gan_context_release(context);
    return test_report();
}
