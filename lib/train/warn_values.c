/* warn_values.c: three warnings from what steps measure, judged by blocks.
 *
 * Victory. D tells real samples and fakes, of each at least 99.5 %, block after block: the game is
 * decided, and what D's slope still says to G is hardly more than how sure it is. A critic, which
 * is to tell them, is not judged.
 *
 * Gradient. No gradient of a block is longer than 2^-23 of the weights: as much as a float32 leaves
 * out. Adam's eps of 1e-8 is of the same order for weights of usual size, so no optimiser makes
 * anything of it.
 *
 * Swing. The mean loss of D in a block is more than that of one that says the same of everything
 * (which its terms tell, see gan__terms), and from step to step it changes by more than it is: D
 * jumps over what it should go down to. A D that has too little to say has such a loss without the
 * jumps; one that wins has jumps below. By chance alone the loss of a batch of N changes by about
 * 1 / sqrt N of itself; twice that is allowed besides. */
#include "train/warnings.h"

#include <math.h>
#include <stdio.h>

#include "compute/reduce.h"

/* ---- victory ---- */

enum { VICTORY_STEPS, VICTORY_REAL, VICTORY_FAKE };
enum { VICTORY_BLOCKS = 5 };
static const double victory_share = 0.995, victory_gone = 0.98;

static gan__verdict victory_look(const gan_trainer *t, const gan__warning *warning, double *known,
                                 double figures[2])
{
    if (isnan(t->values[warning->values[0]])) return GAN__LOOKS; /* D had no part in the step */
    for (int32_t i = 0; i < 2; i++) known[VICTORY_REAL + i] += t->values[warning->values[i]];
    if (!gan__warning_counts(known)) return GAN__LOOKS;
    for (int32_t i = 0; i < 2; i++) {
        figures[i] = known[VICTORY_REAL + i] / GAN__WARNING_BLOCK;
        known[VICTORY_REAL + i] = 0;
    }
    const double least = fmin(figures[0], figures[1]);
    if (least >= victory_share) return GAN__SEEN;
    return least < victory_gone ? GAN__GONE : GAN__UNCLEAR;
}

static void victory_tell(const gan_trainer *t, const gan__warning *warning, const double figures[2],
                         char *line, size_t size)
{
    char real[GAN__NUMBER_SIZE], fake[GAN__NUMBER_SIZE];
    snprintf(line, size,
             "'%s' wins outright: for %d steps it has told %s %% of the data and %s %% of the "
             "fakes; try a lower rate for it, smoothing=, instance_noise=, augment= or a penalty",
             t->cast->roles[warning->role].name, VICTORY_BLOCKS * GAN__WARNING_BLOCK,
             gan__percent_print(figures[0], real), gan__percent_print(figures[1], fake));
}

const gan__warning_kind gan__warning_victory = {
    .name = "victory",
    .times = VICTORY_BLOCKS,
    .look = victory_look,
    .tell = victory_tell,
};

/* ---- gradient ---- */

enum { GRADIENT_STEPS, GRADIENT_MOST };
static const double gradient_share = 1.0 / (1 << 23);

static bool gradient_has(const gan_trainer *t, int32_t end, int32_t group, const gan__store *store)
{
    for (int32_t r = 0; r < end; r++) {
        const gan_model *model = t->cast->roles[r].group == group ? t->players[r].model : NULL;
        for (size_t i = 0; model && i < model->store_count; i++)
            if (model->stores[i] == store) return true;
    }
    return false;
}

/* The norm of a group's weights. */
static double gradient_weights(const gan_trainer *t, int32_t group)
{
    double square = 0;
    for (int32_t r = 0; r < t->cast->role_count; r++) {
        const gan_model *model = t->cast->roles[r].group == group ? t->players[r].model : NULL;
        for (size_t i = 0; model && i < model->store_count; i++) {
            const gan__store *store = model->stores[i];
            if (gradient_has(t, r, group, store)) continue;
            square += gan__sum_squares(t->object.context, store->weight_count, store->weights);
        }
    }
    return sqrt(square);
}

