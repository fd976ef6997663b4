/* normalize_backward.c: the gradients over x, gamma and beta: two sums of each set, then dx in one
 * pass. The formula is in normalize.h. */
#include "compute/normalize.h"

#include "compute/normalize_plan.h"

#include "base/parallel.h"

#include <math.h>
#include <string.h>

/* Sums of g and of g * (x - mean) over a part: without gamma, which belongs to the channel. */
static void norm_back_sums_task(void *argument, int64_t index, int32_t worker)
{
    const gan__norm_job *job = argument;
    gan__norm_part part;
    (void)worker;
    if (!gan__norm_part_init(job, index, &part)) return;
    gan__norm_part_scale(job, &part);
    double *sum = gan__norm_slab_sums(job, part.outer, part.slab) + part.column;
    double *dot = sum + job->norm.channels;
    memset(sum, 0, (size_t)part.columns * sizeof *sum);
    memset(dot, 0, (size_t)part.columns * sizeof *dot);
    gan__norm_block block =
        gan__norm_block_of(job, part.at, part.rows, part.columns, job->norm.channels);
    block.mean = part.mean;
    job->kernels->norm_sums[job->norm.activation](&block, NULL, sum, dot);
}

/* Adds the other slabs to slab 0, whose second sums become those of g * xhat. */
static void norm_back_join_task(void *argument, int64_t index, int32_t worker)
{
    const gan__norm_job *job = argument;
    const int64_t channels = job->norm.channels;
    int64_t outer = index / job->strips, column = index % job->strips * GAN__COLUMNS;
    int64_t columns = channels - column < GAN__COLUMNS ? channels - column : GAN__COLUMNS;
    double *total = gan__norm_slab_sums(job, outer, 0) + column;
    (void)worker;
    for (int64_t k = 1; k < job->slabs && gan__norm_slab_rows(job, outer, k) > 0; k++) {
        const double *sum = gan__norm_slab_sums(job, outer, k) + column;
        for (int64_t c = 0; c < columns; c++) {
            total[c] += sum[c];
            total[channels + c] += sum[channels + c];
        }
    }
    for (int64_t c = 0; c < columns; c++) {
        int64_t set = outer * job->norm.sets + (column + c) / job->range;
        total[channels + c] *= gan__norm_scale(job, set);
    }
}

/* The means of gamma * g and gamma * g * xhat over each set of an outer block. */
static void norm_back_means_task(void *argument, int64_t outer, int32_t worker)
{
    const gan__norm_job *job = argument;
    const double count = (double)(gan__norm_rows(&job->norm, outer) * job->range);
    (void)worker;
    for (int64_t set = 0; set < job->norm.sets; set++) {
        const double *sum = gan__norm_slab_sums(job, outer, 0) + set * job->range;
        const double *dot = sum + job->norm.channels;
        double *means = job->means + 2 * (outer * job->norm.sets + set);
        means[0] = 0;
        means[1] = 0;
        for (int64_t c = 0; c < job->range; c++) {
            const float *gammas = job->gamma_last ? NULL : job->terms.gamma;
            double gamma = gammas ? (double)gammas[set * job->range + c] : 1.0;
            means[0] += gamma * sum[c] / count;
            means[1] += gamma * dot[c] / count;
        }
    }
}

static void norm_back_affine_task(void *argument, int64_t strip, int32_t worker)
{
    const gan__norm_job *job = argument;
    const int64_t channels = job->norm.channels;
    int64_t from = strip * GAN__COLUMNS;
    int64_t end = from + GAN__COLUMNS < channels ? from + GAN__COLUMNS : channels;
    (void)worker;
    for (int64_t c = from; c < end; c++) {
        double sum = 0, dot = 0;
        for (int64_t outer = 0; outer < job->norm.outer; outer++) {
            const double *total = gan__norm_slab_sums(job, outer, 0) + c;
            sum += total[0];
            dot += total[channels];
        }
        job->dbeta[c] = (float)((double)job->dbeta[c] + sum);
        job->dgamma[c] = (float)((double)job->dgamma[c] + dot);
    }
}

