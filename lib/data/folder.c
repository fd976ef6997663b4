/* folder.c: lists a folder, then its sub-folders if it has no pictures of its own, and puts what is
 * found in order. Names are bytes: a system may have some that are no text. */
#include "data/folder.h"
#include "base/memory.h"
#include "base/stream.h"
#include "files/sort.h"

#include <inttypes.h>
#include <string.h>

/* ---- one folder ---- */

/* Names of one folder that are wanted, one behind the other in `text`, and where they begin. */
typedef struct folder_names {
    char *text;
    size_t used, capacity;
    size_t *starts;
    int64_t *sizes;
    size_t count, start_capacity, size_capacity;
} folder_names;

typedef struct folder_scan {
    gan_context *context;
    gan_status status;
    const char *const *wanted; /* ends of names */
    folder_names pictures, folders;
    int64_t others;    /* files that are no pictures, by their names */
    bool foreign;      /* some of them are, in other formats */
    char example[100]; /* one of them */
} folder_scan;

static void folder_names_free(gan_context *context, folder_names *names)
{
    gan__free(context, names->text);
    gan__free(context, names->starts);
    gan__free(context, names->sizes);
}

static void folder_scan_free(folder_scan *scan)
{
    folder_names_free(scan->context, &scan->pictures);
    folder_names_free(scan->context, &scan->folders);
}

static gan_status folder_add(gan_context *context, folder_names *names, const char *name,
                             int64_t size)
{
    const size_t length = strlen(name) + 1, count = names->count + 1;
    size_t used;
    if (!gan__add_size(names->used, length, &used))
        return gan__fail(context, GAN_E_MEMORY, "out of memory");
    GAN__TRY(gan__grow_raw(context, &names->text, &names->capacity, used, 1));
    GAN__TRY(gan__grow_raw(context, &names->starts, &names->start_capacity, count,
                           sizeof *names->starts));
    GAN__TRY(
        gan__grow_raw(context, &names->sizes, &names->size_capacity, count, sizeof *names->sizes));
    memcpy(names->text + names->used, name, length);
    names->starts[names->count] = names->used;
    names->sizes[names->count++] = size;
    names->used = used;
    return GAN_OK;
}

static bool folder_ends(const char *name, const char *const *ends)
{
    const char *dot = strrchr(name, '.');
    for (; dot && *ends; ends++) {
        size_t at = 0;
        while (dot[at + 1] && (dot[at + 1] | 32) == (*ends)[at]) at++;
        if (!dot[at + 1] && !(*ends)[at]) return true;
    }
    return false;
}

static const char *const folder_pictures[] = {"png", "jpg", "jpeg", "jpe", "jfif",
                                              "pnm", "pgm", "ppm",  "pam", NULL};

static int32_t folder_entry(void *argument, const char *name, int64_t size)
{
    static const char *const theirs[] = {"webp", "gif", "bmp", "tif", "tiff", "avif", "heic",
                                         "jp2",  "pbm", "tga", "exr", "jxl",  "ico",  NULL};
    folder_scan *scan = argument;
    const bool wanted = size < 0 || folder_ends(name, scan->wanted);
    if (name[0] == '.') return 0;
    if (!wanted) {
        size_t length = strlen(name);
        bool foreign = folder_ends(name, theirs);
        if (length >= sizeof scan->example) length = sizeof scan->example - 1;
        if (scan->others++ == 0 || (foreign && !scan->foreign)) {
            memcpy(scan->example, name, length);
            scan->example[length] = '\0';
        }
        scan->foreign = scan->foreign || foreign;
        return 0;
    }
    scan->status =
        folder_add(scan->context, size < 0 ? &scan->folders : &scan->pictures, name, size);
    return scan->status != GAN_OK;
}

/* Whether it is a file that can be read. */
static bool folder_is_file(gan_context *context, const char *path)
{
    gan__reader reader;
    if (gan__reader_open(&reader, context, path) != GAN_OK) return false;
    gan_status status = gan__reader_fill(&reader, 1);
    gan__reader_close(&reader);
    return status == GAN_OK;
}

static gan_status folder_list_fail(gan_context *context, const char *path)
{
    const char *reason = gan__host_reason(context);
    if (folder_is_file(context, path)) {
        return gan__fail(context, GAN_E_FILE, "%s: it is a file; images are read from a folder",
                         path);
    }
    return gan__fail(context, GAN_E_FILE, "%s: cannot be listed%s%s", path, reason ? ": " : "",
                     reason ? reason : "");
}

