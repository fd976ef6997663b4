/* metric.c: a metric is made from its description, takes rows and tells values. */
#include "metrics/metric.h"

#include "base/memory.h"
#include "base/number.h"
#include "data/data.h"
#include "tensor/tensor.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* ---- creation ---- */

static void metric_drop_rows(gan_metric *metric, gan__metric_set *set)
{
    gan__free(metric->object.context, set->rows);
    gan__moments_free(metric->object.context, &set->moments);
    memset(set, 0, sizeof *set);
}

static void metric_destroy(void *self)
{
    gan_metric *metric = self;
    gan_context *context = metric->object.context;
    for (int i = 0; i < GAN__METRIC_SETS; i++) metric_drop_rows(metric, &metric->sets[i]);
    if (metric->options) gan__options_free(context, &metric->kind->kind, metric->options);
    gan__free(context, metric->options);
    gan__free(context, metric->text);
}

static gan_status metric_read(gan_metric *metric, const char *spec)
{
    gan_context *context = metric->object.context;
    const gan__kind *kind;
    gan__text text = {.context = context};
    GAN__TRY(gan__describe(context, "metric",
                           (const gan__kind *const *)(const void *)gan__metric_kinds,
                           (size_t)gan__metric_kind_count, spec, &kind, &metric->options));
    metric->kind = (const gan__metric_kind *)(const void *)kind;
    gan__text_print(&text, "%s", kind->name);
    gan__options_print(&text, kind, metric->options);
    metric->text = text.bytes;
    return text.status;
}

static gan_status metric_create(gan_metric **out, gan_context *context, const char *spec)
{
    gan_metric *metric;
    GAN__TRY(gan__object_create(&metric, context, sizeof *metric, GAN__METRIC, metric_destroy));
    gan_status status = metric_read(metric, spec);
    if (status == GAN_OK)
        *out = metric;
    else
        gan__object_release(metric);
    return status;
}

gan_status gan_metric_create(gan_metric **out, gan_context *context, const char *spec)
{
    if (!out) return gan__fail(context, GAN_E_ARGUMENT, "gan_metric_create: out is NULL");
    *out = NULL;
    if (!context) return GAN_E_ARGUMENT;
    if (!spec) return gan__fail(context, GAN_E_ARGUMENT, "gan_metric_create: spec is NULL");
    GAN__RETURN_ENTERED(context, metric_create(out, context, spec));
}

void gan_metric_retain(gan_metric *metric)
{
    if (gan__object_is(metric, GAN__METRIC)) gan__object_retain(metric);
}

void gan_metric_release(gan_metric *metric)
{
    if (gan__object_is(metric, GAN__METRIC)) gan__object_release(metric);
}

const char *gan_metric_text(const gan_metric *metric)
{
    return gan__object_is(metric, GAN__METRIC) ? metric->text : NULL;
}

/* ---- rows ---- */

/* -1: there is no such set. */
static int32_t metric_set_index(const gan_metric *metric, const char *set)
{
    for (int32_t i = 0; set && i < GAN__METRIC_SETS; i++)
        if (metric->kind->sets[i] && !strcmp(metric->kind->sets[i], set)) return i;
    return -1;
}

static gan_status metric_find_set(const gan_metric *metric, const char *set, const char *function,
                                  int32_t *out)
{
    gan_context *context = metric->object.context;
    const gan__metric_kind *kind = metric->kind;
    *out = metric_set_index(metric, set);
    if (*out >= 0) return GAN_OK;
    if (!set) return gan__fail(context, GAN_E_ARGUMENT, "%s: set is NULL", function);
    return gan__fail(context, GAN_E_ARGUMENT, "%s: %s has no set '%.100s'; it has %s%s%s", function,
                     kind->kind.name, set, kind->sets[0], kind->sets[1] ? ", " : "",
                     kind->sets[1] ? kind->sets[1] : "");
}

/* Rows as they are added: a tensor's, in float32. */
typedef struct metric_rows {
    int64_t count, width;
    float *values;
} metric_rows;

