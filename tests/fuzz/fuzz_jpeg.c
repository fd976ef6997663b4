#include "fuzz.h"

#include "files/jpeg.h"

static gan_status fuzz_jpeg(gan_context *context, const uint8_t *bytes, size_t size)
{
    gan__bytes in = {context, "input", bytes, size, 0}, head = in;
    gan__picture picture, sizes;
    gan_status status = gan__jpeg_read(&in, &picture);
    fuzz_require((status == GAN_OK) == (picture.pixels != NULL), "a failure leaves no picture");
    if (status == GAN_OK) {
        const size_t count = gan__picture_row(&picture) * (size_t)picture.height;
        uint64_t sum = 0;
        for (size_t i = 0; i < count; i++) sum += ((const uint8_t *)picture.pixels)[i];
        fuzz_require(sum <= 255 * (uint64_t)count, "all pixels can be read");
        const gan_status peeked = gan__jpeg_peek(&head, &sizes);
        fuzz_require(peeked == GAN_E_MEMORY ||
                         (peeked == GAN_OK && sizes.width == picture.width &&
                          sizes.height == picture.height && sizes.channels == picture.channels),
                     "the header tells the sizes");
        if (peeked == GAN_E_MEMORY) status = peeked;
    }
    gan__picture_free(context, &picture);
    return status;
}

/* A byte holds eight blocks of a progressive file, each of 64 values of 2 bytes and samples of 1;
 * a picture of one pixel's width has four times as many as can be seen. */
FUZZ_TARGET(fuzz_jpeg, 4 * 8 * 64 * 4)
