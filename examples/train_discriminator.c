/* train_discriminator.c: a discriminator alone learns points on a ring, without a generator: it
 * makes its own negatives. Then it draws samples, which are written as an array.
 *
 *     train_discriminator [STEPS]
 *
 * Build it against the installed library:
 *     cc train_discriminator.c $(pkg-config --cflags --libs gan) */
#include <gan/gan.h>

#include <stdio.h>
#include <stdlib.h>

enum { SAMPLES = 2500 };

static gan_context *ctx;

static void check(gan_status status)
{
    if (status == GAN_OK) return;
    fprintf(stderr, "%s: %s\n", gan_status_name(status), gan_context_message(ctx));
    exit(1);
}

/* Half of the pairs are told by chance: then the negatives lie where the data does. */
static int32_t on_step(void *user, gan_trainer *trainer)
{
    double pairs, gap;
    (void)user;
    if (gan_trainer_steps(trainer) % 100) return 0;
    check(gan_trainer_value(trainer, "accuracy.pairs", &pairs));
    check(gan_trainer_value(trainer, "score.gap", &gap));
    printf("step %lld: tells %.2f of pairs, positives above negatives by %.3f\n",
           (long long)gan_trainer_steps(trainer), pairs, gap);
    return 0;
}

/* How many lie within three deviations, of 0.04, of one of the eight points. */
static int count_good(const float *points)
{
    static const float x[8] = {1, 0.7071F, 0, -0.7071F, -1, -0.7071F, 0, 0.7071F};
    int good = 0, i, k;
    for (i = 0; i < SAMPLES; i++)
        for (k = 0; k < 8; k++) {
            const float dx = points[2 * i] - x[k];
            const float dy = points[2 * i + 1] - x[(k + 6) % 8];
            good += dx * dx + dy * dy < 0.12F * 0.12F;
        }
    return good;
}

int main(int argc, char **argv)
{
    long steps = argc > 1 ? atol(argv[1]) : 2000;
    char message[512];
    gan_trainer *trainer;
    gan_model *discriminator;
    gan_dataset *data;
    gan_tensor *points;

    if (gan_context_create(&ctx, "seed=7", NULL, message, sizeof message) != GAN_OK) {
        fprintf(stderr, "%s\n", message);
        return 1;
    }
    check(gan_model_parse(&discriminator, ctx,
                          "input 2; affine 4 0\n"
                          "dense 64; silu; dense 64; silu; dense 64; silu; dense 1"));
    check(gan_dataset_open(&data, ctx, "mixture ring=8 deviation=0.04"));
    check(gan_trainer_create(&trainer, ctx,
                             "discriminator batch=64 steps=15 step=2e-3 projection=20 noise=0.015 "
                             "l2=0.1 least=-1.5 most=1.5 average=0.98"));
    check(gan_trainer_set_model(trainer, "discriminator", discriminator));
    check(gan_trainer_set_data(trainer, "real", data));
    check(gan_trainer_set_optimizer(trainer, "discriminator", "adam lr=3e-3 beta1=0"));
    check(gan_trainer_run(trainer, steps, on_step, NULL));

    check(gan_trainer_save(trainer, "discriminator.safetensors")); /* it can go on from there */
    check(gan_trainer_sample(&points, trainer, SAMPLES, 0, 1, GAN_MODEL_AVERAGED));
    check(gan_tensor_save(points, "points.npy"));
    printf("%d of %d samples are good\n", count_good(gan_tensor_data(points)), SAMPLES);

    gan_tensor_release(points);
    gan_trainer_release(trainer);
    gan_dataset_release(data);
    gan_model_release(discriminator);
    gan_context_release(ctx);
    puts("wrote discriminator.safetensors, points.npy");
    return 0;
}
