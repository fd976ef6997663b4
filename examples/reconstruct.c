/* reconstruct.c: an application that uses what `gan train` has trained, without knowing its
 * networks.
 *
 * It loads a run's checkpoint, asks for the network of a route, and shows a picture beside what is
 * left of it on that way. With the run of examples/recipes/fashion-vae.recipe:
 *
 *     reconstruct run/checkpoint.safetensors PICTURE.png OUT.png ["image > code > image"] */
#include <gan/gan.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static gan_context *ctx;

static void check(gan_status status)
{
    if (status == GAN_OK) return;
    fprintf(stderr, "%s: %s\n", gan_status_name(status), gan_context_message(ctx));
    exit(1);
}

/* What can be asked for, where what was asked for is not there. */
static void list_routes(const gan_trainer *trainer)
{
    int32_t i;
    for (i = 0; i < gan_trainer_member_count(trainer); i++)
        if (!strcmp(gan_trainer_member(trainer, i, "type"), "route"))
            fprintf(stderr, "    %s\n", gan_trainer_member(trainer, i, "name"));
}

/* The network of the way, with averaged weights if there are any. It stands on its own: the
 * trainer, with its moments and its other networks, need not stay. */
static gan_model *load_route(const char *checkpoint, const char *route)
{
    gan_trainer *trainer;
    gan_model *network;
    gan_status status;
    check(gan_trainer_load(&trainer, ctx, checkpoint));
    status = gan_trainer_route(&network, trainer, route, GAN_MODEL_AVERAGED);
    if (status != GAN_OK) list_routes(trainer);
    check(status);
    gan_trainer_release(trainer);
    return network;
}

int main(int argc, char **argv)
{
    const char *route = argc > 4 ? argv[4] : "image > code > image";
    char message[512];
    int64_t shape[4] = {2}, i, count;
    double difference = 0;
    const uint8_t *before, *after;
    gan_model *network;
    gan_tensor *picture, *pair, *in, *out;
    gan_runner *runner;

    if (argc < 4) {
        fprintf(stderr, "usage: reconstruct CHECKPOINT PICTURE OUT.png [ROUTE]\n");
        return 1;
    }
    if (gan_context_create(&ctx, "threads=1", NULL, message, sizeof message) != GAN_OK) {
        fprintf(stderr, "%s\n", message);
        return 1;
    }
    network = load_route(argv[1], route);
    check(gan_image_load(&picture, ctx, argv[2]));
    count = gan_tensor_count(picture);
    memcpy(shape + 1, gan_tensor_shape(picture), 3 * sizeof *shape);

    /* Both pictures lie in one tensor, as the sheet takes them; the network reads the first and
     * writes the second. */
    check(gan_tensor_create(&pair, ctx, GAN_UINT8, 4, shape));
    check(gan_tensor_slice(&in, pair, 0, 0, 1));
    check(gan_tensor_slice(&out, pair, 0, 1, 1));
    memcpy(gan_tensor_data(in), gan_tensor_data(picture), (size_t)count);
    check(gan_runner_create(&runner, ctx, network, "batch=1"));
    check(gan_runner_run(runner, &in, 1, &out, 1));
    check(gan_image_sheet(pair, 2, argv[3]));

    before = gan_tensor_data(in);
    after = gan_tensor_data(out);
    for (i = 0; i < count; i++) difference += abs(after[i] - before[i]);
    printf("%s: %.1f of 255 is the mean difference\n", argv[3], difference / (double)count);

    gan_runner_release(runner);
    gan_tensor_release(out);
    gan_tensor_release(in);
    gan_tensor_release(pair);
    gan_tensor_release(picture);
    gan_model_release(network);
    gan_context_release(ctx);
    return 0;
}
