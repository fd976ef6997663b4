/* What a tangent is, through all that a tape records; what its backward reaches.
 * Numbers against PyTorch are in tests/golden. */

#include "fault.h"
#include "tangents.h"

static gan_tensor *read_of(gan_tape *tape, gan_value value, int32_t what)
{
    gan_tensor *tensor = NULL;
    CHECK_OK(gan_tape_tensor(&tensor, tape, value, what));
    return tensor;
}

/* The sum of a * b, and the largest difference of b from scale * a. */
static double dot_of(gan_tensor *a, gan_tensor *b)
{
    const float *x = gan_tensor_data(a), *y = gan_tensor_data(b);
    double sum = 0;
    for (int64_t i = 0; i < gan_tensor_count(a); i++) sum += (double)x[i] * (double)y[i];
    return sum;
}

static double distance_of(gan_tensor *a, gan_tensor *b)
{
    const float *x = gan_tensor_data(a), *y = gan_tensor_data(b);
    double worst = 0, most = 1e-9;
    for (int64_t i = 0; i < gan_tensor_count(a); i++) {
        worst = fmax(worst, fabs((double)x[i] - (double)y[i]));
        most = fmax(most, fabs((double)x[i]));
    }
    return worst / most;
}

/* With g the gradient of the sum of `output` at x: the sum of its tangent along v is <g, v>, and
 * what its backward brings to v is g. */
static void check_output(gan_tape *tape, gan_value output, gan_value x, gan_value v)
{
    gan_value along;
    CHECK_OK(gan_tape_backward(tape, &output, NULL, 1, NULL, 0));
    gan_tensor *g = read_of(tape, x, GAN_GRADIENT), *direction = read_of(tape, v, GAN_VALUE);
    if (!CHECK_OK(gan_tape_tangent(tape, output, x, v, &along)))
        printf("    %s\n", gan_context_message(context));
    const double product = dot_of(g, direction), size = sqrt(dot_of(g, g));
    CHECK(size > 1e-3);
    CHECK_NEAR(sum_of(tape, along), product, 2e-5 * (size + fabs(product)));
    CHECK_OK(gan_tape_backward(tape, &along, NULL, 1, NULL, 0));
    gan_tensor *back = read_of(tape, v, GAN_GRADIENT);
    CHECK_NEAR(distance_of(g, back), 0, 2e-5);
    gan_tensor_release(g);
    gan_tensor_release(direction);
    gan_tensor_release(back);
}

TEST(every_kind_of_layer)
{
    for (int training = 0; training < 2; training++) {
        critic t;
        gan_value in[2], score, v;
        CHECK_OK(critic_open(&t, "threads=2 seed=4", NULL, critic_text));
        context = t.context;
        CHECK_OK(gan_tape_input(t.tape, t.real, GAN_INPUT_GRADIENT, &in[0]));
        CHECK_OK(gan_tape_input(t.tape, t.labels, 0, &in[1]));
        v = input_of(t.tape, 4, (const int64_t[]){3, 8, 8, 3}, GAN_INPUT_GRADIENT, 8);
        CHECK_OK(
            gan_tape_apply(t.tape, t.d, training ? "training" : "evaluation", in, 2, &score, 1));
        const uint64_t draws = gan_tape_draws(t.tape);
        const gan__store *store = t.d->stores[0];
        const size_t size = (size_t)store->buffer_count * sizeof(float);
        float *buffers = malloc(size);
        memcpy(buffers, store->buffers, size);
        check_output(t.tape, score, in[0], v);
        CHECK(gan_tape_draws(t.tape) == draws);
        CHECK(memcmp(buffers, store->buffers, size) == 0);
        free(buffers);
        critic_close(&t);
    }
}

/* ---- through several records ---- */

typedef struct walk {
    gan_tape *tape;
    gan_model *first, *second;
    gan_value x, score;
} walk;

