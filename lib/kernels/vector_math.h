/* vector_math.h: exp, log and their kin on v_float, for each tier (see lanes_names.h).
 *
 * Reductions of the argument are the classical ones (Muller, "Elementary Functions"); the
 * coefficients are minimax fits to relative error, rounded to float32 one after the other from the
 * lowest, the rest being fitted again each time. Errors of the functions are below 2 units in the
 * last place. */

INLINE v_float TIER(math_abs)(v_float x)
{
    return v_from_bits(v_iand(v_bits(x), v_iset(0x7fffffff)));
}

/* The magnitude of a non-negative `size`, the sign of x. */
INLINE v_float TIER(math_sign)(v_float size, v_float x)
{
    return v_from_bits(v_ior(v_bits(size), v_iand(v_bits(x), v_iset(0x80000000))));
}

/* 2^n for whole n in [-126, 127]. */
INLINE v_float TIER(math_power2)(v_float n)
{
    return v_from_bits(v_ileft(v_iadd(v_integer(n), v_iset(127)), 23));
}

/* x = n ln 2 + r + c, |r| <= ln 2 / 2; returns e^(r + c) - 1. n * high is exact in the fma and so
 * is the first difference; c is what rounding r has lost. */
INLINE v_float TIER(math_exp_part)(v_float x, v_float *n)
{
    *n = v_round(x * v_set(0x1.715476p+0f));
    v_float high = v_fma(*n, v_set(-0x1.62e43p-1f), x);
    v_float r = v_fma(*n, v_set(0x1.05c61p-29f), high);
    v_float c = v_fma(*n, v_set(0x1.05c61p-29f), high - r);
    v_float p = v_set(0x1.9e6ef4p-13f);
    p = v_fma(p, r, v_set(0x1.6d3a3ap-10f));
    p = v_fma(p, r, v_set(0x1.1112dap-7f));
    p = v_fma(p, r, v_set(0x1.5554f8p-5f));
    p = v_fma(p, r, v_set(0x1.555554p-3f));
    p = v_fma(p, r, v_set(0.5f));
    return r + v_fma(r * r, p, c);
}

/* e^x for x in [-87, 88]. */
INLINE v_float TIER(math_exp_near)(v_float x)
{
    v_float n;
    v_float part = TIER(math_exp_part)(x, &n);
    v_float scale = TIER(math_power2)(n);
    return v_fma(part, scale, scale);
}

/* Scaled in two halves, since 2^n may not be a float32 where the result is one. */
INLINE v_float TIER(math_exp)(v_float x)
{
    v_float n;
    x = v_max(v_set(-104.0f), v_min(v_set(89.0f), x));
    v_float part = TIER(math_exp_part)(x, &n);
    v_float half = v_round(n * v_set(0.5f));
    v_float scale = TIER(math_power2)(half);
    return v_fma(part, scale, scale) * TIER(math_power2)(n - half);
}

/* 2^n part + (2^n - 1), made at half its size, since 2^128 is no float32. */
INLINE v_float TIER(math_expm1)(v_float x)
{
    v_float n;
    v_float part = TIER(math_exp_part)(v_max(v_set(-20.0f), v_min(v_set(89.0f), x)), &n);
    v_float scale = TIER(math_power2)(n - v_set(1.0f));
    v_float y = v_fma(part, scale, scale - v_set(0.5f)) * v_set(2.0f);
    return v_select(v_less(TIER(math_abs)(x), v_set(0.25f)), part, y);
}

/* log(1 + f) + e ln 2 for 1 + f in [sqrt 1/2, sqrt 2]. */
INLINE v_float TIER(math_log_part)(v_float f, v_float e)
{
    v_float q = v_set(0x1.147fb2p-4f);
    q = v_fma(q, f, v_set(-0x1.de0e2ap-4f));
    q = v_fma(q, f, v_set(0x1.e6c148p-4f));
    q = v_fma(q, f, v_set(-0x1.fc2708p-4f));
    q = v_fma(q, f, v_set(0x1.233b72p-3f));
    q = v_fma(q, f, v_set(-0x1.555c4cp-3f));
    q = v_fma(q, f, v_set(0x1.99a478p-3f));
    q = v_fma(q, f, v_set(-0x1.000006p-2f));
    q = v_fma(q, f, v_set(0x1.555548p-2f));
    v_float square = f * f;
    v_float rest = v_fma(e, v_set(-0x1.05c61p-29f), square * f * q);
    rest = v_fma(square, v_set(-0.5f), rest);
    return v_fma(e, v_set(0x1.62e43p-1f), f + rest);
}

