/* bench_nets.c: the trainings that gan bench times, as recipes, with the reference networks of each
 * kind. */
#include "bench_nets.h"

#include <stddef.h>

#define DCGAN_DEFAULTS                                                            \
    "default conv_transpose2d kernel=4 stride=2 pad=1 bias=no init=normal:0.02\n" \
    "default conv2d kernel=4 stride=2 pad=1 bias=no init=normal:0.02\n"           \
    "default batchnorm init=normal:1,0.02\n"
#define DCGAN_G28                                                          \
    "[model.generator]\n" DCGAN_DEFAULTS                                   \
    "input 100; conv_transpose2d 128 kernel=7 stride=1 pad=0; batchnorm\n" \
    "relu; conv_transpose2d 64; batchnorm; relu; conv_transpose2d 1; tanh\n"

/* ---- from noise ---- */

static const char dcgan64[] =
    "[model.generator]\n" DCGAN_DEFAULTS
    "input 100; conv_transpose2d 512 stride=1 pad=0; batchnorm; relu\n"
    "conv_transpose2d 256; batchnorm; relu; conv_transpose2d 128; batchnorm; relu\n"
    "conv_transpose2d 64; batchnorm; relu; conv_transpose2d 3; tanh\n"
    "[model.discriminator]\n" DCGAN_DEFAULTS
    "input 64 64 3; conv2d 64; leaky_relu 0.2; conv2d 128; batchnorm; leaky_relu 0.2\n"
    "conv2d 256; batchnorm; leaky_relu 0.2; conv2d 512; batchnorm; leaky_relu 0.2\n"
    "conv2d 1 stride=1 pad=0\n"
    "[trainer]\n"
    "gan loss=non_saturating reuse=yes\n";

static const char dcgan28[] =
    DCGAN_G28 "[model.discriminator]\n" DCGAN_DEFAULTS
              "input 28 28 1; conv2d 64; leaky_relu 0.2; conv2d 128; batchnorm; leaky_relu 0.2\n"
              "conv2d 1 kernel=7 stride=1 pad=0\n"
              "[trainer]\n"
              "gan loss=non_saturating reuse=yes\n";

static const char mlp[] =
    "[model.generator]\n"
    "input 100; dense 256; leaky_relu 0.2; dense 512; leaky_relu 0.2; dense 1024\n"
    "leaky_relu 0.2; dense 784; tanh; reshape 28 28 1\n"
    "[model.discriminator]\n"
    "input 28 28 1; dense 512; leaky_relu 0.2; dense 256; leaky_relu 0.2; dense 1\n"
    "[trainer]\n"
    "gan loss=non_saturating reuse=yes\n";

/* A discriminator that may have a penalty on its slope, of `channels` side by side. */
#define CRITIC28(channels, trainer)                                                         \
    DCGAN_G28 "[model.discriminator]\n" DCGAN_DEFAULTS "input 28 28 " channels              \
              "; conv2d 64; leaky_relu 0.2; conv2d 128\n"                                   \
              "instancenorm affine=yes; leaky_relu 0.2; conv2d 1 kernel=7 stride=1 pad=0\n" \
              "[trainer]\n" trainer "\n"

static const char wgan_gp28[] = CRITIC28("1", "gan loss=wgan_gp d_steps=1 reuse=yes");
static const char r1_28[] = CRITIC28("1", "gan loss=non_saturating penalty=r1 reuse=yes");
static const char dragan28[] = CRITIC28("1", "gan loss=non_saturating penalty=dragan reuse=yes");
static const char relativistic28[] =
    CRITIC28("1", "gan loss=non_saturating relativistic=yes reuse=yes");
static const char pack28[] = CRITIC28("2", "gan loss=non_saturating pack=2 reuse=yes");
static const char augment28[] =
    CRITIC28("1", "gan loss=non_saturating augment=flip,translate,colour,cutout reuse=yes");

static const char langevin28[] =
    "[model.discriminator]\n"
    "default conv2d kernel=4 stride=2 pad=1\n"
    "input 28 28 1; conv2d 32; silu; conv2d 64; silu; conv2d 64 kernel=3 stride=1; silu\n"
    "dense 64; silu; dense 1\n"
    "[trainer]\n"
    "discriminator steps=20 step=10 projection=0.03 noise=0.01 l2=0.1\n";

