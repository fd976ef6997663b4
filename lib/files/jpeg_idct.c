/* jpeg_idct.c: the inverse cosine transform of 8 x 8 values, columns then rows, by the
 * factorisation of Loeffler, Ligtenberg and Moschytz (ICASSP 1989) with 11 multiplications:
 * integers with 13 bits behind the point, and 2 between columns and rows, as libjpeg has them, so
 * that the samples are the same. Sums wrap around where a file's values are such as no picture has.
 */
#include "files/jpeg_idct.h"

const uint8_t gan__jpeg_order[64] = {
    0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48,
    41, 34, 27, 20, 13, 6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23,
    30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63};

/* cos and sin of multiples of pi / 16 and their sums, times 2^13, rounded. */
enum { IDCT_BITS = 13, IDCT_BETWEEN = 2 };

/* x / 2^bits, rounded. */
static inline uint32_t idct_scale(uint32_t x, int bits)
{
    return (uint32_t)((int32_t)(x + (1u << (bits - 1))) >> bits);
}

/* Eight values to eight samples, times 2^13 and sqrt 8, to be scaled by `bits`. */
static inline void idct_line(const uint32_t in[8], uint32_t out[8], int bits)
{
    const uint32_t turn = (in[2] + in[6]) * 4433u;
    const uint32_t even2 = turn - in[6] * 15137u, even3 = turn + in[2] * 6270u;
    const uint32_t even0 = (in[0] + in[4]) << IDCT_BITS, even1 = (in[0] - in[4]) << IDCT_BITS;
    const uint32_t a = even0 + even3, b = even1 + even2, c = even1 - even2, d = even0 - even3;
    const uint32_t side = (in[7] + in[3] + in[5] + in[1]) * 9633u;
    const uint32_t z1 = (in[7] + in[1]) * 7373u, z2 = (in[5] + in[3]) * 20995u;
    const uint32_t z3 = side - (in[7] + in[3]) * 16069u, z4 = side - (in[5] + in[1]) * 3196u;
    const uint32_t odd0 = in[7] * 2446u - z1 + z3, odd1 = in[5] * 16819u - z2 + z4;
    const uint32_t odd2 = in[3] * 25172u - z2 + z3, odd3 = in[1] * 12299u - z1 + z4;
    out[0] = idct_scale(a + odd3, bits);
    out[7] = idct_scale(a - odd3, bits);
    out[1] = idct_scale(b + odd2, bits);
    out[6] = idct_scale(b - odd2, bits);
    out[2] = idct_scale(c + odd1, bits);
    out[5] = idct_scale(c - odd1, bits);
    out[3] = idct_scale(d + odd0, bits);
    out[4] = idct_scale(d - odd0, bits);
}

static inline uint8_t idct_sample(uint32_t x)
{
    const int32_t sample = (int32_t)(x + 128);
    return (uint8_t)(sample < 0 ? 0 : sample > 255 ? 255 : sample);
}

static inline uint32_t idct_value(const int16_t *values, const uint16_t *steps, int i)
{
    return (uint32_t)values[i] * steps[i];
}

/* Column x; most have a first value alone. */
static inline void idct_column(const int16_t *values, const uint16_t *steps, int x, uint32_t *out)
{
    uint32_t in[8], line[8];
    int rest = 0;
    for (int y = 1; y < 8; y++) rest |= values[8 * y + x];
    in[0] = idct_value(values, steps, x);
    if (rest == 0) {
        for (int y = 0; y < 8; y++) out[8 * y + x] = in[0] << IDCT_BETWEEN;
        return;
    }
    for (int y = 1; y < 8; y++) in[y] = idct_value(values, steps, 8 * y + x);
    idct_line(in, line, IDCT_BITS - IDCT_BETWEEN);
    for (int y = 0; y < 8; y++) out[8 * y + x] = line[y];
}

static void idct_flat(uint32_t value, uint8_t *out, size_t stride)
{
    const uint8_t sample = idct_sample(idct_scale(value, 3));
    for (int y = 0; y < 8; y++, out += stride)
        for (int x = 0; x < 8; x++) out[x] = sample;
}

void gan__jpeg_inverse(const int16_t values[64], const uint16_t steps[64], uint32_t last,
                       uint8_t *out, size_t stride)
{
    uint32_t between[64], line[8];
    if (last == 0) {
        idct_flat(idct_value(values, steps, 0), out, stride);
        return;
    }
    for (int x = 0; x < 8; x++) idct_column(values, steps, x, between);
    for (int y = 0; y < 8; y++, out += stride) {
        idct_line(between + 8 * y, line, IDCT_BITS + IDCT_BETWEEN + 3);
        for (int x = 0; x < 8; x++) out[x] = idct_sample(line[x]);
    }
}
