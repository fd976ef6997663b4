#include "bench_nets.h"

static const bench_layer dcgan64_g[] = {
    {"g1", "conv_transpose2d 512 kernel=4 bias=no", 1, 1, 100, 4, 4, 512, 4, 4, 1},
    {"g2", "conv_transpose2d 256 kernel=4 stride=2 pad=1 bias=no", 4, 4, 512, 8, 8, 256, 4, 4, 1},
    {"g3", "conv_transpose2d 128 kernel=4 stride=2 pad=1 bias=no", 8, 8, 256, 16, 16, 128, 4, 4, 1},
    {"g4", "conv_transpose2d 64 kernel=4 stride=2 pad=1 bias=no", 16, 16, 128, 32, 32, 64, 4, 4, 1},
    {"g5", "conv_transpose2d 3 kernel=4 stride=2 pad=1 bias=no", 32, 32, 64, 64, 64, 3, 4, 4, 1},
};
static const bench_layer dcgan64_d[] = {
    {"d1", "conv2d 64 kernel=4 stride=2 pad=1 bias=no", 64, 64, 3, 32, 32, 64, 4, 4, 0},
    {"d2", "conv2d 128 kernel=4 stride=2 pad=1 bias=no", 32, 32, 64, 16, 16, 128, 4, 4, 0},
    {"d3", "conv2d 256 kernel=4 stride=2 pad=1 bias=no", 16, 16, 128, 8, 8, 256, 4, 4, 0},
    {"d4", "conv2d 512 kernel=4 stride=2 pad=1 bias=no", 8, 8, 256, 4, 4, 512, 4, 4, 0},
    {"d5", "conv2d 1 kernel=4 bias=no", 4, 4, 512, 1, 1, 1, 4, 4, 0},
};
static const bench_layer dcgan28_g[] = {
    {"g1", "conv_transpose2d 128 kernel=7 bias=no", 1, 1, 100, 7, 7, 128, 7, 7, 1},
    {"g2", "conv_transpose2d 64 kernel=4 stride=2 pad=1 bias=no", 7, 7, 128, 14, 14, 64, 4, 4, 1},
    {"g3", "conv_transpose2d 1 kernel=4 stride=2 pad=1 bias=no", 14, 14, 64, 28, 28, 1, 4, 4, 1},
};
static const bench_layer dcgan28_d[] = {
    {"d1", "conv2d 64 kernel=4 stride=2 pad=1 bias=no", 28, 28, 1, 14, 14, 64, 4, 4, 0},
    {"d2", "conv2d 128 kernel=4 stride=2 pad=1 bias=no", 14, 14, 64, 7, 7, 128, 4, 4, 0},
    {"d3", "conv2d 1 kernel=7 bias=no", 7, 7, 128, 1, 1, 1, 7, 7, 0},
};
static const bench_layer mlp_g[] = {
    {"g1", "dense 256", 1, 1, 100, 1, 1, 256, 1, 1, 0},
    {"g2", "dense 512", 1, 1, 256, 1, 1, 512, 1, 1, 0},
    {"g3", "dense 1024", 1, 1, 512, 1, 1, 1024, 1, 1, 0},
    {"g4", "dense 784", 1, 1, 1024, 1, 1, 784, 1, 1, 0},
};
static const bench_layer mlp_d[] = {
    {"d1", "dense 512", 1, 1, 784, 1, 1, 512, 1, 1, 0},
    {"d2", "dense 256", 1, 1, 512, 1, 1, 256, 1, 1, 0},
    {"d3", "dense 1", 1, 1, 256, 1, 1, 1, 1, 1, 0},
};

#define COUNT(array) (int)(sizeof(array) / sizeof(array)[0])
#define TRAINER "gan loss=non_saturating reuse=yes batch=64"
#define DCGAN_DEFAULTS                                                            \
    "default conv_transpose2d kernel=4 stride=2 pad=1 bias=no init=normal:0.02\n" \
    "default conv2d kernel=4 stride=2 pad=1 bias=no init=normal:0.02\n"           \
    "default batchnorm init=normal:1,0.02\n"

const bench_net bench_nets[] = {
    {"dcgan64",
     DCGAN_DEFAULTS "input 100; conv_transpose2d 512 stride=1 pad=0; batchnorm; relu\n"
                    "conv_transpose2d 256; batchnorm; relu; conv_transpose2d 128; batchnorm; relu\n"
                    "conv_transpose2d 64; batchnorm; relu; conv_transpose2d 3; tanh",
     DCGAN_DEFAULTS
     "input 64 64 3; conv2d 64; leaky_relu 0.2; conv2d 128; batchnorm; leaky_relu 0.2\n"
     "conv2d 256; batchnorm; leaky_relu 0.2; conv2d 512; batchnorm; leaky_relu 0.2\n"
     "conv2d 1 stride=1 pad=0",
     TRAINER, 64, 64, 3, 100, dcgan64_g, dcgan64_d, COUNT(dcgan64_g), COUNT(dcgan64_d)},
    {"dcgan28",
     DCGAN_DEFAULTS "input 100; conv_transpose2d 128 kernel=7 stride=1 pad=0; batchnorm; relu\n"
                    "conv_transpose2d 64; batchnorm; relu; conv_transpose2d 1; tanh",
     DCGAN_DEFAULTS
     "input 28 28 1; conv2d 64; leaky_relu 0.2; conv2d 128; batchnorm; leaky_relu 0.2\n"
     "conv2d 1 kernel=7 stride=1 pad=0",
     TRAINER, 28, 28, 1, 100, dcgan28_g, dcgan28_d, COUNT(dcgan28_g), COUNT(dcgan28_d)},
    {"mlp",
     "input 100; dense 256; leaky_relu 0.2; dense 512; leaky_relu 0.2; dense 1024; leaky_relu 0.2\n"
     "dense 784; tanh; reshape 28 28 1",
     "input 28 28 1; dense 512; leaky_relu 0.2; dense 256; leaky_relu 0.2; dense 1", TRAINER, 28,
     28, 1, 100, mlp_g, mlp_d, COUNT(mlp_g), COUNT(mlp_d)},
};
const int bench_net_count = COUNT(bench_nets);

double bench_layer_products(const bench_layer *l)
{
    double pixels = l->transposed ? (double)l->h * l->w : (double)l->oh * l->ow;
    return pixels * l->c * l->k * l->r * l->s;
}

static double sum_products(const bench_layer *layers, int count)
{
    double sum = 0;
    for (int i = 0; i < count; i++) sum += bench_layer_products(&layers[i]);
    return sum;
}

double bench_step_operations(const bench_net *net, int batch)
{
    double g = sum_products(net->g, net->g_count), d = sum_products(net->d, net->d_count);
    double g_first = bench_layer_products(&net->g[0]), d_first = bench_layer_products(&net->d[0]);
    double forward = g + 3 * d;
    double backward = 2 * d + 2 * (d - d_first) + d + g + (g - g_first);
    return 2 * batch * (forward + backward);
}
