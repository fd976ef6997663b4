/* conv_gather.c: convolution forward and backward_data as products of gathered rows.
 *
 * Outputs with the same taps inside the picture form a region: a span of rows times a span of
 * columns of the picture (the interior, four edges, four corners; for each of the stride^2 phases
 * of backward_data its own). Within a region all rows of a tile have the same taps, so that nothing
 * is padded: taps outside are left out. The tiles of all regions are numbered; a task takes a few
 * of them, writes down where each of their rows finds each tap, and multiplies them with its range
 * of columns: blocks of steps outside, then panels, then tiles, so that a block of a panel stays in
 * the level-2 cache. What lies farther away is fetched before it is needed: by each tile the
 * outputs of the next one, in the first panel also its rows, and by all tiles together the panel to
 * come. */
#include "compute/conv_plan.h"

#include "base/parallel.h"

enum {
    GATHER_TILES = 24,    /* of a task, at most */
    GATHER_ONCE = 48,     /* the same with one panel: no row is read twice */
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
    void (*multiply)(const gan__tile *tile);
    gan__conv_map map;
    const float *in, *panel;
    const gan__tail *tail;
    float *out;
    const gan__span *spans_h, *spans_w;
    int64_t count_h, count_w;
    bool merged;        /* the taps of a window's row are one line */
    bool fetches_rows;  /* the input is too large for a near cache */
    bool fetches_panel; /* so are the panels of a task */
    int64_t units;      /* lines of a whole window */
    int64_t unit_steps; /* steps of a line of a whole window */
    int64_t block_units, block_steps;
    int64_t tiles, tile_tasks; /* of all; tasks that share them */
    int64_t halves, wholes;    /* half shares of them; the tasks, first, that take two */
    int64_t group_panels, panels, task_panels; /* of a group; of all; of a task */
    int64_t panel_tasks;
} gather_job;

/* Pixels of a row lie beside each other, and so do their channels. */
static bool gather_merges(const gan__conv_map *map, int64_t dilation_w)
{
    return !map->transposed && map->groups == 1 && !map->depthwise && dilation_w == 1 &&
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
    return GATHER_ONCE * gather_tile_size(map);
}

