/* Tangents against differences of naive forward passes, and the way back through them against
 * differences of those differences, all in double; with every activation that may stand behind a
 * layer in its store. */
#include "cases.h"

#include "layers/tangent.h"

enum { TANGENT_STREAM = 60 };

/* What a fixture has of tangents. */
typedef struct moved {
    float *t[MOST_INPUTS], *dt[MOST_INPUTS], *total[MOST_INPUTS];
    const float *inputs[MOST_INPUTS];
    float *y, *dy, *tangent_dy, *workspace, *kept;
} moved;

static void moved_open(moved *m, fixture *f)
{
    const int64_t out = gan__shape_count(f->out);
    memset(m, 0, sizeof *m);
    for (int32_t i = 0; i < f->count; i++) {
        const int64_t count = gan__shape_count(f->in[i]);
        m->t[i] = fixture_array(count);
        m->dt[i] = fixture_array(count);
        m->total[i] = fixture_array(count);
        m->inputs[i] = m->t[i];
        fill_mixed(m->t[i], count, TANGENT_STREAM + (uint32_t)i);
    }
    m->y = fixture_array(out);
    m->dy = fixture_array(out);
    m->tangent_dy = fixture_array(out);
    m->workspace = fixture_array((int64_t)(gan__tangent_workspace(&f->op) / sizeof(float)));
    m->kept = f->op.workspace;
    f->op.tangent.x = m->inputs;
    f->op.tangent.y = m->y;
    f->op.tangent.dy = m->tangent_dy;
    f->op.tangent.dx = m->dt;
}

static void moved_close(moved *m, fixture *f)
{
    const int64_t out = gan__shape_count(f->out);
    CHECK(fixture_intact(m->y, out) && fixture_intact(m->dy, out));
    CHECK(fixture_intact(m->workspace, (int64_t)(gan__tangent_workspace(&f->op) / sizeof(float))));
    for (int32_t i = 0; i < f->count; i++) {
        CHECK(fixture_intact(m->dt[i], gan__shape_count(f->in[i])));
        fixture_release_array(m->t[i]);
        fixture_release_array(m->dt[i]);
        fixture_release_array(m->total[i]);
    }
    fixture_release_array(m->y);
    fixture_release_array(m->dy);
    fixture_release_array(m->tangent_dy);
    fixture_release_array(m->workspace);
    f->op.workspace = m->kept;
}

static void moved_add(moved *m, const fixture *f)
{
    for (int32_t i = 0; i < f->count; i++)
        for (int64_t j = 0; j < gan__shape_count(f->in[i]); j++) m->total[i][j] += f->dx[i][j];
}

/* Forwards, and the way back from f->dy: over the tangents in m->dt, over the inputs in m->total,
 * over parameters where they always are. */
static void moved_run(moved *m, fixture *f)
{
    const gan__tail tail = f->op.tail;
    gan__op *op = &f->op;
    op->workspace = m->workspace;
    gan__tangent_forward(op);
    memcpy(m->tangent_dy, f->dy, (size_t)gan__shape_count(f->out) * sizeof *f->dy);
    for (int32_t i = 0; i < f->count; i++)
        memset(m->total[i], 0, (size_t)gan__shape_count(f->in[i]) * sizeof(float));
    const bool arrived = gan__tangent_through_tail(op, false, m->dy, m->tangent_dy);
    op->tail = (gan__tail){.activation = GAN__LINEAR};
    gan__tangent_backward(op);
    if (gan__tangent_bends(op) || gan__tangent_weighs(op)) gan__tangent_bend(op);
    if (gan__tangent_bends(op)) moved_add(m, f);
    op->dy = m->dy;
    if (arrived) op->layer->kind->backward(op);
    if (arrived) moved_add(m, f);
    op->dy = f->dy;
    op->tail = tail;
    op->workspace = m->kept;
    if (f->layer->store) gan__store_write_zeros(f->layer->store);
}

/* ---- differences ---- */

