/* train_gan.c: trains a small GAN on the bundled pictures of clothes and saves it.
 *
 *     train_gan [IMAGES.gz [STEPS]]
 *
 * Build it against the installed library:  cc train_gan.c $(pkg-config --cflags --libs gan) */
#include <gan/gan.h>

#include <stdio.h>
#include <stdlib.h>

static gan_context *ctx;

static void check(gan_status status)
{
    if (status == GAN_OK) return;
    fprintf(stderr, "%s: %s\n", gan_status_name(status), gan_context_message(ctx));
    exit(1);
}

/* Called after each step; non-zero would stop the training. */
static int32_t on_step(void *user, gan_trainer *trainer)
{
    double d, g;
    (void)user;
    if (gan_trainer_steps(trainer) % 20) return 0;
    check(gan_trainer_value(trainer, "loss.discriminator", &d));
    check(gan_trainer_value(trainer, "loss.generator", &g));
    printf("step %lld: discriminator %.3f, generator %.3f\n", (long long)gan_trainer_steps(trainer),
           d, g);
    return 0;
}

/* 64 pictures from noise, as one sheet. */
static void save_sheet(gan_model *generator, const char *path)
{
    const int64_t z_shape[4] = {64, 1, 1, 64}, shape[4] = {64, 28, 28, 1};
    gan_tape *tape;
    gan_value noise;
    gan_tensor *z, *pictures;
    gan_runner *runner;
    check(gan_tape_create(&tape, ctx));
    check(gan_tensor_create(&z, ctx, GAN_FLOAT32, 4, z_shape));
    check(gan_tape_normal(tape, 4, z_shape, &noise));
    check(gan_tape_value(tape, noise, z));
    check(gan_tensor_create(&pictures, ctx, GAN_FLOAT32, 4, shape));
    check(gan_runner_create(&runner, ctx, generator, "batch=64"));
    check(gan_runner_run(runner, &z, 1, &pictures, 1));
    check(gan_image_sheet(pictures, 8, path));
    gan_runner_release(runner);
    gan_tensor_release(pictures);
    gan_tensor_release(z);
    gan_tape_release(tape);
}

int main(int argc, char **argv)
{
    const char *images = argc > 1 ? argv[1] : "examples/data/fashion-images.gz";
    long steps = argc > 2 ? atol(argv[2]) : 200;
    char message[512], spec[600];
    gan_model *g, *d;
    gan_dataset *data;
    gan_trainer *trainer;

    if (gan_context_create(&ctx, "seed=7", NULL, message, sizeof message) != GAN_OK) {
        fprintf(stderr, "%s\n", message);
        return 1;
    }
    check(gan_model_parse(
        &g, ctx,
        "default conv_transpose2d kernel=4 stride=2 pad=1 bias=no init=normal:0.02\n"
        "input 64; dense 7*7*128 bias=no; reshape 7 7 128; batchnorm; relu\n"
        "conv_transpose2d 64; batchnorm; relu; conv_transpose2d 1; tanh"));
    check(gan_model_parse(&d, ctx,
                          "default conv2d kernel=4 stride=2 pad=1 bias=no init=normal:0.02\n"
                          "input 28 28 1; conv2d 64; leaky_relu 0.2\n"
                          "conv2d 128; batchnorm; leaky_relu 0.2; dense 1"));
    snprintf(spec, sizeof spec, "idx path=\"%s\"", images);
    check(gan_dataset_open(&data, ctx, spec));

    check(gan_trainer_create(&trainer, ctx, "gan loss=non_saturating batch=64"));
    check(gan_trainer_set_model(trainer, "generator", g));
    check(gan_trainer_set_model(trainer, "discriminator", d));
    check(gan_trainer_set_data(trainer, "real", data));
    check(gan_trainer_run(trainer, steps, on_step, NULL));

    check(gan_trainer_save(trainer, "run.safetensors")); /* everything: resume is bit-identical */
    check(
        gan_model_save(g, "generator.safetensors")); /* the generator alone, for another program */
    save_sheet(g, "sheet.png");

    gan_trainer_release(trainer);
    gan_dataset_release(data);
    gan_model_release(d);
    gan_model_release(g);
    gan_context_release(ctx);
    puts("wrote run.safetensors, generator.safetensors, sheet.png");
    return 0;
}
