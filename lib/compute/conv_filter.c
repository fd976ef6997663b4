/* conv_filter.c: forward and backward_data by minimal filtering, as conv_filtering.c divides it.
 *
 * A task takes a block of tiles of a phase: it transforms their input into v[point][tile][depth],
 * then for each panel multiplies each point into m[point][tile][columns] and transforms that into
 * the outputs. Every product is one chain over (part, channel), of all points where they are
 * summed. Points that lead only to outputs outside the picture are left out. */
#include "compute/conv_plan.h"

#include "base/parallel.h"

#include <string.h>

enum {
    WINOGRAD_POINTS = 36,        /* of a tile, at most */
    WINOGRAD_OUTPUTS = 16,       /* the same */
    WINOGRAD_TILES = 48,         /* of a task, at most */
    WINOGRAD_FEW = 36,           /* and at least, or reading the panels would cost too much */
    WINOGRAD_AHEAD = 4,          /* full products between which fetching a panel is shared */
    WINOGRAD_INPUT = 64 * 1024,  /* floats of v, about: it stays in the level-2 cache */
    WINOGRAD_NEAR = 128 * 1024,  /* floats of panels that stay there without being fetched */
    WINOGRAD_PIECE = 64 * 1024,  /* floats of transformed weights, where no panel is packed */
    WINOGRAD_HEAVY = 512 * 1024, /* weights from which on a panel that is read once does not pay */
    WINOGRAD_PAD = 16 /* floats between rows: powers of two would share sets of the cache */
};

typedef struct winograd_job {
    gan_context *context;
    const gan__kernels *kernels;
    const gan__filter_kernels *filter;
    gan__filtering filtering;
    gan__conv conv;
    gan__conv_map map;
    int64_t pixels, points, outputs; /* of a tile */
    int64_t phases, parts, depth;    /* depth = parts * map.depth */
    int64_t u_point;                 /* of the panel */
    int64_t task_tiles, tasks[5];    /* tasks before each phase, and all */
    int64_t task_panels, panel_tasks;
    const float *in, *panel;
    bool packed;         /* else the panel is w itself */
    int64_t piece_steps; /* of w that are transformed at once then */
    const gan__tail *tail;
    float *out;
} winograd_job;

static int64_t winograd_task_tiles(int64_t points, int64_t depth)
{
    int64_t tiles = gan__least(WINOGRAD_TILES, WINOGRAD_INPUT / (points * depth));
    return gan__most(WINOGRAD_FEW, tiles - tiles % 6);
}

static winograd_job winograd_job_of(const gan__conv *conv, gan__pass pass)
{
    winograd_job job = {.conv = *conv,
                        .map = gan__conv_map_of(conv, pass),
                        .filtering = gan__filtering_of(conv, pass)};
    const gan__filtering *f = &job.filtering;
    job.pixels = f->pixels * f->pixels;
    job.points = f->points * f->points;
    job.outputs = f->outputs * f->outputs;
    job.phases = f->phases * f->phases;
    job.parts = f->parts * f->parts;
    job.depth = job.parts * job.map.depth;
    job.u_point = gan__filter_point(f, &job.map);
    job.task_tiles = winograd_task_tiles(job.points, job.depth);
    job.piece_steps = WINOGRAD_PIECE / (job.points * GAN__TILE_COLUMNS) / 16 * 16;
    return job;
}

/* Points that are summed are one chain, over all of the depth of each. */
bool gan__filter_is_direct(const gan__conv *conv, gan__pass pass)
{
    const winograd_job job = winograd_job_of(conv, pass);
    const gan__axis vertical = gan__conv_axis(conv, pass, true);
    const gan__axis horizontal = gan__conv_axis(conv, pass, false);
    const bool heavy = conv->r * conv->s * conv->c * conv->k >= WINOGRAD_HEAVY;
    if (!heavy || !conv->changing || job.filtering.sums == 1) return false;
    for (int64_t phase = 0; phase < job.phases; phase++) {
        int64_t phases = job.filtering.phases;
        gan__filter_axis h = gan__filter_axis_of(&job.filtering, &vertical, phase / phases);
        gan__filter_axis w = gan__filter_axis_of(&job.filtering, &horizontal, phase % phases);
        if (h.tiles * w.tiles > job.task_tiles / conv->n) return false;
    }
    return true;
}

