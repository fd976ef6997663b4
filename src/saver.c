/* saver.c: checkpoints, products, sheets and the log of a training. */
#include "saver.h"
#include "run_folder.h"
#include "sheets.h"

#include <stdlib.h>
#include <string.h>

/* ---- failures ---- */

/* `fault` is what went wrong with the newest output of a kind, NULL if nothing. */
static void note(saver *s, bool *failing, saver_loudness loudness, const char *fault)
{
    bool told = *failing;
    *failing = fault != NULL;
    if (!fault || (told && loudness == SAVE_AND_GO_ON)) return;
    run_log_end(&s->log);
    complain(s->self, 0, "%s%s", fault,
             loudness == SAVE_AT_THE_END ? "" : "; the training goes on without it");
}

static const char *message_of(const gan_context *context, gan_status status)
{
    const char *message = gan_context_message(context);
    return message && *message ? message : gan_status_name(status);
}

void saver_fault(char out[2 * PATH_SIZE], const char *path, const gan_context *context,
                 gan_status status)
{
    const char *message = message_of(context, status);
    const bool named = !strncmp(message, path, strlen(path));
    snprintf(out, 2 * PATH_SIZE, "%s%s%s", named ? "" : path,
             named ? "" : " was not saved: ", message);
}

/* The same with the file that there is not, or not as it should be, and the library's message,
 * which may be of anything: it begins with the file where that is what failed. */
static bool note_status(saver *s, bool *failing, saver_loudness loudness, const char *path,
                        gan_status status)
{
    char fault[2 * PATH_SIZE];
    saver_fault(fault, path, s->context, status);
    note(s, failing, loudness, status == GAN_OK ? NULL : fault);
    return status == GAN_OK;
}

/* The same with a file of the folder and an errno. */
static void note_error(saver *s, bool *failing, saver_loudness loudness, const char *what,
                       int error)
{
    char fault[PATH_SIZE + 128];
    snprintf(fault, sizeof fault, "cannot write %s/%s: %s", s->folder, what, strerror(error));
    note(s, failing, loudness, error ? fault : NULL);
}

bool saver_failed(const saver *s)
{
    for (int i = 0; i < s->file_count; i++)
        if (s->files[i].failing || s->files[i].older) return true;
    for (int i = 0; i < s->sheet_count; i++)
        if (s->sheets[i].failing) return true;
    return s->refresh_failing || s->log_failing || s->best_failing;
}

/* ---- what there is ---- */

/* The next member of a type from *index on; NULL: there is none. */
static const char *next_member(const gan_trainer *trainer, const char *type, int32_t *index)
{
    for (; *index < gan_trainer_member_count(trainer); (*index)++)
        if (!strcmp(gan_trainer_member(trainer, *index, "type"), type))
            return gan_trainer_member(trainer, *index, "name");
    return NULL;
}

static gan_status add_products(saver *s)
{
    const char *name;
    for (int32_t i = 0; (name = next_member(s->trainer, "product", &i)) != NULL; i++) {
        saved_file *file = &s->files[s->file_count];
        if (!gan_trainer_model(s->trainer, name, 0)) continue; /* a role that may be without one */
        gan_status status =
            gan_trainer_route(&file->model, s->trainer, gan_trainer_member(s->trainer, i, "help"),
                              GAN_MODEL_AVERAGED);
        if (status != GAN_OK) return status;
        file->name = name;
        s->file_count++;
    }
    return GAN_OK;
}

/* Of so many pictures of a sheet, whole examples, and one at least. */
static int64_t sheet_examples(const saver *s, int64_t columns)
{
    return s->samples > columns ? s->samples / columns : 1;
}

/* Tries what a sheet needs: one example. A size that no file can have is an error, since another
 * run.samples would do; anything else is told, and there is no sheet. */
