/* Plans against a network computed again in double: forwards, and backwards against central
 * differences; the same bits with and without fusing and sharing of memory. */
#include "base/memory.h"
#include "base/random.h"
#include "model/plan_inside.h"
#include "test.h"

#include <math.h>
#include <stdlib.h>

static gan_context *make_context(const char *spec)
{
    gan_context *context;
    char message[200] = "";
    gan_context_create(&context, spec, NULL, message, sizeof message);
    if (!context) printf("%s\n", message);
    return context;
}

static gan_model *make_model(gan_context *context, const char *text)
{
    gan_model *model = NULL;
    if (!CHECK_OK(gan_model_parse(&model, context, text)))
        printf("%s\n", gan_context_message(context));
    return model;
}

static void draw(float *out, int64_t count, uint64_t step)
{
    for (int64_t i = 0; i < count; i++) {
        uint32_t words[4];
        gan__random_block(&(gan__draw){3, GAN__DRAW_LATENT, step}, (uint64_t)i, words);
        out[i] = (float)((int32_t)(words[0] >> 8) - (1 << 23)) / (float)(1 << 23);
    }
}

/* ---- a graph with everything: two inputs, two outputs, a residual, values that are read twice
 * ---- */

static const char *const graph_text = "input a 4; input b 3; d1 = dense 5 from a; g = tanh;"
                                      "r = residual { dense 5; tanh }; c = concat from r b;"
                                      "d2 = dense 5; m = multiply from g d2; s = add from m r m;"
                                      "z = sigmoid; output z g";

enum { N = 3, A = 4, B = 3, K = 5, WEIGHTS = A * K + K + K * K + K + (K + B) * K + K };

static const double *naive_dense(const double *w, int in, const double *x, double *y)
{
    for (int k = 0; k < K; k++) {
        y[k] = w[in * K + k];
        for (int c = 0; c < in; c++) y[k] += x[c] * w[c * K + k];
    }
    return w + in * K + K;
}

/* p: weights, then a, then b; out: z and g, K each for a sample. */
static void naive_graph(const double *p, double *out)
{
    for (int n = 0; n < N; n++) {
        const double *w = p, *a = p + WEIGHTS + n * A, *b = p + WEIGHTS + N * A + n * B;
        double d1[K], g[K], r[K + B], d2[K];
        w = naive_dense(w, A, a, d1);
        for (int k = 0; k < K; k++) g[k] = tanh(d1[k]);
        w = naive_dense(w, K, g, r);
        for (int k = 0; k < K; k++) r[k] = g[k] + tanh(r[k]);
        for (int k = 0; k < B; k++) r[K + k] = b[k];
        naive_dense(w, K + B, r, d2);
        for (int k = 0; k < K; k++) {
            double m = g[k] * d2[k];
            out[n * K + k] = 1 / (1 + exp(-(m + r[k] + m)));
            out[(N + n) * K + k] = g[k];
        }
    }
}

static double naive_dot(const double *p, const float *const *dy)
{
    double out[2 * N * K], sum = 0;
    naive_graph(p, out);
    for (int o = 0; o < 2; o++)
        for (int i = 0; dy[o] && i < N * K; i++) sum += (double)dy[o][i] * out[o * N * K + i];
    return sum;
}

typedef struct graph {
    gan_context *context;
    gan_model *model;
    gan__panel_cache cache;
    gan__plan *plan;
    void *arena, *outputs, *transient;
    float inputs[N * A + N * B], dy[2][N * K], dx[N * A + N * B];
    double p[WEIGHTS + N * A + N * B];
} graph;

static void graph_open(graph *g, const gan__plan_mode *mode)
{
    const gan__shape shapes[2] = {{N, 1, 1, A}, {N, 1, 1, B}};
    memset(g, 0, sizeof *g);
    g->context = make_context("threads=2");
    g->model = make_model(g->context, graph_text);
    g->cache.context = g->context;
    gan__store *store = g->model->stores[0];
    CHECK_INT(store->weight_count, WEIGHTS);
    CHECK_OK(gan__store_need_gradients(store));
    CHECK_OK(gan__plan_create(&g->plan, g->context, g->model, shapes, mode, &g->cache));
    CHECK_OK(gan__allocate_raw(g->context, &g->arena, gan__plan_arena(g->plan), 1));
    CHECK_OK(gan__allocate_raw(g->context, &g->transient, gan__plan_transient(g->plan), 1));
    CHECK_OK(gan__allocate_raw(g->context, &g->outputs, gan__plan_outputs(g->plan), 1));
    gan__plan_bind(g->plan, g->arena, g->outputs);
    draw(g->inputs, N * A + N * B, 1);
    draw(g->dy[0], N * K, 2);
    draw(g->dy[1], N * K, 3);
    for (int i = 0; i < WEIGHTS; i++) g->p[i] = (double)store->weights[i];
    for (int i = 0; i < N * A + N * B; i++) g->p[WEIGHTS + i] = (double)g->inputs[i];
}

