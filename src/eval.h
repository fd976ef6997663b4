/* eval.h: what the files of gan eval share. */
#ifndef EVAL_H
#define EVAL_H

#include "eval_data.h"
#include "figures.h"
#include "routes.h"

typedef struct eval_order {
    const command *self;
    gan_context *context;
    const arguments *given;
    const char *subject, *other; /* RUN or A; B */
    const char *reference;       /* --reference */
    const char *judge;           /* --judge */
    int64_t count, most, seed;
    bool json, is_run, is_folder; /* of a run, with its recipe */
    route_request from;
    routes routes;
    run_data data, source;            /* source: whose pictures are translated */
    eval_set samples, compared, real; /* compared: the reference */
    features features;                /* width 0: rows are given */
    char judge_path[PATH_SIZE];       /* "": it is not kept */
    int64_t *labels;                  /* of samples of classes */
} eval_order;

/* eval_judge.c: the features that serve, by a judge that is there, or is trained; or of pixels.
 * EXIT_GOOD, or a code after a message. */
int eval_open_features(eval_order *o);

/* eval_samples.c: what the run makes, into o->samples and o->labels. Likewise. */
int eval_open_samples(eval_order *o);

/* eval_report.c: the answer, to standard output. `real` may be NULL. */
void eval_report(const eval_order *o, const figures *samples, const figures *real);

#endif
