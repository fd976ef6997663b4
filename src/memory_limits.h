/* memory_limits.h: how much memory this process can still have. */
#ifndef MEMORY_LIMITS_H
#define MEMORY_LIMITS_H

#include "command.h"

typedef struct memory_limit {
    int64_t bytes;   /* that can still be had; INT64_MAX: no limit is known */
    const char *why; /* what ends it, for a message; static */
} memory_limit;

/* The least of: the process's own limits (ulimit -v and -d), those of its control groups (versions
 * 1 and 2) without what they hold as reclaimable cache, what the system says is available, swap
 * included where it may be used. */
memory_limit memory_available(void);

/* The parts of it that read files, below the folder `root` ("" for the system's own). */
memory_limit memory_of_groups(const char *root);
memory_limit memory_of_system(const char *root);

#endif
