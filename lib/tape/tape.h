/* tape.h: a tape for those who keep a seed of their own: trainers. */
#ifndef GAN__TAPE_H
#define GAN__TAPE_H

#include <gan/tape.h>

#include <stdint.h>

/* Draws from `seed`, and is not counted among the context's tapes, whose seeds follow from their
 * number. Inside an entered call. */
gan_status gan__tape_create(gan_tape **out, gan_context *context, uint64_t seed);

#endif
