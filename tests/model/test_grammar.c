/* The grammar of models: the texts of the design, names, shapes, errors with their positions. */
#include "test.h"

#include <gan/model.h>
#include <gan/runner.h>

#include <stdlib.h>

static gan_context *context;

static gan_model *parse(const char *text)
{
    gan_model *model;
    if (!CHECK_OK(gan_model_parse(&model, context, text)))
        printf("    %s\n    in: %s\n", gan_context_message(context), text);
    return model;
}

/* All parameter names, separated by spaces. */
static const char *names(const gan_model *model)
{
    static char text[8192];
    size_t length = 0;
    text[0] = '\0';
    for (int64_t i = 0; i < gan_model_parameter_count(model); i++) {
        length += (size_t)snprintf(text + length, sizeof text - length, "%s%s", i ? " " : "",
                                   gan_model_parameter_name(model, i));
    }
    return text;
}

static void check_output(const gan_model *model, int32_t i, int64_t h, int64_t w, int64_t c)
{
    int64_t shape[3];
    CHECK_OK(gan_model_output_shape(model, i, shape));
    CHECK_INT(shape[0], h);
    CHECK_INT(shape[1], w);
    CHECK_INT(shape[2], c);
}

/* What a model prints of itself is the same model, and prints the same. */
static void check_fixed_point(const gan_model *model)
{
    gan_model *again = parse(gan_model_text(model));
    if (!again) return;
    CHECK_TEXT(gan_model_text(again), gan_model_text(model));
    char *first = strdup(names(model));
    CHECK_TEXT(names(again), first);
    free(first);
    gan_model_release(again);
}

static void check_names(const char *text, const char *expected)
{
    gan_model *model = parse(text);
    CHECK_TEXT(names(model), expected);
    if (model) check_fixed_point(model);
    gan_model_release(model);
}

static void check_error(const char *text, gan_status status, const char *message)
{
    gan_model *model = (gan_model *)1;
    CHECK_STATUS(gan_model_parse(&model, context, text), status);
    CHECK(model == NULL);
    if (!CHECK(strstr(gan_context_message(context), message) != NULL))
        printf("    %s\n    says: %s\n    not:  %s\n", text, gan_context_message(context), message);
}

TEST(dcgan)
{
    gan_model *model =
        parse("# DCGAN-64, generator\n"
              "default conv_transpose2d kernel=4 stride=2 pad=1 bias=no init=normal:0.02\n"
              "input 100; conv_transpose2d 512 stride=1 pad=0; batchnorm; relu\n"
              "conv_transpose2d 256; batchnorm; relu\n"
              "conv_transpose2d 128; batchnorm; relu\n"
              "conv_transpose2d 64; batchnorm; relu\n"
              "conv_transpose2d 3; tanh\n");
    CHECK_INT(gan_model_parameter_count(model), 25);
    CHECK_INT(gan_model_weight_count(model), 3576704);
    check_output(model, 0, 64, 64, 3);
    CHECK(strstr(gan_model_text(model), "default conv") == NULL);
    check_fixed_point(model);
    int32_t rank;
    int64_t shape[4];
    CHECK_OK(gan_model_parameter_shape(model, "3.weight", &rank, shape));
    CHECK_INT(rank, 4);
    CHECK_INT(shape[0], 512);
    CHECK_INT(shape[1], 256);
    CHECK_INT(shape[3], 4);
    CHECK_OK(gan_model_parameter_shape(model, "1.num_batches_tracked", &rank, shape));
    CHECK_INT(rank, 0);
    CHECK_TEXT(gan_layer_kind(gan_model_layer(model, "3")), "conv_transpose2d");
    CHECK(gan_model_layer(model, "30") == NULL);
    gan_model_release(model);
}

