/* optimizer.h: the inside of an optimiser: what trainers and checkpoints need. */
#ifndef GAN__OPTIMIZER_H
#define GAN__OPTIMIZER_H

#include <gan/optimizer.h>

#include "base/option.h"
#include "model/model.h"
#include "optim/schedule.h"

enum { GAN__MAX_MOMENTS = 3 };

/* What every optimiser's struct begins with, the block that fills it, and what is checked of it:
 * every kind's check calls that. A kind has its own lr and weight_decay. */
typedef struct gan__optimizer_common {
    double lr, weight_decay, clip;
    char *schedule;
} gan__optimizer_common;

extern const gan__option gan__optimizer_common_options[4];
gan_status gan__optimizer_check(gan_context *context, const void *options);

/* One store and what the optimiser knows about it. */
typedef struct gan__optimizer_state {
    gan__store *store;                /* retained */
    float *moments[GAN__MAX_MOMENTS]; /* store->weight_count each; NULL from moment_count on */
    int64_t steps; /* updates of this store: steps that left it out are not among them */
    float *undo; /* memory for the weights, then the moments, that undoing puts back; NULL until it
                    is first needed */
    bool kept;   /* they are there */
    int64_t kept_steps; /* and `steps` as it was then */

    /* Of the weights, then the moments: no |number| is above. True of weights of that version;
     * false where moments are written by anything but an update. */
    double most[1 + GAN__MAX_MOMENTS];
    uint64_t bounded_version;
    bool bounded;
} gan__optimizer_state;

/* The gradient of one parameter, in its store's. */
typedef struct gan__optimizer_span {
    const gan__store *store; /* of a state */
    int32_t segment;
} gan__optimizer_span;

/* One update: at `rate`, gradients multiplied by `scale` first. Old values go to `undo` unless it
 * is NULL; a trial changes nothing. */
typedef struct gan__optimizer_call {
    double rate, scale;
    float *undo;
    bool trial;
} gan__optimizer_call;

typedef struct gan__optimizer_kind {
    gan__kind kind; /* its struct begins with gan__optimizer_common */

    /* PyTorch's names of the moments that these options need; returns how many. */
    int32_t (*moments)(const void *options, const char *names[GAN__MAX_MOMENTS]);

    /* state->steps counts the updates before this one. Returns whether all that is new is finite.
     */
    bool (*update)(const gan_optimizer *optimizer, const gan__optimizer_state *state,
                   const gan__optimizer_call *call);

    /* Makes of bounds of |weight| and of each |moment| those after the update; no number of the
     * gradient, scaled, is above `gradient`. Returns false if there are none. */
    bool (*bound)(const gan_optimizer *optimizer, const gan__optimizer_state *state,
                  const gan__optimizer_call *call, double gradient,
                  double most[1 + GAN__MAX_MOMENTS]);
} gan__optimizer_kind;

extern const gan__optimizer_kind *const gan__optimizer_kinds[];
extern const int32_t gan__optimizer_kind_count;
extern const gan__optimizer_kind gan__optimizer_sgd, gan__optimizer_rmsprop, gan__optimizer_adam,
    gan__optimizer_adamw;

struct gan_optimizer {
    gan__object object;
    const gan__optimizer_kind *kind;
    void *options; /* the kind's struct */
    gan__schedule schedule;
    int32_t moment_count;
    const char *moment_names[GAN__MAX_MOMENTS];

    /* A checkpoint stores and sets back moments and steps of each state, and `steps`. */
    gan__optimizer_state *states;
    size_t state_count, state_capacity;
    int64_t steps; /* updates made: the schedule's time */

    /* Every parameter once, in the order of the models and of their parameters. The norm is summed
     * in this order, over those whose stores were reached, so that it does not depend on how
     * parameters are divided among stores. */
    gan__optimizer_span *spans;
    size_t span_count, span_capacity;

    double norm;        /* of the whole gradient in the last step, before clipping, also where that
                           diverged */
    bool overflowed;    /* the last step, if it diverged, did so only in what was new */
    bool kept;          /* an undoable step was made since the last undo or forget */
    int64_t kept_steps; /* and `steps` before it */
    char *text;
};

static inline const gan__optimizer_common *gan__optimizer_options(const gan_optimizer *optimizer)
{
    return optimizer->options;
}

/* The description as it is now. The caller frees *out. */
gan_status gan__optimizer_spell(const gan_optimizer *optimizer, char **out);

/* gan_optimizer_step in two halves, so that several optimisers that train no store together can
 * make their updates all or none: all try, then all apply. Between the two nothing that a step
 * starts from may change. `_try` finds the norm and fails as gan_optimizer_step does; it changes
 * nothing but gradients that are still empty in stores that were reached: their zeros are written.
 * `_apply` makes the update that was tried. */
gan_status gan__optimizer_try(gan_optimizer *optimizer);
void gan__optimizer_apply(gan_optimizer *optimizer);

/* Whether all that the update makes new of the store is sure to be finite. No: it must be tried. */
bool gan__bounds_prove(const gan_optimizer *optimizer, gan__optimizer_state *state,
                       const gan__optimizer_call *call);

/* Behind an update, before the store's version and the state's steps are moved on. */
void gan__bounds_follow(const gan_optimizer *optimizer, gan__optimizer_state *state,
                        const gan__optimizer_call *call);

/* A step that can be undone, in one pass where gan_optimizer_step needs two: it is not tried
 * before, and the first update of a store since the last undo or forget keeps the weights and
 * moments that it overwrites. If it diverges, it is half made: the caller undoes it. Nothing is
 * kept of what gan_optimizer_step and `_apply` overwrite: they come last, or where nobody undoes.
 * Several optimisers that train one store are undone in the reverse order of their first updates.
 */
gan_status gan__optimizer_step_undoable(gan_optimizer *optimizer);

/* Keeps what is not kept yet, of all stores: before weights are changed by anything but a step. */
gan_status gan__optimizer_keep(gan_optimizer *optimizer);

/* Puts everything that was kept back, bit for bit, and forgets it. Gradients stay. */
void gan__optimizer_undo(gan_optimizer *optimizer);

/* Undoing comes back to the present state from now on. */
void gan__optimizer_forget(gan_optimizer *optimizer);

/* What the next step, undoable or not, would do short of changing anything: makes the memory that
 * it needs, whatever stores it reaches. The weights count as changed, so that whoever applied them
 * before is stale, as after a step. */
gan_status gan__optimizer_rehearse(gan_optimizer *optimizer, bool undoable);

/* Numbers for which there is memory to undo. */
int64_t gan__optimizer_undo_count(const gan_optimizer *optimizer);

#endif
