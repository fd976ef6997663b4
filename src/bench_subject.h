/* bench_subject.h: what gan bench times: a layer alone, or steps of a training. */
#ifndef BENCH_SUBJECT_H
#define BENCH_SUBJECT_H

#include "bench_nets.h"

#include <gan/gan.h>

#include <stdbool.h>

typedef struct subject {
    gan_context *context;
    gan_tape *tape;
    gan_tensor *input, *seed, *labels;

    /* of a layer alone */
    gan_model *model;
    gan_value value;
    int pass; /* 0 forward, 1 data, 2 weights */

    /* of a training */
    const bench_net *net;
    gan_trainer *trainer;
} subject;

/* Uniform in [-1, 1), of a picture's shape. */
gan_status subject_tensor(subject *s, gan_tensor **out, int64_t n, int64_t h, int64_t w, int64_t c);

/* A training of the net, in s->context, with a batch to feed it: ready for its first step. */
gan_status subject_open(subject *s, const bench_net *net);
void subject_free(subject *s);

/* A step, or the few that are timed as one. */
gan_status subject_steps(subject *s);

/* The i-th role of the training and its network; false: there are not so many. */
bool subject_role(const subject *s, int index, const char **role, gan_model **model);

/* Trained numbers of all its networks; what two of them share counts in both. */
int64_t subject_weights(const subject *s);

#endif
