/* conv_gather.c: convolution forward and backward_data as products of gathered rows.
 *
 * Outputs with the same taps inside the picture form a region: a span of rows times a span of
 * columns of the picture (the interior, four edges, four corners; for each of the stride^2 phases
 * of backward_data its own). Within a region all rows of a tile have the same taps, so that nothing
 * is padded: taps outside are left out. The tiles of all regions are numbered; a task takes a few
 * of them, writes down where each of their rows finds each tap, and multiplies them with its range
 * of columns: blocks of steps outside, then panels, then tiles, so that a block of a panel stays in
 * the level-2 cache. The first panel finds the rows far away: each of its tiles has the rows of the
 * next one fetched. */
#include "compute/conv_plan.h"

#include "base/parallel.h"

enum {
    GATHER_TILES = 24,    /* of a task, at most */
    GATHER_NEAR = 1 << 17 /* floats that stay in a level-2 cache between two layers */
};

typedef struct gather_tile {
    int64_t rows, lines, steps;
    int64_t from, to; /* lines of the current block of steps */
    const float **a;  /* [lines][tile rows] */
    int64_t *b_line;  /* [lines] */
    float **c;        /* [rows] */
} gather_tile;

typedef struct gather_job {
    const gan__kernels *kernels;
    gan__conv_map map;
    const float *in, *panel;
    const gan__tail *tail;
    float *out;
    const gan__span *spans_h, *spans_w;
    int64_t count_h, count_w;
    bool merged;        /* the taps of a window's row are one line */
    bool fetches;       /* the input is too large for a near cache */
    int64_t units;      /* lines of a whole window */
    int64_t unit_steps; /* steps of a line of a whole window */
    int64_t block_units, block_steps;
    int64_t tiles, tile_tasks;   /* of all; tasks that share them evenly */
    int64_t panels, task_panels; /* of a group; of a task */
    int64_t panel_tasks;
} gather_job;

/* Pixels of a row lie beside each other, and so do their channels. */
static bool gather_merges(const gan__conv_map *map, int64_t dilation_w)
{
    return !map->transposed && map->groups == 1 && dilation_w == 1 &&
           map->s * map->depth <= GAN__CONV_STEPS;
}

static size_t gather_tile_size(const gan__conv_map *map)
{
    size_t lines = (size_t)(map->r * map->s);
    return sizeof(gather_tile) + lines * (GAN__TILE_ROWS * sizeof(float *) + sizeof(int64_t)) +
           GAN__TILE_ROWS * sizeof(float *);
}

size_t gan__gather_scratch(const gan__conv_map *map)
{
    return GATHER_TILES * gather_tile_size(map);
}

size_t gan__gather_workspace(const gan__conv *conv, gan__pass pass)
{
    gan__axis vertical = gan__conv_axis(conv, pass, true);
    gan__axis horizontal = gan__conv_axis(conv, pass, false);
    int64_t spans = gan__span_bound(&vertical) + gan__span_bound(&horizontal);
    gan__conv_map map = gan__conv_map_of(conv, pass);
    bool packs = gan__conv_is_dense(conv) && !map.direct;
    return (size_t)spans * sizeof(gan__span) +
           (packs ? (size_t)(conv->c * conv->k) * sizeof(float) : 0);
}

static int64_t gather_region_rows(const gather_job *job, int64_t region)
{
    const gan__span *h = &job->spans_h[region / job->count_w];
    const gan__span *w = &job->spans_w[region % job->count_w];
    return job->map.n * h->count * w->count;
}

/* Pointers of the rows of a tile, from `row` of its region on: where they find their lines, where
 * they go. */
static void gather_place_rows(const gather_job *job, const gan__span *h, const gan__span *w,
                              int64_t row, gather_tile *tile)
{
    const gan__conv_map *map = &job->map;
    int64_t rows = job->kernels->product->rows, area = h->count * w->count;
    int64_t image = row / area, i = row % area / w->count, j = row % area % w->count;
    int64_t down = h->input_tap * map->in_w * map->in_c, right = w->input_tap * map->in_c;
    int64_t across = job->merged ? 1 : w->taps;
    for (int64_t slot = 0; slot < tile->rows; slot++) {
        int64_t in_y = h->input + i * h->input_step, in_x = w->input + j * w->input_step;
        int64_t out_y = h->output + i * h->output_step, out_x = w->output + j * w->output_step;
        tile->c[slot] = job->out + ((image * map->out_h + out_y) * map->out_w + out_x) * map->out_c;
        const float *in = job->in + ((image * map->in_h + in_y) * map->in_w + in_x) * map->in_c;
        const float **a = tile->a + slot;
        for (int64_t r = 0; r < h->taps && tile->lines > 0; r++) {
            for (int64_t s = 0; s < across; s++, a += rows) *a = in + r * down + s * right;
        }
        if (++j == w->count) j = 0, i++;
        if (i == h->count) i = 0, image++;
    }
}

