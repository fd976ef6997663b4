/* transform.c: pictures to another size by two one-dimensional filters, columns before rows, then
 * placed in the output; weights are made once. */
#include "data/transform.h"
#include "base/memory.h"
#include "base/random.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* One axis of a resampling. The filter is a triangle: bilinear interpolation when the axis grows,
 * and as wide as the step between outputs when it shrinks, so that no input pixel is skipped. By
 * area an axis that shrinks has the mean of the pixels whose middles lie in the output, the end
 * included. Pixel j covers [j, j + 1). */
typedef struct transform_axis {
    int64_t in, scaled;  /* the whole axis before and after */
    int64_t offset, out; /* the outputs that are wanted: offset, ..., offset + out - 1 */
    double ratio, support;
    bool by_area;
} transform_axis;

static int64_t transform_start(const transform_axis *axis, int64_t i, int64_t taps)
{
    double center = ((double)(axis->offset + i) + 0.5) * axis->ratio;
    int64_t start = (int64_t)floor(center - axis->support + 0.5);
    if (start > axis->in - taps) start = axis->in - taps;
    return start < 0 ? 0 : start;
}

static double transform_weight(const transform_axis *axis, int64_t i, int64_t j)
{
    double center = ((double)(axis->offset + i) + 0.5) * axis->ratio;
    if (axis->by_area) { /* the product as Pillow has it, whose roundings decide at the ends */
        const double place = ((double)j - center + 0.5) * (1 / axis->ratio);
        return place > -0.5 && place <= 0.5;
    }
    double distance = fabs((double)j + 0.5 - center) / axis->support;
    return distance < 1 ? 1 - distance : 0;
}

/* Weights are normalised in double, so that the border, where taps are missing, is not darkened. */
static gan_status transform_resample(gan__resample *out, gan_context *context,
                                     const transform_axis *axis)
{
    size_t count;
    int64_t taps = 2 * (int64_t)ceil(axis->support) + 1;
    if (taps > axis->in) taps = axis->in;
    out->in = axis->in;
    out->out = axis->out;
    out->taps = taps;
    if (axis->in == axis->scaled && axis->in == axis->out) return GAN_OK;
    if (!gan__multiply_size((size_t)axis->out, (size_t)taps, &count))
        return gan__fail(context, GAN_E_MEMORY, "data: a resampling of %" PRId64 " taps", taps);
    GAN__TRY(gan__allocate(context, &out->start, (size_t)axis->out, sizeof *out->start));
    GAN__TRY(gan__allocate(context, &out->weight, count, sizeof *out->weight));
    for (int64_t i = 0; i < axis->out; i++) {
        double sum = 0;
        int64_t start = transform_start(axis, i, taps);
        out->start[i] = start;
        for (int64_t j = 0; j < taps; j++) sum += transform_weight(axis, i, start + j);
        for (int64_t j = 0; j < taps; j++)
            out->weight[i * taps + j] = (float)(transform_weight(axis, i, start + j) / sum);
    }
    return GAN_OK;
}

/* a * b / c, rounded, at least 1. Sizes are below 2^31: see gan__transform_create. */
static int64_t transform_scale(int64_t a, int64_t b, int64_t c)
{
    int64_t scaled = (a * b + c / 2) / c;
    return scaled < 1 ? 1 : scaled;
}

/* The size to which the whole picture is scaled before it is placed in, or cut to, H x W. */
static void transform_scaled(gan__extent in, int64_t h, int64_t w, gan__fit fit, int64_t *scaled_h,
                             int64_t *scaled_w)
{
    bool flat = h * in.w <= w * in.h; /* h / in.h <= w / in.w: the height is the smaller factor */
    *scaled_h = h;
    *scaled_w = w;
    if (fit == GAN__FIT_STRETCH) return;
    if (fit == GAN__FIT_PAD && in.h <= h && in.w <= w) {
        *scaled_h = in.h;
        *scaled_w = in.w;
    } else if (flat == (fit == GAN__FIT_PAD)) {
        *scaled_w = transform_scale(in.w, h, in.h);
    } else {
        *scaled_h = transform_scale(in.h, w, in.w);
    }
}

