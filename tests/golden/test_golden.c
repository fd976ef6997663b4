/* test_golden.c: five steps of each trainer kind against PyTorch in double; make_traces.py made the
 * traces. Each step starts from the trace's own weights, buffers and moments. */
#include "test.h"

#include "base/memory.h"
#include "base/stream.h"
#include "files/safetensors.h"
#include "optim/optimizer.h"
#include "train/trainer.h"

#include <math.h>
#include <stdlib.h>

enum { STEPS = 5, MOST_ROLES = 4, MOST_FEEDS = 7, MOST_LOSSES = 18 };

/* What of a kind is in its traces. */
typedef struct golden_kind {
    const char *roles[MOST_ROLES];
    const char *feeds[MOST_FEEDS];   /* "S.FEED", each */
    const char *losses[MOST_LOSSES]; /* what "S.loss" holds */
} golden_kind;

static const golden_kind gan_kind = {
    {"generator", "discriminator"}, {"real", "noise"}, {"loss.discriminator", "loss.generator"}};
#define PENALTY "penalty", "penalty.norm"
static const golden_kind penalty_kind = {{"generator", "discriminator"},
                                         {"real", "noise"},
                                         {"loss.discriminator", "loss.generator", PENALTY}};
static const golden_kind drawn_penalty_kind = {{"generator", "discriminator"},
                                               {"real", "noise", "epsilon"},
                                               {"loss.discriminator", "loss.generator", PENALTY}};
static const golden_kind vae_kind = {{"encoder", "decoder"},
                                     {"real", "noise"},
                                     {"loss.autoencoder", "loss.reconstruction", "loss.kl"}};
static const golden_kind autoencoder_kind = {
    {"encoder", "decoder"}, {"real"}, {"loss.autoencoder"}};
static const golden_kind discriminator_kind = {
    {"discriminator"},
    {"real"},
    {"loss.discriminator", "score.positive", "score.negative", "score.gap", "accuracy.pairs"}};
#define CYCLE_ROLES                                      \
    {                                                    \
        "xy", "yx", "discriminator_x", "discriminator_y" \
    }
#define CYCLE_JUDGED(d) "score.real." d, "score.fake." d, "accuracy.real." d, "accuracy.fake." d
static const golden_kind cyclegan_kind = {CYCLE_ROLES,
                                          {"x", "y"},
                                          {"loss.generators", "loss.discriminators", "loss.cycle.x",
                                           "loss.cycle.y", "loss.identity.x", "loss.identity.y",
                                           CYCLE_JUDGED("x"), CYCLE_JUDGED("y")}};
static const golden_kind cyclegan_unlike_kind = {CYCLE_ROLES,
                                                 {"x", "y"},
                                                 {"loss.generators", "loss.discriminators",
                                                  "loss.cycle.x", "loss.cycle.y", CYCLE_JUDGED("x"),
                                                  CYCLE_JUDGED("y")}};
#define CGAN_FEEDS(condition)                                                              \
    {                                                                                      \
        "real", condition, "mismatched", "noise", "noise.generator", "condition.generator" \
    }
static const golden_kind cgan_score_kind = {
    {"generator", "discriminator"},
    CGAN_FEEDS("real.label"),
    {"loss.discriminator", "loss.generator", "score.matched", "score.mismatched", "score.fake",
     "accuracy.matched", "accuracy.mismatched", "accuracy.fake"}};
static const golden_kind cgan_heads_kind = {
    {"generator", "discriminator"},
    CGAN_FEEDS("real.vector"),
    {"loss.discriminator", "loss.generator", "loss.realness", "loss.match", "score.matched",
     "score.mismatched", "score.fake", "accuracy.matched", "accuracy.mismatched", "accuracy.fake",
     "score.match.matched", "score.match.mismatched", "score.match.fake", "accuracy.match.matched",
     "accuracy.match.mismatched", "accuracy.match.fake"}};

