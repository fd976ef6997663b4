/* Every public function refuses wrong arguments: here those of runners, tapes and optimisers. */
#include "arguments.h"

#include <math.h>

/* ---- runner.h ---- */

static void refuse_runner(world *w)
{
    gan_tensor *in[] = {w->latent}, *wrong_in[] = {w->made}, *pictures[] = {w->pictures};
    gan_tensor *out[] = {w->made}, *wrong_out[] = {w->latent};
    gan_tensor *whole, *empty = make_tensor(w->context, 2, (int64_t[]){0, 3});
    int64_t shape[3];
    void *bad;
    CHECK_OK(gan_tensor_create(&whole, w->context, GAN_INT64, 4, (int64_t[]){2, 4, 4, 1}));
    EACH_WRONG(CONTEXT, bad)
    NOT_MADE(gan_runner, GAN_E_ARGUMENT, NULL, gan_runner_create, bad, w->generator, "");
    EACH_WRONG(MODEL, bad)
    NOT_MADE(gan_runner, GAN_E_ARGUMENT, "model", gan_runner_create, w->context, bad, "");
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_runner_create, NULL, w->context, w->generator, "");
    NOT_MADE(gan_runner, GAN_E_TEXT, "'batch'", gan_runner_create, w->context, w->generator,
             "batch=0");
    NOT_MADE(gan_runner, GAN_E_TEXT, "'batch'", gan_runner_create, w->context, w->generator,
             "batch=9223372036854775807");
    EACH_WRONG(RUNNER, bad) IGNORED(gan_runner_retain, bad);
    EACH_WRONG(RUNNER, bad) IGNORED(gan_runner_release, bad);
    EACH_WRONG(RUNNER, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_runner_update, bad);
    EACH_WRONG(RUNNER, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_runner_input_shape, bad, 0, shape);
    EACH_WRONG(RUNNER, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_runner_output_shape, bad, 0, shape);
    REFUSED(GAN_E_ARGUMENT, "index 1 of 1", gan_runner_input_shape, w->runner, 1, shape);
    REFUSED(GAN_E_ARGUMENT, "index -1 of 1", gan_runner_output_shape, w->runner, -1, shape);
    REFUSED(GAN_E_ARGUMENT, "shape is NULL", gan_runner_input_shape, w->runner, 0, NULL);
    REFUSED(GAN_E_ARGUMENT, "shape is NULL", gan_runner_output_shape, w->runner, 0, NULL);
    EACH_WRONG(RUNNER, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_runner_run, bad, in, 1, out, 1);
    REFUSED(GAN_E_ARGUMENT, "inputs is NULL", gan_runner_run, w->runner, NULL, 1, out, 1);
    REFUSED(GAN_E_ARGUMENT, "outputs is NULL", gan_runner_run, w->runner, in, 1, NULL, 1);
    EACH_WRONG(TENSOR, bad)
    REFUSED(GAN_E_ARGUMENT, "input 0", gan_runner_run, w->runner, (gan_tensor *[]){bad}, 1, out, 1);
    EACH_WRONG(TENSOR, bad)
    REFUSED(GAN_E_ARGUMENT, "output 0", gan_runner_run, w->runner, in, 1, (gan_tensor *[]){bad}, 1);
    REFUSED(GAN_E_SHAPE, "input 0", gan_runner_run, w->runner, wrong_in, 1, out, 1);
    REFUSED(GAN_E_SHAPE, "output 0", gan_runner_run, w->runner, in, 1, wrong_out, 1);
    REFUSED(GAN_E_SHAPE, "6 samples", gan_runner_run, w->runner, pictures, 1, out, 1);
    REFUSED(GAN_E_SHAPE, "0 samples", gan_runner_run, w->runner, (gan_tensor *[]){empty}, 1, out,
            1);
    REFUSED(GAN_E_ARGUMENT, "input_count is 2, not 1: the model has 1 (unnamed)", gan_runner_run,
            w->runner, in, 2, out, 1);
    REFUSED(GAN_E_ARGUMENT, "output_count is 0, not 1", gan_runner_run, w->runner, in, 1, out, 0);
    REFUSED(GAN_E_ARGUMENT, "output_count is -2147483648", gan_runner_run, w->runner, in, 1, out,
            INT32_MIN);
    REFUSED(GAN_E_SHAPE, "int64", gan_runner_run, w->runner, in, 1, &whole, 1);
    gan_tensor_release(whole);
    gan_tensor_release(empty);
}

