/* product.h: the micro-kernels under every product and convolution.
 *
 * A tile is a block of rows x columns outputs that stays in registers while the sum runs:
 *
 *     C[i][j] (+)= sum over lines t, then steps k, of A(t, i, k) * B(t, k, j)
 *
 * one chain of fused multiply-adds an output, in this order, from 0 or from what C holds. A and B
 * are read where they lie: a line is a run of equally spaced elements (the channels of a tap, the
 * pixels of a picture's row), and where the next one starts is in a table.
 *
 * A step reads one vector row of B and one element of A per row, which is broadcast. The sizes of a
 * tile are data of the tier: the layout of packed weights depends on them, results do not. */
#ifndef GAN__PRODUCT_H
#define GAN__PRODUCT_H

#include "base/exact.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    GAN__TILE_ROWS = 6,
    GAN__TILE_COLUMNS = 64, /* the largest of any tier */
    GAN__AHEAD_STEPS = 16   /* between two looks at what is to be fetched */
};

/* What a full tile fetches into the level-2 cache while it runs, for tiles to come; each may be
 * NULL. Every GAN__AHEAD_STEPS steps of a line it fetches one cache line of each row of a, and of b
 * the steps [b_from, b_to) among these. */
typedef struct gan__ahead {
    const float *const *a; /* as in the tile to come, with this one's a_line and a_shift */
    const float *b;        /* as in the tile to come, with this one's b_line and b_step */
    int64_t b_from, b_to;
    float *const *c; /* as in the tile to come, with this one's c_shift */

    /* outer, instead: with each step what is that far behind its first element of A and of B. */
    int64_t a_far, b_far;
} gan__ahead;

typedef struct gan__tile {
    int64_t rows, columns;   /* at most those of the tier; rows >= 1, columns >= 1 */
    int64_t lines, steps;    /* may be 0 */
    const float *const *a;   /* gather: [rows]; outer: [lines] */
    const int64_t *a_line;   /* gather: [lines], where each starts in every row; NULL: at 0 */
    const gan__ahead *ahead; /* gather and outer; may be NULL */
    int64_t a_shift;         /* added to each pointer in `a` */
    int64_t a_step;          /* outer: from one step to the next */
    const float *b;
    const int64_t *b_line;       /* [lines]: where each starts, in steps; b + b_line[t] * b_step */
    const float *const *b_lines; /* outer: [lines], instead of b + b_line */
    int64_t b_shift;             /* outer: added to each pointer in `b_lines` */
    int64_t b_step;              /* from one step to the next */
    float *const *c;             /* [rows] */
    int64_t c_shift;             /* added to each pointer in `c` */
    bool accumulate;             /* start from what C holds */
    const float *bias;           /* gather: [columns], added to the sums at the end; NULL: none */
} gan__tile;

/* A tile of as many rows as there are outputs, equally spaced, each from 0:
 * C[i][j] = (sum over lines t, then steps k, of A(t, i, k) * B(t, k, j)) + bias[j],
 * A(t, i, k) = a[i * a_step + a_line[t] + k], B(t, k, j) = b[(b_line[t] + k) * b_step + j];
 * so for each of some panels, of which each begins `columns` behind the one before in C and bias.
 */
typedef struct gan__strip {
    int64_t count, columns, panels; /* columns: of a panel, at most those of a tile */
    int64_t lines, steps;           /* may be 0 */
    const float *a;
    int64_t a_step, a_panel;        /* from one output to the next, from one panel to the next */
    const int64_t *a_line, *b_line; /* [lines] */
    const float *b;
    int64_t b_step, b_panel;
    const float *bias; /* NULL: none */
    float *c;
    int64_t c_step;
} gan__strip;

