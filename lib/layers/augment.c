/* augment: in training each sample is changed by chance (Zhao et al., "Differentiable augmentation
 * for data-efficient GAN training", 2020, with the ranges of its program); y = x in evaluation. Of
 * what is asked for, in this order:
 *
 *     colour      x + b; then away from each pixel's mean over channels, times s; then away from
 *                 the sample's mean, times k: b in [-1/2, 1/2), s in [0, 2), k in [1/2, 3/2)
 *     flip        left and right change places, for half of the samples
 *     translate   by whole rows and columns, at most that share of all; 0 comes in
 *     cutout      a box of that share of the height and width is 0, its middle anywhere; not of 1x1
 *
 * It is affine: y = A x + b, so its tangent is itself without b; A's colour part is symmetric, its
 * places are a partial permutation. */
#include "layers/kinds.h"

#include "base/number.h"
#include "base/parallel.h"
#include "compute/draw.h"

typedef struct augment_values {
    int32_t flip, colour;
    double translate, cutout;
} augment_values;

static const gan__option augment_options[] = {
    {"flip", GAN__OPTION_BOOLEAN, 0, "no", 0, 0, NULL, offsetof(augment_values, flip),
     "mirrored, or not"},
    {"translate", GAN__OPTION_REAL, 0, "0", 0, 1, NULL, offsetof(augment_values, translate),
     "moved by at most this share of height and width; the paper's: 0.125"},
    {"colour", GAN__OPTION_BOOLEAN, 0, "no", 0, 0, NULL, offsetof(augment_values, colour),
     "other brightness, saturation and contrast"},
    {"cutout", GAN__OPTION_REAL, 0, "0", 0, 1, NULL, offsetof(augment_values, cutout),
     "a box of this share of height and width becomes 0; the paper's: 0.5"},
};

/* Of a sample. */
typedef struct augment_drawn {
    float shift, saturation, contrast;
    int32_t flip;
    int64_t down, right;                              /* moved by so many rows and columns */
    int64_t cut_top, cut_bottom, cut_left, cut_right; /* rows and columns from, to before */
} augment_drawn;
enum { AUGMENT_DRAWS = 8 }; /* numbers for each sample */

static int64_t augment_box(int64_t size, double share)
{
    return (int64_t)((double)size * share + 0.5);
}

/* A box that is always the whole picture, as of 1x1, would leave nothing to be seen. */
static gan_status augment_shape(const gan_layer *layer, const gan__shape *in, int32_t count,
                                gan__shape *out)
{
    const double share = ((const augment_values *)layer->options)->cutout;
    char value[GAN__NUMBER_SIZE];
    if (in[0].h != 1 || in[0].w != 1 || augment_box(1, share) == 0)
        return gan__shape_same(layer, in, count, out);
    return gan__fail(layer->object.context, GAN_E_SHAPE,
                     "augment: cutout=%s of a picture of 1x1 leaves nothing of it",
                     gan__number_print(share, value));
}

static gan_status augment_plan(gan__op *op)
{
    const int64_t floats = (int64_t)(sizeof(augment_drawn) / sizeof(float));
    if (op->training) op->state_size = gan__op_bytes(op->out.n * floats);
    return GAN_OK;
}

/* ---- what is drawn ---- */

/* One of 0 .. count - 1. */
static int64_t augment_pick(float u, int64_t count)
{
    const int64_t picked = (int64_t)((double)u * (double)count);
    return picked < count ? picked : count - 1;
}

static int64_t augment_move(float u, int64_t size, double share)
{
    const int64_t most = (int64_t)((double)size * share + 0.5);
    return augment_pick(u, 2 * most + 1) - most;
}

/* Rows, or columns, that are cut, as far as they are there. */
static void augment_cut(float u, int64_t size, double share, int64_t *from, int64_t *to)
{
    const int64_t length = augment_box(size, share);
    const int64_t first = augment_pick(u, size + 1 - length % 2) - length / 2;
    *from = first > 0 ? first : 0;
    *to = first + length < size ? first + length : size;
}

static void augment_draw(const gan__op *op)
{
    const augment_values *values = op->layer->options;
    const gan__draw draw = {op->seed, GAN__DRAW_LAYER, op->draw};
    const int64_t h = op->out.h, w = op->out.w;
    augment_drawn *drawn = op->state;
    for (int64_t n = 0; n < op->out.n; n++, drawn++) {
        float u[AUGMENT_DRAWS];
        gan__draw_uniform(op->context, &draw, (op->ordinal << 40) + (uint64_t)(n * AUGMENT_DRAWS),
                          AUGMENT_DRAWS, 0.0f, 1.0f, u);
        *drawn = (augment_drawn){.saturation = 1, .contrast = 1};
        drawn->flip = values->flip && u[0] < 0.5f;
        drawn->down = augment_move(u[1], h, values->translate);
        drawn->right = augment_move(u[2], w, values->translate);
        if (values->colour) {
            drawn->shift = u[3] - 0.5f;
            drawn->saturation = 2 * u[4];
            drawn->contrast = u[5] + 0.5f;
        }
        if (values->cutout > 0) {
            augment_cut(u[6], h, values->cutout, &drawn->cut_top, &drawn->cut_bottom);
            augment_cut(u[7], w, values->cutout, &drawn->cut_left, &drawn->cut_right);
        }
    }
}

