/* conv_filter_weights.c: backward_weights by minimal filtering.
 *
 * The transpose of conv_filter.c's forward: for each tile of outputs and each part,
 * du[point] = sum over tiles of (transformed x) * (transformed dy), and the taps of the part come
 * from du. Each element of du is one chain over tiles in the order (n, row, column).
 *
 * A task owns a block of c x k of one part, and goes through the tiles of one slice. Slices,
 * where there are few blocks, are a function of the shape alone and are added in order. */
#include "compute/conv_plan.h"

#include "base/parallel.h"

#include <string.h>

enum {
    TURN_POINTS = 36,   /* of a tile, at most */
    TURN_TAPS = 9,      /* the same */
    TURN_OUTPUTS = 16,  /* the same */
    TURN_TILES = 64,    /* transformed at once */
    TURN_ROWS = 128,    /* of c in a task, at most */
    TURN_COLUMNS = 128, /* of k in a task, at most */
    TURN_PAD = 16,      /* floats between rows: powers of two would share sets of the cache */
    TURN_SLICE = 256,   /* tiles of a slice, at least */
    TURN_TASKS = 8      /* blocks and slices of them, if there are tiles enough */
};

/* A worker's scratch: behind it v [points][tile][rows], z [points][tile][columns], du
 * [points][rows][columns]. */
typedef struct turn_room {
    float taps[TURN_TAPS][TURN_COLUMNS];
    float zeros[TURN_COLUMNS > TURN_ROWS ? TURN_COLUMNS : TURN_ROWS];
} turn_room;

typedef struct turn_job {
    gan_context *context;
    const gan__kernels *kernels;
    const gan__filter_kernels *filter;
    gan__filtering filtering;
    gan__conv conv;
    gan__filter_axis h, w;
    int64_t points, parts, tiles;
    int64_t rows, row_blocks, columns, column_blocks, slices;
    const float *x, *dy;
    bool add;
    float *partial; /* [slices][count of dw], if slices > 1 */
    float *dw;
} turn_job;

static void turn_divide(turn_job *job)
{
    job->row_blocks = gan__quotient_up(job->conv.c, job->rows);
    job->column_blocks = gan__quotient_up(job->conv.k, job->columns);
}

static turn_job turn_job_of(const gan__conv *conv)
{
    gan__axis vertical = gan__conv_axis(conv, GAN__FORWARD, true);
    gan__axis horizontal = gan__conv_axis(conv, GAN__FORWARD, false);
    turn_job job = {.conv = *conv, .filtering = gan__filtering_of(conv, GAN__BACKWARD_WEIGHTS)};
    job.h = gan__filter_axis_of(&job.filtering, &vertical, 0);
    job.w = gan__filter_axis_of(&job.filtering, &horizontal, 0);
    job.points = job.filtering.points * job.filtering.points;
    job.parts = job.filtering.parts * job.filtering.parts;
    job.tiles = conv->n * job.h.tiles * job.w.tiles;
    job.rows = gan__least(TURN_ROWS, conv->c);
    job.columns = gan__least(TURN_COLUMNS, conv->k);
    turn_divide(&job);
    int64_t blocks = job.parts * job.row_blocks * job.column_blocks;
    job.slices = gan__least(gan__quotient_up(TURN_TASKS, blocks), job.tiles / TURN_SLICE);
    if (job.slices < 1 || job.parts > 1) job.slices = 1; /* four are tasks enough */
    return job;
}

static int64_t turn_count(const gan__conv *conv)
{
    return conv->r * conv->s * conv->c * conv->k;
}

size_t gan__filter_weights_scratch(const gan__conv *conv)
{
    const turn_job job = turn_job_of(conv);
    int64_t v = TURN_TILES * (job.rows + TURN_PAD), z = TURN_TILES * (job.columns + TURN_PAD);
    int64_t du = job.rows * job.columns;
    return sizeof(turn_room) + (size_t)(job.points * (v + z + du + 3 * TURN_PAD)) * sizeof(float);
}

size_t gan__filter_weights_workspace(const gan__conv *conv)
{
    int64_t slices = turn_job_of(conv).slices;
    return slices > 1 ? (size_t)(slices * turn_count(conv)) * sizeof(float) : 0;
}

