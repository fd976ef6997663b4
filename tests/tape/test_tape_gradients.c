/* Gradients of graphs of models and losses against central differences of the same graphs in
 * double. */
#include <gan/tape.h>

#include "base/random.h"
#include "model/model.h"
#include "test.h"

#include <math.h>

/* A: 3 > 4 tanh, B: 4 > 2 tanh, D: 2 > 2 tanh > 1. The parameters of all three and two batches of
 * data, in double. */
enum { N = 3, A_IN = 3, A_OUT = 4, B_OUT = 2 };
enum { A_COUNT = 16, B_COUNT = 10, D_COUNT = 9, X_COUNT = N * A_IN };
typedef struct numbers {
    double a[A_COUNT], b[B_COUNT], d[D_COUNT], x1[X_COUNT], x2[X_COUNT];
} numbers;

typedef struct world {
    gan_context *context;
    gan_model *a, *b, *d;
    gan_tensor *x1, *x2;
    gan_tape *tape;
    numbers p;
} world;

static void draw(float *out, int64_t count, uint64_t step)
{
    for (int64_t i = 0; i < count; i++) {
        uint32_t words[4];
        gan__random_block(&(gan__draw){2, GAN__DRAW_LATENT, step}, (uint64_t)i, words);
        out[i] = (float)((int32_t)(words[0] >> 8) - (1 << 23)) / (float)(1 << 23);
    }
}

static gan_model *world_model(world *w, const char *text, double *p, uint64_t step)
{
    gan_model *model = NULL;
    if (!CHECK_OK(gan_model_parse(&model, w->context, text)))
        printf("%s\n", gan_context_message(w->context));
    gan__store *store = model->stores[0];
    draw(store->weights, store->weight_count, step);
    store->version++;
    for (int64_t i = 0; i < store->weight_count; i++) p[i] = (double)store->weights[i];
    return model;
}

static gan_tensor *world_tensor(world *w, double *p, uint64_t step)
{
    gan_tensor *tensor = NULL;
    CHECK_OK(gan_tensor_create(&tensor, w->context, GAN_FLOAT32, 2, (const int64_t[]){N, A_IN}));
    draw(gan_tensor_data(tensor), X_COUNT, step);
    for (int i = 0; i < X_COUNT; i++) p[i] = (double)((float *)gan_tensor_data(tensor))[i];
    return tensor;
}

static void world_open(world *w)
{
    memset(w, 0, sizeof *w);
    CHECK_OK(gan_context_create(&w->context, "threads=1", NULL, NULL, 0));
    w->a = world_model(w, "input 3; dense 4; tanh", w->p.a, 1);
    w->b = world_model(w, "input 4; dense 2; tanh", w->p.b, 2);
    w->d = world_model(w, "input 2; dense 2; tanh; dense 1", w->p.d, 3);
    w->x1 = world_tensor(w, w->p.x1, 4);
    w->x2 = world_tensor(w, w->p.x2, 5);
    CHECK_OK(gan_tape_create(&w->tape, w->context));
}

static void world_close(world *w)
{
    gan_tape_release(w->tape);
    gan_tensor_release(w->x1);
    gan_tensor_release(w->x2);
    gan_model_release(w->a);
    gan_model_release(w->b);
    gan_model_release(w->d);
    gan_context_release(w->context);
}

static void dense(const double *p, const double *x, int in, int out, int bounded, double *y)
{
    for (int n = 0; n < N; n++)
        for (int k = 0; k < out; k++) {
            double sum = p[in * out + k];
            for (int c = 0; c < in; c++) sum += x[n * in + c] * p[c * out + k];
            y[n * out + k] = bounded ? tanh(sum) : sum;
        }
}

static void encode(const numbers *p, const double *x, double *h)
{
    dense(p->a, x, A_IN, A_OUT, 1, h);
}

static double score(const numbers *p, const double *h, double target)
{
    double v[N * B_OUT], u[N * B_OUT], s[N], loss = 0;
    dense(p->b, h, A_OUT, B_OUT, 1, v);
    dense(p->d, v, B_OUT, B_OUT, 1, u);
    dense(p->d + B_OUT * B_OUT + B_OUT, u, B_OUT, 1, 0, s);
    for (int n = 0; n < N; n++)
        loss += (target * log1p(exp(-s[n])) + (1 - target) * log1p(exp(s[n]))) / N;
    return loss;
}

