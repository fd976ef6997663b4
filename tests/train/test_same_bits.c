/* test_same_bits.c: fifty steps of the fashion-gan recipe give one checkpoint for every number of
 * threads and every CPU tier, and the one that was stored when the bits last changed (a line in
 * CHANGELOG.md says when). Generic C goes five of them.
 *
 *     test_same_bits CPU     one step of it, without averages: for bits_without_fma.cmake */
#include "test.h"

#include <gan/gan.h>

#include "base/cpu.h"
#include "files/checksum.h"

#include <stdlib.h>

/* CRC-32 of the checkpoint's tensors. The whole file, whose header names the version and the
 * options, is compared with the first run's. */
static const uint32_t stored = 0xae2b487e;
static uint8_t *first;
static size_t first_size;

enum { BATCH = 4, STEPS = 50, FEW_STEPS = 5 };

static uint8_t *read_all(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes;
    if (!file) return NULL;
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    bytes = malloc(*size);
    if (fread(bytes, 1, *size, file) != *size) *size = 0;
    fclose(file);
    return bytes;
}

static void check_status(gan_context *context, gan_status status)
{
    if (!CHECK_OK(status)) {
        puts(gan_context_message(context));
        exit(1);
    }
}

/* The checksum of a run's checkpoint. Averages are left out of a short one: they take most of its
 * time. */
static uint32_t run(const char *cpu, int threads, int steps)
{
    char spec[64], batch[16], message[256];
    gan_context *context;
    gan_recipe *recipe;
    gan_trainer *trainer;
    uint8_t *bytes;
    size_t size = 0, header;
    uint64_t json;
    uint32_t sum;
    setenv("GAN_CPU", cpu, 1);
    snprintf(spec, sizeof spec, "threads=%d seed=7", threads);
    snprintf(batch, sizeof batch, "%d", BATCH);
    CHECK_OK(gan_context_create(&context, spec, NULL, message, sizeof message));
    CHECK_TEXT(gan_context_cpu(context), cpu);
    check_status(context,
                 gan_recipe_load(&recipe, context,
                                 GAN_SOURCE_FOLDER "/examples/recipes/fashion-gan.recipe"));
    check_status(context, gan_recipe_set(recipe, "run.batch", batch));
    if (steps < STEPS) check_status(context, gan_recipe_set(recipe, "trainer.average", "0"));
    check_status(context, gan_recipe_trainer(&trainer, recipe, context, NULL));
    check_status(context, gan_trainer_run(trainer, steps, NULL, NULL));
    check_status(context, gan_trainer_save(trainer, "same_bits.safetensors"));
    bytes = read_all("same_bits.safetensors", &size);
    memcpy(&json, bytes, sizeof json);
    header = sizeof json + (size_t)json;
    sum = gan__crc32(0, bytes + header, size - header);
    printf("    %-8s %d threads: %08x\n", cpu, threads, sum);
    if (!first) {
        first = bytes, first_size = size;
    } else {
        CHECK(size == first_size && !memcmp(bytes, first, size));
        free(bytes);
    }
    remove("same_bits.safetensors");
    gan_trainer_release(trainer);
    gan_recipe_release(recipe);
    gan_context_release(context);
    unsetenv("GAN_CPU");
    return sum;
}

TEST(threads)
{
    const char *best = gan__tier_name(gan__cpu_tier());
    for (int threads = 1; threads <= 3; threads++) CHECK_INT(run(best, threads, STEPS), stored);
}

TEST(tiers)
{
    for (int tier = GAN__GENERIC + 1; tier < (int)gan__cpu_tier(); tier++)
        CHECK_INT(run(gan__tier_name((gan__tier)tier), 2, STEPS), stored);
}

/* Fewer steps: it is some twenty times slower. */
TEST(generic)
{
    const char *best = gan__tier_name(gan__cpu_tier());
    free(first), first = NULL;
    CHECK_INT(run("generic", 2, FEW_STEPS), run(best, 2, FEW_STEPS));
}

int main(int argc, char **argv)
{
    if (argc == 2) {
        run(argv[1], 2, 1);
    } else {
        RUN(threads);
        RUN(tiers);
        RUN(generic);
    }
    free(first);
    return argc == 2 ? test_errors != 0 : test_report();
}
