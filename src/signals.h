/* signals.h: what signals ask of a training. */
#ifndef SIGNALS_H
#define SIGNALS_H

#include "command.h"

/* A file that reaches its size limit is an error of the write, with its reason, in every command.
 */
void signals_allow_limits(void);

/* From here on a reader that has gone away ends nothing either, and SIGUSR1 asks for a save. */
void signals_begin(void);

/* From here on a first SIGINT, SIGTERM, SIGHUP or SIGXCPU asks the training to end. After it SIGINT
 * and SIGTERM end the program at once; the others are ignored, since they come in numbers: SIGHUP
 * from the system and the shell, SIGXCPU every second. What the program was started to ignore
 * (SIGINT in the background, SIGHUP under nohup) stays ignored. */
void signals_catch(void);

/* The signal that asked the training to end; 0 if none did. */
int signals_stop(void);

/* Whether SIGUSR1 came since the last time. */
bool signals_want_save(void);

#endif
