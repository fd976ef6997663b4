/* test_left_out.c: what no gradient has reached is left out of a step, as PyTorch leaves a
 * parameter whose gradient is None. */
#include <gan/tape.h>

#include "small.h"

#include <math.h>

/* Two stores of one optimiser, of which not every step reaches both, against PyTorch's. */
TEST(as_pytorch)
{
    for (size_t c = 0; c < sizeof update_pair_cases / sizeof update_pair_cases[0]; c++) {
        gan_context *context = context_of("");
        gan_model *models[2];
        gan_optimizer *optimizer = NULL;
        int before = test_errors;
        int64_t counts[2] = {0, 0};
        CHECK_OK(gan_optimizer_create(&optimizer, context, update_pair_cases[c].spec));
        for (int k = 0; k < 2; k++) {
            models[k] = small_model(context);
            set_weights(models[k]->stores[0]);
            CHECK_OK(gan_optimizer_add(optimizer, models[k]));
        }
        for (int i = 0; i < UPDATE_COUNT; i++) /* the second has the numbers from the last on */
            models[1]->stores[0]->weights[i] = (float)update_weights[UPDATE_COUNT - 1 - i];
        for (int t = 0; t < UPDATE_STEPS; t++) {
            double backwards[UPDATE_COUNT], norm = -1;
            snapshot was[2];
            uint64_t versions[2];
            for (int i = 0; i < UPDATE_COUNT; i++)
                backwards[i] = update_gradients[t][UPDATE_COUNT - 1 - i];
            CHECK_OK(gan_optimizer_zero(optimizer));
            if (update_reached[t][0]) set_gradients(models[0]->stores[0], update_gradients[t]);
            if (update_reached[t][1]) set_gradients(models[1]->stores[0], backwards);
            for (int k = 0; k < 2; k++) was[k] = snap_store(optimizer, k);
            for (int k = 0; k < 2; k++) versions[k] = models[k]->stores[0]->version;
            CHECK_OK(gan_optimizer_step(optimizer));
            CHECK_OK(gan_optimizer_norm(optimizer, &norm));
            CHECK_NEAR(norm, update_pair_norms[t], 1e-7 * update_pair_norms[t]);
            CHECK_INT(gan_optimizer_steps(optimizer), t + 1); /* the schedule's time goes on */
            for (int k = 0; k < 2; k++) {
                counts[k] += update_reached[t][k];
                CHECK_INT(optimizer->states[k].steps, counts[k]);
                CHECK((models[k]->stores[0]->version > versions[k]) == update_reached[t][k]);
                if (update_reached[t][k]) continue;
                snapshot is = snap_store(optimizer, k);
                was[k].steps = t + 1;
                CHECK(snap_equal(&is, &was[k]));
            }
        }
        for (int k = 0; k < 2; k++)
            for (int i = 0; i < UPDATE_COUNT; i++)
                CHECK_NEAR(models[k]->stores[0]->weights[i], update_pair_cases[c].after[k][i],
                           2e-6 * (1 + fabs(update_pair_cases[c].after[k][i])));
        if (test_errors > before) printf("    %s\n", update_pair_cases[c].spec);
        gan_optimizer_release(optimizer);
        for (int k = 0; k < 2; k++) gan_model_release(models[k]);
        gan_context_release(context);
    }
}

/* ---- through public functions alone ---- */

/* A trunk with two heads, as parts: either head, or none, can be asked. */
typedef struct tree {
    gan_context *context;
    gan_tape *tape;
    gan_model *trunk, *heads[2], *whole;
    gan_optimizer *optimizer;
} tree;

static void tree_open(tree *t, const char *spec)
{
    static const char *const names[] = {"trunk", "a", "b"};
    CHECK_OK(gan_context_create(&t->context, "threads=1 seed=5", NULL, NULL, 0));
    CHECK_OK(gan_tape_create(&t->tape, t->context));
    CHECK_OK(gan_model_parse(&t->trunk, t->context, "input 3; dense 4; leaky_relu 0.2"));
    for (int i = 0; i < 2; i++)
        CHECK_OK(gan_model_parse(&t->heads[i], t->context, "input 4; dense 2; tanh; dense 1"));
    CHECK_OK(gan_model_parse_parts(
        &t->whole, t->context,
        "input 3; t = part trunk; x = part a from t; y = part b from t; output x y", names,
        (gan_model *[]){t->trunk, t->heads[0], t->heads[1]}, 3));
    CHECK_OK(gan_optimizer_create(&t->optimizer, t->context, spec));
    CHECK_OK(gan_optimizer_add(t->optimizer, t->whole));
}

static void tree_close(tree *t)
{
    gan_optimizer_release(t->optimizer);
    gan_model_release(t->whole);
    gan_model_release(t->trunk);
    for (int i = 0; i < 2; i++) gan_model_release(t->heads[i]);
    gan_tape_release(t->tape);
    gan_context_release(t->context);
}

