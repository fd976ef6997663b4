/* conv_weights.c: backward_weights: dw[tap][c][k] = sum over pixels of x[shifted pixel][c] *
 * dy[pixel][k].
 *
 * Neither side is transposed or copied: a step is a pixel, a tile's rows are a few c beside each
 * other, its columns a vector of k; a line is the part of a picture's row where the tap is inside.
 * With few k and more c the sides change places, and the small result is transposed at the end.
 *
 * Tasks are taps x panels of columns; a task goes through the pixels once, block by block, for all
 * its taps. Long sums are cut into slices, a function of the shape alone, which are added in order:
 * more tasks, and shorter chains to round. */
#include "compute/conv_plan.h"

#include "base/parallel.h"

#include <string.h>

enum {
    WEIGHTS_PIXELS = 128,      /* of a block: both sides of it stay in the level-2 cache */
    WEIGHTS_SLICE = 8192,      /* pixels of a slice, at least */
    WEIGHTS_DEPTH = 512,       /* the same if depthwise, which has no other tasks */
    WEIGHTS_SLICES = 8,        /* at most */
    WEIGHTS_PARTIAL = 1 << 21, /* floats of all partial results, at most */
    WEIGHTS_FEW = 16,          /* fewer k than this change places with more c */
    WEIGHTS_CHUNK = 4096,      /* floats that a task adds */
    WEIGHTS_RESULT = 1 << 17   /* floats of dw that a task visits with each block of pixels */
};

/* Where the pixels of one tap are: images x rows lines of `steps` pixels, cut into pieces. */
typedef struct weights_walk {
    int64_t images, rows, steps, pieces;
    const float *x, *y;
    int64_t x_image, x_row, x_step;
    int64_t y_image, y_row, y_step;
    int64_t piece, end; /* what is left of the slice */
    bool begun;
} weights_walk;

/* A worker's scratch. */
typedef struct weights_room {
    const float *x[WEIGHTS_PIXELS], *y[WEIGHTS_PIXELS]; /* where the lines of a block begin */
    weights_walk *walks;                                /* [task's taps] */
    float *turned;                                      /* [task's taps][k][c], if swapped */
} weights_room;

typedef struct weights_job {
    gan_context *context;
    const gan__kernels *kernels;
    gan__conv conv;
    int64_t groups, c, k; /* of a group; depthwise: one group of one c and all k */
    bool depthwise;
    void (*multiply)(const gan__tile *tile);
    int64_t count, slices;
    bool swapped;          /* rows are k, columns are c */
    int64_t rows, columns; /* of dw per tap and group, as the tiles see it */
    int64_t taps, task_taps, tap_tasks;
    int64_t task_panels, panel_tasks;
    const float *x, *dy;
    bool add;
    float *partial; /* [slices][count], if slices > 1 */
    float *dw;
} weights_job;

static int64_t weights_count(const gan__conv *conv)
{
    return conv->r * conv->s * (conv->c / conv->groups) * conv->k;
}

static int64_t weights_slices(const gan__conv *conv)
{
    int64_t pixels = conv->n * conv->oh * conv->ow;
    int64_t slice = gan__conv_is_depthwise(conv) ? WEIGHTS_DEPTH : WEIGHTS_SLICE;
    int64_t slices = gan__least(pixels / slice, WEIGHTS_SLICES);
    return gan__most(1, gan__least(slices, WEIGHTS_PARTIAL / weights_count(conv)));
}

static bool weights_swap(const gan__conv *conv)
{
    int64_t c = conv->c / conv->groups, k = conv->k / conv->groups;
    return k < WEIGHTS_FEW && c > k;
}

/* Taps of a task, at most. */
static int64_t weights_task_taps(const gan__conv *conv)
{
    int64_t result = (conv->c / conv->groups) * (conv->k / conv->groups);
    return gan__most(1, gan__least(conv->r * conv->s, WEIGHTS_RESULT / result));
}

