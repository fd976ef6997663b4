/* read.c: draws single examples, from a tensor's row or a callback, as float32; and answers the
 * public questions about a data set. */
#include "base/memory.h"
#include "data/data.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- drawing one example ---- */

static size_t read_aligned(size_t size)
{
    return (size + GAN__ALIGNMENT - 1) / GAN__ALIGNMENT * GAN__ALIGNMENT;
}

static int64_t read_stored_count(const gan__field *field)
{
    return field->stored.h * field->stored.w * field->stored.c;
}

static size_t read_row_size(const gan__field *field)
{
    return read_aligned((size_t)read_stored_count(field) * gan__dtype_size(field->dtype));
}

/* One after the other: the rows that the callback fills, the picture as float32 before its
 * transform, and what the transform needs. */
size_t gan__dataset_scratch(const gan_dataset *dataset)
{
    size_t rows = 0, picture = 0;
    for (int32_t i = 0; i < dataset->field_count; i++) {
        const gan__field *field = &dataset->fields[i];
        if (dataset->read) rows += read_row_size(field);
        if (field->rank != 3 || field->transform.identity) continue;
        int64_t numbers = gan__transform_scratch(&field->transform);
        picture = read_aligned((size_t)read_stored_count(field) * sizeof(float)) +
                  (size_t)numbers * sizeof(float);
    }
    return rows + picture;
}

gan_tensor gan__dataset_row(const gan_tensor *tensor, int64_t index)
{
    gan_tensor row;
    memset(&row, 0, sizeof row);
    row.dtype = tensor->dtype;
    row.rank = tensor->rank - 1;
    row.count = 1;
    for (int32_t i = 0; i < row.rank; i++) {
        row.shape[i] = tensor->shape[i + 1];
        row.strides[i] = tensor->strides[i + 1];
        row.count *= row.shape[i];
    }
    row.data =
        (char *)tensor->data + index * tensor->strides[0] * (int64_t)gan__dtype_size(tensor->dtype);
    return row;
}

static gan_tensor read_row_made(const gan__field *field, void *data)
{
    gan_tensor row;
    memset(&row, 0, sizeof row);
    row.dtype = field->dtype;
    row.rank = 1;
    row.count = row.shape[0] = read_stored_count(field);
    row.strides[0] = 1;
    row.data = data;
    return row;
}

static void read_convert(const gan__field *field, const gan_tensor *row, float *out, void *scratch)
{
    bool picture = field->rank == 3;
    if (!picture || field->transform.identity) {
        gan__tensor_read(row, picture, out);
        return;
    }
    size_t size = read_aligned((size_t)read_stored_count(field) * sizeof(float));
    gan__tensor_read(row, true, scratch);
    gan__transform_apply(&field->transform, scratch, out, (float *)((char *)scratch + size));
}

static bool read_call(const gan_dataset *dataset, int64_t index, void *const *rows)
{
    bool lock = gan__os_process_id() == dataset->process;
    if (lock) gan__mutex_lock(dataset->mutex);
    int32_t stop = dataset->read(dataset->user, index, rows);
    if (lock) gan__mutex_unlock(dataset->mutex);
    return stop == 0;
}

/* Where the callback's fields lie in the scratch; the end of them. */
static void *read_rows(const gan_dataset *dataset, void *scratch, void **rows)
{
    char *at = scratch;
    for (int32_t i = 0; dataset->read && i < dataset->field_count; i++) {
        rows[i] = at;
        at += read_row_size(&dataset->fields[i]);
    }
    return at;
}

bool gan__dataset_fetch(const gan_dataset *dataset, int64_t index, void *scratch)
{
    void *rows[GAN__MAX_FIELDS];
    read_rows(dataset, scratch, rows);
    return !dataset->read || read_call(dataset, index, rows);
}

void gan__dataset_convert(const gan_dataset *dataset, int64_t index, const int32_t *wanted,
                          int32_t count, float *const *out, void *scratch)
{
    void *rows[GAN__MAX_FIELDS];
    void *rest = read_rows(dataset, scratch, rows);
    for (int32_t i = 0; i < count; i++) {
        const gan__field *field = &dataset->fields[wanted[i]];
        gan_tensor row = field->tensor ? gan__dataset_row(field->tensor, index)
                                       : read_row_made(field, rows[wanted[i]]);
        read_convert(field, &row, out[i], rest);
    }
}

bool gan__dataset_example(const gan_dataset *dataset, int64_t index, const int32_t *wanted,
                          int32_t count, float *const *out, void *scratch)
{
    if (!gan__dataset_fetch(dataset, index, scratch)) return false;
    gan__dataset_convert(dataset, index, wanted, count, out, scratch);
    return true;
}

/* ---- the public questions ---- */

int64_t gan_dataset_count(const gan_dataset *dataset)
{
    return gan__object_is(dataset, GAN__DATASET) ? dataset->count : 0;
}

int32_t gan_dataset_field_count(const gan_dataset *dataset)
{
    return gan__object_is(dataset, GAN__DATASET) ? dataset->field_count : 0;
}

const char *gan_dataset_field_name(const gan_dataset *dataset, int32_t index)
{
    if (index < 0 || index >= gan_dataset_field_count(dataset)) return NULL;
    return dataset->fields[index].name;
}

