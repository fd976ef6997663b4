/* Losses against their formulas in double, written again here, and gradients against central
 * differences of those. */
#include "base/memory.h"
#include "base/random.h"
#include "losses/loss.h"
#include "test.h"

#include <math.h>
#include <stdlib.h>

/* ---- the formulas ---- */

typedef struct naive_case {
    const char *spec;
    double a, b; /* target or sign; beta, smoothing or limit */
    int inputs;
    gan__shape x, t;
    double (*value)(const struct naive_case *c, const double *x, const double *t);
} naive_case;

static int64_t elements(const naive_case *c)
{
    return gan__shape_count(c->x);
}

static double naive_bce(const naive_case *c, const double *x, const double *t)
{
    double sum = 0;
    for (int64_t i = 0; i < elements(c); i++) {
        double target = t ? t[i] : c->a;
        sum += target * log1p(exp(-x[i])) + (1 - target) * log1p(exp(x[i]));
    }
    return sum / (double)elements(c);
}

static double naive_mse(const naive_case *c, const double *x, const double *t)
{
    double sum = 0;
    for (int64_t i = 0; i < elements(c); i++) sum += pow(x[i] - (t ? t[i] : c->a), 2);
    return sum / (double)elements(c);
}

static double naive_l1(const naive_case *c, const double *x, const double *t)
{
    double sum = 0;
    for (int64_t i = 0; i < elements(c); i++) sum += fabs(x[i] - (t ? t[i] : c->a));
    return sum / (double)elements(c);
}

static double naive_smooth_l1(const naive_case *c, const double *x, const double *t)
{
    double sum = 0;
    for (int64_t i = 0; i < elements(c); i++) {
        double d = fabs(x[i] - (t ? t[i] : c->a));
        sum += d < c->b ? d * d / (2 * c->b) : d - c->b / 2;
    }
    return sum / (double)elements(c);
}

static double naive_hinge(const naive_case *c, const double *x, const double *t)
{
    double sum = 0;
    (void)t;
    for (int64_t i = 0; i < elements(c); i++) sum += fmax(0, 1 - c->a * x[i]);
    return sum / (double)elements(c);
}

static double naive_softplus(const naive_case *c, const double *x, const double *t)
{
    double sum = 0;
    (void)t;
    for (int64_t i = 0; i < elements(c); i++) sum += log(1 + exp(c->a * x[i]));
    return sum / (double)elements(c);
}

static double naive_cross_entropy(const naive_case *c, const double *x, const double *t)
{
    int64_t classes = c->x.c, rows = elements(c) / classes;
    double sum = 0;
    for (int64_t i = 0; i < rows; i++) {
        double total = 0;
        for (int64_t j = 0; j < classes; j++) total += exp(x[i * classes + j]);
        for (int64_t j = 0; j < classes; j++) {
            const int64_t label = (int64_t)(c->inputs > 1 ? t[i] : c->a);
            double target = c->b / (double)classes + (j == label ? 1 - c->b : 0);
            sum -= target * log(exp(x[i * classes + j]) / total);
        }
    }
    return sum / (double)rows;
}

static double naive_kl(const naive_case *c, const double *x, const double *t)
{
    double sum = 0;
    for (int64_t i = 0; i < elements(c); i++) sum += (x[i] * x[i] + exp(t[i]) - 1 - t[i]) / 2;
    return sum / (double)c->x.n;
}

static double naive_penalty(const naive_case *c, const double *x, const double *t)
{
    const int64_t count = elements(c) / c->x.n;
    double sum = 0;
    (void)t;
    for (int64_t n = 0; n < c->x.n; n++) {
        double square = 0;
        for (int64_t i = n * count; i < (n + 1) * count; i++) square += x[i] * x[i];
        sum += pow(sqrt(square) - c->a, 2);
    }
    return sum / (double)c->x.n;
}

/* Of batches that need not be of one size. */
static double naive_means(const naive_case *c, const double *x, const double *t)
{
    const int64_t count = elements(c) / c->x.n;
    double sum = 0;
    for (int64_t i = 0; i < count; i++) {
        double apart = 0;
        for (int64_t n = 0; n < c->x.n; n++) apart += x[n * count + i] / (double)c->x.n;
        for (int64_t n = 0; n < c->t.n; n++) apart -= t[n * count + i] / (double)c->t.n;
        sum += apart * apart;
    }
    return sum / (double)count;
}

