/* conv_weights.c: backward_weights: dw[tap][c][k] = sum over pixels of x[shifted pixel][c] *
 * dy[pixel][k].
 *
 * Neither side is transposed or copied: a step is a pixel, a tile's rows are a few c beside each
 * other, its columns a vector of k; a line is the part of a picture's row where the tap is inside.
 * With few k and more c the sides change places, and the small result is transposed at the end.
 *
 * Where one side has few channels, a window's row there is one run of floats: all its taps are the
 * rows of one product, and the other side is read once for all of them. The few channels then come
 * from a copy with zeros around each row. With few k the runs are of dy, under the pixels of x of
 * one phase of the stride, and their taps are in falling order.
 *
 * Tasks are taps x panels of columns; a task goes through the pixels once, block by block, for all
 * its taps. Long sums are cut into slices, a function of the shape alone, which are added in order:
 * more tasks, and shorter chains to round. */
#include "compute/conv_plan.h"

#include "base/parallel.h"

#include <string.h>

enum {
    WEIGHTS_PIXELS = 128,      /* of a block: both sides of it stay in the level-2 cache */
    WEIGHTS_MOST = 256,        /* the same where taps are merged: blocks have fewer tiles */
    WEIGHTS_SLICE = 8192,      /* pixels of a slice, at least */
    WEIGHTS_SLICES = 8,        /* at most */
    WEIGHTS_PARTIAL = 1 << 21, /* floats of all partial results, at most */
    WEIGHTS_FEW = 16,          /* fewer k than this change places with more c */
    WEIGHTS_MERGED = 8,        /* channels of a side whose taps are merged, at most */
    WEIGHTS_LINE = 16,         /* floats of a cache line */
    WEIGHTS_NEAR = 1 << 22,    /* floats of both sides that stay in a cache */
    WEIGHTS_RESULT = 1 << 17   /* floats of dw that a task visits with each block of pixels */
};

/* Where the pixels of one tap are: images x rows lines of `steps` pixels, cut into pieces. */
typedef struct weights_walk {
    int64_t images, rows, steps, pieces;
    int64_t pixels; /* of a block, at most */
    int64_t height; /* rows of the product */
    const float *x, *y;
    int64_t x_image, x_row, x_step;
    int64_t y_image, y_row, y_step;
    int64_t piece, end; /* what is left of the slice */
    bool begun;
} weights_walk;

/* What is multiplied. */
typedef struct weights_form {
    bool swapped;          /* rows are k, columns are c */
    bool merged;           /* so are all taps of a window's row, or of one phase of it */
    int64_t phases, taps;  /* of a row; of all rows */
    int64_t rows, columns; /* of dw for one of these taps and a group: rows at most */
    int64_t before, width; /* merged: zeros in front of a row of the copy; its pixels */
    int64_t copied;        /* floats of the copy; 0: the pictures serve */
} weights_form;

/* A worker's scratch. */
typedef struct weights_room {
    const float *x[WEIGHTS_MOST], *y[WEIGHTS_MOST]; /* where the lines of a block begin */
    weights_walk *walks;                            /* [task's taps] */
    float *turned;                                  /* [task's taps][rows][c], if swapped */
    int64_t looks;                                  /* tiles so far */
} weights_room;

typedef struct weights_job {
    gan_context *context;
    const gan__kernels *kernels;
    gan__conv conv;
    int64_t groups, c, k; /* of a group */
    int64_t c_stride;     /* from one row of a result to the next */
    int64_t count, slices;
    weights_form form;
    int64_t task_taps, tap_tasks;
    int64_t task_panels, panel_tasks;
    const float *x, *dy;
    bool add, fetches; /* what lies farther away than a cache */
    float *partial;    /* [slices][count], if slices > 1 */
    float *copy;       /* of the side with few channels, if the form has one */
    float *dw;
} weights_job;

static int64_t weights_count(const gan__conv *conv)
{
    return conv->r * conv->s * (conv->c / conv->groups) * conv->k;
}

