/* test_golden.c: five steps of GAN training against PyTorch in double; make_traces.py made the
 * traces. Each step starts from the trace's own weights, buffers and moments. */
#include "test.h"

#include "base/memory.h"
#include "base/stream.h"
#include "files/safetensors.h"
#include "optim/optimizer.h"
#include "train/trainer.h"

#include <math.h>
#include <stdlib.h>

enum { STEPS = 5 };

typedef struct golden {
    gan_context *context;
    gan_trainer *trainer;
    uint8_t *file;
    gan__safetensors trace;
    int64_t size; /* of the pictures */
} golden;

static const char *const role_names[2] = {"generator", "discriminator"};

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
    for (int role = 0; role < 2; role++) {
        gan_model *m = gan_trainer_model(t->trainer, role_names[role], 0);
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
    float *values = trace_values(t, &count, "%d.weight.%s.%s", step, role_names[role], entry->name);
    CHECK_INT(count, p->count);
    if (p->integer)
        *gan__parameter_integers(layer, p) = (int64_t)values[0];
    else
        gan__parameter_import(p, values, gan__parameter_value(layer, p));
    layer->store->version++;
    free(values);
}

static gan__optimizer_state *state_of(const golden *t, int role)
{
    gan_optimizer *optimizer = t->trainer->optimizers[role];
    CHECK_INT(optimizer->state_count, 1);
    return &optimizer->states[0];
}

static void load_moments(golden *t, int step, int role, const gan__named_parameter *entry,
                         gan_layer *layer, gan__parameter *p)
{
    gan__optimizer_state *state = state_of(t, role);
    int64_t count;
    float *m, *v;
    (void)layer;
    if (!p->trained) return;
    m = trace_values(t, &count, "%d.m.%s.%s", step, role_names[role], entry->name);
    v = trace_values(t, &count, "%d.v.%s.%s", step, role_names[role], entry->name);
    gan__parameter_import(p, m, state->moments[0] + p->offset);
    gan__parameter_import(p, v, state->moments[1] + p->offset);
    state->steps = step;
    t->trainer->optimizers[role]->steps = step;
    free(m);
    free(v);
}

static void load_state(golden *t, int step)
{
    visit_all(t, step, load_value);
    visit_all(t, step, load_moments);
}

/* The largest difference, as a share of the largest number of the expected ones. */
static double difference(const float *expected, const float *got, int64_t count, double largest)
{
    double worst = 0;
    for (int64_t i = 0; i < count; i++) {
        double d = fabs((double)expected[i] - (double)got[i]);
        if (!(d <= worst)) worst = d;
    }
    return worst / largest;
}

static double largest_gradient[2];

static void find_largest(golden *t, int step, int role, const gan__named_parameter *entry,
                         gan_layer *layer, gan__parameter *p)
{
    int64_t count;
    float *g;
    (void)layer;
    if (!p->trained) return;
    g = trace_values(t, &count, "%d.gradient.%s.%s", step, role_names[role], entry->name);
    for (int64_t i = 0; i < count; i++)
        largest_gradient[role] = fmax(largest_gradient[role], fabs((double)g[i]));
    free(g);
}

/* Zeroing a gradient only marks it: its numbers are still in memory after the step. */
static void check_gradient(golden *t, int step, int role, const gan__named_parameter *entry,
                           gan_layer *layer, gan__parameter *p)
{
    int64_t count;
    float *expected, *got;
    if (!p->trained) return;
    expected = trace_values(t, &count, "%d.gradient.%s.%s", step, role_names[role], entry->name);
    got = malloc((size_t)count * sizeof *got);
    gan__parameter_export(p, layer->store->gradients + p->offset, got);
    if (!CHECK(difference(expected, got, count, largest_gradient[role]) < 1e-5))
        printf("    gradient of %s.%s, step %d: %g\n", role_names[role], entry->name, step,
               difference(expected, got, count, largest_gradient[role]));
    free(expected);
    free(got);
}

static void check_buffer(golden *t, int step, int role, const gan__named_parameter *entry,
                         gan_layer *layer, gan__parameter *p)
{
    int64_t count;
    float *expected, *got;
    if (p->trained) return;
    expected = trace_values(t, &count, "%d.weight.%s.%s", step + 1, role_names[role], entry->name);
    got = malloc((size_t)(count + 1) * sizeof *got);
    if (p->integer)
        *got = (float)*gan__parameter_integers(layer, p);
    else
        gan__parameter_export(p, gan__parameter_value(layer, p), got);
    if (!CHECK(difference(expected, got, count, 1) < 1e-5))
        printf("    buffer %s.%s after step %d\n", role_names[role], entry->name, step);
    free(expected);
    free(got);
}

static void load_gradient(golden *t, int step, int role, const gan__named_parameter *entry,
                          gan_layer *layer, gan__parameter *p)
{
    int64_t count;
    float *g;
    if (!p->trained) return;
    g = trace_values(t, &count, "%d.gradient.%s.%s", step, role_names[role], entry->name);
    gan__parameter_import(p, g, layer->store->gradients + p->offset);
    layer->store->segments[p->segment].empty = false;
    free(g);
}

