/* Every public function refuses wrong arguments: here those of models, trainers, recipes and the
 * catalogue; test_arguments.c and test_arguments_tape.c have the others. */
#include "arguments.h"

#include <math.h>

/* ---- model.h ---- */

static void refuse_model_texts(world *w)
{
    static const char *const names[] = {"a", "a"}, *const none[] = {NULL};
    static const char *const invalid[] = {"a b"};
    static const char text[] = "input 3; part a";
    gan_model *parts[] = {w->generator, w->generator}, *empty, *strange;
    gan_context *c = w->context, *other = open_context(&w->fault, "threads=1");
    void *bad;
    CHECK_OK(gan_model_create(&empty, c));
    CHECK_OK(gan_model_parse(&strange, other, "input 3; tanh"));
#define PARTS(expected, words, ...) \
    NOT_MADE(gan_model, expected, words, gan_model_parse_parts, __VA_ARGS__)
    EACH_WRONG(CONTEXT, bad) NOT_MADE(gan_model, GAN_E_ARGUMENT, NULL, gan_model_parse, bad, text);
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_model_parse, NULL, c, text);
    NOT_MADE(gan_model, GAN_E_ARGUMENT, "text is NULL", gan_model_parse, c, NULL);
    EACH_WRONG(CONTEXT, bad) PARTS(GAN_E_ARGUMENT, NULL, bad, text, names, parts, 1);
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_model_parse_parts, NULL, c, text, names, parts, 1);
    PARTS(GAN_E_ARGUMENT, "text is NULL", c, NULL, names, parts, 1);
    PARTS(GAN_E_ARGUMENT, "names is NULL", c, text, NULL, parts, 1);
    PARTS(GAN_E_ARGUMENT, "parts is NULL", c, text, names, NULL, 1);
    PARTS(GAN_E_ARGUMENT, "count is -1", c, text, names, parts, -1);
    PARTS(GAN_E_ARGUMENT, "count is 2147483647", c, text, names, parts, INT32_MAX);
    PARTS(GAN_E_ARGUMENT, "two parts are called 'a'", c, text, names, parts, 2);
    PARTS(GAN_E_ARGUMENT, "names[0]", c, text, none, parts, 1);
    PARTS(GAN_E_ARGUMENT, "'a b'", c, text, invalid, parts, 1);
    EACH_WRONG(MODEL, bad) PARTS(GAN_E_ARGUMENT, "part", c, text, names, (gan_model *[]){bad}, 1);
    PARTS(GAN_E_STATE, "empty", c, text, names, &empty, 1);
    PARTS(GAN_E_ARGUMENT, "another context", c, text, names, &strange, 1);
    NOT_MADE(gan_model, GAN_E_TEXT, "'features'", gan_model_parse, c,
             "input 3; dense 9223372036854775807");
    NOT_MADE(gan_model, GAN_E_TEXT, "2", gan_model_parse, c,
             "input 3\ndense 9223372036854775807*9223372036854775807");
    gan_model_release(empty);
    gan_model_release(strange);
    gan_context_release(other);
}

