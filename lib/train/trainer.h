/* trainer.h: what a trainer kind is, and a trainer at work. A kind is one file: its rows, its
 * options, and a step that reads like its paper's algorithm. */
#ifndef GAN__TRAINER_H
#define GAN__TRAINER_H

#include <gan/optimizer.h>
#include <gan/trainer.h>

#include "base/object.h"
#include "base/option.h"
#include "data/batch.h"
#include "data/pool.h"
#include "model/model.h"
#include "optim/average.h"
#include "tape/tape.h"
#include "train/cast.h"

/* Samples that a trainer draws by itself: see gan_trainer_sample. */
typedef struct gan__sampling {
    int64_t count;
    int64_t steps; /* 0: as the kind likes */
    int64_t
        columns; /* of each sample so many stages, from its start to its end; 1: the end alone */
    uint64_t seed;
    bool averaged;
} gan__sampling;

enum {
    GAN__SEES_PRIOR = 1,  /* codes that are drawn */
    GAN__SEES_OTHERS = 2, /* codes of other domains */
    GAN__SEES_POOLS = 4   /* what pools have kept */
};

typedef struct gan__trainer_kind {
    gan__kind kind; /* its options begin with gan__trainer_common */
    const gan__space_row *spaces;
    const gan__role_row *roles;
    const gan__feed_row *feeds;
    const gan__pool_row *pools;
    const gan__value_row *values;
    const struct gan__warning_row *warnings; /* see warnings.h */
    int32_t space_count, role_count, feed_count, pool_count, value_count, warning_count;

    /* GAN__SEES_...: what its averages' batch statistics are of, besides the data, noise, and the
     * codes of a network's own domain. */
    int32_t sees;

    /* The names of the domains, "a,b,c"; NULL: none has a star. */
    const char *(*domains)(const void *options);

    /* The reference setting of a group's optimiser. */
    const char *(*reference)(const void *options, const char *group);

    /* Statements that make the output of a role, in training logits or so, what it stands for:
     * "sigmoid; affine 2 -1". They end the routes through the role. NULL, or of NULL: none. */
    const char *(*finish)(const void *options, int32_t role);

    /* Samples that a step has for each one of batch=; NULL: one. */
    int64_t (*samples_each)(const void *options);

    /* What is to be known before the first step, and after each change; may be NULL. */
    gan_status (*prepare)(gan_trainer *trainer);

    /* How many of the first steps there are until no later one applies other networks, or in
     * another way, than one of them; NULL: all steps are alike. A rehearsal goes through them. */
    int64_t (*rounds)(const gan_trainer *trainer);

    /* Ends with gan__trainer_update_last. */
    gan_status (*step)(gan_trainer *trainer);

    /* Draws samples of a space that no route leads to: (count * columns, H, W, C) float32, those of
     * a sample one after the other. Both NULL: it has none. Roles have been bound. */
    const char *samples;
    gan_status (*sample)(gan_trainer *trainer, const gan__sampling *wanted, gan_tensor **out);
} gan__trainer_kind;

extern const gan__trainer_kind *const gan__trainer_kinds[];
extern const int32_t gan__trainer_kind_count;

/* The kinds that a context knows: the library's, unless it has a table of its own. */
void gan__trainer_kinds_of(const gan_context *context, const gan__kind *const **kinds,
                           size_t *count);

enum { GAN__ON_DIVERGENCE_STOP, GAN__ON_DIVERGENCE_SKIP };

/* What every trainer's options begin with. */
typedef struct gan__trainer_common {
    int64_t batch;
    int32_t on_divergence; /* stop, skip */
    double average;
} gan__trainer_common;

extern const gan__option gan__trainer_common_options[3];

/* ---- the state behind the lists of the cast ---- */

/* Of a role. */
typedef struct gan__player {
    gan_model *model; /* retained; NULL: none, or not set yet */
    gan__average *average;
    /* Which of the model's ports each of the signature's is; -1: it lacks an optional one. Outputs
     * of an open port stand at the end. Set by gan__player_bind. */
    int32_t *inputs, *outputs;
    int32_t input_count, output_count;
    /* Batches go through it one after the other: in one pass they would leave another state. */
    bool apart;
} gan__player;

/* What a field of conditions brings. */
typedef struct gan__condition_source {
    char *field;     /* of the data set: "label", "vector"; NULL: nothing is known */
    int64_t classes; /* of labels: how many there are; 0: not known */
    char *names;     /* of the classes, '\n' between them; NULL: they have none */
} gan__condition_source;