TEST(two_heads)
{
    gan_model *model =
        parse("default conv2d kernel=4 stride=2 pad=1\n"
              "input image 64 64 3; input condition 1024\n"
              "dense 256 from condition; c = leaky_relu 0.2\n"
              "conv2d 64 from image; leaky_relu 0.2; conv2d 128; batchnorm; t = leaky_relu 0.2\n"
              "realness = conv2d 1 stride=1 pad=0\n"
              "concat from t c; conv2d 512 kernel=1 stride=1 pad=0; leaky_relu 0.2 # tiled\n"
              "match = conv2d 1 stride=1 pad=0\n"
              "output realness match");
    CHECK_INT(gan_model_input_count(model), 2);
    CHECK_TEXT(gan_model_input_name(model, 1), "condition");
    CHECK_INT(gan_model_output_count(model), 2);
    CHECK_TEXT(gan_model_output_name(model, 0), "realness");
    CHECK_TEXT(gan_model_output_name(model, 1), "match");
    CHECK_INT(gan_model_input_index(model, "image"), 0);
    CHECK_INT(gan_model_input_index(model, "condition"), 1);
    CHECK_INT(gan_model_output_index(model, "match"), 1);
    CHECK_INT(gan_model_output_index(model, "image"), -1);
    CHECK_INT(gan_model_input_index(model, "conditio"), -1);
    check_output(model, 1, 13, 13, 1);
    CHECK_TEXT(names(model),
               "0.weight 0.bias 2.weight 2.bias 4.weight 4.bias 5.weight 5.bias 5.running_mean "
               "5.running_var 5.num_batches_tracked realness.weight realness.bias 9.weight 9.bias "
               "match.weight match.bias");
    check_fixed_point(model);
    gan_model_release(model);
}

TEST(blocks)
{
    check_names("default conv2d kernel=3 pad=1; input any any 8\n"
                "repeat 2 { residual { conv2d 8; instancenorm; relu; conv2d 8; instancenorm } }",
                "0.0.0.0.weight 0.0.0.0.bias 0.0.0.3.weight 0.0.0.3.bias "
                "0.1.0.0.weight 0.1.0.0.bias 0.1.0.3.weight 0.1.0.3.bias");
    check_names("input 4 4 2; r = residual join=concat { relu; conv2d 3 kernel=1 bias=no } "
                "{ conv2d 5 kernel=1 bias=no }; conv2d 1 kernel=1 bias=no",
                "r.1.weight r.shortcut.0.weight 1.weight");
    gan_model *model =
        parse("input any any 2; x = relu\nresidual join=concat {\n"
              "  x = sigmoid # hides the outer one\n  add from x .\n}\nconcat from . x");
    check_output(model, 0, -1, -1, 6);
    CHECK(gan_model_layer(model, "1.join") != NULL);
    CHECK(gan_model_layer(model, "1.x") != NULL);
    gan_model_release(model);
}

/* What comes out of a model with one number at a time in it, for an input of 0. */
static void check_pass(const char *text, const float *expected, int64_t count)
{
    gan_model *model = parse(text);
    gan_runner *runner;
    gan_tensor *x, *y;
    CHECK_OK(gan_tensor_create(&x, context, GAN_FLOAT32, 2, (const int64_t[]){1, 1}));
    CHECK_OK(gan_tensor_create(&y, context, GAN_FLOAT32, 2, (const int64_t[]){1, count}));
    CHECK_OK(gan_runner_create(&runner, context, model, ""));
    CHECK_OK(gan_runner_run(runner, (gan_tensor *const[]){x}, 1, (gan_tensor *const[]){y}, 1));
    for (int64_t i = 0; i < count; i++)
        CHECK_NEAR(((float *)gan_tensor_data(y))[i], expected[i], 0);
    gan_runner_release(runner);
    gan_tensor_release(x);
    gan_tensor_release(y);
    gan_model_release(model);
}