static double distance(const double *a, const double *b, int count)
{
    double sum = 0;
    for (int i = 0; i < count; i++) sum += pow(a[i] - b[i], 2) / count;
    return sum;
}

/* ---- comparing ---- */

typedef double formula(const numbers *p);

static double slope_of(formula *f, numbers *p, double *place)
{
    double old = *place, h = 1e-5;
    *place = old + h;
    double up = f(p);
    *place = old - h;
    double down = f(p);
    *place = old;
    return (up - down) / (2 * h);
}

static void check_model(world *w, gan_model *model, double *p, formula *f, double factor)
{
    gan__store *store = model->stores[0];
    CHECK_OK(gan__store_need_gradients(store));
    gan__store_write_zeros(store);
    for (int64_t i = 0; i < store->weight_count; i++)
        CHECK_NEAR(store->gradients[i], factor * slope_of(f, &w->p, &p[i]), 2e-6);
    gan__store_clear_gradients(store);
}

static void check_input(world *w, gan_value value, double *p, formula *f)
{
    gan_tensor *gradient = NULL;
    CHECK_OK(gan_tensor_create(&gradient, w->context, GAN_FLOAT32, 2, (const int64_t[]){N, A_IN}));
    CHECK_OK(gan_tape_gradient(w->tape, value, gradient));
    for (int i = 0; i < X_COUNT; i++)
        CHECK_NEAR(((float *)gan_tensor_data(gradient))[i], slope_of(f, &w->p, &p[i]), 2e-6);
    gan_tensor_release(gradient);
}

static void check_scalar(world *w, gan_value value, formula *f)
{
    double number = 0;
    CHECK_OK(gan_tape_scalar(w->tape, value, &number));
    CHECK_NEAR(number, f(&w->p), 1e-6);
}

static gan_value input(world *w, gan_tensor *tensor, int gradient)
{
    gan_value value = -1;
    CHECK_OK(gan_tape_input(w->tape, tensor, gradient ? GAN_INPUT_GRADIENT : 0, &value));
    return value;
}

static gan_value apply(world *w, gan_model *model, const char *mode, gan_value value)
{
    gan_value result = -1;
    CHECK_OK(gan_tape_apply(w->tape, model, mode, &value, 1, &result, 1));
    return result;
}

static gan_value loss1(world *w, const char *spec, gan_value value)
{
    gan_value result = -1;
    CHECK_OK(gan_tape_loss(w->tape, spec, &value, 1, &result));
    return result;
}

static gan_value loss2(world *w, const char *spec, gan_value a, gan_value b)
{
    gan_value result = -1;
    CHECK_OK(gan_tape_loss(w->tape, spec, (gan_value[]){a, b}, 2, &result));
    return result;
}

static gan_value combine2(world *w, gan_value a, double wa, gan_value b, double wb)
{
    gan_value result = -1;
    CHECK_OK(gan_tape_combine(w->tape, (gan_value[]){a, b}, (double[]){wa, wb}, 2, &result));
    return result;
}

static void backward(world *w, gan_value loss, gan_model *m1, gan_model *m2, gan_model *m3)
{
    gan_model *models[3];
    int32_t count = 0;
    if (m1) models[count++] = m1;
    if (m2) models[count++] = m2;
    if (m3) models[count++] = m3;
    if (!CHECK_OK(gan_tape_backward(w->tape, &loss, NULL, 1, models, count)))
        printf("%s\n", gan_context_message(w->context));
}

/* ---- the graphs ---- */

static double chain(const numbers *p)
{
    double h[N * A_OUT];
    encode(p, p->x1, h);
    return score(p, h, 1);
}

