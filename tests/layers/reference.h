/* reference.h: every layer once more, naively, in double, one output number at a time. Pictures are
 * N, H, W, C; parameters in PyTorch's order. Numbers of options are given by the test, not read
 * from the layer. */
#ifndef LAYER_REFERENCE_H
#define LAYER_REFERENCE_H

#include "tensor/tensor.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct reference {
    gan__shape in[4], out;
    int32_t count;      /* of inputs */
    const double *x[4]; /* inputs */
    const double *p[4]; /* parameters, in the layer's order */
    double a[12];       /* options: each function says which */
    int32_t groups;
    const int64_t *starts; /* groups + 1: of the samples of each */
} reference;

typedef void reference_function(const reference *r, double *y);

static inline int64_t at(gan__shape s, int64_t n, int64_t h, int64_t w, int64_t c)
{
    return ((n * s.h + h) * s.w + w) * s.c + c;
}

#define FOR_EACH(shape, N, H, W, C)                 \
    for (int64_t N = 0; N < (shape).n; N++)         \
        for (int64_t H = 0; H < (shape).h; H++)     \
            for (int64_t W = 0; W < (shape).w; W++) \
                for (int64_t C = 0; C < (shape).c; C++)

/* a: -; p: weight [k][C*H*W], bias */
static inline void reference_dense(const reference *r, double *y)
{
    gan__shape in = r->in[0];
    int64_t count = in.c * in.h * in.w;
    for (int64_t n = 0; n < in.n; n++) {
        for (int64_t k = 0; k < r->out.c; k++) {
            double sum = r->p[1] ? r->p[1][k] : 0;
            for (int64_t c = 0; c < in.c; c++)
                for (int64_t h = 0; h < in.h; h++)
                    for (int64_t w = 0; w < in.w; w++)
                        sum += r->p[0][k * count + (c * in.h + h) * in.w + w] *
                               r->x[0][at(in, n, h, w, c)];
            y[n * r->out.c + k] = sum;
        }
    }
}

/* Which pixel a padded place shows, -1 for zero; mode 0 zero, 1 reflect, 2 replicate. */
static inline int64_t reference_source(int64_t i, int64_t size, int mode)
{
    if (i >= 0 && i < size) return i;
    if (mode == 0) return -1;
    if (mode == 1) return i < 0 ? -i : 2 * size - 2 - i;
    return i < 0 ? 0 : size - 1;
}

/* a: kernel h, w, stride h, w, dilation h, w, top, left, groups, mode; p: weight [k][c/g][r][s],
 * bias */
static inline void reference_conv2d(const reference *r, double *y)
{
    gan__shape in = r->in[0], out = r->out;
    const double *a = r->a;
    int64_t kh = (int64_t)a[0], kw = (int64_t)a[1], g = (int64_t)a[8];
    int64_t cg = in.c / g, kg = out.c / g;
    FOR_EACH(out, n, i, j, k)
    {
        double sum = r->p[1] ? r->p[1][k] : 0;
        for (int64_t c = 0; c < cg; c++)
            for (int64_t u = 0; u < kh; u++)
                for (int64_t v = 0; v < kw; v++) {
                    int64_t h = reference_source(
                        i * (int64_t)a[2] - (int64_t)a[6] + u * (int64_t)a[4], in.h, (int)a[9]);
                    int64_t w = reference_source(
                        j * (int64_t)a[3] - (int64_t)a[7] + v * (int64_t)a[5], in.w, (int)a[9]);
                    if (h < 0 || w < 0) continue;
                    sum += r->p[0][((k * cg + c) * kh + u) * kw + v] *
                           r->x[0][at(in, n, h, w, k / kg * cg + c)];
                }
        y[at(out, n, i, j, k)] = sum;
    }
}

