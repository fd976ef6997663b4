/* training_start.c: how a training begins: its recipe, its trainer, its folder. */
#include "training.h"
#include "memory_limits.h"
#include "run_folder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char lock_name[] = "run.recipe.lock"; /* run_folder_fault() knows it */

void training_free(run *r)
{
    char path[PATH_SIZE];
    measuring_free(&r->measuring);
    saver_free(&r->saver);
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
    run_log_end(&r->saver.log);
    complain_log(r->self, level, line);
}

/* One of the flags that set an option: its name in the recipe, and the value. EXIT_USAGE after a
 * message. */
static int split_flag(const run *r, const char *name, const char *given, char path[256],
                      const char **value)
{
    const bool init = !strcmp(name, "init");
    const char *equals = strchr(given, '=');
    int length = equals ? (int)(equals - given) : 0;
    *value = equals ? equals + 1 : NULL;
    if (length < 1 || length > 200)
        return complain(r->self, EXIT_USAGE, "--%s %s: give %s", name, given,
                        init ? "ROLE=FILE" : "SECTION.KEY=VALUE");
    snprintf(path, 256, init ? "model.%.*s.load" : "%.*s", length, given);
    return EXIT_GOOD;
}

/* What a flag sets: its name in the recipe, "" for a flag that sets nothing, and the value. */
static int flag_option(const run *r, const char *name, const char *given, char path[256],
                       const char **value)
{
    static const char *const shorts[][2] = {{"threads", "context.threads"},
                                            {"precision", "context.precision"},
                                            {"filter", "context.filter"},
                                            {"steps", "run.steps"}};
    *path = '\0';
    *value = given;
    if (!strcmp(name, "set") || !strcmp(name, "change") || !strcmp(name, "init"))
        return split_flag(r, name, given, path, value);
    for (size_t s = 0; s < sizeof shorts / sizeof shorts[0]; s++)
        if (!strcmp(name, shorts[s][0])) snprintf(path, 256, "%s", shorts[s][1]);
    return EXIT_GOOD;
}

/* --change, or --set, --init and the short forms of options: all at once, since some can only
 * be set together. */
static int apply_flags(run *r, const arguments *a, bool change)
{
    char room[MAX_GIVEN][256];
    const char *paths[MAX_GIVEN], *values[MAX_GIVEN];
    int32_t count = 0;
    for (int i = 0; i < a->given_count; i++) {
        const char *name = a->given[i].name;
        if (!strcmp(name, "change") != change) continue;
        int code = flag_option(r, name, a->given[i].value, room[count], &values[count]);
        if (code) return code;
        paths[count] = room[count];
        if (*room[count]) count++;
    }
    gan_status status =
        gan_recipe_set_all(r->recipe, paths, values, count, change ? GAN_RECIPE_CHANGE : 0);
    if (status == GAN_OK) return EXIT_GOOD;
    complain_status(r->self, r->reader, status);
    return EXIT_USAGE;
}