typedef struct course {
    const test_case *c;
    reference *r;
    const gan__tail *tail;
    double *t[MOST_INPUTS]; /* the tangents */
    double *y, *up;         /* out */
    const float *dy;
} course;

static double tail_of(const gan__tail *tail, double x)
{
    switch (tail->activation) {
    case GAN__RELU: return reference_activate(RELU, 0, x);
    case GAN__LEAKY_RELU: return reference_activate(LEAKY, (double)tail->parameter, x);
    case GAN__TANH: return tanh(x);
    case GAN__SIGMOID: return reference_activate(SIGMOID, 0, x);
    default: return x;
    }
}

/* y at x + step * t */
static void course_at(const course *of, double step, double *y)
{
    const double sides[2] = {step, -step};
    for (int side = 0; side < 2; side++) {
        for (int32_t i = 0; i < of->r->count; i++) {
            double *x = (double *)(uintptr_t)of->r->x[i];
            for (int64_t j = 0; j < gan__shape_count(of->r->in[i]); j++)
                x[j] += sides[side] * of->t[i][j];
        }
        if (side == 0) of->c->function(of->r, y);
    }
    for (int64_t i = 0; i < gan__shape_count(of->r->out); i++) y[i] = tail_of(of->tail, y[i]);
}

/* <dy, y'>, y' by differences, left in of->y. */
static double course_product(const course *of)
{
    const double step = 1e-4;
    double sum = 0;
    course_at(of, step, of->up);
    course_at(of, -step, of->y);
    for (int64_t i = 0; i < gan__shape_count(of->r->out); i++) {
        of->y[i] = (of->up[i] - of->y[i]) / (2 * step);
        sum += (double)of->dy[i] * of->y[i];
    }
    return sum;
}

/* Of the product over array[0..count), against `gradient`. */
static void course_check(const course *of, double *array, const float *gradient, int64_t count)
{
    const double step = 1e-4;
    double most = 0;
    for (int64_t i = 0; i < count; i++) {
        const double kept = array[i];
        array[i] = kept + step;
        const double up = course_product(of);
        array[i] = kept - step;
        const double down = course_product(of);
        array[i] = kept;
        const double expected = (up - down) / (2 * step);
        const double d = fabs(expected - (double)gradient[i]) / (1 + fabs(expected));
        if (!(d <= most)) most = isnan(d) ? 1e6 : d;
    }
    CHECK_NEAR(most, 0, 5e-5);
}

static void course_check_all(const course *of, const moved *m, fixture *f)
{
    const int64_t out = gan__shape_count(f->out);
    (void)course_product(of);
    CHECK_NEAR(difference(m->y, of->y, out), 0, 3e-5);
    for (int32_t i = 0; i < f->count; i++) {
        const int64_t count = gan__shape_count(f->in[i]);
        course_check(of, of->t[i], m->dt[i], count);
        course_check(of, (double *)(uintptr_t)of->r->x[i], m->total[i], count);
    }
    for (int32_t i = 0; i < f->layer->parameter_count && i < 4; i++) {
        const gan__parameter *p = &f->layer->parameters[i];
        if (!p->trained) continue;
        float *gradient = malloc((size_t)p->count * sizeof *gradient);
        get_gradient(f, p, gradient);
        course_check(of, (double *)(uintptr_t)of->r->p[i], gradient, p->count);
        free(gradient);
    }
}

