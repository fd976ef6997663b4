/* memory_limits.c: the limits of systems, as their files tell them. */
#include "memory_limits.h"

#include <stdlib.h>
#include <string.h>

#ifdef __linux__
#include <sys/resource.h>
#include <unistd.h>
#endif

static const memory_limit no_limit = {INT64_MAX, "nothing"};

#ifdef __linux__

/* The smaller of the two; what is below 0 is 0. */
static memory_limit lesser(memory_limit a, int64_t bytes, const char *why)
{
    if (bytes < 0) bytes = 0;
    return bytes < a.bytes ? (memory_limit){bytes, why} : a;
}

enum { TEXT_SIZE = 8192 };

/* The file's beginning as text; false if it cannot be read. */
static bool read_text(char out[TEXT_SIZE], const char *root, const char *folder, const char *name)
{
    char path[PATH_SIZE];
    int length = snprintf(path, sizeof path, "%s%s/%s", root, folder, name);
    FILE *file = length > 0 && length < PATH_SIZE ? fopen(path, "re") : NULL;
    if (!file) return false;
    out[fread(out, 1, TEXT_SIZE - 1, file)] = '\0';
    fclose(file);
    return true;
}

/* The number after `key` at the beginning of a line; -1 if there is none. */
static int64_t number_of(const char *text, const char *key)
{
    const size_t length = strlen(key);
    for (const char *line = text; line; line = strchr(line, '\n')) {
        if (*line == '\n') line++;
        if (!strncmp(line, key, length) && (line[length] == ':' || line[length] == ' '))
            return strtoll(line + length + 1, NULL, 10);
    }
    return -1;
}

/* A number that is a file's whole text; `otherwise` for "max", and where there is none. */
static int64_t number_in(const char *root, const char *folder, const char *name, int64_t otherwise)
{
    char text[TEXT_SIZE], *end;
    long long value;
    if (!read_text(text, root, folder, name)) return otherwise;
    value = strtoll(text, &end, 10);
    return end == text || value < 0 ? otherwise : value;
}

/* What both versions of control groups call by other names. */
typedef struct group_files {
    const char *mount, *limit, *usage, *cache[3], *swap_limit, *swap_usage, *why;
    bool swap_is_both; /* the swap's limit and usage count memory as well */
} group_files;

static const group_files version_2 = {"/sys/fs/cgroup",
                                      "memory.max",
                                      "memory.current",
                                      {"inactive_file", "active_file", "slab_reclaimable"},
                                      "memory.swap.max",
                                      "memory.swap.current",
                                      "memory.max of its control group",
                                      false};
static const group_files version_1 = {"/sys/fs/cgroup/memory",
                                      "memory.limit_in_bytes",
                                      "memory.usage_in_bytes",
                                      {"total_inactive_file", "total_active_file", NULL},
                                      "memory.memsw.limit_in_bytes",
                                      "memory.memsw.usage_in_bytes",
                                      "memory.limit_in_bytes of its control group",
                                      true};

/* Version 1 writes no limit as the largest multiple of a page. */
static const int64_t endless = INT64_MAX - (1 << 20);

static int64_t group_cache(const group_files *f, const char *root, const char *folder)
{
    char text[TEXT_SIZE];
    int64_t sum = 0;
    if (!read_text(text, root, folder, "memory.stat")) return 0;
    for (int i = 0; i < 3 && f->cache[i]; i++) {
        int64_t bytes = number_of(text, f->cache[i]);
        if (bytes > 0) sum += bytes;
    }
    return sum;
}

/* What one group may still have: memory, and as much as it may swap out. */
static memory_limit group_limit(const group_files *f, const char *root, const char *path,
                                int64_t swap_free, memory_limit least)
{
    char folder[PATH_SIZE];
    int64_t limit, usage, cache, room, swap;
    if (snprintf(folder, sizeof folder, "%s%s", f->mount, path) >= PATH_SIZE) return least;
    limit = number_in(root, folder, f->limit, INT64_MAX);
    usage = number_in(root, folder, f->usage, -1);
    if (limit >= endless || usage < 0) return least;
    cache = group_cache(f, root, folder);
    room = limit - (usage > cache ? usage - cache : 0);
    swap = number_in(root, folder, f->swap_limit, INT64_MAX);
    if (swap < endless) {
        swap -= number_in(root, folder, f->swap_usage, 0);
        if (f->swap_is_both) swap += cache - room;
        if (swap < swap_free) swap_free = swap;
    }
    return lesser(least, room + (swap_free > 0 ? swap_free : 0), f->why);
}