/* Slices, a part that both halves go through, a join, a sum with x itself, layers, groups. */
static void walk_record(walk *t)
{
    const double weights[2] = {0.7, -1.2};
    gan_value half[2], pair[2], both;
    CHECK_OK(gan_tape_slice(t->tape, t->x, 0, 2, &half[0]));
    CHECK_OK(gan_tape_slice(t->tape, t->x, 2, 3, &half[1]));
    for (int i = 0; i < 2; i++)
        CHECK_OK(gan_tape_apply(t->tape, t->first, "training", &half[i], 1, &half[i], 1));
    CHECK_OK(gan_tape_join(t->tape, half, 2, &pair[0]));
    CHECK_OK(gan_tape_layer(t->tape, "softplus", &t->x, 1, &pair[1]));
    CHECK_OK(gan_tape_combine(t->tape, pair, weights, 2, &both));
    CHECK_OK(gan_tape_layer(t->tape, "multiply", (const gan_value[]){both, t->x}, 2, &both));
    CHECK_OK(gan_tape_slice(t->tape, both, 3, 2, &pair[0]));
    CHECK_OK(gan_tape_slice(t->tape, both, 0, 3, &pair[1]));
    CHECK_OK(gan_tape_apply(t->tape, t->second, "training groups=2", pair, 2, half, 2));
    CHECK_OK(gan_tape_join(t->tape, half, 2, &t->score));
}

static void walk_open(walk *t)
{
    gan_model *shared = critic_model(context, "input 4 5 2; conv2d 2 kernel=3 pad=1; groupnorm 1; "
                                              "tanh");
    const char *const names[] = {"shared"};
    CHECK_OK(gan_model_parse_parts(
        &t->first, context, "input 4 5 2; part shared; silu; part shared", names, &shared, 1));
    CHECK_OK(gan_model_parse_parts(&t->second, context,
                                   "input 4 5 2; part shared; conv2d 3 kernel=2 spectral=yes; "
                                   "sigmoid; dense 2",
                                   names, &shared, 1));
    gan_model_release(shared);
    CHECK_OK(gan_tape_create(&t->tape, context));
}

static void walk_close(walk *t)
{
    gan_tape_release(t->tape);
    gan_model_release(t->first);
    gan_model_release(t->second);
}

TEST(through_all_records)
{
    walk t;
    walk_open(&t);
    t.x = input_of(t.tape, 4, (const int64_t[]){5, 4, 5, 2}, GAN_INPUT_GRADIENT, 1);
    gan_value v = input_of(t.tape, 4, (const int64_t[]){5, 4, 5, 2}, GAN_INPUT_GRADIENT, 2);
    walk_record(&t);
    check_output(t.tape, t.score, t.x, v);
    gan_value mean;
    CHECK_OK(gan_tape_loss(t.tape, "mean", &t.score, 1, &mean));
    check_output(t.tape, mean, t.x, v);
    check_output(t.tape, t.x, t.x, v);
    walk_close(&t);
}

/* <g, w> of the walk with these parameters; spectral norm in evaluation, so that u and v stay. */
static double walk_product(walk *t, gan_tensor *x, gan_tensor *w)
{
    CHECK_OK(gan_tape_reset(t->tape));
    CHECK_OK(gan_tape_input(t->tape, x, GAN_INPUT_GRADIENT, &t->x));
    walk_record(t);
    CHECK_OK(gan_tape_backward(t->tape, &t->score, NULL, 1, NULL, 0));
    gan_tensor *g = read_of(t->tape, t->x, GAN_GRADIENT);
    const double product = dot_of(g, w);
    gan_tensor_release(g);
    return product;
}

static void move(float *values, const float *direction, int64_t count, double step)
{
    for (int64_t i = 0; i < count; i++) values[i] += (float)(step * (double)direction[i]);
}

/* Along its own gradient <g, w> rises as steeply as the gradient is long: of every store, and of x.
 * u and v are put back, since each pass moves them. */
static double walk_slope(walk *t, gan_tensor *x, gan_tensor *w, float *values, const float *along,
                         int64_t count, double step)
{
    gan__store *store = t->second->stores[0];
    if (store->buffer_count == 0) store = t->second->stores[1]; /* the other has u and v */
    float buffers[64];
    double product[2];
    for (int side = 0; side < 2; side++) {
        memcpy(buffers, store->buffers, (size_t)store->buffer_count * sizeof(float));
        move(values, along, count, side ? -step : step);
        for (size_t i = 0; i < t->second->store_count; i++) t->second->stores[i]->version++;
        product[side] = walk_product(t, x, w);
        move(values, along, count, side ? step : -step);
        memcpy(store->buffers, buffers, (size_t)store->buffer_count * sizeof(float));
    }
    for (size_t i = 0; i < t->second->store_count; i++) t->second->stores[i]->version++;
    return (product[0] - product[1]) / (2 * step);
}