/* Of one field of a feed. */
typedef struct gan__field_state {
    gan_tensor *fed;  /* retained until a step is made with it; overrides the data set */
    int64_t checksum; /* of the examples that a checkpoint was saved with: see gan__field */
    gan__condition_source condition; /* of the data that a checkpoint was saved with */
} gan__field_state;

typedef struct gan__feed_state {
    gan_dataset *dataset;     /* retained; NULL: fed by hand */
    gan__batcher *batcher;    /* of the data set; made before the first step */
    gan_tensor *const *drawn; /* the batch that was delivered last: fields, then partners */
    int32_t drawn_count;      /* fields in it */
    bool has_partners;        /* they are in it too */
    gan__field_state *fields;
    int64_t position; /* where the batcher starts: from a checkpoint */
    char *text;       /* of the data set that a checkpoint was saved with; NULL or "": nothing is
                         known */
} gan__feed_state;

/* What chains of a step lie in, while the tape is reset between their moves. */
typedef struct gan__chains {
    gan_tensor *positives, *ends, *spare; /* (N, H, W, C) float32; NULL: not made yet */
    int64_t *places;                      /* of a pool, that they began at; -1: at none */
    size_t place_capacity;
} gan__chains;

/* Where every random stream and every feed stands. */
typedef struct gan__counters {
    uint64_t draws;
    int64_t *positions; /* by feed */
} gan__counters;

/* What a failing step is undone from: see undo.h. */
typedef struct gan__undo_log {
    gan__store **stores; /* of all models, each once; borrowed from them */
    size_t store_count, store_capacity;
    unsigned char *kept; /* what gan__stores_keep has of them */
    gan__counters before, after;
} gan__undo_log;

struct gan_trainer {
    gan__object object;
    const gan__trainer_kind *kind;
    void *options;
    char *text;
    gan__cast *cast;
    gan__player *players;       /* by role */
    gan_optimizer **optimizers; /* by group */
    char **specs;               /* by group: what was asked for; NULL: the reference */
    gan__feed_state *feeds;
    gan__pool **pools;
    uint64_t seed;    /* of all that it draws: noise, dropout, orders of data */
    uint64_t root;    /* the context's when the training began, from which `seed` was made */
    char *precision;  /* that a checkpoint was saved with; NULL: this is a new training */
    char *filter;     /* the same */
    double *values;   /* measured by the step that is under way; NaN: it does not, or not yet */
    double *reported; /* and by the last one that was made and measures it */
    double *flat;     /* of each value: see gan__terms; as the step under way has it */
    struct gan__warning *warnings; /* that it may give */
    int32_t warning_count;
    double *memory; /* what these remember, finite numbers, 0 at first: of the step under way, */
    double *kept;   /* and as the last one left them */
    gan__chains chains;
    gan_tape *tape;
    gan_model *together; /* of several roles: see together.h; NULL: none */
    gan__shape *shapes;  /* by space: what roles and feeds agree on; n is 1 */
    gan_value *ports;    /* of a network that is being applied */
    gan_model **scratch; /* the models of a group */
    size_t port_capacity;
    int64_t steps;
    int64_t batch;   /* samples in this step: the option, or what was fed */
    bool ready;      /* checked, optimisers and batchers made */
    bool stepping;   /* a step is under way: nothing may be set, no other may begin */
    bool calling;    /* a step callback is under way: no step may begin */
    bool rehearsing; /* the step under way changes and computes nothing: see rehearsal.h */

    gan__undo_log undo;
};

static inline const gan__trainer_common *gan__trainer_options(const gan_trainer *trainer)
{
    return trainer->options;
}

/* Samples of a step with a whole batch. */
static inline int64_t gan__trainer_samples(const gan_trainer *trainer)
{
    const int64_t batch = gan__trainer_options(trainer)->batch;
    return trainer->kind->samples_each ? batch * trainer->kind->samples_each(trainer->options)
                                       : batch;
}

/* Not counted among the context's trainers, whose seeds follow from their number: for a training
 * that goes on. */
gan_status gan__trainer_create(gan_trainer **out, gan_context *context, const char *spec,
                               uint64_t seed, uint64_t root);

/* Finds the ports of all networks that are there, and the shapes of the spaces, unless they are
 * known. */
gan_status gan__trainer_bind(gan_trainer *trainer);

/* Makes sure that a step can begin: GAN_E_STATE names what is missing. */
gan_status gan__trainer_ready(gan_trainer *trainer);
gan_status gan__trainer_make_optimizers(gan_trainer *trainer);

