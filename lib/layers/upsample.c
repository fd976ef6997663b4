/* upsample: y[i][j] = x at source(i), source(j), as torch.nn.Upsample with a scale factor f:
 *
 *   nearest    source(i) = floor(i / f)
 *   bilinear   source(i) = max((i + 1/2) / f - 1/2, 0), with align_corners
 *              source(i) = i * (size - 1) / (f * size - 1);
 *              between two pixels a weighted mean, beyond the last pixel the last one */
#include "layers/kinds.h"

#include "base/parallel.h"

#include <math.h>
#include <string.h>

typedef struct upsample_values {
    int64_t scale[2];
    int32_t mode, align_corners;
} upsample_values;

enum { UPSAMPLE_NEAREST, UPSAMPLE_BILINEAR };

static const gan__option upsample_options[] = {
    {"scale", GAN__OPTION_PAIR, GAN__POSITIONAL, "2", 1, GAN__MOST_WINDOW, NULL,
     offsetof(upsample_values, scale), "how many times as high and wide: 2, or 2x3"},
    {"mode", GAN__OPTION_CHOICE, 0, "nearest", 0, 0, "nearest|bilinear",
     offsetof(upsample_values, mode), "repeat pixels, or interpolate between them"},
    {"align_corners", GAN__OPTION_BOOLEAN, 0, "no", 0, 0, NULL,
     offsetof(upsample_values, align_corners), "bilinear: corner pixels stay in the corners"},
};

static bool upsample_repeats(const gan_layer *layer, int64_t scale[2])
{
    const upsample_values *values = layer->options;
    memcpy(scale, values->scale, sizeof values->scale);
    return values->mode == UPSAMPLE_NEAREST;
}

static gan_status upsample_shape(const gan_layer *layer, const gan__shape *in, int32_t count,
                                 gan__shape *out)
{
    const upsample_values *values = layer->options;
    (void)count;
    *out = in[0];
    if (in[0].h >= 0) out->h = in[0].h * values->scale[0];
    if (in[0].w >= 0) out->w = in[0].w * values->scale[1];
    return GAN_OK;
}

/* An output row or column: first * (1 - weight) + second * weight. */
typedef struct upsample_source {
    int64_t first, second;
    float weight;
} upsample_source;

static upsample_source upsample_find(const upsample_values *values, int32_t axis, int64_t i,
                                     int64_t size)
{
    const int64_t scale = values->scale[axis];
    if (values->mode == UPSAMPLE_NEAREST) return (upsample_source){i / scale, i / scale, 0.0f};
    float place;
    if (values->align_corners) {
        const int64_t last = size * scale - 1;
        place = last > 0 ? (float)i * ((float)(size - 1) / (float)last) : 0.0f;
    } else {
        place = ((float)i + 0.5f) * (1.0f / (float)scale) - 0.5f;
        if (place < 0.0f) place = 0.0f;
    }
    int64_t first = (int64_t)place;
    if (first > size - 1) first = size - 1;
    return (upsample_source){first, first < size - 1 ? first + 1 : first, place - (float)first};
}

typedef struct upsample_job {
    const upsample_values *values;
    gan__shape in, out;
    const float *from;
    float *to;
} upsample_job;

/* One output row. */
static void upsample_row(void *argument, int64_t index, int32_t worker)
{
    const upsample_job *job = argument;
    const int64_t c = job->in.c, line = job->in.w * c, n = index / job->out.h;
    const upsample_source row = upsample_find(job->values, 0, index % job->out.h, job->in.h);
    const float *top = job->from + (n * job->in.h + row.first) * line;
    const float *bottom = job->from + (n * job->in.h + row.second) * line;
    float *restrict to = job->to + index * job->out.w * c;
    (void)worker;
    for (int64_t j = 0; j < job->out.w; j++, to += c) {
        const upsample_source column = upsample_find(job->values, 1, j, job->in.w);
        const int64_t a = column.first * c, b = column.second * c;
        if (job->values->mode == UPSAMPLE_NEAREST) {
            memcpy(to, top + a, (size_t)c * sizeof *to);
            continue;
        }
        for (int64_t k = 0; k < c; k++) {
            float upper = (1.0f - column.weight) * top[a + k] + column.weight * top[b + k];
            float lower = (1.0f - column.weight) * bottom[a + k] + column.weight * bottom[b + k];
            to[k] = (1.0f - row.weight) * upper + row.weight * lower;
        }
    }
}

/* Adds one row of dy, times `share`, to the row of dx that it came from. */
static void upsample_spread(const upsample_job *job, const float *dy, float share, float *dx)
{
    const int64_t c = job->in.c;
    for (int64_t j = 0; j < job->out.w; j++, dy += c) {
        const upsample_source column = upsample_find(job->values, 1, j, job->in.w);
        const float left = share * (1.0f - column.weight), right = share * column.weight;
        float *a = dx + column.first * c, *b = dx + column.second * c;
        for (int64_t k = 0; k < c; k++) a[k] += left * dy[k];
        if (job->values->mode == UPSAMPLE_NEAREST) continue;
        for (int64_t k = 0; k < c; k++) b[k] += right * dy[k];
    }
}

/* One row of dx: gathers from the output rows in their order. */
static void upsample_row_backward(void *argument, int64_t index, int32_t worker)
{
    const upsample_job *job = argument;
    const int64_t row = index % job->in.h, n = index / job->in.h;
    float *dx = job->to + index * job->in.w * job->in.c;
    (void)worker;
    memset(dx, 0, (size_t)(job->in.w * job->in.c) * sizeof *dx);
    for (int64_t i = 0; i < job->out.h; i++) {
        const upsample_source source = upsample_find(job->values, 0, i, job->in.h);
        const float *dy = job->from + (n * job->out.h + i) * job->out.w * job->in.c;
        if (source.first == row) upsample_spread(job, dy, 1.0f - source.weight, dx);
        if (source.second == row && job->values->mode == UPSAMPLE_BILINEAR)
            upsample_spread(job, dy, source.weight, dx);
    }
}

static void upsample_forward(gan__op *op)
{
    upsample_job job = {op->layer->options, op->in[0], op->out, op->x[0], op->y};
    gan__parallel_for(op->context, op->out.n * op->out.h, upsample_row, &job);
}

static void upsample_backward(gan__op *op)
{
    if (!op->dx[0]) return;
    upsample_job job = {op->layer->options, op->in[0], op->out, op->dy, op->dx[0]};
    gan__parallel_for(op->context, op->in[0].n * op->in[0].h, upsample_row_backward, &job);
}

const gan__layer_kind gan__layer_upsample = {
    .kind = {.name = "upsample",
             .help = "larger pictures, pixels repeated or interpolated",
             GAN__OPTIONS(upsample_options),
             .size = sizeof(upsample_values)},
    .operands = 1,
    .repeats = upsample_repeats,
    .shape = upsample_shape,
    .forward = upsample_forward,
    .backward = upsample_backward,
    .tangent_form = GAN__TANGENT_LINEAR,
};
