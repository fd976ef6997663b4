/* unit_from_scratch.c: two domains with a code in common, trained by hand: models, parts, a tape
 * and an optimiser, no trainer. What Liu, Breuel and Kautz (2017) call UNIT: the encoders share
 * their last layers, the decoders their first, each pair is a variational auto-encoder, and a
 * discriminator judges what is translated.
 *
 * One half of the pictures is x, the outlines of the other half are y. Afterwards "x > code > y" is
 * one network in one file, for translate_in_app.c.
 *
 *     unit_from_scratch [IMAGES.gz [STEPS]] */
#include <gan/gan.h>

#include <stdio.h>
#include <stdlib.h>

enum { BATCH = 16, X = 0, Y = 1 };

static gan_context *ctx;
static gan_tape *tape;

static void check(gan_status status)
{
    if (status == GAN_OK) return;
    fprintf(stderr, "%s: %s\n", gan_status_name(status), gan_context_message(ctx));
    exit(1);
}

/* ---- networks ---- */

/* The parts that both domains have: the end of the encoders, the beginning of the decoders. */
static const char *const part_names[2] = {"inwards", "outwards"};
static const char *const part_texts[2] = {
    "input 14 14 16; conv2d 32 kernel=4 stride=2 pad=1; instancenorm; relu; conv2d 8 kernel=1",
    "input 7 7 8; conv2d 32 kernel=3 pad=1; relu\n"
    "conv_transpose2d 16 kernel=4 stride=2 pad=1; relu"};

typedef struct domain {
    gan_model *encoder, *decoder, *discriminator;
    gan_dataset *data;
    int64_t position;
} domain;

static gan_model *make(const char *text, gan_model *const parts[2])
{
    gan_model *model;
    check(gan_model_parse_parts(&model, ctx, text, part_names, parts, 2));
    return model;
}

static void make_domain(domain *d, gan_model *const parts[2], const char *images,
                        const char *options)
{
    char spec[600];
    d->encoder = make(
        "input 28 28 1; conv2d 16 kernel=4 stride=2 pad=1; leaky_relu 0.2; part inwards", parts);
    d->decoder =
        make("input 7 7 8; part outwards; conv_transpose2d 1 kernel=4 stride=2 pad=1; tanh", parts);
    d->discriminator = make("input 28 28 1; conv2d 16 kernel=4 stride=2 pad=1; leaky_relu 0.2\n"
                            "conv2d 32 kernel=4 stride=2 pad=1; leaky_relu 0.2; conv2d 1 kernel=3",
                            parts);
    snprintf(spec, sizeof spec, "idx path=\"%s\" count=9000 heldout=0.5 %s", images, options);
    check(gan_dataset_open(&d->data, ctx, spec));
}

/* ---- a step ---- */

/* The next pictures of a domain, one behind the other, on the tape. */
static gan_value next_batch(domain *d)
{
    const int64_t shape[4] = {BATCH, 28, 28, 1};
    int64_t indices[BATCH];
    gan_tensor *pictures;
    gan_value x;
    for (int i = 0; i < BATCH; i++) indices[i] = d->position++ % gan_dataset_count(d->data);
    check(gan_tensor_create(&pictures, ctx, GAN_FLOAT32, 4, shape));
    check(gan_dataset_read(d->data, "image", indices, pictures));
    check(gan_tape_input(tape, pictures, 0, &x));
    gan_tensor_release(pictures); /* the tape holds it */
    return x;
}

static gan_value apply(gan_model *model, const char *mode, gan_value in)
{
    gan_value out;
    check(gan_tape_apply(tape, model, mode, &in, 1, &out, 1));
    return out;
}

static gan_value loss_of(const char *spec, gan_value one, gan_value other)
{
    const gan_value values[2] = {one, other};
    gan_value loss;
    check(gan_tape_loss(tape, spec, values, other < 0 ? 1 : 2, &loss));
    return loss;
}

/* A code around what the encoder makes: its mean, with a variance of 1. */
static gan_value draw_code(gan_value mean)
{
    static const double weights[2] = {1, 1};
    int64_t shape[4];
    gan_value sum[2] = {mean};
    check(gan_tape_shape(tape, mean, shape));
    check(gan_tape_normal(tape, 4, shape, &sum[1]));
    check(gan_tape_combine(tape, sum, weights, 2, &sum[0]));
    return sum[0];
}

static void update(gan_optimizer *optimizer, gan_value loss, gan_model *const *models, int count)
{
    check(gan_tape_backward(tape, &loss, NULL, 1, models, count));
    check(gan_optimizer_step(optimizer));
    check(gan_optimizer_zero(optimizer));
}

