/* bench_layers.c: the heavy layers of the networks that gan bench trains, one by one. */
#include "bench_nets.h"

static const bench_layer dcgan64_g[] = {
    {"g1", "conv_transpose2d 512 kernel=4 bias=no", 1, 1, 100, 4, 4, 512},
    {"g2", "conv_transpose2d 256 kernel=4 stride=2 pad=1 bias=no", 4, 4, 512, 8, 8, 256},
    {"g3", "conv_transpose2d 128 kernel=4 stride=2 pad=1 bias=no", 8, 8, 256, 16, 16, 128},
    {"g4", "conv_transpose2d 64 kernel=4 stride=2 pad=1 bias=no", 16, 16, 128, 32, 32, 64},
    {"g5", "conv_transpose2d 3 kernel=4 stride=2 pad=1 bias=no", 32, 32, 64, 64, 64, 3},
};
static const bench_layer dcgan64_d[] = {
    {"d1", "conv2d 64 kernel=4 stride=2 pad=1 bias=no", 64, 64, 3, 32, 32, 64},
    {"d2", "conv2d 128 kernel=4 stride=2 pad=1 bias=no", 32, 32, 64, 16, 16, 128},
    {"d3", "conv2d 256 kernel=4 stride=2 pad=1 bias=no", 16, 16, 128, 8, 8, 256},
    {"d4", "conv2d 512 kernel=4 stride=2 pad=1 bias=no", 8, 8, 256, 4, 4, 512},
    {"d5", "conv2d 1 kernel=4 bias=no", 4, 4, 512, 1, 1, 1},
};
static const bench_layer dcgan28_g[] = {
    {"g1", "conv_transpose2d 128 kernel=7 bias=no", 1, 1, 100, 7, 7, 128},
    {"g2", "conv_transpose2d 64 kernel=4 stride=2 pad=1 bias=no", 7, 7, 128, 14, 14, 64},
    {"g3", "conv_transpose2d 1 kernel=4 stride=2 pad=1 bias=no", 14, 14, 64, 28, 28, 1},
};
static const bench_layer dcgan28_d[] = {
    {"d1", "conv2d 64 kernel=4 stride=2 pad=1 bias=no", 28, 28, 1, 14, 14, 64},
    {"d2", "conv2d 128 kernel=4 stride=2 pad=1 bias=no", 14, 14, 64, 7, 7, 128},
    {"d3", "conv2d 1 kernel=7 bias=no", 7, 7, 128, 1, 1, 1},
};

/* g4 stands there twelve times. */
static const bench_layer cyclegan128_g[] = {
    {"g1", "conv2d 64 kernel=7 pad=reflect:3", 128, 128, 3, 128, 128, 64},
    {"g2", "conv2d 128 kernel=3 stride=2 pad=1", 128, 128, 64, 64, 64, 128},
    {"g3", "conv2d 256 kernel=3 stride=2 pad=1", 64, 64, 128, 32, 32, 256},
    {"g4", "conv2d 256 kernel=3 pad=reflect:1", 32, 32, 256, 32, 32, 256},
    {"g5", "conv_transpose2d 128 kernel=3 stride=2 pad=1 output_pad=1", 32, 32, 256, 64, 64, 128},
    {"g6", "conv_transpose2d 64 kernel=3 stride=2 pad=1 output_pad=1", 64, 64, 128, 128, 128, 64},
    {"g7", "conv2d 3 kernel=7 pad=reflect:3", 128, 128, 64, 128, 128, 3},
};
static const bench_layer cyclegan128_d[] = {
    {"d1", "conv2d 64 kernel=4 stride=2 pad=1", 128, 128, 3, 64, 64, 64},
    {"d2", "conv2d 128 kernel=4 stride=2 pad=1", 64, 64, 64, 32, 32, 128},
    {"d3", "conv2d 256 kernel=4 stride=2 pad=1", 32, 32, 128, 16, 16, 256},
    {"d4", "conv2d 512 kernel=4 pad=1", 16, 16, 256, 15, 15, 512},
    {"d5", "conv2d 1 kernel=4 pad=1", 15, 15, 512, 14, 14, 1},
};

static const bench_layer hinge64_g[] = {
    {"g1", "dense 32768 bias=no", 1, 1, 128, 1, 1, 32768},
    {"g2", "conv_transpose2d 256 kernel=4 stride=2 pad=1 bias=no", 8, 8, 512, 16, 16, 256},
    {"g3", "conv_transpose2d 128 kernel=4 stride=2 pad=1 bias=no", 16, 16, 256, 32, 32, 128},
    {"g4", "conv_transpose2d 64 kernel=4 stride=2 pad=1 bias=no", 32, 32, 128, 64, 64, 64},
    {"g5", "conv2d 3 kernel=3 pad=1 bias=no", 64, 64, 64, 64, 64, 3},
};
static const bench_layer hinge64_d[] = {
    {"d1", "conv2d 64 kernel=3 pad=1 spectral=yes", 64, 64, 3, 64, 64, 64},
    {"d2", "conv2d 128 kernel=4 stride=2 pad=1 spectral=yes", 64, 64, 64, 32, 32, 128},
    {"d3", "conv2d 128 kernel=3 pad=1 spectral=yes", 32, 32, 128, 32, 32, 128},
    {"d4", "conv2d 256 kernel=4 stride=2 pad=1 spectral=yes", 32, 32, 128, 16, 16, 256},
    {"d5", "conv2d 256 kernel=3 pad=1 spectral=yes", 16, 16, 256, 16, 16, 256},
    {"d6", "conv2d 512 kernel=4 stride=2 pad=1 spectral=yes", 16, 16, 256, 8, 8, 512},
    {"d7", "conv2d 512 kernel=3 pad=1 spectral=yes", 8, 8, 512, 8, 8, 512},
    {"d8", "dense 1 spectral=yes", 8, 8, 512, 1, 1, 1},
};

