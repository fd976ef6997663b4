/* train.c: gan train RECIPE --out DIR. Runs a recipe; run again, it goes on where it stopped. */
#include "picture_maker.h"
#include "run_log.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

/* Ctrl-C once: the step is finished and saved. Twice: the program ends at once. */
static volatile sig_atomic_t stop_signal;

static void on_signal(int number)
{
    stop_signal = number;
    signal(number, SIG_DFL);
}

typedef struct run {
    const command *self;
    const char *folder;
    gan_context *reader, *context; /* the recipe's, and the one that it asks for */
    gan_recipe *recipe;
    gan_trainer *trainer;
    picture_maker maker;
    run_log log;
    int64_t steps, sample_every, save_every, log_every, samples;
    int code; /* of a failure inside the step callback */
} run;

static void run_free(run *r)
{
    run_log_close(&r->log);
    picture_maker_free(&r->maker);
    gan_trainer_release(r->trainer);
    gan_recipe_release(r->recipe);
    gan_context_release(r->context);
    gan_context_release(r->reader);
}

static int64_t run_option(const run *r, const char *name)
{
    double value = 0;
    gan_recipe_run_option(r->recipe, name, &value);
    return (int64_t)value;
}

/* --set SECTION.KEY=VALUE, and the short forms of three of them. */
static int apply_flags(run *r, const arguments *a)
{
    static const char *const shorts[][2] = {
        {"threads", "context.threads"}, {"precision", "context.precision"}, {"steps", "run.steps"}};
    for (int i = 0; i < a->given_count; ++i) {
        const char *name = a->given[i].name, *value = a->given[i].value;
        char path[256] = "";
        if (!strcmp(name, "set")) {
            const char *equals = strchr(value, '=');
            if (!equals || (size_t)(equals - value) >= sizeof path)
                return complain(r->self, EXIT_USAGE, "--set %s: give SECTION.KEY=VALUE", value);
            memcpy(path, value, (size_t)(equals - value));
            path[equals - value] = '\0';
            value = equals + 1;
        }
        for (size_t s = 0; s < sizeof shorts / sizeof shorts[0]; ++s)
            if (!strcmp(name, shorts[s][0])) snprintf(path, sizeof path, "%s", shorts[s][1]);
        if (*path) {
            gan_status status = gan_recipe_set(r->recipe, path, value);
            if (status != GAN_OK) return complain_status(r->self, r->reader, status);
        }
    }
    return EXIT_GOOD;
}

static int read_recipe(run *r, const arguments *a)
{
    char message[512];
    gan_status status = gan_context_create(&r->reader, "threads=1", NULL, message, sizeof message);
    int code;
    if (status != GAN_OK) return complain(r->self, EXIT_FAILED, "%s", message);
    status = gan_recipe_load(&r->recipe, r->reader, a->operands[0]);
    if (status != GAN_OK) return complain_status(r->self, r->reader, status);
    code = apply_flags(r, a);
    if (code) return code;
    r->steps = run_option(r, "steps");
    r->sample_every = run_option(r, "sample_every");
    r->save_every = run_option(r, "save_every");
    r->log_every = run_option(r, "log_every");
    r->samples = run_option(r, "samples");
    status = gan_context_create(&r->context, gan_recipe_context(r->recipe), NULL, message,
                                sizeof message);
    return status == GAN_OK ? EXIT_GOOD : complain(r->self, EXIT_INPUT, "%s", message);
}

/* Makes the folder and puts the recipe into it, so that what cannot be written is known at once. */
static int prepare_folder(run *r)
{
    char path[PATH_SIZE];
    const char *text = gan_recipe_text(r->recipe);
    FILE *file;
    int error;
    if (!path_join(path, r->folder, "sheets"))
        return complain(r->self, EXIT_OUTPUT, "the path %s is too long", r->folder);
    error = make_folders(path);
    if (error) return complain(r->self, EXIT_OUTPUT, "cannot make the folder %s: %s", path, strerror(error));
    path_join(path, r->folder, "run.recipe");
    file = fopen(path, "w");
    if (!file) return complain(r->self, EXIT_OUTPUT, "cannot write %s: %s", path, strerror(errno));
    error = fputs(text, file) < 0;
    if (fclose(file) || error)
        return complain(r->self, EXIT_OUTPUT, "cannot write %s: %s", path, strerror(errno));
    return EXIT_GOOD;
}

static int start_trainer(run *r)
{
    char checkpoint[PATH_SIZE];
    bool resumes;
    gan_status status;
    path_join(checkpoint, r->folder, "checkpoint.safetensors");
    resumes = path_exists(checkpoint);
    status = gan_recipe_trainer(&r->trainer, r->recipe, r->context, resumes ? checkpoint : NULL);
    if (status != GAN_OK) return complain_status(r->self, r->context, status);
    if (resumes)
        fprintf(stderr, "resuming %s after step %lld\n", r->folder,
                (long long)gan_trainer_steps(r->trainer));
    return EXIT_GOOD;
}

