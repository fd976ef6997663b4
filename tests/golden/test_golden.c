/* test_golden.c: five steps of trainers of one domain, and of cyclegan, against PyTorch in double;
 * make_traces.py made the traces. */
#include "golden.h"

static const golden_kind gan_kind = {{"generator", "discriminator"},
                                     {"real", "noise"},
                                     .losses = {"loss.discriminator", "loss.generator"}};
#define PENALTY "penalty", "penalty.norm"
static const golden_kind penalty_kind = {
    {"generator", "discriminator"},
    {"real", "noise"},
    .losses = {"loss.discriminator", "loss.generator", PENALTY}};
static const golden_kind drawn_penalty_kind = {
    {"generator", "discriminator"},
    {"real", "noise", "epsilon"},
    .losses = {"loss.discriminator", "loss.generator", PENALTY}};
static const golden_kind vae_kind = {
    {"encoder", "decoder"},
    {"real", "noise"},
    .losses = {"loss.autoencoder", "loss.reconstruction", "loss.kl"}};
static const golden_kind autoencoder_kind = {
    {"encoder", "decoder"}, {"real"}, .losses = {"loss.autoencoder"}};
static const golden_kind discriminator_kind = {{"discriminator"},
                                               {"real"},
                                               .losses = {"loss.discriminator", "score.positive",
                                                          "score.negative", "score.gap",
                                                          "accuracy.pairs"}};
#define CYCLE_ROLES                                      \
    {                                                    \
        "xy", "yx", "discriminator_x", "discriminator_y" \
    }
#define CYCLE_JUDGED(d) "score.real." d, "score.fake." d, "accuracy.real." d, "accuracy.fake." d
static const golden_kind cyclegan_kind = {
    CYCLE_ROLES,
    {"x", "y"},
    .losses = {"loss.generators", "loss.discriminators", "loss.cycle.x", "loss.cycle.y",
               "loss.identity.x", "loss.identity.y", CYCLE_JUDGED("x"), CYCLE_JUDGED("y")}};
static const golden_kind cyclegan_unlike_kind = {
    CYCLE_ROLES,
    {"x", "y"},
    .losses = {"loss.generators", "loss.discriminators", "loss.cycle.x", "loss.cycle.y",
               CYCLE_JUDGED("x"), CYCLE_JUDGED("y")}};
#define CGAN_FEEDS(condition)                                                              \
    {                                                                                      \
        "real", condition, "mismatched", "noise", "noise.generator", "condition.generator" \
    }
static const golden_kind cgan_score_kind = {
    {"generator", "discriminator"},
    CGAN_FEEDS("real.label"),
    .losses = {"loss.discriminator", "loss.generator", "score.matched", "score.mismatched",
               "score.fake", "accuracy.matched", "accuracy.mismatched", "accuracy.fake"}};
static const golden_kind cgan_heads_kind = {
    {"generator", "discriminator"},
    CGAN_FEEDS("real.vector"),
    .losses = {"loss.discriminator", "loss.generator", "loss.realness", "loss.match",
               "score.matched", "score.mismatched", "score.fake", "accuracy.matched",
               "accuracy.mismatched", "accuracy.fake", "score.match.matched",
               "score.match.mismatched", "score.match.fake", "accuracy.match.matched",
               "accuracy.match.mismatched", "accuracy.match.fake"}};

static const golden_kind cgan_penalised_kind = {
    {"generator", "discriminator"},
    {"real", "real.vector", "mismatched", "noise", "noise.generator", "condition.generator",
     "epsilon"},
    .losses = {"loss.discriminator", "loss.generator", "loss.realness", "loss.match",
               "score.matched", "score.mismatched", "score.fake", "accuracy.matched",
               "accuracy.mismatched", "accuracy.fake", "score.match.matched",
               "score.match.mismatched", "score.match.fake", "accuracy.match.matched",
               "accuracy.match.mismatched", "accuracy.match.fake", PENALTY}};