/* ---- what is done ---- */

typedef struct augment_call {
    const gan__op *op;
    const float *from;
    float *to;
    bool back;    /* A's transpose */
    bool shifted; /* with b */
} augment_call;

/* Which pixel of x is shown at row i, column j of y; -1: none. */
static int64_t augment_source(const augment_drawn *d, gan__shape s, int64_t i, int64_t j)
{
    const int64_t row = i - d->down, column = j - d->right;
    if (i >= d->cut_top && i < d->cut_bottom && j >= d->cut_left && j < d->cut_right) return -1;
    if (row < 0 || row >= s.h || column < 0 || column >= s.w) return -1;
    return row * s.w + (d->flip ? s.w - 1 - column : column);
}

/* Where in y it is shown. */
static int64_t augment_target(const augment_drawn *d, gan__shape s, int64_t row, int64_t column)
{
    const int64_t i = row + d->down, j = (d->flip ? s.w - 1 - column : column) + d->right;
    if (i < 0 || i >= s.h || j < 0 || j >= s.w) return -1;
    if (i >= d->cut_top && i < d->cut_bottom && j >= d->cut_left && j < d->cut_right) return -1;
    return i * s.w + j;
}

/* out = k (m + s (x - m)) + rest of one pixel, m its mean over channels. */
static void augment_pixel(const augment_drawn *d, int64_t channels, const float *x, float rest,
                          float *out)
{
    double sum = 0;
    for (int64_t c = 0; c < channels; c++) sum += (double)x[c];
    const float mean = (float)(sum / (double)channels);
    for (int64_t c = 0; c < channels; c++)
        out[c] = d->contrast * (mean + d->saturation * (x[c] - mean)) + rest;
}

static void augment_places(const augment_drawn *d, gan__shape s, bool back, const float *x,
                           float rest, float *y)
{
    for (int64_t i = 0; i < s.h; i++)
        for (int64_t j = 0; j < s.w; j++, y += s.c) {
            const int64_t at = back ? augment_target(d, s, i, j) : augment_source(d, s, i, j);
            for (int64_t c = 0; at < 0 && c < s.c; c++) y[c] = back ? rest : 0.0f;
            if (at >= 0) augment_pixel(d, s.c, x + at * s.c, rest, y);
        }
}

/* The mean of what there is of x, or of what has come back of it, over all that a sample has. */
static double augment_mean(const augment_drawn *d, gan__shape s, bool back, const float *x)
{
    double sum = 0;
    for (int64_t i = 0; i < s.h; i++)
        for (int64_t j = 0; j < s.w; j++) {
            const int64_t at = back ? augment_target(d, s, i, j) : i * s.w + j;
            for (int64_t c = 0; at >= 0 && c < s.c; c++) sum += (double)x[at * s.c + c];
        }
    return sum / (double)(s.h * s.w * s.c);
}

static void augment_sample(void *argument, int64_t n, int32_t worker)
{
    const augment_call *call = argument;
    const augment_drawn *d = (const augment_drawn *)call->op->state + n;
    const gan__shape s = call->op->out;
    const float *from = call->from + n * s.h * s.w * s.c;
    float *to = call->to + n * s.h * s.w * s.c;
    const double mean = augment_mean(d, s, call->back, from);
    const float rest = (float)((1.0 - (double)d->contrast) * mean);
    (void)worker;
    augment_places(d, s, call->back, from, rest + (call->shifted ? d->shift : 0.0f), to);
}

static void augment_forward(gan__op *op)
{
    augment_call call = {op, op->x[0], op->y, .shifted = !op->on_tangents};
    if (!op->training) {
        gan__copy(op->context, gan__shape_count(op->out), op->x[0], op->y);
        return;
    }
    if (!op->on_tangents) augment_draw(op);
    gan__parallel_for(op->context, op->out.n, augment_sample, &call);
}

static void augment_backward(gan__op *op)
{
    augment_call call = {op, op->dy, op->dx[0], .back = true};
    if (!op->dx[0]) return;
    if (op->training)
        gan__parallel_for(op->context, op->out.n, augment_sample, &call);
    else
        gan__copy(op->context, gan__shape_count(op->out), op->dy, op->dx[0]);
}

const gan__layer_kind gan__layer_augment = {
    .kind = {.name = "augment",
             .help = "in training changes pictures by chance: place, colour, a hole",
             GAN__OPTIONS(augment_options),
             .size = sizeof(augment_values)},
    .operands = 1,
    .draws = true,
    .shape = augment_shape,
    .plan = augment_plan,
    .forward = augment_forward,
    .backward = augment_backward,
    .tangent_form = GAN__TANGENT_LINEAR,
};
