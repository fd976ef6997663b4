/* file_list.c: files of pictures by name, those of whole folders too. */
#include "file_list.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Folders in folders, since each takes room on the stack. */
enum { MOST_DEPTH = 64 };

typedef struct walk {
    const command *self;
    file_list *list;
    const char *except;
} walk;

void file_list_free(file_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->files[i].path);
        free(list->files[i].name);
    }
    free(list->files);
    memset(list, 0, sizeof *list);
}

static char *copy_text(const char *text)
{
    char *copy = malloc(strlen(text) + 1);
    if (copy) memcpy(copy, text, strlen(text) + 1);
    return copy;
}

static int add_file(const walk *w, const char *path, const char *name)
{
    file_list *list = w->list;
    if (list->count == list->capacity) {
        const size_t capacity = 2 * list->capacity + 64;
        listed_file *grown = realloc(list->files, capacity * sizeof *grown);
        if (!grown) return complain(w->self, EXIT_FAILED, "no memory for a list of files");
        list->files = grown;
        list->capacity = capacity;
    }
    const listed_file file = {copy_text(path), copy_text(name)};
    list->files[list->count++] = file;
    if (file.path && file.name) return EXIT_GOOD;
    return complain(w->self, EXIT_FAILED, "no memory for a list of files");
}

static bool is_picture_name(const char *name)
{
    static const char *const ends[] = {".png", ".jpg", ".jpeg", ".jpe", ".jfif",
                                       ".pnm", ".pgm", ".ppm",  ".pam"};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (ends_with(name, ends[i])) return true;
    return false;
}

/* Folder by folder, as data sets have them: a slash comes before any other byte. */
static int by_name(const void *a, const void *b)
{
    const unsigned char *one = (const unsigned char *)((const listed_file *)a)->name;
    const unsigned char *other = (const unsigned char *)((const listed_file *)b)->name;
    while (*one && *one == *other) one++, other++;
    const int first = *one == '/' ? 1 : *one * 2, second = *other == '/' ? 1 : *other * 2;
    return first - second;
}

/* A folder on the way, and those that it lies in; `name` is its own from where the walk began, ""
 * there. */
typedef struct place {
    const char *path, *name;
    int depth;
    const struct place *above;
} place;

static int add_folder(const walk *w, const place *at);

static int add_entry(const walk *w, const place *at, const char *entry)
{
    char path[PATH_SIZE], name[PATH_SIZE];
    const char *slash = *at->name ? "/" : "";
    if (*entry == '.') return EXIT_GOOD;
    if (!path_join(path, at->path, entry) ||
        snprintf(name, sizeof name, "%s%s%s", at->name, slash, entry) >= PATH_SIZE)
        return complain(w->self, EXIT_INPUT, "the path %s/%s is too long", at->path, entry);
    const place inner = {path, name, at->depth + 1, at};
    if (path_is_folder(path)) return add_folder(w, &inner);
    /* A pipe would be waited for; a link that leads nowhere is told as broken. */
    if (!is_picture_name(entry) || (path_exists(path) && !path_is_regular(path))) return EXIT_GOOD;
    return add_file(w, path, name);
}

/* Whether a link led back to one of the folders above. */
static bool is_loop(const place *at)
{
    for (const place *above = at->above; above; above = above->above)
        if (path_is_same(above->path, at->path)) return true;
    return false;
}

static int add_folder(const walk *w, const place *at)
{
    const struct dirent *entry;
    int code = EXIT_GOOD;
    if ((w->except && path_is_same(at->path, w->except)) || is_loop(at)) return EXIT_GOOD;
    if (at->depth > MOST_DEPTH)
        return complain(w->self, EXIT_INPUT, "%s: more than %d folders in each other", at->path,
                        MOST_DEPTH);
    DIR *folder = opendir(at->path);
    if (!folder)
        return complain(w->self, EXIT_INPUT, "cannot read %s: %s", at->path, strerror(errno));
    while (!code && (entry = readdir(folder)) != NULL) code = add_entry(w, at, entry->d_name);
    closedir(folder);
    return code;
}

static int add_path(const walk *w, const char *path)
{
    const char *slash = strrchr(path, '/');
    const size_t before = w->list->count;
    const place start = {path, "", 0, NULL};
    if (!path_is_folder(path)) return add_file(w, path, slash ? slash + 1 : path);
    int code = add_folder(w, &start);
    const size_t count = w->list->count - before;
    if (code) return code;
    if (count == 0)
        return complain(w->self, EXIT_INPUT, "%s: no picture in it: no .png, .jpg, .pnm, .pam",
                        path);
    qsort(w->list->files + before, count, sizeof *w->list->files, by_name);
    return EXIT_GOOD;
}

int file_list_open(file_list *list, const command *self, const char *const *paths, int count,
                   const char *except)
{
    const walk w = {self, list, except};
    int code = EXIT_GOOD;
    memset(list, 0, sizeof *list);
    for (int i = 0; i < count && !code; i++) code = add_path(&w, paths[i]);
    return code;
}
