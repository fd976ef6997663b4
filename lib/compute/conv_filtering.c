/* conv_filtering.c: how minimal filtering divides a convolution.
 *
 * A convolution of stride s is, forward, the sum over the s^2 parities of input pixels of such of
 * stride 1, and backward_data, for each of the s^2 parities of output pixels, one. A 4x4 one of
 * stride 1 is the sum of four of 2x2, two pixels apart. F(2x2, 2x2) makes 2x2 outputs of a 2x2
 * convolution with 9 products instead of 16, F(2x2, 3x3) of a 3x3 one with 16 instead of 36. Their
 * transforms add, subtract and halve weights, so that whole numbers stay exact. F(4x4, 3x3) makes
 * 4x4 outputs with 36 products instead of 144, less exactly, where it is allowed to.
 *
 * A 3x3 convolution of pixels that were repeated twice in each dimension reads them once, and makes
 * the four outputs over a pixel with 9 products instead of 36; backwards, the slope of a pixel from
 * 4x4 slopes of outputs with 9. */
#include "compute/conv_plan.h"

typedef enum filtering_row {
    FILTERING_STRIDED, /* 4x4 of stride 2 */
    FILTERING_WIDE,    /* 4x4 of stride 1 */
    FILTERING_SMALL,   /* 3x3 of stride 1, and in large tiles */
    FILTERING_LARGE,
    FILTERING_DOUBLED, /* 3x3 of pixels that lie there twice, and its backward_data */
    FILTERING_DOUBLED_BACK
} filtering_row;

/* Of forward and backward_weights, but for the last row. */
static const gan__filtering filterings[] = {
    [FILTERING_STRIDED] = {.kind = GAN__FILTER_2_2,
                           .parts = 2,
                           .part_step = 1,
                           .taps = 2,
                           .tap_step = 2,
                           .pixels = 3,
                           .points = 3,
                           .sums = 3,
                           .outputs = 2,
                           .advance = 2},
    [FILTERING_WIDE] = {.kind = GAN__FILTER_2_2,
                        .parts = 2,
                        .part_step = 2,
                        .taps = 2,
                        .tap_step = 1,
                        .pixels = 3,
                        .points = 3,
                        .sums = 3,
                        .outputs = 2,
                        .advance = 2},
    [FILTERING_SMALL] = {.kind = GAN__FILTER_2_3,
                         .parts = 1,
                         .taps = 3,
                         .tap_step = 1,
                         .pixels = 4,
                         .points = 4,
                         .sums = 4,
                         .outputs = 2,
                         .advance = 2},
    [FILTERING_LARGE] = {.kind = GAN__FILTER_4_3,
                         .parts = 1,
                         .taps = 3,
                         .tap_step = 1,
                         .pixels = 6,
                         .points = 6,
                         .sums = 6,
                         .outputs = 4,
                         .advance = 4},
    [FILTERING_DOUBLED] = {.kind = GAN__FILTER_2_3_2,
                           .parts = 1,
                           .taps = 3,
                           .tap_step = 1,
                           .pixels = 3,
                           .points = 3,
                           .sums = 3,
                           .outputs = 2,
                           .advance = 1},
    [FILTERING_DOUBLED_BACK] = {.kind = GAN__FILTER_1_3_2,
                                .parts = 1,
                                .taps = 3,
                                .tap_step = 1,
                                .pixels = 4,
                                .points = 3,
                                .sums = 1,
                                .outputs = 1,
                                .advance = 2},
};

/* Whether 4x4 outputs at once make a fifth fewer products than 2x2. */
static bool filtering_is_large(const gan__conv *conv, gan__pass pass)
{
    int64_t h = pass == GAN__BACKWARD_DATA ? conv->h : conv->oh;
    int64_t w = pass == GAN__BACKWARD_DATA ? conv->w : conv->ow;
    int64_t large = gan__quotient_up(h, 4) * gan__quotient_up(w, 4) * 36;
    int64_t small = gan__quotient_up(h, 2) * gan__quotient_up(w, 2) * 16;
    return conv->large && 5 * large <= 4 * small;
}