static void refuse_model_files(world *w)
{
    static const char *const names[] = {"a"};
    static const char bytes[] = "\xff\xff\xff\xff\xff\xff\xff\xff{}";
    gan_context *c = w->context;
    gan_model *empty;
    void *bad;
    CHECK_OK(gan_model_create(&empty, c));
    EACH_WRONG(CONTEXT, bad) NOT_MADE(gan_model, GAN_E_ARGUMENT, NULL, gan_model_load, bad, "a");
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_model_load, NULL, c, "a");
    NOT_MADE(gan_model, GAN_E_ARGUMENT, "path is NULL", gan_model_load, c, NULL);
    NOT_MADE(gan_model, GAN_E_FORMAT, "pictures.npy", gan_model_load, c, "pictures.npy");
    EACH_WRONG(CONTEXT, bad)
    NOT_MADE(gan_model, GAN_E_ARGUMENT, NULL, gan_model_load_parts, bad, "a", names, &w->generator,
             1);
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_model_load_parts, NULL, c, "a", NULL, NULL, 0);
    NOT_MADE(gan_model, GAN_E_ARGUMENT, "path is NULL", gan_model_load_parts, c, NULL, NULL, NULL,
             0);
    NOT_MADE(gan_model, GAN_E_ARGUMENT, "names is NULL", gan_model_load_parts, c, "a", NULL,
             &w->generator, 1);
    NOT_MADE(gan_model, GAN_E_ARGUMENT, "parts is NULL", gan_model_load_parts, c, "a", names, NULL,
             1);
    NOT_MADE(gan_model, GAN_E_ARGUMENT, "count is -9", gan_model_load_parts, c, "a", names,
             &w->generator, -9);
    EACH_WRONG(CONTEXT, bad)
    NOT_MADE(gan_model, GAN_E_ARGUMENT, NULL, gan_model_load_memory, bad, bytes, 10);
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_model_load_memory, NULL, c, bytes, 10);
    NOT_MADE(gan_model, GAN_E_ARGUMENT, "bytes is NULL", gan_model_load_memory, c, NULL, 10);
    for (size_t size = 0; size < sizeof bytes; size++)
        NOT_MADE(gan_model, GAN_E_FORMAT, "", gan_model_load_memory, c, bytes, size);
    EACH_WRONG(MODEL, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_model_load_weights, bad, "a", NULL);
    REFUSED(GAN_E_ARGUMENT, "path is NULL", gan_model_load_weights, w->generator, NULL, NULL);
    REFUSED(GAN_E_FORMAT, "pictures.npy", gan_model_load_weights, w->generator, "pictures.npy",
            NULL);
    EACH_WRONG(MODEL, bad)
    REFUSED(GAN_E_ARGUMENT, NULL, gan_model_load_weights_memory, bad, bytes, 10, NULL);
    REFUSED(GAN_E_ARGUMENT, "bytes is NULL", gan_model_load_weights_memory, w->generator, NULL, 10,
            NULL);
    REFUSED(GAN_E_FORMAT, "memory", gan_model_load_weights_memory, w->generator, bytes, 10, NULL);
    EACH_WRONG(MODEL, bad)
    NOT_MADE_ALONE(gan_tensor, GAN_E_ARGUMENT, NULL, gan_model_save_memory, bad);
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_model_save_memory, NULL, w->generator);
    NOT_MADE_ALONE(gan_tensor, GAN_E_STATE, "empty", gan_model_save_memory, empty);
    gan_model_release(empty);
    EACH_WRONG(MODEL, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_model_save, bad, "a");
    REFUSED(GAN_E_ARGUMENT, "path is NULL", gan_model_save, w->generator, NULL);
}

static void refuse_model_building(world *w)
{
    gan_context *c = w->context, *other = open_context(&w->fault, "threads=1");
    gan_model *hand;
    gan_layer *input, *strange;
    void *bad;
    CHECK_OK(gan_model_create(&hand, c));
    CHECK_OK(gan_layer_create(&input, c, "input 3"));
    CHECK_OK(gan_layer_create(&strange, other, "input 3"));
    EACH_WRONG(CONTEXT, bad) NOT_MADE_ALONE(gan_model, GAN_E_ARGUMENT, NULL, gan_model_create, bad);
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_model_create, NULL, c);
    EACH_WRONG(MODEL, bad) NOT_MADE_ALONE(gan_model, GAN_E_ARGUMENT, NULL, gan_model_copy, bad);
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_model_copy, NULL, w->generator);
    EACH_WRONG(MODEL, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_model_add, bad, input);
    EACH_WRONG(LAYER, bad) REFUSED(GAN_E_ARGUMENT, "layer", gan_model_add, hand, bad);
    REFUSED(GAN_E_ARGUMENT, "another context", gan_model_add, hand, strange);
    REFUSED(GAN_E_STATE, "starts with an input", gan_model_add, hand, w->layer);
    EACH_WRONG(MODEL, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_model_add_model, bad, w->generator);
    EACH_WRONG(MODEL, bad) REFUSED(GAN_E_ARGUMENT, "part", gan_model_add_model, hand, bad);
    REFUSED(GAN_E_STATE, "no input", gan_model_add_model, hand, w->generator);
    CHECK_OK(gan_model_add(hand, input));
    REFUSED(GAN_E_ARGUMENT, "in itself", gan_model_add_model, hand, hand);
    REFUSED(GAN_E_SHAPE, "input 0", gan_model_add_model, hand, w->discriminator);
    EACH_WRONG(MODEL, bad) IGNORED(gan_model_retain, bad);
    EACH_WRONG(MODEL, bad) IGNORED(gan_model_release, bad);
    gan_model_release(hand);
    gan_layer_release(input);
    gan_layer_release(strange);
    gan_context_release(other);
}

