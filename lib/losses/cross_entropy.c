/* cross_entropy.c: mean over rows of -log softmax(x)[label], x a row of C logits (one for each
 * sample, or for each pixel), the label a number from 0 to C - 1: that of the second value, or,
 * where there is none, of all rows the same. With label_smoothing e the target is the label with
 * weight 1 - e and every class with e / C (PyTorch's definition):
 *
 *     log sum exp(x)  -  (1 - e) x[label]  -  e mean(x) */
#include "losses/elementwise.h"

#include "base/number.h"
#include "base/parallel.h"
#include "compute/pointwise.h"
#include "compute/reduce.h"

#include <inttypes.h>

typedef struct cross_entropy_options {
    int64_t target;
    double label_smoothing;
} cross_entropy_options;

static const gan__option cross_entropy_table[] = {
    {"target", GAN__OPTION_INTEGER, 0, "0", 0, 16777215, NULL,
     offsetof(cross_entropy_options, target),
     "the class of every row, where no second value is given"},
    {"label_smoothing", GAN__OPTION_REAL, 0, "0", 0, 1, NULL,
     offsetof(cross_entropy_options, label_smoothing),
     "share of the target spread over all classes"},
};

static int64_t cross_entropy_rows(const gan__loss *loss)
{
    return loss->in[0].n * loss->in[0].h * loss->in[0].w;
}

static double cross_entropy_smoothing(const gan__loss *loss)
{
    return ((const cross_entropy_options *)loss->options)->label_smoothing;
}

static int64_t cross_entropy_label(const gan__loss *loss, int64_t row)
{
    if (loss->input_count == 2) return (int64_t)loss->x[1][row];
    return ((const cross_entropy_options *)loss->options)->target;
}

static gan_status cross_entropy_check(const gan__loss *loss)
{
    gan__shape x = loss->in[0], labels = loss->in[1];
    char first[88], second[88], number[GAN__NUMBER_SIZE];
    if (loss->input_count == 1) {
        if (cross_entropy_label(loss, 0) < x.c) return GAN_OK;
        return gan__fail(loss->context, GAN_E_ARGUMENT,
                         "cross_entropy: target=%" PRId64 " is no class below %" PRId64,
                         cross_entropy_label(loss, 0), x.c);
    }
    if (x.n != labels.n || x.h != labels.h || x.w != labels.w || labels.c != 1)
        return gan__fail(loss->context, GAN_E_SHAPE,
                         "cross_entropy: logits of %s need one label for each row, not %s",
                         gan__shape_print(x, first), gan__shape_print(labels, second));
    for (int64_t i = 0; i < cross_entropy_rows(loss); i++) {
        float label = loss->x[1][i];
        if (label >= 0.0f && label < (float)x.c && label == (float)(int64_t)label) continue;
        return gan__fail(loss->context, GAN_E_ARGUMENT,
                         "cross_entropy: label %s of row %" PRId64 " is no class below %" PRId64,
                         gan__number_print((double)label, number), i, x.c);
    }
    return GAN_OK;
}

/* log sum exp(x), shifted by the largest. */
static double cross_entropy_log_sum(const gan__loss *loss, const float *x)
{
    const gan__vector_kernels *vector = gan__loss_vector(loss);
    int64_t classes = loss->in[0].c;
    double lanes[GAN__LANES] = {0}, sum = 0;
    float block[GAN__LOSS_BLOCK], largest = x[0], logarithm;
    for (int64_t i = 1; i < classes; i++) largest = x[i] > largest ? x[i] : largest;
    for (int64_t i = 0; i < classes; i += GAN__LOSS_BLOCK) {
        int64_t length = classes - i < GAN__LOSS_BLOCK ? classes - i : GAN__LOSS_BLOCK;
        for (int64_t j = 0; j < length; j++) block[j] = x[i + j] - largest;
        vector->function[GAN__EXP](length, block, 0.0f, block);
        vector->sum(length, block, lanes);
    }
    for (int i = 0; i < GAN__LANES; i++) sum += lanes[i];
    float rounded = (float)sum;
    vector->function[GAN__LOG](1, &rounded, 0.0f, &logarithm);
    return (double)largest + (double)logarithm;
}

static void cross_entropy_sum(const void *argument, int64_t start, int64_t count, double lanes[16])
{
    const gan__loss *loss = argument;
    int64_t classes = loss->in[0].c;
    double smoothing = cross_entropy_smoothing(loss);
    for (int64_t i = 0; i < count; i++) {
        const float *x = loss->x[0] + (start + i) * classes;
        double term = cross_entropy_log_sum(loss, x), mean = 0;
        for (int64_t j = 0; smoothing > 0 && j < classes; j++) mean += (double)x[j];
        term -= (1 - smoothing) * (double)x[cross_entropy_label(loss, start + i)];
        lanes[i % 16] += term - smoothing * mean / (double)classes;
    }
}

static double cross_entropy_value(const gan__loss *loss)
{
    int64_t rows = cross_entropy_rows(loss);
    return gan__sum_terms(loss->context, rows, cross_entropy_sum, loss) / (double)rows;
}

typedef struct cross_entropy_call {
    const gan__loss *loss;
    float factor;
    float *dx;
} cross_entropy_call;

enum { CROSS_ENTROPY_ROWS = 64 };

/* dx = factor * (softmax(x) - target). */
static void cross_entropy_task(void *argument, int64_t index, int32_t worker)
{
    const cross_entropy_call *call = argument;
    const gan__loss *loss = call->loss;
    const gan__vector_kernels *vector = gan__loss_vector(loss);
    int64_t rows = cross_entropy_rows(loss), classes = loss->in[0].c;
    double smoothing = cross_entropy_smoothing(loss);
    int64_t first = index * CROSS_ENTROPY_ROWS, last = first + CROSS_ENTROPY_ROWS;
    (void)worker;
    for (int64_t row = first; row < rows && row < last; row++) {
        float *dx = call->dx + row * classes;
        vector->softmax(classes, loss->x[0] + row * classes, dx);
        for (int64_t j = 0; smoothing > 0 && j < classes; j++)
            dx[j] -= (float)(smoothing / (double)classes);
        dx[cross_entropy_label(loss, row)] -= (float)(1 - smoothing);
        vector->combine(classes, call->factor, dx, 0.0f, dx);
    }
}

static void cross_entropy_gradient(const gan__loss *loss, float seed, float *const dx[2])
{
    int64_t rows = cross_entropy_rows(loss);
    cross_entropy_call call = {loss, (float)((double)seed / (double)rows), dx[0]};
    if (dx[0])
        gan__parallel_for(loss->context, (rows + CROSS_ENTROPY_ROWS - 1) / CROSS_ENTROPY_ROWS,
                          cross_entropy_task, &call);
    if (dx[1]) gan__fill(loss->context, rows, 0.0f, dx[1]);
}

const gan__loss_kind gan__loss_cross_entropy = {
    .kind = {.name = "cross_entropy",
             .help = "of softmax(logits) with class labels",
             GAN__OPTIONS(cross_entropy_table),
             .size = sizeof(cross_entropy_options)},
    .least_inputs = 1,
    .most_inputs = 2,
    .check = cross_entropy_check,
    .value = cross_entropy_value,
    .gradient = cross_entropy_gradient,
};
