#include "run_folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *run_folder_fault(const char *path)
{
    DIR *folder = opendir(path);
    const struct dirent *entry;
    bool others = false, mine = false;
    if (!folder) return errno == ENOENT ? NULL : strerror(errno);
    while ((entry = readdir(folder)) != NULL) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
        if (!strcmp(entry->d_name, "run.recipe"))
            mine = true;
        else if (strcmp(entry->d_name, "run.recipe.lock") &&
                 strcmp(entry->d_name, "run.recipe.tmp")) /* all that a killed start leaves */
            others = true;
    }
    closedir(folder);
    return others && !mine ? "it has files but no run.recipe: give a run's folder, or a new one"
                           : NULL;
}

/* ---- older files ---- */

static void older_name(char out[64], const char *name, int64_t step)
{
    snprintf(out, 64, "%s-%06lld.safetensors", name, (long long)step);
}

bool older_path(char out[PATH_SIZE], const char *folder, const char *name, int64_t step)
{
    char file[64];
    older_name(file, name, step);
    return path_join(out, folder, file);
}

/* The step of the file of this name, if it is an older NAME.safetensors; else -1. */
static int64_t older_step(const char *file, const char *name)
{
    const size_t length = strlen(name);
    char same[64];
    long long step;
    if (strncmp(file, name, length) || file[length] != '-') return -1;
    errno = 0;
    step = strtoll(file + length + 1, NULL, 10);
    if (errno || step < 0) return -1;
    older_name(same, name, step);
    return strcmp(file, same) ? -1 : step;
}

int keep_older(const char *folder, const char *name, int64_t step)
{
    char file[64], path[PATH_SIZE], kept[PATH_SIZE];
    snprintf(file, sizeof file, "%s.safetensors", name);
    if (!path_join(path, folder, file) || !older_path(kept, folder, name, step))
        return ENAMETOOLONG;
    return path_is_regular(path) ? keep_file(path, kept) : 0;
}

void remove_older(const char *folder, const char *name, int64_t step, int64_t count)
{
    for (;;) {
        char path[PATH_SIZE];
        DIR *files = opendir(folder);
        const struct dirent *entry;
        int64_t found = 0, first = INT64_MAX;
        if (!files) return;
        while ((entry = readdir(files)) != NULL) {
            int64_t s = older_step(entry->d_name, name);
            if (s < 0 || s >= step) continue;
            found++;
            if (s < first) first = s;
        }
        closedir(files);
        if (found <= count || !older_path(path, folder, name, first) || remove(path)) return;
    }
}

/* ---- leftovers ---- */

/* Whether name[0..length) is a file that the library saves. */
static bool is_saved(const char *name, size_t length)
{
    static const char *const own[] = {"checkpoint.safetensors", "generator.safetensors",
                                      "before-divergence.safetensors", "sheet.png"};
    size_t digits = strspn(name, "0123456789");
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (strlen(own[i]) == length && !strncmp(name, own[i], length)) return true;
    return digits >= 6 && digits + 4 == length && !strncmp(name + digits, ".png", 4);
}

static bool is_leftover(const char *name)
{
    const size_t suffix = sizeof ".XXXXXXXX.tmp" - 1, end = sizeof ".tmp" - 1;
    size_t length = strlen(name);
    char whole[64];
    if (length <= end || length - end >= sizeof whole || strcmp(name + length - end, ".tmp"))
        return false;
    snprintf(whole, sizeof whole, "%.*s", (int)(length - end), name);
    if (older_step(whole, "checkpoint") >= 0 || older_step(whole, "generator") >= 0) return true;
    return length > suffix && name[length - suffix] == '.' &&
           strspn(name + length - suffix + 1, "0123456789abcdef") == 8 &&
           is_saved(name, length - suffix);
}

void remove_leftovers(const char *folder)
{
    char path[PATH_SIZE];
    DIR *names = opendir(folder);
    const struct dirent *entry;
    if (!names) return;
    while ((entry = readdir(names)) != NULL)
        if (is_leftover(entry->d_name) && path_join(path, folder, entry->d_name)) remove(path);
    closedir(names);
}
