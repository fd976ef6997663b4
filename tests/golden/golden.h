/* golden.h: steps of a trainer against a trace of PyTorch in double, as make_traces.py and the
 * other scripts here make them. Each step starts from the trace's own weights, buffers and
 * moments. */
#ifndef GAN_TEST_GOLDEN_H
#define GAN_TEST_GOLDEN_H

#include "test.h"

#include "base/memory.h"
#include "base/stream.h"
#include "files/safetensors.h"
#include "optim/optimizer.h"
#include "train/trainer.h"

#include <math.h>
#include <stdlib.h>

enum { STEPS = 5, MOST_ROLES = 10, MOST_FEEDS = 10, MOST_LOSSES = 40, MOST_PARTS = 4 };

/* A network that others have as a part. */
typedef struct golden_part {
    const char *name, *text;
} golden_part;

/* What of a kind is in its traces. */
typedef struct golden_kind {
    const char *roles[MOST_ROLES];
    const char *feeds[MOST_FEEDS];   /* "S.FEED", each */
    const char *losses[MOST_LOSSES]; /* what "S.loss" holds */
    golden_part parts[MOST_PARTS];   /* that the texts of the roles name */
    const char *optimizer;           /* of all groups; NULL: their references */
    double clip; /* of what an update leaves of discriminators' weights; 0: they are not cut */
} golden_kind;

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

/* Whether the role has a part in a step: its gradients are there. */
static bool trace_moves(const golden *t, int step, int role, const char *name)
{
    char full[256];
    snprintf(full, sizeof full, "%d.gradient.%s.%s", step, t->kind->roles[role], name);
    return gan__safetensors_find(&t->trace, full) != NULL;
}

/* Updates of the role before a step. */
static int64_t trace_steps(const golden *t, int step, int role, const char *name)
{
    int64_t steps = 0;
    for (int i = 0; i < step; i++) steps += trace_moves(t, i, role, name);
    return steps;
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
    if (optimizer->moment_count > 1) gan__parameter_import(p, v, state->moments[1] + p->offset);
    state->steps = trace_steps(t, step, role, entry->name);
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
    if (!p->trained || !trace_moves(t, step, role, entry->name)) return;
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
    gan_optimizer *optimizer;
    if (!p->trained) return;
    CHECK_INT(state_of(t, layer, &optimizer)->steps, trace_steps(t, step + 1, role, entry->name));
    if (!trace_moves(t, step, role, entry->name)) return;
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
    if (!p->trained || !trace_moves(t, step, role, entry->name)) return;
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
    for (int i = 0; i <= optimizer->moment_count; i++) {
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
        if (isnan(expected[i]))
            CHECK(isnan(loss)); /* not measured yet */
        else
            CHECK_NEAR(loss, expected[i], 2e-6 * fmax(1, fabs((double)expected[i])));
    }
    free(expected);
}

/* Whether a role of the group has a part in a step. */
static bool group_moves(const golden *t, int step, int32_t group)
{
    bool moves = false;
    for (int role = 0; role < role_count(t->kind); role++) {
        const char *name = t->kind->roles[role];
        const gan_model *m = gan_trainer_model(t->trainer, name, 0);
        const int32_t number = gan__cast_role(t->trainer->cast, name, strlen(name));
        if (t->trainer->cast->roles[number].group == group)
            moves = moves || trace_moves(t, step, role, m->parameters[0].name);
    }
    return moves;
}

/* An optimiser's schedule counts the steps in which it had a part. */
static void load_steps(golden *t, int step)
{
    for (int32_t group = 0; group < t->trainer->cast->group_count; group++) {
        t->trainer->optimizers[group]->steps = 0;
        for (int i = 0; i < step; i++)
            t->trainer->optimizers[group]->steps += group_moves(t, i, group);
    }
}

