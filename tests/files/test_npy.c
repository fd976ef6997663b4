#include "files_test.h"

#include "files/npy.h"
#include "files/vectors.h"

static gan_tensor *npy_load_vector(const unsigned char *bytes, size_t size)
{
    gan_tensor *tensor = NULL;
    files_put("a.npy", bytes, size);
    CHECK_OK(gan_tensor_load(&tensor, files_context, "a.npy"));
    return tensor;
}

static int64_t npy_element(const gan_tensor *tensor, int64_t i)
{
    const void *data = gan_tensor_data(tensor);
    switch (gan_tensor_dtype(tensor)) {
    case GAN_FLOAT32: return (int64_t)((const float *)data)[i];
    case GAN_UINT8: return ((const uint8_t *)data)[i];
    case GAN_INT32: return ((const int32_t *)data)[i];
    default: return ((const int64_t *)data)[i];
    }
}

/* All vectors count up from 0. */
static void npy_check(const unsigned char *bytes, size_t size, int32_t dtype, int64_t count)
{
    gan_tensor *tensor = npy_load_vector(bytes, size);
    CHECK_INT(gan_tensor_dtype(tensor), dtype);
    if (CHECK_INT(gan_tensor_count(tensor), count))
        for (int64_t i = 0; i < count; i++) CHECK_INT(npy_element(tensor, i), i);
    gan_tensor_release(tensor);
}

#define NPY(name, dtype, count) npy_check(vector_npy_##name, sizeof vector_npy_##name, dtype, count)

TEST(types)
{
    NPY(f4, GAN_FLOAT32, 12);
    NPY(f8_fortran, GAN_FLOAT32, 24);
    NPY(f2, GAN_FLOAT32, 5);
    NPY(u1, GAN_UINT8, 12);
    NPY(i4_big, GAN_INT32, 7);
    NPY(u2, GAN_INT32, 3);
    NPY(i8_v2, GAN_INT64, 6);
    NPY(empty, GAN_FLOAT32, 0);
    gan_tensor *flags = npy_load_vector(vector_npy_bool, sizeof vector_npy_bool);
    CHECK_INT(gan_tensor_dtype(flags), GAN_UINT8);
    CHECK_INT(npy_element(flags, 0), 0);
    CHECK_INT(npy_element(flags, 3), 1);
    gan_tensor_release(flags);
    gan_tensor *scalar = npy_load_vector(vector_npy_scalar_v3, sizeof vector_npy_scalar_v3);
    CHECK_INT(gan_tensor_rank(scalar), 0);
    CHECK_INT(npy_element(scalar, 0), 7);
    gan_tensor_release(scalar);
}

TEST(shapes)
{
    const int64_t expected[3] = {2, 3, 4}, strides[3] = {12, 4, 1};
    gan_tensor *t = npy_load_vector(vector_npy_f8_fortran, sizeof vector_npy_f8_fortran);
    CHECK_INT(gan_tensor_rank(t), 3);
    for (int i = 0; i < 3; i++) {
        CHECK_INT(gan_tensor_shape(t)[i], expected[i]);
        CHECK_INT(gan_tensor_strides(t)[i], strides[i]);
    }
    gan_tensor_release(t);
}

/* NumPy's own bytes, for the types that are kept. */
TEST(save)
{
    const int64_t shape[2] = {3, 4};
    gan_tensor *t, *again;
    CHECK_OK(gan_tensor_create(&t, files_context, GAN_FLOAT32, 2, shape));
    for (int i = 0; i < 12; i++) ((float *)gan_tensor_data(t))[i] = (float)i;
    CHECK_OK(gan_tensor_save(t, "b.npy"));
    const fault_file *file = fault_find(&files_fault, "b.npy");
    CHECK_INT(file->size, sizeof vector_npy_f4);
    CHECK(memcmp(file->bytes, vector_npy_f4, sizeof vector_npy_f4) == 0);

    const int32_t order[2] = {1, 0};
    gan_tensor *turned;
    CHECK_OK(gan_tensor_permute(&turned, t, order));
    CHECK_OK(gan_tensor_save(turned, "c.npy"));
    CHECK_OK(gan_tensor_load(&again, files_context, "c.npy"));
    CHECK_INT(gan_tensor_shape(again)[0], 4);
    CHECK_INT(npy_element(again, 1), 4);
    CHECK_INT(npy_element(again, 3), 1);
    gan_tensor_release(again);
    gan_tensor_release(turned);
    gan_tensor_release(t);
}

