/* Forward passes against naive ones, gradients against their central differences, all in double. */
#include "cases.h"

/* <dy, y> of the reference. */
static double objective(const test_case *c, const reference *r, const float *dy, double *y)
{
    double sum = 0;
    c->function(r, y);
    for (int64_t i = 0; i < gan__shape_count(r->out); i++) sum += (double)dy[i] * y[i];
    return sum;
}

/* Central differences over array[0..count) against `gradient`. */
static double check_differences(const test_case *c, const reference *r, const float *dy, double *y,
                                double *array, const float *gradient, int64_t count)
{
    const double step = 1e-5;
    double most = 0;
    for (int64_t i = 0; i < count; i++) {
        double kept = array[i];
        array[i] = kept + step;
        double up = objective(c, r, dy, y);
        array[i] = kept - step;
        double down = objective(c, r, dy, y);
        array[i] = kept;
        double expected = (up - down) / (2 * step), d = fabs(expected - (double)gradient[i]);
        if (!(d / (1 + fabs(expected)) <= most)) most = isnan(d) ? 1e6 : d / (1 + fabs(expected));
    }
    return most;
}

static void check_gradients(fixture *f, const test_case *c, reference *r, double *y)
{
    for (int64_t i = 0; c->whole && i < gan__shape_count(f->in[0]); i++) CHECK(f->dx[0][i] == 0);
    for (int32_t i = 0; i < f->count && !c->whole; i++) {
        double *x = (double *)(uintptr_t)r->x[i];
        CHECK_NEAR(check_differences(c, r, f->dy, y, x, f->dx[i], gan__shape_count(f->in[i])), 0,
                   3e-5);
    }
    for (int32_t i = 0; i < f->layer->parameter_count && i < 4; i++) {
        const gan__parameter *p = &f->layer->parameters[i];
        if (!p->trained) continue;
        float *gradient = malloc((size_t)p->count * sizeof *gradient);
        double *values = (double *)(uintptr_t)r->p[i];
        get_gradient(f, p, gradient);
        CHECK_NEAR(check_differences(c, r, f->dy, y, values, gradient, p->count), 0, 3e-5);
        free(gradient);
    }
}

static void run_case(gan_context *context, const test_case *c)
{
    fixture f;
    const int32_t count = case_inputs(c);
    gan_status status = fixture_open(&f, context, c->statement, c->in, count, c->mode);
    if (!CHECK_OK(status)) {
        printf("%s\n", gan_context_message(context));
        fixture_close(&f);
        return;
    }
    int before = test_errors;
    reference r = {.out = f.out, .count = count, .groups = f.op.groups, .starts = f.starts};
    memcpy(r.a, c->a, sizeof r.a);
    prepare(&f, c, &r);
    fixture_run(&f);
    double *y = malloc((size_t)gan__shape_count(f.out) * sizeof *y);
    c->function(&r, y);
    CHECK_NEAR(difference(f.y, y, gan__shape_count(f.out)), 0, 2e-5);
    check_gradients(&f, c, &r, y);
    CHECK(fixture_guarded(&f));
    if (test_errors != before) printf("    in: %s\n", c->statement);
    free(y);
    reference_free(&r);
    fixture_close(&f);
}

static void run_all(gan__tier tier)
{
    gan_context *context = test_context("threads=2 seed=7");
    if (tier < context->tier) context->tier = tier;
    for (size_t i = 0; i < CASES; i++) run_case(context, &cases[i]);
    gan_context_release(context);
}

TEST(best_tier)
{
    run_all(GAN__AVX512);
}
TEST(generic_tier)
{
    run_all(GAN__GENERIC);
}

/* Every kind is in the table above, but those that are random or never executed. */
TEST(every_kind)
{
    for (int32_t i = 0; i < gan__layer_kind_count; i++) {
        const char *name = gan__layer_kinds[i]->kind.name;
        bool found = strcmp(name, "input") == 0 || strcmp(name, "dropout") == 0 ||
                     strcmp(name, "noise") == 0 || strcmp(name, "augment") == 0;
        for (size_t j = 0; j < CASES; j++) {
            size_t length = strlen(name);
            char after =
                strncmp(cases[j].statement, name, length) ? 'x' : cases[j].statement[length];
            found |= after == ' ' || after == '\0';
        }
        if (!CHECK(found)) printf("    %s\n", name);
    }
}

/* A second pass adds; without want_weights nothing is added; dx is written where it is asked for
 * only. */
TEST(accumulation)
{
    gan_context *context = test_context("threads=2 seed=7");
    static const char *const statements[] = {"dense 5",
                                             "conv2d 4 pad=reflect:1",
                                             "conv_transpose2d 3 stride=2",
                                             "batchnorm",
                                             "conv2d 4 spectral=yes",
                                             "prelu",
                                             "prelu per_channel=yes",
                                             "layernorm",
                                             "dense 3 spectral=yes"};
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++) {
        fixture f;
        const gan__shape in = {3, 4, 4, 3};
        CHECK_OK(fixture_open(&f, context, statements[i], &in, 1, (setting){.training = true}));
        gan__store *store = f.layer->store;
        fixture_run(&f);
        float *once = malloc((size_t)store->weight_count * sizeof *once);
        memcpy(once, store->gradients, (size_t)store->weight_count * sizeof *once);
        f.layer->kind->backward(&f.op);
        double most = 0;
        for (int64_t j = 0; j < store->weight_count; j++) {
            double d = fabs((double)store->gradients[j] - 2.0 * (double)once[j]);
            if (!(d <= most)) most = d;
        }
        CHECK_NEAR(most, 0, 1e-5);

        memcpy(once, store->gradients, (size_t)store->weight_count * sizeof *once);
        f.op.want_weights = false;
        f.layer->kind->backward(&f.op);
        CHECK(memcmp(once, store->gradients, (size_t)store->weight_count * sizeof *once) == 0);
        float *dx = f.dx[0];
        f.dx[0] = NULL;
        f.op.want_weights = true;
        gan__store_clear_gradients(store);
        f.layer->kind->backward(&f.op);
        f.dx[0] = dx;
        for (int64_t j = 0; j < store->weight_count; j++)
            if (!(fabs(2.0 * (double)store->gradients[j] - (double)once[j]) <= 1e-5)) most = 1;
        CHECK_NEAR(most, 0, 1e-5);
        gan__store_clear_gradients(store);
        gan__store_write_zeros(store);
        for (int64_t j = 0; j < store->weight_count; j++) CHECK(store->gradients[j] == 0.0f);
        free(once);
        fixture_close(&f);
    }
    gan_context_release(context);
}

int main(void)
{
    RUN(best_tier);
    RUN(generic_tier);
    RUN(every_kind);
    RUN(accumulation);
    return test_report();
}