static int try_sheet(saver *s, const char *space)
{
    gan_tensor *pictures;
    int64_t columns;
    gan_status status =
        gan_trainer_show(&pictures, &columns, s->trainer, space, 1, GAN_MODEL_AVERAGED);
    if (status == GAN_E_MEMORY) return complain_status(s->self, s->context, status);
    const int64_t *shape = status == GAN_OK ? gan_tensor_shape(pictures) + 1 : NULL;
    const char *fault = shape ? sheet_fault(shape) : message_of(s->context, status);
    int code = EXIT_GOOD;
    if (fault)
        fprintf(stderr, "there will be no sheets from '%s': %s\n", space, fault);
    else {
        const int64_t examples = sheet_examples(s, columns);
        s->sheets[s->sheet_count].space = space;
        s->sheets[s->sheet_count++].columns = columns;
        code = sheet_check(s->self, "run.samples", s->samples, shape, examples * columns,
                           sheet_columns(examples, columns, shape));
    }
    gan_tensor_release(pictures);
    return code;
}

int saver_start(saver *s)
{
    const size_t most = (size_t)gan_trainer_member_count(s->trainer) + 1;
    const char *space;
    int code = EXIT_GOOD;
    s->saved_step = -1;
    s->files = calloc(most, sizeof *s->files);
    s->sheets = calloc(most, sizeof *s->sheets);
    if (!s->files || !s->sheets) return complain(s->self, EXIT_FAILED, "no memory");
    s->files[s->file_count++].name = "checkpoint";
    gan_status status = add_products(s);
    if (status != GAN_OK) return complain_status(s->self, s->context, status);
    for (int i = 0; i < s->file_count; i++) s->files[i].of_step = -1;
    for (int32_t i = 0; !code && (space = next_member(s->trainer, "sheet", &i)) != NULL; i++)
        code = try_sheet(s, space);
    return code;
}

void saver_free(saver *s)
{
    run_log_close(&s->log);
    for (int i = 0; i < s->file_count; i++) gan_model_release(s->files[i].model);
    free(s->files);
    free(s->sheets);
}

/* ---- checkpoint and products ---- */

static void file_path(const saver *s, const saved_file *file, char out[PATH_SIZE])
{
    char name[128];
    snprintf(name, sizeof name, "%s.safetensors", file->name);
    path_join(out, s->folder, name);
}

void saver_best(const saver *s, char out[PATH_SIZE])
{
    if (s->sheet_count > 0)
        path_join(out, s->folder, "sheet.png");
    else
        file_path(s, &s->files[s->file_count > 1], out);
}

/* One of them, with what it replaces kept. */
static bool save_file(saver *s, saved_file *file, saver_loudness loudness)
{
    char name[128], path[PATH_SIZE];
    int64_t step = gan_trainer_steps(s->trainer);
    file_path(s, file, path);
    if (s->keep > 0 && file->of_step >= 0 && file->of_step != step) {
        snprintf(name, sizeof name, "%s-%06lld.safetensors", file->name, (long long)file->of_step);
        note_error(s, &file->older, loudness, name,
                   keep_older(s->folder, file->name, file->of_step));
    }
    gan_status status =
        file->model ? gan_model_save(file->model, path) : gan_trainer_save(s->trainer, path);
    if (!note_status(s, &file->failing, loudness, path, status)) return false;
    file->of_step = step;
    if (!file->model) s->saved_step = step;
    if (s->keep > 0) remove_older(s->folder, file->name, step, s->keep);
    return true;
}

bool saver_save(saver *s, saver_loudness loudness)
{
    bool all = true;
    for (int i = 0; i < s->file_count; i++) all = save_file(s, &s->files[i], loudness) && all;
    return all;
}

/* ---- the best ---- */

/* A product's network, of the trainer that holds the best. */
static gan_status save_best_product(const char *path, const saved_file *file, gan_trainer *best)
{
    gan_model *model = NULL;
    gan_status status = GAN_OK;
    for (int32_t i = 0; i < gan_trainer_member_count(best); i++) {
        const char *type = gan_trainer_member(best, i, "type");
        if (strcmp(type, "product") || strcmp(gan_trainer_member(best, i, "name"), file->name))
            continue;
        status = gan_trainer_route(&model, best, gan_trainer_member(best, i, "help"),
                                   GAN_MODEL_AVERAGED);
        break;
    }
    if (status == GAN_OK && model) status = gan_model_save(model, path);
    gan_model_release(model);
    return status;
}

