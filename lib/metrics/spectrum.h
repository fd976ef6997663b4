/* spectrum.h: factors of covariances and sums of singular values, in double. */
#ifndef GAN__SPECTRUM_H
#define GAN__SPECTRUM_H

#include "base/context.h"

/* A symmetric matrix without negative eigenvalues, n x n, as F F^T: F has n rows, `n` apart, and
 * *rank columns, and takes the matrix's place. Pivots below `tolerance` times the largest element
 * of the diagonal count as 0. */
gan_status gan__factor(gan_context *context, double *matrix, int64_t n, double tolerance,
                       int64_t *rank);

/* The sum of the singular values of a matrix, rows x columns, rows >= columns, which is
 * overwritten. */
gan_status gan__singular_sum(gan_context *context, double *matrix, int64_t rows, int64_t columns,
                             double *out);

#endif