/* Adds the gradients of one head, a or b, and of the trunk. */
static void tree_backward(tree *t, int head)
{
    static const int64_t shape[2] = {5, 3};
    gan_value x, y[2], loss;
    CHECK_OK(gan_tape_reset(t->tape));
    CHECK_OK(gan_tape_normal(t->tape, 2, shape, &x));
    CHECK_OK(gan_tape_apply(t->tape, t->whole, "training", &x, 1, y, 2));
    CHECK_OK(gan_tape_loss(t->tape, "mse target=0.3", &y[head], 1, &loss));
    CHECK_OK(gan_tape_backward(t->tape, &loss, NULL, 1, &t->whole, 1));
}

enum { TREE_NUMBERS = 64 };

/* What a step starts from of the parameter "NAME.0.weight": value, moments, count. */
static int tree_state(const tree *t, const char *name, float out[TREE_NUMBERS])
{
    gan_tensor *tensor = NULL;
    int64_t shape[4], steps = -1, count = 0;
    int32_t rank;
    CHECK_OK(gan_model_parameter_shape(t->whole, name, &rank, shape));
    CHECK_OK(gan_tensor_create(&tensor, t->context, GAN_FLOAT32, rank, shape));
    for (int32_t i = -1; i < gan_optimizer_moment_count(t->optimizer); i++) {
        if (i < 0)
            CHECK_OK(gan_model_read(t->whole, name, GAN_VALUE, tensor));
        else
            CHECK_OK(gan_optimizer_read(t->optimizer, t->whole, name,
                                        gan_optimizer_moment_name(t->optimizer, i), tensor));
        memcpy(out + count, gan_tensor_data(tensor),
               (size_t)gan_tensor_count(tensor) * sizeof(float));
        count += gan_tensor_count(tensor);
    }
    CHECK_OK(gan_optimizer_parameter_steps(t->optimizer, t->whole, name, &steps));
    gan_tensor_release(tensor);
    memset(out + count, 0, (size_t)(TREE_NUMBERS - count) * sizeof(float));
    return (int)steps;
}

static void read_gradient(const tree *t, const char *name, double *out)
{
    gan_tensor *tensor = NULL;
    int64_t shape[4];
    int32_t rank;
    CHECK_OK(gan_model_parameter_shape(t->whole, name, &rank, shape));
    CHECK_OK(gan_tensor_create(&tensor, t->context, GAN_FLOAT32, rank, shape));
    CHECK_OK(gan_model_read(t->whole, name, GAN_GRADIENT, tensor));
    *out = 0;
    for (int64_t i = 0; i < gan_tensor_count(tensor); i++)
        *out += fabs((double)((float *)gan_tensor_data(tensor))[i]);
    gan_tensor_release(tensor);
}

/* The head that was not asked stays as it is, weight decay and momentum or not; looking at its
 * gradient, which reads as zero, changes nothing. */
TEST(heads_that_are_not_asked)
{
    static const char *const specs[] = {
        "sgd lr=0.1 momentum=0.9 weight_decay=0.1", "rmsprop lr=0.01 weight_decay=0.1 momentum=0.5",
        "adam lr=0.01 weight_decay=0.1 clip=0.01", "adamw lr=0.01 schedule=linear:100"};
    static const char *const names[] = {"trunk.0.weight", "a.0.weight", "b.0.weight"};
    for (size_t s = 0; s < sizeof specs / sizeof specs[0]; s++) {
        tree t;
        int counts[3] = {0, 0, 0};
        tree_open(&t, specs[s]);
        for (int i = 0; i < 9; i++) {
            const bool none = i == 5;
            const int head = i % 3 == 1, other = 1 - head;
            float before[3][TREE_NUMBERS], after[TREE_NUMBERS];
            double size = -1;
            CHECK_OK(i % 2 ? gan_optimizer_zero(t.optimizer) : gan_model_zero_gradients(t.whole));
            if (!none) tree_backward(&t, head);
            read_gradient(&t, names[1 + other], &size);
            CHECK_NEAR(size, 0, 0);
            read_gradient(&t, names[0], &size);
            CHECK((size > 0) == !none);
            for (int k = 0; k < 3; k++) CHECK_INT(tree_state(&t, names[k], before[k]), counts[k]);
            CHECK_OK(gan_optimizer_step(t.optimizer));
            CHECK_INT(gan_optimizer_steps(t.optimizer), i + 1);
            for (int k = 0; k < 3; k++) {
                bool reached = !none && k != 1 + other;
                counts[k] += reached;
                CHECK_INT(tree_state(&t, names[k], after), counts[k]);
                if (!CHECK((memcmp(after, before[k], sizeof after) != 0) == reached))
                    printf("    %s of %s in step %d\n", names[k], specs[s], i);
            }
        }
        tree_close(&t);
    }
}

/* Counts are set one by one as well, and Adam goes by them: a head of count 0 among others of
 * count 1000 takes its first step as a new one does, of the rate's size. */