static int64_t weights_slices(const gan__conv *conv)
{
    int64_t pixels = conv->n * conv->oh * conv->ow;
    int64_t slices = gan__least(pixels / WEIGHTS_SLICE, WEIGHTS_SLICES);
    return gan__most(1, gan__least(slices, WEIGHTS_PARTIAL / weights_count(conv)));
}

static weights_form weights_form_of(const gan__conv *v)
{
    int64_t c = v->c / v->groups, k = v->k / v->groups;
    weights_form form = {.swapped = k < WEIGHTS_FEW && c > k, .phases = v->s};
    form.rows = form.swapped ? k : c;
    form.columns = form.swapped ? c : k;
    form.merged = v->groups == 1 && v->s > 1 && v->dilation_w == 1 && form.rows <= WEIGHTS_MERGED;
    if (form.merged) {
        int64_t pictures = v->n * (form.swapped ? v->oh : v->h) * form.rows;
        int64_t there = form.swapped ? v->ow : v->w;
        int64_t window = form.swapped ? gan__quotient_up(v->s, v->stride_w) : v->s;
        form.phases = form.swapped ? gan__least(v->s, v->stride_w) : 1;
        form.before = form.swapped ? window - 1 : v->pad_left;
        form.width = form.swapped ? window + (v->w - 1 + v->pad_left) / v->stride_w
                                  : (v->ow - 1) * v->stride_w + v->s;
        if (form.before > 0 || form.width > there)
            form.copied = pictures * form.width;
        else
            form.width = there;
        form.rows *= window;
    }
    form.taps = v->r * form.phases;
    return form;
}

/* Taps of a task, at most. */
static int64_t weights_task_taps(const weights_form *form)
{
    return gan__most(1, gan__least(form->taps, WEIGHTS_RESULT / (form->rows * form->columns)));
}

size_t gan__weights_scratch(const gan__conv *conv)
{
    weights_form form = weights_form_of(conv);
    int64_t result = form.swapped ? form.rows * form.columns : 0;
    return sizeof(weights_room) + (size_t)weights_task_taps(&form) *
                                      (sizeof(weights_walk) + (size_t)result * sizeof(float));
}

static int64_t weights_partial(const gan__conv *conv)
{
    int64_t slices = weights_slices(conv);
    return slices > 1 ? slices * weights_count(conv) : 0;
}

