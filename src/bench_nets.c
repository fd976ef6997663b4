#include "bench_nets.h"

#include <stddef.h>

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

/* g4 stands there twelve times. */
static const bench_layer cyclegan128_g[] = {
    {"g1", "conv2d 64 kernel=7 pad=reflect:3", 128, 128, 3, 128, 128, 64, 7, 7, 0},
    {"g2", "conv2d 128 kernel=3 stride=2 pad=1", 128, 128, 64, 64, 64, 128, 3, 3, 0},
    {"g3", "conv2d 256 kernel=3 stride=2 pad=1", 64, 64, 128, 32, 32, 256, 3, 3, 0},
    {"g4", "conv2d 256 kernel=3 pad=reflect:1", 32, 32, 256, 32, 32, 256, 3, 3, 0},
    {"g5", "conv_transpose2d 128 kernel=3 stride=2 pad=1 output_pad=1", 32, 32, 256, 64, 64, 128, 3,
     3, 1},
    {"g6", "conv_transpose2d 64 kernel=3 stride=2 pad=1 output_pad=1", 64, 64, 128, 128, 128, 64, 3,
     3, 1},
    {"g7", "conv2d 3 kernel=7 pad=reflect:3", 128, 128, 64, 128, 128, 3, 7, 7, 0},
};
static const bench_layer cyclegan128_d[] = {
    {"d1", "conv2d 64 kernel=4 stride=2 pad=1", 128, 128, 3, 64, 64, 64, 4, 4, 0},
    {"d2", "conv2d 128 kernel=4 stride=2 pad=1", 64, 64, 64, 32, 32, 128, 4, 4, 0},
    {"d3", "conv2d 256 kernel=4 stride=2 pad=1", 32, 32, 128, 16, 16, 256, 4, 4, 0},
    {"d4", "conv2d 512 kernel=4 pad=1", 16, 16, 256, 15, 15, 512, 4, 4, 0},
    {"d5", "conv2d 1 kernel=4 pad=1", 15, 15, 512, 14, 14, 1, 4, 4, 0},
};

static const bench_layer cgan28_g[] = {
    {"g1", "dense 6272 bias=no", 1, 1, 74, 1, 1, 6272, 1, 1, 0},
    {"g2", "conv_transpose2d 64 kernel=4 stride=2 pad=1 bias=no", 7, 7, 128, 14, 14, 64, 4, 4, 1},
    {"g3", "conv_transpose2d 1 kernel=4 stride=2 pad=1 bias=no", 14, 14, 64, 28, 28, 1, 4, 4, 1},
};
static const bench_layer cgan28_d[] = {
    {"d1", "conv2d 64 kernel=4 stride=2 pad=1", 28, 28, 1, 14, 14, 64, 4, 4, 0},
    {"d2", "conv2d 128 kernel=4 stride=2 pad=1", 14, 14, 64, 7, 7, 128, 4, 4, 0},
    {"d3", "conv2d 128 kernel=3 pad=1", 7, 7, 138, 7, 7, 128, 3, 3, 0},
    {"d4", "dense 1", 7, 7, 128, 1, 1, 1, 7, 7, 0},
};

static const bench_layer vae28_e[] = {
    {"e1", "conv2d 32 kernel=4 stride=2 pad=1", 28, 28, 1, 14, 14, 32, 4, 4, 0},
    {"e2", "conv2d 64 kernel=4 stride=2 pad=1", 14, 14, 32, 7, 7, 64, 4, 4, 0},
    {"e3", "dense 256", 7, 7, 64, 1, 1, 256, 7, 7, 0},
    {"e4", "dense 32", 1, 1, 256, 1, 1, 32, 1, 1, 0}, /* both heads */
};
static const bench_layer vae28_d[] = {
    {"d1", "dense 256", 1, 1, 16, 1, 1, 256, 1, 1, 0},
    {"d2", "dense 3136", 1, 1, 256, 1, 1, 3136, 1, 1, 0},
    {"d3", "conv_transpose2d 32 kernel=4 stride=2 pad=1", 7, 7, 64, 14, 14, 32, 4, 4, 1},
    {"d4", "conv_transpose2d 1 kernel=4 stride=2 pad=1", 14, 14, 32, 28, 28, 1, 4, 4, 1},
};

