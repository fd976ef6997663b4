/* bits.h: a training of any kind has the same bits wherever it is interrupted, and on all threads
 * and CPU tiers. */
#ifndef GAN_TEST_BITS_H
#define GAN_TEST_BITS_H

#include <math.h>

#include "fault.h"
#include "rig.h"

#include "base/cpu.h"

/* How a test makes its trainings, in the context of the rig. */
typedef struct bits_training {
    gan_trainer *(*make)(const char *spec); /* with networks and data */
    void (*set_data)(gan_trainer *trainer); /* the same data, for one that was loaded */
    int64_t steps;
} bits_training;

/* Goes on up to the end of that step. */
static gan_tensor *bits_after(gan_trainer *t, int64_t step)
{
    gan_tensor *bytes;
    must(gan_trainer_run(t, step - gan_trainer_steps(t), NULL, NULL));
    must(gan_trainer_save_memory(&bytes, t));
    return bytes;
}

static int bits_equal(const gan_tensor *a, const gan_tensor *b)
{
    return gan_tensor_count(a) == gan_tensor_count(b) &&
           !memcmp(gan_tensor_data(a), gan_tensor_data(b), (size_t)gan_tensor_count(a));
}

/* Interrupted after k steps, for every k: also before the first one and after the last. */
TEST_UNUSED static void bits_resumed(const bits_training *training, const char *spec)
{
    gan_trainer *t = training->make(spec);
    gan_tensor **kept = malloc((size_t)(training->steps + 1) * sizeof(gan_tensor *));
    for (int64_t k = 0; k <= training->steps; k++) kept[k] = bits_after(t, k);
    gan_trainer_release(t);
    for (int64_t k = 0; k <= training->steps; k++) {
        must(gan_trainer_load_memory(&t, context, gan_tensor_data(kept[k]),
                                     (size_t)gan_tensor_count(kept[k])));
        training->set_data(t);
        gan_tensor *end = bits_after(t, training->steps);
        if (!CHECK(bits_equal(end, kept[training->steps])))
            printf("    %s, after step %lld\n", spec, (long long)k);
        gan_tensor_release(end);
        gan_trainer_release(t);
    }
    for (int64_t k = 0; k <= training->steps; k++) gan_tensor_release(kept[k]);
    free(kept);
}

/* A training in a context of its own. */
TEST_UNUSED static gan_tensor *bits_on(const bits_training *training, const char *spec,
                                       const char *cpu, int threads)
{
    gan_context *own = context;
    gan_tensor *bytes, *copy;
    char text[32];
    snprintf(text, sizeof text, "threads=%d seed=3", threads);
    setenv("GAN_CPU", cpu, 1);
    must(gan_context_create(&context, text, NULL, NULL, 0));
    unsetenv("GAN_CPU");
    CHECK_TEXT(gan_context_cpu(context), cpu);
    gan_trainer *t = training->make(spec);
    bytes = bits_after(t, training->steps);
    must(gan_tensor_create(&copy, own, GAN_UINT8, 1, (const int64_t[]){gan_tensor_count(bytes)}));
    memcpy(gan_tensor_data(copy), gan_tensor_data(bytes), (size_t)gan_tensor_count(bytes));
    gan_tensor_release(bytes);
    gan_trainer_release(t);
    gan_context_release(context);
    context = own;
    return copy;
}

/* One to three threads of the best tier, and two of every other. */
TEST_UNUSED static void bits_everywhere(const bits_training *training, const char *spec)
{
    const char *best = gan__tier_name(gan__cpu_tier());
    gan_tensor *first = bits_on(training, spec, best, 1);
    for (int i = 1; i <= 2 + (int)gan__cpu_tier(); i++) {
        const bool of_threads = i <= 2;
        const char *cpu = of_threads ? best : gan__tier_name((gan__tier)(i - 3));
        gan_tensor *other = bits_on(training, spec, cpu, of_threads ? i + 1 : 2);
        if (!CHECK(bits_equal(first, other))) printf("    %s, run %d\n", cpu, i);
        gan_tensor_release(other);
    }
    gan_tensor_release(first);
}

TEST_UNUSED static double value_of(const gan_trainer *t, const char *name)
{
    double value = NAN;
    must(gan_trainer_value(t, name, &value));
    return value;
}

/* What is made in between is in a context of its own, whose first trainer has its seed. */
TEST_UNUSED static gan_context *begin_apart(const char *spec)
{
    gan_context *kept = context;
    must(gan_context_create(&context, spec, NULL, NULL, 0));
    return kept;
}

TEST_UNUSED static void end_apart(gan_context *kept)
{
    gan_context_release(context); /* its objects hold it */
    context = kept;
}

/* As begin_apart, with a host that counts and fails. */
TEST_UNUSED static gan_context *begin_faulty(fault_host *fault)
{
    gan_context *kept = context;
    const gan_host host = fault_make(fault);
    must(gan_context_create(&context, "threads=2 seed=11", &host, NULL, 0));
    return kept;
}

#endif
