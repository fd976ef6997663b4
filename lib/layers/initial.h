/* initial.h: how parameters start. */
#ifndef GAN__INITIAL_H
#define GAN__INITIAL_H

#include "layers/layer.h"

/* Fills `memory` (p->count floats, memory order) by p->initial. Random numbers are keyed by `step`,
 * the number of the parameter in its context, and by the element's place in PyTorch's order. */
gan_status gan__initial_fill(gan_context *context, const gan__parameter *p, uint64_t step,
                             float *memory);

#endif
