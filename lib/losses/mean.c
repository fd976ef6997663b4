/* mean.c: mean = sum of x / count, and sum = sum of x, over all elements. */
#include "losses/elementwise.h"

#include "compute/pointwise.h"
#include "compute/reduce.h"

static double sum_value(const gan__loss *loss)
{
    return gan__sum(loss->context, gan__shape_count(loss->in[0]), loss->x[0]);
}

static void sum_gradient(const gan__loss *loss, float seed, float *const dx[2])
{
    if (dx[0]) gan__fill(loss->context, gan__shape_count(loss->in[0]), seed, dx[0]);
}

static double mean_value(const gan__loss *loss)
{
    return sum_value(loss) / (double)gan__shape_count(loss->in[0]);
}

static void mean_gradient(const gan__loss *loss, float seed, float *const dx[2])
{
    sum_gradient(loss, (float)((double)seed / (double)gan__shape_count(loss->in[0])), dx);
}

const gan__loss_kind gan__loss_kind_mean = {
    .kind = {.name = "mean", .help = "mean of all elements"},
    .least_inputs = 1,
    .most_inputs = 1,
    .linear = true,
    .value = mean_value,
    .gradient = mean_gradient,
};

const gan__loss_kind gan__loss_kind_sum = {
    .kind = {.name = "sum", .help = "sum of all elements"},
    .least_inputs = 1,
    .most_inputs = 1,
    .linear = true,
    .value = sum_value,
    .gradient = sum_gradient,
};
