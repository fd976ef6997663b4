/* dataset.c: data sets of files, tensors and callbacks are made here: what a field holds is
 * checked, the options that all kinds have are applied, and examples get the checksums that
 * checkpoints keep. */
#include "data/data.h"
#include "base/memory.h"
#include "base/number.h"
#include "files/checksum.h"
#include "files/utf8.h"

#include <float.h>
#include <inttypes.h>
#include <string.h>

static const char *const dataset_names[GAN__MAX_FIELDS] = {"image", "label", "vector"};
static const gan__data_options dataset_defaults = {.part = GAN__PART_ALL};

static const char *dataset_name(const char *field)
{
    for (int32_t i = 0; i < GAN__MAX_FIELDS; i++)
        if (strcmp(field, dataset_names[i]) == 0) return dataset_names[i];
    return NULL;
}

int32_t gan__dataset_field(const gan_dataset *dataset, const char *name)
{
    for (int32_t i = 0; i < dataset->field_count; i++)
        if (strcmp(dataset->fields[i].name, name) == 0) return i;
    return -1;
}

/* ---- making one ---- */

static void dataset_destroy(void *self)
{
    gan_dataset *dataset = self;
    for (int32_t i = 0; i < dataset->field_count; i++) {
        gan_tensor_release(dataset->fields[i].tensor);
        gan__free(dataset->object.context, dataset->fields[i].source);
        gan__transform_free(dataset->object.context, &dataset->fields[i].transform);
    }
    if (dataset->pictures) dataset->pictures->free(dataset->pictures, dataset->object.context);
    gan_tensor_release(dataset->centres);
    gan__mutex_destroy(dataset->mutex);
    gan__classes_free(dataset->object.context, &dataset->classes);
    gan__free(dataset->object.context, dataset->text);
    if (dataset->release) dataset->release(dataset->user); /* whoever reads retains the data set */
}

static gan_status dataset_new(gan_dataset **out, gan_context *context)
{
    return gan__object_create(out, context, sizeof **out, GAN__DATASET, dataset_destroy);
}

/* What a field's type and shape must be; `shape` is one example's. */
static gan_status dataset_check(gan_dataset *dataset, const char *source, gan__field *field,
                                int32_t rank, const int64_t *shape)
{
    gan_context *context = dataset->object.context;
    const char *type = gan__dtype_name(field->dtype);
    gan__extent *stored = &field->stored;
    stored->h = stored->w = stored->c = 1;
    if (field->name == dataset_names[0]) {
        if ((rank != 2 && rank != 3) ||
            (field->dtype != GAN_UINT8 && field->dtype != GAN_FLOAT32)) {
            return gan__fail(context, GAN_E_SHAPE,
                             "%s: image is %s with %d dimensions an example; it must be uint8 or "
                             "float32, H x W or H x W x C",
                             source, type, rank);
        }
        stored->h = shape[0];
        stored->w = shape[1];
        if (rank == 3) stored->c = shape[2];
        return GAN_OK;
    }
    if (field->name == dataset_names[1]) {
        if (rank == 0 && field->dtype != GAN_FLOAT32) return GAN_OK;
        return gan__fail(context, GAN_E_SHAPE,
                         "%s: label is %s with %d dimensions an example; it must be one integer",
                         source, type, rank);
    }
    if (rank != 1 || field->dtype != GAN_FLOAT32 || shape[0] < 1 || shape[0] > INT32_MAX) {
        return gan__fail(context, GAN_E_SHAPE,
                         "%s: vector is %s with %d dimensions an example; it must be float32, C",
                         source, type, rank);
    }
    stored->c = shape[0];
    return GAN_OK;
}

