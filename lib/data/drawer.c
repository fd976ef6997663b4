/* drawer.c: single examples, from a tensor's row, a callback or a file that is read for it. */
#include "data/drawer.h"
#include "base/memory.h"

#include <inttypes.h>
#include <string.h>

static int64_t drawer_stored_count(const gan__field *field)
{
    return field->stored.h * field->stored.w * field->stored.c;
}

/* ---- life ---- */

/* Room for the rows that a callback fills, and for a picture of a tensor or a callback on its way
 * through the transform. */
static gan_status drawer_allocate(gan__drawer *d, gan_context *context)
{
    size_t size = 0;
    for (int32_t i = 0; i < d->dataset->field_count; i++) {
        const gan__field *field = &d->dataset->fields[i];
        const size_t count = (size_t)drawer_stored_count(field);
        if (d->dataset->read)
            GAN__TRY(gan__allocate(context, &d->rows[i], count, gan__dtype_size(field->dtype)));
        if (field->rank != 3 || field->transform.identity || d->dataset->pictures) continue;
        size = count + (size_t)gan__transform_scratch(&field->transform, GAN__PIXELS_FLOAT);
    }
    return gan__grow_raw(context, &d->scratch, &d->scratch_size, size, sizeof *d->scratch);
}

gan_status gan__drawer_create(gan__drawer *out, gan_context *context, const gan_dataset *dataset)
{
    *out = (gan__drawer){.dataset = dataset};
    GAN__TRY(gan__context_branch(&out->context, context));
    return drawer_allocate(out, context);
}

void gan__drawer_free(gan__drawer *d)
{
    if (!d->context) return;
    gan__transform_free(d->context, &d->transform);
    gan__free(d->context, d->scratch);
    for (int32_t i = 0; i < GAN__MAX_FIELDS; i++) gan__free(d->context, d->rows[i]);
    gan_context_release(d->context);
    d->context = NULL;
}

/* ---- fetching ---- */

static gan_status drawer_call(const gan__drawer *d)
{
    const gan_dataset *dataset = d->dataset;
    bool lock = gan__os_process_id() == dataset->process;
    if (lock) gan__mutex_lock(dataset->mutex);
    int32_t stop = dataset->read(dataset->user, d->index, d->rows);
    if (lock) gan__mutex_unlock(dataset->mutex);
    if (stop == 0) return GAN_OK;
    return gan__fail(d->context, GAN_E_CANCELLED,
                     "dataset: the callback stopped at example %" PRId64, d->index);
}

gan_status gan__drawer_fetch(gan__drawer *d, int64_t index, uint64_t key)
{
    d->index = index;
    d->key = d->dataset->is_fixed ? 0 : key;
    return d->dataset->read ? drawer_call(d) : GAN_OK;
}

/* ---- converting ---- */

static gan_tensor drawer_row(const gan__drawer *d, int32_t field)
{
    const gan__field *kind = &d->dataset->fields[field];
    gan_tensor row;
    if (kind->tensor) return gan__dataset_row(kind->tensor, d->index);
    memset(&row, 0, sizeof row);
    row.dtype = kind->dtype;
    row.rank = 1;
    row.count = row.shape[0] = drawer_stored_count(kind);
    row.strides[0] = 1;
    row.data = d->rows[field];
    return row;
}

static void drawer_stored(gan__drawer *d, int32_t field, float *out)
{
    const gan__field *kind = &d->dataset->fields[field];
    const gan_tensor row = drawer_row(d, field);
    bool picture = kind->rank == 3;
    if (!picture || kind->transform.identity) {
        gan__tensor_read(&row, picture, out);
        return;
    }
    const gan__pixels pixels = {d->scratch, GAN__PIXELS_FLOAT, (int32_t)kind->stored.c};
    gan__tensor_read(&row, true, d->scratch);
    gan__transform_apply(&kind->transform, &pixels, d->key, out,
                         d->scratch + drawer_stored_count(kind));
}

/* The transform for pictures of that size, which the last one may have had too. */
static gan_status drawer_transform(gan__drawer *d, const gan__field *field, gan__extent in)
{
    const gan__extent *last = &d->transform.in;
    if (last->h == in.h && last->w == in.w && last->c == in.c) return GAN_OK;
    gan__transform_free(d->context, &d->transform);
    GAN__TRY(gan__transform_create(&d->transform, d->context, in, true, &d->dataset->picture));
    const gan__extent out = d->transform.out;
    if (out.h == field->shape[0] && out.w == field->shape[1]) return GAN_OK;
    gan__transform_free(d->context, &d->transform);
    return gan__fail(d->context, GAN_E_SHAPE,
                     "%" PRId64 "x%" PRId64 " pixels, not %" PRId64 "x%" PRId64
                     " as when it was found",
                     in.h, in.w, field->shape[0], field->shape[1]);
}

static gan_status drawer_fit(gan__drawer *d, const gan__field *field, const gan__picture *picture,
                             float *out)
{
    const gan__extent in = {picture->height, picture->width, field->stored.c};
    const gan__pixels pixels = {picture->pixels, picture->depth, picture->channels};
    GAN__TRY(drawer_transform(d, field, in));
    const int64_t size = gan__transform_scratch(&d->transform, picture->depth);
    GAN__TRY(
        gan__grow_raw(d->context, &d->scratch, &d->scratch_size, (size_t)size, sizeof *d->scratch));
    gan__transform_apply(&d->transform, &pixels, d->key, out, d->scratch);
    return GAN_OK;
}

/* The decoded picture is kept no longer than it takes. */
static gan_status drawer_read(gan__drawer *d, const gan__field *field, float *out)
{
    const gan__pictures *pictures = d->dataset->pictures;
    gan__picture picture = {0};
    gan_status status = pictures->read(pictures, d->context, d->index, &picture);
    if (status == GAN_OK) {
        status = drawer_fit(d, field, &picture, out);
        if (status != GAN_OK) pictures->blame(pictures, d->context, d->index, status);
    }
    gan__picture_free(d->context, &picture);
    if (status == GAN_OK) return GAN_OK;
    return gan__fail_in(d->context, status, "data: example %" PRId64, d->index);
}

gan_status gan__drawer_convert(gan__drawer *d, const int32_t *wanted, int32_t count,
                               float *const *out)
{
    for (int32_t i = 0; i < count; i++) {
        const gan__field *field = &d->dataset->fields[wanted[i]];
        if (field->tensor || d->dataset->read)
            drawer_stored(d, wanted[i], out[i]);
        else
            GAN__TRY(drawer_read(d, field, out[i]));
    }
    return GAN_OK;
}
