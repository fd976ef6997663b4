/* moments.c: mean and covariance of rows, in double, whatever the number of rows. */
#include "metrics/metric.h"

#include "base/memory.h"
#include "metrics/products.h"

#include <string.h>

/* Rows that are added at a time; the sums do not depend on it. */
enum { MOMENTS_ROWS = 256 };

void gan__moments_free(gan_context *context, gan__moments *moments)
{
    gan__free(context, moments->shift);
    gan__free(context, moments->sum);
    gan__free(context, moments->products);
    gan__free(context, moments->block);
    memset(moments, 0, sizeof *moments);
}

/* Numbers that lie far from 0 have squares that drown their differences: all are taken from the
 * first row, which is among them. */
static gan_status moments_begin(gan_context *context, gan__moments *moments, const float *row,
                                int64_t width)
{
    const size_t count = (size_t)width;
    gan_status status = gan__allocate(context, &moments->shift, count, sizeof(double));
    if (status == GAN_OK) status = gan__allocate(context, &moments->sum, count, sizeof(double));
    if (status == GAN_OK)
        status = gan__allocate_raw(context, &moments->block, count, MOMENTS_ROWS * sizeof(double));
    size_t row_size;
    if (!gan__multiply_size(count, sizeof(double), &row_size)) row_size = SIZE_MAX;
    if (status == GAN_OK) status = gan__allocate(context, &moments->products, count, row_size);
    if (status != GAN_OK) {
        gan__moments_free(context, moments);
        return status;
    }
    for (int64_t j = 0; j < width; j++) moments->shift[j] = (double)row[j];
    return GAN_OK;
}

static gan_status moments_add_block(gan_context *context, gan__moments *moments, const float *rows,
                                    int64_t count, int64_t width)
{
    const gan__operand columns = {.doubles = moments->block, .row = 1, .step = width};
    const gan__products products = {.rows = width,
                                    .columns = width,
                                    .depth = count,
                                    .a = columns,
                                    .b = columns,
                                    .upper = true,
                                    .into = moments->products,
                                    .into_stride = width};
    for (int64_t i = 0; i < count; i++)
        for (int64_t j = 0; j < width; j++) {
            const double x = (double)rows[i * width + j] - moments->shift[j];
            moments->block[i * width + j] = x;
        }
    GAN__TRY(gan__products_run(context, &products)); /* all or nothing */
    for (int64_t i = 0; i < count; i++)
        for (int64_t j = 0; j < width; j++) moments->sum[j] += moments->block[i * width + j];
    return GAN_OK;
}

/* Only the first block can fail: for lack of scratch. */
gan_status gan__moments_add(gan_context *context, gan__moments *moments, const float *rows,
                            int64_t count, int64_t width)
{
    if (!moments->shift) GAN__TRY(moments_begin(context, moments, rows, width));
    for (int64_t done = 0; done < count; done += MOMENTS_ROWS) {
        const int64_t n = count - done < MOMENTS_ROWS ? count - done : MOMENTS_ROWS;
        GAN__TRY(moments_add_block(context, moments, rows + done * width, n, width));
    }
    return GAN_OK;
}

double gan__moments_mean(const gan__moments *moments, int64_t count, int64_t index)
{
    return moments->shift[index] + moments->sum[index] / (double)count;
}

void gan__moments_covariance(const gan__moments *moments, int64_t count, int64_t width,
                             double *covariance)
{
    for (int64_t i = 0; i < width; i++)
        for (int64_t j = i; j < width; j++) {
            const double less = moments->sum[i] * moments->sum[j] / (double)count;
            const double value = (moments->products[i * width + j] - less) / (double)(count - 1);
            covariance[i * width + j] = covariance[j * width + i] = value;
        }
}