static double naive_mean(const naive_case *c, const double *x, const double *t)
{
    double sum = 0;
    (void)t;
    for (int64_t i = 0; i < elements(c); i++) sum += x[i];
    return sum / (c->a > 0 ? (double)elements(c) : 1);
}

static double naive_above(const naive_case *c, const double *x, const double *t)
{
    double sum = 0;
    (void)t;
    for (int64_t i = 0; i < elements(c); i++) sum += x[i] > c->b;
    return sum / (double)elements(c);
}

static const naive_case cases[] = {
    {"bce_logits", 1, 0, 1, {33, 1, 1, 1}, {0}, naive_bce},
    {"bce_logits target=0", 0, 0, 1, {3, 5, 5, 2}, {0}, naive_bce},
    {"bce_logits target=0.9", 0.9, 0, 1, {700, 1, 1, 3}, {0}, naive_bce},
    {"bce_logits", 0, 0, 2, {4, 3, 2, 7}, {4, 3, 2, 7}, naive_bce},
    {"mse", 0, 0, 1, {8, 1, 1, 1}, {0}, naive_mse},
    {"mse target=-1.5", -1.5, 0, 1, {8, 2, 2, 1}, {0}, naive_mse},
    {"mse", 0, 0, 2, {2, 9, 9, 31}, {2, 9, 9, 31}, naive_mse},
    {"l1 target=0.5", 0.5, 0, 1, {17, 1, 1, 2}, {0}, naive_l1},
    {"l1", 0, 0, 2, {1, 13, 3, 3}, {1, 13, 3, 3}, naive_l1},
    {"smooth_l1", 0, 1, 2, {5, 4, 4, 1}, {5, 4, 4, 1}, naive_smooth_l1},
    {"smooth_l1 target=1 beta=0.25", 1, 0.25, 1, {40, 1, 1, 1}, {0}, naive_smooth_l1},
    {"hinge", 1, 0, 1, {64, 1, 1, 1}, {0}, naive_hinge},
    {"hinge sign=-1", -1, 0, 1, {2, 30, 30, 1}, {0}, naive_hinge},
    {"softplus", 1, 0, 1, {64, 1, 1, 1}, {0}, naive_softplus},
    {"softplus sign=-1", -1, 0, 1, {1, 7, 1, 1}, {0}, naive_softplus},
    {"cross_entropy", 0, 0, 2, {9, 1, 1, 10}, {9, 1, 1, 1}, naive_cross_entropy},
    {"cross_entropy label_smoothing=0.2",
     0,
     0.2,
     2,
     {3, 4, 5, 3},
     {3, 4, 5, 1},
     naive_cross_entropy},
    {"cross_entropy", 0, 0, 2, {70, 1, 1, 300}, {70, 1, 1, 1}, naive_cross_entropy},
    {"cross_entropy target=2", 2, 0, 1, {9, 1, 1, 5}, {0}, naive_cross_entropy},
    {"cross_entropy target=1 label_smoothing=1", 1, 1, 1, {2, 3, 2, 4}, {0}, naive_cross_entropy},
    {"kl_gaussian", 0, 0, 2, {6, 1, 1, 20}, {6, 1, 1, 20}, naive_kl},
    {"gradient_penalty", 1, 0, 1, {3, 5, 5, 2}, {0}, naive_penalty},
    {"gradient_penalty target=0", 0, 0, 1, {17, 1, 1, 5}, {0}, naive_penalty},
    {"gradient_penalty target=2.5", 2.5, 0, 1, {1, 70, 70, 1}, {0}, naive_penalty},
    {"mse_of_means", 0, 0, 2, {4, 3, 2, 7}, {4, 3, 2, 7}, naive_means},
    {"mse_of_means", 0, 0, 2, {3, 9, 10, 11}, {5, 9, 10, 11}, naive_means},
    {"mse_of_means", 0, 0, 2, {1, 40, 30, 5}, {2, 40, 30, 5}, naive_means},
    {"mean", 1, 0, 1, {5, 3, 3, 3}, {0}, naive_mean},
    {"sum", 0, 0, 1, {5, 30, 30, 3}, {0}, naive_mean},
    {"above 0.25", 0, 0.25, 1, {500, 1, 1, 1}, {0}, naive_above},
};
enum { CASES = sizeof cases / sizeof cases[0] };

