/* normalize_bend.c: the second derivatives: six sums of each channel or piece, five means of each
 * set, then dx in one pass. The formula is in normalize.h. */
#include "compute/normalize.h"

#include "compute/normalize_plan.h"

#include "base/parallel.h"

#include <string.h>

/* Of each channel and slab [outer][slabs][BEND_SUMS][channels], of each piece
 * [outer][sets][pieces][BEND_SUMS]; e = x - mean, of lines dy times gamma. */
enum { BEND_T, BEND_TE, BEND_G, BEND_GE, BEND_G_TOO, BEND_GT, BEND_SUMS };

/* Of each set: mean(t), mean(h), a, b, and c - 3 a b. */
enum { BEND_MEAN_T, BEND_MEAN_H, BEND_A, BEND_B, BEND_REST, BEND_MEANS };

int64_t gan__norm_bend_workspace(const gan__norm *norm)
{
    gan__norm_job job;
    gan__norm_job_init(&job, NULL, norm, NULL);
    int64_t sets = job.norm.outer * job.norm.sets;
    int64_t sums = job.lines ? sets * job.pieces : job.norm.outer * job.slabs * job.norm.channels;
    return (sets * BEND_MEANS + sums * BEND_SUMS) * (int64_t)(sizeof(double) / sizeof(float));
}

static double *bend_slab_sums(const gan__norm_job *job, int64_t outer, int64_t slab)
{
    return job->sums + (outer * job->slabs + slab) * BEND_SUMS * job->norm.channels;
}

/* Adds the six sums of a block of x, y being the tangent: sum[k] is the first column's of sum k. */
static void bend_add_sums(const gan__norm_job *job, const gan__norm_block *of, const float *gamma,
                          double *const sum[BEND_SUMS])
{
    static const float zero[GAN__COLUMNS];
    gan__norm_sums_kernel *sums = job->kernels->norm_sums[GAN__LINEAR];
    gan__norm_block block = *of;
    sums(&block, gamma, sum[BEND_G], sum[BEND_GE]);
    block.dy = of->y;
    sums(&block, NULL, sum[BEND_T], sum[BEND_TE]);
    block.x = of->y;
    block.dy = of->dy;
    block.mean = zero;
    sums(&block, gamma, sum[BEND_G_TOO], sum[BEND_GT]);
}

/* What a set's sums, made of gamma * dy, and its count come to. */
static void bend_set(const gan__norm_job *job, int64_t set, const double sum[BEND_SUMS],
                     double count)
{
    const double scale = gan__norm_scale(job, set);
    double *means = job->means + set * BEND_MEANS;
    means[BEND_MEAN_T] = sum[BEND_T] / count;
    means[BEND_MEAN_H] = sum[BEND_G] / count;
    means[BEND_A] = scale * sum[BEND_TE] / count;
    means[BEND_B] = scale * sum[BEND_GE] / count;
    means[BEND_REST] = sum[BEND_GT] / count - means[BEND_MEAN_H] * means[BEND_MEAN_T] -
                       3 * means[BEND_A] * means[BEND_B];
}

/* ---- columns ---- */

static void bend_sums_task(void *argument, int64_t index, int32_t worker)
{
    const gan__norm_job *job = argument;
    const int64_t channels = job->norm.channels;
    gan__norm_part part;
    double *sum[BEND_SUMS];
    (void)worker;
    if (!gan__norm_part_init(job, index, &part)) return;
    gan__norm_part_scale(job, &part);
    for (int k = 0; k < BEND_SUMS; k++) {
        sum[k] = bend_slab_sums(job, part.outer, part.slab) + k * channels + part.column;
        memset(sum[k], 0, (size_t)part.columns * sizeof *sum[k]);
    }
    gan__norm_block block = gan__norm_block_of(job, part.at, part.rows, part.columns, channels);
    block.mean = part.mean;
    bend_add_sums(job, &block, NULL, sum);
}

/* Adds the other slabs to slab 0. */
static void bend_join_task(void *argument, int64_t index, int32_t worker)
{
    const gan__norm_job *job = argument;
    const int64_t channels = job->norm.channels, outer = index / job->strips;
    const int64_t column = index % job->strips * GAN__COLUMNS;
    const int64_t left = channels - column, columns = left < GAN__COLUMNS ? left : GAN__COLUMNS;
    double *total = bend_slab_sums(job, outer, 0) + column;
    (void)worker;
    for (int64_t slab = 1; slab < job->slabs && gan__norm_slab_rows(job, outer, slab) > 0; slab++) {
        const double *sum = bend_slab_sums(job, outer, slab) + column;
        for (int64_t k = 0; k < BEND_SUMS * channels; k += channels)
            for (int64_t c = k; c < k + columns; c++) total[c] += sum[c];
    }
}

