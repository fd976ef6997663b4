/* elementwise.h: losses that are the mean of one term for each element. */
#ifndef GAN__ELEMENTWISE_H
#define GAN__ELEMENTWISE_H

#include "losses/loss.h"

#include "kernels/kernels.h"

/* Most elements in one call of the functions below. */
enum { GAN__LOSS_BLOCK = 256 };

/* out[i] = term of x[i] and t[i]. t is the second value, or an array of `target`s where the loss
 * was given one value. */
typedef void gan__loss_terms(const gan__loss *loss, int64_t count, const float *x, const float *t,
                             float *out);

/* The term's derivatives over x and over t. */
typedef void gan__loss_slopes(const gan__loss *loss, int64_t count, const float *x, const float *t,
                              float *dx, float *dt);

/* The mean over all elements, and its gradient: what a kind's value and gradient call. */
double gan__loss_mean(const gan__loss *loss, gan__loss_terms *terms, double target);
void gan__loss_mean_gradient(const gan__loss *loss, gan__loss_slopes *slopes, double target,
                             float seed, float *const dx[2]);

/* A kind's check: two values must have one shape. */
gan_status gan__loss_check_shapes(const gan__loss *loss);

/* The options of losses with a constant target. */
typedef struct gan__target {
    double target;
} gan__target;

static inline const gan__vector_kernels *gan__loss_vector(const gan__loss *loss)
{
    return gan__kernels_of(loss->context)->vector;
}

/* The kinds, one in each file. */
extern const gan__loss_kind gan__loss_bce_logits, gan__loss_mse, gan__loss_l1, gan__loss_smooth_l1,
    gan__loss_hinge, gan__loss_softplus, gan__loss_cross_entropy, gan__loss_kl_gaussian,
    gan__loss_gradient_penalty, gan__loss_kind_mean, gan__loss_kind_sum, gan__loss_above,
    gan__loss_mse_of_means;

#endif