int training_read(run *r, const arguments *a)
{
    char message[512];
    const gan_host host = {.size = sizeof host, .user = r, .log = on_log};
    gan_status status = gan_context_create(&r->reader, "threads=1", NULL, message, sizeof message);
    int code;
    if (status != GAN_OK) return complain(r->self, EXIT_FAILED, "%s", message);
    status = gan_recipe_load(&r->recipe, r->reader, a->operands[0]);
    if (status != GAN_OK) return complain_status(r->self, r->reader, status);
    if ((code = apply_flags(r, a, false)) || (code = apply_flags(r, a, true))) return code;
    r->steps = run_option(r, "run.steps");
    r->sample_every = run_option(r, "run.sample_every");
    r->save_every = run_option(r, "run.save_every");
    r->log_every = run_option(r, "run.log_every");
    r->saver.samples = run_option(r, "run.samples");
    r->saver.keep = run_option(r, "run.keep");
    r->measuring.every = run_option(r, "run.eval_every");
    r->measuring.samples = run_option(r, "run.eval_samples");
    gan_recipe_option(r->recipe, "run.best", r->measuring.best, sizeof r->measuring.best);
    gan_recipe_option(r->recipe, "run.eval_route", r->measuring.route, sizeof r->measuring.route);
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

/* The checkpoint to go on from, as *checkpoint; NULL for a new training. */
static int choose_start(run *r, const char *recipe, char own[PATH_SIZE], const char **checkpoint)
{
    char path[PATH_SIZE];
    gan_trainer *other;
    const bool is_run = path_exists(own);
    *checkpoint = r->from ? r->from : is_run ? own : NULL;
    r->resumes = *checkpoint != NULL;
    r->folder_step = -1;
    if (!is_run && path_join(path, r->folder, "run.recipe") && path_is_same(path, recipe))
        return complain(r->self, EXIT_OUTPUT,
                        "--out %s: the run would write over its recipe %s; give a new folder",
                        r->folder, recipe);
    if (is_run && r->from && gan_trainer_load(&other, r->reader, own) == GAN_OK) {
        r->folder_step = gan_trainer_steps(other);
        gan_trainer_release(other);
    }
    return EXIT_GOOD;
}

static const double gibibyte = 1 << 30;

/* That memory is short, and what there is of it, if that is known. */
static int complain_memory(const run *r, const char *what)
{
    const memory_limit limit = memory_available();
    if (limit.bytes == INT64_MAX) return complain(r->self, EXIT_FAILED, "%s", what);
    return complain(r->self, EXIT_FAILED,
                    "%s, and this process can have %.2f GiB (%s); a smaller run.batch or smaller "
                    "networks need less",
                    what, (double)limit.bytes / gibibyte, limit.why);
}

/* Finds what the first step would refuse, too little memory for it included. */
static int check_trainer(const run *r)
{
    char what[80];
    int64_t bytes;
    gan_status status = gan_trainer_memory(r->trainer, &bytes);
    if (status == GAN_E_MEMORY) return complain_memory(r, gan_context_message(r->context));
    if (status != GAN_OK) return complain_status(r->self, r->context, status);
    snprintf(what, sizeof what, "the training needs about %.2f GiB of memory",
             (double)bytes / gibibyte);
    return bytes > memory_available().bytes ? complain_memory(r, what) : EXIT_GOOD;
}

static int prepare_saver(run *r)
{
    saver *s = &r->saver;
    s->self = r->self;
    s->context = r->context;
    s->trainer = r->trainer;
    s->folder = r->folder;
    return saver_start(s);
}

/* Not of a training that has made all of its steps. */
static int prepare_measuring(run *r)
{
    measuring *m = &r->measuring;
    if (r->first_step == r->steps) m->every = 0;
    m->self = r->self;
    m->folder = r->folder;
    m->recipe = gan_recipe_text(r->recipe);
    m->saver = &r->saver;
    return measuring_open(m, r->trainer, run_option(r, "context.threads"));
}

/* A new trainer, or the one of a checkpoint. Nothing but the lock is written yet: a run that cannot
 * be made or resumed leaves the folder as it was. */
int training_start(run *r, const char *recipe)
{
    char own[PATH_SIZE];
    const char *fault = run_folder_fault(r->folder), *checkpoint;
    gan_status status;
    int code;
    if (!path_join(own, r->folder, "checkpoint.safetensors"))
        return complain(r->self, EXIT_OUTPUT, "the path %s is too long", r->folder);
    if (fault) return complain(r->self, EXIT_OUTPUT, "--out %s: %s", r->folder, fault);
    if (path_exists(r->folder) && (code = lock_folder(r))) return code;
    if ((code = choose_start(r, recipe, own, &checkpoint))) return code;
    status = gan_recipe_trainer(&r->trainer, r->recipe, r->context, checkpoint);
    if (status == GAN_E_MEMORY) return complain_memory(r, gan_context_message(r->context));
    if (status != GAN_OK) return complain_status(r->self, r->context, status);
    if ((code = check_trainer(r))) return code;
    r->first_step = gan_trainer_steps(r->trainer);
    if (r->resumes && !r->from) r->folder_step = r->first_step;
    if (r->first_step > r->steps)
        return complain(r->self, EXIT_USAGE, "%s has made %lld steps already, run.steps is %lld",
                        r->from ? r->from : r->folder, (long long)r->first_step,
                        (long long)r->steps);
    if (r->resumes)
        fprintf(stderr, "resuming %s after step %lld\n", r->from ? r->from : r->folder,
                (long long)r->first_step);
    if ((code = prepare_saver(r))) return code;
    return prepare_measuring(r);
}

/* Makes the folder and puts the recipe and the log into it, so that what cannot be written is known
 * before the first step. */
int training_prepare(run *r)
{
    char path[PATH_SIZE];
    const bool due = measuring_is_due(&r->measuring, r->first_step, r->steps);
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
    remove_leftovers(r->folder, &r->saver);
    path_join(path, r->folder, "run.recipe");
    error = replace_file(path, gan_recipe_text(r->recipe));
    if (!error) {
        path_join(path, r->folder, "sheets");
        error = make_folders(path);
        remove_leftovers(path, &r->saver);
    }
    if (!error) {
        path_join(path, r->folder, "log.jsonl");
        error = run_log_open(&r->saver.log, r->folder, r->first_step, r->steps,
                             run_option(r, "run.batch"), due);
    }
    if (error) return complain(r->self, EXIT_OUTPUT, "cannot write %s: %s", path, strerror(error));
    return measuring_begin(&r->measuring, r->resumes, due);
}
