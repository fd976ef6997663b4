/* harness.h: one layer in one place, run by hand: what a plan does for each of its layers. */
#ifndef LAYER_HARNESS_H
#define LAYER_HARNESS_H

#include "test.h"

#include "base/memory.h"
#include "base/parallel.h"
#include "layers/layer.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_INPUTS = 4, MOST_GROUPS = 4, GUARD = 16 };

typedef struct fixture {
    gan_context *context;
    gan_layer *layer;
    gan__panel_cache cache;
    gan__op op;
    int32_t count;
    gan__shape in[MOST_INPUTS], out;
    int64_t starts[MOST_GROUPS + 1];
    float *x[MOST_INPUTS], *dx[MOST_INPUTS], *y, *dy;
    const float *inputs[MOST_INPUTS];
} fixture;

/* Floats between two guards, which fixture_intact looks at. */
TEST_UNUSED static float *fixture_array(int64_t count)
{
    float *memory = aligned_alloc(64, ((size_t)(count + 2 * GUARD) * sizeof(float) + 63) / 64 * 64);
    for (int64_t i = 0; i < count + 2 * GUARD; i++) memory[i] = 12345.0f;
    return memory + GUARD;
}

TEST_UNUSED static void fixture_release_array(float *array)
{
    if (array) free(array - GUARD);
}

TEST_UNUSED static bool fixture_intact(const float *array, int64_t count)
{
    bool intact = true;
    for (int64_t i = 1; i <= GUARD; i++)
        intact &= array[-i] == 12345.0f && array[count + i - 1] == 12345.0f;
    return intact;
}

/* Numbers in [-1, 1) from two integers; make_vectors.py has the same. */
TEST_UNUSED static float mixed(uint32_t stream, uint32_t index)
{
    uint32_t h = index * 0x9E3779B1u + stream * 0x85EBCA77u;
    h ^= h >> 16;
    h *= 0x7feb352du;
    h ^= h >> 15;
    h *= 0x846ca68bu;
    h ^= h >> 16;
    return (float)(h >> 8) / 8388608.0f - 1.0f;
}

TEST_UNUSED static void fill_mixed(float *x, int64_t count, uint32_t stream)
{
    for (int64_t i = 0; i < count; i++) x[i] = mixed(stream, (uint32_t)i);
}

TEST_UNUSED static gan_context *test_context(const char *spec)
{
    gan_context *context = NULL;
    char message[256] = "";
    if (gan_context_create(&context, spec, NULL, message, sizeof message) != GAN_OK) {
        printf("no context: %s\n", message);
        exit(1);
    }
    return context;
}

typedef struct setting {
    bool training;
    int32_t groups; /* 0: 1 */
    gan__tail tail;
    int64_t sizes[MOST_GROUPS]; /* of the groups; all 0: the batch is cut into equal ones */
} setting;

/* Makes the layer (or places `layer` again), its store, its memory. The inputs hold mixed numbers,
 * streams 1, 2, ..., whole ones from 0 to 3 for a layer that admits no others, from 1/8 on for
 * sqrt; dy stream 50. */
