/* coincidence.c: the test of whether negatives lie on the data, step by step. */
#include "train/coincidence.h"

#include <math.h>
#include <stdio.h>

#include "train/warnings.h"

/* What is remembered. */
enum { SEEN_STEPS, SEEN_SUM, SEEN_SQUARES };

/* Steps between two decisions; and the most before it begins anew, so that what was long ago is
 * forgotten. */
enum { COINCIDENCE_LOOK = 200, COINCIDENCE_MOST = 50 * COINCIDENCE_LOOK };

static const double coincidence_limit = 0.003;
static const double coincidence_bound = 2.33; /* standard errors: 1 % of a normal lies beyond */

/* The sum of |a - b| over all pairs of one of each. */
static double coincidence_sum(const float *a, const float *b, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        for (int64_t k = 0; k < n; k++) sum += fabs((double)a[i] - (double)b[k]);
    return sum;
}

double gan__coincidence_distance(const float *a, const float *b, int64_t n)
{
    const double pairs = (double)n * (double)n, within = pairs - (double)n;
    const double across = 2 * coincidence_sum(a, b, n) / pairs;
    if (n < 2 || !(across > 0)) return 0;
    return 1 - (coincidence_sum(a, a, n) + coincidence_sum(b, b, n)) / within / across;
}

static void coincidence_restart(double *seen)
{
    seen[SEEN_STEPS] = seen[SEEN_SUM] = seen[SEEN_SQUARES] = 0;
}

/* What so many steps show. */
static gan__verdict coincidence_decide(double *seen)
{
    const double count = seen[SEEN_STEPS], mean = seen[SEEN_SUM] / count;
    const double variance = fmax(seen[SEEN_SQUARES] / count - mean * mean, 0);
    const double error = coincidence_bound * sqrt(variance / count);
    const bool together = mean + error < coincidence_limit;
    const bool apart = mean - error > coincidence_limit;
    if (together || apart || count >= COINCIDENCE_MOST) coincidence_restart(seen);
    return together ? GAN__SEEN : apart ? GAN__GONE : GAN__LOOKS;
}

static gan__verdict coincidence_look(const gan_trainer *t, const gan__warning *warning,
                                     double *seen, double figures[2])
{
    const double distance = t->values[warning->values[0]];
    if (distance == 0) {
        coincidence_restart(seen);
        return GAN__LOOKS;
    }
    figures[0] = ++seen[SEEN_STEPS];
    seen[SEEN_SUM] += distance;
    seen[SEEN_SQUARES] += distance * distance;
    if (fmod(figures[0], COINCIDENCE_LOOK) != 0) return GAN__LOOKS;
    return coincidence_decide(seen);
}

static void coincidence_tell(const gan_trainer *t, const gan__warning *warning,
                             const double figures[2], char *line, size_t size)
{
    (void)t;
    (void)warning;
    snprintf(line, size,
             "for %.0f steps the discriminator has not told earlier negatives from the data: they "
             "lie on it, as far as it can see",
             figures[0]);
}

const gan__warning_kind gan__warning_coincidence = {
    .name = "coincidence",
    .times = 1,
    .look = coincidence_look,
    .tell = coincidence_tell,
};
