/* selection.c: parts of a data set: the examples of some classes, and of those the ones that are
 * held out or the others. Which ones are held out is a function of their index and their number
 * alone, so that every program and every seed holds out the same ones. */
#include "base/memory.h"
#include "base/random.h"
#include "data/data.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The field's tensor is another one with the chosen rows. */
static gan_status parts_keep(gan_context *context, gan__field *field, const int64_t *chosen,
                             int64_t count)
{
    gan_tensor *whole = field->tensor, *part;
    int64_t shape[GAN_MAX_RANK];
    memcpy(shape, whole->shape, (size_t)whole->rank * sizeof *shape);
    shape[0] = count;
    GAN__TRY(gan_tensor_create(&part, context, whole->dtype, whole->rank, shape));
    for (int64_t i = 0; i < count; i++) {
        const gan_tensor from = gan__dataset_row(whole, chosen[i]);
        const gan_tensor to = gan__dataset_row(part, i);
        memcpy(to.data, from.data, (size_t)to.count * gan__dtype_size(to.dtype));
    }
    gan_tensor_release(whole);
    field->tensor = part;
    return GAN_OK;
}

static gan_status parts_keep_all(gan_dataset *dataset, const int64_t *chosen, int64_t count)
{
    for (int32_t i = 0; i < dataset->field_count; i++)
        if (dataset->fields[i].tensor)
            GAN__TRY(parts_keep(dataset->object.context, &dataset->fields[i], chosen, count));
    if (dataset->pictures) dataset->pictures->keep(dataset->pictures, chosen, count);
    dataset->count = count;
    return GAN_OK;
}

/* ---- of some classes ---- */

/* The class of that name or, where none is called so, of that number; -1: there is none. */
static int64_t only_class(const gan_dataset *dataset, const gan__field *labels, const char *text,
                          size_t length)
{
    const size_t digits = strspn(text, "0123456789");
    for (int64_t i = 0; i < dataset->classes.count; i++) {
        const char *name = dataset->classes.names[i];
        if (strlen(name) == length && memcmp(name, text, length) == 0) return i;
    }
    if (length == 0 || length > 8 || digits != length) return -1;
    const int64_t number = strtol(text, NULL, 10);
    return number < labels->classes ? number : -1;
}

/* Sets wanted[class] of those that the text names. It may be one name that has commas itself. */
static gan_status only_read(const gan_dataset *dataset, const char *source,
                            const gan__field *labels, const char *text, uint8_t *wanted)
{
    int64_t one = only_class(dataset, labels, text, strlen(text));
    if (one >= 0) {
        wanted[one] = 1;
        return GAN_OK;
    }
    for (const char *at = text;; at++) {
        const size_t length = strcspn(at, ",");
        one = only_class(dataset, labels, at, length);
        if (one < 0)
            return gan__fail(dataset->object.context, GAN_E_ARGUMENT,
                             "%s: only=%.200s: there is no class '%.*s'; %" PRId64 " classes%s",
                             source, text, length < 200 ? (int)length : 200, at, labels->classes,
                             dataset->classes.count > 0 ? " have names" : ", by number from 0");
        wanted[one] = 1;
        at += length;
        if (!*at) return GAN_OK;
    }
}

/* Leaves the examples whose class is wanted. `chosen` has room for all indices. */
static gan_status only_keep(gan_dataset *dataset, const char *source, const gan__field *labels,
                            const gan__data_options *options, const uint8_t *wanted,
                            int64_t *chosen)
{
    int64_t count = 0;
    for (int64_t i = 0; i < dataset->count; i++)
        if (wanted[gan__dataset_integer(labels->tensor, i)]) chosen[count++] = i;
    if (count == dataset->count) return GAN_OK;
    if (count == 0)
        return gan__fail(dataset->object.context, GAN_E_ARGUMENT,
                         "%s: only=%.200s: none of %" PRId64 " examples", source, options->only,
                         dataset->count);
    return parts_keep_all(dataset, chosen, count);
}

gan_status gan__dataset_only(gan_dataset *dataset, const char *source,
                             const gan__data_options *options)
{
    gan_context *context = dataset->object.context;
    const int32_t index = gan__dataset_field(dataset, "label");
    uint8_t *wanted = NULL;
    int64_t *chosen = NULL;
    if (!options->only || !options->only[0]) return GAN_OK;
    if (index < 0)
        return gan__fail(context, GAN_E_ARGUMENT, "%s: only=%.200s, but there are no labels",
                         source, options->only);
    const gan__field *labels = &dataset->fields[index];
    gan_status status = gan__allocate(context, &wanted, (size_t)labels->classes, sizeof *wanted);
    if (status == GAN_OK) status = only_read(dataset, source, labels, options->only, wanted);
    if (status == GAN_OK)
        status = gan__allocate_raw(context, &chosen, (size_t)dataset->count, sizeof *chosen);
    if (status == GAN_OK) status = only_keep(dataset, source, labels, options, wanted, chosen);
    gan__free(context, wanted);
    gan__free(context, chosen);
    return status;
}

/* ---- held out, or not ---- */

/* The indices of the part's examples, ascending: *out (gan__free) has `count`. */
static gan_status heldout_choose(gan_context *context, int64_t all, int64_t held, bool wanted,
                                 int64_t count, int64_t **out)
{
    const gan__draw draw = {0, GAN__DRAW_HELDOUT, 0};
    int64_t at = 0;
    GAN__TRY(gan__allocate_raw(context, out, (size_t)count, sizeof **out));
    for (int64_t i = 0; i < all && at < count; i++) {
        uint64_t place = gan__random_permute(&draw, (uint64_t)all, (uint64_t)i);
        if ((place < (uint64_t)held) == wanted) (*out)[at++] = i;
    }
    return GAN_OK;
}

gan_status gan__dataset_split(gan_dataset *dataset, const char *source,
                              const gan__data_options *options)
{
    gan_context *context = dataset->object.context;
    const bool wanted = options->part == GAN__PART_HELDOUT;
    const int64_t all = dataset->count;
    const int64_t held = (int64_t)floor(options->heldout * (double)all + 0.5);
    const int64_t count = wanted ? held : all - held;
    int64_t *chosen;
    if (options->part == GAN__PART_ALL || count == all) return GAN_OK;
    if (count == 0) {
        return gan__fail(context, GAN_E_ARGUMENT,
                         "%s: of %" PRId64 " examples %" PRId64 " are held out: none is left for "
                         "part=%s",
                         source, all, held, wanted ? "heldout" : "train");
    }
    GAN__TRY(heldout_choose(context, all, held, wanted, count, &chosen));
    gan_status status = parts_keep_all(dataset, chosen, count);
    gan__free(context, chosen);
    return status;
}
