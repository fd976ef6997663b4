/* conditions.h: what --condition gives: classes, and vectors from files. */
#ifndef CONDITIONS_H
#define CONDITIONS_H

#include "inputs.h"

/* Rows of numbers, as the network's input takes them. Zero-initialise. */
typedef struct conditions {
    float *values; /* count x size */
    int64_t count, size;
    bool numbers; /* they are class numbers: nothing lies between two of them */
} conditions;

/* All that the command line gives for the network's condition, in its order; of a network of known
 * classes for which nothing is given, all of them. `run` is what messages call it. EXIT_GOOD, or a
 * code after a message. */
int conditions_open(conditions *out, const command *self, gan_context *context, const char *run,
                    const gan_model *model, const arguments *a);
void conditions_free(conditions *c);

/* The class that one of them is: its number, or the place of its largest one. */
int64_t conditions_class(const conditions *c, int64_t index);

/* The vectors of `count` examples of a data set, from everywhere in it. */
int conditions_of_examples(conditions *out, const command *self, gan_context *context,
                           gan_dataset *data, int64_t count);

/* What --condition takes, for --help. */
extern const char condition_notes[];

#endif