static void check_case(gan_context *context, const test_case *c, gan__tail tail)
{
    const int before = test_errors;
    fixture f;
    moved m;
    setting mode = c->mode;
    mode.tail = tail;
    if (!CHECK_OK(fixture_open(&f, context, c->statement, c->in, case_inputs(c), mode))) return;
    if (gan__tangent_check(&f.op) != GAN_OK) {
        fixture_close(&f);
        return;
    }
    reference r = {.out = f.out, .count = f.count, .groups = f.op.groups, .starts = f.starts};
    memcpy(r.a, c->a, sizeof r.a);
    prepare(&f, c, &r);
    moved_open(&m, &f);
    f.layer->kind->forward(&f.op);
    moved_run(&m, &f);
    course of = {.c = c, .r = &r, .tail = &tail, .dy = f.dy};
    of.y = malloc((size_t)gan__shape_count(f.out) * sizeof *of.y);
    of.up = malloc((size_t)gan__shape_count(f.out) * sizeof *of.up);
    for (int32_t i = 0; i < f.count; i++) of.t[i] = widen(m.t[i], gan__shape_count(f.in[i]));
    course_check_all(&of, &m, &f);
    if (test_errors != before) printf("    in: %s, tail %d\n", c->statement, tail.activation);
    for (int32_t i = 0; i < f.count; i++) free(of.t[i]);
    free(of.y);
    free(of.up);
    reference_free(&r);
    moved_close(&m, &f);
    fixture_close(&f);
}

/* Each case plain, and with one of the tails; `few`: with one of all. */
static void check_all(gan__tier tier, bool few)
{
    gan_context *context = test_context("threads=2 seed=7");
    if (tier < context->tier) context->tier = tier;
    for (size_t i = 0; i < CASES; i++) {
        const size_t length = strcspn(cases[i].statement, " "), tails = GAN__FUSED_BACKWARD_COUNT;
        const bool tailed = gan__layer_kind_find(cases[i].statement, length)->takes_tail;
        gan__tail tail = {.parameter = 0.2f};
        if (!few || !tailed) check_case(context, &cases[i], tail);
        tail.activation = (gan__activation)(few ? i % tails : 1 + i % (tails - 1));
        if (tailed) check_case(context, &cases[i], tail);
    }
    gan_context_release(context);
}

TEST(best_tier)
{
    check_all(GAN__AVX512, false);
}
TEST(generic_tier)
{
    check_all(GAN__GENERIC, true);
}

/* ---- those without, and those that draw ---- */

static void refused(const char *statement, gan__shape in, bool training, const char *reason)
{
    gan_context *context = test_context("threads=1");
    fixture f;
    CHECK_OK(fixture_open(&f, context, statement, &in, 1, (setting){.training = training}));
    if (!reason) {
        CHECK_OK(gan__tangent_check(&f.op));
    } else {
        CHECK_STATUS(gan__tangent_check(&f.op), GAN_E_UNSUPPORTED);
        CHECK_TEXT(gan_context_message(context), reason);
    }
    fixture_close(&f);
    gan_context_release(context);
}

TEST(refused_kinds)
{
    const gan__shape picture = {4, 2, 2, 3}, number = {4, 1, 1, 1};
    refused("batchnorm", picture, true,
            "batchnorm has no tangent: it couples the samples of a batch; use instancenorm, "
            "groupnorm or layernorm");
    refused("batchnorm", picture, false, NULL);
    refused("minibatch_stddev", picture, true,
            "minibatch_stddev has no tangent: it couples the samples of a batch");
    refused("minibatch_stddev", picture, false,
            "minibatch_stddev has no tangent: it couples the samples of a batch");
    refused("embedding 4 3", number, true,
            "embedding has no tangent: what goes in are whole numbers");
    refused("onehot 4", number, false, "onehot has no tangent: what goes in are whole numbers");
}

/* All others have one, and what their form needs. */
TEST(every_kind)
{
    static const char *const without[] = {"input", "minibatch_stddev", "embedding", "onehot"};
    for (int32_t i = 0; i < gan__layer_kind_count; i++) {
        const gan__layer_kind *kind = gan__layer_kinds[i];
        bool listed = false;
        for (int j = 0; j < 4; j++) listed |= strcmp(kind->kind.name, without[j]) == 0;
        bool good = listed == (kind->tangent_form == GAN__TANGENT_NONE) &&
                    (kind->tangent != NULL) == (kind->tangent_form == GAN__TANGENT_OWN) &&
                    (kind->tangent_form != GAN__TANGENT_SYMMETRIC || kind->operands == 1) &&
                    (!kind->straight || kind->bend);
        /* Only `input` is never asked. */
        if (listed || kind->couples) good &= kind->no_tangent || i == 0;
        if (!CHECK(good)) printf("    %s\n", kind->kind.name);
    }
}

