/* orthogonal.c: the QR decomposition by Householder reflections, in panels of 32.
 *
 * A panel's reflections H = I - 2 v v' are applied to a column a together (Joffrain et al. 2006,
 * "Accumulating Householder transformations, revisited"): with V their vectors,
 *
 *   a -= V w,   w[k] = 2 * (v[k]' a - sum of v[k]' v[i] w[i])   over the i applied before k
 *
 * so that the long loops, V' a and V w, are products of matrices; they run over blocks of rows that
 * stay in the cache. The order of every sum is fixed: any number of threads gives the same bits. */
#include "layers/orthogonal.h"

#include "base/memory.h"
#include "base/parallel.h"
#include "kernels/kernels.h"

#include <math.h>
#include <string.h>

/* Reflections of a panel and columns of a task; rows of a block, so that V's block lies in the
 * second-level cache; the tile that lives in registers; and what keeps columns of 2^n elements from
 * lying in the same few sets of the cache. */
enum { ORTHO_PANEL = 32, ORTHO_ROWS = 512, ORTHO_HIGH = 4, ORTHO_WIDE = 2, ORTHO_SKEW = 520 };

/* Columns lie one after the other, as a[column][stride]. v[k][stride] is zero in front of k, its
 * length is 1, or 0 where the column was zero already. Behind them are zeros up to a whole tile. */
typedef struct ortho_qr {
    double *a, *v;
    double *gram; /* [reflection][ORTHO_PANEL]: v[k]' v[i] with those of its panel */
    double *sign; /* of R's diagonal */
    int64_t length, columns, stride;
    int64_t panel; /* the first reflection of the one being made */
} ortho_qr;

