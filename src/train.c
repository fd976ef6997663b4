/* train.c: gan train RECIPE --out DIR. Runs a recipe; run again, it goes on where it stopped. */
#include "picture_maker.h"
#include "run_log.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ctrl-C, SIGTERM or SIGHUP once: the step is finished and saved. Ctrl-C or SIGTERM after that: the
 * program ends at once. */
static volatile sig_atomic_t stop_signal;
#ifdef SIGHUP
static const int caught_signals[] = {SIGINT, SIGTERM, SIGHUP};
#else
static const int caught_signals[] = {SIGINT, SIGTERM};
#endif
enum { CAUGHT_COUNT = sizeof caught_signals / sizeof caught_signals[0] };

static void on_signal(int number)
{
    stop_signal = number;
    for (int i = 0; i < CAUGHT_COUNT; ++i) signal(caught_signals[i], SIG_DFL);
#ifdef SIGHUP
    signal(SIGHUP, SIG_IGN); /* a closing terminal sends several: from the system and the shell */
#endif
}

/* One that the shell has the program ignore stays ignored: SIGINT in the background,
 * SIGHUP under nohup. */
static void catch_signals(void)
{
    for (int i = 0; i < CAUGHT_COUNT; ++i)
        if (signal(caught_signals[i], on_signal) == SIG_IGN) signal(caught_signals[i], SIG_IGN);
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
    bool sheets; /* the generator makes pictures */
    int code;    /* of a failure inside the step callback */
    bool resumes;
    int lock; /* of the folder; below 0: none yet */
} run;

static const char lock_name[] = "run.recipe.lock"; /* run_folder_fault() knows it */

static void run_free(run *r)
{
    char path[PATH_SIZE];
    run_log_close(&r->log);
    picture_maker_free(&r->maker);
    gan_trainer_release(r->trainer);
    gan_recipe_release(r->recipe);
    gan_context_release(r->context);
    gan_context_release(r->reader);
    if (path_join(path, r->folder, lock_name)) unlock_file(path, r->lock);
}

static int64_t run_option(const run *r, const char *path)
{
    char value[32];
    gan_recipe_option(r->recipe, path, value, sizeof value);
    return strtoll(value, NULL, 10);
}

/* What the library logs, between two progress lines. */
static void on_log(void *user, int32_t level, const char *line)
{
    run *r = user;
    (void)level;
    run_log_end(&r->log);
    complain(r->self, 0, "%s", line);
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
            if (status != GAN_OK) {
                complain_status(r->self, r->reader, status);
                return EXIT_USAGE;
            }
        }
    }
    return EXIT_GOOD;
}

static int read_recipe(run *r, const arguments *a)
{
    char message[512];
    const gan_host host = {.size = sizeof host, .user = r, .log = on_log};
    gan_status status = gan_context_create(&r->reader, "threads=1", NULL, message, sizeof message);
    int code;
    if (status != GAN_OK) return complain(r->self, EXIT_FAILED, "%s", message);
    status = gan_recipe_load(&r->recipe, r->reader, a->operands[0]);
    if (status != GAN_OK) return complain_status(r->self, r->reader, status);
    code = apply_flags(r, a);
    if (code) return code;
    r->steps = run_option(r, "run.steps");
    r->sample_every = run_option(r, "run.sample_every");
    r->save_every = run_option(r, "run.save_every");
    r->log_every = run_option(r, "run.log_every");
    r->samples = run_option(r, "run.samples");
    status = gan_context_create(&r->context, gan_recipe_context(r->recipe), &host, message,
                                sizeof message);
    return status == GAN_OK ? EXIT_GOOD : complain(r->self, EXIT_INPUT, "%s", message);
}

