/* metric.h: what a metric is: sets of rows, and a kind that makes values of them. */
#ifndef GAN__METRIC_H
#define GAN__METRIC_H

#include <gan/metric.h>

#include "base/object.h"
#include "base/option.h"

enum { GAN__METRIC_SETS = 2, GAN__METRIC_VALUES = 4 };

/* Sets of a kind: rows of one width, or class numbers. */
#define GAN__SET_LABELS 1
#define GAN__SET_OPTIONAL 2

/* Sums over rows x of W numbers: of x - shift, and of their products, of which the upper triangle
 * counts. */
typedef struct gan__moments {
    double *shift; /* the first row */
    double *sum, *products;
    double *block; /* rows that are being added, less the shift */
} gan__moments;

typedef struct gan__metric_set {
    int64_t count, width; /* width 0: no row was added yet */
    float *rows;          /* count x width, where they are kept */
    size_t capacity;
    gan__moments moments;
} gan__metric_set;

typedef struct gan__metric_kind {
    gan__kind kind;
    const char *sets[GAN__METRIC_SETS]; /* NULL: it has one alone */
    int32_t set_flags[GAN__METRIC_SETS];
    int64_t least[GAN__METRIC_SETS]; /* rows that a set needs */
    const char *values[GAN__METRIC_VALUES];
    bool moments;                                        /* rows become moments, and are not kept */
    bool one_width;                                      /* of both sets */
    int64_t (*needed)(const void *options, int32_t set); /* in the place of `least`; may be NULL */
    gan_status (*compute)(const gan_metric *metric, double *values);
} gan__metric_kind;

struct gan_metric {
    gan__object object;
    const gan__metric_kind *kind;
    void *options;
    char *text;
    gan__metric_set sets[GAN__METRIC_SETS];
    double values[GAN__METRIC_VALUES];
    bool computed; /* the values are of these rows */
};

/* All kinds. */
extern const gan__metric_kind *const gan__metric_kinds[];
extern const int32_t gan__metric_kind_count;

extern const gan__metric_kind gan__metric_frechet, gan__metric_score, gan__metric_kid,
    gan__metric_precision_recall, gan__metric_modes, gan__metric_agreement, gan__metric_diversity,
    gan__metric_auc;

/* moments.c. Adds rows in their order; on failure nothing was added. The covariance has W x W
 * numbers, the mean W. */
gan_status gan__moments_add(gan_context *context, gan__moments *moments, const float *rows,
                            int64_t count, int64_t width);
void gan__moments_free(gan_context *context, gan__moments *moments);
void gan__moments_covariance(const gan__moments *moments, int64_t count, int64_t width,
                             double *covariance);
double gan__moments_mean(const gan__moments *moments, int64_t count, int64_t index);

/* Class numbers as they were added; logits beside them. */
static inline int64_t gan__metric_label(const gan__metric_set *set, int64_t row)
{
    return (int64_t)set->rows[row];
}

/* GAN_E_STATE where two sets must have as many rows and have not. */
gan_status gan__metric_check_pairs(const gan_metric *metric);

#endif
