/* conv_depth_weights.c: backward_weights where each channel is for itself:
 * dw[tap][c] = sum over pixels of x[shifted pixel][c] * dy[pixel][c].
 *
 * Pixels of a row that have the same taps inside the picture, a span of conv_gather.c, are read
 * once for some of these taps: the rows of a tile are taps, its columns channels, its steps pixels.
 * Rows of pixels are cut into slices, a function of the shape alone, which are added in order. */
#include "compute/conv_plan.h"

#include "base/parallel.h"

enum {
    DEPTH_SLICE = 512,       /* pixels of a slice, at least */
    DEPTH_SLICES = 8,        /* at most */
    DEPTH_PARTIAL = 1 << 21, /* floats of all partial results, at most */
};

typedef struct depth_job {
    gan_context *context;
    const gan__kernels *kernels;
    gan__conv conv;
    const gan__span *spans;
    int64_t span_count;
    int64_t count, slices;
    int64_t task_columns, column_tasks;
    const float *x, *dy;
    bool add;
    float *partial; /* [slices][count], if slices > 1 */
    float *dw;
} depth_job;

/* The taps of a span: what they read, and their sums. A worker's scratch. */
typedef struct depth_taps {
    int64_t count;
    const float **a;
    float **c;
} depth_taps;

static int64_t depth_slices(const gan__conv *v)
{
    const int64_t count = v->r * v->s * v->k;
    int64_t slices = gan__least(v->n * v->oh * v->ow / DEPTH_SLICE, DEPTH_SLICES);
    slices = gan__least(slices, v->n * v->oh);
    return gan__most(1, gan__least(slices, DEPTH_PARTIAL / count));
}

size_t gan__depth_weights_scratch(const gan__conv *conv)
{
    return (size_t)(conv->r * conv->s) * 2 * sizeof(float *);
}

static size_t depth_spans(const gan__conv *conv)
{
    const gan__axis horizontal = gan__conv_axis(conv, GAN__FORWARD, false);
    return (size_t)gan__span_bound(&horizontal) * sizeof(gan__span);
}

size_t gan__depth_weights_workspace(const gan__conv *conv)
{
    const int64_t slices = depth_slices(conv);
    const int64_t partial = slices > 1 ? slices * conv->r * conv->s * conv->k : 0;
    return depth_spans(conv) + (size_t)partial * sizeof(float);
}

/* Those of span `w` of a row of the image `x` of which `first` is what the first tap reads. */
static void depth_place(const depth_job *job, const float *x, int64_t first, const gan__span *w,
                        float *to, depth_taps *taps)
{
    const gan__conv *v = &job->conv;
    taps->count = 0;
    for (int64_t r = 0; r < v->r; r++) {
        const int64_t row = first + r * v->dilation_h;
        if (row < 0 || row >= v->h) continue;
        for (int64_t s = 0; s < w->taps; s++) {
            const int64_t tap = r * v->s + w->tap + s * w->tap_step;
            taps->a[taps->count] = x + (row * v->w + w->input + s * w->input_tap) * v->c;
            taps->c[taps->count++] = to + tap * v->k;
        }
    }
}

/* Row `row` of all pixels, columns [column, end). */
static void depth_row(const depth_job *job, int64_t row, int64_t column, int64_t end, float *to,
                      depth_taps *taps)
{
    const gan__conv *v = &job->conv;
    const gan__product_kernels *product = job->kernels->product;
    const float *x = job->x + row / v->oh * v->h * v->w * v->c;
    const float *dy = job->dy + row * v->ow * v->k;
    const int64_t first = row % v->oh * v->stride_h - v->pad_top;
    for (const gan__span *w = job->spans; w < job->spans + job->span_count; w++) {
        depth_place(job, x, first, w, to, taps);
        gan__tile call = {.lines = 1, .steps = w->count, .b_step = v->k, .accumulate = true};
        call.a_step = v->stride_w * v->c;
        for (int64_t j = column; j < end; j += product->columns) {
            call.columns = gan__least(product->columns, end - j);
            call.a_shift = call.c_shift = j;
            call.b = dy + w->output * v->k + j;
            for (int64_t t = 0; t < taps->count; t += product->rows) {
                call.rows = gan__least(product->rows, taps->count - t);
                call.a = taps->a + t;
                call.c = taps->c + t;
                product->depth_outer(&call);
            }
        }
    }
}

/* Task: some columns of one slice of the rows. */
static void depth_task(void *argument, int64_t index, int32_t worker)
{
    const depth_job *job = argument;
    const gan__conv *v = &job->conv;
    const int64_t rows = v->n * v->oh, taps = v->r * v->s, slice = index / job->column_tasks;
    const int64_t column = index % job->column_tasks * job->task_columns;
    const int64_t end = gan__least(v->k, column + job->task_columns);
    float *to = job->slices > 1 ? job->partial + slice * job->count : job->dw;
    depth_taps room = {.a = gan__scratch_of(job->context, worker)};
    room.c = (float **)(void *)(room.a + taps);
    for (int64_t t = 0; t < taps && (job->slices > 1 || !job->add); t++)
        job->kernels->vector->fill(end - column, 0, to + t * v->k + column);
    for (int64_t row = rows * slice / job->slices; row < rows * (slice + 1) / job->slices; row++)
        depth_row(job, row, column, end, to, &room);
}

void gan__depth_weights_run(gan_context *context, const gan__conv *conv, const float *x,
                            const float *dy, bool add, void *workspace, float *dw)
{
    depth_job job = {.context = context,
                     .kernels = gan__kernels_of(context),
                     .conv = *conv,
                     .spans = workspace,
                     .count = conv->r * conv->s * conv->k,
                     .slices = depth_slices(conv),
                     .x = x,
                     .dy = dy,
                     .add = add,
                     .partial = (float *)(void *)((char *)workspace + depth_spans(conv)),
                     .dw = dw};
    const gan__axis horizontal = gan__conv_axis(conv, GAN__FORWARD, false);
    job.span_count = gan__span_list(&horizontal, workspace);
    const int64_t width = job.kernels->product->columns, panels = gan__quotient_up(conv->k, width);
    const int64_t wanted = context->threads > 1 ? 4 * context->threads : 1;
    const int64_t parts = gan__least(panels, gan__quotient_up(wanted, job.slices));
    job.task_columns = gan__quotient_up(panels, parts) * width;
    job.column_tasks = gan__quotient_up(conv->k, job.task_columns);
    gan__parallel_for(context, job.slices * job.column_tasks, depth_task, &job);
    if (job.slices > 1) gan__weights_sum(context, job.slices, job.count, job.partial, add, dw);
}