static const golden_kind cgan_penalised_kind = {
    {"generator", "discriminator"},
    {"real", "real.vector", "mismatched", "noise", "noise.generator", "condition.generator",
     "epsilon"},
    {"loss.discriminator", "loss.generator", "loss.realness", "loss.match", "score.matched",
     "score.mismatched", "score.fake", "accuracy.matched", "accuracy.mismatched", "accuracy.fake",
     "score.match.matched", "score.match.mismatched", "score.match.fake", "accuracy.match.matched",
     "accuracy.match.mismatched", "accuracy.match.fake", PENALTY}};

typedef struct golden {
    const golden_kind *kind;
    gan_context *context;
    gan_trainer *trainer;
    uint8_t *file;
    gan__safetensors trace;
    double largest_gradient[MOST_ROLES];
} golden;

static int role_count(const golden_kind *kind)
{
    int count = 0;
    while (count < MOST_ROLES && kind->roles[count]) count++;
    return count;
}

/* The named tensor as floats: malloced. */
static float *trace_values(const golden *t, int64_t *count, const char *format, int step,
                           const char *role, const char *name)
{
    char full[256];
    const gan__safetensors_entry *entry;
    float *values;
    snprintf(full, sizeof full, format, step, role, name);
    entry = gan__safetensors_find(&t->trace, full);
    if (!CHECK(entry != NULL)) {
        printf("    no %s\n", full);
        exit(1);
    }
    *count = entry->array.count;
    values = malloc((size_t)(*count + 1) * sizeof *values);
    gan__array_decode(&entry->array, GAN_FLOAT32, values);
    return values;
}

/* Calls what(...) for each trained parameter of both nets, or each buffer. */
typedef void visit(golden *t, int step, int role, const gan__named_parameter *entry,
                   gan_layer *layer, gan__parameter *p);

static void visit_all(golden *t, int step, visit *what)
{
    for (int role = 0; role < role_count(t->kind); role++) {
        gan_model *m = gan_trainer_model(t->trainer, t->kind->roles[role], 0);
        for (size_t i = 0; i < m->parameter_count; i++) {
            gan_layer *layer = m->parameters[i].layer;
            what(t, step, role, &m->parameters[i], layer,
                 &layer->parameters[m->parameters[i].index]);
        }
    }
}

static void load_value(golden *t, int step, int role, const gan__named_parameter *entry,
                       gan_layer *layer, gan__parameter *p)
{
    int64_t count;
    float *values =
        trace_values(t, &count, "%d.weight.%s.%s", step, t->kind->roles[role], entry->name);
    CHECK_INT(count, p->count);
    if (p->integer)
        *gan__parameter_integers(layer, p) = (int64_t)values[0];
    else
        gan__parameter_import(p, values, gan__parameter_value(layer, p));
    layer->store->version++;
    free(values);
}

/* What an optimiser knows about the layer's store. */
static gan__optimizer_state *state_of(const golden *t, const gan_layer *layer,
                                      gan_optimizer **optimizer)
{
    for (int32_t i = 0; i < t->trainer->cast->group_count; i++) {
        *optimizer = t->trainer->optimizers[i];
        for (size_t k = 0; k < (*optimizer)->state_count; k++)
            if ((*optimizer)->states[k].store == layer->store) return &(*optimizer)->states[k];
    }
    fprintf(stderr, "a store has no optimiser\n");
    exit(1);
}

static void load_moments(golden *t, int step, int role, const gan__named_parameter *entry,
                         gan_layer *layer, gan__parameter *p)
{
    gan_optimizer *optimizer;
    int64_t count;
    float *m, *v;
    if (!p->trained) return;
    gan__optimizer_state *state = state_of(t, layer, &optimizer);
    m = trace_values(t, &count, "%d.m.%s.%s", step, t->kind->roles[role], entry->name);
    v = trace_values(t, &count, "%d.v.%s.%s", step, t->kind->roles[role], entry->name);
    gan__parameter_import(p, m, state->moments[0] + p->offset);
    gan__parameter_import(p, v, state->moments[1] + p->offset);
    state->steps = step;
    optimizer->steps = step;
    free(m);
    free(v);
}

