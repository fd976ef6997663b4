/* The optimisers' arithmetic against torch.optim; undo; flushed moments; the same bits always. */
#include "compute/contexts.h"

#include "compute/update.h"

#include <math.h>

enum { N = 6 };

/* torch 2.13: weights, three gradients, and the weights after three steps of each rule. */
static const float start[N] = {-0x1.f276a8p-2f, -0x1.35281ap-1f, -0x1.1dbecap-1f,
                               0x1.55c5bep-1f,  -0x1.944e5ep-3f, 0x1.f15a42p+0f};
static const float gradients[3][N] = {{-0x1.cb4f4ap-7f, -0x1.8fccb2p-11f, 0x1.4af00ap-11f,
                                       -0x1.704928p-4f, -0x1.64fce0p+2f, 0x1.21b55cp-14f},
                                      {-0x1.755eaep-15f, 0x1.06a912p+3f, -0x1.7df136p-7f,
                                       0x1.37042cp+0f, -0x1.d24904p+3f, -0x1.784326p-11f},
                                      {0x1.6ef148p-5f, -0x1.f2bf8ep-5f, 0x1.f51b46p-13f,
                                       0x1.33f232p-8f, -0x1.38a40ap+4f, -0x1.6596d4p+2f}};
static const float after[][N] = {
    {-0x1.f59c44p-2f, -0x1.6b20eap+0f, -0x1.1d316cp-1f, 0x1.1beea4p-1f, 0x1.e2c152p+1f,
     0x1.4033d2p+1f}, /* sgd lr: 0.1 */
    {-0x1.f05d02p-2f, -0x1.13912ep+1f, -0x1.1b1c2ap-1f, 0x1.d3e694p-2f, 0x1.82321ep+2f,
     0x1.3ed0b6p+1f}, /* sgd lr: 0.1, momentum: 0.9, weight_decay: 0.01 */
    {-0x1.f477acp-2f, -0x1.9980dcp+0f, -0x1.1d136ep-1f, 0x1.10767ap-1f, 0x1.0a6190p+2f,
     0x1.390d60p+1f}, /* sgd lr: 0.05, momentum: 0.8, nesterov: True */
    {-0x1.f2509ap-2f, -0x1.1e63cep+0f, -0x1.1d69bcp-1f, 0x1.341dd4p-1f, 0x1.0ae112p+1f,
     0x1.11b656p+1f}, /* sgd lr: 0.05, momentum: 0.8, dampening: 0.3 */
    {-0x1.ed8d02p-2f, -0x1.34c81cp-1f, -0x1.1edd6ap-1f, 0x1.55b650p-1f, 0x1.308beep-4f,
     0x1.056f4ap+1f}, /* rmsprop lr: 0.01 */
    {-0x1.9ef352p-2f, -0x1.27e6eep-1f, -0x1.9fbe80p-2f, 0x1.62ae48p-1f, -0x1.eb3844p-6f,
     0x1.d88d12p+0f}, /* rmsprop lr: 0.01, alpha: 0.9, eps: 1e-06, momentum: 0.9, weight_decay: 0.02
                       */
    {-0x1.ed3f76p-2f, -0x1.34c7a4p-1f, -0x1.1ee5bcp-1f, 0x1.55bff0p-1f, 0x1.39e95cp-4f,
     0x1.057ca6p+1f}, /* rmsprop lr: 0.01, centered: True */
    {-0x1.9fe5b8p-2f, -0x1.27eba0p-1f, -0x1.2bce9ep-1f, 0x1.62b3d8p-1f, 0x1.97d3f6p-3f,
     0x1.023f9ep+1f}, /* rmsprop lr: 0.01, centered: True, momentum: 0.5 */
    {-0x1.f256f4p-2f, -0x1.353362p-1f, -0x1.1db4ecp-1f, 0x1.55bbaap-1f, -0x1.930270p-3f,
     0x1.f165d4p+0f}, /* adam lr: 0.0002, betas: (0.5, 0.999) */
    {-0x1.ef9ee2p-2f, -0x1.354f8ap-1f, -0x1.1c362ap-1f, 0x1.559a2cp-1f, -0x1.8e65eep-3f,
     0x1.f0fe6ep+0f}, /* adam lr: 0.001, weight_decay: 0.1 */
    {-0x1.f30eb0p-2f, -0x1.355804p-1f, -0x1.1d9216p-1f, 0x1.5593b6p-1f, -0x1.8ce938p-3f,
     0x1.f1de94p+0f}, /* adam lr: 0.001, betas: (0.0, 0.9) */
    {-0x1.e486dap-2f, -0x1.35d8cap-1f, -0x1.1ba740p-1f, 0x1.538f96p-1f, -0x1.581572p-3f,
     0x1.f0ac5cp+0f}, /* adamw lr: 0.01, weight_decay: 0.1 */
};

