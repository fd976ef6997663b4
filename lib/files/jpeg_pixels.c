/* jpeg_pixels.c: colours brought to the picture's size, as libjpeg does by default, and made RGB;
 * row by row. */
#include "files/jpeg_pixels.h"

#include "base/memory.h"

/* Makes row `y` of the picture, of `wide` samples, from a component of c->wide x c->high samples;
 * `out` has room for one more. */
typedef void pixels_spread(const gan__jpeg_file *f, const gan__jpeg_component *c, int64_t y,
                           uint8_t *out);

/* A row of the component; those above and below it repeat the first and the last. */
static const uint8_t *pixels_row(const gan__jpeg_component *c, int64_t y)
{
    if (y < 0) y = 0;
    if (y >= c->high) y = c->high - 1;
    return c->samples + y * c->stride * 8;
}

/* The row on the other side of the pixel's centre. */
static const uint8_t *pixels_other(const gan__jpeg_component *c, int64_t y)
{
    return pixels_row(c, y % 2 ? y / 2 + 1 : y / 2 - 1);
}

/* Any factors, a part of one too: the nearest. */
static void pixels_repeat(const gan__jpeg_file *f, const gan__jpeg_component *c, int64_t y,
                          uint8_t *out)
{
    const uint8_t *row = pixels_row(c, y * c->v / f->v);
    const uint32_t h = c->h, most = f->h;
    for (uint32_t x = 0; x < f->width; x++) out[x] = row[x * h / most];
}

/* Half the width: 3/4 of the nearest and 1/4 of the next sample; halves are rounded up and down in
 * turn. */
static void pixels_wider(const gan__jpeg_file *f, const gan__jpeg_component *c, int64_t y,
                         uint8_t *out)
{
    const uint8_t *row = pixels_row(c, y * c->v / f->v);
    const int64_t last = c->wide - 1;
    for (int64_t x = 0; x <= last; x++) {
        const uint32_t here = 3u * row[x], left = row[x > 0 ? x - 1 : 0];
        const uint32_t right = row[x < last ? x + 1 : last];
        out[2 * x] = (uint8_t)((here + left + 1) >> 2);
        out[2 * x + 1] = (uint8_t)((here + right + 2) >> 2);
    }
}

/* Half the height. */
static void pixels_higher(const gan__jpeg_file *f, const gan__jpeg_component *c, int64_t y,
                          uint8_t *out)
{
    const uint8_t *nearer = pixels_row(c, y / 2), *farther = pixels_other(c, y);
    const uint32_t half = y % 2 ? 2 : 1;
    for (uint32_t x = 0; x < f->width; x++)
        out[x] = (uint8_t)((3u * nearer[x] + farther[x] + half) >> 2);
}

/* Half of both: 9, 3, 3 and 1 sixteenths. */
static void pixels_larger(const gan__jpeg_file *f, const gan__jpeg_component *c, int64_t y,
                          uint8_t *out)
{
    const uint8_t *nearer = pixels_row(c, y / 2), *farther = pixels_other(c, y);
    const int64_t last = c->wide - 1;
    uint32_t left = 3u * nearer[0] + farther[0], here = left;
    (void)f;
    for (int64_t x = 0; x <= last; x++) {
        const int64_t next = x < last ? x + 1 : last;
        const uint32_t right = 3u * nearer[next] + farther[next];
        out[2 * x] = (uint8_t)((3 * here + left + 8) >> 4);
        out[2 * x + 1] = (uint8_t)((3 * here + right + 7) >> 4);
        left = here;
        here = right;
    }
}

/* NULL: the component has the picture's size. Of two samples there is nothing to interpolate. */
static pixels_spread *pixels_choose(const gan__jpeg_file *f, const gan__jpeg_component *c)
{
    const bool wider = f->h == 2 * c->h, higher = f->v == 2 * c->v;
    if (f->h == c->h && f->v == c->v) return NULL;
    if (wider && higher && c->wide > 2) return pixels_larger;
    if (wider && f->v == c->v && c->wide > 2) return pixels_wider;
    if (higher && f->h == c->h) return pixels_higher;
    return pixels_repeat;
}