TEST(save_types)
{
    const int32_t dtypes[] = {GAN_FLOAT32, GAN_UINT8, GAN_INT32, GAN_INT64};
    const int64_t shape[8] = {2, 1, 3, 1, 1, 2, 1, 1};
    for (size_t i = 0; i < 4; i++) {
        for (int32_t rank = 0; rank <= 8; rank++) {
            gan_tensor *t, *again = NULL;
            CHECK_OK(gan_tensor_create(&t, files_context, dtypes[i], rank, shape));
            memset(gan_tensor_data(t), 1, 1);
            CHECK_OK(gan_tensor_save(t, "d.npy"));
            CHECK_INT(fault_find(&files_fault, "d.npy")->size % 64, (size_t)gan_tensor_count(t) *
                                                                        (i == 1   ? 1
                                                                         : i == 3 ? 8
                                                                                  : 4) %
                                                                        64);
            CHECK_OK(gan_tensor_load(&again, files_context, "d.npy"));
            CHECK_INT(gan_tensor_dtype(again), dtypes[i]);
            CHECK_INT(gan_tensor_rank(again), rank);
            CHECK_INT(gan_tensor_count(again), gan_tensor_count(t));
            CHECK(memcmp(gan_tensor_data(again), gan_tensor_data(t), 1) == 0);
            gan_tensor_release(again);
            gan_tensor_release(t);
        }
    }
}

/* Every bit pattern of half precision, against the definition. */
TEST(half)
{
    for (uint32_t bits = 0; bits < 65536; bits++) {
        uint8_t bytes[2] = {(uint8_t)bits, (uint8_t)(bits >> 8)};
        gan__array array = {.element = GAN__ELEMENT_F16, .count = 1, .data = bytes};
        int exponent = (int)(bits >> 10 & 31);
        double expected = (double)(bits & 1023) / 1024 + (exponent > 0);
        for (int i = exponent > 0 ? exponent : 1; i < 15; i++) expected /= 2;
        for (int i = exponent; i > 15; i--) expected *= 2;
        float value;
        gan__array_decode(&array, GAN_FLOAT32, &value);
        if (bits & 0x8000) expected = -expected;
        if (exponent < 31 && (double)value != expected) CHECK_NEAR(value, expected, 0);
        if (exponent == 31 && (bits & 1023)) CHECK(value != value);
        if (exponent == 31 && !(bits & 1023))
            CHECK((double)value == (bits & 0x8000 ? -1e300 * 1e300 : 1e300 * 1e300));
    }
}

static size_t npy_make(uint8_t *to, const char *dictionary, const char *data)
{
    size_t length = strlen(dictionary);
    memcpy(to, "\x93NUMPY\1\0", 8);
    to[8] = (uint8_t)length;
    to[9] = (uint8_t)(length >> 8);
    memcpy(to + 10, dictionary, length);
    memcpy(to + 10 + length, data, strlen(data));
    return 10 + length + strlen(data);
}

TEST(bad)
{
    static const struct {
        const char *dictionary, *message;
        gan_status status;
    } bads[] = {
        {"{'descr':'|u1','fortran_order':False,'shape':(3,)}", NULL, GAN_OK},
        {"{'descr':'|u1','fortran_order':False,'shape':(3L, 1L)}", NULL, GAN_OK},
        {" { \"shape\" : ( 3 , 1 ) ,\"descr\":\"|u1\", 'fortran_order':True, } \n", NULL, GAN_OK},
        {"", "10: the header is no dictionary", GAN_E_FORMAT},
        {"{", "11: a quoted text expected", GAN_E_FORMAT},
        {"{'descr", "17: a quoted text without an end", GAN_E_FORMAT},
        {"{'descr':'|u1'}", "25: the header lacks fortran_order", GAN_E_FORMAT},
        {"{'descr':'|u1','descr':'|u1'}", "32: the key 'descr' is unknown or given twice",
         GAN_E_FORMAT},
        {"{'size':1}", "17: the key 'size' is unknown or given twice", GAN_E_FORMAT},
        {"{'descr'='|u1'}", "18: ':' expected", GAN_E_FORMAT},
        {"{'descr':'|u1' 'shape':()}", "25: ',' expected", GAN_E_FORMAT},
        {"{'descr':'|O'}", "20: type '|O' is not served", GAN_E_UNSUPPORTED},
        {"{'descr':'<c8'}", "20: type '<c8' is not served", GAN_E_UNSUPPORTED},
        {"{'descr':[('a','<f4')]}", "19: a structured type is not served", GAN_E_UNSUPPORTED},
        {"{'fortran_order':false}", "27: fortran_order is neither True nor False", GAN_E_FORMAT},
        {"{'shape':3}", "19: the shape is no tuple", GAN_E_FORMAT},
        {"{'shape':(3)}", "21: ',' expected in the shape", GAN_E_FORMAT},
        {"{'shape':(-3,)}", "20: dimension 0 is no integer of 64 bits", GAN_E_FORMAT},
        {"{'shape':(1,99999999999999999999)}", "42: dimension 1 is no integer of 64 bits",
         GAN_E_FORMAT},
        {"{'shape':(1,1,1,1,1,1,1,1,1)}", "36: more than 8 dimensions", GAN_E_UNSUPPORTED},
        {"{'descr':'|u1','fortran_order':False,'shape':(3,)}x", "60: the header goes on",
         GAN_E_FORMAT},
        {"{'descr':'|u1','fortran_order':False,'shape':(4,)}",
         "60: the 4 elements have 4 bytes, 3 remain", GAN_E_FORMAT},
        {"{'descr':'|u1','fortran_order':False,'shape':(2,)}",
         "60: the 2 elements have 2 bytes, 3 remain", GAN_E_FORMAT},
        {"{'descr':'<f8','fortran_order':False,'shape':(2305843009213693952,)}",
         "78: the product of the 1 dimensions does not fit in 64 bits", GAN_E_FORMAT},
        {"{'descr':'<u8','fortran_order':False,'shape':()}",
         "58: the 1 elements have 8 bytes, 3 remain", GAN_E_FORMAT},
    };
    for (size_t i = 0; i < sizeof bads / sizeof *bads; i++) {
        uint8_t bytes[200];
        char message[200];
        gan__bytes in = files_bytes(bytes, npy_make(bytes, bads[i].dictionary, "abc"));
        gan__array array;
        CHECK_STATUS(gan__npy_read(&in, &array), bads[i].status);
        if (!bads[i].message) continue;
        snprintf(message, sizeof message, "file: byte %s", bads[i].message);
        files_message(message);
    }
}

