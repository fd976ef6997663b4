/* filter_template.h: the transforms of minimal filtering; a part of product_template.h.
 *
 * What is said of a loop's accumulators there holds here for the vectors of a transform. */

/* Lines of transforms, the numbers from and to which they lead. */
#define INPUT_2_2 0
#define WEIGHTS_2_2 1
#define OUTPUT_2_2 2
#define INPUT_2_3 3
#define WEIGHTS_2_3 4
#define OUTPUT_2_3 5
#define SLOPES_2_3 6
#define TAPS_2_3 7
#define FILTER_POINTS 4 /* of a line, at most */

/* One dimension. F(2, 2) is its own transpose, slopes for weights and taps for outputs. */
INLINE TARGET void TIER(filter_line)(const int line, const VECTOR *x, VECTOR *y)
{
    if (line == INPUT_2_2) {
        y[0] = SUB(x[0], x[1]), y[1] = x[1], y[2] = SUB(x[2], x[1]);
    } else if (line == WEIGHTS_2_2) {
        y[0] = x[0], y[1] = ADD(x[0], x[1]), y[2] = x[1];
    } else if (line == OUTPUT_2_2) {
        y[0] = ADD(x[0], x[1]), y[1] = ADD(x[1], x[2]);
    } else if (line == INPUT_2_3) {
        y[0] = SUB(x[0], x[2]), y[1] = ADD(x[1], x[2]);
        y[2] = SUB(x[2], x[1]), y[3] = SUB(x[1], x[3]);
    } else if (line == WEIGHTS_2_3) {
        const VECTOR outer = ADD(x[0], x[2]);
        y[0] = x[0], y[3] = x[2];
        y[1] = SCALE(ADD(outer, x[1]), 0.5f), y[2] = SCALE(SUB(outer, x[1]), 0.5f);
    } else if (line == OUTPUT_2_3) {
        y[0] = ADD(ADD(x[0], x[1]), x[2]), y[1] = SUB(SUB(x[1], x[2]), x[3]);
    } else if (line == SLOPES_2_3) {
        y[0] = x[0], y[1] = ADD(x[0], x[1]), y[2] = SUB(x[0], x[1]), y[3] = x[1];
    } else {
        const VECTOR middle = SCALE(ADD(x[1], x[2]), 0.5f);
        y[0] = ADD(x[0], middle), y[1] = SCALE(SUB(x[1], x[2]), 0.5f), y[2] = SUB(middle, x[3]);
    }
}

/* One vector of channels at `at`; `from` and `to` are those of the line. */
INLINE TARGET void TIER(filter_spread_at)(const float *const *x, int64_t at, float *y,
                                          int64_t point, const int line, const int from,
                                          const int to, const bool masked, MASK mask)
{
    VECTOR row[FILTER_POINTS][FILTER_POINTS];
    UNROLL for (int j = 0; j < from; j++) {
        VECTOR in[FILTER_POINTS], out[FILTER_POINTS];
        UNROLL for (int i = 0; i < from; i++) {
            in[i] = TIER(product_load)(x[i * from + j] + at, masked, mask);
        }
        TIER(filter_line)(line, in, out);
        UNROLL for (int i = 0; i < to; i++) row[i][j] = out[i];
    }
    UNROLL for (int i = 0; i < to; i++) {
        VECTOR out[FILTER_POINTS];
        TIER(filter_line)(line, row[i], out);
        UNROLL for (int j = 0; j < to; j++) {
            TIER(product_store)(y + (i * to + j) * point + at, out[j], masked, mask);
        }
    }
}

INLINE TARGET void TIER(filter_collect_at)(const float *x, int64_t point, int64_t at,
                                           float *const *y, const int line, const int from,
                                           const int to, const bool masked, MASK mask)
{
    VECTOR column[FILTER_POINTS][FILTER_POINTS];
    UNROLL for (int i = 0; i < from; i++) {
        VECTOR in[FILTER_POINTS], out[FILTER_POINTS];
        UNROLL for (int j = 0; j < from; j++) {
            in[j] = TIER(product_load)(x + (i * from + j) * point + at, masked, mask);
        }
        TIER(filter_line)(line, in, out);
        UNROLL for (int j = 0; j < to; j++) column[j][i] = out[j];
    }
    UNROLL for (int j = 0; j < to; j++) {
        VECTOR out[FILTER_POINTS];
        TIER(filter_line)(line, column[j], out);
        UNROLL for (int i = 0; i < to; i++) {
            float *pixel = y[i * to + j];
            if (pixel) TIER(product_store)(pixel + at, out[i], masked, mask);
        }
    }
}

#define SPREAD(name, line, from, to)                                                            \
    static TARGET void TIER(filter_##name)(int64_t count, const float *const *x, float *y,      \
                                           int64_t point)                                       \
    {                                                                                           \
        int64_t at = 0;                                                                         \
        for (; count - at >= LANES; at += LANES)                                                \
            TIER(filter_spread_at)(x, at, y, point, line, from, to, false, MASK_OF(LANES));     \
        if (at < count)                                                                         \
            TIER(filter_spread_at)(x, at, y, point, line, from, to, true, MASK_OF(count - at)); \
    }
#define COLLECT(name, line, from, to)                                                            \
    static TARGET void TIER(filter_##name)(int64_t count, const float *x, int64_t point,         \
                                           float *const *y)                                      \
    {                                                                                            \
        int64_t at = 0;                                                                          \
        for (; count - at >= LANES; at += LANES)                                                 \
            TIER(filter_collect_at)(x, point, at, y, line, from, to, false, MASK_OF(LANES));     \
        if (at < count)                                                                          \
            TIER(filter_collect_at)(x, point, at, y, line, from, to, true, MASK_OF(count - at)); \
    }

SPREAD(input_2_2, INPUT_2_2, 3, 3)
SPREAD(weights_2_2, WEIGHTS_2_2, 2, 3)
COLLECT(output_2_2, OUTPUT_2_2, 3, 2)
SPREAD(input_2_3, INPUT_2_3, 4, 4)
SPREAD(weights_2_3, WEIGHTS_2_3, 3, 4)
COLLECT(output_2_3, OUTPUT_2_3, 4, 2)
SPREAD(slopes_2_3, SLOPES_2_3, 2, 4)
COLLECT(taps_2_3, TAPS_2_3, 4, 3)

static const gan__filter_kernels TIER(filter_kernels)[GAN__FILTER_KINDS] = {
    {TIER(filter_input_2_2), TIER(filter_weights_2_2), TIER(filter_output_2_2),
     TIER(filter_weights_2_2), TIER(filter_output_2_2)},
    {TIER(filter_input_2_3), TIER(filter_weights_2_3), TIER(filter_output_2_3),
     TIER(filter_slopes_2_3), TIER(filter_taps_2_3)},
};

#undef INPUT_2_2
#undef WEIGHTS_2_2
#undef OUTPUT_2_2
#undef INPUT_2_3
#undef WEIGHTS_2_3
#undef OUTPUT_2_3
#undef SLOPES_2_3
#undef TAPS_2_3
#undef FILTER_POINTS
#undef SPREAD
#undef COLLECT