static gan_status metric_measure(const gan_metric *metric, int32_t index, const gan_tensor *tensor,
                                 metric_rows *out)
{
    gan_context *context = metric->object.context;
    const gan__metric_set *set = &metric->sets[index];
    const gan__metric_set *other = metric->kind->one_width ? &metric->sets[1 - index] : set;
    const bool labels = metric->kind->set_flags[index] & GAN__SET_LABELS;
    const char *name = metric->kind->sets[index];
    if (labels ? tensor->rank != 1 : tensor->rank != 2 && tensor->rank != 4)
        return gan__fail(context, GAN_E_SHAPE, "gan_metric_add: '%s' is of rank %d, not %s", name,
                         (int)tensor->rank, labels ? "1" : "2 or 4");
    if (!labels && tensor->dtype != GAN_FLOAT32 && tensor->dtype != GAN_UINT8)
        return gan__fail(context, GAN_E_SHAPE,
                         "gan_metric_add: '%s' is %s; rows are float32 or uint8", name,
                         gan__dtype_name(tensor->dtype));
    out->count = tensor->shape[0];
    out->width = 1;
    for (int32_t i = 1; i < tensor->rank; i++) out->width *= tensor->shape[i];
    if (out->width < 1)
        return gan__fail(context, GAN_E_SHAPE, "gan_metric_add: rows of '%s' have no numbers",
                         name);
    const int64_t width = set->width ? set->width : other->width;
    if (width == 0 || width == out->width) return GAN_OK;
    return gan__fail(context, GAN_E_SHAPE,
                     "gan_metric_add: rows of '%s' have %" PRId64
                     " numbers, those of '%s' %" PRId64,
                     name, out->width, set->width ? name : metric->kind->sets[1 - index], width);
}

static gan_status metric_check(const gan_metric *metric, int32_t index, const metric_rows *rows)
{
    gan_context *context = metric->object.context;
    const bool labels = metric->kind->set_flags[index] & GAN__SET_LABELS;
    char number[GAN__NUMBER_SIZE];
    for (int64_t i = 0; i < rows->count * rows->width; i++) {
        const float x = rows->values[i];
        if (labels && x >= 0.0f && x <= (float)GAN__MAX_LABEL && x == (float)(int64_t)x) continue;
        if (!labels && isfinite(x)) continue;
        return gan__fail(context, GAN_E_ARGUMENT,
                         "gan_metric_add: row %" PRId64 " of '%s' has %s, %s",
                         metric->sets[index].count + i / rows->width, metric->kind->sets[index],
                         gan__number_print((double)x, number),
                         labels ? "no number of a class" : "which is not finite");
    }
    return GAN_OK;
}

/* Behind the rows that are kept. */
static gan_status metric_keep(gan_metric *metric, int32_t index, const gan_tensor *tensor,
                              metric_rows *rows)
{
    gan__metric_set *set = &metric->sets[index];
    const int64_t used = set->count * rows->width;
    int64_t size, all;
    if (!gan__multiply_count(rows->count, rows->width, &size) || !gan__add_count(used, size, &all))
        return gan__fail(metric->object.context, GAN_E_MEMORY, "gan_metric_add: too many rows");
    GAN__TRY(gan__grow_raw(metric->object.context, &set->rows, &set->capacity, (size_t)all,
                           sizeof *set->rows));
    rows->values = set->rows + used;
    gan__tensor_read(tensor, gan__tensor_is_picture(tensor), rows->values);
    return metric_check(metric, index, rows);
}

static gan_status metric_sum(gan_metric *metric, int32_t index, const gan_tensor *tensor,
                             metric_rows *rows)
{
    gan_context *context = metric->object.context;
    gan__metric_set *set = &metric->sets[index];
    GAN__TRY(gan__allocate_raw(context, &rows->values, (size_t)rows->count,
                               (size_t)rows->width * sizeof *rows->values));
    gan__tensor_read(tensor, gan__tensor_is_picture(tensor), rows->values);
    gan_status status = metric_check(metric, index, rows);
    if (status == GAN_OK)
        status = gan__moments_add(context, &set->moments, rows->values, rows->count, rows->width);
    gan__free(context, rows->values);
    if (status != GAN_OK && set->count == 0) gan__moments_free(context, &set->moments);
    return status;
}