TEST(corrections_by_the_own_count)
{
    static const char *const name = "a.2.bias";
    tree t;
    float before[TREE_NUMBERS], after[TREE_NUMBERS];
    tree_open(&t, "adam lr=0.01 beta1=0.9");
    CHECK_OK(gan_optimizer_set_steps(t.optimizer, 1000));
    CHECK_INT(tree_state(&t, name, before), 1000);
    CHECK_OK(gan_optimizer_set_parameter_steps(t.optimizer, t.whole, "a.0.bias", 0));
    CHECK_INT(tree_state(&t, name, before), 0); /* of the same part */
    CHECK_INT(tree_state(&t, "b.2.bias", after), 1000);
    CHECK_INT(tree_state(&t, "trunk.0.bias", after), 1000);
    CHECK_INT(gan_optimizer_steps(t.optimizer), 1000);
    CHECK_OK(gan_optimizer_zero(t.optimizer));
    tree_backward(&t, 0);
    CHECK_OK(gan_optimizer_step(t.optimizer));
    CHECK_INT(tree_state(&t, name, after), 1);
    CHECK_NEAR(fabs(after[0] - before[0]), 0.01, 1e-6);
    CHECK_OK(gan_optimizer_zero(t.optimizer));
    tree_backward(&t,
                  1); /* m / (1 - 0.9^1001) / sqrt(v / (1 - 0.999^1001)), m = g/10, v = g^2/1000 */
    CHECK_INT(tree_state(&t, "b.2.bias", before), 1000);
    CHECK_OK(gan_optimizer_step(t.optimizer));
    CHECK_INT(tree_state(&t, "b.2.bias", after), 1001);
    CHECK_NEAR(fabs(after[0] - before[0]),
               0.01 * 0.1 * sqrt((1 - pow(0.999, 1001)) / 0.001) / (1 - pow(0.9, 1001)), 1e-6);
    tree_close(&t);
}

/* RMSprop's counts where the square of a gradient is no float32 (optimizer.h): the first step is 10
 * times as long as one after many equal gradients. */
TEST(tiny_gradients_by_the_own_count)
{
    gan_context *context = context_of("");
    gan_model *models[2];
    gan_optimizer *optimizer = NULL;
    CHECK_OK(gan_optimizer_create(&optimizer, context, "rmsprop eps=0 lr=0.01"));
    for (int k = 0; k < 2; k++) {
        models[k] = small_model(context);
        CHECK_OK(gan_optimizer_add(optimizer, models[k]));
        memset(models[k]->stores[0]->weights, 0, UPDATE_COUNT * sizeof(float));
        gan__store_write_zeros(models[k]->stores[0]);
        for (int i = 0; i < UPDATE_COUNT; i++) models[k]->stores[0]->gradients[i] = -1e-20F;
    }
    CHECK_OK(gan_optimizer_set_steps(optimizer, 1000));
    CHECK_OK(gan_optimizer_set_parameter_steps(optimizer, models[1], "0.weight", 0));
    CHECK_OK(gan_optimizer_step(optimizer));
    CHECK_NEAR(models[0]->stores[0]->weights[3], 0.01 / sqrt(1 - pow(0.99, 1001)), 1e-5);
    CHECK_NEAR(models[1]->stores[0]->weights[3], 0.1, 1e-5);
    gan_optimizer_release(optimizer);
    for (int k = 0; k < 2; k++) gan_model_release(models[k]);
    gan_context_release(context);
}

/* Within a store that was reached, what was not has a gradient of zero, and is updated: a layer
 * that stands beside the one that was asked, in the same model. */
TEST(beside_what_was_reached)
{
    gan_context *context = context_of("");
    gan_model *model = NULL;
    gan_optimizer *optimizer = NULL;
    gan_tape *tape = NULL;
    gan_value x, y[2];
    int64_t steps = 0;
    CHECK_OK(
        gan_model_parse(&model, context, "input z 3; a = dense 1; b = dense 1 from z; output a b"));
    CHECK_OK(gan_tape_create(&tape, context));
    CHECK_OK(gan_optimizer_create(&optimizer, context, "sgd lr=0.1 weight_decay=1"));
    CHECK_OK(gan_optimizer_add(optimizer, model));
    CHECK_OK(gan_tape_normal(tape, 2, (const int64_t[]){4, 3}, &x));
    CHECK_OK(gan_tape_apply(tape, model, "training", &x, 1, y, 2));
    CHECK_OK(gan_tape_backward(tape, &y[0], NULL, 1, &model, 1));
    const gan_layer *b = NULL;
    for (size_t i = 0; i < model->parameter_count; i++)
        if (!strcmp(model->parameters[i].name, "b.weight")) b = model->parameters[i].layer;
    float before = *gan__parameter_value(b, &b->parameters[0]);
    CHECK_OK(gan_optimizer_step(optimizer));
    CHECK_NEAR(*gan__parameter_value(b, &b->parameters[0]), 0.9 * (double)before, 1e-6);
    CHECK_OK(gan_optimizer_parameter_steps(optimizer, model, "b.bias", &steps));
    CHECK_INT(steps, 1);
    gan_tape_release(tape);
    gan_optimizer_release(optimizer);
    gan_model_release(model);
    gan_context_release(context);
}

int main(void)
{
    RUN(as_pytorch);
    RUN(heads_that_are_not_asked);
    RUN(corrections_by_the_own_count);
    RUN(tiny_gradients_by_the_own_count);
    RUN(beside_what_was_reached);
    return test_report();
}
