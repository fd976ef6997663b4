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

gan_status gan__tile_shape_equal(const gan_layer *layer, const gan__shape *in, int32_t count,
                                 gan__shape *out)
{
    for (int32_t i = 1; i < count; i++) {
        if (in[i].c == in[0].c) continue;
        return gan__fail(layer->object.context, GAN_E_SHAPE,
                         "%s: %" PRId64 " channels do not go with %" PRId64, layer->kind->kind.name,
                         in[i].c, in[0].c);
    }
    return gan__tile_shape(layer, in, count, out);
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
