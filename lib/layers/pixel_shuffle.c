/* pixel_shuffle: y[h*f + i][w*f + j][c] = x[h][w][c*f*f + i*f + j] (Shi et al. 2016). */
#include "layers/kinds.h"

#include "base/parallel.h"

#include <inttypes.h>

typedef struct pixel_shuffle_values {
    int64_t factor;
} pixel_shuffle_values;

static const gan__option pixel_shuffle_options[] = {
    {"factor", GAN__OPTION_INTEGER, GAN__POSITIONAL | GAN__REQUIRED, NULL, 1, GAN__MOST_WINDOW,
     NULL, offsetof(pixel_shuffle_values, factor),
     "how many times as high and wide; channels / factor^2"},
};

static gan_status pixel_shuffle_shape(const gan_layer *layer, const gan__shape *in, int32_t count,
                                      gan__shape *out)
{
    const int64_t f = ((const pixel_shuffle_values *)layer->options)->factor;
    (void)count;
    if (in[0].c % (f * f) != 0) {
        return gan__fail(layer->object.context, GAN_E_SHAPE,
                         "pixel_shuffle: %" PRId64 " channels are no multiple of %" PRId64, in[0].c,
                         f * f);
    }
    *out = (gan__shape){in[0].n, in[0].h < 0 ? -1 : in[0].h * f, in[0].w < 0 ? -1 : in[0].w * f,
                        in[0].c / (f * f)};
    return GAN_OK;
}

typedef struct pixel_shuffle_job {
    gan__shape in;
    int64_t factor;
    const float *from;
    float *to;
    bool back; /* from y to x */
} pixel_shuffle_job;

/* One pixel of x. */
static void pixel_shuffle_pixel(const pixel_shuffle_job *job, const float *from, float *to,
                                int64_t line)
{
    const int64_t f = job->factor, c = job->in.c / (f * f);
    for (int64_t k = 0; k < c; k++) {
        for (int64_t i = 0; i < f; i++) {
            for (int64_t j = 0; j < f; j++) {
                int64_t small = k * f * f + i * f + j, large = i * line + j * c + k;
                to[job->back ? small : large] = from[job->back ? large : small];
            }
        }
    }
}

/* One row of x. */
static void pixel_shuffle_row(void *argument, int64_t index, int32_t worker)
{
    const pixel_shuffle_job *job = argument;
    const int64_t f = job->factor, small = job->in.c, line = job->in.w * small / f;
    const int64_t first = index * job->in.w * small;
    (void)worker;
    for (int64_t w = 0; w < job->in.w; w++) {
        int64_t x = first + w * small, y = first + w * small / f;
        pixel_shuffle_pixel(job, job->from + (job->back ? y : x), job->to + (job->back ? x : y),
                            line);
    }
}

static void pixel_shuffle_run(gan__op *op, const float *from, float *to, bool back)
{
    const int64_t f = ((const pixel_shuffle_values *)op->layer->options)->factor;
    pixel_shuffle_job job = {op->in[0], f, from, to, back};
    gan__parallel_for(op->context, op->in[0].n * op->in[0].h, pixel_shuffle_row, &job);
}

static void pixel_shuffle_forward(gan__op *op)
{
    pixel_shuffle_run(op, op->x[0], op->y, false);
}

static void pixel_shuffle_backward(gan__op *op)
{
    if (op->dx[0]) pixel_shuffle_run(op, op->dy, op->dx[0], true);
}

const gan__layer_kind gan__layer_pixel_shuffle = {
    .kind = {.name = "pixel_shuffle",
             .help = "channels become pixels",
             GAN__OPTIONS(pixel_shuffle_options),
             .size = sizeof(pixel_shuffle_values)},
    .operands = 1,
    .shape = pixel_shuffle_shape,
    .forward = pixel_shuffle_forward,
    .backward = pixel_shuffle_backward,
    .tangent_form = GAN__TANGENT_LINEAR,
};
