/* conv_filter_panel.c: transformed weights of minimal filtering: whole panels, or a piece at a time
 * where a panel would be read once and takes longer to be written than to be made again. */
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

static filtered_job filtered_job_of(const gan__kernels *kernels, const gan__conv *conv,
                                    gan__pass pass, const float *w)
{
    filtered_job job = {.product = kernels->product,
                        .filtering = gan__filtering_of(conv, pass),
                        .conv = *conv,
                        .map = gan__conv_map_of(conv, pass),
                        .w = w};
    const gan__filtering *f = &job.filtering;
    job.filter = &job.product->filter[f->kind];
    job.points = f->points * f->points;
    job.phases = f->phases * f->phases;
    job.parts = f->parts * f->parts;
    job.taps = f->taps * f->taps;
    job.point = gan__filter_point(f, &job.map);
    return job;
}

static void filtered_piece(const filtered_job *job, const gan__filter_piece *piece, float *u)
{
    const bool turned = job->map.transposed;
    const int64_t shift = piece->column * (turned ? job->conv.k : 1);
    const float *taps[FILTERED_TAPS];
    for (int64_t i = 0; i < job->taps; i++)
        taps[i] = filtered_tap(job, piece->phase, piece->part, i) + shift;
    (turned ? filtered_transpose : filtered_copy)(job, taps, piece->step, piece->steps,
                                                  piece->columns, u);
}

void gan__filter_pack_piece(const gan__kernels *kernels, const gan__conv *conv, gan__pass pass,
                            const float *w, const gan__filter_piece *piece, int64_t point, float *u)
{
    filtered_job job = filtered_job_of(kernels, conv, pass, w);
    job.point = point;
    filtered_piece(&job, piece, u);
}

/* Task: some steps of one panel of a part of a phase. */
static void filtered_pack(void *argument, int64_t index, int32_t worker)
{
    (void)worker;
    const filtered_job *job = argument;
    const gan__conv_map *map = &job->map;
    int64_t blocks = gan__quotient_up(map->depth, FILTERED_STEPS);
    gan__filter_piece piece = {.part = index % job->parts,
                               .phase = index / job->parts % job->phases};
    index /= job->parts * job->phases;
    piece.step = index % blocks * FILTERED_STEPS;
    piece.steps = gan__least(FILTERED_STEPS, map->depth - piece.step);
    piece.column = index / blocks * job->product->columns;
    piece.columns = gan__least(job->product->columns, map->columns - piece.column);
    float *u = job->packed + piece.phase * job->points * job->point;
    u += piece.column * job->parts * map->depth;
    filtered_piece(job, &piece, u + (piece.part * map->depth + piece.step) * piece.columns);
}

void gan__filter_pack(gan_context *context, const gan__conv *conv, gan__pass pass, const float *w,
                      float *panel)
{
    filtered_job job = filtered_job_of(gan__kernels_of(context), conv, pass, w);
    job.packed = panel;
    int64_t panels = gan__quotient_up(job.map.columns, job.product->columns);
    int64_t blocks = gan__quotient_up(job.map.depth, FILTERED_STEPS);
    gan__parallel_for(context, job.parts * job.phases * blocks * panels, filtered_pack, &job);
}
