/* test_golden_common_space.c: five steps of the trainers whose domains have a code in common,
 * against PyTorch in double; make_common_space.py made the traces. A part that both domains have is
 * one module there, used twice: one gradient, one set of moments. */
#include "golden.h"

#define UNIT_NAMES \
    "encoder_x", "encoder_y", "decoder_x", "decoder_y", "discriminator_x", "discriminator_y"
#define UNIT_ROLES \
    {              \
        UNIT_NAMES \
    }
#define UNIT_FEEDS                                                                               \
    "x", "y", "noise.x", "noise.y", "noise.generators.x", "noise.generators.y", "noise.cycle.x", \
        "noise.cycle.y"
#define TWO(name) name ".x", name ".y"
#define THREE(name) name ".a", name ".b", name ".c"
#define JUDGED(of) of("score.real"), of("score.fake"), of("accuracy.real"), of("accuracy.fake")
#define LOSSES "loss.generators", "loss.discriminators"
#define GUESSED "loss.discriminator_code", "accuracy.discriminator_code"

static const golden_kind combogan_kind = {{"encoder_a", "encoder_b", "encoder_c", "decoder_a",
                                           "decoder_b", "decoder_c", "discriminator_a",
                                           "discriminator_b", "discriminator_c"},
                                          {"a", "b", "c"},
                                          .losses = {LOSSES, THREE("loss.cycle"), JUDGED(THREE)}};
static const golden_kind combogan_reversed_kind = {
    {"encoder_a", "encoder_b", "encoder_c", "decoder_a", "decoder_b", "decoder_c",
     "discriminator_a", "discriminator_b", "discriminator_c", "discriminator_code"},
    {"a", "b", "c"},
    .losses = {LOSSES, THREE("loss.cycle"), JUDGED(THREE), GUESSED}};
static const golden_kind combogan_pair_kind = {
    UNIT_ROLES,
    {"x", "y"},
    .losses = {LOSSES, TWO("loss.cycle"), TWO("loss.identity"), TWO("loss.semantic"), JUDGED(TWO)}};

#define HALF(kind, channels) kind " " channels " kernel=4 stride=2 pad=1"
#define QUARTER(kind, channels) kind " " channels " kernel=6 stride=4 pad=1"
#define JUDGE(size, norm)                                                \
    "input " size "; conv2d 4 kernel=4 stride=2 pad=1; leaky_relu 0.2\n" \
    "conv2d 5 kernel=3 pad=1; " norm "; leaky_relu 0.2; conv2d 1 kernel=2"

#define UNIT_OUTWARDS(norm)                                                        \
    {                                                                              \
        "outwards", "input 4 3 3; conv2d 4 kernel=3 pad=1 bias=no; " norm "; relu" \
    }
#define UNIT_VALUES \
    LOSSES, TWO("loss.recon"), TWO("loss.kl"), TWO("loss.cycle"), TWO("loss.kl_cycle")

#define UNIT_PARTS                                                                        \
    {                                                                                     \
        {"inwards", "input 4 3 4; conv2d 6 kernel=3 pad=1 bias=no; batchnorm; h = relu\n" \
                    "mean = conv2d 3 kernel=1 from h\n"                                   \
                    "log_variance = conv2d 3 kernel=1 from h; output mean log_variance"}, \
            UNIT_OUTWARDS("batchnorm")                                                    \
    }

static const golden_kind unit_kind = {
    UNIT_ROLES, {UNIT_FEEDS}, .losses = {UNIT_VALUES, JUDGED(TWO)}, UNIT_PARTS};
static const golden_kind unit_fooled_kind = {{UNIT_NAMES, "discriminator_code"},
                                             {UNIT_FEEDS},
                                             .losses = {UNIT_VALUES, JUDGED(TWO), GUESSED},
                                             UNIT_PARTS};
static const golden_kind unit_mean_kind = {
    UNIT_ROLES,
    {UNIT_FEEDS, "x.label", "y.label"},
    .losses = {UNIT_VALUES, TWO("loss.semantic"), JUDGED(TWO), TWO("loss.classes"),
               "loss.features"},
    {{"inwards", "input 4 3 4; conv2d 6 kernel=3 pad=1 bias=no; instancenorm; relu\n"
                 "mean = conv2d 3 kernel=1"},
     UNIT_OUTWARDS("instancenorm")}};

#define UNIT_ENCODER                               \
    "input 8 6 2; " HALF("conv2d",                 \
                         "4") "; leaky_relu 0.2\n" \
                              "mean, log_variance = part inwards; output mean log_variance"