static void refuse_model_questions(world *w)
{
    static const int32_t indices[] = {-1, 1, INT32_MAX, INT32_MIN};
    int64_t shape[4];
    void *bad;
    EACH_WRONG(MODEL, bad) NOTHING_FROM(gan_model_text, bad);
    EACH_WRONG(MODEL, bad) NOTHING_FROM(gan_model_input_count, bad);
    EACH_WRONG(MODEL, bad) NOTHING_FROM(gan_model_output_count, bad);
    EACH_WRONG(MODEL, bad) NO_INDEX(gan_model_input_index, bad, "image");
    EACH_WRONG(MODEL, bad) NO_INDEX(gan_model_output_index, bad, "image");
    NO_INDEX(gan_model_input_index, w->generator, NULL);
    NO_INDEX(gan_model_output_index, w->generator, NULL);
    NO_INDEX(gan_model_input_index, w->generator, ""); /* which has no name */
    EACH_WRONG(MODEL, bad) NOTHING_FROM(gan_model_input_name, bad, 0);
    EACH_WRONG(MODEL, bad) NOTHING_FROM(gan_model_output_name, bad, 0);
    EACH_WRONG(MODEL, bad) NOTHING_FROM(gan_model_parameter_count, bad);
    EACH_WRONG(MODEL, bad) NOTHING_FROM(gan_model_weight_count, bad);
    EACH_WRONG(MODEL, bad) NOTHING_FROM(gan_model_parameter_name, bad, 0);
    EACH_WRONG(MODEL, bad) NOTHING_FROM(gan_model_layer, bad, "0");
    EACH_WRONG(MODEL, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_model_input_shape, bad, 0, shape);
    EACH_WRONG(MODEL, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_model_output_shape, bad, 0, shape);
    for (int i = 0; i < 4; i++) {
        NOTHING_FROM(gan_model_input_name, w->generator, indices[i]);
        NOTHING_FROM(gan_model_output_name, w->generator, indices[i]);
        REFUSED(GAN_E_ARGUMENT, "index", gan_model_input_shape, w->generator, indices[i], shape);
        REFUSED(GAN_E_ARGUMENT, "index", gan_model_output_shape, w->generator, indices[i], shape);
    }
    REFUSED(GAN_E_ARGUMENT, "shape is NULL", gan_model_input_shape, w->generator, 0, NULL);
    REFUSED(GAN_E_ARGUMENT, "shape is NULL", gan_model_output_shape, w->generator, 0, NULL);
    NOTHING_FROM(gan_model_parameter_name, w->generator, -1);
    NOTHING_FROM(gan_model_parameter_name, w->generator, 7);
    NOTHING_FROM(gan_model_parameter_name, w->generator, INT64_MAX);
    NOTHING_FROM(gan_model_parameter_name, w->generator, INT64_MIN);
    NOTHING_FROM(gan_model_layer, w->generator, NULL);
    NOTHING_FROM(gan_model_layer, w->generator, "");
}

static void refuse_model_values(world *w)
{
    int32_t rank;
    int64_t shape[4];
    gan_model *g = w->generator;
    void *bad;
    EACH_WRONG(MODEL, bad)
    REFUSED(GAN_E_ARGUMENT, NULL, gan_model_parameter_shape, bad, "0.weight", &rank, shape);
    REFUSED(GAN_E_ARGUMENT, "name is NULL", gan_model_parameter_shape, g, NULL, &rank, shape);
    REFUSED(GAN_E_ARGUMENT, "'0.weight'", gan_model_parameter_shape, g, "0.wight", &rank, shape);
    REFUSED(GAN_E_ARGUMENT, "rank is NULL", gan_model_parameter_shape, g, "0.weight", NULL, shape);
    REFUSED(GAN_E_ARGUMENT, "shape is NULL", gan_model_parameter_shape, g, "0.weight", &rank, NULL);
    EACH_WRONG(MODEL, bad)
    REFUSED(GAN_E_ARGUMENT, NULL, gan_model_read, bad, "0.weight", GAN_VALUE, w->made);
    EACH_WRONG(TENSOR, bad)
    REFUSED(GAN_E_ARGUMENT, "tensor", gan_model_read, g, "0.weight", GAN_VALUE, bad);
    REFUSED(GAN_E_ARGUMENT, "name is NULL", gan_model_read, g, NULL, GAN_VALUE, w->made);
    REFUSED(GAN_E_ARGUMENT, "what is -1", gan_model_read, g, "0.weight", -1, w->made);
    REFUSED(GAN_E_ARGUMENT, "what is 2147483647", gan_model_read, g, "0.weight", INT32_MAX,
            w->made);
    REFUSED(GAN_E_SHAPE, "[16, 3]", gan_model_read, g, "0.weight", GAN_GRADIENT, w->made);
    REFUSED(GAN_E_ARGUMENT, "running_mean", gan_model_read, g, "2.running_mean", GAN_GRADIENT,
            w->made);
    EACH_WRONG(MODEL, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_model_write, bad, "0.weight", w->made);
    EACH_WRONG(TENSOR, bad) REFUSED(GAN_E_ARGUMENT, "tensor", gan_model_write, g, "0.weight", bad);
    REFUSED(GAN_E_ARGUMENT, "name is NULL", gan_model_write, g, NULL, w->made);
    REFUSED(GAN_E_SHAPE, "[2, 4, 4, 1]", gan_model_write, g, "0.weight", w->made);
    EACH_WRONG(MODEL, bad)
    REFUSED(GAN_E_ARGUMENT, NULL, gan_model_parameter_flags, bad, "0.weight", &rank);
    REFUSED(GAN_E_ARGUMENT, "name is NULL", gan_model_parameter_flags, g, NULL, &rank);
    REFUSED(GAN_E_ARGUMENT, "'0.weight'", gan_model_parameter_flags, g, "0.wight", &rank);
    REFUSED(GAN_E_ARGUMENT, "flags is NULL", gan_model_parameter_flags, g, "0.weight", NULL);
    EACH_WRONG(MODEL, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_model_set_note, bad, "a", "b");
    REFUSED(GAN_E_ARGUMENT, "key is NULL", gan_model_set_note, g, NULL, "b");
    REFUSED(GAN_E_ARGUMENT, "value is NULL", gan_model_set_note, g, "a", NULL);
    REFUSED(GAN_E_ARGUMENT, "the value of 'a' is not UTF-8", gan_model_set_note, g, "a", "\xff");
    REFUSED(GAN_E_ARGUMENT, "'a b'", gan_model_set_note, g, "a b", "c");
    EACH_WRONG(MODEL, bad) NOTHING_FROM(gan_model_note, bad, "a");
    NOTHING_FROM(gan_model_note, g, "nothing");
    NOTHING_FROM(gan_model_note, g, NULL);
    EACH_WRONG(MODEL, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_model_zero_gradients, bad);
    EACH_WRONG(MODEL, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_model_clamp, bad, -1, 1);
    REFUSED(GAN_E_ARGUMENT, "least", gan_model_clamp, g, 1, -1);
    REFUSED(GAN_E_ARGUMENT, "least", gan_model_clamp, g, NAN, 1);
    REFUSED(GAN_E_ARGUMENT, "most", gan_model_clamp, g, -1, NAN);
}

