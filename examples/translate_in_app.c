/* translate_in_app.c: an application that translates pictures with a network of somebody's
 * training.
 *
 * A route is one network in one file: `gan translate` uses such ones, gan_trainer_route and
 * gan_model_copy make one, as unit_from_scratch.c does. The application loads it, gives libgan an
 * allocator that counts, and shows that translating a picture allocates nothing.
 *
 *     translate_in_app ROUTE.safetensors IN.png [OUT.png] */
#include <gan/gan.h>

#include <stdio.h>
#include <stdlib.h>

enum { ROUNDS = 10 };

/* The host's allocator; a program's own would stand here. What malloc gave is kept in front. */
static void *allocate(void *user, size_t size, size_t alignment)
{
    char *raw = malloc(size + alignment + sizeof raw), *memory;
    if (!raw) return NULL;
    (*(long *)user)++;
    memory = raw + sizeof raw + alignment - 1;
    memory -= (uintptr_t)memory % alignment;
    ((char **)(void *)memory)[-1] = raw;
    return memory;
}

static void deallocate(void *user, void *memory)
{
    (void)user;
    free(((char **)memory)[-1]);
}

static gan_context *ctx;

static void check(gan_status status)
{
    if (status == GAN_OK) return;
    fprintf(stderr, "%s: %s\n", gan_status_name(status), gan_context_message(ctx));
    exit(1);
}

/* The picture as the network takes it: of its channels, and of its size unless that is open; as the
 * pictures of its training were brought to theirs. */
static gan_tensor *load_picture(const gan_model *network, const char *path)
{
    int64_t wanted[3];
    gan_tensor *picture, *fitted;
    check(gan_model_input_shape(network, 0, wanted));
    check(gan_image_load(&picture, ctx, path));
    check(gan_image_fit(&fitted, picture, wanted[0] < 0 ? 0 : wanted[0],
                        wanted[1] < 0 ? 0 : wanted[1], wanted[2], gan_model_note(network, "fit")));
    gan_tensor_release(picture);
    return fitted;
}

/* The same memory as a batch of one. */
static gan_tensor *view_batch(gan_tensor *picture)
{
    const int64_t *size = gan_tensor_shape(picture);
    const int64_t shape[4] = {1, size[0], size[1], size[2]};
    gan_tensor *batch;
    check(gan_tensor_wrap(&batch, ctx, gan_tensor_dtype(picture), 4, shape, NULL,
                          gan_tensor_data(picture), NULL, NULL));
    return batch;
}

int main(int argc, char **argv)
{
    long allocations = 0, before;
    gan_host host = {
        .size = sizeof host, .user = &allocations, .allocate = allocate, .deallocate = deallocate};
    char message[256], spec[96];
    gan_model *network;
    gan_runner *runner;
    gan_tensor *in, *out, *from, *to;
    int64_t made[3];

    if (argc < 3) {
        fprintf(stderr, "usage: translate_in_app ROUTE.safetensors IN.png [OUT.png]\n");
        return 1;
    }
    if (gan_context_create(&ctx, "threads=1", &host, message, sizeof message)) {
        fprintf(stderr, "%s\n", message);
        return 1;
    }
    check(gan_model_load(&network, ctx, argv[1]));
    in = load_picture(network, argv[2]);
    snprintf(spec, sizeof spec, "batch=1 height=%lld width=%lld",
             (long long)gan_tensor_shape(in)[0], (long long)gan_tensor_shape(in)[1]);
    check(gan_runner_create(&runner, ctx, network, spec));
    check(gan_runner_output_shape(runner, 0, made));
    check(gan_tensor_create(&out, ctx, GAN_UINT8, 3, made));
    from = view_batch(in);
    to = view_batch(out);

    before = allocations;
    for (int i = 0; i < ROUNDS; i++) check(gan_runner_run(runner, &from, 1, &to, 1));
    before = allocations - before;
    printf("%s, %lldx%lld, %d times: %ld allocations\n", argv[2], (long long)made[0],
           (long long)made[1], ROUNDS, before);
    if (argc > 3) check(gan_image_save(out, argv[3]));

    gan_tensor_release(from);
    gan_tensor_release(to);
    gan_tensor_release(in);
    gan_tensor_release(out);
    gan_runner_release(runner);
    gan_model_release(network);
    gan_context_release(ctx);
    return before ? 1 : 0;
}