/* a: as conv2d; p: weight [c][k/g][r][s], bias */
static inline void reference_conv_transpose2d(const reference *r, double *y)
{
    gan__shape in = r->in[0], out = r->out;
    const double *a = r->a;
    int64_t kh = (int64_t)a[0], kw = (int64_t)a[1], g = (int64_t)a[8];
    int64_t cg = in.c / g, kg = out.c / g;
    FOR_EACH(out, n, i, j, k) y[at(out, n, i, j, k)] = r->p[1] ? r->p[1][k] : 0;
    FOR_EACH(in, n, h, w, c)
    {
        for (int64_t k = 0; k < kg; k++)
            for (int64_t u = 0; u < kh; u++)
                for (int64_t v = 0; v < kw; v++) {
                    int64_t i = h * (int64_t)a[2] - (int64_t)a[6] + u * (int64_t)a[4];
                    int64_t j = w * (int64_t)a[3] - (int64_t)a[7] + v * (int64_t)a[5];
                    if (i < 0 || j < 0 || i >= out.h || j >= out.w) continue;
                    y[at(out, n, i, j, c / cg * kg + k)] +=
                        r->p[0][((c * kg + k) * kh + u) * kw + v] * r->x[0][at(in, n, h, w, c)];
                }
    }
}

/* The group of a sample. */
static inline int64_t reference_group(const reference *r, int64_t n)
{
    int64_t group = 0;
    while (n >= r->starts[group + 1]) group++;
    return group;
}

/* One set of numbers of x, normalised into y; without gamma and beta. */
static inline void reference_normalize(const double *x, double *y, const int64_t *index,
                                       int64_t count, double eps)
{
    double mean = 0, variance = 0;
    for (int64_t i = 0; i < count; i++) mean += x[index[i]] / (double)count;
    for (int64_t i = 0; i < count; i++)
        variance += (x[index[i]] - mean) * (x[index[i]] - mean) / (double)count;
    for (int64_t i = 0; i < count; i++) y[index[i]] = (x[index[i]] - mean) / sqrt(variance + eps);
}

/* a: eps, what (0 batch, 1 instance, 2 group, 3 layer), groups of channels; p: gamma, beta, of
 * layer [c][h][w] */
static inline void reference_norm(const reference *r, double *y)
{
    gan__shape in = r->in[0];
    int what = (int)r->a[1];
    int64_t sets = what == 2 ? (int64_t)r->a[2] : what == 3 ? 1 : in.c;
    int64_t width = in.c / sets, blocks = what == 0 ? r->groups : in.n;
    int64_t *index = malloc((size_t)gan__shape_count(in) * sizeof *index);
    for (int64_t block = 0; block < blocks; block++)
        for (int64_t set = 0; set < sets; set++) {
            int64_t count = 0;
            FOR_EACH(in, n, h, w, c)
            if ((what == 0 ? reference_group(r, n) : n) == block && c / width == set)
                index[count++] = at(in, n, h, w, c);
            reference_normalize(r->x[0], y, index, count, r->a[0]);
        }
    free(index);
    FOR_EACH(in, n, h, w, c)
    {
        int64_t i = at(in, n, h, w, c), j = what == 3 ? (c * in.h + h) * in.w + w : c;
        if (r->p[0]) y[i] = y[i] * r->p[0][j] + r->p[1][j];
    }
}

/* a: eps; p: gamma, beta, mean, variance */
static inline void reference_batchnorm_fixed(const reference *r, double *y)
{
    FOR_EACH(r->in[0], n, h, w, c)
    {
        int64_t i = at(r->in[0], n, h, w, c);
        y[i] = (r->x[0][i] - r->p[2][c]) / sqrt(r->p[3][c] + r->a[0]) * r->p[0][c] + r->p[1][c];
    }
}

/* a: which, parameter; p: slope of prelu */
enum { RELU, LEAKY, ELU, SILU, GELU, TANH, SIGMOID, PRELU, PRELU_CHANNELS };
static inline double reference_activate(int which, double a, double x)
{
    switch (which) {
    case RELU: return x > 0 ? x : 0;
    case ELU: return x > 0 ? x : a * (exp(x) - 1);
    case SILU: return x / (1 + exp(-x));
    case GELU: return x * 0.5 * (1 + erf(x / sqrt(2.0)));
    case TANH: return tanh(x);
    case SIGMOID: return 1 / (1 + exp(-x));
    default: return x > 0 ? x : a * x;
    }
}
static inline void reference_activation(const reference *r, double *y)
{
    int which = (int)r->a[0];
    FOR_EACH(r->in[0], n, h, w, c)
    {
        int64_t i = at(r->in[0], n, h, w, c);
        double a = which == PRELU ? r->p[0][0] : which == PRELU_CHANNELS ? r->p[0][c] : r->a[1];
        y[i] = reference_activate(which, a, r->x[0][i]);
    }
}

