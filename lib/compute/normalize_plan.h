/* normalize_plan.h: how a normalisation is cut into tasks; shared by its forward and backward
 * files.
 *
 * Columns: where a set has several rows, channels are the columns of a matrix of `rows` rows. It is
 * cut into slabs of rows and strips of at most 512 columns; each channel has its own sums, which
 * are joined to sets in double. Lines: with one row (layer norm), a set is a line of `range`
 * elements, cut into pieces, each read as a matrix of 64 columns. All of it depends on the shape
 * alone. */
#ifndef GAN__NORMALIZE_PLAN_H
#define GAN__NORMALIZE_PLAN_H

#include "compute/normalize.h"

#include "kernels/kernels.h"

enum { GAN__LINE_COLUMNS = 64 };

typedef struct gan__norm_job {
    gan__norm norm; /* with positions folded into channels */
    const gan__vector_kernels *kernels;
    int64_t range; /* channels of a set */
    bool lines;
    int64_t slab, slabs, strips; /* rows of a slab; slabs of the longest outer block; strips */
    int64_t piece, pieces;       /* elements of a piece; pieces of a line */
    int64_t length;              /* lines: elements of an outer block */

    gan__norm_terms terms;
    const float *x, *y, *dy;
    float *out;                     /* y or dx */
    float *out_mean, *out_variance; /* of the statistics */
    float *dgamma, *dbeta;
    bool gamma_last; /* not part of the sums, but a factor of what comes out */

    /* Two sums of each channel and slab, [outer][slabs][2][channels], or of each piece,
     * [outer][sets][pieces][2]; and two means of each set, [outer][sets][2]. */
    double *sums, *means;
} gan__norm_job;

/* One task's part of the matrix, and per column what the kernels need. */
typedef struct gan__norm_part {
    int64_t outer, slab, column, columns, rows, at; /* at: of the first element in x */
    float mean[GAN__COLUMNS], scale[GAN__COLUMNS];  /* scale: 1 / sqrt(variance + eps) */
} gan__norm_part;

void gan__norm_job_init(gan__norm_job *job, const gan_context *context, const gan__norm *norm,
                        float *workspace);

/* The part of task `index` of outer * slabs * strips, without mean and scale. A block shorter than
 * the longest has no rows in its last slabs: false. */
bool gan__norm_part_init(const gan__norm_job *job, int64_t index, gan__norm_part *part);

/* Fills in mean and scale. */
void gan__norm_part_scale(const gan__norm_job *job, gan__norm_part *part);

/* 1 / sqrt(variance + eps) of a set, `set` counted over all outer blocks. */
double gan__norm_scale(const gan__norm_job *job, int64_t set);

/* Rows of a slab of an outer block; 0 behind its end. */
static inline int64_t gan__norm_slab_rows(const gan__norm_job *job, int64_t outer, int64_t slab)
{
    int64_t left = gan__norm_rows(&job->norm, outer) - slab * job->slab;
    return left < job->slab ? (left > 0 ? left : 0) : job->slab;
}

/* The sums of channel 0 in a slab; those of the second kind follow after `channels`. */
static inline double *gan__norm_slab_sums(const gan__norm_job *job, int64_t outer, int64_t slab)
{
    return job->sums + (outer * job->slabs + slab) * 2 * job->norm.channels;
}

static inline gan__norm_block gan__norm_block_of(const gan__norm_job *job, int64_t at, int64_t rows,
                                                 int64_t columns, int64_t stride)
{
    const gan__norm_block block = {.rows = rows,
                                   .columns = columns,
                                   .stride = stride,
                                   .x = job->x + at,
                                   .y = job->y ? job->y + at : NULL,
                                   .dy = job->dy ? job->dy + at : NULL,
                                   .parameter = job->norm.parameter};
    return block;
}

#endif
