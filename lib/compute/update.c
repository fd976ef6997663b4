/* update.c: the constants of an optimiser's step, then the tier's kernel over chunks of the arrays.
 * It says whether all that is new is finite. */
#include "compute/update.h"

#include "base/number.h"
#include "base/parallel.h"
#include "kernels/kernels.h"

#include <math.h>
#include <stdatomic.h>

enum { UPDATE_CHUNK = 16384, UPDATE_MOMENTS = 3 };

typedef struct update_job {
    const gan__vector_kernels *kernels;
    gan__update_arrays arrays;
    int64_t count;
    const gan__sgd_rule *sgd; /* one of the three */
    const gan__rmsprop_rule *rmsprop;
    const gan__adam_rule *adam;
    atomic_bool odd; /* something new is not finite */
} update_job;

static void update_task(void *argument, int64_t index, int32_t worker)
{
    update_job *job = argument;
    gan__update_arrays arrays = job->arrays;
    bool finite = true;
    int64_t at = index * UPDATE_CHUNK;
    int64_t count = job->count - at < UPDATE_CHUNK ? job->count - at : UPDATE_CHUNK;
    (void)worker;
    arrays.gradient += at;
    arrays.weight += at;
    arrays.finite = &finite;
    if (arrays.undo_weight) arrays.undo_weight += at;
    for (int i = 0; i < UPDATE_MOMENTS; i++) {
        if (arrays.moment[i]) arrays.moment[i] += at;
        if (arrays.undo_moment[i]) arrays.undo_moment[i] += at;
    }
    if (job->sgd)
        job->kernels->sgd(job->sgd, count, &arrays);
    else if (job->rmsprop)
        job->kernels->rmsprop(job->rmsprop, count, &arrays);
    else
        job->kernels->adam(job->adam, count, &arrays);
    if (!finite) atomic_store_explicit(&job->odd, true, memory_order_relaxed);
}

/* The undo array holds the weights, then each moment that there is. */
static bool update_run(gan_context *context, update_job *job, int64_t count, float *undo)
{
    atomic_init(&job->odd, false);
    job->kernels = gan__kernels_of(context)->vector;
    job->count = count;
    job->arrays.undo_weight = undo;
    for (int i = 0; undo && i < UPDATE_MOMENTS; i++) {
        if (!job->arrays.moment[i]) continue;
        undo += count;
        job->arrays.undo_moment[i] = undo;
    }
    gan__parallel_for(context, (count + UPDATE_CHUNK - 1) / UPDATE_CHUNK, update_task, job);
    return !atomic_load_explicit(&job->odd, memory_order_relaxed);
}

bool gan__update_sgd(gan_context *context, const gan__sgd *rule, int64_t count,
                     const float *gradient, float *weight, float *const *moments, float *undo)
{
    const gan__sgd_rule sgd = {.scale = (float)rule->scale,
                               .decay = (float)rule->decay,
                               .momentum = (float)rule->momentum,
                               .fresh = (float)(1.0 - rule->dampening),
                               .rate = (float)rule->rate,
                               .nesterov = rule->nesterov,
                               .first = rule->first};
    update_job job = {.sgd = &sgd,
                      .arrays = {.gradient = gradient, .weight = weight, .trial = rule->trial}};
    job.arrays.moment[0] = moments[0];
    return update_run(context, &job, count, undo);
}

bool gan__update_rmsprop(gan_context *context, const gan__rmsprop *rule, int64_t count,
                         const float *gradient, float *weight, float *const *moments, float *undo)
{
    const gan__rmsprop_rule rmsprop = {.scale = (float)rule->scale,
                                       .decay = (float)rule->decay,
                                       .alpha = (float)rule->alpha,
                                       .fresh = (float)(1.0 - rule->alpha),
                                       .root =
                                           (float)sqrt(1.0 - gan__power(rule->alpha, rule->step)),
                                       .eps = (float)rule->eps,
                                       .momentum = (float)rule->momentum,
                                       .rate = (float)rule->rate};
    update_job job = {.rmsprop = &rmsprop,
                      .arrays = {.gradient = gradient, .weight = weight, .trial = rule->trial}};
    for (int i = 0; i < 3; i++) job.arrays.moment[i] = moments[i];
    return update_run(context, &job, count, undo);
}

bool gan__update_adam(gan_context *context, const gan__adam *rule, int64_t count,
                      const float *gradient, float *weight, float *const *moments, float *undo)
{
    double root = sqrt(1.0 - gan__power(rule->beta2, rule->step));
    double whole = 1.0 - gan__power(rule->beta1, rule->step);
    const gan__adam_rule adam = {.scale = (float)rule->scale,
                                 .decay = rule->decoupled ? 0.0f : (float)rule->decay,
                                 .shrink = rule->decoupled ? (float)(1.0 - rule->rate * rule->decay)
                                                           : 1.0f,
                                 .fresh1 = (float)(1.0 - rule->beta1),
                                 .beta2 = (float)rule->beta2,
                                 .fresh2 = (float)(1.0 - rule->beta2),
                                 .root = (float)root,
                                 .whole = (float)(1.0 / whole),
                                 .most = (float)(0x1p-63 / sqrt(1.0 - rule->beta2)),
                                 .eps = (float)rule->eps,
                                 .rate = (float)(rule->rate / whole)};
    update_job job = {.adam = &adam,
                      .arrays = {.gradient = gradient, .weight = weight, .trial = rule->trial}};
    for (int i = 0; i < 2; i++) job.arrays.moment[i] = moments[i];
    return update_run(context, &job, count, undo);
}
