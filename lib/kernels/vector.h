/* vector.h: the element-wise kernels of one CPU tier: functions, reductions, normalisation, random
 * numbers, optimisers.
 *
 * `count` may be 0; arrays need no alignment; an output may be the same array as an operand, else
 * they do not overlap. Nothing outside the stated elements is read or written.
 *
 * All tiers give the same bits, but for the sign and payload of a NaN. The bodies are
 * written once for all tiers: vector_template.h and what it includes. */
#ifndef GAN__VECTOR_H
#define GAN__VECTOR_H

#include "base/exact.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum gan__activation {
    GAN__LINEAR,
    GAN__RELU,
    GAN__LEAKY_RELU, /* parameter: slope below 0 */
    GAN__TANH,
    GAN__SIGMOID,
    GAN__ELU, /* parameter: alpha */
    GAN__SILU,
    GAN__GELU, /* exact: x * Phi(x), with our own erf */
    GAN__ACTIVATION_COUNT
} gan__activation;

/* Those up to ELU can be fused into a normalisation; those up to the sigmoid also where it runs
 * backwards, since their derivative is found in their output. */
enum { GAN__FUSED_COUNT = GAN__ELU + 1, GAN__FUSED_BACKWARD_COUNT = GAN__SIGMOID + 1 };

/* Errors are below 2 units in the last place for every float32, denormal results included. */
typedef enum gan__function {
    GAN__EXP,
    GAN__EXPM1,
    GAN__LOG,      /* of 0: -inf; of negative numbers: NaN */
    GAN__SOFTPLUS, /* log(1 + exp(x)) */
    GAN__ERF,
    GAN__SQRT,   /* exact: of -0 -0, of other negative numbers NaN */
    GAN__SINE,   /* sin(2 pi x), |x| <= 1 */
    GAN__COSINE, /* cos(2 pi x), |x| <= 1 */
    GAN__FUNCTION_COUNT
} gan__function;

/* Reductions add element i to lane i % 16, in order. */
enum { GAN__LANES = 16 };

/* The lanes' sum, in a fixed tree. */
static inline double gan__add_lanes(const double lanes[GAN__LANES])
{
    double sum[GAN__LANES / 2];
    for (int i = 0; i < 8; i++) sum[i] = lanes[i] + lanes[i + 8];
    for (int i = 0; i < 4; i++) sum[i] += sum[i + 4];
    return (sum[0] + sum[2]) + (sum[1] + sum[3]);
}

/* Columns at once, at most, for the column and normalisation kernels; and the rows of a block that
 * is summed in float32 before it enters a double. */
enum { GAN__COLUMNS = 512, GAN__ROW_BLOCK = 64 };

/* Steps of add_rows that are one pass over y. */
enum { GAN__ROW_STEPS = 8 };

/* Rows of a tile of doubles. */
enum { GAN__GRAM_ROWS = 6 };

/* A matrix of rows x columns elements whose rows are `stride` elements apart. `y` and `dy` have the
 * same form as `x`; `y` may be NULL for GAN__LINEAR. Per column: mean, scale, offset. */
typedef struct gan__norm_block {
    int64_t rows, columns, stride;
    const float *x, *y, *dy;
    const float *mean;
    float parameter; /* of the activation */
} gan__norm_block;

/* Sums of pixels: of each of `taps` places, pixel i lies i * from_step behind from[t]. */
typedef struct gan__tap_sums {
    int64_t count, channels; /* pixels, and channels of one */
    int64_t taps;
    const float *const *from; /* [taps] */
    int64_t from_step;
    const float *bias; /* [channels]; NULL: none */
    float *out;
    int64_t out_step; /* from one pixel to the next */
} gan__tap_sums;

/* Scalars as PyTorch rounds them to float32. `m`, `v` are the moments. The undo pointers are NULL,
 * or receive the old values of weight and moments. Fields of each rule: see compute/update.h. */
typedef struct gan__update_arrays {
    const float *gradient;
    float *weight;
    float *moment[3];   /* SGD: buffer; RMSprop: square, buffer, average; Adam: m, v */
    float *undo_weight; /* NULL: no undo at all */
    float *undo_moment[3];
    bool trial;   /* weight and moments are only read */
    bool *finite; /* set to false where a new weight or moment is not */
} gan__update_arrays;