/* What the trainer does behind the optimiser of discriminators. */
static void cut(golden *t)
{
    for (int role = 0; role < role_count(t->kind) && t->kind->clip > 0; role++)
        if (!strncmp(t->kind->roles[role], "discriminator", 13))
            CHECK_OK(gan_model_clamp(gan_trainer_model(t->trainer, t->kind->roles[role], 0),
                                     -t->kind->clip, t->kind->clip));
}

/* The weights of a group that has none of the step's updates are as they were. */
static void check_still(golden *t, int step, int role, const gan__named_parameter *entry,
                        gan_layer *layer, gan__parameter *p)
{
    if (p->trained && !trace_moves(t, step, role, entry->name))
        check_update(t, step, role, entry, layer, p);
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
    load_steps(t, step);
    feed_all(t, step);
    if (!CHECK_OK(gan_trainer_step(t->trainer))) puts(gan_context_message(t->context));
    check_losses(t, step);
    for (int i = 0; i < MOST_ROLES; i++) t->largest_gradient[i] = 0;
    visit_all(t, step, find_largest);
    visit_all(t, step, check_gradient);
    visit_all(t, step, check_buffer);
    visit_all(t, step, check_still);

    load_state(t, step);
    load_steps(t, step);
    visit_all(t, step, load_gradient);
    const int32_t groups = t->trainer->cast->group_count;
    for (int32_t i = 0; i < groups; i++)
        if (group_moves(t, step, i)) CHECK_OK(gan_optimizer_step(t->trainer->optimizers[i]));
    cut(t);
    visit_all(t, step, check_update);
    for (int32_t i = 0; i < groups; i++) CHECK_OK(gan_optimizer_zero(t->trainer->optimizers[i]));
}

/* Whether the text places the part. */
static int places(const char *text, const char *part)
{
    char statement[64];
    const int length = snprintf(statement, sizeof statement, "part %s", part);
    const char *at = strstr(text, statement);
    return at && strchr("; \n", at[length]); /* or the text's end */
}

/* A network with those of the kind's parts that its text names. */
static void set_network(golden *t, const char *role, const char *text, gan_model *const *parts)
{
    const char *names[MOST_PARTS];
    gan_model *placed[MOST_PARTS], *model;
    int count = 0;
    for (int i = 0; i < MOST_PARTS && t->kind->parts[i].name; i++) {
        if (!places(text, t->kind->parts[i].name)) continue;
        names[count] = t->kind->parts[i].name;
        placed[count++] = parts[i];
    }
    if (!CHECK_OK(gan_model_parse_parts(&model, t->context, text, names, placed, count)) ||
        !CHECK_OK(gan_trainer_set_model(t->trainer, role, model))) {
        puts(gan_context_message(t->context));
        exit(1);
    }
    gan_model_release(model);
}

static void set_networks(golden *t, const char *const texts[])
{
    gan_model *parts[MOST_PARTS] = {NULL};
    for (int i = 0; i < MOST_PARTS && t->kind->parts[i].name; i++)
        CHECK_OK(gan_model_parse(&parts[i], t->context, t->kind->parts[i].text));
    for (int i = 0; i < role_count(t->kind); i++)
        set_network(t, t->kind->roles[i], texts[i], parts);
    for (int i = 0; i < MOST_PARTS; i++) gan_model_release(parts[i]);
}

static void set_optimizers(golden *t)
{
    for (int32_t i = 0; t->kind->optimizer && i < t->trainer->cast->group_count; i++)
        CHECK_OK(gan_trainer_set_optimizer(t->trainer, t->trainer->cast->groups[i].name,
                                           t->kind->optimizer));
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
    if (!CHECK_OK(gan_trainer_create(&t.trainer, t.context, spec))) {
        puts(gan_context_message(t.context));
        exit(1);
    }
    set_networks(&t, texts);
    set_optimizers(&t);
    for (int step = 0; step < STEPS; step++) check_step(&t, step);
    gan_trainer_release(t.trainer);
    gan__safetensors_free(&t.trace);
    gan__free(t.context, t.file);
    gan_context_release(t.context);
}

#endif