static const bench_layer autoencoder28_d[] = {
    {"d1", "dense 256", 1, 1, 32, 1, 1, 256, 1, 1, 0},
    {"d2", "dense 3136", 1, 1, 256, 1, 1, 3136, 1, 1, 0},
    {"d3", "conv_transpose2d 32 kernel=4 stride=2 pad=1", 7, 7, 64, 14, 14, 32, 4, 4, 1},
    {"d4", "conv_transpose2d 1 kernel=4 stride=2 pad=1", 14, 14, 32, 28, 28, 1, 4, 4, 1},
};

double bench_layer_products(const bench_layer *l)
{
    double pixels = l->transposed ? (double)l->h * l->w : (double)l->oh * l->ow;
    return pixels * l->c * l->k * l->r * l->s;
}

static double sum_products(const bench_net *net, int role)
{
    double sum = 0;
    for (int i = 0; i < net->layer_counts[role]; i++)
        sum += bench_layer_products(&net->layers[role][i]);
    return sum;
}

/* G once, D on so many batches of real samples, on fakes and again on fakes; backward: D's weights
 * for all but the last, data for all (to its input for the last), G's weights and data. */
static double play_products(const bench_net *net, int real)
{
    double g = sum_products(net, 0), d = sum_products(net, 1);
    double g_first = bench_layer_products(&net->layers[0][0]);
    double d_first = bench_layer_products(&net->layers[1][0]);
    double forward = g + (real + 2) * d;
    double backward = (real + 1) * (2 * d - d_first) + d + g + (g - g_first);
    return forward + backward;
}

static double game_products(const bench_net *net)
{
    return play_products(net, 1);
}

/* Real samples are matched and mismatched ones. */
static double cgan_products(const bench_net *net)
{
    return play_products(net, 2);
}

/* Six passes of generators: there, back, and on what they make; D on fakes, and again on real and
 * fake. Backward: weights and data of all generators, but for the data's gradient of four inputs
 * that are data; data of D twice, its weights and data, but not those of its pictures, four times.
 */
static double cycle_products(const bench_net *net)
{
    double g = sum_products(net, 0) + 11 * bench_layer_products(&net->layers[0][3]);
    double d = sum_products(net, 2);
    double g_first = bench_layer_products(&net->layers[0][0]);
    double d_first = bench_layer_products(&net->layers[2][0]);
    double forward = 6 * g + 6 * d;
    double backward = 12 * g - 4 * g_first + 2 * d + 4 * (2 * d - d_first);
    return forward + backward;
}

/* Both once; backward: weights and data, but not those of the picture. */
static double vae_products(const bench_net *net)
{
    double both = sum_products(net, 0) + sum_products(net, 1);
    return 3 * both - bench_layer_products(&net->layers[0][0]);
}

/* A critic's as well, once more: at a point between real and fake forward, and backward to it; the
 * tangent, and backward through both, to data and weights of each but for the point's own. */
static double penalty_products(const bench_net *net)
{
    const double d = sum_products(net, 1), d_first = bench_layer_products(&net->layers[1][0]);
    return play_products(net, 1) + d + d + d + 2 * (2 * d - d_first);
}

double bench_step_operations(const bench_net *net)
{
    return 2 * net->kind->batch * net->kind->products(net);
}

static const bench_kind game = {"gan loss=non_saturating reuse=yes batch=64",
                                {"generator", "discriminator"},
                                {"real"},
                                {"loss.discriminator", "loss.generator"},
                                NULL,
                                0,
                                64,
                                game_products};
static const bench_kind penalised = {"gan loss=wgan_gp d_steps=1 reuse=yes batch=64",
                                     {"generator", "discriminator"},
                                     {"real"},
                                     {"loss.discriminator", "loss.generator"},
                                     NULL,
                                     0,
                                     64,
                                     penalty_products};
