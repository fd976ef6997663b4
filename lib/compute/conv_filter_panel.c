/* conv_filter_panel.c: packed weights of minimal filtering. */
#include "compute/conv_plan.h"

#include "base/parallel.h"

enum {
    FILTERED_TAPS = 9,   /* of a part, at most */
    FILTERED_STEPS = 64, /* of a task */
    FILTERED_TURN = 16,  /* that are transposed at once */
    FILTERED_PAD = 16    /* floats between points: powers of two would share sets of the cache */
};

typedef struct filtered_job {
    const gan__product_kernels *product;
    const gan__filter_kernels *filter;
    gan__filtering filtering;
    gan__conv conv;
    gan__conv_map map;
    int64_t points, phases, parts, taps; /* of both dimensions */
    int64_t point;                       /* floats from one to the next */
    const float *w;
    float *packed;
} filtered_job;

int64_t gan__filter_point(const gan__filtering *filtering, const gan__conv_map *map)
{
    return filtering->parts * filtering->parts * map->depth * map->columns + FILTERED_PAD;
}

int64_t gan__filter_panel_count(const gan__conv *conv, gan__pass pass)
{
    const gan__filtering filtering = gan__filtering_of(conv, pass);
    const gan__conv_map map = gan__conv_map_of(conv, pass);
    int64_t points = filtering.points * filtering.points;
    return filtering.phases * filtering.phases * points * gan__filter_point(&filtering, &map);
}

/* Where tap i of a part is in w. */
static const float *filtered_tap(const filtered_job *job, int64_t phase, int64_t part, int64_t i)
{
    const gan__filtering *f = &job->filtering;
    int64_t r = gan__filter_tap(f, phase / f->phases, part / f->parts, i / f->taps);
    int64_t s = gan__filter_tap(f, phase % f->phases, part % f->parts, i % f->taps);
    return job->w + (r * job->conv.s + s) * job->conv.c * job->conv.k;
}

/* Steps [step, step + count) of a panel that begins at `column`, to u and on. */
static void filtered_copy(const filtered_job *job, const float *const *taps, int64_t step,
                          int64_t count, int64_t columns, float *u)
{
    const float *g[FILTERED_TAPS];
    for (int64_t d = step; d < step + count; d++, u += columns) {
        for (int64_t i = 0; i < job->taps; i++) g[i] = taps[i] + d * job->conv.k;
        job->filter->weights(columns, g, u, job->point);
    }
}

/* The same where a step is a column of w. */
static void filtered_transpose(const filtered_job *job, const float *const *taps, int64_t step,
                               int64_t count, int64_t columns, float *u)
{
    const int64_t k = job->conv.k;
    float turned[FILTERED_TAPS][FILTERED_TURN * GAN__TILE_COLUMNS];
    const float *g[FILTERED_TAPS];
    for (int64_t d = step; d < step + count; d += FILTERED_TURN) {
        int64_t steps = gan__least(FILTERED_TURN, step + count - d);
        for (int64_t i = 0; i < job->taps; i++)
            job->product->transpose(columns, steps, taps[i] + d, k, turned[i], columns);
        for (int64_t j = 0; j < steps; j++, u += columns) {
            for (int64_t i = 0; i < job->taps; i++) g[i] = turned[i] + j * columns;
            job->filter->weights(columns, g, u, job->point);
        }
    }
}

/* Task: some steps of one panel of a part of a phase. */
static void filtered_pack(void *argument, int64_t index, int32_t worker)
{
    (void)worker;
    const filtered_job *job = argument;
    const gan__conv_map *map = &job->map;
    int64_t blocks = gan__quotient_up(map->depth, FILTERED_STEPS);
    int64_t part = index % job->parts, phase = index / job->parts % job->phases;
    index /= job->parts * job->phases;
    int64_t step = index % blocks * FILTERED_STEPS;
    int64_t column = index / blocks * job->product->columns;
    int64_t columns = gan__least(job->product->columns, map->columns - column);
    int64_t count = gan__least(FILTERED_STEPS, map->depth - step);
    float *u = job->packed + phase * job->points * job->point;
    u += column * job->parts * map->depth + (part * map->depth + step) * columns;
    const float *taps[FILTERED_TAPS];
    for (int64_t i = 0; i < job->taps; i++)
        taps[i] = filtered_tap(job, phase, part, i) + column * (map->transposed ? job->conv.k : 1);
    (map->transposed ? filtered_transpose : filtered_copy)(job, taps, step, count, columns, u);
}

void gan__filter_pack(gan_context *context, const gan__conv *conv, gan__pass pass, const float *w,
                      float *panel)
{
    filtered_job job = {.product = gan__kernels_of(context)->product,
                        .filtering = gan__filtering_of(conv, pass),
                        .conv = *conv,
                        .map = gan__conv_map_of(conv, pass),
                        .w = w,
                        .packed = panel};
    const gan__filtering *f = &job.filtering;
    job.filter = &job.product->filter[f->kind];
    job.points = f->points * f->points;
    job.phases = f->phases * f->phases;
    job.parts = f->parts * f->parts;
    job.taps = f->taps * f->taps;
    job.point = gan__filter_point(f, &job.map);
    int64_t panels = gan__quotient_up(job.map.columns, job.product->columns);
    int64_t blocks = gan__quotient_up(job.map.depth, FILTERED_STEPS);
    gan__parallel_for(context, job.parts * job.phases * blocks * panels, filtered_pack, &job);
}