/* Only models that are named get gradients, inputs where asked; gradients add up over calls. */
TEST(chain_of_models)
{
    world w;
    world_open(&w);
    gan_value x = input(&w, w.x1, 1), h = apply(&w, w.a, "training", x);
    gan_value v = apply(&w, w.b, "training", h), s = apply(&w, w.d, "training", v);
    gan_value loss = loss1(&w, "bce_logits target=1", s);
    check_scalar(&w, loss, chain);
    backward(&w, loss, w.a, w.b, w.d);
    check_input(&w, x, w.p.x1, chain);
    check_model(&w, w.a, w.p.a, chain, 1);
    check_model(&w, w.b, w.p.b, chain, 1);
    check_model(&w, w.d, w.p.d, chain, 1);
    for (int i = 0; i < 3; i++) backward(&w, loss, w.b, NULL, NULL);
    check_model(&w, w.a, w.p.a, chain, 0);
    check_model(&w, w.b, w.p.b, chain, 3);
    check_model(&w, w.d, w.p.d, chain, 0);
    backward(&w, loss, NULL, NULL, NULL);
    check_input(&w, x, w.p.x1, chain);
    backward(&w, loss, w.d, w.d, w.d);
    check_model(&w, w.d, w.p.d, chain, 1);
    world_close(&w);
}

/* Frozen: gradients pass through it, it gets none, even if it is named. */
TEST(frozen_models)
{
    world w;
    world_open(&w);
    gan_value h = apply(&w, w.a, "training", input(&w, w.x1, 0));
    gan_value v = apply(&w, w.b, "frozen training", h), s = apply(&w, w.d, "frozen evaluation", v);
    gan_value loss = loss1(&w, "bce_logits", s);
    backward(&w, loss, w.a, w.b, w.d);
    check_model(&w, w.a, w.p.a, chain, 1);
    check_model(&w, w.b, w.p.b, chain, 0);
    check_model(&w, w.d, w.p.d, chain, 0);
    world_close(&w);
}

/* -2 bce(D(B(A(x1))), 1) + 0.5 bce(D(B(A(x2))), 0) */
static double twice(const numbers *p)
{
    double h[N * A_OUT], g[N * A_OUT];
    encode(p, p->x1, h);
    encode(p, p->x2, g);
    return -2 * score(p, h, 1) + 0.5 * score(p, g, 0);
}

TEST(one_model_twice)
{
    world w;
    world_open(&w);
    gan_value x[2] = {input(&w, w.x1, 1), input(&w, w.x2, 1)}, terms[2], loss;
    for (int i = 0; i < 2; i++) {
        gan_value h = apply(&w, w.a, "training", x[i]), v = apply(&w, w.b, "training", h);
        terms[i] =
            loss1(&w, i ? "bce_logits target=0" : "bce_logits", apply(&w, w.d, "training", v));
    }
    loss = combine2(&w, terms[0], -2, terms[1], 0.5);
    check_scalar(&w, loss, twice);
    backward(&w, loss, w.a, w.b, w.d);
    for (int i = 0; i < 2; i++) check_input(&w, x[i], i ? w.p.x2 : w.p.x1, twice);
    check_model(&w, w.a, w.p.a, twice, 1);
    check_model(&w, w.b, w.p.b, twice, 1);
    check_model(&w, w.d, w.p.d, twice, 1);
    world_close(&w);
}

/* The same in groups; `both`: whether both inputs want a gradient. */
static void check_groups(int both, int one_loss)
{
    world w;
    world_open(&w);
    gan_value x[2] = {input(&w, w.x1, 1), input(&w, w.x2, both)}, h[2], v[2], s[2], terms[2], loss;
    CHECK_OK(gan_tape_apply(w.tape, w.a, "training groups=2", x, 2, h, 2));
    CHECK_OK(gan_tape_apply(w.tape, w.b, "groups=2 training", h, 2, v, 2));
    CHECK_OK(gan_tape_apply(w.tape, w.d, "training groups=2", v, 2, s, 2));
    terms[0] = loss1(&w, "bce_logits", s[0]);
    terms[1] = loss1(&w, "bce_logits target=0", s[1]);
    loss = one_loss ? terms[0] : combine2(&w, terms[0], -2, terms[1], 0.5);
    formula *f = one_loss ? chain : twice;
    check_scalar(&w, loss, f);
    backward(&w, loss, w.a, w.b, w.d);
    check_input(&w, x[0], w.p.x1, f);
    if (both) check_input(&w, x[1], w.p.x2, f);
    check_model(&w, w.a, w.p.a, f, 1);
    check_model(&w, w.b, w.p.b, f, 1);
    check_model(&w, w.d, w.p.d, f, 1);
    world_close(&w);
}

