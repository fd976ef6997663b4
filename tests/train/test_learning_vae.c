/* test_learning_vae.c: a short training of a variational auto-encoder on real pictures reaches a
 * stated evidence on pictures that it has not seen, and the same training with a broken loss or a
 * broken way from code to sample does not.
 *
 * The mutant is the real source of the trainer, compiled once more with its terms and its codes
 * bent on their way to the tape. */
#include "test.h"

#include <gan/gan.h>

#include <math.h>
#include <stdlib.h>

#include "train/latent.h"

enum { NO_FLAW, FLAW_KL_TURNED, FLAW_KL_MISSING, FLAW_NO_NOISE, FLAW_NOISE_ALONE, FLAW_DETACHED };
static int flaw;

/* vae.c itself adds one term to those of its loss: the divergence. */
static void mutant_terms_add(gan__terms *terms, gan_value value, double weight)
{
    if (flaw == FLAW_KL_TURNED) weight = -weight;
    if (flaw != FLAW_KL_MISSING) gan__terms_add(terms, value, weight);
}

static gan_status mutant_sample(gan_tape *tape, gan_value mean, gan_value log_variance,
                                gan_value epsilon, gan_value *z)
{
    *z = flaw == FLAW_NO_NOISE ? mean : epsilon;
    if (flaw == FLAW_NO_NOISE || flaw == FLAW_NOISE_ALONE) return GAN_OK;
    GAN__TRY(gan__latent_sample(tape, mean, log_variance, epsilon, z));
    return flaw == FLAW_DETACHED ? gan_tape_detach(tape, *z, z) : GAN_OK;
}

#define gan__trainer_vae mutant_kind
#define gan__terms_add mutant_terms_add
#define gan__latent_sample mutant_sample
#include "train/vae.c"
#undef gan__terms_add
#undef gan__latent_sample

enum { TRAINED = 9000, HELD_OUT = 1000, STEPS = 300 };

static gan_context *context;

static void must(gan_status status)
{
    if (CHECK_OK(status)) return;
    puts(gan_context_message(context));
    exit(1);
}

/* -log p(x) of the held-out pictures, bounded from above with one z for each: nats in a picture. */
static double held_out_loss(gan_dataset *data, gan_model *encoder, gan_model *decoder)
{
    const int64_t shape[4] = {HELD_OUT, 28, 28, 1};
    static int64_t indices[HELD_OUT];
    int64_t code_shape[4];
    gan_tensor *pictures;
    gan_tape *tape;
    gan_value x, code[2], epsilon, z, logits, losses[2];
    double reconstruction, kl;
    for (int i = 0; i < HELD_OUT; i++) indices[i] = TRAINED + i;
    must(gan_tensor_create(&pictures, context, GAN_FLOAT32, 4, shape));
    must(gan_dataset_read(data, "image", indices, pictures));
    must(gan_tape_create(&tape, context));
    must(gan_tape_input(tape, pictures, 0, &x));
    must(gan_tape_apply(tape, encoder, "evaluation frozen", &x, 1, code, 2));
    must(gan_tape_shape(tape, code[0], code_shape));
    must(gan_tape_normal(tape, 4, code_shape, &epsilon));
    must(gan__latent_sample(tape, code[0], code[1], epsilon, &z));
    must(gan_tape_apply(tape, decoder, "evaluation frozen", &z, 1, &logits, 1));
    must(gan_tape_layer(tape, "affine 0.5 0.5", &x, 1, &x));
    must(gan_tape_loss(tape, "bce_logits", (gan_value[]){logits, x}, 2, &losses[0]));
    must(gan_tape_loss(tape, "kl_gaussian", code, 2, &losses[1]));
    must(gan_tape_scalar(tape, losses[0], &reconstruction));
    must(gan_tape_scalar(tape, losses[1], &kl));
    gan_tape_release(tape);
    gan_tensor_release(pictures);
    return reconstruction * 784 + kl;
}

/* What is held out, after `steps`; infinite where the training itself went out of bounds. */
static double loss_after(int flaw_of, int64_t steps)
{
    gan_model *encoder, *decoder;
    gan_dataset *seen, *all;
    gan_trainer *trainer;
    gan_status status;
    double loss;
    flaw = flaw_of;
    CHECK_OK(gan_context_create(&context, "threads=1 seed=5", NULL, NULL, 0));
    must(gan_model_parse(&encoder, context,
                         "input 28 28 1; dense 96; h = relu\n"
                         "mean = dense 8; log_variance = dense 8 from h\n"
                         "output mean log_variance"));
    must(gan_model_parse(&decoder, context, "input 8; dense 96; relu; dense 784; reshape 28 28 1"));
    must(gan_dataset_open(&seen, context,
                          "idx path=\"" GAN_SOURCE_FOLDER
                          "/examples/data/fashion-images.gz\" count=9000"));
    must(gan_dataset_open(&all, context,
                          "idx path=\"" GAN_SOURCE_FOLDER "/examples/data/fashion-images.gz\""));
    must(gan_trainer_create(&trainer, context, "vae batch=64"));
    if (flaw_of != NO_FLAW) trainer->kind = &mutant_kind;
    must(gan_trainer_set_model(trainer, "encoder", encoder));
    must(gan_trainer_set_model(trainer, "decoder", decoder));
    must(gan_trainer_set_data(trainer, "real", seen));
    status = gan_trainer_run(trainer, steps, NULL, NULL);
    if (status != GAN_E_DIVERGED) must(status);
    loss = held_out_loss(all, encoder, decoder);
    gan_trainer_release(trainer);
    gan_dataset_release(seen);
    gan_dataset_release(all);
    gan_model_release(encoder);
    gan_model_release(decoder);
    gan_context_release(context);
    return loss;
}

/* The stated quality, in nats in a picture. */
static const double good = 290;

TEST(what_is_right_learns)
{
    double loss = loss_after(NO_FLAW, STEPS);
    printf("    %d steps: %.1f nats\n", STEPS, loss);
    CHECK(loss < good);
}

TEST(untrained_is_bad)
{
    double loss = loss_after(NO_FLAW, 0);
    printf("    untrained: %.1f nats\n", loss);
    CHECK(loss > good);
}

/* A number that is not finite is not good either. */
TEST(what_is_broken_does_not)
{
    static const char *const names[] = {
        [FLAW_KL_TURNED] = "KL's sign turned",     [FLAW_KL_MISSING] = "no KL",
        [FLAW_NO_NOISE] = "z is the mean",         [FLAW_NOISE_ALONE] = "z is the noise",
        [FLAW_DETACHED] = "no gradient through z",
    };
    for (int i = FLAW_KL_TURNED; i <= FLAW_DETACHED; i++) {
        double loss = loss_after(i, STEPS);
        printf("    %s: %.1f nats\n", names[i], loss);
        CHECK(!(loss < good));
    }
}

int main(void)
{
    RUN(what_is_right_learns);
    RUN(untrained_is_bad);
    RUN(what_is_broken_does_not);
    return test_report();
}
