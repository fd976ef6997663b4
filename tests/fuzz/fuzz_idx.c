#include "fuzz.h"

#include "files/idx.h"

static gan_status fuzz_idx(gan_context *context, const uint8_t *bytes, size_t size)
{
    gan__bytes in = {context, "input", bytes, size, 0};
    gan__array array;
    gan_tensor *tensor;
    GAN__TRY(gan__idx_read(&in, &array));
    gan_status status = gan__array_tensor(&in, &array, &tensor);
    fuzz_require((status == GAN_OK) == (tensor != NULL), "a failure leaves no tensor");
    gan_tensor_release(tensor);
    return status;
}

FUZZ_TARGET(fuzz_idx, 4)