/* The checkpoint first: networks that are older are made of it again. */
void saver_keep_best(saver *s, const gan_tensor *bytes, gan_trainer *best, gan_context *context)
{
    char path[PATH_SIZE], fault[2 * PATH_SIZE];
    gan_status status = GAN_OK;
    int error = 0;
    best_path(path, s->folder, "checkpoint");
    if (bytes)
        error = replace_bytes(path, gan_tensor_data((gan_tensor *)bytes),
                              (size_t)gan_tensor_count(bytes));
    for (int i = 1; i < s->file_count && !error && status == GAN_OK; i++) {
        best_path(path, s->folder, s->files[i].name);
        status = save_best_product(path, &s->files[i], best);
    }
    saver_fault(fault, path, context, status);
    if (error)
        note_error(s, &s->best_failing, SAVE_AND_GO_ON, "checkpoint-best.safetensors", error);
    else
        note(s, &s->best_failing, SAVE_AND_GO_ON, status == GAN_OK ? NULL : fault);
}

void saver_resume(saver *s, int64_t step, bool its_own)
{
    bool refreshed = false;
    char path[PATH_SIZE];
    for (int i = 0; i < s->file_count; i++) s->files[i].of_step = step;
    if (!its_own) return;
    s->saved_step = step;
    if (s->keep == 0) return;
    for (int i = 1; i < s->file_count; i++) {
        file_path(s, &s->files[i], path);
        refreshed = refreshed || note_status(s, &s->files[i].failing, SAVE_AND_GO_ON, path,
                                             gan_trainer_refresh(s->trainer));
        if (refreshed) save_file(s, &s->files[i], SAVE_AND_GO_ON);
    }
}

/* ---- sheets ---- */

static gan_status make_sheet(const saver *s, const saved_sheet *sheet, const char *path)
{
    const int64_t examples = sheet_examples(s, sheet->columns);
    int64_t columns;
    gan_tensor *pictures;
    gan_status status = gan_trainer_show(&pictures, &columns, s->trainer, sheet->space, examples,
                                         GAN_MODEL_AVERAGED);
    if (status == GAN_OK) {
        const bool classes = columns > sheet->columns; /* a row each */
        const int64_t own = sheet_columns(examples, sheet->columns, gan_tensor_shape(pictures) + 1);
        status = sheet_save(s->context, pictures, classes ? columns : own, path);
    }
    gan_tensor_release(pictures);
    return status;
}

static void sheet_path(const saver *s, int i, const char *name, char out[PATH_SIZE])
{
    char file[256];
    snprintf(file, sizeof file, "%s%s%s.png", name, i ? "-" : "", i ? s->sheets[i].space : "");
    path_join(out, s->folder, file);
}

/* The statistics of averaged weights are those that a checkpoint of this step has: they are there
 * already if it was saved. */
void saver_sheets(saver *s, const char *name, bool missing, saver_loudness loudness)
{
    const bool saved = s->saved_step == gan_trainer_steps(s->trainer);
    char path[PATH_SIZE];
    if (s->sheet_count == 0) return;
    sheet_path(s, 0, name, path);
    if (!note_status(s, &s->refresh_failing, loudness, path,
                     saved ? GAN_OK : gan_trainer_refresh(s->trainer)))
        return;
    for (int i = 0; i < s->sheet_count; i++) {
        saved_sheet *sheet = &s->sheets[i];
        sheet_path(s, i, name, path);
        if (missing && path_exists(path)) continue;
        note_status(s, &sheet->failing, loudness, path, make_sheet(s, sheet, path));
    }
}

/* ---- the log ---- */

void saver_log_step(saver *s)
{
    note_error(s, &s->log_failing, SAVE_AND_GO_ON, "log.jsonl", run_log_step(&s->log, s->trainer));
}

void saver_log_measured(saver *s, const run_values *values)
{
    note_error(s, &s->log_failing, SAVE_AND_GO_ON, "log.jsonl",
               run_log_measured(&s->log, gan_trainer_steps(s->trainer), values));
}

void saver_log_close(saver *s)
{
    int error = run_log_close(&s->log);
    if (error)
        note_error(s, &s->log_failing, SAVE_AT_THE_END, "log.jsonl", error);
    else if (s->log_failing)
        complain(s->self, 0, "%s/log.jsonl lacks its last lines", s->folder);
}
