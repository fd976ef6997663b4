/* conditions.c: classes by name or number, and vectors from files. */
#include "conditions.h"
#include "spread.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char condition_notes[] =
    "C is a class, by its name or, where no class is called so, by its number (gan info RUN lists\n"
    "them); or a vector: FILE.npy:ROW is a row of an array N x C, counted from 0, FILE.npy all of\n"
    "them. Whole numbers N in FILE.npy are classes. Without --condition every class is there.\n";

/* Class numbers travel as float32, which counts exactly this far. */
enum { MOST_CLASSES = 16777216 };

/* Who asks, and for what network. */
typedef struct reader {
    const command *self;
    gan_context *context;
    const char *run;
    const gan_model *model;
    input_kind kind;
    int64_t classes; /* 0: not known */
    conditions *out;
    const char *target; /* --out, which is no source; NULL: none */
} reader;

void conditions_free(conditions *c)
{
    free(c->values);
    memset(c, 0, sizeof *c);
}

/* Room for `count` more, as zeros; NULL after a message. */
static float *add_rows(const reader *r, int64_t count)
{
    conditions *c = r->out;
    const size_t row = (size_t)c->size * sizeof *c->values;
    const size_t most = SIZE_MAX / 2 / row;
    float *grown = (uint64_t)count > most || (uint64_t)(c->count + count) > most
                       ? NULL
                       : realloc(c->values, (size_t)(c->count + count) * row);
    if (!grown) {
        complain(r->self, EXIT_FAILED, "no memory for %lld conditions",
                 (long long)(c->count + count));
        return NULL;
    }
    c->values = grown;
    grown += c->count * c->size;
    memset(grown, 0, (size_t)count * row);
    c->count += count;
    return grown;
}

/* ---- classes ---- */

static void set_class(const reader *r, float *row, int64_t number)
{
    if (r->out->numbers)
        *row = (float)number;
    else
        row[number] = 1;
}

static int add_class(const reader *r, int64_t number)
{
    float *row = add_rows(r, 1);
    if (!row) return EXIT_FAILED;
    set_class(r, row, number);
    return EXIT_GOOD;
}

/* How many changes of a letter lead from one name to the other; beyond `size`, more. */
static int distance(const char *a, size_t n, const char *b, size_t m)
{
    enum { MOST_LETTERS = 63 };
    int row[MOST_LETTERS + 1];
    if (n > MOST_LETTERS || m > MOST_LETTERS) return MOST_LETTERS;
    for (size_t j = 0; j <= m; j++) row[j] = (int)j;
    for (size_t i = 1; i <= n; i++) {
        int before = row[0]; /* in the row above, a letter back */
        row[0] = (int)i;
        for (size_t j = 1; j <= m; j++) {
            const int above = row[j], change = before + (a[i - 1] != b[j - 1]);
            row[j] = above < row[j - 1] ? above + 1 : row[j - 1] + 1;
            if (change < row[j]) row[j] = change;
            before = above;
        }
    }
    return row[m];
}

/* The number of the class of that name; -1: there is none, and *nearest is the most similar one's,
 * -1 if none has at least half of its letters. */
static int64_t find_class(const reader *r, const char *name, int64_t *nearest)
{
    const char *line = gan_model_note(r->model, "classes");
    int least = (int)strlen(name) / 2 + 1;
    *nearest = -1;
    for (int64_t i = 0; line && i < r->classes; i++) {
        const size_t length = strcspn(line, "\n");
        const int changes = distance(name, strlen(name), line, length);
        if (length > 0 && strlen(name) == length && !strncmp(name, line, length)) return i;
        if (length > 0 && changes < least) {
            least = changes;
            *nearest = i;
        }
        line = line[length] ? line + length + 1 : NULL;
    }
    return -1;
}

/* A whole number; false if it is none. */
static bool read_number(const char *text, int64_t *out)
{
    char *end;
    errno = 0;
    *out = strtoll(text, &end, 10);
    return *text && !strchr(" \t+", *text) && !*end && !errno;
}

static int complain_class(const reader *r, const char *what, int64_t number)
{
    const int64_t classes = r->classes ? r->classes : MOST_CLASSES;
    return complain(r->self, EXIT_USAGE,
                    "--condition %s: there is no class %lld; they are 0 to %lld", what,
                    (long long)number, (long long)classes - 1);
}

static int add_number(const reader *r, const char *what, int64_t number)
{
    if (number < 0 || number >= (r->classes ? r->classes : MOST_CLASSES))
        return complain_class(r, what, number);
    return add_class(r, number);
}

