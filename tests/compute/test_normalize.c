/* Normalisation against a naive double-precision one; its gradient also against central
 * differences. */
#include "compute/contexts.h"

#include "base/memory.h"
#include "compute/normalize.h"

#include <math.h>

/* One case: the shape, the inputs, and where the outputs lie in the result. */
typedef struct norm_case {
    gan__norm norm;
    bool affine, fixed;
    int64_t count, sets, affines;
    float *x, *dy, *gamma, *beta;
    float *mean, *variance, *y, *dx, *dgamma, *dbeta; /* in the result of the best tier */
} norm_case;

static void case_place(norm_case *c, float *result)
{
    c->mean = result;
    c->variance = c->mean + c->sets;
    c->y = c->variance + c->sets;
    c->dx = c->y + c->count;
    c->dgamma = c->dx + c->count;
    c->dbeta = c->dgamma + c->affines;
}

static void case_run(gan_context *context, void *argument, float *result)
{
    norm_case *c = argument, at = *c;
    float *workspace;
    case_place(&at, result);
    CHECK_OK(gan__allocate(context, &workspace, (size_t)gan__norm_workspace(&c->norm),
                           sizeof *workspace));
    const gan__norm_terms terms = {.mean = at.mean,
                                   .variance = at.variance,
                                   .gamma = c->affine ? c->gamma : NULL,
                                   .beta = c->affine ? c->beta : NULL};
    gan__norm_statistics(context, &c->norm, c->x, workspace, at.mean, at.variance);
    gan__norm_forward(context, &c->norm, &terms, c->x, at.y);
    for (int64_t i = 0; i < c->affines; i++) {
        at.dgamma[i] = 1;
        at.dbeta[i] = 2;
    }
    memcpy(at.dx, c->dy, (size_t)c->count * sizeof *at.dx);
    const gan__norm_gradients gradients = {.x = c->x,
                                           .y = c->norm.activation == GAN__LINEAR ? NULL : at.y,
                                           .dy = at.dx,
                                           .workspace = workspace,
                                           .dgamma = c->affine ? at.dgamma : NULL,
                                           .dbeta = c->affine ? at.dbeta : NULL,
                                           .dx = at.dx,
                                           .fixed = c->fixed};
    gan__norm_backward(context, &c->norm, &terms, &gradients);
    gan__free(context, workspace);
}

static int64_t set_of(const gan__norm *n, int64_t i)
{
    return i / (n->rows * n->channels) * n->sets + i % n->channels / (n->channels / n->sets);
}

static int64_t affine_of(const gan__norm *n, int64_t i)
{
    return n->positions ? i % (n->rows * n->channels) : i % n->channels;
}

static double activate(const gan__norm *n, double z)
{
    switch (n->activation) {
    case GAN__RELU: return z > 0 ? z : 0;
    case GAN__LEAKY_RELU: return z > 0 ? z : (double)n->parameter * z;
    case GAN__TANH: return tanh(z);
    case GAN__SIGMOID: return 1 / (1 + exp(-z));
    default: return z;
    }
}

static double slope(const gan__norm *n, double z)
{
    switch (n->activation) {
    case GAN__RELU: return z > 0;
    case GAN__LEAKY_RELU: return z > 0 ? 1 : (double)n->parameter;
    case GAN__TANH: return 1 - tanh(z) * tanh(z);
    case GAN__SIGMOID: return activate(n, z) * (1 - activate(n, z));
    default: return 1;
    }
}

typedef struct exact {
    double *x, *mean, *variance, *z, *y, *g, *dx, *dgamma, *dbeta, *m1, *m2;
} exact;

static double *doubles(int64_t count)
{
    return calloc((size_t)count + 1, sizeof(double));
}

static exact exact_create(const norm_case *c)
{
    exact e = {doubles(c->count),   doubles(c->sets),  doubles(c->sets),  doubles(c->count),
               doubles(c->count),   doubles(c->count), doubles(c->count), doubles(c->affines),
               doubles(c->affines), doubles(c->sets),  doubles(c->sets)};
    for (int64_t i = 0; i < c->count; i++) e.x[i] = (double)c->x[i];
    return e;
}