/* ---- trainer.h ---- */

static void refuse_trainer_setters(world *w)
{
    gan_context *other = open_context(&w->fault, "threads=1");
    gan_tensor *cube = make_tensor(w->context, 3, (int64_t[]){2, 4, 4});
    gan_trainer *t = w->trainer;
    gan_model *strange;
    void *bad;
    CHECK_OK(gan_model_parse(&strange, other, GENERATOR));
    EACH_WRONG(CONTEXT, bad)
    NOT_MADE(gan_trainer, GAN_E_ARGUMENT, NULL, gan_trainer_create, bad, "gan");
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_trainer_create, NULL, w->context, "gan");
    NOT_MADE(gan_trainer, GAN_E_ARGUMENT, "spec is NULL", gan_trainer_create, w->context, NULL);
    NOT_MADE(gan_trainer, GAN_E_TEXT, "'batch'", gan_trainer_create, w->context, "gan batch=0");
    EACH_WRONG(TRAINER, bad) IGNORED(gan_trainer_retain, bad);
    EACH_WRONG(TRAINER, bad) IGNORED(gan_trainer_release, bad);
    EACH_WRONG(TRAINER, bad)
    REFUSED(GAN_E_ARGUMENT, NULL, gan_trainer_set_model, bad, "generator", w->generator);
    EACH_WRONG(MODEL, bad)
    REFUSED(GAN_E_ARGUMENT, "model", gan_trainer_set_model, t, "generator", bad);
    REFUSED(GAN_E_ARGUMENT, "name is NULL", gan_trainer_set_model, t, NULL, w->generator);
    REFUSED(GAN_E_ARGUMENT, "'critic'", gan_trainer_set_model, t, "critic", w->generator);
    REFUSED(GAN_E_ARGUMENT, "another context", gan_trainer_set_model, t, "generator", strange);
    EACH_WRONG(TRAINER, bad)
    REFUSED(GAN_E_ARGUMENT, NULL, gan_trainer_set_data, bad, "real", w->dataset);
    EACH_WRONG(DATASET, bad) REFUSED(GAN_E_ARGUMENT, "data", gan_trainer_set_data, t, "real", bad);
    REFUSED(GAN_E_ARGUMENT, "name is NULL", gan_trainer_set_data, t, NULL, w->dataset);
    REFUSED(GAN_E_ARGUMENT, "'reel'", gan_trainer_set_data, t, "reel", w->dataset);
    REFUSED(GAN_E_ARGUMENT, "'noise'", gan_trainer_set_data, t, "noise", w->dataset);
    EACH_WRONG(TRAINER, bad)
    REFUSED(GAN_E_ARGUMENT, NULL, gan_trainer_set_optimizer, bad, "generator", "adam");
    REFUSED(GAN_E_ARGUMENT, "name is NULL", gan_trainer_set_optimizer, t, NULL, "adam");
    REFUSED(GAN_E_ARGUMENT, "spec is NULL", gan_trainer_set_optimizer, t, "generator", NULL);
    REFUSED(GAN_E_ARGUMENT, "'x'", gan_trainer_set_optimizer, t, "x", "adam");
    EACH_WRONG(TRAINER, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_trainer_feed, bad, "real", w->made);
    EACH_WRONG(TENSOR, bad)
    if (bad) REFUSED(GAN_E_ARGUMENT, "batch", gan_trainer_feed, t, "real", bad);
    REFUSED(GAN_E_ARGUMENT, "'reel'", gan_trainer_feed, t, "reel", NULL);
    CHECK_OK(gan_trainer_feed(t, "real", NULL)); /* takes back what was fed */
    REFUSED(GAN_E_ARGUMENT, "name is NULL", gan_trainer_feed, t, NULL, w->made);
    REFUSED(GAN_E_ARGUMENT, "'reel'", gan_trainer_feed, t, "reel", w->made);
    REFUSED(GAN_E_SHAPE, "rank 3", gan_trainer_feed, t, "real", cube);
    gan_tensor_release(cube);
    gan_model_release(strange);
    gan_context_release(other);
}

