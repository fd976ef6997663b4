/* sample.c: gan sample RUN --out FILE. Pictures from a trained generator. */
#include "picture_maker.h"
#include "run_folder.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* RUN is a run folder, or a generator's file. Below 0, `step` is the newest. */
static bool generator_path(char out[PATH_SIZE], const char *run, int64_t step)
{
    if (step >= 0) return older_path(out, run, "generator", step);
    if (path_is_folder(run)) return path_join(out, run, "generator.safetensors");
    return snprintf(out, PATH_SIZE, "%s", run) < PATH_SIZE;
}

/* In letters of either size; `end` is in small ones. */
static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end), i = 0;
    while (i < m && n >= m && tolower((unsigned char)text[n - m + i]) == end[i]) i++;
    return i == m;
}

/* What is asked for. */
typedef struct order {
    const command *self;
    gan_context *context;
    const char *run, *out;
    const char *noise; /* NULL: as the run's trainer had it; normal for a bare file */
    char model[PATH_SIZE];
    int64_t count;
    bool uniform, array; /* an .npy file, not a sheet */
} order;

static int find_noise(order *o)
{
    char path[PATH_SIZE];
    gan_recipe *recipe;
    gan_status status;
    o->uniform = o->noise && !strcmp(o->noise, "uniform");
    if (o->noise || !path_join(path, o->run, "run.recipe") || !path_exists(path)) return EXIT_GOOD;
    status = gan_recipe_load(&recipe, o->context, path);
    if (status != GAN_OK) return complain_status(o->self, o->context, status);
    o->uniform = recipe_noise_is_uniform(recipe);
    gan_recipe_release(recipe);
    return EXIT_GOOD;
}

static int make_and_save(const order *o, gan_model *generator)
{
    picture_maker maker;
    gan_tensor *pictures = NULL;
    int code = EXIT_GOOD;
    gan_status status = picture_maker_create(&maker, o->context, generator,
                                             o->count < 64 ? o->count : 64, o->uniform);
    if (status == GAN_OK) status = picture_maker_make(&maker, 0, o->count, &pictures);
    picture_maker_free(&maker);
    if (status != GAN_OK) return complain_status(o->self, o->context, status);
    status = o->array ? gan_tensor_save(pictures, o->out) : gan_image_sheet(pictures, 0, o->out);
    gan_tensor_release(pictures);
    if (status != GAN_OK) code = complain_status(o->self, o->context, status);
    return code == EXIT_INPUT ? EXIT_OUTPUT : code;
}

static int serve(const order *o)
{
    gan_model *generator;
    const char *fault;
    int code;
    gan_status status = gan_model_load(&generator, o->context, o->model);
    if (status != GAN_OK) return complain_status(o->self, o->context, status);
    fault = picture_maker_fault(generator, !o->array);
    code =
        fault ? complain(o->self, EXIT_INPUT, "%s: no pictures: %s", o->model, fault) : EXIT_GOOD;
    if (!code && !o->array)
        code = picture_maker_check_sheet(o->self, generator, "--count", o->count);
    if (!code) code = make_and_save(o, generator);
    gan_model_release(generator);
    return code;
}

/* Everything but the context. */
static int read_order(order *o, const arguments *a)
{
    const char *noise = o->noise = arguments_get(a, "noise");
    int64_t step;
    int fault;
    o->run = a->operands[0];
    o->out = arguments_get(a, "out");
    if (!o->out)
        return complain(o->self, EXIT_USAGE,
                        "--out FILE is missing: a .png sheet or an .npy array");
    o->array = ends_with(o->out, ".npy");
    if (!o->array && !ends_with(o->out, ".png"))
        return complain(o->self, EXIT_USAGE, "--out %s: the name must end in .png or .npy", o->out);
    if (noise && strcmp(noise, "normal") && strcmp(noise, "uniform"))
        return complain(o->self, EXIT_USAGE, "--noise is '%s'; it must be normal or uniform",
                        noise);
    if (!arguments_integer(o->self, a, "step", 0, INT64_MAX, -1, &step)) return EXIT_USAGE;
    if (step >= 0 && !path_is_folder(o->run))
        return complain(o->self, EXIT_USAGE, "--step %lld: %s is not the folder of a run",
                        (long long)step, o->run);
    if (!generator_path(o->model, o->run, step))
        return complain(o->self, EXIT_USAGE, "the path %s is too long", o->run);
    if (!arguments_integer(o->self, a, "count", 1, 1 << 24, 64, &o->count)) return EXIT_USAGE;
    fault = path_fault(o->out);
    return fault ? complain(o->self, EXIT_OUTPUT, "cannot write %s: %s", o->out, strerror(fault))
                 : EXIT_GOOD;
}

static int run_sample(const command *self, int count, char **words)
{
    arguments a;
    order o = {.self = self};
    int64_t seed, threads;
    int code = arguments_parse(self, count, words, &a);
    if (code) return code;
    if (arguments_get(&a, "help")) {
        print_command_help(self);
        return EXIT_GOOD;
    }
    code = read_order(&o, &a);
    if (code) return code;
    if (!arguments_integer(self, &a, "seed", 0, INT64_MAX, 0, &seed) ||
        !arguments_integer(self, &a, "threads", 0, 1024, 0, &threads))
        return EXIT_USAGE;
    code = open_context(self, &a, seed, threads, &o.context);
    if (code) return code;
    code = find_noise(&o);
    if (!code) code = serve(&o);
    gan_context_release(o.context);
    return code;
}

static const flag sample_flags[] = {
    {"out", "FILE", ".png: one sheet; .npy: uint8 pictures N x H x W x C", false},
    {"count", "N", "how many pictures (64)", false},
    {"step", "N", "of a run that keeps older generators, the one of this step", false},
    {"seed", "S", "of the noise (0)", false},
    {"noise", "KIND", "normal or uniform; a run folder knows its own", false},
    {"threads", "N", "worker threads; 0: all processors (0)", false},
    {"precision", "P", "how products are made (fp32)", false},
    {"help", NULL, "this text", false}};
const command command_sample = {"sample",
                                "RUN --out FILE",
                                "makes pictures with a run's generator, or with a model file",
                                1,
                                1,
                                sample_flags,
                                sizeof sample_flags / sizeof sample_flags[0],
                                run_sample,
                                NULL};