TEST(groups)
{
    for (int i = 0; i < 4; i++) check_groups(i & 1, i & 2);
}

/* A(x1) is used four times: twice by one loss, once by a model, once in a sum of tensors. */
static double many_uses(const numbers *p)
{
    double h[N * A_OUT], g[N * A_OUT], mixed[N * A_OUT];
    encode(p, p->x1, h);
    encode(p, p->x2, g);
    for (int i = 0; i < N * A_OUT; i++) mixed[i] = 0.25 * h[i] - 3 * g[i] + h[i];
    return score(p, h, 1) + distance(h, g, N * A_OUT) + 0.5 * score(p, mixed, 0);
}

TEST(many_uses_of_one_value)
{
    world w;
    world_open(&w);
    gan_value x1 = input(&w, w.x1, 1), x2 = input(&w, w.x2, 1), mixed, loss;
    gan_value h = apply(&w, w.a, "training", x1), g = apply(&w, w.a, "training", x2), terms[3];
    CHECK_OK(gan_tape_combine(w.tape, (gan_value[]){h, g, h}, (double[]){0.25, -3, 1}, 3, &mixed));
    gan_value v = apply(&w, w.b, "training", h);
    terms[0] = loss1(&w, "bce_logits", apply(&w, w.d, "training", v));
    terms[1] = loss2(&w, "mse", h, g);
    v = apply(&w, w.b, "training", mixed);
    terms[2] = loss1(&w, "bce_logits target=0", apply(&w, w.d, "training", v));
    CHECK_OK(gan_tape_combine(w.tape, terms, (double[]){1, 1, 0.5}, 3, &loss));
    check_scalar(&w, loss, many_uses);
    backward(&w, loss, w.a, w.b, w.d);
    check_input(&w, x1, w.p.x1, many_uses);
    check_input(&w, x2, w.p.x2, many_uses);
    check_model(&w, w.a, w.p.a, many_uses, 1);
    check_model(&w, w.b, w.p.b, many_uses, 1);
    check_model(&w, w.d, w.p.d, many_uses, 1);
    /* The same from the three terms, with seeds, one of them NULL; the third one in two halves. */
    gan_tensor *half = NULL;
    CHECK_OK(gan_tensor_create(&half, w.context, GAN_FLOAT32, 0, NULL));
    *(float *)gan_tensor_data(half) = 0.25f;
    CHECK_OK(gan_tape_backward(w.tape, (gan_value[]){terms[2], terms[0], terms[1], terms[2]},
                               (gan_tensor *[]){half, NULL, NULL, half}, 4, &w.a, 1));
    check_input(&w, x2, w.p.x2, many_uses);
    check_model(&w, w.a, w.p.a, many_uses, 1);
    gan_tensor_release(half);
    world_close(&w);
}

/* mse(A(x1), detached A(x2)): the second is a constant. */
static numbers constant;
static double detached(const numbers *p)
{
    double h[N * A_OUT], g[N * A_OUT];
    encode(p, p->x1, h);
    encode(&constant, constant.x2, g);
    return distance(h, g, N * A_OUT);
}

TEST(detached_values)
{
    world w;
    world_open(&w);
    constant = w.p;
    gan_value x2 = input(&w, w.x2, 1), h = apply(&w, w.a, "training", input(&w, w.x1, 0));
    gan_value g = apply(&w, w.a, "training", x2), still = -1;
    CHECK_OK(gan_tape_detach(w.tape, g, &still));
    gan_value loss = loss2(&w, "mse", h, still);
    check_scalar(&w, loss, detached);
    backward(&w, loss, w.a, NULL, NULL);
    check_model(&w, w.a, w.p.a, detached, 1);
    gan_tensor *gradient = NULL;
    CHECK_OK(gan_tensor_create(&gradient, w.context, GAN_FLOAT32, 2, (const int64_t[]){N, A_IN}));
    CHECK_STATUS(gan_tape_gradient(w.tape, x2, gradient), GAN_E_STATE);
    gan_tensor_release(gradient);
    world_close(&w);
}

