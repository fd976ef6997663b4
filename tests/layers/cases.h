/* cases.h: each kind of layer with options and shapes, and its naive counterpart. */
#ifndef LAYER_CASES_H
#define LAYER_CASES_H

#include "harness.h"
#include "reference.h"

typedef struct test_case {
    const char *statement;
    reference_function *function;
    gan__shape in[3];
    double a[12];
    setting mode;
    bool whole; /* x: small whole numbers (embedding, onehot), whose gradient is zero */
} test_case;

#define TRAINING         \
    {                    \
        .training = true \
    }

static const test_case cases[] = {
    {"dense 5", reference_dense, {{3, 1, 1, 7}}, {0}, TRAINING, 0},
    {"dense 4 bias=no", reference_dense, {{2, 3, 2, 5}}, {0}, TRAINING, 0},
    {"conv2d 4", reference_conv2d, {{2, 5, 6, 3}}, {3, 3, 1, 1, 1, 1, 0, 0, 1, 0}, TRAINING, 0},
    {"conv2d 5 kernel=4 stride=2 pad=1 bias=no",
     reference_conv2d,
     {{2, 7, 6, 2}},
     {4, 4, 2, 2, 1, 1, 1, 1, 1, 0},
     TRAINING,
     0},
    {"conv2d 4 kernel=2x3 stride=2x1 dilation=1x2 pad=1,2,0,1 groups=2",
     reference_conv2d,
     {{2, 5, 6, 6}},
     {2, 3, 2, 1, 1, 2, 1, 2, 2, 0},
     TRAINING,
     0},
    {"conv2d 3 pad=reflect:2,1,1,2",
     reference_conv2d,
     {{1, 4, 5, 2}},
     {3, 3, 1, 1, 1, 1, 2, 1, 1, 1},
     TRAINING,
     0},
    {"conv2d 3 kernel=5 stride=2 pad=replicate:3",
     reference_conv2d,
     {{2, 4, 3, 2}},
     {5, 5, 2, 2, 1, 1, 3, 3, 1, 2},
     TRAINING,
     0},
    {"conv_transpose2d 3 kernel=4 stride=2 pad=1",
     reference_conv_transpose2d,
     {{2, 4, 3, 5}},
     {4, 4, 2, 2, 1, 1, 1, 1, 1, 0},
     TRAINING,
     0},
    {"conv_transpose2d 6 kernel=3 stride=2 pad=1 output_pad=1 groups=2",
     reference_conv_transpose2d,
     {{2, 3, 3, 4}},
     {3, 3, 2, 2, 1, 1, 1, 1, 2, 0},
     TRAINING,
     0},
    {"conv_transpose2d 5 kernel=4 bias=no",
     reference_conv_transpose2d,
     {{3, 1, 1, 6}},
     {4, 4, 1, 1, 1, 1, 0, 0, 1, 0},
     TRAINING,
     0},
    {"conv_transpose2d 2 kernel=2 stride=3 dilation=2x1 pad=0,1,1,0",
     reference_conv_transpose2d,
     {{1, 2, 3, 3}},
     {2, 2, 3, 3, 2, 1, 0, 1, 1, 0},
     TRAINING,
     0},
    {"batchnorm", reference_norm, {{4, 3, 2, 3}}, {1e-5, 0}, TRAINING, 0},
    {"batchnorm eps=0.01",
     reference_norm,
     {{6, 2, 2, 4}},
     {0.01, 0},
     {.training = true, .groups = 2},
     0},
    {"batchnorm",
     reference_norm,
     {{9, 2, 1, 3}},
     {1e-5, 0},
     {.training = true, .groups = 3, .sizes = {2, 6, 1}},
     0},
    {"batchnorm affine=no", reference_norm, {{5, 1, 1, 3}}, {1e-5, 0}, TRAINING, 0},
    {"batchnorm", reference_batchnorm_fixed, {{3, 2, 2, 3}}, {1e-5}, {.training = false}, 0},
    {"instancenorm", reference_norm, {{2, 3, 4, 3}}, {1e-5, 1}, TRAINING, 0},
    {"instancenorm affine=yes", reference_norm, {{2, 3, 3, 2}}, {1e-5, 1}, TRAINING, 0},
    {"groupnorm 2", reference_norm, {{2, 3, 2, 6}}, {1e-5, 2, 2}, TRAINING, 0},
    {"layernorm", reference_norm, {{3, 2, 3, 4}}, {1e-5, 3}, TRAINING, 0},
    {"layernorm", reference_norm, {{4, 1, 1, 9}}, {1e-5, 3}, TRAINING, 0},
    {"relu", reference_activation, {{2, 3, 3, 5}}, {RELU, 0}, TRAINING, 0},
    {"leaky_relu 0.2", reference_activation, {{2, 3, 3, 5}}, {LEAKY, 0.2}, TRAINING, 0},
    {"leaky_relu", reference_activation, {{2, 1, 1, 5}}, {LEAKY, 0.01}, TRAINING, 0},
    {"elu", reference_activation, {{2, 3, 3, 5}}, {ELU, 1}, TRAINING, 0},
    {"elu 0.5", reference_activation, {{2, 3, 3, 5}}, {ELU, 0.5}, TRAINING, 0},
    {"silu", reference_activation, {{2, 3, 3, 5}}, {SILU, 0}, TRAINING, 0},
    {"gelu", reference_activation, {{2, 3, 3, 5}}, {GELU, 0}, TRAINING, 0},
    {"tanh", reference_activation, {{2, 3, 3, 5}}, {TANH, 0}, TRAINING, 0},
    {"sigmoid", reference_activation, {{2, 3, 3, 5}}, {SIGMOID, 0}, TRAINING, 0},
    {"exp", reference_map, {{2, 3, 3, 5}}, {EXP}, TRAINING, 0},
    {"softplus", reference_map, {{2, 3, 3, 5}}, {SOFTPLUS}, TRAINING, 0},
    {"square", reference_map, {{2, 3, 3, 5}}, {SQUARE}, TRAINING, 0},
    {"sqrt", reference_map, {{2, 3, 3, 5}}, {SQRT}, TRAINING, 0},
    {"clamp", reference_map, {{2, 3, 3, 5}}, {CLAMP, -1, 1}, TRAINING, 0},
    {"clamp -0.5 0.25", reference_map, {{2, 3, 3, 5}}, {CLAMP, -0.5, 0.25}, TRAINING, 0},
    {"clamp most=0.5", reference_map, {{3, 1, 1, 9}}, {CLAMP, -1, 0.5}, TRAINING, 0},
    {"affine", reference_map, {{2, 3, 3, 5}}, {AFFINE, 1, 0}, TRAINING, 0},
    {"affine 0.5 -3", reference_map, {{2, 3, 3, 5}}, {AFFINE, 0.5, -3}, TRAINING, 0},
    {"affine shift=0.75", reference_map, {{2, 3, 3, 5}}, {AFFINE, 1, 0.75}, TRAINING, 0},
    {"prelu", reference_activation, {{2, 3, 3, 5}}, {PRELU}, TRAINING, 0},
    {"prelu 0.1 per_channel=yes",
     reference_activation,
     {{2, 3, 3, 5}},
     {PRELU_CHANNELS},
     TRAINING,
     0},
    {"softmax", reference_softmax, {{2, 2, 3, 5}}, {0}, TRAINING, 0},
    {"pad 1,2,0,1", reference_pad, {{2, 3, 2, 3}}, {1, 2, 0}, TRAINING, 0},
    {"pad reflect:2", reference_pad, {{2, 3, 4, 2}}, {2, 2, 1}, TRAINING, 0},
    {"pad replicate:3,1,2,4", reference_pad, {{2, 2, 3, 2}}, {3, 1, 2}, TRAINING, 0},
    {"upsample 2", reference_upsample, {{2, 3, 2, 3}}, {2, 2, 0, 0}, TRAINING, 0},
    {"upsample 2x3 mode=bilinear", reference_upsample, {{2, 3, 4, 2}}, {2, 3, 1, 0}, TRAINING, 0},
    {"upsample 3 mode=bilinear align_corners=yes",
     reference_upsample,
     {{2, 2, 3, 2}},
     {3, 3, 1, 1},
     TRAINING,
     0},
    {"avgpool", reference_pool, {{2, 5, 4, 3}}, {2, 2, 2, 2, 0, 0, 0, 1}, TRAINING, 0},
    {"avgpool 3 stride=2x1 pad=1,0,1,1 count_pad=no",
     reference_pool,
     {{2, 5, 4, 3}},
     {3, 3, 2, 1, 1, 0, 0, 0},
     TRAINING,
     0},
    {"avgpool 3x2 stride=1 pad=1",
     reference_pool,
     {{1, 4, 4, 3}},
     {3, 2, 1, 1, 1, 1, 0, 1},
     TRAINING,
     0},
    {"maxpool 2", reference_pool, {{2, 5, 4, 3}}, {2, 2, 2, 2, 0, 0, 1, 0}, TRAINING, 0},
    {"maxpool 3 stride=1 pad=1",
     reference_pool,
     {{2, 4, 5, 2}},
     {3, 3, 1, 1, 1, 1, 1, 0},
     TRAINING,
     0},
    {"global_avgpool", reference_global_avgpool, {{2, 3, 4, 19}}, {0}, TRAINING, 0},
    {"embedding 4 6", reference_embedding, {{9, 1, 1, 1}}, {0}, TRAINING, 1},
    {"onehot 4", reference_onehot, {{9, 1, 1, 1}}, {0}, TRAINING, 1},
    {"onehot 7", reference_onehot, {{2, 3, 5, 1}}, {0}, TRAINING, 1},
    {"flatten", reference_reshape, {{2, 3, 2, 5}}, {0}, TRAINING, 0},
    {"reshape 3 2 4", reference_reshape, {{2, 1, 1, 24}}, {0}, TRAINING, 0},
    {"reshape 6 any 2", reference_reshape, {{2, 3, 2, 4}}, {0}, TRAINING, 0},
    {"reshape 24", reference_reshape, {{2, 24, 1, 1}}, {0}, TRAINING, 0},
    {"concat", reference_join, {{2, 3, 2, 3}, {2, 1, 1, 4}, {2, 3, 2, 1}}, {0}, TRAINING, 0},
    {"concat", reference_join, {{2, 1, 1, 3}, {2, 1, 1, 4}}, {0}, TRAINING, 0},
    {"add", reference_join, {{2, 3, 2, 3}, {2, 3, 2, 3}}, {1}, TRAINING, 0},
    {"add", reference_join, {{2, 1, 1, 3}, {2, 3, 2, 3}, {2, 3, 2, 3}}, {1}, TRAINING, 0},
    {"multiply", reference_join, {{2, 3, 2, 3}, {2, 3, 2, 3}}, {2}, TRAINING, 0},
    {"multiply", reference_join, {{2, 3, 2, 3}, {2, 1, 1, 3}, {2, 3, 2, 3}}, {2}, TRAINING, 0},
    {"multiply", reference_join, {{2, 1, 1, 3}, {2, 3, 3, 3}}, {2}, TRAINING, 0},
    {"multiply", reference_join, {{2, 3, 3, 3}}, {2}, TRAINING, 0},
    {"multiply", reference_join, {{3, 1, 1, 1}, {3, 3, 2, 4}}, {2}, TRAINING, 0},
    {"multiply", reference_join, {{3, 3, 2, 4}, {3, 1, 1, 1}, {3, 1, 1, 4}}, {2}, TRAINING, 0},
    {"multiply", reference_join, {{3, 1, 1, 5}, {3, 1, 1, 1}}, {2}, TRAINING, 0},
    {"multiply", reference_join, {{2, 3, 2, 1}, {2, 3, 2, 3}, {2, 1, 1, 1}}, {2}, TRAINING, 0},
    {"multiply", reference_join, {{2, 3, 2, 1}, {2, 1, 1, 3}}, {2}, TRAINING, 0},
    {"add", reference_join, {{3, 1, 1, 1}, {3, 3, 2, 4}}, {1}, TRAINING, 0},
    {"add", reference_join, {{2, 3, 2, 3}, {2, 3, 2, 1}}, {1}, TRAINING, 0},
    {"add", reference_join, {{3, 1, 1, 5}, {3, 1, 1, 1}}, {1}, TRAINING, 0},
    {"add", reference_join, {{2, 3, 2, 1}, {2, 1, 1, 3}}, {1}, TRAINING, 0},
    {"minibatch_stddev", reference_minibatch_stddev, {{8, 2, 3, 2}}, {4}, TRAINING, 0},
    {"minibatch_stddev group=3",
     reference_minibatch_stddev,
     {{12, 2, 1, 2}},
     {3},
     {.training = true, .groups = 2},
     0},
    {"minibatch_stddev group=3",
     reference_minibatch_stddev,
     {{12, 2, 1, 2}},
     {3},
     {.training = true, .groups = 4, .sizes = {6, 1, 3, 2}},
     0},
    {"minibatch_stddev", reference_minibatch_stddev, {{2, 2, 2, 2}}, {4}, TRAINING, 0},
    {"pixel_shuffle 2", reference_pixel_shuffle, {{2, 3, 2, 12}}, {2}, TRAINING, 0},
    {"pixel_shuffle 3", reference_pixel_shuffle, {{1, 2, 2, 9}}, {3}, TRAINING, 0},
    {"dense 4 spectral=yes", reference_spectral, {{3, 1, 1, 6}}, {0}, {.training = false}, 0},
};
enum { CASES = sizeof cases / sizeof cases[0] };