/* The group of this path and all around it. A container may see its own as the root, under a path
 * that it does not have. */
static memory_limit group_limits(const group_files *f, const char *root, char *path,
                                 int64_t swap_free, memory_limit least)
{
    for (char *end; (end = strrchr(path, '/')) != NULL; *end = '\0')
        if (end[1]) least = group_limit(f, root, path, swap_free, least);
    return group_limit(f, root, "", swap_free, least);
}

static int64_t free_swap(const char *root)
{
    char text[TEXT_SIZE];
    int64_t kib = read_text(text, root, "/proc", "meminfo") ? number_of(text, "SwapFree") : 0;
    return kib > 0 ? kib << 10 : 0;
}

/* Lines are "0::/user.slice/x" (version 2) and "4:cpu,memory:/x" (version 1). */
memory_limit memory_of_groups(const char *root)
{
    char text[TEXT_SIZE], *line, *next = text;
    int64_t swap_free = free_swap(root);
    memory_limit least = no_limit;
    if (!read_text(text, root, "/proc/self", "cgroup")) return least;
    while ((line = strsep(&next, "\n")) != NULL) {
        char *names = strchr(line, ':'), *path = names ? strchr(names + 1, ':') : NULL;
        if (!path) continue;
        *path++ = '\0';
        bool first = !strcmp(line, "0:"), memory = false;
        for (char *name; !first && (name = strsep(&names, ":,")) != NULL;)
            memory = memory || !strcmp(name, "memory");
        if (first) least = group_limits(&version_2, root, path, swap_free, least);
        if (memory) least = group_limits(&version_1, root, path, swap_free, least);
    }
    return least;
}

memory_limit memory_of_system(const char *root)
{
    char text[TEXT_SIZE];
    int64_t kib, strict = number_in(root, "/proc/sys/vm", "overcommit_memory", 0) == 2;
    memory_limit least = no_limit;
    if (!read_text(text, root, "/proc", "meminfo")) return least;
    kib = number_of(text, "MemAvailable");
    if (kib >= 0)
        least = lesser(least, (kib << 10) + free_swap(root), "what this machine has left");
    kib = number_of(text, "CommitLimit");
    if (strict && kib >= 0)
        least = lesser(least, (kib - number_of(text, "Committed_AS")) << 10,
                       "vm.overcommit_memory=2 of this machine");
    return least;
}

/* The system counts address space against these two, whether it was written to or not. */
static memory_limit memory_of_process(void)
{
    struct rlimit limit;
    memory_limit least = no_limit;
    if (!getrlimit(RLIMIT_AS, &limit) && limit.rlim_cur < INT64_MAX)
        least = lesser(least, (int64_t)limit.rlim_cur, "ulimit -v (RLIMIT_AS)");
    if (!getrlimit(RLIMIT_DATA, &limit) && limit.rlim_cur < INT64_MAX)
        least = lesser(least, (int64_t)limit.rlim_cur, "ulimit -d (RLIMIT_DATA)");
    return least;
}

/* What it has in memory: the second number of /proc/self/statm, in pages. */
static int64_t memory_held(void)
{
    char text[TEXT_SIZE];
    long long pages;
    if (!read_text(text, "", "/proc/self", "statm") || sscanf(text, "%*d %lld", &pages) != 1)
        return 0;
    return pages * sysconf(_SC_PAGESIZE);
}

memory_limit memory_available(void)
{
    const memory_limit groups = memory_of_groups(""), system = memory_of_system("");
    const int64_t held = memory_held();
    memory_limit least = memory_of_process();
    if (groups.bytes < INT64_MAX - held) least = lesser(least, groups.bytes + held, groups.why);
    if (system.bytes < INT64_MAX - held) least = lesser(least, system.bytes + held, system.why);
    return least;
}

#else

memory_limit memory_of_groups(const char *root)
{
    (void)root;
    return no_limit;
}

memory_limit memory_of_system(const char *root)
{
    (void)root;
    return no_limit;
}

memory_limit memory_available(void)
{
    return no_limit;
}

#endif
