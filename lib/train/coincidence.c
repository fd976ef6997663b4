/* coincidence.c: the test of whether negatives lie on the data, step by step. */
#include "train/coincidence.h"

#include <math.h>

/* What is kept in the trainer's memory. */
enum { SEEN_STEPS, SEEN_SUM, SEEN_SQUARES, SEEN_SAID };

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

/* Sees what so many steps show; true if that is that they coincide. */
static bool coincidence_decide(double *seen)
{
    const double count = seen[SEEN_STEPS], mean = seen[SEEN_SUM] / count;
    const double variance = fmax(seen[SEEN_SQUARES] / count - mean * mean, 0);
    const double error = coincidence_bound * sqrt(variance / count);
    const bool together = mean + error < coincidence_limit;
    const bool apart = mean - error > coincidence_limit;
    if (apart) seen[SEEN_SAID] = 0;
    if (together || apart || count >= COINCIDENCE_MOST) coincidence_restart(seen);
    return together;
}

void gan__coincidence_look(gan_trainer *t, double distance)
{
    double *seen = t->memory;
    if (t->rehearsing) return;
    if (distance == 0) {
        coincidence_restart(seen);
        return;
    }
    const double count = ++seen[SEEN_STEPS];
    seen[SEEN_SUM] += distance;
    seen[SEEN_SQUARES] += distance * distance;
    if (fmod(count, COINCIDENCE_LOOK) != 0) return;
    if (!coincidence_decide(seen) || seen[SEEN_SAID] != 0) return;
    seen[SEEN_SAID] = 1;
    gan__log(t->object.context, GAN_LOG_WARNING,
             "%s: step %lld: for %lld steps the discriminator has not told earlier negatives from "
             "the data: they lie on it, as far as it can see",
             t->kind->kind.name, (long long)t->steps + 1, (long long)count);
}