TEST(dcgan28)
{
    static const char *const texts[] = {
        "default conv_transpose2d bias=no; input 10\n"
        "conv_transpose2d 12 kernel=7; batchnorm; relu\n"
        "conv_transpose2d 6 kernel=4 stride=2 pad=1; batchnorm; relu\n"
        "conv_transpose2d 1 kernel=4 stride=2 pad=1; tanh",
        "default conv2d bias=no kernel=4 stride=2 pad=1; input 28 28 1\n"
        "conv2d 6; leaky_relu 0.2; conv2d 12; batchnorm; leaky_relu 0.2\n"
        "conv2d 1 kernel=7 stride=1 pad=0"};
    check_trace(&gan_kind, "dcgan28", "gan reuse=yes", texts);
}

TEST(mlp)
{
    static const char *const texts[] = {
        "input 10; dense 16; leaky_relu 0.2; dense 24; leaky_relu 0.2\n"
        "dense 196; tanh; reshape 14 14 1",
        "input 14 14 1; flatten; dense 24; leaky_relu 0.2; dense 16; leaky_relu 0.2; dense 1"};
    check_trace(&gan_kind, "mlp", "gan reuse=yes", texts);
}

#define SMOOTH_G                                \
    "input 10; dense 72; reshape 4 3 6; silu\n" \
    "conv_transpose2d 2 kernel=4 stride=2 pad=1; tanh"
#define SMOOTH_D(channels, norm, other)                                                          \
    "default conv2d kernel=3 pad=1 bias=no; input 8 6 " channels "\n"                            \
    "conv2d 6 kernel=4 stride=2 bias=yes; silu; conv2d 8; " norm "; tanh; conv2d 6; " other "\n" \
    "silu; conv2d 1 kernel=2 pad=0"
#define SMOOTH_APART(channels) SMOOTH_D(channels, "groupnorm 2", "instancenorm affine=yes")

/* Second derivatives, through what is nowhere piecewise linear. */
TEST(penalties)
{
    static const char *const one[] = {SMOOTH_G, SMOOTH_APART("2")};
    static const char *const two[] = {SMOOTH_G, SMOOTH_APART("4")};
    static const char *const three[] = {SMOOTH_G, SMOOTH_APART("6")};
    check_trace(&drawn_penalty_kind, "wgan_gp", "gan loss=wgan_gp d_steps=1 reuse=yes", one);
    check_trace(&drawn_penalty_kind, "wgan_gp", "gan loss=wgan penalty=wgan_gp d_steps=1 reuse=yes",
                one);
    check_trace(&drawn_penalty_kind, "dragan", "gan penalty=dragan reuse=yes", one);
    check_trace(&penalty_kind, "r1", "gan penalty=r1 reuse=yes", one);
    check_trace(&penalty_kind, "r2_packed", "gan penalty=r2 pack=3 reuse=yes", three);
    check_trace(&drawn_penalty_kind, "wgan_gp_packed",
                "gan loss=wgan_gp pack=2 d_steps=1 reuse=yes", two);
}

TEST(packed)
{
    static const char *const texts[] = {SMOOTH_G, SMOOTH_D("4", "batchnorm", "batchnorm")};
    check_trace(&gan_kind, "packed", "gan pack=2 reuse=yes", texts);
}

TEST(relativistic)
{
    static const char *const texts[] = {SMOOTH_G, SMOOTH_D("2", "batchnorm", "batchnorm")};
    check_trace(&gan_kind, "relativistic", "gan relativistic=yes reuse=yes", texts);
}

#define JUDGED_D(each)                                   \
    "default conv2d " each "; input 8 6 2\n"             \
    "conv2d 4 kernel=4 stride=2 pad=1; leaky_relu 0.2\n" \
    "conv2d 6 kernel=3 pad=1; leaky_relu 0.2; conv2d 1 kernel=2"

