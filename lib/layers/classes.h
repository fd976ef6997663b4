/* classes.h: layers whose input is class numbers: one channel of whole numbers. */
#ifndef GAN__CLASSES_H
#define GAN__CLASSES_H

#include "layers/layer.h"

/* The whole number from 0 to count - 1 that x is, or -1. */
int64_t gan__class_of(float x, int64_t count);

/* A shape rule: one channel goes in, `channels` come out. */
gan_status gan__classes_shape(const gan_layer *layer, gan__shape in, int64_t channels,
                              gan__shape *out);

/* Admits whole numbers from 0 to count - 1; any other, NaN too, is GAN_E_ARGUMENT with its place.
 */
gan_status gan__classes_admit(const gan__op *op, int64_t count);

#endif