/* ---- colours ---- */

static inline uint8_t pixels_clamp(int32_t value)
{
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

/* JFIF's YCbCr, in place of the three rows: factors of 1.402, 1.772, .34414 and .71414, times
 * 2^16. */
static void pixels_to_rgb(uint8_t *const rows[3], const uint8_t *const from[3], size_t count)
{
    for (size_t x = 0; x < count; x++) {
        const int32_t y = from[0][x], cb = from[1][x] - 128, cr = from[2][x] - 128;
        rows[0][x] = pixels_clamp(y + ((91881 * cr + 32768) >> 16));
        rows[1][x] = pixels_clamp(y + ((-22554 * cb - 46802 * cr + 32768) >> 16));
        rows[2][x] = pixels_clamp(y + ((116130 * cb + 32768) >> 16));
    }
}

/* c * k / 255, rounded: what inverted CMYK shows. Of YCCK the three are CMY's negative. */
static inline uint8_t pixels_ink(uint32_t c, uint32_t k, bool is_negative)
{
    const uint32_t product = (is_negative ? 255 - c : c) * k + 128;
    return (uint8_t)((product + (product >> 8)) >> 8);
}

/* Whether three of the components are YCbCr. What Adobe's marker says counts, unless there is
 * JFIF's, of which there is but one kind. */
static bool pixels_is_ycc(const gan__jpeg_file *f)
{
    const gan__jpeg_component *c = f->components;
    if (f->count == 4) return f->adobe && f->transform != 0;
    if (f->jfif) return true;
    if (f->adobe) return f->transform != 0;
    return !(c[0].id == 'R' && c[1].id == 'G' && c[2].id == 'B');
}

/* ---- all rows ---- */

typedef struct pixels_state {
    const gan__jpeg_file *file;
    pixels_spread *spread[GAN__JPEG_COMPONENTS];
    uint8_t *rows[GAN__JPEG_COMPONENTS]; /* room for one row of each component */
    bool is_ycc;
} pixels_state;

static void pixels_line(const pixels_state *s, int64_t y, uint8_t *out)
{
    const gan__jpeg_file *f = s->file;
    const uint8_t *from[GAN__JPEG_COMPONENTS] = {NULL};
    for (uint32_t i = 0; i < f->count; i++) {
        const gan__jpeg_component *c = &f->components[i];
        from[i] = s->spread[i] ? s->rows[i] : pixels_row(c, y);
        if (s->spread[i]) s->spread[i](f, c, y, s->rows[i]);
    }
    if (f->count == 1) {
        memcpy(out, from[0], f->width);
        return;
    }
    if (s->is_ycc) {
        pixels_to_rgb(s->rows, from, f->width);
        for (int i = 0; i < 3; i++) from[i] = s->rows[i];
    }
    const uint8_t *a = from[0], *b = from[1], *c = from[2], *k = from[3];
    for (uint32_t x = 0; x < f->width; x++, out += 3) {
        out[0] = k ? pixels_ink(a[x], k[x], s->is_ycc) : a[x];
        out[1] = k ? pixels_ink(b[x], k[x], s->is_ycc) : b[x];
        out[2] = k ? pixels_ink(c[x], k[x], s->is_ycc) : c[x];
    }
}

gan_status gan__jpeg_pixels(const gan__jpeg_file *f, const gan__picture *out)
{
    pixels_state s = {.file = f, .is_ycc = pixels_is_ycc(f)};
    const size_t row = (size_t)f->width + 2, size = gan__picture_row(out);
    uint8_t *memory;
    GAN__TRY(gan__allocate_raw(f->in->context, &memory, row * GAN__JPEG_COMPONENTS, 1));
    for (uint32_t i = 0; i < f->count; i++) {
        s.spread[i] = pixels_choose(f, &f->components[i]);
        s.rows[i] = memory + i * row;
    }
    for (int64_t y = 0; y < out->height; y++)
        pixels_line(&s, y, (uint8_t *)out->pixels + (size_t)y * size);
    gan__free(f->in->context, memory);
    return GAN_OK;
}
