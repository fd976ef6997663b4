/* train.c: gan train RECIPE --out DIR. Runs a recipe; run again, it goes on where it stopped. */
#include "memory_limits.h"
#include "run_folder.h"
#include "saver.h"
#include "signals.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct run {
    const command *self;
    const char *folder;
    const char *from;              /* --from: the checkpoint to go on from; NULL: the folder's */
    gan_context *reader, *context; /* the recipe's, and the one that it asks for */
    gan_recipe *recipe;
    gan_trainer *trainer;
    saver saver;
    int64_t steps, first_step, sample_every, save_every, log_every;
    int64_t folder_step; /* of the folder's checkpoint; below 0: there is none */
    bool resumes;
    int lock; /* of the folder; below 0: none yet */
} run;

static const char lock_name[] = "run.recipe.lock"; /* run_folder_fault() knows it */

static void run_free(run *r)
{
    char path[PATH_SIZE];
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
    (void)level;
    run_log_end(&r->saver.log);
    complain(r->self, 0, "%s", line);
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
    static const char *const shorts[][2] = {
        {"threads", "context.threads"}, {"precision", "context.precision"}, {"steps", "run.steps"}};
    *path = '\0';
    *value = given;
    if (!strcmp(name, "set") || !strcmp(name, "change") || !strcmp(name, "init"))
        return split_flag(r, name, given, path, value);
    for (size_t s = 0; s < sizeof shorts / sizeof shorts[0]; s++)
        if (!strcmp(name, shorts[s][0])) snprintf(path, 256, "%s", shorts[s][1]);
    return EXIT_GOOD;
}

/* --change, or --set, --init and the short forms of three options: all at once, since some can only
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

static int read_recipe(run *r, const arguments *a)
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

/* A new trainer, or the one of a checkpoint. Nothing but the lock is written yet: a run that cannot
 * be made or resumed leaves the folder as it was. */
static int start_trainer(run *r, const char *recipe)
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
                             run_option(r, "run.batch"));
    }
    if (error) return complain(r->self, EXIT_OUTPUT, "cannot write %s: %s", path, strerror(error));
    return EXIT_GOOD;
}

/* 0: never. */
static bool is_due(int64_t step, int64_t every)
{
    return every > 0 && step % every == 0;
}

/* In the beginning they are there, unless the process was killed between checkpoint and sheet. */
static void save_sheets_of_step(run *r, int64_t step)
{
    char name[48];
    if (!is_due(step, r->sample_every) || step == r->steps) return;
    snprintf(name, sizeof name, "sheets/%06lld", (long long)step);
    saver_sheets(&r->saver, name, step == r->first_step, SAVE_AND_GO_ON);
}

/* What was trained comes before the pictures of it. */
static int32_t on_step(void *user, gan_trainer *trainer)
{
    run *r = user;
    int64_t step = gan_trainer_steps(trainer);
    const bool last = step == r->steps, ends = last || signals_stop();
    const bool line = is_due(step, r->log_every) || (last && r->log_every > 0);
    if (line) saver_log_step(&r->saver);
    run_log_progress(&r->saver.log, trainer, line);
    if (!ends && signals_want_save()) {
        if (saver_save(&r->saver, SAVE_ON_REQUEST)) {
            run_log_end(&r->saver.log);
            fprintf(stderr, "saved in %s after step %lld, as SIGUSR1 asks; the training goes on\n",
                    r->folder, (long long)step);
        }
    } else if (!ends && is_due(step, r->save_every))
        saver_save(&r->saver, SAVE_AND_GO_ON);
    save_sheets_of_step(r, step);
    return signals_stop() != 0;
}

/* ---- the end ---- */

/* The trainer's group of weights that the message names, of several the longest name; NULL if it
 * names none. Borrowed. */
static const char *find_group(const run *r, const char *message)
{
    const char *found = NULL;
    for (int32_t i = 0; i < gan_trainer_member_count(r->trainer); i++) {
        const char *name = gan_trainer_member(r->trainer, i, "name");
        if (strcmp(gan_trainer_member(r->trainer, i, "type"), "group") || !strstr(message, name))
            continue;
        if (!found || strlen(name) > strlen(found)) found = name;
    }
    return found;
}

/* The file of the present state, as `out`; *fresh if it was in none yet and is saved there now.
 * False after a message. */
static bool keep_state(run *r, char out[PATH_SIZE], bool *fresh)
{
    const int64_t step = gan_trainer_steps(r->trainer);
    gan_status status;
    *fresh = false;
    if (r->from && step == r->first_step) {
        snprintf(out, PATH_SIZE, "%s", r->from);
        return true;
    }
    path_join(out, r->folder, "checkpoint.safetensors");
    if (r->saver.saved_step == step) return true;
    path_join(out, r->folder, "before-divergence.safetensors");
    status = gan_trainer_save(r->trainer, out);
    *fresh = status == GAN_OK;
    if (status != GAN_OK) complain_status(r->self, r->context, status);
    return status == GAN_OK;
}

/* The step that diverged has changed nothing: the state before it is worth keeping, but not in the
 * checkpoint's place, since going on from it needs a decision. */
