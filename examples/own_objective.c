/* own_objective.c: a GAN variant that the library does not have, written on the tape.
 *
 * The discriminator here is a least-squares critic with a margin, and its objective is computed by
 * this program: the derivative of the loss over D's outputs is handed to the tape as a seed. The
 * generator matches the mean of the critic's scores on real pictures. Any objective can be written
 * so.
 *
 *     own_objective [IMAGES.gz [STEPS]] */
#include <gan/gan.h>

#include <stdio.h>
#include <stdlib.h>

enum { BATCH = 32, LATENT = 32 };

static gan_context *ctx;

static void check(gan_status status)
{
    if (status == GAN_OK) return;
    fprintf(stderr, "%s: %s\n", gan_status_name(status), gan_context_message(ctx));
    exit(1);
}

typedef struct game {
    gan_model *g, *d;
    gan_optimizer *g_rule, *d_rule;
    gan_tape *tape;
    gan_tensor *scores[2], *seeds[2]; /* BATCH x 1 */
} game;

/* L_D = mean (D(x) - 1)^2 + mean max(0, 1 + D(G(z)))^2, with its derivative over both score
 * vectors. */
static double critic_loss(const game *t)
{
    const float *real = gan_tensor_data(t->scores[0]), *fake = gan_tensor_data(t->scores[1]);
    float *d_real = gan_tensor_data(t->seeds[0]), *d_fake = gan_tensor_data(t->seeds[1]);
    double loss = 0;
    for (int i = 0; i < BATCH; i++) {
        float a = real[i] - 1, b = fake[i] > -1 ? fake[i] + 1 : 0;
        loss += (a * a + b * b) / BATCH;
        d_real[i] = 2 * a / BATCH;
        d_fake[i] = 2 * b / BATCH;
    }
    return loss;
}

static double train_critic(game *t, gan_tensor *pictures, double *real_mean)
{
    const int64_t shape[2] = {BATCH, LATENT};
    gan_value real, z, fake, inputs[2], scores[2];
    double loss;
    check(gan_tape_reset(t->tape));
    check(gan_tape_input(t->tape, pictures, 0, &real));
    check(gan_tape_normal(t->tape, 2, shape, &z));
    check(gan_tape_apply(t->tape, t->g, "training frozen", &z, 1, &fake, 1));
    inputs[0] = real;
    inputs[1] = fake;
    check(gan_tape_apply(t->tape, t->d, "training groups=2", inputs, 2, scores, 2));
    for (int i = 0; i < 2; i++) check(gan_tape_value(t->tape, scores[i], t->scores[i]));
    loss = critic_loss(t);
    *real_mean = 0;
    for (int i = 0; i < BATCH; i++)
        *real_mean += ((const float *)gan_tensor_data(t->scores[0]))[i] / BATCH;
    check(gan_tape_backward(t->tape, scores, t->seeds, 2, &t->d, 1));
    check(gan_optimizer_step(t->d_rule));
    check(gan_optimizer_zero(t->d_rule));
    return loss;
}

/* L_G = (mean D(G(z)) - mean D(x))^2: the same derivative for every sample. */
static double train_generator(game *t, double real_mean)
{
    const int64_t shape[2] = {BATCH, LATENT};
    gan_value z, fake, score, mean;
    float *seed = gan_tensor_data(t->seeds[0]);
    double fake_mean;
    check(gan_tape_reset(t->tape));
    check(gan_tape_normal(t->tape, 2, shape, &z));
    check(gan_tape_apply(t->tape, t->g, "training", &z, 1, &fake, 1));
    check(gan_tape_apply(t->tape, t->d, "training frozen", &fake, 1, &score, 1));
    check(gan_tape_loss(t->tape, "mean", &score, 1, &mean));
    check(gan_tape_scalar(t->tape, mean, &fake_mean));
    for (int i = 0; i < BATCH; i++) seed[i] = (float)(2 * (fake_mean - real_mean) / BATCH);
    check(gan_tape_backward(t->tape, &score, t->seeds, 1, &t->g, 1));
    check(gan_optimizer_step(t->g_rule));
    check(gan_optimizer_zero(t->g_rule));
    return (fake_mean - real_mean) * (fake_mean - real_mean);
}

static void make_game(game *t)
{
    const int64_t shape[2] = {BATCH, 1};
    check(gan_model_parse(&t->g, ctx,
                          "input 32; dense 128; leaky_relu 0.2; dense 784; tanh; reshape 28 28 1"));
    check(gan_model_parse(
        &t->d, ctx, "input 28 28 1; conv2d 32 kernel=4 stride=2 pad=1; leaky_relu 0.2; dense 1"));
    check(gan_optimizer_create(&t->g_rule, ctx, "adam lr=5e-4 beta1=0.5"));
    check(gan_optimizer_create(&t->d_rule, ctx, "adam lr=5e-4 beta1=0.5"));
    check(gan_optimizer_add(t->g_rule, t->g));
    check(gan_optimizer_add(t->d_rule, t->d));
    check(gan_tape_create(&t->tape, ctx));
    for (int i = 0; i < 2; i++) {
        check(gan_tensor_create(&t->scores[i], ctx, GAN_FLOAT32, 2, shape));
        check(gan_tensor_create(&t->seeds[i], ctx, GAN_FLOAT32, 2, shape));
    }
}

static void free_game(game *t)
{
    for (int i = 0; i < 2; i++) {
        gan_tensor_release(t->scores[i]);
        gan_tensor_release(t->seeds[i]);
    }
    gan_tape_release(t->tape);
    gan_optimizer_release(t->g_rule);
    gan_optimizer_release(t->d_rule);
    gan_model_release(t->g);
    gan_model_release(t->d);
}

int main(int argc, char **argv)
{
    const char *images = argc > 1 ? argv[1] : "examples/data/fashion-images.gz";
    long steps = argc > 2 ? atol(argv[2]) : 200;
    const int64_t shape[4] = {BATCH, 28, 28, 1};
    char message[512], spec[600];
    gan_dataset *data;
    gan_tensor *pictures;
    game t;

    if (gan_context_create(&ctx, "seed=3", NULL, message, sizeof message) != GAN_OK) {
        fprintf(stderr, "%s\n", message);
        return 1;
    }
    snprintf(spec, sizeof spec, "idx path=\"%s\"", images);
    check(gan_dataset_open(&data, ctx, spec));
    check(gan_tensor_create(&pictures, ctx, GAN_FLOAT32, 4, shape));
    make_game(&t);
    for (long step = 0; step < steps; step++) {
        int64_t indices[BATCH];
        double d_loss, g_loss, real_mean;
        for (int i = 0; i < BATCH; i++) indices[i] = (step * BATCH + i) % gan_dataset_count(data);
        check(gan_dataset_read(data, "image", indices, pictures));
        d_loss = train_critic(&t, pictures, &real_mean);
        g_loss = train_generator(&t, real_mean);
        if (step % 20 == 19)
            printf("step %ld: critic %.3f, generator %.4f\n", step + 1, d_loss, g_loss);
    }
    check(gan_model_save(t.g, "own_generator.safetensors"));
    free_game(&t);
    gan_tensor_release(pictures);
    gan_dataset_release(data);
    gan_context_release(ctx);
    puts("wrote own_generator.safetensors");
    return 0;
}