/* The scan can be freed whatever happened. */
static gan_status folder_list(folder_scan *scan, gan_context *context, const char *path,
                              const char *const *ends)
{
    const gan_host *host = &context->host;
    *scan = (folder_scan){.context = context, .wanted = ends};
    if (!host->list) {
        return gan__fail(context, GAN_E_UNSUPPORTED,
                         "%s: the host's own files cannot be listed (gan_host.list)", path);
    }
    int32_t result = host->list(host->user, path, folder_entry, scan);
    if (scan->status != GAN_OK) return scan->status;
    return result == 0 ? GAN_OK : folder_list_fail(context, path);
}

static void folder_tell_others(const folder_scan *scan, const char *path)
{
    if (scan->others == 0) return;
    gan__log(scan->context, scan->foreign ? GAN_LOG_WARNING : GAN_LOG_INFO,
             "%s: passed over: %" PRId64
             " file%s no .png .jpg .pnm .pgm .ppm or .pam, such as '%s'",
             path, scan->others, scan->others == 1 ? " that is" : "s that are", scan->example);
}

/* ---- in order ---- */

typedef struct folder_item {
    const char *name;
    int64_t size;
} folder_item;

static int folder_compare(const void *a, const void *b)
{
    const folder_item *left = a, *right = b;
    return strcmp(left->name, right->name); /* as unsigned bytes */
}

/* *out (gan__free) has names->count of them, which point into its text. */
static gan_status folder_sort(gan_context *context, const folder_names *names, folder_item **out)
{
    GAN__TRY(gan__allocate_raw(context, out, names->count, sizeof **out));
    for (size_t i = 0; i < names->count; i++)
        (*out)[i] = (folder_item){names->text + names->starts[i], names->sizes[i]};
    gan__sort(*out, names->count, sizeof **out, folder_compare);
    return GAN_OK;
}

/* ---- all of it ---- */

/* What grows while sub-folders are listed; names become pointers at the end. */
typedef struct folder_state {
    gan_context *context;
    const char *path;
    folder_names files, classes;
    int32_t *numbers; /* of the files' classes */
    size_t number_capacity;
} folder_state;

gan_status gan__folder_join(gan_context *context, const char *folder, const char *name, char **out)
{
    const size_t left = strlen(folder), right = strlen(name);
    const bool separated = left > 0 && folder[left - 1] == '/';
    size_t size;
    if (!gan__add_size(left, right, &size) || !gan__add_size(size, 2, &size))
        return gan__fail(context, GAN_E_MEMORY, "%s: out of memory", folder);
    GAN__TRY(gan__allocate_raw(context, out, size, 1));
    memcpy(*out, folder, left);
    if (!separated) (*out)[left] = '/';
    memcpy(*out + left + !separated, name, right + 1);
    return GAN_OK;
}

/* The pictures of one class, or of the folder itself: `class_name` is NULL. */
static gan_status folder_take(folder_state *s, const folder_names *pictures, const char *class_name)
{
    folder_item *items;
    const int32_t number = class_name ? (int32_t)s->classes.count - 1 : 0;
    GAN__TRY(folder_sort(s->context, pictures, &items));
    gan_status status = GAN_OK;
    for (size_t i = 0; status == GAN_OK && i < pictures->count; i++) {
        char *joined = NULL;
        const size_t at = s->files.count;
        if (class_name) status = gan__folder_join(s->context, class_name, items[i].name, &joined);
        if (status == GAN_OK)
            status = gan__grow_raw(s->context, &s->numbers, &s->number_capacity, at + 1,
                                   sizeof *s->numbers);
        if (status == GAN_OK) {
            s->numbers[at] = number;
            status =
                folder_add(s->context, &s->files, joined ? joined : items[i].name, items[i].size);
        }
        gan__free(s->context, joined);
    }
    gan__free(s->context, items);
    return status;
}

static gan_status folder_check_class(const folder_scan *scan, const char *path)
{
    if (scan->folders.count > 0) {
        return gan__fail(
            scan->context, GAN_E_FORMAT,
            "%s: a sub-folder is a class, but this one has a folder in it, '%.200s'; if "
            "that is a class, path=%s",
            path, scan->folders.text, path);
    }
    if (scan->pictures.count > 0) return GAN_OK;
    return gan__fail(scan->context, GAN_E_FORMAT,
                     "%s: a sub-folder is a class, but this one has no pictures (.png .jpg .pnm "
                     ".pgm .ppm .pam)%s%s%s",
                     path, scan->others > 0 ? "; there is '" : "", scan->example,
                     scan->others > 0 ? "'" : "");
}