static void load_state(golden *t, int step)
{
    visit_all(t, step, load_value);
    visit_all(t, step, load_moments);
}

static double largest_of(const float *values, int64_t count)
{
    double largest = 0;
    for (int64_t i = 0; i < count; i++) largest = fmax(largest, fabs((double)values[i]));
    return largest;
}

/* The largest difference, as a share of `largest`. */
static double difference(const float *expected, const float *got, int64_t count, double largest)
{
    double worst = 0;
    for (int64_t i = 0; i < count; i++) {
        double d = fabs((double)expected[i] - (double)got[i]);
        if (!(d <= worst)) worst = d;
    }
    return worst / largest;
}

static void find_largest(golden *t, int step, int role, const gan__named_parameter *entry,
                         gan_layer *layer, gan__parameter *p)
{
    int64_t count;
    float *g;
    (void)layer;
    if (!p->trained) return;
    g = trace_values(t, &count, "%d.gradient.%s.%s", step, t->kind->roles[role], entry->name);
    t->largest_gradient[role] = fmax(t->largest_gradient[role], largest_of(g, count));
    free(g);
}

/* Zeroing a gradient only marks it: its numbers are still in memory after the step. */
static void check_gradient(golden *t, int step, int role, const gan__named_parameter *entry,
                           gan_layer *layer, gan__parameter *p)
{
    int64_t count;
    float *expected, *got;
    if (!p->trained) return;
    expected =
        trace_values(t, &count, "%d.gradient.%s.%s", step, t->kind->roles[role], entry->name);
    got = malloc((size_t)count * sizeof *got);
    gan__parameter_export(p, layer->store->gradients + p->offset, got);
    if (!CHECK(difference(expected, got, count, t->largest_gradient[role]) < 1e-5))
        printf("    gradient of %s.%s, step %d: %g\n", t->kind->roles[role], entry->name, step,
               difference(expected, got, count, t->largest_gradient[role]));
    free(expected);
    free(got);
}

static void check_buffer(golden *t, int step, int role, const gan__named_parameter *entry,
                         gan_layer *layer, gan__parameter *p)
{
    int64_t count;
    float *expected, *got;
    if (p->trained) return;
    expected =
        trace_values(t, &count, "%d.weight.%s.%s", step + 1, t->kind->roles[role], entry->name);
    got = malloc((size_t)(count + 1) * sizeof *got);
    if (p->integer)
        *got = (float)*gan__parameter_integers(layer, p);
    else
        gan__parameter_export(p, gan__parameter_value(layer, p), got);
    if (!CHECK(difference(expected, got, count, 1) < 1e-5))
        printf("    buffer %s.%s after step %d\n", t->kind->roles[role], entry->name, step);
    free(expected);
    free(got);
}

static void load_gradient(golden *t, int step, int role, const gan__named_parameter *entry,
                          gan_layer *layer, gan__parameter *p)
{
    int64_t count;
    float *g;
    if (!p->trained) return;
    g = trace_values(t, &count, "%d.gradient.%s.%s", step, t->kind->roles[role], entry->name);
    gan__parameter_import(p, g, layer->store->gradients + p->offset);
    layer->store->segments[p->segment].empty = false;
    free(g);
}

