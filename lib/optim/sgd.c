/* sgd.c: stochastic gradient descent with momentum, as torch.optim.SGD:
 *
 *     g = gradient + weight_decay * w
 *     b = momentum * b + (1 - dampening) * g        (first update: b = g)
 *     w -= rate * (nesterov ? g + momentum * b : b) */
#include "optim/optimizer.h"

#include <math.h>

#include "compute/update.h"

typedef struct sgd_options {
    gan__optimizer_common common;
    double momentum, dampening;
    int32_t nesterov;
} sgd_options;

static const gan__option sgd_table[] = {
    {"momentum", GAN__OPTION_REAL, 0, "0", 0, 1, NULL, offsetof(sgd_options, momentum),
     "how much of the last step is in the next"},
    {"dampening", GAN__OPTION_REAL, 0, "0", 0, 1, NULL, offsetof(sgd_options, dampening),
     "of the gradient that enters the momentum"},
    {"nesterov", GAN__OPTION_BOOLEAN, 0, "no", 0, 0, NULL, offsetof(sgd_options, nesterov),
     "look ahead along the momentum"},
};

static const gan__option_block sgd_blocks[] = {
    GAN__BLOCK_IN(gan__optimizer_common_options, sgd_options, common, NULL),
    GAN__BLOCK(sgd_table),
};

/* Nesterov's step looks ahead along a velocity that is the plain sum of the gradients. */
static gan_status sgd_check(gan_context *context, const void *options)
{
    const sgd_options *o = options;
    GAN__TRY(gan__optimizer_check(context, options));
    if (!o->nesterov || (o->momentum > 0 && o->dampening == 0)) return GAN_OK;
    return gan__fail(context, GAN_E_TEXT, "nesterov=yes needs %s",
                     o->momentum > 0 ? "dampening=0" : "a momentum above 0");
}

static int32_t sgd_moments(const void *options, const char *names[GAN__MAX_MOMENTS])
{
    names[0] = "momentum_buffer";
    return ((const sgd_options *)options)->momentum != 0 ? 1 : 0;
}

static bool sgd_update(const gan_optimizer *optimizer, const gan__optimizer_state *state,
                       const gan__optimizer_call *call)
{
    const sgd_options *options = optimizer->options;
    const gan__store *store = state->store;
    const gan__sgd rule = {.rate = call->rate,
                           .momentum = options->momentum,
                           .dampening = options->dampening,
                           .decay = options->common.weight_decay,
                           .scale = call->scale,
                           .nesterov = options->nesterov != 0,
                           .first = state->steps == 0,
                           .trial = call->trial};
    return gan__update_sgd(store->context, &rule, store->weight_count, store->gradients,
                           store->weights, state->moments, call->undo);
}

static bool sgd_bound(const gan_optimizer *optimizer, const gan__optimizer_state *state,
                      const gan__optimizer_call *call, double gradient,
                      double most[1 + GAN__MAX_MOMENTS])
{
    const sgd_options *options = optimizer->options;
    const double fresh = state->steps == 0 ? 1 : fabs(1 - options->dampening);
    gradient += options->common.weight_decay * most[0];
    double step = gradient;
    if (optimizer->moment_count > 0) {
        step = most[1] = fresh * gradient + options->momentum * most[1];
        if (options->nesterov) step = gradient + options->momentum * step;
    }
    most[0] += call->rate * step;
    return true;
}

const gan__optimizer_kind gan__optimizer_sgd = {
    .kind = {.name = "sgd",
             .help = "gradient descent with momentum",
             GAN__BLOCKS(sgd_blocks),
             .size = sizeof(sgd_options),
             .check = sgd_check},
    .moments = sgd_moments,
    .update = sgd_update,
    .bound = sgd_bound,
};
