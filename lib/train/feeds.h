/* feeds.h: the data of a trainer: sets that batchers draw from, and batches that are handed over.
 */
#ifndef GAN__FEEDS_H
#define GAN__FEEDS_H

#include "train/trainer.h"

gan_status gan__feeds_create(gan_trainer *trainer);
void gan__feeds_free(gan_trainer *trainer);

/* gan_trainer_set_data and gan_trainer_feed. */
gan_status gan__feed_set_data(gan_trainer *trainer, int32_t feed, gan_dataset *data);
gan_status gan__feed_take(gan_trainer *trainer, int32_t feed, int32_t field, gan_tensor *batch);

/* GAN_E_STATE names a feed that has no data, or a field of it that was not fed with the others. */
gan_status gan__feeds_check(const gan_trainer *trainer);

/* Makes the batchers of all data sets. */
gan_status gan__feeds_prepare(gan_trainer *trainer);

/* The data set's field that serves a field of the feed; NULL: it has none. */
const gan__field *gan__feed_field_of(const gan_trainer *trainer, int32_t feed, int32_t field);

/* The tensors that the feed brings to a step, one for each of its fields, borrowed; NULL for one
 * that it lacks. A feed of partners brings those of the batch that was delivered last. */
gan_status gan__feed_tensors(gan_trainer *trainer, int32_t feed, gan_tensor *out[GAN__MAX_FIELDS]);

/* A batcher of the feed's fields, without partners, that moves nobody's position; its order follows
 * from `seed`. */
gan_status gan__feed_apart(const gan_trainer *trainer, int32_t feed, uint64_t seed, int64_t batch,
                           gan__batcher **out);

/* The batches of a step that was made or skipped are used up. */
void gan__feeds_drop(gan_trainer *trainer);

#endif