static filtering_row filtering_find(const gan__conv *conv, gan__pass pass)
{
    if (conv->doubled)
        return pass == GAN__BACKWARD_DATA ? FILTERING_DOUBLED_BACK : FILTERING_DOUBLED;
    if (conv->stride_h == 2) return FILTERING_STRIDED;
    if (conv->r == 4) return FILTERING_WIDE;
    return filtering_is_large(conv, pass) ? FILTERING_LARGE : FILTERING_SMALL;
}

gan__filtering gan__filtering_of(const gan__conv *conv, gan__pass pass)
{
    gan__filtering filtering = filterings[filtering_find(conv, pass)];
    filtering.phases = 1;
    filtering.transposed = pass == GAN__BACKWARD_DATA;
    filtering.spares = pass != GAN__BACKWARD_WEIGHTS;
    if (!filtering.transposed) return filtering;
    filtering.phases = conv->stride_h;
    filtering.parts /= filtering.phases;
    return filtering;
}

int64_t gan__filter_tap(const gan__filtering *filtering, int64_t phase, int64_t part, int64_t i)
{
    if (!filtering->transposed) return part * filtering->part_step + i * filtering->tap_step;
    int64_t last = filtering->parts * filtering->taps - 1;
    return phase + filtering->phases * (last - part * filtering->taps - i);
}

/* The pixel of x in the middle of tile 0 is the one whose two outputs are 0 and 1. */
static gan__filter_axis filtering_doubled_axis(const gan__axis *axis)
{
    int64_t middle = (1 - axis->pad) / 2;
    gan__filter_axis f = {.count = axis->out, .out_step = 1, .in_step = 1};
    f.in[0] = axis->transposed ? -2 * middle - 1 : middle - 1;
    return f;
}

gan__filter_axis gan__filter_axis_of(const gan__filtering *filtering, const gan__axis *axis,
                                     int64_t phase)
{
    const int64_t stride = axis->stride, last = filtering->parts * filtering->taps - 1;
    gan__filter_axis f = {.count = axis->out, .out_step = 1, .in_step = stride};
    if (axis->doubled) {
        f = filtering_doubled_axis(axis);
    } else if (axis->transposed) {
        /* Output x with x + pad = stride * j + phase adds y[j - i] * w[phase + stride * i]. */
        f.out = ((phase - axis->pad) % stride + stride) % stride;
        f.out_step = stride, f.in_step = 1;
        f.count = axis->out > f.out ? gan__quotient_up(axis->out - f.out, stride) : 0;
        int64_t first = (f.out + axis->pad - phase) / stride - last;
        for (int64_t p = 0; p < filtering->parts; p++) f.in[p] = first + p * filtering->taps;
    } else {
        for (int64_t p = 0; p < filtering->parts; p++)
            f.in[p] = p * filtering->part_step - axis->pad;
    }
    f.tiles = gan__quotient_up(f.count, filtering->outputs);
    const bool partial = filtering->spares && f.count % filtering->outputs != 0;
    f.products = filtering->parts * (f.tiles * filtering->points - partial);
    return f;
}

int64_t gan__filter_products(const gan__conv *conv, gan__pass pass)
{
    gan__filtering filtering = gan__filtering_of(conv, pass);
    gan__axis vertical = gan__conv_axis(conv, pass, true);
    gan__axis horizontal = gan__conv_axis(conv, pass, false);
    int64_t phases = filtering.phases, products = 0;
    for (int64_t phase = 0; phase < phases * phases; phase++) {
        gan__filter_axis h = gan__filter_axis_of(&filtering, &vertical, phase / phases);
        gan__filter_axis w = gan__filter_axis_of(&filtering, &horizontal, phase % phases);
        products += h.products * w.products;
    }
    return products;
}