static gan_status save_sheet(run *r, const char *name)
{
    char path[PATH_SIZE];
    gan_tensor *pictures = NULL;
    gan_status status = picture_maker_update(&r->maker);
    if (status == GAN_OK) status = picture_maker_make(&r->maker, 0, r->samples, &pictures);
    path_join(path, r->folder, name);
    if (status == GAN_OK) status = gan_image_sheet(pictures, 0, path);
    gan_tensor_release(pictures);
    return status;
}

static gan_status save_run(run *r)
{
    char path[PATH_SIZE];
    gan_status status;
    path_join(path, r->folder, "generator.safetensors");
    status = gan_model_save(gan_trainer_model(r->trainer, "generator", 0), path);
    path_join(path, r->folder, "checkpoint.safetensors");
    if (status == GAN_OK) status = gan_trainer_save(r->trainer, path);
    return status;
}

static int32_t on_step(void *user, gan_trainer *trainer)
{
    run *r = user;
    int64_t step = gan_trainer_steps(trainer);
    bool last = step == r->steps;
    gan_status status = GAN_OK;
    if (!run_log_step(&r->log, trainer)) {
        r->code = complain(r->self, EXIT_OUTPUT, "cannot write %s/log.jsonl: %s", r->folder,
                           strerror(errno));
        return 1;
    }
    run_log_progress(&r->log, trainer, last || step % r->log_every == 0);
    if (step % r->sample_every == 0 && !last) {
        char name[48];
        snprintf(name, sizeof name, "sheets/%06lld.png", (long long)step);
        status = save_sheet(r, name);
    }
    if (status == GAN_OK && step % r->save_every == 0 && !last) status = save_run(r);
    if (status != GAN_OK) {
        run_log_end(&r->log);
        r->code = complain_status(r->self, r->context, status);
        if (r->code == EXIT_INPUT) r->code = EXIT_OUTPUT;
    }
    return r->code || stop_signal;
}

static int finish(run *r, gan_status status)
{
    run_log_end(&r->log);
    if (r->code) return r->code;
    if (status != GAN_OK && status != GAN_E_CANCELLED)
        return complain_status(r->self, r->context, status);
    status = save_run(r);
    if (status == GAN_OK) status = save_sheet(r, "sheet.png");
    if (status != GAN_OK) {
        complain_status(r->self, r->context, status);
        return EXIT_OUTPUT;
    }
    if (stop_signal) {
        fprintf(stderr, "stopped after step %lld; saved in %s; the same command goes on from there\n",
                (long long)gan_trainer_steps(r->trainer), r->folder);
        return 128 + stop_signal;
    }
    printf("%s/sheet.png\n", r->folder);
    return EXIT_GOOD;
}

static int train(run *r)
{
    int64_t done = gan_trainer_steps(r->trainer);
    bool uniform = strstr(gan_trainer_text(r->trainer), " noise=uniform") != NULL;
    int error;
    gan_status status =
        picture_maker_create(&r->maker, r->context, gan_trainer_model(r->trainer, "generator", 0),
                             r->samples < 64 ? r->samples : 64, uniform);
    if (status != GAN_OK) return complain_status(r->self, r->context, status);
    if (done > r->steps)
        return complain(r->self, EXIT_USAGE, "%s has made %lld steps already, run.steps is %lld",
                        r->folder, (long long)done, (long long)r->steps);
    error = run_log_open(&r->log, r->folder, done, r->steps, run_option(r, "batch"));
    if (error)
        return complain(r->self, EXIT_OUTPUT, "cannot write %s/log.jsonl: %s", r->folder,
                        strerror(error));
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    return finish(r, gan_trainer_run(r->trainer, r->steps - done, on_step, r));
}

static int run_train(const command *self, int count, char **words)
{
    arguments a;
    run r = {.self = self};
    int code = arguments_parse(self, count, words, &a);
    if (code) return code;
    if (arguments_get(&a, "help")) {
        print_command_help(self);
        return EXIT_GOOD;
    }
    r.folder = arguments_get(&a, "out");
    if (!r.folder) return complain(self, EXIT_USAGE, "--out DIR is missing: where the run is kept");
    code = read_recipe(&r, &a);
    if (!code) code = prepare_folder(&r);
    if (!code) code = start_trainer(&r);
    if (!code) code = train(&r);
    run_free(&r);
    return code;
}

static const flag train_flags[] = {
    {"out", "DIR", "the run's folder: made, or resumed if it holds a checkpoint", false},
    {"set", "SECTION.KEY=VALUE", "overrides an option of the recipe; may be repeated", true},
    {"steps", "N", "the same as --set run.steps=N", false},
    {"threads", "N", "the same as --set context.threads=N", false},
    {"precision", "P", "the same as --set context.precision=P", false},
    {"help", NULL, "this text", false}};
const command command_train = {"train",
                               "RECIPE --out DIR",
                               "trains what a recipe describes; run again, it resumes",
                               1,
                               1,
                               train_flags,
                               sizeof train_flags / sizeof train_flags[0],
                               run_train};