static void refuse_trainer_rest(world *w)
{
    gan_trainer *t = w->trainer;
    double number;
    int64_t bytes;
    void *bad;
    EACH_WRONG(TRAINER, bad) NOTHING_FROM(gan_trainer_model, bad, "generator", 0);
    NOTHING_FROM(gan_trainer_model, t, NULL, 0);
    NOTHING_FROM(gan_trainer_model, t, "critic", 0);
    NOTHING_FROM(gan_trainer_model, t, "generator", 2);
    NOTHING_FROM(gan_trainer_model, t, "generator", -1);
    NOTHING_FROM(gan_trainer_model, t, "generator", GAN_MODEL_AVERAGED); /* there is no average */
    EACH_WRONG(TRAINER, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_trainer_check, bad);
    EACH_WRONG(TRAINER, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_trainer_refresh, bad);
    EACH_WRONG(TRAINER, bad)
    NOT_MADE(gan_model, GAN_E_ARGUMENT, NULL, gan_trainer_route, bad, "noise > image", 0);
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_trainer_route, NULL, t, "noise > image", 0);
    NOT_MADE(gan_model, GAN_E_ARGUMENT, "route is NULL", gan_trainer_route, t, NULL, 0);
    NOT_MADE(gan_model, GAN_E_ARGUMENT, "flags is 2", gan_trainer_route, t, "noise > image", 2);
    NOT_MADE(gan_model, GAN_E_TEXT, "'noise' is no route", gan_trainer_route, t, "noise", 0);
    NOT_MADE(gan_model, GAN_E_ARGUMENT, "'code' is none", gan_trainer_route, t, "code > image", 0);
    NOT_MADE(gan_model, GAN_E_ARGUMENT, "no role", gan_trainer_route, t, "image > image", 0);
    EACH_WRONG(TRAINER, bad)
    NOT_MADE(gan_tensor, GAN_E_ARGUMENT, NULL, gan_trainer_show, &bytes, bad, "noise", 4, 0);
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_trainer_show, NULL, &bytes, t, "noise", 4, 0);
    NOT_MADE(gan_tensor, GAN_E_ARGUMENT, "space is NULL", gan_trainer_show, &bytes, t, NULL, 4, 0);
    NOT_MADE(gan_tensor, GAN_E_ARGUMENT, "'x'", gan_trainer_show, &bytes, t, "x", 4, 0);
    NOT_MADE(gan_tensor, GAN_E_ARGUMENT, "0 examples", gan_trainer_show, &bytes, t, "noise", 0, 0);
    NOT_MADE(gan_tensor, GAN_E_ARGUMENT, "flags 8", gan_trainer_show, &bytes, t, "noise", 1, 8);
    NOT_MADE(gan_tensor, GAN_E_ARGUMENT, "begins in 'score'", gan_trainer_show, NULL, t, "score", 1,
             0);
    EACH_WRONG(TRAINER, bad)
    NOT_MADE(gan_tensor, GAN_E_ARGUMENT, NULL, gan_trainer_sample, bad, 4, 1, 0, 0);
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_trainer_sample, NULL, t, 4, 1, 0, 0);
    NOT_MADE(gan_tensor, GAN_E_ARGUMENT, "0 samples", gan_trainer_sample, t, 0, 1, 0, 0);
    NOT_MADE(gan_tensor, GAN_E_ARGUMENT, "-1 steps", gan_trainer_sample, t, 4, -1, 0, 0);
    NOT_MADE(gan_tensor, GAN_E_ARGUMENT, "seed -1", gan_trainer_sample, t, 4, 1, -1, 0);
    NOT_MADE(gan_tensor, GAN_E_ARGUMENT, "flags 8", gan_trainer_sample, t, 4, 1, 0, 8);
    NOT_MADE(gan_tensor, GAN_E_UNSUPPORTED, "draws no samples by itself", gan_trainer_sample, t, 4,
             1, 0, 0);
    EACH_WRONG(TRAINER, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_trainer_memory, bad, &bytes);
    REFUSED(GAN_E_ARGUMENT, "bytes", gan_trainer_memory, t, NULL);
    EACH_WRONG(TRAINER, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_trainer_step, bad);
    EACH_WRONG(TRAINER, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_trainer_run, bad, 1, NULL, NULL);
    REFUSED(GAN_E_ARGUMENT, "steps is -1", gan_trainer_run, t, -1, NULL, NULL);
    REFUSED(GAN_E_ARGUMENT, "steps is -92", gan_trainer_run, t, INT64_MIN, NULL, NULL);
    EACH_WRONG(TRAINER, bad) NOTHING_FROM(gan_trainer_steps, bad);
    EACH_WRONG(TRAINER, bad) NOTHING_FROM(gan_trainer_member_count, bad);
    EACH_WRONG(TRAINER, bad) NOTHING_FROM(gan_trainer_member, bad, 0, "name");
    NOTHING_FROM(gan_trainer_member, t, -1, "name");
    NOTHING_FROM(gan_trainer_member, t, gan_trainer_member_count(t), "name");
    NOTHING_FROM(gan_trainer_member, t, INT32_MAX, "name");
    NOTHING_FROM(gan_trainer_member, t, 0, "colour");
    NOTHING_FROM(gan_trainer_member, t, 0, NULL);
    EACH_WRONG(TRAINER, bad) NOTHING_FROM(gan_trainer_value_count, bad);
    EACH_WRONG(TRAINER, bad) NOTHING_FROM(gan_trainer_value_name, bad, 0);
    NOTHING_FROM(gan_trainer_value_name, t, -1);
    NOTHING_FROM(gan_trainer_value_name, t, INT32_MAX);
    EACH_WRONG(TRAINER, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_trainer_value, bad, "rate", &number);
    REFUSED(GAN_E_ARGUMENT, "name is NULL", gan_trainer_value, t, NULL, &number);
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_trainer_value, t, "rate.generator", NULL);
    REFUSED(GAN_E_ARGUMENT, "'rate'", gan_trainer_value, t, "rate", &number);
    EACH_WRONG(TRAINER, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_trainer_values, bad, &number, 1);
    REFUSED(GAN_E_ARGUMENT, "values is NULL", gan_trainer_values, t, NULL, 1);
    REFUSED(GAN_E_ARGUMENT, "count is 1, but", gan_trainer_values, t, &number, 1);
    REFUSED(GAN_E_ARGUMENT, "count is -1, but", gan_trainer_values, t, &number, -1);
    EACH_WRONG(TRAINER, bad) NOTHING_FROM(gan_trainer_warning_count, bad);
    EACH_WRONG(TRAINER, bad) NOTHING_FROM(gan_trainer_warning, bad, 0, "name");
    NOTHING_FROM(gan_trainer_warning, t, -1, "name");
    NOTHING_FROM(gan_trainer_warning, t, gan_trainer_warning_count(t), "name");
    NOTHING_FROM(gan_trainer_warning, t, INT32_MAX, "name");
    NOTHING_FROM(gan_trainer_warning, t, 0, NULL);
    EACH_WRONG(TRAINER, bad) NOTHING_FROM(gan_trainer_text, bad);
    EACH_WRONG(TRAINER, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_trainer_save, bad, "a");
    REFUSED(GAN_E_ARGUMENT, "path is NULL", gan_trainer_save, t, NULL);
    EACH_WRONG(CONTEXT, bad)
    NOT_MADE(gan_trainer, GAN_E_ARGUMENT, NULL, gan_trainer_load, bad, "a");
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_trainer_load, NULL, w->context, "a");
    NOT_MADE(gan_trainer, GAN_E_ARGUMENT, "path is NULL", gan_trainer_load, w->context, NULL);
    NOT_MADE(gan_trainer, GAN_E_FORMAT, "pictures", gan_trainer_load, w->context, "pictures.npy");
    EACH_WRONG(TRAINER, bad)
    NOT_MADE_ALONE(gan_tensor, GAN_E_ARGUMENT, NULL, gan_trainer_save_memory, bad);
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_trainer_save_memory, NULL, t);
    EACH_WRONG(CONTEXT, bad)
    NOT_MADE(gan_trainer, GAN_E_ARGUMENT, NULL, gan_trainer_load_memory, bad, "a", 1);
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_trainer_load_memory, NULL, w->context, "a", 1);
    NOT_MADE(gan_trainer, GAN_E_ARGUMENT, "bytes is NULL", gan_trainer_load_memory, w->context,
             NULL, 1);
    NOT_MADE(gan_trainer, GAN_E_FORMAT, "memory", gan_trainer_load_memory, w->context, "a", 1);
}

