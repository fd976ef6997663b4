/* Any bytes: what was compressed expands to itself, and is not much larger. */
#include "fuzz.h"

#include "base/memory.h"
#include "files/deflate.h"
#include "files/inflate.h"

static gan_status fuzz_deflate(gan_context *context, const uint8_t *bytes, size_t size)
{
    uint8_t *packed, *out;
    size_t packed_size, length;
    GAN__TRY(gan__zlib_compress(context, bytes, size, &packed, &packed_size));
    gan__bytes in = {context, "input", packed, packed_size, 0};
    fuzz_require(packed_size <= size + size / 3000 + 16, "compression does not enlarge");
    gan_status status = gan__inflate(&in, GAN__INFLATE_ZLIB, size, &out, &length);
    if (status == GAN_OK) {
        fuzz_require(length == size && (size == 0 || memcmp(out, bytes, size) == 0) &&
                         in.at == packed_size,
                     "what was compressed expands to itself");
        gan__free(context, out);
    }
    gan__free(context, packed);
    return status == GAN_E_MEMORY ? status : status == GAN_OK ? GAN_OK : GAN_E_INTERNAL;
}

FUZZ_TARGET(fuzz_deflate, 8)