/* a: which, two parameters */
enum { EXP, SOFTPLUS, SQUARE, SQRT, CLAMP, AFFINE };
static inline void reference_map(const reference *r, double *y)
{
    const double *a = r->a;
    for (int64_t i = 0; i < gan__shape_count(r->out); i++) {
        double x = r->x[0][i];
        switch ((int)a[0]) {
        case EXP: y[i] = exp(x); break;
        case SOFTPLUS: y[i] = log1p(exp(x)); break;
        case SQUARE: y[i] = x * x; break;
        case SQRT: y[i] = sqrt(x); break;
        case CLAMP: y[i] = fmin(fmax(x, a[1]), a[2]); break;
        default: y[i] = a[1] * x + a[2];
        }
    }
}

static inline void reference_onehot(const reference *r, double *y)
{
    FOR_EACH(r->out, n, h, w, c)
    y[at(r->out, n, h, w, c)] = r->x[0][at(r->in[0], n, h, w, 0)] == (double)c;
}

static inline void reference_softmax(const reference *r, double *y)
{
    FOR_EACH(r->in[0], n, h, w, c)
    {
        double sum = 0;
        for (int64_t k = 0; k < r->in[0].c; k++) sum += exp(r->x[0][at(r->in[0], n, h, w, k)]);
        y[at(r->in[0], n, h, w, c)] = exp(r->x[0][at(r->in[0], n, h, w, c)]) / sum;
    }
}

/* a: top, left, mode */
static inline void reference_pad(const reference *r, double *y)
{
    FOR_EACH(r->out, n, i, j, c)
    {
        int64_t h = reference_source(i - (int64_t)r->a[0], r->in[0].h, (int)r->a[2]);
        int64_t w = reference_source(j - (int64_t)r->a[1], r->in[0].w, (int)r->a[2]);
        y[at(r->out, n, i, j, c)] = h < 0 || w < 0 ? 0 : r->x[0][at(r->in[0], n, h, w, c)];
    }
}

/* a: scale h, w, bilinear, align_corners */
static inline double reference_place(int64_t i, int64_t size, double scale, int align)
{
    double all = (double)size * scale - 1;
    if (align) return all > 0 ? (double)i * (double)(size - 1) / all : 0;
    double place = ((double)i + 0.5) / scale - 0.5;
    return place < 0 ? 0 : place;
}
static inline void reference_upsample(const reference *r, double *y)
{
    gan__shape in = r->in[0];
    FOR_EACH(r->out, n, i, j, c)
    {
        double *to = &y[at(r->out, n, i, j, c)];
        if (r->a[2] == 0) {
            *to = r->x[0][at(in, n, i / (int64_t)r->a[0], j / (int64_t)r->a[1], c)];
            continue;
        }
        double h = reference_place(i, in.h, r->a[0], (int)r->a[3]);
        double w = reference_place(j, in.w, r->a[1], (int)r->a[3]);
        *to = 0;
        for (int64_t p = 0; p < in.h; p++)
            for (int64_t q = 0; q < in.w; q++) {
                double ph = 1 - fabs(fmin(h, (double)in.h - 1) - (double)p);
                double pw = 1 - fabs(fmin(w, (double)in.w - 1) - (double)q);
                if (ph > 0 && pw > 0) *to += ph * pw * r->x[0][at(in, n, p, q, c)];
            }
    }
}

/* a: kernel h, w, stride h, w, top, left, largest?, count_pad */
static inline void reference_pool(const reference *r, double *y)
{
    gan__shape in = r->in[0];
    const double *a = r->a;
    FOR_EACH(r->out, n, i, j, c)
    {
        double sum = 0, most = -INFINITY;
        int64_t count = 0;
        for (int64_t u = 0; u < (int64_t)a[0]; u++)
            for (int64_t v = 0; v < (int64_t)a[1]; v++) {
                int64_t h = i * (int64_t)a[2] - (int64_t)a[4] + u;
                int64_t w = j * (int64_t)a[3] - (int64_t)a[5] + v;
                if (h < 0 || w < 0 || h >= in.h || w >= in.w) continue;
                double x = r->x[0][at(in, n, h, w, c)];
                sum += x;
                most = x > most ? x : most;
                count++;
            }
        double all = a[7] != 0 ? a[0] * a[1] : (double)count;
        y[at(r->out, n, i, j, c)] = a[6] != 0 ? most : sum / all;
    }
}

