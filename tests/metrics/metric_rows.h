/* metric_rows.h: rows of numbers that make_vectors.py makes, too, and metrics over them. */
#ifndef METRIC_ROWS_H
#define METRIC_ROWS_H

#include <gan/gan.h>

#include "test.h"

#include <math.h>
#include <stdlib.h>

typedef struct rows_plan {
    uint64_t seed;
    int64_t count, width;
    float scale, shift;
    int64_t rank; /* 0: full */
} rows_plan;

TEST_UNUSED static double next_sum(uint64_t *state)
{
    int64_t total = 0;
    for (int i = 0; i < 4; i++) {
        *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        total += (int64_t)(*state >> 48);
    }
    return (double)(total - 131072) / 32768.0;
}

/* About normal numbers; a new tensor. */
TEST_UNUSED static gan_tensor *make_rows(gan_context *context, const rows_plan *p)
{
    const int64_t shape[2] = {p->count, p->width}, inner = p->rank ? p->rank : p->width;
    double *base = malloc((size_t)inner * sizeof *base);
    uint64_t state = p->seed;
    gan_tensor *tensor = NULL;
    CHECK_OK(gan_tensor_create(&tensor, context, GAN_FLOAT32, 2, shape));
    float *to = gan_tensor_data(tensor);
    for (int64_t i = 0; i < p->count; i++) {
        for (int64_t k = 0; k < inner; k++) base[k] = next_sum(&state);
        for (int64_t j = 0; j < p->width; j++) {
            double sum = p->rank ? 0.0 : base[j];
            for (int64_t k = 0; k < p->rank; k++)
                sum += base[k] * (double)((3 * k + 5 * j) % 7 - 3);
            to[i * p->width + j] = p->scale * (float)sum + p->shift;
        }
    }
    free(base);
    return tensor;
}

TEST_UNUSED static gan_context *make_context(const char *spec)
{
    gan_context *context = NULL;
    char message[256];
    if (!CHECK_OK(gan_context_create(&context, spec, NULL, message, sizeof message))) {
        puts(message);
        exit(1);
    }
    return context;
}

/* Adds rows [first, first + count). */
TEST_UNUSED static void add_part(gan_metric *metric, const char *set, gan_tensor *rows,
                                 int64_t first, int64_t count)
{
    gan_tensor *part = NULL;
    CHECK_OK(gan_tensor_slice(&part, rows, 0, first, count));
    CHECK_OK(gan_metric_add(metric, set, part));
    gan_tensor_release(part);
}

/* A metric of two sets, or of one where `b` is NULL; the second one's name is `second`. */
TEST_UNUSED static gan_metric *metric_over(gan_context *context, const char *spec, gan_tensor *a,
                                           const char *second, gan_tensor *b)
{
    gan_metric *metric = NULL;
    if (!CHECK_OK(gan_metric_create(&metric, context, spec))) puts(gan_context_message(context));
    const char *first = second && !strcmp(second, "fake") ? "real" : "fake";
    CHECK_OK(gan_metric_add(metric, first, a));
    if (b) CHECK_OK(gan_metric_add(metric, second, b));
    return metric;
}

TEST_UNUSED static double value_of(gan_metric *metric, const char *name)
{
    double value = 0;
    CHECK_OK(gan_metric_value(metric, name, &value));
    return value;
}

/* One value of a metric that is made for it alone. */
TEST_UNUSED static double figure(gan_context *context, const char *spec, const char *name,
                                 gan_tensor *real, gan_tensor *fake)
{
    gan_metric *metric = metric_over(context, spec, real, "fake", fake);
    const double value = value_of(metric, name);
    gan_metric_release(metric);
    return value;
}

#endif