/* Lines: gamma differs along the line and is part of the sums. */
static void norm_back_pieces_task(void *argument, int64_t index, int32_t worker)
{
    const gan__norm_job *job = argument;
    const int64_t outer = index / job->pieces, piece = index % job->pieces;
    const int64_t start = piece * job->piece, left = job->range - start;
    const int64_t length = left < job->piece ? left : job->piece;
    const int64_t rows = length / GAN__LINE_COLUMNS, rest = length % GAN__LINE_COLUMNS;
    gan__norm_sums_kernel *sums = job->kernels->norm_sums[job->norm.activation];
    float mean[GAN__LINE_COLUMNS];
    (void)worker;
    for (int64_t set = 0; set < job->norm.sets; set++) {
        const int64_t place = outer * job->norm.sets + set;
        const int64_t column = set * job->range + start, at = outer * job->length + column;
        const bool weighted = job->terms.gamma && !job->gamma_last;
        const float *gamma = weighted ? job->terms.gamma + column : NULL;
        double sum[GAN__LINE_COLUMNS] = {0}, dot[GAN__LINE_COLUMNS] = {0}, total[2] = {0, 0};
        job->kernels->fill(GAN__LINE_COLUMNS, job->terms.mean[place], mean);
        gan__norm_block block =
            gan__norm_block_of(job, at, rows, GAN__LINE_COLUMNS, GAN__LINE_COLUMNS);
        block.mean = mean;
        sums(&block, gamma, sum, dot);
        block = gan__norm_block_of(job, at + length - rest, 1, rest, rest);
        block.mean = mean;
        sums(&block, gamma ? gamma + length - rest : NULL, sum, dot);
        for (int c = 0; c < GAN__LINE_COLUMNS; c++) {
            total[0] += sum[c];
            total[1] += dot[c];
        }
        memcpy(job->sums + 2 * (place * job->pieces + piece), total, sizeof total);
    }
}

static void norm_back_lines_task(void *argument, int64_t outer, int32_t worker)
{
    const gan__norm_job *job = argument;
    (void)worker;
    for (int64_t set = 0; set < job->norm.sets; set++) {
        const int64_t place = outer * job->norm.sets + set;
        const double *sums = job->sums + 2 * place * job->pieces;
        double sum = 0, dot = 0;
        for (int64_t k = 0; k < job->pieces; k++) {
            sum += sums[2 * k];
            dot += sums[2 * k + 1];
        }
        job->means[2 * place] = sum / (double)job->range;
        job->means[2 * place + 1] = dot * gan__norm_scale(job, place) / (double)job->range;
    }
}

static void norm_back_line_affine_task(void *argument, int64_t strip, int32_t worker)
{
    const gan__norm_job *job = argument;
    double dbeta[GAN__COLUMNS] = {0}, dgamma[GAN__COLUMNS] = {0};
    gan__norm_part part;
    (void)worker;
    gan__norm_part_init(job, strip, &part);
    for (int64_t outer = 0; outer < job->norm.outer; outer++) {
        double sum[GAN__COLUMNS] = {0}, dot[GAN__COLUMNS] = {0};
        gan__norm_part_init(job, outer * job->strips + strip, &part);
        gan__norm_part_scale(job, &part);
        gan__norm_block block =
            gan__norm_block_of(job, part.at, 1, part.columns, job->norm.channels);
        block.mean = part.mean;
        job->kernels->norm_sums[job->norm.activation](&block, NULL, sum, dot);
        for (int64_t c = 0; c < part.columns; c++) {
            dbeta[c] += sum[c];
            dgamma[c] += dot[c] * (double)part.scale[c];
        }
    }
    for (int64_t c = 0; c < part.columns; c++) {
        float *to_beta = job->dbeta + part.column + c, *to_gamma = job->dgamma + part.column + c;
        *to_beta = (float)((double)*to_beta + dbeta[c]);
        *to_gamma = (float)((double)*to_gamma + dgamma[c]);
    }
}

/* Per column: dx = gamma inv g - inv^2 mean(gamma g xhat) (x - mean) - inv mean(gamma g). */
static void norm_back_coefficients(const gan__norm_job *job, const gan__norm_part *part,
                                   float *of_input, float *constant)
{
    int64_t end = part->column + part->columns;
    for (int64_t c = part->column; c < end;) {
        int64_t set = c / job->range, next = (set + 1) * job->range;
        int64_t from = c - part->column, to = (next < end ? next : end) - part->column;
        double scale = (double)part->scale[from];
        const double *means = job->means + 2 * (part->outer * job->norm.sets + set);
        job->kernels->fill(to - from, (float)(-scale * scale * means[1]), of_input + from);
        job->kernels->fill(to - from, (float)(-scale * means[0]), constant + from);
        c = next;
    }
}