static double ortho_dot(const double *a, const double *b, int64_t count)
{
    double sum[4] = {0, 0, 0, 0};
    int64_t i = 0;
    for (; i + 4 <= count; i += 4)
        for (int lane = 0; lane < 4; lane++) sum[lane] += a[i + lane] * b[i + lane];
    for (; i < count; i++) sum[0] += a[i] * b[i];
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/* w[k][c] += v[k]' a[c] over `count` rows, for one tile of w[][ORTHO_PANEL]. Two rows at a time:
 * compilers make vectors of them. */
static void ortho_dot_tile(const double *v, const double *a, int64_t stride, int64_t count,
                           double *w)
{
    double sum[ORTHO_HIGH][ORTHO_WIDE][2] = {0};
    for (int64_t i = 0; i < count; i += 2) {
        GAN__UNROLL
        for (int k = 0; k < ORTHO_HIGH; k++) {
            GAN__UNROLL
            for (int c = 0; c < ORTHO_WIDE; c++) {
                sum[k][c][0] += v[k * stride + i] * a[c * stride + i];
                sum[k][c][1] += v[k * stride + i + 1] * a[c * stride + i + 1];
            }
        }
    }
    for (int k = 0; k < ORTHO_HIGH; k++)
        for (int c = 0; c < ORTHO_WIDE; c++) w[k * ORTHO_PANEL + c] += sum[k][c][0] + sum[k][c][1];
}

/* a[c] -= v[k] w[k][c]. */
static void ortho_update_tile(const double *v, double *restrict a, int64_t stride, int64_t count,
                              const double *w)
{
    for (int64_t i = 0; i < count; i += 2) {
        GAN__UNROLL
        for (int c = 0; c < ORTHO_WIDE; c++) {
            double *x = a + c * stride + i, x0 = x[0], x1 = x[1];
            GAN__UNROLL
            for (int k = 0; k < ORTHO_HIGH; k++) {
                x0 -= w[k * ORTHO_PANEL + c] * v[k * stride + i];
                x1 -= w[k * ORTHO_PANEL + c] * v[k * stride + i + 1];
            }
            x[0] = x0;
            x[1] = x1;
        }
    }
}

typedef enum ortho_product { ORTHO_DOTS, ORTHO_UPDATE } ortho_product;

static int64_t ortho_least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* w += V' a, or a -= V w, of a panel and `count` columns. */
static void ortho_multiply(const ortho_qr *qr, ortho_product product, int64_t panel, double *a,
                           int64_t count, double *w)
{
    const int64_t reflections = ortho_least(qr->columns - panel, ORTHO_PANEL), stride = qr->stride;
    for (int64_t at = panel; at < qr->length; at += ORTHO_ROWS) {
        const double *v = qr->v + panel * stride + at;
        const int64_t rows = ortho_least(qr->length - at, ORTHO_ROWS);
        for (int64_t c = 0; c < count; c += ORTHO_WIDE) {
            double *column = a + c * stride + at;
            for (int64_t k = 0; k < reflections; k += ORTHO_HIGH) {
                double *tile = w + k * ORTHO_PANEL + c;
                if (product == ORTHO_DOTS)
                    ortho_dot_tile(v + k * stride, column, stride, rows, tile);
                else
                    ortho_update_tile(v + k * stride, column, stride, rows, tile);
            }
        }
    }
}

/* Applies a panel's reflections, the first or the last one first, to the columns first ..
 * first + ORTHO_PANEL, as far as there are so many. */
static void ortho_apply(const ortho_qr *qr, int64_t panel, bool last_first, int64_t first)
{
    const int64_t reflections = ortho_least(qr->columns - panel, ORTHO_PANEL);
    const int64_t count = ortho_least(qr->columns - first, ORTHO_PANEL);
    double w[ORTHO_PANEL * ORTHO_PANEL] = {0}, *a = qr->a + first * qr->stride;
    ortho_multiply(qr, ORTHO_DOTS, panel, a, count, w);
    for (int64_t n = 0; n < reflections; n++) {
        const int64_t k = last_first ? reflections - 1 - n : n;
        const int64_t from = last_first ? k + 1 : 0, to = last_first ? reflections : k;
        const double *gram = qr->gram + (panel + k) * ORTHO_PANEL;
        double *row = w + k * ORTHO_PANEL;
        for (int64_t i = from; i < to; i++)
            for (int c = 0; c < ORTHO_PANEL; c++) row[c] -= gram[i] * w[i * ORTHO_PANEL + c];
        for (int c = 0; c < ORTHO_PANEL; c++) row[c] *= 2.0;
    }
    ortho_multiply(qr, ORTHO_UPDATE, panel, a, count, w);
}

/* Makes the reflection that maps column k, from element k on, to a multiple of e1. */
static void ortho_vector(const ortho_qr *qr, int64_t k)
{
    const double *x = qr->a + k * qr->stride + k;
    double *v = qr->v + k * qr->stride + k;
    const int64_t count = qr->length - k;
    double length = sqrt(ortho_dot(x, x, count));
    qr->sign[k] = x[0] < 0.0 ? 1.0 : -1.0; /* away from x[0], against cancellation */
    memcpy(v, x, (size_t)count * sizeof *v);
    v[0] -= qr->sign[k] * length;
    double norm = sqrt(ortho_dot(v, v, count));
    for (int64_t i = 0; i < count && norm > 0.0; i++) v[i] /= norm;
}

/* Makes the reflections of a panel, one column after the other. */
static void ortho_make_panel(const ortho_qr *qr, int64_t panel)
{
    const int64_t end = ortho_least(panel + ORTHO_PANEL, qr->columns);
    for (int64_t k = panel; k < end; k++) {
        const double *v = qr->v + k * qr->stride + k;
        const int64_t count = qr->length - k;
        ortho_vector(qr, k);
        for (int64_t j = k + 1; j < end; j++) {
            double *column = qr->a + j * qr->stride + k;
            const double scale = 2.0 * ortho_dot(v, column, count);
            for (int64_t i = 0; i < count; i++) column[i] -= scale * v[i];
        }
    }
    ortho_multiply(qr, ORTHO_DOTS, panel, qr->v + panel * qr->stride, end - panel,
                   qr->gram + panel * ORTHO_PANEL);
}

static void ortho_reduce_task(void *argument, int64_t index, int32_t worker)
{
    const ortho_qr *qr = argument;
    (void)worker;
    ortho_apply(qr, qr->panel, false, qr->panel + (index + 1) * ORTHO_PANEL);
}

/* Columns of Q: the panels behind theirs leave them as they are. */
static void ortho_form_task(void *argument, int64_t index, int32_t worker)
{
    const ortho_qr *qr = argument;
    const int64_t first = index * ORTHO_PANEL;
    const int64_t end = ortho_least(first + ORTHO_PANEL, qr->columns);
    (void)worker;
    memset(qr->a + first * qr->stride, 0, (size_t)((end - first) * qr->stride) * sizeof *qr->a);
    for (int64_t k = first; k < end; k++) qr->a[k * qr->stride + k] = qr->sign[k];
    for (int64_t panel = first; panel >= 0; panel -= ORTHO_PANEL)
        ortho_apply(qr, panel, true, first);
}

/* qr->a becomes Q. */
static void ortho_decompose(gan_context *context, ortho_qr *qr)
{
    const int64_t panels = (qr->columns + ORTHO_PANEL - 1) / ORTHO_PANEL;
    for (int64_t index = 0; index < panels; index++) {
        qr->panel = index * ORTHO_PANEL;
        ortho_make_panel(qr, qr->panel);
        gan__parallel_for(context, panels - index - 1, ortho_reduce_task, qr);
    }
    gan__parallel_for(context, panels, ortho_form_task, qr);
}

gan_status gan__orthogonal(gan_context *context, int64_t rows, int64_t columns, double gain,
                           float *torch)
{
    const bool wide = rows < columns;
    ortho_qr qr = {.length = wide ? columns : rows, .columns = wide ? rows : columns};
    qr.stride = (qr.length + 1) / 2 * 2 + ORTHO_SKEW;
    const int64_t padded = qr.columns + ORTHO_HIGH;
    const int64_t step_row = wide ? qr.stride : 1, step_column = wide ? 1 : qr.stride;
    double *memory;
    size_t line = (size_t)(2 * qr.stride + ORTHO_PANEL + 1);
    GAN__TRY(gan__allocate(context, &memory, (size_t)padded, line * sizeof *memory));
    qr.a = memory;
    qr.v = qr.a + padded * qr.stride;
    qr.gram = qr.v + padded * qr.stride;
    qr.sign = qr.gram + padded * ORTHO_PANEL;
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < columns; c++)
            qr.a[r * step_row + c * step_column] = (double)torch[r * columns + c];
    ortho_decompose(context, &qr);
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < columns; c++)
            torch[r * columns + c] = (float)(gain * qr.a[r * step_row + c * step_column]);
    gan__free(context, memory);
    return GAN_OK;
}