static void check_update(golden *t, int step, int role, const gan__named_parameter *entry,
                         gan_layer *layer, gan__parameter *p)
{
    static const char *const what[3] = {"%d.weight.%s.%s", "%d.m.%s.%s", "%d.v.%s.%s"};
    gan_optimizer *optimizer;
    if (!p->trained) return;
    const gan__optimizer_state *state = state_of(t, layer, &optimizer);
    for (int i = 0; i < 3; i++) {
        int64_t count;
        float *expected =
            trace_values(t, &count, what[i], step + 1, t->kind->roles[role], entry->name);
        float *got = malloc((size_t)count * sizeof *got);
        const float *memory =
            i ? state->moments[i - 1] + p->offset : gan__parameter_value(layer, p);
        gan__parameter_export(p, memory, got);
        /* A step of Adam is at most lr, 2e-4 or more: a wrong one would be off by some 1e-4.
         * Moments of large gradients are large themselves. */
        const double largest = fmax(1, largest_of(expected, count));
        if (!CHECK(difference(expected, got, count, largest) < 5e-7))
            printf("    %s.%s (%d) after the update of step %d: %g\n", t->kind->roles[role],
                   entry->name, i, step, difference(expected, got, count, largest));
        free(expected);
        free(got);
    }
}

static void feed(golden *t, int step, const char *name)
{
    int64_t count;
    char key[64];
    float *values = trace_values(t, &count, "%d.%s%s", step, name, "");
    gan_tensor *tensor;
    snprintf(key, sizeof key, "%d.%s", step, name);
    const gan__array *array = &gan__safetensors_find(&t->trace, key)->array;
    CHECK_OK(gan_tensor_create(&tensor, t->context, GAN_FLOAT32, array->rank, array->shape));
    CHECK_INT(gan_tensor_count(tensor), count);
    memcpy(gan_tensor_data(tensor), values, (size_t)count * sizeof *values);
    CHECK_OK(gan_trainer_feed(t->trainer, name, tensor));
    gan_tensor_release(tensor);
    free(values);
}

static void feed_all(golden *t, int step)
{
    for (int i = 0; i < MOST_FEEDS && t->kind->feeds[i]; i++) feed(t, step, t->kind->feeds[i]);
}

static void check_losses(golden *t, int step)
{
    int64_t count, losses = 0;
    float *expected = trace_values(t, &count, "%d.%s%s", step, "loss", "");
    while (losses < MOST_LOSSES && t->kind->losses[losses]) losses++;
    CHECK_INT(count, losses);
    for (int64_t i = 0; i < losses; i++) {
        double loss;
        CHECK_OK(gan_trainer_value(t->trainer, t->kind->losses[i], &loss));
        CHECK_NEAR(loss, expected[i], 2e-6 * fmax(1, fabs((double)expected[i])));
    }
    free(expected);
}

static void check_step(golden *t, int step)
{
    if (step == 0) { /* the trainer makes its optimisers with its first step */
        feed_all(t, 0);
        if (!CHECK_OK(gan__trainer_ready(t->trainer))) {
            puts(gan_context_message(t->context));
            exit(1);
        }
    }
    load_state(t, step);
    feed_all(t, step);
    CHECK_OK(gan_trainer_step(t->trainer));
    check_losses(t, step);
    for (int i = 0; i < MOST_ROLES; i++) t->largest_gradient[i] = 0;
    visit_all(t, step, find_largest);
    visit_all(t, step, check_gradient);
    visit_all(t, step, check_buffer);

    load_state(t, step);
    visit_all(t, step, load_gradient);
    const int32_t groups = t->trainer->cast->group_count;
    for (int32_t i = 0; i < groups; i++) CHECK_OK(gan_optimizer_step(t->trainer->optimizers[i]));
    visit_all(t, step, check_update);
    for (int32_t i = 0; i < groups; i++) CHECK_OK(gan_optimizer_zero(t->trainer->optimizers[i]));
}