static gan_context *context;

static const gan__sgd sgds[] = {{.rate = 0.1, .scale = 1},
                                {.rate = 0.1, .momentum = 0.9, .decay = 0.01, .scale = 1},
                                {.rate = 0.05, .momentum = 0.8, .nesterov = true, .scale = 1},
                                {.rate = 0.05, .momentum = 0.8, .dampening = 0.3, .scale = 1}};

static const struct {
    gan__rmsprop rule;
    bool centered;
} rmsprops[] = {
    {{.rate = 0.01, .alpha = 0.99, .eps = 1e-8, .scale = 1}, false},
    {{.rate = 0.01, .alpha = 0.9, .eps = 1e-6, .momentum = 0.9, .decay = 0.02, .scale = 1}, false},
    {{.rate = 0.01, .alpha = 0.99, .eps = 1e-8, .scale = 1}, true},
    {{.rate = 0.01, .alpha = 0.99, .eps = 1e-8, .momentum = 0.5, .scale = 1}, true}};

static const gan__adam adams[] = {
    {.rate = 2e-4, .beta1 = 0.5, .beta2 = 0.999, .eps = 1e-8, .scale = 1},
    {.rate = 1e-3, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .decay = 0.1, .scale = 1},
    {.rate = 1e-3, .beta1 = 0, .beta2 = 0.9, .eps = 1e-8, .scale = 1},
    {.rate = 1e-2,
     .beta1 = 0.9,
     .beta2 = 0.999,
     .eps = 1e-8,
     .decay = 0.1,
     .scale = 1,
     .decoupled = true}};

/* Within one unit in the last place. */
static void check_weights(const float *got, int which)
{
    for (int i = 0; i < N; i++) {
        double want = (double)after[which][i];
        if (!CHECK_NEAR(got[i], want, fabs(want) * 1.2e-7))
            printf("rule %d element %d\n", which, i);
    }
}

TEST(torch_sgd)
{
    for (int k = 0; k < 4; k++) {
        float w[N], buffer[N] = {0};
        memcpy(w, start, sizeof w);
        for (int step = 0; step < 3; step++) {
            gan__sgd rule = sgds[k];
            rule.first = step == 0;
            float *moments[1] = {rule.momentum != 0 ? buffer : NULL};
            gan__update_sgd(context, &rule, N, gradients[step], w, moments, NULL);
        }
        check_weights(w, k);
    }
}

TEST(torch_rmsprop)
{
    for (int k = 0; k < 4; k++) {
        float w[N], square[N] = {0}, buffer[N] = {0}, average[N] = {0};
        float *moments[3] = {square, rmsprops[k].rule.momentum != 0 ? buffer : NULL,
                             rmsprops[k].centered ? average : NULL};
        memcpy(w, start, sizeof w);
        for (int step = 0; step < 3; step++)
            gan__update_rmsprop(context, &rmsprops[k].rule, N, gradients[step], w, moments, NULL);
        check_weights(w, 4 + k);
    }
}

TEST(torch_adam)
{
    for (int k = 0; k < 4; k++) {
        float w[N], m[N] = {0}, v[N] = {0}, *moments[2] = {m, v};
        memcpy(w, start, sizeof w);
        for (int step = 0; step < 3; step++) {
            gan__adam rule = adams[k];
            rule.step = step + 1;
            gan__update_adam(context, &rule, N, gradients[step], w, moments, NULL);
        }
        check_weights(w, 8 + k);
    }
}

