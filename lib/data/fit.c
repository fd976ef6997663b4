/* fit.c: one picture in the size and channels that a network takes, as data sets make them. */
#include "data/fit.h"

#include <gan/image.h>

#include <inttypes.h>
#include <string.h>

#include "base/memory.h"

static const char *const fit_words[] = {
    [GAN__FIT_PAD] = "pad", [GAN__FIT_STRETCH] = "stretch", [GAN__FIT_CROP] = "crop"};
enum { FIT_WORDS = sizeof fit_words / sizeof fit_words[0] };

gan_status gan__fit_of(gan_context *context, const char *text, const char **out)
{
    const gan__kind *kind;
    void *options;
    *out = NULL;
    const gan_status status =
        gan__describe(context, "data set", (const gan__kind *const *)gan__data_kinds,
                      (size_t)gan__data_kind_count, text, &kind, &options);
    if (status != GAN_OK) return status == GAN_E_MEMORY ? status : GAN_OK;
    *out = fit_words[((const gan__data_options *)options)->picture.fit];
    gan__options_free(context, kind, options);
    gan__free(context, options);
    return GAN_OK;
}

/* ---- channels ---- */

/* Fewer of them: alpha, the last of 2 or 4, is left out, and colours become their luminance. */
static void fit_channels(const float *in, int64_t pixels, int64_t from, int64_t to, float *out)
{
    static const float luminance[3] = {0.299f, 0.587f, 0.114f};
    for (int64_t i = 0; i < pixels; i++, in += from, out += to)
        if (from > 2 && to == 1)
            *out = luminance[0] * in[0] + luminance[1] * in[1] + luminance[2] * in[2];
        else
            memcpy(out, in, (size_t)to * sizeof *out);
}

/* What is left of `from` channels on the way to `to`; 0: there is no way. */
static int64_t fit_kept(int64_t from, int64_t to)
{
    if (from == to || from == 1) return from;
    if (from == 2) return 1; /* grey, which is repeated */
    if ((from == 3 || from == 4) && to == 1) return 1;
    return from == 4 && to == 3 ? 3 : 0;
}

/* ---- the picture ---- */

typedef struct fit_order {
    const gan_tensor *picture;
    gan__extent in; /* of the picture */
    int64_t kept;   /* channels */
    gan__transform transform;
} fit_order;

static gan_status fit_make(const fit_order *o, gan_tensor **out)
{
    gan_context *context = o->picture->object.context;
    const int64_t shape[3] = {o->transform.out.h, o->transform.out.w, o->transform.out.c};
    float *whole = NULL, *kept = NULL, *scratch = NULL;
    const size_t pixels = (size_t)(o->in.h * o->in.w);
    gan_status status = gan__allocate_raw(context, &whole, pixels * (size_t)o->in.c, sizeof *whole);
    if (status == GAN_OK)
        status = gan__allocate_raw(context, &kept, pixels * (size_t)o->kept, sizeof *kept);
    if (status == GAN_OK)
        status = gan__allocate_raw(context, &scratch, (size_t)gan__transform_scratch(&o->transform),
                                   sizeof *scratch);
    if (status == GAN_OK) status = gan_tensor_create(out, context, GAN_FLOAT32, 3, shape);
    if (status == GAN_OK) {
        gan__tensor_read(o->picture, true, whole);
        fit_channels(whole, o->in.h * o->in.w, o->in.c, o->kept, kept);
        gan__transform_apply(&o->transform, kept, (*out)->data, scratch);
    }
    gan__free(context, whole);
    gan__free(context, kept);
    gan__free(context, scratch);
    return status;
}

static gan_status fit_public(gan_tensor **out, const gan_tensor *picture,
                             const gan__transform_options *options)
{
    gan_context *context = picture->object.context;
    const int64_t *shape = picture->shape;
    fit_order o = {.picture = picture};
    if (picture->rank != 2 && picture->rank != 3)
        return gan__fail(context, GAN_E_SHAPE,
                         "gan_image_fit: a picture is H x W or H x W x C, not of %d dimensions",
                         (int)picture->rank);
    o.in = (gan__extent){shape[0], shape[1], picture->rank == 3 ? shape[2] : 1};
    const int64_t channels = options->channels ? options->channels : o.in.c;
    o.kept = fit_kept(o.in.c, channels);
    if (o.kept == 0)
        return gan__fail(context, GAN_E_SHAPE,
                         "gan_image_fit: %" PRId64 " channels cannot be made of %" PRId64, channels,
                         o.in.c);
    const gan__extent in = {o.in.h, o.in.w, o.kept};
    GAN__TRY(gan__transform_create(&o.transform, context, in, options));
    gan_status status = fit_make(&o, out);
    gan__transform_free(context, &o.transform);
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
    while (fit && options.fit < FIT_WORDS && strcmp(fit, fit_words[options.fit]) != 0)
        options.fit++;
    if (options.fit == FIT_WORDS)
        return gan__fail(context, GAN_E_ARGUMENT,
                         "gan_image_fit: fit is '%.100s'; it can be pad, stretch or crop", fit);
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
