/* saver.h: what a training leaves in its folder. Whatever cannot be written costs a message, and
 * the training goes on: of each kind of output the first failure is told, then no other until it
 * works again, and at the end every one that matters. */
#ifndef SAVER_H
#define SAVER_H

#include "run_log.h"

/* NAME.safetensors, kept as NAME-STEP.safetensors when a newer one comes. */
typedef struct saved_file {
    const char *name;    /* "checkpoint", or a product's role; borrowed from the trainer */
    gan_model *model;    /* the product; NULL: it is the checkpoint */
    int64_t of_step;     /* of the folder's file; below 0: there is none, or it is not known */
    bool failing, older; /* the last one, what it replaced, could not be written */
} saved_file;

/* NAME.png, or NAME-SPACE.png for all but the first. */
typedef struct saved_sheet {
    const char *space; /* what it begins with; borrowed likewise */
    int64_t columns;   /* pictures of an example */
    bool failing;
} saved_sheet;

typedef struct saver {
    const command *self;
    gan_context *context;
    gan_trainer *trainer; /* the three are borrowed */
    const char *folder;
    run_log log;
    saved_file *files; /* the checkpoint, then the products */
    int file_count;
    saved_sheet *sheets;
    int sheet_count;
    int64_t samples, keep; /* of [run] */
    int64_t saved_step;    /* of this training in the folder's checkpoint; below 0: none */
    bool refresh_failing, log_failing, best_failing;
} saver;

/* How loud a failure is: told once until it works again, or in any case, as the last chance. */
typedef enum saver_loudness { SAVE_AND_GO_ON, SAVE_ON_REQUEST, SAVE_AT_THE_END } saver_loudness;

/* Finds what is to be saved and shown of the trainer, or notes that there will be no sheets.
 * EXIT_GOOD, or a code after a message. */
int saver_start(saver *s);
void saver_free(saver *s);

/* The folder has files of this step, which may be kept; `its_own`: of this training, as it is now.
 * Products that a killed process left older than their checkpoint are then saved again. */
void saver_resume(saver *s, int64_t step, bool its_own);

/* Checkpoint and products; whether all are saved. */
bool saver_save(saver *s, saver_loudness loudness);

/* Sheets of the averaged weights: FOLDER/NAME.png for what comes first, FOLDER/NAME-SPACE.png for
 * the others; all of them, or those that are `missing`. */
void saver_sheets(saver *s, const char *name, bool missing, saver_loudness loudness);

/* NAME-best.safetensors: the bytes of a checkpoint, if that is not there already (NULL), and the
 * networks of the trainer that it holds, which is of `context`. */
void saver_keep_best(saver *s, const gan_tensor *bytes, gan_trainer *best, gan_context *context);

/* The file of the first sheet, or of the first product: what the run is for. */
void saver_best(const saver *s, char out[PATH_SIZE]);

/* A line of the log, one of what was measured, and its end. */
void saver_log_step(saver *s);
void saver_log_measured(saver *s, const run_values *values);
void saver_log_close(saver *s);

/* Why the file at `path` was not saved, from the library's message, which names it or does not. */
void saver_fault(char out[2 * PATH_SIZE], const char *path, const gan_context *context,
                 gan_status status);

/* Whether one of the outputs is not what it should be. */
bool saver_failed(const saver *s);

#endif