static void exact_free(exact *e)
{
    double *all[] = {e->x,  e->mean,   e->variance, e->z,  e->y, e->g,
                     e->dx, e->dgamma, e->dbeta,    e->m1, e->m2};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]);
}

static void exact_forward(const norm_case *c, exact *e)
{
    const gan__norm *n = &c->norm;
    const double size = (double)c->count / (double)c->sets;
    memset(e->mean, 0, (size_t)c->sets * sizeof(double));
    memset(e->variance, 0, (size_t)c->sets * sizeof(double));
    for (int64_t i = 0; i < c->count; i++) e->mean[set_of(n, i)] += e->x[i] / size;
    for (int64_t i = 0; i < c->count; i++) {
        double d = e->x[i] - e->mean[set_of(n, i)];
        e->variance[set_of(n, i)] += d * d / size;
    }
    for (int64_t i = 0; i < c->count; i++) {
        int64_t s = set_of(n, i), a = affine_of(n, i);
        double xhat = (e->x[i] - e->mean[s]) / sqrt(e->variance[s] + n->eps);
        e->z[i] = c->affine ? xhat * (double)c->gamma[a] + (double)c->beta[a] : xhat;
        e->y[i] = activate(n, e->z[i]);
    }
}

static void exact_backward(const norm_case *c, exact *e)
{
    const gan__norm *n = &c->norm;
    const double size = (double)c->count / (double)c->sets;
    for (int64_t i = 0; i < c->count; i++) {
        int64_t s = set_of(n, i), a = affine_of(n, i);
        double inverse = 1 / sqrt(e->variance[s] + n->eps);
        double xhat = (e->x[i] - e->mean[s]) * inverse;
        e->g[i] = (double)c->dy[i] * slope(n, e->z[i]);
        e->dbeta[a] += e->g[i];
        e->dgamma[a] += e->g[i] * xhat;
        if (c->affine) e->g[i] *= (double)c->gamma[a];
        e->m1[s] += e->g[i] / size;
        e->m2[s] += e->g[i] * xhat / size;
    }
    for (int64_t i = 0; i < c->count; i++) {
        int64_t s = set_of(n, i);
        double inverse = 1 / sqrt(e->variance[s] + n->eps);
        double xhat = (e->x[i] - e->mean[s]) * inverse;
        e->dx[i] = inverse * (c->fixed ? e->g[i] : e->g[i] - e->m1[s] - xhat * e->m2[s]);
    }
}

/* The largest difference, as a share of the largest value, `least` at least. */
static double distance(int64_t count, const float *got, const double *want, double offset,
                       double least)
{
    double most = least, worst = 0;
    for (int64_t i = 0; i < count; i++) {
        double difference = fabs((double)got[i] - want[i] - offset);
        if (!(difference <= worst)) worst = difference;
        if (fabs(want[i]) > most) most = fabs(want[i]);
    }
    return worst / most;
}

/* Inputs keep z away from 0, where the derivative may jump between float32 and double. */
static void case_fill(norm_case *c, double centre)
{
    const gan__norm *n = &c->norm;
    c->count = n->outer * n->rows * n->channels;
    c->sets = n->outer * n->sets;
    c->affines = n->positions ? n->rows * n->channels : n->channels;
    c->x = contexts_array(c->count);
    c->dy = contexts_array(c->count);
    c->gamma = contexts_array(c->affines);
    c->beta = contexts_array(c->affines);
    for (int64_t i = 0; i < c->count; i++) c->x[i] += (float)centre;
    for (int64_t i = 0; i < c->affines; i++) c->gamma[i] += c->gamma[i] < 0 ? -0.5f : 0.5f;
    exact e = exact_create(c);
    exact_forward(c, &e);
    for (int64_t i = 0; i < c->count; i++)
        if (fabs(e.z[i]) < 0.01) c->dy[i] = 0;
    exact_free(&e);
}

static void case_free(norm_case *c)
{
    free(c->x);
    free(c->dy);
    free(c->gamma);
    free(c->beta);
}