/* ---- tape.h ---- */

static void refuse_tape_sources(world *w)
{
    static const int64_t shape[4] = {2, 3, 3, 1}, wraps[4] = {1LL << 62, 1LL << 62, 1, 1};
    static const int64_t none[4] = {2, 0, 3, 1}, below[4] = {-2, 3, 3, 1};
    static const int32_t ranks[] = {0, 1, 3, 5, 9, -1, INT32_MAX, INT32_MIN};
    gan_tensor *cube = make_tensor(w->context, 3, shape), *empty = make_tensor(w->context, 4, none);
    gan_tape *tape = w->tape;
    void *bad;
    EACH_WRONG(CONTEXT, bad) NOT_MADE_ALONE(gan_tape, GAN_E_ARGUMENT, NULL, gan_tape_create, bad);
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_tape_create, NULL, w->context);
    EACH_WRONG(TAPE, bad) IGNORED(gan_tape_retain, bad);
    EACH_WRONG(TAPE, bad) IGNORED(gan_tape_release, bad);
    EACH_WRONG(TAPE, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_tape_reset, bad);
    EACH_WRONG(TAPE, bad) NOTHING_FROM(gan_tape_draws, bad);
    EACH_WRONG(TAPE, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_tape_seek, bad, 1);
    REFUSED(GAN_E_ARGUMENT, "18446744073709551615", gan_tape_seek, tape, UINT64_MAX);
    EACH_WRONG(TAPE, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_tape_input, bad, cube, 0, &w->loss);
    EACH_WRONG(TENSOR, bad) NO_VALUE(GAN_E_ARGUMENT, "tensor", gan_tape_input, tape, bad, 0, put);
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_tape_input, tape, w->latent, 0, NULL);
    NO_VALUE(GAN_E_ARGUMENT, "flags is 4,", gan_tape_input, tape, w->latent, 4, put);
    NO_VALUE(GAN_E_ARGUMENT, "flags is -1,", gan_tape_input, tape, w->latent, -1, put);
    NO_VALUE(GAN_E_SHAPE, "rank 3", gan_tape_input, tape, cube, 0, put);
    NO_VALUE(GAN_E_SHAPE, "2 x 0 x 3 x 1", gan_tape_input, tape, empty, 0, put);
    EACH_WRONG(TAPE, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_tape_normal, bad, 4, shape, &w->loss);
    EACH_WRONG(TAPE, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_tape_uniform, bad, 4, shape, &w->loss);
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_tape_normal, tape, 4, shape, NULL);
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_tape_uniform, tape, 4, shape, NULL);
    NO_VALUE(GAN_E_ARGUMENT, "shape is NULL", gan_tape_normal, tape, 4, NULL, put);
    NO_VALUE(GAN_E_ARGUMENT, "shape is NULL", gan_tape_uniform, tape, 4, NULL, put);
    for (int i = 0; i < 8; i++) {
        NO_VALUE(GAN_E_SHAPE, "rank", gan_tape_normal, tape, ranks[i], shape, put);
        NO_VALUE(GAN_E_SHAPE, "rank", gan_tape_uniform, tape, ranks[i], shape, put);
    }
    NO_VALUE(GAN_E_SHAPE, "too large", gan_tape_normal, tape, 4, wraps, put);
    NO_VALUE(GAN_E_SHAPE, "2 x 0 x 3 x 1", gan_tape_uniform, tape, 4, none, put);
    NO_VALUE(GAN_E_SHAPE, "-2", gan_tape_normal, tape, 4, below, put);
    gan_tensor_release(cube);
    gan_tensor_release(empty);
}