/* The networks in the order of the kind's roles. */
static void check_trace(const golden_kind *kind, const char *name, const char *spec,
                        const char *const texts[])
{
    golden t = {.kind = kind};
    char path[512], message[256];
    size_t bytes;
    CHECK_OK(gan_context_create(&t.context, "threads=2 seed=7", NULL, message, sizeof message));
    snprintf(path, sizeof path, "%s/tests/golden/%s.safetensors", GAN_SOURCE_FOLDER, name);
    if (!CHECK_OK(gan__file_read(t.context, path, &t.file, &bytes))) exit(1);
    CHECK_OK(gan__safetensors_read(
        &(gan__bytes){.context = t.context, .name = path, .data = t.file, .size = bytes},
        &t.trace));
    CHECK_OK(gan_trainer_create(&t.trainer, t.context, spec));
    for (int i = 0; i < role_count(kind); i++) {
        gan_model *model;
        if (!CHECK_OK(gan_model_parse(&model, t.context, texts[i]))) {
            puts(gan_context_message(t.context));
            exit(1);
        }
        CHECK_OK(gan_trainer_set_model(t.trainer, kind->roles[i], model));
        gan_model_release(model);
    }
    for (int step = 0; step < STEPS; step++) check_step(&t, step);
    gan_trainer_release(t.trainer);
    gan__safetensors_free(&t.trace);
    gan__free(t.context, t.file);
    gan_context_release(t.context);
}

TEST(dcgan28)
{
    static const char *const texts[] = {
        "default conv_transpose2d bias=no; input 10\n"
        "conv_transpose2d 12 kernel=7; batchnorm; relu\n"
        "conv_transpose2d 6 kernel=4 stride=2 pad=1; batchnorm; relu\n"
        "conv_transpose2d 1 kernel=4 stride=2 pad=1; tanh",
        "default conv2d bias=no kernel=4 stride=2 pad=1; input 28 28 1\n"
        "conv2d 6; leaky_relu 0.2; conv2d 12; batchnorm; leaky_relu 0.2\n"
        "conv2d 1 kernel=7 stride=1 pad=0"};
    check_trace(&gan_kind, "dcgan28", "gan reuse=yes", texts);
}

TEST(mlp)
{
    static const char *const texts[] = {
        "input 10; dense 16; leaky_relu 0.2; dense 24; leaky_relu 0.2\n"
        "dense 196; tanh; reshape 14 14 1",
        "input 14 14 1; flatten; dense 24; leaky_relu 0.2; dense 16; leaky_relu 0.2; dense 1"};
    check_trace(&gan_kind, "mlp", "gan reuse=yes", texts);
}

#define SMOOTH_G                                \
    "input 10; dense 72; reshape 4 3 6; silu\n" \
    "conv_transpose2d 2 kernel=4 stride=2 pad=1; tanh"
#define SMOOTH_D(channels, norm, other)                                                          \
    "default conv2d kernel=3 pad=1 bias=no; input 8 6 " channels "\n"                            \
    "conv2d 6 kernel=4 stride=2 bias=yes; silu; conv2d 8; " norm "; tanh; conv2d 6; " other "\n" \
    "silu; conv2d 1 kernel=2 pad=0"
#define SMOOTH_APART(channels) SMOOTH_D(channels, "groupnorm 2", "instancenorm affine=yes")

/* Second derivatives, through what is nowhere piecewise linear. */
TEST(penalties)
{
    static const char *const one[] = {SMOOTH_G, SMOOTH_APART("2")};
    static const char *const two[] = {SMOOTH_G, SMOOTH_APART("4")};
    static const char *const three[] = {SMOOTH_G, SMOOTH_APART("6")};
    check_trace(&drawn_penalty_kind, "wgan_gp", "gan loss=wgan_gp d_steps=1 reuse=yes", one);
    check_trace(&drawn_penalty_kind, "wgan_gp", "gan loss=wgan penalty=wgan_gp d_steps=1 reuse=yes",
                one);
    check_trace(&drawn_penalty_kind, "dragan", "gan penalty=dragan reuse=yes", one);
    check_trace(&penalty_kind, "r1", "gan penalty=r1 reuse=yes", one);
    check_trace(&penalty_kind, "r2_packed", "gan penalty=r2 pack=3 reuse=yes", three);
    check_trace(&drawn_penalty_kind, "wgan_gp_packed",
                "gan loss=wgan_gp pack=2 d_steps=1 reuse=yes", two);
}

