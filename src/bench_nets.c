#include "bench_subject.h"

#include <stddef.h>

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
static const bench_layer mlp_g[] = {
    {"g1", "dense 256", 1, 1, 100, 1, 1, 256},
    {"g2", "dense 512", 1, 1, 256, 1, 1, 512},
    {"g3", "dense 1024", 1, 1, 512, 1, 1, 1024},
    {"g4", "dense 784", 1, 1, 1024, 1, 1, 784},
};
static const bench_layer mlp_d[] = {
    {"d1", "dense 512", 1, 1, 784, 1, 1, 512},
    {"d2", "dense 256", 1, 1, 512, 1, 1, 256},
    {"d3", "dense 1", 1, 1, 256, 1, 1, 1},
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

/* e4 stands there six times, and in the shared layers; decoders have two pictures. */
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

static const bench_kind game = {"gan loss=non_saturating reuse=yes batch=64",
                                {"generator", "discriminator"},
                                {"real"},
                                {"loss.discriminator", "loss.generator"},
                                .batch = 64};
static const bench_kind hinge = {"gan loss=hinge reuse=yes batch=64",
                                 {"generator", "discriminator"},
                                 {"real"},
                                 {"loss.discriminator", "loss.generator"},
                                 .batch = 64};
static const bench_kind penalised = {"gan loss=wgan_gp d_steps=1 reuse=yes batch=64",
                                     {"generator", "discriminator"},
                                     {"real"},
                                     {"loss.discriminator", "loss.generator"},
                                     .batch = 64};
static const bench_kind cgan = {"cgan loss=non_saturating reuse=yes batch=64",
                                {"generator", "discriminator"},
                                {"real", "mismatched"},
                                {"loss.discriminator", "loss.generator"},
                                .labels = "real.label",
                                .classes = 10,
                                .batch = 64};
static const bench_kind vae = {"vae batch=128",
                               {"encoder", "decoder"},
                               {"real"},
                               {"loss.reconstruction", "loss.kl"},
                               .batch = 128};
static const bench_kind autoencoder = {
    "autoencoder batch=128", {"encoder", "decoder"}, {"real"}, {"loss.autoencoder"}, .batch = 128};
static const bench_kind cycle = {"cyclegan",
                                 {"xy", "yx", "discriminator_x", "discriminator_y"},
                                 {"x", "y"},
                                 {"loss.generators", "loss.discriminators"},
                                 .batch = 1};
static const bench_kind unit = {NULL,
                                {"encoder_x", "encoder_y", "encoder", "decoder", "decoder_x",
                                 "decoder_y", "discriminator_x", "discriminator_y"},
                                .batch = 1,
                                .step = unit_step,
                                .optimizer = "adam lr=1e-4 beta1=0.5 weight_decay=1e-4",
                                .judges = 6};

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

#define UNIT_DEFAULTS                                  \
    "default conv2d kernel=3 pad=1 init=normal:0.02\n" \
    "default conv_transpose2d kernel=3 stride=2 pad=1 output_pad=1 init=normal:0.02\n"
#define UNIT_BLOCK "residual { conv2d 256; instancenorm; relu; conv2d 256; instancenorm }"
#define UNIT_ENCODER                                                            \
    UNIT_DEFAULTS "input 64 64 3; conv2d 64 kernel=7 pad=3; leaky_relu 0.01\n"  \
                  "conv2d 128 stride=2; leaky_relu 0.01; conv2d 256 stride=2\n" \
                  "leaky_relu 0.01; repeat 3 { " UNIT_BLOCK " }"
#define UNIT_SHARED UNIT_DEFAULTS "input 16 16 256; " UNIT_BLOCK
#define UNIT_DECODER                                                             \
    UNIT_DEFAULTS "input 16 16 256; repeat 3 { " UNIT_BLOCK " }\n"               \
                  "conv_transpose2d 128; leaky_relu 0.01; conv_transpose2d 64\n" \
                  "leaky_relu 0.01; conv2d 3 kernel=1 pad=0; tanh"
#define UNIT_D                                                                  \
    UNIT_DEFAULTS "input 64 64 3; conv2d 64 stride=2; leaky_relu 0.01\n"        \
                  "conv2d 128 stride=2; leaky_relu 0.01; conv2d 256 stride=2\n" \
                  "leaky_relu 0.01; conv2d 512 stride=2; leaky_relu 0.01\n"     \
                  "conv2d 1 kernel=1 pad=0"

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
    {"hinge64",
     &hinge,
     {DCGAN_DEFAULTS "input 128; dense 8*8*512 bias=no init=normal:0.02; reshape 8 8 512\n"
                     "batchnorm; relu; conv_transpose2d 256; batchnorm; relu\n"
                     "conv_transpose2d 128; batchnorm; relu; conv_transpose2d 64; batchnorm; relu\n"
                     "conv2d 3 kernel=3 stride=1; tanh",
      "default conv2d kernel=3 pad=1 spectral=yes init=normal:0.02\n"
      "input 64 64 3; conv2d 64; leaky_relu 0.1; conv2d 128 kernel=4 stride=2; leaky_relu 0.1\n"
      "conv2d 128; leaky_relu 0.1; conv2d 256 kernel=4 stride=2; leaky_relu 0.1\n"
      "conv2d 256; leaky_relu 0.1; conv2d 512 kernel=4 stride=2; leaky_relu 0.1\n"
      "conv2d 512; leaky_relu 0.1; dense 1 spectral=yes init=normal:0.02"},
     64,
     64,
     3,
     {hinge64_g, hinge64_d},
     {COUNT(hinge64_g), COUNT(hinge64_d)}},
    {"unit64",
     &unit,
     {UNIT_ENCODER, UNIT_ENCODER, UNIT_SHARED, UNIT_SHARED, UNIT_DECODER, UNIT_DECODER, UNIT_D,
      UNIT_D},
     64,
     64,
     3,
     {unit64_e, NULL, NULL, NULL, unit64_d},
     {COUNT(unit64_e), 0, 0, 0, COUNT(unit64_d)}},
};
const int bench_net_count = COUNT(bench_nets);
