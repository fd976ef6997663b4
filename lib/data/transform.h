/* transform.h: pictures brought to another size and number of channels as they are drawn. */
#ifndef GAN__TRANSFORM_H
#define GAN__TRANSFORM_H

#include "data/derive.h"

typedef enum gan__fit { GAN__FIT_PAD, GAN__FIT_STRETCH, GAN__FIT_CROP } gan__fit;

/* What is made of pictures as they are drawn, in this order. */
typedef struct gan__transform_options {
    int64_t size[2];  /* 0 0: as they are */
    int32_t fit;      /* gan__fit */
    int64_t channels; /* 0: as they are */
    int32_t derive;   /* gan__derive */
} gan__transform_options;

/* One axis of a resampling: out[i] = sum over j < taps of weight[i * taps + j] * in[start[i] + j].
 */
typedef struct gan__resample {
    int64_t in, out, taps;
    int64_t *start; /* NULL: the axis is copied as it is */
    float *weight;
} gan__resample;

/* in -> resample both axes -> place (or cut) in the middle of out -> repeat the channel -> derive.
 */
typedef struct gan__transform {
    gan__extent in, out;
    gan__resample rows, columns; /* columns first: that result lies in scratch */
    int64_t wide, high;          /* numbers after the columns, after the rows */
    gan__derive derive;
    bool identity;
} gan__transform;

/* GAN_E_SHAPE if `channels` is neither 0 nor in.c and in.c is not 1; the message begins with
 * "data: ". */
gan_status gan__transform_create(gan__transform *out, gan_context *context, gan__extent in,
                                 const gan__transform_options *options);
void gan__transform_free(gan_context *context, gan__transform *transform);

/* Floats of scratch that an application needs. */
int64_t gan__transform_scratch(const gan__transform *transform);

/* H x W x C float32 in [-1, 1] from `in` to `out`; what lies outside the picture is black, -1. */
void gan__transform_apply(const gan__transform *transform, const float *in, float *out,
                          float *scratch);

#endif
