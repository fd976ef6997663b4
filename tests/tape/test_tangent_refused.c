/* What has no tangent: layers, losses, values, and models that were changed. */
#include "tangents.h"

static void refused(gan_tape *tape, gan_value output, gan_value x, gan_value v, gan_status status,
                    const char *message)
{
    gan_value out = 5, before, after;
    CHECK_OK(gan_tape_detach(tape, x, &before));
    CHECK_STATUS(gan_tape_tangent(tape, output, x, v, &out), status);
    if (!CHECK(strstr(gan_context_message(context), message) != NULL))
        printf("    %s\n", gan_context_message(context));
    CHECK_INT(out, -1);
    CHECK_OK(gan_tape_detach(tape, x, &after));
    CHECK_INT(after, before + 1);
}

TEST(refused_layers)
{
    static const int64_t shape[4] = {3, 4, 4, 2};
    gan_model *d = critic_model(
        context, "input 4 4 2; conv2d 3 kernel=3; t = tanh; n = batchnorm; match = dense 1;"
                 "realness = dense 1 from t; m = minibatch_stddev from t; output realness match m");
    gan_tape *tape;
    gan_value x, v, out[3], along;
    CHECK_OK(gan_tape_create(&tape, context));
    x = input_of(tape, 4, shape, 0, 1);
    v = input_of(tape, 4, shape, 0, 2);
    CHECK_OK(gan_tape_apply(tape, d, "training", &x, 1, out, 3));
    refused(tape, out[1], x, v, GAN_E_UNSUPPORTED,
            "layer n: batchnorm has no tangent: it couples the samples of a batch; use "
            "instancenorm, groupnorm or layernorm");
    refused(tape, out[2], x, v, GAN_E_UNSUPPORTED,
            "layer m: minibatch_stddev has no tangent: it couples the samples of a batch");
    /* They are not on the way to this one, and in evaluation batchnorm is affine. */
    CHECK_OK(gan_tape_tangent(tape, out[0], x, v, &along));
    CHECK(sum_of(tape, along) != 0);
    CHECK_OK(gan_tape_apply(tape, d, "evaluation", &x, 1, out, 3));
    CHECK_OK(gan_tape_tangent(tape, out[1], x, v, &along));
    CHECK(sum_of(tape, along) != 0);
    gan_tape_release(tape);
    gan_model_release(d);
    CHECK_OK(gan_tape_create(&tape, context));
    d = critic_model(context, "input 1; embedding 4 3; dense 1");
    gan_tensor *numbers;
    CHECK_OK(gan_tensor_create(&numbers, context, GAN_INT32, 1, (const int64_t[]){3}));
    memset(gan_tensor_data(numbers), 0, 3 * sizeof(int32_t));
    CHECK_OK(gan_tape_input(tape, numbers, 0, &x));
    CHECK_OK(gan_tape_apply(tape, d, "training", &x, 1, out, 1));
    refused(tape, out[0], x, x, GAN_E_UNSUPPORTED,
            "layer 0: embedding has no tangent: what goes in are whole numbers");
    gan_tensor_release(numbers);
    gan_tape_release(tape);
    gan_model_release(d);
}

TEST(refused_calls)
{
    static const int64_t shape[2] = {3, 5};
    gan_model *d = critic_model(context, "input 5; dense 6; silu; dense 1");
    gan_tape *tape;
    gan_value x, v, w, score, blind, loss, along, other;
    CHECK_OK(gan_tape_create(&tape, context));
    x = input_of(tape, 2, shape, 0, 1);
    v = input_of(tape, 2, shape, 0, 2);
    w = input_of(tape, 2, (const int64_t[]){2, 5}, 0, 2);
    CHECK_OK(gan_tape_apply(tape, d, "training", &x, 1, &score, 1));
    CHECK_OK(gan_tape_apply(tape, d, "evaluation frozen", &x, 1, &blind, 1));
    refused(tape, score, x, w, GAN_E_SHAPE, "the direction is 2x1x1x5, value 0 is 3x1x1x5");
    refused(tape, score, v, x, GAN_E_ARGUMENT, "value 3 does not follow from value 1");
    refused(tape, x, score, score, GAN_E_ARGUMENT, "does not follow");
    refused(tape, blind, x, v, GAN_E_STATE, "value 4 was made frozen, of values without gradient");
    CHECK_OK(gan_tape_detach(tape, score, &other));
    refused(tape, other, x, v, GAN_E_ARGUMENT, "does not follow");
    CHECK_OK(gan_tape_loss(tape, "mse", &score, 1, &loss));
    refused(tape, loss, x, v, GAN_E_UNSUPPORTED,
            "the loss mse has no tangent; mean and sum have one");
    CHECK_OK(gan_tape_tangent(tape, score, x, v, &along));
    CHECK_OK(gan_tape_combine(tape, (const gan_value[]){along, score}, (const double[]){1, 1}, 2,
                              &other));
    refused(tape, other, x, v, GAN_E_UNSUPPORTED, "is a tangent, which has none itself");
    /* Changed since: neither a tangent, nor the way back through one. */
    gan_tensor *weight;
    CHECK_OK(gan_tensor_create(&weight, context, GAN_FLOAT32, 2, (const int64_t[]){6, 5}));
    CHECK_OK(gan_model_read(d, "0.weight", GAN_VALUE, weight));
    CHECK_OK(gan_model_write(d, "0.weight", weight));
    refused(tape, score, x, v, GAN_E_STATE,
            "the model of value 3 was changed since it was applied");
    CHECK_STATUS(gan_tape_backward(tape, &along, NULL, 1, &d, 1), GAN_E_STATE);
    CHECK(strstr(gan_context_message(context), "was changed since it was applied") != NULL);
    gan_tensor_release(weight);
    gan_tape_release(tape);
    gan_model_release(d);
}

int main(void)
{
    gan_context *own;
    CHECK_OK(gan_context_create(&own, "threads=2 seed=5", NULL, NULL, 0));
    context = own;
    RUN(refused_layers);
    RUN(refused_calls);
    gan_context_release(own);
    return test_report();
}
