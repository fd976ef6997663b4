/* Nodes that compute the same of the same values, merged. */
#include "fault.h"

#include <gan/tape.h>

#include "model/tree.h"

#include <math.h>
#include <string.h>

static fault_host fault;
static gan_context *context;

static gan_model *parse(const char *text)
{
    gan_model *out;
    if (CHECK_OK(gan_model_parse(&out, context, text))) return out;
    printf("    %s\n", gan_context_message(context));
    exit(1);
}

/* All outputs of two pictures of 4x4x2, one after the other. */
static size_t run(gan_model *model, float out[256])
{
    gan_tape *tape;
    gan_tensor *x, *y;
    gan_value in, made[4];
    size_t count = 0;
    const int32_t outputs = gan_model_output_count(model);
    CHECK_OK(gan_tape_create(&tape, context));
    CHECK_OK(gan_tensor_create(&x, context, GAN_FLOAT32, 4, (const int64_t[]){2, 4, 4, 2}));
    for (int i = 0; i < 64; i++) ((float *)gan_tensor_data(x))[i] = sinf((float)i);
    CHECK_OK(gan_tape_input(tape, x, 0, &in));
    CHECK_OK(gan_tape_apply(tape, model, "evaluation frozen", &in, 1, made, outputs));
    for (int32_t i = 0; i < outputs; i++) {
        int64_t shape[4];
        CHECK_OK(gan_tape_shape(tape, made[i], shape));
        CHECK_OK(gan_tensor_create(&y, context, GAN_FLOAT32, 4, shape));
        CHECK_OK(gan_tape_value(tape, made[i], y));
        memcpy(out + count, gan_tensor_data(y), (size_t)gan_tensor_count(y) * sizeof(float));
        count += (size_t)gan_tensor_count(y);
        gan_tensor_release(y);
    }
    gan_tensor_release(x);
    gan_tape_release(tape);
    return count;
}

typedef struct merged {
    const char *text;
    int before, after;
} merged;

static const merged texts[] = {
    /* a part in a part, at the beginning of both */
    {"define a { input 4 4 2; conv2d 3 kernel=3 pad=1; prelu }\n"
     "define b { input 4 4 2; part a; dense 4 }\n"
     "input x 4 4 2; u = part b from x; v = part a from x; w = dense 5; output u v w",
     6, 4},
    /* other values, and other layers of the same kind */
    {"define a { input 4 4 2; conv2d 2 kernel=3 pad=1 }\n"
     "input x 4 4 2; u = part a; v = part a; w = tanh from u; z = tanh from u; output v w z",
     4, 4},
    /* what draws is another draw */
    {"define a { input 4 4 2; conv2d 2 kernel=3 pad=1; dropout 0.5; tanh }\n"
     "input x 4 4 2; u = part a from x; v = part a from x; output u v",
     6, 5},
    /* all of it */
    {"define a { input 4 4 2; conv2d 2 kernel=3 pad=1; tanh }\n"
     "input x 4 4 2; u = part a from x; v = part a from x; add from u v",
     5, 3},
};

TEST(what_is_computed_twice)
{
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        float before[256], after[256];
        gan_model *model = parse(texts[i].text);
        const size_t count = run(model, before);
        CHECK_INT(model->node_count, texts[i].before);
        CHECK_OK(gan__model_merge(model));
        CHECK_INT(model->node_count, texts[i].after);
        CHECK_INT(run(model, after), count);
        CHECK(!memcmp(before, after, count * sizeof(float)));
        gan_model_release(model);
    }
}

TEST(no_memory)
{
    gan_model *model = parse(texts[0].text);
    fault.fail_at = fault.allocations + 1;
    CHECK_STATUS(gan__model_merge(model), GAN_E_MEMORY);
    fault.fail_at = 0;
    CHECK_INT(model->node_count, texts[0].before);
    gan_model_release(model);
}

int main(void)
{
    gan_host host = fault_make(&fault);
    if (!CHECK_OK(gan_context_create(&context, "threads=1 seed=3", &host, NULL, 0))) return 1;
    RUN(what_is_computed_twice);
    RUN(no_memory);
    gan_context_release(context);
    CHECK_INT(fault.live, 0);
    return test_report();
}