static void refuse_tape_records(world *w)
{
    static const gan_value values[] = {-1, 3, 0, INT64_MAX, INT64_MIN, 1LL << 32 | 99, 2LL << 32};
    const double weights[] = {1, 2};
    gan_model *g = w->generator;
    gan_tape *tape = w->tape;
    gan_value *out = &w->loss, made;
    void *bad;
    EACH_WRONG(TAPE, bad)
    REFUSED(GAN_E_ARGUMENT, NULL, gan_tape_apply, bad, g, "training", &w->z, 1, &made, 1);
    EACH_WRONG(MODEL, bad)
    REFUSED(GAN_E_ARGUMENT, "model", gan_tape_apply, tape, bad, "training", &w->z, 1, &made, 1);
    REFUSED(GAN_E_ARGUMENT, "mode is NULL", gan_tape_apply, tape, g, NULL, &w->z, 1, &made, 1);
    REFUSED(GAN_E_ARGUMENT, "inputs is NULL", gan_tape_apply, tape, g, "training", NULL, 1, &made,
            1);
    REFUSED(GAN_E_ARGUMENT, "outputs is NULL", gan_tape_apply, tape, g, "training", &w->z, 1, NULL,
            1);
    REFUSED(GAN_E_ARGUMENT, "input_count is 2, not 1: the model has 1 (unnamed)", gan_tape_apply,
            tape, g, "training", &w->z, 2, &made, 1);
    REFUSED(GAN_E_ARGUMENT, "output_count is 2147483647, not 1", gan_tape_apply, tape, g,
            "training", &w->z, 1, &made, INT32_MAX);
    REFUSED(GAN_E_ARGUMENT, "input_count is -1, not 1048576", gan_tape_apply, tape, g,
            "training groups=1048576", &w->z, -1, &made, 1);
    REFUSED(GAN_E_TEXT, "groups", gan_tape_apply, tape, g, "training groups=0", &w->z, 1, &made, 1);
    REFUSED(GAN_E_TEXT, "groups", gan_tape_apply, tape, g, "training groups=-1", &w->z, 1, &made,
            1);
    REFUSED(GAN_E_TEXT, "training nor", gan_tape_apply, tape, g, "", &w->z, 1, &made, 1);
    REFUSED(GAN_E_SHAPE, "input 0", gan_tape_apply, tape, w->discriminator, "training", &w->z, 1,
            &made, 1);
    EACH_WRONG(TAPE, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_tape_loss, bad, "mean", &w->x, 1, out);
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_tape_loss, tape, "mean", &w->x, 1, NULL);
    EACH_WRONG(TAPE, bad)
    REFUSED(GAN_E_ARGUMENT, NULL, gan_tape_combine, bad, &w->x, weights, 1, out);
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_tape_combine, tape, &w->x, weights, 1, NULL);
    EACH_WRONG(TAPE, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_tape_detach, bad, w->x, out);
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_tape_detach, tape, w->x, NULL);
    EACH_WRONG(TAPE, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_tape_leaf, bad, w->x, out);
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_tape_leaf, tape, w->x, NULL);
    EACH_WRONG(TAPE, bad)
    REFUSED(GAN_E_ARGUMENT, NULL, gan_tape_tangent, bad, w->x, w->z, w->z, &made);
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_tape_tangent, tape, w->x, w->z, w->z, NULL);
    REFUSED(GAN_E_SHAPE, "the direction is", gan_tape_tangent, tape, w->x, w->z, w->x, &made);
    REFUSED(GAN_E_ARGUMENT, "does not follow", gan_tape_tangent, tape, w->z, w->x, w->x, &made);
    EACH_WRONG(TAPE, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_tape_layer, bad, "tanh", &w->x, 1, out);
    REFUSED(GAN_E_ARGUMENT, "statement is NULL", gan_tape_layer, tape, NULL, &w->x, 1, out);
    REFUSED(GAN_E_ARGUMENT, "values is NULL", gan_tape_layer, tape, "tanh", NULL, 1, out);
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_tape_layer, tape, "tanh", &w->x, 1, NULL);
    REFUSED(GAN_E_ARGUMENT, "0 values", gan_tape_layer, tape, "tanh", &w->x, 0, out);
    REFUSED(GAN_E_ARGUMENT, "-2 values", gan_tape_layer, tape, "tanh", &w->x, -2, out);
    REFUSED(GAN_E_ARGUMENT, "dense has parameters", gan_tape_layer, tape, "dense 3", &w->x, 1, out);
    REFUSED(GAN_E_ARGUMENT, "input takes no values", gan_tape_layer, tape, "input 3", &w->x, 1,
            out);
    REFUSED(GAN_E_TEXT, "did you mean 'tanh'", gan_tape_layer, tape, "tanhh", &w->x, 1, out);
    EACH_WRONG(TAPE, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_tape_take_gradient, bad, w->x, out);
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_tape_take_gradient, tape, w->x, NULL);
    REFUSED(GAN_E_STATE, "no gradient", gan_tape_take_gradient, tape, w->x, out);
    for (int i = 0; i < 7; i++) {
        REFUSED(GAN_E_ARGUMENT, "value", gan_tape_layer, tape, "tanh", &values[i], 1, out);
        REFUSED(GAN_E_ARGUMENT, "value", gan_tape_take_gradient, tape, values[i], out);
    }
    EACH_WRONG(TAPE, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_tape_join, bad, &w->x, 1, &made);
    REFUSED(GAN_E_ARGUMENT, "values is NULL", gan_tape_join, tape, NULL, 1, &made);
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_tape_join, tape, &w->x, 1, NULL);
    REFUSED(GAN_E_ARGUMENT, "0 values", gan_tape_join, tape, &w->x, 0, &made);
    REFUSED(GAN_E_ARGUMENT, "-2147483648 values", gan_tape_join, tape, &w->x, INT32_MIN, &made);
    REFUSED(GAN_E_SHAPE, "value 1 is", gan_tape_join, tape, ((gan_value[]){w->x, w->z}), 2, &made);
    EACH_WRONG(TAPE, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_tape_slice, bad, w->x, 0, 1, &made);
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_tape_slice, tape, w->x, 0, 1, NULL);
    REFUSED(GAN_E_SHAPE, "1 samples from -1", gan_tape_slice, tape, w->x, -1, 1, &made);
    REFUSED(GAN_E_SHAPE, "0 samples from 0", gan_tape_slice, tape, w->x, 0, 0, &made);
    REFUSED(GAN_E_SHAPE, "9223372036854775807 samples from 1", gan_tape_slice, tape, w->x, 1,
            INT64_MAX, &made);
    for (int i = 0; i < 7; i++) {
        REFUSED(GAN_E_ARGUMENT, "value", gan_tape_join, tape, &values[i], 1, &made);
        REFUSED(GAN_E_ARGUMENT, "value", gan_tape_slice, tape, values[i], 0, 1, &made);
        REFUSED(GAN_E_ARGUMENT, "value", gan_tape_apply, tape, g, "training", &values[i], 1, &made,
                1);
        REFUSED(GAN_E_ARGUMENT, "value", gan_tape_loss, tape, "mean", &values[i], 1, out);
        REFUSED(GAN_E_ARGUMENT, "value", gan_tape_combine, tape, &values[i], weights, 1, out);
        REFUSED(GAN_E_ARGUMENT, "value", gan_tape_detach, tape, values[i], out);
        REFUSED(GAN_E_ARGUMENT, "value", gan_tape_leaf, tape, values[i], out);
        REFUSED(GAN_E_ARGUMENT, "value", gan_tape_tangent, tape, values[i], w->z, w->z, &made);
        REFUSED(GAN_E_ARGUMENT, "value", gan_tape_tangent, tape, w->x, values[i], w->z, &made);
        REFUSED(GAN_E_ARGUMENT, "value", gan_tape_tangent, tape, w->x, w->z, values[i], &made);
    }
    REFUSED(GAN_E_ARGUMENT, "spec is NULL", gan_tape_loss, tape, NULL, &w->x, 1, out);
    REFUSED(GAN_E_ARGUMENT, "values is NULL", gan_tape_loss, tape, "mean", NULL, 1, out);
    REFUSED(GAN_E_ARGUMENT, "not 0", gan_tape_loss, tape, "mean", &w->x, 0, out);
    REFUSED(GAN_E_ARGUMENT, "not -1", gan_tape_loss, tape, "mse", &w->x, -1, out);
    REFUSED(GAN_E_ARGUMENT, "not 2147483647", gan_tape_loss, tape, "mse", &w->x, INT32_MAX, out);
    REFUSED(GAN_E_ARGUMENT, "values is NULL", gan_tape_combine, tape, NULL, weights, 1, out);
    REFUSED(GAN_E_ARGUMENT, "weights is NULL", gan_tape_combine, tape, &w->x, NULL, 1, out);
    REFUSED(GAN_E_ARGUMENT, "0 values", gan_tape_combine, tape, &w->x, weights, 0, out);
    REFUSED(GAN_E_ARGUMENT, "-5 values", gan_tape_combine, tape, &w->x, weights, -5, out);
    REFUSED(GAN_E_SHAPE, "value 1 is", gan_tape_combine, tape, ((gan_value[]){w->x, w->z}), weights,
            2, out);
}

