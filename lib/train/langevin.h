/* langevin.h: Langevin dynamics on what a discriminator takes: its score is climbed, with noise. */
#ifndef GAN__LANGEVIN_H
#define GAN__LANGEVIN_H

#include "train/trainer.h"

enum { GAN__START_NOISE, GAN__START_DATA };

/* steps= step= projection= noise= least= most= start= replay= buffer=. */
typedef struct gan__langevin {
    int64_t steps;
    double step, projection, noise, least, most;
    int32_t start; /* noise, data */
    double replay;
    int64_t buffer;
} gan__langevin;
extern const gan__option gan__langevin_options[9];

/* Options that do not go together are GAN_E_TEXT. */
gan_status gan__langevin_check(gan_context *context, const gan__langevin *langevin);

/* Where new chains begin: numbers drawn uniformly from [least, most), on a tape that is reset. */
gan_status gan__langevin_begin(gan_tape *tape, const gan__langevin *langevin, gan_tensor *out);

/* One step of each chain in `from`, (N, H, W, C) float32, on a tape that is reset:
 *
 *     y = x + noise * N(0, 1)
 *     x = clamp(y + step * clamp(dD/dy, projection), least, most)
 *
 * into `out`, another tensor. D's score is the mean of its map, where it has one. D is as it is
 * when samples are made: in evaluation mode, nothing of it changes. */
gan_status gan__langevin_move(gan_trainer *trainer, int32_t role, const gan__langevin *langevin,
                              const gan__application *d, gan_tensor *from, gan_tensor *out);

#endif