static const char cgan28[] =
    "[model.generator]\n" DCGAN_DEFAULTS
    "input noise 64; input condition 10; concat from noise condition\n"
    "dense 7*7*128 bias=no init=normal:0.02; reshape 7 7 128; batchnorm; relu\n"
    "conv_transpose2d 64; batchnorm; relu; conv_transpose2d 1; tanh\n"
    "[model.discriminator]\n"
    "default conv2d kernel=4 stride=2 pad=1 init=normal:0.02\n"
    "input image 28 28 1; input condition 10\n"
    "conv2d 64 from image; leaky_relu 0.2; conv2d 128; h = leaky_relu 0.2\n"
    "concat from h condition; conv2d 128 kernel=3 stride=1; leaky_relu 0.2; dense 1\n"
    "[trainer]\n"
    "cgan loss=non_saturating reuse=yes\n";

static const char hinge64[] =
    "[model.generator]\n" DCGAN_DEFAULTS
    "input 128; dense 8*8*512 bias=no init=normal:0.02; reshape 8 8 512\n"
    "batchnorm; relu; conv_transpose2d 256; batchnorm; relu\n"
    "conv_transpose2d 128; batchnorm; relu; conv_transpose2d 64; batchnorm; relu\n"
    "conv2d 3 kernel=3 stride=1; tanh\n"
    "[model.discriminator]\n"
    "default conv2d kernel=3 pad=1 spectral=yes init=normal:0.02\n"
    "input 64 64 3; conv2d 64; leaky_relu 0.1; conv2d 128 kernel=4 stride=2; leaky_relu 0.1\n"
    "conv2d 128; leaky_relu 0.1; conv2d 256 kernel=4 stride=2; leaky_relu 0.1\n"
    "conv2d 256; leaky_relu 0.1; conv2d 512 kernel=4 stride=2; leaky_relu 0.1\n"
    "conv2d 512; leaky_relu 0.1; dense 1 spectral=yes init=normal:0.02\n"
    "[trainer]\n"
    "gan loss=hinge reuse=yes\n";

/* ---- auto-encoders ---- */

#define SMALL_ENCODER                          \
    "[model.encoder]\n"                        \
    "default conv2d kernel=4 stride=2 pad=1\n" \
    "input 28 28 1; conv2d 32; relu; conv2d 64; relu\n"
#define SMALL_DECODER                                                            \
    "default conv_transpose2d kernel=4 stride=2 pad=1\n"                         \
    "dense 256; relu; dense 7*7*64; reshape 7 7 64; relu; conv_transpose2d 32\n" \
    "relu; conv_transpose2d 1\n"

static const char vae28[] =
    SMALL_ENCODER "dense 256; h = relu; mean = dense 16; log_variance = dense 16 from h\n"
                  "output mean log_variance\n"
                  "[model.decoder]\n"
                  "input 16\n" SMALL_DECODER "[trainer]\n"
                  "vae\n";

static const char autoencoder28[] = SMALL_ENCODER "dense 256; relu; dense 32\n"
                                                  "[model.decoder]\n"
                                                  "input 32\n" SMALL_DECODER "tanh\n"
                                                  "[trainer]\n"
                                                  "autoencoder\n";

/* Of Larsen and others (2016), for 64 pixels; what is compared is what its third half-size layer
 * makes. */