static void bend_means_task(void *argument, int64_t outer, int32_t worker)
{
    const gan__norm_job *job = argument;
    const int64_t channels = job->norm.channels, range = job->range;
    const double count = (double)(gan__norm_rows(&job->norm, outer) * range);
    (void)worker;
    for (int64_t set = 0; set < job->norm.sets; set++) {
        double sum[BEND_SUMS] = {0};
        for (int64_t c = set * range; c < (set + 1) * range; c++) {
            const double *of = bend_slab_sums(job, outer, 0) + c;
            const double gamma = job->terms.gamma ? (double)job->terms.gamma[c] : 1.0;
            for (int k = 0; k < BEND_SUMS; k++)
                sum[k] += (k < BEND_G ? 1.0 : gamma) * of[k * channels];
        }
        bend_set(job, outer * job->norm.sets + set, sum, count);
    }
}

static void bend_gamma_task(void *argument, int64_t strip, int32_t worker)
{
    const gan__norm_job *job = argument;
    const int64_t channels = job->norm.channels, from = strip * GAN__COLUMNS;
    const int64_t end = from + GAN__COLUMNS < channels ? from + GAN__COLUMNS : channels;
    (void)worker;
    for (int64_t c = from; c < end; c++) {
        double total = 0;
        for (int64_t outer = 0; outer < job->norm.outer; outer++) {
            const int64_t set = outer * job->norm.sets + c / job->range;
            const double *means = job->means + set * BEND_MEANS;
            const double *sum = bend_slab_sums(job, outer, 0) + c;
            const double scale = gan__norm_scale(job, set);
            total +=
                scale * (sum[BEND_GT * channels] - means[BEND_MEAN_T] * sum[BEND_G * channels] -
                         means[BEND_A] * scale * sum[BEND_GE * channels]);
        }
        job->dgamma[c] = (float)((double)job->dgamma[c] + total);
    }
}

/* ---- lines ---- */

static void bend_piece(const gan__norm_job *job, int64_t place, int64_t piece)
{
    const int64_t outer = place / job->norm.sets, set = place % job->norm.sets;
    const int64_t start = piece * job->piece, left = job->range - start;
    const int64_t length = left < job->piece ? left : job->piece;
    const int64_t rest = length % GAN__LINE_COLUMNS, column = set * job->range + start;
    const int64_t at = outer * job->length + column;
    const float *gamma = job->terms.gamma ? job->terms.gamma + column : NULL;
    double columns[BEND_SUMS][GAN__LINE_COLUMNS] = {{0}}, *sum[BEND_SUMS];
    float mean[GAN__LINE_COLUMNS];
    for (int k = 0; k < BEND_SUMS; k++) sum[k] = columns[k];
    job->kernels->fill(GAN__LINE_COLUMNS, job->terms.mean[place], mean);
    gan__norm_block block = gan__norm_block_of(job, at, length / GAN__LINE_COLUMNS,
                                               GAN__LINE_COLUMNS, GAN__LINE_COLUMNS);
    block.mean = mean;
    bend_add_sums(job, &block, gamma, sum);
    block = gan__norm_block_of(job, at + length - rest, 1, rest, rest);
    block.mean = mean;
    bend_add_sums(job, &block, gamma ? gamma + length - rest : NULL, sum);
    double *total = job->sums + (place * job->pieces + piece) * BEND_SUMS;
    for (int k = 0; k < BEND_SUMS; k++) {
        total[k] = 0;
        for (int c = 0; c < GAN__LINE_COLUMNS; c++) total[k] += columns[k][c];
    }
}

static void bend_pieces_task(void *argument, int64_t index, int32_t worker)
{
    const gan__norm_job *job = argument;
    (void)worker;
    for (int64_t set = 0; set < job->norm.sets; set++)
        bend_piece(job, index / job->pieces * job->norm.sets + set, index % job->pieces);
}

static void bend_lines_task(void *argument, int64_t outer, int32_t worker)
{
    const gan__norm_job *job = argument;
    (void)worker;
    for (int64_t set = 0; set < job->norm.sets; set++) {
        const int64_t place = outer * job->norm.sets + set;
        const double *sums = job->sums + place * job->pieces * BEND_SUMS;
        double sum[BEND_SUMS] = {0};
        for (int64_t i = 0; i < job->pieces * BEND_SUMS; i++) sum[i % BEND_SUMS] += sums[i];
        bend_set(job, place, sum, (double)job->range);
    }
}

