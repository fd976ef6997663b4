/* python_overhead.c: loops in C on handles that a Python program made, for python_overhead.py,
 * which compiles this file. Each returns seconds for one round. */
#include <gan/gan.h>

#include <time.h>

double time_runs(gan_runner *runner, gan_tensor *input, gan_tensor *output, int32_t count);
double time_steps(gan_trainer *trainer, const char *feed, gan_tensor *batch, int32_t count);
double time_training(gan_trainer *trainer, int32_t count);

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double time_runs(gan_runner *runner, gan_tensor *input, gan_tensor *output, int32_t count)
{
    const double begun = now();
    for (int32_t i = 0; i < count; i++)
        if (gan_runner_run(runner, &input, 1, &output, 1) != GAN_OK) return -1;
    return (now() - begun) / count;
}

double time_steps(gan_trainer *trainer, const char *feed, gan_tensor *batch, int32_t count)
{
    const double begun = now();
    for (int32_t i = 0; i < count; i++) {
        if (gan_trainer_feed(trainer, feed, batch) != GAN_OK) return -1;
        if (gan_trainer_step(trainer) != GAN_OK) return -1;
    }
    return (now() - begun) / count;
}

double time_training(gan_trainer *trainer, int32_t count)
{
    const double begun = now();
    if (gan_trainer_run(trainer, count, NULL, NULL) != GAN_OK) return -1;
    return (now() - begun) / count;
}
