/* warn_normalisation.c: a batch norm that normalises otherwise where samples are made than where it
 * was trained. What can be seen without a pass:
 *
 * - A batch of one sample: in training each picture is normalised by itself, in evaluation all by
 *   the running statistics, which is another network.
 * - Running statistics that are mostly what they began with: (1 - momentum)^batches > 1/2 after a
 *   block of steps; momentum=0 never moves them. Averages estimate theirs afresh, so where a
 * network has one, that is no harm.
 * - A network that is not trained, so applied in evaluation, whose statistics nobody has set.
 *
 * Roles are looked at whose networks make what a training is for, or its samples, and frozen ones;
 * batches of a discriminator that makes nothing are as they are in both. */
#include "train/warnings.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { NORMALISATION_STEPS };
enum { NORMALISATION_SINGLE, NORMALISATION_STALE, NORMALISATION_UNSET };

static bool normalisation_all(const gan_layer *layer, const char *name, float value)
{
    const gan__parameter *p = gan__layer_parameter(layer, name);
    for (int64_t i = 0; i < p->count; i++)
        if (gan__parameter_value(layer, p)[i] != value) return false;
    return true;
}

static int64_t normalisation_batches(const gan_layer *layer)
{
    return *gan__parameter_integers(layer, gan__layer_parameter(layer, "num_batches_tracked"));
}

/* Which of the cases the layer is; -1: none. */
static int32_t normalisation_case(const gan_trainer *t, int32_t role, const gan_layer *layer)
{
    const gan__signature_port *in = &t->cast->roles[role].inputs[0];
    const double keeps = 1 - layer->kind->running(layer);
    if (t->cast->roles[role].group < 0) {
        const bool unset = normalisation_batches(layer) == 0 &&
                           normalisation_all(layer, "running_mean", 0) &&
                           normalisation_all(layer, "running_var", 1);
        return unset ? NORMALISATION_UNSET : -1;
    }
    if (t->batch <= in->times) return NORMALISATION_SINGLE;
    const bool stale = t->steps + 1 >= GAN__WARNING_BLOCK && !t->players[role].average &&
                       gan__power(keeps, normalisation_batches(layer)) > 0.5;
    return stale ? NORMALISATION_STALE : -1;
}

/* The first step tells of what is so from the beginning. */
static gan__verdict normalisation_look(const gan_trainer *t, const gan__warning *warning,
                                       double *known, double figures[2])
{
    const gan_model *model = t->players[warning->role].model;
    const bool first = known[NORMALISATION_STEPS] == 0 && t->steps == 0;
    const bool looked_at =
        t->cast->roles[warning->role].group < 0 || gan__cast_is_averaged(t->cast, warning->role);
    if (!gan__warning_counts(known) && !first) return GAN__LOOKS;
    for (size_t i = 0; model && looked_at && i < model->node_count; i++) {
        const gan_layer *layer = model->nodes[i].layer;
        const int32_t found =
            layer->kind->running ? normalisation_case(t, warning->role, layer) : -1;
        if (found < 0) continue;
        figures[0] = found;
        figures[1] = (double)i;
        return GAN__SEEN;
    }
    return GAN__GONE;
}

static void normalisation_tell(const gan_trainer *t, const gan__warning *warning,
                               const double figures[2], char *line, size_t size)
{
    static const char *const texts[] = {
        [NORMALISATION_SINGLE] =
            "normalises batches of one sample: each picture by itself in training, but by running "
            "statistics where samples are made; try instancenorm or groupnorm, or a larger batch",
        [NORMALISATION_STALE] =
            "has running statistics that are mostly what they began with, and samples are made "
            "with them; try a larger momentum=, or average= in the trainer",
        [NORMALISATION_UNSET] =
            "normalises by running statistics that nothing has set; give it trained weights",
    };
    const gan_model *model = t->players[warning->role].model;
    const double nodes = model ? (double)model->node_count : 0;
    const bool known = figures[1] >= 0 && figures[1] < nodes; /* it may be another model by now */
    const gan__node *node = known ? &model->nodes[(size_t)figures[1]] : NULL;
    const double last = NORMALISATION_UNSET;
    snprintf(line, size, "%s '%s' of '%s' %s", node ? node->layer->kind->kind.name : "a layer",
             node ? node->path : "", t->cast->roles[warning->role].name,
             texts[(int32_t)fmax(0, fmin(figures[0], last))]);
}

const gan__warning_kind gan__warning_normalisation = {
    .name = "normalisation",
    .times = 1,
    .look = normalisation_look,
    .tell = normalisation_tell,
};