static gan__verdict gradient_look(const gan_trainer *t, const gan__warning *warning, double *known,
                                  double figures[2])
{
    const int32_t group = t->cast->roles[warning->role].group;
    const double norm = t->values[gan__cast_gradient(t->cast, group)];
    if (isnan(norm)) return GAN__LOOKS; /* it was not updated */
    known[GRADIENT_MOST] = fmax(known[GRADIENT_MOST], norm);
    if (!gan__warning_counts(known)) return GAN__LOOKS;
    figures[0] = known[GRADIENT_MOST];
    figures[1] = gradient_weights(t, group);
    known[GRADIENT_MOST] = 0;
    return figures[0] <= gradient_share * figures[1] ? GAN__SEEN : GAN__GONE;
}

static void gradient_tell(const gan_trainer *t, const gan__warning *warning,
                          const double figures[2], char *line, size_t size)
{
    const int32_t group = t->cast->roles[warning->role].group;
    char gradient[GAN__NUMBER_SIZE], weights[GAN__NUMBER_SIZE];
    snprintf(line, size,
             "'%s' gets no gradient: the longest of %d steps was %s, beside weights of %s; try "
             "another loss=, a weaker opponent, or activations and weights that let it pass",
             t->cast->groups[group].name, GAN__WARNING_BLOCK,
             gan__figure_print(figures[0], gradient), gan__figure_print(figures[1], weights));
}

const gan__warning_kind gan__warning_gradient = {
    .name = "gradient",
    .of_group = true,
    .times = 1,
    .look = gradient_look,
    .tell = gradient_tell,
};

/* ---- swing ---- */

enum { SWING_STEPS, SWING_LOSS, SWING_SQUARES, SWING_FLAT, SWING_LAST };
static const double swing_gone = 0.9; /* of the other loss */

static gan__verdict swing_look(const gan_trainer *t, const gan__warning *warning, double *known,
                               double figures[2])
{
    const double loss = t->values[warning->values[0]];
    if (isnan(loss)) return GAN__LOOKS;
    const double change = t->steps == 0 ? 0 : loss - known[SWING_LAST];
    known[SWING_LAST] = loss;
    known[SWING_LOSS] += loss;
    known[SWING_SQUARES] += change * change;
    known[SWING_FLAT] += t->flat[warning->values[0]];
    if (!gan__warning_counts(known)) return GAN__LOOKS;
    const double flat = known[SWING_FLAT] / GAN__WARNING_BLOCK;
    figures[0] = known[SWING_LOSS] / GAN__WARNING_BLOCK;
    figures[1] = sqrt(known[SWING_SQUARES] / GAN__WARNING_BLOCK);
    known[SWING_LOSS] = known[SWING_SQUARES] = known[SWING_FLAT] = 0;
    if (!(flat > 0)) return GAN__UNCLEAR;
    const double chance = 2 / sqrt((double)t->batch);
    if (figures[0] > flat && figures[1] > (1 + chance) * figures[0]) return GAN__SEEN;
    return figures[0] < swing_gone * flat ? GAN__GONE : GAN__UNCLEAR;
}

static void swing_tell(const gan_trainer *t, const gan__warning *warning, const double figures[2],
                       char *line, size_t size)
{
    const int32_t group = t->cast->roles[warning->role].group;
    char mean[GAN__NUMBER_SIZE], change[GAN__NUMBER_SIZE];
    snprintf(line, size,
             "the loss of '%s' swings: by %s from step to step around %s, more than if it said the "
             "same of everything; try a lower rate for it",
             t->cast->groups[group].name, gan__figure_print(figures[1], change),
             gan__figure_print(figures[0], mean));
}

const gan__warning_kind gan__warning_swing = {
    .name = "swing",
    .of_group = true,
    .times = 1,
    .look = swing_look,
    .tell = swing_tell,
};