/* One `gan train` at a time works in a folder: two would write over each other's files. */
static int lock_folder(run *r)
{
    char path[PATH_SIZE];
    int error;
    if (!path_join(path, r->folder, lock_name))
        return complain(r->self, EXIT_OUTPUT, "the path %s is too long", r->folder);
    error = lock_file(path, &r->lock);
    if (error == ENOLCK)
        fprintf(stderr, "%s: no locks there; start no second gan train in this folder\n", path);
    else if (error == EBUSY)
        return complain(r->self, EXIT_OUTPUT,
                        "%s is locked: another gan train works in this folder; stop it, wait for "
                        "its end, or give another --out",
                        path);
    else if (error)
        return complain(r->self, EXIT_OUTPUT, "cannot write %s: %s", path, strerror(error));
    return EXIT_GOOD;
}

/* A new trainer, or the one of the folder's checkpoint. Nothing but the lock is written yet: a run
 * that cannot be made or resumed leaves the folder as it was. */
static int start_trainer(run *r, const char *recipe)
{
    char checkpoint[PATH_SIZE], own[PATH_SIZE];
    const char *fault = run_folder_fault(r->folder);
    int64_t done;
    gan_status status;
    if (!path_join(checkpoint, r->folder, "checkpoint.safetensors"))
        return complain(r->self, EXIT_OUTPUT, "the path %s is too long", r->folder);
    if (fault) return complain(r->self, EXIT_OUTPUT, "--out %s: %s", r->folder, fault);
    if (path_exists(r->folder)) {
        int code = lock_folder(r);
        if (code) return code;
    }
    r->resumes = path_exists(checkpoint);
    if (!r->resumes && path_join(own, r->folder, "run.recipe") && path_is_same(own, recipe))
        return complain(r->self, EXIT_OUTPUT,
                        "--out %s: the run would write over its recipe %s; give a new folder",
                        r->folder, recipe);
    status = gan_recipe_trainer(&r->trainer, r->recipe, r->context, r->resumes ? checkpoint : NULL);
    if (status == GAN_OK) status = gan_trainer_check(r->trainer);
    if (status != GAN_OK) return complain_status(r->self, r->context, status);
    done = gan_trainer_steps(r->trainer);
    if (done > r->steps)
        return complain(r->self, EXIT_USAGE, "%s has made %lld steps already, run.steps is %lld",
                        r->folder, (long long)done, (long long)r->steps);
    if (r->resumes) fprintf(stderr, "resuming %s after step %lld\n", r->folder, (long long)done);
    return EXIT_GOOD;
}

/* Makes the folder and puts the recipe and the log into it, so that what cannot be written is known
 * before the first step. */
static int prepare_folder(run *r)
{
    char path[PATH_SIZE];
    int error = make_folders(r->folder);
    if (error)
        return complain(r->self, EXIT_OUTPUT, "cannot make the folder %s: %s", r->folder,
                        strerror(error));
    if (r->lock < 0) {
        int code = lock_folder(r);
        if (code) return code;
    }
    path_join(path, r->folder, "checkpoint.safetensors");
    if (!r->resumes && path_exists(path))
        return complain(r->self, EXIT_OUTPUT,
                        "another gan train has saved %s meanwhile; the same command goes on from "
                        "there",
                        path);
    remove_leftovers(r->folder);
    path_join(path, r->folder, "run.recipe");
    error = replace_file(path, gan_recipe_text(r->recipe));
    if (!error) {
        path_join(path, r->folder, "sheets");
        error = make_folders(path);
        remove_leftovers(path);
    }
    if (!error) {
        path_join(path, r->folder, "log.jsonl");
        error = run_log_open(&r->log, r->folder, gan_trainer_steps(r->trainer), r->steps,
                             run_option(r, "run.batch"));
    }
    if (error) return complain(r->self, EXIT_OUTPUT, "cannot write %s: %s", path, strerror(error));
    return EXIT_GOOD;
}

/* The averaged weights, where the trainer keeps them. */
static gan_model *best_generator(const run *r)
{
    gan_model *averaged = gan_trainer_model(r->trainer, "generator", GAN_MODEL_AVERAGED);
    return averaged ? averaged : gan_trainer_model(r->trainer, "generator", 0);
}

