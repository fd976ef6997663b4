/* class_names.c: the names of a data set's classes: from a file with one in each line, or from
 * whoever knows them; every name is a text of one line, and no two are alike. */
#include "base/memory.h"
#include "base/stream.h"
#include "data/data.h"
#include "files/sort.h"
#include "files/utf8.h"

#include <inttypes.h>
#include <string.h>

/* More than any list of names, and less than a file of pictures that is taken for one. */
enum { CLASS_NAMES_FILE = 1 << 24 };

void gan__classes_free(gan_context *context, gan__classes *classes)
{
    gan__free(context, classes->text);
    gan__free(context, classes->names);
    memset(classes, 0, sizeof *classes);
}

static int class_names_compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static gan_status class_names_check_twins(gan_context *context, const char *source,
                                          const gan__classes *classes)
{
    const char **sorted, *twin = NULL;
    size_t count = (size_t)classes->count;
    GAN__TRY(gan__allocate_raw(context, &sorted, count, sizeof *sorted));
    memcpy(sorted, classes->names, count * sizeof *sorted);
    gan__sort(sorted, count, sizeof *sorted, class_names_compare);
    for (size_t i = 1; i < count && !twin; i++)
        if (strcmp(sorted[i - 1], sorted[i]) == 0) twin = sorted[i];
    gan__free(context, sorted);
    if (!twin) return GAN_OK;
    return gan__fail(context, GAN_E_FORMAT, "%s: two classes are called '%.200s'", source, twin);
}

/* Names go into texts of several lines, and into files that are UTF-8. */
static gan_status class_names_check_name(gan_context *context, const char *source, int64_t index,
                                         const char *name, size_t length)
{
    const char *fault = length == 0 ? "is empty" : NULL;
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)name[i] < 0x20 || name[i] == 0x7F) fault = "has a control character";
    if (!gan__utf8_is_valid(name, length)) fault = "is not UTF-8";
    if (!fault) return GAN_OK;
    return gan__fail(context, GAN_E_FORMAT, "%s: the name of class %" PRId64 " %s", source, index,
                     fault);
}

gan_status gan__classes_check(gan_context *context, const char *source, const gan__classes *classes)
{
    for (int64_t i = 0; i < classes->count; i++) {
        const char *name = classes->names[i];
        GAN__TRY(class_names_check_name(context, source, i, name, strlen(name)));
    }
    return class_names_check_twins(context, source, classes);
}

/* The line's name without the blanks around it; *at goes to the next line. */
static char *class_names_line(char *text, size_t size, size_t *at, size_t *length)
{
    char *line = text + *at, *end = memchr(line, '\n', size - *at);
    if (!end) end = text + size;
    *at = (size_t)(end - text) + 1;
    while (line < end && (*line == ' ' || *line == '\t')) line++;
    while (line < end && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r')) end--;
    *length = (size_t)(end - line);
    return line;
}

/* The lines in classes->text, which has a byte more than `size`, become names; the last one may
 * have an end or not, and empty ones behind it are none: CIFAR-10's file has one. */
static gan_status class_names_split(gan_context *context, const char *path, size_t size,
                                    gan__classes *classes)
{
    size_t lines = 0, at = 0;
    char *text = classes->text;
    while (size > 0 && memchr(" \t\r\n", text[size - 1], 4)) size--;
    for (size_t i = 0; i < size; i++) lines += text[i] == '\n' || i + 1 == size;
    if (lines == 0) return gan__fail(context, GAN_E_FORMAT, "%s: no names of classes", path);
    GAN__TRY(gan__allocate_raw(context, &classes->names, lines, sizeof *classes->names));
    while (at < size) {
        size_t length;
        char *name = class_names_line(text, size, &at, &length);
        GAN__TRY(class_names_check_name(context, path, classes->count, name, length));
        name[length] = '\0';
        classes->names[classes->count++] = name;
    }
    return GAN_OK;
}

gan_status gan__classes_read(gan_dataset *dataset, const char *path)
{
    gan_context *context = dataset->object.context;
    gan__classes *classes = &dataset->classes;
    uint8_t *bytes;
    size_t size, start;
    if (!path) return GAN_OK;
    GAN__TRY(gan__file_read_most(context, path, CLASS_NAMES_FILE, &bytes, &size));
    start = size >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0; /* a mark of UTF-8 */
    gan_status status =
        gan__copy_text(context, &classes->text, (const char *)bytes + start, size - start);
    gan__free(context, bytes);
    if (status == GAN_OK) status = class_names_split(context, path, size - start, classes);
    return status == GAN_OK ? class_names_check_twins(context, path, classes) : status;
}

/* ---- the public questions ---- */

int64_t gan_dataset_class_count(const gan_dataset *dataset)
{
    if (!gan__object_is(dataset, GAN__DATASET)) return 0;
    for (int32_t i = 0; i < dataset->field_count; i++)
        if (dataset->fields[i].classes > 0) return dataset->fields[i].classes;
    return 0;
}

const char *gan_dataset_class_name(const gan_dataset *dataset, int64_t index)
{
    if (!gan__object_is(dataset, GAN__DATASET)) return NULL;
    if (index < 0 || index >= dataset->classes.count) return NULL;
    return dataset->classes.names[index];
}
