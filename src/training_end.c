/* training_end.c: how a training ends: at its last step, by a signal, or by an error. */
#include "training.h"
#include "signals.h"

#include <stdio.h>
#include <string.h>

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
    char fault[2 * PATH_SIZE];
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
    saver_fault(fault, out, r->context, status);
    if (status != GAN_OK) complain(r->self, 0, "%s", fault);
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

int training_end(run *r, gan_status status)
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
