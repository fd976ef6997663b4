/* picture_maker.h: a generator, its runner and its noise, for sheets and samples. */
#ifndef PICTURE_MAKER_H
#define PICTURE_MAKER_H

#include "command.h"

typedef struct picture_maker {
    gan_context *context;
    gan_model *generator;
    gan_runner *runner;
    gan_tape *tape; /* draws the noise */
    int64_t batch;
    bool uniform; /* z is uniform in [-1, 1), not N(0, 1) */
} picture_maker;

/* Why no pictures can be made with this model, or NULL: it takes one input, the noise, and has one
 * output, both of fixed size; for a `sheet`, of 1 to 4 channels. Static. */
const char *picture_maker_fault(const gan_model *generator, bool sheet);

/* EXIT_GOOD, or EXIT_INPUT after a message, if a sheet of so many pictures of this generator has
 * more values than a PNG file may have. `name` is what asks for them: "--count". */
int picture_maker_check_sheet(const command *self, const gan_model *generator, const char *name,
                              int64_t count);

/* Whether the recipe's trainer draws its noise from [-1, 1); not so if it has no such option. */
bool recipe_noise_is_uniform(const gan_recipe *recipe);

/* For up to `batch` pictures at a time, with a generator that has no fault. */
gan_status picture_maker_create(picture_maker *out, gan_context *context, gan_model *generator,
                                int64_t batch, bool uniform);
void picture_maker_free(picture_maker *maker);

/* New weights. */
gan_status picture_maker_update(picture_maker *maker);

/* Makes `count` pictures, uint8 N x H x W x C, from noise that depends on the context's seed and on
 * `first`, the number of the first picture, alone. */
gan_status picture_maker_make(picture_maker *maker, int64_t first, int64_t count, gan_tensor **out);

#endif