/* What is no name, number or file. */
static int complain_unknown(const reader *r, const char *value, int64_t nearest)
{
    size_t length;
    const char *name = nearest < 0 ? NULL : class_name(r->model, nearest, &length);
    if (r->kind == INPUT_VECTOR)
        return complain(r->self, EXIT_USAGE,
                        "--condition '%s': %s takes vectors of %lld numbers; give FILE.npy or "
                        "FILE.npy:ROW",
                        value, r->run, (long long)r->out->size);
    if (name)
        return complain(r->self, EXIT_USAGE,
                        "--condition '%s': there is no such class; did you mean '%.*s'?", value,
                        (int)length, name);
    if (gan_model_note(r->model, "classes"))
        return complain(r->self, EXIT_USAGE,
                        "--condition '%s': there is no such class; gan info %s lists them", value,
                        r->run);
    return complain(r->self, EXIT_USAGE,
                    "--condition '%s': classes of %s have no names; give a number%s", value, r->run,
                    r->kind == INPUT_CONDITION ? ", or FILE.npy" : "");
}

/* ---- files ---- */

enum { ALL_ROWS = -1, NO_ROW = -2 };

/* "FILE.npy", "FILE.npy:12": the file as `path`, and the row, NO_ROW if it is no number. */
static bool split_file(const char *value, char path[PATH_SIZE], int64_t *row)
{
    const char *colon = strrchr(value, ':');
    const size_t length = colon ? (size_t)(colon - value) : strlen(value);
    *row = ALL_ROWS;
    if (ends_with(value, ".npy")) return snprintf(path, PATH_SIZE, "%s", value) < PATH_SIZE;
    if (!colon || length >= PATH_SIZE) return false;
    snprintf(path, PATH_SIZE, "%.*s", (int)length, value);
    if (!read_number(colon + 1, row) || *row < 0) *row = NO_ROW;
    return ends_with(path, ".npy");
}

/* An array's numbers, in row order, and whether each of them is a class, not a part of a vector. */
typedef struct file_array {
    const char *value; /* of --condition */
    gan_tensor *array;
    const float *numbers;
    bool classes;
} file_array;

static bool has_classes(const reader *r, const gan_tensor *array)
{
    if (r->kind == INPUT_VECTOR) return false;
    return r->out->numbers ||
           (gan_tensor_rank(array) == 1 && gan_tensor_dtype(array) != GAN_FLOAT32);
}

static int add_class_numbers(const reader *r, const file_array *f, int64_t first, int64_t count)
{
    int code = EXIT_GOOD;
    for (int64_t i = first; i < first + count && !code; i++) {
        const float number = f->numbers[i];
        if (!(number >= -MOST_CLASSES && number <= MOST_CLASSES) || floorf(number) != number)
            return complain(r->self, EXIT_INPUT,
                            "--condition %s: row %lld is %g, no number of a class", f->value,
                            (long long)i, (double)number);
        code = add_number(r, f->value, (int64_t)number);
    }
    return code;
}

static int add_vectors(const reader *r, const file_array *f, int64_t first, int64_t count)
{
    const int64_t size = r->out->size;
    const float *from = f->numbers + first * size;
    for (int64_t i = 0; i < count * size; i++)
        if (!isfinite(from[i]))
            return complain(r->self, EXIT_INPUT,
                            "--condition %s: a number in row %lld is not finite", f->value,
                            (long long)(first + i / size));
    float *rows = add_rows(r, count);
    if (!rows) return EXIT_FAILED;
    memcpy(rows, from, (size_t)(count * size) * sizeof *rows);
    return EXIT_GOOD;
}

/* The rows that are wanted; one alone is what an array of one dimension has. */
static int add_array(const reader *r, const file_array *f, int64_t row)
{
    const int64_t all = gan_tensor_count(f->array), *shape = gan_tensor_shape(f->array);
    const int64_t rows = f->classes ? all : gan_tensor_rank(f->array) <= 1 ? 1 : shape[0];
    const int64_t width = f->classes ? 1 : rows > 0 ? all / rows : 0;
    const int64_t first = row < 0 ? 0 : row, count = row < 0 ? rows : 1;
    if (rows == 0 || row >= rows)
        return complain(r->self, EXIT_USAGE, "--condition %s: it has %lld row%s", f->value,
                        (long long)rows, rows == 1 ? "" : "s");
    if (f->classes) return add_class_numbers(r, f, first, count);
    if (width == r->out->size) return add_vectors(r, f, first, count);
    return complain(r->self, EXIT_INPUT,
                    "--condition %s: a row has %lld number%s, and %s takes %lld", f->value,
                    (long long)width, width == 1 ? "" : "s", r->run, (long long)r->out->size);
}

