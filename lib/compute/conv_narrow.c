/* conv_narrow.c: forward and backward_data to few output channels.
 *
 * A product whose columns are all taps times all channels fills the vectors that a few channels
 * alone would not: p[input pixel][tap][channel]. Each output then adds the taps that meet it: every
 * tap is a chain of its own from 0, and the taps are added in the order (r, s).
 *
 * A task makes a band of output rows of one image, row after row; the products of the input rows
 * that a window spans are kept in a ring. Bands overlap in input rows only, which are then made
 * twice. */
#include "compute/conv_plan.h"

#include "base/parallel.h"

#include <string.h>

typedef struct narrow_job {
    gan_context *context;
    const gan__kernels *kernels;
    gan__conv conv;
    gan__conv_map map;
    int64_t columns; /* of the product */
    int64_t ring;    /* rows kept */
    int64_t bands, band_rows;
    const float *in, *panel;
    const gan__tail *tail;
    float *out;
} narrow_job;

/* Input rows under a window, at most. */
static int64_t narrow_ring(const gan__conv *conv, const gan__conv_map *map)
{
    int64_t reach = (conv->r - 1) * conv->dilation_h;
    int64_t rows = map->transposed ? reach / conv->stride_h + 1 : reach + 1;
    return gan__least(rows, map->in_h);
}

size_t gan__narrow_scratch(const gan__conv *conv, gan__pass pass)
{
    gan__conv_map map = gan__conv_map_of(conv, pass);
    int64_t columns = map.r * map.s * map.out_c;
    return (size_t)(narrow_ring(conv, &map) * map.in_w * columns) * sizeof(float);
}

/* The first and the last input row under the window of output row y, before clipping. */
static void narrow_window(const narrow_job *job, int64_t y, int64_t *low, int64_t *high)
{
    const gan__conv *conv = &job->conv;
    int64_t reach = (conv->r - 1) * conv->dilation_h;
    if (!job->map.transposed) {
        *low = y * conv->stride_h - conv->pad_top;
        *high = *low + reach;
        return;
    }
    int64_t position = y + conv->pad_top;
    *low = position > reach ? gan__quotient_up(position - reach, conv->stride_h) : 0;
    *high = position / conv->stride_h;
}

/* The products of one input row. */
static void narrow_multiply(const narrow_job *job, const float *in, float *p)
{
    const gan__conv_map *map = &job->map;
    const gan__product_kernels *product = job->kernels->product;
    const float *a[GAN__TILE_ROWS];
    float *c[GAN__TILE_ROWS];
    const int64_t line = 0;
    gan__tile call = {.lines = 1, .a = a, .b_line = &line, .c = c};
    for (int64_t column = 0; column < job->columns; column += product->columns) {
        call.columns = gan__least(product->columns, job->columns - column);
        call.b_step = call.columns;
        call.c_shift = column;
        for (int64_t step = 0; step < map->depth; step += GAN__CONV_STEPS) {
            call.steps = gan__least(GAN__CONV_STEPS, map->depth - step);
            call.a_shift = step;
            call.b = job->panel + column * map->depth + step * call.b_step;
            call.accumulate = step > 0;
            for (int64_t x = 0; x < map->in_w; x += product->rows) {
                call.rows = gan__least(product->rows, map->in_w - x);
                for (int64_t i = 0; i < call.rows; i++) {
                    a[i] = in + (x + i) * map->depth;
                    c[i] = p + (x + i) * job->columns;
                }
                product->gather(&call);
            }
        }
    }
}

/* out[i * out_step + j] += p[i * p_step + j] for i < count, j < channels; inlined with constants.
 */
static inline void narrow_add_pixels(int64_t count, int64_t channels, const float *p,
                                     int64_t p_step, float *out, int64_t out_step)
{
    for (int64_t i = 0; i < count; i++) {
        for (int64_t j = 0; j < channels; j++) out[j] += p[j];
        p += p_step;
        out += out_step;
    }
}

/* One tap of one row: pixels i of the filtered side meet pixels i * stride + offset of the picture.
 */
