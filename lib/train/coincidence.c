/* coincidence.c: the test of whether negatives lie on the data, step by step. */
#include "train/coincidence.h"

#include <math.h>

/* What is kept in the trainer's memory. */
enum { SEEN_STEPS, SEEN_SUM, SEEN_SQUARES, SEEN_LAST, SEEN_SAID };

/* Products between two looks; and the most before it begins anew, so that what was long ago is
 * forgotten. */
enum { COINCIDENCE_LOOK = 200, COINCIDENCE_MOST = 50 * COINCIDENCE_LOOK };

static const double coincidence_limit = 0.03; /* of what D can tell, as a share of pairs */
static const double coincidence_bound = 2.33; /* standard errors: 1 % of a normal lies beyond */

static void coincidence_restart(double *seen)
{
    seen[SEEN_STEPS] = seen[SEEN_SUM] = seen[SEEN_SQUARES] = 0;
}

/* Sees what `count` products show; true if that is that they coincide. */
static bool coincidence_decide(double *seen, double count)
{
    const double mean = seen[SEEN_SUM] / count, limit = coincidence_limit * coincidence_limit;
    const double variance = fmax(seen[SEEN_SQUARES] / count - mean * mean, 0);
    const double error = coincidence_bound * sqrt(variance / count);
    const bool together = mean + error<limit, apart = mean - error> limit;
    if (apart) seen[SEEN_SAID] = 0;
    if (together || apart || count >= COINCIDENCE_MOST) coincidence_restart(seen);
    return together;
}

void gan__coincidence_look(gan_trainer *t, double above, double below)
{
    double *seen = t->memory;
    const double told = 0.5 * (above - below); /* the share, less one half */
    if (t->rehearsing) return;
    if (above == 0 && below == 0) {
        coincidence_restart(seen);
        return;
    }
    const double product = told * seen[SEEN_LAST];
    seen[SEEN_LAST] = told;
    if (seen[SEEN_STEPS]++ == 0) return;
    seen[SEEN_SUM] += product;
    seen[SEEN_SQUARES] += product * product;
    const double count = seen[SEEN_STEPS] - 1;
    if (fmod(count, COINCIDENCE_LOOK) != 0) return;
    if (!coincidence_decide(seen, count) || seen[SEEN_SAID] != 0) return;
    seen[SEEN_SAID] = 1;
    gan__log(t->object.context, GAN_LOG_WARNING,
             "%s: step %lld: for %lld steps the discriminator has not told its negatives from the "
             "data: they lie on it, as far as it can see",
             t->kind->kind.name, (long long)t->steps + 1, (long long)count);
}
