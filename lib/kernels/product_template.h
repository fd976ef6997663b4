/* product_template.h: the bodies of product.h, included once for each tier, which defines
 *
 *     TIER(name)      name_TIER
 *     TARGET          attribute that allows the tier's instructions
 *     ROWS VECTORS    the full tile; columns = VECTORS * LANES; ROWS is 4 or 6, VECTORS 2, 4 or 8
 *     LANES           of a vector
 *     VECTOR MASK     types; a mask selects the first lanes of a vector
 *     MASK_OF(count)  of 1..LANES lanes
 *     ZERO LOAD(p) STORE(p, v) LOAD_MASKED(p, m) STORE_MASKED(p, m, v) BROADCAST(p) FMA(a, b, c)
 *     ADD(a, b) SUB(a, b) MUL(a, b) SET(number)
 *     FETCH(p)        brings the cache line of p into the level-2 cache, or does nothing
 *     BLOCK           product_transpose_block_TIER transposes BLOCK x BLOCK elements
 *
 * It ends in the tier's table and undefines all of these. Loops over rows and vectors are unrolled
 * by pragma: accumulators are registers only if every index is a constant. */

#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 32")
#endif
#if defined(__GNUC__)
#define INLINE static inline __attribute__((always_inline))
#else
#define INLINE static inline
#endif

#define LINE 16 /* floats in a cache line */

/* Kinds of bodies: how they find A. Fetching: with `ahead`. Depth: an element of A is a vector. */
#define GATHERING 0
#define FETCHING 1
#define OUTER 2
#define DEPTH 4

/* A vector of B or C; only the last of a narrow tile is masked. */
INLINE TARGET VECTOR TIER(product_load)(const float *p, const bool masked, MASK mask)
{
    return masked ? LOAD_MASKED(p, mask) : LOAD(p);
}

INLINE TARGET void TIER(product_store)(float *p, VECTOR value, const bool masked, MASK mask)
{
    if (masked)
        STORE_MASKED(p, mask, value);
    else
        STORE(p, value);
}

/* What is due before steps [k, k + steps) of line t; `look` counts these calls. */
INLINE TARGET void TIER(product_fetch)(const gan__tile *tile, int64_t t, int64_t k, int64_t steps,
                                       int64_t look)
{
    const gan__ahead *ahead = tile->ahead;
    const int64_t end = ahead->b_to < steps ? ahead->b_to : steps;
    if (ahead->a) {
        const int64_t start = (tile->a_line ? tile->a_line[t] : 0) + tile->a_shift + k;
        UNROLL for (int i = 0; i < ROWS; i++) FETCH(ahead->a[i] + start);
    }
    for (int64_t s = ahead->b_from; ahead->b && s < end; s++) {
        const float *b = ahead->b + (tile->b_line[t] + k + s) * tile->b_step;
        UNROLL for (int j = 0; j < VECTORS * LANES; j += LINE) FETCH(b + j);
    }
    if (ahead->c && look * LINE < VECTORS * LANES)
        UNROLL for (int i = 0; i < ROWS; i++) FETCH(ahead->c[i] + tile->c_shift + look * LINE);
}