size_t gan__weights_scratch(const gan__conv *conv)
{
    int64_t taps = weights_task_taps(conv);
    int64_t result = weights_swap(conv) ? (conv->c / conv->groups) * (conv->k / conv->groups) : 0;
    return sizeof(weights_room) +
           (size_t)taps * (sizeof(weights_walk) + (size_t)result * sizeof(float));
}

size_t gan__weights_workspace(const gan__conv *conv)
{
    int64_t slices = weights_slices(conv);
    return slices > 1 ? (size_t)(slices * weights_count(conv)) * sizeof(float) : 0;
}

/* The positions of the filtered side at which a tap reads inside the picture: first, and how many.
 */
static int64_t weights_inside(int64_t filtered, int64_t picture, int64_t stride, int64_t offset,
                              int64_t *first)
{
    int64_t room = picture - offset;
    *first = offset < 0 ? gan__quotient_up(-offset, stride) : 0;
    int64_t end = room > 0 ? gan__least(filtered, gan__quotient_up(room, stride)) : 0;
    return gan__most(end - *first, 0);
}

/* Lines that follow each other without a gap become one; so do lines of one pixel. */
static void weights_join(weights_walk *walk)
{
    if (walk->steps == 1) {
        walk->steps = walk->rows, walk->rows = 1;
        walk->x_step = walk->x_row, walk->y_step = walk->y_row;
    } else if (walk->x_row == walk->steps * walk->x_step &&
               walk->y_row == walk->steps * walk->y_step) {
        walk->steps *= walk->rows, walk->rows = 1;
    }
    if (walk->rows > 1) return;
    if (walk->steps == 1) {
        walk->steps = walk->images, walk->images = 1;
        walk->x_step = walk->x_image, walk->y_step = walk->y_image;
    } else if (walk->x_image == walk->steps * walk->x_step &&
               walk->y_image == walk->steps * walk->y_step) {
        walk->steps *= walk->images, walk->images = 1;
    }
}

static weights_walk weights_walk_of(const weights_job *job, int64_t tap, int64_t group)
{
    const gan__conv *v = &job->conv;
    int64_t down = tap / v->s * v->dilation_h - v->pad_top;
    int64_t right = tap % v->s * v->dilation_w - v->pad_left;
    int64_t h, w;
    weights_walk walk = {.images = v->n};
    walk.rows = weights_inside(v->oh, v->h, v->stride_h, down, &h);
    walk.steps = weights_inside(v->ow, v->w, v->stride_w, right, &w);
    if (walk.rows * walk.steps == 0) return (weights_walk){.pieces = 0};
    walk.x_image = v->h * v->w * v->c;
    walk.x_row = v->stride_h * v->w * v->c;
    walk.x_step = v->stride_w * v->c;
    walk.x = job->x + ((h * v->stride_h + down) * v->w + w * v->stride_w + right) * v->c +
             group * job->c;
    walk.y_image = v->oh * v->ow * v->k;
    walk.y_row = v->ow * v->k;
    walk.y_step = v->k;
    walk.y = job->dy + (h * v->ow + w) * v->k + group * job->k;
    weights_join(&walk);
    walk.pieces = gan__quotient_up(walk.steps, WEIGHTS_PIXELS);
    return walk;
}

/* The pieces at the front of what is left that make one block: equally long lines of at most
 * WEIGHTS_PIXELS together. Returns how many there are. */
static int64_t weights_block(const weights_walk *walk, weights_room *room, int64_t *steps)
{
    int64_t count = gan__least(walk->end - walk->piece, WEIGHTS_PIXELS / walk->steps);
    int64_t skip = walk->piece % walk->pieces * WEIGHTS_PIXELS;
    if (walk->pieces > 1) count = 1;
    *steps = gan__least(walk->steps - skip, WEIGHTS_PIXELS);
    for (int64_t i = 0; i < count; i++) {
        int64_t line = (walk->piece + i) / walk->pieces;
        int64_t image = line / walk->rows, row = line % walk->rows;
        room->x[i] = walk->x + image * walk->x_image + row * walk->x_row + skip * walk->x_step;
        room->y[i] = walk->y + image * walk->y_image + row * walk->y_row + skip * walk->y_step;
    }
    return count;
}