static void check_update(golden *t, int step, int role, const gan__named_parameter *entry,
                         gan_layer *layer, gan__parameter *p)
{
    static const char *const what[3] = {"%d.weight.%s.%s", "%d.m.%s.%s", "%d.v.%s.%s"};
    gan__optimizer_state *state = state_of(t, role);
    if (!p->trained) return;
    for (int i = 0; i < 3; i++) {
        int64_t count;
        float *expected = trace_values(t, &count, what[i], step + 1, role_names[role], entry->name);
        float *got = malloc((size_t)count * sizeof *got);
        const float *memory =
            i ? state->moments[i - 1] + p->offset : gan__parameter_value(layer, p);
        gan__parameter_export(p, memory, got);
        /* A step of Adam is at most lr = 2e-4: a wrong one would be off by some 1e-4. */
        if (!CHECK(difference(expected, got, count, 1) < 5e-7))
            printf("    %s.%s (%d) after the update of step %d: %g\n", role_names[role],
                   entry->name, i, step, difference(expected, got, count, 1));
        free(expected);
        free(got);
    }
}

static void feed(golden *t, int step, const char *name, int32_t rank, const int64_t *shape)
{
    int64_t count;
    float *values = trace_values(t, &count, "%d.%s%s", step, name, "");
    gan_tensor *tensor;
    CHECK_OK(gan_tensor_create(&tensor, t->context, GAN_FLOAT32, rank, shape));
    CHECK_INT(gan_tensor_count(tensor), count);
    memcpy(gan_tensor_data(tensor), values, (size_t)count * sizeof *values);
    CHECK_OK(gan_trainer_feed(t->trainer, name, tensor));
    gan_tensor_release(tensor);
    free(values);
}

static void check_step(golden *t, int step)
{
    const int64_t real_shape[4] = {6, t->size, t->size, 1}, noise_shape[2] = {6, 10};
    static const char *const names[2] = {"loss.discriminator", "loss.generator"};
    int64_t count;
    float *losses = trace_values(t, &count, "%d.%s%s", step, "loss", "");
    if (step == 0) { /* the trainer makes its optimisers with its first step */
        feed(t, 0, "real", 4, real_shape);
        CHECK_OK(gan__trainer_ready(t->trainer));
    }
    load_state(t, step);
    feed(t, step, "real", 4, real_shape);
    feed(t, step, "noise", 2, noise_shape);
    CHECK_OK(gan_trainer_step(t->trainer));
    for (int i = 0; i < 2; i++) {
        double loss;
        CHECK_OK(gan_trainer_value(t->trainer, names[i], &loss));
        CHECK_NEAR(loss, losses[i], 2e-6);
    }
    largest_gradient[0] = largest_gradient[1] = 0;
    visit_all(t, step, find_largest);
    visit_all(t, step, check_gradient);
    visit_all(t, step, check_buffer);

    load_state(t, step);
    visit_all(t, step, load_gradient);
    for (int i = 0; i < 2; i++) CHECK_OK(gan_optimizer_step(t->trainer->optimizers[i]));
    visit_all(t, step, check_update);
    for (int i = 0; i < 2; i++) CHECK_OK(gan_optimizer_zero(t->trainer->optimizers[i]));
    free(losses);
}

static void check_trace(const char *name, const char *generator, const char *discriminator,
                        int64_t size)
{
    golden t = {.size = size};
    char path[512], message[256];
    size_t bytes;
    gan_model *models[2];
    const char *texts[2] = {generator, discriminator};
    CHECK_OK(gan_context_create(&t.context, "threads=2", NULL, message, sizeof message));
    snprintf(path, sizeof path, "%s/tests/golden/%s.safetensors", GAN_SOURCE_FOLDER, name);
    if (!CHECK_OK(gan__file_read(t.context, path, &t.file, &bytes))) exit(1);
    CHECK_OK(gan__safetensors_read(
        &(gan__bytes){.context = t.context, .name = path, .data = t.file, .size = bytes},
        &t.trace));
    CHECK_OK(gan_trainer_create(&t.trainer, t.context, "gan reuse=yes"));
    for (int i = 0; i < 2; i++) {
        if (!CHECK_OK(gan_model_parse(&models[i], t.context, texts[i]))) {
            puts(gan_context_message(t.context));
            exit(1);
        }
        CHECK_OK(gan_trainer_set_model(t.trainer, role_names[i], models[i]));
        gan_model_release(models[i]);
    }
    for (int step = 0; step < STEPS; step++) check_step(&t, step);
    gan_trainer_release(t.trainer);
    gan__safetensors_free(&t.trace);
    gan__free(t.context, t.file);
    gan_context_release(t.context);
}

TEST(dcgan28)
{
    check_trace("dcgan28",
                "default conv_transpose2d bias=no; input 10\n"
                "conv_transpose2d 12 kernel=7; batchnorm; relu\n"
                "conv_transpose2d 6 kernel=4 stride=2 pad=1; batchnorm; relu\n"
                "conv_transpose2d 1 kernel=4 stride=2 pad=1; tanh",
                "default conv2d bias=no kernel=4 stride=2 pad=1; input 28 28 1\n"
                "conv2d 6; leaky_relu 0.2; conv2d 12; batchnorm; leaky_relu 0.2\n"
                "conv2d 1 kernel=7 stride=1 pad=0",
                28);
}

TEST(mlp)
{
    check_trace(
        "mlp",
        "input 10; dense 16; leaky_relu 0.2; dense 24; leaky_relu 0.2\n"
        "dense 196; tanh; reshape 14 14 1",
        "input 14 14 1; flatten; dense 24; leaky_relu 0.2; dense 16; leaky_relu 0.2; dense 1", 14);
}

int main(void)
{
    RUN(dcgan28);
    RUN(mlp);
    return test_report();
}
