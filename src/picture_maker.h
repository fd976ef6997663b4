/* picture_maker.h: networks that make pictures of what is drawn: their runners and their noise. */
#ifndef PICTURE_MAKER_H
#define PICTURE_MAKER_H

#include "command.h"

enum { MOST_MAKERS = 64 };

/* All make pictures of one size from one and the same noise. */
typedef struct picture_maker {
    gan_context *context;
    gan_model *models[MOST_MAKERS];
    gan_runner *runners[MOST_MAKERS];
    int count;
    gan_tape *tape; /* draws the noise */
    int64_t batch;
    int64_t between; /* pictures on the way from one code to the next; 0: every code is drawn */
    bool uniform;    /* z is uniform in [-1, 1), not N(0, 1) */
} picture_maker;

/* Whether pictures can be made with this model: it takes one input, what is drawn, and has one
 * output, both of fixed size; for a `sheet`, of 1 to 4 channels. If not, `why` tells. */
bool picture_maker_serves(const gan_model *model, bool sheet, char why[256]);

/* The models are in *maker, and without a fault; for up to `batch` codes at a time. */
gan_status picture_maker_open(picture_maker *maker, gan_context *context, int64_t batch);
void picture_maker_free(picture_maker *maker); /* the models, too */

/* Makes pictures of `count` codes, one of each model side by side: uint8 N x H x W x C. The codes
 * depend on the context's seed and on their number alone. */
gan_status picture_maker_make(picture_maker *maker, int64_t count, gan_tensor **out);

#endif