/* c from `row` on, k from `column` on; tiles [tile, end). Floats between tiles of v and z, and
 * between the points of each. */
typedef struct turn_block {
    int64_t part, row, rows, column, columns, tile, end;
    int64_t v_tile, z_tile, v_point, z_point, du_point;
    float *v, *z, *du;
    turn_room *room;
} turn_block;

/* Where a pixel of x is, from the task's first channel on; NULL outside of the picture. */
static const float *turn_pixel(const turn_job *job, const turn_block *block, int64_t image,
                               int64_t y, int64_t x)
{
    const float *pixel = gan__conv_pixel(&job->conv, job->x, image, y, x);
    return pixel ? pixel + block->row : NULL;
}

/* A tile sees pixels from row y and column x on; what the one beside it sees besides. */
static void turn_fetch(const turn_job *job, const turn_block *block, int64_t image, int64_t y,
                       int64_t x)
{
    const gan__filtering *f = &job->filtering;
    for (int64_t i = 0; i < f->pixels * f->advance; i++) {
        int64_t row = y + job->h.in_step * (i / f->advance);
        int64_t column = x + job->w.in_step * (f->pixels + i % f->advance);
        const float *pixel = turn_pixel(job, block, image, row, column);
        if (pixel) job->kernels->product->fetch(block->rows, pixel);
    }
}

/* Transforms one tile of x and dy into slot t. */
static void turn_tile(const turn_job *job, const turn_block *block, int64_t tile, int64_t t)
{
    const gan__conv *v = &job->conv;
    const gan__filtering *f = &job->filtering;
    const int64_t pixels = f->pixels, outputs = f->outputs, all = job->h.tiles * job->w.tiles;
    int64_t image = tile / all, row = tile % all / job->w.tiles, column = tile % all % job->w.tiles;
    const float *d[TURN_POINTS], *g[TURN_OUTPUTS];
    const int64_t top = job->h.in[block->part / f->parts] + job->h.in_step * row * f->advance;
    const int64_t left = job->w.in[block->part % f->parts] + job->w.in_step * column * f->advance;
    for (int64_t i = 0; i < pixels * pixels; i++) {
        d[i] = turn_pixel(job, block, image, top + job->h.in_step * (i / pixels),
                          left + job->w.in_step * (i % pixels));
        if (!d[i]) d[i] = block->room->zeros;
    }
    turn_fetch(job, block, image, top, left);
    for (int64_t i = 0; i < outputs * outputs; i++) {
        int64_t y = row * outputs + i / outputs, x = column * outputs + i % outputs;
        g[i] = block->room->zeros;
        if (y < v->oh && x < v->ow)
            g[i] = job->dy + ((image * v->oh + y) * v->ow + x) * v->k + block->column;
    }
    job->filter->input(block->rows, d, block->v + t * block->v_tile, block->v_point);
    job->filter->slopes(block->columns, g, block->z + t * block->z_tile, block->z_point);
}

/* Adds `count` transformed tiles to du. */
static void turn_multiply(const turn_job *job, const turn_block *block, int64_t count, bool first)
{
    const gan__product_kernels *product = job->kernels->product;
    const float *a, *b;
    float *c[GAN__TILE_ROWS];
    gan__tile call = {.lines = 1, .steps = count, .a = &a, .b_lines = &b, .c = c};
    call.a_step = block->v_tile;
    call.b_step = block->z_tile;
    call.accumulate = !first;
    for (int64_t point = 0; point < job->points; point++) {
        a = block->v + point * block->v_point;
        b = block->z + point * block->z_point;
        for (int64_t column = 0; column < block->columns; column += product->columns) {
            call.columns = gan__least(product->columns, block->columns - column);
            call.b_shift = call.c_shift = column;
            for (int64_t row = 0; row < block->rows; row += product->rows) {
                call.rows = gan__least(product->rows, block->rows - row);
                call.a_shift = row;
                for (int64_t i = 0; i < call.rows; i++)
                    c[i] = block->du + point * block->du_point + (row + i) * block->columns;
                product->outer(&call);
            }
        }
    }
}