static void refuse_tape_results(world *w)
{
    static const gan_value values[] = {-1, 3, 0, INT64_MAX, INT64_MIN, 1LL << 32 | 99, 2LL << 32};
    gan_tape *tape = w->tape;
    gan_tensor *whole;
    int64_t shape[4];
    double number;
    void *bad;
    CHECK_OK(gan_tensor_create(&whole, w->context, GAN_INT32, 4, (int64_t[]){2, 4, 4, 1}));
    EACH_WRONG(TAPE, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_tape_shape, bad, w->x, shape);
    REFUSED(GAN_E_ARGUMENT, "shape is NULL", gan_tape_shape, tape, w->x, NULL);
    EACH_WRONG(TAPE, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_tape_scalar, bad, w->x, &number);
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_tape_scalar, tape, w->x, NULL);
    REFUSED(GAN_E_SHAPE, "no single number", gan_tape_scalar, tape, w->x, &number);
    EACH_WRONG(TAPE, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_tape_value, bad, w->x, w->made);
    EACH_WRONG(TENSOR, bad) REFUSED(GAN_E_ARGUMENT, "tensor", gan_tape_value, tape, w->x, bad);
    REFUSED(GAN_E_SHAPE, "the tensor is", gan_tape_value, tape, w->x, w->latent);
    REFUSED(GAN_E_SHAPE, "int32", gan_tape_value, tape, w->x, whole);
    EACH_WRONG(TAPE, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_tape_gradient, bad, w->x, w->made);
    REFUSED(GAN_E_STATE, "no gradient", gan_tape_gradient, tape, w->x, w->made);
