/* filter_template.h: the transforms of minimal filtering; a part of product_template.h.
 *
 * What is said of a loop's accumulators there holds here for the vectors of a transform. */

/* What is transformed. */
#define INPUT 0
#define WEIGHTS 1
#define OUTPUT 2
#define SLOPES 3
#define TAPS 4

#define FILTER_POINTS 6 /* of a line, at most */

/* One dimension. F(2, 2) is its own transpose, slopes for weights and taps for outputs. */
INLINE TARGET void TIER(filter_line_2_2)(const int what, const VECTOR *x, VECTOR *y)
{
    if (what == INPUT) {
        y[0] = SUB(x[0], x[1]), y[1] = x[1], y[2] = SUB(x[2], x[1]);
    } else if (what == WEIGHTS || what == SLOPES) {
        y[0] = x[0], y[1] = ADD(x[0], x[1]), y[2] = x[1];
    } else {
        y[0] = ADD(x[0], x[1]), y[1] = ADD(x[1], x[2]);
    }
}

INLINE TARGET void TIER(filter_line_2_3)(const int what, const VECTOR *x, VECTOR *y)
{
    const VECTOR half = SET(0.5f);
    if (what == INPUT) {
        y[0] = SUB(x[0], x[2]), y[1] = ADD(x[1], x[2]);
        y[2] = SUB(x[2], x[1]), y[3] = SUB(x[1], x[3]);
    } else if (what == WEIGHTS) {
        const VECTOR outer = ADD(x[0], x[2]);
        y[0] = x[0], y[3] = x[2];
        y[1] = MUL(half, ADD(outer, x[1])), y[2] = MUL(half, SUB(outer, x[1]));
    } else if (what == OUTPUT) {
        y[0] = ADD(ADD(x[0], x[1]), x[2]), y[1] = SUB(SUB(x[1], x[2]), x[3]);
    } else if (what == SLOPES) {
        y[0] = x[0], y[1] = ADD(x[0], x[1]), y[2] = SUB(x[0], x[1]), y[3] = x[1];
    } else {
        const VECTOR middle = MUL(half, ADD(x[1], x[2]));
        y[0] = ADD(x[0], middle), y[1] = MUL(half, SUB(x[1], x[2])), y[2] = SUB(middle, x[3]);
    }
}

/* Of pixels that lie there twice; the rest as 2_2. */
INLINE TARGET void TIER(filter_line_2_3_2)(const int what, const VECTOR *x, VECTOR *y)
{
    if (what == WEIGHTS) {
        y[0] = x[0], y[1] = ADD(ADD(x[0], x[2]), x[1]), y[2] = x[2];
    } else {
        y[0] = ADD(x[0], x[1]), y[1] = x[1], y[2] = ADD(x[1], x[2]);
    }
}

INLINE TARGET void TIER(filter_line_1_3_2)(const int what, const VECTOR *x, VECTOR *y)
{
    if (what == INPUT) {
        y[0] = SUB(x[0], x[2]), y[1] = ADD(x[1], x[2]), y[2] = SUB(x[3], x[1]);
    } else {
        y[0] = x[0];
    }
}

/* The points of F(4, 3) are 0, A, -A, B, -B and infinity; N_ are the factors of Lagrange's
 * polynomials through them. */
#define A 0.6875f
#define B 1.375f
#define A2 (A * A)
#define B2 (B * B)
#define N_0 (1 / (A2 * B2))
#define N_A (1 / (2 * A2 * (A2 - B2)))
#define N_B (1 / (2 * B2 * (B2 - A2)))

