/* undo.h: a step that fails leaves everything as it was.
 *
 * A failing step may have updated some groups, running statistics, u and v, and drawn numbers and
 * batches. Buffers are small and copied at each step's beginning; an optimiser keeps what undoing
 * its first update in the step needs, but for the last update of all; draws and data are counters.
 */
#ifndef GAN__UNDO_H
#define GAN__UNDO_H

#include "train/trainer.h"

/* Once, with the lists. */
gan_status gan__undo_create(gan_trainer *trainer);

/* Memory for the buffers of all models. Called when models have changed. */
gan_status gan__undo_prepare(gan_trainer *trainer);
void gan__undo_free(gan_trainer *trainer);

void gan__undo_begin(gan_trainer *trainer);
void gan__undo(gan_trainer *trainer);

/* After an undo: advances draws and data past the step that is given up, so that the next one
 * differs. */
gan_status gan__undo_skip(gan_trainer *trainer);

#endif