TEST(second_derivatives)
{
    walk t;
    gan_value along;
    walk_open(&t);
    t.x = input_of(t.tape, 4, (const int64_t[]){5, 4, 5, 2}, GAN_INPUT_GRADIENT, 3);
    gan_value v = input_of(t.tape, 4, (const int64_t[]){5, 4, 5, 2}, 0, 4);
    gan_tensor *x = read_of(t.tape, t.x, GAN_VALUE), *w = read_of(t.tape, v, GAN_VALUE);
    /* Until the power iteration stands still. */
    for (int i = 0; i < 60; i++) (void)walk_product(&t, x, w);
    v = input_of(t.tape, 4, (const int64_t[]){5, 4, 5, 2}, 0, 4);
    CHECK_OK(gan_tape_tangent(t.tape, t.score, t.x, v, &along));
    gan_model *models[2] = {t.first, t.second};
    for (int i = 0; i < 2; i++) CHECK_OK(gan_model_zero_gradients(models[i]));
    CHECK_OK(gan_tape_backward(t.tape, &along, NULL, 1, models, 2));
    gan_tensor *at_x = read_of(t.tape, t.x, GAN_GRADIENT);
    CHECK_INT(t.second->store_count, 2);
    for (size_t i = 0; i < t.second->store_count; i++) {
        gan__store *store = t.second->stores[i];
        const size_t size = (size_t)store->weight_count * sizeof(float);
        double square = 0;
        gan__store_write_zeros(store);
        float *gradient = malloc(size);
        memcpy(gradient, store->gradients, size);
        for (int64_t j = 0; j < store->weight_count; j++)
            square += (double)gradient[j] * (double)gradient[j];
        CHECK(square > 1e-4);
        const double step = 0.02 / sqrt(square);
        CHECK_NEAR(walk_slope(&t, x, w, store->weights, gradient, store->weight_count, step) /
                       square,
                   1, 0.01);
        free(gradient);
    }
    const double square = dot_of(at_x, at_x);
    CHECK_NEAR(walk_slope(&t, x, w, gan_tensor_data(x), gan_tensor_data(at_x), gan_tensor_count(x),
                          0.02 / sqrt(square)) /
                   square,
               1, 0.01);
    gan_tensor_release(at_x);
    gan_tensor_release(x);
    gan_tensor_release(w);
    walk_close(&t);
}

/* Only one of two groups moves: what the other gives is zero. */
TEST(one_group)
{
    walk t;
    gan_value pair[2], score[2], v, along[2];
    walk_open(&t);
    for (int i = 0; i < 2; i++)
        pair[i] = input_of(t.tape, 4, (const int64_t[]){2 + i, 4, 5, 2}, GAN_INPUT_GRADIENT,
                           5 + (unsigned)i);
    v = input_of(t.tape, 4, (const int64_t[]){3, 4, 5, 2}, GAN_INPUT_GRADIENT, 7);
    CHECK_OK(gan_tape_apply(t.tape, t.second, "training groups=2", pair, 2, score, 2));
    check_output(t.tape, score[1], pair[1], v);
    CHECK_OK(gan_tape_tangent(t.tape, score[1], pair[1], v, &along[1]));
    CHECK(sum_of(t.tape, along[1]) != 0);
    CHECK_OK(gan_tape_tangent(t.tape, score[0], pair[1], v, &along[0]));
    CHECK(sum_of(t.tape, along[0]) == 0);
    walk_close(&t);
}

/* Beside what moves there is what does not: in a sum, in a join, in a group, in a layer. Fresh
 * memory is full of numbers here. */
