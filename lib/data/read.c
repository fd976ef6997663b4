/* read.c: answers the public questions about a data set: what is in it, and chosen examples. */
#include "base/memory.h"
#include "data/drawer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

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
    GAN__TRY(gan__tensor_check_writable(context, "gan_dataset_read", tensor));
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

/* One after the other, with nothing left to chance. */
static gan_status read_each(gan__drawer *drawer, int32_t index, const int64_t *indices,
                            gan_tensor *tensor, float *values)
{
    const bool picture = drawer->dataset->fields[index].rank == 3;
    for (int64_t i = 0; i < tensor->shape[0]; i++) {
        gan_tensor row = gan__dataset_row(tensor, i);
        GAN__TRY(gan__drawer_fetch(drawer, indices[i], 0));
        GAN__TRY(gan__drawer_convert(drawer, &index, 1, &values));
        gan__tensor_write(&row, picture, values);
    }
    return GAN_OK;
}

static gan_status read_examples(gan_dataset *dataset, int32_t index, const int64_t *indices,
                                gan_tensor *tensor)
{
    gan_context *context = dataset->object.context;
    const size_t size = (size_t)dataset->fields[index].size;
    gan__drawer drawer;
    float *values = NULL;
    gan_status status = gan__drawer_create(&drawer, context, dataset);
    if (status == GAN_OK) status = gan__allocate_raw(context, &values, size, sizeof *values);
    if (status == GAN_OK) {
        status = read_each(&drawer, index, indices, tensor, values);
        if (status != GAN_OK) gan__fail(context, status, "%s", drawer.context->message);
    }
    gan__free(context, values);
    gan__drawer_free(&drawer);
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
