/* conv_plan.h: what the files of the convolution share. convolution.c chooses; conv_gather.c,
 * conv_strips.c, conv_few.c, conv_filter.c, conv_narrow.c, conv_dense.c, conv_weights.c,
 * conv_depth_weights.c and conv_filter_weights.c compute, conv_slices.c adds; conv_panel.c and
 * conv_filter_panel.c pack; conv_filtering.c says how filtering divides. */
#ifndef GAN__CONV_PLAN_H
#define GAN__CONV_PLAN_H

#include "compute/convolution.h"

#include "kernels/kernels.h"

/* How a pass is computed. A function of the shape without n, so that a picture's bits do not depend
 * on the batch around it. backward_weights is GATHER, STRIPS (depthwise) or FILTER. */
typedef enum gan__conv_algorithm {
    GAN__CONV_GATHER, /* each output gathers its taps: one chain; taps in the padding are left out
                       */
    GAN__CONV_STRIPS, /* the same of a row of outputs at a time: few products each, or depthwise */
    GAN__CONV_FILTER, /* minimal filtering: 4x4, 9 products for 16; 3x3 of stride 1, 16 for 36; all
                         that are `doubled`, 9 for 36 */
    GAN__CONV_NARROW, /* few output channels: a product with all taps as columns, then sums of taps
                       */
    GAN__CONV_DENSE   /* backward_data of dense: w itself is the broadcast side */
} gan__conv_algorithm;

gan__conv_algorithm gan__conv_choose(const gan__conv *conv, gan__pass pass);
bool gan__conv_is_dense(const gan__conv *conv);
bool gan__conv_is_depthwise(const gan__conv *conv);              /* each channel for itself */
bool gan__conv_is_direct(const gan__conv *conv, gan__pass pass); /* w itself is multiplied with */
bool gan__conv_is_packed(const gan__conv *conv, gan__pass pass); /* else w is given as panel */

/* Forward and backward_data as one thing: outputs that gather from an input picture. Depthwise: one
 * group of all columns, depth 1. */
typedef struct gan__conv_map {
    int64_t n, in_h, in_w, in_c, out_h, out_w, out_c;
    int64_t r, s, groups;
    int64_t depth, columns; /* channels of a group: of the input, of the output */
    bool transposed;        /* backward_data */
    bool direct;            /* gan__conv_is_direct */
    bool depthwise;
} gan__conv_map;

gan__conv_map gan__conv_map_of(const gan__conv *conv, gan__pass pass);

/* Whether all taps of a window's row are one line: its pixels lie beside each other, and so do
 * their channels. */
bool gan__conv_merges(const gan__conv_map *map, const gan__conv *conv);

/* One panel of all groups: the channels that it joins, and its weights. */
typedef struct gan__conv_slab {
    int64_t input;           /* the first */
    int64_t output, columns; /* the first, how many */
    const float *b;
    int64_t b_step; /* from one step to the next */
} gan__conv_slab;

/* Panel `index`; `width` columns of a tile, weights as they are packed, or w where they are not. */
gan__conv_slab gan__conv_slab_of(const gan__conv_map *map, int64_t width, const float *weights,
                                 int64_t index);

/* Outputs of one dimension that have the same taps inside the picture: output + i * output_step, i
 * < count, has taps tap + j * tap_step, j < taps, which read input + i * input_step + j *
 * input_tap. */
typedef struct gan__span {
    int64_t output, output_step, count;
    int64_t tap, tap_step, taps;
    int64_t input, input_step, input_tap;
} gan__span;

/* One dimension of a convolution. */
typedef struct gan__axis {
    int64_t in, out, taps, stride, dilation, pad;
    bool transposed, doubled;
} gan__axis;

gan__axis gan__conv_axis(const gan__conv *conv, gan__pass pass, bool vertical);

/* The pixel that x has at a row and a column, from its first channel on; NULL outside. */
static inline const float *gan__conv_pixel(const gan__conv *conv, const float *x, int64_t image,
                                           int64_t row, int64_t column)
{
    const gan__frame *frame = &conv->frame;
    int64_t h = conv->h, w = conv->w;
    if (row < 0 || row >= h || column < 0 || column >= w) return NULL;
    if (frame->h > 0) {
        h = frame->h, w = frame->w;
        row = gan__frame_place(row, frame->top, h, frame->mirrored);
        column = gan__frame_place(column, frame->left, w, frame->mirrored);
    }
    return x + ((image * h + row) * w + column) * conv->c;
}
int64_t gan__span_bound(const gan__axis *axis); /* how many spans there are at most */
int64_t gan__span_list(const gan__axis *axis, gan__span *spans); /* how many there are */

/* Columns [first, first + count) of one output pixel at `row`: bias, then activation. */
void gan__tail_apply(const gan__kernels *kernels, const gan__tail *tail, int64_t first,
                     int64_t count, float *row);
static inline bool gan__tail_is_empty(const gan__tail *tail)
{
    return !tail || (!tail->bias && tail->activation == GAN__LINEAR);
}

