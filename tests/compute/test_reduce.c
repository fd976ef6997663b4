/* Sums: exact on small integers, the stated order, the same bits for all threads and tiers. */
#include "compute/contexts.h"

#include "compute/reduce.h"

#include <math.h>

static gan_context *context;
static const int64_t lengths[] = {0,    1,    15,    16,    17,     4095,
                                  4096, 4097, 16384, 16385, 100000, 3000001};

TEST(integers)
{
    for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++) {
        int64_t count = lengths[k];
        float *x = contexts_array(count), *y = contexts_array(count);
        double sum = 0, squares = 0, dot = 0;
        for (int64_t i = 0; i < count; i++) {
            x[i] = rintf(x[i] * 100);
            y[i] = rintf(y[i] * 100);
            sum += (double)x[i];
            squares += (double)x[i] * (double)x[i];
            dot += (double)x[i] * (double)y[i];
        }
        CHECK(gan__sum(context, count, x) == sum);
        CHECK(gan__sum_squares(context, count, x) == squares);
        CHECK(gan__dot(context, count, x, y) == dot);
        free(x);
        free(y);
    }
}

static void term_of(const void *argument, int64_t start, int64_t count, double lanes[16])
{
    const float *x = argument;
    for (int64_t i = 0; i < count; i++) lanes[i % 16] += (double)x[start + i];
}

TEST(terms_in_the_same_order)
{
    float *x = contexts_array(100001);
    CHECK(gan__sum(context, 100001, x) == gan__sum_terms(context, 100001, term_of, x));
    free(x);
}

TEST(accuracy)
{
    enum { COUNT = 1 << 21 };
    float *x = contexts_array(COUNT);
    long double sum = 0;
    for (int i = 0; i < COUNT; i++) sum += (long double)(x[i] += 1e6f);
    CHECK_NEAR(gan__sum(context, COUNT, x), (double)sum, 1e-12 * (double)sum);
    x[77] = NAN;
    CHECK(isnan(gan__sum(context, COUNT, x)));
    free(x);
}

static const int64_t shapes[][2] = {{0, 5},    {1, 1},     {3, 700},    {64, 256},
                                    {65, 257}, {1000, 17}, {20000, 64}, {5000, 3}};

TEST(columns)
{
    for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++) {
        int64_t rows = shapes[k][0], columns = shapes[k][1];
        float *x = contexts_array(rows * columns), *y = contexts_array(rows * columns);
        float *sum = contexts_array(columns), *dot = contexts_array(columns);
        for (int64_t i = 0; i < columns; i++) dot[i] = 7;
        gan__column_sum(context, rows, columns, x, false, sum);
        gan__column_dot(context, rows, columns, x, y, true, dot);
        for (int64_t c = 0; c < columns; c++) {
            double expected[2] = {0, 7};
            for (int64_t r = 0; r < rows; r++) {
                expected[0] += (double)x[r * columns + c];
                expected[1] += (double)x[r * columns + c] * (double)y[r * columns + c];
            }
            double tolerance = 1e-6 + 1e-7 * sqrt((double)rows) * 8;
            CHECK_NEAR(sum[c], expected[0], tolerance);
            CHECK_NEAR(dot[c], expected[1], tolerance);
        }
        free(x);
        free(y);
        free(sum);
        free(dot);
    }
}

enum { ROWS = 3000, COLUMNS = 300 };
static float *reduce_x, *reduce_y;

static void reduce_all(gan_context *on, void *argument, float *result)
{
    double sums[4];
    (void)argument;
    sums[0] = gan__sum(on, ROWS * COLUMNS, reduce_x);
    sums[1] = gan__dot(on, ROWS * COLUMNS - 3, reduce_x + 1, reduce_y);
    sums[2] = gan__sum_squares(on, 77777, reduce_y);
    sums[3] = gan__sum_terms(on, 77777, term_of, reduce_x);
    memcpy(result, sums, sizeof sums);
    result += 8;
    gan__column_sum(on, ROWS, COLUMNS, reduce_x, false, result);
    gan__column_dot(on, ROWS, COLUMNS, reduce_x, reduce_y, true, result + COLUMNS);
}

TEST(same_bits)
{
    float result[8 + 2 * COLUMNS];
    reduce_x = contexts_array(ROWS * COLUMNS);
    reduce_y = contexts_array(ROWS * COLUMNS);
    contexts_run(reduce_all, NULL, 8 + 2 * COLUMNS, result);
    free(reduce_x);
    free(reduce_y);
}

int main(void)
{
    CHECK_OK(gan_context_create(&context, "threads=2", NULL, NULL, 0));
    RUN(integers);
    RUN(terms_in_the_same_order);
    RUN(accuracy);
    RUN(columns);
    RUN(same_bits);
    gan_context_release(context);
    return test_report();
}
