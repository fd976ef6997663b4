/* vector_update.h: the optimisers' arithmetic, for each tier. Formulas: compute/update.h.
 *
 * Roundings are those of torch.optim's default path on CPU: lerp and addcmul as ATen computes them.
 */

/* Denormals slow every later step down: flushed. NaN stays. */
INLINE v_float TIER(update_flush)(v_float moment)
{
    v_mask tiny = v_less(TIER(math_abs)(moment), v_set(0x1p-126f));
    return v_select(tiny, v_set(0.0f), moment);
}

/* The root of a square that was kept; of one that was flushed, what it may have been. NaN stays. */
INLINE v_float TIER(update_root)(v_float square, v_float root, v_float like)
{
    return v_select(v_less_equal(TIER(math_abs)(square), v_set(0.0f)), like, root);
}

INLINE v_float TIER(update_gradient)(const gan__update_arrays *arrays, float scale, float decay,
                                     int64_t i, int64_t n, v_float weight)
{
    v_float g = v_get(arrays->gradient + i, n) * v_set(scale);
    return decay == 0 ? g : v_fma(weight, v_set(decay), g);
}

/* old + share * (now - old), from the nearer end. */
INLINE v_float TIER(update_lerp)(v_float old, v_float now, float share)
{
    bool near = share < 0.5f;
    return v_fma(v_set(near ? share : share - 1.0f), now - old, near ? old : now);
}

INLINE v_float TIER(update_weight)(const gan__update_arrays *arrays, int64_t i, int64_t n)
{
    v_float weight = v_get(arrays->weight + i, n);
    if (arrays->undo_weight) v_put(arrays->undo_weight + i, n, weight);
    return weight;
}

INLINE v_float TIER(update_moment)(const gan__update_arrays *arrays, int which, int64_t i,
                                   int64_t n)
{
    v_float moment = v_get(arrays->moment[which] + i, n);
    if (arrays->undo_weight) v_put(arrays->undo_moment[which] + i, n, moment);
    return moment;
}

/* Stores what is new, or a trial nowhere. 0 is added to *odd where it is finite, else NaN; lanes
 * that are left out may be anything, and read as 0. */
INLINE void TIER(update_put)(const gan__update_arrays *arrays, float *p, int64_t n, v_float x,
                             v_float *odd)
{
    float nowhere[W];
    if (arrays->trial) p = nowhere;
    v_put(p, n, x);
    *odd = *odd + v_set(0.0f) * (n == W ? x : v_get(p, n));
}

INLINE v_float TIER(update_store)(const gan__update_arrays *arrays, int which, int64_t i, int64_t n,
                                  v_float moment, v_float *odd)
{
    moment = TIER(update_flush)(moment);
    TIER(update_put)(arrays, arrays->moment[which] + i, n, moment, odd);
    return moment;
}

INLINE void TIER(update_tell)(const gan__update_arrays *arrays, v_float odd)
{
    float lanes[W];
    v_put(lanes, W, odd);
    for (int i = 0; i < W; i++)
        if (lanes[i] != 0) *arrays->finite = false;
}

KERNEL(sgd)(const gan__sgd_rule *given, int64_t count, const gan__update_arrays *given_arrays)
{
    const gan__sgd_rule rule = *given;
    const gan__update_arrays arrays = *given_arrays;
    const v_float momentum = v_set(rule.momentum);
    v_float all = v_set(0.0f);
    EACH(count, {
        v_float odd = v_set(0.0f);
        v_float weight = TIER(update_weight)(&arrays, i, n);
        v_float g = TIER(update_gradient)(&arrays, rule.scale, rule.decay, i, n, weight);
        if (arrays.moment[0]) {
            v_float buffer = TIER(update_moment)(&arrays, 0, i, n);
            buffer = rule.first ? g : v_fma(g, v_set(rule.fresh), buffer * momentum);
            TIER(update_store)(&arrays, 0, i, n, buffer, &odd);
            g = rule.nesterov ? v_fma(buffer, momentum, g) : buffer;
        }
        TIER(update_put)(&arrays, arrays.weight + i, n, v_fma(g, v_set(-rule.rate), weight), &odd);
        all = all + odd;
    });
    TIER(update_tell)(&arrays, all);
}