TEST(meaning)
{
    check_pass("input 1; residual join=concat { sigmoid }", (const float[]){0, 0.5f}, 2);
    check_pass("input 1; residual join=concat { relu } { sigmoid }", (const float[]){0.5f, 0}, 2);
    check_pass("input z 1; x = sigmoid; relu from z; residual { add from . . } from x",
               (const float[]){1.5f}, 1);
    check_pass("input 1; x = sigmoid; repeat 3 { add from . x }", (const float[]){2}, 1);
    check_pass("define p { input z 1; a = sigmoid; b = relu from z; output b a }\n"
               "input 1; u,v = part p; concat from v u .",
               (const float[]){0.5f, 0, 0}, 3);
    check_pass("define p { input a 1; input b 1; concat from b a }; input 1; x = sigmoid\n"
               "relu from x; part p from x .",
               (const float[]){0.5f, 0.5f}, 2);
    check_pass("input z 1; sigmoid; relu from z", (const float[]){0}, 1);
}

TEST(defaults_are_local)
{
    gan_model *model =
        parse("default conv2d kernel=3 pad=1,2,1,2 init=uniform:-1,1; input 8 8 3\n"
              "residual { default conv2d bias=no; conv2d 3 pad=1 }; conv2d 4 kernel=3x5");
    CHECK_TEXT(names(model), "0.0.weight 1.weight 1.bias");
    CHECK(strstr(gan_model_text(model), "conv2d 4 kernel=3x5 stride=1 pad=1,2,1,2") != NULL);
    check_output(model, 0, 8, 8, 4);
    check_fixed_point(model);
    gan_model_release(model);
}

TEST(parts)
{
    check_names("define tail {\n"
                "  default conv2d kernel=3 pad=1 bias=no\n"
                "  input 16 16 8; h = residual { conv2d 8; relu }\n"
                "  mean = conv2d 4; log_variance = conv2d 4 from h; output mean log_variance\n"
                "}\n"
                "input 16 16 3; conv2d 8 kernel=1; mean,log_variance = part tail\n"
                "output mean log_variance",
                "0.weight 0.bias tail.h.0.weight tail.mean.weight tail.log_variance.weight");
    /* One set of weights, wherever it is placed. */
    check_names("define p { input any any 4; conv2d 4 kernel=1 bias=no }\n"
                "define q { input any any 4; residual { part p }; part p }\n"
                "input 8 8 4; part q; repeat 2 { part p }; part q",
                "p.0.weight");
    /* Two names of one part; a part of a part that has another name there. */
    check_names("define a { input 4; dense 4 bias=no }\ndefine b from a\n"
                "define c { define d from a; define a { input 4; dense 4 bias=no }\n"
                "  input 4; part d; part a }\n"
                "input 4; part c; part b; part a",
                "c.a.0.weight b.0.weight");
    /* A second name, known to a definition and used again after it. */
    check_names("define a { input 4; dense 4 bias=no }\ndefine b from a\n"
                "define c { input 4; part a; part b }\ninput 4; part c; part b",
                "b.0.weight");
}

TEST(given_parts)
{
    gan_model *part = parse("input 4; dense 4 bias=no"), *one, *two;
    const char *name[] = {"trunk"};
    gan_model *const parts[] = {part};
    CHECK_OK(gan_model_parse_parts(&one, context, "input 4; part trunk; dense 2 bias=no", name,
                                   parts, 1));
    /* A definition of that name is replaced by what was given. */
    CHECK_OK(gan_model_parse_parts(
        &two, context, "define trunk { input 4; dense 4 bias=no }; input 4; relu; part trunk", name,
        parts, 1));
    CHECK_TEXT(names(one), "trunk.0.weight 1.weight");
    CHECK(gan_model_layer(one, "trunk.0") == gan_model_layer(part, "0"));
    CHECK(gan_model_layer(two, "trunk.0") == gan_model_layer(part, "0"));
    check_fixed_point(one);
    gan_model *wrong;
    CHECK_STATUS(gan_model_parse_parts(&wrong, context,
                                       "define trunk { input 4; dense 4 }; input 4; part trunk",
                                       name, parts, 1),
                 GAN_E_TEXT);
    gan_model_release(part);
    gan_model_release(one);
    gan_model_release(two);
}

