/* spaces.h: what all roles and feeds agree on, and what follows from it. */
#ifndef GAN__SPACES_H
#define GAN__SPACES_H

#include "train/trainer.h"

/* Settles the shape of every space, trainer->shapes, from the networks and the data: GAN_E_SHAPE
 * names the two sides that do not go together. A size that networks leave open is the data's; it
 * stays -1 where there is no data to say. */
gan_status gan__trainer_check_spaces(gan_trainer *trainer);

/* "pictures of 28 x 28 x 1". */
typedef struct gan__space_text {
    char text[128];
} gan__space_text;
const char *gan__space_print(const gan__space *space, gan__shape shape, gan__space_text *out);

#endif
