/* strip_template.h: the bodies of gan__strip, included by product_template.h once for each tier.
 *
 * Tiles have ROWS outputs, or twice as many of one vector each, since fewer sums than that wait for
 * each other. The last tile begins so early that it is full, and makes some outputs again. */

/* Outputs [0, rows) from `a` on. */
INLINE TARGET void TIER(strip_tile)(const gan__strip *strip, const float *a, const float *panel,
                                    const float *bias, float *c, MASK mask, const int rows,
                                    const int vectors, const bool masked, const bool depth)
{
    VECTOR sum[2 * ROWS][VECTORS];
    const int64_t a_step = strip->a_step, b_step = strip->b_step, c_step = strip->c_step;
    const int64_t lines = strip->lines, steps = depth ? 1 : strip->steps;
    UNROLL for (int i = 0; i < rows; i++)
        UNROLL for (int v = 0; v < vectors; v++) sum[i][v] = ZERO;
    for (int64_t t = 0; t < lines; t++) {
        const float *b = panel + strip->b_line[t] * b_step;
        const float *from[4]; /* of every third row: the others are one step and two from there */
        UNROLL for (int i = 0; i < rows; i += 3) from[i / 3] = a + strip->a_line[t] + i * a_step;
        for (int64_t k = 0; k < steps; k++, b += b_step) {
            VECTOR x[VECTORS];
            UNROLL for (int v = 0; v < vectors; v++)
                x[v] = TIER(product_load)(b + v * LANES, masked && v == vectors - 1, mask);
            UNROLL for (int i = 0; i < rows; i++)
            {
                const float *element = from[i / 3] + k + i % 3 * a_step;
                VECTOR y = depth ? ZERO : BROADCAST(element);
                UNROLL for (int v = 0; v < vectors; v++)
                {
                    if (depth)
                        y = TIER(product_load)(element + v * LANES, masked && v == vectors - 1,
                                               mask);
                    sum[i][v] = FMA(y, x[v], sum[i][v]);
                }
            }
        }
    }
    UNROLL for (int v = 0; v < vectors; v++)
    {
        const bool part = masked && v == vectors - 1;
        if (bias) {
            const VECTOR shift = TIER(product_load)(bias + v * LANES, part, mask);
            UNROLL for (int i = 0; i < rows; i++) sum[i][v] = ADD(sum[i][v], shift);
        }
        UNROLL for (int i = 0; i < rows; i++)
            TIER(product_store)(c + i * c_step + v * LANES, sum[i][v], part, mask);
    }
}

INLINE TARGET void TIER(strip_tiles)(const gan__strip *strip, MASK mask, const int rows,
                                     const int vectors, const bool masked, const bool depth)
{
    const int64_t last = strip->count - rows;
    for (int64_t i = 0; i < strip->count; i += rows) {
        const int64_t at = i < last ? i : last;
        const float *a = strip->a + at * strip->a_step, *b = strip->b, *bias = strip->bias;
        float *c = strip->c + at * strip->c_step;
        for (int64_t p = 0; p < strip->panels; p++) {
            TIER(strip_tile)(strip, a, b, bias, c, mask, rows, vectors, masked, depth);
            a += strip->a_panel;
            b += strip->b_panel;
            if (bias) bias += strip->columns;
            c += strip->columns;
        }
    }
}

INLINE TARGET void TIER(strip_body)(const gan__strip *strip, MASK mask, const int vectors,
                                    const bool masked, const bool depth)
{
    if (vectors == 1 && strip->count >= 2 * ROWS)
        TIER(strip_tiles)(strip, mask, 2 * ROWS, vectors, masked, depth);
    else if (strip->count >= ROWS)
        TIER(strip_tiles)(strip, mask, ROWS, vectors, masked, depth);
    else
        TIER(strip_tiles)(strip, mask, 1, vectors, masked, depth);
}

typedef void TIER(strip_instance)(const gan__strip *strip, MASK mask);

#define STRIP(name, vectors, depth)                                                       \
    static TARGET void TIER(strip_##name##_##vectors)(const gan__strip *strip, MASK mask) \
    {                                                                                     \
        TIER(strip_body)(strip, mask, vectors, LANES > 1, depth);                         \
    }
#define STRIP_FULL(name, depth)                                                      \
    static TARGET void TIER(strip_##name##_full)(const gan__strip *strip, MASK mask) \
    {                                                                                \
        TIER(strip_body)(strip, mask, VECTORS, false, depth);                        \
    }
#if VECTORS == 2
#define STRIPS(name, depth) STRIP(name, 1, depth) STRIP(name, 2, depth) STRIP_FULL(name, depth)
#define STRIP_NAMES(name)                                                         \
    {                                                                             \
        TIER(strip_##name##_1), TIER(strip_##name##_2), TIER(strip_##name##_full) \
    }
#else
#define STRIPS(name, depth) \
    STRIP(name, 1, depth)   \
    STRIP(name, 2, depth) STRIP(name, 3, depth) STRIP(name, 4, depth) STRIP_FULL(name, depth)
#define STRIP_NAMES(name)                                                       \
    {                                                                           \
        TIER(strip_##name##_1), TIER(strip_##name##_2), TIER(strip_##name##_3), \
            TIER(strip_##name##_4), TIER(strip_##name##_full)                   \
    }
#endif

STRIPS(broadcast, false)
STRIPS(depth, true)
static TIER(strip_instance) *const TIER(strip_broadcasts)[] = STRIP_NAMES(broadcast);
static TIER(strip_instance) *const TIER(strip_depths)[] = STRIP_NAMES(depth);

INLINE TARGET void TIER(strip_run)(const gan__strip *strip, TIER(strip_instance) *const *table)
{
    const int64_t vectors = (strip->columns + LANES - 1) / LANES;
    const int64_t lanes = strip->columns - (vectors - 1) * LANES;
    table[strip->columns == VECTORS * LANES ? VECTORS : vectors - 1](strip, MASK_OF(lanes));
}

static TARGET void TIER(product_strip)(const gan__strip *strip)
{
    TIER(strip_run)(strip, TIER(strip_broadcasts));
}

static TARGET void TIER(product_depth_strip)(const gan__strip *strip)
{
    TIER(strip_run)(strip, TIER(strip_depths));
}

#undef STRIP
#undef STRIP_FULL
#undef STRIPS
#undef STRIP_NAMES
