/* measuring.h: a training's samples are measured while it goes on, as gan eval measures them, and
 * the best so far is kept. All that is measured is a copy of the training, in a context of its own:
 * the training has the same bits with and without. */
#ifndef MEASURING_H
#define MEASURING_H

#include "eval.h"
#include "saver.h"

/* Zero-initialise. The first eight are the caller's. */
typedef struct measuring {
    const command *self;
    const char *folder, *recipe; /* the recipe's text */
    saver *saver;
    int64_t every, samples; /* of [run]; every 0: nothing is measured */
    char best[32];          /* of [run] */
    char route[256];        /* of [run]; "" */
    gan_context *context;
    arguments none;
    eval_order order;
    int figure;      /* that decides */
    figures of_best; /* not measured: there is no best yet */
    int64_t best_step;
    double seconds; /* that measuring has taken, of the training's time */
} measuring;

/* What is measured, from the trainer as it is: finds out whether it can be, with a few samples.
 * Nothing is written yet. EXIT_GOOD, or a code after a message; so is the next. */
int measuring_open(measuring *m, gan_trainer *trainer, int64_t threads);

/* The folder is there: keeps the judge, and of a training that `resumes` measures the best that the
 * folder has, and what it goes on from, if that is `due`: the process may have ended before that
 * was measured. */
int measuring_begin(measuring *m, bool resumes, bool due);

/* Whether the state after this step is to be measured. */
bool measuring_is_due(const measuring *m, int64_t step, int64_t last);

/* Measures it: a line of the log and of the terminal; if it is the best, files of it. What cannot
 * be measured costs a message. */
void measuring_step(measuring *m);

void measuring_free(measuring *m);

#endif