static int start_pictures(run *r)
{
    gan_model *generator = best_generator(r);
    const char *fault = picture_maker_fault(generator, true);
    gan_status status;
    r->sheets = !fault;
    if (fault) {
        fprintf(stderr, "the generator makes no pictures, so there will be no sheets: %s\n", fault);
        return EXIT_GOOD;
    }
    status =
        picture_maker_create(&r->maker, r->context, generator, r->samples < 64 ? r->samples : 64,
                             recipe_noise_is_uniform(r->recipe));
    return status == GAN_OK ? EXIT_GOOD : complain_status(r->self, r->context, status);
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
    path_join(path, r->folder, "checkpoint.safetensors");
    status = gan_trainer_save(r->trainer, path);
    path_join(path, r->folder, "generator.safetensors");
    if (status == GAN_OK) status = gan_model_save(best_generator(r), path);
    return status;
}

/* 0: never. */
static bool is_due(int64_t step, int64_t every)
{
    return every > 0 && step % every == 0;
}

static int32_t on_step(void *user, gan_trainer *trainer)
{
    run *r = user;
    int64_t step = gan_trainer_steps(trainer);
    bool last = step == r->steps, line = is_due(step, r->log_every) || (last && r->log_every > 0);
    gan_status status = GAN_OK;
    if (line && !run_log_step(&r->log, trainer)) {
        int error = errno;
        run_log_end(&r->log);
        r->code = complain(r->self, EXIT_OUTPUT, "cannot write %s/log.jsonl: %s", r->folder,
                           strerror(error));
        return 1;
    }
    run_log_progress(&r->log, trainer, line);
    if (r->sheets && is_due(step, r->sample_every) && !last) {
        char name[48];
        snprintf(name, sizeof name, "sheets/%06lld.png", (long long)step);
        status = save_sheet(r, name);
    }
    if (status == GAN_OK && is_due(step, r->save_every) && !last) status = save_run(r);
    if (status != GAN_OK) {
        run_log_end(&r->log);
        r->code = complain_status(r->self, r->context, status);
        if (r->code == EXIT_INPUT) r->code = EXIT_OUTPUT;
    }
    return r->code || stop_signal;
}

static int finish(run *r, gan_status status)
{
    char path[PATH_SIZE];
    int64_t step = gan_trainer_steps(r->trainer);
    run_log_end(&r->log);
    if (r->code) return r->code;
    if (status != GAN_OK && status != GAN_E_CANCELLED)
        return complain_status(r->self, r->context, status);
    status = save_run(r);
    if (status == GAN_OK && r->sheets) status = save_sheet(r, "sheet.png");
    if (status != GAN_OK) {
        complain_status(r->self, r->context, status);
        return EXIT_OUTPUT;
    }
    if (stop_signal && step < r->steps)
        fprintf(stderr,
                "stopped after step %lld; saved in %s; the same command goes on from there\n",
                (long long)step, r->folder);
    if (stop_signal) return 128 + stop_signal;
    path_join(path, r->folder, r->sheets ? "sheet.png" : "generator.safetensors");
    printf("%s\n", path);
    return EXIT_GOOD;
}

static int train(run *r)
{
    int64_t left = r->steps - gan_trainer_steps(r->trainer);
    catch_signals();
    return finish(r, gan_trainer_run(r->trainer, left, on_step, r));
}

static int run_train(const command *self, int count, char **words)
{
    arguments a;
    run r = {.self = self, .lock = -1};
    int code = arguments_parse(self, count, words, &a);
    if (code) return code;
    if (arguments_get(&a, "help")) {
        print_command_help(self);
        return EXIT_GOOD;
    }
    r.folder = arguments_get(&a, "out");
    if (!r.folder) return complain(self, EXIT_USAGE, "--out DIR is missing: where the run is kept");
    code = read_recipe(&r, &a);
    if (!code) code = start_trainer(&r, a.operands[0]);
    if (!code) code = start_pictures(&r);
    if (!code) code = prepare_folder(&r);
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
