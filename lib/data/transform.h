/* transform.h: what becomes of pictures as they are drawn: another size, another domain, a part of
 * them, their mirror image. */
#ifndef GAN__TRANSFORM_H
#define GAN__TRANSFORM_H

#include "data/derive.h"

typedef enum gan__fit { GAN__FIT_PAD, GAN__FIT_STRETCH, GAN__FIT_CROP } gan__fit;

typedef enum gan__resize { GAN__RESIZE_BILINEAR, GAN__RESIZE_AREA } gan__resize;

/* What is made of pictures as they are drawn, in this order. */
typedef struct gan__transform_options {
    int64_t size[2];  /* 0 0: as they are */
    int32_t fit;      /* gan__fit */
    int32_t resize;   /* gan__resize: how it is brought to that size */
    int64_t channels; /* 0: as they are */
    int32_t derive;   /* gan__derive */
    int64_t crop[2];  /* 0 0: the whole */
    int32_t flip;     /* whether some are mirrored */
} gan__transform_options;

/* One axis of a resampling: out[i] = sum over j < taps of weight[i * taps + j] * in[start[i] + j].
 */
typedef struct gan__resample {
    int64_t in, out, taps;
    int64_t *start; /* NULL: the axis is copied as it is */
    float *weight;
} gan__resample;

/* in -> resample both axes -> place (or cut) in the middle of out -> repeat the channel -> derive
 * -> cut a part -> mirror. */
typedef struct gan__transform {
    gan__extent in, whole, out;  /* whole: before the cut */
    gan__resample rows, columns; /* columns first: that result lies in scratch */
    int64_t wide, high;          /* numbers after the columns, after the rows */
    bool weighs;                 /* colours by alpha, before the columns and after the rows */
    bool flip;
    gan__derive derive;
    int64_t channels; /* of what is derived from */
    bool identity;
} gan__transform;

/* Of what is stored as `integers`, the last of 2 or 4 channels is alpha. GAN_E_SHAPE if `channels`
 * is neither 0 nor in.c and in.c is not 1; the message begins with "data: ". */
gan_status gan__transform_create(gan__transform *out, gan_context *context, gan__extent in,
                                 bool integers, const gan__transform_options *options);
void gan__transform_free(gan_context *context, gan__transform *transform);

/* Floats of scratch that an application to pixels of that depth needs. */
int64_t gan__transform_scratch(const gan__transform *transform, int32_t depth);

/* Makes `out`, H x W x C float32 in [-1, 1], of pixels of the size `in`; what lies outside the
 * picture is black, -1. `key` decides by chance which part is cut and whether it is mirrored: with
 * 0 it is the middle, as it is. */
void gan__transform_apply(const gan__transform *transform, const gan__pixels *in, uint64_t key,
                          float *out, float *scratch);

#endif