static transform_axis transform_axis_of(int64_t in, int64_t scaled, int64_t out, bool by_area)
{
    transform_axis axis = {in, scaled, 0, scaled, (double)in / (double)scaled, 1, by_area};
    if (scaled > out) { /* cut: only the middle is ever computed */
        axis.offset = (scaled - out) / 2;
        axis.out = out;
    }
    axis.by_area = by_area && axis.ratio > 1;
    if (axis.ratio > 1) axis.support = by_area ? axis.ratio / 2 : axis.ratio;
    return axis;
}

static gan_status transform_check(gan_context *context, gan__extent in, int64_t channels,
                                  gan__derive derive)
{
    const int64_t limit = INT32_MAX; /* keeps products of two sizes in 64 bits */
    if (in.h < 1 || in.w < 1 || in.c < 1 || in.h > limit || in.w > limit || in.c > limit) {
        return gan__fail(context, GAN_E_SHAPE, "data: pictures of %" PRId64 "x%" PRId64 "x%" PRId64,
                         in.h, in.w, in.c);
    }
    if (channels != in.c && in.c != 1) {
        return gan__fail(context, GAN_E_SHAPE,
                         "data: channels=%" PRId64 " from pictures of %" PRId64
                         " channels: only grey ones can be repeated",
                         channels, in.c);
    }
    if (gan__derive_channels(derive, channels)) return GAN_OK;
    return gan__fail(context, GAN_E_SHAPE,
                     "data: transform=colours makes three channels of one, and these pictures have "
                     "%" PRId64,
                     channels);
}

/* The sizes of what goes in, comes out and lies between, in numbers. Each is so far below what
 * size_t counts that three of them, in bytes, still fit. */
static gan_status transform_measure(gan__transform *t, gan_context *context, int64_t rows,
                                    int64_t columns)
{
    const int64_t in[3] = {t->in.h, t->in.w, t->in.c};
    const int64_t out[3] = {t->whole.h, t->whole.w, t->whole.c};
    const int64_t wide[3] = {t->in.h, columns, t->in.c}, high[3] = {rows, columns, t->in.c};
    const int64_t limit = (int64_t)(SIZE_MAX / 64);
    int64_t first, last;
    if (!gan__product_count(in, 3, &first) || !gan__product_count(out, 3, &last) ||
        !gan__product_count(wide, 3, &t->wide) || !gan__product_count(high, 3, &t->high) ||
        first > limit || last > limit || t->wide > limit || t->high > limit) {
        return gan__fail(context, GAN_E_MEMORY,
                         "data: pictures of %" PRId64 "x%" PRId64 " made from %" PRId64 "x%" PRId64,
                         t->whole.h, t->whole.w, t->in.h, t->in.w);
    }
    return GAN_OK;
}

static bool transform_equal(gan__extent a, gan__extent b)
{
    return a.h == b.h && a.w == b.w && a.c == b.c;
}

static bool transform_cuts(const gan__transform *t)
{
    return !transform_equal(t->whole, t->out);
}

/* The size of what is drawn. */
static gan_status transform_cut_size(gan__transform *t, gan_context *context, const int64_t crop[2])
{
    t->out = t->whole;
    if (crop[0]) t->out.h = crop[0];
    if (crop[1]) t->out.w = crop[1];
    if (t->out.h <= t->whole.h && t->out.w <= t->whole.w) return GAN_OK;
    return gan__fail(context, GAN_E_SHAPE,
                     "data: crop=%" PRId64 "x%" PRId64 " of pictures of %" PRId64 "x%" PRId64,
                     t->out.h, t->out.w, t->whole.h, t->whole.w);
}

gan_status gan__transform_create(gan__transform *out, gan_context *context, gan__extent in,
                                 bool integers, const gan__transform_options *options)
{
    const int64_t channels = options->channels ? options->channels : in.c, *size = options->size;
    const gan__derive derive = (gan__derive)options->derive;
    const bool by_area = options->resize == GAN__RESIZE_AREA;
    int64_t h, w;
    memset(out, 0, sizeof *out);
    GAN__TRY(transform_check(context, in, channels, derive));
    out->in = in;
    out->whole.h = size[0] ? size[0] : in.h;
    out->whole.w = size[1] ? size[1] : in.w;
    out->whole.c = gan__derive_channels(derive, channels);
    out->channels = channels;
    out->derive = derive;
    out->flip = options->flip != 0;
    GAN__TRY(transform_cut_size(out, context, options->crop));
    transform_scaled(in, out->whole.h, out->whole.w, (gan__fit)options->fit, &h, &w);
    transform_axis rows = transform_axis_of(in.h, h, out->whole.h, by_area);
    transform_axis columns = transform_axis_of(in.w, w, out->whole.w, by_area);
    GAN__TRY(transform_measure(out, context, rows.out, columns.out));
    gan_status status = transform_resample(&out->rows, context, &rows);
    if (status == GAN_OK) status = transform_resample(&out->columns, context, &columns);
    if (status != GAN_OK) {
        gan__transform_free(context, out);
        return status;
    }
    out->weighs = integers && gan__pixels_alpha(in.c) && (out->rows.start || out->columns.start);
    out->identity = !out->rows.start && !out->columns.start && transform_equal(out->out, in) &&
                    transform_equal(out->whole, in) && derive == GAN__DERIVE_NONE && !out->flip;
    return GAN_OK;
}

