/* run_log.h: log.jsonl, one object a line, and what the terminal shows. */
#ifndef RUN_LOG_H
#define RUN_LOG_H

#include "command.h"

#include <stdio.h>

typedef struct run_log {
    FILE *file;
    int columns; /* of the terminal that standard error is, whose last line is written over; or 0 */
    int64_t last_step, first_step;
    double started, shown;
    int64_t batch;
    int width; /* of the last progress line */
} run_log;

/* What samples were measured to be, by name. */
enum { MOST_RUN_VALUES = 24 };
typedef struct run_values {
    const char *names[MOST_RUN_VALUES]; /* static */
    double values[MOST_RUN_VALUES];
    int count;
} run_values;

/* One more; what is not finite is left out. */
void run_values_add(run_values *values, const char *name, double value);

/* Opens FOLDER/log.jsonl for appending; lines of steps after `step` (of a run that was killed after
 * its last checkpoint) are dropped first; with `measures` what was measured after that step, too:
 * it will be measured again. 0, or an errno. */
int run_log_open(run_log *log, const char *folder, int64_t step, int64_t last_step, int64_t batch,
                 bool measures);
int run_log_close(run_log *log); /* 0, or an errno: lines may be lost */

/* One line of the file, or none of it: 0, or an errno. */
int run_log_step(run_log *log, const gan_trainer *trainer);

/* Likewise, of values "eval.NAME". */
int run_log_measured(run_log *log, int64_t step, const run_values *values);

/* So many seconds were not the training's. */
void run_log_pause(run_log *log, double seconds);

/* On a terminal a few times a second, elsewhere only if `line`. */
void run_log_progress(run_log *log, const gan_trainer *trainer, bool line);

/* Ends the progress line. */
void run_log_end(run_log *log);

#endif
