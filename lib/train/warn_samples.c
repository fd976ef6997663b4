/* warn_samples.c: two warnings from what a step has made beside the real samples it has drawn.
 *
 * Collapse. Samples are taken in pairs, one and the next, of those that were made and of real ones.
 * A pair is alike if it lies closer than half the root mean square distance of real pairs. Of K
 * modes that lie apart and are met equally often 1 / K of the pairs are alike, however many
 * elements a sample has and however often one mode gives way to another. It is seen where more
 * than half of what was made are alike, more than twice as many as of the data, and block after
 * block not fewer: who begins to learn makes all alike at first, then less and less so, which is
 * waited for. Of
 * samples with conditions those pairs count that share one, if there are enough of them. Batches of
 * one sample have no pairs, and are not judged. What is made is compared as it is, not as a
 * discriminator's features have it: these may agree on fakes that differ, and a batch norm makes
 * any two batches equally wide.
 *
 * Saturation. A tanh at |x| > 0.99 passes a fiftieth of its gradient or less. Data has such
 * elements too, the ground of most pictures: it is seen where fewer than a tenth as many elements
 * as of the data are not there yet. What goes beyond 1 has no such limit, and is not judged. */
#include "train/warnings.h"

#include <math.h>
#include <stdio.h>

/* ---- collapse ---- */

enum {
    COLLAPSE_STEPS, /* of the block */
    COLLAPSE_FIRST, /* share of the block that was the first to be so; 0: none is */
    COLLAPSE_APART, /* the largest share of all pairs that was not, ever */
    COLLAPSE_SIDES  /* what follows, of all pairs, then of those with one condition */
};
enum {
    COLLAPSE_SQUARES, /* of distances between real ones, and so many of them */
    COLLAPSE_MEASURED,
    COLLAPSE_PAIRS, /* of the block: pairs, and how many are alike */
    COLLAPSE_MADE,
    COLLAPSE_REAL,
    COLLAPSE_SIDE
};

enum {
    COLLAPSE_LEAST = 50,    /* pairs that are enough to judge by */
    COLLAPSE_FORGET = 10000 /* real ones, of which the half counts no more */
};
static const double collapse_share = 0.5, collapse_times = 2; /* see above */
static const double collapse_gone = 0.4;                      /* it is, below */
static const double collapse_falls = 0.1;                     /* since that first block */
static const double collapse_begun = 0.05; /* so many were once not alike: it has begun to learn, */
enum { COLLAPSE_PATIENCE = 5000 };         /* or should have, after so many steps */

static void collapse_pair(double *side, const gan__specimens *s, int64_t i, int64_t j)
{
    const float *a = s->made + i * s->size, *b = s->made + j * s->size;
    const float *x = s->real + i * s->size, *y = s->real + j * s->size;
    double made = 0, real = 0; /* squares of distances */
    for (int64_t k = 0; k < s->size; k++) {
        const double made_apart = (double)a[k] - (double)b[k];
        const double real_apart = (double)x[k] - (double)y[k];
        made += made_apart * made_apart;
        real += real_apart * real_apart;
    }
    side[COLLAPSE_SQUARES] += real;
    side[COLLAPSE_MEASURED]++;
    const double alike = 0.25 * side[COLLAPSE_SQUARES] / side[COLLAPSE_MEASURED];
    side[COLLAPSE_PAIRS]++;
    side[COLLAPSE_MADE] += made < alike;
    side[COLLAPSE_REAL] += real < alike;
    if (side[COLLAPSE_MEASURED] < COLLAPSE_FORGET) return;
    side[COLLAPSE_SQUARES] /= 2;
    side[COLLAPSE_MEASURED] /= 2;
}

/* The next one that has the condition of the i-th; -1. */
static int64_t collapse_partner(const gan__specimens *s, int64_t i)
{
    const int64_t size = s->condition_size;
    int64_t j = i + 1, k = 0;
    for (; size > 0 && j < s->count; j++, k = 0) {
        while (k < size && s->condition[i * size + k] == s->condition[j * size + k]) k++;
        if (k == size) return j;
    }
    return -1;
}

static void collapse_take(double *known, const gan__specimens *s)
{
    for (int64_t i = 0; i + 1 < s->count; i++) {
        const int64_t partner = collapse_partner(s, i);
        collapse_pair(known + COLLAPSE_SIDES, s, i, i + 1);
        if (partner >= 0) collapse_pair(known + COLLAPSE_SIDES + COLLAPSE_SIDE, s, i, partner);
    }
}

static void collapse_restart(double *known)
{
    known[COLLAPSE_STEPS] = 0;
    for (int32_t k = 0; k < 2; k++)
        for (int32_t i = COLLAPSE_PAIRS; i < COLLAPSE_SIDE; i++)
            known[COLLAPSE_SIDES + k * COLLAPSE_SIDE + i] = 0;
}

