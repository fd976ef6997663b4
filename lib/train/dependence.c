/* dependence.c: how far outputs move with inputs, and the warning that they do not. */
#include "train/dependence.h"

#include <math.h>
#include <stdio.h>

#include "tape/record.h"
#include "train/pools.h"

/* What is remembered: steps of the block; squares of distances, as far as they still count; looks
 * of the block. */
enum { IGNORED_STEPS, IGNORED_MADE, IGNORED_REAL, IGNORED_LOOKS };

static const double ignored_keeps = 0.9; /* of what was found before, from look to look */
static const double ignored_share = 0.2, ignored_gone = 0.3;

int64_t gan__dependence_earlier(const void *options)
{
    return ((const gan__trainer_common *)options)->batch == 1;
}

bool gan__dependence_is_due(const gan_trainer *t)
{
    return t->steps % GAN__DEPENDENCE_EVERY == 0;
}

gan_status gan__dependence_take(gan_trainer *t, int32_t pool, gan_value batch, gan_value *few,
                                bool *known)
{
    gan_value two[2] = {batch, batch}; /* (1, H, W, C) each */
    int64_t shape[4];
    GAN__TRY(gan_tape_shape(t->tape, batch, shape));
    const int64_t n = shape[0] < GAN__DEPENDENCE_PICTURES ? shape[0] : GAN__DEPENDENCE_PICTURES;
    *known = n > 1;
    if (n > 1) return gan_tape_slice(t->tape, batch, 0, n, few);
    GAN__TRY(gan__exchange(t, pool, batch, &two[1], known));
    return gan_tape_join(t->tape, two, 2, few);
}

/* The mean square of the distance of neighbours. */
static gan_status dependence_spread(const gan_trainer *t, gan_value pictures, double *out)
{
    const float *data;
    gan__shape s;
    double square = 0;
    GAN__TRY(gan__tape_source(t->tape, "gan_trainer_step", pictures, GAN_VALUE, &s, &data));
    const int64_t size = gan__shape_count(s) / s.n, pairs = s.n - 1;
    for (int64_t i = 0; i < pairs * size && !t->rehearsing; i++) {
        const double apart = (double)data[i + size] - (double)data[i];
        square += apart * apart;
    }
    *out = square / (double)pairs;
    return GAN_OK;
}

gan_status gan__dependence_compare(gan_trainer *t, int32_t role, gan_value made, gan_value real)
{
    double *known = gan__warnings_known(t, &gan__warning_ignored, role), of_made, of_real;
    GAN__TRY(dependence_spread(t, made, &of_made));
    GAN__TRY(dependence_spread(t, real, &of_real));
    if (t->rehearsing) return GAN_OK;
    known[IGNORED_MADE] = ignored_keeps * known[IGNORED_MADE] + of_made;
    known[IGNORED_REAL] = ignored_keeps * known[IGNORED_REAL] + of_real;
    known[IGNORED_LOOKS]++;
    return GAN_OK;
}

static double dependence_figure(const double *known)
{
    return sqrt(known[IGNORED_MADE] / known[IGNORED_REAL]);
}

void gan__dependence_measure(gan_trainer *t, int32_t role, int32_t value)
{
    const double *known = gan__warnings_known(t, &gan__warning_ignored, role);
    if (known[IGNORED_REAL] > 0) t->values[value] = dependence_figure(known);
}

/* ---- the warning ---- */

/* A block without a look has nothing new. */
static gan__verdict ignored_look(const gan_trainer *t, const gan__warning *warning, double *known,
                                 double figures[2])
{
    (void)t;
    (void)warning;
    if (!gan__warning_counts(known)) return GAN__LOOKS;
    const bool looked = known[IGNORED_LOOKS] > 0 && known[IGNORED_REAL] > 0;
    known[IGNORED_LOOKS] = 0;
    if (!looked) return GAN__UNCLEAR;
    figures[0] = dependence_figure(known);
    if (figures[0] < ignored_share) return GAN__SEEN;
    return figures[0] > ignored_gone ? GAN__GONE : GAN__UNCLEAR;
}

static void ignored_tell(const gan_trainer *t, const gan__warning *warning, const double figures[2],
                         char *line, size_t size)
{
    char share[GAN__NUMBER_SIZE];
    snprintf(line, size,
             "'%s' ignores what it is given: from one input to another its output moves by %s %% "
             "of what lies between two pictures of its target; try the way there and back "
             "(cycle=), identity=, or a network that passes on more of its input",
             t->cast->roles[warning->role].name, gan__percent_print(figures[0], share));
}

const gan__warning_kind gan__warning_ignored = {
    .name = "ignored",
    .times = 5, /* who begins to learn makes one picture of everything */
    .look = ignored_look,
    .tell = ignored_tell,
};
