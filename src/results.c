/* results.c: one picture, a sheet, an array or a folder of what is made. */
#include "results.h"
#include "sheets.h"

#include <errno.h>
#include <string.h>

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
