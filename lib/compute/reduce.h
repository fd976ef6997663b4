/* reduce.h: sums, in an order that depends on the problem's size alone.
 *
 * An array is cut into fixed chunks of 4096 elements; a chunk is summed in double over 16 virtual
 * lanes; lanes, then chunks, are added in a fixed tree. */
#ifndef GAN__REDUCE_H
#define GAN__REDUCE_H

#include "base/context.h"

enum { GAN__CHUNK = 4096 };

double gan__sum(gan_context *context, int64_t count, const float *x);
double gan__sum_squares(gan_context *context, int64_t count, const float *x);
double gan__dot(gan_context *context, int64_t count, const float *x, const float *y);

/* out[c] (+)= sum over rows of x[row][c]: row order within fixed blocks of 64 rows in float32, the
 * blocks added in double in a fixed tree. `add` adds to out. */
void gan__column_sum(gan_context *context, int64_t rows, int64_t columns, const float *x, bool add,
                     float *out);

/* The same of x * y. */
void gan__column_dot(gan_context *context, int64_t rows, int64_t columns, const float *x,
                     const float *y, bool add, float *out);

/* Sums any function of elements in this same order: term(argument, start, count, lanes) adds the
 * terms of elements start.. to 16 doubles, element start + i to lane i % 16. */
double gan__sum_terms(gan_context *context, int64_t count,
                      void (*term)(const void *argument, int64_t start, int64_t count,
                                   double lanes[16]),
                      const void *argument);

#endif