typedef struct gan__sgd_rule {
    float scale, decay, momentum, fresh; /* fresh: 1 - dampening */
    float rate;
    bool nesterov, first;
} gan__sgd_rule;

typedef struct gan__rmsprop_rule {
    float scale, decay, alpha, fresh; /* fresh: 1 - alpha */
    float root, eps, momentum, rate;  /* root: sqrt(1 - alpha^t) */
} gan__rmsprop_rule;

typedef struct gan__adam_rule {
    float scale, decay, shrink;  /* g += decay * w; w *= shrink (1: not decoupled) */
    float fresh1, beta2, fresh2; /* 1 - beta1, beta2, 1 - beta2 */
    float root, whole, most;     /* sqrt(1 - beta2^t), 1 / (1 - beta1^t), 2^-63 / sqrt(fresh2) */
    float eps, rate;             /* eps, rate / (1 - beta1^t) */
} gan__adam_rule;

/* In front of a short loop that must be unrolled for its arrays to live in registers. */
#if defined(__clang__)
#define GAN__UNROLL _Pragma("unroll")
#elif defined(__GNUC__)
#define GAN__UNROLL _Pragma("GCC unroll 16")
#else
#define GAN__UNROLL
#endif

typedef void gan__map_kernel(int64_t count, const float *x, float parameter, float *y);
typedef void gan__slope_kernel(int64_t count, const float *v, const float *dy, float parameter,
                               float *dx);
typedef void gan__bend_kernel(int64_t count, const float *v, const float *t, const float *dy,
                              float parameter, bool add, float *dx);
typedef void gan__two_kernel(int64_t count, const float *x, float a, float b, float *y);
typedef void gan__binary_kernel(int64_t count, const float *a, const float *b, float *y);
typedef void gan__norm_forward_kernel(const gan__norm_block *block, const float *scale,
                                      const float *offset, float *y);
typedef void gan__norm_sums_kernel(const gan__norm_block *block, const float *gamma, double *sum,
                                   double *dot);
typedef void gan__norm_input_kernel(const gan__norm_block *block, const float *of_gradient,
                                    const float *of_input, const float *constant, float *dx);

