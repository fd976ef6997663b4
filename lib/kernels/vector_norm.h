/* vector_norm.h: sums of columns and the passes of normalisation, for each tier. Contracts:
 * vector.h. */

/* What is summed: x; x * y; x - mean and its square; g and g * (x - mean). */
#ifndef GAN__VECTOR_NORM_H
#define GAN__VECTOR_NORM_H
typedef enum gan__column_term {
    GAN__COLUMN_SUM,
    GAN__COLUMN_DOT,
    GAN__COLUMN_MOMENTS,
    GAN__COLUMN_GRADIENT
} gan__column_term;

/* Wide matrices are read row by row, which memory serves best; narrow ones four rows at a time,
 * which spares visits to the float32 sums. */
enum { GAN__COLUMN_NARROW = 64, GAN__COLUMN_ROWS = 4 };
#endif

INLINE v_float TIER(norm_gradient)(gan__activation f, const gan__norm_block *block, int64_t at,
                                   int64_t n)
{
    v_float dy = v_get(block->dy + at, n);
    if (f == GAN__LINEAR) return dy;
    return TIER(math_slope_output)(f, v_get(block->y + at, n), dy, v_set(block->parameter));
}

/* Adds row elements at.. to *a and *b. */
INLINE void TIER(norm_term)(gan__column_term term, gan__activation f, const gan__norm_block *block,
                            const float *gamma, int64_t at, v_float mean, int64_t n, v_float *a,
                            v_float *b)
{
    v_float x = v_get(block->x + at, n), g;
    switch (term) {
    case GAN__COLUMN_SUM: *a = *a + x; break;
    case GAN__COLUMN_DOT: *a = v_fma(x, v_get(block->y + at, n), *a); break;
    case GAN__COLUMN_MOMENTS:
        x = x - mean;
        *a = *a + x;
        *b = v_fma(x, x, *b);
        break;
    default:
        g = TIER(norm_gradient)(f, block, at, n);
        if (gamma) g = g * v_get(gamma + at, n);
        *a = *a + g;
        *b = v_fma(g, x - mean, *b);
        break;
    }
}

/* `rows` rows from `row` on, all columns: float32 chains that start at 0 where `row` starts a
 * block. */
INLINE void TIER(norm_rows)(gan__column_term term, gan__activation f, const gan__norm_block *block,
                            const float *gamma, int64_t row, int64_t rows, float *a, float *b)
{
    const bool two = term >= GAN__COLUMN_MOMENTS;
    const bool first = row % GAN__ROW_BLOCK == 0;
    EACH(block->columns, {
        v_float mean = two ? v_get(block->mean + i, n) : v_set(0.0f);
        v_float sum = first ? v_set(0.0f) : v_get(a + i, n);
        v_float dot = first || !two ? v_set(0.0f) : v_get(b + i, n);
        for (int64_t r = row; r < row + rows; r++)
            TIER(norm_term)(term, f, block, gamma, r * block->stride + i, mean, n, &sum, &dot);
        v_put(a + i, n, sum);
        if (two) v_put(b + i, n, dot);
    });
}

INLINE void TIER(norm_into_doubles)(int64_t columns, const float *a, double *sum)
{
    EACH(columns, v_dput(sum + i, n, v_dadd(v_dget(sum + i, n), v_widen(v_get(a + i, n)))););
}

INLINE void TIER(norm_columns)(gan__column_term term, gan__activation f,
                               const gan__norm_block *given, const float *gamma, double *sum,
                               double *dot)
{
    float a[GAN__COLUMNS], b[GAN__COLUMNS];
    const gan__norm_block block = *given;
    for (int64_t row = 0; row < block.rows;) {
        if (block.columns <= GAN__COLUMN_NARROW && block.rows - row >= GAN__COLUMN_ROWS) {
            TIER(norm_rows)(term, f, &block, gamma, row, GAN__COLUMN_ROWS, a, b);
            row += GAN__COLUMN_ROWS;
        } else {
            TIER(norm_rows)(term, f, &block, gamma, row, 1, a, b);
            row++;
        }
        if (row < block.rows && row % GAN__ROW_BLOCK != 0) continue;
        TIER(norm_into_doubles)(block.columns, a, sum);
        if (term >= GAN__COLUMN_MOMENTS) TIER(norm_into_doubles)(block.columns, b, dot);
    }
}

KERNEL(column_sum)(int64_t rows, int64_t columns, int64_t stride, const float *x, double *sum)
{
    const gan__norm_block block = {.rows = rows, .columns = columns, .stride = stride, .x = x};
    TIER(norm_columns)(GAN__COLUMN_SUM, GAN__LINEAR, &block, NULL, sum, NULL);
}