void gan__transform_free(gan_context *context, gan__transform *transform)
{
    gan__free(context, transform->rows.start);
    gan__free(context, transform->rows.weight);
    gan__free(context, transform->columns.start);
    gan__free(context, transform->columns.weight);
    memset(transform, 0, sizeof *transform);
}

static gan__extent transform_placed(const gan__transform *t)
{
    return (gan__extent){t->whole.h, t->whole.w, t->channels};
}

/* Whether rows are made anew before they are resampled. */
static bool transform_makes_rows(const gan__transform *t, int32_t depth)
{
    return depth != GAN__PIXELS_FLOAT || t->weighs;
}

/* What lies in scratch behind each other: the whole picture, where a part is cut from it; a row and
 * the picture of pixels whose rows are made; what the resampling makes. Deriving comes after that,
 * in its place. */
static int64_t transform_scratch_of_rows(const gan__transform *t, int32_t depth)
{
    return transform_makes_rows(t, depth) ? t->in.w * t->in.c : 0;
}

int64_t gan__transform_scratch(const gan__transform *t, int32_t depth)
{
    int64_t wide = t->columns.start || transform_makes_rows(t, depth) ? t->wide : 0;
    int64_t resampled = transform_scratch_of_rows(t, depth) + wide + (t->rows.start ? t->high : 0);
    int64_t derived = gan__derive_scratch(t->derive, transform_placed(t));
    int64_t whole = transform_cuts(t) ? t->whole.h * t->whole.w * t->whole.c : 0;
    return whole + (resampled > derived ? resampled : derived);
}

/* Colours in proportion to alpha, or they are taken back: while they are resampled those of clear
 * pixels must not show. The colour -1 is black, the alpha -1 clear. */
static void transform_weigh(float *pixels, int64_t count, int64_t c, bool back)
{
    for (float *end = pixels + count * c; pixels < end; pixels += c) {
        const float alpha = 0.5f * (pixels[c - 1] + 1);
        const float factor = !back ? alpha : alpha > 0 ? 1 / alpha : 0;
        if (factor == 1) continue;
        for (int64_t k = 0; k < c - 1; k++) pixels[k] = (pixels[k] + 1) * factor - 1;
    }
}

/* out[axis->out][c] from in[axis->in][c]. */
static void transform_row(const gan__resample *axis, int64_t c, const float *in, float *out)
{
    for (int64_t i = 0; i < axis->out; i++) {
        const float *weight = axis->weight + i * axis->taps;
        const float *from = in + axis->start[i] * c;
        for (int64_t k = 0; k < c; k++) {
            float sum = 0;
            for (int64_t j = 0; j < axis->taps; j++) sum += weight[j] * from[j * c + k];
            out[i * c + k] = sum;
        }
    }
}

/* out[h][axis->out][c], row by row, so that a large picture is never there as floats. */
static void transform_columns(const gan__transform *t, const gan__pixels *in, float *out,
                              float *row)
{
    const gan__resample *axis = &t->columns;
    for (int64_t y = 0; y < t->in.h; y++, out += axis->out * t->in.c) {
        float *made = axis->start ? row : out;
        const float *from = gan__pixels_row(in, t->in, y, made);
        if (t->weighs) {
            if (from != made) memcpy(made, from, (size_t)(t->in.w * t->in.c) * sizeof *made);
            transform_weigh(made, t->in.w, t->in.c, false);
            from = made;
        }
        if (axis->start) transform_row(axis, t->in.c, from, out);
    }
}