gan_status gan__dataset_find(const gan_dataset *dataset, const char *name, int32_t *out)
{
    char names[64] = ""; /* of three short words */
    size_t used = 0;
    *out = name ? gan__dataset_field(dataset, name) : -1;
    if (*out >= 0) return GAN_OK;
    for (int32_t i = 0; i < dataset->field_count; i++) {
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", i > 0 ? ", " : "",
                                 dataset->fields[i].name);
    }
    return gan__fail(dataset->object.context, GAN_E_ARGUMENT, "dataset: no field '%s': there is %s",
                     name ? name : "(NULL)", names);
}

gan_status gan_dataset_field_shape(const gan_dataset *dataset, const char *field, int32_t *rank,
                                   int64_t shape[3], int64_t *classes)
{
    int32_t index;
    if (!gan__object_is(dataset, GAN__DATASET)) return GAN_E_ARGUMENT;
    GAN__TRY(gan__dataset_find(dataset, field, &index));
    if (!rank || !shape) {
        return gan__fail(dataset->object.context, GAN_E_ARGUMENT,
                         "gan_dataset_field_shape: %s is NULL", rank ? "shape" : "rank");
    }
    const gan__field *found = &dataset->fields[index];
    *rank = found->rank;
    for (int32_t i = 0; i < 3; i++) shape[i] = i < found->rank ? found->shape[i] : 1;
    if (classes) *classes = found->classes;
    return GAN_OK;
}

/* ---- reading chosen examples ---- */

static gan_status read_check(const gan_dataset *dataset, const gan__field *field,
                             const int64_t *indices, const gan_tensor *tensor)
{
    gan_context *context = dataset->object.context;
    bool fits = tensor->rank == field->rank + 1;
    for (int32_t i = 0; fits && i < field->rank; i++)
        fits = tensor->shape[i + 1] == field->shape[i];
    if (!fits) {
        const int64_t *s = field->shape;
        char shape[72] = "";
        if (field->rank == 1) snprintf(shape, sizeof shape, " x %" PRId64, s[0]);
        if (field->rank == 3) {
            snprintf(shape, sizeof shape, " x %" PRId64 " x %" PRId64 " x %" PRId64, s[0], s[1],
                     s[2]);
        }
        return gan__fail(context, GAN_E_SHAPE, "gan_dataset_read: %s needs a tensor N%s",
                         field->name, shape);
    }
    if (field->rank > 0 && tensor->dtype != GAN_FLOAT32 &&
        (tensor->dtype != GAN_UINT8 || field->rank != 3)) {
        return gan__fail(context, GAN_E_SHAPE, "gan_dataset_read: %s cannot be read as %s",
                         field->name, gan__dtype_name(tensor->dtype));
    }
    for (int64_t i = 0; i < tensor->shape[0]; i++) {
        if (indices[i] >= 0 && indices[i] < dataset->count) continue;
        return gan__fail(context, GAN_E_ARGUMENT,
                         "gan_dataset_read: indices[%" PRId64 "] is %" PRId64
                         ", the data set has %" PRId64 " examples",
                         i, indices[i], dataset->count);
    }
    return GAN_OK;
}

static gan_status read_examples(gan_dataset *dataset, int32_t index, const int64_t *indices,
                                gan_tensor *tensor)
{
    gan_context *context = dataset->object.context;
    const gan__field *field = &dataset->fields[index];
    void *scratch = NULL;
    float *values = NULL;
    gan_status status = gan__allocate(context, &values, (size_t)field->size, sizeof *values);
    if (status == GAN_OK)
        status = gan__allocate(context, &scratch, gan__dataset_scratch(dataset), 1);
    for (int64_t i = 0; status == GAN_OK && i < tensor->shape[0]; i++) {
        gan_tensor row = gan__dataset_row(tensor, i);
        if (gan__dataset_example(dataset, indices[i], &index, 1, &values, scratch)) {
            gan__tensor_write(&row, field->rank == 3, values);
        } else {
            status = gan__fail(context, GAN_E_CANCELLED,
                               "dataset: the callback stopped at example %" PRId64, indices[i]);
        }
    }
    gan__free(context, scratch);
    gan__free(context, values);
    return status;
}

static gan_status read_field(gan_dataset *dataset, const char *field, const int64_t *indices,
                             gan_tensor *tensor)
{
    int32_t index;
    GAN__TRY(gan__dataset_find(dataset, field, &index));
    GAN__TRY(read_check(dataset, &dataset->fields[index], indices, tensor));
    return read_examples(dataset, index, indices, tensor);
}

gan_status gan_dataset_read(gan_dataset *dataset, const char *field, const int64_t *indices,
                            gan_tensor *tensor)
{
    if (!gan__object_is(dataset, GAN__DATASET)) return GAN_E_ARGUMENT;
    gan_context *context = dataset->object.context;
    GAN__TRY(gan__object_check(context, tensor, GAN__TENSOR, "gan_dataset_read", "tensor"));
    if (!indices) return gan__fail(context, GAN_E_ARGUMENT, "gan_dataset_read: indices is NULL");
    GAN__RETURN_ENTERED(context, read_field(dataset, field, indices, tensor));
}
