/* conv_filter_weights.c: backward_weights by minimal filtering.
 *
 * The transpose of conv_filter.c's forward: for each tile of outputs and each parity of x,
 * du[point] = sum over tiles of (transformed x) * (transformed dy), and the taps of the parity come
 * from du. Each element of du is one chain over tiles in the order (n, row, column).
 *
 * A task owns a block of c x k of one parity, and goes through the tiles of one slice. Slices,
 * where there are few blocks, are a function of the shape alone and are added in order. */
#include "compute/conv_plan.h"

#include "base/parallel.h"

#include <string.h>

enum {
    TURN_POINTS = 16,   /* of a tile, at most */
    TURN_TAPS = 9,      /* the same */
    TURN_OUTPUTS = 4,   /* the same */
    TURN_TILES = 48,    /* transformed at once */
    TURN_ROWS = 64,     /* of c in a task */
    TURN_COLUMNS = 128, /* of k in a task, at most */
    TURN_PAD = 16,      /* floats between rows: powers of two would share sets of the cache */
    TURN_V = TURN_TILES * (TURN_ROWS + TURN_PAD),
    TURN_Z = TURN_TILES * (TURN_COLUMNS + TURN_PAD),
    TURN_DU = TURN_ROWS * TURN_COLUMNS + TURN_PAD,
    TURN_SLICE = 1024, /* tiles of a slice, at least */
    TURN_SLICES = 8    /* blocks and slices of them, if there are tiles enough */
};

/* A worker's scratch. */
typedef struct turn_room {
    float *v;  /* [points][TURN_V] */
    float *z;  /* [points][TURN_Z] */
    float *du; /* [points][TURN_DU] */
    float taps[TURN_TAPS][TURN_COLUMNS];
    float zeros[TURN_COLUMNS];
} turn_room;

typedef struct turn_job {
    gan_context *context;
    const gan__kernels *kernels;
    const gan__filter_kernels *filter;
    gan__filtering filtering;
    gan__conv conv;
    gan__filter_axis h, w;
    int64_t points, parities, tiles;
    int64_t row_blocks, columns, column_blocks, slices;
    const float *x, *dy;
    bool add;
    float *partial; /* [slices][count of dw], if slices > 1 */
    float *dw;
} turn_job;

static turn_job turn_job_of(const gan__conv *conv)
{
    gan__axis vertical = gan__conv_axis(conv, GAN__FORWARD, true);
    gan__axis horizontal = gan__conv_axis(conv, GAN__FORWARD, false);
    turn_job job = {.conv = *conv, .filtering = gan__filtering_of(conv), .columns = TURN_COLUMNS};
    job.h = gan__filter_axis_of(&job.filtering, &vertical, 0);
    job.w = gan__filter_axis_of(&job.filtering, &horizontal, 0);
    job.points = job.filtering.points * job.filtering.points;
    job.parities = job.filtering.stride * job.filtering.stride;
    job.tiles = conv->n * job.h.tiles * job.w.tiles;
    job.row_blocks = gan__quotient_up(conv->c, TURN_ROWS);
    job.column_blocks = gan__quotient_up(conv->k, TURN_COLUMNS);
    int64_t wanted = gan__quotient_up(TURN_SLICES, job.row_blocks * job.column_blocks);
    job.slices = gan__most(1, gan__least(wanted, job.tiles / TURN_SLICE));
    if (job.parities > 1) job.slices = 1; /* four of them are tasks enough */
    return job;
}

static int64_t turn_count(const gan__conv *conv)
{
    return conv->r * conv->s * conv->c * conv->k;
}

size_t gan__filter_weights_scratch(const gan__conv *conv)
{
    int64_t points = turn_job_of(conv).points;
    return sizeof(turn_room) + (size_t)(points * (TURN_V + TURN_Z + TURN_DU)) * sizeof(float);
}

size_t gan__filter_weights_workspace(const gan__conv *conv)
{
    int64_t slices = turn_job_of(conv).slices;
    return slices > 1 ? (size_t)(slices * turn_count(conv)) * sizeof(float) : 0;
}

/* c from `row` on, k from `column` on; tiles [tile, end). */
typedef struct turn_block {
    int64_t parity, row, rows, column, columns, tile, end;
} turn_block;

/* Transforms one tile of x and dy into slot t. */
static void turn_tile(const turn_job *job, const turn_block *block, int64_t tile, int64_t t,
                      turn_room *room)
{
    const gan__conv *v = &job->conv;
    const int64_t stride = job->filtering.stride, points = job->filtering.points;
    const int64_t outputs = job->filtering.outputs, all = job->h.tiles * job->w.tiles;
    int64_t image = tile / all;
    int64_t ty = tile % all / job->w.tiles * outputs, tx = tile % all % job->w.tiles * outputs;
    const float *d[TURN_POINTS], *g[TURN_OUTPUTS];
    for (int64_t i = 0; i < job->points; i++) {
        int64_t y = job->h.in[block->parity / stride] + stride * (ty + i / points);
        int64_t x = job->w.in[block->parity % stride] + stride * (tx + i % points);
        bool inside = y >= 0 && y < v->h && x >= 0 && x < v->w;
        d[i] = room->zeros;
        if (inside) d[i] = job->x + ((image * v->h + y) * v->w + x) * v->c + block->row;
    }
    for (int64_t i = 0; i < outputs * outputs; i++) {
        int64_t y = ty + i / outputs, x = tx + i % outputs;
        g[i] = room->zeros;
        if (y < v->oh && x < v->ow)
            g[i] = job->dy + ((image * v->oh + y) * v->ow + x) * v->k + block->column;
    }
    job->filter->input(block->rows, d, room->v + t * (TURN_ROWS + TURN_PAD), TURN_V);
    job->filter->slopes(block->columns, g, room->z + t * (TURN_COLUMNS + TURN_PAD), TURN_Z);
}

