/* picture.c: memory of a picture, and what no format can hold. */
#include "files/picture.h"

#include "base/memory.h"

#include <inttypes.h>
#include <string.h>

gan_status gan__picture_allocate(gan_context *context, gan__picture *picture)
{
    int64_t factors[3] = {picture->height, picture->width, picture->channels}, count;
    picture->pixels = NULL;
    if (!gan__product_count(factors, 3, &count) || (uint64_t)count > SIZE_MAX) {
        return gan__fail(context, GAN_E_MEMORY, "a picture of %" PRId64 "x%" PRId64 " is too large",
                         picture->width, picture->height);
    }
    return gan__allocate_raw(context, &picture->pixels, (size_t)count, (size_t)picture->depth / 8);
}

void gan__picture_free(gan_context *context, gan__picture *picture)
{
    gan__free(context, picture->pixels);
    memset(picture, 0, sizeof *picture);
}

gan_status gan__picture_check(gan_context *context, const gan__picture *picture, const char *what)
{
    const int64_t most = INT32_MAX;
    if (picture->width < 1 || picture->height < 1 || picture->width > most ||
        picture->height > most) {
        return gan__fail(context, GAN_E_ARGUMENT,
                         "%s: a picture of width %" PRId64 " and height %" PRId64, what,
                         picture->width, picture->height);
    }
    if (picture->channels < 1 || picture->channels > 4) {
        return gan__fail(context, GAN_E_ARGUMENT, "%s: a picture of %d channels, 1 to 4 are served",
                         what, (int)picture->channels);
    }
    if (picture->depth != 8 && picture->depth != 16) {
        return gan__fail(context, GAN_E_ARGUMENT, "%s: a picture of %d bits, 8 and 16 are served",
                         what, (int)picture->depth);
    }
    return GAN_OK;
}
