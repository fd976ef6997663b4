/* bench_nets.h: the networks that gan bench trains, and their layers one by one. */
#ifndef BENCH_NETS_H
#define BENCH_NETS_H

#include <gan/gan.h>

/* One heavy layer: what goes in, what comes out. */
typedef struct bench_layer {
    const char *name;      /* "d2" */
    const char *statement; /* in the network grammar */
    int h, w, c, oh, ow, k;
} bench_layer;

enum { BENCH_ROLES = 8, BENCH_FEEDS = 2 };

typedef struct bench_net bench_net;
typedef struct subject subject;

/* What nets of one trainer kind have in common; NULL ends a list. */
typedef struct bench_kind {
    const char *trainer; /* NULL: step() with optimizers instead */
    const char *roles[BENCH_ROLES], *feeds[BENCH_FEEDS], *losses[2];
    const char *labels; /* a feed of class numbers, the samples' in turn; NULL: none */
    int classes, batch;
    gan_status (*step)(subject *s);
    const char *optimizer;
    int judges; /* the first role that has the second optimizer, as all behind it */
} bench_kind;

struct bench_net {
    const char *name; /* "dcgan64" */
    const bench_kind *kind;
    const char *models[BENCH_ROLES];
    int height, width, channels;
    const bench_layer *layers[BENCH_ROLES]; /* of a role whose layers no other has; else none */
    int layer_counts[BENCH_ROLES];
};

extern const bench_net bench_nets[];
extern const int bench_net_count;

#endif
