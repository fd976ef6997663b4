/* train_cyclegan.c: learns to draw the edges of clothes, and clothes of edges, from clothes and the
 * edges of other clothes; then translates pictures that it has not seen.
 *
 *     train_cyclegan [IMAGES.gz [STEPS]]
 *
 * Build it against the installed library:
 *     cc train_cyclegan.c $(pkg-config --cflags --libs gan) */
#include <gan/gan.h>

#include <stdio.h>
#include <stdlib.h>

enum { SHOWN = 16, TRAINED = 9000 };

static gan_context *ctx;

static void check(gan_status status)
{
    if (status == GAN_OK) return;
    fprintf(stderr, "%s: %s\n", gan_status_name(status), gan_context_message(ctx));
    exit(1);
}

/* A generator that makes the same of whatever it is given fools its discriminator all the same; the
 * cycle tells. */
static int32_t on_step(void *user, gan_trainer *trainer)
{
    double x, y;
    (void)user;
    if (gan_trainer_steps(trainer) % 20) return 0;
    check(gan_trainer_value(trainer, "loss.cycle.x", &x));
    check(gan_trainer_value(trainer, "loss.cycle.y", &y));
    printf("step %lld: there and back again, x is off by %.3f, y by %.3f\n",
           (long long)gan_trainer_steps(trainer), x, y);
    return 0;
}

/* The training keeps the model. */
static void set_model(gan_trainer *trainer, const char *role, const char *text)
{
    gan_model *model;
    check(gan_model_parse(&model, ctx, text));
    check(gan_trainer_set_model(trainer, role, model));
    gan_model_release(model);
}

static gan_dataset *open_data(const char *images, const char *options)
{
    char spec[600];
    gan_dataset *data;
    snprintf(spec, sizeof spec, "idx path=\"%s\" %s", images, options);
    check(gan_dataset_open(&data, ctx, spec));
    return data;
}

static void set_data(gan_trainer *trainer, const char *feed, const char *images,
                     const char *options)
{
    gan_dataset *data = open_data(images, options);
    check(gan_trainer_set_data(trainer, feed, data));
    gan_dataset_release(data);
}

/* Pictures and what a route makes of them, side by side. */
static void save_sheet(gan_trainer *trainer, const char *route, const char *images,
                       const char *path)
{
    const int64_t shape[4] = {2 * SHOWN, 28, 28, 1};
    int64_t i, index;
    gan_dataset *data = open_data(images, "");
    gan_tensor *sheet, *before, *after;
    gan_model *network;
    gan_runner *runner;
    check(gan_trainer_route(&network, trainer, route, GAN_MODEL_AVERAGED));
    check(gan_runner_create(&runner, ctx, network, "batch=1"));
    check(gan_tensor_create(&sheet, ctx, GAN_FLOAT32, 4, shape));
    for (i = 0; i < SHOWN; i++) {
        index = TRAINED + i;
        check(gan_tensor_slice(&before, sheet, 0, 2 * i, 1));
        check(gan_tensor_slice(&after, sheet, 0, 2 * i + 1, 1));
        check(gan_dataset_read(data, "image", &index, before));
        check(gan_runner_run(runner, &before, 1, &after, 1));
        gan_tensor_release(before);
        gan_tensor_release(after);
    }
    check(gan_image_sheet(sheet, 8, path));
    gan_tensor_release(sheet);
    gan_runner_release(runner);
    gan_model_release(network);
    gan_dataset_release(data);
}

int main(int argc, char **argv)
{
    static const char *const generator =
        "default conv2d kernel=3 pad=1\n"
        "input 28 28 1; conv2d 16; instancenorm; relu\n"
        "conv2d 32 kernel=4 stride=2; instancenorm; relu\n"
        "repeat 2 { residual { conv2d 32; instancenorm; relu; conv2d 32; instancenorm } }\n"
        "conv_transpose2d 16 kernel=4 stride=2 pad=1; instancenorm; relu; conv2d 1; tanh";
    static const char *const discriminator =
        "default conv2d kernel=4 stride=2 pad=1\n"
        "input 28 28 1; conv2d 32; leaky_relu 0.2; conv2d 64; instancenorm; leaky_relu 0.2\n"
        "conv2d 1 kernel=3 stride=1";
    const char *images = argc > 1 ? argv[1] : "examples/data/fashion-images.gz";
    long steps = argc > 2 ? atol(argv[2]) : 600;
    char message[512];
    gan_trainer *trainer;

    if (gan_context_create(&ctx, "seed=7", NULL, message, sizeof message) != GAN_OK) {
        fprintf(stderr, "%s\n", message);
        return 1;
    }
    check(gan_trainer_create(&trainer, ctx, "cyclegan batch=16 average=0.99"));
    set_model(trainer, "xy", generator);
    set_model(trainer, "yx", generator);
    set_model(trainer, "discriminator_x", discriminator);
    set_model(trainer, "discriminator_y", discriminator);
    check(gan_trainer_set_optimizer(trainer, "generators", "adam lr=5e-4 beta1=0.5"));
    check(gan_trainer_set_optimizer(trainer, "discriminators", "adam lr=5e-4 beta1=0.5"));

    /* Each half of the pictures is one side's: there are no pairs. */
    set_data(trainer, "x", images, "count=9000 heldout=0.5 part=train");
    set_data(trainer, "y", images, "count=9000 heldout=0.5 part=heldout transform=edges");
    check(gan_trainer_run(trainer, steps, on_step, NULL));

    check(gan_trainer_save(trainer, "cyclegan.safetensors")); /* it can go on from there */
    save_sheet(trainer, "x > y", images, "edges.png");
    gan_trainer_release(trainer);
    gan_context_release(ctx);
    puts("wrote cyclegan.safetensors, edges.png");
    return 0;
}