TEST_UNUSED static double *widen(const float *x, int64_t count)
{
    double *wide = malloc((size_t)(count + 1) * sizeof *wide);
    for (int64_t i = 0; i < count; i++) wide[i] = (double)x[i];
    return wide;
}

/* Each parameter gets mixed numbers of its own stream; variances are positive. */
TEST_UNUSED static void prepare(fixture *f, const test_case *c, reference *r)
{
    if (c->whole)
        for (int64_t i = 0; i < gan__shape_count(f->in[0]); i++) f->x[0][i] = (float)(i * i % 4);
    for (int32_t i = 0; i < f->count; i++) {
        r->in[i] = f->in[i];
        r->x[i] = widen(f->x[i], gan__shape_count(f->in[i]));
    }
    for (int32_t i = 0; i < f->layer->parameter_count; i++) {
        const gan__parameter *p = &f->layer->parameters[i];
        if (p->integer) continue;
        float *torch = malloc((size_t)p->count * sizeof *torch);
        fill_mixed(torch, p->count, 100 + (uint32_t)i);
        for (int64_t j = 0; j < p->count && strstr(p->name, "var"); j++) torch[j] += 1.5f;
        set_parameter(f, p, torch);
        /* Without affine, running statistics come first: training does not use them. */
        if (i < 4 && f->layer->parameters[0].trained) r->p[i] = widen(torch, p->count);
        free(torch);
    }
}

TEST_UNUSED static void reference_free(reference *r)
{
    for (int32_t i = 0; i < 4; i++) {
        free((double *)(uintptr_t)r->x[i]);
        free((double *)(uintptr_t)r->p[i]);
    }
}

/* How many inputs a case has. */
TEST_UNUSED static int32_t case_inputs(const test_case *c)
{
    int32_t count = 1;
    while (count < 3 && c->in[count].n > 0) count++;
    return count;
}

#endif
