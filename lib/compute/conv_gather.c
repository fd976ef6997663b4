/* conv_gather.c: convolution forward and backward_data as products of gathered rows.
 *
 * Outputs with the same taps inside the picture form a region: a span of rows times a span of
 * columns of the picture (the interior, four edges, four corners; for each of the stride^2 phases
 * of backward_data its own). Within a region all rows of a tile have the same taps, so that nothing
 * is padded: taps outside are left out. The tiles of all regions are numbered; a task takes a few
 * of them, writes down where their rows begin and how far from there each tap is, and multiplies
 * them with its range of columns: blocks of steps outside, then panels, then tiles, so that a block
 * of a panel stays in the level-2 cache. What lies farther away is fetched before it is needed: by
 * each tile the outputs of the next one, in the first panel also its rows, and by all tiles
 * together the panel to come. */
#include "compute/conv_plan.h"

#include "base/parallel.h"

enum {
    GATHER_TILES = 24,    /* of a task, at most */
    GATHER_ONCE = 48,     /* the same with one panel: no row is read twice */
    GATHER_NEAR = 1 << 17 /* floats that stay in a level-2 cache between two layers */
};

/* The taps of a region. */
typedef struct gather_lines {
    int64_t count, steps;
    int64_t from, to; /* those of the current block of steps */
    int64_t *a, *b;   /* [count]: where each starts, from a row on and in the panel */
} gather_lines;

typedef struct gather_tile {
    int64_t rows;
    gather_lines *lines;
    const float **a; /* [rows] */
    float **c;       /* [rows] */
} gather_tile;

/* What a task has written down, in its worker's scratch. */
typedef struct gather_room {
    int64_t count, regions; /* of tiles; of regions that they are of */
    gather_tile *tiles;
    gather_lines *lines;
} gather_room;