/* Adds `count` transformed tiles to du. */
static void turn_multiply(const turn_job *job, const turn_block *block, int64_t count, bool first,
                          turn_room *room)
{
    const gan__product_kernels *product = job->kernels->product;
    const float *a, *b;
    float *c[GAN__TILE_ROWS];
    gan__tile call = {.lines = 1, .steps = count, .a = &a, .b_lines = &b, .c = c};
    call.a_step = TURN_ROWS + TURN_PAD;
    call.b_step = TURN_COLUMNS + TURN_PAD;
    call.accumulate = !first;
    for (int64_t point = 0; point < job->points; point++) {
        a = room->v + point * TURN_V;
        b = room->z + point * TURN_Z;
        for (int64_t column = 0; column < block->columns; column += product->columns) {
            call.columns = gan__least(product->columns, block->columns - column);
            call.b_shift = call.c_shift = column;
            for (int64_t row = 0; row < block->rows; row += product->rows) {
                call.rows = gan__least(product->rows, block->rows - row);
                call.a_shift = row;
                for (int64_t i = 0; i < call.rows; i++)
                    c[i] = room->du + point * TURN_DU + (row + i) * TURN_COLUMNS;
                product->outer(&call);
            }
        }
    }
}

/* The taps of the block's parity from du. */
static void turn_finish(const turn_job *job, const turn_block *block, bool add, float *dw,
                        turn_room *room)
{
    const gan__conv *v = &job->conv;
    const int64_t stride = job->filtering.stride, taps = job->filtering.taps;
    for (int64_t row = 0; row < block->rows; row++) {
        float *to[TURN_TAPS], *made[TURN_TAPS];
        for (int64_t i = 0; i < taps * taps; i++) {
            int64_t r = stride * (i / taps) + block->parity / stride;
            int64_t s = stride * (i % taps) + block->parity % stride;
            to[i] = dw + ((r * v->s + s) * v->c + block->row + row) * v->k + block->column;
            made[i] = add ? room->taps[i] : to[i];
        }
        job->filter->taps(block->columns, room->du + row * TURN_COLUMNS, TURN_DU, made);
        for (int64_t i = 0; i < taps * taps && add; i++)
            job->kernels->vector->add(block->columns, to[i], made[i], to[i]);
    }
}

static void turn_task(void *argument, int64_t index, int32_t worker)
{
    const turn_job *job = argument;
    turn_room *room = gan__scratch_of(job->context, worker);
    room->v = (float *)(void *)(room + 1);
    room->z = room->v + job->points * TURN_V;
    room->du = room->z + job->points * TURN_Z;
    memset(room->zeros, 0, sizeof room->zeros);
    turn_block block = {.parity = index % job->parities};
    index /= job->parities;
    block.row = index % job->row_blocks * TURN_ROWS;
    block.rows = gan__least(TURN_ROWS, job->conv.c - block.row);
    index /= job->row_blocks;
    block.column = index % job->column_blocks * job->columns;
    block.columns = gan__least(job->columns, job->conv.k - block.column);
    int64_t slice = index / job->column_blocks;
    block.tile = slice * job->tiles / job->slices;
    block.end = (slice + 1) * job->tiles / job->slices;
    for (int64_t tile = block.tile; tile < block.end; tile += TURN_TILES) {
        int64_t count = gan__least(TURN_TILES, block.end - tile);
        for (int64_t t = 0; t < count; t++) turn_tile(job, &block, tile + t, t, room);
        turn_multiply(job, &block, count, tile == block.tile, room);
    }
    bool sliced = job->slices > 1;
    float *dw = sliced ? job->partial + slice * turn_count(&job->conv) : job->dw;
    turn_finish(job, &block, job->add && !sliced, dw, room);
}

void gan__filter_weights_run(gan_context *context, const gan__conv *conv, const float *x,
                             const float *dy, bool add, void *workspace, float *dw)
{
    turn_job job = turn_job_of(conv);
    job.context = context;
    job.kernels = gan__kernels_of(context);
    job.filter = &job.kernels->product->filter[job.filtering.kind];
    job.x = x, job.dy = dy, job.add = add, job.partial = workspace, job.dw = dw;
    int64_t wanted = context->threads > 1 ? 4 * context->threads : 1;
    int64_t tasks = job.parities * job.row_blocks * job.column_blocks * job.slices;
    if (tasks < wanted) job.columns = GAN__TILE_COLUMNS;
    job.column_blocks = gan__quotient_up(conv->k, job.columns);
    gan__parallel_for(context, job.parities * job.row_blocks * job.column_blocks * job.slices,
                      turn_task, &job);
    if (job.slices > 1)
        gan__weights_sum(context, job.slices, turn_count(conv), job.partial, add, dw);
}
