/* picture_maker.h: networks that make pictures of what is drawn: their runners, their noise, and
 * the conditions that go with it. */
#ifndef PICTURE_MAKER_H
#define PICTURE_MAKER_H

#include "conditions.h"

enum { MOST_MAKERS = 64 };

/* Which examples there are: for each condition `count` of them, one after the other; or, where
 * `between` is not 0, so many ways of that length. */
typedef struct example_plan {
    int64_t conditions; /* 0: the networks take none */
    int64_t count;
    int64_t between; /* examples on a way; 0: there are no ways */
    bool grid;       /* each condition with the same codes, else all have others */
    bool crossing; /* a way keeps its code and goes to the next condition, else to the next code */
} example_plan;

int64_t example_count(const example_plan *plan);

/* All make pictures of one size from one and the same noise, and of the same condition. */
typedef struct picture_maker {
    gan_context *context;
    gan_model *models[MOST_MAKERS];
    gan_runner *runners[MOST_MAKERS];
    int count;
    gan_tape *tape; /* draws the noise; NULL: a new one will */
    int64_t batch;
    input_kind drawn; /* INPUT_UNKNOWN: as the networks say */
    bool floats;      /* numbers as they are made, else uint8 */
    example_plan plan;
    conditions conditions;
} picture_maker;

/* Whether pictures can be made with this model: all that it takes is drawn or a condition, and it
 * has one output, all of fixed size; for a `sheet`, of 1 to 4 channels. If not, `why` tells. */
bool picture_maker_serves(const gan_model *model, bool sheet, char why[256]);

/* The models, the plan and the conditions are in *maker, and without a fault; for up to `batch`
 * examples at a time. */
gan_status picture_maker_open(picture_maker *maker, gan_context *context, int64_t batch);
void picture_maker_free(picture_maker *maker); /* models and conditions, too */

/* Makes pictures of all examples, one of each model side by side: N x H x W x C. Codes depend
 * on the context's seed and on their number alone. */
gan_status picture_maker_make(picture_maker *maker, gan_tensor **out);

/* Pictures of numbers in [-1, 1], N x H x W x C, as bytes, as networks make them: a new tensor. */
gan_status picture_bytes(gan_tensor **out, gan_context *context, const gan_tensor *floats);

#endif