/* out[axis->out][width] from in[axis->in][width], where a row's pixels and channels lie together.
 */
static void transform_rows(const gan__resample *axis, int64_t width, const float *in, float *out)
{
    for (int64_t i = 0; i < axis->out; i++, out += width) {
        const float *weight = axis->weight + i * axis->taps;
        const float *from = in + axis->start[i] * width;
        memset(out, 0, (size_t)width * sizeof *out);
        for (int64_t j = 0; j < axis->taps; j++, from += width)
            for (int64_t k = 0; k < width; k++) out[k] += weight[j] * from[k];
    }
}

/* h x w x c numbers into the middle of the picture, a single channel repeated. */
static void transform_place(const gan__transform *t, const float *in, float *out)
{
    const gan__extent whole = transform_placed(t);
    const int64_t h = t->rows.out, w = t->columns.out, c = t->in.c;
    const int64_t top = (whole.h - h) / 2, left = (whole.w - w) / 2;
    if (h < whole.h || w < whole.w)
        for (int64_t i = 0; i < whole.h * whole.w * whole.c; i++) out[i] = -1;
    for (int64_t y = 0; y < h; y++) {
        float *to = out + ((top + y) * whole.w + left) * whole.c;
        const float *from = in + y * w * c;
        if (c == whole.c) {
            memcpy(to, from, (size_t)(w * c) * sizeof *to);
            continue;
        }
        for (int64_t i = 0; i < w * whole.c; i++) to[i] = from[i / whole.c];
    }
}

/* The picture before it is cut. */
static void transform_whole(const gan__transform *t, const gan__pixels *in, float *out,
                            float *scratch)
{
    const float *from = in->data;
    float *at = scratch ? scratch + transform_scratch_of_rows(t, in->depth) : NULL;
    if (t->columns.start || transform_makes_rows(t, in->depth)) {
        transform_columns(t, in, at, scratch);
        from = at;
        at += t->wide;
    }
    if (t->rows.start) {
        transform_rows(&t->rows, t->columns.out * t->in.c, from, at);
        from = at;
    }
    transform_place(t, from, out);
    if (t->weighs) transform_weigh(out, t->whole.h * t->whole.w, t->channels, true);
    gan__derive_apply(t->derive, transform_placed(t), out, scratch);
}

/* Where the part that is drawn begins, and whether it is mirrored. */
typedef struct transform_chance {
    int64_t y, x;
    bool mirrored;
} transform_chance;

/* A place's probability is wrong by less than one part in 2^32 / places. */
static transform_chance transform_draw(const gan__transform *t, uint64_t key)
{
    const gan__draw draw = {key, GAN__DRAW_PICTURE, 0};
    const int64_t high = t->whole.h - t->out.h, wide = t->whole.w - t->out.w;
    uint32_t word[4];
    if (key == 0) return (transform_chance){high / 2, wide / 2, false};
    gan__random_block(&draw, 0, word);
    return (transform_chance){(int64_t)((uint64_t)word[0] * (uint64_t)(high + 1) >> 32),
                              (int64_t)((uint64_t)word[1] * (uint64_t)(wide + 1) >> 32),
                              t->flip && (word[2] & 1)};
}

static void transform_mirror(gan__extent e, float *picture)
{
    for (int64_t y = 0; y < e.h; y++, picture += e.w * e.c) {
        for (int64_t x = 0; x < e.w / 2; x++) {
            float *left = picture + x * e.c, *right = picture + (e.w - 1 - x) * e.c;
            for (int64_t k = 0; k < e.c; k++) {
                const float value = left[k];
                left[k] = right[k];
                right[k] = value;
            }
        }
    }
}

void gan__transform_apply(const gan__transform *t, const gan__pixels *in, uint64_t key, float *out,
                          float *scratch)
{
    const transform_chance chance = transform_draw(t, key);
    const int64_t row = t->out.w * t->out.c;
    if (!transform_cuts(t)) {
        transform_whole(t, in, out, scratch);
    } else {
        transform_whole(t, in, scratch, scratch + t->whole.h * t->whole.w * t->whole.c);
        for (int64_t y = 0; y < t->out.h; y++) {
            const float *from = scratch + ((chance.y + y) * t->whole.w + chance.x) * t->out.c;
            memcpy(out + y * row, from, (size_t)row * sizeof *out);
        }
    }
    if (chance.mirrored) transform_mirror(t->out, out);
}
