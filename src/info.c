/* info.c: gan info RUN|FILE. What is in a run folder, a checkpoint or a model file. */
#include "command.h"

#include <stdio.h>
#include <string.h>

static void print_model(const gan_model *model)
{
    int64_t shape[4];
    int32_t rank;
    printf("%s\n\n%lld trained numbers\n", gan_model_text(model),
           (long long)gan_model_weight_count(model));
    for (int64_t i = 0; i < gan_model_parameter_count(model); ++i) {
        const char *name = gan_model_parameter_name(model, i);
        if (gan_model_parameter_shape(model, name, &rank, shape) != GAN_OK) continue;
        printf("  %-32s", name);
        for (int32_t d = 0; d < rank; ++d) printf("%s%lld", d ? "x" : " ", (long long)shape[d]);
        putchar('\n');
    }
}

static int describe_model(const command *self, gan_context *context, const char *path)
{
    gan_model *model;
    gan_status status = gan_model_load(&model, context, path);
    if (status != GAN_OK) return complain_status(self, context, status);
    print_model(model);
    gan_model_release(model);
    return EXIT_GOOD;
}

static int describe_run(const command *self, gan_context *context, const char *folder)
{
    char path[PATH_SIZE], line[4096];
    gan_trainer *trainer;
    gan_status status;
    FILE *file;
    if (!path_join(path, folder, "checkpoint.safetensors"))
        return complain(self, EXIT_USAGE, "the path %s is too long", folder);
    status = gan_trainer_load(&trainer, context, path);
    if (status != GAN_OK) return complain_status(self, context, status);
    printf("# %s, after step %lld\n", folder, (long long)gan_trainer_steps(trainer));
    gan_trainer_release(trainer);
    path_join(path, folder, "run.recipe");
    file = fopen(path, "r");
    if (!file) return complain(self, EXIT_INPUT, "cannot read %s", path);
    while (fgets(line, sizeof line, file)) fputs(line, stdout);
    fclose(file);
    return EXIT_GOOD;
}

static int run_info(const command *self, int count, char **words)
{
    arguments a;
    char message[512];
    gan_context *context;
    int code = arguments_parse(self, count, words, &a);
    if (code) return code;
    if (arguments_get(&a, "help")) {
        print_command_help(self);
        return EXIT_GOOD;
    }
    if (gan_context_create(&context, "threads=1", NULL, message, sizeof message) != GAN_OK)
        return complain(self, EXIT_FAILED, "%s", message);
    code = path_is_folder(a.operands[0]) ? describe_run(self, context, a.operands[0])
                                         : describe_model(self, context, a.operands[0]);
    gan_context_release(context);
    return code;
}

static const flag info_flags[] = {{"help", NULL, "this text", false}};
const command command_info = {"info",   "RUN|FILE", "tells what is in a run folder or a model file",
                              1,        1,          info_flags,
                              1,        run_info};