static inline void reference_global_avgpool(const reference *r, double *y)
{
    gan__shape in = r->in[0];
    memset(y, 0, (size_t)gan__shape_count(r->out) * sizeof *y);
    FOR_EACH(in, n, h, w, c) y[n * in.c + c] += r->x[0][at(in, n, h, w, c)] / (double)(in.h * in.w);
}

static inline void reference_embedding(const reference *r, double *y)
{
    FOR_EACH(r->out, n, h, w, c)
    y[at(r->out, n, h, w, c)] = r->p[0][(int64_t)r->x[0][at(r->in[0], n, h, w, 0)] * r->out.c + c];
}

static inline void reference_reshape(const reference *r, double *y)
{
    gan__shape in = r->in[0];
    FOR_EACH(r->out, n, h, w, c)
    {
        int64_t i = (c * r->out.h + h) * r->out.w + w, pixels = in.h * in.w;
        y[at(r->out, n, h, w, c)] =
            r->x[0][at(in, n, i % pixels / in.w, i % pixels % in.w, i / pixels)];
    }
}

/* a: 0 concat, 1 add, 2 multiply */
static inline void reference_join(const reference *r, double *y)
{
    FOR_EACH(r->out, n, h, w, c)
    {
        double *to = &y[at(r->out, n, h, w, c)];
        int64_t first = 0;
        *to = r->a[0] == 2 ? 1 : 0;
        for (int32_t i = 0; i < r->count; i++) {
            gan__shape in = r->in[i];
            bool single = in.h == 1 && in.w == 1;
            int64_t channel = r->a[0] == 0 ? c - first : in.c == 1 ? 0 : c;
            first += in.c;
            if (channel < 0 || channel >= in.c) continue;
            double x = r->x[i][at(in, n, single ? 0 : h, single ? 0 : w, channel)];
            *to = r->a[0] == 2 ? *to * x : *to + x;
        }
    }
}

/* a: group */
static inline void reference_minibatch_stddev(const reference *r, double *y)
{
    gan__shape in = r->in[0];
    int64_t numbers = in.h * in.w * in.c;
    FOR_EACH(r->out, n, h, w, c)
    {
        if (c < in.c) {
            y[at(r->out, n, h, w, c)] = r->x[0][at(in, n, h, w, c)];
            continue;
        }
        double sum = 0;
        int64_t start = r->starts[reference_group(r, n)];
        int64_t batch = r->starts[reference_group(r, n) + 1] - start;
        int64_t g = (int64_t)r->a[0] < batch ? (int64_t)r->a[0] : batch;
        int64_t m = batch / g, first = start + (n - start) % m;
        for (int64_t i = 0; i < numbers; i++) {
            double mean = 0, variance = 0;
            for (int64_t k = 0; k < g; k++)
                mean += r->x[0][(first + k * m) * numbers + i] / (double)g;
            for (int64_t k = 0; k < g; k++) {
                double d = r->x[0][(first + k * m) * numbers + i] - mean;
                variance += d * d / (double)g;
            }
            sum += sqrt(variance + 1e-8);
        }
        y[at(r->out, n, h, w, c)] = sum / (double)numbers;
    }
}

/* a: factor */
static inline void reference_pixel_shuffle(const reference *r, double *y)
{
    int64_t f = (int64_t)r->a[0];
    FOR_EACH(r->out, n, h, w, c)
    y[at(r->out, n, h, w, c)] =
        r->x[0][at(r->in[0], n, h / f, w / f, c * f * f + h % f * f + w % f)];
}

/* dense with spectral=yes in evaluation; p: weight [k][c], bias, u, v */
static inline void reference_spectral(const reference *r, double *y)
{
    int64_t k = r->out.c, c = r->in[0].c;
    double sigma = 0;
    for (int64_t i = 0; i < k; i++)
        for (int64_t j = 0; j < c; j++) sigma += r->p[2][i] * r->p[0][i * c + j] * r->p[3][j];
    for (int64_t n = 0; n < r->in[0].n; n++)
        for (int64_t i = 0; i < k; i++) {
            double sum = r->p[1][i];
            for (int64_t j = 0; j < c; j++) sum += r->p[0][i * c + j] / sigma * r->x[0][n * c + j];
            y[n * k + i] = sum;
        }
}

#endif