#define MAKE(expected, words, ...) \
    NOT_MADE(gan_tensor, expected, words, gan_tape_tensor, __VA_ARGS__)
    EACH_WRONG(TAPE, bad) MAKE(GAN_E_ARGUMENT, NULL, bad, w->x, GAN_VALUE);
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_tape_tensor, NULL, tape, w->x, GAN_VALUE);
    MAKE(GAN_E_ARGUMENT, "what is 0", tape, w->x, 0);
    MAKE(GAN_E_ARGUMENT, "what is 3", tape, w->x, GAN_VALUE | GAN_GRADIENT);
    MAKE(GAN_E_STATE, "no gradient", tape, w->x, GAN_GRADIENT);
    for (int i = 0; i < 7; i++) {
        MAKE(GAN_E_ARGUMENT, "value", tape, values[i], GAN_VALUE);
        REFUSED(GAN_E_ARGUMENT, "value", gan_tape_shape, tape, values[i], shape);
        REFUSED(GAN_E_ARGUMENT, "value", gan_tape_scalar, tape, values[i], &number);
        REFUSED(GAN_E_ARGUMENT, "value", gan_tape_value, tape, values[i], w->made);
        REFUSED(GAN_E_ARGUMENT, "value", gan_tape_gradient, tape, values[i], w->made);
        REFUSED(GAN_E_ARGUMENT, "value", gan_tape_backward, tape, &values[i], NULL, 1, NULL, 0);
    }
    gan_tensor_release(whole);
}