size_t gan__weights_workspace(const gan__conv *conv)
{
    weights_form form = weights_form_of(conv);
    return (size_t)(weights_partial(conv) + form.copied) * sizeof(float);
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

/* One tap of a group. */
static void weights_walk_tap(const weights_job *job, int64_t tap, int64_t group, weights_walk *walk)
{
    const gan__conv *v = &job->conv;
    int64_t right = tap % v->s * v->dilation_w - v->pad_left, w;
    walk->steps = weights_inside(v->ow, v->w, v->stride_w, right, &w);
    walk->x += (w * v->stride_w + right) * v->c + group * job->c;
    walk->y += w * v->k + group * job->k;
}

/* All taps of a window's row, or those of one phase: of the pixels whose first tap it is. */
static void weights_walk_merged(const weights_job *job, int64_t phase, weights_walk *walk)
{
    const gan__conv *v = &job->conv;
    const weights_form *form = &job->form;
    if (!form->swapped) {
        walk->steps = v->ow;
        return;
    }
    int64_t first = (v->stride_w + phase - v->pad_left % v->stride_w) % v->stride_w;
    int64_t window = gan__quotient_up(v->s - phase, v->stride_w);
    int64_t meets = (first + v->pad_left - phase) / v->stride_w;
    walk->steps = first < v->w ? gan__quotient_up(v->w - first, v->stride_w) : 0;
    walk->x += first * v->c;
    walk->y += (form->before + meets - (window - 1)) * v->k;
    walk->height = window * v->k;
}

static weights_walk weights_walk_of(const weights_job *job, int64_t tap, int64_t group)
{
    const gan__conv *v = &job->conv;
    const weights_form *form = &job->form;
    int64_t x_width = form->merged && !form->swapped ? form->width : v->w;
    int64_t y_width = form->merged && form->swapped ? form->width : v->ow;
    int64_t down = tap / form->phases * v->dilation_h - v->pad_top, h;
    weights_walk walk = {.images = v->n, .height = form->rows};
    walk.pixels = form->merged ? WEIGHTS_MOST : WEIGHTS_PIXELS;
    walk.rows = weights_inside(v->oh, v->h, v->stride_h, down, &h);
    walk.x_image = v->h * x_width * v->c;
    walk.x_row = v->stride_h * x_width * v->c;
    walk.x_step = v->stride_w * v->c;
    walk.x = job->x + (h * v->stride_h + down) * x_width * v->c;
    walk.y_image = v->oh * y_width * v->k;
    walk.y_row = y_width * v->k;
    walk.y_step = v->k;
    walk.y = job->dy + h * y_width * v->k;
    if (form->merged)
        weights_walk_merged(job, tap % form->phases, &walk);
    else
        weights_walk_tap(job, tap, group, &walk);
    if (walk.rows * walk.steps == 0) return (weights_walk){.pieces = 0, .height = form->rows};
    weights_join(&walk);
    walk.pieces = gan__quotient_up(walk.steps, walk.pixels);
    return walk;
}

/* Where piece `piece` begins on both sides. */
static void weights_piece(const weights_walk *walk, int64_t piece, const float **x, const float **y)
{
    int64_t line = piece / walk->pieces, skip = piece % walk->pieces * walk->pixels;
    int64_t image = line / walk->rows, row = line % walk->rows;
    *x = walk->x + image * walk->x_image + row * walk->x_row + skip * walk->x_step;
    *y = walk->y + image * walk->y_image + row * walk->y_row + skip * walk->y_step;
}

/* The pieces at the front of what is left that make one block: equally long lines of at most
 * `pixels` together. Returns how many there are. */
static int64_t weights_block(const weights_walk *walk, weights_room *room, int64_t *steps)
{
    int64_t count = gan__least(walk->end - walk->piece, walk->pixels / walk->steps);
    int64_t skip = walk->piece % walk->pieces * walk->pixels;
    if (walk->pieces > 1) count = 1;
    *steps = gan__least(walk->steps - skip, walk->pixels);
    for (int64_t i = 0; i < count; i++)
        weights_piece(walk, walk->piece + i, &room->x[i], &room->y[i]);
    return count;
}

/* How far behind the block of `count` pieces the next one lies on both sides; 0: nothing is to be
 * fetched. */
typedef struct weights_far {
    int64_t x, y;
} weights_far;

static weights_far weights_far_of(const weights_walk *walk, const weights_room *room, int64_t count)
{
    const float *x, *y;
    if (walk->piece + 2 * count > walk->end) return (weights_far){0, 0};
    weights_piece(walk, walk->piece + count, &x, &y);
    return (weights_far){x - room->x[0], y - room->y[0]};
}

/* Where one tap's result goes: columns [first, end) of its rows, `stride` floats apart. */
typedef struct weights_target {
    int64_t first, end;
    float *to;
    int64_t stride;
} weights_target;

/* One block of pixels of one tap; `rows` of the product. Each tile fetches a cache line of every
 * pixel to come, one tile after the other all that a panel reads. */
static void weights_multiply(const weights_job *job, const gan__tile *block, int64_t rows,
                             const weights_target *target, const weights_far *far, int64_t *looks)
{
    const gan__product_kernels *product = job->kernels->product;
    const bool swapped = job->form.swapped;
    const int64_t b_far = swapped ? far->x : far->y;
    float *c[GAN__TILE_ROWS];
    gan__tile call = *block;
    gan__ahead ahead = {.a_far = swapped ? far->y : far->x};
    call.c = c;
    call.ahead = b_far ? &ahead : NULL;
    for (int64_t column = target->first; column < target->end; column += product->columns) {
        call.columns = gan__least(product->columns, target->end - column);
        call.b_shift = column;
        call.c_shift = column;
        for (int64_t row = 0; row < rows; row += product->rows) {
            call.rows = gan__least(product->rows, rows - row);
            call.a_shift = row;
            ahead.b_far = b_far + (*looks)++ * WEIGHTS_LINE % product->columns;
            for (int64_t i = 0; i < call.rows; i++) c[i] = target->to + (row + i) * target->stride;
            product->outer(&call);
        }
    }
}

/* The next block of one tap; the first one starts from what is there, or from 0. False at the end.
 */
static bool weights_step(const weights_job *job, weights_walk *walk, bool add,
                         const weights_target *target, weights_room *room)
{
    if (walk->piece == walk->end && walk->begun) return false;
    const bool swapped = job->form.swapped;
    gan__tile block = {.a = swapped ? room->y : room->x,
                       .b_lines = swapped ? room->x : room->y,
                       .a_step = swapped ? walk->y_step : walk->x_step,
                       .b_step = swapped ? walk->x_step : walk->y_step,
                       .accumulate = walk->begun || add};
    weights_far far = {0, 0};
    if (walk->piece < walk->end) {
        block.lines = weights_block(walk, room, &block.steps);
        if (job->fetches) far = weights_far_of(walk, room, block.lines);
    }
    weights_multiply(job, &block, walk->height, target, &far, &room->looks);
    walk->piece += block.lines;
    walk->begun = true;
    return true;
}

/* to[c][k] (+)= from[k][c], columns [first, end) of c. */
static void weights_turn(const weights_job *job, const weights_target *target, bool add,
                         const float *from, float *to)
{
    for (int64_t c = target->first; c < target->end; c++) {
        for (int64_t k = 0; k < job->k; k++) {
            float *element = &to[c * job->conv.k + k], value = from[k * job->c + c];
            *element = add ? *element + value : value;
        }
    }
}

/* The same for all taps that were merged; `to` is that of the first tap of all. */
static void weights_turn_all(const weights_job *job, const weights_target *target, int64_t tap,
                             bool add, const float *from, float *to)
{
    const weights_form *form = &job->form;
    const int64_t s = job->conv.s, step = form->merged ? job->conv.stride_w : s;
    const int64_t phase = tap % form->phases, size = job->c * job->conv.k;
    to += tap / form->phases * s * size;
    int64_t last = phase;
    while (last + step < s) last += step;
    for (; last >= phase; last -= step, from += job->k * job->c)
        weights_turn(job, target, add, from, to + last * size);
}

static weights_room *weights_room_of(const weights_job *job, int32_t worker)
{
    weights_room *room = gan__scratch_of(job->context, worker);
    room->looks = 0;
    room->walks = (weights_walk *)(void *)(room + 1);
    room->turned = (float *)(void *)(room->walks + job->task_taps);
    return room;
}

/* Task: some panels of some taps of a group, one slice of the pixels. */
static void weights_task(void *argument, int64_t index, int32_t worker)
{
    const weights_job *job = argument;
    const weights_form *form = &job->form;
    const int64_t width = job->kernels->product->columns, result = form->rows * job->c_stride;
    int64_t first = index % job->panel_tasks * job->task_panels * width;
    int64_t group = index / job->panel_tasks % job->groups;
    int64_t tasks = index / job->panel_tasks / job->groups;
    int64_t tap = tasks % job->tap_tasks * job->task_taps, slice = tasks / job->tap_tasks;
    int64_t taps = gan__least(job->task_taps, form->taps - tap);
    bool add = job->add && job->slices == 1, more = true;
    float *to = (job->slices > 1 ? job->partial + slice * job->count : job->dw) + group * job->k;
    weights_room *room = weights_room_of(job, worker);
    weights_target target = {.first = first, .stride = job->c_stride};
    target.end = gan__least(form->columns, first + job->task_panels * width);
    for (int64_t t = 0; t < taps; t++) {
        weights_walk walk = weights_walk_of(job, tap + t, group);
        int64_t pieces = walk.images * walk.rows * walk.pieces;
        walk.piece = pieces * slice / job->slices, walk.end = pieces * (slice + 1) / job->slices;
        room->walks[t] = walk;
    }
    while (more) {
        more = false;
        for (int64_t t = 0; t < taps; t++) {
            target.to = form->swapped ? room->turned + t * result : to + (tap + t) * result;
            more |= weights_step(job, &room->walks[t], add && !form->swapped, &target, room);
        }
    }
    for (int64_t t = 0; t < taps && form->swapped; t++)
        weights_turn_all(job, &target, tap + t, add, room->turned + t * result, to);
}

/* Tasks: as many taps and panels as a task may take; with too few tasks for the threads fewer taps,
 * then fewer panels. Nothing of this changes a result. */
static void weights_divide(weights_job *job, int32_t threads)
{
    int64_t wanted = threads > 1 ? 4 * threads : 1, tasks = job->slices * job->groups;
    const weights_form *form = &job->form;
    int64_t panels = gan__quotient_up(form->columns, job->kernels->product->columns);
    int64_t parts = gan__least(form->taps, gan__quotient_up(wanted, tasks));
    job->task_taps = gan__least(weights_task_taps(form), gan__quotient_up(form->taps, parts));
    job->tap_tasks = gan__quotient_up(form->taps, job->task_taps);
    tasks *= job->tap_tasks;
    parts = gan__least(panels, gan__quotient_up(wanted, tasks));
    job->task_panels = gan__quotient_up(panels, parts);
    job->panel_tasks = gan__quotient_up(panels, job->task_panels);
}

/* Task: a row of the side with few channels, of one picture, with zeros around it. */
static void weights_copy_row(void *argument, int64_t index, int32_t worker)
{
    (void)worker;
    const weights_job *job = argument;
    const weights_form *form = &job->form;
    int64_t channels = form->swapped ? job->k : job->c;
    int64_t there = form->swapped ? job->conv.ow : job->conv.w;
    int64_t zeros = gan__least(form->before, form->width);
    int64_t count = gan__least(there, form->width - zeros) * channels;
    int64_t before = zeros * channels, all = form->width * channels;
    const float *from = (form->swapped ? job->dy : job->x) + index * there * channels;
    float *to = job->copy + index * all;
    for (int64_t i = 0; i < before; i++) to[i] = 0;
    memcpy(to + before, from, (size_t)count * sizeof *to);
    for (int64_t i = before + count; i < all; i++) to[i] = 0;
}

static void weights_copy(gan_context *context, weights_job *job)
{
    const gan__conv *v = &job->conv;
    gan__parallel_for(context, v->n * (job->form.swapped ? v->oh : v->h), weights_copy_row, job);
    if (job->form.swapped)
        job->dy = job->copy;
    else
        job->x = job->copy;
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
                       .count = weights_count(conv),
                       .slices = weights_slices(conv),
                       .form = weights_form_of(conv),
                       .x = x,
                       .dy = dy,
                       .add = add,
                       .partial = workspace,
                       .dw = dw};
    job.c_stride = job.form.swapped ? job.c : conv->k;
    if (job.form.copied > 0) {
        job.copy = job.partial + weights_partial(conv);
        weights_copy(context, &job);
    }
    job.fetches =
        conv->n * (conv->h * conv->w * conv->c + conv->oh * conv->ow * conv->k) > WEIGHTS_NEAR;
    weights_divide(&job, context->threads);
    gan__parallel_for(context, job.slices * job.groups * job.tap_tasks * job.panel_tasks,
                      weights_task, &job);
    if (job.slices > 1) gan__weights_sum(context, job.slices, job.count, job.partial, add, dw);
}
