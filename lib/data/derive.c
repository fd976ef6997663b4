/* derive.c: edge maps, of integers alone once values are bytes; negatives; colours. */
#include "data/derive.h"

#include <math.h>

int64_t gan__derive_channels(gan__derive derive, int64_t c)
{
    if (derive != GAN__DERIVE_COLOURS) return c;
    return c == 1 ? 3 : 0;
}

int64_t gan__derive_scratch(gan__derive derive, gan__extent extent)
{
    if (derive != GAN__DERIVE_EDGES) return 0;
    int64_t bytes = extent.h * extent.w * extent.c;
    return bytes / (int64_t)sizeof(float) + 1;
}

/* [-1, 1] to 0 to 255; what lies outside, by rounding or in a wrong picture, to the nearest. */
static uint8_t derive_byte(float value)
{
    float scaled = (value + 1) * 127.5f + 0.5f;
    if (!(scaled > 0)) return 0; /* NaN too */
    return scaled < 255 ? (uint8_t)scaled : 255;
}

/* The darkest of the neighbours, in one channel; the picture's border has fewer. */
static int32_t derive_darkest(gan__extent e, const uint8_t *bytes, int64_t y, int64_t x, int64_t k)
{
    int32_t least = 255;
    for (int64_t i = y > 0 ? y - 1 : 0; i <= y + 1 && i < e.h; i++) {
        for (int64_t j = x > 0 ? x - 1 : 0; j <= x + 1 && j < e.w; j++) {
            int32_t value = bytes[(i * e.w + j) * e.c + k];
            if (value < least) least = value;
        }
    }
    return least;
}

static bool derive_is_edge(gan__extent e, const uint8_t *bytes, int64_t y, int64_t x)
{
    for (int64_t k = 0; k < e.c; k++) {
        int32_t own = bytes[(y * e.w + x) * e.c + k];
        if (own < GAN__DERIVE_EDGE) continue;
        if (own - derive_darkest(e, bytes, y, x, k) >= GAN__DERIVE_EDGE) return true;
    }
    return false;
}

static void derive_edges(gan__extent e, float *picture, uint8_t *bytes)
{
    for (int64_t i = 0; i < e.h * e.w * e.c; i++) bytes[i] = derive_byte(picture[i]);
    for (int64_t y = 0; y < e.h; y++) {
        for (int64_t x = 0; x < e.w; x++, picture += e.c) {
            const float value = derive_is_edge(e, bytes, y, x) ? 1 : -1;
            for (int64_t k = 0; k < e.c; k++) picture[k] = value;
        }
    }
}

static void derive_negative(gan__extent e, float *picture)
{
    for (int64_t i = 0; i < e.h * e.w * e.c; i++) picture[i] = 0 - picture[i];
}

/* From the last pixel to the first: none is written over before it is read. */
static void derive_colours(gan__extent e, float *picture)
{
    for (int64_t i = e.h * e.w - 1; i >= 0; i--) {
        const float grey = picture[i];
        for (int32_t k = 0; k < 3; k++) {
            const float value = 2 - fabsf(4 * grey - 2 * (float)(1 - k));
            picture[3 * i + k] = value > 1 ? 1 : value > -1 ? value : -1; /* NaN is -1 */
        }
    }
}

void gan__derive_apply(gan__derive derive, gan__extent extent, float *picture, float *scratch)
{
    if (derive == GAN__DERIVE_EDGES) derive_edges(extent, picture, (uint8_t *)scratch);
    if (derive == GAN__DERIVE_NEGATIVE) derive_negative(extent, picture);
    if (derive == GAN__DERIVE_COLOURS) derive_colours(extent, picture);
}
