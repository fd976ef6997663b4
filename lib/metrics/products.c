/* products.c: a product is cut into blocks of rows, a task each, and a block into tiles as wide as
 * the tier's kernel; operands are widened and packed on the way. */
#include "metrics/products.h"

#include "base/parallel.h"
#include "kernels/kernels.h"

#include <string.h>

/* Steps that are packed at a time: a panel and a block of rows fit into the level-2 cache. */
enum { PRODUCTS_DEPTH = 1024, PRODUCTS_WIDEST = 16 };

typedef struct products_job {
    gan_context *context;
    const gan__vector_kernels *kernels;
    const gan__products *products;
} products_job;

/* The scratch of one worker. */
typedef struct products_work {
    double a[GAN__PRODUCT_ROWS * PRODUCTS_DEPTH];
    double panel[PRODUCTS_WIDEST * PRODUCTS_DEPTH];
    double tile[GAN__PRODUCT_ROWS * PRODUCTS_WIDEST];
} products_work;

static double products_element(const gan__operand *x, int64_t at)
{
    const double value = x->floats ? (double)x->floats[at] : x->doubles[at];
    return x->scale != 0.0 ? x->scale * value : value;
}

/* Elements [k, k + depth) of rows [first, first + rows), and zeros up to `all` rows. */
typedef struct products_part {
    int64_t first, rows, all, k, depth;
} products_part;

/* Element j of row i at to[i * row + j * step]. */
static void products_pack(const gan__operand *x, const products_part *p, double *to, int64_t row,
                          int64_t step)
{
    for (int64_t i = 0; i < p->all; i++)
        for (int64_t j = 0; j < p->depth; j++)
            to[i * row + j * step] =
                i < p->rows ? products_element(x, (p->first + i) * x->row + (p->k + j) * x->step)
                            : 0.0;
}

/* Copies between the tile, whose rows are `width` apart, and the matrix. */
static void products_move(const gan__products *p, gan__product_tile *t, double *tile, bool out)
{
    for (int64_t i = 0; i < t->rows; i++) {
        double *there = p->into + (t->row + i) * p->into_stride + t->column;
        double *here = tile + i * t->stride;
        memcpy(out ? there : here, out ? here : there, (size_t)t->columns * sizeof *here);
    }
}

/* One tile, whose rows are in work->a if all steps of them fit there at once. */
static void products_tile(const products_job *job, products_work *work, gan__product_tile *t)
{
    const gan__products *p = job->products;
    const int64_t width = job->kernels->gram_columns;
    const int64_t whole = (t->rows + GAN__GRAM_ROWS - 1) / GAN__GRAM_ROWS * GAN__GRAM_ROWS;
    memset(work->tile, 0, sizeof work->tile);
    if (p->into) products_move(p, t, work->tile, false);
    for (int64_t k = 0; k < p->depth; k += PRODUCTS_DEPTH) {
        const int64_t depth = p->depth - k < PRODUCTS_DEPTH ? p->depth - k : PRODUCTS_DEPTH;
        const products_part own = {t->row, t->rows, whole, k, depth};
        const products_part other = {t->column, t->columns, width, k, depth};
        if (p->depth > PRODUCTS_DEPTH) products_pack(&p->a, &own, work->a, depth, 1);
        products_pack(&p->b, &other, work->panel, 1, width);
        for (int64_t i = 0; i < whole; i += GAN__GRAM_ROWS)
            job->kernels->gram(depth, work->a + i * depth, work->panel, work->tile + i * width);
    }
}

static void products_task(void *argument, int64_t index, int32_t worker)
{
    const products_job *job = argument;
    const gan__products *p = job->products;
    products_work *work = gan__scratch_of(job->context, worker);
    const int64_t width = job->kernels->gram_columns, row = index * GAN__PRODUCT_ROWS;
    const int64_t rows = p->rows - row < GAN__PRODUCT_ROWS ? p->rows - row : GAN__PRODUCT_ROWS;
    const products_part own = {row, rows, GAN__PRODUCT_ROWS, 0, p->depth};
    if (p->depth <= PRODUCTS_DEPTH) products_pack(&p->a, &own, work->a, p->depth, 1);
    for (int64_t j = p->upper ? row / width * width : 0; j < p->columns; j += width) {
        const int64_t columns = p->columns - j < width ? p->columns - j : width;
        gan__product_tile t = {row, rows, j, columns, width, work->tile};
        products_tile(job, work, &t);
        if (p->into)
            products_move(p, &t, work->tile, true);
        else
            p->visit(p->argument, &t);
    }
}

gan_status gan__products_run(gan_context *context, const gan__products *products)
{
    products_job job = {context, gan__kernels_of(context)->vector, products};
    GAN__TRY(gan__scratch_reserve(context, sizeof(products_work)));
    gan__parallel_for(context, (products->rows + GAN__PRODUCT_ROWS - 1) / GAN__PRODUCT_ROWS,
                      products_task, &job);
    return GAN_OK;
}

void gan__row_squares(const float *rows, int64_t count, int64_t width, double *squares)
{
    for (int64_t i = 0; i < count; i++) {
        double sum = 0;
        for (int64_t k = 0; k < width; k++) {
            const double x = (double)rows[i * width + k];
            sum += x * x;
        }
        squares[i] = sum;
    }
}
