/* bench_subject.h: what gan bench times: a layer alone, or a step of a training. */
#ifndef BENCH_SUBJECT_H
#define BENCH_SUBJECT_H

#include "bench_nets.h"

#include <gan/gan.h>

struct subject {
    gan_context *context;
    gan_tape *tape;
    gan_tensor *input, *seed, *labels;

    /* of a layer alone */
    gan_model *model;
    gan_value value;
    int pass; /* 0 forward, 1 data, 2 weights */

    /* of a training */
    const bench_net *net;
    gan_model *models[BENCH_ROLES];
    gan_trainer *trainer;
    gan_optimizer *optimizers[2]; /* where there is no trainer: of what makes pictures, and of what
                                     judges them */
};

/* Uniform in [-1, 1), of a picture's shape. */
gan_status subject_tensor(subject *s, gan_tensor **out, int64_t n, int64_t h, int64_t w, int64_t c);

/* A training of the net, in s->context, with a batch to feed it: ready for its first step. */
gan_status subject_open(subject *s, const bench_net *net);
void subject_free(subject *s);

/* Before each step; and the step, with its losses read. */
gan_status subject_feed(subject *s);
gan_status subject_step(subject *s);

/* bench_unit.c: a step of what the library has no trainer for yet, on the tape. */
gan_status unit_step(subject *s);

#endif