static gan_status folder_class(folder_state *s, const char *name)
{
    folder_scan scan;
    char *path;
    GAN__TRY(folder_add(s->context, &s->classes, name, 0));
    GAN__TRY(gan__folder_join(s->context, s->path, name, &path));
    gan_status status = folder_list(&scan, s->context, path, folder_pictures);
    if (status == GAN_OK) folder_tell_others(&scan, path);
    if (status == GAN_OK) status = folder_check_class(&scan, path);
    if (status == GAN_OK) status = folder_take(s, &scan.pictures, name);
    folder_scan_free(&scan);
    gan__free(s->context, path);
    return status;
}

static gan_status folder_check_root(const folder_scan *scan, const char *path)
{
    const bool pictures = scan->pictures.count > 0, folders = scan->folders.count > 0;
    if (pictures != folders) return GAN_OK;
    if (pictures) {
        return gan__fail(scan->context, GAN_E_FORMAT,
                         "%s: pictures lie directly in it ('%.200s'), or all in sub-folders "
                         "('%.200s'), one for each class; not both",
                         path, scan->pictures.text, scan->folders.text);
    }
    return gan__fail(
        scan->context, GAN_E_FORMAT,
        "%s: no pictures (.png .jpg .pnm .pgm .ppm .pam) and no sub-folders with some%s%s%s", path,
        scan->others > 0 ? "; there is '" : "", scan->example, scan->others > 0 ? "'" : "");
}

static gan_status folder_all(folder_state *s, const folder_scan *root)
{
    folder_item *classes;
    folder_tell_others(root, s->path);
    GAN__TRY(folder_check_root(root, s->path));
    if (root->pictures.count > 0) return folder_take(s, &root->pictures, NULL);
    GAN__TRY(folder_sort(s->context, &root->folders, &classes));
    gan_status status = GAN_OK;
    for (size_t i = 0; status == GAN_OK && i < root->folders.count; i++)
        status = folder_class(s, classes[i].name);
    gan__free(s->context, classes);
    return status;
}

/* The names as pointers into a text of their own. */
static gan_status folder_point(gan_context *context, const folder_names *names, char *text,
                               const char ***out)
{
    GAN__TRY(gan__allocate_raw(context, out, names->count, sizeof **out));
    for (size_t i = 0; i < names->count; i++) (*out)[i] = text + names->starts[i];
    if (names->used > 0) memcpy(text, names->text, names->used);
    return GAN_OK;
}

static gan_status folder_hand_over(folder_state *s, gan__folder *out)
{
    const size_t size = s->files.used + s->classes.used;
    GAN__TRY(gan__allocate_raw(s->context, &out->text, size, 1));
    GAN__TRY(folder_point(s->context, &s->files, out->text, &out->files));
    GAN__TRY(folder_point(s->context, &s->classes, out->text + s->files.used, &out->class_names));
    out->count = (int64_t)s->files.count;
    out->class_count = (int64_t)s->classes.count;
    out->sizes = s->files.sizes;
    out->classes = s->numbers;
    s->files.sizes = NULL;
    s->numbers = NULL;
    return GAN_OK;
}

/* The state's names become *out; nothing else is left. */
static gan_status folder_finish(folder_state *s, gan_status status, gan__folder *out)
{
    if (status == GAN_OK) status = folder_hand_over(s, out);
    folder_names_free(s->context, &s->files);
    folder_names_free(s->context, &s->classes);
    gan__free(s->context, s->numbers);
    return status;
}

gan_status gan__folder_find(gan__folder *out, gan_context *context, const char *path)
{
    folder_state state = {.context = context, .path = path};
    folder_scan root;
    *out = (gan__folder){.path = path};
    gan_status status = folder_list(&root, context, path, folder_pictures);
    if (status == GAN_OK) status = folder_all(&state, &root);
    folder_scan_free(&root);
    return folder_finish(&state, status, out);
}

gan_status gan__folder_files(gan__folder *out, gan_context *context, const char *path,
                             const char *const *ends)
{
    folder_state state = {.context = context, .path = path};
    folder_scan root;
    *out = (gan__folder){.path = path};
    gan_status status = folder_list(&root, context, path, ends);
    if (status == GAN_OK) status = folder_take(&state, &root.pictures, NULL);
    folder_scan_free(&root);
    return folder_finish(&state, status, out);
}

void gan__folder_forget(gan_context *context, gan__folder *folder)
{
    gan__free(context, folder->sizes);
    gan__free(context, folder->classes);
    folder->sizes = NULL;
    folder->classes = NULL;
}

void gan__folder_free(gan_context *context, gan__folder *folder)
{
    gan__folder_forget(context, folder);
    gan__free(context, folder->text);
    gan__free(context, folder->files);
    gan__free(context, folder->class_names);
    memset(folder, 0, sizeof *folder);
}
