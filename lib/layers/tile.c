/* tile.c: channels of a picture into those of another and back: copied, repeated over the pixels,
 * or summed over them. */
#include "layers/tile.h"
#include "base/parallel.h"
#include "kernels/kernels.h"

#include <inttypes.h>
#include <string.h>

gan_status gan__tile_shape(const gan_layer *layer, const gan__shape *in, int32_t count,
                           gan__shape *out)
{
    char a[88], b[88];
    *out = in[0];
    for (int32_t i = 1; i < count; i++) {
        bool fits = out->n < 0 || in[i].n < 0 || out->n == in[i].n;
        if (out->n < 0) out->n = in[i].n;
        if (fits && in[i].h == 1 && in[i].w == 1) continue;
        bool single = out->h == 1 && out->w == 1;
        fits = fits && (single || ((out->h < 0 || in[i].h < 0 || out->h == in[i].h) &&
                                   (out->w < 0 || in[i].w < 0 || out->w == in[i].w)));
        if (!fits) {
            return gan__fail(layer->object.context, GAN_E_SHAPE, "%s: %s does not go with %s",
                             layer->kind->kind.name, gan__shape_print(in[i], a),
                             gan__shape_print(*out, b));
        }
        if (single || out->h < 0) out->h = in[i].h;
        if (single || out->w < 0) out->w = in[i].w;
    }
    return GAN_OK;
}

gan_status gan__tile_shape_channels(const gan_layer *layer, const gan__shape *in, int32_t count,
                                    gan__shape *out)
{
    int64_t channels = in[0].c;
    for (int32_t i = 1; i < count; i++) {
        if (in[i].c != channels && in[i].c != 1 && channels != 1)
            return gan__fail(layer->object.context, GAN_E_SHAPE,
                             "%s: %" PRId64 " channels do not go with %" PRId64,
                             layer->kind->kind.name, in[i].c, channels);
        if (channels == 1) channels = in[i].c;
    }
    GAN__TRY(gan__tile_shape(layer, in, count, out));
    out->c = channels;
    return GAN_OK;
}

enum { TILE_PIXELS = 256, TILE_CHANNELS = 256 };

typedef struct tile_job {
    const gan__vector_kernels *kernels;
    gan__channels channels;
    float scale;
    const float *from;
    float *to;
    int64_t from_sample, from_pixel, to_sample, to_pixel; /* floats from one to the next */
    int64_t slices;                                       /* tasks for each sample */
} tile_job;

static void tile_copy(const float *from, int64_t from_stride, float *to, int64_t to_stride,
                      int64_t pixels, int64_t c)
{
    if (from_stride == c && to_stride == c) {
        memcpy(to, from, (size_t)(pixels * c) * sizeof *to);
        return;
    }
    for (int64_t p = 0; p < pixels; p++)
        memcpy(to + p * to_stride, from + p * from_stride, (size_t)c * sizeof *to);
}

/* Some pixels of one sample. */
static void tile_move(void *argument, int64_t index, int32_t worker)
{
    const tile_job *job = argument;
    const gan__channels *ch = &job->channels;
    const int64_t sample = index / job->slices, begin = index % job->slices * TILE_PIXELS;
    const int64_t left = ch->pixels - begin;
    (void)worker;
    tile_copy(job->from + sample * job->from_sample + begin * job->from_pixel, job->from_pixel,
              job->to + sample * job->to_sample + begin * job->to_pixel, job->to_pixel,
              left < TILE_PIXELS ? left : TILE_PIXELS, ch->c);
}

/* Some channels of one sample, summed over its pixels. */
static void tile_sum(void *argument, int64_t index, int32_t worker)
{
    const tile_job *job = argument;
    const gan__channels *ch = &job->channels;
    const int64_t sample = index / job->slices, begin = index % job->slices * TILE_CHANNELS;
    const int64_t count = ch->c - begin < TILE_CHANNELS ? ch->c - begin : TILE_CHANNELS;
    const float *from = job->from + sample * job->from_sample + begin;
    double sum[TILE_CHANNELS] = {0};
    (void)worker;
    job->kernels->column_sum(ch->pixels, count, job->from_pixel, from, sum);
    for (int64_t i = 0; i < count; i++)
        job->to[sample * ch->c + begin + i] = (float)(sum[i] * (double)job->scale);
}

