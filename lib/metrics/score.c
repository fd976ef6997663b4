/* score.c: exp of the mean over rows of KL(p | q), p the softmax of a row and q the mean of all p:
 * rows that are sure of themselves, of all classes. */
#include "metrics/metric.h"

#include "base/memory.h"
#include "metrics/double_math.h"

#include <math.h>
#include <string.h>

typedef struct score_options {
    int64_t splits;
} score_options;

static const gan__option score_table[] = {
    {"splits", GAN__OPTION_INTEGER, 0, "1", 1, 100000, NULL, offsetof(score_options, splits),
     "runs of rows, of which each has a score, to average over"},
};

/* log sum exp. */
static double score_log_sum(const float *row, int64_t width)
{
    double largest = (double)row[0], sum = 0;
    for (int64_t j = 1; j < width; j++)
        if ((double)row[j] > largest) largest = (double)row[j];
    for (int64_t j = 0; j < width; j++) sum += gan__double_exp((double)row[j] - largest);
    return largest + gan__double_log(sum);
}

/* With `mean` as room for the mean of p, and then its logarithm. */
static double score_of(const float *rows, int64_t count, int64_t width, double *mean)
{
    double sum = 0;
    memset(mean, 0, (size_t)width * sizeof *mean);
    for (int64_t i = 0; i < count; i++) {
        const double whole = score_log_sum(rows + i * width, width);
        for (int64_t j = 0; j < width; j++)
            mean[j] += gan__double_exp((double)rows[i * width + j] - whole);
    }
    for (int64_t j = 0; j < width; j++)
        mean[j] = mean[j] > 0 ? gan__double_log(mean[j] / (double)count)
                              : 0.0; /* 0: p is, for all rows */
    for (int64_t i = 0; i < count; i++) {
        const double whole = score_log_sum(rows + i * width, width);
        for (int64_t j = 0; j < width; j++) {
            const double log_p = (double)rows[i * width + j] - whole;
            sum += gan__double_exp(log_p) * (log_p - mean[j]);
        }
    }
    return gan__double_exp(sum / (double)count);
}

static gan_status score_compute(const gan_metric *metric, double *values)
{
    gan_context *context = metric->object.context;
    const gan__metric_set *set = &metric->sets[0];
    const int64_t splits = ((const score_options *)metric->options)->splits;
    double *mean, sum = 0, squares = 0, first = 0;
    GAN__TRY(gan__allocate(context, &mean, (size_t)set->width, sizeof *mean));
    for (int64_t k = 0; k < splits; k++) {
        const int64_t start = k * set->count / splits, end = (k + 1) * set->count / splits;
        const double score =
            score_of(set->rows + start * set->width, end - start, set->width, mean);
        if (k == 0) first = score;
        sum += score - first;
        squares += (score - first) * (score - first);
    }
    gan__free(context, mean);
    const double n = (double)splits, less = sum / n, variance = squares / n - less * less;
    values[0] = first + less;
    values[1] = variance > 0 ? sqrt(variance) : 0.0;
    return GAN_OK;
}

static int64_t score_needed(const void *options, int32_t set)
{
    (void)set;
    return ((const score_options *)options)->splits;
}

const gan__metric_kind gan__metric_score = {
    .kind = {.name = "score",
             .help = "classifier score of logits: exp of the mean divergence from their mean",
             GAN__OPTIONS(score_table),
             .size = sizeof(score_options)},
    .sets = {"fake"},
    .values = {"score", "deviation"},
    .needed = score_needed,
    .compute = score_compute};