TEST(refused)
{
    const struct {
        const unsigned char *bytes;
        size_t size;
    } vectors[] = {{vector_npy_complex, sizeof vector_npy_complex},
                   {vector_npy_object, sizeof vector_npy_object},
                   {vector_npy_records, sizeof vector_npy_records}};
    for (size_t i = 0; i < 3; i++) {
        gan_tensor *tensor;
        files_put("e.npy", vectors[i].bytes, vectors[i].size);
        CHECK_STATUS(gan_tensor_load(&tensor, files_context, "e.npy"), GAN_E_UNSUPPORTED);
        CHECK(tensor == NULL);
    }
}

TEST(arguments)
{
    gan_tensor *tensor, *scalar;
    CHECK_STATUS(gan_tensor_load(NULL, files_context, "a.npy"), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_tensor_load(&tensor, NULL, "a.npy"), GAN_E_ARGUMENT);
    CHECK_STATUS(gan_tensor_load(&tensor, files_context, NULL), GAN_E_ARGUMENT);
    files_message("gan_tensor_load: path is NULL");
    CHECK_STATUS(gan_tensor_load(&tensor, files_context, "none.npy"), GAN_E_FILE);
    CHECK(tensor == NULL);
    CHECK_STATUS(gan_tensor_save(NULL, "a.npy"), GAN_E_ARGUMENT);
    CHECK_OK(gan_tensor_create(&scalar, files_context, GAN_UINT8, 0, NULL));
    CHECK_STATUS(gan_tensor_save(scalar, NULL), GAN_E_ARGUMENT);
    gan_tensor_release(scalar);
}

/* Any allocation and any file operation may fail while saving: the old file stays. */
TEST(faults)
{
    const int64_t shape[2] = {2, 2};
    const int32_t order[2] = {1, 0};
    gan_tensor *t, *turned;
    CHECK_OK(gan_tensor_create(&t, files_context, GAN_UINT8, 2, shape));
    CHECK_OK(gan_tensor_permute(&turned, t, order));
    for (int files = 0; files < 2; files++) {
        gan_status status = GAN_E_MEMORY;
        for (int n = 1; status != GAN_OK && n < 50; n++) {
            files_put("f.npy", "old", 3);
            long long live = files_fault.live;
            files_fault.fail_at = files ? 0 : files_fault.allocations + n;
            files_fault.file_fail_at = files ? files_fault.file_operations + n : 0;
            status = gan_tensor_save(turned, "f.npy");
            files_fault.fail_at = files_fault.file_fail_at = 0;
            CHECK_INT(files_fault.live, live);
            const fault_file *file = fault_find(&files_fault, "f.npy");
            CHECK(file && file->size == (status == GAN_OK ? 132 : 3));
            CHECK(status == GAN_OK || status == (files ? GAN_E_FILE : GAN_E_MEMORY));
        }
        CHECK_OK(status);
    }
    gan_tensor_release(turned);
    gan_tensor_release(t);
}

int main(void)
{
    files_open();
    RUN(types);
    RUN(shapes);
    RUN(save);
    RUN(save_types);
    RUN(half);
    RUN(bad);
    RUN(refused);
    RUN(arguments);
    RUN(faults);
    files_close();
    return test_report();
}
