/* conv_plan.c: shapes of a convolution: which algorithm, which taps lie inside the picture. */
#include "compute/conv_plan.h"

/* Rows of dense from which on a packed copy of w pays. */
enum { PLAN_DIRECT_ROWS = 512 };

bool gan__conv_is_dense(const gan__conv *conv)
{
    return conv->r == 1 && conv->s == 1 && conv->h == 1 && conv->w == 1 && conv->oh == 1 &&
           conv->ow == 1 && conv->pad_top == 0 && conv->pad_left == 0 && conv->groups == 1;
}

bool gan__conv_is_depthwise(const gan__conv *conv)
{
    return conv->groups > 1 && conv->groups == conv->c && conv->groups == conv->k;
}

bool gan__conv_is_direct(const gan__conv *conv, gan__pass pass)
{
    if (gan__conv_is_depthwise(conv)) return true;
    if (!gan__conv_is_dense(conv)) return false;
    return pass == GAN__BACKWARD_DATA || gan__most(conv->n, conv->most) < PLAN_DIRECT_ROWS;
}

gan__conv_map gan__conv_map_of(const gan__conv *conv, gan__pass pass)
{
    gan__conv_map map = {.n = conv->n, .r = conv->r, .s = conv->s};
    map.depthwise = gan__conv_is_depthwise(conv);
    map.groups = map.depthwise ? 1 : conv->groups;
    map.transposed = pass == GAN__BACKWARD_DATA;
    map.direct = gan__conv_is_direct(conv, pass);
    if (map.transposed) {
        map.in_h = conv->oh, map.in_w = conv->ow, map.in_c = conv->k;
        map.out_h = conv->h, map.out_w = conv->w, map.out_c = conv->c;
    } else {
        map.in_h = conv->h, map.in_w = conv->w, map.in_c = conv->c;
        map.out_h = conv->oh, map.out_w = conv->ow, map.out_c = conv->k;
    }
    map.depth = map.depthwise ? 1 : map.in_c / map.groups;
    map.columns = map.out_c / map.groups;
    return map;
}

bool gan__conv_merges(const gan__conv_map *map, const gan__conv *conv)
{
    return !map->transposed && map->groups == 1 && !map->depthwise && conv->dilation_w == 1 &&
           map->s * map->depth <= GAN__CONV_STEPS;
}

gan__conv_slab gan__conv_slab_of(const gan__conv_map *map, int64_t width, const float *weights,
                                 int64_t index)
{
    const int64_t panels = gan__quotient_up(map->columns, width);
    const int64_t group = index / panels, column = index % panels * width;
    gan__conv_slab slab = {.input = map->depthwise ? column : group * map->depth,
                           .output = group * map->columns + column,
                           .columns = gan__least(width, map->columns - column)};
    slab.b_step = map->direct ? map->out_c : slab.columns;
    slab.b = weights + slab.output * (map->direct ? 1 : map->r * map->s * map->depth);
    return slab;
}

gan__axis gan__conv_axis(const gan__conv *conv, gan__pass pass, bool vertical)
{
    gan__axis axis = {.transposed = pass == GAN__BACKWARD_DATA};
    int64_t picture = vertical ? conv->h : conv->w, filtered = vertical ? conv->oh : conv->ow;
    axis.in = axis.transposed ? filtered : picture;
    axis.out = axis.transposed ? picture : filtered;
    axis.taps = vertical ? conv->r : conv->s;
    axis.stride = vertical ? conv->stride_h : conv->stride_w;
    axis.dilation = vertical ? conv->dilation_h : conv->dilation_w;
    axis.pad = vertical ? conv->pad_top : conv->pad_left;
    axis.doubled = conv->doubled;
    return axis;
}

/* A span has outputs; a phase of n taps has at most 2n + 1 of them, as the first valid tap and the
 * last one only move one way. */
int64_t gan__span_bound(const gan__axis *axis)
{
    int64_t phases = axis->transposed ? axis->stride : 1;
    if (phases >= axis->out || axis->taps >= axis->out) return axis->out;
    return gan__least(axis->out, phases * (2 * axis->taps + 1));
}

/* The taps of output `first`, before any is dropped because it lies outside. Output o reads with
 * tap t forward:  o * stride - pad + t * dilation backward: (o + pad - t * dilation) / stride where
 * that is whole, which it is for every stride / gcd(stride, dilation)-th tap. */
