#include "files_test.h"

#include "files/idx.h"
#include "files/vectors.h"

static gan_tensor *idx_tensor(const unsigned char *bytes, size_t size)
{
    gan__bytes in = files_bytes(bytes, size);
    gan__array array;
    gan_tensor *tensor = NULL;
    if (CHECK_OK(gan__idx_read(&in, &array))) CHECK_OK(gan__array_tensor(&in, &array, &tensor));
    return tensor;
}

TEST(types)
{
    gan_tensor *bytes = idx_tensor(vector_idx_u8, sizeof vector_idx_u8);
    gan_tensor *shorts = idx_tensor(vector_idx_i16, sizeof vector_idx_i16);
    gan_tensor *floats = idx_tensor(vector_idx_f32, sizeof vector_idx_f32);
    gan_tensor *doubles = idx_tensor(vector_idx_f64, sizeof vector_idx_f64);
    CHECK_INT(gan_tensor_dtype(bytes), GAN_UINT8);
    CHECK_INT(gan_tensor_rank(bytes), 3);
    CHECK_INT(gan_tensor_shape(bytes)[0], 2);
    CHECK_INT(gan_tensor_shape(bytes)[2], 4);
    CHECK_INT(((uint8_t *)gan_tensor_data(bytes))[23], 23);
    CHECK_INT(gan_tensor_dtype(shorts), GAN_INT32);
    CHECK_INT(((int32_t *)gan_tensor_data(shorts))[4], 4);
    CHECK_INT(gan_tensor_dtype(floats), GAN_FLOAT32);
    CHECK_INT(((float *)gan_tensor_data(floats))[3], 3);
    CHECK_INT(gan_tensor_dtype(doubles), GAN_FLOAT32);
    CHECK_INT(((float *)gan_tensor_data(doubles))[2], 2);
    gan_tensor_release(bytes);
    gan_tensor_release(shorts);
    gan_tensor_release(floats);
    gan_tensor_release(doubles);
}

TEST(signs)
{
    const unsigned char small[] = {0, 0, 9, 1, 0, 0, 0, 2, 0xff, 0x80};
    const unsigned char wide[] = {0, 0, 12, 1, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xfe};
    gan_tensor *tensor = idx_tensor(small, sizeof small);
    CHECK_INT(((int32_t *)gan_tensor_data(tensor))[0], -1);
    CHECK_INT(((int32_t *)gan_tensor_data(tensor))[1], -128);
    gan_tensor_release(tensor);
    tensor = idx_tensor(wide, sizeof wide);
    CHECK_INT(((int32_t *)gan_tensor_data(tensor))[0], -2);
    gan_tensor_release(tensor);
}

#define BAD(bytes, message, status)                             \
    {                                                           \
        bytes, sizeof(bytes) - 1, "file: byte " message, status \
    }

TEST(bad)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *message;
        gan_status status;
    } bads[] = {
        BAD("\0\0\10", "0: the magic number needs 4 bytes, 3 remain", GAN_E_FORMAT),
        BAD("\0\0\7\1\0\0\0\0", "0: 0x00000701 begins no IDX file", GAN_E_FORMAT),
        BAD("\1\0\10\1\0\0\0\0", "0: 0x01000801 begins no IDX file", GAN_E_FORMAT),
        BAD("\0\0\10\0", "3: 0 dimensions, 1 to 8 are served", GAN_E_FORMAT),
        BAD("\0\0\10\11", "3: 9 dimensions, 1 to 8 are served", GAN_E_UNSUPPORTED),
        BAD("\0\0\10\2\0\0\0\1\0\0\0", "4: the dimensions needs 8 bytes, 7 remain", GAN_E_FORMAT),
        BAD("\0\0\10\1\0\0\0\3ab", "8: the 3 elements have 3 bytes, 2 remain", GAN_E_FORMAT),
        BAD("\0\0\10\1\0\0\0\1ab", "8: the 1 elements have 1 bytes, 2 remain", GAN_E_FORMAT),
        BAD("\0\0\16\3\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
            "16: the product of the 3 dimensions does not fit in 64 bits", GAN_E_FORMAT),
        BAD("\0\0\10\3\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0",
            "16: the product of the 3 dimensions does not fit in 64 bits", GAN_E_FORMAT),
    };
    for (size_t i = 0; i < sizeof bads / sizeof *bads; i++) {
        gan__bytes in = files_bytes(bads[i].bytes, bads[i].size);
        gan__array array;
        CHECK_STATUS(gan__idx_read(&in, &array), bads[i].status);
        files_message(bads[i].message);
    }
}

int main(void)
{
    files_open();
    RUN(types);
    RUN(signs);
    RUN(bad);
    files_close();
    return test_report();
}
