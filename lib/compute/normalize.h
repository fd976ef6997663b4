/* normalize.h: batch, instance, group and layer normalisation as one computation.
 *
 * x is [outer][rows][channels]. Within each of the `outer` blocks, `sets` consecutive channel
 * ranges of channels / sets each have one mean and one variance over rows and range. Blocks of
 * unlike length are made of pictures of `rows` rows: block b has those from starts[b] to
 * starts[b + 1].
 *
 *   batch norm     outer = groups of the batch, rows = H * W, sets = channels, starts of the groups
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
    gan__activation activation; /* f: linear, or one that gan__activation_fuses allows */
    float parameter;
    const int64_t *starts; /* outer + 1; NULL: each block is one picture; not with positions */
} gan__norm;

/* The first row of an outer block, or the end of the one before it; and how many it has. */
static inline int64_t gan__norm_start(const gan__norm *norm, int64_t outer)
{
    return (norm->starts ? norm->starts[outer] : outer) * norm->rows;
}
static inline int64_t gan__norm_rows(const gan__norm *norm, int64_t outer)
{
    return gan__norm_start(norm, outer + 1) - gan__norm_start(norm, outer);
}

/* Floats of the workspace that one call of each needs, aligned to 64 bytes. */
int64_t gan__norm_workspace(const gan__norm *norm);

/* mean[outer * sets] and variance[outer * sets] (biased). */
void gan__norm_statistics(gan_context *context, const gan__norm *norm, const float *x,
                          float *workspace, float *mean, float *variance);

/* What x is normalised with: statistics[outer * sets], the batch's own or the running ones (outer
 * may then be 1); gamma and beta, both NULL without affine (beta has no part in the gradient). */
typedef struct gan__norm_terms {
    const float *mean, *variance;
    const float *gamma, *beta;
} gan__norm_terms;

/* y may be x's memory. */
void gan__norm_forward(gan_context *context, const gan__norm *norm, const gan__norm_terms *terms,
                       const float *x, float *y);

typedef struct gan__norm_gradients {
    const float *x, *y, *dy; /* y gives the activation's derivative: NULL if it is linear */
    float *workspace;
    float *dgamma, *dbeta; /* added to; both NULL: not wanted */
    float *dx;             /* may be dy's memory; NULL: not wanted */
    bool fixed;            /* the statistics are constants (evaluation mode) */
    bool tangent;          /* dx is the tangent of the result along dy: gamma comes last */
} gan__norm_gradients;

/* With g = dy * f'(y) and inv = 1 / sqrt(variance + eps), through the batch's own statistics:
 *
 *   dx = inv * (gamma * g - mean(gamma * g) - xhat * mean(gamma * g * xhat))
 *
 * the means over each set; where the statistics are constants dx = inv * gamma * g. But for gamma
 * this is its own transpose: with `tangent`, and no f,
 *
 *   dx = gamma * inv * (dy - mean(dy) - xhat * mean(dy * xhat)) */
void gan__norm_backward(gan_context *context, const gan__norm *norm, const gan__norm_terms *terms,
                        const gan__norm_gradients *gradients);

/* Second derivatives. With t a tangent of x, y' the tangent of the result along it (without f) and
 * h = gamma * dy, of <dy, y'>:
 *
 *   a = mean(xhat * t), b = mean(xhat * h), c = mean(h * t) - mean(h) * mean(t)
 *   dx = -inv^2 * (xhat * (c - 3 a b) + b * (t - mean(t)) + a * (h - mean(h)))
 *   dgamma += inv * sum of dy * (t - mean(t) - xhat * a)
 *
 * the sum over all that gamma stands at; beta has no part in it. */
typedef struct gan__norm_bends {
    const float *x, *t, *dy;
    float *workspace; /* gan__norm_bend_workspace floats, aligned to 64 bytes */
    float *dgamma;    /* added to; NULL: not wanted */
    float *dx;        /* NULL: not wanted; no operand */
} gan__norm_bends;

int64_t gan__norm_bend_workspace(const gan__norm *norm);
void gan__norm_bend(gan_context *context, const gan__norm *norm, const gan__norm_terms *terms,
                    const gan__norm_bends *bends);

#endif
