/* saver.h: what a training leaves in its folder. Whatever cannot be written costs a message, and
 * the training goes on: of each kind of output the first failure is told, then no other until it
 * works again, and at the end every one that matters. */
#ifndef SAVER_H
#define SAVER_H

#include "picture_maker.h"
#include "run_log.h"

typedef enum output_kind {
    OUTPUT_CHECKPOINT,
    OUTPUT_GENERATOR, /* the first are files that are kept when newer ones come */
    KEPT_OUTPUTS,
    OUTPUT_OLDER = KEPT_OUTPUTS, /* what is kept of them, in their order */
    OUTPUT_SHEET = OUTPUT_OLDER + KEPT_OUTPUTS,
    OUTPUT_LOG,
    OUTPUTS
} output_kind;

typedef struct saver {
    const command *self;
    gan_context *context;
    gan_trainer *trainer; /* the three are borrowed */
    const char *folder;
    run_log log;
    picture_maker maker;
    bool sheets;                   /* the generator makes pictures */
    int64_t samples, keep;         /* of [run] */
    int64_t of_step[KEPT_OUTPUTS]; /* the step of the folder's file; below 0: none, or not known */
    int64_t saved_step;            /* of this training in the folder's checkpoint; below 0: none */
    bool failing[OUTPUTS];         /* the last one could not be written */
} saver;

/* How loud a failure is: told once until it works again, or in any case, as the last chance. */
typedef enum saver_loudness { SAVE_AND_GO_ON, SAVE_ON_REQUEST, SAVE_AT_THE_END } saver_loudness;

/* What the training is for: the averaged weights, where the trainer keeps them. Borrowed. */
gan_model *saver_product(const saver *s);

/* The maker of sheets, or a note that there will be none. EXIT_GOOD, or a code after a message. */
int saver_start_sheets(saver *s, bool uniform_noise);
void saver_free(saver *s);

/* The folder has files of this step, which may be kept; `its_own`: of this training, as it is now.
 * A generator that a killed process left older than its checkpoint is then saved again. */
void saver_resume(saver *s, int64_t step, bool its_own);

/* Checkpoint and generator; whether both are saved. */
bool saver_save(saver *s, saver_loudness loudness);

/* A sheet of the averaged weights, FOLDER/NAME. */
void saver_sheet(saver *s, const char *name, saver_loudness loudness);

/* A line of the log, and its end. */
void saver_log_step(saver *s);
void saver_log_close(saver *s);

/* Whether one of the outputs is not what it should be. */
bool saver_failed(const saver *s);

#endif
