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
#include "base/parallel.h"
#include "compute/draw.h"
#include "compute/reduce.h"

#include <math.h>

/* The QR decomposition by Householder reflections. Columns lie one after the other, as
 * a[column][length], length >= columns; reflection k is v[k][k .. length), of unit length. */
typedef struct initial_qr {
    double *a, *v, *sign; /* sign: of R's diagonal */
    int64_t length, columns;
    int64_t first;    /* the column of the first task */
    int64_t from, to; /* reflections to apply */
} initial_qr;

/* Reflections that are applied to a column in one go, while it is in the cache. */
enum { INITIAL_PANEL = 32 };

/* Four chains, so that the sum is fast without any licence to reorder it. */
static double initial_dot(const double *a, const double *b, int64_t count)
{
    double sum[4] = {0, 0, 0, 0};
    int64_t i = 0;
    for (; i + 4 <= count; i += 4) {
        for (int32_t lane = 0; lane < 4; lane++) sum[lane] += a[i + lane] * b[i + lane];
    }
    for (; i < count; i++) sum[0] += a[i] * b[i];
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

static void initial_reflect(const initial_qr *qr, int64_t k, double *column)
{
    const double *v = qr->v + k * qr->length + k;
    const int64_t count = qr->length - k;
    double scale = 2.0 * initial_dot(v, column + k, count);
    for (int64_t i = 0; i < count; i++) column[k + i] -= scale * v[i];
}

/* Makes the reflection that maps column k, from element k on, to a multiple of e1. */
static void initial_vector(const initial_qr *qr, int64_t k)
{
    const double *x = qr->a + k * qr->length + k;
    double *v = qr->v + k * qr->length + k;
    const int64_t count = qr->length - k;
    double length = sqrt(initial_dot(x, x, count));
    qr->sign[k] = x[0] < 0.0 ? 1.0 : -1.0; /* away from x[0], against cancellation */
    for (int64_t i = 0; i < count; i++) v[i] = x[i];
    v[0] -= qr->sign[k] * length;
    double norm = sqrt(initial_dot(v, v, count));
    for (int64_t i = 0; i < count && norm > 0.0; i++) v[i] /= norm;
}

static void initial_reduce(void *argument, int64_t index, int32_t worker)
{
    const initial_qr *qr = argument;
    (void)worker;
    for (int64_t k = qr->from; k < qr->to; k++) {
        initial_reflect(qr, k, qr->a + (qr->first + index) * qr->length);
    }
}

/* Column `index` of Q: the reflections behind it leave it as it is. */
static void initial_form(void *argument, int64_t index, int32_t worker)
{
    const initial_qr *qr = argument;
    double *column = qr->a + index * qr->length;
    (void)worker;
    for (int64_t i = 0; i < qr->length; i++) column[i] = 0.0;
    column[index] = qr->sign[index];
    for (int64_t k = index; k >= 0; k--) initial_reflect(qr, k, column);
}

/* qr->a becomes Q. */
static void initial_decompose(gan_context *context, initial_qr *qr)
{
    for (qr->from = 0; qr->from < qr->columns; qr->from = qr->to) {
        qr->to = qr->from + INITIAL_PANEL < qr->columns ? qr->from + INITIAL_PANEL : qr->columns;
        for (int64_t k = qr->from; k < qr->to; k++) {
            initial_vector(qr, k);
            for (int64_t j = k + 1; j < qr->to; j++) initial_reflect(qr, k, qr->a + j * qr->length);
        }
        qr->first = qr->to;
        gan__parallel_for(context, qr->columns - qr->to, initial_reduce, qr);
    }
    gan__parallel_for(context, qr->columns, initial_form, qr);
}

/* torch[rows][columns], a normal draw, becomes gain * orthogonal (rows, or columns if there are
 * fewer). */
static gan_status initial_orthogonal(gan_context *context, int64_t rows, int64_t columns,
                                     double gain, float *torch)
{
    bool wide = rows < columns;
    initial_qr qr = {.length = wide ? columns : rows, .columns = wide ? rows : columns};
    size_t count = (size_t)(rows * columns);
    double *memory;
    GAN__TRY(gan__allocate_raw(context, &memory, 2 * count + (size_t)qr.columns, sizeof *memory));
    qr.a = memory;
    qr.v = memory + count;
    qr.sign = memory + 2 * count;
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t c = 0; c < columns; c++) {
            qr.a[wide ? r * columns + c : c * rows + r] = (double)torch[r * columns + c];
        }
    }
    initial_decompose(context, &qr);
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t c = 0; c < columns; c++) {
            double q = qr.a[wide ? r * columns + c : c * rows + r];
            torch[r * columns + c] = (float)(gain * q);
        }
    }
    gan__free(context, memory);
    return GAN_OK;
}

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
        return initial_orthogonal(context, p->shape[0], p->count / p->shape[0], a, torch);
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
