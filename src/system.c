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
#define W_OK 2
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

bool path_is_same(const char *a, const char *b)
{
#ifdef _WIN32
    char whole_a[PATH_SIZE], whole_b[PATH_SIZE];
    return path_exists(a) && _fullpath(whole_a, a, sizeof whole_a) &&
           _fullpath(whole_b, b, sizeof whole_b) && !_stricmp(whole_a, whole_b);
#else
    struct stat s, t;
    return !stat(a, &s) && !stat(b, &t) && s.st_ino == t.st_ino && s.st_dev == t.st_dev;
#endif
}

int path_fault(const char *path)
{
    char folder[PATH_SIZE];
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) + 1 : 0;
    if (path_is_folder(path)) return EISDIR;
    if (path_exists(path)) return 0;
    if (length + 2 > sizeof folder) return ENAMETOOLONG;
    memcpy(folder, path, length);
    memcpy(folder + length, ".", 2);
    return access(folder, W_OK) ? errno : 0;
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

#ifdef _WIN32

static int sync_file(FILE *file)
{
    return _commit(_fileno(file)) ? errno : 0;
}

/* rename does not replace there. */
static int move_file(const char *from, const char *to)
{
    remove(to);
    return rename(from, to) ? errno : 0;
}

#else

static int sync_file(FILE *file)
{
    /* Some file systems know no flushing, or not of everything. */
    return fsync(fileno(file)) && errno != EINVAL && errno != ENOTSUP ? errno : 0;
}

/* The new name is durable when its folder is. The file is in place even where that fails, and a
 * folder that may be written but not read cannot be opened for it. */
static int move_file(const char *from, const char *to)
{
    char folder[PATH_SIZE];
    const char *slash = strrchr(to, '/');
    size_t length = slash ? (size_t)(slash - to) + 1 : 0;
    int file;
    if (rename(from, to)) return errno;
    memcpy(folder, to, length);
    memcpy(folder + length, ".", 2);
    file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file >= 0) {
        fsync(file);
        close(file);
    }
    return 0;
}

#endif

FILE *replacement_open(const char *path, char fresh[PATH_SIZE])
{
    if (snprintf(fresh, PATH_SIZE, "%s.tmp", path) >= PATH_SIZE) {
        errno = ENAMETOOLONG;
        return NULL;
    }
    remove(fresh);
    return fopen(fresh, "wx");
}

int replacement_finish(FILE *file, const char *fresh, const char *path, int error)
{
    if (!error && fflush(file)) error = errno;
    if (!error) error = sync_file(file);
    if (fclose(file) && !error) error = errno;
    if (!error) error = move_file(fresh, path);
    if (error) remove(fresh);
    return error;
}

int replace_file(const char *path, const char *text)
{
    char fresh[PATH_SIZE];
    FILE *file = replacement_open(path, fresh);
    if (!file) return errno;
    return replacement_finish(file, fresh, path, fputs(text, file) < 0 ? errno : 0);
}

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

static bool is_leftover(const char *name)
{
    static const char *const own[] = {"checkpoint.safetensors", "generator.safetensors",
                                      "sheet.png"};
    const size_t suffix = sizeof ".XXXXXXXX.tmp" - 1;
    size_t length = strlen(name), digits = strspn(name, "0123456789");
    if (length <= suffix) return false;
    length -= suffix;
    if (name[length] != '.' || strspn(name + length + 1, "0123456789abcdef") != 8 ||
        strcmp(name + length + 9, ".tmp"))
        return false;
    for (size_t i = 0; i < sizeof own / sizeof own[0]; ++i)
        if (strlen(own[i]) == length && !strncmp(name, own[i], length)) return true;
    return digits >= 6 && digits + 4 == length && !strncmp(name + digits, ".png", 4);
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

bool fill_standard_files(void)
{
#ifndef _WIN32
    for (int i = 0; i <= 2; ++i) /* the lowest number that is free is the one given out */
        if (fcntl(i, F_GETFD) < 0 && open("/dev/null", O_RDWR) != i) return false;
#endif
    return true;
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