INLINE v_float TIER(math_log)(v_float x)
{
    v_mask tiny = v_less(x, v_set(0x1p-126f));
    v_float scaled = v_select(tiny, x * v_set(0x1p+23f), x);
    v_int above = v_isub(v_bits(scaled), v_iset(0x3f3504f3)); /* bits of sqrt 1/2 */
    v_int exponent = v_iright(v_iadd(above, v_iset(UINT32_C(127) << 23)), 23);
    v_float e = v_convert(exponent) - v_select(tiny, v_set(150.0f), v_set(127.0f));
    v_int mantissa = v_iadd(v_iand(above, v_iset(0x7fffff)), v_iset(0x3f3504f3));
    v_float y = TIER(math_log_part)(v_from_bits(mantissa) - v_set(1.0f), e);
    v_float outside = v_select(v_less(x, v_set(0.0f)), v_set(NAN), v_set(-INFINITY));
    y = v_select(v_less(v_set(0.0f), x), y, outside);
    return v_select(v_less(x, v_set(INFINITY)), y, x);
}

/* max(x, 0) + log(1 + e^-|x|). */
INLINE v_float TIER(math_softplus)(v_float x)
{
    v_float z = TIER(math_exp)(v_set(0.0f) - TIER(math_abs)(x));
    v_mask small = v_less(z, v_set(0.4142135f));
    v_float f = v_select(small, z, (z - v_set(1.0f)) * v_set(0.5f));
    v_float e = v_select(small, v_set(0.0f), v_set(1.0f));
    return v_max(v_set(0.0f), x) + TIER(math_log_part)(f, e);
}

/* x + x^3 P(x^2) in the middle; outside 1 - 2 / (e^2|x| + 1), 1 from 9.02 on. */
INLINE v_float TIER(math_tanh)(v_float x)
{
    v_float size = TIER(math_abs)(x);
    v_float s = x * x;
    v_float p = v_set(-0x1.9454f2p-8f);
    p = v_fma(p, s, v_set(0x1.5811f6p-6f));
    p = v_fma(p, s, v_set(-0x1.b905c4p-5f));
    p = v_fma(p, s, v_set(0x1.110c5ep-3f));
    p = v_fma(p, s, v_set(-0x1.555548p-2f));
    v_float t = v_min(v_set(9.02f), size);
    v_float e = TIER(math_exp_near)(t + t);
    v_float outer = v_set(1.0f) - v_set(2.0f) / (e + v_set(1.0f));
    v_mask middle = v_less(size, v_set(0.5625f));
    return v_select(middle, v_fma(x * s, p, x), TIER(math_sign)(outer, x));
}

/* y = z / (1 + z) with z = e^-|x|, 1 - y above 0. What z and 1 + z lost in rounding is brought back
 * to first order: dy = (1 - y) (dz - y d(1 + z)). */
INLINE v_float TIER(math_sigmoid)(v_float x)
{
    v_float n;
    v_float one = v_set(1.0f);
    v_float size = v_min(v_set(104.0f), TIER(math_abs)(x));
    v_float part = TIER(math_exp_part)(v_set(0.0f) - size, &n);
    v_float half = v_round(n * v_set(0.5f));
    v_float scale = TIER(math_power2)(half), rest = TIER(math_power2)(n - half);
    v_float near = v_fma(part, scale, scale);
    v_float lost = v_fma(part, scale, scale - near) * rest;
    v_float z = near * rest;
    v_float sum = one + z;
    v_float y = z / sum;
    v_float change = v_fma(v_set(0.0f) - y, z - (sum - one), lost);
    y = v_fma(change, one - y, y);
    return v_select(v_less(x, v_set(0.0f)), y, one - y);
}

