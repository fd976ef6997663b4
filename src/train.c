/* train.c: gan train RECIPE --out DIR. Runs a recipe; run again, it goes on where it stopped. */
#include "signals.h"
#include "training.h"

#include <stdio.h>
#include <string.h>

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
    if (!signals_stop() && measuring_is_due(&r->measuring, step, r->steps))
        measuring_step(&r->measuring);
    return signals_stop() != 0;
}

static int train(run *r)
{
    signals_catch();
    if (r->folder_step >= 0) saver_resume(&r->saver, r->folder_step, !r->from);
    if (r->resumes) save_sheets_of_step(r, r->first_step);
    return training_end(r, gan_trainer_run(r->trainer, r->steps - r->first_step, on_step, r));
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
    code = training_read(&r, &a);
    if (!code) code = training_start(&r, a.operands[0]);
    if (!code) code = training_prepare(&r);
    if (!code) code = train(&r);
    training_free(&r);
    return code;
}

static const flag train_flags[] = {
    {"out", "DIR", "the run's folder: made, or resumed if it holds a checkpoint", false},
    {"set", "SECTION.KEY=VALUE",
     "overrides an option of the recipe, or data.FEED=KIND its data; may be repeated", true},
    {"change", "SECTION.KEY=VALUE", "likewise, and on resume it may differ from the checkpoint",
     true},
    {"init", "ROLE=FILE", "a model starts from saved weights; may be repeated", true},
    {"from", "FILE", "resumes from this checkpoint, not from the folder's", false},
    {"steps", "N", "the same as --set run.steps=N", false},
    {"threads", "N", "the same as --set context.threads=N", false},
    {"precision", "P", "the same as --set context.precision=P", false},
    {"filter", "F", "the same as --set context.filter=F", false},
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
    "With run.eval_every=N samples are measured every N steps as gan eval does it, and the best\n"
    "checkpoint and networks so far are kept as NAME-best.safetensors: --step best of the other\n"
    "commands (run.best, run.eval_samples, run.judge: gan help run).\n\n"
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