/* Sums over the outer blocks, each with its own means and scale. */
static void bend_line_gamma_task(void *argument, int64_t strip, int32_t worker)
{
    const gan__norm_job *job = argument;
    double total[GAN__COLUMNS] = {0};
    gan__norm_part part;
    (void)worker;
    gan__norm_part_init(job, strip, &part);
    for (int64_t outer = 0; outer < job->norm.outer; outer++) {
        double columns[BEND_SUMS][GAN__COLUMNS] = {{0}}, *sum[BEND_SUMS];
        for (int k = 0; k < BEND_SUMS; k++) sum[k] = columns[k];
        gan__norm_part_init(job, outer * job->strips + strip, &part);
        gan__norm_part_scale(job, &part);
        gan__norm_block block =
            gan__norm_block_of(job, part.at, 1, part.columns, job->norm.channels);
        block.mean = part.mean;
        bend_add_sums(job, &block, NULL, sum);
        for (int64_t c = 0; c < part.columns; c++) {
            const int64_t set = outer * job->norm.sets + (part.column + c) / job->range;
            const double *means = job->means + set * BEND_MEANS, scale = (double)part.scale[c];
            total[c] += scale * (sum[BEND_GT][c] - means[BEND_MEAN_T] * sum[BEND_G][c] -
                                 means[BEND_A] * scale * sum[BEND_GE][c]);
        }
    }
    for (int64_t c = 0; c < part.columns; c++) {
        float *to = job->dgamma + part.column + c;
        *to = (float)((double)*to + total[c]);
    }
}

/* ---- dx ---- */

typedef struct bend_coefficients {
    float of_gradient[GAN__COLUMNS], of_tangent[GAN__COLUMNS];
    float of_input[GAN__COLUMNS], constant[GAN__COLUMNS];
} bend_coefficients;

/* Per column: dx = -inv^2 (inv (c - 3ab) (x - mean) + b t + a gamma dy - (b mean(t) + a mean(h))).
 */
static void bend_coefficients_of(const gan__norm_job *job, const gan__norm_part *part,
                                 bend_coefficients *of)
{
    for (int64_t i = 0; i < part->columns; i++) {
        const int64_t set = part->outer * job->norm.sets + (part->column + i) / job->range;
        const double *means = job->means + set * BEND_MEANS;
        const double scale = (double)part->scale[i], square = -scale * scale;
        of->of_gradient[i] = (float)(square * means[BEND_A]);
        of->of_tangent[i] = (float)(square * means[BEND_B]);
        of->of_input[i] = (float)(square * scale * means[BEND_REST]);
        of->constant[i] = (float)(-square * (means[BEND_B] * means[BEND_MEAN_T] +
                                             means[BEND_A] * means[BEND_MEAN_H]));
    }
    if (job->terms.gamma)
        job->kernels->multiply(part->columns, of->of_gradient, job->terms.gamma + part->column,
                               of->of_gradient);
}

static void bend_input_task(void *argument, int64_t index, int32_t worker)
{
    const gan__norm_job *job = argument;
    gan__norm_part part;
    bend_coefficients of;
    (void)worker;
    if (!gan__norm_part_init(job, index, &part)) return;
    gan__norm_part_scale(job, &part);
    bend_coefficients_of(job, &part, &of);
    gan__norm_block block =
        gan__norm_block_of(job, part.at, part.rows, part.columns, job->norm.channels);
    block.mean = part.mean;
    job->kernels->norm_bend(&block, of.of_gradient, of.of_tangent, of.of_input, of.constant,
                            job->out + part.at);
}

void gan__norm_bend(gan_context *context, const gan__norm *norm, const gan__norm_terms *terms,
                    const gan__norm_bends *bends)
{
    gan__norm_job job;
    gan__norm_job_init(&job, context, norm, bends->workspace);
    const int64_t outer = job.norm.outer, parts = outer * job.slabs * job.strips;
    job.sums = job.means + outer * job.norm.sets * BEND_MEANS;
    job.terms = *terms;
    job.x = bends->x;
    job.y = bends->t;
    job.dy = bends->dy;
    job.dgamma = bends->dgamma;
    job.out = bends->dx;
    if (job.lines) {
        gan__parallel_for(context, outer * job.pieces, bend_pieces_task, &job);
        gan__parallel_for(context, outer, bend_lines_task, &job);
        if (job.dgamma) gan__parallel_for(context, job.strips, bend_line_gamma_task, &job);
    } else {
        gan__parallel_for(context, parts, bend_sums_task, &job);
        gan__parallel_for(context, outer * job.strips, bend_join_task, &job);
        gan__parallel_for(context, outer, bend_means_task, &job);
        if (job.dgamma) gan__parallel_for(context, job.strips, bend_gamma_task, &job);
    }
    if (job.out) gan__parallel_for(context, parts, bend_input_task, &job);
}
