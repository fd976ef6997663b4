/* The judge: it learns, it says what it knows, and it is the same whatever was made before. */
#include "metric_rows.h"

#include "data/batch.h"

enum { SIDE = 12, TRAIN = 240, HELD = 90, CLASSES = 3 };

/* Bars: of class 0 across, of 1 upright, of 2 on the diagonal, at a place that differs, in noise.
 */
static void draw(unsigned char *to, int64_t number, uint64_t *state)
{
    const int place = (int)(number / CLASSES * 5 % SIDE), kind = (int)(number % CLASSES);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            const int at = kind == 0 ? y : kind == 1 ? x : (x + y) % SIDE;
            const double value = next_sum(state) * 20 + (at == place ? 160 : 60);
            to[y * SIDE + x] = (unsigned char)(value > 0 ? value : 0);
        }
}

static gan_dataset *bars(gan_context *context, uint64_t state, int64_t count)
{
    static const char *const fields[] = {"image", "label"};
    const int64_t shape[4] = {count, SIDE, SIDE, 1};
    gan_tensor *both[2] = {NULL};
    gan_dataset *data = NULL;
    CHECK_OK(gan_tensor_create(&both[0], context, GAN_UINT8, 4, shape));
    CHECK_OK(gan_tensor_create(&both[1], context, GAN_INT64, 1, shape));
    for (int64_t i = 0; i < count; i++) {
        draw((unsigned char *)gan_tensor_data(both[0]) + i * SIDE * SIDE, i, &state);
        ((int64_t *)gan_tensor_data(both[1]))[i] = i % CLASSES;
    }
    CHECK_OK(gan_dataset_from_tensors(&data, context, fields, both, 2));
    for (int i = 0; i < 2; i++) gan_tensor_release(both[i]);
    return data;
}

/* The judge's file, and its notes. */
static gan_tensor *train(const char *context_spec, const char *before, const char *spec,
                         double *accuracy, char examples[48])
{
    gan_context *context = make_context(context_spec);
    gan_dataset *data = bars(context, 3, TRAIN), *held = bars(context, 6, HELD);
    gan_model *other = NULL, *judge = NULL;
    gan_tape *tape = NULL;
    gan_tensor *bytes = NULL;
    if (before) CHECK_OK(gan_model_parse(&other, context, before));
    if (before) CHECK_OK(gan_tape_create(&tape, context));
    if (!CHECK_OK(gan_judge_train(&judge, context, spec, data, held)))
        puts(gan_context_message(context));
    *accuracy = strtod(gan_model_note(judge, "accuracy"), NULL);
    CHECK_TEXT(gan_model_note(judge, "accuracy_count"), "90");
    CHECK_TEXT(gan_model_note(judge, "inputs"), "picture");
    CHECK_TEXT(gan_model_note(judge, "class_count"), "3");
    CHECK_OK(gan_judge_examples(data, examples, 48));
    CHECK_TEXT(gan_model_note(judge, "examples"), examples);
    CHECK_OK(gan_model_save_memory(&bytes, judge));
    gan_tape_release(tape);
    gan_model_release(other);
    gan_model_release(judge);
    gan_dataset_release(data);
    gan_dataset_release(held);
    gan_context_release(context);
    return bytes;
}

static int same(gan_tensor *a, gan_tensor *b)
{
    const int64_t n = gan_tensor_count(a);
    return n == gan_tensor_count(b) && !memcmp(gan_tensor_data(a), gan_tensor_data(b), (size_t)n);
}

TEST(learns_the_same_everywhere)
{
    static const char spec[] = "rounds=20 batch=24 features=16";
    double accuracy, other;
    char examples[48], again[48];
    gan_tensor *first = train("threads=1", NULL, spec, &accuracy, examples);
    gan_tensor *second =
        train("threads=3 seed=9 cpu=generic", "input 4; dense 5", spec, &other, again);
    gan_tensor *third =
        train("threads=1", NULL, "rounds=20 batch=24 features=16 seed=2", &other, again);
    if (!CHECK(accuracy > 0.9)) printf("    accuracy %g\n", accuracy);
    CHECK_TEXT(again, examples);
    CHECK(!strncmp(examples, "240 ", 4));
    CHECK(same(first, second));
    CHECK(!same(first, third));
    gan_tensor_release(first);
    gan_tensor_release(second);
    gan_tensor_release(third);
}