TEST(objectives)
{
    static const char g[] = "input 10; dense 48; reshape 4 3 4; batchnorm; relu\n"
                            "conv_transpose2d 2 kernel=4 stride=2 pad=1; tanh";
    static const char *const plain[] = {g, JUDGED_D("spectral=no")};
    static const char *const spectral[] = {g, JUDGED_D("spectral=yes")};
    static const char *const smooth[] = {SMOOTH_G,
                                         SMOOTH_D("2", "groupnorm 2", "instancenorm affine=yes")};
    check_trace(&gan_kind, "minimax", "gan loss=minimax smoothing=0.1 reuse=yes", plain);
    check_trace(&gan_kind, "lsgan", "gan loss=lsgan reuse=yes", spectral);
    check_trace(&gan_kind, "hinge", "gan loss=hinge reuse=yes", spectral);
    check_trace(&gan_kind, "relativistic_lsgan", "gan loss=lsgan relativistic=yes reuse=yes",
                spectral);
    check_trace(&gan_kind, "relativistic_hinge", "gan loss=hinge relativistic=yes reuse=yes",
                spectral);
    check_trace(&penalty_kind, "wgan_r1", "gan loss=wgan penalty=r1 d_steps=1 reuse=yes", smooth);
}

#define CGAN_G(condition)                                                          \
    "input noise 10; input condition " condition "; concat from noise condition\n" \
    "fc = dense 72 bias=no; reshape 4 3 6; n = batchnorm; relu\n"                  \
    "up = conv_transpose2d 2 kernel=4 stride=2 pad=1; tanh"
#define CGAN_D(condition, heads)                                                 \
    "input image 8 6 2; input condition " condition "\n"                         \
    "c1 = conv2d 6 kernel=4 stride=2 pad=1 bias=no from image; n1 = batchnorm\n" \
    "trunk = leaky_relu 0.2; concat from trunk condition\n"                      \
    "c2 = conv2d 8 kernel=3 pad=1 bias=no; n2 = batchnorm; leaky_relu 0.2\n" heads

TEST(cgan_score)
{
    static const char *const texts[] = {CGAN_G("3"), CGAN_D("3", "score = dense 1")};
    check_trace(&cgan_score_kind, "cgan_score", "cgan mismatch=0.5 fake=0.5", texts);
}

TEST(cgan_heads)
{
    static const char *const texts[] = {
        CGAN_G("5"), CGAN_D("5", "match = dense 1\n"
                                 "realness = dense 1 from trunk; output realness match")};
    check_trace(&cgan_heads_kind, "cgan_heads", "cgan mismatch=0.75 fake=1.25", texts);
}

TEST(cgan_penalised)
{
    static const char *const texts[] = {
        CGAN_G("5"), "input image 8 6 2; input condition 5\n"
                     "c1 = conv2d 6 kernel=4 stride=2 pad=1 bias=no from image; n1 = groupnorm 3\n"
                     "trunk = silu; concat from trunk condition\n"
                     "c2 = conv2d 8 kernel=3 pad=1 bias=no; n2 = groupnorm 2; silu\n"
                     "match = dense 1; realness = dense 1 from trunk; output realness match"};
    check_trace(&cgan_penalised_kind, "cgan_penalised",
                "cgan mismatch=0.75 fake=1.25 penalty=wgan_gp", texts);
}

static const char *const vae_texts[] = {
    "default conv2d kernel=4 stride=2 pad=1; input 12 12 1\n"
    "conv2d 3; relu; conv2d 6 bias=no; batchnorm; h = relu\n"
    "mean = dense 10; log_variance = dense 10 from h; output mean log_variance",
    "default conv_transpose2d kernel=4 stride=2 pad=1; input 10\n"
    "dense 54; reshape 3 3 6; relu; conv_transpose2d 3 bias=no; batchnorm; relu\n"
    "conv_transpose2d 1"};

TEST(discriminator)
{
    static const char *const texts[] = {
        "input 8 6 2; conv2d 5 kernel=3 pad=1 spectral=yes; silu\n"
        "conv2d 6 kernel=4 stride=2 pad=1 bias=no; batchnorm; silu; conv2d 1 kernel=3 pad=1"};
    check_trace(&discriminator_kind, "discriminator",
                "discriminator steps=4 step=6 projection=0.02 noise=0.05 replay=0.6 buffer=15",
                texts);
}

