/* system.c: the few calls to the system that the command needs. */
#include "command.h"

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
#define fileno _fileno
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

bool path_is_regular(const char *path)
{
    struct stat s;
    return !stat(path, &s) && (s.st_mode & S_IFMT) == S_IFREG;
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
    for (size_t i = 1; i <= length; i++) {
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
static int move_file(const char *from, const char *to, bool hasty)
{
    (void)hasty;
    remove(to);
    return rename(from, to) ? errno : 0;
}

static int follow_links(char out[PATH_SIZE], const char *path)
{
    return snprintf(out, PATH_SIZE, "%s", path) < PATH_SIZE ? 0 : ENAMETOOLONG;
}

static FILE *create_file(const char *path, const char *model)
{
    (void)model;
    return fopen(path, "wbx");
}

static void cut_file(FILE *file, long long size)
{
    (void)_chsize_s(_fileno(file), size);
}

static int second_name(const char *path, const char *name)
{
    (void)path;
    (void)name;
    return ENOTSUP;
}

#else

static int sync_file(FILE *file)
{
    /* Some file systems know no flushing, or not of everything. */
    return fsync(fileno(file)) && errno != EINVAL && errno != ENOTSUP ? errno : 0;
}

/* The new name is durable when its folder is. The file is in place even where that fails, and a
 * folder that may be written but not read cannot be opened for it. */
static int move_file(const char *from, const char *to, bool hasty)
{
    char folder[PATH_SIZE];
    const char *slash = strrchr(to, '/');
    size_t length = slash ? (size_t)(slash - to) + 1 : 0;
    int file;
    if (rename(from, to)) return errno;
    if (hasty) return 0;
    memcpy(folder, to, length);
    memcpy(folder + length, ".", 2);
    file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file >= 0) {
        fsync(file);
        close(file);
    }
    return 0;
}

/* What the path leads to, whether it is there or not. 0, or an errno. */
static int follow_links(char out[PATH_SIZE], const char *path)
{
    char link[PATH_SIZE];
    if (snprintf(out, PATH_SIZE, "%s", path) >= PATH_SIZE) return ENAMETOOLONG;
    for (int links = 0; links <= 40; links++) {
        ssize_t length = readlink(out, link, sizeof link - 1);
        if (length < 0) return 0;
        const char *slash = link[0] == '/' ? NULL : strrchr(out, '/');
        size_t start = slash ? (size_t)(slash - out) + 1 : 0;
        if (start + (size_t)length >= PATH_SIZE) return ENAMETOOLONG;
        link[length] = '\0';
        memcpy(out + start, link, (size_t)length + 1);
    }
    return ELOOP;
}

/* A new file with the permissions of `model`, if that is there; until it has them it is private. */
static FILE *create_file(const char *path, const char *model)
{
    struct stat old;
    bool is_new = stat(model, &old) != 0;
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, is_new ? 0666 : 0600);
    if (file < 0) return NULL;
    if (!is_new) (void)fchmod(file, old.st_mode & 0777);
    FILE *stream = fdopen(file, "w");
    if (!stream) close(file);
    return stream;
}

static void cut_file(FILE *file, long long size)
{
    if (ftruncate(fileno(file), size)) return; /* a torn line stays */
}

/* Gives the file one more name. 0, or an errno: not every file system has such. */
static int second_name(const char *path, const char *name)
{
    return linkat(AT_FDCWD, path, AT_FDCWD, name, AT_SYMLINK_FOLLOW) ? errno : 0;
}

#endif

/* TARGET.tmp; of a name that leaves no room for more, .tmp in place of its last letters. */
static int name_fresh(replacement *r)
{
    enum { MOST_LETTERS = 255, END = sizeof ".tmp" - 1 };
    const char *slash = strrchr(r->target, '/'), *name = slash ? slash + 1 : r->target;
    const size_t length = strlen(name);
    const bool full = length > MOST_LETTERS - END && length <= MOST_LETTERS;
    const int kept = (int)(strlen(r->target) - (full ? END : 0));
    return snprintf(r->fresh, PATH_SIZE, "%.*s.tmp", kept, r->target) < PATH_SIZE ? 0
                                                                                  : ENAMETOOLONG;
}

/* With the permissions of `model`. */
static int replacement_create(replacement *out, const char *path, const char *model)
{
    int error = follow_links(out->target, path);
    out->hasty = false;
    if (!error) error = name_fresh(out);
    if (error) return error;
    remove(out->fresh);
    out->file = create_file(out->fresh, model);
    return out->file ? 0 : errno;
}

int replacement_open(replacement *out, const char *path)
{
    return replacement_create(out, path, path);
}

int replacement_finish(replacement *r, int error)
{
    if (!error && fflush(r->file)) error = errno;
    if (!error && !r->hasty) error = sync_file(r->file);
    if (fclose(r->file) && !error) error = errno;
    if (!error) error = move_file(r->fresh, r->target, r->hasty);
    if (error) remove(r->fresh);
    return error;
}

int replace_hastily(const char *path, const void *bytes, size_t count)
{
    replacement fresh;
    int error = replacement_open(&fresh, path);
    if (error) return error;
    fresh.hasty = true;
    return replacement_finish(&fresh, fwrite(bytes, 1, count, fresh.file) == count ? 0 : errno);
}

int replace_bytes(const char *path, const void *bytes, size_t count)
{
    replacement fresh;
    int error = replacement_open(&fresh, path);
    if (error) return error;
    return replacement_finish(&fresh, fwrite(bytes, 1, count, fresh.file) == count ? 0 : errno);
}

int replace_file(const char *path, const char *text)
{
    return replace_bytes(path, text, strlen(text));
}

static int copy_file(const char *path, const char *copy)
{
    char bytes[8192];
    size_t count;
    replacement fresh;
    FILE *from = fopen(path, "rb");
    int error = from ? replacement_create(&fresh, copy, path) : errno;
    if (!error) {
        while (!error && (count = fread(bytes, 1, sizeof bytes, from)) > 0)
            if (fwrite(bytes, 1, count, fresh.file) != count) error = errno;
        if (!error && ferror(from)) error = EIO;
        error = replacement_finish(&fresh, error);
    }
    if (from) fclose(from);
    return error;
}

int keep_file(const char *path, const char *kept)
{
    char fresh[PATH_SIZE];
    int error;
    if (snprintf(fresh, sizeof fresh, "%s.tmp", kept) >= PATH_SIZE) return ENAMETOOLONG;
    remove(fresh);
    if (second_name(path, fresh)) return copy_file(path, kept);
    error = move_file(fresh, kept, false);
    remove(fresh); /* it is still there where it failed, or both were one file already */
    return error;
}

FILE *append_open(const char *path)
{
    FILE *file = fopen(path, "a");
    if (file) setvbuf(file, NULL, _IONBF, 0);
    return file;
}

int append_text(FILE *file, const char *text)
{
    struct stat before;
    size_t length = strlen(text);
    bool known = !fstat(fileno(file), &before) && (before.st_mode & S_IFMT) == S_IFREG;
    int error;
    errno = 0;
    if (fwrite(text, 1, length, file) == length) return 0;
    error = errno ? errno : EIO;
    clearerr(file);
    if (known) cut_file(file, (long long)before.st_size);
    return error;
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
    for (int tries = 8;; tries--) {
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
    for (int i = 0; i <= 2; i++) /* the lowest number that is free is the one given out */
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