/* The next free field, not yet counted. */
static gan_status dataset_next(gan_dataset *dataset, const char *source, const char *name,
                               int32_t dtype, gan__field **out)
{
    gan_context *context = dataset->object.context;
    const char *known = name ? dataset_name(name) : NULL;
    if (!known) {
        return gan__fail(context, GAN_E_ARGUMENT,
                         "%s: no field '%s': there are image, label, vector", source,
                         name ? name : "(NULL)");
    }
    if (gan__dataset_field(dataset, known) >= 0)
        return gan__fail(context, GAN_E_ARGUMENT, "%s: field '%s' is given twice", source, known);
    if (gan__dtype_size(dtype) == 0)
        return gan__fail(context, GAN_E_ARGUMENT, "%s: %s has no type %d", source, known, dtype);
    *out = &dataset->fields[dataset->field_count];
    memset(*out, 0, sizeof **out);
    (*out)->name = known;
    (*out)->dtype = dtype;
    return GAN_OK;
}

gan_status gan__dataset_add(gan_dataset *dataset, const char *source, const char *name,
                            gan_tensor *tensor, int64_t total)
{
    gan_context *context = dataset->object.context;
    gan__field *field;
    GAN__TRY(dataset_next(dataset, source, name, tensor->dtype, &field));
    if (tensor->rank < 1) {
        return gan__fail(context, GAN_E_SHAPE, "%s: %s is a single number, not a row of examples",
                         source, field->name);
    }
    GAN__TRY(dataset_check(dataset, source, field, tensor->rank - 1, tensor->shape + 1));
    if (dataset->field_count > 0 && total != dataset->total) {
        return gan__fail(context, GAN_E_SHAPE,
                         "%s: %" PRId64 " examples of %s, but %" PRId64 " of %s", source, total,
                         field->name, dataset->total, dataset->fields[0].name);
    }
    GAN__TRY(gan__copy_text(context, &field->source, source, strlen(source)));
    dataset->count = tensor->shape[0];
    dataset->total = total;
    gan_tensor_retain(tensor);
    field->tensor = tensor;
    dataset->field_count++;
    return GAN_OK;
}

void gan__dataset_add_pictures(gan_dataset *dataset, gan__extent stored, uint32_t checksum)
{
    gan__field *field = &dataset->fields[dataset->field_count++];
    *field = (gan__field){.name = dataset_names[0], .dtype = GAN_UINT8};
    field->stored = stored;
    field->checksum = checksum;
}

int64_t gan__dataset_integer(const gan_tensor *tensor, int64_t index)
{
    int64_t at = tensor->rank > 0 ? index * tensor->strides[0] : 0;
    if (tensor->dtype == GAN_UINT8) return ((const uint8_t *)tensor->data)[at];
    if (tensor->dtype == GAN_INT32) return ((const int32_t *)tensor->data)[at];
    return ((const int64_t *)tensor->data)[at];
}

/* Where classes have names there are as many, whether all of them occur or not. */
static gan_status dataset_classes(gan_dataset *dataset, gan__field *field)
{
    const int64_t names = dataset->classes.count;
    for (int64_t i = 0; i < dataset->count; i++) {
        int64_t label = gan__dataset_integer(field->tensor, i);
        if (label < 0 || label > GAN__MAX_LABEL) {
            return gan__fail(dataset->object.context, GAN_E_FORMAT,
                             "%s: label %" PRId64 " of example %" PRId64 " is not in [0, %d]",
                             field->source, label, i, GAN__MAX_LABEL);
        }
        if (names > 0 && label >= names) {
            return gan__fail(dataset->object.context, GAN_E_FORMAT,
                             "%s: label %" PRId64 " of example %" PRId64 " has no name: there are "
                             "%" PRId64 " names of classes",
                             field->source, label, i, names);
        }
        if (label >= field->classes) field->classes = label + 1;
    }
    if (field->classes < dataset->class_count) field->classes = dataset->class_count;
    if (names > 0) field->classes = names;
    return GAN_OK;
}

static gan_status dataset_finish_field(gan_dataset *dataset, gan__field *field,
                                       const gan__data_options *options)
{
    field->size = 1;
    if (field->name == dataset_names[0]) {
        GAN__TRY(gan__transform_create(&field->transform, dataset->object.context, field->stored,
                                       field->dtype == GAN_UINT8, &options->picture));
        gan__extent out = field->transform.out;
        field->rank = 3;
        field->shape[0] = out.h;
        field->shape[1] = out.w;
        field->shape[2] = out.c;
        field->size = out.h * out.w * out.c;
    } else if (field->name == dataset_names[2]) {
        field->rank = 1;
        field->size = field->shape[0] = field->stored.c;
    } else if (field->tensor) {
        return dataset_classes(dataset, field);
    }
    return GAN_OK;
}

