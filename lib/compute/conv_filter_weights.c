/* conv_filter_weights.c: backward_weights of 4x4 convolution of stride 2 by minimal filtering.
 *
 * The transpose of conv_filter.c's forward: for each tile of 2x2 outputs and each parity of x,
 * du[point] = sum over tiles of (transformed x) * (transformed dy), where dy is transformed as
 * weights are there, and the four taps of the parity come from du as outputs do from m. Each
 * element of du is one chain over tiles in the order (n, row, column).
 *
 * A task owns a block of c x k of one parity, and goes through all tiles. */
#include "compute/conv_plan.h"

#include "base/parallel.h"

#include <string.h>

enum {
    TURN_TILES = 48,    /* transformed at once */
    TURN_ROWS = 64,     /* of c in a task */
    TURN_COLUMNS = 128, /* of k in a task, at most */
    TURN_PAD = 16       /* floats between rows: powers of two would share sets of the cache */
};

typedef struct turn_room {
    float v[9][TURN_TILES][TURN_ROWS + TURN_PAD];
    float z[9][TURN_TILES][TURN_COLUMNS + TURN_PAD];
    float du[9][TURN_ROWS * TURN_COLUMNS + TURN_PAD];
    float taps[4][TURN_COLUMNS];
    float zeros[TURN_COLUMNS];
} turn_room;

typedef struct turn_job {
    gan_context *context;
    const gan__kernels *kernels;
    gan__conv conv;
    gan__filter_axis h, w;
    int64_t row_blocks, columns, column_blocks;
    const float *x, *dy;
    bool add;
    float *dw;
} turn_job;

size_t gan__filter_weights_scratch(void)
{
    return sizeof(turn_room);
}

/* c from `row` on, k from `column` on. */
typedef struct turn_block {
    int64_t parity, row, rows, column, columns;
} turn_block;

/* Transforms one tile of x and dy into slot t. */
static void turn_tile(const turn_job *job, const turn_block *block, int64_t tile, int64_t t,
                      turn_room *room)
{
    const gan__conv *v = &job->conv;
    int64_t across = (v->ow + 1) / 2, all = gan__filter_tiles(&job->h, &job->w);
    int64_t image = tile / all, ty = tile % all / across, tx = tile % all % across;
    const float *d[9], *g[4];
    for (int64_t i = 0; i < 9; i++) {
        int64_t y = job->h.in[block->parity / 2] + 2 * (2 * ty + i / 3);
        int64_t x = job->w.in[block->parity % 2] + 2 * (2 * tx + i % 3);
        bool inside = y >= 0 && y < v->h && x >= 0 && x < v->w;
        d[i] = room->zeros;
        if (inside) d[i] = job->x + ((image * v->h + y) * v->w + x) * v->c + block->row;
    }
    for (int64_t i = 0; i < 4; i++) {
        int64_t y = 2 * ty + i / 2, x = 2 * tx + i % 2;
        g[i] = room->zeros;
        if (y < v->oh && x < v->ow)
            g[i] = job->dy + ((image * v->oh + y) * v->ow + x) * v->k + block->column;
    }
    const gan__product_kernels *product = job->kernels->product;
    product->filter_input(block->rows, d, room->v[0][t], TURN_TILES * (TURN_ROWS + TURN_PAD));
    product->filter_weights(block->columns, g, room->z[0][t],
                            TURN_TILES * (TURN_COLUMNS + TURN_PAD));
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
    for (int point = 0; point < 9; point++) {
        a = room->v[point][0];
        b = room->z[point][0];
        for (int64_t column = 0; column < block->columns; column += product->columns) {
            call.columns = gan__least(product->columns, block->columns - column);
            call.b_shift = call.c_shift = column;
            for (int64_t row = 0; row < block->rows; row += product->rows) {
                call.rows = gan__least(product->rows, block->rows - row);
                call.a_shift = row;
                for (int64_t i = 0; i < call.rows; i++)
                    c[i] = room->du[point] + (row + i) * TURN_COLUMNS;
                product->outer(&call);
            }
        }
    }
}

/* The four taps of the block's parity from du. */
static void turn_finish(const turn_job *job, const turn_block *block, turn_room *room)
{
    const gan__conv *v = &job->conv;
    for (int64_t row = 0; row < block->rows; row++) {
        float *to[4], *made[4];
        for (int64_t i = 0; i < 4; i++) {
            int64_t r = 2 * (i / 2) + block->parity / 2, s = 2 * (i % 2) + block->parity % 2;
            to[i] = job->dw + ((r * 4 + s) * v->c + block->row + row) * v->k + block->column;
            made[i] = job->add ? room->taps[i] : to[i];
        }
        job->kernels->product->filter_output(block->columns, room->du[0] + row * TURN_COLUMNS,
                                             TURN_ROWS * TURN_COLUMNS + TURN_PAD, made);
        for (int64_t i = 0; i < 4 && job->add; i++)
            job->kernels->vector->add(block->columns, to[i], made[i], to[i]);
    }
}

static void turn_task(void *argument, int64_t index, int32_t worker)
{
    const turn_job *job = argument;
    turn_room *room = gan__scratch_of(job->context, worker);
    turn_block block = {.parity = index % 4};
    block.row = index / 4 % job->row_blocks * TURN_ROWS;
    block.rows = gan__least(TURN_ROWS, job->conv.c - block.row);
    block.column = index / 4 / job->row_blocks * job->columns;
    block.columns = gan__least(job->columns, job->conv.k - block.column);
    memset(room->zeros, 0, sizeof room->zeros);
    int64_t tiles = job->conv.n * gan__filter_tiles(&job->h, &job->w);
    for (int64_t tile = 0; tile < tiles; tile += TURN_TILES) {
        int64_t count = gan__least(TURN_TILES, tiles - tile);
        for (int64_t t = 0; t < count; t++) turn_tile(job, &block, tile + t, t, room);
        turn_multiply(job, &block, count, tile == 0, room);
    }
    turn_finish(job, &block, room);
}

void gan__filter_weights_run(gan_context *context, const gan__conv *conv, const float *x,
                             const float *dy, bool add, float *dw)
{
    gan__axis vertical = gan__conv_axis(conv, GAN__FORWARD, true);
    gan__axis horizontal = gan__conv_axis(conv, GAN__FORWARD, false);
    turn_job job = {.context = context,
                    .kernels = gan__kernels_of(context),
                    .conv = *conv,
                    .h = gan__filter_axis_of(&vertical, 0),
                    .w = gan__filter_axis_of(&horizontal, 0),
                    .row_blocks = gan__quotient_up(conv->c, TURN_ROWS),
                    .columns = TURN_COLUMNS,
                    .x = x,
                    .dy = dy,
                    .add = add,
                    .dw = dw};
    int64_t wanted = context->threads > 1 ? 4 * context->threads : 1;
    int64_t tasks = 4 * job.row_blocks * gan__quotient_up(conv->k, job.columns);
    if (tasks < wanted) job.columns = GAN__TILE_COLUMNS;
    job.column_blocks = gan__quotient_up(conv->k, job.columns);
    gan__parallel_for(context, 4 * job.row_blocks * job.column_blocks, turn_task, &job);
}