/* Both discriminators learn to tell x from x(y), and y from y(x). */
static void discriminate(domain d[2], const gan_value x[2], gan_optimizer *optimizer)
{
    gan_model *const judges[2] = {d[X].discriminator, d[Y].discriminator};
    gan_value terms[4], loss;
    for (int i = 0; i < 2; i++) {
        gan_value code = draw_code(apply(d[1 - i].encoder, "training frozen", x[1 - i]));
        gan_value fake = apply(d[i].decoder, "training frozen", code);
        check(gan_tape_detach(tape, fake, &fake));
        terms[2 * i] = loss_of("mse target=1", apply(judges[i], "training", x[i]), -1);
        terms[2 * i + 1] = loss_of("mse target=0", apply(judges[i], "training", fake), -1);
    }
    check(gan_tape_combine(tape, terms, (const double[]){1, 1, 1, 1}, 4, &loss));
    update(optimizer, loss, judges, 2);
}

/* Encoders and decoders: back through the code, to the other domain, and back from there. Returns
 * how far x and y are from what they are on the way there and back. */
static double translate(domain d[2], const gan_value x[2], gan_optimizer *optimizer)
{
    static const double each[5] = {10, 0.01, 1, 10, 0.01};
    gan_model *const models[4] = {d[X].encoder, d[Y].encoder, d[X].decoder, d[Y].decoder};
    gan_value terms[10], loss;
    double weights[10], cycle[2];
    for (int i = 0; i < 2; i++) {
        domain *own = &d[i], *other = &d[1 - i];
        gan_value mean = apply(own->encoder, "training", x[i]), code = draw_code(mean);
        gan_value fake = apply(other->decoder, "training", code);
        gan_value again = apply(other->encoder, "training", fake);
        gan_value back = apply(own->decoder, "training", draw_code(again));
        gan_value *t = &terms[5 * i];
        t[0] = loss_of("l1", apply(own->decoder, "training", code), x[i]);
        t[1] = loss_of("mse", mean, -1); /* divergence of the code from N(0, 1) */
        t[2] = loss_of("mse target=1", apply(other->discriminator, "training frozen", fake), -1);
        t[3] = loss_of("l1", back, x[i]);
        t[4] = loss_of("mse", again, -1);
        for (int k = 0; k < 5; k++) weights[5 * i + k] = each[k];
        check(gan_tape_scalar(tape, t[3], &cycle[i]));
    }
    check(gan_tape_combine(tape, terms, weights, 10, &loss));
    update(optimizer, loss, models, 4);
    return (cycle[0] + cycle[1]) / 2;
}

/* ---- the whole ---- */

static gan_optimizer *make_optimizer(gan_model *const *models, int count)
{
    gan_optimizer *optimizer;
    check(gan_optimizer_create(&optimizer, ctx, "adam lr=5e-4 beta1=0.5 weight_decay=1e-4"));
    for (int i = 0; i < count; i++) check(gan_optimizer_add(optimizer, models[i]));
    return optimizer;
}

/* x > code > y as one network, in a file of its own. */
static void save_route(domain d[2], const char *path)
{
    static const char *const names[2] = {"encoder", "decoder"};
    gan_model *const parts[2] = {d[X].encoder, d[Y].decoder};
    gan_model *route;
    check(gan_model_parse_parts(&route, ctx, "input 28 28 1; part encoder; part decoder", names,
                                parts, 2));
    check(gan_model_save(route, path));
    gan_model_release(route);
}

static void free_domain(domain *d)
{
    gan_model_release(d->encoder);
    gan_model_release(d->decoder);
    gan_model_release(d->discriminator);
    gan_dataset_release(d->data);
}

int main(int argc, char **argv)
{
    const char *images = argc > 1 ? argv[1] : "examples/data/fashion-images.gz";
    const long steps = argc > 2 ? atol(argv[2]) : 400;
    domain d[2] = {{.position = 0}, {.position = 0}};
    gan_model *parts[2];
    char message[512];

    if (gan_context_create(&ctx, "seed=7", NULL, message, sizeof message) != GAN_OK) {
        fprintf(stderr, "%s\n", message);
        return 1;
    }
    check(gan_tape_create(&tape, ctx));
    for (int i = 0; i < 2; i++) check(gan_model_parse(&parts[i], ctx, part_texts[i]));
    make_domain(&d[X], parts, images, "part=train");
    make_domain(&d[Y], parts, images, "part=heldout transform=edges");
    gan_optimizer *makers =
        make_optimizer((gan_model *[]){d[X].encoder, d[Y].encoder, d[X].decoder, d[Y].decoder}, 4);
    gan_optimizer *judges =
        make_optimizer((gan_model *[]){d[X].discriminator, d[Y].discriminator}, 2);

    for (long step = 1; step <= steps; step++) {
        check(gan_tape_reset(tape));
        const gan_value x[2] = {next_batch(&d[X]), next_batch(&d[Y])};
        discriminate(d, x, judges);
        const double cycle = translate(d, x, makers);
        if (step % 20 == 0) printf("step %ld: there and back again, off by %.3f\n", step, cycle);
    }
    save_route(d, "x-to-y.safetensors");
    puts("wrote x-to-y.safetensors");

    for (int i = 0; i < 2; i++) {
        free_domain(&d[i]);
        gan_model_release(parts[i]);
    }
    gan_optimizer_release(makers);
    gan_optimizer_release(judges);
    gan_tape_release(tape);
    gan_context_release(ctx);
    return 0;
}
