/* bounds.c: no number of a store is above these: a proof that an update will be finite, in the
 * place of a trial. They follow from the update before; where they are too wide, or weights or
 * moments came from elsewhere, they are measured. */
#include "optim/optimizer.h"

#include "compute/reduce.h"

#include <math.h>
#include <string.h>

/* Roundings of an update, and far less than the largest float. */
static const double bounds_rounding = 1 + 1e-6, bounds_limit = 1e36;

/* No number is above the root of all squares. */
static void bounds_measure(const gan_optimizer *optimizer, gan__optimizer_state *state)
{
    const gan__store *store = state->store;
    for (int32_t i = 0; i <= optimizer->moment_count; i++)
        state->most[i] = sqrt(gan__sum_squares(store->context, store->weight_count,
                                               i ? state->moments[i - 1] : store->weights));
    state->bounded = true;
    state->bounded_version = store->version;
}

/* Those after the update; false if there are none, whatever the numbers. */
static bool bounds_next(const gan_optimizer *optimizer, const gan__optimizer_state *state,
                        const gan__optimizer_call *call, double most[1 + GAN__MAX_MOMENTS])
{
    memcpy(most, state->most, sizeof state->most);
    if (!optimizer->kind->bound(optimizer, state, call, call->scale * optimizer->norm, most))
        return false;
    for (int32_t i = 0; i <= optimizer->moment_count; i++) most[i] *= bounds_rounding;
    return true;
}

static bool bounds_are_narrow(const gan_optimizer *optimizer, const double *most)
{
    for (int32_t i = 0; i <= optimizer->moment_count; i++)
        if (!(most[i] < bounds_limit)) return false;
    return true;
}

static bool bounds_are_known(const gan__optimizer_state *state)
{
    return state->bounded && state->bounded_version == state->store->version;
}

bool gan__bounds_prove(const gan_optimizer *optimizer, gan__optimizer_state *state,
                       const gan__optimizer_call *call)
{
    double most[1 + GAN__MAX_MOMENTS];
    if (!bounds_next(optimizer, state, call, most)) return false;
    if (bounds_are_known(state) && bounds_are_narrow(optimizer, most)) return true;
    bounds_measure(optimizer, state);
    return bounds_next(optimizer, state, call, most) && bounds_are_narrow(optimizer, most);
}

void gan__bounds_follow(const gan_optimizer *optimizer, gan__optimizer_state *state,
                        const gan__optimizer_call *call)
{
    double most[1 + GAN__MAX_MOMENTS];
    state->bounded = bounds_are_known(state) && bounds_next(optimizer, state, call, most) &&
                     bounds_are_narrow(optimizer, most);
    if (!state->bounded) return;
    memcpy(state->most, most, sizeof most);
    state->bounded_version = state->store->version + 1;
}