size_t gan__filter_scratch(const gan__conv *conv, gan__pass pass)
{
    const winograd_job job = winograd_job_of(conv, pass);
    const bool packed = !gan__filter_is_direct(conv, pass);
    int64_t v = job.points * (job.task_tiles * (job.depth + WINOGRAD_PAD) + WINOGRAD_PAD);
    int64_t m = job.points * (job.task_tiles * GAN__TILE_COLUMNS + WINOGRAD_PAD);
    int64_t u = packed ? 0 : WINOGRAD_PIECE + job.points * WINOGRAD_PAD;
    return (size_t)(v + m + u + job.map.depth) * sizeof(float);
}

static const float *winograd_pixel(const winograd_job *job, int64_t image, int64_t y, int64_t x,
                                   const float *zeros)
{
    const gan__conv_map *map = &job->map;
    if (!map->transposed) {
        const float *pixel = gan__conv_pixel(&job->conv, job->in, image, y, x);
        return pixel ? pixel : zeros;
    }
    if (y < 0 || y >= map->in_h || x < 0 || x >= map->in_w) return zeros;
    return job->in + ((image * map->in_h + y) * map->in_w + x) * map->in_c;
}

/* A block of tiles of one phase. */
typedef struct winograd_block {
    gan__filter_axis h, w;
    int64_t phase, first, count;
    int64_t v_point, m_point;
    float *v, *m, *u; /* u where nothing is packed */
    const float *zeros;
    bool low[WINOGRAD_TILES], right[WINOGRAD_TILES]; /* the last outputs are outside */
} winograd_block;

/* A tile's row and column. */
static void winograd_place(const winograd_block *block, int64_t tile, int64_t *image, int64_t *y,
                           int64_t *x)
{
    int64_t all = block->h.tiles * block->w.tiles;
    *image = tile / all;
    *y = tile % all / block->w.tiles;
    *x = tile % all % block->w.tiles;
}

/* A tile sees pixels of a part from row y and column x on; what the one beside it sees besides. */
static void winograd_fetch(const winograd_job *job, const winograd_block *block, int64_t image,
                           int64_t y, int64_t x)
{
    const gan__filtering *f = &job->filtering;
    for (int64_t i = 0; i < f->pixels * f->advance; i++) {
        int64_t row = y + block->h.in_step * (i / f->advance);
        int64_t column = x + block->w.in_step * (f->pixels + i % f->advance);
        const float *pixel = winograd_pixel(job, image, row, column, block->zeros);
        if (pixel != block->zeros) job->kernels->product->fetch(job->map.depth, pixel);
    }
}

static void winograd_input(const winograd_job *job, winograd_block *block)
{
    const gan__filtering *f = &job->filtering;
    for (int64_t t = 0; t < block->count; t++) {
        int64_t image, row, column;
        winograd_place(block, block->first + t, &image, &row, &column);
        block->low[t] = (row + 1) * f->outputs > block->h.count;
        block->right[t] = (column + 1) * f->outputs > block->w.count;
        row *= f->advance, column *= f->advance;
        for (int64_t part = 0; part < job->parts; part++) {
            const int64_t y = block->h.in[part / f->parts] + block->h.in_step * row;
            const int64_t x = block->w.in[part % f->parts] + block->w.in_step * column;
            const float *d[WINOGRAD_POINTS];
            for (int64_t i = 0; i < job->pixels; i++)
                d[i] = winograd_pixel(job, image, y + block->h.in_step * (i / f->pixels),
                                      x + block->w.in_step * (i % f->pixels), block->zeros);
            winograd_fetch(job, block, image, y, x);
            float *v = block->v + t * (job->depth + WINOGRAD_PAD) + part * job->map.depth;
            job->filter->input(job->map.depth, d, v, block->v_point);
        }
    }
}

/* The next rows of a product of one point, from tile *t on. The last point of a dimension leads to
 * the last output alone. */
static int64_t winograd_rows(const winograd_job *job, const winograd_block *block, int64_t point,
                             int64_t *t, int64_t rows[GAN__TILE_ROWS])
{
    const int64_t last = job->filtering.points - 1, most = job->kernels->product->rows;
    bool low = point / job->filtering.points == last, right = point % job->filtering.points == last;
    int64_t count = 0;
    for (; *t < block->count && count < most; (*t)++) {
        bool outside = (low && block->low[*t]) || (right && block->right[*t]);
        if (!outside) rows[count++] = *t;
    }
    return count;
}

