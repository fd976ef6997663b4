/* transform.c: pictures to another size by two one-dimensional filters, columns before rows, then
 * placed in the output; weights are made once. */
#include "data/transform.h"
#include "base/memory.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* One axis of a resampling. The filter is a triangle: bilinear interpolation when the axis grows,
 * and as wide as the step between outputs when it shrinks, so that no input pixel is skipped. Pixel
 * j covers [j, j + 1). */
typedef struct transform_axis {
    int64_t in, scaled;  /* the whole axis before and after */
    int64_t offset, out; /* the outputs that are wanted: offset, ..., offset + out - 1 */
    double ratio, support;
} transform_axis;

static int64_t transform_start(const transform_axis *axis, int64_t i, int64_t taps)
{
    double center = ((double)(axis->offset + i) + 0.5) * axis->ratio;
    int64_t start = (int64_t)floor(center - axis->support + 0.5);
    if (start > axis->in - taps) start = axis->in - taps;
    return start < 0 ? 0 : start;
}

static double transform_triangle(const transform_axis *axis, int64_t i, int64_t j)
{
    double center = ((double)(axis->offset + i) + 0.5) * axis->ratio;
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
        for (int64_t j = 0; j < taps; j++) sum += transform_triangle(axis, i, start + j);
        for (int64_t j = 0; j < taps; j++)
            out->weight[i * taps + j] = (float)(transform_triangle(axis, i, start + j) / sum);
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

static transform_axis transform_axis_of(int64_t in, int64_t scaled, int64_t out)
{
    transform_axis axis = {in, scaled, 0, scaled, (double)in / (double)scaled, 1};
    if (scaled > out) { /* cut: only the middle is ever computed */
        axis.offset = (scaled - out) / 2;
        axis.out = out;
    }
    if (axis.ratio > 1) axis.support = axis.ratio;
    return axis;
}

static gan_status transform_check(gan_context *context, gan__extent in, int64_t channels)
{
    const int64_t limit = INT32_MAX; /* keeps products of two sizes in 64 bits */
    if (in.h < 1 || in.w < 1 || in.c < 1 || in.h > limit || in.w > limit || in.c > limit) {
        return gan__fail(context, GAN_E_SHAPE, "data: pictures of %" PRId64 "x%" PRId64 "x%" PRId64,
                         in.h, in.w, in.c);
    }
    if (channels == in.c || in.c == 1) return GAN_OK;
    return gan__fail(context, GAN_E_SHAPE,
                     "data: channels=%" PRId64 " from pictures of %" PRId64
                     " channels: only grey ones can be repeated",
                     channels, in.c);
}

/* The sizes of what goes in, comes out and lies between, in numbers. Each is so far below what
 * size_t counts that three of them, in bytes, still fit. */
static gan_status transform_measure(gan__transform *t, gan_context *context, int64_t rows,
                                    int64_t columns)
{
    const int64_t in[3] = {t->in.h, t->in.w, t->in.c}, out[3] = {t->out.h, t->out.w, t->out.c};
    const int64_t wide[3] = {t->in.h, columns, t->in.c}, high[3] = {rows, columns, t->in.c};
    const int64_t limit = (int64_t)(SIZE_MAX / 64);
    int64_t first, last;
    if (!gan__product_count(in, 3, &first) || !gan__product_count(out, 3, &last) ||
        !gan__product_count(wide, 3, &t->wide) || !gan__product_count(high, 3, &t->high) ||
        first > limit || last > limit || t->wide > limit || t->high > limit) {
        return gan__fail(context, GAN_E_MEMORY,
                         "data: pictures of %" PRId64 "x%" PRId64 " made from %" PRId64 "x%" PRId64,
                         t->out.h, t->out.w, t->in.h, t->in.w);
    }
    return GAN_OK;
}

gan_status gan__transform_create(gan__transform *out, gan_context *context, gan__extent in,
                                 const gan__transform_options *options)
{
    const int64_t channels = options->channels, *size = options->size;
    int64_t h, w;
    memset(out, 0, sizeof *out);
    GAN__TRY(transform_check(context, in, channels ? channels : in.c));
    out->in = in;
    out->out.h = size[0] ? size[0] : in.h;
    out->out.w = size[1] ? size[1] : in.w;
    out->out.c = channels ? channels : in.c;
    out->derive = (gan__derive)options->derive;
    transform_scaled(in, out->out.h, out->out.w, (gan__fit)options->fit, &h, &w);
    transform_axis rows = transform_axis_of(in.h, h, out->out.h);
    transform_axis columns = transform_axis_of(in.w, w, out->out.w);
    GAN__TRY(transform_measure(out, context, rows.out, columns.out));
    gan_status status = transform_resample(&out->rows, context, &rows);
    if (status == GAN_OK) status = transform_resample(&out->columns, context, &columns);
    if (status != GAN_OK) {
        gan__transform_free(context, out);
        return status;
    }
    out->identity = !out->rows.start && !out->columns.start && out->out.h == in.h &&
                    out->out.w == in.w && out->out.c == in.c && out->derive == GAN__DERIVE_NONE;
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

int64_t gan__transform_scratch(const gan__transform *t)
{
    int64_t resampled = (t->columns.start ? t->wide : 0) + (t->rows.start ? t->high : 0);
    int64_t derived = gan__derive_scratch(t->derive, t->out);
    return resampled > derived ? resampled : derived;
}

/* out[h][axis->out][c] from in[h][axis->in][c]. */
static void transform_columns(const gan__resample *axis, int64_t h, int64_t c, const float *in,
                              float *out)
{
    for (int64_t row = 0; row < h; row++, in += axis->in * c, out += axis->out * c) {
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

/* h x w x c numbers into the middle of the output, a single channel repeated. */
static void transform_place(const gan__transform *t, const float *in, float *out)
{
    const int64_t h = t->rows.out, w = t->columns.out, c = t->in.c, channels = t->out.c;
    const int64_t top = (t->out.h - h) / 2, left = (t->out.w - w) / 2;
    if (h < t->out.h || w < t->out.w) {
        int64_t total = t->out.h * t->out.w * channels;
        for (int64_t i = 0; i < total; i++) out[i] = -1;
    }
    for (int64_t y = 0; y < h; y++) {
        float *to = out + ((top + y) * t->out.w + left) * channels;
        const float *from = in + y * w * c;
        if (c == channels) {
            memcpy(to, from, (size_t)(w * c) * sizeof *to);
            continue;
        }
        for (int64_t i = 0; i < w * channels; i++) to[i] = from[i / channels];
    }
}

void gan__transform_apply(const gan__transform *t, const float *in, float *out, float *scratch)
{
    float *at = scratch;
    if (t->columns.start) {
        transform_columns(&t->columns, t->in.h, t->in.c, in, at);
        in = at;
        at += t->wide;
    }
    if (t->rows.start) {
        transform_rows(&t->rows, t->columns.out * t->in.c, in, at);
        in = at;
    }
    transform_place(t, in, out);
    gan__derive_apply(t->derive, t->out, out, scratch);
}
