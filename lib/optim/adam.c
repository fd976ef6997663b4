/* adam.c: Adam (Kingma and Ba, 2015, algorithm 1) and AdamW (Loshchilov and Hutter, 2019), as
 * torch.optim's:
 *
 *     g = gradient + weight_decay * w              AdamW: w *= 1 - rate * weight_decay instead
 *     m = beta1 * m + (1 - beta1) * g
 *     v = beta2 * v + (1 - beta2) * g^2
 *     w -= rate / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + eps) */
#include "optim/optimizer.h"

#include <math.h>

#include "base/number.h"
#include "compute/update.h"

typedef struct adam_options {
    gan__optimizer_common common;
    double beta1, beta2, eps;
} adam_options;

/* Below 1: the bias corrections divide by 1 - beta^t. */
#define ADAM_MOST 0.9999999

static const gan__option adam_table[] = {
    {"beta1", GAN__OPTION_REAL, 0, "0.9", 0, ADAM_MOST, NULL, offsetof(adam_options, beta1),
     "memory of the gradient"},
    {"beta2", GAN__OPTION_REAL, 0, "0.999", 0, ADAM_MOST, NULL, offsetof(adam_options, beta2),
     "memory of the squared gradient"},
    {"eps", GAN__OPTION_REAL, 0, "1e-8", 0, 1e6, NULL, offsetof(adam_options, eps),
     "added to the root of the squared gradient"},
};

static const gan__option_block adam_blocks[] = {
    GAN__BLOCK_IN(gan__optimizer_common_options, adam_options, common, NULL),
    GAN__BLOCK(adam_table),
};

static const gan__option_default adamw_common[] = {{"weight_decay", "0.01"}, {NULL, NULL}};
static const gan__option_block adamw_blocks[] = {
    GAN__BLOCK_IN(gan__optimizer_common_options, adam_options, common, adamw_common),
    GAN__BLOCK(adam_table),
};

static int32_t adam_moments(const void *options, const char *names[GAN__MAX_MOMENTS])
{
    (void)options;
    names[0] = "exp_avg";
    names[1] = "exp_avg_sq";
    return 2;
}

static bool adam_update(const gan_optimizer *optimizer, const gan__optimizer_state *state,
                        const gan__optimizer_call *call)
{
    const adam_options *options = optimizer->options;
    const gan__store *store = state->store;
    const gan__adam rule = {.rate = call->rate,
                            .beta1 = options->beta1,
                            .beta2 = options->beta2,
                            .eps = options->eps,
                            .decay = options->common.weight_decay,
                            .scale = call->scale,
                            .step = state->steps + 1,
                            .decoupled = optimizer->kind == &gan__optimizer_adamw,
                            .trial = call->trial};
    return gan__update_adam(store->context, &rule, store->weight_count, store->gradients,
                            store->weights, state->moments, call->undo);
}

/* With such an eps no step is divided by less. */
static bool adam_bound(const gan_optimizer *optimizer, const gan__optimizer_state *state,
                       const gan__optimizer_call *call, double gradient,
                       double most[1 + GAN__MAX_MOMENTS])
{
    const adam_options *options = optimizer->options;
    const double decay = options->common.weight_decay;
    const double whole = 1 - gan__power(options->beta1, state->steps + 1);
    const bool decoupled = optimizer->kind == &gan__optimizer_adamw;
    if (options->eps < 1e-9) return false;
    if (!decoupled) gradient += decay * most[0];
    most[1] = fmax(most[1], gradient);
    most[2] = fmax(most[2], gradient * gradient);
    if (decoupled) most[0] *= fmax(1, fabs(1 - call->rate * decay));
    most[0] += call->rate / whole * most[1] / options->eps;
    return true;
}

const gan__optimizer_kind gan__optimizer_adam = {
    .kind = {.name = "adam",
             .help = "steps scaled by running moments of the gradient",
             GAN__BLOCKS(adam_blocks),
             .size = sizeof(adam_options),
             .check = gan__optimizer_check},
    .moments = adam_moments,
    .update = adam_update,
    .bound = adam_bound,
};

const gan__optimizer_kind gan__optimizer_adamw = {
    .kind = {.name = "adamw",
             .help = "adam with weight decay apart from the gradient",
             GAN__BLOCKS(adamw_blocks),
             .size = sizeof(adam_options),
             .check = gan__optimizer_check},
    .moments = adam_moments,
    .update = adam_update,
    .bound = adam_bound,
};
