/* modes.c: which centres of a mixture samples are near to. */
#include "metrics/metric.h"

#include "base/memory.h"

#include <math.h>

typedef struct modes_options {
    double sigma, within;
} modes_options;

static const gan__option modes_table[] = {
    {"sigma", GAN__OPTION_REAL, GAN__REQUIRED, NULL, 1e-30, 1e30, NULL,
     offsetof(modes_options, sigma), "deviation of a mode, in each dimension"},
    {"within", GAN__OPTION_REAL, 0, "3", 1e-30, 1e30, NULL, offsetof(modes_options, within),
     "deviations that a good sample may be from its centre"},
};

static double modes_distance(const float *a, const float *b, int64_t width)
{
    double sum = 0;
    for (int64_t i = 0; i < width; i++) {
        const double x = (double)a[i] - (double)b[i];
        sum += x * x;
    }
    return sum;
}

static gan_status modes_compute(const gan_metric *metric, double *values)
{
    gan_context *context = metric->object.context;
    const modes_options *o = metric->options;
    const gan__metric_set *centres = &metric->sets[0], *fake = &metric->sets[1];
    const int64_t width = fake->width;
    const double most = o->within * o->sigma;
    int64_t modes = 0, good = 0;
    bool *found;
    GAN__TRY(gan__allocate(context, &found, (size_t)centres->count, sizeof *found));
    for (int64_t i = 0; i < fake->count; i++) {
        int64_t nearest = 0;
        double least = HUGE_VAL;
        for (int64_t c = 0; c < centres->count; c++) {
            const double x =
                modes_distance(fake->rows + i * width, centres->rows + c * width, width);
            if (x >= least) continue;
            least = x;
            nearest = c;
        }
        if (least > most * most) continue;
        good++;
        modes += !found[nearest];
        found[nearest] = true;
    }
    gan__free(context, found);
    values[0] = (double)modes;
    values[1] = (double)good / (double)fake->count;
    return GAN_OK;
}

const gan__metric_kind gan__metric_modes = {
    .kind = {.name = "modes",
             .help = "modes of a mixture that samples are in, and the share that is near to one",
             GAN__OPTIONS(modes_table),
             .size = sizeof(modes_options)},
    .sets = {"real", "fake"},
    .least = {1, 1},
    .values = {"modes", "good"},
    .one_width = true,
    .compute = modes_compute};
