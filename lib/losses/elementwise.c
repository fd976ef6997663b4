/* elementwise.c: the mean of terms and its gradient, in blocks that stay in the cache; a loss gives
 * its term and its slope. */
#include "losses/elementwise.h"

#include "base/parallel.h"
#include "compute/reduce.h"

typedef struct elementwise_call {
    const gan__loss *loss;
    gan__loss_terms *terms;
    gan__loss_slopes *slopes;
    int64_t count;
    float target, factor;
    float *dx[2];
} elementwise_call;

static int64_t elementwise_length(int64_t done, int64_t count)
{
    return count - done < GAN__LOSS_BLOCK ? count - done : GAN__LOSS_BLOCK;
}

static void elementwise_constant(float value, float block[GAN__LOSS_BLOCK])
{
    for (int i = 0; i < GAN__LOSS_BLOCK; i++) block[i] = value;
}

static void elementwise_sum(const void *argument, int64_t start, int64_t count, double lanes[16])
{
    const elementwise_call *call = argument;
    const gan__loss *loss = call->loss;
    float constant[GAN__LOSS_BLOCK], terms[GAN__LOSS_BLOCK];
    elementwise_constant(call->target, constant);
    for (int64_t done = 0; done < count; done += GAN__LOSS_BLOCK) {
        int64_t length = elementwise_length(done, count);
        const float *t = loss->input_count > 1 ? loss->x[1] + start + done : constant;
        call->terms(loss, length, loss->x[0] + start + done, t, terms);
        gan__loss_vector(loss)->sum(length, terms, lanes);
    }
}

double gan__loss_mean(const gan__loss *loss, gan__loss_terms *terms, double target)
{
    elementwise_call call = {.loss = loss, .terms = terms, .target = (float)target};
    int64_t count = gan__shape_count(loss->in[0]);
    return gan__sum_terms(loss->context, count, elementwise_sum, &call) / (double)count;
}

static void elementwise_task(void *argument, int64_t index, int32_t worker)
{
    const elementwise_call *call = argument;
    const gan__loss *loss = call->loss;
    const gan__vector_kernels *vector = gan__loss_vector(loss);
    float constant[GAN__LOSS_BLOCK], unwanted[2][GAN__LOSS_BLOCK];
    int64_t start = index * GAN__CHUNK;
    int64_t count = call->count - start < GAN__CHUNK ? call->count - start : GAN__CHUNK;
    (void)worker;
    elementwise_constant(call->target, constant);
    for (int64_t done = 0; done < count; done += GAN__LOSS_BLOCK) {
        int64_t length = elementwise_length(done, count), at = start + done;
        const float *t = loss->input_count > 1 ? loss->x[1] + at : constant;
        float *dx[2];
        for (int i = 0; i < 2; i++) dx[i] = call->dx[i] ? call->dx[i] + at : unwanted[i];
        call->slopes(loss, length, loss->x[0] + at, t, dx[0], dx[1]);
        for (int i = 0; i < 2; i++)
            if (call->dx[i]) vector->combine(length, call->factor, dx[i], 0.0f, dx[i]);
    }
}

void gan__loss_mean_gradient(const gan__loss *loss, gan__loss_slopes *slopes, double target,
                             float seed, float *const dx[2])
{
    int64_t count = gan__shape_count(loss->in[0]);
    elementwise_call call = {.loss = loss,
                             .slopes = slopes,
                             .count = count,
                             .target = (float)target,
                             .factor = (float)((double)seed / (double)count),
                             .dx = {dx[0], loss->input_count > 1 ? dx[1] : NULL}};
    gan__parallel_for(loss->context, (count + GAN__CHUNK - 1) / GAN__CHUNK, elementwise_task,
                      &call);
}

gan_status gan__loss_check_shapes(const gan__loss *loss)
{
    gan__shape a = loss->in[0], b = loss->in[1];
    char first[88], second[88];
    if (loss->input_count < 2 || (a.n == b.n && a.h == b.h && a.w == b.w && a.c == b.c))
        return GAN_OK;
    return gan__fail(loss->context, GAN_E_SHAPE, "%s: values of %s and %s do not go together",
                     loss->kind->kind.name, gan__shape_print(a, first),
                     gan__shape_print(b, second));
}