static void gather_place_lines(const gather_job *job, const gan__span *h, const gan__span *w,
                               gather_tile *tile)
{
    const gan__conv_map *map = &job->map;
    int64_t across = job->merged ? 1 : w->taps, *line = tile->b_line;
    tile->lines = w->taps > 0 ? h->taps * across : 0;
    tile->steps = job->merged ? w->taps * map->depth : map->depth;
    tile->from = tile->to = 0;
    if (tile->lines == 0) return;
    for (int64_t r = 0; r < h->taps; r++) {
        for (int64_t s = 0; s < across; s++) {
            int64_t tap = (h->tap + r * h->tap_step) * map->s + w->tap + s * w->tap_step;
            *line++ = tap * map->depth;
        }
    }
}

/* Tiles [first, first + count) of all, into scratch. */
static void gather_place_tiles(const gather_job *job, int64_t first, int64_t count,
                               gather_tile *tiles)
{
    int64_t rows = job->kernels->product->rows, region = 0, before = 0;
    int64_t lines = job->units;
    const float **a = (const float **)(void *)(tiles + count);
    float **c = (float **)(void *)(a + count * lines * rows);
    int64_t *b_line = (int64_t *)(void *)(c + count * rows);
    for (int64_t t = first; t < first + count; t++) {
        int64_t region_rows = gather_region_rows(job, region);
        while (t - before >= gan__quotient_up(region_rows, rows)) {
            before += gan__quotient_up(region_rows, rows);
            region_rows = gather_region_rows(job, ++region);
        }
        const gan__span *h = &job->spans_h[region / job->count_w];
        const gan__span *w = &job->spans_w[region % job->count_w];
        gather_tile *tile = &tiles[t - first];
        int64_t row = (t - before) * rows;
        *tile = (gather_tile){.rows = gan__least(rows, region_rows - row)};
        tile->a = a + (t - first) * lines * rows;
        tile->c = c + (t - first) * rows;
        tile->b_line = b_line + (t - first) * lines;
        gather_place_lines(job, h, w, tile);
        gather_place_rows(job, h, w, row, tile);
    }
}

/* Advances each tile to its lines of units [.., end). */
static void gather_advance(const gather_job *job, int64_t end, int64_t count, gather_tile *tiles)
{
    for (int64_t t = 0; t < count; t++) {
        gather_tile *tile = &tiles[t];
        tile->from = tile->to;
        while (tile->to < tile->lines && tile->b_line[tile->to] < end * job->unit_steps) tile->to++;
    }
}

/* What tiles are multiplied with: one block of steps of one panel. */
typedef struct gather_block {
    int64_t group, panel;
    int64_t step; /* the first, within each line */
    bool first;   /* nothing has been multiplied yet */
    bool fetches; /* the rows lie in no near cache yet */
} gather_block;

static bool gather_fits(const gather_tile *tile, const gather_tile *next)
{
    return next->rows == tile->rows && next->to - next->from >= tile->to - tile->from;
}

static void gather_multiply(const gather_job *job, const gather_block *block, int64_t count,
                            const gather_tile *tiles)
{
    const gan__conv_map *map = &job->map;
    const gan__product_kernels *product = job->kernels->product;
    int64_t column = block->panel * product->columns, step = block->step;
    gan__tile call = {.columns = gan__least(product->columns, map->columns - column)};
    call.a_shift = block->group * map->depth + step;
    call.c_shift = block->group * map->columns + column;
    if (map->direct) {
        call.b = job->panel + call.c_shift;
        call.b_step = map->out_c;
    } else {
        call.b = job->panel + call.c_shift * map->r * map->s * map->depth;
        call.b_step = call.columns;
    }
    call.b += step * call.b_step;
    for (int64_t t = 0; t < count; t++) {
        const gather_tile *tile = &tiles[t];
        bool writes_zeros = block->first && tile->lines == 0;
        if (tile->from == tile->to && !writes_zeros) continue;
        call.rows = tile->rows;
        call.lines = tile->to - tile->from;
        call.steps = gan__least(tile->steps - step, job->block_steps);
        call.a = tile->a + tile->from * product->rows;
        bool fetches = block->fetches && t + 1 < count && gather_fits(tile, tile + 1);
        call.ahead = fetches ? tile[1].a + tile[1].from * product->rows : NULL;
        call.b_line = tile->b_line + tile->from;
        call.c = tile->c;
        call.accumulate = tile->from > 0 || step > 0;
        product->gather(&call);
    }
}

static void gather_finish(const gather_job *job, int64_t group, int64_t panel, int64_t count,
                          const gather_tile *tiles)
{
    const gan__conv_map *map = &job->map;
    int64_t column = panel * job->kernels->product->columns;
    int64_t columns = gan__least(job->kernels->product->columns, map->columns - column);
    int64_t channel = group * map->columns + column;
    for (int64_t t = 0; t < count; t++) {
        for (int64_t i = 0; i < tiles[t].rows; i++) {
            gan__tail_apply(job->kernels, job->tail, channel, columns, tiles[t].c[i] + channel);
        }
    }
}

