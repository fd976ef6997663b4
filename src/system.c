/* system.c: the few calls to the system that the command needs. */
#define _POSIX_C_SOURCE 200809L

#include "command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#ifdef _WIN32
#include <direct.h>
#define make_folder(path) _mkdir(path)
#define S_ISDIR(mode) (((mode) & _S_IFDIR) != 0)
#else
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
    return !stat(path, &s) && S_ISDIR(s.st_mode);
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
