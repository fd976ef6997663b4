/* Second derivatives of normalisations against central differences: what a change of x along t
 * changes in the first derivatives, which are computed naively in double. */
#include "compute/contexts.h"

#include "base/memory.h"
#include "compute/normalize.h"

#include <math.h>

typedef struct bend_case {
    gan__norm norm;
    bool affine;
    int64_t count, sets, affines;
    float *x, *t, *dy, *gamma;
    float *tangent, *dx, *dgamma; /* in the result of the best tier */
} bend_case;

static void bend_place(bend_case *c, float *result)
{
    c->tangent = result;
    c->dx = c->tangent + c->count;
    c->dgamma = c->dx + c->count;
}

static float *aligned_floats(gan_context *context, int64_t count)
{
    float *memory = NULL;
    CHECK_OK(gan__allocate(context, &memory, (size_t)count, sizeof *memory));
    return memory;
}

static void bend_run(gan_context *context, void *argument, float *result)
{
    bend_case *c = argument, at = *c;
    float *workspace = aligned_floats(context, gan__norm_workspace(&c->norm));
    float *more = aligned_floats(context, gan__norm_bend_workspace(&c->norm));
    float *mean = aligned_floats(context, c->sets), *variance = aligned_floats(context, c->sets);
    bend_place(&at, result);
    for (int64_t i = 0; i < c->affines; i++) at.dgamma[i] = 1;
    gan__norm_statistics(context, &c->norm, c->x, workspace, mean, variance);
    const gan__norm_terms terms = {
        .mean = mean, .variance = variance, .gamma = c->affine ? c->gamma : NULL};
    const gan__norm_gradients tangent = {
        .x = c->x, .dy = c->t, .workspace = workspace, .dx = at.tangent, .tangent = true};
    gan__norm_backward(context, &c->norm, &terms, &tangent);
    const gan__norm_bends bends = {.x = c->x,
                                   .t = c->t,
                                   .dy = c->dy,
                                   .workspace = more,
                                   .dgamma = c->affine ? at.dgamma : NULL,
                                   .dx = at.dx};
    gan__norm_bend(context, &c->norm, &terms, &bends);
    gan__free(context, workspace);
    gan__free(context, more);
    gan__free(context, mean);
    gan__free(context, variance);
}

static int64_t set_of(const gan__norm *n, int64_t i)
{
    return i / (n->rows * n->channels) * n->sets + i % n->channels / (n->channels / n->sets);
}

static int64_t affine_of(const gan__norm *n, int64_t i)
{
    return n->positions ? i % (n->rows * n->channels) : i % n->channels;
}

static double gamma_of(const bend_case *c, int64_t i)
{
    return c->affine ? (double)c->gamma[affine_of(&c->norm, i)] : 1.0;
}

/* At x + step * t, with xhat and inv: y without beta, dx and dgamma of <dy, y>. */
typedef struct naive {
    double *xhat, *y, *dx, *dgamma;
} naive;

static naive naive_run(const bend_case *c, double step)
{
    const gan__norm *n = &c->norm;
    const double size = (double)c->count / (double)c->sets;
    double *sum = calloc((size_t)c->sets * 4, sizeof *sum);
    double *squares = sum + c->sets, *g = squares + c->sets, *dot = g + c->sets;
    naive r = {calloc((size_t)c->count, sizeof(double)), calloc((size_t)c->count, sizeof(double)),
               calloc((size_t)c->count, sizeof(double)),
               calloc((size_t)c->affines + 1, sizeof(double))};
    for (int64_t i = 0; i < c->count; i++) {
        r.xhat[i] = (double)c->x[i] + step * (double)c->t[i];
        sum[set_of(n, i)] += r.xhat[i] / size;
    }
    for (int64_t i = 0; i < c->count; i++) {
        r.xhat[i] -= sum[set_of(n, i)];
        squares[set_of(n, i)] += r.xhat[i] * r.xhat[i] / size;
    }
    for (int64_t i = 0; i < c->count; i++) {
        const int64_t s = set_of(n, i);
        r.xhat[i] /= sqrt(squares[s] + n->eps);
        r.y[i] = gamma_of(c, i) * r.xhat[i];
        const double h = gamma_of(c, i) * (double)c->dy[i];
        g[s] += h / size;
        dot[s] += h * r.xhat[i] / size;
        r.dgamma[affine_of(n, i)] += (double)c->dy[i] * r.xhat[i];
    }
    for (int64_t i = 0; i < c->count; i++) {
        const int64_t s = set_of(n, i);
        const double h = gamma_of(c, i) * (double)c->dy[i];
        r.dx[i] = (h - g[s] - r.xhat[i] * dot[s]) / sqrt(squares[s] + n->eps);
    }
    free(sum);
    return r;
}