/* The taps of the block's part from du. */
static void turn_finish(const turn_job *job, const turn_block *block, bool add, float *dw)
{
    const gan__conv *v = &job->conv;
    const gan__filtering *f = &job->filtering;
    const int64_t taps = f->taps;
    for (int64_t row = 0; row < block->rows; row++) {
        float *to[TURN_TAPS], *made[TURN_TAPS];
        for (int64_t i = 0; i < taps * taps; i++) {
            int64_t r = gan__filter_tap(f, 0, block->part / f->parts, i / taps);
            int64_t s = gan__filter_tap(f, 0, block->part % f->parts, i % taps);
            to[i] = dw + ((r * v->s + s) * v->c + block->row + row) * v->k + block->column;
            made[i] = add ? block->room->taps[i] : to[i];
        }
        job->filter->taps(block->columns, block->du + row * block->columns, block->du_point, made);
        for (int64_t i = 0; i < taps * taps && add; i++)
            job->kernels->vector->add(block->columns, to[i], made[i], to[i]);
    }
}

static void turn_place(const turn_job *job, int32_t worker, turn_block *block)
{
    block->room = gan__scratch_of(job->context, worker);
    block->v_tile = block->rows + TURN_PAD;
    block->z_tile = block->columns + TURN_PAD;
    block->v_point = TURN_TILES * block->v_tile + TURN_PAD;
    block->z_point = TURN_TILES * block->z_tile + TURN_PAD;
    block->du_point = block->rows * block->columns + TURN_PAD;
    block->v = (float *)(void *)(block->room + 1);
    block->z = block->v + job->points * block->v_point;
    block->du = block->z + job->points * block->z_point;
    memset(block->room->zeros, 0, sizeof block->room->zeros);
}

static void turn_task(void *argument, int64_t index, int32_t worker)
{
    const turn_job *job = argument;
    turn_block block = {.part = index % job->parts};
    index /= job->parts;
    block.row = index % job->row_blocks * job->rows;
    block.rows = gan__least(job->rows, job->conv.c - block.row);
    index /= job->row_blocks;
    block.column = index % job->column_blocks * job->columns;
    block.columns = gan__least(job->columns, job->conv.k - block.column);
    int64_t slice = index / job->column_blocks;
    block.tile = slice * job->tiles / job->slices;
    block.end = (slice + 1) * job->tiles / job->slices;
    turn_place(job, worker, &block);
    for (int64_t tile = block.tile; tile < block.end; tile += TURN_TILES) {
        int64_t count = gan__least(TURN_TILES, block.end - tile);
        for (int64_t t = 0; t < count; t++) turn_tile(job, &block, tile + t, t);
        turn_multiply(job, &block, count, tile == block.tile);
    }
    bool sliced = job->slices > 1;
    float *dw = sliced ? job->partial + slice * turn_count(&job->conv) : job->dw;
    turn_finish(job, &block, job->add && !sliced, dw);
}

/* Smaller blocks where there are too few for the threads. Nothing of this changes a result. */
static void turn_share(turn_job *job, int32_t threads)
{
    static const int64_t smaller[][2] = {{64, 128}, {64, 64}, {32, 64}};
    const int64_t wanted = threads > 1 ? 2 * threads : 1;
    for (size_t i = 0; i < sizeof smaller / sizeof *smaller; i++) {
        if (job->parts * job->row_blocks * job->column_blocks * job->slices >= wanted) return;
        job->rows = gan__least(job->rows, smaller[i][0]);
        job->columns = gan__least(job->columns, smaller[i][1]);
        turn_divide(job);
    }
}

void gan__filter_weights_run(gan_context *context, const gan__conv *conv, const float *x,
                             const float *dy, bool add, void *workspace, float *dw)
{
    turn_job job = turn_job_of(conv);
    job.context = context;
    job.kernels = gan__kernels_of(context);
    job.filter = &job.kernels->product->filter[job.filtering.kind];
    job.x = x, job.dy = dy, job.add = add, job.partial = workspace, job.dw = dw;
    turn_share(&job, context->threads);
    gan__parallel_for(context, job.parts * job.row_blocks * job.column_blocks * job.slices,
                      turn_task, &job);
    if (job.slices > 1)
        gan__weights_sum(context, job.slices, turn_count(conv), job.partial, add, dw);
}
