/* info.c: gan info RUN|FILE. What is in a run folder, a checkpoint or a model file. */
#include "inputs.h"
#include "routes.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* "class 3 Dress", each with `before` in front; or how many there are without names. */
static void print_classes(const gan_model *model, const char *before)
{
    const int64_t count = gan_model_note(model, "class_count") ? class_count(model) : 0;
    const char *line = gan_model_note(model, "classes");
    if (count > 0 && !line) printf("%s%lld classes, without names\n", before, (long long)count);
    for (int64_t i = 0; line && i < count; i++) {
        const size_t length = strcspn(line, "\n");
        printf("%sclass %lld %.*s\n", before, (long long)i, (int)length, line);
        line = line[length] ? line + length + 1 : NULL;
    }
}

static void print_model(const gan_model *model)
{
    int64_t shape[4];
    int32_t rank;
    const char *prior = gan_model_note(model, "prior"), *range = gan_model_note(model, "range");
    printf("%s\n%lld trained numbers\n", gan_model_text(model),
           (long long)gan_model_weight_count(model));
    if (prior) printf("its input is drawn: %s\n", prior);
    if (range) printf("it makes pictures, in the range %s\n", range);
    print_classes(model, "");
    for (int64_t i = 0; i < gan_model_parameter_count(model); i++) {
        const char *name = gan_model_parameter_name(model, i);
        if (gan_model_parameter_shape(model, name, &rank, shape) != GAN_OK) continue;
        printf("  %-32s", name);
        for (int32_t d = 0; d < rank; d++) printf("%s%lld", d ? "x" : " ", (long long)shape[d]);
        putchar('\n');
    }
}

/* The classes that the first route has which takes some. */
static gan_status print_trainer_classes(gan_trainer *trainer)
{
    bool found = false;
    for (int32_t i = 0; i < gan_trainer_member_count(trainer) && !found; i++) {
        gan_model *model;
        if (strcmp(gan_trainer_member(trainer, i, "type"), "route")) continue;
        gan_status status =
            gan_trainer_route(&model, trainer, gan_trainer_member(trainer, i, "name"), 0);
        if (status == GAN_E_STATE) continue; /* a role on the way is without a network */
        if (status != GAN_OK) return status;
        found = gan_model_note(model, "class_count") != NULL;
        print_classes(model, "# ");
        gan_model_release(model);
    }
    return GAN_OK;
}

/* Roles, products and routes, in comments of a recipe; a route has the command that goes it. */
static gan_status print_members(gan_trainer *trainer)
{
    static const char *const goes[] = {[ROUTE_SAMPLE] = "gan sample",
                                       [ROUTE_TRANSLATE] = "gan translate",
                                       [ROUTE_ENCODE] = "gan encode",
                                       [ROUTE_OTHER] = ""};
    for (int32_t i = 0; i < gan_trainer_member_count(trainer); i++) {
        const char *type = gan_trainer_member(trainer, i, "type");
        const char *name = gan_trainer_member(trainer, i, "name");
        const char *right = gan_trainer_member(trainer, i, "help");
        char left[512];
        if (!strcmp(type, "route")) {
            route_kind kind;
            gan_status status = route_kind_of(trainer, name, &kind);
            if (status != GAN_OK) return status;
            right = goes[kind];
        } else if (!strcmp(type, "sample")) {
            right = goes[ROUTE_SAMPLE];
        } else if (strcmp(type, "role") && strcmp(type, "product"))
            continue;
        snprintf(left, sizeof left, "%s %s", type, name);
        printf(*right ? "# %-28s %s\n" : "# %s\n", left, right);
    }
    return print_trainer_classes(trainer);
}

/* `text`: its description, too. */
static int describe_trainer(const command *self, gan_context *context, const char *name,
                            gan_trainer *trainer, bool text)
{
    printf("# %s, after step %lld\n", name, (long long)gan_trainer_steps(trainer));
    gan_status status = print_members(trainer);
    if (status != GAN_OK) return complain_status(self, context, status);
    if (text) printf("%s\n", gan_trainer_text(trainer));
    return EXIT_GOOD;
}

static int describe_file(const command *self, gan_context *context, const char *path)
{
    gan_model *model;
    gan_trainer *trainer;
    int code = open_model_or_trainer(self, context, path, &model, &trainer);
    if (code) return code;
    if (trainer)
        code = describe_trainer(self, context, "a checkpoint", trainer, true);
    else
        print_model(model);
    gan_model_release(model);
    gan_trainer_release(trainer);
    return code;
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
        int code = describe_trainer(self, context, folder, trainer, false);
        gan_trainer_release(trainer);
        if (code) return code;
    } else {
        printf("# %s, no checkpoint yet\n", folder);
    }
    return print_file(self, recipe);
}

static int run_info(const command *self, int count, char **words)
{
    arguments a;
    gan_context *context;
    int code;
    if (!arguments_begin(self, count, words, &a, &code)) return code;
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
    1,      run_info,   {NULL}};
