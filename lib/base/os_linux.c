/* os_linux.c: how many processors this process may use: those of its affinity, or what its control
 * groups grant if that is less. */
#if defined(__linux__)
#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE 1 /* sched_getaffinity, CPU_ALLOC */
#endif

#include "base/number.h"
#include "base/os.h"

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A hierarchy of groups: version 1 has one for each controller, version 2 one for all. */
typedef enum linux_version { LINUX_GROUPS_1, LINUX_GROUPS_2 } linux_version;

enum { LINUX_LINE = 4096 };

/* Too large for the stack of a small thread. */
typedef struct linux_search {
    const char *root; /* in front of every name; "" but in tests */
    long limit;
    char group[LINUX_LINE]; /* a line of /proc/self/cgroup */
    char mount[LINUX_LINE]; /* a line of /proc/self/mountinfo */
    char folder[2 * LINUX_LINE];
    char path[2 * LINUX_LINE + 64];
} linux_search;

static FILE *linux_open(linux_search *search, const char *folder, const char *name)
{
    int length = snprintf(search->path, sizeof search->path, "%s%s/%s", search->root, folder, name);
    if (length < 0 || (size_t)length >= sizeof search->path) return NULL;
    return fopen(search->path, "re");
}

/* The next line without its end; "" for one that is too long. False at the end of the file. */
static bool linux_line(FILE *file, char line[LINUX_LINE])
{
    if (!fgets(line, LINUX_LINE, file)) return false;
    size_t length = strcspn(line, "\n");
    if (line[length] == '\0' && length == LINUX_LINE - 1) {
        int c = getc(file);
        while (c != '\n' && c != EOF) c = getc(file);
        length = 0;
    }
    line[length] = '\0';
    return true;
}

/* Whether `word` is an item of "a,b,c". */
static bool linux_lists(const char *list, const char *word)
{
    size_t length = strlen(word);
    for (;;) {
        size_t item = strcspn(list, ",");
        if (item == length && memcmp(list, word, length) == 0) return true;
        if (list[item] == '\0') return false;
        list += item + 1;
    }
}

/* The process's group of that hierarchy, from "4:cpu,cpuacct:/a/b" or "0::/a/b"; borrowed. */
static const char *linux_group(linux_search *search, linux_version version)
{
    char *found = NULL;
    FILE *file = linux_open(search, "/proc/self", "cgroup");
    while (file && !found && linux_line(file, search->group)) {
        char *controllers = strchr(search->group, ':');
        char *path = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!path) continue;
        *path++ = '\0';
        bool wanted = version == LINUX_GROUPS_1 ? linux_lists(controllers + 1, "cpu")
                                                : strcmp(search->group, "0:") == 0;
        if (wanted && path[0] == '/') found = path;
    }
    if (file) fclose(file);
    return found;
}

static bool linux_number(FILE *file, int64_t *out)
{
    char word[32];
    size_t length = 0;
    int c = getc(file);
    while (c != EOF && c != ' ' && c != '\n' && length < sizeof word) {
        word[length++] = (char)c;
        c = getc(file);
    }
    return length < sizeof word && gan__integer_parse(word, length, out);
}

/* So many microseconds in each period of so many, as processors, rounded up. "max" and -1 are no
 * limit. */
static void linux_cut(linux_search *search, int64_t quota, int64_t period)
{
    if (quota <= 0 || period <= 0) return;
    int64_t processors = quota / period + (quota % period != 0);
    if (processors < search->limit) search->limit = (long)processors;
}

/* Version 2 has both numbers in one file. */
static void linux_limit_2(linux_search *search)
{
    int64_t quota = 0, period = 0;
    FILE *file = linux_open(search, search->folder, "cpu.max");
    if (!file) return;
    if (linux_number(file, &quota) && linux_number(file, &period)) linux_cut(search, quota, period);
    fclose(file);
}

static void linux_limit_1(linux_search *search)
{
    static const char *const names[2] = {"cpu.cfs_quota_us", "cpu.cfs_period_us"};
    int64_t numbers[2];
    for (int i = 0; i < 2; i++) {
        FILE *file = linux_open(search, search->folder, names[i]);
        bool read = file && linux_number(file, &numbers[i]);
        if (file) fclose(file);
        if (!read) return;
    }
    linux_cut(search, numbers[0], numbers[1]);
}

