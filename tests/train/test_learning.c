/* test_learning.c: a short training on real pictures reaches a stated quality, and the same
 * training with the sign of either ascent turned does not.
 *
 * The mutant is the real source of the trainer, compiled once more with the weights of D's or of
 * G's loss negated on their way to the tape. */
#include "test.h"

#include <gan/gan.h>

#include <math.h>
#include <stdlib.h>

#include "train/trainer.h"

enum { NO_FLAW, FLAW_IN_D, FLAW_IN_G };
static int flaw;

/* D's loss is a sum of two terms, G's has one. */
static gan_status mutant_sum(gan_trainer *t, const gan__terms *terms, int32_t value, gan_value *out)
{
    gan__terms turned = *terms;
    const int32_t count = terms->count;
    const bool wrong = (flaw == FLAW_IN_D && count == 2) || (flaw == FLAW_IN_G && count == 1);
    for (int32_t i = 0; i < count; i++) turned.weights[i] *= wrong ? -1 : 1;
    return gan__trainer_sum(t, &turned, value, out);
}

#define gan__trainer_gan mutant_kind
#define gan__trainer_sum mutant_sum
#include "train/gan.c"
#undef gan__trainer_sum

enum { PIXELS = 784, SAMPLES = 512, LATENT = 32 };

/* Mean and deviation of each pixel. */
static void pixel_statistics(const float *pictures, double *mean, double *deviation)
{
    for (int p = 0; p < PIXELS; p++) {
        double sum = 0, squares = 0;
        for (int i = 0; i < SAMPLES; i++) {
            double v = pictures[i * PIXELS + p];
            sum += v;
            squares += v * v;
        }
        mean[p] = sum / SAMPLES;
        deviation[p] = sqrt(fmax(0, squares / SAMPLES - mean[p] * mean[p]));
    }
}

/* How far two sets of pictures are apart: mean difference of the pixels' means and deviations. 0
 * for equal sets; two halves of the real pictures give about 0.03, noise and real pictures about 1.
 */
static double set_distance(const float *a, const float *b)
{
    static double mean[2][PIXELS], deviation[2][PIXELS];
    double distance = 0;
    pixel_statistics(a, mean[0], deviation[0]);
    pixel_statistics(b, mean[1], deviation[1]);
    for (int p = 0; p < PIXELS; p++)
        distance += fabs(mean[0][p] - mean[1][p]) + fabs(deviation[0][p] - deviation[1][p]);
    return distance / PIXELS;
}

static gan_tensor *real_pictures(gan_context *context, gan_dataset *data, int64_t first)
{
    const int64_t shape[4] = {SAMPLES, 28, 28, 1};
    int64_t indices[SAMPLES];
    gan_tensor *pictures;
    for (int i = 0; i < SAMPLES; i++) indices[i] = first + i;
    CHECK_OK(gan_tensor_create(&pictures, context, GAN_FLOAT32, 4, shape));
    CHECK_OK(gan_dataset_read(data, "image", indices, pictures));
    return pictures;
}

static gan_tensor *made_pictures(gan_context *context, gan_model *generator)
{
    const int64_t z_shape[2] = {SAMPLES, LATENT}, shape[4] = {SAMPLES, 28, 28, 1};
    gan_tape *tape;
    gan_value z, fake;
    gan_tensor *pictures;
    CHECK_OK(gan_tape_create(&tape, context));
    CHECK_OK(gan_tape_normal(tape, 2, z_shape, &z));
    CHECK_OK(gan_tape_apply(tape, generator, "evaluation frozen", &z, 1, &fake, 1));
    CHECK_OK(gan_tensor_create(&pictures, context, GAN_FLOAT32, 4, shape));
    CHECK_OK(gan_tape_value(tape, fake, pictures));
    gan_tape_release(tape);
    return pictures;
}