typedef struct gan__vector_kernels {
    /* y = f(x); the functions ignore `parameter`. */
    gan__map_kernel *function[GAN__FUNCTION_COUNT];
    gan__map_kernel *activate[GAN__ACTIVATION_COUNT];

    /* dx = dy * f'(v), v = x or y. `slope_output` has no entry (NULL) from ELU on; `slope_input`
     * serves ELU, SILU, GELU and the piecewise linear ones, and is NULL for tanh and sigmoid. */
    gan__slope_kernel *slope_output[GAN__ACTIVATION_COUNT];
    gan__slope_kernel *slope_input[GAN__ACTIVATION_COUNT];

    /* Of <dy, f'(x) t> the gradient over x: dx (+)= dy * t * f''(x), from v = x and t. Where the
     * slope comes from the output, v = y and t = f'(x) t. NULL where f'' is 0. */
    gan__bend_kernel *bend[GAN__ACTIVATION_COUNT];

    void (*fill)(int64_t count, float value, float *y);
    gan__binary_kernel *add, *multiply;
    /* y = fma(alpha, x, beta * y); beta = 0: y = alpha * x, and y is not read. */
    void (*combine)(int64_t count, float alpha, const float *x, float beta, float *y);
    gan__two_kernel *affine; /* y = fma(a, x, b) */
    /* y[j] = fma(x[s], w[s * stride + j], y[j]) for s = 0, 1, ..., steps - 1. */
    void (*add_rows)(int64_t steps, int64_t count, const float *x, const float *w, int64_t stride,
                     float *y);
    gan__two_kernel *clamp; /* y = min(b, max(a, x)); NaN stays */

    /* Gradients: of x^2, v = x: dy * (x + x); of sqrt(x), v = y: dy / (y + y). Both ignore
     * `parameter`. */
    gan__slope_kernel *square_slope, *sqrt_slope;
    /* dx = dy where least <= x <= most, else 0; so 0 where x is NaN. */
    void (*clamp_slope)(int64_t count, const float *x, const float *dy, float least, float most,
                        float *dx);

    /* One row. The maximum is exact; the sum is made in double over 16 lanes. */
    void (*softmax)(int64_t count, const float *x, float *y);
    void (*softmax_backward)(int64_t count, const float *y, const float *dy, float *dx);
    /* Of <dy, softmax_backward(y, t)> the gradient over what y was made of. dx is no operand. */
    void (*softmax_bend)(int64_t count, const float *y, const float *t, const float *dy, float *dx);

    /* Add to 16 lanes. Products are exact in double. */
    void (*sum)(int64_t count, const float *x, double lanes[GAN__LANES]);
    void (*dot)(int64_t count, const float *x, const float *y, double lanes[GAN__LANES]);

    /* Column c gets the sum over rows of x (x * y; x - pivot[c] and its square) added to a double:
     * within blocks of 64 rows a float32 chain in row order (of fma), from 0. columns <= 512. */
    void (*column_sum)(int64_t rows, int64_t columns, int64_t stride, const float *x, double *sum);
    void (*column_dot)(int64_t rows, int64_t columns, int64_t stride, const float *x,
                       const float *y, double *sum);
    void (*column_moments)(int64_t rows, int64_t columns, int64_t stride, const float *x,
                           const float *pivot, double *sum, double *squares);

    /* out[i][c] = 0 + from[0][i][c] + from[1][i][c] + ..., then + bias[c]. */
    void (*tap_sums)(const gan__tap_sums *sums);

    /* y = f(fma(x - mean, scale, offset)), per column. columns <= 512. */
    gan__norm_forward_kernel *norm_forward[GAN__FUSED_COUNT];

    /* With g = dy * f'(y), times gamma[row][column] (rows `stride` apart) unless NULL: the sums of
     * g and of g * (x - mean) are added as column_sum and column_dot do. */
    gan__norm_sums_kernel *norm_sums[GAN__FUSED_BACKWARD_COUNT];

    /* dx = fma(of_gradient, g, fma(of_input, x - mean, constant)), per column. */
    gan__norm_input_kernel *norm_input[GAN__FUSED_BACKWARD_COUNT];

    /* dx = fma(of_gradient, dy, fma(of_tangent, y, fma(of_input, x - mean, constant))), per column;
     * y: the tangent of x. */
    void (*norm_bend)(const gan__norm_block *block, const float *of_gradient,
                      const float *of_tangent, const float *of_input, const float *constant,
                      float *dx);

    /* Words of Philox blocks first .. first + count - 1: word j of block first + i is
     * out[j * count + i]. `stream` is the counter's upper half. */
    void (*random)(const uint32_t key[2], const uint32_t stream[2], uint64_t first, int64_t count,
                   uint32_t *out);
    /* min(fma(word / 2^8, width * 2^-24, low), most). */
    void (*uniform)(int64_t count, const uint32_t *words, float low, float width, float most,
                    float *out);
    /* Box-Muller: first and second of each pair from its two words. */
    void (*normal)(int64_t count, const uint32_t *words1, const uint32_t *words2, float mean,
                   float deviation, float *first, float *second);
    /* 1 if word / 2^8 < threshold (24 bits), else 0. */
    void (*bernoulli)(int64_t count, const uint32_t *words, uint32_t threshold, float *out);

    /* tile[i * gram_columns + j] += a[i * depth + k] * panel[k * gram_columns + j], k = 0, 1, ...,
     * for i < GAN__GRAM_ROWS, j < gram_columns; each product rounded, then each sum. */
    void (*gram)(int64_t depth, const double *a, const double *panel, double *tile);
    int64_t gram_columns; /* at most 16; results do not depend on it */

    void (*sgd)(const gan__sgd_rule *rule, int64_t count, const gan__update_arrays *arrays);
    void (*rmsprop)(const gan__rmsprop_rule *rule, int64_t count, const gan__update_arrays *arrays);
    void (*adam)(const gan__adam_rule *rule, int64_t count, const gan__update_arrays *arrays);
} gan__vector_kernels;

extern const gan__vector_kernels gan__vector_kernels_generic;
#if defined(__x86_64__)
extern const gan__vector_kernels gan__vector_kernels_avx2, gan__vector_kernels_avx512;
#endif

#endif