/* e4 stands there six times, and in the shared layers. */
static const bench_layer unit64_e[] = {
    {"e1", "conv2d 64 kernel=7 pad=3", 64, 64, 3, 64, 64, 64},
    {"e2", "conv2d 128 kernel=3 stride=2 pad=1", 64, 64, 64, 32, 32, 128},
    {"e3", "conv2d 256 kernel=3 stride=2 pad=1", 32, 32, 128, 16, 16, 256},
    {"e4", "conv2d 256 kernel=3 pad=1", 16, 16, 256, 16, 16, 256},
};
static const bench_layer unit64_d[] = {
    {"d1", "conv_transpose2d 128 kernel=3 stride=2 pad=1 output_pad=1", 16, 16, 256, 32, 32, 128},
    {"d2", "conv_transpose2d 64 kernel=3 stride=2 pad=1 output_pad=1", 32, 32, 128, 64, 64, 64},
    {"d3", "conv2d 3 kernel=1", 64, 64, 64, 64, 64, 3},
};

static const bench_layer cgan28_g[] = {
    {"g1", "dense 6272 bias=no", 1, 1, 74, 1, 1, 6272},
    {"g2", "conv_transpose2d 64 kernel=4 stride=2 pad=1 bias=no", 7, 7, 128, 14, 14, 64},
    {"g3", "conv_transpose2d 1 kernel=4 stride=2 pad=1 bias=no", 14, 14, 64, 28, 28, 1},
};
static const bench_layer cgan28_d[] = {
    {"d1", "conv2d 64 kernel=4 stride=2 pad=1", 28, 28, 1, 14, 14, 64},
    {"d2", "conv2d 128 kernel=4 stride=2 pad=1", 14, 14, 64, 7, 7, 128},
    {"d3", "conv2d 128 kernel=3 pad=1", 7, 7, 138, 7, 7, 128},
    {"d4", "dense 1", 7, 7, 128, 1, 1, 1},
};

static const bench_layer vae28_e[] = {
    {"e1", "conv2d 32 kernel=4 stride=2 pad=1", 28, 28, 1, 14, 14, 32},
    {"e2", "conv2d 64 kernel=4 stride=2 pad=1", 14, 14, 32, 7, 7, 64},
    {"e3", "dense 256", 7, 7, 64, 1, 1, 256},
    {"e4", "dense 32", 1, 1, 256, 1, 1, 32}, /* both heads */
};
static const bench_layer vae28_d[] = {
    {"d1", "dense 256", 1, 1, 16, 1, 1, 256},
    {"d2", "dense 3136", 1, 1, 256, 1, 1, 3136},
    {"d3", "conv_transpose2d 32 kernel=4 stride=2 pad=1", 7, 7, 64, 14, 14, 32},
    {"d4", "conv_transpose2d 1 kernel=4 stride=2 pad=1", 14, 14, 32, 28, 28, 1},
};

static const bench_layer autoencoder28_d[] = {
    {"d1", "dense 256", 1, 1, 32, 1, 1, 256},
    {"d2", "dense 3136", 1, 1, 256, 1, 1, 3136},
    {"d3", "conv_transpose2d 32 kernel=4 stride=2 pad=1", 7, 7, 64, 14, 14, 32},
    {"d4", "conv_transpose2d 1 kernel=4 stride=2 pad=1", 14, 14, 32, 28, 28, 1},
};

#define COUNT(array) (int)(sizeof(array) / sizeof(array)[0])
#define STACK(net, batch, layers)         \
    {                                     \
        net, batch, layers, COUNT(layers) \
    }
const bench_stack bench_stacks[] = {
    STACK("dcgan64", 64, dcgan64_g),
    STACK("dcgan64", 64, dcgan64_d),
    STACK("dcgan28", 64, dcgan28_g),
    STACK("dcgan28", 64, dcgan28_d),
    STACK("cgan28", 64, cgan28_g),
    STACK("cgan28", 64, cgan28_d),
    STACK("vae28", 128, vae28_e),
    STACK("vae28", 128, vae28_d),
    STACK("autoencoder28", 128, autoencoder28_d),
    STACK("cyclegan128", 1, cyclegan128_g),
    STACK("cyclegan128", 1, cyclegan128_d),
    STACK("hinge64", 64, hinge64_g),
    STACK("hinge64", 64, hinge64_d),
    STACK("unit64", 1, unit64_e),
    STACK("unit64", 1, unit64_d),
};
const int bench_stack_count = COUNT(bench_stacks);