TEST(beside_what_moves)
{
    static const int64_t shape[4] = {2, 4, 5, 2};
    fault_host fault = {0};
    gan_host host = fault_make(&fault);
    gan_context *before = context;
    CHECK_OK(gan_context_create(&context, "threads=1 seed=6", &host, NULL, 0));
    gan_model *d = critic_model(context, "input a 4 5 2; input b 4 5 2; concat from a b; conv2d 3 "
                                         "kernel=3; silu; dense 1");
    gan_tape *tape;
    gan_value still, x, both, in[4], score[2];
    CHECK_OK(gan_tape_create(&tape, context));
    still = input_of(tape, 4, shape, GAN_INPUT_GRADIENT, 1);
    x = input_of(tape, 4, shape, GAN_INPUT_GRADIENT, 2);
    gan_value v = input_of(tape, 4, shape, GAN_INPUT_GRADIENT, 3);
    CHECK_OK(
        gan_tape_combine(tape, (const gan_value[]){still, x}, (const double[]){2, -1}, 2, &in[0]));
    in[1] = still;
    in[2] = still;
    in[3] = still;
    CHECK_OK(gan_tape_apply(tape, d, "training groups=2", in, 4, score, 2));
    CHECK_OK(gan_tape_join(tape, (const gan_value[]){still, x, still}, 3, &both));
    CHECK_OK(gan_tape_apply(tape, d, "training", (const gan_value[]){both, both}, 2, &both, 1));
    CHECK_OK(gan_tape_join(tape, (const gan_value[]){score[1], both, score[0]}, 3, &both));
    check_output(tape, both, x, v);
    gan_tape_release(tape);
    gan_model_release(d);
    gan_context_release(context);
    CHECK_INT(fault.live, 0);
    context = before;
}

/* A tangent owes something to the parameters, even if nothing else on the tape has a gradient: what
 * is made of it by layers passes that on. */
TEST(layers_behind_a_tangent)
{
    gan_tape *tape;
    gan_model *d = critic_model(context, "input 5; dense 6; silu; dense 1");
    gan_value x, v, score, along, loss;
    float gradients[2][64];
    CHECK_OK(gan_tape_create(&tape, context));
    x = input_of(tape, 2, (const int64_t[]){3, 5}, 0, 1);
    v = input_of(tape, 2, (const int64_t[]){3, 5}, 0, 2);
    CHECK_OK(gan_tape_apply(tape, d, "training", &x, 1, &score, 1));
    CHECK_OK(gan_tape_tangent(tape, score, x, v, &along));
    for (int i = 0; i < 2; i++) {
        if (i == 1) CHECK_OK(gan_tape_layer(tape, "square", &along, 1, &along));
        CHECK_OK(gan_tape_loss(tape, i == 0 ? "mse" : "mean", &along, 1, &loss));
        CHECK_OK(gan_model_zero_gradients(d));
        CHECK_OK(gan_tape_backward(tape, &loss, NULL, 1, &d, 1));
        gan__store_write_zeros(d->stores[0]);
        memcpy(gradients[i], d->stores[0]->gradients,
               (size_t)d->stores[0]->weight_count * sizeof(float));
    }
    for (int64_t i = 0; i < d->stores[0]->weight_count; i++)
        CHECK_NEAR(gradients[0][i], gradients[1][i], 1e-6);
    CHECK(gradients[0][0] != 0);
    gan_tape_release(tape);
    gan_model_release(d);
}

/* ---- one pass, several uses ---- */

static void gradients_of(critic *t, const gan_value *values, int32_t count, float *out)
{
    CHECK_OK(gan_model_zero_gradients(t->d));
    CHECK_OK(gan_tape_backward(t->tape, values, NULL, count, &t->d, 1));
    gan__store_write_zeros(t->d->stores[0]);
    memcpy(out, t->d->stores[0]->gradients, (size_t)t->d->stores[0]->weight_count * sizeof *out);
}