static void case_check(norm_case *c, double centre)
{
    case_fill(c, centre);
    const gan__norm *n = &c->norm;
    int64_t results = 2 * c->sets + 2 * c->count + 2 * c->affines;
    float *result = malloc((size_t)results * sizeof *result);
    contexts_run(case_run, c, results, result);
    case_place(c, result);
    exact e = exact_create(c);
    exact_forward(c, &e);
    exact_backward(c, &e);
    /* Two rows may lie close together: then what is lost in their mean counts. */
    double tolerance = (n->rows == 2 ? 3e-5 : 5e-6) + 1e-7 * centre, size = 1e-30;
    for (int64_t i = 0; i < c->count; i++)
        size = fmax(size, fabs(e.g[i]) / sqrt(e.variance[set_of(n, i)] + n->eps));
    double mean = distance(c->sets, c->mean, e.mean, 0, 1);
    double variance = distance(c->sets, c->variance, e.variance, 0, 1e-30);
    double y = distance(c->count, c->y, e.y, 0, 1e-30);
    double dx = distance(c->count, c->dx, e.dx, 0, size);
    double dgamma = c->affine ? distance(c->affines, c->dgamma, e.dgamma, 1, 1) : 0;
    double dbeta = c->affine ? distance(c->affines, c->dbeta, e.dbeta, 2, 1) : 0;
    if (!CHECK(mean < 1e-6 && variance < 1e-5 && y < tolerance && dx < tolerance &&
               dgamma < tolerance && dbeta < tolerance))
        printf("outer %" PRId64 " rows %" PRId64 " channels %" PRId64 " sets %" PRId64
               " activation %d affine %d: mean %g variance %g y %g dx %g dgamma %g dbeta %g\n",
               n->outer, n->rows, n->channels, n->sets, (int)n->activation, c->affine, mean,
               variance, y, dx, dgamma, dbeta);
    exact_free(&e);
    free(result);
    case_free(c);
}

static const struct {
    int64_t outer, rows, channels, sets;
    bool positions;
} shapes[] = {{1, 300, 64, 64, false},   {2, 1100, 3, 3, false}, {1, 64, 600, 600, false},
              {1, 5000, 1, 1, false},    {3, 49, 17, 17, false}, {5, 1, 8, 8, false},
              {1, 2, 1030, 1030, false}, {4, 65, 24, 6, false},  {2, 9, 1200, 4, false},
              {3, 1, 60, 4, false},      {3, 16, 33, 1, true},   {2, 1, 1000, 1, true},
              {2, 36, 1000, 1, true},    {2, 130, 12, 1, false}, {1, 1, 40, 1, true}};

TEST(shapes)
{
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        for (int k = 0; k < 3; k++) {
            norm_case c = {.norm = {.outer = shapes[i].outer,
                                    .rows = shapes[i].rows,
                                    .channels = shapes[i].channels,
                                    .sets = shapes[i].sets,
                                    .positions = shapes[i].positions,
                                    .eps = 1e-5,
                                    .parameter = 0.2f}};
            c.norm.activation = (gan__activation)((i * 3 + (size_t)k) % GAN__FUSED_BACKWARD_COUNT);
            c.affine = k != 1;
            c.fixed = k == 2;
            case_check(&c, 0);
        }
    }
}

TEST(activations)
{
    for (int f = 0; f < GAN__FUSED_BACKWARD_COUNT; f++) {
        norm_case c = {.norm = {.outer = 2, .rows = 150, .channels = 20, .sets = 20, .eps = 1e-5}};
        c.norm.activation = (gan__activation)f;
        c.norm.parameter = 0.2f;
        c.affine = true;
        case_check(&c, 0);
    }
}

/* A mean of a thousand deviations: the variance keeps five digits. */
TEST(far_from_zero)
{
    static const int64_t sets[] = {48, 6, 1};
    for (int k = 0; k < 6; k++) {
        norm_case c = {.norm = {.outer = 2, .rows = 900, .channels = 48, .eps = 1e-5}};
        c.norm.sets = sets[k % 3];
        if (k >= 3) {
            c.norm.rows = 1;
            c.norm.channels = 48000;
        }
        case_check(&c, 1e3);
    }
}

/* One element far from the others, the first, the middle or the last of each channel: the mean
 * keeps the digits that the others' size gives it. */