static gan__span span_phase(const gan__axis *axis, int64_t first)
{
    gan__span span = {.output = first, .output_step = 1, .tap_step = 1};
    if (!axis->transposed) {
        span.taps = axis->taps;
        span.input = first * axis->stride - axis->pad;
        span.input_step = axis->stride;
        span.input_tap = axis->dilation;
        return span;
    }
    int64_t position = first + axis->pad;
    while (axis->dilation * span.tap_step % axis->stride != 0) span.tap_step++;
    while (span.tap < span.tap_step && (position - span.tap * axis->dilation) % axis->stride != 0)
        span.tap++;
    bool meets = span.tap < span.tap_step && span.tap < axis->taps;
    span.taps = meets ? gan__quotient_up(axis->taps - span.tap, span.tap_step) : 0;
    span.output_step = axis->stride;
    span.input = meets ? (position - span.tap * axis->dilation) / axis->stride : 0;
    span.input_step = 1;
    span.input_tap = -(axis->dilation * span.tap_step / axis->stride);
    return span;
}

/* The first tap inside the picture, and how many from there on are inside, of an output whose tap j
 * reads input + j * input_tap. */
static void span_inside(const gan__axis *axis, const gan__span *span, int64_t input, int64_t *first,
                        int64_t *count)
{
    *first = 0;
    *count = 0;
    for (int64_t j = 0; j < span->taps; j++) {
        int64_t at = input + j * span->input_tap;
        bool inside = at >= 0 && at < axis->in;
        if (inside && *count == 0) *first = j;
        if (inside) (*count)++;
    }
}

int64_t gan__span_list(const gan__axis *axis, gan__span *spans)
{
    int64_t phases = axis->transposed ? gan__least(axis->stride, axis->out) : 1, made = 0;
    for (int64_t p = 0; p < phases; p++) {
        gan__span phase = span_phase(axis, p);
        int64_t count = gan__quotient_up(axis->out - p, phase.output_step);
        int64_t last_first = -1, last_count = -1;
        for (int64_t i = 0; i < count; i++) {
            int64_t first, taps, input = phase.input + i * phase.input_step;
            span_inside(axis, &phase, input, &first, &taps);
            if (first == last_first && taps == last_count) {
                spans[made - 1].count++;
                continue;
            }
            gan__span *span = &spans[made++];
            *span = phase;
            span->output += i * phase.output_step;
            span->count = 1;
            span->tap += first * phase.tap_step;
            span->taps = taps;
            span->input = input + first * phase.input_tap;
            last_first = first, last_count = taps;
        }
    }
    return made;
}

/* Pairs of an output and a tap inside the picture, of one dimension. */
static int64_t axis_pairs(const gan__axis *axis)
{
    int64_t pairs = 0;
    for (int64_t tap = 0; tap < axis->taps; tap++) {
        int64_t filtered = axis->transposed ? axis->in : axis->out;
        int64_t picture = axis->transposed ? axis->out : axis->in;
        for (int64_t i = 0; i < filtered; i++) {
            int64_t at = i * axis->stride - axis->pad + tap * axis->dilation;
            pairs += at >= 0 && at < picture;
        }
    }
    return pairs;
}

/* Vectors are at most 16 wide: an output of few channels fills them badly, all taps together fill
 * them, if most products that this makes are wanted. */
static bool plan_is_narrow(const gan__conv *conv, gan__pass pass)
{
    gan__conv_map map = gan__conv_map_of(conv, pass);
    if (map.groups != 1 || map.out_c > 8) return false;
    gan__axis vertical = gan__conv_axis(conv, pass, true);
    gan__axis horizontal = gan__conv_axis(conv, pass, false);
    int64_t gathered = axis_pairs(&vertical) * axis_pairs(&horizontal);
    int64_t narrow = map.in_h * map.in_w * gan__quotient_up(map.r * map.s * map.out_c, 16);
    return 2 * narrow <= gathered;
}

/* Where filtering pays, by measurement: with too few channels the transforms cost what the products
 * save, and with too few tiles reading and writing the sums of weights' gradients does. */
enum {
    PLAN_FILTER_CHANNELS = 16, /* of either side, and */
    PLAN_FILTER_PAIRS = 768,   /* c * k */
    PLAN_FILTER_DEPTH = 2048, /* channels of the input, at most: what is transformed fits a cache */
    PLAN_FILTER_TILES = 24,   /* of weights' gradients */
    PLAN_FILTER_WIDE = 72,    /* the same of a 4x4 window, of which there are 36 sums */
    PLAN_FILTER_STRIDED = 32, /* channels of either side of a 4x4 window */
    PLAN_FILTER_DOUBLED = 8   /* the same of doubled pixels */
};

