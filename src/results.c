/* results.c: one picture, a sheet, an array or a folder of what is made. */
#include "results.h"
#include "sheets.h"

#include <errno.h>
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

/* ---- one picture ---- */

static int complain_output(const results *r, gan_status status)
{
    int code = complain_status(r->self, r->context, status);
    return code == EXIT_INPUT ? EXIT_OUTPUT : code;
}

/* One of many is not worth a wait for the disk, which takes longer than all else. */
static int put_png(const results *r, const gan_tensor *made, const char *path)
{
    gan_tensor *bytes;
    gan_status status = gan_image_save_memory(&bytes, made, "png");
    if (status != GAN_OK) return complain_output(r, status);
    const int error =
        replace_hastily(path, gan_tensor_data(bytes), (size_t)gan_tensor_count(bytes));
    gan_tensor_release(bytes);
    return error ? complain(r->self, EXIT_OUTPUT, "cannot write %s: %s", path, strerror(error))
                 : EXIT_GOOD;
}

/* Into the folder, and the folders in it. */
static int put_file(const results *r, int64_t index, const gan_tensor *made)
{
    char name[PATH_SIZE], path[PATH_SIZE], folder[PATH_SIZE];
    if (!pictures_result_name(r->from, index, name) || !path_join(path, r->out, name))
        return complain(r->self, EXIT_OUTPUT, "the path %s is too long", r->out);
    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path), path);
    const int error = make_folders(folder);
    if (error)
        return complain(r->self, EXIT_OUTPUT, "cannot make the folder %s: %s", folder,
                        strerror(error));
    return put_png(r, made, path);
}

/* ---- a sheet ---- */

static int open_sheet(results *r, const gan_tensor *source)
{
    const int64_t *size = gan_tensor_shape(source), count = r->from->count;
    r->pairs = !memcmp(size, r->size, sizeof r->size) ? 2 : 1;
    const int64_t shape[4] = {count * r->pairs, r->size[0], r->size[1], r->size[2]};
    int code = sheet_check(r->self, "--count", count, r->size, count * r->pairs,
                           sheet_columns(count, r->pairs, r->size));
    if (code) return code;
    gan_status status = gan_tensor_create(&r->sheet, r->context, GAN_UINT8, 4, shape);
    return status == GAN_OK ? EXIT_GOOD : complain_status(r->self, r->context, status);
}

/* As bytes, into place `at`. */
static gan_status put_cell(const results *r, int64_t at, const gan_tensor *picture)
{
    const int64_t shape[4] = {1, r->size[0], r->size[1], r->size[2]};
    gan_tensor *bytes = NULL, *one = NULL;
    gan_status status = gan_tensor_wrap(&one, r->context, gan_tensor_dtype(picture), 4, shape, NULL,
                                        gan_tensor_data(picture), NULL, NULL);
    if (status == GAN_OK) status = gan_image_arrange(&bytes, one, 1);
    if (status == GAN_OK) {
        const size_t size = (size_t)gan_tensor_count(bytes);
        memcpy((char *)gan_tensor_data(r->sheet) + (size_t)at * size, gan_tensor_data(bytes), size);
    }
    gan_tensor_release(bytes);
    gan_tensor_release(one);
    return status;
}

static int put_pair(results *r, int64_t index, const gan_tensor *made, const gan_tensor *source)
{
    int code = r->sheet ? EXIT_GOOD : open_sheet(r, source);
    if (code) return code;
    gan_status status = GAN_OK;
    if (r->pairs > 1) status = put_cell(r, index * r->pairs, source);
    if (status == GAN_OK) status = put_cell(r, index * r->pairs + r->pairs - 1, made);
    return status == GAN_OK ? EXIT_GOOD : complain_status(r->self, r->context, status);
}

/* ---- an array ---- */

/* The header of an NPY file of version 1.0, which ends at a multiple of 64 bytes. */
static int write_header(const results *r, FILE *file)
{
    char text[256];
    const bool flat = r->codes && r->size[0] == 1 && r->size[1] == 1;
    int length =
        snprintf(text, sizeof text, "{'descr': '%s', 'fortran_order': False, 'shape': (%lld, ",
                 r->floats ? "<f4" : "|u1", (long long)r->from->count);
    for (int i = flat ? 2 : 0; i < 3; i++)
        length += snprintf(text + length, sizeof text - (size_t)length, "%lld%s",
                           (long long)r->size[i], i < 2 ? ", " : "), }");
    const int whole = (10 + length + 1 + 63) / 64 * 64 - 10;
    const unsigned char begin[10] = {0x93,
                                     'N',
                                     'U',
                                     'M',
                                     'P',
                                     'Y',
                                     1,
                                     0,
                                     (unsigned char)(whole & 255),
                                     (unsigned char)(whole >> 8)};
    if (fwrite(begin, 1, sizeof begin, file) != sizeof begin ||
        fprintf(file, "%-*s\n", whole - 1, text) < 0)
        return errno ? errno : EIO;
    return 0;
}