static void explain_divergence(run *r, const char *group)
{
    char path[PATH_SIZE], option[128], rate[64];
    const int64_t step = gan_trainer_steps(r->trainer);
    bool fresh = false;
    const bool kept = step > 0 && keep_state(r, path, &fresh);
    if (kept)
        fprintf(stderr, "%s holds the state after step %lld, before the one that diverged\n", path,
                (long long)step);
    snprintf(option, sizeof option, "optimizer.%s.lr", group ? group : "GROUP");
    fprintf(stderr,
            "going on unchanged would diverge again, with the same bits; change an option, for "
            "example by adding%s%s --change %s=RATE to the command",
            fresh ? " --from " : "", fresh ? path : "", option);
    if (group && gan_recipe_option(r->recipe, option, rate, sizeof rate) == GAN_OK)
        fprintf(stderr, " (it is %s)", rate);
    fputc('\n', stderr);
}

/* After a step that failed, which changed nothing. */
static int finish_failed(run *r, gan_status status)
{
    int code = complain_status(r->self, r->context, status);
    if (status == GAN_E_DIVERGED)
        explain_divergence(r, find_group(r, gan_context_message(r->context)));
    else if (gan_trainer_steps(r->trainer) > r->first_step)
        saver_save(&r->saver, SAVE_AT_THE_END);
    saver_log_close(&r->saver);
    return code;
}

static int finish(run *r, gan_status status)
{
    char path[PATH_SIZE];
    const int64_t step = gan_trainer_steps(r->trainer);
    bool saved;
    int stop = signals_stop();
    run_log_end(&r->saver.log);
    if (status != GAN_OK && status != GAN_E_CANCELLED) return finish_failed(r, status);
    saved = saver_save(&r->saver, SAVE_AT_THE_END);
    saver_sheets(&r->saver, "sheet", false, SAVE_AT_THE_END);
    saver_log_close(&r->saver);
    if (stop && step < r->steps && saved)
        fprintf(stderr,
                "stopped after step %lld; saved in %s; the same command%s goes on from there\n",
                (long long)step, r->folder, r->from ? " without --from" : "");
    if (saver_failed(&r->saver)) return EXIT_OUTPUT;
    if (stop) return 128 + stop;
    saver_best(&r->saver, path);
    printf("%s\n", path);
    return EXIT_GOOD;
}

static int train(run *r)
{
    signals_catch();
    if (r->folder_step >= 0) saver_resume(&r->saver, r->folder_step, !r->from);
    if (r->resumes) save_sheets_of_step(r, r->first_step);
    return finish(r, gan_trainer_run(r->trainer, r->steps - r->first_step, on_step, r));
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

static int run_train(const command *self, int count, char **words)
{
    arguments a;
    run r = {.self = self, .lock = -1};
    int code;
    if (!arguments_begin(self, count, words, &a, &code)) return code;
    r.folder = arguments_get(&a, "out");
    if (!r.folder) return complain(self, EXIT_USAGE, "--out DIR is missing: where the run is kept");
    r.from = arguments_get(&a, "from");
    signals_begin();
    code = read_recipe(&r, &a);
    if (!code) code = start_trainer(&r, a.operands[0]);
    if (!code) code = prepare_saver(&r);
    if (!code) code = prepare_folder(&r);
    if (!code) code = train(&r);
    run_free(&r);
    return code;
}

static const flag train_flags[] = {
    {"out", "DIR", "the run's folder: made, or resumed if it holds a checkpoint", false},
    {"set", "SECTION.KEY=VALUE", "overrides an option of the recipe; may be repeated", true},
    {"change", "SECTION.KEY=VALUE", "likewise, and on resume it may differ from the checkpoint",
     true},
    {"init", "ROLE=FILE", "a model starts from saved weights; may be repeated", true},
    {"from", "FILE", "resumes from this checkpoint, not from the folder's", false},
    {"steps", "N", "the same as --set run.steps=N", false},
    {"threads", "N", "the same as --set context.threads=N", false},
    {"precision", "P", "the same as --set context.precision=P", false},
    {"help", NULL, "this text", false}};
static const char train_notes[] =
    "DIR gets run.recipe (all options spelled out), checkpoint.safetensors, a file for each "
    "network\n"
    "that the run is for, log.jsonl, sheet.png, and sheets/ on the way; gan info DIR tells what "
    "it\n"
    "can be used for.\n\n"
    "Ctrl-C (SIGINT), SIGTERM, SIGHUP and SIGXCPU end the training after the step that is under\n"
    "way, and it is saved; a second Ctrl-C or SIGTERM ends it at once. SIGUSR1 saves it and it "
    "goes\n"
    "on.\n\n"
    "A checkpoint, sheet or line of the log that cannot be written costs a message, not the\n"
    "training: the next one is tried. If at the end one is still missing, the exit code is 4, "
    "after\n"
    "all that can be saved was saved.\n\n"
    "A step that diverges (exit code 5) changes nothing; the state before it is kept as\n"
    "DIR/before-divergence.safetensors. --from FILE goes on from it, with --change to another "
    "end.\n";
const command command_train = {"train",
                               "RECIPE --out DIR",
                               "trains what a recipe describes; run again, it resumes",
                               1,
                               1,
                               train_flags,
                               sizeof train_flags / sizeof train_flags[0],
                               run_train,
                               {train_notes, NULL}};
