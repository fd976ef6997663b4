/* figures.h: how good rows of pictures are beside others, as numbers, a table, JSON. */
#ifndef FIGURES_H
#define FIGURES_H

#include "feature_rows.h"

#include <stdio.h>

enum { MOST_FIGURES = 10 };

/* NaN: not measured, for lack of a judge, of labels or of rows. */
typedef struct figures {
    double values[MOST_FIGURES];
} figures;

/* Of `rows` against the reference. A figure that needs more rows than there are is left out. */
gan_status figures_measure(figures *out, gan_context *context, const feature_rows *reference,
                           const feature_rows *rows);

/* One column, or two: `other` may be NULL. */
void figures_print(const figures *f, const char *name, const figures *other, const char *second);

/* `"frechet": 1.25, ...`: null for what was not measured. */
void figures_print_json(const figures *f);

/* A text in quotes. */
void print_json_text(const char *text);

#endif