/* The options that all kinds have, once the fields are there. */
static gan_status dataset_finish(gan_dataset *dataset, const char *source,
                                 const gan__data_options *options)
{
    gan_context *context = dataset->object.context;
    if (dataset->field_count == 0 || dataset->count < 1)
        return gan__fail(context, GAN_E_ARGUMENT, "%s: no examples", source);
    dataset->picture = options->picture;
    dataset->is_fixed = options->part == GAN__PART_HELDOUT;
    if (options->count > dataset->total) {
        return gan__fail(context, GAN_E_ARGUMENT,
                         "%s: count=%" PRId64 ", but there are %" PRId64
                         " examples; count=0 takes all",
                         source, options->count, dataset->total);
    }
    for (int32_t i = 0; i < dataset->field_count; i++)
        GAN__TRY(dataset_finish_field(dataset, &dataset->fields[i], options));
    return GAN_OK;
}

/* Ends a constructor: hands the data set over, or drops it. */
static gan_status dataset_deliver(gan_dataset **out, gan_dataset *dataset, gan_status status)
{
    if (status == GAN_OK)
        *out = dataset;
    else
        gan__object_release(dataset);
    return status;
}

static gan_status dataset_refuse(const gan_dataset *dataset, const gan__field *field,
                                 int64_t example, float value)
{
    char text[GAN__NUMBER_SIZE];
    return gan__fail(dataset->object.context, GAN_E_FORMAT,
                     "%s: %s of example %" PRId64 " has the value %s; floating-point %s",
                     field->source, field->name, example, gan__number_print((double)value, text),
                     field->name == dataset_names[0] && !dataset->is_free
                         ? "pictures are in [-1, 1], and others must be uint8"
                         : "vectors have finite numbers");
}

/* What lies beyond by rounding is let through. */
static gan_status dataset_check_values(const gan_dataset *dataset, const gan__field *field,
                                       int64_t size)
{
    const bool picture = field->name == dataset_names[0] && !dataset->is_free;
    const float most = picture ? 1.001f : FLT_MAX;
    const float *values = field->tensor->data;
    for (int64_t i = 0; i < dataset->count * size; i++) {
        if (values[i] >= -most && values[i] <= most) continue; /* NaN is not */
        return dataset_refuse(dataset, field, i / size, values[i]);
    }
    return GAN_OK;
}

/* All that a file's field holds is read once, for the sum and for what must not be in it. */
static gan_status dataset_sum(const gan_dataset *dataset, gan__field *field)
{
    const gan__extent *stored = &field->stored;
    int64_t size = stored->h * stored->w * stored->c;
    if (!field->tensor) return GAN_OK; /* its source has summed up what it knows */
    field->checksum = gan__crc32(0, field->tensor->data,
                                 (size_t)(dataset->count * size) * gan__dtype_size(field->dtype));
    if (field->dtype != GAN_FLOAT32) return GAN_OK;
    return dataset_check_values(dataset, field, size);
}

/* Names of files are any bytes, a checkpoint holds UTF-8: what is none becomes '?'. */
static void dataset_clean(char *text)
{
    for (size_t left = strlen(text), step = 0; left > 0; text += step, left -= step) {
        step = gan__utf8_length((const uint8_t *)text, left);
        if (step > 0) continue;
        step = 1;
        *text = '?';
    }
}