/* The block of steps after this one, of the same point or of the next, if it is as long and wide;
 * NULL where nothing is to be fetched: few products would have to fetch much each, which only
 * disturbs. */
static const float *winograd_next(const winograd_job *job, const winograd_block *block,
                                  int64_t point, int64_t step, int64_t column)
{
    const int64_t width = job->kernels->product->columns;
    bool far = job->phases * job->points * job->u_point > WINOGRAD_NEAR;
    if (!far || block->count < WINOGRAD_AHEAD * job->kernels->product->rows) return NULL;
    const float *phase = job->panel + block->phase * job->points * job->u_point;
    int64_t next = step + GAN__CONV_STEPS;
    if (next + GAN__CONV_STEPS <= job->depth)
        return phase + point * job->u_point + column * job->depth + next * width;
    if (next < job->depth) return NULL;
    if (point + 1 < job->points) return phase + (point + 1) * job->u_point + column * job->depth;
    bool wide = column + 2 * width <= job->map.columns;
    return wide ? phase + (column + width) * job->depth : NULL;
}

/* Steps of the depth that are multiplied at once: of one point, and of columns that lie side by
 * side in the panel or in a piece of it. */
typedef struct winograd_steps {
    int64_t point, step, count, columns;
    const float *b, *ahead; /* what is multiplied with, and what comes after it; NULL: nothing */
} winograd_steps;

static void winograd_multiply(const winograd_job *job, const winograd_block *block,
                              const winograd_steps *steps)
{
    const float *a[GAN__TILE_ROWS];
    float *c[GAN__TILE_ROWS];
    const int64_t line = 0, point = steps->point;
    const bool summed = job->filtering.sums == 1;
    float *m = block->m + (summed ? 0 : point * block->m_point);
    gan__ahead ahead = {.a = NULL, .b = steps->ahead};
    gan__tile call = {.columns = steps->columns,
                      .lines = 1,
                      .steps = steps->count,
                      .a = a,
                      .a_shift = steps->step,
                      .b = steps->b,
                      .b_line = &line,
                      .b_step = steps->columns,
                      .c = c,
                      .accumulate = steps->step > 0 || (summed && point > 0),
                      .ahead = &ahead};
    const int64_t products = gan__most(1, block->count / job->kernels->product->rows);
    const int64_t share = gan__quotient_up(GAN__AHEAD_STEPS, products);
    int64_t rows[GAN__TILE_ROWS], t = 0;
    while ((call.rows = winograd_rows(job, block, point, &t, rows)) > 0) {
        for (int64_t i = 0; i < call.rows; i++) {
            a[i] = block->v + point * block->v_point + rows[i] * (job->depth + WINOGRAD_PAD);
            c[i] = m + rows[i] * steps->columns;
        }
        ahead.b_from = ahead.b_to;
        ahead.b_to = gan__least(ahead.b_from + share, GAN__AHEAD_STEPS);
        job->kernels->product->gather(&call);
    }
}

/* All points of one panel. */
static void winograd_panel(const winograd_job *job, const winograd_block *block, int64_t column,
                           int64_t columns)
{
    winograd_steps steps = {.columns = columns};
    for (steps.point = 0; steps.point < job->points; steps.point++) {
        const float *panel = job->panel + column * job->depth +
                             (block->phase * job->points + steps.point) * job->u_point;
        for (steps.step = 0; steps.step < job->depth; steps.step += GAN__CONV_STEPS) {
            steps.count = gan__least(GAN__CONV_STEPS, job->depth - steps.step);
            steps.b = panel + steps.step * columns;
            steps.ahead = winograd_next(job, block, steps.point, steps.step, column);
            winograd_multiply(job, block, &steps);
        }
    }
}