static gan_status metric_add(gan_metric *metric, const char *name, const gan_tensor *tensor)
{
    metric_rows rows = {0};
    int32_t index;
    GAN__TRY(metric_find_set(metric, name, "gan_metric_add", &index));
    GAN__TRY(metric_measure(metric, index, tensor, &rows));
    if (rows.count == 0) return GAN_OK;
    GAN__TRY(metric->kind->moments ? metric_sum(metric, index, tensor, &rows)
                                   : metric_keep(metric, index, tensor, &rows));
    metric->sets[index].count += rows.count;
    metric->sets[index].width = rows.width;
    metric->computed = false;
    return GAN_OK;
}

gan_status gan_metric_add(gan_metric *metric, const char *set, const gan_tensor *rows)
{
    GAN__TRY(gan__object_check(NULL, metric, GAN__METRIC, "gan_metric_add", "metric"));
    gan_context *context = metric->object.context;
    GAN__TRY(gan__object_check(context, rows, GAN__TENSOR, "gan_metric_add", "rows"));
    GAN__RETURN_ENTERED(context, metric_add(metric, set, rows));
}

static gan_status metric_clear(gan_metric *metric, const char *name)
{
    int32_t index;
    GAN__TRY(metric_find_set(metric, name, "gan_metric_clear", &index));
    metric_drop_rows(metric, &metric->sets[index]);
    metric->computed = false;
    return GAN_OK;
}

gan_status gan_metric_clear(gan_metric *metric, const char *set)
{
    GAN__TRY(gan__object_check(NULL, metric, GAN__METRIC, "gan_metric_clear", "metric"));
    GAN__RETURN_ENTERED(metric->object.context, metric_clear(metric, set));
}

int64_t gan_metric_rows(const gan_metric *metric, const char *set)
{
    if (!gan__object_is(metric, GAN__METRIC)) return 0;
    const int32_t index = metric_set_index(metric, set);
    return index < 0 ? 0 : metric->sets[index].count;
}

/* ---- values ---- */

int32_t gan_metric_value_count(const gan_metric *metric)
{
    int32_t count = 0;
    if (!gan__object_is(metric, GAN__METRIC)) return 0;
    while (count < GAN__METRIC_VALUES && metric->kind->values[count]) count++;
    return count;
}

const char *gan_metric_value_name(const gan_metric *metric, int32_t index)
{
    if (index < 0 || index >= gan_metric_value_count(metric)) return NULL;
    return metric->kind->values[index];
}

static gan_status metric_compute(gan_metric *metric)
{
    const gan__metric_kind *kind = metric->kind;
    for (int32_t i = 0; i < GAN__METRIC_SETS && kind->sets[i]; i++) {
        const int64_t count = metric->sets[i].count;
        const int64_t needed = kind->needed ? kind->needed(metric->options, i) : kind->least[i];
        if (count < needed)
            return gan__fail(metric->object.context, GAN_E_STATE,
                             "%s: '%s' has %" PRId64 " row%s; it needs %" PRId64, kind->kind.name,
                             kind->sets[i], count, count == 1 ? "" : "s", needed);
    }
    GAN__TRY(kind->compute(metric, metric->values));
    metric->computed = true;
    return GAN_OK;
}

static gan_status metric_value(gan_metric *metric, const char *name, double *out)
{
    const char *const *values = metric->kind->values;
    for (int32_t i = 0; i < gan_metric_value_count(metric); i++) {
        if (strcmp(values[i], name)) continue;
        if (!metric->computed) GAN__TRY(metric_compute(metric));
        *out = metric->values[i];
        return GAN_OK;
    }
    const char *nearest =
        gan__nearest(name, strlen(name), values, (size_t)gan_metric_value_count(metric));
    return gan__fail(metric->object.context, GAN_E_ARGUMENT,
                     "gan_metric_value: %s has no value '%.100s'%s%s%s", metric->kind->kind.name,
                     name, nearest ? ", did you mean '" : "", nearest ? nearest : "",
                     nearest ? "'?" : "");
}

gan_status gan_metric_value(gan_metric *metric, const char *name, double *out)
{
    if (out) *out = (double)NAN;
    GAN__TRY(gan__object_check(NULL, metric, GAN__METRIC, "gan_metric_value", "metric"));
    gan_context *context = metric->object.context;
    if (!name || !out)
        return gan__fail(context, GAN_E_ARGUMENT, "gan_metric_value: %s is NULL",
                         name ? "out" : "name");
    GAN__RETURN_ENTERED(context, metric_value(metric, name, out));
}
