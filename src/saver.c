#include "saver.h"
#include "run_folder.h"

#include <string.h>

static const char *const kept_names[KEPT_OUTPUTS] = {
    [OUTPUT_CHECKPOINT] = "checkpoint", [OUTPUT_GENERATOR] = "generator"};

/* ---- failures ---- */

/* `fault` is what went wrong with the newest output of this kind, NULL if nothing. */
static void note(saver *s, output_kind kind, saver_loudness loudness, const char *fault)
{
    bool told = s->failing[kind];
    s->failing[kind] = fault != NULL;
    if (!fault || (told && loudness == SAVE_AND_GO_ON)) return;
    run_log_end(&s->log);
    complain(s->self, 0, "%s%s", fault,
             loudness == SAVE_AT_THE_END ? "" : "; the training goes on without it");
}

/* The same with the library's message. */
static bool note_status(saver *s, output_kind kind, saver_loudness loudness, gan_status status)
{
    const char *message = gan_context_message(s->context);
    note(s, kind, loudness,
         status == GAN_OK      ? NULL
         : message && *message ? message
                               : gan_status_name(status));
    return status == GAN_OK;
}

/* The same with a file of the folder and an errno. */
static void note_error(saver *s, output_kind kind, saver_loudness loudness, const char *what,
                       int error)
{
    char fault[PATH_SIZE + 128];
    snprintf(fault, sizeof fault, "cannot write %s/%s: %s", s->folder, what, strerror(error));
    note(s, kind, loudness, error ? fault : NULL);
}

bool saver_failed(const saver *s)
{
    for (int i = 0; i < OUTPUTS; i++)
        if (s->failing[i]) return true;
    return false;
}

/* ---- checkpoint and generator ---- */

gan_model *saver_product(const saver *s)
{
    gan_model *averaged = gan_trainer_model(s->trainer, "generator", GAN_MODEL_AVERAGED);
    return averaged ? averaged : gan_trainer_model(s->trainer, "generator", 0);
}

/* One of the two, with what it replaces kept. */
static bool save_file(saver *s, output_kind kind, saver_loudness loudness)
{
    char name[32], path[PATH_SIZE];
    int64_t step = gan_trainer_steps(s->trainer);
    gan_status status;
    snprintf(name, sizeof name, "%s.safetensors", kept_names[kind]);
    path_join(path, s->folder, name);
    if (s->keep > 0 && s->of_step[kind] >= 0 && s->of_step[kind] != step) {
        char older[64];
        snprintf(older, sizeof older, "%s-%06lld.safetensors", kept_names[kind],
                 (long long)s->of_step[kind]);
        note_error(s, (output_kind)(OUTPUT_OLDER + kind), loudness, older,
                   keep_older(s->folder, kept_names[kind], s->of_step[kind]));
    }
    status = kind == OUTPUT_CHECKPOINT ? gan_trainer_save(s->trainer, path)
                                       : gan_model_save(saver_product(s), path);
    if (!note_status(s, kind, loudness, status)) return false;
    s->of_step[kind] = step;
    if (kind == OUTPUT_CHECKPOINT) s->saved_step = step;
    if (s->keep > 0) remove_older(s->folder, kept_names[kind], step, s->keep);
    return true;
}

bool saver_save(saver *s, saver_loudness loudness)
{
    bool all = true;
    for (int i = 0; i < KEPT_OUTPUTS; i++) all = save_file(s, (output_kind)i, loudness) && all;
    return all;
}

void saver_resume(saver *s, int64_t step, bool its_own)
{
    for (int i = 0; i < KEPT_OUTPUTS; i++) s->of_step[i] = step;
    if (!its_own) return;
    s->saved_step = step;
    if (s->keep == 0) return;
    if (note_status(s, OUTPUT_GENERATOR, SAVE_AND_GO_ON, gan_trainer_refresh(s->trainer)))
        save_file(s, OUTPUT_GENERATOR, SAVE_AND_GO_ON);
}

/* ---- sheets ---- */

int saver_start_sheets(saver *s, bool uniform_noise)
{
    gan_model *generator = saver_product(s);
    const char *fault = picture_maker_fault(generator, true);
    gan_status status;
    int code;
    s->sheets = !fault;
    if (fault) {
        fprintf(stderr, "the generator makes no pictures, so there will be no sheets: %s\n", fault);
        return EXIT_GOOD;
    }
    code = picture_maker_check_sheet(s->self, generator, "run.samples", s->samples);
    if (code) return code;
    status = picture_maker_create(&s->maker, s->context, generator,
                                  s->samples < 64 ? s->samples : 64, uniform_noise);
    return status == GAN_OK ? EXIT_GOOD : complain_status(s->self, s->context, status);
}

void saver_free(saver *s)
{
    run_log_close(&s->log);
    picture_maker_free(&s->maker);
}

/* The statistics of averaged weights are those that a checkpoint of this step has: they are there
 * already if it was saved. */
void saver_sheet(saver *s, const char *name, saver_loudness loudness)
{
    char path[PATH_SIZE];
    gan_tensor *pictures = NULL;
    const bool saved = s->saved_step == gan_trainer_steps(s->trainer);
    gan_status status = saved ? GAN_OK : gan_trainer_refresh(s->trainer);
    if (status == GAN_OK) status = picture_maker_update(&s->maker);
    if (status == GAN_OK) status = picture_maker_make(&s->maker, 0, s->samples, &pictures);
    path_join(path, s->folder, name);
    if (status == GAN_OK) status = gan_image_sheet(pictures, 0, path);
    gan_tensor_release(pictures);
    note_status(s, OUTPUT_SHEET, loudness, status);
}

/* ---- the log ---- */

void saver_log_step(saver *s)
{
    note_error(s, OUTPUT_LOG, SAVE_AND_GO_ON, "log.jsonl", run_log_step(&s->log, s->trainer));
}

void saver_log_close(saver *s)
{
    int error = run_log_close(&s->log);
    if (error)
        note_error(s, OUTPUT_LOG, SAVE_AT_THE_END, "log.jsonl", error);
    else if (s->failing[OUTPUT_LOG])
        complain(s->self, 0, "%s/log.jsonl lacks its last lines", s->folder);
}