TEST(packed)
{
    static const char *const texts[] = {SMOOTH_G, SMOOTH_D("4", "batchnorm", "batchnorm")};
    check_trace(&gan_kind, "packed", "gan pack=2 reuse=yes", texts);
}

TEST(relativistic)
{
    static const char *const texts[] = {SMOOTH_G, SMOOTH_D("2", "batchnorm", "batchnorm")};
    check_trace(&gan_kind, "relativistic", "gan relativistic=yes reuse=yes", texts);
}

#define CGAN_G(condition)                                                          \
    "input noise 10; input condition " condition "; concat from noise condition\n" \
    "fc = dense 72 bias=no; reshape 4 3 6; n = batchnorm; relu\n"                  \
    "up = conv_transpose2d 2 kernel=4 stride=2 pad=1; tanh"
#define CGAN_D(condition, heads)                                                 \
    "input image 8 6 2; input condition " condition "\n"                         \
    "c1 = conv2d 6 kernel=4 stride=2 pad=1 bias=no from image; n1 = batchnorm\n" \
    "trunk = leaky_relu 0.2; concat from trunk condition\n"                      \
    "c2 = conv2d 8 kernel=3 pad=1 bias=no; n2 = batchnorm; leaky_relu 0.2\n" heads

TEST(cgan_score)
{
    static const char *const texts[] = {CGAN_G("3"), CGAN_D("3", "score = dense 1")};
    check_trace(&cgan_score_kind, "cgan_score", "cgan mismatch=0.5 fake=0.5", texts);
}

TEST(cgan_heads)
{
    static const char *const texts[] = {
        CGAN_G("5"), CGAN_D("5", "match = dense 1\n"
                                 "realness = dense 1 from trunk; output realness match")};
    check_trace(&cgan_heads_kind, "cgan_heads", "cgan mismatch=0.75 fake=1.25", texts);
}

TEST(cgan_penalised)
{
    static const char *const texts[] = {
        CGAN_G("5"), "input image 8 6 2; input condition 5\n"
                     "c1 = conv2d 6 kernel=4 stride=2 pad=1 bias=no from image; n1 = groupnorm 3\n"
                     "trunk = silu; concat from trunk condition\n"
                     "c2 = conv2d 8 kernel=3 pad=1 bias=no; n2 = groupnorm 2; silu\n"
                     "match = dense 1; realness = dense 1 from trunk; output realness match"};
    check_trace(&cgan_penalised_kind, "cgan_penalised",
                "cgan mismatch=0.75 fake=1.25 penalty=wgan_gp", texts);
}

static const char *const vae_texts[] = {
    "default conv2d kernel=4 stride=2 pad=1; input 12 12 1\n"
    "conv2d 3; relu; conv2d 6 bias=no; batchnorm; h = relu\n"
    "mean = dense 10; log_variance = dense 10 from h; output mean log_variance",
    "default conv_transpose2d kernel=4 stride=2 pad=1; input 10\n"
    "dense 54; reshape 3 3 6; relu; conv_transpose2d 3 bias=no; batchnorm; relu\n"
    "conv_transpose2d 1"};

TEST(discriminator)
{
    static const char *const texts[] = {
        "input 8 6 2; conv2d 5 kernel=3 pad=1 spectral=yes; silu\n"
        "conv2d 6 kernel=4 stride=2 pad=1 bias=no; batchnorm; silu; conv2d 1 kernel=3 pad=1"};
    check_trace(&discriminator_kind, "discriminator",
                "discriminator steps=4 step=6 projection=0.02 noise=0.05 replay=0.6 buffer=15",
                texts);
}