gan_status gan__trainer_set_optimizer(gan_trainer *trainer, int32_t group, const char *spec);

/* Whether nothing stands in the way of a change: no step is under way. */
gan_status gan__trainer_settable(const gan_trainer *trainer, const char *function);

/* bind.c: finds the model's ports of the role's signature. GAN_E_SHAPE names what is missing or
 * too much. */
gan_status gan__player_bind(gan_trainer *trainer, int32_t role);

/* Puts what a feed's field brings on a tape: numbers of classes become one-hot where the space has
 * channels. */
gan_status gan__trainer_put(const gan_trainer *trainer, gan_tape *tape,
                            const gan__feed_field *field, gan_tensor *tensor, gan_value *out);

/* Applies a network of the role, the trained one or its average, on a tape: see below. */
typedef struct gan__application {
    gan_tape *tape;
    gan_model *model;
    const char *mode;
    int32_t groups;
} gan__application;
gan_status gan__player_apply(gan_trainer *trainer, int32_t role, const gan__application *call,
                             const gan_value *inputs, gan_value *outputs);

/* ---- for steps ---- */

/* The fields of a feed's batch, put on the tape, in the order of its rows; -1 for one that it does
 * not have, or that was not fed. Classes go as numbers to a port of one channel, else one-hot. */
gan_status gan__trainer_batch(gan_trainer *trainer, int32_t feed, gan_value *fields);

/* Applies the network of a role: inputs and outputs in the order of its signature, an output that
 * it lacks is -1; the second, to several batches in one pass, group after group, `words` being
 * those of the mode besides. A message names the role. */
gan_status gan__trainer_apply(gan_trainer *trainer, int32_t role, const char *mode,
                              const gan_value *inputs, gan_value *outputs);
gan_status gan__trainer_apply_groups(gan_trainer *trainer, int32_t role, const char *mode,
                                     int32_t groups, const gan_value *inputs, gan_value *outputs);

/* Reads a scalar of the tape into a measured value; GAN_E_DIVERGED with its name if it is not
 * finite. */
gan_status gan__trainer_measure(gan_trainer *trainer, int32_t value, gan_value scalar);

/* What a network descends: a weighted sum of scalars. */
enum { GAN__MOST_TERMS = GAN__MAX_DOMAINS + 32 };
typedef struct gan__terms {
    gan_value values[GAN__MOST_TERMS];
    double weights[GAN__MOST_TERMS];
    int32_t count;
    double flat; /* of a discriminator's: what the sum is for one that says the same of everything;
                    0: it is not known */
} gan__terms;
static inline void gan__terms_add(gan__terms *terms, gan_value value, double weight)
{
    if (terms->count < GAN__MOST_TERMS) {
        terms->values[terms->count] = value;
        terms->weights[terms->count] = weight;
    }
    terms->count++; /* too many are refused by gan__trainer_sum */
}

/* Adds the sum of a domain's terms, say, as one term to those of all. */
gan_status gan__trainer_fold(gan_trainer *trainer, const gan__terms *own, gan__terms *all);

/* The sum, measured as `value`. */
gan_status gan__trainer_sum(gan_trainer *trainer, const gan__terms *terms, int32_t value,
                            gan_value *out);

/* Adds the gradient of a scalar to those of all roles of a group. */
gan_status gan__trainer_gradients(gan_trainer *trainer, gan_value loss, int32_t group);

/* The same for the last time: no other gradient comes by the applications that it came by, and the
 * memory of their layers serves those to come. */
gan_status gan__trainer_backward(gan_trainer *trainer, gan_value loss, int32_t group);

/* One update of a group from the gradients of its models, whose norm is measured, as is the rate;
 * the gradients are zero afterwards. GAN_E_DIVERGED names a norm, or the group of a new weight or
 * moment, that is not finite: the step must fail then. */
gan_status gan__trainer_update(gan_trainer *trainer, int32_t group);

/* As gan__trainer_update for the last update of a step, or the last of several groups, whose
 * gradients are all there: every step ends with it. Nothing that comes after it can fail, so it
 * need not be undone, and saves the memory for that. GAN_E_DIVERGED also names a running statistic,
 * u or v of any model that the passes before it have made not finite. */
gan_status gan__trainer_update_last(gan_trainer *trainer, const int32_t *groups, int32_t count);

/* Cuts the weights of a role to [-limit, limit]. */
gan_status gan__trainer_clamp(gan_trainer *trainer, int32_t role, double limit);

#endif