/* The distance between real pictures and those of a generator trained for `steps`. */
static double distance_after(const char *spec, int flaw_of, int64_t steps)
{
    gan_context *context;
    gan_model *g, *d;
    gan_dataset *data;
    gan_trainer *trainer;
    gan_tensor *real, *made;
    double distance;
    char message[256];
    flaw = flaw_of;
    CHECK_OK(gan_context_create(&context, "threads=1 seed=5", NULL, message, sizeof message));
    CHECK_OK(gan_model_parse(
        &g, context, "input 32; dense 128; leaky_relu 0.2; dense 784; tanh; reshape 28 28 1"));
    CHECK_OK(gan_model_parse(&d, context,
                             "input 28 28 1; dense 128; leaky_relu 0.2; dropout 0.3; dense 1"));
    CHECK_OK(gan_dataset_open(
        &data, context, "idx path=\"" GAN_SOURCE_FOLDER "/examples/data/fashion-images.gz\""));
    CHECK_OK(gan_trainer_create(&trainer, context, spec));
    if (flaw_of != NO_FLAW) trainer->kind = &mutant_kind;
    CHECK_OK(gan_trainer_set_optimizer(trainer, "generator", "adam lr=1e-3 beta1=0.5"));
    CHECK_OK(gan_trainer_set_optimizer(trainer, "discriminator", "adam lr=1e-3 beta1=0.5"));
    CHECK_OK(gan_trainer_set_model(trainer, "generator", g));
    CHECK_OK(gan_trainer_set_model(trainer, "discriminator", d));
    CHECK_OK(gan_trainer_set_data(trainer, "real", data));
    if (!CHECK_OK(gan_trainer_run(trainer, steps, NULL, NULL))) puts(gan_context_message(context));
    real = real_pictures(context, data, 0);
    made = made_pictures(context, g);
    distance = set_distance(gan_tensor_data(real), gan_tensor_data(made));
    gan_tensor_release(real);
    gan_tensor_release(made);
    gan_trainer_release(trainer);
    gan_dataset_release(data);
    gan_model_release(g);
    gan_model_release(d);
    gan_context_release(context);
    return distance;
}

/* The stated quality. */
static const double good = 0.45;
enum { STEPS = 400 };

TEST(right_signs_learn)
{
    static const char *const specs[] = {"gan batch=32",
                                        "gan loss=minimax batch=32",
                                        "gan loss=lsgan batch=32",
                                        "gan loss=hinge batch=32",
                                        "gan batch=32 reuse=yes smoothing=0.1",
                                        "gan batch=32 loss=wgan d_steps=2 clip=0.05",
                                        "gan batch=32 loss=wgan_gp d_steps=2",
                                        "gan batch=32 penalty=r1 penalty_every=4",
                                        "gan batch=32 relativistic=yes augment=translate"};
    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
        double distance = distance_after(specs[i], NO_FLAW, STEPS);
        printf("    %-40s distance %.3f\n", specs[i], distance);
        CHECK(distance < good);
    }
}

TEST(untrained_is_bad)
{
    double distance = distance_after("gan batch=32", NO_FLAW, 0);
    printf("    untrained: distance %.3f\n", distance);
    CHECK(distance > good);
}

TEST(a_wrong_sign_in_the_discriminator_fails)
{
    double distance = distance_after("gan batch=32", FLAW_IN_D, STEPS);
    printf("    D's sign turned: distance %.3f\n", distance);
    CHECK(distance > good);
}

TEST(a_wrong_sign_in_the_generator_fails)
{
    double distance = distance_after("gan batch=32", FLAW_IN_G, STEPS);
    printf("    G's sign turned: distance %.3f\n", distance);
    CHECK(distance > good);
}

int main(void)
{
    RUN(right_signs_learn);
    RUN(untrained_is_bad);
    RUN(a_wrong_sign_in_the_discriminator_fails);
    RUN(a_wrong_sign_in_the_generator_fails);
    return test_report();
}
