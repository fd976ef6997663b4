/* factor.c: Cholesky's factorisation with the largest pivot first, which shows the rank of a
 * covariance (Higham, "Analysis of the Cholesky decomposition of a semi-definite matrix", 1990). */
#include "metrics/spectrum.h"

#include "base/memory.h"
#include "metrics/products.h"

#include <math.h>
#include <string.h>

/* Columns that are found before the rest of the matrix learns of them, in one product. */
enum { FACTOR_BLOCK = 48 };

typedef struct factor_state {
    double *matrix; /* column k of the factor is column k below the diagonal, once it was found */
    int64_t n;
    double *left;   /* of the diagonal: what the columns of this block leave of it */
    int64_t *order; /* row i is row order[i] of the matrix that was given */
    double least;   /* pivot that counts */
} factor_state;

/* Rows and columns i and j change places. */
static void factor_swap(factor_state *f, int64_t i, int64_t j)
{
    const int64_t n = f->n, place = f->order[i];
    const double left = f->left[i];
    for (int64_t k = 0; k < n && i != j; k++) {
        const double x = f->matrix[i * n + k];
        f->matrix[i * n + k] = f->matrix[j * n + k];
        f->matrix[j * n + k] = x;
    }
    for (int64_t k = 0; k < n && i != j; k++) {
        const double x = f->matrix[k * n + i];
        f->matrix[k * n + i] = f->matrix[k * n + j];
        f->matrix[k * n + j] = x;
    }
    f->order[i] = f->order[j];
    f->order[j] = place;
    f->left[i] = f->left[j];
    f->left[j] = left;
}

/* Column k of the factor, of which the matrix does not know this block's columns yet. */
static void factor_column(factor_state *f, int64_t block, int64_t k)
{
    const int64_t n = f->n;
    const double root = sqrt(f->left[k]);
    double *own = f->matrix + k * n;
    for (int64_t i = k + 1; i < n; i++) {
        double *row = f->matrix + i * n, sum = row[k];
        for (int64_t j = block; j < k; j++) sum -= row[j] * own[j];
        row[k] = sum / root;
        f->left[i] -= row[k] * row[k];
    }
    own[k] = root;
}

/* The next columns, at most FACTOR_BLOCK; how many there were. */
static int64_t factor_block(factor_state *f, int64_t block)
{
    const int64_t n = f->n, end = n - block < FACTOR_BLOCK ? n : block + FACTOR_BLOCK;
    for (int64_t i = block; i < n; i++) f->left[i] = f->matrix[i * n + i];
    for (int64_t k = block; k < end; k++) {
        int64_t largest = k;
        for (int64_t i = k + 1; i < n; i++)
            if (f->left[i] > f->left[largest]) largest = i;
        if (!(f->left[largest] > f->least)) return k - block;
        factor_swap(f, k, largest);
        factor_column(f, block, k);
    }
    return end - block;
}

/* What is left of the matrix: less the product of the columns that were found. */
static gan_status factor_rest(gan_context *context, factor_state *f, int64_t block, int64_t found)
{
    const int64_t n = f->n, first = block + found;
    gan__operand columns = {.doubles = f->matrix + first * n + block, .row = n, .step = 1};
    gan__products products = {.rows = n - first,
                              .columns = n - first,
                              .depth = found,
                              .a = columns,
                              .b = columns,
                              .into = f->matrix + first * n + first,
                              .into_stride = n};
    products.a.scale = -1.0;
    return gan__products_run(context, &products);
}

/* Rows to where they came from, without what is no part of the factor. */
static gan_status factor_finish(gan_context *context, factor_state *f, int64_t rank)
{
    const int64_t n = f->n;
    double *sorted;
    size_t row;
    if (!gan__multiply_size((size_t)n, sizeof(double), &row)) row = SIZE_MAX;
    GAN__TRY(gan__allocate(context, &sorted, (size_t)n, row));
    for (int64_t i = 0; i < n; i++) {
        const int64_t count = i < rank ? i + 1 : rank;
        memcpy(sorted + f->order[i] * n, f->matrix + i * n, (size_t)count * sizeof *sorted);
    }
    memcpy(f->matrix, sorted, (size_t)n * row);
    gan__free(context, sorted);
    return GAN_OK;
}

static gan_status factor_run(gan_context *context, factor_state *f, double tolerance, int64_t *rank)
{
    double largest = 0;
    for (int64_t i = 0; i < f->n; i++) {
        const double x = f->matrix[i * f->n + i];
        if (x > largest) largest = x;
        f->order[i] = i;
    }
    f->least = tolerance * largest;
    *rank = 0;
    for (int64_t found = FACTOR_BLOCK; found == FACTOR_BLOCK && *rank < f->n; *rank += found) {
        found = factor_block(f, *rank);
        if (found == FACTOR_BLOCK && *rank + found < f->n)
            GAN__TRY(factor_rest(context, f, *rank, found));
    }
    return factor_finish(context, f, *rank);
}

gan_status gan__factor(gan_context *context, double *matrix, int64_t n, double tolerance,
                       int64_t *rank)
{
    factor_state f = {.matrix = matrix, .n = n};
    gan_status status = gan__allocate(context, &f.left, (size_t)n, sizeof *f.left);
    if (status == GAN_OK) status = gan__allocate(context, &f.order, (size_t)n, sizeof *f.order);
    if (status == GAN_OK) status = factor_run(context, &f, tolerance, rank);
    gan__free(context, f.left);
    gan__free(context, f.order);
    return status;
}