TEST(errors)
{
    check_error("", GAN_E_TEXT, "expected `input`, found the end of the text (line 1, column 1)");
    check_error("relu", GAN_E_TEXT, "a model starts with `input` (line 1, column 1)");
    check_error("input", GAN_E_TEXT, "(line 1, column 6)");
    check_error("input 3\nconv2d 4 strid=2", GAN_E_TEXT,
                "unknown option 'strid', did you mean 'stride'? (line 2, column 10)");
    check_error("input 3; conv3d 4", GAN_E_TEXT,
                "unknown layer 'conv3d', did you mean 'conv2d'? (line 1, column 10)");
    check_error("input 3; x = relu; x = relu", GAN_E_TEXT,
                "'x' is set twice in its block (line 1, column 20)");
    check_error("input 3; image = relu; relu from imgae", GAN_E_TEXT,
                "no value 'imgae', did you mean 'image'? (line 1, column 34)");
    check_error("input 8 8 3; relu; conv2d 4 kernel=9", GAN_E_SHAPE,
                "model: layer 1 (line 1, column 20): conv2d: ");
    check_error("input 3; repeat 1000000000 { relu }", GAN_E_TEXT, "(line 1, column 17)");
    check_error("input 3; repeat 100000 { repeat 100000 { relu } }", GAN_E_TEXT, "too many layers");
    check_error("define p { input 3 }; input 3; repeat 100000 { repeat 100000 { part p } }",
                GAN_E_TEXT, "too many layers");
    check_error("input 3; repeat 2 { }", GAN_E_TEXT,
                "expected a layer in the block, found '}' (line 1, column 21)");
    check_error("input 3; residual { relu } { relu", GAN_E_TEXT, "found the end of the text");
    check_error("input 3; relu }", GAN_E_TEXT, "found '}' (line 1, column 15)");
    check_error("input 3; output a", GAN_E_TEXT, "no value 'a' (line 1, column 17)");
    check_error("input 3; x = relu; output x; relu", GAN_E_TEXT, "stands behind `output`");
    check_error("input 3; x = relu; output x x", GAN_E_TEXT, "'x' is an output twice");
    check_error("input 3; relu; input 4", GAN_E_TEXT, "inputs come first (line 1, column 16)");
    check_error("input 3; residual { output . }", GAN_E_TEXT, "stands in a block");
    check_error("define p { input 3; relu }; input 4; part p", GAN_E_SHAPE,
                "part 'p': input 0 takes 1 x 1 x 3, not 1 x 1 x 4 (line 1, column 38)");
    check_error("define p { input 3; relu }; input 3; part q", GAN_E_TEXT, "no part 'q'");
    check_error("define p { input 3; part p }; input 3", GAN_E_TEXT, "no part 'p'");
    check_error("define p { input 3 }; define p { input 3 }; input 3", GAN_E_TEXT, "defined twice");
    check_error("input 3; define p { input 3 }", GAN_E_TEXT, "in front of the first `input`");
    check_error("define p { input 3; relu }; input 3; a,b = part p", GAN_E_TEXT,
                "has 1 result, not 2");
    check_error("input 3; 2x = relu", GAN_E_TEXT, "'2x' is no name");
    check_error("default dense a", GAN_E_TEXT, "expected '='");
    check_error("input 3; relu from", GAN_E_TEXT, "expected a name");
    check_error("input 3; \"relu\"", GAN_E_TEXT, "expected a statement");
    check_error("input 3; a = dense 3; 0 = dense 3", GAN_E_TEXT, "'0' is no name");
    check_error("define 0 { input 3; dense 3 }; input 3; residual { dense 3 }; part 0", GAN_E_TEXT,
                "two parameters are called '0.0.weight' (line 1, column 63)");
}