static const char vaegan64[] =
    "[model.encoder]\n"
    "default conv2d kernel=5 stride=2 pad=2 bias=no\n"
    "input 64 64 3; conv2d 64; batchnorm; relu; conv2d 128; batchnorm; relu\n"
    "conv2d 256; batchnorm; relu; dense 2048 bias=no; batchnorm; h = relu\n"
    "mean = dense 128; log_variance = dense 128 from h\n"
    "output mean log_variance\n"
    "[model.decoder]\n"
    "default conv_transpose2d kernel=5 stride=2 pad=2 output_pad=1 bias=no\n"
    "input 128; dense 8*8*256 bias=no; reshape 8 8 256; batchnorm; relu\n"
    "conv_transpose2d 256; batchnorm; relu; conv_transpose2d 128; batchnorm; relu\n"
    "conv_transpose2d 32; batchnorm; relu; conv2d 3 kernel=5 pad=2; tanh\n"
    "[model.discriminator]\n"
    "default conv2d kernel=5 stride=2 pad=2 bias=no\n"
    "input 64 64 3; conv2d 32 stride=1 bias=yes; relu; conv2d 128; batchnorm; relu\n"
    "conv2d 256; batchnorm; relu; conv2d 256; batchnorm; features = relu\n"
    "dense 512 bias=no; batchnorm; relu; score = dense 1\n"
    "output score features\n"
    "[trainer]\n"
    "vaegan\n";

/* ---- between two domains, directly ---- */

#define BLOCK "residual { conv2d 256; instancenorm; relu; conv2d 256; instancenorm }"
#define CYCLE_DEFAULTS                                         \
    "default conv2d kernel=3 pad=reflect:1 init=normal:0.02\n" \
    "default conv_transpose2d kernel=3 stride=2 pad=1 output_pad=1 init=normal:0.02\n"
#define CYCLE_BEGIN                                          \
    "conv2d 64 kernel=7 pad=reflect:3; instancenorm; relu\n" \
    "conv2d 128 stride=2 pad=1; instancenorm; relu\n"        \
    "conv2d 256 stride=2 pad=1; instancenorm; relu\n"
#define CYCLE_END                                                                         \
    "conv_transpose2d 128; instancenorm; relu; conv_transpose2d 64; instancenorm; relu\n" \
    "conv2d 3 kernel=7 pad=reflect:3; tanh\n"
#define CYCLE_G CYCLE_DEFAULTS "input 128 128 3\n" CYCLE_BEGIN "repeat 6 { " BLOCK " }\n" CYCLE_END
#define CYCLE_D                                                  \
    "default conv2d kernel=4 stride=2 pad=1 init=normal:0.02\n"  \
    "conv2d 64; leaky_relu 0.2; conv2d 128; instancenorm\n"      \
    "leaky_relu 0.2; conv2d 256; instancenorm; leaky_relu 0.2\n" \
    "conv2d 512 stride=1; instancenorm; leaky_relu 0.2; conv2d 1 stride=1\n"

static const char cyclegan128[] =
    "[model.xy, model.yx]\n" CYCLE_G "[model.discriminator_x, model.discriminator_y]\n"
    "input 128 128 3\n" CYCLE_D "[trainer]\n"
    "cyclegan\n";

static const char translate128[] = "[model.xy]\n" CYCLE_G "[model.discriminator_y]\n"
                                   "input 128 128 3\n" CYCLE_D "[trainer]\n"
                                   "translate\n";

/* Of the first steps: all have the same work. */
static const char discogan64[] =
    "[model.xy, model.yx]\n" DCGAN_DEFAULTS
    "input 64 64 3; conv2d 64; leaky_relu 0.2; conv2d 128; batchnorm; leaky_relu 0.2\n"
    "conv2d 256; batchnorm; leaky_relu 0.2; conv2d 512; batchnorm; leaky_relu 0.2\n"
    "conv_transpose2d 256; batchnorm; relu; conv_transpose2d 128; batchnorm; relu\n"
    "conv_transpose2d 64; batchnorm; relu; conv_transpose2d 3; tanh\n"
    "[model.discriminator_x, model.discriminator_y]\n" DCGAN_DEFAULTS
    "input 64 64 3; conv2d 64; leaky_relu 0.2; conv2d 128; batchnorm; h1 = leaky_relu 0.2\n"
    "conv2d 256; batchnorm; h2 = leaky_relu 0.2; conv2d 512; batchnorm; h3 = leaky_relu 0.2\n"
    "score = conv2d 1 stride=1 pad=0\n"
    "output score h1 h2 h3\n"
    "[trainer]\n"
    "discogan\n";