/* Where one tap's result goes: columns [first, end) of its rows, `stride` floats apart. */
typedef struct weights_target {
    int64_t first, end;
    float *to;
    int64_t stride;
} weights_target;

/* One block of pixels of one tap. */
static void weights_multiply(const weights_job *job, const gan__tile *block,
                             const weights_target *target)
{
    const gan__product_kernels *product = job->kernels->product;
    float *c[GAN__TILE_ROWS];
    gan__tile call = *block;
    call.c = c;
    for (int64_t column = target->first; column < target->end; column += product->columns) {
        call.columns = gan__least(product->columns, target->end - column);
        call.b_shift = column;
        call.c_shift = column;
        for (int64_t row = 0; row < job->rows; row += product->rows) {
            call.rows = gan__least(product->rows, job->rows - row);
            call.a_shift = job->depthwise ? column : row;
            for (int64_t i = 0; i < call.rows; i++) c[i] = target->to + (row + i) * target->stride;
            job->multiply(&call);
        }
    }
}

/* The next block of one tap; the first one starts from what is there, or from 0. False at the end.
 */
static bool weights_step(const weights_job *job, weights_walk *walk, bool add,
                         const weights_target *target, weights_room *room)
{
    if (walk->piece == walk->end && walk->begun) return false;
    gan__tile block = {.a = job->swapped ? room->y : room->x,
                       .b_lines = job->swapped ? room->x : room->y,
                       .a_step = job->swapped ? walk->y_step : walk->x_step,
                       .b_step = job->swapped ? walk->x_step : walk->y_step,
                       .accumulate = walk->begun || add};
    if (walk->piece < walk->end) block.lines = weights_block(walk, room, &block.steps);
    weights_multiply(job, &block, target);
    walk->piece += block.lines;
    walk->begun = true;
    return true;
}

/* to[c][k] (+)= from[k][c], columns [first, end) of c. */
static void weights_turn(const weights_job *job, const weights_target *target, bool add, float *to)
{
    for (int64_t c = target->first; c < target->end; c++) {
        for (int64_t k = 0; k < job->k; k++) {
            float *element = &to[c * job->conv.k + k], value = target->to[k * job->c + c];
            *element = add ? *element + value : value;
        }
    }
}

static weights_room *weights_room_of(const weights_job *job, int32_t worker)
{
    weights_room *room = gan__scratch_of(job->context, worker);
    room->walks = (weights_walk *)(void *)(room + 1);
    room->turned = (float *)(void *)(room->walks + job->task_taps);
    return room;
}

/* Task: some panels of some taps of a group, one slice of the pixels. */
static void weights_task(void *argument, int64_t index, int32_t worker)
{
    const weights_job *job = argument;
    int64_t first = index % job->panel_tasks * job->task_panels * job->kernels->product->columns;
    int64_t group = index / job->panel_tasks % job->groups;
    int64_t tasks = index / job->panel_tasks / job->groups;
    int64_t tap = tasks % job->tap_tasks * job->task_taps, slice = tasks / job->tap_tasks;
    int64_t taps = gan__least(job->task_taps, job->taps - tap);
    bool add = job->add && job->slices == 1, more = true;
    float *to = job->slices > 1 ? job->partial + slice * job->count : job->dw;
    to += tap * job->c * job->conv.k + group * job->k;
    weights_room *room = weights_room_of(job, worker);
    weights_target target = {.first = first, .stride = job->swapped ? job->c : job->conv.k};
    target.end =
        gan__least(job->columns, first + job->task_panels * job->kernels->product->columns);
    for (int64_t t = 0; t < taps; t++) {
        weights_walk walk = weights_walk_of(job, tap + t, group);
        int64_t pieces = walk.images * walk.rows * walk.pieces;
        walk.piece = pieces * slice / job->slices, walk.end = pieces * (slice + 1) / job->slices;
        room->walks[t] = walk;
    }
    while (more) {
        more = false;
        for (int64_t t = 0; t < taps; t++) {
            target.to =
                job->swapped ? room->turned + t * job->c * job->k : to + t * job->c * job->conv.k;
            more |= weights_step(job, &room->walks[t], add && !job->swapped, &target, room);
        }
    }
    for (int64_t t = 0; t < taps && job->swapped; t++) {
        target.to = room->turned + t * job->c * job->k;
        weights_turn(job, &target, add, to + t * job->c * job->conv.k);
    }
}