/* x + x P(x^2) in the middle; outside 1 - e^-Q(|x|), 1 from 4 on. */
INLINE v_float TIER(math_erf)(v_float x)
{
    v_float size = TIER(math_abs)(x);
    v_float s = x * x;
    v_float p = v_set(0x1.4fa924p-14f);
    p = v_fma(p, s, v_set(-0x1.a6181p-11f));
    p = v_fma(p, s, v_set(0x1.544b08p-8f));
    p = v_fma(p, s, v_set(-0x1.b80124p-6f));
    p = v_fma(p, s, v_set(0x1.ce2d64p-4f));
    p = v_fma(p, s, v_set(-0x1.812740p-2f));
    p = v_fma(p, s, v_set(0x1.06eba8p-3f));
    v_float t = v_min(v_set(4.0f), size);
    v_float q = v_set(0x1.68c122p-16f);
    q = v_fma(q, t, v_set(-0x1.cc7e9ep-12f));
    q = v_fma(q, t, v_set(0x1.12d84p-8f));
    q = v_fma(q, t, v_set(-0x1.9c898ap-6f));
    q = v_fma(q, t, v_set(0x1.bbe508p-4f));
    q = v_fma(q, t, v_set(0x1.443afep-1f));
    q = v_fma(q, t, v_set(0x1.212aa2p+0f));
    q = v_fma(q, t, v_set(-0x1.80a8e4p-13f));
    v_float outer = v_set(1.0f) - TIER(math_exp_near)(v_set(0.0f) - q);
    return v_select(v_less(size, v_set(0.95f)), v_fma(x, p, x), TIER(math_sign)(outer, x));
}

/* sin and cos of 2 pi x, |x| <= 1: x = k/4 + r exactly, |r| <= 1/8. */
INLINE void TIER(math_turn)(v_float x, v_float *sine, v_float *cosine)
{
    v_float k = v_round(x * v_set(4.0f));
    v_float r = v_fma(k, v_set(-0.25f), x);
    v_float s = r * r;
    v_float p = v_fma(v_set(-0x1.2db5cep+6f), s, v_set(0x1.465facp+6f));
    p = v_fma(p, s, v_set(-0x1.4abbbep+5f));
    p = v_fma(p, s, v_set(-0x1.777a5cp-23f)); /* 2 pi less its float32 */
    p = v_fma(r, v_set(0x1.921fb6p+2f), r * p);
    v_float q = v_fma(v_set(0x1.d4f44ap+5f), s, v_set(-0x1.55b2b2p+6f));
    q = v_fma(q, s, v_set(0x1.03c1bp+6f));
    q = v_fma(q, s, v_set(-0x1.3bd3ccp+4f));
    q = v_fma(q, s, v_set(1.0f));
    v_int quarter = v_integer(k);
    v_mask swap = v_nonzero(v_iand(quarter, v_iset(1)));
    v_int sine_sign = v_ileft(v_iand(quarter, v_iset(2)), 30);
    v_int cosine_sign = v_ileft(v_iand(v_iadd(quarter, v_iset(1)), v_iset(2)), 30);
    *sine = v_from_bits(v_ixor(v_bits(v_select(swap, q, p)), sine_sign));
    *cosine = v_from_bits(v_ixor(v_bits(v_select(swap, p, q)), cosine_sign));
}

/* Phi(x) = (1 + erf(x / sqrt 2)) / 2. */
INLINE v_float TIER(math_normal)(v_float x)
{
    v_float erf = TIER(math_erf)(x * v_set(0x1.6a09e6p-1f));
    return v_fma(erf, v_set(0.5f), v_set(0.5f));
}

