/* Every layer against PyTorch: results, gradients, buffers afterwards. vectors.h was made by
 * make_vectors.py. */
#include "harness.h"

typedef struct vector {
    const char *statement;
    int32_t training;
    gan__shape in[3];
    int32_t count;
    struct {
        const char *name; /* y, x0, x1, ..., a parameter (its gradient) or a buffer (its value) */
        double product[2];
    } array[8];
} vector;

#include "vectors.h"

static uint32_t stream_of(const char *name)
{
    uint32_t sum = 0;
    for (; *name; name++) sum += (uint8_t)*name;
    return sum;
}

static void prepare(fixture *f)
{
    for (int32_t i = 0; i < f->layer->parameter_count; i++) {
        const gan__parameter *p = &f->layer->parameters[i];
        if (p->integer) continue;
        float *torch = malloc((size_t)p->count * sizeof *torch);
        fill_mixed(torch, p->count, stream_of(p->name));
        for (int64_t j = 0; j < p->count && strstr(p->name, "var"); j++) torch[j] += 1.5f;
        set_parameter(f, p, torch);
        free(torch);
    }
}

/* The products of an array with two streams, and the length that rounding is measured by. */
static void check_products(const float *array, int64_t count, const double expected[2])
{
    for (uint32_t s = 0; s < 2; s++) {
        double sum = 0, squares = 0;
        for (int64_t i = 0; i < count; i++) {
            sum += (double)array[i] * (double)mixed(201 + s, (uint32_t)i);
            squares += (double)array[i] * (double)array[i];
        }
        CHECK_NEAR(sum, expected[s], 1e-6 * (1 + sqrt(squares)));
    }
}

static void check_parameter(fixture *f, const char *name, const double expected[2])
{
    const gan__parameter *p = gan__layer_parameter(f->layer, name);
    if (!CHECK(p != NULL)) return;
    float *torch = malloc((size_t)p->count * sizeof *torch);
    if (p->trained)
        get_gradient(f, p, torch);
    else
        gan__parameter_export(p, gan__parameter_value(f->layer, p), torch);
    check_products(torch, p->count, expected);
    free(torch);
}

static void run_vector(gan_context *context, const vector *v)
{
    fixture f;
    int before = test_errors, parameters = 0;
    if (!CHECK_OK(fixture_open(&f, context, v->statement, v->in, v->count,
                               (setting){.training = v->training != 0}))) {
        printf("%s\n", gan_context_message(context));
        fixture_close(&f);
        return;
    }
    prepare(&f);
    fixture_run(&f);
    for (int32_t i = 0; i < 8 && v->array[i].name; i++) {
        const char *name = v->array[i].name;
        if (strcmp(name, "y") == 0) {
            check_products(f.y, gan__shape_count(f.out), v->array[i].product);
        } else if (name[0] == 'x') {
            int32_t j = name[1] - '0';
            check_products(f.dx[j], gan__shape_count(f.in[j]), v->array[i].product);
        } else {
            parameters++;
            check_parameter(&f, name, v->array[i].product);
        }
    }
    for (int32_t i = 0; i < f.layer->parameter_count; i++)
        parameters -= !f.layer->parameters[i].integer;
    CHECK_INT(parameters, 0);
    CHECK(fixture_guarded(&f));
    if (test_errors != before) printf("    in: %s\n", v->statement);
    fixture_close(&f);
}

TEST(vectors)
{
    gan_context *context = test_context("threads=2");
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++)
        run_vector(context, &vectors[i]);
    gan_context_release(context);
}

int main(void)
{
    RUN(vectors);
    return test_report();
}