static void graph_forward(graph *g)
{
    const float *const x[2] = {g->inputs, g->inputs + N * A};
    CHECK_OK(gan__plan_forward(g->plan, x, &(gan__plan_draw){1, 0}, g->transient));
}

static void graph_close(graph *g)
{
    gan__free(g->context, g->arena);
    gan__free(g->context, g->outputs);
    gan__free(g->context, g->transient);
    gan__plan_destroy(g->plan);
    gan__panel_cache_free(&g->cache);
    gan_model_release(g->model);
    gan_context_release(g->context);
}

TEST(forward)
{
    static const gan__plan_mode modes[] = {
        {true, true, 1, NULL}, {false, true, 1, NULL}, {false, false, 1, NULL}};
    size_t sizes[3];
    for (int m = 0; m < 3; m++) {
        graph g;
        double expected[2 * N * K];
        graph_open(&g, &modes[m]);
        graph_forward(&g);
        naive_graph(g.p, expected);
        for (int o = 0; o < 2; o++)
            for (int i = 0; i < N * K; i++)
                CHECK_NEAR(gan__plan_output(g.plan, o)[i], expected[o * N * K + i], 1e-6);
        sizes[m] = gan__plan_transient(g.plan);
        graph_close(&g);
    }
    CHECK(sizes[2] < sizes[0]);
}

/* Every combination of outputs that have a gradient, inputs that want one, and weights. */
static void check_backward(graph *g, int wanted)
{
    const float *const dy[2] = {wanted & 1 ? g->dy[0] : NULL, wanted & 2 ? g->dy[1] : NULL};
    float *const dx[2] = {wanted & 4 ? g->dx : NULL, wanted & 8 ? g->dx + N * A : NULL};
    gan__store *store = g->model->stores[0];
    gan__store *const stores[1] = {store};
    memset(g->dx, 0x7f, sizeof g->dx);
    memset(g->transient, 0x7f, gan__plan_transient(g->plan));
    gan__store_clear_gradients(store);
    for (int twice = 0; twice < 2; twice++)
        gan__plan_backward(g->plan, dy, dx, stores, wanted & 16 ? 1 : 0, g->transient);
    gan__store_write_zeros(store);
    for (int i = 0; i < WEIGHTS + N * A + N * B; i++) {
        bool weight = i < WEIGHTS;
        int input = i - WEIGHTS;
        if (!weight && !dx[input >= N * A]) continue;
        double old = g->p[i], h = 1e-5;
        g->p[i] = old + h;
        double slope = naive_dot(g->p, dy);
        g->p[i] = old - h;
        slope = (slope - naive_dot(g->p, dy)) / (2 * h);
        g->p[i] = old;
        if (weight) slope *= wanted & 16 ? 2 : 0;
        CHECK_NEAR(weight ? store->gradients[i] : g->dx[input], slope, 3e-6);
    }
}

TEST(backward)
{
    static const gan__plan_mode mode = {true, true, 1, NULL};
    graph g;
    graph_open(&g, &mode);
    graph_forward(&g);
    for (int wanted = 0; wanted < 32; wanted++) check_backward(&g, wanted);
    graph_close(&g);
}

/* ---- fusing ---- */

static uint64_t hash_floats(uint64_t hash, const float *values, int64_t count)
{
    for (int64_t i = 0; i < count * (int64_t)sizeof *values; i++)
        hash = (hash ^ ((const unsigned char *)values)[i]) * 1099511628211u;
    return hash;
}

/* Of a batch of two. */
static const int64_t halves[3] = {0, 1, 2};