/* From `rows` on, constants of each instance. */
INLINE TARGET void TIER(product_body)(const gan__tile *tile, MASK mask, const int rows,
                                      const int vectors, const bool masked, const int kind)
{
    const bool outer = kind & OUTER, depth = kind & DEPTH;
    VECTOR c[ROWS][VECTORS];
    if (tile->accumulate) {
        UNROLL for (int i = 0; i < rows; i++)
        {
            const float *from = tile->c[i] + tile->c_shift;
            UNROLL for (int v = 0; v < vectors; v++)
            {
                c[i][v] = TIER(product_load)(from + v * LANES, masked && v == vectors - 1, mask);
            }
        }
    } else {
        UNROLL for (int i = 0; i < rows; i++)
        {
            UNROLL for (int v = 0; v < vectors; v++) c[i][v] = ZERO;
        }
    }
    const int64_t a_step = outer ? tile->a_step : 1, b_step = tile->b_step;
    const int64_t steps = tile->steps, lines = tile->lines;
    int64_t look = 0;
    for (int64_t t = 0; t < lines; t++) {
        const float *a[ROWS];
        const float *b = tile->b;
        if (!depth) b = outer ? tile->b_lines[t] + tile->b_shift : b + tile->b_line[t] * b_step;
        const int64_t start = tile->a_shift + (!outer && tile->a_line ? tile->a_line[t] : 0);
        UNROLL for (int i = 0; i < rows; i++)
            a[i] = (outer && !depth ? tile->a[t] + i : tile->a[i]) + start;
        int64_t k = 0;
        for (int64_t left = steps; left > 0;) {
            int64_t some = left;
            if (kind == FETCHING) {
                if (some > GAN__AHEAD_STEPS) some = GAN__AHEAD_STEPS;
                TIER(product_fetch)(tile, t, k, some, look++);
            }
            left -= some;
            for (; some > 0; some--, k += a_step, b += b_step) {
                VECTOR x[VECTORS];
                if (outer && (kind & FETCHING)) {
                    FETCH(a[0] + k + tile->ahead->a_far);
                    FETCH(b + tile->ahead->b_far);
                }
                UNROLL for (int v = 0; v < vectors; v++)
                {
                    x[v] = TIER(product_load)(b + v * LANES, masked && v == vectors - 1, mask);
                }
                UNROLL for (int i = 0; i < rows; i++)
                {
                    VECTOR y = depth ? ZERO : BROADCAST(a[i] + k);
                    UNROLL for (int v = 0; v < vectors; v++)
                    {
                        if (depth)
                            y = TIER(product_load)(a[i] + k + v * LANES, masked && v == vectors - 1,
                                                   mask);
                        c[i][v] = FMA(y, x[v], c[i][v]);
                    }
                }
            }
        }
    }
    if (!outer && tile->bias) {
        UNROLL for (int v = 0; v < vectors; v++)
        {
            const VECTOR bias =
                TIER(product_load)(tile->bias + v * LANES, masked && v == vectors - 1, mask);
            UNROLL for (int i = 0; i < rows; i++) c[i][v] = ADD(c[i][v], bias);
        }
    }
    UNROLL for (int i = 0; i < rows; i++)
    {
        float *to = tile->c[i] + tile->c_shift;
        UNROLL for (int v = 0; v < vectors; v++)
        {
            TIER(product_store)(to + v * LANES, c[i][v], masked && v == vectors - 1, mask);
        }
    }
}

typedef void TIER(product_instance)(const gan__tile *tile, MASK mask);