/* `scale` acts before decay and moments; undo gives back every array, in order. */
TEST(scale_and_undo)
{
    enum { COUNT = 40000 };
    float *array[2][5], *undo = malloc(4 * COUNT * sizeof *undo);
    gan__rmsprop rule = rmsprops[3].rule;
    rule.decay = 0.1;
    for (int k = 0; k < 5; k++) {
        array[0][k] = contexts_array(COUNT);
        array[1][k] = malloc(COUNT * sizeof(float));
        for (int i = 0; i < COUNT; i++) array[0][k][i] = fabsf(array[0][k][i]);
        memcpy(array[1][k], array[0][k], COUNT * sizeof(float));
    }
    float **a = array[0], **b = array[1];
    for (int i = 0; i < COUNT; i++) a[0][i] *= 0.25f;
    gan__update_rmsprop(context, &rule, COUNT, a[0], a[1], a + 2, NULL);
    rule.scale = 0.25;
    gan__update_rmsprop(context, &rule, COUNT, b[0], b[1], b + 2, undo);
    for (int k = 1; k < 5; k++) {
        CHECK(memcmp(a[k], b[k], COUNT * sizeof(float)) == 0);
        memcpy(b[k], undo + (k - 1) * COUNT, COUNT * sizeof(float));
    }
    gan__update_rmsprop(context, &rule, COUNT, b[0], b[1], b + 2, NULL);
    for (int k = 1; k < 5; k++) CHECK(memcmp(a[k], b[k], COUNT * sizeof(float)) == 0);
    float *const gap[3] = {b[2], NULL, b[4]};
    gan__update_rmsprop(context, &rule, COUNT, b[0], b[1], gap, undo);
    CHECK(memcmp(undo + 2 * COUNT, a[4], COUNT * sizeof(float)) == 0);
    for (int k = 0; k < 5; k++) {
        free(a[k]);
        free(b[k]);
    }
    free(undo);
}

TEST(denormal_moments)
{
    gan__adam rule = adams[0];
    float g[3] = {0, 0, NAN}, w[3] = {1, 1, 1}, m[3] = {0x1p-126f, -0x1p-126f, 1};
    float v[3] = {0x1p-149f, 0x1p-126f, 1}, *moments[2] = {m, v};
    rule.step = 1000;
    gan__update_adam(context, &rule, 3, g, w, moments, NULL);
    CHECK(m[0] == 0 && m[1] == 0 && v[0] == 0 && v[1] == 0 && w[0] == 1 && w[1] == 1);
    CHECK(isnan(m[2]) && isnan(v[2]) && isnan(w[2]));
}

/* ---- gradients whose squares are no normal float32 ---- */

/* What torch.optim does to one weight, in double: no square is ever too small. */
typedef struct tiny_state {
    double w, m, v, buffer;
} tiny_state;

static double tiny_adam(tiny_state *s, const gan__adam *rule, double g)
{
    const double t = (double)rule->step;
    s->m += (1 - rule->beta1) * (g - s->m);
    s->v += (1 - rule->beta2) * (g * g - s->v);
    const double size = sqrt(s->v / (1 - pow(rule->beta2, t))) + rule->eps;
    return s->m == 0 ? 0 : -rule->rate * s->m / (1 - pow(rule->beta1, t)) / size;
}

static double tiny_rmsprop(tiny_state *s, const gan__rmsprop *rule, bool centered, double g)
{
    s->m += (1 - rule->alpha) * (g - s->m);
    s->v += (1 - rule->alpha) * (g * g - s->v);
    const double size = sqrt(centered ? s->v - s->m * s->m : s->v) + rule->eps;
    s->buffer = rule->momentum * s->buffer + (g == 0 ? 0 : g / size);
    return -rule->rate * s->buffer;
}

