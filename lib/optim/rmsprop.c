/* rmsprop.c: RMSProp (Tieleman and Hinton, 2012), as torch.optim.RMSprop:
 *
 *     g = gradient + weight_decay * w
 *     v = alpha * v + (1 - alpha) * g^2
 *     d = g / (sqrt(v) + eps)             centered: sqrt(v - a^2), a = alpha * a + (1 - alpha) * g
 *     w -= rate * d                       momentum: w -= rate * b, b = momentum * b + d */
#include "optim/optimizer.h"

#include <math.h>

#include "compute/update.h"

typedef struct rmsprop_options {
    gan__optimizer_common common;
    double alpha, eps, momentum;
    int32_t centered;
} rmsprop_options;

static const gan__option rmsprop_table[] = {
    {"alpha", GAN__OPTION_REAL, 0, "0.99", 0, 1, NULL, offsetof(rmsprop_options, alpha),
     "memory of the squared gradient"},
    {"eps", GAN__OPTION_REAL, 0, "1e-8", 0, 1e6, NULL, offsetof(rmsprop_options, eps),
     "added to the root of the squared gradient"},
    {"momentum", GAN__OPTION_REAL, 0, "0", 0, 1, NULL, offsetof(rmsprop_options, momentum),
     "how much of the last step is in the next"},
    {"centered", GAN__OPTION_BOOLEAN, 0, "no", 0, 0, NULL, offsetof(rmsprop_options, centered),
     "divide by the gradient's deviation, not by its root mean square"},
};

static const gan__option_default rmsprop_common[] = {{"lr", "0.01"}, {NULL, NULL}};
static const gan__option_block rmsprop_blocks[] = {
    GAN__BLOCK_IN(gan__optimizer_common_options, rmsprop_options, common, rmsprop_common),
    GAN__BLOCK(rmsprop_table),
};

/* Where the three moments are among those in use; -1: not. */
static int32_t rmsprop_places(const rmsprop_options *options, int32_t *buffer, int32_t *average)
{
    int32_t count = 1;
    *buffer = options->momentum != 0 ? count++ : -1;
    *average = options->centered ? count++ : -1;
    return count;
}

static int32_t rmsprop_moments(const void *options, const char *names[GAN__MAX_MOMENTS])
{
    int32_t buffer, average, count = rmsprop_places(options, &buffer, &average);
    names[0] = "square_avg";
    if (buffer >= 0) names[buffer] = "momentum_buffer";
    if (average >= 0) names[average] = "grad_avg";
    return count;
}

static bool rmsprop_update(const gan_optimizer *optimizer, const gan__optimizer_state *state,
                           const gan__optimizer_call *call)
{
    const rmsprop_options *options = optimizer->options;
    const gan__store *store = state->store;
    int32_t buffer, average;
    rmsprop_places(options, &buffer, &average);
    float *const moments[3] = {state->moments[0], buffer >= 0 ? state->moments[buffer] : NULL,
                               average >= 0 ? state->moments[average] : NULL};
    const gan__rmsprop rule = {.rate = call->rate,
                               .alpha = options->alpha,
                               .eps = options->eps,
                               .momentum = options->momentum,
                               .decay = options->common.weight_decay,
                               .scale = call->scale,
                               .step = state->steps + 1,
                               .trial = call->trial};
    return gan__update_rmsprop(store->context, &rule, store->weight_count, store->gradients,
                               store->weights, moments, call->undo);
}

/* With such an eps no step is divided by less. */
static bool rmsprop_bound(const gan_optimizer *optimizer, const gan__optimizer_state *state,
                          const gan__optimizer_call *call, double gradient,
                          double most[1 + GAN__MAX_MOMENTS])
{
    const rmsprop_options *options = optimizer->options;
    int32_t buffer, average;
    (void)state;
    rmsprop_places(options, &buffer, &average);
    if (options->eps < 1e-9) return false;
    gradient += options->common.weight_decay * most[0];
    most[1] = fmax(most[1], gradient * gradient);
    if (average >= 0) most[1 + average] = fmax(most[1 + average], gradient);
    double step = gradient / options->eps;
    if (buffer >= 0) step = most[1 + buffer] = options->momentum * most[1 + buffer] + step;
    most[0] += call->rate * step;
    return true;
}

const gan__optimizer_kind gan__optimizer_rmsprop = {
    .kind = {.name = "rmsprop",
             .help = "steps scaled by the root mean square of the gradient",
             GAN__BLOCKS(rmsprop_blocks),
             .size = sizeof(rmsprop_options),
             .check = gan__optimizer_check},
    .moments = rmsprop_moments,
    .update = rmsprop_update,
    .bound = rmsprop_bound,
};
