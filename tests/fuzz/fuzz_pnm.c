#include "fuzz.h"

#include "base/memory.h"
#include "files/pnm.h"

static gan_status fuzz_pnm(gan_context *context, const uint8_t *bytes, size_t size)
{
    gan__bytes in = {context, "input", bytes, size, 0};
    gan__picture picture, again;
    uint8_t *out = NULL;
    size_t length;
    GAN__TRY(gan__pnm_read(&in, &picture));
    gan_status status = gan__pnm_write(context, &picture, &out, &length);
    if (status == GAN_OK) {
        gan__bytes second = {context, "input", out, length, 0};
        status = gan__pnm_read(&second, &again);
        fuzz_require(status != GAN_E_FORMAT, "what was written can be read");
        if (status == GAN_OK) {
            fuzz_require(memcmp(picture.pixels, again.pixels,
                                gan__picture_row(&picture) * (size_t)picture.height) == 0,
                         "what was written reads as itself");
            gan__picture_free(context, &again);
        }
    }
    gan__free(context, out);
    gan__picture_free(context, &picture);
    return status;
}

FUZZ_TARGET(fuzz_pnm, 8)