static int add_file(const reader *r, const char *value, const char *path, int64_t row)
{
    file_array f = {.value = value};
    gan_tensor *floats = NULL;
    if (row == NO_ROW)
        return complain(r->self, EXIT_USAGE,
                        "--condition %s: the row behind the colon is no whole number from 0",
                        value);
    if (r->target && path_is_same(path, r->target))
        return complain(r->self, EXIT_USAGE,
                        "--out %s: that is the condition's file; give another name", r->target);
    gan_status status = gan_tensor_load(&f.array, r->context, path);
    if (status == GAN_OK)
        status = gan_tensor_create(&floats, r->context, GAN_FLOAT32, gan_tensor_rank(f.array),
                                   gan_tensor_shape(f.array));
    if (status == GAN_OK) status = gan_tensor_copy(floats, f.array);
    int code = status == GAN_OK ? EXIT_GOOD : complain_status(r->self, r->context, status);
    if (!code) {
        f.numbers = gan_tensor_data(floats);
        f.classes = has_classes(r, f.array);
        code = add_array(r, &f, row);
    }
    gan_tensor_release(floats);
    gan_tensor_release(f.array);
    return code;
}

/* ---- all of them ---- */

/* One --condition: a name goes before a number, and both before a file. */
static int add_value(const reader *r, const char *value)
{
    char path[PATH_SIZE];
    int64_t nearest = -1, row, number;
    if (r->kind != INPUT_VECTOR) {
        number = find_class(r, value, &nearest);
        if (number >= 0) return add_class(r, number);
        if (read_number(value, &number)) return add_number(r, value, number);
    }
    if (split_file(value, path, &row)) return add_file(r, value, path, row);
    return complain_unknown(r, value, nearest);
}

static int add_all_classes(const reader *r)
{
    if (r->classes == 0)
        return complain(r->self, EXIT_USAGE,
                        "--condition is missing: %s takes %s%lld number%s; give FILE.npy", r->run,
                        r->kind == INPUT_VECTOR ? "vectors of " : "conditions of ",
                        (long long)r->out->size, r->out->size == 1 ? "" : "s");
    float *rows = add_rows(r, r->classes);
    if (!rows) return EXIT_FAILED;
    for (int64_t i = 0; i < r->classes; i++) set_class(r, rows + i * r->out->size, i);
    return EXIT_GOOD;
}

int conditions_open(conditions *out, const command *self, gan_context *context, const char *run,
                    const gan_model *model, const arguments *a)
{
    const int32_t input = input_condition(model);
    reader r = {self,
                context,
                run,
                model,
                INPUT_CONDITION,
                class_count(model),
                out,
                arguments_get(a, "out")};
    int64_t shape[3];
    int code = EXIT_GOOD;
    bool given = false;
    if (input < 0)
        return arguments_get(a, "condition")
                   ? complain(self, EXIT_USAGE, "--condition: %s takes no condition", run)
                   : EXIT_GOOD;
    r.kind = input_kind_of(model, input, INPUT_PICTURE);
    gan_status status = gan_model_input_shape(model, input, shape);
    if (status != GAN_OK) return complain_status(self, context, status);
    if (shape[0] < 1 || shape[1] < 1)
        return complain(self, EXIT_INPUT, "%s: the size of its condition is open", run);
    out->size = shape[0] * shape[1] * shape[2];
    out->numbers = out->size == 1 && r.kind != INPUT_VECTOR;
    if (r.kind != INPUT_VECTOR && !out->numbers && r.classes > 0 && r.classes != out->size)
        return complain(self, EXIT_INPUT, "%s: %lld classes for a condition of %lld numbers", run,
                        (long long)r.classes, (long long)out->size);
    for (int i = 0; i < a->given_count && !code; i++)
        if (!strcmp(a->given[i].name, "condition")) {
            code = add_value(&r, a->given[i].value);
            given = true;
        }
    return given || code ? code : add_all_classes(&r);
}

int64_t conditions_class(const conditions *c, int64_t index)
{
    const float *row = c->values + index * c->size;
    int64_t largest = 0;
    for (int64_t i = 1; i < c->size; i++)
        if (row[i] > row[largest]) largest = i;
    return c->numbers ? (int64_t)*row : largest;
}

int conditions_of_examples(conditions *out, const command *self, gan_context *context,
                           gan_dataset *data, int64_t count)
{
    const reader r = {.self = self, .context = context, .out = out};
    gan_tensor *row = NULL;
    int32_t rank;
    int64_t shape[3];
    gan_status status = gan_dataset_field_shape(data, "vector", &rank, shape, NULL);
    if (status != GAN_OK) return complain_status(self, context, status);
    out->size = shape[0];
    if (!add_rows(&r, count)) return EXIT_FAILED;
    const int64_t one[2] = {1, out->size};
    status = gan_tensor_create(&row, context, GAN_FLOAT32, 2, one);
    for (int64_t i = 0; i < count && status == GAN_OK; i++) {
        const int64_t index = spread_index(i, count, gan_dataset_count(data));
        status = gan_dataset_read(data, "vector", &index, row);
        if (status == GAN_OK)
            memcpy(out->values + i * out->size, gan_tensor_data(row),
                   (size_t)out->size * sizeof *out->values);
    }
    gan_tensor_release(row);
    return status == GAN_OK ? EXIT_GOOD : complain_status(self, context, status);
}
