/* Settled applications: their layers' memory serves others, their values stay, and nothing runs
 * backwards through them again in that round. */
#include "tape/tape.h"

#include "model/model.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

enum { PASSES = 4, SIZE = 16 * 16 * 3 };

static gan_context *context;
static gan_model *model;

static gan_tape *open_tape(void)
{
    gan_tape *tape;
    CHECK_OK(gan_tape_create(&tape, context));
    return tape;
}

/* The model of another picture, which is returned, and a loss of what it makes. */
static gan_value apply(gan_tape *tape, int picture, gan_value *made, gan_value *loss)
{
    gan_tensor *tensor;
    gan_value x;
    CHECK_OK(gan_tensor_create(&tensor, context, GAN_FLOAT32, 4, (const int64_t[]){1, 16, 16, 3}));
    float *numbers = gan_tensor_data(tensor);
    for (int i = 0; i < SIZE; i++) numbers[i] = (float)((i * 37 + picture * 11) % 29) / 29 - 0.5f;
    CHECK_OK(gan_tape_input(tape, tensor, 0, &x));
    gan_tensor_release(tensor);
    CHECK_OK(gan_tape_apply(tape, model, "training", &x, 1, made, 1));
    CHECK_OK(gan_tape_loss(tape, "mse target=0.3", made, 1, loss));
    return x;
}

static void read_gradient(float *to)
{
    const gan_model *m = model;
    memcpy(to, m->stores[0]->gradients, (size_t)m->stores[0]->weight_count * sizeof *to);
}

/* All passes, each backwards before the next; what was made of each is read at the end. Returns
 * bytes of the tape. */
static int64_t run(bool settle, float *gradient, float made[PASSES][SIZE])
{
    gan_tape *tape = open_tape();
    gan_value values[PASSES], loss;
    gan_model_zero_gradients(model);
    for (int i = 0; i < PASSES; i++) {
        apply(tape, i, &values[i], &loss);
        CHECK_OK(gan_tape_backward(tape, &loss, NULL, 1, &model, 1));
        if (settle) gan__tape_settle(tape);
    }
    for (int i = 0; i < PASSES; i++) {
        gan_tensor *tensor;
        CHECK_OK(gan_tape_tensor(&tensor, tape, values[i], GAN_VALUE));
        memcpy(made[i], gan_tensor_data(tensor), sizeof made[i]);
        gan_tensor_release(tensor);
    }
    read_gradient(gradient);
    const int64_t bytes = gan__tape_memory(tape);
    gan_tape_release(tape);
    return bytes;
}

TEST(memory_serves_the_next_and_values_stay)
{
    static float made[2][PASSES][SIZE];
    const size_t count = (size_t)model->stores[0]->weight_count;
    float *gradients = calloc(2 * count, sizeof *gradients);
    if (!CHECK(gradients)) return;
    const int64_t kept = run(false, gradients, made[0]);
    const int64_t settled = run(true, gradients + count, made[1]);
    CHECK(memcmp(gradients, gradients + count, count * sizeof *gradients) == 0);
    CHECK(memcmp(made[0], made[1], sizeof made[0]) == 0);
    CHECK(memcmp(made[1][0], made[1][1], sizeof made[1][0]) != 0);
    /* Of four arenas one is left; what three convolutions made at least is in each. */
    CHECK(kept - settled >= (PASSES - 1) * 3 * (int64_t)sizeof(float) * 16 * 16 * 8);
    free(gradients);
}

TEST(nothing_goes_backwards_through_it)
{
    gan_tape *tape = open_tape();
    gan_value x, made, loss, again, direction, tangent;
    x = apply(tape, 0, &made, &loss);
    CHECK_OK(gan_tape_backward(tape, &loss, NULL, 1, &model, 1));
    CHECK_OK(gan_tape_backward(tape, &loss, NULL, 1, &model, 1)); /* not settled yet */
    gan__tape_settle(tape);
    CHECK(gan_tape_backward(tape, &loss, NULL, 1, &model, 1) == GAN_E_STATE);
    CHECK(strstr(gan_context_message(context), "has run backwards for good"));
    CHECK_OK(gan_tape_loss(tape, "mse target=0", &made, 1, &again));
    CHECK(gan_tape_backward(tape, &again, NULL, 1, &model, 1) == GAN_E_STATE);
    CHECK_OK(gan_tape_detach(tape, x, &direction));
    CHECK(gan_tape_tangent(tape, made, x, direction, &tangent) == GAN_E_STATE);
    CHECK_OK(gan_tape_reset(tape)); /* a round of its own */
    apply(tape, 0, &made, &loss);
    CHECK_OK(gan_tape_backward(tape, &loss, NULL, 1, &model, 1));
    gan_tape_release(tape);
}

/* Only what the gradient came by is settled, however much is applied in between. */
TEST(others_can_still_run_backwards)
{
    const size_t count = (size_t)model->stores[0]->weight_count;
    float *gradients = calloc(2 * count, sizeof *gradients);
    if (!CHECK(gradients)) return;
    for (int settle = 0; settle < 2; settle++) {
        gan_tape *tape = open_tape();
        gan_value made[3], losses[3];
        apply(tape, 0, &made[0], &losses[0]);
        apply(tape, 1, &made[1], &losses[1]);
        CHECK_OK(gan_tape_backward(tape, &losses[1], NULL, 1, &model, 1));
        if (settle) gan__tape_settle(tape);
        apply(tape, 2, &made[2], &losses[2]);
        gan_model_zero_gradients(model);
        CHECK_OK(gan_tape_backward(tape, &losses[0], NULL, 1, &model, 1));
        read_gradient(gradients + (size_t)settle * count);
        gan_tape_release(tape);
    }
    CHECK(memcmp(gradients, gradients + count, count * sizeof *gradients) == 0);
    free(gradients);
}

int main(void)
{
    CHECK_OK(gan_context_create(&context, "seed=4 threads=1", NULL, NULL, 0));
    CHECK_OK(
        gan_model_parse(&model, context,
                        "default conv2d kernel=3 pad=1; input 16 16 3; conv2d 8; instancenorm; "
                        "tanh; repeat 2 { conv2d 8; instancenorm; silu }; conv2d 3; tanh"));
    RUN(memory_serves_the_next_and_values_stay);
    RUN(nothing_goes_backwards_through_it);
    RUN(others_can_still_run_backwards);
    gan_model_release(model);
    gan_context_release(context);
    return test_report();
}
