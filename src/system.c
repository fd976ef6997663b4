/* system.c: the few calls to the system that the command needs. */
#include "command.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#ifdef _WIN32
#include <direct.h>
#include <io.h>
#define make_folder(path) _mkdir(path)
#else
#include <sys/ioctl.h>
#include <unistd.h>
#define make_folder(path) mkdir(path, 0777)
#endif

bool path_join(char out[PATH_SIZE], const char *folder, const char *name)
{
    size_t length = strlen(folder);
    const char *slash = length && folder[length - 1] == '/' ? "" : "/";
    int n = snprintf(out, PATH_SIZE, "%s%s%s", folder, slash, name);
    return n > 0 && n < PATH_SIZE;
}

bool path_is_folder(const char *path)
{
    struct stat s;
    return !stat(path, &s) && (s.st_mode & S_IFMT) == S_IFDIR;
}

bool path_exists(const char *path)
{
    struct stat s;
    return !stat(path, &s);
}

int make_folders(const char *path)
{
    char part[PATH_SIZE];
    size_t length = strlen(path);
    if (length >= sizeof part) return ENAMETOOLONG;
    for (size_t i = 1; i <= length; ++i) {
        if (path[i] != '/' && path[i] != '\0') continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (make_folder(part) && errno != EEXIST) return errno;
    }
    return path_is_folder(path) ? 0 : ENOTDIR;
}

int move_file(const char *from, const char *to)
{
#ifdef _WIN32
    remove(to); /* rename does not replace there */
#endif
    return rename(from, to) ? errno : 0;
}

int replace_file(const char *path, const char *text)
{
    char fresh[PATH_SIZE + 8];
    FILE *file;
    int error = 0;
    snprintf(fresh, sizeof fresh, "%s.tmp", path);
    file = fopen(fresh, "w");
    if (!file) return errno;
    if (fputs(text, file) < 0) error = errno;
    if (fclose(file) && !error) error = errno;
    if (!error) error = move_file(fresh, path);
    if (error) remove(fresh);
    return error;
}

const char *run_folder_fault(const char *path)
{
    /* With what it is called while it is being written, so that a killed start is no stranger. */
    static const char own[] = "run.recipe";
    DIR *folder = opendir(path);
    const struct dirent *entry;
    bool others = false, mine = false;
    if (!folder) return errno == ENOENT ? NULL : strerror(errno);
    while ((entry = readdir(folder)) != NULL) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
        if (strncmp(entry->d_name, own, sizeof own - 1))
            others = true;
        else
            mine = true;
    }
    closedir(folder);
    return others && !mine ? "it has files but no run.recipe: give a run's folder, or a new one"
                           : NULL;
}

int terminal_columns(void)
{
    const int usual = 80;
#ifdef _WIN32
    return _isatty(2) ? usual : 0;
#else
    struct winsize size;
    if (!isatty(2)) return 0;
    return !ioctl(2, TIOCGWINSZ, &size) && size.ws_col ? size.ws_col : usual;
#endif
}

double seconds_now(void)
{
    struct timespec t;
#ifdef _WIN32
    timespec_get(&t, TIME_UTC);
#else
    clock_gettime(CLOCK_MONOTONIC, &t);
#endif
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