static void naive_free(naive *r)
{
    free(r->xhat);
    free(r->y);
    free(r->dx);
    free(r->dgamma);
}

/* The largest distance of `found` from (up - down) / 2 step + more, as a share of the largest. */
static double worst_of(int64_t count, const float *found, const double *up, const double *down,
                       double step, double more)
{
    double worst = 0, most = 1e-3;
    for (int64_t i = 0; i < count; i++) {
        const double expected = (up[i] - down[i]) / (2 * step) + more;
        const double d = fabs((double)found[i] - expected);
        most = fmax(most, fabs(expected));
        worst = isnan(d) ? 1e6 : fmax(worst, d);
    }
    return worst / most;
}

static void bend_check(bend_case *c, float offset)
{
    const double step = 1e-5;
    c->count = c->norm.outer * c->norm.rows * c->norm.channels;
    c->sets = c->norm.outer * c->norm.sets;
    c->affines = c->norm.positions ? c->norm.rows * c->norm.channels : c->norm.channels;
    c->x = contexts_array(c->count);
    c->t = contexts_array(c->count);
    c->dy = contexts_array(c->count);
    c->gamma = contexts_array(c->affines);
    for (int64_t i = 0; i < c->count; i++) c->x[i] += offset;
    const int64_t results = 2 * c->count + c->affines;
    float *result = malloc((size_t)results * sizeof *result);
    contexts_run(bend_run, c, results, result);
    bend_place(c, result);
    naive up = naive_run(c, step), down = naive_run(c, -step);
    const double limit = offset != 0 ? 1e-4 : 1e-5;
    CHECK_NEAR(worst_of(c->count, c->tangent, up.y, down.y, step, 0), 0, limit);
    CHECK_NEAR(worst_of(c->count, c->dx, up.dx, down.dx, step, 0), 0, limit);
    if (c->affine)
        CHECK_NEAR(worst_of(c->affines, c->dgamma, up.dgamma, down.dgamma, step, 1), 0, limit);
    naive_free(&up);
    naive_free(&down);
    free(result);
    free(c->x);
    free(c->t);
    free(c->dy);
    free(c->gamma);
}

/* Columns and lines, one slab and several, several strips, several pieces, positions. */
static const struct {
    int64_t outer, rows, channels, sets;
    bool positions;
} shapes[] = {
    {3, 12, 5, 5, 0},   {2, 3, 12, 4, 0},      {1, 64, 1, 1, 0},   {2, 2500, 40, 40, 0},
    {1, 700, 96, 3, 0}, {1, 3, 1100, 1100, 0}, {3, 5, 700, 7, 0},  {2, 1, 24, 3, 0},
    {2, 6, 7, 1, 1},    {3, 1, 129, 1, 1},     {2, 50, 371, 1, 1}, {2, 9, 11, 1, 0},
    {5, 2, 600, 1, 1},
};

TEST(second_derivatives)
{
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        for (int affine = 0; affine < 2; affine++) {
            bend_case c = {.norm = {.outer = shapes[i].outer,
                                    .rows = shapes[i].rows,
                                    .channels = shapes[i].channels,
                                    .sets = shapes[i].sets,
                                    .positions = shapes[i].positions,
                                    .eps = affine ? 1e-5 : 0.1},
                           .affine = affine != 0};
            const int before = test_errors;
            bend_check(&c, 0);
            if (test_errors != before) printf("    shape %zu\n", i);
        }
    }
}

/* A mean of a thousand deviations. */
TEST(far_from_zero)
{
    for (int lines = 0; lines < 2; lines++) {
        bend_case c = {.norm = {.outer = 2, .rows = 400, .channels = 8, .sets = 4, .eps = 1e-5},
                       .affine = true};
        if (lines) {
            c.norm.positions = true;
            c.norm.sets = 1;
        }
        bend_check(&c, 1e3f);
    }
}

int main(void)
{
    RUN(second_derivatives);
    RUN(far_from_zero);
    return test_report();
}