INLINE TARGET void TIER(filter_line_4_3)(const int what, const VECTOR *x, VECTOR *y)
{
    if (what == INPUT) {
        const VECTOR even_a = FMA(SET(-B2), x[2], x[4]), odd_a = FMA(SET(-B2), x[1], x[3]);
        const VECTOR even_b = FMA(SET(-A2), x[2], x[4]), odd_b = FMA(SET(-A2), x[1], x[3]);
        y[0] = FMA(SET(A2 * B2), x[0], FMA(SET(-(A2 + B2)), x[2], x[4]));
        y[1] = FMA(SET(A), odd_a, even_a), y[2] = FMA(SET(-A), odd_a, even_a);
        y[3] = FMA(SET(B), odd_b, even_b), y[4] = FMA(SET(-B), odd_b, even_b);
        y[5] = FMA(SET(A2 * B2), x[1], FMA(SET(-(A2 + B2)), x[3], x[5]));
    } else if (what == WEIGHTS) {
        const VECTOR even_a = FMA(SET(A2), x[2], x[0]), even_b = FMA(SET(B2), x[2], x[0]);
        y[0] = MUL(SET(N_0), x[0]), y[5] = x[2];
        y[1] = MUL(SET(N_A), FMA(SET(A), x[1], even_a));
        y[2] = MUL(SET(N_A), FMA(SET(-A), x[1], even_a));
        y[3] = MUL(SET(N_B), FMA(SET(B), x[1], even_b));
        y[4] = MUL(SET(N_B), FMA(SET(-B), x[1], even_b));
    } else if (what == OUTPUT) {
        const VECTOR even_a = ADD(x[1], x[2]), odd_a = SUB(x[1], x[2]);
        const VECTOR even_b = ADD(x[3], x[4]), odd_b = SUB(x[3], x[4]);
        y[0] = ADD(ADD(x[0], even_a), even_b);
        y[1] = FMA(SET(B), odd_b, MUL(SET(A), odd_a));
        y[2] = FMA(SET(B2), even_b, MUL(SET(A2), even_a));
        y[3] = FMA(SET(B2 * B), odd_b, FMA(SET(A2 * A), odd_a, x[5]));
    } else if (what == SLOPES) {
        const VECTOR even_a = FMA(SET(A2), x[2], x[0]), odd_a = FMA(SET(A2), x[3], x[1]);
        const VECTOR even_b = FMA(SET(B2), x[2], x[0]), odd_b = FMA(SET(B2), x[3], x[1]);
        y[0] = x[0], y[5] = x[3];
        y[1] = FMA(SET(A), odd_a, even_a), y[2] = FMA(SET(-A), odd_a, even_a);
        y[3] = FMA(SET(B), odd_b, even_b), y[4] = FMA(SET(-B), odd_b, even_b);
    } else {
        const VECTOR even_a = ADD(x[1], x[2]), odd_a = SUB(x[1], x[2]);
        const VECTOR even_b = ADD(x[3], x[4]), odd_b = SUB(x[3], x[4]);
        y[0] = FMA(SET(N_B), even_b, FMA(SET(N_A), even_a, MUL(SET(N_0), x[0])));
        y[1] = FMA(SET(B * N_B), odd_b, MUL(SET(A * N_A), odd_a));
        y[2] = FMA(SET(B2 * N_B), even_b, FMA(SET(A2 * N_A), even_a, x[5]));
    }
}

INLINE TARGET void TIER(filter_line)(const int kind, const int what, const VECTOR *x, VECTOR *y)
{
    if (kind == GAN__FILTER_2_2) {
        TIER(filter_line_2_2)(what, x, y);
    } else if (kind == GAN__FILTER_2_3_2) {
        TIER(filter_line_2_3_2)(what, x, y);
    } else if (kind == GAN__FILTER_1_3_2) {
        TIER(filter_line_1_3_2)(what, x, y);
    } else if (kind == GAN__FILTER_2_3) {
        TIER(filter_line_2_3)(what, x, y);
    } else {
        TIER(filter_line_4_3)(what, x, y);
    }
}

/* One vector of channels at `at`: `from` x `from` numbers to `to` x `to`. */
INLINE TARGET void TIER(filter_spread_at)(const float *const *x, int64_t at, float *y,
                                          int64_t point, const int kind, const int what,
                                          const int from, const int to, const bool masked,
                                          MASK mask)
{
    VECTOR row[FILTER_POINTS][FILTER_POINTS];
    UNROLL for (int j = 0; j < from; j++) {
        VECTOR in[FILTER_POINTS], out[FILTER_POINTS];
        UNROLL for (int i = 0; i < from; i++) {
            in[i] = TIER(product_load)(x[i * from + j] + at, masked, mask);
        }
        TIER(filter_line)(kind, what, in, out);
        UNROLL for (int i = 0; i < to; i++) row[i][j] = out[i];
    }
    UNROLL for (int i = 0; i < to; i++) {
        VECTOR out[FILTER_POINTS];
        TIER(filter_line)(kind, what, row[i], out);
        UNROLL for (int j = 0; j < to; j++) {
            TIER(product_store)(y + (i * to + j) * point + at, out[j], masked, mask);
        }
    }
}