void gan__channels_put(gan_context *context, const gan__channels *channels, bool tiled,
                       const float *x, float *picture)
{
    tile_job job = {.channels = *channels,
                    .from = x,
                    .to = picture + channels->first,
                    .from_sample = tiled ? channels->c : channels->pixels * channels->c,
                    .from_pixel = tiled ? 0 : channels->c,
                    .to_sample = channels->pixels * channels->stride,
                    .to_pixel = channels->stride,
                    .slices = (channels->pixels + TILE_PIXELS - 1) / TILE_PIXELS};
    gan__parallel_for(context, channels->n * job.slices, tile_move, &job);
}

void gan__channels_get(gan_context *context, const gan__channels *channels, bool tiled, float scale,
                       const float *picture, float *x)
{
    const int64_t size = tiled ? TILE_CHANNELS : TILE_PIXELS;
    tile_job job = {.kernels = gan__kernels_of(context)->vector,
                    .channels = *channels,
                    .scale = scale,
                    .from = picture + channels->first,
                    .to = x,
                    .from_sample = channels->pixels * channels->stride,
                    .from_pixel = channels->stride,
                    .to_sample = channels->pixels * channels->c,
                    .to_pixel = channels->c,
                    .slices = ((tiled ? channels->c : channels->pixels) + size - 1) / size};
    gan__parallel_for(context, channels->n * job.slices, tiled ? tile_sum : tile_move, &job);
}

/* ---- a single channel ---- */

enum { SPREAD_CHUNK = 16384 };

/* Rows of `length` numbers, for each of which there is one number in `x`. */
typedef struct spread_job {
    const gan__vector_kernels *kernels;
    const float *from;
    float *to;
    int64_t rows, length, step; /* rows of one task */
} spread_job;

static int64_t spread_end(const spread_job *job, int64_t index)
{
    const int64_t end = (index + 1) * job->step;
    return end < job->rows ? end : job->rows;
}

static void spread_fill(void *argument, int64_t index, int32_t worker)
{
    const spread_job *job = argument;
    (void)worker;
    for (int64_t row = index * job->step; row < spread_end(job, index); row++)
        job->kernels->fill(job->length, job->from[row], job->to + row * job->length);
}

static void spread_add(void *argument, int64_t index, int32_t worker)
{
    const spread_job *job = argument;
    (void)worker;
    for (int64_t row = index * job->step; row < spread_end(job, index); row++) {
        double lanes[GAN__LANES] = {0};
        job->kernels->sum(job->length, job->from + row * job->length, lanes);
        job->to[row] = (float)gan__add_lanes(lanes);
    }
}

static void spread_run(gan_context *context, gan__shape in, gan__shape out, gan__task *task,
                       spread_job *job)
{
    job->kernels = gan__kernels_of(context)->vector;
    job->rows = gan__shape_count(in);
    job->length = job->rows > 0 ? gan__shape_count(out) / job->rows : 0;
    job->step = 1 + SPREAD_CHUNK / (job->length + 1);
    gan__parallel_for(context, (job->rows + job->step - 1) / job->step, task, job);
}

static gan__channels spread_channels(gan__shape s)
{
    return (gan__channels){.n = s.n, .pixels = s.h * s.w, .c = s.c, .stride = s.c};
}

void gan__spread(gan_context *context, gan__shape in, gan__shape out, const float *x, float *y)
{
    const gan__channels channels = spread_channels(out);
    spread_job job = {.from = x, .to = y};
    if (in.c != out.c)
        spread_run(context, in, out, spread_fill, &job);
    else
        gan__channels_put(context, &channels, gan__is_tiled(in, out), x, y);
}

const float *gan__operand_whole(const gan__op *op, int32_t i, float *memory)
{
    if (!gan__is_spread(op->in[i], op->out)) return op->x[i];
    gan__spread(op->context, op->in[i], op->out, op->x[i], memory);
    return memory;
}

void gan__spread_sum(gan_context *context, gan__shape in, gan__shape out, const float *dy,
                     float *dx)
{
    const gan__channels channels = spread_channels(out);
    spread_job job = {.from = dy, .to = dx};
    if (in.c != out.c)
        spread_run(context, in, out, spread_add, &job);
    else
        gan__channels_get(context, &channels, gan__is_tiled(in, out), 1.0f, dy, dx);
}