/* ---- recipe.h ---- */

static void refuse_recipe(world *w)
{
    gan_recipe *r = w->recipe;
    char value[64];
    void *bad;
    EACH_WRONG(CONTEXT, bad) NOT_MADE(gan_recipe, GAN_E_ARGUMENT, NULL, gan_recipe_load, bad, "a");
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_recipe_load, NULL, w->context, "a");
    NOT_MADE(gan_recipe, GAN_E_ARGUMENT, "path is NULL", gan_recipe_load, w->context, NULL);
    NOT_MADE(gan_recipe, GAN_E_FILE, "none", gan_recipe_load, w->context, "none");
    NOT_MADE(gan_recipe, GAN_E_TEXT, "pictures", gan_recipe_load, w->context, "pictures.npy");
    EACH_WRONG(RECIPE, bad) IGNORED(gan_recipe_retain, bad);
    EACH_WRONG(RECIPE, bad) IGNORED(gan_recipe_release, bad);
    EACH_WRONG(RECIPE, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_recipe_set, bad, "run.steps", "1");
    REFUSED(GAN_E_ARGUMENT, "path is NULL", gan_recipe_set, r, NULL, "1");
    REFUSED(GAN_E_ARGUMENT, "value is NULL", gan_recipe_set, r, "run.steps", NULL);
    REFUSED(GAN_E_TEXT, "''", gan_recipe_set, r, "", "1");
    REFUSED(GAN_E_TEXT, "stps", gan_recipe_set, r, "run.stps", "1");
    REFUSED(GAN_E_TEXT, "'steps'", gan_recipe_set, r, "run.steps", "-1");
    REFUSED(GAN_E_TEXT, "steps", gan_recipe_set, r, "run.steps", "");
    EACH_WRONG(RECIPE, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_recipe_change, bad, "run.steps", "1");
    REFUSED(GAN_E_ARGUMENT, "path is NULL", gan_recipe_change, r, NULL, "1");
    REFUSED(GAN_E_ARGUMENT, "value is NULL", gan_recipe_change, r, "run.steps", NULL);
    REFUSED(GAN_E_TEXT, "''", gan_recipe_change, r, "", "1");
    REFUSED(GAN_E_ARGUMENT, "context.seed cannot change", gan_recipe_change, r, "context.seed",
            "1");
    const char *paths[] = {"run.steps", "run.stps"}, *values[] = {"1", "1"};
    EACH_WRONG(RECIPE, bad)
    REFUSED(GAN_E_ARGUMENT, NULL, gan_recipe_set_all, bad, paths, values, 1, 0);
    REFUSED(GAN_E_ARGUMENT, "paths is NULL", gan_recipe_set_all, r, NULL, values, 1, 0);
    REFUSED(GAN_E_ARGUMENT, "values is NULL", gan_recipe_set_all, r, paths, NULL, 1, 0);
    REFUSED(GAN_E_ARGUMENT, "count is -1", gan_recipe_set_all, r, paths, values, -1, 0);
    REFUSED(GAN_E_ARGUMENT, "flags is 2", gan_recipe_set_all, r, paths, values, 1, 2);
    REFUSED(GAN_E_TEXT, "stps", gan_recipe_set_all, r, paths, values, 2, 0);
    EACH_WRONG(CONTEXT, bad)
    NOT_MADE(gan_recipe, GAN_E_ARGUMENT, NULL, gan_recipe_parse, bad, "[trainer]\ngan", NULL);
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_recipe_parse, NULL, w->context, "", NULL);
    NOT_MADE(gan_recipe, GAN_E_ARGUMENT, "text is NULL", gan_recipe_parse, w->context, NULL, "a");
    NOT_MADE(gan_recipe, GAN_E_TEXT, "recipe: there is no", gan_recipe_parse, w->context, "", "a");
    EACH_WRONG(RECIPE, bad) NOTHING_FROM(gan_recipe_text, bad);
    EACH_WRONG(RECIPE, bad) NOTHING_FROM(gan_recipe_context, bad);
    EACH_WRONG(RECIPE, bad)
    REFUSED(GAN_E_ARGUMENT, NULL, gan_recipe_option, bad, "run.steps", value, sizeof value);
    REFUSED(GAN_E_ARGUMENT, "path is NULL", gan_recipe_option, r, NULL, value, sizeof value);
    REFUSED(GAN_E_ARGUMENT, "value is NULL", gan_recipe_option, r, "run.steps", NULL, 9);
    REFUSED(GAN_E_ARGUMENT, "bytes", gan_recipe_option, r, "run.steps", value, 0);
    REFUSED(GAN_E_TEXT, "'steps'", gan_recipe_option, r, "run.step", value, sizeof value);
    EACH_WRONG(RECIPE, bad)
    NOT_MADE(gan_dataset, GAN_E_ARGUMENT, "recipe", gan_recipe_dataset, bad, w->context, "real");
    EACH_WRONG(CONTEXT, bad)
    NOT_MADE(gan_dataset, GAN_E_ARGUMENT, NULL, gan_recipe_dataset, r, bad, "real");
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_recipe_dataset, NULL, r, w->context, "real");
    NOT_MADE(gan_dataset, GAN_E_ARGUMENT, "feed is NULL", gan_recipe_dataset, r, w->context, NULL);
    NOT_MADE(gan_dataset, GAN_E_ARGUMENT, "[data.rael]", gan_recipe_dataset, r, w->context, "rael");
    EACH_WRONG(RECIPE, bad)
    NOT_MADE(gan_trainer, GAN_E_ARGUMENT, "recipe", gan_recipe_trainer, bad, w->context, NULL);
    EACH_WRONG(CONTEXT, bad)
    NOT_MADE(gan_trainer, GAN_E_ARGUMENT, NULL, gan_recipe_trainer, r, bad, NULL);
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_recipe_trainer, NULL, r, w->context, NULL);
    NOT_MADE(gan_trainer, GAN_E_FILE, "none", gan_recipe_trainer, r, w->context, "none");
}