/* ---- the library's side ---- */

static gan_context *context_of(const char *spec)
{
    gan_context *context;
    char message[200] = "";
    gan_context_create(&context, spec, NULL, message, sizeof message);
    if (!context) printf("%s\n", message);
    return context;
}

static gan_status make(gan_context *context, const char *spec, gan__loss *loss)
{
    const gan__kind *kind;
    *loss = (gan__loss){.context = context};
    gan_status status =
        gan__describe(context, "loss", (const gan__kind *const *)(const void *)gan__loss_kinds,
                      (size_t)gan__loss_kind_count, spec, &kind, &loss->options);
    if (status == GAN_OK) loss->kind = (const gan__loss_kind *)(const void *)kind;
    return status;
}

static void unmake(gan__loss *loss)
{
    if (loss->options) gan__options_free(loss->context, &loss->kind->kind, loss->options);
    gan__free(loss->context, loss->options);
}

/* Between -3 and 3, in steps that float32 holds exactly, away from the kinks at 0, +-0.25, +-0.5,
 * +-1. */
static float number(uint64_t i)
{
    uint32_t words[4];
    gan__random_block(&(gan__draw){5, GAN__DRAW_LATENT, 1}, i, words);
    return (float)((int32_t)(words[0] % 768) - 384) / 128.0f + 1.0f / 512.0f;
}

static void fill(const naive_case *c, float *x, float *t)
{
    for (int64_t i = 0; i < elements(c); i++) x[i] = number((uint64_t)i);
    for (int64_t i = 0; c->inputs > 1 && i < gan__shape_count(c->t); i++) {
        t[i] = number((uint64_t)(100000 + i));
        if (c->value == naive_bce) t[i] = fabsf(t[i]) / 4.0f;
        if (c->value == naive_l1 || c->value == naive_smooth_l1) t[i] += 1.0f / 1024.0f;
        if (c->value == naive_cross_entropy) t[i] = (float)(i * 7 % c->x.c);
    }
}

static double difference(const naive_case *c, double *values, int64_t i, const double *x,
                         const double *t)
{
    double h = 1e-6, old = values[i];
    values[i] = old + h;
    double up = c->value(c, x, t);
    values[i] = old - h;
    double down = c->value(c, x, t);
    values[i] = old;
    return (up - down) / (2 * h);
}

static void check_case(gan_context *context, const naive_case *c)
{
    int64_t counts[2] = {elements(c), c->inputs > 1 ? gan__shape_count(c->t) : 0};
    float *x = malloc((size_t)(counts[0] + counts[1] + 1) * sizeof *x), *t = x + counts[0];
    double *xd = malloc((size_t)(counts[0] + counts[1] + 1) * sizeof *xd), *td = xd + counts[0];
    float *g = malloc((size_t)(counts[0] + counts[1] + 1) * sizeof *g);
    float *const dx[2] = {g, c->inputs > 1 ? g + counts[0] : NULL};
    gan__loss loss;
    fill(c, x, t);
    for (int64_t i = 0; i < counts[0] + counts[1]; i++) xd[i] = (double)x[i];
    CHECK_OK(make(context, c->spec, &loss));
    loss.input_count = c->inputs;
    loss.in[0] = c->x;
    loss.in[1] = c->t;
    loss.x[0] = x;
    loss.x[1] = t;
    if (loss.kind->check) CHECK_OK(loss.kind->check(&loss));
    double expected = c->value(c, xd, c->inputs > 1 ? td : NULL);
    CHECK_NEAR(loss.kind->value(&loss), expected, 2e-6 * (fabs(expected) + 0.01));
    memset(g, 0x7f, (size_t)(counts[0] + counts[1]) * sizeof *g);
    loss.kind->gradient(&loss, -2.5f, dx);
    double scale = c->a == 0 && c->value == naive_mean ? 1 : 1 / (double)counts[0];
    for (int64_t i = 0; i < counts[0]; i += 1 + counts[0] / 60)
        CHECK_NEAR(g[i], -2.5 * difference(c, xd, i, xd, c->inputs > 1 ? td : NULL),
                   2e-4 * scale * (c->value == naive_penalty ? 400 : 1) + 1e-8);
    for (int64_t i = 0; i < counts[1]; i += 1 + counts[1] / 60) {
        double slope = c->value == naive_cross_entropy ? 0 : difference(c, td, i, xd, td);
        CHECK_NEAR(g[counts[0] + i], -2.5 * slope,
                   2e-4 * scale * (c->value == naive_kl ? 20 : 1) + 1e-8);
    }
    unmake(&loss);
    free(x);
    free(xd);
    free(g);
}

