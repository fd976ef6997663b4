/* run_folder.h: the files of a run's folder by their names.
 *
 *   run.recipe               the recipe with all options, and its .lock while a training works
 *   checkpoint.safetensors   everything of the training, to go on from
 *   ROLE.safetensors         what the run is for: a product
 *   NAME-000500.safetensors  older ones of both, of step 500 (keep= of [run])
 *   NAME-best.safetensors    both as they were where samples were best (eval_every= of [run])
 *   before-divergence.safetensors  a checkpoint of the step before one that diverged
 *   log.jsonl, sheet.png, sheets/000500.png; sheet-SPACE.png where there are several */
#ifndef RUN_FOLDER_H
#define RUN_FOLDER_H

#include "saver.h"

/* Why no run can be kept in this folder, or NULL: it does not exist yet, is empty, or holds a
 * run.recipe. Borrowed. */
const char *run_folder_fault(const char *path);

/* Removes what processes that were killed while they saved a run's files left in its folder, or in
 * the one of its sheets: NAME.XXXXXXXX.tmp (see context.h), and NAME.tmp of older ones. For the
 * holder of the run's lock. */
void remove_leftovers(const char *folder, const saver *s);

/* FOLDER/NAME-STEP.safetensors: an older NAME.safetensors. */
bool older_path(char out[PATH_SIZE], const char *folder, const char *name, int64_t step);

/* FOLDER/NAME-best.safetensors. */
bool best_path(char out[PATH_SIZE], const char *folder, const char *name);

/* Keeps NAME.safetensors, which is of `step`, under its older name too, before a newer one takes
 * its place. 0, or an errno; 0 too if it is not there. */
int keep_older(const char *folder, const char *name, int64_t step);

/* The first file of a model or training in the folder, by name; false: there is none. */
bool run_folder_model(char out[PATH_SIZE], const char *folder);

/* Of the older ones before `step`, removes all but the last `count`. */
void remove_older(const char *folder, const char *name, int64_t step, int64_t count);

#endif