typedef struct weights_slices_job {
    const gan__kernels *kernels;
    int64_t slices, count;
    const float *partial; /* [slices][count] */
    bool add;
    float *dw;
} weights_slices_job;

/* Task: a chunk of all partial results, in order of the slices. */
static void weights_sum(void *argument, int64_t index, int32_t worker)
{
    (void)worker;
    const weights_slices_job *job = argument;
    int64_t start = index * WEIGHTS_CHUNK, count = gan__least(WEIGHTS_CHUNK, job->count - start);
    const float *partial = job->partial + start;
    float *dw = job->dw + start;
    for (int64_t i = 0; i < job->slices; i++, partial += job->count)
        if (i > 0 || job->add)
            job->kernels->vector->add(count, dw, partial, dw);
        else
            memcpy(dw, partial, (size_t)count * sizeof *dw);
}

void gan__weights_sum(gan_context *context, int64_t slices, int64_t count, const float *partial,
                      bool add, float *dw)
{
    weights_slices_job job = {gan__kernels_of(context), slices, count, partial, add, dw};
    gan__parallel_for(context, gan__quotient_up(count, WEIGHTS_CHUNK), weights_sum, &job);
}

/* Tasks: as many taps and panels as a task may take; with too few tasks for the threads fewer taps,
 * then fewer panels. Nothing of this changes a result. */
static void weights_divide(weights_job *job, int32_t threads)
{
    int64_t wanted = threads > 1 ? 4 * threads : 1, tasks = job->slices * job->groups;
    int64_t panels = gan__quotient_up(job->columns, job->kernels->product->columns);
    int64_t parts = gan__least(job->taps, gan__quotient_up(wanted, tasks));
    job->task_taps = gan__least(weights_task_taps(&job->conv), gan__quotient_up(job->taps, parts));
    job->tap_tasks = gan__quotient_up(job->taps, job->task_taps);
    tasks *= job->tap_tasks;
    parts = gan__least(panels, gan__quotient_up(wanted, tasks));
    job->task_panels = gan__quotient_up(panels, parts);
    job->panel_tasks = gan__quotient_up(panels, job->task_panels);
}

void gan__weights_run(gan_context *context, const gan__conv *conv, const float *x, const float *dy,
                      bool add, void *workspace, float *dw)
{
    weights_job job = {.context = context,
                       .kernels = gan__kernels_of(context),
                       .conv = *conv,
                       .groups = conv->groups,
                       .c = conv->c / conv->groups,
                       .k = conv->k / conv->groups,
                       .depthwise = gan__conv_is_depthwise(conv),
                       .count = weights_count(conv),
                       .slices = weights_slices(conv),
                       .swapped = weights_swap(conv),
                       .taps = conv->r * conv->s,
                       .x = x,
                       .dy = dy,
                       .add = add,
                       .partial = workspace,
                       .dw = dw};
    job.multiply = job.kernels->product->outer;
    if (job.depthwise) {
        job.multiply = job.kernels->product->depth_outer;
        job.groups = 1, job.k = conv->k;
    }
    job.rows = job.swapped ? job.k : job.c;
    job.columns = job.swapped ? job.c : job.k;
    weights_divide(&job, context->threads);
    gan__parallel_for(context, job.slices * job.groups * job.tap_tasks * job.panel_tasks,
                      weights_task, &job);
    if (job.slices > 1) gan__weights_sum(context, job.slices, job.count, job.partial, add, dw);
}
