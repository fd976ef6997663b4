/* run_folder.c: what lies in a run's folder, and what may be removed from it. */
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

static void older_name(char out[128], const char *name, int64_t step)
{
    snprintf(out, 128, "%s-%06lld.safetensors", name, (long long)step);
}

bool older_path(char out[PATH_SIZE], const char *folder, const char *name, int64_t step)
{
    char file[128];
    older_name(file, name, step);
    return path_join(out, folder, file);
}

bool best_path(char out[PATH_SIZE], const char *folder, const char *name)
{
    char file[128];
    snprintf(file, sizeof file, "%s-best.safetensors", name);
    return path_join(out, folder, file);
}

/* The step of the file of this name, if it is an older NAME.safetensors; else -1. */
static int64_t older_step(const char *file, const char *name)
{
    const size_t length = strlen(name);
    char same[128];
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
    char file[128], path[PATH_SIZE], kept[PATH_SIZE];
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

bool run_folder_model(char out[PATH_SIZE], const char *folder)
{
    char first[256] = "";
    DIR *files = opendir(folder);
    const struct dirent *entry;
    if (!files) return false;
    while ((entry = readdir(files)) != NULL) {
        const char *name = entry->d_name;
        if (!ends_with(name, ".safetensors") || strlen(name) >= sizeof first) continue;
        if (!*first || strcmp(name, first) < 0) snprintf(first, sizeof first, "%s", name);
    }
    closedir(files);
    return *first && path_join(out, folder, first);
}

/* ---- leftovers ---- */

/* Whether name[0..length) is WORD, or WORD-SPACE, and .png: a sheet. */
static bool is_sheet(const char *name, size_t length)
{
    size_t word = strspn(name, "0123456789");
    if (word < 6) word = strncmp(name, "sheet", 5) ? 0 : 5;
    if (word == 0 || length < word + 4 || strncmp(name + length - 4, ".png", 4)) return false;
    return length == word + 4 || (name[word] == '-' && length > word + 5);
}

/* Whether it is a file that is saved under the name, or under that of the best one. */
static bool is_file_of(const char *name, size_t word, const char *file)
{
    static const char best[] = "-best";
    const size_t own = strlen(file), all = own + sizeof best - 1;
    if (strncmp(name, file, own < word ? own : word)) return false;
    return word == own || (word == all && !strncmp(name + own, best, sizeof best - 1));
}

/* Whether it is a file that the library saves, of those names. */
static bool is_saved(const char *name, size_t length, const saver *s)
{
    static const char end[] = ".safetensors", before[] = "before-divergence", judge[] = "judge-";
    const size_t word = length > sizeof end - 1 ? length - (sizeof end - 1) : 0;
    if (word == 0 || strncmp(name + word, end, sizeof end - 1)) return is_sheet(name, length);
    for (int i = 0; i < s->file_count; i++)
        if (is_file_of(name, word, s->files[i].name)) return true;
    if (word > sizeof judge - 1 && !strncmp(name, judge, sizeof judge - 1)) return true;
    return word == sizeof before - 1 && !strncmp(name, before, word);
}

/* Whether the file is NAME-best.safetensors. */
static bool is_best(const char *file, const char *name)
{
    char same[128];
    snprintf(same, sizeof same, "%s-best.safetensors", name);
    return !strcmp(file, same);
}

static bool is_leftover(const char *name, const saver *s)
{
    const size_t suffix = sizeof ".XXXXXXXX.tmp" - 1, end = sizeof ".tmp" - 1;
    size_t length = strlen(name);
    char whole[128];
    if (length <= end || length - end >= sizeof whole || strcmp(name + length - end, ".tmp"))
        return false;
    snprintf(whole, sizeof whole, "%.*s", (int)(length - end), name);
    for (int i = 0; i < s->file_count; i++)
        if (older_step(whole, s->files[i].name) >= 0 || is_best(whole, s->files[i].name))
            return true;
    return length > suffix && name[length - suffix] == '.' &&
           strspn(name + length - suffix + 1, "0123456789abcdef") == 8 &&
           is_saved(name, length - suffix, s);
}

void remove_leftovers(const char *folder, const saver *s)
{
    char path[PATH_SIZE];
    DIR *names = opendir(folder);
    const struct dirent *entry;
    if (!names) return;
    while ((entry = readdir(names)) != NULL)
        if (is_leftover(entry->d_name, s) && path_join(path, folder, entry->d_name)) remove(path);
    closedir(names);
}
