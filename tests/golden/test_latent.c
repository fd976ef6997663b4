/* test_latent.c: five steps of the trainers whose networks share parts against PyTorch in double,
 * where a part is one module that several networks use; make_latent_traces.py made the traces. */
#include "golden.h"

#define OF_BOTH(value, a, b) value "." a, value "." b

/* ---- cogan ---- */

#define COGAN_TRUNK                                                              \
    {                                                                            \
        "trunk", "input 10; dense 72; reshape 4 3 6; batchnorm affine=no; prelu" \
    }
#define COGAN_ROLES                                                        \
    {                                                                      \
        "generator_x", "generator_y", "discriminator_x", "discriminator_y" \
    }
#define COGAN_VALUES                                                           \
    "loss.generators", "loss.discriminators", OF_BOTH("score.real", "x", "y"), \
        OF_BOTH("score.fake", "x", "y"), OF_BOTH("accuracy.real", "x", "y"),   \
        OF_BOTH("accuracy.fake", "x", "y")

static const golden_kind cogan_kind = {
    COGAN_ROLES,
    {"x", "y", "noise", "noise.generators"},
    .losses = {COGAN_VALUES},
    {COGAN_TRUNK, {"tail", "input 4 3 5; conv2d 8 kernel=3 pad=1; prelu; conv2d 1 kernel=1"}}};
static const golden_kind cogan_adapted_kind = {
    COGAN_ROLES,
    {"x", "x.label", "y", "noise", "noise.generators"},
    .losses = {COGAN_VALUES, "loss.classes.x", "loss.features"},
    {COGAN_TRUNK,
     {"tail", "input 4 3 5; conv2d 8 kernel=3 pad=1; prelu"},
     {"judge", "input 4 3 8; conv2d 1 kernel=1"},
     {"classifier", "input 4 3 8; dense 4"}}};

#define COGAN_G "input 10; part trunk; up = conv_transpose2d 2 kernel=4 stride=2 pad=1; tanh"
#define COGAN_SAYS                                                                    \
    "maxpool 2; f = part tail; score = part judge; classes = part classifier from f;" \
    " output score classes f"

TEST(cogan)
{
    static const char d[] = "input 8 6 2; c = conv2d 5 kernel=3 pad=1; maxpool 2; part tail;";
    static const char *const texts[] = {COGAN_G, COGAN_G, d, d};
    check_trace(&cogan_kind, "cogan", "cogan", texts);
}

TEST(cogan_adapted)
{
    static const char *const texts[] = {
        COGAN_G, "input 10; part trunk; up = conv_transpose2d 1 kernel=4 stride=4; tanh",
        "input 8 6 2; c = conv2d 5 kernel=3 pad=1; " COGAN_SAYS,
        "input 16 12 1; c = conv2d 5 kernel=4 stride=2 pad=1; " COGAN_SAYS};
    check_trace(&cogan_adapted_kind, "cogan_adapted", "cogan labelled=x", texts);
}

/* ---- vaegan ---- */

#define VAEGAN_PARTS                                                    \
    {                                                                   \
        {"tail", "input 4 3 5; dense 8; relu"},                         \
        {                                                               \
            "head", "input 3; dense 60; reshape 4 3 5; batchnorm; relu" \
        }                                                               \
    }
#define VAEGAN_ADAM "adam lr=2e-4 beta1=0.5"

static const golden_kind vaegan_kind = {
    {"encoder", "decoder", "discriminator"},
    {"real", "noise", "noise.prior"},
    .losses = {"loss.encoder", "loss.decoder", "loss.discriminator", "loss.reconstruction",
               "loss.kl", "score.real", "score.reconstruction", "score.sample", "accuracy.real",
               "accuracy.reconstruction", "accuracy.sample"},
    VAEGAN_PARTS,
    VAEGAN_ADAM};
#define VAEGAN_VALUES(of)                                                                \
    "loss.encoder", "loss.decoder", "loss.discriminator", of("loss.reconstruction"),     \
        of("loss.kl"), of("score.real"), of("score.reconstruction"), of("score.sample"), \
        of("accuracy.real"), of("accuracy.reconstruction"), of("accuracy.sample")
