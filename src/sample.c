/* sample.c: gan sample RUN --out FILE. Pictures from a trained generator. */
#include "picture_maker.h"

#include <stdio.h>
#include <string.h>

/* RUN is a run folder, or a generator's file. */
static bool generator_path(char out[PATH_SIZE], const char *run)
{
    if (path_is_folder(run)) return path_join(out, run, "generator.safetensors");
    return snprintf(out, PATH_SIZE, "%s", run) < PATH_SIZE;
}

/* The noise that the run's trainer used; --noise decides for a bare file. */
static bool noise_is_uniform(const arguments *a)
{
    const char *given = arguments_get(a, "noise");
    char path[PATH_SIZE], line[4096];
    bool uniform = false;
    FILE *file;
    if (given) return !strcmp(given, "uniform");
    if (!path_join(path, a->operands[0], "run.recipe")) return false;
    file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        if (strstr(line, " noise=uniform")) uniform = true;
    if (file) fclose(file);
    return uniform;
}

/* float32 in [-1, 1] to a uint8 NPY file. */
static gan_status save_npy(gan_context *context, const gan_tensor *pictures, const char *path)
{
    gan_tensor *bytes = NULL;
    const int64_t *shape = gan_tensor_shape(pictures);
    const float *from = gan_tensor_data(pictures);
    gan_status status = gan_tensor_create(&bytes, context, GAN_UINT8, 4, shape);
    if (status == GAN_OK) {
        uint8_t *to = gan_tensor_data(bytes);
        int64_t count = gan_tensor_count(pictures);
        for (int64_t i = 0; i < count; ++i) {
            float v = from[i] < -1 ? -1 : from[i] > 1 ? 1 : from[i];
            to[i] = (uint8_t)((v + 1) * 127.5F + 0.5F);
        }
        status = gan_tensor_save(bytes, path);
    }
    gan_tensor_release(bytes);
    return status;
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && !strcmp(text + n - m, end);
}

static gan_status make_and_save(gan_context *context, const char *model_path, int64_t count,
                                bool uniform, const char *out)
{
    gan_model *generator = NULL;
    picture_maker maker = {0};
    gan_tensor *pictures = NULL;
    gan_status status = gan_model_load(&generator, context, model_path);
    if (status == GAN_OK)
        status = picture_maker_create(&maker, context, generator, count < 64 ? count : 64, uniform);
    if (status == GAN_OK) status = picture_maker_make(&maker, 0, count, &pictures);
    if (status == GAN_OK)
        status = ends_with(out, ".npy") ? save_npy(context, pictures, out)
                                        : gan_image_sheet(pictures, 0, out);
    gan_tensor_release(pictures);
    picture_maker_free(&maker);
    gan_model_release(generator);
    return status;
}

static int run_sample(const command *self, int count, char **words)
{
    arguments a;
    int64_t pictures, seed, threads;
    char spec[96], message[512], path[PATH_SIZE];
    const char *out;
    gan_context *context;
    gan_status status;
    int code = arguments_parse(self, count, words, &a);
    if (code) return code;
    if (arguments_get(&a, "help")) {
        print_command_help(self);
        return EXIT_GOOD;
    }
    out = arguments_get(&a, "out");
    if (!out) return complain(self, EXIT_USAGE, "--out FILE is missing: a .png sheet or an .npy array");
    if (!ends_with(out, ".png") && !ends_with(out, ".npy"))
        return complain(self, EXIT_USAGE, "--out %s: the name must end in .png or .npy", out);
    if (!arguments_integer(self, &a, "count", 1, 1 << 24, 64, &pictures) ||
        !arguments_integer(self, &a, "seed", 0, INT64_MAX, 0, &seed) ||
        !arguments_integer(self, &a, "threads", 0, 1024, 0, &threads))
        return EXIT_USAGE;
    snprintf(spec, sizeof spec, "seed=%lld threads=%lld", (long long)seed, (long long)threads);
    status = gan_context_create(&context, spec, NULL, message, sizeof message);
    if (status != GAN_OK) return complain(self, EXIT_FAILED, "%s", message);
    if (!generator_path(path, a.operands[0]))
        code = complain(self, EXIT_USAGE, "the path %s is too long", a.operands[0]);
    else {
        status = make_and_save(context, path, pictures, noise_is_uniform(&a), out);
        if (status != GAN_OK) code = complain_status(self, context, status);
    }
    gan_context_release(context);
    return code;
}

static const flag sample_flags[] = {
    {"out", "FILE", ".png: one sheet; .npy: uint8 pictures N x H x W x C", false},
    {"count", "N", "how many pictures (64)", false},
    {"seed", "S", "of the noise (0)", false},
    {"noise", "KIND", "normal or uniform; a run folder knows its own", false},
    {"threads", "N", "worker threads; 0: all processors (0)", false},
    {"help", NULL, "this text", false}};
const command command_sample = {"sample",
                                "RUN --out FILE",
                                "makes pictures with a run's generator, or with a model file",
                                1,
                                1,
                                sample_flags,
                                sizeof sample_flags / sizeof sample_flags[0],
                                run_sample};
