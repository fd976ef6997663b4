/* results_check.c: whether results can be put where they are to go, and write over nothing that
 * they are made of. */
#include "results.h"

#include <stdlib.h>
#include <string.h>

/* ---- names in a folder ---- */

typedef struct named_result {
    int64_t index;
    char *name;
} named_result;

static int by_name(const void *a, const void *b)
{
    return strcmp(((const named_result *)a)->name, ((const named_result *)b)->name);
}

static int complain_alike(const results *r, const named_result *a, const named_result *b)
{
    const listed_file *files = r->from->files.files;
    const int64_t first = a->index < b->index ? a->index : b->index;
    const int64_t second = a->index < b->index ? b->index : a->index;
    return complain(r->self, EXIT_USAGE, "%s and %s would both be %s/%s", files[first].path,
                    files[second].path, r->out, a->name);
}

/* Whether two files would have one name there. */
static int check_names(const results *r)
{
    const size_t count = r->from->files.count;
    char name[PATH_SIZE];
    int code = EXIT_GOOD;
    named_result *names = calloc(count ? count : 1, sizeof *names);
    for (size_t i = 0; names && i < count && !code; i++) {
        names[i].index = (int64_t)i;
        if (!pictures_result_name(r->from, (int64_t)i, name))
            code = complain(r->self, EXIT_INPUT, "the path %s is too long",
                            r->from->files.files[i].path);
        else if (!(names[i].name = malloc(strlen(name) + 1)))
            code = complain(r->self, EXIT_FAILED, "no memory for a list of files");
        else
            strcpy(names[i].name, name);
    }
    if (!names) return complain(r->self, EXIT_FAILED, "no memory for a list of files");
    if (!code) qsort(names, count, sizeof *names, by_name);
    for (size_t i = 1; i < count && !code; i++)
        if (!strcmp(names[i - 1].name, names[i].name))
            code = complain_alike(r, &names[i - 1], &names[i]);
    for (size_t i = 0; i < count; i++) free(names[i].name);
    free(names);
    return code;
}

/* ---- before ---- */

/* Pictures are never written over those that they are made of: not in a folder, */
static int check_sources(const results *r)
{
    char name[PATH_SIZE], path[PATH_SIZE];
    for (size_t i = 0; i < r->from->files.count; i++)
        if (pictures_result_name(r->from, (int64_t)i, name) && path_join(path, r->out, name) &&
            path_is_same(path, r->from->files.files[i].path))
            return complain(r->self, EXIT_USAGE,
                            "--out %s: %s is the picture itself; give another folder", r->out,
                            path);
    return EXIT_GOOD;
}

/* and not as one file. */
static int check_source(const results *r, const char *path)
{
    for (size_t i = 0; i < r->from->files.count; i++)
        if (path_is_same(path, r->from->files.files[i].path))
            return complain(r->self, EXIT_USAGE,
                            "--out %s: that is the picture itself; give another name", r->out);
    return EXIT_GOOD;
}

/* Nor over the files or the folder of a data set: a recipe knows where those are. */
static int check_data(const results *r)
{
    static const char head[] = "[trainer]\ngan\n[data.real]\n";
    static const char *const keys[] = {"path", "labels", "vectors", "names"};
    char name[32], path[PATH_SIZE];
    gan_recipe *recipe = NULL;
    const size_t size = sizeof head + strlen(r->from->source);
    char *text = malloc(size);
    if (!text) return complain(r->self, EXIT_FAILED, "no memory for a description");
    snprintf(text, size, "%s%s", head, r->from->source);
    gan_status status = gan_recipe_parse(&recipe, r->context, text, NULL);
    bool same = false;
    for (int i = 0; i < 4 && status == GAN_OK && !same; i++) {
        snprintf(name, sizeof name, "data.real.%s", keys[i]);
        same = gan_recipe_option(recipe, name, path, sizeof path) == GAN_OK && *path &&
               path_is_same(path, r->out);
    }
    gan_recipe_release(recipe);
    free(text);
    if (status != GAN_OK) return complain_status(r->self, r->context, status);
    return same ? complain(r->self, EXIT_USAGE, "--out %s: --data is read from there; give another",
                           r->out)
                : EXIT_GOOD;
}

static int check_array(const results *r)
{
    if (!path_is_same(r->from->source, r->out)) return EXIT_GOOD;
    return complain(r->self, EXIT_USAGE, "--out %s: that is the array itself; give another name",
                    r->out);
}

static int check_folder(const results *r)
{
    if (path_exists(r->out) && !path_is_folder(r->out))
        return complain(r->self, EXIT_OUTPUT,
                        "--out %s: it is a file, and pictures without .png behind the name go to a "
                        "folder",
                        r->out);
    int code = check_names(r);
    return code ? code : check_sources(r);
}

int results_check(const results *r)
{
    int code = EXIT_GOOD;
    if (r->from->dataset) code = r->from->array ? check_array(r) : check_data(r);
    if (code) return code;
    if (r->kind == RESULT_FOLDER) return check_folder(r);
    code = check_writable(r->self, r->out);
    return code ? code : check_source(r, r->out);
}
