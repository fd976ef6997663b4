/* eval_data.h: what gan eval compares: the pictures of a run's data, or of a command line. */
#ifndef EVAL_DATA_H
#define EVAL_DATA_H

#include "pictures.h"

/* Pictures, the first `count` of them, and what they are called. Zero-initialise. */
typedef struct eval_set {
    pictures pictures;
    int64_t count; /* 0: there are none */
    char name[PATH_SIZE + 64];
} eval_set;

void eval_set_free(eval_set *set);

/* A data set's, which is retained. `most`: no more are looked at. */
int eval_set_of_dataset(eval_set *out, const command *self, gan_context *context,
                        gan_dataset *dataset, int64_t most);

/* Of a folder, a file, an .npy array; or of a data set, `spec`. */
int eval_set_open(eval_set *out, const command *self, gan_context *context, const char *path,
                  const char *spec, int64_t most);

/* All points of a set, one behind the other: count x C, a new tensor. */
gan_status eval_set_points(gan_tensor **out, const eval_set *set, gan_context *context);

/* The data of a run's recipe. Zero-initialise. */
typedef struct run_data {
    gan_dataset *train, *heldout; /* the second may be NULL */
    char path[PATH_SIZE];         /* of the data, as the recipe has it; or its kind */
    char judge[PATH_SIZE];        /* of [run]; "": none is named */
    char feed[256];
    bool seen; /* the training has seen what is held out: the recipe holds nothing out */
} run_data;

/* Of the feed whose pictures are like the route's; "": "real". Where the recipe holds nothing out,
 * a tenth is set apart. `recipe` is its text; NULL: it lies in the run's folder. */
int run_data_open(run_data *out, const command *self, gan_context *context, const char *run,
                  const char *recipe, const char *feed);
void run_data_free(run_data *data);

#endif
