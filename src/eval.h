/* eval.h: what the files of gan eval share, and gan train, which measures as it does. */
#ifndef EVAL_H
#define EVAL_H

#include "conditions.h"
#include "eval_data.h"
#include "figures.h"
#include "routes.h"

/* Of PacGAN's protocol: so many samples of a mixture. */
enum { MOST_COMPARED = 10000, MIXTURE_SAMPLES = 2500, MOST_SCORES = 8 };

/* What a discriminator says of pictures, on average: of those that it was trained on, of others,
 * of samples. NaN: there are none. */
typedef struct eval_score {
    char route[128]; /* "image > score" */
    double training, heldout, samples;
} eval_score;

typedef struct eval_order {
    const command *self;
    gan_context *context;
    const arguments *given;
    const char *subject, *other; /* RUN or A; B */
    const char *reference;       /* --reference */
    const char *judge;           /* --judge */
    int64_t count, most, seed;
    bool json, is_run, is_folder; /* of a run, with its recipe */
    const char *recipe;           /* its text; NULL: in the folder */
    route_request from;

    /* The same for all checkpoints of a run. */
    gan_tape *tape;             /* draws all noise: the context's first */
    run_data data, source;      /* source: whose pictures are translated */
    eval_set compared, real;    /* compared: the reference */
    features features;          /* width 0: rows are given */
    mixture mixture;            /* of the reference, if it is one */
    char judge_path[PATH_SIZE]; /* "": it is not kept */
    bool judge_is_new;
    feature_rows rows[3]; /* of samples, of the reference, of held-out pictures */

    /* Of one of them. */
    routes routes;
    eval_set samples;
    gan_tensor *made;      /* the samples as they are made, float32; NULL: none were made */
    int64_t *labels;       /* of samples of classes */
    conditions conditions; /* that they were made for: each `each` samples, one after the other */
    int64_t each;
    figures figures[2]; /* of samples, and of held-out pictures if there are some */
    eval_score scores[MOST_SCORES];
    int score_count;
} eval_order;

/* eval_run.c. A checkpoint's networks; what a run's samples are compared with; all of its figures,
 * once samples and features are there. EXIT_GOOD, or a code after a message; so are the codes of
 * all below. */
int eval_open_subject(eval_order *o);
int eval_open_reference(eval_order *o);
int eval_measure(eval_order *o);

/* What is of one checkpoint; all of it. */
void eval_forget_subject(eval_order *o);
void eval_free(eval_order *o);

/* eval_judge.c: the features that serve, by a judge that is there, or is trained; or of pixels, or
 * points. The second saves a judge that was trained, where it is kept. */
int eval_open_features(eval_order *o);
int eval_keep_judge(const eval_order *o);

/* eval_samples.c: what the run makes, into o->samples, o->made and o->labels. */
int eval_open_samples(eval_order *o);
int64_t eval_sample_count(const eval_order *o); /* how many are to be drawn */

/* eval_scores.c: o->scores, of every discriminator of such pictures. */
int eval_find_scores(eval_order *o);

/* How far held-out pictures are on the way from training pictures to samples: 0 where the
 * discriminator takes them for what it was trained on, 1 where it takes them for samples. */
double eval_overfitting(const eval_score *score);

/* eval_report.c: the answer, to standard output. */
void eval_report(const eval_order *o);

#endif
