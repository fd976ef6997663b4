/* coincidence.c: the test of whether negatives lie on the data, step by step. */
#include "train/coincidence.h"

#include <math.h>
#include <stdio.h>

/* What is remembered; the last two are of the step under way. */
enum { SEEN_STEPS, SEEN_SUM, SEEN_SQUARES, SEEN_LAST, SEEN_TOLD, SEEN_DIFFERS };

/* Products between two looks; and the most before it begins anew, so that what was long ago is
 * forgotten. */
enum { COINCIDENCE_LOOK = 200, COINCIDENCE_MOST = 50 * COINCIDENCE_LOOK };

static const double coincidence_limit = 0.03; /* of what D can tell, as a share of pairs */
static const double coincidence_bound = 2.33; /* standard errors: 1 % of a normal lies beyond */

static void coincidence_restart(double *seen)
{
    seen[SEEN_STEPS] = seen[SEEN_SUM] = seen[SEEN_SQUARES] = 0;
}

/* What `count` products show. */
static gan__verdict coincidence_decide(double *seen, double count)
{
    const double mean = seen[SEEN_SUM] / count, limit = coincidence_limit * coincidence_limit;
    const double variance = fmax(seen[SEEN_SQUARES] / count - mean * mean, 0);
    const double error = coincidence_bound * sqrt(variance / count);
    const bool together = mean + error<limit, apart = mean - error> limit;
    if (together || apart || count >= COINCIDENCE_MOST) coincidence_restart(seen);
    return together ? GAN__SEEN : apart ? GAN__GONE : GAN__LOOKS;
}

void gan__coincidence_take(gan_trainer *t, int32_t role, double above, double below)
{
    double *seen = gan__warnings_known(t, &gan__warning_coincidence, role);
    if (t->rehearsing || !seen) return;
    seen[SEEN_TOLD] = 0.5 * (above - below); /* the share, less one half */
    seen[SEEN_DIFFERS] = above != 0 || below != 0;
}

static gan__verdict coincidence_look(const gan_trainer *t, const gan__warning *warning,
                                     double *seen, double figures[2])
{
    (void)t;
    (void)warning;
    if (seen[SEEN_DIFFERS] == 0) {
        coincidence_restart(seen);
        return GAN__LOOKS;
    }
    const double product = seen[SEEN_TOLD] * seen[SEEN_LAST];
    seen[SEEN_LAST] = seen[SEEN_TOLD];
    if (seen[SEEN_STEPS]++ == 0) return GAN__LOOKS;
    seen[SEEN_SUM] += product;
    seen[SEEN_SQUARES] += product * product;
    figures[0] = seen[SEEN_STEPS] - 1;
    if (fmod(figures[0], COINCIDENCE_LOOK) != 0) return GAN__LOOKS;
    return coincidence_decide(seen, figures[0]);
}

static void coincidence_tell(const gan_trainer *t, const gan__warning *warning,
                             const double figures[2], char *line, size_t size)
{
    (void)t;
    (void)warning;
    snprintf(line, size,
             "for %.0f steps the discriminator has not told its negatives from the data: they lie "
             "on it, as far as it can see",
             figures[0]);
}

const gan__warning_kind gan__warning_coincidence = {
    .name = "coincidence",
    .times = 1,
    .look = coincidence_look,
    .tell = coincidence_tell,
};
