/* initial.c: initial values. With n_in = fan in, n_out = fan out and a gain g:
 *
 *   xavier          U(+-g * sqrt(6 / (n_in + n_out)))   (Glorot and Bengio 2010)
 *   xavier_normal   N(0, g * sqrt(2 / (n_in + n_out)))
 *   kaiming         U(+-g * sqrt(3 / n_in))             (He et al. 2015)
 *   kaiming_normal  N(0, g / sqrt(n_in))
 *   orthogonal      g * Q, Q from the QR decomposition of a normal matrix whose rows are those of
 *                   PyTorch's first dimension, signs such that R's diagonal is positive
 *                   (Saxe et al. 2013)
 *
 * The default is each layer's own range, as PyTorch's: kaiming_uniform(a = sqrt 5) is
 * U(+-1 / sqrt(n_in)). */
#include "layers/initial.h"
#include "base/memory.h"
#include "compute/draw.h"
#include "compute/reduce.h"
#include "layers/orthogonal.h"

#include <math.h>

static void initial_uniform(gan_context *context, const gan__draw *draw, const gan__parameter *p,
                            double low, double high, float *out)
{
    gan__draw_uniform(context, draw, 0, p->count, (float)low, (float)high, out);
}

static void initial_normal(gan_context *context, const gan__draw *draw, const gan__parameter *p,
                           double mean, double deviation, float *out)
{
    gan__draw_normal(context, draw, 0, p->count, (float)mean, (float)deviation, out);
}

/* Scaled to length 1, PyTorch's eps of 1e-12 included. */
static void initial_unit(gan_context *context, const gan__parameter *p, float *values)
{
    double length = sqrt(gan__sum_squares(context, p->count, values));
    double least = length > 1e-12 ? length : 1e-12;
    for (int64_t i = 0; i < p->count; i++) values[i] = (float)((double)values[i] / least);
}

static gan_status initial_draw(gan_context *context, const gan__parameter *p, uint64_t step,
                               float *torch)
{
    const gan__draw draw = {.seed = context->seed,
                            .purpose = p->unit ? GAN__DRAW_SPECTRAL : GAN__DRAW_PARAMETER,
                            .step = step};
    double a = p->initial.a, b = p->initial.b;
    double in = (double)p->fan_in, both = (double)(p->fan_in + p->fan_out), bound;
    switch (p->initial.mode) {
    case GAN__INIT_NORMAL: initial_normal(context, &draw, p, a, b, torch); break;
    case GAN__INIT_UNIFORM: initial_uniform(context, &draw, p, a, b, torch); break;
    case GAN__INIT_XAVIER_UNIFORM:
        bound = a * sqrt(6.0 / both);
        initial_uniform(context, &draw, p, -bound, bound, torch);
        break;
    case GAN__INIT_XAVIER_NORMAL:
        initial_normal(context, &draw, p, 0.0, a * sqrt(2.0 / both), torch);
        break;
    case GAN__INIT_KAIMING_UNIFORM:
        bound = a * sqrt(3.0 / in);
        initial_uniform(context, &draw, p, -bound, bound, torch);
        break;
    case GAN__INIT_KAIMING_NORMAL:
        initial_normal(context, &draw, p, 0.0, a / sqrt(in), torch);
        break;
    case GAN__INIT_ORTHOGONAL:
        initial_normal(context, &draw, p, 0.0, 1.0, torch);
        return gan__orthogonal(context, p->shape[0], p->count / p->shape[0], a, torch);
    default: initial_uniform(context, &draw, p, (double)p->least, (double)p->most, torch); break;
    }
    if (p->unit) initial_unit(context, p, torch);
    return GAN_OK;
}

gan_status gan__initial_fill(gan_context *context, const gan__parameter *p, uint64_t step,
                             float *memory)
{
    bool constant = p->initial.mode == GAN__INIT_CONSTANT;
    if (constant || (p->initial.mode == GAN__INIT_DEFAULT && p->least == p->most)) {
        float value = constant ? (float)p->initial.a : p->least;
        for (int64_t i = 0; i < p->count; i++) memory[i] = value;
        return GAN_OK;
    }
    if (p->rank < 2 && p->initial.mode == GAN__INIT_ORTHOGONAL) {
        return gan__fail(context, GAN_E_ARGUMENT,
                         "%s: init=orthogonal needs a matrix, not a vector", p->name);
    }
    float *torch;
    GAN__TRY(gan__allocate_raw(context, &torch, (size_t)p->count, sizeof *torch));
    gan_status status = initial_draw(context, p, step, torch);
    if (status == GAN_OK) gan__parameter_import(p, torch, memory);
    gan__free(context, torch);
    return status;
}
