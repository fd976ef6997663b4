/* The first byte chooses the wrapper; the rest is the compressed data. */
#include "fuzz.h"

#include "base/memory.h"
#include "files/inflate.h"

static gan_status fuzz_inflate(gan_context *context, const uint8_t *bytes, size_t size)
{
    uint8_t *out;
    size_t length;
    if (size == 0) return GAN_OK;
    gan__bytes in = {context, "input", bytes, size, 1};
    gan__inflate_format format = (gan__inflate_format)(bytes[0] % 3);
    gan_status status = gan__inflate(&in, format, SIZE_MAX, &out, &length);
    fuzz_require(in.at <= in.size, "the position lies in the input");
    gan__free(context, out);
    return status;
}

FUZZ_TARGET(fuzz_inflate, 3 * 1032)
