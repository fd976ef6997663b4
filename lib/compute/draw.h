/* draw.h: arrays of random numbers. Element i of a draw is a function of (draw, start + i) alone.
 */
#ifndef GAN__DRAW_H
#define GAN__DRAW_H

#include "base/random.h"

#include "base/context.h"

/* [low, high): word / 2^32 in steps of 2^-24. */
void gan__draw_uniform(gan_context *context, const gan__draw *draw, uint64_t start, int64_t count,
                       float low, float high, float *out);

/* Box-Muller on pairs of words (elements 2j, 2j+1 share two words), with our own log, sin and cos.
 */
void gan__draw_normal(gan_context *context, const gan__draw *draw, uint64_t start, int64_t count,
                      float mean, float deviation, float *out);

/* 1 with probability p, else 0. */
void gan__draw_bernoulli(gan_context *context, const gan__draw *draw, uint64_t start, int64_t count,
                         float p, float *out);

#endif
