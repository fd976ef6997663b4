/* normalize.h: batch, instance, group and layer normalisation as one computation.
 *
 * x is [outer][rows][channels]. Within each of the `outer` blocks, `sets` consecutive channel
 * ranges of channels / sets each have one mean and one variance over rows and range.
 *
 *   batch norm     outer = groups of the batch, rows = N/groups * H * W, sets = channels
 *   instance norm  outer = N, rows = H * W, sets = channels
 *   group norm     outer = N, rows = H * W, sets = number of groups
 *   layer norm     outer = N, rows = H * W, sets = 1, affine per position
 *
 *   y = f((x - mean) / sqrt(variance + eps) * gamma + beta), variance biased (divided by the count)
 *
 * Sums are in row order within fixed blocks of 64 rows in float32, the blocks in double. For the
 * statistics they are shifted by a value from nearby, so that a mean of 1e3 with deviation 1 keeps
 * its variance. */
#ifndef GAN__NORMALIZE_H
#define GAN__NORMALIZE_H

#include "compute/pointwise.h"

typedef struct gan__norm {
    int64_t outer, rows, channels, sets;
    double eps;
    bool positions;             /* gamma and beta have rows * channels elements; needs sets = 1 */
    gan__activation activation; /* f: linear, or one that gan__activation_uses_output allows */
    float parameter;
} gan__norm;

/* Bytes of scratch for each worker (0: small tables lie on the stack); and floats of the workspace
 * that one call of each needs, aligned to 64 bytes. */
size_t gan__norm_scratch(const gan__norm *norm);
int64_t gan__norm_workspace(const gan__norm *norm);

/* mean[outer * sets] and variance[outer * sets] (biased). */
void gan__norm_statistics(gan_context *context, const gan__norm *norm, const float *x,
                          float *workspace, float *mean, float *variance);

/* y from given statistics: the batch's own, or the running ones (outer may then be 1). gamma and
 * beta are both NULL without affine. y may be x's memory. */
void gan__norm_forward(gan_context *context, const gan__norm *norm, const float *x,
                       const float *mean, const float *variance, const float *gamma,
                       const float *beta, float *y);

/* The gradient through the batch's own statistics. The activation's derivative is taken from y,
 * which may be NULL if it is linear. dgamma and dbeta are added to (both NULL: not wanted); dx may
 * be dy's memory, or NULL if not wanted. with g = dy * f'(y):  dx = gamma * inv * (g - mean(g) -
 * xhat * mean(g * xhat)) */
void gan__norm_backward(gan_context *context, const gan__norm *norm, const float *x, const float *y,
                        const float *dy, const float *mean, const float *variance,
                        const float *gamma, float *workspace, float *dgamma, float *dbeta,
                        float *dx);

/* The gradient where the statistics are constants (evaluation mode): dx = gamma * inv * g. */
void gan__norm_backward_fixed(gan_context *context, const gan__norm *norm, const float *x,
                              const float *y, const float *dy, const float *mean,
                              const float *variance, const float *gamma, float *workspace,
                              float *dgamma, float *dbeta, float *dx);

#endif
