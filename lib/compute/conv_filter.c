/* conv_filter.c: 4x4 convolution of stride 2, forward and backward_data, by minimal filtering.
 *
 * Forward is the sum over the four parities of input pixels of a 2x2 convolution of stride 1;
 * backward_data is, for each of the four parities of output pixels, such a convolution. F(2x2, 2x2)
 * makes 2x2 outputs with 9 products instead of 16. Its transforms add and subtract only, so that
 * whole numbers stay exact. Every product is one chain over (parity, channel).
 *
 * A task takes a block of tiles of a phase (backward_data has four, forward one): it transforms
 * their input into v[point][tile][depth], then for each panel multiplies each point into
 * m[point][tile][columns] and transforms that into the outputs. */
#include "compute/conv_plan.h"

#include "base/parallel.h"

#include <string.h>

enum {
    WINOGRAD_TILES = 48,        /* of a task, at most */
    WINOGRAD_FEW = 24,          /* and at least, or reading the panels would cost too much */
    WINOGRAD_INPUT = 64 * 1024, /* floats of v, about: it stays in the level-2 cache */
    WINOGRAD_PAD = 16 /* floats between rows: powers of two would share sets of the cache */
};

typedef struct winograd_job {
    gan_context *context;
    const gan__kernels *kernels;
    gan__conv conv;
    gan__conv_map map;
    int64_t phases, parities, depth; /* depth = parities * map.depth */
    int64_t u_point;                 /* of the panel */
    int64_t task_tiles, tasks[5];    /* tasks before each phase, and all */
    int64_t task_panels, panel_tasks;
    const float *in, *panel, *w;
    float *packed;
    const gan__tail *tail;
    float *out;
} winograd_job;

gan__filter_axis gan__filter_axis_of(const gan__axis *axis, int64_t phase)
{
    gan__filter_axis f = {.count = axis->out, .out_step = 1, .in_step = 2};
    if (!axis->transposed) {
        f.in[0] = -axis->pad, f.in[1] = 1 - axis->pad;
        return f;
    }
    /* Output x with x + pad = 2j + phase adds y[j] * w[phase] and y[j - 1] * w[phase + 2]. */
    f.out = (axis->pad + phase) % 2;
    f.out_step = 2, f.in_step = 1;
    f.count = axis->out > f.out ? (axis->out - f.out + 1) / 2 : 0;
    f.in[0] = (f.out + axis->pad - phase) / 2 - 1;
    return f;
}

int64_t gan__filter_tiles(const gan__filter_axis *h, const gan__filter_axis *w)
{
    return (h->count + 1) / 2 * ((w->count + 1) / 2);
}

int64_t gan__filter_products(const gan__conv *conv, gan__pass pass)
{
    gan__axis vertical = gan__conv_axis(conv, pass, true);
    gan__axis horizontal = gan__conv_axis(conv, pass, false);
    int64_t tiles = 0;
    for (int64_t phase = 0; phase < (vertical.transposed ? 4 : 1); phase++) {
        gan__filter_axis h = gan__filter_axis_of(&vertical, phase / 2);
        gan__filter_axis w = gan__filter_axis_of(&horizontal, phase % 2);
        tiles += gan__filter_tiles(&h, &w);
    }
    return tiles * 9 * (vertical.transposed ? 1 : 4);
}

static int64_t winograd_task_tiles(int64_t depth)
{
    int64_t tiles = gan__least(WINOGRAD_TILES, WINOGRAD_INPUT / (9 * depth));
    return gan__most(WINOGRAD_FEW, tiles - tiles % 6);
}

int64_t gan__filter_panel_count(const gan__conv *conv, gan__pass pass)
{
    int64_t phases = pass == GAN__BACKWARD_DATA ? 4 : 1;
    return 36 * conv->c * conv->k + phases * 9 * WINOGRAD_PAD;
}

size_t gan__filter_scratch(const gan__conv_map *map)
{
    int64_t depth = map->depth * (map->transposed ? 1 : 4), tiles = winograd_task_tiles(depth);
    int64_t v = 9 * (tiles * (depth + WINOGRAD_PAD) + WINOGRAD_PAD);
    int64_t m = 9 * (tiles * GAN__TILE_COLUMNS + WINOGRAD_PAD);
    return (size_t)(v + m + map->depth) * sizeof(float);
}

static const float *winograd_pixel(const winograd_job *job, int64_t image, int64_t y, int64_t x,
                                   const float *zeros)
{
    const gan__conv_map *map = &job->map;
    if (y < 0 || y >= map->in_h || x < 0 || x >= map->in_w) return zeros;
    return job->in + ((image * map->in_h + y) * map->in_w + x) * map->in_c;
}

/* A block of tiles of one phase. */
typedef struct winograd_block {
    gan__filter_axis h, w;
    int64_t phase, first, count;
    int64_t v_point, m_point;
    float *v, *m;
    const float *zeros;
} winograd_block;