/* The same mask; noise is a constant. */
TEST(random_kinds)
{
    static const char *const statements[] = {"dropout 0.4", "noise 0.5"};
    gan_context *context = test_context("threads=2 seed=3");
    for (int k = 0; k < 4; k++) {
        fixture f;
        moved m;
        const gan__shape in = {2, 3, 3, 7};
        const bool training = k < 2, drops = k % 2 == 0;
        CHECK_OK(
            fixture_open(&f, context, statements[k % 2], &in, 1, (setting){.training = training}));
        moved_open(&m, &f);
        f.layer->kind->forward(&f.op);
        moved_run(&m, &f);
        int zeros = 0;
        for (int64_t i = 0; i < gan__shape_count(in); i++) {
            float factor = drops && training ? (f.y[i] == 0.0f ? 0.0f : 1.0f / 0.6f) : 1.0f;
            zeros += factor == 0.0f;
            CHECK_NEAR(m.y[i], factor * m.t[0][i], 1e-6);
            CHECK_NEAR(m.dt[0][i], factor * f.dy[i], 1e-6);
            CHECK(m.total[0][i] == 0);
        }
        CHECK((zeros > 20) == (drops && training));
        moved_close(&m, &f);
        fixture_close(&f);
    }
    gan_context_release(context);
}

/* A second pass adds to the parameters' gradients; without want_weights nothing is added. */
TEST(accumulation)
{
    static const char *const statements[] = {"dense 5",
                                             "conv2d 4 pad=reflect:1",
                                             "conv_transpose2d 3 stride=2",
                                             "conv2d 4 spectral=yes",
                                             "prelu",
                                             "prelu per_channel=yes",
                                             "layernorm",
                                             "groupnorm 3",
                                             "batchnorm",
                                             "instancenorm affine=yes",
                                             "dense 3 spectral=yes"};
    gan_context *context = test_context("threads=2 seed=7");
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++) {
        fixture f;
        moved m;
        const gan__shape in = {3, 4, 4, 3};
        const bool training = strcmp(statements[i], "batchnorm") != 0;
        CHECK_OK(fixture_open(&f, context, statements[i], &in, 1,
                              (setting){.training = training, .tail = {.activation = GAN__TANH}}));
        if (!f.layer->kind->takes_tail) f.op.tail = (gan__tail){.activation = GAN__LINEAR};
        const size_t size = (size_t)f.layer->store->weight_count * sizeof(float);
        const float *gradients = f.layer->store->gradients;
        float *once = malloc(size), *buffers = malloc(1024);
        moved_open(&m, &f);
        f.layer->kind->forward(&f.op);
        const size_t kept = (size_t)f.layer->store->buffer_count * sizeof(float);
        if (kept > 0) memcpy(buffers, f.layer->store->buffers, kept);
        moved_run(&m, &f);
        memcpy(once, gradients, size);
        moved_run(&m, &f);
        double most = 0;
        for (int64_t j = 0; j < f.layer->store->weight_count; j++)
            most = fmax(most, fabs((double)gradients[j] - 2.0 * (double)once[j]));
        CHECK_NEAR(most, 0, 2e-5);
        memcpy(once, gradients, size);
        f.op.want_weights = false;
        moved_run(&m, &f);
        CHECK(memcmp(once, gradients, size) == 0);
        CHECK(kept == 0 || memcmp(buffers, f.layer->store->buffers, kept) == 0);
        free(once);
        free(buffers);
        moved_close(&m, &f);
        fixture_close(&f);
    }
    gan_context_release(context);
}

int main(void)
{
    RUN(best_tier);
    RUN(generic_tier);
    RUN(refused_kinds);
    RUN(every_kind);
    RUN(random_kinds);
    RUN(accumulation);
    return test_report();
}