typedef struct gather_job {
    const gan__kernels *kernels;
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

static size_t gather_tile_size(const gan__conv_map *map)
{
    return sizeof(gather_tile) + GAN__TILE_ROWS * 2 * sizeof(float *) + sizeof(gather_lines) +
           (size_t)(map->r * map->s) * 2 * sizeof(int64_t);
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

/* Tiles of a region from row `row` on: where their rows begin, where they go. */
static void gather_place_rows(const gather_job *job, int64_t region, int64_t row, int64_t count,
                              gather_tile *tiles)
{
    const gan__conv_map *map = &job->map;
    const gan__span *h = &job->spans_h[region / job->count_w];
    const gan__span *w = &job->spans_w[region % job->count_w];
    const int64_t rows = job->kernels->product->rows, area = h->count * w->count;
    const int64_t in_step = w->input_step * map->in_c, out_step = w->output_step * map->out_c;
    int64_t left = gather_region_rows(job, region) - row;
    int64_t image = row / area, i = row % area / w->count, j = row % area % w->count;
    for (gather_tile *tile = tiles; tile < tiles + count; tile++) {
        tile->rows = gan__least(rows, left);
        left -= rows;
        for (int64_t slot = 0; slot < tile->rows;) {
            int64_t end = slot + gan__least(tile->rows - slot, w->count - j);
            int64_t in_y = h->input + i * h->input_step, in_x = w->input + j * w->input_step;
            int64_t out_y = h->output + i * h->output_step, out_x = w->output + j * w->output_step;
            const float *in = job->in + ((image * map->in_h + in_y) * map->in_w + in_x) * map->in_c;
            float *out =
                job->out + ((image * map->out_h + out_y) * map->out_w + out_x) * map->out_c;
            j += end - slot;
            for (; slot < end; slot++, in += in_step, out += out_step)
                tile->a[slot] = in, tile->c[slot] = out;
            if (j == w->count) j = 0, i++;
            if (i == h->count) i = 0, image++;
        }
    }
}

static void gather_place_lines(const gather_job *job, int64_t region, gather_lines *lines)
{
    const gan__conv_map *map = &job->map;
    const gan__span *h = &job->spans_h[region / job->count_w];
    const gan__span *w = &job->spans_w[region % job->count_w];
    int64_t down = h->input_tap * map->in_w * map->in_c, right = w->input_tap * map->in_c;
    int64_t across = job->merged ? 1 : w->taps, line = 0;
    lines->count = w->taps > 0 ? h->taps * across : 0;
    lines->steps = job->merged ? w->taps * map->depth : map->depth;
    lines->from = lines->to = 0;
    if (lines->count == 0) return;
    for (int64_t r = 0; r < h->taps; r++) {
        for (int64_t s = 0; s < across; s++, line++) {
            int64_t tap = (h->tap + r * h->tap_step) * map->s + w->tap + s * w->tap_step;
            lines->a[line] = r * down + s * right;
            lines->b[line] = tap * map->depth;
        }
    }
}

/* Room for `count` tiles, none of which is placed. */
static gather_room gather_room_of(const gather_job *job, int64_t count, void *scratch)
{
    const int64_t rows = job->kernels->product->rows;
    gather_room room = {.count = count, .tiles = scratch};
    room.lines = (gather_lines *)(void *)(room.tiles + count);
    int64_t *offsets = (int64_t *)(void *)(room.lines + count);
    const float **a = (const float **)(void *)(offsets + count * 2 * job->units);
    float **c = (float **)(void *)(a + count * rows);
    for (int64_t t = 0; t < count; t++) {
        room.tiles[t].a = a + t * rows;
        room.tiles[t].c = c + t * rows;
        room.lines[t].a = offsets + t * 2 * job->units;
        room.lines[t].b = room.lines[t].a + job->units;
    }
    return room;
}

/* Tiles [first, first + count) of all. */
static void gather_place_tiles(const gather_job *job, int64_t first, gather_room *room)
{
    int64_t rows = job->kernels->product->rows, before = 0, placed = 0;
    for (int64_t region = 0; placed < room->count; region++) {
        int64_t tiles = gan__quotient_up(gather_region_rows(job, region), rows);
        int64_t skip = first + placed - before;
        before += tiles;
        if (skip >= tiles) continue;
        gather_lines *lines = &room->lines[room->regions++];
        int64_t count = gan__least(tiles - skip, room->count - placed);
        gather_place_lines(job, region, lines);
        gather_place_rows(job, region, skip * rows, count, room->tiles + placed);
        for (; count > 0; count--) room->tiles[placed++].lines = lines;
    }
}

/* Advances the taps of each region to those of units [.., end). */
static void gather_advance(const gather_job *job, int64_t end, const gather_room *room)
{
    for (int64_t i = 0; i < room->regions; i++) {
        gather_lines *lines = &room->lines[i];
        lines->from = lines->to;
        while (lines->to < lines->count && lines->b[lines->to] < end * job->unit_steps) lines->to++;
    }
}

static gan__conv_slab gather_panel_of(const gather_job *job, int64_t index)
{
    return gan__conv_slab_of(&job->map, job->kernels->product->columns, job->panel, index);
}

/* What tiles are multiplied with: one block of steps of one panel. */
typedef struct gather_block {
    int64_t panel;
    int64_t step;       /* the first, within each line */
    bool first;         /* nothing has been multiplied yet */
    bool last;          /* nothing comes after it */
    bool fetches_rows;  /* they lie in no near cache yet */
    const float *ahead; /* what comes after it; NULL: nothing that is to be fetched */
    int64_t share;      /* steps of it that each tile fetches */
} gather_block;

/* What tile t has fetched while it runs. */
static gan__ahead gather_ahead(const gather_block *block, const gather_room *room, int64_t t)
{
    const gather_tile *tile = &room->tiles[t], *next = tile + 1;
    gan__ahead ahead = {.b = block->ahead, .b_from = t * block->share};
    ahead.b_to = gan__least(ahead.b_from + block->share, GAN__AHEAD_STEPS);
    if (t + 1 == room->count || next->rows != tile->rows) return ahead;
    ahead.c = next->c;
    if (block->fetches_rows && next->lines == tile->lines) ahead.a = next->a;
    return ahead;
}

static void gather_multiply(const gather_job *job, const gather_block *block,
                            const gather_room *room)
{
    const int64_t step = block->step;
    const gan__conv_slab panel = gather_panel_of(job, block->panel);
    gan__tile call = {.columns = panel.columns,
                      .a_shift = panel.input + step,
                      .b = panel.b + step * panel.b_step,
                      .b_step = panel.b_step,
                      .c_shift = panel.output};
    if (block->last && job->tail && job->tail->bias) call.bias = job->tail->bias + panel.output;
    for (int64_t t = 0; t < room->count; t++) {
        const gather_tile *tile = &room->tiles[t];
        const gather_lines *lines = tile->lines;
        const gan__ahead ahead = gather_ahead(block, room, t);
        bool empty = lines->count == 0;
        if (lines->from == lines->to && !(block->first && empty) && !call.bias) continue;
        call.rows = tile->rows;
        call.lines = lines->to - lines->from;
        call.steps = gan__least(lines->steps - step, job->block_steps);
        call.a = tile->a;
        call.a_line = lines->a + lines->from;
        call.ahead = &ahead;
        call.b_line = lines->b + lines->from;
        call.c = tile->c;
        call.accumulate = lines->from > 0 || step > 0 || (empty && !block->first);
        job->kernels->product->gather(&call);
    }
}

/* The activation of panels [from, end). */
static void gather_activate(const gather_job *job, int64_t from, int64_t end,
                            const gather_room *room)
{
    const gan__tail *tail = job->tail;
    const gan__conv_slab last = gather_panel_of(job, end - 1);
    const int64_t first = gather_panel_of(job, from).output;
    const int64_t count = last.output + last.columns - first;
    for (int64_t t = 0; t < room->count; t++) {
        for (int64_t i = 0; i < room->tiles[t].rows; i++) {
            float *row = room->tiles[t].c[i] + first;
            job->kernels->vector->activate[tail->activation](count, row, tail->parameter, row);
        }
    }
}

/* The block of steps after this one, from panel `first` on, if it is as long. */
static const float *gather_next_block(const gather_job *job, int64_t first, int64_t unit,
                                      int64_t step)
{
    const gan__conv_slab panel = gather_panel_of(job, first);
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
    const gan__conv_slab panel = gather_panel_of(job, block->panel + 1);
    bool full = panel.columns == job->kernels->product->columns;
    return full ? panel.b + block->step * panel.b_step : NULL;
}

static void gather_blocks(const gather_job *job, int64_t panel, int64_t panel_end,
                          const gather_room *room)
{
    const bool bends = job->tail && job->tail->activation != GAN__LINEAR;
    const int64_t alike = gan__quotient_up(GAN__TILE_COLUMNS, job->kernels->product->columns);
    gather_block block = {.share = gan__quotient_up(GAN__AHEAD_STEPS, room->count)};
    for (int64_t unit = 0; unit < job->units; unit += job->block_units) {
        gather_advance(job, unit + job->block_units, room);
        for (int64_t step = 0; step < job->unit_steps; step += job->block_steps) {
            block.last =
                unit + job->block_units >= job->units && step + job->block_steps >= job->unit_steps;
            block.step = step;
            block.first = unit + step == 0;
            for (int64_t j = panel, bent = panel; j < panel_end; j++) {
                block.panel = j;
                block.fetches_rows =
                    job->fetches_rows && (j == panel || j % job->group_panels == 0);
                if (job->fetches_panel) {
                    block.ahead = j + 1 < panel_end ? gather_next_panel(job, &block)
                                                    : gather_next_block(job, panel, unit, step);
                }
                gather_multiply(job, &block, room);
                if (!block.last || !bends || (j + 1 < panel_end && j + 1 < bent + alike)) continue;
                gather_activate(job, bent, j + 1, room);
                bent = j + 1;
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
    if (count == 0) return;
    gather_room room = gather_room_of(job, count, gan__scratch_of(call->context, worker));
    gather_place_tiles(job, first, &room);
    gather_blocks(job, panel, gan__least(panel + job->task_panels, job->panels), &room);
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
    job->in = run->in, job->panel = run->panel, job->tail = run->tail, job->out = run->out;
    job->spans_h = spans_h, job->spans_w = spans_w;
    job->count_h = gan__span_list(&vertical, spans_h);
    job->count_w = gan__span_list(&horizontal, spans_w);
    job->merged = gan__conv_merges(&job->map, conv);
    job->fetches_rows = job->map.n * job->map.in_h * job->map.in_w * job->map.in_c > GATHER_NEAR;
    job->units = job->merged ? conv->r : conv->r * conv->s;
    job->unit_steps = job->merged ? conv->s * job->map.depth : job->map.depth;
    job->block_units = gan__most(1, GAN__CONV_STEPS / job->unit_steps);
    int64_t blocks = gan__quotient_up(job->unit_steps, GAN__CONV_STEPS);
    job->block_steps = gan__quotient_up(job->unit_steps, blocks);
    gather_divide(job, context->threads);
    gan__parallel_for(context, job->tile_tasks * job->panel_tasks, gather_task, &call);
}
