/* fit.c: one picture in the size and channels that a network takes, as data sets make them. */
#include "data/fit.h"

#include <gan/image.h>

#include <inttypes.h>
#include <string.h>

#include "base/memory.h"

enum { FIT_KINDS = 3, FIT_WORDS = 2 * FIT_KINDS };

/* By gan__resize, then gan__fit. */
static const char *const fit_words[FIT_WORDS] = {"pad",      "stretch",      "crop",
                                                 "pad area", "stretch area", "crop area"};

gan_status gan__fit_of(gan_context *context, const char *text, const char **out)
{
    const gan__kind *kind;
    void *options;
    *out = NULL;
    const gan_status status =
        gan__describe(context, "data set", (const gan__kind *const *)gan__data_kinds,
                      (size_t)gan__data_kind_count, text, &kind, &options);
    if (status != GAN_OK) return status == GAN_E_MEMORY ? status : GAN_OK;
    const gan__transform_options *picture = &((const gan__data_options *)options)->picture;
    *out = fit_words[picture->resize * FIT_KINDS + picture->fit];
    gan__options_free(context, kind, options);
    gan__free(context, options);
    return GAN_OK;
}

/* Whether pictures of so many channels can have `to` of them: bytes as files' pixels can, of
 * numbers colours may become grey. */
static bool fit_converts(int32_t dtype, int64_t from, int64_t to)
{
    if (from == to || from == 1) return true;
    return dtype == GAN_UINT8 ? from <= 4 && to <= 4 : from == 3 && to == 1;
}

/* The grey of colours, as pixels.h has it, in the place of `picture`. */
static void fit_grey(float *picture, int64_t pixels)
{
    for (int64_t i = 0; i < pixels; i++) {
        const float *c = picture + 3 * i;
        picture[i] = 0.299f * c[0] + 0.587f * c[1] + 0.114f * c[2];
    }
}

static gan_status fit_make(const gan_tensor *rows, const gan__transform *t, int64_t channels,
                           gan_tensor **out)
{
    gan_context *context = rows->object.context;
    const int64_t shape[3] = {t->out.h, t->out.w, t->out.c};
    const bool floats = rows->dtype == GAN_FLOAT32;
    const gan__pixels pixels = {rows->data, floats ? GAN__PIXELS_FLOAT : 8, (int32_t)channels};
    float *scratch;
    GAN__TRY(gan__allocate_raw(context, &scratch, (size_t)gan__transform_scratch(t, pixels.depth),
                               sizeof *scratch));
    gan_status status = gan_tensor_create(out, context, GAN_FLOAT32, 3, shape);
    if (status == GAN_OK) {
        if (floats && channels != t->in.c) fit_grey(rows->data, t->in.h * t->in.w);
        gan__transform_apply(t, &pixels, 0, (*out)->data, scratch);
    }
    gan__free(context, scratch);
    return status;
}

/* A copy without gaps; where bytes have more channels than files' pixels, numbers. */
static gan_status fit_rows(const gan_tensor *picture, gan__extent in, gan_tensor **out)
{
    const bool bytes = picture->dtype == GAN_UINT8 && in.c <= 4;
    const int32_t dtype = bytes ? GAN_UINT8 : GAN_FLOAT32;
    GAN__TRY(gan_tensor_create(out, picture->object.context, dtype, picture->rank, picture->shape));
    if (bytes) return gan_tensor_copy(*out, picture);
    gan__tensor_read(picture, true, (*out)->data);
    return GAN_OK;
}

static gan_status fit_public(gan_tensor **out, const gan_tensor *picture,
                             const gan__transform_options *options)
{
    gan_context *context = picture->object.context;
    const int64_t *shape = picture->shape;
    gan__transform transform;
    gan_tensor *rows = NULL;
    if (picture->rank != 2 && picture->rank != 3)
        return gan__fail(context, GAN_E_SHAPE,
                         "gan_image_fit: a picture is H x W or H x W x C, not of %d dimensions",
                         (int)picture->rank);
    gan__extent in = {shape[0], shape[1], picture->rank == 3 ? shape[2] : 1};
    const int64_t own = in.c, wanted = options->channels ? options->channels : own;
    if (!fit_converts(picture->dtype, own, wanted))
        return gan__fail(context, GAN_E_SHAPE,
                         "gan_image_fit: %" PRId64 " channels cannot be made of %" PRId64, wanted,
                         own);
    gan_status status = fit_rows(picture, in, &rows);
    /* A grey one is repeated at the end, but alpha is opaque. */
    if (own > 1 || (picture->dtype == GAN_UINT8 && gan__pixels_alpha(wanted))) in.c = wanted;
    if (status == GAN_OK)
        status =
            gan__transform_create(&transform, context, in, picture->dtype == GAN_UINT8, options);
    if (status == GAN_OK) {
        status = fit_make(rows, &transform, own, out);
        gan__transform_free(context, &transform);
    }
    gan_tensor_release(rows);
    return status;
}

gan_status gan_image_fit(gan_tensor **out, const gan_tensor *picture, int64_t height, int64_t width,
                         int64_t channels, const char *fit)
{
    gan__transform_options options = {.size = {height, width}, .channels = channels};
    if (out) *out = NULL;
    GAN__TRY(gan__object_check(NULL, picture, GAN__TENSOR, "gan_image_fit", "picture"));
    gan_context *context = picture->object.context;
    if (!out) return gan__fail(context, GAN_E_ARGUMENT, "gan_image_fit: out is NULL");
    int32_t word = 0;
    while (fit && word < FIT_WORDS && strcmp(fit, fit_words[word]) != 0) word++;
    if (word == FIT_WORDS)
        return gan__fail(context, GAN_E_ARGUMENT,
                         "gan_image_fit: fit is '%.100s'; it can be pad, stretch or crop, or one "
                         "of these and area: 'pad area'",
                         fit);
    options.fit = word % FIT_KINDS;
    options.resize = word / FIT_KINDS;
    for (int32_t i = 0; i < 2; i++)
        if (options.size[i] < 0 || options.size[i] > 65536)
            return gan__fail(context, GAN_E_ARGUMENT,
                             "gan_image_fit: height %" PRId64 ", width %" PRId64
                             "; each is at most 65536",
                             height, width);
    if (channels < 0 || channels > 4096)
        return gan__fail(context, GAN_E_ARGUMENT, "gan_image_fit: channels is %" PRId64, channels);
    if (picture->dtype != GAN_FLOAT32 && picture->dtype != GAN_UINT8)
        return gan__fail(context, GAN_E_SHAPE,
                         "gan_image_fit: pictures are float32 or uint8, not %s",
                         gan__dtype_name(picture->dtype));
    GAN__RETURN_ENTERED(context, fit_public(out, picture, &options));
}
