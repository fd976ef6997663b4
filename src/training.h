/* training.h: one `gan train`: a recipe's training in its folder, from its start to its end. */
#ifndef TRAINING_H
#define TRAINING_H

#include "measuring.h"

typedef struct run {
    const command *self;
    const char *folder;
    const char *from;              /* --from: the checkpoint to go on from; NULL: the folder's */
    gan_context *reader, *context; /* the recipe's, and the one that it asks for */
    gan_recipe *recipe;
    gan_trainer *trainer;
    saver saver;
    measuring measuring;
    int64_t steps, first_step, sample_every, save_every, log_every;
    int64_t folder_step; /* of the folder's checkpoint; below 0: there is none */
    bool resumes;
    int lock; /* of the folder; below 0: none yet */
} run;

/* training_start.c: the recipe, with what the command line sets; then its trainer, new or resumed,
 * and what is saved of it; then the folder, which is written to for the first time. EXIT_GOOD, or a
 * code after a message. */
int training_read(run *r, const arguments *a);
int training_start(run *r, const char *recipe);
int training_prepare(run *r);
void training_free(run *r);

/* training_end.c: what the last step has left is saved, and what ended it is told. The exit code.
 */
int training_end(run *r, gan_status status);

#endif