/* What a checkpoint keeps of the data; cuts the folders off the options' paths. */
static gan_status dataset_describe(gan_dataset *dataset, const gan__kind *kind, void *options)
{
    gan__text text = {.context = dataset->object.context};
    for (int32_t i = 0, count = gan__kind_option_count(kind); i < count; i++) {
        const gan__option option = gan__kind_option(kind, i);
        if (option.type != GAN__OPTION_PATH) continue;
        char *path = *gan__option_text(&option, options);
        if (!path) continue;
        size_t length = strlen(path);
        while (length > 1 && (path[length - 1] == '/' || path[length - 1] == '\\')) length--;
        path[length] = '\0'; /* of a folder */
        size_t start = length;
        while (start > 0 && path[start - 1] != '/' && path[start - 1] != '\\') start--;
        if (start == length) start = 0; /* the root */
        memmove(path, path + start, length - start + 1);
    }
    gan__text_print(&text, "%s", kind->name);
    gan__options_print(&text, kind, options);
    if (text.status == GAN_OK) dataset_clean(text.bytes);
    dataset->text = text.bytes;
    for (int32_t i = 0; i < dataset->field_count; i++)
        GAN__TRY(dataset_sum(dataset, &dataset->fields[i]));
    return text.status;
}

/* A file that is not there, with where it comes from. */
static gan_status dataset_hint(gan_context *context, gan_status status, const void *options)
{
    const gan__data_options *common = options;
    if (status != GAN_E_FILE || !common->hint) return status;
    return gan__fail(context, status, "%s; %s", gan_context_message(context), common->hint);
}

static gan_status dataset_open(gan_dataset **out, gan_context *context, const char *spec)
{
    gan_dataset *dataset;
    const gan__kind *kind;
    void *options;
    GAN__TRY(gan__describe(context, "data set", (const gan__kind *const *)gan__data_kinds,
                           (size_t)gan__data_kind_count, spec, &kind, &options));
    gan_status status = dataset_new(&dataset, context);
    if (status == GAN_OK)
        status =
            dataset_hint(context, ((const gan__data_kind *)kind)->open(dataset, options), options);
    if (status == GAN_OK) status = dataset_finish(dataset, kind->name, options);
    if (status == GAN_OK) status = dataset_describe(dataset, kind, options);
    if (status == GAN_OK) status = gan__dataset_only(dataset, kind->name, options);
    if (status == GAN_OK) status = gan__dataset_split(dataset, kind->name, options);
    gan__options_free(context, kind, options);
    gan__free(context, options);
    return dataset_deliver(out, dataset, status);
}

gan_status gan_dataset_open(gan_dataset **out, gan_context *context, const char *spec)
{
    if (out) *out = NULL;
    if (!out || !context || !spec) {
        return gan__fail(context, GAN_E_ARGUMENT, "gan_dataset_open: %s is NULL",
                         !out       ? "out"
                         : !context ? "context"
                                    : "spec");
    }
    GAN__RETURN_ENTERED(context, dataset_open(out, context, spec));
}

static gan_status dataset_add_all(gan_dataset *dataset, const char *const *fields,
                                  gan_tensor *const *tensors, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        GAN__TRY(gan__object_check(dataset->object.context, tensors[i], GAN__TENSOR,
                                   "gan_dataset_from_tensors", "tensors[i]"));
        GAN__TRY(gan__dataset_add(dataset, "dataset", fields[i], tensors[i],
                                  tensors[i]->rank > 0 ? tensors[i]->shape[0] : 0));
    }
    GAN__TRY(dataset_finish(dataset, "dataset", &dataset_defaults));
    return gan__dataset_check_range(dataset, "dataset", false);
}

static gan_status dataset_from_tensors(gan_dataset **out, gan_context *context,
                                       const char *const *fields, gan_tensor *const *tensors,
                                       int32_t count)
{
    gan_dataset *dataset;
    if (count < 1) {
        return gan__fail(context, GAN_E_ARGUMENT, "gan_dataset_from_tensors: count is %" PRId32,
                         count);
    }
    GAN__TRY(dataset_new(&dataset, context));
    return dataset_deliver(out, dataset, dataset_add_all(dataset, fields, tensors, count));
}

gan_status gan_dataset_from_tensors(gan_dataset **out, gan_context *context,
                                    const char *const *fields, gan_tensor *const *tensors,
                                    int32_t count)
{
    if (out) *out = NULL;
    if (!out || !context || !fields || !tensors) {
        return gan__fail(context, GAN_E_ARGUMENT, "gan_dataset_from_tensors: %s is NULL",
                         !out       ? "out"
                         : !context ? "context"
                         : !fields  ? "fields"
                                    : "tensors");
    }
    GAN__RETURN_ENTERED(context, dataset_from_tensors(out, context, fields, tensors, count));
}