/* Instances: rows x vectors with the last vector masked, and the full width without masks. */
#define INSTANCE(name, kind, rows, vectors)                                                        \
    static TARGET void TIER(product_##name##_##rows##_##vectors)(const gan__tile *tile, MASK mask) \
    {                                                                                              \
        TIER(product_body)(tile, mask, rows, vectors, LANES > 1, kind);                            \
    }
#define INSTANCE_FULL(name, kind, rows)                                                       \
    static TARGET void TIER(product_##name##_##rows##_full)(const gan__tile *tile, MASK mask) \
    {                                                                                         \
        TIER(product_body)(tile, mask, rows, VECTORS, false, kind);                           \
    }
#define NAME(name, rows, vectors) TIER(product_##name##_##rows##_##vectors)

#if VECTORS == 2
#define INSTANCES(name, kind, rows) \
    INSTANCE(name, kind, rows, 1) INSTANCE(name, kind, rows, 2) INSTANCE_FULL(name, kind, rows)
#define NAMES(name, rows)                                                \
    {                                                                    \
        NAME(name, rows, 1), NAME(name, rows, 2), NAME(name, rows, full) \
    }
#else
#define INSTANCES(name, kind, rows)                                                           \
    INSTANCE(name, kind, rows, 1)                                                             \
    INSTANCE(name, kind, rows, 2) INSTANCE(name, kind, rows, 3) INSTANCE(name, kind, rows, 4) \
        INSTANCE_FULL(name, kind, rows)
#define NAMES(name, rows)                                                                   \
    {                                                                                       \
        NAME(name, rows, 1), NAME(name, rows, 2), NAME(name, rows, 3), NAME(name, rows, 4), \
            NAME(name, rows, full)                                                          \
    }
#endif

#if ROWS == 4
#define ALL_INSTANCES(name, kind) \
    INSTANCES(name, kind, 1)      \
    INSTANCES(name, kind, 2) INSTANCES(name, kind, 3) INSTANCES(name, kind, 4)
#define ALL_NAMES(name) NAMES(name, 1), NAMES(name, 2), NAMES(name, 3), NAMES(name, 4)
#else
#define ALL_INSTANCES(name, kind)                                              \
    INSTANCES(name, kind, 1)                                                   \
    INSTANCES(name, kind, 2) INSTANCES(name, kind, 3) INSTANCES(name, kind, 4) \
        INSTANCES(name, kind, 5) INSTANCES(name, kind, 6)
#define ALL_NAMES(name) \
    NAMES(name, 1), NAMES(name, 2), NAMES(name, 3), NAMES(name, 4), NAMES(name, 5), NAMES(name, 6)
#endif

ALL_INSTANCES(gather, GATHERING)
ALL_INSTANCES(outer, OUTER)
ALL_INSTANCES(depth_outer, DEPTH | OUTER)

typedef TIER(product_instance) *const TIER(product_table)[VECTORS + 1];
static TIER(product_table) TIER(product_gathers)[ROWS] = {ALL_NAMES(gather)};
static TIER(product_table) TIER(product_outers)[ROWS] = {ALL_NAMES(outer)};
static TIER(product_table) TIER(product_depth_outers)[ROWS] = {ALL_NAMES(depth_outer)};

static TARGET void TIER(product_run)(const gan__tile *tile, TIER(product_table) table)
{
    int64_t full = tile->columns == VECTORS * LANES;
    int64_t vectors = (tile->columns + LANES - 1) / LANES;
    int64_t lanes = tile->columns - (vectors - 1) * LANES;
    table[full ? VECTORS : vectors - 1](tile, MASK_OF(lanes));
}

static TARGET void TIER(product_gather_ahead)(const gan__tile *tile)
{
    TIER(product_body)(tile, MASK_OF(LANES), ROWS, VECTORS, false, FETCHING);
}

static TARGET void TIER(product_gather)(const gan__tile *tile)
{
    if (tile->ahead && tile->rows == ROWS && tile->columns == VECTORS * LANES)
        TIER(product_gather_ahead)(tile);
    else
        TIER(product_run)(tile, TIER(product_gathers)[tile->rows - 1]);
}

static TARGET void TIER(product_outer_ahead)(const gan__tile *tile)
{
    TIER(product_body)(tile, MASK_OF(LANES), ROWS, VECTORS, false, OUTER | FETCHING);
}

static TARGET void TIER(product_outer)(const gan__tile *tile)
{
    if (tile->ahead && tile->rows == ROWS && tile->columns == VECTORS * LANES)
        TIER(product_outer_ahead)(tile);
    else
        TIER(product_run)(tile, TIER(product_outers)[tile->rows - 1]);
}

static TARGET void TIER(product_depth_outer)(const gan__tile *tile)
{
    TIER(product_run)(tile, TIER(product_depth_outers)[tile->rows - 1]);
}

/* Blocks of BLOCK x BLOCK elements go through registers, the rest one by one. */
static TARGET void TIER(product_transpose)(int64_t rows, int64_t columns, const float *x,
                                           int64_t x_stride, float *y, int64_t y_stride)
{
    int64_t whole_rows = rows - rows % BLOCK, whole_columns = columns - columns % BLOCK;
    for (int64_t i = 0; i < whole_rows; i += BLOCK) {
        for (int64_t j = 0; j < whole_columns; j += BLOCK) {
            TIER(product_transpose_block)
            (x + i * x_stride + j, x_stride, y + j * y_stride + i, y_stride);
        }
    }
    for (int64_t j = 0; j < columns; j++)
        for (int64_t i = j < whole_columns ? whole_rows : 0; i < rows; i++)
            y[j * y_stride + i] = x[i * x_stride + j];
}

#include "kernels/filter_template.h"
#include "kernels/strip_template.h"

static TARGET void TIER(product_fetch_row)(int64_t count, const float *x)
{
    for (int64_t i = 0; i < count; i += LINE) FETCH(x + i);
}

const gan__product_kernels TIER(gan__product_kernels) = {
    .rows = ROWS,
    .columns = VECTORS * LANES,
    .gather = TIER(product_gather),
    .outer = TIER(product_outer),
    .strip = TIER(product_strip),
    .depth_strip = TIER(product_depth_strip),
    .depth_outer = TIER(product_depth_outer),
    .transpose = TIER(product_transpose),
    .fetch = TIER(product_fetch_row),
    .filter = TIER(filter_kernels),
};

#undef TIER
#undef TARGET
#undef ROWS
#undef VECTORS
#undef LANES
#undef VECTOR
#undef MASK
#undef MASK_OF
#undef ZERO
#undef LOAD
#undef STORE
#undef LOAD_MASKED
#undef STORE_MASKED
#undef BROADCAST
#undef FMA
#undef ADD
#undef SUB
#undef MUL
#undef SET
#undef FETCH
#undef BLOCK
#undef LINE
#undef GATHERING
#undef FETCHING
#undef OUTER
#undef DEPTH
#undef UNROLL
#undef INLINE
#undef INSTANCE
#undef INSTANCE_FULL
#undef NAME
#undef INSTANCES
#undef NAMES
#undef ALL_INSTANCES
#undef ALL_NAMES