/* U-Nets of eight levels. At batch 1 instance and batch normalisation are one. */
static const char dualgan256[] =
    "[model.xy, model.yx]\n"
    "default conv2d kernel=4 stride=2 pad=1 init=normal:0.02\n"
    "default conv_transpose2d kernel=4 stride=2 pad=1 init=normal:0.02\n"
    "input 256 256 3; e1 = conv2d 64\n"
    "leaky_relu 0.2; conv2d 128; e2 = instancenorm; leaky_relu 0.2; conv2d 256\n"
    "e3 = instancenorm; leaky_relu 0.2; conv2d 512; e4 = instancenorm; leaky_relu 0.2\n"
    "conv2d 512; e5 = instancenorm; leaky_relu 0.2; conv2d 512; e6 = instancenorm\n"
    "leaky_relu 0.2; conv2d 512; e7 = instancenorm; leaky_relu 0.2; conv2d 512; relu\n"
    "conv_transpose2d 512; d1 = instancenorm; concat from d1 e7; relu\n"
    "conv_transpose2d 512; d2 = instancenorm; concat from d2 e6; relu\n"
    "conv_transpose2d 512; d3 = instancenorm; concat from d3 e5; relu\n"
    "conv_transpose2d 512; d4 = instancenorm; concat from d4 e4; relu\n"
    "conv_transpose2d 256; d5 = instancenorm; concat from d5 e3; relu\n"
    "conv_transpose2d 128; d6 = instancenorm; concat from d6 e2; relu\n"
    "conv_transpose2d 64; d7 = instancenorm; concat from d7 e1; relu\n"
    "conv_transpose2d 3; tanh\n"
    "[model.discriminator_x, model.discriminator_y]\n"
    "input 256 256 3\n" CYCLE_D "[trainer]\n"
    "dualgan\n";

/* ---- between domains, through what they have in common ---- */

/* The reference of Liu and Tuzel (2016). */
#define COGAN_INIT " init=xavier:1.4142 bias_init=constant:0.1"
static const char cogan28[] =
    "[part.trunk]\n"
    "default conv_transpose2d kernel=3 stride=2 pad=1" COGAN_INIT "\n"
    "input 100; conv_transpose2d 1024 kernel=4 stride=1 pad=0; batchnorm affine=no; prelu\n"
    "conv_transpose2d 512; batchnorm affine=no; prelu\n"
    "conv_transpose2d 256; batchnorm affine=no; prelu\n"
    "conv_transpose2d 128; batchnorm affine=no; prelu\n"
    "[part.tail]\n"
    "default conv2d" COGAN_INIT "\n"
    "input 12 12 20; conv2d 50 kernel=5; maxpool 2; conv2d 500 kernel=4; prelu\n"
    "conv2d 1 kernel=1\n"
    "[model.generator_x, model.generator_y]\n"
    "input 100; part trunk; conv_transpose2d 1 kernel=6 pad=1" COGAN_INIT "; tanh\n"
    "[model.discriminator_x, model.discriminator_y]\n"
    "input 28 28 1; conv2d 20 kernel=5" COGAN_INIT "; maxpool 2; part tail\n"
    "[trainer]\n"
    "cogan\n";

#define UNIT_DEFAULTS                                  \
    "default conv2d kernel=3 pad=1 init=normal:0.02\n" \
    "default conv_transpose2d kernel=3 stride=2 pad=1 output_pad=1 init=normal:0.02\n"

static const char unit64[] =
    "[part.inwards]\n" UNIT_DEFAULTS "input 16 16 256; " BLOCK "\n"
    "[part.outwards]\n" UNIT_DEFAULTS "input 16 16 256; " BLOCK "\n"
    "[model.encoder_x, model.encoder_y]\n" UNIT_DEFAULTS
    "input 64 64 3; conv2d 64 kernel=7 pad=3; leaky_relu 0.01\n"
    "conv2d 128 stride=2; leaky_relu 0.01; conv2d 256 stride=2; leaky_relu 0.01\n"
    "repeat 3 { " BLOCK " }; part inwards\n"
    "[model.decoder_x, model.decoder_y]\n" UNIT_DEFAULTS
    "input 16 16 256; part outwards; repeat 3 { " BLOCK " }\n"
    "conv_transpose2d 128; leaky_relu 0.01; conv_transpose2d 64; leaky_relu 0.01\n"
    "conv2d 3 kernel=1 pad=0; tanh\n"
    "[model.discriminator_x, model.discriminator_y]\n" UNIT_DEFAULTS
    "input 64 64 3; conv2d 64 stride=2; leaky_relu 0.01\n"
    "conv2d 128 stride=2; leaky_relu 0.01; conv2d 256 stride=2; leaky_relu 0.01\n"
    "conv2d 512 stride=2; leaky_relu 0.01; conv2d 1 kernel=1 pad=0\n"
    "[trainer]\n"
    "unit\n";