static void refuse_catalog(world *w)
{
    static const int32_t indices[] = {-1, 1000, INT32_MAX, INT32_MIN};
    int32_t groups = gan_catalog_group_count();
    double least = 5, most = 5;
    begin_row(w, "gan_catalog_group_count");
    CHECK(groups > 0);
    for (int i = 0; i < 4; i++) {
        int32_t wrong = indices[i];
        NOTHING_FROM(gan_catalog_group, wrong);
        NOTHING_FROM(gan_catalog_kind_count, wrong);
        NOTHING_FROM(gan_catalog_kind, wrong, 0);
        NOTHING_FROM(gan_catalog_kind, 0, wrong);
        NOTHING_FROM(gan_catalog_kind_help, wrong, 0);
        NOTHING_FROM(gan_catalog_kind_help, groups - 1, wrong);
        NOTHING_FROM(gan_catalog_option_count, wrong, 0);
        NOTHING_FROM(gan_catalog_option_count, 0, wrong);
        NOTHING_FROM(gan_catalog_option, wrong, 0, 0, "name");
        NOTHING_FROM(gan_catalog_option, 0, wrong, 0, "name");
        NOTHING_FROM(gan_catalog_option, 0, 0, wrong, "name");
        NOTHING_FROM(gan_catalog_option_range, wrong, 0, 0, &least, &most);
        NOTHING_FROM(gan_catalog_option_range, 0, wrong, 0, &least, &most);
        NOTHING_FROM(gan_catalog_option_range, 0, 0, wrong, NULL, NULL);
        NOTHING_FROM(gan_catalog_member_count, wrong, 0);
        NOTHING_FROM(gan_catalog_member_count, 0, wrong);
        NOTHING_FROM(gan_catalog_member, wrong, 0, 0, "name");
        NOTHING_FROM(gan_catalog_member, 0, wrong, 0, "name");
        NOTHING_FROM(gan_catalog_member, 0, 0, wrong, "name");
    }
    NOTHING_FROM(gan_catalog_group, groups);
    NOTHING_FROM(gan_catalog_option, 0, 0, 0, NULL);
    NOTHING_FROM(gan_catalog_option, 0, 0, 0, "");
    NOTHING_FROM(gan_catalog_option, 0, 0, 0, "Name");
    CHECK(least == 5 && most == 5);
}

TEST(wrong_arguments)
{
    world opened, *w = &opened;
    open_world(w, "threads=1");
    refuse_model_texts(w);
    refuse_model_files(w);
    refuse_model_building(w);
    refuse_model_questions(w);
    refuse_model_values(w);
    refuse_trainer_setters(w);
    refuse_trainer_rest(w);
    refuse_recipe(w);
    refuse_catalog(w);
    check_all_called(0);
    CHECK_OK(gan_trainer_step(w->trainer)); /* all is as it was */
    close_world(w);
}

int main(void)
{
    RUN(wrong_arguments);
    return test_report();
}
