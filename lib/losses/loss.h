/* loss.h: what a loss kind is: a scalar from one or two values, and its gradient. */
#ifndef GAN__LOSS_H
#define GAN__LOSS_H

#include "base/option.h"
#include "tensor/tensor.h"

typedef struct gan__loss {
    gan_context *context;
    const struct gan__loss_kind *kind;
    void *options;
    int32_t input_count;
    gan__shape in[2];
    const float *x[2]; /* x[1]: the target, where there is one */
} gan__loss;

typedef struct gan__loss_kind {
    gan__kind kind;
    int32_t least_inputs, most_inputs;
    bool linear;                                /* its tangent is itself, of a tangent */
    gan_status (*check)(const gan__loss *loss); /* shapes and options go together; may be NULL */
    double (*value)(const gan__loss *loss);
    /* dx[i] = seed * d value / d x[i]; NULL where it is not wanted. */
    void (*gradient)(const gan__loss *loss, float seed, float *const dx[2]);
} gan__loss_kind;

/* bce_logits mse l1 smooth_l1 hinge softplus cross_entropy kl_gaussian gradient_penalty mean sum
 * above mse_of_means. */
extern const gan__loss_kind *const gan__loss_kinds[];
extern const int32_t gan__loss_kind_count;

#endif