/* The networks of cyclegan, cut in the middle; two of the three domains have a turn. */
static const char combogan64[] =
    "[model.encoder_x, model.encoder_y, model.encoder_z]\n" CYCLE_DEFAULTS
    "input 64 64 3\n" CYCLE_BEGIN "repeat 3 { " BLOCK " }\n"
    "[model.decoder_x, model.decoder_y, model.decoder_z]\n" CYCLE_DEFAULTS
    "input 16 16 256; repeat 3 { " BLOCK " }\n" CYCLE_END
    "[model.discriminator_x, model.discriminator_y, model.discriminator_z]\n"
    "input 64 64 3\n" CYCLE_D "[trainer]\n"
    "combogan domains=x,y,z\n";

const bench_net bench_nets[] = {
    {"dcgan64", dcgan64, {"real"}, 64, 64, 64, 3, NULL, 0, 0},
    {"dcgan28", dcgan28, {"real"}, 64, 28, 28, 1, NULL, 0, 0},
    {"single28", dcgan28, {"real"}, 1, 28, 28, 1, NULL, 0, 0},
    {"mlp", mlp, {"real"}, 64, 28, 28, 1, NULL, 0, 0},
    {"wgan_gp28", wgan_gp28, {"real"}, 64, 28, 28, 1, NULL, 0, 0},
    {"r1_28", r1_28, {"real"}, 64, 28, 28, 1, NULL, 0, 0},
    {"dragan28", dragan28, {"real"}, 64, 28, 28, 1, NULL, 0, 0},
    {"relativistic28", relativistic28, {"real"}, 64, 28, 28, 1, NULL, 0, 0},
    {"pack28", pack28, {"real"}, 64, 28, 28, 1, NULL, 0, 0},
    {"augment28", augment28, {"real"}, 64, 28, 28, 1, NULL, 0, 0},
    {"langevin28", langevin28, {"real"}, 64, 28, 28, 1, NULL, 0, 0},
    {"cgan28", cgan28, {"real", "mismatched"}, 64, 28, 28, 1, "real.label", 10, 0},
    {"vae28", vae28, {"real"}, 128, 28, 28, 1, NULL, 0, 0},
    {"autoencoder28", autoencoder28, {"real"}, 128, 28, 28, 1, NULL, 0, 0},
    {"vaegan64", vaegan64, {"real"}, 16, 64, 64, 3, NULL, 0, 0},
    {"cyclegan128", cyclegan128, {"x", "y"}, 1, 128, 128, 3, NULL, 0, 0},
    {"translate128", translate128, {"x", "y"}, 1, 128, 128, 3, NULL, 0, 0},
    {"discogan64", discogan64, {"x", "y"}, 16, 64, 64, 3, NULL, 0, 3},
    {"dualgan256", dualgan256, {"x", "y"}, 1, 256, 256, 3, NULL, 0, 0},
    {"hinge64", hinge64, {"real"}, 64, 64, 64, 3, NULL, 0, 0},
    {"cogan28", cogan28, {"x", "y"}, 64, 28, 28, 1, NULL, 0, 0},
    {"unit64", unit64, {"x", "y"}, 1, 64, 64, 3, NULL, 0, 0},
    {"combogan64", combogan64, {"x", "y", "z"}, 1, 64, 64, 3, NULL, 0, 0},
};
const int bench_net_count = (int)(sizeof bench_nets / sizeof bench_nets[0]);