TEST(discriminator_data)
{
    static const char *const texts[] = {"input 8 6 2; flatten; dense 16; tanh; dense 1"};
    check_trace(&discriminator_kind, "discriminator_data",
                "discriminator loss=non_saturating l2=0.25 steps=7 step=2 projection=0 noise=0 "
                "start=data replay=0 buffer=0",
                texts);
}

TEST(vae_bernoulli)
{
    check_trace(&vae_kind, "vae_bernoulli", "vae", vae_texts);
}

TEST(vae_gaussian)
{
    check_trace(&vae_kind, "vae_gaussian", "vae likelihood=gaussian deviation=0.5 beta=2",
                vae_texts);
}

static const char *const autoencoder_texts[] = {
    "default conv2d kernel=4 stride=2 pad=1; input 8 12 2\n"
    "conv2d 3 bias=no; batchnorm; relu; conv2d 6; relu; flatten; dense 5",
    "default conv_transpose2d kernel=4 stride=2 pad=1; input 5\n"
    "dense 36; reshape 2 3 6; relu; conv_transpose2d 3 bias=no; batchnorm; relu\n"
    "conv_transpose2d 2"};

TEST(autoencoder)
{
    check_trace(&autoencoder_kind, "autoencoder_l1", "autoencoder loss=l1", autoencoder_texts);
    check_trace(&autoencoder_kind, "autoencoder_l2", "autoencoder", autoencoder_texts);
    check_trace(&autoencoder_kind, "autoencoder_bce", "autoencoder loss=bce", autoencoder_texts);
}

#define CYCLE_G                                                                   \
    "default conv2d kernel=3 pad=reflect:1; input 16 12 2\n"                      \
    "conv2d 4; instancenorm; relu; conv2d 6 stride=2 pad=1; instancenorm; relu\n" \
    "residual { conv2d 6; instancenorm; relu; conv2d 6; instancenorm }\n"         \
    "conv_transpose2d 4 kernel=3 stride=2 pad=1 output_pad=1; instancenorm; relu; conv2d 2; tanh"
#define CYCLE_D(size, norm)                                              \
    "input " size "; conv2d 4 kernel=4 stride=2 pad=1; leaky_relu 0.2\n" \
    "conv2d 6 kernel=4 pad=1; " norm "; leaky_relu 0.2; conv2d 1 kernel=3 pad=1"

/* Those of the reference implementation, but for sizes; their weights are fed, the coins of the
 * history are drawn. */
TEST(cyclegan)
{
    static const char *const texts[] = {CYCLE_G, CYCLE_G, CYCLE_D("16 12 2", "instancenorm"),
                                        CYCLE_D("16 12 2", "instancenorm")};
    check_trace(&cyclegan_kind, "cyclegan", "cyclegan pool=2", texts);
}

TEST(cyclegan_unlike)
{
    static const char *const texts[] = {
        "input 8 6 1; conv2d 4 kernel=3 pad=1; batchnorm; relu\n"
        "conv_transpose2d 3 kernel=4 stride=2 pad=1; tanh",
        "input 16 12 3; conv2d 4 kernel=4 stride=2 pad=1; batchnorm; relu\n"
        "conv2d 1 kernel=3 pad=1; tanh",
        CYCLE_D("8 6 1", "batchnorm"), CYCLE_D("16 12 3", "batchnorm")};
    check_trace(&cyclegan_unlike_kind, "cyclegan_unlike",
                "cyclegan loss=non_saturating cycle=4 identity=0 pool=4", texts);
}

int main(void)
{
    RUN(dcgan28);
    RUN(mlp);
    RUN(penalties);
    RUN(packed);
    RUN(relativistic);
    RUN(cgan_penalised);
    RUN(cgan_score);
    RUN(cgan_heads);
    RUN(discriminator);
    RUN(discriminator_data);
    RUN(vae_bernoulli);
    RUN(vae_gaussian);
    RUN(autoencoder);
    RUN(cyclegan);
    RUN(cyclegan_unlike);
    return test_report();
}