/* What was recorded before is as it was, and gradients of several values add up. */
TEST(beside_each_other)
{
    critic t;
    gan_value in[2], score, v[2], along[2];
    CHECK_OK(critic_open(&t, "threads=2 seed=4", NULL, critic_text));
    context = t.context;
    const int64_t count = t.d->stores[0]->weight_count;
    float *of[5];
    for (int i = 0; i < 5; i++) of[i] = malloc((size_t)count * sizeof(float));
    CHECK_OK(gan_tape_input(t.tape, t.real, GAN_INPUT_GRADIENT, &in[0]));
    CHECK_OK(gan_tape_input(t.tape, t.labels, 0, &in[1]));
    CHECK_OK(gan_tape_apply(t.tape, t.d, "training", in, 2, &score, 1));
    gradients_of(&t, &score, 1, of[0]);
    for (int i = 0; i < 2; i++) {
        v[i] = input_of(t.tape, 4, (const int64_t[]){3, 8, 8, 3}, 0, 20 + (unsigned)i);
        CHECK_OK(gan_tape_tangent(t.tape, score, in[0], v[i], &along[i]));
        gradients_of(&t, &along[i], 1, of[1 + i]);
    }
    gradients_of(&t, &score, 1, of[3]);
    CHECK(memcmp(of[0], of[3], (size_t)count * sizeof(float)) == 0);
    gradients_of(&t, &along[0], 1, of[3]);
    CHECK(memcmp(of[1], of[3], (size_t)count * sizeof(float)) == 0);
    gradients_of(&t, (const gan_value[]){along[0], score, along[1]}, 3, of[4]);
    double worst = 0, most = 0;
    for (int64_t i = 0; i < count; i++) {
        const double sum = (double)of[0][i] + (double)of[1][i] + (double)of[2][i];
        worst = fmax(worst, fabs(sum - (double)of[4][i]));
        most = fmax(most, fabs(sum));
    }
    CHECK_NEAR(worst / most, 0, 1e-5);
    for (int i = 0; i < 5; i++) free(of[i]);
    critic_close(&t);
}

/* Dropout is a product with the mask that it drew. */
TEST(dropped)
{
    static const int64_t shape[2] = {6, 9}, inner[2] = {6, 30};
    gan_model *d[2] = {critic_model(context, "input 9; dense 30; tanh; dropout 0.4; dense 3; silu; "
                                             "dense 1"),
                       critic_model(context, "input x 9; input mask 30; dense 30 from x; tanh; "
                                             "multiply from . mask; dense 3; silu; dense 1")};
    gan_model *masked =
        critic_model(context, "input 9; dense 30 init=zeros bias_init=zeros; affine "
                              "1 1; dropout 0.4");
    gan_tape *tape;
    gan_value x, mask, score[2], along;
    float gradients[2][1024];
    CHECK_OK(gan_tape_create(&tape, context));
    memcpy(d[1]->stores[0]->weights, d[0]->stores[0]->weights,
           (size_t)d[0]->stores[0]->weight_count * sizeof(float));
    d[1]->stores[0]->version++;
    x = input_of(tape, 2, shape, GAN_INPUT_GRADIENT, 1);
    gan_value v = input_of(tape, 2, shape, 0, 2);
    const uint64_t draws = gan_tape_draws(tape);
    CHECK_OK(gan_tape_apply(tape, d[0], "training", &x, 1, &score[0], 1));
    CHECK_OK(gan_tape_seek(tape, draws));
    CHECK_OK(gan_tape_apply(tape, masked, "training frozen", &x, 1, &mask, 1));
    CHECK_OK(gan_tape_detach(tape, mask, &mask));
    gan_tensor *numbers = read_of(tape, mask, GAN_VALUE);
    CHECK_INT(gan_tensor_count(numbers), inner[0] * inner[1]);
    gan_tensor_release(numbers);
    CHECK_OK(gan_tape_apply(tape, d[1], "training", (const gan_value[]){x, mask}, 2, &score[1], 1));
    CHECK_NEAR(sum_of(tape, score[0]), sum_of(tape, score[1]), 1e-6);
    for (int i = 0; i < 2; i++) {
        CHECK_OK(gan_tape_tangent(tape, score[i], x, v, &along));
        CHECK_OK(gan_tape_backward(tape, &along, NULL, 1, &d[i], 1));
        gan__store_write_zeros(d[i]->stores[0]);
        memcpy(gradients[i], d[i]->stores[0]->gradients,
               (size_t)d[i]->stores[0]->weight_count * sizeof(float));
    }
    for (int64_t i = 0; i < d[0]->stores[0]->weight_count; i++)
        CHECK_NEAR(gradients[0][i], gradients[1][i], 1e-6);
    gan_tape_release(tape);
    gan_model_release(d[0]);
    gan_model_release(d[1]);
    gan_model_release(masked);
}

