/* train_cgan.c: trains a small conditional GAN on the bundled pictures of clothes and their
 * classes, then makes pictures of one class.
 *
 *     train_cgan [IMAGES.gz LABELS.gz [STEPS [CLASS]]]          class 9: ankle boots
 *
 * Build it against the installed library:  cc train_cgan.c $(pkg-config --cflags --libs gan) */
#include <gan/gan.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLASSES = 10, NOISE = 64, COUNT = 16 };

static gan_context *ctx;

static void check(gan_status status)
{
    if (status == GAN_OK) return;
    fprintf(stderr, "%s: %s\n", gan_status_name(status), gan_context_message(ctx));
    exit(1);
}

/* Whether the discriminator answers both of its questions: is it real, and is it of its class? */
static int32_t on_step(void *user, gan_trainer *trainer)
{
    static const char *const names[3] = {"accuracy.matched", "accuracy.mismatched",
                                         "accuracy.fake"};
    double told[3];
    int i;
    (void)user;
    if (gan_trainer_steps(trainer) % 20) return 0;
    for (i = 0; i < 3; i++) check(gan_trainer_value(trainer, names[i], &told[i]));
    printf("step %lld: told right are %.2f of the matched, %.2f of the mismatched, %.2f of fakes\n",
           (long long)gan_trainer_steps(trainer), told[0], told[1], told[2]);
    return 0;
}

/* Noise in one tensor, and the class for each of its rows, one-hot, in the other: what the way from
 * noise to pictures takes. */
static void make_inputs(gan_tensor *inputs[2], int64_t class_number)
{
    const int64_t z[2] = {COUNT, NOISE}, c[2] = {COUNT, CLASSES};
    float *one_hot;
    gan_tape *tape;
    gan_value noise;
    int i;
    check(gan_tape_create(&tape, ctx));
    check(gan_tape_normal(tape, 2, z, &noise));
    check(gan_tensor_create(&inputs[0], ctx, GAN_FLOAT32, 2, z));
    check(gan_tape_value(tape, noise, inputs[0]));
    gan_tape_release(tape);
    check(gan_tensor_create(&inputs[1], ctx, GAN_FLOAT32, 2, c));
    one_hot = gan_tensor_data(inputs[1]);
    memset(one_hot, 0, COUNT * CLASSES * sizeof *one_hot);
    for (i = 0; i < COUNT; i++) one_hot[i * CLASSES + class_number] = 1;
}

static void save_class(gan_trainer *trainer, int64_t class_number, const char *path)
{
    const int64_t shape[4] = {COUNT, 28, 28, 1};
    gan_tensor *inputs[2], *pictures;
    gan_model *route;
    gan_runner *runner;
    make_inputs(inputs, class_number);
    check(gan_trainer_route(&route, trainer, "noise > image", GAN_MODEL_AVERAGED));
    check(gan_runner_create(&runner, ctx, route, "batch=16"));
    check(gan_tensor_create(&pictures, ctx, GAN_UINT8, 4, shape));
    check(gan_runner_run(runner, inputs, 2, &pictures, 1));
    check(gan_image_sheet(pictures, 4, path));
    gan_tensor_release(pictures);
    gan_runner_release(runner);
    gan_model_release(route);
    gan_tensor_release(inputs[0]);
    gan_tensor_release(inputs[1]);
}

static gan_model *parse(const char *text)
{
    gan_model *model;
    check(gan_model_parse(&model, ctx, text));
    return model;
}

int main(int argc, char **argv)
{
    const char *images = argc > 2 ? argv[1] : "examples/data/fashion-images.gz";
    const char *labels = argc > 2 ? argv[2] : "examples/data/fashion-labels.gz";
    const long steps = argc > 3 ? atol(argv[3]) : 200;
    const long class_number = argc > 4 ? atol(argv[4]) : 9;
    char message[512], spec[1200];
    gan_model *g, *d;
    gan_dataset *data;
    gan_trainer *trainer;

    if (class_number < 0 || class_number >= CLASSES) {
        fprintf(stderr, "there are classes 0 to %d\n", CLASSES - 1);
        return 1;
    }
    if (gan_context_create(&ctx, "seed=7", NULL, message, sizeof message) != GAN_OK) {
        fprintf(stderr, "%s\n", message);
        return 1;
    }
    /* Labels go to a port of as many channels as there are classes one-hot. */
    g = parse("default conv_transpose2d kernel=4 stride=2 pad=1 bias=no init=normal:0.02\n"
              "input noise 64; input condition 10; concat from noise condition\n"
              "dense 7*7*64 bias=no; reshape 7 7 64; batchnorm; relu\n"
              "conv_transpose2d 32; batchnorm; relu; conv_transpose2d 1; tanh");
    d = parse("default conv2d kernel=4 stride=2 pad=1 init=normal:0.02\n"
              "input image 28 28 1; input condition 10\n"
              "conv2d 32 from image; leaky_relu 0.2; conv2d 64; h = leaky_relu 0.2\n"
              "concat from h condition\n" /* at each of the 7x7 places */
              "conv2d 64 kernel=3 stride=1; leaky_relu 0.2; dense 1");
    snprintf(spec, sizeof spec, "idx path=\"%s\" labels=\"%s\"", images, labels);
    check(gan_dataset_open(&data, ctx, spec));

    check(gan_trainer_create(&trainer, ctx, "cgan batch=64 average=0.9"));
    check(gan_trainer_set_model(trainer, "generator", g));
    check(gan_trainer_set_model(trainer, "discriminator", d));
    check(gan_trainer_set_data(trainer, "real", data));
    check(gan_trainer_set_optimizer(trainer, "generator", "adam lr=1e-3 beta1=0.5"));
    check(gan_trainer_set_optimizer(trainer, "discriminator", "adam lr=4e-4 beta1=0.5"));
    check(gan_trainer_run(trainer, steps, on_step, NULL));
    check(gan_trainer_refresh(trainer)); /* the averaged weights get statistics of their own */
    save_class(trainer, class_number, "class.png");

    gan_trainer_release(trainer);
    gan_dataset_release(data);
    gan_model_release(d);
    gan_model_release(g);
    gan_context_release(ctx);
    puts("wrote class.png");
    return 0;
}