TEST(formulas_and_gradients)
{
    gan_context *context = context_of("threads=2");
    for (int i = 0; i < CASES; i++) {
        int before = test_errors;
        check_case(context, &cases[i]);
        if (test_errors > before) printf("    in case %d: %s\n", i, cases[i].spec);
    }
    gan_context_release(context);
}

/* Value and gradients of all cases, as bits. */
static uint64_t bits_of_all(const char *tier, const char *spec)
{
    uint64_t hash = 1469598103934665603u;
    setenv("GAN_CPU", tier, 1);
    gan_context *context = context_of(spec);
    for (int i = 0; i < CASES; i++) {
        const naive_case *c = &cases[i];
        size_t count = (size_t)(elements(c) + gan__shape_count(c->t));
        float *x = calloc(2 * count, sizeof *x), *g = x + count;
        gan__loss loss;
        fill(c, x, x + elements(c));
        make(context, c->spec, &loss);
        loss.input_count = c->inputs;
        loss.in[0] = c->x;
        loss.in[1] = c->t;
        loss.x[0] = x;
        loss.x[1] = x + elements(c);
        double value = loss.kind->value(&loss);
        loss.kind->gradient(&loss, 1.0f,
                            (float *const[2]){g, c->inputs > 1 ? g + elements(c) : NULL});
        for (size_t j = 0; j < sizeof value; j++)
            hash = (hash ^ ((const unsigned char *)&value)[j]) * 1099511628211u;
        for (size_t j = 0; j < count * sizeof *g; j++)
            hash = (hash ^ ((const unsigned char *)g)[j]) * 1099511628211u;
        unmake(&loss);
        free(x);
    }
    gan_context_release(context);
    unsetenv("GAN_CPU");
    return hash;
}

TEST(bits_of_threads_and_tiers)
{
    uint64_t expected = bits_of_all("generic", "threads=1");
    CHECK(bits_of_all("generic", "threads=3") == expected);
    CHECK(bits_of_all("avx2", "threads=1") == expected);
    CHECK(bits_of_all("avx512", "threads=1") == expected);
    CHECK(bits_of_all("avx512", "threads=2") == expected);
}

static double single(gan_context *context, const char *spec, float x, float *slope)
{
    gan__loss loss;
    float *const dx[2] = {slope, NULL};
    make(context, spec, &loss);
    loss.input_count = 1;
    loss.in[0] = (gan__shape){1, 1, 1, 1};
    loss.x[0] = &x;
    double value = loss.kind->value(&loss);
    loss.kind->gradient(&loss, 1.0f, dx);
    unmake(&loss);
    return value;
}

/* Confident logits lose no digits and do not overflow; NaN comes through; slopes at kinks are
 * PyTorch's. */