static void norm_back_input_task(void *argument, int64_t index, int32_t worker)
{
    const gan__norm_job *job = argument;
    gan__norm_part part;
    float of_input[GAN__COLUMNS] = {0}, constant[GAN__COLUMNS] = {0};
    (void)worker;
    if (!gan__norm_part_init(job, index, &part)) return;
    gan__norm_part_scale(job, &part);
    /* One number is its own mean: what would be left of it is rounding, times 1 / sqrt(eps). */
    if (job->means && gan__norm_rows(&job->norm, part.outer) * job->range == 1)
        job->kernels->fill(part.columns, 0, part.scale);
    if (job->means) norm_back_coefficients(job, &part, of_input, constant);
    if (job->terms.gamma) {
        const float *gamma = job->terms.gamma + part.column;
        job->kernels->multiply(part.columns, part.scale, gamma, part.scale);
        if (job->gamma_last) {
            job->kernels->multiply(part.columns, of_input, gamma, of_input);
            job->kernels->multiply(part.columns, constant, gamma, constant);
        }
    }
    gan__norm_block block =
        gan__norm_block_of(job, part.at, part.rows, part.columns, job->norm.channels);
    block.mean = part.mean;
    job->kernels->norm_input[job->norm.activation](&block, part.scale, of_input, constant,
                                                   job->out + part.at);
}

/* Task: the sums of an outer block and its dx, while it is near. */
static void norm_back_block_task(void *argument, int64_t outer, int32_t worker)
{
    const gan__norm_job *job = argument;
    const int64_t parts = job->slabs * job->strips;
    if (job->lines) {
        for (int64_t i = 0; i < job->pieces; i++)
            norm_back_pieces_task(argument, outer * job->pieces + i, worker);
        norm_back_lines_task(argument, outer, worker);
    } else {
        for (int64_t i = 0; i < parts; i++)
            norm_back_sums_task(argument, outer * parts + i, worker);
        for (int64_t i = 0; i < job->strips; i++)
            norm_back_join_task(argument, outer * job->strips + i, worker);
        norm_back_means_task(argument, outer, worker);
    }
    for (int64_t i = 0; i < parts; i++) norm_back_input_task(argument, outer * parts + i, worker);
}

void gan__norm_backward(gan_context *context, const gan__norm *norm, const gan__norm_terms *terms,
                        const gan__norm_gradients *gradients)
{
    gan__norm_job job;
    gan__norm_job_init(&job, context, norm, gradients->workspace);
    const int64_t outer = job.norm.outer, parts = outer * job.slabs * job.strips;
    const bool means = gradients->dx && !gradients->fixed;
    job.terms = *terms;
    job.x = gradients->x;
    job.y = gradients->y;
    job.dy = gradients->dy;
    job.dgamma = gradients->dgamma;
    job.dbeta = gradients->dbeta;
    job.out = gradients->dx;
    job.gamma_last = gradients->tangent;
    if (means && outer >= 2 * context->threads) {
        if (job.lines && job.dgamma)
            gan__parallel_for(context, job.strips, norm_back_line_affine_task, &job);
        gan__parallel_for(context, outer, norm_back_block_task, &job);
        if (!job.lines && job.dgamma)
            gan__parallel_for(context, job.strips, norm_back_affine_task, &job);
        return;
    }
    if (job.lines) {
        if (means) {
            gan__parallel_for(context, outer * job.pieces, norm_back_pieces_task, &job);
            gan__parallel_for(context, outer, norm_back_lines_task, &job);
        }
        if (job.dgamma) gan__parallel_for(context, job.strips, norm_back_line_affine_task, &job);
    } else if (means || job.dgamma) {
        gan__parallel_for(context, parts, norm_back_sums_task, &job);
        gan__parallel_for(context, outer * job.strips, norm_back_join_task, &job);
        if (means) gan__parallel_for(context, outer, norm_back_means_task, &job);
        if (job.dgamma) gan__parallel_for(context, job.strips, norm_back_affine_task, &job);
    }
    if (!means) job.means = NULL;
    if (job.out) gan__parallel_for(context, parts, norm_back_input_task, &job);
}