/* A mount of some groups: which of them are there, and where. */
typedef struct linux_mount {
    linux_version version;
    char *root, *point;
} linux_mount;

/* "a\040b" is "a b". */
static void linux_unescape(char *text)
{
    char *to = text;
    for (const char *from = text; *from; to++) {
        bool octal = from[0] == '\\' && strspn(from + 1, "01234567") >= 3;
        int code = octal ? (from[1] - '0') * 64 + (from[2] - '0') * 8 + (from[3] - '0') : *from;
        *to = (char)code;
        from += octal ? 4 : 1;
    }
    *to = '\0';
}

/* "36 35 98:0 ROOT POINT options [fields ...] - cgroup source options". Changes the line. */
static bool linux_parse_mount(char *line, linux_mount *out)
{
    char *fields[6], *kind = strstr(line, " - "), *save = NULL;
    if (!kind) return false;
    *kind = '\0';
    kind += 3;
    for (int i = 0; i < 6; i++) {
        fields[i] = strtok_r(i ? NULL : line, " ", &save);
        if (!fields[i]) return false;
    }
    char *type = strtok_r(kind, " ", &save), *source = strtok_r(NULL, " ", &save);
    const char *options = strtok_r(NULL, " ", &save);
    if (!type || !source || !options) return false;
    bool first = strcmp(type, "cgroup") == 0 && linux_lists(options, "cpu");
    if (!first && strcmp(type, "cgroup2") != 0) return false;
    *out = (linux_mount){first ? LINUX_GROUPS_1 : LINUX_GROUPS_2, fields[3], fields[4]};
    linux_unescape(out->root);
    linux_unescape(out->point);
    return true;
}

/* What of the group's path lies below the mount's root; NULL where the group is not in it. */
static const char *linux_below(const char *group, const char *root)
{
    size_t length = strlen(root);
    if (strcmp(root, "/") == 0) return group;
    if (strncmp(group, root, length) != 0) return NULL;
    return group[length] == '/' || group[length] == '\0' ? group + length : NULL;
}

/* The limits of the process's group and of all around it, up to the mount's root. */
static void linux_walk(linux_search *search, const linux_mount *mount)
{
    const char *group = linux_group(search, mount->version);
    const char *below = group ? linux_below(group, mount->root) : NULL;
    if (!below) return;
    size_t point = strlen(mount->point);
    int length = snprintf(search->folder, sizeof search->folder, "%s%s", mount->point,
                          strcmp(below, "/") == 0 ? "" : below);
    if (length < 0 || (size_t)length >= sizeof search->folder) return;
    for (;;) {
        if (mount->version == LINUX_GROUPS_1)
            linux_limit_1(search);
        else
            linux_limit_2(search);
        char *end = strrchr(search->folder, '/');
        if (!end || (size_t)(end - search->folder) < point) return;
        *end = '\0';
    }
}

long gan__os_group_limit(const char *root, long limit)
{
    linux_search *search = malloc(sizeof *search);
    linux_mount mount;
    if (!search) return limit;
    search->root = root;
    search->limit = limit;
    FILE *file = linux_open(search, "/proc/self", "mountinfo");
    while (file && linux_line(file, search->mount))
        if (linux_parse_mount(search->mount, &mount)) linux_walk(search, &mount);
    if (file) fclose(file);
    limit = search->limit;
    free(search);
    return limit;
}

/* 0 if it is not known. The set is grown until the kernel's own fits. */
static long linux_affinity(void)
{
    for (int capacity = 1024; capacity <= 1 << 16; capacity *= 4) {
        cpu_set_t *set = CPU_ALLOC((size_t)capacity);
        if (!set) return 0;
        size_t size = CPU_ALLOC_SIZE((size_t)capacity);
        int failed = sched_getaffinity(0, size, set);
        int count = failed ? 0 : CPU_COUNT_S(size, set);
        CPU_FREE(set);
        if (!failed) return count;
        if (errno != EINVAL) return 0;
    }
    return 0;
}

int32_t gan__os_processor_count(void)
{
    long count = linux_affinity();
    if (count < 1) count = sysconf(_SC_NPROCESSORS_ONLN);
    count = gan__os_group_limit("", count);
    return count < 1 ? 1 : (int32_t)count;
}

#else
typedef int gan__os_linux_is_idle; /* ISO C wants a file to have something */
#endif
