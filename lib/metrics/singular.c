/* singular.c: the sum of singular values: reflections make two diagonals of the matrix (Golub and
 * Kahan, 1965); with zeros between them these are a symmetric matrix of three diagonals, whose
 * eigenvalues, found by QL steps with implicit shifts, are the singular values and their
 * negatives. Small ones are found to the accuracy of the largest, not of its square. */
#include "metrics/spectrum.h"

#include "base/memory.h"
#include "base/parallel.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* The columns, and the rows, that a task works on, and the size of a step that is not cut. */
enum { SINGULAR_COLUMNS = 128, SINGULAR_ROWS = 32, SINGULAR_SMALL = 1 << 15 };

/* Reflections I - beta u u^T from the left, I - gamma v v^T from the right. In step k the matrix
 * lacks the last reflection from the right: A - z v^T is meant. */
typedef struct singular_state {
    double *matrix;
    int64_t rows, columns, step;
    double *u, *z; /* rows */
    double *v, *w; /* columns */
    double beta, gamma;
} singular_state;

/* A vector x of n numbers, `stride` apart, becomes (*length, 0, ...) by I - factor y y^T; y has its
 * place in `y`, beside each other. */
static double singular_reflect(const double *x, int64_t n, int64_t stride, double *y,
                               double *length)
{
    double largest = 0, sum = 0;
    for (int64_t i = 0; i < n; i++) {
        y[i] = x[i * stride];
        largest = fabs(y[i]) > largest ? fabs(y[i]) : largest;
    }
    *length = n > 0 ? y[0] : 0.0;
    if (n < 2 || largest == 0.0) return 0.0;
    for (int64_t i = 0; i < n; i++) {
        y[i] /= largest;
        sum += y[i] * y[i];
    }
    const double norm = y[0] > 0 ? -sqrt(sum) : sqrt(sum);
    *length = norm * largest;
    sum = sum - y[0] * norm;
    y[0] -= norm;
    return 1.0 / sum;
}

/* Takes the reflection from the right that is due, and finds w = u^T A, of some columns. */
static void singular_columns(void *argument, int64_t index, int32_t worker)
{
    const singular_state *s = argument;
    const int64_t start = s->step + 1 + index * SINGULAR_COLUMNS;
    const int64_t end =
        s->columns - start < SINGULAR_COLUMNS ? s->columns : start + SINGULAR_COLUMNS;
    (void)worker;
    for (int64_t j = start; j < end; j++) s->w[j] = 0.0;
    for (int64_t i = s->step; i < s->rows; i++) {
        double *row = s->matrix + i * s->columns;
        const double z = s->z[i], u = s->u[i - s->step];
        for (int64_t j = start; j < end; j++) {
            row[j] -= z * s->v[j];
            s->w[j] += u * row[j];
        }
    }
    for (int64_t j = start; j < end; j++) s->w[j] *= s->beta;
}

/* Takes the reflection from the left, and finds z = gamma A v, of some rows. */
static void singular_rows(void *argument, int64_t index, int32_t worker)
{
    const singular_state *s = argument;
    const int64_t start = s->step + 1 + index * SINGULAR_ROWS;
    const int64_t end = s->rows - start < SINGULAR_ROWS ? s->rows : start + SINGULAR_ROWS;
    (void)worker;
    for (int64_t i = start; i < end; i++) {
        double *row = s->matrix + i * s->columns, sum[4] = {0, 0, 0, 0};
        const double u = s->u[i - s->step];
        int64_t j = s->step + 1;
        for (; j + 4 <= s->columns; j += 4)
            for (int64_t k = 0; k < 4; k++) {
                row[j + k] -= u * s->w[j + k];
                sum[k] += row[j + k] * s->v[j + k];
            }
        for (; j < s->columns; j++) {
            row[j] -= u * s->w[j];
            sum[0] += row[j] * s->v[j];
        }
        s->z[i] = s->gamma * ((sum[0] + sum[2]) + (sum[1] + sum[3]));
    }
}

static void singular_run(gan_context *context, singular_state *s, int64_t count, int64_t each,
                         gan__task *task)
{
    const int64_t size = (s->rows - s->step) * (s->columns - s->step);
    const int64_t tasks = (count + each - 1) / each;
    if (size > SINGULAR_SMALL)
        gan__parallel_for(context, tasks, task, s);
    else
        for (int64_t i = 0; i < tasks; i++) task(s, i, 0);
}