/* Field `index` of an array whose structs may be longer than today's: those of a newer header are
 * served as long as they ask for nothing that is new. */
static gan_status dataset_given(gan_context *context, const gan_dataset_field *fields,
                                int32_t index, gan_dataset_field *out)
{
    const unsigned char *bytes = (const unsigned char *)fields + (size_t)index * fields->size;
    size_t size;
    memcpy(&size, bytes, sizeof size);
    if (size < sizeof *out || size > 4096 || size != fields->size) {
        return gan__fail(context, GAN_E_UNSUPPORTED, "dataset: a gan_dataset_field of %zu bytes",
                         size);
    }
    for (size_t i = sizeof *out; i < size; i++) {
        if (bytes[i] == 0) continue;
        return gan__fail(
            context, GAN_E_UNSUPPORTED,
            "dataset: a gan_dataset_field of %zu bytes; this library knows %zu of them", size,
            sizeof *out);
    }
    memcpy(out, bytes, sizeof *out);
    return GAN_OK;
}

static gan_status dataset_add_callback(gan_dataset *dataset, const gan_dataset_field *fields,
                                       int32_t count)
{
    gan_context *context = dataset->object.context;
    for (int32_t i = 0; i < count; i++) {
        gan_dataset_field given;
        gan__field *field;
        GAN__TRY(dataset_given(context, fields, i, &given));
        GAN__TRY(dataset_next(dataset, "dataset", given.name, given.dtype, &field));
        if (given.rank < 0 || (given.rank > 0 && !given.shape)) {
            return gan__fail(context, GAN_E_ARGUMENT, "dataset: %s has rank %d and no shape",
                             field->name, given.rank);
        }
        GAN__TRY(dataset_check(dataset, "dataset", field, given.rank, given.shape));
        dataset->field_count++;
    }
    dataset->mutex = gan__mutex_create();
    if (!dataset->mutex) return gan__fail(context, GAN_E_MEMORY, "dataset: no memory for a lock");
    dataset->process = gan__os_process_id();
    return dataset_finish(dataset, "dataset", &dataset_defaults);
}

static gan_status dataset_from_callback(gan_dataset **out, gan_context *context,
                                        const gan_dataset_field *fields, int32_t field_count,
                                        const gan_dataset *source)
{
    gan_dataset *dataset;
    if (field_count < 1) {
        return gan__fail(context, GAN_E_ARGUMENT,
                         "gan_dataset_from_callback: field_count is %" PRId32, field_count);
    }
    GAN__TRY(dataset_new(&dataset, context));
    dataset->count = dataset->total = source->count;
    dataset->read = source->read;
    dataset->user = source->user;
    gan_status status = dataset_add_callback(dataset, fields, field_count);
    if (status == GAN_OK) dataset->release = source->release; /* a failure calls nothing */
    return dataset_deliver(out, dataset, status);
}

gan_status gan_dataset_from_callback(gan_dataset **out, gan_context *context,
                                     const gan_dataset_field *fields, int32_t field_count,
                                     int64_t count, gan_dataset_read_function read,
                                     void (*release)(void *user), void *user)
{
    const gan_dataset source = {.count = count, .read = read, .release = release, .user = user};
    if (out) *out = NULL;
    if (!out || !context || !fields || !read) {
        return gan__fail(context, GAN_E_ARGUMENT, "gan_dataset_from_callback: %s is NULL",
                         !out       ? "out"
                         : !context ? "context"
                         : !fields  ? "fields"
                                    : "read");
    }
    GAN__RETURN_ENTERED(context, dataset_from_callback(out, context, fields, field_count, &source));
}

void gan_dataset_retain(gan_dataset *dataset)
{
    if (gan__object_is(dataset, GAN__DATASET)) gan__object_retain(dataset);
}

void gan_dataset_release(gan_dataset *dataset)
{
    if (gan__object_is(dataset, GAN__DATASET)) gan__object_release(dataset);
}
