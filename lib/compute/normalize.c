/* normalize.c: the statistics and the forward pass: sums of parts, joined to the mean and variance
 * of each set, then the parts once more. */
#include "compute/normalize.h"

#include "compute/normalize_plan.h"

#include "base/parallel.h"

#include <math.h>
#include <string.h>

/* Elements of a task: a quarter of a megabyte, so that tasks are many and their pages stay near. */
enum { NORM_SLAB_ELEMENTS = 65536, NORM_PIECE = 16384 };

static int64_t norm_divide_up(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

void gan__norm_job_init(gan__norm_job *job, const gan_context *context, const gan__norm *norm,
                        float *workspace)
{
    memset(job, 0, sizeof *job);
    job->norm = *norm;
    if (norm->positions) {
        job->norm.channels = norm->rows * norm->channels;
        job->norm.rows = 1;
    }
    if (context) job->kernels = gan__kernels_of(context)->vector;
    int64_t channels = job->norm.channels, rows = job->norm.rows;
    job->range = channels / job->norm.sets;
    job->lines = rows == 1 && job->range > 1;
    int64_t width = channels < GAN__COLUMNS ? channels : GAN__COLUMNS;
    int64_t blocks = norm_divide_up(norm_divide_up(NORM_SLAB_ELEMENTS, width), GAN__ROW_BLOCK);
    job->slab = blocks * GAN__ROW_BLOCK;
    for (int64_t outer = 0; norm->starts && outer < norm->outer; outer++)
        if (outer == 0 || gan__norm_rows(norm, outer) > rows) rows = gan__norm_rows(norm, outer);
    job->slabs = norm_divide_up(rows, job->slab);
    job->strips = norm_divide_up(channels, GAN__COLUMNS);
    job->piece = NORM_PIECE;
    job->pieces = norm_divide_up(job->range, job->piece);
    job->length = job->norm.rows * channels;
    job->means = (double *)(void *)workspace;
    job->sums = job->means ? job->means + job->norm.outer * job->norm.sets * 2 : NULL;
}

int64_t gan__norm_workspace(const gan__norm *norm)
{
    gan__norm_job job;
    gan__norm_job_init(&job, NULL, norm, NULL);
    int64_t sets = job.norm.outer * job.norm.sets;
    int64_t sums = job.lines ? sets * job.pieces : job.norm.outer * job.slabs * job.norm.channels;
    return (sets + sums) * 2 * (int64_t)(sizeof(double) / sizeof(float));
}

bool gan__norm_part_init(const gan__norm_job *job, int64_t index, gan__norm_part *part)
{
    int64_t strip = index % job->strips;
    index /= job->strips;
    part->slab = index % job->slabs;
    part->outer = index / job->slabs;
    part->column = strip * GAN__COLUMNS;
    int64_t columns = job->norm.channels - part->column;
    part->columns = columns < GAN__COLUMNS ? columns : GAN__COLUMNS;
    int64_t row = gan__norm_start(&job->norm, part->outer) + part->slab * job->slab;
    part->rows = gan__norm_slab_rows(job, part->outer, part->slab);
    part->at = row * job->norm.channels + part->column;
    return part->rows > 0;
}

double gan__norm_scale(const gan__norm_job *job, int64_t set)
{
    return 1.0 / sqrt((double)job->terms.variance[set] + job->norm.eps);
}

void gan__norm_part_scale(const gan__norm_job *job, gan__norm_part *part)
{
    int64_t end = part->column + part->columns;
    for (int64_t c = part->column; c < end;) {
        int64_t set = c / job->range, next = (set + 1) * job->range;
        int64_t from = c - part->column, to = (next < end ? next : end) - part->column;
        set += part->outer * job->norm.sets;
        job->kernels->fill(to - from, job->terms.mean[set], part->mean + from);
        job->kernels->fill(to - from, (float)gan__norm_scale(job, set), part->scale + from);
        c = next;
    }
}

/* The pivots of the columns of a matrix, by which their sums lose no digits: the median of the
 * first, the middle and the last row, since one outlier must not be a pivot. */
static void norm_pivot(int64_t rows, int64_t columns, int64_t stride, const float *x, float *pivot)
{
    const float *middle = x + rows / 2 * stride, *last = x + (rows - 1) * stride;
    for (int64_t c = 0; c < columns; c++) {
        float low = x[c] < middle[c] ? x[c] : middle[c];
        float high = x[c] < middle[c] ? middle[c] : x[c];
        if (last[c] < high) high = last[c];
        pivot[c] = low > high ? low : high;
    }
}

/* Sums of x - p and its square, p being the slab's pivot. */
static void norm_moments_task(void *argument, int64_t index, int32_t worker)
{
    const gan__norm_job *job = argument;
    gan__norm_part part;
    (void)worker;
    if (!gan__norm_part_init(job, index, &part)) return;
    double *sum = gan__norm_slab_sums(job, part.outer, part.slab) + part.column;
    double *squares = sum + job->norm.channels;
    memset(sum, 0, (size_t)part.columns * sizeof *sum);
    memset(squares, 0, (size_t)part.columns * sizeof *squares);
    const int64_t channels = job->norm.channels;
    const float *x = job->x + part.at;
    float pivot[GAN__COLUMNS];
    norm_pivot(part.rows, part.columns, channels, x, pivot);
    job->kernels->column_moments(part.rows, part.columns, channels, x, pivot, sum, squares);
}

/* Joins a strip's slabs to the mean and the sum of squared deviations of each channel, which take
 * the place of slab 0's sums. Deviations are moved from each slab's pivot to the mean: sum (x -
 * mean)^2 = sum (x - p)^2 - 2 d sum (x - p) + n d^2, d = mean - p. */
static void norm_join_task(void *argument, int64_t index, int32_t worker)
{
    const gan__norm_job *job = argument;
    const int64_t channels = job->norm.channels;
    int64_t outer = index / job->strips, column = index % job->strips * GAN__COLUMNS;
    int64_t columns = channels - column < GAN__COLUMNS ? channels - column : GAN__COLUMNS;
    const int64_t start = gan__norm_start(&job->norm, outer);
    const double all = (double)gan__norm_rows(&job->norm, outer);
    double mean[GAN__COLUMNS] = {0}, squares[GAN__COLUMNS] = {0};
    (void)worker;
    for (int pass = 0; pass < 2; pass++) {
        for (int64_t k = 0; k < job->slabs; k++) {
            int64_t rows = gan__norm_slab_rows(job, outer, k);
            if (rows == 0) break;
            const double *sum = gan__norm_slab_sums(job, outer, k) + column;
            float pivot[GAN__COLUMNS];
            norm_pivot(rows, columns, channels,
                       job->x + (start + k * job->slab) * channels + column, pivot);
            for (int64_t c = 0; c < columns; c++) {
                double p = (double)pivot[c], d = mean[c] - p;
                if (pass == 0)
                    mean[c] += ((double)rows * p + sum[c]) / all;
                else
                    squares[c] += sum[channels + c] - 2 * d * sum[c] + (double)rows * d * d;
            }
        }
    }
    double *result = gan__norm_slab_sums(job, outer, 0) + column;
    memcpy(result, mean, (size_t)columns * sizeof *mean);
    memcpy(result + channels, squares, (size_t)columns * sizeof *squares);
}

/* Of set `set`, counted over all outer blocks, with `count` elements. */
static void norm_store(const gan__norm_job *job, int64_t set, int64_t count, double mean,
                       double squares)
{
    double variance = squares / (double)count;
    job->out_mean[set] = (float)mean;
    job->out_variance[set] = (float)(variance < 0 ? 0 : variance);
}

/* Joins the channels of each set of an outer block. */
static void norm_sets_task(void *argument, int64_t outer, int32_t worker)
{
    const gan__norm_job *job = argument;
    const int64_t range = job->range, rows = gan__norm_rows(&job->norm, outer);
    (void)worker;
    for (int64_t set = 0; set < job->norm.sets; set++) {
        const double *means = gan__norm_slab_sums(job, outer, 0) + set * range;
        const double *squares = means + job->norm.channels;
        double mean = 0, total = 0;
        for (int64_t c = 0; c < range; c++) mean += means[c];
        mean /= (double)range;
        for (int64_t c = 0; c < range; c++) {
            double d = means[c] - mean;
            total += squares[c] + (double)rows * d * d;
        }
        norm_store(job, outer * job->norm.sets + set, rows * range, mean, total);
    }
}

/* Piece number index / outer of every line of an outer block: a matrix of 64 columns and a rest,
 * with one pivot for the line. */
static void norm_pieces_task(void *argument, int64_t index, int32_t worker)
{
    const gan__norm_job *job = argument;
    const int64_t outer = index / job->pieces, piece = index % job->pieces;
    const int64_t start = piece * job->piece, left = job->range - start;
    const int64_t length = left < job->piece ? left : job->piece;
    const int64_t rows = length / GAN__LINE_COLUMNS, rest = length % GAN__LINE_COLUMNS;
    float pivot[GAN__LINE_COLUMNS];
    (void)worker;
    for (int64_t set = 0; set < job->norm.sets; set++) {
        const float *line = job->x + outer * job->length + set * job->range;
        const float *x = line + start, *last = x + rows * GAN__LINE_COLUMNS;
        double sum[GAN__LINE_COLUMNS] = {0}, squares[GAN__LINE_COLUMNS] = {0}, total[2] = {0, 0};
        norm_pivot(job->range, 1, 1, line, pivot);
        job->kernels->fill(GAN__LINE_COLUMNS, *pivot, pivot);
        job->kernels->column_moments(rows, GAN__LINE_COLUMNS, GAN__LINE_COLUMNS, x, pivot, sum,
                                     squares);
        job->kernels->column_moments(1, rest, rest, last, pivot, sum, squares);
        for (int c = 0; c < GAN__LINE_COLUMNS; c++) {
            total[0] += sum[c];
            total[1] += squares[c];
        }
        int64_t place = (outer * job->norm.sets + set) * job->pieces + piece;
        memcpy(job->sums + 2 * place, total, sizeof total);
    }
}

static void norm_lines_task(void *argument, int64_t outer, int32_t worker)
{
    const gan__norm_job *job = argument;
    (void)worker;
    for (int64_t set = 0; set < job->norm.sets; set++) {
        const int64_t place = outer * job->norm.sets + set;
        const double *sums = job->sums + 2 * place * job->pieces;
        double sum = 0, squares = 0;
        for (int64_t k = 0; k < job->pieces; k++) {
            sum += sums[2 * k];
            squares += sums[2 * k + 1];
        }
        double d = sum / (double)job->range;
        float pivot;
        norm_pivot(job->range, 1, 1, job->x + outer * job->length + set * job->range, &pivot);
        norm_store(job, place, job->range, (double)pivot + d, squares - sum * d);
    }
}

void gan__norm_statistics(gan_context *context, const gan__norm *norm, const float *x,
                          float *workspace, float *mean, float *variance)
{
    gan__norm_job job;
    gan__norm_job_init(&job, context, norm, workspace);
    const int64_t outer = job.norm.outer;
    job.x = x;
    job.out_mean = mean;
    job.out_variance = variance;
    if (job.lines) {
        gan__parallel_for(context, outer * job.pieces, norm_pieces_task, &job);
        gan__parallel_for(context, outer, norm_lines_task, &job);
    } else {
        gan__parallel_for(context, outer * job.slabs * job.strips, norm_moments_task, &job);
        gan__parallel_for(context, outer * job.strips, norm_join_task, &job);
        gan__parallel_for(context, outer, norm_sets_task, &job);
    }
}

static void norm_forward_task(void *argument, int64_t index, int32_t worker)
{
    const gan__norm_job *job = argument;
    gan__norm_part part;
    float zero[GAN__COLUMNS];
    (void)worker;
    if (!gan__norm_part_init(job, index, &part)) return;
    gan__norm_part_scale(job, &part);
    const float *offset = zero;
    if (job->terms.gamma) {
        const float *gamma = job->terms.gamma + part.column;
        job->kernels->multiply(part.columns, part.scale, gamma, part.scale);
        offset = job->terms.beta + part.column;
    } else {
        job->kernels->fill(part.columns, 0, zero);
    }
    gan__norm_block block =
        gan__norm_block_of(job, part.at, part.rows, part.columns, job->norm.channels);
    block.mean = part.mean;
    job->kernels->norm_forward[job->norm.activation](&block, part.scale, offset,
                                                     job->out + part.at);
}

void gan__norm_forward(gan_context *context, const gan__norm *norm, const gan__norm_terms *terms,
                       const float *x, float *y)
{
    gan__norm_job job;
    gan__norm_job_init(&job, context, norm, NULL);
    job.terms = *terms;
    job.x = x;
    job.out = y;
    gan__parallel_for(context, job.norm.outer * job.slabs * job.strips, norm_forward_task, &job);
}
