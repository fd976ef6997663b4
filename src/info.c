/* info.c: gan info RUN|FILE. What is in a run folder, a checkpoint or a model file. */
#include "command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void print_model(const gan_model *model)
{
    int64_t shape[4];
    int32_t rank;
    printf("%s\n%lld trained numbers\n", gan_model_text(model),
           (long long)gan_model_weight_count(model));
    for (int64_t i = 0; i < gan_model_parameter_count(model); i++) {
        const char *name = gan_model_parameter_name(model, i);
        if (gan_model_parameter_shape(model, name, &rank, shape) != GAN_OK) continue;
        printf("  %-32s", name);
        for (int32_t d = 0; d < rank; d++) printf("%s%lld", d ? "x" : " ", (long long)shape[d]);
        putchar('\n');
    }
}

static int describe_checkpoint(gan_context *context, const char *path)
{
    gan_trainer *trainer;
    if (gan_trainer_load(&trainer, context, path) != GAN_OK) return EXIT_FAILED;
    printf("# a checkpoint, after step %lld\n%s\n", (long long)gan_trainer_steps(trainer),
           gan_trainer_text(trainer));
    gan_trainer_release(trainer);
    return EXIT_GOOD;
}

/* A model's file, or a trainer's; of a file that is neither, what is wrong with it as a model. */
static int describe_file(const command *self, gan_context *context, const char *path)
{
    char message[512];
    gan_model *model;
    gan_status status = gan_model_load(&model, context, path);
    if (status == GAN_OK) {
        print_model(model);
        gan_model_release(model);
        return EXIT_GOOD;
    }
    if (status != GAN_E_FORMAT) return complain_status(self, context, status);
    snprintf(message, sizeof message, "%s", gan_context_message(context));
    if (describe_checkpoint(context, path) == EXIT_GOOD) return EXIT_GOOD;
    return complain(self, EXIT_INPUT, "%s", message);
}

static int print_file(const command *self, const char *path)
{
    char line[4096];
    bool failed;
    FILE *file = fopen(path, "r");
    if (!file) return complain(self, EXIT_INPUT, "cannot read %s: %s", path, strerror(errno));
    while (fgets(line, sizeof line, file)) fputs(line, stdout);
    failed = ferror(file) != 0;
    fclose(file);
    return failed ? complain(self, EXIT_INPUT, "cannot read %s", path) : EXIT_GOOD;
}

static int describe_run(const command *self, gan_context *context, const char *folder)
{
    char path[PATH_SIZE], recipe[PATH_SIZE];
    gan_trainer *trainer;
    gan_status status;
    if (!path_join(path, folder, "checkpoint.safetensors") ||
        !path_join(recipe, folder, "run.recipe"))
        return complain(self, EXIT_USAGE, "the path %s is too long", folder);
    if (!path_exists(recipe))
        return complain(self, EXIT_INPUT, "%s is not the folder of a run: it has no run.recipe",
                        folder);
    if (path_exists(path)) {
        status = gan_trainer_load(&trainer, context, path);
        if (status != GAN_OK) return complain_status(self, context, status);
        printf("# %s, after step %lld\n", folder, (long long)gan_trainer_steps(trainer));
        gan_trainer_release(trainer);
    } else {
        printf("# %s, no checkpoint yet\n", folder);
    }
    return print_file(self, recipe);
}

static int run_info(const command *self, int count, char **words)
{
    arguments a;
    gan_context *context;
    int code = arguments_parse(self, count, words, &a);
    if (code) return code;
    if (arguments_get(&a, "help")) {
        print_command_help(self);
        return EXIT_GOOD;
    }
    code = open_context(self, &a, 0, 1, &context);
    if (code) return code;
    code = path_is_folder(a.operands[0]) ? describe_run(self, context, a.operands[0])
                                         : describe_file(self, context, a.operands[0]);
    gan_context_release(context);
    return code;
}

static const flag info_flags[] = {{"help", NULL, "this text", false}};
const command command_info = {
    "info", "RUN|FILE", "tells what is in a run folder, a model file or a checkpoint",
    1,      1,          info_flags,
    1,      run_info,   NULL};