TEST(corners)
{
    static const char *const specs[] = {"bce_logits", "mse",  "l1",       "smooth_l1",
                                        "hinge",      "mean", "softplus", "above"};
    gan_context *context = context_of("");
    float slope;
    CHECK_NEAR(single(context, "bce_logits target=1", 80.0f, &slope), exp(-80), 1e-37);
    CHECK_NEAR(slope, -exp(-80), 1e-37);
    CHECK_NEAR(single(context, "bce_logits target=0", -80.0f, &slope), exp(-80), 1e-37);
    CHECK_NEAR(slope, exp(-80), 1e-37);
    CHECK_NEAR(single(context, "bce_logits target=1", -1e30f, &slope), 1e30, 1e23);
    CHECK_NEAR(slope, -1, 0);
    single(context, "l1", 0.0f, &slope);
    CHECK_NEAR(slope, 0, 0);
    single(context, "hinge", 1.0f, &slope);
    CHECK_NEAR(slope, 0, 0);
    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
        CHECK(isnan(single(context, specs[i], NAN, &slope)));
        if (strcmp(specs[i], "mean") != 0 && strcmp(specs[i], "above") != 0) CHECK(isnan(slope));
    }
    gan_context_release(context);
}

/* Of no length there is no gradient; of next to none it points away, of length 2 for each sample.
 */
TEST(short_gradients)
{
    gan_context *context = context_of("");
    float slope;
    CHECK_NEAR(single(context, "gradient_penalty", 0.0f, &slope), 1, 0);
    CHECK(slope == 0);
    CHECK_NEAR(single(context, "gradient_penalty", -1e-42f, &slope), 1, 1e-12);
    CHECK_NEAR(slope, 2, 1e-6);
    CHECK_NEAR(single(context, "gradient_penalty target=0", 0.0f, &slope), 0, 0);
    CHECK(slope == 0);
    CHECK_NEAR(single(context, "gradient_penalty target=0", 1e25f, &slope), 1e50, 1e44);
    CHECK_NEAR(slope, 2e25, 2e18);
    CHECK(isnan(single(context, "gradient_penalty", NAN, &slope)) && isnan(slope));
    gan_context_release(context);
}

TEST(refusals)
{
    gan_context *context = context_of("");
    gan__loss loss;
    float x[4] = {0, 1, 2, 3}, labels[2] = {0, 2};
    CHECK_STATUS(make(context, "mze", &loss), GAN_E_TEXT);
    CHECK(strstr(gan_context_message(context), "mse") != NULL);
    CHECK_STATUS(make(context, "bce_logits target=2", &loss), GAN_E_TEXT);
    CHECK_OK(make(context, "hinge sign=0", &loss));
    CHECK_STATUS(loss.kind->check(&loss), GAN_E_TEXT);
    unmake(&loss);
    CHECK_OK(make(context, "mse", &loss));
    loss.input_count = 2;
    loss.in[0] = (gan__shape){2, 1, 1, 2};
    loss.in[1] = (gan__shape){2, 1, 1, 1};
    CHECK_STATUS(loss.kind->check(&loss), GAN_E_SHAPE);
    unmake(&loss);
    CHECK_OK(make(context, "cross_entropy", &loss));
    loss.input_count = 2;
    loss.in[0] = (gan__shape){2, 1, 1, 2};
    loss.in[1] = (gan__shape){2, 1, 1, 1};
    loss.x[0] = x;
    loss.x[1] = labels;
    CHECK_STATUS(loss.kind->check(&loss), GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(context), "cross_entropy: label 2 of row 1 is no class below 2");
    labels[1] = NAN;
    CHECK_STATUS(loss.kind->check(&loss), GAN_E_ARGUMENT);
    labels[1] = 0.5f;
    CHECK_STATUS(loss.kind->check(&loss), GAN_E_ARGUMENT);
    labels[1] = 1;
    CHECK_OK(loss.kind->check(&loss));
    unmake(&loss);
    CHECK_OK(make(context, "cross_entropy target=2", &loss));
    loss.input_count = 1;
    loss.in[0] = (gan__shape){2, 1, 1, 2};
    CHECK_STATUS(loss.kind->check(&loss), GAN_E_ARGUMENT);
    CHECK_TEXT(gan_context_message(context), "cross_entropy: target=2 is no class below 2");
    unmake(&loss);
    gan_context_release(context);
}

int main(void)
{
    RUN(formulas_and_gradients);
    RUN(bits_of_threads_and_tiers);
    RUN(corners);
    RUN(short_gradients);
    RUN(refusals);
    return test_report();
}
