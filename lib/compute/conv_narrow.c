/* conv_narrow.c: forward and backward_data to few output channels.
 *
 * A product whose columns are all taps times all channels fills the vectors that a few channels
 * alone would not: p[input pixel][tap][channel]. Each output then adds the taps that meet it: every
 * tap is a chain of its own from 0, and the taps are added in the order (r, s). Outputs of a row
 * with the same taps inside the picture form a span, as they do in conv_gather.c.
 *
 * A task makes a band of output rows of one image, row after row; the products of the input rows
 * that a window spans are kept in a ring. Bands overlap in input rows only, which are then made
 * twice. */
#include "compute/conv_plan.h"

#include "base/parallel.h"

typedef struct narrow_job {
    gan_context *context;
    const gan__kernels *kernels;
    gan__conv conv;
    gan__conv_map map;
    const gan__span *spans_w;
    int64_t count_w;
    int64_t columns; /* of the product */
    int64_t ring;    /* rows kept */
    int64_t bands, band_rows;
    const float *in, *panel;
    gan__tail tail;
    float *out;
} narrow_job;

/* A worker's scratch. */
typedef struct narrow_room {
    const float **from; /* [taps]: those of one output */
    const float **rows; /* [rows of the window]: the products of tap (r, 0) in the ring */
    float *ring;        /* [job's ring][width of the input][columns] */
} narrow_room;

/* Input rows under a window, at most. */
static int64_t narrow_ring(const gan__conv *conv, const gan__conv_map *map)
{
    int64_t reach = (conv->r - 1) * conv->dilation_h;
    int64_t rows = map->transposed ? reach / conv->stride_h + 1 : reach + 1;
    return gan__least(rows, map->in_h);
}

/* In front of the ring, which begins at a multiple of 64 bytes. */
static size_t narrow_pointers(const gan__conv_map *map)
{
    return ((size_t)(map->r * map->s + map->r) + 7) / 8 * 8;
}

size_t gan__narrow_scratch(const gan__conv *conv, gan__pass pass)
{
    gan__conv_map map = gan__conv_map_of(conv, pass);
    int64_t columns = map.r * map.s * map.out_c;
    return narrow_pointers(&map) * sizeof(float *) +
           (size_t)(narrow_ring(conv, &map) * map.in_w * columns) * sizeof(float);
}

size_t gan__narrow_workspace(const gan__conv *conv, gan__pass pass)
{
    gan__axis horizontal = gan__conv_axis(conv, pass, false);
    return (size_t)gan__span_bound(&horizontal) * sizeof(gan__span);
}

static narrow_room narrow_room_of(const narrow_job *job, int32_t worker)
{
    narrow_room room = {.from = gan__scratch_of(job->context, worker)};
    room.rows = room.from + job->map.r * job->map.s;
    room.ring = (float *)(void *)(room.from + narrow_pointers(&job->map));
    return room;
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

/* The rows of the window of output row y that are inside the picture: where their products are, at
 * the first tap of each. */
static int64_t narrow_rows(const narrow_job *job, int64_t y, const narrow_room *room)
{
    const gan__conv *conv = &job->conv;
    const gan__conv_map *map = &job->map;
    int64_t count = 0;
    for (int64_t r = 0; r < conv->r; r++) {
        int64_t row = y * conv->stride_h - conv->pad_top + r * conv->dilation_h;
        if (map->transposed) {
            row = y + conv->pad_top - r * conv->dilation_h;
            if (row < 0 || row % conv->stride_h != 0) continue;
            row /= conv->stride_h;
        }
        if (row < 0 || row >= map->in_h) continue;
        room->rows[count++] =
            room->ring + row % job->ring * map->in_w * job->columns + r * map->s * map->out_c;
    }
    return count;
}

/* Output row y from the ring: span by span of outputs with the same taps, all taps at once. */
static void narrow_add_row(const narrow_job *job, int64_t y, const narrow_room *room, float *out)
{
    const gan__conv_map *map = &job->map;
    int64_t rows = narrow_rows(job, y, room);
    gan__tap_sums sums = {.channels = map->out_c, .from = room->from, .bias = job->tail.bias};
    for (int64_t i = 0; i < job->count_w; i++) {
        const gan__span *w = &job->spans_w[i];
        int64_t right = w->input_tap * job->columns + w->tap_step * map->out_c;
        sums.taps = 0;
        for (int64_t r = 0; r < rows; r++) {
            const float *from = room->rows[r] + w->input * job->columns + w->tap * map->out_c;
            for (int64_t s = 0; s < w->taps; s++) room->from[sums.taps++] = from + s * right;
        }
        sums.count = w->count;
        sums.from_step = w->input_step * job->columns;
        sums.out = out + w->output * map->out_c;
        sums.out_step = w->output_step * map->out_c;
        job->kernels->vector->tap_sums(&sums);
    }
}

/* Task: one band of one image. */
static void narrow_task(void *argument, int64_t index, int32_t worker)
{
    const narrow_job *job = argument;
    const gan__conv_map *map = &job->map;
    narrow_room room = narrow_room_of(job, worker);
    int64_t image = index / job->bands, first = index % job->bands * job->band_rows;
    int64_t end = gan__least(first + job->band_rows, map->out_h), next = 0;
    for (int64_t y = first; y < end; y++) {
        int64_t low, high;
        narrow_window(job, y, &low, &high);
        next = gan__most(next, low);
        for (; next <= high && next < map->in_h; next++) {
            const float *in = job->in + (image * map->in_h + next) * map->in_w * map->depth;
            narrow_multiply(job, in, room.ring + next % job->ring * map->in_w * job->columns);
        }
        float *out = job->out + (image * map->out_h + y) * map->out_w * map->out_c;
        narrow_add_row(job, y, &room, out);
        if (job->tail.activation == GAN__LINEAR) continue;
        job->kernels->vector->activate[job->tail.activation](map->out_w * map->out_c, out,
                                                             job->tail.parameter, out);
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
                      .out = run->out};
    gan__axis horizontal = gan__conv_axis(conv, run->pass, false);
    job.spans_w = run->workspace;
    job.count_w = gan__span_list(&horizontal, run->workspace);
    if (run->tail) job.tail = *run->tail;
    job.columns = conv->r * conv->s * job.map.out_c;
    job.ring = narrow_ring(conv, &job.map);
    int64_t wanted = context->threads > 1 ? 4 * context->threads : 1;
    job.bands = gan__quotient_up(wanted, gan__most(conv->n, 1));
    job.band_rows = gan__quotient_up(job.map.out_h, job.bands);
    job.bands = gan__quotient_up(job.map.out_h, job.band_rows);
    gan__parallel_for(context, conv->n * job.bands, narrow_task, &job);
}
