/* conv_problem.h: convolutions to be computed: inputs between canaries, a pass run as a plan would
 * run it, teams of threads. */
#ifndef CONV_PROBLEM_H
#define CONV_PROBLEM_H

#include "compute/conv_plan.h"

#include "base/memory.h"
#include "base/parallel.h"
#include "test.h"

#include <stdlib.h>

enum { CANARIES = 32 };
static const uint32_t canary = 0x7fc0dead; /* a NaN: reading it spoils a result */

static uint64_t random_state = 1;

static int64_t pick(int64_t low, int64_t high)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return low + (int64_t)((random_state >> 33) % (uint64_t)(high - low + 1));
}

/* Channels and a window that minimal filtering serves: 3x3, 4x4 of both strides, 3x3 of doubled
 * pixels; no pads, and no outputs yet. */
static gan__conv filtered_window(void)
{
    gan__conv v = {.n = pick(1, 3),
                   .h = pick(7, 21),
                   .w = pick(7, 21),
                   .c = pick(32, 70),
                   .k = pick(32, 140),
                   .dilation_h = 1,
                   .dilation_w = 1,
                   .groups = 1};
    const int64_t kind = pick(0, 3);
    v.stride_h = v.stride_w = kind == 2 ? 2 : 1;
    v.r = v.s = kind % 3 == 0 ? 3 : 4;
    v.doubled = kind == 3;
    return v;
}

/* `count` floats between canaries. */
static float *guarded(int64_t count)
{
    float *all = malloc((size_t)(count + 2 * CANARIES) * sizeof *all);
    for (int64_t i = 0; i < count + 2 * CANARIES; i++) memcpy(&all[i], &canary, sizeof canary);
    return all + CANARIES;
}

static bool is_intact(const float *data, int64_t count)
{
    for (int64_t i = 0; i < CANARIES; i++) {
        if (memcmp(&data[-1 - i], &canary, sizeof canary)) return false;
        if (memcmp(&data[count + i], &canary, sizeof canary)) return false;
    }
    return true;
}

static void drop(float *data)
{
    free(data - CANARIES);
}

typedef struct problem {
    gan__conv conv;
    int64_t x_count, y_count, w_count;
    float *x, *y, *w, *bias;
    gan__tail tail;
} problem;

static void fill(float *data, int64_t count, bool whole)
{
    for (int64_t i = 0; i < count; i++)
        data[i] = whole ? (float)pick(-3, 3) : (float)pick(-1000000, 1000000) * 1e-6f;
}

static problem problem_of(gan__conv conv, bool whole)
{
    problem p = {.conv = conv};
    p.x_count = conv.n * conv.h * conv.w * conv.c;
    p.y_count = conv.n * conv.oh * conv.ow * conv.k;
    p.w_count = conv.r * conv.s * conv.c / conv.groups * conv.k;
    p.x = guarded(p.x_count), fill(p.x, p.x_count, whole);
    p.y = guarded(p.y_count), fill(p.y, p.y_count, whole);
    p.w = guarded(p.w_count), fill(p.w, p.w_count, whole);
    int64_t most = conv.c > conv.k ? conv.c : conv.k;
    p.bias = guarded(most), fill(p.bias, most, whole);
    if (pick(0, 1)) p.tail.bias = p.bias;
    p.tail.activation = (gan__activation)pick(0, whole ? 2 : 4);
    p.tail.parameter = 0.25f;
    return p;
}

static void problem_free(problem *p)
{
    drop(p->x), drop(p->y), drop(p->w), drop(p->bias);
}

static int64_t out_count(const problem *p, gan__pass pass)
{
    return pass == GAN__FORWARD ? p->y_count : pass == GAN__BACKWARD_DATA ? p->x_count : p->w_count;
}

/* Runs a pass as a plan would, into a new guarded buffer. `add`: backward_weights adds to ones. */
static float *run(gan_context *context, const problem *p, gan__pass pass, bool add)
{
    const gan__conv *v = &p->conv;
    int64_t count = out_count(p, pass), panel_count = gan__conv_panel_count(context, v, pass);
    int64_t floats = (int64_t)(gan__conv_workspace(context, v, pass) + 3) / 4;
    float *out = guarded(count), *panel = guarded(panel_count), *workspace = guarded(floats + 16);
    float *aligned = (float *)(void *)(((uintptr_t)workspace + 63) / 64 * 64);
    const float *weights = panel_count ? panel : p->w;
    CHECK_OK(gan__scratch_reserve(context, gan__conv_scratch(context, v, pass)));
    if (pass != GAN__BACKWARD_WEIGHTS) gan__conv_pack(context, v, pass, p->w, panel);
    if (pass == GAN__FORWARD) {
        gan__conv_forward(context, v, p->x, weights, &p->tail, aligned, out);
    } else if (pass == GAN__BACKWARD_DATA) {
        gan__conv_backward_data(context, v, p->y, weights, &p->tail, aligned, out);
    } else {
        for (int64_t i = 0; i < count && add; i++) out[i] = 1;
        gan__conv_backward_weights(context, v, p->x, p->y, add, aligned, out);
    }
    CHECK(is_intact(out, count));
    CHECK(is_intact(panel, panel_count));
    int64_t shift = aligned - workspace;
    bool untouched = true;
    for (int64_t i = floats + shift; i < floats + 16; i++)
        untouched = untouched && !memcmp(&workspace[i], &canary, sizeof canary);
    CHECK(untouched && is_intact(workspace, floats + 16));
    drop(panel), drop(workspace);
    return out;
}

static void describe(const gan__conv *v, gan__pass pass, int tier, int threads)
{
    printf("  pass %d tier %d threads %d: n %d x %dx%dx%d y %dx%dx%d window %dx%d stride %dx%d "
           "dilation %dx%d pad %d,%d groups %d%s\n",
           (int)pass, tier, threads, (int)v->n, (int)v->h, (int)v->w, (int)v->c, (int)v->oh,
           (int)v->ow, (int)v->k, (int)v->r, (int)v->s, (int)v->stride_h, (int)v->stride_w,
           (int)v->dilation_h, (int)v->dilation_w, (int)v->pad_top, (int)v->pad_left,
           (int)v->groups, v->doubled ? " doubled" : "");
}

static const int thread_counts[] = {1, 2, 3, 7};
enum { TEAMS = 4 };
static gan_context *teams[TEAMS];
static gan__tier best_tier;

static void open_teams(void)
{
    for (int i = 0; i < TEAMS; i++) {
        char spec[32];
        snprintf(spec, sizeof spec, "threads=%d", thread_counts[i]);
        CHECK_OK(gan_context_create(&teams[i], spec, NULL, NULL, 0));
    }
    best_tier = teams[0]->tier;
}

static void close_teams(void)
{
    for (int i = 0; i < TEAMS; i++) gan_context_release(teams[i]);
}

#endif
