/* test_learning_discriminator.c: a short training of a discriminator alone on a ring of Gaussians
 * reaches a stated share of samples near the ring's points, and the same training with broken
 * chains or a turned loss does not.
 *
 * The mutant is the real source of the trainer and of its chains, compiled once more with the
 * chains' moves and the terms of the loss bent on their way to the tape. */
#include "test.h"

#include <gan/gan.h>

#include <math.h>
#include <stdlib.h>

#include "train/langevin.h"
#include "train/objective.h"

enum { NO_FLAW, FLAW_NO_GRADIENT, FLAW_GRADIENT_TURNED, FLAW_LOSS_TURNED };
static int flaw;

static gan_status mutant_move(gan_trainer *t, int32_t role, const gan__langevin *langevin,
                              const gan__application *d, gan_tensor *from, gan_tensor *out)
{
    gan__langevin bent = *langevin;
    if (flaw == FLAW_NO_GRADIENT) bent.step = 0;
    if (flaw == FLAW_GRADIENT_TURNED) bent.step = -bent.step;
    return gan__langevin_move(t, role, &bent, d, from, out);
}

static gan_status mutant_real(gan_trainer *t, const gan__objective *o, gan_value score,
                              double weight, gan__terms *terms)
{
    return gan__objective_real(t, o, score, flaw == FLAW_LOSS_TURNED ? -weight : weight, terms);
}

static gan_status mutant_fake(gan_trainer *t, const gan__objective *o, gan_value score,
                              double weight, gan__terms *terms)
{
    return gan__objective_fake(t, o, score, flaw == FLAW_LOSS_TURNED ? -weight : weight, terms);
}

#define gan__trainer_discriminator mutant_kind
#define gan__chains_run mutant_chains_run
#define gan__chains_sample mutant_chains_sample
#define gan__chains_free mutant_chains_free
#define gan__chains_memory mutant_chains_memory
#define gan__langevin_move mutant_move
#define gan__objective_real mutant_real
#define gan__objective_fake mutant_fake
#include "train/chains.c"
#include "train/discriminator.c"
#undef gan__chains_run
#undef gan__chains_sample
#undef gan__chains_free
#undef gan__chains_memory
#undef gan__langevin_move
#undef gan__objective_real
#undef gan__objective_fake

enum { MODES = 8, SAMPLES = 1000, STEPS = 1200 };

static gan_context *context;

static void must(gan_status status)
{
    if (CHECK_OK(status)) return;
    puts(gan_context_message(context));
    exit(1);
}

/* The share of samples within three deviations of a centre; 0 if one of the centres has none. */
static double good_share(const float *samples, double deviation)
{
    const double pi = 3.14159265358979323846;
    int of_mode[MODES] = {0}, good = 0;
    for (int i = 0; i < SAMPLES; i++) {
        for (int k = 0; k < MODES; k++) {
            const double x = (double)samples[2 * i] - cos(2 * pi * k / MODES);
            const double y = (double)samples[2 * i + 1] - sin(2 * pi * k / MODES);
            if (!(x * x + y * y < 9 * deviation * deviation)) continue;
            of_mode[k]++;
            good++;
        }
    }
    for (int k = 0; k < MODES; k++)
        if (of_mode[k] == 0) return 0;
    return (double)good / SAMPLES;
}

/* Of a training with that flaw; the samples are drawn as they should be. */
static double share_after(int flaw_of, int64_t steps)
{
    gan_model *d;
    gan_dataset *data;
    gan_trainer *trainer;
    gan_tensor *samples;
    flaw = flaw_of;
    CHECK_OK(gan_context_create(&context, "threads=1 seed=5", NULL, NULL, 0));
    must(gan_model_parse(
        &d, context,
        "input 2; affine 4 0; dense 64; silu; dense 64; silu; dense 64; silu; dense 1"));
    must(gan_dataset_open(&data, context, "mixture ring=8 deviation=0.04 count=10000"));
    must(gan_trainer_create(&trainer, context,
                            "discriminator batch=64 steps=15 step=2e-3 projection=20 noise=0.015 "
                            "l2=0.1 least=-1.5 most=1.5 buffer=2000 average=0.98"));
    const gan__trainer_kind *kind = trainer->kind;
    if (flaw_of != NO_FLAW) trainer->kind = &mutant_kind;
    must(gan_trainer_set_model(trainer, "discriminator", d));
    must(gan_trainer_set_data(trainer, "real", data));
    must(gan_trainer_set_optimizer(trainer, "discriminator", "adam lr=3e-3 beta1=0"));
    const gan_status status = gan_trainer_run(trainer, steps, NULL, NULL);
    if (status != GAN_E_DIVERGED) must(status);
    trainer->kind = kind;
    flaw = NO_FLAW;
    must(gan_trainer_sample(&samples, trainer, SAMPLES, 150, 1, GAN_MODEL_AVERAGED));
    const double share = good_share(gan_tensor_data(samples), 0.04);
    gan_tensor_release(samples);
    gan_trainer_release(trainer);
    gan_dataset_release(data);
    gan_model_release(d);
    gan_context_release(context);
    return share;
}

/* The stated quality: all modes, and so many samples within three deviations of one. */
static const double enough = 0.8;

TEST(what_is_right_learns)
{
    const double share = share_after(NO_FLAW, STEPS);
    printf("    %d steps: %.2f\n", STEPS, share);
    CHECK(share > enough);
}

TEST(untrained_is_bad)
{
    const double share = share_after(NO_FLAW, 0);
    printf("    untrained: %.2f\n", share);
    CHECK(share < enough);
}

TEST(what_is_broken_does_not)
{
    static const char *const names[] = {
        [FLAW_NO_GRADIENT] = "no gradient",
        [FLAW_GRADIENT_TURNED] = "gradient's sign turned",
        [FLAW_LOSS_TURNED] = "loss's sign turned",
    };
    for (int i = FLAW_NO_GRADIENT; i <= FLAW_LOSS_TURNED; i++) {
        const double share = share_after(i, STEPS);
        printf("    %s: %.2f\n", names[i], share);
        CHECK(share < enough);
    }
}

int main(void)
{
    RUN(what_is_right_learns);
    RUN(untrained_is_bad);
    RUN(what_is_broken_does_not);
    return test_report();
}