/* Bits of the last output and of all gradients of a 2x6x6x3 input; the number of steps. */
static uint64_t run_bits(const char *text, gan__plan_mode mode, size_t *steps)
{
    gan_context *context = make_context("threads=2 seed=4");
    gan_model *model = make_model(context, text);
    gan__panel_cache cache = {.context = context};
    const gan__shape shape = {2, 6, 6, 3};
    gan__plan *plan;
    void *arena, *outputs, *transient;
    float x[2 * 6 * 6 * 3], dx[2 * 6 * 6 * 3];
    uint64_t hash = 1;
    CHECK_OK(gan__plan_create(&plan, context, model, &shape, &mode, &cache));
    CHECK_OK(gan__allocate_raw(context, &arena, gan__plan_arena(plan), 1));
    CHECK_OK(gan__allocate_raw(context, &transient, gan__plan_transient(plan), 1));
    CHECK_OK(gan__allocate_raw(context, &outputs, gan__plan_outputs(plan), 1));
    gan__plan_bind(plan, arena, outputs);
    *steps = plan->step_count;
    draw(x, 2 * 6 * 6 * 3, 9);
    CHECK_OK(
        gan__plan_forward(plan, (const float *const[]){x}, &(gan__plan_draw){1, 7}, transient));
    int64_t count = gan__shape_count(gan__plan_output_shape(plan, 0));
    hash = hash_floats(hash, gan__plan_output(plan, 0), count);
    if (mode.backward) {
        gan__store *store = model->stores[0];
        float *dy = malloc((size_t)count * sizeof *dy);
        const float *const dys[2] = {dy, NULL};
        draw(dy, count, 10);
        memset(transient, 0x7f, gan__plan_transient(plan)); /* others have used it */
        gan__store_need_gradients(store);
        gan__plan_backward(plan, dys, (float *const[]){dx}, model->stores, 1, transient);
        gan__store_write_zeros(store);
        hash = hash_floats(hash, dx, 2 * 6 * 6 * 3);
        hash = hash_floats(hash, store->gradients, store->weight_count);
        free(dy);
    }
    gan__free(context, arena);
    gan__free(context, outputs);
    gan__free(context, transient);
    gan__plan_destroy(plan);
    gan__panel_cache_free(&cache);
    gan_model_release(model);
    gan_context_release(context);
    return hash;
}

/* Giving out the value before an activation keeps it from being fused; ELU, whose slope needs its
 * input, is fused only where nothing runs backwards. */
TEST(fused_is_unfused)
{
    static const char *const kinds[] = {"conv2d 4 kernel=3 pad=1",
                                        "conv_transpose2d 2 kernel=4 stride=2", "batchnorm",
                                        "instancenorm affine=yes", "dense 7"};
    static const char *const activations[] = {"relu", "leaky_relu 0.2", "tanh", "sigmoid", "elu"};
    static const gan__plan_mode modes[] = {{true, true, 1, NULL},
                                           {false, true, 1, NULL},
                                           {true, true, 2, halves},
                                           {false, false, 1, NULL}};
    for (int i = 0; i < 25; i++) {
        char fused[200], unfused[200];
        const char *kind = kinds[i / 5], *activation = activations[i % 5];
        snprintf(fused, sizeof fused, "input 6 6 3; conv2d 3 kernel=1; v = %s; u = %s; output u",
                 kind, activation);
        snprintf(unfused, sizeof unfused,
                 "input 6 6 3; conv2d 3 kernel=1; v = %s; u = %s; output u v", kind, activation);
        for (int m = 0; m < 4; m++) {
            size_t steps, more;
            uint64_t bits = run_bits(fused, modes[m], &steps);
            if (!CHECK(bits == run_bits(unfused, modes[m], &more)))
                printf("    %s; %s, mode %d\n", kind, activation, m);
            CHECK_INT(steps, i % 5 == 4 && modes[m].backward ? 3 : 2);
            CHECK_INT(more, 3);
        }
    }
    size_t steps;
    run_bits("input 6 6 3; conv2d 3 kernel=1; v = dense 7; silu", modes[0], &steps);
    CHECK_INT(steps, 3); /* silu's slope needs its input */
}

/* A normalised value that is given out is kept; else it is made again in the backward call. */
TEST(made_again_is_kept)
{
    static const char *const kinds[] = {"batchnorm", "instancenorm affine=yes", "groupnorm 2",
                                        "layernorm", "batchnorm; batchnorm"};
    static const gan__plan_mode modes[] = {
        {true, true, 1, NULL}, {false, true, 1, NULL}, {true, true, 2, halves}};
    for (int i = 0; i < 15; i++) {
        char again[300], kept[310];
        size_t steps;
        snprintf(again, sizeof again,
                 "input 6 6 3; conv2d 4 kernel=3; %s; u = tanh; c = conv2d 4 kernel=3 pad=1;"
                 "v = add from c u; w = conv2d 2 kernel=1; output w",
                 kinds[i / 3]);
        snprintf(kept, sizeof kept, "%s u", again);
        uint64_t bits = run_bits(again, modes[i % 3], &steps);
        if (!CHECK(bits == run_bits(kept, modes[i % 3], &steps)))
            printf("    %s, mode %d\n", kinds[i / 3], i % 3);
    }
}

/* ---- memory ---- */

/* A chain of equal layers needs two values in a runner, all of them in training, and one or two
 * gradients. */
