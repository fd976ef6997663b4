/* test_learning_autoencoder.c: a short training of an auto-encoder on real pictures reaches a
 * stated error on pictures that it has not seen, with each loss, and the same training with a loss
 * that is turned, or that does not reach one of the networks, does not.
 *
 * The mutant is the real source of the trainer, compiled once more with its loss bent on its way to
 * the tape. */
#include "test.h"

#include <gan/gan.h>

#include <math.h>
#include <stdlib.h>

#include "train/consistency.h"

enum { NO_FLAW, FLAW_TURNED, FLAW_DETACHED, FLAW_NOTHING_WANTED };
static int flaw;

static gan_status mutant_reconstruction(gan_trainer *t, int32_t likeness, gan_value made,
                                        gan_value wanted, double weight, int32_t value,
                                        gan__terms *terms)
{
    if (flaw == FLAW_TURNED) weight = -weight;
    if (flaw == FLAW_DETACHED) GAN__TRY(gan_tape_detach(t->tape, made, &made));
    if (flaw == FLAW_NOTHING_WANTED)
        GAN__TRY(gan_tape_layer(t->tape, "affine 0", &wanted, 1, &wanted));
    return gan__reconstruction(t, likeness, made, wanted, weight, value, terms);
}

#define gan__trainer_autoencoder mutant_kind
#define gan__reconstruction mutant_reconstruction
#include "train/autoencoder.c"
#undef gan__reconstruction

enum { TRAINED = 9000, HELD_OUT = 1000, STEPS = 150, PIXELS = 28 * 28 };

static gan_context *context;

static void must(gan_status status)
{
    if (CHECK_OK(status)) return;
    puts(gan_context_message(context));
    exit(1);
}

/* The mean square of what the route makes of held-out pictures and the pictures. */
static double held_out_error(gan_trainer *t)
{
    static int64_t indices[HELD_OUT];
    const int64_t shape[4] = {HELD_OUT, 28, 28, 1};
    double sum = 0;
    gan_dataset *all;
    gan_tensor *pictures, *made;
    gan_model *route;
    gan_runner *runner;
    for (int i = 0; i < HELD_OUT; i++) indices[i] = TRAINED + i;
    must(gan_dataset_open(&all, context,
                          "idx path=\"" GAN_SOURCE_FOLDER "/examples/data/fashion-images.gz\""));
    must(gan_tensor_create(&pictures, context, GAN_FLOAT32, 4, shape));
    must(gan_tensor_create(&made, context, GAN_FLOAT32, 4, shape));
    must(gan_dataset_read(all, "image", indices, pictures));
    must(gan_trainer_route(&route, t, "image > code > image", 0));
    must(gan_runner_create(&runner, context, route, "batch=1000"));
    must(gan_runner_run(runner, &pictures, 1, &made, 1));
    for (int64_t i = 0; i < HELD_OUT * PIXELS; i++) {
        const double d = (double)((float *)gan_tensor_data(made))[i] -
                         (double)((float *)gan_tensor_data(pictures))[i];
        sum += d * d;
    }
    gan_runner_release(runner);
    gan_model_release(route);
    gan_tensor_release(made);
    gan_tensor_release(pictures);
    gan_dataset_release(all);
    return sum / (HELD_OUT * PIXELS);
}

static void set_model(gan_trainer *t, const char *role, const char *text)
{
    gan_model *model;
    must(gan_model_parse(&model, context, text));
    must(gan_trainer_set_model(t, role, model));
    gan_model_release(model);
}

/* Infinite or no number where the training itself went out of bounds. */
static double error_after(const char *spec, int flaw_of, int64_t steps)
{
    gan_dataset *seen;
    gan_trainer *t;
    flaw = flaw_of;
    must(gan_context_create(&context, "threads=1 seed=5", NULL, NULL, 0));
    must(gan_dataset_open(&seen, context,
                          "idx path=\"" GAN_SOURCE_FOLDER
                          "/examples/data/fashion-images.gz\" count=9000"));
    must(gan_trainer_create(&t, context, spec));
    if (flaw) t->kind = &mutant_kind;
    set_model(t, "encoder", "input 28 28 1; dense 96; relu; dense 12");
    set_model(t, "decoder", "input 12; dense 96; relu; dense 784; reshape 28 28 1");
    must(gan_trainer_set_data(t, "real", seen));
    const gan_status status = gan_trainer_run(t, steps, NULL, NULL);
    if (status != GAN_E_DIVERGED) must(status);
    const double error = held_out_error(t);
    gan_trainer_release(t);
    gan_dataset_release(seen);
    gan_context_release(context);
    return error;
}

/* The stated quality: untrained networks have about 0.67. */
static const double good = 0.17;

static const char *const specs[] = {"autoencoder loss=l1", "autoencoder loss=l2",
                                    "autoencoder loss=bce"};

TEST(what_is_right_learns)
{
    for (int i = 0; i < 3; i++) {
        const double error = error_after(specs[i], NO_FLAW, STEPS);
        printf("    %s: %.3f\n", specs[i], error);
        CHECK(error < good);
    }
}

TEST(untrained_is_bad)
{
    const double error = error_after("autoencoder", NO_FLAW, 0);
    printf("    untrained: %.3f\n", error);
    CHECK(error > good);
}

/* A number that is not finite is not good either. */
TEST(what_is_broken_does_not)
{
    static const char *const names[] = {[FLAW_TURNED] = "turned",
                                        [FLAW_DETACHED] = "no gradient",
                                        [FLAW_NOTHING_WANTED] = "compared with nothing"};
    for (int i = FLAW_TURNED; i <= FLAW_NOTHING_WANTED; i++) {
        const double error = error_after("autoencoder", i, STEPS);
        printf("    %s: %.3f\n", names[i], error);
        CHECK(!(error < good));
    }
}

int main(void)
{
    RUN(what_is_right_learns);
    RUN(untrained_is_bad);
    RUN(what_is_broken_does_not);
    return test_report();
}