KERNEL(rmsprop)
(const gan__rmsprop_rule *given, int64_t count, const gan__update_arrays *given_arrays)
{
    const gan__rmsprop_rule rule = *given;
    const gan__update_arrays arrays = *given_arrays;
    const v_float alpha = v_set(rule.alpha), fresh = v_set(rule.fresh);
    const v_float rate = v_set(-rule.rate), zero = v_set(0.0f);
    v_float all = zero;
    EACH(count, {
        v_float odd = zero;
        v_float weight = TIER(update_weight)(&arrays, i, n);
        v_float g = TIER(update_gradient)(&arrays, rule.scale, rule.decay, i, n, weight);
        v_float kept = TIER(update_moment)(&arrays, 0, i, n) * alpha;
        kept = TIER(update_store)(&arrays, 0, i, n, v_fma(fresh * g, g, kept), &odd);
        v_float square = kept;
        if (arrays.moment[2]) {
            v_float average = TIER(update_moment)(&arrays, 2, i, n);
            average = TIER(update_lerp)(average, g, rule.fresh);
            average = TIER(update_store)(&arrays, 2, i, n, average, &odd);
            square = v_fma(zero - average, average, square);
            square = v_select(v_less(square, zero), zero, square); /* rounded: NaN stays */
        }
        v_float size = TIER(math_abs)(g);
        v_float like = v_select(v_less(zero, size), size * v_set(rule.root), v_set(1.0f));
        size = TIER(update_root)(kept, v_sqrt(square), like) + v_set(rule.eps);
        if (arrays.moment[1]) {
            v_float buffer = TIER(update_moment)(&arrays, 1, i, n);
            buffer = buffer * v_set(rule.momentum) + g / size;
            buffer = TIER(update_store)(&arrays, 1, i, n, buffer, &odd);
            weight = v_fma(buffer, rate, weight);
        } else {
            weight = weight + rate * g / size;
        }
        TIER(update_put)(&arrays, arrays.weight + i, n, weight, &odd);
        all = all + odd;
    });
    TIER(update_tell)(&arrays, all);
}

/* The root, if gradients go on as they are; `most` when they are about to end, or have ended. */
INLINE v_float TIER(update_like)(v_float average, v_float present, v_float most)
{
    v_mask ending = v_less_equal(present * v_set(4.0f), average);
    return v_select(ending, most, v_max(average, present));
}

KERNEL(adam)(const gan__adam_rule *given, int64_t count, const gan__update_arrays *given_arrays)
{
    const gan__adam_rule rule = *given;
    const gan__update_arrays arrays = *given_arrays;
    const v_float beta2 = v_set(rule.beta2), fresh2 = v_set(rule.fresh2);
    const v_float root = v_set(rule.root), eps = v_set(rule.eps), rate = v_set(-rule.rate);
    v_float all = v_set(0.0f);
    EACH(count, {
        v_float odd = v_set(0.0f);
        v_float weight = TIER(update_weight)(&arrays, i, n);
        v_float g = TIER(update_gradient)(&arrays, rule.scale, rule.decay, i, n, weight);
        v_float m = TIER(update_moment)(&arrays, 0, i, n);
        v_float v = TIER(update_moment)(&arrays, 1, i, n);
        m = TIER(update_store)(&arrays, 0, i, n, TIER(update_lerp)(m, g, rule.fresh1), &odd);
        v = TIER(update_store)(&arrays, 1, i, n, v_fma(fresh2 * g, g, v * beta2), &odd);
        v_float average = TIER(math_abs)(m) * v_set(rule.whole);
        v_float like = TIER(update_like)(average, TIER(math_abs)(g), v_set(rule.most));
        v_float size = TIER(update_root)(v, v_sqrt(v) / root, like) + eps;
        weight = weight * v_set(rule.shrink) + rate * m / size;
        TIER(update_put)(&arrays, arrays.weight + i, n, weight, &odd);
        all = all + odd;
    });
    TIER(update_tell)(&arrays, all);
}
