/* test_golden_direct.c: direct translation against PyTorch; make_direct_traces.py made the traces,
 * but those of cyclegan both ways, which are in test_golden.c. */
#include "golden.h"

#define ALL_ROLES                                        \
    {                                                    \
        "xy", "yx", "discriminator_x", "discriminator_y" \
    }
#define LOSSES "loss.generators", "loss.discriminators"
#define CYCLES "loss.cycle.x", "loss.cycle.y"
#define JUDGED(d) "score.real." d, "score.fake." d, "accuracy.real." d, "accuracy.fake." d

static const golden_kind translate_kind = {
    {"xy", "discriminator_y"}, {"x", "y"}, .losses = {LOSSES, "loss.identity.y", JUDGED("y")}};
static const golden_kind translate_both_kind = {
    ALL_ROLES, {"x", "y"}, .losses = {LOSSES, JUDGED("x"), JUDGED("y")}};
static const golden_kind cyclegan_one_kind = {
    {"xy", "yx", "discriminator_y"}, {"x", "y"}, .losses = {LOSSES, "loss.cycle.x", JUDGED("y")}};
static const golden_kind discogan_kind = {
    ALL_ROLES,
    {"x", "y"},
    .losses = {LOSSES, CYCLES, "loss.matching.x", "loss.matching.y", JUDGED("x"), JUDGED("y")}};
static const golden_kind dualgan_kind = {
    ALL_ROLES, {"x", "y"}, {LOSSES, CYCLES, JUDGED("x"), JUDGED("y")}, .clip = 0.12};
static const golden_kind dualgan_gp_kind = {ALL_ROLES,
                                            {"x", "y", "epsilon.x", "epsilon.y"},
                                            .losses = {LOSSES, CYCLES, JUDGED("x"), JUDGED("y"),
                                                       "penalty.x", "penalty.norm.x", "penalty.y",
                                                       "penalty.norm.y"}};

#define SAME_G                                                                    \
    "default conv2d kernel=3 pad=reflect:1; input 16 12 2\n"                      \
    "conv2d 4; instancenorm; relu; conv2d 6 stride=2 pad=1; instancenorm; relu\n" \
    "residual { conv2d 6; instancenorm; relu; conv2d 6; instancenorm }\n"         \
    "conv_transpose2d 4 kernel=3 stride=2 pad=1 output_pad=1; instancenorm; relu; conv2d 2; tanh"
#define D(size, norm)                                                    \
    "input " size "; conv2d 4 kernel=4 stride=2 pad=1; leaky_relu 0.2\n" \
    "conv2d 6 kernel=4 pad=1; " norm "; leaky_relu 0.2; conv2d 1 kernel=3 pad=1"
#define XY                                                    \
    "input 8 6 1; conv2d 4 kernel=3 pad=1; batchnorm; relu\n" \
    "conv_transpose2d 3 kernel=4 stride=2 pad=1; tanh"
#define YX                                                               \
    "input 16 12 3; conv2d 4 kernel=4 stride=2 pad=1; batchnorm; relu\n" \
    "conv2d 1 kernel=3 pad=1; tanh"
#define MATCHED(size)                                                         \
    "input " size "; conv2d 4 kernel=4 stride=2 pad=1; h1 = leaky_relu 0.2\n" \
    "conv2d 6 kernel=3 pad=1 bias=no; batchnorm; h2 = leaky_relu 0.2\n"       \
    "score = conv2d 1 kernel=3 pad=1; output score h1 h2"
#define CRITIC(size)                                          \
    "input " size "; default conv2d kernel=3 pad=1 bias=no\n" \
    "conv2d 4 kernel=4 stride=2 bias=yes; silu; conv2d 6; groupnorm 2; silu; conv2d 1"

TEST(translate)
{
    static const char *const one[] = {SAME_G, D("16 12 2", "instancenorm")};
    static const char *const both[] = {XY, YX, D("8 6 1", "batchnorm"), D("16 12 3", "batchnorm")};
    check_trace(&translate_kind, "translate", "translate pool=2 identity=0.3", one);
    check_trace(&translate_both_kind, "translate_both",
                "translate directions=2 loss=non_saturating pool=4", both);
}

TEST(cyclegan_with_one_direction)
{
    static const char *const texts[] = {XY, YX, D("16 12 3", "batchnorm")};
    check_trace(&cyclegan_one_kind, "cyclegan_one",
                "cyclegan directions=1 loss=non_saturating cycle=4 identity=0 pool=4", texts);
}

/* Steps of discriminators, of generators with either rate, and discriminators again. */
TEST(discogan)
{
    static const char *const texts[] = {XY, YX, MATCHED("8 6 1"), MATCHED("16 12 3")};
    check_trace(&discogan_kind, "discogan", "discogan curriculum=2 first_rate=0.1 rate=0.6", texts);
}

TEST(dualgan)
{
    static const char *const texts[] = {XY, YX, CRITIC("8 6 1"), CRITIC("16 12 3")};
    check_trace(&dualgan_kind, "dualgan", "dualgan cycle=5 clip=0.12", texts);
    check_trace(&dualgan_gp_kind, "dualgan_gp", "dualgan cycle=5 loss=wgan_gp", texts);
}

int main(void)
{
    RUN(translate);
    RUN(cyclegan_with_one_direction);
    RUN(discogan);
    RUN(dualgan);
    return test_report();
}