/* The change of the first weight in the first step; every other lane has the gradient too. */
static float tiny_step(int rule, double eps, float gradient)
{
    enum { COUNT = 19 };
    float g[COUNT], w[COUNT] = {0}, m[COUNT] = {0}, v[COUNT] = {0}, a[COUNT] = {0};
    const gan__adam adam = {.rate = 1e-3,
                            .beta1 = 0.9,
                            .beta2 = 0.999,
                            .eps = eps,
                            .scale = 1,
                            .step = 1,
                            .decay = rule == 1 ? 0.01 : 0,
                            .decoupled = rule == 1};
    const gan__rmsprop rmsprop = {.rate = 1e-4, .alpha = 0.99, .eps = eps, .scale = 1, .step = 1};
    const gan__sgd sgd = {.rate = 1, .momentum = 0.9, .scale = 1, .first = true};
    for (int i = 0; i < COUNT; i++) g[i] = gradient;
    if (rule < 2)
        CHECK(gan__update_adam(context, &adam, COUNT, g, w, (float *[]){m, v}, NULL));
    else if (rule < 4)
        CHECK(gan__update_rmsprop(context, &rmsprop, COUNT, g, w,
                                  (float *[]){v, NULL, rule == 3 ? a : NULL}, NULL));
    else
        CHECK(gan__update_sgd(context, &sgd, COUNT, g, w, (float *[]){m}, NULL));
    for (int i = 1; i < COUNT; i++) CHECK(memcmp(&w[i], &w[0], sizeof w[0]) == 0);
    return w[0];
}

/* The first step is as long as if the square had been kept, for every eps. */
TEST(tiny_first_steps)
{
    static const double epsilons[] = {0, 1e-30, 1e-25};
    const gan__tier best = context->tier;
    for (int tier = (int)best; tier >= 0; tier--) {
        context->tier = (gan__tier)tier;
        for (int e = 0; e < 3; e++) {
            for (int rule = 0; rule < 4; rule++) {
                for (int sign = -1; sign <= 1; sign += 2) {
                    const double step = rule == 3 ? 1e-3 / sqrt(0.99) : 1e-3;
                    const float g = (float)sign * 1e-20f;
                    CHECK_NEAR(tiny_step(rule, epsilons[e], g), -sign * step, 6e-6);
                    CHECK_NEAR(tiny_step(rule, epsilons[e], 2 * g), -sign * step, 6e-6);
                }
                CHECK(tiny_step(rule, epsilons[e], 0) == 0);
                CHECK(fabsf(tiny_step(rule, epsilons[e], 1e-39f)) <= 1.01e-3f);
            }
        }
        CHECK(tiny_step(4, 0, 1e-39f) == -1e-39f);
    }
    context->tier = best;
}

static uint32_t tiny_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* Gradients of one sign stay near the double reference for ever; mixed ones never step further than
 * a gradient of ordinary size can. */
static void tiny_run(int rule, double eps, double size, bool mixed)
{
    enum { STEPS = 300 };
    float w = 0, m = 0, v = 0, a = 0, b = 0;
    tiny_state exact = {0};
    uint32_t state = 7;
    gan__adam adam = {.rate = 1e-3, .beta1 = 0.9, .beta2 = 0.999, .eps = eps, .scale = 1};
    gan__rmsprop rmsprop = {.rate = 1e-3, .alpha = 0.99, .eps = eps, .scale = 1};
    rmsprop.momentum = rule == 2 ? 0.5 : 0;
    for (int t = 1; t <= STEPS; t++) {
        double g = size;
        if (mixed) g *= ((double)tiny_random(&state) * 0x1p-23 - 1) * (t % 50 == 0 ? 1e3 : 1);
        const float before = w, gradient = (float)g;
        adam.step = rmsprop.step = t;
        double step = rule == 0 ? tiny_adam(&exact, &adam, (double)gradient)
                                : tiny_rmsprop(&exact, &rmsprop, rule == 3, (double)gradient);
        bool finite =
            rule == 0
                ? gan__update_adam(context, &adam, 1, &gradient, &w, (float *[]){&m, &v}, NULL)
                : gan__update_rmsprop(context, &rmsprop, 1, &gradient, &w,
                                      (float *[]){&v, rule == 2 ? &b : NULL, rule == 3 ? &a : NULL},
                                      NULL);
        CHECK(finite && isfinite(w));
        CHECK(m == 0 || fabsf(m) >= 0x1p-126f);
        CHECK(v == 0 || v >= 0x1p-126f);
        const double moved = (double)w - (double)before;
        if (!mixed && rule < 3) CHECK_NEAR(moved, step, 1e-4 * fabs(step) + 1e-7);
        CHECK(fabs(moved) <= (rule == 2 ? 2.1e-2 : 1.01e-2));
    }
}