TEST(memory_of_a_chain)
{
    static const gan__plan_mode run = {false, false, 1, NULL}, train = {true, true, 1, NULL};
    const size_t value = 8 * 8 * 4 * sizeof(float);
    const gan__shape shape = {1, 8, 8, 4};
    gan_context *context = make_context("threads=1");
    gan_model *model = make_model(context, "input 8 8 4; repeat 10 { avgpool 3 stride=1 pad=1 }");
    gan__panel_cache cache = {.context = context};
    gan__plan *plan = NULL;
    CHECK_OK(gan__plan_create(&plan, context, model, &shape, &run, &cache));
    CHECK_INT(gan__plan_arena(plan), 2 * value);
    gan__plan_destroy(plan);
    CHECK_OK(gan__plan_create(&plan, context, model, &shape, &train, &cache));
    CHECK_INT(gan__plan_arena(plan), 9 * value); /* and the output */
    CHECK_INT(gan__plan_transient(plan), 2 * value);
    gan__plan_destroy(plan);
    gan_model_release(model);
    gan__panel_cache_free(&cache);
    gan_context_release(context);
}

/* No two values whose times meet share memory, in random graphs of additions. */
TEST(memory_of_random_graphs)
{
    static const gan__plan_mode run = {false, false, 1, NULL};
    gan_context *context = make_context("threads=1");
    for (uint64_t round = 0; round < 40; round++) {
        char text[2000] = "input v0 2 2 1; v1 = tanh from v0; v2 = add from v0 v1";
        size_t length = strlen(text);
        const gan__shape shape = {1, 2, 2, 1};
        for (int i = 3; i < 25; i++) {
            uint32_t words[4];
            gan__random_block(&(gan__draw){round, GAN__DRAW_LATENT, 0}, (uint64_t)i, words);
            length +=
                (size_t)snprintf(text + length, sizeof text - length, "; v%d = add from v%d v%d", i,
                                 (int)(words[0] % (uint32_t)i), i - 1 - (int)(words[1] % 3));
        }
        float x[4] = {0.5f, -1, 2, 3};
        gan_model *model = make_model(context, text);
        gan__panel_cache cache = {.context = context};
        gan__plan *plan = NULL;
        CHECK_OK(gan__plan_create(&plan, context, model, &shape, &run, &cache));
        static _Alignas(64) char arena[64 * 64], outputs[64], transient[64];
        CHECK(gan__plan_arena(plan) < 20 * 64);
        CHECK(gan__plan_transient(plan) <= sizeof transient);
        CHECK(gan__plan_outputs(plan) <= sizeof outputs);
        gan__plan_bind(plan, arena, outputs);
        CHECK_OK(
            gan__plan_forward(plan, (const float *const[]){x}, &(gan__plan_draw){1, 0}, transient));
        double values[25][4];
        for (int k = 0; k < 4; k++) {
            values[0][k] = (double)x[k];
            values[1][k] = tanh((double)x[k]);
            for (size_t i = 1; i < model->node_count; i++)
                values[i + 1][k] =
                    values[model->nodes[i].operands[0]][k] + values[model->nodes[i].operands[1]][k];
            CHECK_NEAR(gan__plan_output(plan, 0)[k], values[24][k],
                       1e-5 * fabs(values[24][k]) + 1e-6);
        }
        gan__plan_destroy(plan);
        gan_model_release(model);
        gan__panel_cache_free(&cache);
    }
    gan_context_release(context);
}

TEST(refusals)
{
    static const int64_t ends[4][3] = {{0, 2, 4}, {0, 2, 2}, {0, 0, 3}, {1, 2, 3}};
    gan__plan_mode two = {true, true, 2, ends[0]};
    gan_context *context = make_context("threads=1");
    gan_model *model = make_model(context, graph_text);
    gan__panel_cache cache = {.context = context};
    gan__plan *plan = NULL;
    const gan__shape odd[2] = {{3, 1, 1, A}, {3, 1, 1, B}},
                     uneven[2] = {{4, 1, 1, A}, {2, 1, 1, B}};
    const gan__shape wide[2] = {{4, 1, 1, A + 1}, {4, 1, 1, B}};
    for (int i = 0; i < 4; i++) {
        two.starts = ends[i];
        CHECK_STATUS(gan__plan_create(&plan, context, model, odd, &two, &cache), GAN_E_SHAPE);
    }
    two.starts = ends[0];
    CHECK_STATUS(gan__plan_create(&plan, context, model, uneven, &two, &cache), GAN_E_SHAPE);
    CHECK_STATUS(gan__plan_create(&plan, context, model, wide, &two, &cache), GAN_E_SHAPE);
    CHECK(plan == NULL);
    gan_model_release(model);
    gan__panel_cache_free(&cache);
    gan_context_release(context);
}

int main(void)
{
    RUN(forward);
    RUN(backward);
    RUN(fused_is_unfused);
    RUN(made_again_is_kept);
    RUN(memory_of_a_chain);
    RUN(memory_of_random_graphs);
    RUN(refusals);
    return test_report();
}