TEST(discriminator_data)
{
    static const char *const texts[] = {"input 8 6 2; flatten; dense 16; tanh; dense 1"};
    check_trace(&discriminator_kind, "discriminator_data",
                "discriminator loss=non_saturating l2=0.25 steps=7 step=2 projection=0 noise=0 "
                "start=data replay=0 buffer=0",
                texts);
}

TEST(vae_bernoulli)
{
    check_trace(&vae_kind, "vae_bernoulli", "vae", vae_texts);
}

TEST(vae_gaussian)
{
    check_trace(&vae_kind, "vae_gaussian", "vae likelihood=gaussian deviation=0.5 beta=2",
                vae_texts);
}

static const char *const autoencoder_texts[] = {
    "default conv2d kernel=4 stride=2 pad=1; input 8 12 2\n"
    "conv2d 3 bias=no; batchnorm; relu; conv2d 6; relu; flatten; dense 5",
    "default conv_transpose2d kernel=4 stride=2 pad=1; input 5\n"
    "dense 36; reshape 2 3 6; relu; conv_transpose2d 3 bias=no; batchnorm; relu\n"
    "conv_transpose2d 2"};

TEST(autoencoder)
{
    check_trace(&autoencoder_kind, "autoencoder_l1", "autoencoder loss=l1", autoencoder_texts);
    check_trace(&autoencoder_kind, "autoencoder_l2", "autoencoder", autoencoder_texts);
    check_trace(&autoencoder_kind, "autoencoder_bce", "autoencoder loss=bce", autoencoder_texts);
}

#define CYCLE_G                                                                   \
    "default conv2d kernel=3 pad=reflect:1; input 16 12 2\n"                      \
    "conv2d 4; instancenorm; relu; conv2d 6 stride=2 pad=1; instancenorm; relu\n" \
    "residual { conv2d 6; instancenorm; relu; conv2d 6; instancenorm }\n"         \
    "conv_transpose2d 4 kernel=3 stride=2 pad=1 output_pad=1; instancenorm; relu; conv2d 2; tanh"
#define CYCLE_D(size, norm)                                              \
    "input " size "; conv2d 4 kernel=4 stride=2 pad=1; leaky_relu 0.2\n" \
    "conv2d 6 kernel=4 pad=1; " norm "; leaky_relu 0.2; conv2d 1 kernel=3 pad=1"

/* Those of the reference implementation, but for sizes; their weights are fed, the coins of the
 * history are drawn. */
TEST(cyclegan)
{
    static const char *const texts[] = {CYCLE_G, CYCLE_G, CYCLE_D("16 12 2", "instancenorm"),
                                        CYCLE_D("16 12 2", "instancenorm")};
    check_trace(&cyclegan_kind, "cyclegan", "cyclegan pool=2", texts);
}

TEST(cyclegan_unlike)
{
    static const char *const texts[] = {
        "input 8 6 1; conv2d 4 kernel=3 pad=1; batchnorm; relu\n"
        "conv_transpose2d 3 kernel=4 stride=2 pad=1; tanh",
        "input 16 12 3; conv2d 4 kernel=4 stride=2 pad=1; batchnorm; relu\n"
        "conv2d 1 kernel=3 pad=1; tanh",
        CYCLE_D("8 6 1", "batchnorm"), CYCLE_D("16 12 3", "batchnorm")};
    check_trace(&cyclegan_unlike_kind, "cyclegan_unlike",
                "cyclegan loss=non_saturating cycle=4 identity=0 pool=4", texts);
}

int main(void)
{
    RUN(dcgan28);
    RUN(mlp);
    RUN(penalties);
    RUN(packed);
    RUN(relativistic);
    RUN(objectives);
    RUN(cgan_penalised);
    RUN(cgan_score);
    RUN(cgan_heads);
    RUN(discriminator);
    RUN(discriminator_data);
    RUN(vae_bernoulli);
    RUN(vae_gaussian);
    RUN(autoencoder);
    RUN(cyclegan);
    RUN(cyclegan_unlike);
    return test_report();
}
