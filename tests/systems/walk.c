/* walk.c: a training from its recipe through the public interface, a few steps of it, and then all
 * that it is for: every route as a network that is run, every sheet, samples.
 *
 *     walk RECIPE OUT.safetensors [SECTION.KEY=VALUE ...]
 *
 * run.steps says how many steps. It prints the kind, and what it went. */
#include <gan/gan.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_SETTINGS = 32, MOST_VALUES = 8, OPEN_SIZE = 32 };

static gan_context *ctx;

static void check(gan_status status)
{
    if (status == GAN_OK) return;
    fprintf(stderr, "%s: %s\n", gan_status_name(status), gan_context_message(ctx));
    exit(1);
}

/* The recipe with its settings; `ctx` is of its [context] then, and the recipe lives in it. */
static gan_recipe *load(const char *path, char **settings, int count)
{
    const char *paths[MOST_SETTINGS], *values[MOST_SETTINGS];
    char spec[256];
    gan_recipe *recipe;
    for (int i = 0; i < count; i++) {
        char *value = strchr(settings[i], '=');
        if (!value || count > MOST_SETTINGS) exit(2);
        *value = '\0';
        paths[i] = settings[i];
        values[i] = value + 1;
    }
    for (int round = 0;; round++) {
        check(gan_recipe_load(&recipe, ctx, path));
        check(gan_recipe_set_all(recipe, paths, values, count, 0));
        if (round == 1) return recipe;
        snprintf(spec, sizeof spec, "%s", gan_recipe_context(recipe));
        gan_recipe_release(recipe);
        gan_context_release(ctx);
        if (gan_context_create(&ctx, spec, NULL, NULL, 0)) exit(1);
    }
}

static gan_tensor *zeros(const int64_t shape[3])
{
    const int64_t batch[4] = {1, shape[0], shape[1], shape[2]};
    gan_tensor *tensor;
    check(gan_tensor_create(&tensor, ctx, GAN_FLOAT32, 4, batch));
    memset(gan_tensor_data(tensor), 0, (size_t)gan_tensor_count(tensor) * sizeof(float));
    return tensor;
}

/* A route as an application has it: one model, run on one example. */
static void go(gan_trainer *trainer, const char *route)
{
    gan_model *model;
    gan_runner *runner;
    gan_tensor *values[2 * MOST_VALUES];
    int64_t shape[3];
    char spec[64];
    check(gan_trainer_route(&model, trainer, route, 0));
    const int32_t inputs = gan_model_input_count(model), outputs = gan_model_output_count(model);
    if (inputs > MOST_VALUES || outputs > MOST_VALUES) exit(2);
    check(gan_model_input_shape(model, 0, shape));
    snprintf(spec, sizeof spec, "height=%d width=%d", shape[0] < 0 ? OPEN_SIZE : 0,
             shape[1] < 0 ? OPEN_SIZE : 0);
    check(gan_runner_create(&runner, ctx, model, spec));
    for (int32_t i = 0; i < inputs + outputs; i++) {
        check(i < inputs ? gan_runner_input_shape(runner, i, shape)
                         : gan_runner_output_shape(runner, i - inputs, shape));
        values[i] = zeros(shape);
    }
    check(gan_runner_run(runner, values, inputs, values + inputs, outputs));
    for (int32_t i = 0; i < inputs + outputs; i++) gan_tensor_release(values[i]);
    gan_runner_release(runner);
    gan_model_release(model);
}

static void show(gan_trainer *trainer, const char *space)
{
    gan_tensor *pictures;
    int64_t columns;
    check(gan_trainer_show(&pictures, &columns, trainer, space, 2, 0));
    gan_tensor_release(pictures);
}

static void sample(gan_trainer *trainer)
{
    gan_tensor *samples;
    check(gan_trainer_sample(&samples, trainer, 2, 3, 1, 0));
    gan_tensor_release(samples);
}

int main(int argc, char **argv)
{
    char steps[32];
    gan_trainer *trainer;
    if (argc < 3 || gan_context_create(&ctx, "", NULL, NULL, 0)) return 2;
    gan_recipe *recipe = load(argv[1], argv + 3, argc - 3);
    check(gan_recipe_option(recipe, "run.steps", steps, sizeof steps));
    check(gan_recipe_trainer(&trainer, recipe, ctx, NULL));
    check(gan_trainer_run(trainer, atoll(steps), NULL, NULL));
    check(gan_trainer_save(trainer, argv[2]));
    printf("%.*s\n", (int)strcspn(gan_trainer_text(trainer), " "), gan_trainer_text(trainer));
    for (int32_t i = 0; i < gan_trainer_member_count(trainer); i++) {
        const char *type = gan_trainer_member(trainer, i, "type");
        const char *name = gan_trainer_member(trainer, i, "name");
        if (!strcmp(type, "route") || !strcmp(type, "score"))
            go(trainer, name);
        else if (!strcmp(type, "sheet"))
            show(trainer, name);
        else if (!strcmp(type, "sample"))
            sample(trainer);
        else
            continue;
        printf("%s %s\n", type, name);
    }
    gan_trainer_release(trainer);
    gan_recipe_release(recipe);
    gan_context_release(ctx);
    return 0;
}