TEST(outlier)
{
    enum { COUNT = 65536 };
    static const int64_t channels[] = {8, 1, COUNT}, sets[] = {8, 1, 1};
    for (int k = 0; k < 9; k++) {
        norm_case c = {.norm = {.outer = 1, .channels = channels[k % 3], .sets = sets[k % 3]}};
        c.norm.rows = COUNT / c.norm.channels;
        c.norm.eps = 1e-5;
        case_fill(&c, 0);
        const int64_t each = COUNT / c.sets, place[] = {0, each / 2, each - 1};
        for (int64_t i = 0; i < c.sets; i++) c.x[place[k / 3] * c.sets + i] = 1e4f;
        const int64_t results = 2 * c.sets + 2 * c.count + 2 * c.affines;
        float *result = malloc((size_t)results * sizeof *result);
        contexts_run(case_run, &c, results, result);
        case_place(&c, result);
        exact e = exact_create(&c);
        exact_forward(&c, &e);
        /* y of the others, as a share of their size: the outlier's y is some hundred. */
        double worst = 0, most = 0;
        for (int64_t i = 0; i < c.count; i++) {
            if (c.x[i] == 1e4f) continue;
            worst = fmax(worst, fabs(c.y[i] - e.y[i]));
            most = fmax(most, fabs(e.y[i]));
        }
        if (!CHECK(worst < 2e-6 * most))
            printf("case %d: y of the others is wrong by %g of its size\n", k, worst / most);
        exact_free(&e);
        free(result);
        case_free(&c);
    }
}

/* A batch of one picture of one pixel: y = beta, dx = 0, nothing is NaN. */
TEST(single_row)
{
    gan_context *context;
    CHECK_OK(gan_context_create(&context, "threads=1", NULL, NULL, 0));
    gan__norm norm = {.outer = 1, .rows = 1, .channels = 20, .sets = 20, .eps = 1e-12};
    float x[20], y[20], dx[20], mean[20], variance[20], workspace[1024];
    CHECK(gan__norm_workspace(&norm) <= 1024);
    for (int i = 0; i < 20; i++) x[i] = 1000 * contexts_random();
    gan__norm_statistics(context, &norm, x, workspace, mean, variance);
    const gan__norm_terms terms = {.mean = mean, .variance = variance};
    const gan__norm_gradients gradients = {.x = x, .dy = x, .workspace = workspace, .dx = dx};
    gan__norm_forward(context, &norm, &terms, x, y);
    gan__norm_backward(context, &norm, &terms, &gradients);
    for (int i = 0; i < 20; i++)
        CHECK(mean[i] == x[i] && variance[i] == 0 && y[i] == 0 && dx[i] == 0);
    x[3] = NAN;
    gan__norm_statistics(context, &norm, x, workspace, mean, variance);
    CHECK(isnan(mean[3]) && isnan(variance[3]) && mean[4] == x[4]);
    gan_context_release(context);
}

/* dL/dx of L = <dy, y> by central differences of the double-precision forward pass. */
TEST(central_differences)
{
    for (int k = 0; k < 4; k++) {
        norm_case c = {.norm = {.outer = 2, .rows = 7, .channels = 12, .eps = 1e-5}};
        static const int64_t sets[] = {12, 3, 1, 1};
        c.norm.sets = sets[k];
        c.norm.positions = k == 3;
        c.norm.activation = GAN__TANH;
        c.affine = true;
        case_fill(&c, 0);
        int64_t results = 2 * c.sets + 2 * c.count + 2 * c.affines;
        float *result = malloc((size_t)results * sizeof *result);
        contexts_run(case_run, &c, results, result);
        case_place(&c, result);
        exact e = exact_create(&c);
        for (int64_t i = 0; i < c.count; i++) {
            const double step = 1e-5;
            double loss[2] = {0, 0}, x = e.x[i];
            for (int side = 0; side < 2; side++) {
                e.x[i] = x + (side ? step : -step);
                exact_forward(&c, &e);
                for (int64_t j = 0; j < c.count; j++) loss[side] += (double)c.dy[j] * e.y[j];
            }
            e.x[i] = x;
            CHECK_NEAR(c.dx[i], (loss[1] - loss[0]) / (2 * step), 2e-5);
        }
        exact_free(&e);
        free(result);
        case_free(&c);
    }
}

int main(void)
{
    RUN(shapes);
    RUN(activations);
    RUN(far_from_zero);
    RUN(outlier);
    RUN(single_row);
    RUN(central_differences);
    return test_report();
}