static void refuse_tape_backward(world *w)
{
    gan_tape *tape = w->tape;
    gan_model *g = w->generator;
    void *bad;
#define BACKWARD(expected, words, ...) REFUSED(expected, words, gan_tape_backward, __VA_ARGS__)
    EACH_WRONG(TAPE, bad) BACKWARD(GAN_E_ARGUMENT, NULL, bad, &w->x, NULL, 1, &g, 1);
    BACKWARD(GAN_E_ARGUMENT, "values is NULL", tape, NULL, NULL, 1, &g, 1);
    BACKWARD(GAN_E_ARGUMENT, "models is NULL", tape, &w->x, NULL, 1, NULL, 1);
    BACKWARD(GAN_E_ARGUMENT, "0 values", tape, &w->x, NULL, 0, &g, 1);
    BACKWARD(GAN_E_ARGUMENT, "-1 values", tape, &w->x, NULL, -1, &g, 1);
    BACKWARD(GAN_E_ARGUMENT, "-2147483648 models", tape, &w->x, NULL, 1, &g, INT32_MIN);
    EACH_WRONG(MODEL, bad)
    BACKWARD(GAN_E_ARGUMENT, "model", tape, &w->x, NULL, 1, (gan_model *[]){bad}, 1);
    EACH_WRONG(TENSOR, bad)
    if (bad) BACKWARD(GAN_E_ARGUMENT, "tensor", tape, &w->x, (gan_tensor *[]){bad}, 1, &g, 1);
    BACKWARD(GAN_E_SHAPE, "the tensor is", tape, &w->x, &w->latent, 1, &g, 1);
}

/* ---- optimizer.h ---- */

static void refuse_optimizer(world *w)
{
    gan_context *other = open_context(&w->fault, "threads=1");
    gan_model *strange;
    double number;
    void *bad;
    CHECK_OK(gan_model_parse(&strange, other, "input 3; dense 3"));
    EACH_WRONG(CONTEXT, bad)
    NOT_MADE(gan_optimizer, GAN_E_ARGUMENT, NULL, gan_optimizer_create, bad, "adam");
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_optimizer_create, NULL, w->context, "adam");
    NOT_MADE(gan_optimizer, GAN_E_ARGUMENT, "spec is NULL", gan_optimizer_create, w->context, NULL);
    NOT_MADE(gan_optimizer, GAN_E_TEXT, "'lr'", gan_optimizer_create, w->context, "adam lr=-1");
    NOT_MADE(gan_optimizer, GAN_E_TEXT, "'lr'", gan_optimizer_create, w->context, "adam lr=nan");
    EACH_WRONG(OPTIMIZER, bad) IGNORED(gan_optimizer_retain, bad);
    EACH_WRONG(OPTIMIZER, bad) IGNORED(gan_optimizer_release, bad);
    EACH_WRONG(OPTIMIZER, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_optimizer_add, bad, w->generator);
    EACH_WRONG(MODEL, bad) REFUSED(GAN_E_ARGUMENT, "model", gan_optimizer_add, w->optimizer, bad);
    REFUSED(GAN_E_ARGUMENT, "another context", gan_optimizer_add, w->optimizer, strange);
    EACH_WRONG(OPTIMIZER, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_optimizer_step, bad);
    EACH_WRONG(OPTIMIZER, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_optimizer_zero, bad);
    EACH_WRONG(OPTIMIZER, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_optimizer_norm, bad, &number);
    EACH_WRONG(OPTIMIZER, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_optimizer_rate, bad, &number);
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_optimizer_norm, w->optimizer, NULL);
    REFUSED(GAN_E_ARGUMENT, "out is NULL", gan_optimizer_rate, w->optimizer, NULL);
    EACH_WRONG(OPTIMIZER, bad) NOTHING_FROM(gan_optimizer_text, bad);
    gan_model_release(strange);
    gan_context_release(other);
}

