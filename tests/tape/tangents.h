/* tangents.h: values that tests of tangents begin with. */
#ifndef TANGENTS_H
#define TANGENTS_H

#include "critic.h"

static gan_context *context;

TEST_UNUSED static gan_value input_of(gan_tape *tape, int32_t rank, const int64_t *shape,
                                      int32_t flags, unsigned seed)
{
    gan_tensor *tensor;
    gan_value value = -1;
    CHECK_OK(gan_tensor_create(&tensor, context, GAN_FLOAT32, rank, shape));
    float *x = gan_tensor_data(tensor);
    for (int64_t i = 0; i < gan_tensor_count(tensor); i++) {
        seed = seed * 1664525u + 1013904223u;
        x[i] = (float)(seed >> 8) / 8388608.0f - 1.0f;
    }
    CHECK_OK(gan_tape_input(tape, tensor, flags, &value));
    gan_tensor_release(tensor);
    return value;
}

TEST_UNUSED static double sum_of(gan_tape *tape, gan_value value)
{
    gan_value sum;
    double number = NAN;
    CHECK_OK(gan_tape_loss(tape, "sum", &value, 1, &sum));
    CHECK_OK(gan_tape_scalar(tape, sum, &number));
    return number;
}

#endif
