/* bench_nets.h: the trainings that gan bench times, and heavy layers one by one. */
#ifndef BENCH_NETS_H
#define BENCH_NETS_H

#include <gan/gan.h>

/* One heavy layer: what goes in, what comes out. */
typedef struct bench_layer {
    const char *name;      /* "d2" */
    const char *statement; /* in the network grammar */
    int h, w, c, oh, ow, k;
} bench_layer;

/* Layers of one network, at the batch of its training. */
typedef struct bench_stack {
    const char *net; /* "dcgan64" */
    int batch;
    const bench_layer *layers;
    int count;
} bench_stack;

extern const bench_stack bench_stacks[];
extern const int bench_stack_count;

enum { BENCH_FEEDS = 3 };

/* A training, which is fed the same pictures again and again. */
typedef struct bench_net {
    const char *name;   /* "dcgan64" */
    const char *recipe; /* its text, without data */
    const char *feeds[BENCH_FEEDS];
    int batch, height, width, channels;
    const char *labels; /* a feed of class numbers, the samples' in turn; NULL: none */
    int classes;
    int steps; /* that are timed as one, where they are unlike; 0: one alone */
} bench_net;

extern const bench_net bench_nets[];
extern const int bench_net_count;

#endif