/* Ten steps of its network from here, on batches of 24. */
static void train_by_hand(gan_context *context, gan_dataset *data, gan_model *model)
{
    static const char *const fields[] = {"image", "label"};
    const gan__batch_plan plan = {
        .fields = fields, .field_count = 2, .batch = 24, .seed = 1, .in_flight = 1};
    gan__batcher *batcher = NULL;
    gan_tape *tape = NULL;
    gan_optimizer *adam = NULL;
    CHECK_OK(gan__batcher_create(&batcher, context, data, &plan));
    CHECK_OK(gan_tape_create(&tape, context));
    CHECK_OK(gan_optimizer_create(&adam, context, "adam lr=0.001 schedule=cosine:10"));
    CHECK_OK(gan_optimizer_add(adam, model));
    for (int i = 0; i < 10; i++) {
        gan_tensor *const *batch;
        gan_value x, y[2], loss;
        CHECK_OK(gan__batcher_next(batcher, &batch));
        CHECK_OK(gan_tape_reset(tape));
        CHECK_OK(gan_tape_input(tape, batch[0], 0, &x));
        CHECK_OK(gan_tape_apply(tape, model, "training", &x, 1, y, 2));
        CHECK_OK(gan_tape_input(tape, batch[1], 0, &y[0]));
        CHECK_OK(gan_tape_loss(tape, "cross_entropy", (gan_value[]){y[1], y[0]}, 2, &loss));
        CHECK_OK(gan_optimizer_zero(adam));
        CHECK_OK(gan_tape_backward(tape, &loss, NULL, 1, &model, 1));
        CHECK_OK(gan_optimizer_step(adam));
    }
    gan__batcher_free(batcher);
    gan_tape_release(tape);
    gan_optimizer_release(adam);
}

TEST(is_a_plain_training)
{
    const int64_t shape[2] = {CLASSES, 16};
    gan_context *context = make_context("threads=1 seed=1"), *other = make_context("threads=1");
    gan_dataset *data = bars(context, 3, TRAIN), *same_data = bars(other, 3, TRAIN);
    gan_model *judge = NULL, *model = NULL;
    gan_tensor *weights[2] = {NULL};
    CHECK_OK(gan_judge_train(&judge, other, "rounds=1 batch=24 features=16", same_data, NULL));
    CHECK_OK(gan_model_parse(&model, context, gan_model_text(judge)));
    train_by_hand(context, data, model);
    for (int i = 0; i < 2; i++) {
        CHECK_OK(gan_tensor_create(&weights[i], context, GAN_FLOAT32, 2, shape));
        CHECK_OK(gan_model_read(i ? model : judge, "logits.weight", GAN_VALUE, weights[i]));
    }
    CHECK(!memcmp(gan_tensor_data(weights[0]), gan_tensor_data(weights[1]),
                  CLASSES * 16 * sizeof(float)));
    for (int i = 0; i < 2; i++) gan_tensor_release(weights[i]);
    gan_model_release(judge);
    gan_model_release(model);
    gan_dataset_release(data);
    gan_dataset_release(same_data);
    gan_context_release(context);
    gan_context_release(other);
}

/* What others draw in the context is not moved by a judge. */
TEST(leaves_the_context)
{
    gan_tensor *weights[2] = {NULL};
    for (int i = 0; i < 2; i++) {
        gan_context *context = make_context("threads=1 seed=4");
        gan_dataset *data = bars(context, 3, 24);
        gan_model *judge = NULL, *model = NULL;
        if (i) CHECK_OK(gan_judge_train(&judge, context, "rounds=1 features=4", data, NULL));
        if (i) CHECK(gan_model_note(judge, "accuracy") == NULL);
        CHECK_OK(gan_model_parse(&model, context, "input 4; dense 5"));
        CHECK_OK(gan_model_save_memory(&weights[i], model));
        gan_model_release(judge);
        gan_model_release(model);
        gan_dataset_release(data);
        gan_context_release(context);
    }
    CHECK(same(weights[0], weights[1]));
    for (int i = 0; i < 2; i++) gan_tensor_release(weights[i]);
}