static int open_array(results *r)
{
    int error;
    r->raw = path_exists(r->out) && !path_is_regular(r->out);
    if (r->raw) {
        r->array.file = fopen(r->out, "wb");
        error = r->array.file ? 0 : errno;
    } else {
        error = replacement_open(&r->array, r->out);
    }
    if (error) return error;
    r->growing = true;
    return write_header(r, r->array.file);
}

/* Floats as files have them, whatever the machine. */
static int write_values(FILE *file, const gan_tensor *made)
{
    const size_t count = (size_t)gan_tensor_count(made);
    const unsigned char *bytes = gan_tensor_data(made);
    const uint16_t one = 1;
    unsigned char turned[4];
    if (gan_tensor_dtype(made) == GAN_UINT8)
        return fwrite(bytes, 1, count, file) == count ? 0 : errno;
    if (*(const unsigned char *)&one == 1)
        return fwrite(bytes, 4, count, file) == count ? 0 : errno;
    for (size_t i = 0; i < count; i++, bytes += 4) {
        for (int k = 0; k < 4; k++) turned[k] = bytes[3 - k];
        if (fwrite(turned, 4, 1, file) != 1) return errno;
    }
    return 0;
}

static int put_row(results *r, const gan_tensor *made)
{
    int error = r->growing ? 0 : open_array(r);
    if (!error) error = write_values(r->array.file, made);
    return error ? complain(r->self, EXIT_OUTPUT, "cannot write %s: %s", r->out, strerror(error))
                 : EXIT_GOOD;
}

static int finish_array(results *r, bool whole)
{
    int error = whole ? 0 : ECANCELED;
    if (!r->growing) return EXIT_GOOD;
    r->growing = false;
    if (r->raw)
        error = fclose(r->array.file) ? errno : 0;
    else
        error = replacement_finish(&r->array, error);
    if (!error || !whole) return EXIT_GOOD;
    return complain(r->self, EXIT_OUTPUT, "cannot write %s: %s", r->out, strerror(error));
}

/* ---- all kinds ---- */

/* Of a sheet and an array all have one size. */
static int check_size(results *r, int64_t index, const gan_tensor *made)
{
    const int64_t *size = gan_tensor_shape(made);
    const char *fault = r->kind == RESULT_ARRAY ? NULL : sheet_fault(size);
    char name[PATH_SIZE], first[PATH_SIZE];
    if (fault) return complain(r->self, EXIT_INPUT, "no pictures: %s", fault);
    if (!r->sized) memcpy(r->size, size, sizeof r->size);
    r->sized = true;
    if ((r->kind != RESULT_ARRAY && r->kind != RESULT_SHEET) ||
        !memcmp(size, r->size, sizeof r->size))
        return EXIT_GOOD;
    pictures_name(r->from, index, name);
    pictures_name(r->from, 0, first);
    return complain(r->self, EXIT_INPUT,
                    "%s becomes %lldx%lldx%lld, %s %lldx%lldx%lld; pictures of several sizes go to "
                    "a folder",
                    name, (long long)size[0], (long long)size[1], (long long)size[2], first,
                    (long long)r->size[0], (long long)r->size[1], (long long)r->size[2]);
}

int results_put(results *r, int64_t index, const gan_tensor *made, const gan_tensor *source)
{
    int code = check_size(r, index, made);
    if (code) return code;
    if (r->kind == RESULT_FOLDER) return put_file(r, index, made);
    if (r->kind == RESULT_SHEET) return put_pair(r, index, made, source);
    if (r->kind == RESULT_ARRAY) return put_row(r, made);
    gan_status status = gan_image_save(made, r->out);
    return status == GAN_OK ? EXIT_GOOD : complain_output(r, status);
}

int results_finish(results *r, bool whole)
{
    if (r->kind == RESULT_ARRAY) return finish_array(r, whole);
    gan_status status = GAN_OK;
    if (r->sheet && whole)
        status = sheet_save(r->context, r->sheet, sheet_columns(r->from->count, r->pairs, r->size),
                            r->out);
    int code = status == GAN_OK ? EXIT_GOOD : complain_output(r, status);
    gan_tensor_release(r->sheet);
    r->sheet = NULL;
    return code;
}
