/* vector_draw.h: random words and what is made of them, for each tier. Contracts: vector.h. */

/* One of Philox's ten rounds. */
INLINE void TIER(draw_round)(v_int c[4], uint32_t key0, uint32_t key1)
{
    v_int high0, low0, high1, low1;
    v_iwide(c[0], v_iset(UINT32_C(0xd2511f53)), &high0, &low0);
    v_iwide(c[2], v_iset(UINT32_C(0xcd9e8d57)), &high1, &low1);
    c[0] = v_ixor(v_ixor(high1, c[1]), v_iset(key0));
    c[1] = low1;
    c[2] = v_ixor(v_ixor(high0, c[3]), v_iset(key1));
    c[3] = low0;
}

KERNEL(random)
(const uint32_t key[2], const uint32_t stream[2], uint64_t first, int64_t count, uint32_t *out)
{
    EACH(
        count,
        {
            const uint64_t block = first + (uint64_t)i;
            const v_int low = v_iset((uint32_t)block);
            v_int c[4];
            c[0] = v_iadd(low, v_iota());
            c[1] = v_isub(v_iset((uint32_t)(block >> 32)), v_ibelow(c[0], low)); /* the carry */
            c[2] = v_iset(stream[0]);
            c[3] = v_iset(stream[1]);
            for (uint32_t round = 0; round < 10; round++) TIER(draw_round)
            (c, key[0] + round * UINT32_C(0x9e3779b9), key[1] + round * UINT32_C(0xbb67ae85));
            for (int j = 0; j < 4; j++) v_iput(out + j * count + i, n, c[j]);
        });
}

KERNEL(uniform)
(int64_t count, const uint32_t *words, float low, float width, float most, float *out)
{
    v_float step = v_set(width * 0x1p-24f), start = v_set(low), end = v_set(most);
    EACH(count, {
        v_float u = v_convert(v_iright(v_iget(words + i, n), 8));
        v_put(out + i, n, v_min(v_fma(u, step, start), end));
    });
}

/* u = (word + 1) / 2^32 in (0, 1], rounded once; sqrt(-2 log u) (cos, sin)(2 pi v). */
KERNEL(normal)
(int64_t count, const uint32_t *words1, const uint32_t *words2, float mean, float deviation,
 float *first, float *second)
{
    v_float centre = v_set(mean), width = v_set(deviation);
    EACH(count, {
        v_int word = v_iget(words1 + i, n);
        v_float low = v_convert(v_iand(word, v_iset(0xffff)));
        low = v_fma(low, v_set(0x1p-32f), v_set(0x1p-32f));
        v_float u = v_fma(v_convert(v_iright(word, 16)), v_set(0x1p-16f), low);
        v_float radius = v_sqrt(TIER(math_log)(u) * v_set(-2.0f));
        v_float angle = v_convert(v_iright(v_iget(words2 + i, n), 8)) * v_set(0x1p-24f);
        v_float sine;
        v_float cosine;
        TIER(math_turn)(angle, &sine, &cosine);
        v_put(first + i, n, v_fma(radius * cosine, width, centre));
        v_put(second + i, n, v_fma(radius * sine, width, centre));
    });
}

KERNEL(bernoulli)(int64_t count, const uint32_t *words, uint32_t threshold, float *out)
{
    v_float end = v_set((float)threshold);
    EACH(count, {
        v_float u = v_convert(v_iright(v_iget(words + i, n), 8));
        v_put(out + i, n, v_select(v_less(u, end), v_set(1.0f), v_set(0.0f)));
    });
}