/* Element k of both diagonals: `own` is on the main one, `next` beside it. */
static void singular_step(gan_context *context, singular_state *s, double *own, double *next)
{
    const int64_t k = s->step, n = s->columns, rest = n - k - 1;
    double *row = s->matrix + k * n, unused = 0;
    for (int64_t i = k; i < s->rows; i++) s->matrix[i * n + k] -= s->z[i] * s->v[k];
    s->beta = singular_reflect(row + k, s->rows - k, n, s->u, own);
    if (s->beta == 0.0) memset(s->u, 0, (size_t)(s->rows - k) * sizeof *s->u);
    singular_run(context, s, rest, SINGULAR_COLUMNS, singular_columns);
    for (int64_t j = k + 1; j < n; j++) row[j] -= s->u[0] * s->w[j];
    s->gamma = singular_reflect(row + k + 1, rest, 1, s->v + k + 1, rest > 0 ? next : &unused);
    if (s->gamma == 0.0 && rest > 0) memset(s->v + k + 1, 0, (size_t)rest * sizeof *s->v);
    singular_run(context, s, s->rows - k - 1, SINGULAR_ROWS, singular_rows);
}

/* ---- three diagonals ---- */

static double singular_hypot(double a, double b)
{
    const double x = fabs(a), y = fabs(b), large = x > y ? x : y, small = x > y ? y : x;
    return large == 0.0 ? 0.0 : large * sqrt(1.0 + small / large * (small / large));
}

/* One QL step on [first, last] of the diagonal d and what is beside it, e. */
static void singular_ql(double *d, double *e, int64_t first, int64_t last)
{
    double g = (d[first + 1] - d[first]) / (2.0 * e[first]), r = singular_hypot(g, 1.0);
    double s = 1.0, c = 1.0, p = 0.0;
    g = d[last] - d[first] + e[first] / (g + (g < 0.0 ? -r : r));
    for (int64_t i = last - 1; i >= first; i--) {
        const double f = s * e[i], b = c * e[i];
        e[i + 1] = r = singular_hypot(f, g);
        if (r == 0.0) { /* the matrix falls apart here */
            d[i + 1] -= p;
            e[last] = 0.0;
            return;
        }
        s = f / r;
        c = g / r;
        g = d[i + 1] - p;
        r = (d[i] - g) * s + 2.0 * c * b;
        p = s * r;
        d[i + 1] = g + p;
        g = c * r - b;
    }
    d[first] -= p;
    e[first] = g;
    e[last] = 0.0;
}

/* The eigenvalues take d's place; e has n numbers, the last of them 0. False: no convergence. */
static bool singular_eigenvalues(double *d, double *e, int64_t n)
{
    enum { MOST_STEPS = 80 };
    double size = 0;
    for (int64_t i = 0; i < n; i++) size = fabs(e[i]) > size ? fabs(e[i]) : size;
    for (int64_t first = 0; first < n; first++)
        for (int step = 0;; step++) {
            int64_t last = first;
            while (last < n - 1 && fabs(e[last]) > DBL_EPSILON / 2 * size) last++;
            if (last == first) break;
            if (step == MOST_STEPS) return false;
            singular_ql(d, e, first, last);
        }
    return true;
}

static gan_status singular_add(gan_context *context, double *d, double *e, int64_t n, double *out)
{
    if (!singular_eigenvalues(d, e, n))
        return gan__fail(context, GAN_E_INTERNAL, "metric: singular values do not converge");
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += fabs(d[i]);
    *out = sum / 2.0;
    return GAN_OK;
}

gan_status gan__singular_sum(gan_context *context, double *matrix, int64_t rows, int64_t columns,
                             double *out)
{
    singular_state s = {.matrix = matrix, .rows = rows, .columns = columns};
    const size_t m = (size_t)rows, n = (size_t)columns;
    double *memory;
    *out = 0.0;
    if (columns == 0) return GAN_OK;
    GAN__TRY(gan__allocate(context, &memory, 2 * m + 6 * n, sizeof *memory));
    double *d = memory + 2 * m + 2 * n, *e = d + 2 * n; /* 2n each: d stays 0 until the QL steps */
    s.u = memory;
    s.z = s.u + m;
    s.v = s.z + m;
    s.w = s.v + n;
    for (s.step = 0; s.step < columns; s.step++)
        singular_step(context, &s, &e[2 * s.step], &e[2 * s.step + 1]);
    gan_status status = singular_add(context, d, e, 2 * columns, out);
    gan__free(context, memory);
    return status;
}
