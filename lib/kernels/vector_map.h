/* vector_map.h: element-wise kernels and reductions, for each tier. Contracts: vector.h. */

/* Runs the statement for i = 0, W, ... with n = W, and for the rest with n = what is left. */
#define EACH(count, ...)                                                                           \
    do {                                                                                           \
        const int64_t each_count = (count);                                                        \
        int64_t i = 0;                                                                             \
        for (; i + W <= each_count; i += W) {                                                      \
            const int64_t n = W;                                                                   \
            __VA_ARGS__                                                                            \
        }                                                                                          \
        if (i < each_count) {                                                                      \
            const int64_t n = each_count - i;                                                      \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    } while (0)

#define MAP_FUNCTION(name, function)                                                               \
    KERNEL(name)(int64_t count, const float *x, float parameter, float *y)                         \
    {                                                                                              \
        (void)parameter;                                                                           \
        EACH(count, v_put(y + i, n, TIER(math_function)(function, v_get(x + i, n))););             \
    }

MAP_FUNCTION(exp, GAN__EXP)
MAP_FUNCTION(expm1, GAN__EXPM1)
MAP_FUNCTION(log, GAN__LOG)
MAP_FUNCTION(softplus, GAN__SOFTPLUS)
MAP_FUNCTION(erf, GAN__ERF)
MAP_FUNCTION(sqrt, GAN__SQRT)
MAP_FUNCTION(sine, GAN__SINE)
MAP_FUNCTION(cosine, GAN__COSINE)

#define MAP_ACTIVATE(name, f)                                                                      \
    KERNEL(name)(int64_t count, const float *x, float parameter, float *y)                         \
    {                                                                                              \
        v_float p = v_set(parameter);                                                              \
        EACH(count, v_put(y + i, n, TIER(math_activate)(f, v_get(x + i, n), p)););                 \
    }

MAP_ACTIVATE(linear, GAN__LINEAR)
MAP_ACTIVATE(relu, GAN__RELU)
MAP_ACTIVATE(leaky_relu, GAN__LEAKY_RELU)
MAP_ACTIVATE(tanh, GAN__TANH)
MAP_ACTIVATE(sigmoid, GAN__SIGMOID)
MAP_ACTIVATE(elu, GAN__ELU)
MAP_ACTIVATE(silu, GAN__SILU)
MAP_ACTIVATE(gelu, GAN__GELU)

#define MAP_SLOPE(name, from, f)                                                                   \
    KERNEL(name)(int64_t count, const float *v, const float *dy, float parameter, float *dx)       \
    {                                                                                              \
        v_float p = v_set(parameter);                                                              \
        EACH(count, v_put(dx + i, n,                                                               \
                          TIER(math_slope_##from)(f, v_get(v + i, n), v_get(dy + i, n), p)););     \
    }

MAP_SLOPE(linear_slope, output, GAN__LINEAR)
MAP_SLOPE(relu_slope, output, GAN__RELU)
MAP_SLOPE(leaky_relu_slope, output, GAN__LEAKY_RELU)
MAP_SLOPE(tanh_slope, output, GAN__TANH)
MAP_SLOPE(sigmoid_slope, output, GAN__SIGMOID)
MAP_SLOPE(elu_slope_input, input, GAN__ELU)
MAP_SLOPE(silu_slope_input, input, GAN__SILU)
MAP_SLOPE(gelu_slope_input, input, GAN__GELU)

#define MAP_BEND(name, f)                                                                          \
    KERNEL(name)                                                                                   \
    (int64_t count, const float *v, const float *t, const float *dy, float parameter, bool add,    \
     float *dx)                                                                                    \
    {                                                                                              \
        v_float p = v_set(parameter), zero = v_set(0.0f);                                          \
        EACH(count, {                                                                              \
            v_float term = v_get(t + i, n) * v_get(dy + i, n);                                     \
            v_float bend = TIER(math_bend)(f, v_get(v + i, n), p);                                 \
            v_put(dx + i, n, v_fma(bend, term, add ? v_get(dx + i, n) : zero));                    \
        });                                                                                        \
    }

MAP_BEND(tanh_bend, GAN__TANH)
MAP_BEND(sigmoid_bend, GAN__SIGMOID)
MAP_BEND(elu_bend, GAN__ELU)
MAP_BEND(silu_bend, GAN__SILU)
MAP_BEND(gelu_bend, GAN__GELU)

KERNEL(fill)(int64_t count, float value, float *y)
{
    EACH(count, v_put(y + i, n, v_set(value)););
}

KERNEL(add)(int64_t count, const float *a, const float *b, float *y)
{
    EACH(count, v_put(y + i, n, v_get(a + i, n) + v_get(b + i, n)););
}

KERNEL(multiply)(int64_t count, const float *a, const float *b, float *y)
{
    EACH(count, v_put(y + i, n, v_get(a + i, n) * v_get(b + i, n)););
}

KERNEL(combine)(int64_t count, float alpha, const float *x, float beta, float *y)
{
    v_float a = v_set(alpha), b = v_set(beta);
    if (beta == 0) {
        EACH(count, v_put(y + i, n, a * v_get(x + i, n)););
    } else {
        EACH(count, v_put(y + i, n, v_fma(a, v_get(x + i, n), b * v_get(y + i, n))););
    }
}

KERNEL(add_rows)
(int64_t steps, int64_t count, const float *x, const float *w, int64_t stride, float *y)
{
    for (; steps >= GAN__ROW_STEPS; steps -= GAN__ROW_STEPS) {
        v_float a[GAN__ROW_STEPS];
        GAN__UNROLL
        for (int s = 0; s < GAN__ROW_STEPS; s++) a[s] = v_set(x[s]);
        EACH(count, {
            v_float sum = v_get(y + i, n);
            GAN__UNROLL
            for (int s = 0; s < GAN__ROW_STEPS; s++)
                sum = v_fma(a[s], v_get(w + s * stride + i, n), sum);
            v_put(y + i, n, sum);
        });
        x += GAN__ROW_STEPS;
        w += GAN__ROW_STEPS * stride;
    }
    for (; steps > 0; steps--, x++, w += stride) {
        const v_float a = v_set(*x);
        EACH(count, v_put(y + i, n, v_fma(a, v_get(w + i, n), v_get(y + i, n))););
    }
}

KERNEL(affine)(int64_t count, const float *x, float scale, float shift, float *y)
{
    v_float a = v_set(scale), b = v_set(shift);
    EACH(count, v_put(y + i, n, v_fma(a, v_get(x + i, n), b)););
}

KERNEL(clamp)(int64_t count, const float *x, float least, float most, float *y)
{
    v_float low = v_set(least), high = v_set(most);
    EACH(count, v_put(y + i, n, v_min(high, v_max(low, v_get(x + i, n)))););
}

KERNEL(clamp_slope)(int64_t count, const float *x, const float *dy, float least, float most,
                    float *dx)
{
    v_float low = v_set(least), high = v_set(most), zero = v_set(0.0f);
    EACH(count, v_float v = v_get(x + i, n);
         v_float below = v_select(v_less_equal(v, high), v_get(dy + i, n), zero);
         v_put(dx + i, n, v_select(v_less_equal(low, v), below, zero)););
}

KERNEL(square_slope)(int64_t count, const float *x, const float *dy, float parameter, float *dx)
{
    (void)parameter;
    EACH(count, v_float v = v_get(x + i, n); v_put(dx + i, n, v_get(dy + i, n) * (v + v)););
}

KERNEL(sqrt_slope)(int64_t count, const float *y, const float *dy, float parameter, float *dx)
{
    (void)parameter;
    EACH(count, v_float v = v_get(y + i, n); v_put(dx + i, n, v_get(dy + i, n) / (v + v)););
}

/* Adds one group of 16, or the last `left` elements, to the lanes. `y` NULL: x alone. */
INLINE void TIER(map_group)(int64_t left, const float *x, const float *y,
                            v_double lanes[GAN__LANES / W])
{
    GAN__UNROLL
    for (int j = 0; j < GAN__LANES / W; j++) {
        const int64_t rest = left - j * W;
        if (rest <= 0) break;
        const int64_t n = rest < W ? rest : W;
        v_double term = v_widen(v_get(x + j * W, n));
        if (y) term = v_dmul(term, v_widen(v_get(y + j * W, n)));
        lanes[j] = v_dadd(lanes[j], term);
    }
}

INLINE void TIER(map_lanes)(int64_t count, const float *x, const float *y,
                            double lanes[GAN__LANES])
{
    v_double sums[GAN__LANES / W];
    GAN__UNROLL
    for (int j = 0; j < GAN__LANES / W; j++) sums[j] = v_dget(lanes + j * W, W);
    int64_t i = 0;
    for (; i + GAN__LANES <= count; i += GAN__LANES)
        TIER(map_group)(GAN__LANES, x + i, y ? y + i : NULL, sums);
    if (i < count) TIER(map_group)(count - i, x + i, y ? y + i : NULL, sums);
    GAN__UNROLL
    for (int j = 0; j < GAN__LANES / W; j++) v_dput(lanes + j * W, W, sums[j]);
}

KERNEL(sum)(int64_t count, const float *x, double lanes[GAN__LANES])
{
    TIER(map_lanes)(count, x, NULL, lanes);
}

KERNEL(dot)(int64_t count, const float *x, const float *y, double lanes[GAN__LANES])
{
    TIER(map_lanes)(count, x, y, lanes);
}

/* A NaN may be lost on the way to the maximum, but not in the sum. */
INLINE float TIER(map_maximum)(int64_t count, const float *x)
{
    float lanes[W];
    v_float most = v_set(-INFINITY);
    int64_t i = 0;
    for (; i + W <= count; i += W) most = v_max(most, v_get(x + i, W));
    v_put(lanes, W, most);
    for (; i < count; i++) lanes[0] = lanes[0] > x[i] ? lanes[0] : x[i];
    float result = lanes[0];
    for (int j = 1; j < W; j++) result = result > lanes[j] ? result : lanes[j];
    return result;
}

KERNEL(softmax)(int64_t count, const float *x, float *y)
{
    double lanes[GAN__LANES] = {0};
    v_float most = v_set(TIER(map_maximum)(count, x));
    EACH(count, v_put(y + i, n, TIER(math_exp)(v_get(x + i, n) - most)););
    TIER(map_lanes)(count, y, NULL, lanes);
    v_float sum = v_set((float)gan__add_lanes(lanes));
    EACH(count, v_put(y + i, n, v_get(y + i, n) / sum););
}

KERNEL(softmax_backward)(int64_t count, const float *y, const float *dy, float *dx)
{
    double lanes[GAN__LANES] = {0};
    TIER(map_lanes)(count, y, dy, lanes);
    v_float dot = v_set((float)gan__add_lanes(lanes));
    EACH(count, v_put(dx + i, n, v_get(y + i, n) * (v_get(dy + i, n) - dot)););
}

KERNEL(softmax_bend)
(int64_t count, const float *y, const float *t, const float *dy, float *dx)
{
    double lanes[2][GAN__LANES] = {{0}};
    TIER(map_lanes)(count, y, t, lanes[0]);
    TIER(map_lanes)(count, y, dy, lanes[1]);
    v_float a = v_set((float)gan__add_lanes(lanes[0])), b = v_set((float)gan__add_lanes(lanes[1]));
    EACH(count, v_float tangent = v_get(t + i, n);
         v_put(dx + i, n, v_fma(v_get(dy + i, n), tangent - a, (v_set(0.0f) - b) * tangent)););
    TIER(vector_softmax_backward)(count, y, dx, dx);
}

INLINE void TIER(map_put_sum)(float *to, int64_t n, v_float sum, const float *bias)
{
    v_put(to, n, bias ? (v_float)(sum + v_get(bias, n)) : sum);
}

/* Four pixels at a time: their chains run beside each other. The last four may include some that
 * were made before. */
KERNEL(tap_sums)(const gan__tap_sums *given)
{
    const gan__tap_sums s = *given;
    const int64_t step = s.from_step;
    EACH(s.channels, {
        const float *bias = s.bias ? s.bias + i : NULL;
        for (int64_t pixel = 0; s.count >= 4 && pixel < s.count; pixel += 4) {
            if (pixel > s.count - 4) pixel = s.count - 4;
            float *to = s.out + pixel * s.out_step + i;
            v_float a = v_set(0.0f), b = a, c = a, d = a;
            for (int64_t t = 0; t < s.taps; t++) {
                const float *p = s.from[t] + pixel * step + i;
                a = a + v_get(p, n);
                b = b + v_get(p + step, n);
                c = c + v_get(p + 2 * step, n);
                d = d + v_get(p + 3 * step, n);
            }
            TIER(map_put_sum)(to, n, a, bias);
            TIER(map_put_sum)(to + s.out_step, n, b, bias);
            TIER(map_put_sum)(to + 2 * s.out_step, n, c, bias);
            TIER(map_put_sum)(to + 3 * s.out_step, n, d, bias);
        }
        for (int64_t pixel = 0; s.count < 4 && pixel < s.count; pixel++) {
            v_float a = v_set(0.0f);
            for (int64_t t = 0; t < s.taps; t++) a = a + v_get(s.from[t] + pixel * step + i, n);
            TIER(map_put_sum)(s.out + pixel * s.out_step + i, n, a, bias);
        }
    });
}