/* A tangent of what was made of other values reaches those; of a leaf it ends there. */
TEST(before_the_input)
{
    for (int leaf = 0; leaf < 2; leaf++) {
        gan_tape *tape;
        gan_model *g = critic_model(context, "input 4; dense 5; tanh");
        gan_model *d = critic_model(context, "input 5; dense 6; silu; dense 1");
        gan_model *models[2] = {g, d};
        gan_value z, x, score, v, along;
        CHECK_OK(gan_tape_create(&tape, context));
        z = input_of(tape, 2, (const int64_t[]){3, 4}, 0, 1);
        v = input_of(tape, 2, (const int64_t[]){3, 5}, 0, 2);
        CHECK_OK(gan_tape_apply(tape, g, "training", &z, 1, &x, 1));
        if (leaf) CHECK_OK(gan_tape_leaf(tape, x, &x));
        CHECK_OK(gan_tape_apply(tape, d, "training", &x, 1, &score, 1));
        CHECK_OK(gan_tape_tangent(tape, score, x, v, &along));
        CHECK_OK(gan_tape_backward(tape, &along, NULL, 1, models, 2));
        gan_tensor *at_x = read_of(tape, x, GAN_GRADIENT);
        CHECK(dot_of(at_x, at_x) > 0);
        CHECK(gan__store_is_reached(d->stores[0]));
        CHECK(gan__store_is_reached(g->stores[0]) == !leaf);
        gan_tensor_release(at_x);
        gan_tape_release(tape);
        gan_model_release(g);
        gan_model_release(d);
    }
}

/* Nothing passes a leaf backwards, whatever it was made by: what lies above gets no gradient. */
TEST(above_a_leaf)
{
    gan_tape *tape;
    gan_model *g = critic_model(context, "input 4; dense 4; tanh");
    gan_tensor *none = NULL;
    gan_value z, x, made[2], leaf, loss;
    CHECK_OK(gan_tape_create(&tape, context));
    z = input_of(tape, 2, (const int64_t[]){3, 4}, GAN_INPUT_GRADIENT, 1);
    CHECK_OK(gan_tape_apply(tape, g, "training", &z, 1, &x, 1));
    CHECK_OK(gan_tape_combine(tape, (const gan_value[]){z, x}, (const double[]){1, 2}, 2, made));
    CHECK_OK(gan_tape_slice(tape, made[0], 0, 2, &made[1]));
    for (int i = 0; i < 2; i++) {
        CHECK_OK(gan_tape_leaf(tape, made[i], &leaf));
        CHECK_OK(gan_tape_loss(tape, "sum", &leaf, 1, &loss));
        CHECK_OK(gan_tape_backward(tape, &loss, NULL, 1, &g, 1));
        CHECK(!gan__store_is_reached(g->stores[0]));
        CHECK_STATUS(gan_tape_tensor(&none, tape, z, GAN_GRADIENT), GAN_E_STATE);
        gan_tensor *at_leaf = read_of(tape, leaf, GAN_GRADIENT);
        for (int64_t k = 0; k < gan_tensor_count(at_leaf); k++)
            CHECK_NEAR(((const float *)gan_tensor_data(at_leaf))[k], 1, 0);
        gan_tensor_release(at_leaf);
    }
    gan_tape_release(tape);
    gan_model_release(g);
}

/* The gradient of a scalar is a scalar: along it a tangent has the shape of its output. */
TEST(along_the_gradient_of_a_scalar)
{
    gan_tape *tape;
    gan_value x, loss, s, z, square, along, tangent;
    int64_t shape[4];
    CHECK_OK(gan_tape_create(&tape, context));
    x = input_of(tape, 2, (const int64_t[]){2, 3}, 0, 1);
    CHECK_OK(gan_tape_loss(tape, "mean", &x, 1, &loss));
    CHECK_OK(gan_tape_leaf(tape, loss, &s));
    CHECK_OK(gan_tape_combine(tape, (const gan_value[]){x, s}, (const double[]){1, 2}, 2, &z));
    CHECK_OK(gan_tape_layer(tape, "square", &z, 1, &square));
    CHECK_OK(gan_tape_loss(tape, "sum", &square, 1, &loss));
    CHECK_OK(gan_tape_backward(tape, &loss, NULL, 1, NULL, 0));
    CHECK_OK(gan_tape_take_gradient(tape, s, &along));
    CHECK_OK(gan_tape_tangent(tape, z, s, along, &tangent));
    CHECK_OK(gan_tape_shape(tape, tangent, shape));
    CHECK_INT(shape[0], 2);
    CHECK_INT(shape[3], 3);
    gan_tensor *all = read_of(tape, tangent, GAN_VALUE), *one = read_of(tape, along, GAN_VALUE);
    for (int64_t k = 0; k < 6; k++)
        CHECK_NEAR(((const float *)gan_tensor_data(all))[k],
                   2 * ((const float *)gan_tensor_data(one))[0], 1e-5);
    gan_tensor_release(all);
    gan_tensor_release(one);
    gan_tape_release(tape);
}

