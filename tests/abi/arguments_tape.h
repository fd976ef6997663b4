/* arguments_tape.h: wrong arguments of tapes, for test_arguments_models.c. */
#ifndef GAN_TEST_ARGUMENTS_TAPE_H
#define GAN_TEST_ARGUMENTS_TAPE_H

#include "arguments.h"

#include <math.h>

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
    NO_VALUE(GAN_E_ARGUMENT, "flags is 2,", gan_tape_input, tape, w->latent, 2, put);
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
    for (int i = 0; i < 7; i++) {
        REFUSED(GAN_E_ARGUMENT, "value", gan_tape_apply, tape, g, "training", &values[i], 1, &made,
                1);
        REFUSED(GAN_E_ARGUMENT, "value", gan_tape_loss, tape, "mean", &values[i], 1, out);
        REFUSED(GAN_E_ARGUMENT, "value", gan_tape_combine, tape, &values[i], weights, 1, out);
        REFUSED(GAN_E_ARGUMENT, "value", gan_tape_detach, tape, values[i], out);
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
    for (int i = 0; i < 7; i++) {
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

#endif
