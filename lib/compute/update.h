/* update.h: the optimisers' arithmetic over flat arrays, one pass each, PyTorch's formulas.
 *
 * All arrays are float32 of `count` elements. `moments` come in the order that each rule names,
 * NULL where it does without one. Where `undo` is not NULL, the old values of what the
 * update overwrites are stored there in the same pass: weights first, then each moment that is not
 * NULL in that order, `count` each. `scale` multiplies the gradient first (clipping); weight decay
 * is added after it.
 *
 * A new moment below 2^-126 is stored as 0, since denormals would slow every later step down; SGD's
 * acts once before. Where the square that a step is divided by is 0 thus, its root is taken to be
 *
 *   RMSprop   |g| * sqrt(1 - alpha^t), as if all gradients had been like this one; centered too
 *   Adam      instead of sqrt(v) / sqrt(1 - b2^t): max(|m| / (1 - b1^t), |g|); where the first is 4
 *             times the second or more, the gradients are ending: the most that it can have been,
 *             2^-63 / sqrt(1 - b2)
 *
 * and 0 / 0 is no step. With an eps from 1e-9 on none of this is seen.
 *
 * Returns whether every new weight and moment is finite. A trial stores nothing, and returns the
 * same. */
#ifndef GAN__UPDATE_H
#define GAN__UPDATE_H

#include "base/context.h"

/* torch.optim.SGD: g = scale*grad + decay*w; buf = momentum*buf + g (first step: buf = g);
 * w -= rate * (nesterov ? g + momentum*buf : buf). One moment: buf, NULL without momentum. */
typedef struct gan__sgd {
    double rate, momentum, dampening, decay, scale;
    bool nesterov, first, trial;
} gan__sgd;
bool gan__update_sgd(gan_context *context, const gan__sgd *rule, int64_t count,
                     const float *gradient, float *weight, float *const *moments, float *undo);

/* torch.optim.RMSprop: v = alpha*v + (1-alpha)*g^2; w -= rate * g / (sqrt(v) + eps); with momentum
 * buf = momentum*buf + g/(sqrt(v)+eps), w -= rate*buf; centered: avg = alpha*avg + (1-alpha)*g and
 * sqrt(max(v - avg^2, 0)). Three moments: v, buf and avg, the last two NULL where not used. `step`
 * counts from 1. */
typedef struct gan__rmsprop {
    double rate, alpha, eps, momentum, decay, scale;
    int64_t step;
    bool trial;
} gan__rmsprop;
bool gan__update_rmsprop(gan_context *context, const gan__rmsprop *rule, int64_t count,
                         const float *gradient, float *weight, float *const *moments, float *undo);

/* torch.optim.Adam (decoupled = false) and AdamW (true: w *= 1 - rate*decay first). `step` counts
 * from 1. m = b1*m + (1-b1)*g; v = b2*v + (1-b2)*g^2;
 * w -= rate/(1-b1^t) * m / (sqrt(v)/sqrt(1-b2^t) + eps). The corrections are made in double, powers
 * by squaring. Two moments: m and v. */
typedef struct gan__adam {
    double rate, beta1, beta2, eps, decay, scale;
    int64_t step;
    bool decoupled, trial;
} gan__adam;
bool gan__update_adam(gan_context *context, const gan__adam *rule, int64_t count,
                      const float *gradient, float *weight, float *const *moments, float *undo);

#endif