static gan__verdict collapse_decide(const gan_trainer *t, double *known, double made, double real)
{
    const double first = known[COLLAPSE_FIRST];
    const bool alike = made > collapse_share && made > collapse_times * real;
    const bool begun = known[COLLAPSE_APART] > collapse_begun || t->steps >= COLLAPSE_PATIENCE;
    if (alike && begun && first > 0 && made > first - collapse_falls) return GAN__SEEN;
    known[COLLAPSE_FIRST] = alike ? made : 0;
    return made < collapse_gone ? GAN__GONE : GAN__UNCLEAR;
}

static gan__verdict collapse_look(const gan_trainer *t, const gan__warning *warning, double *known,
                                  double figures[2])
{
    const double *side = known + COLLAPSE_SIDES + COLLAPSE_SIDE;
    (void)warning;
    if (++known[COLLAPSE_STEPS] < GAN__WARNING_BLOCK) return GAN__LOOKS;
    const double *all = known + COLLAPSE_SIDES;
    const double apart = 1 - all[COLLAPSE_MADE] / fmax(all[COLLAPSE_PAIRS], 1);
    if (side[COLLAPSE_PAIRS] < COLLAPSE_LEAST) side = all;
    if (side[COLLAPSE_PAIRS] < COLLAPSE_LEAST) return GAN__LOOKS;
    const double made = figures[0] = side[COLLAPSE_MADE] / side[COLLAPSE_PAIRS];
    const double real = figures[1] = side[COLLAPSE_REAL] / side[COLLAPSE_PAIRS];
    known[COLLAPSE_APART] = fmax(known[COLLAPSE_APART], apart);
    collapse_restart(known);
    return collapse_decide(t, known, made, real);
}

static void collapse_tell(const gan_trainer *t, const gan__warning *warning,
                          const double figures[2], char *line, size_t size)
{
    snprintf(
        line, size,
        "samples of '%s' are alike in %.0f %% of their pairs, the data's in %.0f %%: its modes "
        "collapse; try pack=, a penalty on the discriminator's slope, or another rate",
        t->cast->roles[warning->role].name, 100 * figures[0], 100 * figures[1]);
}

const gan__warning_kind gan__warning_collapse = {
    .name = "collapse",
    .times = 4, /* after the first */
    .take = collapse_take,
    .look = collapse_look,
    .tell = collapse_tell,
};

/* ---- saturation ---- */

enum {
    SATURATION_STEPS,
    SATURATION_COUNT, /* elements of each side */
    SATURATION_MADE,  /* of which so many are at their limit */
    SATURATION_REAL,
    SATURATION_BEYOND, /* and so many past it */
    SATURATION_END
};

static const float saturation_limit = 0.99F;
static const double saturation_share = 0.1, saturation_gone = 0.2; /* of what the data has free */
static const double saturation_free = 0.01; /* less of it is nothing to compare with */

static void saturation_take(double *known, const gan__specimens *s)
{
    int64_t made = 0, real = 0, beyond = 0;
    for (int64_t i = 0; i < s->count * s->size; i++) {
        made += fabsf(s->made[i]) > saturation_limit;
        real += fabsf(s->real[i]) > saturation_limit;
        beyond += fabsf(s->made[i]) > 1;
    }
    known[SATURATION_COUNT] += (double)(s->count * s->size);
    known[SATURATION_MADE] += (double)made;
    known[SATURATION_REAL] += (double)real;
    known[SATURATION_BEYOND] += (double)beyond;
}

static gan__verdict saturation_look(const gan_trainer *t, const gan__warning *warning,
                                    double *known, double figures[2])
{
    (void)t;
    (void)warning;
    if (++known[SATURATION_STEPS] < GAN__WARNING_BLOCK) return GAN__LOOKS;
    const double count = known[SATURATION_COUNT], beyond = known[SATURATION_BEYOND];
    const double made = figures[0] = known[SATURATION_MADE] / count;
    const double real = figures[1] = known[SATURATION_REAL] / count;
    for (int32_t i = 0; i < SATURATION_END; i++) known[i] = 0;
    if (!(count > 0) || beyond > 0 || 1 - real < saturation_free) return GAN__UNCLEAR;
    if (1 - made < saturation_share * (1 - real)) return GAN__SEEN;
    return 1 - made > saturation_gone * (1 - real) ? GAN__GONE : GAN__UNCLEAR;
}

static void saturation_tell(const gan_trainer *t, const gan__warning *warning,
                            const double figures[2], char *line, size_t size)
{
    char made[GAN__NUMBER_SIZE], real[GAN__NUMBER_SIZE];
    snprintf(line, size,
             "the outputs of '%s' are saturated: %s %% of them are beyond 0.99, of the data %s %%; "
             "try a smaller init= in its last layer, a normalisation before it, or a lower rate",
             t->cast->roles[warning->role].name, gan__percent_print(figures[0], made),
             gan__percent_print(figures[1], real));
}

const gan__warning_kind gan__warning_saturation = {
    .name = "saturation",
    .times = 2,
    .take = saturation_take,
    .look = saturation_look,
    .tell = saturation_tell,
};