static void gather_blocks(const gather_job *job, int64_t group, int64_t panel, int64_t panel_end,
                          int64_t count, gather_tile *tiles)
{
    bool tail = !gan__tail_is_empty(job->tail);
    gather_block block = {.group = group};
    for (int64_t unit = 0; unit < job->units; unit += job->block_units) {
        gather_advance(job, unit + job->block_units, count, tiles);
        for (int64_t step = 0; step < job->unit_steps; step += job->block_steps) {
            bool last =
                unit + job->block_units >= job->units && step + job->block_steps >= job->unit_steps;
            block.step = step;
            block.first = unit + step == 0;
            for (int64_t j = panel; j < panel_end; j++) {
                block.panel = j;
                block.fetches = job->fetches && j == panel;
                gather_multiply(job, &block, count, tiles);
                if (last && tail) gather_finish(job, group, j, count, tiles);
            }
        }
    }
}

typedef struct gather_call {
    gan_context *context;
    gather_job job;
} gather_call;

static void gather_task(void *argument, int64_t index, int32_t worker)
{
    const gather_call *call = argument;
    const gather_job *job = &call->job;
    int64_t panel = index % job->panel_tasks * job->task_panels;
    int64_t group = index / job->panel_tasks % job->map.groups;
    int64_t share = index / job->panel_tasks / job->map.groups;
    int64_t first = share * job->tiles / job->tile_tasks;
    int64_t count = (share + 1) * job->tiles / job->tile_tasks - first;
    gather_tile *tiles = gan__scratch_of(call->context, worker);
    gather_place_tiles(job, first, count, tiles);
    gather_blocks(job, group, panel, gan__least(panel + job->task_panels, job->panels), count,
                  tiles);
}

/* Tasks: even shares of the tiles, as many for each thread; with too few of them also ranges of
 * panels, then smaller shares. Nothing of this changes a result. */
static void gather_divide(gather_job *job, int32_t threads)
{
    int64_t rows = job->kernels->product->rows, wanted = threads > 1 ? 4 * threads : 1;
    job->tiles = 0;
    for (int64_t region = 0; region < job->count_h * job->count_w; region++) {
        job->tiles += gan__quotient_up(gather_region_rows(job, region), rows);
    }
    job->panels = gan__quotient_up(job->map.columns, job->kernels->product->columns);
    job->tile_tasks = gan__quotient_up(job->tiles, GATHER_TILES);
    int64_t tasks = gan__most(1, job->tile_tasks * job->map.groups);
    int64_t parts = gan__least(job->panels, gan__quotient_up(wanted, tasks));
    job->task_panels = gan__quotient_up(job->panels, parts);
    job->panel_tasks = gan__quotient_up(job->panels, job->task_panels);
    tasks = job->map.groups * job->panel_tasks;
    job->tile_tasks = gan__most(job->tile_tasks, gan__quotient_up(wanted, tasks));
    if (tasks == 1) job->tile_tasks = gan__quotient_up(job->tile_tasks, threads) * threads;
    job->tile_tasks = gan__least(job->tile_tasks, job->tiles);
}

void gan__gather_run(gan_context *context, const gan__conv_run *run)
{
    const gan__conv *conv = run->conv;
    const gan__pass pass = run->pass;
    gather_call call = {.context = context};
    gather_job *job = &call.job;
    gan__axis vertical = gan__conv_axis(conv, pass, true);
    gan__axis horizontal = gan__conv_axis(conv, pass, false);
    gan__span *spans_h = run->workspace, *spans_w = spans_h + gan__span_bound(&vertical);
    float *packed = (float *)(void *)(spans_w + gan__span_bound(&horizontal));
    job->kernels = gan__kernels_of(context);
    job->map = gan__conv_map_of(conv, pass);
    job->in = run->in, job->panel = run->panel, job->tail = run->tail, job->out = run->out;
    job->spans_h = spans_h, job->spans_w = spans_w;
    job->count_h = gan__span_list(&vertical, spans_h);
    job->count_w = gan__span_list(&horizontal, spans_w);
    job->merged = gather_merges(&job->map, conv->dilation_w);
    job->fetches = job->map.n * job->map.in_h * job->map.in_w * job->map.in_c > GATHER_NEAR;
    job->units = job->merged ? conv->r : conv->r * conv->s;
    job->unit_steps = job->merged ? conv->s * job->map.depth : job->map.depth;
    job->block_units = gan__most(1, GAN__CONV_STEPS / job->unit_steps);
    int64_t blocks = gan__quotient_up(job->unit_steps, GAN__CONV_STEPS);
    job->block_steps = gan__quotient_up(job->unit_steps, blocks);
    if (gan__conv_is_dense(conv) && !job->map.direct) {
        gan__panel_pack(context, conv, pass, run->panel, packed);
        job->panel = packed;
    }
    gather_divide(job, context->threads);
    gan__parallel_for(context, job->tile_tasks * job->map.groups * job->panel_tasks, gather_task,
                      &call);
}