#define UNIT_DECODER "input 4 3 3; part outwards; " HALF("conv_transpose2d", "2") "; tanh"
#define CODE_JUDGE(scores) \
    "input 4 3 3; conv2d 6 kernel=1 bias=no; batchnorm; tanh; conv2d " scores " kernel=1"

TEST(unit)
{
    static const char e[] = UNIT_ENCODER, d[] = UNIT_DECODER, j[] = JUDGE("8 6 2", "batchnorm");
    static const char *const texts[] = {e, e, d, d, j, j};
    check_trace(&unit_kind, "unit", "unit", texts);
}

/* A discriminator of codes, whose batches are two samples of x and three of y, by turns. */
TEST(unit_fooled)
{
    static const char e[] = UNIT_ENCODER, d[] = UNIT_DECODER, j[] = JUDGE("8 6 2", "batchnorm");
    static const char *const texts[] = {e, e, d, d, j, j, CODE_JUDGE("1")};
    check_trace(&unit_fooled_kind, "unit_fooled",
                "unit domain_discriminator=yes domain_weight=0.75", texts);
}

#define TELL(size, start)                                                              \
    "input " size "; " start "; leaky_relu 0.2; f = conv2d 5 kernel=3 pad=1\n"         \
    "h = leaky_relu 0.2; score = conv2d 1 kernel=2 from h; classes = dense 3 from h\n" \
    "output score classes f"

/* Domains of unlike sizes and numbers of samples, every option. */
TEST(unit_mean)
{
    static const char *const texts[] = {
        "input 8 6 1; " HALF("conv2d", "4") "; leaky_relu 0.2; part inwards",
        "input 16 12 3; " QUARTER("conv2d", "4") "; leaky_relu 0.2; part inwards",
        "input 4 3 3; part outwards; " HALF("conv_transpose2d", "1") "; tanh",
        "input 4 3 3; part outwards; " QUARTER("conv_transpose2d", "3") "; tanh",
        TELL("8 6 1", HALF("conv2d", "4")),
        TELL("16 12 3", QUARTER("conv2d", "4"))};
    check_trace(&unit_mean_kind, "unit_mean",
                "unit gan=2 recon=3 kl=0.5 cycle=4 kl_cycle=0.25 semantic=1.5 "
                "loss=non_saturating labelled=x,y class_weight=3 feature_weight=0.05",
                texts);
}

#define COMBO_ENCODER(start, norm) start "; leaky_relu 0.2; conv2d 3 kernel=3 pad=1 bias=no; " norm
#define COMBO_DECODER(end, norm) \
    "input 4 3 3; conv2d 4 kernel=3 pad=1 bias=no; " norm "; relu; " end "; tanh"

/* Three domains, of which a step touches two: pairs and coins of the histories are drawn. */
#define COMBO_TEXTS                                                                             \
    static const char e[] = COMBO_ENCODER("input 8 6 2; " HALF("conv2d", "4"), "instancenorm"); \
    static const char d[] = COMBO_DECODER(HALF("conv_transpose2d", "2"), "instancenorm");       \
    static const char j[] = JUDGE("8 6 2", "instancenorm")

TEST(combogan)
{
    COMBO_TEXTS;
    static const char *const texts[] = {e, e, e, d, d, d, j, j, j};
    check_trace(&combogan_kind, "combogan", "combogan domains=a,b,c pool=2", texts);
}

/* A discriminator of codes that has a score for each domain, of which a step shows it two. */
TEST(combogan_reversed)
{
    COMBO_TEXTS;
    static const char *const texts[] = {e, e, e, d, d, d, j, j, j, CODE_JUDGE("3")};
    check_trace(&combogan_reversed_kind, "combogan_reversed",
                "combogan domains=a,b,c pool=2 domain_discriminator=yes domain_weight=2 "
                "domain_fooling=reversal",
                texts);
}

TEST(combogan_pair)
{
    static const char *const texts[] = {
        COMBO_ENCODER("input 8 6 1; " HALF("conv2d", "4"), "batchnorm"),
        COMBO_ENCODER("input 16 12 3; " QUARTER("conv2d", "4"), "batchnorm"),
        COMBO_DECODER(HALF("conv_transpose2d", "1"), "batchnorm"),
        COMBO_DECODER(QUARTER("conv_transpose2d", "3"), "batchnorm"),
        JUDGE("8 6 1", "batchnorm"),
        JUDGE("16 12 3", "batchnorm")};
    check_trace(&combogan_pair_kind, "combogan_pair",
                "combogan cycle=4 identity=2 semantic=1.5 pool=4 loss=non_saturating", texts);
}

int main(void)
{
    RUN(unit);
    RUN(unit_fooled);
    RUN(unit_mean);
    RUN(combogan);
    RUN(combogan_reversed);
    RUN(combogan_pair);
    return test_report();
}