static void winograd_place(const winograd_block *block, int64_t tile, int64_t *image, int64_t *y,
                           int64_t *x)
{
    int64_t across = (block->w.count + 1) / 2, all = gan__filter_tiles(&block->h, &block->w);
    *image = tile / all;
    *y = tile % all / across;
    *x = tile % all % across;
}

static void winograd_input(const winograd_job *job, const winograd_block *block)
{
    for (int64_t t = 0; t < block->count; t++) {
        int64_t image, ty, tx;
        winograd_place(block, block->first + t, &image, &ty, &tx);
        for (int64_t parity = 0; parity < job->parities; parity++) {
            const float *d[9];
            for (int64_t i = 0; i < 9; i++) {
                int64_t y = block->h.in[parity / 2] + block->h.in_step * (2 * ty + i / 3);
                int64_t x = block->w.in[parity % 2] + block->w.in_step * (2 * tx + i % 3);
                d[i] = winograd_pixel(job, image, y, x, block->zeros);
            }
            float *v = block->v + t * (job->depth + WINOGRAD_PAD) + parity * job->map.depth;
            job->kernels->product->filter_input(job->map.depth, d, v, block->v_point);
        }
    }
}

/* All points of one panel. */
static void winograd_multiply(const winograd_job *job, const winograd_block *block, int64_t column,
                              int64_t columns)
{
    const gan__product_kernels *product = job->kernels->product;
    const float *a[GAN__TILE_ROWS];
    float *c[GAN__TILE_ROWS];
    const int64_t line = 0;
    gan__tile call = {.columns = columns, .lines = 1, .a = a, .b_line = &line, .c = c};
    call.b_step = columns;
    for (int64_t point = 0; point < 9; point++) {
        const float *panel =
            job->panel + (block->phase * 9 + point) * job->u_point + column * job->depth;
        for (int64_t step = 0; step < job->depth; step += GAN__CONV_STEPS) {
            call.steps = gan__least(GAN__CONV_STEPS, job->depth - step);
            call.a_shift = step;
            call.b = panel + step * columns;
            call.accumulate = step > 0;
            for (int64_t t = 0; t < block->count; t += product->rows) {
                call.rows = gan__least(product->rows, block->count - t);
                for (int64_t i = 0; i < call.rows; i++) {
                    a[i] =
                        block->v + point * block->v_point + (t + i) * (job->depth + WINOGRAD_PAD);
                    c[i] = block->m + point * block->m_point + (t + i) * columns;
                }
                product->gather(&call);
            }
        }
    }
}

static void winograd_output(const winograd_job *job, const winograd_block *block, int64_t column,
                            int64_t columns)
{
    const gan__conv_map *map = &job->map;
    bool tail = !gan__tail_is_empty(job->tail);
    for (int64_t t = 0; t < block->count; t++) {
        int64_t image, ty, tx;
        float *to[4] = {NULL, NULL, NULL, NULL};
        winograd_place(block, block->first + t, &image, &ty, &tx);
        for (int64_t i = 0; i < 4; i++) {
            int64_t y = 2 * ty + i / 2, x = 2 * tx + i % 2;
            if (y >= block->h.count || x >= block->w.count) continue;
            y = block->h.out + y * block->h.out_step, x = block->w.out + x * block->w.out_step;
            to[i] = job->out + ((image * map->out_h + y) * map->out_w + x) * map->out_c + column;
        }
        job->kernels->product->filter_output(columns, block->m + t * columns, block->m_point, to);
        for (int64_t i = 0; i < 4 && tail; i++)
            if (to[i]) gan__tail_apply(job->kernels, job->tail, column, columns, to[i]);
    }
}

/* Task: a range of panels of a block of tiles of a phase. */
static void winograd_task(void *argument, int64_t task, int32_t worker)
{
    const winograd_job *job = argument;
    int64_t index = task / job->panel_tasks;
    winograd_block block = {.phase = 0};
    while (index >= job->tasks[block.phase + 1]) block.phase++;
    gan__pass pass = job->map.transposed ? GAN__BACKWARD_DATA : GAN__FORWARD;
    gan__axis vertical = gan__conv_axis(&job->conv, pass, true);
    gan__axis horizontal = gan__conv_axis(&job->conv, pass, false);
    block.h = gan__filter_axis_of(&vertical, block.phase / 2);
    block.w = gan__filter_axis_of(&horizontal, block.phase % 2);
    block.first = (index - job->tasks[block.phase]) * job->task_tiles;
    block.count = gan__least(job->task_tiles,
                             job->map.n * gan__filter_tiles(&block.h, &block.w) - block.first);
    block.v_point = job->task_tiles * (job->depth + WINOGRAD_PAD) + WINOGRAD_PAD;
    block.m_point = job->task_tiles * GAN__TILE_COLUMNS + WINOGRAD_PAD;
    block.v = gan__scratch_of(job->context, worker);
    block.m = block.v + 9 * block.v_point;
    float *zeros = block.m + 9 * block.m_point;
    memset(zeros, 0, (size_t)job->map.depth * sizeof *zeros);
    block.zeros = zeros;
    winograd_input(job, &block);
    int64_t width = job->kernels->product->columns, range = job->task_panels * width;
    int64_t first = task % job->panel_tasks * range;
    int64_t end = gan__least(first + range, job->map.columns);
    for (int64_t column = first; column < end; column += width) {
        int64_t columns = gan__least(width, end - column);
        winograd_multiply(job, &block, column, columns);
        winograd_output(job, &block, column, columns);
    }
}

