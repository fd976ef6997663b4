/* figures.h: how good rows of pictures are beside others, as numbers, a table, JSON. */
#ifndef FIGURES_H
#define FIGURES_H

#include "feature_rows.h"

#include <stdio.h>

enum { MOST_FIGURES = 12 };

/* NaN: not measured, for lack of a judge, of labels or of rows, or since there is no mixture. */
typedef struct figures {
    double values[MOST_FIGURES];
    bool measured;
} figures;

/* Gaussians that points are drawn from. Zero-initialise; centres NULL: there are none. */
typedef struct mixture {
    gan_tensor *centres; /* K x C */
    double deviation;
} mixture;

/* Those of a data set, if it is a mixture; NULL is none. */
gan_status mixture_of(mixture *out, const gan_dataset *data);
void mixture_free(mixture *m);

/* Of `rows` against the reference, which may be points of a mixture; else that is NULL. A figure
 * that needs more rows than there are is left out. */
gan_status figures_measure(figures *out, gan_context *context, const feature_rows *reference,
                           const feature_rows *rows, const mixture *m);

/* The number of a figure by its key, "frechet"; -1: there is none. And its key. */
int figures_find(const char *key);
const char *figures_key(int figure);

/* Whether the one is better than the other by a figure; of modes that are as many, by good ones. */
bool figures_better(const figures *one, const figures *other, int figure);

/* One column, or two: `other` may be NULL. */
void figures_print(const figures *f, const char *name, const figures *other, const char *second);

/* `"frechet": 1.25, ...`: null for what was not measured. */
void figures_print_json(const figures *f);

/* A text in quotes. */
void print_json_text(const char *text);

#endif