#define OF_TWO(value) value ".a", value ".b"
#define OF_THREE(value) value ".a", value ".b", value ".c"
static const golden_kind vaegan_tied_kind = {
    {"encoder_a", "encoder_b", "decoder_a", "decoder_b", "discriminator_a", "discriminator_b",
     "discriminator_code"},
    {"a", "noise.a", "noise.prior.a", "b", "noise.b", "noise.prior.b"},
    .losses = {VAEGAN_VALUES(OF_TWO), OF_TWO("loss.semantic"), "loss.discriminator_code",
               "accuracy.discriminator_code"},
    VAEGAN_PARTS,
    VAEGAN_ADAM};
static const golden_kind vaegan_reversed_kind = {
    {"encoder_a", "encoder_b", "encoder_c", "decoder_a", "decoder_b", "decoder_c",
     "discriminator_a", "discriminator_b", "discriminator_c", "discriminator_code"},
    {"a", "noise.a", "noise.prior.a", "b", "noise.b", "noise.prior.b", "c", "noise.c",
     "noise.prior.c"},
    .losses = {VAEGAN_VALUES(OF_THREE), "loss.discriminator_code", "accuracy.discriminator_code"},
    VAEGAN_PARTS,
    VAEGAN_ADAM};

#define CODED                                                                           \
    " relu; h = part tail; mean = dense 3; log_variance = dense 3 from h; output mean " \
    "log_variance"
#define ENCODER "input 8 6 2; c = conv2d 5 kernel=4 stride=2 pad=1;" CODED
#define ENCODER_LARGE "input 16 12 1; c = conv2d 5 kernel=4 stride=4;" CODED
#define DECODER "input 3; part head; up = conv_transpose2d 2 kernel=4 stride=2 pad=1; tanh"
#define DECODER_LARGE "input 3; part head; up = conv_transpose2d 1 kernel=4 stride=4; tanh"
#define JUDGE(size, said)                                                         \
    "input " size "; c1 = conv2d 5 kernel=4 stride=2 pad=1; f = leaky_relu 0.2\n" \
    "c2 = conv2d 6 kernel=3 pad=1 bias=no; n = batchnorm; h = leaky_relu 0.2\n"   \
    "score = conv2d 1 kernel=2; output " said

TEST(vaegan)
{
    static const char *const texts[] = {ENCODER, DECODER, JUDGE("8 6 2", "score f h")};
    check_trace(&vaegan_kind, "vaegan", "vaegan deviation=0.5 beta=2 gamma=0.25", texts);
}

TEST(vaegan_tied)
{
    static const char *const texts[] = {
        ENCODER,
        ENCODER_LARGE,
        DECODER,
        DECODER_LARGE,
        JUDGE("8 6 2", "score"),
        JUDGE("16 12 1", "score"),
        "input 3; a = dense 6 bias=no; n = batchnorm; tanh; b = dense 1"};
    check_trace(&vaegan_tied_kind, "vaegan_tied",
                "vaegan domains=a,b reconstruction=pixels semantic=1.5 domain_discriminator=yes "
                "domain_weight=0.75",
                texts);
}

TEST(vaegan_reversed)
{
    static const char *const texts[] = {ENCODER,
                                        ENCODER_LARGE,
                                        ENCODER,
                                        DECODER,
                                        DECODER_LARGE,
                                        DECODER,
                                        JUDGE("8 6 2", "score"),
                                        JUDGE("16 12 1", "score"),
                                        JUDGE("8 6 2", "score"),
                                        "input 3; a = dense 6; tanh; b = dense 3"};
    check_trace(&vaegan_reversed_kind, "vaegan_reversed",
                "vaegan domains=a,b,c reconstruction=pixels domain_discriminator=yes "
                "domain_weight=2 domain_fooling=reversal",
                texts);
}

int main(void)
{
    RUN(cogan);
    RUN(cogan_adapted);
    RUN(vaegan);
    RUN(vaegan_tied);
    RUN(vaegan_reversed);
    return test_report();
}
