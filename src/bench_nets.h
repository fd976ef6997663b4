/* bench_nets.h: the networks that gan bench trains, and their layers one by one. */
#ifndef BENCH_NETS_H
#define BENCH_NETS_H

#include <stdint.h>

/* One heavy layer: what goes in, what comes out, its window (1x1 for dense). */
typedef struct bench_layer {
    const char *name;      /* "d2" */
    const char *statement; /* in the network grammar */
    int h, w, c, oh, ow, k, r, s;
    int transposed;
} bench_layer;

typedef struct bench_net {
    const char *name; /* "dcgan64" */
    const char *generator, *discriminator, *trainer;
    int height, width, channels, latent;
    const bench_layer *g, *d;
    int g_count, d_count;
} bench_net;

extern const bench_net bench_nets[];
extern const int bench_net_count;

/* Multiply-adds of one sample's forward pass. */
double bench_layer_products(const bench_layer *layer);

/* Floating-point operations of one training step with `batch` samples: G once, D on real, fake and
 * again on fake; backward: D's weights for two batches and data for three (to its input for one),
 * G's weights and data. */
double bench_step_operations(const bench_net *net, int batch);

#endif