TEST(tiny_gradients)
{
    static const double epsilons[] = {0, 1e-30};
    for (int rule = 0; rule < 4; rule++) {
        for (int e = 0; e < 2; e++) {
            for (double size = 1e-16; size > 1e-30; size *= 0.1) {
                /* centered: the deviation of equal gradients is 0 in the end, whatever their size
                 */
                if (rule < 3 || size < 1e-18) tiny_run(rule, epsilons[e], size, false);
                tiny_run(rule, epsilons[e], size, true);
            }
        }
    }
}

/* Nothing is left of a gradient that has ended, and nothing explodes when its square is flushed. */
TEST(ended_gradient)
{
    float w[2] = {0, 0}, m = 0, v = 0, square = 0, g = 1e-12f;
    gan__adam adam = {.rate = 1e-3, .beta1 = 0.9, .beta2 = 0.9, .eps = 0, .scale = 1};
    gan__rmsprop rmsprop = {.rate = 1e-3, .alpha = 0.9, .eps = 0, .scale = 1};
    for (int t = 1; t <= 2000; t++) {
        adam.step = rmsprop.step = t;
        CHECK(gan__update_adam(context, &adam, 1, &g, &w[0], (float *[]){&m, &v}, NULL));
        CHECK(gan__update_rmsprop(context, &rmsprop, 1, &g, &w[1], (float *[]){&square, NULL, NULL},
                                  NULL));
        g = 0;
    }
    CHECK(m == 0 && v == 0 && square == 0);
    CHECK(fabsf(w[0]) < 0.02f && fabsf(w[1]) < 0.02f);
}

/* The corrections of late steps: 1 - beta^t by squaring. */
TEST(late_step)
{
    gan__adam rule = adams[0];
    float g = 1, w = 0, m = 0.5f, v = 0.25f, *moments[2] = {&m, &v};
    rule.step = 700;
    gan__update_adam(context, &rule, 1, &g, &w, moments, NULL);
    double root = sqrt(1 - pow(0.999, 700));
    CHECK_NEAR(w, -2e-4 * 0.75 / (sqrt(0.25 * 0.999 + 0.001) / root + 1e-8), 1e-10);
}

/* v - a^2 is not below 0, whatever rounding makes of it. */
TEST(centered_by_rounding)
{
    float g = 0.1f, w = 1, v = 0x1.47ae1p-7f, a = 0.1f, *moments[3] = {&v, NULL, &a};
    int steps = 0;
    while (steps < 20000 &&
           gan__update_rmsprop(context, &rmsprops[2].rule, 1, &g, &w, moments, NULL))
        steps++;
    CHECK_INT(steps, 20000);
    CHECK(isfinite(w) && fmaf(-a, a, v) < 0);
}

static bool update_by(gan_context *on, int rule, bool trial, int64_t count, float *const array[4])
{
    float *moments[3] = {array[2], NULL, NULL};
    gan__adam adam = adams[0];
    gan__rmsprop rmsprop = rmsprops[0].rule;
    gan__sgd sgd = sgds[1];
    adam.trial = rmsprop.trial = sgd.trial = trial;
    adam.step = rmsprop.step = 3;
    if (rule == 0) return gan__update_adam(on, &adam, count, array[0], array[1], array + 2, NULL);
    if (rule == 1)
        return gan__update_rmsprop(on, &rmsprop, count, array[0], array[1], moments, NULL);
    return gan__update_sgd(on, &sgd, count, array[0], array[1], array + 2, NULL);
}

/* Each rule on `count` elements; of element `at` the weight, or SGD's moment, is infinite. A trial
 * before tells the same and writes nothing. */