static const bench_kind cgan = {"cgan loss=non_saturating reuse=yes batch=64",
                                {"generator", "discriminator"},
                                {"real", "mismatched"},
                                {"loss.discriminator", "loss.generator"},
                                "real.label",
                                10,
                                64,
                                cgan_products};
static const bench_kind vae = {"vae batch=128",
                               {"encoder", "decoder"},
                               {"real"},
                               {"loss.reconstruction", "loss.kl"},
                               NULL,
                               0,
                               128,
                               vae_products};
static const bench_kind autoencoder = {"autoencoder batch=128",
                                       {"encoder", "decoder"},
                                       {"real"},
                                       {"loss.autoencoder"},
                                       NULL,
                                       0,
                                       128,
                                       vae_products};
static const bench_kind cycle = {"cyclegan", {"xy", "yx", "discriminator_x", "discriminator_y"},
                                 {"x", "y"}, {"loss.generators", "loss.discriminators"},
                                 NULL,       0,
                                 1,          cycle_products};

#define COUNT(array) (int)(sizeof(array) / sizeof(array)[0])
#define DCGAN_DEFAULTS                                                            \
    "default conv_transpose2d kernel=4 stride=2 pad=1 bias=no init=normal:0.02\n" \
    "default conv2d kernel=4 stride=2 pad=1 bias=no init=normal:0.02\n"           \
    "default batchnorm init=normal:1,0.02\n"

#define CYCLE_G                                                                            \
    "default conv2d kernel=3 pad=reflect:1 init=normal:0.02\n"                             \
    "default conv_transpose2d kernel=3 stride=2 pad=1 output_pad=1 init=normal:0.02\n"     \
    "input 128 128 3; conv2d 64 kernel=7 pad=reflect:3; instancenorm; relu\n"              \
    "conv2d 128 stride=2 pad=1; instancenorm; relu\n"                                      \
    "conv2d 256 stride=2 pad=1; instancenorm; relu\n"                                      \
    "repeat 6 { residual { conv2d 256; instancenorm; relu; conv2d 256; instancenorm } }\n" \
    "conv_transpose2d 128; instancenorm; relu; conv_transpose2d 64; instancenorm; relu\n"  \
    "conv2d 3 kernel=7 pad=reflect:3; tanh"
#define CYCLE_D                                                 \
    "default conv2d kernel=4 stride=2 pad=1 init=normal:0.02\n" \
    "input 128 128 3; conv2d 64; leaky_relu 0.2\n"              \
    "conv2d 128; instancenorm; leaky_relu 0.2\n"                \
    "conv2d 256; instancenorm; leaky_relu 0.2\n"                \
    "conv2d 512 stride=1; instancenorm; leaky_relu 0.2; conv2d 1 stride=1"

