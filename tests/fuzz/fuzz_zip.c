#include "fuzz.h"

#include "files/unpack.h"

/* A member's beginning, then all of it. */
static gan_status fuzz_zip_member(gan__bytes *in, gan__zip_member *member)
{
    gan__unpack input;
    gan__bytes bytes = {.at = 0};
    GAN__TRY(gan__zip_find(in, member));
    gan__unpack_open_member(&input, in->context, in->name, member);
    gan_status status = gan__unpack_need(&input, 100, &bytes);
    if (status == GAN_OK) status = gan__unpack_need(&input, SIZE_MAX, &bytes);
    if (status == GAN_OK) {
        uint64_t sum = 0;
        for (size_t i = 0; i < bytes.size; i++) sum += bytes.data[i];
        fuzz_require(sum <= 255 * (uint64_t)bytes.size, "all bytes can be read");
        fuzz_require(bytes.size == member->size, "the member is whole");
    }
    gan__unpack_close(&input);
    return status;
}

static gan_status fuzz_zip(gan_context *context, const uint8_t *bytes, size_t size)
{
    gan__bytes in = {context, "input", bytes, size, 0}, directory;
    gan__zip_member member;
    GAN__TRY(gan__zip_open(&in, &directory));
    for (int i = 0; i < 4 && gan__bytes_left(&directory) > 0; i++) {
        GAN__TRY(gan__zip_next(&directory, &member));
        GAN__TRY(fuzz_zip_member(&in, &member));
    }
    return GAN_OK;
}

/* As gan__inflate says. */
FUZZ_TARGET(fuzz_zip, 3 * 1032)