/* The same of weights that are transformed only now. */
static void winograd_pieces(const winograd_job *job, const winograd_block *block, int64_t column,
                            int64_t columns)
{
    const gan__pass pass = job->map.transposed ? GAN__BACKWARD_DATA : GAN__FORWARD;
    const int64_t depth = job->map.depth;
    const int64_t u_point = job->piece_steps * GAN__TILE_COLUMNS + WINOGRAD_PAD;
    winograd_steps steps = {.columns = columns};
    gan__filter_piece piece = {.phase = block->phase, .column = column, .columns = columns};
    for (piece.part = 0; piece.part < job->parts; piece.part++) {
        for (piece.step = 0; piece.step < depth; piece.step += job->piece_steps) {
            piece.steps = gan__least(job->piece_steps, depth - piece.step);
            gan__filter_pack_piece(job->kernels, &job->conv, pass, job->panel, &piece, u_point,
                                   block->u);
            steps.step = piece.part * depth + piece.step;
            steps.count = piece.steps;
            for (steps.point = 0; steps.point < job->points; steps.point++) {
                steps.b = block->u + steps.point * u_point;
                winograd_multiply(job, block, &steps);
            }
        }
    }
}

static void winograd_output(const winograd_job *job, const winograd_block *block, int64_t column,
                            int64_t columns)
{
    const gan__conv_map *map = &job->map;
    const int64_t outputs = job->filtering.outputs;
    bool tail = !gan__tail_is_empty(job->tail);
    for (int64_t t = 0; t < block->count; t++) {
        int64_t image, tile_row, tile_column;
        float *to[WINOGRAD_OUTPUTS];
        winograd_place(block, block->first + t, &image, &tile_row, &tile_column);
        for (int64_t i = 0; i < job->outputs; i++) {
            int64_t y = tile_row * outputs + i / outputs, x = tile_column * outputs + i % outputs;
            to[i] = NULL;
            if (y >= block->h.count || x >= block->w.count) continue;
            y = block->h.out + y * block->h.out_step, x = block->w.out + x * block->w.out_step;
            to[i] = job->out + ((image * map->out_h + y) * map->out_w + x) * map->out_c + column;
        }
        job->filter->output(columns, block->m + t * columns, block->m_point, to);
        for (int64_t i = 0; i < job->outputs && tail; i++)
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
    block.h = gan__filter_axis_of(&job->filtering, &vertical, block.phase / job->filtering.phases);
    block.w =
        gan__filter_axis_of(&job->filtering, &horizontal, block.phase % job->filtering.phases);
    block.first = (index - job->tasks[block.phase]) * job->task_tiles;
    block.count =
        gan__least(job->task_tiles, job->map.n * block.h.tiles * block.w.tiles - block.first);
    block.v_point = job->task_tiles * (job->depth + WINOGRAD_PAD) + WINOGRAD_PAD;
    block.m_point = job->task_tiles * GAN__TILE_COLUMNS + WINOGRAD_PAD;
    block.v = gan__scratch_of(job->context, worker);
    block.m = block.v + job->points * block.v_point;
    block.u = block.m + job->points * block.m_point;
    float *zeros = block.u + (job->packed ? 0 : WINOGRAD_PIECE + job->points * WINOGRAD_PAD);
    memset(zeros, 0, (size_t)job->map.depth * sizeof *zeros);
    block.zeros = zeros;
    winograd_input(job, &block);
    int64_t width = job->kernels->product->columns, range = job->task_panels * width;
    int64_t first = task % job->panel_tasks * range;
    int64_t end = gan__least(first + range, job->map.columns);
    for (int64_t column = first; column < end; column += width) {
        int64_t columns = gan__least(width, end - column);
        (job->packed ? winograd_panel : winograd_pieces)(job, &block, column, columns);
        winograd_output(job, &block, column, columns);
    }
}

void gan__filter_run(gan_context *context, const gan__conv_run *run)
{
    const gan__conv *conv = run->conv;
    winograd_job job = winograd_job_of(conv, run->pass);
    job.context = context;
    job.kernels = gan__kernels_of(context);
    job.filter = &job.kernels->product->filter[job.filtering.kind];
    job.packed = !gan__filter_is_direct(conv, run->pass);
    job.in = run->in, job.panel = run->panel, job.tail = run->tail, job.out = run->out;
    gan__axis vertical = gan__conv_axis(conv, run->pass, true);
    gan__axis horizontal = gan__conv_axis(conv, run->pass, false);
    for (int64_t phase = 0; phase < job.phases; phase++) {
        int64_t phases = job.filtering.phases;
        gan__filter_axis h = gan__filter_axis_of(&job.filtering, &vertical, phase / phases);
        gan__filter_axis w = gan__filter_axis_of(&job.filtering, &horizontal, phase % phases);
        int64_t tiles = conv->n * h.tiles * w.tiles;
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