static bool plan_has_channels(const gan__conv *v, gan__pass pass)
{
    gan__conv_map map = gan__conv_map_of(v, pass);
    int64_t fewest = gan__least(map.depth, map.columns);
    if (v->stride_h == 2) {
        int64_t deepest = map.transposed ? 512 : 256;
        bool fits = pass == GAN__BACKWARD_WEIGHTS || map.depth <= deepest;
        return fewest >= PLAN_FILTER_STRIDED && fits;
    }
    if (fewest < PLAN_FILTER_CHANNELS || v->c * v->k < PLAN_FILTER_PAIRS) return false;
    const bool wide = v->r == 4; /* its four parts have the channels of the input, each */
    if (pass != GAN__BACKWARD_WEIGHTS) return map.depth * (wide ? 4 : 1) <= PLAN_FILTER_DEPTH;
    int64_t tiles = v->n * gan__quotient_up(v->oh, 2) * gan__quotient_up(v->ow, 2);
    return tiles >= (wide ? PLAN_FILTER_WIDE : PLAN_FILTER_TILES);
}

/* 4x4 of stride 1 or 2 and 3x3 of stride 1, where they make a quarter fewer products at least; of
 * weights, which have all products of tiles that reach beyond the picture, a fifth. */
static bool plan_is_filtered(const gan__conv *v, gan__pass pass)
{
    int64_t stride = v->stride_h, fewest = stride == 1 ? 3 : 4;
    if (stride > 2 || v->stride_w != stride || v->r < fewest || v->r > 4 || v->s != v->r)
        return false;
    if (v->dilation_h != 1 || v->dilation_w != 1 || v->groups != 1) return false;
    if (!plan_has_channels(v, pass)) return false;
    gan__axis vertical = gan__conv_axis(v, pass, true);
    gan__axis horizontal = gan__conv_axis(v, pass, false);
    int64_t of = pass == GAN__BACKWARD_WEIGHTS ? 5 : 4;
    return (of - 1) * axis_pairs(&vertical) * axis_pairs(&horizontal) >=
           of * gan__filter_products(v, pass);
}

bool gan__conv_doubles(const gan__conv *v)
{
    const bool window = v->r == 3 && v->s == 3 && v->stride_h == 1 && v->stride_w == 1;
    const bool aligned = v->pad_top % 2 != 0 && v->pad_left % 2 != 0;
    if (!window || !aligned || v->dilation_h != 1 || v->dilation_w != 1 || v->groups != 1)
        return false;
    return gan__least(v->c, v->k) >= PLAN_FILTER_DOUBLED;
}

/* Where all products of an output are so few that what a tile of gathered rows needs beside them
 * counts, by measurement. Neither way changes a bit. */
enum {
    PLAN_STRIP_STEPS = 160, /* of an output */
    PLAN_STRIP_COUNT = 8    /* outputs of a row, at least */
};

static bool plan_is_stripped(const gan__conv *conv, gan__pass pass)
{
    gan__conv_map map = gan__conv_map_of(conv, pass);
    if (map.depthwise) return true;
    const int64_t step = map.transposed ? conv->stride_w : 1;
    return map.r * map.s * map.depth <= PLAN_STRIP_STEPS * step &&
           map.out_w >= PLAN_STRIP_COUNT * step;
}

gan__conv_algorithm gan__conv_choose(const gan__conv *conv, gan__pass pass)
{
    if (gan__conv_is_dense(conv))
        return pass == GAN__BACKWARD_DATA ? GAN__CONV_DENSE : GAN__CONV_GATHER;
    if (conv->doubled || plan_is_filtered(conv, pass)) return GAN__CONV_FILTER;
    if (pass == GAN__BACKWARD_WEIGHTS)
        return gan__conv_is_depthwise(conv) ? GAN__CONV_STRIPS : GAN__CONV_GATHER;
    if (!gan__conv_is_depthwise(conv) && plan_is_narrow(conv, pass)) return GAN__CONV_NARROW;
    return plan_is_stripped(conv, pass) ? GAN__CONV_STRIPS : GAN__CONV_GATHER;
}

bool gan__conv_frames(const gan__conv *conv, gan__pass pass)
{
    return pass != GAN__BACKWARD_DATA && gan__conv_choose(conv, pass) == GAN__CONV_FILTER;
}

bool gan__conv_is_packed(const gan__conv *conv, gan__pass pass)
{
    if (pass == GAN__BACKWARD_WEIGHTS || gan__conv_is_direct(conv, pass)) return false;
    return gan__conv_choose(conv, pass) != GAN__CONV_FILTER || !gan__filter_is_direct(conv, pass);
}

void gan__tail_apply(const gan__kernels *kernels, const gan__tail *tail, int64_t first,
                     int64_t count, float *row)
{
    const gan__vector_kernels *vector = kernels->vector;
    if (tail->bias) vector->add(count, row, tail->bias + first, row);
    if (tail->activation != GAN__LINEAR)
        vector->activate[tail->activation](count, row, tail->parameter, row);
}
