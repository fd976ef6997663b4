/* dots.h: what a trainer shows where its pictures are points of two numbers. */
#ifndef GAN__DOTS_H
#define GAN__DOTS_H

#include "train/trainer.h"

bool gan__dots_fit(gan__shape shape);

/* Points of the data in a space, drawn apart, (count, 1, 1, 2) float32, retained; NULL: no data set
 * brings any. */
gan_status gan__dots_data(const gan_trainer *trainer, int32_t space, int64_t count,
                          gan_tensor **out);

/* Pictures, of each the dots of the data, if there is some, and of `each` of the sets over it:
 * (pictures, H, W, 3) uint8. */
gan_status gan__dots_draw(gan_context *context, gan_tensor *data, gan_tensor *const *sets,
                          int64_t pictures, int64_t each, gan_tensor **out);

/* The same of samples that have so many stages each, one behind the other, in `made`: a picture
 * of each stage. */
gan_status gan__dots_stages(const gan_trainer *trainer, int32_t space, const gan_tensor *made,
                            int64_t stages, gan_tensor **out);

#endif