static void narrow_add_tap(const narrow_job *job, const float *p, int64_t s, float *out)
{
    const gan__conv *conv = &job->conv;
    int64_t stride = conv->stride_w, offset = s * conv->dilation_w - conv->pad_left;
    int64_t channels = job->map.out_c, end = conv->w - offset;
    int64_t first = offset < 0 ? gan__quotient_up(-offset, stride) : 0;
    int64_t count = end > 0 ? gan__least(conv->ow, gan__quotient_up(end, stride)) - first : 0;
    int64_t p_step = job->columns, out_step = channels;
    if (job->map.transposed) {
        p += first * p_step;
        out += (first * stride + offset) * channels;
        out_step *= stride;
    } else {
        p += (first * stride + offset) * p_step;
        out += first * channels;
        p_step *= stride;
    }
    if (channels == 1)
        narrow_add_pixels(count, 1, p, p_step, out, out_step);
    else if (channels == 3)
        narrow_add_pixels(count, 3, p, p_step, out, out_step);
    else
        narrow_add_pixels(count, channels, p, p_step, out, out_step);
}

/* Output row y from the ring. */
static void narrow_add_row(const narrow_job *job, const float *ring, int64_t y, float *out)
{
    const gan__conv *conv = &job->conv;
    const gan__conv_map *map = &job->map;
    memset(out, 0, (size_t)(map->out_w * map->out_c) * sizeof *out);
    for (int64_t r = 0; r < conv->r; r++) {
        int64_t row = y * conv->stride_h - conv->pad_top + r * conv->dilation_h;
        if (map->transposed) {
            row = y + conv->pad_top - r * conv->dilation_h;
            if (row < 0 || row % conv->stride_h != 0) continue;
            row /= conv->stride_h;
        }
        if (row < 0 || row >= map->in_h) continue;
        const float *p = ring + row % job->ring * map->in_w * job->columns;
        for (int64_t s = 0; s < conv->s; s++)
            narrow_add_tap(job, p + (r * conv->s + s) * map->out_c, s, out);
    }
}

static void narrow_finish(const narrow_job *job, float *out)
{
    const gan__tail *tail = job->tail;
    int64_t channels = job->map.out_c, pixels = job->map.out_w;
    if (tail->bias) {
        for (int64_t i = 0; i < pixels; i++)
            for (int64_t j = 0; j < channels; j++) out[i * channels + j] += tail->bias[j];
    }
    if (tail->activation != GAN__LINEAR) {
        job->kernels->vector->activate[tail->activation](pixels * channels, out, tail->parameter,
                                                         out);
    }
}

/* Task: one band of one image. */
static void narrow_task(void *argument, int64_t index, int32_t worker)
{
    const narrow_job *job = argument;
    const gan__conv_map *map = &job->map;
    float *ring = gan__scratch_of(job->context, worker);
    int64_t image = index / job->bands, first = index % job->bands * job->band_rows;
    int64_t end = gan__least(first + job->band_rows, map->out_h), next = 0;
    for (int64_t y = first; y < end; y++) {
        int64_t low, high;
        narrow_window(job, y, &low, &high);
        next = gan__most(next, low);
        for (; next <= high && next < map->in_h; next++) {
            const float *in = job->in + (image * map->in_h + next) * map->in_w * map->depth;
            narrow_multiply(job, in, ring + next % job->ring * map->in_w * job->columns);
        }
        float *out = job->out + (image * map->out_h + y) * map->out_w * map->out_c;
        narrow_add_row(job, ring, y, out);
        if (!gan__tail_is_empty(job->tail)) narrow_finish(job, out);
    }
}

void gan__narrow_run(gan_context *context, const gan__conv_run *run)
{
    const gan__conv *conv = run->conv;
    narrow_job job = {.context = context,
                      .kernels = gan__kernels_of(context),
                      .conv = *conv,
                      .map = gan__conv_map_of(conv, run->pass),
                      .in = run->in,
                      .panel = run->panel,
                      .tail = run->tail,
                      .out = run->out};
    job.columns = conv->r * conv->s * job.map.out_c;
    job.ring = narrow_ring(conv, &job.map);
    int64_t wanted = context->threads > 1 ? 4 * context->threads : 1;
    job.bands = gan__quotient_up(wanted, gan__most(conv->n, 1));
    job.band_rows = gan__quotient_up(job.map.out_h, job.bands);
    job.bands = gan__quotient_up(job.map.out_h, job.band_rows);
    gan__parallel_for(context, conv->n * job.bands, narrow_task, &job);
}