TEST_UNUSED static gan_status fixture_open(fixture *f, gan_context *context, const char *statement,
                                           const gan__shape *in, int32_t count, setting s)
{
    memset(f, 0, sizeof *f);
    f->context = context;
    f->count = count;
    f->cache.context = context;
    memcpy(f->in, in, (size_t)count * sizeof *in);
    GAN__TRY(gan_layer_create(&f->layer, context, statement));
    GAN__TRY(gan__layer_place(f->layer, f->in, count, &f->out));
    GAN__TRY(gan__store_create(context, &f->layer, 1));
    if (f->layer->store) GAN__TRY(gan__store_need_gradients(f->layer->store));
    f->op = (gan__op){.context = context,
                      .layer = f->layer,
                      .training = s.training,
                      .backward = true,
                      .groups = s.groups ? s.groups : 1,
                      .starts = f->starts,
                      .input_count = count,
                      .in = f->in,
                      .out = f->out,
                      .tail = s.tail,
                      .seed = context->seed,
                      .draw = 3,
                      .ordinal = 2,
                      .cache = &f->cache,
                      .x = f->inputs,
                      .dx = f->dx,
                      .want_weights = f->layer->store != NULL};
    for (int32_t g = 0; g < f->op.groups; g++)
        f->starts[g + 1] = f->starts[g] + (s.sizes[0] ? s.sizes[g] : in[0].n / f->op.groups);
    if (f->layer->kind->plan) GAN__TRY(f->layer->kind->plan(&f->op));
    GAN__TRY(gan__scratch_reserve(context, f->op.scratch_size));
    for (int32_t i = 0; i < count; i++) {
        int64_t size = gan__shape_count(in[i]);
        f->x[i] = fixture_array(size);
        f->dx[i] = fixture_array(size);
        f->inputs[i] = f->x[i];
        fill_mixed(f->x[i], size, (uint32_t)i + 1);
        for (int64_t j = 0; f->layer->kind->admit && j < size; j++)
            f->x[i][j] = floorf(fabsf(f->x[i][j]) * 4 * 0.999f);
        const bool root = strcmp(f->layer->kind->kind.name, "sqrt") == 0;
        for (int64_t j = 0; root && j < size; j++) f->x[i][j] = fabsf(f->x[i][j]) + 0.125f;
    }
    int64_t size = gan__shape_count(f->out);
    f->y = fixture_array(size);
    f->dy = fixture_array(size);
    fill_mixed(f->dy, size, 50);
    f->op.y = f->y;
    f->op.dy = f->dy;
    f->op.state = fixture_array((int64_t)(f->op.state_size / sizeof(float)));
    f->op.workspace = fixture_array((int64_t)(f->op.workspace_size / sizeof(float)));
    return GAN_OK;
}

TEST_UNUSED static void fixture_run(fixture *f)
{
    if (f->layer->kind->admit) CHECK_OK(f->layer->kind->admit(&f->op));
    f->layer->kind->forward(&f->op);
    f->layer->kind->backward(&f->op);
    if (f->layer->store) gan__store_write_zeros(f->layer->store);
}

/* Whether nothing was written beside its place. */
TEST_UNUSED static bool fixture_guarded(const fixture *f)
{
    bool intact = fixture_intact(f->y, gan__shape_count(f->out)) &&
                  fixture_intact(f->op.state, (int64_t)(f->op.state_size / sizeof(float))) &&
                  fixture_intact(f->op.workspace, (int64_t)(f->op.workspace_size / sizeof(float)));
    for (int32_t i = 0; i < f->count; i++)
        intact &= fixture_intact(f->dx[i], gan__shape_count(f->in[i]));
    return intact;
}

TEST_UNUSED static void fixture_close(fixture *f)
{
    for (int32_t i = 0; i < f->count; i++) {
        fixture_release_array(f->x[i]);
        fixture_release_array(f->dx[i]);
    }
    fixture_release_array(f->y);
    fixture_release_array(f->dy);
    fixture_release_array(f->op.state);
    fixture_release_array(f->op.workspace);
    for (int pass = 0; pass < 2; pass++) gan__panel_release(&f->cache, f->op.panels[pass]);
    gan__panel_cache_free(&f->cache);
    gan_layer_release(f->layer);
    memset(f, 0, sizeof *f);
}

/* A parameter set from, or read into, an array in PyTorch's order. */
TEST_UNUSED static void set_parameter(fixture *f, const gan__parameter *p, const float *torch)
{
    gan__parameter_import(p, torch, gan__parameter_value(f->layer, p));
    f->layer->store->version++;
}

TEST_UNUSED static void get_gradient(fixture *f, const gan__parameter *p, float *torch)
{
    gan__parameter_export(p, f->layer->store->gradients + p->offset, torch);
}

/* The largest difference, NaN counting as a million. */
TEST_UNUSED static double difference(const float *a, const double *b, int64_t count)
{
    double most = 0;
    for (int64_t i = 0; i < count; i++) {
        double d = fabs((double)a[i] - b[i]);
        if (!(d <= most)) most = isnan(d) ? 1e6 : d;
    }
    return most;
}

#endif