static winograd_job winograd_job_of(gan_context *context, const gan__conv *conv, gan__pass pass)
{
    winograd_job job = {.context = context,
                        .kernels = gan__kernels_of(context),
                        .conv = *conv,
                        .map = gan__conv_map_of(conv, pass)};
    job.phases = job.map.transposed ? 4 : 1;
    job.parities = job.map.transposed ? 1 : 4;
    job.depth = job.parities * job.map.depth;
    job.u_point = job.depth * job.map.columns + WINOGRAD_PAD;
    job.task_tiles = winograd_task_tiles(job.depth);
    return job;
}

void gan__filter_run(gan_context *context, const gan__conv_run *run)
{
    const gan__conv *conv = run->conv;
    winograd_job job = winograd_job_of(context, conv, run->pass);
    job.in = run->in, job.panel = run->panel, job.tail = run->tail, job.out = run->out;
    gan__axis vertical = gan__conv_axis(conv, run->pass, true);
    gan__axis horizontal = gan__conv_axis(conv, run->pass, false);
    for (int64_t phase = 0; phase < job.phases; phase++) {
        gan__filter_axis h = gan__filter_axis_of(&vertical, phase / 2);
        gan__filter_axis w = gan__filter_axis_of(&horizontal, phase % 2);
        int64_t tiles = conv->n * gan__filter_tiles(&h, &w);
        job.tasks[phase + 1] = job.tasks[phase] + gan__quotient_up(tiles, job.task_tiles);
    }
    /* With too few blocks for the threads, each is transformed for several ranges of panels. */
    int64_t blocks = gan__most(job.tasks[job.phases], 1), wanted = 2 * (int64_t)context->threads;
    int64_t panels = gan__quotient_up(job.map.columns, job.kernels->product->columns);
    int64_t parts = context->threads > 1 ? gan__quotient_up(wanted, blocks) : 1;
    job.task_panels = gan__quotient_up(panels, gan__least(panels, parts));
    job.panel_tasks = gan__quotient_up(panels, job.task_panels);
    gan__parallel_for(context, job.tasks[job.phases] * job.panel_tasks, winograd_task, &job);
}

/* Panels: [phase][point][panel of tile columns][parity][depth][columns of the panel]. Task: one
 * panel of one parity of the window's taps, which is a parity of the depth (forward) or a phase. */
enum { WINOGRAD_TURN = 16 }; /* steps that are transposed at once */

static void winograd_pack(void *argument, int64_t index, int32_t worker)
{
    (void)worker;
    const winograd_job *job = argument;
    const gan__conv_map *map = &job->map;
    const gan__product_kernels *product = job->kernels->product;
    int64_t parity = index % 4, column = index / 4 * product->columns;
    int64_t columns = gan__least(product->columns, map->columns - column);
    int64_t point = job->u_point, tap = job->conv.c * job->conv.k, k = job->conv.k;
    float *u = job->packed + column * job->depth;
    u += map->transposed ? parity * 9 * point : parity * map->depth * columns;
    const float *w = job->w + (parity / 2 * 4 + parity % 2) * tap;
    if (!map->transposed) {
        w += column;
        for (int64_t d = 0; d < map->depth; d++, w += k, u += columns) {
            const float *g[4] = {w, w + 2 * tap, w + 8 * tap, w + 10 * tap};
            product->filter_weights(columns, g, u, point);
        }
        return;
    }
    float turned[4][WINOGRAD_TURN * GAN__TILE_COLUMNS];
    w += column * k;
    for (int64_t d = 0; d < map->depth; d += WINOGRAD_TURN) {
        int64_t steps = gan__least(WINOGRAD_TURN, map->depth - d);
        /* The later tap of an axis meets the earlier pixel. */
        product->transpose(columns, steps, w + 10 * tap + d, k, turned[0], columns);
        product->transpose(columns, steps, w + 8 * tap + d, k, turned[1], columns);
        product->transpose(columns, steps, w + 2 * tap + d, k, turned[2], columns);
        product->transpose(columns, steps, w + d, k, turned[3], columns);
        for (int64_t i = 0; i < steps; i++, u += columns) {
            const float *g[4] = {turned[0] + i * columns, turned[1] + i * columns,
                                 turned[2] + i * columns, turned[3] + i * columns};
            product->filter_weights(columns, g, u, point);
        }
    }
}

void gan__filter_pack(gan_context *context, const gan__conv *conv, gan__pass pass, const float *w,
                      float *panel)
{
    winograd_job job = winograd_job_of(context, conv, pass);
    job.w = w, job.packed = panel;
    int64_t panels = gan__quotient_up(job.map.columns, job.kernels->product->columns);
    gan__parallel_for(context, 4 * panels, winograd_pack, &job);
}