/* Minimal filtering F(m x m, r x r): m x m outputs of an r x r convolution of stride 1 by
 * (m + r - 1)^2 products instead of m^2 r^2 (Winograd, "Arithmetic complexity of computations",
 * 1980). Inputs and weights are transformed to as many points, multiplied point by point, and the
 * outputs made of the products; in one dimension
 *
 *     F(2, 2)   m0 = (d0 - d1) g0, m1 = d1 (g0 + g1), m2 = (d2 - d1) g1
 *               y0 = m0 + m1, y1 = m1 + m2
 *     F(2, 3)   m0 = (d0 - d2) g0, m1 = (d1 + d2) (g0 + g1 + g2) / 2,
 *               m2 = (d2 - d1) (g0 - g1 + g2) / 2, m3 = (d1 - d3) g2
 *               y0 = m0 + m1 + m2, y1 = m1 - m2 - m3
 *     F(4, 3)   polynomials d and g are evaluated at 0, +-11/16, +-11/8 and infinity, where their
 *               rounding grows least; whole numbers are not exact
 *
 * Of a 3x3 convolution whose input has every pixel twice in each dimension, the same with pixels d
 * that are read once makes 2x2 outputs by 9 products; and from the slopes of its outputs, e, those
 * of a pixel:
 *
 *     (2, 3, 2) m0 = (d0 - d1) g0, m1 = d1 (g0 + g1 + g2), m2 = (d2 - d1) g2
 *               y0 = m0 + m1, y1 = m1 + m2
 *     (1, 3, 2) y0 = (e0 - e2) g2 + (e1 + e2) (g0 + g1 + g2) + (e3 - e1) g0
 *
 * Weights' gradients are the transpose: points of d times points of dy make points of dw. */
typedef enum gan__filter_kind {
    GAN__FILTER_2_2,
    GAN__FILTER_2_3,
    GAN__FILTER_4_3,
    GAN__FILTER_2_3_2,
    GAN__FILTER_1_3_2, /* weights turned round; the sum of its products is the output */
    GAN__FILTER_KINDS
} gan__filter_kind;

/* To points and from points, `count` channels at each: point p is p * point floats behind point 0.
 * Pixels and taps lie row after row. */
typedef void gan__filter_spread(int64_t count, const float *const *from, float *to, int64_t point);
typedef void gan__filter_collect(int64_t count, const float *from, int64_t point, float *const *to);

typedef struct gan__filter_kernels {
    gan__filter_spread *input;   /* of all pixels that the outputs see */
    gan__filter_spread *weights; /* of r^2 taps */
    gan__filter_collect *output; /* m^2; each may be NULL */
    gan__filter_spread *slopes;  /* of m^2 outputs; of 1_3_2 there are none, */
    gan__filter_collect *taps;   /* nor these: r^2 gradients of taps; each may be NULL */
} gan__filter_kernels;

typedef struct gan__product_kernels {
    int32_t rows, columns; /* of a full tile */

    /* A(t, i, k) = a[i][a_line[t] + k]: rows anywhere, steps beside each other. */
    void (*gather)(const gan__tile *tile);

    /* A(t, i, k) = a[t][k * a_step + i], B(t, k, j) = b_lines[t][k * b_step + j]: rows beside each
     * other, steps anywhere. */
    void (*outer)(const gan__tile *tile);

    /* Outputs of a picture's row, one after the other; depth_strip with an element of A for each
     * column, A(t, i, k, j) = a[i * a_step + a_line[t] + j], and one step in a line. */
    void (*strip)(const gan__strip *strip);
    void (*depth_strip)(const gan__strip *strip);

    /* Rows are taps, steps are pixels, one line: A(i, k, j) = a[i][k * a_step + j],
     * B(k, j) = b[k * b_step + j]. */
    void (*depth_outer)(const gan__tile *tile);

    /* y[j][i] = x[i][j] for i < rows, j < columns; rows of x and y are `x_stride`, `y_stride`
     * apart. */
    void (*transpose)(int64_t rows, int64_t columns, const float *x, int64_t x_stride, float *y,
                      int64_t y_stride);

    /* Brings numbers that are read soon into the level-2 cache, or does nothing. */
    void (*fetch)(int64_t count, const float *x);

    const gan__filter_kernels *filter; /* [GAN__FILTER_KINDS] */
} gan__product_kernels;

extern const gan__product_kernels gan__product_kernels_generic;
#if defined(__x86_64__)
extern const gan__product_kernels gan__product_kernels_avx2, gan__product_kernels_avx512;
#endif

#endif
