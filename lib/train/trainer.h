/* trainer.h: what a trainer kind is. A kind is one file whose step reads like its paper's
 * algorithm. */
#ifndef GAN__TRAINER_H
#define GAN__TRAINER_H

#include <gan/optimizer.h>
#include <gan/trainer.h>

#include "base/object.h"
#include "base/option.h"
#include "data/batch.h"
#include "model/model.h"
#include "optim/average.h"
#include "tape/tape.h"

enum { GAN__MAX_ROLES = 8, GAN__MAX_FEEDS = 8, GAN__MAX_VALUES = 24 };

/* A feed delivers one batch a step. */
typedef struct gan__feed_kind {
    const char *name;
    const char *field; /* of the data set: "image"; NULL: only gan_trainer_feed serves it, and it is
                          optional */
    const char *help;
} gan__feed_kind;

/* A role: one model, and the name of the optimiser group that trains it. */
typedef struct gan__role_kind {
    const char *name;
    const char *group;
    bool averaged; /* the option average= concerns it */
    const char *help;
} gan__role_kind;

typedef struct gan__trainer_kind {
    gan__kind kind; /* its struct begins with gan__trainer_common */
    const gan__role_kind *roles;
    int32_t role_count;
    const gan__feed_kind *feeds;
    int32_t feed_count;
    const char *const *groups;
    int32_t group_count;
    const char *const *values; /* what is measured, in the order of trainer->values */
    int32_t value_count;

    /* The reference setting of a group's optimiser, which may depend on the options. */
    const char *(*reference)(const gan_trainer *trainer, int32_t group);

    /* Models and feeds go together, with each other and with the options; called before the first
     * step and after each change. */
    gan_status (*check)(gan_trainer *trainer);

    /* Ends with gan__trainer_update_last. */
    gan_status (*step)(gan_trainer *trainer);

    /* Applies the averaged model of a role in training mode, as a step would, to some batches: the
     * means of their statistics become its own. All on a new tape, which draws for this alone. May
     * be NULL. */
    gan_status (*refresh)(gan_trainer *trainer, gan_tape *tape, int32_t role, gan_model *averaged);
} gan__trainer_kind;

extern const gan__trainer_kind *const gan__trainer_kinds[];
extern const int32_t gan__trainer_kind_count;

enum { GAN__ON_DIVERGENCE_STOP, GAN__ON_DIVERGENCE_SKIP };

/* What every trainer's struct begins with, and the block that fills it. */
typedef struct gan__trainer_common {
    int64_t batch;
    int32_t on_divergence; /* stop, skip */
    double average;
} gan__trainer_common;

extern const gan__option gan__trainer_common_options[3];

typedef struct gan__feed_state {
    gan_dataset *dataset;  /* retained; NULL: fed by hand */
    gan__batcher *batcher; /* of the data set; made before the first step */
    gan_tensor *fed;       /* retained until a step is made with it; overrides the data set */
    int64_t position;      /* where the batcher starts: from a checkpoint */
    char *text;            /* of the data set and its field that a checkpoint was saved with: */
    int64_t checksum;      /* see gan_dataset and gan__field; NULL or "": nothing is known */
} gan__feed_state;

/* Where every random stream and every feed stands. */
typedef struct gan__counters {
    uint64_t draws;
    int64_t positions[GAN__MAX_FEEDS];
} gan__counters;

/* What a failing step is undone from: see undo.h. */
typedef struct gan__undo_log {
    gan__store **stores; /* of all models, each once; borrowed from them */
    size_t store_count, store_capacity;
    unsigned char *kept;            /* what gan__stores_keep has of them */
    int32_t groups[GAN__MAX_ROLES]; /* in the order of their first updates in this step */
    int32_t group_count;
    gan__counters before, after;
} gan__undo_log;

struct gan_trainer {
    gan__object object;
    const gan__trainer_kind *kind;
    void *options;
    char *text;
    gan_model *models[GAN__MAX_ROLES];
    gan__average *averages[GAN__MAX_ROLES];    /* by role */
    gan_optimizer *optimizers[GAN__MAX_ROLES]; /* by group */
    char *specs[GAN__MAX_ROLES]; /* by group: what was asked for; NULL: the reference */
    gan__feed_state feeds[GAN__MAX_FEEDS];
    uint64_t seed;   /* of all that it draws: noise, dropout, orders of data */
    uint64_t root;   /* the context's when the training began, from which `seed` was made */
    char *precision; /* that a checkpoint was saved with; NULL: this is a new training */
    double values[GAN__MAX_VALUES];   /* measured by the step that is under way */
    double reported[GAN__MAX_VALUES]; /* and by the last one that was made */
    gan_tape *tape;
    int64_t steps;
    int64_t batch;   /* samples in this step: the option, or what was fed */
    bool ready;      /* checked, optimisers and batchers made */
    bool stepping;   /* a step is under way: nothing may be set, no other may begin */
    bool calling;    /* a step callback is under way: no step may begin */
    bool rehearsing; /* the step under way changes and computes nothing: see rehearsal.h */

    gan__undo_log undo;
};

/* Not counted among the context's trainers, whose seeds follow from their number: for a training
 * that goes on. */
gan_status gan__trainer_create(gan_trainer **out, gan_context *context, const char *spec,
                               uint64_t seed, uint64_t root);

/* For steps. */
static inline const gan__trainer_common *gan__trainer_options(const gan_trainer *trainer)
{
    return trainer->options;
}

/* The batch of a feed, put on the tape; *out is -1 for an optional feed that was not fed. */
gan_status gan__trainer_batch(gan_trainer *trainer, int32_t feed, gan_value *out);

/* Applies the model of a role, as gan_tape_apply does; a message names the role. */
gan_status gan__trainer_apply(gan_trainer *trainer, int32_t role, const char *mode,
                              const gan_value *inputs, int32_t input_count, gan_value *outputs,
                              int32_t output_count);

/* Reads a scalar of the tape into a measured value; GAN_E_DIVERGED with its name if it is not
 * finite. */
gan_status gan__trainer_measure(gan_trainer *trainer, int32_t value, gan_value scalar);

/* One update of a group from the gradients of its models, whose norm becomes a measured value; the
 * gradients are zero afterwards. GAN_E_DIVERGED names a norm, or the group of a new weight or
 * moment, that is not finite: the step must fail then. */
gan_status gan__trainer_update(gan_trainer *trainer, int32_t group, int32_t norm_value);

/* The same for the last update of a step, with which every step ends: nothing that comes after it
 * can fail, so it need not be undone, and saves the memory for that. GAN_E_DIVERGED also names a
 * running statistic, u or v of any model that the passes before it have made not finite. */
gan_status gan__trainer_update_last(gan_trainer *trainer, int32_t group, int32_t norm_value);

/* Cuts the weights of a role to [-limit, limit]. */
gan_status gan__trainer_clamp(gan_trainer *trainer, int32_t role, double limit);

/* Makes sure that a step can begin: GAN_E_STATE names what is missing. */
gan_status gan__trainer_ready(gan_trainer *trainer);
gan_status gan__trainer_make_optimizers(gan_trainer *trainer);

/* GAN_E_STATE for parameters that two roles share otherwise than by a part of both: a checkpoint
 * could not say so. All roles have models. */
gan_status gan__trainer_check_sharing(const gan_trainer *trainer);
gan_status gan__trainer_set_optimizer(gan_trainer *trainer, int32_t group, const char *spec);
int32_t gan__trainer_role(const gan_trainer *trainer, const char *name);  /* -1: none */
int32_t gan__trainer_group(const gan_trainer *trainer, const char *name); /* -1: none */

#endif