static void refuse_optimizer_state(world *w)
{
    gan_context *other = open_context(&w->fault, "threads=1");
    gan_optimizer *o = w->optimizer, *adam = NULL;
    gan_model *g = w->generator, *strange;
    gan_tensor *weight = make_tensor(w->context, 2, (int64_t[]){16, 3});
    int64_t steps;
    void *bad;
    CHECK_OK(gan_model_parse(&strange, other, "input 3; dense 3"));
    CHECK_OK(gan_optimizer_create(&adam, w->context, "adam"));
    CHECK_OK(gan_optimizer_add(adam, g));
    EACH_WRONG(OPTIMIZER, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_optimizer_set_rate, bad, 0.1);
    REFUSED(GAN_E_ARGUMENT, "rate is nan", gan_optimizer_set_rate, o, (double)NAN);
    EACH_WRONG(OPTIMIZER, bad) NOTHING_FROM(gan_optimizer_steps, bad);
    EACH_WRONG(OPTIMIZER, bad) REFUSED(GAN_E_ARGUMENT, NULL, gan_optimizer_set_steps, bad, 1);
    REFUSED(GAN_E_ARGUMENT, "steps is -92", gan_optimizer_set_steps, o, INT64_MIN);
#define ASK(words, ...) REFUSED(GAN_E_ARGUMENT, words, gan_optimizer_parameter_steps, __VA_ARGS__)
#define PUT(words, ...) \
    REFUSED(GAN_E_ARGUMENT, words, gan_optimizer_set_parameter_steps, __VA_ARGS__)
#define READ(words, ...) REFUSED(GAN_E_ARGUMENT, words, gan_optimizer_read, __VA_ARGS__)
#define WRITE(words, ...) REFUSED(GAN_E_ARGUMENT, words, gan_optimizer_write, __VA_ARGS__)
    EACH_WRONG(OPTIMIZER, bad) ASK(NULL, bad, g, "0.bias", &steps);
    EACH_WRONG(MODEL, bad) ASK("model", o, bad, "0.bias", &steps);
    ASK("name is NULL", o, g, NULL, &steps);
    ASK("out is NULL", o, g, "0.bias", NULL);
    ASK("another context", o, strange, "0.bias", &steps);
    ASK("'0.bis'", o, g, "0.bis", &steps);
    EACH_WRONG(OPTIMIZER, bad) PUT(NULL, bad, g, "0.bias", 1);
    EACH_WRONG(MODEL, bad) PUT("model", o, bad, "0.bias", 1);
    PUT("name is NULL", o, g, NULL, 1);
    PUT("another context", o, strange, "0.bias", 1);
    PUT("steps is -1", o, g, "0.bias", -1);
    EACH_WRONG(OPTIMIZER, bad) NOTHING_FROM(gan_optimizer_moment_count, bad);
    EACH_WRONG(OPTIMIZER, bad) NOTHING_FROM(gan_optimizer_moment_name, bad, 0);
    NOTHING_FROM(gan_optimizer_moment_name, adam, -1);
    NOTHING_FROM(gan_optimizer_moment_name, adam, 2);
    EACH_WRONG(OPTIMIZER, bad) READ(NULL, bad, g, "0.weight", "exp_avg", weight);
    EACH_WRONG(MODEL, bad) READ("model", adam, bad, "0.weight", "exp_avg", weight);
    EACH_WRONG(TENSOR, bad) READ("tensor", adam, g, "0.weight", "exp_avg", bad);
    READ("name is NULL", adam, g, NULL, "exp_avg", weight);
    READ("moment is NULL", adam, g, "0.weight", NULL, weight);
    READ("'momentum_buffer'", o, g, "0.weight", "momentum_buffer", weight);
    EACH_WRONG(OPTIMIZER, bad) WRITE(NULL, bad, g, "0.weight", "exp_avg", weight);
    EACH_WRONG(MODEL, bad) WRITE("model", adam, bad, "0.weight", "exp_avg", weight);
    EACH_WRONG(TENSOR, bad) WRITE("tensor", adam, g, "0.weight", "exp_avg", bad);
    WRITE("name is NULL", adam, g, NULL, "exp_avg", weight);
    WRITE("moment is NULL", adam, g, "0.weight", NULL, weight);
    WRITE("another context", adam, strange, "0.weight", "exp_avg", weight);
    gan_tensor_release(weight);
    gan_optimizer_release(adam);
    gan_model_release(strange);
    gan_context_release(other);
}

TEST(wrong_arguments)
{
    world opened, *w = &opened;
    open_world(w, "threads=1");
    refuse_runner(w);
    refuse_tape_sources(w);
    refuse_tape_records(w);
    refuse_tape_results(w);
    refuse_tape_backward(w);
    refuse_optimizer(w);
    refuse_optimizer_state(w);
    check_all_called(2);
    CHECK_OK(gan_trainer_step(w->trainer)); /* all is as it was */
    close_world(w);
}

int main(void)
{
    RUN(wrong_arguments);
    return test_report();
}