/* A frozen critic passes gradients on, and gets none. */
TEST(frozen)
{
    gan_tape *tape;
    gan_model *d = critic_model(context, "input 5; dense 6; silu; dense 1");
    gan_value x, v, score, along;
    CHECK_OK(gan_tape_create(&tape, context));
    x = input_of(tape, 2, (const int64_t[]){3, 5}, GAN_INPUT_GRADIENT, 1);
    v = input_of(tape, 2, (const int64_t[]){3, 5}, GAN_INPUT_GRADIENT, 2);
    CHECK_OK(gan_tape_apply(tape, d, "training frozen", &x, 1, &score, 1));
    check_output(tape, score, x, v);
    CHECK_OK(gan_tape_tangent(tape, score, x, v, &along));
    CHECK_OK(gan_tape_backward(tape, &along, NULL, 1, &d, 1));
    CHECK(!gan__store_is_reached(d->stores[0]));
    gan_tensor *at_x = read_of(tape, x, GAN_GRADIENT);
    CHECK(dot_of(at_x, at_x) > 0);
    gan_tensor_release(at_x);
    gan_tape_release(tape);
    gan_model_release(d);
}

TEST(nan_goes_through)
{
    critic t;
    gan_value in[2], score, along;
    CHECK_OK(critic_open(&t, "threads=1", NULL, critic_text));
    context = t.context;
    ((float *)gan_tensor_data(t.real))[200] = NAN; /* of the second sample */
    CHECK_OK(gan_tape_input(t.tape, t.real, GAN_INPUT_GRADIENT, &in[0]));
    CHECK_OK(gan_tape_input(t.tape, t.labels, 0, &in[1]));
    gan_value v = input_of(t.tape, 4, (const int64_t[]){3, 8, 8, 3}, 0, 1);
    CHECK_OK(gan_tape_apply(t.tape, t.d, "evaluation", in, 2, &score, 1));
    CHECK_OK(gan_tape_tangent(t.tape, score, in[0], v, &along));
    CHECK_OK(gan_tape_backward(t.tape, &along, NULL, 1, &t.d, 1));
    gan_tensor *tangent = read_of(t.tape, along, GAN_VALUE);
    const float *numbers = gan_tensor_data(tangent);
    CHECK(isfinite(numbers[0]) && isnan(numbers[2]) && isnan(numbers[3]) && isfinite(numbers[4]));
    gan__store_write_zeros(t.d->stores[0]);
    bool finite = true;
    for (int64_t i = 0; i < t.d->stores[0]->weight_count; i++)
        finite &= isfinite(t.d->stores[0]->gradients[i]) != 0;
    CHECK(!finite);
    gan_tensor_release(tangent);
    critic_close(&t);
}

int main(void)
{
    gan_context *own;
    CHECK_OK(gan_context_create(&own, "threads=2 seed=5", NULL, NULL, 0));
    context = own;
    RUN(through_all_records);
    RUN(second_derivatives);
    RUN(one_group);
    RUN(beside_what_moves);
    RUN(layers_behind_a_tangent);
    RUN(dropped);
    RUN(before_the_input);
    RUN(above_a_leaf);
    RUN(along_the_gradient_of_a_scalar);
    RUN(frozen);
    RUN(every_kind_of_layer);
    RUN(beside_each_other);
    RUN(nan_goes_through);
    gan_context_release(own);
    return test_report();
}