const bench_net bench_nets[] = {
    {"dcgan64",
     &game,
     {DCGAN_DEFAULTS
      "input 100; conv_transpose2d 512 stride=1 pad=0; batchnorm; relu\n"
      "conv_transpose2d 256; batchnorm; relu; conv_transpose2d 128; batchnorm; relu\n"
      "conv_transpose2d 64; batchnorm; relu; conv_transpose2d 3; tanh",
      DCGAN_DEFAULTS
      "input 64 64 3; conv2d 64; leaky_relu 0.2; conv2d 128; batchnorm; leaky_relu 0.2\n"
      "conv2d 256; batchnorm; leaky_relu 0.2; conv2d 512; batchnorm; leaky_relu 0.2\n"
      "conv2d 1 stride=1 pad=0"},
     64,
     64,
     3,
     {dcgan64_g, dcgan64_d},
     {COUNT(dcgan64_g), COUNT(dcgan64_d)}},
    {"dcgan28",
     &game,
     {DCGAN_DEFAULTS "input 100; conv_transpose2d 128 kernel=7 stride=1 pad=0; batchnorm; relu\n"
                     "conv_transpose2d 64; batchnorm; relu; conv_transpose2d 1; tanh",
      DCGAN_DEFAULTS
      "input 28 28 1; conv2d 64; leaky_relu 0.2; conv2d 128; batchnorm; leaky_relu 0.2\n"
      "conv2d 1 kernel=7 stride=1 pad=0"},
     28,
     28,
     1,
     {dcgan28_g, dcgan28_d},
     {COUNT(dcgan28_g), COUNT(dcgan28_d)}},
    {"mlp",
     &game,
     {"input 100; dense 256; leaky_relu 0.2; dense 512; leaky_relu 0.2; dense 1024; leaky_relu "
      "0.2\n"
      "dense 784; tanh; reshape 28 28 1",
      "input 28 28 1; dense 512; leaky_relu 0.2; dense 256; leaky_relu 0.2; dense 1"},
     28,
     28,
     1,
     {mlp_g, mlp_d},
     {COUNT(mlp_g), COUNT(mlp_d)}},
    {"wgan_gp28",
     &penalised,
     {DCGAN_DEFAULTS "input 100; conv_transpose2d 128 kernel=7 stride=1 pad=0; batchnorm; relu\n"
                     "conv_transpose2d 64; batchnorm; relu; conv_transpose2d 1; tanh",
      DCGAN_DEFAULTS
      "input 28 28 1; conv2d 64; leaky_relu 0.2; conv2d 128; instancenorm affine=yes\n"
      "leaky_relu 0.2; conv2d 1 kernel=7 stride=1 pad=0"},
     28,
     28,
     1,
     {dcgan28_g, dcgan28_d},
     {COUNT(dcgan28_g), COUNT(dcgan28_d)}},
    {"cgan28",
     &cgan,
     {DCGAN_DEFAULTS "input noise 64; input condition 10; concat from noise condition\n"
                     "dense 7*7*128 bias=no init=normal:0.02; reshape 7 7 128; batchnorm; relu\n"
                     "conv_transpose2d 64; batchnorm; relu; conv_transpose2d 1; tanh",
      "default conv2d kernel=4 stride=2 pad=1 init=normal:0.02\n"
      "input image 28 28 1; input condition 10\n"
      "conv2d 64 from image; leaky_relu 0.2; conv2d 128; h = leaky_relu 0.2\n"
      "concat from h condition; conv2d 128 kernel=3 stride=1; leaky_relu 0.2; dense 1"},
     28,
     28,
     1,
     {cgan28_g, cgan28_d},
     {COUNT(cgan28_g), COUNT(cgan28_d)}},
    {"vae28",
     &vae,
     {"default conv2d kernel=4 stride=2 pad=1; input 28 28 1; conv2d 32; relu; conv2d 64; relu\n"
      "dense 256; h = relu; mean = dense 16; log_variance = dense 16 from h\n"
      "output mean log_variance",
      "default conv_transpose2d kernel=4 stride=2 pad=1; input 16; dense 256; relu\n"
      "dense 7*7*64; reshape 7 7 64; relu; conv_transpose2d 32; relu; conv_transpose2d 1"},
     28,
     28,
     1,
     {vae28_e, vae28_d},
     {COUNT(vae28_e), COUNT(vae28_d)}},
    {"autoencoder28",
     &autoencoder,
     {"default conv2d kernel=4 stride=2 pad=1; input 28 28 1; conv2d 32; relu; conv2d 64; relu\n"
      "dense 256; relu; dense 32",
      "default conv_transpose2d kernel=4 stride=2 pad=1; input 32; dense 256; relu\n"
      "dense 7*7*64; reshape 7 7 64; relu; conv_transpose2d 32; relu; conv_transpose2d 1; tanh"},
     28,
     28,
     1,
     {vae28_e, autoencoder28_d},
     {COUNT(vae28_e), COUNT(autoencoder28_d)}},
    {"cyclegan128",
     &cycle,
     {CYCLE_G, CYCLE_G, CYCLE_D, CYCLE_D},
     128,
     128,
     3,
     {cyclegan128_g, NULL, cyclegan128_d, NULL},
     {COUNT(cyclegan128_g), 0, COUNT(cyclegan128_d), 0}},
};
const int bench_net_count = COUNT(bench_nets);
