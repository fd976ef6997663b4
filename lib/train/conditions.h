/* conditions.h: what is known of the conditions that data brings: classes and their names, or
 * vectors. */
#ifndef GAN__CONDITIONS_H
#define GAN__CONDITIONS_H

#include "train/checkpoint.h"

void gan__condition_source_free(gan_context *context, gan__condition_source *condition);

/* Of the first field that brings something to the space: of the feed's data set, or, while it has
 * none, of the one that a checkpoint was saved with. Freed by the caller. */
gan_status gan__condition_source_find(const gan_trainer *trainer, int32_t space,
                                      gan__condition_source *out);

/* Of one field, written to a checkpoint or read from it, where its space is one of conditions. */
gan_status gan__checkpoint_condition(const gan__checkpoint *checkpoint, int32_t feed,
                                     int32_t field);

#endif
