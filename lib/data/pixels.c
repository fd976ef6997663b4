/* pixels.c: numbers of channels are changed with integers, at the depth of what is stored; then
 * numbers become floats as tensors' bytes do. */
#include "data/pixels.h"

/* A pixel from `in` to `out` channels; `most` is opaque, or white. */
static void pixels_convert(const uint32_t *from, int32_t in, uint32_t *to, int64_t out,
                           uint32_t most)
{
    uint32_t c[3], alpha = in % 2 == 0 ? from[in - 1] : most;
    for (int32_t k = 0; k < 3; k++) {
        c[k] = in > 2 ? from[k] : from[0];
        if (out % 2 == 1) c[k] = (uint32_t)(((uint64_t)c[k] * alpha + most / 2) / most);
    }
    if (out > 2)
        for (int32_t k = 0; k < 3; k++) to[k] = c[k];
    else
        to[0] = (299 * c[0] + 587 * c[1] + 114 * c[2] + 500) / 1000;
    if (out % 2 == 0) to[out - 1] = alpha;
}

static float pixels_float(uint32_t value, int32_t depth)
{
    if (depth == 8) return ((float)value - 127.5f) / 127.5f;
    return ((float)value - 32767.5f) / 32767.5f;
}

const float *gan__pixels_row(const gan__pixels *pixels, gan__extent e, int64_t y, float *row)
{
    const int64_t start = y * e.w * pixels->channels;
    const uint8_t *bytes = (const uint8_t *)pixels->data + start;
    const uint16_t *words = (const uint16_t *)pixels->data + start;
    const uint32_t most = pixels->depth == 8 ? 255 : 65535;
    if (pixels->depth == GAN__PIXELS_FLOAT) return (const float *)pixels->data + start;
    for (int64_t x = 0; x < e.w; x++) {
        uint32_t stored[4], wanted[4];
        for (int32_t k = 0; k < pixels->channels; k++)
            stored[k] = pixels->depth == 8 ? *bytes++ : *words++;
        const bool same = pixels->channels == e.c;
        if (!same) pixels_convert(stored, pixels->channels, wanted, e.c, most);
        for (int64_t k = 0; k < e.c; k++)
            row[x * e.c + k] = pixels_float(same ? stored[k] : wanted[k], pixels->depth);
    }
    return row;
}
