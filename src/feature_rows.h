/* feature_rows.h: rows of numbers that pictures are compared by: of a judge (gan_judge_train), or,
 * where there is none, the pictures' own pixels. */
#ifndef FEATURE_ROWS_H
#define FEATURE_ROWS_H

#include "pictures.h"

/* The most pixels, times channels, of a picture that is its own row: larger ones are shrunk. */
enum { MOST_PIXEL_FEATURES = 2048 };

/* Zero-initialise. */
typedef struct features {
    gan_context *context;
    gan_model *judge; /* NULL: pixels */
    gan_runner *runner;
    int64_t size[3];        /* H, W, C that pictures are brought to */
    int64_t width, classes; /* of a row of features, of logits; classes 0: there are no logits */
    const char *fit;
} features;

/* Features of a judge, which is retained; GAN_E_FORMAT, after no message, for a model that is none:
 * it takes pictures of one size and has "features" and "logits". */
gan_status features_of_judge(features *out, gan_context *context, gan_model *judge);

/* Pixels of pictures of about this size. */
void features_of_pixels(features *out, gan_context *context, const int64_t size[3]);
void features_free(features *f);

/* Rows of some pictures. Zero-initialise. */
typedef struct feature_rows {
    gan_tensor *features, *logits, *labels; /* the second and third may be NULL */
} feature_rows;

/* Of `count` of them, from everywhere among them; their labels, if they are a data set that has
 * some. On failure messages name the picture. */
gan_status features_make(feature_rows *out, features *f, const pictures *p, int64_t count);
void feature_rows_free(feature_rows *rows);

#endif
