/* sample_in_app.c: an application that only makes pictures.
 *
 * It loads a generator from memory, as from a resource of its own, gives libgan an allocator that
 * counts, and shows that making pictures allocates nothing.
 *
 *     sample_in_app GENERATOR.safetensors [OUT.pgm] */
#include <gan/gan.h>

#include <stdio.h>
#include <stdlib.h>

enum { BATCH = 16, ROUNDS = 10 };

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

static void *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    void *bytes = NULL;
    long length = -1;
    if (file && !fseek(file, 0, SEEK_END)) length = ftell(file);
    if (length > 0) bytes = malloc((size_t)length);
    if (bytes) {
        rewind(file);
        *size = fread(bytes, 1, (size_t)length, file);
    }
    if (file) fclose(file);
    return bytes;
}

static int fail(gan_context *ctx, const char *what)
{
    fprintf(stderr, "%s: %s\n", what, ctx ? gan_context_message(ctx) : "");
    return 1;
}

/* Noise of the application's own making: a sum of uniform numbers is nearly normal. */
static void fill_noise(float *z, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        z[i] = -6;
        for (int k = 0; k < 12; k++) z[i] += (float)rand() / (float)RAND_MAX;
    }
}

int main(int argc, char **argv)
{
    long allocations = 0, before, made;
    gan_host host = {
        .size = sizeof host, .user = &allocations, .allocate = allocate, .deallocate = deallocate};
    char message[256];
    int64_t in[4] = {BATCH}, out[4] = {BATCH};
    size_t size = 0;
    void *bytes;
    float *z, *pixels;
    gan_context *ctx;
    gan_model *g;
    gan_runner *runner;
    gan_tensor *noise, *pictures;

    if (argc < 2) return fail(NULL, "usage: sample_in_app GENERATOR.safetensors [OUT.pgm]");
    bytes = read_file(argv[1], &size);
    if (!bytes) return fail(NULL, "cannot read the generator");
    if (gan_context_create(&ctx, "threads=1", &host, message, sizeof message))
        return fail(NULL, message);
    if (gan_model_load_memory(&g, ctx, bytes, size)) return fail(ctx, argv[1]);
    free(bytes);
    if (gan_runner_create(&runner, ctx, g, "batch=16")) return fail(ctx, "runner");
    if (gan_model_input_shape(g, 0, in + 1) || gan_model_output_shape(g, 0, out + 1))
        return fail(ctx, "shapes");

    z = malloc((size_t)(BATCH * in[1] * in[2] * in[3]) * sizeof *z);
    pixels = malloc((size_t)(BATCH * out[1] * out[2] * out[3]) * sizeof *pixels);
    if (!z || !pixels) return fail(NULL, "out of memory");
    if (gan_tensor_wrap(&noise, ctx, GAN_FLOAT32, 4, in, NULL, z, NULL, NULL) ||
        gan_tensor_wrap(&pictures, ctx, GAN_FLOAT32, 4, out, NULL, pixels, NULL, NULL))
        return fail(ctx, "tensors");

    before = allocations;
    for (int round = 0; round < ROUNDS; round++) {
        fill_noise(z, BATCH * in[1] * in[2] * in[3]);
        if (gan_runner_run(runner, &noise, 1, &pictures, 1)) return fail(ctx, "run");
    }
    made = allocations - before;
    printf("%d pictures of %lldx%lldx%lld, %ld allocations while making them\n", ROUNDS * BATCH,
           (long long)out[1], (long long)out[2], (long long)out[3], made);
    if (argc > 2 && gan_image_sheet(pictures, 4, argv[2])) return fail(ctx, argv[2]);

    gan_tensor_release(pictures);
    gan_tensor_release(noise);
    gan_runner_release(runner);
    gan_model_release(g);
    gan_context_release(ctx);
    free(pixels);
    free(z);
    return made ? 1 : 0;
}