INLINE v_float TIER(math_function)(gan__function function, v_float x)
{
    v_float sine, cosine;
    switch (function) {
    case GAN__EXP: return TIER(math_exp)(x);
    case GAN__EXPM1: return TIER(math_expm1)(x);
    case GAN__LOG: return TIER(math_log)(x);
    case GAN__SOFTPLUS: return TIER(math_softplus)(x);
    case GAN__ERF: return TIER(math_erf)(x);
    case GAN__SQRT: return v_sqrt(x);
    case GAN__SINE: TIER(math_turn)(x, &sine, &cosine); return sine;
    default: TIER(math_turn)(x, &sine, &cosine); return cosine;
    }
}

INLINE v_float TIER(math_activate)(gan__activation f, v_float x, v_float parameter)
{
    v_mask positive = v_less(v_set(0.0f), x);
    switch (f) {
    case GAN__RELU: return v_max(v_set(0.0f), x);
    case GAN__LEAKY_RELU: return v_select(positive, x, x * parameter);
    case GAN__TANH: return TIER(math_tanh)(x);
    case GAN__SIGMOID: return TIER(math_sigmoid)(x);
    case GAN__ELU: return v_select(positive, x, TIER(math_expm1)(x) * parameter);
    case GAN__SILU: return x * TIER(math_sigmoid)(x);
    case GAN__GELU: return x * TIER(math_normal)(x);
    default: return x;
    }
}

/* dy f'(.) from the output y, as PyTorch: in the tails of tanh and sigmoid 1 - y keeps few digits.
 */
INLINE v_float TIER(math_slope_output)(gan__activation f, v_float y, v_float dy, v_float parameter)
{
    v_float one = v_set(1.0f), zero = v_set(0.0f);
    v_mask positive = v_less(zero, y);
    switch (f) {
    case GAN__RELU: return v_select(v_less_equal(y, zero), zero, dy);
    case GAN__LEAKY_RELU: return v_select(positive, dy, dy * parameter);
    case GAN__TANH: return dy * v_fma(zero - y, y, one);
    case GAN__SIGMOID: return dy * ((one - y) * y);
    default: return dy;
    }
}

/* f''(.) over f'(.), from y, of those that have their slope from it; f''(.) from x of the others.
 * SiLU: s (1 - s) (2 + x (1 - 2 s)); GELU: phi (2 - x^2). */
INLINE v_float TIER(math_bend)(gan__activation f, v_float v, v_float parameter)
{
    v_float one = v_set(1.0f), two = v_set(2.0f), zero = v_set(0.0f);
    v_float s;
    switch (f) {
    case GAN__TANH: return v * v_set(-2.0f);
    case GAN__SIGMOID: return v_fma(v_set(-2.0f), v, one);
    case GAN__ELU: return v_select(v_less(zero, v), zero, TIER(math_exp)(v) * parameter);
    case GAN__SILU:
        s = TIER(math_sigmoid)(v);
        return (s * (one - s)) * v_fma(v, v_fma(v_set(-2.0f), s, one), two);
    case GAN__GELU:
        s = TIER(math_exp)(v * v * v_set(-0.5f)) * v_set(0x1.988454p-2f); /* 1 / sqrt(2 pi) */
        return s * v_fma(zero - v, v, two);
    default: return zero;
    }
}

/* dy f'(.) from the input x, where that differs. SiLU: s (1 + x (1 - s)); GELU: Phi + x phi. */
INLINE v_float TIER(math_slope_input)(gan__activation f, v_float x, v_float dy, v_float parameter)
{
    v_float one = v_set(1.0f);
    v_float s;
    switch (f) {
    case GAN__ELU:
        s = TIER(math_exp)(x) * parameter;
        return v_select(v_less(v_set(0.0f), x), dy, dy * s);
    case GAN__SILU: s = TIER(math_sigmoid)(x); return dy * (s * v_fma(x, one - s, one));
    case GAN__GELU:
        s = TIER(math_exp)(x * x * v_set(-0.5f)) * v_set(0x1.988454p-2f); /* 1 / sqrt(2 pi) */
        return dy * v_fma(x, s, TIER(math_normal)(x));
    default: return TIER(math_slope_output)(f, x, dy, parameter);
    }
}
