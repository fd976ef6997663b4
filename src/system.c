/* system.c: the few calls to the system that the command needs. */
#include "command.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#ifdef _WIN32
#include <direct.h>
#include <io.h>
#include <share.h>
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

#ifdef _WIN32

/* The system deletes it when it is closed. */
int lock_file(const char *path, int *lock)
{
    *lock = _sopen(path, _O_RDWR | _O_CREAT | _O_TEMPORARY, _SH_DENYRW, _S_IREAD | _S_IWRITE);
    if (*lock >= 0) return 0;
    return errno == EACCES && path_exists(path) ? EBUSY : errno;
}

void unlock_file(const char *path, int lock)
{
    (void)path;
    if (lock >= 0) _close(lock);
}

#else

/* Whether the open file is still the one of that name: its holder may have removed it between our
 * opening and locking it, and a third process may have made a new one. */
static bool file_is(int file, const char *path)
{
    struct stat a, b;
    return !fstat(file, &a) && !stat(path, &b) && a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

int lock_file(const char *path, int *lock)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    for (int tries = 8;; --tries) {
        *lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (*lock < 0) return errno;
        bool failed = fcntl(*lock, F_SETLK, &whole) != 0;
        bool held = failed && (errno == EACCES || errno == EAGAIN);
        if (!failed && file_is(*lock, path)) return 0;
        if (!held && (failed || !tries)) return ENOLCK;
        close(*lock);
        *lock = -1;
        if (held) return EBUSY;
    }
}

void unlock_file(const char *path, int lock)
{
    if (lock < 0) return;
    remove(path); /* before it is given up: then it could be another's */
    close(lock);
}

#endif

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