static inline int64_t gan__least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}
static inline int64_t gan__most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}
static inline int64_t gan__quotient_up(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

/* Steps of a product between two looks at C: 1024 lines of a panel of 64 columns are a quarter of
 * the level-2 caches that this is made for. */
enum { GAN__CONV_STEPS = 512 };

/* One forward or backward_data pass: `in` is x or y, `out` the other. */
typedef struct gan__conv_run {
    const gan__conv *conv;
    gan__pass pass;
    const float *in, *panel;
    const gan__tail *tail;
    void *workspace;
    float *out;
} gan__conv_run;

size_t gan__strips_scratch(const gan__conv_map *map);
void gan__strips_run(gan_context *context, const gan__conv_run *run);

size_t gan__gather_scratch(const gan__conv_map *map);
size_t gan__gather_workspace(const gan__conv *conv, gan__pass pass); /* spans; of strips too */
void gan__gather_run(gan_context *context, const gan__conv_run *run);

/* How a pass is filtered: each phase of its outputs as the sum of `parts` convolutions of stride 1.
 * Counts and steps are those of one dimension; all but `phases` and `tap` in every phase. */
typedef struct gan__filtering {
    gan__filter_kind kind;
    int64_t phases, parts, taps;     /* taps of a part */
    int64_t pixels, points, outputs; /* of a tile: those it reads, multiplies at, makes */
    int64_t sums;                    /* points, or 1 where all products are summed */
    int64_t advance;                 /* pixels from a tile to the next */
    int64_t part_step, tap_step;     /* pixels of the picture between parts, and between taps */
    bool transposed;
    bool spares; /* products that only lead outside of the picture are left out */
} gan__filtering;

gan__filtering gan__filtering_of(const gan__conv *conv, gan__pass pass);

/* Which of the window's taps is tap `i` of a part. In backward_data a later one meets an earlier
 * pixel. */
int64_t gan__filter_tap(const gan__filtering *filtering, int64_t phase, int64_t part, int64_t i);

/* Rows (or columns) of one phase of the outputs: output i is at out + i * out_step; tile t has
 * outputs [outputs * t, outputs * (t + 1)) and reads, for part p, pixels
 * in[p] + in_step * (advance * t + i), i < pixels. */
typedef struct gan__filter_axis {
    int64_t count, out, out_step;
    int64_t in[2], in_step;
    int64_t tiles;
    int64_t products; /* of all points and parts */
} gan__filter_axis;

gan__filter_axis gan__filter_axis_of(const gan__filtering *filtering, const gan__axis *axis,
                                     int64_t phase);

/* Multiply-adds of an input and an output channel for one image. */
int64_t gan__filter_products(const gan__conv *conv, gan__pass pass);

/* Panels: [phase][point][panel of tile columns][part][depth][columns of the panel]; points are
 * gan__filter_point floats apart. */
int64_t gan__filter_point(const gan__filtering *filtering, const gan__conv_map *map);
int64_t gan__filter_panel_count(const gan__conv *conv, gan__pass pass);
void gan__filter_pack(gan_context *context, const gan__conv *conv, gan__pass pass, const float *w,
                      float *panel);

size_t gan__filter_scratch(const gan__conv *conv, gan__pass pass);
void gan__filter_run(gan_context *context, const gan__conv_run *run);

/* Whether weights are better transformed as they are needed: they are many, and needed once. */
bool gan__filter_is_direct(const gan__conv *conv, gan__pass pass);

/* Steps of a part of a phase, and columns of one panel, as [point][step][columns]; points are
 * `point` floats apart. */
typedef struct gan__filter_piece {
    int64_t phase, part, step, steps, column, columns;
} gan__filter_piece;
void gan__filter_pack_piece(const gan__kernels *kernels, const gan__conv *conv, gan__pass pass,
                            const float *w, const gan__filter_piece *piece, int64_t point,
                            float *u);

/* Forward of dense with so few pictures that they fill no tile. */
bool gan__conv_is_few(const gan__conv *conv, gan__pass pass);
void gan__few_run(gan_context *context, const gan__conv_run *run);

size_t gan__narrow_scratch(const gan__conv *conv, gan__pass pass);
size_t gan__narrow_workspace(const gan__conv *conv, gan__pass pass);
void gan__narrow_run(gan_context *context, const gan__conv_run *run);

size_t gan__dense_scratch(void);
size_t gan__dense_workspace(const gan__conv *conv);
void gan__dense_run(gan_context *context, const gan__conv_run *run);

size_t gan__filter_weights_scratch(const gan__conv *conv);
size_t gan__filter_weights_workspace(const gan__conv *conv);
void gan__filter_weights_run(gan_context *context, const gan__conv *conv, const float *x,
                             const float *dy, bool add, void *workspace, float *dw);

size_t gan__depth_weights_scratch(const gan__conv *conv);
size_t gan__depth_weights_workspace(const gan__conv *conv);
void gan__depth_weights_run(gan_context *context, const gan__conv *conv, const float *x,
                            const float *dy, bool add, void *workspace, float *dw);

size_t gan__weights_scratch(const gan__conv *conv);
size_t gan__weights_workspace(const gan__conv *conv);
void gan__weights_run(gan_context *context, const gan__conv *conv, const float *x, const float *dy,
                      bool add, void *workspace, float *dw);

/* dw (+)= the sum of `slices` partial gradients of `count` floats, in their order. */
void gan__weights_sum(gan_context *context, int64_t slices, int64_t count, const float *partial,
                      bool add, float *dw);

#endif