/* Other pictures, or other labels, are other examples; the same ones are not. */
TEST(examples)
{
    static const char *const fields[] = {"image", "label"};
    const int64_t shape[4] = {24, SIDE, SIDE, 1};
    char first[48], again[48], other[48], moved[48];
    gan_context *context = make_context("threads=1");
    gan_dataset *data[4] = {bars(context, 3, 24), bars(context, 3, 24), bars(context, 4, 24), NULL};
    gan_tensor *both[2] = {NULL};
    CHECK_OK(gan_tensor_create(&both[0], context, GAN_FLOAT32, 4, shape));
    CHECK_OK(gan_tensor_create(&both[1], context, GAN_INT64, 1, shape));
    int64_t indices[24];
    for (int64_t i = 0; i < 24; i++) indices[i] = i;
    CHECK_OK(gan_dataset_read(data[0], "image", indices, both[0]));
    for (int64_t i = 0; i < 24; i++) ((int64_t *)gan_tensor_data(both[1]))[i] = (i + 1) % CLASSES;
    CHECK_OK(gan_dataset_from_tensors(&data[3], context, fields, both, 2));
    char *const texts[4] = {first, again, other, moved};
    for (int i = 0; i < 4; i++) {
        CHECK_OK(gan_judge_examples(data[i], texts[i], 48));
        gan_dataset_release(data[i]);
    }
    CHECK_TEXT(again, first);
    CHECK(strcmp(other, first) && strcmp(moved, first) && strcmp(moved, other));
    for (int i = 0; i < 2; i++) gan_tensor_release(both[i]);
    gan_context_release(context);
}

/* Pictures of any shape: a signal, a point, large and not square, few and of many channels. */
TEST(any_size)
{
    static const int64_t shapes[][4] = {{6, 1, 64, 2}, {6, 1, 1, 3},   {6, 37, 5, 1},
                                        {6, 2, 9, 7},  {6, 64, 48, 3}, {2, 8, 8, 1}};
    static const char *const fields[] = {"image", "label"};
    gan_context *context = make_context("threads=2");
    for (int i = 0; i < 6; i++) {
        gan_tensor *both[2] = {NULL};
        gan_dataset *data = NULL;
        gan_model *judge = NULL;
        int64_t shape[3];
        CHECK_OK(gan_tensor_create(&both[0], context, GAN_UINT8, 4, shapes[i]));
        CHECK_OK(gan_tensor_create(&both[1], context, GAN_INT64, 1, shapes[i]));
        for (int64_t k = 0; k < shapes[i][0]; k++) ((int64_t *)gan_tensor_data(both[1]))[k] = k % 2;
        CHECK_OK(gan_dataset_from_tensors(&data, context, fields, both, 2));
        if (!CHECK_OK(gan_judge_train(&judge, context, "rounds=1 batch=4", data, data)))
            puts(gan_context_message(context));
        CHECK_OK(gan_model_input_shape(judge, 0, shape));
        CHECK(!memcmp(shape, shapes[i] + 1, sizeof shape));
        CHECK_INT(gan_model_output_index(judge, "features"), 0);
        CHECK_INT(gan_model_output_index(judge, "logits"), 1);
        gan_model_release(judge);
        gan_dataset_release(data);
        for (int k = 0; k < 2; k++) gan_tensor_release(both[k]);
    }
    gan_context_release(context);
}

TEST(other_pictures_are_refused)
{
    static const char *const fields[] = {"image", "label"};
    const int64_t shape[4] = {4, 5, SIDE, 1};
    gan_context *context = make_context("threads=1");
    gan_dataset *data = bars(context, 3, 24), *held = NULL;
    gan_tensor *both[2] = {NULL};
    gan_model *judge = NULL;
    CHECK_OK(gan_tensor_create(&both[0], context, GAN_UINT8, 4, shape));
    CHECK_OK(gan_tensor_create(&both[1], context, GAN_INT64, 1, shape));
    ((int64_t *)gan_tensor_data(both[1]))[1] = 1;
    CHECK_OK(gan_dataset_from_tensors(&held, context, fields, both, 2));
    CHECK_STATUS(gan_judge_train(&judge, context, "rounds=1", data, held), GAN_E_SHAPE);
    CHECK_TEXT(gan_context_message(context), "judge: held-out pictures of 5x12x1, not 12x12x1");
    CHECK(judge == NULL);
    gan_dataset_release(held);
    gan_dataset_release(data);
    for (int k = 0; k < 2; k++) gan_tensor_release(both[k]);
    gan_context_release(context);
}

int main(void)
{
    RUN(learns_the_same_everywhere);
    RUN(is_a_plain_training);
    RUN(leaves_the_context);
    RUN(examples);
    RUN(any_size);
    RUN(other_pictures_are_refused);
    return test_report();
}
