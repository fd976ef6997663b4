/* jpeg_read.c: the whole of a JPEG file: header, scans, samples, pixels; and what memory it may
 * take. */
#include "base/memory.h"
#include "files/jpeg.h"
#include "files/jpeg_idct.h"
#include "files/jpeg_pixels.h"
#include "files/jpeg_scan.h"

#include <gan/image.h>

#include <inttypes.h>

static gan_status jpeg_describe(const gan__jpeg_file *f, gan__picture *out)
{
    int64_t samples = 0;
    *out = (gan__picture){f->width, f->height, gan__jpeg_channels(f), 8, NULL};
    for (uint32_t i = 0; i < f->count; i++)
        samples += 64 * f->components[i].stride * f->components[i].full;
    if (out->width * out->height * out->channels <= GAN_IMAGE_VALUES && samples <= GAN_IMAGE_VALUES)
        return GAN_OK;
    return gan__bytes_fail_as(f->in, GAN_E_UNSUPPORTED,
                              "a picture of %ux%u with %u components; %d values are served",
                              f->width, f->height, f->count, GAN_IMAGE_VALUES);
}

/* Whether the file has as many bits as the blocks have at least. */
static gan_status jpeg_check_size(const gan__jpeg_file *f)
{
    int64_t blocks = 0;
    for (uint32_t i = 0; i < f->count; i++)
        blocks += f->components[i].columns * f->components[i].rows;
    const int64_t least = f->progressive ? blocks / 8 : blocks / 4;
    if ((uint64_t)least <= gan__bytes_left(f->in)) return GAN_OK;
    return gan__bytes_fail(f->in, "a picture of %ux%u takes %" PRId64 " bytes at least, %zu remain",
                           f->width, f->height, least, gan__bytes_left(f->in));
}

static gan_status jpeg_allocate(gan__jpeg_file *f)
{
    gan_context *context = f->in->context;
    for (uint32_t i = 0; i < f->count; i++) {
        gan__jpeg_component *c = &f->components[i];
        const size_t blocks = (size_t)(c->stride * c->full);
        if (!f->progressive) {
            GAN__TRY(gan__allocate_raw(context, &c->samples, blocks, 64));
            continue;
        }
        GAN__TRY(gan__allocate(context, &c->values, blocks, 64 * sizeof *c->values));
        GAN__TRY(gan__allocate(context, &c->last, blocks, 1));
    }
    return GAN_OK;
}

static gan_status jpeg_read_scans(gan__jpeg_file *f)
{
    bool more;
    for (;;) {
        GAN__TRY(gan__jpeg_next_scan(f, &more));
        if (!more) return GAN_OK;
        GAN__TRY(gan__jpeg_read_scan(f));
    }
}

/* Of a progressive file, whose values are then of no more use. */
static gan_status jpeg_invert(gan__jpeg_file *f, gan__jpeg_component *c)
{
    gan_context *context = f->in->context;
    GAN__TRY(gan__allocate_raw(context, &c->samples, (size_t)(c->stride * c->full), 64));
    for (int64_t y = 0; y < c->rows; y++) {
        for (int64_t x = 0; x < c->columns; x++) {
            const int64_t block = y * c->stride + x;
            uint8_t *out = c->samples + (y * c->stride * 8 + x) * 8;
            gan__jpeg_inverse(c->values + block * 64, c->steps, c->last[block], out,
                              (size_t)c->stride * 8);
        }
    }
    gan__free(context, c->values);
    gan__free(context, c->last);
    c->values = NULL;
    c->last = NULL;
    return GAN_OK;
}

static gan_status jpeg_decode(gan__jpeg_file *f, gan__picture *out)
{
    GAN__TRY(gan__jpeg_read_frame(f));
    GAN__TRY(jpeg_describe(f, out));
    GAN__TRY(jpeg_check_size(f));
    GAN__TRY(jpeg_allocate(f));
    GAN__TRY(jpeg_read_scans(f));
    for (uint32_t i = 0; f->progressive && i < f->count; i++)
        GAN__TRY(jpeg_invert(f, &f->components[i]));
    GAN__TRY(gan__picture_allocate(f->in->context, out));
    return gan__jpeg_pixels(f, out);
}

static void jpeg_free(gan__jpeg_file *f)
{
    gan_context *context = f->in->context;
    for (uint32_t i = 0; i < GAN__JPEG_COMPONENTS; i++) {
        gan__free(context, f->components[i].samples);
        gan__free(context, f->components[i].values);
        gan__free(context, f->components[i].last);
    }
    gan__free(context, f);
}

gan_status gan__jpeg_read(gan__bytes *in, gan__picture *out)
{
    gan__jpeg_file *f;
    memset(out, 0, sizeof *out);
    GAN__TRY(gan__allocate(in->context, &f, 1, sizeof *f));
    f->in = in;
    gan_status status = jpeg_decode(f, out);
    if (status != GAN_OK) gan__picture_free(in->context, out);
    jpeg_free(f);
    return status;
}

gan_status gan__jpeg_peek(gan__bytes *in, gan__picture *out)
{
    gan__jpeg_file *f;
    memset(out, 0, sizeof *out);
    GAN__TRY(gan__allocate(in->context, &f, 1, sizeof *f));
    f->in = in;
    gan_status status = gan__jpeg_read_frame(f);
    if (status == GAN_OK) status = jpeg_describe(f, out);
    jpeg_free(f);
    return status;
}
