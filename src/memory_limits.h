/* memory_limits.h: how much memory this process can have. */
#ifndef MEMORY_LIMITS_H
#define MEMORY_LIMITS_H

#include "command.h"

typedef struct memory_limit {
    int64_t bytes;   /* INT64_MAX: no limit is known */
    const char *why; /* what ends it, for a message; static */
} memory_limit;

/* What the process can have in all, with what it has already. The least of: its own limits (ulimit
 * -v and -d); what it holds now, and its control groups (versions 1 and 2) may still have, their
 * reclaimable cache included; the same with what the system says is available. Swap counts where it
 * may be used. */
memory_limit memory_available(void);

/* What groups and system still have, read below the folder `root` ("" for the system's own). */
memory_limit memory_of_groups(const char *root);
memory_limit memory_of_system(const char *root);

#endif