TEST(nesting_has_a_limit)
{
    char text[4096] = "input 3; ";
    for (int i = 0; i < 64; i++) strcat(text, "residual { ");
    strcat(text, "relu");
    for (int i = 0; i < 64; i++) strcat(text, " }");
    gan_model_release(parse(text));
    strcpy(text, "input 3; residual { ");
    for (int i = 0; i < 64; i++) strcat(text, "residual { ");
    check_error(text, GAN_E_TEXT, "nested more than 64 deep");
    char *long_text = calloc(1, 1 << 16);
    size_t length = (size_t)sprintf(long_text, "define p0 { input 3; relu }\n");
    for (int i = 1; i < 100; i++) {
        length +=
            (size_t)sprintf(long_text + length, "define p%d { input 3; part p%d }\n", i, i - 1);
    }
    strcpy(long_text + length, "input 3");
    check_error(long_text, GAN_E_TEXT, "parts nested more than 64 deep");
    /* Doubling at each level must not double the time. */
    length = (size_t)sprintf(long_text, "define p0 { input 3; relu }\n");
    for (int i = 1; i < 60; i++) {
        length += (size_t)sprintf(long_text + length,
                                  "define p%d { input 3; part p%d; part p%d }\n", i, i - 1, i - 1);
    }
    strcpy(long_text + length, "input 3");
    check_error(long_text, GAN_E_TEXT, "too many layers");
    free(long_text);
}

TEST(arguments)
{
    gan_model *model = NULL;
    const char *bad_name[] = {"a b"};
    gan_model *const nothing[] = {NULL};
    CHECK_STATUS(gan_model_parse(NULL, context, "input 3"), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_model_parse(&model, NULL, "input 3"), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_model_parse(&model, context, NULL), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_model_parse_parts(&model, context, "input 3", bad_name, nothing, 1),
                 GAN_E_ARGUMENT);
    CHECK_STATUS(gan_model_parse_parts(&model, context, "input 3", NULL, NULL, 1), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_model_parse_parts(&model, context, "input 3", NULL, NULL, -1), GAN_E_ARGUMENT);
    CHECK(gan_model_text(NULL) == NULL);
    CHECK(gan_model_input_name(NULL, 0) == NULL);
    CHECK_INT(gan_model_parameter_count(NULL), 0);
    CHECK_STATUS(gan_model_read(NULL, "0.weight", GAN_VALUE, NULL), GAN_E_ARGUMENT);
    model = parse("input 3; dense 2");
    CHECK(gan_model_output_name(model, 1) == NULL);
    CHECK(gan_model_parameter_name(model, 2) == NULL);
    CHECK_STATUS(gan_model_read(model, "0.weight", GAN_VALUE, NULL), GAN_E_ARGUMENT);
    gan_tensor *tensor;
    CHECK_OK(gan_tensor_create(&tensor, context, GAN_FLOAT32, 2, (const int64_t[]){2, 3}));
    CHECK_STATUS(gan_model_read(model, "0.wieght", GAN_VALUE, tensor), GAN_E_ARGUMENT);
    CHECK(strstr(gan_context_message(context), "did you mean '0.weight'?") != NULL);
    CHECK_STATUS(gan_model_read(model, "0.bias", GAN_VALUE, tensor), GAN_E_SHAPE);
    CHECK_STATUS(gan_model_read(model, "0.weight", 7, tensor), GAN_E_ARGUMENT);
    CHECK_OK(gan_model_read(model, "0.weight", GAN_GRADIENT, tensor));
    for (int i = 0; i < 6; i++) CHECK(((float *)gan_tensor_data(tensor))[i] == 0.0f);
    gan_tensor_release(tensor);
    gan_model_release(model);
}

int main(void)
{
    if (gan_context_create(&context, "threads=1 seed=7", NULL, NULL, 0) != GAN_OK) return 1;
    RUN(dcgan);
    RUN(two_heads);
    RUN(blocks);
    RUN(meaning);
    RUN(defaults_are_local);
    RUN(parts);
    RUN(given_parts);
    RUN(errors);
    RUN(nesting_has_a_limit);
    RUN(arguments);
    gan_context_release(context);
    return test_report();
}
