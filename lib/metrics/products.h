/* products.h: products of matrices in double, of rows of floats among others.
 *
 * Every number is one sum in the order of k, from 0 or from what is there; threads, tiers and tiles
 * do not change it. Products of two float32 are exact in double. */
#ifndef GAN__PRODUCTS_H
#define GAN__PRODUCTS_H

#include "base/context.h"

/* Row i has element k at i * row + k * step of one of the two. */
typedef struct gan__operand {
    const float *floats;
    const double *doubles;
    int64_t row, step;
    double scale; /* of each element; 0 is 1 */
} gan__operand;

/* A part of the result: values[i * stride + j] is that of row `row` + i, column `column` + j. */
typedef struct gan__product_tile {
    int64_t row, rows, column, columns, stride;
    const double *values;
} gan__product_tile;

/* c(i, j) = sum over k < depth of a(i, k) * b(j, k). */
typedef struct gan__products {
    int64_t rows, columns, depth;
    gan__operand a, b;
    bool upper; /* what lies below the diagonal does not count: it may be computed, or left out */

    /* Where it goes: added to a matrix; or, with NULL, shown tile by tile. A row's tiles come in
     * the order of their columns, on one thread; rows of unlike blocks of GAN__PRODUCT_ROWS, on
     * any. */
    double *into;
    int64_t into_stride;
    void (*visit)(void *argument, const gan__product_tile *tile);
    void *argument;
} gan__products;

enum { GAN__PRODUCT_ROWS = 60 };

gan_status gan__products_run(gan_context *context, const gan__products *products);

/* |x|^2 of each of `count` rows: the same bits as a product of a row with itself. */
void gan__row_squares(const float *rows, int64_t count, int64_t width, double *squares);

#endif