static bool update_odd(gan_context *on, int rule, int64_t count, int64_t at)
{
    float *array[4], *before[4];
    for (int k = 0; k < 4; k++) {
        array[k] = contexts_array(count);
        before[k] = malloc((size_t)(count + 1) * sizeof(float));
        for (int64_t i = 0; i < count; i++) array[k][i] = 0.5f + fabsf(array[k][i]);
        if (at >= 0 && k == (rule == 2 ? 2 : 1)) array[k][at] = INFINITY;
        memcpy(before[k], array[k], (size_t)count * sizeof(float));
    }
    bool would = update_by(on, rule, true, count, array);
    for (int k = 0; k < 4; k++)
        CHECK(memcmp(before[k], array[k], (size_t)count * sizeof(float)) == 0);
    bool finite = update_by(on, rule, false, count, array);
    CHECK(would == finite);
    CHECK(count == 0 || memcmp(before[1], array[1], (size_t)count * sizeof(float)) != 0 ||
          memcmp(before[2], array[2], (size_t)count * sizeof(float)) != 0);
    for (int k = 0; k < 4; k++) free(array[k]), free(before[k]);
    return finite;
}

/* Wherever something new is not finite it is told; lanes behind the end are not. */
TEST(finite)
{
    const gan__tier best = context->tier;
    for (int tier = (int)best; tier >= 0; tier--) {
        context->tier = (gan__tier)tier;
        for (int rule = 0; rule < 3; rule++) {
            for (int64_t count = 1; count <= 37; count++) {
                CHECK(update_odd(context, rule, count, -1));
                for (int64_t at = 0; at < count; at++) CHECK(!update_odd(context, rule, count, at));
            }
            CHECK(update_odd(context, rule, 40000, -1));
            CHECK(!update_odd(context, rule, 40000, 16384));
            CHECK(!update_odd(context, rule, 40000, 39999));
        }
    }
    context->tier = best;
}

/* A second moment that overflows stops its weight without a trace: it is told too. */
TEST(infinite_moments)
{
    gan__adam adam = adams[1];
    gan__rmsprop rmsprop = rmsprops[2].rule;
    float g = 1, w = 1e25f, m = 0, v = 0;
    adam.step = 1;
    rmsprop.decay = 0.1;
    CHECK(!gan__update_adam(context, &adam, 1, &g, &w, (float *[]){&m, &v}, NULL));
    CHECK(isfinite(w) && isinf(v));
    v = m = 0;
    CHECK(!gan__update_rmsprop(context, &rmsprop, 1, &g, &w, (float *[]){&v, NULL, NULL}, NULL));
    CHECK(isfinite(w) && isinf(v));
}

enum { MANY = 50001 };
static float *inputs[4];

static void update_all(gan_context *on, void *argument, float *result)
{
    const gan__adam adam = {
        .rate = 1e-3, .beta1 = 0.5, .beta2 = 0.9, .eps = 1e-8, .scale = 0.5, .step = 3};
    float *w = result, *m = w + MANY, *v = m + MANY, *undo = v + MANY;
    (void)argument;
    memcpy(w, inputs[1], MANY * sizeof *w);
    for (int i = 0; i < MANY; i++) {
        m[i] = inputs[2][i];
        v[i] = fabsf(inputs[3][i]);
    }
    gan__update_adam(on, &adam, MANY, inputs[0], w, (float *[]){m, v}, undo);
    gan__update_rmsprop(on, &rmsprops[3].rule, MANY, inputs[0], w, (float *[]){v, m, undo}, NULL);
    gan__update_sgd(on, &sgds[2], MANY, inputs[0], w, (float *[]){m}, undo);
}

TEST(same_bits)
{
    float *result = malloc(6 * MANY * sizeof *result);
    for (int k = 0; k < 4; k++) inputs[k] = contexts_array(MANY);
    contexts_run(update_all, NULL, 6 * MANY, result);
    for (int k = 0; k < 4; k++) free(inputs[k]);
    free(result);
}

int main(void)
{
    CHECK_OK(gan_context_create(&context, "threads=2", NULL, NULL, 0));
    RUN(torch_sgd);
    RUN(torch_rmsprop);
    RUN(torch_adam);
    RUN(scale_and_undo);
    RUN(denormal_moments);
    RUN(tiny_first_steps);
    RUN(tiny_gradients);
    RUN(ended_gradient);
    RUN(late_step);
    RUN(centered_by_rounding);
    RUN(finite);
    RUN(infinite_moments);
    RUN(same_bits);
    gan_context_release(context);
    return test_report();
}
