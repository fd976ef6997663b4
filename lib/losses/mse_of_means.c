/* mse_of_means.c: of two batches of features, how far their means are apart: with m(x) the mean
 * over the samples, for each element,
 *
 *     mean over elements of (m(x) - m(t))^2
 *
 * (Salimans et al., "Improved techniques for training GANs", 2016, section 3.1, feature matching).
 * The batches may be of unlike size. */
#include "losses/elementwise.h"

#include "base/parallel.h"
#include "compute/reduce.h"

/* The means' differences at `count` elements from `start` on, at most a block. */
static void means_apart(const gan__loss *loss, int64_t start, int64_t count,
                        double apart[GAN__LOSS_BLOCK])
{
    const int64_t size = gan__shape_count(loss->in[0]) / loss->in[0].n;
    for (int64_t k = 0; k < count; k++) apart[k] = 0;
    for (int i = 0; i < 2; i++) {
        const int64_t n = loss->in[i].n;
        double sums[GAN__LOSS_BLOCK] = {0};
        for (int64_t s = 0; s < n; s++)
            for (int64_t k = 0; k < count; k++) sums[k] += (double)loss->x[i][s * size + start + k];
        for (int64_t k = 0; k < count; k++) apart[k] += (i == 0 ? sums[k] : -sums[k]) / (double)n;
    }
}

static int64_t means_length(int64_t done, int64_t count)
{
    return count - done < GAN__LOSS_BLOCK ? count - done : GAN__LOSS_BLOCK;
}

static void means_terms(const void *argument, int64_t start, int64_t count, double lanes[16])
{
    const gan__loss *loss = argument;
    double apart[GAN__LOSS_BLOCK];
    for (int64_t done = 0; done < count; done += GAN__LOSS_BLOCK) {
        const int64_t length = means_length(done, count);
        means_apart(loss, start + done, length, apart);
        for (int64_t k = 0; k < length; k++) lanes[k % 16] += apart[k] * apart[k];
    }
}

static double means_value(const gan__loss *loss)
{
    const int64_t size = gan__shape_count(loss->in[0]) / loss->in[0].n;
    return gan__sum_terms(loss->context, size, means_terms, loss) / (double)size;
}

typedef struct means_call {
    const gan__loss *loss;
    int64_t size;  /* elements of a sample */
    double factor; /* 2 seed / size */
    float *const *dx;
} means_call;

/* A block of elements, of all samples. */
static void means_block(void *argument, int64_t index, int32_t worker)
{
    const means_call *call = argument;
    const int64_t start = index * GAN__LOSS_BLOCK, length = means_length(start, call->size);
    double apart[GAN__LOSS_BLOCK];
    (void)worker;
    means_apart(call->loss, start, length, apart);
    for (int i = 0; i < 2; i++) {
        const int64_t n = call->loss->in[i].n;
        const double factor = (i == 0 ? call->factor : -call->factor) / (double)n;
        for (int64_t s = 0; call->dx[i] && s < n; s++)
            for (int64_t k = 0; k < length; k++)
                call->dx[i][s * call->size + start + k] = (float)(factor * apart[k]);
    }
}

static void means_gradient(const gan__loss *loss, float seed, float *const dx[2])
{
    const int64_t size = gan__shape_count(loss->in[0]) / loss->in[0].n;
    means_call call = {loss, size, 2 * (double)seed / (double)size, dx};
    gan__parallel_for(loss->context, (size + GAN__LOSS_BLOCK - 1) / GAN__LOSS_BLOCK, means_block,
                      &call);
}

static gan_status means_check(const gan__loss *loss)
{
    const gan__shape a = loss->in[0], b = loss->in[1];
    char first[88], second[88];
    if (a.h == b.h && a.w == b.w && a.c == b.c) return GAN_OK;
    return gan__fail(loss->context, GAN_E_SHAPE, "%s: samples of %s and %s do not go together",
                     loss->kind->kind.name, gan__shape_print(a, first),
                     gan__shape_print(b, second));
}

const gan__loss_kind gan__loss_mse_of_means = {
    .kind = {.name = "mse_of_means", .help = "mean squared difference of the means of two batches"},
    .least_inputs = 2,
    .most_inputs = 2,
    .check = means_check,
    .value = means_value,
    .gradient = means_gradient,
};