KERNEL(column_dot)
(int64_t rows, int64_t columns, int64_t stride, const float *x, const float *y, double *sum)
{
    const gan__norm_block block = {
        .rows = rows, .columns = columns, .stride = stride, .x = x, .y = y};
    TIER(norm_columns)(GAN__COLUMN_DOT, GAN__LINEAR, &block, NULL, sum, NULL);
}

KERNEL(column_moments)
(int64_t rows, int64_t columns, int64_t stride, const float *x, const float *pivot, double *sum,
 double *squares)
{
    const gan__norm_block block = {
        .rows = rows, .columns = columns, .stride = stride, .x = x, .mean = pivot};
    TIER(norm_columns)(GAN__COLUMN_MOMENTS, GAN__LINEAR, &block, NULL, sum, squares);
}

#define NORM_FORWARD(name, f)                                                                      \
    KERNEL(norm_forward_##name)                                                                    \
    (const gan__norm_block *given, const float *scale, const float *offset, float *y)              \
    {                                                                                              \
        const gan__norm_block block = *given;                                                      \
        const v_float p = v_set(block.parameter);                                                  \
        for (int64_t row = 0; row < block.rows; row++) {                                           \
            const float *x = block.x + row * block.stride;                                         \
            float *to = y + row * block.stride;                                                    \
            EACH(block.columns, {                                                                  \
                v_float z = v_fma(v_get(x + i, n) - v_get(block.mean + i, n), v_get(scale + i, n), \
                                  v_get(offset + i, n));                                           \
                v_put(to + i, n, TIER(math_activate)(f, z, p));                                    \
            });                                                                                    \
        }                                                                                          \
    }

#define NORM_BACKWARD(name, f)                                                           \
    KERNEL(norm_sums_##name)                                                             \
    (const gan__norm_block *block, const float *gamma, double *sum, double *dot)         \
    {                                                                                    \
        if (gamma)                                                                       \
            TIER(norm_columns)(GAN__COLUMN_GRADIENT, f, block, gamma, sum, dot);         \
        else                                                                             \
            TIER(norm_columns)(GAN__COLUMN_GRADIENT, f, block, NULL, sum, dot);          \
    }                                                                                    \
    KERNEL(norm_input_##name)                                                            \
    (const gan__norm_block *given, const float *of_gradient, const float *of_input,      \
     const float *constant, float *dx)                                                   \
    {                                                                                    \
        const gan__norm_block block = *given;                                            \
        for (int64_t row = 0; row < block.rows; row++) {                                 \
            const int64_t at = row * block.stride;                                       \
            EACH(block.columns, {                                                        \
                v_float g = TIER(norm_gradient)(f, &block, at + i, n);                   \
                v_float x = v_get(block.x + at + i, n) - v_get(block.mean + i, n);       \
                v_float rest = v_fma(v_get(of_input + i, n), x, v_get(constant + i, n)); \
                v_put(dx + at + i, n, v_fma(v_get(of_gradient + i, n), g, rest));        \
            });                                                                          \
        }                                                                                \
    }

KERNEL(norm_bend)
(const gan__norm_block *given, const float *of_gradient, const float *of_tangent,
 const float *of_input, const float *constant, float *dx)
{
    const gan__norm_block block = *given;
    for (int64_t row = 0; row < block.rows; row++) {
        const int64_t at = row * block.stride;
        EACH(block.columns, {
            v_float x = v_get(block.x + at + i, n) - v_get(block.mean + i, n);
            v_float rest = v_fma(v_get(of_input + i, n), x, v_get(constant + i, n));
            rest = v_fma(v_get(of_tangent + i, n), v_get(block.y + at + i, n), rest);
            rest = v_fma(v_get(of_gradient + i, n), v_get(block.dy + at + i, n), rest);
            v_put(dx + at + i, n, rest);
        });
    }
}

NORM_FORWARD(linear, GAN__LINEAR)
NORM_FORWARD(relu, GAN__RELU)
NORM_FORWARD(leaky_relu, GAN__LEAKY_RELU)
NORM_FORWARD(tanh, GAN__TANH)
NORM_FORWARD(sigmoid, GAN__SIGMOID)
NORM_FORWARD(elu, GAN__ELU)

NORM_BACKWARD(linear, GAN__LINEAR)
NORM_BACKWARD(relu, GAN__RELU)
NORM_BACKWARD(leaky_relu, GAN__LEAKY_RELU)
NORM_BACKWARD(tanh, GAN__TANH)
NORM_BACKWARD(sigmoid, GAN__SIGMOID)