INLINE TARGET void TIER(filter_collect_at)(const float *x, int64_t point, int64_t at,
                                           float *const *y, const int kind, const int what,
                                           const int from, const int to, const bool masked,
                                           MASK mask)
{
    VECTOR column[FILTER_POINTS][FILTER_POINTS];
    UNROLL for (int i = 0; i < from; i++) {
        VECTOR in[FILTER_POINTS], out[FILTER_POINTS];
        UNROLL for (int j = 0; j < from; j++) {
            in[j] = TIER(product_load)(x + (i * from + j) * point + at, masked, mask);
        }
        TIER(filter_line)(kind, what, in, out);
        UNROLL for (int j = 0; j < to; j++) column[j][i] = out[j];
    }
    UNROLL for (int j = 0; j < to; j++) {
        VECTOR out[FILTER_POINTS];
        TIER(filter_line)(kind, what, column[j], out);
        UNROLL for (int i = 0; i < to; i++) {
            float *pixel = y[i * to + j];
            if (pixel) TIER(product_store)(pixel + at, out[i], masked, mask);
        }
    }
}

/* `size` is m_r of F(m x m, r x r). */
#define SPREAD(name, size, what, from, to)                                                         \
    static TARGET void TIER(filter_##name##_##size)(int64_t count, const float *const *x,          \
                                                    float *y, int64_t point)                       \
    {                                                                                              \
        const int kind = GAN__FILTER_##size;                                                       \
        int64_t at = 0;                                                                            \
        for (; count - at >= LANES; at += LANES)                                                   \
            TIER(filter_spread_at)(x, at, y, point, kind, what, from, to, false, MASK_OF(LANES));  \
        if (at < count)                                                                            \
            TIER(filter_spread_at)(x, at, y, point, kind, what, from, to, true,                    \
                                   MASK_OF(count - at));                                           \
    }
#define COLLECT(name, size, what, from, to)                                                        \
    static TARGET void TIER(filter_##name##_##size)(int64_t count, const float *x, int64_t point,  \
                                                    float *const *y)                               \
    {                                                                                              \
        const int kind = GAN__FILTER_##size;                                                       \
        int64_t at = 0;                                                                            \
        for (; count - at >= LANES; at += LANES)                                                   \
            TIER(filter_collect_at)(x, point, at, y, kind, what, from, to, false, MASK_OF(LANES)); \
        if (at < count)                                                                            \
            TIER(filter_collect_at)(x, point, at, y, kind, what, from, to, true,                   \
                                    MASK_OF(count - at));                                          \
    }
#define TRANSFORMS(size, m, r, points)                                                             \
    SPREAD(input, size, INPUT, points, points)                                                     \
    SPREAD(weights, size, WEIGHTS, r, points)                                                      \
    COLLECT(output, size, OUTPUT, points, m)                                                       \
    SPREAD(slopes, size, SLOPES, m, points)                                                        \
    COLLECT(taps, size, TAPS, points, r)
#define TRANSFORM_NAMES(size)                                                                      \
    {TIER(filter_input_##size), TIER(filter_weights_##size), TIER(filter_output_##size),           \
     TIER(filter_slopes_##size), TIER(filter_taps_##size)}

TRANSFORMS(2_2, 2, 2, 3)
TRANSFORMS(2_3, 2, 3, 4)
TRANSFORMS(4_3, 4, 3, 6)
SPREAD(weights, 2_3_2, WEIGHTS, 3, 3)
COLLECT(taps, 2_3_2, TAPS, 3, 3)
SPREAD(input, 1_3_2, INPUT, 4, 3)
COLLECT(output, 1_3_2, OUTPUT, 1, 1)

static const gan__filter_kernels TIER(filter_kernels)[GAN__FILTER_KINDS] = {
    TRANSFORM_NAMES(2_2),
    TRANSFORM_NAMES(2_3),
    TRANSFORM_NAMES(4_3),
    /* 2_3_2 sees pixels and outputs as 2_2 does, 1_3_2 weights as 2_3_2. */
    {TIER(filter_input_2_2), TIER(filter_weights_2_3_2), TIER(filter_output_2_2),
     TIER(filter_slopes_2_2), TIER(filter_taps_2_3_2)},
    {.input = TIER(filter_input_1_3_2),
     .weights = TIER(filter_weights_2_3_2),
     .output = TIER(filter_output_1_3_2)}};

#undef INPUT
#undef WEIGHTS
#undef OUTPUT
#undef SLOPES
#undef TAPS
#undef A
#undef B
#undef A2
#undef B2
#undef N_0
#undef N_A
#undef N_B
#undef FILTER_POINTS
#undef SPREAD
#undef COLLECT
#undef TRANSFORMS
#undef TRANSFORM_NAMES