size_t gan__gather_workspace(const gan__conv *conv, gan__pass pass)
{
    gan__axis vertical = gan__conv_axis(conv, pass, true);
    gan__axis horizontal = gan__conv_axis(conv, pass, false);
    int64_t spans = gan__span_bound(&vertical) + gan__span_bound(&horizontal);
    return (size_t)spans * sizeof(gan__span);
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
        for (int64_t r = 0; r < h->taps && tile->lines > 0; r++)
            for (int64_t s = 0; s < across; s++, a += rows) *a = in + r * down + s * right;
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

/* One panel of all groups: the channels that it joins, and its weights. */
typedef struct gather_panel {
    int64_t input;           /* the first */
    int64_t output, columns; /* the first, how many */
    const float *b;
    int64_t b_step; /* from one step to the next */
} gather_panel;

static gather_panel gather_panel_of(const gather_job *job, int64_t index)
{
    const gan__conv_map *map = &job->map;
    int64_t group = index / job->group_panels, width = job->kernels->product->columns;
    int64_t column = index % job->group_panels * width;
    gather_panel panel = {.input = map->depthwise ? column : group * map->depth,
                          .output = group * map->columns + column,
                          .columns = gan__least(width, map->columns - column)};
    panel.b_step = map->direct ? map->out_c : panel.columns;
    panel.b = job->panel + panel.output * (map->direct ? 1 : map->r * map->s * map->depth);
    return panel;
}

/* What tiles are multiplied with: one block of steps of one panel. */
typedef struct gather_block {
    int64_t panel;
    int64_t step;       /* the first, within each line */
    bool first;         /* nothing has been multiplied yet */
    bool fetches_rows;  /* they lie in no near cache yet */
    const float *ahead; /* what comes after it; NULL: nothing that is to be fetched */
} gather_block;

/* What tile t has fetched while it runs. */
static gan__ahead gather_ahead(const gather_job *job, const gather_block *block, int64_t count,
                               const gather_tile *tiles, int64_t t)
{
    const gather_tile *tile = &tiles[t], *next = tile + 1;
    int64_t share = gan__quotient_up(GAN__AHEAD_STEPS, count);
    gan__ahead ahead = {.b = block->ahead, .b_from = t * share};
    ahead.b_to = gan__least(ahead.b_from + share, GAN__AHEAD_STEPS);
    if (t + 1 == count || next->rows != tile->rows) return ahead;
    ahead.c = next->c;
    if (block->fetches_rows && next->to - next->from >= tile->to - tile->from)
        ahead.a = next->a + next->from * job->kernels->product->rows;
    return ahead;
}

static void gather_multiply(const gather_job *job, const gather_block *block, int64_t count,
                            const gather_tile *tiles)
{
    const int64_t rows = job->kernels->product->rows, step = block->step;
    const gather_panel panel = gather_panel_of(job, block->panel);
    gan__tile call = {.columns = panel.columns,
                      .a_shift = panel.input + step,
                      .b = panel.b + step * panel.b_step,
                      .b_step = panel.b_step,
                      .c_shift = panel.output};
    for (int64_t t = 0; t < count; t++) {
        const gather_tile *tile = &tiles[t];
        const gan__ahead ahead = gather_ahead(job, block, count, tiles, t);
        bool writes_zeros = block->first && tile->lines == 0;
        if (tile->from == tile->to && !writes_zeros) continue;
        call.rows = tile->rows;
        call.lines = tile->to - tile->from;
        call.steps = gan__least(tile->steps - step, job->block_steps);
        call.a = tile->a + tile->from * rows;
        call.ahead = &ahead;
        call.b_line = tile->b_line + tile->from;
        call.c = tile->c;
        call.accumulate = tile->from > 0 || step > 0;
        job->multiply(&call);
    }
}

static void gather_finish(const gather_job *job, int64_t index, int64_t count,
                          const gather_tile *tiles)
{
    const gather_panel panel = gather_panel_of(job, index);
    for (int64_t t = 0; t < count; t++) {
        for (int64_t i = 0; i < tiles[t].rows; i++) {
            gan__tail_apply(job->kernels, job->tail, panel.output, panel.columns,
                            tiles[t].c[i] + panel.output);
        }
    }
}

/* The block of steps after this one, from panel `first` on, if it is as long. */
static const float *gather_next_block(const gather_job *job, int64_t first, int64_t unit,
                                      int64_t step)
{
    const gather_panel panel = gather_panel_of(job, first);
    int64_t next = step + job->block_steps;
    if (next + job->block_steps > job->unit_steps) {
        bool whole = job->block_steps == job->unit_steps;
        if (!whole || unit + 2 * job->block_units > job->units) return NULL;
        next = job->block_units * job->unit_steps;
    }
    return panel.b + next * panel.b_step;
}

/* The same block of the panel after this one, if that is full. */
static const float *gather_next_panel(const gather_job *job, const gather_block *block)
{
    const gather_panel panel = gather_panel_of(job, block->panel + 1);
    bool full = panel.columns == job->kernels->product->columns;
    return full ? panel.b + block->step * panel.b_step : NULL;
}

static void gather_blocks(const gather_job *job, int64_t panel, int64_t panel_end, int64_t count,
                          gather_tile *tiles)
{
    bool tail = !gan__tail_is_empty(job->tail);
    gather_block block = {0};
    for (int64_t unit = 0; unit < job->units; unit += job->block_units) {
        gather_advance(job, unit + job->block_units, count, tiles);
        for (int64_t step = 0; step < job->unit_steps; step += job->block_steps) {
            bool last =
                unit + job->block_units >= job->units && step + job->block_steps >= job->unit_steps;
            block.step = step;
            block.first = unit + step == 0;
            for (int64_t j = panel; j < panel_end; j++) {
                block.panel = j;
                block.fetches_rows =
                    job->fetches_rows && (j == panel || j % job->group_panels == 0);
                if (job->fetches_panel) {
                    block.ahead = j + 1 < panel_end ? gather_next_panel(job, &block)
                                                    : gather_next_block(job, panel, unit, step);
                }
                gather_multiply(job, &block, count, tiles);
                if (last && tail) gather_finish(job, j, count, tiles);
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
    int64_t share = index / job->panel_tasks;
    int64_t half = share + gan__least(share, job->wholes);
    int64_t end = half + (share < job->wholes ? 2 : 1);
    int64_t first = half * job->tiles / job->halves;
    int64_t count = end * job->tiles / job->halves - first;
    gather_tile *tiles = gan__scratch_of(call->context, worker);
    gather_place_tiles(job, first, count, tiles);
    gather_blocks(job, panel, gan__least(panel + job->task_panels, job->panels), count, tiles);
}

/* Tasks: even shares of the tiles, as many for each thread; with too few of them also ranges of
 * panels, then smaller shares. The last of the shares are cut in two, so that threads of unequal
 * speed end together. Nothing of this changes a result. */
static void gather_divide(gather_job *job, int32_t threads)
{
    const int64_t width = job->kernels->product->columns, taps = job->map.r * job->map.s;
    const int64_t rows = job->kernels->product->rows, wanted = threads > 1 ? 4 * threads : 1;
    job->tiles = 0;
    for (int64_t region = 0; region < job->count_h * job->count_w; region++)
        job->tiles += gan__quotient_up(gather_region_rows(job, region), rows);
    job->group_panels = gan__quotient_up(job->map.columns, width);
    job->panels = job->map.groups * job->group_panels;
    int64_t shares = gan__quotient_up(job->tiles, job->panels > 1 ? GATHER_TILES : GATHER_ONCE);
    int64_t parts = gan__least(job->panels, gan__quotient_up(wanted, gan__most(1, shares)));
    job->task_panels = gan__quotient_up(job->panels, parts);
    job->panel_tasks = gan__quotient_up(job->panels, job->task_panels);
    job->fetches_panel = job->task_panels * width * taps * job->map.depth > GATHER_NEAR;
    shares = gan__most(shares, gan__quotient_up(wanted, job->panel_tasks));
    if (job->panel_tasks == 1) shares = gan__quotient_up(shares, threads) * threads;
    shares = gan__least(shares, job->tiles);
    job->halves = 2 * shares;
    job->wholes = shares;
    if (threads > 1 && shares >= wanted / 2) job->wholes -= gan__least(shares / 2, wanted);
    job->tile_tasks = job->halves - job->wholes;
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
    job->kernels = gan__kernels_of(context);
    job->map = gan__conv_map_of(conv, pass);
    job->multiply =
        job->map.depthwise ? job->kernels->product->depth : job->kernels->product->gather;
    job->in = run->in, job->panel = run->panel, job->tail = run->tail, job->out = run->out;
    job->spans_h = spans_h, job->spans_w = spans_w;
    job->count_h = gan__span_list(&vertical, spans_h);
    job->count_w = gan__span_list(&horizontal, spans_w);
    job->merged = gather_merges(&job->map, conv->dilation_w);
    job->fetches_rows = job->map.n * job->map.in_h * job->map.in_w * job->map.in_c > GATHER_NEAR;
    job->units = job->merged ? conv->r : conv->r * conv->s;
    job->unit_steps = job->merged ? conv->s * job->map.depth : job->map.depth;
    job->block_units = gan__most(1, GAN__CONV_STEPS / job->unit_steps);
    int64_t blocks = gan__quotient_up(job->unit_steps, GAN__CONV_STEPS);
    job->block_steps = gan__quotient_up(job->unit_steps, blocks);
    gather_divide(job, context->threads);
    gan__parallel_for(context, job->tile_tasks * job->panel_tasks, gather_task, &call);
}