/* A loss that is made outside: dL/dh comes in as a seed, the gradient to h goes out. */
TEST(seeds_from_outside)
{
    world w;
    world_open(&w);
    gan_tensor *seed = NULL;
    CHECK_OK(gan_tensor_create(&seed, w.context, GAN_FLOAT32, 2, (const int64_t[]){N, A_OUT}));
    gan_value x = input(&w, w.x1, 1), h = apply(&w, w.a, "evaluation", x);
    gan_value v = apply(&w, w.b, "training", h);
    gan_value loss = loss1(&w, "bce_logits", apply(&w, w.d, "training", v));
    backward(&w, loss, w.a, NULL, NULL);
    CHECK_OK(gan_tape_gradient(w.tape, h, seed));
    check_model(&w, w.a, w.p.a, chain, 1);
    CHECK_OK(gan_tape_backward(w.tape, &h, &seed, 1, &w.a, 1));
    check_model(&w, w.a, w.p.a, chain, 1);
    check_input(&w, x, w.p.x1, chain);
    gan_tensor_release(seed);
    world_close(&w);
}

/* The gradient to x of a model of 11 numbers, ones coming in from behind. */
static void slopes(const char *text, const float *x, float *out)
{
    gan_context *context;
    gan_model *model;
    gan_tape *tape;
    gan_tensor *in, *weight;
    gan_value value, y;
    CHECK_OK(gan_context_create(&context, "threads=1", NULL, NULL, 0));
    CHECK_OK(gan_model_parse(&model, context, text));
    CHECK_OK(gan_tape_create(&tape, context));
    CHECK_OK(gan_tensor_create(&in, context, GAN_FLOAT32, 2, (const int64_t[]){1, 11}));
    CHECK_OK(gan_tensor_create(&weight, context, GAN_FLOAT32, 2, (const int64_t[]){11, 11}));
    memcpy(gan_tensor_data(in), x, 11 * sizeof *x);
    for (int i = 0; i < 11; i++) ((float *)gan_tensor_data(weight))[12 * i] = 1;
    if (strstr(text, "dense")) CHECK_OK(gan_model_write(model, "0.weight", weight));
    CHECK_OK(gan_tape_input(tape, in, 1, &value));
    CHECK_OK(gan_tape_apply(tape, model, "evaluation", &value, 1, &y, 1));
    CHECK_OK(gan_tape_backward(tape, &y, NULL, 1, NULL, 0));
    CHECK_OK(gan_tape_gradient(tape, value, in));
    memcpy(out, gan_tensor_data(in), 11 * sizeof *x);
    gan_tensor_release(in);
    gan_tensor_release(weight);
    gan_tape_release(tape);
    gan_model_release(model);
    gan_context_release(context);
}

/* Behind any layer, also those that take an activation into their store. */
TEST(slope_of_elu)
{
    static const char *const texts[] = {"input 11; elu", "input 11; dense 11 bias=no; elu",
                                        "input 11; elu 0.5; elu 3",
                                        "input 11; batchnorm eps=1e-30; elu"};
    static const float x[11] = {-5, -8, -10, -14, -16, -17, -20, -1e-3f, 0, 2, -0.5f};
    for (size_t k = 0; k < sizeof texts / sizeof texts[0]; k++) {
        float dx[11];
        slopes(texts[k], x, dx);
        for (int i = 0; i < 11; i++) {
            double at = (double)x[i], exact = at > 0 ? 1 : exp(at);
            if (k == 2) exact = at > 0 ? 1 : 0.5 * exp(at) * 3 * exp(0.5 * expm1(at));
            if (!CHECK_NEAR(dx[i], exact, 5e-7 * exact)) printf("    %s at %g\n", texts[k], at);
        }
    }
}

int main(void)
{
    RUN(chain_of_models);
    RUN(frozen_models);
    RUN(one_model_twice);
    RUN(groups);
    RUN(many_uses_of_one_value);
    RUN(detached_values);
    RUN(seeds_from_outside);
    RUN(slope_of_elu);
    return test_report();
}
