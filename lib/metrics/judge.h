/* judge.h: the judge's description, network, and what it knows of its examples. */
#ifndef GAN__JUDGE_H
#define GAN__JUDGE_H

#include "base/option.h"
#include "data/data.h"

typedef struct gan__judge_options {
    int64_t rounds, batch, features, seed;
    double lr;
} gan__judge_options;

extern const gan__kind gan__judge_kind;

/* What a judge learns from: pictures of one size, labels of so many classes. */
typedef struct gan__judge_data {
    int32_t fields[2]; /* image, label */
    const gan__field *image;
    int64_t classes, count;
} gan__judge_data;

/* GAN_E_STATE without labels, of an unknown number of classes, of one. */
gan_status gan__judge_data_of(const gan_dataset *dataset, gan__judge_data *out);

/* Calls see(argument, image, label) for each example in order; nothing in it is left to chance. */
typedef gan_status gan__judge_see(void *argument, const float *image, float label);
gan_status gan__judge_each(gan_dataset *dataset, const gan__judge_data *data, gan__judge_see *see,
                           void *argument);

/* "8000 d202ef8d" */
enum { GAN__JUDGE_EXAMPLES = 48 };
gan_status gan__judge_examples(gan_dataset *dataset, const gan__judge_data *data,
                               char text[GAN__JUDGE_EXAMPLES]);

/* The network's text. */
void gan__judge_network(gan__text *text, const gan__judge_data *data, int64_t features);

#endif
