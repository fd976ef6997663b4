/* adam.c: Adam (Kingma and Ba, 2015, algorithm 1) and AdamW (Loshchilov and Hutter, 2019), as
 * torch.optim's:
 *
 *     g = gradient + weight_decay * w              AdamW: w *= 1 - rate * weight_decay instead
 *     m = beta1 * m + (1 - beta1) * g
 *     v = beta2 * v + (1 - beta2) * g^2
 *     w -= rate / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + eps) */
#include "optim/optimizer.h"

#include "compute/update.h"

typedef struct adam_options {
    gan__optimizer_common common;
    double beta1, beta2, eps;
} adam_options;

#define ADAM_OPTIONS(decay)                                          \
    {                                                                \
        GAN__OPTIMIZER_COMMON_OPTIONS(adam_options, "0.001", decay), \
            {"beta1",                                                \
             GAN__OPTION_REAL,                                       \
             0,                                                      \
             "0.9",                                                  \
             0,                                                      \
             ADAM_MOST,                                              \
             NULL,                                                   \
             offsetof(adam_options, beta1),                          \
             "memory of the gradient"},                              \
            {"beta2",                                                \
             GAN__OPTION_REAL,                                       \
             0,                                                      \
             "0.999",                                                \
             0,                                                      \
             ADAM_MOST,                                              \
             NULL,                                                   \
             offsetof(adam_options, beta2),                          \
             "memory of the squared gradient"},                      \
            {"eps",                                                  \
             GAN__OPTION_REAL,                                       \
             0,                                                      \
             "1e-8",                                                 \
             0,                                                      \
             1e6,                                                    \
             NULL,                                                   \
             offsetof(adam_options, eps),                            \
             "added to the root of the squared gradient"},           \
    }

/* Below 1: the bias corrections divide by 1 - beta^t. */
#define ADAM_MOST 0.9999999

static const gan__option adam_table[] = ADAM_OPTIONS("0");
static const gan__option adamw_table[] = ADAM_OPTIONS("0.01");

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

const gan__optimizer_kind gan__optimizer_adam = {
    .kind = {"adam", "steps scaled by running moments of the gradient", adam_table,
             sizeof adam_table / sizeof adam_table[0], sizeof(adam_options)},
    .moments = adam_moments,
    .update = adam_update,
};

const gan__optimizer_kind gan__optimizer_adamw = {
    .kind = {"adamw", "adam with weight decay apart from the gradient", adamw_table,
             sizeof adamw_table / sizeof adamw_table[0], sizeof(adam_options)},
    .moments = adam_moments,
    .update = adam_update,
};
